"""Fates as a map: over two things that vary a grid of symbols, over one number a strip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from bprunner.figures import look
from bprunner.figures.panels import add_panel
from bprunner.figures.scales import number_scale
from bprunner.figures.study_cells import (
    Grid,
    Side,
    baseline_words,
    grid_of,
    keys_of_baseline,
    left_room,
    mark_baseline,
    name_of,
    pair,
    set_cells,
    side_of,
    ticks_of,
)
from bprunner.figures.study_data import Column, Rows, Seen
from bprunner.figures.study_fates import FATES, LOOKS
from bprunner.figures.study_groups import even_choice, most_frequent
from bprunner.figures.study_picture import Picture, names, pooled
from bprunner.figures.study_shares import counts, shares
from bprunner.figures.study_sheet import (
    LEFT,
    add_cell,
    baseline_star,
    fate_marker,
    key_baseline,
    key_fate,
    new_sheet,
    place,
    write_key,
)
from bprunner.figures.study_strips import MOST_POINTS, draw_points, is_strip, strip

MOST_BARS: Final = 60
_SMALLEST_SYMBOL: Final = 4.2
_WIDE, _HIGH = 6.0, 3.3
"""In points; cells that have room for less only have their colour. And about how many inches there are for cells."""


def fate_map(view: Seen) -> list[Picture]:
    """Nothing where nothing varies. Where many runs share a place, it shows shares."""
    if not len(view.others) or not view.columns:
        return []
    columns = pair(view)
    if columns is not None:
        grid = grid_of(view, *columns)
        is_exact = grid is not None and grid.across.is_exact and grid.along.is_exact
        if grid is not None and (is_exact or len(view.others) > MOST_POINTS):
            return [Picture("fates", _grid_caption(view, grid, columns), lambda: _grid_figure(view, grid))]
        return [Picture("fates", _points_caption(view, columns), lambda: _points_figure(view, *columns))]
    column = view.main or next(iter(view.of("label")), None)
    return strip(view, column) if column is not None and is_strip(view, column) else shares(view, column)


# A grid


def _grid_caption(view: Seen, grid: Grid, columns: Sequence[Column]) -> str:
    what = "How runs ended" if grid.most == 1 else "How most runs of a cell ended"
    has_some = grid.most > 1 and _symbol_size(grid) > 0 and bool(view.diverged[view.others].any())
    some = "; a small ✕ where some diverged" if has_some else ""
    return f"{what} over {names(columns)}: {counts(view)}{some}{baseline_words(grid)}.{pooled(view.columns, columns)}"


def _grid_figure(view: Seen, grid: Grid) -> Any:
    across, along = grid.across.column, grid.along.column
    what = "how runs ended" if grid.most == 1 else "how most runs of a cell ended"
    figure = new_sheet(view.study.title, f"{what}, over {across.name} and {along.name}")
    texts, left = left_room(grid.along)
    axes = add_panel(figure, place(figure, left=left))
    set_cells(axes, grid, texts)
    axes.set_title(name_of(along), loc="left", fontsize=9, color=look.SOFT_INK, pad=7, parse_math=False)
    size = _symbol_size(grid)
    for line, lines in enumerate(grid.members):
        for cell, rows in enumerate(lines):
            if len(rows):
                _draw_cell(axes, view, rows, (cell, line), size)
    mark_baseline(axes, grid)
    write_key(figure, [*keys_of_baseline(grid), *(key_fate(word) for word in view.occurring)])
    return figure


def _draw_cell(axes: Any, view: Seen, rows: Rows, at: tuple[int, int], size: float) -> None:
    """The colour and the symbol of the fate that most runs have; in a corner a small one where few diverged."""
    word = FATES[most_frequent(view.fates[rows], len(FATES))]
    add_cell(axes, *at, **_face(word, size), gid=f"cell.{at[0]}.{at[1]}")
    if size:
        axes.plot(at[:1], at[1:], **fate_marker(word, size), gid=f"fate.{word}")
        if word != "diverged" and view.diverged[rows].any():
            side = -1 if axes.yaxis_inverted() else 1
            corner = [at[0] + 0.36], [at[1] + side * 0.36]
            axes.plot(*corner, **fate_marker("diverged", 0.5 * size), gid="some diverged")


def _face(word: str, size: float) -> dict[str, Any]:
    """Pale under a symbol; without one there are so many cells that lines between them would be a mesh."""
    colour = LOOKS[word].colour
    if size:
        return {"facecolor": colour, "edgecolor": "white", "linewidth": 0.4, "alpha": 0.5}
    return {"facecolor": colour, "edgecolor": colour, "linewidth": 0.4}


def _symbol_size(grid: Grid) -> float:
    """In points, what has room in a cell; 0 where that would be too small to be told from others."""
    size = min(8.0, 0.55 * 72 * min(_WIDE / len(grid.across), _HIGH / len(grid.along)))
    return size if size >= _SMALLEST_SYMBOL else 0.0


# Points


def _points_caption(view: Seen, columns: Sequence[Column]) -> str:
    count = len(view.others)
    some = f", {MOST_POINTS:,} of {count:,} drawn, evenly chosen" if count > MOST_POINTS else ""
    star = "; the star is the baseline" if view.baseline is not None else ""
    return f"How runs ended over {names(columns)}: {counts(view)}{some}{star}.{pooled(view.columns, columns)}"


def _points_figure(view: Seen, across: Column, along: Column) -> Any:
    """Each run at its own place, where runs make no grid."""
    figure = new_sheet(view.study.title, f"how runs ended, over {across.name} and {along.name}")
    sides = [side_of(view, column, len(view.runs)) for column in (across, along)]
    texts, left = left_room(sides[1])
    axes = add_panel(figure, place(figure, left=left if sides[1].centres is None else LEFT))
    axes.grid(visible=False)
    axes.set_title(name_of(along), loc="left", fontsize=9, color=look.SOFT_INK, pad=7, parse_math=False)
    there = [row for row in view.others if all(side.centres is not None or side.places[row] >= 0 for side in sides)]
    rows = np.array(there, dtype=np.intp)[even_choice(len(there), MOST_POINTS)]
    _set_side(axes, sides[0], "x", None)
    _set_side(axes, sides[1], "y", texts)
    where = [side.places.astype(np.float64) if side.centres is None else side.column.numbers for side in sides]
    size = 6.0 if len(rows) <= 300 else 4.0
    draw_points(axes, view, rows, where, size)
    key: list[Any] = []
    if view.baseline is not None:
        own = [float(each[view.baseline]) for each in where]
        has_place = all(side.centres is not None or side.places[view.baseline] >= 0 for side in sides)
        if has_place and all(np.isfinite(each) for each in own):
            baseline_star(axes, own[0], own[1])
            key.append(key_baseline("star"))
    write_key(figure, [*key, *(key_fate(word) for word in view.occurring)])
    return figure


def _set_side(axes: Any, side: Side, name: str, texts: list[str] | None) -> None:
    if side.centres is None:
        ticks, own = ticks_of(side)
        getattr(axes, f"set_{name}lim")(-0.6, len(side) - 0.4)
        getattr(axes, f"set_{name}ticks")(ticks, labels=texts or own)
    else:
        known = side.column.numbers[np.isfinite(side.column.numbers)]
        scale = number_scale(known, side.column.is_geometric)
        getattr(axes, f"set_{name}scale")(scale.kind)
        getattr(axes, f"set_{name}lim")(scale.low, scale.high)
        getattr(axes, f"set_{name}ticks")(scale.ticks, labels=scale.texts)
        getattr(axes, f"set_{name}ticks")([], minor=True)
    if name == "x":
        axes.set_xlabel(name_of(side.column), color=look.SOFT_INK, fontsize=9, parse_math=False)
