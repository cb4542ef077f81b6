"""A loss says how wrong a prediction is, as one number a run, and which way it grows.

The factor is in the name and in the docstring: half_squared_error has its ½, squared_error has none,
mean_squared_error divides by the number of terms. To add a loss, add one record here and its name in the
spec.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bprunner.nn.arrays import Array
from bprunner.nn.contraction import total


@dataclass(frozen=True)
class Loss:
    """value(prediction, target) gives (runs, 1, 1); gradient(prediction, target) gives ∂value/∂prediction.

    Prediction and gradient are (runs, batch, units); target may have 1 in place of runs.
    """

    value: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]


def _sum(terms: Array) -> Array:
    """Over the outputs of each sample first, then over the samples: (runs, batch, units) to (runs, 1, 1)."""
    return total(total(terms, axis=2), axis=1)


def _squares(prediction: Array, target: Array) -> Array:
    difference = prediction - target
    return difference * difference


def _half_squared_error(prediction: Array, target: Array) -> Array:
    """½ Σ (prediction − target)², summed over outputs and samples."""
    return 0.5 * _sum(_squares(prediction, target))


def _squared_error(prediction: Array, target: Array) -> Array:
    """Σ (prediction − target)², summed over outputs and samples."""
    return _sum(_squares(prediction, target))


def _terms(prediction: Array) -> int:
    return int(prediction.shape[1] * prediction.shape[2])


def _mean_squared_error(prediction: Array, target: Array) -> Array:
    """Σ (prediction − target)² / (samples × outputs)."""
    return _sum(_squares(prediction, target)) / _terms(prediction)


LOSSES: Mapping[str, Loss] = {
    "half_squared_error": Loss(
        value=_half_squared_error,
        gradient=lambda prediction, target: prediction - target,
    ),
    "squared_error": Loss(
        value=_squared_error,
        gradient=lambda prediction, target: 2.0 * (prediction - target),
    ),
    "mean_squared_error": Loss(
        value=_mean_squared_error,
        gradient=lambda prediction, target: 2.0 * (prediction - target) / _terms(prediction),
    ),
}
