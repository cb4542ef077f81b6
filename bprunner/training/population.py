"""A population is runs of one structure, trained together along a leading runs axis.

This is the one bridge between the spec, which says what was asked, and nn, which knows only arrays. A run
alone is a population of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bprunner.data.samples import Samples
from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.arrays import Array
from bprunner.nn.initializers import INITIALIZERS
from bprunner.nn.losses import LOSSES, Loss
from bprunner.nn.network import Layer, Stage, Stages, Weights
from bprunner.nn.optimizers import OPTIMIZERS, Optimizer
from bprunner.nn.rounding import rounder
from bprunner.spec.choices import Choice
from bprunner.spec.experiment import Arithmetic, Experiment, InitialWeights
from bprunner.spec.naming import Names


@dataclass(frozen=True)
class Population:
    """Everything that the loop needs, as arrays.

    weights: the initial ones, by layer. inputs and targets
    are (1, samples, units): the runs share them. hyperparameters are (runs, 1, 1).
    """

    names: Names
    layers: tuple[Layer, ...]
    weights: Weights
    inputs: Array
    targets: Array
    loss: Loss
    optimizer: Optimizer
    hyperparameters: Mapping[str, Array]
    stages: Stages
    epochs: int

    @property
    def runs(self) -> int:
        return int(self.weights.W[0].shape[0])

    @property
    def samples(self) -> int:
        return int(self.inputs.shape[1])


def structure(experiment: Experiment) -> tuple[object, ...]:
    """What the runs of one population have in common. Everything else may vary between them."""
    return (
        experiment.architecture.inputs,
        tuple((layer.units, layer.activation.kind, layer.bias) for layer in experiment.architecture.layers),
        experiment.training.loss,
        experiment.training.optimizer.kind,
        experiment.training.epochs,
        experiment.arithmetic,
    )


def populate(experiments: Sequence[Experiment], samples: Samples) -> Population:
    """One population of these experiments, in this order, on the same samples.

    Raises ValueError where their structures differ.
    """
    if len({structure(experiment) for experiment in experiments}) != 1:
        raise ValueError("the runs of a population have one structure")
    first = experiments[0]
    each = [initial_weights(experiment.initial_weights, first.architecture.names) for experiment in experiments]
    return Population(
        names=first.architecture.names,
        layers=tuple(_layer(experiments, position) for position in range(len(first.architecture.layers))),
        weights=each[0].like([np.concatenate(parts) for parts in zip(*(run.flat() for run in each), strict=True)]),
        inputs=samples.inputs[np.newaxis],
        targets=samples.targets[np.newaxis],
        loss=LOSSES[first.training.loss.kind],
        optimizer=OPTIMIZERS[first.training.optimizer.kind],
        hyperparameters={"learning_rate": _per_run([each.training.learning_rate for each in experiments])},
        stages=stages(first.arithmetic),
        epochs=first.training.epochs,
    )


def _per_run(values: Sequence[float]) -> Array:
    return np.array(values, dtype=np.float64).reshape(-1, 1, 1)


def _layer(experiments: Sequence[Experiment], position: int) -> Layer:
    choices: list[Choice] = [experiment.architecture.layers[position].activation for experiment in experiments]
    parameters = {name: _per_run([getattr(choice, name) for choice in choices]) for name in choices[0].parameters()}
    return Layer(ACTIVATIONS[choices[0].kind], parameters)


def initial_weights(declared: InitialWeights, names: Names) -> Weights:
    """One run's weights and biases at step 0: the rule first, then matrices, then what is written by name.

    Random numbers come from the run's own seed: all weight matrices in the layers' order, then all biases.
    """
    generator = np.random.Generator(np.random.PCG64(declared.seed if declared.seed is not None else 0))
    shapes = list(zip(names.sizes, names.sizes[1:], strict=False))
    matrices = [_matrix(declared, generator, layer, shape) for layer, shape in enumerate(shapes)]
    biases = _biases(declared, generator, names)
    weights = Weights([W[np.newaxis] for W in matrices], [None if b is None else b[np.newaxis] for b in biases])
    for name, value in declared.named.items():
        if name in names.weights:
            place = names.weights[name]
            weights.W[place.layer][0, place.sender, place.receiver] = value
        else:
            bias = names.biases[name]
            vector = weights.b[bias.layer]
            assert vector is not None  # only layers with biases have names for them
            vector[0, 0, bias.receiver] = value
    return weights


def _matrix(declared: InitialWeights, generator: np.random.Generator, layer: int, shape: tuple[int, int]) -> Array:
    """One layer's weights, (fan_in, fan_out)."""
    fan_in, fan_out = shape
    if declared.matrices is not None:
        matrix = np.array(declared.matrices[layer])
        return np.ascontiguousarray(matrix.T) if declared.orientation == "out_in" else matrix
    if declared.rule is not None:
        return np.ascontiguousarray(_drawn(declared.rule, generator, (fan_out, fan_in)).T)
    return np.zeros(shape)  # each of them is written by name


def _biases(declared: InitialWeights, generator: np.random.Generator, names: Names) -> list[Array | None]:
    """Each layer's biases, (1, fan_out), or None where the layer has none."""
    result: list[Array | None] = []
    written = iter(declared.biases) if isinstance(declared.biases, tuple) else None
    for size, biased in zip(names.sizes[1:], names.biased, strict=True):
        if not biased:
            result.append(None)
        elif written is not None:
            result.append(np.array([next(written)]))
        elif isinstance(declared.biases, Choice):
            result.append(_drawn(declared.biases, generator, (size, 1)).T.copy())
        else:
            result.append(np.zeros((1, size)))
    return result


def _drawn(rule: Choice, generator: np.random.Generator, shape: tuple[int, int]) -> Array:
    return INITIALIZERS[rule.kind](generator, shape, rule.parameters())


def stages(arithmetic: Arithmetic) -> Stages:
    """The roundings that the next stage starts from; those that are only printed leave values exact."""
    carried: dict[str, Stage] = {
        quantity: rounder(rounding.decimals, rounding.rounding)
        for quantity, rounding in arithmetic.declared()
        if rounding.carried
    }
    return Stages(**carried)
