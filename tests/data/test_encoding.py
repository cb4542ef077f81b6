# ruff: noqa: E501
"""Encoding: class numbers become columns, truth values become −1 and 1; everything else is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.preprocessing import OneHotEncoder

from tests.data.declaring import load, refused, told

INLINE = "inputs: [[1, 2], [3, 4], [5, 6]]\ntargets: "
ONE_HOT = "\nencode: {targets: one_hot}"


def test_one_hot_is_that_of_scikit_learn(tmp_path: Path) -> None:
    samples = load(tmp_path, "bundled: iris" + ONE_HOT, inputs=4, units=3)
    known = OneHotEncoder(sparse_output=False).fit_transform(load_iris().target.reshape(-1, 1))
    assert samples.targets.tobytes() == np.ascontiguousarray(known).tobytes()
    assert samples.target_names == ("class 0", "class 1", "class 2")


def test_one_hot_by_hand(tmp_path: Path) -> None:
    samples = load(tmp_path, INLINE + "[[2], [0], [1.0]]" + ONE_HOT, units=3)
    assert samples.targets.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert samples.target_names == ("o1", "o2", "o3")
    assert samples.inputs.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_classes_that_the_data_do_not_show(tmp_path: Path) -> None:
    samples = load(tmp_path, INLINE + "[[1], [0], [-0.0]]\nencode: {targets: one_hot, classes: 3}", units=3)
    assert samples.targets.tolist() == [[0, 1, 0], [1, 0, 0], [1, 0, 0]]


def test_held_out_samples_show_classes_too(tmp_path: Path) -> None:
    held = "\nheld_out: {inputs: [[7, 8]], targets: [[2]]}"
    samples = load(tmp_path, INLINE + "[[1], [0], [0]]" + ONE_HOT + held, units=3)
    assert samples.targets.shape == (3, 3)
    assert samples.held_out is not None
    assert samples.held_out.targets.tolist() == [[0, 0, 1]]


def test_bipolar(tmp_path: Path) -> None:
    samples = load(tmp_path, "gate: xor\nencode: {inputs: bipolar, targets: bipolar}")
    assert samples.inputs.tolist() == [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    assert samples.targets.tolist() == [[-1], [1], [1], [-1]]
    only = load(tmp_path, "gate: and\nencode: {inputs: bipolar}")
    assert (only.inputs[0].tolist(), only.targets.tolist()) == ([-1, -1], [[0], [0], [0], [1]])


@pytest.mark.parametrize(
    ("dataset", "path", "message"),
    [
        (INLINE + "[[0], [1], [0.5]]" + ONE_HOT, "targets[2][0]", "must be a class number (0, 1, 2, …) to become one-hot, found 0.5"),
        (INLINE + "[[0], [-1], [1]]" + ONE_HOT, "targets[1][0]", "must be a class number (0, 1, 2, …) to become one-hot, found -1"),
        (INLINE + "[[0], [1], [1e300]]" + ONE_HOT, "targets[2][0]", "must be a class number less than 100,000, found 1e+300"),
        (INLINE + "[[0], [1], [2]]\nencode: {targets: one_hot, classes: 2}", "targets[2][0]", "must be one of the 2 classes 0 to 1, found 2"),
        (INLINE + "[[0], [1], [2]]" + ONE_HOT, "encode.targets", "the data show 3 classes (0 to 2), but the last layer's `units` is 2"),
        (INLINE + "[[0], [0], [0]]" + ONE_HOT, "encode.targets", "the data show 1 class (0), but the last layer's `units` is 2"),
        ("samples_in: columns\ninputs: [[0, 1], [1, 2]]\ntargets: [[0, 1]]\nencode: {targets: one_hot, inputs: bipolar}", "inputs[1][1]", "must be 0 or 1 to become bipolar, found 2"),
        (INLINE + "[[0, 1], [1, 1], [1, 0]]\nencode: {inputs: bipolar}", "inputs[0][1]", "must be 0 or 1 to become bipolar, found 2"),
    ],
)  # fmt: skip
def test_what_cannot_be_encoded(tmp_path: Path, dataset: str, path: str, message: str) -> None:
    assert (f"dataset.{path}", message) in told(refused(tmp_path, dataset, units=2))


# The same of a file, which shows its classes only when it is read.

CSV = "csv: {file: d.csv, inputs: [a, b], targets: [c]}"


def test_classes_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a,b,c\n0,1,2\n1,0,0\n")
    samples = load(tmp_path, CSV + ONE_HOT, units=3)
    assert samples.targets.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert samples.target_names == ("c 0", "c 1", "c 2")
    (problem,) = refused(tmp_path, CSV + ONE_HOT, units=4)
    assert problem.path == "dataset.encode.targets"
    assert problem.message == "the data show 3 classes (0 to 2), but the last layer's `units` is 4"
    assert problem.hint == "`classes: 4` says that there are more than the data show"
    assert load(tmp_path, CSV + "\nencode: {targets: one_hot, classes: 4}", units=4).targets.shape == (2, 4)


@pytest.mark.parametrize("value", ["3", "-1", "0.5", "1e300"])
def test_numbers_of_a_file_that_are_no_classes(tmp_path: Path, value: str) -> None:
    (tmp_path / "d.csv").write_text(f"a,b,c\n0,1,2\n1,0,{value}\n")
    (problem,) = refused(tmp_path, CSV + "\nencode: {targets: one_hot, classes: 3}", units=3)
    assert problem.message.startswith("column `c` must be ")
    assert problem.place is not None
    assert problem.place.line == 3


def test_a_huge_class_number_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a,b,c\n0,1,1e15\n")
    (problem,) = refused(tmp_path, CSV + ONE_HOT, units=2)
    assert problem.message == "column `c` must be a class number less than 100,000, found 1000000000000000.0"


def test_held_out_classes_of_a_file_count_when_they_are_read(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a,b,c\n0,1,2\n")
    samples = load(tmp_path, "gate: xor" + ONE_HOT + "\nheld_out: {" + CSV + "}", units=3)
    assert samples.targets.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert samples.held_out is not None
    assert samples.held_out.targets.tolist() == [[0, 0, 1]]
