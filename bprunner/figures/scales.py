"""A scale says how values become heights: which axis, from where to where, with which ticks.

Linear is what everybody reads best, so the others have to earn their place: the logarithm when an error runs
through decades, the symmetric logarithm when weights run away in both directions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bprunner.figures.text import number_text, power_text, tick_texts

Values = NDArray[np.float64]

# The range that axes can still compute with; a float64 reaches further.
_SMALLEST, _TINY, _LARGEST = 1e-300, 1e-280, 1e300
_MARGIN = 0.06
_FEW_NUMBERS, _APART = 7, 0.08


@dataclass(frozen=True)
class Scale:
    """An axis: its kind, its ends, its ticks and their texts. `threshold`: where symmetric log turns linear."""

    kind: Literal["linear", "log", "symlog"]
    low: float
    high: float
    ticks: tuple[float, ...]
    texts: tuple[str, ...]
    threshold: float = 1.0


def error_scale(errors: Values) -> Scale:
    """Logarithmic where the error runs through two decades or more.

    The lowest tenth is not asked: a single lucky sample with an error near zero is no reason. Zeros have no
    logarithm; their line leaves the picture at the bottom.
    """
    positive = errors[errors > 0]
    if len(positive) == 0 or (errors < 0).any() or positive.max() / 100 < np.quantile(positive, 0.1):
        return linear_scale([errors])
    return _log_scale(float(positive.min()), float(positive.max()))


def parameter_scale(lines: Sequence[Values]) -> Scale:
    """Symmetric logarithmic where weights run away: beyond 10,000, and beyond 1,000 times their beginning."""
    starts = max((abs(float(line[0])) for line in lines if len(line)), default=0.0)
    largest = max((float(np.abs(line).max()) for line in lines if len(line)), default=0.0)
    if largest > _LARGEST / 10 or largest > max(1e4, 1e3 * starts):
        low = min(float(line.min()) for line in lines if len(line))
        high = max(float(line.max()) for line in lines if len(line))
        return _symmetric_log_scale(low, high, min(starts, largest / 1e3, 1e200))
    return linear_scale(lines)


def linear_scale(lines: Sequence[Values]) -> Scale:
    """From the lowest to the highest value, with some air; a constant gets air on both sides."""
    low = _drawable(min((float(line.min()) for line in lines if len(line)), default=0.0))
    high = _drawable(max((float(line.max()) for line in lines if len(line)), default=1.0))
    size = max(abs(low), abs(high))
    if high - low <= 1e-9 * size:
        # What differs in the tenth digit only is constant to the eye; zooming in would show rounding noise.
        low, high = low - 0.1 * (size or 1.0), high + 0.1 * (size or 1.0)
    air = _MARGIN * (high - low)
    bottom, top = low - air, high + air
    ticks = tuple(_round_ticks(bottom, top))
    return Scale("linear", bottom, top, ticks, tuple(tick_texts(ticks)))


def number_scale(numbers: Values, is_geometric: bool, may_tick: bool = True) -> Scale:
    """The axis of numbers that were chosen. Where they are few, and `may_tick`, each is a tick; else ticks are round.

    numbers: (n,), finite, at least one; above 0 where `is_geometric`, and then the axis is logarithmic.
    """
    known = np.unique(numbers)
    is_geometric = is_geometric and len(known) > 1
    scale = _log_scale(float(known[0]), float(known[-1])) if is_geometric else linear_scale([known])
    if may_tick and len(known) <= _FEW_NUMBERS and _are_apart(known, scale):
        return replace(scale, ticks=tuple(known.tolist()), texts=tuple(number_text(each, 4) for each in known.tolist()))
    if is_geometric and len(scale.ticks) < 3:
        ticks = _one_two_five(scale)
        return replace(scale, ticks=ticks, texts=tuple(number_text(tick) for tick in ticks))
    if not is_geometric and np.all(known == np.round(known)) and known[-1] - known[0] >= 1:
        ticks = tuple(tick for tick in scale.ticks if tick == round(tick))
        return replace(scale, ticks=ticks, texts=tuple(tick_texts(ticks)))
    return scale


def _are_apart(known: Values, scale: Scale) -> bool:
    """Whether texts at these ticks have room beside one another."""
    heights = (
        np.log([scale.low, *known, scale.high]) if scale.kind == "log" else np.array([scale.low, *known, scale.high])
    )
    inside = scale.low <= known[0] and known[-1] <= scale.high
    return inside and bool(np.all(np.diff(heights[1:-1]) >= _APART * (heights[-1] - heights[0])))


def _one_two_five(scale: Scale) -> tuple[float, ...]:
    first, last = math.floor(math.log10(scale.low)), math.ceil(math.log10(scale.high))
    ticks = [float(f"{factor}e{exponent}") for exponent in range(first, last + 1) for factor in (1, 2, 5)]
    return tuple(tick for tick in ticks if scale.low <= tick <= scale.high)


def _drawable(value: float) -> float:
    """The nearest number that a linear axis can still compute with."""
    return 0.0 if abs(value) < _TINY else min(max(value, -_LARGEST), _LARGEST)


def _log_scale(low: float, high: float) -> Scale:
    bottom = math.log10(min(max(low, _SMALLEST), _LARGEST / 100))
    top = math.log10(min(max(high, _SMALLEST * 100), _LARGEST))
    air = _air(top - bottom)
    exponents = _exponents(math.ceil(bottom - air), math.floor(top + air))
    ticks = tuple(float(f"1e{exponent}") for exponent in exponents)
    return Scale("log", 10.0 ** (bottom - air), 10.0 ** (top + air), ticks, tuple(_power_texts(exponents)))


def _symmetric_log_scale(low: float, high: float, start: float) -> Scale:
    start_exponent = math.ceil(math.log10(max(start, 0.1)))
    threshold = float(f"1e{start_exponent}")
    up, down = _decades(high, threshold), _decades(-low, threshold)
    stride = _stride(up + down)
    above = [e for e in range(start_exponent + 1, start_exponent + up + 1) if e % stride == 0]
    below = [e for e in range(start_exponent + down, start_exponent, -1) if e % stride == 0]
    texts = (*(f"−{text}" for text in _power_texts(below)), "0", *_power_texts(above))
    ticks = (*(-float(f"1e{e}") for e in below), 0.0, *(float(f"1e{e}") for e in above))
    air = _air(up + down)
    return Scale("symlog", -threshold * 10.0 ** (down + air), threshold * 10.0 ** (up + air), ticks, texts, threshold)


def _air(decades: float) -> float:
    """The margin of so many decades; six at most, for beyond 1e300 there are not many more."""
    return min(6.0, _MARGIN * decades)


def _decades(value: float, threshold: float) -> int:
    """How many decades a value lies above the threshold, rounded up; 0 where it lies below."""
    return max(0, math.ceil(math.log10(min(max(value, threshold), _LARGEST) / threshold)))


def _exponents(first: int, last: int) -> list[int]:
    """At most about six exponents from first to last, all multiples of the same round number."""
    stride = _stride(last - first)
    return [exponent for exponent in range(first, last + 1) if exponent % stride == 0]


def _stride(decades: int) -> int:
    return next((stride for stride in (1, 2, 3, 5, 10, 20, 25, 50) if decades <= 6 * stride), 100)


def _power_texts(exponents: Sequence[int]) -> list[str]:
    """0.01, 0.1, 1, 10 near one; all as powers of ten where one of them needs it."""
    if all(-4 <= exponent <= 4 for exponent in exponents):
        return [number_text(float(f"1e{exponent}")) for exponent in exponents]
    return [power_text(exponent) for exponent in exponents]


def _round_ticks(low: float, high: float) -> list[float]:
    """About five multiples of 1, 2 or 5 times a power of ten, inside the ends."""
    step = _round_step((high - low) / 5)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def _round_step(rough: float) -> float:
    exponent = math.floor(math.log10(rough))
    factor = next((f for f in (1, 2, 5) if rough / 10.0**exponent <= f * 1.0001), 10)
    return float(f"{factor}e{exponent}")


def step_ticks(first: int, last: int, recorded: NDArray[np.int64]) -> list[int]:
    """Whole steps: each recorded one where there are few, round numbers otherwise."""
    shown = recorded[(recorded >= first) & (recorded <= last)]
    if first == last or (len(shown) <= 11 and last - first <= 20):
        return [int(step) for step in shown]
    step = max(1, round(_round_step((last - first) / 8)))
    return list(range(-(-first // step) * step, last + 1, step))
