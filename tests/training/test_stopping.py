"""When training ends before its epochs do: against loops that look at a run which went all the way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bprunner
from bprunner import Run
from bprunner.training.loop import train
from bprunner.training.population import populate
from bprunner.training.stopping import Stopper
from tests.training.declarations import doc, xor
from tests.training.scripts import declared, seven

BATCHES: dict[str, tuple[Any, int]] = {
    "full": ("full", 1),
    "online": ("online", 7),
    "minibatches": ({"minibatches": {"size": 3, "seed": 1}}, 3),
}


def ran(stop: Any, batches: Any = "full", **training: Any) -> Run:
    """Seven samples, one of them held out beside; so that errors fall, and rise again."""
    data = declared(seven(rate=0.02), batches=batches, stop=stop, reported_error="absolute_error", **training)
    data["training"] |= {"metrics": ["accuracy"]} | ({} if "updates" in training else {"epochs": 25})
    data["dataset"]["held_out"] = {"inputs": [[0.5, 0.5], [1.0, -1.0]], "targets": [[0.1], [0.6]]}
    return bprunner.run(data)


def without_stop(batches: Any = "full") -> Run:
    data = declared(seven(rate=0.02), batches=batches, reported_error="absolute_error", metrics=["accuracy"])
    data["training"]["epochs"] = 25
    data["dataset"]["held_out"] = {"inputs": [[0.5, 0.5], [1.0, -1.0]], "targets": [[0.1], [0.6]]}
    return bprunner.run(data)


def by_epoch(run: Run, quantity: str, counted: str, per_epoch: int) -> list[float]:
    """The quantity of each epoch, from 0; nan where an epoch has none."""
    trace = run.trace
    if quantity.startswith("held_out."):
        return list(trace[quantity][::per_epoch])
    if per_epoch > 1:
        return list(trace[f"{'running' if counted == 'before' else 'training'}.{quantity}"][::per_epoch])
    values = list(trace[quantity])
    return [math.nan, *values[:-1]] if counted == "before" else values


@pytest.mark.parametrize("batches", BATCHES)
@pytest.mark.parametrize("counted", ["after", "before"])
@pytest.mark.parametrize("quantity", ["error", "reported_error", "held_out.error", "held_out.reported_error"])
@pytest.mark.parametrize("share", [0.15, 0.6])
def test_a_threshold_stops_after_the_first_epoch_that_reaches_it(
    batches: str, counted: str, quantity: str, share: float
) -> None:
    """at_most stops at the number itself, below only beyond it."""
    if quantity.startswith("held_out.") and counted == "before":
        return
    kind, per_epoch = BATCHES[batches]
    values = by_epoch(without_stop(kind), quantity, counted, per_epoch)
    limit = sorted(value for value in values if not math.isnan(value))[int(share * 24)]
    at = {"quantity": quantity, "counted": counted}
    reached = next(epoch for epoch, value in enumerate(values) if value <= limit)
    beyond = next(epoch for epoch, value in enumerate(values) if value < limit)
    for key, expected in (("at_most", reached), ("below", beyond)):
        run = ran({"threshold": {**at, key: limit}}, kind)
        assert (run.updates, run.status) == (expected * per_epoch, "finished"), key
        assert len(run.errors) == expected + 1
        assert np.isnan(run.trace["update"][-1]).all()


@pytest.mark.parametrize("batches", BATCHES)
def test_a_run_that_stops_is_the_beginning_of_one_that_does_not(batches: str) -> None:
    kind, per_epoch = BATCHES[batches]
    whole = without_stop(kind)
    limit = float(whole.errors[9])
    stopped = ran({"threshold": {"at_most": limit}}, kind)
    assert 0 < stopped.updates < 25 * per_epoch
    for name in whole.trace.names:
        if not name.startswith("update."):
            assert stopped.trace[name].tobytes() == whole.trace[name][: len(stopped.trace)].tobytes(), name


def test_at_least_is_for_what_grows() -> None:
    """An accuracy that grows from a half to one; and an error that is there from the beginning."""
    stop = {"threshold": {"quantity": "accuracy", "at_least": 1}}
    data = xor(epochs=3000, metrics=["accuracy"], stop=stop, learning_rate=2)
    run = bprunner.run(data)
    values = bprunner.run(xor(epochs=3000, metrics=["accuracy"], learning_rate=2)).trace["accuracy"].tolist()
    assert 0 < run.updates == values.index(1.0) < 3000
    assert ran({"threshold": {"at_least": 0}}).updates == 0


def test_a_run_may_stop_before_its_first_update() -> None:
    for batches, _ in BATCHES.values():
        run = ran({"threshold": {"at_most": 1e9}}, batches)
        assert (run.updates, len(run.trace), run.status) == (0, 1, "finished")
        # As an epoch goes, there is nothing to look at before the first.
        run = ran({"threshold": {"at_most": 1e9, "counted": "before"}}, batches)
        assert len(run.errors) == 2


def test_a_limit_that_is_never_reached_changes_nothing() -> None:
    run = ran({"threshold": {"below": 0}}, "online")
    assert run.updates == 25 * 7
    assert run.trace["weight"].tobytes() == without_stop("online").trace["weight"].tobytes()


@pytest.mark.parametrize("batches", ["online", {"minibatches": {"size": 3}}])
def test_updates_are_an_end_too_and_stops_are_looked_at_where_epochs_end(batches: Any) -> None:
    per_epoch = 7 if batches == "online" else 3
    limit = float(bprunner.run(declared(seven(rate=0.02), batches=batches, epochs=4)).errors[2])
    stop = {"threshold": {"at_most": limit}}
    assert ran(stop, batches, updates=4 * per_epoch + 1).updates == 2 * per_epoch
    assert ran(stop, batches, updates=2 * per_epoch - 1).updates == 2 * per_epoch - 1


# The largest update


@pytest.mark.parametrize("batches", BATCHES)
@pytest.mark.parametrize("key", ["at_most", "below"])
def test_the_largest_update_of_an_epoch_is_looked_at(batches: str, key: str) -> None:
    kind, per_epoch = BATCHES[batches]
    updates = np.abs(without_stop(kind).trace["update"][:-1]).max(axis=1)
    largest = updates.reshape(25, per_epoch).max(axis=1)
    limit = float(sorted(largest)[6])
    reached = next(e + 1 for e, each in enumerate(largest) if (each <= limit if key == "at_most" else each < limit))
    run = ran({"threshold": {"quantity": "largest_update", key: limit}}, kind)
    assert run.updates == reached * per_epoch
    assert 0 < run.updates < 25 * per_epoch


def test_updates_are_looked_at_in_any_arithmetic_and_order() -> None:
    stop = {"threshold": {"quantity": "largest_update", "below": 0.02}}
    for rest in ({}, {"update_order": "sequential"}):
        run = bprunner.run(
            {**doc(epochs=50, stop=stop, **rest), "arithmetic": {"numbers": {"decimal": {"digits": 20}}}}
        )
        largest = np.abs(run.trace["update"][:-1]).max(axis=1)
        assert largest[-1] < 0.02 <= largest[:-1].min()


def test_a_perceptron_ends_after_an_epoch_in_which_nothing_changes() -> None:
    data = doc(epochs=50, batches="online", learning_rate=1, optimizer="gradient_descent",
               stop={"threshold": {"quantity": "largest_update", "at_most": 0}})  # fmt: skip
    data["architecture"] = {"inputs": 2, "layers": [{"units": 1, "activation": {"step": {"derivative": 1}},
                                                     "bias": "trained"}]}  # fmt: skip
    data |= {"initial_weights": {"w1": 0, "w2": 0, "b1": 0}, "dataset": {"gate": "and"}}
    run = bprunner.run(data)
    changed = np.abs(run.trace["update"][:-1]).max(axis=1).reshape(-1, 4).max(axis=1)
    assert changed[-1] == 0 < changed[:-1].min()
    # Frozen weights have no update, so that nothing is waited for.
    frozen = bprunner.run(data | {"training": {**data["training"], "frozen": ["w1", "w2", "b1"]}})
    assert frozen.updates == 4


def test_each_run_of_a_population_sees_its_own_updates() -> None:
    stop = {"threshold": {"quantity": "largest_update", "below": 0.02}}
    alone = [bprunner.run(doc(epochs=60, stop=stop, learning_rate=rate)) for rate in (0.01, 0.05, 0.1)]
    together = populate([run.experiment for run in alone], alone[0].samples)
    ends: list[int | None] = [None] * 3
    for step in train(together):
        for run, over in enumerate(step.ended if step.ended is not None else ()):
            if over and ends[run] is None:
                ends[run] = step.number
    assert ends == [run.updates if run.updates < 60 else None for run in alone]


# Plateaus


def plateau_epoch(values: Sequence[float], patience: int, by: float, grows: bool) -> int | None:
    """The epoch after which a person would stop, who notes the best so far and how long ago it was."""
    best, waited = math.inf, 0
    for epoch, value in enumerate(-value if grows else value for value in values):
        if math.isnan(value) and epoch == 0:
            continue  # nothing to look at yet
        if value < best - by or best == math.inf:
            best, waited = (value if not math.isnan(value) else math.inf), 0
        else:
            waited += 1
        if waited >= patience:
            return epoch
    return None


@pytest.mark.parametrize("batches", BATCHES)
@pytest.mark.parametrize("counted", ["after", "before"])
@pytest.mark.parametrize("quantity", ["error", "reported_error", "accuracy", "held_out.error", "held_out.accuracy"])
@pytest.mark.parametrize(("patience", "by"), [(1, 0.0), (2, 0.05), (4, 0.2), (30, 0.0)])
def test_a_plateau_ends_after_so_many_epochs_without_improvement(
    batches: str, counted: str, quantity: str, patience: int, by: float
) -> None:
    if quantity.startswith("held_out.") and counted == "before":
        return
    kind, per_epoch = BATCHES[batches]
    values = by_epoch(without_stop(kind), quantity, counted, per_epoch)
    expected = plateau_epoch(values, patience, by, quantity.endswith("accuracy"))
    run = ran({"plateau": {"quantity": quantity, "patience": patience, "by": by, "counted": counted}}, kind)
    assert run.updates == (25 if expected is None else expected) * per_epoch


def watching(**stop: Any) -> Stopper:
    experiment = bprunner.run(doc(epochs=0, stop={"plateau": stop} if "patience" in stop else {"threshold": stop}))
    return Stopper(populate([experiment.experiment], experiment.samples))


def ended_at(stopper: Stopper, values: Sequence[float]) -> int | None:
    """Shows it one error after another; how many it took."""
    for epoch, value in enumerate(values):
        if stopper.ended(np.array([[[value]]]), {}).all():
            return epoch
    return None


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, math.inf]), max_size=12), st.integers(1, 4),
       st.sampled_from([0.0, 0.5, 1.0]))  # fmt: skip
def test_plateaus_of_any_errors(values: list[float], patience: int, by: float) -> None:
    assert ended_at(watching(patience=patience, by=by), values) == _noted(values, patience, by)


def _noted(values: Sequence[float], patience: int, by: float) -> int | None:
    """The same, looking back: the last epoch that was better than the best before it."""
    best = math.inf
    last = 0
    for epoch, value in enumerate(values):
        if epoch == 0 or best - value > by or (best == math.inf > value):
            best, last = value, epoch
        if epoch - last >= patience:
            return epoch
    return None


@pytest.mark.parametrize("stop", [{"at_most": 1.0}, {"below": 1.0}, {"at_least": 1.0}])
def test_nan_never_reaches_a_threshold(stop: dict[str, float]) -> None:
    assert ended_at(watching(**stop), [math.nan] * 5) is None


def test_nan_is_no_improvement_and_no_best() -> None:
    assert ended_at(watching(patience=3), [math.nan, 3.0, 2.0, math.nan, 1.0, 2.0, math.nan, 2.0]) == 7
    assert ended_at(watching(patience=2), [3.0, math.nan, math.nan]) == 2


def test_a_stop_is_not_taken_back() -> None:
    """Of several runs, each ends where it would have ended alone, whatever it does afterwards."""
    stopper = watching(at_most=1.0)
    assert [bool(stopper.ended(np.array([[[value]]]), {})[0]) for value in (2.0, 1.0, 5.0)] == [False, True, True]


# Figures of it


def test_how_many_epochs_it_took_is_a_figure() -> None:
    """The document's run falls below 0.001 after its sixth update, by the trainer's own table."""
    expect = [{"step": "last", "values": {"epoch": 6, "step": 6}}, {"epoch": "last", "values": {"epoch": 6}}]
    run = bprunner.run({**doc(epochs=100, stop={"threshold": {"at_most": 0.001}}), "expect": expect})
    assert run.figures.agree
    online = declared(seven(), batches="online", stop={"threshold": {"at_most": 1e9, "counted": "before"}})
    expect = [{"epoch": "last", "values": {"epoch": 1, "step": 7}}]
    assert bprunner.run({**online, "expect": expect}).figures.agree
