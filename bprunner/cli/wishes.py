"""What the options of a command ask for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wishes:
    """How the user wants it. The last four are for sweeps; `one_line` is for one file of several."""

    as_json: bool = False
    quiet: bool = False
    mlflow: bool = True
    allow_outside: bool = False
    one_line: bool = False
    dry_run: bool = False
    yes: bool = False
    fresh: bool = False
    workers: int | None = None

    @property
    def on_screen(self) -> bool:
        return not (self.as_json or self.quiet or self.one_line)
