"""Where a run comes from, as MLflow's tags say it: what was run, by which versions, from which commit."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bprunner._version import __version__
from bprunner.spec.source import Source


def origin_tags(content: str, source: Source | None, working_folder: Path) -> dict[str, str]:
    """What was run, by which versions, from which commit.

    content: the hash of what was declared. source: where it was declared, if in a file.
    """
    file = None if source is None else source.path
    tags = {
        "bprunner.version": __version__,
        "bprunner.configuration_hash": content,
        "bprunner.python": platform.python_version(),
        "bprunner.numpy": np.__version__,
        **git_tags(working_folder if file is None else file.resolve().parent),
    }
    return tags if source is None or file is None else {**tags, "mlflow.source.name": source.name}


def git_tags(folder: Path) -> dict[str, str]:
    """The commit of the folder's repository and whether its tree is dirty; nothing where there is none."""
    try:
        shown = subprocess.run(
            ["git", "-C", str(folder), "status", "--porcelain=v2", "--branch", "--untracked-files=normal"],
            capture_output=True, text=True, timeout=10, check=True,
        ).stdout.splitlines()  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return {}
    commit = next((line.removeprefix("# branch.oid ") for line in shown if line.startswith("# branch.oid ")), "")
    dirty = any(not line.startswith("#") for line in shown)
    known = {"mlflow.source.git.commit": commit} if commit and commit != "(initial)" else {}
    return {**known, "bprunner.git.dirty": str(dirty).lower()}


def write_texts(sources: Sequence[Source], overrides: Sequence[str], folder: Path) -> None:
    """The files as they were written, into a folder that is there, and what the command line changed.

    One of the same name as another gets a number in front of its name.
    """
    for number, source in enumerate(sources):
        name = source.path.name if source.path else f"{number}.yaml"
        target = folder / (name if not (folder / name).exists() else f"{number}-{name}")
        target.write_text(source.text, encoding="utf-8")
    if overrides:
        (folder / "overrides.txt").write_text("\n".join(overrides) + "\n", encoding="utf-8")
