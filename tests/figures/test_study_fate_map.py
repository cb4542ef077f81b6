"""Fates as a map, a strip, or shares."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from bprunner.figures.study_fates import FATES, LOOKS
from tests.figures.made_studies import (
    FIRST,
    RATE,
    MadeAxis,
    MadeSteps,
    MadeStudy,
    grid,
    labels,
    rates,
    study,
    table_of,
)
from tests.figures.pictures import cells, drawn, key, lines, picture

NAME = "fates"


def test_cells_have_the_colour_and_the_symbol_of_their_fate() -> None:
    made = grid([0.01, 0.05, 0.4, 2.0], [-1.0, 0.21])
    figure = drawn(made, NAME)
    found = cells(figure)
    for row in range(1, 9):
        place = [0.01, 0.05, 0.4, 2.0].index(made.table[RATE][row]), [-1.0, 0.21].index(made.table[FIRST][row])
        fate = made.table["fate"][row]
        assert to_hex(found[place].get_facecolor()) == LOOKS[fate].colour
        assert list(place) in [line.get_xydata()[0].tolist() for line in lines(figure, f"fate.{fate}")]
    assert {"baseline", *made.table["fate"][1:]} == set(key(figure))


@pytest.mark.parametrize("fate", FATES)
def test_a_symbol_is_that_of_its_fate(fate: str) -> None:
    table = table_of([{"x": 1.0}, {"x": 2.0}], [1.0, 1.0], [fate, fate])
    (line,) = lines(drawn(MadeStudy(table, [MadeAxis("x")], MadeSteps({})), NAME), f"fate.{fate}")
    assert line.get_marker() == LOOKS[fate].marker
    assert line.get_color() == LOOKS[fate].colour


def test_a_cell_of_many_runs_shows_what_most_came_to() -> None:
    rows = [{RATE: 0.05, "a": "x", "repeat": None}]
    rows += [{RATE: rate, "a": text, "repeat": k} for rate in (0.1, 0.2) for text in "xy" for k in range(3)]
    fates = ["converged", *["converged", "diverged", "converged"] * 2, *["stalled"] * 3, *["diverged"] * 3]
    axes = [MadeAxis(RATE), MadeAxis("a", "label"), MadeAxis("repeat", "seed")]
    made = MadeStudy(table_of(rows, [1.0] * 13, fates), axes, MadeSteps({}))
    figure = drawn(made, NAME)
    colours = {place: to_hex(cell.get_facecolor()) for place, cell in cells(figure).items()}
    words = {place: word for place, colour in colours.items() for word in FATES if LOOKS[word].colour == colour}
    assert words == {(0, 0): "converged", (0, 1): "converged", (1, 0): "stalled", (1, 1): "diverged"}
    small = [line.get_xydata()[0].round().tolist() for line in lines(figure, "some diverged")]
    assert sorted(small) == [[0, 0], [0, 1]]
    assert "a small ✕ where some diverged" in picture(made, NAME).caption


def test_over_one_number_there_is_a_row_for_each_fate() -> None:
    made = rates(25)
    figure = drawn(made, NAME)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == list(FATES)
    for place, fate in enumerate(FATES):
        own = made.table[(made.table["fate"] == fate) & (made.table["run"] > 0)]
        found = [line.get_xydata() for line in lines(figure, f"fate.{fate}")]
        expected = np.column_stack([own[RATE], np.full(len(own), place)])
        np.testing.assert_array_equal(np.concatenate([np.empty((0, 2)), *found]), expected)
    (star,) = lines(figure, "baseline")
    assert star.get_xydata().tolist() == [[0.05, FATES.index(made.table["fate"][0])]]


def test_numbers_drawn_at_random_are_points() -> None:
    rng = np.random.default_rng(0)
    rows = [{RATE: 0.05, FIRST: 0.21}, *({RATE: rng.uniform(0, 1), FIRST: rng.normal()} for _ in range(50))]
    made = study([MadeAxis(RATE), MadeAxis(FIRST)], rows)
    figure = drawn(made, NAME)
    found = np.concatenate([line.get_xydata() for fate in FATES for line in lines(figure, f"fate.{fate}")])
    assert sorted(map(tuple, found)) == sorted(zip(made.table[RATE][1:], made.table[FIRST][1:], strict=True))
    assert lines(figure, "baseline")[0].get_xydata().tolist() == [[0.05, 0.21]]


def test_labels_with_one_run_each_have_a_line_each() -> None:
    made = labels(["a", "b", "c"], 1)
    figure = drawn(made, NAME)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["baseline", "a", "b", "c"]
    for row in range(1, 4):
        word = made.table["fate"][row]
        assert [FATES.index(word), row] in [line.get_xydata()[0].tolist() for line in lines(figure, f"fate.{word}")]


def shares(figure: object, across: bool = False) -> dict[tuple[int, str], float]:
    """By bar and fate the share that is drawn."""
    patches = [each for each in figure.axes[0].patches if str(each.get_gid()).startswith("fate.")]  # type: ignore[attr-defined]  # a figure
    sizes = {}
    for each in patches:
        place = each.get_x() + each.get_width() / 2 if across else each.get_y() + each.get_height() / 2
        sizes[round(place), each.get_gid()[5:]] = each.get_height() if across else each.get_width()
    return sizes


def test_labels_with_many_runs_have_stacked_shares() -> None:
    made = labels(["small", "large"], 12)
    figure = drawn(made, NAME)
    found = shares(figure)
    assert found[0, made.table["fate"][0]] == 1.0
    for line, text in enumerate(["small", "large"], start=1):
        own = made.table[(made.table["initial_weights"] == text) & (made.table["run"] > 0)]["fate"]
        for fate in FATES:
            assert found.get((line, fate), 0.0) == pytest.approx((own == fate).mean())
    outlines = [patch for patch in figure.axes[0].patches if patch.get_gid() == "baseline"]
    assert len(outlines) == 1
    for patch in figure.axes[0].patches:
        if str(patch.get_gid()).startswith("fate."):
            assert patch.get_hatch() == (LOOKS[patch.get_gid()[5:]].hatch or None) or patch.get_hatch() == ""


def test_numbers_with_many_runs_have_stacked_shares() -> None:
    rows = [{"units": 2.0, "repeat": None}]
    rows += [{"units": units, "repeat": seed} for units in (1.0, 2.0, 4.0) for seed in range(10)]
    made = study([MadeAxis("units"), MadeAxis("repeat", "seed")], rows)
    figure = drawn(made, NAME)
    found = shares(figure, across=True)
    for bar, units in enumerate([1.0, 2.0, 4.0]):
        own = made.table[(made.table["units"] == units) & (made.table["run"] > 0)]["fate"]
        assert found.get((bar, "converged"), 0.0) == pytest.approx((own == "converged").mean())
    assert lines(figure, "baseline")[0].get_xdata().tolist() == [1.0]


def test_seeds_alone_are_one_bar_beside_the_baseline() -> None:
    rows: list[dict[str, int | None]] = [{"repeat": seed} for seed in (None, *range(20))]
    figure = drawn(study([MadeAxis("repeat", "seed")], rows), NAME)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["baseline", "all seeds"]


def test_the_caption_counts_the_fates() -> None:
    made = rates(25)
    caption = picture(made, NAME).caption
    for fate in FATES:
        count = int((made.table["fate"][1:] == fate).sum())
        assert (f"{count} {fate}" in caption) == (count > 0)
