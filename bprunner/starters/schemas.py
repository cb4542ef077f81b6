"""The JSON Schema that a starter's first line names, so that editors complete and check what is written below.

A project has it once, in a folder `schema` at its top; a starter looks for it upward from its own folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from bprunner.spec.json_schema import schema_text
from bprunner.spec.sweep_schema import sweep_schema_text

FOLDER = "schema"
Kind = Literal["experiment", "sweep"]


def schema_beside(folder: Path, working_folder: Path, kind: Kind) -> tuple[str, dict[Path, str]]:
    """The path of the schema from a folder, and the file that has to be written for it: none where it is there.

    It is written into the working folder, where the file lies below that, and otherwise beside the file.
    """
    folder, here = folder.resolve(), working_folder.resolve()
    name = f"{kind}.schema.json"
    for above in (folder, *folder.parents):
        if (above / FOLDER / name).is_file():
            return _from(folder, above, name), {}
    top = here if folder.is_relative_to(here) else folder
    text = schema_text() if kind == "experiment" else sweep_schema_text()
    return _from(folder, top, name), {top / FOLDER / name: text}


def _from(folder: Path, top: Path, name: str) -> str:
    """Only steps upward and names of ours: no folder's name can get into a comment."""
    return Path(os.path.relpath(top / FOLDER / name, folder)).as_posix()
