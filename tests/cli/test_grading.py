"""`bprun grade` as a teacher calls it: one student, a class, a broken file, a narrow terminal, a pipe."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import bprunner
from bprunner.cli.grading import grade_answers
from bprunner.cli.grading_screen import Words, mistake_text, show_class, show_grades
from bprunner.cli.main import app
from bprunner.documents.language import Language
from bprunner.errors import Problem
from bprunner.grading import Grades, Mistake, grade
from bprunner.grading.grades import STATES
from docs.reading import blocks
from tests.cli.processes import bprun
from tests.conftest import ROOT
from tests.training.declarations import doc

DOC = ROOT / "configs" / "doc.yaml"
PAGE = ROOT / "docs" / "grading.md"
ADA = """
student: Ada
answers:
  - {step: 0, out: {h1: 0.8, h2: 1.8}, prediction: 0.58, error: 0.17, delta: {o1: 0.42}, update: {w5: -0.0168}}
  - {step: 1, weight: {w5: 0.19, w6: 0.2676}, prediction: null}
"""
RIGHT = "- {step: 0, out: {h1: 0.8}, prediction: 0.582}\n"
BROKEN = "student: Cem\nanswers:\n  - {step: 0, predicton: 0.6}\n"


def called(*arguments: object) -> int:
    with pytest.raises(SystemExit) as caught:
        app(["grade", *map(str, arguments)], prog_name="bprun")
    return int(caught.value.code or 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three students, and something that is no answers."""
    for name, text in (("ada.yaml", ADA), ("right.yml", RIGHT), ("broken.yaml", BROKEN), ("notes.txt", "no answers")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def grades_of(answers: Any, **changed: Any) -> tuple[bprunner.Run, Grades]:
    run = bprunner.run({**doc(), **changed})
    return run, grade(run.experiment, run.samples, run.trace, answers)


def screen(grades: Grades, width: int, encoding: str = "utf-8", whose: str = "Ada") -> list[str]:
    text = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
    console = Console(file=text, width=width, color_system=None, highlight=False)
    show_grades(console, "doc", whose, grades)
    text.seek(0)
    return [line.rstrip() for line in text.read().splitlines()]


# One student


def test_a_student_is_told_of_every_figure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(DOC, folder / "ada.yaml") == 3
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert (
        lines
        == """\
Ada  doc

✓ right
  out.h1 at step 0  0.8
  out.h2 at step 0  1.8

✓ right to the digits given
  prediction.o1 at step 0  0.58  computed 0.582

→ right given an earlier wrong one
  update.w5 at step 0  -0.0168  computed 0.01672
    follows from your delta.o1, which is wrong
  weight.w5 at step 1  0.19     computed 0.23
    follows from your update.w5 at step 0, which follows from an earlier one

✗ wrong
  error at step 0      0.17    computed 0.087362
    twice too much: the ½ of the error is missing
  delta.o1 at step 0   0.42    computed -0.418
    target − prediction instead of prediction − target
  weight.w6 at step 1  0.2676  computed 0.27
    not rounded: the document goes on with 2 decimals
    your earlier figures give 0.19

· not answered
  prediction.o1 at step 1

3 of 9 right, 2 right given an earlier wrong one, 3 wrong, 1 not answered""".splitlines()
    )


def test_what_is_right_is_exit_0_and_what_is_not_answered_is_no_fault(folder: Path) -> None:
    assert called(DOC, folder / "right.yml") == 0
    (folder / "right.yml").write_text("- {step: 0, out: {h1: 0.8, h2: null}}")
    assert called(DOC, folder / "right.yml") == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([DOC], "an experiment and a file of answers are needed"),
        ([DOC, "nowhere.yaml"], "there is no such file"),
        (["nowhere.yaml", "right.yml"], "there is no such file"),
        ([DOC, "empty"], "the folder empty has no .yaml files"),
        ([DOC, "broken.yaml"], "did you mean `prediction`?"),
        ([DOC, "right.yml", "training.rate=1"], "unknown key `rate`"),
        ([ROOT / "experiments/learning_rate/sweep.yaml", "right.yml"], "sweep"),
    ],
)
def test_bad_input_is_exit_2(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[Any], told: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "empty").mkdir()
    assert called(*arguments) == 2
    shown = capsys.readouterr()
    assert told in shown.err
    assert shown.out == ""


