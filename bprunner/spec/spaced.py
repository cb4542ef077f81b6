"""Spaced values: numbers at even differences or even ratios between two ends.

They are computed from the decimals that somebody wrote, and rounded once, to the nearest double: from 0.001 to 1 in
four values at even ratios there stand exactly 0.01 and 0.1, on every computer.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal
from fractions import Fraction

# Digits enough that a million multiplications are felt far behind those of a double.
_EXACT = Context(prec=60)


def linear(first: float, last: float, count: int) -> tuple[float, ...]:
    """`count` values with even differences, both ends included.

    Raises ValueError with a sentence where the ends are equal, the count is below 2, or neighbours are one double.
    """
    start, end = _ends(first, last, count)
    step = (Fraction(end) - Fraction(start)) / (count - 1)
    inner = (float(Fraction(start) + step * number) for number in range(1, count - 1))
    return _distinct(first, inner, last)


def geometric(first: float, last: float, count: int) -> tuple[float, ...]:
    """`count` values with even ratios, both ends included: the values themselves, and never exponents.

    Raises ValueError as `linear` does, and where the ends are not both above 0 or both below it.
    """
    start, end = _ends(first, last, count)
    if start * end <= 0:
        raise ValueError("even ratios need ends that are both above 0, or both below it")
    ratio = _EXACT.exp(_EXACT.divide(_EXACT.ln(_EXACT.divide(end, start)), Decimal(count - 1)))
    return _distinct(first, _multiplied(start, ratio, count - 2), last)


def _ends(first: float, last: float, count: int) -> tuple[Decimal, Decimal]:
    if first == last:
        raise ValueError("both ends are the same number")
    if count < 2:
        raise ValueError("two ends need a count of at least 2")
    return Decimal(repr(float(first))), Decimal(repr(float(last)))


def _multiplied(start: Decimal, ratio: Decimal, count: int) -> Iterator[float]:
    value = start
    for _ in range(count):
        value = _EXACT.multiply(value, ratio)
        yield float(value)


def _distinct(first: float, inner: Iterator[float], last: float) -> tuple[float, ...]:
    values = (float(first), *inner, float(last))
    if len(set(values)) < len(values):
        raise ValueError(f"between these ends there are no {len(values):,} different doubles at such distances")
    return values
