"""Distributions of final errors."""

from __future__ import annotations

from typing import Any

import numpy as np

from bprunner.figures.studies import pictures_of
from bprunner.figures.study_distributions import MOST_POINTS
from bprunner.figures.study_fates import FATES
from bprunner.figures.study_groups import quartiles
from tests.figures.made_studies import RATE, MadeAxis, MadeSteps, MadeStudy, grid, labels, rates, study, table_of
from tests.figures.pictures import drawn, lines, picture, points

NAME = "final_error_by_initial_weights"


def texts(figure: object) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]  # type: ignore[attr-defined]  # a figure


def spread(count: int) -> MadeStudy:
    """Two labels with so many runs each, whose errors are known; of the second one in four diverged."""
    rng = np.random.default_rng(0)
    rows: list[dict[str, Any]] = [{"initial_weights": "a", "repeat": None}]
    rows += [{"initial_weights": text, "repeat": k} for text in "ab" for k in range(count)]
    fates = ["converged"] * (1 + count) + ["diverged", "stalled", "stalled", "stalled"] * (count // 4)
    errors = np.where(np.array(fates) == "diverged", np.inf, np.exp(3 * rng.normal(size=2 * count + 1)))
    axes = [MadeAxis("initial_weights", "label"), MadeAxis("repeat", "seed")]
    return MadeStudy(table_of(rows, list(errors), fates), axes, MadeSteps({}))


def test_points_are_the_final_errors_of_each_label() -> None:
    made = spread(40)
    figure = drawn(made, NAME)
    for line, text in enumerate("ab"):
        own = made.table[(made.table["initial_weights"] == text) & (made.table["fate"] != "diverged")].iloc[1 - line :]
        found = np.concatenate([points(figure, f"fate.{fate}") for fate in FATES])
        there = found[np.abs(found[:, 1] - line) < 0.5]
        np.testing.assert_array_equal(np.sort(there[:, 0]), np.sort(own["final_error"]))


def test_quartiles_and_medians_are_of_all_runs() -> None:
    made = spread(40)
    figure = drawn(made, NAME)
    high = figure.axes[0].get_xlim()[1]
    for line, start in ((0, 1), (1, 41)):
        errors = made.table["final_error"].to_numpy()[start : start + 40]
        lower, middle, upper = quartiles(errors)
        (bar,) = [each for each in lines(figure, "quartiles") if round(each.get_ydata()[0] - 0.36) == line]
        assert bar.get_xdata().tolist() == [lower, min(upper, high)]
        (tick,) = [each for each in lines(figure, "median") if round(each.get_ydata()[0] - 0.26) == line]
        assert tick.get_xdata().tolist() == [middle, middle]


def test_what_diverged_is_counted_in_a_margin_and_converged_beside() -> None:
    figure = drawn(spread(40), NAME)
    (mark,) = lines(figure, "fate.diverged")
    assert mark.axes is not figure.axes[0]
    assert mark.get_ydata().tolist() == [1]
    assert {"10", "100 %", "0 %", "of 40", "converged"} <= set(texts(figure))


def test_of_very_many_runs_an_even_choice_is_drawn() -> None:
    made = spread(1000)
    figure = drawn(made, NAME)
    found = points(figure, "fate.converged")
    assert len(found) == MOST_POINTS
    errors = made.table["final_error"].to_numpy()[1:1001]
    assert (found[:, 0].min(), found[:, 0].max()) == (errors.min(), errors.max())
    assert "of 1,000" in texts(figure)


def test_the_baseline_is_a_line_in_front() -> None:
    made = spread(12)
    figure = drawn(made, NAME)
    (line,) = lines(figure, "baseline")
    assert line.get_xdata().tolist() == [made.table["final_error"][0]] * 2
    assert line.get_zorder() > max(each.get_zorder() for each in figure.axes[0].lines if each is not line)


def test_errors_of_zero_have_a_margin_on_a_log_scale() -> None:
    made = spread(12)
    made.table.loc[3, "final_error"] = 0.0
    figure = drawn(made, NAME)
    (zero,) = [line for line in lines(figure, "fate.converged") if line.axes is not figure.axes[0]]
    assert len(zero.get_xdata()) == 1
    assert "0" in [text.get_text() for text in zero.axes.get_xticklabels()]


def test_one_run_for_each_label_has_its_error_written_beside() -> None:
    made = labels(["a", "b"], 1)
    figure = drawn(made, NAME)
    assert "final error" in texts(figure)
    assert lines(figure, "quartiles") == []
    assert "quartile" not in picture(made, NAME).caption


def test_seeds_alone_are_one_distribution() -> None:
    made = study([MadeAxis("repeat", "seed")], [{"repeat": None}, *({"repeat": seed} for seed in range(9))])
    assert "final_error_by_seed" in [each.name for each in pictures_of(made)]


def test_numbers_tell_more_where_labels_have_few_runs() -> None:
    names = [each.name for each in pictures_of(grid([0.01, 0.1], ["a", "b"], "x.activation", "label"))]
    assert "final_error_by_activation" not in names
    many = grid([0.01 * k for k in range(1, 13)], ["a", "b"], "x.activation", "label")
    assert "final_error_by_activation" in [each.name for each in pictures_of(many)]
    assert f"Pooled over `{RATE}`." in picture(many, "final_error_by_activation").caption
    assert not any("_by_" in each.name for each in pictures_of(rates()))
