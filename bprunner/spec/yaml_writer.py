"""Writing YAML that reads as a person writes it: rows of numbers and small mappings on one line, no aliases.

What is written is read again by `yaml_loader`, YAML 1.2's core schema, with nothing changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bprunner.spec import nodes
from bprunner.spec.nodes import Node
from bprunner.spec.printed import Printed


@dataclass(frozen=True, slots=True)
class AsWritten:
    """A number, a truth value or nothing, in the characters that somebody wrote for it: 1e-1, 0x10, True."""

    text: str


def as_written(node: Node) -> Any:
    """A node as data for `to_yaml`: texts as texts, everything else in the characters that stand there."""
    if isinstance(node, nodes.Mapping):
        return {key: as_written(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, nodes.Listing):
        return [as_written(item) for item in node.items]
    if isinstance(node.value, str):
        return node.value
    return None if node.value is None else AsWritten(node.text)


def is_whole(value: float) -> bool:
    """Whether a float is the same number as an integer; zero has two signs."""
    return value.is_integer() and not (value == 0 and str(value).startswith("-"))


def to_yaml(data: Any) -> str:
    """Data as YAML: dict, list, str, numbers, bool, None, Printed and AsWritten. Keys keep their order."""
    import yaml

    return yaml.dump(data, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=110)


def _dumper() -> Any:
    """A YAML writer that keeps printed digits, and writes rows of numbers and small mappings on one line.

    PyYAML writes for readers of YAML 1.1, where 1e-07 is a text. What is a number in YAML 1.2 stays a number
    here, and a text that looks like one is quoted.
    """
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
            return True

    def plain(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        # Whatever PyYAML takes the text for: so it is written as it is, without a tag.
        tag = dumper.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
        return dumper.represent_scalar(tag, text)

    def printed(dumper: yaml.SafeDumper, value: Printed) -> yaml.ScalarNode:
        return plain(dumper, str(value))

    def written(dumper: yaml.SafeDumper, value: AsWritten) -> yaml.ScalarNode:
        return plain(dumper, value.text)

    def number(dumper: yaml.SafeDumper, value: float) -> yaml.ScalarNode:
        if is_whole(value) and abs(value) < 1e15:
            return plain(dumper, repr(int(value)))
        mantissa, e, exponent = repr(float(value)).partition("e")
        return plain(dumper, f"{mantissa if '.' in mantissa or not e else mantissa + '.0'}{e}{exponent}")

    def word(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        like_a_number = re.match(r"[-+]?\.?[0-9]", value)
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if like_a_number else None)

    def flat(value: Any) -> bool:
        return not isinstance(value, Mapping | list)

    def listing(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.SequenceNode:
        simple = all(flat(item) or (isinstance(item, list) and all(map(flat, item))) for item in value)
        return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=simple)

    def mapping(dumper: yaml.SafeDumper, value: dict[str, Any]) -> yaml.MappingNode:
        simple = all(
            (flat(item) and not isinstance(item, str)) or (isinstance(item, str) and len(item) < 30)
            for item in value.values()
        )
        top = "architecture" in value or "loss" in value
        return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=simple and not top)

    Dumper.add_representer(Printed, printed)
    Dumper.add_representer(AsWritten, written)
    Dumper.add_representer(float, number)
    Dumper.add_representer(str, word)
    Dumper.add_representer(list, listing)
    Dumper.add_representer(dict, mapping)
    return Dumper
