"""Formulas as LaTeX, as a person writes them: factors and terms in their order, long sums shortened, and numbers in
place of symbols where these are asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter

from bprunner.derivation.symbols import Expr, Named

LONG_SUM = 6
"""Of a sum with more terms, the first two and the last are written."""
WIDE_SUM = 100
"""Of a sum wider than so many characters, the first and the last term are written."""

TextOf = Callable[[Expr, int], str]
"""What stands for a symbol, of one sample (from 0)."""
Words = Mapping[str, str]
"""`if` and `otherwise`."""


Holds = Callable[[Expr, int], bool]
"""Whether a condition holds for a sample."""


class Writer:
    """Writes formulas with the names of their symbols.

    `numbers` writes them with what `text_of` has for each symbol instead; sums over samples are written out, and of
    cases the one that holds.
    """

    def __init__(self, named: Mapping[Expr, Named], words: Words) -> None:
        self._named, self._words = named, words

    def symbols(self, expression: Expr) -> str:
        """The formula itself."""
        return str(_Printer(lambda symbol, _: self._named[symbol].latex, self._words).doprint(expression))

    def pieces(self, expression: Expr) -> list[str]:
        """The formula in pieces, before each of which a line may be broken."""
        return _pieces(_Printer(lambda symbol, _: self._named[symbol].latex, self._words), expression)

    def numbers(self, expression: Expr, text_of: TextOf, sample: int, samples: int, holds: Holds) -> list[str]:
        """The formula with numbers in it, in pieces. `samples`: how many the update has."""
        printer = _Printer(text_of, self._words, samples, holds)
        printer.sample = sample
        return _pieces(printer, expression)


def _pieces(printer: _Printer, e: Expr) -> list[str]:
    if e.is_Add:
        return printer.terms(e)
    if e.is_Mul and not printer.is_fraction(e):
        return printer.factors(e)
    return [printer.doprint(e)]


class _Printer(LatexPrinter):  # type: ignore[misc]  # SymPy has no types
    def __init__(self, text_of: TextOf, words: Words, samples: int | None = None, holds: Holds | None = None) -> None:
        super().__init__({"order": "none", "mul_symbol": "dot", "ln_notation": True, "inv_trig_style": "full"})
        self._text_of, self._words, self._samples, self._holds = text_of, words, samples, holds
        self.sample = 0

    # Symbols and numbers

    def _print_Symbol(self, e: Expr) -> str:
        return self._text_of(e, self.sample)

    def _print_Float(self, e: Expr) -> str:
        return number_latex(float(e))

    # Sums and products

    def terms(self, e: Expr) -> list[str]:
        """The terms of a sum with their signs; of a long one the first two and the last. Of numbers, terms that a
        target of 0 or 1 makes vanish are left out, as long as another one stays."""
        kept = [part for part in e.args if not self._vanishes(part)]
        written = [self._term(part, number == 0) for number, part in enumerate(kept or e.args[:1])]
        is_wide = len(written) > 2 and sum(map(visible_length, written)) > WIDE_SUM
        return [written[0], r" + \cdots", written[-1]] if is_wide else shortened_sum(written)

    def _term(self, part: Expr, is_first: bool) -> str:
        text = self.doprint(part)
        if is_first or not text.startswith("-"):
            return text if is_first else f" + {text}"
        return f" - {text[1:].strip()}"

    def _vanishes(self, part: Expr) -> bool:
        """Whether a product has a target of 0, or one less a target of 1, among other factors."""
        others = [factor for factor in _factors(part) if factor != -1]
        return len(others) > 1 and any(self._is_number(factor, 0) for factor in others)

    def _is_number(self, factor: Expr, number: int) -> bool:
        """Whether a factor is a target, or one less a target, that has just this number."""
        if self._samples is None:
            return False
        if factor.is_Symbol and factor.name.startswith("target."):
            return self._text_of(factor, self.sample) == str(number)
        if factor.is_Add and len(factor.args) == 2 and factor.args[0] == 1:
            taken = _factors(factor.args[1])
            return len(taken) == 2 and taken[0] == -1 and self._is_number(taken[1], 1 - number)
        return False

    def _print_Add(self, e: Expr, order: Any = None) -> str:
        return "".join(self.terms(e))

    def is_fraction(self, e: Expr) -> bool:
        return any(_is_denominator(part) for part in e.args)

    def factors(self, e: Expr) -> list[str]:
        """The factors of a product, each after the first with its dot."""
        parts = list(e.args)
        minus = ""
        if parts[0] == -1:
            minus, parts = "-", parts[1:]
        if len(parts) > 1:
            parts = [part for part in parts if not self._is_number(part, 1)] or parts[:1]
        if minus and len(parts) == 1 and parts[0].is_Symbol and (text := self.doprint(parts[0])).startswith("-"):
            return [text[1:]]  # minus a negative number
        written = [
            self._factor(part, number == 0 and not minus, len(parts), is_last=number == len(parts) - 1)
            for number, part in enumerate(parts)
        ]
        return [minus + written[0], *(rf" \cdot {text}" for text in written[1:])]

    def _factor(self, part: Expr, is_first: bool, count: int, is_last: bool = False) -> str:
        text = str(self.doprint(part))
        is_inner_sum = part.func.__name__ == "over_samples" and not (is_last and self._samples is None)
        is_sum = self._written(part).is_Add or is_inner_sum or text.startswith(r"\begin{cases}")
        if count == 1 and is_first:
            return text
        return bracketed(text) if is_sum or is_signed(text, is_first) else text

    def _print_Mul(self, e: Expr) -> str:
        if not self.is_fraction(e):
            return "".join(self.factors(e))
        above = [part for part in e.args if not _is_denominator(part)]
        below = [_turned(part) for part in e.args if _is_denominator(part)]
        minus = ""
        if above and above[0].is_Number and above[0] < 0:
            minus, above = "-", [-above[0], *above[1:]]
        above = [part for part in above if part != 1]
        sums = [part for part in above if part.is_Add]
        if len(sums) == len(above) == 1 or all(not part.is_Add for part in above):
            return rf"{minus}\frac{{{self._product(above)}}}{{{self._product(below)}}}"
        return rf"{minus}\frac{{1}}{{{self._product(below)}}} \cdot {self._product(above, alone=False)}"

    def _product(self, parts: list[Expr], alone: bool = True) -> str:
        if not parts:
            return "1"
        if len(parts) == 1:
            return self.doprint(parts[0]) if alone else self._factor(parts[0], False, 2)
        return r" \cdot ".join(
            self._factor(part, number == 0 and alone, len(parts)) for number, part in enumerate(parts)
        )

    def _print_Rational(self, e: Expr) -> str:
        if e.q == 1:
            return str(e.p)
        return rf"{'-' if e.p < 0 else ''}\frac{{{abs(e.p)}}}{{{e.q}}}"

    def _print_Pow(self, e: Expr) -> str:
        base, exponent = e.args
        if exponent.is_Rational and exponent < 0:
            return rf"\frac{{1}}{{{self.doprint(_turned(e))}}}"
        if exponent == sympy.Rational(1, 2):
            return rf"\sqrt{{{self.doprint(base)}}}"
        text = self.doprint(base)
        plain = (base.is_Symbol or base.is_Number) and not re.search(r"\^|\\frac|\\times|^-", text)
        return f"{text if plain else bracketed(text)}^{{{self.doprint(exponent)}}}"

    # Functions

    def _print_exp(self, e: Expr, exp: Any = None) -> str:
        raised = rf"e^{{{self.doprint(e.args[0])}}}"
        return raised if exp is None else rf"\left({raised}\right)^{{{exp}}}"

    def _print_sign(self, e: Expr, exp: Any = None) -> str:
        return rf"\operatorname{{sign}}{bracketed(self.doprint(e.args[0]))}"

    def _print_Function(self, e: Expr, exp: Any = None) -> str:
        name = e.func.__name__
        if name == "partial":
            return self._partial(*e.args)
        return self._over_samples(*e.args) if name == "over_samples" else str(super()._print_Function(e, exp))

    def _partial(self, of: Expr, by: Expr) -> str:
        return rf"\frac{{\partial {self.doprint(of)}}}{{\partial {self.doprint(by)}}}"

    def _print_Derivative(self, e: Expr) -> str:
        inner = e.expr
        text = self.doprint(inner)
        if not (inner.is_Symbol or (inner.is_Pow and inner.base.is_Add)):
            text = bracketed(text)
        return rf"\frac{{\partial}}{{\partial {self.doprint(e.variables[0])}}} {text}"

    def _over_samples(self, inner: Expr) -> str:
        if self._samples is None:
            text = self.doprint(inner)
            of_each = bracketed(text) if inner.is_Add or text.startswith("-") else text
            return rf"\sum_{{\text{{{self._words['samples']}}}}} {of_each}"
        own, each = self.sample, []
        for sample in range(self._samples):
            if sample < 2 or sample == self._samples - 1 or self._samples <= LONG_SUM:
                self.sample = sample
                text = self.doprint(inner)
                each.append(bracketed(text) if inner.is_Add else text)
            elif sample == 2:
                each.append(r"\cdots")
        self.sample = own
        if len(each) > 2 and sum(map(visible_length, each)) > WIDE_SUM:
            each = [each[0], r"\cdots", each[-1]]
        return each[0] + "".join(f" - {text[1:]}" if text.startswith("-") else f" + {text}" for text in each[1:])

    def _written(self, e: Expr) -> Expr:
        """Of cases with numbers in them, the one that holds; anything else is itself."""
        if self._holds is None or not isinstance(e, sympy.Piecewise) or _is_larger(e):
            return e
        return next(part for part, condition in e.args if self._holds(condition, self.sample))

    def _print_Piecewise(self, e: Expr) -> str:
        if _is_larger(e):
            return rf"\max(0, {self.doprint(e.args[0].args[0])})"
        if self._holds is not None:
            return str(self.doprint(self._written(e)))
        rows = []
        for part, condition in e.args:
            when = (
                rf"\text{{{self._words['otherwise']}}}"
                if condition == sympy.true
                else rf"\text{{{self._words['if']} }} {self.doprint(condition)}"
            )
            rows.append(f"{self.doprint(part)} & {when}")
        return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"


def _is_larger(e: Expr) -> bool:
    """Whether cases are the larger of 0 and something."""
    (first, condition), (other, _) = e.args[0].args, e.args[-1].args
    return len(e.args) == 2 and bool(other == 0) and bool(condition == (first > 0))


def shortened_sum(terms: list[str]) -> list[str]:
    """The terms of a sum; of a long one the first two and the last."""
    return terms if len(terms) <= LONG_SUM else [*terms[:2], r" + \cdots", terms[-1]]


def bracketed(text: str) -> str:
    """In brackets as tall as what they hold."""
    is_tall = re.search(r"\\frac|\\sum|\\begin|\\left", text)
    return rf"\left({text}\right)" if is_tall else f"({text})"


def is_signed(text: str, is_first: bool) -> bool:
    """Whether a number or formula needs brackets among factors: it has a sign of its own."""
    return text.startswith("-") and not is_first


def _factors(e: Expr) -> tuple[Expr, ...]:
    return tuple(e.args) if e.is_Mul else (e,)


def _is_denominator(e: Expr) -> bool:
    return bool(e.is_Pow and e.exp.is_Rational and e.exp < 0)


def _turned(e: Expr) -> Expr:
    """x of 1/x."""
    return e.base if e.exp == -1 else sympy.Pow(e.base, -e.exp, evaluate=False)


def number_latex(value: float) -> str:
    """A declared number as itself: 0.05, and 10^{-8} for what is far from 1."""
    text = repr(float(value))
    mantissa, _, exponent = text.partition("e")
    mantissa = mantissa.removesuffix(".0")
    if not exponent:
        return mantissa
    power = rf"10^{{{int(exponent)}}}"
    return {"1": power, "-1": f"-{power}"}.get(mantissa, rf"{mantissa} \times {power}")


def visible_length(latex: str) -> int:
    """About how many characters wide a formula is when it is read; what stands above and below a line counts once."""
    text = re.sub(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", _wider, latex)
    text = re.sub(
        r"\\(?:begin|end)\{[a-z]+\}|\\(?:left|right|text|mathrm|mathbf|operatorname|boxed|phantom)\b", "", text
    )
    text = re.sub(r"\\(?:max|ln|tanh|sign)\b", "xxx", text)
    text = re.sub(r"\\[A-Za-z]+", "x", text)
    text = re.sub(r"[_^]\{?", "", text)
    return len(re.sub(r"[{}\s&]", "", text))


def _wider(found: re.Match[str]) -> str:
    above, below = found.groups()
    return max(above, below, key=visible_length)


# What formulas with printed numbers in them come to, exactly

FractionOf = Callable[[Expr, int], Fraction | None]
"""The printed number of a symbol, of one sample; None where it has none."""


def exactly(e: Expr, fraction_of: FractionOf, sample: int, samples: int, holds: Holds) -> Fraction | None:
    """The formula's value with printed numbers in it; None where it is no fraction, as an exponential is not."""

    def inner(part: Expr, of: int = sample) -> Fraction | None:
        return exactly(part, fraction_of, of, samples, holds)

    if e.is_Symbol:
        return fraction_of(e, sample)
    if e.is_Rational:
        return Fraction(int(e.p), int(e.q))
    if e.is_Float:
        return Fraction(repr(float(e)))
    if e.func.__name__ == "over_samples":
        parts = [inner(e.args[0], each) for each in range(samples)]
        return _total(parts)
    if isinstance(e, sympy.Piecewise):
        return inner(next(part for part, condition in e.args if holds(condition, sample)))
    if e.is_Add:
        return _total([inner(part) for part in e.args])
    if e.is_Mul:
        return _multiplied([inner(part) for part in e.args])
    if e.is_Pow and e.exp.is_Integer:
        return _raised(inner(e.base), int(e.exp))
    if isinstance(e, sympy.Abs):
        found = inner(e.args[0])
        return None if found is None else abs(found)
    return None


def _total(parts: list[Fraction | None]) -> Fraction | None:
    known = [part for part in parts if part is not None]
    return sum(known, Fraction(0)) if len(known) == len(parts) else None


def _multiplied(parts: list[Fraction | None]) -> Fraction | None:
    result = Fraction(1)
    for part in parts:
        if part is None:
            return None
        result *= part
    return result


def _raised(base: Fraction | None, exponent: int) -> Fraction | None:
    if base is None or abs(exponent) > 64 or (base == 0 and exponent < 0):
        return None
    return base**exponent
