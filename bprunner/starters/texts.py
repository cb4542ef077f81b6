"""Texts inside of a starter: as YAML scalars, as lists of them, and inside of comments.

What somebody else wrote (a column's name, a label, a path) may hold YAML, line ends, or signs that nobody sees. In a
starter it is one scalar on one line, or a few words of a comment; never anything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from bprunner.spec.yaml_scalars import value_of

WIDTH = 118
_PLAIN = re.compile(r"(\.\./)*[^\W\d]\w*([ ./-]\w+)*")
_OTHER_YAML = frozenset(["y", "n", "yes", "no", "on", "off"])
"""What older readers of YAML take for truth values."""


def scalar(value: str | int | float) -> str:
    """A text or a number as YAML on one line; a text is quoted unless it can be nothing else."""
    if not isinstance(value, str):
        return repr(value)
    if (
        _PLAIN.fullmatch(value)
        and value.isprintable()
        and value.lower() not in _OTHER_YAML
        and value_of(value) == value
    ):
        return value
    return "".join(_escaped(sign) for sign in json.dumps(value, ensure_ascii=False))


def _escaped(sign: str) -> str:
    """A sign that is seen as it is, and any other as an escape of double quotes."""
    if sign.isprintable():
        return sign
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"


def flow_list(values: Iterable[str | int | float], indent: int) -> str:
    """A list in brackets. A long one goes on in further lines, `indent` blanks in."""
    lines, line = [], "["
    for number, value in enumerate(values):
        text = ("" if number == 0 else ", ") + scalar(value)
        if number and indent + len(line) + len(text) > WIDTH:
            lines.append(line + ",")
            line, text = " " * (indent + 1), text[2:]
        line += text
    return "\n".join([*lines, line + "]"])


def said(text: object, most: int = 60) -> str:
    """What may stand in a comment: on one line, with no sign that nobody sees, and not longer than can be read."""
    shown = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in str(text))
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def listed(names: Iterable[object], most: int = 4) -> str:
    """Names in a sentence: `a, b and c`; of many, the first ones and how many more there are."""
    shown = [said(name, 30) for name in names]
    if len(shown) > most:
        shown = [*shown[: most - 1], f"{len(shown) - most + 1:,} more"]
    return " and ".join(part for part in (", ".join(shown[:-1]), shown[-1]) if part)