def test_the_experiment_may_be_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "right.yml").write_text("- {step: 0, update: {w5: 0.0334}}")
    assert called(DOC, folder / "right.yml", "training.learning_rate=0.1", "--json") == 0
    assert json.loads(capsys.readouterr().out)["counts"]["right_to_digits"] == 1


def test_json_says_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(DOC, folder / "ada.yaml", "--json") == 3
    data = json.loads(capsys.readouterr().out)
    assert (data["student"], Path(data["file"]).name) == ("Ada", "ada.yaml")
    assert data["counts"] == {"right": 2, "right_to_digits": 1, "follows": 2, "wrong": 3, "blank": 1}
    by_name = {(each["step"], each["figure"]): each for each in data["figures"]}
    assert by_name[0, "delta.o1"] | {"from_own_figures": None} == {
        "figure": "delta.o1",
        "step": 0,
        "state": "wrong",
        "printed": "0.42",
        "computed": pytest.approx(-0.418),
        "computed_at_printed_digits": "-0.42",
        "from_own_figures": None,
        "mistakes": [{"kind": "target_minus_prediction", "value": pytest.approx(0.418), "with": "run"}],
        "follows_from": [],
    }
    assert by_name[1, "weight.w5"]["follows_from"] == [{"figure": "update.w5", "step": 0, "state": "follows"}]
    assert by_name[1, "prediction.o1"]["printed"] is None
    assert by_name[1, "prediction.o1"]["computed"] == pytest.approx(0.695)


# A class


