"""Memory of a population whose runs are innermost: all weights and biases of a step are one array.

So an update is one for all of them, and the weights that follow are written where they are to be kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from bprunner.nn.arrays import Array
from bprunner.nn.network import Weights
from bprunner.training.population import Population, uses_blas


class Flat(NamedTuple):
    """Weights, gradients or updates. `whole`: (runs, 1, numbers), one part of weights.flat() after the other, each by
    receiver and then by sender; `parts`: the same memory as matrices and biases."""

    whole: Array
    parts: Weights


class Memory(Protocol):
    """Where what a step computes is to go. What it gives is written over by later steps."""

    @property
    def gradient(self) -> Flat:
        """For the gradient of the step."""

    def begin(self, weights: Weights) -> Flat:
        """These weights, at the place of the step that comes next; the runs may be fewer than before."""

    def following(self) -> Flat:
        """For the weights that follow from the step."""


def is_possible(p: Population) -> bool:
    """Whether a population's updates can be made at once: it is one of doubles, with the runs innermost, whose updates
    are not rounded and do not go on from layer to layer."""
    stages = p.stages
    staged = any(each is not None for each in (stages.gradient, stages.update, stages.weight, stages.bias))
    return not (staged or p.digits or uses_blas(p) or p.training.update_order == "sequential")


def numbers_of(weights: Weights) -> int:
    """How many weights and biases a run has."""
    return sum(part.shape[1] * part.shape[2] for part in weights.flat())


def flat(rows: Array, parted: Callable[[Array], Weights]) -> Flat:
    """Rows (numbers, runs), each in one piece, as weights."""
    whole = rows.T[:, np.newaxis]
    return Flat(whole, parted(whole))


def parted_like(weights: Weights) -> Callable[[Array], Weights]:
    """A function that shows (runs, 1, numbers) as such weights, in the same memory: its runs are innermost."""
    places, at = [], 0
    for part in weights.flat():
        _, fan_in, fan_out = part.shape
        places.append((at, at + fan_in * fan_out, (fan_out, fan_in, -1)))
        at += fan_in * fan_out

    def parted(whole: Array) -> Weights:
        rows = whole.T
        return weights.like([rows[start:end].reshape(shape).T for start, end, shape in places])

    return parted


def joined(parts: list[Array]) -> Array:
    """Arrays of the shapes of weights.flat() as one, (runs, 1, numbers), the runs innermost."""
    rows = [np.asarray(part).T.reshape(-1, part.shape[0]) for part in parts]
    result: Array = np.ascontiguousarray(np.concatenate(rows)).T[:, np.newaxis]
    return result
