"""Quantities that are made of each other: each number of a run, and the formula that makes it of earlier ones.

The formulas are those of the derivation. A Node is one number of one run: a quantity at a step, of a sample where every
sample has its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import sympy

from bprunner.checking.reading import Read, Reader
from bprunner.data.samples import Samples
from bprunner.derivation.chain import Chain
from bprunner.derivation.evaluating import evaluate
from bprunner.derivation.network import Network
from bprunner.derivation.numbers import check_explainable, is_written_out, step_numbers
from bprunner.derivation.symbols import Expr
from bprunner.derivation.updating import update_equations
from bprunner.errors import InputError
from bprunner.nn.rounding import round_number
from bprunner.spec.addressing import Address
from bprunner.spec.arithmetic import MEMORY, PER_SAMPLE
from bprunner.spec.experiment import Experiment
from bprunner.training.columns import SAMPLE
from bprunner.training.trace import Trace

LARGEST_SUM = 1_000
"""Of so many factors (weights and biases, times samples of an update) formulas are evaluated. Of more, figures are held
against the run alone."""


class Node(NamedTuple):
    """One number of a run. `sample` is its place in the dataset, from 0; None where a step has one number."""

    name: str
    step: int
    sample: int | None = None

    @property
    def quantity(self) -> str:
        return self.name.partition(".")[0]

    @property
    def part(self) -> str:
        return self.name.partition(".")[2]

    @property
    def origin(self) -> int:
        """The step whose forward or backward pass makes it: a weight comes from the update before."""
        return self.step - 1 if self.quantity in ("weight", "bias", *MEMORY) else self.step


@dataclass(frozen=True)
class Formula:
    """What a number is made of, and how. `exact` is without the author's rounding."""

    needs: tuple[Node, ...]
    compute: Callable[[Mapping[Node, float]], float]
    exact: Callable[[Mapping[Node, float]], float]


Change = Callable[["Formulas", Node], Expr | None]
"""Another formula for a quantity, as a mistake has it; None where it has the right one."""


