"""Equations with numbers in them: a formula, its numbers, what they come to; and which sides are truly equal.

Sides are joined by = where what is printed is exactly equal, and by ≈ where it is not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from bprunner.derivation.evaluating import evaluate, holds
from bprunner.derivation.latex import Writer, exactly, shortened_sum, visible_length
from bprunner.derivation.numbers import StepNumbers
from bprunner.derivation.symbols import Expr
from bprunner.documents.blanks import Blanks
from bprunner.documents.numbers import Printed, Printing, at_digits

WIDE = 66
"""So many characters fit in a line of an equation."""
_SAME = 1e-12


@dataclass(frozen=True)
class Side:
    """One side of an equation. `pieces`: its LaTeX, which may be broken before each. `exact`: what the printed numbers
    come to, where these are fractions; `values`: of a side in symbols, the numbers that it stands for. Both have one
    number, or as many as a matrix."""

    pieces: tuple[str, ...]
    exact: tuple[Fraction, ...] | None = None
    values: tuple[float, ...] | None = None

    @property
    def latex(self) -> str:
        return "".join(self.pieces)


def relation(one: Side, other: Side) -> str:
    """= or ≈ between two neighbouring sides."""
    if one.values is not None and other.values is not None:
        return "="  # both in symbols
    if one.exact is not None and other.exact is not None:
        return "=" if one.exact == other.exact else r"\approx"
    values, exact = (one.values, other.exact) if one.values is not None else (other.values, one.exact)
    if values is None or exact is None or len(values) != len(exact):
        return r"\approx"
    return "=" if all(map(_is_same, values, exact)) else r"\approx"


def _is_same(value: float, printed: Fraction) -> bool:
    """Whether a printed number is the number itself, but for the noise of doubles."""
    if not math.isfinite(value):
        return False
    exact = Fraction(Decimal(repr(value)))
    return abs(exact - printed) <= abs(exact) * Fraction(_SAME)


def one(fraction: Fraction | None) -> tuple[Fraction, ...] | None:
    """A single number of a side."""
    return None if fraction is None else (fraction,)


class Scribe:
    """Writes the equations of one step, for one of its samples (from 0).

    With `blanks`, what is computed is left out and numbered, and what it would be is kept there.
    """

    def __init__(
        self, numbers: StepNumbers, printing: Printing, words: Any, sample: int = 0, blanks: Blanks | None = None
    ) -> None:
        self.numbers, self.printing, self.sample, self.blanks = numbers, printing, sample, blanks
        self.network = numbers.network
        self.count = len(numbers.samples)
        self.write = Writer(self.network.symbols.named, words)

    # Single numbers

    def printed(self, symbol: Expr, sample: int | None = None) -> Printed:
        """A symbol's number as it is printed."""
        sample = self.sample if sample is None else sample
        value = self.value(symbol, sample)
        named = self.network.symbols.named[symbol]
        of_sample = self.numbers.samples[sample] + 1 if named.per_sample else None
        step = self.numbers.step
        key = named.key
        if key.startswith("new_"):
            key, step = key.removeprefix("new_"), step + 1
        for column in _columns(key, self):
            printed = self.printing.of(value, column, step, of_sample)
            if printed.decimal is None or printed != at_digits(value, self.printing.digits_of(column)):
                return printed
        return self.printing.of(value, key, step, of_sample)

    def value(self, symbol: Expr, sample: int | None = None) -> float:
        """A symbol's number in the trace."""
        return self.numbers.value(symbol, self.sample if sample is None else sample)

    def text(self, symbol: Expr, sample: int | None = None) -> str:
        """For pictures and tables; of what is left out, its number in brackets."""
        if self._is_left_out(symbol):
            return f"({self._blank(symbol, sample)})"
        return self.printed(symbol, sample).text

    def latex(self, symbol: Expr, sample: int | None = None) -> str:
        """For formulas; a box with its number for what is left out."""
        if self._is_left_out(symbol):
            return rf"\boxed{{\phantom{{0.00}}}}_{{({self._blank(symbol, sample)})}}"
        return self.printed(symbol, sample).latex

    def _is_left_out(self, symbol: Expr) -> bool:
        return self.blanks is not None and self.blanks.is_computed(self.network.symbols.named[symbol].key)

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

    def symbolic(self, expression: Expr, value: float | None = None) -> Side:
        """A formula in symbols. `value`: the number that it stands for, unless it can be evaluated."""
        known = self.numbers.value(expression, self.sample) if value is None else value
        return Side(tuple(self.write.pieces(expression)), values=(known,))

    def substituted(self, expression: Expr) -> Side:
        """A formula with the printed numbers in it."""
        pieces = self.write.numbers(expression, self._factor_text, self.sample, self.count, self._holds)
        return Side(tuple(pieces), None if self.blanks else one(self.exact(expression)))

    def result(self, symbol: Expr) -> Side:
        """The number that a symbol is."""
        return Side((self.latex(symbol),), None if self._is_left_out(symbol) else one(self.printed(symbol).fraction))

    def terms(self, expression: Expr, digits: int) -> Side | None:
        """A sum of products with each product worked out; None where there are none, or it is left out."""
        if (
            self.blanks is not None
            or not expression.is_Add
            or not any(part.is_Mul or part.is_Pow for part in expression.args)
        ):
            return None
        each = [
            at_digits(evaluate(part, self.numbers.traced, self.sample, self.network), digits)
            for part in expression.args
        ]
        if any(term.decimal is None for term in each):
            return None
        written = [term.latex if number == 0 else _added(term.latex) for number, term in enumerate(each)]
        exact = sum((term.fraction or Fraction(0) for term in each), Fraction(0))
        return Side(tuple(shortened_sum(written)), one(exact))

    def exact(self, expression: Expr) -> Fraction | None:
        """What a formula's printed numbers come to."""
        return exactly(expression, self._fraction, self.sample, self.count, self._holds)

    def _fraction(self, symbol: Expr, sample: int) -> Fraction | None:
        return self.printed(symbol, sample).fraction

    def _factor_text(self, symbol: Expr, sample: int) -> str:
        return self.latex(symbol, sample)

    def _holds(self, condition: Expr, sample: int) -> bool:
        return holds(condition, self.numbers.traced, sample, self.network)

    # Whole equations

    def worked_out(self, symbol: Expr, formula: Expr) -> list[Side]:
        """symbol = formula = its numbers = its products = the result, without a side that says what the one before
        says."""
        sides = [self.symbolic(symbol), self.symbolic(formula), self.substituted(formula)]
        middle = self.terms(formula, self.printing.digits_of(self.network.symbols.named[symbol].key))
        if middle is not None:
            sides.append(middle)
        sides.append(self.result(symbol))
        return distinct(sides)

    def in_numbers(self, symbol: Expr, formula: Expr) -> list[Side]:
        """The same without the formula: its numbers = … = the result."""
        return distinct([*self.worked_out(symbol, formula)[2:]])


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
    if len(lines) == 1:
        return lines[0].replace(_HERE, "")
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
