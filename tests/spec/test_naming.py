# ruff: noqa: E501
"""What neurons, weights and biases are called: every table here was written by hand, from the pictures of networks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from bprunner.spec.architecture import Architecture
from bprunner.spec.naming import BiasPlace, Names, WeightPlace
from tests.spec.examples import SHARED, experiments, names_of


def connections(names: Names) -> dict[str, str]:
    """Each weight and bias with what it connects, in order."""
    return {name: names.describe(name) for name in [*names.weights, *names.biases]}


BY_RECEIVER = {
    "w1": "i1 → h1", "w2": "i2 → h1", "w3": "i1 → h2", "w4": "i2 → h2", "w5": "i1 → h3", "w6": "i2 → h3",
    "w7": "h1 → o1", "w8": "h2 → o1", "w9": "h3 → o1", "w10": "h1 → o2", "w11": "h2 → o2", "w12": "h3 → o2",
    "b1": "the bias of h1", "b2": "the bias of h2", "b3": "the bias of h3", "b4": "the bias of o1",
    "b5": "the bias of o2",
}  # fmt: skip
BY_SENDER = {
    "w1": "i1 → h1", "w2": "i1 → h2", "w3": "i1 → h3", "w4": "i2 → h1", "w5": "i2 → h2", "w6": "i2 → h3",
    "w7": "h1 → o1", "w8": "h1 → o2", "w9": "h2 → o1", "w10": "h2 → o2", "w11": "h3 → o1", "w12": "h3 → o2",
    **{name: text for name, text in BY_RECEIVER.items() if name[0] == "b"},
}  # fmt: skip
DEEP = {
    "w1": "i1 → h1.1", "w2": "i1 → h1.2", "w3": "h1.1 → h2.1", "w4": "h1.2 → h2.1", "w5": "h1.1 → h2.2",
    "w6": "h1.2 → h2.2", "w7": "h2.1 → o1", "w8": "h2.2 → o1",
    "b1": "the bias of h1.1", "b2": "the bias of h1.2", "b3": "the bias of layer h2", "b4": "the bias of o1",
}  # fmt: skip
MAZUR = {
    "w1": "i1 → h1", "w2": "i2 → h1", "w3": "i1 → h2", "w4": "i2 → h2",
    "w5": "h1 → o1", "w6": "h2 → o1", "w7": "h1 → o2", "w8": "h2 → o2",
    "b1": "the bias of layer h", "b2": "the bias of layer o",
}  # fmt: skip
NEGNEVITSKY = {
    "w13": "x1 → n3", "w2": "x2 → n3", "w14": "x1 → n4", "w24": "x2 → n4", "w35": "n3 → n5", "w6": "n4 → n5",
    "theta3": "the bias of n3", "b2": "the bias of n4", "theta5": "the bias of n5",
}  # fmt: skip

TABLES = {
    "by receiver": (names_of([2, 3, 2], ["trained", "trained"]), BY_RECEIVER),
    "by receiver, said so": (names_of([2, 3, 2], ["trained", "frozen"], weights="receiver"), BY_RECEIVER),
    "by sender": (names_of([2, 3, 2], ["trained", "threshold"], weights="sender"), BY_SENDER),
    "deep": (names_of([1, 2, 2, 1], ["trained", SHARED, "trained"]), DEEP),
    "a bias for each layer": (names_of([2, 2, 2], [SHARED, SHARED]), MAZUR),
    "the first layer without": (
        names_of([1, 1, 2], ["none", "trained"]),
        {"w1": "i1 → h1", "w2": "h1 → o1", "w3": "h1 → o2", "b1": "the bias of o1", "b2": "the bias of o2"},
    ),
    "one layer": (names_of([2, 1], ["none"]), {"w1": "i1 → o1", "w2": "i2 → o1"}),
    "maps": (
        names_of(
            [2, 2, 1],
            ["threshold", "threshold"],
            inputs=["x1", "x2"],
            neurons=[["n3", "n4"], ["n5"]],
            weights={"w13": "x1 -> n3", "w14": "x1->n4", "w24": " x2 → n4 ", "w35": "n3 -> n5"},
            biases={"theta3": "n3", "theta5": "n5"},
        ),
        NEGNEVITSKY,
    ),
    "names that trade places": (
        names_of([2, 1], ["none"], weights={"w1": "i2 -> o1", "w2": "i1 -> o1"}),
        {"w2": "i1 → o1", "w1": "i2 → o1"},
    ),
    "a shared bias by its layer": (
        names_of([1, 2, 1], [SHARED, SHARED], neurons=[["a", "b"], ["c"]], biases={"bh": "h", "bo": "o"}),
        {"w1": "i1 → a", "w2": "i1 → b", "w3": "a → c", "w4": "b → c", "bh": "the bias of layer h", "bo": "the bias of layer o"},
    ),
    "a neuron of two words": (
        names_of([1, 1, 1], ["none", "none"], inputs=["in.put"], neurons=[["hid.den"], ["out.put"]], weights={"v": "hid.den -> out.put"}),
        {"w1": "in.put → hid.den", "v": "hid.den → out.put"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
def test_what_is_called_what(table: str) -> None:
    names, wanted = TABLES[table]
    assert connections(names) == wanted
    assert list(connections(names)) == list(wanted), "in the order of the numbers"


def test_places_of_weights() -> None:
    names = names_of([2, 3, 2], ["none", "none"], weights="sender")
    assert names.weights["w4"] == WeightPlace(layer=0, sender=1, receiver=0)
    assert names.weights["w10"] == WeightPlace(layer=1, sender=1, receiver=1)
    assert names.weight_names[WeightPlace(1, 2, 0)] == "w11"


def test_places_of_biases() -> None:
    names = names_of([2, 3, 2, 2], ["trained", SHARED, "threshold"])
    assert names.biases == {
        "b1": BiasPlace(0, 0), "b2": BiasPlace(0, 1), "b3": BiasPlace(0, 2), "b4": BiasPlace(1, 0),
        "b5": BiasPlace(2, 0), "b6": BiasPlace(2, 1),
    }  # fmt: skip
    assert names.biased == (True, True, True)
    assert names.bias_names[BiasPlace(1, 0)] == "b4"
    assert BiasPlace(1, 1) not in names.bias_names


def test_the_place_that_is_meant_by_a_bias() -> None:
    names = names_of([1, 2, 2, 1], ["trained", SHARED, "none"])
    assert names.bias_place("h1.2") == BiasPlace(0, 1)
    assert names.bias_place("h2") == BiasPlace(1, 0)
    for nothing in ("h1", "h2.1", "o1", "o", "i1", "", "h3"):
        assert names.bias_place(nothing) is None


@pytest.mark.parametrize(
    ("hidden", "neurons", "layers"),
    [
        (0, ["o1"], ("o",)),
        (1, ["h1", "o1"], ("h", "o")),
        (2, ["h1.1", "h2.1", "o1"], ("h1", "h2", "o")),
        (3, ["h1.1", "h2.1", "h3.1", "o1"], ("h1", "h2", "h3", "o")),
    ],
)
def test_layers_have_names_of_their_own(hidden: int, neurons: list[str], layers: tuple[str, ...]) -> None:
    names = names_of([1] * (hidden + 2), ["none"] * (hidden + 1))
    assert names.layer_names == layers
    assert list(names.neurons) == neurons
    named = names_of([1] * (hidden + 2), ["none"] * (hidden + 1), neurons=[[f"n{each}"] for each in range(hidden + 1)])
    assert named.layer_names == layers, "whatever its neurons are called"


@pytest.mark.parametrize(
    ("naming", "repeated"),
    [
        ({}, []),
        ({"inputs": ["x", "x"]}, ["x"]),
        ({"inputs": ["o1", "y"]}, ["o1"]),
        ({"weights": {"w2": "i1 -> o1"}}, ["w2"]),
        ({"weights": {"b1": "i1 -> o1"}}, ["b1"]),
        ({"weights": {"w2": "i1 -> o1", "w1": "i2 -> o1"}}, []),
        # A neuron and a weight are told apart by their quantities.
        ({"inputs": ["w1", "b1"]}, []),
    ],
)
def test_what_two_things_are_called(naming: dict[str, Any], repeated: list[str]) -> None:
    assert names_of([2, 1], ["trained"], **naming).repeated() == repeated


@given(data=experiments())
def test_every_name_has_one_place_and_every_place_one_name(data: dict[str, Any]) -> None:
    names = Architecture.model_validate(data["architecture"]).names
    places = [
        WeightPlace(layer, sender, receiver)
        for layer, (fan_in, fan_out) in enumerate(zip(names.sizes, names.sizes[1:], strict=False))
        for sender in range(fan_in)
        for receiver in range(fan_out)
    ]
    assert sorted(names.weights.values()) == sorted(places)
    assert {names.weight_names[place] for place in places} == set(names.weights)
    units = {"none": 0, "shared": 1}
    widths = [units.get(form, size) for form, size in zip(names.bias_forms, names.sizes[1:], strict=True)]
    assert len(names.biases) == len(names.bias_names) == sum(widths)
    assert not set(names.weights) & set(names.biases)
