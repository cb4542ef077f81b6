"""Replays: what a sample gives that was not among those of a step, against runs in which it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bprunner
from bprunner import Run
from bprunner.training.replay import Replay
from tests.training.declarations import doc, xor
from tests.training.scripts import declared, descended, evaluated, seven

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "rounded": {"net": {"decimals": 3}, "out": {"h1": {"decimals": 1}}, "prediction": {"decimals": 2}},
    "decimals": {"numbers": {"decimal": {"digits": 12}}},
    "rounded decimals": {"numbers": {"decimal": {"digits": 12}}, "out": {"decimals": 2, "rounding": "truncated"}},
}


def trained(arithmetic: dict[str, Any], **training: Any) -> Run:
    """Four samples, tanh and sigmoid, one update a sample."""
    data = {**xor(**{"batches": "online", "epochs": 3, **training}), "arithmetic": arithmetic}
    data["architecture"]["layers"] = [
        {"units": 3, "activation": "tanh", "bias": {"shared": {"trained": True}}},
        {"units": 2, "activation": "sigmoid", "bias": "threshold"},
    ]
    data["dataset"]["targets"] = [[0, 1], [1, 0], [1, 0.5], [0, 0.25]]
    return bprunner.run(data)


def with_all_samples(run: Run, row: int) -> Run:
    """A run that starts with the weights of a step, and whose step 0 has every sample."""
    names = run.experiment.architecture.names
    start = {name: float(run.trace[f"weight.{name}"][row]) for name in names.weights}
    start |= {name: float(run.trace[f"bias.{name}"][row]) for name in names.biases}
    fresh = trained({}, batches="full", epochs=0).experiment
    started = type(fresh.initial_weights)(named=start)
    return bprunner.run(fresh.model_copy(update={"initial_weights": started, "arithmetic": run.experiment.arithmetic}))


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_sample_of_every_step_is_that_of_a_run_that_has_it(variant: str) -> None:
    """Bit for bit, whatever the arithmetic; rows in any order, back and forth."""
    run = trained(VARIANTS[variant])
    replay = Replay(run.experiment, run.samples, run.trace)
    assert replay.is_possible
    for row in (0, 7, 3, 12, 3):
        whole = with_all_samples(run, row).trace
        for sample in range(4):
            for name in (*whole.parts("net"), *whole.parts("out"), *whole.parts("prediction")):
                quantity, _, neuron = name.partition(".")
                assert replay.value(quantity, neuron, row, sample) == whole[name][0, sample], (name, row, sample)
        expected = np.stack([whole["prediction.o1"][0], whole["prediction.o2"][0]], axis=1)
        assert replay.predictions(row).tobytes() == expected.tobytes()


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_steps_own_sample_is_the_one_that_was_recorded(variant: str) -> None:
    run = trained(VARIANTS[variant])
    replay = Replay(run.experiment, run.samples, run.trace)
    for row in range(len(run.trace)):
        for name in (*run.trace.parts("net"), *run.trace.parts("out")):
            quantity, _, neuron = name.partition(".")
            assert replay.value(quantity, neuron, row, row % 4) == run.trace[name][row], (name, row)


def test_replays_are_those_of_a_script() -> None:
    """In a network of + − × ÷ alone, and with batches that leave samples out."""
    reference = seven()
    run = bprunner.run(declared(reference, batches={"minibatches": {"size": 3}}))
    replay = Replay(run.experiment, run.samples, run.trace)
    batches = [[0, 1, 2], [3, 4, 5], [6]]
    for row, state in enumerate(descended(reference, batches * 3, 6)):
        whole = evaluated(reference, state.weights, state.biases, list(range(7)))
        assert replay.predictions(row).tolist() == whole.predictions


@pytest.mark.parametrize(
    ("recorded", "possible"),
    [
        (["weight", "bias"], True),
        (["error", "prediction", "weight", "bias"], True),
        (["weight"], False),
        (["bias", "out"], False),
        (["error"], False),
    ],
)
def test_a_replay_needs_every_weight_and_bias(recorded: list[str], possible: bool) -> None:
    data = {**xor(batches="online"), "trace": {"quantities": recorded}}
    run = bprunner.run(data)
    assert Replay(run.experiment, run.samples, run.trace).is_possible == possible
    # A run's last predictions are a replay where its trace has not all of them.
    if possible:
        assert run.last_predictions is not None
        whole = bprunner.run(xor(batches="online"))
        assert whole.last_predictions is not None
        assert run.last_predictions.tobytes() == whole.last_predictions.tobytes()
    else:
        assert run.last_predictions is None


def test_without_biases_the_weights_are_enough() -> None:
    run = bprunner.run({**doc(), "trace": {"quantities": ["weight"]}})
    assert run.last_predictions is not None
    assert run.last_predictions.tolist() == bprunner.run(doc()).trace["prediction.o1"][1:, np.newaxis].tolist()


def test_rows_are_those_of_the_trace_and_no_steps() -> None:
    """With the ends of epochs alone, row 2 is step 8."""
    run, sparse = (bprunner.run({**xor(batches="online"), **more}) for more in ({}, {"trace": {"steps": "epochs"}}))
    assert sparse.trace.steps[2] == 8
    whole = Replay(run.experiment, run.samples, run.trace).predictions(8)
    assert Replay(sparse.experiment, sparse.samples, sparse.trace).predictions(2).tobytes() == whole.tobytes()
    assert sparse.last_predictions is not None
    assert sparse.last_predictions.tolist() == Replay(run.experiment, run.samples, run.trace).predictions(40).tolist()


def test_full_batches_have_their_last_predictions_recorded() -> None:
    run = bprunner.run(xor())
    assert run.last_predictions is not None
    assert run.last_predictions[:, 0].tobytes() == run.trace["prediction.o1"][-1].tobytes()


def test_a_replay_of_what_overflows_is_no_warning() -> None:
    data = doc(batches="online", learning_rate=100.0, epochs=200)
    data["dataset"] = {"inputs": [[2, 3], [1, 0]], "targets": [[1], [0]]}
    run = bprunner.run(data)
    assert run.status == "diverged"
    replay = Replay(run.experiment, run.samples, run.trace)
    last = len(run.trace) - 1
    assert not np.isfinite(replay.predictions(last)).all()
    assert not np.isfinite(replay.value("prediction", "o1", last, 0))


def test_decimals_are_those_of_the_training() -> None:
    """1 / 7 has more digits than a double: what comes of it is 0 only where none of them was lost."""
    data = {
        **doc(
            loss="linear_error",
            learning_rate=1,
            schedule={"inverse_time": {"decay": 6, "per": "update"}},
            batches={"online": {"order": [2, 2]}},
        ),
        "architecture": {"inputs": 2, "layers": [{"units": 1, "activation": "linear", "bias": "none"}]},
        "initial_weights": {"w1": -1, "w2": -1},
        "dataset": {"inputs": [[7, 1], [-1, 0]], "targets": [[1], [1]]},
        "arithmetic": {"numbers": "decimal"},
    }
    predictions = bprunner.run(data).last_predictions
    assert predictions is not None
    assert predictions[0, 0] == 0.0
