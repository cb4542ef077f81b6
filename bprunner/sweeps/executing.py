"""Executing a sweep: its cells are trained in blocks, by several processes, and what comes of each is kept."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from bprunner.data.loading import load_samples
from bprunner.data.samples import Samples
from bprunner.errors import BprunnerError, StorageError, StudyError
from bprunner.spec.dataset import Dataset
from bprunner.spec.expanding import Cell
from bprunner.spec.experiment import Experiment
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps.blocks import Task, block_size
from bprunner.sweeps.folder import Place, StudyFolder
from bprunner.sweeps.generations import generations
from bprunner.sweeps.summing import errors_of
from bprunner.sweeps.workers import Workers
from bprunner.training.population import Population, populate, structure

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


@dataclass
class Progress:
    """How far a study is: cells of so many, of which `skipped` were done before, and the steps that were made."""

    cells: int
    done: int = 0
    skipped: int = 0
    steps: int = 0
    begun: float = field(default_factory=time.monotonic)


def execute_sweep(
    declaration: SweepDeclaration,
    folder: StudyFolder,
    workers: int | None = None,
    tell: Callable[[Progress], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    failed: Callable[[Failure], None] = lambda _: None,
) -> Outcome:
    """Trains every cell that is not done yet. The folder is locked by whoever calls.

    workers: how many processes train; by default as many as there are cores, and none but this one for a sweep that
    takes a moment. `tell` is told now and then how far it is, `failed` at once which cell failed.

    Raises InputError for cells that are no valid experiments, StorageError where the disk fails, and StudyError where a
    process ends that trains.
    """
    return _Execution(declaration, folder, workers, tell, should_stop, failed).run()


class _Execution:
    def __init__(
        self,
        declaration: SweepDeclaration,
        folder: StudyFolder,
        workers: int | None,
        tell: Callable[[Progress], None],
        should_stop: Callable[[], bool],
        failed: Callable[[Failure], None],
    ) -> None:
        self._declaration, self._folder = declaration, folder
        self._tell, self._should_stop, self._failed = tell, should_stop, failed
        folder.tidy()
        self._done = folder.done()
        self._progress = Progress(declaration.count())
        self._tried: dict[str, list[int]] = {}
        self._failures: dict[str, str] = {}
        self._told: list[Failure] = []
        self._trained = 0
        blocks = itertools.count(max(folder.blocks(), default=0) + 1)
        self._tasks = _Tasks(declaration, folder, blocks, workers)
        self._workers = Workers(self._tasks.workers, should_stop, self._report, blocks)

    def run(self) -> Outcome:
        try:
            for cells in generations(self._declaration, self._errors):
                self._train(cells)
                if self._should_stop():
                    break
        finally:
            self._workers.close()
            self._folder.tidy()
            self._keep_failures()
        progress = self._progress
        self._report()
        return Outcome(
            self._trained,
            progress.skipped,
            tuple(self._told),
            self._should_stop(),
            time.monotonic() - progress.begun,
        )

    def _keep_failures(self) -> None:
        """Those of now, and of those before what was not tried again: a search goes on from them."""
        try:
            before = self._folder.failures()
        except StorageError:
            before = {"": "of a file that cannot be read"}
        left = {key: why for key, why in before.items() if key and key not in self._tried and key not in self._done}
        failures = {**left, **self._failures}
        if failures != before:
            self._folder.keep_failures(failures)

    def _report(self) -> None:
        self._progress.steps = self._workers.steps
        self._tell(self._progress)

    def _train(self, cells: Iterable[Cell]) -> None:
        for task, trained, problem in self._workers.train(self._tasks.of(self._new(cells))):
            if trained is None:
                self._fail(task, problem)
            else:
                self._folder.keep(task.block, task.hashes, trained)
                self._done.update({each: Place(task.block, run) for run, each in enumerate(task.hashes)})
                self._trained += len(task.numbers)
            self._progress.done += len(task.numbers)
            self._report()

    def _new(self, cells: Iterable[Cell]) -> Iterator[Cell]:
        """The cells that nobody has trained. Equal experiments are trained once."""
        for cell in cells:
            if self._should_stop():
                return
            if cell.hash in self._done or cell.hash in self._tried:
                self._progress.skipped += cell.hash not in self._tried
                self._progress.done += 1
                continue
            self._tried[cell.hash] = [cell.number]
            yield cell

    def _fail(self, task: Task, problem: str) -> None:
        self._failures[task.hashes[0]] = problem
        self._told.append(Failure(task.numbers[0], problem))
        self._failed(self._told[-1])

    def _errors(self, cells: Sequence[Cell]) -> Sequence[float] | None:
        return errors_in(self._folder, self._declaration, cells, self._done, self._failures)


def errors_in(
    folder: StudyFolder,
    declaration: SweepDeclaration,
    cells: Sequence[Cell],
    done: dict[str, Place],
    failures: dict[str, str],
) -> Sequence[float] | None:
    """What cells of a search came to, by what it minimises; inf for those that failed. None where one is not done."""
    search = declaration.sweep.sweep.search
    assert search is not None
    if any(cell.hash not in done and cell.hash not in failures for cell in cells):
        return None
    blocks = {place.block for cell in cells if (place := done.get(cell.hash))}
    summaries = {block: folder.summary(block) for block in blocks}
    found = []
    for cell in cells:
        place = done.get(cell.hash)
        if place is None:
            found.append(float("inf"))
            continue
        summary = summaries[place.block]
        diverged = bool(summary.overflowed[place.run])
        errors = summary.best if search.minimise == "best_error" else summary.final
        found.append(float("inf") if diverged and search.minimise == "error" else float(errors[place.run]))
    return found


# Tasks


class _Tasks:
    """Cells become tasks: blocks of one structure, in the order in which they fill."""

    def __init__(
        self, declaration: SweepDeclaration, folder: StudyFolder, blocks: Iterator[int], workers: int | None
    ) -> None:
        """blocks: the numbers that blocks get."""
        self._declaration, self._folder, self._blocks = declaration, folder, blocks
        self._samples: list[tuple[Dataset, Samples]] = []
        self._forms: list[tuple[object, ...]] = []
        base = next(iter(declaration.cells())).experiment
        try:
            alone = populate([base], self._samples_of(base))
            self._baseline_errors = errors_of(alone)
        except BprunnerError:
            raise
        except Exception as error:
            raise StudyError(f"the baseline cannot be trained: {type(error).__name__}: {error}") from error
        self._sizes: list[int] = []
        search = declaration.sweep.sweep.search
        at_once = declaration.count() if search is None else search.budget.population
        self.workers = workers or self._enough(alone, declaration.count())
        self._share = -(-at_once // self.workers)

    @staticmethod
    def _enough(alone: Population, cells: int) -> int:
        """As many processes as there are cores, where training is worth starting them."""
        return 1 if estimated_seconds(alone, cells) < WORTH_A_PROCESS else len(os.sched_getaffinity(0))

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
        self._forms.append(form)
        self._sizes.append(self._size_of(experiment))
        return len(self._forms) - 1

    def _size_of(self, experiment: Experiment) -> int:
        try:
            alone = populate([experiment], self._samples_of(experiment))
        except BprunnerError:
            raise
        except Exception:
            return 1  # training it will fail in the same way, and is told then
        return max(1, min(block_size(alone), self._share))

    def _task(self, cells: Sequence[Cell]) -> Task:
        number = next(self._blocks)
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


def estimated_seconds(alone: Population, runs: int) -> float:
    """About how long one core trains so many runs like this one (a population of one)."""
    size = sum(part.size for part in alone.weights.flat()) + alone.largest_batch * sum(alone.names.sizes)
    return float(runs) * alone.most_updates * size * 2e-9
