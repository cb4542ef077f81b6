"""A model is what MLflow keeps of a trained network: a folder in its pyfunc flavour, which anybody can load.

Its files are written here as `mlflow.pyfunc.save_model` would write them, which takes a tenth of a second longer: it
imports more, tries the model, and looks what it needs. MLflow shows the model in the tab of that name, linked to its
run; servers that do not know such models yet get its folder among the run's files. Both load as runs:/<run>/model.
"""

from __future__ import annotations

import json
import platform
import tempfile
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bprunner.tracking.addresses import Store
from bprunner.tracking.checks import LONGEST_TAG
from bprunner.tracking.records import ModelRecord, RunRecord, as_text
from bprunner.tracking.rows import NOTE, record_tags, shortened

if TYPE_CHECKING:
    from mlflow import MlflowClient

_DATA = "network"
_UNKNOWN = ("ENDPOINT_NOT_FOUND", "NOT_FOUND", "NOT_IMPLEMENTED")
"""What servers say that do not know models of their own."""


def write_model(
    client: MlflowClient, store: Store, experiment_id: str, run_id: str, run: RunRecord, record: ModelRecord
) -> str:
    """Writes a run's model and returns its address."""
    from mlflow.entities import LoggedModelOutput

    made = _created(client, experiment_id, run_id, run, record)
    with tempfile.TemporaryDirectory(prefix="bprunner-") as name:
        folder = Path(name) / record.name
        if made is None:
            _write_folder(folder, record, run_id, "", record.name)
            client.log_artifacts(run_id, str(folder), record.name)
            return f"runs:/{run_id}/{record.name}"
        try:
            place = store.without_secrets(str(made.artifact_location))
            _write_folder(folder, record, run_id, str(made.model_id), place)
            client.log_model_artifacts(made.model_id, str(folder))
            client.finalize_logged_model(made.model_id, "READY")
            client.log_outputs(run_id, [LoggedModelOutput(made.model_id, step=record.step)])
        except BaseException:
            _give_up(client, str(made.model_id))
            raise
    return f"models:/{made.model_id}"


def _created(client: MlflowClient, experiment_id: str, run_id: str, run: RunRecord, record: ModelRecord) -> Any:
    """The model's entry in the store, with the parameters of its run, as MLflow itself has it; None where the server
    does not know such entries."""
    from mlflow.exceptions import MlflowException

    own = {name: text for name, text in record_tags(run, {}).items() if name.startswith("mlflow.")}
    note = {NOTE: shortened(record.description, LONGEST_TAG)} if record.description else {}
    tags = {**{name: text for name, text in own.items() if name != NOTE}, **note, **record.metadata}
    parameters = {name: as_text(value) for name, value in run.parameters.items()}
    try:
        return client.create_logged_model(experiment_id, record.name, run_id, tags, parameters)
    except MlflowException as error:
        if error.error_code in _UNKNOWN:
            return None
        raise


def _give_up(client: MlflowClient, model_id: str) -> None:
    """Says in MLflow that this model is incomplete. The first trouble stays the one that is raised."""
    with suppress(Exception):
        client.finalize_logged_model(model_id, "FAILED")


# The folder


def _write_folder(folder: Path, record: ModelRecord, run_id: str, model_id: str, place: str) -> None:
    """All files of a model, MLmodel last: it says how many bytes the others have."""
    data = folder / _DATA
    data.mkdir(parents=True)
    for name, content in record.files.items():
        (data / name).write_bytes(content)
    for name, text in {**_environment(record), **_example(record)}.items():
        (folder / name).write_text(text, encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    (folder / "MLmodel").write_text(_description(record, run_id, model_id, place, size), encoding="utf-8")


def _description(record: ModelRecord, run_id: str, model_id: str, place: str, size: int) -> str:
    """The MLmodel file."""
    from mlflow.models import Model, ModelSignature
    from mlflow.types.schema import ColSpec, DataType, Schema

    def columns(names: Any) -> Schema:
        return Schema([ColSpec(DataType.double, name) for name in names])

    model = Model(
        artifact_path=place,
        run_id=run_id,
        model_uuid=model_id or None,
        model_id=model_id or None,
        model_size_bytes=size,
        signature=ModelSignature(columns(record.inputs), columns(record.outputs)),
        saved_input_example_info={
            "artifact_path": "input_example.json",
            "type": "dataframe",
            "pandas_orient": "split",
            "serving_input_path": "serving_input_example.json",
        },
        metadata=dict(record.metadata),
    )
    model.add_flavor(
        "python_function",
        loader_module=record.loader,
        data=_DATA,
        code=None,
        env={"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
        python_version=platform.python_version(),
        streamable=False,
    )
    return str(model.to_yaml())


def _environment(record: ModelRecord) -> dict[str, str]:
    """The packages that it needs, in the three forms that MLflow reads: nothing is looked for."""
    import yaml
    from mlflow import __version__ as mlflow_version

    pinned = [f"{name}=={version}" for name, version in {"mlflow": mlflow_version, **record.requirements}.items()]
    python = platform.python_version()
    pip, setuptools = _installed("pip"), _installed("setuptools")
    conda = {
        "channels": ["conda-forge"],
        "dependencies": [f"python={python}", f"pip<={pip}" if pip else "pip", {"pip": pinned}],
        "name": "mlflow-env",
    }
    tools = [f"pip=={pip}" if pip else "pip", f"setuptools=={setuptools}" if setuptools else "setuptools", "wheel"]
    virtualenv = {"python": python, "build_dependencies": tools, "dependencies": ["-r requirements.txt"]}
    return {
        "requirements.txt": "\n".join(pinned),
        "conda.yaml": yaml.safe_dump(conda, sort_keys=False),
        "python_env.yaml": yaml.safe_dump(virtualenv, sort_keys=False),
    }


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _example(record: ModelRecord) -> dict[str, str]:
    """Some rows as a frame, and as what a server is sent."""
    frame = {"columns": list(record.inputs), "data": record.example.tolist()}
    return {
        "input_example.json": json.dumps(frame),
        "serving_input_example.json": json.dumps({"dataframe_split": frame}, indent=2),
    }
