"""Curvature is how the gradient changes where the weights move: the error's second derivatives along a direction.

The product of the Hessian with a direction is exact, by the product rule through the forward and the backward pass
(B. A. Pearlmutter, "Fast exact multiplication by the Hessian", 1994). Each value has a second one beside it, `…_along`:
how fast it changes while weights and biases move along the direction. No matrix of second derivatives is needed.

What an activation, a loss, a penalty or a net input adds to this stands in the tables here, one entry for each. At a
kink there is no second derivative; on either side of it the straight pieces have none to add.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from bprunner.nn.activations import ACTIVATIONS, Parameters
from bprunner.nn.arrays import Array
from bprunner.nn.contraction import product, total
from bprunner.nn.losses import LOSSES, Objective
from bprunner.nn.nets import NETS, Net
from bprunner.nn.network import Layer, Weighed, Weights, backward, forward
from bprunner.nn.penalties import PENALTIES, coefficient


class Moving(NamedTuple):
    """A layer's net and out, (runs, batch, units), and how they change along a direction."""

    net: Array
    net_along: Array
    out: Array
    out_along: Array


Bend = Callable[[Array, Moving, Parameters], Array]
"""bend(g, moving, parameters): how the pullback of a fixed g = ∂error/∂out changes along the direction."""

Second = Callable[[Array, Array, Parameters], Array]


def _elementwise(second: Second) -> Bend:
    """Of an activation that acts on each unit alone: second(net, out, parameters) is its second derivative."""

    def bend(g: Array, moving: Moving, parameters: Parameters) -> Array:
        return g * second(moving.net, moving.out, parameters) * moving.net_along

    return bend


def _straight(g: Array, moving: Moving, _: Parameters) -> Array:
    return np.zeros(np.broadcast_shapes(g.shape, moving.net_along.shape))


def _logistic(x: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-x))


def _sigmoid(_net: Array, out: Array, parameters: Parameters) -> Array:
    """slope² · out (1 − out) (1 − 2 out)."""
    slope = parameters.get("slope", 1.0)
    result: Array = slope * slope * out * (1.0 - out) * (1.0 - 2.0 * out)
    return result


def _tanh(_net: Array, out: Array, parameters: Parameters) -> Array:
    """−2 slope² · out (1 − out² / height²)."""
    slope, height = parameters.get("slope", 1.0), parameters.get("height", 1.0)
    share = out / height
    result: Array = -2.0 * slope * slope * out * (1.0 - share * share)
    return result


def _elu(net: Array, _out: Array, parameters: Parameters) -> Array:
    result: Array = np.where(net > 0.0, 0.0, parameters["alpha"] * np.exp(-np.abs(net)))
    return result


def _softplus(net: Array, _out: Array, _: Parameters) -> Array:
    """s (1 − s), s = 1 / (1 + e^-net)."""
    return _logistic(net) * _logistic(-net)


def _gelu(net: Array, _out: Array, _: Parameters) -> Array:
    """(2 − net²) φ(net), φ(net) = e^(−net²/2) / √(2π)."""
    square = np.minimum(net * net, _FAR * _FAR)
    return (2.0 - square) * np.exp(-0.5 * square) * (1.0 / math.sqrt(2.0 * math.pi))


# Beyond it e^(−net²/2) is 0, and what stands before it need not overflow.
_FAR = 40.0


def _gelu_tanh(net: Array, _out: Array, _: Parameters) -> Array:
    """(net s)″ = 2 s′ + net s″ for s = 1 / (1 + e^-v), v = 2 √(2/π) (net + 0.044715 net³)."""
    x = np.clip(net, -_FAR, _FAR)
    factor, cubic = 2.0 * math.sqrt(2.0 / math.pi), 0.044715
    v = factor * (x + cubic * (x * x * x))
    v1, v2 = factor * (1.0 + (3.0 * cubic) * (x * x)), (factor * 6.0 * cubic) * x
    s, rest = _logistic(v), _logistic(-v)
    return s * rest * (2.0 * v1 + x * ((rest - s) * (v1 * v1) + v2))


def _softmax(g: Array, moving: Moving, _: Parameters) -> Array:
    """The pullback out (g − Σ g out), by the product rule."""
    out, along = moving.out, moving.out_along
    return along * (g - total(g * out, axis=2)) - out * total(g * along, axis=2)


def _gaussian(_net: Array, out: Array, parameters: Parameters) -> Array:
    """out / (2 width²)²."""
    twice_square = 2.0 * (parameters["width"] * parameters["width"])
    result: Array = out / (twice_square * twice_square)
    return result


BENDS: Mapping[str, Bend] = {
    "linear": _straight,
    "sigmoid": _elementwise(_sigmoid),
    "tanh": _elementwise(_tanh),
    "relu": _straight,
    "leaky_relu": _straight,
    "elu": _elementwise(_elu),
    "softplus": _elementwise(_softplus),
    "gelu": _elementwise(_gelu),
    "gelu_tanh": _elementwise(_gelu_tanh),
    "softmax": _softmax,
    "gaussian": _elementwise(_gaussian),
}
"""By the names of ACTIVATIONS, but for those with a declared derivative: these have no gradient, and so no Hessian."""


