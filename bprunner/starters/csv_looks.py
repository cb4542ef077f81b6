"""A look at a CSV file: what separates its fields, whether its first line names the columns, what they hold."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from bprunner.data.tables import of_file, opened, shown
from bprunner.errors import InputError, Place, Problem
from bprunner.spec.naming import counted
from bprunner.starters.columns import Column, Look, Name, number_in

SEPARATORS = {",": ",", ";": ";", "tab": "\t", "|": "|", "spaces": "\t"}
"""By the name that a declaration has for it, the sign between two fields. Blanks are made tabs."""
_FIRST_LINES = 50
_BLANKS = re.compile(r'"(?:[^"]|"")*"|[ \t]+')

Row = tuple[int, list[str]]
"""The number of its line (from 1), and its fields without blanks around them."""


def look_at_csv(path: Path) -> Look:
    """What is in it. Raises InputError for what is no table of at least one sample."""
    try:
        with opened(path), path.open(encoding="utf-8-sig", newline="") as file:
            first = [line for line in islice(file, _FIRST_LINES) if line.strip()]
        if not first:
            raise of_file(path, "is empty")
        separator = _separator(first)
        with opened(path), path.open(encoding="utf-8-sig", newline="") as file:
            return _looked(path, separator, _rows(file, separator))
    except UnicodeDecodeError:
        raise of_file(path, "is not UTF-8 text", "save it as UTF-8") from None
    except csv.Error as error:
        raise of_file(path, f"is no CSV that can be read: {error}") from None


def columns_of_csv(path: Path) -> list[str]:
    """The names of its columns, or their numbers, by its first lines alone. Raises an error for what is no CSV."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = [line for line in islice(file, _FIRST_LINES) if line.strip()]
    rows = [row for _, row in islice(_rows(first, _separator(first)), 2)]
    if _is_header(rows[0], rows[1] if len(rows) > 1 else None):
        return [name for name in rows[0] if name]
    return [str(number) for number in range(1, len(rows[0]) + 1)]


def _rows(lines: Iterator[str] | Sequence[str], separator: str) -> Iterator[Row]:
    """Every row that is not blank."""
    texts = (_with_tabs(line) for line in lines) if separator == "spaces" else lines
    reader = csv.reader(texts, strict=True, delimiter=SEPARATORS[separator])
    start = 1
    for row in reader:
        fields = [text.strip() for text in row]
        if any(fields) or len(fields) > 1:
            yield start, fields
        start = int(reader.line_num) + 1


def _with_tabs(line: str) -> str:
    """A line with one tab wherever there are blanks between fields."""
    return _BLANKS.sub(lambda found: found[0] if found[0][0] == '"' else "\t", line.strip())


def _separator(lines: Sequence[str]) -> str:
    """What separates most lines into as many fields as the first; of several the one that gives more of them.

    Blanks count only where nothing else does: names of columns may have some inside.
    """
    best, most = ",", (0.0, 1)
    for name in SEPARATORS:
        sizes = _sizes(lines, name)
        if not sizes or sizes[0] < 2 or (name == "spaces" and most[0]):
            continue
        merit = sizes.count(sizes[0]) / len(sizes), sizes[0]
        if merit > most:
            best, most = name, merit
    return best


def _sizes(lines: Sequence[str], separator: str) -> list[int]:
    """How many fields the first lines have; a quoted field may go on beyond them."""
    sizes = []
    try:
        for _, row in _rows(lines, separator):
            sizes.append(len(row))
    except csv.Error:
        pass  # what came before it counts
    return sizes


def _looked(path: Path, separator: str, rows: Iterator[Row]) -> Look:
    first = next(rows, None)
    if first is None:
        raise of_file(path, "is empty")
    second = next(rows, None)
    has_header = _is_header(first[1], second[1] if second else None)
    if has_header and second is None:
        raise of_file(path, "has a header but no samples")
    names: list[Name] = list(first[1]) if has_header else list(range(1, len(first[1]) + 1))
    columns = [Column(name) for name in names]
    samples = 0
    for line, row in _again(None if has_header else first, second, rows):
        if len(row) != len(names):
            there = "the header has" if has_header else "the first line has"
            message = f"{counted(len(row), 'field')}, but {there} {len(names)}"
            raise InputError(Problem(message, Place(shown(path), line)))
        samples += 1
        for column, text in zip(columns, row, strict=True):
            _add(column, text, line)
    keys: dict[str, str | bool] = {} if has_header else {"header": False}
    keys |= {} if separator == "," else {"separator": separator}
    unnamed = tuple(number for number, name in enumerate(names, start=1) if name == "")
    used = tuple(column for column in columns if column.name != "")
    repeated = frozenset(name for name in names if names.count(name) > 1) if len(set(names)) < len(names) else []
    return Look(path, "csv", samples, used, keys, unnamed, frozenset(repeated))


def _again(*parts: Row | Iterator[Row] | None) -> Iterator[Row]:
    """The rows that were looked at already, then the others."""
    for part in parts:
        if isinstance(part, tuple):
            yield part
        elif part is not None:
            yield from part


def _is_header(first: Sequence[str], second: Sequence[str] | None) -> bool:
    """Whether the first line names the columns: no number stands in it above a number."""
    if second is None or len(second) != len(first):
        return any(number_in(text) is None for text in first)
    return not any(number_in(a) is not None and number_in(b) is not None for a, b in zip(first, second, strict=True))


def _add(column: Column, text: str, line: int) -> None:
    value = number_in(text)
    if value is None:
        column.add_text(text, f"line {line:,}")
    else:
        column.add_number(value)
    column.remember(text)
