"""The paths of two weights."""

from __future__ import annotations

import numpy as np
import pytest

from bprunner.figures.studies import pictures_of
from bprunner.figures.study_data import seen
from bprunner.figures.study_path import MOST_PATHS, telling, weight_path
from tests.figures.made_studies import RATE, WEIGHTS, MadeAxis, MadeSteps, rates, study
from tests.figures.pictures import drawn, key, lines, picture

NAME = "weight_path"


def test_paths_are_those_of_the_two_weights_that_move_most() -> None:
    made = rates(9, high=0.3)
    series = made.steps.runs[0]
    moved = sorted(WEIGHTS, key=lambda name: -np.ptp(series[name]))[:2]
    first, second = sorted(moved)
    assert f"The paths of `{first}` and `{second}` over" in picture(made, NAME).caption
    figure = drawn(made, NAME)
    (line,) = lines(figure, "baseline")
    np.testing.assert_array_equal(line.get_xdata(), series[first])
    np.testing.assert_array_equal(line.get_ydata(), series[second])
    rest = [each.get_zorder() for each in figure.axes[0].lines if str(each.get_gid()).startswith("run.")]
    assert line.get_zorder() > max(rest)


def test_other_weights_may_be_chosen() -> None:
    found = [each for each in pictures_of(rates(5), ("weight.w1", "weight.w3")) if each.name == NAME]
    assert "`weight.w1` and `weight.w3`" in found[0].caption
    assert not [each for each in pictures_of(rates(5), ("weight.w1", "weight.w9")) if each.name == NAME]


def test_the_best_and_one_of_each_other_fate_are_drawn() -> None:
    made = rates(25)
    view = seen(made)
    found = telling(view)
    assert len(found) <= MOST_PATHS
    finite = view.others[~view.diverged[view.others]]
    assert found[int(finite[view.errors[finite].argmin()])] == "best"
    for row, why in found.items():
        assert why in ("best", made.table["fate"][row])
    first = min(made.table[RATE][made.table["fate"] == "diverged"])
    assert [made.table[RATE][row] for row, why in found.items() if why == "diverged"] == [first]
    assert any(text.startswith("diverged") for text in key(drawn(made, NAME)))


def test_paths_that_diverge_are_cut_near_the_picture() -> None:
    figure = drawn(rates(9, high=2.0), NAME)
    (low, high), (bottom, top) = figure.axes[0].get_xlim(), figure.axes[0].get_ylim()
    for line in figure.axes[0].lines:
        assert np.abs(line.get_xdata() - (low + high) / 2).max() <= 60 * (high - low)
        assert np.abs(line.get_ydata() - (bottom + top) / 2).max() <= 60 * (top - bottom)


def test_a_network_of_another_size_has_other_weights() -> None:
    rows = [{"architecture.layers.0.units": units, "repeat": k} for k, units in enumerate([2.0, 2.0, 4.0, 1.0, 2.0])]
    view = seen(study([MadeAxis("architecture.layers.0.units"), MadeAxis("repeat", "seed")], rows))
    assert set(telling(view)) <= {1, 4}


def test_runs_without_these_weights_have_no_path() -> None:
    made = rates(5, high=0.3)
    runs = {run: series if run == 0 else {"error": series["error"]} for run, series in made.steps.runs.items()}
    made.steps = MadeSteps(runs)
    figure = drawn(made, NAME)
    assert key(figure)[0].startswith("baseline")
    assert not any(str(line.get_gid()).startswith("run.") for line in figure.axes[0].lines)


@pytest.mark.parametrize(
    "surface",
    [
        lambda a, b: np.full((len(a), len(b)), np.nan),
        lambda a, b: np.full((len(a), len(b)), 2.0),
        lambda a, b: np.where(a[:, None] > a[3], np.inf, 1.0 + 0 * b[None, :]),
        lambda a, b: np.full((len(a), len(b)), 1e308) * np.sign(a[:, None] - a[4]),
        lambda a, b: a[:, None] ** 2 + b[None, :] ** 2 - 1.0,
    ],
    ids=["nan", "flat", "infinite", "huge", "negative"],
)
def test_whatever_the_surface_paths_are_drawn(surface: object) -> None:
    made = rates(5, high=0.3)
    made.surface = surface
    assert len(lines(drawn(made, NAME), "baseline")) == 1


def test_where_nothing_moves_there_is_no_path() -> None:
    made = rates(3)
    still = np.zeros(3)
    made.steps = MadeSteps({run: {"error": still, "weight.w1": still, "weight.w2": np.arange(3.0)} for run in range(4)})
    assert weight_path(seen(made)) == []
    made.steps = MadeSteps({run: {"error": still} for run in range(4)})
    assert weight_path(seen(made)) == []


def test_contours_are_those_of_the_surface() -> None:
    """Across is the first weight: where the error depends on it alone, lines of equal error stand upright."""
    made = rates(5, high=0.3)
    made.surface = lambda first, second: np.exp(9 * first)[:, None] + 0 * second[None, :]
    (contours,) = [each for each in drawn(made, NAME).axes[0].collections if not getattr(each, "filled", True)]
    upright = [path.vertices for path in contours.get_paths() if len(path.vertices)]
    assert len(upright) > 3
    for vertices in upright:
        assert np.ptp(vertices[:, 0]) < 1e-9 < np.ptp(vertices[:, 1])
