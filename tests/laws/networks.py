"""Random declarations over the whole vocabulary, for the laws: Hypothesis draws the structure, NumPy the many numbers.

A structure is a declaration with holes: where a number may differ between the runs of a population stands a function
that draws it. Everything that is drawn here could stand in a file: no part misfits another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from bprunner.data.samples import Samples
from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.arrays import Array
from bprunner.nn.decimals import DECIMAL_ACTIVATIONS
from bprunner.nn.generators import GENERATORS
from bprunner.nn.losses import LOSSES
from bprunner.nn.optimizers import OPTIMIZERS
from bprunner.nn.penalties import FACTORS
from bprunner.nn.rounding import ROUNDINGS
from bprunner.nn.schedules import SCHEDULES
from bprunner.spec.architecture import Architecture
from bprunner.spec.consistency import misfits, sample_misfits
from bprunner.spec.experiment import Experiment
from bprunner.spec.initial_weights import DRAWN
from bprunner.training.population import Population, populate

Data = dict[str, Any]
Hole = Callable[[np.random.Generator], Any]
"""What stands in a structure for a number that each run has its own of."""

# Sums of up to 16 terms are added one by one, longer ones by BLAS: both sides of that border.
SIZES = st.one_of(st.integers(1, 5), st.integers(1, 20), st.sampled_from([15, 16, 17, 33]))
COUNTS = st.one_of(st.integers(1, 5), st.integers(1, 40), st.sampled_from([16, 17, 33]))
SEEDS = st.integers(0, 2**32 - 1)
# Up to networks that overflow after a step or two.
SCALES = (0.1, 1.0, 30.0, 1e150, 1e300)

PROBABLE = ("sigmoid", "softmax")
"""The activations whose outputs a cross-entropy can take the logarithm of."""
CROSS_ENTROPIES = ("binary_cross_entropy", "cross_entropy")


def between(low: float, high: float) -> Hole:
    """A number between these, now and then one of them."""

    def draw(generator: np.random.Generator) -> float:
        chance = generator.random()
        return low if chance < 0.15 else high if chance < 0.2 else float(generator.uniform(low, high))

    return draw


def _log_between(low: float, high: float) -> Hole:
    return lambda generator: float(np.exp(generator.uniform(np.log(low), np.log(high))))


def filled(structure: Any, generator: np.random.Generator) -> Any:
    """The structure with a number in every hole."""
    if callable(structure):
        return structure(generator)
    if isinstance(structure, dict):
        return {key: filled(value, generator) for key, value in structure.items()}
    return [filled(value, generator) for value in structure] if isinstance(structure, list) else structure


def _perhaps(strategy: st.SearchStrategy[Any], otherwise: Any = None) -> st.SearchStrategy[Any]:
    return st.one_of(st.just(otherwise), strategy)


def _but(data: Mapping[str, Any]) -> Data:
    """Without the keys that are left out."""
    return {key: value for key, value in data.items() if value is not None}


# Architecture

ACTIVATION_NUMBERS: Mapping[str, Mapping[str, Hole]] = {
    "leaky_relu": {"slope": between(-1.0, 1.0)},
    "elu": {"alpha": between(-1.0, 2.0)},
    "step": {"derivative": between(0.0, 1.0)},
    "gaussian": {"width": between(0.5, 3.0)},
}
"""The numbers that activations have."""

OTHER_FORMS: Mapping[str, Any] = {
    "sigmoid": {"sigmoid": {"slope": between(0.1, 3.0)}},
    "tanh": {"tanh": {"slope": between(0.1, 3.0), "height": between(0.5, 2.0)}},
    "step": {"step": {"low": between(-2.0, 0.5), "at_zero": "low", "derivative": between(0.0, 1.0)}},
}
"""Those of activations that have them or not."""

BIASES: tuple[Any, ...] = (
    "none",
    "trained",
    "frozen",
    {"shared": {"trained": True}},
    {"shared": {"trained": False}},
    "threshold",
    {"threshold": {"trained": False}},
)


def activation(kind: str) -> Any:
    numbers = ACTIVATION_NUMBERS.get(kind)
    return kind if numbers is None else {kind: dict(numbers)}


def _fitting(kinds: Sequence[str], units: int) -> list[str]:
    return [kind for kind in kinds if kind != "softmax" or units > 1]


@st.composite
def _layer(draw: st.DrawFn, kinds: Sequence[str], units: int) -> Data:
    kind = draw(st.sampled_from(_fitting(kinds, units)))
    distance = kind == "gaussian" or draw(st.integers(0, 5)) == 5
    return {
        "units": units,
        "activation": activation(kind) if draw(st.booleans()) else OTHER_FORMS.get(kind, activation(kind)),
        "bias": draw(st.sampled_from(BIASES)),
        "net": "squared_distance" if distance else "weighted_sum",
        "frozen": draw(st.integers(0, 5)) == 5,
    }


# Losses, penalties, metrics

_REDUCTIONS = st.sampled_from(["sum", "mean"])


@st.composite
def losses(draw: st.DrawFn, kinds: Sequence[str] = tuple(sorted(LOSSES))) -> Any:
    """Every loss, or one of these, with every reduction."""
    kind = draw(st.sampled_from(kinds))
    numbers: Mapping[str, Data] = {"huber": {"threshold": between(0.05, 2.0)}, "hinge": {"margin": between(0.0, 2.0)}}
    loss = numbers.get(kind, {})
    if LOSSES[kind].reductions == "free":
        loss = {**loss, "outputs": draw(_REDUCTIONS)}
    return {kind: loss if LOSSES[kind].reductions == "mean" else {**loss, "samples": draw(_REDUCTIONS)}}


def name_of(choice: Any) -> str:
    """The name of a choice in YAML's notation."""
    return choice if isinstance(choice, str) else str(next(iter(choice)))


