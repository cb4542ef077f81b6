"""NumPy's files: an array in each .npy, arrays by name in an .npz archive.

Nothing in them is ever unpickled. A header is a Python literal, and is read as one; what it says of the array is
compared with the bytes that are there before memory is taken for them.
"""

from __future__ import annotations

import ast
import math
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bprunner.data.tables import SIDES, Source, Table, all_problems, as_doubles, enough, inexact, of_file, opened, shown
from bprunner.errors import InputError, Place, Problem
from bprunner.spec.dataset_misfits import one_column, says, size_misfits
from bprunner.spec.naming import counted
from bprunner.spec.problems import cut, did_you_mean

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 10_000
"""In bytes, as in NumPy: a longer one is made to keep a parser busy."""

_Numbers: TypeAlias = NDArray[np.generic]


@dataclass(frozen=True)
class _Asked:
    """An array that is asked for: of which source, for which side, in which file."""

    source: Source
    side: str
    path: Path

    @property
    def name(self) -> str:
        """Its name in an archive; a .npy has none."""
        npz = self.source.declared.npz
        return "" if npz is None else cut(str(getattr(npz, self.side)))

    @property
    def columns(self) -> int:
        """How many columns the network takes."""
        return self.source.columns(self.side)

    def refused(self, message: str, hint: str = "") -> InputError:
        return of_file(self.path, f"array `{self.name}` {message}" if self.name else message, hint)

    def misfit(self, message: str, hint: str = "") -> InputError:
        """An error about what was asked for, and not about the file."""
        called = f"array `{self.name}`" if self.name else self.path.name
        return InputError(self.source.problem((self.source.kind, self.side), f"{called} {message}", hint))

    def number(self, index: tuple[int, ...], message: str) -> Problem:
        """What is wrong with one number."""
        where = f"[{', '.join(map(str, index))}]" + (f" of array `{self.name}`" if self.name else "")
        return Problem(f"the number at {where} {message}", Place(shown(self.path)))


def read_npy(source: Source) -> Table:
    """The table in two .npy files. Raises InputError for files that are none, and for arrays that do not fit."""
    asked = [_Asked(source, side, source.file(side)) for side in SIDES]
    return _table(asked, ", ".join(each.path.name for each in asked), _from_npy)


def read_npz(source: Source) -> Table:
    """The table in an .npz archive. Raises InputError as for .npy, and for names that are not there."""
    path = source.file("file")
    asked = [_Asked(source, side, path) for side in SIDES]
    with opened(path), path.open("rb") as content, _unzipping(path), zipfile.ZipFile(content) as archive:
        return _table(asked, path.name, partial(_from_npz, archive))


def _table(both: Sequence[_Asked], origin: str, read: Callable[[_Asked], _Numbers]) -> Table:
    arrays: dict[str, _Numbers] = {}

    def read_one(asked: _Asked) -> None:
        values = arrays[asked.side] = read(asked)
        problems = [asked.number(index, message) for index, message in inexact(values)]
        if problems:
            raise InputError(enough(problems))

    all_problems(partial(read_one, asked) for asked in both)
    source = both[0].source

    def refuse(side: str, row: int, column: int, message: str) -> Problem:
        index = (row,) if arrays[side].ndim == 1 else (column, row) if source.in_columns else (row, column)
        return both[SIDES.index(side)].number(index, message)

    inputs, targets = (as_doubles(_in_rows(arrays[side], source.in_columns)) for side in SIDES)
    if len(inputs) != len(targets):
        raise both[1].misfit(f"has {counted(len(targets), 'sample')}, but `inputs` has {len(inputs):,}")
    return Table(inputs, targets, origin, refuse)


def _in_rows(values: _Numbers, in_columns: bool) -> _Numbers:
    """One row a sample; a list of numbers is one column."""
    if values.ndim == 1:
        return values.reshape(-1, 1)
    return values.T if in_columns else values


# Headers


