"""Derivations over the whole vocabulary: lines that follow from each other, and end in the gradient that was trained
with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import bprunner
from bprunner.derivation.chain import Chain
from bprunner.derivation.formulas import ACTIVATIONS, LOSSES
from bprunner.errors import InputError
from bprunner.nn import activations, losses
from bprunner.spec.reading import read_declaration
from tests.laws.test_derivation import is_near, of_step, steps_apart, update_apart
from tests.spec.examples import experiments
from tests.training.declarations import xor

NUMBERS: dict[str, Any] = {
    "step": {"step": {"derivative": 0.7}},
    "gaussian": {"gaussian": {"width": 0.9}},
    "sigmoid": {"sigmoid": {"slope": 1.5}},
    "tanh": {"tanh": {"slope": 0.6, "height": 1.7}},
}
SHARED = {"shared": {"trained": True}}


def declared(hidden: Any = "tanh", output: Any = "sigmoid", bias: Any = "trained", **training: Any) -> dict[str, Any]:
    """2 inputs, 3 and 2 hidden neurons, 2 outputs, 3 samples."""
    net = {"net": "squared_distance"} if hidden == NUMBERS["gaussian"] else {}
    layers = [
        {"units": 3, "activation": hidden, "bias": bias, **net},
        {"units": 2, "activation": hidden, "bias": bias, **net},
        {"units": 2, "activation": output, "bias": bias},
    ]
    return {
        **xor(**{"epochs": 3, "loss": "half_squared_error", "learning_rate": 0.1, **training}),
        "architecture": {"inputs": 2, "layers": layers},
        "initial_weights": {"uniform": {"low": -1, "high": 1}, "seed": 5}
        | ({} if bias == "none" else {"biases": {"uniform": {"low": -1, "high": 1}}}),
        "dataset": {"inputs": [[0.5, -1], [2, 0.3], [-0.7, 0.9]], "targets": [[1, 0], [0.2, 0.8], [0.5, 0.5]]},
    }


def assert_explained(data: dict[str, Any], steps: int = 1) -> None:
    run = bprunner.run(data)
    names = run.experiment.architecture.names
    for step in range(steps):
        numbers = of_step(run, step)
        chain = Chain(numbers.network)
        for name in (*names.weights, *names.biases):
            derivation = chain.gradient(name)
            assert steps_apart(derivation, numbers) == []
            assert is_near(numbers.value(derivation.closed, exact=True), float(run.trace[f"gradient.{name}"][step]))
            assert update_apart(numbers, run, name, step) == []
        for layer, neurons in enumerate(names.layers):
            for unit, neuron in enumerate(neurons):
                delta = chain.delta(layer, unit)
                assert steps_apart(delta, numbers) == []
                traced = np.atleast_1d(run.trace[f"delta.{neuron}"][step])
                for sample, value in enumerate(traced[: len(numbers.samples)]):
                    assert is_near(numbers.value(delta.closed, sample, exact=True), float(value))


def test_every_activation_and_loss_has_its_formula() -> None:
    assert {*ACTIVATIONS, "softmax"} == set(activations.ACTIVATIONS)
    assert set(LOSSES) == set(losses.LOSSES)


@pytest.mark.parametrize("kind", sorted(activations.ACTIVATIONS))
def test_every_activation(kind: str) -> None:
    assert_explained(declared(NUMBERS.get(kind, kind), "linear"))


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
@pytest.mark.parametrize("loss", sorted(losses.LOSSES))
def test_every_loss(loss: str, output: str) -> None:
    means = {"outputs": "mean", "samples": "mean"}
    own = {"free": means, "samples": {"samples": "mean"}, "mean": None}[losses.LOSSES[loss].reductions]
    data = declared("tanh", output, loss={loss: own})
    if loss == "hinge":
        data["dataset"]["targets"] = [[1, -1], [-1, 1], [1, 1]]
        data["training"]["loss"] = {"hinge": {"samples": "mean"}}
    if loss == "cross_entropy" and output == "sigmoid":
        data["training"]["loss"] = "cross_entropy"
        data["architecture"]["layers"][-1]["activation"] = "softmax"
    assert_explained(data)


@pytest.mark.parametrize("bias", ["none", "trained", "frozen", "threshold", SHARED], ids=str)
def test_every_bias_with_both_penalties(bias: Any) -> None:
    term = {"strength": 0.3, "factor": "lambda/2m", "biases": bias != "none"}
    assert_explained(declared(bias=bias, penalty={"l1": {**term, "factor": "lambda/m"}, "l2": term}))


@pytest.mark.parametrize(
    "batches", ["online", {"minibatches": {"size": 2}}, {"sampled": {"size": 2, "seed": 3}}], ids=str
)
def test_every_kind_of_batch(batches: Any) -> None:
    assert_explained(declared(batches=batches, loss="mean_squared_error", epochs=2), 2)


@pytest.mark.parametrize("batches", ["online", "full"])
def test_sequential_updates(batches: str) -> None:
    assert_explained(declared(update_order="sequential", batches=batches), 2)


@pytest.mark.parametrize(
    "optimizer",
    [
        *({"momentum": {"momentum": 0.8, "form": form}} for form in ("classical", "averaged", "accumulated")),
        {"momentum": {"momentum": 0.8, "form": "last_gradient"}},
        {"nesterov": {"momentum": 0.8}},
        {"nesterov": {"momentum": 0.8, "form": "accumulated"}},
        "adagrad",
        {"rmsprop": {"epsilon": 0.1}},
        {"rmsprop": {"epsilon": 0.1, "epsilon_place": "inside"}},
        *({"adam": {"epsilon": 0.1, "epsilon_place": place}} for place in ("outside", "inside", "uncorrected")),
        {"adam": {"bias_correction": False}},
        {"adam": {"counts": "after"}},
        {"adamw": {"weight_decay": 0.2}},
    ],
    ids=str,
)
def test_every_optimizer_with_a_schedule_and_rates_of_its_own(optimizer: Any) -> None:
    more: dict[str, Any] = {"optimizer_state": {"count": 3}} if "after" in str(optimizer) else {}
    data = declared(
        optimizer=optimizer, schedule={"exponential": {"factor": 0.5}}, rate_factors={"w1": 2, "biases": 0.5}, **more
    )
    assert_explained({**data, "training": {**data["training"], "frozen": ["w2"]}}, 3)


# What cannot be explained


def test_weights_that_are_not_recorded_are_missed() -> None:
    run = bprunner.run({**xor(epochs=1), "trace": {"quantities": ["prediction"]}})
    with pytest.raises(InputError, match=r"does not have weight\.w1(.|\n)*record them"):
        of_step(run)


def test_a_step_that_is_not_there_is_told_of() -> None:
    run = bprunner.run(xor(epochs=1))
    with pytest.raises(InputError, match=r"step 7 is not in the trace(.|\n)*steps 0 to 1"):
        of_step(run, 7)


# Random experiments


def moderate(value: Any, key: str = "") -> Any:
    """Plain data with no number beyond 3, seeds apart."""
    if isinstance(value, dict):
        return {name: moderate(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [moderate(part) for part in value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and key not in ("seed", "samples")
    return max(-3, min(3, value)) if is_number else value


def moderated(data: dict[str, Any]) -> dict[str, Any]:
    """An experiment of moderate numbers, in exact arithmetic, without what is expected of another one."""
    dataset = {**data["dataset"], **{key: moderate(data["dataset"][key]) for key in _SIDES & {*data["dataset"]}}}
    kept = {key: moderate(data[key]) for key in ("architecture", "initial_weights")}
    return {**data, **kept, "dataset": dataset, "arithmetic": "exact", "expect": [], "trace": {}}


_SIDES = {"inputs", "targets"}


@settings(max_examples=settings().max_examples // 2)
@given(experiments())
def test_random_experiments_are_explained(data: dict[str, Any]) -> None:
    """The first gradients, wherever nothing overflows."""
    with np.errstate(all="ignore"):
        run = bprunner.run(read_declaration(moderated(data)).experiment)
    names = run.experiment.architecture.names
    if not all(np.all(np.abs(run.trace[f"net.{name}"][0]) < 30) for name in names.neurons):
        return  # beyond, a difference such as 1 − out has no digits left
    if run.experiment.training.update_order == "sequential" and run.updates == 0:
        with pytest.raises(InputError, match="has no update"):
            of_step(run)
        return
    numbers = of_step(run)
    chain = Chain(numbers.network)
    for name in [*list(names.weights)[:3], *list(names.biases)[-1:]]:
        traced = float(run.trace[f"gradient.{name}"][0])
        if np.isfinite(traced):
            assert numbers.value(chain.gradient(name).closed) == pytest.approx(traced, rel=1e-9, abs=1e-9)
