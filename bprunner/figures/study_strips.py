"""Fates on a strip: over a number a row for each fate, over labels a line for each label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from bprunner.figures.panels import add_panel, set_across
from bprunner.figures.scales import number_scale
from bprunner.figures.study_cells import MOST_LABELS
from bprunner.figures.study_data import Column, Rows, Seen
from bprunner.figures.study_fates import FATES
from bprunner.figures.study_picture import Picture, names
from bprunner.figures.study_shares import counts
from bprunner.figures.study_sheet import (
    BASELINE,
    IN_FRONT,
    LEFT,
    baseline_star,
    columns_room,
    fate_marker,
    new_sheet,
    place,
)

MOST_POINTS: Final = 1500


def is_strip(view: Seen, column: Column) -> bool:
    """Whether every value is of one run, and they can all be drawn."""
    rows = view.others
    if column.kind == "number":
        return len(np.unique(column.numbers[rows])) == len(rows) <= MOST_POINTS
    return len({column.texts[row] for row in rows}) == len(rows) <= MOST_LABELS


def strip(view: Seen, column: Column) -> list[Picture]:
    """The strip of a column, which is_strip."""
    draw = _over_numbers if column.kind == "number" else _over_labels
    return [Picture("fates", _caption(view, column), lambda: draw(view, column))]


def draw_points(axes: Any, view: Seen, rows: Rows, where: Sequence[Any], size: float) -> None:
    """A symbol for each of these rows, at two coordinates by row."""
    for fate, word in enumerate(FATES):
        own = rows[view.fates[rows] == fate]
        if len(own):
            axes.plot(where[0][own], where[1][own], ls="none", **fate_marker(word, size), gid=f"fate.{word}")


def _caption(view: Seen, column: Column) -> str:
    star = "; the star is the baseline" if view.baseline is not None else ""
    return f"How runs ended over {names([column])}: {counts(view)}{star}."


def _over_numbers(view: Seen, column: Column) -> Any:
    """A row for each fate, the best at the top."""
    figure = new_sheet(view.study.title, f"how runs ended, over {column.name}", height=3.3)
    axes = add_panel(figure, place(figure, left=1.15, top=0.95))
    known = column.numbers[np.isfinite(column.numbers)]
    scale = number_scale(known, column.is_geometric)
    set_across(axes, scale, column.name)
    axes.set_ylim(len(FATES) - 0.5, -0.5)
    axes.set_yticks(range(len(FATES)), labels=FATES)
    axes.spines[["left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    rows = view.others
    size = 7.0 if len(rows) <= 60 else 5.0 if len(rows) <= 150 else 4.0
    draw_points(axes, view, rows, [column.numbers, view.fates.astype(np.float64)], size)
    if view.baseline is not None and np.isfinite(column.numbers[view.baseline]):
        baseline_star(axes, float(column.numbers[view.baseline]), float(view.fates[view.baseline]))
        _name_star(axes, float(column.numbers[view.baseline]), int(view.fates[view.baseline]))
    return figure


def _name_star(axes: Any, across: float, fate: int) -> None:
    """Below the star, or above it in the lowest row."""
    side = "bottom" if FATES[fate] == "diverged" else "top"
    style = {"textcoords": "offset points", "ha": "center", "fontsize": 8.5, "zorder": IN_FRONT}
    axes.annotate(BASELINE, (across, fate), xytext=(0, 9 if side == "bottom" else -9), va=side, **style)


def _over_labels(view: Seen, column: Column) -> Any:
    """A line for each label, and a column for each fate, the best at the left."""
    rows = [*([] if view.baseline is None else [view.baseline]), *view.others.tolist()]
    names_ = [BASELINE if row == view.baseline else column.texts[row] for row in rows]
    texts, room = columns_room(names_, 26)
    figure = new_sheet(view.study.title, f"how runs ended, by {column.name}", height=1.6 + 0.36 * len(rows))
    axes = add_panel(figure, place(figure, left=max(LEFT, room + 0.3), top=1.2, bottom=0.25))
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.set_xlim(-0.5, len(FATES) - 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(FATES)), labels=FATES)
    axes.set_yticks(range(len(rows)), labels=texts)
    for line, row in enumerate(rows):
        if row == view.baseline:
            baseline_star(axes, float(view.fates[row]), float(line))
        else:
            word = FATES[view.fates[row]]
            axes.plot([view.fates[row]], [line], ls="none", **fate_marker(word, 7.0), gid=f"fate.{word}")
    return figure
