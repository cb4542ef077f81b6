"""A second trainer, in plain Python: lists, floats and loops, one number at a time, as one would do it by hand.

It shares no line and no idea of layout with bprunner: weights are held by receiving neuron, and names are made
here once more. Sums go from left to right, so that where only + − × ÷ occur the two agree to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reference:
    """What to train: `weights[layer][receiver][sender]`, `biases[layer]` a list or None."""

    kinds: Sequence[str]
    slopes: Sequence[float]
    weights: list[list[list[float]]]
    biases: list[list[float] | None]
    inputs: list[list[float]]
    targets: list[list[float]]
    loss: str
    learning_rate: float
    epochs: int

    def declaration(self) -> dict[str, Any]:
        """The same in bprunner's notation, every weight and bias by its name."""
        layers = [
            {
                "units": len(matrix),
                "activation": {"leaky_relu": {"slope": slope}} if kind == "leaky_relu" else kind,
                "bias": "none" if bias is None else "trained",
            }
            for kind, slope, matrix, bias in zip(self.kinds, self.slopes, self.weights, self.biases, strict=True)
        ]
        return {
            "name": "reference",
            "architecture": {"inputs": len(self.inputs[0]), "layers": layers},
            "initial_weights": named("w", self.weights) | named("b", [[bias] for bias in self.biases if bias]),
            "dataset": {"inputs": self.inputs, "targets": self.targets},
            "training": {
                "loss": self.loss,
                "optimizer": "gradient_descent",
                "learning_rate": self.learning_rate,
                "epochs": self.epochs,
            },
        }


def named(letter: str, layers: Sequence[Sequence[Sequence[float]]]) -> dict[str, float]:
    """w1, w2, …: layer after layer, receiver after receiver, sender after sender."""
    numbers = [number for layer in layers for row in layer for number in row]
    return {f"{letter}{position + 1}": number for position, number in enumerate(numbers)}


def activate(kind: str, net: float, slope: float) -> float:
    if kind == "sigmoid":
        return 1.0 / (1.0 + math.exp(-net))
    if kind == "tanh":
        return math.tanh(net)
    if kind == "relu":
        return net if net > 0.0 else 0.0
    if kind == "leaky_relu":
        return net if net > 0.0 else slope * net
    return net


def derivative(kind: str, net: float, out: float, slope: float) -> float:
    if kind == "sigmoid":
        return out * (1.0 - out)
    if kind == "tanh":
        return 1.0 - out * out
    if kind == "relu":
        return 1.0 if net > 0.0 else 0.0
    if kind == "leaky_relu":
        return 1.0 if net > 0.0 else slope
    return 1.0


def total(terms: Sequence[float]) -> float:
    """From the left. (Python's own `sum` compensates for rounding in newer versions.)"""
    result = terms[0]
    for term in terms[1:]:
        result = result + term
    return result


def error_of(loss: str, outs: list[list[float]], targets: list[list[float]]) -> float:
    rows = [total([(o - t) * (o - t) for o, t in zip(row, wanted, strict=True)])
            for row, wanted in zip(outs, targets, strict=True)]  # fmt: skip
    squares = total(rows)
    if loss == "half_squared_error":
        return 0.5 * squares
    return squares / (len(outs) * len(outs[0])) if loss == "mean_squared_error" else squares


def error_slope(loss: str, out: float, target: float, terms: int) -> float:
    if loss == "half_squared_error":
        return out - target
    doubled = 2.0 * (out - target)
    return doubled / terms if loss == "mean_squared_error" else doubled


def neuron_names(sizes: Sequence[int]) -> list[list[str]]:
    hidden = sizes[:-1]
    names = [
        [f"h{unit + 1}" if len(hidden) == 1 else f"h{layer + 1}.{unit + 1}" for unit in range(size)]
        for layer, size in enumerate(hidden)
    ]
    return [*names, [f"o{unit + 1}" for unit in range(sizes[-1])]]


Value = float | list[float]


