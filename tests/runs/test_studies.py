"""Studies: trained into their folder, delivered to MLflow once, whatever happened in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.errors import InputError, StorageError, TrackingError
from bprunner.runs import studies, study_recording
from bprunner.runs.folders import slug, study_folder
from bprunner.runs.studies import Trained, deliver, is_delivered, train_study, write_table
from bprunner.runs.study_files import Delivery, Identity, find_study, read_identity, read_study, studies_in
from bprunner.runs.study_recording import MOST_ROWS, points_of, thinning
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps import executing
from bprunner.sweeps.declaring import read_sweep
from bprunner.tracking.addresses import Store, resolve_tracking_uri
from bprunner.tracking.store import open_store
from tests.conftest import ROOT

DOC = str(ROOT / "configs" / "doc_exact.yaml")
RATE = "training.learning_rate"
GRID = {"grid": {RATE: [0.01, 0.05, 1.0], "architecture.layers.0.activation": ["tanh", "linear"]}}


def declared(plan: dict[str, Any] = GRID, epochs: int = 6, **more: Any) -> SweepDeclaration:
    data = {"name": "rates", "baseline": DOC, "set": {"training.epochs": epochs}, "sweep": plan, **more}
    return read_sweep(data, allow_outside=True)


def trained(here: Path, **more: Any) -> Trained:
    return train_study(declared(**more), here, ["sweep.yaml"], workers=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return resolve_tracking_uri(tmp_path, {})


def rows_in(store: Store, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    assert store.path is not None
    with closing(sqlite3.connect(store.path)) as connection:
        return sorted(connection.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)


def content(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """What a store says, but for times and the study's own key."""
    names = dict(rows_in(store, "runs", "run_uuid, name"))
    return {
        "runs": sorted(rows_in(store, "runs", "name, status, lifecycle_stage"), key=repr),
        "metrics": [(names[row[0]], *row[1:]) for row in rows_in(store, "metrics", "run_uuid, key, step, value")],
        "latest": [(names[row[0]], *row[1:]) for row in rows_in(store, "latest_metrics", "run_uuid, key, step, value")],
        "params": [(names[row[0]], *row[1:]) for row in rows_in(store, "params", "run_uuid, key, value")],
    }


