"""A condition on the rows of a table: `training.learning_rate < 0.1 and not (fate == stalled)`.

Comparisons (< <= > >= == !=, several in a row as in `0.01 < training.learning_rate <= 0.1`) joined by and, or, not and
brackets. A name is a column; another word, quoted where it has spaces, is text, and so is what stands in a column of
text. Nothing that is written here is ever run as a program.
"""

from __future__ import annotations

import difflib
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, NoReturn

import numpy as np

from bprunner.errors import InputError, Place, Problem
from bprunner.nn.arrays import Flags

_LONGEST: Final = 1000
_DEEPEST: Final = 50
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<sign><=|>=|==|!=|<|>|\(|\))
    | (?P<word>[^\W\d][\w-]*(?:\.[\w-]+)*)
    )""",
    re.VERBOSE,
)


class _Token(NamedTuple):
    kind: str
    text: str
    start: int


class _Operand(NamedTuple):
    """A side of a comparison: a column's values, or one value for all rows. `is_column` says which."""

    value: Any
    is_column: bool
    token: _Token


def matching(condition: str, columns: Mapping[str, Sequence[Any]], rows: int, source: str = "--where") -> Flags:
    """Which rows a condition holds for, (rows,). columns: by name, each (rows,); None and nan match nothing but !=.

    Raises InputError, with the place in the condition, where it cannot be read, or names no column.
    """
    if len(condition) > _LONGEST:
        raise InputError(Problem(f"a condition has at most {_LONGEST} characters", Place(source)))
    return _Reader(condition, columns, rows, source).read()


class _Reader:
    def __init__(self, condition: str, columns: Mapping[str, Sequence[Any]], rows: int, source: str) -> None:
        self._text, self._columns, self._rows, self._source = condition, columns, rows, source
        self._tokens = self._split()
        self._at, self._depth = 0, 0

    def read(self) -> Flags:
        result = self._either()
        if self._next.kind != "end":
            self._refuse("expected `and`, `or` or the end", self._next)
        return result

    # Reading

    def _split(self) -> list[_Token]:
        tokens, start = [], 0
        while self._text[start:].strip():
            found = _TOKEN.match(self._text, start)
            if found is None or found.lastgroup is None:
                start = len(self._text) - len(self._text[start:].lstrip())
                sign = _Token("sign", self._text[start], start)
                hint = "equality is written ==" if self._text[start] == "=" else ""
                self._refuse(f"`{sign.text}` means nothing here", sign, hint)
            tokens.append(_Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)))
            start = found.end()
        return [*tokens, _Token("end", "", len(self._text.rstrip()))]

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, *texts: str) -> _Token | None:
        """The next token, if it is one of these words or signs."""
        token = self._next
        if token.kind not in ("word", "sign") or token.text not in texts:
            return None
        self._at += 1
        return token

    def _either(self) -> Flags:
        result = self._both()
        while self._take("or"):
            result = result | self._both()
        return result

    def _both(self) -> Flags:
        result = self._one()
        while self._take("and"):
            result = result & self._one()
        return result

    def _one(self) -> Flags:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._refuse("is nested too deeply", self._next)
        try:
            if self._take("not"):
                return np.logical_not(self._one())
            if self._take("("):
                result = self._either()
                if not self._take(")"):
                    self._refuse("expected `)`", self._next)
                return result
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Flags:
        left = self._operand()
        sign = self._take(*_COMPARISONS)
        if sign is None:
            self._refuse("expected a comparison: < <= > >= == !=", self._next)
        result = np.ones(self._rows, dtype=bool)
        while sign is not None:
            right = self._operand()
            result &= self._compared(left, sign, right)
            left, sign = right, self._take(*_COMPARISONS)
        return result

    def _operand(self) -> _Operand:
        token = self._next
        if token.kind in ("end", "sign") or token.text in ("and", "or", "not"):
            self._refuse("expected a column, a number or a text", token)
        self._at += 1
        if token.kind == "number":
            return _Operand(float(token.text), False, token)
        if token.kind == "text":
            return _Operand(token.text[1:-1], False, token)
        if token.text in self._columns:
            return _Operand(self._columns[token.text], True, token)
        return _Operand(token.text, False, token)

    # Comparing

    def _compared(self, left: _Operand, sign: _Token, right: _Operand) -> Flags:
        if not (left.is_column or right.is_column):
            # Which of them was to be a column: the one that is no number and no quoted text.
            word = next((each.token for each in (left, right) if each.token.kind == "word"), left.token)
            self._refuse(f"`{word.text}` is no column", word, self._near(word))
        compare, equal = _COMPARISONS[sign.text], sign.text in ("==", "!=")
        for side in (left, right):
            if not equal and not side.is_column and isinstance(side.value, str):
                self._refuse(f"`{side.token.text}` is no column and no number", side.token, self._near(side.token))
        pairs = zip(self._each(left), self._each(right), strict=True)
        return np.array([_holds(compare, a, b, equal, sign.text) for a, b in pairs], dtype=bool)

    def _near(self, word: _Token) -> str:
        close = difflib.get_close_matches(word.text, list(self._columns), n=1)
        return f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(self._columns)}"

    def _each(self, operand: _Operand) -> Sequence[Any]:
        return operand.value if operand.is_column else [operand.value] * self._rows

    def _refuse(self, message: str, token: _Token, hint: str = "") -> NoReturn:
        place = Place(self._source, 1, token.start + 1, self._text, max(1, len(token.text)))
        raise InputError(Problem(message, place, hint=hint))


def _holds(compare: Callable[[Any, Any], Any], a: Any, b: Any, equal: bool, sign: str) -> bool:
    """Numbers by their size, all else as text; what is missing differs from everything."""
    if _is_missing(a) or _is_missing(b):
        return sign == "!="
    left, right = _plain(a), _plain(b)
    if isinstance(left, float) and isinstance(right, float):
        return bool(compare(left, right))
    if isinstance(left, str) and isinstance(right, str) and equal:
        return bool(compare(left, right))
    # A number and a text are never equal, and neither is less.
    return sign == "!="


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _plain(value: Any) -> float | str:
    """A number as a float; everything else as the text that it is shown as."""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, int | float | np.integer | np.floating):
        return float(value)
    return str(value)
