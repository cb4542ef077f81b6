"""A run's model as files: what it takes, what it refuses, and where it can be loaded."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bprunner
from bprunner.errors import InputError, StorageError
from bprunner.runs.model import NETWORK_FILE, NUMBERS_FILE, Model, model_files, model_of, model_record, read_model
from bprunner.runs.run import Run, execute_run
from bprunner.spec.reading import read_declaration
from bprunner.training import trained
from tests.runs.test_run import HOSTILE
from tests.training.declarations import doc, xor

THREE = [0.0, 1.0, 0.0, 1.0]


def model(run: Run) -> Model:
    found = model_of(run)
    assert found is not None
    return found


def written(made: Model, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in model_files(made).items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def run() -> Run:
    return bprunner.run(xor())


# What it takes


def test_columns_count_by_their_names(run: Run) -> None:
    expected = run.trace["prediction.o1"][-1]
    frame = pd.DataFrame({"other": 9.0, "i2": [0.0, 1.0, 0.0, 1.0], "i1": [0.0, 0.0, 1.0, 1.0]}, index=list("abcd"))
    predicted = model(run).predict(frame)
    assert list(predicted.columns) == ["prediction.o1"]
    assert list(predicted.index) == list("abcd")
    assert predicted["prediction.o1"].tolist() == expected.tolist()


@pytest.mark.parametrize("form", [list, np.array, lambda rows: np.array(rows, dtype=np.int64), pd.DataFrame])
def test_rows_come_in_many_forms(run: Run, form: Callable[[Any], Any]) -> None:
    rows = form([[0, 0], [0, 1], [1, 0], [1, 1]])
    if isinstance(rows, pd.DataFrame):
        rows.columns = pd.Index(["i1", "i2"])
    predicted = model(run).predict(rows)
    assert predicted["prediction.o1"].tolist() == run.trace["prediction.o1"][-1].tolist()


def test_no_rows_have_no_predictions(run: Run) -> None:
    assert model(run).predict(np.zeros((0, 2))).shape == (0, 1)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (pd.DataFrame({"i1": [1.0]}), "no column is called `i2`"),
        (pd.DataFrame({"i1": [1.0], "i2": [float("nan")]}), "row 1, i2: nan is no finite number"),
        ([[1.0, 2.0], [1.0, float("inf")]], "row 2, i2: inf is no finite number"),
        ([1.0, 2.0], "the inputs are rows of 2, one for each sample, found 2"),
        ([[1.0, 2.0, 3.0]], "the inputs are rows of 2, one for each sample, found 1 × 3"),
        ([[1.0, 2.0], [3.0]], "the inputs are not all numbers, in rows of one length"),
        ([["a", "b"]], "the inputs are not all numbers, in rows of one length"),
        (1.0, "the inputs are rows of 2, one for each sample, found one number"),
    ],
)
def test_what_is_no_input_is_told(run: Run, inputs: Any, message: str) -> None:
    with pytest.raises(InputError) as caught:
        model(run).predict(inputs)
    assert caught.value.problems[0].message == message


def test_names_are_text(run: Run, tmp_path: Path) -> None:
    hostile = replace(run, samples=replace(run.samples, input_names=(HOSTILE, '"}]</script>\u202e🙂')))
    read = read_model(written(model(hostile), tmp_path))
    assert read.inputs == hostile.samples.input_names
    frame = pd.DataFrame(run.samples.inputs, columns=list(read.inputs))
    assert read.predict(frame)["prediction.o1"].tolist() == run.trace["prediction.o1"][-1].tolist()


def test_a_column_that_is_read_twice_has_the_names_of_the_network(run: Run) -> None:
    twice = replace(run, samples=replace(run.samples, input_names=("x", "x")))
    assert model(twice).inputs == ("i1", "i2")


def test_scaled_samples_are_said_to_be_scaled() -> None:
    scaled = {
        **xor(),
        "dataset": {**xor()["dataset"], "scale": {"inputs": "min_max", "targets": {"divide": {"by": 2.0}}}},
    }
    record = model_record(bprunner.run(scaled))
    assert record is not None
    assert record.metadata["inputs"] == "scaled (min_max), as the run's dataset has them"
    assert record.metadata["outputs"] == "scaled (divide), as the targets of the run's dataset are"


# Which runs have one


def test_a_run_that_diverged_has_none() -> None:
    diverged = bprunner.run(doc(learning_rate=1e300, epochs=50))
    assert diverged.status == "diverged"
    assert model_of(diverged) is None


def test_weights_that_are_not_traced_are_trained_again(tmp_path: Path) -> None:
    declared = {**xor(), "trace": {"quantities": ["prediction"]}}
    run = bprunner.run(declared)
    assert not run.trace.parts("weight")
    read_again = replace(run, execution=replace(run.execution, last_weights=None))
    for each in (run, read_again):
        predicted = read_model(written(model(each), tmp_path)).predict(run.samples.inputs)
        assert predicted["prediction.o1"].tolist() == run.trace["prediction.o1"][-1].tolist()


UNTRACED = {"quantities": ["error", "prediction"]}


@pytest.mark.parametrize("more", [{}, {"trace": UNTRACED}, {"arithmetic": {"numbers": "decimal"}}])
@pytest.mark.parametrize("after", [0, 7, 64])
def test_an_interrupted_run_predicts_what_its_last_step_did(more: dict[str, Any], after: int, tmp_path: Path) -> None:
    asked = itertools.count()
    run = execute_run(read_declaration({**xor(epochs=100), **more}), should_stop=lambda: next(asked) == after)
    assert (run.status, run.updates) == ("interrupted", after)
    predicted = read_model(written(model(run), tmp_path)).predict(run.samples.inputs)
    assert predicted["prediction.o1"].tolist() == run.trace["prediction.o1"][-1].tolist()


@pytest.mark.parametrize("more", [{"trace": UNTRACED}, {"arithmetic": {"numbers": "decimal"}}])
def test_a_run_that_was_just_trained_is_not_trained_again(
    more: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bprunner.run({**xor(), **more})
    again = model_files(model(replace(run, execution=replace(run.execution, last_weights=None))))
    monkeypatch.setattr(trained, "train_as_computed", None)
    assert model_files(model(run)) == again


def test_a_trace_on_the_disk_serves_as_well(run: Run, tmp_path: Path) -> None:
    run.trace.write(tmp_path / "trace.parquet")
    read = bprunner.Trace.read(tmp_path / "trace.parquet")
    there = replace(run, execution=replace(run.execution, trace=read, last_weights=None))
    assert model_files(model(there)) == model_files(model(run))


# Files


def test_a_folder_is_loaded_from_anywhere(run: Run, tmp_path: Path) -> None:
    folder = written(model(run), tmp_path / "model").rename(tmp_path / "moved elsewhere")
    code = (
        "import sys; from bprunner.runs.model import _load_pyfunc\n"
        "print(_load_pyfunc(sys.argv[1]).predict([[0, 1]])['prediction.o1'][0].hex())\n"
        "print('mlflow' in sys.modules)"
    )
    arguments = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(arguments, cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout.split() == [float(run.trace["prediction.o1"][-1][1]).hex(), "False"]
    assert done.stderr == ""


def without(folder: Path, key: str) -> None:
    told = json.loads((folder / NETWORK_FILE).read_text())
    del told[key]
    (folder / NETWORK_FILE).write_text(json.dumps(told))


def changed(folder: Path, key: str, value: Any) -> None:
    told = json.loads((folder / NETWORK_FILE).read_text())
    (folder / NETWORK_FILE).write_text(json.dumps({**told, key: value}))


def numbers(folder: Path, **arrays: Any) -> None:
    with np.load(folder / NUMBERS_FILE) as kept:
        np.savez(folder / NUMBERS_FILE, **{**kept, **arrays})


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda folder: (folder / NETWORK_FILE).unlink(), "no model that can be read: No such file"),
        (lambda folder: (folder / NUMBERS_FILE).unlink(), "no model that can be read: No such file"),
        (lambda folder: (folder / NETWORK_FILE).write_text("{"), "no model that bprunner wrote"),
        (lambda folder: (folder / NETWORK_FILE).write_bytes(b"\xff\xfe"), "no model that bprunner wrote"),
        (lambda folder: (folder / NETWORK_FILE).write_text("[]"), "no model that bprunner wrote"),
        (lambda folder: (folder / NUMBERS_FILE).write_bytes(b""), "no model that"),
        (lambda folder: (folder / NUMBERS_FILE).write_bytes(b"PK\3\4 cut"), "no model that bprunner wrote"),
        (lambda folder: without(folder, "architecture"), "'architecture' is missing"),
        (lambda folder: changed(folder, "format", 2), "a model of format 2, which this bprunner cannot read"),
        (lambda folder: changed(folder, "inputs", ["i1"]), "its columns are not those of its network"),
        (lambda folder: changed(folder, "architecture", {"inputs": 2}), "architecture.layers: Field required"),
        (lambda folder: changed(folder, "arithmetic", {"numbers": "decimal"}), "W1 does not fit the network"),
        (
            lambda folder: changed(folder, "arithmetic", {"net": {"h9": {"decimals": 2}}}),
            "no model that bprunner wrote",
        ),
        (lambda folder: numbers(folder, W1=np.zeros(3)), "W1 does not fit the network"),
        (lambda folder: numbers(folder, places=np.zeros(3)), "its places are no digests"),
        (lambda folder: numbers(folder, W1=np.array([[{}]], dtype=object)), "no model that bprunner wrote"),
    ],
)
def test_damage_is_told_in_one_sentence(
    run: Run, tmp_path: Path, damage: Callable[[Path], None], sentence: str
) -> None:
    folder = written(model(run), tmp_path)
    damage(folder)
    with pytest.raises(StorageError) as caught:
        read_model(folder)
    assert sentence in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).startswith(str(tmp_path))
