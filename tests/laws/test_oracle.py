"""The law of the oracle: gradients agree with those of HIPS autograd, which knows nothing of bprunner.

The network is written once more, in autograd's own NumPy: forward only, with sums as autograd takes them. Its
derivatives come from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given

from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.losses import LOSSES
from bprunner.nn.network import backward, forward
from tests.laws.networks import Network, networks, random_network

RELATIVE = 1e-12

ORACLE_ACTIVATIONS: Mapping[str, Callable[[Any, float], Any]] = {
    "linear": lambda net, _: net,
    "sigmoid": lambda net, _: 0.5 * (anp.tanh(0.5 * net) + 1.0),
    "tanh": lambda net, _: (anp.exp(2.0 * net) - 1.0) / (anp.exp(2.0 * net) + 1.0),
    "relu": lambda net, _: anp.where(net > 0.0, net, 0.0),
    "leaky_relu": lambda net, slope: anp.maximum(net, 0.0) + slope * anp.minimum(net, 0.0),
}

ORACLE_LOSSES: Mapping[str, Callable[[Any, Any], Any]] = {
    "half_squared_error": lambda prediction, target: anp.sum((prediction - target) ** 2) / 2.0,
    "squared_error": lambda prediction, target: anp.sum((prediction - target) ** 2),
    "mean_squared_error": lambda prediction, target: anp.mean((prediction - target) ** 2),
}


def test_every_activation_and_every_loss_has_an_oracle() -> None:
    assert set(ORACLE_ACTIVATIONS) == set(ACTIVATIONS)
    assert set(ORACLE_LOSSES) == set(LOSSES)


def oracle(network: Network, loss: str) -> tuple[float, list[Any]]:
    """The error, and the gradient of every weight matrix and bias vector, (fan_in, fan_out) and (fan_out,)."""

    def error(flat: list[Any]) -> Any:
        matrices, biases = flat[: len(network.kinds)], iter(flat[len(network.kinds) :])
        a = network.inputs[0]
        for kind, slope, W, b in zip(network.kinds, network.slopes, matrices, network.weights.b, strict=True):
            net = anp.dot(a, W) if b is None else anp.dot(a, W) + next(biases)
            a = ORACLE_ACTIVATIONS[kind](net, slope)
        return ORACLE_LOSSES[loss](a, network.target[0])

    flat = [part[0] for part in network.weights.flat()]
    value, gradient = autograd.value_and_grad(error)(flat)
    return float(value), gradient


def assert_agrees(network: Network, loss: str) -> None:
    """Relative to the largest gradient of the network: a small one may be the difference of large numbers."""
    layers = network.layers()
    passed = forward(layers, network.weights, network.inputs)
    pulled = backward(layers, network.weights, network.inputs, network.target, passed, LOSSES[loss])
    error = float(LOSSES[loss].value(passed.out[-1], network.target)[0, 0, 0])
    expected, gradients = oracle(network, loss)
    assert error == pytest.approx(expected, rel=RELATIVE)
    scale = max(float(np.max(np.abs(gradient))) for gradient in gradients)
    for own, other in zip(pulled.gradient.flat(), gradients, strict=True):
        np.testing.assert_allclose(own[0], other.reshape(own[0].shape), rtol=RELATIVE, atol=RELATIVE * scale)


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_gradients_of_every_activation_with_every_loss(kind: str, loss: str) -> None:
    for seed, units, samples in ((0, (2, 2, 1), 1), (1, (3, 5, 4, 2), 7), (2, (20, 18, 3), 33)):
        kinds, biased = (kind,) * (len(units) - 1), [layer % 2 == 0 for layer in range(len(units) - 1)]
        assert_agrees(random_network(seed, units, kinds, biased, samples), loss)


@pytest.mark.parametrize("loss", sorted(LOSSES))
@given(network=networks(most_units=20, most_samples=20))
def test_gradients_of_mixed_architectures(loss: str, network: Network) -> None:
    assert_agrees(network, loss)


@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_an_activation_that_is_wrong_by_a_billionth_is_caught(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = ACTIVATIONS[kind]
    wrong = type(right)(right.f, lambda g, net, out, own: (1 + 1e-9) * right.pullback(g, net, out, own), right.kinks)
    network = random_network(0, (2, 3, 1), (kind, kind), (True, True), 2)
    assert_agrees(network, "squared_error")
    monkeypatch.setattr("tests.laws.networks.ACTIVATIONS", {**ACTIVATIONS, kind: wrong})
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_agrees(network, "squared_error")
