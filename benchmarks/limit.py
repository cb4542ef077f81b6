"""`python -m benchmarks.limit` measures training at the limit against peers, and prints Markdown; `--write` puts it
into the README too. It needs JAX and PyTorch: `make bench-limit` has them in a virtual environment of its own."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from itertools import chain
from statistics import median
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks import memory, ours
from benchmarks.__main__ import README, circumstances
from benchmarks.measuring import duration, with_report
from benchmarks.problems import NETWORKS, Kept, Network, Problem, problem_of

BEGIN, END = "<!-- limit: written by `python -m benchmarks.limit --write` -->", "<!-- end of limit -->"
SAME = 1e-9
"""How far the last errors of two sides may be apart, as a part of the error."""

JAX, JAX_BLOCKS = "JAX, all runs in one vmap", "JAX, vmap in blocks"
TORCH, TORCH_AUTOGRAD = "PyTorch batched, backward by hand", "PyTorch batched, autograd"
SOLO, LOOP, SKLEARN = "PyTorch, one run at a time", "a bare NumPy loop", "scikit-learn, one run at a time"
OURS = "ours"


@dataclass(frozen=True)
class Goal:
    """How many times faster than a peer we are to be."""

    network: str
    peer: str
    at_least: float


GOALS = (
    Goal("document", JAX, 2.0),
    Goal("document", JAX_BLOCKS, 2.0),
    Goal("document", SOLO, 500.0),
    Goal("xor", JAX, 1.2),
    Goal("xor", JAX_BLOCKS, 1.2),
    Goal("iris", JAX, 1.5),
    Goal("iris", JAX_BLOCKS, 1.5),
    Goal("iris", TORCH, 3.0),
    Goal("iris", TORCH_AUTOGRAD, 3.0),
    Goal("digits", JAX, 1.2),
    Goal("digits", JAX_BLOCKS, 1.2),
    Goal("digits", TORCH, 2.5),
    Goal("digits", TORCH_AUTOGRAD, 2.5),
)
TWO_PROCESSES = 1.7
FLAT = 0.15
FEW, MANY, FLAT_STEPS = 1000, 100_000, 100

JAX_BLOCK = {"document": 1000, "xor": 1000, "iris": 8, "digits": 4}
"""How many runs a block of JAX's has. For iris the fastest of 1, 4, 8 and 32; for the others none else was tried."""

ALONE = {"document": 3, "xor": 2, "iris": 2, "digits": 2}
"""How many runs are trained by the sides that train one at a time."""


@dataclass(frozen=True)
class Side:
    """One way to train a network: `train` is timed, `kept` is not. Its cost is runs times steps."""

    train: Callable[[], Any]
    kept: Callable[[Any], Kept]
    cost: int


@dataclass(frozen=True)
class Row:
    """What one side took: nanoseconds of one core per run and step, in the order of the rounds."""

    network: str
    peer: str
    ours: Sequence[float]
    peers: Sequence[float]

    @property
    def times(self) -> float:
        """How many times our time the peer took, by medians."""
        return median(self.peers) / median(self.ours)

    @property
    def times_at_best(self) -> float:
        """The same by the shortest times."""
        return min(self.peers) / min(self.ours)

    @property
    def goal(self) -> float | None:
        found = [goal.at_least for goal in GOALS if (goal.network, goal.peer) == (self.network, self.peer)]
        return found[0] if found else None

    @property
    def passed(self) -> bool:
        """As everywhere here, the best case and the usual one have to pass."""
        return self.goal is None or min(self.times, self.times_at_best) >= self.goal


def sides_of(network: Network, runs: int, steps: int, alone: int) -> tuple[dict[str, Side], dict[str, float]]:
    """Every side of a network whose library is installed, ours first; and the seconds of what is done once before."""
    apart: dict[str, float] = {}
    begun = time.process_time()
    population = network.population(runs, steps)
    apart["ours: populate"] = time.process_time() - begun
    problem = problem_of(network.name, population)
    few = problem.only(min(alone, runs))
    sides = {OURS: Side(ours.prepared(population, ours.BLOCKS[network.name]), ours.kept, problem.cost)}
    sides |= _of_jax(problem, apart) | _of_torch(problem, few) | _of_loops(few)
    return sides, apart


def _of_jax(problem: Problem, apart: dict[str, float]) -> dict[str, Side]:
    try:
        from benchmarks.peers import jax_scan
    except ImportError:
        return {}
    whole = jax_scan.prepared(problem)
    blocks = jax_scan.prepared_in_blocks(problem, min(problem.runs, JAX_BLOCK[problem.name]))
    apart["JAX: compile"] = whole.compile_seconds
    return {
        JAX: Side(whole.train, jax_scan.kept, problem.cost),
        JAX_BLOCKS: Side(blocks.train, jax_scan.kept_of_blocks, problem.cost),
    }


