"""A population in chunks: each run has the numbers and the end that it has alone, wherever the chunks are cut."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bprunner.nn.arrays import Array, picked
from bprunner.training import chunks
from bprunner.training.chunk_files import ChunkFile
from bprunner.training.chunks import Chunk, in_fast_order, series_of, train_in_chunks
from bprunner.training.execution import execute
from bprunner.training.population import Population, populate, uses_blas
from tests.laws.networks import PopulationCase, populations
from tests.training.declarations import doc, population_of, xor


class Kept:
    """Every run's series, put together from the chunks."""

    def __init__(self, population: Population, quantities: tuple[str, ...] = ()) -> None:
        self.series = series_of(population, quantities)
        self._parts: list[list[Array]] = [[] for _ in range(population.runs)]
        self._next = [0] * population.runs
        self.ends = train_in_chunks(population, self.series, self.keep)

    def keep(self, chunk: Chunk) -> None:
        for at, run in enumerate(chunk.runs.tolist()):
            length = int(chunk.lengths[at])
            assert length > 0
            assert chunk.steps[0] == self._next[run]
            self._next[run] += length
            self._parts[run].append(chunk.values[:, :length, at].copy())

    def of(self, run: int) -> dict[str, Array]:
        values = np.concatenate(self._parts[run], axis=1)
        return {column.name: values[row] for row, column in enumerate(self.series)}


WANTED = ("gradient", "update", "velocity", "mean", "squares")
"""What a run has of each weight beside the weight itself."""


def assert_alone_as_together(experiments: Any, samples: Any, most_steps: int, most_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "MOST_STEPS", most_steps)
        patch.setattr(chunks, "CHUNK_BYTES", most_bytes)
        together = Kept(populate(experiments, samples), WANTED)
    assert together.ends is not None
    for run, experiment in enumerate(experiments):
        alone = execute(populate([experiment], samples), {})
        assert together.ends.last[run] == alone.trace.steps[-1]
        assert bool(together.ends.diverged[run]) == (alone.status == "diverged")
        for name, values in together.of(run).items():
            if name in alone.trace and experiment.trace.steps != "epochs":
                # The update of a run's last step belongs to what comes after.
                steps = len(values) - name.startswith("update.")
                found = np.where(np.isnan(values), np.nan, values)[:steps]
                assert found.tobytes() == np.asarray(alone.trace[name])[:steps].tobytes(), (run, name)


CUTS = st.integers(1, 9), st.sampled_from([1, 4_000, 2**20])


@given(populations(sizes=st.integers(1, 4), counts=st.integers(1, 5)), *CUTS)
def test_a_run_is_alone_as_in_chunks(case: PopulationCase, most_steps: int, most_bytes: int) -> None:
    assert_alone_as_together(case.experiments, case.samples, most_steps, most_bytes)