def penalties(biased: bool) -> st.SearchStrategy[Data]:
    """Both penalties with every factor, and over the biases too where there are any."""
    strength, factors = between(0.0, 0.1), st.sampled_from(FACTORS)
    over_biases = st.booleans() if biased else st.just(False)
    terms = st.fixed_dictionaries({"strength": st.just(strength), "factor": factors, "biases": over_biases})
    return st.fixed_dictionaries({}, optional={"l1": terms, "l2": terms})


def rate_factors(architecture: Architecture, frozen: Sequence[str]) -> st.SearchStrategy[Any]:
    """Learning rates of weights, biases, layers and of all biases, of what is trained; None where nothing is."""
    names, layers = architecture.names, architecture.layers
    places: Mapping[str, Any] = {**names.weights, **names.biases}
    possible = [name for name, layer in zip(names.layer_names, layers, strict=True) if not layer.frozen]
    possible += ["biases"] if names.biases else []
    possible += [
        name
        for name, place in places.items()
        if name not in frozen
        and not layers[place.layer].frozen
        and (name in names.weights or layers[place.layer].bias_trained)
    ]
    if not possible:
        return st.none()
    return st.dictionaries(st.sampled_from(possible), st.just(between(0.1, 3.0)), min_size=1, max_size=4)


# Optimizers and their rates

_SHARE = between(0.0, 0.99)
_EPSILON = _log_between(1e-10, 1e-3)
_ADAPTIVE: Mapping[str, st.SearchStrategy[Any]] = {
    "beta1": st.just(_SHARE),
    "beta2": st.just(between(0.5, 0.999)),
    "epsilon": st.just(_EPSILON),
    "epsilon_place": st.sampled_from(["outside", "inside", "uncorrected"]),
    "bias_correction": st.booleans(),
    "counts": st.sampled_from(["before", "after"]),
}


def _with_effect(numbers: Data) -> Data:
    """Without what says how biases are corrected, where they are not."""
    if numbers["bias_correction"]:
        return numbers
    kept = {key: value for key, value in numbers.items() if key != "counts"}
    return {**kept, "epsilon_place": numbers["epsilon_place"].replace("uncorrected", "outside")}


