"""Scaling: each column is shifted and stretched by what the training samples show of it, or divided by a number.

To add a scale, add one record here and its name in the spec.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bprunner.nn.arrays import Array

Scale = Callable[[Array], Array]
"""From a column (samples,) to the scaled one."""


Parameters = Mapping[str, Any]


def _standard(small: Array, parameters: Parameters) -> tuple[float, float]:
    """The mean, and the standard deviation with the number of samples as divisor, or one less."""
    divisor = len(small) - (parameters["divisor"] == "samples_minus_1")
    mean = math.fsum(small) / len(small)
    return mean, math.sqrt(math.fsum((small - mean) ** 2) / divisor)


def _range(small: Array, _: Parameters) -> tuple[float, float]:
    """The minimum, and the maximum less the minimum."""
    low, high = float(np.min(small)), float(np.max(small))
    return low, high - low


def _shown(measure: Callable[[Array, Parameters], tuple[float, float]]) -> Callable[[Array, Parameters], Scale]:
    """(x − shift) / width, both as a column's training samples show them. A constant becomes 0: it teaches nothing.

    Sums are exact before they are rounded once (math.fsum), so the order of the samples does not matter. All
    is computed on the numbers divided by a power of two, which changes no digit, so that nothing overflows.
    """

    def scale(training: Array, parameters: Parameters) -> Scale:
        low, high = float(np.min(training)), float(np.max(training))
        if low == high:
            return np.zeros_like
        _, exponent = math.frexp(max(abs(low), abs(high)))
        shift, width = measure(np.ldexp(training, -exponent), parameters)
        return lambda column: (np.ldexp(column, -exponent) - shift) / width

    return scale


def _divided(_: Array, parameters: Parameters) -> Scale:
    """x / by."""
    return lambda column: column / parameters["by"]


SCALES: Mapping[str, Callable[[Array, Parameters], Scale]] = {
    "standardise": _shown(_standard),
    "min_max": _shown(_range),
    "divide": _divided,
}
"""By name: from a column's training samples, (samples,), and the scale's own numbers to the scale."""


def scaled(how: str, parameters: Parameters, training: Array, others: Array | None) -> tuple[Array, Array | None]:
    """Both parts, (samples, columns) each, scaled by what the training part shows, column by column."""
    scales = [SCALES[how](column, parameters) for column in training.T]
    return _with(scales, training), None if others is None else _with(scales, others)


def _with(scales: list[Scale], values: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.column_stack([scale(column) for scale, column in zip(scales, values.T, strict=True)])
