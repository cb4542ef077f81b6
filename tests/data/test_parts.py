"""A part of a source: the rows and columns that are asked for, and what is said of those that are not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.datasets import load_iris

from bprunner.data.samples import Samples
from bprunner.spec.reading import read_declaration
from tests.data.declaring import declared, load, refused, told

ROWS = [[float(3 * row + column) for column in (1, 2, 3)] + [float(row % 2)] for row in range(5)]
INPUTS = np.array(ROWS)[:, :3]
TARGETS = np.array(ROWS)[:, 3:]
FILES = {
    "csv": "csv: {file: d.csv, inputs: [a, b], targets: [d]}",
    "parquet": "parquet: {file: d.parquet, inputs: [a, b], targets: [d]}",
    "npy": "npy: {inputs: x.npy, targets: y.npy}\ncolumns: [1, 2]",
    "npz": "npz: {file: d.npz, inputs: X, targets: y}\ncolumns: [1, 2]",
}


def write(folder: Path) -> None:
    text = "a,b,c,d\n" + "".join(",".join(map(str, row)) + "\n" for row in ROWS)
    (folder / "d.csv").write_text(text)
    columns = {name: [row[place] for row in ROWS] for place, name in enumerate("abcd")}
    pq.write_table(pa.table(columns), folder / "d.parquet")
    np.save(folder / "x.npy", INPUTS)
    np.save(folder / "y.npy", TARGETS)
    np.savez(folder / "d.npz", X=INPUTS, y=TARGETS)


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize(
    ("rows", "part"),
    [
        ("{first: 2, last: 4}", slice(1, 4)),
        ("{last: 1}", slice(0, 1)),
        ("{first: 5}", slice(4, 5)),
        ("{}", slice(0, 5)),
    ],
)
def test_rows_of_every_kind_of_file(tmp_path: Path, kind: str, rows: str, part: slice) -> None:
    write(tmp_path)
    samples = load(tmp_path, f"{FILES[kind]}\nrows: {rows}")
    assert samples.inputs.tolist() == INPUTS[part, :2].tolist()
    assert samples.targets.tolist() == TARGETS[part].tolist()


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize(("rows", "key"), [("{first: 2, last: 6}", "last"), ("{first: 6}", "first")])
def test_rows_that_are_not_there(tmp_path: Path, kind: str, rows: str, key: str) -> None:
    write(tmp_path)
    (problem, *others) = refused(tmp_path, f"{FILES[kind]}\nrows: {rows}")
    assert (problem.path, problem.message) == (f"dataset.rows.{key}", "there is no sample 6: the source has 5 samples")
    # Two arrays have the same fault.
    assert len(others) <= 1


@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_columns_of_arrays(tmp_path: Path, kind: str) -> None:
    write(tmp_path)
    declared = FILES[kind].replace("[1, 2]", "[3, 1]")
    assert load(tmp_path, declared).inputs.tolist() == INPUTS[:, [2, 0]].tolist()
    np.save(tmp_path / "x.npy", INPUTS.T)
    np.save(tmp_path / "y.npy", TARGETS.T)
    np.savez(tmp_path / "d.npz", X=INPUTS.T, y=TARGETS.T)
    samples = load(tmp_path, declared + "\nsamples_in: columns\nrows: {first: 2, last: 3}")
    assert samples.inputs.tolist() == INPUTS[1:3, [2, 0]].tolist()
    assert samples.targets.tolist() == TARGETS[1:3].tolist()


def test_columns_of_arrays_that_are_not_there(tmp_path: Path) -> None:
    write(tmp_path)
    problems = refused(tmp_path, FILES["npz"].replace("[1, 2]", "[1, 4]"))
    assert told(problems) == [("dataset.columns[1]", "there is no column 4: array `X` has 3 columns")]


def test_an_array_that_is_too_large_to_take_a_part_of(tmp_path: Path) -> None:
    """The header says it, before memory is taken for any of it."""
    write(tmp_path)
    with (tmp_path / "x.npy").open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (5, 10**8)}
        np.lib.format.write_array_header_1_0(file, header)
    (problem,) = refused(tmp_path, FILES["npy"] + "\nrows: {last: 2}")
    assert problem.path == "dataset.npy.inputs"
    assert "x.npy is too large: 5 samples of 100,000,000 numbers are too many" in problem.message


def test_rows_of_a_csv_file_that_are_not_asked_for_may_hold_anything(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text('a,b,d\nx,,"",,\n1,2,0\n\n3,4,1\nend\n')
    samples = load(tmp_path, FILES["csv"] + "\nrows: {first: 2, last: 3}")
    assert samples.inputs.tolist() == [[1, 2], [3, 4]]
    (problem,) = refused(tmp_path, FILES["csv"] + "\nrows: {first: 2}")
    assert problem.place is not None
    assert (problem.message, problem.place.line) == ("1 field, but the header has 3", 6)


def iris(folder: Path, rest: str, inputs: int = 2) -> Samples:
    return load(folder, f"bundled: iris\n{rest}", inputs=inputs)


def test_a_part_of_a_bundled_set(tmp_path: Path) -> None:
    known = load_iris()
    samples = iris(tmp_path, "rows: {first: 51, last: 150}\ncolumns: [3, 1]")
    assert samples.inputs.tolist() == known.data[50:, [2, 0]].tolist()
    assert samples.targets[:, 0].tolist() == known.target[50:].tolist()
    assert samples.input_names == ("petal length", "sepal length")
    whole = iris(tmp_path, "columns: [1, 2, 3, 4]", inputs=4)
    assert whole.digest == load(tmp_path, "bundled: iris", inputs=4).digest


def test_a_part_is_encoded_split_and_scaled_by_itself(tmp_path: Path) -> None:
    """Two of three classes may become bipolar; the third is nowhere."""
    part = "rows: {last: 100}\ncolumns: [1, 3]"
    samples = iris(tmp_path, f"{part}\nencode: {{targets: bipolar}}\nscale: {{inputs: min_max}}")
    assert samples.targets[:, 0].tolist() == [-1] * 50 + [1] * 50
    known = load_iris().data[:100, [0, 2]]
    expected = (known - known.min(0)) / (known.max(0) - known.min(0))
    np.testing.assert_allclose(samples.inputs, expected, rtol=1e-12)
    split = iris(tmp_path, f"{part}\nsplit: {{held_out: 0.1, seed: 1}}")
    assert split.held_out is not None
    assert (len(split), len(split.held_out)) == (90, 10)


def test_what_cannot_be_encoded_is_told_by_its_own_number(tmp_path: Path) -> None:
    (problem, *_) = refused(
        tmp_path, "bundled: iris\nrows: {first: 99, last: 101}\ncolumns: [4, 1]\nencode: {targets: bipolar}"
    )
    assert problem.message == "the class of sample 101 must be 0 or 1 to become bipolar, found 2"


def test_held_out_samples_from_another_part_of_the_same_file(tmp_path: Path) -> None:
    write(tmp_path)
    samples = load(tmp_path, FILES["csv"] + "\nrows: {last: 3}\nheld_out:\n  " + FILES["csv"] + "\n  rows: {first: 4}")
    assert samples.held_out is not None
    assert samples.inputs.tolist() == INPUTS[:3, :2].tolist()
    assert samples.held_out.inputs.tolist() == INPUTS[3:, :2].tolist()


IRIS = "bundled: iris\ncolumns: [1, 2]\n"
FAULTY = {
    "written here": ("inputs: [[1, 2]]\ntargets: [[1]]\nrows: {last: 1}", "rows", "not for samples written here"),
    "a gate": ("gate: xor\nrows: {last: 1}", "rows", "not for `xor`"),
    "moons": ("moons: {samples: 9, seed: 0}\nrows: {last: 1}", "rows", "not for `moons`"),
    "columns of csv": (
        FILES["csv"] + "\ncolumns: [1]",
        "columns",
        "`columns` is for npy, npz and bundled, not for `csv`",
    ),
    "backwards": (IRIS + "rows: {first: 5, last: 4}", "rows", "`last` is 4, before `first`, which is 5"),
    "too far": (IRIS + "rows: {last: 151}", "rows.last", "there is no sample 151: `iris` has 150 samples"),
    "too far from": (IRIS + "rows: {first: 151}", "rows.first", "there is no sample 151"),
    "too wide": ("bundled: iris\ncolumns: [1, 5]", "columns[1]", "there is no column 5: `iris` has 4 columns"),
    "too many columns": ("bundled: iris\ncolumns: [1, 2, 3]", "columns", "3 columns, but `architecture.inputs` is 2"),
    "too many of npy": (FILES["npy"].replace("[1, 2]", "[1]"), "columns", "1 column, but `architecture.inputs` is 2"),
    "row 0": (IRIS + "rows: {first: 0}", "rows.first", "must be at least 1"),
    "column 0": ("bundled: iris\ncolumns: [0, 2]", "columns[0]", "must be at least 1"),
    "none stays": (
        IRIS + "rows: {last: 9}\nsplit: {held_out: 9, seed: 0}",
        "split.held_out",
        "the dataset has 9 samples",
    ),
}


@pytest.mark.parametrize("name", FAULTY)
def test_a_part_that_cannot_be_had(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    dataset, path, words = FAULTY[name]
    ((found, message), *others) = told(refused(tmp_path, dataset))
    assert (found, others) == (f"dataset.{path}", [])
    assert words in message


def test_another_source_on_the_command_line_is_taken_whole(tmp_path: Path) -> None:
    write(tmp_path)
    declared(tmp_path, "bundled: iris\nrows: {last: 9}\ncolumns: [1, 2]")
    dataset = read_declaration(tmp_path / "doc.yaml", ["dataset.gate=xor"]).experiment.dataset
    assert (dataset.rows, dataset.columns, dataset.gate) == (None, None, "xor")
    dataset = read_declaration(tmp_path / "doc.yaml", ["dataset.rows.last=20"]).experiment.dataset
    assert (dataset.rows and dataset.rows.last, dataset.columns) == (20, (1, 2))
