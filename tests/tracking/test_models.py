"""A model is what MLflow's own writer would have written, and MLflow's own reader loads it by either address."""

from __future__ import annotations

import dataclasses
import importlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

import bprunner
from bprunner.errors import TrackingError
from bprunner.runs.model import model_record
from bprunner.runs.run import Run
from bprunner.tracking import RunRecord, Store, open_store, record_run, resolve_tracking_uri
from bprunner.tracking.models import write_model
from bprunner.tracking.records import ModelRecord
from bprunner.tracking.writer import INCOMPLETE
from tests.training.declarations import xor

INPUTS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]


@pytest.fixture(scope="module")
def run() -> Run:
    return bprunner.run(xor())


@pytest.fixture
def model(run: Run) -> ModelRecord:
    made = model_record(run)
    assert made is not None
    return made


@pytest.fixture
def trained(record: RunRecord, model: ModelRecord) -> RunRecord:
    """A run with its model."""
    return dataclasses.replace(record, model=model)


def predicted(loaded: Any) -> list[float]:
    frame = pd.DataFrame(INPUTS, columns=["i1", "i2"])
    return [float(value) for value in loaded.predict(frame)["prediction.o1"]]


def pyfunc() -> Any:
    """MLflow's own module, whose import warns of MLflow's own types."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("mlflow.pyfunc")


def loaded(address: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    monkeypatch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    return pyfunc().load_model(address)


def test_mlflow_loads_it_by_its_run_and_by_itself(
    store: Store, trained: RunRecord, run: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    done = record_run(trained, store)
    (output,) = open_store(store).get_run(done.run_id).outputs.model_outputs
    assert output.step == 10
    own = run.trace["prediction.o1"][-1].tolist()
    for address in (f"runs:/{done.run_id}/model", f"models:/{output.model_id}"):
        there = loaded(address, store, monkeypatch)
        assert predicted(there) == own
        # The signature has names, which rows of numbers have not: MLflow takes those from nobody then.
        assert there.get_raw_model().predict(INPUTS)["prediction.o1"].tolist() == own
        assert there.input_example.to_numpy().tolist() == INPUTS
        assert predicted(there) == there.predict(there.input_example)["prediction.o1"].tolist()
    assert capfd.readouterr() == ("", "")


def test_the_tab_of_models_has_it(store: Store, trained: RunRecord, run: Run) -> None:
    done, client = record_run(trained, store), open_store(store)
    (model,) = client.search_logged_models([done.experiment_id])
    assert (model.name, model.status.value, model.source_run_id) == ("model", "READY", done.run_id)
    assert model.params["training.learning_rate"] == "0.05"
    assert model.tags["configuration_hash"] == run.hash
    assert "Takes i1, i2: as the dataset declares them" in model.tags["mlflow.note.content"]
    assert model.tags["mlflow.user"]


@pytest.mark.filterwarnings("ignore")  # MLflow's writer uses what pandas will no longer have
def test_it_is_what_mlflow_would_write(store: Store, trained: RunRecord, model: ModelRecord, tmp_path: Path) -> None:
    from mlflow.models import Model

    client, done = open_store(store), record_run(trained, store)
    (kept,) = client.search_logged_models([done.experiment_id])
    ours, theirs = Path(kept.artifact_location.removeprefix("file://")), tmp_path / "theirs"
    data = tmp_path / "network"
    data.mkdir()
    for name, content in model.files.items():
        (data / name).write_bytes(content)
    pyfunc().save_model(
        theirs,
        loader_module=model.loader,
        data_path=str(data),
        signature=Model.load(str(ours)).signature,
        input_example=pd.DataFrame(INPUTS, columns=["i1", "i2"]),
        pip_requirements=[f"{name}=={version}" for name, version in model.requirements.items()],
        metadata=dict(model.metadata),
    )
    written = {path.name for path in theirs.iterdir()} - {"data"} | {"network"}
    assert {path.name for path in ours.iterdir()} == written
    for name in ("conda.yaml", "python_env.yaml", "input_example.json", "serving_input_example.json"):
        assert yaml.safe_load((ours / name).read_text()) == yaml.safe_load((theirs / name).read_text())
    assert (ours / "requirements.txt").read_text() == (theirs / "requirements.txt").read_text()
    assert described(ours) == described(theirs)


def described(folder: Path) -> dict[str, Any]:
    """A model's description, without what each has for itself."""
    told: dict[str, Any] = yaml.safe_load((folder / "MLmodel").read_text())
    assert told["model_size_bytes"] > 0
    assert told["flavors"]["python_function"].pop("data") in ("network", "data/network")
    own = ("artifact_path", "run_id", "model_id", "model_uuid", "utc_time_created", "model_size_bytes")
    return {key: value for key, value in told.items() if key not in own}