def trajectory(r: Reference) -> dict[str, list[Value]]:
    """Every quantity by name: one value for each step, a list where each sample has its own."""
    weights = [[list(row) for row in matrix] for matrix in r.weights]
    biases = [None if bias is None else list(bias) for bias in r.biases]
    trace: dict[str, list[Value]] = {}
    for step in range(r.epochs + 1):
        passes = [one_sample(r, weights, biases, x, t) for x, t in zip(r.inputs, r.targets, strict=True)]
        gradient, bias_gradient = gradients(weights, biases, passes)
        last = step == r.epochs
        update = [[[math.nan if last else -r.learning_rate * g for g in row] for row in m] for m in gradient]
        bias_update = [[math.nan if last else -r.learning_rate * g for g in row] for row in bias_gradient]
        record(trace, r, weights, biases, passes)
        for quantity, m, b in (("gradient", gradient, bias_gradient), ("update", update, bias_update)):
            record_named(trace, quantity, named("w", m) | named("b", [[row] for row in b if row]))
        weights = [[[w + u for w, u in zip(row, more, strict=True)] for row, more in zip(m, n, strict=True)]
                   for m, n in zip(weights, update, strict=True)]  # fmt: skip
        biases = [None if bias is None else [b + u for b, u in zip(bias, more, strict=True)]
                  for bias, more in zip(biases, bias_update, strict=True)]  # fmt: skip
    return trace


@dataclass(frozen=True)
class Pass:
    """One sample's way through the network and back, layer by layer."""

    x: list[float]
    nets: list[list[float]]
    outs: list[list[float]]
    deltas: list[list[float]]


def one_sample(
    r: Reference, weights: list[list[list[float]]], biases: list[list[float] | None], x: list[float], t: list[float]
) -> Pass:
    nets: list[list[float]] = []
    outs: list[list[float]] = []
    a = x
    for kind, slope, matrix, bias in zip(r.kinds, r.slopes, weights, biases, strict=True):
        net = [total([sender * w for sender, w in zip(a, row, strict=True)]) for row in matrix]
        if bias is not None:
            net = [n + b for n, b in zip(net, bias, strict=True)]
        a = [activate(kind, n, slope) for n in net]
        nets.append(net)
        outs.append(a)
    terms = len(r.targets) * len(t)
    slopes = [error_slope(r.loss, out, wanted, terms) for out, wanted in zip(a, t, strict=True)]
    deltas: list[list[float]] = []
    for layer in range(len(weights) - 1, -1, -1):
        kind, slope = r.kinds[layer], r.slopes[layer]
        delta = [g * derivative(kind, n, o, slope)
                 for g, n, o in zip(slopes, nets[layer], outs[layer], strict=True)]  # fmt: skip
        deltas.insert(0, delta)
        senders = range(len(weights[layer][0]))
        slopes = [total([d * row[s] for d, row in zip(delta, weights[layer], strict=True)]) for s in senders]
    return Pass(x, nets, outs, deltas)


def gradients(
    weights: list[list[list[float]]], biases: list[list[float] | None], passes: list[Pass]
) -> tuple[list[list[list[float]]], list[list[float]]]:
    """By weight and by bias, summed over the samples in their order; an empty list for a layer without biases."""
    matrices, vectors = [], []
    for layer, matrix in enumerate(weights):
        sent = [p.x if layer == 0 else p.outs[layer - 1] for p in passes]
        deltas = [p.deltas[layer] for p in passes]
        matrices.append([
            [total([a[s] * d[receiver] for a, d in zip(sent, deltas, strict=True)]) for s in range(len(row))]
            for receiver, row in enumerate(matrix)
        ])  # fmt: skip
        units = [] if biases[layer] is None else range(len(matrix))
        vectors.append([total([d[receiver] for d in deltas]) for receiver in units])
    return matrices, vectors


def record(
    trace: dict[str, list[Value]],
    r: Reference,
    weights: list[list[list[float]]],
    biases: list[list[float] | None],
    passes: list[Pass],
) -> None:
    record_named(trace, "weight", named("w", weights))
    record_named(trace, "bias", named("b", [[bias] for bias in biases if bias is not None]))
    names = neuron_names([len(matrix) for matrix in weights])
    for layer, neurons in enumerate(names):
        for unit, name in enumerate(neurons):
            for quantity, values in (
                ("net", [p.nets[layer][unit] for p in passes]),
                ("out", [p.outs[layer][unit] for p in passes]),
                ("delta", [p.deltas[layer][unit] for p in passes]),
            ):
                append(trace, f"{quantity}.{name}", values)
            if layer == len(names) - 1:
                append(trace, f"prediction.{name}", [p.outs[layer][unit] for p in passes])
    trace.setdefault("error", []).append(error_of(r.loss, [p.outs[-1] for p in passes], r.targets))


def record_named(trace: dict[str, list[Value]], quantity: str, numbers: Mapping[str, float]) -> None:
    for name, number in numbers.items():
        trace.setdefault(f"{quantity}.{name}", []).append(number)


def append(trace: dict[str, list[Value]], name: str, values: list[float]) -> None:
    trace.setdefault(name, []).append(values[0] if len(values) == 1 else values)
