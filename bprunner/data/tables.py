"""A table is what one source of samples holds, before it is encoded, split or scaled.

Each kind of source has a reader, a function from a Source to a Table. It raises InputError with every problem it
finds: of a file with the row and the column, of what was declared with the place in the YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bprunner.errors import InputError, Place, Problem
from bprunner.nn.arrays import Array
from bprunner.spec.consistency import most_samples
from bprunner.spec.dataset import Dataset, Sources
from bprunner.spec.dataset_misfits import LARGEST_TABLE, size_misfits
from bprunner.spec.misfit import Misfit
from bprunner.spec.naming import counted
from bprunner.spec.reading import Declaration

SIDES = ("inputs", "targets")
MOST_TOLD = 20
"""The most problems of a Parquet or NumPy file that are told; one more says that there are more."""
Refuse = Callable[[str, int, int, str], Problem]
"""What is wrong with a number, as a problem: its side, row and column (from 0), and the rule it breaks."""


@dataclass(frozen=True)
class Table:
    """inputs and targets are (samples, columns), float64 and finite. Names are None where the source has none."""

    inputs: Array
    targets: Array
    origin: str
    refuse: Refuse
    input_names: tuple[str, ...] | None = None
    target_names: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Source:
    """A source as it was declared: the dataset's own, or that of the samples held out. `at` is where it stands."""

    declaration: Declaration
    declared: Sources
    at: tuple[str, ...] = ("dataset",)

    @property
    def dataset(self) -> Dataset:
        return self.declaration.experiment.dataset

    @property
    def kind(self) -> str:
        return self.declared.source_kind

    @property
    def in_columns(self) -> bool:
        return self.dataset.samples_in == "columns"

    def file(self, key: str) -> Path:
        """The file that a key of this source names."""
        return self.declaration.data_files[(*self.at[1:], self.kind, key)]

    def part(self, samples: int) -> slice:
        """The rows that are asked for of so many. Raises InputError where there are not so many."""
        rows = self.declared.rows
        if rows is None:
            return slice(0, samples)
        asked = ("first", rows.first) if rows.last is None else ("last", rows.last)
        if asked[1] > samples:
            message = f"there is no sample {asked[1]:,}: the source has {counted(samples, 'sample')}"
            raise InputError(self.problem(("rows", asked[0]), message))
        return slice(rows.first - 1, rows.last or samples)

    def columns(self, side: str) -> int:
        """How many columns of it the network takes."""
        architecture = self.declaration.experiment.architecture
        if side == "inputs":
            return architecture.inputs
        encode = self.dataset.encode
        return 1 if encode is not None and encode.of_one_column else architecture.layers[-1].units

    @property
    def texts(self) -> tuple[str, ...]:
        """The labels that its one column of targets holds as texts. A table has the position of each in this list."""
        return self.dataset.encode.texts if self.dataset.encode is not None else ()

    @property
    def text_hint(self) -> str:
        """The way out where a text is found among targets that are read as numbers."""
        encode = self.dataset.encode
        if encode is None or encode.targets is None:
            return ""
        if encode.numbers:
            return "the labels in `encode.labels` are numbers"
        return "`encode.labels` lists labels that are texts, in the order of the outputs"

    @property
    def most_samples(self) -> int:
        """How many samples it may have."""
        return min(most_samples(self.declaration.experiment.architecture), LARGEST_TABLE // self._widest)

    @property
    def _widest(self) -> int:
        return max(self.columns(side) for side in SIDES)

    def check_size(self, samples: int, *keys: str) -> None:
        """Raises InputError for more samples than are possible, or fewer than are asked for."""
        part = self.part(samples)
        self.check_part(part.stop - part.start, *keys)
        # What is not asked for takes memory, too.
        self._refuse(size_misfits(samples, self._widest, samples, ()), keys)

    def check_part(self, samples: int, *keys: str) -> None:
        """The same of the rows that are asked for."""
        most = most_samples(self.declaration.experiment.architecture)
        self._refuse(size_misfits(samples, self._widest, most, ()), keys)

    def _refuse(self, misfits: Iterable[Misfit], keys: Sequence[str]) -> None:
        problems = [self.problem(keys, misfit.message, misfit.hint) for misfit in misfits]
        if problems:
            raise InputError(problems)

    def problem(self, keys: Sequence[str | int], message: str, hint: str = "") -> Problem:
        """A problem of what stands under the keys of this source."""
        return self.declaration.problem((*self.at, *keys), message, hint).problems[0]


def shown(path: Path) -> str:
    """A file as errors name it: from the working folder, where it lies there."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def of_file(path: Path, message: str, hint: str = "") -> InputError:
    """An error about a file as a whole."""
    return InputError(Problem(message, Place(shown(path)), hint=hint))


@contextmanager
def opened(path: Path) -> Iterator[None]:
    """Says in words for people that a file cannot be read, or is more than there is memory for."""
    try:
        yield
    except OSError as error:
        raise of_file(path, f"cannot be read: {error.strerror or 'its content is broken'}") from error
    except MemoryError as error:
        raise of_file(path, "cannot be read: there is not enough memory for it") from error


def all_problems(parts: Iterable[Callable[[], object]]) -> None:
    """Does everything, and raises the problems of all parts together."""
    problems: list[Problem] = []
    for part in parts:
        try:
            part()
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)


def enough(problems: Sequence[Problem]) -> list[Problem]:
    """Not more of them than can be read; that there are more is told."""
    if len(problems) <= MOST_TOLD:
        return list(problems)
    place = problems[0].place
    more = Problem(f"more is wrong; {MOST_TOLD} problems are enough", place and Place(place.source))
    return [*problems[:MOST_TOLD], more]


def selected(source: Source, table: Table) -> Table:
    """The rows and columns that are asked for, where not all of them are."""
    rows, columns = source.declared.rows, source.declared.columns
    if rows is None and columns is None:
        return table
    # A CSV file is read from the first row that is asked for to the last one.
    part = slice(0, len(table.inputs)) if source.kind == "csv" else source.part(len(table.inputs))
    places = list(range(table.inputs.shape[1])) if columns is None else [column - 1 for column in columns]

    def refuse(side: str, row: int, column: int, message: str) -> Problem:
        return table.refuse(side, row + part.start, places[column] if side == "inputs" else column, message)

    names = table.input_names and tuple(table.input_names[place] for place in places)
    inputs = np.ascontiguousarray(table.inputs[part][:, places])
    return replace(table, inputs=inputs, targets=table.targets[part], refuse=refuse, input_names=names)


# Numbers

LARGEST_INTEGER = 2**53
"""Every integer up to here is a double; of larger ones, some are not."""


def inexact(values: NDArray[np.generic]) -> Iterator[tuple[tuple[int, ...], str]]:
    """The numbers that no finite double is: where they stand, and the rule that they break. One more than are told."""
    if values.dtype.kind == "f":
        wrong, rule = ~np.isfinite(values), "must be a finite number"
    elif values.dtype.kind in "iu" and values.dtype.itemsize == 8:
        wrong = (values > LARGEST_INTEGER) | (values < -LARGEST_INTEGER)  # type: ignore[operator]
        rule = "must be an integer of at most 2⁵³, which is where doubles begin to leave some out"
    else:
        return
    for where in np.argwhere(wrong)[: MOST_TOLD + 1]:
        index = tuple(int(each) for each in where)
        yield index, f"{rule}, found {values[index]}"


def as_doubles(values: NDArray[np.generic]) -> Array:
    """The same numbers as doubles, in rows."""
    return np.ascontiguousarray(values, dtype=np.float64)
