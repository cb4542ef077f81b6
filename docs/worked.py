"""Writes the worked documents in docs/examples: `python -m docs.worked`. tests/test_docs.py proves that they are fresh.

They are Markdown with pictures beside it, which a repository's page shows.
"""

from __future__ import annotations

import sys
from pathlib import Path

import bprunner
from bprunner.documents.markdown_files import files_of, write_files
from docs.reading import ROOT

FOLDER = ROOT / "docs" / "examples"
EXAMPLES = (
    "configs/doc.yaml",
    "configs/gallery/mazur.yaml",
    "configs/gallery/han_kamber.yaml",
    "configs/gallery/adam_by_hand.yaml",
    "configs/gallery/deeplearning_logistic.yaml",
    "configs/gallery/cs231n_twolayer_training.yaml",
)
"""The founding document, and what differs from it: sigmoids and two outputs, biases and an author's rounding, Adam,
cross-entropy over several samples, ReLU and softmax."""


def document_of(example: str) -> dict[str, bytes]:
    """The files of one example's document, by their names in its folder. The working folder is the repository's."""
    return files_of(bprunner.explain(Path(example)), ["markdown"])


def folder_of(example: str) -> Path:
    return FOLDER / Path(example).stem


def main() -> int:
    for example in EXAMPLES:
        folder = folder_of(example)
        files = document_of(example)
        for old in folder.glob("*"):
            if old.name not in files:
                old.unlink()
        write_files(folder, files)
    return 0


if __name__ == "__main__":
    sys.exit(main())
