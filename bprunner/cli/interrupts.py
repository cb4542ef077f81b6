"""Ctrl-C and SIGTERM: the first asks a run to stop after its step, so that what happened is kept; the second
ends the process at once."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from bprunner.cli.codes import ExitCode

_CODES = {signal.SIGINT: ExitCode.INTERRUPTED, signal.SIGTERM: ExitCode.TERMINATED}


class Interrupts:
    """While it is entered, signals set `code` instead of raising."""

    def __init__(self) -> None:
        self.code = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        for number in _CODES:
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if self.code:
            raise SystemExit(self.code)
        self.code = int(_CODES[signal.Signals(number)])
