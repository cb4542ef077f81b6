"""Parquet files: columns by name that hold integers, floating-point numbers or booleans, without empty cells.

Where the dataset lists labels that are texts, the column of targets holds texts.

What a file says of itself is compared with its size before any of it is unpacked.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bprunner.data.tables import MOST_TOLD, SIDES, Source, Table, as_doubles, enough, inexact, of_file, opened, shown
from bprunner.errors import InputError, Place, Problem
from bprunner.nn.arrays import Array
from bprunner.spec.dataset import ParquetFile
from bprunner.spec.labels import near_label, no_label, quoted
from bprunner.spec.problems import cut, did_you_mean

LARGEST_PAGES = 64 * 2**20
"""How many bytes a column chunk may unpack to beyond its numbers: dictionaries, levels and headers."""


def read_parquet(source: Source) -> Table:
    """Its table. Raises InputError for a file that is no Parquet, that lies about itself, and for wrong cells."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    declared, path = source.declared.parquet, source.file("file")
    assert declared is not None  # the source is of this kind
    names = list(dict.fromkeys([*declared.inputs, *declared.targets]))
    with opened(path), path.open("rb") as content:
        try:
            with pq.ParquetFile(content) as file:
                _check_columns(source, declared, path, file)
                _check_footer(source, path, file, names)
            texts = list(declared.targets) if source.texts else []
            with pq.ParquetFile(content, read_dictionary=texts) as file:
                _check_dictionaries(path, file, texts)
                table = file.read(columns=names, use_threads=False)
                numbers = _numbers(path, {name: table.column(name) for name in names}, source.texts)
        except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
            raise of_file(path, "is no Parquet file that can be read", cut(str(error), 150)) from error

    def refuse(side: str, row: int, column: int, message: str) -> Problem:
        return _of_cell(path, row, getattr(declared, side)[column], message)

    inputs, targets = (np.column_stack([numbers[name] for name in getattr(declared, side)]) for side in SIDES)
    return Table(inputs, targets, path.name, refuse, declared.inputs, declared.targets)


def _of_cell(path: Path, row: int, column: str, message: str, hint: str = "") -> Problem:
    return Problem(f"row {row + 1:,}, column `{cut(column)}` {message}", Place(shown(path)), hint=hint)


def _check_columns(source: Source, declared: ParquetFile, path: Path, file: Any) -> None:
    """Raises InputError for every name that is no column of numbers, or of texts where labels are texts."""
    names = list(file.schema_arrow.names)
    problems: list[Problem] = []
    for side in SIDES:
        for number, name in enumerate(getattr(declared, side)):
            message, hint = "", ""
            if name not in names:
                message, hint = f"{path.name} has no column `{cut(name)}`", did_you_mean(name, names)
            elif names.count(name) > 1:
                message = f"{path.name} has two columns called `{cut(name)}`"
            else:
                message, hint = _type_fault(source, side, file.schema_arrow.field(name).type)
                message = message and f"column `{cut(name)}` of {path.name} {message}"
            if message:
                problems.append(source.problem(("parquet", side, number), message, hint))
    if problems:
        raise InputError(problems)


def _type_fault(source: Source, side: str, kind: Any) -> tuple[str, str]:
    """Why a column cannot be of this type, and the way out; nothing where it can."""
    of_type = f"and is of the type {cut(str(kind))}"
    if side == "targets" and source.texts:
        numbers = "labels that are whole numbers stand without quotes" if _is_numeric(kind) else ""
        return ("", "") if _is_text(kind) else (f"must hold texts, as the labels are, {of_type}", numbers)
    if _is_numeric(kind):
        return "", ""
    way = source.text_hint if side == "targets" and _is_text(kind) else ""
    return f"must hold numbers, {of_type}", way or "integers, floating-point numbers and booleans are read"


