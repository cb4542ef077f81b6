"""A study's page, README.md with its pictures, made by another process while this one records."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bprunner.sweeps.study import Study

_SECONDS = 600.0
PICTURES_FOLDER = "pictures"


class StudyPages:
    """A page that is being made in the study's folder. Whatever goes wrong with it is told by `failure`."""

    def __init__(self, study: Study) -> None:
        self._study, self.failure = study, ""
        self._process: subprocess.Popen[str] | None = None
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bprunner.runs.study_readme", str(study.path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env={**os.environ, "MPLBACKEND": "svg"},
            )
        except OSError as error:
            self.failure = f"the page could not be made: {error}"

    def wait(self) -> None:
        """Until the page is there, or is not to be had."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            _, told = process.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.failure = "the page took too long"
            return
        if process.returncode:
            last = told.strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
            self.failure = f"the page could not be made: {last[0]}"

    def files(self) -> Sequence[Path]:
        """The page's files, once they are there."""
        self.wait()
        paths = (self._study.path / name for name in ("README.md", PICTURES_FOLDER))
        return [path for path in paths if path.exists()]
