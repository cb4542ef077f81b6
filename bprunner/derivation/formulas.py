"""The formulas of activations and losses, as a person writes them; each beside its slope.

One record a choice, by the names of the spec. What has a slope that is shorter in the output has it in that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from bprunner.derivation.products import product
from bprunner.derivation.symbols import Expr

Numbers = Mapping[str, Any]
_HALF, _MINUS = sympy.Rational(1, 2), sympy.Integer(-1)


@dataclass(frozen=True)
class Formula:
    """f(net, numbers) is the output, slope(net, out, numbers) ∂out/∂net. Of softmax see `softmax_slope`."""

    f: Callable[[Expr, Numbers], Expr]
    slope: Callable[[Expr, Expr, Numbers], Expr]


@dataclass(frozen=True)
class LossFormula:
    """term(prediction, target, numbers) is one output's share before any mean, slope(…) its ∂/∂prediction."""

    term: Callable[[Expr, Expr, Numbers], Expr]
    slope: Callable[[Expr, Expr, Numbers], Expr]


def exact(value: float) -> Expr:
    """A declared number: a whole one as such, any other as the double that it is."""
    return sympy.Integer(int(value)) if float(value).is_integer() else sympy.Float(value)


def either(condition: Expr, one: Expr, other: Expr) -> Expr:
    """One where the condition holds, else the other."""
    return sympy.Piecewise((one, condition), (other, True))


def softmax(nets: list[Expr], unit: int) -> Expr:
    """e^net / Σ e^net."""
    return sympy.exp(nets[unit]) / sympy.Add(*(sympy.exp(net) for net in nets))


def softmax_slope(outs: list[Expr], of: int, by: int) -> Expr:
    """∂out_of/∂net_by."""
    return outs[of] * (1 - outs[of]) if of == by else -outs[of] * outs[by]


def _gelu(net: Expr, _: Numbers) -> Expr:
    return net * _HALF * (1 + sympy.erf(net / sympy.sqrt(2)))


def _gelu_slope(net: Expr, _out: Expr, _: Numbers) -> Expr:
    density = sympy.exp(-net * net / 2) / sympy.sqrt(2 * sympy.pi)
    return _HALF * (1 + sympy.erf(net / sympy.sqrt(2))) + net * density


def _inner(net: Expr) -> Expr:
    return sympy.sqrt(2 / sympy.pi) * (net + sympy.Float(0.044715) * net**3)


def _gelu_tanh_slope(net: Expr, _out: Expr, _: Numbers) -> Expr:
    t = sympy.tanh(_inner(net))
    inner_slope = sympy.sqrt(2 / sympy.pi) * (1 + 3 * sympy.Float(0.044715) * net**2)
    return _HALF * (1 + t) + _HALF * net * (1 - t**2) * inner_slope


def _step(net: Expr, own: Numbers) -> Expr:
    return either(net >= 0 if own.get("at_zero", "high") == "high" else net > 0, sympy.Integer(1), exact(own["low"]))


def _scale(own: Numbers, name: str) -> Expr:
    return exact(own[name]) if own.get(name) is not None else sympy.Integer(1)


ACTIVATIONS: Mapping[str, Formula] = {
    "linear": Formula(lambda net, _: net, lambda _net, _out, _: sympy.Integer(1)),
    "sigmoid": Formula(
        lambda net, own: 1 / (1 + sympy.exp(product(_MINUS, _scale(own, "slope"), net))),
        lambda _net, out, own: _scale(own, "slope") * out * (1 - out),
    ),
    "tanh": Formula(
        lambda net, own: product(_scale(own, "height"), sympy.tanh(product(_scale(own, "slope"), net))),
        lambda _net, out, own: _scale(own, "slope") * (_scale(own, "height") - out**2 / _scale(own, "height")),
    ),
    "relu": Formula(lambda net, _: either(net > 0, net, 0), lambda net, _out, _: either(net > 0, 1, 0)),
    "leaky_relu": Formula(
        lambda net, own: either(net > 0, net, exact(own["slope"]) * net),
        lambda net, _out, own: either(net > 0, 1, exact(own["slope"])),
    ),
    "elu": Formula(
        lambda net, own: either(net > 0, net, exact(own["alpha"]) * (sympy.exp(net) - 1)),
        lambda net, _out, own: either(net > 0, 1, exact(own["alpha"]) * sympy.exp(net)),
    ),
    "softplus": Formula(lambda net, _: sympy.log(1 + sympy.exp(net)), lambda net, _out, _: 1 / (1 + sympy.exp(-net))),
    "gelu": Formula(_gelu, _gelu_slope),
    "gelu_tanh": Formula(lambda net, _: _HALF * net * (1 + sympy.tanh(_inner(net))), _gelu_tanh_slope),
    "step": Formula(_step, lambda _net, _out, own: exact(own["derivative"])),
    "gaussian": Formula(
        lambda net, own: sympy.exp(product(_MINUS, net, 1 / (2 * exact(own["width"]) ** 2))),
        lambda _net, out, own: -out / (2 * exact(own["width"]) ** 2),
    ),
}
"""All but softmax, which no neuron does alone."""


def _huber(p: Expr, t: Expr, own: Numbers) -> Expr:
    far = exact(own["threshold"])
    return either(sympy.Abs(p - t) <= far, _HALF * (p - t) ** 2, far * (sympy.Abs(p - t) - far / 2))


def _huber_slope(p: Expr, t: Expr, own: Numbers) -> Expr:
    far = exact(own["threshold"])
    return either(sympy.Abs(p - t) <= far, p - t, far * sympy.sign(p - t))


_SQUARED = LossFormula(lambda p, t, _: (p - t) ** 2, lambda p, t, _: sympy.Mul(2, p - t, evaluate=False))
_ABSOLUTE = LossFormula(lambda p, t, _: sympy.Abs(p - t), lambda p, t, _: sympy.sign(p - t))

LOSSES: Mapping[str, LossFormula] = {
    "half_squared_error": LossFormula(lambda p, t, _: _HALF * (p - t) ** 2, lambda p, t, _: p - t),
    "squared_error": _SQUARED,
    "mean_squared_error": _SQUARED,
    "absolute_error": _ABSOLUTE,
    "mean_absolute_error": _ABSOLUTE,
    "huber": LossFormula(_huber, _huber_slope),
    "hinge": LossFormula(
        lambda p, t, own: either(t * p <= exact(own["margin"]), exact(own["margin"]) - t * p, 0),
        lambda p, t, own: either(t * p <= exact(own["margin"]), -t, 0),
    ),
    "binary_cross_entropy": LossFormula(
        lambda p, t, _: -t * sympy.log(p) - (1 - t) * sympy.log(1 - p), lambda p, t, _: (1 - t) / (1 - p) - t / p
    ),
    "cross_entropy": LossFormula(lambda p, t, _: -t * sympy.log(p), lambda p, t, _: -t / p),
    "linear_error": LossFormula(lambda p, t, _: t * p, lambda _p, t, _: t),
}
