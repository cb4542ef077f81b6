"""An optimizer turns gradients into updates. It never touches the weights.

Two pure functions: init makes the state before the first step, update gives what is to be added and the
next state. Arrays come as flat sequences, one for each weight matrix and bias vector of the network. To add
an optimizer, add one record here and its name in the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from bprunner.nn.arrays import Array

State: TypeAlias = Any
"""Whatever an optimizer remembers from step to step; None where it remembers nothing."""

Hyperparameters = Mapping[str, Array]
"""Its numbers by name, each (runs, 1, 1); `learning_rate` is always there."""


@dataclass(frozen=True)
class Optimizer:
    """init(parameters) gives the state; update(gradients, state, hyperparameters) gives (updates, state)."""

    init: Callable[[Sequence[Array]], State]
    update: Callable[[Sequence[Array], State, Hyperparameters], tuple[list[Array], State]]


def _gradient_descent(
    gradients: Sequence[Array], state: State, hyperparameters: Hyperparameters
) -> tuple[list[Array], State]:
    """−learning_rate · gradient."""
    factor = -hyperparameters["learning_rate"]
    return [factor * gradient for gradient in gradients], state


OPTIMIZERS: Mapping[str, Optimizer] = {
    "gradient_descent": Optimizer(init=lambda _: None, update=_gradient_descent),
}
