"""A study is a sweep with what came of it: its table of runs, and their trace, read from the study's folder."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from bprunner.data.loading import load_samples
from bprunner.nn.arrays import Array, Indices
from bprunner.spec.expanding import Axis, Cell
from bprunner.spec.reading import Declaration
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps.comparing import table
from bprunner.sweeps.executing import errors_in
from bprunner.sweeps.folder import Place, StudyFolder, reading
from bprunner.sweeps.generations import generations
from bprunner.sweeps.landscape import surface
from bprunner.sweeps.summing import Summary, joined, no_runs
from bprunner.training.chunk_files import RUN, STEP, read_chosen, read_series, storing
from bprunner.training.population import populate

Kind = Literal["number", "label", "seed"]


class Varied(NamedTuple):
    """What varies: a path, what its values are, and whether they are spread over more than a factor of ten."""

    path: str
    kind: Kind
    is_geometric: bool


class Row(NamedTuple):
    """What the table wants of a cell."""

    number: int
    values: Mapping[str, object]
    learning_rate: float


class Study:
    """A sweep and its runs that are done. Everything is read when it is asked for, and kept.

    A study that goes on elsewhere is another Study: what this one has read stays as it was.
    """

    def __init__(self, declaration: SweepDeclaration, folder: StudyFolder) -> None:
        self.declaration, self.folder = declaration, folder

    @property
    def name(self) -> str:
        return self.declaration.sweep.name

    @property
    def title(self) -> str:
        return self.declaration.sweep.title or self.name

    @property
    def path(self) -> Path:
        return self.folder.path

    @property
    def baseline(self) -> Declaration:
        return self.declaration.baseline

    def cells(self) -> Iterator[Cell]:
        """The cells that are done, in order: the baseline first, where it is done. Raises StorageError."""
        done = self._done
        return (cell for cell in self.declared_cells() if cell.hash in done)

    def declared_cells(self) -> Iterator[Cell]:
        """All cells; of a search those that are known by now."""
        for generation in generations(self.declaration, self._errors):
            yield from generation

    def _errors(self, cells: Sequence[Cell]) -> Sequence[float] | None:
        return errors_in(self.folder, self.declaration, cells, self._done, self.failures)

    @cached_property
    def _done(self) -> dict[str, Place]:
        return self.folder.done()

    @cached_property
    def failures(self) -> dict[str, str]:
        """Why cells failed, by the hash of their experiments. Raises StorageError."""
        return self.folder.failures()

    @cached_property
    def _rows(self) -> tuple[list[Row], list[Place], int]:
        """Of each cell that is done its row and place, and how many cells there are in all."""
        rows, places, count = list[Row](), list[Place](), 0
        for cell in self.declared_cells():
            count += 1
            place = self._done.get(cell.hash)
            if place is not None:
                rows.append(Row(cell.number, cell.values, cell.experiment.training.learning_rate))
                places.append(place)
        return rows, places, count

    @property
    def has_baseline(self) -> bool:
        """Whether the baseline is done; it is the first run then."""
        rows = self._rows[0]
        return bool(rows) and rows[0].number == 0

    @property
    def is_complete(self) -> bool:
        """Whether every cell is done. Of a search, those that are known: the next ones follow from them."""
        rows, _, count = self._rows
        return len(rows) == count

    def __len__(self) -> int:
        """How many runs are done, the baseline's included."""
        return len(self._rows[0])

    # What the runs came to

    @cached_property
    def summary(self) -> Summary:
        """How the runs went, in the order of the cells. Raises StorageError."""
        if not len(self):
            return no_runs()
        return self._in_order([(places, self.folder.summary(block)) for block, places in self._by_block()])

    def _by_block(self) -> list[tuple[int, list[tuple[int, int]]]]:
        """By block, which row is which of its runs."""
        blocks: dict[int, list[tuple[int, int]]] = {}
        for row, place in enumerate(self._rows[1]):
            blocks.setdefault(place.block, []).append((row, place.run))
        return sorted(blocks.items())

    @staticmethod
    def _in_order(parts: Sequence[tuple[list[tuple[int, int]], Summary]]) -> Summary:
        taken = []
        for pairs, summary in parts:
            rows, runs = np.array(pairs, dtype=np.int64).T
            taken.append((rows, summary.only(runs)))
        return joined(taken)

    @cached_property
    def stable_rates(self) -> Array:
        """The largest stable learning rate of each run, (runs,); nan where there is no such limit."""
        rates = np.full(len(self), np.nan)
        for block, pairs in self._by_block():
            rows, runs = np.array(pairs, dtype=np.int64).T
            rates[rows] = self.folder.stable_rates(block)[runs]
        return rates

    @cached_property
    def table(self) -> Any:
        """A pandas.DataFrame, a row for each run, the baseline first; its columns are those of `comparing`.

        While the baseline is not done, no run has a ratio to it.
        """
        return table(self._rows[0], self.summary, self.stable_rates)

    @cached_property
    def axes(self) -> tuple[Varied, ...]:
        """What varies, in the order of the file."""
        frame = self.table
        return tuple(_varied(axis, path, frame.get(path, ())) for axis in self.declaration.axes for path in axis.paths)

    # What happened in them

    @cached_property
    def steps(self) -> StudySteps:
        """The trace of the study: the kept quantities of every run."""
        rows, places, _ = self._rows
        numbers = [row.number for row in rows]
        return StudySteps(
            self.folder,
            dict(zip(numbers, places, strict=True)),
            dict(zip(numbers, self.summary.steps.tolist(), strict=True)),
            self.declaration.sweep.trace.every,
        )

    def error_surface(self, names: tuple[str, str], first: Array, second: Array) -> Array:
        """The error over all training samples, (m, n), at the baseline's initial weights with two of them replaced.

        names: such as weight.w5; first (m,) and second (n,): their values. Raises KeyError for other names.
        """
        alone = populate([self.baseline.experiment], load_samples(self.baseline))
        return surface(alone, names, first, second)

    def __repr__(self) -> str:
        return f"<Study {self.name}: {len(self):,} runs in {self.path}>"


