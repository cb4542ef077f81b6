"""Blanks: what an exercise sheet leaves out. Each has a number, and what belongs there is kept beside it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

_COMPUTED = frozenset({
    "net", "out", "delta", "error", "gradient", "update", "new_velocity", "new_mean", "new_squares",
})  # fmt: skip
_NEW = ("new_weight", "new_bias")


@dataclass(frozen=True)
class Blank:
    """One gap: the quantity's column, what the sheet calls it, the answer, the step, and the sample (from 1) where each
    has its own."""

    column: str
    name: str
    answer: str
    step: int
    sample: int | None


class Blanks:
    """The gaps of one sheet, numbered from 1 in the order in which they are met; the same quantity has one number."""

    def __init__(self, given: Collection[str] = ()) -> None:
        """given: names of weights and biases that no update changes."""
        self._given = frozenset(given)
        self._numbers: dict[tuple[str, int, int | None], int] = {}
        self.all: list[Blank] = []

    def is_computed(self, key: str, is_after: bool = False) -> bool:
        """Whether a symbol stands for something that the student works out. `is_after`: in the step after the update,
        where weights and biases are new."""
        quantity, _, name = key.partition(".")
        is_parameter = quantity in _NEW or (is_after and quantity in ("weight", "bias"))
        return name not in self._given if is_parameter else quantity in _COMPUTED

    def number(self, key: str, name: str, answer: str, step: int, sample: int | None) -> int:
        """The number of a quantity's gap."""
        is_new = key.startswith("new_")
        column = key.removeprefix("new_")
        at = step + is_new
        place = (column, at, sample)
        if place not in self._numbers:
            self.all.append(Blank(column, name, answer, at, sample))
            self._numbers[place] = len(self.all)
        return self._numbers[place]
