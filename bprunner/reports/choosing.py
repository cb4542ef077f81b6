"""Choosing: which runs and which steps stand for all, where there are more than a page can hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from bprunner.sweeps.study import Study, evenly

MOST_LINES: Final = 1_001
"""Runs whose error is drawn; of more, so many stand for all."""
MOST_POINTS: Final = 400
"""Of a line. No screen shows more of a curve."""
FIRST_NUMBERS: Final = 60_000
"""So many numbers the first quantity may have: 60 points of 1,000 lines."""
OTHER_NUMBERS: Final = 70_000
"""So many all others may have together."""
FEW_LINES: Final = 100
"""Of a quantity that does not have the room for all."""
FEWEST_NUMBERS: Final = 2_000
"""A quantity that cannot have so many is left out: 100 lines of 20 points."""
PARAMETERS: Final = ("weight.", "bias.")


class Choice(NamedTuple):
    """A quantity, the rows of the table whose runs are drawn, and how many points each line may have."""

    name: str
    rows: Sequence[int]
    points: int


def choose(study: Study, shown: Sequence[int]) -> tuple[list[Choice], int]:
    """What is drawn of these rows, the error first, and how many quantities are left out.

    The first row, the baseline's, is in every choice.
    """
    names = in_order(study.steps.names) if len(shown) else []
    if not names:
        return [], 0
    rows = [shown[place] for place in evenly(len(shown), MOST_LINES)]
    first = Choice(names[0], rows, max(2, min(MOST_POINTS, FIRST_NUMBERS // len(rows))))
    others = list(_others(study, names[1:], rows))
    return [first, *others], len(names) - 1 - len(others)


def in_order(names: Sequence[str]) -> list[str]:
    """The error over all samples first, then what else is measured, then weights and biases, then the rest."""

    def place(name: str) -> int:
        if name in ("training.error", "error"):
            return 0 if name == "training.error" else 1
        if name.startswith(PARAMETERS):
            return 3
        return 4 if "." in name and not name.startswith(("held_out.", "training.")) else 2

    return sorted(names, key=place)


def _others(study: Study, names: Sequence[str], rows: Sequence[int]) -> Iterator[Choice]:
    """Each with all lines where there is room for them; else with few; the last ones not at all, if need be."""
    if not names:
        return
    runs = study.table["run"].tolist()
    whole = sum(min(MOST_POINTS, study.steps.count(runs[row])) for row in rows)
    share = OTHER_NUMBERS // len(names)
    if whole <= share:
        yield from (Choice(name, rows, MOST_POINTS) for name in names)
        return
    if whole <= FEWEST_NUMBERS:
        yield from (Choice(name, rows, MOST_POINTS) for name in names[: OTHER_NUMBERS // whole])
        return
    few = [rows[place] for place in evenly(len(rows), FEW_LINES)]
    points = max(FEWEST_NUMBERS, share) // len(few)
    for name in names[: OTHER_NUMBERS // max(FEWEST_NUMBERS, share)]:
        yield Choice(name, few, min(MOST_POINTS, points))
