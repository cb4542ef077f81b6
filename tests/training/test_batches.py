"""Which samples each update has, and what a step of a batch then is: against scripts in plain Python."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bprunner
from bprunner.training import execution
from bprunner.training.execution import execute
from bprunner.training.trace import Trace
from tests.training.declarations import population_of, xor
from tests.training.scripts import (
    Batch,
    State,
    cut,
    declared,
    descended,
    drawing,
    sampled_batches,
    seven,
    shuffled_batches,
)


def samples_of(trace: Trace) -> list[list[int]]:
    """Each step's samples, from 1."""
    column = trace["sample"]
    rows = column[:, np.newaxis] if column.ndim == 1 else column
    return [[int(each) for each in row if not np.isnan(each)] for row in rows]


def assert_states(trace: Trace, states: list[State]) -> None:
    """Bit for bit: only + − × ÷ occur in the network of `seven`."""
    assert len(trace) == len(states)
    assert samples_of(trace) == [[each + 1 for each in state.batch] for state in states]
    np.testing.assert_array_equal(trace["error"], [state.error for state in states])
    for name in states[0].named():
        np.testing.assert_array_equal(trace[name], [state.named()[name] for state in states], err_msg=name)
    predicted = trace["prediction.o1"]
    for row, state in zip(predicted if predicted.ndim == 2 else predicted[:, np.newaxis], states, strict=True):
        there = row[: len(state.batch)]
        np.testing.assert_array_equal(there, [each[0] for each in state.predictions])
        assert np.isnan(row[len(state.batch) :]).all()


# Orders, all of them with whole trajectories

CASES: dict[str, tuple[Any, list[Batch]]] = {
    # what is declared, and the batches of an epoch, from 0
    "online": ("online", cut(range(7), 1)),
    "order": ({"online": {"order": [3, 1, 3, 7]}}, [[2], [0], [2], [6]]),
    "minibatches": ({"minibatches": {"size": 3}}, [[0, 1, 2], [3, 4, 5], [6]]),
    "dropped": ({"minibatches": {"size": 3, "last": "dropped"}}, [[0, 1, 2], [3, 4, 5]]),
    "all at once": ({"minibatches": {"size": 7}}, [[0, 1, 2, 3, 4, 5, 6]]),
    "one at a time": ({"minibatches": {"size": 1}}, cut(range(7), 1)),
    "even": ({"minibatches": {"size": 6}}, [[0, 1, 2, 3, 4, 5], [6]]),
}


@pytest.mark.parametrize("loss", ["half_squared_error", "mean_squared_error"])
@pytest.mark.parametrize("case", CASES)
def test_batches_in_an_order(case: str, loss: str) -> None:
    batches, epoch = CASES[case]
    reference = seven(loss=loss)
    trace = bprunner.run(declared(reference, batches=batches)).trace
    assert_states(trace, descended(reference, itertools.cycle(epoch), 2 * len(epoch)))


@pytest.mark.parametrize("last", ["kept", "dropped"])
@pytest.mark.parametrize("generator", ["numpy", "numpy_legacy", "python"])
@pytest.mark.parametrize("size", [1, 3, 7])
def test_shuffled_minibatches_are_those_of_a_script(size: int, generator: str, last: str) -> None:
    shuffle, _ = drawing(generator, 5)
    batches = {"minibatches": {"size": size, "seed": 5, "generator": generator, "last": last}}
    states = descended(seven(), shuffled_batches(shuffle, 7, size, last == "dropped"), 8)
    assert_states(bprunner.run(declared(seven(), batches=batches, updates=8)).trace, states)


@pytest.mark.parametrize("generator", ["numpy", "numpy_legacy", "python"])
@pytest.mark.parametrize("size", [1, 4, 12])
def test_sampled_batches_are_those_of_a_script(size: int, generator: str) -> None:
    """Also batches that are larger than the dataset."""
    _, choose = drawing(generator, 9)
    batches = {"sampled": {"size": size, "seed": 9, "generator": generator}}
    states = descended(seven(), sampled_batches(choose, 7, size), 6)
    assert_states(bprunner.run(declared(seven(), batches=batches, updates=6)).trace, states)


@pytest.mark.parametrize("generator", ["numpy", "numpy_legacy", "python"])
@pytest.mark.parametrize("kind", ["minibatches", "sampled"])
def test_one_generator_for_weights_and_batches(generator: str, kind: str) -> None:
    """A script that sets one seed, draws its weights and goes on to shuffle with the same generator."""
    import random

    rule = {"uniform": {"low": 0, "high": 1}, "biases": "zeros", "seed": 3, "generator": generator}
    batches = {kind: {"size": 2, "seed": "after_weights", "generator": generator}}
    training = {key: value for key, value in xor()["training"].items() if key != "epochs"}
    data = {**xor(), "initial_weights": rule, "training": {**training, "batches": batches, "updates": 9}}
    trace = bprunner.run(data).trace
    found = samples_of(trace)
    if generator == "python":
        source = random.Random(3)
        drawn = [source.random() for _ in range(9)]

        def shuffle() -> list[int]:
            order = [1, 2, 3, 4]
            source.shuffle(order)
            return order

        def choose() -> list[int]:
            return [source.randrange(4) + 1 for _ in range(2)]
    else:
        other: Any = np.random.default_rng(3) if generator == "numpy" else np.random.RandomState(3)
        drawn = other.random(9).tolist()

        def shuffle() -> list[int]:
            return [each + 1 for each in other.permutation(4).tolist()]

        def choose() -> list[int]:
            return [each + 1 for each in other.choice(4, 2).tolist()]

    assert trace["weight"][0].tolist() == drawn
    if kind == "sampled":
        assert found == [choose() for _ in range(10)]
    else:
        assert found == list(itertools.chain.from_iterable(cut(shuffle(), 2) for _ in range(5)))


