"""The error as a function of one weight, and the step of gradient descent on it.

The curve is the error where only this weight varies; the tangent at the current weight is its gradient; the arrow
below goes from the current weight to the new one. Where other weights change in the same step, or weights are
rounded, the new point need not lie on the curve: it is drawn where it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bprunner.figures.scales import Scale, linear_scale
from bprunner.figures.text import one_line, shortened
from bprunner.figures.vector import Drawing, document, element, number, paint, text_at, text_width

WIDTH, HEIGHT = 560.0, 376.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 70.0, 18.0, 34.0, 80.0
# Below the axis: its ticks, the step's arrow, the arrow's text and the axis's name.
_TICKS_AT, _STEP_AT, _STEP_TEXT_AT, _NAME_AT = 13.0, 29.0, 46.0, 66.0
_SIZE, _LONG, _LINE = 12.0, 30, 17.0
_TANGENT = 0.2  # of the axis, to either side

Point = tuple[float, float]


@dataclass(frozen=True)
class ErrorCurve:
    """weight: its name. points: (weight, error) along the curve, by weight; those that are not finite interrupt it.

    current, new: (weight, error) before and after the step; slope: ∂error/∂weight at the current one. The texts stand
    at the points, the tangent and the arrow; they are the caller's, who knows how numbers are rounded.
    Raises ValueError where no two points are finite, or current, new or slope are not.
    """

    title: str
    weight: str
    points: tuple[Point, ...]
    current: Point
    new: Point
    slope: float
    current_text: str = ""
    new_text: str = ""
    slope_text: str = ""
    step_text: str = ""
    error_label: str = "error"

    def __post_init__(self) -> None:
        if sum(_is_finite(point) for point in self.points) < 2:
            raise ValueError("a curve needs at least two finite points")
        if not (_is_finite(self.current) and _is_finite(self.new) and math.isfinite(self.slope)):
            raise ValueError("the current point, the new one and the slope must be finite")


def _is_finite(point: Point) -> bool:
    return all(map(math.isfinite, point))


def draw_error_curve(curve: ErrorCurve, name: str | None = None) -> Drawing:
    """The picture. `name`: begins the SVG's ids; by default made of its content."""
    texts = [curve.current_text, curve.slope_text, curve.step_text, curve.new_text]
    said = "; ".join(one_line(text) for text in texts if text)
    body = "".join(_Plot(curve).parts())
    described = f"{curve.error_label} over {curve.weight}. {said}"
    svg = document(
        body, width=WIDTH, height=HEIGHT, title=curve.title, description=described, name=name, kind="error-curve"
    )
    return Drawing(svg, WIDTH, HEIGHT, one_line(curve.title))


