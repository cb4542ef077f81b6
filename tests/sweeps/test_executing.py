"""Executing: every cell is trained once, as it is alone, and is found again; what was cut short is finished."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bprunner.errors import StorageError
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps import blocks, executing
from bprunner.sweeps.declaring import read_sweep
from bprunner.sweeps.executing import Failure, Outcome, execute_sweep
from bprunner.sweeps.folder import StudyFolder
from bprunner.sweeps.summing import Summary
from bprunner.training import chunks
from bprunner.training.chunk_files import read_series
from bprunner.training.execution import execute
from bprunner.training.population import populate
from tests.conftest import ROOT

DOC = str(ROOT / "configs" / "doc_exact.yaml")
GRID = {"training.learning_rate": [0.01, 0.05, 1.0, 0.02], "architecture.layers.0.activation": ["linear", "tanh"]}


def sweep(grid: dict[str, Any] = GRID, epochs: int = 20) -> SweepDeclaration:
    data = {"name": "s", "baseline": DOC, "set": {"training.epochs": epochs}, "sweep": {"grid": grid}}
    return read_sweep(data, allow_outside=True)


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    return StudyFolder(tmp_path / "study")


def summaries(declaration: SweepDeclaration, folder: StudyFolder) -> dict[str, str]:
    """Every cell's row of the summary, by its hash."""
    done = folder.done()
    blocks = {block: folder.summary(block) for block in folder.blocks()}
    return {
        cell.hash: repr(
            [
                getattr(blocks[done[cell.hash].block], field.name)[done[cell.hash].run].tolist()
                for field in dataclasses.fields(Summary)
            ]
        )
        for cell in declaration.cells()
        if cell.hash in done
    }


def series(declaration: SweepDeclaration, folder: StudyFolder) -> dict[str, bytes]:
    """Every cell's weights and errors, by its hash."""
    from bprunner.data.loading import load_samples

    found = {}
    names = ["error", *(f"weight.w{number}" for number in range(1, 7))]
    for cell in declaration.cells():
        place = folder.done()[cell.hash]
        columns = read_series(folder.series_file(place.block), names, [place.run])
        samples = load_samples(declaration.baseline)
        trace = execute(populate([cell.experiment], samples), {}).trace
        assert columns["step"].tolist() == trace.steps.tolist()
        for name in names:
            assert columns[name].tobytes() == trace[name].tobytes(), (cell.number, name)
        found[cell.hash] = b"".join(columns[name].tobytes() for name in names)
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_every_cell_is_what_it_is_alone(workers: int, folder: StudyFolder) -> None:
    declaration = sweep()
    outcome = execute_sweep(declaration, folder, workers)
    assert (outcome.trained, outcome.skipped, outcome.failures, outcome.interrupted) == (8, 0, (), False)
    assert len(series(declaration, folder)) == 8  # the baseline is one of the grid's cells


def test_what_is_done_is_not_done_again(folder: StudyFolder) -> None:
    declaration = sweep()
    execute_sweep(declaration, folder, 1)
    before = sorted(path.name for path in folder.path.iterdir())
    again = execute_sweep(declaration, folder, 1)
    assert (again.trained, again.skipped) == (0, 9)
    assert sorted(path.name for path in folder.path.iterdir()) == before
    larger = execute_sweep(sweep({**GRID, "training.learning_rate": [0.01, 0.05, 1.0, 0.02, 0.03]}), folder, 1)
    assert larger.trained == 2


def stopping_after(count: int) -> Callable[[], bool]:
    asked = iter(range(10**6))
    return lambda: next(asked) >= count


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 8, 13])
def test_a_study_that_was_stopped_and_goes_on_is_the_uninterrupted_one(
    count: int, folder: StudyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of two cells and chunks of three steps, so that there are many places to stop at."""
    monkeypatch.setattr(executing, "block_size", lambda _: 2)
    monkeypatch.setattr(chunks, "MOST_STEPS", 3)
    declaration = sweep()
    stopped = execute_sweep(declaration, folder, 1, should_stop=stopping_after(count))
    assert stopped.interrupted
    assert not list(folder.path.glob("*.partial"))
    assert len(folder.done()) == stopped.trained
    rest = execute_sweep(declaration, folder, 1)
    assert stopped.trained + rest.trained == 8
    whole = StudyFolder(tmp_path / "whole")
    execute_sweep(declaration, whole, 1)
    assert summaries(declaration, folder) == summaries(declaration, whole)
    assert series(declaration, folder) == series(declaration, whole)


def test_what_a_kill_left_is_removed_and_done_again(folder: StudyFolder) -> None:
    declaration = sweep()
    execute_sweep(declaration, folder, 1)
    blocks = folder.blocks()
    lost = folder.path / f"block-{blocks[-1]:06}.summary.parquet"
    lost.unlink()
    (folder.path / "block-000099.partial").write_bytes(b"half")
    again = execute_sweep(declaration, folder, 1)
    assert again.trained > 0
    assert not (folder.path / "block-000099.partial").exists()
    assert len(series(declaration, folder)) == 8


def test_a_cell_that_fails_takes_no_other_along(folder: StudyFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told at once, and again at the end."""
    training = chunks.train_in_chunks

    def failing(population: Any, *rest: Any) -> Any:
        if (population.learning_rate == 0.02).any():
            raise ArithmeticError("planted")
        return training(population, *rest)

    monkeypatch.setattr(blocks, "train_in_chunks", failing)
    told: list[Failure] = []
    declaration = sweep()
    outcome = execute_sweep(declaration, folder, 1, failed=told.append)
    assert [each.reason for each in told] == ["ArithmeticError: planted"] * 2
    assert outcome.failures == tuple(told)
    assert {
        next(c for c in declaration.cells() if c.number == each.number).values["training.learning_rate"]
        for each in told
    } == {0.02}
    assert outcome.trained == 6
    monkeypatch.undo()
    assert execute_sweep(declaration, folder, 1).trained == 2


def test_two_at_once_do_not_write_into_one_folder(folder: StudyFolder) -> None:
    with folder.locked(), pytest.raises(StorageError, match="another process"), folder.locked():
        pass


def test_how_far_it_is_is_told(folder: StudyFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executing, "block_size", lambda _: 3)
    seen: list[tuple[int, int]] = []
    outcome: Outcome = execute_sweep(sweep(), folder, 1, tell=lambda now: seen.append((now.done, now.cells)))
    assert seen[-1][0] == seen[-1][1] == 9
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert outcome.seconds > 0


def test_a_network_fills_the_cache_and_no_more() -> None:
    """Few runs of a large one, many of a small one."""
    from tests.training.declarations import doc, population_of

    small = blocks.block_size(population_of(doc()))
    many = {**doc(), "dataset": {"inputs": [[2, 3]] * 2000, "targets": [[1]] * 2000}}
    assert small > 1000
    assert blocks.FEWEST <= blocks.block_size(population_of(many)) < 50
    assert np.isfinite(small)
