"""What the pictures want of a study, and its table as they see it: the baseline, the other runs, and what varies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bprunner.figures.study_fates import DIVERGED, FATES
from bprunner.figures.text import number_text, one_line

Values = NDArray[np.float64]
Rows = NDArray[np.intp]

_LARGEST = 1e300
MISSING = "none"
"""In place of a value."""


class AxisData(Protocol):
    """What varies: a path; `number`, `label` or `seed`; and whether its numbers are spread over more than a decade."""

    @property
    def path(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def is_geometric(self) -> bool: ...


class StepsData(Protocol):
    """The trace of a study."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def frame(self, names: Sequence[str] = (), runs: Sequence[int] = ()) -> Any:
        """A pandas.DataFrame with `run`, `step` and these series of these runs, sorted by run and step."""


class StudyData(Protocol):
    """A study as it is drawn. `table`: a pandas.DataFrame with a row for each run; the baseline's number is 0."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def table(self) -> Any: ...
    @property
    def axes(self) -> Sequence[AxisData]: ...
    @property
    def steps(self) -> StepsData: ...

    def error_surface(self, names: tuple[str, str], first: Values, second: Values) -> Values:
        """The error, (m, n), at the baseline's initial weights with two of them replaced by (m,) and (n,) values."""


def read(steps: StepsData, names: Sequence[str], runs: Sequence[int]) -> dict[str, NDArray[Any]]:
    """`run`, `step` and these series of these runs, as arrays; without those that none of these runs has."""
    try:
        frame = steps.frame(list(names), list(runs))
    except KeyError:
        half = len(names) // 2
        return {**read(steps, names[:half], runs), **read(steps, names[half:], runs)} if half else {}
    return {str(name): frame[name].to_numpy() for name in frame.columns}


# Columns


@dataclass(frozen=True, eq=False)
class Column:
    """One of the things that vary. By row of the table: `numbers`, nan where it has none, and `texts`."""

    path: str
    name: str
    kind: str
    is_geometric: bool
    numbers: Values
    texts: tuple[str, ...]

    @property
    def is_rate(self) -> bool:
        """Whether it is the learning rate, which the largest stable one limits."""
        return self.path.rpartition(".")[2] == "learning_rate"

    @property
    def is_whole(self) -> bool:
        known = self.numbers[np.isfinite(self.numbers)]
        return bool(np.all(known == np.round(known)))


def short_names(paths: Sequence[str]) -> list[str]:
    """Each path's shortest end that no other has: learning_rate for training.learning_rate, but `layers.0` for `0`."""
    return [_shortest(path, [other for other in paths if other != path]) for path in paths]


def _shortest(path: str, others: Sequence[str]) -> str:
    parts = path.split(".")
    for count in range(1, len(parts)):
        end = ".".join(parts[-count:])
        if not parts[-count].isdigit() and not any(f".{other}".endswith(f".{end}") for other in others):
            return end
    return path


def _column(axis: AxisData, name: str, cells: Any) -> Column:
    values = cells.tolist()
    numbers = np.array([_number(value) for value in values], dtype=np.float64)
    positive = bool(np.all(numbers[np.isfinite(numbers)] > 0))
    texts = tuple(_text(value) for value in values)
    return Column(axis.path, one_line(name), axis.kind, axis.is_geometric and positive, numbers, texts)


def _number(value: object) -> float:
    """nan for what is none, and for numbers so large that axes cannot compute with them."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LARGEST:
        return math.nan
    return float(value)


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return MISSING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return number_text(float(value), digits=6) if np.isfinite(value) else str(value)
    return one_line(str(value)) or "(empty)"


# The table


@dataclass(frozen=True, eq=False)
class Seen:
    """A study's table in arrays, all (rows,), and its columns by kind: only those in which runs differ.

    errors: final ones, inf for runs that diverged. fates: places in FATES. baseline: its row, None where it is missing;
    others: all other rows.
    """

    study: StudyData
    runs: NDArray[np.int64]
    errors: Values
    fates: NDArray[np.intp]
    stable: Values
    baseline: int | None
    others: Rows
    columns: tuple[Column, ...]

    def of(self, kind: str) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.kind == kind)

    @cached_property
    def diverged(self) -> NDArray[np.bool_]:
        diverged: NDArray[np.bool_] = self.fates == DIVERGED
        return diverged

    @property
    def baseline_error(self) -> float:
        """inf where it diverged or is missing."""
        return np.inf if self.baseline is None else float(self.errors[self.baseline])

    @property
    def has_baseline_error(self) -> bool:
        return bool(np.isfinite(self.baseline_error))

    @cached_property
    def occurring(self) -> tuple[str, ...]:
        """The fates that some run beside the baseline has, from best to worst."""
        return tuple(word for fate, word in enumerate(FATES) if (self.fates[self.others] == fate).any())

    @cached_property
    def main(self) -> Column | None:
        """The number that most depends on: the learning rate, or the first of them."""
        numbers = self.of("number")
        return next((column for column in numbers if column.is_rate), numbers[0] if numbers else None)

    def name_of(self, row: int) -> str:
        """What tells a run from the others: `0.05, tanh`."""
        if row == self.baseline:
            return "baseline"
        return ", ".join(text for _, text in self.values_of(row)) or f"run {self.runs[row]}"

    def values_of(self, row: int) -> list[tuple[str, str]]:
        """What a run has of what varies: the column's name, and a short text, such as `0.05` or `seed 3`."""
        found = []
        for column in self.columns:
            number, text = column.numbers[row], column.texts[row]
            if column.kind == "number" and np.isfinite(number):
                text = number_text(float(number))
            if text != MISSING:
                found.append((column.name, f"seed {text}" if column.kind == "seed" else text))
        return found


def seen(study: StudyData) -> Seen:
    """The table of a study as pictures see it. Raises ValueError for a fate that has no look."""
    table = study.table
    runs = table["run"].to_numpy(dtype=np.int64)
    fates = np.array([_fate(word) for word in table["fate"].tolist()], dtype=np.intp)
    errors = table["final_error"].to_numpy(dtype=np.float64, copy=True)
    fates[~np.isfinite(errors)] = DIVERGED
    errors[fates == DIVERGED] = np.inf
    first = np.flatnonzero(runs == 0)
    axes = [axis for axis in study.axes if axis.path in table.columns]
    names = short_names([axis.path for axis in axes])
    columns = [_column(axis, name, table[axis.path]) for axis, name in zip(axes, names, strict=True)]
    return Seen(
        study,
        runs,
        errors,
        fates,
        table["stable_rate"].to_numpy(dtype=np.float64),
        int(first[0]) if len(first) else None,
        np.flatnonzero(runs != 0),
        tuple(column for column in columns if _varies(column, runs != 0)),
    )


def _fate(word: object) -> int:
    if word not in FATES:
        raise ValueError(f"no look is known for the fate {word!r}")
    return FATES.index(str(word))


def _varies(column: Column, others: NDArray[np.bool_]) -> bool:
    """A number may differ from the baseline's alone; what the baseline has in place of a label is no label."""
    if column.kind == "number":
        return len(np.unique(column.numbers[np.isfinite(column.numbers)])) > 1
    return len({text for text, is_other in zip(column.texts, others, strict=True) if is_other}) > 1
