"""Where everything of a network's drawing stands, in pixels from the upper left corner.

Layers are columns, neurons their rows. All columns share the circle's size and the box's height, so a single output
stands in the middle of as tall a box as its inputs. Between columns is as much room as the edges' labels need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bprunner.figures.network_data import Edge, Layer, Network, Neuron
from bprunner.figures.network_edges import Places, Span, place_labels
from bprunner.figures.network_shown import LeftOut, shown_layers, shown_neurons
from bprunner.figures.text import one_line, shortened
from bprunner.figures.vector import isolated, text_width

Weights = Literal["names", "values", "both", "none"]
Line = tuple[Literal["name", "value", "note"], str]

MARGIN = 16.0
NAME_SIZE, VALUE_SIZE, NOTE_SIZE, EDGE_SIZE, HEADING_SIZE = 14.0, 13.0, 12.0, 12.0, 13.0
LINE_HEIGHT = 16.0
LABEL_HEIGHT, LABEL_AIR = 16.0, 4.0
PILL = 18.0
ARROW_ROOM, BOX_AIR = 40.0, 14.0
# The longest texts, in columns.
LONG_NAME, LONG_NOTE, LONG_HEADING, LONG_EDGE, LONG_ERROR, LONG_DIRECTION = 18, 24, 22, 20, 56, 40

_SMALLEST_CIRCLE, _LARGEST_CIRCLE = 23.0, 36.0
_ROOM_BETWEEN = 24.0
_BARE_SPAN, _NARROW, _WIDE = 100.0, 120.0, 340.0
_TARGET_SPAN = 44.0  # where no edges are drawn
_STRETCH = 1.4
_MANY_EDGES, _FULL = 120, 0.45
_FREE, _CROWDED = 0.3, 2.2  # other edges under a label, on average


@dataclass(frozen=True)
class Slot:
    """A row of a column: a neuron, or how many are left out there. (x, y): its middle.

    inside: lines in the circle; below: lines under it; each with its kind, shortened to what there is room for.
    """

    neuron: Neuron | None
    left_out: int
    x: float
    y: float
    inside: tuple[Line, ...] = ()
    below: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Column:
    """A layer's box, or (layer None) a gap for `left_out` layers. x: its middle; half: half its width."""

    layer: Layer | None
    left_out: int
    x: float
    half: float
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class Label:
    """The text on an edge, its middle, and the width it may need."""

    text: str
    x: float
    y: float
    width: float


@dataclass(frozen=True)
class DrawnEdge:
    """An edge from circle to circle, and its label if it has one."""

    edge: Edge
    sender: Slot
    receiver: Slot
    label: Label | None


@dataclass(frozen=True)
class Layout:
    """A whole drawing. top, bottom: of the boxes around the layers. dropped: what labels lack, by column's place."""

    columns: tuple[Column, ...]
    edges: tuple[DrawnEdge, ...]
    radius: float
    top: float
    bottom: float
    width: float
    height: float
    dropped: tuple[tuple[int, Literal["values", "labels"]], ...]


@dataclass(frozen=True)
class _Gap:
    """The labels between two columns: texts by edge, and where they stand for a left end of 0."""

    width: float
    texts: tuple[str, ...]
    places: Places | None
    dropped: Literal["values", "labels"] | None = None
    crossed: float = 0.0

    @property
    def cost(self) -> float:
        """Room has its price too."""
        return self.crossed + self.width / 300


def layout_of(network: Network, weights: Weights) -> Layout:
    """The layout with all labels, taller where that makes room for them; else the one that lacks fewest."""
    first = _layout(network, weights, 1.0)
    if not first.dropped or len(first.edges) > _MANY_EDGES:
        return first
    taller = _layout(network, weights, 1.35)
    return taller if len(taller.dropped) < len(first.dropped) else first


