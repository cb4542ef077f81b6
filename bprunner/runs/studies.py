"""A study from its declaration to its record: trained into its folder, then delivered to MLflow from there.

Whatever happens to the store, the folder has everything; what was not delivered waits there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bprunner.data.loading import load_samples
from bprunner.runs.folders import study_folder
from bprunner.runs.study_files import Delivery, Identity, begin, read_identity, write_identity
from bprunner.runs.study_recording import are_as_in_the_whole, child_id, children, parent, study_id
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps.executing import Failure, Outcome, Progress, execute_sweep
from bprunner.sweeps.folder import StudyFolder
from bprunner.sweeps.study import Study
from bprunner.tracking.addresses import Store
from bprunner.tracking.records import RunRecord, Status
from bprunner.tracking.studies import (
    ChildRecord,
    RecordedStudy,
    StudyRecord,
    StudyRecording,
    begin_study,
    may_have_run,
)
from bprunner.training.chunk_files import storing

TABLE_FILES = ("table.csv", "table.parquet")
LARGEST_TRACE = 64 * 2**20
"""A study's trace goes to MLflow as an artifact up to this many bytes; beyond it stays in the study's folder."""
TRACE_FOLDER = "trace"


@dataclass(frozen=True)
class Trained:
    """A study after its training: what is done of it, and how the training went."""

    study: Study
    outcome: Outcome


def train_study(
    declaration: SweepDeclaration,
    working_folder: Path,
    command: Sequence[str] = (),
    *,
    workers: int | None = None,
    is_fresh: bool = False,
    tell: Callable[[Progress], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    failed: Callable[[Failure], None] = lambda _: None,
) -> Trained:
    """Trains what is not done of a sweep, in its folder in the working folder. Records nothing.

    command: the words that go on with it, were it interrupted. is_fresh: forget what is done. The others are those of
    execute_sweep. Raises InputError, StorageError, and StudyError where a process ends that trains.
    """
    folder = StudyFolder(study_folder(working_folder, declaration))
    with folder.locked():
        if is_fresh:
            folder.clear()
        identity = begin(declaration, folder.path, command, is_fresh)
        outcome = execute_sweep(declaration, folder, workers, tell, should_stop, failed)
        state = "interrupted" if outcome.interrupted else "trained"
        # Trained again, nothing is new: a record that was delivered says when it was.
        ended = identity.ended if identity.ended and not outcome.trained else time.time_ns() // 1_000_000
        study = Study(declaration, folder)
        if len(study):
            write_table(study)
        write_identity(folder.path, replace(identity, state=state, ended=ended))
    return Trained(study, outcome)


def status_of(study: Study, identity: Identity) -> Status:
    if not study.is_complete:
        return "FAILED" if study.failures and identity.state == "trained" else "KILLED"
    return "FINISHED"


def is_delivered(study: Study, identity: Identity, store: Store) -> bool:
    """Whether a store has all that is done of a study, as far as can be told without opening it."""
    delivery = identity.deliveries.get(store.shown)
    if delivery is None or not may_have_run(store, delivery.run_id):
        return False
    return delivery.runs == len(study) and delivery.status == status_of(study, identity)


def deliver(
    study: Study,
    store: Store,
    working_folder: Path,
    *,
    findings: Sequence[str] = (),
    files: Callable[[], Sequence[Path]] = tuple,
    tell: Callable[[int, int], None] = lambda _runs, _rows: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> RecordedStudy | None:
    """Records what is done of a study in MLflow. Done again, it adds what is missing, and nothing twice.

    Runs are recorded once and never changed. So those of a study that was interrupted wait for the others where what is
    recorded of them depends on these: on the baseline, and on how many points there are in all.

    files: what else goes to the parent run, asked for when the runs are written. tell: is told how many runs and metric
    rows are. None where it was to stop: what was written stays, and the parent is KILLED. Raises TrackingError where
    the store fails, and StorageError where the folder does.
    """
    with study.folder.locked():
        identity = read_identity(study.path)
        assert identity is not None  # a study that was trained has said who it is
        status = status_of(study, identity)
        samples = load_samples(study.baseline)

        def whole(more: Sequence[Path] = ()) -> RunRecord:
            kept = [*own_files(study), *more]
            return parent(study, identity, status, working_folder, findings, kept, samples)

        base_id = child_id(identity, next(study.cells())) if study.has_baseline else ""
        # A study that was interrupted has its runs recorded now only where they would be the same in the whole one.
        runs = children(study, identity) if status != "KILLED" or are_as_in_the_whole(study) else iter(())
        recording = begin_study(StudyRecord(study_id(identity), whole(), baseline=base_id), store)
        try:
            recording.write(_told(runs, recording, tell, should_stop))
            more = () if should_stop() else files()
            if should_stop():
                recording.give_up("KILLED", "interrupted")
                return None
            recorded = recording.finish(whole(more))
        except Exception as error:
            recording.give_up("FAILED", store.without_secrets(str(error)))
            raise
        except BaseException:
            recording.give_up("KILLED", "interrupted")
            raise
        delivery = Delivery(recorded.run_id, recorded.experiment_id, len(study), status)
        deliveries = {**identity.deliveries, store.shown: delivery}
        write_identity(study.path, replace(identity, deliveries=deliveries))
        tell(len(study), recording.rows)
        return recorded


def _told(
    each: Iterator[ChildRecord],
    recording: StudyRecording,
    tell: Callable[[int, int], None],
    should_stop: Callable[[], bool],
) -> Iterator[ChildRecord]:
    """The same children, while somebody is told how far the writing is, and may stop it."""
    for child in each:
        if should_stop():
            return
        tell(recording.written + recording.skipped + recording.repaired, recording.rows)
        yield child


def own_files(study: Study) -> list[Path]:
    """What MLflow keeps of a study's folder: what it declares, its table, and its trace where that is not too large.

    Raises StorageError where the folder cannot be read.
    """
    folder = study.path
    files = [folder / name for name in ("sweep.yaml", "baseline.yaml", "written", *TABLE_FILES)]
    series = [study.folder.series_file(block) for block in study.folder.blocks()]
    if sum(path.stat().st_size for path in series) <= LARGEST_TRACE:
        files += series
    return [path for path in files if path.exists()]


def write_table(study: Study) -> None:
    """Writes the study's table beside its trace. Raises StorageError."""
    csv, parquet = (study.path / name for name in TABLE_FILES)
    with storing(csv):
        frame = study.table
        partial = csv.with_suffix(".csv.partial")
        frame.to_csv(partial, index=False, lineterminator="\n")
        partial.replace(csv)
        partial = parquet.with_suffix(".parquet.partial")
        # A column of texts and numbers is no column of a table file.
        mixed = {name: frame[name].map(_text) for name in frame.columns if frame[name].dtype == object}
        frame.assign(**mixed).to_parquet(partial, index=False)
        partial.replace(parquet)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
