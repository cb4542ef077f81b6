"""The largest stable rate: of errors whose curvature is known, and where training itself begins to grow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bprunner.data.loading import load_samples
from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.arrays import Array
from bprunner.nn.curvature import Curvature
from bprunner.nn.network import backward, forward
from bprunner.spec.reading import read_declaration
from bprunner.spec.training import FullBatch, GradientDescent, OptimizerState
from bprunner.sweeps import stability
from bprunner.sweeps.stability import hessians, is_plain, largest_eigenvalues, largest_stable_rate
from bprunner.training.chunks import in_fast_order
from bprunner.training.loop import train
from bprunner.training.population import Population, populate
from tests.laws.networks import Network, PopulationCase, networks, populations, random_network
from tests.sweeps.small import bowl, rates
from tests.training.declarations import doc, population_of, xor


def regression(seed: int = 0, **training: Any) -> tuple[dict[str, Any], Array]:
    """½ Σ (x w + b − t)² over ten samples, and its Hessian."""
    generator = np.random.default_rng(seed)
    x, t = generator.normal(size=(10, 3)), generator.normal(size=(10, 1))
    layer = {"units": 1, "activation": "linear", "bias": "trained"}
    data = {
        "name": "regression",
        "architecture": {"inputs": 3, "layers": [layer]},
        "initial_weights": {"normal": {"mean": 0.0, "scale": 1.0}, "biases": "zeros", "seed": 1},
        "dataset": {"inputs": x.tolist(), "targets": t.tolist()},
        "training": {
            "loss": "half_squared_error",
            "optimizer": "gradient_descent",
            "learning_rate": 0.01,
            "epochs": 10,
            **training,
        },
    }
    with_one = np.column_stack([x, np.ones(10)])
    return data, with_one.T @ with_one


# Known curvatures


@pytest.mark.parametrize("curvature", [1.0, 4.0, 0.25])
def test_of_a_bowl_it_is_two_by_the_curvature(curvature: float) -> None:
    assert largest_stable_rate(population_of(bowl(curvature))) == pytest.approx(2.0 / curvature, rel=1e-14)


def test_of_a_regression() -> None:
    data, hessian = regression()
    found = largest_stable_rate(population_of(data))
    assert found == pytest.approx(2.0 / np.linalg.eigvalsh(hessian)[-1], rel=1e-12)


def test_of_the_document_by_hand() -> None:
    """½ (w5 h1 + w6 h2 − 1)², h1 = 2 w1 + 3 w2, h2 = 2 w3 + 3 w4."""
    w5, w6, h1, h2, miss = 0.21, 0.23, 0.8, 1.8, -0.418
    slope = np.array([2 * w5, 3 * w5, 2 * w6, 3 * w6, h1, h2])
    hessian = np.outer(slope, slope)
    for (a, b), value in {(0, 4): 2, (1, 4): 3, (2, 5): 2, (3, 5): 3}.items():
        hessian[a, b] += miss * value
        hessian[b, a] += miss * value
    found = largest_stable_rate(population_of(doc()))
    assert found == pytest.approx(2.0 / np.linalg.eigvalsh(hessian)[-1], rel=1e-12)


@pytest.mark.parametrize(("share", "grows"), [(0.99, False), (1.01, True)])
def test_training_grows_beyond_it_and_not_before(share: float, grows: bool) -> None:
    data, _ = regression(epochs=3000)
    limit = float(largest_stable_rate(population_of(data))[0])
    population = population_of({**data, "training": {**data["training"], "learning_rate": share * limit}})
    errors = [float(step.error[0, 0, 0]) for step in train(population)]
    assert (errors[-1] > errors[0]) == grows


def test_penalties_bend_too() -> None:
    data, hessian = regression(penalty={"l2": {"strength": 3.0, "factor": "lambda/2"}})
    expected = hessian + np.diag([3.0, 3.0, 3.0, 0.0])
    assert largest_stable_rate(population_of(data)) == pytest.approx(2.0 / np.linalg.eigvalsh(expected)[-1], rel=1e-12)


def test_what_is_frozen_does_not_count() -> None:
    data, hessian = regression(frozen=["w2", "b1"])
    found = largest_stable_rate(population_of(data))
    assert found == pytest.approx(2.0 / np.linalg.eigvalsh(hessian[::2, ::2])[-1], rel=1e-12)
    assert largest_stable_rate(population_of(regression(frozen=["w1", "w2", "w3", "b1"])[0])) == np.inf


def test_what_does_not_bend_upward_has_no_limit() -> None:
    assert largest_stable_rate(population_of(bowl(loss="linear_error"))) == np.inf
    one = population_of(bowl())
    assert largest_stable_rate(one.in_order("F")) == 2.0


@pytest.mark.parametrize(
    "training",
    [
        {"optimizer": {"momentum": {"momentum": 0.9}}},
        {"batches": "online"},
        {"update_order": "sequential"},
    ],
    ids=str,
)
def test_of_anything_but_plain_gradient_descent_it_is_no_number(training: dict[str, Any]) -> None:
    population = population_of(xor(**training))
    assert not is_plain(population)
    assert np.isnan(largest_stable_rate(population)).all()


def test_a_declared_derivative_has_none() -> None:
    network = random_network(1, (2, 3, 1), ("step", "linear"), ("none", "none"), 2)
    assert np.isnan(largest_stable_rate(network.population)).all()


def test_numbers_out_of_range_are_no_numbers() -> None:
    data = {**doc(), "initial_weights": dict.fromkeys(("w1", "w2", "w3", "w4", "w5", "w6"), 1e200)}
    assert np.isnan(largest_stable_rate(population_of(data))).all()


def test_decimals_have_the_limit_of_doubles() -> None:
    decimal = {**doc(), "arithmetic": {"numbers": {"decimal": {"digits": 20}}}}
    assert largest_stable_rate(population_of(decimal)) == largest_stable_rate(population_of(doc()))


# Against dense Hessians


def dense(p: Population, width: float = 1e-4) -> Array:
    """One run's Hessian by central differences of the analytic gradient, in two widths."""
    flat = np.concatenate([part.reshape(-1) for part in p.weights.flat()])

    def gradient(values: Array) -> Array:
        parts, start = [], 0
        for part in p.weights.flat():
            parts.append(values[start : start + part.size].reshape(part.shape))
            start += part.size
        weights = p.weights.like(parts)
        passed = forward(p.layers, weights, p.part.inputs)
        pulled = backward(
            p.layers, weights, p.part.inputs, p.part.targets, passed, p.objective, penalties=p.penalties
        ).gradient
        return np.concatenate([part.reshape(-1) for part in pulled.flat()])

    def columns(h: float) -> Array:
        each = [(gradient(flat + h * unit) - gradient(flat - h * unit)) / (2 * h) for unit in np.eye(len(flat))]
        return np.array(each).T

    return (4 * columns(width / 2) - columns(width)) / 3


