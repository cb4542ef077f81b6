"""A password in MLFLOW_TRACKING_URI stays there: it is in nothing that is printed, written, recorded or served.

The server is a real one, as `bprun ui` starts it; so this is also how a run and a study look behind a server.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import socket
import sqlite3
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

from bprunner import run
from bprunner.cli import comparing, sweeping
from bprunner.tracking.store import import_quietly
from bprunner.tracking.views import PREFIX
from tests.browser.mlflow_pages import serving
from tests.cli.processes import bprun, files_below
from tests.cli.test_faults import NoPages, Told
from tests.conftest import ROOT

pytestmark = pytest.mark.xdist_group("server")  # which is started once

PASSWORD = "s3ntinel/ä+pass"
QUOTED = quote(PASSWORD, safe="")
# A client sends it in one of two encodings.
SENT = [base64.b64encode(f"ada:{PASSWORD}".encode(encoding)).decode() for encoding in ("utf-8", "latin-1")]
SECRETS = [secret.encode() for secret in (PASSWORD, QUOTED, "s3ntinel", *SENT)]
DOC = ROOT / "configs" / "doc.yaml"
EXACT = ROOT / "configs" / "doc_exact.yaml"
RATES = "training.learning_rate=[0.01, 0.1]"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The folder of a store, and the address of a server on it."""
    folder = tmp_path_factory.mktemp("server")
    assert bprun(DOC, "--quiet", cwd=folder).returncode == 0
    with serving(folder) as link:
        yield folder, link.partition("/#")[0]


def leaks(text: bytes) -> list[bytes]:
    return [secret for secret in SECRETS if secret in text]


def test_a_leak_would_be_seen() -> None:
    assert leaks(f"http://ada:{QUOTED}@127.0.0.1".encode())
    assert leaks(f"Basic {base64.b64encode(f'ada:{PASSWORD}'.encode()).decode()}".encode())


