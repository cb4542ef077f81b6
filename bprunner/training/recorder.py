"""A recorder keeps the steps of one run, column by column, in chunks.

A chunk is a set of arrays as long as so many steps. A short run stays in memory; a long one is handed over
to the disk chunk by chunk, so that memory is bounded by the chunk and not by the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from bprunner.nn.arrays import Array
from bprunner.training.columns import Column, Store
from bprunner.training.loop import Step
from bprunner.training.population import Population

CHUNK_BYTES = 8 * 2**20
SMALLEST_CHUNK, LARGEST_CHUNK = 16, 256


class StepBuffer:
    """Some consecutive steps of a population. Steps are values, so they are kept as they come and put into
    columns together, which costs a fraction of copying them one by one."""

    def __init__(self, capacity: int, batch: int = 0) -> None:
        """batch: how many samples the largest update has; smaller ones are filled up with nan."""
        self.capacity = capacity
        self._batch = batch
        self._steps: list[Step] = []
        self._arrays: dict[tuple[Store, int], Array] = {}
        self._measures: dict[str, Array] = {}

    @property
    def count(self) -> int:
        return len(self._steps)

    def add(self, step: Step) -> None:
        """Keeps one step. To be called before anything is asked for."""
        self._steps.append(step)

    def numbers(self, count: int) -> NDArray[np.int64]:
        """The numbers of the first `count` steps."""
        return np.array([step.number for step in self._steps[:count]], dtype=np.int64)

    def columns(self, wanted: Sequence[Column], run: int, count: int) -> dict[str, Array]:
        """One run's values of the first `count` steps: (count,) or (count, samples)."""
        columns = {}
        for column in wanted:
            array = self._stored(column, run)[:count]
            if column.per_sample and array.shape[1] < self._batch:
                array = _filled(array, self._batch)
            columns[column.name] = _element(array, column)
        return columns

    def _stored(self, column: Column, run: int) -> Array:
        """The array that holds a column, of one run: (count, batch or fan_in, units)."""
        if column.store == "sample":
            return self._samples(run)
        if column.store == "measure":
            return self._measure(column.name)[:, run]
        return self._array(column.store, column.layer)[:, run]

    def _array(self, store: Store, layer: int) -> Array:
        """One array of every step: (count, runs, batch or fan_in, units). Put together when it is first asked for."""
        key = (store, layer)
        if key not in self._arrays:
            self._arrays[key] = _joined(self._parts(store, layer))
        return self._arrays[key]

    def _measure(self, name: str) -> Array:
        """One measure of every step, (count, runs, 1, 1); nan where a step does not have it."""
        if name not in self._measures:
            none = np.full_like(self._steps[0].error, np.nan)
            self._measures[name] = _joined([step.measures.get(name, none) for step in self._steps])
        return self._measures[name]

    def _samples(self, run: int) -> Array:
        """Which samples each step has, (count, batch, 1), counted from 1."""
        each = [step.samples for step in self._steps]
        rows = [(part[run if len(part) > 1 else 0] + 1).astype(np.float64) for part in each if part is not None]
        return _joined([row[:, np.newaxis] for row in rows])

    def _parts(self, store: Store, layer: int) -> list[Array]:
        """One array of every step, over all runs. A step without updates has nan in their place."""
        steps = self._steps
        match store:
            case "net":
                return [step.passed.net[layer] for step in steps]
            case "out":
                return [step.passed.out[layer] for step in steps]
            case "delta":
                return [step.pulled.delta[layer] for step in steps]
            case "error":
                return [step.error for step in steps]
            case "W":
                return [step.weights.W[layer] for step in steps]
            case "b":
                return _present([step.weights.b[layer] for step in steps])
            case "gradient_W":
                return [step.pulled.gradient.W[layer] for step in steps]
            case "gradient_b":
                return _present([step.pulled.gradient.b[layer] for step in steps])
            case "update_W":
                none = np.full_like(steps[0].weights.W[layer], np.nan)
                return [none if step.updates is None else step.updates.W[layer] for step in steps]
            case "update_b":
                (like,) = _present([steps[0].weights.b[layer]])
                none = np.full_like(like, np.nan)
                return _present([none if step.updates is None else step.updates.b[layer] for step in steps])
            case "slot0":
                return [step.slots[layer][0] for step in steps]
            case "slot1":
                return [step.slots[layer][1] for step in steps]
        raise AssertionError(store)

    def first_non_finite(self, run: int) -> int | None:
        """The first kept step at which the run's error or one of its weights is no finite number."""
        finite = np.isfinite(self._array("error", 0)[:, run, 0, 0])
        weights = self._steps[0].weights
        stores: list[tuple[Store, int]] = [("W", layer) for layer in range(len(weights.W))]
        stores += [("b", layer) for layer, b in enumerate(weights.b) if b is not None]
        for store, layer in stores:
            finite &= np.isfinite(self._array(store, layer)[:, run]).all(axis=(1, 2))
        return None if finite.all() else int(np.argmin(finite))