class Troubled:
    """A client of which one method raises."""

    def __init__(self, client: Any, method: str, trouble: BaseException) -> None:
        self._client, self._method, self._trouble = client, method, trouble

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            return self._raise
        return getattr(self._client, name)

    def _raise(self, *_: Any, **__: Any) -> None:
        raise self._trouble


def test_a_server_without_models_keeps_the_folder(
    store: Store, trained: RunRecord, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import ENDPOINT_NOT_FOUND

    unknown = MlflowException("failed with error code 404 != 200", ENDPOINT_NOT_FOUND)
    client: Any = Troubled(open_store(store), "create_logged_model", unknown)
    done = record_run(trained, store, client)
    assert done.artifact_path is not None
    assert (done.artifact_path / "model" / "MLmodel").exists()
    there = loaded(f"runs:/{done.run_id}/model", store, monkeypatch)
    assert predicted(there) == run.trace["prediction.o1"][-1].tolist()


@pytest.mark.parametrize(
    ("trouble", "raised", "status"),
    [(OSError("disk full"), TrackingError, "FAILED"), (KeyboardInterrupt(), KeyboardInterrupt, "KILLED")],
)
def test_a_model_that_is_not_complete_says_so(
    store: Store, trained: RunRecord, trouble: BaseException, raised: type[BaseException], status: str
) -> None:
    client: Any = Troubled(open_store(store), "log_model_artifacts", trouble)
    with pytest.raises(raised):
        record_run(trained, store, client)
    experiment = client.get_experiment_by_name("doc").experiment_id
    (run,) = client.search_runs([experiment])
    assert (run.info.status, INCOMPLETE in run.data.tags) == (status, True)
    (model,) = client.search_logged_models([experiment])
    assert model.status.value == "FAILED"


def test_other_troubles_of_the_store_are_told(store: Store, trained: RunRecord) -> None:
    from mlflow.exceptions import MlflowException

    client: Any = Troubled(open_store(store), "create_logged_model", MlflowException("no such thing"))
    with pytest.raises(TrackingError, match="no such thing"):
        record_run(trained, store, client)


def test_no_password_is_in_a_model(trained: RunRecord, model: ModelRecord, tmp_path: Path) -> None:
    store = resolve_tracking_uri(tmp_path, {"MLFLOW_TRACKING_URI": "http://me:sentinel@localhost:1"})

    class Server:
        seen = ""

        def create_logged_model(self, *arguments: Any) -> Any:
            self.seen += repr(arguments)
            place = f"{store.uri}/1/models/m-1/artifacts"
            return type("Made", (), {"model_id": "m-1", "artifact_location": place})

        def log_model_artifacts(self, _: str, folder: str) -> None:
            self.seen += "".join(path.read_text(errors="replace") for path in Path(folder).rglob("*") if path.is_file())

        def finalize_logged_model(self, *_: Any) -> None: ...

        def log_outputs(self, *_: Any) -> None: ...

    server: Any = Server()
    assert write_model(server, store, "1", "r", trained, model) == "models:/m-1"
    assert "m-1/artifacts" in server.seen
    assert "sentinel" not in server.seen


def test_hostile_names_are_columns(store: Store, trained: RunRecord, model: ModelRecord) -> None:
    from mlflow.models import Model

    names = ("<img src=x onerror=alert(1)> `x`: {a: 1}", '"}]</script>\u202e🙂\n- - #')
    hostile = dataclasses.replace(trained, model=dataclasses.replace(model, inputs=names))
    done, client = record_run(hostile, store), open_store(store)
    (kept,) = client.search_logged_models([done.experiment_id])
    folder = Path(kept.artifact_location.removeprefix("file://"))
    assert tuple(Model.load(str(folder)).signature.inputs.input_names()) == names
    example = json.loads((folder / "input_example.json").read_text())
    assert tuple(example["columns"]) == names
    assert np.array(example["data"]).tolist() == INPUTS
