"""The Hessian along a direction is the derivative of the gradient: numerically, and by HIPS autograd."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import assume, given

from bprunner.nn import curvature as module
from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.arrays import Array
from bprunner.nn.curvature import Curvature, has_curvature
from bprunner.nn.losses import LOSSES
from bprunner.nn.nets import NETS
from bprunner.nn.network import Weights, backward, forward
from bprunner.nn.penalties import FACTORS, PENALTIES
from bprunner.training.population import Population
from tests.laws import networks as drawn
from tests.laws.networks import Network, fitting_output, name_of, networks, random_network
from tests.laws.test_oracle import oracle_error, start

DERIVED = sorted(kind for kind, activation in ACTIVATIONS.items() if not activation.declared)
RELATIVE = 1e-10


@pytest.fixture(autouse=True)
def _unmeant_branches() -> Iterator[None]:
    """What np.where leaves out may be infinite, and a straight error has a gradient that depends on nothing."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Output seems independent of input")
        yield


def curvature_of(p: Population) -> Curvature:
    return Curvature(p.layers, p.weights, p.part.inputs, p.part.targets, p.objective, p.penalties)


def direction_of(p: Population, seed: int = 0) -> Weights:
    generator = np.random.default_rng(seed)
    return p.weights.like([generator.normal(size=part.shape) for part in p.weights.flat()])


def gradient(p: Population, weights: Weights) -> list[Array]:
    passed = forward(p.layers, weights, p.part.inputs)
    return backward(
        p.layers, weights, p.part.inputs, p.part.targets, passed, p.objective, penalties=p.penalties
    ).gradient.flat()


def numeric(p: Population, direction: Weights, width: float = 1e-3) -> list[Array]:
    """By central differences of the analytic gradient in two widths, extrapolated."""

    def difference(h: float) -> list[Array]:
        def moved(by: float) -> list[Array]:
            pairs = zip(p.weights.flat(), direction.flat(), strict=True)
            return gradient(p, p.weights.like([part + by * along for part, along in pairs]))

        return [(up - down) / (2 * h) for up, down in zip(moved(h), moved(-h), strict=True)]

    wide, narrow = difference(width), difference(width / 2)
    return [(4 * b - a) / 3 for a, b in zip(wide, narrow, strict=True)]


def by_autograd(network: Network, direction: Weights) -> list[Array]:
    experiment, flat = network.experiment, start(network.experiment)
    x, t = network.samples.inputs, network.samples.targets
    along = [part[0].reshape(own.shape) for part, own in zip(direction.flat(), flat, strict=True)]
    slope = autograd.grad(lambda each: oracle_error(experiment, each, x, t))

    def speed(each: Any) -> Any:
        return sum(anp.sum(g * v) for g, v in zip(slope(each), along, strict=True))

    found: list[Array] = autograd.grad(speed)(flat)
    return found


def assert_agrees(network: Network, relative: float = RELATIVE) -> None:
    p = network.population
    direction = direction_of(p)
    own, other = curvature_of(p).along(direction).flat(), by_autograd(network, direction)
    largest = max(1e-3, *(float(np.max(np.abs(part))) for part in other))
    for mine, theirs in zip(own, other, strict=True):
        np.testing.assert_allclose(mine[0], theirs.reshape(mine[0].shape), rtol=relative, atol=relative * largest)


def test_everything_has_its_second_derivative() -> None:
    assert sorted(module.BENDS) == DERIVED
    assert set(module.SECONDS) == set(LOSSES)
    assert set(module.PENALTIES_ALONG) == set(PENALTIES)
    assert set(module.NETS_ALONG) == set(NETS)
    assert set(module.FUSED_ALONG) == {kind for loss in LOSSES.values() for kind in loss.fused}


@given(networks())
def test_it_is_what_autograd_says(network: Network) -> None:
    assume(has_curvature(network.population.layers))
    assert_agrees(network)


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("kind", DERIVED)
def test_of_every_activation_with_every_loss(kind: str, loss: str) -> None:
    for seed, units, samples in ((0, (2, 2, 2), 1), (1, (3, 5, 4, 2), 7), (2, (20, 18, 3), 33)):
        kinds = [kind] * (len(units) - 2) + [fitting_output(loss, kind)]
        assert_agrees(random_network(seed, units, kinds, ["trained"] * len(kinds), samples, loss))


