"""The law of the documents: what is printed is true.

Every equation of a document is read by a reader that knows nothing of how it was written. Sides of numbers that are
joined by = are equal as fractions; those joined by ≈ are not, but could be the same number, as far as its printed
digits say. Sides of symbols are equal with the trace's numbers in them. What an equation ends with is the trace's.
"""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from functools import cached_property, partial
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, Phase, assume, given, reject, settings
from hypothesis import strategies as st

import bprunner
from bprunner import Run
from bprunner.derivation import latex
from bprunner.derivation.evaluating import evaluate
from bprunner.derivation.formulas import LOSSES, either
from bprunner.derivation.products import product, total
from bprunner.derivation.symbols import Named, latex_name
from bprunner.documents import equations
from bprunner.documents.explaining import explain
from bprunner.documents.numbers import at_digits
from bprunner.documents.telling import Wishes
from bprunner.errors import InputError
from bprunner.runs.explaining import subject_of
from bprunner.spec.experiment import Experiment, Tracing
from bprunner.spec.reading import read_declaration
from tests.conftest import ROOT
from tests.derivation.test_vocabulary import moderated
from tests.laws.latex_reader import (
    Chain,
    Dual,
    Interval,
    MalformedError,
    Meaning,
    Tree,
    UnreadableError,
    call_dual,
    chains,
    entries,
    exactly,
    is_numbers,
    neighbours,
    parts_of,
    plain,
    read,
    replaced,
    value_of,
    within,
)
from tests.laws.test_figures import FILES
from tests.spec.examples import experiments

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
DIGITS = 6  # so many significant ones has a number that its author does not print
PARTIAL = r"\frac{{\partial \mathrm{{Error}}}}{{\partial {}}}"
AGAIN = "Forward pass again"
"""Below this heading, numbers are of the new weights."""


# What the symbols of a step stand for


