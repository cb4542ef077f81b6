"""The numbers of one step: what its weights give exactly, and what the trace has, rounded where the author rounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from bprunner.data.samples import Samples
from bprunner.derivation.chain import Chain
from bprunner.derivation.evaluating import computed, evaluate, with_deltas
from bprunner.derivation.network import Network
from bprunner.derivation.symbols import Expr
from bprunner.errors import InputError, Problem
from bprunner.spec.arithmetic import MEMORY
from bprunner.spec.experiment import Experiment
from bprunner.spec.problems import dotted
from bprunner.training.columns import SAMPLE
from bprunner.training.population import populate
from bprunner.training.rates import rates
from bprunner.training.trace import Trace

LARGEST_WRITTEN = 16
"""So many units of a layer, or inputs, are written out one by one; of more, representative entries."""
_ROUNDING_NOISE = 1e-12
LARGEST_MADE = 20_000
"""Of so many weights formulas are made. Beyond it, nobody can follow them."""


@dataclass(frozen=True)
class StepNumbers:
    """One step of a run. `samples`: which of the dataset the update has, from 0. `exact`: what follows from the weights
    without rounding, δ included; `traced`: the same, but as the trace has it where it does."""

    network: Network
    step: int
    samples: tuple[int, ...]
    exact: dict[Any, Any]
    traced: dict[Any, Any]

    def value(self, expression: Expr, sample: int = 0, exact: bool = False) -> float:
        """A formula's number, for one of the step's samples (from 0); nan where it has none."""
        return evaluate(expression, self.exact if exact else self.traced, sample, self.network)


def is_written_out(experiment: Experiment) -> bool:
    """Whether the network is small enough for every formula to be written; else matrices stay symbolic, and there are
    representative entries."""
    return max(experiment.architecture.names.sizes) <= LARGEST_WRITTEN


def representatives(experiment: Experiment) -> tuple[str, ...]:
    """One weight of each layer, from the output back: the last of the output layer, the first of every other one, as
    the founding document has them. Of layers without a weight that is trained as well."""
    names = experiment.architecture.names
    last = len(names.layers) - 1
    return tuple(
        [name for name, place in names.weights.items() if place.layer == layer][-1 if layer == last else 0]
        for layer in reversed(range(last + 1))
    )


def obstacles(experiment: Experiment) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Why there is no derivation to write: what stands in the way, by its keys, what is wrong with it, and the way
    out."""
    for number, layer in enumerate(experiment.architecture.layers):
        if layer.activation.kind == "step" and layer.activation.derivative is None:
            message = "a step has no useful derivative, so that there is no gradient to derive"
            hint = "declare what its derivative is taken for: {step: {derivative: 1}}"
            yield ("architecture", "layers", number, "activation"), message, hint
    count = len(experiment.architecture.names.weights)
    if count > LARGEST_MADE:
        message = f"{count:,} weights are too many to explain; at most {LARGEST_MADE:,} can be"
        yield ("architecture",), message, "explain a smaller network of the same form"


def check_explainable(experiment: Experiment) -> None:
    """Raises InputError, with the way out, where there is no derivation to write."""
    problems = [Problem(message, path=dotted(path), hint=hint) for path, message, hint in obstacles(experiment)]
    if problems:
        raise InputError(problems)


def step_numbers(experiment: Experiment, samples: Samples, trace: Trace, step: int) -> StepNumbers:
    """The numbers of one recorded step.

    Raises InputError where the experiment cannot be explained, the step is not recorded, or not enough of it.
    """
    check_explainable(experiment)
    _check_recorded(experiment, trace)
    rows = np.nonzero(trace.steps == step)[0]
    if not len(rows):
        hint = f"there are steps {trace.steps[0]} to {trace.steps[-1]}"
        raise InputError(Problem(f"step {step} is not in the trace", hint=hint))
    row = int(rows[0])
    if _next_row(trace, row) is None and experiment.training.update_order == "sequential":
        message = f"step {step} has no update, and with sequential updates δ comes through weights updated already"
        raise InputError(
            Problem(message, path="training.update_order", hint="explain an earlier step, or train longer")
        )
    places = _places(samples, trace, row)
    network = Network(experiment, len(places) > 1, _sum_to_one(samples))
    at = list(places)
    exact = computed(network, _parameters(experiment, trace, row), samples.inputs[at], samples.targets[at])
    exact |= _following(network, trace, row) | _rates(network, samples, step)
    exact = with_deltas(network, exact)
    traced = {**exact, **_recorded(network, trace, row, len(places))}
    return StepNumbers(network, step, places, exact, traced | _not_recorded(network, traced))


def _not_recorded(network: Network, traced: dict[Any, Any]) -> dict[Any, float]:
    """Gradients and updates that the trace leaves out, from what it has."""
    symbols, chain, found = network.symbols, Chain(network), {}
    for name in (*network.names.weights, *network.names.biases):
        if symbols.gradient(name) not in traced:
            found[symbols.gradient(name)] = evaluate(chain.gradient(name).closed, traced, 0, network)
        new = symbols.parameter(name, new=True)
        if symbols.update(name) not in traced and new in traced:
            found[symbols.update(name)] = traced[new] - traced[symbols.parameter(name)]
    return found


