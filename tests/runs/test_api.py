"""What a Python program calls: how it says what changes, and what MLflow gets when it asks for that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bprunner
from bprunner.errors import InputError, StorageError, TrackingError
from bprunner.runs import api, recording
from tests.training.declarations import doc


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("training.learning_rate", np.float64(0.25), 0.25),
        ("training.learning_rate", np.float32(0.25), 0.25),
        ("training.epochs", np.int64(3), 3),
        ("dataset.inputs", np.array([[1.5, 2.0], [0.1, 3.0]]), ((1.5, 2.0), (0.1, 3.0))),
        ("dataset.inputs", [np.array([1.5, 2.0]), (0.1, 3)], ((1.5, 2.0), (0.1, 3.0))),
        ("title", "ünïcode: [1, 2]", "ünïcode: [1, 2]"),
        ("title", None, None),
    ],
)
def test_values_of_numpy_are_values(path: str, value: Any, expected: Any) -> None:
    changes = {path: value, **({"dataset.targets": [[1], [1]]} if path == "dataset.inputs" else {})}
    found: Any = bprunner.run(doc(), changes).experiment
    for key in path.split("."):
        found = getattr(found, key)
    assert found == expected


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^object is no value of a configuration$"):
        bprunner.run(doc(), {"title": object()})
    with pytest.raises(TypeError, match=r"^complex is no value"):
        bprunner.run(doc(), {"training.learning_rate": 1j})


def test_one_change_may_be_a_text() -> None:
    assert bprunner.run(doc(), "training.epochs=4").updates == 4
    assert bprunner.run(doc(), ("training.epochs=4", "training.learning_rate=0.1")).updates == 4


def test_the_callers_declaration_is_left_alone() -> None:
    declared, changes = doc(), {"training.epochs": 3}
    bprunner.run(declared, changes)
    assert declared == doc()
    assert changes == {"training.epochs": 3}


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, BaseException]]:
    """What would have been recorded of runs that fail; nothing goes to MLflow."""
    monkeypatch.chdir(tmp_path)
    told: list[tuple[str, BaseException]] = []

    def record_failure(declaration: Any, error: BaseException, *_: Any) -> None:
        told.append((declaration.experiment.name, error))

    monkeypatch.setattr(recording, "record_failure", record_failure)
    return told


@pytest.mark.parametrize("error", [StorageError("the disk is full"), KeyboardInterrupt(), MemoryError()])
def test_a_run_that_fails_is_recorded_as_such_and_the_failure_goes_on(
    error: BaseException, failures: list[tuple[str, BaseException]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_: Any) -> None:
        raise error

    monkeypatch.setattr(api, "execute_run", failing)
    with pytest.raises(type(error)) as caught:
        bprunner.run(doc(), record=True)
    assert caught.value is error
    assert failures == [("doc", error)]
    with pytest.raises(type(error)):
        bprunner.run(doc())
    assert len(failures) == 1  # nobody asked for a record


def test_a_faulty_dataset_is_no_run_that_failed(failures: list[tuple[str, BaseException]], tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a,b,c\n1,2,x\n")
    dataset = {"csv": {"file": "d.csv", "inputs": ["a", "b"], "targets": ["c"]}}
    with pytest.raises(InputError, match="column `c` must hold a finite number"):
        bprunner.run({**doc(), "dataset": dataset}, record=True)
    assert failures == []


def test_where_the_failure_cannot_be_recorded_either_it_is_the_first_one_that_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def failing(_: Any) -> None:
        raise StorageError("the disk is full")

    def failing_too(*_: Any) -> None:
        raise TrackingError("no store")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(api, "execute_run", failing)
    monkeypatch.setattr(recording, "record_failure", failing_too)
    with pytest.raises(StorageError, match=r"^the disk is full$"):
        bprunner.run(doc(), record=True)


def test_a_store_that_fails_says_where_the_runs_files_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def failing(*_: Any) -> None:
        raise TrackingError("there is no store.")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(recording, "record", failing)
    with pytest.raises(TrackingError) as caught:
        bprunner.run(doc(), record=True)
    told, _, folder = str(caught.value).partition(" The run's files are in ")
    assert told == "there is no store."
    assert Path(folder).parent == tmp_path / "runs"


def test_the_store_is_the_one_that_the_environment_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[str, Path]] = []

    def record(done: Any, store: Any, folder: Path, _: Path) -> Any:
        asked.append((str(store), folder))
        return done

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(recording, "record", record)
    bprunner.run(doc(), record=True)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9/")
    bprunner.run(doc(), record=True)
    assert [folder for _, folder in asked] == [tmp_path, tmp_path]
    assert str(tmp_path / "mlflow.db") in asked[0][0]
    assert "127.0.0.1:9" in asked[1][0]
