"""Penalties by fractions and as published, metrics by counting."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.arrays import Array
from bprunner.nn.contraction import product, total, transposed
from bprunner.nn.generators import GENERATORS
from bprunner.nn.losses import objective
from bprunner.nn.metrics import METRICS
from bprunner.nn.network import Weighed, Weights
from bprunner.nn.optimizers import OPTIMIZERS
from bprunner.nn.penalties import FACTORS, PENALTIES, coefficient
from bprunner.nn.schedules import SCHEDULES
from tests.nn.population_law import MANY, assert_alone_as_in_any_population

WEIGHTS = [["0.5", "-1.25", "0"], ["2", "-0.75", "0.25"]]


def one(value: float) -> Array:
    return np.full((1, 1, 1), value)


def cells(*numbers: float) -> Array:
    """Numbers as (1, 1, units)."""
    return np.array(numbers, dtype=np.float64).reshape(1, 1, -1)


@pytest.mark.parametrize("kind", ["l1", "l2"])
def test_a_penalty_by_fractions(kind: str) -> None:
    """c Σ |w| and c · sign(w); c Σ w² and 2 c w: there is no ½ but the declared one."""
    w = [Fraction(text) for row in WEIGHTS for text in row]
    c = Fraction(3, 8)
    value = {"l1": c * sum(abs(each) for each in w), "l2": c * sum(each * each for each in w)}[kind]
    slopes = {"l1": [c * ((each > 0) - (each < 0)) for each in w], "l2": [2 * c * each for each in w]}[kind]
    W = np.array([WEIGHTS], dtype=np.float64)
    found = PENALTIES[kind].value(W, one(0.375))
    assert found.shape == (1, 1, 1)
    assert Fraction(found.item()) == value
    gradient = PENALTIES[kind].gradient(W, one(0.375))
    assert gradient.shape == W.shape
    assert [Fraction(each) for each in gradient.ravel().tolist()] == slopes


def test_a_penalty_over_the_biases_too() -> None:
    """c Σ w² over two matrices, and over the one vector of biases where that is declared."""
    weights = Weights([np.array([WEIGHTS], dtype=np.float64), one(3.0)], [cells(1.0, -2.0, 0.5), None])
    matrices = Weighed(PENALTIES["l2"], one(0.5), "lambda").value(weights, 7).item()
    assert matrices == 0.5 * (0.25 + 1.5625 + 4 + 0.5625 + 0.0625 + 9)
    assert Weighed(PENALTIES["l2"], one(0.5), "lambda", biases=True).value(weights, 7).item() == matrices + 0.5 * 5.25


def test_every_penalty_is_checked_here() -> None:
    assert set(PENALTIES) == {"l1", "l2"}


def test_what_stands_before_the_sum() -> None:
    found = {factor: coefficient(one(6.0), factor, 3).item() for factor in FACTORS}
    assert found == {"lambda": 6.0, "lambda/2": 3.0, "lambda/m": 2.0, "lambda/2m": 1.0}
    assert coefficient(one(0.1), "lambda/2m", 3).item() == 0.1 / 6  # divided once
    with pytest.raises(KeyError):
        coefficient(one(1.0), "lambda/3", 1)


@pytest.mark.parametrize("kind", ["l1", "l2"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 4), (20, 5), (3, 40)])
def test_a_penalty_gives_a_run_the_same_bits_in_any_population(kind: str, shape: tuple[int, int]) -> None:
    generator = np.random.default_rng(0)
    W, c = generator.normal(size=(MANY, *shape)), generator.uniform(size=(MANY, 1, 1))
    assert_alone_as_in_any_population(PENALTIES[kind].value, W, c)
    assert_alone_as_in_any_population(PENALTIES[kind].gradient, W, c)


def test_two_layers_of_cs231n_train_as_published() -> None:
    """Assignment 1: ReLU, softmax, 0.05 Σ w², and 100 batches drawn with the generator that drew the weights.

    It prints a first loss of 1.30378789133 at that penalty; then, at 5e-6, 1.241994 and, last, 0.017149607938732093.
    """
    source = GENERATORS["numpy_legacy"](0)
    W1, W2 = 0.1 * source.normal((4, 10))[np.newaxis], 0.1 * source.normal((10, 3))[np.newaxis]
    b1, b2 = np.zeros((1, 1, 10)), np.zeros((1, 1, 3))
    inputs = 10 * GENERATORS["numpy_legacy"](1).normal((5, 4))[np.newaxis]
    targets = np.eye(3)[[0, 1, 2, 2, 1]][np.newaxis]
    relu, softmax = ACTIVATIONS["relu"], ACTIVATIONS["softmax"]
    aim = objective("cross_entropy", {}, "sum", "mean", "softmax")
    l2, update = PENALTIES["l2"], OPTIMIZERS["gradient_descent"].update

    def error(x: Array, t: Array, strength: float) -> tuple[float, list[Array]]:
        c = coefficient(one(strength), "lambda", 5)
        net1 = product(x, W1) + b1
        out1 = relu.f(net1, {})
        net2 = product(out1, W2) + b2
        out2 = softmax.f(net2, {})
        delta2 = aim.delta(net2, out2, t)
        delta1 = relu.pullback(product(delta2, transposed(W2)), net1, out1, {})
        gradients = [
            product(transposed(x), delta1) + l2.gradient(W1, c),
            total(delta1, axis=1),
            product(transposed(out1), delta2) + l2.gradient(W2, c),
            total(delta2, axis=1),
        ]
        return (aim.value(net2, out2, t) + l2.value(W1, c) + l2.value(W2, c)).item(), gradients

    assert error(inputs, targets, 0.05)[0] == pytest.approx(1.3037878913298202, rel=1e-14)
    errors = []
    rates = SCHEDULES["exponential"].rates(one(0.1), {"factor": one(0.95)})
    for _, rate in zip(range(100), rates, strict=False):
        chosen = source.choose(5, 200)
        value, gradients = error(inputs[:, chosen], targets[:, chosen], 5e-6)
        errors.append(value)
        told = {"learning_rate": rate, "factor": -rate, "count": 1.0}
        W1, b1, W2, b2 = (
            part + update(gradient, part, (), told)[0]
            for part, gradient in zip((W1, b1, W2, b2), gradients, strict=True)
        )
    assert errors[0] == pytest.approx(1.2419938024915662, rel=1e-14)
    assert errors[-1] == pytest.approx(0.017149607938732093, rel=1e-12)


# Metrics

ACCURACY = METRICS["accuracy"]
THRESHOLD = {"threshold": one(0.5)}


def test_every_metric_is_checked_here() -> None:
    assert set(METRICS) == {"accuracy"}


def test_the_largest_of_several_outputs_counts_and_the_first_of_equals() -> None:
    out = np.array([[[0.2, 0.5, 0.3], [0.4, 0.4, 0.2], [0.4, 0.4, 0.2], [-3.0, -2.0, -1.0], [0.1, 0.8, 0.1]]])
    target = np.array([[[0, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]], dtype=np.float64)
    hits = ACCURACY.hits(out, target, {})
    assert hits.shape == (1, 5, 1)
    assert hits.ravel().tolist() == [1.0, 1.0, 0.0, 1.0, 0.0]
    assert ACCURACY.value(out, target, {}).tolist() == [[[0.6]]]


def test_a_single_output_is_on_the_side_of_the_target() -> None:
    out = np.array([0.5, 0.49, 0.9, 0.1]).reshape(1, 4, 1)
    target = np.array([1.0, 1.0, 0.0, 0.0]).reshape(1, 4, 1)
    assert ACCURACY.hits(out, target, THRESHOLD).ravel().tolist() == [1.0, 0.0, 0.0, 1.0]
    assert ACCURACY.value(out, target, THRESHOLD).item() == 0.5
    signs = 2.0 * target - 1.0
    assert ACCURACY.value(out - 0.5, signs, {"threshold": one(0.0)}).item() == 0.5


def test_nan_is_never_right() -> None:
    nan = np.nan
    single = np.array([nan, nan, 0.2]).reshape(1, 3, 1)
    assert ACCURACY.hits(single, np.array([0.0, 1.0, 0.0]).reshape(1, 3, 1), THRESHOLD).ravel().tolist() == [0, 0, 1]
    several = np.array([[[nan, 0.0], [1.0, nan], [1.0, 0.0]]])
    assert ACCURACY.hits(several, np.array([[[1.0, 0.0]] * 3]), {}).ravel().tolist() == [0, 0, 1]


def test_each_run_has_its_own_threshold_and_its_own_share() -> None:
    out = np.array([[[0.3], [0.7]], [[0.3], [0.7]]])
    target = np.array([[[0.0], [0.0]]])
    found = ACCURACY.value(out, target, {"threshold": np.array([0.5, 0.8]).reshape(2, 1, 1)})
    assert found.ravel().tolist() == [0.5, 1.0]


@pytest.mark.parametrize("units", [1, 3])
def test_a_metric_gives_a_run_the_same_bits_in_any_population(units: int) -> None:
    generator = np.random.default_rng(1)
    out, target = generator.normal(size=(2, MANY, 7, units))

    def accuracy(out: Array, target: Array, threshold: Array) -> Array:
        return ACCURACY.value(out, target, {"threshold": threshold})

    assert_alone_as_in_any_population(accuracy, out, target, generator.uniform(size=(MANY, 1, 1)))
