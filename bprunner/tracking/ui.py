"""MLflow's own pages, started on the store in use.

The server listens on this machine only, says nothing, and ends with us, together with everything it started.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from types import FrameType
from typing import IO, TYPE_CHECKING

from bprunner.errors import TrackingError
from bprunner.tracking import addresses
from bprunner.tracking.addresses import Store
from bprunner.tracking.dashboards import dashboard
from bprunner.tracking.store import check_sqlite, open_store, translated

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

HOST = "127.0.0.1"
START_SECONDS = 120.0
STOP_SECONDS = 10.0
_ENDINGS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
# Settings for somebody's own server: they would move its pages, open it to others or hide its runs.
_NOT_OURS = ("MLFLOW_STATIC_PREFIX", "MLFLOW_ARTIFACTS_ONLY", "MLFLOW_GUNICORN_OPTS", "MLFLOW_UVICORN_OPTS")


def serve(
    store: Store,
    experiment: str | None = None,
    run_id: str | None = None,
    port: int | None = None,
    announce: Callable[[str], None] = print,
) -> int:
    """Show `store` in MLflow's pages until Ctrl-C, and announce the link to what is asked for.

    experiment: the dashboard of its last study or run; run_id: that of this run or study. Where neither is given, it is
    that of the last run or study of all. A server elsewhere needs no starting: its link is announced. Returns 0 after
    Ctrl-C, 128 + the signal otherwise. Raises TrackingError where nothing is recorded yet, or where the server does not
    start.
    """
    if store.kind == "server":
        announce(store.shown + _page(store, experiment, run_id))
        return 0
    _check_recorded(store)
    page = _page(store, experiment, run_id)
    port = _free_port(port)
    with _signals() as ended, tempfile.TemporaryFile() as log, _server(store, port, log) as child:
        if _answers(child, port, ended):
            announce(f"http://{HOST}:{port}{page}")
            while child.poll() is None and not ended.wait(0.2):
                pass
        if not ended.is_set():
            raise TrackingError(_why(store, log))
        return 0 if ended.signal == signal.SIGINT else 128 + ended.signal


def _check_recorded(store: Store) -> None:
    if store.path is not None and not store.path.exists():
        raise TrackingError(f"Nothing is recorded here yet: there is no {store.path}. Run an experiment first.")
    if store.kind == "sqlite" and check_sqlite(store) is None:
        raise TrackingError(f"Nothing is recorded here yet: {store.path} is empty. Run an experiment first.")


def _page(store: Store, experiment: str | None, run_id: str | None) -> str:
    """The page of what is asked for, once that is known to exist."""
    client = open_store(store)
    with translated(store, "be read"):
        if run_id is not None:
            return dashboard(client, client.get_run(run_id))
        everything = client.search_experiments(max_results=1000)
        asked = [each for each in everything if experiment in (None, each.name)]
        if experiment is not None and not asked:
            raise TrackingError(_unknown(store, experiment, [str(each.name) for each in everything]))
        last = _last_run(client, [str(each.experiment_id) for each in asked])
        if last is None:
            return addresses.page(str(asked[0].experiment_id)) if experiment is not None else addresses.page()
        return dashboard(client, last)


def _unknown(store: Store, experiment: str, names: list[str]) -> str:
    close = get_close_matches(experiment, names, 1)
    known = [name for name in names if name != "Default"]
    hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known[:10])}." if known else ""
    return f"No experiment named {experiment!r} is recorded in {store.shown}. {hint}".strip()


def _last_run(client: MlflowClient, experiments: list[str]) -> Run | None:
    """The run of these experiments that began last, or None where there is no run."""
    order = ["attributes.start_time DESC"]
    runs = client.search_runs(experiments, max_results=1, order_by=order) if experiments else []
    return runs[0] if runs else None


def _free_port(wanted: int | None) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: a port just left is free
        try:
            probe.bind((HOST, wanted or 0))
        except (OSError, OverflowError):
            raise TrackingError(f"Port {wanted} is not free on this machine: choose another, or none.") from None
        return int(probe.getsockname()[1])


# --- the server's life


class _Ended(threading.Event):
    """Set once somebody wants us to end; `signal` says how."""

    signal: int = 0


@contextmanager
def _signals() -> Iterator[_Ended]:
    """Turn Ctrl-C and its kin into an event meanwhile, so that nothing is left behind whenever they come."""
    ended, before = _Ended(), {}

    def note(number: int, _frame: FrameType | None) -> None:
        ended.signal = number
        ended.set()

    if threading.current_thread() is threading.main_thread():  # elsewhere Python cannot listen
        before = {number: signal.getsignal(number) for number in _ENDINGS}
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, note)
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _server(store: Store, port: int, log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The running server, in a process group of its own, which ends as a whole."""
    command = [sys.executable, "-m", "mlflow", "server", "--host", HOST, "--port", str(port), "--workers", "1"]
    child = subprocess.Popen(
        command,
        env=_environment(store, os.environ),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        _end(child)


def _environment(store: Store, environ: Mapping[str, str]) -> dict[str, str]:
    """The address goes by the environment: everybody on a machine can read a command line."""
    ours = {
        "MLFLOW_BACKEND_STORE_URI": store.uri,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    if store.artifact_root is not None:  # else an experiment made on the page would keep its files behind the server
        ours["MLFLOW_DEFAULT_ARTIFACT_ROOT"] = store.artifact_root.as_uri()
    return {name: value for name, value in environ.items() if name not in _NOT_OURS} | ours


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the server kindly, then whatever is left of its group for certain."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        child.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _answers(child: subprocess.Popen[bytes], port: int, ended: _Ended) -> bool:
    """Wait until the server answers; False where it ended, did not answer in time, or nobody wants it any more."""
    pause = 0.2
    for _ in range(int(START_SECONDS / pause)):
        if child.poll() is not None or ended.wait(pause):
            return False
        if _healthy(port):
            return True
    return False


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _why(store: Store, log: IO[bytes]) -> str:
    log.seek(0)
    lines = store.without_secrets(log.read().decode(errors="replace")).strip().splitlines()
    return "\n".join([f"MLflow's server on {store.shown} did not start, or ended. Its last words:", *lines[-12:]])
