"""The command as its user meets it: exit codes, streams, signals, and what is left on the disk.

Each process takes its time, those that record in MLflow most: so each shows several things.
"""

from __future__ import annotations

import errno
import json
import os
import pty
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from subprocess import Popen

import pytest

from bprunner.training.trace import Trace
from tests.cli.processes import COMMAND, LONGEST, bprun, environment, files_below, start
from tests.conftest import ROOT
from tests.spec.examples import VALID

DOC = ROOT / "configs" / "doc.yaml"


def read_until(process: Popen[str], words: str) -> str:
    """What a process printed up to a line with these words."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if words in line:
            return text
    pytest.fail(f"the output ended without {words!r}:\n{text}")


# Running


def test_a_run_is_recorded_and_told_as_one_json_object(tmp_path: Path) -> None:
    done = bprun(DOC, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["figures"]["summary"] == "52 of 52 figures agree"
    assert told["figures"]["verdicts"][0]["computed"] == 0.8
    assert [step["step"] for step in told["steps"]] == [0, 1]
    assert told["steps"][0]["weight.w5"] == 0.21
    assert told["steps"][1]["prediction.o1"] == pytest.approx(0.695, abs=1e-12)
    assert "update.w5" in told["steps"][0]
    assert "update.w5" not in told["steps"][1]
    trace = Trace.read(told["paths"]["trace"])
    assert trace["error"].tolist() == [step["error"] for step in told["steps"]]
    with sqlite3.connect(tmp_path / "mlflow.db") as store:
        assert store.execute("select run_uuid, status from runs").fetchall() == [(told["mlflow"]["run_id"], "FINISHED")]
    assert not (tmp_path / "runs").exists()


def test_a_store_that_cannot_be_opened_costs_the_record_and_not_the_run(tmp_path: Path) -> None:
    done = bprun(DOC, cwd=tmp_path, MLFLOW_TRACKING_URI="sqlite:////proc/nope/x.db")
    assert done.returncode == 1
    assert "0.695" in done.stdout
    assert "52 of 52 figures agree" in done.stdout
    assert "not recorded" in done.stderr
    assert "MLFLOW_TRACKING_URI" in done.stderr
    assert "Traceback" not in done.stderr
    (trace,) = (tmp_path / "runs").rglob("trace.parquet")
    assert len(Trace.read(trace)) == 2


def test_disagreeing_figures_are_shown_and_are_exit_3(tmp_path: Path) -> None:
    (tmp_path / "doc.yaml").write_text(VALID.replace("h1: 0.8", "h1: 0.9"))
    done = bprun("doc.yaml", "--no-mlflow", cwd=tmp_path)
    assert done.returncode == 3
    assert "0 of 1 figures agree" in done.stdout
    (line,) = (line for line in done.stdout.splitlines() if "out.h1 at step 0" in line)
    assert line.split()[-3:] == ["0.9", "0.8", "0.8"]
    assert "kept in runs/" in done.stdout
    quiet = bprun("doc.yaml", "--no-mlflow", "--quiet", cwd=tmp_path)
    assert quiet.returncode == 3
    assert "step  " not in quiet.stdout
    assert "out.h1 at step 0" in quiet.stdout


def test_a_faulty_file_is_exit_2_and_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "doc.yaml").write_text(VALID.replace("0.05", "fast"))
    before = files_below(tmp_path)
    done = bprun("doc.yaml", "nope.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[:3] == [
        "doc.yaml:14:18: training.learning_rate: must be a number, found the text 'fast'",
        "    14 |   learning_rate: fast",
        "       |                  ^^^^",
    ]
    assert "nope.yaml: there is no such file" in done.stderr
    assert files_below(tmp_path) == before


def test_a_run_that_overflows_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "doc.yaml").write_text(VALID.replace("0.05", "5").replace("epochs: 1", "epochs: 2000"))
    done = bprun("doc.yaml", "--no-mlflow", cwd=tmp_path)
    assert done.returncode == 0
    assert "diverged at step 5" in done.stdout
    (tmp_path / "doc.yaml").write_text((tmp_path / "doc.yaml").read_text() + "  - {step: 1500, error: 3}\n")
    done = bprun("doc.yaml", "--no-mlflow", "--json", cwd=tmp_path)
    assert done.returncode == 3
    told = json.loads(done.stdout)
    assert told["status"] == "diverged"
    assert told["diverged_at"] == 5
    assert told["steps"][-1]["error"] == "inf"
    assert told["figures"]["verdicts"][-1]["note"] == "there is no step 1500: the run ended at step 5"


# Signals

ENDLESS = VALID.replace("epochs: 1", "epochs: 10000000").replace("0.05", "0.0001").split("expect:")[0]


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_keeps_its_steps(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    (tmp_path / "doc.yaml").write_text(ENDLESS)
    recorded = sent == signal.SIGTERM
    with start("doc.yaml", *([] if recorded else ["--no-mlflow"]), cwd=tmp_path) as process:
        # The head is printed when signals are already caught, and before the first step.
        read_until(process, "10,000,000 epochs")
        process.send_signal(sent)
        out, err = process.communicate(timeout=LONGEST)
    assert process.returncode == code, err
    assert "interrupted after step" in out
    assert "Traceback" not in err
    (path,) = tmp_path.rglob("trace.parquet")
    trace = Trace.read(path)
    assert trace.steps[0] == 0
    assert f"interrupted after step {len(trace) - 1:,}" in out
    assert not list(tmp_path.rglob("*.partial"))
    if recorded:
        with sqlite3.connect(tmp_path / "mlflow.db") as store:
            assert store.execute("select status from runs").fetchall() == [("KILLED",)]


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    """The store accepts a connection and never answers: without the second signal, recording would wait for it."""
    (tmp_path / "doc.yaml").write_text(ENDLESS)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with start("doc.yaml", cwd=tmp_path, MLFLOW_TRACKING_URI=uri) as process:
            read_until(process, "10,000,000 epochs")
            process.send_signal(signal.SIGINT)
            connection, _ = silent.accept()
            with connection:
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=LONGEST)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert list(tmp_path.rglob("trace.parquet"))


# Streams


def test_a_reader_that_goes_early_is_no_accident(tmp_path: Path) -> None:
    (tmp_path / "doc.yaml").write_text(VALID.replace("epochs: 1", "epochs: 5000"))
    with start("doc.yaml", "--no-mlflow", "--json", cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "{\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(LONGEST) in (0, 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("arguments", [["--version"], ["show", str(DOC)], [str(DOC), "--no-mlflow"]])
def test_a_full_disk_is_told_in_a_sentence(tmp_path: Path, arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, *arguments], cwd=tmp_path, env=environment(), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr.decode() == f"bprun: the output cannot be written: {os.strerror(errno.ENOSPC)}\n"


def test_a_folder_that_takes_no_files_costs_the_files_and_not_the_run() -> None:
    done = bprun(DOC, "--no-mlflow", cwd=Path("/proc/self"))
    assert done.returncode == 1
    assert "52 of 52 figures agree" in done.stdout
    assert "the run's files cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_any_encoding_will_do(tmp_path: Path) -> None:
    (tmp_path / "doc.yaml").write_text(VALID.replace("name: doc", "name: ∂oc"), encoding="utf-8")
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = bprun("doc.yaml", "--no-mlflow", cwd=tmp_path, **ascii_only)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert "2 -> 2 linear -> 1 linear" in done.stdout
    assert "ok: 1 of 1 figures agree" in done.stdout
    shown = bprun("show", "doc.yaml", cwd=tmp_path, **ascii_only)
    assert "name: ∂oc" in shown.stdout


def on_a_terminal(cwd: Path, **changes: str) -> str:
    """What a run prints where its output is a terminal."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as reader:
        with subprocess.Popen(
            [*COMMAND, str(DOC), "--no-mlflow"], cwd=cwd, env=environment(COLUMNS="80", **changes), stdout=theirs
        ) as process:
            os.close(theirs)
            output = b""
            try:
                while chunk := reader.read(65536):
                    output += chunk
            except OSError:  # this is how a terminal ends on Linux
                pass
        assert process.returncode == 0
    return output.decode()


