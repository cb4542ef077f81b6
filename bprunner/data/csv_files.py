"""CSV files: UTF-8 text (a byte-order mark is accepted) with commas, or another separator, between fields.

A header line of distinct column names comes first, where there is one; without, columns are numbered. Every field of
the columns that are used holds a decimal number, or a label where the dataset lists labels that are texts. Fields may
be quoted with double quotes; blank lines are passed over.
"""

from __future__ import annotations

import csv
import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from bprunner.data.tables import SIDES, Source, Table, as_doubles, of_file, opened, shown
from bprunner.errors import InputError, Place, Problem
from bprunner.nn.arrays import Array
from bprunner.spec.dataset import CsvFile
from bprunner.spec.labels import near_label, no_label, quoted
from bprunner.spec.naming import counted
from bprunner.spec.problems import cut, did_you_mean

MOST_PROBLEMS = 20
LONGEST_FIELD = 400


def read_csv(source: Source) -> Table:
    """Its table. Raises InputError with row and column for a faulty file."""
    declared, path = source.declared.csv, source.file("file")
    assert declared is not None  # the source is of this kind
    numbers, lines = array("d"), array("Q")
    try:
        with opened(path), path.open(encoding="utf-8-sig", newline="") as file:
            rows = _Rows(source, shown(path), file, declared)
            header = rows.header()
            positions = _positions(source, rows, header, declared)
            sides = positions[: len(declared.inputs)], positions[len(declared.inputs) :]
            # One too many is enough to know that there are too many.
            for line, row in islice(rows.numbers(header, *sides), source.most_samples + 1):
                lines.append(line)
                numbers.extend(row)
            if not rows.problems and len(lines) <= source.most_samples:
                source.part(rows.passed)
    except UnicodeDecodeError as error:
        place, byte = _faulty_byte(path)
        problem = Problem(f"is not UTF-8 text: {byte}", place, hint="save it as UTF-8")
        raise InputError(problem) from error
    if rows.problems:
        raise InputError(rows.problems)
    if not lines:
        raise of_file(path, "has a header but no samples")
    source.check_part(len(lines), "csv", "file")
    table = np.array(numbers, dtype=np.float64).reshape(len(lines), -1)
    return _table(path, declared, table, lines)


def _faulty_byte(path: Path) -> tuple[Place, str]:
    """The line of the first byte that is not UTF-8, and the byte in words."""
    with opened(path), path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return Place(shown(path), number), f"byte {error.start + 1} of the line is 0x{line[error.start]:02X}"
    return Place(shown(path)), "some byte of it cannot be read"


def _table(path: Path, declared: CsvFile, table: Array, lines: Sequence[int]) -> Table:
    def refuse(side: str, row: int, column: int, message: str) -> Problem:
        called = str(getattr(declared, side)[column])
        return Problem(f"column `{cut(called)}` {message}", Place(shown(path), lines[row]))

    inputs, targets = np.split(table, [len(declared.inputs)], axis=1)
    input_names, target_names = (tuple(map(_name, getattr(declared, side))) for side in SIDES)
    return Table(as_doubles(inputs), as_doubles(targets), path.name, refuse, input_names, target_names)


def _name(column: str | int) -> str:
    return f"column {column}" if isinstance(column, int) else column


_TAB = "\t"
# What is quoted may have blanks inside.
_BLANKS = re.compile(r'"(?:[^"]|"")*"|[ \t]+')


def _with_tabs(line: str) -> str:
    """A line with one tab wherever there are blanks between fields."""
    text = line.rstrip("\r\n")
    ends = line[len(text) :]
    return _BLANKS.sub(lambda found: found[0] if found[0][0] == '"' else _TAB, text.strip(" \t")) + ends


