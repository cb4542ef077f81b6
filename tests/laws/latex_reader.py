"""A reader of the LaTeX that documents print, which knows nothing of how they are made.

Formulas become trees, and trees exact fractions, intervals, or floats with derivatives.

Trees are tuples whose first part says what they are: ("+", terms), ("*", factors), ("-", x), ("/", x, y), ("^", x, y),
("number", digits, exponent), ("name", latex), ("call", function, x), ("sum", x) over samples, ("matrix", rows),
("cases", [(x, condition)]), ("∂", x, name): ∂x/∂name, ("dots",), ("f", x): an activation that is not said.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

Tree = Any


class MalformedError(ValueError):
    """What no reader of mathematics accepts, such as two signs in a row."""


class UnreadableError(ValueError):
    """What leaves something out, or says no number."""


# Blocks, chains and sides

_TOKEN = re.compile(r"\\[A-Za-z]+|\\\\|\\.|\d+(?:\.\d+)?|\s+|[^\\\s\d]")
_OPENING = ("{", "(", r"\begin", r"\left")
_CLOSING = ("}", ")", r"\end", r"\right")


@dataclass(frozen=True)
class Chain:
    """One equation with all its sides, and the signs between them."""

    sides: tuple[str, ...]
    signs: tuple[str, ...]


def chains(markdown: str) -> Iterator[tuple[str, Chain]]:
    """Every equation of a document, in blocks and within lines, with the heading that it stands below."""
    heading, block = "", list[str]()
    inside = is_code = False
    for line in markdown.split("\n"):
        if line.startswith("```"):
            if inside:
                yield from ((heading, chain) for chain in _of_block("\n".join(block)))
            inside = line == "```math"
            is_code = not is_code
            block = []
        elif inside:
            block.append(line)
        elif not is_code and line.startswith("#"):
            heading = line.lstrip("# ")
        elif not is_code:
            for found in re.finditer(r"(?<!\\)\$(?:`([^`]+)`|((?:[^$\\]|\\.)+?))\$", line):
                chain = _chain(found[1] or found[2])
                if chain.signs:
                    yield heading, chain


def _of_block(latex: str) -> Iterator[Chain]:
    inner = re.fullmatch(r"\\begin\{aligned\}\n(.*)\n\\end\{aligned\}", latex, re.DOTALL)
    equations: list[str] = []
    for row in _split(inner[1] if inner else latex, (r"\\",))[0]:
        text = row.split("&&")[0].strip()  # what follows is a reason
        if text.startswith("&") and equations:
            equations[-1] += " " + text
        else:
            equations.append(text)
    for equation in equations:
        text = "".join(
            part if part.startswith(r"\begin") else part.replace("&", " ") for part in _environments(equation)
        )
        yield _chain(text.replace(r"\quad {}", " "))


def _environments(latex: str) -> list[str]:
    """The text cut where matrices and cases begin and end."""
    parts, depth, start = [], 0, 0
    for found in re.finditer(r"\\(begin|end)\{\w+\}", latex):
        if found[1] == "begin":
            if depth == 0:
                parts.append(latex[start : found.start()])
                start = found.start()
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                parts.append(latex[start : found.end()])
                start = found.end()
    return [*parts, latex[start:]]


def _chain(latex: str) -> Chain:
    sides, signs = _split(latex, ("=", r"\approx"))
    return Chain(tuple(side.strip() for side in sides), tuple(signs))


def _split(latex: str, signs: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Where these signs stand within no brackets and no matrix."""
    parts, found, depth = [""], list[str](), 0
    for token in _TOKEN.findall(latex):
        depth += (token in _OPENING) - (token in _CLOSING)
        if depth == 0 and token in signs:
            found.append(token)
            parts.append("")
        else:
            parts[-1] += token
    return parts, found


# Formulas


def plain(latex: str) -> str:
    """LaTeX without its spaces, as names in trees are."""
    return "".join(token for token in _TOKEN.findall(latex) if not token.isspace())


