"""Decimal arithmetic: numbers of so many significant digits, in the same arrays and by the same formulas as doubles.

An array of decimals is a NumPy array of objects, each a `Number`. It takes part in + - * / ** and comparisons with
other numbers, and NumPy calls its methods exp, log, sqrt, tanh and so on by name, as for doubles. A float that meets
a number is read by its shortest decimal, so that 0.1 is one tenth. Every result is rounded once to the digits of its
numbers, half to even. There are no exceptions: what overflows is infinite, what is undefined is nan, as with doubles.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from functools import lru_cache
from typing import Any

import numpy as np

from bprunner.nn.arrays import Array

DECIMAL_ACTIVATIONS = frozenset(
    {"linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "softmax", "step", "gaussian"}
)
"""The activations that there are in decimals: all but the two gelus, whose erf and whose constants are doubles."""

# Digits beyond those asked for, so that what is computed in steps is rounded once, as far as anyone can tell.
_GUARD = 12
_ONE, _TWO, _ZERO = Decimal(1), Decimal(2), Decimal(0)


@lru_cache(maxsize=64)
def _context(digits: int) -> Context:
    """Rounding half to even, to so many digits; nothing is trapped."""
    return Context(prec=digits, rounding=ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999, clamp=0, flags=[], traps=[])


def _as_decimal(value: object) -> Decimal | None:
    """A number of any kind as a Decimal, exactly; None for what is no number."""
    if isinstance(value, Number):
        return value.value
    if isinstance(value, float):
        return Decimal(float.__repr__(value))
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, (np.integer, np.floating)):
        return _as_decimal(value.item())
    return value if isinstance(value, Decimal) else None


class Number:
    """One decimal number, with the digits that what is computed from it has."""

    __slots__ = ("digits", "value")

    def __init__(self, value: Decimal | float, digits: int) -> None:
        """Rounded to so many significant digits; a float is read by its shortest decimal."""
        exact = _as_decimal(value)
        if exact is None:
            raise TypeError(f"no number: {value!r}")
        self.digits = digits
        self.value = _context(digits).create_decimal(exact)

    # Arithmetic

    def _with(self, other: object, f: Callable[[Decimal, Decimal], Decimal]) -> Number:
        """f of two decimals, self first; NotImplemented lets NumPy take over where the other one is an array."""
        right = _as_decimal(other)
        return NotImplemented if right is None else _made(f(self.value, right), self.digits)

    def _after(self, other: object, f: Callable[[Decimal, Decimal], Decimal]) -> Number:
        left = _as_decimal(other)
        return NotImplemented if left is None else _made(f(left, self.value), self.digits)

    def __add__(self, other: object) -> Number:
        return self._with(other, _context(self.digits).add)

    def __radd__(self, other: object) -> Number:
        return self._after(other, _context(self.digits).add)

    def __sub__(self, other: object) -> Number:
        return self._with(other, _context(self.digits).subtract)

    def __rsub__(self, other: object) -> Number:
        return self._after(other, _context(self.digits).subtract)

    def __mul__(self, other: object) -> Number:
        return self._with(other, _context(self.digits).multiply)

    def __rmul__(self, other: object) -> Number:
        return self._after(other, _context(self.digits).multiply)

    def __truediv__(self, other: object) -> Number:
        return self._with(other, _context(self.digits).divide)

    def __rtruediv__(self, other: object) -> Number:
        return self._after(other, _context(self.digits).divide)

    def __pow__(self, other: object) -> Number:
        return self._with(other, _power(self.digits))

    def __rpow__(self, other: object) -> Number:
        return self._after(other, _power(self.digits))

    def __neg__(self) -> Number:
        return _made(self.value.copy_negate(), self.digits)

    def __pos__(self) -> Number:
        return self

    def __abs__(self) -> Number:
        return _made(self.value.copy_abs(), self.digits)

    # Comparisons: nan is neither less nor greater than anything, nor equal to itself

    def _order(self, other: object) -> int | None:
        """-1, 0 or 1; None where one of them is nan. Compared exactly, whatever their digits."""
        right = _as_decimal(other)
        if right is None or self.value.is_nan() or right.is_nan():
            return None
        return int(_context(self.digits).compare(self.value, right))

    def __eq__(self, other: object) -> bool:
        return NotImplemented if _as_decimal(other) is None else self._order(other) == 0

    def __ne__(self, other: object) -> bool:
        return NotImplemented if _as_decimal(other) is None else self._order(other) != 0

    def __lt__(self, other: object) -> bool:
        return NotImplemented if _as_decimal(other) is None else self._order(other) == -1

    def __gt__(self, other: object) -> bool:
        return NotImplemented if _as_decimal(other) is None else self._order(other) == 1

    def __le__(self, other: object) -> bool:
        return NotImplemented if _as_decimal(other) is None else self._order(other) in (-1, 0)

    def __ge__(self, other: object) -> bool:
        return NotImplemented if _as_decimal(other) is None else self._order(other) in (0, 1)

    def __hash__(self) -> int:
        """That of the nearest float, so that a number and a float that are equal have one hash."""
        return hash(float(self.value))

    def __bool__(self) -> bool:
        return self.value != 0

    def __float__(self) -> float:
        """The nearest double: infinite beyond the largest."""
        return float(self.value)

    def __repr__(self) -> str:
        return f"Number({self.value}, digits={self.digits})"

    def __str__(self) -> str:
        return str(self.value)

    # What NumPy calls by name

    def exp(self) -> Number:
        return _made(_context(self.digits).exp(self.value), self.digits)

    def log(self) -> Number:
        """The natural logarithm: of 0 minus infinity, of what is negative nan."""
        return _made(_context(self.digits).ln(self.value), self.digits)

    def sqrt(self) -> Number:
        return _made(_context(self.digits).sqrt(self.value), self.digits)

    def expm1(self) -> Number:
        """e^x − 1, with all its digits where x is near 0."""
        if self._is_itself():
            return self
        wide = self._wide()
        return _made(wide.subtract(wide.exp(self.value), _ONE), self.digits)

    def log1p(self) -> Number:
        """ln(1 + x), with all its digits where x is near 0."""
        if self._is_itself():
            return self
        wide = self._wide()
        return _made(wide.ln(wide.add(_ONE, self.value)), self.digits)

    def tanh(self) -> Number:
        """(e^2x − 1) / (e^2x + 1); ±1 where the difference from it is beyond the digits."""
        if self._is_itself():
            return self
        if self.value.copy_abs() > 2 * self.digits:
            return _made(_ONE.copy_sign(self.value), self.digits)
        wide = self._wide()
        square = wide.exp(wide.multiply(_TWO, self.value))
        return _made(wide.divide(wide.subtract(square, _ONE), wide.add(square, _ONE)), self.digits)

    def cos(self) -> Number:
        """By its series, around the nearest multiple of 2π."""
        if not self.value.is_finite():
            return _made(Decimal("nan"), self.digits)
        digits = 2 * self.digits + _GUARD
        return _made(_cosine(self.value, digits), self.digits)

    def _is_itself(self) -> bool:
        """Whether x is 0, nan, or so small that x + x²/2 is x in its digits: e^x − 1, ln(1 + x) and tanh x are x."""
        return not self.value or self.value.is_nan() or self.value.adjusted() < -self.digits - 1

    def _wide(self) -> Context:
        """Room for x and x² beside 1, and some.

        x² because x²/2 can be half of the last digit of x, as it is for powers of ten: what comes after decides then.
        """
        small = 0 if self.value.is_infinite() else max(0, -self.value.adjusted())
        return _context(self.digits + 2 * small + _GUARD)


def _made(value: Decimal, digits: int) -> Number:
    """A number of this value, rounded where it has more digits."""
    number = Number.__new__(Number)
    number.digits = digits
    number.value = _context(digits).create_decimal(value)
    return number


def _power(digits: int) -> Callable[[Decimal, Decimal], Decimal]:
    """x to the y; 1 for an exponent of 0, whatever x is, as with doubles."""

    def power(x: Decimal, y: Decimal) -> Decimal:
        return _ONE if y == 0 else _context(digits).power(x, y)

    return power


@lru_cache(maxsize=64)
def _pi(digits: int) -> Decimal:
    """π by Machin's formula, 16 arctan(1/5) − 4 arctan(1/239), in whole numbers."""
    unit = 10 ** (digits + _GUARD)
    scaled = 16 * _arctan_of_inverse(5, unit) - 4 * _arctan_of_inverse(239, unit)
    return Decimal(scaled).scaleb(-digits - _GUARD, _context(digits + _GUARD + 2))


