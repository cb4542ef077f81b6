"""What goes wrong around a study: damaged files, stores that change, signals, cells that cannot be trained.

Each is told in a sentence with the way out, and costs nothing but what it has to.
"""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bprunner.cli import comparing, sweeping
from bprunner.cli.main import app
from bprunner.errors import BprunnerError
from bprunner.runs.studies import is_delivered
from bprunner.runs.study_files import read_identity, read_study
from bprunner.tracking import bulk
from bprunner.tracking.addresses import resolve_tracking_uri
from bprunner.tracking.store import open_store
from tests.cli.footprints import processes_in, study_in
from tests.cli.processes import LONGEST, start
from tests.conftest import ROOT

EXACT = ROOT / "configs" / "doc_exact.yaml"
RATES = "training.learning_rate=[0.02, 0.1, 0.3]"
UNITS = "architecture.layers.0.units=[2, 3, 4]"
DRAWN = "initial_weights={normal: {scale: 0.5}, seed: 1}"


class NoPages:
    """In place of pages, each of which takes a process and a second."""

    failure = ""

    def __init__(self, *_: object) -> None: ...

    def wait(self) -> None: ...

    def files(self) -> list[Path]:
        return []


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for module in (sweeping, comparing):
        monkeypatch.setattr(module, "StudyPages", NoPages)
    return tmp_path