@pytest.fixture(scope="module")
def used(server: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A folder in which commands were run with the password in the address, and what each printed."""
    _, base = server
    here, address = tmp_path_factory.mktemp("used"), base.replace("http://", f"http://ada:{QUOTED}@")
    commands: list[list[str | Path]] = [
        [DOC, "--json"],
        [DOC],
        [EXACT, RATES],
        ["ui", "--no-browser"],
        ["compare", "doc_exact"],
        ["report", "doc_exact"],
        ["sync"],
        ["explain", DOC],
    ]
    printed = {}
    for command in commands:
        done = bprun(*command, cwd=here, MLFLOW_TRACKING_URI=address)
        printed[" ".join(map(str, command))] = done.stdout + done.stderr
    return here, printed


def test_a_password_is_in_nothing_that_is_printed_written_or_recorded(
    server: tuple[Path, str], used: tuple[Path, dict[str, str]]
) -> None:
    (folder, base), (here, printed) = server, used
    assert "look at it: bprun ui doc" in printed[str(DOC)]
    assert f"{base}/#/experiments/" in printed["ui --no-browser"]
    assert "viewStateShareKey=bprunner-" in printed["ui --no-browser"]
    assert {name for name, text in printed.items() if leaks(text.encode())} == set()
    kept = {f"{place}/{name}": text for place in (here, folder) for name, text in files_below(place).items()}
    assert len(kept) > 40
    assert {name for name, text in kept.items() if leaks(text)} == set()


@pytest.mark.parametrize(
    "address",
    [
        f"http://ada:{QUOTED}@127.0.0.1:1",
        f"postgresql://ada:{QUOTED}@127.0.0.1:1/runs",
    ],
)
def test_nor_where_the_store_fails(address: str, tmp_path: Path) -> None:
    done = bprun(EXACT, RATES, "--quiet", cwd=tmp_path, MLFLOW_TRACKING_URI=address)
    assert done.returncode == 1
    assert not leaks((done.stdout + done.stderr).encode())
    assert {name for name, text in files_below(tmp_path).items() if leaks(text)} == set()


# Behind a server


@pytest.mark.usefixtures("used")
def test_behind_a_server_views_and_descriptions_are_as_they_are_without(server: tuple[Path, str]) -> None:
    folder, _ = server
    with closing(sqlite3.connect(folder / "mlflow.db")) as store:
        views = [key for (key,) in store.execute("select key from experiment_tags") if key.startswith(PREFIX)]
        notes = dict(store.execute("select run_uuid, value from tags where key = 'mlflow.note.content'"))
        kinds = dict(store.execute("select run_uuid, value from tags where key = 'bprunner.kind'"))
        started = dict(store.execute("select run_uuid, start_time from runs"))
        models = {run for (run,) in store.execute("select source_run_id from logged_models")}
    assert f"{PREFIX}bprunner-runs" in views
    assert any(re.search(r"bprunner-[0-9a-f]{32}-error$", key) for key in views)
    assert not any(re.search(r"\]\((picture|artifact|view):", note) for note in notes.values())
    for kind in ("run", "study"):
        last = max((run for run in kinds if kinds[run] == kind), key=started.__getitem__)
        assert f"run_uuid={last}" in notes[last]
        assert (last in models) is (kind == "run")


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads the socket table of Linux")
def test_the_pages_are_for_this_machine_only(server: tuple[Path, str]) -> None:
    _, base = server
    port = int(base.rpartition(":")[2])
    assert listening(port) == {"127.0.0.1"}
    asked = urllib.request.Request(base, headers={"Host": "elsewhere.example"})
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked)


def listening(port: int) -> set[str]:
    """The addresses on which this machine listens at a port, by the kernel's table."""
    found = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        path = Path("/proc/net") / table
        rows = path.read_text().splitlines()[1:] if path.exists() else []
        for fields in (row.split() for row in rows):
            address, _, at = fields[1].partition(":")
            if fields[3] == "0A" and int(at, 16) == port:
                words = [bytes.fromhex(address[start : start + 8])[::-1] for start in range(0, len(address), 8)]
                found.add(socket.inet_ntop(family, b"".join(words)))
    return found


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads the socket table of Linux")
def test_what_listens_everywhere_would_be_seen() -> None:
    with socket.socket() as everywhere:
        everywhere.bind(("0.0.0.0", 0))
        everywhere.listen()
        assert listening(everywhere.getsockname()[1]) == {"0.0.0.0"}


# A server that lets nobody in, that fails, that is older


@dataclass
class Gate:
    """A server in front of the real one, which may answer in its place. `answers`: an answer for a method and a path
    and what is sent along, or None where the real server is to be asked; nothing at all is said where it is b""."""

    port: int = 0
    answers: Callable[[str, bytes, str], tuple[int, bytes] | None] = lambda *_: None
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Paths, and what came as Authorization."""


@pytest.fixture
def gate(server: tuple[Path, str]) -> Iterator[Gate]:
    behind, opened = int(server[1].rpartition(":")[2]), Gate()

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline()
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            told = self.headers.get("Authorization", "")
            opened.asked.append((self.path, told))
            answer = opened.answers(self.path, body, told) or self.real(body)
            self.close_connection = True
            if answer[1]:
                self.send_response(answer[0])
                self.send_header("Content-Length", str(len(answer[1])))
                self.end_headers()
                self.wfile.write(answer[1])

        def real(self, body: bytes) -> tuple[int, bytes]:
            with closing(http.client.HTTPConnection("127.0.0.1", behind, timeout=60)) as connection:
                kept = {name: text for name, text in self.headers.items() if name.lower() == "content-type"}
                connection.request(self.command, self.path, body, kept)
                answer = connection.getresponse()
                return answer.status, answer.read() or b" "

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        listener.daemon_threads = True
        opened.port = listener.server_address[1]
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield opened
        finally:
            listener.shutdown()
            thread.join()


def unfriendly(path: str, _: bytes, told: str) -> tuple[int, bytes]:
    return 401, f"<p>{told} of http://ada:{QUOTED}@127.0.0.1{path} may not, and {PASSWORD} is wrong".encode()


def broken(path: str, _: bytes, told: str) -> tuple[int, bytes] | None:
    said = {"error_code": "INTERNAL_ERROR", "message": f"cannot read {told}, {PASSWORD} or {QUOTED}"}
    return (400, json.dumps(said).encode()) if "log-batch" in path else None


def dying(path: str, _: bytes, __: str) -> tuple[int, bytes] | None:
    return (200, b"") if re.search(r"log-batch|set-|update|log-", path) else None


@pytest.mark.parametrize("answers", [unfriendly, broken, dying])
def test_nor_where_a_server_fails_and_the_record_comes_later(
    answers: Callable[[str, bytes, str], tuple[int, bytes] | None],
    gate: Gate,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://ada:{QUOTED}@127.0.0.1:{gate.port}")

    for module in (sweeping, comparing):
        monkeypatch.setattr(module, "StudyPages", NoPages)
    command = Told(capsys)

    def told(*arguments: str | Path) -> int:
        code = command(*arguments)
        assert not leaks((command.out + command.err).encode()), arguments
        return code

    gate.answers = answers
    assert told(EXACT, RATES, "--json") == 1
    assert told(EXACT, "--quiet") == 1
    assert told("sync") == 1
    gate.answers = lambda *_: None
    assert told("resume", "doc_exact") == 0
    assert told("sync") == 0
    assert {path for path, sent in gate.asked if SENT[1] not in sent and SENT[0] not in sent} == set()
    assert {name for name, text in files_below(tmp_path).items() if leaks(text)} == set()


def older(path: str, body: bytes, _: str) -> tuple[int, bytes] | None:
    """As servers did before they had models of their own, and longer tags."""
    if re.search(r"logged-models|/outputs|delete-experiment-tag", path):
        return 404, b"<!doctype html><title>404 Not Found</title>"
    if "set-experiment-tag" in path and len(json.loads(body)["value"]) > 100:
        return 400, json.dumps({"error_code": "INVALID_PARAMETER_VALUE", "message": "too long"}).encode()
    return None


@pytest.mark.parametrize("answers", [older, lambda *_: None], ids=["older", "new"])
def test_the_network_is_loaded_from_a_server(
    answers: Callable[[str, bytes, str], tuple[int, bytes] | None],
    gate: Gate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://ada:{QUOTED}@127.0.0.1:{gate.port}")
    gate.answers = answers
    done = run(EXACT, record=True)
    assert done.recorded is not None
    import_quietly("mlflow.pyfunc")
    from mlflow import pyfunc

    network = pyfunc.load_model(f"runs:/{done.recorded.run_id}/model").get_raw_model()
    expected = done.trace["prediction.o1"][-1].tolist()
    assert network.predict([[2.0, 3.0]])["prediction.o1"].tolist() == [expected]
    assert not leaks(done.recorded.link_hint.encode())
