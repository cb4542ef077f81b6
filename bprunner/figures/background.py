"""A drawing in the background is a picture made by another process, while this one goes on with its work.

Importing matplotlib takes longer than drawing one run; on a second core nobody waits for it. A picture is an
extra: whatever goes wrong with it is told by `failure`, and never raised.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

DEADLINE_SECONDS = 120.0
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]


class BackgroundDrawing:
    """A picture that is being drawn. `wait` gives its path, or None where it could not be drawn."""

    def __init__(self, command: list[str], svg_path: Path, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self.svg_path = svg_path
        self.failure = ""
        self._deadline_seconds = deadline_seconds
        self._ends_at = time.monotonic() + deadline_seconds
        self._process = self._start(command)

    def wait(self) -> Path | None:
        """Wait until the picture is there, at most until the deadline, counted from the start."""
        if self._process is not None:
            process, self._process = self._process, None
            self.failure = self._outcome(process)
        return None if self.failure else self.svg_path

    def cancel(self) -> None:
        """End the drawing, if it has not ended yet."""
        if self._process is not None:
            process, self._process = self._process, None
            _end(process)
            self.failure = "the drawing was cancelled"

    def _start(self, command: list[str]) -> subprocess.Popen[str] | None:
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env=_environment(),
            )
        except (OSError, ValueError) as error:
            self.failure = f"the drawing could not be started: {error}"
            return None

    def _outcome(self, process: subprocess.Popen[str]) -> str:
        """What went wrong; empty where nothing did."""
        try:
            _, complaint = process.communicate(timeout=max(0.0, self._ends_at - time.monotonic()))
        except subprocess.TimeoutExpired:
            _end(process)
            return f"the drawing was ended after {self._deadline_seconds:g} seconds"
        except BaseException:
            _end(process)
            raise
        if process.returncode == 0:
            return ""
        return complaint.strip() or f"the drawing ended with exit code {process.returncode}"


def draw_in_background(
    trace_path: str | os.PathLike[str],
    svg_path: str | os.PathLike[str],
    title: str,
    subtitle: str,
    diverged_at: int | None = None,
) -> BackgroundDrawing:
    """Start drawing the Parquet trace at `trace_path` into `svg_path`, and return at once."""
    svg = Path(svg_path).absolute()
    # -P: a file `random.py` in the user's folder is not our business. -W: nor are warnings of other packages.
    command = [sys.executable, "-P", "-W", "ignore", "-m", "bprunner.figures.training"]
    command += [str(Path(trace_path).absolute()), str(svg)]
    # With `=`, a title may begin with a dash; and an argument cannot hold a NUL.
    command += [f"--title={title}".replace("\0", " "), f"--subtitle={subtitle}".replace("\0", " ")]
    command += [] if diverged_at is None else [f"--diverged-at={diverged_at}"]
    return BackgroundDrawing(command, svg)


def _environment() -> dict[str, str]:
    """This process's environment, in which the child finds the same bprunner from any folder."""
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8:backslashreplace"}
    # An installed package is found anyway; site-packages in front of the standard library could hide parts of it.
    if _PACKAGE_ROOT.name not in {"site-packages", "dist-packages"}:
        paths = [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return environment


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()
