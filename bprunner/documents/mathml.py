"""Formulas as MathML, and about how wide they are."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from functools import cache
from typing import Any

# em: a character, what a raised one takes of it, the space of a column, and around a table.
_LETTER, _SCRIPT, _CELL, _TABLE = 0.52, 0.72, 0.9, 0.5
_SCRIPTS = {"msub": (1,), "msup": (1,), "msubsup": (1, 2)}


def mathml(latex: str, *, is_display: bool) -> str:
    """The <math> element. Raises ValueError, with the formula, for what is no mathematics that can be shown."""
    from math_core import LatexError

    try:
        markup = str(_converter().convert_with_local_state(latex, displaystyle=is_display))
    except LatexError as error:
        raise ValueError(f"a formula cannot be shown as MathML: {error}\n{latex}") from error
    # Browsers draw no <menclose>; a style sheet draws this. And no named entities: what is left is XML as well.
    markup = markup.replace('<menclose notation="box">', '<mrow class="boxed">').replace("</menclose>", "</mrow>")
    return markup.replace("&ApplyFunction;", "\u2061")


@cache
def _converter() -> Any:
    from math_core import LatexToMathML

    return LatexToMathML(fancy_error=False)


def rows_of(markup: str) -> list[list[tuple[str, str]]]:
    """The rows of lines that are aligned, cell after cell: its style and its content; none for any other formula."""
    parts = list(ElementTree.fromstring(markup))
    if len(parts) != 1 or parts[0].tag != "mtable" or parts[0].get("displaystyle") != "true":
        return []
    return [[(cell.get("style", ""), _inside(cell)) for cell in row] for row in parts[0]]


def _inside(node: ElementTree.Element) -> str:
    return "".join(ElementTree.tostring(part, encoding="unicode") for part in node)


def width_of(markup: str) -> float:
    """About how many em wide a <math> element is, rather too many than too few."""
    return _width(ElementTree.fromstring(markup))


def _width(node: ElementTree.Element) -> float:
    parts = [_width(child) for child in node]
    if not parts:
        return _leaf(node)
    if node.tag == "mtable":
        return _table(node)
    if node.tag in ("mfrac", "munder", "mover", "munderover"):
        return max(parts) + 0.2
    small = _SCRIPTS.get(node.tag, ())
    if small:
        return parts[0] + _SCRIPT * max(parts[place] for place in small)
    return sum(parts)


def _leaf(node: ElementTree.Element) -> float:
    text = node.text or ""
    if node.tag == "mspace":
        return float(node.get("width", "0em").removesuffix("em"))
    spaces = 0.5 if node.tag == "mo" and text in "=≈+−-⋅×→≤≥<>" else 0.0
    return _LETTER * len(text) + spaces


def _table(node: ElementTree.Element) -> float:
    rows = [[_width(cell) for cell in row] for row in node]
    columns = max(map(len, rows), default=0)
    return _TABLE + sum(max(row[at] for row in rows if at < len(row)) + _CELL for at in range(columns))
