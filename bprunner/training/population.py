"""A population is runs of one structure, trained together along a leading runs axis.

This is the one bridge between the spec, which says what was asked, and nn, which knows only arrays. A run
alone is a population of one. Whatever differs between runs (numbers, seeds, initial weights) is an array along
the runs axis; whatever changes the structure makes another population.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from bprunner.data.samples import Samples
from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.arrays import Array, Indices, picked
from bprunner.nn.biases import BIASES
from bprunner.nn.contraction import is_term_by_term, laid
from bprunner.nn.decimals import decimals
from bprunner.nn.generators import GENERATORS, Randomness
from bprunner.nn.losses import LOSSES, Objective, objective
from bprunner.nn.metrics import METRICS, Metric
from bprunner.nn.nets import NETS
from bprunner.nn.network import Layer, Stages, Weighed, Weights
from bprunner.nn.optimizers import OPTIMIZERS, Optimizer
from bprunner.nn.penalties import PENALTIES
from bprunner.spec.choices import Choice
from bprunner.spec.experiment import Experiment
from bprunner.spec.naming import Names
from bprunner.spec.training import OptimizerState, Training
from bprunner.training.rounding import stages
from bprunner.training.starting import Start, put, starting_weights


@dataclass(frozen=True)
class Part:
    """Samples as arrays: inputs and targets are (1, samples, units), shared by the runs."""

    inputs: Array
    targets: Array

    def __len__(self) -> int:
        return int(self.inputs.shape[1])


@dataclass(frozen=True)
class Counted:
    """A metric with its own numbers."""

    metric: Metric
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Population:
    """Everything that the loop needs, as arrays.

    weights: the initial ones, by layer. `slots`: what the optimizer remembers, for each of weights.flat().
    `fixed`: for each of them None, or where it is never changed, (1, fan_in, fan_out) of booleans. `rate_factors`: for
    each of them None, or how many times the learning rate it has, (runs, fan_in or 1, fan_out or 1). hyperparameters:
    the optimizer's numbers, (runs, 1, 1), and its forms. `sources`: of each run, what its batches are drawn from.
    `training` is what the runs have in common: which batches, which schedule, how long, in which order.
    `digits` is 0 for doubles; else all arrays hold decimals of so many digits. `recorded`: the quantities that the
    trace has, and `only_epochs` whether only of the steps that end an epoch.
    """

    names: Names
    layers: tuple[Layer, ...]
    weights: Weights
    part: Part
    held_out: Part | None
    objective: Objective
    penalties: tuple[Weighed, ...]
    reported: Objective | None
    counted: Mapping[str, Counted]
    optimizer: Optimizer
    hyperparameters: Mapping[str, Any]
    slots: tuple[tuple[Array, ...], ...]
    counted_updates: int
    fixed: tuple[Array | None, ...]
    rate_factors: tuple[Array | None, ...]
    learning_rate: Array
    schedule: Mapping[str, Any]
    warm_up: Array | None
    stop: Mapping[str, Array]
    sources: tuple[Callable[[], Randomness] | None, ...]
    training: Training
    stages: Stages
    digits: int = 0
    recorded: frozenset[str] = field(default_factory=frozenset)
    only_epochs: bool = False

    def only(self, kept: Indices) -> Population:
        """The runs at these places. What runs share stays shared."""
        sources = tuple(self.sources[place] for place in kept.tolist())
        return replace(_mapped(self, lambda array: picked(array, kept)), sources=sources)

    def in_order(self, memory: Literal["C", "F"]) -> Population:
        """The same numbers, with the runs outermost in memory ("C"), as BLAS takes their matrices, or innermost."""
        return _mapped(self, laid if memory == "C" else np.asfortranarray)

    @property
    def runs(self) -> int:
        return int(self.weights.W[0].shape[0])

    @property
    def samples(self) -> int:
        """How many are trained on."""
        return len(self.part)

    @property
    def updates_per_epoch(self) -> int:
        return self.training.updates_per_epoch(self.samples)

    @property
    def most_updates(self) -> int:
        """How many updates there are, unless training stops earlier."""
        return self.training.most_updates(self.samples)

    @property
    def largest_batch(self) -> int:
        """The most samples of an update."""
        batches: Any = self.training.batches
        match batches.kind:
            case "full":
                return self.samples
            case "online":
                return 1
            case "minibatches":
                return int(min(batches.size, self.samples))
            case _:
                return int(batches.size)


def structure(experiment: Experiment) -> tuple[object, ...]:
    """What the runs of one population have in common. Everything else may vary between them."""
    training = experiment.training
    return (
        experiment.architecture.inputs,
        tuple(
            (layer.units, _form(layer.activation), layer.bias, layer.net, layer.frozen)
            for layer in experiment.architecture.layers
        ),
        experiment.architecture.naming,
        *(_form(choice) for choice in (training.loss, training.optimizer, training.schedule, training.batches)),
        None if training.reported_error is None else _form(training.reported_error),
        tuple(_form(metric) for metric in training.metrics),
        tuple(name if term is None else (term.factor, term.biases) for name, term in _penalties(training)),
        tuple(sorted(training.rate_factors or ())),
        None if training.stop is None else _form(training.stop),
        None if training.warm_up is None else (training.warm_up.over, training.warm_up.per),
        (training.epochs, training.updates, training.update_order, training.frozen, training.optimizer_state.count),
        experiment.arithmetic,
        experiment.trace,
        experiment.dataset,
    )


def uses_blas(p: Population) -> bool:
    """Whether any sum of its passes is left to BLAS; else all are added term by term."""
    batches = {len(part) for part in (p.part, p.held_out) if part is not None} | {p.largest_batch}
    return not all(
        is_term_by_term(batch, fan_in, fan_out)
        and is_term_by_term(fan_in, batch, fan_out)
        and is_term_by_term(batch, fan_out, fan_in)
        for batch in batches
        for _, fan_in, fan_out in (W.shape for W in p.weights.W)
    )


def _form(choice: Choice) -> tuple[object, ...]:
    """A choice without its numbers, which may vary, as seeds may; a whole number is structure, and so is no seed."""
    return (
        choice.kind,
        tuple(
            (name, value is None if name == "seed" else value)
            for name, value in choice.parameters().items()
            if not isinstance(value, float)
        ),
    )


def _penalties(training: Training) -> list[tuple[str, Any]]:
    return [(name, getattr(training.penalty, name)) for name in PENALTIES]


def populate(experiments: Sequence[Experiment], samples: Samples) -> Population:
    """One population of these experiments, in this order, on the same samples.

    Raises ValueError where their structures differ.
    """
    form = structure(experiments[0])
    if any(structure(experiment) != form for experiment in experiments[1:]):
        raise ValueError("the runs of a population have one structure")
    first, trainings = experiments[0], [experiment.training for experiment in experiments]
    training, names = trainings[0], first.architecture.names
    starts = [starting_weights(experiment.initial_weights, names) for experiment in experiments]
    weights = starts[0].weights.like(
        [np.concatenate(parts) for parts in zip(*(start.weights.flat() for start in starts), strict=True)]
    )
    optimizer = OPTIMIZERS[training.optimizer.kind]
    activations = [experiment.architecture.layers[-1].activation for experiment in experiments]
    rounds = stages(first.arithmetic, names, weights)
    rounded = rounds.prediction is not None
    population = Population(
        names=names,
        layers=tuple(_layer(experiments, position) for position in range(len(first.architecture.layers))),
        weights=weights,
        part=Part(samples.inputs[np.newaxis], samples.targets[np.newaxis]),
        held_out=None
        if samples.held_out is None
        else Part(samples.held_out.inputs[np.newaxis], samples.held_out.targets[np.newaxis]),
        objective=_objective([each.loss for each in trainings], activations, rounded),
        penalties=tuple(_weighed(trainings)),
        reported=None
        if training.reported_error is None
        else _objective([each.reported_error for each in trainings], activations, rounded),
        counted={
            metric.kind: Counted(METRICS[metric.kind], _numbers([each.metrics[position] for each in trainings]))
            for position, metric in enumerate(training.metrics)
        },
        optimizer=optimizer,
        hyperparameters=_numbers([each.optimizer for each in trainings]),
        slots=_slots([each.optimizer_state for each in trainings], optimizer.slots, weights, names),
        counted_updates=_first_count(training),
        fixed=tuple(_fixed(first, weights)),
        rate_factors=_rate_factors(trainings, weights, names),
        learning_rate=_per_run([each.learning_rate for each in trainings]),
        schedule=_numbers([each.schedule for each in trainings]),
        warm_up=None
        if training.warm_up is None
        else _per_run([each.warm_up.start for each in trainings if each.warm_up is not None]),
        stop={} if training.stop is None else _numbers([each.stop for each in trainings]),
        sources=tuple(_source(start, each) for start, each in zip(starts, trainings, strict=True)),
        training=training,
        stages=rounds,
        recorded=frozenset(first.trace.quantities),
        only_epochs=first.trace.steps == "epochs",
    )
    numbers: Any = first.arithmetic.numbers
    if numbers.kind != "decimal":
        return population
    digits: int = numbers.digits
    return replace(_mapped(population, lambda array: decimals(array, digits)), digits=digits)


def _per_run(values: Sequence[float]) -> Array:
    return np.array(values, dtype=np.float64).reshape(-1, 1, 1)


def _numbers(choices: Sequence[Any]) -> dict[str, Any]:
    """A choice's own numbers as (runs, 1, 1), where they are floats; names, truth values and counts as they are."""
    first = choices[0].parameters()
    return {
        name: _per_run([getattr(choice, name) for choice in choices]) if isinstance(value, float) else value
        for name, value in first.items()
        if value is not None
    }


