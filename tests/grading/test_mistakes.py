"""Mistakes that are planted are named, and what follows from them is right given them. The students are NumPy's."""

from __future__ import annotations

import os
import random
from decimal import Decimal
from functools import cache

import numpy as np
import pytest

from bprunner import Run
from bprunner.grading import Grade, Grades
from tests.grading.students import B, Case, Figures, Student, W, graded, written

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
SEQUENTIAL = Case(order="sequential")
SQUARED = Case(loss="squared_error", activation="tanh")

PLANTED = [
    ("target_minus_prediction", Case(), "target_minus_prediction", "delta.o1"),
    ("added_update", Case(), "added_update", "weight.w5"),
    ("no_derivative 1", Case(), "no_derivative", "delta.o1"),
    ("no_derivative 0", Case(), "no_derivative", "delta.h1"),
    ("no_derivative 0", SQUARED, "no_derivative", "delta.h1"),
    ("no_derivative 0", SEQUENTIAL, "no_derivative", "delta.h2"),
    ("other weights", Case(), "updated_weights", "delta.h1"),
    ("other weights", SQUARED, "updated_weights", "delta.h2"),
    ("other weights", SEQUENTIAL, "old_weights", "delta.h1"),
    ("half of the error", Case(), "missing_half", "error"),
    ("half of the error", SQUARED, "extra_half", "error"),
    ("half of the derivative", Case(), "missing_half", "delta.o1"),
    ("half of the derivative", SQUARED, "extra_half", "delta.o1"),
    ("missing_learning_rate", Case(), "missing_learning_rate", "update.w5"),
    ("forgotten_bias 0", Case(), "forgotten_bias", "net.h1"),
    ("forgotten_bias 1", SQUARED, "forgotten_bias", "net.o1"),
    ("forgotten_activation 0", Case(), "forgotten_activation", "out.h1"),
    ("forgotten_activation 1", SQUARED, "forgotten_activation", "out.o2"),
]
every_mistake = pytest.mark.parametrize(
    ("flag", "case", "kind", "first"),
    PLANTED,
    ids=[f"{flag}, {case.loss}, {case.order}" for flag, case, _, _ in PLANTED],
)


@cache
def run_of(case: Case) -> Run:
    return case.run()


def on_paper(figures: Figures, decimals: int) -> dict[tuple[int, str], Decimal]:
    return {key: written(value, decimals) for key, value in figures.items()}


def kinds(grade: Grade) -> list[str]:
    return [mistake.kind for mistake in grade.mistakes]


def by_name(grades: Grades) -> dict[tuple[int, str], Grade]:
    return {(grade.step, grade.name): grade for grade in grades}


@pytest.mark.parametrize("case", [Case(), SQUARED, SEQUENTIAL, Case("linear")], ids=str)
def test_the_students_compute_what_the_run_does(case: Case) -> None:
    """Without a mistake: so what follows tests mistakes, and nothing else."""
    for (step, name), value in Student(case).figures(3).items():
        assert np.isclose(run_of(case).trace[name][step], value, rtol=1e-12), (step, name)


@every_mistake
@pytest.mark.parametrize("decimals", [5, 8] if FULL else [6])
def test_a_planted_mistake_is_named_where_it_is_made_and_followed_from_there(
    flag: str, case: Case, kind: str, first: str, decimals: int
) -> None:
    grades = graded(case, on_paper(Student(case, frozenset({flag})).figures(2), decimals))
    wrong = grades.of("wrong")
    assert first in [grade.name for grade in wrong]
    assert {grade.name.partition(".")[0] for grade in wrong} == {first.partition(".")[0]} | (
        {"bias"} if first.startswith("weight") else set()
    ), wrong
    for grade in wrong:
        assert kind in kinds(grade), (str(grade), kinds(grade))
    assert all(grade.sources for grade in grades.of("follows"))


