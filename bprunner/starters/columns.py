"""What is known of a column of data after a look at it: whether it holds numbers, which values, and how many."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bprunner.data.tables import shown
from bprunner.errors import InputError, Place, Problem
from bprunner.spec.naming import counted
from bprunner.spec.problems import cut, did_you_mean

MOST_VALUES = 200
"""The most different values that are remembered; a column with more of them holds no classes."""
MOST_TOLD = 20
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_LONGEST = 400

Name = str | int


def number_in(text: str) -> float | None:
    """The finite number that a field of text holds, or None."""
    value = float(text) if len(text) <= _LONGEST and _NUMBER.fullmatch(text) else math.nan
    return value if math.isfinite(value) else None


@dataclass
class Column:
    """A column by its name, or by its number (from 1) where columns have no names.

    `fault` says what is no number in it, and where: empty where it holds numbers alone. `numbers` counts these;
    `values` are the different values in the order in which they come, at most one more than MOST_VALUES.
    """

    name: Name
    count: int = 0
    numbers: int = 0
    low: float = math.inf
    high: float = -math.inf
    is_whole: bool = True
    values: dict[str | float, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)
    fault: str = ""
    has_empty: bool = False

    @property
    def is_numeric(self) -> bool:
        return not self.fault

    @property
    def is_mostly_numeric(self) -> bool:
        """Whether it holds numbers, with a few cells that hold none."""
        return 2 * self.numbers >= self.count

    @property
    def classes(self) -> list[float]:
        """Its different numbers in their order; none where there are too many, or not all are whole."""
        if not self.is_numeric or not self.is_whole or len(self.values) > MOST_VALUES:
            return []
        return sorted(value for value in self.values if isinstance(value, float))

    @property
    def labels(self) -> list[str]:
        """Its different texts in their order, numbers among them as texts; none where there are too many."""
        return sorted(self.texts) if len(self.texts) <= MOST_VALUES else []

    def add_number(self, value: float) -> None:
        self.count += 1
        self.numbers += 1
        self.low, self.high = min(self.low, value), max(self.high, value)
        self.is_whole = self.is_whole and value.is_integer()
        if len(self.values) <= MOST_VALUES:
            self.values[value] = None

    def add_text(self, text: str, where: str) -> None:
        """A cell that holds no number."""
        self.count += 1
        if not self.fault:
            self.fault = f"{where} holds {cut(repr(text), 40)}" if text else f"{where} is empty"
            if re.fullmatch(r"[-+]?[0-9]+,[0-9]+", text):
                self.fault += " (decimals stand after a point)"
        self.has_empty = self.has_empty or not text

    def remember(self, text: str) -> None:
        """A cell's text, since it may be a label."""
        if len(self.texts) <= MOST_VALUES:
            self.texts[text] = None


@dataclass(frozen=True)
class Look:
    """A file of data after a look at it.

    `kind` is the key below `dataset`; `keys` is what stands there besides the columns. `unnamed` are the numbers of
    columns that have no name where others have one: they cannot be used. `repeated` are names that several have.
    """

    path: Path
    kind: str
    samples: int
    columns: tuple[Column, ...]
    keys: dict[str, str | bool] = field(default_factory=dict)
    unnamed: tuple[int, ...] = ()
    repeated: frozenset[Name] = frozenset()

    @property
    def by_name(self) -> dict[Name, Column]:
        return {column.name: column for column in self.columns}


@dataclass(frozen=True)
class Chosen:
    """Which columns are inputs, and which targets; `is_guess` says whether nobody named the targets."""

    look: Look
    inputs: tuple[Column, ...]
    targets: tuple[Column, ...]
    is_guess: bool


def chosen(look: Look, targets: Iterable[str], inputs: Iterable[str]) -> Chosen:
    """The columns that are meant: by default the last one is the target, and all others are inputs.

    Raises InputError for names that are no columns, for columns that are both, and where nothing is left.
    """
    problems: list[Problem] = []
    named_targets = _named(look, targets, problems)
    named_inputs = _named(look, inputs, problems)
    if len(look.columns) < 2 and not problems:
        problems.append(_of_file(look, "has one column, and an example needs inputs and a target"))
    if problems:
        raise InputError(problems)
    aims = named_targets or [[each for each in look.columns if each not in named_inputs][-1:]][0]
    sources = named_inputs or [each for each in look.columns if each not in aims]
    both = [each for each in aims if each in sources]
    problems += [_of_file(look, f"column `{cut(str(each.name))}` cannot be an input and a target") for each in both]
    if not aims or not sources:
        problems.append(_of_file(look, f"no column is left to be {'an input' if aims else 'the target'}"))
    used = [*sources, *aims]
    problems += [
        _of_file(look, f"two columns are called `{cut(str(name))}`", "give each a name of its own")
        for name in dict.fromkeys(each.name for each in used)
        if name in look.repeated
    ]
    problems += _no_numbers(look, sources)
    if problems:
        raise InputError(problems)
    return Chosen(look, tuple(sources), tuple(aims), not named_targets)


def _named(look: Look, names: Iterable[str], problems: list[Problem]) -> list[Column]:
    """The columns of these names, or numbers where columns have none."""
    known = {str(column.name): column for column in look.columns}
    found = []
    for name in dict.fromkeys(names):
        if name in known:
            found.append(known[name])
            continue
        hint = did_you_mean(name, list(known)) or f"there are: {cut(', '.join(known), 200)}"
        problems.append(_of_file(look, f"has no column `{cut(name)}`", hint))
    return found


def _no_numbers(look: Look, inputs: Iterable[Column]) -> list[Problem]:
    """Inputs that hold something else than numbers."""
    wrong = [column for column in inputs if not column.is_numeric]
    hint = "put numbers there, or say which columns are inputs, each by --input"
    problems = [
        _of_file(look, f"column `{cut(str(column.name))}` cannot be an input, which is numbers alone: {column.fault}")
        for column in wrong[:MOST_TOLD]
    ]
    if len(wrong) > MOST_TOLD:
        problems.append(_of_file(look, f"and {counted(len(wrong) - MOST_TOLD, 'column')} more"))
    return [*problems[:-1], Problem(problems[-1].message, problems[-1].place, hint=hint)] if problems else []


def _of_file(look: Look, message: str, hint: str = "") -> Problem:
    return Problem(message, Place(shown(look.path)), hint=hint)
