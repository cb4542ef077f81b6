"""The writer puts the record of one run into MLflow.

Everything goes through a client and an explicit run id, so nothing is active, nothing global changes and a run
always ends with the status it had. The order is: what can be refused is refused; then the experiment, the run, its
parameters and metrics, its dataset, its files, its end.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from bprunner.errors import TrackingError
from bprunner.tracking.addresses import Store, link
from bprunner.tracking.records import DatasetRecord, MetricSeries, Recorded, RunRecord
from bprunner.tracking.store import open_store, translated

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Experiment, Metric, Param

# MLflow's limits, in characters. It cuts a longer parameter or tag without a word.
LONGEST_KEY, LONGEST_PARAMETER, LONGEST_TAG, LONGEST_EXPERIMENT_TAG, LONGEST_DIGEST = 250, 6000, 8000, 20_000, 36
ROWS_A_BATCH, PARAMETERS_A_BATCH = 1000, 100
NOTE = "mlflow.note.content"
# Without a kind, MLflow shows an experiment among the pages for language models.
TRAINING_PAGES = {"mlflow.experimentKind": "custom_model_development"}
NOTE_DIGEST = "bprunner.note_digest"
_KEY = re.compile(r"[/\w.\- :]+")


def record_run(record: RunRecord, store: Store, client: MlflowClient | None = None) -> Recorded:
    """Write `record` to `store` as a new run and say where it went.

    A caller with many records opens the store once and passes its client. Raises TrackingError where it cannot be
    written; the run is then marked FAILED where that is still possible. An interrupt marks it KILLED.
    """
    _check(record)
    rows, lost = _rows(record.metrics, record.started), _non_finite(record.metrics)
    client = client or open_store(store)
    with translated(store, "be written"):
        experiment = _experiment(client, record, store)
        run = client.create_run(
            experiment.experiment_id,
            start_time=record.started,
            tags=_tags(record, lost),
            run_name=record.run_name,
        )
        run_id, artifact_uri = str(run.info.run_id), str(run.info.artifact_uri)
        try:
            written = _write_rows(client, run_id, rows, _parameters(record.parameters))
            _write_inputs_and_files(client, run_id, record)
            client.set_terminated(run_id, record.status, record.ended)
        except Exception as error:
            _give_up(client, run_id, "FAILED", store.without_secrets(str(error)))
            raise
        except BaseException:
            _give_up(client, run_id, "KILLED", "interrupted")
            raise
    return Recorded(
        run_id=run_id,
        experiment_id=str(experiment.experiment_id),
        tracking_uri=store.shown,
        artifact_uri=store.without_secrets(artifact_uri),
        artifact_path=_local(artifact_uri),
        rows=written,
        rows_left_out=sum(count for _, count, _ in lost.values()),
        link_hint=link(store, str(experiment.experiment_id), run_id),
    )


def write_metrics(client: MlflowClient, run_id: str, series: Sequence[MetricSeries], started: int) -> int:
    """Write metric rows to a run and say how many. Writing the same again changes nothing.

    A row is the same to MLflow where run, key, step, value and timestamp are. So the timestamp is no clock: it is
    `started` plus the step, in milliseconds.
    """
    return _write_rows(client, run_id, _rows(series, started), [])


def _give_up(client: MlflowClient, run_id: str, status: str, why: str) -> None:
    """Say in MLflow itself that this run's record is incomplete. The first trouble stays the one that is raised."""
    with suppress(Exception):
        client.set_tag(run_id, "bprunner.incomplete_record", why[:LONGEST_TAG])
    with suppress(Exception):
        client.set_terminated(run_id, status)


# --- what is refused before anything is written


def _check(record: RunRecord) -> None:
    for key, value in record.parameters.items():
        _check_entry("parameter", key, _text(value), LONGEST_PARAMETER)
    for key, value in record.tags.items():
        _check_entry("tag", key, value, LONGEST_TAG)
    for series in record.metrics:
        _check_entry("metric", series.key, "", 0)
    if record.dataset is not None and len(record.dataset.digest) > LONGEST_DIGEST:
        raise TrackingError(f"MLflow keeps {LONGEST_DIGEST} characters of a dataset's digest, not more: shorten it.")
    _check_files(record.files)


def _check_entry(kind: str, key: str, value: str, longest: int) -> None:
    if len(key) > LONGEST_KEY or not _KEY.fullmatch(key):
        raise TrackingError(
            f"MLflow takes no {kind} named {key[:80]!r}: a name has at most {LONGEST_KEY} letters, digits, "
            "spaces and / _ . - : only."
        )
    if len(value) > longest:
        raise TrackingError(
            f"The {kind} {key!r} has {len(value):,} characters and MLflow would cut it at {longest:,}: "
            "put it into a file, and its hash here."
        )


def _check_files(files: Sequence[Path]) -> None:
    seen: set[str] = set()
    for path in files:
        if not path.exists():
            raise TrackingError(f"There is no file {path} to keep in MLflow.")
        if path.name in seen:
            raise TrackingError(f"Two files named {path.name!r} would overwrite each other in MLflow: rename one.")
        seen.add(path.name)


# --- the experiment


def _experiment(client: MlflowClient, record: RunRecord, store: Store) -> Experiment:
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
    note = _shortened(text, LONGEST_EXPERIMENT_TAG)
    return {NOTE: note, NOTE_DIGEST: hashlib.sha256(note.encode()).hexdigest()[:16]} if note else {}