OPTIMIZER_NUMBERS: Mapping[str, st.SearchStrategy[Data]] = {
    "gradient_descent": st.just({}),
    "momentum": st.fixed_dictionaries(
        {
            "momentum": st.just(_SHARE),
            "form": st.sampled_from(["classical", "averaged", "accumulated", "last_gradient"]),
        }
    ),
    "nesterov": st.fixed_dictionaries(
        {"momentum": st.just(_SHARE), "form": st.sampled_from(["classical", "accumulated"])}
    ),
    "adagrad": st.just({"epsilon": _EPSILON}),
    "rmsprop": st.fixed_dictionaries(
        {
            "decay": st.just(_SHARE),
            "epsilon": st.just(_EPSILON),
            "epsilon_place": st.sampled_from(["outside", "inside"]),
        }
    ),
    "adam": st.fixed_dictionaries({**_ADAPTIVE}).map(_with_effect),
    "adamw": st.fixed_dictionaries({**_ADAPTIVE, "weight_decay": st.just(between(0.0, 0.1))}).map(_with_effect),
}
"""Every form of every optimizer, the numbers as holes."""


@st.composite
def _optimizers(draw: st.DrawFn, parameters: Sequence[str]) -> Data:
    """`optimizer` and `optimizer_state`."""
    kind = draw(st.sampled_from(sorted(OPTIMIZERS)))
    numbers = draw(OPTIMIZER_NUMBERS[kind])
    state: Data = {}
    for slot in OPTIMIZERS[kind].slots:
        form = draw(st.sampled_from(["none", "all", "named" if len(parameters) < 30 else "none"]))
        value = between(0.0, 0.5)
        if form != "none":
            state[slot] = value if form == "all" else dict.fromkeys(parameters, value)
    if "counts" in numbers and (numbers["counts"] == "after" or draw(st.booleans())):
        state["count"] = draw(st.integers(1, 3))
    return {"optimizer": {kind: numbers}, "optimizer_state": state}


_TICKS = st.sampled_from(["epoch", "update"])
SCHEDULE_NUMBERS: Mapping[str, st.SearchStrategy[Data]] = {
    "constant": st.just({}),
    "step": st.fixed_dictionaries({"every": st.integers(1, 3), "factor": st.just(between(0.3, 1.1)), "per": _TICKS}),
    "exponential": st.fixed_dictionaries({"factor": st.just(between(0.3, 1.1)), "per": _TICKS}),
    "inverse_time": st.fixed_dictionaries({"decay": st.just(between(0.0, 2.0)), "per": _TICKS}),
    "cosine": st.fixed_dictionaries({"over": st.integers(1, 6), "to": st.just(between(0.0, 0.1)), "per": _TICKS}),
}
SCHEDULE_CHOICES = st.sampled_from(sorted(SCHEDULES)).flatmap(
    lambda kind: SCHEDULE_NUMBERS[kind].map(lambda numbers: {kind: numbers})
)
WARM_UPS = st.fixed_dictionaries({"over": st.integers(1, 4), "start": st.just(between(0.0, 1.0)), "per": _TICKS})


# Batches, and how long

_GENERATORS = st.sampled_from(sorted(GENERATORS))


def batch_seed(generator: np.random.Generator) -> int:
    """The hole of a seed of batches; `_run` may put `after_weights` in its place."""
    return int(generator.integers(2**32))


@st.composite
def batches(draw: st.DrawFn, samples: int) -> Any:
    """Every way of taking batches."""
    size, seed = draw(st.integers(1, samples)), batch_seed
    match draw(st.sampled_from(["full", "online", "in_order", "shuffled", "sampled"])):
        case "online":
            order = draw(_perhaps(st.lists(st.integers(1, samples), min_size=1, max_size=6)))
            return {"online": _but({"order": order})}
        case "in_order":
            return {"minibatches": {"size": size, "last": draw(st.sampled_from(["kept", "dropped"]))}}
        case "shuffled":
            last = draw(st.sampled_from(["kept", "dropped"]))
            return {"minibatches": {"size": size, "last": last, "seed": seed, "generator": draw(_GENERATORS)}}
        case "sampled":
            updates = draw(_perhaps(st.integers(1, 3)))
            numbers = {"size": draw(st.integers(1, 20)), "updates": updates, "seed": seed}
            return {"sampled": _but({**numbers, "generator": draw(_GENERATORS)})}
    return "full"


