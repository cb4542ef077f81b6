"""Executing a sweep: its cells are trained in blocks, by several processes, and what comes of each is kept.

A block is some cells of one structure, as many as keep the processor's cache busy. Blocks go to processes of their own:
threads would wait for each other, since each of NumPy's functions takes a few microseconds and holds the interpreter
before and after. A cell whose training raises is trained alone, so that it does not take others along.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bprunner.data.loading import load_samples
from bprunner.data.samples import Samples
from bprunner.errors import BprunnerError, StudyError
from bprunner.nn.arrays import Array
from bprunner.spec.dataset import Dataset
from bprunner.spec.expanding import Cell
from bprunner.spec.experiment import Experiment
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps.folder import StudyFolder
from bprunner.sweeps.summing import Summary, Summing, errors_of, watched
from bprunner.training.chunk_files import ChunkFile
from bprunner.training.chunks import series_of, train_in_chunks
from bprunner.training.population import Population, populate, structure, uses_blas

CACHE_BYTES = 2 * 2**20
"""What one step of a block takes: as much as a core's own cache holds."""
FEWEST, MOST = 4, 8192
"""How many runs a block has, where there are so many."""
WORTH_A_PROCESS = 3.0
"""Seconds of training from which on other processes are started, which takes them about one."""


@dataclass(frozen=True)
class Failure:
    """A cell whose training raised an exception, and which."""

    number: int
    reason: str


@dataclass(frozen=True)
class Outcome:
    """How the execution of a sweep went. `trained` cells were trained now, `skipped` ones were done before."""

    trained: int
    skipped: int
    failures: tuple[Failure, ...]
    interrupted: bool
    seconds: float


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


@dataclass
class Progress:
    """How far a study is; whoever is told may keep it."""

    cells: int
    done: int = 0
    steps: int = 0
    begun: float = field(default_factory=time.monotonic)


