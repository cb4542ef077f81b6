"""The terminal: a console for results on standard output, one for everything else on standard error."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.text import Text

from bprunner.errors import InputError, Problem


@cache
def out() -> Console:
    """Results."""
    return Console(highlight=False, soft_wrap=False, color_system=_colours())


@cache
def err() -> Console:
    """Progress, and what went wrong."""
    return Console(stderr=True, highlight=False, color_system=_colours())


def _colours() -> Literal["auto"] | None:
    """Colour only on a terminal, and not where NO_COLOR is set: nothing is bold or dim there either."""
    return None if os.environ.get("NO_COLOR") else "auto"


def tell_problems(error: InputError) -> None:
    """Every problem, each with its source line marked."""
    for problem in error.problems:
        err().print(_problem_text(problem), soft_wrap=True)
    count = len(error.problems)
    if count > 1:
        err().print(Text(f"{count} problems", style="dim"), soft_wrap=True)


def _visible(text: str) -> str:
    """The text with control characters escaped: a file must not steer the terminal of who reads its errors."""
    return "".join(sign if sign.isprintable() or sign == "\n" else repr(sign)[1:-1] for sign in text)


def _problem_text(problem: Problem) -> Text:
    """A problem with quiet colour: the first line stands out, the source stays dim."""
    first, *rest = _visible(str(problem)).split("\n")
    text = Text()
    if problem.place is not None:
        where = _visible(str(problem.place))
        text.append(where, style="bold")
        text.append(first.removeprefix(where))
    else:
        text.append(first)
    for line in rest:
        text.append("\n")
        text.append(line, style="red" if set(line) <= set(" |^") else "dim" if " | " in line else "cyan")
    return text


def shown_path(path: Path) -> str:
    """A path from the working folder where that is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)


def say(text: str) -> None:
    """What went wrong, on standard error."""
    err().print(Text(f"bprun: {text}", style="red"), soft_wrap=True)
