"""A setting is a value at a path of an experiment, with what tables call it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bprunner.errors import Place
from bprunner.spec import nodes
from bprunner.spec.leaves import Number
from bprunner.spec.merging import with_value
from bprunner.spec.nodes import Node, plain

UNCHANGED = "baseline"
"""The value of an axis that leaves what the baseline has."""

PLAIN = -1
"""The class of single numbers that nothing else depends on; other values are of the same class where they are equal."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value at a path: its label, what tables show (numbers as floats), and the node; None leaves the baseline's."""

    path: str
    label: str
    value: object
    node: Node | None
    key_place: Place

    @property
    def place(self) -> Place:
        return self.key_place if self.node is None else self.node.place

    @property
    def number(self) -> Number | None:
        """The value, where it is a single finite number."""
        if not isinstance(self.node, nodes.Scalar) or isinstance(self.node.value, bool):
            return None
        value = self.node.value
        return value if isinstance(value, int | float) and math.isfinite(value) else None

    @property
    def key(self) -> str:
        """A text that is the same for the same value."""
        return "" if self.node is None else comparable(plain(self.node))


Point = tuple[Setting, ...]
"""What changes together."""


def root_with(root: Node, settings: Sequence[Setting], seeds: Mapping[str, int]) -> Node:
    """The baseline's tree with some values. What lies inside of another value is set after it."""
    for setting in sorted(settings, key=lambda setting: setting.path.count(".")):
        if setting.node is not None:
            root = with_value(root, setting.path, setting.node, setting.key_place)
    for path, seed in seeds.items():
        root = with_value(root, path, nodes.Scalar(seed, str(seed), root.place), root.place)
    return root


def shown(node: Node) -> object:
    """A value as tables have it: numbers as floats, everything else as text."""
    if isinstance(node, nodes.Scalar) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return float(node.value)
    return text_of(node)


def text_of(node: Node) -> str:
    """A value in one line, as YAML writes it."""
    if isinstance(node, nodes.Mapping):
        return "{" + ", ".join(f"{key}: {text_of(entry.value)}" for key, entry in node.entries.items()) + "}"
    if isinstance(node, nodes.Listing):
        return "[" + ", ".join(text_of(item) for item in node.items) + "]"
    return "null" if node.value is None else node.text


def comparable(value: object) -> str:
    """A text that is the same for the same value: 1 and 1.0 are one number."""
    if isinstance(value, Mapping):
        return "{" + ",".join(sorted(f"{key!r}:{comparable(item)}" for key, item in value.items())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(comparable, value)) + "]"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(float(value)) if isinstance(value, float) or abs(value) < 2**53 else repr(int(value))
    return repr(value)
