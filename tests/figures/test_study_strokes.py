"""Runs joined to lines, and the limits of what is stable."""

from __future__ import annotations

import numpy as np
import pytest

from bprunner.figures.study_data import seen
from bprunner.figures.study_strokes import MOST_STROKES, Stroke, limits_of, second, stable_limits, strokes_of
from tests.figures.made_studies import FIRST, RATE, MadeAxis, MadeStudy, grid, rates, study
from tests.figures.pictures import drawn, lines


def strokes(made: MadeStudy) -> tuple[Stroke, ...]:
    view = seen(made)
    return strokes_of(view, view.columns[0])


def test_the_line_goes_through_the_baseline_where_nothing_else_varies() -> None:
    made = rates(9)
    (stroke,) = strokes(made)
    assert 0 in np.concatenate(stroke.rows)
    assert (np.diff(stroke.centres) > 0).all()
    there = study([MadeAxis(RATE)], [{RATE: 0.1}, {RATE: 0.1}, {RATE: 0.2}])
    (stroke,) = strokes(there)
    assert [rows.tolist() for rows in stroke.rows] == [[1], [2]]


def test_of_very_many_numbers_neighbours_are_pooled() -> None:
    made = rates(400, updates=1)
    (stroke,) = strokes(made)
    assert len(stroke.centres) == 40
    assert sum(map(len, stroke.rows)) == 401


def test_limits_belong_to_learning_rates_alone() -> None:
    rows = [{FIRST: 0.21}, {FIRST: 0.5}, {FIRST: -0.5}]
    made = study([MadeAxis(FIRST)], rows, stable=0.4)
    view = seen(made)
    assert len(stable_limits(view, view.columns[0], view.others)) == 0
    assert lines(drawn(made, "final_error_over_w5"), "stable") == []


def test_a_label_tells_lines_apart_before_a_number_and_never_too_many() -> None:
    rows = [{RATE: 0.05, FIRST: 0.21, "a": "x"}]
    rows += [{RATE: r, FIRST: w, "a": text} for r in (0.1, 0.2) for w in (0.0, 1.0) for text in "xy"]
    view = seen(study([MadeAxis(RATE), MadeAxis(FIRST), MadeAxis("a", "label")], rows))
    chosen = second(view, view.columns[0])
    assert chosen is not None
    assert chosen.path == "a"
    many = seen(grid([0.01, 0.1], [f"l{k}" for k in range(MOST_STROKES + 1)], "a", "label"))
    assert second(many, many.columns[0]) is None


def test_a_limit_that_differs_in_its_last_digits_is_the_same() -> None:
    made = rates(4)
    made.table["stable_rate"] = [0.1, 0.3, 0.3 * (1 + 1e-12), np.inf, np.nan]
    view = seen(made)
    assert stable_limits(view, view.columns[0], view.others).tolist() == [0.3]


def test_of_several_lines_each_has_the_median_of_its_limits() -> None:
    made = grid([0.01, 0.1, 1.0], ["x", "y"], "a", "label")
    made.table["stable_rate"] = [9.0, 0.1, 0.5, 0.2, np.inf, 0.4, 0.7]
    view = seen(made)
    strokes = strokes_of(view, view.columns[0])
    # The baseline is on the line of its own label.
    assert sorted(np.concatenate(strokes[0].rows).tolist()) == [0, 1, 3, 5]
    limits = limits_of(view, view.columns[0], strokes)
    assert limits.values.tolist() == [pytest.approx(0.3), pytest.approx(0.6)]
    assert [value for value, _ in limits.within(0.0, 0.5).ends] == [pytest.approx(0.3)]
    assert limits.within(1.0, 2.0).ends == ()


def test_a_band_is_shown_where_a_part_of_it_is() -> None:
    made = rates(4)
    made.table["stable_rate"] = [0.1, 0.2, 0.3, 5.0, np.nan]
    view = seen(made)
    limits = limits_of(view, view.columns[0], strokes_of(view, view.columns[0]))
    assert limits.is_band
    assert limits.values.tolist() == [0.2, 5.0]
    assert limits.within(0.001, 1.0) == limits
    assert limits.within(0.001, 0.1).ends == ()
