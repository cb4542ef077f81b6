"""A loss says how wrong a prediction is, as one number a run, and which way it grows.

A loss is made of terms, one for each output of each sample; an objective adds them up, or takes their mean. The
factor is in the name and in the docstring: half_squared_error has its ½, squared_error has none. To add a loss, add
one record here and its name in the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from bprunner.nn.activations import largest, softplus
from bprunner.nn.arrays import Array
from bprunner.nn.contraction import total
from bprunner.nn.decimals import in_kind_of, positive_part, signs

Parameters = Mapping[str, Any]
"""A loss's own parameters by name, each (runs, 1, 1)."""

Reduction = Literal["sum", "mean"]
Term = Callable[[Array, Array, Parameters], Array]


@dataclass(frozen=True)
class Fused:
    """A loss together with the output activation, where the factors of the chain rule cancel.

    terms(net, out, target) are the loss's terms, finite where the activation saturates on the right side.
    delta(net, out, target) is ∂(Σ terms)/∂net: multiplied out, so that no digits are lost and nothing overflows.
    All are (runs, batch, units). Where the activation multiplies net by a slope, net here is that product.
    """

    terms: Callable[[Array, Array, Array], Array]
    delta: Callable[[Array, Array, Array], Array]


@dataclass(frozen=True)
class Loss:
    """The error is factor · Σ terms(prediction, target, parameters), summed or averaged.

    `slope` is ∂(factor · term)/∂prediction. Terms and slope are (runs, batch, units); target may have 1 in place of
    runs. `side` says on which side of its kinks each output is, as booleans; None for a loss without any.
    `fused` has the closed forms by the name of the output activation. `reductions` says what a declaration may say:
    "free" outputs and samples, each sum or mean; "samples" samples only, the outputs being summed; "mean" nothing:
    both are means.
    """

    terms: Term
    slope: Term
    side: Callable[[Array, Array, Parameters], Any] | None = None
    fused: Mapping[str, Fused] = field(default_factory=dict)
    reductions: Literal["free", "samples", "mean"] = "free"
    factor: float = 1.0


# Squares and distances


def _squares(prediction: Array, target: Array, _: Parameters) -> Array:
    difference = prediction - target
    return difference * difference


def _distances(prediction: Array, target: Array, _: Parameters) -> Array:
    result: Array = np.abs(prediction - target)
    return result


def _huber(prediction: Array, target: Array, parameters: Parameters) -> Array:
    """½ d² up to the threshold, threshold · (|d| − ½ threshold) beyond; d = prediction − target."""
    threshold = parameters["threshold"]
    distance = np.abs(prediction - target)
    beyond = threshold * (distance - 0.5 * threshold)
    result: Array = np.where(distance <= threshold, 0.5 * (distance * distance), beyond)
    return result


def _huber_slope(prediction: Array, target: Array, parameters: Parameters) -> Array:
    threshold = parameters["threshold"]
    difference = prediction - target
    result: Array = np.where(np.abs(difference) <= threshold, difference, threshold * signs(difference))
    return result


def _huber_side(prediction: Array, target: Array, parameters: Parameters) -> Any:
    """Inside or outside: the slope goes on there, its own slope does not."""
    return np.abs(prediction - target) <= parameters["threshold"]


def _hinge(prediction: Array, target: Array, parameters: Parameters) -> Array:
    """margin − t y where that is positive, else 0."""
    return positive_part(parameters["margin"] - target * prediction)


def _hinge_slope(prediction: Array, target: Array, parameters: Parameters) -> Array:
    """−t up to the margin, and at it: a perceptron is corrected whose output is 0."""
    result: Array = np.where(_hinge_side(prediction, target, parameters), 0.0 - target, 0.0)
    return in_kind_of(prediction, result)


def _hinge_side(prediction: Array, target: Array, parameters: Parameters) -> Any:
    return target * prediction <= parameters["margin"]


def _linear_slope(prediction: Array, target: Array, _: Parameters) -> Array:
    """A copy: a recorder reads it as one piece of memory, which a broadcast target is not."""
    return np.array(np.broadcast_to(target, prediction.shape), order="C")


# Cross-entropies


def _unless_both_zero(p: Array, t: Array) -> Array:
    """p, but 1 where p and t are 0: there t ln p and t / p count as 0."""
    return in_kind_of(p, np.where((p == 0.0) & (t == 0.0), 1.0, p))


