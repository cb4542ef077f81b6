"""`bprun grade`: the figures of one student, or of a class, held against the run of an experiment."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bprunner.cli.arguments import files_and_changes
from bprunner.cli.codes import ExitCode
from bprunner.cli.grading_screen import Words, first_mistake, show_class, show_grades
from bprunner.cli.plain import write_utf8
from bprunner.cli.terminal import out, tell_problems
from bprunner.data.loading import load_samples
from bprunner.errors import InputError, Problem
from bprunner.grading.grades import Grade, Grades, Mistake
from bprunner.grading.judging import Grader
from bprunner.runs.run import execute_run
from bprunner.spec.reading import read_declaration


@dataclass(frozen=True)
class Graded:
    """One file of answers and what became of it: its grades, or why there are none."""

    path: Path
    grades: Grades | None
    problems: tuple[Problem, ...] = ()

    @property
    def whose(self) -> str:
        """The student, or else the file."""
        return (self.grades and self.grades.student) or self.path.stem


def grade_answers(arguments: Sequence[str], *, as_json: bool, as_csv: bool, allow_outside: bool) -> int:
    """Grades files of answers, and all those of folders. The first file is the experiment's."""
    files, changes = files_and_changes(arguments)
    try:
        if len(files) < 2:
            hint = "for example bprun grade configs/doc.yaml answers.yaml"
            raise InputError(Problem("an experiment and a file of answers are needed", hint=hint))
        paths, is_class = _answer_files(files[1:])
        declaration = read_declaration(files[0], changes, allow_outside)
        run = execute_run(declaration, load_samples(declaration))
    except InputError as error:
        tell_problems(error)
        return ExitCode.INPUT
    grader = Grader(run.experiment, run.samples, run.trace)
    graded = [_graded(grader, path) for path in paths]
    for each in graded:
        if each.problems:
            tell_problems(InputError(each.problems))
    if as_csv or as_json:
        write_utf8(_csv(graded) if as_csv else _json(graded, is_class))
    elif is_class:
        show_class(out(), run.name, [(each.whose, each.path.name, each.grades, each.problems) for each in graded])
    elif graded[0].grades is not None:
        show_grades(out(), run.name, graded[0].whose, graded[0].grades)
    return _code(graded)


def _answer_files(named: Sequence[str]) -> tuple[list[Path], bool]:
    """The files, those of folders among them, and whether they are several students' (a folder always is)."""
    found: list[Path] = []
    problems = []
    for name in named:
        path = Path(name)
        if not path.is_dir():
            found.append(path)
            continue
        there = sorted(each for each in path.iterdir() if each.suffix in (".yaml", ".yml") and each.is_file())
        if not there:
            problems.append(Problem(f"the folder {name} has no .yaml files"))
        found += there
    if problems:
        raise InputError(problems)
    return list(dict.fromkeys(found)), len(named) > 1 or Path(named[0]).is_dir()


def _graded(grader: Grader, path: Path) -> Graded:
    try:
        return Graded(path, grader.grade(path))
    except InputError as error:
        return Graded(path, None, error.problems)


def _code(graded: Sequence[Graded]) -> ExitCode:
    if any(each.grades is None for each in graded):
        return ExitCode.INPUT
    are_right = all(each.grades.are_right for each in graded if each.grades is not None)
    return ExitCode.WELL if are_right else ExitCode.DISAGREE


# For machines


def _json(graded: Sequence[Graded], is_class: bool) -> str:
    data = [_data(each) for each in graded]
    return json.dumps(data if is_class else data[0], indent=2, ensure_ascii=False) + "\n"


def _data(graded: Graded) -> dict[str, Any]:
    grades = graded.grades
    if grades is None:
        return {"file": str(graded.path), "problems": [str(problem) for problem in graded.problems]}
    return {
        "file": str(graded.path),
        "student": grades.student,
        "counts": grades.counts,
        "recomputed": grades.recomputed,
        "figures": [_figure_data(each) for each in grades],
    }


def _figure_data(each: Grade) -> dict[str, Any]:
    where = each.where
    return {
        "figure": each.name,
        "step": each.step,
        **({} if where.epoch is None else {"epoch": where.epoch, "counted": where.counted}),
        **({} if where.sample is None else {"sample": where.sample}),
        "state": each.state,
        "printed": None if each.printed is None else str(each.printed),
        "computed": each.value,
        **({} if each.printed is None else {"computed_at_printed_digits": each.shown}),
        **({} if each.own is None else {"from_own_figures": each.own}),
        "mistakes": [_mistake_data(mistake) for mistake in each.mistakes],
        "follows_from": [
            {
                "figure": source.where.name,
                "step": source.where.step,
                **({} if source.where.sample is None else {"sample": source.where.sample}),
                "state": source.state,
            }
            for source in each.sources
        ],
    }


def _mistake_data(mistake: Mistake) -> dict[str, Any]:
    return {"kind": mistake.kind, **mistake.about, "value": mistake.value, "with": mistake.base}


def _csv(graded: Sequence[Graded]) -> str:
    """A row for each student. What a spreadsheet would take for a formula gets an apostrophe."""
    words = Words()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = ("student", "file", "right", "follows", "wrong", "blank", "first")
    writer.writerow([words.say(f"column_{column}") for column in columns])
    for each in graded:
        if each.grades is None:
            message = words.say("unreadable", message=each.problems[0].message)
            writer.writerow([_harmless(cell) for cell in (each.whose, each.path.name, "", "", "", "", message)])
        else:
            counts = [len(each.grades.of(*states)) for states in _COUNTED]
            texts = [_harmless(cell) for cell in (each.whose, each.path.name, first_mistake(words, each.grades))]
            writer.writerow([*texts[:2], *counts, texts[2]])
    return text.getvalue()


_COUNTED: tuple[Any, ...] = (("right", "right_to_digits"), ("follows",), ("wrong",), ("blank",))


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
