"""CSV files: what is read, and what is refused, with row and column."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.data.csv_files import MOST_PROBLEMS
from bprunner.data.loading import load_samples
from bprunner.data.samples import Samples
from bprunner.errors import InputError, Problem
from bprunner.spec.reading import read_declaration
from tests.spec.examples import VALID

INLINE = "  inputs: [[2, 3]]\n  targets: [[1]]"
CSV = VALID.replace(INLINE, "  csv: {file: data.csv, inputs: [a, b], targets: [c]}").split("expect:")[0]


def load(folder: Path, content: str | bytes, declared: str = CSV) -> Samples:
    (folder / "doc.yaml").write_text(declared)
    (folder / "data.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    return load_samples(read_declaration(folder / "doc.yaml"))


def refused(folder: Path, content: str | bytes, declared: str = CSV) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        load(folder, content, declared)
    return caught.value.problems


def test_columns_are_taken_by_name_in_the_declared_order(tmp_path: Path) -> None:
    samples = load(tmp_path, "c,b,note,a\n1,2,hello,3\n4,5e-1,,-.6\n")
    assert samples.inputs.tolist() == [[3, 2], [-0.6, 0.5]]
    assert samples.targets.tolist() == [[1], [4]]
    assert samples.input_names == ("a", "b")
    assert samples.target_names == ("c",)


@pytest.mark.parametrize(
    "content",
    [
        "a,b,c\n1,2,3\n",
        "a,b,c\r\n1,2,3\r\n",
        "\ufeffa,b,c\n1,2,3",
        "\n  \na,b,c\n\n1,2,3\n   \n",
        '"a","b","c"\n"1","2","3"\n',
        " a , b,c \n 1, 2 ,3 \n",
        "a,b,c,,\n1,2,3,,\n",
        "a,b,c,x,x\n1,2,3,y,z\n",
    ],
)
def test_ways_of_writing_the_same(tmp_path: Path, content: str) -> None:
    samples = load(tmp_path, content)
    assert samples.inputs.tolist() == [[1, 2]]
    assert samples.targets.tolist() == [[3]]


@pytest.mark.parametrize(
    ("content", "place", "words", "hint"),
    [
        ("a,b,c\n1,2\n", "2:1", "2 fields, but the header has 3", ""),
        ("a,b,c\n1,2,3\n\n1,2,3,4\n", "4:1", "4 fields, but the header has 3", ""),
        ("a,b,c\n1,x,3\n", "2:3", "column `b` must hold a finite number, found 'x'", ""),
        ("a,b,c\n10,,3\n", "2:4", "column `b` must hold a finite number, found nothing", ""),
        ("a,b,c\n1,2,nan\n", "2:5", "column `c` must hold a finite number, found 'nan'", ""),
        ("a,b,c\n1,2,inf\n", "2:5", "found 'inf'", ""),
        ("a,b,c\n1,2,1e999\n", "2:5", "found '1e999'", ""),
        ("a,b,c\n1_0,2,3\n", "2:1", "found '1_0'", ""),
        ("a,b,c\n\u0661,2,3\n", "2:1", "column `a`", ""),
        ('a,b,c\n"1,5",2,3\n', "2:1", "found '1,5'", "after a point: 1.5"),
        ('a,b,c\n"1,2,3\n', "2:1", "a quote is opened in this row and never closed", ""),
        ('a,b,c\n"1"2,2,3\n', "2:1", "after a closing quote comes a separator", ""),
        ("a,b,c\n" + "9" * 200_000 + ",2,3\n", "2:1", "more than 131,072 characters", ""),
        ("a,b,a,c\n1,2,3,4\n", "1:5", "two columns are called `a`", ""),
        ("", "None:None", "is empty", ""),
        ("\n\n", "None:None", "is empty", ""),
        ("a,b,c\n", "None:None", "has a header but no samples", ""),
        (b"a,b,c\n\xff,2,3\n", "2:None", "is not UTF-8 text: byte 1 of the line is 0xFF", "UTF-8"),
        (b"a,b,c\n" + b"1,2,3\n" * 9999 + b"1,2,\xe9\n", "10001:None", "byte 5 of the line is 0xE9", "UTF-8"),
        (b"a,b,c\n1,2,\xc3", "2:None", "byte 5 of the line is 0xC3", "UTF-8"),
        ("a,b,c\n1,2,3\n".encode("utf-16"), "1:None", "is not UTF-8 text", "UTF-8"),
    ],
)
def test_a_faulty_file_is_refused(tmp_path: Path, content: str | bytes, place: str, words: str, hint: str) -> None:
    (problem, *_) = refused(tmp_path, content)
    assert problem.place is not None
    assert problem.place.source.endswith("data.csv")
    assert f"{problem.place.line}:{problem.place.column}" == place
    assert words in problem.message
    assert hint in problem.hint


def test_a_name_of_two_lines_is_told_in_one(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, 'a,b,"z\nz"\n1,2,3\n')
    assert problem.hint == "possible here: `a`, `b`, `z z`"


def test_the_faulty_field_is_marked(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, "a,b,c\n1, two ,3\n")
    marked = str(problem).splitlines()
    assert marked[1].endswith("| 1, two ,3")
    assert marked[2].endswith("|   ^^^^^")


@pytest.mark.parametrize(("sign", "called"), [(";", '";"'), ("\t", "tab"), ("|", '"|"'), ("  ", "spaces")])
def test_other_separators_are_recognised(tmp_path: Path, sign: str, called: str) -> None:
    problems = refused(tmp_path, "a,b,c\n1,2,3\n".replace(",", sign))
    assert [problem.path for problem in problems] == [
        "dataset.csv.inputs[0]",
        "dataset.csv.inputs[1]",
        "dataset.csv.targets[0]",
    ]
    assert all(f"`separator: {called}`" in problem.hint for problem in problems)


def test_a_missing_column_is_told_where_it_is_asked_for(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, "a,bb,c\n1,2,3\n")
    assert problem.path == "dataset.csv.inputs[1]"
    assert problem.place is not None
    assert problem.place.source.endswith("doc.yaml")
    assert problem.hint


def test_all_problems_are_told_up_to_a_limit(tmp_path: Path) -> None:
    assert len(refused(tmp_path, "a,b,c\nx,y,3\n1,2\n")) == 3
    problems = refused(tmp_path, "a,b,c\n" + "x,2,3\n" * 500)
    assert len(problems) == MOST_PROBLEMS + 1
    assert "not read further" in problems[-1].message


# Without a header, and with other separators

NUMBERED = CSV.replace("inputs: [a, b], targets: [c]", "inputs: [3, 1], targets: [2], header: false")


def test_columns_are_numbered_where_no_line_names_them(tmp_path: Path) -> None:
    samples = load(tmp_path, "\n1,2,3,x\n4,5,6,y\n", NUMBERED)
    assert samples.inputs.tolist() == [[3, 1], [6, 4]]
    assert samples.targets.tolist() == [[2], [5]]
    assert samples.input_names == ("column 3", "column 1")


SEPARATED = {
    ",": ("1,2,3\n4,5,6\n", '","'),
    ";": ("1;2;3\n4;5;6\n", '";"'),
    "|": ("1|2|3\n4|5|6\n", '"|"'),
    "tab": ("1\t2\t3\n4\t 5\t6\n", "tab"),
    "spaces": ("  1 2\t 3  \r\n\r\n4   5 \t6\r\n", "spaces"),
}


@pytest.mark.parametrize("separator", SEPARATED)
def test_separators(tmp_path: Path, separator: str) -> None:
    content, written = SEPARATED[separator]
    declared = NUMBERED.replace("header: false", f"header: false, separator: {written}")
    samples = load(tmp_path, content, declared)
    assert (samples.inputs.tolist(), samples.targets.tolist()) == ([[3, 1], [6, 4]], [[2], [5]])
    declared = CSV.replace("targets: [c]", f"targets: [c], separator: {written}")
    between = content[1] if separator != "spaces" else "  "
    samples = load(tmp_path, between.join("abc") + "\n" + content, declared)
    assert (samples.inputs.tolist(), samples.targets.tolist()) == ([[1, 2], [4, 5]], [[3], [6]])


def test_what_is_quoted_may_have_blanks_inside(tmp_path: Path) -> None:
    declared = CSV.replace("targets: [c]}", 'targets: ["the price"], separator: spaces}')
    samples = load(tmp_path, 'a  b "the price"  note\n1 2 3 "so  ""far"""\n', declared)
    assert (samples.inputs.tolist(), samples.targets.tolist()) == ([[1, 2]], [[3]])


