"""Formulas and numbers as NumPy code that a person would write.

Code holds no name that an author gives but in comments, where `comment_text` keeps it on one line: arrays are called
after their layer (`W1`, `net2`), and a weight is a place in one (`W1[0, 1]`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import indent
from typing import Any

import numpy as np
import sympy

from bprunner.derivation.symbols import Expr

WIDE = 100
"""So many characters of numbers stand in a line."""
_MANY = 64
"""From so many numbers on, whole ones are written without their point."""
_LONGEST_NAME, _MOST_NAMES = 40, 8

_SUM, _PRODUCT, _POWER, _ATOM = range(4)
"""How tightly the parts of a formula hold together."""
_RELATIONS: Mapping[Any, str] = {
    sympy.StrictGreaterThan: ">", sympy.GreaterThan: ">=", sympy.StrictLessThan: "<", sympy.LessThan: "<=",
    sympy.Unequality: "!=",
}  # fmt: skip
_DOUBLE: Mapping[Any, str] = {
    sympy.exp: "np.exp", sympy.log: "np.log", sympy.tanh: "np.tanh", sympy.erf: "erf", sympy.Abs: "np.abs",
    sympy.sign: "np.sign",
}  # fmt: skip
# NumPy finds exp and sqrt of decimals by their names, and neither of these two.
_DECIMAL: Mapping[Any, str] = {**_DOUBLE, sympy.log: "ln", sympy.tanh: "tanh"}


@dataclass(frozen=True)
class CodeWriter:
    """Writes formulas. `variables`: what stands for each symbol.

    sums: what stands for a sum, by its terms. decimal: whether numbers are decimals. guarded: what counts as 1 where it
    is 0, because it is divided by, or its logarithm taken, where the product of both counts as 0. is_extreme: whether
    e^net may be too large for a double.
    """

    variables: Mapping[Expr, str]
    sums: Mapping[frozenset[Expr], str] = field(default_factory=dict)
    decimal: bool = False
    guarded: frozenset[Expr] = frozenset()
    is_extreme: bool = False

    def text(self, e: Expr) -> str:
        """The formula. Raises KeyError for a symbol that has no variable."""
        return self._part(e)[0]

    def _at(self, e: Expr, level: int) -> str:
        """In brackets where it holds together less tightly than what stands around it."""
        text, own = self._part(e)
        return text if own >= level else f"({text})"

    def _part(self, e: Expr) -> tuple[str, int]:
        if e.is_Symbol:
            return self.variables[e], _ATOM
        if e.is_Number:
            return self._number(e)
        if e is sympy.pi:
            return "np.pi", _ATOM
        if e.is_Add:
            return self._sum(e)
        if e.is_Mul or e.is_Pow:
            return self._power(e) if _is_power(e) else self._product(e)
        if isinstance(e, sympy.Piecewise):
            return self._cases(e), _ATOM
        return self._function(e), _ATOM

    def _number(self, e: Expr) -> tuple[str, int]:
        value = float(e)
        if e.is_Integer:
            return str(int(e)), _ATOM if e >= 0 else _SUM
        if e.is_Rational:
            exact = value.as_integer_ratio() == (e.p, e.q) and not self.decimal
            return (repr(value), _ATOM if value >= 0 else _SUM) if exact else (self._quotient(e), _PRODUCT)
        text = repr(value)
        return (f"Decimal({quoted(text)})", _ATOM) if self.decimal else (text, _ATOM if value >= 0 else _SUM)

    def _quotient(self, e: Expr) -> str:
        return f"Decimal({int(e.p)}) / {int(e.q)}" if self.decimal else f"{int(e.p)} / {int(e.q)}"

    def _sum(self, e: Expr) -> tuple[str, int]:
        known = self.sums.get(frozenset(e.args))
        if known is not None:
            return known, _ATOM
        first, *others = [self._at(part, _PRODUCT if part.is_Add else _SUM) for part in e.args]
        return first + "".join(f" - {text[1:]}" if text.startswith("-") else f" + {text}" for text in others), _SUM

    def _product(self, e: Expr) -> tuple[str, int]:
        minus, above, below = False, [], []
        for factor in _factors(e):
            if factor.is_Number and not factor.is_Float and factor != 1:
                minus ^= bool(factor < 0)
                above += [self._at(abs(factor.p) * sympy.S.One, _PRODUCT)] if abs(factor.p) != 1 else []
                below += [str(int(factor.q))] if factor.q != 1 else []
            elif factor.is_Float and factor < 0 and not self.decimal:
                minus ^= True
                above.append(repr(-float(factor)))
            elif factor.is_Pow and factor.exp.could_extract_minus_sign():
                below.append(self._divisor(factor))
            elif factor != 1:
                above.append(self._at(factor, _PRODUCT))
        text = " * ".join(above) or "1"
        if below:
            text += " / " + (below[0] if len(below) == 1 else f"({' * '.join(below)})")
        return ("-" + text, _SUM) if minus else (text, _PRODUCT)

    def _divisor(self, factor: Expr) -> str:
        below = factor.base if factor.exp == -1 else factor.base**-factor.exp
        if below in self.guarded:
            return self._or_one(below)
        return self._at(below, _POWER)

    def _or_one(self, e: Expr) -> str:
        text = self.text(e)
        return f"np.where({text} == 0, 1, {text})"

    def _power(self, e: Expr) -> tuple[str, int]:
        if e.exp == sympy.Rational(1, 2):
            return f"np.sqrt({self.text(e.base)})", _ATOM
        return f"{self._at(e.base, _ATOM)}**{self._at(e.exp, _ATOM)}", _POWER

    def _cases(self, e: Expr) -> str:
        (value, condition), *others = e.args
        if isinstance(condition, sympy.Unequality) and value.has(sympy.sign(condition.lhs)) and others[0][0] == 0:
            return self.text(value)  # the sign of 0 is 0 already
        rest = others[0][0] if len(others) == 1 else sympy.Piecewise(*others)
        left, right = (self._at(side, _SUM) for side in condition.args)
        return f"np.where({left} {_RELATIONS[condition.func]} {right}, {self.text(value)}, {self.text(rest)})"

    def _function(self, e: Expr) -> str:
        inside, name = e.args[0], (_DECIMAL if self.decimal else _DOUBLE)[e.func]
        if e.func == sympy.log:
            if inside in self.guarded:
                return f"{name}({self._or_one(inside)})"
            if self.is_extreme and not self.decimal and (power := _one_and_power(inside)) is not None:
                return f"np.logaddexp(0, {self.text(power)})"
        return f"{name}({self.text(inside)})"


def _is_power(e: Expr) -> bool:
    return bool(e.is_Pow and not e.exp.could_extract_minus_sign())


def _factors(e: Expr) -> Iterable[Expr]:
    """The factors of a product, those of products within it too."""
    return (part for factor in e.args for part in _factors(factor)) if e.is_Mul else [e]


def _one_and_power(e: Expr) -> Expr | None:
    """x of 1 + e^x."""
    if e.is_Add and len(e.args) == 2 and e.args[0] == 1 and isinstance(e.args[1], sympy.exp):
        return e.args[1].args[0]
    return None


# Numbers


def number_text(value: float) -> str:
    """A double to its last bit, or a whole number."""
    if np.issubdtype(np.asarray(value).dtype, np.integer):
        return str(int(value))
    value = float(value)
    if np.isnan(value):
        return "np.nan"
    return repr(value) if np.isfinite(value) else "np.inf" if value > 0 else "-np.inf"


def decimal_text(value: float) -> str:
    """A double as the decimal number that it is written as."""
    return quoted(repr(float(value)).removesuffix(".0"))


def nested(values: Any, decimal: bool = False, wide: int = WIDE) -> str:
    """Nested lists of an array's numbers; a row each where they are wider than so many characters."""
    if values.ndim == 0:
        return decimal_text(values) if decimal else number_text(values)
    items = [nested(each, decimal) for each in values]
    if values.ndim == 1:
        return filled(items)
    return listed(items, wide)


