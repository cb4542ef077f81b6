"""Numbers as a document prints them: with the digits that the author printed, or else with so many significant ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from bprunner.checking.verdicts import Verdicts
from bprunner.spec.experiment import Experiment

DIGITS = 6
"""So many significant digits, where nothing says otherwise."""
MINUS = "−"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SMALLEST, _LARGEST = -4, 7  # exponents from which on, outwards, numbers are written with a power of ten
_MOST_DIGITS = 10
_ALMOST_ALL = 12
_CERTAIN_DIGITS = 14  # to so many digits a double and the number that was meant are the same


@dataclass(frozen=True)
class Printed:
    """A number as it is printed. `decimal`: what stands there, None for what is not finite. `is_exact`: whether that is
    the number itself, not a rounded one."""

    decimal: Decimal | None
    is_exact: bool
    other: str = ""

    @property
    def fraction(self) -> Fraction | None:
        return None if self.decimal is None else Fraction(self.decimal)

    @property
    def text(self) -> str:
        """For plain text: 0.25, −0.418, 4.39 × 10⁻⁷."""
        if self.decimal is None:
            return self.other
        mantissa, exponent = _parts(self.decimal)
        power = "" if exponent is None else f" × 10{str(exponent).translate(_SUPERSCRIPTS)}"
        return (mantissa + power).replace("-", MINUS)

    @property
    def latex(self) -> str:
        if self.decimal is None:
            return {"inf": r"\infty", f"{MINUS}inf": r"-\infty"}.get(self.other, rf"\text{{{self.other}}}")
        mantissa, exponent = _parts(self.decimal)
        return mantissa if exponent is None else rf"{mantissa} \times 10^{{{exponent}}}"

    @property
    def is_signed(self) -> bool:
        """Whether it needs brackets among factors."""
        return self.decimal is None or self.decimal.is_signed() or r"\times" in self.latex


def _parts(value: Decimal) -> tuple[str, int | None]:
    """The digits, and the power of ten where there is one."""
    if value and not _SMALLEST <= value.adjusted() < _LARGEST:
        exponent = value.adjusted()
        return format(value.scaleb(-exponent), "f"), exponent
    return format(value, "f"), None


def at_digits(value: float, digits: int) -> Printed:
    """A number with at most so many significant digits, half up on its shortest decimal; no trailing zeros, no sign of
    a zero."""
    if not math.isfinite(value):
        return Printed(None, False, "nan" if math.isnan(value) else "inf" if value > 0 else f"{MINUS}inf")
    exact = Decimal(repr(float(value)))
    rounded = Context(prec=digits, rounding=ROUND_HALF_UP).plus(exact)
    return Printed(_trimmed(rounded), _is_the_same(rounded, exact))


def number(value: float, digits: int = DIGITS) -> str:
    """The same as plain text."""
    return at_digits(value, digits).text


def _trimmed(value: Decimal) -> Decimal:
    if not value:
        return Decimal(0)
    trimmed = value.normalize()
    exponent = trimmed.as_tuple().exponent
    assert isinstance(exponent, int)  # it is finite
    return trimmed.quantize(Decimal(1)) if exponent > 0 and trimmed.adjusted() < _LARGEST else trimmed


def _is_the_same(printed: Decimal, exact: Decimal) -> bool:
    """Whether two decimals are the same number, but for the noise of doubles in the last digits; what is printed with
    nearly all the digits of a double has none beside it."""
    if len(printed.normalize().as_tuple().digits) > _ALMOST_ALL:
        return printed == exact
    return abs(printed - exact) <= abs(exact).scaleb(-_CERTAIN_DIGITS)


Key = tuple[str, int, int | None]
"""A quantity's column, the step, and the sample (from 1; None where every sample shares it)."""


class Printing:
    """How the numbers of one run are printed: all with the same significant digits.

    digits: how many. Unless given, six, or as many as the author prints of any number where these are more; then the
    author's own digits of a figure, where they are fewer, are known too. `short`: how many in pictures and tables.
    """

    def __init__(self, experiment: Experiment, figures: Verdicts, digits: int | None = None) -> None:
        self._experiment = experiment
        self._figures = {} if digits is not None else dict(_longest(figures))
        longest = max((len(Decimal(text).as_tuple().digits) for text in self._figures.values()), default=0)
        self.digits = digits or max(DIGITS, longest)
        self.is_given = digits is not None
        self.short = digits or DIGITS

    def of(self, value: float) -> Printed:
        """A number of the run."""
        return at_digits(value, self.digits)

    def by_author(self, value: float, column: str, step: int, sample: int | None) -> Printed | None:
        """The same as the author prints it, where that is another text. `sample`: from 1, where there are several."""
        if not math.isfinite(value):
            return None
        for key in ((column, step, sample), (column, step, None)):
            if key in self._figures:
                shown = Decimal(self._figures[key])
                printed = Printed(shown, _is_the_same(shown, Decimal(repr(float(value)))))
                is_as_good = len(shown.as_tuple().digits) >= self.digits - 1
                return None if is_as_good or shown == self.of(value).decimal else printed
        return None


def _is_written_by_hand(text: str) -> bool:
    """Whether somebody would write so many digits; the others are a computer's."""
    return "e" not in text.lower() and len(Decimal(text).as_tuple().digits) <= _MOST_DIGITS


def _longest(figures: Verdicts) -> Iterator[tuple[Key, str]]:
    """The printed figures that are right, by what they are of; of several of one number, that with most digits last."""
    found = []
    for verdict in figures:
        text = verdict.shown if verdict.state == "agrees" else str(verdict.right) if verdict.right is not None else ""
        if text and verdict.state in ("agrees", "erratum") and _is_written_by_hand(text):
            found.append(((verdict.where.name, verdict.step, verdict.where.sample), text))
    yield from sorted(found, key=lambda each: len(each[1]))
