"""Runs the notebooks of examples/ and keeps what their cells show: `python -m docs.notebooks`.

Each runs in a clean folder, with nothing of this repository but its configurations. What would differ between machines
is left out: times, versions, and where the folder was. tests/test_examples.py proves that what is kept is what comes
out.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from docs.reading import ROOT

EXAMPLES = ROOT / "examples"
SECONDS = 120
"""A cell that takes longer is a fault."""


def notebooks() -> list[Path]:
    return sorted(EXAMPLES.glob("*.ipynb"))


def executed(path: Path) -> Any:
    """The notebook with what its cells show now. Raises nbclient's CellExecutionError where a cell fails."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    # What a cell prints is one text, also on a machine that takes its time between two lines.
    with tempfile.TemporaryDirectory() as room:
        here = Path(room).resolve() / EXAMPLES.name
        here.mkdir()
        shutil.copytree(ROOT / "configs", here.parent / "configs")
        NotebookClient(
            notebook,
            timeout=SECONDS,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(here)}},
        ).execute()
        _without_place(notebook, str(here))
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def _without_place(notebook: Any, folder: str) -> None:
    """Paths in the notebook's folder are told from there."""
    for output in outputs_of(notebook):
        if "text" in output:
            output["text"] = output["text"].replace(f"{folder}/", "")
        for kind, content in output.get("data", {}).items():
            if isinstance(content, str):
                output["data"][kind] = content.replace(f"{folder}/", "")


def outputs_of(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def main() -> int:
    import nbformat

    for path in notebooks():
        nbformat.write(executed(path), path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
