"""A study's pages, README.md with its pictures and report.html, made by another process while this one records.

That process ends with this one, whatever ends it: it holds one end of a pipe, and watches for the other to close.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from bprunner.sweeps.study import Study

_SECONDS = 600.0
_LOOK_EVERY = 0.2
_PROGRAM = """
import os, runpy, sys, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
runpy.run_module("bprunner.runs.study_readme", run_name="__main__", alter_sys=True)
"""
PICTURES_FOLDER, REPORT = "pictures", "report.html"


class StudyPages:
    """A page that is being made in the study's folder. Whatever goes wrong with it is told by `failure`."""

    def __init__(self, study: Study, should_stop: Callable[[], bool] = lambda: False) -> None:
        self._study, self._should_stop, self.failure = study, should_stop, ""
        self._process: subprocess.Popen[str] | None = None
        theirs, self._ours = os.pipe()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, str(study.path)],
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env={**os.environ, "MPLBACKEND": "svg"},
            )
        except OSError as error:
            self.failure = f"the page could not be made: {error}"
        finally:
            os.close(theirs)

    def wait(self) -> None:
        """Until the page is there, or is not to be had, or nobody waits for it any more."""
        process, self._process = self._process, None
        if process is None:
            return
        end, told = time.monotonic() + _SECONDS, None
        try:
            told = self._end_of(process, end)
        finally:
            if told is None:
                process.kill()
                process.communicate()
            with suppress(OSError):
                os.close(self._ours)
        if told is None:
            self.failure = "interrupted" if self._should_stop() else "the page took too long"
        elif process.returncode:
            last = told.strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
            self.failure = f"the page could not be made: {last[0]}"

    def _end_of(self, process: subprocess.Popen[str], end: float) -> str | None:
        """What a process said until it ended; None where it did not."""
        while time.monotonic() < end and not self._should_stop():
            with suppress(subprocess.TimeoutExpired):
                return process.communicate(timeout=_LOOK_EVERY)[1]
        return None

    def files(self) -> Sequence[Path]:
        """The page's files, once they are there; none where it could not be made."""
        self.wait()
        if self.failure:
            return []
        paths = (self._study.path / name for name in ("README.md", PICTURES_FOLDER, REPORT))
        return [path for path in paths if path.exists()]
