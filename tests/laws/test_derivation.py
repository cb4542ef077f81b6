"""The law of the derivation: every line equals the one before, and the last one is the gradient of the trace."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy

import bprunner
from bprunner import Run
from bprunner.derivation.chain import Chain, Derivation, Line
from bprunner.derivation.evaluating import composed, evaluate
from bprunner.derivation.formulas import LOSSES
from bprunner.derivation.numbers import StepNumbers, is_written_out, representatives, step_numbers
from bprunner.derivation.updating import update_equations
from bprunner.spec.experiment import Tracing
from bprunner.spec.reading import read_declaration
from tests.conftest import ROOT
from tests.laws.test_figures import FILES

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
AGREES = 1e-9
NEAR_ONE = 9.0
"""Where a prediction is near 1, 1 − prediction has lost five digits, and the shares of samples cancel besides."""
every_file = pytest.mark.parametrize("file", FILES)


def run_of(file: str) -> Run:
    """A few updates of an experiment, everything recorded."""
    experiment = read_declaration(ROOT / "configs" / file).experiment
    training = experiment.training.model_copy(update={"epochs": None, "updates": 3 if FULL else 1, "stop": None})
    changed = {"training": training, "expect": (), "trace": Tracing(), "horizon": None}
    return bprunner.run(experiment.model_copy(update=changed))


def of_step(run: Run, step: int = 0) -> StepNumbers:
    return step_numbers(run.experiment, run.samples, run.trace, step)


def is_near(one: float, other: float, scale: float = 0.0) -> bool:
    return math.isclose(one, other, rel_tol=AGREES, abs_tol=1e-12 * (1.0 + scale)) or (
        math.isnan(one) and math.isnan(other)
    )


def steps_apart(derivation: Derivation, numbers: StepNumbers) -> list[str]:
    """The lines that do not equal the line before."""
    values = [numbers.value(line.right, exact=True) for line in derivation.lines]
    return [
        f"{derivation.left}: {line.reason}: {before} ≠ {after}"
        for line, before, after in zip(derivation.lines[1:], values, values[1:], strict=False)
        if not is_near(before, after, NEAR_ONE)
    ]


def chosen(run: Run) -> tuple[str, ...]:
    names = run.experiment.architecture.names
    if FULL and is_written_out(run.experiment):
        return (*names.weights, *names.biases)
    return (*representatives(run.experiment), *list(names.biases)[:1])


def is_rounded(run: Run) -> bool:
    return any(quantity not in ("weight", "bias", "update") for quantity, _, _ in run.experiment.arithmetic.declared())


@every_file
def test_every_line_equals_the_one_before_and_the_last_is_the_gradient(file: str) -> None:
    """In exact arithmetic. Where the author rounds on the way, the lines are compared with what the weights give
    exactly, and the last one, of the trace's own rounded quantities, with the gradient before that one is rounded."""
    run = run_of(file)
    for step in range(3 if FULL else 1):
        numbers = of_step(run, step)
        chain = Chain(numbers.network)
        for name in chosen(run):
            derivation = chain.gradient(name)
            assert steps_apart(derivation, numbers) == []
            own = run.experiment.arithmetic.of("gradient", name)
            off = 0.0 if own is None or not own.carried else 10.0**-own.decimals
            traced = float(run.trace[f"gradient.{name}"][step])
            found = numbers.value(derivation.closed)
            assert is_near(found, traced) or abs(found - traced) <= off, (name, found, traced)
            if not is_rounded(run):
                assert is_near(numbers.value(derivation.closed, exact=True), traced), name


def derivative_of_the_composed_error(numbers: StepNumbers, name: str, inputs: Any, targets: Any) -> float:
    """By SymPy alone: the error as one formula, differentiated."""
    n = numbers.network
    error = composed(n, len(numbers.samples))
    values = {symbol: value for symbol, value in numbers.exact.items() if not np.ndim(value)}
    for sample, place in enumerate(numbers.samples):
        for unit, each in enumerate(n.names.inputs):
            values[sympy.Symbol(f"input.{each}[{sample + 1}]", real=True)] = inputs[place, unit]
        for unit, each in enumerate(n.names.outputs):
            values[sympy.Symbol(f"target.{each}[{sample + 1}]", real=True)] = targets[place, unit]
    return evaluate(error.diff(n.symbols.parameter(name)), values)