def _arctan_of_inverse(n: int, unit: int) -> int:
    """unit · arctan(1/n) by its series 1/n − 1/(3n³) + 1/(5n⁵) − …"""
    power, total, odd = unit // n, 0, 1
    while power:
        total += power // odd if odd % 4 == 1 else -(power // odd)
        power //= n * n
        odd += 2
    return total


def _cosine(x: Decimal, digits: int) -> Decimal:
    """1 − x²/2! + x⁴/4! − …, x within ±π. A number far from 0 needs as many more digits of π."""
    with localcontext(_context(digits + max(0, x.adjusted()))) as context:
        turn = 2 * _pi(context.prec)
        x -= turn * (x / turn).to_integral_value()
        term, total, n = _ONE, _ZERO, 0
        while total + term != total:
            total += term
            n += 2
            term = -term * x * x / (n * (n - 1))
        return total


# Arrays of numbers


def are_decimals(values: Array) -> bool:
    """Whether an array holds numbers of this module, not doubles."""
    return values.dtype.hasobject


def decimals(values: Array, digits: int) -> Any:
    """Doubles as numbers of so many digits, each read by its shortest decimal. What holds numbers gets new digits."""
    made = np.empty(values.shape, dtype=object)
    for index, value in np.ndenumerate(values):
        same = isinstance(value, Number) and value.digits == digits
        made[index] = value if same else Number(value, digits)
    return made


