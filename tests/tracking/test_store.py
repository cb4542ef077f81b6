"""Opening a store: quietly, by many at once, and with one sentence where it cannot be."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from bprunner.errors import TrackingError
from bprunner.tracking import Store, open_store, resolve_tracking_uri

SECRET = "hunter2"


def refusal(store: Store) -> str:
    """The one sentence (and the way out) that opening `store` ends with."""
    with pytest.raises(TrackingError) as caught:
        open_store(store)
    message = str(caught.value)
    assert "\n" not in message
    assert "Traceback" not in message
    assert SECRET not in message
    assert caught.value.__cause__ is None
    return message


def make_experiment(folder: str, name: str) -> str:
    return str(open_store(resolve_tracking_uri(Path(folder), {})).create_experiment(name))


def test_processes_that_start_at_once_on_a_fresh_store_all_succeed(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        ids = list(pool.map(make_experiment, [str(tmp_path)] * 4, "abcd"))
    assert len(set(ids)) == 4
    found = open_store(resolve_tracking_uri(tmp_path, {})).search_experiments()
    assert {experiment.name for experiment in found} == {"Default", *"abcd"}
    assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]


def test_opening_says_nothing(tmp_path: Path) -> None:
    code = (
        "import pathlib, bprunner.tracking as t; "
        f"t.open_store(t.resolve_tracking_uri(pathlib.Path({str(tmp_path)!r}), {{}}))"
    )
    done = subprocess.run([sys.executable, "-W", "always::UserWarning", "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "mlflow.db").exists()


def test_a_store_that_another_process_made_first_stays(tmp_path: Path, template: Path) -> None:
    from bprunner.tracking import store as module

    path = tmp_path / "mlflow.db"
    path.write_bytes(b"theirs")
    with pytest.raises(FileExistsError):
        module._put_in_place(template, path)
    assert path.read_bytes() == b"theirs"


def test_a_file_system_without_links_will_do(tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bprunner.tracking import store as module

    def no_links(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", no_links)
    module._put_in_place(template, tmp_path / "mlflow.db")
    assert (tmp_path / "mlflow.db").read_bytes() == template.read_bytes()


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").mkdir()
    assert "is a folder, not a database" in refusal(resolve_tracking_uri(tmp_path, {}))


def test_a_path_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "is not a folder" in refusal(resolve_tracking_uri(tmp_path / "file" / "deeper", {}))


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    assert "read-only" in refusal(resolve_tracking_uri(tmp_path, {}))


@pytest.mark.parametrize("content", [b"certainly no database" * 50, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mlflow.db").write_bytes(content)
    assert "not a SQLite database, or damaged" in refusal(resolve_tracking_uri(tmp_path, {}))
    assert (tmp_path / "mlflow.db").read_bytes() == content


def test_a_database_of_something_else(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "mlflow.db")
    connection.execute("CREATE TABLE addresses (name TEXT)")
    connection.close()
    assert "not a complete MLflow store" in refusal(resolve_tracking_uri(tmp_path, {}))


def test_a_newer_schema(store: Store) -> None:
    assert store.path is not None
    connection = sqlite3.connect(store.path)
    connection.execute("UPDATE alembic_version SET version_num = 'fedcba987654'")
    connection.commit()
    connection.close()
    assert "written by a newer MLflow" in refusal(store)


def test_a_store_in_a_folder_is_refused(tmp_path: Path) -> None:
    message = refusal(resolve_tracking_uri(tmp_path, {"MLFLOW_TRACKING_URI": "runs"}))
    assert "no longer keeps runs" in message
    assert "sqlite:///" in message


def test_a_server_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")  # what the user sets stands
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound but not listening: a connection is refused
        uri = f"http://me:{SECRET}@127.0.0.1:{closed.getsockname()[1]}"
        assert "no server answers there" in refusal(resolve_tracking_uri(tmp_path, {"MLFLOW_TRACKING_URI": uri}))
    assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "1"


def test_a_driver_that_is_not_installed(tmp_path: Path) -> None:
    uri = f"postgresql+asyncpg://me:{SECRET}@127.0.0.1:1/runs"
    assert "127.0.0.1" in refusal(resolve_tracking_uri(tmp_path, {"MLFLOW_TRACKING_URI": uri}))


def test_the_environment_of_the_program_keeps_its_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    assert open_store(store).tracking_uri == store.uri
    assert os.environ["MLFLOW_TRACKING_URI"] == "http://127.0.0.1:1"


def test_spaces_and_accents_in_the_folder(tmp_path: Path, template: Path) -> None:
    folder = tmp_path / "größe a#b@c"
    folder.mkdir()
    shutil.copy(template, folder / "mlflow.db")
    assert open_store(resolve_tracking_uri(folder, {})).get_experiment_by_name("Default") is not None
