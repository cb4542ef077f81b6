"""What a step of one traced run costs, against a bare NumPy loop of the same formulas that keeps nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.measuring import Bar, Result, measure
from benchmarks.startup import ROOT
from bprunner.data.loading import load_samples
from bprunner.nn.arrays import Array
from bprunner.spec.reading import read_declaration
from bprunner.training.execution import execute
from bprunner.training.population import Population, populate

STEPS = 20_000
LEARNING_RATE = 0.05
BAR = Bar("a step of a solo run, every quantity traced", "a step of a bare NumPy loop that keeps nothing", 3.0)
BARS = (BAR,)


def run_all(repetitions: int, steps: int = STEPS) -> Iterator[Result]:
    """The one result: seconds per step."""
    population = document(steps)
    check_same(steps=20)
    yield measure(BAR, lambda: traced(population), lambda: bare_seconds(steps), repetitions)


def document(steps: int) -> Population:
    """The document's network in exact arithmetic, trained on for so many steps."""
    changes = [f"training.epochs={steps}", f"training.learning_rate={LEARNING_RATE}", "expect=[]"]
    declaration = read_declaration(ROOT / "configs" / "doc_exact.yaml", changes)
    return populate([declaration.experiment], load_samples(declaration))


def traced(population: Population) -> float:
    """Seconds per step of a run whose trace holds everything."""
    begun = time.perf_counter()
    execution = execute(population, {})
    elapsed = time.perf_counter() - begun
    if execution.status != "finished":
        raise RuntimeError(f"the run {execution.status}, so it cannot be compared")
    return elapsed / population.most_updates


def bare_seconds(steps: int) -> float:
    """Seconds per step of the bare loop."""
    begun = time.perf_counter()
    bare(steps)
    return (time.perf_counter() - begun) / steps


def bare(steps: int) -> tuple[Array, Array, float]:
    """The same formulas as a script would have them: the weights after so many steps, and the error before the last."""
    x, target = np.array([[2.0, 3.0]]), np.array([[1.0]])
    W1, W2 = np.array([[0.1, 0.3], [0.2, 0.4]]), np.array([[0.21], [0.23]])
    error = 0.0
    for _ in range(steps):
        h = x @ W1
        prediction = h @ W2
        delta2 = prediction - target
        error = 0.5 * (delta2 * delta2).sum()
        delta1 = delta2 @ W2.T
        W1, W2 = W1 - LEARNING_RATE * (x.T @ delta1), W2 - LEARNING_RATE * (h.T @ delta2)
    return W1, W2, float(error)


def check_same(steps: int) -> None:
    """Both sides compute the same, or there is nothing to compare. Raises where they do not."""
    trace = execute(document(steps), {}).trace
    W1, W2, error = bare(steps)
    np.testing.assert_allclose(trace["weight"][-1], [*W1.T.ravel(), *W2.ravel()], rtol=1e-12)
    np.testing.assert_allclose(trace["error"][-2], error, rtol=1e-9)
