"""Judging: a student's figures, one after the other as they are computed, each held against the run.

A figure is right when it is the run's number, entirely or at the digits given. Where it is not, it may be what the
student's own earlier figures give, each of which stands for every number that is written so; of those that are right,
one that is right entirely stands for itself alone, and one that is right to its digits for what lies between it and the
run's number. What is still not explained is wrong, and the usual mistakes are tried.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bprunner.checking.reading import Reader
from bprunner.data.samples import Samples
from bprunner.errors import InputError, Problem
from bprunner.grading.answers import Answer, Answers, read_answers
from bprunner.grading.digits import Ways, agrees, at_digits, covers, is_entirely, may_cover, standing_for
from bprunner.grading.explaining import Explainer, Wrong
from bprunner.grading.grades import Grade, Grades, Source, State
from bprunner.grading.quantities import Formula, Formulas, Node
from bprunner.grading.recomputing import Range, Recomputing
from bprunner.spec.addressing import Address
from bprunner.spec.arithmetic import MEMORY, PER_SAMPLE, QUANTITIES
from bprunner.spec.experiment import Experiment
from bprunner.spec.expressions import Expression, parse
from bprunner.spec.figure_misfits import known_names
from bprunner.spec.printed import Printed
from bprunner.training.trace import Trace

WIDEST = 0.5
"""A range counts while it reaches this share of its number to either side: so a wrong sign and a factor of two can
always be told from rounding."""
_FORWARD = ("net", "out", "prediction")
_BACKWARD = ("delta", "gradient", *MEMORY, "update", "weight", "bias")
_WITH_NODES = frozenset({*QUANTITIES, *MEMORY, "reported_error"})


def grade(
    experiment: Experiment,
    samples: Samples,
    trace: Trace,
    answers: Answers | Path | str | Mapping[str, Any] | Sequence[Any],
) -> Grades:
    """Holds a student's figures against the run of an experiment.

    answers: what `read_answers` gives, or a file, or the same as data. Raises InputError, with every problem found, for
    answers that do not fit the experiment, and for figures of which the run has no number.
    """
    return Grader(experiment, samples, trace).grade(answers)


class Grader:
    """Grades one student after the other against one run, whose formulas are made once."""

    def __init__(self, experiment: Experiment, samples: Samples, trace: Trace) -> None:
        self._experiment, self._samples = experiment, samples
        self._reader = Reader(experiment, trace, samples)
        self._formulas = Formulas(experiment, samples, trace, self._reader)

    def grade(self, answers: Answers | Path | str | Mapping[str, Any] | Sequence[Any]) -> Grades:
        """As `grade` of this module."""
        if not isinstance(answers, Answers):
            answers = read_answers(answers, self._experiment, len(self._samples))
        return _Judge(self._experiment, self._reader, self._formulas, answers).grades()


@dataclass(frozen=True)
class _Asked:
    """One figure on its way: where it stands, which number of the run it is of, and that number. `node` is None for
    what has no formula of its own, such as an expression, whose parts may have."""

    answer: Answer
    where: Address
    node: Node | None
    expression: Expression | None
    step: int
    value: float
    missing: str
    ways: Ways

    @property
    def printed(self) -> Printed:
        assert self.answer.printed is not None  # what is not answered is not judged
        return self.answer.printed


class _Judge:
    """Judges the figures of one student."""

    def __init__(self, experiment: Experiment, reader: Reader, formulas: Formulas, answers: Answers) -> None:
        self._experiment, self._reader, self._formulas, self._answers = experiment, reader, formulas, answers
        self._known = known_names(experiment.architecture.names)
        self._asked = [self._ask(answer) for answer in answers.figures]
        self._refuse()
        written = {
            asked.node: asked.printed
            for asked in self._asked
            if asked.node is not None and asked.answer.printed is not None
        }
        self._ranges: dict[Node, tuple[float, float]] = {}
        self._states: dict[Node, tuple[Address, State]] = {}
        self._own = Recomputing(self._formulas, {node: float(each.number) for node, each in written.items()})
        self._right: dict[Node, float] = {}
        self._off = set[Node]()
        self._explainer = Explainer(self._formulas, self._own, self._ranges, written, self._right)

    def grades(self) -> Grades:
        """Every figure is judged after those that it is made of."""
        order = sorted(range(len(self._asked)), key=lambda at: (self._rank(self._asked[at]), at))
        found = {at: self._grade(self._asked[at]) for at in order}
        in_file_order = tuple(found[at] for at in range(len(self._asked)))
        return Grades(self._answers.student, in_file_order, self._formulas.has_any)

    # What is asked

    def _ask(self, answer: Answer) -> _Asked:
        name = self._reader.full_name(answer.address.name)
        where = replace(answer.address, name=name)
        read = self._reader.read(where)
        is_named = name in self._known
        node = self._node(name, where, read.step) if is_named else None
        expression = None if is_named else parse(name)
        ways = (answer.rounding,) if answer.rounding is not None else self._ways(answer, name)
        return _Asked(answer, where, node, expression, read.step, read.value, read.missing, ways)

    def _ways(self, answer: Answer, name: str) -> Ways:
        """A student rounds, or cuts off where the author does."""
        quantity, _, part = name.removeprefix("held_out.").partition(".")
        declared = None if "values" in answer.path[:3] else self._experiment.arithmetic.of(quantity, part)
        return ("half_up",) if declared is None or declared.rounding == "half_up" else ("truncated", "half_up")

    def _node(self, name: str, where: Address, step: int) -> Node | None:
        """The number of the run that a name means at an address; None for what is never recomputed."""
        quantity = name.partition(".")[0]
        if quantity not in _WITH_NODES:
            return None
        if quantity in PER_SAMPLE:
            places = self._formulas.places(step) if where.sample is None else (where.sample - 1,)
            return Node(name, step, places[0]) if places else None
        of_all = where.epoch is not None and not self._experiment.training.full_batch
        if quantity in ("error", "reported_error") and (of_all or where.counted == "before"):
            return None
        return Node(name, step)

    def _refuse(self) -> None:
        """Figures that the run has no number for, and those that are answered twice, and not alike."""
        problems: list[Problem] = []
        seen: dict[Node | Address, _Asked] = {}
        for asked in self._asked:
            if not math.isfinite(asked.value):
                message = f"the run has no number to hold against: {asked.missing}"
                problems.append(self._answers.problem(asked.answer, message))
            elif asked.answer.printed is not None:
                before = seen.setdefault(asked.node or asked.where, asked)
                if before.printed != asked.printed:
                    message = f"{asked.where} is answered twice: {before.printed} before, and {asked.printed} here"
                    problems.append(self._answers.problem(asked.answer, message, "leave one of them"))
        if problems:
            raise InputError(problems)

    def _rank(self, asked: _Asked) -> tuple[int, int, int, int]:
        """In which order a run computes its numbers; expressions come last."""
        node = asked.node
        if node is None:
            return 1, 0, 0, 0
        if node.quantity in _FORWARD:
            return 0, 3 * node.step, self._formulas.layer_of(node), _FORWARD.index(node.quantity)
        if node.quantity in ("error", "reported_error"):
            return 0, 3 * node.step + 1, 0, 0
        return 0, 3 * node.origin + 2, -self._formulas.layer_of(node), _BACKWARD.index(node.quantity)

    # One figure

    def _grade(self, asked: _Asked) -> Grade:
        where, step, value, path = asked.where, asked.step, asked.value, asked.answer.path
        if asked.answer.printed is None:
            return Grade(where, step, None, value, "", "blank", path=path)
        shown = format(at_digits(asked.printed, value, asked.ways[0]), "f")
        graded = self._judged(asked, Grade(where, step, asked.printed, value, shown, "wrong", path=path))
        if asked.node is not None:
            self._states[asked.node] = (where, graded.state)
            self._ranges[asked.node] = self._range(asked, graded.state)
            if graded.state in ("right", "right_to_digits"):
                self._right[asked.node] = value
        return graded

    def _judged(self, asked: _Asked, found: Grade) -> Grade:
        if is_entirely(asked.printed, asked.value):
            return replace(found, state="right")
        if agrees(asked.printed, asked.value, asked.ways):
            return replace(found, state="right_to_digits")
        formula = self._formula(asked)
        own = None if formula is None else self._from_own(formula, asked)
        if formula is not None and own is not None:
            found = replace(found, own=own.value)
            sources = self._sources(formula, own.value)
            if sources and covers(own, asked.printed, asked.ways, WIDEST):
                return replace(found, state="follows", sources=sources)
        wrong = Wrong(asked.printed, asked.ways, asked.value, asked.node, formula, own)
        return replace(found, mistakes=tuple(self._explainer.mistakes(wrong)))

    def _formula(self, asked: _Asked) -> Formula | None:
        """How a figure is made: by the formula of its quantity, or as the expression that it is one of."""
        if asked.node is not None:
            return self._formulas.formula(asked.node)
        if asked.expression is None or not self._formulas.has_any:
            return None
        return self._of_expression(asked.expression, asked)

    def _of_expression(self, expression: Expression, asked: _Asked) -> Formula:
        nodes: dict[str, Node] = {}
        constants: dict[str, float] = {}
        for name in expression.names:
            full = self._reader.full_name(name)
            node = self._node(full, asked.where, asked.step)
            if node is None:
                constants[name] = self._reader.read(replace(asked.where, name=full)).value
            else:
                nodes[name] = node

        def compute(numbers: Mapping[Node, float]) -> float:
            return expression.evaluate({**constants, **{name: numbers[node] for name, node in nodes.items()}})

        return Formula(tuple(dict.fromkeys(nodes.values())), compute, compute)

    def _from_own(self, formula: Formula, asked: _Asked) -> Range | None:
        """What the student's own earlier figures give; None where none comes in, or where they give no number."""
        if not self._own.follows(formula):
            return None
        value = self._own.value(formula)
        if not math.isfinite(value):
            return None
        is_near = may_cover(value, asked.printed, WIDEST)
        return self._own.ranged(formula, self._ranges) if is_near else Range(value, value, value)

    def _sources(self, formula: Formula, value: float) -> tuple[Source, ...]:
        """The student's nearest figures that make the difference: those not right, or else the rounded ones."""
        nearest = [node for node in self._own.sources(formula) if node in self._states]
        off = [node for node in nearest if self._states[node][1] in ("follows", "wrong")]
        off = [node for node in off if self._own.with_one(node, self._formulas.of_run(node)).value(formula) != value]
        rounded = [node for node in nearest if self._states[node][1] == "right_to_digits"]
        return tuple(Source(*self._states[node]) for node in off or rounded)

    def _range(self, asked: _Asked, state: State) -> tuple[float, float]:
        """What a student may have gone on with, who wrote this figure."""
        written = float(asked.printed.number)
        if state == "right":
            return written, written
        if state == "right_to_digits" and not self._comes_from_wrong(asked):
            return min(written, asked.value), max(written, asked.value)
        assert asked.node is not None  # only what others are made of has a range
        self._off.add(asked.node)
        return standing_for(asked.printed, asked.ways)

    def _comes_from_wrong(self, asked: _Asked) -> bool:
        """Whether it is right by its few digits alone: then the number behind it is not the run's."""
        formula = self._formula(asked)
        return formula is not None and not self._off.isdisjoint(self._own.sources(formula))
