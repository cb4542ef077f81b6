"""Workers train blocks: processes of their own, or this one.

Threads would wait for each other, since each of NumPy's functions takes a few microseconds and holds the interpreter
before and after. A block whose training raises is trained again cell by cell, so that one cell takes no other along.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from bprunner.errors import BprunnerError, StudyError
from bprunner.sweeps.blocks import Task, Trained, alone, train_block

Result = tuple[Task, Trained | None, str]
"""A task with what came of it, or with why it failed."""
_LOOK_EVERY = 0.2
_stopping: Any = None
_steps: Any = None


def _begin(stopping: Any, steps: Any) -> None:
    """In a process that trains: Ctrl-C is for the one that started it, which says when to stop."""
    global _stopping, _steps
    _stopping, _steps = stopping, steps
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Whoever goes on with a study that was killed shall not find that somebody still writes into its folder."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _count(more: int) -> None:
    with _steps.get_lock():
        _steps.value += more


def _trained_elsewhere(task: Task) -> Trained | None:
    return train_block(task, _stopping.is_set, _count)


class Workers:
    """So many processes that train; with one, this process trains. To be closed at the end.

    `tell` is called a few times a second where others train, after every chunk of steps where this process does.
    """

    def __init__(
        self, count: int, should_stop: Callable[[], bool], tell: Callable[[], None], blocks: Iterator[int]
    ) -> None:
        """blocks: numbers for blocks of single cells, where they are needed."""
        self.count = count
        self._should_stop, self._tell, self._blocks = should_stop, tell, blocks
        self._own_steps = 0
        self._pool: ProcessPoolExecutor | None = None
        self._stopping: Any = None
        self._steps: Any = None

    @property
    def steps(self) -> int:
        """How many steps were made, of all runs together."""
        return self._own_steps + (self._steps.value if self._steps is not None else 0)

    def train(self, tasks: Iterator[Task]) -> Iterator[Result]:
        """Each task with what came of it; a task that fails comes again cell by cell.

        Where it is to stop, what is being trained is given up. Raises StudyError where a process ends that trains, and
        StorageError where the disk fails.
        """
        if self.count == 1:
            for task in tasks:
                if self._should_stop():
                    return
                yield from self._here(task)
            return
        yield from self._elsewhere(tasks)

    def _step(self, more: int) -> None:
        self._own_steps += more
        self._tell()

    def _here(self, task: Task) -> Iterator[Result]:
        try:
            trained = train_block(task, self._should_stop, self._step)
        except BprunnerError:
            raise
        except Exception as error:
            yield from self._one_by_one(task, error)
        else:
            if trained is not None:
                yield task, trained, ""

    def _one_by_one(self, task: Task, error: Exception) -> Iterator[Result]:
        if len(task.numbers) == 1:
            yield task, None, f"{type(error).__name__}: {error}"
            return
        for position in range(len(task.numbers)):
            if self._should_stop():
                return
            yield from self._here(alone(task, position, next(self._blocks)))

    def _elsewhere(self, tasks: Iterator[Task]) -> Iterator[Result]:
        pool = self._started()
        running: dict[Future[Trained | None], Task] = {}
        left = True
        while left or running:
            while left and len(running) <= self.count and not self._should_stop():
                task = next(tasks, None)
                left = task is not None
                if task is not None:
                    running[pool.submit(_trained_elsewhere, task)] = task
            if self._should_stop():
                left = False
                self._stopping.set()
            finished, _ = wait(running, timeout=_LOOK_EVERY, return_when=FIRST_COMPLETED)
            self._tell()
            for future in finished:
                yield from self._finished(running.pop(future), future)

    def _finished(self, task: Task, future: Future[Trained | None]) -> Iterator[Result]:
        try:
            trained = future.result()
        except BprunnerError:
            raise
        except BrokenProcessPool:
            message = "a process that trains was ended from outside; the same command again goes on"
            raise StudyError(message) from None
        except Exception as error:
            yield from self._one_by_one(task, error)
        else:
            if trained is not None:
                yield task, trained, ""

    def _started(self) -> ProcessPoolExecutor:
        """The processes, which stay for further tasks. Started afresh, and not forked: they share no state of ours."""
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._stopping, self._steps = context.Event(), context.Value("q", 0)
            self._pool = ProcessPoolExecutor(self.count, context, _begin, (self._stopping, self._steps))
        return self._pool

    def close(self) -> None:
        """Ends the processes."""
        if self._pool is not None:
            self._stopping.set()
            self._pool.shutdown(cancel_futures=True)