class _Rows:
    """The rows of a CSV file, and what is wrong with them."""

    def __init__(self, source: Source, shown: str, lines: Iterable[str], declared: CsvFile) -> None:
        self.problems: list[Problem] = []
        self.passed = 0
        self.first_row: list[str] = []
        self._rows = source.declared.rows
        self._has_header = declared.header
        self._ahead: list[str] | None = None
        self._spaces = declared.separator == "spaces"
        self._separator = _TAB if declared.separator in ("tab", "spaces") else declared.separator
        self._labels = {label: position for position, label in enumerate(source.texts)}
        self._text_hint = source.text_hint
        self._shown = shown
        self._text = ""
        self._first_line = 1
        self._reader = csv.reader(self._remembered(lines), strict=True, delimiter=self._separator)

    def _remembered(self, lines: Iterable[str]) -> Iterator[str]:
        """The lines, with the text of the row that is being read kept for errors."""
        for line in lines:
            self._text += line
            yield _with_tabs(line) if self._spaces else line

    def header(self) -> list[str]:
        """The column names: the first row that is not blank, or the numbers of its fields."""
        names = [name.strip() for name in self._next() or []]
        if not names:
            missing = "; a header line of column names comes first" if self._has_header else ""
            raise InputError(Problem(f"is empty{missing}", Place(self._shown)))
        self.first_row = names
        if self._has_header:
            return names
        self._ahead = names
        return [str(number) for number in range(1, len(names) + 1)]

    def place_of(self, row: Sequence[str], position: int) -> Place:
        """Where a field stands: the column can be told where no quotes are on the way."""
        line = self._text.rstrip("\r\n")
        if not line or '"' in line or "\n" in line or "\r" in line:
            return self._place()
        if self._spaces:
            field = list(re.finditer(r"[^ \t]+", line))[position]
            return Place(self._shown, self._first_line, field.start() + 1, line, len(field[0]))
        fields = line.split(self._separator)
        if len(fields) != len(row):
            return self._place()
        column = sum(len(field) + 1 for field in fields[:position]) + 1
        return Place(self._shown, self._first_line, column, line, max(1, len(fields[position])))

    def numbers(
        self, header: Sequence[str], inputs: Sequence[int], targets: Sequence[int]
    ) -> Iterator[tuple[int, list[float]]]:
        """The line and the numbers of the wanted columns, row by row; the reading ends after too many problems."""
        first, last = (1, None) if self._rows is None else (self._rows.first, self._rows.last)
        while self.passed != last and (row := self._next()) is not None:
            self.passed += 1
            if self.passed < first:
                continue
            if len(self.problems) >= MOST_PROBLEMS:
                self._refuse(f"was not read further: {MOST_PROBLEMS} problems are enough", self._place())
                return
            if len(row) != len(header):
                found, wanted = counted(len(row), "field"), len(header)
                there = "header" if self._has_header else "first line"
                self._refuse(f"{found}, but the {there} has {wanted}", self._place())
            else:
                values = [self._number(row, position, header[position]) for position in inputs]
                yield self._first_line, values + [self._target(row, position, header[position]) for position in targets]

    def _target(self, row: Sequence[str], position: int, column: str) -> float:
        if self._labels:
            return self._label(row, position, column)
        return self._number(row, position, column, self._text_hint)

    def _label(self, row: Sequence[str], position: int, column: str) -> float:
        """The position of a field's label in their list."""
        text = row[position].strip()
        if text not in self._labels:
            message = no_label(self._labels, quoted(text) if text else "nothing")
            hint = near_label(text, self._labels)
            self._refuse(f"column `{column}` {message}", self.place_of(row, position), hint)
        return self._labels.get(text, math.nan)

    def _number(self, row: Sequence[str], position: int, column: str, text_hint: str = "") -> float:
        text = row[position].strip()
        # float() reads more than is meant here: underscores, digits of other scripts, words.
        value = float(text) if len(text) <= LONGEST_FIELD and _NUMBER.fullmatch(text) else math.nan
        if not math.isfinite(value):
            found = f"found {cut(text, 40)!r}" if text else "found nothing"
            hint = text_hint if text else ""
            if self._has_header is False and self._first_line == 1 and text and not hint:
                hint = "where the first line names the columns, leave out `header: false`"
            if _COMMA.fullmatch(text):
                hint = f"decimals stand after a point: {text.replace(',', '.')}"
            self._refuse(f"column `{column}` must hold a finite number, {found}", self.place_of(row, position), hint)
        return value

    def _next(self) -> list[str] | None:
        """The next row that is not blank, None at the end."""
        if self._ahead is not None:
            ahead, self._ahead = self._ahead, None
            return ahead
        while True:
            self._text = ""
            self._first_line = int(self._reader.line_num) + 1
            try:
                row = next(self._reader, None)
            except csv.Error as error:
                raise InputError(Problem(_reason(error), self._place())) from error
            if row is None or any(field.strip() for field in row) or len(row) > 1:
                return row

    def _place(self) -> Place:
        """The row as a whole."""
        line = self._text.split("\n")[0].rstrip("\r")
        return Place(self._shown, self._first_line, 1, line, max(1, min(len(line), 60)))

    def _refuse(self, message: str, place: Place, hint: str = "") -> None:
        self.problems.append(Problem(message, place, hint=hint))


