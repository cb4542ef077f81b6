"""Starters: whatever the data are called, what is written is valid, runs, and is what was asked for."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bprunner.data.loading import load_samples
from bprunner.errors import InputError
from bprunner.runs.run import execute_run
from bprunner.spec.json_schema import schema_data
from bprunner.spec.nodes import plain
from bprunner.spec.reading import Declaration, read_declaration
from bprunner.spec.source import Source
from bprunner.spec.sweep_reading import read_sweep
from bprunner.spec.sweep_schema import sweep_schema
from bprunner.spec.yaml_loader import load
from bprunner.starters.schemas import schema_beside
from bprunner.starters.starting import Starter, data_starter, plain_starter, sweep_starter
from bprunner.starters.texts import scalar
from tests.conftest import ROOT

EXPERIMENTS = jsonschema.Draft202012Validator(schema_data())
SWEEPS = jsonschema.Draft202012Validator(sweep_schema())
IS_FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
LIGHT = settings(max_examples=200 if IS_FULL else 60, deadline=None)
HOSTILE = [
    "a: b",
    "{x}",
    "- y",
    "# z",
    '"q"',
    "'",
    "\u202eabc",
    "two\nlines",
    "😀",
    "null",
    "1",
    "</script>",
    "$x$",
    "%",
]


def texts(starter: Starter) -> Any:
    return json.loads(json.dumps(plain(load(Source("starter", starter.text)))))


def written(folder: Path, starter: Starter) -> Declaration:
    """The starter as it is read from its file, which its schema finds valid too."""
    EXPERIMENTS.validate(texts(starter))
    (folder / "it.yaml").write_text(starter.text, encoding="utf-8")
    return read_declaration(folder / "it.yaml")


def from_data(data: Path, *targets: str, inputs: tuple[str, ...] = ()) -> Declaration:
    return written(data.parent, data_starter("it", "s.json", data, data.parent, targets, inputs, False))


def table(folder: Path, text: str, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def ends_well(declaration: Declaration) -> bool:
    run = execute_run(declaration, load_samples(declaration))
    return bool(np.isfinite(run.trace["error"]).all())


# The law: any small table


CELLS = st.one_of(
    st.integers(-1000, 1000).map(str),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: repr(round(value, 3))),
)
NAMES = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
LABELS = st.sampled_from(["yes", "no", "a: b", "#", "'", "{", "true", "nul", "☃"])


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """Distinct names, and rows of numbers with numbers, classes, truth values or labels at the end."""
    names = draw(st.lists(NAMES.map(str.strip).filter(bool), min_size=2, max_size=5, unique=True))
    target = draw(st.sampled_from([CELLS, LABELS, st.sampled_from("01"), st.sampled_from(["3", "5", "7"])]))
    columns = [CELLS] * (len(names) - 1) + [target]
    return names, draw(st.lists(st.tuples(*columns).map(list), min_size=2, max_size=14))


@LIGHT
@given(made=tables(), separator=st.sampled_from(",;|\t"))
def test_any_small_table_becomes_an_experiment_that_runs(
    made: tuple[list[str], list[list[str]]], separator: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    names, rows = made
    # Without any text in it, the first line is one of numbers; and a column with one label alone teaches nothing.
    assume(not any(re.fullmatch(r"[-+.\d]+(e[-+]?\d+)?", name, re.IGNORECASE) for name in names))
    assume(not any(sign in name for name in names for sign in ",;|\t"))
    assume(len({row[-1] for row in rows}) > 1)
    lines = io.StringIO()
    csv.writer(lines, delimiter=separator, lineterminator="\n").writerows([names, *rows])
    data = table(tmp_path_factory.mktemp("data"), lines.getvalue())
    declaration = from_data(data)
    samples = load_samples(declaration)
    assert declaration.experiment.architecture.inputs == len(names) - 1
    assert samples.input_names == tuple(names[:-1])
    assert samples.target_names == (names[-1],) or declaration.experiment.dataset.encode is not None
    held_out = 0 if samples.held_out is None else len(samples.held_out)
    assert len(samples) + held_out == len(rows)
    assert ends_well(read_declaration(data.parent / "it.yaml", ["training.epochs=2"]))


@given(text=st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), min_size=1)))
def test_a_text_is_one_scalar_whatever_it_holds(text: str) -> None:
    assert plain(load(Source("x", f"key: {scalar(text)}\n"))) == {"key": text}
    assert plain(load(Source("x", f"key: [{scalar(text)}, 1]\n"))) == {"key": [text, 1]}
    assert "\n" not in scalar(text)


# What is guessed


ROWS = range(20)


@pytest.mark.parametrize(
    ("target", "units", "activation", "loss", "encode"),
    [
        (lambda i: "pqr"[i % 3], 3, "softmax", "cross_entropy", ("one_hot", ("p", "q", "r"))),
        (lambda i: "pq"[i % 2], 1, "sigmoid", "binary_cross_entropy", ("binary", ("p", "q"))),
        (lambda i: i % 2, 1, "sigmoid", "binary_cross_entropy", None),
        (lambda i: 2 * (i % 2) - 1, 1, "sigmoid", "binary_cross_entropy", ("binary", (-1, 1))),
        (lambda i: i % 3, 3, "softmax", "cross_entropy", ("one_hot", None)),
        (lambda i: i % 3 + 1, 3, "softmax", "cross_entropy", ("one_hot", (1, 2, 3))),
        (lambda i: i * 1.5, 1, "linear", "half_squared_error", None),
        (lambda i: i * 7, 1, "linear", "half_squared_error", None),
    ],
)
def test_the_targets_decide_output_and_loss(
    tmp_path: Path, target: Any, units: int, activation: str, loss: str, encode: tuple[str, Any] | None
) -> None:
    data = table(tmp_path, "x,y,t\n" + "".join(f"{i},{i % 7},{target(i)}\n" for i in ROWS))
    declaration = from_data(data)
    experiment = declaration.experiment
    output, dataset = experiment.architecture.layers[-1], experiment.dataset
    assert (output.units, output.activation.kind, experiment.training.loss.kind) == (units, activation, loss)
    found = dataset.encode and (dataset.encode.targets, dataset.encode.labels)
    assert found == encode
    assert dataset.split is not None
    assert dataset.scale is not None
    assert (dataset.scale.targets is None) == (activation != "linear")
    assert ends_well(declaration)


def test_several_targets_are_named_and_truth_values_get_a_sigmoid_each(tmp_path: Path) -> None:
    data = table(tmp_path, "t,x,y,u\n" + "".join(f"{i % 2},{i},{i / 3:.2f},{(i // 2) % 2}\n" for i in ROWS))
    experiment = from_data(data, "t", "u").experiment
    assert experiment.architecture.inputs == 2
    assert [layer.units for layer in experiment.architecture.layers] == [8, 2]
    assert experiment.training.loss.kind == "binary_cross_entropy"
    numbers = from_data(data, "y", "u", inputs=("x",)).experiment
    assert (numbers.architecture.inputs, numbers.training.loss.kind) == (1, "half_squared_error")


def test_the_first_line_is_a_header_or_numbers(tmp_path: Path) -> None:
    declaration = from_data(table(tmp_path, "".join(f"{i},{i * 2},name{i % 2}\n" for i in ROWS)))
    assert declaration.experiment.dataset.csv is not None
    assert declaration.experiment.dataset.csv.header is False
    assert len(load_samples(declaration)) == 16
    spaced = from_data(table(tmp_path, "x y z\n" + "".join(f"{i}   {i / 2} {i % 2}\n" for i in ROWS), "data.txt"))
    assert spaced.experiment.dataset.csv is not None
    assert spaced.experiment.dataset.csv.separator == "spaces"


def test_a_column_without_a_name_is_left_out_and_told(tmp_path: Path) -> None:
    data = table(tmp_path, ",x,y\n" + "".join(f"{i},{i / 2},{i * i}\n" for i in ROWS))
    starter = data_starter("it", "s.json", data, tmp_path, (), (), False)
    assert "no name in the header: column 1" in starter.text
    assert written(tmp_path, starter).experiment.architecture.inputs == 1


def test_pixels_are_divided_and_shares_stay(tmp_path: Path) -> None:
    header = ",".join(f"p{i}" for i in range(16)) + ",t\n"
    pixels = table(tmp_path, header + "".join(",".join(["0", *["255"] * 15, str(i % 2)]) + "\n" for i in ROWS))
    scale = from_data(pixels).experiment.dataset.scale
    assert scale is not None
    assert scale.inputs is not None
    assert scale.inputs.parameters() == {"by": 255.0}
    shares = table(tmp_path, "x,t\n" + "".join(f"{i / 20},{i % 2}\n" for i in ROWS))
    assert from_data(shares).experiment.dataset.scale is None


def test_parquet_and_numpys_files(tmp_path: Path) -> None:
    columns = {"x": [i / 3 for i in ROWS], "flag": [i % 2 == 0 for i in ROWS], "kind": ["abc"[i % 3] for i in ROWS]}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    declaration = from_data(tmp_path / "t.parquet")
    assert declaration.experiment.dataset.encode is not None
    assert declaration.experiment.dataset.encode.labels == ("a", "b", "c")
    assert ends_well(declaration)
    inputs, classes = np.arange(40.0).reshape(20, 2), np.arange(20) % 3
    np.savez(tmp_path / "both.npz", X=inputs, y=classes)
    assert from_data(tmp_path / "both.npz").experiment.architecture.layers[-1].units == 3
    np.save(tmp_path / "x.npy", inputs)
    np.save(tmp_path / "t.npy", classes / 2)
    declaration = from_data(tmp_path / "x.npy", str(tmp_path / "t.npy"))
    assert declaration.experiment.training.loss.kind == "half_squared_error"
    assert ends_well(declaration)


# What is refused


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("a,b\n", "has a header but no samples"),
        ("a\n1\n2\n", "has one column"),
        ("a,a,b\n1,2,3\n4,5,6\n", "two columns are called `a`"),
        ("city,b\nRome,1\nParis,2\n", r"`city` cannot be an input.*line 2 holds 'Rome'"),
        ("a;b\n1,5;2\n2,5;3\n", "decimals stand after a point"),
        ("a,b\n1,\n2,3\n", "`b` cannot be a target: line 2 is empty"),
        ("a,b\n1,yes\n2,yes\n", "the one text 'yes'"),
        ("a,b,c\n1,2,3\n4,5\n", "2 fields, but the header has 3"),
        ('a,b\n1,"2\n', "no CSV that can be read"),
        ("a,b\n" + "".join(f"{i},name {i}\n" for i in range(50)), "50 different texts"),
        ("a,b\n" + "".join(f"{i},{i}\n" for i in range(50)) + "50,?\n", r"cannot be a target: line 52 holds '\?'"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_data(table(tmp_path, text))


def test_names_that_are_no_columns_and_files_that_are_none_get_a_hint(tmp_path: Path) -> None:
    data = table(tmp_path, "price,size\n1,2\n3,4\n5,6\n")
    with pytest.raises(InputError, match=r"no column `prise`(.|\n)*did you mean `price`"):
        from_data(data, "prise")
    with pytest.raises(InputError, match="cannot be an input and a target"):
        from_data(data, "price", inputs=("price",))
    with pytest.raises(InputError, match=r"no such file(.|\n)*data.csv"):
        from_data(tmp_path / "date.csv")
    (tmp_path / "latin.csv").write_bytes(b"a,b\n1,\xe9\n")
    with pytest.raises(InputError, match="not UTF-8"):
        from_data(tmp_path / "latin.csv")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(InputError, match="no Parquet file"):
        from_data(tmp_path / "broken.parquet")
    (tmp_path / "broken.npz").write_bytes(b"PK no more")
    with pytest.raises(InputError, match="no NumPy archive"):
        from_data(tmp_path / "broken.npz")
    (tmp_path / "deep.csv").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        from_data(tmp_path / "deep.csv")


def test_arrays_of_which_nobody_can_tell_which_is_which_are_asked_about(tmp_path: Path) -> None:
    np.savez(tmp_path / "three.npz", a=np.ones((4, 2)), b=np.arange(4.0), c=np.arange(4.0))
    with pytest.raises(InputError, match="say which: --input NAME --target NAME"):
        from_data(tmp_path / "three.npz")
    assert from_data(tmp_path / "three.npz", "b", inputs=("a",)).experiment.architecture.inputs == 2
    np.save(tmp_path / "x.npy", np.ones((4, 2)))
    with pytest.raises(InputError, match="name the other file"):
        from_data(tmp_path / "x.npy")


def test_data_outside_the_folder_is_refused_unless_it_may_be_anywhere(tmp_path: Path) -> None:
    data = table(tmp_path, "x,y\n1,2\n3,4\n5,6\n")
    folder = tmp_path / "deep"
    folder.mkdir()
    with pytest.raises(InputError, match=r"lies outside(.|\n)*--data-anywhere"):
        data_starter("it", "s.json", data, folder, (), (), False)
    starter = data_starter("it", "s.json", data, folder, (), (), True)
    assert texts(starter)["dataset"]["csv"]["file"] == "../data.csv"


# Without data, and sweeps


def test_the_plain_starter_agrees_with_its_own_figures(tmp_path: Path) -> None:
    run = execute_run(written(tmp_path, plain_starter("it's: #1", "s.json")))
    assert run.name == "it's: #1"
    assert run.figures
    assert run.figures.agree


def uncommented(text: str) -> str:
    """With every commented line that is YAML of ours made YAML."""
    keys = "title|source|exclude|set|limits|repeat|training.optimizer"
    return re.sub(rf"(?m)^( *)# ((?:{keys}): .*)$", r"\1\2", text)


def test_every_line_that_is_only_commented_out_is_valid(tmp_path: Path) -> None:
    text = plain_starter("it", "s.json").text.replace("# arithmetic:\n#  ", "arithmetic:\n ")
    whole = uncommented(text)
    assert whole.count("\n# ") < text.count("\n# ")
    # The figures are of the run without rounding; whether they agree is another matter.
    declaration = written(tmp_path, Starter(whole, ""))
    assert declaration.experiment.arithmetic.weight is not None
    for baseline in ("doc.yaml", "data/iris.yaml"):
        starter = sweep_starter("rates", "s.json", ROOT / "configs" / baseline, tmp_path, False)
        changed = uncommented(starter.text)
        keys = re.findall(r"(?m)^ *([a-z_.]+):", changed)
        assert {"exclude", "set", "limits", "training.optimizer"} <= set(keys)
        assert ("repeat" in keys) == (baseline != "doc.yaml")
        SWEEPS.validate(texts(Starter(changed, "")))
        (tmp_path / "sweep.yaml").write_text(changed, encoding="utf-8")
        read_sweep(tmp_path / "sweep.yaml")


def test_a_sweep_is_around_the_learning_rate_of_its_baseline(tmp_path: Path) -> None:
    starter = sweep_starter("rates", "s.json", ROOT / "configs" / "doc.yaml", tmp_path, False)
    SWEEPS.validate(texts(starter))
    (tmp_path / "sweep.yaml").write_text(starter.text, encoding="utf-8")
    sweep = read_sweep(tmp_path / "sweep.yaml")
    rates = [cell.values["training.learning_rate"] for cell in sweep.cells() if cell.number]
    assert len(rates) == 21
    assert (rates[0], rates[-1]) == (0.005, 0.5)
    assert any(math.isclose(float(str(rate)), 0.05) for rate in rates)
    with pytest.raises(InputError, match="a baseline is an experiment"):
        sweep_starter("it", "s.json", tmp_path / "sweep.yaml", tmp_path, False)


# Schemas


def test_the_schema_is_found_upward_or_written_beside(tmp_path: Path) -> None:
    deep = tmp_path / "project" / "configs" / "mine"
    named, files = schema_beside(deep, tmp_path / "project", "experiment")
    assert named == "../../schema/experiment.schema.json"
    ((path, text),) = files.items()
    assert path == tmp_path / "project" / "schema" / "experiment.schema.json"
    assert json.loads(text) == schema_data()
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert schema_beside(deep, tmp_path, "experiment") == (named, {})
    elsewhere, files = schema_beside(tmp_path / "other", tmp_path / "project", "sweep")
    assert elsewhere == "schema/sweep.schema.json"
    assert list(files) == [tmp_path / "other" / "schema" / "sweep.schema.json"]


def undescribed(node: Any, path: tuple[str, ...] = ()) -> list[str]:
    """The keys that an editor could say nothing about."""
    if isinstance(node, list):
        return [each for child in node for each in undescribed(child, path)]
    if not isinstance(node, dict):
        return []
    found = []
    for key, child in node.get("properties", {}).items() if isinstance(node.get("properties"), dict) else ():
        # The distribution `choice` has one where it is a key of a choice, and none for the list behind it.
        if "description" not in child and key != "choice":
            found.append(".".join((*path, key)))
    # What is not to be is nothing that an editor shows.
    inside = {key: child for key, child in node.items() if key != "not"}
    return found + [each for key, child in inside.items() for each in undescribed(child, (*path, key))]


@pytest.mark.parametrize("schema", [schema_data(), sweep_schema()], ids=["experiment", "sweep"])
def test_every_key_has_a_description_for_editors(schema: Any) -> None:
    assert undescribed(schema) == []
