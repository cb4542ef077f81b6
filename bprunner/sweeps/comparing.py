"""Comparing: a table of a study's runs, one a row, each beside the baseline.

The baseline is the first row. Columns: `run`; what varies, by its path; then what the runs came to, as COLUMNS says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd

from bprunner.errors import InputError, Place, Problem
from bprunner.nn.arrays import Array, Indices
from bprunner.spec.conditions import ConditionError, parse
from bprunner.sweeps.fates import CONVERGED, FATES
from bprunner.sweeps.summing import NONE, Summary

COLUMNS: Final[Mapping[str, str]] = {
    "final_error": "the error of the last step",
    "ratio": "the final error by the baseline's final error",
    "best_error": "the smallest error on the way",
    "reaches_baseline_at": "the first step whose error is not above the baseline's final one",
    "departs_at": "the first step whose error is not the baseline's",
    "departure": "by how much it is not, relative to the baseline's: 0.5 is half as much again",
    "fate": "how the run ended: " + ", ".join(FATES),
    "diverged_at": "the step at which the run left the range of doubles, or since which its error was above the first",
    "stable_rate": "the largest stable learning rate at the initial weights",
    "rate_over_stable": "the learning rate by that one",
}
"""What each column means that is no path."""


class Compared(Protocol):
    """What the table wants to know of a cell of a sweep."""

    @property
    def number(self) -> int: ...
    @property
    def values(self) -> Mapping[str, object]: ...
    @property
    def learning_rate(self) -> float: ...


def table(cells: Sequence[Compared], summary: Summary, stable_rates: Array | None = None) -> Any:
    """The table of these cells, a pandas.DataFrame, one row for each, in their order.

    summary: of the same runs in the same order, as stable_rates (runs,), which are nan where there are none.
    The baseline is the first, and has number 0; where it is not done, `ratio` is missing.
    Steps are of type Int64, missing where there is none; fates are an ordered category. Raises ValueError where there
    are more or fewer runs than cells.
    """
    count = len(cells)
    stable = np.full(count, np.nan) if stable_rates is None else stable_rates
    if summary.runs != count or len(stable) != count:
        raise ValueError("every cell has one run")
    has_baseline = count > 0 and cells[0].number == 0
    rates = np.array([cell.learning_rate for cell in cells], dtype=np.float64)
    paths = dict.fromkeys(path for cell in cells for path in cell.values)
    varied = {path: _column([cell.values.get(path) for cell in cells]) for path in paths}
    with np.errstate(all="ignore"):
        return pd.DataFrame(
            {
                "run": [cell.number for cell in cells],
                **varied,
                "final_error": summary.final,
                "ratio": _ratio(summary.final, summary.final[0]) if has_baseline else np.full(count, np.nan),
                "best_error": summary.best,
                "reaches_baseline_at": _steps(summary.reaches_at),
                "departs_at": _steps(summary.departs_at),
                "departure": summary.departure,
                "fate": pd.Categorical.from_codes(summary.fate, categories=list(FATES), ordered=True),
                "diverged_at": _steps(summary.diverged_at),
                "stable_rate": stable,
                # Where nothing bends upward every rate is stable: 0 of infinity.
                "rate_over_stable": rates / stable,
            }
        )


def _column(values: Sequence[object]) -> Any:
    """Numbers as floats where all are numbers (or missing); else texts and numbers, and what is neither as text."""
    numbers = [value for value in values if value is not None]
    if numbers and all(isinstance(value, int | float) and not isinstance(value, bool) for value in numbers):
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    plain = [value if value is None or isinstance(value, str | int | float) else str(value) for value in values]
    return pd.Series(plain, dtype=object)


def _ratio(final: Array, baseline: float) -> Array:
    """1 for the baseline and its equals, whatever their error; nan where the baseline's is no number."""
    if not np.isfinite(baseline):
        return np.where(final == baseline, 1.0, np.nan)
    return np.where(final == baseline, 1.0, final / baseline)


