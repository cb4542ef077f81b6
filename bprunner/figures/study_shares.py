"""Shares of fates: stacked bars for each label, or over a number."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bprunner.figures import look
from bprunner.figures.panels import add_panel
from bprunner.figures.study_cells import MOST_LABELS, name_of, position, side_of, ticks_of
from bprunner.figures.study_data import Column, Rows, Seen
from bprunner.figures.study_fates import FATES, LOOKS
from bprunner.figures.study_groups import distinct
from bprunner.figures.study_picture import Picture, counted, listed, names, pooled
from bprunner.figures.study_sheet import (
    BASELINE,
    BASELINE_COLOUR,
    BOTTOM,
    LEFT,
    TOP,
    baseline_star,
    columns_room,
    key_baseline,
    new_sheet,
    outline_cell,
    place,
    write_key,
)

MOST_BARS: Final = 60
_PERCENTS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


def shares(view: Seen, column: Column | None) -> list[Picture]:
    """The shares by the values of a column, or of all runs."""
    if column is not None and column.kind == "number":
        return [Picture("fates", _caption(view, column), lambda: _over_numbers(view, column))]
    return [Picture("fates", _caption(view, column), lambda: _over_labels(view, column))]


def counts(view: Seen) -> str:
    """How many runs came to which fate, in words."""
    numbers = [(int((view.fates[view.others] == fate).sum()), word) for fate, word in enumerate(FATES)]
    return listed([f"{number:,} {word}" for number, word in numbers if number])


def _caption(view: Seen, column: Column | None) -> str:
    where = f" for each {names([column])}" if column else ""
    some = ""
    if column is not None and column.kind != "number":
        count = len(distinct(column.texts, view.others))
        some = f", {MOST_LABELS} of {count} drawn, evenly chosen" if count > MOST_LABELS else ""
    rest = pooled([each for each in view.columns if each.kind != "seed"], [column] if column else [])
    return f"Which share of the runs came to which fate{where}{some}: {counts(view)}.{rest}"


def _over_labels(view: Seen, column: Column | None) -> Any:
    """A bar for each label, and above them one for the baseline."""
    groups: list[tuple[str, Rows]] = [] if view.baseline is None else [(BASELINE, np.array([view.baseline]))]
    if column is None:
        groups.append(("all seeds", view.others))
    else:
        side = side_of(view, column, MOST_LABELS)
        groups += [(text, view.others[side.places[view.others] == index]) for index, text in enumerate(side.texts)]
    subtitle = "shares of runs by how they ended" + (f", by {column.name}" if column else "")
    figure = new_sheet(view.study.title, subtitle, height=TOP + BOTTOM + 0.36 * len(groups))
    texts, room = columns_room([text for text, _ in groups], 26)
    axes = add_panel(figure, place(figure, left=max(LEFT, room + 0.3), right=0.95, top=TOP - 0.25))
    for line, (text, rows) in enumerate(groups):
        _draw_bar(axes, view, rows, line, is_across=False)
        where = {"transform": axes.get_yaxis_transform(), "va": "center_baseline", "fontsize": 8.5}
        if text != BASELINE or line:
            axes.text(1.015, line, counted(len(rows), "run"), color=look.SOFT_INK, **where)
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.set_yticks(range(len(groups)), labels=texts)
    axes.set_xlim(0, 1)
    axes.set_xticks(_PERCENTS, labels=[f"{share:.0%}".replace("%", " %") for share in _PERCENTS])
    axes.set_xlabel("share of the runs", color=look.SOFT_INK, fontsize=9)
    if view.baseline is not None:
        outline_cell(axes, 0.5, 0, (1.0, 0.74))
        axes.get_yticklabels()[0].set(color=BASELINE_COLOUR, fontweight="bold")
    _finish(figure, axes, view, [])
    return figure


def _over_numbers(view: Seen, column: Column) -> Any:
    """A bar for each number, or for neighbours where they are many; a star above where the baseline is."""
    side = side_of(view, column, MOST_BARS)
    figure = new_sheet(view.study.title, f"shares of runs by how they ended, over {column.name}", height=4.4)
    axes = add_panel(figure, place(figure, top=TOP - 0.1))
    for bar in range(len(side)):
        _draw_bar(axes, view, view.others[side.places[view.others] == bar], bar, is_across=True)
    axes.set_xlim(-0.5, len(side) - 0.5)
    axes.set_ylim(0, 1)
    ticks, texts = ticks_of(side, 76)
    axes.set_xticks(ticks, labels=texts)
    axes.set_yticks(_PERCENTS, labels=[f"{share:.0%}".replace("%", " %") for share in _PERCENTS])
    axes.set_xlabel(name_of(column), color=look.SOFT_INK, fontsize=9, parse_math=False)
    key = []
    if view.baseline is not None and side.centres is not None:
        number = float(column.numbers[view.baseline])
        if side.centres[0] <= number <= side.centres[-1]:
            baseline_star(axes, position(side, number), 1.03)
            key.append(key_baseline("star"))
    _finish(figure, axes, view, key)
    return figure


def _draw_bar(axes: Any, view: Seen, rows: Rows, at: int, is_across: bool) -> None:
    start = 0.0
    for fate, word in enumerate(FATES):
        share = float(np.mean(view.fates[rows] == fate)) if len(rows) else 0.0
        if share > 0 and is_across:
            axes.bar(at, share, 0.86, bottom=start, **_face(word), gid=f"fate.{word}")
        elif share > 0:
            axes.barh(at, share, 0.74, left=start, **_face(word), gid=f"fate.{word}")
        start += share


def _face(word: str) -> dict[str, Any]:
    return {"facecolor": LOOKS[word].colour, "hatch": LOOKS[word].hatch, "edgecolor": "white", "linewidth": 0.5}


def _finish(figure: Any, axes: Any, view: Seen, key: list[Any]) -> None:
    from matplotlib.patches import Patch

    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    own = [] if view.baseline is None else [FATES[view.fates[view.baseline]]]
    words = [word for word in FATES if word in (*view.occurring, *own)]
    write_key(figure, [*key, *(Patch(label=word, **_face(word)) for word in words)])
