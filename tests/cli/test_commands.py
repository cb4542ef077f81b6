"""The commands, called in this process: help, check, show, list, and the table of a run."""

from __future__ import annotations

import io
import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import bprunner
from bprunner.cli import running
from bprunner.cli.checking import check_files
from bprunner.cli.main import app
from bprunner.cli.numbers import aligned, number_text
from bprunner.cli.screen import MOST_ROWS, show_figures, show_head, show_steps, shown_steps
from bprunner.cli.showing import list_folder, purpose_of, show_file
from bprunner.cli.wishes import Wishes
from bprunner.runs.run import Run, execute_run
from bprunner.spec.reading import read_declaration
from tests.conftest import ROOT
from tests.spec.examples import VALID

DOC = ROOT / "configs" / "doc.yaml"
EXACT = ROOT / "configs" / "doc_exact.yaml"


def called(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as caught:
        app([*arguments], prog_name="bprun")
    return int(caught.value.code or 0)


def commands() -> list[str]:
    import typer.main

    return sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", ["", *commands()])
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(*command.split(), "--help") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"Example: bprun {'' if command == 'run' else command}".strip() in shown


def test_the_commands_are_what_the_contract_names() -> None:
    assert {"run", "check", "show", "schema", "list", "ui"} <= set(commands())


@pytest.mark.parametrize("arguments", [["--nope"], ["show"], ["run"], ["ui", "--port", "0"], []])
def test_a_faulty_command_line_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert called(*arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_misspelt_command_is_recognised(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("chekc") == 2
    assert "did you mean the command `bprun check`?" in capsys.readouterr().err


# check, show, list


def test_check_says_of_each_file_how_it_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.yaml").write_text(VALID.replace("0.05", "-1"))
    before = sorted(tmp_path.rglob("*"))
    assert check_files([str(DOC), str(tmp_path / "bad.yaml")], gradients=True, allow_outside=False) == 2
    told = capsys.readouterr()
    assert "valid (doc, 1 sample, 52 expected figures" in told.out
    assert "gradients agree" in told.out
    assert "must be greater than 0" in told.err
    assert sorted(tmp_path.rglob("*")) == before


def test_gradients_of_decimals_are_those_of_doubles(capsys: pytest.CaptureFixture[str]) -> None:
    changes = ["arithmetic.numbers.decimal.digits=20"]
    assert check_files([str(DOC), *changes], gradients=True, allow_outside=False) == 0
    assert "gradients agree" in (told := capsys.readouterr().out)
    assert "(6 compared in doubles)" in told


@pytest.mark.parametrize("value", ["1e308", "1e150"])
def test_an_error_beyond_all_bounds_is_no_disagreement(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    changes = [f"initial_weights={{constant: {{value: {value}}}}}"]
    assert check_files([str(DOC), *changes], gradients=True, allow_outside=False) == 1
    told = capsys.readouterr().out
    assert "gradients cannot be compared: at the initial weights the error is" in told
    assert "DISAGREE" not in told


def test_check_wants_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_files(["training.epochs=3"], gradients=False, allow_outside=False) == 2
    assert "no file to check was named" in capsys.readouterr().err


def test_a_change_may_be_longer_than_a_file_name(capsys: pytest.CaptureFixture[str]) -> None:
    rows = ", ".join(["[0.123456789, 0.123456789]"] * 40)
    changes = [f"dataset.inputs=[{rows}]", f"dataset.targets=[{', '.join(['[1]'] * 40)}]"]
    assert check_files([str(DOC), *changes], gradients=False, allow_outside=False) == 0
    assert "40 samples" in capsys.readouterr().out


def test_signs_that_steer_a_terminal_are_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_files([str(DOC), "training.lernrate\u202e=0.1"], gradients=False, allow_outside=False) == 2
    told = capsys.readouterr().err
    assert "\u202e" not in told
    assert told.count("argument training.lernrate") == 1


def test_a_declared_derivative_leaves_nothing_to_compare(capsys: pytest.CaptureFixture[str]) -> None:
    perceptron = ROOT / "configs" / "gallery" / "negnevitsky_and.yaml"
    assert check_files([str(perceptron)], gradients=True, allow_outside=False) == 0
    told = capsys.readouterr().out
    assert "no gradients to compare (0 compared in doubles, 3 with a declared derivative not compared)" in told


def test_show_prints_what_check_accepts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_file(str(EXACT), ["training.epochs=3"], allow_outside=False) == 0
    (tmp_path / "shown.yaml").write_text(capsys.readouterr().out)
    assert check_files([str(tmp_path / "shown.yaml")], gradients=False, allow_outside=False) == 0


def test_list_gives_each_experiment_its_purpose(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert list_folder(str(ROOT / "configs")) == 0
    shown = capsys.readouterr().out
    assert "doc.yaml" in shown
    assert "hmkcode.yaml" in shown
    assert list_folder(str(tmp_path / "nope")) == 2
    assert list_folder(str(DOC)) == 2
    assert list_folder(str(tmp_path)) == 0


@pytest.mark.parametrize("path", sorted((ROOT / "configs").rglob("*.yaml")), ids=lambda path: path.name)
def test_every_configuration_says_its_purpose(path: Path) -> None:
    assert purpose_of(path)


# Running


def test_several_files_are_a_line_each_and_the_worst_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "off.yaml").write_text(VALID.replace("h1: 0.8", "h1: 0.9").replace("name: doc", "name: off"))
    wishes = Wishes(mlflow=False)
    assert running.run_files([str(DOC), "off.yaml"], wishes) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("✓ doc: 52 of 52")
    assert lines[1].startswith("✗ off: 0 of 1")
    assert running.run_files([str(DOC), "off.yaml"], replace(wishes, as_json=True)) == 3
    assert [each["experiment"] for each in json.loads(capsys.readouterr().out)] == ["doc", "off"]


def test_a_what_if_holds_no_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    wishes = Wishes(mlflow=False)
    assert running.run_files([str(EXACT), "training.learning_rate=0.1", "training.epochs=4"], wishes) == 0
    shown = capsys.readouterr().out
    assert "changed: training.learning_rate=0.1, training.epochs=4" in shown


def test_quiet_says_nothing_when_all_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert running.run_files([str(DOC)], Wishes(quiet=True, mlflow=False)) == 0
    told = capsys.readouterr()
    assert told.out == told.err == ""


def test_a_file_cannot_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "doc.yaml").write_text(VALID.replace("epochs: 1", '"\\x1b[31m": 1'))
    assert check_files([str(tmp_path / "doc.yaml")], gradients=False, allow_outside=False) == 2
    told = capsys.readouterr().err
    assert "\x1b" not in told
    assert "unknown key `\\x1b[31m`" in told


# The screen


@pytest.fixture(scope="module")
def exact() -> Run:
    return execute_run(read_declaration(EXACT))


def screen(run: Run, width: int) -> list[str]:
    """The lines of a run on a screen so wide."""
    console = Console(width=width, color_system=None, highlight=False)
    with console.capture() as capture:
        show_head(console, run.experiment, ())
        show_steps(console, run)
        show_figures(console, run)
    return capture.get().splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_the_screen_fits_its_width(exact: Run, width: int) -> None:
    lines = screen(exact, width)
    assert len(lines) <= 24
    assert all(len(line) <= width for line in lines)
    assert "✓ 24 of 24 figures agree" in lines
    shown, left_out = " ".join(" ".join(lines).split()), width < 80
    assert ("did not fit" in shown) == left_out
    assert ("w6" in next(line for line in lines if line.startswith("step"))) != left_out


def test_decimal_points_stand_under_each_other(exact: Run) -> None:
    rows = [line for line in screen(exact, 200) if line.strip()[:1].isdigit() and "." in line and "→" not in line]
    error_points = {row.index(".") for row in rows}
    assert len(rows) == len(shown_steps(21))
    assert len(error_points) == 1


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=10))
def test_aligned_numbers_line_up_and_keep_their_value(values: list[float]) -> None:
    texts = aligned(values)
    assert len({len(text) for text in texts}) == 1
    points = {text.index(".") for text in texts if "." in text}
    assert len(points) <= 1
    for text, value in zip(texts, values, strict=True):
        assert float(text) == pytest.approx(value, rel=5.1e-6, abs=5e-324)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.087362, "0.087362"), (1.0, "1"), (-0.5, "-0.5"), (1e-7, "0.0000001"), (4.24891e-8, "4.24891e-8"),
        (1e22, "1e22"), (123456.0, "123456"), (float("nan"), "nan"), (float("-inf"), "-inf"), (0.0, "0"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_people_do(value: float, text: str) -> None:
    assert number_text(value) == text


@given(st.integers(1, 10**9 + 1))
def test_shown_steps_are_few_and_hold_both_ends(count: int) -> None:
    steps = shown_steps(count)
    assert steps[0] == 0
    assert steps[-1] == count - 1
    assert steps == sorted(set(steps))
    assert len(steps) <= MOST_ROWS + 6
    if count <= MOST_ROWS:
        assert steps == list(range(count))


@given(st.integers(MOST_ROWS + 1, 100))
def test_steps_of_a_middling_run_are_even(count: int) -> None:
    strides = {after - before for before, after in itertools.pairwise(shown_steps(count)[:-1])}
    assert len(strides) == 1


@pytest.mark.parametrize(("epochs", "told"), [(9, ""), (29, " of 10 of 30 steps")])
def test_thinned_metrics_are_told(epochs: int, told: str) -> None:
    overrides = [f"training.epochs={epochs}", "tracking.points=10"]
    run = execute_run(read_declaration(ROOT / "configs" / "doc_exact.yaml", overrides))
    assert running._thinning(run) == told


def test_only_columns_that_may_fit_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long run's trace is on the disk, and each of its columns is read by itself."""
    from bprunner.training.trace import Trace

    layers = "[{units: 300, activation: tanh, bias: none}, {units: 1, activation: linear, bias: none}]"
    run = bprunner.run(DOC, [f"architecture.layers={layers}", "initial_weights=zeros", "expect=[]"])
    read: list[str] = []
    column = Trace.__getitem__

    def counted(trace: Trace, name: str) -> Any:
        read.append(name)
        return column(trace, name)

    monkeypatch.setattr(Trace, "__getitem__", counted)
    shown = io.StringIO()
    show_steps(Console(file=shown, width=80), run)
    assert "w900 did not fit" in shown.getvalue()
    assert len(read) < 60
