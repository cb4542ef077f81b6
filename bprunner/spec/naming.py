"""Every neuron, weight and bias has a name, and every name one place in the network.

Unless the author calls them otherwise: inputs are i1, i2, …; outputs o1, …; the neurons of one hidden layer
h1, h2, …, of several h1.1, h1.2, …, h2.1, … (layer first). Weights are w1, w2, … by receiving neuron, then by
sender (or the other way round), layer after layer; biases b1, b2, … by neuron, layer after layer, and one for
a layer that shares its bias. Layers are called h and o; of several hidden ones h1, h2, …, o.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

BiasForm = Literal["none", "unit", "shared"]
_ARROW = re.compile(r"\s*(?:->|→)\s*")


class WeightPlace(NamedTuple):
    """A weight's place: in `layer` (from 0), from the sender's to the receiver's position (from 0)."""

    layer: int
    sender: int
    receiver: int


class BiasPlace(NamedTuple):
    """A bias's place: in `layer` (from 0), at the neuron's position (from 0; 0 of a shared one)."""

    layer: int
    receiver: int


@dataclass(frozen=True)
class Names:
    """The names of a network.

    `sizes`: units of the inputs and of each layer; `bias_forms`: whether a layer has no biases, one a neuron, or
    one that its neurons share. `given_…` is what the author calls things; names that fit nothing are not used.
    """

    sizes: tuple[int, ...]
    bias_forms: tuple[BiasForm, ...]
    numbering: Literal["receiver", "sender"] = "receiver"
    given_inputs: tuple[str, ...] | None = None
    given_neurons: tuple[tuple[str, ...], ...] | None = None
    given_weights: tuple[tuple[str, str], ...] = ()
    given_biases: tuple[tuple[str, str], ...] = ()

    # Neurons

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        if self.given_inputs is not None and len(self.given_inputs) == self.sizes[0]:
            return self.given_inputs
        return tuple(f"i{position + 1}" for position in range(self.sizes[0]))

    @cached_property
    def layers(self) -> tuple[tuple[str, ...], ...]:
        """The neurons' names, layer by layer, without the inputs."""
        numbered = tuple(
            tuple(f"{prefix}{unit + 1}" for unit in range(size))
            for prefix, size in zip(self._prefixes(), self.sizes[1:], strict=True)
        )
        given = self.given_neurons
        if given is None or tuple(map(len, given)) != self.sizes[1:]:
            return numbered
        return given

    def _prefixes(self) -> list[str]:
        hidden = len(self.sizes) - 2
        return ["h", "o"][-hidden - 1 :] if hidden < 2 else [*(f"h{layer + 1}." for layer in range(hidden)), "o"]

    @cached_property
    def layer_names(self) -> tuple[str, ...]:
        """What a whole layer is called, for vectors and matrices of figures: h and o, or h1, h2, …, o."""
        return tuple(prefix.rstrip(".") for prefix in self._prefixes())

    @property
    def outputs(self) -> tuple[str, ...]:
        return self.layers[-1]

    @cached_property
    def neurons(self) -> tuple[str, ...]:
        return tuple(name for layer in self.layers for name in layer)

    @property
    def biased(self) -> tuple[bool, ...]:
        """Which layers have biases."""
        return tuple(form != "none" for form in self.bias_forms)

    # Weights and biases

    @cached_property
    def weights(self) -> dict[str, WeightPlace]:
        return dict(self._named_weights())

    def _named_weights(self) -> list[tuple[str, WeightPlace]]:
        given = {place: name for name, text in self.given_weights if (place := self.connection(text)) is not None}
        return [(given.get(place, f"w{number + 1}"), place) for number, place in enumerate(self._weight_places())]

    def _weight_places(self) -> list[WeightPlace]:
        """Every weight's place, in the order in which weights are numbered."""
        places = []
        for layer, (fan_in, fan_out) in enumerate(zip(self.sizes, self.sizes[1:], strict=False)):
            if self.numbering == "receiver":
                places += [
                    WeightPlace(layer, sender, receiver) for receiver in range(fan_out) for sender in range(fan_in)
                ]
            else:
                places += [
                    WeightPlace(layer, sender, receiver) for sender in range(fan_in) for receiver in range(fan_out)
                ]
        return places

    def connection(self, text: str) -> WeightPlace | None:
        """The place that `i1 -> h1` means, or None where the network has no such connection."""
        ends = _ARROW.split(text.strip())
        if len(ends) != 2:
            return None
        sender, receiver = (self._positions.get(end) for end in ends)
        if sender is None or receiver is None or receiver[0] != sender[0] + 1:
            return None
        return WeightPlace(sender[0], sender[1], receiver[1])

    @cached_property
    def _positions(self) -> dict[str, tuple[int, int]]:
        """Of each neuron: its layer (0 for inputs) and its position there."""
        return {
            name: (layer, unit)
            for layer, names in enumerate([self.inputs, *self.layers])
            for unit, name in enumerate(names)
        }

    @cached_property
    def biases(self) -> dict[str, BiasPlace]:
        return dict(self._named_biases())

    def _named_biases(self) -> list[tuple[str, BiasPlace]]:
        given = {place: name for name, text in self.given_biases if (place := self.bias_place(text)) is not None}
        places = [
            BiasPlace(layer, receiver)
            for layer, (fan_out, form) in enumerate(zip(self.sizes[1:], self.bias_forms, strict=True))
            for receiver in range({"none": 0, "unit": fan_out, "shared": 1}[form])
        ]
        return [(given.get(place, f"b{number + 1}"), place) for number, place in enumerate(places)]

    def bias_place(self, text: str) -> BiasPlace | None:
        """The place of the bias of a neuron, or of a layer that shares one; None where there is none."""
        if text in self.layer_names and self.bias_forms[self.layer_names.index(text)] == "shared":
            return BiasPlace(self.layer_names.index(text), 0)
        position = self._positions.get(text)
        if position is None or position[0] == 0 or self.bias_forms[position[0] - 1] != "unit":
            return None
        return BiasPlace(position[0] - 1, position[1])

    def repeated(self) -> list[str]:
        """Names that two things have: then none of them can be told from the other."""
        parameters = [name for name, _ in [*self._named_weights(), *self._named_biases()]]
        found: list[str] = []
        for group in ([*self.inputs, *self.neurons], parameters):
            seen: set[str] = set()
            found += [name for name in group if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
        return list(dict.fromkeys(found))

    @cached_property
    def weight_names(self) -> dict[WeightPlace, str]:
        """The name of the weight at a place."""
        return {place: name for name, place in self.weights.items()}

    @cached_property
    def bias_names(self) -> dict[BiasPlace, str]:
        """The name of the bias at a place."""
        return {place: name for name, place in self.biases.items()}

    def describe(self, name: str) -> str:
        """What a weight or bias connects, as `i1 → h1`."""
        if name in self.weights:
            place = self.weights[name]
            senders = self.inputs if place.layer == 0 else self.layers[place.layer - 1]
            return f"{senders[place.sender]} → {self.layers[place.layer][place.receiver]}"
        bias = self.biases[name]
        if self.bias_forms[bias.layer] == "shared":
            return f"the bias of layer {self.layer_names[bias.layer]}"
        return f"the bias of {self.layers[bias.layer][bias.receiver]}"


def counted(number: int, word: str, plural: str = "") -> str:
    """`1 row`, `2 rows`, `1,000 rows`."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"


def shortened(names: Sequence[str], most: int = 6) -> str:
    """The names in a message: all of a few, the ends of many (`w1, w2, … w64`)."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 2])}, … {names[-1]}"
