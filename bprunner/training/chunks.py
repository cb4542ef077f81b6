"""Training a population in chunks: series of all its runs, some steps at a time.

A chunk is one block of memory, series by series, step by step, the runs side by side: a step is copied into it row
by row, and a file takes it column by column. So memory is bounded by the chunk, and not by the training.

A run whose error or weights leave the range of doubles has diverged, and ends at that step; so does one that its
stopping rule ends. At the end of a chunk such runs are taken out of the population, and cost nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np

from bprunner.collector import without_collecting
from bprunner.nn.arrays import Array, Flags, Indices
from bprunner.nn.network import Weights
from bprunner.training.columns import Column, columns
from bprunner.training.execution import one_blas_thread
from bprunner.training.loop import Step, train
from bprunner.training.measuring import measure_names
from bprunner.training.memory import Flat, flat, is_possible, numbers_of, parted_like
from bprunner.training.population import Population, uses_blas

CHUNK_BYTES = 16 * 2**20
MOST_STEPS = 256
LARGE_PIECE = 31 * 2**20
"""Bytes; from 32 MiB on the C library takes no notice."""

_ALWAYS = ("weight", "bias")
_NAN = np.full((1, 1, 1), np.nan)
NEVER = np.iinfo(np.int64).max


Room = Callable[[int, int, int], Array]
"""room(first, steps, runs) is memory (steps, series, runs) for the steps from the first on: for whoever keeps them all.
So many steps are asked for, and fewer may be given where training ends. Neighbouring steps may share memory."""


@dataclass(frozen=True)
class Chunk:
    """Some consecutive steps of some runs.

    `first`: the number of the first step. `runs`: their places in the population, (n,). `values`: (series, steps, n).
    `lengths`: how many of the steps each run has, (n,): fewer where it ended. `ending`: which runs have their last
    step here, (n,).
    """

    first: int
    runs: Indices
    values: Array
    lengths: Indices
    ending: Flags

    @property
    def steps(self) -> Indices:
        """Their numbers."""
        return np.arange(self.first, self.first + self.values.shape[1])

    @property
    def is_whole(self) -> bool:
        """Whether every run has every step."""
        return bool((self.lengths == self.values.shape[1]).all())


class Ends(NamedTuple):
    """How the runs of a population ended: the number of the last step of each, (runs,), and which diverged there."""

    last: Indices
    diverged: Flags


def series_of(population: Population, quantities: Sequence[str] = ()) -> list[Column]:
    """The series of a chunk, in order: weights and biases, the error, what is measured, and the quantities wanted.

    Raises ValueError for a quantity that every sample has where there are several samples.
    """
    recorded = (*_ALWAYS, *quantities)
    found = columns(population.names, measure_names(population), recorded=recorded, slots=population.optimizer.slots)
    if population.largest_batch > 1 and any(column.per_sample for column in found):
        raise ValueError("where there are several samples, what each of them has is no series of a run")
    return sorted(found, key=_place)


def train_in_chunks(
    population: Population,
    series: Sequence[Column],
    keep: Callable[[Chunk], None],
    should_stop: Callable[[], bool] = lambda: False,
    room: Room | None = None,
) -> Ends | None:
    """Trains a population and hands over its series, chunk after chunk; None where it was to stop before its end.

    `series` are those of series_of. What `keep` is given is overwritten after it returns, unless it lies in `room`.
    """
    p = in_fast_order(population)
    _keep_freed_memory()
    filling = _Filling(p, series, room)
    steps = train(p, filling if filling.is_memory else None)
    going: Indices | None = None
    with np.errstate(all="ignore"), without_collecting(), one_blas_thread(p):
        while True:
            step = steps.send(going)
            going = None
            filling.add(step)
            last = step.updates is None
            if not (last or filling.is_full):
                continue
            keep(filling.taken(last))
            if last or not filling.places.size:
                return filling.ends
            if should_stop():
                return None
            going = filling.going


def in_fast_order(population: Population) -> Population:
    """The runs innermost in memory where sums are added term by term, outermost where BLAS adds them.

    NumPy's functions follow the memory: with the runs innermost they pass over all runs at once.
    """
    return population.in_order("C" if uses_blas(population) or population.digits else "F")


def _keep_freed_memory() -> None:
    """Has what a step frees kept for the next one.

    The C library of Linux gives freed memory back to the system, page after page, and asks for it again, unless it has
    seen a piece freed that was larger by far. Elsewhere this does nothing.
    """
    np.empty(LARGE_PIECE, dtype=np.uint8)


def chunk_steps(series: int, runs: int) -> int:
    """How many steps a chunk has."""
    return max(1, min(MOST_STEPS, CHUNK_BYTES // (8 * series * runs)))


class _Rows(NamedTuple):
    """Where one array of a step goes: the first of its series, and how many there are."""

    column: Column
    start: int
    size: int


def _place(column: Column) -> tuple[str, int, str, int, int]:
    """Where a series stands: those of one array of a step beside each other, as in the array's transpose."""
    row, unit = column.index if len(column.index) == 2 else (0, *column.index)
    return column.store, column.layer, column.name if column.store == "measure" else "", unit, row


def _rows(series: Sequence[Column]) -> Iterator[_Rows]:
    """Each array of a step, with its series."""
    start = 0
    for _, group in groupby(series, key=lambda column: _place(column)[:3]):
        of_array = list(group)
        yield _Rows(of_array[0], start, len(of_array))
        start += len(of_array)