def _layer(experiments: Sequence[Experiment], position: int) -> Layer:
    layers = [experiment.architecture.layers[position] for experiment in experiments]
    first, parameters = layers[0], _numbers([layer.activation for layer in layers])
    if first.activation.kind == "step":
        # What nobody trains needs no derivative.
        parameters.setdefault("derivative", np.zeros((len(layers), 1, 1)))
    return Layer(ACTIVATIONS[first.activation.kind], parameters, BIASES[first.bias.kind], NETS[first.net])


def _objective(losses: Sequence[Any], activations: Sequence[Choice], rounded: bool) -> Objective:
    """A loss, with the slopes of the output activations where it is computed together with them."""
    loss, activation, numbers = losses[0].kind, activations[0].kind, _numbers(losses)
    outputs, samples = numbers.pop("outputs", "sum"), numbers.pop("samples", "sum")
    own = _numbers(activations)
    if activation in LOSSES[loss].fused and "slope" in own:
        numbers["slope"] = own["slope"]
    return objective(loss, numbers, outputs, samples, activation, rounded)


def _weighed(trainings: Sequence[Training]) -> list[Weighed]:
    found = []
    for name, term in _penalties(trainings[0]):
        if term is not None:
            strengths = [getattr(training.penalty, name).strength for training in trainings]
            found.append(Weighed(PENALTIES[name], _per_run(strengths), term.factor, term.biases))
    return found


