"""Making an SVG smaller: coordinates in hundredths of a point, finer than any screen, and lines that are not indented.

It also keeps the last bits of a processor out of the file.
"""

from __future__ import annotations

import re

_COORDINATES = re.compile(rb' (?:d|x|y|x1|x2|y1|y2|cx|cy|width|height|points|transform)="[^"]*"')
_FRACTION = re.compile(rb"-?\d+\.\d{3,}(?![\de])")
_INDENT = re.compile(rb"\n[ \t]+(?=<)")


def compact_svg(content: bytes) -> bytes:
    """The same picture. Texts, colours and names stay as they are; factors of scale() too, which no length are."""
    return _INDENT.sub(b"\n", _COORDINATES.sub(_rounded, content))


def _rounded(attribute: re.Match[bytes]) -> bytes:
    return (
        attribute[0] if b"scale" in attribute[0] or b"matrix" in attribute[0] else _FRACTION.sub(_short, attribute[0])
    )


def _short(number: re.Match[bytes]) -> bytes:
    text = f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
    return b"0" if text == "-0" else text.encode()
