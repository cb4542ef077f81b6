"""Reading an experiment: its file, what it extends, and what the command line changes.

The pieces are merged as nodes, so that every error still points to the text it came from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from bprunner.errors import InputError, Place, Problem
from bprunner.spec import nodes
from bprunner.spec.consistency import misfits
from bprunner.spec.experiment import RULES, CsvDataset, Experiment
from bprunner.spec.nodes import Node, assign, entry_place, find, from_data, merge, plain
from bprunner.spec.problems import problem_at, problems_of
from bprunner.spec.source import Source, read_source
from bprunner.spec.yaml_loader import load, load_value

MOST_EXTENDED = 20


@dataclass(frozen=True)
class Declaration:
    """An experiment and where it came from.

    `folder` is that of the file (the working folder for declarations from Python), `sources` the texts in the
    order in which they were read, the file itself first, `data_file` the dataset's file if it has one.
    """

    experiment: Experiment
    folder: Path
    sources: tuple[Source, ...]
    overrides: tuple[str, ...]
    root: Node
    data_file: Path | None = None
    data_digest: str | None = None

    @property
    def path(self) -> Path | None:
        return self.sources[0].path if self.sources else None

    def problem(self, path: Sequence[str | int], message: str, hint: str = "") -> InputError:
        """An error about what stands at a path of the declaration."""
        return InputError(problem_at(self.root, path, message, hint))


@dataclass(frozen=True)
class _Merged:
    root: Node
    sources: tuple[Source, ...]


def read_declaration(
    declared: Path | str | Mapping[str, Any] | Experiment,
    overrides: Sequence[str] = (),
    allow_outside: bool = False,
) -> Declaration:
    """Reads, merges and validates. Raises InputError with every problem found.

    overrides: `training.learning_rate=0.1`, the value parsed as YAML. allow_outside lets the dataset's file lie
    outside the folder of the file that names it.
    """
    if isinstance(declared, Experiment):
        from bprunner.spec.effective import declaration_data

        declared = declaration_data(declared)
    if isinstance(declared, Mapping):
        merged, folder = _Merged(from_data(declared), ()), Path.cwd()
    else:
        merged = _read_file(Path(declared), ())
        folder = Path(declared).resolve().parent
    root = _overridden(merged.root, overrides)
    experiment = validate(root)
    data_file = _data_file(experiment, root, merged.sources, folder, allow_outside)
    digest = None if data_file is None else _file_digest(data_file, root)
    return Declaration(experiment, folder, merged.sources, tuple(overrides), root, data_file, digest)


# Files and overrides


def _read_file(path: Path, chain: tuple[Path, ...], named_at: Problem | None = None) -> _Merged:
    """A file merged over what it extends."""
    try:
        source = read_source(path)
    except InputError as error:
        if named_at is None:
            raise
        raise InputError(
            [Problem(f"{named_at.message}: {error.problems[0].message}", named_at.place, "extends")]
        ) from None
    root = load(source)
    if not isinstance(root, nodes.Mapping):
        message = f"an experiment is a mapping of keys to values, found {nodes.describe(root)}"
        raise InputError(Problem(message, root.place))
    entry = root.entries.get("extends")
    if entry is None:
        return _Merged(root, (source,))
    base = _extended(entry.value, path, (*chain, path.resolve()))
    own = nodes.Mapping({key: each for key, each in root.entries.items() if key != "extends"}, root.place)
    return _Merged(merge(base.root, own, _replaces), (source, *base.sources))


def _extended(value: Node, path: Path, chain: tuple[Path, ...]) -> _Merged:
    if not (isinstance(value, nodes.Scalar) and isinstance(value.value, str) and value.value):
        raise InputError(Problem(f"must be the path of a file, found {nodes.describe(value)}", value.place, "extends"))
    target = path.parent / value.value
    if target.resolve() in chain:
        names = " → ".join(each.name for each in (*chain, target))
        raise InputError(Problem(f"extends itself in a circle: {names}", value.place, "extends"))
    if len(chain) > MOST_EXTENDED:
        raise InputError(Problem(f"more than {MOST_EXTENDED} files extend each other", value.place, "extends"))
    return _read_file(target, chain, Problem(f"cannot extend `{value.value}`", value.place))


_ALTERNATIVES: Mapping[tuple[str, ...], frozenset[str]] = {
    ("initial_weights",): frozenset([*RULES, "matrices"]),
    ("initial_weights", "biases"): frozenset(RULES),
    ("dataset",): frozenset(["csv", "inputs", "targets"]),
}
"""Where a mapping chooses among alternatives, the keys that choose."""

_CHOICES = (("training", "loss"), ("training", "optimizer"))


def _replaces(path: tuple[str, ...], base: nodes.Mapping, over: nodes.Mapping) -> bool:
    """Whether a mapping takes another alternative than the one it extends, and so replaces it whole."""
    if path in _CHOICES:
        return set(base.entries) != set(over.entries)
    keys = _ALTERNATIVES.get(path, frozenset())
    chosen = keys & set(over.entries)
    return bool(chosen) and not chosen <= set(base.entries)


def _overridden(root: Node, overrides: Sequence[str]) -> Node:
    problems: list[Problem] = []
    for override in overrides:
        shown = f"argument {override if len(override) <= 60 else override[:59] + '…'}"
        path, equals, text = override.partition("=")
        place = Place(shown, 1, 1, override, max(1, len(path)))
        if not equals:
            message = f"must be `key=value`, found {override!r}"
            problems.append(Problem(message, Place(shown), hint="for example training.learning_rate=0.1"))
            continue
        try:
            value = load_value(text, shown, before=f"{path}=")
            root = assign(root, path.strip(), value, place)
        except InputError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(problems)
    return root


# Validation

_Model = TypeVar("_Model", bound=BaseModel)


def validate(root: Node) -> Experiment:
    """The experiment that a tree of nodes declares. Raises InputError with every problem found."""
    data = plain(root)
    problems: list[Problem] = []
    try:
        experiment = Experiment.model_validate(data)
        parts: Mapping[str, Any] = {key: getattr(experiment, key) for key in Experiment.model_fields}
    except ValidationError as error:
        problems = problems_of(error, root, Experiment)
        parts = _valid_parts(data)
    # Faults of shape are reported beside the faults of single keys, where the parts they need are valid.
    problems += [
        problem_at(root, misfit.path, misfit.message, misfit.hint)
        if find(root, misfit.path) is not None
        else Problem(
            misfit.message, entry_place(root, misfit.path[:1]) or root.place, _dotted(misfit.path), misfit.hint
        )
        for misfit in misfits(parts)
    ]
    if problems:
        raise InputError(problems)
    return experiment


def _dotted(path: Sequence[str | int]) -> str:
    from bprunner.spec.problems import dotted

    return dotted(path)


def _valid_parts(data: object) -> dict[str, Any]:
    """The top-level parts of a faulty experiment that are valid by themselves."""
    parts: dict[str, Any] = {}
    for key, field in Experiment.model_fields.items():
        if not (isinstance(data, Mapping) and key in data):
            continue
        annotation: Any = field.annotation
        for extra in field.metadata:
            from typing import Annotated

            annotation = Annotated[annotation, extra]
        try:
            parts[key] = TypeAdapter(annotation).validate_python(data[key], strict=True)
        except ValidationError:
            continue
    return parts


# The dataset's file


def _data_file(
    experiment: Experiment, root: Node, sources: Sequence[Source], folder: Path, allow_outside: bool
) -> Path | None:
    """The dataset's file, from the folder of the file that names it; from the working folder for an argument."""
    if not isinstance(experiment.dataset, CsvDataset):
        return None
    path = ("dataset", "csv", "file")
    node = find(root, path)
    assert node is not None  # it was validated
    named_in = next((source.path for source in sources if source.name == node.place.source and source.path), None)
    home = named_in.resolve().parent if named_in is not None else Path.cwd() if sources else folder
    target = (home / experiment.dataset.csv.file).resolve()
    if not allow_outside and not (target.is_relative_to(home) or target.is_relative_to(folder)):
        raise InputError(
            problem_at(
                root,
                path,
                f"{experiment.dataset.csv.file!r} lies outside the folder of the configuration",
                "move the file there, or allow it with --data-anywhere (allow_outside=True in Python)",
            )
        )
    return target


def _file_digest(path: Path, root: Node) -> str:
    where = ("dataset", "csv", "file")
    try:
        if not path.is_file():
            reason = "it is a folder" if path.is_dir() else "there is no such file"
            raise InputError(problem_at(root, where, f"the dataset {path.name!r} cannot be read: {reason}"))
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        message = f"the dataset {path.name!r} cannot be read: {error.strerror}"
        raise InputError(problem_at(root, where, message)) from error


Reader = Callable[[Path], Declaration]
