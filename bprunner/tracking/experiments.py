"""An experiment of MLflow's is found by its name, or made; and it is described, and has views."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from bprunner.errors import TrackingError
from bprunner.tracking.addresses import Store, addressed
from bprunner.tracking.checks import LONGEST_EXPERIMENT_TAG
from bprunner.tracking.records import RunRecord
from bprunner.tracking.rows import NOTE, shortened
from bprunner.tracking.views import can_show_views, is_part, tag_of

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

# Without a kind, MLflow shows an experiment among the pages for language models.
TRAINING_PAGES = {"mlflow.experimentKind": "custom_model_development"}
NOTE_DIGEST = "bprunner.note_digest"
_REFUSED = ("INVALID_PARAMETER_VALUE", "ENDPOINT_NOT_FOUND", "NOT_IMPLEMENTED", "PERMISSION_DENIED")


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
    return found


def _make_experiment(client: MlflowClient, record: RunRecord, store: Store) -> Experiment:
    from mlflow.exceptions import MlflowException

    root = store.artifact_root
    location = (root / _folder_name(record.experiment)).as_uri() if root else None
    try:
        made = client.create_experiment(record.experiment, location, TRAINING_PAGES)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return client.get_experiment_by_name(record.experiment)
    return client.get_experiment(made)


def _folder_name(experiment: str) -> str:
    """The experiment's folder: its name where a folder can be called so. Two may share one; runs' ids differ."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", experiment)[:100].strip("-.") or "experiment"


def dress(client: MlflowClient, experiment: Experiment, record: RunRecord, run_id: str) -> None:
    """Bring the experiment's description and views up to date, for a run that is written.

    A description that somebody has rewritten in MLflow stays. Of a study that is not the last one, the dashboard stays,
    and the views of its parts go: else the list of views would soon be longer than anybody reads. The record is whole
    without any of it: what a store refuses, such as an older server whose tags are shorter, is left out.
    """
    # Somebody may have changed it while the run was written.
    experiment = client.get_experiment(experiment.experiment_id)
    wanted: dict[str, str] = {}
    text = addressed(record.experiment_description, str(experiment.experiment_id), run_id)
    now = experiment.tags.get(NOTE, "")
    if not now or experiment.tags.get(NOTE_DIGEST) == _note_tags(now).get(NOTE_DIGEST):
        wanted |= _note_tags(text)
    if record.views and can_show_views():
        # MLflow lists the newest first.
        count = len(record.views)
        wanted |= dict(tag_of(view, record.started + count - at) for at, view in enumerate(record.views))
    for key, value in wanted.items():
        if experiment.tags.get(key) != value:
            with _or_without():
                client.set_experiment_tag(experiment.experiment_id, key, value)
    for key in _superseded(experiment.tags, wanted):
        with _or_without():
            client.delete_experiment_tag(experiment.experiment_id, key)


@contextmanager
def _or_without() -> Iterator[None]:
    """What a store refuses is left out. That it fails, or is gone, is another matter, and is raised."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if error.error_code not in _REFUSED:
            raise


def first_view(record: RunRecord) -> str:
    """The key of the view that shows a record best; empty where it has none."""
    return record.views[0].key if record.views and can_show_views() else ""


def _superseded(there: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """The views of parts of other studies, where a study has some now."""
    new = [key for key in wanted if is_part(key)]
    return [key for key in there if is_part(key) and key not in new] if new else []


def _note_tags(text: str) -> dict[str, str]:
    note = shortened(text, LONGEST_EXPERIMENT_TAG)
    return {NOTE: note, NOTE_DIGEST: hashlib.sha256(note.encode()).hexdigest()[:16]} if note else {}