class Formulas:
    """The formulas of one run. `has_any` says whether there are any: of a network that cannot be explained, or is too
    large, there are none."""

    def __init__(self, experiment: Experiment, samples: Samples, trace: Trace, reader: Reader) -> None:
        self.experiment, self.names = experiment, experiment.architecture.names
        self._samples, self._trace, self._reader = samples, trace, reader
        self._networks: dict[bool, Network] = {}
        self._made: dict[Node, Formula | None] = {}
        self._run: dict[Node, float] = {}
        self._rates: dict[int, Mapping[Any, Any] | None] = {}
        self._layers = {name: (layer, unit) for layer, names in enumerate(self.names.layers)
                        for unit, name in enumerate(names)}  # fmt: skip
        self._inputs = {name: unit for unit, name in enumerate(self.names.inputs)}
        self._rows = {int(step): row for row, step in enumerate(trace.steps)}

    @cached_property
    def has_any(self) -> bool:
        try:
            check_explainable(self.experiment)
        except InputError:
            return False
        return is_written_out(self.experiment)

    # Where

    def layer_of(self, node: Node) -> int:
        """The layer of a quantity of a neuron, a weight or a bias, from 0."""
        if node.part in self._layers and node.quantity in PER_SAMPLE:
            return self._layers[node.part][0]
        place = self.names.weights.get(node.part) or self.names.biases.get(node.part)
        return len(self.names.layers) - 1 if place is None else place[0]

    def unit_of(self, node: Node) -> int:
        return self._layers[node.part][1]

    def places(self, step: int) -> tuple[int, ...]:
        """Which samples the update of a step has, from 0."""
        if SAMPLE not in self._trace:
            return tuple(range(len(self._samples)))
        found = np.atleast_1d(self._trace[SAMPLE][self._rows[step]]) if step in self._rows else np.array([])
        return tuple(int(each) - 1 for each in found if not np.isnan(each))

    def network(self, step: int) -> Network:
        several = len(self.places(step)) > 1
        if several not in self._networks:
            self._networks[several] = Network(self.experiment, several)
        return self._networks[several]

    # The run

    def read(self, node: Node) -> Read:
        sample = None if node.sample is None else node.sample + 1
        return self._reader.read(Address(node.name, step=node.step, sample=sample))

    def of_run(self, node: Node) -> float:
        """The run's own number; nan where it has none."""
        if node not in self._run:
            self._run[node] = self.read(node).value
        return self._run[node]

    # Formulas

    def formula(self, node: Node, change: Change | None = None) -> Formula | None:
        """How a number is made; None where it is given, or where there is no formula. `change` makes it otherwise."""
        changed = None if change is None or not self._can_be_made(node) else change(self, node)
        if changed is not None:
            return self._made_of(node, changed)
        if node not in self._made:
            expression = self.expression(node) if self._can_be_made(node) else None
            self._made[node] = None if expression is None else self._made_of(node, expression)
        return self._made[node]

    def _can_be_made(self, node: Node) -> bool:
        if not self.has_any or node.origin not in self._rows:
            return False
        if node.quantity in ("net", "out", "prediction"):
            return True
        places = self.places(node.origin)
        if node.quantity == "delta":
            return node.sample in places
        return len(places) * (len(self.names.weights) + len(self.names.biases)) <= LARGEST_SUM

    def expression(self, node: Node) -> Expr:
        """The right side of the equation of a quantity; None where there is none."""
        network, layer = self.network(node.origin), self.layer_of(node)
        match node.quantity:
            case "net":
                return network.net_formula(layer, self.unit_of(node))
            case "out":
                return self._out(network, node)
            case "prediction":
                return sympy.Symbol(f"out.{node.part}", real=True)
            case "error":
                return network.error()
            case "reported_error":
                reported = self._reporting(network)
                return None if reported is None else reported.summed(reported.share())
            case "delta":
                return Chain(network).delta(layer, self.unit_of(node)).closed
            case "gradient":
                return Chain(network).gradient(node.part).closed
            case "update" | "weight" | "bias" | "velocity" | "mean" | "squares":
                key = node.name if node.quantity == "update" else f"new_{node.name}"
                equations = update_equations(network, node.part)
                return next((each.right for each in equations if each.left.name == key), None)
        return None

    def _out(self, network: Network, node: Node) -> Expr:
        layer, unit = self._layers[node.part]
        if network.symbols.is_merged(layer):
            return sympy.Symbol(f"net.{node.part}", real=True)
        return network.out_formula(layer, unit)

    def _reporting(self, network: Network) -> Network | None:
        """The same network, with the error that the document prints."""
        training = self.experiment.training
        if training.reported_error is None:
            return None
        changed = training.model_copy(update={"loss": training.reported_error})
        return Network(self.experiment.model_copy(update={"training": changed}), network.several)

    def _made_of(self, node: Node, expression: Expr) -> Formula | None:
        network = self.network(node.origin)
        nodes: dict[Any, tuple[Node, ...]] = {}
        constants: dict[Any, Any] = {}
        for symbol in sorted(expression.free_symbols, key=lambda each: str(each.name)):
            constant = self._constant(symbol, node)
            if constant is None:
                nodes[symbol] = self._nodes(symbol.name, node)
            else:
                constants[symbol] = constant
        if any(np.ndim(each) == 0 and np.isnan(each) for each in constants.values()):
            return None
        needs = tuple(dict.fromkeys(each for found in nodes.values() for each in found))

        def exact(numbers: Mapping[Node, float]) -> float:
            values = {
                symbol: numbers[found[0]] if each_has_one(found) else np.array([numbers[each] for each in found])
                for symbol, found in nodes.items()
            }
            try:
                return evaluate(expression, {**constants, **values}, 0, network)
            except TypeError:  # a student's number has no root, where the run's always has
                return np.nan

        def compute(numbers: Mapping[Node, float]) -> float:
            return self._rounded(node, exact(numbers))

        def each_has_one(found: tuple[Node, ...]) -> bool:
            return node.sample is not None or found[0].sample is None

        return Formula(needs, compute, exact)

    def _constant(self, symbol: Any, node: Node) -> Any:
        """What no figure is of: inputs, targets, learning rates and counts. None for what is a quantity."""
        quantity, _, part = symbol.name.partition(".")
        if quantity in ("input", "target"):
            table = self._samples.inputs if quantity == "input" else self._samples.targets
            unit = self._inputs[part] if quantity == "input" else self.names.outputs.index(part)
            at = list(self.places(node.origin)) if node.sample is None else node.sample
            return table[at, unit]
        if quantity == "samples":
            return float(len(self.places(node.origin)))
        if quantity in ("rate", "count"):
            known = self._known_rates(node.origin)
            return np.nan if known is None else float(known[symbol])
        return None

    def _known_rates(self, step: int) -> Mapping[Any, Any] | None:
        if step not in self._rates:
            try:
                self._rates[step] = step_numbers(self.experiment, self._samples, self._trace, step).exact
            except InputError:
                self._rates[step] = None
        return self._rates[step]

    def _nodes(self, key: str, node: Node) -> tuple[Node, ...]:
        """The numbers that a symbol stands for in the formula of a node."""
        step, name = node.origin, key
        if key.startswith("new_"):
            step, name = step + 1, key.removeprefix("new_")
        quantity, _, part = name.partition(".")
        if quantity == "out" and part in self.names.outputs and node.quantity != "prediction":
            quantity, name = "prediction", f"prediction.{part}"
        if quantity not in PER_SAMPLE:
            return (Node(name, step),)
        samples = self.places(step) if node.sample is None else (node.sample,)
        return tuple(Node(name, step, sample) for sample in samples)

    def _rounded(self, node: Node, value: float) -> float:
        """As the author carries it on."""
        own = self.experiment.arithmetic.of(node.quantity, node.part)
        if own is None or not own.carried or not np.isfinite(value):
            return value
        return float(round_number(value, own.decimals, own.rounding))
