"""`bprun explain` as its users call it: what is wrong is told before it trains, and all is written, or nothing."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

import bprunner
from bprunner.cli.main import app
from bprunner.errors import InputError
from bprunner.runs import explaining
from tests.cli.processes import COMMAND, LONGEST, bprun, environment, files_below, start
from tests.conftest import ROOT
from tests.training.declarations import doc, xor

DOC = ROOT / "configs" / "doc.yaml"


def called(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        app(["explain", *map(str, arguments)], prog_name="bprun")
    return int(caught.value.code or 0)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def declared(folder: Path, data: dict[str, Any], name: str = "one.yaml") -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    return path


# What is written, and where


def test_markdown_and_a_page_unless_somebody_says_otherwise(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(DOC) == 0
    said = capsys.readouterr()
    assert said.out == "explained/doc/doc.md\nexplained/doc/doc.html\n"
    assert said.err == "and 12 pictures beside them\n"
    assert len([*(here / "explained" / "doc").iterdir()]) == 14


def test_formats_and_folder(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(DOC, "--format", "latex,markdown", "--format", "html", "-o", "a/b", "-q") == 0
    said = capsys.readouterr()
    assert said.out == said.err == ""
    assert {path.suffix for path in (here / "a" / "b").iterdir()} == {".md", ".html", ".tex", ".svg"}


@pytest.mark.usefixtures("here")
def test_an_exercise_brings_its_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert called(DOC, "--blank", "-o", "sheet", "--format", "markdown") == 0
    assert capsys.readouterr().out.splitlines() == [
        "sheet/doc-exercise.md",
        "sheet/doc-answers.md",
        "sheet/doc-answers.yaml",
    ]


def test_changes_steps_weights_samples_and_digits(here: Path) -> None:
    declaration = declared(here, xor(epochs=3))
    wishes = ["--step", "2", "--weights", "w2, b1,w2", "--sample", "3", "--digits", "3"]
    assert called(declaration, "training.learning_rate=0.25", *wishes, "--format", "markdown", "-o", ".") == 0
    text = (here / "xor.md").read_text(encoding="utf-8")
    assert "0.25" in text
    assert "step 2" in text
    assert text.count("### The weight w2") == text.count("### The bias b1") == 1
    assert "### The weight w1" not in text


# What is wrong is told, with the way out, and nothing is trained or written


WRONG: dict[str, tuple[list[str], list[str]]] = {
    "step": (["--step", "9"], ["step 9 is not in the trace", "there are steps 0 to 1"]),
    "no step": (["--step", "-1"], ["--step", "greater than or equal to 0"]),
    "sample": (["--sample", "3"], ["sample 3 is not among those of step 0's update", "there are 1"]),
    "weight": (
        ["--weights", "w9,xyz"],
        ["there is no weight or bias 'w9'", "there is no weight or bias 'xyz'", "there are w1, w2", "2 problems"],
    ),
    "near": (["--weights", "w_1"], ["there is no weight or bias 'w_1'", "did you mean w1?"]),
    "format": (["--format", "htm"], ["there is no format 'htm'", "did you mean html?"]),
    "far": (["--format", "docx"], ["there is no format 'docx'", "there are markdown, html, latex, notebook, and all"]),
    "none": (["--format", ""], ["no format is named", "there are markdown"]),
    "notebook": (["--blank", "--format", "notebook"], ["so it is no exercise", "leave out --blank"]),
    "language": (["--language", "../en"], ["there is no language '../en'", "there are en"]),
    "digits": (["--digits", "18"], ["--digits", "less than or equal to 17"]),
    "change": (["training.learning_rat=1"], ["learning_rat", "did you mean `learning_rate`?"]),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_told(
    wrong: str, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, messages = WRONG[wrong]
    if wrong not in ("step", "sample"):  # which only the run knows
        monkeypatch.setattr(explaining, "execute_run", None)
    assert called(DOC, *arguments, "-o", "out") == 2
    said = capsys.readouterr().err
    for message in messages:
        assert message in said, said
    assert files_below(here) == {}


STEP = {"units": 1, "activation": "step", "bias": "none"}


def test_an_experiment_without_a_gradient_says_where(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = {**doc(epochs=0), "initial_weights": {"zeros": None}}
    data["architecture"] = {"inputs": 2, "layers": [STEP]}
    declared(here, data)
    assert called("one.yaml") == 2
    said = capsys.readouterr().err
    assert said.startswith("one.yaml:")
    assert "architecture.layers[0].activation: a step has no useful derivative" in said
    assert "declare what its derivative is taken for: {step: {derivative: 1}}" in said


def test_too_many_weights_are_told_before_they_are_trained(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = {**doc(), "initial_weights": {"zeros": None}}
    data["architecture"]["layers"][0]["units"] = 10_000
    declared(here, data)
    assert called("one.yaml") == 2
    said = capsys.readouterr().err
    assert "architecture: 30,000 weights are too many to explain; at most 20,000 can be" in said
    assert "explain a smaller network" in said
    assert [*here.iterdir()] == [here / "one.yaml"]


def test_a_sweep_is_not_one_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sweep = {"name": "rates", "baseline": str(DOC), "sweep": {"grid": {"training.learning_rate": [0.1, 0.2]}}}
    declared(here, sweep, "sweep.yaml")
    assert called("sweep.yaml") == 2
    said = capsys.readouterr().err
    assert "sweep.yaml declares a sweep, and a document is about one run" in said
    assert "explain its baseline, or one run by its values" in said


@pytest.mark.parametrize(("file", "said"), [("none.yaml", "there is no such file"), (".", "this is a folder")])
@pytest.mark.usefixtures("here")
def test_a_file_that_is_none(file: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(file) == 2
    assert f"{file}: {said}" in capsys.readouterr().err


@pytest.mark.parametrize("wishes", [{"digits": 0}, {"digits": 18}, {"weights": ["w9"]}, {"language": "xx"}], ids=str)
def test_from_python_too(wishes: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "execute_run", None)
    with pytest.raises(InputError):
        bprunner.explain(doc(), **wishes)


# Where it cannot be written


def test_a_folder_that_is_a_file(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "out").write_text("mine")
    for folder in ("out", "out/below"):
        assert called(DOC, "-o", folder, "--format", "markdown") == 1
        assert f"the document cannot be written to {folder}: " in capsys.readouterr().err
    assert files_below(here) == {"out": b"mine"}


@pytest.mark.parametrize("failing", [1, 7, 14])
def test_all_or_nothing(
    failing: int, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full after some files: what was there stays as it was."""
    out = here / "out"
    out.mkdir()
    (out / "doc.md").write_text("older")
    (out / "mine.txt").write_text("mine")
    written, whole = [], Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        written.append(path)
        if len(written) == failing:
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    assert called(DOC, "-o", "out") == 1
    assert "the document cannot be written to out: No space left on device" in capsys.readouterr().err
    assert files_below(here) == {"out/doc.md": b"older", "out/mine.txt": b"mine"}