def _describe(client: MlflowClient, experiment: Experiment, text: str) -> None:
    """Bring the experiment's description up to date, unless somebody has rewritten it in MLflow."""
    wanted, now = _note_tags(text), experiment.tags.get(NOTE, "")
    ours = not now or experiment.tags.get(NOTE_DIGEST) == _note_tags(now).get(NOTE_DIGEST)
    if wanted and ours and now != wanted[NOTE]:
        for key, value in wanted.items():
            client.set_experiment_tag(experiment.experiment_id, key, value)


# --- parameters, tags and metrics


def _text(value: str | float | int | bool) -> str:
    """A parameter as YAML writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parameters(parameters: Mapping[str, str | float | int | bool]) -> list[Param]:
    from mlflow.entities import Param

    return [Param(key, _text(value)) for key, value in parameters.items()]


def _tags(record: RunRecord, lost: Mapping[str, tuple[int, int, float]]) -> dict[str, str]:
    tags = {"mlflow.user": _user(), "mlflow.source.name": "bprunner", "mlflow.source.type": "LOCAL"}
    if record.description:
        tags[NOTE] = _shortened(record.description, LONGEST_TAG)
    return tags | _lost_tags(lost) | dict(record.tags)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a user database
        return "unknown"


def _shortened(text: str, longest: int) -> str:
    """Markdown that fits, cut at a line's end where it has to be, and saying so."""
    if len(text) <= longest:
        return text
    ending = "\n\n*(cut: this is as much as MLflow can show)*"
    return text[: longest - len(ending)].rpartition("\n")[0] + ending


def _non_finite(metrics: Sequence[MetricSeries]) -> dict[str, tuple[int, int, float]]:
    """By key: the first step whose value is not finite, how many there are, and that first value."""
    import numpy as np

    lost = {}
    for series in metrics:
        places = np.flatnonzero(~np.isfinite(series.values))
        if places.size:
            lost[series.key] = (int(series.steps[places[0]]), int(places.size), float(series.values[places[0]]))
    return lost


def _lost_tags(lost: Mapping[str, tuple[int, int, float]]) -> dict[str, str]:
    """What was left out, where a reader can see and search it: the first step, how many rows, each key's beginning."""
    if not lost:
        return {}
    begins = [f"{key}: {value} from step {step}" for key, (step, _, value) in lost.items()]
    return {
        "non_finite.first_step": str(min(step for step, _, _ in lost.values())),
        "non_finite.rows": str(sum(count for _, count, _ in lost.values())),
        "non_finite.series": _shortened("\n".join(begins), LONGEST_TAG),
    }


def _rows(metrics: Sequence[MetricSeries], started: int) -> Iterator[Metric]:
    """Every finite value as an MLflow row, in plain numbers: SQLite keeps a NumPy step as bytes."""
    import numpy as np
    from mlflow.entities import Metric

    for series in metrics:
        finite = np.isfinite(series.values)
        for step, value in zip(series.steps[finite].tolist(), series.values[finite].tolist(), strict=True):
            yield Metric(series.key, value, started + step, step)


def _write_rows(client: MlflowClient, run_id: str, rows: Iterator[Metric], parameters: Sequence[Param]) -> int:
    """Write in as few calls as MLflow's limits allow, the parameters with the first rows."""
    written = 0
    for start in range(0, len(parameters) - PARAMETERS_A_BATCH, PARAMETERS_A_BATCH):
        client.log_batch(run_id, params=parameters[start : start + PARAMETERS_A_BATCH])
    rest = parameters[(len(parameters) - 1) // PARAMETERS_A_BATCH * PARAMETERS_A_BATCH :]
    while (batch := list(islice(rows, ROWS_A_BATCH - len(rest)))) or rest:
        client.log_batch(run_id, metrics=batch, params=rest)
        written, rest = written + len(batch), []
    return written


# --- the dataset, the files


def _write_inputs_and_files(client: MlflowClient, run_id: str, record: RunRecord) -> None:
    if record.dataset is not None:
        client.log_inputs(run_id, datasets=[_dataset_input(record.dataset)])
    for path in record.files:
        client.log_artifact(run_id, str(path))


def _dataset_input(dataset: DatasetRecord) -> DatasetInput:
    """The dataset as MLflow's pages show it: each column by name, how many samples, where from."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    names = [*dataset.input_names, *dataset.target_names]
    columns = [{"type": "double", "name": name, "required": True} for name in names]
    samples = dataset.inputs.shape[0]
    profile = {"num_rows": samples, "num_elements": int(dataset.inputs.size + dataset.targets.size)}
    kind, source = _source(dataset.source)
    entity = Dataset(
        name=dataset.name,
        digest=dataset.digest,
        source_type=kind,
        source=source,
        schema=json.dumps({"mlflow_colspec": columns}),
        profile=json.dumps(profile),
    )
    return DatasetInput(entity, [InputTag("mlflow.data.context", "training")])


def _source(text: str) -> tuple[str, str]:
    """MLflow's kinds of source: an address it can link to, or the code (here: the file) that made the data."""
    if text.startswith(("http://", "https://")):
        return "http", json.dumps({"url": text})
    return "code", json.dumps({"tags": {"mlflow.source.name": text}})


def _local(artifact_uri: str) -> Path | None:
    """The folder on this machine, where the files went to one."""
    parts = urlsplit(artifact_uri)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    return Path(artifact_uri) if artifact_uri.startswith("/") else None
