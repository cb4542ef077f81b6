"""Studies that are killed: whatever the moment, the same command again ends as if nothing had happened.

The moments go by what is on the disk, not by the clock, and by a seed: a machine may be as slow as it likes.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from subprocess import Popen

import pytest

from tests.cli.footprints import differences, footprint, processes_in
from tests.cli.processes import LONGEST, bprun, start
from tests.conftest import ROOT

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
Moment = Callable[[Path], bool]

SWEEP = f"""\
name: hard to kill
baseline: {ROOT / "configs" / "doc_exact.yaml"}
set: {{training.epochs: 60}}
limits: {{disk: 100 GB}}
sweep:
  grid:
    architecture.layers.0.activation: [linear, tanh, sigmoid, softplus, elu, gelu, relu, gelu_tanh]
    training.learning_rate: {{linear: {{from: 0.01, to: 0.2, count: 3}}}}
"""
SEARCH = f"""\
name: hard to kill
baseline: {ROOT / "configs" / "doc_exact.yaml"}
set: {{training.epochs: 40}}
sweep:
  search:
    tpe: {{trials: 24, population: 4, seed: 3}}
    of: {{training.learning_rate: {{log_uniform: {{from: 0.001, to: 1}}}}}}
"""


def made(pattern: str, count: int = 1) -> Moment:
    """When so many files of a name are there."""
    return lambda here: sum(1 for _ in here.glob(pattern)) >= count


def recorded(runs: int) -> Moment:
    """When the store has so many runs."""

    def there(here: Path) -> bool:
        try:
            with closing(sqlite3.connect(f"file:{here / 'mlflow.db'}?mode=ro", uri=True, timeout=0)) as store:
                return int(store.execute("select count(*) from runs").fetchone()[0]) >= runs
        except sqlite3.Error:  # it is not there yet, or locked
            return False

    return there


def at_once(_: Path) -> bool:
    return True


TRAINING: dict[str, Moment] = {
    "the folder is there": made("studies/*/lock"),
    "the baseline is written": made("studies/*/baseline.yaml*"),
    "the sweep is written": made("studies/*/sweep.yaml*"),
    "the study has begun": made("studies/*/study.json"),
    "the first block is trained": made("studies/*/block-*.partial"),
    "the first block is done": made("studies/*/block-*.summary.p*"),
    "some blocks are done": made("studies/*/block-*.summary.parquet", 3),
    "more blocks are done": made("studies/*/block-*.summary.parquet", 6),
}
RECORDING: dict[str, Moment] = {
    "the store is made": made(".mlflow.db-*"),
    "the store is there": made("mlflow.db"),
    "the parent is there": recorded(1),
    "the store is written": made("mlflow.db-journal"),
    "some children are there": recorded(5),
    "all children are there": recorded(25),
    "the first picture is drawn": made("studies/*/pictures/*.svg"),
    "the page is there": made("studies/*/README.md*"),
    "artifacts are copied": made("mlruns/*/*/artifacts/sweep.yaml"),
    "the page is copied": made("mlruns/*/*/artifacts/README.md"),
}
MOMENTS = {**TRAINING, **RECORDING}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sweep's working folder where nothing happened to it."""
    here = tmp_path_factory.mktemp("whole")
    (here / "sweep.yaml").write_text(SWEEP)
    done = bprun("sweep.yaml", cwd=here)
    assert done.returncode == 0, done.stderr
    return here


def killed_when(process: Popen[str], moment: Moment, here: Path, pause: float) -> bool:
    """Whether a process was killed at its moment, and did not end before."""
    end = time.monotonic() + LONGEST
    while process.poll() is None and not moment(here):
        assert time.monotonic() < end
        time.sleep(0.001)
    time.sleep(pause)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=LONGEST)
    return process.returncode == -signal.SIGKILL


def flushed(here: Path) -> dict[str, bytes]:
    """What is done, by file."""
    return {path.name: path.read_bytes() for path in here.glob("studies/*/block-*.summary.parquet")}


def kill(here: Path, name: str, pause: float, *arguments: str) -> bool:
    """Starts the sweep, and kills it at a moment. What was done stays, and no process."""
    before = flushed(here)
    was_killed = killed_when(start("sweep.yaml", *arguments, cwd=here), MOMENTS[name], here, pause)
    assert processes_in(here) == []
    assert before.items() <= flushed(here).items()
    return was_killed


def finished(here: Path, *arguments: str) -> None:
    """Goes on to the end, and then there is nothing left to do."""
    before = flushed(here)
    done = bprun(*(arguments or ("sweep.yaml",)), cwd=here)
    assert done.returncode == 0, done.stderr
    assert before.items() <= flushed(here).items()
    assert "nothing waits" in bprun("sync", cwd=here).stdout


def test_killed_again_and_again_a_study_ends_as_if_nothing_had_happened(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    moments = [
        ("the sweep is written", "1"),
        ("some blocks are done", "1"),
        ("more blocks are done", "2"),
        ("the store is made", "1"),
        ("some children are there", "1"),
        ("artifacts are copied", "1"),
    ]
    chosen = random.Random(5)
    hits = [kill(tmp_path, name, chosen.uniform(0, 0.01), "--workers", workers) for name, workers in moments]
    assert sum(hits) >= 3  # a slow watcher comes too late now and then
    finished(tmp_path)
    assert differences(footprint(tmp_path), footprint(whole)) == []


@pytest.mark.skipif(not FULL, reason="each takes several seconds")
@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("go_on", [("sweep.yaml",), ("resume", "hard to kill")])
def test_killed_at_any_moment(moment: str, workers: str, go_on: tuple[str, ...], whole: Path, tmp_path: Path) -> None:
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    pauses = random.Random(f"{moment} {workers} {go_on}")
    kill(tmp_path, moment, pauses.choice([0, 0.001, 0.01, 0.05, 0.2]), "--workers", workers)
    is_begun = bool(list(tmp_path.glob("studies/*/study.json")))
    finished(tmp_path, *(go_on if is_begun else ["sweep.yaml"]))
    assert differences(footprint(tmp_path), footprint(whole)) == []


def test_a_search_that_was_killed_proposes_what_it_would_have(tmp_path: Path) -> None:
    whole, other = tmp_path / "whole", tmp_path / "other"
    for here in (whole, other):
        here.mkdir()
        (here / "sweep.yaml").write_text(SEARCH)
    assert bprun("sweep.yaml", "--no-mlflow", cwd=whole).returncode == 0
    for blocks in (2, 4) if FULL else (3,):
        there = made("studies/*/block-*.summary.parquet", blocks)
        killed_when(start("sweep.yaml", "--no-mlflow", cwd=other), there, other, 0)
        assert processes_in(other) == []
    done = bprun("resume", "--no-mlflow", cwd=other)
    assert done.returncode == 0, done.stderr
    assert differences(footprint(other, with_store=False), footprint(whole, with_store=False)) == []
