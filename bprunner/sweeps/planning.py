"""A plan says what a sweep would take before anything is trained: runs, time, memory, disk.

Time is measured, not guessed: some runs of the first structures are trained for a moment. All of it is an estimate, and
rather too much than too little: runs may stop or diverge earlier.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from bprunner.data.loading import load_samples
from bprunner.data.samples import Samples
from bprunner.errors import StudyError
from bprunner.spec.describing import network_line
from bprunner.spec.experiment import Experiment
from bprunner.spec.sweep import Limits
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps.amounts import size_text, time_text
from bprunner.sweeps.blocks import block_size
from bprunner.sweeps.executing import WORTH_A_PROCESS, estimated_seconds
from bprunner.sweeps.folder import StudyFolder
from bprunner.training.chunks import CHUNK_BYTES, Chunk, series_of, train_in_chunks
from bprunner.training.population import Population, populate, structure

_PROBE_SECONDS = 0.2
_MOST_PROBES = 3
_PROCESS_BYTES = 150 * 2**20
_CELL_BYTES = 2500
_ROW_BYTES = 330
"""What a process has besides its blocks, what a cell takes, and what a row of MLflow's takes on the disk."""
_USABLE = 0.95
"""The share of what is free that a study may take."""


@dataclass(frozen=True)
class Group:
    """Cells of one structure that are to be trained: so many, at most so many steps each, and so many series kept."""

    network: str
    cells: int
    steps: int
    series: int


@dataclass(frozen=True)
class Plan:
    """What a sweep would take; of its cells, `done` are done already. Seconds and bytes are of the rest.

    `rows` are those that MLflow would get of the whole study.
    """

    cells: int
    done: int
    groups: tuple[Group, ...]
    workers: int
    seconds: float
    memory: int
    disk: int
    rows: int

    def beyond(self, limits: Limits) -> list[str]:
        """What is above the declared limits, in words."""
        found = []
        if self.cells - self.done > limits.runs:
            found.append(f"{self.cells - self.done:,} runs; `limits.runs` is {limits.runs:,}")
        if self.seconds > limits.time:
            found.append(f"about {time_text(self.seconds)}; `limits.time` is {time_text(limits.time)}")
        if self.disk > limits.disk:
            found.append(f"about {size_text(self.disk)} on the disk; `limits.disk` is {size_text(limits.disk)}")
        if self.rows > limits.rows:
            found.append(f"{self.rows:,} metric rows; `limits.rows` is {limits.rows:,}")
        return found

    def check_room(self, folder: Path) -> None:
        """Raises StudyError where memory or disk will not do."""
        free, memory = free_disk(folder), free_memory()
        hint = "keep less of every run (`trace.every`, `trace.quantities`), or train fewer runs"
        if self.disk > _USABLE * free:
            raise StudyError(
                f"the study needs about {size_text(self.disk)} on the disk, and {size_text(free)} are free: {hint}"
            )
        if memory is not None and self.memory > _USABLE * memory:
            raise StudyError(
                f"the study needs about {size_text(self.memory)} of memory, and {size_text(memory)} are free: "
                "train with fewer processes (`--workers`), or fewer runs"
            )


def free_disk(folder: Path) -> int:
    """Bytes that may be written into a folder, which need not be there yet."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    return shutil.disk_usage(there).free


def free_memory() -> int | None:
    """Bytes that processes may still take; None where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return None if found is None else 1024 * int(found)


def plan(
    declaration: SweepDeclaration,
    folder: StudyFolder,
    workers: int | None = None,
    rows_of: Callable[[Sequence[Group]], int] = lambda _: 0,
    measure_from: float = 5.0,
    is_fresh: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
) -> Plan:
    """What there is to do. rows_of: how many rows MLflow would get of these groups of cells.

    measure_from: of how many seconds, at a guess, training is tried out for a moment. is_fresh: what is done is to be
    done again. Where it is to stop, the plan is of what was seen by then. A structure that cannot be made counts for
    nothing: its training will tell.

    Raises InputError for cells that are no valid experiments, StorageError where the folder cannot be read.
    """
    done = {} if is_fresh else folder.done()
    loaded = _Loaded(declaration)
    whole, left, skipped = _Groups(), _Groups(), 0
    for cell in declaration.cells():
        if should_stop():
            break
        whole.add(cell.experiment)
        if cell.hash in done:
            skipped += 1
        else:
            left.add(cell.experiment)
    count = declaration.count()
    # What a search will propose is like the baseline, for all that is known.
    proposed = count - whole.total
    for groups in (whole, left):
        groups.add(declaration.baseline.experiment, proposed)
    seconds, disk = 0.0, 0
    for number, (experiment, cells) in enumerate(left):
        alone = loaded.alone(experiment)
        if alone is None:
            continue
        is_probed = number < _MOST_PROBES and estimated_seconds(alone, cells) > measure_from
        seconds += _measured(alone, experiment, cells, loaded) if is_probed else estimated_seconds(alone, cells)
        kept = alone.most_updates // declaration.sweep.trace.every + 2
        disk += cells * (kept * (8 * len(_series(declaration, alone)) + 2) + 200)
    cores = workers or (1 if seconds < WORTH_A_PROCESS else len(os.sched_getaffinity(0)))
    rows = rows_of(tuple(_described(declaration, whole, loaded)))
    return Plan(
        cells=count,
        done=skipped,
        groups=tuple(_described(declaration, left, loaded)),
        workers=cores,
        seconds=seconds / cores,
        memory=(cores + 1) * _PROCESS_BYTES + cores * 4 * CHUNK_BYTES + count * _CELL_BYTES,
        disk=disk + rows * _ROW_BYTES,
        rows=rows,
    )


