"""Executing a run: the loop's steps go to a recorder, until the end, an overflow, or somebody's wish to stop.

Overflow is no error: the run ends as diverged at the first step whose error or weights are no finite
numbers, and that step is the last of its trace.
"""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bprunner.collector import without_collecting
from bprunner.nn.arrays import Array
from bprunner.nn.network import Weights
from bprunner.training.columns import columns
from bprunner.training.loop import in_doubles, train_as_computed
from bprunner.training.measuring import measure_names
from bprunner.training.population import Population, uses_blas
from bprunner.training.recorder import CHUNK_BYTES, StepBuffer, chunk_capacities, is_finite
from bprunner.training.trace import Trace, TraceWriter

Status = Literal["finished", "diverged", "interrupted"]

MOST_IN_MEMORY = 64 * 2**20
"""Bytes of trace that stay in memory; beyond it chunks go to the disk."""


@dataclass(frozen=True)
class Execution:
    """How a run went: its trace, how it ended, and the step at which it diverged, if it did.

    last_weights: those of the trace's last step, (1, fan_in, fan_out) by layer, in the numbers that were computed with,
    whatever the trace keeps; None where the run diverged.
    """

    trace: Trace
    status: Status
    diverged_at: int | None = None
    last_weights: Weights | None = field(default=None, repr=False, compare=False)


def execute(
    population: Population,
    metadata: Mapping[str, Any],
    folder: Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    most_in_memory: int = MOST_IN_MEMORY,
) -> Execution:
    """Trains a population of one and returns its trace.

    A trace larger than `most_in_memory` bytes is written to `folder` as it grows; without one, to a temporary
    folder that goes when the trace does.
    `progress` is told the number of steps now and then; `should_stop` is asked after every step.
    Raises StorageError where the disk fails.
    """
    if population.runs != 1:
        raise ValueError("one run at a time is executed here")
    keeper = _Keeper(population, metadata, folder, most_in_memory)
    capacities = chunk_capacities(population)
    most, only_epochs = population.most_updates, population.only_epochs
    per_epoch = population.updates_per_epoch
    batch = population.largest_batch
    buffer = StepBuffer(min(next(capacities), most + 1), batch)
    status: Status = "finished"
    diverged_at: int | None = None
    try:
        # Overflow is a value here: it is looked for in the recorded numbers. Steps are many small tuples, no garbage.
        with np.errstate(all="ignore"), without_collecting(), one_blas_thread(population):
            for computed in train_as_computed(population):
                step = in_doubles(computed) if population.digits else computed
                stopping = should_stop() and step.updates is not None
                # A step between the ends of epochs is looked at when it comes: nobody sees it again.
                lost = only_epochs and not is_finite(step)
                if not only_epochs or step.number % per_epoch == 0 or step.updates is None or stopping or lost:
                    buffer.add(step)
                if buffer.count < buffer.capacity and not stopping and not lost:
                    continue
                diverged_at = keeper.keep(buffer)
                progress(step.number + 1)
                if diverged_at is not None or stopping:
                    status = "interrupted" if diverged_at is None else "diverged"
                    break
                buffer = StepBuffer(min(next(capacities), max(1, most + 1 - step.number)), batch)
            else:
                # A run that has ended by itself, or whose last recorded steps fill no buffer.
                diverged_at = keeper.keep(buffer)
                status = "finished" if diverged_at is None else "diverged"
                progress(step.number + 1)
        # What was yielded last is what the trace ends with, unless some step before it was no finite number.
        last = None if status == "diverged" else computed.weights
        return Execution(keeper.trace(), status, diverged_at, last)
    finally:
        keeper.discard()


def one_blas_thread(population: Population) -> AbstractContextManager[object]:
    """BLAS on several threads divides long sums among them, and so adds in an order that depends on the machine.

    On one thread a run has the same bits everywhere, alone or beside others.
    """
    if not uses_blas(population):
        return nullcontext()
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(limits=1, user_api="blas")
    return limits


class _Keeper:
    """Keeps chunks in memory while they are few, on the disk when they are many."""

    def __init__(self, population: Population, metadata: Mapping[str, Any], folder: Path | None, most: int) -> None:
        self.count = 0
        self._columns = columns(
            population.names,
            measure_names(population),
            not population.training.full_batch,
            population.recorded,
            population.optimizer.slots,
        )
        self._metadata = metadata
        self._folder = folder
        self._most = most
        self._held: list[dict[str, Array]] = []
        self._held_bytes = 0
        self._numbers: list[NDArray[np.int64]] = []
        self._spilled = 0
        self._writer: TraceWriter | None = None
        self._temporary: Path | None = None

    def keep(self, buffer: StepBuffer) -> int | None:
        """Takes a buffer's steps, up to the first that diverged, whose number it returns."""
        if buffer.count == 0:
            return None
        diverged = buffer.first_non_finite(0)
        count = buffer.count if diverged is None else diverged + 1
        chunk = buffer.columns(self._columns, 0, count)
        self._numbers.append(buffer.numbers(count))
        self._held.append(chunk)
        self._held_bytes += sum(values.nbytes for values in chunk.values())
        if self._held_bytes > (self._most if self._writer is None else CHUNK_BYTES):
            self._spill()
        self.count += count
        return None if diverged is None else int(self._numbers[-1][-1])

    def _spill(self) -> None:
        """Puts on the disk what is held. From the first time on, no more than a chunk is held."""
        if self._writer is None:
            if self._folder is None:
                self._folder = self._temporary = Path(tempfile.mkdtemp(prefix="bprunner-"))
            self._writer = TraceWriter(self._folder / "trace.parquet", self._metadata)
        whole = self._whole()
        count = len(whole["error"])
        self._writer.write(self._steps()[self._spilled : self._spilled + count], whole)
        self._spilled += count
        self._held, self._held_bytes = [], 0

    def _steps(self) -> NDArray[np.int64]:
        """The numbers of all steps so far."""
        return np.concatenate(self._numbers)

    def _whole(self) -> dict[str, Array]:
        """What is held, as one chunk."""
        if len(self._held) == 1:
            return self._held[0]
        return {name: np.concatenate([chunk[name] for chunk in self._held]) for name in self._held[0]}

    def trace(self) -> Trace:
        names = [column.name for column in self._columns]
        steps = self._steps()
        if self._writer is None:
            return Trace(steps, names, self._whole(), self._metadata)
        if self._held:
            self._spill()
        self._writer.close()
        trace = Trace(steps, names, self._writer.path, self._metadata)
        if self._temporary is not None:
            weakref.finalize(trace, shutil.rmtree, self._temporary, ignore_errors=True)
            self._temporary = None  # from here on it is the trace's
        return trace

    def discard(self) -> None:
        """Removes what is incomplete; does nothing after a trace was made."""
        if self._writer is not None:
            self._writer.discard()
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)