SMOOTH = [kind for kind, each in sorted(ACTIVATIONS.items()) if not each.kinks and not each.declared]


@pytest.mark.parametrize("loss", ["half_squared_error", "mean_squared_error", "binary_cross_entropy", "cross_entropy"])
@pytest.mark.parametrize("kind", SMOOTH)
def test_a_hessian_is_the_numeric_one(kind: str, loss: str) -> None:
    last = {"binary_cross_entropy": "sigmoid", "cross_entropy": "softmax"}.get(loss, "linear")
    p = random_network(3, (3, 4, 2), (kind, last), ("trained", "trained"), 5, loss).population
    trained = np.arange(sum(part[0].size for part in p.weights.flat()))
    curvature = Curvature(p.layers, p.weights, p.part.inputs, p.part.targets, p.objective, p.penalties)
    (own,), other = hessians(curvature, p.weights, trained), dense(p)
    np.testing.assert_allclose(own, other, rtol=1e-6, atol=1e-7 * np.abs(other).max())
    np.testing.assert_allclose(own, own.T, rtol=1e-11, atol=1e-13 * np.abs(own).max())
    limit = 2.0 / np.linalg.eigvalsh(0.5 * (other + other.T))[-1]
    assert largest_stable_rate(p) == pytest.approx(limit, rel=1e-6)


def with_most(population: Population, most: int) -> Array:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stability, "DENSE_MOST", most)
        return largest_stable_rate(population)


