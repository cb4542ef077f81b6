"""What a run has, as arrays of the notebook's shapes: layers of neurons, and parts of weights, at one recorded step."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from bprunner.derivation.numbers import check_explainable
from bprunner.documents.numpy_passes import Part, parts_of
from bprunner.documents.subject import Subject
from bprunner.errors import InputError, Problem
from bprunner.nn.arrays import Array
from bprunner.training.batches import batches
from bprunner.training.columns import SAMPLE
from bprunner.training.population import Population, populate
from bprunner.training.rates import is_constant, rates
from bprunner.training.replay import Replay

MOST_DATA = 250_000
"""So many numbers of samples are written into a notebook."""
MOST_HELD = 32
"""Of a larger array, so many numbers are held against the run's."""


def strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Every so many rows and columns are held, so that there are not too many numbers."""
    steps = [1] * len(shape)
    kept = list(shape)
    while math.prod(kept) > MOST_HELD:
        axis = kept.index(max(kept))
        steps[axis] += 1
        kept[axis] = -(-shape[axis] // steps[axis])
    return tuple(steps)


def slices(shape: tuple[int, ...]) -> tuple[slice, ...]:
    """What picks these."""
    return tuple(slice(None, None, step) for step in strides(shape))


class Recorded:
    """One step of a run. Raises InputError for a run that cannot be explained, or a step that it does not have."""

    def __init__(self, subject: Subject, step: int) -> None:
        check_explainable(subject.experiment)
        self.subject, self.step = subject, step
        self.experiment, self.trace = subject.experiment, subject.trace
        self.names = self.experiment.architecture.names
        found = np.nonzero(self.trace.steps == step)[0]
        if not len(found):
            hint = f"there are steps {self.trace.steps[0]} to {self.trace.steps[-1]}"
            raise InputError(Problem(f"step {step} is not in the trace", hint=hint))
        self._recorded = frozenset(self.trace.names)
        self._columns: dict[str, Array] = {}
        missing = [each for each in self._weight_columns() if each not in self._recorded]
        if missing:
            hint = "record them: `weight` and `bias` belong to trace.quantities"
            raise InputError(Problem(f"the trace does not have {missing[0]}", path="trace.quantities", hint=hint))
        self.row = int(found[0])

    def _weight_columns(self) -> Iterator[str]:
        yield from (f"weight.{name}" for name in self.names.weights)
        yield from (f"bias.{name}" for name in self.names.biases)

    @cached_property
    def parts(self) -> list[Part]:
        return parts_of(self.names)

    @property
    def has_update(self) -> bool:
        return self.row + 1 < len(self.trace)

    @property
    def next_row(self) -> int | None:
        """The row of the step after this update, if it is recorded."""
        steps = self.trace.steps
        return self.row + 1 if self.has_update and steps[self.row + 1] == self.step + 1 else None

    # Samples

    @property
    def uses_all(self) -> bool:
        """Whether every update uses the whole dataset, in order."""
        return self.experiment.training.full_batch

    @property
    def sample_size(self) -> int:
        """How many numbers a sample has."""
        return len(self.names.inputs) + len(self.names.outputs)

    @property
    def holds_all(self) -> bool:
        """Whether all samples there are stand in the notebook, or those of this update alone."""
        return self.uses_all or len(self.subject.samples) * self.sample_size <= MOST_DATA

    @cached_property
    def samples(self) -> list[int]:
        """The samples of this step's update, from 0; none where the run did not record them."""
        return self.places(self.row) or []

    def places(self, row: int) -> list[int] | None:
        """The samples of a row's update, from 0; None where the run did not record them."""
        if self.uses_all:
            return list(range(len(self.subject.samples)))
        if SAMPLE not in self._recorded:
            return None
        return [int(each) - 1 for each in np.atleast_1d(self._column(SAMPLE)[row]) if not np.isnan(each)]

    def rows_until(self, updates: int) -> range:
        """The rows of so many updates from this step on, their last step included."""
        return range(self.row, int(np.searchsorted(self.trace.steps, self.step + updates, "right")))

    # Quantities

    def neurons(self, quantity: str, layer: int, row: int) -> Array | None:
        """(samples, neurons); None where the run did not record them."""
        columns = [f"{quantity}.{name}" for name in self.names.layers[layer]]
        places = self.places(row)
        if places is None or not all(column in self._recorded for column in columns):
            return None
        return np.stack([np.atleast_1d(self._column(column)[row])[: len(places)] for column in columns], axis=1)

    def outputs(self, row: int) -> Array | None:
        """The predictions, from either of their columns."""
        last = len(self.names.layers) - 1
        found = self.neurons("out", last, row)
        return self.neurons("prediction", last, row) if found is None else found

    def part(self, quantity: str, part: Part, row: int) -> Array | None:
        """In the shape of the part; None where the run did not record it."""
        return self._named(quantity, part.names, row)

    def thinned(self, quantity: str, part: Part, row: int) -> Array | None:
        """The same, but of every so many rows and columns."""
        return self._named(quantity, part.names[slices(part.names.shape)], row)

    def _named(self, quantity: str, names: Any, row: int) -> Array | None:
        columns = [f"{quantity}.{name}" for name in names.flat]
        if not all(column in self._recorded for column in columns):
            return None
        return np.array([float(self._column(column)[row]) for column in columns]).reshape(names.shape)

    def _column(self, name: str) -> Array:
        """A column of the trace, looked up once: of many weights and rows that matters."""
        if name not in self._columns:
            self._columns[name] = self.trace[name]
        return self._columns[name]

    def memory(self, slot: str, part: Part) -> Array | None:
        """What the optimizer remembers before this step's update."""
        found = self.part(slot, part, self.row) if self.step else None
        if self.step == 0:
            position = self.position(part)
            started: Any = self.population.slots[position][self.population.optimizer.slots.index(slot)]
            return np.asarray(started[0], dtype=np.float64).reshape(part.names.shape)
        return found

    def again(self, quantity: str, layer: int) -> Array | None:
        """Net inputs or outputs of this step's samples with the weights of the next one; None where it is not
        recorded."""
        places, row = self.places(self.row), self.next_row
        if row is None:
            return None
        if places == self.places(row):
            return self.neurons(quantity, layer, row)
        assert places is not None  # without its samples a step is not explained
        names = self.names.layers[layer]
        return np.array([[self._replay.value(quantity, n, row, each) for n in names] for each in places])

    @cached_property
    def _replay(self) -> Replay:
        return Replay(self.experiment, self.subject.samples, self.trace)

    # Training

    @property
    def digits(self) -> int:
        """How many digits decimal numbers have; 0 for doubles."""
        numbers: Any = self.experiment.arithmetic.numbers
        return int(numbers.digits) if numbers.kind == "decimal" else 0

    @cached_property
    def population(self) -> Population:
        return populate([self.experiment], self.subject.samples)

    def position(self, part: Part) -> int:
        """Where a part stands in Weights.flat()."""
        if part.letter == "W":
            return part.layer
        return len(self.names.layers) + sum(self.names.biased[: part.layer])

    def factors(self, part: Part) -> Array | None:
        """How many times the learning rate each has, or None where that is the declared one."""
        found: Any = self.population.rate_factors[self.position(part)]
        if found is None:
            return None
        own = np.asarray(found[0], dtype=np.float64)
        shape = part.names.shape if part.letter == "W" else (1, *part.names.shape)
        return np.broadcast_to(own, shape).reshape(part.names.shape)

    def order(self) -> list[tuple[int, ...]]:
        """The samples of every update of an epoch, where all epochs are alike, from this step's on."""
        epoch = self.population.updates_per_epoch
        each = [batch.samples for batch in islice(batches(self.population), epoch)]
        found = [tuple(map(int, samples[0])) for samples in each if samples is not None]
        return [found[(self.step + number) % epoch] for number in range(epoch)]

    @property
    def rate_is_constant(self) -> bool:
        return is_constant(self.population)

    def rates(self, count: int) -> list[float]:
        """The learning rate of so many updates, from this step's on."""
        return [float(each[0, 0, 0]) for each in islice(rates(self.population), self.step, self.step + count)]

    @property
    def count(self) -> int:
        """t of adam at this step."""
        return self.population.counted_updates + self.step
