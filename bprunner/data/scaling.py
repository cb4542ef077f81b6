"""Scaling: each column is shifted and stretched by what the training samples show of it, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from bprunner.nn.arrays import Array

Scale = Callable[[Array], Array]
"""From a column (samples,) to the scaled one."""


def scale_of(how: str, training: Array) -> Scale:
    """The scale that a column's training samples, (samples,), ask for.

    standardise: (x − mean) / standard deviation, its divisor the number of samples. min_max: (x − minimum) /
    (maximum − minimum). Of a column that is constant in training there is nothing to learn: it becomes 0.

    Sums are exact before they are rounded once (math.fsum), so the order of the samples does not matter. All
    is computed on the numbers divided by a power of two, which changes no digit, so that nothing overflows.
    """
    low, high = float(np.min(training)), float(np.max(training))
    if low == high:
        return np.zeros_like
    _, exponent = math.frexp(max(abs(low), abs(high)))
    small = np.ldexp(training, -exponent)
    if how == "min_max":
        shift, width = math.ldexp(low, -exponent), math.ldexp(high, -exponent) - math.ldexp(low, -exponent)
    else:
        shift = math.fsum(small) / len(small)
        width = math.sqrt(math.fsum((small - shift) ** 2) / len(small))
    return lambda column: (np.ldexp(column, -exponent) - shift) / width


def scaled(how: str, training: Array, others: Array | None) -> tuple[Array, Array | None]:
    """Both parts, (samples, columns) each, scaled by what the training part shows, column by column."""
    scales = [scale_of(how, column) for column in training.T]
    return _with(scales, training), None if others is None else _with(scales, others)


def _with(scales: list[Scale], values: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.column_stack([scale(column) for scale, column in zip(scales, values.T, strict=True)])