def doubles(values: Any) -> Array:
    """The nearest double of every number; an array of doubles is returned as it is."""
    result: Array = np.asarray(values, dtype=np.float64)
    return result


def in_kind_of(like: Array, values: Array) -> Array:
    """Values as numbers where `like` holds numbers: np.where and np.maximum mix in floats, which have no exp.

    Any shape for each, and at least one number in `like`. For doubles nothing happens.
    """
    if not like.dtype.hasobject or not like.size:
        return values
    result: Array = decimals(values, _digits(like))
    return result


def signs(values: Array) -> Array:
    """−1, 0 or 1, and nan where nan stands; np.sign, but for numbers too."""
    if not values.dtype.hasobject:
        result: Array = np.sign(values)
        return result
    return in_kind_of(values, np.where(values > 0.0, 1.0, np.where(values < 0.0, -1.0, np.abs(values))))


def positive_part(values: Array) -> Array:
    """The larger of value and 0, nan where nan stands; np.maximum, but for numbers too."""
    if not values.dtype.hasobject:
        result: Array = np.maximum(values, 0.0)
        return result
    return in_kind_of(values, np.where(values <= 0.0, 0.0, values))


def pi(like: Array) -> Any:
    """π with the digits of `like`'s numbers, or as a float."""
    if not like.dtype.hasobject:
        return math.pi
    digits = _digits(like)
    return Number(_pi(digits + _GUARD), digits)


def _digits(values: Any) -> int:
    """Those of an array's first number."""
    return next(value.digits for value in values.flat if isinstance(value, Number))
