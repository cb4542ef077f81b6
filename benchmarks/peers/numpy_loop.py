"""A bare NumPy loop, one run at a time, as a script would have it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.problems import Kept, Problem
from bprunner.nn.arrays import Array


def prepared(problem: Problem) -> Callable[[], Kept]:
    """Trains all runs, one after the other."""
    return lambda: _trained(problem)


def kept(result: Kept) -> Kept:
    """As it is."""
    return result


def _trained(p: Problem) -> Kept:
    errors = np.empty((p.steps, p.runs))
    W_kept = [np.empty((p.steps, *W.shape)) for W in p.W]
    b_kept = [np.empty((p.steps, len(b), b.shape[2])) for b in p.b]
    one = _classifier if p.loss == "cross_entropy" else _regression
    for run in range(p.runs):
        one(p, run, errors, W_kept, b_kept)
    return Kept(errors, W_kept, b_kept)


def _regression(p: Problem, run: int, errors: Array, W_kept: list[Array], b_kept: list[Array]) -> None:
    x, target, rate = p.inputs, p.targets, float(p.rates[run])
    W1, W2 = p.W[0][run], p.W[1][run]
    b1, b2 = (p.b[0][run], p.b[1][run]) if p.b else (None, None)
    is_tanh = p.activations[0] == "tanh"
    for step in range(p.steps):
        net1 = x @ W1 if b1 is None else x @ W1 + b1
        h = np.tanh(net1) if is_tanh else net1
        net2 = h @ W2 if b2 is None else h @ W2 + b2
        out = np.tanh(net2) if is_tanh else net2
        difference = out - target
        errors[step, run] = 0.5 * (difference * difference).sum()
        W_kept[0][step, run], W_kept[1][step, run] = W1, W2
        delta2 = difference * (1 - out * out) if is_tanh else difference
        delta1 = delta2 @ W2.T
        if is_tanh:
            delta1 = delta1 * (1 - h * h)
        if b1 is not None and b2 is not None:
            b_kept[0][step, run], b_kept[1][step, run] = b1[0], b2[0]
            b1, b2 = b1 - rate * delta1.sum(0, keepdims=True), b2 - rate * delta2.sum(0, keepdims=True)
        W1, W2 = W1 - rate * (x.T @ delta1), W2 - rate * (h.T @ delta2)


def _classifier(p: Problem, run: int, errors: Array, W_kept: list[Array], b_kept: list[Array]) -> None:
    x, target, rate, samples = p.inputs, p.targets, float(p.rates[run]), len(p.inputs)
    right = np.arange(samples), p.classes
    W1, W2, b1, b2 = p.W[0][run], p.W[1][run], p.b[0][run], p.b[1][run]
    for step in range(p.steps):
        h = np.tanh(x @ W1 + b1)
        net = h @ W2 + b2
        powers = np.exp(net - net.max(1, keepdims=True))
        out = powers / powers.sum(1, keepdims=True)
        errors[step, run] = -np.log(out[right]).mean()
        W_kept[0][step, run], W_kept[1][step, run] = W1, W2
        b_kept[0][step, run], b_kept[1][step, run] = b1[0], b2[0]
        delta2 = (out - target) / samples
        delta1 = (delta2 @ W2.T) * (1 - h * h)
        W1, W2 = W1 - rate * (x.T @ delta1), W2 - rate * (h.T @ delta2)
        b1, b2 = b1 - rate * delta1.sum(0, keepdims=True), b2 - rate * delta2.sum(0, keepdims=True)
