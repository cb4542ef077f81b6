"""What it costs to record a study in MLflow: a metric row, and a run, on a SQLite store; and a sweep as a whole.

Ours is `record_study`, all of it: checking, the tables, the parent's end. The peer is `log_batch` in calls of a
thousand rows, of which only those calls count. Every repetition writes into an empty store of its own.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np

from benchmarks.measuring import Bar, Result, measure, table
from benchmarks.startup import BPRUN, ROOT, in_fresh_folder
from bprunner.tracking import MetricSeries, RunRecord, Store, open_store, resolve_tracking_uri
from bprunner.tracking.studies import ChildRecord, StudyRecord, record_id, record_study

ROWS, RUNS, KEYS, STEPS = 80_000, 1000, 8, 100
ROWS_BY_CALLS = 8000  # what the peer writes; its seconds are then taken for ROWS
STARTED = 1_700_000_000_000

ROW_BARS = (
    Bar("80,000 metric rows of a study, to SQLite", "the same by `log_batch`, a thousand a call", 0.1),
    Bar("80,000 metric rows of a study, to SQLite", "one second", 1.0),
    Bar("making and finishing 1,000 runs of a study", "one second", 2.0),
)
RATES, UPDATES = 61, 50
SWEEP = [
    *(BPRUN, str(ROOT / "configs" / "doc_exact.yaml"), f"training.epochs={UPDATES}"),
    f"training.learning_rate={{geometric: {{from: 0.001, to: 1, count: {RATES}}}}}",
]
BY_HAND = [sys.executable, "-m", "benchmarks.sweep_by_hand", str(RATES), str(UPDATES)]
LOG_BATCH = [sys.executable, "-m", "benchmarks.sweep_log_batch", str(RATES), str(UPDATES)]
SWEEP_BARS = (
    Bar("a sweep of 61 runs × 51 steps × 7 series, as a whole", "nested runs, `log_metrics` each step", 0.15),
    Bar("the same", "one `log_batch` a run", 0.45),
)
LARGE = [
    *(BPRUN, str(ROOT / "configs" / "doc_exact.yaml"), "training.epochs=100"),
    "training.learning_rate={linear: {from: 0.001, to: 0.4, count: 10000}}",
]
LARGE_BAR = Bar("a sweep of 10,000 runs × 101 steps, recorded, as a whole", "one second", 90.0)
BARS = (*ROW_BARS, *SWEEP_BARS, LARGE_BAR)


def run_all(repetitions: int) -> Iterator[Result]:
    """Every result, as it is measured."""
    yield from rows_and_runs(repetitions)
    for bar, peer in zip(SWEEP_BARS, (BY_HAND, LOG_BATCH), strict=True):
        yield measure(bar, in_fresh_folder(SWEEP), in_fresh_folder(peer), repetitions)
    yield measure(LARGE_BAR, in_fresh_folder(LARGE), lambda: 1.0, repetitions)


def rows_and_runs(
    repetitions: int, rows: int = ROWS, runs: int = RUNS, by_calls: int = ROWS_BY_CALLS
) -> Iterator[Result]:
    """What is measured in this process."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        stores = _stores(Path(name))
        by_rows, by_peer, second = ROW_BARS[0], ROW_BARS[1], ROW_BARS[2]
        children = _children(rows // (KEYS * STEPS), KEYS, STEPS)
        factor = rows / by_calls
        yield measure(
            by_rows,
            lambda: recorded(next(stores), children),
            lambda: logged(next(stores), by_calls) * factor,
            repetitions,
        )
        yield measure(by_peer, lambda: recorded(next(stores), children), lambda: 1.0, repetitions)
        small = _children(runs, 10, 1)
        yield measure(second, lambda: recorded(next(stores), small), lambda: 1.0, repetitions)


def _stores(folder: Path) -> Iterator[Store]:
    """Empty stores, opened, one after the other."""
    template = resolve_tracking_uri(folder / "template", {})
    open_store(template)
    assert template.path is not None
    for number in count():
        place = folder / str(number)
        place.mkdir()
        shutil.copy(template.path, place / "mlflow.db")
        yield resolve_tracking_uri(place, {})
        shutil.rmtree(place)


def _children(runs: int, keys: int, steps: int) -> list[ChildRecord]:
    """Runs with as much of everything as those of a sweep have."""
    random = np.random.default_rng(0)
    numbers = np.arange(steps)
    return [
        ChildRecord(
            record_id=record_id("bench", str(run)),
            run_name=f"run {run}",
            status="FINISHED",
            started=STARTED,
            ended=STARTED + steps,
            parameters={f"training.parameter{number}": run + number / 7 for number in range(10)},
            metrics=[MetricSeries(f"weight/w{key}", numbers, random.normal(size=steps)) for key in range(keys)],
            tags={"configuration_hash": f"{run:064x}", "cell": str(run), "status": "finished"},
        )
        for run in range(runs)
    ]


def recorded(store: Store, children: Sequence[ChildRecord]) -> float:
    """Seconds for a study. Raises RuntimeError where it did not go directly into the tables."""
    client = open_store(store)
    parent = RunRecord("bench", "bench", "FINISHED", STARTED, STARTED + 1)
    begun = time.perf_counter()
    done = record_study(StudyRecord(record_id("bench"), parent, children), store, client)
    elapsed = time.perf_counter() - begun
    if done.way != "tables" or done.written != len(children):
        raise RuntimeError(f"the study was not written as it should be: {done}")
    return elapsed


def logged(store: Store, rows: int) -> float:
    """Seconds for so many rows by log_batch, a run for each thousand; making the runs does not count."""
    from mlflow.entities import Metric

    client = open_store(store)
    experiment, elapsed = client.create_experiment("bench"), 0.0
    for _ in range(rows // 1000):
        run = client.create_run(experiment).info.run_id
        begun = time.perf_counter()
        metrics = [Metric(f"weight/w{row % 10}", 0.1 * row, STARTED + row // 10, row // 10) for row in range(1000)]
        client.log_batch(run, metrics=metrics)
        elapsed += time.perf_counter() - begun
    return elapsed


if __name__ == "__main__":
    print(table(list(rows_and_runs(int(sys.argv[1]) if len(sys.argv) > 1 else 3))))
