"""A bias is a number of a neuron's own, or of its whole layer, that enters its net input.

Each kind is one record: how it enters, and its gradient. Whether it is trained is no matter of mathematics. To add
one, add one record here and its name in the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bprunner.nn.arrays import Array
from bprunner.nn.contraction import put, total


@dataclass(frozen=True)
class Bias:
    """enter(net, b) gives the net input with the bias, in the memory of net; gradient(delta, out=None) gives ∂error/∂b,
    summed over the batch, in `out` where that is given.

    b: (runs, 1, fan_out), or (runs, 1, 1) where `shared`; delta: (runs, batch, fan_out).
    """

    enter: Callable[[Array, Array], Array]
    gradient: Callable[..., Array]
    shared: bool = False


def _added(net: Array, b: Array) -> Array:
    net += b
    return net


def _subtracted(net: Array, b: Array) -> Array:
    """A weight b on a constant input of −1."""
    net -= b
    return net


def _sum(delta: Array, out: Array | None = None) -> Array:
    return total(delta, 1, out)


def _sum_over_layer(delta: Array, out: Array | None = None) -> Array:
    """Over the layer's neurons first, then over the batch."""
    return total(total(delta, axis=2), 1, out)


def _negative_sum(delta: Array, out: Array | None = None) -> Array:
    return put(-total(delta, axis=1), out)


_OWN = Bias(_added, _sum)

BIASES: Mapping[str, Bias | None] = {
    "none": None,
    "trained": _OWN,
    "frozen": _OWN,
    "shared": Bias(_added, _sum_over_layer, shared=True),
    "threshold": Bias(_subtracted, _negative_sum),
}
