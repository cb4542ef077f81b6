"""The landscape of a population's error: what it depends on besides the weights, and what it is at any weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bprunner.nn.arrays import Array, Indices, picked
from bprunner.nn.curvature import Curvature
from bprunner.nn.decimals import doubles
from bprunner.nn.losses import Objective
from bprunner.nn.network import Layer, Weighed, Weights, error_of, forward
from bprunner.spec.naming import Names
from bprunner.training.population import Population
from bprunner.training.starting import put

_POINTS = 4096


@dataclass(frozen=True)
class Landscape:
    """What the error of runs depends on, at weights: doubles, the runs outermost.

    weights: those of each run, (runs, …). inputs and target: (1, samples, units), all that are trained on.
    """

    layers: tuple[Layer, ...]
    weights: Weights
    inputs: Array
    target: Array
    objective: Objective
    penalties: tuple[Weighed, ...]

    def only(self, runs: Indices) -> Landscape:
        """These runs alone."""
        return Landscape(
            tuple(replace(layer, parameters=_picked(layer.parameters, runs)) for layer in self.layers),
            self.weights.like([picked(part, runs) for part in self.weights.flat()]),
            self.inputs,
            self.target,
            replace(self.objective, parameters=_picked(self.objective.parameters, runs)),
            tuple(weighed._replace(strength=picked(weighed.strength, runs)) for weighed in self.penalties),
        )

    def numbers(self) -> Iterator[Array]:
        """All that may differ between runs, (runs, …) or (1, …)."""
        yield from self.weights.flat()
        for parameters in (*(layer.parameters for layer in self.layers), self.objective.parameters):
            yield from (value for value in parameters.values() if isinstance(value, np.ndarray))
        yield from (weighed.strength for weighed in self.penalties)

    def at(self, weights: Weights) -> Array:
        """The error over all samples, penalties included, in exact arithmetic, (runs,), at other weights."""
        passed = forward(self.layers, weights, self.inputs)
        return error_of(self.objective, passed, self.target, weights, self.penalties)[:, 0, 0]

    def curvature(self) -> Curvature:
        return Curvature(self.layers, self.weights, self.inputs, self.target, self.objective, self.penalties)


def _picked(parameters: Mapping[str, Any], runs: Indices) -> dict[str, Any]:
    return {name: picked(value, runs) if isinstance(value, np.ndarray) else value for name, value in parameters.items()}


def landscape(p: Population) -> Landscape:
    """At the initial weights of a population."""

    def plain(array: Array) -> Array:
        return np.ascontiguousarray(doubles(array))

    def each(parameters: Mapping[str, Any]) -> dict[str, Any]:
        return {name: plain(value) if isinstance(value, np.ndarray) else value for name, value in parameters.items()}

    return Landscape(
        tuple(replace(layer, parameters=each(layer.parameters)) for layer in p.layers),
        p.weights.like([plain(part) for part in p.weights.flat()]),
        plain(p.part.inputs),
        plain(p.part.targets),
        replace(p.objective, parameters=each(p.objective.parameters)),
        tuple(weighed._replace(strength=plain(weighed.strength)) for weighed in p.penalties),
    )


def surface(alone: Population, names: tuple[str, str], first: Array, second: Array) -> Array:
    """The error over all training samples, (m, n), of a population of one with two of its numbers replaced.

    names: such as weight.w5 or bias.b1; first (m,) and second (n,): their values. Raises KeyError for other names.
    """
    known = {f"weight.{name}" for name in alone.names.weights} | {f"bias.{name}" for name in alone.names.biases}
    for name in names:
        if name not in known:
            raise KeyError(name)
    there = landscape(alone)
    points = np.stack(np.meshgrid(first, second, indexing="ij"), axis=-1).reshape(-1, 2)
    with np.errstate(all="ignore"):
        parts = [
            there.at(_moved(there.weights, alone.names, names, points[start : start + _POINTS]))
            for start in range(0, len(points), _POINTS)
        ]
    errors: Array = np.concatenate(parts).reshape(len(first), len(second))
    return errors


def _moved(weights: Weights, names: Names, moved: tuple[str, str], points: Array) -> Weights:
    """One run's weights as many times as there are points (n, 2), with two of them there."""
    copies = weights.like([np.repeat(part, len(points), axis=0) for part in weights.flat()])
    for place, values in enumerate(points):
        one = copies.like([part[place : place + 1] for part in copies.flat()])
        put(one, names, dict(zip((name.partition(".")[2] for name in moved), values.tolist(), strict=True)))
    return copies
