"""A penalty is added to the error for the size of the weights, and of the biases where that is declared.

Each is one record, for one matrix: the value, and its gradient with respect to every weight. To add a penalty,
add one record here and its name in the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bprunner.nn.arrays import Array
from bprunner.nn.contraction import total
from bprunner.nn.decimals import signs


@dataclass(frozen=True)
class Penalty:
    """value(W, c) is (runs, 1, 1), gradient(W, c) has W's shape (runs, fan_in, fan_out); c (runs, 1, 1) stands before
    the sum. `kinks`: the weights at which the value has no derivative."""

    value: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]
    kinks: tuple[float, ...] = ()


def _l1(W: Array, c: Array) -> Array:
    """c Σ |w|."""
    return c * _sum(np.abs(W))


def _l1_gradient(W: Array, c: Array) -> Array:
    """c · sign(w), and 0 at 0."""
    return c * signs(W)


def _l2(W: Array, c: Array) -> Array:
    """c Σ w²."""
    return c * _sum(W * W)


def _l2_gradient(W: Array, c: Array) -> Array:
    """2 c w."""
    return (2.0 * c) * W


def _sum(terms: Array) -> Array:
    return total(total(terms, axis=2), axis=1)


PENALTIES: Mapping[str, Penalty] = {
    "l1": Penalty(_l1, _l1_gradient, kinks=(0.0,)),
    "l2": Penalty(_l2, _l2_gradient),
}

_DIVISORS: Mapping[str, Callable[[int], int]] = {
    "lambda": lambda _: 1,
    "lambda/2": lambda _: 2,
    "lambda/m": lambda samples: samples,
    "lambda/2m": lambda samples: 2 * samples,
}

FACTORS = tuple(_DIVISORS)
"""What may stand before the sum: λ is the declared strength, m the number of samples."""


def coefficient(strength: Array, factor: str, samples: int) -> Array:
    """What stands before the sum, (runs, 1, 1): the strength by a whole number, divided once."""
    divisor = _DIVISORS[factor](samples)
    return strength if divisor == 1 else strength / divisor