def listed(rows: Sequence[str], wide: int = WIDE) -> str:
    """A list of what is written already, over several lines where it is long."""
    whole = f"[{', '.join(rows)}]"
    if len(whole) <= wide and "\n" not in whole:
        return whole
    return "[\n" + indent(",\n".join(rows), "    ") + ",\n]"


def filled(items: Sequence[str]) -> str:
    """A list of what is written already, as much of it in a line as fits."""
    lines = [""]
    for item in items:
        if lines[-1] and len(lines[-1]) + len(item) + 2 > WIDE:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else ''}{item},"
    return "[" + "\n ".join(lines).removesuffix(",") + "]"


def array_text(values: Any, decimal: bool = False) -> str:
    """An array, as what makes it."""
    if decimal:
        return f"decimals({nested(values, True)})"
    is_whole = values.size > _MANY and np.all(values == np.rint(values)) and np.all(np.abs(values) < 2**53)
    return f"np.array({nested(values.astype(int))}, dtype=float)" if is_whole else f"np.array({nested(values)})"


# Texts


def quoted(text: str) -> str:
    """A string of Python's, in double quotes."""
    return comment_text(json.dumps(text, ensure_ascii=False))


def comment(text: str) -> str:
    """A comment of one line, whatever the text is."""
    return f"# {comment_text(text)}" if text else ""


def comment_text(text: str) -> str:
    """Any text on one line: what is not printable stands as Python writes it in strings."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def name_text(name: str) -> str:
    """A name that an author gave, within a comment."""
    text = comment_text(name)
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"


def names_text(names: Sequence[str]) -> str:
    """Several names; of many the first ones and the last."""
    shown = names if len(names) <= _MOST_NAMES else [*names[: _MOST_NAMES - 2], "…", names[-1]]
    return ", ".join(map(name_text, shown))
