"""A network as a picture: neurons in the boxes of their layers, weights on their edges, values in place.

An edge, and what is written on it, has the colour of the neuron that receives it. Roles are told by fill, by shape
(an output has two rims, a target is a square, a bias a pill) and by the box's heading.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from bprunner.figures.network_data import Bias, Layer, Network, Neuron
from bprunner.figures.network_layout import (
    EDGE_SIZE,
    HEADING_SIZE,
    LABEL_HEIGHT,
    LINE_HEIGHT,
    MARGIN,
    NAME_SIZE,
    NOTE_SIZE,
    PILL,
    VALUE_SIZE,
    Column,
    DrawnEdge,
    Layout,
    Line,
    Slot,
    Weights,
    bias_text,
    direction_text,
    error_lines,
    heading_of,
    layout_of,
)
from bprunner.figures.text import one_line, shortened
from bprunner.figures.vector import (
    RECEIVER_SHADES,
    Drawing,
    content,
    document,
    element,
    number,
    paint,
    text_at,
    text_width,
)


@dataclass(frozen=True)
class Words:
    """What the drawing says in its own words, as templates: a translation is another one of these."""

    more: str = "{count} more"
    layers_left_out: str = "{count} more layers"
    neurons_missing: str = "{heading}: {shown} of {count} neurons are drawn."
    layers_missing: str = "{count} layers between are left out."
    values_missing: str = "There is no room for the weights' values before {heading}; their names are shown."
    labels_missing: str = "The weights before {heading} are too many to be written on their edges."
    colours: str = "An edge has the colour of the neuron that receives it."
    layer: str = "{heading}: {names}."
    layer_of_many: str = "{heading}: {count} neurons, from {first} to {last}."
    weights: str = "Weights: {weights}."
    weight: str = "{name} from {sender} to {receiver}"
    weight_with_value: str = "{name} = {value} from {sender} to {receiver}"
    path: str = "Highlighted: {names}."


ENGLISH = Words()

_SAID_WEIGHTS, _SAID_NEURONS = 24, 12
_OFF_PATH_LINE, _OFF_PATH_TEXT = 0.35, 0.8


def draw_network(
    network: Network,
    weights: Weights = "both",
    name: str | None = None,
    words: Words = ENGLISH,
    described: Network | None = None,
) -> Drawing:
    """The picture. `weights`: what is written on edges. `name`: begins the SVG's ids; by default made of its content.
    `described`: what is told to those who cannot see it, where the network's own texts only keep room for others.

    Whoever shows two equal drawings in one page names them. Names and values may be any text.
    """
    layout = layout_of(network, weights)
    pen = _Pen(network, layout, words)
    notes = _notes(layout, words)
    svg = document(
        "".join(pen.parts()),
        width=layout.width,
        height=layout.height,
        title=network.title,
        description=" ".join([_description(described or network, words), *notes]),
        name=name,
        kind="network",
    )
    caption = " ".join(filter(None, [_sentence(network.title), words.colours if network.edges else "", *notes]))
    return Drawing(svg, layout.width, layout.height, caption, notes)


def _notes(layout: Layout, words: Words) -> tuple[str, ...]:
    """What the picture leaves out, a sentence each."""
    notes = []
    for column in layout.columns:
        if column.layer is None:
            notes.append(words.layers_missing.format(count=column.left_out))
        elif left_out := sum(slot.left_out for slot in column.slots):
            count = len(column.layer.neurons)
            heading = heading_of(column.layer)[0]
            notes.append(words.neurons_missing.format(heading=heading, shown=count - left_out, count=count))
    for place, what in layout.dropped:
        layer = layout.columns[place].layer
        template = words.values_missing if what == "values" else words.labels_missing
        notes.append(template.format(heading=heading_of(layer)[0] if layer else ""))
    return tuple(notes)


def _sentence(title: str) -> str:
    """A title that others follow: closed by a point unless it ends with a mark of its own."""
    title = one_line(title)
    return f"{title}." if title and title[-1].isalnum() else title


def _description(network: Network, words: Words) -> str:
    """The picture in words, for who cannot see it."""
    said = []
    for layer in network.layers:
        heading, names = heading_of(layer)[0], [_said(neuron) for neuron in layer.neurons[:_SAID_NEURONS]]
        if len(layer.neurons) > _SAID_NEURONS:
            ends = {"first": names[0], "last": _said(layer.neurons[-1])}
            said.append(words.layer_of_many.format(heading=heading, count=len(layer.neurons), **ends))
        else:
            said.append(words.layer.format(heading=heading, names=", ".join(names)))
    if 0 < len(network.edges) <= _SAID_WEIGHTS:
        weights = []
        for edge in network.edges:
            template = words.weight_with_value if edge.value else words.weight
            ends = {"sender": edge.sender, "receiver": edge.receiver}
            weights.append(template.format(name=edge.name, value=edge.value, **ends))
        said.append(words.weights.format(weights=", ".join(weights)))
    path = [edge.name for edge in network.edges if edge.on_path]
    path += [neuron.name for layer in network.layers for neuron in layer.neurons if neuron.on_path]
    if path:
        said.append(words.path.format(names=", ".join(path[:_SAID_WEIGHTS])))
    said += [direction_text(network)] * (network.direction != "none")
    return " ".join([*said, *network.error])


def _said(neuron: Neuron) -> str:
    bias = f", {bias_text(neuron)}" if neuron.bias else ""
    value = f" = {neuron.value}" if neuron.value else ""
    return f"{neuron.name}{value}{bias}"


class _Pen:
    """Draws one layout, from what lies below to what lies above."""

    def __init__(self, network: Network, layout: Layout, words: Words) -> None:
        self.network, self.layout, self.words = network, layout, words
        receivers = [n.name for layer in network.layers if layer.role in ("hidden", "output") for n in layer.neurons]
        self.shade = {name: RECEIVER_SHADES[at % len(RECEIVER_SHADES)] for at, name in enumerate(receivers)}
        self.has_path = any(edge.on_path for edge in network.edges) or any(
            neuron.on_path or (neuron.bias is not None and neuron.bias.on_path)
            for layer in network.layers
            for neuron in layer.neurons
        )

    def parts(self) -> Iterator[str]:
        yield from self.direction()
        for column in self.layout.columns:
            yield self.box(column)
        yield from self.markers()
        yield from self.comparisons()
        # The path last, so that nothing crosses it.
        for edge in sorted(self.layout.edges, key=lambda each: each.edge.on_path):
            yield self.edge(edge)
        for column in self.layout.columns:
            for slot in column.slots:
                yield self.slot(column, slot)
        for edge in sorted(self.layout.edges, key=lambda each: each.edge.on_path):
            yield self.label(edge)
        yield from self.error()

    def direction(self) -> Iterator[str]:
        if self.network.direction == "none":
            return
        y, left, right = MARGIN + 10, MARGIN, self.layout.width - MARGIN
        tip, tail = (right, left) if self.network.direction == "forward" else (left, right)
        back = math.copysign(10, tail - tip)
        text = direction_text(self.network)
        half = text_width(text, HEADING_SIZE, is_bold=True) / 2 + 8
        middle = (left + right) / 2
        yield element(
            "path",
            {
                "d": f"M{number(left)} {number(y)}H{number(middle - half)}"
                f"M{number(middle + half)} {number(y)}H{number(right)}",
                **paint(stroke="soft", line=2.0),
            },
        )
        yield element(
            "path",
            {"d": f"M{number(tip)} {number(y)}l{number(back)} -5v10z", **paint("soft")},
        )
        yield text_at(middle, y, text, HEADING_SIZE, is_bold=True, data_text="direction")

    def box(self, column: Column) -> str:
        """The dashed box of a layer with its heading, or the dots for layers that are left out."""
        top, bottom = self.layout.top, self.layout.bottom
        if column.layer is None:
            middle = (top + bottom) / 2
            text = self.words.layers_left_out.format(count=column.left_out)
            return text_at(column.x, middle, "⋯", 28.0, shade="soft") + _wrapped(column.x, middle + 24, text)
        heading, note = heading_of(column.layer)
        y = top - 12 - (LINE_HEIGHT if any(layer.note for layer in self.network.layers) else 0)
        lines = [text_at(column.x, y, heading, HEADING_SIZE, is_bold=True, data_text="heading")]
        if note:
            lines.append(text_at(column.x, top - 12, note, NOTE_SIZE, shade="soft", data_text="note"))
        left, width = column.x - column.half, 2 * column.half
        frame = {"x": left, "y": top, "width": width, "height": bottom - top, "rx": 12.0}
        dashed = element("rect", {**frame, **paint(stroke="soft", line=1.2), "stroke-dasharray": "6 4"})
        return element("g", {"data-layer": column.layer.role}, dashed, *lines)

    def markers(self) -> Iterator[str]:
        """What a highlighter leaves below the path."""
        for drawn in self.layout.edges:
            if drawn.edge.on_path:
                yield element("path", {"d": self._line(drawn), **paint(stroke="marker", line=11.0)})
        for column in self.layout.columns:
            for slot in column.slots:
                if slot.neuron and slot.neuron.on_path:
                    yield self._shape(column.layer, slot, 7.0, paint("marker"))
                if slot.neuron and slot.neuron.bias and slot.neuron.bias.on_path:
                    yield self._pill(slot, 4.0, paint("marker"))

    def comparisons(self) -> Iterator[str]:
        """Dots between each output and its target."""
        columns = self.layout.columns
        if len(columns) < 2 or columns[-1].layer is None or columns[-1].layer.role != "target":
            return
        for output, target in zip(columns[-2].slots, columns[-1].slots, strict=False):
            if output.neuron and target.neuron:
                d = _between(output, target, self.layout.radius + 4)
                yield element("path", {"d": d, **paint(stroke="soft", line=1.8), "stroke-dasharray": "1 5"})

    def _line(self, drawn: DrawnEdge) -> str:
        return _between(drawn.sender, drawn.receiver, self.layout.radius)

    def edge(self, drawn: DrawnEdge) -> str:
        edge, shade = drawn.edge, self.shade[drawn.edge.receiver]
        is_off = self.has_path and not edge.on_path
        line = element(
            "path",
            {
                "d": self._line(drawn),
                "data-edge": edge.name,
                "data-sender": edge.sender,
                "data-receiver": edge.receiver,
                **paint(stroke=shade, line=3.0 if edge.on_path else 1.5),
                "stroke-opacity": _OFF_PATH_LINE if is_off else None,
            },
            element("title", {}, content(f"{edge.name}: {edge.sender} → {edge.receiver}")),
        )
        return line + (self._head(drawn, shade) if edge.on_path and self.network.direction != "none" else "")

    def _head(self, drawn: DrawnEdge, shade: str) -> str:
        """An arrow's head on the path, the way of the pass."""
        tip, tail = (drawn.receiver, drawn.sender)
        if self.network.direction == "backward":
            tip, tail = tail, tip
        across, along = tail.x - tip.x, tail.y - tip.y
        length = math.hypot(across, along)
        across, along = across / length, along / length
        x, y = tip.x + across * self.layout.radius, tip.y + along * self.layout.radius
        points = [(x, y)]
        points += [(x + 13 * across + side * 6 * along, y + 13 * along - side * 6 * across) for side in (1, -1)]
        return element("polygon", {"points": " ".join(f"{number(a)},{number(b)}" for a, b in points), **paint(shade)})

    def label(self, drawn: DrawnEdge) -> str:
        edge, label = drawn.edge, drawn.label
        if label is None:
            return ""
        is_bold = edge.is_strong or edge.on_path
        # Lines end before the text, where a halo would leave bits of them between letters.
        behind = _behind(label.x, label.y, label.width - 2, LABEL_HEIGHT - 2, "marker" if edge.is_strong else "paper")
        return behind + text_at(
            label.x,
            label.y,
            label.text,
            EDGE_SIZE,
            shade="ink" if edge.is_strong else self.shade[edge.receiver],
            is_bold=is_bold,
            data_text="weight",
            data_edge=edge.name,
            data_sender=edge.sender,
            data_receiver=edge.receiver,
            opacity=_OFF_PATH_TEXT if self.has_path and not is_bold else None,
        )

    def slot(self, column: Column, slot: Slot) -> str:
        if column.layer is None:
            return ""
        if slot.neuron is None:
            more = self.words.more.format(count=f"{slot.left_out:,}")
            dots = text_at(slot.x, slot.y - 8, "⋮", 26.0, shade="soft")
            return dots + text_at(slot.x, slot.y + 16, more, NOTE_SIZE, shade="soft", data_text="left out")
        neuron, role = slot.neuron, column.layer.role
        rim = self.shade.get(neuron.name, "soft")
        shapes = [self._shape(column.layer, slot, 0.0, paint(role, rim, 2.0))]
        if role == "output":
            shapes.append(self._shape(column.layer, slot, -3.5, paint(None, rim, 1.0)))
        bias = [] if neuron.bias is None else [self._bias(neuron.bias, slot, rim)]
        title = element("title", {}, content(_said(neuron)))
        return element(
            "g", {"data-neuron": neuron.name, "data-role": role}, title, *bias, *shapes, *self._texts(slot, neuron)
        )

    def _shape(self, layer: Layer | None, slot: Slot, wider: float, attributes: dict[str, str | float | None]) -> str:
        radius = self.layout.radius + wider
        if layer is not None and layer.role == "target":
            # The corners keep as near as a circle would.
            side = 1.84 * radius
            box = {"x": slot.x - side / 2, "y": slot.y - side / 2, "width": side, "height": side, "rx": 7.0}
            return element("rect", {**box, **attributes})
        return element("circle", {"cx": slot.x, "cy": slot.y, "r": radius, **attributes})

    def _texts(self, slot: Slot, neuron: Neuron) -> Iterator[str]:
        for at, line in enumerate(slot.inside):
            yield self._text(slot.x, slot.y + (at - (len(slot.inside) - 1) / 2) * LINE_HEIGHT, line, neuron)
        for at, line in enumerate(slot.below):
            y = slot.y + self.layout.radius + 4 + (at + 0.5) * LINE_HEIGHT
            yield self._text(slot.x, y, line, neuron, has_halo=True)

    def _text(self, x: float, y: float, line: Line, neuron: Neuron, has_halo: bool = False) -> str:
        kind, text = line
        size = {"name": NAME_SIZE, "value": VALUE_SIZE, "note": NOTE_SIZE}[kind]
        is_strong = kind == "value" and neuron.is_strong
        is_bold = kind == "name" or is_strong
        width = text_width(text, size, is_bold=True) + 6
        behind = _behind(x, y, width, LINE_HEIGHT, "marker") if is_strong else ""
        return behind + text_at(x, y, text, size, is_bold=is_bold, has_halo=has_halo and not is_strong, data_text=kind)

    def _pill(self, slot: Slot, wider: float, attributes: dict[str, str | float | None]) -> str:
        assert slot.neuron is not None
        width = text_width(bias_text(slot.neuron), NOTE_SIZE, is_bold=True) + 12 + 2 * wider
        height = PILL + 2 * wider
        y = slot.y - self.layout.radius - 8 - PILL / 2
        box = {"x": slot.x - width / 2, "y": y - height / 2, "width": width, "height": height, "rx": height / 2}
        return element("rect", {**box, **attributes})

    def _bias(self, bias: Bias, slot: Slot, rim: str) -> str:
        assert slot.neuron is not None
        y = slot.y - self.layout.radius - 8
        line = element("path", {"d": f"M{number(slot.x)} {number(y)}v8", **paint(stroke=rim, line=1.5)})
        pill = self._pill(slot, 0.0, paint("marker" if bias.is_strong else "bias", rim, 1.2))
        text = bias_text(slot.neuron)
        is_bold = bias.is_strong or bias.on_path
        return line + element(
            "g",
            {"data-bias": bias.name},
            pill,
            text_at(slot.x, y - PILL / 2, text, NOTE_SIZE, is_bold=is_bold, data_text="bias"),
        )

    def error(self) -> Iterator[str]:
        """The box for the error's formula, below the targets and joined to them."""
        lines = error_lines(self.network)
        if not lines:
            return
        column = self.layout.columns[-1]
        width = max(text_width(line, HEADING_SIZE) for line in lines) + 24
        height = len(lines) * (LINE_HEIGHT + 4) + 16
        top = self.layout.bottom + 18
        right = max(column.x + column.half, MARGIN + width)
        middle = right - width / 2
        join = f"M{number(column.x)} {number(self.layout.bottom)}V{number(top)}"
        frame = {"x": right - width, "y": top, "width": width, "height": height, "rx": 6.0}
        parts = [
            element("path", {"d": join, **paint(stroke="soft", line=1.8), "stroke-dasharray": "1 5"}),
            element("rect", {**frame, **paint("target", "soft", 1.2)}),
        ]
        for at, line in enumerate(lines):
            y = top + 8 + (at + 0.5) * (LINE_HEIGHT + 4)
            parts.append(text_at(middle, y, line, HEADING_SIZE, data_text="error"))
        yield element("g", {"data-box": "error"}, *parts)


def _between(one: Slot, other: Slot, radius: float) -> str:
    """A line from circle to circle."""
    length = math.hypot(other.x - one.x, other.y - one.y)
    across, along = (other.x - one.x) / length * radius, (other.y - one.y) / length * radius
    start = f"M{number(one.x + across)} {number(one.y + along)}"
    return f"{start}L{number(other.x - across)} {number(other.y - along)}"


def _behind(x: float, y: float, width: float, height: float, shade: str) -> str:
    """The ground of a text."""
    box = {"x": x - width / 2, "y": y - height / 2, "width": width, "height": height, "rx": 3.0}
    return element("rect", {**box, **paint(shade)})


def _wrapped(x: float, y: float, text: str) -> str:
    """A text of a few words, a word a line."""
    lines = [shortened(word, 10) for word in text.split()][:4]
    return "".join(text_at(x, y + at * LINE_HEIGHT, line, NOTE_SIZE, shade="soft") for at, line in enumerate(lines))
