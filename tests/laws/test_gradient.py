"""The law of the gradient: the analytic one equals a numeric one, and the check would notice if it did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.arrays import Array
from bprunner.nn.biases import BIASES
from bprunner.nn.gradcheck import GradientCheck, check_gradients
from bprunner.nn.losses import LOSSES
from bprunner.nn.nets import NETS
from bprunner.nn.network import backward, error_of, forward
from bprunner.nn.penalties import FACTORS, PENALTIES
from bprunner.training.population import Population
from tests.laws import networks as drawn
from tests.laws.networks import CROSS_ENTROPIES, Network, fitting_output, name_of, networks, random_network

AGREES = 1e-5
PLANTED = 1.001
CAUGHT = 1 - 1 / PLANTED

SHARED, TRAINED = {"shared": {"trained": True}}, "trained"
SMOOTH = "half_squared_error"


def checked(p: Population) -> GradientCheck:
    return check_gradients(p.layers, p.weights, p.part.inputs, p.part.targets, p.objective, p.penalties)


def count(p: Population) -> int:
    return sum(part[0].size for part in p.weights.flat())


def with_layer(p: Population, number: int, **changed: Any) -> Population:
    """Another activation, bias or net in one layer."""
    layers = [replace(layer, **changed) if at == number else layer for at, layer in enumerate(p.layers)]
    return replace(p, layers=tuple(layers))


@given(networks())
def test_the_analytic_gradient_is_the_numeric_one(network: Network) -> None:
    result = checked(network.population)
    assert result.largest < AGREES, result
    assert result.compared + result.at_kinks + result.declared == count(network.population)


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_every_activation_with_every_loss(kind: str, loss: str) -> None:
    p = random_network(1, (3, 4, 2), (kind, fitting_output(loss, kind)), (TRAINED, TRAINED), 3, loss).population
    result = checked(p)
    assert result.largest < AGREES, result
    if kind == "step":
        assert result.declared > 0
    else:
        assert result.compared > 0.7 * count(p)


@pytest.mark.parametrize("net", sorted(NETS))
@pytest.mark.parametrize("bias", drawn.BIASES, ids=str)
def test_every_bias_with_every_net(bias: Any, net: str) -> None:
    p = random_network(1, (3, 4, 2), ("tanh", "linear"), (bias, bias), 3, nets=(net, net)).population
    result = checked(p)
    assert result.largest < AGREES, result
    assert result.compared == count(p) == 20 + {"none": 0, "shared": 2}.get(name_of(bias), 6)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("penalty", sorted(PENALTIES))
def test_every_penalty_with_every_factor(penalty: str, factor: str) -> None:
    training = {"penalty": {penalty: {"strength": 0.3, "factor": factor, "biases": factor != "lambda"}}}
    p = random_network(1, (3, 4, 2), ("tanh", "linear"), (TRAINED, SHARED), 3, training=training).population
    assert checked(p).largest < AGREES
    assert checked(replace(p, penalties=())).largest < AGREES
    with_penalty, without = checked_error(p), checked_error(replace(p, penalties=()))
    assert with_penalty > without + 0.05


def checked_error(p: Population) -> float:
    passed = forward(p.layers, p.weights, p.part.inputs)
    return float(error_of(p.objective, passed, p.part.targets, p.weights, p.penalties)[0, 0, 0])


def test_the_networks_that_are_drawn_have_the_whole_vocabulary() -> None:
    """An activation whose numbers are not known here would be drawn without them, and refused."""
    assert set(drawn.ACTIVATION_NUMBERS) == set(drawn.MODERATE) <= set(ACTIVATIONS)
    assert {name_of(bias) for bias in drawn.BIASES} == set(BIASES)
    assert set(drawn.PROBABLE) >= {kind for loss in LOSSES.values() for kind in loss.fused}
    assert set(drawn.CROSS_ENTROPIES) == {kind for kind, loss in LOSSES.items() if loss.fused}


# Planted errors of a thousandth

DERIVED = sorted(kind for kind, activation in ACTIVATIONS.items() if not activation.declared)


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("kind", DERIVED)
def test_a_pullback_that_is_wrong_by_a_thousandth_is_caught(kind: str, layer: int) -> None:
    p = random_network(2, (3, 4, 2), (kind, kind), (TRAINED, TRAINED), 3).population
    right = p.layers[layer].activation
    wrong = replace(right, pullback=lambda g, net, out, own: PLANTED * right.pullback(g, net, out, own))
    result = checked(with_layer(p, layer, activation=wrong))
    assert checked(p).largest < AGREES
    assert result.largest == pytest.approx(CAUGHT, rel=0.01)
    assert result.worst is not None
    assert result.worst[0] <= layer


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_a_loss_whose_slope_is_wrong_by_a_thousandth_is_caught(loss: str) -> None:
    """With an output activation that does not go together with the loss: then the slope is what counts."""
    last = next(kind for kind in ("sigmoid", "softmax") if kind not in LOSSES[loss].fused)
    p = random_network(3, (2, 3, 2), ("tanh", last), (TRAINED, "none"), 2, loss).population
    right = p.objective.loss
    wrong = replace(right, slope=lambda out, target, own: PLANTED * right.slope(out, target, own))
    assert p.objective.fused is None
    assert checked(p).largest < AGREES
    caught = checked(replace(p, objective=replace(p.objective, loss=wrong)))
    assert caught.largest == pytest.approx(CAUGHT, rel=0.01)


FUSED = [(loss, activation) for loss, record in sorted(LOSSES.items()) for activation in record.fused]


@pytest.mark.parametrize(("loss", "activation"), FUSED)
def test_a_closed_form_that_is_wrong_by_a_thousandth_is_caught(loss: str, activation: str) -> None:
    p = random_network(3, (2, 3, 2), ("tanh", activation), (TRAINED, "none"), 2, loss).population
    right = p.objective.fused
    assert right is not None
    wrong = replace(right, delta=lambda net, out, target: PLANTED * right.delta(net, out, target))
    assert checked(p).largest < AGREES
    caught = checked(replace(p, objective=replace(p.objective, fused=wrong)))
    assert caught.largest == pytest.approx(CAUGHT, rel=0.01)


def test_every_cross_entropy_has_a_closed_form_that_is_checked() -> None:
    assert {loss for loss, _ in FUSED} == set(CROSS_ENTROPIES)


@pytest.mark.parametrize("penalty", sorted(PENALTIES))
def test_a_penalty_whose_gradient_is_wrong_by_a_thousandth_is_caught(penalty: str) -> None:
    """The error of targets of 0 is 0 here, so that the penalty is all there is."""
    training = {"penalty": {penalty: {"strength": 2.0, "factor": "lambda"}}}
    p = random_network(
        3, (2, 3, 2), ("tanh", "linear"), (TRAINED, TRAINED), 2, "linear_error", training=training
    ).population
    p = replace(p, part=replace(p.part, targets=np.zeros_like(p.part.targets)))
    (weighed,) = p.penalties
    right = weighed.penalty
    wrong = replace(right, gradient=lambda W, c: PLANTED * right.gradient(W, c))
    assert checked(p).largest < AGREES
    caught = checked(replace(p, penalties=(weighed._replace(penalty=wrong),)))
    assert caught.largest == pytest.approx(CAUGHT, rel=0.01)
    assert caught.worst is not None
    assert caught.worst[1] == "W"


@pytest.mark.parametrize("layer", [0, 1])
@pytest.mark.parametrize("kind", sorted(kind for kind, bias in BIASES.items() if bias is not None))
def test_a_bias_whose_gradient_is_wrong_by_a_thousandth_is_caught(kind: str, layer: int) -> None:
    declared: Any = SHARED if kind == "shared" else kind
    p = random_network(4, (3, 4, 2), ("tanh", "linear"), (declared, declared), 3).population
    right = BIASES[kind]
    assert right is not None
    wrong = replace(right, gradient=lambda delta: PLANTED * right.gradient(delta))
    assert checked(p).largest < AGREES
    result = checked(with_layer(p, layer, bias=wrong))
    assert result.largest == pytest.approx(CAUGHT, rel=0.01)
    assert result.worst is not None
    assert result.worst[:2] == (layer, "b")


@pytest.mark.parametrize("part", ["by_weights", "by_senders"])
@pytest.mark.parametrize("net", sorted(NETS))
def test_a_net_whose_derivative_is_wrong_by_a_thousandth_is_caught(net: str, part: str) -> None:
    p = random_network(4, (3, 4, 2), ("tanh", "linear"), (TRAINED, TRAINED), 3, nets=(net, net)).population
    right = NETS[net]
    derivative = getattr(right, part)
    planted: Any = {part: lambda a, W, delta: PLANTED * derivative(a, W, delta)}
    wrong = replace(right, **planted)
    assert checked(p).largest < AGREES
    result = checked(with_layer(p, 1, net=wrong))
    assert result.largest == pytest.approx(CAUGHT, rel=0.01)
    assert result.worst is not None
    assert result.worst[:2] == (1, "W") if part == "by_weights" else result.worst[0] == 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gradient_that_is_no_number_cannot_pass_for_agreement(value: float) -> None:
    p = random_network(5, (2, 2), ("linear",), ("none",), 1).population
    p = replace(p, part=replace(p.part, inputs=np.ones_like(p.part.inputs)))
    broken = replace(p.objective.loss, slope=lambda out, *_: np.full_like(out, value))
    assert checked(replace(p, objective=replace(p.objective, loss=broken))).largest == np.inf


# Kinks


def chain(net: float, kind: str, **rest: Any) -> Population:
    """1 → 1 → 1: input 1, so that the first weight is the hidden neuron's net input; then a linear output, 3 times it.
    The target is 1."""
    p = random_network(0, (1, 1, 1), (kind, "linear"), ("none", "none"), 1, **rest).population
    one = np.ones((1, 1, 1))
    return replace(p, part=replace(p.part, inputs=one, targets=one), weights=p.weights.like([net * one, 3 * one]))


@pytest.mark.parametrize("kind", ["relu", "leaky_relu", "elu"])
@pytest.mark.parametrize(("net", "at_kinks"), [(0.0, 1), (0.0005, 1), (-0.0009, 1), (0.0011, 0), (-0.5, 0), (2.0, 0)])
def test_a_nudge_across_a_kink_is_counted_and_not_compared(kind: str, net: float, at_kinks: int) -> None:
    """The width is 0.001: only the weight that carries the hidden neuron to the other side is left out."""
    result = checked(chain(net, kind))
    assert (result.compared, result.at_kinks) == (2 - at_kinks, at_kinks)
    assert result.largest < AGREES


def test_smooth_activations_have_no_kinks_at_all() -> None:
    for kind in sorted(set(ACTIVATIONS) - {"softmax"}):
        result = checked(chain(0.0, kind))
        if ACTIVATIONS[kind].declared:
            assert result.declared == 1
        else:
            assert result.at_kinks == len(ACTIVATIONS[kind].kinks)
        assert (result.at_kinks == 0) == (kind not in ("relu", "leaky_relu", "elu"))


@pytest.mark.parametrize(
    ("loss", "off"), [("absolute_error", 0.0), ("mean_absolute_error", 0.0), ({"huber": {"threshold": 0.5}}, 0.5)]
)
@pytest.mark.parametrize(("beside", "at_kinks"), [(0.0, 2), (0.0009, 2), (-0.0009, 2), (0.1, 0), (-0.1, 0)])
def test_the_kink_of_a_loss_is_counted_and_not_compared(loss: Any, off: float, beside: float, at_kinks: int) -> None:
    """The prediction is 3 · net, the target 1: here both weights carry it to the other side of the kink."""
    result = checked(chain((1.0 + off + beside) / 3, "linear", loss=loss))
    assert (result.compared, result.at_kinks) == (2 - at_kinks, at_kinks)
    assert result.largest < AGREES


@pytest.mark.parametrize(("net", "at_kinks"), [(0.0, 1), (0.0009, 1), (-0.0009, 1), (0.0011, 0), (-0.5, 0)])
def test_the_kink_of_a_penalty_is_counted_and_not_compared(net: float, at_kinks: int) -> None:
    training = {"penalty": {"l1": {"strength": 0.3, "factor": "lambda"}}}
    result = checked(chain(net, "tanh", training=training))
    assert (result.compared, result.at_kinks) == (2 - at_kinks, at_kinks)
    assert result.largest < AGREES


@pytest.mark.parametrize(("kinds", "before"), [(("step", "tanh"), 12), (("tanh", "step"), 22), (("tanh", "tanh"), 0)])
def test_what_lies_before_a_declared_derivative_is_counted_and_not_compared(kinds: Sequence[str], before: int) -> None:
    p = random_network(6, (2, 4, 2), kinds, (TRAINED, TRAINED), 3).population
    result = checked(p)
    assert result.declared == before
    assert result.compared + result.at_kinks + result.declared == count(p)
    assert result.largest < AGREES


def test_the_convention_at_a_kink_is_the_negative_side() -> None:
    """There is no derivative to compare with, so it is looked at itself."""

    def gradient(p: Population) -> Array:
        passed = forward(p.layers, p.weights, p.part.inputs)
        return backward(p.layers, p.weights, p.part.inputs, p.part.targets, passed, p.objective).gradient.W[0]

    for kind, key in (("relu", None), ("leaky_relu", "slope"), ("elu", "alpha")):
        p = chain(0.0, kind)
        side = 0.0 if key is None else p.layers[0].parameters[key]
        assert gradient(p) == -3.0 * side