def block_size(p: Population) -> int:
    """How many runs like this one (a population of one) make a block."""
    numbers = sum(int(part.size) for part in p.weights.flat())
    neurons = sum(int(W.shape[2]) for W in p.weights.W)
    a_run: int = 8 * (3 * neurons * p.largest_batch + (4 + len(p.optimizer.slots)) * numbers)
    return max(FEWEST, min(MOST if not uses_blas(p) else 128, CACHE_BYTES // a_run))


def execute_sweep(
    declaration: SweepDeclaration,
    folder: StudyFolder,
    workers: int | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    failed: Callable[[Failure], None] = lambda _: None,
) -> Outcome:
    """Trains every cell that is not done yet.

    workers: how many processes train; by default as many as there are cores, and none but this one for a sweep that
    takes a moment. `tell` is told now and then how far it is, `failed` at once which cell failed.

    Raises InputError for cells that are no valid experiments, StorageError where the disk fails, and StudyError where a
    process ends that trains.
    """
    begun = time.monotonic()
    with folder.locked():
        folder.tidy()
        done = folder.done()
        progress = Progress(declaration.count())
        failures: list[Failure] = []
        skipped = 0

        def fresh() -> Iterator[Cell]:
            nonlocal skipped
            seen: set[str] = set()
            for cell in declaration.cells():
                if cell.hash in done or cell.hash in seen:
                    skipped += cell.hash in done
                    progress.done += 1
                    continue
                seen.add(cell.hash)
                yield cell

        tasks = _Tasks(declaration, folder, workers)
        pool = _Pool(tasks.workers)
        trained = 0
        interrupted = False
        try:
            for task, summary, problem in pool.results(tasks.of(fresh()), should_stop):
                if problem is not None:
                    failures.append(Failure(task.numbers[0], problem))
                    failed(failures[-1])
                elif summary is not None:
                    folder.keep(task.block, task.hashes, summary)
                    trained += len(task.numbers)
                    progress.steps += int(summary.steps.sum())
                progress.done += len(task.numbers)
                tell(progress)
            interrupted = should_stop()
        finally:
            pool.close()
            folder.tidy()
        return Outcome(trained, skipped, tuple(failures), interrupted, time.monotonic() - begun)


# Tasks


class _Tasks:
    """Cells become tasks: blocks of one structure, in the order in which they fill."""

    def __init__(self, declaration: SweepDeclaration, folder: StudyFolder, workers: int | None) -> None:
        self._declaration = declaration
        self._folder = folder
        self._next = max(folder.blocks(), default=0) + 1
        self._samples: list[tuple[Dataset, Samples]] = []
        self._forms: list[tuple[object, ...]] = []
        base = next(iter(declaration.cells())).experiment
        alone = populate([base], self._samples_of(base))
        self._baseline_errors = errors_of(alone)
        self._sizes: list[int] = []
        cells = declaration.count()
        self.workers = workers or self._workers(alone, cells)
        self._share = -(-cells // self.workers)

    def _workers(self, alone: Population, cells: int) -> int:
        """As many processes as there are cores, where training is worth starting them."""
        size = sum(part.size for part in alone.weights.flat()) + alone.largest_batch * sum(alone.names.sizes)
        seconds = cells * alone.most_updates * size * 2e-9
        return 1 if seconds < WORTH_A_PROCESS else len(os.sched_getaffinity(0))

    def of(self, cells: Iterable[Cell]) -> Iterator[Task]:
        """A task as soon as a block is full; at the end those that are not."""
        waiting: dict[int, list[Cell]] = {}
        for cell in cells:
            form = self._form(cell.experiment)
            block = waiting.setdefault(form, [])
            block.append(cell)
            if len(block) >= self._sizes[form]:
                yield self._task(waiting.pop(form))
        for block in waiting.values():
            yield self._task(block)

    def _form(self, experiment: Experiment) -> int:
        """Which structure an experiment has, by the order in which they came."""
        form = structure(experiment)
        for number, known in enumerate(self._forms):
            if known == form:
                return number
        alone = populate([experiment], self._samples_of(experiment))
        self._forms.append(form)
        self._sizes.append(max(1, min(block_size(alone), self._share)))
        return len(self._forms) - 1

    def _task(self, cells: Sequence[Cell]) -> Task:
        number, self._next = self._next, self._next + 1
        trace = self._declaration.sweep.trace
        return Task(
            number,
            tuple(cell.number for cell in cells),
            tuple(cell.hash for cell in cells),
            tuple(cell.experiment for cell in cells),
            self._samples_of(cells[0].experiment),
            self._baseline_errors,
            self._folder.series_file(number),
            tuple(trace.quantities),
            trace.every,
        )

    def _samples_of(self, experiment: Experiment) -> Samples:
        """Loaded once for each dataset."""
        for dataset, samples in self._samples:
            if dataset is experiment.dataset or dataset == experiment.dataset:
                return samples
        samples = load_samples(replace(self._declaration.baseline, experiment=experiment))
        self._samples.append((experiment.dataset, samples))
        return samples


def train_block(task: Task, should_stop: Callable[[], bool] = lambda: False) -> Summary | None:
    """Trains a block and writes its series. None, and no file, where it was to stop before its end.

    Raises StorageError where the disk fails.
    """
    population = populate(task.experiments, task.samples)
    series = series_of(population, [each for each in task.quantities if each not in ("error", "weight", "bias")])
    names = [column.name for column in series]
    wanted = [c.name for c in series if c.quantity in task.quantities or c.store in ("error", "measure")]
    file = ChunkFile(task.path, names, wanted, task.every)
    summing = Summing(population.runs, task.baseline_errors, watched(population, series))

    def keep(chunk: Any) -> None:
        file.keep(chunk)
        summing.keep(chunk)

    try:
        ends = train_in_chunks(population, series, keep, should_stop)
        if ends is None:
            return None
        file.finish()
        return summing.summary(ends)
    finally:
        file.discard()


def _alone(task: Task, position: int) -> Task:
    """One cell of a task as a task."""
    one = slice(position, position + 1)
    return replace(task, numbers=task.numbers[one], hashes=task.hashes[one], experiments=task.experiments[one])


# Processes

_stopping: Any = None


def _begin(stopping: Any) -> None:
    """In a process that trains: Ctrl-C is for the one that started it, which says when to stop."""
    global _stopping
    _stopping = stopping
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _trained_elsewhere(task: Task) -> Summary | None:
    return train_block(task, _stopping.is_set)


Result = tuple[Task, Summary | None, str | None]


class _Pool:
    """Processes that train, or this one."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._stopping: Any = None

    def results(self, tasks: Iterator[Task], should_stop: Callable[[], bool]) -> Iterator[Result]:
        """Each task with its summary, or with why it failed; a task that fails comes again cell by cell.

        Where it is to stop, what is being trained is given up.
        """
        if self._workers == 1:
            for task in tasks:
                if should_stop():
                    return
                yield from self._here(task, should_stop)
            return
        yield from self._elsewhere(tasks, should_stop)

    def _here(self, task: Task, should_stop: Callable[[], bool]) -> Iterator[Result]:
        try:
            yield task, train_block(task, should_stop), None
        except BprunnerError:
            raise
        except Exception as error:
            yield from self._one_by_one(task, error, should_stop)

    def _one_by_one(self, task: Task, error: Exception, should_stop: Callable[[], bool]) -> Iterator[Result]:
        if len(task.numbers) == 1:
            yield task, None, f"{type(error).__name__}: {error}"
            return
        for position in range(len(task.numbers)):
            if should_stop():
                return
            one = _alone(task, position)
            number = task.block * 10**4 + position
            path = task.path.with_name(f"block-{number:06}.parquet")
            yield from self._here(replace(one, block=number, path=path), should_stop)

    def _elsewhere(self, tasks: Iterator[Task], should_stop: Callable[[], bool]) -> Iterator[Result]:
        context = multiprocessing.get_context("spawn")
        self._stopping = context.Event()
        self._pool = ProcessPoolExecutor(self._workers, context, _begin, (self._stopping,))
        running: dict[Future[Summary | None], Task] = {}
        left = True
        while left or running:
            while left and len(running) <= self._workers and not should_stop():
                task = next(tasks, None)
                left = task is not None
                if task is not None:
                    running[self._pool.submit(_trained_elsewhere, task)] = task
            if should_stop():
                left = False
                self._stopping.set()
            finished, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in finished:
                task = running.pop(future)
                try:
                    summary = future.result()
                except BprunnerError:
                    raise
                except BrokenProcessPool:
                    raise StudyError(
                        "a process that trains was ended from outside; run the same command again"
                    ) from None
                except Exception as error:
                    yield from self._one_by_one(task, error, should_stop)
                else:
                    if summary is not None:
                        yield task, summary, None

    def close(self) -> None:
        if self._pool is not None:
            self._stopping.set()
            self._pool.shutdown(cancel_futures=True)
