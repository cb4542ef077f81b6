"""`python -m benchmarks.memory` trains many runs of the document as a sweep, traced to disk, in a process of its own,
and says how much memory that process took at most. The folder of the study is removed at the end."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.startup import ROOT

RUNS, STEPS = 100_000, 2000
MOST = 2**30
"""Bytes."""
RATES = {"from": 1e-5, "to": 5e-4}


class Peak(NamedTuple):
    """What a process took at most, and what it took once its modules were there, in bytes; what it left on disk; and
    its seconds."""

    most: int
    before: int
    on_disk: int
    seconds: float


def peak_of(runs: int, steps: int) -> Peak:
    """Trains so many runs and steps in a process of its own. Raises CalledProcessError where it fails."""
    with tempfile.TemporaryDirectory(prefix="bprunner-memory-") as folder:
        begun = time.perf_counter()
        command = [sys.executable, "-m", "benchmarks.memory", "--inside", folder, f"--runs={runs}", f"--steps={steps}"]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        seconds = time.perf_counter() - begun
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    most, before = map(int, told.split())
    return Peak(most, before, size, seconds)


def told(peak: Peak, runs: int, steps: int) -> str:
    """In a sentence."""
    verdict = "passed" if peak.most <= MOST else "**missed**"
    return (
        f"{runs:,} runs × {steps:,} steps of the document, traced to disk ({peak.on_disk / 2**30:.1f} GiB in "
        f"{peak.seconds:.0f} s), take at most {peak.most / 2**20:.0f} MiB of memory, {peak.before / 2**20:.0f} of them "
        f"before it begins (bar: ≤ {MOST / 2**30:g} GiB): {verdict}."
    )


def train(folder: Path, runs: int, steps: int) -> None:
    """The sweep, in this process alone."""
    from bprunner.sweeps.declaring import read_sweep
    from bprunner.sweeps.executing import execute_sweep
    from bprunner.sweeps.folder import StudyFolder

    data: dict[str, Any] = {
        "name": "memory",
        "baseline": str(ROOT / "configs" / "doc_exact.yaml"),
        "set": {"training.epochs": steps - 1},
        "sweep": {"grid": {"training.learning_rate": {"geometric": {**RATES, "count": runs}}}},
    }
    before = _taken()
    outcome = execute_sweep(read_sweep(data, allow_outside=True), StudyFolder(folder / "study"), workers=1)
    if outcome.failures or outcome.trained < runs:
        raise RuntimeError(f"{outcome.trained} of {runs} runs were trained")
    print(_taken(), before)


def _taken() -> int:
    """The most memory that this process ever took, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # getrusage counts what the process was forked from, too.
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return 1024 * int(line.split()[1])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 where the bar is passed, 1 where it is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--steps", type=int, default=STEPS, help="states, the first one included")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    wishes = parser.parse_args(arguments)
    if wishes.inside is not None:
        train(wishes.inside, wishes.runs, wishes.steps)
        return 0
    peak = peak_of(wishes.runs, wishes.steps)
    print(told(peak, wishes.runs, wishes.steps))
    return 0 if peak.most <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
