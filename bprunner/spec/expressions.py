"""An expression is arithmetic over quantities: `learning_rate * delta.o1 * out.h1`.

Authors print numbers that are no quantity by themselves, a product on the way or a weight before it is
rounded; an expression names them. Allowed are + - * / **, brackets, numbers, names, and the functions of
FUNCTIONS; which names there are, whoever asks for it knows: in figures the quantities of a step (`known_names` in
figure_misfits), in the rule `drawn` r, g and the fans.
"""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_OPERATIONS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "abs": abs,
    "cos": math.cos,
    "exp": math.exp,
    "ln": math.log,
    "sin": math.sin,
    "sqrt": math.sqrt,
}
"""What an expression may call, each with one argument in brackets."""

_ALLOWED = "may use only + - * / **, brackets, numbers, names and the functions " + ", ".join(FUNCTIONS)
_LONGEST = 1000
_SIGNS = re.compile(r"[\d.eE+*/()\s-]*", re.ASCII)
# A neuron of a deep network is called h1.2, which Python would read as a number after a dot.
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\.\w+)*")
_CALLED = re.compile(_NAME.pattern + r"(?![\w.])(?=\s*\()")


@dataclass(frozen=True)
class Expression:
    """A parsed expression: its text, and the names it uses, in the order of their first use."""

    text: str
    names: tuple[str, ...]
    _tree: ast.expr
    _aliases: Mapping[str, str]

    def evaluate(self, values: Mapping[str, float]) -> float:
        """Its value in float64, by Python's precedence. nan where it has none (a division by zero, an overflow)."""
        try:
            return float(self.apply({name: float(value) for name, value in values.items()}))
        except (ArithmeticError, ValueError):
            return float("nan")

    def apply(self, values: Mapping[str, Any], functions: Mapping[str, Callable[[Any], Any]] = FUNCTIONS) -> Any:
        """The same over whatever adds and multiplies like numbers, such as arrays, with functions of such things."""
        return _evaluate(self._tree, {alias: values[name] for alias, name in self._aliases.items()}, functions)


def parse(text: str) -> Expression:
    """Reads an expression. Raises ValueError, with a sentence, where the text is none."""
    if len(text) > _LONGEST:
        raise ValueError(f"is longer than {_LONGEST} characters")
    if not text.strip():
        raise ValueError("is empty")
    text = text.strip()
    # What is no name must be a number or a sign of arithmetic: Python reads more than that.
    if not _SIGNS.fullmatch(_NAME.sub("", text)):
        raise ValueError(_ALLOWED)
    called = {found.start() for found in _CALLED.finditer(text)}
    for found in _NAME.finditer(text):
        if found.start() in called and found[0] not in FUNCTIONS:
            raise ValueError(f"calls `{found[0]}`, and there is no such function; there are {', '.join(FUNCTIONS)}")
    names = tuple(dict.fromkeys(found[0] for found in _NAME.finditer(text) if found.start() not in called))
    aliases = {f"name{number}": name for number, name in enumerate(names)}
    by_name = {name: alias for alias, name in aliases.items()}
    try:
        plain = _NAME.sub(lambda found: found[0] if found.start() in called else by_name[found[0]], text)
        tree = ast.parse(plain, mode="eval").body
        _check(tree)
    except OverflowError:
        raise ValueError("has a number that is too large for a double") from None
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError("is no arithmetic that can be read") from None
    return Expression(text, names, tree, aliases)


def _check(node: ast.expr, depth: int = 0) -> None:
    if depth > 50:
        raise ValueError("is nested too deeply")
    match node:
        case ast.BinOp(left, op, right) if type(op) in _OPERATIONS:
            _check(left, depth + 1)
            _check(right, depth + 1)
        case ast.UnaryOp(ast.USub() | ast.UAdd(), operand):
            _check(operand, depth + 1)
        case ast.Name():
            pass
        case ast.Call(ast.Name(), [argument], []):
            _check(argument, depth + 1)
        case ast.Constant(value) if isinstance(value, int | float) and not isinstance(value, bool):
            if math.isinf(float(value)):
                raise ValueError("has a number that is too large for a double")
        case _:
            raise ValueError(_ALLOWED)


def _evaluate(node: ast.expr, values: Mapping[str, Any], functions: Mapping[str, Callable[[Any], Any]]) -> Any:
    match node:
        case ast.BinOp(left, op, right):
            operands = _evaluate(left, values, functions), _evaluate(right, values, functions)
            result = _OPERATIONS[type(op)](*operands)
            # A negative number to a broken power is complex in Python; here it has no value.
            return float("nan") if isinstance(result, complex) else result
        case ast.UnaryOp(ast.USub(), operand):
            return -_evaluate(operand, values, functions)
        case ast.UnaryOp(_, operand):
            return _evaluate(operand, values, functions)
        case ast.Call(ast.Name(name), [argument], _):
            return functions[name](_evaluate(argument, values, functions))
        case ast.Name(name):
            return values[name]
        case ast.Constant(value):
            return float(value)  # type: ignore[arg-type]  # _check let only numbers through
    raise AssertionError(node)