@dataclass(frozen=True)
class _Layout:
    """What a header says: the type and the shape of an array, its order, and at which byte the numbers begin."""

    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    fortran: bool
    start: int

    @property
    def numbers(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        return self.numbers * self.dtype.itemsize

    def array(self, content: bytearray) -> _Numbers:
        flat = np.frombuffer(content, dtype=self.dtype)
        return flat.reshape(self.shape, order="F" if self.fortran else "C")


_NUMERIC = re.compile(r"\|b1|[<>|=]?[iu][1248]|[<>|=]?f[248]")


class _BrokenHeaderError(Exception):
    """A header that cannot be read, or says what is not read here. Its text completes a sentence about the file."""


def _layout(file: IO[bytes]) -> _Layout:
    """The header at the beginning of a .npy file. Reads no more than the longest header that there may be."""
    head = file.read(12 + LONGEST_HEADER)
    if not head.startswith(MAGIC):
        raise _BrokenHeaderError("is no .npy array: it does not begin as one")
    width = {1: 2, 2: 4, 3: 4}.get(head[6] if len(head) > 6 else 0)
    if width is None:
        raise _BrokenHeaderError("is of a version of .npy that is not read here")
    start = 8 + width
    length = int.from_bytes(head[8:start], "little")
    if length > LONGEST_HEADER:
        raise _BrokenHeaderError(f"is broken: its header is {length:,} bytes long; at most {LONGEST_HEADER:,} are read")
    if len(head) < start + length:
        raise _BrokenHeaderError("is broken: it ends inside its header")
    text = head[start : start + length]
    return _described(_literal(text.decode("utf-8" if head[6] == 3 else "latin1", "replace")), start + length)


def _literal(text: str) -> dict[object, object]:
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise _BrokenHeaderError("is broken: its header cannot be read") from error
    if not isinstance(value, dict) or set(value) != {"descr", "fortran_order", "shape"}:
        raise _BrokenHeaderError("is broken: its header is none of an array")
    return value


def _described(header: dict[object, object], start: int) -> _Layout:
    kind, shape, fortran = header["descr"], header["shape"], header["fortran_order"]
    if not isinstance(fortran, bool) or not isinstance(shape, tuple):
        raise _BrokenHeaderError("is broken: its header is none of an array")
    if any(type(each) is not int or not 0 <= each < 2**63 for each in shape):
        raise _BrokenHeaderError("is broken: its header says a shape that no array has")
    if kind == "|O":
        raise _BrokenHeaderError("holds Python objects, which would have to be unpickled; that could run any program")
    if not isinstance(kind, str) or not _NUMERIC.fullmatch(kind):
        raise _BrokenHeaderError(
            f"must hold integers, floating-point numbers (of 64 bits at most) or booleans, and is of the type "
            f"{cut(repr(kind))}"
        )
    return _Layout(np.dtype(kind), shape, fortran, start)


# Reading


def _from_npy(asked: _Asked) -> _Numbers:
    with opened(asked.path), asked.path.open("rb") as file:
        layout = _checked(asked, file, asked.path.stat().st_size)
        file.seek(layout.start)
        return layout.array(_filled(asked, file, layout))


def _from_npz(archive: zipfile.ZipFile, asked: _Asked) -> _Numbers:
    member = _member(archive, asked)
    with archive.open(member) as file:
        layout = _checked(asked, file, member.file_size)
    with archive.open(member) as file:
        file.read(layout.start)
        # To the last byte that the archive states: there its checksum is compared.
        return layout.array(_filled(asked, file, layout))


def _checked(asked: _Asked, file: IO[bytes], size: int) -> _Layout:
    """What the header says, where it fits the network and the bytes that are there."""
    try:
        layout = _layout(file)
    except _BrokenHeaderError as error:
        archived = not asked.name and zipfile.is_zipfile(asked.path)
        raise asked.refused(str(error), "an archive of arrays is declared as `npz`" if archived else "") from error
    _check_shape(asked, layout)
    there = size - layout.start
    if layout.bytes != there:
        says_so = f"its header says {layout.numbers:,} numbers of {counted(layout.dtype.itemsize, 'byte')}"
        raise asked.refused(f"is broken: {says_so}, and {counted(there, 'byte')} follow")
    return layout


def _check_shape(asked: _Asked, layout: _Layout) -> None:
    """Raises InputError for a shape that the network does not take."""
    if len(layout.shape) not in (1, 2):
        found = f"has {counted(len(layout.shape), 'axis', 'axes')}"
        raise asked.refused(f"{found}; one or two are read: samples, and columns")
    across = asked.source.in_columns and len(layout.shape) == 2
    first, second = (*layout.shape, 1)[:2]
    samples, columns = (second, first) if across else (first, second)
    wanted = asked.source.declared.columns if asked.side == "inputs" else None
    if wanted is not None:
        _check_columns(asked, wanted, columns, samples)
    elif columns != asked.columns:
        found = counted(columns, "row" if across else "column")
        raise asked.misfit(f"has {found}, but {_wanted(asked)}", _way(asked, layout, across))
    if samples == 0:
        raise asked.refused("has no samples")
    asked.source.check_size(samples, asked.source.kind, asked.side)


def _check_columns(asked: _Asked, wanted: Sequence[int], columns: int, samples: int) -> None:
    """Raises InputError for a column that is not there, and for more numbers than can be read."""
    for position, number in enumerate(wanted):
        if number > columns:
            called = f"array `{asked.name}`" if asked.name else asked.path.name
            message = f"there is no column {number:,}: {called} has {counted(columns, 'column')}"
            raise InputError(asked.source.problem(("columns", position), message))
    for misfit in size_misfits(samples, columns, samples, ()):
        raise asked.misfit(f"is too large: {misfit.message}")


def _wanted(asked: _Asked) -> str:
    encode = asked.source.dataset.encode
    if asked.side == "targets" and encode is not None and encode.of_one_column:
        return one_column(encode)
    return says(asked.side, asked.source.declaration.experiment.architecture)


def _way(asked: _Asked, layout: _Layout, across: bool) -> str:
    """Written the other way, the array may be what the network takes."""
    if len(layout.shape) != 2 or layout.shape[1 if across else 0] != asked.columns:
        return ""
    return f"with `samples_in: {'rows` a sample is a row' if across else 'columns` a sample is a column'}"


def _filled(asked: _Asked, file: IO[bytes], layout: _Layout) -> bytearray:
    """The bytes of an array."""
    content = bytearray(layout.bytes)
    view, there = memoryview(content), 0
    while there < layout.bytes:
        part = file.read(min(layout.bytes - there, 2**24))
        if not part:
            raise asked.refused(f"is broken: it ends after {there:,} of {layout.bytes:,} bytes")
        view[there : there + len(part)] = part
        there += len(part)
    return content


# Archives


@contextmanager
def _unzipping(path: Path) -> Iterator[None]:
    """Says in words for people that an archive cannot be unpacked."""
    broken = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError, ValueError)
    try:
        yield
    except broken as error:
        raise of_file(path, "is no .npz archive that can be read", cut(str(error), 150)) from error


def _member(archive: zipfile.ZipFile, asked: _Asked) -> zipfile.ZipInfo:
    """An array's place in the archive."""
    name = getattr(asked.source.declared.npz, asked.side)
    called = [info.filename.removesuffix(".npy") for info in archive.infolist()]
    if name not in called:
        message, hint = f"{asked.path.name} has no array `{cut(name)}`", did_you_mean(name, called)
        raise InputError(asked.source.problem(("npz", asked.side), message, hint))
    if called.count(name) > 1:
        raise of_file(asked.path, f"has two arrays called `{cut(name)}`")
    info = archive.infolist()[called.index(name)]
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise asked.refused("is packed in a way that NumPy does not pack", "save it with numpy.savez_compressed")
    return info
