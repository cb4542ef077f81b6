"""Laying one declaration over another: mappings merge, and what takes another's place replaces it.

Which keys take each other's place, which mappings choose among alternatives, and which names stand for a mapping of
their numbers, is known here.
"""

from __future__ import annotations

from collections.abc import Mapping

from bprunner.errors import InputError, Place, Problem
from bprunner.spec import nodes
from bprunner.spec.arithmetic import QUANTITIES, Rounding, rounding_form
from bprunner.spec.dataset import SOURCES
from bprunner.spec.initial_weights import RULES
from bprunner.spec.nodes import Node, assign, entry_place, find, merge, typed
from bprunner.spec.problems import cut
from bprunner.spec.training import OptimizerState
from bprunner.spec.training_misfits import SLOTS

# What is known of the keys

_ALTERNATIVES: Mapping[tuple[str, ...], frozenset[str]] = {
    ("initial_weights",): frozenset([*RULES, "matrices", "layers"]),
    ("initial_weights", "biases"): frozenset(RULES),
    ("dataset",): SOURCES,
    ("dataset", "held_out"): SOURCES,
}
"""Where a mapping chooses among alternatives, the keys that choose."""

_CHOICES = frozenset(
    [
        *(("training", key) for key in ("loss", "reported_error", "optimizer", "schedule", "batches", "stop")),
        *(("dataset", "scale", side) for side in ("inputs", "targets")),
        ("arithmetic", "numbers"),
    ]
)
"""Mappings that are a name with its numbers."""

_EXCLUSIVE: Mapping[tuple[str, ...], frozenset[str]] = {
    ("training",): frozenset(["epochs", "updates"]),
    ("dataset",): frozenset(["split", "held_out"]),
    ("dataset", "encode"): frozenset(["classes", "labels"]),
    ("training", "stop", "threshold"): frozenset(["at_most", "below", "at_least"]),
    ("horizon",): frozenset(["step", "epoch"]),
}
"""Keys of which one takes the other's place, and leaves the rest of the mapping as it is."""

_LISTS = frozenset(
    [
        ("expect",),
        ("architecture", "layers"),
        *(("architecture", "naming", key) for key in ("inputs", "neurons")),
        *(("initial_weights", key) for key in ("matrices", "layers")),
        *(("dataset", *held_out, key) for held_out in ((), ("held_out",)) for key in ("inputs", "targets", "columns")),
        ("dataset", "encode", "labels"),
        *(("training", key) for key in ("metrics", "frozen")),
        ("training", "batches", "online", "order"),
        *((key, "quantities") for key in ("trace", "tracking")),
    ]
)
"""Lists, whose items have positions."""

_WRITTEN_HERE = frozenset(["inputs", "targets"])


# A part laid over a whole


def laid_over(base: Node, own: Node) -> Node:
    """`own`, which holds what differs, laid over the whole that it differs from."""
    own = _spelled_out(own, base)
    room = _for_another_optimizer(base, own)
    for path, keys in _EXCLUSIVE.items():
        over = find(own, path)
        chosen = keys & set(over.entries) if isinstance(over, nodes.Mapping) else frozenset()
        room = without(room, path, keys - chosen) if chosen else room
    return merge(room, own, _replaces)


def _spelled_out(own: Node, base: Node) -> Node:
    """With `adam` written as `adam: {}` where what is extended has an adam with numbers: it keeps them."""
    for path in _CHOICES:
        named, numbers = find(own, path), find(base, path)
        if isinstance(named, nodes.Scalar) and isinstance(numbers, nodes.Mapping) and _kind_of(numbers) == named.value:
            kept = nodes.Mapping({}, named.place)
            whole = nodes.Mapping({str(named.value): nodes.Entry(named.place, kept)}, named.place)
            own = assign(own, ".".join(path), whole, named.place)
    return own


def _for_another_optimizer(base: Node, own: Node) -> Node:
    """`base` without those parts of its `optimizer_state` that the optimizer declared in `own` does not remember."""
    kind = _kind_of(find(own, ("training", "optimizer")))
    if kind not in SLOTS:
        return base
    return without(base, ("training", "optimizer_state"), frozenset(OptimizerState.model_fields) - {*SLOTS[str(kind)]})


def _kind_of(node: Node | None) -> object:
    """The name of a choice: alone, or with its numbers."""
    if isinstance(node, nodes.Mapping):
        return next(iter(node.entries), None)
    return node.value if isinstance(node, nodes.Scalar) else None


def without(root: Node, path: tuple[str, ...], keys: frozenset[str]) -> Node:
    """The tree without these keys of the mapping at a path."""
    if not isinstance(root, nodes.Mapping) or (path and path[0] not in root.entries):
        return root
    if not path:
        return nodes.Mapping({key: each for key, each in root.entries.items() if key not in keys}, root.place)
    entry = root.entries[path[0]]
    inner = nodes.Entry(entry.key_place, without(entry.value, path[1:], keys))
    return nodes.Mapping({**root.entries, path[0]: inner}, root.place)


