"""`bprun` as a process of its own, as a user's shell starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-c", "from bprunner.cli.main import main; main()"]
LONGEST = 120
"""Seconds after which a process is held to hang: far beyond what any takes."""


def environment(**changes: str) -> dict[str, str]:
    """This process's environment without anything that changes how bprun looks or records."""
    unset = ("MLFLOW_TRACKING_URI", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "PYTHONIOENCODING", "TERM")
    return {**{key: value for key, value in os.environ.items() if key not in unset}, "PYTHONUTF8": "1", **changes}


def bprun(*arguments: str | Path, cwd: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Runs it to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd, env=environment(**changes), capture_output=True, encoding="utf-8", timeout=LONGEST, check=False,
    )  # fmt: skip


def start(*arguments: str | Path, cwd: Path, **changes: str) -> subprocess.Popen[str]:
    """Starts it; the caller reads, signals and waits."""
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd, env=environment(**changes), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file with its content, to tell whether anything was made or changed."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
