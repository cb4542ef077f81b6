"""What a run leaves behind: its files, and what MLflow is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bprunner
from bprunner import Run, Trace, TrackingError
from bprunner.runs import recording
from bprunner.runs.folders import new_folder
from bprunner.runs.markdown import plain_markdown
from bprunner.runs.recording import parameters, run_record, tracked_names
from bprunner.tracking import RunRecord
from tests.conftest import ROOT
from tests.runs.test_run import HOSTILE
from tests.training.declarations import doc, xor


def record_of(declared: dict[str, Any], tmp_path: Path, overrides: list[str] | None = None) -> RunRecord:
    return run_record(bprunner.run(declared, overrides or []), [], tmp_path)


def test_parameters_are_what_was_declared_by_path() -> None:
    run = bprunner.run(xor())
    flat = parameters(run)
    assert flat["training.learning_rate"] == 0.5
    assert flat["training.loss"] == "mean_squared_error"
    assert flat["architecture.layers.0.units"] == 3
    assert flat["architecture.layers.0.activation"] == "tanh"
    assert flat["initial_weights.uniform.low"] == -1
    assert flat["initial_weights.seed"] == 4
    assert flat["arithmetic"] == "exact"
    assert flat["configuration_hash"] == run.hash
    assert flat["samples"] == 4
    assert not any(key.startswith(("dataset", "expect")) for key in flat)


def test_parameters_are_no_more_and_no_longer_than_mlflow_shows() -> None:
    matrices = [[[0.123456789] * 30 for _ in range(2)], [[0.5]] * 30]
    layers = [{"units": 30, "activation": "tanh", "bias": "none"}, {"units": 1, "activation": "linear", "bias": "none"}]
    wide = {**doc(), "architecture": {"inputs": 2, "layers": layers}}
    flat = parameters(bprunner.run({**wide, "initial_weights": {"matrices": matrices, "orientation": "in_out"}}))
    assert "initial_weights.matrices" not in flat
    assert flat["initial_weights.orientation"] == "in_out"
    named = {f"w{number}": 0.1 for number in range(1, 91)}
    many = parameters(bprunner.run({**wide, "initial_weights": named}))
    assert len(many) <= 100
    assert many["samples"] == 1


def test_metrics_are_quantities_with_a_slash(tmp_path: Path) -> None:
    keys = [series.key for series in record_of(doc(), tmp_path).metrics]
    weights = [f"weight/w{number}" for number in range(1, 7)]
    gradients = [f"gradient/w{number}" for number in range(1, 7)]
    assert [key for key in keys if not key.startswith("summary/")] == ["error", "prediction/o1", *weights, *gradients]
    deep = {**doc(), "tracking": {"quantities": ["out"]}, "initial_weights": "zeros"}
    layer = {"units": 1, "activation": "tanh", "bias": "none"}
    deep["architecture"] = {"inputs": 2, "layers": [layer, layer, layer]}
    assert {"out/h1.1", "out/h2.1", "out/o1"} <= {series.key for series in record_of(deep, tmp_path).metrics}


def test_the_error_is_a_metric_whatever_is_tracked() -> None:
    run = bprunner.run({**doc(), "tracking": {"quantities": ["weight"], "series": 7}})
    assert tracked_names(run)[0] == "error"
    assert len(tracked_names(run)) == 7
    few = bprunner.run({**doc(), "tracking": {"quantities": ["weight"], "series": 6}})
    assert tracked_names(few) == ["error"]


def test_an_update_is_no_metric_after_the_last_step(tmp_path: Path) -> None:
    record = record_of({**doc(epochs=4), "tracking": {"quantities": ["update"]}}, tmp_path)
    steps = {series.key: series.steps.tolist() for series in record.metrics}
    assert steps["update/w1"] == [0, 1, 2, 3]
    assert steps["error"] == [0, 1, 2, 3, 4]


def test_a_run_is_called_after_what_was_changed(tmp_path: Path) -> None:
    assert record_of(doc(), tmp_path).run_name == "doc"
    assert record_of(doc(), tmp_path, ["training.epochs=3"]).run_name == "training.epochs=3"


@pytest.mark.parametrize(
    ("declared", "status", "said"),
    [(doc(), "FINISHED", "finished"), (doc(epochs=100, learning_rate=2.0), "FINISHED", "diverged")],
)
def test_how_it_ended(declared: dict[str, Any], status: str, said: str, tmp_path: Path) -> None:
    record = record_of(declared, tmp_path)
    assert record.status == status
    assert record.tags["bprunner.status"] == said
    assert ("bprunner.diverged_at_step" in record.tags) == (said == "diverged")
    assert "bprunner.git.dirty" not in record.tags  # a temporary folder is no repository


def test_hostile_names_are_text_in_a_description(tmp_path: Path) -> None:
    declared = {**doc(), "name": HOSTILE, "title": HOSTILE, "source": HOSTILE}
    record = record_of(declared, tmp_path)
    for text in (record.description, record.experiment_description):
        assert "<img" not in text
        assert "](http" not in text
        assert "**bold**" not in text
        assert r"\[link\]\(http" in text
    rows = [line for line in record.description.splitlines() if line.startswith("|")]
    assert {line.replace(r"\|", "").count("|") for line in rows} == {3}


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("doc", "doc"),
        ("a_b*c", r"a\_b\*c"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("one\ntwo", "one two"),
        ("\\", "\\\\"),
        ("∂E/∂w = δ · x", "∂E/∂w = δ · x"),
    ],
)
def test_plain_markdown(text: str, plain: str) -> None:
    assert plain_markdown(text) == plain


def test_figures_that_do_not_agree_are_named(tmp_path: Path) -> None:
    record = record_of({**doc(), "expect": [{"step": 0, "prediction": 0.59, "error": 0.1}]}, tmp_path)
    assert record.tags["bprunner.figures"] == "1 of 2 figures agree"
    assert record.description.count("\n- ") == 1
    assert plain_markdown("printed 0.59") in record.description


def test_a_thinned_run_says_so(tmp_path: Path) -> None:
    declared = {**doc(epochs=50), "tracking": {"points": 10}}
    assert "10 of 51 steps" in record_of(declared, tmp_path).description
    assert "steps; trace" not in record_of(doc(epochs=50), tmp_path).description


def test_folders_have_names_of_their_own(tmp_path: Path) -> None:
    folders = {new_folder(tmp_path, "a/b\\..") for _ in range(20)}
    assert len(folders) == 20
    assert {folder.parent for folder in folders} == {tmp_path / "runs"}
    assert "-run-" in new_folder(tmp_path, "///").name


# Recorded


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The document, as its user runs it: from its file, with a change, into a new store."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.chdir(tmp_path_factory.mktemp("store"))
        yield bprunner.run(ROOT / "configs" / "doc_exact.yaml", ["training.epochs=8"], record=True)


def artifacts(run: Run) -> Path:
    assert run.recorded is not None
    assert run.recorded.artifact_path is not None
    return run.recorded.artifact_path


def test_the_files_of_a_run(recorded: Run) -> None:
    folder = artifacts(recorded)
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {name for name in files if not name.endswith(".svg") or "/" not in name} == {
        "trace.parquet", "training.svg", "effective.yaml", "figures.json",
        "written/doc_exact.yaml", "written/doc.yaml", "written/overrides.txt",
        "document/doc_exact.md", "document/doc_exact.html",
    }  # fmt: skip
    assert "document/doc_exact-network.svg" in files
    assert (folder / "written" / "doc.yaml").read_bytes() == (ROOT / "configs" / "doc.yaml").read_bytes()
    assert (folder / "written" / "overrides.txt").read_text() == "training.epochs=8\n"
    assert len(json.loads((folder / "figures.json").read_text())) == len(recorded.figures)
    assert (folder / "training.svg").read_text().rstrip().endswith("</svg>")


def test_the_effective_configuration_runs_to_the_same_numbers(recorded: Run) -> None:
    again = bprunner.run(artifacts(recorded) / "effective.yaml")
    assert again.hash == recorded.hash
    kept = Trace.read(artifacts(recorded) / "trace.parquet")
    assert {name: again.trace[name].tobytes() for name in again.trace} == {name: kept[name].tobytes() for name in kept}


def test_no_folder_stays_behind(recorded: Run) -> None:
    assert not [path for path in artifacts(recorded).parents[3].iterdir() if path.name == "runs"]


def test_a_store_that_fails_leaves_the_trace_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mlflow.db").write_text("this is no database, and long enough to see that it is none " * 40)
    with pytest.raises(TrackingError):
        bprunner.run(doc(), record=True)
    (kept,) = (tmp_path / "runs").glob("*/trace.parquet")
    assert Trace.read(kept)["weight"].tobytes() == bprunner.run(doc()).trace["weight"].tobytes()


def test_a_long_trace_is_read_from_where_mlflow_keeps_it(tmp_path: Path) -> None:
    run = bprunner.run(doc())
    run.trace.write(tmp_path / "trace.parquet")
    assert recording._with_trace_moved(run) is run


def test_the_effective_configuration_names_the_recorded_copy_of_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xor.csv").write_text("a,b,y\n0,0,0\n0,1,1\n", encoding="utf-8")
    dataset = {"csv": {"file": "xor.csv", "inputs": ["a", "b"], "targets": ["y"]}}
    run = bprunner.run({**doc(), "dataset": dataset, "expect": []})
    folder = tmp_path / "elsewhere"
    recording.write_files(run, folder).wait()
    (tmp_path / "xor.csv").unlink()
    assert bprunner.run(folder / "effective.yaml").hash == run.hash
