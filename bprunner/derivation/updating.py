"""Updating: from a gradient to a new weight, as the optimizer's own formulas, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from bprunner.derivation.formulas import exact
from bprunner.derivation.network import Network
from bprunner.derivation.products import product, total
from bprunner.derivation.symbols import Expr
from bprunner.spec.experiment import Experiment


@dataclass(frozen=True)
class Equation:
    """One equation, left = right, and why."""

    left: Expr
    right: Expr
    reason: str


def is_fixed(experiment: Experiment, name: str) -> bool:
    """Whether a weight or bias is never changed."""
    names, frozen = experiment.architecture.names, experiment.training.frozen or ()
    place = names.weights.get(name) or names.biases[name]
    layer = experiment.architecture.layers[place[0]]
    return name in frozen or layer.frozen or (name in names.biases and not layer.bias_trained)


def fixed_names(experiment: Experiment) -> tuple[str, ...]:
    """The weights and biases that are never changed."""
    names = experiment.architecture.names
    return tuple(name for name in (*names.weights, *names.biases) if is_fixed(experiment, name))


def update_equations(network: Network, name: str) -> tuple[Equation, ...]:
    """What the optimizer remembers afterwards, the update, and the new weight or bias; their left sides are symbols.

    Each right side has only symbols of the step, and left sides of the equations before.
    """
    s = network.symbols
    w, new, update = s.parameter(name), s.parameter(name, new=True), s.update(name)
    if is_fixed(network.experiment, name):
        return (Equation(update, sympy.Integer(0), "it is never changed"), Equation(new, w, "as it was"))
    optimizer: Any = network.experiment.training.optimizer
    equations = _Rules(network, name, optimizer).equations(update)
    return (*equations, Equation(new, total([w, update]), "the update is added"))


class _Rules:
    """One optimizer's rule for one weight or bias."""

    def __init__(self, network: Network, name: str, optimizer: Any) -> None:
        self._s, self._name, self._own = network.symbols, name, optimizer
        self._g, self._rate = self._s.gradient(name), self._s.rate(name)
        self._w = self._s.parameter(name)

    def equations(self, update: Expr) -> list[Equation]:
        kind = self._own.kind
        if kind == "gradient_descent":
            return [Equation(update, product(sympy.Integer(-1), self._rate, self._g), "gradient descent")]
        if kind in ("momentum", "nesterov"):
            velocity, change = self._momentum() if kind == "momentum" else self._nesterov()
            return [
                Equation(self._s.memory("velocity", self._name, new=True), velocity, "velocity"),
                Equation(update, change, kind),
            ]
        if kind in ("adagrad", "rmsprop"):
            whole = sympy.Integer(1)
            squares = self._squares(whole, whole) if kind == "adagrad" else self._squares(*_shares(self._own.decay))
            new = self._s.memory("squares", self._name, new=True)
            change = product(_MINUS, self._rate, self._g, 1 / self._root(new))
            return [Equation(new, squares, "squares"), Equation(update, change, kind)]
        return self._adam(update)

    def _velocities(self) -> tuple[Expr, Expr, Expr]:
        memory = self._s.memory
        return memory("velocity", self._name), memory("velocity", self._name, new=True), exact(self._own.momentum)

    def _momentum(self) -> tuple[Expr, Expr]:
        v, new, mu = self._velocities()
        step = product(_MINUS, self._rate, self._g)
        match self._own.form:
            case "classical":
                return total([product(mu, v), step]), new
            case "last_gradient":
                return step, total([new, product(mu, v)])
            case "averaged":
                kept, added = _shares(self._own.momentum)
                return total([product(kept, v), product(added, self._g)]), product(_MINUS, self._rate, new)
            case _:
                return total([product(mu, v), self._g]), product(_MINUS, self._rate, new)

    def _nesterov(self) -> tuple[Expr, Expr]:
        v, new, mu = self._velocities()
        if self._own.form == "classical":
            velocity = total([product(mu, v), product(_MINUS, self._rate, self._g)])
            return velocity, total([new, product(mu, total([new, -v]))])
        velocity = total([product(mu, v), self._g])
        return velocity, product(_MINUS, self._rate, total([self._g, product(mu, new)]))

    def _squares(self, kept: Expr, added: Expr) -> Expr:
        return total([product(kept, self._s.memory("squares", self._name)), product(added, self._g**2)])

    def _root(self, squares: Expr) -> Expr:
        epsilon = exact(self._own.epsilon)
        if getattr(self._own, "epsilon_place", "outside") == "inside":
            return sympy.sqrt(total([squares, epsilon]))
        return total([sympy.sqrt(squares), epsilon])

    def _adam(self, update: Expr) -> list[Equation]:
        own, memory, name = self._own, self._s.memory, self._name
        mean, squares = memory("mean", name, new=True), memory("squares", name, new=True)
        kept, added = _shares(own.beta1)
        found = [
            Equation(mean, total([product(kept, memory("mean", name)), product(added, self._g)]), "mean"),
            Equation(squares, self._squares(*_shares(own.beta2)), "squares"),
        ]
        t = self._s.number("count", "t", "t")
        short1, short2 = 1 - exact(own.beta1) ** t, 1 - exact(own.beta2) ** t
        if not own.bias_correction:
            change = product(_MINUS, self._rate, mean, 1 / self._root(squares))
        elif own.epsilon_place == "uncorrected":
            change = product(_MINUS, self._rate, sympy.sqrt(short2), mean, 1 / short1, 1 / self._root(squares))
        else:
            change = product(_MINUS, self._rate, mean, 1 / short1, 1 / self._root(squares / short2))
        if own.kind == "adamw":
            decay = product(_MINUS, self._rate, exact(own.weight_decay), self._w)
            change = total([decay, change])
        return [*found, Equation(update, change, own.kind)]


_MINUS = sympy.Integer(-1)


def _shares(kept: float) -> tuple[Expr, Expr]:
    """What is kept and what is added, 0.9 and (1 - 0.9)."""
    return exact(kept), sympy.Add(1, -exact(kept), evaluate=False)
