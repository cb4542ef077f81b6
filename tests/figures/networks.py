"""Networks to draw, and what stands in a drawing: its neurons, edges and texts with the room they take."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bprunner.figures.network_data import Bias, Direction, Edge, Layer, Network, Neuron, Role
from bprunner.figures.text import width
from bprunner.figures.vector import Drawing

SVG = "{http://www.w3.org/2000/svg}"


def network(
    sizes: Sequence[int],
    *,
    has_values: bool = True,
    has_biases: bool = False,
    has_targets: bool = True,
    notes: tuple[str, ...] = (),
    direction: Direction = "none",
    path: Collection[str] = (),
    error: tuple[str, ...] = (),
) -> Network:
    """A network that is fully connected; neurons n0.1, n0.2, … (layer first), weights w1, w2, … by receiver."""
    layers: list[Layer] = []
    edges: list[Edge] = []
    for at, size in enumerate(sizes):
        role: Role = "input" if at == 0 else "output" if at == len(sizes) - 1 else "hidden"
        neurons = tuple(
            Neuron(
                f"n{at}.{one + 1}",
                value=f"{(at + one) / 7 - 1:.3f}".replace("-", "−") if has_values else "",
                notes=notes,
                bias=Bias(f"b{at}.{one + 1}", "0.35") if has_biases and at else None,
                on_path=f"n{at}.{one + 1}" in path,
            )
            for one in range(size)
        )
        layers.append(Layer(role, neurons, f"{role} layer {at}"))
        if at:
            for receiver in neurons:
                for sender in layers[-2].neurons:
                    name = f"w{len(edges) + 1}"
                    edges.append(Edge(sender.name, receiver.name, name, "−0.21", on_path=name in path))
    if has_targets:
        targets = tuple(Neuron(f"t{one + 1}", value="1") for one in range(sizes[-1]))
        layers.append(Layer("target", targets, "target"))
    return Network("a network", tuple(layers), tuple(edges), direction=direction, error=error)


@dataclass(frozen=True)
class Box:
    """A text of a drawing and the room it takes: its middle and its size."""

    text: str
    x: float
    y: float
    width: float
    height: float

    def overlaps(self, other: Box) -> bool:
        return (
            abs(self.x - other.x) < (self.width + other.width) / 2
            and abs(self.y - other.y) < (self.height + other.height) / 2
        )


def tree(drawing: Drawing) -> ElementTree.Element:
    return ElementTree.fromstring(drawing.svg)


def texts(drawing: Drawing) -> list[Box]:
    """All texts, measured as this package measures columns, not as the drawing does."""
    boxes = []
    for node in tree(drawing).iter(f"{SVG}text"):
        text, size = "".join(node.itertext()), float(node.attrib["font-size"])
        wide = 0.58 * size * width(text)
        x = float(node.attrib["x"]) + wide * {"middle": 0.0, "start": 0.5, "end": -0.5}[node.attrib["text-anchor"]]
        boxes.append(Box(text, x, float(node.attrib["y"]) - 0.35 * size, wide, size))
    return boxes


def marked(drawing: Drawing, tag: str, key: str) -> list[ElementTree.Element]:
    """The elements of this tag that carry the attribute."""
    return [node for node in tree(drawing).iter(f"{SVG}{tag}") if key in node.attrib]


def edges(drawing: Drawing) -> list[ElementTree.Element]:
    return marked(drawing, "path", "data-edge")


def labels(drawing: Drawing) -> list[ElementTree.Element]:
    return [node for node in marked(drawing, "text", "data-text") if node.attrib["data-text"] == "weight"]


def neurons(drawing: Drawing) -> list[str]:
    return [node.attrib["data-neuron"] for node in marked(drawing, "g", "data-neuron")]
