"""What an author's own script would do: training in batches, in plain Python, one update after another.

The passes are those of reference.py; the loop, the optimizers and the orders are written here once more.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tests.training.reference import Reference, error_of, gradients, named, one_sample

Batch = list[int]
"""The samples of one update, from 0."""

SEVEN_INPUTS = [[0.5, -1.0], [1.25, 0.25], [-0.75, 2.0], [3.0, 0.125], [0.25, 0.75], [-1.5, -0.5], [2.0, 1.0]]
SEVEN_TARGETS = [[0.5], [1.0], [-0.25], [2.0], [0.0], [-1.0], [0.75]]


def seven(kinds: Sequence[str] = ("relu", "linear"), loss: str = "half_squared_error", rate: float = 0.05) -> Reference:
    """Seven samples of a 2-2-1 network with biases, in which only + − × ÷ occur."""
    return Reference(
        kinds=kinds, slopes=[0.1, 0.1], weights=[[[0.3, 0.7], [-0.2, 0.9]], [[0.4, -0.6]]],
        biases=[[0.1, 0.2], [0.3]], inputs=SEVEN_INPUTS, targets=SEVEN_TARGETS,
        loss=loss, learning_rate=rate, epochs=2,
    )  # fmt: skip


def declared(r: Reference, **training: Any) -> dict[str, Any]:
    """The reference in bprunner's notation, with more of training; `updates` takes the place of the epochs."""
    data = r.declaration()
    if "updates" in training:
        del data["training"]["epochs"]
    data["training"] |= training
    return data


@dataclass(frozen=True)
class State:
    """Before an update, or at the end: the weights, and what they give for the batch."""

    weights: list[list[list[float]]]
    biases: list[list[float] | None]
    batch: Batch
    predictions: list[list[float]]
    error: float
    gradient: list[list[list[float]]]
    bias_gradient: list[list[float]]

    def named(self) -> dict[str, float]:
        """Weights and biases by their names."""
        weights = {f"weight.{name}": value for name, value in named("w", self.weights).items()}
        biases = {f"bias.{name}": value for name, value in named("b", [[b] for b in self.biases if b]).items()}
        return weights | biases


def of_samples(r: Reference, batch: Batch) -> Reference:
    """The reference with these samples alone."""
    return replace(r, inputs=[r.inputs[each] for each in batch], targets=[r.targets[each] for each in batch])


def evaluated(r: Reference, weights: Any, biases: Any, batch: Batch) -> State:
    """Both passes over some samples."""
    part = of_samples(r, batch)
    passes = [one_sample(part, weights, biases, x, t) for x, t in zip(part.inputs, part.targets, strict=True)]
    outs = [each.outs[-1] for each in passes]
    error = error_of(r.loss, outs, part.targets)
    return State(deepcopy(weights), deepcopy(biases), batch, outs, error, *gradients(weights, biases, passes))


def descended(r: Reference, batches: Iterable[Batch], updates: int) -> list[State]:
    """Gradient descent over these batches: the states before each update, and the last one."""
    weights, biases = deepcopy(r.weights), deepcopy(r.biases)
    states = []
    for _, batch in zip(range(updates + 1), batches, strict=False):
        state = evaluated(r, weights, biases, batch)
        states.append(state)
        move(weights, state.gradient, r.learning_rate)
        move([[each] for each in biases], [[each] for each in state.bias_gradient], r.learning_rate)
    return states


def move(weights: list[Any], gradient: list[Any], rate: float) -> None:
    """w = w − rate · gradient, in place; a layer without biases has neither."""
    for matrix, slopes in zip(weights, gradient, strict=True):
        for row, more in zip(matrix, slopes, strict=True):
            for position, slope in enumerate(more):
                row[position] = row[position] + -rate * slope


def cut(order: Sequence[int], size: int, dropped: bool = False) -> list[Batch]:
    parts = [list(order[start : start + size]) for start in range(0, len(order), size)]
    return [part for part in parts if len(part) == size or not dropped]


Shuffle = Callable[[int], list[int]]
Choose = Callable[[int, int], list[int]]


def drawing(generator: str, seed: int) -> tuple[Shuffle, Choose]:
    """How a script shuffles n samples and draws some of them with replacement, after it has set the seed."""
    if generator == "python":
        source = random.Random(seed)

        def shuffled(n: int) -> list[int]:
            order = list(range(n))
            source.shuffle(order)
            return order

        return shuffled, lambda n, size: [source.randrange(n) for _ in range(size)]
    if generator == "numpy":
        modern = np.random.default_rng(seed)
        return lambda n: modern.permutation(n).tolist(), lambda n, size: modern.choice(n, size).tolist()
    legacy = np.random.RandomState(seed)
    return lambda n: legacy.permutation(n).tolist(), lambda n, size: legacy.choice(n, size).tolist()


def shuffled_batches(shuffle: Shuffle, samples: int, size: int, dropped: bool = False) -> Iterator[Batch]:
    while True:
        yield from cut(shuffle(samples), size, dropped)


def sampled_batches(choose: Choose, samples: int, size: int) -> Iterator[Batch]:
    while True:
        yield choose(samples, size)
