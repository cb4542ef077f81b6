"""Students: a small network worked through in plain NumPy, as a class does it, with mistakes if that is wished.

Nothing here is bprunner's but the names. A student may also round every number before going on with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

import numpy as np

import bprunner
from bprunner import Run
from bprunner.grading import Grader, Grades

INPUTS = np.array([0.7, -1.3])
TARGETS = np.array([0.9, 0.15])
WEIGHTS = (np.array([[0.31, -0.42], [0.55, 0.27]]), np.array([[0.83, -0.36], [-0.47, 0.64]]))
BIASES = (np.array([0.12, -0.21]), np.array([0.33, 0.18]))
RATE = 0.4
SLOPES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "linear": (lambda net: net, lambda out: 1.0 + 0 * out),
    "sigmoid": (lambda net: 1 / (1 + np.exp(-net)), lambda out: out * (1 - out)),
    "tanh": (np.tanh, lambda out: 1 - out**2),
}
W = (("w1", "w2", "w3", "w4"), ("w5", "w6", "w7", "w8"))
B = (("b1", "b2"), ("b3", "b4"))
NEURONS = (("h1", "h2"), ("o1", "o2"))

Figures = dict[tuple[int, str], float]


@dataclass(frozen=True)
class Case:
    """2-2-2, one sample."""

    activation: str = "sigmoid"
    loss: str = "half_squared_error"
    order: str = "simultaneous"

    def run(self) -> Run:
        layer = {"units": 2, "activation": self.activation, "bias": "trained"}
        weights = dict(zip(W[0] + W[1], [*WEIGHTS[0].T.ravel(), *WEIGHTS[1].T.ravel()], strict=True))
        biases = dict(zip(B[0] + B[1], [*BIASES[0], *BIASES[1]], strict=True))
        return bprunner.run(
            {
                "name": "class",
                "architecture": {"inputs": 2, "layers": [layer, layer]},
                "initial_weights": {name: float(value) for name, value in {**weights, **biases}.items()},
                "dataset": {"inputs": [INPUTS.tolist()], "targets": [TARGETS.tolist()]},
                "training": {
                    "loss": self.loss,
                    "optimizer": "gradient_descent",
                    "learning_rate": RATE,
                    "epochs": 2,
                    "update_order": self.order,
                },
            }
        )


@dataclass(frozen=True)
class Student:
    """How one works. `mistakes` are flags that the code below asks for; `keep` is what is gone on with."""

    case: Case
    mistakes: frozenset[str] = frozenset()
    keep: Callable[[Any], Any] = lambda number: number

    def figures(self, steps: int = 2) -> Figures:
        """Every number of the first steps, in the order of the work."""
        w, b = [each.copy() for each in WEIGHTS], [each.copy() for each in BIASES]
        found: Figures = {}
        for step in range(steps):
            outs = self.forward(found, step, w, b)
            if step < steps - 1:
                w, b = self.backward(found, step, w, b, outs)
        return found

    def has(self, mistake: str) -> bool:
        return mistake in self.mistakes

    def forward(self, found: Figures, step: int, w: list[Any], b: list[Any]) -> list[Any]:
        f, outs = SLOPES[self.case.activation][0], [INPUTS]
        for layer in (0, 1):
            bias = 0 if self.has(f"forgotten_bias {layer}") else b[layer]
            net = self.keep(outs[-1] @ w[layer] + bias)
            self.note(found, step, "net", NEURONS[layer], net)
            out = net if self.has(f"forgotten_activation {layer}") else self.keep(f(net))
            self.note(found, step, "out", NEURONS[layer], out)
            outs.append(out)
        self.note(found, step, "prediction", NEURONS[1], outs[-1])
        squares = np.sum((outs[-1] - TARGETS) ** 2)
        is_half = (self.case.loss == "half_squared_error") != self.has("half of the error")
        found[step, "error"] = float(self.keep(squares / 2 if is_half else squares))
        return outs

    def backward(self, found: Figures, step: int, w: list[Any], b: list[Any], outs: list[Any]) -> tuple[list[Any], Any]:
        slope = SLOPES[self.case.activation][1]
        off = outs[2] - TARGETS if not self.has("target_minus_prediction") else TARGETS - outs[2]
        twice = (self.case.loss == "squared_error") != self.has("half of the derivative")
        d2 = self.keep((2 if twice else 1) * off * (1 if self.has("no_derivative 1") else slope(outs[2])))
        new2 = self.updated(found, step, 1, w, b, outs, d2)
        through = w[1] if (self.case.order == "simultaneous") != self.has("other weights") else new2[0]
        d1 = self.keep((d2 @ through.T) * (1 if self.has("no_derivative 0") else slope(outs[1])))
        new1 = self.updated(found, step, 0, w, b, outs, d1)
        return [new1[0], new2[0]], [new1[1], new2[1]]

    def updated(
        self, found: Figures, step: int, layer: int, w: list[Any], b: list[Any], outs: list[Any], delta: Any
    ) -> tuple[Any, Any]:
        self.note(found, step, "delta", NEURONS[layer], delta)
        gradients = self.keep(np.outer(outs[layer], delta)), delta
        rate = 1.0 if self.has("missing_learning_rate") else RATE
        updates = [self.keep(-rate * each) for each in gradients]
        sign = -1 if self.has("added_update") else 1
        new = tuple(self.keep(old + sign * each) for old, each in zip((w[layer], b[layer]), updates, strict=True))
        for quantity, (of_w, of_b), at in (
            ("gradient", gradients, step),
            ("update", updates, step),
            ("", new, step + 1),
        ):
            self.note(found, at, quantity or "weight", W[layer], of_w.T.ravel())
            self.note(found, at, quantity or "bias", B[layer], of_b)
        return new

    def note(self, found: Figures, step: int, quantity: str, names: tuple[str, ...], values: Any) -> None:
        found |= {(step, f"{quantity}.{name}"): float(value) for name, value in zip(names, values, strict=True)}


def written(value: float, decimals: int) -> Decimal:
    """A number as somebody writes it down."""
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


class Digits(float):
    """A number for a file of answers, with its digits."""

    def __new__(cls, number: Decimal) -> Digits:
        made = super().__new__(cls, float(number))
        made.text = format(number, "f")  # type: ignore[attr-defined]
        return made


def sheet(figures: dict[tuple[int, str], Decimal]) -> list[dict[str, Any]]:
    """The figures as entries of a file of answers."""
    entries = []
    for (step, name), number in figures.items():
        quantity, _, part = name.partition(".")
        entries.append({"step": step, quantity: {part: Digits(number)} if part else Digits(number)})
    return entries


@cache
def grader(case: Case) -> Grader:
    run = case.run()
    return Grader(run.experiment, run.samples, run.trace)


def graded(case: Case, figures: dict[tuple[int, str], Decimal]) -> Grades:
    return grader(case).grade(sheet(figures))
