"""Parquet files: what pandas and pyarrow write is read to the bit, and what is refused, with row and column."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.data.parquet_files import LARGEST_PAGES, _lie
from bprunner.errors import InputError
from tests.data.declaring import load, refused, told

PARQUET = "parquet: {file: d.parquet, inputs: [a, b], targets: [c]}"
A, B, C = [1.5, -0.0, 5e-324], [1, 2, 2**53], [True, False, True]


def write(folder: Path, columns: dict[str, Any], **options: Any) -> None:
    pq.write_table(pa.table(columns), folder / "d.parquet", **options)


def test_columns_are_taken_by_name_in_the_declared_order(tmp_path: Path) -> None:
    pd.DataFrame({"c": C, "note": list("xyz"), "b": B, "a": A}).to_parquet(tmp_path / "d.parquet")
    samples = load(tmp_path, PARQUET)
    assert samples.inputs.tobytes() == np.array([A, B], dtype=float).T.tobytes()
    assert samples.targets.tolist() == [[1], [0], [1]]
    assert (samples.input_names, samples.target_names, samples.origin) == (("a", "b"), ("c",), "d.parquet")


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "int32", "uint32", "int64", "uint64", "float", "double"])
@pytest.mark.parametrize("options", [{}, {"compression": "gzip"}, {"row_group_size": 2}, {"use_dictionary": False}])
def test_every_kind_of_number(tmp_path: Path, kind: str, options: dict[str, Any]) -> None:
    column = pa.array([1, 0, 7], pa.type_for_alias(kind))
    write(tmp_path, {"a": column, "b": column, "c": column}, **options)
    assert load(tmp_path, PARQUET).inputs.tolist() == [[1, 1], [0, 0], [7, 7]]


def test_a_column_may_have_a_point_in_its_name_and_be_used_twice(tmp_path: Path) -> None:
    write(tmp_path, {"a.x": A, "a": B, "in": [{"a": 1}] * 3})
    samples = load(tmp_path, "parquet: {file: d.parquet, inputs: [a, a.x], targets: [a]}")
    assert samples.inputs.tolist() == np.array([B, A]).T.tolist()
    assert samples.targets[:, 0].tolist() == B


@pytest.mark.parametrize(
    ("columns", "path", "words", "hint"),
    [
        ({"a": A, "B": B, "c": C}, "parquet.inputs[1]", "d.parquet has no column `b`", "did you mean `B`?"),
        ({"a": A, "b": list("xyz"), "c": C}, "parquet.inputs[1]", "must hold numbers, and is of the type", "integers"),
        ({"a": A, "b": B, "c": pa.array([1, 2, 3], pa.date32())}, "parquet.targets[0]", "date32[day]", "booleans"),
        ({"a": A, "b": B, "c": pa.array([1, 2, 3], pa.decimal128(5, 2))}, "parquet.targets[0]", "decimal128(5", ""),
        ({"a": A, "b": B, "c": [{"x": 1}] * 3}, "parquet.targets[0]", "struct<x: int64>", ""),
        ({"a": A, "b": B, "c": [[1]] * 3}, "parquet.targets[0]", "list<", ""),
    ],
)
def test_columns_that_are_none_of_numbers(
    tmp_path: Path, columns: dict[str, Any], path: str, words: str, hint: str
) -> None:
    write(tmp_path, columns)
    (problem,) = refused(tmp_path, PARQUET)
    assert problem.path == f"dataset.{path}"
    assert words in problem.message
    assert hint in problem.hint
    assert problem.place is not None
    assert problem.place.line == 8


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(A)] * 4, names=["a", "b", "c", "a"])
    pq.write_table(table, tmp_path / "d.parquet")
    assert told(refused(tmp_path, PARQUET)) == [("dataset.parquet.inputs[0]", "d.parquet has two columns called `a`")]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ([1.0, None, 2.0], "row 2, column `b` must hold a number, found an empty cell (null)"),
        ([1.0, 2.0, float("nan")], "row 3, column `b` must be a finite number, found nan"),
        ([-float("inf"), 2.0, 1.0], "row 1, column `b` must be a finite number, found -inf"),
        ([1, 2**53 + 1, 1], "row 2, column `b` must be an integer of at most 2⁵³, which is where doubles begin to"),
        ([True, None, False], "row 2, column `b` must hold a number, found an empty cell (null)"),
    ],
)
@pytest.mark.parametrize("options", [{}, {"row_group_size": 1}])
def test_cells_that_are_no_numbers(tmp_path: Path, column: list[Any], message: str, options: dict[str, Any]) -> None:
    write(tmp_path, {"a": A, "b": column, "c": C}, **options)
    (problem,) = refused(tmp_path, PARQUET)
    assert problem.message.startswith(message)
    assert problem.place is not None
    assert Path(problem.place.source).name == "d.parquet"


def test_all_cells_are_told_up_to_a_limit(tmp_path: Path) -> None:
    write(tmp_path, {"a": [None, 1.0], "b": [1.0, float("nan")], "c": [1, 2]})
    assert len(refused(tmp_path, PARQUET)) == 2
    write(tmp_path, {"a": pa.array([None] * 50, pa.float64()), "b": [1.0] * 50, "c": [1] * 50})
    messages = [message for _, message in told(refused(tmp_path, PARQUET))]
    assert (len(messages), messages[-1]) == (21, "more is wrong; 20 problems are enough")


def test_a_cell_that_cannot_be_encoded(tmp_path: Path) -> None:
    write(tmp_path, {"a": A, "b": B, "c": [0, 1, 2]})
    (problem,) = refused(tmp_path, PARQUET + "\nencode: {targets: bipolar}")
    assert problem.message == "row 3, column `c` must be 0 or 1 to become bipolar, found 2"


def test_too_many_rows_and_none(tmp_path: Path) -> None:
    rows = np.zeros(5000)
    write(tmp_path, {"a": rows, "b": rows, "c": rows})
    (problem,) = refused(tmp_path, PARQUET.replace("[c]", "[c, " + ", ".join(["c"] * 999) + "]"), units=1000)
    assert problem.path == "dataset.parquet.file"
    assert problem.message.startswith("5,000 samples are too many for this network; at most 1,333")
    write(tmp_path, {"a": rows[:0], "b": rows[:0], "c": rows[:0]})
    assert told(refused(tmp_path, PARQUET)) == [("", "has no samples")]


# Hostile files


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1PAR1", b"a,b,c\n1,2,3\n", b"PAR1" + b"\xff" * 64 + b"PAR1"])
def test_what_is_no_parquet(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "d.parquet").write_bytes(content)
    assert told(refused(tmp_path, PARQUET)) == [("", "is no Parquet file that can be read")]


def chunk(**changes: Any) -> Any:
    """What a footer says of a column of ten rows, 200 bytes long, from byte 4 on."""
    honest = {
        "has_dictionary_page": False,
        "dictionary_page_offset": None,
        "data_page_offset": 4,
        "num_values": 10,
        "total_compressed_size": 200,
        "total_uncompressed_size": 300,
    }
    return SimpleNamespace(**{**honest, **changes})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"total_compressed_size": 996}, ""),
        ({"total_compressed_size": 997}, "ends at byte 1,001 of a file of 1,000 bytes"),
        ({"total_compressed_size": -1}, "ends at byte 3"),
        ({"data_page_offset": -5}, "ends at byte 195"),
        ({"has_dictionary_page": True, "dictionary_page_offset": 900}, "ends at byte 1,100"),
        ({"num_values": 10**12}, "1,000,000,000,000 numbers for 10 rows"),
        ({"total_uncompressed_size": 320 + LARGEST_PAGES}, ""),
        ({"total_uncompressed_size": 321 + LARGEST_PAGES}, "10 rows come to 67,109,185 bytes"),
        ({"total_uncompressed_size": -1}, "10 rows come to -1 bytes"),
    ],
)
def test_a_footer_is_compared_with_the_file(changes: dict[str, Any], reason: str) -> None:
    said = _lie(chunk(**changes), 10, 1000)
    assert reason in said
    assert bool(said) == bool(reason)


def number(value: int) -> bytes:
    """An integer of 64 bits as a footer has it (Thrift, compact): a mark, then zigzag, seven bits a byte."""
    rest, result = 2 * value, b"\x16"
    while rest > 127:
        rest, result = rest >> 7, result + bytes([rest & 127 | 128])
    return result + bytes([rest])


def lie(folder: Path, honest: bytes, lying: bytes) -> None:
    """A file of three rows, and in its footer something else than what is true."""
    write(folder, {"a": A, "b": B, "c": [1.0, 2.0, 3.0]}, store_schema=False)
    content = (folder / "d.parquet").read_bytes()
    length = int.from_bytes(content[-8:-4], "little")
    footer = content[-8 - length : -8]
    assert honest in footer
    footer = footer.replace(honest, lying, 1)
    size = len(footer).to_bytes(4, "little")
    (folder / "d.parquet").write_bytes(content[: -8 - length] + footer + size + b"PAR1")


def test_a_footer_that_lies_about_its_rows(tmp_path: Path) -> None:
    # The file's number of rows comes before its list of row groups.
    lie(tmp_path, number(3) + b"\x19\x1c", number(2**19) + b"\x19\x1c")
    assert told(refused(tmp_path, PARQUET)) == [("", "is broken: its footer says 524,288 rows, and its parts 3")]


@pytest.mark.parametrize(
    ("which", "lying", "reason"),
    [
        (0, 10**9, "says 1,000,000,000 numbers for 3 rows"),
        (1, 10**9, "says that 3 rows come to 1,000,000,000 bytes"),
        (2, 10**9, "says that it ends at byte 1,000,0"),
    ],
)
def test_a_footer_that_lies_about_a_column(tmp_path: Path, which: int, lying: int, reason: str) -> None:
    write(tmp_path, {"a": A, "b": B, "c": [1.0, 2.0, 3.0]}, store_schema=False)
    said = pq.ParquetFile(tmp_path / "d.parquet").metadata.row_group(0).column(1)
    honest = [said.num_values, said.total_uncompressed_size, said.total_compressed_size]
    lies = [*honest[:which], lying, *honest[which + 1 :]]
    # As they stand one after another in the footer; the same of column `a`, which has equal sizes, comes first.
    lie(tmp_path, b"".join(map(number, honest)), b"".join(map(number, lies)))
    ((_, message),) = told(refused(tmp_path, PARQUET))
    assert message.startswith("is broken: row group 1, column `")
    assert reason in message


def test_a_footer_that_lies_about_what_may_be_null(tmp_path: Path) -> None:
    # Then a histogram in it has a number too many. pyarrow would end the process when it is asked about the chunk.
    lie(tmp_path, b"%\x02\x18\x01b", b"%\x00\x18\x01b")
    (problem,) = refused(tmp_path, PARQUET)
    assert problem.message == "is no Parquet file that can be read"
    assert problem.hint == "Definition level histogram size mismatch, size: 2, expected: 1"


def _written() -> bytes:
    content = io.BytesIO()
    pq.write_table(pa.table({"a": A, "b": B, "c": C}), content)
    return content.getvalue()


WRITTEN = _written()


@given(data=st.data())
def test_any_change_is_samples_or_an_input_error(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    content = bytearray(WRITTEN)
    # The end is the footer, where most can be told that is not true.
    positions = st.integers(0, len(content) - 1) | st.integers(len(content) - 600, len(content) - 1)
    for position, byte in data.draw(st.lists(st.tuples(positions, st.integers(0, 255)))):
        content[position] = byte
    folder = tmp_path_factory.getbasetemp()
    (folder / "d.parquet").write_bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))])
    try:
        samples = load(folder, PARQUET)
    except InputError as error:
        assert error.problems  # noqa: PT017
        return
    assert samples.inputs.shape == (len(samples), 2)
    assert np.isfinite(samples.inputs).all()
