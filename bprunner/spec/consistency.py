"""What no single key can know: whether the parts of an experiment fit each other.

Each check looks at the parts that are valid by themselves and says, with its path, what does not fit: both
sides are named. So a faulty learning rate does not hide a matrix of the wrong shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from bprunner.spec.architecture import Architecture
from bprunner.spec.arithmetic import Rounding
from bprunner.spec.dataset import Dataset, training_samples
from bprunner.spec.dataset_misfits import dataset_misfits
from bprunner.spec.expectations import MEASURES
from bprunner.spec.experiment import Experiment, Horizon
from bprunner.spec.figure_misfits import figure_misfits
from bprunner.spec.figure_misfits import sample_misfits as figure_sample_misfits
from bprunner.spec.initial_weights import RESERVED
from bprunner.spec.misfit import Misfit, Path
from bprunner.spec.naming import Names, counted, shortened
from bprunner.spec.problems import cut
from bprunner.spec.target_misfits import target_misfits
from bprunner.spec.training import Training
from bprunner.spec.training_misfits import (
    LARGEST_DECIMAL_STEP,
    arithmetic_misfits,
    batch_sizes,
    layer_misfits,
    metric_misfits,
    training_misfits,
)
from bprunner.spec.weights_misfits import weights_misfits


def misfits(parts: Mapping[str, Any]) -> Iterator[Misfit]:
    """All misfits among the valid top-level parts of an experiment, by their keys.

    Of the expected figures, an entry that is not valid by itself is None.
    """
    architecture: Architecture | None = parts.get("architecture")
    training: Training | None = parts.get("training")
    dataset: Dataset | None = parts.get("dataset")
    if training is not None:
        yield from metric_misfits(training)
    if parts.get("horizon") is not None:
        yield from _horizon(parts["horizon"])
    if architecture is None:
        return
    too_large = list(_size(architecture))
    if too_large:
        # Nothing below is looked at: only naming so many weights would take all memory.
        yield from too_large
        return
    wrong_names = list(_naming(architecture))
    if wrong_names:
        # What is named is not known then.
        yield from wrong_names
        return
    held_out = None if dataset is None else dataset.split is not None or dataset.held_out is not None
    yield from layer_misfits(architecture, training)
    if "initial_weights" in parts:
        yield from weights_misfits(parts["initial_weights"], architecture)
    if training is not None:
        yield from training_misfits(training, architecture, parts.get("initial_weights"), held_out)
        yield from _too_large_batches(training, architecture)
    if "arithmetic" in parts:
        yield from arithmetic_misfits(parts["arithmetic"], architecture)
    if dataset is not None:
        yield from dataset_misfits(dataset, architecture, most_samples(architecture))
        if training is not None:
            yield from target_misfits(dataset, training)
    for number, expectation in enumerate(parts.get("expect", ())):
        if expectation is not None:
            yield from figure_misfits(("expect", number), expectation, architecture.names, training, held_out)
    samples = None if dataset is None else training_samples(dataset)
    if samples is not None:
        yield from _with_samples(parts, architecture, samples)


def sample_misfits(experiment: Experiment, samples: int) -> Iterator[Misfit]:
    """What can be known of a dataset in a file only when it has been read: whether it has these training samples."""
    parts = {key: getattr(experiment, key) for key in Experiment.model_fields}
    yield from _with_samples(parts, experiment.architecture, samples)


def _with_samples(parts: Mapping[str, Any], architecture: Architecture, samples: int) -> Iterator[Misfit]:
    training: Training | None = parts.get("training")
    if parts.get("arithmetic") is not None and parts["arithmetic"].numbers.kind == "decimal":
        yield from _too_many_decimals(architecture, samples)
    if training is None or not (training.epochs is None) ^ (training.updates is None):
        return
    yield from batch_sizes(training, samples)
    for number, expectation in enumerate(parts.get("expect", ())):
        if expectation is not None:
            yield from figure_sample_misfits(("expect", number), expectation, architecture.names, samples, training)


def _horizon(horizon: Horizon) -> Iterator[Misfit]:
    if (horizon.step is None) == (horizon.epoch is None):
        message = "a horizon is a `step` or an `epoch`"
        yield Misfit(("horizon",), message, "for example {step: 1000, reason: …}")


# Names


def _naming(architecture: Architecture) -> Iterator[Misfit]:
    """Whether what the author calls things fits the network, and tells them apart."""
    naming, names, path = architecture.naming, architecture.names, ("architecture", "naming")
    found = False
    for misfit in _named_neurons(architecture):
        found = True
        yield misfit
    if found:
        return
    seen: dict[object, str] = {}
    for key, given in (("weights", dict(names.given_weights)), ("biases", naming.biases)):
        for name, text in given.items():
            if name in RESERVED:
                found = True
                message = f"`{name}` has a meaning of its own in `initial_weights`, so nothing there can be called so"
                yield Misfit((*path, key, name), message, "choose another name", at_key=True)
            place = names.connection(text) if key == "weights" else names.bias_place(text)
            if place is None:
                found = True
                hint = f"a connection is written {names.inputs[0]} -> {names.layers[0][0]}"
                if key == "biases":
                    hint = f"neurons with biases of their own: {shortened(_biased(architecture)) or 'none'}"
                what = "no connection of neighbouring layers" if key == "weights" else "no neuron that has a bias"
                yield Misfit((*path, key, name), f"`{cut(text)}` is {what}", hint)
            elif key == "biases" and _is_either(names, text):
                found = True
                message = f"`{cut(text)}` is a neuron with a bias, and a layer that shares one: which is meant?"
                yield Misfit((*path, key, name), message, "call the neuron otherwise")
            elif place in seen:
                found = True
                yield Misfit((*path, key, name), f"`{cut(text)}` is called `{seen[place]}` already")
            else:
                seen[place] = name
    if not found:
        repeated = names.repeated()
        for name in repeated:
            message = f"two things are called `{cut(name)}`"
            yield Misfit(path, message, "what is not named keeps its number: name all, or choose other names")
        if not repeated:
            yield from _of_several(architecture)


_OF_ROUNDINGS = frozenset(Rounding.model_fields)
"""What stands beside the names of weights and neurons in `arithmetic`."""

_OF_STEPS = frozenset([*MEASURES, "held_out", "learning_rate", "step", "epoch", "printed"])
"""What stands in figures and expressions for something else than an input or a neuron."""


def _of_several(architecture: Architecture) -> Iterator[Misfit]:
    """Names that are an input's or a neuron's, and a weight's, a bias's or a layer's too, or have a meaning already.

    The only neuron of a layer may be called like it.
    """
    naming, names, path = architecture.naming, architecture.names, ("architecture", "naming")
    given = dict(names.given_weights), naming.biases
    ours: list[tuple[Path, str, bool]] = [
        ((*path, "inputs", number), each, False) for number, each in enumerate(naming.inputs or ())
    ]
    for layer, neurons in enumerate(naming.neurons or ()):
        for unit, each in enumerate(neurons):
            alone = len(neurons) == 1 and each == names.layer_names[layer]
            ours.append(((*path, "neurons", layer, unit), each, alone))
    for place, name, alone in ours:
        layer_too = name in names.layer_names and not alone
        weight_too = name in names.weights and name not in given[0]
        bias_too = name in names.biases and name not in given[1]
        what = "layer" if layer_too else "weight" if weight_too else "bias" if bias_too else ""
        yield from _several(place, name, what, _OF_ROUNDINGS | _OF_STEPS)
    neurons_ = {*names.inputs, *names.neurons}
    for key, mapped in zip(("weights", "biases"), given, strict=True):
        for name in mapped:
            what = "layer" if name in names.layer_names else "neuron" if name in neurons_ else ""
            misfits_ = _several((*path, key, name), name, what, _OF_ROUNDINGS)
            yield from (misfit._replace(at_key=True) for misfit in misfits_)


def _several(path: Path, name: str, what: str, meant: frozenset[str]) -> Iterator[Misfit]:
    if name in meant:
        message = f"`{name}` has a meaning of its own in figures or roundings, so nothing can be called so"
        yield Misfit(path, message, "choose another name")
    elif what:
        yield Misfit(path, f"a {what} is called `{cut(name)}`, too", "choose another name")


def _is_either(names: Names, text: str) -> bool:
    """Whether a bias of this name could be a layer's or a neuron's."""
    shared = [name for name, form in zip(names.layer_names, names.bias_forms, strict=True) if form == "shared"]
    own = [layer for layer, form in zip(names.layers, names.bias_forms, strict=True) if form == "unit"]
    return text in shared and any(text in layer for layer in own)


def _biased(architecture: Architecture) -> list[str]:
    names = architecture.names
    return [
        name
        for layer, form, whole in zip(names.layers, names.bias_forms, names.layer_names, strict=True)
        for name in ({"unit": list(layer), "shared": [whole]}.get(form, []))
    ]


def _named_neurons(architecture: Architecture) -> Iterator[Misfit]:
    naming, path = architecture.naming, ("architecture", "naming")
    if naming.inputs is not None and len(naming.inputs) != architecture.inputs:
        found = counted(len(naming.inputs), "name")
        yield Misfit((*path, "inputs"), f"{found}, but `architecture.inputs` is {architecture.inputs}")
    if naming.neurons is None:
        return
    if len(naming.neurons) != len(architecture.layers):
        found = counted(len(naming.neurons), "list")
        layers = counted(len(architecture.layers), "layer")
        yield Misfit((*path, "neurons"), f"{found} of names, but `architecture.layers` has {layers}")
        return
    for number, (given, layer) in enumerate(zip(naming.neurons, architecture.layers, strict=True)):
        if len(given) != layer.units:
            found = counted(len(given), "name")
            yield Misfit((*path, "neurons", number), f"{found}, but the layer has {counted(layer.units, 'unit')}")


# Size

LARGEST_NETWORK = 200_000
"""The most weights and biases: the trace names each of them and keeps it at every step."""

LARGEST_STEP = 4_000_000
"""The most numbers that one step may record."""


def _size(architecture: Architecture) -> Iterator[Misfit]:
    """Whether the network is small enough to be recorded whole. Counts before anything is named or made."""
    sizes = (architecture.inputs, *(layer.units for layer in architecture.layers))
    weights = sum(fan_in * fan_out for fan_in, fan_out in pairwise(sizes))
    biases = sum(layer.units for layer in architecture.layers if layer.bias.kind not in ("none", "shared"))
    if weights + biases > LARGEST_NETWORK:
        shape = shortened([f"{size:,}" for size in sizes], 8).replace(", ", " → ")
        yield Misfit(
            ("architecture",),
            f"{shape} has {weights + biases:,} weights and biases; at most {LARGEST_NETWORK:,} are possible",
            "each of them is recorded at every step",
        )


def most_samples(architecture: Architecture) -> int:
    """How many samples the network may have, each neuron having a net input, an output and a delta for each."""
    return LARGEST_STEP // (3 * sum(layer.units for layer in architecture.layers))


def _too_large_batches(training: Training, architecture: Architecture) -> Iterator[Misfit]:
    """A batch by lot may be larger than the dataset."""
    size, most = getattr(training.batches, "size", 0), most_samples(architecture)
    if training.batches.kind == "sampled" and size > most:
        message = f"{size:,} samples are too many for `architecture`; at most {most:,} are possible"
        hint = "what every neuron makes of each sample is recorded"
        yield Misfit(("training", "batches", "sampled", "size"), message, hint)


def _too_many_decimals(architecture: Architecture, samples: int) -> Iterator[Misfit]:
    numbers = sum(
        layer.units * (before + samples)
        for before, layer in zip(architecture.names.sizes, architecture.layers, strict=False)
    )
    if numbers > LARGEST_DECIMAL_STEP:
        message = (
            f"a step has {numbers:,} numbers, too many for decimals; at most {LARGEST_DECIMAL_STEP:,} are possible"
        )
        yield Misfit(("arithmetic", "numbers"), message, "`numbers: double` is some thousand times faster")
