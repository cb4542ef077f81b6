# ruff: noqa: E501
"""Labels: what a dataset calls its classes becomes outputs in the listed order; whatever is no label is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sklearn.datasets import load_iris

from bprunner.data.encoding import positions
from bprunner.data.loading import load_samples
from bprunner.errors import InputError
from bprunner.spec.dataset import Encoding
from bprunner.spec.effective import content_hash, effective_yaml
from bprunner.spec.json_schema import schema_data
from bprunner.spec.reading import read_declaration
from tests.data.declaring import declared, load, refused, told

INLINE = "inputs: [[1, 2], [3, 4], [5, 6]]\ntargets: "
CSV = "csv: {file: d.csv, inputs: [a, b], targets: [c]}"
PARQUET = "parquet: {file: d.parquet, inputs: [a, b], targets: [c]}"
FLOWERS = "\nencode: {targets: one_hot, labels: [virginica, setosa, versicolor]}"
TEXTS = ["setosa", "virginica", "setosa", "versicolor"]
ONE_HOT = [[0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]


def encode(targets: str, labels: str) -> str:
    return f"\nencode: {{targets: {targets}, labels: {labels}}}"


def write_csv(folder: Path, *labels: str) -> None:
    (folder / "d.csv").write_text("a,c,b\n" + "".join(f"1,{label},2\n" for label in labels), encoding="utf-8")


def write_parquet(folder: Path, column: Any, **options: Any) -> None:
    numbers = [1.0] * len(column)
    pq.write_table(pa.table({"a": numbers, "b": numbers, "c": column}), folder / "d.parquet", **options)


# Texts


def test_texts_of_a_csv_file_in_the_order_of_the_outputs(tmp_path: Path) -> None:
    write_csv(tmp_path, *TEXTS)
    samples = load(tmp_path, CSV + FLOWERS, units=3)
    assert samples.targets.tolist() == ONE_HOT
    assert samples.inputs.tolist() == [[1, 2]] * 4
    assert samples.target_names == ("c virginica", "c setosa", "c versicolor")
    assert samples.input_names == ("a", "b")


@pytest.mark.parametrize(("targets", "first"), [("bipolar", -1), ("binary", 0)])
def test_the_first_of_two_texts_and_the_second(tmp_path: Path, targets: str, first: int) -> None:
    write_csv(tmp_path, "yes", "no", "yes")
    samples = load(tmp_path, CSV + encode(targets, "[no, yes]"))
    assert samples.targets.tolist() == [[1], [first], [1]]
    assert samples.target_names == ("c",)
    assert load(tmp_path, CSV + encode(targets, "[yes, no]")).targets.tolist() == [[first], [1], [first]]


def test_blanks_around_a_field_and_its_quotes_are_no_part_of_a_text(tmp_path: Path) -> None:
    write_csv(tmp_path, "  no", '"yes"', "yes\t", '" no "', '"a ""b"", c"')
    samples = load(tmp_path, CSV + encode("one_hot", "[yes, no, 'a \"b\", c']"), units=3)
    assert samples.targets.argmax(axis=1).tolist() == [1, 0, 0, 1, 2]


def test_a_label_may_be_any_line(tmp_path: Path) -> None:
    write_csv(tmp_path, "größer", "<=50K", "1.0", "true", "nan")
    samples = load(tmp_path, CSV + encode("one_hot", "['nan', größer, '1.0', \"true\", <=50K]"), units=5)
    assert samples.targets.argmax(axis=1).tolist() == [1, 4, 2, 3, 0]


COLUMNS: dict[str, Any] = {
    "string": pa.array(TEXTS),
    "large string": pa.array(TEXTS, pa.large_string()),
    "string view": pa.array(TEXTS, pa.string_view()),
    "dictionary": pa.array(TEXTS).dictionary_encode(),
    "large dictionary": pa.array(TEXTS, pa.large_string()).dictionary_encode(),
    "category": pa.Array.from_pandas(pd.Categorical(TEXTS, categories=["versicolor", "unused", "virginica", "setosa"])),
    "pandas": pa.Array.from_pandas(pd.Series(TEXTS)),
}


@pytest.mark.parametrize("kind", COLUMNS)
@pytest.mark.parametrize(
    "options", [{}, {"row_group_size": 1}, {"use_dictionary": False}, {"store_schema": False}, {"compression": "gzip"}]
)
def test_texts_of_a_parquet_file(tmp_path: Path, kind: str, options: dict[str, Any]) -> None:
    write_parquet(tmp_path, COLUMNS[kind], **options)
    samples = load(tmp_path, PARQUET + FLOWERS, units=3)
    assert samples.targets.tolist() == ONE_HOT
    assert samples.inputs.tolist() == [[1, 1]] * 4
    assert samples.target_names == ("c virginica", "c setosa", "c versicolor")


def test_a_column_of_texts_may_have_a_point_in_its_name(tmp_path: Path) -> None:
    table = {"a": [1.0, 2.0], "c.x": ["no", "yes"], "c": [{"y": 1}] * 2}
    pq.write_table(pa.table(table), tmp_path / "d.parquet")
    source = "parquet: {file: d.parquet, inputs: [a, a], targets: [c.x]}" + encode("binary", "[no, yes]")
    assert load(tmp_path, source).targets.tolist() == [[0], [1]]
    # Where Parquet itself calls two columns so, one could be taken for the other.
    pq.write_table(pa.table({**table, "c": [{"x": 1}] * 2}), tmp_path / "d.parquet")
    assert told(refused(tmp_path, source)) == [
        ("", "has two columns called `c.x`, one of them inside of another column")
    ]


def test_a_long_text_in_every_row_takes_its_memory_once(tmp_path: Path) -> None:
    # A gigabyte, were each row to have a text of its own.
    write_parquet(tmp_path, pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), ["x" * 50_000]))
    before = pa.total_allocated_bytes()
    problems = refused(tmp_path, PARQUET + encode("binary", "[no, yes]"))
    assert len(problems) == 21
    assert problems[0].message == f"row 1, column `c` must be one of the labels `no`, `yes`, found '{'x' * 39}…'"
    assert pa.default_memory_pool().max_memory() - before < 2**28


# Numbers


@pytest.mark.parametrize(("targets", "first"), [("bipolar", -1), ("binary", 0)])
@pytest.mark.parametrize("labels", ["[2, 7]", "[7, 2]", "[-1, 7]"])
def test_numbers_by_hand(tmp_path: Path, targets: str, first: int, labels: str) -> None:
    zero, one = labels.strip("[]").split(", ")
    samples = load(tmp_path, INLINE + f"[[{one}], [{zero}], [{one}.0]]" + encode(targets, labels))
    assert samples.targets.tolist() == [[1], [first], [1]]


def test_numbers_in_columns(tmp_path: Path) -> None:
    source = "samples_in: columns\ninputs: [[1, 2], [3, 4]]\ntargets: [[30, -5]]"
    samples = load(tmp_path, source + encode("one_hot", "[-5, 0, 30]"), units=3)
    assert samples.targets.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert samples.inputs.tolist() == [[1, 3], [2, 4]]


def _save_npy(folder: Path, column: Any) -> str:
    np.save(folder / "x.npy", np.ones((len(column), 2)))
    np.save(folder / "y.npy", column)
    return "npy: {inputs: x.npy, targets: y.npy}"


def _save_npz(folder: Path, column: Any) -> str:
    np.savez(folder / "d.npz", x=np.ones((len(column), 2)), y=np.reshape(column, (-1, 1)))
    return "npz: {file: d.npz, inputs: x, targets: y}"


def _save_csv(folder: Path, column: Any) -> str:
    write_csv(folder, *map(str, np.asarray(column).tolist()))
    return CSV


def _save_parquet(folder: Path, column: Any) -> str:
    write_parquet(folder, pa.array(column))
    return PARQUET


@pytest.mark.parametrize("save", [_save_npy, _save_npz, _save_csv, _save_parquet])
@pytest.mark.parametrize("kind", ["int8", "int64", "float64"])
def test_numbers_of_a_file(tmp_path: Path, save: Any, kind: str) -> None:
    source = save(tmp_path, np.array([1, 3, 2, 3], kind))
    samples = load(tmp_path, source + encode("one_hot", "[3, 1, 2]"), units=3)
    assert samples.targets.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1], [1, 0, 0]]
    if source in (CSV, PARQUET):
        assert samples.target_names == ("c 3", "c 1", "c 2")


@pytest.mark.parametrize("save", [_save_npy, _save_parquet])
def test_truth_values_are_0_and_1(tmp_path: Path, save: Any) -> None:
    source = save(tmp_path, np.array([True, False]))
    assert load(tmp_path, source + encode("binary", "[1, 0]")).targets.tolist() == [[0], [1]]


def test_one_source_of_each_other_kind(tmp_path: Path) -> None:
    samples = load(tmp_path, "gate: and" + encode("binary", "[1, 0]"))
    assert samples.targets.tolist() == [[1], [1], [1], [0]]
    samples = load(tmp_path, "bundled: iris" + encode("one_hot", "[2, 0, 1]"), inputs=4, units=3)
    assert samples.targets.argmax(axis=1).tolist() == [(each + 1) % 3 for each in load_iris().target.tolist()]
    assert samples.target_names == ("class 2", "class 0", "class 1")
    plain = load(tmp_path, "moons: {samples: 9, seed: 0}").targets
    assert load(tmp_path, "moons: {samples: 9, seed: 0}" + encode("bipolar", "[1, 0]")).targets.tolist() == [
        [1 - 2 * each] for each in plain[:, 0].tolist()
    ]


def test_labels_in_their_own_order_change_nothing(tmp_path: Path) -> None:
    source = INLINE + "[[2], [0], [1]]"
    without = load(tmp_path, source + "\nencode: {targets: one_hot}", units=3)
    assert load(tmp_path, source + encode("one_hot", "[0, 1, 2]"), units=3).digest == without.digest


def test_there_may_be_more_labels_than_the_data_show(tmp_path: Path) -> None:
    samples = load(tmp_path, "gate: or" + encode("one_hot", "[5, 1, 0]"), units=3)
    assert samples.targets.tolist() == [[0, 0, 1], [0, 1, 0], [0, 1, 0], [0, 1, 0]]
    write_csv(tmp_path, "setosa")
    assert load(tmp_path, CSV + FLOWERS, units=3).targets.tolist() == [[0, 1, 0]]


@given(labels=st.lists(st.integers(-(2**53), 2**53), min_size=2, max_size=9, unique=True), data=st.data())
def test_positions_are_those_of_a_list(labels: list[int], data: st.DataObject) -> None:
    values = data.draw(st.lists(st.sampled_from(labels), min_size=1))
    found = positions(np.array(values, float).reshape(-1, 1), labels)
    assert found.dtype == np.float64
    assert found.tolist() == [[labels.index(value)] for value in values]


def test_a_number_in_quotes_is_a_text(tmp_path: Path) -> None:
    write_csv(tmp_path, "01", "1")
    assert load(tmp_path, CSV + encode("binary", '["1", "01"]')).targets.tolist() == [[1], [0]]
    assert load(tmp_path, CSV + encode("binary", "[0, 1]")).targets.tolist() == [[1], [1]]


def test_inputs_are_encoded_beside_labels(tmp_path: Path) -> None:
    samples = load(tmp_path, "gate: or\nencode: {inputs: bipolar, targets: binary, labels: [1, 0]}")
    assert samples.inputs.tolist() == [[-1, -1], [-1, 1], [1, -1], [1, 1]]
    assert samples.targets.tolist() == [[1], [0], [0], [0]]


# Held-out samples


def test_held_out_labels_are_encoded_alike(tmp_path: Path) -> None:
    write_csv(tmp_path, *TEXTS)
    write_parquet(tmp_path, ["versicolor"])
    samples = load(tmp_path, CSV + FLOWERS + "\nheld_out: {" + PARQUET + "}", units=3)
    assert samples.targets.tolist() == ONE_HOT
    assert samples.held_out is not None
    assert samples.held_out.targets.tolist() == [[0, 0, 1]]
    inline = "\nheld_out: {inputs: [[1, 2]], targets: [[1]]}"
    numbers = load(tmp_path, "gate: or" + encode("binary", "[1, 0]") + inline)
    assert numbers.held_out is not None
    assert numbers.held_out.targets.tolist() == [[0]]


def test_labels_are_split_and_scaled_when_they_are_encoded(tmp_path: Path) -> None:
    write_csv(tmp_path, *(["no"] * 5 + ["yes"] * 5))
    rest = "\nsplit: {held_out: 3, seed: 0}\nscale: {targets: min_max}"
    samples = load(tmp_path, CSV + encode("bipolar", "[no, yes]") + rest)
    # Held out are samples 3, 5 and 7, as in test_loading.
    assert samples.targets[:, 0].tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert samples.held_out is not None
    assert samples.held_out.targets[:, 0].tolist() == [0, 0, 1]


# What is no label


@pytest.mark.parametrize(
    ("field", "found", "hint"),
    [
        ("Setosa", "'Setosa'", "did you mean `setosa`?"),
        ("versicolour", "'versicolour'", "did you mean `versicolor`?"),
        ("rose", "'rose'", ""),
        ("", "nothing", ""),
        ("1", "'1'", ""),
        ('"set  osa"', "'set  osa'", "did you mean `setosa`?"),
        ("q" * 500, f"'{'q' * 39}…'", ""),
    ],
)
def test_a_field_of_a_csv_file(tmp_path: Path, field: str, found: str, hint: str) -> None:
    write_csv(tmp_path, "setosa", field)
    (problem,) = refused(tmp_path, CSV + FLOWERS, units=3)
    assert problem.message == f"column `c` must be one of the labels `virginica`, `setosa`, `versicolor`, found {found}"
    assert problem.hint == hint
    assert problem.place is not None
    assert (Path(problem.place.source).name, problem.place.line) == ("d.csv", 3)
    if '"' not in field:
        assert (problem.place.column, problem.place.width) == (3, max(1, len(field)))


def test_all_fields_are_told_beside_wrong_numbers(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a,b,c\n1,x,setosa\n1,2,rose\n1,2,tulip\n")
    problems = refused(tmp_path, CSV + FLOWERS, units=3)
    assert [problem.place and problem.place.line for problem in problems] == [2, 3, 4]
    assert problems[0].hint == ""
    write_csv(tmp_path, *["rose"] * 500)
    assert len(refused(tmp_path, CSV + FLOWERS, units=3)) == 21


@pytest.mark.parametrize(
    ("cell", "found", "hint"),
    [
        ("Setosa", "'Setosa'", "did you mean `setosa`?"),
        (" setosa", "' setosa'", "did you mean `setosa`?"),
        ("rose", "'rose'", ""),
        ("", "''", ""),
        (None, "an empty cell (null)", ""),
    ],
)
@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize("options", [{}, {"row_group_size": 1}, {"use_dictionary": False}])
def test_a_cell_of_a_parquet_file(
    tmp_path: Path, cell: str | None, found: str, hint: str, encoded: bool, options: dict[str, Any]
) -> None:
    column = pa.array(["setosa", "virginica", cell])
    write_parquet(tmp_path, column.dictionary_encode() if encoded else column, **options)
    (problem,) = refused(tmp_path, PARQUET + FLOWERS, units=3)
    labels = "`virginica`, `setosa`, `versicolor`"
    assert problem.message == f"row 3, column `c` must be one of the labels {labels}, found {found}"
    assert problem.hint == hint
    assert problem.place is not None
    assert Path(problem.place.source).name == "d.parquet"


def test_a_cell_that_is_no_text_of_utf_8(tmp_path: Path) -> None:
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(np.array([0, 3], np.int32)), pa.py_buffer(b"n\xffo")]
    )
    write_parquet(tmp_path, broken)
    (problem,) = refused(tmp_path, PARQUET + encode("binary", "[no, yes]"))
    assert problem.message == "row 1, column `c` must be one of the labels `no`, `yes`, found 'n\ufffdo'"


def test_cells_are_told_beside_wrong_numbers_up_to_a_limit(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1.0, None], "b": [1.0, 2.0], "c": ["rose", "setosa"]}), tmp_path / "d.parquet")
    assert len(refused(tmp_path, PARQUET + FLOWERS, units=3)) == 2
    write_parquet(tmp_path, ["rose"] * 500)
    problems = refused(tmp_path, PARQUET + FLOWERS, units=3)
    assert (len(problems), problems[-1].message) == (21, "more is wrong; 20 problems are enough")


def test_many_labels_are_shortened(tmp_path: Path) -> None:
    labels = [f"l{number}" for number in range(40)]
    write_csv(tmp_path, "rose")
    (problem,) = refused(tmp_path, CSV + encode("one_hot", f"[{', '.join(labels)}]"), units=40)
    assert problem.message.endswith("`l8`, `l9`, … `l39`, found 'rose'")


@pytest.mark.parametrize(
    ("save", "where"),
    [
        (_save_npy, "the number at [1]"),
        (_save_npz, "the number at [1, 0] of array `y`"),
        (_save_csv, "column `c`"),
        (_save_parquet, "row 2, column `c`"),
    ],
)
@pytest.mark.parametrize(("value", "found"), [(4.0, "4"), (1.5, "1.5"), (-1.0, "-1")])
def test_a_number_of_a_file(tmp_path: Path, save: Any, where: str, value: float, found: str) -> None:
    source = save(tmp_path, np.array([1, value]))
    (problem,) = refused(tmp_path, source + encode("one_hot", "[3, 1, 2]"), units=3)
    assert problem.message == f"{where} must be one of the labels `3`, `1`, `2`, found {found}"
    if source == CSV:
        assert problem.place is not None
        assert problem.place.line == 3


@pytest.mark.parametrize(
    ("labels", "hint"),
    [
        (", labels: [1, 2]", "the labels in `encode.labels` are numbers"),
        ("", "`encode.labels` lists labels that are texts, in the order of the outputs"),
    ],
)
def test_texts_where_numbers_are_read_lead_to_labels(tmp_path: Path, labels: str, hint: str) -> None:
    write_csv(tmp_path, "rose")
    (problem,) = refused(tmp_path, CSV + "\nencode: {targets: one_hot" + labels + "}", units=2)
    assert problem.message == "column `c` must hold a finite number, found 'rose'"
    assert problem.hint == hint
    write_parquet(tmp_path, ["rose"])
    (problem,) = refused(tmp_path, PARQUET + "\nencode: {targets: one_hot" + labels + "}", units=2)
    assert problem.path == "dataset.parquet.targets[0]"
    assert problem.message.startswith("column `c` of d.parquet must hold numbers, and is of the type ")
    assert problem.hint == hint


def test_other_hints_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text('a,b,c\nx,2,"1,5"\n1,2,\n')
    one_hot = "\nencode: {targets: one_hot}"
    hints = [problem.hint for problem in refused(tmp_path, CSV + one_hot, units=2)]
    assert hints == ["", "decimals stand after a point: 1.5", ""]
    write_csv(tmp_path, "rose")
    assert [problem.hint for problem in refused(tmp_path, CSV)] == [""]
    write_parquet(tmp_path, ["rose"])
    assert refused(tmp_path, PARQUET)[0].hint.startswith("integers, ")
    assert refused(tmp_path, PARQUET.replace("[a, b]", "[a, c]") + one_hot, units=2)[0].hint.startswith("integers, ")


@pytest.mark.parametrize(
    ("column", "kind", "hint"),
    [
        ([1, 2], "int64", "labels that are whole numbers stand without quotes"),
        ([True, False], "bool", "labels that are whole numbers stand without quotes"),
        ([b"no", b"yes"], "binary", ""),
        (pa.array([1, 2], pa.date32()), "date32[day]", ""),
        ([["no"], ["yes"]], "list<element: string>", ""),
    ],
)
def test_a_column_of_a_parquet_file_that_has_no_texts(tmp_path: Path, column: Any, kind: str, hint: str) -> None:
    write_parquet(tmp_path, column)
    (problem,) = refused(tmp_path, PARQUET + encode("binary", '["1", "2"]'))
    assert problem.path == "dataset.parquet.targets[0]"
    message = f"column `c` of d.parquet must hold texts, as the labels are, and is of the type {kind}"
    assert problem.message == message
    assert problem.hint == hint


def test_a_column_cannot_be_inputs_and_texts(tmp_path: Path) -> None:
    write_parquet(tmp_path, ["no", "yes"])
    source = PARQUET.replace("[a, b]", "[a, c]")
    ((path, message),) = told(refused(tmp_path, source + encode("binary", "[no, yes]")))
    assert path == "dataset.parquet.inputs[1]"
    assert "must hold numbers" in message


# What is wrong with a declaration. Each: the dataset, of a network with 2 inputs; units; path, message, hint.

Fault = tuple[str, int, str, str, str]
OF_TWO = "two: the first becomes {}, the second 1"
FAULTY: dict[str, Fault] = {
    "one label": (CSV + encode("one_hot", "[a]"), 2, "labels", "must be two labels or more, found a list of 1", ""),
    "no labels": (CSV + encode("one_hot", "[]"), 2, "labels", "must be two labels or more, found a list of 0", ""),
    "no list": (CSV + encode("one_hot", "no"), 2, "labels", "must be a list, found the text 'no'", ""),
    "twice": (CSV + encode("one_hot", "[a, b, a]"), 3, "labels[2]", "must be listed only once, found the text 'a'", ""),
    "a number twice": (CSV + encode("one_hot", "[1, 0, 1]"), 3, "labels[2]", "must be listed only once, found the number 1", ""),
    "mixed": (CSV + encode("one_hot", "[a, 1]"), 2, "labels[1]", "must be a text, as the first label is, found the number 1", "a number in quotes is a text"),
    "mixed otherwise": (CSV + encode("one_hot", "[1, '2']"), 2, "labels[1]", "must be a whole number, as the first label is, found the text '2'", "a number in quotes is a text"),
    "a truth value": (CSV + encode("binary", "[false, true]"), 1, "labels[1]", "must be a text or a whole number, found the truth value true", "in quotes it is a text"),
    "a whole float": (CSV + encode("binary", "[0, 1.0]"), 1, "labels[1]", "must be a text or a whole number, found the number 1.0", "write 1"),
    "a float": (CSV + encode("binary", "[0, 0.5]"), 1, "labels[1]", "must be a text or a whole number, found the number 0.5", "in quotes it is a text"),
    "nothing": (CSV + encode("binary", "[no, ~]"), 1, "labels[1]", "must be a text or a whole number, found nothing", ""),
    "a list": (CSV + encode("binary", "[no, [yes]]"), 1, "labels[1]", "must be a text or a whole number, found a list of 1", ""),
    "an empty text": (CSV + encode("binary", "[no, '']"), 1, "labels[1]", "must not be empty, found the text ''", ""),
    "an unseen sign": (CSV + encode("binary", '[no, "y\\u200bes"]'), 1, "labels[1]", "must have no invisible characters (here U+200B)", ""),
    "a large number": (CSV + encode("binary", "[0, 9007199254740993]"), 1, "labels[1]", "must be an integer of at most 2⁵³, found the number 9007199254740993", "in quotes it is a text"),
    "blanks": (CSV + encode("binary", "[no, ' yes']"), 1, "labels[1]", "begins or ends with a blank, and fields of a CSV file are read without", ""),
    "blanks of held-out samples": (PARQUET + encode("binary", "['no ', yes]") + "\nheld_out: {" + CSV + "}", 1, "labels[0]", "begins or ends with a blank", ""),
    "classes too": (CSV + "\nencode: {targets: one_hot, classes: 2, labels: [a, b]}", 2, "classes", "`classes` and `labels` both say how many classes there are", ""),
    "labels of nothing": (CSV + "\nencode: {labels: [a, b]}", 1, "labels", "`labels` goes with `targets: one_hot`, `targets: bipolar` or `targets: binary`", ""),
    "labels of inputs": (CSV + "\nencode: {inputs: bipolar, labels: [a, b]}", 1, "labels", "`labels` goes with `targets: one_hot`", ""),
    "binary without": ("gate: or\nencode: {targets: binary}", 1, "targets", "`binary` is for labels, and `labels` is missing", "with `labels: [no, yes]`, yes becomes 1"),
    "too few outputs": (CSV + encode("one_hot", "[a, b, c]"), 2, "labels", "3 labels, but the last layer's `units` is 2", ""),
    "too many outputs": (CSV + encode("one_hot", "[a, b, c]"), 4, "labels", "3 labels, but the last layer's `units` is 4", ""),
    "three for bipolar": (CSV + encode("bipolar", "[a, b, c]"), 1, "labels", "3 labels, but `bipolar` takes " + OF_TWO.format("−1"), "`one_hot` makes a column for each label"),
    "three for binary": (CSV + encode("binary", "[a, b, c]"), 1, "labels", "3 labels, but `binary` takes " + OF_TWO.format("0"), "`one_hot` makes a column for each label"),
    "outputs for binary": (CSV + encode("binary", "[a, b]"), 2, "targets", "`binary` makes one column of labels, but the last layer's `units` is 2", "`one_hot` makes a column for each label"),
    "two columns": (CSV.replace("[c]", "[c, d]") + encode("binary", "[a, b]"), 1, "csv.targets", "2 columns, but `encode.labels` are those of one column", ""),
    "two columns here": (INLINE + "[[1, 0], [1, 0], [1, 0]]" + encode("one_hot", "[1, 0]"), 2, "targets[0]", "2 numbers, but `encode.labels` are those of one column", ""),
    "texts of numbers here": (INLINE + "[[1], [0], [1]]" + encode("binary", "[no, yes]"), 1, "labels", "the targets written here are numbers, and the labels texts", "texts are read from csv and parquet"),
    "texts of arrays": ("npy: {inputs: x.npy, targets: y.npy}" + encode("binary", "[no, yes]"), 1, "labels", "the targets of `npy` are numbers, and the labels texts", "texts are read from csv and parquet"),
    "texts of an archive": ("npz: {file: d.npz, inputs: x, targets: y}" + encode("binary", "[no, yes]"), 1, "labels", "the targets of `npz` are numbers, and the labels texts", "texts are read from csv and parquet"),
    "texts of a gate": ("gate: xor" + encode("binary", "[no, yes]"), 1, "labels", "the targets of `xor` are numbers, and the labels texts", "they are 0 to 1"),
    "texts of a set": ("bundled: iris" + FLOWERS, 3, "labels", "the targets of `iris` are numbers, and the labels texts", "they are 0 to 2"),
    "texts of held-out numbers": (CSV + encode("binary", "[no, yes]") + "\nheld_out: {inputs: [[1, 2]], targets: [[1]]}", 1, "labels", "the held-out targets written here are numbers, and the labels texts", "texts are read from csv and parquet"),
    "a number here": (INLINE + "[[1], [0], [2]]" + encode("binary", "[1, 0]"), 1, "targets[2][0]", "must be one of the labels `1`, `0`, found 2", ""),
    "a held-out number here": ("gate: or" + encode("binary", "[1, 0]") + "\nheld_out: {inputs: [[1, 2]], targets: [[0.5]]}", 1, "held_out.targets[0][0]", "must be one of the labels `1`, `0`, found 0.5", ""),
    "no label of a class": ("bundled: wine" + encode("one_hot", "[1, 2, 3]"), 3, "labels", "the targets of `wine` are 0 to 2, but `labels` does not list 0", ""),
    "labels of other classes": ("moons: {samples: 9, seed: 0}" + encode("bipolar", "[-1, 2]"), 1, "labels", "the targets of `moons` are 0 to 1, but `labels` does not list 0, 1", ""),
    "labels of one cloud": ("blobs: {samples: 9, centers: 1, seed: 0}" + encode("binary", "[1, 2]"), 1, "labels", "the targets of `blobs` are 0, but `labels` does not list 0", ""),
    "a measure": ("bundled: diabetes" + encode("binary", "[0, 1]"), 1, "targets", "`binary` is for class numbers, and the targets of `diabetes` are a measure", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_declaration(tmp_path: Path, name: str) -> None:
    dataset, units, path, message, hint = FAULTY[name]
    where = path if path.startswith(("csv", "targets[", "held_out")) else f"encode.{path}"
    problems = refused(tmp_path, dataset, units=units)
    found = [each for each in problems if each.path == f"dataset.{where}" and each.message.startswith(message)]
    assert found, told(problems)
    assert found[0].hint == hint
    assert found[0].place is not None
    assert found[0].place.line is not None


def place_of(dataset: str, folder: Path, units: int = 1) -> list[str]:
    """Line and column of each problem, and what stands there."""
    places = [problem.place for problem in refused(folder, dataset, units=units)]
    return [place.text[place.column - 1 :] for place in places if place and place.text and place.column]


def test_faults_are_told_once_and_where_they_stand(tmp_path: Path) -> None:
    write_csv(tmp_path, "a")
    assert place_of(CSV + "\nencode: {labels: [a, b]}", tmp_path) == ["labels: [a, b]}"]
    both = CSV + "\nencode: {targets: binary, classes: 2, labels: [a, b]}"
    assert [place.partition(":")[0] for place in place_of(both, tmp_path)] == ["classes", "classes"]
    several = CSV + encode("one_hot", "[a, b, a, 1, b]")
    assert place_of(several, tmp_path, 5) == ["a, 1, b]}", "1, b]}", "b]}"]
    assert len(refused(tmp_path, CSV + encode("binary", "[a, b, c]"))) == 1
    assert len(refused(tmp_path, "bundled: iris" + FLOWERS, inputs=4, units=3)) == 1
    assert len(refused(tmp_path, "bundled: iris" + encode("bipolar", "[0, 1]"), inputs=4)) == 1
    assert len(refused(tmp_path, INLINE + "[[1], [0], [2]]" + encode("one_hot", "[a, b]"), units=2)) == 1


def test_an_array_with_a_column_too_many(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 2)))
    np.save(tmp_path / "y.npy", np.ones((2, 3)))
    (problem,) = refused(tmp_path, "npy: {inputs: x.npy, targets: y.npy}" + encode("one_hot", "[0, 1, 2]"), units=3)
    assert problem.path == "dataset.npy.targets"
    assert problem.message == "y.npy has 3 columns, but `encode.labels` are those of one column"


def test_an_encoding_from_python_obeys_the_same_rules() -> None:
    with pytest.raises(ValidationError, match="must be listed only once"):
        Encoding(targets="binary", labels=(1, 1))
    encoding = Encoding(targets="binary", labels=("no", "yes"))
    assert (encoding.texts, encoding.numbers) == (("no", "yes"), ())


# Elsewhere


def test_labels_take_the_place_of_classes(tmp_path: Path) -> None:
    declared(tmp_path, "gate: or\nencode: {targets: one_hot, classes: 3}", units=3)
    (tmp_path / "more.yaml").write_text("extends: doc.yaml\ndataset: {encode: {labels: [7, 1, 0]}}\n")
    for declaration in (
        read_declaration(tmp_path / "more.yaml"),
        read_declaration(tmp_path / "doc.yaml", ["dataset.encode.labels=[7, 1, 0]"]),
    ):
        assert load_samples(declaration).targets[0].tolist() == [0, 0, 1]
        assert declaration.experiment.dataset.encode == Encoding(targets="one_hot", labels=(7, 1, 0))
    (tmp_path / "doc.yaml").write_text((tmp_path / "more.yaml").read_text().replace("doc.yaml", "base.yaml"))
    declared(tmp_path, "gate: or\nencode: {targets: one_hot, labels: [7, 1, 0]}", units=3)
    declaration = read_declaration(tmp_path / "doc.yaml", ["dataset.encode.classes=3"])
    assert declaration.experiment.dataset.encode == Encoding(targets="one_hot", classes=3)


def test_without_labels_the_effective_configuration_has_none(tmp_path: Path) -> None:
    assert "labels" not in effective_yaml(declared(tmp_path, "gate: or\nencode: {targets: bipolar}"))


LINES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=6).filter(str.strip)
LIKE_OTHERS = st.sampled_from(
    ["1", "1e3", "no", "true", "null", "~", "0x1F", "-", ".inf", "=", "a: b", "# c", "'", "[x]"]
)


@given(
    labels=st.lists(st.integers(-(2**53), 2**53), min_size=2, max_size=4, unique=True)
    | st.lists(LINES | LIKE_OTHERS, min_size=2, max_size=4, unique=True)
)
def test_labels_come_back_from_the_effective_configuration(
    labels: list[int] | list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    write_parquet(folder, ["no"])
    dataset = PARQUET + encode("one_hot", json.dumps(labels))
    declaration = declared(folder, dataset, units=len(labels))
    encoding = Encoding(targets="one_hot", labels=tuple(labels))
    assert declaration.experiment.dataset.encode == encoding
    (folder / "again.yaml").write_text(effective_yaml(declaration), encoding="utf-8")
    again = read_declaration(folder / "again.yaml")
    assert again.experiment.dataset.encode == encoding
    assert content_hash(again) == content_hash(declaration)


SCHEMA = jsonschema.Draft202012Validator(schema_data())
NETWORK = {
    "name": "doc",
    "architecture": {"inputs": 2, "layers": [{"units": 2, "activation": "linear", "bias": "none"}]},
    "initial_weights": {"zeros": {}},
    "training": {"loss": "squared_error", "optimizer": "gradient_descent", "learning_rate": 0.1, "epochs": 1},
}


@pytest.mark.parametrize(
    ("labels", "valid"),
    [
        (["no", "yes"], True),
        ([1, 0], True),
        ([-1, 1, 2], True),
        (["1", "2"], True),
        (["no"], False),
        ([], False),
        ("no", False),
        (["no", 1], False),
        ([0, 0], False),
        ([0.5, 1], False),
        ([True, False], False),
        ([["no"], ["yes"]], False),
    ],
)
def test_the_schema_is_of_the_same_mind(labels: Any, valid: bool) -> None:
    encoding = {"targets": "one_hot", "labels": labels}
    dataset = {"csv": {"file": "d.csv", "inputs": ["a", "b"], "targets": ["c"]}, "encode": encoding}
    for whole in ({**NETWORK, "dataset": dataset}, {"extends": "doc.yaml", "dataset": dataset}):
        assert SCHEMA.is_valid(whole) == valid
    try:
        Encoding.model_validate(encoding)
    except ValidationError:
        assert not valid
    else:
        assert valid


# Anything

CSV_LIKE = st.text(st.sampled_from("ab,,\n\r\"' 01"), max_size=40)


@given(content=CSV_LIKE)
def test_any_text_is_labels_or_an_input_error(content: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "d.csv").write_bytes(("a,b,c\n" + content).encode())
    try:
        samples = load(folder, CSV + encode("binary", "[a, b]"))
    except InputError as error:
        assert error.problems  # noqa: PT017
        return
    assert set(samples.targets.ravel().tolist()) <= {0, 1}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("written")
    write_parquet(folder, ["no", "yes", "no"])
    return (folder / "d.parquet").read_bytes()


@given(data=st.data())
def test_any_change_is_labels_or_an_input_error(
    written: bytes, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(written)
    # The second half of the data and the footer.
    for position, byte in data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)))):
        content[position] = byte
    folder = tmp_path_factory.getbasetemp()
    (folder / "d.parquet").write_bytes(content)
    try:
        samples = load(folder, PARQUET + encode("binary", "[no, yes]"))
    except InputError as error:
        assert error.problems  # noqa: PT017
        return
    assert set(samples.targets.ravel().tolist()) <= {0, 1}
