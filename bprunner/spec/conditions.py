"""A condition on what has names and values, such as the cells of a sweep, or the rows of a table.

    training.learning_rate > 0.1 and not (initial_weights == zeros)

Comparisons (< <= > >= == !=, several in a row as in `0.01 < training.learning_rate <= 0.1`) joined by and, or, not and
brackets. A known name stands for its value; any other word, quoted where it has spaces, is text. Nothing that is
written here is ever run as a program.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from numbers import Real
from typing import Any, Final, NamedTuple, NoReturn

from bprunner.spec.problems import cut, did_you_mean

Values = Mapping[str, object]
Test = Callable[[Values], bool]

_LONGEST: Final = 1000
_DEEPEST: Final = 50
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
_EQUALITIES: Final = ("==", "!=")
_JOINING: Final = ("and", "or", "not")
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?![\w.]))
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<sign><=|>=|==|!=|<|>|\(|\))
    | (?P<word>[^\W\d][\w-]*(?:\.[\w-]+)*)
    )""",
    re.VERBOSE,
)


class ConditionError(ValueError):
    """A condition that cannot be read: what is wrong, the way out, and where: from which character on, how many."""

    def __init__(self, message: str, hint: str = "", start: int = 0, width: int = 1) -> None:
        super().__init__(message)
        self.hint, self.start, self.width = hint, start, width


@dataclass(frozen=True)
class Condition:
    """A condition that was read: its text, and the names that it looks at, in the order of their first use."""

    text: str
    names: tuple[str, ...]
    _test: Test

    def holds(self, values: Values) -> bool:
        """Whether it holds for these values by name. What is missing, None or nan, differs from everything."""
        return self._test(values)


def parse(text: str, known: Collection[str], noun: str = "name") -> Condition:
    """Reads a condition on these names. `noun` is what one of them is called. Raises ConditionError."""
    if len(text) > _LONGEST:
        raise ConditionError(f"a condition has at most {_LONGEST} characters")
    reader = _Reader(text, known, noun)
    test = reader.whole()
    return Condition(text, tuple(dict.fromkeys(reader.names)), test)


class _Token(NamedTuple):
    kind: str
    text: str
    start: int


class _Side(NamedTuple):
    """One side of a comparison: a name, or a value that is always the same."""

    token: _Token
    is_name: bool
    value: object = None

    def of(self, values: Values) -> object:
        return values.get(self.token.text) if self.is_name else self.value


class _Reader:
    def __init__(self, text: str, known: Collection[str], noun: str) -> None:
        self._known, self._noun, self.names = known, noun, list[str]()
        self._tokens, self._at, self._depth = _tokens(text), 0, 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _took(self, *words: str) -> str:
        """The next token, gone past, if it is one of these words or signs; else nothing."""
        token = self._next
        if token.kind not in ("word", "sign") or token.text not in words:
            return ""
        self._at += 1
        return token.text

    def whole(self) -> Test:
        test = self._either()
        if self._next.kind != "end":
            _refuse("expected `and`, `or` or the end", self._next)
        return test

    def _either(self) -> Test:
        parts = [self._both()]
        while self._took("or"):
            parts.append(self._both())
        return lambda values: any(part(values) for part in parts)

    def _both(self) -> Test:
        parts = [self._one()]
        while self._took("and"):
            parts.append(self._one())
        return lambda values: all(part(values) for part in parts)

    def _one(self) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            _refuse("is nested too deeply", self._next)
        test = self._negated() if self._took("not") else self._bracketed() if self._took("(") else self._comparison()
        self._depth -= 1
        return test

    def _negated(self) -> Test:
        inner = self._one()
        return lambda values: not inner(values)

    def _bracketed(self) -> Test:
        inner = self._either()
        if not self._took(")"):
            _refuse("expected `)`", self._next)
        return inner

    def _comparison(self) -> Test:
        sides, signs = [self._side()], list[str]()
        while sign := self._took(*_COMPARISONS):
            signs.append(sign)
            sides.append(self._side())
            self._check(sides[-2], sign, sides[-1])
        if not signs:
            _refuse(f"expected a comparison of `{cut(sides[0].token.text)}`: < <= > >= == !=", self._next)
        pairs = list(zip(pairwise(sides), signs, strict=True))
        return lambda values: all(_holds(left.of(values), sign, right.of(values)) for (left, right), sign in pairs)

    def _side(self) -> _Side:
        token = self._next
        if token.kind in ("end", "sign") or (token.kind == "word" and token.text in _JOINING):
            _refuse(f"expected a {self._noun}, a number or a text", token)
        self._at += 1
        if token.kind == "number":
            return _Side(token, False, float(token.text))
        if token.kind == "text":
            return _Side(token, False, token.text[1:-1])
        if token.text in self._known:
            self.names.append(token.text)
            return _Side(token, True)
        return _Side(token, False, token.text)

    def _check(self, left: _Side, sign: str, right: _Side) -> None:
        """Something has to be looked at, and what is less or more has to be a number."""
        if not (left.is_name or right.is_name):
            # Which of them was to be a name: the one that is no number and no quoted text.
            word = next((each.token for each in (left, right) if each.token.kind == "word"), left.token)
            _refuse(f"`{cut(word.text)}` is no {self._noun}", word, did_you_mean(word.text, self._known))
        for side in (left, right):
            if sign not in _EQUALITIES and not side.is_name and isinstance(side.value, str):
                message = f"`{cut(side.token.text)}` is no {self._noun} and no number"
                _refuse(message, side.token, did_you_mean(side.token.text, self._known))


def _refuse(message: str, token: _Token, hint: str = "") -> NoReturn:
    raise ConditionError(message, hint, token.start, max(1, len(token.text)))


def _tokens(text: str) -> list[_Token]:
    tokens, start = list[_Token](), 0
    while text[start:].strip():
        found = _TOKEN.match(text, start)
        if found is None or found.lastgroup is None:
            start = len(text) - len(text[start:].lstrip())
            hint = "equality is written ==" if text[start] == "=" else ""
            raise ConditionError(f"`{text[start]}` means nothing here", hint, start)
        tokens.append(_Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)))
        start = found.end()
    return [*tokens, _Token("end", "", len(text.rstrip()))]


def _holds(left: object, sign: str, right: object) -> bool:
    """Numbers by their size, texts by being equal. A number and a text are never equal, and neither is less."""
    left, right = _plain(left), _plain(right)
    if isinstance(left, float) and isinstance(right, float):
        return _COMPARISONS[sign](left, right)
    if isinstance(left, str) and isinstance(right, str) and sign in _EQUALITIES:
        return _COMPARISONS[sign](left, right)
    return sign == "!="


def _plain(value: object) -> float | str | None:
    """A number as a float; everything else as the text that it is shown as."""
    if value is None or isinstance(value, float | str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return float(value) if isinstance(value, Real) else str(value)