def _cross_entropy(p: Array, t: Array, _: Parameters) -> Array:
    """−t ln p. (0.0 − x, not −x: no error is −0.)"""
    return 0.0 - t * np.log(_unless_both_zero(p, t))


def _cross_entropy_slope(p: Array, t: Array, _: Parameters) -> Array:
    return 0.0 - t / _unless_both_zero(p, t)


def _binary_cross_entropy(p: Array, t: Array, _: Parameters) -> Array:
    """−t ln p − (1 − t) ln(1 − p)."""
    q, u = 1.0 - p, 1.0 - t
    return 0.0 - t * np.log(_unless_both_zero(p, t)) - u * np.log(_unless_both_zero(q, u))


def _binary_cross_entropy_slope(p: Array, t: Array, _: Parameters) -> Array:
    q, u = 1.0 - p, 1.0 - t
    return u / _unless_both_zero(q, u) - t / _unless_both_zero(p, t)


# The smallest double that has all its digits: below it ln p tells less than net does.
_SMALLEST = 2.0**-1022


def _softmax_cross_entropy(net: Array, out: Array, target: Array) -> Array:
    """−t ln out; where out is 0 or nearly, −t (net − ln Σ e^net) instead."""
    vanished = out < _SMALLEST
    if not vanished.any():
        terms: Array = np.log(out)
        terms *= target
        return np.subtract(0.0, terms, out=terms)
    shifted = net - largest(net)
    from_net = shifted - np.log(total(np.exp(shifted), axis=2))
    from_out = np.log(in_kind_of(out, np.where(vanished, 1.0, out)))
    # A net input of −∞ beside a target of 0 counts as nothing, as 0 ln 0 does.
    from_net = np.where(target == 0.0, 0.0, from_net)
    return 0.0 - target * np.where(vanished, from_net, from_out)


def _softmax_cross_entropy_delta(_net: Array, out: Array, target: Array) -> Array:
    """out Σt − t, which is out − t where the targets of a sample add up to 1."""
    targets = total(target, axis=2)
    ones = targets == 1.0
    if ones.all():
        return out - target
    result: Array = np.where(ones, out, out * targets) - target
    return result


def _sigmoid_binary_cross_entropy(net: Array, out: Array, target: Array) -> Array:
    """−t ln out − (1 − t) ln(1 − out); where out is 0 (or nearly) or 1, from net instead."""
    saturated = (out < _SMALLEST) | (out == 1.0)
    if not saturated.any():
        return 0.0 - target * np.log(out) - (1.0 - target) * np.log(1.0 - out)
    p = in_kind_of(out, np.where(saturated, 0.5, out))
    from_out = 0.0 - target * np.log(p) - (1.0 - target) * np.log(1.0 - p)
    result: Array = np.where(saturated, _logistic_terms(net, target), from_out)
    return result


def _logistic_terms(net: Array, target: Array) -> Array:
    """t ln(1 + e^−net) + (1 − t) ln(1 + e^net): no difference of large numbers, as ln(1 + e^net) − t net has.

    What is multiplied by 0 is left out, for it may be infinite.
    """
    right, wrong = softplus(-net), softplus(net)
    mixed = target * right + (1.0 - target) * wrong
    result: Array = np.where(target == 0.0, wrong, np.where(target == 1.0, right, mixed))
    return result


def _difference(_net: Array, out: Array, target: Array) -> Array:
    return out - target


LOSSES: Mapping[str, Loss] = {
    "half_squared_error": Loss(_squares, lambda prediction, target, _: prediction - target, factor=0.5),
    "squared_error": Loss(_squares, lambda prediction, target, _: 2.0 * (prediction - target)),
    "absolute_error": Loss(
        _distances,
        lambda prediction, target, _: signs(prediction - target),
        side=lambda prediction, target, _: prediction > target,
    ),
    "huber": Loss(_huber, _huber_slope, _huber_side),
    "hinge": Loss(_hinge, _hinge_slope, _hinge_side),
    "binary_cross_entropy": Loss(
        _binary_cross_entropy,
        _binary_cross_entropy_slope,
        fused={"sigmoid": Fused(_sigmoid_binary_cross_entropy, _difference)},
    ),
    "cross_entropy": Loss(
        _cross_entropy,
        _cross_entropy_slope,
        fused={"softmax": Fused(_softmax_cross_entropy, _softmax_cross_entropy_delta)},
        reductions="samples",
    ),
    # Its slope is the target itself: a gradient that is given, not derived from a loss.
    "linear_error": Loss(lambda prediction, target, _: target * prediction, _linear_slope),
    "mean_squared_error": Loss(_squares, lambda prediction, target, _: 2.0 * (prediction - target), reductions="mean"),
    "mean_absolute_error": Loss(
        _distances,
        lambda prediction, target, _: signs(prediction - target),
        side=lambda prediction, target, _: prediction > target,
        reductions="mean",
    ),
}


