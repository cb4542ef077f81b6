"""A replay computes again what a trace does not hold: what a sample gives that was not among those of a step.

The trace has the weights of every recorded step; a forward pass with them gives the numbers that the training would
have given, bit for bit. Decimals have more digits than the trace, so that there the training is done again.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import islice

import numpy as np

from bprunner.data.samples import Samples
from bprunner.nn.arrays import Array
from bprunner.nn.decimals import doubles
from bprunner.nn.network import Passed, Weights, forward
from bprunner.spec.experiment import Experiment
from bprunner.training.loop import train_as_computed
from bprunner.training.population import Population, populate
from bprunner.training.trace import Trace


class Replay:
    """Forward passes of one run over its training samples, with the weights of a recorded step."""

    def __init__(self, experiment: Experiment, samples: Samples, trace: Trace) -> None:
        self._population = populate([experiment], samples)
        self._trace = trace
        self._names = experiment.architecture.names
        self._columns: dict[str, Array] = {}
        self._row = -1
        self._passed: Passed | None = None

    @property
    def is_possible(self) -> bool:
        """Whether the trace has all weights and biases."""
        wanted = [f"weight.{name}" for name in self._names.weights] + [f"bias.{name}" for name in self._names.biases]
        return set(wanted) <= set(self._trace.names)

    def value(self, quantity: str, neuron: str, row: int, sample: int) -> float:
        """net, out or prediction of a neuron, at a row of the trace, for a sample counted from 0."""
        if row != self._row:
            with np.errstate(all="ignore"):
                self._passed = self._forward(row)
            self._row = row
        assert self._passed is not None  # it has just been made
        layer, unit = next(
            (number, names.index(neuron)) for number, names in enumerate(self._names.layers) if neuron in names
        )
        values = (self._passed.net if quantity == "net" else self._passed.out)[layer]
        return float(values[0, sample, unit])

    def predictions(self, row: int) -> Array:
        """What every training sample gives at a row of the trace, (samples, outputs)."""
        with np.errstate(all="ignore"):
            predicted: Array = self._forward(row).out[-1][0]
        return predicted

    def _forward(self, row: int) -> Passed:
        p: Population = self._population
        if not p.digits:
            return forward(p.layers, self._weights(row), p.part.inputs, p.stages)
        passed = forward(p.layers, self._decimals[int(self._trace.steps[row])], p.part.inputs, p.stages)
        return Passed([doubles(each) for each in passed.net], [doubles(each) for each in passed.out])

    @cached_property
    def _decimals(self) -> Sequence[Weights]:
        """The weights of every step as decimals, of which the trace has only the nearest doubles: trained again."""
        last = int(self._trace.steps[-1])
        return [step.weights for step in islice(train_as_computed(self._population), last + 1)]

    def _weights(self, row: int) -> Weights:
        """The weights of a recorded step, in arrays of their own."""
        like = self._population.weights
        weights = like.like([np.zeros(part.shape) for part in like.flat()])
        for name, place in self._names.weights.items():
            weights.W[place.layer][0, place.sender, place.receiver] = self._column(f"weight.{name}")[row]
        for name, bias in self._names.biases.items():
            vector = weights.b[bias.layer]
            assert vector is not None  # only layers with biases have names for them
            vector[0, 0, bias.receiver] = self._column(f"bias.{name}")[row]
        return weights

    def _column(self, name: str) -> Array:
        if name not in self._columns:
            self._columns[name] = self._trace[name]
        return self._columns[name]