@st.composite
def stops(draw: st.DrawFn, measured: Sequence[str], held_out: bool) -> Any:
    """Every way of ending early."""
    quantity = draw(st.sampled_from([*measured, *(f"held_out.{name}" for name in measured if held_out)]))
    counted = "after" if quantity.startswith("held_out.") else draw(st.sampled_from(["before", "after"]))
    own = {"quantity": quantity, "counted": counted}
    if draw(st.integers(0, 4)) == 0:
        limit = _log_between(1e-4, 1.0)
        return {"threshold": {"quantity": "largest_update", draw(st.sampled_from(["at_most", "below"])): limit}}
    if draw(st.booleans()):
        return {"plateau": {**own, "patience": draw(st.integers(1, 2)), "by": between(0.0, 0.1)}}
    limit = between(0.0, 1.0) if quantity.endswith("accuracy") else _log_between(1e-3, 1e3)
    return {"threshold": {**own, draw(st.sampled_from(["at_most", "below", "at_least"])): limit}}


# Arithmetic

_PARAMETERS = ("gradient", "update", "weight", "bias")
ROUNDED = ("net", "out", "prediction", "error", "delta", *_PARAMETERS)
_ROUNDING = st.fixed_dictionaries(
    {"decimals": st.integers(0, 6), "rounding": st.sampled_from(sorted(ROUNDINGS)), "carried": st.just(True)}
)


@st.composite
def roundings(draw: st.DrawFn, architecture: Architecture) -> Data:
    """Of a few quantities, each as a whole or by name."""
    names, found = architecture.names, {}
    for quantity in draw(st.lists(st.sampled_from(ROUNDED), max_size=3, unique=True)):
        known: Sequence[str] = names.outputs if quantity == "prediction" else names.neurons
        if quantity in _PARAMETERS:
            known = [*(names.weights if quantity != "bias" else ()), *(names.biases if quantity != "weight" else ())]
        if quantity == "error" or not known or draw(st.booleans()):
            found[quantity] = draw(_ROUNDING)
        else:
            found[quantity] = draw(st.dictionaries(st.sampled_from(list(known)), _ROUNDING, min_size=1, max_size=3))
    return found


# Initial weights: each run's own

FORMULAS = ("2 * r - 1", "0.1 * g", "r * g", "(r - 0.5) / 2 + g ** 2", "r ** 0.5")


def rules(scale: float) -> Mapping[str, Hole]:
    """Every rule, its numbers of the order of the scale."""
    plain = ("glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal")
    return {
        "zeros": lambda _: None,
        "constant": lambda g: {"value": float(g.uniform(-2, 2))},
        "uniform": lambda g: {"low": -scale * float(g.uniform(0.1, 1)), "high": scale},
        "normal": lambda g: {"mean": float(g.uniform(-1, 1)), "scale": scale},
        "truncated_normal": lambda g: {"mean": float(g.uniform(-1, 1)), "scale": scale},
        **{name: lambda _: None for name in plain},
        "orthogonal": lambda g: {"gain": float(g.uniform(0.5, 2))},
        "drawn": lambda g: {"formula": FORMULAS[g.integers(len(FORMULAS))]},
    }


def _rule(generator: np.random.Generator, scale: float) -> Data:
    own = rules(scale)
    name = list(own)[generator.integers(len(own))]
    return {name: own[name](generator)}


def _numbers(generator: np.random.Generator, *shape: int) -> Any:
    return generator.uniform(-1, 1, shape).tolist()


def initial_weights(
    generator: np.random.Generator, architecture: Architecture, source: str | None, scale: float
) -> Data:
    """One run's own: a rule, matrices, or a mixture; biases likewise; a name now and then. `source`: the generator that
    its batches would go on with."""
    sizes, names = architecture.names.sizes, architecture.names
    forms = [(form, size) for form, size in zip(names.bias_forms, sizes[1:], strict=True) if form != "none"]
    orientation = ("in_out", "out_in")[generator.integers(2)]
    shapes = [(a, b) if orientation == "in_out" else (b, a) for a, b in pairwise(sizes)]
    way = generator.random()
    if way < 0.5:
        data = _rule(generator, scale)
    elif way < 0.6:
        data = {"matrices": [_numbers(generator, *shape) for shape in shapes], "orientation": orientation}
    else:
        entries = [_numbers(generator, *s) if generator.random() < 0.3 else _rule(generator, scale) for s in shapes]
        data = {"layers": entries}
        if any(isinstance(entry, list) for entry in entries):
            data["orientation"] = orientation
    if forms and generator.random() < 0.5:
        data["biases"] = _rule(generator, 1.0)
    elif forms:
        data["biases"] = [
            _rule(generator, 1.0) if generator.random() < 0.5 else _numbers(generator, 1 if form == "shared" else size)
            for form, size in forms
        ]
    if generator.random() < 0.2:
        data["w1"] = float(generator.uniform(-1, 1))
    return _with_source(generator, data, source) if any(_draws(data)) else data


