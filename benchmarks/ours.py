"""Our side of training at the limit: blocks of a population, each trained in chunks that go into one array."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from typing import NamedTuple

import numpy as np

from benchmarks.problems import BY_NAME, Kept
from bprunner.nn.arrays import Array
from bprunner.training.chunks import Chunk, series_of, train_in_chunks
from bprunner.training.population import Population

BLOCKS = {"document": 10_000, "xor": 10_000, "iris": 125, "digits": 8}
"""How many runs a block has. Chosen by hand after `python -m benchmarks.limit --blocks`; where two sizes were within a
machine's noise, the choice between them means nothing."""


class Record(NamedTuple):
    """The series of all runs, (steps, series, runs), and the population that they are of."""

    values: Array
    population: Population


def prepared(p: Population, block: int) -> Callable[[], Record]:
    """Trains all runs, so many at a time, into an array that is there before."""
    blocks = blocks_of(p, block)
    values = np.empty((p.most_updates + 1, len(series_of(p)), p.runs))

    def train() -> Record:
        fill(values, blocks)
        return Record(values, p)

    return train


def blocks_of(p: Population, block: int) -> list[Population]:
    """The same runs, so many at a time."""
    return [p.only(np.arange(start, min(start + block, p.runs))) for start in range(0, p.runs, block)]


def fill(values: Array, blocks: list[Population]) -> None:
    """Trains the blocks, one after the other, into (steps, series, runs). Raises where a run ends before its time."""
    at, series = 0, series_of(blocks[0])
    for block in blocks:
        place = values[:, :, at : at + block.runs]
        train_in_chunks(block, series, partial(_look, place), room=partial(_room, place))
        at += block.runs


def _room(place: Array, first: int, steps: int, _runs: int) -> Array:
    return place[first : first + steps]


def _look(place: Array, chunk: Chunk) -> None:
    """The steps are where they belong already."""
    if chunk.ending.any() and chunk.steps[-1] + 1 < len(place):
        raise RuntimeError("a run diverged, so it cannot be compared")


def kept(record: Record) -> Kept:
    """The series as the other sides have them. A matrix's series stand receiver by receiver."""
    values, p = record
    steps, _, runs = values.shape
    shapes = [part.shape[1:] for part in p.weights.flat()]
    parts: list[Array] = []
    at = 0
    for fan_in, fan_out in shapes:
        part = values[:, at : at + fan_in * fan_out].reshape(steps, fan_out, fan_in, runs)
        parts.append(part.transpose(0, 3, 2, 1))
        at += fan_in * fan_out
    layers = len(p.weights.W)
    return Kept(values[:, at], parts[:layers], [b[:, :, 0] for b in parts[layers:]])


# On several cores


class Took(NamedTuple):
    """How long until all were done, and how long the busiest was at work."""

    seconds: float
    busy: float


@contextmanager
def processes(name: str, count: int, runs: int, steps: int) -> Iterator[Callable[[], Took]]:
    """So many processes that each hold a share of a network's runs, and write into one shared array.

    They are started before, and each has a core of its own where there are as many.
    """
    population = BY_NAME[name].population(runs, steps)
    shape = (steps, len(series_of(population)), runs)
    memory = SharedMemory(create=True, size=8 * int(np.prod(shape)))
    context = multiprocessing.get_context("spawn")
    pipes, workers = [], []
    try:
        for number in range(count):
            ours, theirs = context.Pipe()
            worker = context.Process(target=_work, args=(theirs, name, memory.name, shape, number, count), daemon=True)
            worker.start()
            pipes.append(ours)
            workers.append(worker)
        for pipe in pipes:
            pipe.recv()

        def train() -> Took:
            begun = time.perf_counter()
            for pipe in pipes:
                pipe.send(True)
            busy = [float(pipe.recv()) for pipe in pipes]
            return Took(time.perf_counter() - begun, max(busy))

        yield train
    finally:
        for pipe in pipes:
            pipe.send(False)
        for worker in workers:
            worker.join()
        memory.close()
        memory.unlink()


def _work(pipe: Connection, name: str, memory_name: str, shape: tuple[int, int, int], number: int, count: int) -> None:
    """A process: trains its share whenever it is told to, and says how long it was at work."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[number % len(cores)]})
    steps, _, runs = shape
    first, last = number * runs // count, (number + 1) * runs // count
    share = BY_NAME[name].population(runs, steps).only(np.arange(first, last))
    blocks = blocks_of(share, min(BLOCKS[name], max(1, share.runs)))
    memory = SharedMemory(memory_name)
    values: Array = np.ndarray(shape, dtype=np.float64, buffer=memory.buf)
    pipe.send(0.0)
    while pipe.recv():
        begun = time.process_time()
        fill(values[:, :, first:last], blocks)
        pipe.send(time.process_time() - begun)
    del values
    memory.close()
