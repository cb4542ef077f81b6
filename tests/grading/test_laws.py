"""Laws of grading, over what is published: the run's own figures are right at any digits, and no others are."""

from __future__ import annotations

import math
import os
import random
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from bprunner import Run
from bprunner.checking.reading import Reader
from bprunner.grading import Grader, Grades
from bprunner.grading.quantities import Formulas, Node
from bprunner.grading.recomputing import Recomputing
from bprunner.nn.rounding import as_decimal
from bprunner.spec.arithmetic import MEMORY, PER_SAMPLE, QUANTITIES
from tests.grading.students import Digits
from tests.laws.test_derivation import run_of as trained
from tests.laws.test_figures import FILES

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
SOME = [
    "doc.yaml",
    "gallery/aifh_nesterov.yaml",
    "gallery/apple_trainxor.yaml",
    "gallery/brownlee.yaml",
    "gallery/deeplearning_adam_inside.yaml",
    "gallery/han_kamber.yaml",
    "gallery/mazur_sequential.yaml",
    "gallery/negnevitsky_xor.yaml",
    "gallery/rashid.yaml",
    "gallery/tsai_lr_0.5_warm.yaml",
]
every_file = pytest.mark.parametrize("file", FILES if FULL else SOME)
MOST = 200 if FULL else 30

run_of = cache(trained)


def numbers(run: Run) -> list[tuple[dict[str, Any], str, float]]:
    """Every finite number of the first steps, with its address, of few samples."""
    reader = Reader(run.experiment, run.trace, run.samples)
    formulas = Formulas(run.experiment, run.samples, run.trace, reader)
    found = []
    for name in run.trace.names:
        quantity = name.partition(".")[0]
        for step in (0, 1) if quantity in (*QUANTITIES, *MEMORY) else ():
            # A batch that is drawn may have a sample twice.
            places = tuple(dict.fromkeys(formulas.places(step)))[:2] if quantity in PER_SAMPLE else (None,)
            for place in places:
                value = formulas.of_run(Node(name, step, place))
                # The mean of many samples may be a number of fewer digits than one can write.
                if math.isfinite(value) and abs(value) < 1e9:
                    found.append(({"step": step} | ({} if place is None else {"sample": place + 1}), name, value))
    chosen = random.Random(run.name).sample(range(len(found)), min(MOST, len(found)))
    return [found[at] for at in sorted(chosen)]


def entry(where: dict[str, Any], name: str, number: Decimal) -> dict[str, Any]:
    quantity, _, part = name.partition(".")
    return {**where, quantity: {part: Digits(number)} if part else Digits(number)}


@cache
def grader(file: str) -> Grader:
    run = run_of(file)
    return Grader(run.experiment, run.samples, run.trace)


def graded(file: str, entries: list[dict[str, Any]]) -> Grades:
    return grader(file).grade(entries)


def written(value: float, decimals: int) -> Decimal:
    return as_decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding="ROUND_HALF_UP")


@every_file
def test_the_figures_of_the_run_are_right_at_any_digits(file: str) -> None:
    run, dice = run_of(file), random.Random(file)
    entries = [entry(where, name, written(value, dice.randint(0, 9))) for where, name, value in numbers(run)]
    grades = graded(file, entries)
    assert [str(each) for each in grades if each.state not in ("right", "right_to_digits")] == []
    assert len(grades) == len(entries)


@every_file
def test_the_figures_of_the_run_in_full_are_entirely_right(file: str) -> None:
    run = run_of(file)
    for in_full in (lambda value: Decimal(repr(value)), as_decimal):
        grades = graded(file, [entry(where, name, in_full(value)) for where, name, value in numbers(run)])
        assert [str(each) for each in grades if each.state != "right"] == []


@every_file
def test_another_last_digit_is_never_right(file: str) -> None:
    """Whether all others are right, or it stands alone. Where the author cuts off, a figure may be rounded as well."""
    run, dice = run_of(file), random.Random(file)
    entries = []
    for where, name, value in numbers(run):
        decimals = dice.randint(2, 8)
        own = run.experiment.arithmetic.of(*name.partition(".")[::2])
        apart = 1 if own is None or own.rounding == "half_up" else 2
        off = Decimal(dice.choice([-apart, apart])).scaleb(-decimals)
        entries.append(entry(where, name, written(value, decimals) + off))
    alone = [each for one in entries[:8] for each in graded(file, [one])]
    together = list(graded(file, entries))
    assert [str(each) for each in (*alone, *together) if each.state in ("right", "right_to_digits")] == []
    assert [str(each) for each in alone if each.state != "wrong"] == []


@every_file
def test_what_is_said_to_be_right_is_within_the_digits(file: str) -> None:
    """By Decimal alone: half a unit of the last digit, or a whole one where the author cuts off."""
    run, dice = run_of(file), random.Random(file)
    entries = []
    for where, name, value in numbers(run):
        decimals = dice.randint(0, 4)
        off = Decimal(dice.uniform(-1.2, 1.2)).scaleb(-decimals)
        entries.append(entry(where, name, written(value + float(off), decimals)))
    for each in graded(file, entries):
        assert each.printed is not None
        own = run.experiment.arithmetic.of(*each.name.partition(".")[::2])
        units = Decimal("0.5") if own is None or own.rounding == "half_up" else Decimal(1)
        apart = abs(each.printed.number - as_decimal(each.value)) / Decimal(1).scaleb(-each.printed.decimals)
        if each.state in ("right", "right_to_digits"):
            assert apart <= units, str(each)
        elif each.state == "wrong":
            assert apart >= Decimal("0.5"), str(each)


@every_file
def test_the_formulas_give_what_the_run_has(file: str) -> None:
    """So what is recomputed from a student's figures is right by the same formulas."""
    run = run_of(file)
    formulas = Formulas(run.experiment, run.samples, run.trace, Reader(run.experiment, run.trace, run.samples))
    made = 0
    for where, name, value in numbers(run):
        node = Node(name, where["step"], where["sample"] - 1 if "sample" in where else None)
        formula = formulas.formula(node)
        if formula is not None:
            made += 1
            found = Recomputing(formulas, {}).value(formula)
            if math.isnan(found):
                # No update follows the last step, through whose weights δ would come.
                assert (run.experiment.training.update_order, node.step, node.quantity) == ("sequential", 1, "delta")
                continue
            assert math.isclose(found, value, rel_tol=1e-9, abs_tol=1e-12), (name, found, value)
    assert made or not formulas.has_any