def _none(prediction: Array, _target: Array, _: Parameters) -> Array:
    return np.zeros_like(prediction)


def _share(part: Array, prediction: Array) -> Array:
    """part / prediction², and 0 where part is 0."""
    result: Array = np.where(part == 0.0, 0.0, part / (prediction * prediction))
    return result


def _binary_cross_entropy(p: Array, t: Array, _: Parameters) -> Array:
    return _share(t, p) + _share(1.0 - t, 1.0 - p)


def _huber(prediction: Array, target: Array, parameters: Parameters) -> Array:
    result: Array = np.where(np.abs(prediction - target) <= parameters["threshold"], 1.0, 0.0)
    return result


SECONDS: Mapping[str, Second] = {
    "half_squared_error": lambda prediction, _target, _: np.ones_like(prediction),
    "squared_error": lambda prediction, _target, _: np.full_like(prediction, 2.0),
    "absolute_error": _none,
    "huber": _huber,
    "hinge": _none,
    "binary_cross_entropy": _binary_cross_entropy,
    "cross_entropy": lambda p, t, _: _share(t, p),
    "linear_error": _none,
    "mean_squared_error": lambda prediction, _target, _: np.full_like(prediction, 2.0),
    "mean_absolute_error": _none,
}
"""By the names of LOSSES: the derivative of a loss's slope with respect to the prediction, (runs, batch, units)."""

FUSED_ALONG: Mapping[str, Callable[[Array, Array], Array]] = {
    "sigmoid": lambda out_along, _target: out_along,
    "softmax": lambda out_along, target: out_along * total(target, axis=2),
}
"""By the names of the output activations that have a closed form with a loss: how its delta changes."""

PENALTIES_ALONG: Mapping[str, Callable[[Array, Array], Array]] = {
    "l1": lambda along, c: np.zeros(np.broadcast_shapes(along.shape, c.shape)),
    "l2": lambda along, c: (2.0 * c) * along,
}
"""By the names of PENALTIES: how its gradient changes where the weights move, for c (runs, 1, 1) before the sum."""


def _sum_along(a: Array, W: Array, a_along: Array | None, W_along: Array) -> Array:
    own = product(a, W_along)
    return own if a_along is None else own + product(a_along, W)


def _distance_along(a: Array, W: Array, a_along: Array | None, W_along: Array) -> Array:
    """2 Σ (a − w) (a_along − w_along) over the senders."""
    moved = np.zeros_like(a) if a_along is None else a_along

    def term(sender: int) -> Array:
        here = slice(sender, sender + 1)
        result: Array = (a[:, :, here] - W[:, here]) * (moved[:, :, here] - W_along[:, here])
        return result

    result = term(0)
    for sender in range(1, W.shape[1]):
        result = result + term(sender)
    return 2.0 * result


NETS_ALONG: Mapping[str, Callable[[Array, Array, Array | None, Array], Array]] = {
    "weighted_sum": _sum_along,
    "squared_distance": _distance_along,
}
"""By the names of NETS: how the net input changes; a_along is None where the senders are the inputs, which stay."""


def has_curvature(layers: Sequence[Layer]) -> bool:
    """Whether the gradient of these layers is the derivative of their error, so that there is a Hessian."""
    return not any(layer.activation.declared for layer in layers)


def _name(table: Mapping[str, Any], record: Any) -> str:
    """What a record is called. Raises ValueError for one that its table does not have."""
    for name, each in table.items():
        if each is record:
            return name
    raise ValueError(f"not in its table: {record!r}")


