"""What of a large network is drawn: the first neurons and the last of a large layer, the first and last layers of many.

Neurons on a highlighted path are drawn too, wherever they are, as far as there is room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from bprunner.figures.network_data import Layer, Network, Neuron

Each = TypeVar("Each")

# A layer of up to so many neurons is drawn whole; of a larger one, so many first ones, and the last.
WHOLE_LAYER, FIRST_NEURONS, PATH_NEURONS = 8, 4, 3
# A network of up to so many layers is drawn whole, hidden ones left out of the others.
WHOLE_NETWORK, FIRST_LAYERS, LAST_LAYERS = 8, 4, 3


@dataclass(frozen=True)
class LeftOut:
    """So many neurons, or layers, between the ones that are drawn."""

    count: int


def shown_neurons(layer: Layer) -> tuple[Neuron | LeftOut, ...]:
    """From top to bottom. Where only one would be left out it is drawn: its gap would take as much room."""
    neurons = layer.neurons
    if len(neurons) <= WHOLE_LAYER:
        return neurons
    on_path = [at for at, neuron in enumerate(neurons) if neuron.on_path and at >= FIRST_NEURONS]
    kept = sorted({*range(FIRST_NEURONS), *on_path[:PATH_NEURONS], len(neurons) - 1})
    return tuple(_with_gaps(neurons, kept))


def shown_layers(network: Network) -> tuple[Layer | LeftOut, ...]:
    """From left to right. Targets are not counted among the layers: they stand beside the output."""
    layers = network.layers
    targets = 1 if layers[-1].role == "target" else 0
    if len(layers) - targets <= WHOLE_NETWORK:
        return layers
    kept = [*range(FIRST_LAYERS), *range(len(layers) - targets - LAST_LAYERS, len(layers))]
    return tuple(_with_gaps(layers, kept))


def _with_gaps(things: Sequence[Each], kept: Sequence[int]) -> list[Each | LeftOut]:
    shown: list[Each | LeftOut] = []
    for before, at in zip([-1, *kept], kept, strict=False):
        gap = at - before - 1
        if gap == 1:
            shown.append(things[at - 1])
        elif gap > 1:
            shown.append(LeftOut(gap))
        shown.append(things[at])
    return shown
