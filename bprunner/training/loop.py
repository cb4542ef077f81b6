"""The loop trains a population and yields what happened, step after step. It never calls a sink.

Step k holds the state after k updates, so that T updates give T + 1 steps; step 0 is before any. What a step
computes belongs to the samples of its update: all of them, or a batch.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import repeat
from typing import NamedTuple

from bprunner.nn.arrays import Array, Flags, Indices, picked
from bprunner.nn.decimals import doubles
from bprunner.nn.network import Passed, Pulled, Weights, backward, forward, with_penalties
from bprunner.training.batches import batches
from bprunner.training.measuring import NOTHING, Measurer
from bprunner.training.memory import Memory
from bprunner.training.population import Population
from bprunner.training.rates import is_constant, rates
from bprunner.training.stopping import Stopper
from bprunner.training.updating import Updating, UpdatingAtOnce


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


def train(population: Population, memory: Memory | None = None) -> Steps:
    """All steps of a population, from 0 to its last update, or until all runs have ended.

    Overflow gives infinities and nan, as values; whoever iterates decides (numpy.errstate) whether it warns.
    Nothing that was yielded is changed afterwards.

    Who sends the places of some runs instead of asking for the next step has it with these runs alone.

    Where there is memory for it (and `memory.is_possible`), weights, gradients and updates are made at once, with the
    same bits. What was yielded is changed by later steps then.
    """
    if not population.digits:
        return train_as_computed(population, memory)
    return _each_in_doubles(train_as_computed(population))


def train_as_computed(population: Population, memory: Memory | None = None) -> Steps:
    """The same, in the numbers that are computed with: where these are decimals, `train` gives the nearest doubles."""
    p = population
    # Looked up once: for a small network, looking up costs as much as computing.
    layers, objective, stages, penalties, most = p.layers, p.objective, p.stages, p.penalties, p.most_updates
    updating, per_epoch = Updating(p) if memory is None else UpdatingAtOnce(p, memory), p.updates_per_epoch
    sequential = p.training.update_order == "sequential"
    measurer = Measurer(p)
    stopper = None if p.training.stop is None else Stopper(p)
    sees = stopper.see if stopper is not None and stopper.watches_updates else None
    constant = is_constant(p)
    changing = not constant or updating.counts
    every_rate: Iterator[Array | None] = repeat(None) if constant else rates(p)
    measures, ended = NOTHING, None
    weights = updating.weights(p.weights)
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
            pulled = backward(
                layers, weights, inputs, targets, passed, objective, stages, penalties, None, updating.gradient
            )
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
            weights = updating.weights(weights)
            measurer.keep(p, kept)
            ended = picked(ended, kept)
            if stopper is not None:
                stopper.keep(p, kept)


def _each_in_doubles(steps: Steps) -> Steps:
    kept: Indices | None = None
    while True:
        try:
            step = steps.send(kept)
        except StopIteration:
            return
        kept = yield in_doubles(step)


def in_doubles(step: Step) -> Step:
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