def _of_torch(problem: Problem, few: Problem) -> dict[str, Side]:
    try:
        from benchmarks.peers import torch_batched, torch_solo
    except ImportError:
        return {}
    return {
        TORCH: Side(torch_batched.prepared(problem), torch_batched.kept, problem.cost),
        TORCH_AUTOGRAD: Side(torch_batched.prepared_with_autograd(problem), torch_batched.kept, problem.cost),
        SOLO: Side(torch_solo.prepared(few), torch_solo.kept, few.cost),
    }


def _of_loops(few: Problem) -> dict[str, Side]:
    from benchmarks.peers import numpy_loop, sklearn_mlp

    sides = {LOOP: Side(numpy_loop.prepared(few), numpy_loop.kept, few.cost)}
    if sklearn_mlp.suits(few):
        sides[SKLEARN] = Side(sklearn_mlp.prepared(few), sklearn_mlp.kept, few.cost)
    return sides


def check_same(name: str, ours: Kept, peers: Kept) -> None:
    """Raises AssertionError where two sides did not keep the same: the last error of each run to 1e-9 of it; every
    other error and every weight nearly as well."""
    runs = min(ours.errors.shape[1], peers.errors.shape[1])
    np.testing.assert_allclose(peers.errors[-1, :runs], ours.errors[-1, :runs], rtol=SAME, err_msg=name)
    np.testing.assert_allclose(peers.errors[:, :runs], ours.errors[:, :runs], rtol=10 * SAME, err_msg=name)
    for one, other in zip([*peers.W, *peers.b], [*ours.W, *ours.b], strict=True):
        np.testing.assert_allclose(one[:, :runs], other[:, :runs], rtol=SAME, atol=SAME, err_msg=name)


def compared(network: Network, sides: Mapping[str, Side], repetitions: int) -> list[Row]:
    """First a round in which what the sides have kept is compared, then rounds that count; the sides take turns."""
    first = sides[OURS].kept(sides[OURS].train())
    for name, side in sides.items():
        if name != OURS:
            check_same(f"{network.name}: {name}", first, side.kept(side.train()))
    del first
    took: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repetitions):
        for name, side in sides.items():
            begun = time.process_time()
            result = side.train()
            took[name].append((time.process_time() - begun) / side.cost * 1e9)
            del result
    return [Row(network.name, name, took[OURS], took[name]) for name in sides if name != OURS]


@contextmanager
def one_core() -> Iterator[None]:
    """This process on one core, and every library on one thread."""
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(limits=1))
        if cores:
            os.sched_setaffinity(0, {max(cores)})
            stack.callback(os.sched_setaffinity, 0, cores)
        try:
            import torch

            torch.set_num_threads(1)
        except ImportError:
            pass
        yield


# Two processes; from few runs to many; blocks


@dataclass(frozen=True)
class Speedup:
    """One process and two: wall-clock seconds, and those that the busiest was at work."""

    network: str
    one: Sequence[ours.Took]
    two: Sequence[ours.Took]

    @property
    def times(self) -> float:
        """How many times faster two are, by the medians of the clock on the wall."""
        return median(each.seconds for each in self.one) / median(each.seconds for each in self.two)

    @property
    def times_busy(self) -> float:
        """The same by the processor's time: what it would be with nothing else on the machine."""
        return median(each.busy for each in self.one) / median(each.busy for each in self.two)


def by_processes(network: Network, runs: int, steps: int, repetitions: int) -> Speedup:
    """One process and two, in turns."""
    one: list[ours.Took] = []
    two: list[ours.Took] = []
    with (
        ours.processes(network.name, 1, runs, steps) as alone,
        ours.processes(network.name, 2, runs, steps) as both,
    ):
        alone(), both()
        for _ in range(repetitions):
            one.append(alone())
            two.append(both())
    return Speedup(network.name, one, two)


def flatness(repetitions: int, few: int = FEW, many: int = MANY, steps: int = FLAT_STEPS) -> float:
    """The document's cost per run and step with many runs, over that with few."""
    network = NETWORKS[0]
    took: dict[int, list[float]] = {few: [], many: []}
    trains = {n: ours.prepared(network.population(n, steps), ours.BLOCKS[network.name]) for n in took}
    for _ in range(repetitions + 1):
        for runs, train in trains.items():
            begun = time.process_time()
            train()
            took[runs].append((time.process_time() - begun) / runs)
    return median(took[many][1:]) / median(took[few][1:])


SIZES = {
    "document": (500, 1000, 2000, 4000, 8000, 16_000),
    "xor": (500, 1000, 2000, 4000, 8000, 16_000),
    "iris": (4, 8, 16, 32, 64, 128),
    "digits": (1, 2, 4, 8, 16, 32),
}


def by_blocks(network: Network, steps: int, repetitions: int) -> dict[int, float]:
    """Nanoseconds per run and step by the size of a block, medians, the sizes taking turns."""
    sizes = SIZES[network.name]
    population = network.population(max(sizes), steps)
    trains = {size: ours.prepared(population, size) for size in sizes}
    took: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(repetitions + 1):
        for size, train in trains.items():
            begun = time.process_time()
            train()
            took[size].append((time.process_time() - begun) / (max(sizes) * steps) * 1e9)
    return {size: median(seconds[1:]) for size, seconds in took.items()}


