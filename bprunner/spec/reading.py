"""Reading an experiment: its file, what it extends, and what the command line changes.

The pieces are merged as nodes, so that every error still points to the text it came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bprunner.errors import InputError, Problem
from bprunner.spec import nodes
from bprunner.spec.consistency import misfits
from bprunner.spec.data_files import data_files
from bprunner.spec.dataset import KeyPath
from bprunner.spec.experiment import Experiment
from bprunner.spec.merging import laid_over, with_value
from bprunner.spec.nodes import Node, find, from_data, plain
from bprunner.spec.overriding import Override, overridden
from bprunner.spec.problems import problem_at
from bprunner.spec.source import Source, read_source
from bprunner.spec.validating import valid_parts, validate
from bprunner.spec.yaml_loader import load

MOST_EXTENDED = 20


@dataclass(frozen=True)
class Declaration:
    """An experiment and where it came from.

    `folder` is that of the file (the working folder for declarations from Python), `sources` the texts in the
    order in which they were read, the file itself first. `data_files` are the files that the dataset names, by
    their keys below `dataset`, and `data_digests` the SHA-256 of each. `is_what_if` says whether the overrides change
    what is computed: the document's figures then need not agree.
    """

    experiment: Experiment
    folder: Path
    sources: tuple[Source, ...]
    overrides: tuple[str, ...]
    root: Node
    data_files: Mapping[KeyPath, Path] = field(default_factory=dict)
    data_digests: Mapping[KeyPath, str] = field(default_factory=dict)
    is_what_if: bool = False

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
    root = overridden(merged.root, overrides, _laid)
    what_if = _computes_something_else(merged.root, root)
    if what_if:
        root = _without_outdated_figures(merged.root, root)
    experiment = validate(root)
    files, digests = data_files(experiment, root, merged.sources, folder, allow_outside)
    return Declaration(experiment, folder, merged.sources, tuple(overrides), root, files, digests, what_if)


def _laid(root: Node, override: Override) -> tuple[Node, tuple[str, ...]]:
    path, value, place = override.path, override.value, override.place
    return with_value(root, path, value, place), tuple(path.split("."))


# Files that extend each other


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
    written = nodes.Mapping({key: each for key, each in root.entries.items() if key != "extends"}, root.place)
    return _Merged(laid_over(base.root, written), (source, *base.sources))


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


# What is changed

NOT_COMPUTED = frozenset(["name", "title", "source", "expect", "horizon", "trace", "tracking"])
"""The parts of an experiment that change nothing of what is computed."""


def _computes_something_else(declared: Node, changed: Node) -> bool:
    """Whether a changed declaration says something else than before of what is computed."""
    if declared is changed:
        return False
    before, after = plain(declared), plain(changed)
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        return before != after
    return any(before.get(key) != after.get(key) for key in {*before, *after} - NOT_COMPUTED)


def _without_outdated_figures(declared: Node, changed: Node) -> Node:
    """The changed declaration without the entries of `expect` that only the change makes wrong.

    Somebody who shortens a run, or gives it another network, asks what happens then; the document's figures of
    steps, neurons or samples that are no longer there are no fault of theirs. A file's own faults stay.
    """
    outdated = _misfitting_entries(changed) - _misfitting_entries(declared)
    listed = find(changed, ("expect",))
    if not outdated or not isinstance(listed, nodes.Listing) or not isinstance(changed, nodes.Mapping):
        return changed
    kept = tuple(item for number, item in enumerate(listed.items) if number not in outdated)
    entry = nodes.Entry(changed.entries["expect"].key_place, nodes.Listing(kept, listed.place))
    return nodes.Mapping({**changed.entries, "expect": entry}, changed.place)


def _misfitting_entries(root: Node) -> set[int]:
    """The positions in `expect` of what is valid by itself and does not fit the rest."""
    paths = [misfit.path for misfit in misfits(valid_parts(plain(root)))]
    return {path[1] for path in paths if len(path) > 1 and path[0] == "expect" and isinstance(path[1], int)}