class _Filling:
    """A chunk being filled, and what is known of its runs."""

    def __init__(self, p: Population, series: Sequence[Column], room: Room | None = None) -> None:
        self._steps, self._series = chunk_steps(len(series), p.runs), len(series)
        self._rows = list(_rows(series))
        self._numbers = numbers_of(p.weights)
        own = [column.store in ("W", "b") for column in series]
        # With a single step, the weights that follow from it would have no place but their own.
        self.is_memory = is_possible(p) and self._steps > 1 and all(own[: self._numbers]) and sum(own) == self._numbers
        self._copied = [rows for rows in self._rows if rows.start >= self._numbers] if self.is_memory else self._rows
        self._parted = parted_like(p.weights)
        # One step more than a chunk has: the weights that follow from the last.
        self._memory = np.empty((self._steps + 1) * self._series * p.runs if room is None else 0)
        self._room = room or self._own
        self._gradients = np.empty(self._numbers * p.runs if self.is_memory else 0)
        self._ended_at = np.full(p.runs, -1)
        self._first = 0
        self.ends = Ends(np.full(p.runs, -1), np.zeros(p.runs, dtype=bool))
        self.places = np.arange(p.runs)
        self.going: Indices | None = None
        self._make_room()

    def _make_room(self) -> None:
        self._values = self._room(self._first, self._steps + 1, len(self.places))
        self._flat: list[Flat | None] = [None] * (self._steps + 1)
        self._count = 0

    def _own(self, _first: int, steps: int, runs: int) -> Array:
        return self._memory[: steps * self._series * runs].reshape(steps, self._series, runs)

    @property
    def is_full(self) -> bool:
        return self._count == self._steps

    # Memory: the weights of a step are in their place from the beginning

    def begin(self, weights: Weights) -> Flat:
        """Those of the step that comes next."""
        runs = len(self.places)
        self.gradient = flat(self._gradients[: self._numbers * runs].reshape(self._numbers, runs), self._parted)
        here = self._of(self._count)
        for part, own in zip(weights.flat(), here.parts.flat(), strict=True):
            own[...] = part
        return here

    def following(self) -> Flat:
        """Those of the step after the one that comes next."""
        return self._of(self._count + 1)

    def _of(self, at: int) -> Flat:
        known = self._flat[at]
        if known is None:
            known = self._flat[at] = flat(self._values[at, : self._numbers], self._parted)
        return known

    def add(self, step: Step) -> None:
        """Copies a step, as far as it is not there."""
        values = self._values[self._count]
        # The first weights of a chunk were written behind the chunk before.
        for column, start, size in self._copied if self._count else self._rows:
            array = _stored(step, column)
            values[start : start + size] = array.T.reshape(-1, array.shape[0])
        if step.ended is not None and step.ended.any():
            ended = self.places[step.ended]
            self._ended_at[ended[self._ended_at[ended] < 0]] = step.number
        self._count += 1

    def taken(self, is_last: bool) -> Chunk:
        """The steps that there are. Runs that ended in them are let go: `going` are the others, by their places among
        those that there were, or None where all go on."""
        values, places, first = self._values[: self._count].swapaxes(0, 1), self.places, self._first
        self._first += self._count
        diverged_at = self._diverged_at(values, first)
        ended_at = self._ended_at[places]
        ends = np.where(ended_at < 0, self._first - 1 if is_last else NEVER, ended_at)
        diverged = diverged_at <= ends
        ends = np.where(diverged, diverged_at, ends)
        gone = ends < NEVER
        self.ends.last[places[gone]] = ends[gone]
        self.ends.diverged[places[diverged & gone]] = True
        lengths = np.minimum(ends, self._first - 1) - first + 1
        self.going = np.flatnonzero(~gone) if gone.any() else None
        chunk = Chunk(first, places, values, lengths, gone)
        self.places = places[~gone]
        self._make_room()
        return chunk

    def _diverged_at(self, values: Array, first: int) -> Indices:
        """The first step at which each run's error or one of its weights is no finite number; NEVER where none is."""
        found = np.full(values.shape[2], NEVER)
        errors, weights = [], []
        for column, start, size in self._rows:
            if column.store == "error":
                errors.append(values[start])
            elif column.store in ("W", "b"):
                weights.append(values[start : start + size])
        finite = np.isfinite(errors[0]).all(axis=0)
        # A weight that is not finite never is again; an error may be.
        for part in weights:
            finite &= np.isfinite(part[:, -1]).all(axis=0)
        for run in np.flatnonzero(~finite):
            fine = np.isfinite(errors[0][:, run])
            for part in weights:
                fine &= np.isfinite(part[:, :, run]).all(axis=0)
            found[run] = first + int(np.argmin(fine))
        return found


def _stored(step: Step, column: Column) -> Array:
    """The array of a step that holds a column, (runs or 1, rows, units)."""
    layer = column.layer
    match column.store:
        case "W":
            return step.weights.W[layer]
        case "b":
            return present(step.weights.b[layer])
        case "error":
            return step.error
        case "measure":
            # What is measured at the end of an epoch is not there between.
            return step.measures.get(column.name, _NAN)
        case "net":
            return step.passed.net[layer]
        case "out":
            return step.passed.out[layer]
        case "delta":
            return step.pulled.delta[layer]
        case "gradient_W":
            return step.pulled.gradient.W[layer]
        case "gradient_b":
            return present(step.pulled.gradient.b[layer])
        case "update_W":
            return _NAN if step.updates is None else step.updates.W[layer]
        case "update_b":
            return _NAN if step.updates is None else present(step.updates.b[layer])
        case "slot0":
            return step.slots[layer][0]
        case "slot1":
            return step.slots[layer][1]
    raise AssertionError(column.store)


def present(array: Array | None) -> Array:
    """Only layers with biases have columns for them, so that none is absent here."""
    assert array is not None
    return array