@dataclass(frozen=True)
class Step:
    """The numbers of one step of a run, by what its symbols look like: read from the trace, and nothing else."""

    run: Run
    step: int
    rate: float
    again: bool = False

    @property
    def experiment(self) -> Experiment:
        return self.run.experiment

    @property
    def row(self) -> int:
        return int(np.nonzero(self.run.trace.steps == self.step)[0][0])

    @cached_property
    def samples(self) -> list[int]:
        if "sample" not in self.run.trace:
            return list(range(len(self.run.samples)))
        found = np.atleast_1d(self.run.trace["sample"][self.row - self.again])
        return [int(each) - 1 for each in found if not np.isnan(each)]

    @property
    def is_last(self) -> bool:
        return self.row + 1 == len(self.run.trace)

    @cached_property
    def is_traced(self) -> bool:
        """Whether the trace has this step's numbers for these samples."""
        if not self.again or "sample" not in self.run.trace:
            return True
        found = np.atleast_1d(self.run.trace["sample"][self.row])
        return [int(each) - 1 for each in found if not np.isnan(each)] == self.samples

    @cached_property
    def shared(self) -> Mapping[str, float]:
        """What all samples have together."""
        trace, names, row = self.run.trace, self.experiment.architecture.names, self.row
        found = {r"\eta": self.rate, "m": float(len(self.samples)), "t": self._count}
        for name in (*names.weights, *names.biases):
            kind = "weight" if name in names.weights else "bias"
            latex = latex_name(name)
            found[latex] = trace[f"{kind}.{name}"][row]
            if not self.is_last:
                found[f"{latex}^{{+}}"] = trace[f"{kind}.{name}"][row + 1]
            found[PARTIAL.format(latex)] = trace[f"gradient.{name}"][row]
            found[rf"\mathrm{{update}}_{{{latex}}}"] = trace[f"update.{name}"][row]
            for slot, letter in (("velocity", "v"), ("mean", "m"), ("squares", "s")):
                if f"{slot}.{name}" in trace:
                    found[f"{letter}_{{{latex}}}"] = trace[f"{slot}.{name}"][row]
                    if not self.is_last:
                        found[f"{letter}_{{{latex}}}^{{+}}"] = trace[f"{slot}.{name}"][row + 1]
        if self.is_traced:
            found[r"\mathrm{Error}"] = trace["error"][row]
        if self.experiment.training.optimizer.kind == "gradient_descent" and not self.is_last:
            # The rule of any weight w: that of one which is trained.
            changed = [each for each in names.weights if len(set(trace[f"weight.{each}"][row : row + 2])) > 1]
            if changed:
                latex = latex_name(changed[0])
                of_any = {"w": latex, "w^{+}": f"{latex}^{{+}}", PARTIAL.format("w"): PARTIAL.format(latex)}
                found = {symbol: found[own] for symbol, own in of_any.items()} | found
        return {plain(latex): float(value) for latex, value in found.items()}

    @cached_property
    def columns(self) -> Mapping[str, tuple[str, str]]:
        """Quantities that an author may round, by what their symbols look like."""
        names, found = self.experiment.architecture.names, {r"\mathrm{Error}": ("error", "")}
        for name in (*names.weights, *names.biases):
            latex, kind = latex_name(name), "weight" if name in names.weights else "bias"
            found[f"{latex}^{{+}}"] = found["w^{+}"] = (kind, name)
            found[PARTIAL.format(latex)] = ("gradient", name)
            found[rf"\mathrm{{update}}_{{{latex}}}"] = ("update", name)
        for name in names.neurons:
            latex, out = latex_name(name), "prediction" if name in names.outputs else "out"
            found |= {rf"\mathrm{{{word}}}_{{{latex}}}": (out, name) for word in ("out", "prediction")}
            found |= {latex: (out, name), rf"\mathrm{{net}}_{{{latex}}}": ("net", name)}
            found[rf"\delta_{{{latex}}}"] = ("delta", name)
        if len(names.outputs) == 1:
            found |= {r"\mathrm{prediction}": ("prediction", names.outputs[0]), r"\Delta": ("delta", names.outputs[0])}
        return {plain(latex): column for latex, column in found.items()}

    @property
    def _count(self) -> float:
        state = self.experiment.training.optimizer_state
        counted = getattr(state, "count", None) or 0
        after = getattr(self.experiment.training.optimizer, "counts", "before") == "after"
        return float(self.step + counted + (not after))

    @cached_property
    def each(self) -> list[Mapping[str, float]]:
        """What every sample has of its own."""
        return [self._of(place, sample) for place, sample in enumerate(self.samples)]

    def _of(self, place: int, sample: int) -> Mapping[str, float]:
        names, samples, found = self.experiment.architecture.names, self.run.samples, dict[str, float]()
        for unit, name in enumerate(names.inputs):
            found[latex_name(name)] = samples.inputs[sample, unit]
        for unit, name in enumerate(names.outputs):
            target = samples.targets[sample, unit]
            found[rf"\mathrm{{target}}_{{{latex_name(name)}}}"] = target
            found |= {r"\mathrm{target}": target} if len(names.outputs) == 1 else {}
        if self.is_traced:
            for name in names.neurons:
                found |= self._of_neuron(name, place)
        return {plain(latex): float(value) for latex, value in found.items()}

    def _of_neuron(self, name: str, place: int) -> dict[str, float]:
        names, trace, latex = self.experiment.architecture.names, self.run.trace, latex_name(name)
        net, out, delta = (
            np.atleast_1d(trace[f"{quantity}.{name}"][self.row])[place] for quantity in ("net", "out", "delta")
        )
        found = {
            latex: out, rf"\mathrm{{net}}_{{{latex}}}": net, rf"\mathrm{{out}}_{{{latex}}}": out,
            rf"\delta_{{{latex}}}": delta,
        }  # fmt: skip
        if name in names.outputs:
            found[rf"\mathrm{{prediction}}_{{{latex}}}"] = out
            if len(names.outputs) == 1:
                found |= {r"\mathrm{prediction}": out, r"\Delta": delta}
        return found

    # Matrices

    def matrix(self, latex: str, place: int, every: bool) -> list[list[Dual]]:
        """A layer's matrix or vector; `every`: with a row for each sample, as where it is transposed."""
        names, trace = self.experiment.architecture.names, self.run.trace
        found = re.fullmatch(r"\{?\\(?:mathbf|boldsymbol)\{\\?(\w+)\}(?:\^\{\((\d+)\)(\+?)\})?\}?", latex)
        if found is None or (found[3] and self.is_last):
            raise UnreadableError(latex)
        letter, layer, row = found[1], int(found[2] or 0) - 1, self.row + bool(found[3])
        rows = range(len(self.samples)) if every else [place]
        if letter == "i":
            return [[Dual.of(self.each[at][plain(latex_name(name))]) for name in names.inputs] for at in rows]
        if letter == "W":
            return [
                [Dual.of(trace[f"weight.{name}"][row]) for _, name in sorted(self._column(layer, sender))]
                for sender in range(names.sizes[layer])
            ]
        if letter == "b":
            of = {place.receiver: name for name, place in names.biases.items() if place.layer == layer}
            units = range(names.sizes[layer + 1])
            return [[Dual.of(trace[f"bias.{of.get(unit, of[0])}"][row]) for unit in units]]
        return [[Dual.of(self._of_neuron_at(letter, name, at)) for name in names.layers[layer]] for at in rows]

    def _column(self, layer: int, sender: int) -> Iterator[tuple[int, str]]:
        for name, place in self.experiment.architecture.names.weights.items():
            if (place.layer, place.sender) == (layer, sender):
                yield place.receiver, name

    def _of_neuron_at(self, quantity: str, name: str, place: int) -> float:
        latex = latex_name(name)
        shown = {"net": rf"\mathrm{{net}}_{{{latex}}}", "out": latex, "delta": rf"\delta_{{{latex}}}"}[quantity]
        return self.each[place][plain(shown)]


# Checking

EQUAL_BUT_NEAR = "equal numbers joined by ≈"


class WrongFormulaError(Exception):
    """Something else than a formula of the document is differentiated."""


@dataclass
class Checked:
    """What was found in one document."""

    faults: list[str] = field(default_factory=list)
    read: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)

    def fault(self, kind: str, *sides: str) -> None:
        self.faults.append(f"{kind}: " + "   ".join(side if len(side) < 300 else side[:300] + "…" for side in sides))


