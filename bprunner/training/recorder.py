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

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._steps: list[Step] = []
        self._arrays: dict[tuple[Store, int], Array] = {}

    @property
    def count(self) -> int:
        return len(self._steps)

    def add(self, step: Step) -> None:
        """Keeps one step. To be called before anything is asked for."""
        self._steps.append(step)

    def columns(self, wanted: Sequence[Column], run: int, count: int) -> dict[str, Array]:
        """One run's values of the first `count` steps: (count,) or (count, samples)."""
        return {
            column.name: _element(self._array(column.store, column.layer)[:count, run], column) for column in wanted
        }

    def _array(self, store: Store, layer: int) -> Array:
        """One array of every step: (count, runs, batch or fan_in, units). Put together when it is first asked for."""
        if (store, layer) not in self._arrays:
            parts = self._parts(store, layer)
            self._arrays[store, layer] = _joined(parts)
        return self._arrays[store, layer]

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

    def first_non_finite(self, run: int) -> int | None:
        """The first kept step at which the run's error or one of its weights is no finite number."""
        finite = np.isfinite(self._array("error", 0)[:, run, 0, 0])
        weights = self._steps[0].weights
        stores: list[tuple[Store, int]] = [("W", layer) for layer in range(len(weights.W))]
        stores += [("b", layer) for layer, b in enumerate(weights.b) if b is not None]
        for store, layer in stores:
            finite &= np.isfinite(self._array(store, layer)[:, run]).all(axis=(1, 2))
        return None if finite.all() else int(np.argmin(finite))


def _joined(parts: list[Array]) -> Array:
    """The arrays of many steps, behind each other on a new first axis."""
    try:
        # For many small arrays this takes a fifth of the time of numpy.concatenate.
        return np.frombuffer(b"".join(cast(list[bytes], parts)), dtype=np.float64).reshape(len(parts), *parts[0].shape)
    except (BufferError, ValueError):  # some array's memory is in another order
        return np.stack(parts)


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
    return int(8 * population.runs * (1 + 3 * neurons * population.samples + 3 * numbers) + arrays * numpy_object)


def chunk_capacities(population: Population) -> Iterator[int]:
    """How many steps the first chunk holds, the second, …: small at first, so that a run that diverges early
    wastes little, then as many as fit in CHUNK_BYTES."""
    most = max(SMALLEST_CHUNK, min(LARGEST_CHUNK, CHUNK_BYTES // bytes_per_step(population)))
    capacity = min(most, 64)
    while True:
        yield capacity
        capacity = min(most, capacity * 4)


def step_numbers(first: int, count: int) -> NDArray[np.int64]:
    """Consecutive step numbers."""
    return np.arange(first, first + count, dtype=np.int64)
