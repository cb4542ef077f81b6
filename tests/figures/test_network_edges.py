"""Labels on edges: off one another, off other edges, and counted where that cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from bprunner.figures import network_layout
from bprunner.figures.network_data import Edge
from bprunner.figures.network_edges import Places, Span, place_labels


def placed(starts: list[float], ends: list[float], widths: list[float]) -> Places:
    return place_labels(Span(0.0, 200.0, np.array(starts), np.array(ends), np.array(widths), 16.0))


def test_a_lone_label_stands_on_its_edge_near_the_receiver() -> None:
    places = placed([0.0], [100.0], [40.0])
    assert 120 < places.x[0] < 160
    assert places.y[0] == pytest.approx(places.x[0] / 2)
    assert places.overlaps == 0


def test_a_label_makes_way_for_an_edge_that_crosses_at_its_best_place() -> None:
    # The second edge, without a label, crosses the first at 0.7 of the way.
    places = placed([0.0, -70.0], [0.0, 30.0], [30.0, 0.0])
    assert places.crossed[0] == 0
    assert abs(places.x[0] - 140) > 20


def test_labels_make_way_for_one_another() -> None:
    # All six meet at 0.7 of the way.
    heights = [-90.0, -54.0, -18.0, 18.0, 54.0, 90.0]
    places = placed([-each for each in heights], [each * 3 / 7 for each in heights], [40.0] * 6)
    assert places.overlaps == 0
    corners = list(zip(places.x, places.y, strict=True))
    for at, (x, y) in enumerate(corners):
        assert all(abs(x - a) >= 40 or abs(y - b) >= 16 for a, b in corners[at + 1 :])


def test_what_cannot_be_is_counted() -> None:
    assert placed([0.0] * 3, [0.0] * 3, [150.0] * 3).overlaps == 3
    assert placed([0.0], [0.0], [250.0]).overlaps == 1


def test_labels_that_overlap_are_no_layout() -> None:
    edges = [Edge("a", "b", "w1"), Edge("c", "d", "w2")]
    texts = ("a long text", "a long text")
    together, apart = [(0.0, 0.0), (1.0, 1.0)], [(0.0, 0.0), (50.0, 50.0)]
    assert network_layout._try(edges, texts, together, (30.0, 30.0), 110.0, None) is None
    assert network_layout._try(edges, texts, apart, (30.0, 30.0), 110.0, None) is not None
