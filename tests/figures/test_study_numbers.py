"""The final error over a number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bprunner.figures.studies import pictures_of
from bprunner.figures.study_data import seen
from bprunner.figures.study_fates import FATES
from bprunner.figures.study_strokes import strokes_of
from bprunner.sweeps.comparing import groups
from tests.figures.made_studies import (
    RATE,
    MadeAxis,
    MadeSteps,
    MadeStudy,
    grid,
    rates,
    study,
    table_of,
)
from tests.figures.pictures import drawn, key, lines, picture, points

NAME = "final_error_over_learning_rate"


def test_symbols_are_the_final_errors() -> None:
    made = rates(25)
    figure = drawn(made, NAME)
    for fate in FATES[:-1]:
        own = made.table[(made.table["fate"] == fate) & (made.table["run"] > 0) & (made.table["final_error"] > 0)]
        np.testing.assert_array_equal(points(figure, f"fate.{fate}"), own[[RATE, "final_error"]].to_numpy())


def test_what_diverged_is_on_the_upper_edge() -> None:
    made = rates(25)
    figure = drawn(made, NAME)
    (marks,) = lines(figure, "fate.diverged")
    assert marks.axes is not figure.axes[0]
    np.testing.assert_array_equal(marks.get_xdata(), made.table[RATE][made.table["fate"] == "diverged"])
    assert marks.axes.get_position().y0 > figure.axes[0].get_position().y1
    assert marks.axes.get_xlim() == figure.axes[0].get_xlim()


def test_an_error_of_zero_has_a_place_below_the_decades() -> None:
    errors = [0.05, 1e-9, 0.0, 1e-3, 1.0]
    table = table_of([{RATE: 0.1 * k} for k in range(1, 6)], errors, ["converged"] * 5)
    figure = drawn(MadeStudy(table, [MadeAxis(RATE)], MadeSteps({})), NAME)
    zero = [line for line in lines(figure, "fate.converged") if line.axes is not figure.axes[0]]
    assert zero[0].get_xdata().tolist() == [pytest.approx(0.3)]
    assert [text.get_text() for text in zero[0].axes.get_yticklabels()] == ["0"]


def test_the_baseline_is_a_star_on_a_line_in_front() -> None:
    made = rates(9)
    figure = drawn(made, NAME)
    line, star = lines(figure, "baseline")
    assert line.get_ydata().tolist() == [made.table["final_error"][0]] * 2
    assert star.get_xydata().tolist() == [[0.05, made.table["final_error"][0]]]
    rest = [each.get_zorder() for each in figure.axes[0].lines if each.get_gid() != "baseline"]
    assert min(line.get_zorder(), star.get_zorder()) > max(rest)


def test_repeats_become_medians_as_in_the_table_of_groups() -> None:
    rows = [{RATE: 0.05, "repeat": None}]
    rows += [{RATE: rate, "repeat": seed} for rate in (0.01, 0.05, 0.2) for seed in range(9)]
    made = study([MadeAxis(RATE), MadeAxis("repeat", "seed")], rows)
    view = seen(made)
    (stroke,) = strokes_of(view, view.columns[0])
    told = groups(made.table.iloc[1:], RATE)
    np.testing.assert_array_equal(stroke.centres, told[RATE])
    np.testing.assert_array_equal(stroke.middle, told["median"])
    np.testing.assert_array_equal(stroke.upper, told["upper_quartile"])
    figure = drawn(made, NAME)
    finite = np.isfinite(stroke.middle)
    np.testing.assert_array_equal(points(figure, "median")[:, 1], stroke.middle[finite])
    assert "medians and quartiles" in key(figure)
    assert "Pooled over `repeat`." in picture(made, NAME).caption


def test_a_line_for_each_label() -> None:
    made = grid([0.01, 0.1, 0.3], ["tanh", "relu"], "architecture.layers.0.activation", "label")
    figure = drawn(made, NAME)
    for label in ("tanh", "relu"):
        own = made.table[(made.table["architecture.layers.0.activation"] == label) & (made.table["run"] > 0)]
        (line,) = lines(figure, f"stroke.{label}")
        shown = dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
        assert {rate: shown[rate] for rate in own[RATE]} == dict(zip(own[RATE], own["final_error"], strict=True))
    assert [text.get_text() for text in figure.axes[0].texts] == ["tanh", "relu"]
    assert "a line for each `architecture.layers.0.activation`" in picture(made, NAME).caption


# The limit of what is stable


def test_the_largest_stable_rate_is_dashed() -> None:
    figure = drawn(rates(), NAME)
    assert {tuple(line.get_xdata()) for line in lines(figure, "stable")} == {(0.48, 0.48)}
    assert "largest stable rate 0.48" in key(figure)
    assert "The largest stable learning rate at the initial weights, 0.48, is dashed." in picture(rates(), NAME).caption


def test_different_limits_are_the_ends_of_a_band() -> None:
    made = rates(5)
    made.table["stable_rate"] = [0.3, 0.2, 0.25, 0.3, np.inf, np.nan]
    figure = drawn(made, NAME)
    assert sorted({line.get_xdata()[0] for line in lines(figure, "stable")}) == [0.2, 0.3]
    assert "0.2 to 0.3, are between the dashes" in picture(made, NAME).caption


def test_a_limit_far_away_is_told_and_not_drawn() -> None:
    made = rates(5, high=0.1)
    made.table["stable_rate"] = 7.0
    figure = drawn(made, NAME)
    assert lines(figure, "stable") == []
    assert figure.axes[0].get_xlim()[1] < 1
    assert "7, lies beyond the axis" in picture(made, NAME).caption


def test_the_axis_reaches_to_a_limit_that_is_near() -> None:
    made = rates(5, high=0.3)
    figure = drawn(made, NAME)
    assert figure.axes[0].get_xlim()[1] > 0.48


def test_where_all_diverged_there_is_nothing_to_see() -> None:
    made = study([MadeAxis(RATE)], [{RATE: 0.05}, {RATE: 3.0}, {RATE: 4.0}])
    made.table.loc[0, "fate"] = "diverged"
    names = [each.name for each in pictures_of(made)]
    assert NAME not in names
    assert "fates" in names


def test_a_label_without_seeds_is_a_line_of_medians_beside_others_with_seeds() -> None:
    rows: list[dict[str, Any]] = [{RATE: 0.05, "a": "zeros", "repeat": None}]
    for rate in (0.01, 0.1):
        rows += [{RATE: rate, "a": "zeros", "repeat": None}]
        rows += [{RATE: rate, "a": "drawn", "repeat": seed} for seed in range(5)]
    made = study([MadeAxis(RATE), MadeAxis("a", "label"), MadeAxis("repeat", "seed")], rows)
    figure = drawn(made, NAME)
    assert len(points(figure, "median")) == 4
    assert not any(len(points(figure, f"fate.{fate}")) for fate in FATES)


def test_labels_are_tied_to_lines_that_end_at_the_right() -> None:
    rows = [{RATE: 0.05, "a": "x"}, *({RATE: rate, "a": "x"} for rate in (0.01, 0.1, 0.2))]
    rows += [{RATE: rate, "a": "y"} for rate in (0.01, 0.1)]
    made = study([MadeAxis(RATE), MadeAxis("a", "label")], rows)
    made.table["final_error"] = 0.5
    figure = drawn(made, NAME)
    assert [text.get_text() for text in figure.axes[0].texts] == ["x", "y"]
    colours = [figure.axes[0].texts[place].get_color() for place in (0, 1)]
    assert [line.get_color() for line in lines(figure, "leader")] == [colours[0]]