@pytest.mark.parametrize("seed", [4, "after_weights"])
def test_a_run_can_be_trained_again(seed: Any) -> None:
    """A population keeps no generator that has gone on: its batches are the same a second time."""
    population = population_of(xor(batches={"minibatches": {"size": 3, "seed": seed}}))
    first, second = execute(population, {}).trace, execute(population, {}).trace
    assert samples_of(first) == samples_of(second)
    assert first["weight"].tobytes() == second["weight"].tobytes()
    assert len({tuple(each) for each in samples_of(first)}) > 2


# Counts


@pytest.mark.parametrize(
    ("batches", "per_epoch"),
    [
        ("full", 1),
        ("online", 7),
        ({"online": {"order": [1, 2]}}, 2),
        ({"minibatches": {"size": 3}}, 3),
        ({"minibatches": {"size": 3, "last": "dropped"}}, 2),
        ({"minibatches": {"size": 7, "last": "dropped"}}, 1),
        ({"sampled": {"size": 3, "seed": 0}}, 2),
        ({"sampled": {"size": 12, "seed": 0}}, 1),
        ({"sampled": {"size": 3, "seed": 0, "updates": 5}}, 5),
    ],
)
@pytest.mark.parametrize("epochs", [0, 1, 3])
def test_an_epoch_is_so_many_updates(batches: Any, per_epoch: int, epochs: int) -> None:
    run = bprunner.run(declared(seven(), batches=batches, epochs=epochs))
    assert run.updates == epochs * per_epoch
    assert run.trace.steps.tolist() == list(range(epochs * per_epoch + 1))
    assert len(run.errors) == epochs + 1


def test_updates_may_end_within_an_epoch() -> None:
    run = bprunner.run(declared(seven(), batches={"minibatches": {"size": 3}}, updates=5))
    assert samples_of(run.trace) == [[1, 2, 3], [4, 5, 6], [7], [1, 2, 3], [4, 5, 6], [7]]
    assert len(run.errors) == 2
    assert run.ending() == "finished after 5 updates (1 epoch)"


def test_the_last_step_has_the_batch_that_would_come_next() -> None:
    """Shuffled, it is the first batch of an epoch that is never trained on."""
    shuffle, _ = drawing("numpy", 1)
    orders = [cut(shuffle(7), 3) for _ in range(3)]
    trace = bprunner.run(declared(seven(), batches={"minibatches": {"size": 3, "seed": 1}}, epochs=2)).trace
    assert samples_of(trace)[-1] == [each + 1 for each in orders[2][0]]
    assert np.isnan(trace["update"][-1]).all()
    assert np.isfinite(trace["gradient"][-1]).all()


def test_full_batches_have_no_column_of_samples() -> None:
    assert "sample" not in bprunner.run(xor()).trace
    assert bprunner.run(xor(batches="online")).trace["sample"].shape == (41,)
    assert bprunner.run(xor(batches={"minibatches": {"size": 2}})).trace["sample"].shape == (21, 2)


# Batches that are smaller


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64])
@pytest.mark.parametrize("batches", [{"minibatches": {"size": 3}}, {"minibatches": {"size": 3, "seed": 2}}, "online"])
def test_smaller_batches_end_with_nan_whatever_the_chunk(
    batches: Any, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a chunk has nothing but the smaller one, in memory and on the disk."""
    data = declared(seven(), batches=batches, epochs=4)
    whole = bprunner.run(data).trace
    monkeypatch.setattr(execution, "chunk_capacities", lambda _: itertools.repeat(size))
    monkeypatch.setattr(execution, "CHUNK_BYTES", 1)
    held = execute(population_of(data), {}).trace
    kept = execute(population_of(data), {}, folder=tmp_path, most_in_memory=0).trace
    assert kept.path is not None
    read = Trace.read(tmp_path / "trace.parquet")
    for name in whole.names:
        for other in (held, kept, read):
            assert other[name].shape == whole[name].shape, name
            assert other[name].tobytes() == whole[name].tobytes(), name
    if batches != "online":
        missing = [np.isnan(whole[name]).sum(axis=1).tolist() for name in ("sample", "net.h1", "delta.o1")]
        smaller = [2 * (step % 3 == 2) for step in range(13)]
        assert missing == [smaller] * 3
