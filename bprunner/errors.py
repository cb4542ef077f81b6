"""Everything that bprunner raises on purpose.

    BprunnerError
    ├── InputError          what was asked is wrong: a list of Problems, each with its place    (exit 2)
    ├── StorageError        a trace cannot be written or read                                   (exit 1)
    ├── StudyError          a process that trains part of a study ended                         (exit 1)
    └── TrackingError       the MLflow store cannot be opened or written; the run itself stands (exit 1)

A Problem says where, the rule, what was found, and the way out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A spot in a text that somebody wrote: a file, or an argument of the command line.

    `line` and `column` count from 1; `text` is the whole source line; `width` is how many characters of it
    are meant. All but `source` are absent where the text has no lines to point at (an unreadable file).
    """

    source: str
    line: int | None = None
    column: int | None = None
    text: str | None = None
    width: int = 1

    def __str__(self) -> str:
        numbers = [str(number) for number in (self.line, self.column) if number is not None]
        return ":".join([self.source, *numbers])


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    `path` is where in the user's own words (`training.learning_rate`), `message` the rule and what was found,
    `hint` the way out (the nearest valid name, what is allowed here).
    """

    message: str
    place: Place | None = None
    path: str = ""
    hint: str = ""

    def __str__(self) -> str:
        head = ": ".join(part for part in (str(self.place or ""), self.path, self.message) if part)
        return "\n".join([head, *self._marked_line(), *self._hint_line()])

    def _marked_line(self) -> list[str]:
        """The source line with the meant characters underlined, cut around them where it is long."""
        if self.place is None or self.place.text is None or self.place.column is None:
            return []
        start = max(0, self.place.column - 1 - 60)
        shown = self.place.text[start : start + 100].expandtabs(1)
        offset = self.place.column - 1 - start
        width = max(1, min(self.place.width, len(shown) - offset))
        gutter = f"{self.place.line or '':>6} | "
        return [gutter + shown, " " * (len(gutter) - 2) + "| " + " " * offset + "^" * width]

    def _hint_line(self) -> list[str]:
        return [f"         {self.hint}"] if self.hint else []


class BprunnerError(Exception):
    """The base of all errors raised on purpose."""


class InputError(BprunnerError):
    """What was asked is wrong. Carries every problem found, not the first."""

    def __init__(self, problems: Problem | Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class StorageError(BprunnerError):
    """A trace cannot be written or read."""


class StudyError(BprunnerError):
    """A process that trains part of a study ended. What was done before is kept."""


class TrackingError(BprunnerError):
    """The MLflow store cannot be opened or written. The run itself stands."""
