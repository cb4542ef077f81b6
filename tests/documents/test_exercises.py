"""Exercises: nothing is given away, nothing that is needed is missing, and the answers are those of the run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import bprunner
from bprunner.documents.telling import Wishes
from bprunner.grading import grade
from bprunner.runs.explaining import Explained, explain_run, files_of_document, formats_named
from tests.laws.test_derivation import run_of

EXERCISES = ("doc.yaml", "gallery/mazur.yaml", "gallery/adam_by_hand.yaml", "gallery/trask_3layer.yaml")


def explained(file: str, digits: int | None = 5) -> tuple[Explained, bprunner.Run]:
    run = run_of(file)
    return explain_run(run, Wishes(blank=True, digits=digits)), run


def given_numbers(run: bprunner.Run) -> set[str]:
    """What the sheet has to say: inputs, targets, first weights, the learning rate."""
    from bprunner.documents.numbers import number

    names = run.experiment.architecture.names
    values = [*run.samples.inputs.ravel(), *run.samples.targets.ravel(), run.experiment.training.learning_rate]
    values += [run.trace[f"weight.{name}"][0] for name in names.weights]
    values += [run.trace[f"bias.{name}"][0] for name in names.biases]
    return {number(float(value), 5) for value in values}


def answers_of(sheet: str) -> dict[int, str]:
    """The answers by the numbers of their gaps."""
    rows = re.findall(r"^\| (\d+) \|.*\| ([^|]+) \|$", sheet, re.MULTILINE)
    return {int(number): answer.strip().replace("\\", "").replace("−", "-") for number, answer in rows}


@pytest.mark.parametrize("file", EXERCISES)
def test_no_answer_stands_on_the_sheet(file: str) -> None:
    """Neither in the text nor in a picture, its title or its description."""
    sheet, run = explained(file)
    assert sheet.answers is not None
    given = {text.replace("−", "-") for text in given_numbers(run)}
    answers = {text for text in answers_of(sheet.answers.markdown).values() if len(re.sub(r"\D", "", text)) >= 3}
    secret = answers - given
    assert secret
    texts = [sheet.document.markdown, *(drawing.svg for drawing in sheet.document.pictures.values())]
    shown = " ".join(texts).replace("−", "-")
    numbers = set(re.findall(r"-?\d+\.\d+", re.sub(r'="[^"]*"', "", shown)))
    assert not numbers & secret, file


def test_an_answer_that_stands_there_is_found() -> None:
    """With the numbers in, the same search finds them."""
    sheet, run = explained("doc.yaml")
    assert sheet.answers is not None
    secret = set(answers_of(sheet.answers.markdown).values()) - given_numbers(run)
    told = bprunner.explain(run, digits=5).markdown
    assert set(re.findall(r"-?\d+\.\d+", told)) & secret


@pytest.mark.parametrize("file", EXERCISES)
def test_every_gap_has_its_answer_and_every_answer_its_gap(file: str) -> None:
    sheet, _ = explained(file)
    assert sheet.answers is not None
    gaps = {int(number) for number in re.findall(r"\}_\{\((\d+)\)\}", sheet.document.markdown)}
    answers = answers_of(sheet.answers.markdown)
    assert gaps <= set(answers) == set(range(1, len(answers) + 1))
    pictured = " ".join(drawing.svg for drawing in sheet.document.pictures.values())
    tables = " ".join(re.findall(r"^\|.*\|$", sheet.document.markdown, re.MULTILINE))
    for number in set(answers) - gaps:
        assert f"({number})" in pictured + tables, number


def test_gaps_are_numbered_as_the_text_meets_them() -> None:
    sheet, _ = explained("doc.yaml")
    met = [int(number) for number in re.findall(r"\}_\{\((\d+)\)\}", sheet.document.markdown)]
    assert list(dict.fromkeys(met)) == sorted(set(met))


def test_what_is_never_changed_is_no_gap() -> None:
    sheet, _ = explained("gallery/mazur.yaml")
    assert not re.search(r"bias: \{.*b1: null", sheet.to_fill_in)
    assert "b_{1}^{+} &= b_{1} = 0.35" in sheet.document.markdown


@pytest.mark.parametrize("file", EXERCISES)
def test_the_file_for_answers_is_read_as_one_and_right_when_filled_in(file: str, tmp_path: Path) -> None:
    sheet, run = explained(file, digits=None)
    path = tmp_path / "answers.yaml"
    path.write_text(sheet.to_fill_in, encoding="utf-8")
    grades = grade(run.experiment, run.samples, run.trace, path)
    assert grades.counts["blank"] == len(grades)
    data = yaml.safe_load(sheet.to_fill_in)
    for entry in data["answers"]:
        for quantity, part in entry.items():
            if quantity in ("step", "sample"):
                continue
            names = part if isinstance(part, dict) else {"": None}
            for name in names:
                column = f"{quantity}.{name}" if name else quantity
                if column == "prediction":
                    column = f"prediction.{run.experiment.architecture.names.outputs[0]}"
                value = run.trace[column][entry["step"]]
                number = float(value if not getattr(value, "ndim", 0) else value[entry.get("sample", 1) - 1])
                if isinstance(part, dict):
                    part[name] = number
                else:
                    entry[quantity] = number
    filled = grade(run.experiment, run.samples, run.trace, data)
    assert filled.counts["wrong"] == filled.counts["blank"] == filled.counts["follows"] == 0


def test_the_files_of_an_exercise() -> None:
    sheet, _ = explained("doc.yaml")
    names = set(files_of_document(sheet, ["markdown", "html"]))
    assert {"doc-exercise.md", "doc-exercise.html", "doc-answers.md", "doc-answers.html", "doc-answers.yaml"} <= names
    assert formats_named(["all"], blank=True) == ("markdown", "html", "latex")
    with pytest.raises(bprunner.InputError, match="no exercise"):
        files_of_document(sheet, ["notebook"])


def test_an_exercise_has_no_player_and_no_later_steps() -> None:
    sheet, _ = explained("doc.yaml")
    assert sheet.document.player == ""
    assert "steps.svg" not in sheet.document.pictures
    assert "Printed figures" not in sheet.document.markdown
