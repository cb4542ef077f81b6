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


def test_numbers_drawn_at_random_are_points() -> None:
    rng = np.random.default_rng(0)
    rows = [{RATE: 0.05, FIRST: 0.21}, *({RATE: rng.uniform(0, 1), FIRST: rng.normal()} for _ in range(50))]
    made = study([MadeAxis(RATE), MadeAxis(FIRST)], rows)
    figure = drawn(made, NAME)
    found = np.concatenate([line.get_xydata() for fate in FATES for line in lines(figure, f"fate.{fate}")])
    assert sorted(map(tuple, found)) == sorted(zip(made.table[RATE][1:], made.table[FIRST][1:], strict=True))
    assert lines(figure, "baseline")[0].get_xydata().tolist() == [[0.05, 0.21]]


def test_the_caption_counts_the_fates() -> None:
    made = rates(25)
    caption = picture(made, NAME).caption
    for fate in FATES:
        count = int((made.table["fate"][1:] == fate).sum())
        assert (f"{count} {fate}" in caption) == (count > 0)
