"""Whole trajectories against scikit-learn's multi-layer perceptrons, where the arithmetic is the same.

MLPRegressor and MLPClassifier start from the declared weights and see the samples in order (shuffle=False). Compared
are the loss of every epoch (`loss_curve_`), and all coefficients and intercepts at the end, to 1e-10 relative to the
largest of their matrix: solvers sgd (plain, momentum, Nesterov's momentum; constant and inverse scaling rates) and
adam, the L2 penalty alpha, full batches and minibatches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

from bprunner.training.loop import train
from tests.laws.networks import Network, random_network

RELATIVE = 1e-10
EPOCHS = 100
SAMPLES = 12

ACTIVATIONS = {"linear": "identity", "sigmoid": "logistic", "tanh": "tanh", "relu": "relu"}
"""bprunner's names, and scikit-learn's."""

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class _FromDeclaration:
    """Puts the declared weights in place of random ones; for the perceptrons below."""

    start: Sequence[tuple[Any, Any]]

    def _init_coef(self, fan_in: int, fan_out: int, dtype: Any) -> tuple[Any, Any]:
        W, b = self.start[self._drawn]
        self._drawn += 1
        assert W.shape == (fan_in, fan_out)
        return W.astype(dtype), b.astype(dtype)

    _drawn = 0


class Regressor(_FromDeclaration, MLPRegressor):  # type: ignore[misc]
    """With squared errors: half of them, over the samples their mean."""


class Classifier(_FromDeclaration, MLPClassifier):  # type: ignore[misc]
    """With cross-entropies, over the samples their mean."""


REGRESSION = {"half_squared_error": {"outputs": "sum", "samples": "mean"}}
SHOWN = {"half_squared_error": {"outputs": "mean", "samples": "mean"}}
"""What scikit-learn's regressor descends, and what it shows: over several outputs it sums the one, not the other."""
CLASSES = {"cross_entropy": {"samples": "mean"}}
TWO_CLASSES = {"binary_cross_entropy": {"outputs": "sum", "samples": "mean"}}


def network_of(
    kind: str, loss: Any, last: str, outputs: int, training: Mapping[str, Any], hidden: Sequence[int] = (5, 4)
) -> Network:
    """3 → 5 → 4 → outputs."""
    units = (3, *hidden, outputs)
    layers = len(hidden)
    own = {"learning_rate": 0.05, "epochs": EPOCHS, **training}
    biases = ["trained"] * (layers + 1)
    network = random_network(4, units, [*[kind] * layers, last], biases, SAMPLES, loss, training=own)
    return with_classes(network, outputs) if "entropy" in next(iter(loss)) else network


def with_classes(network: Network, outputs: int) -> Network:
    """Every sample in one class, and every class there."""
    numbers = np.arange(SAMPLES) * 5 % 7 % max(2, outputs)
    targets = np.eye(outputs)[numbers] if outputs > 1 else numbers[:, np.newaxis].astype(np.float64)
    return replace(network, samples=replace(network.samples, targets=targets))


def perceptron(network: Network, **arguments: Any) -> Any:
    """scikit-learn's, with the declared weights, and no reason to end early."""
    experiment, weights = network.experiment, network.experiment.initial_weights
    written: Any = zip(weights.matrices or (), weights.biases or (), strict=True)
    kind = Classifier if "entropy" in experiment.training.loss.kind else Regressor
    layers = experiment.architecture.layers
    model = kind(
        hidden_layer_sizes=tuple(layer.units for layer in layers[:-1]),
        activation=ACTIVATIONS[layers[0].activation.kind],
        **{
            "solver": "sgd",
            "alpha": 0.0,
            "batch_size": SAMPLES,
            "learning_rate_init": experiment.training.learning_rate,
            "momentum": 0.0,
            "nesterovs_momentum": False,
            "shuffle": False,
            "max_iter": EPOCHS,
            "n_iter_no_change": EPOCHS + 1,
            **arguments,
        },
    )
    model.start = [(np.array(W), np.array(b)) for W, b in written]
    targets = network.samples.targets
    if kind is Classifier:
        targets = np.argmax(targets, axis=1) if targets.shape[1] > 1 else targets[:, 0]
    return model.fit(network.samples.inputs, targets[:, 0] if targets.ndim == 2 and targets.shape[1] == 1 else targets)


