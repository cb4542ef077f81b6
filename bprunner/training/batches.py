"""A batch is the samples of one update. Here they come, one batch after another, for as long as anyone asks.

Every run draws from a source of its own, so that what it sees does not depend on its neighbours. Runs that draw
alike share one batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import Any, NamedTuple

import numpy as np

from bprunner.nn.arrays import Array, Indices
from bprunner.nn.generators import Randomness
from bprunner.training.population import Part, Population


class Batch(NamedTuple):
    """inputs and targets (runs or 1, batch, units); `samples`: which ones, from 0, (runs or 1, batch), or None where
    they are all there are, in order."""

    inputs: Array
    targets: Array
    samples: Indices | None


def batches(p: Population) -> Iterator[Batch]:
    """Every update's samples, without an end."""
    kind = p.training.batches.kind
    if kind == "full":
        return repeat(Batch(p.part.inputs, p.part.targets, None))
    if any(source is not None for source in p.sources):
        return _drawn(p)
    return _in_order(p)


def _in_order(p: Population) -> Iterator[Batch]:
    """The same batches in every epoch: they are made once."""
    declared: Any = p.training.batches
    order = np.arange(p.samples) if getattr(declared, "order", None) is None else np.array(declared.order) - 1
    size = 1 if declared.kind == "online" else declared.size
    epoch = [
        _taken(p.part, order[np.newaxis, start : start + size]) for start in range(0, p.updates_per_epoch * size, size)
    ]
    while True:
        yield from epoch


def _drawn(p: Population) -> Iterator[Batch]:
    """Batches by lot, from each run's own source; runs with the same source and seed share one."""
    declared: Any = p.training.batches
    draws = [source() for source in p.sources if source is not None]
    size, updates = declared.size, p.updates_per_epoch
    if declared.kind == "sampled":
        while True:
            yield _taken(p.part, _shared([source.choose(p.samples, size) for source in draws]))
    while True:
        order = _shared([source.permutation(p.samples) for source in draws])
        for start in range(0, updates * size, size):
            yield _taken(p.part, order[:, start : start + size])


def _shared(each: Sequence[Indices]) -> Indices:
    """(runs, samples), or (1, samples) where all runs have the same."""
    stacked = np.stack(each)
    return stacked[:1] if len(each) == 1 or (stacked == stacked[0]).all() else stacked


def _taken(part: Part, samples: Indices) -> Batch:
    inputs, targets = part.inputs[0][samples], part.targets[0][samples]
    return Batch(np.ascontiguousarray(inputs), np.ascontiguousarray(targets), samples)


Source = Callable[[], Randomness]
