"""Arguments: which are files, and which say what differs from them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def files_and_changes(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Files, and changes such as `training.epochs=3`. A file whose name has an equals sign is one if it is there."""
    files = [argument for argument in arguments if "=" not in argument or _is_there(argument)]
    return files, [argument for argument in arguments if argument not in files]


def _is_there(name: str) -> bool:
    """Whether there is such a file. What is too long to be a name is none."""
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False
