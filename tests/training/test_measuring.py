"""What is measured beside the error of a step: over an epoch, over held-out samples, by another loss, in hits."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

import bprunner
from bprunner.training.trace import Trace
from tests.training.declarations import doc, xor
from tests.training.reference import error_of
from tests.training.scripts import Batch, declared, descended, evaluated, seven

HELD_INPUTS, HELD_TARGETS = [[1.0, 0.5], [-2.0, 0.25]], [[0.25], [0.75]]
EPOCH: list[Batch] = [[0, 1, 2], [3, 4, 5], [6]]
PAIRS = {"minibatches": {"size": 3}}


def measured(loss: str, **training: Any) -> Trace:
    """Two epochs of unequal batches, with held-out samples, another error and the accuracy."""
    data = declared(seven(loss=loss), batches=PAIRS, metrics=[{"accuracy": {"threshold": 0.4}}], **training)
    data["dataset"]["held_out"] = {"inputs": HELD_INPUTS, "targets": HELD_TARGETS}
    return bprunner.run(data).trace


def accuracy(predictions: list[list[float]], targets: list[list[float]], threshold: float) -> float:
    pairs = zip(predictions, targets, strict=True)
    return sum((p[0] >= threshold) == (t[0] >= threshold) for p, t in pairs) / len(predictions)


def ends(values: Any) -> list[float]:
    """Those at the ends of epochs; between them there is nothing."""
    assert np.isnan([value for step, value in enumerate(values) if step % 3]).all()
    return list(values[::3])


@pytest.mark.parametrize("loss", ["half_squared_error", "mean_squared_error"])
@pytest.mark.parametrize("other", ["squared_error", "mean_squared_error"])
def test_errors_and_hits_against_a_plain_loop(loss: str, other: str) -> None:
    trace, reference = measured(loss, reported_error=other), seven(loss=loss)
    states = descended(reference, itertools.cycle(EPOCH), 6)
    targets = [[reference.targets[each] for each in state.batch] for state in states]
    predictions = [state.predictions for state in states]
    own = {
        "error": [state.error for state in states],
        "reported_error": [error_of(other, p, t) for p, t in zip(predictions, targets, strict=True)],
        "accuracy": [accuracy(p, t, 0.4) for p, t in zip(predictions, targets, strict=True)],
    }
    for name, values in own.items():
        np.testing.assert_array_equal(trace[name], values, err_msg=name)
    # All that are trained on, and those that are not, with the weights at the end of an epoch.
    held = seven(loss=loss)
    held = type(held)(**{**vars(held), "inputs": HELD_INPUTS, "targets": HELD_TARGETS})
    for where, part in (("training", reference), ("held_out", held)):
        whole = [evaluated(part, s.weights, s.biases, list(range(len(part.inputs)))) for s in states[::3]]
        assert ends(trace[f"{where}.error"]) == [each.error for each in whole], where
        others = [error_of(other, each.predictions, part.targets) for each in whole]
        assert ends(trace[f"{where}.reported_error"]) == others
        assert ends(trace[f"{where}.accuracy"]) == [accuracy(each.predictions, part.targets, 0.4) for each in whole]
    # As the epoch went: sums add up, means count by the samples that they are means of.
    means = {"error": loss.startswith("mean"), "reported_error": other.startswith("mean"), "accuracy": True}
    for name, is_mean in means.items():
        running = ends(trace[f"running.{name}"])
        assert math.isnan(running[0])
        for epoch in (1, 2):
            batches = own[name][3 * epoch - 3 : 3 * epoch]
            if is_mean:
                expected = (3 * batches[0] + 3 * batches[1] + 1 * batches[2]) / 7
            else:
                expected = batches[0] + batches[1] + batches[2]
            assert running[epoch] == pytest.approx(expected, rel=1e-15), name


def test_a_mean_over_unequal_batches_is_none_of_their_means() -> None:
    """The planted fault: without counting the samples, the smaller batch would count thrice."""
    trace = measured("mean_squared_error")
    batches = trace["error"][:3]
    assert trace["running.error"][3] != pytest.approx(float(np.mean(batches)), rel=1e-3)


def test_penalties_belong_to_errors_and_not_to_reported_ones() -> None:
    """0.1 / m times the sum of squares; m is the samples of the update, of the training part, of the held-out one."""
    penalty = {"l2": {"strength": 0.1, "factor": "lambda/m"}}
    trace = measured("half_squared_error", penalty=penalty, reported_error="half_squared_error")
    squares = (trace["weight"] ** 2).sum(axis=1)
    sizes = np.array([3, 3, 1, 3, 3, 1, 3])
    np.testing.assert_allclose(trace["error"], trace["reported_error"] + 0.1 / sizes * squares, rtol=1e-14)
    for where, samples in (("training", 7), ("held_out", 2)):
        with_penalty = trace[f"{where}.reported_error"] + 0.1 / samples * squares
        np.testing.assert_allclose(ends(trace[f"{where}.error"]), ends(with_penalty), rtol=1e-14, err_msg=where)
    # A running error is made of the errors of its epoch's steps, and so of their penalties.
    np.testing.assert_allclose(ends(trace["running.error"])[1:], [trace["error"][:3].sum(), trace["error"][3:6].sum()])


def test_several_losses_in_their_own_reductions() -> None:
    """Two outputs: the error is summed over both, what is reported is a mean; by hand."""
    linear = {"units": 2, "activation": "linear", "bias": "none"}
    data = {
        **doc(batches="online", reported_error={"absolute_error": {"outputs": "mean"}}, epochs=1, learning_rate=0.125),
        "architecture": {"inputs": 1, "layers": [linear]},
        "initial_weights": {"w1": 1, "w2": 2},
        "dataset": {"inputs": [[1], [2]], "targets": [[0, 1], [2, 1]]},
    }
    trace = bprunner.run(data).trace
    # Sample 1: 1 and 2 against 0 and 1. Then w = 1 − 0.125, 2 − 0.125; sample 2: 1.75 and 3.75 against 2 and 1.
    assert trace["error"].tolist()[:2] == [1.0, 0.5 * (0.0625 + 2.75**2)]
    assert trace["reported_error"].tolist()[:2] == [1.0, 1.5]
    assert trace["running.error"][2] == 1.0 + 0.5 * (0.0625 + 2.75**2)
    assert trace["running.reported_error"][2] == 2.5  # its samples are summed
    assert trace["training.reported_error"][0] == 1.0 + (0.0 + 3.0) / 2


def test_classes_are_right_where_the_largest_output_is() -> None:
    """Three samples, by hand; at the threshold a prediction counts as above it, and the first of equals is largest."""
    linear = {"units": 2, "activation": "linear", "bias": "none"}
    data = {
        **doc(metrics=["accuracy"], epochs=0),
        "architecture": {"inputs": 2, "layers": [linear]},
        "initial_weights": {"matrices": [[[1, 0], [0, 1]]], "orientation": "in_out"},
        "dataset": {"inputs": [[2, 1], [0, 3], [1, 1]], "targets": [[1, 0], [1, 0], [1, 0]]},
    }
    assert bprunner.run(data).trace["accuracy"].tolist() == [2 / 3]
    one = {**doc(metrics=["accuracy"], epochs=0), "dataset": {"inputs": [[2, 3], [1, 0]], "targets": [[1], [0]]}}
    one["initial_weights"] = {"w1": 0.25, "w2": 0, "w3": 0, "w4": 0, "w5": 1, "w6": 0}
    assert bprunner.run(one).trace["accuracy"].tolist() == [1.0]  # 0.5 and 0.25
    one["training"]["metrics"] = [{"accuracy": {"threshold": 0.25}}]
    assert bprunner.run(one).trace["accuracy"].tolist() == [0.5]  # 0.25 is at it


def test_full_batches_have_neither_training_nor_running() -> None:
    data = xor(metrics=["accuracy"], reported_error="squared_error")
    data["dataset"]["held_out"] = {"inputs": [[0.5, 0.5]], "targets": [[1]]}
    trace = bprunner.run(data).trace
    assert not [name for name in trace.names if name.startswith(("training.", "running."))]
    own = ["error", "reported_error", "accuracy"]
    assert [name for name in trace.names if name.split(".")[-1] in own] == [*own, *(f"held_out.{each}" for each in own)]
    assert np.isfinite(trace["held_out.error"]).all()


def test_what_is_not_declared_is_not_measured() -> None:
    assert bprunner.run(xor(batches="online")).trace.parts("training") == ("training.error",)
    assert "held_out.error" not in bprunner.run(xor(batches="online")).trace
    assert "learning_rate" not in bprunner.run(xor()).trace


def test_an_epoch_that_is_cut_short_shows_no_end() -> None:
    data = declared(seven(), batches=PAIRS, updates=4)
    trace = bprunner.run(data).trace
    assert np.isfinite(trace["training.error"]).tolist() == [True, False, False, True, False]
    assert np.isfinite(trace["running.error"]).tolist() == [False, False, False, True, False]


def test_a_rounded_error_is_rounded_wherever_it_is() -> None:
    data = declared(seven(), batches=PAIRS, reported_error="half_squared_error")
    data["dataset"]["held_out"] = {"inputs": HELD_INPUTS, "targets": HELD_TARGETS}
    trace = bprunner.run({**data, "arithmetic": {"error": {"decimals": 2}}}).trace
    for name in ("error", "training.error", "held_out.error"):
        exact = trace[name.replace("error", "reported_error")]
        there = ~np.isnan(exact)
        assert trace[name][there].tolist() == [float(f"{value:.2f}") for value in exact[there]], name
        assert trace[name][there].tolist() != exact[there].tolist()
