"""The forward pass and whole layers, held against the trace."""

from __future__ import annotations

import subprocess
import sys

import bprunner
from bprunner.derivation.equations import error_equation, forward_equations, gradient_matrix
from bprunner.derivation.numbers import forward_again, step_numbers
from tests.derivation.test_vocabulary import declared
from tests.laws.test_derivation import is_near, of_step
from tests.training.declarations import xor


def test_every_forward_equation_holds_for_every_sample() -> None:
    numbers = of_step(bprunner.run(declared("tanh", "softmax")))
    equations = forward_equations(numbers.network)
    assert len(equations) == 2 * (3 + 2 + 2)
    for equation in (*equations, error_equation(numbers.network)):
        for sample in range(3):
            assert is_near(numbers.value(equation.left, sample), numbers.value(equation.right, sample)), equation


def test_a_layers_gradients_as_a_matrix() -> None:
    """Rows are senders, columns receivers, whatever the numbering."""
    run = bprunner.run(declared())
    numbers = of_step(run)
    matrix = gradient_matrix(numbers.network, 1)
    assert matrix.shape == (3, 2)
    for name, place in run.experiment.architecture.names.weights.items():
        if place.layer == 1:
            found = numbers.value(matrix[place.sender, place.receiver])
            assert is_near(found, float(run.trace[f"gradient.{name}"][0]))


def test_who_does_not_explain_does_not_import_sympy() -> None:
    code = "import sys, bprunner.derivation, bprunner.runs.run, bprunner.cli.main; sys.exit('sympy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_where_only_epochs_are_recorded_there_is_no_next_step() -> None:
    """What stands in the next row came after more updates than one."""
    data = xor(epochs=2)
    data["training"]["batches"] = "online"
    data["trace"] = {"steps": "epochs"}
    run = bprunner.run(data)
    assert run.trace.steps.tolist() == [0, 4, 8]
    numbers = step_numbers(run.experiment, run.samples, run.trace, 0)
    assert numbers.network.symbols.parameter("w1", new=True) not in numbers.exact
    assert forward_again(numbers, run.samples, run.trace) is None
