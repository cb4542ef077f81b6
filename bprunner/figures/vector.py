"""Drawings written by hand, as SVG: elements, escaped text, numbers, and colours for light and dark pages.

Every drawing carries the same style sheet under the same class names, so several of them in one page agree. A page
with a switch of its own sets the colours' variables: `[data-theme=dark] .bp-drawing { --bp-paper: …; }`. Viewers
without style sheets see the light colours, which stand on the elements too.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from xml.sax.saxutils import escape

from bprunner.figures.look import COLOURS, FAINT, INK, PALE_INK, SOFT_INK
from bprunner.figures.text import one_line, width

FONT = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif"

# Edges' names are small text, so the green is a little darker here: 4.5 to 1 on paper.
_LIGHT_COLOURS = tuple({"#008a64": "#008460"}.get(colour, colour) for colour in COLOURS)
_DARK_COLOURS = ("#5ab4f0", "#ff9d4d", "#3ecf9f", "#ee90c8", "#b0a9ff", "#f1f3f4")
# Light, dark.
SHADES: dict[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#15181c"),
    "ink": (INK, "#e8eaed"),
    "soft": (SOFT_INK, "#aab0b6"),
    "pale": (PALE_INK, "#5c6369"),
    "faint": (FAINT, "#33383d"),
    "input": ("#dcebfa", "#1c3750"),
    "hidden": ("#fdebd3", "#493317"),
    "output": ("#d9f2e4", "#153e2f"),
    "target": ("#f0e1f6", "#41264e"),
    "bias": ("#f1f3f4", "#2b3035"),
    "marker": ("#ffe27a", "#6b5400"),
    **{f"c{place}": pair for place, pair in enumerate(zip(_LIGHT_COLOURS, _DARK_COLOURS, strict=True))},
}
RECEIVER_SHADES = tuple(f"c{place}" for place in range(len(_LIGHT_COLOURS)))

# How wide a letter is, in parts of its size; the widest of the fonts above, so what fits in it fits in all.
_LETTER, _BROAD_LETTER = 0.64, 1.0


@dataclass(frozen=True)
class Drawing:
    """A picture as SVG text. `width`, `height`: in CSS pixels. `caption`: what it shows and what it leaves out.

    `notes` are the sentences of the caption that say what is left out; empty where all of it is drawn.
    """

    svg: str
    width: float
    height: float
    caption: str
    notes: tuple[str, ...] = ()


def element(tag: str, attributes: Mapping[str, str | float | None], *children: str) -> str:
    """An element around markup. Attributes that are None are left out; the others become text that stays text."""
    written = "".join(f' {key}="{_attribute(value)}"' for key, value in attributes.items() if value is not None)
    return f"<{tag}{written}>{''.join(children)}</{tag}>" if children else f"<{tag}{written}/>"


def content(text: str) -> str:
    """Text as the content of an element: one line, nothing in it is markup."""
    return escape(one_line(text))


def _attribute(value: str | float) -> str:
    return escape(one_line(value), {'"': "&quot;"}) if isinstance(value, str) else number(value)


def number(value: float) -> str:
    """A coordinate in hundredths of a pixel: finer than a screen, and free of a processor's last bits."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def paint(fill: str | None = None, stroke: str | None = None, line: float = 1.0) -> dict[str, str | float | None]:
    """The attributes of a colour by its name among `SHADES`; `line`: the stroke's width."""
    classes = [f"bp-fill-{fill}"] * (fill is not None) + [f"bp-stroke-{stroke}"] * (stroke is not None)
    return {
        "class": " ".join(classes),
        "fill": SHADES[fill][0] if fill else "none",
        "stroke": SHADES[stroke][0] if stroke else None,
        "stroke-width": line if stroke else None,
    }


def text_at(
    x: float,
    y: float,
    text: str,
    size: float,
    *,
    shade: str = "ink",
    anchor: str = "middle",
    is_bold: bool = False,
    has_halo: bool = False,
    **more: str | float | None,
) -> str:
    """One line of text whose middle stands at y. `has_halo`: lines behind it do not touch its letters."""
    halo: dict[str, str | float | None] = {"paint-order": "stroke", "stroke-linejoin": "round"}
    attributes: dict[str, str | float | None] = {
        "x": x,
        # A baseline, since not every viewer knows the middle of a line.
        "y": y + 0.35 * size,
        "font-size": size,
        "text-anchor": anchor,
        "font-weight": "bold" if is_bold else None,
        **paint(shade, "paper" if has_halo else None, 4.0),
        **(halo if has_halo else {}),
        **{key.replace("_", "-"): value for key, value in more.items()},
    }
    return element("text", attributes, content(text))


def text_width(text: str, size: float, is_bold: bool = False) -> float:
    """An upper bound of a text's width in pixels, in common fonts."""
    columns = sum(_columns(character) for character in one_line(text))
    return size * columns * (1.1 if is_bold else 1.0)


def _columns(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    is_broad = character in "mwMW@%&—…∂Δ½²" or (character.isupper() and character not in "IJ")
    return _BROAD_LETTER if is_broad else max(_LETTER * width(character), 1.05 * (width(character) - 1))


def isolated(text: str) -> str:
    """A name from right to left inside a line that is not: its neighbours keep their places."""
    is_rightward = any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)
    return f"\u2068{text}\u2069" if is_rightward else text


def document(
    body: str, *, width: float, height: float, title: str, description: str, name: str | None, kind: str
) -> str:
    """The whole SVG. `name` begins its ids; None takes it from the content, so different drawings never clash."""
    name = name or f"bp-{sha256(f'{title} {description} {body}'.encode(errors='replace')).hexdigest()[:12]}"
    attributes: dict[str, str | float | None] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "id": name,
        "class": f"bp-drawing bp-{kind}",
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-description",
        "width": width,
        "height": height,
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "font-family": FONT,
    }
    return element(
        "svg",
        attributes,
        element("title", {"id": f"{name}-title"}, content(title) or "drawing"),
        element("desc", {"id": f"{name}-description"}, content(description) or "drawing"),
        f"<style>{_STYLE}</style>",
        element("rect", {"width": width, "height": height, "rx": 6.0, **paint("paper")}),
        body,
    )


def _style() -> str:
    light = "".join(f"--bp-{name}:{shades[0]};" for name, shades in SHADES.items())
    dark = "".join(f"--bp-{name}:{shades[1]};" for name, shades in SHADES.items())
    rules = "".join(
        f".bp-fill-{name}{{fill:var(--bp-{name})}}.bp-stroke-{name}{{stroke:var(--bp-{name})}}" for name in SHADES
    )
    # :where() weighs nothing, so any rule of the page wins. Paper is always light.
    return (
        f":where(.bp-drawing){{{light}}}"
        f"@media screen and (prefers-color-scheme:dark){{:where(.bp-drawing){{{dark}}}}}{rules}"
    )


_STYLE = _style()
