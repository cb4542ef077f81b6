"""One store is made for the whole session; each test that needs an existing one gets a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from bprunner.tracking import DatasetRecord, MetricSeries, RunRecord, Store, open_store, resolve_tracking_uri

STARTED = 1_700_000_000_000


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete, empty store: making one takes MLflow a second."""
    store = resolve_tracking_uri(tmp_path_factory.mktemp("template"), {})
    open_store(store)
    assert store.path is not None
    return store.path


@pytest.fixture
def store(tmp_path: Path, template: Path) -> Store:
    shutil.copy(template, tmp_path / "mlflow.db")
    return resolve_tracking_uri(tmp_path, {})


@pytest.fixture
def record(tmp_path: Path) -> RunRecord:
    """A run with something of everything."""
    files = tmp_path / "files"
    (files / "pages").mkdir(parents=True)
    (files / "trace.csv").write_text("step,error\n0,0.087\n")
    (files / "pages" / "index.html").write_text("<p>∂</p>")
    return RunRecord(
        experiment="doc",
        run_name="baseline",
        status="FINISHED",
        started=STARTED,
        ended=STARTED + 1234,
        parameters={"training.learning_rate": 0.05, "epochs": 1, "shuffle": False, "loss": "half_squared_error"},
        metrics=[
            MetricSeries("weight/w1", np.arange(3), np.array([0.1, 0.1 + 0.2, -5e-324])),
            MetricSeries("error", np.arange(3), np.array([0.087, 1e308, 0.5])),
        ],
        tags={"hash": "0123"},
        description="# The run\n",
        experiment_description="What it shows.",
        dataset=DatasetRecord(
            "doc", "d" * 36, "configs/doc.yaml", np.array([[2.0, 3.0]]), np.array([[1.0]]), ["i1", "i2"], ["o1"]
        ),
        files=[files / "trace.csv", files / "pages"],
    )
