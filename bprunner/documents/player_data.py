"""What the player has of a run: the steps that it shows, and every number that stands in its picture at them.

A long run is thinned: the first steps, the last, and even ones between, as many as its bytes allow. Numbers are those
of the trace, as the shortest decimals that give the same doubles; what is not finite is a text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bprunner.documents.subject import Subject
from bprunner.nn.arrays import Array
from bprunner.training.columns import SAMPLE
from bprunner.training.replay import Replay

MOST_STEPS, FIRST_STEPS, FEWEST_STEPS = 200, 10, 12
MOST_SAMPLES = 8
BUDGET = 400_000
"""So many bytes of numbers, at most, unless the fewest steps need more."""
_NUMBER = 25  # bytes of the longest, and a comma

Number = float | str | None
"""As JSON has it: "NaN", "Infinity" and "-Infinity" are texts, None what a step does not have."""


@dataclass(frozen=True)
class NeuronData:
    """A neuron, input or target of the picture. Its numbers are (steps, samples); `fixed`: (samples,), the same at
    every step."""

    name: str
    layer: int
    fixed: list[Number] | None = None
    net: list[list[Number]] | None = None
    out: list[list[Number]] | None = None
    delta: list[list[Number]] | None = None


@dataclass(frozen=True)
class ParameterData:
    """A weight or bias. Its numbers are (steps,); `after`: its value after the update, where the following step is not
    shown itself; None where all are."""

    name: str
    layer: int
    value: list[Number]
    gradient: list[Number] | None
    update: list[Number] | None
    after: list[Number] | None


@dataclass(frozen=True)
class PlayerData:
    """All numbers of a player. `rows`: places of its steps in the trace, which has `count`. `batches`: which samples
    each step has, from 1, where a step has not all of them; `samples`: which are shown, where it has.
    `has_following`: whether the trace has the step after it. `is_replayed`: net and out are computed again from the
    trace's weights."""

    rows: list[int]
    steps: list[int]
    count: int
    samples: list[int]
    batches: list[list[int]] | None
    neurons: list[NeuronData]
    targets: list[NeuronData]
    parameters: list[ParameterData]
    error: list[Number]
    has_following: list[bool]
    is_replayed: bool = False
    left_out_samples: int = 0
    missing: tuple[str, ...] = ()


def is_playable(subject: Subject) -> bool:
    """Whether there is something to show: the trace has all weights and biases."""
    names = subject.experiment.architecture.names
    wanted = [f"weight.{name}" for name in names.weights] + [f"bias.{name}" for name in names.biases]
    return set(wanted) <= set(subject.trace.names)


def player_data(subject: Subject, neurons: Mapping[str, int], parameters: Mapping[str, int]) -> PlayerData:
    """The numbers of the neurons, inputs included (layer 0), and of the weights and biases that are drawn, each with
    the layer that it belongs to."""
    return _Reader(subject, neurons, parameters).data()


