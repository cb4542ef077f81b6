"""Completion in the shell: files, keys, values, studies, options; in every shell's way to ask, and never an error."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bprunner.cli import completing
from bprunner.cli.completing_keys import completed, parameter_names, varying
from bprunner.cli.main import app
from bprunner.runs.explaining import FORMATS
from bprunner.runs.folders import STUDIES_FOLDER
from bprunner.runs.study_files import IDENTITY_FILE
from bprunner.spec import training
from bprunner.spec.choices import choices_of
from bprunner.spec.experiment import Experiment
from bprunner.starters.starting import DATA_SUFFIXES
from bprunner.sweeps.comparing import COLUMNS
from tests.conftest import ROOT
from tests.spec.examples import VALID

DOC = ROOT / "configs" / "doc.yaml"
IRIS = ROOT / "configs" / "data" / "iris.yaml"
SWEEP = ROOT / "experiments" / "learning_rate" / "sweep.yaml"


def texts(file: Path, typed: str, *changes: str) -> list[str]:
    return [text for text, _ in completed(file, changes, typed)]


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the command answers to a shell: bash parts its words at `=`, fish gives the line as it is."""

    def ask(line: str, kind: str = "bash") -> list[str]:
        words = line.replace("=", " = ").split(" ") if kind == "bash" else []
        words = [word for number, word in enumerate(words) if word or number == len(words) - 1]
        if kind == "bash" and line.endswith("="):
            words.pop()
        environment = {
            "_BPRUN_COMPLETE": f"complete_{kind}",
            "COMP_WORDS": "\n".join(words),
            "COMP_CWORD": str(len(words) - 1),
            "_TYPER_COMPLETE_ARGS": line,
            "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        done = CliRunner().invoke(app, [], prog_name="bprun", env=environment)
        assert done.exit_code == 0
        assert "Traceback" not in done.output
        return [each.partition("\t")[0] for each in done.stdout.splitlines() if each]

    return ask


# Keys and values


def test_every_key_of_an_experiment_is_completed() -> None:
    found = texts(DOC, "")
    assert {text.rstrip("=.") for text in found} == set(Experiment.model_fields)
    assert texts(DOC, "training.le") == ["training.learning_rate="]
    assert {text.rstrip("=.") for text in texts(DOC, "training.")} == {
        f"training.{key}" for key in training.Training.model_fields
    }
    assert texts(DOC, "trai") == ["training."]
    assert texts(DOC, "name") == ["name="]
    assert texts(DOC, "architecture.layers.") == ["architecture.layers.0.", "architecture.layers.1."]
    assert "architecture.layers.1.units=" in texts(DOC, "architecture.layers.1.")
    assert texts(DOC, "training.nothing.") == []
    assert texts(DOC, "nothing.x=") == []


def test_every_choice_is_completed() -> None:
    names = [choice.name() for choice in choices_of(training.OptimizerChoice)]
    assert texts(DOC, "training.optimizer=") == [f"training.optimizer={name}" for name in names]
    assert texts(DOC, "training.optimizer=mo") == ["training.optimizer=momentum"]
    assert texts(DOC, "training.update_order=") == [
        "training.update_order=simultaneous",
        "training.update_order=sequential",
    ]
    assert texts(IRIS, "dataset.scale.inputs=s") == ["dataset.scale.inputs=standardise"]
    assert texts(IRIS, "architecture.layers.0.frozen=") == [
        f"architecture.layers.0.frozen={v}" for v in ("true", "false")
    ]
    assert texts(DOC, "arithmetic=") == ["arithmetic=exact"]
    assert "initial_weights=zeros" in texts(DOC, "initial_weights=")
    assert texts(IRIS, "dataset.bundled=w") == ["dataset.bundled=wine"]


def test_the_numbers_of_the_choice_that_the_file_makes_are_completed() -> None:
    assert texts(IRIS, "training.batches.") == ["training.batches.minibatches."]
    assert "training.batches.minibatches.size=" in texts(IRIS, "training.batches.minibatches.s")
    assert texts(DOC, "training.optimizer.") == []
    assert texts(DOC, "training.optimizer.", "training.optimizer=adam") == ["training.optimizer.adam."]
    assert "training.optimizer.adam.beta1=" in texts(DOC, "training.optimizer.adam.b", "training.optimizer=adam")
    # Of several changes, those that cannot be are passed over.
    assert texts(DOC, "trace.s", "no.such=1", "x", "training.epochs=[") == ["trace.steps="]


def test_weights_are_completed_by_name_and_number() -> None:
    assert texts(DOC, "initial_weights.w") == [f"initial_weights.w{number}=" for number in range(1, 7)]
    assert texts(DOC, "initial_weights.w5=") == ["initial_weights.w5=0.21"]
    assert texts(DOC, "training.learning_rate=") == ["training.learning_rate=0.05"]
    assert dict(completed(DOC, (), "initial_weights.w5"))["initial_weights.w5="] == "h1 → o1"
    assert parameter_names(IRIS, ())[-1] == "b11"
    assert "training.rate_factors.w6=" in texts(DOC, "training.rate_factors.w")


def test_what_a_file_extends_counts_as_its_own(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(VALID)
    (tmp_path / "own.yaml").write_text("extends: base.yaml\nname: own\ntraining: {learning_rate: 0.25}\n")
    assert texts(tmp_path / "own.yaml", "training.learning_rate=") == ["training.learning_rate=0.25"]
    assert "initial_weights.w1=" in texts(tmp_path / "own.yaml", "initial_weights.w1")
    (tmp_path / "loop.yaml").write_text("extends: loop.yaml\n")
    assert "training." in texts(tmp_path / "loop.yaml", "tr")


def test_a_file_with_mistakes_is_completed_too(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("name: bad\narchitecture: 5\ntraining: {learning_rate: fast, x: 1}\n")
    assert texts(tmp_path / "bad.yaml", "training.le") == ["training.learning_rate="]
    assert texts(tmp_path / "bad.yaml", "initial_weights.se") == ["initial_weights.seed="]


def test_of_a_sweep_its_own_keys_and_those_of_its_baseline_are_completed() -> None:
    assert texts(SWEEP, "sw") == ["sweep."]
    assert {"sweep.repeat=", "sweep.repeat.", "sweep.grid."} <= set(texts(SWEEP, "sweep."))
    assert texts(SWEEP, "training.le") == ["training.learning_rate="]
    assert texts(SWEEP, "trace.e") == ["trace.every="]
    assert varying(SWEEP) == ["training.learning_rate", "learning_rate"]


# Asked by a shell


@pytest.mark.parametrize("kind", ["bash", "fish"])
def test_a_shell_gets_what_it_puts_in_the_place_of_its_word(shell: Any, kind: str) -> None:
    def whole(key: str, value: str) -> str:
        # What bash has parted, it completes by itself.
        return value if kind == "bash" else f"{key}={value}"

    assert shell(f"bprun {DOC} training.le", kind) == ["training.learning_rate="]
    assert shell(f"bprun {DOC} training.optimizer=mo", kind) == [whole("training.optimizer", "momentum")]
    assert shell(f"bprun {DOC} training.learning_rate=", kind) == [whole("training.learning_rate", "0.05")]
    before = f"bprun run {DOC} training.epochs=3 training.optimizer=adam"
    assert shell(f"{before} training.optimizer.", kind) == ["training.optimizer.adam."]
    assert shell(f"{before} training.loss=hu", kind) == [whole("training.loss", "huber")]
    assert shell(f"bprun show {DOC} training.le", kind) == ["training.learning_rate="]
    assert shell(f"bprun explain {DOC} training.epochs=3 training.le", kind) == ["training.learning_rate="]
    assert shell(f"bprun grade {DOC} training.le", kind) == ["training.learning_rate="]


def test_files_come_first(shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs" / "deep").mkdir(parents=True)
    for name in ("a.yaml", "b.yml", "c.txt", ".hidden.yaml", "d.csv", "my own.yaml"):
        (tmp_path / "configs" / name).touch()
    files = ["configs/a.yaml", "configs/b.yml", "configs/deep/", "configs/my own.yaml"]
    assert shell("bprun configs/") == files
    assert shell("bprun check configs/") == files
    assert shell("bprun ./con") == ["./configs/"]
    assert shell("bprun con") == ["configs/"]
    assert shell("bprun nope/x") == []
    assert shell("bprun sho") == ["show"]
    assert shell("bprun new x --from configs/") == ["configs/c.txt", "configs/d.csv", "configs/deep/"]
    assert shell("bprun new con") == ["configs/"]
    assert shell("bprun configs/a.yaml con") == ["configs/"]


def test_studies_are_completed_by_name_or_folder(shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for folder, name in [
        ("rates-1", "rates"),
        ("twice-1", "twice"),
        ("twice-2", "twice"),
        ("odd-1", "it's [/odd]\n$x"),
    ]:
        (tmp_path / "studies" / folder).mkdir(parents=True)
        (tmp_path / "studies" / folder / "study.json").write_text(json.dumps({"name": name}))
        shutil.copy(SWEEP, tmp_path / "studies" / folder / "sweep.yaml")
    (tmp_path / "studies" / "broken").mkdir()
    (tmp_path / "studies" / "broken" / "study.json").write_text("{")
    names = ["odd-1", "rates", "twice-1", "twice-2"]
    assert sorted(shell("bprun compare ")) == sorted([*names, "studies/"])
    for command in ("resume", "sync", "ui"):
        assert set(names) <= set(shell(f"bprun {command} "))
    assert shell("bprun sync ra", "fish") == ["rates"]
    assert shell("bprun sync od", "fish") == ["odd-1"]
    for study in ("rates", "twice-2", "studies/odd-1", str(SWEEP)):
        assert shell(f"bprun compare {study} --sort ")[:2] != []
    assert shell("bprun compare rates --sort fi") == ["final_error"]


def test_values_of_options_are_completed(shell: Any) -> None:
    assert shell(f"bprun explain {DOC} --format ht") == ["html"]
    assert shell(f"bprun explain {DOC} --format html,la") == ["html,latex"]
    assert "html,html" not in shell(f"bprun explain {DOC} --format html,")
    assert shell(f"bprun explain {DOC} --language ") == ["en"]
    assert shell(f"bprun explain {DOC} --weights w1,w") == [f"w1,w{number}" for number in range(2, 7)]


def test_columns_of_data_are_completed(shell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "homes.csv").write_text("size;rooms;price\n1;2;3\n")
    (tmp_path / "bare.csv").write_text("1,2\n3,4\n")
    assert shell("bprun new x --from homes.csv --target ") == ["size", "rooms", "price"]
    assert shell("bprun new x --from homes.csv --target price --input r") == ["rooms"]
    assert shell("bprun new x --from bare.csv --target ", "fish") == ["1", "2"]
    assert shell("bprun new x --from nope.csv --target ") == []
    assert shell("bprun new x --target ") == []


@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    "line",
    [
        "bprun nope.yaml training.",
        "bprun configs training.x=",
        "bprun compare nope --sort ",
        "bprun explain --weights w",
        "bprun = = =",
        "bprun =",
        "bprun run a=b c=",
        "bprun 'open",
        f"bprun {DOC} training.optimizer='{{ada",
        f"bprun {DOC} ....=",
        f"bprun {DOC} \x00=\U0001f600",
    ],
)
def test_what_is_wrong_never_reaches_the_shell(shell: Any, line: str, kind: str) -> None:
    if "\x00" in line:
        line = line.replace("\x00", "\x01")  # which no environment could hold
    shell(line, kind)


# What is told apart from what it is named after


def test_names_that_completion_knows_are_those_of_the_program() -> None:
    assert ("run", *COLUMNS) == completing.COLUMNS
    assert (*FORMATS, "all") == completing.FORMATS
    assert (completing.STUDIES, completing.IDENTITY) == (STUDIES_FOLDER, IDENTITY_FILE)
    assert completing.DATA_SUFFIXES == DATA_SUFFIXES


# In shells


BASH = """
_compopt=
compopt() {{ local IFS=" "; _compopt="$_compopt $*"; }}
{script}
COMP_WORDS=({words})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_bprun_completion bprun
printf '%s\\n' "${{COMPREPLY[@]}}" "options:$_compopt"
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (f"bprun '{DOC}' training.le", ["training.learning_rate=", "options: -o nospace"]),
        (f"bprun '{DOC}' training.optimizer = mo", ["momentum", "options:"]),
        (f"bprun '{DOC}' training.learning_rate =", ["0.05", "options:"]),
        (f"bprun check '{DOC}'", [str(DOC), "options: -o filenames"]),
    ],
)
def test_a_real_bash_completes(words: str, expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    bash, own = shutil.which("bash"), ROOT / ".venv" / "bin"
    if bash is None or not (own / "bprun").exists():
        pytest.skip("there is no bash, or no command")
    monkeypatch.setenv("PATH", f"{own}:/usr/bin:/bin")
    script = completing._BASH % {
        "complete_func": "_bprun_completion",
        "prog_name": "bprun",
        "autocomplete_var": "_BPRUN_COMPLETE",
    }
    program = BASH.format(script=script, words=words)
    done = subprocess.run([bash, "--norc", "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == expected
    assert done.stderr == ""


def test_typer_prints_our_scripts() -> None:
    completing.use_own_scripts()
    from typer._completion_shared import get_completion_script

    for shell_name in ("bash", "zsh"):
        text = get_completion_script(prog_name="bprun", complete_var="_BPRUN_COMPLETE", shell=shell_name)
        assert "A key goes on after its dot" in text
        program = shutil.which(shell_name)
        if program is not None:
            subprocess.run([program, "-n", "-c", text], check=True, timeout=60)
