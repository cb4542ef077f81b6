"""The error over the steps of a run, with a mark that a player moves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bprunner.figures.scales import Scale, error_scale, step_ticks
from bprunner.figures.text import number_text
from bprunner.figures.thinning import finite_length, thin
from bprunner.figures.vector import document, element, number, paint, text_at, text_width

WIDTH, HEIGHT = 520.0, 180.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 70.0, 34.0, 30.0, 44.0
_SIZE = 12.0
_FEW_POINTS = 40

Place = tuple[float, float] | None


@dataclass(frozen=True)
class StepCurve:
    """The drawing, and where the mark stands for each of the steps that were asked for; None where the error is no
    finite number."""

    svg: str
    places: tuple[Place, ...]


def step_curve(
    steps: NDArray[np.int64], errors: NDArray[np.float64], rows: Sequence[int], words: Mapping[str, str], name: str
) -> StepCurve | None:
    """The curve up to the first error that is not finite, logarithmic where it runs through decades. rows: places
    among the steps that the mark can have. `words`: those called `player`. None where there are no two points."""
    length = finite_length(errors)
    if length < 2:
        return None
    plot = _Plot(steps[:length], errors[:length], words)
    svg = document(
        "".join(plot.parts()),
        width=WIDTH,
        height=HEIGHT,
        title=words["curve"],
        description=words["curve_described"].format(
            first=number_text(float(errors[0])),
            last=number_text(float(errors[length - 1])),
            start=int(steps[0]),
            end=int(steps[length - 1]),
        ),
        name=name,
        kind="player-curve",
    )
    places = tuple(plot.place(int(steps[row]), float(errors[row])) if row < length else None for row in rows)
    return StepCurve(svg, places)


class _Plot:
    def __init__(self, steps: NDArray[np.int64], errors: NDArray[np.float64], words: Mapping[str, str]) -> None:
        self.steps, self.errors, self.words = steps, errors, words
        self.scale: Scale = error_scale(errors)

    def place(self, step: int, error: float) -> tuple[float, float]:
        """In pixels. What a logarithm cannot show stands on the ground."""
        first, last = int(self.steps[0]), int(self.steps[-1])
        x = _LEFT + (step - first) / (last - first) * (WIDTH - _LEFT - _RIGHT)
        return x, HEIGHT - _BOTTOM - self._share(error) * (HEIGHT - _TOP - _BOTTOM)

    def _share(self, error: float) -> float:
        low, high = self.scale.low, self.scale.high
        if self.scale.kind == "log":
            low, high, error = math.log(low), math.log(high), math.log(max(error, low))
        return min(max((error - low) / (high - low), 0.0), 1.0)

    def parts(self) -> Iterator[str]:
        yield from self._axes()
        points = [self.place(int(self.steps[at]), float(self.errors[at])) for at in thin(self.errors, 400)]
        line = "L".join(f"{number(x)} {number(y)}" for x, y in points)
        yield element("path", {"d": f"M{line}", "data-line": "error", **paint(stroke="c0", line=2.0)})
        if len(points) <= _FEW_POINTS:
            for x, y in points:
                yield element("circle", {"cx": x, "cy": y, "r": 2.5, **paint("c0")})
        upright = element("path", {"d": f"M0 {number(_TOP)}V{number(HEIGHT - _BOTTOM)}", **paint(stroke="soft")})
        dot = element("circle", {"cx": 0.0, "cy": 0.0, "r": 5.5, **paint("c1", "paper", 1.5)})
        yield element("g", {"data-mark": "step"}, upright, dot)

    def _axes(self) -> Iterator[str]:
        bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
        for tick, text in zip(self.scale.ticks, self.scale.texts, strict=True):
            y = bottom - self._share(tick) * (bottom - _TOP)
            yield element("path", {"d": f"M{number(_LEFT)} {number(y)}H{number(right)}", **paint(stroke="faint")})
            yield text_at(_LEFT - 7, y, text, _SIZE, shade="soft", anchor="end", data_text="tick")
        yield from self._steps_axis(bottom)
        frame = f"M{number(_LEFT)} {number(_TOP)}V{number(bottom)}H{number(right)}"
        yield element("path", {"d": frame, **paint(stroke="soft", line=1.2)})
        yield text_at(_LEFT, _TOP - 15, self.words["curve_error"], 13.0, anchor="start", is_bold=True)
        yield text_at(right, bottom + 32, self.words["curve_step"], 13.0, anchor="end", is_bold=True)

    def _steps_axis(self, bottom: float) -> Iterator[str]:
        reached = -math.inf
        for tick in step_ticks(int(self.steps[0]), int(self.steps[-1]), self.steps):
            x, text = self.place(tick, 0.0)[0], f"{tick:,}"
            half = text_width(text, _SIZE) / 2
            if x - half > reached + 6:
                yield text_at(x, bottom + 13, text, _SIZE, shade="soft", data_text="tick")
                reached = x + half