_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+")


def _reason(error: csv.Error) -> str:
    """What the csv module says, in words for people."""
    text = str(error)
    if "unexpected end" in text:
        return "a quote is opened in this row and never closed"
    if "field limit" in text:
        return f"a field of more than {csv.field_size_limit():,} characters"
    if "expected after" in text:
        return "after a closing quote comes a separator; a quote inside of quotes is written twice"
    if "new-line" in text:
        return "a line ends in the middle of a row that is not in quotes"
    return "is no CSV that can be read"


def _positions(source: Source, rows: _Rows, header: Sequence[str], declared: CsvFile) -> list[int]:
    """Where the wanted columns stand in a row. Raises InputError for every name that is not there."""
    problems: list[Problem] = []
    wanted = [
        (("csv", side, number), str(name)) for side in SIDES for number, name in enumerate(getattr(declared, side))
    ]
    named = [name for name in header if name]
    for where, name in wanted:
        if name not in header and declared.header:
            message = f"{Path(declared.file).name} has no column `{cut(name)}`"
            problems.append(source.problem(where, message, _column_hint(name, named)))
        elif name not in header:
            message = f"there is no column {name}: the first line of {Path(declared.file).name} has {_fields(header)}"
            problems.append(source.problem(where, message, _separator_hint(rows.first_row, "")))
    for name in dict.fromkeys(name for _, name in wanted):
        if header.count(name) > 1:
            second = header.index(name, header.index(name) + 1)
            problems.append(Problem(f"two columns are called `{cut(name)}`", rows.place_of(header, second)))
    if problems:
        raise InputError(problems)
    return [header.index(name) for _, name in wanted]


def _fields(row: Sequence[str]) -> str:
    return counted(len(row), "field")


def _column_hint(name: str, header: Sequence[str]) -> str:
    hint = _separator_hint(header, name)
    if not hint and header and all(_NUMBER.fullmatch(each) for each in header):
        hint = "its first line holds numbers: with `header: false` columns are numbered from 1"
    return hint or did_you_mean(name, header)


def _separator_hint(row: Sequence[str], name: str) -> str:
    """The way out where a line is read as one field, and seems to have several: a name's, or numbers."""
    if len(row) != 1:
        return ""
    for sign, way in ((";", '";"'), (_TAB, "tab"), ("|", '"|"'), (",", '","')):
        if sign in row[0]:
            return f"its fields seem to be separated otherwise: `separator: {way}`"
    words = row[0].split()
    if len(words) > 1 and (name in words or all(_NUMBER.fullmatch(word) for word in words)):
        return "its fields seem to be separated by blanks: `separator: spaces`"
    return ""