@pytest.mark.parametrize("net", sorted(NETS))
@pytest.mark.parametrize("bias", drawn.BIASES, ids=str)
def test_of_every_bias_with_every_net(bias: Any, net: str) -> None:
    assert_agrees(random_network(1, (3, 4, 2), ("tanh", "linear"), (bias, bias), 3, nets=(net, net)))


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("penalty", sorted(PENALTIES))
def test_of_every_penalty_with_every_factor(penalty: str, factor: str) -> None:
    training = {"penalty": {penalty: {"strength": 0.3, "factor": factor, "biases": factor != "lambda"}}}
    assert_agrees(random_network(1, (3, 4, 2), ("tanh", "linear"), ("trained", "none"), 3, training=training))


SMOOTH = [kind for kind in DERIVED if not ACTIVATIONS[kind].kinks]


@pytest.mark.parametrize("loss", [loss for loss in sorted(LOSSES) if LOSSES[loss].side is None])
@pytest.mark.parametrize("kind", SMOOTH)
def test_it_is_the_numeric_derivative_of_the_gradient(kind: str, loss: str) -> None:
    p = random_network(
        1, (3, 4, 2), (kind, fitting_output(loss, kind)), ("trained", {"shared": {"trained": True}}), 3, loss
    ).population
    direction = direction_of(p)
    own, other = curvature_of(p).along(direction).flat(), numeric(p, direction)
    largest = max(1e-3, *(float(np.max(np.abs(part))) for part in other))
    for mine, theirs in zip(own, other, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-7 * largest)


@given(networks())
def test_it_is_symmetric_and_linear(network: Network) -> None:
    p = network.population
    assume(has_curvature(p.layers))
    curvature, u, v = curvature_of(p), direction_of(p, 1), direction_of(p, 2)
    Hu, Hv = curvature.along(u).flat(), curvature.along(v).flat()
    size = sum(float(np.sum(np.abs(a) * np.abs(b))) for a, b in zip(Hu, v.flat(), strict=True))
    uHv = sum(float(np.sum(a * b)) for a, b in zip(u.flat(), Hv, strict=True))
    vHu = sum(float(np.sum(a * b)) for a, b in zip(v.flat(), Hu, strict=True))
    assert uHv == pytest.approx(vHu, rel=1e-9, abs=1e-9 * max(size, 1e-3))
    for twice, once in zip(curvature.along(u.like([2 * part for part in u.flat()])).flat(), Hu, strict=True):
        np.testing.assert_array_equal(twice, 2 * once)


def test_a_declared_derivative_has_no_hessian() -> None:
    p = random_network(1, (2, 3, 2), ("step", "linear"), ("none", "none"), 2).population
    assert not has_curvature(p.layers)
    with pytest.raises(ValueError, match="no Hessian"):
        curvature_of(p)


# Planted errors of a millionth


def wrong(f: Any) -> Any:
    return lambda *values: f(*values) * (1 + 1e-6) + 1e-6


def assert_caught(network: Network, table: Any, name: str) -> None:
    assert_agrees(network)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(table, name, wrong(table[name]))
        with pytest.raises(AssertionError, match="Not equal to tolerance"):
            assert_agrees(network)


@pytest.mark.parametrize("kind", DERIVED)
def test_an_activation_that_is_wrong_is_caught(kind: str) -> None:
    assert_caught(random_network(0, (2, 3, 2), (kind, "tanh"), ("trained", "trained"), 2), module.BENDS, kind)
    assert_caught(random_network(0, (2, 3, 2), ("tanh", kind), ("trained", "trained"), 2), module.BENDS, kind)


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_a_loss_that_is_wrong_is_caught(loss: str) -> None:
    for last in ("sigmoid", "softmax"):
        network = random_network(1, (2, 3, 3), ("tanh", last), ("trained", "trained"), 4, loss)
        fused = last in LOSSES[loss].fused
        assert_caught(network, module.FUSED_ALONG if fused else module.SECONDS, last if fused else loss)


@pytest.mark.parametrize("net", sorted(NETS))
def test_a_net_that_is_wrong_is_caught(net: str) -> None:
    assert_caught(
        random_network(0, (2, 3, 2), ("tanh", "linear"), ("none", "none"), 2, nets=(net, net)), module.NETS_ALONG, net
    )


@pytest.mark.parametrize("penalty", sorted(PENALTIES))
def test_a_penalty_that_is_wrong_is_caught(penalty: str) -> None:
    training = {"penalty": {penalty: {"strength": 0.5, "factor": "lambda/2m"}}}
    network = random_network(0, (2, 3, 2), ("tanh", "linear"), ("none", "none"), 2, training=training)
    assert_caught(network, module.PENALTIES_ALONG, penalty)


def test_names_are_those_of_the_vocabulary() -> None:
    assert name_of("linear") in module.BENDS
    with pytest.raises(ValueError, match="not in its table"):
        module._name(ACTIVATIONS, object())
