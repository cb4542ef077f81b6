"""The notebooks of examples/: they run in a clean folder, and what they show is what is kept in them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest

from docs import notebooks
from docs.reading import ROOT

PATHS = notebooks.notebooks()
MACHINE = re.compile(r"/tmp|/home|/work|\b20\d\d-\d\d|0x[0-9a-f]{6}")
MOST_BYTES = 500_000


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.texts.append(" ".join(data.split()))


def shown(notebook: Any) -> list[list[str]]:
    """What is to be read in each output. Pictures have more than that; their last bits are a processor's."""
    return [texts_of(output) for output in notebooks.outputs_of(notebook)]


def texts_of(output: Any) -> list[str]:
    data = output.get("data", {})
    reader = _Texts()
    reader.feed(data.get("text/html", ""))
    drawn = ET.fromstring(data["image/svg+xml"]).iter() if "image/svg+xml" in data else ()
    labels = ["".join(each.itertext()) for each in drawn if each.tag.rpartition("}")[2] in ("title", "text")]
    plain = [output.get("text", ""), data.get("text/plain", "")]
    # Styles are no texts.
    return [text for text in [*plain, *reader.texts, *labels] if text and not text.startswith(":where")]


def test_there_is_the_notebook_that_is_promised() -> None:
    assert [path.name for path in PATHS] == ["learning_rates.ipynb"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_shows_what_is_kept_in_it(path: Path) -> None:
    """A failing cell raises. Each shows something, and nothing of it is a warning."""
    kept, now = nbformat.read(path, as_version=4), notebooks.executed(path)
    assert shown(now) == shown(kept)
    outputs = notebooks.outputs_of(now)
    assert all(output.get("name", "stdout") == "stdout" for output in outputs)
    assert len(outputs) == sum(cell.cell_type == "code" for cell in now.cells)
    assert sum("image/svg+xml" in output.get("data", {}) for output in outputs) >= 3


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_is_valid_and_of_no_machine(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata["language_info"] == {"name": "python"}
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    text = path.read_text(encoding="utf-8")
    assert MACHINE.findall(text) == []
    assert len(text.encode()) < MOST_BYTES


@pytest.mark.parametrize("path", [*PATHS, ROOT / "examples" / "README.md"], ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    targets = re.findall(r"\]\(([^)#]+)", text)
    assert targets
    assert [target for target in targets if not (path.parent / target).exists()] == []
