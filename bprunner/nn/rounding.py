"""Rounding as people do it by hand: to so many decimals, half up, or by cutting the rest off.

A float64 is read as the decimal number of 15 significant digits that it stands for (every float64 carries
15 faithfully), so 0.285 rounds to 0.29 and the 0.7999999999999999 of a computation counts as the 0.8 that a
person has on paper. Where so many decimals are asked for that 15 digits do not reach them, all 17 count.
Half up means half away from zero; cutting goes towards zero. A number of nn/decimals.py is rounded as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Any

import numpy as np

from bprunner.nn.arrays import Array
from bprunner.nn.decimals import Number, are_decimals

ROUNDINGS: Mapping[str, str] = {"half_up": ROUND_HALF_UP, "truncated": ROUND_DOWN}
"""The ways of rounding, and what Python's decimal module calls them."""

_DOUBTFUL = 1e-6
# From here on a double has no room for anything smaller than the last decimal: there is nothing to round.
_LARGEST = 2.0**53
# Up to here a power of ten is exact, so that dividing by it rounds once: the nearest double of the decimal.
_EXACT_POWERS = 22
_CERTAIN_DIGITS = 15
_MOST_DIGITS = 25


def as_decimal(value: float) -> Decimal:
    """The decimal number of 15 significant digits that a float64 stands for."""
    return Decimal(format(value, ".15g"))


def round_number(value: float, decimals: int, rounding: str) -> Decimal:
    """One finite number, rounded to so many decimals."""
    number = as_decimal(value)
    if number.adjusted() + decimals >= _CERTAIN_DIGITS:
        number = Decimal(repr(value))
    return at_decimals(number, decimals, rounding)


def at_decimals(number: Decimal, decimals: int, rounding: str) -> Decimal:
    """Rounded to so many decimals; left as it is where that takes far more digits than a double has."""
    if number.adjusted() + decimals > _MOST_DIGITS:
        return number
    return number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUNDINGS[rounding])


def rounder(decimals: int, rounding: str) -> Callable[[Array], Array]:
    """A function that rounds arrays of any shape, element by element; non-finite values pass unchanged."""
    if rounding not in ROUNDINGS or not 0 <= decimals <= _EXACT_POWERS:
        raise ValueError(f"no rounding {rounding!r} to {decimals} decimals")

    def round_array(values: Array) -> Array:
        one_by_one = are_decimals(values)
        return _rounded_objects(values, decimals, rounding) if one_by_one else _rounded(values, decimals, rounding)

    return round_array


def _rounded(values: Array, decimals: int, rounding: str) -> Array:
    """Fast where the digits beyond leave no doubt; exact, one at a time, near a tie or a whole number."""
    scale = 10.0**decimals
    scaled = np.abs(values) * scale
    shift = 0.5 if rounding == "half_up" else 0.0
    shifted = scaled + shift
    result: Array = np.copysign(np.floor(shifted) / scale, values)
    doubtful = np.abs(shifted - np.rint(shifted)) <= _DOUBTFUL * np.maximum(1.0, scaled * 1e-6)
    unchanged = ~(scaled < _LARGEST)
    result = np.where(unchanged, values, result)
    for index in zip(*np.nonzero(doubtful & ~unchanged), strict=True):
        result[index] = float(round_number(float(values[index]), decimals, rounding))
    return result


def _rounded_objects(values: Any, decimals: int, rounding: str) -> Array:
    """Numbers of so many digits, each rounded exactly."""
    result = np.empty(values.shape, dtype=object)
    for index, value in np.ndenumerate(values):
        result[index] = _rounded_exactly(value, decimals, rounding)
    rounded: Array = result
    return rounded


def _rounded_exactly(number: Number, decimals: int, rounding: str) -> Number:
    """What has no more decimals than asked for, and what is not finite, is left as it is."""
    value = number.value
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -decimals:
        return number
    room = Context(prec=max(1, value.adjusted() + decimals + 2), rounding=ROUNDINGS[rounding])
    return Number(value.quantize(Decimal(1).scaleb(-decimals), context=room), number.digits)
