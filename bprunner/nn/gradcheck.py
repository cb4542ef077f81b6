"""The analytic gradient held against a numeric one: each weight is nudged, and the error looked at.

Central differences in two widths, extrapolated (Richardson), leave an error of the order h⁴. Where the error's last
bits drown so small a nudge, a wider one is tried. A weight whose
nudge carries some neuron, some output or itself across a kink has no derivative to compare with in that direction;
it is counted, not compared. So is a weight whose gradient goes through an activation whose derivative is declared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bprunner.nn.arrays import Array
from bprunner.nn.losses import Objective
from bprunner.nn.network import Layer, Passed, Weighed, Weights, backward, error_of, forward


@dataclass(frozen=True)
class GradientCheck:
    """The largest relative difference, |analytic − numeric| / max(|analytic|, |numeric|, floor).

    The floor is 1e-6 of the largest gradient (and at least 1e-8): below it both are zero for this purpose.
    `compared`, `at_kinks` and `declared` count weights and biases; `worst` says (layer, "W" or "b", index) of the
    largest.
    """

    largest: float
    compared: int
    at_kinks: int
    worst: tuple[int, str, tuple[int, int]] | None
    declared: int = 0


@dataclass(frozen=True)
class _Setting:
    """What stays as it is while a weight is nudged."""

    layers: Sequence[Layer]
    inputs: Array
    target: Array
    objective: Objective
    penalties: Sequence[Weighed]
    width: float


def check_gradients(
    layers: Sequence[Layer],
    weights: Weights,
    inputs: Array,
    target: Array,
    objective: Objective,
    penalties: Sequence[Weighed] = (),
    width: float = 1e-3,
) -> GradientCheck:
    """Compares every weight and bias of the one run that `weights` holds (runs = 1)."""
    setting = _Setting(layers, inputs, target, objective, penalties, width)
    passed = forward(layers, weights, inputs)
    pulled = backward(layers, weights, inputs, target, passed, objective, penalties=penalties)
    first_true = max((number + 1 for number, layer in enumerate(layers) if layer.activation.declared), default=0)
    largest, worst, compared, at_kinks, declared = 0.0, None, 0, 0, 0
    floor = max(1e-8, 1e-6 * max(float(np.max(np.abs(part))) for part in pulled.gradient.flat()))
    for kind, parts in zip("Wb", pulled.gradient, strict=True):
        for number, analytic in enumerate(parts):
            if analytic is None:
                continue
            if number < first_true:
                declared += int(analytic[0].size)
                continue
            for index in np.ndindex(analytic.shape[1:]):
                difference = _compared(setting, weights, (number, kind, (0, *index)), analytic, floor)
                if difference is None:
                    at_kinks += 1
                    continue
                compared += 1
                if difference > largest or worst is None:
                    largest, worst = max(largest, difference), (number, kind, (index[0], index[1]))
    return GradientCheck(largest, compared, at_kinks, worst, declared)


_Where = tuple[int, str, tuple[int, ...]]
_DOUBTFUL, _WIDER = 1e-8, 10.0


def _compared(setting: _Setting, weights: Weights, where: _Where, analytic: Array, floor: float) -> float | None:
    """The difference at one weight or bias; None where a nudge crosses a kink."""
    exact = float(analytic[where[2]])
    numeric = _numeric(setting, weights, where)
    if numeric is None:
        return None
    difference = _difference(exact, numeric, floor)
    if difference <= _DOUBTFUL:
        return difference
    wider = _numeric(replace(setting, width=_WIDER * setting.width), weights, where)
    return difference if wider is None else min(difference, _difference(exact, wider, floor))


def _difference(exact: float, numeric: float, floor: float) -> float:
    """Relative; infinite where either side is no finite number, so that it cannot pass for agreement."""
    if not (math.isfinite(exact) and math.isfinite(numeric)):
        return math.inf
    return abs(exact - numeric) / max(abs(exact), abs(numeric), floor)


def _numeric(setting: _Setting, weights: Weights, where: _Where) -> float | None:
    """The derivative by differences, or None where a nudge crosses a kink."""
    number, kind, index = where
    nudged = weights.like([part.copy() for part in weights.flat()])
    cell = nudged.W[number] if kind == "W" else nudged.b[number]
    assert cell is not None
    here = cell[index]
    step = setting.width * max(1.0, abs(here))
    errors, sides = [], set()
    for shift in (-step, -step / 2, step / 2, step):
        cell[index] = here + shift
        passed = forward(setting.layers, nudged, setting.inputs)
        sides.add(_sides(setting, passed, cell[index], is_bias=kind == "b"))
        error = error_of(setting.objective, passed, setting.target, nudged, setting.penalties)
        errors.append(float(error[0, 0, 0]))
    if len(sides) > 1:
        return None
    wide, narrow = (errors[3] - errors[0]) / (2 * step), (errors[2] - errors[1]) / step
    return float((4 * narrow - wide) / 3)


def _sides(setting: _Setting, passed: Passed, weight: float, is_bias: bool) -> bytes:
    """On which side of its activation's kinks each neuron is, of the loss's each output, of a penalty's the weight."""
    parts = [
        (net > kink).tobytes()
        for layer, net in zip(setting.layers, passed.net, strict=True)
        for kink in layer.activation.kinks
    ]
    side = setting.objective.side(passed.out[-1], setting.target)
    parts += [] if side is None else [np.asarray(side).tobytes()]
    penalties = [weighed for weighed in setting.penalties if weighed.biases or not is_bias]
    parts += [bytes([bool(weight > kink)]) for weighed in penalties for kink in weighed.penalty.kinks]
    return b"".join(parts)
