"""The notebook: a document's text with code cells between it, as JSON of Jupyter's format 4.5.

Jupyter knows no `math` fences, so formulas stand between $$. It shows no SVG that is attached to a cell, so pictures
stand in their addresses.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any

from bprunner.documents.document import Document
from bprunner.documents.language import Language
from bprunner.documents.numpy_cells import Cell, Section, code_cells
from bprunner.documents.subject import Subject

__all__ = ["Cell", "Section", "code_cells", "notebook"]

_LONG = 6_000
"""Code of so many characters, which is nothing but numbers, is folded until someone opens it."""
_MARK = re.compile(r"<!-- ([a-z]+)(?:: ([a-z_]+))? -->\s*")
_PICTURE = re.compile(r"!\[(?P<said>.*)\]\((?P<name>[^()\s]+)\)\s*")
# Backticks within dollars are for GitHub alone.
_TICKED = re.compile(r"(?<!\\)\$`([^`]+)`\$")
_HEADING = re.compile(r"#{1,2} ")


def notebook(document: Document, subject: Subject, language: Language, step: int) -> str:
    """The notebook of a document about one step of a run.

    Code stands where the text has its marks; what has none comes at the end. Raises InputError as `code_cells` does.
    """
    cells = list(_cells(document, code_cells(subject, language, step)))
    content = {
        "cells": [_written(cell, number) for number, cell in enumerate(cells, 1)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "title": document.title,
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _written(cell: Cell, number: int) -> dict[str, Any]:
    source = cell.source.splitlines(keepends=True)
    is_long = cell.kind == "code" and len(cell.source) > _LONG
    metadata = {"jupyter": {"source_hidden": True}} if is_long else {}
    common = {"id": f"cell-{number}", "metadata": metadata, "source": source}
    if cell.kind == "text":
        return {"cell_type": "markdown", **common}
    return {"cell_type": "code", "execution_count": None, **common, "outputs": []}


def _cells(document: Document, sections: Sequence[Section]) -> Iterator[Cell]:
    left = {section.name: section for section in sections}
    for text, mark in _pieces(document):
        if text:
            yield Cell("text", text)
        if mark in left:
            yield from left.pop(mark).cells
    for section in left.values():
        yield from section.cells


def _pieces(document: Document) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with the name of the code that comes after it, if any; a section begins a new one."""
    lines: list[str] = []
    for line, is_mathematics in _lines(document.markdown):
        mark = None if is_mathematics else _MARK.fullmatch(line)
        if not is_mathematics and _HEADING.match(line):
            yield _text(lines), ""
            lines = []
        if mark is None:
            lines.append(line if is_mathematics else _TICKED.sub(r"$\1$", _with_picture(line, document)))
        elif mark[1] == "code":
            yield _text(lines), mark[2] or ""
            lines = []
    yield _text(lines), ""


def _text(lines: Sequence[str]) -> str:
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _lines(markdown: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a formula on its own; fences of formulas become $$."""
    inside = False
    for line in markdown.split("\n"):
        if line.strip() == ("```" if inside else "```math"):
            inside = not inside
            yield "$$", True
        else:
            yield line, inside


def _with_picture(line: str, document: Document) -> str:
    """A line that is a picture, with it in place of its address."""
    found = _PICTURE.fullmatch(line)
    if found is None or found["name"] not in document.pictures:
        return line
    data = b64encode(document.pictures[found["name"]].svg.encode()).decode()
    return f"![{found['said']}](data:image/svg+xml;base64,{data})"
