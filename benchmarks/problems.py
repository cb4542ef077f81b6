"""The four networks on which training at the limit is measured, as plain arrays: what every side starts from."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np

from bprunner.data.loading import load_samples
from bprunner.nn.arrays import Array
from bprunner.spec.experiment import Experiment
from bprunner.spec.reading import read_declaration
from bprunner.training.population import Population, populate

Activation = Literal["linear", "tanh"]
Loss = Literal["half_squared_error", "cross_entropy"]


class Kept(NamedTuple):
    """What a side has kept: errors (steps, runs), W by layer, each (steps, runs, fan_in, fan_out), and the biases, by
    layer, each (steps, runs, fan_out); none where the network has none."""

    errors: Array
    W: Sequence[Array]
    b: Sequence[Array]


@dataclass(frozen=True)
class Problem:
    """Runs of gradient descent, each update with all samples, from weights and with a learning rate of their own.

    inputs (samples, fan_in) and targets (samples, outputs) are shared. W: by layer, (runs, fan_in, fan_out); b: by
    layer, (runs, 1, fan_out), or empty. `steps` counts states: so many errors and weights are kept, and one
    update fewer is made. half_squared_error: ½ Σ (output − target)² over outputs and samples. cross_entropy: behind a
    softmax, the mean over the samples.
    """

    name: str
    inputs: Array
    targets: Array
    W: Sequence[Array]
    b: Sequence[Array]
    rates: Array
    activations: Sequence[Activation]
    loss: Loss
    steps: int

    @property
    def runs(self) -> int:
        return len(self.rates)

    @property
    def cost(self) -> int:
        """Runs times steps."""
        return self.runs * self.steps

    @property
    def classes(self) -> Any:
        """The class of each sample, (samples,)."""
        return self.targets.argmax(axis=1)

    def only(self, runs: int, steps: int | None = None) -> Problem:
        """The first so many runs, and so many steps."""
        return Problem(
            self.name,
            self.inputs,
            self.targets,
            [W[:runs] for W in self.W],
            [b[:runs] for b in self.b],
            self.rates[:runs],
            self.activations,
            self.loss,
            steps or self.steps,
        )


@dataclass(frozen=True)
class Network:
    """A row of the table: its experiment, how many runs and steps, and its learning rates, from slowest to fastest."""

    name: str
    told: str
    experiment: Mapping[str, Any]
    runs: int
    steps: int
    rates: tuple[float, float]

    @cached_property
    def experiments(self) -> list[Experiment]:
        """One for each run: a learning rate and a seed of its own."""
        return self.experiments_of(self.runs, self.steps)

    def experiments_of(self, runs: int, steps: int) -> list[Experiment]:
        """So many runs of so many steps."""
        first = read_declaration({**self.experiment, "name": "bench"}, [f"training.epochs={steps - 1}"]).experiment
        rates = np.geomspace(*self.rates, runs).tolist()
        return [
            first.model_copy(
                update={
                    "training": first.training.model_copy(update={"learning_rate": rate}),
                    "initial_weights": first.initial_weights.model_copy(update={"seed": seed}),
                }
            )
            for seed, rate in enumerate(rates)
        ]

    def population(self, runs: int | None = None, steps: int | None = None) -> Population:
        """The runs as ours. Fewer of them have other learning rates between the same ends."""
        same = (runs or self.runs, steps or self.steps) == (self.runs, self.steps)
        experiments = self.experiments if same else self.experiments_of(runs or self.runs, steps or self.steps)
        return populate(experiments, load_samples(read_declaration(experiments[0])))


def problem_of(name: str, p: Population) -> Problem:
    """A population as plain arrays."""
    first = p.training
    layers = [layer["activation"] for layer in _layers(name)]
    activations: list[Activation] = ["tanh" if each == "tanh" else "linear" for each in layers]
    return Problem(
        name,
        np.ascontiguousarray(p.part.inputs[0]),
        np.ascontiguousarray(p.part.targets[0]),
        [np.ascontiguousarray(W) for W in p.weights.W],
        [np.ascontiguousarray(b) for b in p.weights.b if b is not None],
        np.ascontiguousarray(p.learning_rate.reshape(-1)),
        activations,
        "cross_entropy" if first.loss.kind == "cross_entropy" else "half_squared_error",
        p.most_updates + 1,
    )


def _layers(name: str) -> list[dict[str, Any]]:
    layers: list[dict[str, Any]] = BY_NAME[name].experiment["architecture"]["layers"]
    return layers


TRAINING = {"optimizer": "gradient_descent", "learning_rate": 0.05, "epochs": 1}


def _architecture(inputs: int, *layers: tuple[int, str], bias: str = "trained") -> dict[str, Any]:
    return {"inputs": inputs, "layers": [{"units": u, "activation": a, "bias": bias} for u, a in layers]}


def _classifier(bundled: str, inputs: int, hidden: int, outputs: int, scale: str) -> dict[str, Any]:
    return {
        "architecture": _architecture(inputs, (hidden, "tanh"), (outputs, "softmax")),
        "initial_weights": {"glorot_uniform": {}, "biases": "zeros", "seed": 0},
        "dataset": {"bundled": bundled, "encode": {"targets": "one_hot"}, "scale": {"inputs": scale}},
        "training": {
            "loss": {"cross_entropy": {"samples": "mean"}},
            "optimizer": "gradient_descent",
            "learning_rate": 0.1,
            "epochs": 1,
        },
    }


CORNERS = [list(corner) for corner in itertools.product([0, 1], repeat=2)]

NETWORKS = (
    Network(
        "document",
        "the document 2-2-1, 1 sample",
        {
            "architecture": _architecture(2, (2, "linear"), (1, "linear"), bias="none"),
            "initial_weights": {"uniform": {"low": 0.1, "high": 0.4}, "seed": 0},
            "dataset": {"inputs": [[2, 3]], "targets": [[1]]},
            "training": {"loss": "half_squared_error", **TRAINING},
        },
        runs=10_000,
        steps=1000,
        rates=(1e-5, 5e-4),
    ),
    Network(
        "xor",
        "XOR 2-2-1 tanh, 4 samples",
        {
            "architecture": _architecture(2, (2, "tanh"), (1, "tanh")),
            "initial_weights": {"uniform": {"low": -1, "high": 1}, "biases": "zeros", "seed": 0},
            "dataset": {"inputs": CORNERS, "targets": [[-1], [1], [1], [-1]]},
            "training": {"loss": "half_squared_error", **TRAINING},
        },
        runs=10_000,
        steps=1000,
        rates=(1e-3, 1e-1),
    ),
    Network("iris", "Iris 4-8-3, 150 samples", _classifier("iris", 4, 8, 3, "standardise"), 1000, 200, (1e-2, 1.0)),
    Network(
        "digits",
        "digits 64-32-10, 1,797 samples",
        _classifier("digits", 64, 32, 10, "min_max"),
        runs=100,
        steps=20,
        rates=(1e-2, 1.0),
    ),
)
BY_NAME = {network.name: network for network in NETWORKS}