@settings(max_examples=max(1, settings().max_examples // 2))
@given(networks())
def test_both_ways_give_the_same(network: Network) -> None:
    p = network.population
    if sum(part[0].size for part in p.weights.flat()) < 3:
        return
    full, lanczos = with_most(p, 10**6), with_most(p, 2)
    trained = np.arange(sum(part[0].size for part in p.weights.flat()))
    if not is_plain(p):
        assert np.isnan(full).all()
        assert np.isnan(lanczos).all()
        return
    curvature = Curvature(p.layers, p.weights, p.part.inputs, p.part.targets, p.objective, p.penalties)
    with np.errstate(all="ignore"):
        size = np.abs(np.linalg.eigvalsh(hessians(curvature, p.weights, trained))).max()
    # What is small beside the largest of all has no digits by either way; nor has what would be 0 but for rounding, as
    # the curvature of absolute errors is whose outputs add up to 1. The numbers of these networks are near 1.
    assert 2.0 / lanczos == pytest.approx(2.0 / full, rel=1e-8, abs=1e-9 * max(size, 1e-3))


def test_eigenvalues_that_are_rounding_are_none() -> None:
    flat = np.array([[[-1.0, 0.0], [0.0, 1e-17]], [[2.0, 0.0], [0.0, 1.0]], [[np.nan, 0.0], [0.0, 1.0]]])
    found = largest_eigenvalues(flat)
    np.testing.assert_array_equal(found, [0.0, 2.0, np.nan])


# The law of the population


@given(populations(sizes=st.integers(1, 4), counts=st.integers(1, 5)))
def test_a_run_has_the_limit_that_it_has_alone(case: PopulationCase) -> None:
    plain = [each.model_copy(update={"training": plain_training(each.training)}) for each in case.experiments]
    together = largest_stable_rate(populate(plain, case.samples))
    for run, experiment in enumerate(plain):
        alone = largest_stable_rate(populate([experiment], case.samples))
        np.testing.assert_array_equal(alone[0], together[run])
    np.testing.assert_array_equal(largest_stable_rate(in_fast_order(populate(plain, case.samples))), together)


def plain_training(training: Any) -> Any:
    return training.model_copy(
        update={
            "optimizer": GradientDescent(kind="gradient_descent"),
            "optimizer_state": OptimizerState(),
            "batches": FullBatch(kind="full"),
            "update_order": "simultaneous",
        }
    )


def test_the_learning_rate_changes_nothing_and_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, real = [], stability._largest

    def counted(place: Any, fixed: Any) -> Array:
        asked.append(len(place.weights.W[0]))
        return real(place, fixed)

    monkeypatch.setattr(stability, "_largest", counted)
    found = largest_stable_rate(rates(doc(), *np.linspace(0.01, 1.0, 50).tolist()))
    assert len(set(found.tolist())) == 1
    assert asked == [1]


def test_what_bends_otherwise_is_another_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same weights; other numbers of an activation, of a loss, of a penalty."""
    base = xor()
    elus, strengths, thresholds = (0.5, 1.5, 1.5, 1.5), (0.0, 0.0, 1.0, 1.0), (0.1, 0.1, 0.1, 0.9)
    each = []
    for alpha, strength, threshold in zip(elus, strengths, thresholds, strict=True):
        layers = [{"units": 3, "activation": {"elu": {"alpha": alpha}}, "bias": "trained"}]
        layers.append({"units": 1, "activation": "linear", "bias": "trained"})
        training = {
            **base["training"],
            "loss": {"huber": {"threshold": threshold}},
            "penalty": {"l2": {"strength": strength, "factor": "lambda"}},
        }
        data = {**base, "architecture": {"inputs": 2, "layers": layers}, "training": training}
        each.append(read_declaration(data))
    samples = load_samples(each[0])
    alone = [largest_stable_rate(populate([one.experiment], samples))[0] for one in each]
    assert len(set(alone)) == 4
    for size in (stability.BLOCK_BYTES, 1):
        monkeypatch.setattr(stability, "BLOCK_BYTES", size)
        assert largest_stable_rate(populate([one.experiment for one in each], samples)).tolist() == alone


def test_lanczos_gives_the_same_bits_again() -> None:
    p = random_network(3, (4, 6, 2), ("tanh", "linear"), ("trained", "trained"), 5).population
    assert len({float(with_most(p, 2)[0]) for _ in range(5)}) == 1


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    each = [
        read_declaration({**xor(), "initial_weights": {**xor()["initial_weights"], "seed": seed}}) for seed in range(7)
    ]
    population = populate([one.experiment for one in each], load_samples(each[0]))
    whole = largest_stable_rate(population)
    monkeypatch.setattr(stability, "BLOCK_BYTES", 1)
    np.testing.assert_array_equal(largest_stable_rate(population), whole)
    assert len(set(whole.tolist())) == 7
