"""Two columns of a study make a grid of cells: which runs are in each, and where the baseline is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bprunner.figures import look
from bprunner.figures.scales import number_scale
from bprunner.figures.study_data import Column, Rows, Seen, Values
from bprunner.figures.study_groups import distinct, even_choice, grouped
from bprunner.figures.study_sheet import LEFT, baseline_star, columns_room, key_baseline, outline_cell
from bprunner.figures.text import number_text

MOST_CELLS: Final = 2000
"""Of more, neighbouring numbers share a cell."""
MOST_NUMBERS: Final = 200
_MOST_STRIPS: Final = 40
MOST_LABELS: Final = 24
FULL: Final = 0.5
"""A grid of which less than this share has runs is no grid: its columns vary together, or are drawn at random."""
_FEW: Final = 9
_COLUMNS: Final = 64
"""So many letters have room below a grid."""


@dataclass(frozen=True)
class Side:
    """One side of a grid. By cell, (cells,): `texts`, and `centres` where the column is one of numbers.

    places: by row of the table the cell, -1 for none. is_exact: whether runs in a cell have the same value.
    """

    column: Column
    texts: tuple[str, ...]
    centres: Values | None
    places: Rows
    is_exact: bool

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True)
class Grid:
    """Cells, `across` and `along`; by cell, [along][across], `members` are the rows of its runs.

    baseline: its cell; `between`: where it lies between cells, in cells, where it is on none.
    """

    across: Side
    along: Side
    members: tuple[tuple[Rows, ...], ...]
    baseline: tuple[int, int] | None
    between: tuple[float, float] | None

    @property
    def most(self) -> int:
        """The most runs in a cell."""
        return max(len(rows) for line in self.members for rows in line)

    @property
    def full(self) -> float:
        """Which share of the cells has runs."""
        return float(np.mean([len(rows) > 0 for line in self.members for rows in line]))


def pair(view: Seen) -> tuple[Column, Column] | None:
    """The two columns that are seen together: two numbers, a number and a label, or two labels."""
    numbers, labels = view.of("number"), view.of("label")
    if view.main is not None:
        others = [*(column for column in numbers if column is not view.main), *labels]
        return (view.main, others[0]) if others else None
    return (labels[0], labels[1]) if len(labels) > 1 else None


def grid_of(view: Seen, across: Column, along: Column) -> Grid | None:
    """The grid of two columns, numbers in strips where their values are too many; None where it is mostly empty."""
    for most in (MOST_NUMBERS, _MOST_STRIPS, _strips(len(view.others))):
        sides = side_of(view, across, most), side_of(view, along, most)
        if len(sides[0]) * len(sides[1]) <= MOST_CELLS:
            found = _grid(view, *sides)
            if found.full >= FULL:
                return found
    return None


def _strips(runs: int) -> int:
    """So many that about four runs share a cell; but not so few that whatever varies together fills them."""
    return int(np.clip(np.sqrt(runs / 4), 4, _MOST_STRIPS))


def side_of(view: Seen, column: Column, most: int) -> Side:
    """A column's cells; most: how many, where it is one of numbers."""
    if column.kind != "number":
        texts = distinct(column.texts, view.others)
        texts = [texts[place] for place in even_choice(len(texts), MOST_LABELS)]
        lookup = {text: place for place, text in enumerate(texts)}
        places = np.array([lookup.get(text, -1) for text in column.texts], dtype=np.intp)
        return Side(column, tuple(texts), None, places, True)
    numbers = column.numbers.copy()
    baseline = np.nan
    if view.baseline is not None:
        baseline, numbers[view.baseline] = numbers[view.baseline], np.nan
    is_exact = len(np.unique(numbers[np.isfinite(numbers)])) <= most
    centres, places = grouped(numbers, most, column.is_geometric)
    if view.baseline is not None and np.isfinite(baseline):
        places[view.baseline] = _own_place(float(baseline), centres, is_exact)
    return Side(column, tuple(number_text(each, 4) for each in centres), centres, places, is_exact)


def _own_place(number: float, centres: Values, is_exact: bool) -> int:
    """The baseline's cell, -1 where it is on none."""
    nearest = int(np.abs(centres - number).argmin())
    close = abs(centres[nearest] - number) <= 1e-9 * abs(number)
    inside = centres[0] <= number <= centres[-1]
    return nearest if close or (inside and not is_exact) else -1