def sorted_content(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    return {table: sorted(rows, key=repr) for table, rows in content(store).items()}


# Training


def test_the_same_again_trains_nothing(tmp_path: Path) -> None:
    first = trained(tmp_path)
    assert (first.outcome.trained, first.outcome.skipped) == (6, 0)
    again = trained(tmp_path)
    assert (again.outcome.trained, again.outcome.skipped) == (0, 7)
    assert again.study.table.equals(first.study.table)
    assert read_identity(first.study.path) == read_identity(again.study.path)


def test_fresh_starts_over_as_another_study(tmp_path: Path) -> None:
    first = read_identity(trained(tmp_path).study.path)
    again = train_study(declared(), tmp_path, workers=1, is_fresh=True)
    assert again.outcome.trained == 6
    assert first is not None
    assert read_identity(again.study.path).key != first.key  # type: ignore[union-attr]


def test_another_study_of_the_same_name_has_a_folder_and_a_record_of_its_own(tmp_path: Path) -> None:
    one = study_folder(tmp_path, declared())
    assert one == study_folder(tmp_path, declared(limits={"runs": 10}))
    assert one != study_folder(tmp_path, declared({"grid": {RATE: [0.5]}}))
    assert one != study_folder(tmp_path, declared(epochs=7))
    assert one != study_folder(tmp_path, declared(trace={"every": 2}))


def test_a_study_is_read_again_from_its_folder_alone(tmp_path: Path) -> None:
    study = trained(tmp_path).study
    again = read_study(study.path)
    assert again.declaration.hash == study.declaration.hash
    assert again.table.equals(study.table)
    assert again.steps.frame().equals(study.steps.frame())


def test_two_processes_do_not_work_on_one_study(tmp_path: Path) -> None:
    study = trained(tmp_path).study
    with study.folder.locked(), pytest.raises(StorageError, match="another process"):
        trained(tmp_path)


# Finding


def test_a_study_is_found_by_its_file_its_folder_and_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(f"name: named\nbaseline: {DOC}\nsweep: {{grid: {{{RATE}: [0.1, 0.2]}}}}\n")
    with pytest.raises(InputError, match="has not been run here"):
        find_study("s.yaml", [], tmp_path)
    done = train_study(read_sweep("s.yaml"), tmp_path, workers=1).study
    for named in ("s.yaml", str(done.path), "named", done.path.name):
        assert find_study(named, [], tmp_path).path.resolve() == done.path
    with pytest.raises(InputError, match="there are: named"):
        find_study("other", [], tmp_path)
    with pytest.raises(InputError, match="holds no study"):
        find_study(str(tmp_path), [], tmp_path)
    with pytest.raises(InputError, match="declares an experiment"):
        find_study(DOC, [], tmp_path)
    assert [path for path, _ in studies_in(tmp_path)] == [done.path]


def test_an_identity_is_read_as_it_was_written(tmp_path: Path) -> None:
    whole = Identity("k", "c", "n", 1, 2, "trained", "s.yaml", ("a", "b c"), {"x": Delivery("r", "1", 3, "FINISHED")})
    assert Identity.of_text(whole.to_text()) == whole
    for damaged in ("", "{}", "[]", '{"format": 2}', '{"format": 1}', '{"format": 1, "deliveries": 3}'):
        (tmp_path / "study.json").write_text(damaged)
        with pytest.raises(StorageError, match=r"study\.json"):
            read_identity(tmp_path)


@given(st.text(max_size=100))
def test_a_slug_is_a_part_of_a_path(name: str) -> None:
    made = slug(name)
    assert len(made) <= 60
    assert "/" not in made
    assert made not in (".", "..")
    assert made == "" or Path(made).name == made


# Recording


def test_a_study_is_delivered_whole_and_once(tmp_path: Path, store: Store) -> None:
    study = trained(tmp_path).study
    identity = read_identity(study.path)
    assert identity is not None
    assert not is_delivered(study, identity, store)
    recorded = deliver(study, store, tmp_path)
    assert recorded is not None
    assert recorded.written == 7
    after = read_identity(study.path)
    assert after is not None
    assert is_delivered(study, after, store)
    before = sorted_content(store)
    again = deliver(study, store, tmp_path)
    assert again is not None
    assert (again.written, again.skipped, again.rows) == (0, 7, 0)
    assert sorted_content(store) == before
    assert store.path is not None
    store.path.unlink()
    assert not is_delivered(study, after, store)


def test_mlflow_has_what_the_study_has(tmp_path: Path, store: Store) -> None:
    """One truth: every kept step of error and weights, bit for bit, and the table's numbers."""
    study = trained(tmp_path).study
    recorded = deliver(study, store, tmp_path)
    assert recorded is not None
    client = open_store(store)
    runs = client.search_runs([recorded.experiment_id], max_results=100)
    children = {int(run.data.tags["bprunner.cell"]): run for run in runs if "bprunner.cell" in run.data.tags}
    assert sorted(children) == list(range(7))
    steps = study.steps.frame()
    for number, run in children.items():
        own = steps[steps["run"] == number]
        row = study.table.iloc[number]
        for name in study.steps.names:
            values = own[[*("step",), name]]
            values = values[np.isfinite(values[name])]
            history = client.get_metric_history(run.info.run_id, name.replace(".", "/", 1))
            assert [(each.step, each.value) for each in history] == list(values.itertuples(index=False, name=None))
        if np.isfinite(row["final_error"]):
            assert run.data.metrics["summary/final_error"] == row["final_error"]
        assert run.data.metrics["varied/learning_rate"] == row[RATE]
        assert run.data.params[RATE] == f"{row[RATE]}"
        assert run.data.tags["bprunner.fate"] == row["fate"]
        assert run.data.tags["mlflow.parentRunId"] == recorded.run_id
        assert run.data.tags["bprunner.baseline_run"] == children[0].info.run_id
    parent = client.get_run(recorded.run_id)
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["summary/runs"] == 7
    files = {each.path for each in client.list_artifacts(recorded.run_id)}
    assert {"sweep.yaml", "baseline.yaml", "table.csv", "table.parquet"} <= files


def test_what_a_store_refused_waits_and_is_delivered_later(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = trained(tmp_path).study
    with monkeypatch.context() as patch:

        def fail(*_: Any, **__: Any) -> None:
            raise TrackingError("gone")

        patch.setattr(studies, "begin_study", fail)
        with pytest.raises(TrackingError):
            deliver(study, store, tmp_path)
    identity = read_identity(study.path)
    assert identity is not None
    assert not is_delivered(study, identity, store)
    assert deliver(read_study(study.path), store, tmp_path) is not None


@pytest.mark.parametrize("after", [0, 1, 3, 6])
def test_a_recording_that_was_stopped_goes_on_and_is_the_uninterrupted_one(
    after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bprunner.tracking.studies.RUNS_A_TRANSACTION", 2)
    whole, part = tmp_path / "whole", tmp_path / "part"
    stores = []
    for here in (whole, part):
        here.mkdir()
        study = trained(here).study
        store = resolve_tracking_uri(here, {})
        stores.append(store)
        if here == part:
            asked = iter(range(100))
            assert deliver(study, store, here, should_stop=lambda asked=asked: next(asked) >= after) is None  # type: ignore[misc]
            status = open_store(store).search_runs(["1"], "tags.`bprunner.kind` = 'study'")[0].info.status
            assert status == "KILLED"
        assert deliver(study, store, here) is not None
    assert sorted_content(stores[0]) == sorted_content(stores[1])


def test_a_part_of_a_study_is_killed_and_becomes_whole(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executing, "block_size", lambda _: 1)
    done = [0]
    part = train_study(
        declared(),
        tmp_path,
        workers=1,
        tell=lambda now: done.append(now.done),
        should_stop=lambda: done[-1] >= 3,
    )
    assert part.outcome.interrupted
    recorded = deliver(part.study, store, tmp_path)
    assert recorded is not None
    client = open_store(store)
    assert client.get_run(recorded.run_id).info.status == "KILLED"
    rest = trained(tmp_path)
    again = deliver(rest.study, store, tmp_path)
    assert again is not None
    assert again.run_id == recorded.run_id
    assert client.get_run(recorded.run_id).info.status == "FINISHED"
    assert len(client.search_runs([recorded.experiment_id])) == 8


def test_a_run_that_failed_is_recorded_as_failed(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from bprunner.sweeps import blocks
    from bprunner.training import chunks

    training = chunks.train_in_chunks

    def failing(population: Any, *rest: Any) -> Any:
        if (population.learning_rate == 1.0).any():
            raise ArithmeticError("planted")
        return training(population, *rest)

    monkeypatch.setattr(blocks, "train_in_chunks", failing)
    done = trained(tmp_path)
    assert [each.reason for each in done.outcome.failures] == ["ArithmeticError: planted"] * 2
    recorded = deliver(done.study, store, tmp_path)
    assert recorded is not None
    client = open_store(store)
    runs = client.search_runs([recorded.experiment_id])
    assert client.get_run(recorded.run_id).info.status == "FAILED"
    assert sorted(run.info.status for run in runs).count("FAILED") == 3
    monkeypatch.undo()
    again = deliver(trained(tmp_path).study, store, tmp_path)
    assert again is not None
    assert client.get_run(recorded.run_id).info.status == "FINISHED"


# Thinning


@given(st.integers(1, 10**5), st.integers(1, 300), st.integers(2, 10**5), st.integers(2, 1000))
def test_a_study_is_shown_whole_while_it_is_small(runs: int, series: int, steps: int, most: int) -> None:
    points = points_of(runs, series, steps, most)
    if points is None:
        assert runs * series * steps <= MOST_ROWS
    else:
        assert 2 <= points <= most
        assert points == 2 or runs * series * points <= MOST_ROWS


def test_of_a_large_study_the_first_and_last_steps_are_there(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_recording, "MOST_ROWS", 7 * 7 * 4)
    study = trained(tmp_path, epochs=20).study
    assert thinning(study).points == 4
    recorded = deliver(study, store, tmp_path)
    assert recorded is not None
    client = open_store(store)
    for run in client.search_runs([recorded.experiment_id], "tags.`bprunner.cell` != ''"):
        last = int(study.summary.steps[int(run.data.tags["bprunner.cell"])])
        history = [each.step for each in client.get_metric_history(run.info.run_id, "weight/w1")]
        assert len(history) == min(4, last + 1)
        assert history[0] == 0
        assert history[-1] == last or run.data.tags["bprunner.fate"] == "diverged"


def test_the_table_is_kept_as_csv_and_parquet(tmp_path: Path) -> None:
    study = trained(tmp_path).study
    write_table(study)
    for name, read in (("table.csv", pd.read_csv), ("table.parquet", pd.read_parquet)):
        frame = read(study.path / name)
        assert list(frame.columns) == list(study.table.columns)
        assert frame["final_error"].tolist() == study.table["final_error"].tolist()
    left: Sequence[Path] = list(study.path.glob("*.partial"))
    assert not left
