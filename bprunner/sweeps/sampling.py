"""Sampling draws the cells of a sweep from distributions: each by itself, or spread evenly over all of them.

Points of the unit cube come from NumPy or SciPy, from the declared seed alone; here they become values.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from scipy.special import ndtri
from scipy.stats import qmc

from bprunner.nn.arrays import Array
from bprunner.spec.sweep import Sample

DIGITS: Final = 12
"""How many significant digits a drawn number has: the last ones of a logarithm differ between computers."""

_LEAST, _MOST = 2.0**-54, 1 - 2.0**-53


def draw(sample: Sample) -> list[tuple[int | float, ...]]:
    """The cells of a sample: for each a number for each path, in order; of a `choice` the position of its value.

    The same declaration always draws the same.
    """
    points = _points(sample.method, sample.drawing.count, len(sample.of), sample.drawing.seed)
    distributions = list(sample.of.values())
    return [tuple(map(value_at, distributions, row)) for row in points.tolist()]


def _points(method: str, count: int, dimensions: int, seed: int) -> Array:
    """(count, dimensions), each in [0, 1)."""
    generator = np.random.default_rng(seed)
    if method == "random":
        return generator.random((count, dimensions))
    if method == "latin_hypercube":
        drawn: Array = qmc.LatinHypercube(dimensions, seed=generator).random(count)
        return drawn
    # A whole power of 2 is drawn, and the rest left off: its beginning is what SciPy would warn about, and give.
    whole: Array = qmc.Sobol(dimensions, seed=generator).random_base2(max(0, (count - 1).bit_length()))
    return whole[:count]


def value_at(distribution: Any, share: float) -> int | float:
    """The value of a distribution below which this share of it lies, 0 ≤ share < 1; of a choice the position."""
    match distribution.kind:
        case "uniform":
            low, high = distribution.from_, distribution.to
            # Of far ends the difference may be beyond the doubles, so each is taken by itself.
            return _rounded(low * (1 - share) + high * share, low, high)
        case "log_uniform":
            low, high = distribution.from_, distribution.to
            logarithm = math.log(low) * (1 - share) + math.log(high) * share
            return _rounded(math.exp(min(logarithm, math.log(high))), low, high)
        case "normal":
            z = float(ndtri(min(max(share, _LEAST), _MOST)))
            return _rounded(distribution.mean + distribution.scale * z)
        case "integers":
            return int(distribution.from_ + math.floor(share * (distribution.to - distribution.from_ + 1)))
        case _:
            return math.floor(share * len(distribution.values))


def _rounded(value: float, low: float = -math.inf, high: float = math.inf) -> float:
    return min(max(float(f"{value:.{DIGITS}g}"), low), high)