# As a process


def test_what_is_printed_can_be_piped(here: Path) -> None:
    """The documents' names, one a line, without colour and for any width; the rest goes to the other stream."""
    done = bprun("explain", DOC, "-o", "x" * 100, cwd=here, COLUMNS="40")
    assert done.returncode == 0
    assert done.stdout == "".join(f"{'x' * 100}/doc.{ending}\n" for ending in ("md", "html"))
    assert done.stderr == "and 12 pictures beside them\n"


def test_who_does_not_read_on_has_the_files_all_the_same(here: Path) -> None:
    command = [*COMMAND, "explain", str(DOC), "-o", "out"]
    process = subprocess.Popen(command, cwd=here, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(LONGEST) == 1
    assert "Traceback" not in said
    assert len(files_below(here / "out")) == 14


def test_ctrl_c_while_it_trains_leaves_nothing(here: Path) -> None:
    declaration = declared(here, {**doc(epochs=50_000_000, learning_rate=1e-12), "name": "long"})
    process = start("explain", declaration, "-o", "out", cwd=here)
    try:
        busy = Path(f"/proc/{process.pid}/stat")
        while process.poll() is None and busy.exists() and _seconds(busy) < 1.0:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LONGEST)
    finally:
        process.kill()
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    assert files_below(here).keys() == {"one.yaml"}


def _seconds(stat: Path) -> float:
    """Of processor time: long enough to have begun to train."""
    fields = stat.read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
