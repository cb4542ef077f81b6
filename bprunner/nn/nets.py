"""A net input is what a neuron makes of what its senders give it, before bias and activation.

Each way is one record: the net input of a whole layer, and the two derivatives that the backward pass needs. To
add one, add one record here and its name in the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bprunner.nn.arrays import Array
from bprunner.nn.contraction import product, put, total


@dataclass(frozen=True)
class Net:
    """forward(a, W) gives net; by_weights(a, W, delta, out=None) and by_senders(a, W, delta) ∂error/∂W and ∂error/∂a.

    a: (runs, batch, fan_in), W: (runs, fan_in, fan_out), net and delta: (runs, batch, fan_out). delta is ∂error/∂net;
    ∂error/∂W is summed over the batch, and goes into `out` where that is given.
    """

    forward: Callable[[Array, Array], Array]
    by_weights: Callable[..., Array]
    by_senders: Callable[[Array, Array, Array], Array]


def _sum_by_weights(a: Array, _W: Array, delta: Array, out: Array | None = None) -> Array:
    return product(a.mT, delta, out)


def _sum_by_senders(_a: Array, W: Array, delta: Array) -> Array:
    return product(delta, W.mT)


def _differences(a: Array, W: Array, sender: int) -> Array:
    """a − w for one sender and all receivers, (runs, batch, fan_out)."""
    return a[:, :, sender : sender + 1] - W[:, sender : sender + 1]


def _distance(a: Array, W: Array) -> Array:
    """Σ (a − w)² over the senders, one after the other."""
    first = _differences(a, W, 0)
    result = first * first
    for sender in range(1, W.shape[1]):
        difference = _differences(a, W, sender)
        result = result + difference * difference
    return result


def _distance_by_weights(a: Array, W: Array, delta: Array, out: Array | None = None) -> Array:
    """−2 Σ delta (a − w), summed over the batch."""
    rows = [total(delta * _differences(a, W, sender), axis=1) for sender in range(W.shape[1])]
    return put(-2.0 * np.concatenate(rows, axis=1), out)


def _distance_by_senders(a: Array, W: Array, delta: Array) -> Array:
    """2 Σ delta (a − w), summed over the receivers."""
    columns = [total(delta * _differences(a, W, sender), axis=2) for sender in range(W.shape[1])]
    return 2.0 * np.concatenate(columns, axis=2)


NETS: Mapping[str, Net] = {
    "weighted_sum": Net(product, _sum_by_weights, _sum_by_senders),
    "squared_distance": Net(_distance, _distance_by_weights, _distance_by_senders),
}
