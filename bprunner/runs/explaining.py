"""A run's worked document: from a declaration or a run, and as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from bprunner.documents.telling import Wishes
from bprunner.errors import InputError, Problem
from bprunner.runs.folders import slug
from bprunner.runs.run import Run, execute_run
from bprunner.spec.experiment import Tracing
from bprunner.spec.problems import problem_at
from bprunner.spec.reading import Declaration

if TYPE_CHECKING:
    from bprunner.documents.document import Document
    from bprunner.documents.subject import Subject

Format = Literal["markdown", "html", "latex", "notebook"]
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True)
class Explained:
    """A worked document and, of an exercise, the sheet of answers and the file for a student's figures."""

    document: Document
    subject: Subject
    wishes: Wishes
    answers: Document | None = None
    to_fill_in: str = ""


def subject_of(run: Run) -> Subject:
    """What a document tells of a run."""
    from bprunner.documents.subject import Subject

    return Subject(run.experiment, run.samples, run.trace, run.figures, run.ending(), origin_of(run.declaration))


def origin_of(declaration: Declaration) -> str:
    """The file as a reader would name it: its path from here, or where it is elsewhere its name alone."""
    if declaration.path is None:
        return ""
    path, here = Path(declaration.path).absolute(), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else path.name


def run_to_explain(declaration: Declaration, wishes: Wishes | None = None) -> Run:
    """Trains what is declared and records every quantity, whatever the file leaves out of its trace.

    Raises InputError, before any training, for what cannot be explained, and for wishes that no training could fulfil.
    """
    from bprunner.derivation.numbers import obstacles
    from bprunner.documents.explaining import check_wishes

    found = obstacles(declaration.experiment)
    problems = [problem_at(declaration.root, path, message, hint) for path, message, hint in found]
    if problems:
        raise InputError(problems)
    check_wishes(declaration.experiment, wishes or Wishes())
    experiment = declaration.experiment.model_copy(update={"trace": Tracing()})
    return execute_run(replace(declaration, experiment=experiment))


def explain_run(run: Run, wishes: Wishes) -> Explained:
    """The document, under a name that can be a file's. Raises InputError as documents.explain does."""
    from bprunner.documents.answer_sheet import answer_sheet, answers_to_fill_in
    from bprunner.documents.explaining import telling_of, told

    subject = subject_of(run)
    telling = telling_of(subject, wishes)
    name = slug(run.name) or "run"
    document = told(telling)
    if telling.blanks is None:
        return Explained(replace(document, name=name), subject, wishes)
    exercise = replace(document, name=f"{name}-exercise")
    answers = replace(answer_sheet(exercise, telling.blanks), name=f"{name}-answers")
    file = f"{name}-answers.yaml"
    origin = subject.origin or "FILE"
    heading = telling.words["answers_heading"].format(origin=origin.replace("\n", " "), file=file)
    filled = answers_to_fill_in(telling.blanks, run.experiment.architecture.names.outputs, len(run.samples), heading)
    return Explained(exercise, subject, wishes, answers, filled)


def files_of_document(explained: Explained, formats: Sequence[Format]) -> dict[str, bytes]:
    """Every file of a document, by its name: an exercise comes with its answers.

    Raises InputError for a notebook of an exercise, or where what writes notebooks is not installed.
    """
    from bprunner.documents.markdown_files import files_of

    plain = [each for each in formats if each != "notebook"]
    files = files_of(explained.document, plain)
    if explained.answers is not None:
        files |= files_of(explained.answers, plain)
        files[f"{explained.answers.name}.yaml"] = explained.to_fill_in.encode()
    if "notebook" in formats:
        files[f"{explained.document.name}.ipynb"] = _notebook(explained).encode()
    return files


def _notebook(explained: Explained) -> str:
    from bprunner.documents.language import Language
    from bprunner.documents.notebook import notebook

    if explained.answers is not None:
        raise _no_exercise()
    language = Language(explained.wishes.language)
    return notebook(explained.document, explained.subject, language, explained.wishes.step)


def _no_exercise() -> InputError:
    hint = "leave out --blank, or choose markdown, html or latex"
    return InputError(Problem("a notebook computes every number, so it is no exercise", hint=hint))


def formats_named(wanted: Sequence[str], blank: bool = False) -> tuple[Format, ...]:
    """The formats that were asked for, as `html,latex` or one by one; `all` is all of them, of an exercise (`blank`)
    without the notebook, which computes every number.

    Raises InputError for none, for one that there is none of, and for the notebook of an exercise.
    """
    names = [name.strip() for text in wanted for name in text.split(",") if name.strip()]
    if not names:
        raise InputError(Problem("no format is named", hint=f"there are {', '.join(FORMATS)}, and all"))
    if "all" in names:
        return tuple(each for each in FORMATS if not (blank and each == "notebook"))
    unknown = [name for name in names if name not in FORMATS]
    if unknown:
        from difflib import get_close_matches

        near = get_close_matches(unknown[0], FORMATS, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(FORMATS)}, and all"
        raise InputError(Problem(f"there is no format {unknown[0]!r}", hint=hint))
    if blank and "notebook" in names:
        raise _no_exercise()
    return tuple(each for each in FORMATS if each in names)


def document_folder(working_folder: Path, run_name: str) -> Path:
    """Where a document is written unless somebody says where."""
    return working_folder / "explained" / (slug(run_name) or "run")
