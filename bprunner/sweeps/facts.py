"""Facts: the runs of a study as its findings count them.

Where an error is at most rounding (NOISE of the baseline's first error), it counts as 0: which of such errors is the
smaller is chance, and another processor's chance is another. The error of a run that diverged is larger than any.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np

from bprunner.nn.arrays import Array, Flags, Indices
from bprunner.sweeps.comparing import quantile
from bprunner.sweeps.fates import FATES
from bprunner.sweeps.naming import short_names
from bprunner.sweeps.study import Study, Varied
from bprunner.sweeps.summing import NOISE, NONE
from bprunner.sweeps.wording import AxisWords, few, number_of

LEARNING_RATE: Final = "training.learning_rate"
FULL: Final = 0.5
"""Of what was drawn or paired, fewer combinations than this share occur."""
CONVERGED, FALLING, STALLED, OSCILLATING, DIVERGED = FATES


class Facts:
    """A study's runs without the baseline, and the baseline beside them; all arrays are (runs,), in their order.

    `errors`: the final ones, 0 where they are rounding, inf where the run diverged. `reaches`: the first step at the
    baseline's final error, NONE where there is none.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        table, summary = study.table, study.summary
        self.has_baseline = len(table) > 0 and int(table["run"].iloc[0]) == 0
        first = 1 if self.has_baseline else 0
        self.table = table.iloc[first:]
        rows = np.arange(first, len(table))
        self.summary = summary.only(rows) if len(table) else summary
        self.count = len(rows)
        self.fates: Any = self.table["fate"].astype(str).to_numpy()
        self.noise = NOISE * abs(float(summary.first[0])) if self.has_baseline else 0.0
        self.errors = self.counted(self.summary.final, self.fates == DIVERGED)
        self.reaches: Indices = self.summary.reaches_at

    def counted(self, errors: Array, diverged: Flags) -> Array:
        """Errors as they are compared."""
        known = np.where(diverged | np.isnan(errors), np.inf, errors)
        return np.where(np.abs(known) <= self.noise, 0.0, known)

    # The baseline

    @property
    def baseline(self) -> Any:
        """The baseline's row of the table."""
        return self.study.table.iloc[0]

    @cached_property
    def baseline_error(self) -> float:
        """The baseline's final error, as it is compared; inf where it diverged, or is not there."""
        if not self.has_baseline:
            return float("inf")
        diverged = np.array([str(self.baseline["fate"]) == DIVERGED])
        return float(self.counted(self.study.summary.final[:1], diverged)[0])

    @property
    def baseline_reach(self) -> int:
        """The step at which the baseline reaches its own final error; NONE where it diverged."""
        return int(self.study.summary.reaches_at[0]) if self.has_baseline else NONE

    # What varies

    @cached_property
    def axes(self) -> tuple[Varied, ...]:
        """What varies but for seeds."""
        return tuple(axis for axis in self.study.axes if axis.kind != "seed" and axis.path in self.table)

    @cached_property
    def seeds(self) -> tuple[Varied, ...]:
        return tuple(axis for axis in self.study.axes if axis.kind == "seed" and axis.path in self.table)

    @cached_property
    def words(self) -> dict[str, AxisWords]:
        """By path how what varies is called."""
        found = [*self.axes, *self.seeds]
        short = short_names(axis.path for axis in found)
        return {
            axis.path: AxisWords(
                axis.path,
                short[axis.path],
                () if axis.path in self.drawn else self.column(axis.path),
                axis.kind == "seed",
            )
            for axis in found
        }

    @cached_property
    def drawn(self) -> frozenset[str]:
        """The paths whose values were drawn, or found by a search."""
        plan = self.study.declaration.sweep.sweep
        return frozenset([*(plan.sample.of if plan.sample else ()), *(plan.search.of if plan.search else ())])

    def column(self, path: str) -> list[object]:
        """The values at a path; None where there is none."""
        values: list[object] = self.table[path].tolist()
        return [None if value != value else value for value in values]

    def distinct(self, path: str) -> list[object]:
        """Each value at a path once: numbers in order, labels in that of their first runs."""
        values = list(dict.fromkeys(self.column(path)))
        if all(number_of(value) is not None for value in values):
            return sorted(values, key=lambda value: number_of(value) or 0.0)
        return values

    def groups(self, paths: Sequence[str]) -> dict[tuple[Hashable, ...], Group]:
        """The runs by their values at these paths, in the order of their first runs."""
        places: dict[tuple[Hashable, ...], list[int]] = {}
        for place, key in enumerate(zip(*(self.column(path) for path in paths), strict=True)):
            places.setdefault(key, []).append(place)
        return {key: Group(self, np.array(found)) for key, found in places.items()}

    @property
    def is_grid(self) -> bool:
        """Whether most values of what varies met most values of the others: cells that are left out make holes."""
        paths = [axis.path for axis in self.axes]
        return len(self.groups(paths)) > FULL * math.prod(len(self.distinct(path)) for path in paths)

    # Words

    def error_text(self, error: float) -> str:
        """An error as it is compared: `8.23e-10`, `≈ 0`, `diverged`."""
        if error == np.inf:
            return DIVERGED
        return "≈ 0" if error == 0.0 and self.noise else few(error)


class Group(NamedTuple):
    """Some runs of the same values but for seeds."""

    facts: Facts
    places: Indices

    @property
    def runs(self) -> int:
        return len(self.places)

    def quantile(self, part: float) -> float:
        return quantile(self.facts.errors[self.places], part)

    @property
    def median(self) -> float:
        """Of the final errors."""
        return self.quantile(0.5)

    def of(self, fate: str) -> int:
        """How many runs have this fate."""
        return int(np.count_nonzero(self.facts.fates[self.places] == fate))

    @property
    def fate(self) -> str:
        """The fate of all of them; `mixed` where they have several."""
        found = set(self.facts.fates[self.places].tolist())
        return str(next(iter(found))) if len(found) == 1 else "mixed"

    @property
    def reaching(self) -> int:
        """How many runs reach the baseline's final error."""
        return int(np.count_nonzero(self.facts.reaches[self.places] != NONE))

    @property
    def reach(self) -> float:
        """The median of the steps at which runs reach the baseline's final error; those that do not are never there."""
        steps = self.facts.reaches[self.places]
        return quantile(np.where(steps == NONE, np.inf, steps.astype(np.float64)), 0.5)

    @property
    def never_moves(self) -> bool:
        """Whether the error of every run stays what it is at first."""
        summary, noise = self.facts.summary, self.facts.noise
        first = summary.first[self.places]
        ends = [summary.final[self.places], summary.best[self.places]]
        return all(bool(np.all(np.abs(each - first) <= noise)) for each in ends)
