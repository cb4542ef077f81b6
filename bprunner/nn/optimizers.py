"""An optimizer turns gradients into updates. It never touches the weights.

Each is one pure function for one weight matrix or bias vector: from the gradient, the parameter and what the
optimizer remembers (its slots), to what is to be added and the next slots. To add an optimizer, add one record here
and its name in the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bprunner.nn.arrays import Array

Slots = tuple[Array, ...]
Numbers = Mapping[str, Any]
"""What an optimizer is told, by name: its numbers as (runs, 1, 1), its forms as names.

Always there: `learning_rate` (η below), `factor` = −η, and `count` (t below), a float: how many updates there have
been, this one included.
"""


@dataclass(frozen=True)
class Optimizer:
    """update(gradient, parameter, slots, numbers) gives (update, slots); all arrays have the parameter's shape.

    `slots` names what is remembered, in the order in which it is passed.
    """

    slots: tuple[str, ...]
    update: Callable[[Array, Array, Slots, Numbers], tuple[Array, Slots]]


def _gradient_descent(g: Array, _parameter: Array, slots: Slots, numbers: Numbers) -> tuple[Array, Slots]:
    """−η g."""
    return numbers["factor"] * g, slots


def _momentum(g: Array, _parameter: Array, slots: Slots, numbers: Numbers) -> tuple[Array, Slots]:
    """classical: v = μ v − η g, and v is the update. averaged: v = μ v + (1 − μ) g, accumulated: v = μ v + g;
    the update is −η v (the forms of deeplearning.ai and of PyTorch). last_gradient: v' = −η g, the update v' + μ v."""
    mu, factor = numbers["momentum"], numbers["factor"]
    if numbers["form"] == "last_gradient":
        velocity = factor * g
        return velocity + mu * slots[0], (velocity,)
    if numbers["form"] == "classical":
        velocity = mu * slots[0] + factor * g
        return velocity, (velocity,)
    velocity = mu * slots[0] + ((1.0 - mu) * g if numbers["form"] == "averaged" else g)
    return factor * velocity, (velocity,)


def _nesterov(g: Array, _parameter: Array, slots: Slots, numbers: Numbers) -> tuple[Array, Slots]:
    """classical: v' = μ v − η g, the update v' + μ (v' − v), as CS231n has it. accumulated: v = μ v + g,
    the update −η (g + μ v), as PyTorch has it."""
    mu, factor = numbers["momentum"], numbers["factor"]
    if numbers["form"] == "classical":
        velocity = mu * slots[0] + factor * g
        return velocity + mu * (velocity - slots[0]), (velocity,)
    velocity = mu * slots[0] + g
    return factor * (g + mu * velocity), (velocity,)


def _adagrad(g: Array, _parameter: Array, slots: Slots, numbers: Numbers) -> tuple[Array, Slots]:
    """s = s + g², the update −η g / (√s + ε)."""
    squares = slots[0] + g * g
    return numbers["factor"] * g / (np.sqrt(squares) + numbers["epsilon"]), (squares,)


def _root(squares: Array, numbers: Numbers) -> Array:
    """√s + ε, or √(s + ε) where ε stands inside."""
    epsilon = numbers["epsilon"]
    if numbers["epsilon_place"] == "inside":
        inside: Array = np.sqrt(squares + epsilon)
        return inside
    outside: Array = np.sqrt(squares) + epsilon
    return outside


def _rmsprop(g: Array, _parameter: Array, slots: Slots, numbers: Numbers) -> tuple[Array, Slots]:
    """s = decay s + (1 − decay) g², the update −η g / (√s + ε), or −η g / √(s + ε)."""
    decay = numbers["decay"]
    squares = decay * slots[0] + (1.0 - decay) * (g * g)
    return numbers["factor"] * g / _root(squares, numbers), (squares,)


def _adam(g: Array, _parameter: Array, slots: Slots, numbers: Numbers) -> tuple[Array, Slots]:
    """m = β₁ m + (1 − β₁) g, v = β₂ v + (1 − β₂) g²; with bias correction m̂ = m / (1 − β₁^t), v̂ = v / (1 − β₂^t).

    outside: −η m̂ / (√v̂ + ε). inside: −η m̂ / √(v̂ + ε). uncorrected: ε stands beside √v before its correction,
    −η √(1 − β₂^t) / (1 − β₁^t) · m / (√v + ε), Kingma and Ba's "epsilon hat" (section 2).
    """
    beta1, beta2 = numbers["beta1"], numbers["beta2"]
    mean = beta1 * slots[0] + (1.0 - beta1) * g
    squares = beta2 * slots[1] + (1.0 - beta2) * (g * g)
    return _adam_update(mean, squares, numbers), (mean, squares)


def _adam_update(mean: Array, squares: Array, numbers: Numbers) -> Array:
    factor: Array = numbers["factor"]
    if not numbers["bias_correction"]:
        return factor * mean / _root(squares, numbers)
    short1, short2 = _shortfall(numbers["beta1"], numbers), _shortfall(numbers["beta2"], numbers)
    if numbers["epsilon_place"] == "uncorrected":
        size: Array = factor * np.sqrt(short2) / short1
        return size * mean / _root(squares, numbers)
    return factor * (mean / short1) / _root(squares / short2, numbers)


def _shortfall(beta: Array, numbers: Numbers) -> Array:
    """1 − β^t: what an average that started from 0 has seen so far."""
    # Through memory that runs backwards NumPy takes another power function, with other last bits.
    result: Array = 1.0 - np.power(np.ascontiguousarray(beta), numbers["count"])
    return result


def _adamw(g: Array, parameter: Array, slots: Slots, numbers: Numbers) -> tuple[Array, Slots]:
    """Adam's update, and −η · weight_decay · weight beside it (decoupled, as in PyTorch)."""
    update, slots = _adam(g, parameter, slots, numbers)
    return numbers["factor"] * numbers["weight_decay"] * parameter + update, slots


OPTIMIZERS: Mapping[str, Optimizer] = {
    "gradient_descent": Optimizer((), _gradient_descent),
    "momentum": Optimizer(("velocity",), _momentum),
    "nesterov": Optimizer(("velocity",), _nesterov),
    "adagrad": Optimizer(("squares",), _adagrad),
    "rmsprop": Optimizer(("squares",), _rmsprop),
    "adam": Optimizer(("mean", "squares"), _adam),
    "adamw": Optimizer(("mean", "squares"), _adamw),
}