@pytest.mark.parametrize("changes", [{"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_plain_text_where_colour_is_not_wanted(tmp_path: Path, changes: dict[str, str]) -> None:
    assert "\x1b" not in on_a_terminal(tmp_path, **changes)


def test_colour_on_a_terminal_and_none_in_a_pipe(tmp_path: Path) -> None:
    assert "\x1b[32m" in on_a_terminal(tmp_path, TERM="xterm")
    assert "\x1b" not in bprun(DOC, "--no-mlflow", cwd=tmp_path).stdout


# What is imported

IMPORTS = """
import contextlib, io, sys
from bprunner.cli.main import app
for arguments in {commands!r}:
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()) as out:
        app(arguments, prog_name="bprun")
    assert out.getvalue(), arguments
print(*(name for name in {names!r} if name in sys.modules))
"""


@pytest.mark.parametrize(
    ("commands", "unwanted"),
    [
        ([["--help"], ["--version"]], ["mlflow", "numpy", "pydantic", "yaml", "pandas"]),
        ([["run", "--help"]], ["mlflow", "numpy", "yaml", "pandas"]),
        (
            [["check", str(DOC), "--gradients"], ["show", str(DOC)], ["schema"], ["list", str(ROOT / "configs")]],
            ["mlflow", "pandas", "matplotlib"],
        ),
    ],
)
def test_commands_import_only_what_they_need(commands: list[list[str]], unwanted: list[str], tmp_path: Path) -> None:
    program = IMPORTS.format(commands=commands, names=unwanted)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


# Completion


@pytest.mark.parametrize(
    ("words", "position", "expected"),
    [
        ("bprun sho", "1", ["show"]),
        ("bprun configs/doc_", "1", ["configs/doc_exact.yaml"]),
        ("bprun check configs/doc_", "2", ["configs/doc_exact.yaml"]),
        ("bprun check nope/", "2", []),
    ],
)
def test_the_shell_completes_commands_and_files(words: str, position: str, expected: list[str]) -> None:
    wanted = {"_BPRUN_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": position}
    done = bprun(cwd=ROOT, **wanted)
    assert done.stdout.split() == expected
    assert done.stderr == ""
