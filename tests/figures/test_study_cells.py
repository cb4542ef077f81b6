"""Grids of cells."""

from __future__ import annotations

import numpy as np
import pytest

from bprunner.figures.study_cells import MOST_CELLS, MOST_LABELS, Grid, grid_of, pair, position, side_of, ticks_of
from bprunner.figures.study_data import seen
from tests.figures.made_studies import FIRST, RATE, SECOND, MadeAxis, MadeStudy, grid, labels, rates, study


def grid_in(made: MadeStudy) -> Grid | None:
    view = seen(made)
    columns = pair(view)
    return grid_of(view, *columns) if columns else None


def test_every_run_is_in_the_cell_of_its_values() -> None:
    made = grid([0.01, 0.05, 0.2], [-1.0, 0.21, 0.5, 1.0])
    found = grid_in(made)
    assert found is not None
    assert (len(found.across), len(found.along), found.most, found.full) == (3, 4, 1, 1.0)
    for along, line in enumerate(found.members):
        for across, rows in enumerate(line):
            (row,) = rows
            assert made.table[RATE][row] == [0.01, 0.05, 0.2][across]
            assert made.table[FIRST][row] == [-1.0, 0.21, 0.5, 1.0][along]
    assert found.baseline == (1, 1)
    assert found.between is None


def test_a_baseline_beside_the_grid_lies_between_cells() -> None:
    found = grid_in(grid([0.01, 0.04, 0.2], [0.0, 1.0]))
    assert found is not None
    assert found.baseline is None
    assert found.between is not None
    assert found.between[1] == pytest.approx(0.21)
    outside = grid_in(grid([0.1, 0.2], [0.0, 1.0]))
    assert outside is not None
    assert (outside.baseline, outside.between) == (None, None)


@pytest.mark.parametrize("kind", ["number", "label"])
def test_the_learning_rate_is_across(kind: str) -> None:
    rows = [{"a.b": 1.0, RATE: 0.1}, {"a.b": 2.0, RATE: 0.1}, {"a.b": 1.0, RATE: 0.2}, {"a.b": 2.0, RATE: 0.2}]
    columns = pair(seen(study([MadeAxis("a.b", kind), MadeAxis(RATE)], rows)))
    assert columns is not None
    assert [column.path for column in columns] == [RATE, "a.b"]


def test_one_column_is_no_pair() -> None:
    assert pair(seen(rates())) is None
    assert pair(seen(labels(["a", "b"], 3))) is None


def test_numbers_that_vary_together_make_no_grid() -> None:
    together = [{RATE: 0.05, FIRST: 0.21}, *({RATE: 0.01 * k, FIRST: 0.1 * k} for k in range(1, 41))]
    assert grid_in(study([MadeAxis(RATE), MadeAxis(FIRST)], together)) is None


def test_numbers_drawn_at_random_share_cells() -> None:
    rng = np.random.default_rng(0)
    rows = [{RATE: 0.05, FIRST: 0.21}]
    rows += [{RATE: rng.uniform(0.01, 0.1), FIRST: rng.uniform(-1, 1)} for _ in range(256)]
    found = grid_in(study([MadeAxis(RATE), MadeAxis(FIRST)], rows, updates=1))
    assert found is not None
    assert (len(found.across), len(found.along)) == (8, 8)
    assert sum(len(cell) for line in found.members for cell in line) == 256
    assert not found.across.is_exact
    assert found.baseline is not None


def test_there_are_never_more_cells_than_can_be_seen() -> None:
    found = grid_in(grid(list(np.linspace(0.001, 0.01, 60)), list(np.linspace(-1, 1, 50))))
    assert found is not None
    assert len(found.across) * len(found.along) <= MOST_CELLS
    assert sum(len(cell) for line in found.members for cell in line) == 3000


def test_of_very_many_labels_an_even_choice_has_cells() -> None:
    view = seen(labels([f"l{k}" for k in range(60)], 2))
    side = side_of(view, view.of("label")[0], 10)
    assert len(side) == MOST_LABELS
    assert (side.texts[0], side.texts[-1]) == ("l0", "l59")
    assert (side.places == -1).sum() == 2 * (60 - MOST_LABELS)


def test_positions_are_straight_between_cells() -> None:
    view = seen(grid([0.01, 0.1, 1.0], [1.0, 2.0, 4.0]))
    across, along = (side_of(view, column, 100) for column in view.columns)
    assert position(across, 0.1) == 1.0
    assert position(across, 10**-1.5) == pytest.approx(0.5)
    assert position(along, 3.0) == pytest.approx(1.5)


def test_ticks_are_values_where_they_are_few_and_have_room() -> None:
    view = seen(grid([0.01, 0.1, 0.5], [1.0, 2.0, 4.0]))
    side = side_of(view, view.columns[0], 100)
    assert ticks_of(side)[1] == ["0.01", "0.1", "0.5"]
    assert [round(place, 9) for place in ticks_of(side)[0]] == [0, 1, 2]
    assert ticks_of(side, 10)[1] != ["0.01", "0.1", "0.5"]


def test_ticks_are_round_where_cells_are_many() -> None:
    view = seen(rates(61))
    side = side_of(view, view.columns[0], 100)
    places, texts = ticks_of(side)
    assert texts == ["0.001", "0.01", "0.1", "1"]
    assert places.tolist() == pytest.approx([0, 20, 40, 60])


def test_a_third_column_is_pooled() -> None:
    rows = [{RATE: 0.05, FIRST: 0.21, SECOND: 0.23}]
    rows += [{RATE: a, FIRST: b, SECOND: c} for a in (0.1, 0.2) for b in (0.0, 1.0) for c in (0.0, 0.5, 1.0)]
    found = grid_in(study([MadeAxis(RATE), MadeAxis(FIRST), MadeAxis(SECOND)], rows))
    assert found is not None
    assert {len(cell) for line in found.members for cell in line} == {3}