class _Reader:
    def __init__(self, subject: Subject, neurons: Mapping[str, int], parameters: Mapping[str, int]) -> None:
        self.subject, self.trace = subject, subject.trace
        self.names = subject.experiment.architecture.names
        self.neurons, self.parameters = neurons, parameters
        self.rows = _rows(len(self.trace), BUDGET // (_NUMBER * self._numbers_a_step()))
        self.places = np.array(self.rows)

    @cached_property
    def is_replayed(self) -> bool:
        """Whether the forward pass is computed again: it is not in the trace, and can be had bit for bit. Decimals,
        which would have to be trained again, are not."""
        is_decimal = self.subject.experiment.arithmetic.numbers.kind == "decimal"
        return "net" not in self._quantities and "out" not in self._quantities and not is_decimal

    @cached_property
    def _quantities(self) -> frozenset[str]:
        return frozenset(name.split(".", 1)[0] for name in self.trace.names)

    @cached_property
    def batches(self) -> Array | None:
        """Which samples each step of the trace has, (steps, batch), from 1; nan fills a smaller one up."""
        return _by_sample(self.trace[SAMPLE])[:, :MOST_SAMPLES] if SAMPLE in self.trace else None

    @property
    def shown_samples(self) -> int:
        """How many samples a step shows, at most."""
        of_step = len(self.subject.samples) if self.batches is None else self.batches.shape[1]
        return min(of_step, MOST_SAMPLES)

    def _numbers_a_step(self) -> int:
        of_neuron = len({"net", "out", "delta"} & self._quantities) or 2 * self.is_replayed
        of_parameter = 2 + len({"gradient", "update"} & self._quantities)
        return len(self.neurons) * max(1, of_neuron) * self.shown_samples + len(self.parameters) * of_parameter + 1

    def data(self) -> PlayerData:
        steps = self.trace.steps[self.places]
        total = len(self.subject.samples)
        batches = self.batches
        return PlayerData(
            rows=self.rows,
            steps=[int(step) for step in steps],
            count=len(self.trace),
            samples=list(range(1, self.shown_samples + 1)),
            batches=None if batches is None else [self._samples_of(row) for row in self.rows],
            neurons=self._neurons(),
            targets=[self._given(name, len(self.names.layers), self.subject.samples.targets, at)
                     for at, name in enumerate(self.names.outputs) if name in self.neurons],
            parameters=[self._parameter(name, layer) for name, layer in self.parameters.items()],
            error=_numbers(self.trace["error"][self.places]),
            has_following=[row + 1 < len(self.trace) and self._follows(row) for row in self.rows],
            is_replayed=self.is_replayed,
            left_out_samples=total - self.shown_samples if batches is None else 0,
            missing=tuple(
                quantity for quantity in ("delta", "gradient", "update") if quantity not in self._quantities
            ),
        )  # fmt: skip

    def _follows(self, row: int) -> bool:
        """Whether the trace's next row is the next step."""
        return bool(self.trace.steps[row + 1] == self.trace.steps[row] + 1)

    def _samples_of(self, row: int) -> list[int]:
        """From 1, in the order of the update."""
        if self.batches is None:
            return list(range(1, self.shown_samples + 1))
        return [int(sample) for sample in self.batches[row] if not math.isnan(sample)]

    # Neurons

    def _neurons(self) -> list[NeuronData]:
        replayed = self._replayed() if self.is_replayed else {}
        found = []
        for name, layer in self.neurons.items():
            if layer == 0:
                found.append(self._given(name, 0, self.subject.samples.inputs, self.names.inputs.index(name)))
                continue
            numbers = {quantity: self._of_samples(f"{quantity}.{name}") for quantity in ("net", "out", "delta")}
            numbers |= replayed.get(name, {})
            found.append(NeuronData(name, layer, None, **numbers))
        return found

    def _given(self, name: str, layer: int, values: Array, column: int) -> NeuronData:
        """An input or a target: of every sample, or of those that each step has."""
        if self.batches is None:
            return NeuronData(name, layer, fixed=_numbers(values[: self.shown_samples, column]))
        each = [_numbers(values[np.array(self._samples_of(row)) - 1, column]) for row in self.rows]
        return NeuronData(name, layer, out=each)

    def _of_samples(self, column: str) -> list[list[Number]] | None:
        if column not in self.trace:
            return None
        values = _by_sample(self.trace[column])[self.places]
        counts = [len(self._samples_of(row)) for row in self.rows]
        return [_numbers(each[:count]) for each, count in zip(values, counts, strict=True)]

    def _replayed(self) -> dict[str, dict[str, list[list[Number]] | None]]:
        """net and out of every drawn neuron."""
        replay = Replay(self.subject.experiment, self.subject.samples, self.trace)
        drawn = [name for name, layer in self.neurons.items() if layer > 0]
        found: dict[str, dict[str, list[list[Number]] | None]] = {}
        wanted = [(name, quantity) for name in drawn for quantity in ("net", "out")]
        values: dict[tuple[str, str], list[list[Number]]] = {each: [] for each in wanted}
        for row in self.rows:
            samples = self._samples_of(row)
            for name, quantity in wanted:
                numbers = [replay.value(quantity, name, row, sample - 1) for sample in samples]
                values[name, quantity].append(_numbers(np.array(numbers)))
        for name, quantity in wanted:
            found.setdefault(name, {})[quantity] = values[name, quantity]
        return found

    # Weights and biases

    def _parameter(self, name: str, layer: int) -> ParameterData:
        kind = "weight" if name in self.names.weights else "bias"
        values = self.trace[f"{kind}.{name}"]
        shown = set(self.rows)
        after = [
            float(values[row + 1]) if row + 1 < len(values) and self._follows(row) and row + 1 not in shown else None
            for row in self.rows
        ]
        return ParameterData(
            name,
            layer,
            _numbers(values[self.places]),
            self._of_parameter(f"gradient.{name}"),
            self._of_parameter(f"update.{name}"),
            [None if each is None else _number(each) for each in after] if any(e is not None for e in after) else None,
        )

    def _of_parameter(self, column: str) -> list[Number] | None:
        if column not in self.trace:
            return None
        values = self.trace[column]
        numbers = _numbers(values[self.places])
        if column.startswith("update.") and math.isnan(values[-1]):
            numbers[-1] = None  # no update comes after the last step
        return numbers


def _rows(count: int, most: int) -> list[int]:
    """Of so many rows, those that are shown: all, or the first ones, the last, and even ones between."""
    most = max(FEWEST_STEPS, min(MOST_STEPS, most))
    if count <= most:
        return list(range(count))
    even = np.linspace(0, count - 1, most - FIRST_STEPS).round().astype(int).tolist()
    return sorted({*range(FIRST_STEPS), *even})


def _by_sample(values: Array) -> Array:
    return values if values.ndim == 2 else values[:, np.newaxis]


def _numbers(values: Array) -> list[Number]:
    return [_number(float(value)) for value in values]


def _number(value: float) -> Number:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
