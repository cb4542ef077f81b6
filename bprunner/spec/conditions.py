"""A condition on cells: `training.learning_rate > 0.1 and initial_weights == zeros`.

Comparisons (< <= > >= == !=, several in a row as in `0.01 < training.learning_rate <= 0.1`) joined by and, or, not and
brackets. A path that varies is a name; any other word, quoted where it has spaces, is text. Nothing that is written
here is ever run as a program.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from bprunner.spec.problems import cut, did_you_mean

Values = Mapping[str, object]
Test = Callable[[Values], bool]

_LONGEST: Final = 1000
_DEEPEST: Final = 50
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
    | (?P<text>"[^"]*"|'[^']*')
    | (?P<sign><=|>=|==|!=|<|>|\(|\))
    | (?P<word>[^\W\d][\w-]*(?:\.[\w-]+)*)
    )""",
    re.VERBOSE | re.ASCII,
)


class ConditionError(ValueError):
    """A condition that cannot be read: a sentence, and the way out."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Condition:
    """A condition that was read: its text, and the names that it looks at, in the order of their first use."""

    text: str
    names: tuple[str, ...]
    _test: Test

    def holds(self, values: Values) -> bool:
        """Whether it holds for these values by name. A missing value equals nothing, and is neither less nor more."""
        return self._test(values)


def parse(text: str, known: Collection[str]) -> Condition:
    """Reads a condition on these names. Raises ConditionError."""
    if len(text) > _LONGEST:
        raise ConditionError(f"is longer than {_LONGEST} characters")
    reader = _Reader(text, known)
    test = reader.either(0)
    if reader.kind != "end":
        raise ConditionError(f"must go on with `and` or `or`, or end, before `{cut(reader.word)}`")
    return Condition(text, tuple(dict.fromkeys(reader.names)), test)


@dataclass(frozen=True)
class _Side:
    """One side of a comparison: a name, or a value that is the same for all cells."""

    text: str
    is_name: bool
    value: object = None

    def of(self, values: Values) -> object:
        return values.get(self.text) if self.is_name else self.value


class _Reader:
    def __init__(self, text: str, known: Collection[str]) -> None:
        self._known, self.names = known, list[str]()
        self._tokens, self._at = _tokens(text), 0

    @property
    def kind(self) -> str:
        return self._tokens[self._at][0]

    @property
    def word(self) -> str:
        return self._tokens[self._at][1]

    def _took(self, *words: str) -> str:
        """The next token, gone past, if it is one of these words or signs; else nothing."""
        if self.kind not in ("word", "sign") or self.word not in words:
            return ""
        self._at += 1
        return self._tokens[self._at - 1][1]

    def either(self, depth: int) -> Test:
        parts = [self._both(depth)]
        while self._took("or"):
            parts.append(self._both(depth))
        return lambda values: any(part(values) for part in parts)

    def _both(self, depth: int) -> Test:
        parts = [self._one(depth)]
        while self._took("and"):
            parts.append(self._one(depth))
        return lambda values: all(part(values) for part in parts)

    def _one(self, depth: int) -> Test:
        if depth > _DEEPEST:
            raise ConditionError("is nested too deeply")
        if self._took("not"):
            inner = self._one(depth + 1)
            return lambda values: not inner(values)
        if self._took("("):
            inner = self.either(depth + 1)
            if not self._took(")"):
                raise ConditionError("has a bracket that is never closed")
            return inner
        return self._comparison()

    def _comparison(self) -> Test:
        sides, signs = [self._side()], list[str]()
        while sign := self._took(*_COMPARISONS):
            signs.append(sign)
            sides.append(self._side())
        if not signs:
            raise ConditionError(f"must compare `{cut(sides[0].text)}` with something", "with < <= > >= == or !=")
        pairs = list(pairwise(sides))
        for left, right in pairs:
            self._check(left, right)
        return lambda values: all(
            _holds(left.of(values), sign, right.of(values)) for (left, right), sign in zip(pairs, signs, strict=True)
        )

    def _side(self) -> _Side:
        kind, text = self._tokens[self._at]
        if kind in ("end", "sign") or (kind == "word" and text in ("and", "or", "not")):
            found = f", found `{text}`" if text else ""
            raise ConditionError(f"must have a path, a number or a text here{found}")
        self._at += 1
        if kind == "number":
            return _Side(text, False, float(text))
        if kind == "text":
            return _Side(text[1:-1], False, text[1:-1])
        if text in self._known:
            self.names.append(text)
            return _Side(text, True)
        return _Side(text, False, text)

    def _check(self, left: _Side, right: _Side) -> None:
        if left.is_name or right.is_name:
            return
        word = next((each for each in (left, right) if isinstance(each.value, str)), left)
        raise ConditionError(f"has `{cut(word.text)}`, which does not vary", did_you_mean(word.text, self._known))


def _tokens(text: str) -> list[tuple[str, str]]:
    found, start = list[tuple[str, str]](), 0
    while text[start:].strip():
        match = _TOKEN.match(text, start)
        if match is None or match.lastgroup is None:
            sign = text[start:].strip()[0]
            raise ConditionError(f"has `{sign}`, which means nothing here", "equality is ==" if sign == "=" else "")
        found.append((match.lastgroup, match[match.lastgroup]))
        start = match.end()
    return [*found, ("end", "")]


def _holds(left: object, sign: str, right: object) -> bool:
    """Numbers by their size, texts by being equal. A number and a text are never equal, and neither is less."""
    if isinstance(left, int | float) and isinstance(right, int | float):
        return _COMPARISONS[sign](float(left), float(right))
    if isinstance(left, str) and isinstance(right, str) and sign in ("==", "!="):
        return _COMPARISONS[sign](left, right)
    return sign == "!="