def forward_again(numbers: StepNumbers, samples: Samples, trace: Trace) -> StepNumbers | None:
    """The forward pass of the same samples with the weights after the update, without any δ; None after the last step.

    Where the next step has other samples, the numbers are computed from its weights.
    """
    experiment = numbers.network.experiment
    row = _next_row(trace, int(np.nonzero(trace.steps == numbers.step)[0][0]))
    if row is None:
        return None
    network = Network(experiment, numbers.network.several, numbers.network.sums_to_one)
    at = list(numbers.samples)
    exact = computed(network, _parameters(experiment, trace, row), samples.inputs[at], samples.targets[at])
    is_same = _places(samples, trace, row) == numbers.samples
    traced = {**exact, **_recorded(network, trace, row, len(at))} if is_same else exact
    return StepNumbers(network, int(trace.steps[row]), numbers.samples, exact, traced)


def _sum_to_one(samples: Samples) -> bool:
    return bool(np.all(np.abs(samples.targets.sum(axis=1) - 1.0) <= _ROUNDING_NOISE))


def _next_row(trace: Trace, row: int) -> int | None:
    """Where the step after this update stands; None where it was not recorded, or is none."""
    is_there = row + 1 < len(trace) and int(trace.steps[row + 1]) == int(trace.steps[row]) + 1
    return row + 1 if is_there else None


def _check_recorded(experiment: Experiment, trace: Trace) -> None:
    missing = [column for column in _parameter_columns(experiment) if column not in trace]
    if missing:
        hint = "record them: `weight` and `bias` belong to trace.quantities"
        raise InputError(Problem(f"the trace does not have {missing[0]}", path="trace.quantities", hint=hint))


def _parameter_columns(experiment: Experiment) -> list[str]:
    names = experiment.architecture.names
    return [*(f"weight.{name}" for name in names.weights), *(f"bias.{name}" for name in names.biases)]


def _parameters(experiment: Experiment, trace: Trace, row: int) -> dict[str, float]:
    """Weights and biases by name, as they are at a row of the trace."""
    columns = _parameter_columns(experiment)
    return {column.split(".", 1)[1]: float(trace[column][row]) for column in columns}


def _places(samples: Samples, trace: Trace, row: int) -> tuple[int, ...]:
    if SAMPLE not in trace:
        return tuple(range(len(samples)))
    found = np.atleast_1d(trace[SAMPLE][row])
    return tuple(int(each) - 1 for each in found if not np.isnan(each))


def _following(network: Network, trace: Trace, row: int) -> dict[Any, float]:
    """Weights and biases after the update, and what the optimizer remembers then; none after the last step."""
    following = _next_row(trace, row)
    if following is None:
        return {}
    names, symbols = network.names, network.symbols
    columns = {name: f"weight.{name}" for name in names.weights} | {name: f"bias.{name}" for name in names.biases}
    found = {symbols.parameter(name, new=True): float(trace[column][following]) for name, column in columns.items()}
    for slot in MEMORY:
        there = [name for name in columns if f"{slot}.{name}" in trace]
        found |= {symbols.memory(slot, name, new=True): float(trace[f"{slot}.{name}"][following]) for name in there}
    return found


def _recorded(network: Network, trace: Trace, row: int, count: int) -> dict[Any, Any]:
    """What the trace has of the quantities that have symbols."""
    symbols, names = network.symbols, network.names
    found: dict[Any, Any] = {}
    for layer, neurons in enumerate(names.layers):
        for unit, name in enumerate(neurons):
            own = {"net": symbols.net, "out": symbols.out, "delta": symbols.delta}
            for quantity, symbol in own.items():
                if f"{quantity}.{name}" in trace:
                    found[symbol(layer, unit)] = np.atleast_1d(trace[f"{quantity}.{name}"][row])[:count]
    for name in (*names.weights, *names.biases):
        for quantity, symbol_of in (("gradient", symbols.gradient), ("update", symbols.update)):
            if f"{quantity}.{name}" in trace:
                found[symbol_of(name)] = float(trace[f"{quantity}.{name}"][row])
        for slot in MEMORY:
            if f"{slot}.{name}" in trace:
                found[symbols.memory(slot, name)] = float(trace[f"{slot}.{name}"][row])
    found[symbols.error()] = float(trace["error"][row])
    return found


def _rates(network: Network, samples: Samples, step: int) -> dict[Any, float]:
    """The learning rate of every weight and bias in the update after this step, and what t of adam is there."""
    p = populate([network.experiment], samples)
    rate = next(islice(rates(p), step, None))
    whole = p.weights.like([np.zeros(part.shape) for part in p.weights.flat()])
    factors = whole.like(
        [part + (1.0 if own is None else own) for part, own in zip(whole.flat(), p.rate_factors, strict=True)]
    )
    found: dict[Any, float] = {
        network.symbols.number("count", "t", "t"): float(p.counted_updates + step),
    }
    for name, place in network.names.weights.items():
        factor = factors.W[place.layer][0, place.sender, place.receiver]
        found[network.symbols.rate(name)] = float(rate[0, 0, 0]) * float(factor)
    for name, bias in network.names.biases.items():
        vector = factors.b[bias.layer]
        assert vector is not None  # only layers with biases have names for them
        found[network.symbols.rate(name)] = float(rate[0, 0, 0]) * float(vector[0, 0, bias.receiver])
    return found