class Checker:
    """Checks one document of a run.

    Its symbols are those of `step`, for the sample at `place` among the step's. Every number that stands for a symbol
    has six digits (or `digits`), unless its author prints it: then as many decimals as stand there.
    """

    def __init__(self, markdown: str, run: Run, step: int, place: int = 0, digits: int = DIGITS) -> None:
        self.markdown, self.run, self.place, self.digits = markdown, run, place, digits
        rate = re.search(r"\$`?\\eta = (.*?)`?\$", markdown)
        assert rate is not None
        self.rate = float(exactly(read(rate[1])))
        self.now = Step(run, step, self.rate)
        self.then = None if self.now.is_last else Step(run, step + 1, self.rate, again=True)
        self.found = Checked()
        self.definitions: dict[str, Tree] = {}
        self.formulas: list[Tree] = []
        self.figures = {
            text.lstrip("-") for each in run.figures for text in (each.shown, str(each.right)) if each.state != "beyond"
        }
        written = str(run.experiment.arithmetic) + str(run.experiment.expect)
        self.is_cut_off = "truncated" in written
        self.rounded = 0.0
        self.is_written_out = max(run.experiment.architecture.names.sizes) <= 16
        self.carries = any(
            each.carried and quantity not in ("weight", "bias", "update")
            for quantity, _, each in run.experiment.arithmetic.declared()
        )
        self._known: dict[tuple[str, int], Meaning] = {}

    def check(self) -> Checked:
        found = [(heading, chain) for heading, chain in chains(self.markdown)]
        for _, chain in found:
            self._define(chain)
        self.formulas = [part for tree in self.definitions.values() for part in parts_of(tree)]
        for heading, chain in found:
            step = self.then if heading == AGAIN else self.now
            assert step is not None
            self._check(chain, step)
        for head, rows in tables(self.markdown):
            self._check_table(head, rows)
        return self.found

    def _define(self, chain: Chain) -> None:
        """Keeps what a symbol is said to be: the first formula of it."""
        if len(chain.sides) > 1:
            left, right = self._tree(chain.sides[0]), self._tree(chain.sides[1])
            if left is not None and left[0] == "name" and right is not None and not is_numbers(right):
                self.definitions.setdefault(left[1], right)

    def _applied(self, tree: Tree, left: Tree | None) -> Tree:
        """With activations that are written f(…) as what they are said to be, neuron by neuron."""
        if tree[0] != "f" or left is None or left[0] != "name":
            return tree
        layer = int(re.sub(r"\D", "", left[1])) - 1
        neurons = [plain(latex_name(name)) for name in self.run.experiment.architecture.names.layers[layer]]
        outs = [self._said(neuron, rf"\mathrm{{out}}_{{{neuron}}}", rf"\mathrm{{prediction}}_{{{neuron}}}",
                           r"\mathrm{prediction}") for neuron in neurons]  # fmt: skip
        if "dots" in str(tree):
            raise UnreadableError("dots")
        if tree[1][0] != "matrix":
            return ("matrix", [outs])
        nets = {rf"\mathrm{{net}}_{{{neuron}}}": each for neuron, each in zip(neurons, tree[1][1][0], strict=True)}
        return ("matrix", [[replaced(out, nets) for out in outs]])

    def _said(self, *names: str) -> Tree:
        for name in names:
            if name in self.definitions:
                return self.definitions[name]
        raise UnreadableError("f")

    def _tree(self, side: str) -> Tree | None:
        try:
            return read(side)
        except MalformedError as error:
            self.found.fault("malformed", side, str(error))
        except UnreadableError:
            pass
        return None

    def _check(self, chain: Chain, step: Step) -> None:
        left = self._tree(chain.sides[0])
        for number, (one, sign, other) in enumerate(neighbours(chain), 2):
            trees = [self._tree(one), self._tree(other)]
            if trees[0] is None or trees[1] is None:
                continue
            kinds = "".join("n" if is_numbers(tree) else "s" for tree in trees)
            # A quantity that is rounded on the way is not what its formula comes to, but as near as that.
            self.rounded = self._rounding(left, step) if number in (2, len(chain.sides)) else 0.0
            try:
                trees = [self._applied(tree, left) for tree in trees]
                check = {"nn": self._numbers, "sn": self._number_of_symbols}.get(kinds, self._symbols)
                fault = check(trees[0], sign, trees[1], step)
                self.found.read[kinds] += 1
                if fault == EQUAL_BUT_NEAR and left is not None and "'ln'" in str(self._formula(left)):
                    fault = ""  # a logarithm that is left out, times 0, is no fraction to whoever wrote ≈
                if fault:
                    self.found.fault(fault, one, sign, other)
            except WrongFormulaError:
                self.found.fault("what is differentiated is no formula of the document", one, sign, other)
            except UnreadableError as error:
                self.found.unread[f"{kinds} {error}"] += 1
        self._check_end(chain, step)

    def _rounding(self, left: Tree | None, step: Step) -> float:
        """How far its author's rounding takes a quantity, or any entry of a matrix of them."""
        if left is None or left[0] not in ("name", "matrix"):
            return 0.0
        named = [left] if left[0] == "name" else [each for row in left[1] for each in row]
        own = [step.columns.get(each[1]) for each in named if each[0] == "name"]
        for quantity in ("net", "out"):
            if left[1] and str(left[1]).startswith(rf"\mathbf{{{quantity}}}"):
                own += [column for column in step.columns.values() if column[0] in (quantity, "prediction")]
        declared = [self.run.experiment.arithmetic.of(*column) for column in own if column is not None]
        units = [(1.0 if each.rounding == "truncated" else 0.5) * 10.0**-each.decimals for each in declared if each]
        return max(units, default=0.0)

    # Numbers

    def _numbers(self, one: Tree, sign: str, other: Tree, _: Step) -> str:
        try:
            exact = exactly(one), exactly(other)
        except UnreadableError as error:
            if sign == "=" and "dots" not in str(error):
                return "not proven to be equal"
        else:
            if (exact[0] == exact[1]) != (sign == "="):
                return "unequal numbers joined by =" if sign == "=" else EQUAL_BUT_NEAR
        near = [[Interval(each.low - off, each.high + off) for each in entries(within(tree, self._off))]
                for tree, off in ((one, 0.0), (other, self.rounded))]  # fmt: skip
        return "" if _meet(*near) else "numbers too far apart"

    def _off(self, digits: str, exponent: int) -> float:
        """How far from a printed number what it stands for may be: half a unit of its last place, which is that of its
        author's, or of the sixth digit, or of one more that stands there; a whole unit where the author cuts off. None,
        where every number of the step that is printed like this is just this."""
        value = Decimal(digits)
        if value.scaleb(exponent) in self.exact:
            return 0.0
        is_figure = digits in self.figures
        shown = len(value.normalize().as_tuple().digits)
        last = value.as_tuple().exponent if is_figure else value.adjusted() - max(self.digits, shown) + 1
        unit = 10.0 ** (int(last) + exponent) if value or is_figure else 1e-300
        return unit if is_figure and self.is_cut_off else unit / 2

    @cached_property
    def exact(self) -> set[Decimal]:
        """Numbers of these steps that are printed as they are, where no other one is printed alike."""
        short, rounded = set[Decimal](), set[Decimal]()
        for step in (self.now, self.then):
            for values in [] if step is None else (step.shared, *step.each):
                for value in map(abs, values.values()):
                    if math.isfinite(value):
                        own = Decimal(repr(value))
                        printed = Context(prec=self.digits, rounding=ROUND_HALF_UP).plus(own)
                        (short if own == printed else rounded).add(printed)
        return short - rounded - {Decimal(0)} - {abs(Decimal(text)) for text in self.figures if text != "None"}

    # Symbols

    def _meaning(self, step: Step, place: int, every: bool, seeded: str = "", seeds: int = -1) -> Meaning:
        """Symbols as the numbers of a step, for one of its samples; one symbol as what is differentiated by."""
        values = {**step.shared, **step.each[place]}

        def name(latex: str) -> Any:
            if latex in values:
                is_seeded = latex == seeded and seeds in (-1, place)
                return Dual(values[latex], 1.0 if is_seeded else 0.0, abs(values[latex]))
            if latex.lstrip("{").startswith((r"\mathbf", r"\boldsymbol")):
                return step.matrix(latex, place, every)
            if latex in self.definitions and not step.is_traced:
                return value_of(self.definitions[latex], self._meaning(step, place, every, seeded, seeds))
            partial = re.fullmatch(r"\\frac\{\\partial(.*)\}\{\\partial(.*)\}", latex)
            if partial is not None:
                return self._partial_of_names(partial[1], partial[2], step, place)
            raise UnreadableError(f"name {latex}")

        return Meaning(
            number=lambda digits, exponent: Dual.of(float(f"{digits}e{exponent}")),
            name=name,
            call=call_dual,
            samples=len(step.samples),
            of=lambda sample: self._meaning(step, sample, every, seeded, seeds),
            partial=lambda tree, by: self._derivative(tree, by, step, place),
        )

    def _derivative(self, tree: Tree, by: str, step: Step, place: int) -> Dual:
        if not any(tree == formula or _begins(formula, tree) for formula in self.formulas):
            if self.is_written_out:
                raise WrongFormulaError
            raise UnreadableError("not written out")
        is_shared = by in step.shared
        return Dual.of(value_of(tree, self._meaning(step, place, False, by, -1 if is_shared else place)).slope)

    def _partial_of_names(self, of: str, by: str, step: Step, place: int) -> Dual:
        """∂y/∂x of two symbols: by y's formula; of the error by a net input it is what is called δ."""
        names = step.experiment.architecture.names
        formula = self.definitions.get(of)
        if by.startswith(r"\mathrm{net}") and "step" in self._activation(by):
            raise UnreadableError("a step, whose derivative is declared")
        if formula is not None and _has(formula, by):
            return self._derivative(formula, by, step, place)
        for name in names.neurons:
            latex = plain(latex_name(name))
            if of == r"\mathrm{Error}" and by in (rf"\mathrm{{net}}_{{{latex}}}", latex):
                return Dual.of(step.each[place][rf"\delta_{{{latex}}}"])
        raise UnreadableError(f"∂{of}/∂{by}")

    def _activation(self, net: str) -> str:
        """That of the neuron whose net input looks like this."""
        architecture = self.run.experiment.architecture
        return next(
            layer.activation.kind
            for layer, names in zip(architecture.layers, architecture.names.layers, strict=True)
            for name in names
            if net == plain(rf"\mathrm{{net}}_{{{latex_name(name)}}}")
        )

    def _value(self, tree: Tree, step: Step) -> Any:
        try:
            return value_of(tree, self._meaning(step, self.place, "transposed" in str(tree)))
        except (ZeroDivisionError, OverflowError) as error:
            raise UnreadableError(str(error)) from None

    def _symbols(self, one: Tree, sign: str, other: Tree, step: Step) -> str:
        values = [entries(self._value(tree, step)) for tree in (one, other)]
        if sign != "=" or len(values[0]) != len(values[1]):
            return "formulas not joined by ="
        if self.carries:
            raise UnreadableError("rounded on the way")  # seen in exact arithmetic instead
        off = self.rounded
        return "" if all(_near(a, b, off) for a, b in zip(*values, strict=True)) else f"formulas apart {values}"

    def _number_of_symbols(self, one: Tree, sign: str, other: Tree, step: Step) -> str:
        values = entries(self._value(one, step))
        put_in = entries(self._value(other, step))
        same = len(put_in) == len(values) and all(map(_is, values, put_in))
        if sign == "=" and not (same and self._is_put_in(one, other, step)):
            return f"= between a formula and other numbers {values}"
        is_zero = all(each.value == 0 for each in values)  # which factors that are rounded come to as well
        if sign != "=" and same and not is_zero and self._is_put_in_exactly(self._formula(one), step):
            return "≈ between a formula and its own numbers"
        between = entries(within(other, self._off))
        off = self.rounded
        room = [Interval(each.value - _noise(each) - off, each.value + _noise(each) + off) for each in values]
        return (
            "" if all(a.meets(b) for a, b in zip(room, between, strict=True)) else f"numbers of other symbols {values}"
        )

    def _is_put_in(self, formula: Tree, numbers: Tree, step: Step) -> bool:
        """Whether the numbers of a formula's symbols are those that stand in it."""
        if formula[0] in ("name", "matrix") or any(sign in str(formula) for sign in ("'sum'", "'cases'", "'max'")):
            return True  # what stands there is not of this symbol, of one sample, or of every symbol
        means = self._meaning(step, self.place, False)
        there = [float(f"{part[1]}e{part[2]}") for part in parts_of(numbers) if part[0] == "number"]
        values = [each for part in parts_of(formula) if part[0] == "name" for each in entries(value_of(part, means))]
        return all(
            abs(each.value) in (0, 1) or any(math.isclose(abs(each.value), number, rel_tol=2e-12) for number in there)
            for each in values
        )

    def _formula(self, name: Tree) -> Tree:
        """What a symbol is said to be."""
        return self.definitions.get(name[1], name) if name[0] == "name" else name

    def _is_put_in_exactly(self, tree: Tree, step: Step) -> bool:
        """Whether no number that a formula stands for has more digits than are printed."""
        values = [
            value_of(part, self._meaning(step, self.place, False)) for part in parts_of(tree) if part[0] == "name"
        ]
        digits, certain = Context(prec=self.digits), Context(prec=15)
        known = [certain.plus(Decimal(repr(each.value))) for value in values for each in entries(value)]
        return "sum" not in str(tree) and all(digits.plus(each) == each for each in known)

    # Tables

    def _check_table(self, head: list[str], rows: list[list[str]]) -> None:
        """Every number of the samples, of the weights, and of the steps."""
        value = {"sample": self._of_sample, "weight": self._of_weight, "step": self._of_step}.get(head[0])
        for row in rows if value is not None else []:
            for column, cell in zip(head[1:], row[1:], strict=True):
                if cell != "…" and value is not None:
                    self.found.read["cell"] += 1
                    known = value(row[0], column)
                    if not self._prints(known, _number(cell)):
                        self.found.fault(f"not the number of the trace {known}", head[0], row[0], column, cell)

    def _of_sample(self, sample: str, column: str) -> float:
        place, names = int(sample) - 1, self.run.experiment.architecture.names
        if column == "times" and column not in (*names.inputs, *names.neurons):
            return float(self.now.samples.count(place))
        if column in names.inputs:
            return float(self.run.samples.inputs[place, names.inputs.index(column)])
        if column.startswith("target"):
            unit = names.outputs.index(column.removeprefix("target ")) if column != "target" else 0
            return float(self.run.samples.targets[place, unit])
        quantity, _, name = column.partition("_")
        latex = {"δ": r"\delta", "Δ": r"\Delta"}.get(quantity, rf"\mathrm{{{quantity}}}")
        symbol = latex_name(column) if column in names.neurons else f"{latex}_{{{latex_name(name)}}}" if name else latex
        return self.now.each[self.now.samples.index(place)][plain(symbol)]

    def _of_weight(self, name: str, column: str) -> float:
        shape = {"before": "{}", "gradient": PARTIAL, "update": r"\mathrm{{update}}_{{{}}}", "after": "{}^{{+}}"}[
            column
        ]
        return self.now.shared[plain(shape.format(latex_name(name)))]

    def _of_step(self, step: str, column: str) -> float:
        names, trace = self.run.experiment.architecture.names, self.run.trace
        quantity, _, name = column.partition(" ")
        key = "error" if column == "error" else f"{quantity}.{name or names.outputs[0]}"
        if column in names.weights or column in names.biases:
            key = f"{'weight' if column in names.weights else 'bias'}.{column}"
        return float(trace[key][np.nonzero(trace.steps == int(step.replace(",", "")))[0][0]])

    # What an equation ends with

    def _check_end(self, chain: Chain, step: Step) -> None:
        """The last number is the trace's, rounded half up or cut off at its last digit."""
        left, last = self._tree(chain.sides[0]), self._tree(chain.sides[-1])
        if left is None or last is None or left[0] not in ("name", "matrix") or not _is_result(last):
            return
        try:
            values, printed = entries(self._value(left, step)), _results(last)
        except UnreadableError as error:
            self.found.unread[f"end {error}"] += 1
            return
        self.found.read["end"] += 1
        if len(values) != len(printed) or not all(
            self._prints(a.value, b) for a, b in zip(values, printed, strict=True)
        ):
            self.found.fault(f"not the number of the trace {values}", chain.sides[0], chain.sides[-1])

    def _prints(self, value: float, printed: Decimal) -> bool:
        exact = Decimal(repr(value))
        if Context(prec=self.digits, rounding=ROUND_HALF_UP).plus(exact) == printed:
            return True
        places = Decimal(1).scaleb(int(printed.as_tuple().exponent))
        if exact.quantize(places, ROUND_HALF_UP, Context(prec=60)) != printed and not (
            self.is_cut_off and exact.quantize(places, ROUND_DOWN, Context(prec=60)) == printed
        ):
            return False
        return format(abs(printed), "f") in self.figures or len(printed.as_tuple().digits) > self.digits


