"""The forward and the backward pass of a network of dense layers, for a whole population at once.

Forward: net = a @ W + b, out = f(net), layer after layer. Backward: delta = ∂error/∂net, from the last layer
to the first; the gradient of a layer's weights is aᵀ @ delta, of its biases the sum of delta over the batch.
Both read as for one run; the runs axis is carried along in front.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bprunner.nn.activations import Activation, Parameters
from bprunner.nn.arrays import Array
from bprunner.nn.contraction import product, total, transposed
from bprunner.nn.losses import Loss

Stage = Callable[[Array], Array]


@dataclass(frozen=True)
class Stages:
    """What happens to a value as soon as it is computed, by quantity. None leaves it exact.

    This is how an author's carried rounding enters: the next stage starts from what the stage returns.
    """

    net: Stage | None = None
    out: Stage | None = None
    prediction: Stage | None = None
    error: Stage | None = None
    delta: Stage | None = None
    gradient: Stage | None = None
    update: Stage | None = None
    weight: Stage | None = None
    bias: Stage | None = None


EXACT = Stages()


@dataclass(frozen=True)
class Layer:
    """What a layer does, apart from its numbers: its activation, with that one's parameters."""

    activation: Activation
    parameters: Parameters = field(default_factory=dict)


class Weights(NamedTuple):
    """The trained numbers of all layers: W (runs, fan_in, fan_out), b (runs, 1, fan_out) or None, by layer.

    Gradients and updates have the same form.
    """

    W: Sequence[Array]
    b: Sequence[Array | None]

    def flat(self) -> list[Array]:
        """All weight matrices, then all biases there are."""
        return [*self.W, *[b for b in self.b if b is not None]]

    def like(self, flat: Sequence[Array]) -> Weights:
        """A flat sequence in this one's form."""
        layers = len(self.W)
        if len(flat) == layers:
            return Weights(flat, self.b)
        biases = iter(flat[layers:])
        return Weights(flat[:layers], [None if b is None else next(biases) for b in self.b])


class Passed(NamedTuple):
    """What the forward pass leaves: net and out of each layer, (runs, batch, units)."""

    net: Sequence[Array]
    out: Sequence[Array]


class Pulled(NamedTuple):
    """What the backward pass leaves: delta of each layer, (runs, batch, units), and the gradient."""

    delta: Sequence[Array]
    gradient: Weights


def forward(layers: Sequence[Layer], weights: Weights, inputs: Array, stages: Stages = EXACT) -> Passed:
    """Every layer's net input and output. inputs: (runs or 1, batch, units)."""
    nets: list[Array] = []
    outs: list[Array] = []
    a = inputs
    for layer, W, b in zip(layers, weights.W, weights.b, strict=True):
        net = product(a, W)
        if b is not None:
            net = net + b
        if stages.net is not None:
            net = stages.net(net)
        a = layer.activation.f(net, layer.parameters)
        stage = stages.prediction if len(nets) == len(layers) - 1 else stages.out
        if stage is not None:
            a = stage(a)
        nets.append(net)
        outs.append(a)
    return Passed(nets, outs)


def backward(
    layers: Sequence[Layer],
    weights: Weights,
    inputs: Array,
    target: Array,
    passed: Passed,
    loss: Loss,
    stages: Stages = EXACT,
) -> Pulled:
    """Every layer's delta, and the gradient of loss.value with respect to every weight and bias."""
    deltas, W_gradients = list(passed.net), list(weights.W)
    b_gradients = list(weights.b)
    g = loss.gradient(passed.out[-1], target)
    for number in range(len(layers) - 1, -1, -1):
        layer = layers[number]
        delta = layer.activation.pullback(g, passed.net[number], passed.out[number], layer.parameters)
        if stages.delta is not None:
            delta = stages.delta(delta)
        deltas[number] = delta
        a = passed.out[number - 1] if number else inputs
        W_gradients[number] = product(transposed(a), delta)
        if weights.b[number] is not None:
            b_gradients[number] = total(delta, axis=1)
        if number:
            g = product(delta, transposed(weights.W[number]))
    gradient = Weights(W_gradients, b_gradients)
    if stages.gradient is not None:
        gradient = gradient.like([stages.gradient(part) for part in gradient.flat()])
    return Pulled(deltas, gradient)
