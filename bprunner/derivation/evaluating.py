"""Evaluating: formulas with numbers in place of their symbols, those of a step of the trace or those that follow from
its weights alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import numpy as np
import sympy

from bprunner.derivation.chain import Chain
from bprunner.derivation.network import Network
from bprunner.derivation.symbols import OVER_SAMPLES, PARTIAL, Expr
from bprunner.nn.arrays import Array

Values = Mapping[Any, Any]
"""By symbol: a number, or for what every sample has, an array (samples,)."""


def evaluate(expression: Expr, values: Values, sample: int = 0, network: Network | None = None) -> float:
    """The number that an expression is, for one sample of the update (from 0); nan where it has none.

    Sums over samples are over all of them. `network` says what partial derivatives stand for.
    """
    try:
        return _value(expression, values, sample, network)
    except (ZeroDivisionError, OverflowError, ValueError, TypeError):
        # TypeError: the root of a negative number is complex
        return math.nan


def _value(e: Expr, values: Values, sample: int, network: Network | None) -> float:
    def inner(part: Expr) -> float:
        return _value(part, values, sample, network)

    if e.is_Symbol:
        found = values[e]
        return float(found[sample]) if np.ndim(found) else float(found)
    if e.is_Number or e.is_NumberSymbol:
        return float(e)
    if e.func == OVER_SAMPLES:
        count = next(len(found) for found in values.values() if np.ndim(found))
        return math.fsum(_value(e.args[0], values, each, network) for each in range(count))
    if e.func == PARTIAL:
        assert network is not None  # only a network's derivations have them
        return inner(partial_formula(network, *e.args))
    if isinstance(e, sympy.Derivative):
        return inner(e.expr.doit().diff(e.variables[0]))
    if isinstance(e, sympy.Piecewise):
        return next(inner(part) for part, condition in e.args if _holds(condition, inner))
    if e.is_Add:
        return math.fsum(map(inner, e.args))
    if e.is_Mul:
        return _multiplied(e, inner)
    if e.is_Pow:
        return _power(inner(e.args[0]), inner(e.args[1]))
    return _FUNCTIONS[e.func](inner(e.args[0]))


def _multiplied(e: Expr, inner: Callable[[Expr], float]) -> float:
    """0 where a factor is 0, though another has no number: 0 ln 0 counts as 0."""
    simple = sorted(e.args, key=lambda part: not (part.is_Symbol or part.is_Number))
    result = 1.0
    for part in simple:
        result *= inner(part)
        if result == 0.0:
            return 0.0
    return result


def _power(base: float, exponent: float) -> float:
    return math.inf if math.isinf(base) and exponent > 0 else float(base**exponent)


def _holds(condition: Expr, inner: Callable[[Expr], float]) -> bool:
    if condition in (sympy.true, sympy.false):
        return bool(condition)
    left, right = map(inner, condition.args)
    return bool({
        sympy.StrictGreaterThan: left > right, sympy.GreaterThan: left >= right, sympy.StrictLessThan: left < right,
        sympy.LessThan: left <= right, sympy.Unequality: left != right,
    }[condition.func])  # fmt: skip


def holds(condition: Expr, values: Values, sample: int, network: Network) -> bool:
    """Whether a case's condition holds for one sample of the update."""
    return _holds(condition, lambda part: _value(part, values, sample, network))


def _exp(x: float) -> float:
    return math.inf if x > 709.0 else math.exp(x)


_FUNCTIONS: Mapping[Any, Callable[[float], float]] = {
    sympy.exp: _exp, sympy.log: math.log, sympy.tanh: math.tanh, sympy.erf: math.erf, sympy.Abs: abs,
    sympy.sign: lambda x: float(np.sign(x)),
}  # fmt: skip


def partial_formula(network: Network, of: Expr, by: Expr) -> Expr:
    """What a partial derivative comes to: ∂error/∂net is δ, the others are differentiated."""
    n = network
    for layer in range(len(n.layers)):
        for unit, (net, out) in enumerate(zip(n.nets(layer), n.outs(layer), strict=True)):
            if of == n.symbols.error() and by == out and layer == n.last:
                return n.loss_slope(unit)
            if of == n.symbols.error() and by == net:
                return n.symbols.delta(layer, unit)
            if of == net and by not in n.nets(layer):
                return n.net_formula(layer, unit).doit().diff(by)
            if of == out and by in n.nets(layer):
                return n.out_slope(layer, unit, n.nets(layer).index(by))
    raise KeyError(f"∂{of}/∂{by} is no factor of the chain rule here")


def computed(network: Network, parameters: Mapping[str, float], inputs: Array, targets: Array) -> dict[Any, Any]:
    """Everything that follows from weights and biases, by name, without any rounding: the values of the forward pass,
    the error, and every δ. inputs, targets: (samples, units)."""
    n, count = network, len(inputs)
    values: dict[Any, Any] = {n.symbols.parameter(name): value for name, value in parameters.items()}
    values[n.samples()] = float(count)
    for unit, symbol in enumerate(n.senders(0)):
        values[symbol] = np.asarray(inputs[:, unit])
    for unit in range(len(n.names.outputs)):
        values[n.symbols.target(unit)] = np.asarray(targets[:, unit])

    def each(formula: Expr) -> Array:
        return np.array([evaluate(formula, values, sample, n) for sample in range(count)])

    for layer in range(len(n.layers)):
        for unit, net in enumerate(n.nets(layer)):
            values[net] = each(n.net_formula(layer, unit))
        if not n.symbols.is_merged(layer):
            for unit, out in enumerate(n.outs(layer)):
                values[out] = each(n.out_formula(layer, unit))
    values[n.symbols.error()] = evaluate(n.error(), values, 0, n)
    return values


def with_deltas(network: Network, values: Values) -> dict[Any, Any]:
    """The values and every δ that follows from them."""
    n, chain = network, Chain(network)
    result = dict(values)
    count = next(len(found) for found in values.values() if np.ndim(found))
    for layer in reversed(range(len(n.layers))):
        for unit in range(n.layers[layer].units):
            closed = chain.delta(layer, unit).closed
            result[n.symbols.delta(layer, unit)] = np.array(
                [evaluate(closed, result, sample, n) for sample in range(count)]
            )
    return result


def composed(network: Network, samples: int) -> Expr:
    """The error of so many samples as one formula of weights, biases, inputs and targets: `input.i1[2]` is an input of
    the second sample."""
    n = network
    share = n.share(n.predictions())
    shares = []
    for sample in range(samples):
        own = [s for s in share.free_symbols if n.symbols.named[s].per_sample]
        shares.append(share.xreplace({s: sympy.Symbol(f"{s.name}[{sample + 1}]", real=True) for s in own}))
    whole = n.error()
    rest = whole - n.summed(n.share())
    return reduce(lambda a, b: a + b, shares) + rest
