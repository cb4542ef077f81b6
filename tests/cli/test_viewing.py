"""`bprun ui`: what is named is found, and the link is printed, and opened where there is somebody to see it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bprunner.cli import viewing
from bprunner.cli.codes import ExitCode
from bprunner.cli.main import app
from bprunner.runs.studies import deliver
from bprunner.runs.study_files import read_identity
from bprunner.tracking.addresses import Store, resolve_tracking_uri
from tests.conftest import ROOT
from tests.runs.test_studies import trained

LINK = "http://127.0.0.1:1/#/experiments/1"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Any, Any, Any]]:
    """What the pages were started for: an experiment, a run, a port."""
    found: list[tuple[Any, Any, Any]] = []

    def serve(_: Store, experiment: Any, run: Any, port: Any, announce: Callable[[str], None]) -> int:
        found.append((experiment, run, port))
        announce(LINK)
        return 0

    monkeypatch.setattr(viewing, "serve", serve)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return found


def bprun(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["ui", *arguments])


def test_the_link_is_all_that_goes_to_standard_output(asked: list[Any]) -> None:
    done = bprun("--port", "8123")
    assert (done.exit_code, done.stdout) == (ExitCode.WELL, f"{LINK}\n")
    assert "Only this machine sees it" in done.stderr
    assert asked == [(None, None, 8123)]


def test_names_ids_and_files(asked: list[Any]) -> None:
    for named in ("doc", "0" * 32, str(ROOT / "configs" / "doc.yaml")):
        assert bprun(named).exit_code == 0
    assert asked == [("doc", None, None), (None, "0" * 32, None), ("doc", None, None)]


def test_a_study_by_its_folder(asked: list[Any], tmp_path: Path) -> None:
    study = trained(tmp_path).study
    refused = bprun(str(study.path))
    assert (refused.exit_code, asked) == (ExitCode.INPUT, [])
    assert "is not recorded in" in refused.stderr
    assert "bprun sync" in refused.stderr
    done = deliver(study, resolve_tracking_uri(Path.cwd(), os.environ), tmp_path)
    assert done is not None
    for named in (str(study.path), study.path.name):
        assert bprun(named).exit_code == 0
    assert asked == [(None, done.run_id, None)] * 2
    identity = read_identity(study.path)
    assert identity is not None
    assert bprun(identity.name).exit_code == 0  # by name, it is the last of that name
    assert asked[-1] == (identity.name, None, None)


@pytest.mark.parametrize(
    ("options", "desktop", "terminal", "opens"),
    [
        ([], "", True, False),
        ([], ":0", False, False),
        ([], ":0", True, True),
        (["--no-browser"], ":0", True, False),
        (["--browser"], "", False, True),
    ],
)
def test_a_browser_is_opened_where_somebody_sees_it(
    options: list[str], desktop: str, terminal: bool, opens: bool, asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setenv("DISPLAY", desktop)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(viewing, "_is_terminal", lambda: terminal)
    assert bprun(*options).exit_code == 0
    assert opened == [LINK] * opens
    assert len(asked) == 1


def test_a_faulty_file_is_told_with_its_line(asked: list[Any], tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("name: [\n")
    done = bprun("bad.yaml")
    assert done.exit_code == ExitCode.INPUT
    assert "bad.yaml:" in done.stderr
    assert asked == []