class Curvature:
    """The error's second derivatives at one place, for all runs at once.

    weights and biases as Weights has them; inputs and target (runs or 1, batch, units). The error is that of
    `error_of`, penalties included. The passes there are made once, and every direction uses them.
    Raises ValueError where an activation follows a declared derivative.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        weights: Weights,
        inputs: Array,
        target: Array,
        objective: Objective,
        penalties: Sequence[Weighed] = (),
    ) -> None:
        if not has_curvature(layers):
            raise ValueError("a declared derivative is not the derivative of an error: there is no Hessian")
        self._layers, self._weights, self._inputs, self._target = layers, weights, inputs, target
        self._objective, self._penalties = objective, penalties
        self._passed = forward(layers, weights, inputs)
        self._pulled = backward(layers, weights, inputs, target, self._passed, objective, penalties=penalties)
        self._bends = [BENDS[_name(ACTIVATIONS, layer.activation)] for layer in layers]

    def along(self, direction: Weights) -> Weights:
        """The Hessian times a direction: how fast the gradient changes, in the direction's form.

        direction: as the weights are, (runs or 1, fan_in, fan_out) and (runs or 1, 1, fan_out or 1).
        """
        moving = self._forward_along(direction)
        W_result, b_result = list(direction.W), list(direction.b)
        g_along: Array | None = None
        for number in range(len(self._layers) - 1, -1, -1):
            layer, W = self._layers[number], self._weights.W[number]
            a = self._passed.out[number - 1] if number else self._inputs
            a_along = moving[number - 1].out_along if number else None
            delta, delta_along = self._pulled.delta[number], self._delta_along(number, moving[number], g_along)
            W_along = self._by_weights(layer.net, (a, a_along), (W, direction.W[number]), (delta, delta_along))
            for weighed in self._penalties:
                c = coefficient(weighed.strength, weighed.factor, delta.shape[1])
                W_along = W_along + PENALTIES_ALONG[_name(PENALTIES, weighed.penalty)](direction.W[number], c)
            W_result[number] = W_along
            if self._weights.b[number] is not None:
                # A bias's gradient is a sum of deltas.
                b_result[number] = layer.bias.gradient(delta_along)  # type: ignore[union-attr]
                b_result[number] = self._with_penalties(b_result[number], direction.b[number], delta.shape[1])
            if number:
                senders = layer.net.by_senders
                g_along = senders(a, W, delta_along) + senders(_present(a_along), direction.W[number], delta)
        return Weights(W_result, b_result)

    def _with_penalties(self, result: Array | None, b_along: Array | None, samples: int) -> Array | None:
        """A bias's change of gradient, with that of the penalties that go over biases."""
        for weighed in self._penalties:
            if weighed.biases and result is not None and b_along is not None:
                c = coefficient(weighed.strength, weighed.factor, samples)
                result = result + PENALTIES_ALONG[_name(PENALTIES, weighed.penalty)](b_along, c)
        return result

    def _forward_along(self, direction: Weights) -> list[Moving]:
        moving: list[Moving] = []
        for number, layer in enumerate(self._layers):
            a = self._passed.out[number - 1] if number else self._inputs
            a_along = moving[-1].out_along if number else None
            net_along = NETS_ALONG[_name(NETS, layer.net)](a, self._weights.W[number], a_along, direction.W[number])
            b_along = direction.b[number]
            if b_along is not None:
                # A bias is added or subtracted: its speed enters as it does.
                net_along = layer.bias.enter(net_along, b_along)  # type: ignore[union-attr]
            net, out = self._passed.net[number], self._passed.out[number]
            # ∂out/∂net is symmetric, so that the pullback carries forward, too.
            moving.append(Moving(net, net_along, out, layer.activation.pullback(net_along, net, out, layer.parameters)))
        return moving

    def _delta_along(self, number: int, moving: Moving, g_along: Array | None) -> Array:
        """How a layer's delta changes. g_along: how ∂error/∂out does, None for the last layer."""
        layer, objective = self._layers[number], self._objective
        if g_along is None and objective.fused is not None:
            change = FUSED_ALONG[_name(objective.loss.fused, objective.fused)]
            # The objective divides what it sums up: the closed form's place is taken by its change.
            fused = replace(objective.fused, delta=lambda _net, out_along, target: change(out_along, target))
            return replace(objective, fused=fused).delta(moving.net, moving.out_along, self._target)
        if g_along is None:
            g, g_along = self._slope(moving)
        else:
            g = self._gradient_by_out(number)
        own: Array = layer.activation.pullback(g_along, moving.net, moving.out, layer.parameters)
        return own + self._bends[number](g, moving, layer.parameters)

    def _slope(self, moving: Moving) -> tuple[Array, Array]:
        """∂error/∂prediction and how it changes."""
        objective, target = self._objective, self._target
        second = SECONDS[_name(LOSSES, objective.loss)]
        loss = replace(objective.loss, slope=lambda out, t, own: second(out, t, own) * moving.out_along)
        along = replace(objective, loss=loss).gradient(moving.out, target)
        return objective.gradient(moving.out, target), along

    def _gradient_by_out(self, number: int) -> Array:
        """∂error/∂out of a hidden layer, from the layer behind it."""
        behind, out = self._layers[number + 1], self._passed.out[number]
        return behind.net.by_senders(out, self._weights.W[number + 1], self._pulled.delta[number + 1])

    @staticmethod
    def _by_weights(
        net: Net, a: tuple[Array, Array | None], W: tuple[Array, Array], delta: tuple[Array, Array]
    ) -> Array:
        """∂error/∂W is linear in delta, and linear in senders and weights together. Each pair: the value, its speed."""
        result = net.by_weights(a[0], W[0], delta[1])
        if a[1] is None and net is NETS["weighted_sum"]:
            return result
        a_along = np.zeros_like(a[0]) if a[1] is None else a[1]
        return result + net.by_weights(a_along, W[1], delta[0])


def _present(array: Array | None) -> Array:
    """Behind the first layer, senders move."""
    assert array is not None
    return array
