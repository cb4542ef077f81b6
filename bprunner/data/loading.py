"""Loading a dataset: from the declaration, or from the file that it names, to samples.

A CSV file here is UTF-8 text (a byte-order mark is accepted) with commas between fields, a header line of
distinct column names, and a decimal number in every field of the columns that are used. Fields may be quoted
with double quotes; blank lines are passed over.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bprunner.data.samples import Samples
from bprunner.errors import InputError, Place, Problem
from bprunner.spec.experiment import CsvDataset, CsvFile
from bprunner.spec.problems import did_you_mean
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
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = _Rows(path, csv.reader(file, strict=True))
            header = rows.header()
            positions = _positions(declaration, path, header, declared)
            numbers = list(rows.numbers(header, positions))
    except UnicodeDecodeError as error:
        raise InputError(Problem(f"is not UTF-8 text: {error.reason}", Place(str(path)))) from error
    except OSError as error:
        raise InputError(Problem(f"cannot be read: {error.strerror}", Place(str(path)))) from error
    if rows.problems:
        raise InputError(rows.problems)
    if not numbers:
        raise InputError(Problem("has a header but no samples", Place(str(path))))
    table = np.array(numbers, dtype=np.float64)
    split = len(declared.inputs)
    return Samples(
        np.ascontiguousarray(table[:, :split]),
        np.ascontiguousarray(table[:, split:]),
        declared.inputs,
        declared.targets,
        path.name,
    )


class _Rows:
    """The rows of a CSV file, and what is wrong with them."""

    def __init__(self, path: Path, reader: Iterator[list[str]]) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self._reader = reader

    def header(self) -> list[str]:
        header = [name.strip() for name in self._next() or []]
        if not header:
            raise InputError(Problem("is empty; a header line of column names comes first", Place(str(self.path))))
        twice = [name for name in header if header.count(name) > 1]
        if twice:
            raise InputError(Problem(f"has two columns called `{twice[0]}`", self._place()))
        return header

    def numbers(self, header: Sequence[str], positions: Sequence[int]) -> Iterator[list[float]]:
        """The numbers of the wanted columns, row by row; the reading ends after too many problems."""
        while (row := self._next()) is not None and len(self.problems) < MOST_PROBLEMS:
            if not row:
                continue
            if len(row) != len(header):
                self._refuse(f"has {len(row)} fields, but the header has {len(header)}")
                continue
            yield [self._number(row[position], header[position]) for position in positions]

    def _number(self, text: str, column: str) -> float:
        try:
            value = float(text) if len(text) <= LONGEST_FIELD and "_" not in text else math.nan
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            self._refuse(f"column `{column}` must be a finite number, found {text[:40]!r}")
        return value

    def _next(self) -> list[str] | None:
        try:
            return next(self._reader, None)
        except csv.Error as error:
            raise InputError(Problem(f"is no CSV that can be read: {error}", self._place())) from error

    def _place(self) -> Place:
        return Place(str(self.path), int(self._reader.line_num))  # type: ignore[attr-defined]

    def _refuse(self, message: str) -> None:
        self.problems.append(Problem(message, self._place()))


def _positions(declaration: Declaration, path: Path, header: Sequence[str], declared: CsvFile) -> list[int]:
    for side in ("inputs", "targets"):
        for number, name in enumerate(getattr(declared, side)):
            if name not in header:
                where = ("dataset", "csv", side, number)
                message = f"{path.name} has no column `{name}`"
                raise declaration.problem(where, message, did_you_mean(name, header))
    return [header.index(name) for name in (*declared.inputs, *declared.targets)]
