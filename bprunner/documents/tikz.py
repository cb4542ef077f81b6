"""Drawings as TikZ: the part of SVG that drawings are written in, element by element.

What is not in that part is refused, so that no picture loses anything silently.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping

from bprunner.documents.latex_characters import latex_prose
from bprunner.figures.vector import SHADES, Drawing, number

_PIXEL = 0.75  # PostScript points
_SVG = "{http://www.w3.org/2000/svg}"
_SILENT = ("title", "desc", "style")
_PAINTED = {"class", "fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity"}
_KNOWN: Mapping[str, set[str]] = {
    "svg": {"id", "class", "role", "aria-labelledby", "width", "height", "viewBox", "font-family"},
    "g": set(),
    "path": {"d", *_PAINTED},
    "polygon": {"points", *_PAINTED},
    "rect": {"x", "y", "width", "height", "rx", *_PAINTED},
    "circle": {"cx", "cy", "r", *_PAINTED},
    "text": {
        "x", "y", "font-size", "font-weight", "text-anchor", "opacity", "paint-order", "stroke-linejoin", *_PAINTED,
    },
}  # fmt: skip
_ANCHORS = {"middle": "base", "start": "base west", "end": "base east"}
_COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

COLOURS = "".join(f"\\definecolor{{bp-{name}}}{{HTML}}{{{light[1:].upper()}}}\n" for name, (light, _) in SHADES.items())
"""The colours of all drawings, for the preamble."""


def tikz_picture(drawing: Drawing) -> str:
    """The picture in its natural size, in the colours of paper. Raises ValueError for what it does not know."""
    root = ElementTree.fromstring(drawing.svg)
    box = f"({number(drawing.width)},{number(drawing.height)})"
    if root.get("viewBox") != f"0 0 {number(drawing.width)} {number(drawing.height)}":
        raise ValueError(f"the drawing's box is {root.get('viewBox')!r}, not its size")
    lines = "\n".join(_written(root))
    return (
        f"\\begin{{tikzpicture}}[x={_PIXEL}bp,y=-{_PIXEL}bp]\n"
        f"\\path[use as bounding box] (0,0) rectangle {box};\n{lines}\n\\end{{tikzpicture}}"
    )


def _written(node: ElementTree.Element) -> Iterator[str]:
    tag = node.tag.removeprefix(_SVG)
    if tag in _SILENT:
        return
    unknown = [name for name in node.attrib if name not in _KNOWN.get(tag, ()) and not name.startswith("data-")]
    if tag not in _KNOWN or unknown:
        raise ValueError(f"a drawing has an element that cannot be drawn in LaTeX: {tag} {' '.join(unknown)}".strip())
    if tag in ("svg", "g"):
        for child in node:
            yield from _written(child)
    elif tag == "text":
        yield _text(node)
    else:
        yield f"\\path[{_paint(node)}] {_SHAPES[tag](node)};"
    if tag not in ("svg", "g"):
        for child in node:
            if child.tag.removeprefix(_SVG) not in _SILENT:
                raise ValueError(f"a drawing has {child.tag.removeprefix(_SVG)} within {tag}")


def _shades(node: ElementTree.Element) -> dict[str, str]:
    """Which colours the fill and the stroke have, by name."""
    found = {}
    for name in node.get("class", "").split():
        kind, _, shade = name.removeprefix("bp-").partition("-")
        if kind not in ("fill", "stroke") or shade not in SHADES:
            raise ValueError(f"a drawing has a class that is no colour: {name}")
        found[kind] = f"bp-{shade}"
    for kind in ("fill", "stroke"):
        if node.get(kind, "none") != "none" and kind not in found:
            raise ValueError(f"a drawing has a colour without a name: {node.get(kind)}")
    return found


def _paint(node: ElementTree.Element) -> str:
    shades = _shades(node)
    options = []
    if "fill" in shades:
        options.append(f"fill={shades['fill']}")
    if "stroke" in shades:
        options += [f"draw={shades['stroke']}", f"line width={_size(_value(node, 'stroke-width', 1.0))}"]
    if dashes := node.get("stroke-dasharray"):
        on, off = map(float, dashes.split())
        options.append(f"dash pattern=on {_size(on)} off {_size(off)}")
    if opacity := node.get("stroke-opacity"):
        options.append(f"draw opacity={opacity}")
    if rounded := _value(node, "rx", 0.0):
        rounded = min(rounded, _value(node, "width") / 2, _value(node, "height") / 2)
        options.append(f"rounded corners={_size(rounded)}")
    return ", ".join(options)


def _text(node: ElementTree.Element) -> str:
    shades, size = _shades(node), _value(node, "font-size") * _PIXEL
    bold = r"\bfseries" if node.get("font-weight") == "bold" else ""
    font = rf"\sffamily{bold}\fontsize{{{number(size)}bp}}{{{number(1.2 * size)}bp}}\selectfont"
    options = [f"anchor={_ANCHORS[node.get('text-anchor', 'start')]}", f"text={shades['fill']}", f"font={{{font}}}"]
    if "stroke" in shades:
        # What is behind the text does not touch its letters.
        room = _size(_value(node, "stroke-width") / 4)
        options += [f"fill={shades['stroke']}", "fill opacity=0.85", "text opacity=1", f"inner sep={room}"]
    else:
        options.append("inner sep=0pt")
    if opacity := node.get("opacity"):
        options.append(f"text opacity={opacity}")
    place = _point(_value(node, "x"), _value(node, "y"))
    return f"\\node[{', '.join(options)}] at {place} {{{latex_prose(node.text or '')}}};"


def _path(node: ElementTree.Element) -> str:
    """Straight lines: all commands of a path that drawings use."""
    x = y = 0.0
    start, steps = (0.0, 0.0), list[str]()
    for name, arguments in _COMMAND.findall(node.attrib["d"]):
        values = [float(value) for value in _NUMBER.findall(arguments)]
        kind, is_relative = name.upper(), name.islower()
        for dx, dy in _moves(kind, values, (0.0, 0.0) if is_relative else (x, y)):
            x, y = (x + dx, y + dy) if is_relative else (dx, dy)
            steps.append(_point(x, y) if kind == "M" else f"-- {_point(x, y)}")
            if kind == "M":
                start, kind = (x, y), "L"
        if kind == "Z":
            steps.append("-- cycle")
            x, y = start
    return "\n  ".join(" ".join(steps[at : at + 6]) for at in range(0, len(steps), 6))


def _moves(kind: str, values: list[float], rest: tuple[float, float]) -> list[tuple[float, float]]:
    """Where a command goes, point after point; `rest`: what a coordinate is that it does not name."""
    if kind in ("M", "L") and values and len(values) % 2 == 0:
        return list(zip(values[::2], values[1::2], strict=True))
    if kind == "H" and values:
        return [(value, rest[1]) for value in values]
    if kind == "V" and values:
        return [(rest[0], value) for value in values]
    if kind == "Z" and not values:
        return []
    raise ValueError(f"a drawing has a path that cannot be drawn in LaTeX: {kind} with {len(values)} numbers")


def _polygon(node: ElementTree.Element) -> str:
    points = [pair.split(",") for pair in node.attrib["points"].split()]
    return " -- ".join([*(_point(float(x), float(y)) for x, y in points), "cycle"])


def _rect(node: ElementTree.Element) -> str:
    x, y = _value(node, "x", 0.0), _value(node, "y", 0.0)
    return f"{_point(x, y)} rectangle {_point(x + _value(node, 'width'), y + _value(node, 'height'))}"


def _circle(node: ElementTree.Element) -> str:
    return f"{_point(_value(node, 'cx'), _value(node, 'cy'))} circle[radius={_size(_value(node, 'r'))}]"


_SHAPES = {"path": _path, "polygon": _polygon, "rect": _rect, "circle": _circle}


def _value(node: ElementTree.Element, name: str, default: float | None = None) -> float:
    return float(node.attrib[name]) if default is None else float(node.get(name, default))


def _point(x: float, y: float) -> str:
    return f"({number(x)},{number(y)})"


def _size(pixels: float) -> str:
    return f"{number(pixels * _PIXEL)}bp"
