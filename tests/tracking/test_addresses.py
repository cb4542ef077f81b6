"""Which store is in use, and what people see of its address."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bprunner.errors import TrackingError
from bprunner.tracking import Store, link, resolve_tracking_uri

SECRET = "hunter2"


def resolve(folder: Path, uri: str) -> Store:
    return resolve_tracking_uri(folder, {"MLFLOW_TRACKING_URI": uri})


@pytest.mark.parametrize("environ", [{}, {"MLFLOW_TRACKING_URI": ""}, {"MLFLOW_TRACKING_URI": "  "}])
def test_the_default_is_what_a_plain_mlflow_ui_finds(tmp_path: Path, environ: dict[str, str]) -> None:
    store = resolve_tracking_uri(tmp_path, environ)
    assert store.uri == f"sqlite:///{tmp_path}/mlflow.db"
    assert store.path == tmp_path / "mlflow.db"
    assert store.artifact_root == tmp_path / "mlruns"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sqlite:///runs/x.db", "sqlite:///{folder}/runs/x.db"),
        ("sqlite:////somewhere/x.db", "sqlite:////somewhere/x.db"),
        ("sqlite:///x.db?timeout=5", "sqlite:///{folder}/x.db?timeout=5"),
        ("runs", "file://{folder}/runs"),
        ("./runs", "file://{folder}/runs"),
        ("file:runs", "file://{folder}/runs"),
        ("file:///somewhere/runs", "file:///somewhere/runs"),
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
        ("databricks", "databricks"),
        ("postgresql://localhost/runs", "postgresql://localhost/runs"),
    ],
)
def test_the_environment_is_honoured_and_paths_are_absolute(tmp_path: Path, uri: str, expected: str) -> None:
    assert resolve(tmp_path, uri).uri == expected.format(folder=tmp_path)


@pytest.mark.parametrize("uri", ["sqlite://", "sqlite:///", "sqlite:///:memory:", f"sqlite://me:{SECRET}@/x.db"])
def test_a_store_in_memory_is_refused(tmp_path: Path, uri: str) -> None:
    with pytest.raises(TrackingError, match="names no file") as caught:
        resolve(tmp_path, uri)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", ["why?", "a%20b"])
def test_a_folder_that_mlflow_cannot_reach_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TrackingError, match="MLflow cannot keep a store"):
        resolve_tracking_uri(tmp_path / name, {})


@pytest.mark.parametrize(
    "uri",
    [
        f"http://me:{SECRET}@127.0.0.1:5000",
        f"http://{SECRET}@127.0.0.1:5000",
        f"https://me:{SECRET}@example.org/mlflow?token={SECRET}",
        f"postgresql+psycopg2://me:{SECRET}@localhost/runs?password={SECRET}",
        f"mysql://me:{SECRET}/?#@localhost/runs",
        f"postgresql://me:a@{SECRET}@localhost/runs",
        f"odd://me:{SECRET}@localhost",
    ],
)
def test_nobody_sees_a_password(tmp_path: Path, uri: str) -> None:
    store = resolve(tmp_path, uri)
    assert store.uri == uri
    for seen in (
        store.shown,
        repr(store),
        str(store),
        link(store, "1", "r"),
        store.without_secrets(f"{uri} {SECRET}/"),
    ):
        assert SECRET not in seen


def test_a_quoted_password_is_removed_in_both_spellings(tmp_path: Path) -> None:
    store = resolve(tmp_path, "postgresql://me:p%40ss@localhost/runs")
    assert store.without_secrets("p%40ss and p@ss") == "*** and ***"


def test_links(tmp_path: Path) -> None:
    server = resolve(tmp_path, "http://127.0.0.1:5000/")
    assert link(server, "7", "abc") == "http://127.0.0.1:5000/#/experiments/7/runs/abc?workflowType=machine_learning"
    charts = "http://127.0.0.1:5000/#/experiments/7/runs?workflowType=machine_learning&compareRunsMode=CHART"
    assert link(server, "7") == charts
    assert link(server) == "http://127.0.0.1:5000/"
    assert link(resolve_tracking_uri(tmp_path, {})) == f"mlflow ui --backend-store-uri 'sqlite:///{tmp_path}/mlflow.db'"


def test_importing_tracking_is_cheap() -> None:
    code = "import sys, bprunner.tracking; print([name for name in ('mlflow', 'numpy', 'yaml') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
