"""Strokes: runs joined to lines over a number that varies, and the largest stable learning rates beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bprunner.figures import look
from bprunner.figures.study_data import Column, Rows, Seen, Values
from bprunner.figures.study_groups import distinct, grouped, quartiles
from bprunner.figures.study_sheet import STABLE_COLOUR, label_style, ramp

MOST_STROKES: Final = 6
MOST_GROUPS: Final = 150
"""Of more different numbers, neighbours are pooled."""
_A_STRIP: Final = 10
"""Then about so many runs are one group."""


@dataclass(frozen=True)
class Stroke:
    """Runs that are drawn as a line. By group, (groups,): `centres`, its number; `lower`, `middle` and `upper`, the
    quartiles of its errors, inf where runs diverged; `rows`, its runs. `text` is empty for the only stroke."""

    text: str
    style: dict[str, Any]
    centres: Values
    lower: Values
    middle: Values
    upper: Values
    rows: tuple[Rows, ...]

    @property
    def is_single(self) -> bool:
        """Whether every group is one run."""
        return all(len(rows) == 1 for rows in self.rows)

    def diverged(self, view: Seen) -> Values:
        """By group, which share of its runs diverged."""
        return np.array([np.mean(view.diverged[rows]) for rows in self.rows])


def strokes_of(view: Seen, column: Column) -> tuple[Stroke, ...]:
    """One for each of a few values of another column, or one for all; none where no run has a number."""
    other = second(view, column)
    if other is None:
        style = {"color": look.SOFT_INK, "linestyle": "-"}
        found = [_stroke(view, column, _with_baseline(view, column, view.others, None), "", style)]
    else:
        texts = _in_order(view, other)
        found = []
        for index, text in enumerate(texts):
            own = np.array([row for row in view.others if other.texts[row] == text], dtype=np.intp)
            colour = {"color": ramp()(index / (len(texts) - 1)), "linestyle": "-"}
            style = colour if other.kind == "number" else label_style(index)
            found.append(_stroke(view, column, _with_baseline(view, column, own, other), text, style))
    return tuple(stroke for stroke in found if len(stroke.centres))


def second(view: Seen, column: Column) -> Column | None:
    """What tells the lines apart: a label, or else another number, with few values."""
    others = [each for each in (*view.of("label"), *view.of("number")) if each is not column]
    return next((each for each in others if 1 < len(distinct(each.texts, view.others)) <= MOST_STROKES), None)


def _in_order(view: Seen, other: Column) -> list[str]:
    rows = view.others
    if other.kind == "number":
        rows = rows[np.argsort(other.numbers[rows], kind="stable")]
    return distinct(other.texts, rows)


def _with_baseline(view: Seen, column: Column, rows: Rows, other: Column | None) -> Rows:
    """The baseline lies on the line of runs that differ from it in this number alone, unless one has its number."""
    if view.baseline is None or not len(rows) or set(view.columns) - {column, other}:
        return rows
    alike = other is None or other.texts[rows[0]] == other.texts[view.baseline]
    is_new = not np.any(column.numbers[rows] == column.numbers[view.baseline])
    return np.append(rows, view.baseline) if alike and is_new else rows


def _stroke(view: Seen, column: Column, rows: Rows, text: str, style: dict[str, Any]) -> Stroke:
    numbers = column.numbers[rows]
    is_many = len(np.unique(numbers)) > MOST_GROUPS
    most = int(np.clip(len(rows) // _A_STRIP, 5, 50)) if is_many else MOST_GROUPS
    centres, places = grouped(numbers, most, column.is_geometric)
    members = tuple(rows[places == place] for place in range(len(centres)))
    lower, middle, upper = np.array([quartiles(view.errors[each]) for each in members]).reshape(-1, 3).T
    return Stroke(text, style, centres, lower, middle, upper, members)


# The limits of what is stable


def stable_limits(view: Seen, column: Column, rows: Rows) -> Values:
    """The different largest stable rates of these runs, increasing; none where the column is no learning rate."""
    if not column.is_rate:
        return np.empty(0)
    stable = view.stable[rows]
    stable = np.sort(stable[np.isfinite(stable) & (stable > 0)])
    # What differs in the last digits is the same limit.
    return stable[np.diff(stable, prepend=-np.inf) > 1e-9 * stable] if len(stable) else stable


@dataclass(frozen=True)
class Limits:
    """The largest stable rates that are drawn, with their colours; `is_band`: as the ends of a band."""

    ends: tuple[tuple[float, str], ...]
    is_band: bool

    @property
    def values(self) -> Values:
        return np.sort([value for value, _ in self.ends])

    def within(self, low: float, high: float) -> Limits:
        """Those between two numbers; of a band both where a part of it is."""
        if self.is_band:
            return self if self.values[0] <= high and self.values[-1] >= low else Limits((), True)
        return Limits(tuple(end for end in self.ends if low <= end[0] <= high), False)


def limits_of(view: Seen, column: Column, strokes: Sequence[Stroke]) -> Limits:
    """Of each of several strokes the median of its runs; of a single one the smallest and the largest."""
    every = stable_limits(view, column, view.others)
    if len(every) < 2:
        return Limits(tuple((float(value), STABLE_COLOUR) for value in every), False)
    if len(strokes) == 1:
        return Limits(((float(every[0]), STABLE_COLOUR), (float(every[-1]), STABLE_COLOUR)), True)
    ends = []
    for stroke in strokes:
        rates = view.stable[np.concatenate(stroke.rows)]
        rates = rates[np.isfinite(rates) & (rates > 0)]
        ends += [(float(np.median(rates)), stroke.style["color"])] if len(rates) else []
    return Limits(tuple(ends), False)
