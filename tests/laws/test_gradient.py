"""The law of the gradient: the analytic one equals a numeric one, and the check would notice if it did not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.gradcheck import GradientCheck, check_gradients
from bprunner.nn.losses import LOSSES, Loss
from bprunner.nn.network import Layer, Weights
from tests.laws.networks import Network, networks, random_network

AGREES = 1e-5
PLANTED = 1.001


def checked(network: Network, loss: Loss, layers: list[Layer] | None = None) -> GradientCheck:
    layers = network.layers() if layers is None else layers
    return check_gradients(layers, network.weights, network.inputs, network.target, loss)


def count(weights: Weights) -> int:
    return sum(part.size for part in weights.flat())


@given(networks(), st.sampled_from(sorted(LOSSES)))
def test_the_analytic_gradient_is_the_numeric_one(network: Network, loss: str) -> None:
    result = checked(network, LOSSES[loss])
    assert result.largest < AGREES, result
    assert result.compared + result.at_kinks == count(network.weights)


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_every_activation_with_every_loss(kind: str, loss: str) -> None:
    network = random_network(1, (3, 4, 2), (kind, kind), (True, True), 3)
    result = checked(network, LOSSES[loss])
    assert result.largest < AGREES, result
    assert result.compared > 0.7 * count(network.weights)


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_a_pullback_that_is_wrong_by_a_thousandth_is_caught(kind: str, layer: int) -> None:
    network = random_network(2, (3, 4, 2), (kind, kind), (True, True), 3)
    layers = network.layers()
    right = layers[layer].activation
    wrong = replace(right, pullback=lambda g, net, out, own: PLANTED * right.pullback(g, net, out, own))
    layers[layer] = replace(layers[layer], activation=wrong)
    result = checked(network, LOSSES["half_squared_error"], layers)
    assert result.largest == pytest.approx(1 - 1 / PLANTED, rel=0.01)
    assert result.worst is not None
    assert result.worst[0] <= layer


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_a_loss_whose_gradient_is_wrong_by_a_thousandth_is_caught(loss: str) -> None:
    network = random_network(3, (2, 3, 2), ("tanh", "sigmoid"), (True, False), 2)
    right = LOSSES[loss]
    wrong = replace(right, gradient=lambda prediction, target: PLANTED * right.gradient(prediction, target))
    assert checked(network, right).largest < AGREES
    assert checked(network, wrong).largest == pytest.approx(1 - 1 / PLANTED, rel=0.01)


def test_one_wrong_bias_among_many_weights_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    network = random_network(4, (3, 4, 2), ("tanh", "linear"), (True, True), 3)
    monkeypatch.setattr("bprunner.nn.network.total", lambda a, axis: a.sum(axis=axis, keepdims=True) * PLANTED)
    result = checked(network, LOSSES["half_squared_error"])
    assert result.largest == pytest.approx(1 - 1 / PLANTED, rel=0.01)
    assert result.worst is not None
    assert result.worst[1] == "b"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gradient_that_is_no_number_cannot_pass_for_agreement(value: float) -> None:
    network = random_network(5, (2, 2), ("linear",), (False,), 1)
    broken = replace(LOSSES["squared_error"], gradient=lambda prediction, _: np.full_like(prediction, value))
    assert checked(network, broken).largest == np.inf


def chain(net: float, kind: str) -> Network:
    """1 → 1 → 1: input 1, so that the first weight is the hidden neuron's net input; then a linear output."""
    one = np.ones((1, 1, 1))
    return Network((kind, "linear"), (0.25, 0.25), Weights([net * one, 3 * one], [None, None]), one, one)


@pytest.mark.parametrize("kind", ["relu", "leaky_relu"])
@pytest.mark.parametrize(("net", "at_kinks"), [(0.0, 1), (0.0005, 1), (-0.0009, 1), (0.0011, 0), (-0.5, 0), (2.0, 0)])
def test_a_nudge_across_a_kink_is_counted_and_not_compared(kind: str, net: float, at_kinks: int) -> None:
    """The width is 0.001: only the weight that carries the hidden neuron to the other side is left out."""
    result = checked(chain(net, kind), LOSSES["half_squared_error"])
    assert (result.compared, result.at_kinks) == (2 - at_kinks, at_kinks)
    assert result.largest < AGREES


def test_smooth_activations_have_no_kinks_at_all() -> None:
    for kind, activation in ACTIVATIONS.items():
        result = checked(chain(0.0, kind), LOSSES["half_squared_error"])
        assert result.at_kinks == len(activation.kinks)
        assert (result.at_kinks == 0) == (kind not in ("relu", "leaky_relu"))