@dataclass(frozen=True)
class Objective:
    """A loss as one experiment uses it: with its parameters, its reductions, and its closed form where it has one.

    net and out are those of the last layer, out being the prediction: (runs, batch, units). What is divided is
    divided once, at the end, by a whole number: outputs, samples, or their product. With a closed form, `parameters`
    holds the slope of the output activation, if that has one. `rounded`: out is what an author rounded, so a 0 or 1 is
    one, and no sign of saturation: the error is what the loss's own formula makes of it.
    """

    loss: Loss
    parameters: Parameters = field(default_factory=dict)
    outputs: Reduction = "sum"
    samples: Reduction = "sum"
    fused: Fused | None = None
    rounded: bool = False
    _is_sum: bool = field(init=False, default=False)
    _slope: Array | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_slope", None if self.fused is None else self.parameters.get("slope"))
        object.__setattr__(self, "_is_sum", self.outputs == self.samples == "sum")

    def value(self, net: Array, out: Array, target: Array) -> Array:
        """The error, (runs, 1, 1): summed over the outputs of each sample first, then over the samples."""
        # The path of every step, in one function: for a small network, calls cost as much as arithmetic.
        loss, fused = self.loss, None if self.rounded or self._slope is not None else self.fused
        terms = self._terms(net, out, target) if fused is None else fused.terms(net, out, target)
        _, batch, units = terms.shape
        error = terms if batch == units == 1 else total(total(terms, 2), 1)
        if loss.factor != 1.0:
            error *= loss.factor
        return error if self._is_sum else self._divided(error, out.shape)

    def per_sample(self, net: Array, out: Array, target: Array) -> Array:
        """The error of each sample, (runs, batch, 1), of which `value` is the sum or the mean."""
        terms = self._terms(net, out, target)
        summed = total(terms, axis=2)
        if self.loss.factor != 1.0:
            summed = self.loss.factor * summed
        return summed / out.shape[2] if self.outputs == "mean" and out.shape[2] > 1 else summed

    def gradient(self, out: Array, target: Array) -> Array:
        """∂value/∂out, (runs, batch, units)."""
        slope = self.loss.slope(out, target, self.parameters)
        return slope if self._is_sum else self._divided(slope, out.shape)

    def delta(self, net: Array, out: Array, target: Array) -> Array:
        """∂value/∂net, (runs, batch, units), in closed form: for an objective with `fused` alone."""
        if self.fused is None:
            raise ValueError("no closed form: pull the gradient back through the activation")
        delta = self.fused.delta(net, out, target)
        return self._divided(delta if self._slope is None else self._slope * delta, out.shape)

    def _terms(self, net: Array, out: Array, target: Array) -> Array:
        """By the loss's own formula, or in closed form, of slope · net where the activation has a slope."""
        if self.fused is None or self.rounded:
            return self.loss.terms(out, target, self.parameters)
        return self.fused.terms(net if self._slope is None else self._slope * net, out, target)

    def side(self, out: Array, target: Array) -> Any:
        """On which side of the loss's kinks each output is, (runs, batch, units); None for a smooth loss."""
        return None if self.loss.side is None else self.loss.side(out, target, self.parameters)

    def _divided(self, values: Array, shape: tuple[int, ...]) -> Array:
        """Values of nobody else's, divided in place."""
        divisor = (shape[2] if self.outputs == "mean" else 1) * (shape[1] if self.samples == "mean" else 1)
        if divisor != 1:
            values /= divisor
        return values


def objective(
    kind: str,
    parameters: Parameters,
    outputs: Reduction,
    samples: Reduction,
    activation: str,
    rounded: bool = False,
) -> Objective:
    """The objective of a loss by its name, with its closed form for the output activation of that name.

    A reduction that the loss fixes itself is the loss's, whatever is given. rounded: whether an author rounds outputs.
    """
    loss = LOSSES[kind]
    if loss.reductions == "mean":
        outputs, samples = "mean", "mean"
    elif loss.reductions == "samples":
        outputs = "sum"
    return Objective(loss, parameters, outputs, samples, loss.fused.get(activation), rounded)
