"""Equations with numbers in them: a formula, its numbers, what they come to; and which sides are truly equal.

Sides are joined by = where what is printed is exactly equal, and by ≈ where it is not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np

from bprunner.derivation.evaluating import evaluate, holds
from bprunner.derivation.latex import LONG_SUM, Writer, exactly, visible_length
from bprunner.derivation.numbers import StepNumbers
from bprunner.derivation.symbols import OVER_SAMPLES, Expr
from bprunner.documents.blanks import Blanks
from bprunner.documents.numbers import Printed, Printing, at_digits

WIDE = 66
"""So many characters fit in a line of an equation."""
_MOST_DIGITS = 15
_LAST_PLACE = 1.5  # of the result's last place: what comes out, rounded, is at most one off


@dataclass(frozen=True)
class Side:
    """One side of an equation. `pieces`: its LaTeX, which may be broken before each.

    symbols: whether it has symbols in it, and no numbers of the run. exact: what the printed numbers come to, where
    these are fractions; one number, or as many as a matrix has. is_true: whether each printed number is the number
    itself, not a rounded one. is_open: whether there is a gap in it.
    """

    pieces: tuple[str, ...]
    symbols: bool = False
    exact: tuple[Fraction, ...] | None = None
    is_true: bool = False
    is_open: bool = False

    @property
    def latex(self) -> str:
        return "".join(self.pieces)


def relation(one: Side, other: Side) -> str:
    """= or ≈ between two neighbouring sides. Symbols equal numbers where each number is put in exactly."""
    if one.is_open or other.is_open or (one.symbols and other.symbols):
        return "="
    if one.symbols or other.symbols:
        return "=" if (other if one.symbols else one).is_true else r"\approx"
    if one.exact is not None and other.exact is not None:
        return "=" if one.exact == other.exact else r"\approx"
    return r"\approx"


def one(fraction: Fraction | None) -> tuple[Fraction, ...] | None:
    """A single number of a side."""
    return None if fraction is None else (fraction,)


class Scribe:
    """Writes the equations of one step, for one of its samples (from 0).

    With `blanks`, what is computed is left out and numbered, and what it would be is kept there. `is_after`: whether
    the step is the one after an update, so that its weights are computed too.
    """

    def __init__(
        self,
        numbers: StepNumbers,
        printing: Printing,
        words: Any,
        sample: int = 0,
        blanks: Blanks | None = None,
        is_after: bool = False,
    ) -> None:
        self.numbers, self.printing, self.sample, self.blanks = numbers, printing, sample, blanks
        self.is_after = is_after
        self.network = numbers.network
        self.count = len(numbers.samples)
        self.write = Writer(self.network.symbols.named, words)

    # Single numbers

    def printed(self, symbol: Expr, sample: int | None = None, more: int = 0) -> Printed:
        """A symbol's number as it is printed. `more`: so many digits more than usual."""
        value = self.value(symbol, sample)
        return at_digits(value, min(self.printing.digits + more, _MOST_DIGITS)) if more else self.printing.of(value)

    def by_author(self, symbol: Expr) -> Printed | None:
        """The number as the author prints it, where that is another text."""
        named, step = self.network.symbols.named[symbol], self.numbers.step
        of_sample = self.numbers.samples[self.sample] + 1 if named.per_sample else None
        key = named.key
        if key.startswith("new_"):
            key, step = key.removeprefix("new_"), step + 1
        value = self.value(symbol)
        found = (self.printing.by_author(value, column, step, of_sample) for column in _columns(key, self))
        return next((each for each in found if each is not None), None)

    def value(self, symbol: Expr, sample: int | None = None) -> float:
        """A symbol's number in the trace."""
        return self.numbers.value(symbol, self.sample if sample is None else sample)

    def text(self, symbol: Expr, sample: int | None = None) -> str:
        """For pictures and tables; of what is left out, its number in brackets."""
        if self.is_left_out(symbol):
            return f"({self._blank(symbol, sample)})"
        return at_digits(self.value(symbol, sample), self.printing.short).text

    def latex(self, symbol: Expr, sample: int | None = None, more: int = 0) -> str:
        """For formulas; a box with its number for what is left out."""
        if self.is_left_out(symbol):
            return rf"\boxed{{\phantom{{00000}}}}_{{({self._blank(symbol, sample)})}}"
        return self.printed(symbol, sample, more).latex

    def is_left_out(self, symbol: Expr) -> bool:
        """Whether a symbol's number is a gap."""
        if self.blanks is None:
            return False
        return self.blanks.is_computed(self.network.symbols.named[symbol].key, self.is_after)

    def _blank(self, symbol: Expr, sample: int | None) -> int:
        assert self.blanks is not None
        named = self.network.symbols.named[symbol]
        at = self.numbers.samples[self.sample if sample is None else sample] + 1
        return self.blanks.number(
            named.key,
            named.text,
            self.printed(symbol, sample).text,
            self.numbers.step,
            at if named.per_sample else None,
        )

    # Sides

    def symbolic(self, expression: Expr) -> Side:
        """A formula in symbols."""
        return Side(tuple(self.write.pieces(expression)), symbols=True)

    def substituted(self, expression: Expr, result: Expr | None = None) -> Side:
        """A formula with the printed numbers in it: with as many digits as it takes to give the printed `result`."""
        more = 0 if result is None or self.printing.is_given else self._digits_needed(expression, result)
        pieces = self.write.numbers(
            expression, lambda symbol, sample: self.latex(symbol, sample, more), self.sample, self.count, self._holds
        )
        symbols = expression.free_symbols
        if any(self.is_left_out(symbol) for symbol in symbols):
            return Side(tuple(pieces), is_open=True)
        return Side(tuple(pieces), exact=one(self.exact(expression, more)), is_true=self._are_exact(expression, more))

    def _are_exact(self, expression: Expr, more: int) -> bool:
        """Whether every number that is put in is the number itself."""
        named = self.network.symbols.named
        return all(
            self.printed(symbol, sample, more).is_exact
            for symbol in expression.free_symbols
            for sample in (range(self.count) if named[symbol].per_sample and self._is_summed(expression) else [None])
        )

    def _is_summed(self, expression: Expr) -> bool:
        return bool(self.network.several and expression.has(OVER_SAMPLES))

    def _digits_needed(self, expression: Expr, result: Expr) -> int:
        """How many more digits the numbers of a formula need, so that it gives the printed result."""
        if self.is_left_out(result):
            return 0
        wanted, full = self.printed(result), self.numbers.value(expression, self.sample)
        if wanted.decimal is None or not math.isfinite(full):
            return 0
        unit = 10.0 ** float(wanted.decimal.adjusted() + 1 - self.printing.digits)
        if abs(full - float(wanted.decimal)) > _LAST_PLACE * unit:
            return 0  # the result is rounded, or computed in another order, on purpose
        symbols = [symbol for symbol in expression.free_symbols if symbol != result]
        for more in range(0, _MOST_DIGITS - self.printing.digits + 1, 2):
            values = {symbol: self._rounded(symbol, more) for symbol in symbols}
            found = evaluate(expression, values, self.sample, self.network)
            if not math.isfinite(found) or abs(found - float(wanted.decimal)) <= _LAST_PLACE * unit:
                return more
        return _MOST_DIGITS - self.printing.digits

    def _rounded(self, symbol: Expr, more: int) -> Any:
        """A symbol's printed number, or those of all samples."""
        if not self.network.symbols.named[symbol].per_sample:
            return _float(self.printed(symbol, None, more))
        return np.array([_float(self.printed(symbol, sample, more)) for sample in range(self.count)])

    def result(self, symbol: Expr) -> Side:
        """The number that a symbol is."""
        if self.is_left_out(symbol):
            return Side((self.latex(symbol),), is_open=True)
        printed = self.printed(symbol)
        return Side((printed.latex,), exact=one(printed.fraction), is_true=printed.is_exact)

    def results(self, symbol: Expr) -> list[Side]:
        """The number that a symbol is, and the same as the author prints it, where that differs."""
        sides, own = [self.result(symbol)], None if self.is_left_out(symbol) else self.by_author(symbol)
        if own is not None:
            sides.append(Side((own.latex,), exact=one(own.fraction), is_true=own.is_exact))
        return sides

    def terms(self, expression: Expr, result: Expr) -> Side | None:
        """A sum of products with each product worked out; None where that says nothing, or gives a gap away."""
        if self.blanks is not None or not expression.is_Add or len(expression.args) > LONG_SUM:
            return None
        values = [evaluate(part, self.numbers.traced, self.sample, self.network) for part in expression.args]
        kept = [value for value in values if value != 0]
        worked = any(part.is_Mul or part.is_Pow for part in expression.args)
        if len(kept) < 2 or not worked or not all(map(math.isfinite, kept)):
            return None
        wanted = self.printed(result).decimal
        digits = self.printing.digits
        if wanted is not None and not self.printing.is_given:
            unit = 10.0 ** float(wanted.adjusted() + 1 - digits)
            total = float(wanted)
            while digits < _MOST_DIGITS and abs(sum(map(_float, (at_digits(v, digits) for v in kept))) - total) > unit:
                digits += 1
        each = [at_digits(value, digits) for value in kept]
        written = [term.latex if number == 0 else _added(term.latex) for number, term in enumerate(each)]
        exact = sum((term.fraction or Fraction(0) for term in each), Fraction(0))
        return Side(tuple(written), exact=one(exact), is_true=all(term.is_exact for term in each))

    def exact(self, expression: Expr, more: int = 0) -> Fraction | None:
        """What a formula's printed numbers come to."""

        def fraction(symbol: Expr, sample: int) -> Fraction | None:
            return self.printed(symbol, sample, more).fraction

        return exactly(expression, fraction, self.sample, self.count, self._holds)

    def _holds(self, condition: Expr, sample: int) -> bool:
        return holds(condition, self.numbers.traced, sample, self.network)

    # Whole equations

    def worked_out(self, symbol: Expr, formula: Expr) -> list[Side]:
        """symbol = formula = its numbers = its products = the result, without a side that says what the one before
        says."""
        sides = [self.symbolic(symbol), self.symbolic(formula), self.substituted(formula, symbol)]
        middle = self.terms(formula, symbol)
        if middle is not None:
            sides.append(middle)
        return distinct([*sides, *self.results(symbol)])

    def in_numbers(self, symbol: Expr, formula: Expr) -> list[Side]:
        """The same without the formula: its numbers = … = the result."""
        return self.worked_out(symbol, formula)[2:]