class Extent(NamedTuple):
    """The most steps that a run of a sweep may have, and every series that one of them has."""

    steps: int
    names: tuple[str, ...]


def extent(declaration: SweepDeclaration) -> Extent:
    """Of all cells; of a search those that are known beforehand. Raises InputError for one that is no experiment."""
    loaded, groups = _Loaded(declaration), _Groups()
    for cell in declaration.cells():
        groups.add(cell.experiment)
    found = [alone for experiment, _ in groups if (alone := loaded.alone(experiment)) is not None]
    names = dict.fromkeys(name for alone in found for name in _series(declaration, alone))
    return Extent(max((alone.most_updates for alone in found), default=0), tuple(names))


class _Groups:
    """Experiments counted by their structure; of each the first one stands for all."""

    def __init__(self) -> None:
        self._found: list[tuple[tuple[object, ...], Experiment]] = []
        self._counts: list[int] = []

    @property
    def total(self) -> int:
        return sum(self._counts)

    def add(self, experiment: Experiment, count: int = 1) -> None:
        if not count:
            return
        form = structure(experiment)
        for number, (known, _) in enumerate(self._found):
            if known == form:
                self._counts[number] += count
                return
        self._found.append((form, experiment))
        self._counts.append(count)

    def __iter__(self) -> Iterator[tuple[Experiment, int]]:
        return iter([(experiment, count) for (_, experiment), count in zip(self._found, self._counts, strict=True)])


class _Loaded:
    """The samples of experiments, loaded once for each dataset."""

    def __init__(self, declaration: SweepDeclaration) -> None:
        self._declaration = declaration
        self._found: list[tuple[object, Samples]] = []

    def samples(self, experiment: Experiment) -> Samples:
        for dataset, samples in self._found:
            if dataset == experiment.dataset:
                return samples
        samples = load_samples(replace(self._declaration.baseline, experiment=experiment))
        self._found.append((experiment.dataset, samples))
        return samples

    def alone(self, experiment: Experiment) -> Population | None:
        """A population of this one; None where it cannot be made."""
        samples = self.samples(experiment)
        try:
            return populate([experiment], samples)
        except Exception:
            return None


def _series(declaration: SweepDeclaration, alone: Population) -> list[str]:
    """The series that are kept of a run."""
    quantities = declaration.sweep.trace.quantities
    series = series_of(alone, [each for each in quantities if each not in ("error", "weight", "bias")])
    return [each.name for each in series if each.quantity in quantities or each.store in ("error", "measure")]


def _described(declaration: SweepDeclaration, groups: _Groups, loaded: _Loaded) -> Iterator[Group]:
    for experiment, cells in groups:
        alone = loaded.alone(experiment)
        if alone is not None:
            series = len(_series(declaration, alone))
            yield Group(network_line(experiment), cells, alone.most_updates, series)


def _measured(alone: Population, experiment: Experiment, cells: int, loaded: _Loaded) -> float:
    """How long one core trains so many runs like this one, from what a block of them does in a moment."""
    runs = min(block_size(alone), cells)
    population = populate([experiment] * runs, loaded.samples(experiment))
    made, begun = [0], time.perf_counter()

    def keep(chunk: Chunk) -> None:
        made[0] += int(chunk.lengths.sum())

    train_in_chunks(population, series_of(population), keep, lambda: time.perf_counter() - begun > _PROBE_SECONDS)
    took = time.perf_counter() - begun
    return took / max(1, made[0]) * cells * (alone.most_updates + 1)
