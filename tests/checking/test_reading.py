"""Where a figure's computed value comes from: which step, which sample, which error; and why there is none."""

from __future__ import annotations

import math
from typing import Any

import pytest

import bprunner
from bprunner.checking.verdicts import Verdict
from tests.training.declarations import doc
from tests.training.scripts import declared, descended, evaluated, seven

ONE_BY_ONE = [[each] for each in range(7)]
THREES = [[0, 1, 2], [3, 4, 5], [6]]


def judged(data: dict[str, Any], *expect: dict[str, Any], **more: Any) -> list[Verdict]:
    return list(bprunner.run({**data, **more, "expect": list(expect)}).figures)


def value(data: dict[str, Any], **expectation: Any) -> float:
    """The computed value of the one figure of an expectation, whatever was printed."""
    (verdict,) = judged(data, expectation)
    return verdict.value


def note(data: dict[str, Any], expectation: dict[str, Any], **more: Any) -> str:
    """Why there is no value."""
    (verdict,) = judged(data, expectation, **more)
    assert verdict.state == "disagrees"
    assert math.isnan(verdict.value)
    return verdict.note


ONLINE, PAIRED = declared(seven(), batches="online"), declared(seven(), batches={"minibatches": {"size": 3}})
STATES = descended(seven(), ONE_BY_ONE * 3, 14)
BATCHED = descended(seven(), THREES * 3, 6)


def prediction(step: int, sample: int) -> float:
    """Of a sample counted from 1, with the weights of a step."""
    return evaluated(seven(), STATES[step].weights, STATES[step].biases, [sample - 1]).predictions[0][0]


# Steps and epochs


def test_steps_and_epochs_are_numbers_of_their_own() -> None:
    for where, step, epoch in (
        ({"step": 9}, 9, 1),
        ({"epoch": 1}, 7, 1),
        ({"step": "last"}, 14, 2),
        ({"epoch": 0}, 0, 0),
    ):
        verdicts = judged(ONLINE, {**where, "values": {"step": step, "epoch": epoch, "100 * step + epoch": 0}})
        assert [verdict.value for verdict in verdicts] == [step, epoch, 100 * step + epoch]
        assert {verdict.step for verdict in verdicts} == {step}


def test_the_last_epoch_is_the_last_whole_one() -> None:
    data = declared(seven(), batches="online", updates=12)
    assert value(data, epoch="last", values={"step": 0}) == 7
    assert value(data, step="last", values={"step": 0}) == 12


def test_a_learning_rate_is_that_of_the_update_that_follows() -> None:
    assert value(ONLINE, step=3, values={"learning_rate": 0}) == 0.05
    falling = declared(seven(), batches="online", schedule={"step": {"every": 1, "factor": 0.5}})
    assert [value(falling, step=step, values={"learning_rate": 0}) for step in (0, 6, 7, 13, 14)] == [
        0.05, 0.05, 0.025, 0.025, 0.0125,
    ]  # fmt: skip


# Which error


def test_errors_of_steps_and_of_epochs() -> None:
    whole = [evaluated(seven(), s.weights, s.biases, list(range(7))).error for s in STATES]
    assert value(ONLINE, step=7, error=0) == STATES[7].error
    assert value(ONLINE, epoch=1, error=0) == whole[7]
    assert value(ONLINE, epoch=0, error=0) == whole[0]
    running = value(ONLINE, epoch=2, counted="before", error=0)
    assert running == pytest.approx(sum(s.error for s in STATES[7:14]), rel=1e-14)
    assert len({STATES[7].error, whole[7], running}) == 3


def test_before_the_update_of_a_full_batch_is_the_step_before() -> None:
    data = declared(seven())
    errors = bprunner.run(data).trace["error"].tolist()
    assert value(data, epoch=2, counted="before", error=0) == errors[1]
    assert value(data, epoch=2, error=0) == value(data, step=2, error=0) == errors[2]


def test_where_there_was_no_epoch_nothing_was_counted_before_it() -> None:
    expectation = {"epoch": "last", "counted": "before", "error": 0}
    assert note(declared(seven(), updates=0), expectation) == "there is no step -1: the run ended at step 0"
    assert note(declared(seven(), batches="online", updates=6), expectation) == "there is no finite value"


def test_a_held_out_part_is_looked_at_where_epochs_end() -> None:
    data = declared(seven(), batches="online")
    data["dataset"]["held_out"] = {"inputs": [[1.0, 0.5]], "targets": [[0.25]]}
    trace = bprunner.run(data).trace
    assert value(data, epoch=1, held_out={"error": 0}) == trace["held_out.error"][7]
    assert value(data, step=14, values={"held_out.error": 0}) == trace["held_out.error"][14]
    assert note(data, {"step": 8, "held_out": {"error": 0}}) == "step 8 does not end an epoch"