class Told:
    """A command in this process: its exit code, and what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str | Path) -> int:
        code, message = 0, ""
        try:
            app([str(argument) for argument in arguments], prog_name="bprun")
        except SystemExit as ended:
            code = int(ended.code or 0)
        except BprunnerError as error:  # as `main` tells it
            code, message = 1, str(error)
        told = self._capsys.readouterr()
        self.out, self.err = told.out, told.err + message
        return code


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    return Told(capsys)


def runs_in(here: Path) -> list[tuple[str, int]]:
    """How many runs of each status the store has."""
    with closing(sqlite3.connect(here / "mlflow.db")) as store:
        return sorted(store.execute("select status, count(*) from runs group by status").fetchall())


# Files that the power took


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def of_another(path: Path) -> None:
    path.write_bytes(b'{"format": 1, "deliveries": [], "command": 3}')


@pytest.mark.parametrize("damage", [cut, emptied, of_another])
@pytest.mark.parametrize("name", ["study.json", "block-000001.summary.parquet", "failures.json"])
def test_a_damaged_file_is_told_with_the_way_out_and_fresh_helps(
    name: str, damage: Callable[[Path], None], here: Path, told: Told
) -> None:
    assert told("run", EXACT, RATES, "--no-mlflow", "-q") == 0
    path = study_in(here) / name
    if name == "failures.json":
        path.write_text('{"0123": "planted"}\n')
    damage(path)
    if name == "failures.json" and damage is of_another:
        assert told("compare", "doc_exact") == 1
    else:
        assert told("run", EXACT, RATES, "--no-mlflow", "-q") == (0 if name == "failures.json" else 1)
    if name != "failures.json" or damage is of_another:
        assert name in told.err
        assert "--fresh" in told.err
    assert told("run", EXACT, RATES, "--no-mlflow", "-q", "--fresh") == 0
    assert told("compare", "doc_exact") == 0


def test_a_series_that_is_gone_or_damaged_is_told(here: Path, told: Told) -> None:
    assert told("run", EXACT, RATES, "--no-mlflow", "-q") == 0
    series = study_in(here) / "block-000001.parquet"
    whole = series.read_bytes()
    cut(series)
    assert told("sync", "doc_exact") == 1
    assert series.name in told.err
    assert "--fresh" in told.err
    series.unlink()
    assert told("run", EXACT, RATES, "--no-mlflow") == 1
    assert "a file is missing" in told.err
    assert "--fresh" in told.err
    series.write_bytes(whole)
    assert told("run", EXACT, RATES, "--no-mlflow", "-q") == 0


@pytest.mark.parametrize("name", ["sweep.yaml", "baseline.yaml"])
def test_a_declaration_that_is_gone_is_told_and_written_again(name: str, here: Path, told: Told) -> None:
    assert told("run", EXACT, RATES, "--no-mlflow", "-q") == 0
    path = study_in(here) / name
    text = path.read_text()
    path.write_text("name: [")
    assert told("compare", "doc_exact") == 2
    assert f"{name}:1:" in told.err
    path.unlink()
    assert told("compare", "doc_exact") == 1
    assert f"a file is missing: {path}" in told.err
    assert "Run the sweep again" in told.err
    assert told("run", EXACT, RATES, "--no-mlflow", "-q") == 0
    assert path.read_text() == text


def test_a_study_that_cannot_be_read_costs_no_other(here: Path, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", "sqlite:////proc/nope/x.db")
        for name in ("a", "b", "c"):
            assert told("run", EXACT, f"name={name}", RATES, "-q") == 1
    (faulty,) = (here / "studies").glob("b-*")
    (faulty / "study.json").write_text("{")
    assert told("compare", "a") == 0
    assert told("compare", faulty.name) == 1
    assert "--fresh" in told.err
    assert told("list") == 0
    assert str(faulty / "study.json") in told.err
    assert "c: begun" in told.out
    assert told("sync") == 1
    assert str(faulty) in told.err
    assert [line.split(":")[0] for line in sorted(told.out.splitlines())] == ["delivered a", "delivered c"]
    assert told("sync", "nothing") == 2
    assert "there is no study `nothing` here" in told.err
    assert told("sync", f"studies/{next((here / 'studies').glob('c-*')).name}/") == 1
    assert "delivered" not in told.out


# The folder


@pytest.mark.parametrize("name", ["studies", "studies/doc_exact"])
def test_a_folder_that_is_a_file_is_told(name: str, here: Path, told: Told) -> None:
    assert told("run", EXACT, RATES, "--no-mlflow", "-q") == 0
    study = study_in(here)
    for path in study.rglob("*"):
        if path.is_file():
            path.unlink()
    for path in sorted(study.rglob("*"), reverse=True):
        path.rmdir()
    study.rmdir()
    if name == "studies":
        study.parent.rmdir()
        study.parent.write_text("")
    else:
        study.write_text("")
    assert told("run", EXACT, RATES, "--no-mlflow", "-q") == 1
    assert f"the folder of the study cannot be written: {study}" in told.err


def test_no_partial_file_is_left_where_the_disk_is_full(
    here: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("bprunner.sweeps.folder.os.fsync", full)
        assert told("run", EXACT, RATES, "--no-mlflow", "-q") == 1
    assert "No space left on device" in told.err
    assert not list(here.rglob("*partial*"))
    assert told("run", EXACT, RATES, "--no-mlflow", "-q") == 0


# Cells


def test_a_network_that_cannot_be_made_costs_its_own_cell(
    here: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bprunner.sweeps import blocks, executing, planning
    from bprunner.training.population import populate

    def failing(experiments: Any, samples: Any) -> Any:
        if experiments[0].architecture.layers[0].units == 3:
            raise MemoryError("planted")
        return populate(experiments, samples)

    for module in (blocks, executing, planning):
        monkeypatch.setattr(module, "populate", failing)
    assert told("run", EXACT, UNITS, DRAWN, "--no-mlflow", "--workers", "1", "--json") == 1
    assert told.err.count("run 2 failed: MemoryError: planted") == 2
    assert [run["run"] for run in json.loads(told.out)["runs"]] == [0, 1, 3]
    del here


def test_without_its_baseline_a_study_compares_with_none(
    here: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first run is then another, which is no baseline."""
    from bprunner.sweeps import blocks
    from bprunner.training import chunks

    training = chunks.train_in_chunks

    def failing(population: Any, *rest: Any) -> Any:
        if (population.learning_rate == 0.05).any():
            raise ArithmeticError("planted")
        return training(population, *rest)

    monkeypatch.setattr(blocks, "train_in_chunks", failing)
    assert told("run", EXACT, RATES, "--workers", "1", "--json") == 1
    shown = json.loads(told.out)
    assert [(run["run"], run["ratio"]) for run in shown["runs"]] == [(1, None), (2, None), (3, None)]
    with closing(sqlite3.connect(here / "mlflow.db")) as store:
        metrics = {key for (key,) in store.execute("select distinct key from metrics")}
        assert not store.execute("select * from tags where key = 'bprunner.baseline_run'").fetchall()
    assert "summary/final_error" in metrics
    assert not metrics & {"summary/ratio_to_baseline", "summary/baseline_final_error"}
    assert told("compare", "doc_exact") == 0