def test_a_folder_is_a_table_and_a_broken_file_is_a_row(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(DOC, folder) == 2
    shown = capsys.readouterr()
    assert "did you mean `prediction`?" in shown.err
    lines = [line.split() for line in shown.out.splitlines()]
    assert lines[2] == ["student", "right", "follows", "wrong", "blank", "first", "mistake"]
    assert lines[3][:9] == ["Ada", "3", "2", "3", "1", "error", "at", "step", "0:"]
    assert ["broken", "cannot", "be", "graded:"] in [line[:4] for line in lines]
    assert ["right", "2", "0", "0", "0"] in lines


def test_a_class_is_a_list_in_json_and_rows_in_csv(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called(DOC, folder, "--json") == 2
    data = json.loads(capsys.readouterr().out)
    assert [Path(each["file"]).name for each in data] == ["ada.yaml", "broken.yaml", "right.yml"]
    assert "unknown key `predicton`" in data[1]["problems"][0]
    assert called(DOC, folder, "--csv") == 2
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == ["student", "file", "right", "follows", "wrong", "blank", "first mistake"]
    assert rows[1][:6] == ["Ada", "ada.yaml", "3", "2", "3", "1"]
    assert rows[2] == ["broken", "broken.yaml", "", "", "", "", "cannot be graded: unknown key `predicton`"]
    assert rows[3] == ["right", "right.yml", "2", "0", "0", "0", ""]


def test_without_the_broken_file_the_exit_code_is_that_of_the_figures(folder: Path) -> None:
    assert called(DOC, folder / "ada.yaml", folder / "right.yml") == 3
    (folder / "broken.yaml").unlink()
    (folder / "ada.yaml").unlink()
    assert called(DOC, folder) == 0


def test_a_folder_that_is_no_file_and_a_file_that_is_no_text_are_rows(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.yaml").write_bytes(b"\xff\xfe\x00")
    (folder / "folder.yaml").mkdir()
    assert called(DOC, folder, "--csv") == 2
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert [row[0] for row in rows] == ["student", "Ada", "broken", "right"]
    assert "not UTF-8" in rows[2][6]


def test_two_students_of_one_name_are_told_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "broken.yaml").write_text(ADA)
    assert called(DOC, folder) == 3
    shown = capsys.readouterr().out
    assert "Ada (ada.yaml)" in shown
    assert "Ada (broken.yaml)" in shown


def test_no_spreadsheet_takes_a_name_for_a_formula(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "right.yml").write_text("student: '=HYPERLINK(\"http://x\")'\nanswers: [{step: 0, out: {h1: 0.8}}]")
    (folder / "@SUM.yaml").write_text(RIGHT)
    called(DOC, folder, "--csv")
    names = [row[0] for row in csv.reader(io.StringIO(capsys.readouterr().out))]
    assert '\'=HYPERLINK("http://x")' in names
    assert "'@SUM" in names


# The screen


@pytest.mark.parametrize("width", [40, 50, 80, 160])
def test_every_width_has_every_word(width: int) -> None:
    _, grades = grades_of(
        [
            {"step": 0, "out": {"h1": 0.9}, "delta": {"o1": 0.42}, "prediction": 0.6030},
            {"step": 0, "values": {"learning_rate * delta.o1 * out.h1 * weight.w5 * weight.w6": 0.1}},
            {"step": 1, "weight": {"w5": 0.1911}, "prediction": 0.4},
        ]
    )
    lines = screen(grades, width)
    assert max(map(len, lines)) <= width
    text = "".join("".join(lines).split())
    for each in grades:
        # A name that is folded has the other columns between its lines.
        shown = each.address.replace(" ", "") in text or len(each.address) > width - 30
        assert shown, each.address
        assert str(each.printed) in text
    assert "right given an earlier wrong one" in " ".join(" ".join(lines).split())


def test_a_pipe_that_knows_ascii_alone_gets_ascii(folder: Path) -> None:
    done = bprun("grade", DOC, folder / "ada.yaml", cwd=folder, PYTHONUTF8="0", PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 3
    assert done.stdout.isascii()
    assert "ok: right" in done.stdout
    assert "target - prediction instead of prediction - target" in done.stdout


HOSTILE = ["<b>h</b>", "[red]x[/red]", "$\\frac{1}{2}$", "💥", "אבג", "</script>", "{name}"]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A student's, an experiment's and a file's."""
    file = tmp_path / f"{name.replace('/', '')}.yaml"
    file.write_text(RIGHT, encoding="utf-8")
    assert called(DOC, file, f"name={json.dumps(name)}") == 0
    assert capsys.readouterr().out.startswith(f"{file.stem}  {name}\n")
    file.write_text(json.dumps({"student": name, "answers": [{"step": 0, "out": {"h1": 0.9}}]}), encoding="utf-8")
    assert called(DOC, file, file.parent) == 3
    assert name in capsys.readouterr().out


def test_neurons_have_names_of_any_script() -> None:
    data = doc()
    data["architecture"]["naming"] = {"neurons": [["אבג", "ñandú"], ["出"]]}
    _, grades = grades_of([{"step": 0, "out": {"אבג": 0.9}, "prediction": 0.609}], **data)
    lines = screen(grades, 100)
    assert "  out.אבג at step 0  0.9  computed 0.8" in lines
    assert "    follows from your out.אבג, which is wrong" in lines


def test_a_file_name_does_not_steer_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a\x1b[31mred\u202e.yaml").write_text(RIGHT)
    (tmp_path / "b\x1b]0;x\x07.yaml").write_text(BROKEN)
    assert called(DOC, tmp_path) == 2
    shown = capsys.readouterr()
    assert "\x1b[31m" not in shown.out
    assert "\u202e" not in shown.out
    assert "\x1b]0" not in shown.out + shown.err
    assert "a\\x1b[31mred\\u202e" in shown.out


def test_several_sources_are_named_and_many_are_counted() -> None:
    run = bprunner.run(doc())
    entries = [{"step": 1, "weight": {"w1": 0.5, "w2": 0.6, "w3": 0.7, "w4": 0.8, "w5": 0.9, "w6": 1.1}}]
    h1, h2 = 2 * 0.5 + 3 * 0.6, 2 * 0.7 + 3 * 0.8
    entries.append({"step": 1, "prediction": round(h1 * 0.9 + h2 * 1.1, 6)})
    lines = screen(grade(run.experiment, run.samples, run.trace, entries), 160)
    told = "follows from your weight.w1 (wrong), weight.w2 (wrong), weight.w3 (wrong), weight.w4 (wrong), and 2 more"
    assert told in [line.strip() for line in lines]


def test_rounded_figures_that_are_gone_on_with_are_counted_by_themselves() -> None:
    _, grades = grades_of([{"step": 0, "delta": {"o1": -0.42}, "update": {"w6": 0.0378}}])
    lines = screen(grades, 100)
    assert "→ right given earlier ones as rounded" in lines
    assert "    follows from your delta.o1 as rounded" in lines
    assert " ".join(lines[-2:]).strip() == (
        "1 of 2 right, 0 right given an earlier wrong one, 1 right given earlier ones as rounded, 0 wrong, "
        "0 not answered"
    )


def test_it_is_said_where_nothing_was_recomputed() -> None:
    layers = [{"units": 17, "activation": "tanh", "bias": "none"}, doc()["architecture"]["layers"][1]]
    architecture = {"inputs": 2, "layers": layers}
    weights = {"uniform": {"low": -1, "high": 1}, "seed": 1}
    _, grades = grades_of([{"step": 0, "error": 99}], architecture=architecture, initial_weights=weights)
    assert "This network's figures were held against the run alone" in " ".join(screen(grades, 200))


# Words

KINDS = {
    "target_minus_prediction", "added_update", "wrong_sign", "no_derivative", "updated_weights", "old_weights",
    "missing_half", "extra_half", "missing_learning_rate", "forgotten_bias", "forgotten_activation", "other_quantity",
    "earlier_step", "swapped", "figure_of_another", "not_rounded", "rounded_truncated", "rounded_half_up", "last_digit",
}  # fmt: skip


def test_every_mistake_that_the_program_names_has_its_words() -> None:
    """The kinds are found in the source, so that a new one cannot be forgotten here."""
    source = "".join(
        (ROOT / f"bprunner/grading/{name}.py").read_text(encoding="utf-8") for name in ("mistakes", "explaining")
    )
    named = set(re.findall(r'(?:Mistake|Changed)\(\s*"(\w+)"', source))
    named |= set(re.findall(r'return "(\w+)", sympy', source))
    named |= set(re.findall(r'"((?:old|updated)_weights)"', source))
    named |= {f"rounded_{way}" for way in ("truncated", "half_up")}
    assert named == KINDS
    words, about = Words(), {"layers": "h, o", "name": "w1", "step": "1", "decimals": "2", "quantity": "weight"}
    for kind in KINDS:
        for base in ("run", "own"):
            told = mistake_text(words, Mistake(kind, about, 1.0, base))
            assert told
            assert "{" not in told
    assert set(STATES) | {"carried"} <= set(Language("en").words("grading"))


def test_a_row_of_the_table_has_room_for_its_reasons_below_where_it_is_narrow() -> None:
    _, grades = grades_of([{"step": 0, "error": 0.17}])
    text = io.StringIO()
    console = Console(width=40, color_system=None, file=text)
    rows = [("Ada", "ada.yaml", grades, ()), ("x" * 50, "x.yaml", None, (Problem("there is no such file"),))]
    show_class(console, "doc", rows)
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    assert max(map(len, lines)) <= 40
    told = " ".join(" ".join(lines).split())
    assert "twice too much: the ½ of the error is missing" in told
    assert "cannot be graded: there is no such file" in told


# The document


def test_python_grades_as_the_document_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = PAGE.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    for block in blocks(text):
        if block.file is not None:
            (tmp_path / block.file).write_text(block.content, encoding="utf-8")
    (code,) = [block.content for block in blocks(text) if block.language == "python"]
    space: dict[str, Any] = {}
    exec(code, space)
    assert space["grades"].counts == {"right": 3, "right_to_digits": 1, "follows": 3, "wrong": 3, "blank": 1}


def test_grading_is_asked_for_by_the_command() -> None:
    assert grade_answers([], as_json=False, as_csv=False, allow_outside=False) == 2
