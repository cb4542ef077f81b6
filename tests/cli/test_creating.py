"""`bprun new`: what it writes, what it says, and what it refuses; all of it or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bprunner.cli import creating, running
from bprunner.cli.creating import NewFile, create
from bprunner.cli.main import app
from bprunner.cli.wishes import Wishes
from bprunner.errors import StorageError
from bprunner.runs.run import execute_run
from bprunner.spec.json_schema import schema_text
from bprunner.spec.reading import read_declaration
from bprunner.spec.sweep_schema import sweep_schema_text
from bprunner.starters import writing
from bprunner.starters.writing import write_new
from tests.conftest import ROOT

IS_FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
DATA = "size,rooms,price\n" + "".join(f"{40 + i},{1 + i % 4},{100 + 3 * i}.5\n" for i in range(12))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with a file of data."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "homes.csv").write_text(DATA)
    return tmp_path


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def trains(path: Path, *changes: str, anywhere: bool = False) -> bool:
    """Whether it reads and trains without recording, which takes longer than all else."""
    return bool(np.isfinite(execute_run(read_declaration(path, changes, anywhere)).trace["error"]).all())


def test_a_new_file_runs_at_once_and_says_what_is_next(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert create(NewFile("mine")) == 0
    assert names(here) == {"homes.csv", "mine.yaml", "schema/experiment.schema.json"}
    assert (here / "schema" / "experiment.schema.json").read_text(encoding="utf-8") == schema_text()
    first = (here / "mine.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=schema/experiment.schema.json"
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"wrote mine.yaml, and {Path('schema', 'experiment.schema.json')} for editors"
    assert told[-1] == "run it: bprun mine.yaml"
    assert len(told) == 3
    assert trains(here / "mine.yaml")
    if IS_FULL:
        assert running.run_files(["mine.yaml"], Wishes(quiet=True, mlflow=False)) == 0


def test_a_file_for_data_runs_at_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert create(NewFile("deep/er/homes", "homes.csv", allow_outside=True)) == 0
    assert "guessed: numbers; the target is the last column, price" in capsys.readouterr().out
    text = (here / "deep" / "er" / "homes.yaml").read_text(encoding="utf-8")
    assert "$schema=../../schema/experiment.schema.json" in text
    assert "file: ../../homes.csv" in text
    assert trains(here / "deep" / "er" / "homes.yaml", anywhere=True)
    assert create(NewFile("beside.yml", "homes.csv", ("rooms",), ("size",))) == 0
    assert trains(here / "beside.yml", "training.epochs=3")


def test_a_study_runs_at_once_and_is_called_as_its_folder(here: Path) -> None:
    assert create(NewFile("mine")) == 0
    assert create(NewFile("experiments/rates/sweep.yaml", baseline="mine.yaml")) == 0
    text = (here / "experiments" / "rates" / "sweep.yaml").read_text(encoding="utf-8")
    assert "\nname: rates\nbaseline: ../../mine.yaml\n" in text
    assert "$schema=../../schema/sweep.schema.json" in text
    assert (here / "schema" / "sweep.schema.json").read_text(encoding="utf-8") == sweep_schema_text()
    if IS_FULL:
        assert running.run_files(["experiments/rates/sweep.yaml"], Wishes(quiet=True, mlflow=False)) == 0


def test_the_schema_of_a_project_is_used_and_not_touched(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "schema").mkdir()
    (here / "schema" / "experiment.schema.json").write_text("{}")
    assert create(NewFile("configs/mine")) == 0
    assert (here / "schema" / "experiment.schema.json").read_text() == "{}"
    assert "for editors" not in capsys.readouterr().out
    assert "$schema=../schema/experiment.schema.json" in (here / "configs" / "mine.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("there", ["file", "folder", "link"])
def test_nothing_is_overwritten(here: Path, there: str, capsys: pytest.CaptureFixture[str]) -> None:
    target = here / "mine.yaml"
    if there == "file":
        target.write_text("mine")
    elif there == "folder":
        target.mkdir()
    else:
        target.symlink_to(here / "nowhere.yaml")
    assert create(NewFile("mine")) == 2
    told = capsys.readouterr().err
    assert "nothing is overwritten" in told or "is a folder" in told or "is there already" in told
    assert names(here) <= {"homes.csv", "mine.yaml"}
    assert not (here / "nowhere.yaml").exists()


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (NewFile("homes.csv"), "bprun new homes --from homes.csv"),
        (NewFile("x", "homes.csv", baseline="x.yaml"), "do not go together"),
        (NewFile("x", targets=("a",)), "name the file, too"),
        (NewFile("."), "is a folder"),
        (NewFile("deep/"), "is a folder"),
        (NewFile(""), "is a folder"),
        (NewFile("x", "nope.csv"), "no such file"),
        (NewFile("x", "homes.csv", ("prise",)), "did you mean `price`?"),
        (NewFile("x", baseline="nope.yaml"), "no such file"),
        (NewFile("deep/x", "homes.csv"), "--data-anywhere"),
        (NewFile("a\u202eb"), "invisible"),
        (NewFile("x" * 300), "long"),
        (NewFile("homes.csv/x"), "homes.csv"),
    ],
)
def test_what_is_refused_leaves_nothing(
    here: Path, wanted: NewFile, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert create(wanted) in (1, 2)
    told = capsys.readouterr()
    assert message in told.err
    assert told.out == ""
    assert sorted(here.iterdir()) == [here / "homes.csv"]


def test_what_fails_on_the_way_leaves_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: Path, text: str) -> None:
        if path.suffix == ".yaml":
            raise OSError(28, "No space left on device", str(path))
        path.write_text(text)

    monkeypatch.setattr(writing, "_write", fails)
    assert create(NewFile("deep/mine")) == 1
    assert sorted(here.iterdir()) == [here / "homes.csv"]


def test_an_interruption_leaves_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(wanted: NewFile) -> None:
        assert wanted.path.exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(creating, "_check", interrupted)
    with pytest.raises(KeyboardInterrupt):
        create(NewFile("deep/mine"))
    assert sorted(here.iterdir()) == [here / "homes.csv"]


def test_a_file_that_comes_to_be_there_meanwhile_stays(here: Path) -> None:
    (here / "second").write_text("mine")
    with pytest.raises(Exception, match="is there already"):
        write_new({here / "first": "1", here / "second": "2"})
    assert names(here) == {"homes.csv", "second"}
    assert (here / "second").read_text() == "mine"
    with pytest.raises(StorageError, match="cannot be written"):
        write_new({here / "second" / "third": "3"})


def test_files_have_the_rights_of_any_new_file(here: Path) -> None:
    (here / "other").touch()
    assert create(NewFile("mine")) == 0
    assert (here / "mine.yaml").stat().st_mode == (here / "other").stat().st_mode


def test_where_there_are_no_links_a_file_is_written_all_the_same(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_link)
    write_new({here / "first": "é"})
    assert (here / "first").read_text(encoding="utf-8") == "é"
    assert names(here) == {"homes.csv", "first"}


def test_the_command_takes_each_target_and_input_by_an_option(here: Path) -> None:
    command = ["new", "two", "--from", "homes.csv", "--target", "price", "--target", "rooms", "--input", "size"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0
    text = (here / "two.yaml").read_text(encoding="utf-8")
    assert "inputs: [size]\n" in text
    assert "targets: [price, rooms]\n" in text


def test_of_the_documents_run_a_study_can_be_made(here: Path) -> None:
    assert create(NewFile("rates", baseline=str(ROOT / "configs" / "doc.yaml"))) == 0
    assert "does doc depend on its learning rate?" in (here / "rates.yaml").read_text(encoding="utf-8")