def _replaces(path: tuple[str, ...], base: nodes.Mapping, over: nodes.Mapping) -> bool:
    """Whether a mapping takes another alternative than the one it extends, and so replaces it whole."""
    if path in _CHOICES:
        return set(base.entries) != set(over.entries)
    if len(path) == 2 and path[0] == "arithmetic":
        return rounding_form(base.entries) != rounding_form(over.entries)
    keys = _ALTERNATIVES.get(path, frozenset())
    chosen = keys & set(over.entries)
    return bool(chosen) and not chosen <= set(base.entries)


# A value set at a path


def with_value(root: Node, path: str, value: Node, key_place: Place) -> Node:
    """A declaration with another value at a path, and without what that takes the place of.

    key_place: where the path was written. Raises InputError where nothing of this path can be there.
    """
    return assign(_with_room(root, path, value, key_place), path, value, key_place)


def _with_room(root: Node, path: str, value: Node, key_place: Place) -> Node:
    """A declaration without what the value at a path takes the place of."""
    root = _opened(root, path, value, key_place)
    *parents, last = path.split(".")
    others = _EXCLUSIVE.get(tuple(parents), frozenset())
    others = others if last in others else frozenset()
    if parents in (["dataset"], ["dataset", "held_out"]) and last in SOURCES:
        others |= SOURCES if last not in _WRITTEN_HERE else SOURCES - _WRITTEN_HERE
        # Which rows and columns are meant belongs to the source.
        others |= {"rows", "columns"}
    if last in others or last in _WRITTEN_HERE:
        root = without(root, tuple(parents), others - {last})
    if path == "training.optimizer":
        root = _for_another_optimizer(root, assign(nodes.Mapping({}, root.place), path, value, value.place))
    return root


def _is_choice(path: tuple[str, ...]) -> bool:
    """Whether a name, or a name with its numbers, stands at a path."""
    match path:
        case ("architecture", "layers", _, "activation" | "bias") | ("training", "metrics", _):
            return True
        case ("initial_weights", "biases") | ("initial_weights", "biases" | "layers", _):
            return True
        case _:
            return path in _CHOICES


def _opened(root: Node, path: str, value: Node, place: Place) -> Node:
    """The declaration with a mapping for every text that stands for one on the way along a path.

    `adam` stands for `adam: {}`, and `exact` for no rounding; a rounding of a whole quantity makes room for one by
    names, and the other way round.
    """
    parts = tuple(path.split("."))
    for depth in range(1, len(parts)):
        before, part = parts[:depth], parts[depth]
        node = find(root, typed(root, before))
        text = node.value if isinstance(node, nodes.Scalar) else None
        if before in _LISTS and part.isdigit() and text is None and not isinstance(node, nodes.Listing):
            message = f"`{'.'.join(before)}` is not there, so it has no position {cut(part)}"
            raise InputError(Problem(message, place, path, f"write the whole list: {'.'.join(before)}=[…]"))
        if _is_choice(before) and node is not None and _kind_of(node) not in (None, part):
            message = f"`{'.'.join(before)}` is `{cut(str(_kind_of(node)))}`, so there is no `{cut(part)}` in it"
            raise InputError(Problem(message, place, path, _chosen(before, parts[depth:], value)))
        empty = nodes.Mapping({}, place if node is None else node.place)
        if text is not None and _is_choice(before):
            root = _with(root, before, nodes.Mapping({part: nodes.Entry(empty.place, empty)}, empty.place))
        elif before == ("initial_weights",) and text in RULES:
            root = _with(root, before, nodes.Mapping({str(text): nodes.Entry(empty.place, empty)}, empty.place))
        elif before == ("arithmetic",) and text == "exact":
            root = _with(root, before, empty)
        elif len(before) == 2 and before[0] == "arithmetic" and before[1] in QUANTITIES:
            other = "(named)" if part in Rounding.model_fields else "(whole)"
            if isinstance(node, nodes.Mapping) and node.entries and rounding_form(node.entries) == other:
                root = _with(root, before, empty)
    return root


def _chosen(path: tuple[str, ...], rest: tuple[str, ...], value: Node) -> str:
    """How another choice is made: `training.loss={huber: {threshold: 2}}`."""
    text = value.text if isinstance(value, nodes.Scalar) and value.text else "…"
    numbers = f"{{{': {'.join(rest)}: {cut(text)}{'}' * len(rest)}"
    return f"another choice is made as a whole: {'.'.join(path)}={numbers}"


def _with(root: Node, parts: tuple[str, ...], value: Node) -> Node:
    """The tree with another value for a key that stays where it was written."""
    return assign(root, ".".join(parts), value, entry_place(root, typed(root, parts)) or value.place)
