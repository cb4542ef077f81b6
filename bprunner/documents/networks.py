"""Pictures of an experiment's network: its neurons, weights and biases by their names, with texts in their places.

All numbers are texts here, so that a picture says what the text beside it says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from itertools import pairwise

from bprunner.figures.network import Words
from bprunner.figures.network_data import Bias, Direction, Edge, Layer, Network, Neuron, Role
from bprunner.figures.network_layout import Weights, layout_of
from bprunner.figures.network_shown import shown_neurons
from bprunner.spec.experiment import Experiment
from bprunner.spec.naming import BiasPlace, Names, WeightPlace

# Of a network with more weights, only those between neurons that are drawn are made into edges.
_MANY_WEIGHTS = 500


def network_of(
    experiment: Experiment,
    words: Mapping[str, str],
    *,
    title: str,
    weights: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
    notes: Mapping[str, tuple[str, ...]] | None = None,
    targets: Mapping[str, str] | None = None,
    error: tuple[str, ...] = (),
    direction: Direction = "none",
    path: Collection[str] = (),
    strong: Collection[str] = (),
) -> Network:
    """The network as a picture. `words` are those called `pictures`.

    weights: texts of weights and biases by name. values, notes: what stands in and below a neuron, by its name.
    targets: by the outputs' names; None draws none. error: lines of the box below them. path: names of weights, biases
    and neurons that are highlighted; strong: those whose values are. What a mapping lacks stays without a text.
    """
    names = experiment.architecture.names
    told, notes = values or {}, notes or {}

    def neuron(name: str, bias: Bias | None = None) -> Neuron:
        lines = tuple(notes.get(name, ()))
        return Neuron(name, told.get(name, ""), None, lines, bias, on_path=name in path, is_strong=name in strong)

    layers = [Layer("input", tuple(neuron(name) for name in names.inputs), words["input_layer"])]
    for at, units in enumerate(names.layers):
        biases = [_bias(names, at, unit, weights or {}, path, strong) for unit in range(len(units))]
        role: Role = "hidden" if at < len(names.layers) - 1 else "output"
        drawn = tuple(neuron(name, bias) for name, bias in zip(units, biases, strict=True))
        layers.append(Layer(role, drawn, _heading(names, at, words), _note(experiment, at, words)))
    if targets is not None:
        layers.append(Layer("target", tuple(_targets(names, targets, words)), words["target"]))
    edges = tuple(_edges(names, layers, weights or {}, path, strong))
    said = {"none": "", "forward": words["forward"], "backward": words["backward"]}[direction]
    return Network(title, tuple(layers), edges, direction, said, error)


def _bias(
    names: Names,
    layer: int,
    unit: int,
    texts: Mapping[str, str],
    path: Collection[str],
    strong: Collection[str],
) -> Bias | None:
    """A neuron's bias; one that a layer shares stands at each of its neurons."""
    form = names.bias_forms[layer]
    if form == "none":
        return None
    name = names.bias_names[BiasPlace(layer, 0 if form == "shared" else unit)]
    return Bias(name, texts.get(name, ""), on_path=name in path, is_strong=name in strong)


def _heading(names: Names, layer: int, words: Mapping[str, str]) -> str:
    hidden = len(names.layers) - 1
    if layer == hidden:
        return words["output_layer"]
    return words["hidden_layer"] if hidden == 1 else words["hidden_layer_numbered"].format(number=layer + 1)


def _note(experiment: Experiment, layer: int, words: Mapping[str, str]) -> str:
    """What the layer makes of its inputs, where that is more than their weighted sum."""
    declared = experiment.architecture.layers[layer]
    said = [words[declared.activation.kind]]
    said += [words["squared_distance"]] * (declared.net == "squared_distance")
    said += [words["threshold"]] * (declared.bias.kind == "threshold")
    return ", ".join(filter(None, said))


def _targets(names: Names, texts: Mapping[str, str], words: Mapping[str, str]) -> Iterator[Neuron]:
    """Each beside its output, without a name in sight."""
    taken = {*names.inputs, *names.neurons}
    for output in names.outputs:
        name = words["target_of"].format(name=output)
        while name in taken:
            name += "′"
        taken.add(name)
        yield Neuron(name, texts.get(output, ""), label="")


def _edges(
    names: Names,
    layers: list[Layer],
    texts: Mapping[str, str],
    path: Collection[str],
    strong: Collection[str],
) -> Iterator[Edge]:
    is_large = len(names.weights) > _MANY_WEIGHTS
    for layer, (before, after) in enumerate(pairwise(layers[: len(names.layers) + 1])):
        senders, receivers = _drawn(before, is_large), _drawn(after, is_large)
        for receiver in receivers:
            for sender in senders:
                name = names.weight_names[WeightPlace(layer, sender, receiver)]
                ends = before.neurons[sender].name, after.neurons[receiver].name
                yield Edge(*ends, name, texts.get(name, ""), on_path=name in path, is_strong=name in strong)


def _drawn(layer: Layer, is_large: bool) -> list[int]:
    """The places of the neurons between which edges are drawn."""
    if not is_large:
        return list(range(len(layer.neurons)))
    kept = {cell.name for cell in shown_neurons(layer) if isinstance(cell, Neuron)}
    return [place for place, neuron in enumerate(layer.neurons) if neuron.name in kept]


def drawing_words(words: Mapping[str, str]) -> Words:
    """What a drawing says in its own words, for draw_network; `words` are those called `pictures`."""
    return Words(**{field.name: words[field.name] for field in fields(Words)})


def weights_shown(network: Network) -> Weights:
    """What has most room on the edges: names with their values, values alone, or, where there are none, names."""
    if not any(edge.value for edge in network.edges):
        return "names"
    ways: tuple[Weights, ...] = ("both", "values")
    return min(ways, key=lambda way: len(layout_of(network, way).dropped))


def path_of(experiment: Experiment, name: str) -> frozenset[str]:
    """The chain rule's way from the error back to a weight or bias: the names of all neurons and weights on it.

    A hidden neuron has a way through every neuron after it. A softmax mixes the neurons of its layer, so all of them
    are on the way. The weight's sender belongs to it: its output is the last factor.
    """
    names = experiment.architecture.names
    found = {name}
    if name in names.weights:
        layer, sender, receiver = names.weights[name]
        found.add((names.inputs if layer == 0 else names.layers[layer - 1])[sender])
        reached = {receiver}
    else:
        layer, unit = names.biases[name]
        is_shared = names.bias_forms[layer] == "shared"
        reached = set(range(len(names.layers[layer]))) if is_shared else {unit}
    for at in range(layer, len(names.layers)):
        units = range(len(names.layers[at]))
        if at > layer:
            found |= {names.weight_names[WeightPlace(at, one, other)] for one in reached for other in units}
            reached = set(units)
        if experiment.architecture.layers[at].activation.kind == "softmax":
            reached = set(units)
        found |= {names.layers[at][unit] for unit in reached}
    return frozenset(found)
