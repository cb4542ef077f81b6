"""The chain rule: ∂error/∂w of one weight or bias, line by line, each equal to the one before.

Named quantities come in between: δ of a neuron is ∂error/∂net. The derivation of a weight goes by the chain rule,
then puts in the formulas, then differentiates them, and ends with δ.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from bprunner.derivation.network import Network
from bprunner.derivation.products import factors_of, product, total
from bprunner.derivation.symbols import PARTIAL, Expr


@dataclass(frozen=True)
class Line:
    """One line: its right side, and why it equals the one before."""

    right: Expr
    reason: str


@dataclass(frozen=True)
class Derivation:
    """Equations that have one left side: `left` = the first line = the second line = …

    `closed` is the last one: δ of the receiving neuron, times what the weight is multiplied by.
    """

    left: Expr
    lines: tuple[Line, ...]

    @property
    def closed(self) -> Expr:
        return self.lines[-1].right


@dataclass(frozen=True)
class Pulled:
    """∂error/∂(a quantity) in three forms: by the chain rule, with formulas put in, and differentiated."""

    chain: Expr
    inserted: Expr
    closed: Expr

    def times(self, chain: Expr, inserted: Expr, closed: Expr) -> Pulled:
        """With one more factor of the chain rule."""
        return Pulled(_joined(self.chain, chain), _joined(self.inserted, inserted), _joined(self.closed, closed))


def _joined(one: Expr, other: Expr) -> Expr:
    """A product that keeps its order, whatever products its factors are."""
    return product(*factors_of(one), *factors_of(other))


def _sum(each: list[Pulled]) -> Pulled:
    return Pulled(total([p.chain for p in each]), total([p.inserted for p in each]), total([p.closed for p in each]))


def unsolved(formula: Expr, by: Expr) -> Expr:
    """∂formula/∂by, written and not worked out."""
    return sympy.Derivative(formula, by, evaluate=False)


class Chain:
    """The derivations of one network's gradients."""

    def __init__(self, network: Network) -> None:
        self._n = network
        self.sequential = network.experiment.training.update_order == "sequential"

    # δ

    def delta(self, layer: int, unit: int) -> Derivation:
        """δ of a neuron: ∂error/∂net."""
        pulled = self._by_net(layer, unit)
        lines = [] if self._sees_updated(layer) else self._first_lines(pulled)
        lines.append(Line(pulled.closed, self._differentiated(layer)))
        lines += self._cancelled(layer, unit)
        return Derivation(self._n.symbols.delta(layer, unit), _distinct(lines))

    def _first_lines(self, pulled: Pulled) -> list[Line]:
        return [Line(pulled.chain, "chain rule"), Line(pulled.inserted, "each quantity by its formula")]

    def _sees_updated(self, layer: int) -> bool:
        """Whether δ comes through weights already changed: then it is no derivative of the error."""
        return self.sequential and layer < self._n.last

    def _differentiated(self, layer: int) -> str:
        if self._sees_updated(layer):
            return "differentiated, through weights that are updated already"
        steps = [each for each in self._n.layers[layer:] if each.activation.kind == "step"]
        return "differentiated" + (", with what is declared for the slope of a step" if steps else "")

    def _cancelled(self, layer: int, unit: int) -> list[Line]:
        """δ where the factors of a cross-entropy and of its output's slope cancel."""
        n, kind = self._n, self._n.experiment.training.loss.kind
        activation = n.layers[layer].activation
        if layer < n.last or (kind, activation.kind) not in CANCELLING:
            return []
        out, target = n.outs(layer)[unit], n.symbols.target(unit)
        if activation.kind == "softmax":
            if n.sums_to_one:
                difference = total([out, -target])
                return [Line(product(*n.divisors(), difference), "the factors cancel; targets add up to 1")]
            targets = total([n.symbols.target(each) for each in range(len(n.names.outputs))])
            right = product(*n.divisors(), total([product(out, targets), -target]))
            return [Line(right, "the factors cancel; the targets of a sample are added up")]
        slope = activation.parameters().get("slope")
        factors = [] if slope is None else [sympy.Float(slope)]
        return [Line(product(*n.divisors(), *factors, out - target), "the factors cancel")]

    def _by_out(self, layer: int, unit: int) -> Pulled:
        """∂error/∂out."""
        n = self._n
        out = n.outs(layer)[unit]
        if layer == n.last:
            slope = n.loss_slope(unit)
            return Pulled(PARTIAL(n.symbols.error(), out), unsolved(n.share(), out), slope)
        return _sum([self._through(layer + 1, receiver, out) for receiver in range(n.layers[layer + 1].units)])

    def _through(self, layer: int, receiver: int, out: Expr) -> Pulled:
        """What comes back through one receiver of an output."""
        n, delta = self._n, self._n.symbols.delta(layer, receiver)
        net = n.nets(layer)[receiver]
        formula = n.net_formula(layer, receiver)
        seen = n.net_formula(layer, receiver, new=self.sequential)
        return Pulled(
            product(PARTIAL(n.symbols.error(), net), PARTIAL(net, out)),
            product(delta, unsolved(formula, out)),
            product(delta, seen.doit().diff(out)),
        )

    def _by_net(self, layer: int, unit: int) -> Pulled:
        """∂error/∂net: of softmax, every output of the layer depends on it."""
        n = self._n
        if n.symbols.is_merged(layer):
            return self._by_out(layer, unit)
        net = n.nets(layer)[unit]
        coupled = n.layers[layer].activation.kind == "softmax"
        return _sum(
            [
                self._by_out(layer, of).times(
                    PARTIAL(n.outs(layer)[of], net), self._slope_to_solve(layer, of, net), n.out_slope(layer, of, unit)
                )
                for of in (range(n.layers[layer].units) if coupled else [unit])
            ]
        )

    def _slope_to_solve(self, layer: int, of: int, net: Expr) -> Expr:
        """Of a step, which has no slope of any use, ∂out/∂net stays: what is declared for it comes later."""
        n = self._n
        if n.layers[layer].activation.kind == "step":
            return PARTIAL(n.outs(layer)[of], net)
        return unsolved(n.out_formula(layer, of), net)

    # Weights and biases

    def gradient(self, name: str) -> Derivation:
        """∂error/∂(a weight or bias), down to δ times what the weight is multiplied by."""
        n = self._n
        w = n.symbols.parameter(name)
        layer, units = self._receivers(name)
        each = [self._of_parameter(layer, unit, w) for unit in units]
        rest = n.penalty_slopes(name)
        pulled = _sum(each)

        def whole(expression: Expr) -> Expr:
            return total([n.summed(expression), *rest])

        lines = []
        if not self._sees_updated(layer):
            lines += [Line(whole(line.right), line.reason) for line in self._first_lines(pulled)]
        lines.append(Line(whole(pulled.closed), self._differentiated(layer)))
        cancelled = [self._cancelled(layer, unit) for unit in units]
        if all(cancelled):
            each_one = [
                _joined(found[0].right, self._own_slope(layer, unit, w))
                for found, unit in zip(cancelled, units, strict=True)
            ]
            lines.append(Line(whole(total(each_one)), cancelled[0][0].reason))
        by_delta = total([_joined(n.symbols.delta(layer, unit), self._own_slope(layer, unit, w)) for unit in units])
        lines.append(Line(whole(by_delta), "δ = ∂error/∂net; ∂net/∂w is what stands beside it"))
        return Derivation(n.symbols.gradient(name), _distinct(lines))

    def _receivers(self, name: str) -> tuple[int, list[int]]:
        """The layer, and the neurons that a weight or bias enters."""
        names = self._n.names
        if name in names.weights:
            return names.weights[name].layer, [names.weights[name].receiver]
        place = names.biases[name]
        shared = names.bias_forms[place.layer] == "shared"
        return place.layer, list(range(names.sizes[place.layer + 1])) if shared else [place.receiver]

    def _own_slope(self, layer: int, unit: int, w: Expr) -> Expr:
        return self._n.net_formula(layer, unit).doit().diff(w)

    def _of_parameter(self, layer: int, unit: int, w: Expr) -> Pulled:
        n = self._n
        return self._by_net(layer, unit).times(
            PARTIAL(n.nets(layer)[unit], w), unsolved(n.net_formula(layer, unit), w), self._own_slope(layer, unit, w)
        )


CANCELLING = frozenset({("binary_cross_entropy", "sigmoid"), ("cross_entropy", "softmax")})


def _distinct(lines: list[Line]) -> tuple[Line, ...]:
    """Without a line that says what the one before says."""
    return tuple(line for number, line in enumerate(lines) if number == 0 or line.right != lines[number - 1].right)
