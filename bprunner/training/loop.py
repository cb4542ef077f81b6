"""The loop trains a population and yields what happened, step after step. It never calls a sink.

Step k holds the state after k updates, so that T updates give T + 1 steps; step 0 is before any.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bprunner.nn.arrays import Array
from bprunner.nn.network import Passed, Pulled, Stage, Stages, Weights, backward, forward
from bprunner.training.population import Population


class Step(NamedTuple):
    """One step of a population: the weights, what the passes computed from them, and the updates that lead to
    the next step (none at the last). error is (runs, 1, 1)."""

    number: int
    weights: Weights
    passed: Passed
    error: Array
    pulled: Pulled
    updates: Weights | None


def train(population: Population) -> Iterator[Step]:
    """All steps of a population, 0 to its number of epochs.

    Overflow gives infinities and nan, as values; whoever iterates decides (numpy.errstate) whether it warns.
    Nothing that was yielded is changed afterwards.
    """
    p = population
    # Looked up once: for a small network, looking up costs as much as computing.
    layers, inputs, targets, loss, stages = p.layers, p.inputs, p.targets, p.loss, p.stages
    weights = p.weights
    state = p.optimizer.init(weights.flat())
    for number in range(p.epochs + 1):
        passed = forward(layers, weights, inputs, stages)
        error = loss.value(passed.out[-1], targets)
        if stages.error is not None:
            error = stages.error(error)
        pulled = backward(layers, weights, inputs, targets, passed, loss, stages)
        if number == p.epochs:
            yield Step(number, weights, passed, error, pulled, None)
            return
        updates, state = p.optimizer.update(pulled.gradient.flat(), state, p.hyperparameters)
        if stages.update is not None:
            updates = [stages.update(part) for part in updates]
        yield Step(number, weights, passed, error, pulled, weights.like(updates))
        weights = updated(weights, updates, stages)


def updated(weights: Weights, updates: Sequence[Array], stages: Stages) -> Weights:
    """The weights after flat updates, rounded where the author carries rounded ones."""
    following = [part + update for part, update in zip(weights.flat(), updates, strict=True)]
    if stages.weight is None and stages.bias is None:
        return weights.like(following)
    layers = len(weights.W)
    return weights.like([*_staged(following[:layers], stages.weight), *_staged(following[layers:], stages.bias)])


def _staged(parts: Sequence[Array], stage: Stage | None) -> Sequence[Array]:
    return parts if stage is None else [stage(part) for part in parts]
