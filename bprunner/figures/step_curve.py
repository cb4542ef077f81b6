"""The error over the steps of a run, as a light drawing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bprunner.figures.scales import Scale, error_scale
from bprunner.figures.text import one_line, shortened
from bprunner.figures.thinning import finite_length, thin
from bprunner.figures.vector import Drawing, document, element, number, paint, text_at, text_width

WIDTH, HEIGHT = 560.0, 300.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 70.0, 18.0, 34.0, 48.0
_SIZE, _FEW, _TICKS = 12.0, 24, 6


@dataclass(frozen=True)
class StepCurve:
    """steps, errors: (points,), at least one; what is not finite ends the line. The labels are the axes'.

    Raises ValueError where there is no point, or the first error is not finite.
    """

    title: str
    steps: NDArray[np.int64]
    errors: NDArray[np.float64]
    error_label: str = "error"
    step_label: str = "step"

    def __post_init__(self) -> None:
        if not len(self.steps) or not math.isfinite(self.errors[0]):
            raise ValueError("a curve begins with an error that is finite")


def draw_step_curve(curve: StepCurve, name: str | None = None) -> Drawing:
    """The picture. `name`: begins the SVG's ids; by default made of its content."""
    body = "".join(_Plot(curve).parts())
    title = one_line(curve.title)
    described = f"{curve.error_label} over {curve.step_label}"
    svg = document(body, width=WIDTH, height=HEIGHT, title=title, description=described, name=name, kind="step-curve")
    return Drawing(svg, WIDTH, HEIGHT, title)


class _Plot:
    def __init__(self, curve: StepCurve) -> None:
        length = finite_length(curve.errors)
        errors, steps = curve.errors[:length], curve.steps[:length]
        kept = thin(errors, int(WIDTH - _LEFT - _RIGHT))
        self.curve, self.errors, self.steps = curve, errors[kept], steps[kept]
        self.along = error_scale(errors)
        self.last = max(int(steps[-1]), 1)

    def x(self, step: float) -> float:
        return _LEFT + 8 + step / self.last * (WIDTH - _LEFT - _RIGHT - 16)

    def y(self, error: float) -> float:
        return HEIGHT - _BOTTOM - _share(error, self.along) * (HEIGHT - _TOP - _BOTTOM)

    def parts(self) -> Iterator[str]:
        bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
        for tick, text in zip(self.along.ticks, self.along.texts, strict=True):
            y = number(self.y(tick))
            yield element("path", {"d": f"M{number(_LEFT)} {y}H{number(right)}", **paint(stroke="faint")})
            place = (_LEFT - 7, self.y(tick), shortened(text, 8), _SIZE)
            yield text_at(*place, shade="soft", anchor="end", data_text="tick")
        for step in self._step_ticks():
            yield text_at(self.x(step), bottom + 14, f"{step:,}", _SIZE, shade="soft", data_text="tick")
        frame = f"M{number(_LEFT)} {number(_TOP)}V{number(bottom)}H{number(right)}"
        yield element("path", {"d": frame, **paint(stroke="soft", line=1.2)})
        points = [f"{number(self.x(float(s)))} {number(self.y(float(e)))}" for s, e in self._drawn()]
        yield element("path", {"d": f"M{'L'.join(points)}", "data-line": "error", **paint(stroke="c0", line=2.2)})
        if len(points) <= _FEW:
            for step, error in self._drawn():
                at = {"cx": self.x(float(step)), "cy": self.y(float(error)), "r": 4.0}
                yield element("circle", {**at, "data-point": str(step), **paint("c0", "paper", 1.2)})
        label = shortened(one_line(self.curve.error_label), 50)
        yield text_at(_LEFT, _TOP - 16, label, 13.0, anchor="start", is_bold=True, data_text="axis")
        label = shortened(one_line(self.curve.step_label), 30)
        yield text_at(right, bottom + 34, label, 13.0, anchor="end", is_bold=True, data_text="axis")

    def _drawn(self) -> list[tuple[int, float]]:
        """The points; zeros have no logarithm."""
        pairs = zip(self.steps.tolist(), self.errors.tolist(), strict=True)
        return [(step, error) for step, error in pairs if self.along.kind != "log" or error > 0]

    def _step_ticks(self) -> list[int]:
        """Whole steps with room for their texts."""
        room = (WIDTH - _LEFT - _RIGHT) / max(1.0, text_width(f"{self.last:,}", _SIZE) + 16)
        apart = max(1, math.ceil(self.last / min(_TICKS, max(1, int(room)))))
        size = 10 ** math.floor(math.log10(apart))
        apart = next(factor * size for factor in (1, 2, 5, 10) if factor * size >= apart)
        return list(range(0, self.last + 1, apart))


def _share(value: float, scale: Scale) -> float:
    """Where on the axis, from 0 to 1."""
    low, high = scale.low, scale.high
    if scale.kind == "log":
        value, low, high = math.log10(max(value, low)), math.log10(low), math.log10(high)
    return (min(max(value, low), high) - low) / (high - low)
