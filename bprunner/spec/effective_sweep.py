"""The effective sweep: what a sweep declares beside its baseline, as YAML that can be read again, or as a hash.

What holds for every run is in the effective configuration of the baseline, and what the command line changed is laid
in. Values stand as they were written, since their spelling is what tables call them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bprunner.spec import nodes
from bprunner.spec.data_files import home_of
from bprunner.spec.dataset import FILE_PATHS
from bprunner.spec.effective import canonical_text, content_hash, in_notation
from bprunner.spec.nodes import Node, find, plain
from bprunner.spec.overriding import read_override
from bprunner.spec.settings import UNCHANGED, comparable, text_of
from bprunner.spec.yaml_writer import as_written, to_yaml

if TYPE_CHECKING:
    from bprunner.spec.sweep_reading import SweepDeclaration

_AXES = ("grid", "zip")
_DISTRIBUTIONS = ("sample", "search")
_NAMES_OF_FILES = frozenset(("dataset", *keys) for keys in FILE_PATHS)
Renamed = Callable[[nodes.Scalar], nodes.Scalar]
"""What stands for a file's name."""


# The hash


def sweep_hash(declaration: SweepDeclaration) -> str:
    """SHA-256 of what a sweep declares, 64 hexadecimal characters: its baseline, its plan, and what is traced.

    The order of axes and of labels counts, since cells are numbered by it; the spelling of numbers does not. Files of
    data count by their content.
    """
    data = {
        "baseline": content_hash(declaration.baseline),
        "sweep": _declared_plan(declaration),
        "trace": in_notation(declaration.sweep.trace),
    }
    return hashlib.sha256(canonical_text(data).encode()).hexdigest()