def read(latex: str) -> Tree:
    """The tree of one side. Raises MalformedError."""
    reader = _Reader([token for token in _TOKEN.findall(latex) if not token.isspace()])
    tree = reader.sum()
    if reader.here:
        raise MalformedError(f"{reader.here!r} is left over in {latex}")
    return tree


_FUNCTIONS = (r"\max", r"\ln", r"\tanh", r"\sqrt", r"\operatorname", r"\exp")


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens, self._at = tokens, 0

    @property
    def here(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _ahead(self, offset: int) -> str:
        return self._tokens[self._at + offset] if self._at + offset < len(self._tokens) else ""

    def _take(self, *expected: str) -> str:
        token = self.here
        if not token or (expected and token not in expected):
            raise MalformedError(f"{token!r} stands where {' or '.join(expected) or 'something'} should")
        self._at += 1
        return token

    def sum(self) -> Tree:
        terms = [("-", self._term()) if self.here == "-" and self._take() else self._term()]
        while self.here in ("+", "-"):
            terms.append(("-", self._term()) if self._take() == "-" else self._term())
        return terms[0] if len(terms) == 1 else ("+", terms)

    def _term(self) -> Tree:
        factors = [self._factor()]
        while self.here in (r"\cdot", r"\times"):
            self._take()
            factors.append(self._factor())
        return factors[0] if len(factors) == 1 else ("*", factors)

    def _factor(self) -> Tree:
        base = self._primary()
        if self.here != "^":
            return base
        self._take()
        if self.here == "{" and self._ahead(1) == r"\mathsf":
            self._group_text()
            return ("transposed", base)
        return ("^", base, self._group())

    def _group(self) -> Tree:
        self._take("{")
        inner = self.sum()
        self._take("}")
        return inner

    def _group_text(self) -> str:
        """A group as it is written."""
        depth, text = 0, ""
        while True:
            token = self._take()
            depth += (token == "{") - (token == "}")
            text += token
            if depth == 0:
                return text

    def _primary(self) -> Tree:
        token = self.here
        if re.match(r"\d", token):
            return self._number()
        if token == "(":
            return self._bracketed(")")
        if token == r"\left":
            return self._tall()
        if token == r"\frac":
            return self._fraction()
        if token == r"\begin":
            return self._environment()
        if token in _FUNCTIONS:
            return self._function()
        if token == r"\sum":
            return self._sum_over_samples()
        if token in (r"\cdots", r"\vdots", r"\ddots", r"\infty", r"\pi"):
            self._take()
            return {r"\infty": ("float", math.inf), r"\pi": ("float", math.pi)}.get(token, ("dots",))
        if token == "e" and self._ahead(1) == "^":
            self._take(), self._take("^")
            return ("call", "exp", self._group())
        if token == "f" and self._ahead(1) in ("(", r"\left"):
            self._take()
            return ("f", self._primary())
        if token == "{" and self._ahead(1) not in (r"\backslash", r"\text", r"\mathbf"):
            return self._group()
        return ("name", self._name())

    def _number(self) -> Tree:
        digits, exponent = self._take(), 0
        if [self.here, self._ahead(1), self._ahead(2), self._ahead(3)] == [r"\times", "10", "^", "{"]:
            self._at += 3
            exponent = int(self._group_text()[1:-1])
        return ("number", digits, exponent)

    def _bracketed(self, closing: str) -> Tree:
        self._take()
        inner = self.sum()
        self._take(closing)
        return inner

    def _tall(self) -> Tree:
        self._take(r"\left")
        opening = self._take("(", "|")
        inner = self.sum()
        self._take(r"\right")
        self._take({"(": ")", "|": "|"}[opening])
        return inner if opening == "(" else ("call", "abs", inner)

    def _fraction(self) -> Tree:
        start = self._at
        self._take(r"\frac")
        if self._ahead(1) == r"\partial":
            above = self._group_text()[1:-1].removeprefix(r"\partial")
            below = self._group_text()[1:-1].removeprefix(r"\partial")
            if above:
                return ("name", "".join(self._tokens[start : self._at]))
            return ("∂", self._factor(), below)
        return ("/", self._group(), self._group())

    def _environment(self) -> Tree:
        self._take(r"\begin")
        kind = self._group_text()[1:-1]
        rows: list[list[Any]] = [[]]
        while True:
            is_condition = kind == "cases" and len(rows[-1]) == 1
            rows[-1].append(self._condition() if is_condition else self.sum())
            sign = self._take("&", r"\\", r"\end")
            if sign == r"\\":
                rows.append([])
            if sign == r"\end":
                break
        if self._group_text() != f"{{{kind}}}":
            raise MalformedError(f"{kind} does not end")
        return ("cases", [(row[0], row[1]) for row in rows]) if kind == "cases" else ("matrix", rows)

    def _condition(self) -> Any:
        self._take(r"\text")
        if self._group_text() == "{otherwise}":
            return None
        left = self.sum()
        sign = self._take(">", "<", r"\geq", r"\leq", r"\neq")
        return (sign, left, self.sum())

    def _function(self) -> Tree:
        name = self._take().removeprefix("\\")
        if name == "max":
            return self._larger()
        if name == "operatorname":
            name = self._group_text()[1:-1]
        power = None
        if self.here == "^":
            self._take()
            power = self._group()
        inner = self._group() if self.here == "{" else self._primary()
        called = ("call", name, inner)
        return called if power is None else ("^", called, power)

    def _larger(self) -> Tree:
        """max(0, x)."""
        self._take("("), self._take("0"), self._take(",")
        inner = self.sum()
        self._take(")")
        return ("call", "max", inner)

    def _sum_over_samples(self) -> Tree:
        self._take(r"\sum"), self._take("_")
        if self._group_text() != r"{\text{samples}}":
            raise MalformedError("a sum over something else")
        return ("sum", self._term())

    def _name(self) -> str:
        token = self._take()
        if token in (*_OPENING, *_CLOSING, "^", "_", "&", r"\\", r"\cdot", "+", "-", "=", "|") and token != "{":
            raise MalformedError(f"{token!r} stands where a name should")
        if token == "{":
            self._at -= 1
            text = self._group_text()
        else:
            text = token + (self._group_text() if self.here == "{" else "")
        if self.here == "_":
            text += self._take() + self._group_text()
        if self.here == "^" and self._ahead(1) == "{" and self._ahead(2) in ("+", "("):
            text += self._take() + self._group_text()
        return text


# What a tree is


@dataclass(frozen=True)
class Meaning:
    """How a tree is evaluated. number(digits, exponent), name(latex), call(function, value); `samples`: how many a sum
    has, whose terms `of(sample)` gives; `partial(tree, name)`."""

    number: Callable[[str, int], Any]
    name: Callable[[str], Any]
    call: Callable[[str, Any], Any]
    samples: int = 0
    of: Callable[[int], Meaning] | None = None
    partial: Callable[[Tree, str], Any] | None = None


def value_of(tree: Tree, means: Meaning) -> Any:
    """A number of the meaning's kind, or a matrix as lists of them. Raises UnreadableError where there is none."""
    match tree:
        case ("number", digits, exponent):
            return means.number(digits, exponent)
        case ("name", latex):
            return means.name(latex)
        case ("+", terms):
            values = [value_of(term, means) for term in terms]
            result = values[0]
            for each in values[1:]:
                result = _added(result, each)
            return result
        case ("-", inner):
            return _times(-1, value_of(inner, means))
        case ("*", factors):
            values = [value_of(factor, means) for factor in factors]
            result = values[0]
            for each in values[1:]:
                result = _times(result, each)
            return result
        case ("/", above, below):
            return _divided(value_of(above, means), value_of(below, means))
        case ("^", base, exponent):
            return _raised(value_of(base, means), value_of(exponent, means))
        case ("call", function, inner):
            return means.call(function, value_of(inner, means))
        case ("matrix", rows):
            return [[value_of(each, means) for each in row] for row in rows]
        case ("transposed", inner):
            return [list(column) for column in zip(*value_of(inner, means), strict=True)]
        case ("cases", cases):
            return next(value_of(part, means) for part, condition in cases if _holds(condition, means))
        case ("sum", inner) if means.of is not None:
            result = value_of(inner, means.of(0))
            for sample in range(1, means.samples):
                result = result + value_of(inner, means.of(sample))
            return result
        case ("∂", inner, by) if means.partial is not None:
            return means.partial(inner, by)
        case ("float", number):
            return means.call("float", number)
    raise UnreadableError(str(tree[0]))


def _holds(condition: Any, means: Meaning) -> bool:
    if condition is None:
        return True
    sign, left, right = condition
    one, other = float(value_of(left, means)), float(value_of(right, means))
    return bool(
        {">": one > other, "<": one < other, r"\geq": one >= other, r"\leq": one <= other, r"\neq": one != other}[sign]
    )


def _added(one: Any, other: Any) -> Any:
    if isinstance(one, list) != isinstance(other, list):
        raise MalformedError("a number is added to a matrix")
    if isinstance(one, list):
        if (len(one), len(one[0])) != (len(other), len(other[0])):
            raise MalformedError("matrices of different shapes are added")
        return [[a + b for a, b in zip(*rows, strict=True)] for rows in zip(one, other, strict=True)]
    return one + other


def _times(one: Any, other: Any) -> Any:
    if isinstance(one, list) and isinstance(other, list):
        if len(one[0]) != len(other):
            raise MalformedError("matrices that do not fit are multiplied")
        return [[_dot(row, column) for column in zip(*other, strict=True)] for row in one]
    if isinstance(one, list) or isinstance(other, list):
        rows, number = (one, other) if isinstance(one, list) else (other, one)
        return [[number * each for each in row] for row in rows]
    return one * other


def _dot(row: Any, column: Any) -> Any:
    products = [a * b for a, b in zip(row, column, strict=True)]
    result = products[0]
    for each in products[1:]:
        result = result + each
    return result


def _divided(one: Any, other: Any) -> Any:
    try:
        return one / other
    except ZeroDivisionError:
        raise UnreadableError("divided by 0") from None


def _raised(base: Any, exponent: Any) -> Any:
    try:
        return base**exponent
    except ZeroDivisionError:
        raise UnreadableError("divided by 0") from None


def is_numbers(tree: Tree) -> bool:
    """Whether there is no name in it."""
    if isinstance(tree, tuple):
        return tree[:1] not in (("name",), ("∂",), ("sum",)) and all(map(is_numbers, tree[1:]))
    return all(map(is_numbers, tree)) if isinstance(tree, list) else True


# Exactly


def exactly(tree: Tree) -> Any:
    """What printed numbers come to, as fractions; UnreadableError where that is no fraction."""

    def call(function: str, inner: Fraction) -> Fraction:
        if function in ("abs", "max"):
            return abs(inner) if function == "abs" else max(inner, Fraction(0))
        raise UnreadableError(function)

    def refuse(_: str) -> Fraction:
        raise UnreadableError("a name")

    value = value_of(tree, Meaning(lambda digits, exponent: Fraction(digits) * Fraction(10) ** exponent, refuse, call))
    if any(not isinstance(each, Fraction) for each in entries(value)):
        raise UnreadableError("an irrational power")
    return value


def entries(value: Any) -> list[Any]:
    """The numbers of a matrix, or the one number."""
    return [each for row in value for each in row] if isinstance(value, list) else [value]


# As intervals

_NOISE = 1e-13


@dataclass(frozen=True)
class Interval:
    """All numbers from low to high."""

    low: float
    high: float

    @classmethod
    def of(cls, ends: list[float]) -> Interval:
        """Around these numbers, with the noise of doubles."""
        if any(map(math.isnan, ends)):
            return cls(-math.inf, math.inf)
        low, high = min(ends), max(ends)
        return cls(low - abs(low) * _NOISE, high + abs(high) * _NOISE)

    def __add__(self, other: Any) -> Interval:
        other = _interval(other)
        room = _NOISE * max(map(abs, (self.low, self.high, other.low, other.high)))
        return Interval(self.low + other.low - room, self.high + other.high + room)

    def __mul__(self, other: Any) -> Interval:
        other = _interval(other)
        return Interval.of([_finite(a, b) for a in (self.low, self.high) for b in (other.low, other.high)])

    def __rmul__(self, other: Any) -> Interval:
        return self.__mul__(other)

    def __truediv__(self, other: Any) -> Interval:
        other = _interval(other)
        if other.low <= 0 <= other.high:
            return Interval(-math.inf, math.inf)
        return self * Interval.of([1 / other.low, 1 / other.high])

    def __pow__(self, other: Any) -> Interval:
        exponent = (other.low + other.high) / 2
        whole = round(exponent)
        if abs(exponent - whole) > 1e-9:
            raise UnreadableError("a power")
        if whole < 0:
            return Interval(1.0, 1.0) / self ** Interval(-whole, -whole)
        ends = [_power(self.low, whole), _power(self.high, whole)]
        return Interval.of([*ends, 0.0] if whole % 2 == 0 and self.low <= 0 <= self.high and whole else ends)

    def __float__(self) -> float:
        """Its middle, which decides between cases."""
        return (self.low + self.high) / 2

    def meets(self, other: Interval) -> bool:
        return self.low <= other.high and other.low <= self.high


def _interval(value: Any) -> Interval:
    return value if isinstance(value, Interval) else Interval(float(value), float(value))


def _finite(a: float, b: float) -> float:
    """A product in which 0 times anything is 0."""
    return 0.0 if a == 0 or b == 0 else a * b


def _power(base: float, exponent: int) -> float:
    try:
        return base**exponent
    except OverflowError:
        return math.inf if base > 0 or exponent % 2 == 0 else -math.inf


def _growing(f: Callable[[float], float]) -> Callable[[Interval], Interval]:
    return lambda x: Interval.of([f(x.low), f(x.high)])


def exp(x: float) -> float:
    return math.inf if x > 709 else math.exp(x)


def log(x: float) -> float:
    return -math.inf if x <= 0 else math.log(x)


_INTERVAL_FUNCTIONS: Mapping[str, Callable[[Interval], Interval]] = {
    "exp": _growing(exp),
    "ln": _growing(log),
    "tanh": _growing(math.tanh),
    "erf": _growing(math.erf),
    "sqrt": _growing(lambda x: math.sqrt(max(x, 0.0))),
    "max": _growing(lambda x: max(x, 0.0)),
    "sign": _growing(lambda x: float((x > 0) - (x < 0))),
    "abs": lambda x: Interval.of([abs(x.low), abs(x.high), *([0.0] if x.low <= 0 <= x.high else [])]),
    "float": lambda x: Interval(x, x),  # type: ignore[arg-type]
}


def within(tree: Tree, half_unit: Callable[[str, int], float]) -> Any:
    """Between which numbers a side lies whose printed numbers each stand for anything as near as `half_unit` says."""

    def number(digits: str, exponent: int) -> Interval:
        value = float(f"{digits}e{exponent}")
        off = half_unit(digits, exponent)
        return Interval(value - off, value + off)

    def refuse(_: str) -> Interval:
        raise UnreadableError("a name")

    return value_of(_with_exact_parts(tree), Meaning(number, refuse, lambda name, x: _INTERVAL_FUNCTIONS[name](x)))


def _with_exact_parts(tree: Tree) -> Tree:
    """Exponents, and fractions of whole numbers, are what they are."""
    match tree:
        case ("^", ("number", "10", 0), ("-", ("number", digits, 0))):
            return ("float", float(f"1e-{digits}"))
        case ("^", base, ("number", digits, 0)):
            return ("^", _with_exact_parts(base), ("float", float(digits)))
        case ("/", ("number", above, 0), ("number", below, 0)) if "." not in above + below:
            return ("float", float(above) / float(below))
        case tuple():
            return tuple(_with_exact_parts(part) for part in tree)
        case list():
            return [_with_exact_parts(part) for part in tree]
    return tree


# As floats, with derivatives


@dataclass(frozen=True)
class Dual:
    """A number and its derivative; `size` is that of the largest number that came into it, for its noise."""

    value: float
    slope: float = 0.0
    size: float = 0.0

    @classmethod
    def of(cls, value: Any, slope: float = 0.0) -> Dual:
        return value if isinstance(value, Dual) else cls(float(value), slope, abs(float(value)))

    def __add__(self, other: Any) -> Dual:
        other = Dual.of(other)
        return Dual(self.value + other.value, self.slope + other.slope, max(self.size, other.size))

    __radd__ = __add__

    def __mul__(self, other: Any) -> Dual:
        other = Dual.of(other)
        if (self.value == 0 and self.slope == 0) or (other.value == 0 and other.slope == 0):
            return Dual(0.0)  # 0 times anything is 0, as in 0 ln 0
        return Dual(
            self.value * other.value,
            _finite(self.slope, other.value) + _finite(self.value, other.slope),
            self.size * other.size,
        )

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Dual:
        other = Dual.of(other)
        if other.value == 0:
            raise ZeroDivisionError
        size = self.size / abs(other.value) * max(1.0, other.size / abs(other.value))
        return Dual(
            self.value / other.value, (self.slope - _finite(self.value / other.value, other.slope)) / other.value, size
        )

    def __pow__(self, other: Any) -> Dual:
        exponent = Dual.of(other).value
        if exponent == 0:
            return Dual(1.0)
        if self.value == 0:
            return Dual(0.0, self.slope if exponent == 1 else 0.0)
        power = self.value**exponent
        return Dual(power, self.slope * exponent * power / self.value, max(abs(power), self.size**exponent))

    def __float__(self) -> float:
        return self.value


_DUAL_FUNCTIONS: Mapping[str, tuple[Callable[[float], float], Callable[[float, float], float]]] = {
    "exp": (exp, lambda _, y: y),
    "ln": (log, lambda x, _: 1 / x if x else math.inf),
    "tanh": (math.tanh, lambda _, y: 1 - y * y),
    "erf": (math.erf, lambda x, _: 2 / math.sqrt(math.pi) * math.exp(-x * x)),
    "sqrt": (math.sqrt, lambda _, y: 0.5 / y if y else math.inf),
    "abs": (abs, lambda x, _: (x > 0) - (x < 0)),
    "max": (lambda x: max(x, 0.0), lambda x, _: float(x > 0)),
    "sign": (lambda x: float((x > 0) - (x < 0)), lambda _x, _y: 0.0),
    "float": (float, lambda _x, _y: 0.0),
}


def call_dual(function: str, x: Any) -> Dual:
    x = Dual.of(x)
    f, slope = _DUAL_FUNCTIONS[function]
    value = f(x.value)
    return Dual(value, _finite(x.slope, slope(x.value, value)) if x.slope else 0.0, max(abs(value), 1.0, x.size))


def neighbours(chain: Chain) -> Iterator[tuple[str, str, str]]:
    """Every two sides that stand beside each other, and the sign between them."""
    yield from ((one, sign, other) for (one, other), sign in zip(pairwise(chain.sides), chain.signs, strict=True))


def parts_of(tree: Tree) -> Iterator[Tree]:
    """A tree and everything in it."""
    if isinstance(tree, tuple | list):
        if isinstance(tree, tuple):
            yield tree
        for part in tree:
            yield from parts_of(part)


def replaced(tree: Tree, others: Mapping[str, Tree]) -> Tree:
    """With other trees in place of names."""
    if isinstance(tree, tuple) and tree[:1] == ("name",):
        return others.get(tree[1], tree)
    if isinstance(tree, tuple | list):
        return type(tree)(replaced(part, others) for part in tree)
    return tree
