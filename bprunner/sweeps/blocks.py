"""A block is some cells of one structure, trained together: as many as keep the processor's cache busy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from bprunner.data.samples import Samples
from bprunner.nn.arrays import Array
from bprunner.spec.experiment import Experiment
from bprunner.sweeps.stability import largest_stable_rate
from bprunner.sweeps.summing import Summary, Summing, watched
from bprunner.training.chunk_files import ChunkFile
from bprunner.training.chunks import Chunk, series_of, train_in_chunks
from bprunner.training.population import Population, populate, uses_blas

CACHE_BYTES = 4 * 2**20
"""What one step of a block takes: a few times what a core's own cache holds, since with fewer runs NumPy's calls, which
cost the same for any number of them, weigh more than the cache gains."""
FEWEST, MOST = 8, 8192
"""How many runs a block has, where there are so many."""


@dataclass(frozen=True)
class Task:
    """One block: its cells' experiments, on the same samples."""

    block: int
    numbers: tuple[int, ...]
    hashes: tuple[str, ...]
    experiments: tuple[Experiment, ...]
    samples: Samples
    baseline_errors: Array
    path: Path
    quantities: tuple[str, ...]
    every: int


def block_size(p: Population) -> int:
    """How many runs like this one (a population of one) make a block."""
    numbers = sum(int(part.size) for part in p.weights.flat())
    neurons = sum(int(W.shape[2]) for W in p.weights.W)
    a_run: int = 8 * (3 * neurons * p.largest_batch + (4 + len(p.optimizer.slots)) * numbers)
    return max(FEWEST, min(MOST if not uses_blas(p) else 128, CACHE_BYTES // a_run))


class Trained(NamedTuple):
    """What came of a block: how its runs went, and their largest stable learning rates, (runs,)."""

    summary: Summary
    stable_rates: Array


def train_block(
    task: Task, should_stop: Callable[[], bool] = lambda: False, stepped: Callable[[int], None] = lambda _: None
) -> Trained | None:
    """Trains a block and writes its series. None, and no file, where it was to stop before its end.

    `stepped` is told now and then how many more steps were made, of all runs together. Raises StorageError where the
    disk fails.
    """
    population = populate(task.experiments, task.samples)
    series = series_of(population, [each for each in task.quantities if each not in ("error", "weight", "bias")])
    names = [column.name for column in series]
    wanted = [c.name for c in series if c.quantity in task.quantities or c.store in ("error", "measure")]
    file = ChunkFile(task.path, names, wanted, task.every)
    summing = Summing(population.runs, task.baseline_errors, watched(population, series))

    def keep(chunk: Chunk) -> None:
        file.keep(chunk)
        summing.keep(chunk)
        stepped(int(chunk.lengths.sum()))

    try:
        ends = train_in_chunks(population, series, keep, should_stop)
        if ends is None:
            return None
        file.finish()
        return Trained(summing.summary(ends), largest_stable_rate(population))
    finally:
        file.discard()


def alone(task: Task, position: int, block: int) -> Task:
    """One cell of a task as a task, under another block's number."""
    one = slice(position, position + 1)
    return replace(
        task,
        block=block,
        numbers=task.numbers[one],
        hashes=task.hashes[one],
        experiments=task.experiments[one],
        path=task.path.with_name(f"block-{block:06}.parquet"),
    )
