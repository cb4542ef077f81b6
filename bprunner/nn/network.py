"""The forward and the backward pass of a network of dense layers, for a whole population at once.

Forward: net = a @ W + b, out = f(net), layer after layer. Backward: delta = ∂error/∂net, from the last layer
to the first; the gradient of a layer's weights is aᵀ @ delta, of its biases the sum of delta over the batch.
Both read as for one run; the runs axis is carried along in front.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from bprunner.nn.activations import Activation, Parameters
from bprunner.nn.arrays import Array
from bprunner.nn.biases import Bias
from bprunner.nn.losses import Objective
from bprunner.nn.nets import NETS, Net
from bprunner.nn.penalties import Penalty, coefficient

Stage = Callable[[Array, int], Array]
"""stage(values, position): of neurons, position is the layer; of weights and biases the place in Weights.flat()."""


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
    """What a layer does, apart from its numbers: its activation with that one's parameters, its net input, and how
    its biases enter."""

    activation: Activation
    parameters: Parameters = field(default_factory=dict)
    bias: Bias | None = None
    net: Net = NETS["weighted_sum"]


class Weights(NamedTuple):
    """The trained numbers of all layers: W (runs, fan_in, fan_out), b (runs, 1, fan_out or 1) or None, by layer.

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


class Weighed(NamedTuple):
    """A penalty as one experiment has it: strength (runs, 1, 1), the factor that is made of it, and whether biases
    are penalised as well."""

    penalty: Penalty
    strength: Array
    factor: str
    biases: bool = False

    def value(self, weights: Weights, samples: int) -> Array:
        """What all weights together cost, (runs, 1, 1), in an update of so many samples."""
        c = coefficient(self.strength, self.factor, samples)
        first, *others = weights.flat() if self.biases else weights.W
        result = self.penalty.value(first, c)
        for part in others:
            result = result + self.penalty.value(part, c)
        return result


def forward(layers: Sequence[Layer], weights: Weights, inputs: Array, stages: Stages = EXACT) -> Passed:
    """Every layer's net input and output. inputs: (runs or 1, batch, units)."""
    nets: list[Array] = []
    outs: list[Array] = []
    a = inputs
    for layer, W, b in zip(layers, weights.W, weights.b, strict=True):
        net = layer.net.forward(a, W)
        if b is not None:
            net = layer.bias.enter(net, b)  # type: ignore[union-attr]  # where there are biases, they enter
        number = len(nets)
        if stages.net is not None:
            net = stages.net(net, number)
        a = layer.activation.f(net, layer.parameters)
        stage = stages.prediction if number == len(layers) - 1 else stages.out
        if stage is not None:
            a = stage(a, number)
        nets.append(net)
        outs.append(a)
    return Passed(nets, outs)


def error_of(
    objective: Objective, passed: Passed, target: Array, weights: Weights, penalties: Sequence[Weighed] = ()
) -> Array:
    """The loss and the penalties, (runs, 1, 1)."""
    error = objective.value(passed.net[-1], passed.out[-1], target)
    return with_penalties(error, penalties, weights, target.shape[1])


def with_penalties(error: Array, penalties: Sequence[Weighed], weights: Weights, samples: int) -> Array:
    """An error of so many samples with what the weights cost, (runs, 1, 1)."""
    for weighed in penalties:
        error = error + weighed.value(weights, samples)
    return error


Rerouting = Callable[[int, Array, Array | None], Array]
"""reroute(layer, W_gradient, b_gradient) gives the weights through which delta goes on to the layer before."""


def backward(
    layers: Sequence[Layer],
    weights: Weights,
    inputs: Array,
    target: Array,
    passed: Passed,
    objective: Objective,
    stages: Stages = EXACT,
    penalties: Sequence[Weighed] = (),
    reroute: Rerouting | None = None,
    into: Weights | None = None,
) -> Pulled:
    """Every layer's delta, and the gradient of `error_of` with respect to every weight and bias.

    Some authors change a layer's weights before they go on to the layer in front of it: `reroute` gives the weights
    that delta sees on its way back. Without it, these are the weights of the forward pass, and the gradient is one.
    `into` is memory for the gradient, where nothing happens to it as soon as it is computed.
    """
    deltas, W_gradients = list(passed.net), list(weights.W)
    b_gradients = list(weights.b)
    last = len(layers) - 1
    g: Array | None = None
    for number in range(last, -1, -1):
        layer, W, a = layers[number], weights.W[number], passed.out[number - 1] if number else inputs
        if number == last and objective.fused is not None:
            delta = objective.delta(passed.net[-1], passed.out[-1], target)
        else:
            g = objective.gradient(passed.out[-1], target) if g is None else g
            delta = layer.activation.pullback(g, passed.net[number], passed.out[number], layer.parameters)
        if stages.delta is not None:
            delta = stages.delta(delta, number)
        deltas[number] = delta
        b = weights.b[number]
        if into is None:
            W_gradient = layer.net.by_weights(a, W, delta)
            b_gradient = None if b is None else layer.bias.gradient(delta)  # type: ignore[union-attr]
        else:
            W_gradient = layer.net.by_weights(a, W, delta, into.W[number])
            b_gradient = None if b is None else layer.bias.gradient(delta, into.b[number])  # type: ignore[union-attr]
        for weighed in penalties:
            c = coefficient(weighed.strength, weighed.factor, delta.shape[1])
            W_gradient += weighed.penalty.gradient(W, c)
            if weighed.biases and b is not None and b_gradient is not None:
                # Of a single sample, it is delta itself.
                b_gradient = np.add(
                    b_gradient, weighed.penalty.gradient(b, c), out=None if into is None else b_gradient
                )
        if stages.gradient is not None:
            W_gradient = stages.gradient(W_gradient, number)
            if b_gradient is not None:
                b_gradient = stages.gradient(b_gradient, bias_position(weights, number))
        W_gradients[number], b_gradients[number] = W_gradient, b_gradient
        if reroute is not None:
            W = reroute(number, W_gradient, b_gradient)
        if number:
            g = layer.net.by_senders(a, W, delta)
    return Pulled(deltas, Weights(W_gradients, b_gradients))


def bias_position(weights: Weights, layer: int) -> int:
    """Where a layer's biases stand in Weights.flat()."""
    return len(weights.W) + sum(b is not None for b in weights.b[:layer])
