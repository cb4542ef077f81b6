"""An activation turns a neuron's net input into its output: out = f(net).

Each is one record: the function, and the pullback that carries ∂error/∂out back to ∂error/∂net. A pullback
is given the output too, because most derivatives are shorter in it. To add an activation, add one record
here and its name in the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bprunner.nn.arrays import Array

Parameters = Mapping[str, Array]
"""An activation's own parameters by name, each (runs, 1, 1)."""


@dataclass(frozen=True)
class Activation:
    """f(net, parameters) gives out; pullback(g, net, out, parameters) gives ∂error/∂net from g = ∂error/∂out.

    All arrays are (runs, batch, units). `kinks` are the net inputs where f has no derivative, and where the
    pullback therefore follows a convention.
    """

    f: Callable[[Array, Parameters], Array]
    pullback: Callable[[Array, Array, Array, Parameters], Array]
    kinks: tuple[float, ...] = ()


def _elementwise(
    f: Callable[[Array, Parameters], Array],
    df: Callable[[Array, Array, Parameters], Array],
    kinks: tuple[float, ...] = (),
) -> Activation:
    """An activation that acts on each unit alone: df(net, out, parameters) is its derivative there."""

    def pullback(g: Array, net: Array, out: Array, parameters: Parameters) -> Array:
        return g * df(net, out, parameters)

    return Activation(f, pullback, kinks)


def _linear() -> Activation:
    return Activation(f=lambda net, _: net, pullback=lambda g, _net, _out, _parameters: g)


def _sigmoid(net: Array, _: Parameters) -> Array:
    """1 / (1 + e^-net). Where e^-net overflows the quotient is 0, which is right to the last bit but one."""
    return 1.0 / (1.0 + np.exp(-net))


def _tanh(net: Array, _: Parameters) -> Array:
    result: Array = np.tanh(net)
    return result


def _relu(net: Array, _: Parameters) -> Array:
    result: Array = np.maximum(net, 0.0)
    return result


def _leaky_relu(net: Array, parameters: Parameters) -> Array:
    result: Array = np.where(net > 0.0, net, parameters["slope"] * net)
    return result


ACTIVATIONS: Mapping[str, Activation] = {
    "linear": _linear(),
    "sigmoid": _elementwise(_sigmoid, lambda _net, out, _: out * (1.0 - out)),
    "tanh": _elementwise(_tanh, lambda _net, out, _: 1.0 - out * out),
    # relu'(0) = 0 and leaky_relu'(0) = slope: the kink counts as the negative side.
    "relu": _elementwise(_relu, lambda net, _out, _: (net > 0.0).astype(np.float64), kinks=(0.0,)),
    "leaky_relu": _elementwise(
        _leaky_relu, lambda net, _out, parameters: np.where(net > 0.0, 1.0, parameters["slope"]), kinks=(0.0,)
    ),
}