def _float(printed: Printed) -> float:
    return math.nan if printed.decimal is None else float(printed.decimal)


def _columns(key: str, scribe: Scribe) -> list[str]:
    """The columns that may hold a symbol's figure: an output is a prediction too, and of a linear neuron net is out."""
    quantity, _, name = key.partition(".")
    if quantity not in ("out", "net"):
        return [key]
    found = [key]
    names = scribe.network.names
    if quantity == "out" and name in names.outputs:
        found.insert(0, f"prediction.{name}")
    layer = next(number for number, each in enumerate(names.layers) if name in each)
    if scribe.network.symbols.is_merged(layer):
        found.append(f"{'net' if quantity == 'out' else 'out'}.{name}")
    return found


def _added(latex: str) -> str:
    return f" - {latex[1:]}" if latex.startswith("-") else f" + {latex}"


def distinct(sides: Iterable[Side]) -> list[Side]:
    """Without a side that reads as the one before."""
    kept: list[Side] = []
    for side in sides:
        if not kept or kept[-1].latex != side.latex:
            kept.append(side)
    return kept


# Laying out


_HERE = "\0"
"""Where the lines of a block stand under each other."""


def aligned(equations: Sequence[Sequence[Side]], wide: int = WIDE) -> str:
    """Several equations under each other, their first relation signs aligned; long ones over several lines."""
    lines = [line for sides in equations for line in _lines(sides, wide)]
    if len(lines) < 2:
        return "".join(lines).replace(_HERE, "")
    return "\\begin{aligned}\n" + " \\\\\n".join(lines).replace(_HERE, "&") + "\n\\end{aligned}"


def _lines(sides: Sequence[Side], wide: int) -> list[str]:
    lines: list[str] = []
    line, length = f"{sides[0].latex} {_HERE}", visible_length(sides[0].latex)
    fresh = True
    indent = length if length < 18 else 0
    for before, side in pairwise(sides):
        sign = relation(before, side)
        own = visible_length(side.latex) + 2
        if not fresh and length + own > wide:
            lines.append(line)
            line, length = _HERE, indent
        line += f"{sign} " if line.endswith(_HERE) else f" {sign} "
        fresh = False
        for number, piece in enumerate(side.pieces):
            size = visible_length(piece)
            if number and length + size > wide:
                lines.append(line)
                line, length = rf"{_HERE}\quad {{}}", indent + 2
            line += piece
            length += size
        length += 2
    return [*lines, line]
