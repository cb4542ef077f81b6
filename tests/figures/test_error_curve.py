"""The error over one weight: the curve, the tangent and the step are where they belong."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bprunner.figures.error_curve import HEIGHT, WIDTH, ErrorCurve, draw_error_curve
from tests.figures.networks import SVG, marked, texts, tree


def curve(current: float = 0.21, rate: float = 1.0, factor: float = 1.0) -> ErrorCurve:
    """A parabola with its minimum at 0.7."""

    def error(weight: float) -> float:
        return factor * 0.5 * (weight - 0.7) ** 2

    slope = factor * (current - 0.7)
    new = current - rate * slope
    points = tuple((at / 40, error(at / 40)) for at in range(-20, 81))
    return ErrorCurve(
        "error and w5",
        "w5",
        points,
        (current, error(current)),
        (new, error(new)),
        slope,
        "w5 = 0.21",
        "new",
        "slope",
        "step",
    )


def _numbers(path: str) -> list[float]:
    return [float(each) for each in re.findall(r"-?\d+\.?\d*", path)]


def _line(made: ErrorCurve, name: str) -> list[float]:
    found = [node for node in marked(draw_error_curve(made), "path", "data-line") if node.attrib["data-line"] == name]
    return _numbers(found[0].attrib["d"]) if found else []


@settings(max_examples=40, deadline=None)
@given(current=st.floats(-0.5, 2.0), rate=st.floats(0.01, 1.9), factor=st.sampled_from([1e-9, 0.1, 1.0, 1e12]))
def test_no_two_texts_overlap_and_all_are_inside(current: float, rate: float, factor: float) -> None:
    boxes = texts(draw_error_curve(curve(current, rate / factor, factor)))
    assert [(one, other) for one, other in combinations(boxes, 2) if one.overlaps(other)] == []
    assert all(box.width / 2 <= box.x <= WIDTH - box.width / 2 for box in boxes)
    assert all(box.height / 2 <= box.y <= HEIGHT - box.height / 2 for box in boxes)


@pytest.mark.parametrize("current", [-0.4, 0.0, 0.21, 0.69, 1.2, 1.9])
def test_the_tangent_touches_the_curve(current: float) -> None:
    x1, y1, x2, y2 = _line(curve(current), "tangent")
    drawn = _numbers(next(n.attrib["d"] for n in marked(draw_error_curve(curve(current)), "path", "data-line")))
    points = list(zip(drawn[::2], drawn[1::2], strict=True))
    # Of a parabola that opens upward the tangent lies below (greater heights), and touches at the point.
    for x, y in points:
        if x1 <= x <= x2:
            assert y <= y1 + (y2 - y1) * (x - x1) / (x2 - x1) + 0.05
    (dot,) = [
        n
        for n in marked(draw_error_curve(curve(current)), "circle", "data-point")
        if n.attrib["data-point"] == "current"
    ]
    x, y = float(dot.attrib["cx"]), float(dot.attrib["cy"])
    assert y == pytest.approx(y1 + (y2 - y1) * (x - x1) / (x2 - x1), abs=0.05)


@pytest.mark.parametrize("current", [0.1, 1.5])
def test_the_step_goes_from_the_weight_to_the_new_one(current: float) -> None:
    made = curve(current, 0.5)
    start, _, end = _line(made, "step")
    assert (start < end) == (made.current[0] < made.new[0])
    dots = {
        n.attrib["data-point"]: float(n.attrib["cx"]) for n in marked(draw_error_curve(made), "circle", "data-point")
    }
    assert start == dots["current"]
    assert abs(end - dots["new"]) <= 9


def test_a_step_of_nothing_has_no_arrow() -> None:
    made = curve(0.7)
    assert made.new == made.current
    assert _line(made, "step") == []


def test_what_is_not_finite_interrupts_the_curve() -> None:
    whole = curve()
    points = list(whole.points)
    points[50] = (points[50][0], math.nan)
    written = [
        node.attrib["d"]
        for node in marked(draw_error_curve(replace(whole, points=tuple(points))), "path", "data-line")
        if node.attrib["data-line"] == "error"
    ]
    assert written[0].count("M") == 2
    assert "nan" not in written[0]


@pytest.mark.parametrize(
    "fault",
    [{"points": ((0.0, 1.0),)}, {"current": (math.nan, 0.0)}, {"new": (0.0, math.inf)}, {"slope": math.nan}],
    ids=["points", "current", "new", "slope"],
)
def test_what_cannot_be_drawn_is_refused(fault: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="finite"):
        replace(curve(), **fault)  # type: ignore[arg-type]


def test_hostile_names_are_text() -> None:
    hostile = "<script>&\n\x00$" + "W" * 300
    made = replace(
        curve(),
        title=hostile,
        weight=hostile,
        current_text=hostile,
        new_text=hostile,
        slope_text=hostile,
        error_label=hostile,
    )
    drawing = draw_error_curve(made)
    tags = {node.tag.removeprefix(SVG) for node in tree(drawing).iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "circle", "path", "text"}
    assert "<script" not in drawing.svg
    boxes = texts(drawing)
    assert all(box.width / 2 <= box.x <= WIDTH - box.width / 2 for box in boxes)
    assert drawing.svg == draw_error_curve(made).svg
