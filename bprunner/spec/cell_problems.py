"""Telling what is wrong with cells: where the value stands that makes it, with every value that it needs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bprunner.errors import Place, Problem
from bprunner.spec.problems import cut
from bprunner.spec.settings import Setting


def told(problem: Problem, settings: Sequence[Setting]) -> Problem:
    """A problem where the value stands that makes it, and not where the baseline has what does not fit it."""
    path = _of_path(problem)
    own = next((each for each in settings if f"{path}.".startswith(f"{each.path}.")), None)
    if own is not None and problem.place is not None and problem.place.source == own.key_place.source:
        return problem
    return told_of_several(problem, settings)


def told_of_several(problem: Problem, settings: Sequence[Setting]) -> Problem:
    """A problem that several values make together: it stands at the last of them, and names all."""
    last, path = settings[-1], _of_path(problem)
    given = " and ".join(f"`{cut(each.path)}` is {cut(each.label)}" for each in settings)
    inside = any(f"{path}.".startswith(f"{each.path}.") for each in settings)
    # An error of the path itself speaks of it already.
    about = "" if inside or not path else f"`{cut(problem.path)}`: "
    return Problem(f"{about}{problem.message}, where {given}", last.place, last.path, problem.hint)


def is_about(told: Problem, problem: Problem) -> bool:
    """Whether a problem was told already, as that of a value."""
    return told.message == problem.message or told.message.startswith(f"`{problem.path}`: {problem.message}, where ")


def one_a_place(problems: Sequence[Problem]) -> list[Problem]:
    """Of values that were drawn at one place, the first problem."""
    return list({(problem.place, problem.path): problem for problem in reversed(problems)}.values())


def in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Each problem once, as the text is read."""

    def position(problem: Problem) -> tuple[str, int, int]:
        place = problem.place or Place("")
        return place.source, place.line or 0, place.column or 0

    return sorted(dict.fromkeys(problems), key=position)


def _of_path(problem: Problem) -> str:
    return re.sub(r"\[([0-9]+)\]", r".\1", problem.path)
