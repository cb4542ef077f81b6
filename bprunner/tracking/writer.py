"""The writer puts the record of one run into MLflow.

Everything goes through a client and an explicit run id, so nothing is active, nothing global changes and a run
always ends with the status it had. The order is: what can be refused is refused; then the experiment, the run, its
parameters and metrics, its dataset, its files, its model, its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from bprunner.tracking.addresses import Store, addressed, link, local_folder
from bprunner.tracking.checks import LONGEST_TAG, check_record
from bprunner.tracking.experiments import dress, experiment_of, first_view
from bprunner.tracking.models import write_model
from bprunner.tracking.records import MetricSeries, Recorded, RunRecord
from bprunner.tracking.rows import (
    NOTE,
    dataset_input,
    metric_rows,
    non_finite,
    params,
    record_tags,
    shortened,
    write_rows,
)
from bprunner.tracking.store import open_store, translated

if TYPE_CHECKING:
    from mlflow import MlflowClient

INCOMPLETE = "bprunner.incomplete_record"


def record_run(record: RunRecord, store: Store, client: MlflowClient | None = None) -> Recorded:
    """Write `record` to `store` as a new run and say where it went.

    A caller with many records opens the store once and passes its client. Raises TrackingError where it cannot be
    written; the run is then marked FAILED where that is still possible. An interrupt marks it KILLED.
    """
    check_record(record)
    rows, lost = metric_rows(record.metrics, record.started), non_finite(record.metrics)
    client = client or open_store(store)
    with translated(store, "be written"):
        experiment = experiment_of(client, record, store)
        run = client.create_run(
            experiment.experiment_id,
            start_time=record.started,
            tags=record_tags(record, lost),
            run_name=record.run_name,
        )
        run_id, artifact_uri = str(run.info.run_id), str(run.info.artifact_uri)
        try:
            note = addressed(record.description, str(experiment.experiment_id), run_id)
            if note != record.description:
                client.set_tag(run_id, NOTE, shortened(note, LONGEST_TAG))
            written = write_rows(client, run_id, rows, params(record.parameters))
            _write_inputs_and_files(client, run_id, record)
            if record.model is not None:
                write_model(client, store, str(experiment.experiment_id), run_id, record, record.model)
            dress(client, experiment, record, run_id)
            client.set_terminated(run_id, record.status, record.ended)
        except Exception as error:
            give_up(client, run_id, "FAILED", store.without_secrets(str(error)))
            raise
        except BaseException:
            give_up(client, run_id, "KILLED", "interrupted")
            raise
    return Recorded(
        run_id=run_id,
        experiment_id=str(experiment.experiment_id),
        tracking_uri=store.shown,
        artifact_uri=store.without_secrets(artifact_uri),
        artifact_path=local_folder(artifact_uri),
        rows=written,
        rows_left_out=sum(count for _, count, _ in lost.values()),
        link_hint=link(store, str(experiment.experiment_id), run_id, first_view(record)),
    )


def write_metrics(client: MlflowClient, run_id: str, series: Sequence[MetricSeries], started: int) -> int:
    """Write metric rows to a run and say how many. Writing the same again changes nothing.

    A row is the same to MLflow where run, key, step, value and timestamp are. So the timestamp is no clock: it is
    `started` plus the step, in milliseconds.
    """
    return write_rows(client, run_id, metric_rows(series, started), [])


def give_up(client: MlflowClient, run_id: str, status: str, why: str) -> None:
    """Say in MLflow itself that this run's record is incomplete. The first trouble stays the one that is raised."""
    with suppress(Exception):
        client.set_tag(run_id, INCOMPLETE, why[:LONGEST_TAG])
    with suppress(Exception):
        client.set_terminated(run_id, status)


def _write_inputs_and_files(client: MlflowClient, run_id: str, record: RunRecord) -> None:
    if record.dataset is not None:
        client.log_inputs(run_id, datasets=[dataset_input(record.dataset)])
    for path in record.files:
        client.log_artifact(run_id, str(path))
