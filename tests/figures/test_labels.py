"""Labels are pushed apart, and no further."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.figures.labels import spread

HEIGHTS = st.lists(st.floats(0, 1), max_size=12)


@given(HEIGHTS)
def test_labels_never_overlap_and_never_leave(wanted: list[float]) -> None:
    heights = spread(wanted, gap=0.07)
    ordered = sorted(heights)
    assert all(high - low >= 0.07 - 1e-9 for low, high in itertools.pairwise(ordered))
    assert all(-1e-9 <= height <= 1 + 1e-9 for height in heights)


@given(HEIGHTS)
def test_labels_keep_the_order_of_their_lines(wanted: list[float]) -> None:
    heights = spread(wanted, gap=0.07)
    for a, b in itertools.combinations(range(len(wanted)), 2):
        assert (wanted[a] >= wanted[b]) == (heights[a] > heights[b])


@given(st.lists(st.integers(0, 10), unique=True, max_size=11))
def test_labels_with_room_stay_where_they_are(places: list[int]) -> None:
    wanted = [place / 10 for place in places]
    assert spread(wanted, gap=0.09) == pytest.approx(wanted)


def test_labels_without_room_share_what_there_is() -> None:
    assert spread([0.5] * 5, gap=0.9) == pytest.approx([1.0, 0.75, 0.5, 0.25, 0.0])