# What is never changed


def _fixed(experiment: Experiment, weights: Weights) -> list[Array | None]:
    """For each of weights.flat(): where it is never changed, or None where all of it is trained."""
    names, layers = experiment.architecture.names, experiment.architecture.layers
    masks = [np.zeros((1, *part.shape[1:]), dtype=bool) for part in weights.flat()]
    biases = [layer for layer, b in enumerate(weights.b) if b is not None]
    for number, layer in enumerate(layers):
        masks[number][:] = layer.frozen
    for position, number in enumerate(biases):
        masks[len(layers) + position][:] = not layers[number].bias_trained
    for name in experiment.training.frozen or ():
        if name in names.weights:
            layer_number, sender, receiver = names.weights[name]
            masks[layer_number][0, sender, receiver] = True
        else:
            layer_number, receiver = names.biases[name]
            masks[len(layers) + biases.index(layer_number)][0, 0, receiver] = True
    return [mask if mask.any() else None for mask in masks]


# The learning rates of single weights, biases and layers


def _rate_factors(trainings: Sequence[Training], weights: Weights, names: Names) -> tuple[Array | None, ...]:
    """For each of weights.flat(): how many times the learning rate it has, or None where that is the declared one.

    A weight's or bias's own name counts before `biases`, and `biases` before the name of the layer.
    """
    given = [training.rate_factors or {} for training in trainings]
    layers = len(weights.W)
    biases = [layer for layer, b in enumerate(weights.b) if b is not None]
    found = []
    for position, part in enumerate(weights.flat()):
        is_bias = position >= layers
        layer = biases[position - layers] if is_bias else position
        wide = "biases" if is_bias and "biases" in given[0] else names.layer_names[layer]
        own = [name for name in given[0] if _place(names, name, is_bias)[:1] == (layer,)]
        factors = _per_run([each.get(wide, 1.0) for each in given]) if own or wide in given[0] else None
        if own and factors is not None:
            factors = np.array(np.broadcast_to(factors, part.shape))
            for name in own:
                _, *cell = _place(names, name, is_bias)
                factors[:, 0 if is_bias else cell[0], cell[-1]] = [each[name] for each in given]
        found.append(factors)
    return tuple(found)