SMALL = [
    "doc.yaml",
    "gallery/mazur.yaml",
    "gallery/han_kamber.yaml",
    "gallery/negnevitsky_xor.yaml",
    "gallery/hmkcode.yaml",
]


@pytest.mark.parametrize("file", SMALL)
def test_the_composed_error_has_the_same_derivative(file: str) -> None:
    run = run_of(file)
    numbers = of_step(run)
    chain = Chain(numbers.network)
    for name in chosen(run):
        expected = derivative_of_the_composed_error(numbers, name, run.samples.inputs, run.samples.targets)
        assert is_near(numbers.value(chain.gradient(name).closed, exact=True), expected), name


def test_with_sequential_updates_delta_is_no_derivative_of_the_error() -> None:
    """It sees weights that are updated already, and its derivation says so."""
    run = run_of("gallery/rgu.yaml")
    numbers = of_step(run)
    derivation = Chain(numbers.network).gradient("w3")
    expected = derivative_of_the_composed_error(numbers, "w3", run.samples.inputs, run.samples.targets)
    assert not is_near(numbers.value(derivation.closed, exact=True), expected)
    assert derivation.lines[0].reason == "differentiated, through weights that are updated already"


# Planted faults


def test_a_wrong_sign_is_caught() -> None:
    run = bprunner.run(Path(ROOT / "configs" / "doc.yaml"))
    numbers = of_step(run)
    derivation = Chain(numbers.network).gradient("w1")
    assert steps_apart(derivation, numbers) == []
    last = derivation.lines[-1]
    wrong = replace(derivation, lines=(*derivation.lines[:-1], Line(-last.right, last.reason)))
    assert len(steps_apart(wrong, numbers)) == 1


def test_a_missing_half_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = of_step(bprunner.run(Path(ROOT / "configs" / "doc.yaml")))
    half = LOSSES["half_squared_error"]
    monkeypatch.setitem(LOSSES, "half_squared_error", replace(half, term=LOSSES["squared_error"].term))
    assert len(steps_apart(Chain(numbers.network).gradient("w6"), numbers)) >= 1


# Updates


@every_file
def test_the_optimizers_formulas_give_the_update_of_the_trace(file: str) -> None:
    run = run_of(file)
    for step in range(3 if FULL else 1):
        numbers = of_step(run, step)
        for name in chosen(run):
            assert update_apart(numbers, run, name, step) == [], (name, step)


def update_apart(numbers: StepNumbers, run: Run, name: str, step: int) -> list[str]:
    """What the formulas give that is not what the trace has, to the digits that the author keeps."""
    values = dict(numbers.traced)
    apart = []
    for equation in update_equations(numbers.network, name):
        found = evaluate(equation.right, values)
        quantity = str(equation.left.name).split(".")[0]
        column = f"{quantity.removeprefix('new_')}.{name}"
        traced = float(run.trace[column][step + quantity.startswith("new_")])
        own = run.experiment.arithmetic.of(column.split(".")[0], name)
        off = 0.0 if own is None else 10.0**-own.decimals
        if not is_near(found, traced) and abs(found - traced) > off:
            apart.append(f"{equation.left}: {found} ≠ {traced}")
        values[equation.left] = traced
    return apart


def test_an_update_with_a_wrong_sign_is_caught() -> None:
    run = run_of("doc.yaml")
    numbers = of_step(run)
    wrong = {symbol: -value if str(symbol) == "rate.w6" else value for symbol, value in numbers.traced.items()}
    assert update_apart(numbers, run, "w6", 0) == []
    assert len(update_apart(replace(numbers, traced=wrong), run, "w6", 0)) == 1
