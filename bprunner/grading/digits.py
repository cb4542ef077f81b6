"""Digits: what a written number stands for.

The last one may have come about in one of several ways: by rounding, or where that is declared by cutting off as well.
"""

from __future__ import annotations

from decimal import Decimal

from bprunner.checking.verdicts import agreement
from bprunner.grading.recomputing import Range
from bprunner.nn.rounding import as_decimal, at_decimals
from bprunner.spec.arithmetic import Way
from bprunner.spec.printed import Printed

_LONGEST = 15
Ways = tuple[Way, ...]


def agrees(printed: Printed, value: float, ways: Ways) -> bool:
    """Whether a number, at a figure's digits, is the figure."""
    return any(agreement(printed, value, way) for way in ways)


def is_entirely(printed: Printed, value: float) -> bool:
    """Whether a figure is a number in full: the decimal that it stands for, or all digits of the double."""
    return printed.number in (as_decimal(value), Decimal(repr(value))) or float(printed.number) == value


def at_digits(printed: Printed, value: float, way: Way) -> Decimal:
    """A number with as many decimals as a figure has."""
    number = as_decimal(value) if printed.significant < _LONGEST else Decimal(repr(value))
    return at_decimals(number, -_exponent(printed), way)


def unit(printed: Printed) -> Decimal:
    """One in the last digit."""
    return Decimal(1).scaleb(_exponent(printed))


def telling(printed: Printed) -> int:
    """How many digits tell something: none of a zero."""
    return printed.significant if printed.number else 0


def standing_for(printed: Printed, ways: Ways) -> tuple[float, float]:
    """The range of the numbers that are written so."""
    number, one = printed.number, unit(printed)
    ends = [number - one / 2, number + one / 2] if "half_up" in ways else [number]
    if "truncated" in ways:
        ends += [number - one] if number <= 0 else []
        ends += [number + one] if number >= 0 else []
    return float(min(ends)), float(max(ends))


def may_cover(value: float, printed: Printed, widest: float) -> bool:
    """Whether a range around a number can have a figure in it, and is worth looking for."""
    return abs(value - float(printed.number)) <= widest * abs(value) + float(unit(printed))


def covers(found: Range, printed: Printed, ways: Ways, widest: float) -> bool:
    """Whether a figure is what some number of a range gives. A range that reaches more than `widest` of its own number
    to either side counts for nothing: it would cover too much."""
    if agrees(printed, found.value, ways):
        return True
    if max(found.high - found.value, found.value - found.low) > widest * abs(found.value):
        return False
    return agrees(printed, min(max(float(printed.number), found.low), found.high), ways)


def _exponent(printed: Printed) -> int:
    exponent = printed.number.as_tuple().exponent
    assert isinstance(exponent, int)  # finite by construction
    return exponent