# Which sample


def test_a_step_of_one_sample_needs_no_name_for_it() -> None:
    for step in (0, 3, 13, 14):
        assert value(ONLINE, step=step, prediction=0) == STATES[step].predictions[0][0]
        x = seven().inputs[step % 7]
        assert value(ONLINE, step=step, values={"input.i1 + 10 * input.i2": 0}) == x[0] + 10 * x[1]
        assert value(ONLINE, step=step, values={"target.o1": 0}) == seven().targets[step % 7][0]


def test_a_sample_that_a_step_does_not_have_is_computed_with_its_weights() -> None:
    for step, sample in ((0, 7), (3, 4), (3, 1), (9, 2), (14, 5)):
        assert value(ONLINE, step=step, sample=sample, prediction=0) == prediction(step, sample)
        assert value(ONLINE, step=step, sample=sample, values={"target.o1": 0}) == seven().targets[sample - 1][0]
        delta = prediction(step, sample) - seven().targets[sample - 1][0]
        if step % 7 == sample - 1:
            assert value(ONLINE, step=step, sample=sample, delta={"o1": 0}) == delta


def test_the_samples_of_an_epoch_are_computed_with_the_weights_after_it() -> None:
    assert value(ONLINE, epoch=1, sample=3, prediction=0) == prediction(7, 3)
    delta = bprunner.run(ONLINE).trace["delta.o1"][7]
    assert value(ONLINE, epoch=1, sample=1, values={"2 * delta.o1": 0}) == 2 * delta
    assert value(ONLINE, epoch=2, sample=1, out={"h1": 0}) == bprunner.run(ONLINE).trace["out.h1"][14]


def test_a_delta_is_there_for_the_samples_of_the_update_alone() -> None:
    deltas = bprunner.run(PAIRED).trace["delta.o1"]
    assert value(PAIRED, step=1, sample=5, delta={"o1": 0}) == deltas[1, 1]
    assert note(PAIRED, {"step": 1, "sample": 1, "delta": {"o1": 0}}) == (
        "sample 1 is not among those of step 1's update"
    )
    assert note(ONLINE, {"step": 1, "sample": 1, "delta": {"h1": 0}}) == (
        "sample 1 is not among those of step 1's update"
    )


def test_the_samples_of_a_batch_are_told_apart() -> None:
    for sample in range(1, 8):
        whole = evaluated(seven(), BATCHED[1].weights, BATCHED[1].biases, [sample - 1]).predictions[0][0]
        assert value(PAIRED, step=1, sample=sample, prediction=0) == whole


def test_where_a_sample_comes_twice_in_a_batch_it_is_the_same() -> None:
    data = declared(seven(), batches={"sampled": {"size": 12, "seed": 1}}, updates=2)
    trace = bprunner.run(data).trace
    samples = trace["sample"][1].astype(int).tolist()
    twice = next(sample for sample in samples if samples.count(sample) > 1)
    assert value(data, step=1, sample=twice, delta={"o1": 0}) == trace["delta.o1"][1, samples.index(twice)]


# What the trace does not have


def test_what_was_not_recorded_is_told() -> None:
    thin = {"trace": {"quantities": ["error"]}}
    assert note(doc(), {"step": 0, "weight": {"w1": 0}}, **thin) == "the trace has no `weight.w1`"
    assert note(doc(), {"step": 0, "delta": {"o1": 0}}, **thin) == "the trace has no `delta.o1`"
    assert note(doc(), {"step": 0, "prediction": 0}, **thin) == (
        "the trace does not have the weights that it would be computed from"
    )
    assert note(ONLINE, {"step": 3, "sample": 1, "prediction": 0}, trace={"quantities": ["weight", "out"]}) == (
        "the trace does not have the weights that it would be computed from"
    )


def test_what_was_not_recorded_is_computed_from_the_weights() -> None:
    light = {**ONLINE, "trace": {"quantities": ["weight", "bias"], "steps": "epochs"}}
    assert value(light, step=7, prediction=0) == STATES[7].predictions[0][0]
    assert value(light, step=14, sample=6, prediction=0) == prediction(14, 6)
    assert value(light, epoch="last", sample=6, net={"o1": 0}) == prediction(14, 6)


def test_steps_that_are_not_there_are_told() -> None:
    sparse = {"trace": {"steps": "epochs"}}
    assert note(ONLINE, {"step": 3, "error": 0}, **sparse) == "the trace has no step 3: `trace.steps` is `epochs`"
    stopped = declared(seven(), batches="online", stop={"threshold": {"at_most": 1e9, "counted": "before"}})
    assert note(stopped, {"step": 8, "error": 0}) == "there is no step 8: the run ended at step 7"
    assert note(stopped, {"epoch": 2, "error": 0}) == "there is no step 14: the run ended at step 7"
