"""Random networks for the laws: Hypothesis draws the structure and a seed, NumPy the many numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from bprunner.data.samples import Samples
from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.arrays import Array
from bprunner.nn.losses import LOSSES
from bprunner.nn.network import Layer, Weights
from bprunner.spec.experiment import Experiment

# Sums of up to 16 terms are added one by one, longer ones by BLAS: both sides of that border.
SIZES = st.one_of(st.integers(1, 20), st.sampled_from([15, 16, 17, 33]))
SAMPLES = st.one_of(st.integers(1, 40), st.sampled_from([1, 16, 17, 33]))
ROUNDED = ("net", "out", "prediction", "error", "delta", "gradient", "update", "weight", "bias")

SEEDS = st.integers(0, 2**32)
FACTORS = st.floats(-2.0, 2.0)
# Up to networks that overflow after a step or two.
SCALES = st.sampled_from([0.1, 1.0, 30.0, 1e150, 1e300])


@dataclass(frozen=True)
class PopulationCase:
    """Experiments of one structure, and the samples that they share."""

    experiments: tuple[Experiment, ...]
    samples: Samples


def random_samples(seed: int, count: int, inputs: int, outputs: int) -> Samples:
    """Gaussian ones, with zeros of both signs among the inputs."""
    generator = np.random.default_rng(seed)
    x, t = generator.normal(size=(count, inputs)), generator.normal(size=(count, outputs))
    x[generator.random(x.shape) < 0.1] = 0.0
    x[generator.random(x.shape) < 0.1] = -0.0
    return Samples(x, t, ("i",) * inputs, ("o",) * outputs, "drawn")


ROUNDINGS = st.dictionaries(
    st.sampled_from(ROUNDED),
    st.fixed_dictionaries(
        {"decimals": st.integers(0, 6), "rounding": st.sampled_from(["half_up", "truncated"]), "carried": st.just(True)}
    ),
    max_size=3,
)


@st.composite
def initial_weights(draw: st.DrawFn) -> dict[str, Any]:
    """One run's own rule, and biases of their own."""
    scale = draw(SCALES)
    rules: list[dict[str, Any]] = [
        {"uniform": {"low": -scale, "high": scale}},
        {"normal": {"scale": scale}},
        {"constant": {"value": draw(FACTORS)}},
    ]
    biases: list[Any] = ["zeros", {"normal": {"scale": 1.0}}]
    return {**draw(st.sampled_from(rules)), "biases": draw(st.sampled_from(biases)), "seed": draw(SEEDS)}


@st.composite
def populations(draw: st.DrawFn, sizes: st.SearchStrategy[int] = SIZES, most_runs: int = 9) -> PopulationCase:
    """Runs that share their structure, and nothing else."""
    units = draw(st.lists(sizes, min_size=2, max_size=4))
    kinds = [draw(st.sampled_from(sorted(ACTIVATIONS))) for _ in units[1:]]
    biased = [draw(st.sampled_from(["none", "trained"])) for _ in units[1:]]
    loss = draw(st.sampled_from(sorted(LOSSES)))
    roundings = draw(st.one_of(st.just({}), ROUNDINGS))

    def experiment() -> Experiment:
        layers = [
            {
                "units": size,
                "activation": {"leaky_relu": {"slope": draw(FACTORS)}} if kind == "leaky_relu" else kind,
                "bias": bias,
            }
            for size, kind, bias in zip(units[1:], kinds, biased, strict=True)
        ]
        return Experiment.model_validate(
            {
                "name": "drawn",
                "architecture": {"inputs": units[0], "layers": layers},
                "initial_weights": draw(initial_weights()),
                "dataset": {"inputs": [[0]], "targets": [[0]]},  # in its place come the drawn samples
                "training": {
                    "loss": loss,
                    "optimizer": "gradient_descent",
                    "learning_rate": draw(st.floats(1e-4, 2.0)),
                    "epochs": 3,
                },
                "arithmetic": roundings,
            }
        )

    runs = draw(st.integers(1, most_runs))
    samples = random_samples(draw(SEEDS), draw(SAMPLES), units[0], units[-1])
    return PopulationCase(tuple(experiment() for _ in range(runs)), samples)


@dataclass(frozen=True)
class Network:
    """One run's network with everything that its gradient depends on."""

    kinds: tuple[str, ...]
    slopes: tuple[float, ...]
    weights: Weights
    inputs: Array
    target: Array

    def layers(self) -> list[Layer]:
        return [
            Layer(ACTIVATIONS[kind], {"slope": np.full((1, 1, 1), slope)} if kind == "leaky_relu" else {})
            for kind, slope in zip(self.kinds, self.slopes, strict=True)
        ]


def random_network(
    seed: int, units: Sequence[int], kinds: Sequence[str], biased: Sequence[bool], samples: int
) -> Network:
    """A network of moderate numbers: far from overflow, and not so saturated that gradients vanish."""
    generator = np.random.default_rng(seed)
    W = [generator.uniform(-1, 1, (1, a, b)) / np.sqrt(a) for a, b in pairwise(units)]
    b = [generator.uniform(-1, 1, (1, 1, n)) if bias else None for n, bias in zip(units[1:], biased, strict=True)]
    return Network(
        kinds=tuple(kinds),
        slopes=tuple(generator.uniform(0.05, 0.5, len(kinds)).tolist()),
        weights=Weights(W, b),
        inputs=generator.normal(size=(1, samples, units[0])),
        target=generator.normal(size=(1, samples, units[-1])),
    )


@st.composite
def networks(draw: st.DrawFn, most_units: int = 6, most_samples: int = 4) -> Network:
    """Networks of one to three layers."""
    units = draw(st.lists(st.integers(1, most_units), min_size=2, max_size=4))
    kinds = [draw(st.sampled_from(sorted(ACTIVATIONS))) for _ in units[1:]]
    biased = [draw(st.booleans()) for _ in units[1:]]
    return random_network(draw(SEEDS), units, kinds, biased, draw(st.integers(1, most_samples)))