def _place(names: Names, name: str, is_bias: bool) -> tuple[int, ...]:
    """Where a weight stands, or a bias if such are asked for; nowhere where it is none."""
    return (names.biases if is_bias else names.weights).get(name, ())


# The optimizer's state


def _slots(
    states: Sequence[OptimizerState], slots: Sequence[str], weights: Weights, names: Names
) -> tuple[tuple[Array, ...], ...]:
    """What is remembered before the first update, for each of weights.flat()."""
    by_slot = []
    for slot in slots:
        each = [_remembered(getattr(state, slot), weights, names) for state in states]
        by_slot.append([np.concatenate(parts) for parts in zip(*each, strict=True)])
    return tuple(zip(*by_slot, strict=True)) if by_slot else tuple(() for _ in weights.flat())


def _remembered(value: Any, weights: Weights, names: Names) -> list[Array]:
    """One run's slot: one number for all, or by name."""
    if not isinstance(value, Mapping):
        return [np.full((1, *part.shape[1:]), value or 0.0) for part in weights.flat()]
    shaped = weights.like([np.zeros((1, *part.shape[1:])) for part in weights.flat()])
    put(shaped, names, value)
    return shaped.flat()


def _first_count(training: Training) -> int:
    """t of the first update."""
    after = getattr(training.optimizer, "counts", "before") == "after"
    return (training.optimizer_state.count or 0) + (0 if after else 1)


def _source(start: Start, training: Training) -> Callable[[], Randomness] | None:
    """What a run's batches are drawn from: begun anew each time, so that a run can be trained again."""
    batches: Any = training.batches
    seed = getattr(batches, "seed", None)
    if seed is None:
        return None
    if seed == "after_weights":
        return start.after
    generator = GENERATORS[batches.generator]
    return lambda: generator(seed)


# The same population with other arrays


def _mapped(p: Population, turned: Callable[[Array], Array]) -> Population:
    """With every array of numbers turned into another."""

    def each(value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype != np.bool_:
            return turned(value)
        if isinstance(value, Mapping):
            return {key: each(item) for key, item in value.items()}
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            return tuple(each(item) for item in value)
        return value

    return replace(
        p,
        layers=tuple(replace(layer, parameters=each(layer.parameters)) for layer in p.layers),
        weights=p.weights.like([turned(part) for part in p.weights.flat()]),
        part=Part(turned(p.part.inputs), turned(p.part.targets)),
        held_out=None if p.held_out is None else Part(turned(p.held_out.inputs), turned(p.held_out.targets)),
        objective=replace(p.objective, parameters=each(p.objective.parameters)),
        reported=None if p.reported is None else replace(p.reported, parameters=each(p.reported.parameters)),
        penalties=tuple(weighed._replace(strength=turned(weighed.strength)) for weighed in p.penalties),
        counted={key: replace(counted, parameters=each(counted.parameters)) for key, counted in p.counted.items()},
        hyperparameters=each(p.hyperparameters),
        slots=each(p.slots),
        rate_factors=each(p.rate_factors),
        learning_rate=turned(p.learning_rate),
        schedule=each(p.schedule),
        warm_up=None if p.warm_up is None else turned(p.warm_up),
        stop=each(p.stop),
    )
