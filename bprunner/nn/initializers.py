"""An initializer draws one matrix of initial weights, or the biases, from a generator that it is given.

A shape is filled row by row. Which way round it stands is the caller's business; the two fans say how many weights
enter and leave. To add an initializer, add one record here and its name in the spec.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bprunner.nn.arrays import Array
from bprunner.nn.generators import Randomness

Shape = tuple[int, int]
Parameters = Mapping[str, Any]
Draw = Callable[[Randomness, Shape, tuple[int, int], Parameters], Array]


@dataclass(frozen=True)
class Initializer:
    """draw(source, shape, (fan_in, fan_out), parameters) gives an array of that shape.

    `draws` says whether it takes random numbers at all; what does not leaves the source alone.
    """

    draw: Draw
    draws: bool = True


def _zeros(_source: Randomness, shape: Shape, _fans: tuple[int, int], _: Parameters) -> Array:
    return np.zeros(shape)


def _constant(_source: Randomness, shape: Shape, _fans: tuple[int, int], parameters: Parameters) -> Array:
    return np.full(shape, float(parameters["value"]))


def _uniform(source: Randomness, shape: Shape, _fans: tuple[int, int], parameters: Parameters) -> Array:
    """Evenly in [low, high): low + (high − low) r."""
    low, high = parameters["low"], parameters["high"]
    result: Array = low + (high - low) * source.uniform(shape)
    return result


def _normal(source: Randomness, shape: Shape, _fans: tuple[int, int], parameters: Parameters) -> Array:
    """Gaussian with this mean and this standard deviation (scale): mean + scale g."""
    result: Array = parameters["mean"] + parameters["scale"] * source.normal(shape)
    return result


_WIDEST = 2.0


def _truncated_normal(source: Randomness, shape: Shape, _fans: tuple[int, int], parameters: Parameters) -> Array:
    """Gaussian, within two standard deviations (scale) of the mean.

    The whole matrix is drawn; then those that lie beyond are drawn again, row by row, all of them before any is
    looked at; and so on, until none is left.
    """
    g = source.normal(shape)
    while (beyond := np.abs(g) > _WIDEST).any():
        g[beyond] = source.normal((int(np.count_nonzero(beyond)),))
    result: Array = parameters["mean"] + parameters["scale"] * g
    return result


def _scaled_uniform(square: Callable[[int, int], float]) -> Initializer:
    """Evenly in [−limit, limit); limit = √square(fan_in, fan_out)."""

    def draw(source: Randomness, shape: Shape, fans: tuple[int, int], _: Parameters) -> Array:
        limit = math.sqrt(square(*fans))
        return _uniform(source, shape, fans, {"low": -limit, "high": limit})

    return Initializer(draw)


def _scaled_normal(square: Callable[[int, int], float]) -> Initializer:
    """Gaussian with mean 0 and standard deviation √square(fan_in, fan_out), not truncated."""

    def draw(source: Randomness, shape: Shape, fans: tuple[int, int], _: Parameters) -> Array:
        return math.sqrt(square(*fans)) * source.normal(shape)

    return Initializer(draw)


def _orthogonal(source: Randomness, shape: Shape, _fans: tuple[int, int], parameters: Parameters) -> Array:
    """gain times a matrix with orthonormal columns, or orthonormal rows where it has more columns than rows.

    It is the Q of the QR decomposition of a Gaussian matrix (of its transpose where it is wide) whose R has a positive
    diagonal, so it is spread evenly (Saxe, McClelland and Ganguli 2014).
    """
    g = source.normal(shape)
    wide = shape[0] < shape[1]
    rows = _orthonormal_rows(g if wide else g.T)
    gain: float = parameters["gain"]
    return gain * (rows if wide else np.ascontiguousarray(rows.T))


def _orthonormal_rows(vectors: Array) -> Array:
    """Each row freed of those before it, and scaled to length 1: Gram and Schmidt, each row twice, which is enough
    (Giraud, Langou and Rozložník 2005).

    No LAPACK: its last bits change with the library, its threads and the processor. Here they follow from the numbers
    alone, at any size: products and sums go over rows that lie together, in NumPy's own fixed order.
    """
    rows = np.ascontiguousarray(vectors).copy()
    for k in range(len(rows)):
        row = rows[k].copy()
        for _ in range(2):
            shares = np.sum(rows[:k] * row, axis=1, keepdims=True)
            row -= np.sum(shares * rows[:k], axis=0)
        rows[k] = row / math.sqrt(np.sum(row * row))
    return rows


def _drawn(source: Randomness, shape: Shape, fans: tuple[int, int], parameters: Parameters) -> Array:
    """A formula over r, evenly in [0, 1), g, Gaussian, and the fans. Only what it uses is drawn, r before g."""
    names = parameters["names"]
    values: dict[str, Array | float] = {"fan_in": float(fans[0]), "fan_out": float(fans[1])}
    if "r" in names:
        values["r"] = source.uniform(shape)
    if "g" in names:
        values["g"] = source.normal(shape)
    formula: Callable[[Mapping[str, Array | float]], Array] = parameters["formula"]
    # Where a formula has no value (ln of nothing), the weight is no finite number, and the run says so.
    with np.errstate(all="ignore"):
        return np.array(np.broadcast_to(formula(values), shape), dtype=np.float64)


INITIALIZERS: Mapping[str, Initializer] = {
    "zeros": Initializer(_zeros, draws=False),
    "constant": Initializer(_constant, draws=False),
    "uniform": Initializer(_uniform),
    "normal": Initializer(_normal),
    "truncated_normal": Initializer(_truncated_normal),
    # Glorot and Bengio 2010, He et al. 2015, LeCun et al. 1998: the variance is 2/(fan_in + fan_out), 2/fan_in,
    # 1/fan_in; an even distribution of that variance goes to √3 standard deviations.
    "glorot_uniform": _scaled_uniform(lambda fan_in, fan_out: 6 / (fan_in + fan_out)),
    "glorot_normal": _scaled_normal(lambda fan_in, fan_out: 2 / (fan_in + fan_out)),
    "he_uniform": _scaled_uniform(lambda fan_in, _: 6 / fan_in),
    "he_normal": _scaled_normal(lambda fan_in, _: 2 / fan_in),
    "lecun_uniform": _scaled_uniform(lambda fan_in, _: 3 / fan_in),
    "lecun_normal": _scaled_normal(lambda fan_in, _: 1 / fan_in),
    "orthogonal": Initializer(_orthogonal),
    "drawn": Initializer(_drawn),
}
