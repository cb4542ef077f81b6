"""scikit-learn's MLPClassifier, one run at a time: plain gradient descent with all samples in one batch.

Its arithmetic is ours for a classifier with softmax and the mean cross-entropy. Its regressor averages ½ squared errors
and always has biases and a linear output, so it has no part in the other networks.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.problems import Kept, Problem


def suits(problem: Problem) -> bool:
    """Whether it computes the same."""
    return problem.loss == "cross_entropy"


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
    for run in range(p.runs):
        network = _started(p, run)
        for step in range(p.steps):
            for layer, (W, b) in enumerate(zip(network.coefs_, network.intercepts_, strict=True)):
                W_kept[layer][step, run], b_kept[layer][step, run] = W, b
            network.partial_fit(p.inputs, p.classes)
            errors[step, run] = network.loss_
    return Kept(errors, W_kept, b_kept)


def _started(p: Problem, run: int) -> Any:
    """A network with its weights as given. scikit-learn makes its own when it first sees
    data; they are then written over."""
    from sklearn.neural_network import MLPClassifier

    samples = len(p.inputs)
    network = MLPClassifier(
        (p.W[0].shape[2],),
        activation="tanh",
        solver="sgd",
        alpha=0.0,
        batch_size=samples,
        learning_rate_init=float(p.rates[run]),
        shuffle=False,
        momentum=0.0,
        nesterovs_momentum=False,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network.partial_fit(p.inputs, p.classes, classes=np.arange(p.targets.shape[1]))
    # In place: its optimizer holds on to these arrays.
    for layer in range(2):
        network.coefs_[layer][...] = p.W[layer][run]
        network.intercepts_[layer][...] = p.b[layer][run, 0]
    return network