def _layout(network: Network, weights: Weights, stretch: float) -> Layout:
    shown = shown_layers(network)
    radius = _radius(network)
    has_bias = any(neuron.bias for layer in network.layers for neuron in layer.neurons)
    cells = [() if isinstance(layer, LeftOut) else shown_neurons(layer) for layer in shown]
    if len(shown) > 1 and isinstance(layer := shown[-1], Layer) and layer.role == "target":
        cells[-1] = _beside(shown[-2], cells[-2], layer) or cells[-1]
    lines = max(len(_texts(n, radius)[1]) for column in cells for n in column if isinstance(n, Neuron))
    above, below = radius + (PILL + 8 if has_bias else 0), radius + LINE_HEIGHT * lines + (2 if lines else 0)
    most = max(len(column) for column in cells)
    pitch = (above + below + _ROOM_BETWEEN + (48 if most <= 3 else 18 if most <= 5 else 0)) * stretch
    top = MARGIN + (ARROW_ROOM if network.direction != "none" else 0) + LINE_HEIGHT + 6
    top += LINE_HEIGHT if any(layer.note for layer in network.layers) else 0
    middle = top + BOX_AIR + above + (most - 1) * pitch / 2
    bottom = middle + (most - 1) * pitch / 2 + below + BOX_AIR
    heights = [_rows(len(column), pitch, most, middle) for column in cells]
    columns: list[Column] = []
    edges: list[DrawnEdge] = []
    dropped: list[tuple[int, Literal["values", "labels"]]] = []
    right = MARGIN
    for place, (layer, column, ys) in enumerate(zip(shown, cells, heights, strict=True)):
        half = _half_width(layer, column, radius)
        between: list[Edge] = []
        gap = _Gap(0.0, (), None)
        if columns:
            before = columns[-1]
            between = _edges_between(network, before, column)
            gap = _gap(between, before, column, ys, half, weights)
        x = right + gap.width + half
        new = Column(
            None if isinstance(layer, LeftOut) else layer,
            layer.count if isinstance(layer, LeftOut) else 0,
            x,
            half,
            tuple(_slot(cell, x, y, radius) for cell, y in zip(column, ys, strict=True)),
        )
        if columns:
            edges += _drawn(between, gap, columns[-1], new, right)
        if gap.dropped:
            dropped.append((place, gap.dropped))
        columns.append(new)
        right = x + half
    width, height = _size(network, right, bottom)
    shift = (width - right - MARGIN) / 2
    if shift > 0:
        columns, edges = _moved(columns, edges, shift)
    return Layout(tuple(columns), tuple(edges), radius, top, bottom, width, height, tuple(dropped))


def _beside(
    outputs: Layer | LeftOut, cells: Sequence[Neuron | LeftOut], targets: Layer
) -> tuple[Neuron | LeftOut, ...]:
    """The targets of the outputs that are drawn, where each output has one; else nothing."""
    if isinstance(outputs, LeftOut) or len(outputs.neurons) != len(targets.neurons):
        return ()
    target_of = {output.name: target for output, target in zip(outputs.neurons, targets.neurons, strict=True)}
    return tuple(cell if isinstance(cell, LeftOut) else target_of[cell.name] for cell in cells)


def _size(network: Network, right: float, bottom: float) -> tuple[float, float]:
    texts = [text_width(line, HEADING_SIZE) + 24 for line in error_lines(network)]
    texts.append(text_width(direction_text(network), HEADING_SIZE, is_bold=True) + 80)
    width = max(right, *(MARGIN + each for each in texts)) + MARGIN
    lines = len(error_lines(network))
    return width, bottom + (lines * (LINE_HEIGHT + 4) + 16 + 18 if lines else 0) + MARGIN


def _moved(columns: list[Column], edges: list[DrawnEdge], by: float) -> tuple[list[Column], list[DrawnEdge]]:
    def slot(each: Slot) -> Slot:
        return Slot(each.neuron, each.left_out, each.x + by, each.y, each.inside, each.below)

    def label(each: Label | None) -> Label | None:
        return each and Label(each.text, each.x + by, each.y, each.width)

    moved = [Column(c.layer, c.left_out, c.x + by, c.half, tuple(map(slot, c.slots))) for c in columns]
    return moved, [DrawnEdge(e.edge, slot(e.sender), slot(e.receiver), label(e.label)) for e in edges]


def error_lines(network: Network) -> tuple[str, ...]:
    return tuple(shortened(one_line(line), LONG_ERROR) for line in network.error)


def direction_text(network: Network) -> str:
    """What stands on the arrow; without an arrow, nothing."""
    if network.direction == "none":
        return ""
    return shortened(one_line(network.direction_text or f"{network.direction} pass".capitalize()), LONG_DIRECTION)


def _rows(count: int, pitch: float, most: int, middle: float) -> list[float]:
    """The heights of a column's neurons: a small layer stands wider apart, since its edges fan out."""
    pitch = min(pitch * _STRETCH, pitch * most / count) if count else pitch
    return [middle + (row - (count - 1) / 2) * pitch for row in range(count)]