class _Plot:
    def __init__(self, curve: ErrorCurve) -> None:
        finite = [point for point in curve.points if _is_finite(point)]
        marks = [curve.current, curve.new]
        self.curve = curve
        self.across = linear_scale([np.array([x for x, _ in [*finite, *marks]])])
        self.along = linear_scale([np.array([y for _, y in [*finite, *marks]])])

    def x(self, weight: float) -> float:
        return _LEFT + _share(weight, self.across) * (WIDTH - _LEFT - _RIGHT)

    def y(self, error: float) -> float:
        return HEIGHT - _BOTTOM - _share(error, self.along) * (HEIGHT - _TOP - _BOTTOM)

    def parts(self) -> Iterator[str]:
        yield from self.threads()
        yield from self.axes()
        yield element("path", {"d": self._curve(), "data-line": "error", **paint(stroke="c0", line=2.2)})
        yield from self.tangent()
        yield from self.step()
        for what, point, shade in (("current", self.curve.current, "ink"), ("new", self.curve.new, "c1")):
            at = {"cx": self.x(point[0]), "cy": self.y(point[1]), "r": 5.5}
            yield element("circle", {**at, "data-point": what, **paint(shade, "paper", 1.5)})
        yield from self.texts()

    def axes(self) -> Iterator[str]:
        bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
        # Every second tick where their texts would touch.
        widest = max((text_width(text, _SIZE) for text in self.across.texts), default=0.0) + 10
        apart = (right - _LEFT) / max(1, len(self.across.ticks))
        every = max(1, math.ceil(widest / apart))
        for tick, text in list(zip(self.across.ticks, self.across.texts, strict=True))[::every]:
            x = number(self.x(tick))
            yield element("path", {"d": f"M{x} {number(_TOP)}V{number(bottom)}", **paint(stroke="faint")})
            yield text_at(self.x(tick), bottom + _TICKS_AT, text, _SIZE, shade="soft", has_halo=True, data_text="tick")
        for tick, text in zip(self.along.ticks, self.along.texts, strict=True):
            y = number(self.y(tick))
            yield element("path", {"d": f"M{number(_LEFT)} {y}H{number(right)}", **paint(stroke="faint")})
            yield text_at(
                _LEFT - 7, self.y(tick), shortened(text, 8), _SIZE, shade="soft", anchor="end", data_text="tick"
            )
        frame = f"M{number(_LEFT)} {number(_TOP)}V{number(bottom)}H{number(right)}"
        yield element("path", {"d": frame, **paint(stroke="soft", line=1.2)})
        label = shortened(one_line(self.curve.error_label), 50)
        yield text_at(_LEFT, _TOP - 16, label, 13.0, anchor="start", is_bold=True, data_text="axis")
        label = shortened(one_line(self.curve.weight), _LONG)
        yield text_at(right, bottom + _NAME_AT, label, 13.0, anchor="end", is_bold=True, data_text="axis")

    def _curve(self) -> str:
        written, is_on = [], False
        for point in self.curve.points:
            if _is_finite(point):
                written.append(f"{'L' if is_on else 'M'}{number(self.x(point[0]))} {number(self.y(point[1]))}")
            is_on = _is_finite(point)
        return "".join(written)

    def _ends_of_tangent(self) -> tuple[Point, Point]:
        """In pixels; shorter where it would leave the frame."""
        x, y = self.x(self.curve.current[0]), self.y(self.curve.current[1])
        # The slope in pixels: the axes' scales differ.
        steep = -self.curve.slope * (self.along_pixels() / self.across_pixels())
        reach = _TANGENT * (WIDTH - _LEFT - _RIGHT) / math.hypot(1.0, steep)
        ends = []
        for side in (-1, 1):
            room = (x - _LEFT) if side < 0 else (WIDTH - _RIGHT - x)
            rise = side * steep
            if rise:
                room = min(room, ((HEIGHT - _BOTTOM - y) if rise > 0 else (y - _TOP)) / abs(rise))
            far = max(0.0, min(reach, room))
            ends.append((x + side * far, y + rise * far))
        return ends[0], ends[1]

    def along_pixels(self) -> float:
        return (HEIGHT - _TOP - _BOTTOM) / (self.along.high - self.along.low)

    def across_pixels(self) -> float:
        return (WIDTH - _LEFT - _RIGHT) / (self.across.high - self.across.low)

    def tangent(self) -> Iterator[str]:
        (x1, y1), (x2, y2) = self._ends_of_tangent()
        line = {"d": f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}", "data-line": "tangent"}
        yield element("path", {**line, **paint(stroke="c3", line=2.0), "stroke-dasharray": "7 4"})

    def threads(self) -> Iterator[str]:
        """From the two points down to the ends of the step's arrow."""
        for weight, error in (self.curve.current, self.curve.new):
            d = f"M{number(self.x(weight))} {number(self.y(error))}V{number(HEIGHT - _BOTTOM + _STEP_AT)}"
            yield element("path", {"d": d, **paint(stroke="soft", line=1.0), "stroke-dasharray": "2 3"})

    def step(self) -> Iterator[str]:
        """From the current weight to the new one, below the axis."""
        level = HEIGHT - _BOTTOM + _STEP_AT
        start, end = self.x(self.curve.current[0]), self.x(self.curve.new[0])
        if start == end:
            return
        back = math.copysign(min(9.0, abs(end - start)), start - end)
        line = {"d": f"M{number(start)} {number(level)}H{number(end + back)}", "data-line": "step"}
        yield element("path", {**line, **paint(stroke="c1", line=4.0)})
        yield element("path", {"d": f"M{number(end)} {number(level)}l{number(back)} -6v12z", **paint("c1")})

    def texts(self) -> Iterator[str]:
        """Each near what it names, off the curve and the other texts."""
        ends = self._ends_of_tangent()
        far = min(ends, key=lambda end: end[1])
        level = HEIGHT - _BOTTOM
        wanted = [
            ("current", self.curve.current_text, self._pixels(self.curve.current), "ink"),
            ("new", self.curve.new_text, self._pixels(self.curve.new), "c1"),
            ("slope", self.curve.slope_text, far, "c3"),
        ]
        lines = [self._pixels(point) for point in self.curve.points if _is_finite(point)]
        lines = [p for one, other in pairwise(lines) for p in _along(one, other)]
        lines += [*_along(*ends), self._pixels(self.curve.current), self._pixels(self.curve.new)]
        for mark in (self.curve.current, self.curve.new):
            lines += _along(self._pixels(mark), (self.x(mark[0]), level))
        taken: list[tuple[float, float, float]] = []
        for what, text, near, shade in wanted:
            text = shortened(one_line(text), _LONG)
            if text:
                width = text_width(text, _SIZE, is_bold=True) + 6
                x, y = _place(near, width, lines, taken)
                taken.append((x, y, width))
                yield text_at(x, y, text, _SIZE, shade=shade, is_bold=True, has_halo=True, data_text=what)

        text = shortened(one_line(self.curve.step_text), _LONG)
        if text:
            half = text_width(text, _SIZE, is_bold=True) / 2
            middle = (self.x(self.curve.current[0]) + self.x(self.curve.new[0])) / 2
            x = min(max(middle, half + 4), WIDTH - half - 4)
            yield text_at(x, level + _STEP_TEXT_AT, text, _SIZE, shade="c1", is_bold=True, data_text="step")

    def _pixels(self, point: Point) -> Point:
        return self.x(point[0]), self.y(point[1])


