"""A picture of a study: its name, what is seen in it, and the figure, which is drawn when somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bprunner.figures import look
from bprunner.figures.study_data import Column
from bprunner.figures.text import one_line, shortened

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Picture:
    """`name`: the stem of its files. `caption`: sentences in Markdown, the names in it as code."""

    name: str
    caption: str
    _draw: Callable[[], Figure] = field(repr=False, compare=False)

    def figure(self) -> Figure:
        """Draw it. matplotlib is imported here."""
        with look.house_style():
            return self._draw()


def code(text: str, most: int = 60) -> str:
    """Any text as code in Markdown, where no sign of it means anything."""
    plain = shortened(one_line(text), most) or " "
    longest = max((len(run) for run in "".join(c if c == "`" else " " for c in plain).split()), default=0)
    fence, air = "`" * (longest + 1), " " if plain[0] == "`" or plain[-1] == "`" else ""
    return f"{fence}{air}{plain}{air}{fence}"


def listed(texts: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f" {last} ".join(part for part in (", ".join(texts[:-1]), texts[-1] if texts else "") if part)


def names(columns: Sequence[Column]) -> str:
    """Their paths, in Markdown."""
    return listed([code(column.path) for column in columns])


def counted(number: int, one: str, several: str = "") -> str:
    """`1 run`, `1,200 runs`."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def pooled(columns: Sequence[Column], shown: Sequence[Column], how: str = "Pooled over") -> str:
    """A sentence that says over what is pooled, with a space before it; empty where it is over nothing."""
    others = [column for column in columns if column not in shown]
    return f" {how} {names(others)}." if others else ""


def stem(text: str) -> str:
    """A text as part of a file's name: small letters, digits and underscores."""
    kept = "".join(c if c.isascii() and c.isalnum() else "_" for c in text.lower())
    return "_".join(part for part in kept.split("_") if part)[:60] or "axis"
