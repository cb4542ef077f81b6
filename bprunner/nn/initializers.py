"""An initializer draws one matrix of initial weights from a random generator that it is given.

Matrices are drawn as (fan_out, fan_in), row by row: that is the order in which weights are numbered, by
receiving neuron, then by sender. To add an initializer, add one function here and its name in the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from bprunner.nn.arrays import Array

Initializer = Callable[[np.random.Generator, tuple[int, int], Mapping[str, float]], Array]
"""initializer(generator, (fan_out, fan_in), parameters) gives (fan_out, fan_in)."""


def _zeros(_generator: np.random.Generator, shape: tuple[int, int], _: Mapping[str, float]) -> Array:
    return np.zeros(shape)


def _constant(_generator: np.random.Generator, shape: tuple[int, int], parameters: Mapping[str, float]) -> Array:
    return np.full(shape, parameters["value"])


def _uniform(generator: np.random.Generator, shape: tuple[int, int], parameters: Mapping[str, float]) -> Array:
    """Evenly in [low, high)."""
    return generator.uniform(parameters["low"], parameters["high"], shape)


def _normal(generator: np.random.Generator, shape: tuple[int, int], parameters: Mapping[str, float]) -> Array:
    """Gaussian with this mean and this standard deviation (scale)."""
    return generator.normal(parameters["mean"], parameters["scale"], shape)


INITIALIZERS: Mapping[str, Initializer] = {
    "zeros": _zeros,
    "constant": _constant,
    "uniform": _uniform,
    "normal": _normal,
}
