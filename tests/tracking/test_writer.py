"""What is written reads back, to the bit; what cannot be written is never lost in silence."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bprunner.errors import TrackingError
from bprunner.tracking import MetricSeries, RunRecord, Store, experiments, open_store, record_run, rows, writer
from tests.tracking.conftest import STARTED


def replaced(record: RunRecord, **changes: Any) -> RunRecord:
    return dataclasses.replace(record, **changes)


def all_runs(store: Store) -> list[Any]:
    client = open_store(store)
    return list(client.search_runs([experiment.experiment_id for experiment in client.search_experiments()]))


def test_everything_reads_back(store: Store, record: RunRecord, tmp_path: Path) -> None:
    done = record_run(record, store)
    run = open_store(store).get_run(done.run_id)
    assert (run.info.run_name, run.info.status) == ("baseline", "FINISHED")
    assert (run.info.start_time, run.info.end_time) == (STARTED, STARTED + 1234)
    assert run.data.params == {
        "training.learning_rate": "0.05",
        "epochs": "1",
        "shuffle": "false",
        "loss": "half_squared_error",
    }
    assert run.data.metrics == {"weight/w1": -5e-324, "error": 0.5}
    assert run.data.tags["mlflow.note.content"] == "# The run\n"
    assert run.data.tags["mlflow.source.type"] == "LOCAL"
    assert run.data.tags["mlflow.user"]
    assert run.data.tags["hash"] == "0123"
    assert (done.rows, done.rows_left_out) == (6, 0)
    assert done.artifact_path == tmp_path / "mlruns" / "doc" / done.run_id / "artifacts"
    assert (done.artifact_path / "trace.csv").read_text() == "step,error\n0,0.087\n"
    assert (done.artifact_path / "pages" / "index.html").read_text() == "<p>∂</p>"
    assert {entry.path for entry in open_store(store).list_artifacts(done.run_id)} == {"trace.csv", "pages"}


def test_every_metric_row_reads_back_to_the_bit(store: Store, record: RunRecord) -> None:
    done, client = record_run(record, store), open_store(store)
    for series in record.metrics:
        history = client.get_metric_history(done.run_id, series.key)
        rows = sorted((row.step, row.value.hex(), row.timestamp) for row in history)
        assert rows == [
            (int(step), float(value).hex(), STARTED + int(step))
            for step, value in zip(series.steps, series.values, strict=True)
        ]


def test_the_dataset_shows_its_columns_and_keeps_its_digest(store: Store, record: RunRecord) -> None:
    import json

    from mlflow.types.schema import Schema

    done = record_run(record, store)
    (entry,) = open_store(store).get_run(done.run_id).inputs.dataset_inputs
    assert (entry.dataset.name, entry.dataset.digest, entry.dataset.source_type) == ("doc", "d" * 36, "code")
    assert json.loads(entry.dataset.source) == {"tags": {"mlflow.source.name": "configs/doc.yaml"}}
    columns = Schema.from_json(json.dumps(json.loads(entry.dataset.schema)["mlflow_colspec"]))
    assert columns.input_names() == ["i1", "i2", "o1"]
    assert json.loads(entry.dataset.profile) == {"num_rows": 1, "num_elements": 3}


def test_a_dataset_from_the_web_is_a_link() -> None:
    assert rows._source("https://example.org/iris.csv") == ("http", '{"url": "https://example.org/iris.csv"}')


def test_writing_the_same_rows_again_changes_nothing(store: Store, record: RunRecord) -> None:
    done, client = record_run(record, store), open_store(store)
    before = {series.key: client.get_metric_history(done.run_id, series.key) for series in record.metrics}
    assert writer.write_metrics(client, done.run_id, record.metrics, record.started) == 6
    for series in record.metrics:
        assert client.get_metric_history(done.run_id, series.key) == before[series.key]
    assert client.get_run(done.run_id).data.metrics == {"weight/w1": -5e-324, "error": 0.5}


def test_long_series_and_many_parameters_arrive_whole(store: Store, record: RunRecord) -> None:
    values = np.random.default_rng(1).normal(size=2345)
    parameters = {f"weight.w{number}": number / 7 for number in range(205)}
    long = replaced(record, metrics=[MetricSeries("error", np.arange(2345), values)], parameters=parameters)
    done, client = record_run(long, store), open_store(store)
    history = client.get_metric_history(done.run_id, "error")
    assert [row.value for row in sorted(history, key=lambda row: row.step)] == values.tolist()
    run = client.get_run(done.run_id)
    assert run.data.metrics["error"] == values[-1]
    assert {key: float(value) for key, value in run.data.params.items()} == parameters


@pytest.mark.parametrize("count", [0, 1, 100, 101, 200])
def test_any_number_of_parameters(store: Store, record: RunRecord, count: int) -> None:
    done = record_run(replaced(record, metrics=[], parameters={f"p{number}": number for number in range(count)}), store)
    assert len(open_store(store).get_run(done.run_id).data.params) == count


def test_what_is_not_finite_is_left_out_and_said(store: Store, record: RunRecord) -> None:
    steps = np.arange(10, 14)
    metrics = [
        MetricSeries("error", steps, np.array([1.0, math.inf, math.nan, math.nan])),
        MetricSeries("weight/w1", steps, np.array([1.0, 2.0, -math.inf, 3.0])),
        MetricSeries("fine", steps, np.zeros(4)),
    ]
    done, client = record_run(replaced(record, metrics=metrics, status="FAILED"), store), open_store(store)
    run = client.get_run(done.run_id)
    assert run.info.status == "FAILED"
    assert (done.rows, done.rows_left_out) == (8, 4)
    assert run.data.metrics == {"error": 1.0, "weight/w1": 3.0, "fine": 0.0}
    assert run.data.tags["non_finite.first_step"] == "11"
    assert run.data.tags["non_finite.rows"] == "4"
    assert run.data.tags["non_finite.series"] == "error: inf from step 11\nweight/w1: -inf from step 12"


def test_minus_zero_is_fine(store: Store, record: RunRecord) -> None:
    done = record_run(replaced(record, metrics=[MetricSeries("error", np.array([0]), np.array([-0.0]))]), store)
    assert open_store(store).get_run(done.run_id).data.metrics == {"error": 0.0}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parameters": {"matrix": "x" * 6001}}, "would cut it at 6,000"),
        ({"tags": {"note": "x" * 8001}}, "would cut it at 8,000"),
        ({"parameters": {"w[0,1]": 1}}, "takes no parameter named"),
        ({"metrics": [MetricSeries("w" * 251, np.array([0]), np.array([0.0]))]}, "takes no metric named"),
        ({"files": [Path("nowhere/at-all.txt")]}, "There is no file"),
        ({"files": [Path("pyproject.toml"), Path("./pyproject.toml")]}, "overwrite each other"),
    ],
)
def test_what_mlflow_would_spoil_is_refused_before_anything_is_written(
    store: Store, record: RunRecord, changes: dict[str, Any], message: str, request: pytest.FixtureRequest
) -> None:
    if "overwrite" in message:
        changes = {"files": [request.config.rootpath / path for path in changes["files"]]}
    with pytest.raises(TrackingError, match=message):
        record_run(replaced(record, **changes), store)
    assert all_runs(store) == []


def test_a_long_description_is_cut_at_a_line_and_says_so(store: Store, record: RunRecord) -> None:
    done = record_run(replaced(record, description="one line of text\n" * 1000), store)
    note = open_store(store).get_run(done.run_id).data.tags["mlflow.note.content"]
    assert len(note) <= 8000
    assert note.startswith("one line of text\n")
    assert note.endswith("one line of text\n\n*(cut: this is as much as MLflow can show)*")


def test_runs_share_an_experiment_and_its_description_follows(store: Store, record: RunRecord) -> None:
    first = record_run(record, store)
    second = record_run(replaced(record, experiment_description="Better words."), store)
    assert first.experiment_id == second.experiment_id
    client = open_store(store)
    assert client.get_experiment(first.experiment_id).tags["mlflow.note.content"] == "Better words."
    client.set_experiment_tag(first.experiment_id, "mlflow.note.content", "My own.")
    record_run(record, store)
    assert client.get_experiment(first.experiment_id).tags["mlflow.note.content"] == "My own."


def test_a_deleted_experiment_is_restored(store: Store, record: RunRecord) -> None:
    first, client = record_run(record, store), open_store(store)
    client.delete_experiment(first.experiment_id)
    assert record_run(record, store).experiment_id == first.experiment_id
    assert client.get_experiment(first.experiment_id).lifecycle_stage == "active"


def test_an_experiment_that_another_process_makes_meanwhile_is_used(store: Store, record: RunRecord) -> None:
    client = open_store(store)
    made = client.create_experiment("doc")
    assert experiments._make_experiment(client, record, store).experiment_id == made


def test_an_experiment_whose_files_only_a_server_reaches_is_refused(store: Store, record: RunRecord) -> None:
    open_store(store).create_experiment("doc", "mlflow-artifacts:/9")
    with pytest.raises(TrackingError, match="only that server can reach"):
        record_run(record, store)
    assert all_runs(store) == []


def trouble_at(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def raises(*_: object) -> None:
        raise error

    monkeypatch.setattr(writer, "_write_inputs_and_files", raises)


def test_a_failure_midway_marks_the_run_failed(
    store: Store, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble_at(monkeypatch, OSError(28, "No space left on device"))
    with pytest.raises(TrackingError, match="the disk is full"):
        record_run(record, store)
    (run,) = all_runs(store)
    assert run.info.status == "FAILED"
    assert "No space left" in run.data.tags["bprunner.incomplete_record"]


def test_an_interrupt_midway_marks_the_run_killed(
    store: Store, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble_at(monkeypatch, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        record_run(record, store)
    (run,) = all_runs(store)
    assert run.info.status == "KILLED"


def test_a_killed_run_ends_killed(store: Store, record: RunRecord) -> None:
    done = record_run(replaced(record, status="KILLED"), store)
    assert open_store(store).get_run(done.run_id).info.status == "KILLED"


def test_nothing_global_is_left_behind(store: Store, record: RunRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    import mlflow

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    record_run(record, store)
    assert mlflow.active_run() is None
    assert not mlflow.tracking.is_tracking_uri_set()
    assert "MLFLOW_TRACKING_URI" not in os.environ


def test_a_client_can_be_shared(store: Store, record: RunRecord) -> None:
    client = open_store(store)
    assert record_run(record, store, client).run_id != record_run(record, store, client).run_id


def test_a_series_has_as_many_values_as_steps() -> None:
    with pytest.raises(ValueError, match="two lists of one length"):
        MetricSeries("error", np.arange(2), np.zeros(3))
