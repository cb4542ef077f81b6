"""The passes of a network as lines of NumPy, from its own formulas: forward, the error, backward, and the update.

`net2` and `out2` are a layer's net inputs and outputs, a row for each sample; `delta2` is ∂error/∂net2, `grad_W2`
∂error/∂W2, `update_W2` what is added. What has changed is `new_W2`. X holds the inputs, T the targets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy

from bprunner.derivation.chain import CANCELLING, Chain
from bprunner.derivation.formulas import ACTIVATIONS, LOSSES
from bprunner.derivation.network import Network
from bprunner.derivation.products import factors_of, product, total
from bprunner.derivation.symbols import Expr
from bprunner.derivation.updating import is_fixed, update_equations
from bprunner.documents.numpy_code import CodeWriter, comment, names_text
from bprunner.nn.optimizers import OPTIMIZERS
from bprunner.spec.arithmetic import MEMORY, Rounding
from bprunner.spec.experiment import Experiment
from bprunner.spec.naming import BiasPlace, Names, WeightPlace

LETTERS = dict(zip(MEMORY, ("v", "m", "s"), strict=True))
"""What an optimizer remembers of W1 is v_W1, m_W1 or s_W1."""
_SAMPLES = "m"


@dataclass(frozen=True)
class Part:
    """The weights of a layer, or its biases. names: of each place, (senders, receivers) or (receivers,)."""

    letter: str
    layer: int
    names: Any

    @property
    def variable(self) -> str:
        return f"{self.letter}{self.layer + 1}"

    @property
    def quantity(self) -> str:
        return "weight" if self.letter == "W" else "bias"


def parts_of(names: Names) -> list[Part]:
    """Layer after layer, the weights and then the biases."""
    found = []
    for layer, form in enumerate(names.bias_forms):
        senders, receivers = names.sizes[layer], names.sizes[layer + 1]
        rows = [[names.weight_names[WeightPlace(layer, s, r)] for r in range(receivers)] for s in range(senders)]
        found.append(Part("W", layer, np.array(rows, dtype=object)))
        if form != "none":
            count = 1 if form == "shared" else receivers
            own = [names.bias_names[BiasPlace(layer, receiver)] for receiver in range(count)]
            found.append(Part("b", layer, np.array(own, dtype=object)))
    return found


@dataclass(frozen=True)
class Circumstances:
    """What the numbers of a step ask of the code. several: whether an update may have several samples; is_extreme:
    whether e^net may be too large; is_saturated: whether a prediction is exactly 0 or 1; targets_are_shares: whether
    the targets of every sample add up to 1; factors: how many times the learning rate a part has, as text, by its
    variable."""

    several: bool
    is_extreme: bool = False
    is_saturated: bool = False
    targets_are_shares: bool = False
    factors: Mapping[str, str] | None = None


class Passes:
    """The lines of one experiment's step."""

    def __init__(self, experiment: Experiment, circumstances: Circumstances) -> None:
        self.experiment, self.circumstances = experiment, circumstances
        self.names = experiment.architecture.names
        self.parts = parts_of(self.names)
        self.is_sequential = experiment.training.update_order == "sequential"
        self.decimal = experiment.arithmetic.numbers.kind == "decimal"
        self._n = Network(experiment, circumstances.several)
        self._last = self._n.last

    # Forward

    def forward(self, new: str = "") -> list[str]:
        """Net inputs and outputs of every layer; `new_` are those with the new weights."""
        return [line for layer in range(self._last + 1) for line in self._layer(layer, new)]

    def _layer(self, layer: int, new: str) -> Iterator[str]:
        declared, number = self._n.layers[layer], layer + 1
        yield comment(f"{names_text(self.names.layers[layer])}: {declared.activation.kind}")
        sign = "-" if declared.bias.kind == "threshold" else "+"
        bias = "" if self.names.bias_forms[layer] == "none" else f" {sign} {new}b{number}"
        senders, weights = self._senders(layer, new), f"{new}W{number}"
        if declared.net == "squared_distance":
            yield f"{new}difference{number} = {_spread(senders)} - {weights}"
            yield f"{new}net{number} = np.sum({new}difference{number}**2, axis=1){bias}"
        else:
            yield f"{new}net{number} = {senders} @ {weights}{bias}"
        yield from self._rounded_neurons("net", layer, f"{new}net{number}")
        yield from self._outputs(layer, new)
        yield from self._rounded_neurons(self._out_quantity(layer), layer, f"{new}out{number}")

    def _out_quantity(self, layer: int) -> str:
        return "out" if layer < self._last else "prediction"

    def _senders(self, layer: int, new: str = "") -> str:
        return f"{new}out{layer}" if layer else "X"

    def _outputs(self, layer: int, new: str) -> Iterator[str]:
        number, activation = layer + 1, self._n.layers[layer].activation
        net, out = f"{new}net{number}", f"{new}out{number}"
        if activation.kind == "linear":
            # A copy where single neurons are rounded: the net inputs stay as they are.
            by_name = len({self._carried(self._out_quantity(layer), name) for name in self.names.layers[layer]}) > 1
            yield f"{out} = {net}{'.copy()' if by_name else ''}"
        elif activation.kind == "softmax":
            if self.circumstances.is_extreme or len(self._n.nets(layer)) == 1:
                shifted = f"{new}shifted{number}"
                yield f"{shifted} = {net} - np.max({net}, axis=1, keepdims=True)"
                net = shifted
            yield f"{out} = {self._softmax(layer, net)}"
        else:
            formula = ACTIVATIONS[activation.kind].f(self._n.nets(layer)[0], activation.parameters())
            yield f"{out} = {self._writer(layer, new).text(formula)}"

    def _softmax(self, layer: int, net: str) -> str:
        nets = self._n.nets(layer)
        powers = f"np.exp({net})"
        if len(nets) == 1:
            return f"{powers} / np.sum({powers}, axis=1, keepdims=True)"
        sums = {frozenset(map(sympy.exp, nets)): f"np.sum({powers}, axis=1, keepdims=True)"}
        return CodeWriter({nets[0]: net}, sums).text(self._n.out_formula(layer, 0))

    def _writer(self, layer: int, new: str = "", more: Mapping[Expr, str] | None = None) -> CodeWriter:
        """Writes what is the same for every neuron of a layer, from the formula of its first one."""
        symbols, number = self._n.symbols, layer + 1
        variables = {
            symbols.net(layer, 0): f"{new}net{number}",
            symbols.out(layer, 0): f"{new}out{number}",
            self._n.samples(): _SAMPLES,
            **(more or {}),
        }
        guarded: frozenset[Expr] = frozenset()
        if layer == self._last:
            variables[symbols.target(0)] = "T"
            p = symbols.out(layer, 0)
            guarded = frozenset({p, 1 - p} if self.circumstances.is_saturated else ())
        return CodeWriter(variables, self._target_sums(), self.decimal, guarded, self.circumstances.is_extreme)

    def _target_sums(self) -> dict[frozenset[Expr], str]:
        targets = [self._n.symbols.target(unit) for unit in range(len(self.names.outputs))]
        shares = "1" if self.circumstances.targets_are_shares else "np.sum(T, axis=1, keepdims=True)"
        return {frozenset(targets): shares} if len(targets) > 1 else {}

    # The error

    def error(self, new: str = "") -> list[str]:
        """The error of the update's samples, penalties included."""
        loss: Any = self.experiment.training.loss
        p, t = self._n.symbols.out(self._last, 0), self._n.symbols.target(0)
        factor, term = LOSSES[loss.kind].term(p, t, loss.parameters()).as_coeff_Mul()
        writer = self._writer(self._last, new)
        summed = sympy.Symbol("summed")
        sized = {summed: f"np.sum({writer.text(term)})", self._n.samples(): _SAMPLES}
        whole = CodeWriter(sized, decimal=self.decimal).text(product(factor, *self._n.divisors(), summed))
        lines = [f"{new}error = {whole}{self._penalties(new)}"]
        own = self.experiment.arithmetic.error
        return [*lines, *self._rounded(f"{new}error", own)] if own is not None and own.carried else lines

    def _penalties(self, new: str) -> str:
        """What penalties add to the error, each coefficient being that of its slope, c sign(w) or 2 c w."""
        text, penalty = "", self.experiment.training.penalty
        names = (next(iter(self.names.weights)), *list(self.names.biases)[:1])
        for kind, degree in (("l1", 1), ("l2", 2)):
            term = getattr(penalty, kind)
            if term is None:
                continue
            w = self._n.symbols.parameter(names[0])
            position = 1 if kind == "l2" and penalty.l1 is not None else 0
            slope = self._n.penalty_slopes(names[0])[position]
            coefficient = slope.xreplace({w: sympy.Integer(1)}).doit() / degree
            of = [part for part in self.parts if part.letter == "W" or term.biases]
            size = [f"np.abs({new}{p.variable})" if kind == "l1" else f"{new}{p.variable}**2" for p in of]
            summed = " + ".join(f"np.sum({each})" for each in size)
            size_symbol = sympy.Symbol("size")
            variables = {size_symbol: summed if len(of) == 1 else f"({summed})", self._n.samples(): _SAMPLES}
            text += " + " + CodeWriter(variables, decimal=self.decimal).text(product(coefficient, size_symbol))
        return text

    # Backward

    def backward(self) -> list[str]:
        """Deltas and gradients, from the last layer to the first; where layers are updated one after the other, the
        updates too."""
        lines = []
        for layer in reversed(range(self._last + 1)):
            lines.append(comment(names_text(self.names.layers[layer])))
            lines += [*self._delta(layer), *self._rounded_neurons("delta", layer, f"delta{layer + 1}")]
            for part in self._parts_of_layer(layer):
                lines += self._gradient(part)
                if self.is_sequential:
                    lines += self.part_update(part)
        return lines

    def _parts_of_layer(self, layer: int) -> list[Part]:
        return [part for part in self.parts if part.layer == layer]

    def _delta(self, layer: int) -> Iterator[str]:
        number, activation = layer + 1, self._n.layers[layer].activation
        loss = self.experiment.training.loss
        cancels = layer == self._last and (loss.kind, activation.kind) in CANCELLING
        if activation.kind == "softmax" and not cancels:
            back = self._loss_slope() if layer == self._last else self._comes_back(layer)
            out = f"out{number}"
            yield f"back{number} = {back}"
            yield f"delta{number} = {out} * (back{number} - np.sum(back{number} * {out}, axis=1, keepdims=True))"
        elif layer == self._last:
            closed = self._cancelled() if cancels else Chain(self._n).delta(layer, 0).closed
            yield f"delta{number} = {self._writer(layer).text(closed)}"
        else:
            back, came = sympy.Symbol("back"), self._comes_back(layer)
            slope = self._n.out_slope(layer, 0, 0)
            text = came if slope == 1 else f"({came})" if "@" in came else came
            yield f"delta{number} = {self._writer(layer, more={back: text}).text(product(back, *factors_of(slope)))}"

    def _cancelled(self) -> Expr:
        closed = Chain(self._n).delta(self._last, 0).closed
        if not self.circumstances.targets_are_shares or self._n.layers[self._last].activation.kind != "softmax":
            return closed
        n = self._n
        return product(*n.divisors(), total([n.outs(self._last)[0], -n.symbols.target(0)]))

    def _loss_slope(self) -> str:
        return self._writer(self._last).text(self._n.loss_slope(0))

    def _comes_back(self, layer: int) -> str:
        """∂error/∂out, through the layer after it; of a layer that is updated already, through its new weights."""
        after = layer + 2
        weights = f"{'new_' if self.is_sequential else ''}W{after}"
        if self._n.layers[layer + 1].net != "squared_distance":
            return f"delta{after} @ {weights}.T"
        own = f"({_spread(f'out{layer + 1}')} - {weights})" if self.is_sequential else f"difference{after}"
        return f"np.sum(2 * {own} * delta{after}[:, np.newaxis, :], axis=2)"

    def _gradient(self, part: Part) -> Iterator[str]:
        number = part.layer + 1
        delta, variable = f"delta{number}", f"grad_{part.variable}"
        yield f"{variable} = {self._own_gradient(part, delta)}{self._penalty_slope(part)}"
        yield from self._rounded_part("gradient", part, variable)

    def _own_gradient(self, part: Part, delta: str) -> str:
        layer = self._n.layers[part.layer]
        if part.letter == "W":
            if layer.net == "squared_distance":
                difference = f"difference{part.layer + 1}"
                return f"np.sum(-2 * {difference} * {delta}[:, np.newaxis, :], axis=0)"
            return f"{self._senders(part.layer)}.T @ {delta}"
        if layer.bias.kind == "shared":
            return f"np.array([np.sum({delta})])"
        return f"{'-' if layer.bias.kind == 'threshold' else ''}np.sum({delta}, axis=0)"

    def _penalty_slope(self, part: Part) -> str:
        name = part.names.flat[0]
        variables = {self._n.symbols.parameter(name): part.variable, self._n.samples(): _SAMPLES}
        writer = CodeWriter(variables, decimal=self.decimal)
        return "".join(f" + {writer.text(slope)}" for slope in self._n.penalty_slopes(name))

    # The update

    def update(self) -> list[str]:
        """What is remembered, the updates and the new weights, of every part."""
        return [line for part in self.parts for line in ["", *self.part_update(part)]][1:]

    def part_update(self, part: Part) -> list[str]:
        variable = part.variable
        fixed = self.fixed(part)
        trained = [name for name, is_one in zip(part.names.flat, fixed.flat, strict=True) if not is_one]
        if not trained:
            return [f"update_{variable} = 0 * {variable}", f"new_{variable} = {variable}"]
        lines = []
        factor = (self.circumstances.factors or {}).get(variable)
        if factor is not None:
            lines.append(f"rate_{variable} = learning_rate * {factor}")
        *before, last = update_equations(self._n, trained[0])
        writer = self._update_writer(part, trained[0], factor is not None)
        places = [tuple(map(int, place)) for place in np.argwhere(fixed)]
        for each in before:
            # What is remembered stays as it is where single updates are rounded or left out.
            copied = ".copy()" if each.right.is_Symbol and (places or self._round_grid("update", part)[1]) else ""
            lines.append(f"{writer.text(each.left)} = {writer.text(each.right)}{copied}")
        lines += self._rounded_part("update", part, f"update_{variable}")
        lines += [f"update_{variable}[{_index(place)}] = 0" for place in places]
        lines.append(f"{writer.text(last.left)} = {writer.text(last.right)}")
        lines += self._rounded_part(part.quantity, part, f"new_{variable}")
        if self._round_grid(part.quantity, part)[1]:
            lines += [f"new_{variable}[{_index(place)}] = {variable}[{_index(place)}]" for place in places]
        return lines

    def fixed(self, part: Part) -> Any:
        """Which of a part are never changed."""
        each = [is_fixed(self.experiment, name) for name in part.names.flat]
        return np.array(each, dtype=bool).reshape(part.names.shape)

    def slots(self, part: Part) -> list[str]:
        """What the optimizer remembers of a part: the variables, `v_W1` and the like; none of what is never changed."""
        return [f"{LETTERS[slot]}_{part.variable}" for slot in self.memory()] if not self.fixed(part).all() else []

    def memory(self) -> tuple[str, ...]:
        """The names of the optimizer's slots."""
        return OPTIMIZERS[self.experiment.training.optimizer.kind].slots

    def _update_writer(self, part: Part, name: str, has_factor: bool) -> CodeWriter:
        s, variable = self._n.symbols, part.variable
        variables = {
            s.gradient(name): f"grad_{variable}",
            s.parameter(name): variable,
            s.parameter(name, new=True): f"new_{variable}",
            s.update(name): f"update_{variable}",
            s.rate(name): f"rate_{variable}" if has_factor else "learning_rate",
            s.number("count", "t", "t"): "t",
        }
        for slot, letter in LETTERS.items():
            variables[s.memory(slot, name)] = f"{letter}_{variable}"
            variables[s.memory(slot, name, new=True)] = f"new_{letter}_{variable}"
        return CodeWriter(variables, decimal=self.decimal)

    # Rounding

    def _rounded(self, variable: str, own: Rounding, place: str = "") -> list[str]:
        target = f"{variable}{place}"
        return [f"{target} = {rounding_name(own)}({target}, {own.decimals})"]

    def _rounded_neurons(self, quantity: str, layer: int, variable: str) -> list[str]:
        own = [self._carried(quantity, name) for name in self.names.layers[layer]]
        if all(each == own[0] for each in own):
            return [] if own[0] is None else self._rounded(variable, own[0])
        return [
            line
            for unit, each in enumerate(own)
            if each is not None
            for line in self._rounded(variable, each, f"[:, {unit}]")
        ]

    def _rounded_part(self, quantity: str, part: Part, variable: str) -> list[str]:
        grid, any_rounded = self._round_grid(quantity, part)
        if not any_rounded:
            return []
        first = grid.flat[0]
        if all(each == first for each in grid.flat):
            return self._rounded(variable, first)
        return [
            line
            for place, each in np.ndenumerate(grid)
            if each is not None
            for line in self._rounded(variable, each, f"[{_index(place)}]")
        ]

    def _round_grid(self, quantity: str, part: Part) -> tuple[Any, bool]:
        grid = np.empty(part.names.shape, dtype=object)
        for place, name in np.ndenumerate(part.names):
            grid[place] = self._carried(quantity, name)
        return grid, any(each is not None for each in grid.flat)

    def _carried(self, quantity: str, name: str) -> Rounding | None:
        own = self.experiment.arithmetic.of(quantity, name)
        return own if own is not None and own.carried else None

    def printed(self, quantity: str, part: Part) -> Rounding | None:
        """How all of a part are rounded in print alone; None where they are not, or not all alike."""
        each = {self.experiment.arithmetic.of(quantity, name) for name in part.names.flat}
        own = each.pop() if len(each) == 1 else None
        return own if own is not None and not own.carried else None


def rounding_name(own: Rounding) -> str:
    """The function that rounds."""
    return "rounded" if own.rounding == "half_up" else "truncated"


def _spread(senders: str) -> str:
    """Values of senders, ready to meet every receiver: sample, sender, receiver."""
    return f"{senders}[:, :, np.newaxis]"


def _index(place: Sequence[int]) -> str:
    return ", ".join(map(str, place))
