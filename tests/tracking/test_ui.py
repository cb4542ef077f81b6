"""MLflow's pages: they start, answer, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from bprunner.errors import TrackingError
from bprunner.tracking import RunRecord, Store, record_run, resolve_tracking_uri, serve, ui

PROGRAM = """
import sys
from pathlib import Path
from bprunner.tracking import resolve_tracking_uri, serve
say = lambda text: print(text, flush=True)
sys.exit(serve(resolve_tracking_uri(Path(sys.argv[1]), {}), "doc", sys.argv[2], None, say))
"""


def group_of(session: int) -> list[int]:
    """Every process of a session, read from the process table."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split() if entry.name.isdigit() else []
        except OSError:
            continue
        if fields and int(fields[3]) == session and fields[0] != "Z":
            found.append(int(entry.name))
    return found


def children_of(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads the process table of Linux")
@pytest.mark.parametrize(("ending", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_the_server_answers_and_ends_with_everything_it_started(
    store: Store, record: RunRecord, tmp_path: Path, ending: signal.Signals, code: int
) -> None:
    done = record_run(record, store)
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path), done.run_id], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert program.stdout is not None
        link = program.stdout.readline().decode().strip()
        assert f"/#/experiments/{done.experiment_id}/runs/{done.run_id}?" in link
        base = link.partition("/#")[0]
        assert base.startswith("http://127.0.0.1:")
        file = f"{base}/get-artifact?path=trace.csv&run_uuid={done.run_id}"
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(file) as answer:
            assert answer.read() == b"step,error\n0,0.087\n"
        (server,) = children_of(program.pid)
        assert group_of(server)
    finally:
        program.send_signal(ending)
        out, errors = program.communicate()
    assert program.returncode == code
    assert (out, errors) == (b"", b"")
    assert group_of(server) == []


def test_nothing_recorded_yet(tmp_path: Path) -> None:
    with pytest.raises(TrackingError, match="Nothing is recorded here yet"):
        serve(resolve_tracking_uri(tmp_path, {}))
    (tmp_path / "mlflow.db").touch()
    with pytest.raises(TrackingError, match="Nothing is recorded here yet"):
        serve(resolve_tracking_uri(tmp_path, {}))
    assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]


def test_unknown_experiments_and_runs_are_named(store: Store, record: RunRecord) -> None:
    record_run(record, store)
    with pytest.raises(TrackingError, match=r"No experiment named 'dco'.*Did you mean doc\?"):
        serve(store, "dco")
    with pytest.raises(TrackingError, match="0123456789abcdef0123456789abcdef"):
        serve(store, run_id="0123456789abcdef0123456789abcdef")


def test_a_server_elsewhere_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    store = resolve_tracking_uri(tmp_path, {"MLFLOW_TRACKING_URI": "http://me:hunter2@127.0.0.1:1"})
    with pytest.raises(TrackingError, match=r"http://127\.0\.0\.1:1 cannot be opened: no server answers") as caught:
        serve(store)
    assert "hunter2" not in str(caught.value)


def test_a_port_that_is_taken(store: Store) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(TrackingError, match="is not free"):
            serve(store, port=taken.getsockname()[1])


def test_a_server_that_does_not_start_shows_its_last_words(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(sys, "executable", "/bin/ls")  # knows no --host, and says so
    with pytest.raises(TrackingError, match=r"(?s)did not start.*--host"):
        serve(store)
    assert signal.getsignal(signal.SIGINT) is before


def test_the_address_goes_by_the_environment(tmp_path: Path) -> None:
    store = resolve_tracking_uri(tmp_path, {"MLFLOW_TRACKING_URI": "postgresql://me:hunter2@localhost/runs"})
    environment = ui._environment(store, {**os.environ, "MLFLOW_STATIC_PREFIX": "/mlflow"})
    assert environment["MLFLOW_BACKEND_STORE_URI"] == store.uri
    assert environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
    assert "MLFLOW_STATIC_PREFIX" not in environment
