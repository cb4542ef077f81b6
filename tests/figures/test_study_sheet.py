"""The paper of a study's pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.figures.look import house_style
from bprunner.figures.panels import add_panel
from bprunner.figures.scales import number_scale
from bprunner.figures.study_sheet import add_rail, columns_room, darkened, heights, label_style, new_sheet, place, ramp


@given(st.lists(st.floats(1e-200, 1e200), min_size=2, unique=True), st.booleans())
def test_heights_go_from_the_lower_end_to_the_upper(numbers: list[float], is_geometric: bool) -> None:
    scale = number_scale(np.array(numbers), is_geometric)
    found = heights(scale, np.array([-np.inf, scale.low, *sorted(numbers), scale.high, np.inf]))
    assert (found[0], found[-1]) == (0.0, 1.0)
    assert (np.diff(found) >= 0).all()


def test_the_ramp_gets_lighter_and_never_as_light_as_the_paper() -> None:
    red, green, blue, _ = np.array([ramp()(share) for share in np.linspace(0, 1, 50)]).T
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    assert (np.diff(light) > 0).all()
    assert light[-1] < 0.8


def test_labels_have_styles_of_their_own() -> None:
    assert len({str(label_style(index)) for index in range(15)}) == 15


def test_a_darkened_colour_is_darker() -> None:
    assert darkened("#ffffff") == "#bfbfbf"


def test_texts_are_cut_to_what_has_room() -> None:
    texts, room = columns_room(["a" * 50, "b\nc"], 10)
    assert [len(text) for text in texts] == [10, 3]
    assert room == pytest.approx(10 * 0.62 * 9 / 72)


@pytest.mark.parametrize("side", ["top", "bottom", "left", "right"])
def test_a_rail_is_beside_its_panel(side: str) -> None:
    with house_style():
        figure = new_sheet("t", "s")
        box = place(figure)
        panel, rail = add_panel(figure, box).get_position(), add_rail(figure, box, side, "0").get_position()
    assert not panel.overlaps(rail)
    along = ("x0", "x1") if side in ("top", "bottom") else ("y0", "y1")
    assert [getattr(rail, end) for end in along] == pytest.approx([getattr(panel, end) for end in along])
