"""What runs and studies look like in a notebook: small pieces of HTML without scripts, in the notebook's own colours.

Every text is escaped, and stands where no notebook looks for mathematics.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

_LINE: Final = "1px solid #8886"
_BULLETS: Final = "margin:.3em 0 .3em 1.4em;padding:0"


def block(*parts: str) -> str:
    """All of it. MathJax leaves alone what is of these classes: dollars in a name are dollars."""
    return f'<div class="bprunner tex2jax_ignore mathjax_ignore" style="max-width:64em">{"".join(parts)}</div>'


def text(value: str) -> str:
    """Any text, as text; one that runs from right to left does not turn its neighbours round."""
    return f'<bdi style="unicode-bidi:isolate">{escape(_printable(value))}</bdi>'


def head(title: str, lines: Iterable[str]) -> str:
    """A title, and a line for each of some texts; empty ones are left out."""
    written = "".join(f"<br>{escape(_printable(line))}" for line in lines if line)
    return f'<p style="margin:.3em 0"><b>{text(title)}</b>{written}</p>'


def paragraph(line: str) -> str:
    return f'<p style="margin:.3em 0">{escape(_printable(line))}</p>'


def bullets(lines: Iterable[str]) -> str:
    """A list of texts; nothing of none."""
    items = "".join(f"<li>{escape(_printable(line))}</li>" for line in lines)
    return f'<ul style="{_BULLETS}">{items}</ul>' if items else ""


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[bool], bold: int = 0) -> str:
    """A table that scrolls by itself where it is wide. Columns of numbers are set to the right, `bold` first rows bold.

    The first column says what a row is of.
    """
    sides = ["right" if is_number else "left" for is_number in numbers]
    tops = "".join(_cell("th", each, side, ' scope="col"') for each, side in zip(headings, sides, strict=True))
    lines = "".join(_row(row, sides, number < bold) for number, row in enumerate(rows))
    style = "border-collapse:collapse;margin:.5em 0;font-size:.93em;font-variant-numeric:tabular-nums"
    whole = f'<table style="{style}"><thead><tr>{tops}</tr></thead><tbody>{lines}</tbody></table>'
    return f'<div style="overflow-x:auto">{whole}</div>'


def _row(row: Sequence[str], sides: Sequence[str], is_bold: bool) -> str:
    first, *others = zip(row, sides, strict=True)
    cells = _cell("th", *first, ' scope="row"') + "".join(_cell("td", value, side) for value, side in others)
    return f'<tr style="font-weight:bold">{cells}</tr>' if is_bold else f"<tr>{cells}</tr>"


def _cell(tag: str, value: str, side: str, scope: str = "") -> str:
    """A heading may take several lines, a value has one."""
    is_heading = scope.endswith('"col"')
    own = "vertical-align:bottom;font-weight:bold" if is_heading else "white-space:nowrap;font-weight:inherit"
    style = f"text-align:{side};padding:.15em .7em;border-bottom:{_LINE};{own}"
    return f'<{tag}{scope} style="{style}">{text(value)}</{tag}>'


def marked(colour: str, words: str) -> str:
    """A square of a colour, and the words that say what it stands for."""
    square = f'<span aria-hidden="true" style="color:{escape(colour)};-webkit-text-stroke:.5px #888">■</span>'
    return f'<span style="white-space:nowrap;margin-right:1.2em">{square} {escape(_printable(words))}</span>'


def _printable(value: str) -> str:
    """In one line, without what no page can hold."""
    return "".join(character if character.isprintable() else " " for character in value)
