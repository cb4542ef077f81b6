"""How a study's runs look on MLflow's pages: which of them are shown, in which colours, and what is a power of ten.

All of it follows from what is declared, and not from which runs are done: a run is recorded once and never changed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from bprunner.figures.look import COLOURS
from bprunner.spec.expanding import Axis, Cell
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps.study import evenly
from bprunner.tracking.views import MOST_RUNS, RUN_COLOUR

SHOWN: Final = "bprunner.shown"
"""The tag of the runs that are shown, where a page cannot hold all."""
BASELINE_COLOUR: Final = "#e4003a"
"""Neither on the ramp nor among the colours of labels; it stands out on a light page and on a dark one."""
# Viridis, at even places, without its lightest end.
_RAMP: Final = ("#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b")
_WIDE: Final = 10.0
_SEARCHED_WIDELY: Final = ("log_uniform",)


@dataclass(frozen=True)
class Looks:
    """How the runs of a declared study look."""

    declaration: SweepDeclaration

    @cached_property
    def wide(self) -> frozenset[str]:
        """The paths whose numbers are positive and spread over more than a factor of ten: charts show their powers."""
        searched = self.declaration.sweep.sweep.search
        found = {path for path, each in searched.of.items() if each.kind in _SEARCHED_WIDELY} if searched else set()
        return frozenset({path for path, values in self._numbers.items() if _is_wide(values)} | found)

    @cached_property
    def numeric(self) -> tuple[str, ...]:
        """The paths whose values are numbers, seeds not among them, in the order of the file."""
        searched = self.declaration.sweep.sweep.search
        found = dict.fromkeys(self._numbers)
        if searched:
            spread = (path for path, each in searched.of.items() if each.kind != "choice" and not _is_seed(path))
            found |= dict.fromkeys(spread)
        paths = [path for axis in self._axes for path in axis.paths]
        return tuple(path for path in paths if path in found)

    @cached_property
    def labelled(self) -> tuple[str, ...]:
        """The paths whose values are labels, in the order of the file."""
        paths = [path for axis in self._axes for path in axis.paths if not _is_seed(path)]
        return tuple(path for path in paths if path not in self.numeric)

    @property
    def are_chosen(self) -> bool:
        """Whether there are more runs than a page holds, so that an even choice of them is shown."""
        return self.declaration.count() > MOST_RUNS

    def tags(self, cell: Cell) -> dict[str, str]:
        """The tags of a run that is shown: its colour, and that it is one of those chosen, where they are."""
        if self.are_chosen and cell.number not in self.chosen:
            return {}
        colour = self._colour(cell)
        return {**({SHOWN: "yes"} if self.are_chosen else {}), **({RUN_COLOUR: colour} if colour else {})}

    @cached_property
    def chosen(self) -> frozenset[int]:
        """The numbers of the runs that are shown where a page cannot hold all; none where it can."""
        if not self.are_chosen:
            return frozenset()
        return frozenset({0, *(1 + evenly(self.declaration.count() - 1, MOST_RUNS - 1)).tolist()})

    @cached_property
    def _axes(self) -> tuple[Axis, ...]:
        """Those that are no seeds."""
        return tuple(axis for axis in self.declaration.axes if axis.kind != "repeat")

    @cached_property
    def _numbers(self) -> Mapping[str, tuple[float, ...]]:
        """By path whose declared values are all numbers, the distinct ones in order."""
        found = {}
        for axis in self._axes:
            for column, path in enumerate(axis.paths):
                values = [point[column].value for point in axis.points]
                numbers = [value for value in values if isinstance(value, float) and math.isfinite(value)]
                if numbers and len(numbers) == len(values) and not _is_seed(path):
                    found[path] = tuple(sorted(set(numbers)))
        return found

    def _colour(self, cell: Cell) -> str:
        """By the first path that varies: where a number stands among the others, or which label it is."""
        if cell.number == 0:
            return BASELINE_COLOUR
        if self._numbers:
            path, numbers = next(iter(self._numbers.items()))
            value = cell.values.get(path)
            if value in numbers:
                return ramp(numbers.index(value) / max(1, len(numbers) - 1))
        for path, labels in self._labels.items():
            if cell.labels.get(path) in labels:
                return COLOURS[labels.index(cell.labels[path]) % len(COLOURS)]
        return ""

    @cached_property
    def _labels(self) -> Mapping[str, tuple[str, ...]]:
        return {
            path: tuple(dict.fromkeys(point[column].label for point in axis.points))
            for axis in self._axes
            for column, path in enumerate(axis.paths)
            if axis.points
        }


def _is_seed(path: str) -> bool:
    return path.split(".")[-1] == "seed"


def _is_wide(numbers: tuple[float, ...]) -> bool:
    return numbers[0] > 0 and numbers[-1] > _WIDE * numbers[0]


def ramp(place: float) -> str:
    """The colour at a place from 0, dark, to 1, light."""
    where = place * (len(_RAMP) - 1)
    low = min(int(where), len(_RAMP) - 2)
    parts = [
        round(first + (where - low) * (second - first))
        for first, second in zip(_parts(_RAMP[low]), _parts(_RAMP[low + 1]), strict=True)
    ]
    return "#" + "".join(f"{part:02x}" for part in parts)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def log10(value: float) -> float:
    """nan for what has no logarithm."""
    return math.log10(value) if 0 < value < math.inf else math.nan