def name_of(neuron: Neuron) -> str:
    return one_line(neuron.name if neuron.label is None else neuron.label)


def _radius(network: Network) -> float:
    """Circles large enough for their texts, up to a limit; what does not fit goes below."""
    needed = [_SMALLEST_CIRCLE]
    for layer in network.layers:
        needed += [_needed(cell) for cell in shown_neurons(layer) if isinstance(cell, Neuron)]
    return max(size for size in needed if size <= _LARGEST_CIRCLE)


def _needed(neuron: Neuron) -> float:
    name = text_width(name_of(neuron), NAME_SIZE, is_bold=True) / 2
    value = text_width(neuron.value, VALUE_SIZE, neuron.is_strong) / 2
    return float(np.hypot(max(name, value), 15)) + 2 if neuron.value else name + 4


def _texts(neuron: Neuron, radius: float) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """The lines in the circle, and those below it."""
    name, value = name_of(neuron), one_line(neuron.value)
    name_fits = text_width(name, NAME_SIZE, is_bold=True) / 2 + 4 <= radius
    value_fits = text_width(value, VALUE_SIZE, neuron.is_strong) / 2 + 4 <= radius
    if name_fits and value and _needed(neuron) > radius:
        value_fits = False
    inside: list[Line] = [("name", name)] if name_fits else []
    inside += [("value", value)] if value_fits else []
    below: list[Line] = [] if name_fits else [("name", shortened(name, LONG_NAME))]
    below += [] if value_fits else [("value", shortened(value, LONG_NOTE))]
    below += [("note", shortened(one_line(note), LONG_NOTE)) for note in neuron.notes]
    return tuple(line for line in inside if line[1]), tuple(line for line in below if line[1])


def _slot(cell: Neuron | LeftOut, x: float, y: float, radius: float) -> Slot:
    if isinstance(cell, LeftOut):
        return Slot(None, cell.count, x, y)
    return Slot(cell, 0, x, y, *_texts(cell, radius))


def bias_text(neuron: Neuron) -> str:
    if neuron.bias is None:
        return ""
    name, value = shortened(one_line(neuron.bias.name), LONG_NAME), shortened(one_line(neuron.bias.value), LONG_NAME)
    return f"{isolated(name)} = {value}" if name and value else isolated(name) or value


def heading_of(layer: Layer) -> tuple[str, str]:
    return shortened(one_line(layer.heading), LONG_HEADING), shortened(one_line(layer.note), LONG_HEADING)


def _half_width(layer: Layer | LeftOut, column: Sequence[Neuron | LeftOut], radius: float) -> float:
    if isinstance(layer, LeftOut):
        return 26.0
    heading, note = heading_of(layer)
    needed = [2 * radius + 16, text_width(heading, HEADING_SIZE, is_bold=True), text_width(note, NOTE_SIZE)]
    for cell in column:
        if isinstance(cell, Neuron):
            needed.append(text_width(bias_text(cell), NOTE_SIZE, is_bold=True) + 16)
            needed += [text_width(line, NAME_SIZE, is_bold=True) for _, line in _texts(cell, radius)[1]]
    return max(needed) / 2 + 6


def _edges_between(network: Network, before: Column, column: Sequence[Neuron | LeftOut]) -> list[Edge]:
    senders = {slot.neuron.name for slot in before.slots if slot.neuron}
    receivers = {cell.name for cell in column if isinstance(cell, Neuron)}
    if not senders or not receivers:
        return []
    return [edge for edge in network.edges if edge.sender in senders and edge.receiver in receivers]


def edge_text(edge: Edge, weights: Weights) -> str:
    name, value = shortened(one_line(edge.name), LONG_EDGE), shortened(one_line(edge.value), LONG_EDGE)
    if weights == "both" and name and value:
        return f"{isolated(name)} = {value}"
    return {"names": name, "values": value, "both": name or value, "none": ""}[weights]