@every_mistake
def test_it_is_named_also_where_only_the_last_figures_are_given(flag: str, case: Case, kind: str, first: str) -> None:
    """The new weights, or the prediction and the error: all else was not written down."""
    is_forward = first.partition(".")[0] in ("net", "out", "error")
    wanted = ("prediction", "error") if is_forward else ("weight",)
    all_figures = on_paper(Student(case, frozenset({flag})).figures(2), 6)
    kept = {
        (step, name): number
        for (step, name), number in all_figures.items()
        if name.partition(".")[0] in wanted and step == (0 if is_forward else 1)
    }
    grades = graded(case, kept)
    named = [kind in kinds(grade) for grade in grades.of("wrong")]
    assert named
    assert all(named), [(str(grade), kinds(grade)) for grade in grades.of("wrong")]


@pytest.mark.parametrize(
    ("flag", "kind"),
    [
        ("missing_learning_rate", "missing_learning_rate"),
        ("target_minus_prediction", "target_minus_prediction"),
        ("added_update", "added_update"),
        ("no_derivative 1", "no_derivative"),
        ("half of the derivative", "missing_half"),
    ],
)
def test_a_prediction_after_the_update_tells_of_the_update(flag: str, kind: str) -> None:
    """Of which nothing was written down."""
    figures = on_paper(Student(Case(), frozenset({flag})).figures(2), 7)
    grades = graded(Case(), {key: figures[key] for key in [(1, "prediction.o1"), (1, "error")]})
    assert [kind in kinds(each) for each in grades] == [True, True]


@pytest.mark.parametrize(
    ("flag", "kind"), [("forgotten_bias 0", "forgotten_bias"), ("forgotten_activation 1", "forgotten_activation")]
)
def test_a_mistake_of_the_second_forward_pass_is_one_of_that_alone(flag: str, kind: str) -> None:
    """The weights are the run's: before the update, nothing was forgotten."""
    trace = run_of(Case()).trace
    w = [np.array([[trace[f"weight.{name}"][1] for name in names]]).reshape(2, 2).T for names in W]
    b = [np.array([trace[f"bias.{name}"][1] for name in names]) for names in B]
    figures: Figures = {}
    Student(Case(), frozenset({flag})).forward(figures, 1, w, b)
    grades = graded(Case(), {(1, "prediction.o1"): written(figures[1, "prediction.o1"], 7)})
    assert kind in kinds(next(iter(grades)))


@pytest.mark.parametrize("case", [Case(), SQUARED, SEQUENTIAL, Case("linear")], ids=str)
@pytest.mark.parametrize("decimals", [1, 2, 3, 4, 5] if FULL else [2, 4])
def test_who_rounds_every_number_and_goes_on_with_it_is_never_wrong(case: Case, decimals: int) -> None:
    def keep(values: object) -> object:
        return np.vectorize(lambda value: float(written(float(value), decimals)))(values)

    grades = graded(case, on_paper(Student(case, keep=keep).figures(3), decimals))
    assert [str(grade) for grade in grades.of("wrong")] == []


@every_mistake
@pytest.mark.parametrize("decimals", [3, 4, 5] if FULL else [3])
def test_who_keeps_all_digits_and_writes_few_is_wrong_only_where_the_mistake_is(
    flag: str, case: Case, kind: str, first: str, decimals: int
) -> None:
    """The next figures come from numbers that nobody can see: what the written ones allow is right given them."""
    grades = graded(case, on_paper(Student(case, frozenset({flag})).figures(2), decimals))
    quantities = {first.partition(".")[0]} | ({"bias"} if first.startswith("weight") else set())
    assert {grade.name.partition(".")[0] for grade in grades.of("wrong")} <= quantities, kind


@pytest.mark.parametrize(("digits", "most"), [(2, 0.08), (3, 0.02)])
def test_few_figures_that_are_wrong_by_chance_get_a_name(digits: int, most: float) -> None:
    """What docs/grading.md says of chance."""
    dice = random.Random(digits + 10)
    right = Student(Case()).figures(2)
    named = []
    for _ in range(1500 if FULL else 60):
        key = dice.choice(list(right))
        number = right[key] * dice.choice([dice.uniform(0.3, 0.95), dice.uniform(1.05, 2.5)])
        each = next(iter(graded(Case(), {key: Decimal(f"{number:.{digits - 1}e}")})))
        named.append(bool(each.mistakes))
    assert sum(named) / len(named) <= most
