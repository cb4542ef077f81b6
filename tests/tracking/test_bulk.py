"""A study is written whole, once, and the same on whichever way, whatever happens meanwhile."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bprunner.errors import TrackingError
from bprunner.tracking import MetricSeries, RunRecord, Store, bulk, open_store, resolve_tracking_uri, studies
from bprunner.tracking.bulk import TABLES, database_of, unknown_schema
from bprunner.tracking.studies import ChildRecord, StudyRecord, begin_study, record_id, record_study
from bprunner.tracking.writer import INCOMPLETE
from tests.conftest import ROOT
from tests.tracking.conftest import STARTED

STUDY = "doc/learning-rate"
# What the clock and chance make, the same study or not.
BY_CHANCE = {"creation_time", "last_update_time", "dataset_uuid", "input_uuid", "source_id"}

_RUN_ID = re.compile(r"\b[0-9a-f]{32}\b")
Tables = dict[str, list[tuple[Any, ...]]]


def child(number: int, steps: int = 3, **changes: Any) -> ChildRecord:
    """A run with something of everything."""
    values = np.random.default_rng(number).normal(size=steps)
    made = ChildRecord(
        record_id=record_id(STUDY, f"cell {number}"),
        run_name=f"learning-rate {number}",
        status="FINISHED",
        started=STARTED + 10 * number,
        ended=STARTED + 10 * number + 7,
        parameters={"training.learning_rate": 0.05 * number, "shuffle": False, "loss": "half_squared_error"},
        metrics=[
            MetricSeries("weight/w1", np.arange(steps), values),
            MetricSeries("error", np.arange(steps)[::-1], values**2),
            MetricSeries("summary/final_error", np.array([steps]), np.array([0.1 + 0.2])),
        ],
        tags={"cell": str(number), "hash": "0123"},
        description=f"# Run {number}\n",
    )
    return dataclasses.replace(made, **changes)


DIVERGED = child(
    2,
    status="FAILED",
    metrics=[
        MetricSeries("error", np.arange(4), np.array([1.0, -0.0, math.inf, math.nan])),
        MetricSeries("weight/w1", np.arange(2), np.array([-math.inf, math.nan])),
        MetricSeries("gone", np.arange(0), np.zeros(0)),
        MetricSeries("extreme", np.arange(2), np.array([-5e-324, 1.7976931348623157e308])),
    ],
)
BARE = ChildRecord(record_id(STUDY, "bare"), "bare", "KILLED", STARTED, STARTED)
CHILDREN = (child(0), child(1), DIVERGED, BARE)


@pytest.fixture
def study(record: RunRecord) -> StudyRecord:
    parent = dataclasses.replace(record, run_name="learning-rate", tags={"cells": "4"})
    return StudyRecord(record_id(STUDY), parent, CHILDREN, baseline=CHILDREN[0].record_id)


@pytest.fixture
def stores(template: Path, tmp_path: Path) -> Callable[[str], Store]:
    """As many stores as a test needs, by name."""

    def make(name: str) -> Store:
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(template, folder / "mlflow.db")
        return resolve_tracking_uri(folder, {})

    return make


@pytest.fixture
def slowly(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Makes the writer go the other way, or back."""

    def choose(slow: bool) -> None:
        monkeypatch.setattr(studies, "database_of", (lambda *_: "the test says so") if slow else database_of)

    return choose


