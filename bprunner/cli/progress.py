"""Progress on standard error, for what takes longer than a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rich.text import Text

from bprunner.cli.terminal import err
from bprunner.sweeps.amounts import time_text

PROGRESS_AFTER = 0.5
"""Seconds without a word."""
LINE_EVERY = 10.0
"""Seconds between two lines where standard error is no terminal."""


class StepsBar:
    """A bar on standard error for runs that take longer than a moment; nothing where that is no terminal."""

    def __init__(self, steps: int) -> None:
        self._steps = steps
        self._begun = time.monotonic()
        self._bar: Any = None

    def __enter__(self) -> Callable[[int], None]:
        return self._tell if err().is_terminal else lambda _: None

    def _tell(self, done: int) -> None:
        if self._bar is None:
            if time.monotonic() - self._begun < PROGRESS_AFTER:
                return
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (
                TextColumn("training"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("steps"),
                TimeRemainingColumn(),
            )
            self._bar = Progress(*columns, console=err(), transient=True)
            self._task = self._bar.add_task("", total=self._steps + 1)
            self._bar.start()
        self._bar.update(self._task, completed=done)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


class StudyProgress:
    """How far a study is: on a terminal one line that changes, elsewhere a line now and then."""

    def __init__(self, is_quiet: bool = False) -> None:
        self._is_quiet = is_quiet
        self._begun = time.monotonic()
        self._told = self._begun
        self._live: Any = None

    def __enter__(self) -> StudyProgress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def trained(self, runs: int, of_runs: int, steps: int, skipped: int) -> None:
        """Tells that so many runs of so many are done, `skipped` of them before, after so many steps in all."""
        new = runs - skipped
        share = new / max(1, of_runs - skipped)
        left = self._left(share)
        before = f", {skipped:,} done before" if skipped else ""
        self._tell(f"training: {runs:,} of {of_runs:,} runs{before} · {steps:,} steps{left}")

    def written(self, runs: int, of_runs: int, rows: int) -> None:
        """Tells that the record has so many runs of so many, and so many metric rows."""
        left = self._left(runs / max(1, of_runs))
        self._tell(f"recording: {runs:,} of {of_runs:,} runs · {rows:,} metric rows written{left}")

    def _left(self, share: float) -> str:
        elapsed = time.monotonic() - self._begun
        if not 0.02 < share < 1:
            return ""
        return f" · about {time_text(elapsed / share - elapsed)} left"

    def _tell(self, text: str) -> None:
        now = time.monotonic()
        if self._is_quiet or now - self._begun < PROGRESS_AFTER:
            return
        if err().is_terminal:
            self._show(text)
        elif now - self._told >= LINE_EVERY:
            self._told = now
            err().print(Text(text), soft_wrap=True)

    def _show(self, text: str) -> None:
        from rich.live import Live

        if self._live is None:
            self._live = Live(console=err(), transient=True, refresh_per_second=4)
            self._live.start()
        self._live.update(Text(text, style="dim", no_wrap=True, overflow="ellipsis"))