def _along(one: Point, other: Point) -> list[Point]:
    """Points close enough together that no text slips between them."""
    count = max(1, math.ceil(math.dist(one, other) / 6))
    return [
        (one[0] + (other[0] - one[0]) * k / count, one[1] + (other[1] - one[1]) * k / count) for k in range(count + 1)
    ]


def _place(near: Point, width: float, lines: Sequence[Point], taken: Sequence[tuple[float, float, float]]) -> Point:
    """The middle of a text of this width: never on another text, off the lines where that can be, as near as can be."""
    best, best_cost = near, math.inf
    line_points = np.array(lines)
    for row in range(-14, 15):
        for column in range(-10, 11):
            x = near[0] + column * (width / 2 + 12) / 4
            y = near[1] + row * _LINE
            x = min(max(x, _LEFT + width / 2 + 2), WIDTH - _RIGHT - width / 2)
            if not _TOP + _LINE / 2 <= y <= HEIGHT - _BOTTOM - _LINE / 2 - 4:
                y = min(max(y, _TOP + _LINE / 2), HEIGHT - _BOTTOM - _LINE / 2 - 4)
            if any(abs(x - a) < (width + w) / 2 and abs(y - b) < _LINE for a, b, w in taken):
                continue
            off = np.abs(line_points - (x, y)) < (width / 2 + 3, _LINE / 2 + 2)
            cost = 12.0 * int(off.all(axis=1).sum()) + math.hypot((x - near[0]) / 2, y - near[1])
            if cost < best_cost:
                best, best_cost = (x, y), cost
    return best


def _share(value: float, scale: Scale) -> float:
    """Where on the axis, from 0 to 1."""
    return (min(max(value, scale.low), scale.high) - scale.low) / (scale.high - scale.low)
