"""Loading a dataset: from the declaration, or from the file that it names, to samples.

A CSV file here is UTF-8 text (a byte-order mark is accepted) with commas between fields, a header line of
distinct column names, and a decimal number in every field of the columns that are used. Fields may be quoted
with double quotes; blank lines are passed over.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from bprunner.data.samples import Samples
from bprunner.errors import InputError, Place, Problem
from bprunner.spec.consistency import most_samples, sample_misfits
from bprunner.spec.experiment import CsvDataset, CsvFile
from bprunner.spec.naming import counted
from bprunner.spec.problems import cut, did_you_mean
from bprunner.spec.reading import Declaration

MOST_PROBLEMS = 20
LONGEST_FIELD = 400


def load_samples(declaration: Declaration) -> Samples:
    """The samples of an experiment. Raises InputError with row and column for a faulty file."""
    dataset = declaration.experiment.dataset
    if isinstance(dataset, CsvDataset):
        assert declaration.data_file is not None  # a declaration with a file has found it
        return _load_csv(declaration, declaration.data_file, dataset.csv)
    names = declaration.experiment.architecture.names
    return Samples(np.array(dataset.inputs), np.array(dataset.targets), names.inputs, names.outputs, "inline")


def _load_csv(declaration: Declaration, path: Path, declared: CsvFile) -> Samples:
    shown = _shown(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = _Rows(shown, file)
            header = rows.header()
            positions = _positions(declaration, rows, header, declared)
            most = most_samples(declaration.experiment.architecture)
            # One too many is enough to know that there are too many.
            numbers = list(islice(rows.numbers(header, positions), most + 1))
    except UnicodeDecodeError as error:
        byte = f"byte {error.start + 1} of what was being read is 0x{error.object[error.start]:02X}"
        raise InputError(Problem(f"is not UTF-8 text: {byte}", Place(shown), hint="save it as UTF-8")) from error
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror}", Place(shown))) from error
    if rows.problems:
        raise InputError(rows.problems)
    if not numbers:
        raise InputError(Problem("has a header but no samples", Place(shown)))
    unfit = list(sample_misfits(declaration.experiment, len(numbers)))
    if unfit:
        raise InputError([declaration.problem(each.path, each.message, each.hint).problems[0] for each in unfit])
    table = np.array(numbers, dtype=np.float64)
    split = len(declared.inputs)
    return Samples(
        np.ascontiguousarray(table[:, :split]),
        np.ascontiguousarray(table[:, split:]),
        declared.inputs,
        declared.targets,
        path.name,
    )


def _shown(path: Path) -> str:
    """The file as errors name it: from the working folder, where it lies there."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


class _Rows:
    """The rows of a CSV file, and what is wrong with them."""

    def __init__(self, shown: str, lines: Iterable[str]) -> None:
        self.problems: list[Problem] = []
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

    def numbers(self, header: Sequence[str], positions: Sequence[int]) -> Iterator[list[float]]:
        """The numbers of the wanted columns, row by row; the reading ends after too many problems."""
        while (row := self._next()) is not None:
            if len(self.problems) >= MOST_PROBLEMS:
                self._refuse(f"was not read further: {MOST_PROBLEMS} problems are enough", self._place())
                return
            if len(row) != len(header):
                found, wanted = counted(len(row), "field"), len(header)
                self._refuse(f"{found}, but the header has {wanted}", self._place())
            else:
                yield [self._number(row, position, header[position]) for position in positions]

    def _number(self, row: Sequence[str], position: int, column: str) -> float:
        text = row[position].strip()
        # float() reads more than is meant here: underscores, digits of other scripts, words.
        value = float(text) if len(text) <= LONGEST_FIELD and _NUMBER.fullmatch(text) else math.nan
        if not math.isfinite(value):
            found = f"found {cut(text, 40)!r}" if text else "found nothing"
            hint = f"decimals stand after a point: {text.replace(',', '.')}" if _COMMA.fullmatch(text) else ""
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


def _positions(declaration: Declaration, rows: _Rows, header: Sequence[str], declared: CsvFile) -> list[int]:
    """Where the wanted columns stand in a row. Raises InputError for every name that is not there."""
    problems: list[Problem] = []
    wanted = [
        (("dataset", "csv", side, number), name)
        for side in ("inputs", "targets")
        for number, name in enumerate(getattr(declared, side))
    ]
    named = [name for name in header if name]
    for where, name in wanted:
        if name not in header:
            message = f"{Path(declared.file).name} has no column `{cut(name)}`"
            problems += declaration.problem(where, message, _column_hint(name, named)).problems
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
