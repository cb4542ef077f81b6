"""A trained network is what a run comes to: the weights after its last step, in the arithmetic that it was trained in.

It predicts what the run predicted, to the last bit, and a row's prediction never depends on the rows beside it. Where
every sum is added term by term, that comes by itself. BLAS adds in an order that depends on how many rows there are
and on which of them a row is. So a network whose last step had several samples and left sums to BLAS knows which
samples these were, by a digest of each: such a row is computed in the place that it had, any other row alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bprunner.data.samples import Samples
from bprunner.nn.arrays import Array
from bprunner.nn.contraction import TERM_BY_TERM, is_term_by_term
from bprunner.nn.decimals import decimals, doubles
from bprunner.nn.network import Weights, forward
from bprunner.spec.architecture import Architecture
from bprunner.spec.arithmetic import Arithmetic
from bprunner.spec.experiment import Experiment
from bprunner.training.execution import one_blas_thread
from bprunner.training.loop import train_as_computed
from bprunner.training.population import Population, populate
from bprunner.training.trace import Trace

DIGEST_BYTES = 16
Digests = NDArray[np.uint8]
"""What rows are known by, (rows, DIGEST_BYTES)."""

_MOST_NUMBERS = 2**22
"""How many numbers are multiplied out at once, so that memory does not grow with the rows."""


@dataclass(frozen=True)
class TrainedNetwork:
    """weights: (1, fan_in, fan_out) by layer, doubles, or decimals where the arithmetic has them. `places`: the samples
    of the last step in their order, where a prediction's last bits depend on that."""

    architecture: Architecture
    arithmetic: Arithmetic
    weights: Weights
    places: Digests | None = None

    def predict(self, inputs: Array) -> Array:
        """(rows, inputs) to (rows, outputs): what comes out of the last layer, rounded where that is carried."""
        result = np.empty((len(inputs), self.architecture.layers[-1].units))
        places = self._places_of(inputs)
        alone, beside = np.nonzero(places < 0)[0], np.nonzero(places >= 0)[0]
        with np.errstate(all="ignore"), one_blas_thread(self._population):
            for start in range(0, len(alone), self._rows_at_once):
                rows = alone[start : start + self._rows_at_once]
                result[rows] = self._passed(inputs[rows, np.newaxis])[:, 0]
            if len(beside):
                batch = np.zeros((1, self._population.samples, inputs.shape[1]))
                batch[0, places[beside]] = inputs[beside]
                result[beside] = self._passed(batch)[0, places[beside]]
        return result

    def _passed(self, inputs: Array) -> Array:
        """(groups, rows, inputs) to (groups, rows, outputs). Groups lie along the axis of runs: none sees another."""
        p = self._population
        given = decimals(inputs, p.digits) if p.digits else inputs
        return doubles(forward(p.layers, self.weights, given, p.stages).out[-1])

    def _places_of(self, inputs: Array) -> NDArray[np.int64]:
        """For each row its place among the samples of the last step, or −1: its own place where it is the sample there,
        else the first that has it."""
        if self.places is None:
            return np.full(len(inputs), -1)
        first: dict[bytes, int] = {}
        known = [digest.tobytes() for digest in self.places]
        for place, digest in enumerate(known):
            first.setdefault(digest, place)
        rows = [digest.tobytes() for digest in digests(inputs)]
        same = [row < len(known) and known[row] == digest for row, digest in enumerate(rows)]
        return np.array(
            [row if same[row] else first.get(digest, -1) for row, digest in enumerate(rows)], dtype=np.int64
        )

    @cached_property
    def _rows_at_once(self) -> int:
        sizes = [W.shape[1] * W.shape[2] if W.shape[1] <= TERM_BY_TERM else max(W.shape[1:]) for W in self.weights.W]
        return max(1, _MOST_NUMBERS // int(max(sizes)))

    @cached_property
    def _population(self) -> Population:
        """A population of one that is never trained: it has the layers and the roundings that a forward pass needs.

        It has as many samples as the last step had, all zeros, where that matters.
        """
        inputs, outputs = self.architecture.inputs, self.architecture.layers[-1].units
        rows = 1 if self.places is None else len(self.places)
        samples = Samples(np.zeros((rows, inputs)), np.zeros((rows, outputs)), (), (), "none")
        return populate([untrained(self.architecture, self.arithmetic)], samples)


def untrained(architecture: Any, arithmetic: Any) -> Experiment:
    """An experiment with this network, each part as a model or in YAML's notation. Nothing else of it is looked at.

    Raises pydantic's ValidationError for what is none.
    """
    return Experiment.model_validate(
        {
            "name": "trained",
            "architecture": architecture,
            "arithmetic": arithmetic,
            "initial_weights": "zeros",
            "dataset": {"inputs": [[0.0]], "targets": [[0.0]]},
            "training": {
                "loss": "half_squared_error",
                "optimizer": "gradient_descent",
                "learning_rate": 1.0,
                "updates": 1,
            },
        }
    )


def digests(inputs: Array) -> Digests:
    """What each row is known by, (rows, DIGEST_BYTES): a digest of its bits."""
    rows = np.ascontiguousarray(inputs, dtype=np.float64)
    made = [hashlib.blake2b(row.tobytes(), digest_size=DIGEST_BYTES).digest() for row in rows]
    return np.frombuffer(b"".join(made), dtype=np.uint8).reshape(len(rows), DIGEST_BYTES)


# From a run


def trained_network(
    experiment: Experiment, samples: Samples, trace: Trace, last_weights: Weights | None = None
) -> TrainedNetwork:
    """What a run came to: `last_weights` where they were kept, else from its trace. Trained again where the trace does
    not have all weights, or has only the nearest doubles of decimals."""
    architecture, arithmetic = experiment.architecture, experiment.arithmetic
    last = last_weights
    if last is None and arithmetic.numbers.kind == "double":
        last = _last_weights(architecture, trace)
    weights = _trained_again(experiment, samples, int(trace.steps[-1])) if last is None else last
    # Training may keep them in another order of memory, in which BLAS may add in another order.
    weights = weights.like([np.ascontiguousarray(part) for part in weights.flat()])
    inputs = _last_inputs(experiment, samples, trace)
    told = arithmetic.numbers.kind == "double" and len(inputs) > 1 and _asks_blas(weights, len(inputs))
    return TrainedNetwork(architecture, arithmetic, weights, digests(inputs) if told else None)


def _asks_blas(weights: Weights, rows: int) -> bool:
    """Whether a forward pass over so many rows leaves a sum to BLAS: over a neuron's senders, or a layer's neurons.
    Decimals are added from left to right there too."""
    shapes = [(int(W.shape[1]), int(W.shape[2])) for W in weights.W]
    return any(not is_term_by_term(rows, *shape) or shape[1] > TERM_BY_TERM for shape in shapes)


def _last_inputs(experiment: Experiment, samples: Samples, trace: Trace) -> Array:
    """The inputs of the samples that the last step had, in their order."""
    if experiment.training.full_batch:
        return samples.inputs
    numbers = np.atleast_1d(trace["sample"][-1])
    inputs: Array = samples.inputs[numbers[~np.isnan(numbers)].astype(np.int64) - 1]
    return inputs


def _last_weights(architecture: Architecture, trace: Trace) -> Weights | None:
    """Those of the trace's last row, or None where they are not all there."""
    names = architecture.names
    values = _last_values(trace)
    wanted = [*(f"weight.{name}" for name in names.weights), *(f"bias.{name}" for name in names.biases)]
    if not all(name in values for name in wanted):
        return None
    weights = zeros(architecture)
    for name, place in names.weights.items():
        weights.W[place.layer][0, place.sender, place.receiver] = values[f"weight.{name}"]
    for name, bias in names.biases.items():
        vector = weights.b[bias.layer]
        assert vector is not None  # only layers with biases have names for them
        vector[0, 0, bias.receiver] = values[f"bias.{name}"]
    return weights


def zeros(architecture: Architecture) -> Weights:
    """Weights and biases of an architecture's shape, all 0."""
    sizes = [architecture.inputs, *(layer.units for layer in architecture.layers)]
    W = [np.zeros((1, *shape)) for shape in pairwise(sizes)]
    biases = {"none": None, "shared": 1}
    widths = [biases.get(layer.bias.kind, layer.units) for layer in architecture.layers]
    return Weights(W, [None if width is None else np.zeros((1, 1, width)) for width in widths])


def _last_values(trace: Trace) -> dict[str, float]:
    """The last value of each weight and bias, by its name in the trace."""
    parts = [*trace.parts("weight"), *trace.parts("bias")]
    if trace.path is None or not parts:
        last = trace.at(int(trace.steps[-1]))
        return {name: float(last[name]) for name in parts}
    import pyarrow.parquet as pq

    with pq.ParquetFile(trace.path) as file:
        table = file.read_row_group(file.num_row_groups - 1, columns=parts)
    return {name: float(table[name][-1].as_py()) for name in parts}


def _trained_again(experiment: Experiment, samples: Samples, last: int) -> Weights:
    """The weights after so many updates, in the numbers that are computed with."""
    population = populate([experiment], samples)
    with np.errstate(all="ignore"), one_blas_thread(population):
        for step in train_as_computed(population):
            if step.number == last:
                return step.weights
    raise AssertionError("the same training has the same steps")