def _varied(axis: Axis, path: str, values: Any) -> Varied:
    if axis.kind == "repeat" or path.split(".")[-1] == "seed":
        return Varied(path, "seed", False)
    numbers = [each for each in values if isinstance(each, float) and math.isfinite(each)]
    if not numbers or len(numbers) < len(values) - 1:
        return Varied(path, "label", False)
    is_wide = min(numbers) > 0 and max(numbers) > 10 * min(numbers)
    return Varied(path, "number", is_wide)


class StudySteps:
    """The kept steps of a study's runs, read from its files as they are asked for."""

    def __init__(self, folder: StudyFolder, places: Mapping[int, Place], last: Mapping[int, int], every: int) -> None:
        """By a cell's number its place and its last step; `every`: which steps are kept, as declared."""
        self._folder, self._places, self._last, self._every = folder, places, last, every

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The series that some run has. Raises StorageError where a file cannot be read."""
        blocks = sorted({place.block for place in self._places.values()})
        return tuple(dict.fromkeys(name for block in blocks for name in self._names_in(block)))

    def _names_in(self, block: int) -> list[str]:
        path = self._folder.series_file(block)
        with reading(), storing(path, "read"):
            return [name for name in pq.read_schema(path).names if name not in (RUN, STEP)]

    def count(self, run: int) -> int:
        """How many steps of a run are kept. Raises KeyError for a run that is not done."""
        return len(self._kept(run))

    def _kept(self, run: int) -> Indices:
        """The kept steps of a run, in order."""
        last = self._last[run]
        steps = np.arange(0, last + 1, self._every)
        return steps if steps[-1] == last else np.append(steps, last)

    def frame(self, names: Sequence[str] = (), runs: Sequence[int] = (), points: int | None = None) -> Any:
        """A pandas.DataFrame, sorted by `run` (a cell's number) and `step`, with these series of these runs; or all.

        points: of each run at most so many steps, evenly spaced, the first and the last among them; all unless given.
        What a run does not have, being of another structure, is nan. Raises KeyError for a series that no run has, and
        for a run that is not done; StorageError where a file cannot be read.
        """
        import pandas as pd

        wanted = list(names) or list(self.names)
        parts = [pd.DataFrame(columns) for columns in self.parts(wanted, runs, points)]
        if not parts:
            return pd.DataFrame({RUN: [], STEP: [], **{name: [] for name in wanted}})
        whole = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
        return whole.sort_values([RUN, STEP], kind="stable", ignore_index=True)

    def parts(
        self, names: Sequence[str], runs: Sequence[int] = (), points: int | None = None, every: int = 1
    ) -> Iterator[dict[str, Array | Indices]]:
        """What `frame` gives, as columns of arrays, block by block: few runs at a time stand in memory.

        every: only steps that are multiples of it. Raises what `frame` does.
        """
        blocks: dict[int, dict[int, list[int]]] = {}
        for number in runs or self._places:
            place = self._places[number]
            blocks.setdefault(place.block, {}).setdefault(place.run, []).append(number)
        known: set[str] = set()
        for block, numbers in sorted(blocks.items()):
            present = self._names_in(block)
            have = [name for name in names if name in present]
            known.update(have)
            with reading():
                columns = dict(self._read(block, have, numbers, points, every))
            for name in names:
                columns.setdefault(name, np.full(len(columns[RUN]), np.nan))
            yield from _numbered(columns, numbers)
        for name in names:
            if blocks and name not in known:
                raise KeyError(name)

    def _read(
        self, block: int, names: Sequence[str], numbers: Mapping[int, list[int]], points: int | None, every: int
    ) -> Mapping[str, Array | Indices]:
        path = self._folder.series_file(block)
        if points is None and every == 1:
            return read_series(path, names, list(numbers))
        chosen = {}
        for run, (number, *_) in numbers.items():
            kept = self._kept(number)
            kept = kept[kept % every == 0]
            chosen[run] = kept if points is None else kept[evenly(len(kept), points)]
        return read_chosen(path, names, chosen)


def evenly(count: int, points: int) -> Indices:
    """Which of `count` rows stand for all: all, where they are few; else `points`, even, the first and the last too."""
    if count <= points:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, points).round().astype(np.int64))


def _numbered(
    columns: dict[str, Array | Indices], numbers: Mapping[int, list[int]]
) -> Iterator[dict[str, Array | Indices]]:
    """With the numbers of cells in place of a block's. Equal cells have the same rows, each under its own number."""
    most = max(map(len, numbers.values()))
    for turn in range(most):
        having = {run: each[turn] for run, each in numbers.items() if len(each) > turn}
        there = np.isin(columns[RUN], list(having)) if turn or len(having) < len(numbers) else None
        part = columns if there is None else {name: values[there] for name, values in columns.items()}
        lookup = np.zeros(max(having) + 1, dtype=np.int64)
        lookup[list(having)] = list(having.values())
        yield {**part, RUN: lookup[part[RUN]]}
