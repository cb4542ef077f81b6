"""The files of a dataset: where they are, whether they may lie there, and the digest of what is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from bprunner.errors import InputError, Place, Problem
from bprunner.spec.dataset import KeyPath
from bprunner.spec.experiment import Experiment
from bprunner.spec.nodes import Node, find
from bprunner.spec.problems import cut, problem_at
from bprunner.spec.source import Source


def data_files(
    experiment: Experiment, root: Node, sources: Sequence[Source], folder: Path, allow_outside: bool
) -> tuple[dict[KeyPath, Path], dict[KeyPath, str]]:
    """The dataset's files and their digests. Raises InputError with what is wrong with each of them.

    A file is looked for from the folder of the file that names it; from the working folder for an argument.
    """
    files, digests, problems = {}, {}, list[Problem]()
    for keys, name in experiment.dataset.files.items():
        path = ("dataset", *keys)
        node = find(root, path)
        assert node is not None  # it was validated
        home = home_of(node.place, sources, folder)
        files[keys] = target = (home / name).resolve()
        if not allow_outside and not (target.is_relative_to(home) or target.is_relative_to(folder)):
            message = f"`{name}` lies outside the folder of the configuration"
            hint = "move the file there, or allow it with --data-anywhere (allow_outside=True in Python)"
            problems.append(problem_at(root, path, message, hint))
            continue
        try:
            digests[keys] = _file_digest(target, root, keys)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return files, digests


def home_of(place: Place, sources: Sequence[Source], folder: Path) -> Path:
    """The folder from which a file is looked for that is named at a place."""
    named_in = next((source.path for source in sources if source.name == place.source and source.path), None)
    return named_in.resolve().parent if named_in is not None else Path.cwd() if sources else folder


def _file_digest(path: Path, root: Node, keys: KeyPath) -> str:
    where = ("dataset", *keys)
    try:
        if not path.is_file():
            # What is there and is no file may be a device that never ends.
            reason = "it is a folder" if path.is_dir() else "it is no regular file" if path.exists() else ""
            reason = reason or "there is no such file"
            raise InputError(problem_at(root, where, f"the dataset cannot be read: {reason}", _looked_for(path)))
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        message = f"the dataset cannot be read: {error.strerror}"
        raise InputError(problem_at(root, where, message, _looked_for(path))) from error


def _looked_for(path: Path) -> str:
    return f"looked for {cut(str(path), 200)}"