def _gap(
    edges: Sequence[Edge],
    before: Column,
    column: Sequence[Neuron | LeftOut],
    ys: Sequence[float],
    half: float,
    weights: Weights,
) -> _Gap:
    """The first way of labelling that has room: whole labels, names alone, the highlighted path's, none."""
    whole = tuple(edge_text(edge, weights) for edge in edges)
    if not any(whole):
        return _Gap(_BARE_SPAN if edges else _TARGET_SPAN, tuple("" for _ in edges), None)
    names = tuple(edge_text(edge, "names") for edge in edges)
    path = tuple(text if edge.on_path else "" for edge, text in zip(edges, whole, strict=True))
    ways: list[tuple[tuple[str, ...], Literal["values", "labels"] | None]] = [(whole, None)]
    ways += [(names, "values")] if weights == "both" and names != whole else []
    ways += [(path, "labels")] if any(path) else []
    heights = {cell.name: y for cell, y in zip(column, ys, strict=True) if isinstance(cell, Neuron)}
    senders = {slot.neuron.name: slot.y for slot in before.slots if slot.neuron}
    ends = [(senders[edge.sender], heights[edge.receiver]) for edge in edges]
    for texts, dropped in ways:
        widest = max(_label_width(text, edge) for text, edge in zip(texts, edges, strict=True))
        best: _Gap | None = None
        for width in _widths(widest, sum(map(bool, texts))):
            found = _try(edges, texts, ends, (before.half, half), width, dropped)
            if found and (best is None or found.cost < best.cost):
                best = found
            if best and best.crossed <= _FREE:
                break
        if best:
            return best
    return _Gap(max(_BARE_SPAN, 140.0), tuple("" for _ in edges), None, "labels")


def _widths(widest: float, count: int) -> list[float]:
    """How wide the gap may be, for so many labels; narrow ones first."""
    widths = {max(_NARROW, widest * factor + 24) for factor in (1.4, 2.2, 3.2)} | (
        {220.0, _WIDE} if count > 9 else set()
    )
    return sorted(width for width in widths if widest + 24 <= width <= max(_WIDE, widest + 24))


def _label_width(text: str, edge: Edge) -> float:
    return text_width(text, EDGE_SIZE, is_bold=edge.is_strong or edge.on_path) + LABEL_AIR if text else 0.0


def _try(
    edges: Sequence[Edge],
    texts: tuple[str, ...],
    ends: Sequence[tuple[float, float]],
    halves: tuple[float, float],
    width: float,
    dropped: Literal["values", "labels"] | None,
) -> _Gap | None:
    """Labels in a gap of this width between the boxes; None where they overlap or hide too many edges.

    ends: heights of an edge's circles. halves: of the boxes' widths, so how far away the circles' middles are. Labels
    keep between the boxes.
    """
    if _is_full(texts, edges, ends, width):
        return None
    span_left, span_right = 3.0, width - 3.0
    left, right = -halves[0], width + halves[1]
    starts, stops = np.array([end[0] for end in ends]), np.array([end[1] for end in ends])
    slopes = (stops - starts) / (right - left)
    widths = np.array([_label_width(text, edge) for text, edge in zip(texts, edges, strict=True)])
    span = Span(
        span_left,
        span_right,
        starts + slopes * (span_left - left),
        starts + slopes * (span_right - left),
        widths,
        LABEL_HEIGHT,
    )
    places = place_labels(span)
    crossed = float(places.crossed.sum() / max(1, int((widths > 0).sum())))
    if places.overlaps or crossed > _CROWDED:
        return None
    return _Gap(width, texts, places, dropped, crossed)


def _is_full(texts: Sequence[str], edges: Sequence[Edge], ends: Sequence[tuple[float, float]], width: float) -> bool:
    """Whether labels would cover so much of the gap that trying is in vain. Few are just tried."""
    heights = [height for pair in ends for height in pair]
    covered = sum(_label_width(text, edge) for text, edge in zip(texts, edges, strict=True)) * LABEL_HEIGHT
    return len(texts) > 9 and covered > _FULL * width * (max(heights) - min(heights) + LABEL_HEIGHT)


def _drawn(edges: Sequence[Edge], gap: _Gap, before: Column, column: Column, left: float) -> list[DrawnEdge]:
    senders = {slot.neuron.name: slot for slot in before.slots if slot.neuron}
    receivers = {slot.neuron.name: slot for slot in column.slots if slot.neuron}
    drawn = []
    for at, (edge, text) in enumerate(zip(edges, gap.texts, strict=True)):
        label = None
        if text and gap.places is not None:
            x, y = float(gap.places.x[at]) + left, float(gap.places.y[at])
            label = Label(text, x, y, _label_width(text, edge))
        drawn.append(DrawnEdge(edge, senders[edge.sender], receivers[edge.receiver], label))
    return drawn