def _declared_plan(declaration: SweepDeclaration) -> list[Any]:
    """The plan with its axes as pairs, since their order counts."""

    def digest(name: nodes.Scalar) -> nodes.Scalar:
        try:
            with _file(declaration, name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:  # only cells that are left out have it
            return name
        return nodes.Scalar(f"sha256:{found}", name.text, name.place)

    return [
        [key, own, [[path, _declared_axis(_values(key, axis), path, digest)] for path, axis in axes.items()]]
        for key, own, axes in _parts(declaration)
    ]


def _values(key: str, axis: Node) -> Node:
    """The values of an axis: of a `choice`, what it chooses from."""
    chosen = find(axis, ("choice",)) if key in _DISTRIBUTIONS else None
    return axis if chosen is None else chosen


def _declared_axis(axis: Node, path: str, digest: Renamed) -> list[Any]:
    def text(value: Node) -> str:
        return comparable(plain(_renamed(value, path, digest)))

    if isinstance(axis, nodes.Listing):
        return ["values", [text(item) for item in axis.items]]
    return ["labels", [[label, text(value)] for label, value in _entries(axis).items()]]


# YAML


def sweep_yaml(
    declaration: SweepDeclaration, baseline_name: str, folder: Path | None = None, *, over_original: bool = False
) -> str:
    """A sweep as YAML, beside a file of this name that holds the `effective_yaml` of its baseline.

    Read again, it has the same cells: numbers, labels, values and hashes. folder: where the text will stand, if not
    where the sweep's own does: files of data are named from there. over_original: the named file is the baseline as it
    was before anything was `set`, so that the text sets it.
    """
    sweep = declaration.sweep
    home = (folder or _folder(declaration)).resolve()

    def renamed(name: nodes.Scalar) -> nodes.Scalar:
        target = _file(declaration, name)
        if (home / str(name.value)).resolve() == target:
            return name
        text = Path(os.path.relpath(target, home)).as_posix()
        return nodes.Scalar(text, text, name.place, quoted=True)

    data = {
        **{key: getattr(sweep, key) for key in ("name", "title", "source") if getattr(sweep, key) is not None},
        "baseline": baseline_name,
        **(_settings(declaration) if over_original else {}),
        "sweep": _plan(declaration, renamed),
        "trace": in_notation(sweep.trace),
        "limits": in_notation(sweep.limits),
    }
    return f"# bprunner {declaration.hash}\n" + to_yaml(data)


def _settings(declaration: SweepDeclaration) -> dict[str, Any]:
    """What is set for every run, as it was written, or as arguments that vary nothing have it."""
    written = find(declaration.root, ("set",)) if declaration.sweep.set else None
    found = {} if written is None else as_written(written)
    for override in declaration.baseline.overrides:
        argument = read_override(override)
        found[argument.path] = as_written(argument.value)
    return {"set": found} if found else {}


def _plan(declaration: SweepDeclaration, renamed: Renamed) -> dict[str, Any]:
    """What varies, in the notation of YAML and in the order of the file, defaults included."""
    plan: dict[str, Any] = {}
    for key, own, axes in _parts(declaration):
        named = _named_choice if key in _DISTRIBUTIONS else _named
        written = {path: as_written(named(axis, path, renamed)) for path, axis in axes.items()}
        plan[key] = {**own, "of": written} if key in _DISTRIBUTIONS else written if key in _AXES else own
    return plan


# What both look at


def _parts(declaration: SweepDeclaration) -> Iterator[tuple[str, Any, dict[str, Node]]]:
    """The parts of a plan in the order of the file: the key, what is declared beside the axes, and those by path."""
    for key, node in _entries(find(declaration.root, ("sweep",))).items():
        part = getattr(declaration.sweep.sweep, key)
        if not part:
            continue
        own = {} if key in _AXES else in_notation(part)
        if key in _DISTRIBUTIONS:
            del own["of"]
        yield key, own, _entries(node if key in _AXES else find(node, ("of",)))


def _entries(node: Node | None) -> dict[str, Node]:
    return {key: entry.value for key, entry in node.entries.items()} if isinstance(node, nodes.Mapping) else {}


# Files of data


def _folder(declaration: SweepDeclaration) -> Path:
    return Path.cwd() if declaration.path is None else declaration.path.resolve().parent


def _file(declaration: SweepDeclaration, name: nodes.Scalar) -> Path:
    baseline = declaration.baseline
    return (home_of(name.place, declaration.sources, baseline.folder) / str(name.value)).resolve()


def _named(axis: Node, path: str, renamed: Renamed) -> Node:
    """The values of an axis with other names for files. A list whose values then look otherwise keeps their labels."""
    if isinstance(axis, nodes.Mapping):
        return _each(axis, lambda value: _renamed(value, path, renamed))
    if not isinstance(axis, nodes.Listing):
        return axis
    values = tuple(_renamed(item, path, renamed) for item in axis.items)
    labels = [text_of(item) for item in axis.items]
    if list(map(text_of, values)) == labels or len(set(labels)) < len(labels):
        return nodes.Listing(values, axis.place)
    entries = {label: nodes.Entry(value.place, value) for label, value in zip(labels, values, strict=True)}
    return nodes.Mapping(entries, axis.place)


def _named_choice(distribution: Node, path: str, renamed: Renamed) -> Node:
    """The same for what a `choice` chooses from."""
    if not isinstance(distribution, nodes.Mapping) or "choice" not in distribution.entries:
        return distribution
    return _each(distribution, lambda values: _named(values, path, renamed))


def _each(node: nodes.Mapping, change: Callable[[Node], Node]) -> nodes.Mapping:
    entries = {key: nodes.Entry(entry.key_place, change(entry.value)) for key, entry in node.entries.items()}
    return nodes.Mapping(entries, node.place)


def _renamed(value: Node, path: str, renamed: Renamed) -> Node:
    """The value of an axis with other names for the files in it."""
    is_kept = isinstance(value, nodes.Scalar) and value.value == UNCHANGED
    return value if is_kept else _within(value, tuple(path.split(".")), renamed)


def _within(value: Node, keys: tuple[str, ...], renamed: Renamed) -> Node:
    if isinstance(value, nodes.Mapping):
        entries = {
            key: nodes.Entry(entry.key_place, _within(entry.value, (*keys, key), renamed))
            for key, entry in value.entries.items()
        }
        return nodes.Mapping(entries, value.place)
    if keys in _NAMES_OF_FILES and isinstance(value, nodes.Scalar) and isinstance(value.value, str):
        return renamed(value)
    return value
