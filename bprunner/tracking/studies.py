"""A study in MLflow is a parent run with a child for each of its runs. Here they are written, in any number.

The children come from an iterator and go in batches, so that few stand in memory. Each has an id made from what it is.
So a study may be written again, whole or in part, after whatever happened: what is there stays, what was left half done
is finished, what is missing is added. The end is the same as if nothing had happened.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bprunner.errors import TrackingError
from bprunner.tracking.addresses import Store, addressed, link, local_folder
from bprunner.tracking.bulk import (
    ROWS_A_TRANSACTION,
    RUNS_A_TRANSACTION,
    Database,
    NewRun,
    database_of,
    is_busy,
    patiently,
)
from bprunner.tracking.checks import LONGEST_RUN_NAME, LONGEST_TAG, check_child, check_parent, check_record
from bprunner.tracking.experiments import dress, experiment_of, first_view
from bprunner.tracking.records import MetricSeries, Parameters, RunRecord, Status, as_text
from bprunner.tracking.rows import (
    NOTE,
    Lost,
    dataset_input,
    finite_part,
    lost_tags,
    metric_rows,
    non_finite,
    params,
    record_tags,
    rows_lost,
    shortened,
    user_name,
    write_rows,
)
from bprunner.tracking.store import open_store, translated
from bprunner.tracking.writer import INCOMPLETE, give_up

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment

__all__ = [
    "BASELINE",
    "LONGEST_RUN_NAME",
    "RECORD",
    "STUDY",
    "ChildRecord",
    "RecordedStudy",
    "StudyRecord",
    "StudyRecording",
    "begin_study",
    "may_have_run",
    "record_id",
    "record_study",
]

# Tags by which a study's runs are found. MLflow makes a run's id itself where we do not write its tables.
STUDY, RECORD, BASELINE = "bprunner.study", "bprunner.record", "bprunner.baseline_run"
PARENT, RUN_NAME = "mlflow.parentRunId", "mlflow.runName"
RUNS_A_PAGE = 1000
_COPYING = ".artifact.uploading."  # how the names of MLflow's unfinished copies begin
Way = Literal["tables", "log_batch"]


def record_id(study: str, cell: str = "") -> str:
    """The id of a study's parent, or of one of its children: 32 hexadecimal digits.

    `study` is a text that no other study of the store has: its MLflow experiment belongs in it. `cell` says what the
    child is, such as its configuration's hash. The ids of a study begin alike, so that its rows stand together in the
    database's indices.
    """
    first = hashlib.sha256(study.encode()).hexdigest()[:16]
    return first + hashlib.sha256(f"{study}\n{cell}".encode()).hexdigest()[:16]


@dataclass(frozen=True)
class ChildRecord:
    """One run of a study, ended, as MLflow shall keep it. `record_id` is what the function of that name makes.

    The other fields are those of a RunRecord.
    """

    record_id: str
    run_name: str
    status: Status
    started: int
    ended: int
    parameters: Parameters = field(default_factory=dict)
    metrics: Sequence[MetricSeries] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True)
class StudyRecord:
    """A study, as MLflow shall keep it: the parent run, and its children, which are taken one by one.

    `record_id` is the parent's, `baseline` that of the child with which the others are compared. That child comes
    first; where MLflow makes the ids, those that came before it do not name it.
    """

    record_id: str
    parent: RunRecord
    children: Iterable[ChildRecord] = ()
    baseline: str = ""


@dataclass(frozen=True)
class RecordedStudy:
    """Where a study went. No text in it holds a password.

    `written` children are new, `skipped` were there, `repaired` were left half done and are finished now, or marked
    KILLED where they did not come again. `rows` metric values of children were written, `rows_left_out` were not
    finite. `why_slow` says why MLflow's tables were not written directly, where they were not.
    """

    run_id: str
    experiment_id: str
    tracking_uri: str
    artifact_uri: str
    artifact_path: Path | None
    written: int
    skipped: int
    repaired: int
    rows: int
    rows_left_out: int
    way: Way
    why_slow: str
    link_hint: str


def record_study(study: StudyRecord, store: Store, client: MlflowClient | None = None) -> RecordedStudy:
    """Write `study` to `store` and say where it went. Writing it again writes nothing twice.

    Raises TrackingError where it cannot be written; children whose transaction is done stay, and the parent is marked
    FAILED where that is still possible. An interrupt, of the children's iterator too, marks it KILLED. A store that
    somebody else has locked is tried for `bulk.PATIENCE` seconds.
    """
    recording = begin_study(study, store, client)
    try:
        recording.write(study.children)
        return recording.finish(study.parent)
    except Exception as error:
        recording.give_up("FAILED", store.without_secrets(str(error)))
        raise
    except BaseException:
        recording.give_up("KILLED", "interrupted")
        raise


def may_have_run(store: Store, run_id: str) -> bool:
    """False where a store does not have a run, deleted ones included, as far as that can be told without MLflow."""
    path = store.path
    if path is None:
        return True
    if store.kind != "sqlite" or not path.exists():
        return path.exists()
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=1)) as connection:
            return connection.execute("SELECT 1 FROM runs WHERE run_uuid = ?", (run_id,)).fetchone() is not None
    except sqlite3.OperationalError as error:
        return is_busy(error)
    except sqlite3.Error:
        return False


def begin_study(study: StudyRecord, store: Store, client: MlflowClient | None = None) -> StudyRecording:
    """Write the study's parent run, RUNNING, or find it, and say to whom its children go.

    For who has the children bit by bit; `study.children` is not looked at. Raises TrackingError.
    """
    check_parent(study)
    client = client or open_store(store)
    with translated(store, "be written"):
        experiment = patiently(lambda: experiment_of(client, study.parent, store))
        return StudyRecording(study, store, client, experiment)


class StudyRecording:
    """A study being written: `write` children as they come, then `finish`. Made by begin_study.

    `written`, `skipped`, `repaired`, `rows` and `rows_left_out` count as they do in a RecordedStudy.
    """

    def __init__(self, study: StudyRecord, store: Store, client: MlflowClient, experiment: Experiment) -> None:
        self.written = self.skipped = self.repaired = self.rows = self.rows_left_out = 0
        self._study, self._store, self._client = study, store, client
        self._experiment = experiment
        self._experiment_id, self._artifacts = str(experiment.experiment_id), str(experiment.artifact_location)
        found = database_of(client, store)
        self._database = found if isinstance(found, Database) else None
        self.why_slow = "" if isinstance(found, Database) else found
        self._user = user_name()
        self._unreachable = False
        self._done: dict[str, str] = {}  # by record id, the id of a run that is there and has ended
        self._orphans: dict[str, str] = {}  # the same for those that still say RUNNING
        self._parent_ended = False
        self.run_id = self._find_parent() or self._make_parent()

    # --- what there is

    def _find_parent(self) -> str | None:
        """The parent's id where it is there, with all that is there of its children."""
        found = {record: rest for record, *rest in self._found()}
        own = found.pop(self._study.record_id, None)
        if own is not None and own[2] == "deleted":
            # Somebody threw the study away, and now it is wanted again. A single child that was deleted stays so.
            self._restore([run_id for run_id, _, stage in (own, *found.values()) if stage == "deleted"])
        for record, (run_id, status, _) in found.items():
            (self._orphans if status == "RUNNING" else self._done)[record] = run_id
        self._parent_ended = own is not None and own[1] != "RUNNING"
        return own[0] if own else None

    def _found(self) -> list[tuple[str, str, str, str]]:
        """Of each run of the study, the parent too: its record's id, its own id, status and lifecycle stage."""
        study = self._study.record_id
        if self._database:
            return self._database.runs_with(STUDY, study, RECORD)
        from mlflow.entities import ViewType

        found: list[tuple[str, str, str, str]] = []
        wanted, token = f"tags.`{STUDY}` = '{study}'", None
        while True:
            page = self._client.search_runs([self._experiment_id], wanted, ViewType.ALL, RUNS_A_PAGE, None, token)
            for run in page:
                record = str(run.data.tags.get(RECORD, ""))
                found.append((record, str(run.info.run_id), str(run.info.status), str(run.info.lifecycle_stage)))
            token = page.token
            if not token:
                return found

    def _restore(self, run_ids: Sequence[str]) -> None:
        for run_id in run_ids:
            patiently(partial(self._client.restore_run, run_id))

    # --- the parent

    def _make_parent(self) -> str:
        """A new parent, RUNNING. Its id is the record's where we write the tables."""
        parent = self._study.parent
        if self._database is None:
            create = self._client.create_run
            run = patiently(
                lambda: create(self._experiment_id, parent.started, self._parent_tags(parent, ""), parent.run_name)
            )
            return str(run.info.run_id)
        tags = self._parent_tags(parent, self._study.record_id)
        new = self._new_run(self._study.record_id, parent, "RUNNING", None, tags, [])
        self._database.insert(self._experiment_id, [new])
        return new.run_id

    def _parent_tags(self, parent: RunRecord, run_id: str) -> dict[str, str]:
        """`run_id` is empty where MLflow will make it: what is addressed by it comes at the end."""
        record = self._study.record_id
        text = addressed(parent.description, self._experiment_id, run_id)
        named = replace(parent, description=text if run_id else "")
        return record_tags(named, non_finite(parent.metrics)) | {STUDY: record, RECORD: record}

    def _reopen(self) -> None:
        """A study that had ended and gets further children is RUNNING again."""
        if self._parent_ended:
            patiently(lambda: self._client.update_run(self.run_id, "RUNNING"))
            self._parent_ended = False

    def finish(self, parent: RunRecord) -> RecordedStudy:
        """Write what is known of the parent now, end it, and say where the study went.

        Children that were left RUNNING and did not come again are marked KILLED. Raises TrackingError.
        """
        check_record(parent)
        with self._translated():
            for run_id in self._orphans.values():
                patiently(partial(self._client.set_terminated, run_id, "KILLED", parent.ended))
            self.repaired += len(self._orphans)
            self._orphans.clear()
            run = patiently(lambda: self._client.get_run(self.run_id))
            self._update_tags(parent, run.data.tags)
            there = run.data.params
            self._log({key: value for key, value in parent.parameters.items() if key not in there}, parent)
            if parent.dataset is not None:
                datasets = [dataset_input(parent.dataset)]
                patiently(lambda: self._client.log_inputs(self.run_id, datasets=datasets))
            self._write_files(parent.files, str(run.info.artifact_uri))
            patiently(lambda: dress(self._client, self._experiment, parent, self.run_id))
            patiently(lambda: self._client.set_terminated(self.run_id, parent.status, parent.ended))
        return self._recorded(parent, str(run.info.artifact_uri))

    def _log(self, parameters: Parameters, parent: RunRecord) -> None:
        write = partial(write_rows, self._client, self.run_id)
        patiently(lambda: write(metric_rows(parent.metrics, parent.started), params(parameters)))

    def _write_files(self, files: Sequence[Path], artifact_uri: str) -> None:
        """MLflow's client remembers folders by run id alone: here, another store may have a run of the same id."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        if files:
            repository = get_artifact_repository(artifact_uri, tracking_uri=self._store.uri)
            for path in files:
                if path.is_dir():
                    repository.log_artifacts(str(path), path.name)
                else:
                    repository.log_artifact(str(path))
            self._tidy(artifact_uri)

    @staticmethod
    def _tidy(artifact_uri: str) -> None:
        """Removes what MLflow leaves in a folder where it was killed while it copied a file."""
        folder = local_folder(artifact_uri)
        if folder is not None:
            for path in folder.rglob(f"{_COPYING}*"):
                path.unlink(missing_ok=True)

    def _update_tags(self, parent: RunRecord, there: Mapping[str, str]) -> None:
        from mlflow.entities import RunTag

        wanted = self._parent_tags(parent, self.run_id)
        changed = [RunTag(key, value) for key, value in wanted.items() if there.get(key) != value]
        if changed:
            patiently(lambda: self._client.log_batch(self.run_id, tags=changed))
        for key in [INCOMPLETE, *lost_tags({"": (0, 0, 0.0)})]:
            if key in there and key not in wanted:
                patiently(partial(self._client.delete_tag, self.run_id, key))

    def _recorded(self, parent: RunRecord, artifact_uri: str) -> RecordedStudy:
        return RecordedStudy(
            run_id=self.run_id,
            experiment_id=self._experiment_id,
            tracking_uri=self._store.shown,
            artifact_uri=self._store.without_secrets(artifact_uri),
            artifact_path=local_folder(artifact_uri),
            written=self.written,
            skipped=self.skipped,
            repaired=self.repaired,
            rows=self.rows,
            rows_left_out=self.rows_left_out,
            way="tables" if self._database else "log_batch",
            why_slow=self.why_slow,
            link_hint=link(self._store, self._experiment_id, self.run_id, first_view(parent)),
        )

    def give_up(self, status: Status, why: str) -> None:
        """End the parent with `status` and say why, where the store still answers. Never raises an Exception."""
        if not self._unreachable:
            give_up(self._client, self.run_id, status, why)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with translated(self._store, "be written"):
                yield
        except TrackingError as error:
            path = self._store.path
            self._unreachable = is_busy(error) or (path is not None and not path.exists())
            raise

    # --- the children

    def write(self, children: Iterable[ChildRecord]) -> None:
        """Write children, batch by batch. Where their iterator raises, those that it gave before are written first.

        Raises TrackingError. A child that MLflow would spoil is refused, and its batch with it.
        """
        for batch in _batches(children):
            with self._translated():
                self._write_batch(batch)

    def _write_batch(self, batch: Sequence[ChildRecord]) -> None:
        new: dict[str, ChildRecord] = {}
        for child in batch:
            if child.record_id not in self._done:
                check_child(child)
                new.setdefault(child.record_id, child)
        self.skipped += len(batch) - len(new)
        if new:
            self._reopen()
        slow = [child for child in new.values() if self._database is None or child.record_id in self._orphans]
        for child in slow:
            self._write_slowly(child)
        self._insert([child for child in new.values() if child.record_id not in self._done])

    def _insert(self, children: Sequence[ChildRecord]) -> None:
        """Into the tables, all in one transaction."""
        if self._database is None or not children:
            return
        runs, left_out = [], {}
        for child in children:
            finite, lost = finite_part(child.metrics)
            tags = self._tags(child, lost, child.record_id)
            runs.append(self._new_run(child.record_id, child, child.status, child.ended, tags, finite))
            left_out[child.record_id] = rows_lost(lost)
        inserted = self._database.insert(self._experiment_id, runs)
        self._done.update((run.run_id, run.run_id) for run in runs)
        self.written += len(inserted.new)
        self.skipped += len(inserted.there)
        self.rows += inserted.rows
        self.rows_left_out += sum(left_out[run_id] for run_id in inserted.new)

    def _new_run(
        self,
        run_id: str,
        record: ChildRecord | RunRecord,
        status: str,
        ended: int | None,
        tags: Mapping[str, str],
        metrics: Sequence[MetricSeries],
    ) -> NewRun:
        from mlflow.utils.uri import append_to_uri_path

        return NewRun(
            run_id=run_id,
            name=record.run_name,
            user=self._user,
            status=status,
            started=record.started,
            ended=ended,
            artifact_uri=append_to_uri_path(self._artifacts, run_id, "artifacts"),
            tags={RUN_NAME: record.run_name, **tags},
            parameters={key: as_text(value) for key, value in record.parameters.items()},
            metrics=metrics,
        )

    def _write_slowly(self, child: ChildRecord) -> None:
        """By MLflow's own calls. What was begun before is finished, and no row of it is written twice."""
        finite, lost = finite_part(child.metrics)
        is_orphan = child.record_id in self._orphans
        run_id = self._orphans[child.record_id] if is_orphan else self._create(child, lost)
        self._orphans[child.record_id] = run_id
        if child.record_id == self._study.baseline:
            patiently(lambda: self._client.set_tag(run_id, BASELINE, run_id))
        write = partial(write_rows, self._client, run_id)
        self.rows += patiently(lambda: write(metric_rows(finite, child.started), params(child.parameters)))
        patiently(lambda: self._client.set_terminated(run_id, child.status, child.ended))
        self._done[child.record_id] = self._orphans.pop(child.record_id)
        self.rows_left_out += rows_lost(lost)
        self.repaired += is_orphan
        self.written += not is_orphan

    def _create(self, child: ChildRecord, lost: Lost) -> str:
        tags, create = self._tags(child, lost, ""), self._client.create_run
        run = patiently(lambda: create(self._experiment_id, child.started, tags, child.run_name))
        return str(run.info.run_id)

    def _tags(self, child: ChildRecord, lost: Lost, run_id: str) -> dict[str, str]:
        """A child's tags. `run_id` is empty where MLflow will make it."""
        tags = {
            "mlflow.user": self._user,
            "mlflow.source.name": "bprunner",
            "mlflow.source.type": "LOCAL",
            PARENT: self.run_id,
            STUDY: self._study.record_id,
            RECORD: child.record_id,
        }
        if baseline := self._baseline_run(bool(run_id)):
            tags[BASELINE] = baseline
        if child.description:
            tags[NOTE] = shortened(child.description, LONGEST_TAG)
        return tags | lost_tags(lost) | dict(child.tags)

    def _baseline_run(self, ids_are_ours: bool) -> str:
        """The id of the baseline's run; empty while it is not known."""
        baseline = self._study.baseline
        there = self._done.get(baseline) or self._orphans.get(baseline)
        return there or (baseline if ids_are_ours else "")


def _batches(children: Iterable[ChildRecord]) -> Iterator[list[ChildRecord]]:
    """Lists of children, each for one transaction. What the iterator raises comes after the last of them."""
    batch: list[ChildRecord] = []
    rows, trouble, iterator = 0, None, iter(children)
    while True:
        try:
            child = next(iterator)
        except StopIteration:
            break
        except BaseException as error:
            trouble = error
            break
        coming = sum(len(series.steps) for series in child.metrics)
        if batch and (len(batch) == RUNS_A_TRANSACTION or rows + coming > ROWS_A_TRANSACTION):
            yield batch
            batch, rows = [], 0
        batch.append(child)
        rows += coming
    if batch:
        yield batch
    if trouble is not None:
        raise trouble
