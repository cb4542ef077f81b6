"""The folders in which runs and studies keep their files, in the working folder."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from pathlib import Path

from bprunner.spec.sweep_reading import SweepDeclaration

RUNS_FOLDER, STUDIES_FOLDER = "runs", "studies"
_FORMAT = 1
"""Of what a study keeps of a run. With another one its cells are trained again."""


def new_folder(working_folder: Path, name: str) -> Path:
    """A folder's name for one run's files: runs/20260131-235959-doc-1f9c02. No two runs have the same."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    return working_folder / RUNS_FOLDER / f"{stamp}-{slug(name) or 'run'}-{secrets.token_hex(3)}"


def study_folder(working_folder: Path, declaration: SweepDeclaration) -> Path:
    """The folder's name for a study: studies/learning-rate-1f9c02.

    Whatever else it declares, it has another folder: what is kept of a run depends on the baseline and on what is
    traced, and each study has a record of its own.
    """
    key = hashlib.sha256(f"{_FORMAT} {declaration.hash}".encode()).hexdigest()[:6]
    return working_folder / STUDIES_FOLDER / f"{slug(declaration.sweep.name) or 'study'}-{key}"


def slug(name: str) -> str:
    """A name as a part of a path: letters, digits, `_`, `.` and `-`, at most 60."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60]