@pytest.mark.parametrize(
    ("content", "line", "column", "message", "hint"),
    [
        ("a,b,c\n1,2,3\n", 1, 1, "column `1` must hold a finite number, found 'a'", "leave out `header: false`"),
        ("1,2,3\n4,5\n", 2, 1, "2 fields, but the first line has 3", ""),
        ("1,2,3\n4,5,x\n", 2, 5, "column `3` must hold a finite number, found 'x'", ""),
        ("", None, None, "is empty", ""),
    ],
)
def test_what_is_wrong_without_a_header(
    tmp_path: Path, content: str, line: int | None, column: int | None, message: str, hint: str
) -> None:
    problem = sorted(refused(tmp_path, content, NUMBERED), key=lambda each: each.message)[0]
    assert problem.message == message
    assert hint in problem.hint
    if line is not None:
        assert problem.place is not None
        assert (problem.place.line, problem.place.column) == (line, column)


def test_a_column_number_beyond_the_first_line(tmp_path: Path) -> None:
    problems = refused(tmp_path, "1 2 3\n", NUMBERED)
    assert [each.path for each in problems] == ["dataset.csv.inputs[0]", "dataset.csv.targets[0]"]
    assert problems[0].message == "there is no column 3: the first line of data.csv has 1 field"
    assert problems[0].hint == "its fields seem to be separated by blanks: `separator: spaces`"


