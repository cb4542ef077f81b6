"""Overrides are what the command line changes: `training.learning_rate=0.1`, the value parsed as YAML."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from bprunner.errors import InputError, Place, Problem
from bprunner.spec import nodes
from bprunner.spec.nodes import Node, find, plain, typed
from bprunner.spec.problems import cut
from bprunner.spec.yaml_loader import load_value

_ARGUMENT = "argument "


class Override(NamedTuple):
    """One argument: its text, the path, the value, and where the path stands."""

    text: str
    path: str
    value: Node
    place: Place


Keys = tuple[str, ...]
"""Where something stands in a tree; positions in lists as text."""

Lay = Callable[[Node, Override], tuple[Node, Keys]]
"""What lays an argument over a tree: gives the tree with it, and where it stands there now."""

Laid = dict[str, Keys]
"""Arguments that were laid over a tree, by their text, with the keys below which they stand."""


def read_override(text: str) -> Override:
    """Reads one argument. Raises InputError."""
    shown = f"{_ARGUMENT}{text if len(text) <= 60 else text[:59] + '…'}"
    path, equals, value = text.partition("=")
    if not equals:
        message = f"must be `key=value`, found {text!r}"
        raise InputError(Problem(message, Place(shown), hint="for example training.learning_rate=0.1"))
    node = load_value(value, shown, before=f"{path}=")
    return Override(text, path.strip(), node, Place(shown, 1, 1, text, max(1, len(path))))


def is_argument(place: Place) -> bool:
    """Whether something was written in an argument."""
    return place.source.startswith(_ARGUMENT)


def overridden(root: Node, texts: Iterable[str], lay: Lay, laid: Laid | None = None) -> Node:
    """A tree with these arguments, one after the other. Raises InputError with every problem of every argument.

    laid: those that were laid before, to which these are added. Two that undo each other are refused.
    """
    laid = {} if laid is None else laid
    problems: list[Problem] = []
    for text in texts:
        try:
            override = read_override(text)
            changed, keys = lay(root, override)
        except InputError as error:
            problems += error.problems
            continue
        undone = undone_by(root, changed, laid, keys)
        if undone:
            problems.append(contradiction(undone, override.text, override.place, override.path))
        root, laid[text] = changed, keys
    if problems:
        raise InputError(problems)
    return root


def contradiction(undone: str, text: str, place: Place, path: str) -> Problem:
    """Two arguments of which one leaves nothing of the other."""
    return Problem(f"`{cut(undone)}` and `{cut(text)}` contradict each other", place, path, "leave one of them out")


def undone_by(root: Node, changed: Node, laid: Laid, keys: Keys) -> str:
    """The earlier argument of which a change at these keys leaves nothing, or something else; "" where there is none.

    What reaches into an earlier value adds to it, as long as nothing of it has to go.
    """
    for text, path in laid.items():
        before, after = _at(root, path), _at(changed, path)
        if len(keys) > len(path) and keys[: len(path)] == path:
            if _lacks(before, after):
                return text
        elif before is not after and (before and plain(before)) != (after and plain(after)):
            return text
    return ""


def _lacks(before: Node | None, after: Node | None) -> bool:
    """Whether a key of a mapping is gone."""
    if not (isinstance(before, nodes.Mapping) and isinstance(after, nodes.Mapping)):
        return False
    return any(
        key not in after.entries or _lacks(entry.value, after.entries[key].value)
        for key, entry in before.entries.items()
    )


def _at(root: Node, keys: Keys) -> Node | None:
    return find(root, typed(root, keys))