def _steps(steps: Indices) -> Any:
    return pd.array([None if step == NONE else step for step in steps.tolist()], dtype="Int64")


# Choosing and ordering rows


def filtered(frame: Any, where: str) -> Any:
    """The rows for which a condition holds, such as `training.learning_rate < 0.1 and fate == "still falling"`.

    Raises InputError, with the place in the condition, where it cannot be read or names no column.
    """
    try:
        condition = parse(where, list(map(str, frame.columns)), "column")
    except ConditionError as error:
        place = Place("--where", 1, error.start + 1, where, error.width)
        raise InputError(Problem(str(error), place, hint=error.hint)) from None
    looked_at = frame[list(condition.names)].astype(object)
    rows = looked_at.where(looked_at.notna(), None).itertuples(index=False, name=None)
    kept = [condition.holds(dict(zip(condition.names, row, strict=True))) for row in rows]
    return frame[np.array(kept, dtype=bool)]


def sorted(frame: Any, by: str | Sequence[str], descending: bool = False) -> Any:
    """Ordered by one column or several; equals stay in their order, and what is missing comes last.

    Raises InputError for what is no column.
    """
    names = [by] if isinstance(by, str) else list(by)
    unknown = [name for name in names if name not in frame.columns]
    if unknown:
        known = ", ".join(map(str, frame.columns))
        raise InputError([Problem(f"`{name}` is no column", hint=f"there are: {known}") for name in unknown])
    return frame.sort_values(names, ascending=not descending, kind="stable", na_position="last", key=_sortable)


def _sortable(column: Any) -> Any:
    """A column of numbers and texts is ordered as texts."""
    if column.dtype != object:
        return column
    return column.map(lambda value: None if value is None else str(value))


def chosen(
    frame: Any,
    short: Mapping[str, str],
    where: str = "",
    by: str | Sequence[str] = "final_error",
    descending: bool = False,
) -> Any:
    """The rows for which a condition holds (all where there is none), ordered; the columns are the frame's.

    short: by path its short name, by which columns may be named, too, where no other has it. Raises what `filtered` and
    `sorted` do.
    """
    aliases = {name: frame[path] for path, name in short.items() if name not in frame and path in frame}
    rows = frame.assign(**aliases)
    return sorted(filtered(rows, where) if where else rows, by, descending)[list(frame.columns)]


def top(frame: Any, count: int, by: str = "final_error", descending: bool = False) -> Any:
    """The first so many rows when sorted."""
    return sorted(frame, by, descending).head(max(0, count))


# Groups


def groups(frame: Any, by: str | Sequence[str]) -> Any:
    """One row for each combination of what `by` names, in the order of their first runs.

    Columns: those of `by`, `runs`, `median`, `lower_quartile` and `upper_quartile` of the final error, and `converged`,
    the share of runs that did. A diverged run counts as an error larger than any. Raises InputError for no column.
    """
    names = [by] if isinstance(by, str) else list(by)
    sorted(frame.head(0), names)
    rows = []
    for key, part in frame.groupby(names, sort=False, dropna=False, observed=True):
        errors = part["final_error"].to_numpy(dtype=np.float64, copy=True)
        errors[(part["fate"] == "diverged").to_numpy() | np.isnan(errors)] = np.inf
        rows.append(
            {
                **dict(zip(names, key, strict=True)),
                "runs": len(part),
                "median": quantile(errors, 0.5),
                "lower_quartile": quantile(errors, 0.25),
                "upper_quartile": quantile(errors, 0.75),
                "converged": float((part["fate"] == FATES[CONVERGED]).mean()),
            }
        )
    return pd.DataFrame(rows, columns=[*names, "runs", "median", "lower_quartile", "upper_quartile", "converged"])


def quantile(values: Array, share: float) -> float:
    """The value below which a share of the values (n,) lies, straight between two of them; infinities are values."""
    ordered = np.sort(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    rest = place - low
    if rest == 0.0 or ordered[low] == ordered[low + 1]:
        return float(ordered[low])
    return float(ordered[low] + rest * (ordered[low + 1] - ordered[low]))