def tables(markdown: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    """The heads and rows of a document's tables, as plain texts."""
    for found in re.finditer(r"(?:^\|.*\|\n)+", markdown, re.MULTILINE):
        head, _, *rows = [
            [re.sub(r"\\(.)", r"\1", cell.strip()) for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            for line in found[0].splitlines()
        ]
        yield head, rows


_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def _number(text: str) -> Decimal:
    digits, _, exponent = text.replace("−", "-").partition(" × 10")
    return Decimal(digits).scaleb(int(exponent.translate(_RAISED) or 0))


def _begins(whole: Tree, part: Tree) -> bool:
    """Whether a sum begins with another one: the error is its samples' share, and penalties."""
    return whole[0] == part[0] == "+" and bool(whole[1][: len(part[1])] == part[1])


def _has(tree: Any, name: str) -> bool:
    if isinstance(tree, tuple) and tree[:1] == ("name",):
        return bool(tree[1] == name)
    return isinstance(tree, tuple | list) and any(_has(part, name) for part in tree)


def _is_result(tree: Tree) -> bool:
    if tree[0] == "matrix":
        return all(_is_result(each) for row in tree[1] for each in row)
    return bool(tree[0] == "number" or (tree[0] == "-" and tree[1][0] == "number"))


def _results(tree: Tree) -> list[Decimal]:
    if tree[0] == "matrix":
        return [number for row in tree[1] for each in row for number in _results(each)]
    if tree[0] == "-":
        return [-each for each in _results(tree[1])]
    return [Decimal(tree[1]).scaleb(tree[2])]


def _meet(mine: list[Any], others: list[Any]) -> bool:
    return len(mine) == len(others) and all(a.meets(b) for a, b in zip(mine, others, strict=True))


def _noise(number: Dual) -> float:
    """What doubles leave of a number that came of larger ones."""
    return 1e-9 * abs(number.value) + 1e-13 * number.size + 1e-200


def _near(one: Dual, other: Dual, off: float) -> bool:
    return abs(one.value - other.value) <= off + _noise(one) + _noise(other) or (
        math.isnan(one.value) and math.isnan(other.value)
    )


def _is(one: Dual, other: Dual) -> bool:
    """But for the noise of doubles."""
    return abs(one.value - other.value) <= 2e-12 * abs(other.value) + 1e-15 * max(one.size, other.size)


# Runs


def experiment_of(file: str, exact: bool = False) -> Experiment:
    """An experiment of three updates, with the figures that it prints of these."""
    experiment = read_declaration(ROOT / "configs" / file).experiment
    updates = 3
    training = experiment.training.model_copy(update={"epochs": None, "updates": updates, "stop": None})
    early = tuple(each for each in experiment.expect if isinstance(each.step, int) and each.step <= updates)
    changed: dict[str, Any] = {"training": training, "expect": early, "trace": Tracing(), "horizon": None}
    if exact:
        arithmetic = experiment.arithmetic.model_validate({"numbers": experiment.arithmetic.numbers})
        changed |= {"arithmetic": arithmetic, "expect": ()}
    return experiment.model_copy(update=changed)


def checked(run: Run, step: int = 0) -> Checked:
    """What is found in the document of one step."""
    return Checker(explain(subject_of(run), Wishes(step=step)).markdown, run, step).check()


# Of each kind of network, of training and of rounding, one.
SOME = (
    "doc.yaml", "doc_exact.yaml", "gallery/cs231n_twolayer.yaml", "gallery/aifh_nesterov.yaml",
    "gallery/apple_trainxor.yaml", "gallery/cs231n_rmsprop.yaml", "gallery/deeplearning_logistic.yaml",
    "gallery/han_kamber.yaml", "gallery/hagan.yaml", "gallery/keras_momentum.yaml", "gallery/mazur.yaml",
    "gallery/negnevitsky_and.yaml", "gallery/rashid.yaml", "gallery/rgu.yaml",
)  # fmt: skip
LATER = ("doc.yaml", "gallery/apple_trainxor.yaml", "gallery/rgu.yaml")
CASES = [(file, step) for file in FILES for step in (0, 2) if FULL or (file in SOME if step == 0 else file in LATER)]
SAYS_NO_NUMBER = re.compile(
    r"\w\w (?:dots|f|rounded on the way|a step, whose derivative is declared|name w\^\{\+\})|end dots"
)
"""Why a side is not read: something is left out, an activation is not said, a rule of any w, or its author rounds."""


@pytest.mark.parametrize(("file", "step"), CASES)
def test_what_a_document_prints_is_true(file: str, step: int) -> None:
    run = bprunner.run(experiment_of(file))
    found = checked(run, step)
    assert found.faults == []
    assert [reason for reason in found.unread if not SAYS_NO_NUMBER.fullmatch(reason)] == []
    assert found.read.total() > max(40, found.unread.total())
    assert min(found.read[kind] for kind in ("nn", "sn", "end", "cell")) > 5
    if any("rounded" in reason for reason in found.unread):
        symbols = checked(bprunner.run(experiment_of(file, exact=True)), step)
        assert symbols.faults == []
        assert symbols.read["ss"] > 20


@pytest.mark.parametrize("digits", [1, 3, 10, 17] if FULL else [10])
def test_with_digits_of_the_readers_own_it_is_true_as_well(digits: int) -> None:
    run = bprunner.run(experiment_of("gallery/hagan.yaml", exact=True))
    markdown = explain(subject_of(run), Wishes(digits=digits)).markdown
    assert Checker(markdown, run, 0, digits=digits).check().faults == []


def test_most_sides_are_read() -> None:
    """All but those in which something is left out; this counts them where nothing is."""
    found = checked(bprunner.run(experiment_of("gallery/hmkcode.yaml")))
    assert found.read["nn"] > 40
    assert found.read["ss"] > 50
    assert found.read["sn"] == found.read["end"] == 36
    assert not found.unread


# Random formulas

LETTERS = "abc"
SYMBOLS = {letter: sympy.Symbol(letter, real=True) for letter in LETTERS}
LEAVES = st.sampled_from([*SYMBOLS.values(), sympy.Integer(1), sympy.Integer(-1), sympy.Integer(2), sympy.Float(0.1)])


def _wholes(part: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Whatever derivations make of parts: products and sums in their order, powers, functions, cases."""
    parts = st.lists(part, min_size=2, max_size=4)
    return st.one_of(
        parts.map(lambda factors: product(*factors)),
        parts.map(total),
        parts.map(lambda each: product(each[0], 1 / each[1], *each[2:])),
        parts.map(lambda each: product(sympy.Rational(1, 2), each[0], total(each))),
        parts.map(lambda each: product(each[0], total(each), 1 / each[1])),
        parts.map(lambda each: product(each[0], either(SYMBOLS["a"] > 0, total(each), each[1]))),
        part.map(lambda x: total([sympy.Integer(1), product(sympy.Integer(-1), x)])),
        part.map(lambda x: sympy.Pow(x, 2, evaluate=False)),
        part.map(lambda x: 1 / (1 + sympy.exp(product(sympy.Integer(-1), x)))),
        part.map(sympy.tanh),
        part.map(sympy.Abs),
        part.map(lambda x: sympy.sqrt(total([sympy.Pow(x, 2, evaluate=False), sympy.Integer(1)]))),
        st.tuples(st.sampled_from([*SYMBOLS.values()]), part, part).map(lambda own: either(own[0] > 0, own[1], own[2])),
    )


@settings(max_examples=settings().max_examples * 5)
@given(st.recursive(LEAVES, _wholes, max_leaves=8), st.lists(st.sampled_from([-2.5, -1, -0.25, 0.5, 3]), min_size=3))
def test_any_formula_is_read_as_it_is_meant(formula: Any, numbers: list[float]) -> None:
    """Its printed symbols with numbers in their place, and its printed numbers, are what SymPy makes of it."""
    values = dict(zip(SYMBOLS.values(), numbers, strict=False))
    meant = evaluate(formula, values)
    assume(math.isfinite(meant) and abs(meant) < 1e6 and not formula.has(sympy.ITE, sympy.E))
    named = {symbol: Named(symbol, letter, letter) for letter, symbol in SYMBOLS.items()}
    writer = latex.Writer(named, {"if": "if", "otherwise": "otherwise", "samples": "samples"})
    by_letter = dict(zip(LETTERS, map(Dual.of, numbers), strict=False))
    means = Meaning(lambda digits, exponent: Dual.of(float(f"{digits}e{exponent}")), by_letter.__getitem__, call_dual)
    texts = [
        writer.symbols(formula),
        "".join(writer.pieces(formula)),
        "".join(
            writer.numbers(
                formula, lambda symbol, _: at_digits(values[symbol], 6).latex, 0, 1, partial(holds_at, values)
            )
        ),
    ]
    for text in texts:
        if "cdots" not in text:
            assert float(value_of(read(text), means)) == pytest.approx(meant, rel=1e-9, abs=1e-9), text


def holds_at(values: Mapping[Any, float], condition: Any, _: int) -> bool:
    return bool(condition.subs(values))


# Random experiments


# An example is as it is found: to make it small takes minutes.
@settings(
    max_examples=5 if not FULL else settings().max_examples // 5,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.filter_too_much],
)
@given(experiments(), st.data())
def test_documents_of_random_experiments_are_true(data: dict[str, Any], more: st.DataObject) -> None:
    """Any step of any experiment of moderate numbers, as long as no neuron is so far up its activation that a
    difference such as 1 − out has few digits left."""
    data = moderated(data)
    data |= {key: tidy(data[key]) for key in ("initial_weights", "dataset")}
    rate = max(0.001, min(0.3, data["training"]["learning_rate"]))
    data["training"] = {**data["training"], "learning_rate": rate}
    try:
        with np.errstate(all="ignore"):
            run = bprunner.run(read_declaration(data).experiment)
    except InputError:  # a dataset that cannot be scaled
        reject()
    step = more.draw(st.integers(0, run.updates))
    is_last = step == run.updates
    assume(not (is_last and run.experiment.training.update_order == "sequential"))
    names = run.experiment.architecture.names
    weights = [run.trace[f"weight.{name}"][step : step + 2] for name in names.weights]
    assume(all(np.all(np.abs(each) < 1e9) for each in weights))
    assume(all(map(partial(is_well_off, run, step), range(len(names.layers)))))
    assert checked(run, step).faults == []


def tidy(value: Any) -> Any:
    """Plain data with numbers of three decimals: none so small that a product of two is none."""
    if isinstance(value, dict):
        return {name: part if name in ("scale", "split", "seed") else tidy(part) for name, part in value.items()}
    if isinstance(value, list):
        return [tidy(part) for part in value]
    return round(value, 3) if isinstance(value, float) else value


def is_well_off(run: Run, step: int, layer: int) -> bool:
    """Whether differences such as 1 − out have most of their digits in a layer."""
    experiment = run.experiment
    own = experiment.architecture.layers[layer].activation.parameters()
    size = max(own.get("slope") or 1.0, 1.0)
    return all(
        np.all(np.abs(run.trace[f"net.{name}"][step : step + 2]) * size < 4)
        for name in experiment.architecture.names.layers[layer]
    )


# Planted faults


MAZUR = "gallery/mazur.yaml"


def faults_with(file: str, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, value: Any) -> set[str]:
    """The kinds of faults that are found when a part of what writes documents is wrong."""
    monkeypatch.setattr(owner, name, value)
    return {fault.split(":")[0].split("[")[0].strip() for fault in checked(bprunner.run(experiment_of(file))).faults}


def test_a_lost_sign_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    term = latex._Printer._term
    found = faults_with(MAZUR, monkeypatch, latex._Printer, "_term", lambda *own: term(*own).replace(" - ", " + "))
    assert {"formulas apart", "numbers of other symbols", "numbers too far apart"} <= found


def test_lost_brackets_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "formulas apart" in faults_with(MAZUR, monkeypatch, latex, "bracketed", lambda text: text)


def test_a_minus_without_brackets_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert faults_with(MAZUR, monkeypatch, latex, "is_signed", lambda *_: False) == {"malformed"}


def test_equal_instead_of_near_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    found = faults_with(MAZUR, monkeypatch, equations, "relation", lambda *_: "=")
    assert {"unequal numbers joined by =", "= between a formula and other numbers", "not proven to be equal"} <= found


def test_near_instead_of_equal_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    found = faults_with("doc.yaml", monkeypatch, equations, "relation", lambda *_: r"\approx")
    assert {"equal numbers joined by ≈", "≈ between a formula and its own numbers", "formulas not joined by ="} <= found


def test_a_missing_half_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    half = LOSSES["half_squared_error"]
    monkeypatch.setitem(LOSSES, "half_squared_error", replace(half, term=LOSSES["squared_error"].term))
    assert any("Error" in fault for fault in checked(bprunner.run(experiment_of(MAZUR))).faults)


@pytest.mark.parametrize("file", ["doc.yaml", MAZUR])
def test_any_other_digit_sign_or_relation_is_caught(file: str) -> None:
    """Every so many of them, changed one at a time."""
    run = bprunner.run(experiment_of(file))
    markdown = explain(subject_of(run)).markdown
    assert Checker(markdown, run, 0).check().faults == []
    missed = [text for text in changed_texts(markdown, 1 if FULL else 61) if not Checker(text, run, 0).check().faults]
    assert missed == []


def changed_texts(markdown: str, every: int) -> Iterator[str]:
    """The document with one thing changed within its formulas: a number, a sign of a term, = or ≈."""
    places = [
        (found.start(1), found.end(1), found[1])
        for found in re.finditer(
            r"(?<=[ −])(\d+\.\d+) \|(?=.*\|$)", markdown.split("## Printed figures")[0], re.MULTILINE
        )
    ]
    places += [
        (block.start() + found.start(), block.start() + found.end(), found[0])
        for block in re.finditer(r"```math\n.*?\n```", markdown, re.DOTALL)
        for found in re.finditer(r"(?<![\d_{.])\d+\.\d+(?!\d)| [-+] |=|\\approx", block[0])
    ]
    for start, end, text in places[::every]:
        other = {" - ": " + ", " + ": " - ", "=": r"\approx", r"\approx": "="}.get(text) or _another_digit(text)
        yield markdown[:start] + other + markdown[end:]


def _another_digit(number: str) -> str:
    """One whose fourth digit, or the last of fewer, is another one."""
    digits = [at for at, character in enumerate(number) if character.isdigit()]
    first = next((at for at in digits if number[at] != "0"), digits[0])
    at = [each for each in digits if each >= first][:4][-1]
    return number[:at] + str((int(number[at]) + 5) % 10) + number[at + 1 :]
