"""The heat map."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from bprunner.figures.scales import error_scale
from bprunner.figures.studies import pictures_of
from bprunner.figures.study_sheet import BASELINE_COLOUR, BASELINE_WIDTH, heights, ramp
from tests.figures.made_studies import FIRST, RATE, MadeAxis, grid, study
from tests.figures.pictures import cells, drawn, key, lines, picture

NAME = "final_error_map"


def test_cells_have_the_colours_of_their_errors() -> None:
    made = grid([0.01, 0.03, 0.05], [-1.0, 0.21])
    found = cells(drawn(made, NAME))
    errors = made.table["final_error"].to_numpy()
    scale = error_scale(errors)
    for row in range(1, 7):
        place = [0.01, 0.03, 0.05].index(made.table[RATE][row]), [-1.0, 0.21].index(made.table[FIRST][row])
        expected = ramp()(float(heights(scale, errors[row])))
        assert to_hex(found[place].get_facecolor()) == to_hex(expected)


def test_what_diverged_is_hatched() -> None:
    made = grid([0.01, 0.05, 2.0], [0.21, 0.5])
    figure = drawn(made, NAME)
    assert {place for place, cell in cells(figure).items() if cell.get_hatch()} == {(2, 0), (2, 1)}
    assert "diverged" in key(figure)
    assert "hatched where runs diverged" in picture(made, NAME).caption


def test_the_baselines_cell_is_outlined_in_front() -> None:
    figure = drawn(grid([0.01, 0.05, 0.2], [-1.0, 0.21]), NAME)
    (outline,) = [patch for patch in figure.axes[0].patches if patch.get_gid() == "baseline"]
    assert outline.get_xy() == (0.5, 0.5)
    assert to_hex(outline.get_edgecolor()) == BASELINE_COLOUR
    assert outline.get_linewidth() == BASELINE_WIDTH
    assert outline.get_zorder() > max(cell.get_zorder() for cell in cells(figure).values())


def test_a_baseline_between_cells_is_a_star() -> None:
    figure = drawn(grid([0.01, 0.04, 0.2], [-1.0, 0.0, 1.0]), NAME)
    star = lines(figure, "baseline")[0]
    assert star.get_marker() == "*"
    assert 1.0 < star.get_xdata()[0] < 2.0


def test_repeats_have_their_median() -> None:
    rows = [{RATE: 0.05, FIRST: 0.21, "repeat": None}]
    rows += [{RATE: a, FIRST: b, "repeat": seed} for a in (0.01, 0.1) for b in (0.0, 1.0) for seed in range(3)]
    made = study([MadeAxis(RATE), MadeAxis(FIRST), MadeAxis("repeat", "seed")], rows)
    made.table["final_error"] = np.linspace(1, 2, 13)
    figure = drawn(made, NAME)
    texts = {tuple(text.get_position()): text.get_text() for text in figure.axes[0].texts}
    medians = made.table.iloc[1:].groupby([RATE, FIRST])["final_error"].median().tolist()
    assert [texts[place] for place in ((0, 0), (0, 1), (1, 0), (1, 1))] == [f"{each:.2g}" for each in medians]
    assert "Pooled over `repeat`." in picture(made, NAME).caption


def test_the_limit_is_dashed_where_it_lies() -> None:
    figure = drawn(grid([0.05, 0.38, 0.58], [0.21, 0.5]), NAME)
    found = lines(figure, "stable")
    assert len(found) == 4
    for line in found:
        across = np.interp(np.log(0.48), np.log([0.05, 0.38, 0.58]), [0, 1, 2])
        assert line.get_xdata().tolist() == [pytest.approx(across)] * 2
    assert "largest stable rate" in key(figure)


def test_numbers_are_written_only_where_they_have_room() -> None:
    few = drawn(grid([0.01, 0.05], [0.21, 0.5]), NAME)
    assert len(few.axes[0].texts) == 4
    many = drawn(grid([0.01 * k for k in range(1, 31)], [0.21, 0.5]), NAME)
    assert len(many.axes[0].texts) == 0


def test_labels_stand_from_top_to_bottom() -> None:
    figure = drawn(grid([0.01, 0.1], ["first", "second"], "a.activation", "label"), NAME)
    assert figure.axes[0].yaxis_inverted()
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["first", "second"]


def test_where_all_diverged_there_is_no_map() -> None:
    made = grid([2.0, 3.0], [0.21, 0.5])
    assert NAME not in [each.name for each in pictures_of(made)]
