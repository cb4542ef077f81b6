"""What the command line changes of a sweep, or makes one of an experiment: `training.learning_rate=[0.01, 0.1]`."""

from __future__ import annotations

from collections.abc import Sequence

from bprunner.errors import InputError, Place
from bprunner.spec import nodes
from bprunner.spec.merging import with_value
from bprunner.spec.nodes import Node, assign, find, plain
from bprunner.spec.overriding import Keys, Lay, Override, read_override
from bprunner.spec.reading import NOT_COMPUTED, Declaration
from bprunner.spec.sweep import Sweep, axis_form
from bprunner.spec.validating import validate

GRID: Keys = ("sweep", "grid")
SET: Keys = ("set",)
_KEYED = (GRID, ("sweep", "zip"), ("sweep", "sample", "of"), ("sweep", "search", "of"), SET)
"""The mappings whose keys are paths."""


def lay(root: Node, override: Override) -> tuple[Node, Keys]:
    """A sweep with one argument: a key of its own, values that vary, or what is set for every run."""
    parts = tuple(override.path.split("."))
    for keys in _KEYED:
        if len(parts) > len(keys) and parts[: len(keys)] == keys:
            return _with_key(root, keys, ".".join(parts[len(keys) :]), override)
    if parts[0] in Sweep.model_fields:
        return assign(root, override.path, override.value, override.place), parts
    return _with_key(root, GRID if _is_spaced(override) else SET, override.path, override)


def lay_in(keys: Keys) -> Lay:
    """What lays arguments into one of the mappings whose keys are paths, such as SET."""
    return lambda root, override: _with_key(root, keys, override.path, override)


def lay_list(baseline: Declaration) -> Lay:
    """What lays lists for paths of the experiment: they vary where the path takes none, and are set where it does."""
    return lambda root, override: lay_in(GRID if varies(baseline, override) else SET)(root, override)


def _with_key(root: Node, keys: Keys, path: str, override: Override) -> tuple[Node, Keys]:
    """With an entry of a mapping whose keys are paths, and where it stands.

    An axis that is there already keeps its place in the order; what is set comes after what is set in the file.
    """
    at = find(root, keys)
    entries = dict(at.entries) if isinstance(at, nodes.Mapping) else {}
    if keys == SET:
        entries.pop(path, None)
    entries[path] = nodes.Entry(override.place, override.value)
    whole = nodes.Mapping(entries, at.place if at is not None else override.place)
    return assign(root, ".".join(keys), whole, override.place), (*keys, path)


# What varies


def varying(overrides: Sequence[str]) -> list[str]:
    """The arguments that may vary something of an experiment: their values are spaced, or lists."""
    return [text for text in overrides if (override := _readable(text)) and _may_vary(override)]


def listed(overrides: Sequence[str]) -> list[str]:
    """The arguments whose values are lists for a path of an experiment: whether they vary, only that tells."""
    return [text for text in varying(overrides) if not _is_spaced(read_override(text)) and not _is_of_sweep(text)]


def varies(baseline: Declaration, override: Override) -> bool:
    """Whether one that may vary something does: it is spaced, or its path takes no list."""
    return _is_spaced(override) or not _takes_list(baseline, override)


def _readable(text: str) -> Override | None:
    try:
        return read_override(text)
    except InputError:
        return None


def _may_vary(override: Override) -> bool:
    if override.path.split(".")[0] in NOT_COMPUTED:
        return False
    return isinstance(override.value, nodes.Listing) or _is_spaced(override)


def _is_of_sweep(text: str) -> bool:
    return read_override(text).path.split(".")[0] in Sweep.model_fields


def _is_spaced(override: Override) -> bool:
    return axis_form(plain(override.value)) == "(spaced)"


def _takes_list(baseline: Declaration, override: Override) -> bool:
    """Whether a path of the experiment takes a list: it is not refused for being one."""
    try:
        validate(with_value(baseline.root, override.path, override.value, override.place))
    except InputError as error:
        refused = (each for each in error.problems if _same_path(each.path, override.path))
        return not any(f"found {nodes.describe(override.value)}" in each.message for each in refused)
    return True


def _same_path(told: str, path: str) -> bool:
    return told.replace("[", ".").replace("]", "") == path


def sweep_root(name: str, place: Place) -> Node:
    """A sweep that only the command line declares, before anything varies."""
    entries = {
        key: nodes.Entry(place, nodes.Scalar(text, text, place))
        for key, text in (("name", name), ("baseline", "<file>"))
    }
    return nodes.Mapping(entries, place)
