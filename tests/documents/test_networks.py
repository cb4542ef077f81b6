"""Pictures of declared networks: everything that is declared is in them, under its name, and nothing else."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

from bprunner.documents.language import Language
from bprunner.documents.networks import drawing_words, network_of, path_of, weights_shown
from bprunner.figures.network import Words, draw_network
from bprunner.figures.network_data import Network
from bprunner.spec.architecture import Architecture, Layer
from bprunner.spec.experiment import Experiment
from bprunner.spec.reading import read_declaration
from tests.conftest import ROOT

WORDS = Language("en").words("pictures")
GALLERY = "configs/gallery"


def experiment(file: str = "configs/doc.yaml", *overrides: str) -> Experiment:
    return read_declaration(ROOT / file, overrides).experiment


def made(architecture: dict[str, Any]) -> Experiment:
    """The founding example with another network; nobody trains it."""
    found = TypeAdapter(Architecture).validate_python(architecture)
    return experiment().model_copy(update={"architecture": found})


def edges(network: Network) -> dict[str, tuple[str, str]]:
    return {edge.name: (edge.sender, edge.receiver) for edge in network.edges}


def test_the_founding_example_has_its_layers_and_weights_by_name() -> None:
    network = network_of(experiment(), WORDS, title="T", weights={"w1": "0.1"}, values={"h1": "0.8", "i2": "3"})
    assert [(layer.role, layer.heading, layer.note) for layer in network.layers] == [
        ("input", "Input layer", ""),
        ("hidden", "Hidden layer", ""),
        ("output", "Output layer", ""),
    ]
    assert edges(network) == {
        "w1": ("i1", "h1"),
        "w2": ("i2", "h1"),
        "w3": ("i1", "h2"),
        "w4": ("i2", "h2"),
        "w5": ("h1", "o1"),
        "w6": ("h2", "o1"),
    }
    assert [edge.value for edge in network.edges] == ["0.1", "", "", "", "", ""]
    assert [neuron.value for layer in network.layers for neuron in layer.neurons] == ["", "3", "0.8", "", ""]
    assert all(neuron.bias is None for layer in network.layers for neuron in layer.neurons)


def test_targets_stand_last_with_names_that_nothing_else_has() -> None:
    names = {"inputs": ["x"], "neurons": [["out"]]}
    found = made(
        {"inputs": 1, "layers": [{"units": 1, "activation": "linear", "bias": "none"}], "naming": names}
    ).architecture
    # A neuron that is called as its target would be: nobody can declare it, and nothing breaks.
    clashing = found.model_copy(update={"naming": found.naming.model_copy(update={"inputs": ("target of out",)})})
    vars(clashing).pop("names", None)
    network = network_of(
        experiment().model_copy(update={"architecture": clashing}), WORDS, title="T", targets={"out": "1"}
    )
    assert network.layers[-1].role == "target"
    assert [(neuron.name, neuron.label, neuron.value) for neuron in network.layers[-1].neurons] == [
        ("target of out′", "", "1")
    ]


def test_own_biases_shared_ones_and_thresholds_are_all_shown() -> None:
    kinds = [{"shared": {"trained": True}}, "trained", {"threshold": {"trained": True}}, "none"]
    found = made({"inputs": 1, "layers": [{"units": 2, "activation": "tanh", "bias": kind} for kind in kinds]})
    network = network_of(found, WORDS, title="T", weights={"b1": "0.35"}, strong=["b2"], path=["b1"])
    biases = [[n.bias and n.bias.name for n in layer.neurons] for layer in network.layers]
    assert biases == [[None], ["b1", "b1"], ["b2", "b3"], ["b4", "b5"], [None, None]]
    first, second = network.layers[1].neurons[1].bias, network.layers[2].neurons[0].bias
    assert first is not None
    assert second is not None
    assert (first.value, first.on_path, first.is_strong) == ("0.35", True, False)
    assert (second.value, second.on_path, second.is_strong) == ("", False, True)
    assert [layer.note for layer in network.layers] == ["", "tanh", "tanh", "tanh, −threshold", "tanh"]
    assert [layer.heading for layer in network.layers[1:3]] == ["Hidden layer 1", "Hidden layer 2"]


def test_the_author_s_names_are_the_picture_s() -> None:
    network = network_of(experiment(f"{GALLERY}/han_kamber.yaml"), WORDS, title="T")
    assert edges(network)["w35"] == ("x3", "u5")
    assert [n.bias.name for n in network.layers[1].neurons if n.bias] == ["theta4", "theta5"]


def test_every_activation_and_every_text_of_a_drawing_has_a_word() -> None:
    annotation = Layer.model_fields["activation"].annotation
    kinds = [get_args(choice.model_fields["kind"].annotation)[0] for choice in get_args(annotation)]
    assert len(kinds) > 10
    assert set(kinds) <= set(WORDS)
    assert drawing_words(WORDS) == Words()
    assert {field.name for field in fields(Words)} <= set(WORDS)


@pytest.mark.parametrize(
    ("file", "name", "path"),
    [
        ("configs/doc.yaml", "w6", {"w6", "h2", "o1"}),
        ("configs/doc.yaml", "w1", {"w1", "i1", "h1", "w5", "o1"}),
        (f"{GALLERY}/mazur.yaml", "w1", {"w1", "i1", "h1", "w5", "w7", "o1", "o2"}),
        (f"{GALLERY}/mazur.yaml", "b1", {"b1", "h1", "h2", "w5", "w6", "w7", "w8", "o1", "o2"}),
        (f"{GALLERY}/mazur.yaml", "b2", {"b2", "o1", "o2"}),
        (f"{GALLERY}/han_kamber.yaml", "theta4", {"theta4", "u4", "w46", "u6"}),
        # Softmax: every output depends on every net input.
        (f"{GALLERY}/cs231n_twolayer.yaml", "b11", {"b11", "o1", "o2", "o3"}),
    ],
)
def test_the_way_back_from_the_error(file: str, name: str, path: set[str]) -> None:
    assert path_of(experiment(file), name) == path


def test_the_way_back_through_several_layers_takes_every_neuron_between() -> None:
    layer = {"units": 2, "activation": "sigmoid", "bias": "none"}
    found = made({"inputs": 1, "layers": [layer, layer, {**layer, "units": 1}]})
    assert path_of(found, "w1") == {"w1", "i1", "h1.1", "w3", "w5", "h2.1", "h2.2", "w7", "w8", "o1"}


def test_what_is_on_the_path_is_highlighted() -> None:
    found = experiment()
    network = network_of(found, WORDS, title="T", path=path_of(found, "w1"), direction="backward")
    assert [edge.name for edge in network.edges if edge.on_path] == ["w1", "w5"]
    assert [n.name for layer in network.layers for n in layer.neurons if n.on_path] == ["i1", "h1", "o1"]
    assert network.direction_text == WORDS["backward"]


def test_values_stay_where_there_is_no_room_for_names() -> None:
    bare = network_of(experiment(), WORDS, title="T")
    assert weights_shown(bare) == "names"
    assert weights_shown(network_of(experiment(), WORDS, title="T", weights={"w1": "0.1"})) == "both"
    layer = {"units": 6, "activation": "sigmoid", "bias": "none"}
    found = made({"inputs": 6, "layers": [layer, {**layer, "units": 1}]})
    full = network_of(found, WORDS, title="T", weights=dict.fromkeys(found.architecture.names.weights, "0.1764052"))
    assert weights_shown(full) == "values"


def test_a_large_network_is_made_in_the_size_in_which_it_is_drawn() -> None:
    layers = [
        {"units": 300, "activation": "relu", "bias": "trained"},
        {"units": 10, "activation": "softmax", "bias": "trained"},
    ]
    found = made({"inputs": 784, "layers": layers})
    network = network_of(found, WORDS, title="T", path=path_of(found, "w5000"))
    assert [len(layer.neurons) for layer in network.layers] == [784, 300, 10]
    assert len(network.edges) < 100
    assert "w5000" in edges(network)
    drawing = draw_network(network, words=drawing_words(WORDS))
    assert "784 neurons are drawn" in drawing.caption