def is_finite(step: Step) -> bool:
    """Whether the error and all weights and biases of a step, of all its runs, are finite numbers."""
    return all(np.isfinite(part).all() for part in (step.error, *step.weights.flat()))


def _joined(parts: list[Array]) -> Array:
    """The arrays of many steps, behind each other on a new first axis; batches that are smaller end with nan."""
    first = parts[0]
    if not first.flags.c_contiguous and first.mT.flags.c_contiguous and all(p.shape == first.shape for p in parts):
        return _joined([part.mT for part in parts]).mT  # as larger matrices lie
    try:
        # For many small arrays this takes a fifth of the time of numpy.concatenate.
        return np.frombuffer(b"".join(cast(list[bytes], parts)), dtype=np.float64).reshape(len(parts), *first.shape)
    except (BufferError, TypeError, ValueError):
        # Some array's memory is in another order, or there are fewer samples in it.
        return np.stack(_padded(parts))


def _padded(parts: list[Array]) -> list[Array]:
    """All with as many samples as the largest has."""
    most = max(part.shape[-2] for part in parts)
    return [_filled(part, most) if part.shape[-2] < most else part for part in parts]


def _filled(array: Array, samples: int) -> Array:
    """With nan for samples that are not there: (…, fewer, units) to (…, samples, units)."""
    widths = [(0, 0)] * (array.ndim - 2)
    return np.pad(array, [*widths, (0, samples - array.shape[-2]), (0, 0)], constant_values=np.nan)


def _present(parts: list[Array | None]) -> list[Array]:
    """Only layers with biases have columns for them, so that none is absent here."""
    return cast(list[Array], parts)


def _element(array: Array, column: Column) -> Array:
    """A copy of its own, so that the rest of the array is let go."""
    if column.per_sample:
        values = array[:, :, column.index[0]]
        return _with_one_nan(values[:, 0] if values.shape[1] == 1 else values)
    row, position = column.index
    return _with_one_nan(array[:, row, position])


def _with_one_nan(values: Array) -> Array:
    """A copy in which every nan is the same nan. A processor gives a nan a sign that depends on how many numbers
    it adds at once, and so on the population; it means nothing, and is not recorded."""
    return np.where(np.isnan(values), np.nan, values)


def bytes_per_step(population: Population) -> int:
    """How much memory one step of a population takes, small arrays being mostly their own administration."""
    neurons = sum(W.shape[2] for W in population.weights.W)
    numbers = sum(part[0].size for part in population.weights.flat())
    arrays = 11 * len(population.weights.W)
    numpy_object = 150
    remembered = (3 + len(population.optimizer.slots)) * numbers
    return int(8 * population.runs * (1 + 3 * neurons * population.largest_batch + remembered) + arrays * numpy_object)


def chunk_capacities(population: Population) -> Iterator[int]:
    """How many steps the first chunk holds, the second, …: small at first, so that a run that diverges early
    wastes little, then as many as fit in CHUNK_BYTES."""
    most = max(SMALLEST_CHUNK, min(LARGEST_CHUNK, CHUNK_BYTES // bytes_per_step(population)))
    capacity = min(most, 64)
    while True:
        yield capacity
        capacity = min(most, capacity * 4)
