"""The analytic gradient held against a numeric one: each weight is nudged, and the error looked at.

Central differences in two widths, extrapolated (Richardson), leave an error of the order h⁴. A weight whose
nudge carries some neuron across a kink of its activation has no derivative to compare with in that
direction; it is counted, not compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bprunner.nn.arrays import Array
from bprunner.nn.losses import Loss
from bprunner.nn.network import Layer, Weights, backward, forward


@dataclass(frozen=True)
class GradientCheck:
    """The largest relative difference, |analytic − numeric| / max(|analytic|, |numeric|, floor).

    The floor is 1e-6 of the largest gradient (and at least 1e-8): below it both are zero for this purpose.
    `compared` and `at_kinks` count weights and biases; `worst` says (layer, "W" or "b", index) of the largest.
    """

    largest: float
    compared: int
    at_kinks: int
    worst: tuple[int, str, tuple[int, int]] | None


def check_gradients(
    layers: Sequence[Layer], weights: Weights, inputs: Array, target: Array, loss: Loss, width: float = 1e-3
) -> GradientCheck:
    """Compares every weight and bias of the one run that `weights` holds (runs = 1)."""
    passed = forward(layers, weights, inputs)
    pulled = backward(layers, weights, inputs, target, passed, loss)
    largest, worst, compared, at_kinks = 0.0, None, 0, 0
    floor = max(1e-8, 1e-6 * max(float(np.max(np.abs(part))) for part in pulled.gradient.flat()))
    for kind, parts in zip("Wb", pulled.gradient, strict=True):
        for number, analytic in enumerate(parts):
            if analytic is None:
                continue
            for index in np.ndindex(analytic.shape[1:]):
                numeric = _numeric(layers, weights, inputs, target, loss, (number, kind, (0, *index)), width)
                if numeric is None:
                    at_kinks += 1
                    continue
                compared += 1
                exact = float(analytic[(0, *index)])
                difference = _difference(exact, numeric, floor)
                if difference > largest or worst is None:
                    largest, worst = max(largest, difference), (number, kind, (index[0], index[1]))
    return GradientCheck(largest, compared, at_kinks, worst)


def _difference(exact: float, numeric: float, floor: float) -> float:
    """Relative; infinite where either side is no finite number, so that it cannot pass for agreement."""
    if not (math.isfinite(exact) and math.isfinite(numeric)):
        return math.inf
    return abs(exact - numeric) / max(abs(exact), abs(numeric), floor)


def _numeric(
    layers: Sequence[Layer],
    weights: Weights,
    inputs: Array,
    target: Array,
    loss: Loss,
    where: tuple[int, str, tuple[int, ...]],
    width: float,
) -> float | None:
    """The derivative by differences, or None where a nudge crosses a kink."""
    number, kind, index = where
    nudged = weights.like([part.copy() for part in weights.flat()])
    cell = nudged.W[number] if kind == "W" else nudged.b[number]
    assert cell is not None
    here = cell[index]
    step = width * max(1.0, abs(here))
    errors, sides = [], set()
    for shift in (-step, -step / 2, step / 2, step):
        cell[index] = here + shift
        passed = forward(layers, nudged, inputs)
        sides.add(_sides(layers, passed.net))
        errors.append(float(loss.value(passed.out[-1], target)[0, 0, 0]))
    if len(sides) > 1:
        return None
    wide, narrow = (errors[3] - errors[0]) / (2 * step), (errors[2] - errors[1]) / step
    return float((4 * narrow - wide) / 3)


def _sides(layers: Sequence[Layer], nets: Sequence[Array]) -> bytes:
    """On which side of its activation's kinks each neuron is."""
    return b"".join(
        (net > kink).tobytes() for layer, net in zip(layers, nets, strict=True) for kink in layer.activation.kinks
    )