def assert_goes_along(network: Network, **arguments: Any) -> None:
    """The loss of every epoch, and the weights after the last."""
    model = perceptron(network, **arguments)
    *steps, last = train(network.population)
    per_epoch = network.population.updates_per_epoch
    shown = [_shown(network, step) for step in steps]
    sizes = [step.passed.out[-1].shape[1] for step in steps]
    curve = [
        sum(shown[k] * sizes[k] for k in range(start, start + per_epoch)) / SAMPLES
        for start in range(0, len(steps), per_epoch)
    ]
    np.testing.assert_allclose(curve, model.loss_curve_, rtol=RELATIVE)
    theirs = [*model.coefs_, *model.intercepts_]
    for mine, other in zip(last.weights.flat(), theirs, strict=True):
        scale = float(np.max(np.abs(other)))
        np.testing.assert_allclose(mine[0], other.reshape(mine[0].shape), rtol=RELATIVE, atol=RELATIVE * scale)


def _shown(network: Network, step: Any) -> float:
    """A step's error as scikit-learn shows it: of several outputs of a regressor their mean, and the penalty."""
    error = float(step.error[0, 0, 0])
    if network.experiment.training.reported_error is None:
        return error
    p, samples = network.population, step.passed.out[-1].shape[1]
    cost = sum(float(each.value(step.weights, samples)[0, 0, 0]) for each in p.penalties)
    return float(step.measures["reported_error"][0, 0, 0]) + cost


TASKS = [
    pytest.param(REGRESSION, "linear", 1, id="regression"),
    pytest.param(REGRESSION, "linear", 3, id="three-outputs"),
    pytest.param(CLASSES, "softmax", 3, id="three-classes"),
    pytest.param(TWO_CLASSES, "sigmoid", 1, id="two-classes"),
]


def reported(loss: Any, outputs: int) -> dict[str, Any]:
    """The error that scikit-learn shows, where it is another than the one that it descends."""
    return {"reported_error": SHOWN} if loss == REGRESSION and outputs > 1 else {}


@pytest.mark.parametrize("size", [SAMPLES, 5])
@pytest.mark.parametrize("alpha", [0.0, 0.3])
@pytest.mark.parametrize(("loss", "last", "outputs"), TASKS)
@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_gradient_descent(kind: str, loss: Any, last: str, outputs: int, alpha: float, size: int) -> None:
    """alpha is λ of λ/2m Σ w², m being the samples of the batch."""
    training = {
        **reported(loss, outputs),
        "penalty": {"l2": {"strength": alpha, "factor": "lambda/2m"}},
        "batches": {"minibatches": {"size": size}},
    }
    assert_goes_along(network_of(kind, loss, last, outputs, training), alpha=alpha, batch_size=size)


@pytest.mark.parametrize(("loss", "last", "outputs"), TASKS)
@pytest.mark.parametrize("size", [SAMPLES, 5])
@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum(nesterov: bool, size: int, loss: Any, last: str, outputs: int) -> None:
    """scikit-learn's two are the classical forms."""
    training = {
        **reported(loss, outputs),
        "optimizer": {"nesterov" if nesterov else "momentum": {"momentum": 0.8, "form": "classical"}},
        "batches": {"minibatches": {"size": size}},
        "learning_rate": 0.02,
    }
    network = network_of("tanh", loss, last, outputs, training)
    assert_goes_along(network, momentum=0.8, nesterovs_momentum=nesterov, batch_size=size)


@pytest.mark.parametrize(("loss", "last", "outputs"), TASKS)
@pytest.mark.parametrize("size", [SAMPLES, 5])
def test_adam(size: int, loss: Any, last: str, outputs: int) -> None:
    """scikit-learn adds ε to √v before its correction: Kingma and Ba's "epsilon hat"."""
    numbers = {"beta1": 0.9, "beta2": 0.99, "epsilon": 1e-6, "epsilon_place": "uncorrected"}
    training = {
        **reported(loss, outputs),
        "optimizer": {"adam": numbers},
        "batches": {"minibatches": {"size": size}},
        "learning_rate": 0.01,
    }
    network = network_of("tanh", loss, last, outputs, training)
    assert_goes_along(network, solver="adam", beta_1=0.9, beta_2=0.99, epsilon=1e-6, batch_size=size)


@pytest.mark.parametrize("size", [SAMPLES, 5])
def test_inverse_scaling(size: int) -> None:
    """With power 1, the rate after so many samples is rate / (1 + samples): inverse time with a decay of one epoch's
    samples, changed after each epoch."""
    training = {
        "schedule": {"inverse_time": {"decay": float(SAMPLES), "per": "epoch"}},
        "batches": {"minibatches": {"size": size}},
        "learning_rate": 0.5,
    }
    network = network_of("tanh", REGRESSION, "linear", 1, training)
    assert_goes_along(network, learning_rate="invscaling", power_t=1.0, batch_size=size)


def test_a_learning_rate_that_is_wrong_in_its_ninth_digit_is_caught() -> None:
    network = network_of("tanh", REGRESSION, "linear", 1, {})
    assert_goes_along(network)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_goes_along(network, learning_rate_init=0.05 * (1 + 1e-8))
