"""Sweeps as their user meets them: what is shown, recorded, gone on with, and told where it cannot be done."""

from __future__ import annotations

import csv
import io
import json
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bprunner.cli.main import app
from tests.cli.processes import LONGEST, bprun, start
from tests.conftest import ROOT

EXACT = ROOT / "configs" / "doc_exact.yaml"
RATES = "training.learning_rate={geometric: {from: 0.01, to: 1, count: 9}}"
FEW = ["training.epochs=20", RATES]


def called(*arguments: str | Path) -> int:
    """The exit code of the command in this process."""
    with pytest.raises(SystemExit) as caught:
        app([str(argument) for argument in arguments], prog_name="bprun")
    return int(caught.value.code or 0)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def ran(capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    """A sweep, run without MLflow, as JSON."""
    assert called("run", EXACT, *FEW, "--no-mlflow", "--json", *more) == 0
    result: dict[str, Any] = json.loads(shown(capsys))
    return result


def test_a_sweep_is_shown_recorded_and_not_run_twice(tmp_path: Path) -> None:
    done = bprun(EXACT, *FEW, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "varies training.learning_rate: 9 values" in done.stdout
    assert "The baseline (learning rate 0.05)" in done.stdout
    assert "recorded in MLflow: experiment doc_exact" in done.stdout
    assert "bprun:" not in done.stderr
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as store:
        assert store.execute("select status, count(*) from runs group by status").fetchall() == [("FINISHED", 11)]
    again = bprun(EXACT, *FEW, cwd=tmp_path)
    assert again.returncode == 0
    assert "recorded in MLflow before" in again.stdout
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as store:
        assert store.execute("select count(*) from runs").fetchall() == [(11,)]
    fresh = bprun(EXACT, *FEW, "--fresh", cwd=tmp_path)
    assert fresh.returncode == 0
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as store:
        assert store.execute("select count(*) from runs").fetchall() == [(22,)]
    (study,) = (tmp_path / "studies").iterdir()
    assert (study / "README.md").exists()
    assert list((study).rglob("*.svg"))


def test_a_sweep_as_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ran(capsys)
    assert told["study"] == "doc_exact"
    assert [run["run"] for run in told["runs"]] == list(range(10))
    assert told["runs"][0]["training.learning_rate"] == 0.05
    assert told["complete"] is True
    assert told["mlflow"] is None
    assert Path(told["folder"]).parent == here / "studies"
    assert called("compare", "doc_exact", "--json") == 0
    assert json.loads(shown(capsys))["findings"] == told["findings"]


def test_runs_are_chosen_ordered_and_cut(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del here
    ran(capsys)
    assert called("compare", "doc_exact", "--csv", "--sort", "learning_rate", "--descending", "--top", "3") == 0
    rows = list(csv.DictReader(io.StringIO(shown(capsys))))
    assert [float(row["training.learning_rate"]) for row in rows] == pytest.approx([1.0, 0.562341, 0.316228], rel=1e-5)
    assert called("compare", "doc_exact", "--csv", "--where", "0.02 < training.learning_rate < 0.1") == 0
    rows = list(csv.DictReader(io.StringIO(shown(capsys))))
    assert all(0.02 < float(row["training.learning_rate"]) < 0.1 for row in rows)
    assert len(rows) == 3
    for wrong in (["--where", "learning_rat < 1"], ["--sort", "nothing"], ["--where", "("]):
        assert called("compare", "doc_exact", *wrong) == 2
    assert "did you mean" in capsys.readouterr().err


def test_the_table_fits_a_narrow_terminal(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys)
    narrow = bprun("compare", "doc_exact", cwd=here, COLUMNS="50")
    assert narrow.returncode == 0
    assert max(map(len, narrow.stdout.splitlines())) <= 50
    wide = bprun("compare", "doc_exact", cwd=here, COLUMNS="160").stdout
    assert "did not fit" not in wide
    assert "rate ÷ stable" in wide


def test_a_dry_run_trains_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called("run", EXACT, *FEW, "--dry-run") == 0
    text = shown(capsys)
    for word in ("runs", "populations", "time", "memory", "disk", "MLflow"):
        assert word in text
    assert list(here.iterdir()) == []
    assert called("run", EXACT, *FEW, "--dry-run", "--json") == 0
    told = json.loads(shown(capsys))
    assert told["runs"] == 10
    assert told["populations"] == [{"network": "2 → 2 linear → 1 linear", "runs": 10, "steps": 20, "series": 7}]


def sweep_file(folder: Path, text: str) -> Path:
    path = folder / "sweep.yaml"
    path.write_text(f"name: s\nbaseline: {EXACT}\n{text}\n")
    return path


@pytest.mark.parametrize("limit", ["runs: 3", "rows: 10", "disk: 1 kB"])
def test_above_a_limit_it_wants_a_yes(limit: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sweep_file(here, f"limits: {{{limit}}}\nsweep: {{grid: {{training.learning_rate: [0.1, 0.2, 0.3]}}}}")
    assert called("run", path, "--no-mlflow") == 2
    told = capsys.readouterr().err
    assert f"limits.{limit.split(':')[0]}" in told
    assert "--yes" in told
    assert not (here / "studies").exists()
    assert called("run", path, "--no-mlflow", "--yes", "-q") == 0


def test_too_little_disk_or_memory_is_an_error_beforehand(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bprunner.sweeps import planning

    for what, words in (("free_disk", "on the disk"), ("free_memory", "of memory")):
        with monkeypatch.context() as patch:
            patch.setattr(planning, what, lambda *_: 1000)
            assert called("run", EXACT, *FEW, "--no-mlflow", "--yes") == 1
        assert words in capsys.readouterr().err
        assert not (here / "studies").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sweep: {grid: {training.learning_rat: [1]}}", "learning_rate"),
        ("sweep: {grid: {training.learning_rate: [fast]}}", "number"),
        ("sweep: {}", "what varies"),
    ],
)
def test_a_faulty_sweep_is_refused_with_its_place(
    text: str, words: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sweep_file(here, text)
    assert called("run", path) == 2
    told = capsys.readouterr().err
    assert "sweep.yaml:3:" in told
    assert words in told
    assert called("check", path) == 2
    assert [each.name for each in here.iterdir()] == ["sweep.yaml"]


def test_sweeps_are_checked_shown_and_listed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "experiments").mkdir()
    path = sweep_file(here / "experiments", "# It is short.\nsweep: {grid: {training.learning_rate: [0.1, 0.2]}}")
    path.write_text("# What it shows.\n" + path.read_text())
    assert called("check", path) == 0
    assert "valid (s, 3 runs, varies training.learning_rate" in shown(capsys)
    assert called("show", path) == 0
    assert "training.learning_rate: [0.1, 0.2]" in shown(capsys)
    assert called("run", path, "--no-mlflow", "-q") == 0
    capsys.readouterr()
    assert called("list") == 0
    text = " ".join(shown(capsys).split())
    assert "experiments/sweep.yaml What it shows." in text
    assert "s: begun" in text
    assert called("schema", "--sweeps") == 0
    assert json.loads(shown(capsys))["properties"]["sweep"]


def test_failures_are_told_at_once_and_at_the_end(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    del here
    from bprunner.sweeps import blocks
    from bprunner.training import chunks

    training = chunks.train_in_chunks

    def failing(population: Any, *rest: Any) -> Any:
        if (population.learning_rate == 1.0).any():
            raise ArithmeticError("planted")
        return training(population, *rest)

    monkeypatch.setattr(blocks, "train_in_chunks", failing)
    assert called("run", EXACT, *FEW, "--no-mlflow", "--workers", "1") == 1
    told = capsys.readouterr()
    assert told.err.count("run 9 failed: ArithmeticError: planted") == 2
    assert "1 run of 10 failed; the others are done" in told.err
    assert "baseline" in told.out


def test_a_store_that_is_gone_costs_the_record_and_sync_delivers_it_once(tmp_path: Path) -> None:
    done = bprun(EXACT, *FEW, cwd=tmp_path, MLFLOW_TRACKING_URI="sqlite:////proc/nope/x.db")
    assert done.returncode == 1
    assert "The baseline" in done.stdout
    assert "bprun sync" in done.stderr
    assert bprun("sync", cwd=tmp_path, MLFLOW_TRACKING_URI="sqlite:////proc/nope/x.db").returncode == 1
    assert "delivered doc_exact: 10 runs" in bprun("sync", cwd=tmp_path).stdout
    assert "nothing waits" in bprun("sync", cwd=tmp_path).stdout
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as store:
        assert store.execute("select count(*) from runs").fetchall() == [(11,)]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_keeps_what_is_done_and_says_how_to_go_on(number: int, code: int, tmp_path: Path) -> None:
    """Interrupted in the middle of its training, resumed, and the same as if nothing had happened."""
    path = sweep_file(
        tmp_path,
        "set: {training.epochs: 4000}\nlimits: {disk: 100 GB}\n"
        "sweep: {grid: {training.learning_rate: {linear: {from: 0.01, to: 0.2, count: 12}}, "
        "architecture.layers.0.activation: [linear, tanh, sigmoid, softplus, elu, gelu, relu]}}",
    )
    process = start(path.name, "--workers", "1", cwd=tmp_path)
    folder = tmp_path / "studies"
    end = time.monotonic() + LONGEST
    while not list(folder.glob("*/block-*.summary.parquet")) and time.monotonic() < end:
        time.sleep(0.005)
    process.send_signal(number)
    _, told = process.communicate(timeout=LONGEST)
    assert process.returncode == code, told
    if "interrupted after 85 of 85" in told:  # it was too quick
        return
    assert "go on with: bprun sweep.yaml" in told
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as store:
        kinds = dict(store.execute("select status, count(*) from runs group by status").fetchall())
    assert kinds["KILLED"] == 1
    assert "RUNNING" not in kinds
    rest = bprun("resume", cwd=tmp_path)
    assert rest.returncode == 0, rest.stderr
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as store:
        kinds = dict(store.execute("select status, count(*) from runs group by status").fetchall())
    assert kinds == {"FINISHED": 86}
    table = bprun("compare", path.name, "--csv", cwd=tmp_path).stdout
    other = tmp_path / "other"
    other.mkdir()
    assert bprun(path, "--no-mlflow", "-q", cwd=other).returncode == 0
    assert bprun("compare", path, "--csv", cwd=other).stdout == table


def test_nothing_to_resume_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys)
    assert called("resume") == 2
    assert "no study here was interrupted" in capsys.readouterr().err
    assert [each.name for each in here.iterdir()] == ["studies"]
