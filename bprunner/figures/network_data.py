"""What a drawing of a network is made from: layers of neurons, the edges between them, and what to point out.

All numbers are texts here: whoever fills this in has rounded them as the experiment declares.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

Role = Literal["input", "hidden", "output", "target"]
Direction = Literal["none", "forward", "backward"]


@dataclass(frozen=True)
class Bias:
    """What is added to a neuron's weighted sum. `on_path`: highlighted; `is_strong`: its text is."""

    name: str
    value: str = ""
    on_path: bool = False
    is_strong: bool = False


@dataclass(frozen=True)
class Neuron:
    """A neuron, an input or a target. `name` is its own in the whole network; `label` is shown in its place.

    value: stands under the name, in the circle where it fits. notes: further lines below the circle, such as
    "net 0.3775" or "δ −0.041". on_path: highlighted; is_strong: its value is.
    """

    name: str
    value: str = ""
    label: str | None = None
    notes: tuple[str, ...] = ()
    bias: Bias | None = None
    on_path: bool = False
    is_strong: bool = False


@dataclass(frozen=True)
class Layer:
    """Neurons of one role, from top to bottom. `note` stands under the heading: "sigmoid", say."""

    role: Role
    neurons: tuple[Neuron, ...]
    heading: str
    note: str = ""


@dataclass(frozen=True)
class Edge:
    """A weight, from a neuron of one layer to one of the next, both by name. on_path: highlighted; is_strong: bold."""

    sender: str
    receiver: str
    name: str
    value: str = ""
    on_path: bool = False
    is_strong: bool = False


@dataclass(frozen=True)
class Network:
    """All of a picture. Layers from left to right; a layer of targets may come last, and no edge leads to it.

    error: the lines of a box below the targets, such as "Error = ½(prediction − actual)² = 0.087".
    Raises ValueError where names are used twice, or an edge does not lead from a layer to the next.
    """

    title: str
    layers: tuple[Layer, ...]
    edges: tuple[Edge, ...]
    direction: Direction = "none"
    direction_text: str = ""
    error: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.layers or not all(layer.neurons for layer in self.layers):
            raise ValueError("a drawing needs at least one layer, and a neuron in each")
        names = Counter(neuron.name for layer in self.layers for neuron in layer.neurons)
        if (name := names.most_common(1)[0])[1] > 1:
            raise ValueError(f"{name[1]} neurons are called {name[0]!r}; give each a name, and show others as labels")
        if any(layer.role == "target" for layer in self.layers[:-1]):
            raise ValueError("targets can only be the last layer")
        self._check_edges()

    def _check_edges(self) -> None:
        place = {neuron.name: at for at, layer in enumerate(self.layers) for neuron in layer.neurons}
        pairs = set()
        for edge in self.edges:
            if edge.sender not in place or edge.receiver not in place:
                raise ValueError(f"the edge {edge.name!r} leads from {edge.sender!r} to {edge.receiver!r}: no neurons")
            if place[edge.receiver] != place[edge.sender] + 1 or self.layers[place[edge.receiver]].role == "target":
                raise ValueError(f"the edge {edge.name!r} does not lead from a layer to the next")
            if (edge.sender, edge.receiver) in pairs:
                raise ValueError(f"two edges lead from {edge.sender!r} to {edge.receiver!r}")
            pairs.add((edge.sender, edge.receiver))