def tables(store: Store) -> Tables:
    """Every row of every table, with the run ids replaced by what the runs are, and without what chance makes."""
    assert store.path is not None
    with closing(sqlite3.connect(store.path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        ids = dict(connection.execute(f"SELECT run_uuid, value FROM tags WHERE key = '{studies.RECORD}'").fetchall())
        return {name: sorted(_rows(connection, name, ids, str(store.path.parent)), key=repr) for name in names}


def _rows(connection: sqlite3.Connection, name: str, ids: dict[str, str], folder: str) -> Iterator[tuple[Any, ...]]:
    cursor = connection.execute(f'SELECT * FROM "{name}"')
    columns = [column[0] for column in cursor.description]
    for row in cursor:
        yield tuple(
            _known(value, ids, folder) for column, value in zip(columns, row, strict=True) if column not in BY_CHANCE
        )


def _known(value: Any, ids: dict[str, str], folder: str) -> Any:
    if not isinstance(value, str):
        return value.hex() if isinstance(value, float) else value
    return _RUN_ID.sub(lambda found: ids.get(found[0], found[0]), value).replace(folder, "…")


def differing(some: Tables, others: Tables) -> list[str]:
    assert some.keys() == others.keys()
    return [name for name in some if some[name] != others[name]]


# --- both ways


def test_both_ways_leave_the_same_in_every_table(
    study: StudyRecord, stores: Callable[[str], Store], slowly: Callable[[bool], None]
) -> None:
    """The contract with MLflow's schema: where an upgrade changes what a call leaves, this fails."""
    fast, slow = stores("fast"), stores("slow")
    done = record_study(study, fast)
    slowly(True)
    other = record_study(study, slow)
    assert (done.way, done.why_slow, other.way, other.why_slow) == ("tables", "", "log_batch", "the test says so")
    left = tables(fast)
    assert {name for name in TABLES if not left[name]} == set()
    assert differing(left, tables(slow)) == []
    assert (done.written, done.rows, done.rows_left_out) == (other.written, other.rows, other.rows_left_out)
    assert (done.written, done.rows, done.rows_left_out) == (4, 7 + 7 + 4, 4)


def test_by_sqlalchemys_inserts_as_for_other_databases_too(
    study: StudyRecord, stores: Callable[[str], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    some, other = stores("some"), stores("other")
    record_study(study, some)
    monkeypatch.setattr(bulk, "_takes_tuples", lambda _: False)
    record_study(study, other)
    assert differing(tables(some), tables(other)) == []


VALUES = st.floats(width=64, allow_subnormal=True)
SERIES = st.dictionaries(st.sampled_from(["error", "weight/w1", "a b-c.d"]), st.lists(VALUES, max_size=4), max_size=3)


@given(
    st.lists(
        st.tuples(SERIES, st.integers(-5, 2**40), st.dictionaries(st.text("ab", min_size=1), st.text())), max_size=3
    )
)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_law_both_ways_are_the_same_for_any_children(
    template: Path, tmp_path_factory: pytest.TempPathFactory, drawn: list[Any]
) -> None:
    children = [
        child(
            number,
            metrics=[MetricSeries(key, np.arange(len(v)) + first, np.array(v)) for key, v in series.items()],
            parameters=parameters,
            tags={"number": str(number)},
        )
        for number, (series, first, parameters) in enumerate(drawn)
    ]
    left = []
    for way in (database_of, lambda *_: "the test says so"):
        folder = tmp_path_factory.mktemp("law")
        shutil.copy(template, folder / "mlflow.db")
        store = resolve_tracking_uri(folder, {})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(studies, "database_of", way)
            record_study(StudyRecord(record_id(STUDY), RunRecord("doc", "s", "FINISHED", 1, 2), children), store)
        left.append(tables(store))
        shutil.rmtree(folder)
    assert differing(*left) == []


def test_what_mlflow_reads_is_what_was_written(study: StudyRecord, store: Store) -> None:
    done, client = record_study(study, store), open_store(store)
    parent = client.get_run(done.run_id)
    assert (parent.info.status, parent.info.start_time, parent.info.end_time) == ("FINISHED", STARTED, STARTED + 1234)
    assert parent.data.tags["cells"] == "4"
    assert parent.inputs.dataset_inputs[0].dataset.name == "doc"
    assert done.artifact_path is not None
    assert (done.artifact_path / "trace.csv").is_file()
    assert (done.artifact_path / "pages" / "index.html").is_file()
    found = client.search_runs([done.experiment_id], f"tags.`mlflow.parentRunId` = '{done.run_id}'", max_results=9)
    assert {run.info.run_id for run in found} == {each.record_id for each in CHILDREN}
    assert {run.data.tags[studies.BASELINE] for run in found} == {CHILDREN[0].record_id}
    run = client.get_run(CHILDREN[1].record_id)
    assert run.data.params == {
        "training.learning_rate": "0.05",
        "shuffle": "false",
        "loss": "half_squared_error",
    }
    history = client.get_metric_history(run.info.run_id, "weight/w1")
    assert [(row.step, row.timestamp, row.value) for row in sorted(history, key=lambda row: row.step)] == [
        (step, STARTED + 10 + step, value) for step, value in enumerate(CHILDREN[1].metrics[0].values.tolist())
    ]
    diverged = client.get_run(DIVERGED.record_id)
    assert diverged.info.status == "FAILED"
    assert diverged.data.metrics == {"error": 0.0, "extreme": 1.7976931348623157e308}
    assert diverged.data.tags["non_finite.series"] == "error: inf from step 2\nweight/w1: -inf from step 0"


def test_a_run_with_more_rows_than_a_transaction_should_have_comes_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "ROWS_A_TRANSACTION", 100)
    monkeypatch.setattr(bulk, "ROWS_A_CALL", 30)
    monkeypatch.setattr(studies, "ROWS_A_TRANSACTION", 100)
    children = [child(number, steps=steps) for number, steps in enumerate((20, 20, 20, 333, 20))]
    done = record_study(StudyRecord(record_id(STUDY), RunRecord("doc", "s", "FINISHED", 1, 2), children), store)
    assert (done.written, done.rows) == (5, 2 * (4 * 20 + 333) + 5)
    history = open_store(store).get_metric_history(children[3].record_id, "weight/w1")
    assert [row.value for row in sorted(history, key=lambda row: row.step)] == children[3].metrics[0].values.tolist()


def test_children_are_taken_a_batch_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "RUNS_A_TRANSACTION", 10)
    client, ahead = open_store(store), []

    def children() -> Iterator[ChildRecord]:
        for number in range(35):
            ahead.append(number + 1 - recording.written)
            yield child(number)

    parent = RunRecord("doc", "s", "FINISHED", 1, 2)
    recording = begin_study(StudyRecord(record_id(STUDY), parent), store, client)
    recording.write(children())
    assert (recording.written, max(ahead)) == (35, 11)


# --- where the tables are not known


@pytest.mark.parametrize("name", sorted(TABLES))
def test_another_column_makes_the_writer_fall_back_by_itself(
    study: StudyRecord, store: Store, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(bulk, "TABLES", {**TABLES, name: (*TABLES[name], "colour")})
    done = record_study(study, store)
    assert (done.way, done.why_slow) == ("log_batch", f"MLflow's table {name} has other columns: colour")
    assert done.written == 4


def test_another_key_another_table_and_no_models_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow.store.tracking.dbmodels.models as models

    assert unknown_schema() is None
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "PRIMARY_KEYS", {**bulk.PRIMARY_KEYS, "tags": 1})
        assert "table tags has another primary key" in str(unknown_schema())
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "UNTOUCHED", frozenset())
        assert "new tables of a run: issues, logged_model_metrics" in str(unknown_schema())
    with monkeypatch.context() as patch:
        patch.delattr(models, "Base")
        assert "other table models" in str(unknown_schema())


def test_a_server_and_a_client_that_hides_its_store_get_calls(store: Store) -> None:
    client = open_store(store)
    assert isinstance(database_of(client, store), bulk.Database)
    assert "no database" in str(database_of(client, Store("http://localhost:1", "…", "server")))
    assert "does not show" in str(database_of(object(), store))


# --- again, and after whatever happened


def test_again_writes_nothing_twice(
    study: StudyRecord, stores: Callable[[str], Store], slowly: Callable[[bool], None]
) -> None:
    """On either way, and on one way what was written on the other."""
    for first in (False, True):
        store = stores(f"first-{first}")
        slowly(first)
        record_study(study, store)
        before = tables(store)
        for again in (False, True):
            slowly(again)
            done = record_study(study, store)
            assert (done.written, done.skipped, done.repaired, done.rows) == (0, 4, 0, 0)
            assert differing(before, tables(store)) == []


def test_further_children_join_the_study(study: StudyRecord, store: Store) -> None:
    record_study(study, store)
    more = dataclasses.replace(study, children=[*CHILDREN, child(7)])
    done = record_study(more, store)
    assert (done.written, done.skipped) == (1, 4)
    assert open_store(store).get_run(done.run_id).info.status == "FINISHED"


def test_a_study_that_had_ended_runs_while_children_are_added(study: StudyRecord, store: Store) -> None:
    record_study(study, store)
    client = open_store(store)
    recording = begin_study(study, store, client)
    recording.write(CHILDREN)
    assert client.get_run(recording.run_id).info.status == "FINISHED"
    recording.write([child(7)])
    assert client.get_run(recording.run_id).info.status == "RUNNING"
    recording.finish(study.parent)
    assert client.get_run(recording.run_id).info.status == "FINISHED"


def test_children_of_one_id_are_one(study: StudyRecord, store: Store) -> None:
    done = record_study(dataclasses.replace(study, children=[CHILDREN[0], CHILDREN[0]]), store)
    assert (done.written, done.skipped) == (1, 1)


class Killed(BaseException):
    """What SIGKILL is to a test in one process: nothing is said, nothing is tidied up."""


def killed_at(patch: pytest.MonkeyPatch, number: int) -> None:
    """Let the process "die" before the number-th thing it does to the store, from now on."""
    import mlflow

    left = [number]

    def dying(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return original(*arguments, **named)

        return call

    for name in ("create_run", "log_batch", "set_tag", "set_terminated", "log_inputs", "log_artifact", "update_run"):
        patch.setattr(mlflow.MlflowClient, name, dying(getattr(mlflow.MlflowClient, name)))
    patch.setattr(bulk, "islice", dying(itertools.islice))  # before each insert of rows
    patch.setattr(studies.StudyRecording, "give_up", lambda *_: None)


@pytest.mark.parametrize("slow", [False, True])
def test_law_killed_anywhere_and_written_again_it_equals_the_uninterrupted(
    study: StudyRecord,
    stores: Callable[[str], Store],
    slowly: Callable[[bool], None],
    monkeypatch: pytest.MonkeyPatch,
    slow: bool,
) -> None:
    monkeypatch.setattr(studies, "RUNS_A_TRANSACTION", 2)
    whole = stores("whole")
    slowly(slow)
    record_study(study, whole)
    wanted, kills = tables(whole), 0
    for number in range(100):
        store = stores(f"killed-{number}")
        try:
            with monkeypatch.context() as patch:
                killed_at(patch, number)
                record_study(study, store)
        except Killed:
            kills += 1
        else:
            break
        slowly(number % 3 == 0)  # whoever comes later may go the other way
        record_study(study, store)
        assert differing(wanted, tables(store)) == [], f"killed at {number}"
        slowly(slow)
        shutil.rmtree(store.path.parent)  # type: ignore[union-attr]
    assert kills > 15


def test_a_run_left_half_done_that_does_not_come_again_is_marked_killed(
    study: StudyRecord, store: Store, slowly: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    slowly(True)
    with monkeypatch.context() as patch:
        killed_at(patch, 4)
        with pytest.raises(Killed):
            record_study(study, store)
    slowly(False)
    done = record_study(dataclasses.replace(study, children=CHILDREN[2:]), store)
    assert (done.written, done.repaired) == (2, 1)
    client = open_store(store)
    assert {run.info.status for run in client.search_runs([done.experiment_id])} == {"FINISHED", "FAILED", "KILLED"}


def test_what_was_given_before_an_interrupt_is_written(study: StudyRecord, store: Store) -> None:
    def interrupted() -> Iterator[ChildRecord]:
        yield from CHILDREN[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record_study(dataclasses.replace(study, children=interrupted()), store)
    client = open_store(store)
    run = client.get_run(study.record_id)
    assert (run.info.status, run.data.tags[INCOMPLETE]) == ("KILLED", "interrupted")
    assert client.get_run(CHILDREN[1].record_id).info.status == "FINISHED"
    done = record_study(study, store)
    assert (done.written, done.skipped) == (2, 2)
    run = client.get_run(study.record_id)
    assert (run.info.status, INCOMPLETE in run.data.tags) == ("FINISHED", False)


def test_a_study_that_was_thrown_away_comes_back_and_a_single_child_does_not(study: StudyRecord, store: Store) -> None:
    done, client = record_study(study, store), open_store(store)
    client.delete_run(CHILDREN[1].record_id)
    record_study(study, store)
    assert client.get_run(CHILDREN[1].record_id).info.lifecycle_stage == "deleted"
    client.delete_run(done.run_id)
    record_study(study, store)
    stages = {client.get_run(each).info.lifecycle_stage for each in (done.run_id, CHILDREN[1].record_id)}
    assert stages == {"active"}


# --- with others


def writing(code: str, folder: Path) -> subprocess.Popen[str]:
    """A process of its own that writes studies into the store of `folder`. It says "going" now and then."""
    prelude = (
        "from pathlib import Path\nfrom bprunner.tracking import *\n"
        "from bprunner.tracking.studies import *\nfrom tests.tracking.test_bulk import child\n"
        f"store = resolve_tracking_uri(Path({str(folder)!r}), {{}})\n"
        "parent = RunRecord('doc', 's', 'FINISHED', 1, 2)\n"
        "def study(name, count):\n"
        "    return StudyRecord(record_id(name), parent, children(name, count))\n"
        "def children(name, count):\n"
        "    for number in range(count):\n"
        "        number % 200 or print('going', flush=True)\n"
        "        yield child(number, record_id=record_id(name, str(number)), steps=20)\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", prelude + code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def said_by(process: subprocess.Popen[str]) -> str:
    out, complaint = process.communicate(timeout=120)
    assert process.returncode == 0, complaint
    return out.replace("going\n", "")


def test_two_processes_write_into_one_store_and_both_succeed(store: Store, tmp_path: Path) -> None:
    """One study each, and one that they share."""
    code = (
        "for name in ({!r}, 'shared'):\n"
        "    done = record_study(study(name, 1200), store)\n"
        "    print(done.written + done.skipped, done.way)\n"
    )
    both = [writing(code.format(name), tmp_path) for name in "ab"]
    for process in both:
        assert said_by(process).split() == ["1200", "tables"] * 2
    left = tables(store)
    assert len(left["runs"]) == 3 * 1200 + 3
    assert len(left["metrics"]) == 3 * 1200 * 41
    assert len(left["latest_metrics"]) == 3 * 1200 * 3


def test_after_sigkill_at_any_moment_the_study_can_be_finished(stores: Callable[[str], Store]) -> None:
    code = "record_study(study('s', 2000), store)\n"
    whole, store = stores("whole"), stores("killed")
    assert whole.path is not None
    assert store.path is not None
    said_by(writing(code, whole.path.parent))
    counts = []
    moments = ((4, 0.0), (7, 0.2), (10, 0.3))  # while the first, the second, the last batch is written
    for going, pause in moments if settings().max_examples > 50 else moments[:1]:
        process = writing(code, store.path.parent)
        assert process.stdout is not None
        for _ in range(going):
            process.stdout.readline()
        time.sleep(pause)
        process.kill()
        process.communicate()
        counts.append(len(tables(store)["runs"]))
    said_by(writing(code, store.path.parent))
    assert differing(tables(whole), tables(store)) == []
    assert counts == sorted(counts)
    assert counts[0] < 2001


def locked(store: Store) -> sqlite3.Connection:
    assert store.path is not None
    other = sqlite3.connect(store.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other


def test_a_store_that_is_locked_for_a_while_is_waited_for(
    study: StudyRecord, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_BUSY_MILLISECONDS", 20)
    recording = begin_study(study, store)
    with closing(locked(store)) as other:
        timer = threading.Timer(0.5, other.execute, ["ROLLBACK"])
        timer.start()
        recording.write(CHILDREN)
        timer.join()
    assert recording.finish(study.parent).written == 4


def test_a_store_that_stays_locked_is_a_tracking_error_and_can_be_written_later(
    study: StudyRecord, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_BUSY_MILLISECONDS", 20)
    recording = begin_study(study, store)
    with closing(locked(store)) as other, monkeypatch.context() as patch:
        patch.setattr(bulk, "PATIENCE", 0.2)
        with pytest.raises(TrackingError, match="another program keeps it locked"):
            recording.write(CHILDREN)
        recording.give_up("FAILED", "locked")
        other.execute("ROLLBACK")
    assert record_study(study, store).written == 4


def test_a_store_that_is_gone_is_a_tracking_error(study: StudyRecord, store: Store) -> None:
    recording = begin_study(study, store)
    assert store.path is not None
    store.path.unlink()
    with pytest.raises(TrackingError, match="its file is gone"):
        recording.write(CHILDREN)
    recording.give_up("FAILED", "gone")
    assert not store.path.exists()


def test_a_full_disk_is_a_tracking_error_and_leaves_no_run(
    study: StudyRecord, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    recording = begin_study(study, store)
    with monkeypatch.context() as patch:
        patch.setattr(bulk, "islice", full)
        with pytest.raises(TrackingError, match="the disk is full"):
            recording.write(CHILDREN)
    assert len(tables(store)["runs"]) == 1
    recording.write(CHILDREN)
    assert recording.finish(study.parent).written == 4


# --- what is refused


def twice(key: str, *values: float) -> list[MetricSeries]:
    return [MetricSeries(key, np.zeros(len(values), dtype=np.int64), np.array(values))]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parameters": {"matrix": "x" * 6001}}, "would cut it at 6,000"),
        ({"tags": {"note": "x" * 8001}}, "would cut it at 8,000"),
        ({"parameters": {"w[0,1]": 1}}, "takes no parameter named"),
        ({"tags": {"a//b": "c"}}, "no plain path"),
        ({"metrics": twice("../error", 1.0)}, "no plain path"),
        ({"metrics": twice("e" * 251, 1.0)}, "takes no metric named"),
        ({"metrics": twice("error", 1.0, 2.0)}, "has a step twice"),
        ({"metrics": [*twice("error", 1.0), *twice("error", 1.0)]}, "has a metric twice"),
        ({"run_name": "r" * 251}, "1 to 250 characters"),
        ({"run_name": ""}, "1 to 250 characters"),
    ],
)
def test_what_mlflow_would_spoil_is_refused(
    study: StudyRecord, store: Store, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(TrackingError, match=message):
        record_study(dataclasses.replace(study, children=[child(0), child(1, **changes)]), store)
    (run,) = tables(store)["runs"]
    assert "FAILED" in run


def test_an_id_that_nobody_made_is_a_mistake(study: StudyRecord, store: Store) -> None:
    with pytest.raises(ValueError, match="made by record_id"):
        begin_study(dataclasses.replace(study, record_id="learning-rate"), store)


def test_ids_are_made_from_what_they_name() -> None:
    ids = [record_id(study, cell) for study in ("a", "b") for cell in ("", "1", "2")]
    assert len(set(ids)) == 6
    assert ids == [record_id(study, cell) for study in ("a", "b") for cell in ("", "1", "2")]
    assert len({each[:16] for each in ids[:3]}) == 1