# Tables


def goals_table() -> str:
    """What the README says is to be reached."""
    told = {network.name: network.told for network in NETWORKS}
    lines = [f"| {told[goal.network]} | {goal.peer} | ≥ {goal.at_least:g} × |" for goal in GOALS]
    lines.append(f"| each of these | two processes against one | ≥ {TWO_PROCESSES:g} × |")
    lines.append(f"| the document, {MANY:,} runs | {FEW:,} runs, per run and step | within {FLAT:.0%} |")
    most = f"≤ {memory.MOST / 2**30:g} GiB"
    lines.append(f"| the document, {memory.RUNS:,} × {memory.STEPS:,}, traced to disk | peak memory | {most} |")
    return "\n".join(["| network | compared with | bar |", "|---|---|---|", *lines])


def rows_table(rows: Sequence[Row]) -> str:
    """How the sides compare."""
    lines = []
    for row in rows:
        network = next(each for each in NETWORKS if each.name == row.network)
        bar = "" if row.goal is None else f"≥ {row.goal:g} ×"
        verdict = "" if row.goal is None else "passed" if row.passed else "**missed**"
        cells = [f"{network.told}, {network.runs:,} × {network.steps:,}", row.peer, bar]
        cells += [f"{row.times:.3g} ×", f"{row.times_at_best:.3g} ×"]
        cells += [duration(median(row.ours) * 1e-9), duration(median(row.peers) * 1e-9), verdict]
        lines.append(f"| {' | '.join(cells)} |")
    head = "| network, runs × steps | compared with | bar | faster: median | faster: best | ours | peer | |"
    return "\n".join([head, "|---|---|---|---|---|---|---|---|", *lines])


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 where every bar is passed, 1 where one is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.limit", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the tables into benchmarks/README.md")
    parser.add_argument("--repetitions", type=int, default=5, metavar="N", help="rounds that count (default: 5)")
    parser.add_argument("--blocks", action="store_true", help="measure the sizes of blocks instead")
    parser.add_argument("--only", nargs="*", default=[n.name for n in NETWORKS], help="these networks")
    wishes = parser.parse_args(arguments)
    networks = [network for network in NETWORKS if network.name in wishes.only]
    if wishes.blocks:
        with one_core():
            for network in networks:
                sizes = by_blocks(network, max(10, network.steps // 10), wishes.repetitions)
                told = ", ".join(f"{size:,}: {duration(ns * 1e-9)}" for size, ns in sizes.items())
                print(f"{network.name}: {told}", flush=True)
        return 0
    report, passed = measured(networks, wishes.repetitions)
    if wishes.write:
        README.write_text(with_report(README.read_text(encoding="utf-8"), report, BEGIN, END), encoding="utf-8")
    return 0 if passed else 1


def measured(networks: Sequence[Network], repetitions: int) -> tuple[str, bool]:
    """The report, and whether every bar is passed. Everything is printed as soon as it is known."""
    rows: list[Row] = []
    apart: list[str] = []
    with one_core():
        for network in networks:
            sides, seconds = sides_of(network, network.runs, network.steps, ALONE[network.name])
            found = compared(network, sides, repetitions)
            print(rows_table(found), flush=True)
            rows += found
            apart += [f"{network.name}, {what} {duration(each)}" for what, each in seconds.items()]
        flat = flatness(repetitions)
    speedups = [by_processes(network, network.runs, network.steps, repetitions) for network in networks]
    two = [
        f"| {next(n.told for n in NETWORKS if n.name == each.network)} | ≥ {TWO_PROCESSES:g} × | {each.times:.3g} × | "
        f"{each.times_busy:.3g} × | {'passed' if each.times >= TWO_PROCESSES else '**missed**'} |"
        for each in speedups
    ]
    is_flat = abs(flat - 1.0) <= FLAT
    # The largest study takes minutes: it is part of the whole table alone.
    peaks = [memory.peak_of(memory.RUNS, memory.STEPS)] if len(networks) == len(NETWORKS) else []
    versions = ", ".join(f"{name} {version(name)}" for name in ("jax", "torch", "scikit-learn"))
    parts = [
        f"{circumstances(repetitions)[:-1]}; {versions}.",
        rows_table(rows),
        f"Once, before: {'; '.join(apart)}.",
        "\n".join(
            ["| network | bar | two processes against one | by processor time | |", "|---|---|---|---|---|", *two]
        ),
        f"The document's cost per run and step with {MANY:,} runs is {flat:.2f} times that with {FEW:,} "
        f"(bar: within {FLAT:.0%}): {'passed' if is_flat else '**missed**'}.",
        *(memory.told(peak, memory.RUNS, memory.STEPS) for peak in peaks),
    ]
    report = "\n\n".join(parts) + "\n"
    print(report)
    fits = (peak.most <= memory.MOST for peak in peaks)
    every = chain((row.passed for row in rows), (each.times >= TWO_PROCESSES for each in speedups), [is_flat], fits)
    return report, all(every)


if __name__ == "__main__":
    sys.exit(main())
