"""`bprun report` as its users call it, and the report that a sweep leaves by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from bprunner.cli.main import app
from bprunner.runs.study_files import find_study
from bprunner.runs.study_readme import main
from tests.cli.processes import bprun
from tests.conftest import ROOT

DOC = str(ROOT / "configs" / "doc_exact.yaml")


def called(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        app(["report", *map(str, arguments)], prog_name="bprun")
    return int(caught.value.code or 0)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder in which a sweep was run."""
    folder = tmp_path_factory.mktemp("here")
    done = bprun(DOC, "training.learning_rate=[0.01, 0.1, 2]", "--no-mlflow", "--quiet", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def here(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place)
    return place


def test_a_sweep_leaves_its_report_and_the_command_that_runs_it_again(here: Path) -> None:
    (folder,) = (here / "studies").iterdir()
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert "bprun" in html
    assert "training.learning_rate=[0.01, 0.1, 2]" in html
    assert (folder / "README.md").exists()


def test_it_is_written_into_the_study_s_folder_unless_somebody_says_where(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder,) = (here / "studies").iterdir()
    (folder / "report.html").unlink()
    assert called("doc_exact") == 0
    said = capsys.readouterr()
    assert said.out.strip() == str(folder.relative_to(here) / "report.html")
    assert called(folder, "-o", "new/mine.html", "--quiet") == 0
    assert capsys.readouterr().out == ""
    assert (here / "new" / "mine.html").read_bytes() == (folder / "report.html").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nothing",), "there is no study"),
        ((DOC,), "declares an experiment"),
        (("doc_exact", "-o", "."), "is a folder"),
    ],
)
def test_what_cannot_be_reported_is_told(
    here: Path, arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(here.iterdir())
    assert called(*arguments) == 2
    assert told in " ".join(capsys.readouterr().err.split())
    assert sorted(here.iterdir()) == before


def test_a_place_where_nothing_can_be_written_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "file").write_text("", encoding="utf-8")
    assert called("doc_exact", "-o", "file/r.html") == 1
    assert "file" in capsys.readouterr().err


def test_the_page_of_a_folder_comes_with_its_report(here: Path) -> None:
    study = find_study("doc_exact", (), here)
    before = (study.path / "report.html").read_bytes()
    (study.path / "report.html").unlink()
    assert main([str(study.path)]) == 0
    assert (study.path / "report.html").read_bytes() == before
