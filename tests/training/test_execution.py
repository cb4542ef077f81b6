"""How a run is kept: in memory or on the disk, to its end, to an overflow, or until somebody stops it."""

from __future__ import annotations

import gc
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bprunner.errors import StorageError
from bprunner.training import execution, recorder
from bprunner.training.execution import Execution, execute
from bprunner.training.trace import Trace
from tests.training.declarations import doc, population_of, xor


def content(trace: Trace, steps: int | None = None) -> dict[str, bytes]:
    return {name: trace[name][:steps].tobytes() for name in trace.names}


def executed(declared: dict[str, Any], **options: Any) -> Execution:
    return execute(population_of(declared), {}, **options)


@pytest.fixture(params=[1, 3, 64])
def chunks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Chunks of another size than usual."""
    size: int = request.param
    monkeypatch.setattr(execution, "chunk_capacities", lambda _: itertools.repeat(size))
    return size


@pytest.mark.parametrize("declared", [doc(epochs=80), xor(epochs=80)])
def test_a_trace_on_the_disk_is_the_trace_in_memory(
    declared: dict[str, Any], tmp_path: Path, chunks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = executed(declared)
    monkeypatch.setattr(execution, "CHUNK_BYTES", 1)
    spilled = executed(declared, folder=tmp_path, most_in_memory=0)
    assert whole.trace.path is None
    assert spilled.trace.path == tmp_path / "trace.parquet"
    assert content(spilled.trace) == content(whole.trace)
    assert spilled.trace.steps.tolist() == whole.trace.steps.tolist() == list(range(81))
    read = Trace.read(tmp_path / "trace.parquet")
    assert content(read) == content(whole.trace)
    assert read.steps.tolist() == list(range(81))
    assert [path.name for path in tmp_path.iterdir()] == ["trace.parquet"], chunks


def test_a_temporary_file_lives_as_long_as_the_trace() -> None:
    """Also where somebody keeps the trace and nothing else of the run."""
    trace = executed(doc(epochs=50), most_in_memory=0).trace
    gc.collect()
    path = trace.path
    assert path is not None
    assert len(trace["error"]) == 51
    del trace
    gc.collect()
    assert not path.parent.exists()


def test_a_temporary_folder_goes_when_the_run_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def interrupted(steps: int) -> None:
        if steps > 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        executed(doc(epochs=5000), most_in_memory=0, progress=interrupted)
    assert list(tmp_path.iterdir()) == []


def test_what_is_held_in_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once on the disk, no more than a chunk is held, however long the run."""
    held: list[int] = []
    keep = execution._Keeper.keep

    def watched(self: Any, buffer: Any) -> int | None:
        result = keep(self, buffer)
        held.append(self._held_bytes)
        return result

    monkeypatch.setattr(execution._Keeper, "keep", watched)
    monkeypatch.setattr(execution, "CHUNK_BYTES", 20_000)
    executed(xor(epochs=3000), folder=tmp_path, most_in_memory=100_000)
    assert len(held) > 10
    assert max(held) <= 100_000
    spilled = next(number for number, size in enumerate(held) if size == 0)
    assert max(held[spilled:]) <= 20_000


def test_chunks_grow_and_are_bounded() -> None:
    small = list(itertools.islice(recorder.chunk_capacities(population_of(doc())), 5))
    assert small == [64, 256, 256, 256, 256]
    wide = {**xor(), "initial_weights": {"constant": {"value": 0.1}, "biases": "zeros"}}
    wide["architecture"]["layers"][0]["units"] = 20_000
    assert set(itertools.islice(recorder.chunk_capacities(population_of(wide)), 5)) == {recorder.SMALLEST_CHUNK}


# Divergence


@pytest.mark.parametrize("options", [{}, {"most_in_memory": 0}])
def test_a_run_ends_at_the_first_step_that_is_not_finite(options: dict[str, Any], chunks: int) -> None:
    done = executed(doc(learning_rate=2.0, epochs=100), **options)
    assert done.status == "diverged", chunks
    last = len(done.trace) - 1
    assert done.diverged_at == last == done.trace.steps[-1]
    watched = np.column_stack([done.trace["error"], done.trace["weight"]])
    assert np.isfinite(watched[:-1]).all()
    assert not np.isfinite(watched[-1]).all()


def test_every_step_before_is_that_of_a_shorter_run() -> None:
    done = executed(doc(learning_rate=2.0, epochs=100))
    assert done.diverged_at is not None
    shorter = executed(doc(learning_rate=2.0, epochs=done.diverged_at - 1))
    assert shorter.status == "finished"
    before = content(done.trace, done.diverged_at)
    for name, values in content(shorter.trace).items():
        if not name.startswith("update."):  # the shorter run's last step has none
            assert values == before[name]


def test_divergence_at_the_last_step_is_divergence() -> None:
    at = executed(doc(learning_rate=2.0, epochs=100)).diverged_at
    done = executed(doc(learning_rate=2.0, epochs=at))
    assert (done.status, done.diverged_at) == ("diverged", at)


def test_weights_that_start_too_large_diverge_at_once() -> None:
    done = executed({**doc(epochs=5), "initial_weights": {"constant": {"value": 1e200}}})
    assert (done.status, done.diverged_at, len(done.trace)) == ("diverged", 0, 1)


# Interruption


@pytest.mark.parametrize("options", [{}, {"most_in_memory": 0}])
@pytest.mark.parametrize("after", [0, 1, 63, 64, 99])
def test_an_interrupted_run_keeps_exactly_the_steps_so_far(after: int, options: dict[str, Any]) -> None:
    asked: Iterator[int] = itertools.count()
    done = executed(xor(epochs=100), should_stop=lambda: next(asked) == after, **options)
    assert (done.status, done.diverged_at) == ("interrupted", None)
    assert done.trace.steps.tolist() == list(range(after + 1))
    assert content(done.trace) == content(executed(xor(epochs=100)).trace, after + 1)


def test_a_wish_to_stop_after_the_last_step_comes_too_late() -> None:
    done = executed(doc(epochs=3), should_stop=lambda: True)
    assert done.status == "interrupted"
    asked: Iterator[int] = itertools.count()
    assert executed(doc(epochs=3), should_stop=lambda: next(asked) == 3).status == "finished"


def test_progress_is_told_and_ends_with_all_steps() -> None:
    told: list[int] = []
    executed(doc(epochs=700), progress=told.append)
    assert told == sorted(told)
    assert len(told) > 2
    assert told[-1] == 701


# The disk


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be written"):
        executed(doc(epochs=50), folder=tmp_path / "file" / "below", most_in_memory=0)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("failing", [1, 2, 5])
def test_no_part_of_a_file_is_left_when_the_disk_fails(
    failing: int, tmp_path: Path, chunks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow.parquet as pq

    calls: Iterator[int] = itertools.count(1)
    write = pq.ParquetWriter.write_table

    def full(self: Any, *arguments: Any) -> None:
        if next(calls) == failing:
            raise OSError(28, "No space left on device")
        write(self, *arguments)

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    monkeypatch.setattr(execution, "CHUNK_BYTES", 1)
    with pytest.raises(StorageError, match="No space left"):
        executed(doc(epochs=500), folder=tmp_path, most_in_memory=0)
    assert list(tmp_path.iterdir()) == [], chunks


def test_a_population_of_several_is_not_executed_here() -> None:
    one = population_of(doc())
    two = type(one)(**{**vars(one), "weights": one.weights.like([np.repeat(p, 2, 0) for p in one.weights.flat()])})
    with pytest.raises(ValueError, match="one run at a time"):
        execute(two, {})