def test_a_fault_between_blanks_is_marked_where_it_stands(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, " 1  2   3\n 4  x   6\n", NUMBERED.replace("false", "false, separator: spaces"))
    assert problem.place is not None
    assert (problem.place.line, problem.place.column) == (2, 5)


@pytest.mark.parametrize(
    ("columns", "path", "message"),
    [
        (
            "inputs: [1, b], targets: [c]",
            "inputs[0]",
            "columns have names where there is a header line, found a number",
        ),
        ("inputs: [1, b], targets: [2], header: false", "inputs[1]", "with `header: false` columns have no names"),
        ("inputs: [0, 1], targets: [2], header: false", "inputs[0]", "must be at least 1, found the number 0"),
        (
            "inputs: [a, b], targets: [c], separator: ':'",
            "separator",
            "must be one of `,`, `;`, `|`, `tab`, `spaces`, found",
        ),
        ("inputs: [a, b], targets: [c], header: 0", "header", "must be true or false"),
    ],
)
def test_columns_have_names_or_numbers(tmp_path: Path, columns: str, path: str, message: str) -> None:
    (problem,) = refused(tmp_path, "a,b,c\n1,2,3\n", CSV.replace("inputs: [a, b], targets: [c]", columns))
    assert problem.path == f"dataset.csv.{path}"
    assert message in problem.message


def test_a_first_line_of_numbers_is_no_header(tmp_path: Path) -> None:
    problems = refused(tmp_path, "1,2,3\n4,5,6\n")
    assert {each.hint for each in problems} == {
        "its first line holds numbers: with `header: false` columns are numbered from 1"
    }


# Figures and the samples they are of


@pytest.mark.parametrize(
    ("expected", "path", "words"),
    [
        ("{step: 0, out: {h1: 1}}", "expect[0].out.h1", "the dataset has 2 samples: whose figure is this?"),
        ("{step: 0, values: {2 * input.i1: 1}}", "expect[0].values.2 * input.i1", "whose figure"),
        ("{step: 0, sample: 3, out: {h1: 1}}", "expect[0].sample", "there is no sample 3"),
    ],
)
def test_a_figure_needs_a_sample_that_is_there(tmp_path: Path, expected: str, path: str, words: str) -> None:
    (problem,) = refused(tmp_path, "a,b,c\n1,2,3\n4,5,6\n", CSV + f"expect: [{expected}]\n")
    assert problem.path == path
    assert words in problem.message


def test_figures_of_one_sample_or_of_all_need_no_name(tmp_path: Path) -> None:
    load(tmp_path, "a,b,c\n1,2,3\n", CSV + "expect: [{step: 0, out: {h1: 1}}]\n")
    load(tmp_path, "a,b,c\n1,2,3\n4,5,6\n", CSV + "expect: [{step: 0, error: 1}, {step: 0, sample: 2, out: {h1: 1}}]\n")


def test_too_many_samples_are_refused_without_reading_them_all(tmp_path: Path) -> None:
    large = CSV.replace("units: 2", "units: 60000").replace(CSV.split("initial_weights: ")[1].split("\n")[0], "zeros")
    # The last row is not reached: it is no number.
    (problem,) = refused(tmp_path, "a,b,c\n" + "1,2,3\n" * 40 + "x,2,3\n", large)
    assert "samples are too many for this network; at most 22" in problem.message


# Anything

FIELDS = st.floats(allow_nan=False, allow_infinity=False)


@given(rows=st.lists(st.tuples(FIELDS, FIELDS, FIELDS), min_size=1, max_size=8))
def test_what_was_written_is_read_to_the_bit(
    rows: list[tuple[float, float, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = "a,b,c\n" + "".join(",".join(map(repr, row)) + "\n" for row in rows)
    samples = load(tmp_path_factory.getbasetemp(), text)
    read = np.hstack([samples.inputs, samples.targets])
    assert read.tobytes() == np.array(rows).tobytes()


CSV_LIKE = st.text(st.sampled_from("abc,,,\n\n\r\"' ;.-+e0123456789x\0é"), max_size=60)


@given(content=st.one_of(st.binary(max_size=80), CSV_LIKE.map(lambda text: ("a,b,c\n" + text).encode())))
def test_any_bytes_are_samples_or_an_input_error(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    try:
        samples = load(tmp_path_factory.getbasetemp(), content)
    except InputError as error:
        assert error.problems  # noqa: PT017
        return
    assert samples.inputs.shape == (len(samples), 2)
    assert all(math.isfinite(value) for value in samples.inputs.ravel())


def test_a_number_that_cannot_be_encoded_is_told_with_its_line(tmp_path: Path) -> None:
    declared = CSV.replace("targets: [c]}", "targets: [c]}\n  encode: {targets: bipolar}")
    (problem,) = refused(tmp_path, "a,b,c\n1,2,1\n\n1,2,0\n1,2,0.5\n", declared)
    assert problem.place is not None
    assert (Path(problem.place.source).name, problem.place.line) == ("data.csv", 5)
    assert problem.message == "column `c` must be 0 or 1 to become bipolar, found 0.5"