@settings(max_examples=max(1, settings().max_examples // 2))
@given(populations(), *CUTS)
def test_of_larger_networks_too(case: PopulationCase, most_steps: int, most_bytes: int) -> None:
    assert_alone_as_together(case.experiments, case.samples, most_steps, most_bytes)


@settings(max_examples=max(1, settings().max_examples // 5))
@given(populations(sizes=st.integers(1, 3), counts=st.integers(1, 3), most_runs=3, decimal=True), *CUTS)
def test_of_decimals_too(case: PopulationCase, most_steps: int, most_bytes: int) -> None:
    assert_alone_as_together(case.experiments, case.samples, most_steps, most_bytes)


def rates(data: dict[str, Any], *each: float) -> Population:
    """Runs with these learning rates."""
    from bprunner.data.loading import load_samples
    from bprunner.spec.reading import read_declaration

    declarations = [
        read_declaration({**data, "training": {**data["training"], "learning_rate": rate}}) for rate in each
    ]
    return populate([each.experiment for each in declarations], load_samples(declarations[0]))


def test_what_diverges_costs_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of four steps: the runs that overflowed in one are not in the next."""
    monkeypatch.setattr(chunks, "MOST_STEPS", 4)
    population, seen = rates(doc(epochs=30), 0.01, 1.0, 0.02, 1e9), []
    ends = train_in_chunks(population, series_of(population), lambda chunk: seen.append(chunk.runs.tolist()))
    assert ends is not None
    assert ends.diverged.tolist() == [False, True, False, True]
    assert seen[0] == [0, 1, 2, 3]
    assert seen[-1] == [0, 2]
    assert len(seen) == 8


def test_a_weight_may_overflow_while_the_error_does_not() -> None:
    """A relu hides a weight of minus infinity; the run ends where the weight became that, and not with its chunk."""
    linear, relu = ({"units": 1, "activation": kind, "bias": "none"} for kind in ("linear", "relu"))
    data = {
        **doc(
            epochs=9,
            optimizer={"momentum": {"momentum": 0.99}},
            optimizer_state={"velocity": {"w1": -1e308, "w2": 0}},
        ),
        "architecture": {"inputs": 1, "layers": [relu, linear]},
        "initial_weights": {"w1": 0.5, "w2": 0.5},
        "dataset": {"inputs": [[1]], "targets": [[1]]},
    }
    alone = execute(population_of(data), {})
    assert (alone.status, alone.diverged_at) == ("diverged", 2)
    assert np.isfinite(alone.trace["error"]).all()
    ends = Kept(rates(data, 0.05, 0.1)).ends
    assert ends is not None
    assert ends.last.tolist() == [2, 2]
    assert ends.diverged.all()


def test_training_ends_with_its_last_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MOST_STEPS", 4)
    population, seen = rates(doc(epochs=10**6), 1e9, 1e10), []
    ends = train_in_chunks(population, series_of(population), lambda chunk: seen.append(chunk.first))
    assert ends is not None
    assert ends.diverged.all()
    assert len(seen) < 10


def test_somebody_may_stop_it_between_two_chunks() -> None:
    population, seen = rates(doc(epochs=10**6), 0.01, 0.02), []
    stopped = train_in_chunks(
        population, series_of(population), lambda chunk: seen.append(chunk.first), lambda: len(seen) == 3
    )
    assert stopped is None
    assert len(seen) == 3


def test_wanted_quantities_are_there() -> None:
    kept = Kept(rates(doc(epochs=3), 0.05, 0.01), ("gradient", "update", "net"))
    alone = execute(population_of(doc(epochs=3)), {}).trace
    found = kept.of(0)
    for name in ("gradient.w5", "update.w1", "net.h2", "weight.w6", "error"):
        np.testing.assert_array_equal(found[name], alone[name].reshape(-1), err_msg=name)


def test_what_every_sample_has_is_no_series() -> None:
    with pytest.raises(ValueError, match="several samples"):
        series_of(population_of(xor()), ("net",))


# Memory


def test_the_memory_order_follows_the_way_of_adding() -> None:
    small, large = rates(doc(), 0.1, 0.2, 0.3), rates(xor(), 0.1, 0.2)
    assert not uses_blas(small)
    assert in_fast_order(small).weights.W[0].T.flags.c_contiguous
    wide = population_of({**xor(), "dataset": {"inputs": [[0, 1]] * 40, "targets": [[1]] * 40}})
    assert uses_blas(wide)
    assert in_fast_order(large).weights.W[0].shape == large.weights.W[0].shape


def test_runs_are_picked_in_the_order_of_memory_that_there_is() -> None:
    array = np.random.default_rng(0).normal(size=(5, 2, 3))
    kept = np.array([4, 1])
    for given_array in (array, np.asfortranarray(array)):
        found = picked(given_array, kept)
        np.testing.assert_array_equal(found, array[[4, 1]])
        assert found.flags.c_contiguous == given_array.flags.c_contiguous
    shared = array[:1]
    assert picked(shared, kept) is shared
    assert picked(None, kept) is None


def peak_of(epochs: int, path: Path) -> int:
    """The most bytes that training a population and tracing it to disk takes, beside what the population has."""
    population = rates(doc(epochs=epochs), *np.geomspace(1e-4, 1e-2, 400).tolist())
    series = series_of(population)
    file = ChunkFile(path, [column.name for column in series], [column.name for column in series])
    tracemalloc.start()
    try:
        train_in_chunks(population, series, file.keep)
        file.finish()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_is_bounded_by_the_chunk_and_not_by_the_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 2**19)
    monkeypatch.setattr(chunks, "LARGE_PIECE", 1)  # it is never touched, but counted here
    peak_of(2, tmp_path / "imports.parquet")
    few, many = (peak_of(epochs, tmp_path / f"{epochs}.parquet") for epochs in (100, 1000))
    assert 2**19 < few < 4 * 2**19
    assert many < 1.1 * few


def test_whoever_keeps_all_steps_gives_them_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are written where they stay, whatever the chunks, and are the same."""
    monkeypatch.setattr(chunks, "MOST_STEPS", 4)
    for data in (doc(epochs=10), {**xor(epochs=10), "dataset": {"inputs": [[0, 1]] * 40, "targets": [[1]] * 40}}):
        population = rates(data, 0.01, 0.02, 0.03)
        expected, series = Kept(population), series_of(population)
        values = np.full((11, len(series), 3), np.nan)
        ends = train_in_chunks(
            population,
            series,
            lambda chunk, values=values: assert_shares(chunk, values),  # type: ignore[misc]
            room=lambda first, steps, _, values=values: values[first : first + steps],  # type: ignore[misc]
        )
        assert ends is not None
        for run in range(3):
            for row, (name, each) in enumerate(expected.of(run).items()):
                assert values[:, row, run].tobytes() == each.tobytes(), name


def assert_shares(chunk: Chunk, values: Array) -> None:
    assert np.shares_memory(chunk.values, values)
