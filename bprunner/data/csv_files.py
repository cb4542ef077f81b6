"""CSV files: UTF-8 text (a byte-order mark is accepted) with commas between fields.

A header line of distinct column names comes first, and every field of the columns that are used holds a decimal
number, or a label where the dataset lists labels that are texts. Fields may be quoted with double quotes; blank lines
are passed over.
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
            rows = _Rows(source, shown(path), file)
            header = rows.header()
            positions = _positions(source, rows, header, declared)
            sides = positions[: len(declared.inputs)], positions[len(declared.inputs) :]
            # One too many is enough to know that there are too many.
            for line, row in islice(rows.numbers(header, *sides), source.most_samples + 1):
                lines.append(line)
                numbers.extend(row)
    except UnicodeDecodeError as error:
        byte = f"byte {error.start + 1} of what was being read is 0x{error.object[error.start]:02X}"
        raise of_file(path, f"is not UTF-8 text: {byte}", "save it as UTF-8") from error
    if rows.problems:
        raise InputError(rows.problems)
    if not lines:
        raise of_file(path, "has a header but no samples")
    source.check_size(len(lines), "csv", "file")
    table = np.array(numbers, dtype=np.float64).reshape(len(lines), -1)
    return _table(path, declared, table, lines)


def _table(path: Path, declared: CsvFile, table: Array, lines: Sequence[int]) -> Table:
    def refuse(side: str, row: int, column: int, message: str) -> Problem:
        return Problem(f"column `{cut(getattr(declared, side)[column])}` {message}", Place(shown(path), lines[row]))

    inputs, targets = np.split(table, [len(declared.inputs)], axis=1)
    return Table(as_doubles(inputs), as_doubles(targets), path.name, refuse, declared.inputs, declared.targets)


class _Rows:
    """The rows of a CSV file, and what is wrong with them."""

    def __init__(self, source: Source, shown: str, lines: Iterable[str]) -> None:
        self.problems: list[Problem] = []
        self._labels = {label: position for position, label in enumerate(source.texts)}
        self._text_hint = source.text_hint
        self._shown = shown
        self._text = ""
        self._first_line = 1
        self._reader = csv.reader(self._remembered(lines), strict=True)

    def _remembered(self, lines: Iterable[str]) -> Iterator[str]:
        """The lines, with the text of the row that is being read kept for errors."""
        for line in lines:
            self._text += line
            yield line

    def header(self) -> list[str]:
        """The column names: the first row that is not blank."""
        names = [name.strip() for name in self._next() or []]
        if not names:
            raise InputError(Problem("is empty; a header line of column names comes first", Place(self._shown)))
        return names

    def place_of(self, row: Sequence[str], position: int) -> Place:
        """Where a field stands: the column can be told where no quotes are on the way."""
        line = self._text.rstrip("\r\n")
        if not line or '"' in line or "\n" in line or "\r" in line or line.count(",") != len(row) - 1:
            return self._place()
        fields = line.split(",")
        column = sum(len(field) + 1 for field in fields[:position]) + 1
        return Place(self._shown, self._first_line, column, line, max(1, len(fields[position])))

    def numbers(
        self, header: Sequence[str], inputs: Sequence[int], targets: Sequence[int]
    ) -> Iterator[tuple[int, list[float]]]:
        """The line and the numbers of the wanted columns, row by row; the reading ends after too many problems."""
        while (row := self._next()) is not None:
            if len(self.problems) >= MOST_PROBLEMS:
                self._refuse(f"was not read further: {MOST_PROBLEMS} problems are enough", self._place())
                return
            if len(row) != len(header):
                found, wanted = counted(len(row), "field"), len(header)
                self._refuse(f"{found}, but the header has {wanted}", self._place())
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
            if _COMMA.fullmatch(text):
                hint = f"decimals stand after a point: {text.replace(',', '.')}"
            self._refuse(f"column `{column}` must hold a finite number, {found}", self.place_of(row, position), hint)
        return value

    def _next(self) -> list[str] | None:
        """The next row that is not blank, None at the end."""
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
        return "after a closing quote comes a comma; a quote inside of quotes is written twice"
    if "new-line" in text:
        return "a line ends in the middle of a row that is not in quotes"
    return "is no CSV that can be read"


def _positions(source: Source, rows: _Rows, header: Sequence[str], declared: CsvFile) -> list[int]:
    """Where the wanted columns stand in a row. Raises InputError for every name that is not there."""
    problems: list[Problem] = []
    wanted = [(("csv", side, number), name) for side in SIDES for number, name in enumerate(getattr(declared, side))]
    named = [name for name in header if name]
    for where, name in wanted:
        if name not in header:
            message = f"{Path(declared.file).name} has no column `{cut(name)}`"
            problems.append(source.problem(where, message, _column_hint(name, named)))
    for name in dict.fromkeys(name for _, name in wanted):
        if header.count(name) > 1:
            second = header.index(name, header.index(name) + 1)
            problems.append(Problem(f"two columns are called `{cut(name)}`", rows.place_of(header, second)))
    if problems:
        raise InputError(problems)
    return [header.index(name) for _, name in wanted]


def _column_hint(name: str, header: Sequence[str]) -> str:
    for sign, called in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and sign in header[0]:
            return f"its fields are separated by {called}; commas are read here"
    return did_you_mean(name, header)
