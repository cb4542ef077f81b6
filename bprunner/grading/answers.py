"""Answers: the file in which a student writes figures, read and held against the experiment that they are about.

Its entries are those of `expect`. A figure that is null is not answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError

from bprunner.errors import InputError, Problem
from bprunner.spec import nodes
from bprunner.spec.addressing import Address, Addressed, addressed
from bprunner.spec.arithmetic import MEMORY, QUANTITIES, Way
from bprunner.spec.choices import Frozen
from bprunner.spec.expectations import Expectation
from bprunner.spec.experiment import Experiment
from bprunner.spec.fields import Line, as_tuple
from bprunner.spec.figure_misfits import figure_misfits, sample_misfits
from bprunner.spec.misfit import Misfit
from bprunner.spec.misfit import Path as KeyPath
from bprunner.spec.nodes import Node, from_data, plain
from bprunner.spec.printed import Printed
from bprunner.spec.problems import problem_at, problem_at_key, problems_of
from bprunner.spec.source import read_source
from bprunner.spec.yaml_loader import load

FIGURES = (*QUANTITIES, "reported_error", "accuracy", *MEMORY, "held_out", "values")
"""The keys of an entry under which figures stand."""
NOT_ANSWERED = ("tolerance", "relative_tolerance", "erratum", "right")
"""What a document may say of its figures, and a student may not."""


class AnswerFile(Frozen):
    """What the file of one student holds."""

    student: Line | None = Field(None, max_length=200, description="whose figures these are")
    answers: Annotated[tuple[Expectation, ...], Field(min_length=1), BeforeValidator(as_tuple)] = Field(
        description="the figures, in entries like those of `expect`"
    )


@dataclass(frozen=True)
class Answer:
    """One figure of a student, or the place for one: then `printed` is None. `rounding` is what the entry says of how
    its last digit came about, `path` where it stands in the file."""

    address: Address
    printed: Printed | None
    rounding: Way | None
    path: KeyPath


@dataclass(frozen=True)
class Answers:
    """All figures of one student, in the order of the file."""

    student: str | None
    figures: tuple[Answer, ...]
    root: Node

    def problem(self, answer: Answer, message: str, hint: str = "") -> Problem:
        """Something about one figure, where it stands."""
        return problem_at(self.root, answer.path, message, hint)


def read_answers(
    declared: Path | str | Mapping[str, Any] | Sequence[Any], experiment: Experiment, samples: int
) -> Answers:
    """Reads a file, or the same as data. samples: how many the run is trained on.

    Raises InputError with every problem found.
    """
    written = load(read_source(Path(declared))) if isinstance(declared, Path | str) else from_data(declared)
    if isinstance(written, nodes.Scalar):
        hint = "for example `answers: [{step: 0, prediction: 0.58}]`"
        raise InputError(
            Problem(f"answers are a list of entries, found {nodes.describe(written)}", written.place, hint=hint)
        )
    root = written
    if isinstance(written, nodes.Listing):
        root = nodes.Mapping({"answers": nodes.Entry(written.place, written)}, written.place)
    filled, blanks = _filled(root)
    problems = list(_not_answers(root))
    data = plain(filled)
    try:
        found = AnswerFile.model_validate(data)
        entries: list[Expectation | None] = list(found.answers)
    except ValidationError as error:
        problems += problems_of(error, root, AnswerFile)
        entries = _valid_entries(data)
    for number, entry in enumerate(entries):
        if entry is not None:
            problems += [_problem(root, misfit) for misfit in _misfits(("answers", number), entry, experiment, samples)]
    if problems:
        raise InputError(sorted(dict.fromkeys(problems), key=_position))
    return Answers(found.student, tuple(_figures(found.answers, blanks, experiment)), root)


def _position(problem: Problem) -> tuple[int, int]:
    place = problem.place
    return (0, 0) if place is None else (place.line or 0, place.column or 0)


def _problem(root: Node, misfit: Misfit) -> Problem:
    return (problem_at_key if misfit.at_key else problem_at)(root, misfit.path, misfit.message, misfit.hint)


def _valid_entries(data: object) -> list[Expectation | None]:
    """The entries that are valid by themselves, unknown keys apart; None for those that are not."""
    listed = data.get("answers") if isinstance(data, Mapping) else None
    found: list[Expectation | None] = []
    for entry in listed if isinstance(listed, list) else []:
        known = entry
        if isinstance(entry, Mapping):
            known = {key: each for key, each in entry.items() if key in Expectation.model_fields}
        try:
            valid = Expectation.model_validate(known)
            found.append(valid if known == entry or any(True for _ in valid.declared()) else None)
        except ValidationError:
            found.append(None)
    return found


def _misfits(path: KeyPath, entry: Expectation, experiment: Experiment, samples: int) -> Iterator[Misfit]:
    names, training, dataset = experiment.architecture.names, experiment.training, experiment.dataset
    held_out = dataset.split is not None or dataset.held_out is not None
    if not any(True for _ in entry.declared()):
        yield Misfit(path, "no figure stands here", "for example `prediction: 0.58`, or `out: {h1: 0.8}`")
        return
    found = list(figure_misfits(path, entry, names, training, held_out))
    yield from found
    if not found:
        yield from sample_misfits(path, entry, names, samples, training)


# Figures that are not answered


def _filled(root: Node) -> tuple[Node, frozenset[KeyPath]]:
    """The same with a number in place of every figure that is null, and where these are."""
    blanks: set[KeyPath] = set()

    def filled(node: Node, path: KeyPath) -> Node:
        if isinstance(node, nodes.Mapping):
            entries = {
                key: nodes.Entry(each.key_place, filled(each.value, (*path, key))) for key, each in node.entries.items()
            }
            return nodes.Mapping(entries, node.place)
        if isinstance(node, nodes.Listing):
            return nodes.Listing(tuple(filled(item, (*path, at)) for at, item in enumerate(node.items)), node.place)
        if node.value is None and _is_figure(path):
            blanks.add(path[:-1] if path[-1] == "printed" else path)
            return nodes.Scalar(0, "0", node.place)
        return node

    return filled(root, ()), frozenset(blanks)


def _is_figure(path: KeyPath) -> bool:
    """Whether a figure stands at a path: below `prediction` and `error`, or below a name of another quantity."""
    if len(path) < 3 or path[0] != "answers" or path[2] not in FIGURES:
        return False
    single = path[2] in ("prediction", "error", "reported_error", "accuracy")
    return len(path) > (2 if single else 3)


def _not_answers(root: Node) -> Iterator[Problem]:
    """What would let a figure be right that is not."""

    def look(node: Node, path: KeyPath) -> Iterator[Problem]:
        if isinstance(node, nodes.Mapping):
            for key, entry in node.entries.items():
                at = (*path, key)
                if key in NOT_ANSWERED and (len(at) == 3 or (len(at) > 3 and "printed" in node.entries)):
                    message = f"`{key}` is no part of an answer"
                    yield problem_at_key(root, at, message, "a figure counts to the digits in which it is written")
                yield from look(entry.value, at)
        elif isinstance(node, nodes.Listing):
            for number, item in enumerate(node.items):
                yield from look(item, (*path, number))

    return look(root, ())


def _figures(entries: Sequence[Expectation], blanks: frozenset[KeyPath], experiment: Experiment) -> Iterator[Answer]:
    for number, entry in enumerate(entries):
        for each in addressed(entry, experiment.architecture.names):
            assert isinstance(each, Addressed)  # what does not fit was refused
            path = ("answers", number, *each.path)
            printed = None if path in blanks else each.figure.printed
            yield Answer(each.address, printed, each.figure.rounding or entry.rounding, path)
