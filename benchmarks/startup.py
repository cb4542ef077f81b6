"""How long the command takes: to say its help, to show its numbers, as a whole with its record in MLflow, and to
explain a run.

Every process starts in a temporary working folder. Where the store is fresh, so is the folder of every repetition;
where it exists, each side keeps a folder of its own, which the uncounted first run fills. No side sends telemetry,
and Python may keep its bytecode.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.measuring import Bar, Result, Side, measure

ROOT = Path(__file__).resolve().parent.parent
BPRUN = str(Path(sys.executable).parent / "bprun")
CONFIGURATION = str(ROOT / "configs" / "doc.yaml")

RUN = [BPRUN, CONFIGURATION]
HELP = [BPRUN, "--help"]
BY_HAND = [sys.executable, str(ROOT / "benchmarks" / "by_hand.py"), CONFIGURATION]
IMPORT_MLFLOW = [sys.executable, "-c", "import mlflow"]
FIGURES_LINE = "figures agree"

HELP_BAR = Bar("`bprun --help`", '`python -c "import mlflow"`', 0.25)
TABLE_BARS = (
    Bar("`bprun configs/doc.yaml` until its figures are printed, fresh store", '`python -c "import mlflow"`', 0.5),
    Bar("the same, existing store", '`python -c "import mlflow"`', 0.5),
)
WHOLE_BARS = (
    Bar("`bprun configs/doc.yaml` as a whole, fresh store", "the same rows logged by hand", 1.15),
    Bar("the same, existing store", "the same rows logged by hand", 1.15),
)
GALLERY = ROOT / "configs" / "gallery"
EXPLAINED = (
    (Bar("`bprun explain configs/doc.yaml`, Markdown and HTML", "one second", 3.0), CONFIGURATION),
    (
        Bar("the same of the gallery's largest network, with batches of 200", "one second", 20.0),
        str(GALLERY / "cs231n_twolayer_training.yaml"),
    ),
    (
        Bar("the same of the gallery's longest training, 60,000 updates", "one second", 20.0),
        str(GALLERY / "trask_3layer.yaml"),
    ),
)
BARS = (HELP_BAR, *TABLE_BARS, *WHOLE_BARS, *(bar for bar, _ in EXPLAINED))


def run_all(repetitions: int) -> Iterator[Result]:
    """Every result, as it is measured."""
    yield measure(HELP_BAR, in_fresh_folder(HELP), in_fresh_folder(IMPORT_MLFLOW), repetitions)
    fresh, existing = TABLE_BARS
    yield measure(fresh, in_fresh_folder(RUN, FIGURES_LINE), in_fresh_folder(IMPORT_MLFLOW), repetitions)
    with ExitStack() as folders:
        ours = in_folder(_folder(folders), RUN, FIGURES_LINE)
        yield measure(existing, ours, in_folder(_folder(folders), IMPORT_MLFLOW), repetitions)
    fresh, existing = WHOLE_BARS
    yield measure(fresh, in_fresh_folder(RUN), in_fresh_folder(BY_HAND), repetitions)
    with ExitStack() as folders:
        ours = in_folder(_folder(folders), RUN)
        yield measure(existing, ours, in_folder(_folder(folders), BY_HAND), repetitions)
    for bar, file in EXPLAINED:
        yield measure(bar, in_fresh_folder([BPRUN, "explain", file]), lambda: 1.0, max(2, repetitions // 3))


def _folder(folders: ExitStack) -> Path:
    return Path(folders.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))


def in_folder(folder: Path, command: Sequence[str], until: str | None = None) -> Side:
    """A side that runs a command in this folder every time."""
    return lambda: seconds(command, folder, until)


def in_fresh_folder(command: Sequence[str], until: str | None = None) -> Side:
    """A side that runs a command in a new folder every time."""

    def once() -> float:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            return seconds(command, Path(folder), until)

    return once


def seconds(command: Sequence[str], folder: Path, until: str | None = None) -> float:
    """How long a command takes; with `until`, how long until a line with that text has arrived through the pipe.

    Either way the process has ended before this returns. Raises where it fails or never prints such a line.
    """
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stdout is not None
    arrived = None
    if until is not None:
        arrived = next((time.perf_counter() - begun for line in process.stdout if until in line), None)
    _, complaint = process.communicate()
    whole = time.perf_counter() - begun
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {complaint}")
    if until is None:
        return whole
    if arrived is None:
        raise RuntimeError(f"{' '.join(command)} never printed {until!r}")
    return arrived


def environment() -> dict[str, str]:
    """This process's environment without what would slow Python down or send the record elsewhere.

    Python finds the scripts of the peers, wherever it is started.
    """
    unwanted = ("PYTHONDONTWRITEBYTECODE", "MLFLOW_TRACKING_URI")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return kept | {"MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT)}