def _is_numeric(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    inner = kind.value_type if _is_dictionary(kind) else kind
    return any(is_one(inner) for is_one in texts)


def _is_dictionary(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_dictionary(kind))


def _check_dictionaries(path: Path, file: Any, texts: Sequence[str]) -> None:
    """Raises InputError where texts would not be read into a dictionary.

    There a long text that stands in every row takes its memory once.
    """
    for name in texts:
        if not _is_dictionary(file.schema_arrow.field(name).type):
            raise of_file(path, f"has two columns called `{cut(name)}`, one of them inside of another column")


def _check_footer(source: Source, path: Path, file: Any, names: list[str]) -> None:
    """Raises InputError for too many rows, and for a footer that a file of this size cannot have."""
    footer = file.metadata
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    rows = [group.num_rows for group in groups]
    if min(rows, default=0) < 0 or sum(rows) != footer.num_rows:
        raise of_file(path, f"is broken: its footer says {footer.num_rows:,} rows, and its parts {sum(rows):,}")
    if footer.num_rows == 0:
        raise of_file(path, "has no samples")
    source.check_size(footer.num_rows, "parquet", "file")
    size = path.stat().st_size
    _check_chunks(footer, names)
    paths = [file.schema.column(position).path for position in range(len(file.schema))]
    for number, group in enumerate(groups):
        for position in [position for position, name in enumerate(paths) if name in names]:
            reason = _lie(group.column(position), group.num_rows, size)
            if reason:
                where = f"row group {number + 1:,}, column `{cut(paths[position])}`"
                raise of_file(path, f"is broken: {where}, {reason}")


class _UnreadError(Exception):
    """That something would be read of what is not to be read yet."""


class _Unread(io.RawIOBase):
    """A file of which nothing is read. It is so large that every chunk could be in it."""

    _at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: 2**62}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, _size: int = -1) -> bytes:
        raise _UnreadError


def _check_chunks(footer: Any, names: list[str]) -> None:
    """Raises an error of pyarrow for column chunks whose description is faulty.

    pyarrow ends the process where one is looked at from Python (C++ throws, and nobody catches); where one is to
    be read it raises an error, and all that it does before the first byte of data is read is enough for that.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(_Unread(), metadata=footer) as file:
        for number in range(footer.num_row_groups):
            for name in names:
                with suppress(_UnreadError):
                    file.read_row_group(number, columns=[name], use_threads=False)


def _lie(chunk: Any, rows: int, size: int) -> str:
    """What cannot be true of a column chunk; nothing where all of it can."""
    start = chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
    if chunk.num_values != rows:
        return f"says {chunk.num_values:,} numbers for {rows:,} rows"
    if min(start, chunk.total_compressed_size) < 0 or start + chunk.total_compressed_size > size:
        end = start + chunk.total_compressed_size
        return f"says that it ends at byte {end:,} of a file of {size:,} bytes"
    if not 0 <= chunk.total_uncompressed_size <= 32 * rows + LARGEST_PAGES:
        return f"says that {rows:,} rows come to {chunk.total_uncompressed_size:,} bytes"
    return ""


Faults: TypeAlias = list[tuple[int, str, str]]
"""What is wrong with the cells of a column: the row, the rule and what was found, the way out."""


def _numbers(path: Path, columns: dict[str, Any], labels: Sequence[str]) -> dict[str, Array]:
    """Every column as doubles; labels as their positions in the list. Raises InputError for the cells that are none."""
    problems: list[Problem] = []
    numbers: dict[str, Array] = {}
    for name, column in columns.items():
        # Numbers never come as a dictionary.
        values, faults = _values(column) if not _is_text(column.type) else _positions(column, labels)
        problems += [_of_cell(path, row, name, message, hint) for row, message, hint in faults]
        if values is not None and not problems:
            numbers[name] = as_doubles(values)
    if problems:
        raise InputError(enough(problems))
    return numbers


def _values(column: Any) -> tuple[NDArray[np.generic] | None, Faults]:
    """A column's numbers, and what is wrong with its cells."""
    if column.null_count:
        return None, [(row, "must hold a number, found an empty cell (null)", "") for row in _empty(column)]
    values: NDArray[np.generic] = column.to_numpy()
    return values, [(index[0], message, "") for index, message in inexact(values)]


def _empty(column: Any) -> Iterator[int]:
    for row in np.flatnonzero(column.is_null().to_numpy())[: MOST_TOLD + 1]:
        yield int(row)


# Labels that are texts


def _positions(column: Any, labels: Sequence[str]) -> tuple[NDArray[np.generic], Faults]:
    """The position of each cell's label in their list, and what is wrong with the cells that hold none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = []
    for chunk in column.chunks:
        known = pc.index_in(chunk.dictionary, value_set=pa.array(labels, chunk.dictionary.type))
        parts.append(pc.fill_null(known.take(chunk.indices), -1).to_numpy())
    positions: NDArray[np.generic] = np.concatenate(parts)
    wrong = np.flatnonzero(positions == -1)[: MOST_TOLD + 1].tolist()
    return positions, [(row, *_mislabelled(column[row], labels)) for row in wrong]


def _mislabelled(cell: Any, labels: Sequence[str]) -> tuple[str, str]:
    """Why a cell holds no label, and the way out."""
    if not cell.is_valid:
        return no_label(labels, "an empty cell (null)"), ""
    text = cell.value.as_buffer().to_pybytes().decode("utf-8", "replace")
    return no_label(labels, quoted(text)), near_label(text, labels)
