"""Every neuron, weight and bias has a name, and every name one place in the network.

Inputs are i1, i2, …; outputs o1, …; the neurons of one hidden layer h1, h2, …, of several h1.1, h1.2, …,
h2.1, … (layer first). Weights are w1, w2, … by receiving neuron, then by sender, layer after layer; biases
b1, b2, … by neuron, layer after layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class WeightPlace:
    """A weight's place: in `layer` (from 0), from the sender's to the receiver's position (from 0)."""

    layer: int
    sender: int
    receiver: int


@dataclass(frozen=True)
class BiasPlace:
    """A bias's place: in `layer` (from 0), at the neuron's position (from 0)."""

    layer: int
    receiver: int


@dataclass(frozen=True)
class Names:
    """The names of a network. `sizes`: units of the inputs and of each layer; `biased`: which layers have biases."""

    sizes: tuple[int, ...]
    biased: tuple[bool, ...]

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        return tuple(f"i{position + 1}" for position in range(self.sizes[0]))

    @cached_property
    def layers(self) -> tuple[tuple[str, ...], ...]:
        """The neurons' names, layer by layer, without the inputs."""
        hidden = len(self.sizes) - 2
        prefixes = ["h"] if hidden == 1 else [f"h{layer + 1}." for layer in range(hidden)]
        return tuple(
            tuple(f"{prefix}{unit + 1}" for unit in range(size))
            for prefix, size in zip([*prefixes, "o"], self.sizes[1:], strict=True)
        )

    @property
    def outputs(self) -> tuple[str, ...]:
        return self.layers[-1]

    @property
    def neurons(self) -> tuple[str, ...]:
        return tuple(name for layer in self.layers for name in layer)

    @cached_property
    def weights(self) -> dict[str, WeightPlace]:
        places = [
            WeightPlace(layer, sender, receiver)
            for layer, (fan_in, fan_out) in enumerate(zip(self.sizes, self.sizes[1:], strict=False))
            for receiver in range(fan_out)
            for sender in range(fan_in)
        ]
        return {f"w{number + 1}": place for number, place in enumerate(places)}

    @cached_property
    def biases(self) -> dict[str, BiasPlace]:
        places = [
            BiasPlace(layer, receiver)
            for layer, (fan_out, biased) in enumerate(zip(self.sizes[1:], self.biased, strict=True))
            if biased
            for receiver in range(fan_out)
        ]
        return {f"b{number + 1}": place for number, place in enumerate(places)}

    def describe(self, name: str) -> str:
        """What a weight or bias connects, as `i1 → h1`."""
        if name in self.weights:
            place = self.weights[name]
            senders = self.inputs if place.layer == 0 else self.layers[place.layer - 1]
            return f"{senders[place.sender]} → {self.layers[place.layer][place.receiver]}"
        bias = self.biases[name]
        return f"the bias of {self.layers[bias.layer][bias.receiver]}"


def counted(number: int, word: str, plural: str = "") -> str:
    """`1 row`, `2 rows`, `1,000 rows`."""
    return f"{number:,} {word if number == 1 else plural or word + 's'}"


def shortened(names: Sequence[str], most: int = 6) -> str:
    """The names in a message: all of a few, the ends of many (`w1, w2, … w64`)."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 2])}, … {names[-1]}"
