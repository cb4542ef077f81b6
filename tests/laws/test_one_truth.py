"""The law of one truth: a run's trace in memory, its trace file and MLflow's history say the same, to the bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import bprunner
from bprunner import Run, Trace
from bprunner.nn.arrays import Array
from bprunner.runs.recording import shown_rows
from tests.training.declarations import doc, xor

ALL = ["error", "prediction", "weight", "bias", "net", "out", "delta", "gradient", "update"]

DECLARED: dict[str, dict[str, Any]] = {
    "one sample": {**doc(epochs=9), "tracking": {"quantities": ALL}},
    "several samples": {**xor(epochs=12), "tracking": {"quantities": ALL, "series": 1000}},
    "diverging": {**doc(epochs=100, learning_rate=2.0), "tracking": {"quantities": ALL}},
    "thinned": {**xor(epochs=437), "tracking": {"points": 40}},
    "rounded": {**doc(epochs=3), "arithmetic": {"weight": {"decimals": 2}}, "tracking": {"quantities": ALL}},
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Run]]:
    """Each declared run, recorded in one SQLite store, as a user would."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(tmp_path_factory.mktemp("store"))
        yield {kind: bprunner.run({**declared, "name": kind}, record=True) for kind, declared in DECLARED.items()}


every_run = pytest.mark.parametrize("kind", sorted(DECLARED))


def file_of(run: Run) -> Trace:
    assert run.recorded is not None
    assert run.recorded.artifact_path is not None
    return Trace.read(run.recorded.artifact_path / "trace.parquet")


def history(run: Run) -> dict[str, dict[int, float]]:
    """MLflow's own answer: by metric, the value of each step."""
    from mlflow import MlflowClient

    assert run.recorded is not None
    client = MlflowClient(run.recorded.tracking_uri)
    keys = client.get_run(run.recorded.run_id).data.metrics
    result = {}
    for key in keys:
        rows = client.get_metric_history(run.recorded.run_id, key)
        assert len({row.step for row in rows}) == len(rows), "no step twice"
        result[key] = {row.step: row.value for row in rows}
    return {key: rows for key, rows in result.items() if not key.startswith("summary/")}


def expected_metrics(run: Run, trace: Trace) -> dict[str, Array]:
    """Every series that MLflow should have, from a trace: names with / for ., one for each sample where they differ."""
    quantities = run.experiment.tracking.quantities
    series: dict[str, Array] = {}
    for name in trace.names:
        if name.split(".")[0] not in quantities:
            continue
        key, values = name.replace(".", "/", 1), trace[name]
        if values.ndim == 1:
            series[key] = values
        else:
            series |= {f"{key}/sample {number + 1}": column for number, column in enumerate(values.T)}
    return series


@every_run
def test_the_file_is_the_trace_in_memory(recorded: dict[str, Run], kind: str) -> None:
    memory, file = bprunner.run({**DECLARED[kind], "name": kind}).trace, file_of(recorded[kind])
    assert file.names == memory.names == recorded[kind].trace.names
    assert file.steps.tolist() == memory.steps.tolist()
    for name in memory.names:
        assert file[name].tobytes() == memory[name].tobytes() == recorded[kind].trace[name].tobytes(), name


@every_run
def test_mlflow_has_the_traces_values_to_the_bit(recorded: dict[str, Run], kind: str) -> None:
    """Every value of the shown steps that a store can hold, and no other."""
    run = recorded[kind]
    trace, shown = file_of(run), history(run)
    rows = shown_rows(len(trace), run.experiment.tracking.points)
    expected = {
        key: {int(trace.steps[row]): float(values[row]).hex() for row in rows if np.isfinite(values[row])}
        for key, values in expected_metrics(run, trace).items()
    }
    expected = {key: values for key, values in expected.items() if values}
    assert {key: {step: value.hex() for step, value in each.items()} for key, each in shown.items()} == expected


def test_what_is_not_finite_is_only_in_the_trace(recorded: dict[str, Run]) -> None:
    run = recorded["diverging"]
    assert run.status == "diverged"
    assert run.recorded is not None
    assert run.recorded.rows_left_out > 0
    trace, last = file_of(run), run.diverged_at
    assert not np.isfinite([trace["error"][-1], *trace["weight"][-1]]).all()
    shown = history(run)
    assert all(np.isfinite(value) for rows in shown.values() for value in rows.values())
    assert last not in shown["error"] or np.isfinite(trace["error"][-1])


def test_a_thinned_history_has_the_first_and_the_last_step(recorded: dict[str, Run]) -> None:
    run = recorded["thinned"]
    steps = sorted(history(run)["error"])
    assert len(file_of(run)) == 438
    assert 30 < len(steps) <= 40
    assert (steps[0], steps[-1]) == (0, 437)
    assert max(np.diff(steps)) - min(np.diff(steps)) <= 1


def test_the_summaries_are_those_of_the_trace(recorded: dict[str, Run]) -> None:
    from mlflow import MlflowClient

    for run in recorded.values():
        assert run.recorded is not None
        data = MlflowClient(run.recorded.tracking_uri).get_run(run.recorded.run_id).data
        error = file_of(run)["error"]
        assert data.metrics["summary/best_error"] == np.min(error[np.isfinite(error)])
        assert data.metrics["summary/updates"] == len(error) - 1
        assert data.tags["bprunner.status"] == run.status
        assert data.params["configuration_hash"] == run.hash


@pytest.mark.parametrize(("count", "points"), [(1, 2), (2, 2), (3, 2), (40, 40), (41, 40), (1_000_003, 1000)])
def test_shown_rows_are_even_and_keep_both_ends(count: int, points: int) -> None:
    rows = shown_rows(count, points)
    assert len(rows) == min(count, points)
    assert (rows[0], rows[-1]) == (0, count - 1)
    assert (np.diff(rows) > 0).all()
    assert len(rows) < 3 or max(np.diff(rows)) - min(np.diff(rows)) <= 1
