"""The loop trains a population and yields what happened, step after step. It never calls a sink.

Step k holds the state after k updates, so that T updates give T + 1 steps; step 0 is before any. What a step
computes belongs to the samples of its update: all of them, or a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from bprunner.nn.arrays import Array, Flags, Indices, picked
from bprunner.nn.decimals import doubles, in_kind_of
from bprunner.nn.network import Passed, Pulled, Weights, backward, bias_position, forward, with_penalties
from bprunner.training.batches import batches
from bprunner.training.measuring import NOTHING, Measurer
from bprunner.training.population import Population
from bprunner.training.rates import is_constant, rates
from bprunner.training.stopping import Stopper


class Step(NamedTuple):
    """One step of a population: the weights, what the passes computed from them, and the updates that lead to
    the next step (none at the last). error is (runs, 1, 1).

    `measures`: what else was measured, by name, each (runs, 1, 1). `samples`: which the update uses, from 0, (runs or
    1, batch); None where it uses all. `ended`: which runs have ended here, (runs,); None where none ends early.
    `slots`: what the optimizer remembers before the update, for each of weights.flat().
    """

    number: int
    weights: Weights
    passed: Passed
    error: Array
    pulled: Pulled
    updates: Weights | None
    measures: Mapping[str, Array] = NOTHING
    samples: Indices | None = None
    ended: Flags | None = None
    slots: Sequence[tuple[Array, ...]] = ()


Steps = Generator[Step, Indices | None, None]


def train(population: Population) -> Steps:
    """All steps of a population, from 0 to its last update, or until all runs have ended.

    Overflow gives infinities and nan, as values; whoever iterates decides (numpy.errstate) whether it warns.
    Nothing that was yielded is changed afterwards.

    Who sends the places of some runs instead of asking for the next step has it with these runs alone.
    """
    return train_as_computed(population) if not population.digits else _each_in_doubles(train_as_computed(population))


def train_as_computed(population: Population) -> Steps:
    """The same, in the numbers that are computed with: where these are decimals, `train` gives the nearest doubles."""
    p = population
    # Looked up once: for a small network, looking up costs as much as computing.
    layers, objective, stages, penalties, most = p.layers, p.objective, p.stages, p.penalties, p.most_updates
    updating, per_epoch = _Updating(p), p.updates_per_epoch
    sequential = p.training.update_order == "sequential"
    measurer = Measurer(p)
    stopper = None if p.training.stop is None else Stopper(p)
    sees = stopper.see if stopper is not None and stopper.watches_updates else None
    constant = is_constant(p)
    changing = not constant or updating.counts
    every_rate: Iterator[Array | None] = repeat(None) if constant else rates(p)
    measures, ended = NOTHING, None
    weights = p.weights
    remembers, idle = bool(p.optimizer.slots), measurer.is_idle
    slots: Sequence[tuple[Array, ...]] = ()
    places: Indices | None = None
    for number, (inputs, targets, samples), rate in zip(range(most + 1), batches(p), every_rate, strict=False):
        if places is not None:
            inputs, targets = picked(inputs, places), picked(targets, places)
            samples, rate = picked(samples, places), picked(rate, places)
        passed = forward(layers, weights, inputs, stages)
        error = objective.value(passed.net[-1], passed.out[-1], targets)
        if penalties:
            error = with_penalties(error, penalties, weights, targets.shape[1])
        if stages.error is not None:
            error = stages.error(error, 0)
        if not idle:
            measures = measurer.measures(number, weights, passed, targets, error, rate)
        if stopper is not None and number % per_epoch == 0:
            ended = stopper.ended(error, measures)
        if remembers:
            slots = updating.remembered()
        last = number == most or (ended is not None and bool(ended.all()))
        if sequential:
            updating.begin(number, rate)
            pulled = backward(
                layers, weights, inputs, targets, passed, objective, stages, penalties, updating.rerouting(weights)
            )
            following, updates = updating.rerouted(weights)
        else:
            pulled = backward(layers, weights, inputs, targets, passed, objective, stages, penalties)
            if not last:
                if changing:
                    updating.begin(number, rate)
                following, updates = updating.all(weights, pulled.gradient)
        if last:
            yield Step(number, weights, passed, error, pulled, None, measures, samples, ended, slots)
            return
        if sees is not None:
            sees(updates)
        kept = yield Step(number, weights, passed, error, pulled, updates, measures, samples, ended, slots)
        weights = following
        if kept is not None:
            places = kept if places is None else places[kept]
            p, weights = p.only(kept), weights.like([picked(part, kept) for part in weights.flat()])
            layers, objective, penalties = p.layers, p.objective, p.penalties
            updating.keep(p, kept)
            measurer.keep(p, kept)
            ended = picked(ended, kept)
            if stopper is not None:
                stopper.keep(p, kept)


class _Updating:
    """Gradients become updates, and updates new weights; what the optimizer remembers is kept here."""

    def __init__(self, p: Population) -> None:
        self._update = p.optimizer.update
        self._slots = list(p.slots)
        self._fixed = p.fixed
        self._any_fixed = any(mask is not None for mask in p.fixed)
        self._first_count = p.counted_updates
        self.counts = "count" in _needed(p)
        self._layers = len(p.weights.W)
        self._stages = p.stages
        self._staged = any(stage is not None for stage in (p.stages.update, p.stages.weight, p.stages.bias))
        self._numbers: dict[str, Any] = {
            **p.hyperparameters,
            "learning_rate": p.learning_rate,
            "factor": -p.learning_rate,
            "count": float(p.counted_updates),
        }
        self._factors = p.rate_factors
        self._any_factors = any(factor is not None for factor in p.rate_factors)
        self._pending: dict[int, tuple[Array, Array]] = {}

    def remembered(self) -> Sequence[tuple[Array, ...]]:
        """What the optimizer remembers, for each of weights.flat(), as it is now."""
        return tuple(self._slots)

    def keep(self, p: Population, kept: Indices) -> None:
        """Goes on with these runs alone."""
        self._slots = [tuple(picked(slot, kept) for slot in slots) for slots in self._slots]
        self._factors = p.rate_factors
        count = self._numbers["count"]
        self._numbers = {
            **p.hyperparameters, "learning_rate": p.learning_rate, "factor": -p.learning_rate, "count": count
        }  # fmt: skip

    def begin(self, number: int, rate: Array | None) -> None:
        """What changes from step to step: the learning rate, if it does, and the count."""
        if rate is not None:
            self._numbers["learning_rate"] = rate
            self._numbers["factor"] = -rate
        if self.counts:
            self._numbers["count"] = float(self._first_count + number)

    def all(self, weights: Weights, gradient: Weights) -> tuple[Weights, Weights]:
        """The weights that follow, and the updates that lead to them."""
        parts = weights.flat()
        following, updates = [], []
        if not self._any_fixed and not self._staged and not self._any_factors:
            slots, numbers, update_of = self._slots, self._numbers, self._update
            for position, (part, g) in enumerate(zip(parts, gradient.flat(), strict=True)):
                update, slots[position] = update_of(g, part, slots[position], numbers)
                updates.append(update)
                following.append(part + update)
        else:
            for position, (part, g) in enumerate(zip(parts, gradient.flat(), strict=True)):
                update, new = self._one(position, part, g)
                updates.append(update)
                following.append(new)
        return weights.like(following), weights.like(updates)

    def _one(self, position: int, part: Array, gradient: Array) -> tuple[Array, Array]:
        """One array's update, and what it becomes. What is fixed has no update, and is not rounded either."""
        update, self._slots[position] = self._update(gradient, part, self._slots[position], self._told(position))
        stages, mask = self._stages, self._fixed[position]
        if stages.update is not None:
            update = stages.update(update, position)
        if mask is not None:
            update = in_kind_of(part, np.where(mask, 0.0, update))
        new: Array = part + update
        stage = stages.weight if position < self._layers else stages.bias
        if stage is not None:
            new = stage(new, position)
        if mask is not None:
            new = np.where(mask, part, new)
        return update, new

    def _told(self, position: int) -> Mapping[str, Any]:
        """What the optimizer is told for one array, whose learning rate may be another."""
        factor = self._factors[position]
        if factor is None:
            return self._numbers
        rate = self._numbers["learning_rate"] * factor
        return {**self._numbers, "learning_rate": rate, "factor": -rate}

    # Sequential updates: each layer as soon as its gradient is there

    def rerouting(self, weights: Weights) -> Callable[[int, Array, Array | None], Array]:
        """What backward calls with each layer's gradient; it gives the layer's new weights."""

        def reroute(layer: int, W_gradient: Array, b_gradient: Array | None) -> Array:
            b = weights.b[layer]
            self._pending[layer] = self._one(layer, weights.W[layer], W_gradient)
            if b is not None and b_gradient is not None:
                position = bias_position(weights, layer)
                self._pending[position] = self._one(position, b, b_gradient)
            return self._pending[layer][1]

        return reroute

    def rerouted(self, weights: Weights) -> tuple[Weights, Weights]:
        """The weights that follow and the updates, once every layer has had its turn."""
        each = [self._pending[position] for position in range(len(weights.flat()))]
        return weights.like([new for _, new in each]), weights.like([update for update, _ in each])


def _needed(p: Population) -> Sequence[str]:
    return ("count",) if "bias_correction" in p.hyperparameters else ()


def _each_in_doubles(steps: Steps) -> Steps:
    kept: Indices | None = None
    while True:
        try:
            step = steps.send(kept)
        except StopIteration:
            return
        kept = yield _in_doubles(step)


def _in_doubles(step: Step) -> Step:
    """A step of decimals, as the doubles nearest to them."""

    def turned(weights: Weights) -> Weights:
        return weights.like([doubles(part) for part in weights.flat()])

    return Step(
        step.number,
        turned(step.weights),
        Passed([doubles(each) for each in step.passed.net], [doubles(each) for each in step.passed.out]),
        doubles(step.error),
        Pulled([doubles(each) for each in step.pulled.delta], turned(step.pulled.gradient)),
        None if step.updates is None else turned(step.updates),
        {name: doubles(value) for name, value in step.measures.items()},
        step.samples,
        step.ended,
        [tuple(doubles(each) for each in slots) for slots in step.slots],
    )