def _grid(view: Seen, across: Side, along: Side) -> Grid:
    members = [[np.empty(0, dtype=np.intp)] * len(across) for _ in range(len(along))]
    rows = view.others[(across.places[view.others] >= 0) & (along.places[view.others] >= 0)]
    cells = along.places[rows] * len(across) + across.places[rows]
    order = np.argsort(cells, kind="stable")
    firsts = np.flatnonzero(np.diff(cells[order], prepend=-1))
    for part in np.split(rows[order], firsts[1:]):
        if len(part):
            members[along.places[part[0]]][across.places[part[0]]] = part
    own = None
    if view.baseline is not None and min(across.places[view.baseline], along.places[view.baseline]) >= 0:
        own = int(across.places[view.baseline]), int(along.places[view.baseline])
    between = None if own or view.baseline is None else _between(across, along, view.baseline)
    return Grid(across, along, tuple(tuple(line) for line in members), own, between)


def _between(across: Side, along: Side, row: int) -> tuple[float, float] | None:
    places = []
    for side in (across, along):
        number = float(side.column.numbers[row])
        if side.places[row] >= 0:
            places.append(float(side.places[row]))
        elif side.centres is not None and side.centres[0] <= number <= side.centres[-1]:
            places.append(position(side, number))
    return (places[0], places[1]) if len(places) == 2 else None


# Axes of cells, which are around whole numbers


def ticks_of(side: Side, most_columns: int = 10**9) -> tuple[Values, list[str]]:
    """Where the ticks of a side are, and their texts: each cell's where they are few, round numbers otherwise.

    most_columns: how many letters have room beside one another.
    """
    if side.centres is None:
        return np.arange(len(side), dtype=np.float64), list(side.texts)
    needed = len(side) * (max(map(len, side.texts)) + 1)
    if len(side) <= _FEW and side.is_exact and needed <= most_columns:
        return np.arange(len(side), dtype=np.float64), list(side.texts)
    scale = number_scale(side.centres, side.column.is_geometric, may_tick=False)
    inside = [(tick, text) for tick, text in zip(scale.ticks, scale.texts, strict=True) if _is_inside(side, tick)]
    return np.array([position(side, tick) for tick, _ in inside]), [text for _, text in inside]


def _is_inside(side: Side, number: float) -> bool:
    assert side.centres is not None
    air = 1e-9 * max(abs(side.centres[0]), abs(side.centres[-1]))
    return bool(side.centres[0] - air <= number <= side.centres[-1] + air)


def position(side: Side, number: float) -> float:
    """Where a number lies between the cells of a side of numbers."""
    assert side.centres is not None
    if side.column.is_geometric:
        return float(np.interp(np.log(number), np.log(side.centres), np.arange(len(side))))
    return float(np.interp(number, side.centres, np.arange(len(side))))


def set_cells(axes: Any, grid: Grid, texts: list[str]) -> None:
    """The ends, ticks and names of a grid's axes. texts: the ticks' of the vertical one."""
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.set_xlim(-0.5, len(grid.across) - 0.5)
    axes.set_ylim(-0.5, len(grid.along) - 0.5)
    ticks, names = ticks_of(grid.across, _COLUMNS)
    if grid.across.centres is None:
        names, _ = columns_room(names, max(4, _COLUMNS // len(names) - 1))
    axes.set_xticks(ticks, labels=names)
    axes.set_yticks(ticks_of(grid.along)[0], labels=texts)
    if grid.along.centres is None:
        axes.invert_yaxis()
    axes.set_xlabel(name_of(grid.across.column), color=look.SOFT_INK, fontsize=9, parse_math=False)


def name_of(column: Column) -> str:
    return f"{column.name} · log scale" if column.is_geometric else column.name


def left_room(side: Side) -> tuple[list[str], float]:
    """The ticks' texts of a vertical side, shortened, and how many inches they need to their left."""
    texts, room = columns_room(ticks_of(side)[1], 26)
    return texts, max(LEFT, room + 0.3)


# The baseline on a grid


def mark_baseline(axes: Any, grid: Grid) -> None:
    """Its cell outlined, or a star where it lies between cells."""
    if grid.baseline:
        outline_cell(axes, *grid.baseline)
    elif grid.between:
        baseline_star(axes, *grid.between)


def keys_of_baseline(grid: Grid) -> list[Any]:
    return [key_baseline("cell" if grid.baseline else "star")] if grid.baseline or grid.between else []


def baseline_words(grid: Grid) -> str:
    """A part of a sentence that says where it is."""
    if grid.baseline:
        return "; the baseline's cell is outlined"
    return "; the star is the baseline" if grid.between else ""
