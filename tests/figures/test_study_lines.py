"""The error over steps."""

from __future__ import annotations

import numpy as np
import pytest

from bprunner.figures import study_lines
from bprunner.figures.study_data import seen
from bprunner.figures.study_lines import MOST_LINES, curves
from tests.figures.made_studies import RATE, MadeAxis, MadeSteps, MadeStudy, labels, rates, study, table_of
from tests.figures.pictures import drawn, key, lines, picture

NAME = "error_over_steps"


def test_lines_are_the_errors_of_the_runs() -> None:
    made = rates(5, high=0.3)
    figure = drawn(made, NAME)
    for run, series in made.steps.runs.items():
        (line,) = lines(figure, "baseline" if run == 0 else f"run.{run}")
        np.testing.assert_array_equal(line.get_ydata(), series["error"])
        np.testing.assert_array_equal(line.get_xdata(), np.arange(len(series["error"])))


def test_a_diverged_run_ends_with_a_mark_where_it_leaves() -> None:
    made = rates(3, low=0.1, high=0.6)
    figure = drawn(made, NAME)
    top = figure.axes[0].get_ylim()[1]
    marks = lines(figure, "diverged")
    assert len(marks) == list(made.table["fate"]).count("diverged") == 1
    (line,) = lines(figure, "run.3")
    errors = made.steps.runs[3]["error"]
    inside = errors[: int(np.argmax(errors > top))]
    np.testing.assert_array_equal(line.get_ydata(), [*inside, top])
    assert marks[0].get_xydata().tolist() == [line.get_xydata()[-1].tolist()]
    assert len(inside) - 1 < line.get_xdata()[-1] < len(inside)
    assert "diverged" in key(figure)


def test_the_baseline_is_in_front() -> None:
    figure = drawn(rates(), NAME)
    others = [line.get_zorder() for line in figure.axes[0].lines if line.get_gid() != "baseline"]
    assert lines(figure, "baseline")[0].get_zorder() > max(others)


def test_a_baseline_that_diverged_is_drawn_until_it_leaves() -> None:
    figure = drawn(study([MadeAxis(RATE)], [{RATE: 2.0}, {RATE: 0.1}, {RATE: 0.2}]), NAME)
    assert lines(figure, "baseline")[0].get_ydata()[-1] == figure.axes[0].get_ylim()[1]
    assert len(lines(figure, "diverged")) == 1


def test_the_colour_goes_with_the_number() -> None:
    figure = drawn(rates(20, high=0.4), NAME)
    light = [sum(lines(figure, f"run.{run}")[0].get_color()[:3]) for run in range(1, 21)]
    assert (np.diff(light) > 0).all()
    assert figure.axes[1].get_title(loc="left") == "learning_rate"
    assert lines(figure, "baseline")[1].get_ydata() == pytest.approx([0.05, 0.05])


def test_few_lines_have_their_names_beside_them() -> None:
    figure = drawn(rates(3, high=0.3), NAME)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["0.001", "0.0173", "0.3", "baseline"]
    assert len(figure.axes) == 1


def test_labels_have_their_colours_and_their_names() -> None:
    figure = drawn(labels(["small", "large"], 8), NAME)
    assert sorted(text.get_text().removesuffix(" ✕") for text in figure.axes[0].texts) == ["large", "small"]
    colours = [{lines(figure, f"run.{run}")[0].get_color() for run in runs} for runs in (range(1, 9), range(9, 17))]
    assert [len(each) for each in colours] == [1, 1]
    assert colours[0] != colours[1]


def test_of_very_many_runs_an_even_choice_is_drawn_and_read() -> None:
    made = rates(300, updates=2)
    shown = picture(made, NAME)
    assert "300 runs (200 of them drawn, evenly chosen)" in shown.caption
    figure = shown.figure()
    asked = {run for runs in made.steps.asked for run in runs}
    ids = {int(str(line.get_gid())[4:]) for line in figure.axes[0].lines if str(line.get_gid()).startswith("run.")}
    assert len(ids) == MOST_LINES
    assert {1, 300} <= ids
    assert asked == {0, *ids}


def test_the_error_once_an_epoch_is_the_one_that_is_drawn() -> None:
    whole = np.array([4.0, np.nan, 2.0, np.nan, 1.0])
    each = np.array([4.0, 9.0, 9.0, 9.0, 9.0])
    runs = {0: {"error": each, "training.error": whole}, 1: {"error": each}}
    table = table_of([{"x": 1.0}, {"x": 2.0}], [1.0, 9.0], ["converged", "stalled"])
    figure = drawn(MadeStudy(table, [MadeAxis("x")], MadeSteps(runs)), NAME)
    assert lines(figure, "baseline")[0].get_xydata().tolist() == [[0, 4], [2, 2], [4, 1]]
    np.testing.assert_array_equal(lines(figure, "run.1")[0].get_ydata(), each)


def test_a_trace_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    made = rates(20)
    whole = curves(seen(made), range(21))
    monkeypatch.setattr(study_lines, "MOST_READ", 100)
    made.steps.asked.clear()
    parts = curves(seen(made), range(21))
    assert [len(runs) for runs in made.steps.asked] == [1, *([4] * 5)]
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one.errors, other.errors)


def test_a_study_without_errors_has_no_such_picture() -> None:
    made = rates()
    made.steps = MadeSteps({0: {"weight.w1": np.zeros(3)}})
    assert NAME not in [each.name for each in study_lines.error_over_steps(seen(made))]
