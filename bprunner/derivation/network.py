"""The network as formulas: what every quantity of the forward pass is made of, and the error."""

from __future__ import annotations

from typing import Any

import sympy

from bprunner.derivation.formulas import ACTIVATIONS, LOSSES, either, exact, softmax, softmax_slope
from bprunner.derivation.products import factors_of, product, total
from bprunner.derivation.symbols import OVER_SAMPLES, Expr, Symbols
from bprunner.spec.experiment import Experiment
from bprunner.spec.naming import BiasPlace, WeightPlace


class Network:
    """The formulas of one experiment's network, for updates of one sample or of several. `sums_to_one`: whether the
    targets of every sample add up to 1, as classes do."""

    def __init__(self, experiment: Experiment, several: bool, sums_to_one: bool = False) -> None:
        self.experiment, self.several, self.sums_to_one = experiment, several, sums_to_one
        self.names = experiment.architecture.names
        self.layers = experiment.architecture.layers
        self.symbols = Symbols(experiment)
        self.last = len(self.layers) - 1

    def summed(self, expression: Expr) -> Expr:
        """Over the samples of the update, where these may be several."""
        return OVER_SAMPLES(expression) if self.several else expression

    def senders(self, layer: int) -> list[Expr]:
        return [self.symbols.sender(layer, unit) for unit in range(self.names.sizes[layer])]

    def outs(self, layer: int) -> list[Expr]:
        return [self.symbols.out(layer, unit) for unit in range(self.layers[layer].units)]

    def nets(self, layer: int) -> list[Expr]:
        return [self.symbols.net(layer, unit) for unit in range(self.layers[layer].units)]

    def weight(self, layer: int, sender: int, receiver: int, new: bool = False) -> Expr:
        return self.symbols.parameter(self.names.weight_names[WeightPlace(layer, sender, receiver)], new)

    def bias(self, layer: int, unit: int) -> Expr | None:
        form = self.names.bias_forms[layer]
        if form == "none":
            return None
        return self.symbols.parameter(self.names.bias_names[BiasPlace(layer, 0 if form == "shared" else unit)])

    # The forward pass

    def net_formula(self, layer: int, unit: int, senders: list[Expr] | None = None, new: bool = False) -> Expr:
        """Σ sender · weight, or Σ (sender − weight)², and the bias. `senders` may be formulas themselves."""
        senders = self.senders(layer) if senders is None else senders
        weights = [self.weight(layer, number, unit, new) for number in range(len(senders))]
        if self.layers[layer].net == "squared_distance":
            terms = [(a - w) ** 2 for a, w in zip(senders, weights, strict=True)]
        else:
            terms = [product(a, w) for a, w in zip(senders, weights, strict=True)]
        bias = self.bias(layer, unit)
        if bias is not None:
            terms.append(-bias if self.layers[layer].bias.kind == "threshold" else bias)
        return total(terms)

    def out_formula(self, layer: int, unit: int, nets: list[Expr] | None = None) -> Expr:
        """f(net)."""
        nets = self.nets(layer) if nets is None else nets
        activation = self.layers[layer].activation
        if activation.kind == "softmax":
            return softmax(nets, unit)
        return ACTIVATIONS[activation.kind].f(nets[unit], activation.parameters())

    def out_slope(self, layer: int, of: int, by: int) -> Expr:
        """∂out_of/∂net_by."""
        activation = self.layers[layer].activation
        if activation.kind == "softmax":
            return softmax_slope(self.outs(layer), of, by)
        formula = ACTIVATIONS[activation.kind]
        return formula.slope(self.nets(layer)[of], self.outs(layer)[of], activation.parameters())

    def predictions(self) -> list[Expr]:
        """Every prediction, decomposed into inputs, weights and biases."""
        a = self.senders(0)
        for layer in range(len(self.layers)):
            nets = [self.net_formula(layer, unit, a) for unit in range(self.layers[layer].units)]
            a = [self.out_formula(layer, unit, nets) for unit in range(self.layers[layer].units)]
        return a

    # The error

    def share(self, predictions: list[Expr] | None = None) -> Expr:
        """What one sample adds to the error, without penalties."""
        predictions = self.outs(self.last) if predictions is None else predictions
        loss: Any = self.experiment.training.loss
        formula, own = LOSSES[loss.kind], loss.parameters()
        terms = [formula.term(p, self.symbols.target(unit), own) for unit, p in enumerate(predictions)]
        return product(*self.divisors(), total(terms))

    def divisors(self) -> list[Expr]:
        """1/outputs and 1/samples, where means are taken."""
        loss: Any = self.experiment.training.loss
        of_both = loss.kind.startswith("mean_")
        outputs = len(self.names.outputs)
        found = []
        if (of_both or getattr(loss, "outputs", "sum") == "mean") and outputs > 1:
            found.append(sympy.Rational(1, outputs))
        if (of_both or loss.samples == "mean") and self.several:
            found.append(1 / self.samples())
        return found

    def loss_slope(self, unit: int) -> Expr:
        """∂error/∂prediction of one sample."""
        loss: Any = self.experiment.training.loss
        slope = LOSSES[loss.kind].slope(self.outs(self.last)[unit], self.symbols.target(unit), loss.parameters())
        return product(*self.divisors(), *factors_of(slope))

    def samples(self) -> Expr:
        """How many samples the update has."""
        return self.symbols.number("samples", "m", "m")

    def error(self, predictions: list[Expr] | None = None) -> Expr:
        """The error of an update, penalties included."""
        parts = [self.summed(self.share(predictions))]
        for kind, term in self._penalties():
            names = [*self.names.weights, *(self.names.biases if term.biases else ())]
            w = [self.symbols.parameter(name) for name in names]
            sizes = [sympy.Abs(each) if kind == "l1" else each**2 for each in w]
            parts.append(product(self._factor(term), total(sizes)))
        return total(parts)

    def penalty_slopes(self, name: str) -> list[Expr]:
        """What penalties add to ∂error/∂(a weight or bias)."""
        w = self.symbols.parameter(name)
        return [
            product(self._factor(term), either(sympy.Ne(w, 0), sympy.sign(w), 0))
            if kind == "l1"
            else product(2 * self._factor(term), w)
            for kind, term in self._penalties()
            if term.biases or name in self.names.weights
        ]

    def _penalties(self) -> list[tuple[str, Any]]:
        penalty = self.experiment.training.penalty
        return [(kind, term) for kind in ("l1", "l2") if (term := getattr(penalty, kind)) is not None]

    def _factor(self, term: Any) -> Expr:
        m = self.samples() if self.several else sympy.Integer(1)
        divisor = {"lambda": 1, "lambda/2": 2, "lambda/m": m, "lambda/2m": 2 * m}[term.factor]
        return exact(term.strength) / divisor
