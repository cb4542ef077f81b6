"""An experiment of MLflow's is found by its name, or made, and described."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from bprunner.errors import TrackingError
from bprunner.tracking.addresses import Store
from bprunner.tracking.checks import LONGEST_EXPERIMENT_TAG
from bprunner.tracking.records import RunRecord
from bprunner.tracking.rows import NOTE, shortened

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

# Without a kind, MLflow shows an experiment among the pages for language models.
TRAINING_PAGES = {"mlflow.experimentKind": "custom_model_development"}
NOTE_DIGEST = "bprunner.note_digest"


def experiment_of(client: MlflowClient, record: RunRecord, store: Store) -> Experiment:
    """The experiment of that name: found, restored from MLflow's bin, or made. Another process may do so too."""
    found = client.get_experiment_by_name(record.experiment) or _make_experiment(client, record, store)
    if found.lifecycle_stage == "deleted":
        with suppress(Exception):  # where it was restored meanwhile; if not, creating the run says why
            client.restore_experiment(found.experiment_id)
    if store.kind != "server" and str(found.artifact_location).startswith("mlflow-artifacts:"):
        raise TrackingError(
            f"The experiment {record.experiment!r} was made by an MLflow server, and only that server can reach its "
            "files. Set MLFLOW_TRACKING_URI to the server's address, or give the experiment another name."
        )
    _describe(client, found, record.experiment_description)
    return found


def _make_experiment(client: MlflowClient, record: RunRecord, store: Store) -> Experiment:
    from mlflow.exceptions import MlflowException

    root = store.artifact_root
    location = (root / _folder_name(record.experiment)).as_uri() if root else None
    try:
        made = client.create_experiment(
            record.experiment, location, {**TRAINING_PAGES, **_note_tags(record.experiment_description)}
        )
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return client.get_experiment_by_name(record.experiment)
    return client.get_experiment(made)


def _folder_name(experiment: str) -> str:
    """The experiment's folder: its name where a folder can be called so. Two may share one; runs' ids differ."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", experiment)[:100].strip("-.") or "experiment"


def _note_tags(text: str) -> dict[str, str]:
    note = shortened(text, LONGEST_EXPERIMENT_TAG)
    return {NOTE: note, NOTE_DIGEST: hashlib.sha256(note.encode()).hexdigest()[:16]} if note else {}


def _describe(client: MlflowClient, experiment: Experiment, text: str) -> None:
    """Bring the experiment's description up to date, unless somebody has rewritten it in MLflow."""
    wanted, now = _note_tags(text), experiment.tags.get(NOTE, "")
    ours = not now or experiment.tags.get(NOTE_DIGEST) == _note_tags(now).get(NOTE_DIGEST)
    if wanted and ours and now != wanted[NOTE]:
        for key, value in wanted.items():
            client.set_experiment_tag(experiment.experiment_id, key, value)