def _draws(data: Data) -> Iterator[bool]:
    """Of each rule, whether it draws."""
    biases = data.get("biases", [])
    for part in (data, *data.get("layers", []), *(biases if isinstance(biases, list) else [biases])):
        if isinstance(part, dict):
            yield bool(DRAWN & set(part))


def _with_source(generator: np.random.Generator, data: Data, source: str | None) -> Data:
    """The seed, the generator and the order of what is drawn."""
    kind = source if source is not None and generator.random() < 0.7 else sorted(GENERATORS)[generator.integers(3)]
    biases = ("last", "by_layer", "first", "layer_first", "by_unit", "unit_first")[
        # What draws a whole matrix is not drawn neuron by neuron.
        generator.integers(4 if "orthogonal" in str(data) else 6)
    ]
    matrices = "out_in" if "unit" in biases else ("out_in", "in_out")[generator.integers(2)]
    draw = {"matrices": matrices, "biases": biases}
    return {**data, "seed": int(generator.integers(2**32)), "generator": kind, "draw": draw}


# Samples


def random_samples(seed: int, count: int, inputs: int, outputs: int, loss: str = "", held_out: int = 0) -> Samples:
    """Gaussian inputs with zeros of both signs among them; targets as the loss wants them."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(count, inputs))
    x[generator.random(x.shape) < 0.1] = 0.0
    x[generator.random(x.shape) < 0.1] = -0.0
    samples = Samples(x, _targets(generator, count, outputs, loss), ("i",) * inputs, ("o",) * outputs, "drawn")
    if not held_out:
        return samples
    return replace(samples, held_out=random_samples(seed + 1, held_out, inputs, outputs, loss))


def _targets(generator: np.random.Generator, count: int, outputs: int, loss: str) -> Array:
    """For cross-entropies classes, or shares that add up to 1 (or to whatever they do)."""
    if loss not in CROSS_ENTROPIES:
        return generator.normal(size=(count, outputs))
    kind = generator.integers(3)
    if kind == 0 and outputs > 1:
        return np.eye(outputs)[generator.integers(outputs, size=count)]
    if kind == 1:
        return (generator.random((count, outputs)) < 0.5).astype(np.float64)
    shares = generator.random((count, outputs))
    return shares / np.sum(shares, axis=1, keepdims=True) if loss == "cross_entropy" and outputs > 1 else shares


# Populations


@dataclass(frozen=True)
class PopulationCase:
    """Experiments of one structure, and the samples that they share."""

    experiments: tuple[Experiment, ...]
    samples: Samples


def declared(data: Data, samples: Samples) -> Experiment:
    """An experiment that fits itself and its samples. In place of its dataset come these."""
    experiment = Experiment.model_validate({"name": "drawn", "dataset": {"inputs": [[0]], "targets": [[0]]}, **data})
    parts = {key: getattr(experiment, key) for key in Experiment.model_fields if key != "dataset"}
    found = [*misfits(parts), *sample_misfits(experiment, len(samples))]
    assert not found, found
    return experiment


def _run(structure: Data, architecture: Architecture, samples: Samples, seed: list[int], scale: float) -> Experiment:
    """One run: numbers in all holes, and initial weights of its own."""
    generator = np.random.default_rng(seed)
    data = filled(structure, generator)
    own = next(iter(data["training"]["batches"].values())) if isinstance(data["training"]["batches"], dict) else {}
    weights = initial_weights(generator, architecture, own.get("generator"), scale)
    if "seed" in own and weights.get("generator") == own["generator"] and generator.random() < 0.5:
        own["seed"] = "after_weights"
    return declared({**data, "initial_weights": weights}, samples)


@st.composite
def populations(
    draw: st.DrawFn,
    sizes: st.SearchStrategy[int] = SIZES,
    counts: st.SearchStrategy[int] = COUNTS,
    most_runs: int = 9,
    decimal: bool = False,
) -> PopulationCase:
    """Runs that share their structure, and nothing else."""
    units = draw(st.lists(sizes, min_size=2, max_size=4))
    loss, reported = draw(losses()), draw(_perhaps(losses()))
    logarithms = [each for each in (name_of(loss), name_of(reported or "")) if each in CROSS_ENTROPIES]
    kinds = sorted(DECIMAL_ACTIVATIONS if decimal else ACTIVATIONS)
    layers = [draw(_layer(kinds, size)) for size in units[1:-1]]
    layers.append(draw(_layer(PROBABLE if logarithms else kinds, units[-1])))
    naming = {"weights": draw(st.sampled_from(["receiver", "sender"]))}
    architecture = {"inputs": units[0], "layers": layers, "naming": naming}
    built = Architecture.model_validate(filled(architecture, np.random.default_rng(0)))
    held_out = draw(_perhaps(st.integers(1, 4), 0))
    samples = random_samples(draw(SEEDS), draw(counts), units[0], units[-1], (logarithms or [""])[0], held_out)
    training = draw(_trainings(built, loss, reported, len(samples), bool(held_out)))
    arithmetic = draw(_perhaps(roundings(built), {}))
    if decimal:
        arithmetic = {**arithmetic, "numbers": {"decimal": {"digits": draw(st.integers(5, 12))}}}
    structure = {"architecture": architecture, "training": training, "arithmetic": arithmetic}
    seed, scales = draw(SEEDS), SCALES[:3] if decimal else SCALES
    runs = [draw(st.sampled_from(scales)) for _ in range(draw(st.integers(1, most_runs)))]
    return PopulationCase(
        tuple(_run(structure, built, samples, [seed, place], scale) for place, scale in enumerate(runs)), samples
    )


@st.composite
def _trainings(
    draw: st.DrawFn, architecture: Architecture, loss: Any, reported: Any, samples: int, held_out: bool
) -> Data:
    """Everything about training, the numbers as holes."""
    names = architecture.names
    parameters = [*names.weights, *names.biases]
    metrics = draw(st.sampled_from([[], [{"accuracy": {"threshold": between(0.0, 1.0)}}]]))
    measured = ["error", *(["reported_error"] if reported else []), *(["accuracy"] if metrics else [])]
    taken = draw(batches(samples))
    frozen = draw(_perhaps(st.lists(st.sampled_from(parameters), min_size=1, max_size=3, unique=True)))
    sequential = name_of(taken) in ("full", "online") and draw(st.integers(0, 3)) == 3
    # Long enough for the end of an epoch where samples are few, never so long that a test takes its time.
    length = {"epochs": draw(st.integers(0, 3))} if samples <= 5 or taken == "full" else {}
    return _but(
        {
            "loss": loss,
            "penalty": draw(_perhaps(penalties(any(names.biased)))),
            "reported_error": reported,
            "metrics": metrics,
            **draw(_optimizers(parameters)),
            "learning_rate": between(1e-4, 2.0),
            "rate_factors": draw(_perhaps(rate_factors(architecture, frozen or ()))),
            "schedule": draw(SCHEDULE_CHOICES),
            "warm_up": draw(_perhaps(WARM_UPS)),
            "update_order": "sequential" if sequential else "simultaneous",
            "batches": taken,
            "stop": draw(_perhaps(stops(measured, held_out))),
            "frozen": frozen,
            **(length or {"updates": draw(st.integers(0, 8))}),
        }
    )


# Networks of moderate numbers, for derivatives


@dataclass(frozen=True)
class Network:
    """One run of moderate numbers: far from overflow, and not so saturated that gradients vanish.

    Its weights are written in full, so that whoever reads the declaration needs nothing else.
    """

    experiment: Experiment
    samples: Samples

    @cached_property
    def population(self) -> Population:
        """What bprunner makes of it."""
        return populate([self.experiment], self.samples)


MODERATE: Mapping[str, Mapping[str, Hole]] = {
    "leaky_relu": {"slope": between(0.05, 0.5)},
    "elu": {"alpha": between(0.3, 1.5)},
    "step": {"derivative": between(0.3, 1.0)},
    "gaussian": {"width": between(1.0, 2.0)},
}
"""The numbers of activations that are no extremes."""

MODERATE_FORMS: Mapping[str, Data] = {
    "sigmoid": {"sigmoid": {"slope": between(0.4, 1.5)}},
    "tanh": {"tanh": {"slope": between(0.4, 1.5), "height": between(0.6, 1.8)}},
    "step": {"step": {"low": between(-1.0, 0.5), "at_zero": "low", "derivative": between(0.3, 1.0)}},
}
"""The same of those that have numbers or not."""


def random_network(
    seed: int,
    units: Sequence[int],
    kinds: Sequence[Any],
    biases: Sequence[Any],
    samples: int,
    loss: Any = "half_squared_error",
    nets: Sequence[str] | None = None,
    training: Mapping[str, Any] | None = None,
) -> Network:
    """A network of these layers; gaussian ones always have squared distances."""
    generator = np.random.default_rng(seed)
    ways = nets or ["weighted_sum"] * len(kinds)
    layers = [
        {
            "units": size,
            "activation": {kind: dict(MODERATE[kind])} if isinstance(kind, str) and kind in MODERATE else kind,
            "bias": bias,
            "net": "squared_distance" if kind == "gaussian" else way,
        }
        for size, kind, bias, way in zip(units[1:], kinds, biases, ways, strict=True)
    ]
    weights: Data = {
        "matrices": [_moderate(generator, a, b) for a, b in pairwise(units)],
        "orientation": "in_out",
    }
    sizes = [1 if name_of(bias) == "shared" else size for bias, size in zip(biases, units[1:], strict=True)]
    rows = [_numbers(generator, size) for bias, size in zip(biases, sizes, strict=True) if bias != "none"]
    if rows:
        weights["biases"] = rows
    data = {
        "architecture": {"inputs": units[0], "layers": layers},
        "training": {
            "loss": loss, "optimizer": "gradient_descent", "learning_rate": 0.1, "epochs": 1, **(training or {})
        },
        "initial_weights": weights,
    }  # fmt: skip
    drawn = random_samples(seed, samples, units[0], units[-1], name_of(loss))
    return Network(declared(filled(data, generator), drawn), drawn)


def _moderate(generator: np.random.Generator, fan_in: int, fan_out: int) -> Any:
    return (generator.uniform(-1, 1, (fan_in, fan_out)) / np.sqrt(fan_in)).tolist()


def fitting_output(loss: str, kind: str) -> str:
    """An activation for the last layer: this one, or one whose logarithm the loss can take."""
    return kind if loss not in CROSS_ENTROPIES or kind in PROBABLE else PROBABLE[loss == "cross_entropy"]


@st.composite
def networks(
    draw: st.DrawFn,
    most_units: int = 6,
    most_samples: int = 4,
    loss: st.SearchStrategy[Any] | None = None,
    training: st.SearchStrategy[Data] | None = None,
    distances: bool = True,
) -> Network:
    """Networks of one to three layers: every activation, net input, bias, loss, reduction and penalty.

    Squared distances are for gaussian layers, and with `distances` also for a first layer of few inputs that no
    logarithm follows: larger ones leave moderation, and a saturated output has no digits below 1.
    """
    units = draw(st.lists(st.integers(1, most_units), min_size=2, max_size=4))
    wanted = draw(losses() if loss is None else loss)
    kinds = [draw(st.sampled_from(_fitting(sorted(ACTIVATIONS), size))) for size in units[1:]]
    last = fitting_output(name_of(wanted), kinds[-1])
    kinds[-1] = "sigmoid" if last == "softmax" and units[-1] == 1 else last
    biases = [draw(st.sampled_from(BIASES)) for _ in kinds]
    moderate = distances and units[0] <= 3 and name_of(wanted) not in CROSS_ENTROPIES
    possible = ["weighted_sum", "squared_distance"] if moderate else ["weighted_sum"]
    nets = [draw(st.sampled_from(possible)), *["weighted_sum"] * (len(kinds) - 1)]
    penalty = penalties(any(bias != "none" for bias in biases))
    own = {"penalty": draw(_perhaps(penalty, {})), **draw(st.just({}) if training is None else training)}
    formed = [MODERATE_FORMS[kind] if kind in MODERATE_FORMS and draw(st.booleans()) else kind for kind in kinds]
    samples = draw(st.integers(1, most_samples))
    return random_network(draw(SEEDS), units, formed, biases, samples, wanted, nets, own)
