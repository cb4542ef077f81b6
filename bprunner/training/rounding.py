"""Carried rounding: what an author's arithmetic makes of a value before the next stage starts from it.

Roundings that are only printed change nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bprunner.nn.arrays import Array
from bprunner.nn.network import Stage, Stages, Weights
from bprunner.nn.rounding import rounder
from bprunner.spec.arithmetic import QUANTITIES, Arithmetic, Rounding
from bprunner.spec.naming import Names

Round = Callable[[Array], Array]


def stages(arithmetic: Arithmetic, names: Names, weights: Weights) -> Stages:
    """The roundings that the next stage starts from, by quantity."""
    declared: dict[str, dict[str, Round]] = {quantity: {} for quantity in QUANTITIES}
    for quantity, name, rounding in arithmetic.declared():
        if rounding.carried:
            declared[quantity][name] = _round(rounding)
    made: dict[str, Any] = {}
    for quantity, by_name in declared.items():
        if "" in by_name:
            made[quantity] = _everywhere(by_name[""])
        elif by_name:
            neurons = quantity in ("net", "out", "prediction", "delta")
            made[quantity] = _neurons(by_name, names) if neurons else _parameters(by_name, names, weights)
    return Stages(**made)


def _round(rounding: Rounding) -> Round:
    return rounder(rounding.decimals, rounding.rounding)


def _everywhere(each: Round) -> Stage:
    return lambda values, _position: each(values)


def _neurons(by_name: dict[str, Round], names: Names) -> Stage:
    """Each named neuron by its own rounding; the others stay exact."""
    columns = [[(unit, by_name[name]) for unit, name in enumerate(layer) if name in by_name] for layer in names.layers]

    def stage(values: Array, layer: int) -> Array:
        if not columns[layer]:
            return values
        result = values.copy()
        for unit, each in columns[layer]:
            result[:, :, unit : unit + 1] = each(np.ascontiguousarray(values[:, :, unit : unit + 1]))
        return result

    return stage


def _parameters(by_name: dict[str, Round], names: Names, weights: Weights) -> Stage:
    """Each named weight or bias by its own rounding; the others stay exact."""
    biased = [layer for layer, b in enumerate(weights.b) if b is not None]
    cells: dict[int, list[tuple[int, int, Round]]] = {}
    for name, each in by_name.items():
        if name in names.weights:
            layer, sender, receiver = names.weights[name]
            cells.setdefault(layer, []).append((sender, receiver, each))
        else:
            layer, receiver = names.biases[name]
            cells.setdefault(len(weights.W) + biased.index(layer), []).append((0, receiver, each))

    def stage(values: Array, position: int) -> Array:
        if position not in cells:
            return values
        result = values.copy()
        for row, column, each in cells[position]:
            result[:, row, column] = each(np.ascontiguousarray(values[:, row, column]))
        return result

    return stage