def test_a_fresh_study_is_planned_as_one_of_which_nothing_is_done(here: Path, told: Told) -> None:
    del here
    assert told("run", EXACT, RATES, "--no-mlflow", "-q") == 0
    for more, done in (([], 4), (["--fresh"], 0)):
        assert told("run", EXACT, RATES, "--dry-run", "--json", *more) == 0
        assert json.loads(told.out)["done"] == done


# The store


def test_a_store_that_was_made_anew_does_not_have_the_study(here: Path, told: Told) -> None:
    assert told("run", EXACT, RATES, "-q") == 0
    (here / "other").mkdir()
    study = read_study(study_in(here))
    identity, store = read_identity(study.path), resolve_tracking_uri(here, {})
    assert identity is not None
    assert is_delivered(study, identity, store)
    other = resolve_tracking_uri(here / "other", {})
    open_store(other)
    assert other.path is not None
    shutil.copy(other.path, here / "mlflow.db")
    assert not is_delivered(study, identity, store)
    (here / "mlflow.db").write_text("no database")
    assert not is_delivered(study, identity, store)
    (here / "mlflow.db").unlink()
    assert not is_delivered(study, identity, store)


def test_a_locked_store_is_waited_for_and_then_the_record_waits(
    here: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The experiment is as it will be: where MLflow itself changes something, it waits for twenty seconds.
    assert told("run", EXACT, "training.learning_rate=[0.5]", "-q") == 0
    monkeypatch.setattr(bulk, "PATIENCE", 0.2)
    monkeypatch.setattr(bulk, "_BUSY_MILLISECONDS", 50)
    with closing(sqlite3.connect(here / "mlflow.db")) as other:
        other.execute("begin immediate")
        assert told("run", EXACT, RATES, "-q") == 1
        assert "another program keeps it locked" in told.err
        assert "bprun sync" in told.err
        other.rollback()
    assert told("sync") == 0
    assert runs_in(here) == [("FINISHED", 8)]


SECRET = "s3ntinel-of-a-password"


@pytest.mark.parametrize(
    "address", ["postgresql://joe:{0}@127.0.0.1:9/x", "http://joe:{0}@127.0.0.1:9", "sqlite:////proc/nope/x.db?key={0}"]
)
def test_a_password_is_nowhere(address: str, here: Path, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address.format(SECRET))
    for words in (("run", EXACT, RATES), ("run", EXACT, RATES, "--json"), ("sync",)):
        assert told(*words) == 1
        assert SECRET not in told.out + told.err
    assert not [path for path in here.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_of_two_commands_for_one_study_the_second_is_told(here: Path, told: Told) -> None:
    from bprunner.sweeps.folder import StudyFolder

    assert told("run", EXACT, RATES, "--no-mlflow", "-q") == 0
    before = (study_in(here) / "study.json").read_bytes()
    with StudyFolder(study_in(here)).locked():
        for words in (("run", EXACT, RATES, "--fresh"), ("sync", "doc_exact"), ("resume", "doc_exact")):
            assert told(*words) == 1
            assert "another process is working on this study" in told.err
    assert (study_in(here) / "study.json").read_bytes() == before
    assert not (here / "mlflow.db").exists() or runs_in(here) == []


# Signals


@pytest.mark.parametrize("moment", ["planning", "training", "recording"])
def test_an_interrupt_is_one_json_object_and_a_command_that_goes_on(
    moment: str, here: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name of the file wants quotes in a shell."""
    from bprunner.runs import studies
    from bprunner.sweeps import executing, planning

    def interrupting(work: Any) -> Any:
        def interrupted(*arguments: Any, **more: Any) -> Any:
            signal.raise_signal(signal.SIGTERM)
            return work(*arguments, **more)

        return interrupted

    path = here / "it's a sweep.yaml"
    path.write_text(f"name: s\nbaseline: {EXACT}\nsweep: {{grid: {{training.learning_rate: [0.02, 0.1, 0.3]}}}}\n")
    module, name = {
        "planning": (planning, "structure"),
        "training": (executing, "errors_of"),
        "recording": (studies, "children"),
    }[moment]
    with monkeypatch.context() as patch:
        patch.setattr(
            module, name, interrupting(getattr(module, name)) if moment != "planning" else _once(getattr(module, name))
        )
        assert told("run", path.name, "--json", "--workers", "1") == 143
    shown = json.loads(told.out)
    assert shown["study"] == "s"
    if moment == "recording":
        assert told.err.endswith("interrupted when all runs were trained; record it with: bprun sync\n")
        assert runs_in(here) == [("KILLED", 1)]
        assert told("sync") == 0
    else:
        command = told.err.partition("go on with: ")[2].strip()
        assert shlex.split(command) == ["bprun", path.name]
        assert told("run", *shlex.split(command)[1:]) == 0
    assert runs_in(here) == [("FINISHED", 5)]


def _once(work: Any) -> Any:
    """Interrupts when it is called first; a second signal would end the process."""
    calls: list[int] = []

    def interrupting(*arguments: Any) -> Any:
        if not calls:
            calls.append(0)
            signal.raise_signal(signal.SIGTERM)
        return work(*arguments)

    return interrupting


def test_what_is_pasted_has_the_options_that_matter(here: Path, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    from bprunner.sweeps import planning
    from bprunner.training import population

    (here / "-x.yaml").write_text(f"name: s\nbaseline: {EXACT}\nsweep: {{grid: {{training.learning_rate: [0.02]}}}}\n")
    with monkeypatch.context() as patch:
        patch.setattr(planning, "structure", _once(population.structure))
        assert told("run", "--no-mlflow", "--data-anywhere", "--", "-x.yaml") == 143
    command = told.err.partition("go on with: ")[2].strip()
    assert shlex.split(command) == ["bprun", "./-x.yaml", "--no-mlflow", "--data-anywhere"]
    assert told("run", *shlex.split(command)[1:]) == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_second_signal_ends_at_once_and_leaves_no_process(number: int, code: int, tmp_path: Path) -> None:
    rates = "training.learning_rate={linear: {from: 0.01, to: 0.2, count: 40}}"
    words: list[str | Path] = [EXACT, "training.epochs=100000", rates, "--workers", "2", "--yes", "--no-mlflow"]
    with start(*map(str, words), cwd=tmp_path) as process:
        end = time.monotonic() + LONGEST
        while not list(tmp_path.glob("studies/*/block-*.partial")) and time.monotonic() < end:
            time.sleep(0.005)
        process.send_signal(number)
        time.sleep(0.05)
        process.send_signal(number)
        _, err = process.communicate(timeout=LONGEST)
    assert process.returncode == code, err
    assert "go on with: bprun" in err
    assert "Traceback" not in err
    assert processes_in(tmp_path) == []
    assert not list(tmp_path.rglob("*.partial"))
