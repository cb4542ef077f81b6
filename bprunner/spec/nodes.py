"""A node is a piece of a declaration that knows where it was written.

A Scalar is one value, a Listing a list, a Mapping a list of named entries. Nodes never change: `merge` and
`assign` return new ones, and every piece of them still points to the text it came from.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bprunner.errors import InputError, Place, Problem
from bprunner.spec.printed import Printed

MAX_DEPTH = 64

ScalarValue = None | bool | int | float | str


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value. `text` is what was written, without quotes; `quoted` covers block scalars too."""

    value: ScalarValue
    text: str
    place: Place
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """Nodes in their order."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Mapping:
    """Nodes by name, in the order written."""

    entries: abc.Mapping[str, Entry]
    place: Place


@dataclass(frozen=True, slots=True)
class Entry:
    """What a mapping holds under a key, and where the key stands."""

    key_place: Place
    value: Node


Node = Scalar | Listing | Mapping
KeyPath = Sequence[str | int]


class WrittenInt(int):
    """An integer that remembers how it was written: `007`, `0xFF`."""

    text: str

    def __new__(cls, value: int, text: str) -> WrittenInt:
        number = super().__new__(cls, value)
        number.text = text
        return number

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (int(self), self.text)


class WrittenFloat(float):
    """A float that remembers how it was written: `0.20` has two decimals."""

    text: str

    def __new__(cls, value: float, text: str) -> WrittenFloat:
        number = super().__new__(cls, value)
        number.text = text
        return number

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (float(self), self.text)


def plain(node: Node) -> object:
    """The node as Python data: dict, list, str, bool, None, and numbers that carry their text."""
    if isinstance(node, Mapping):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    if isinstance(node.value, bool):
        return node.value
    if isinstance(node.value, int):
        return WrittenInt(node.value, node.text)
    if isinstance(node.value, float):
        return WrittenFloat(node.value, node.text)
    return node.value


def describe(node: Node) -> str:
    """What stands here, in words for an error: "the number 0.20", "a list of 3"."""
    if isinstance(node, Mapping):
        return "a mapping of " + (", ".join(list(node.entries)[:5]) or "nothing")
    if isinstance(node, Listing):
        return f"a list of {len(node.items)}"
    if node.value is None:
        return "nothing (null)"
    shown = node.text if len(node.text) <= 40 else node.text[:39] + "…"
    if isinstance(node.value, str):
        return f"the text {shown!r}"
    return f"the {'truth value' if isinstance(node.value, bool) else 'number'} {shown}"


def is_too_large(value: int) -> bool:
    """Whether an integer lies beyond the largest double."""
    try:
        float(value)
    except OverflowError:
        return True
    return False


def from_data(value: object, source_name: str = "<python>") -> Node:
    """The way back from Python data. Whatever has `tolist`, as NumPy's arrays and scalars do, is taken too."""
    return _node_of(value, Place(source_name), ())


def _node_of(value: object, place: Place, path: tuple[str | int, ...]) -> Node:
    if len(path) >= MAX_DEPTH and isinstance(value, abc.Mapping | list | tuple):
        raise _data_error(f"the data is nested deeper than {MAX_DEPTH} levels", place, path)
    if isinstance(value, abc.Mapping):
        entries = {_key(key, place, path): _entry(item, place, (*path, key)) for key, item in value.items()}
        return Mapping(entries, place)
    if isinstance(value, list | tuple):
        return Listing(tuple(_node_of(item, place, (*path, index)) for index, item in enumerate(value)), place)
    if value is None or isinstance(value, bool | int | float | str):
        return _scalar_of(value, place, path)
    if isinstance(value, Printed):
        return Scalar(float(value.number), str(value.number), place)
    tolist = getattr(value, "tolist", None)
    if not callable(tolist) or isinstance(value, type):
        raise _data_error(f"{type(value).__name__!r} is no kind of data that can be declared", place, path)
    return _node_of_array(tolist(), place, path)


def _node_of_array(value: object, place: Place, path: tuple[str | int, ...]) -> Node:
    """What `tolist` gave: asked once only, so that an object that gives itself cannot be asked for ever."""
    if hasattr(value, "tolist"):
        raise _data_error(f"{type(value).__name__!r} is no kind of data that can be declared", place, path)
    return _node_of(value, place, path)


def _entry(value: object, place: Place, path: tuple[str | int, ...]) -> Entry:
    return Entry(place, _node_of(value, place, path))


def _key(key: object, place: Place, path: tuple[str | int, ...]) -> str:
    if not isinstance(key, str):
        raise _data_error(f"a key must be text, found {type(key).__name__!r}", place, path)
    return str.__str__(key)


def _scalar_of(value: ScalarValue, place: Place, path: tuple[str | int, ...]) -> Scalar:
    """bool comes before int, which it is in Python; subclasses lose what is theirs, but for the written text."""
    if value is None or isinstance(value, bool):
        return Scalar(value, "null" if value is None else str(value).lower(), place)
    if isinstance(value, str):
        text = str.__str__(value)
        return Scalar(text, text, place, quoted=True)
    if isinstance(value, int) and is_too_large(value):
        raise _data_error("the number is too large for a double", place, path)
    written = getattr(value, "text", None)
    bare = int(value) if isinstance(value, int) else float(value)
    return Scalar(bare, written if isinstance(written, str) else _number_text(bare), place)


def _number_text(value: float) -> str:
    """The shortest digits that give the same number; `.inf` and `.nan` as YAML writes them."""
    return repr(value).replace("inf", ".inf").replace("nan", ".nan")


def _data_error(message: str, place: Place, path: KeyPath) -> InputError:
    return InputError(Problem(message, place, ".".join(str(part) for part in path[:10])))


def find(node: Node, path: KeyPath) -> Node | None:
    """What stands at the path, or None."""
    for part in path:
        child = _child(node, part)
        if child is None:
            return None
        node = child
    return node


def typed(root: Node, parts: Sequence[str]) -> tuple[str | int, ...]:
    """A path as arguments write it, as `find` takes it: with numbers for positions in lists."""
    keys: tuple[str | int, ...] = ()
    node: Node | None = root
    for part in parts:
        is_position = isinstance(node, Listing) and part.isascii() and part.isdigit() and len(part) <= 18
        key: str | int = int(part) if is_position else part
        keys, node = (*keys, key), None if node is None else _child(node, key)
    return keys


def _child(node: Node, part: str | int) -> Node | None:
    if isinstance(node, Mapping) and isinstance(part, str):
        entry = node.entries.get(part)
        return None if entry is None else entry.value
    if isinstance(node, Listing) and isinstance(part, int) and 0 <= part < len(node.items):
        return node.items[part]
    return None


def entry_place(node: Node, path: KeyPath) -> Place | None:
    """Where the key of the path's last entry stands; an item of a list has no key, so where it stands itself."""
    if not path:
        return node.place
    parent, last = find(node, path[:-1]), path[-1]
    if isinstance(parent, Mapping) and isinstance(last, str):
        entry = parent.entries.get(last)
        return None if entry is None else entry.key_place
    item = find(node, path)
    return None if item is None else item.place


Replaces = Callable[[tuple[str, ...], Mapping, Mapping], bool]


def never(path: tuple[str, ...], base: Mapping, over: Mapping) -> bool:  # noqa: ARG001
    """Every mapping merges."""
    return False


def merge(base: Node, over: Node, replaces: Replaces = never) -> Node:
    """`over` laid on `base`: mappings merge deeply, anything else replaces.

    `replaces(path, base_mapping, over_mapping)` tells where a mapping replaces, too. A merged mapping stands
    where `over` wrote it, and lists the keys of `base` first.
    """
    return _merged(base, over, replaces, ())


def _merged(base: Node, over: Node, replaces: Replaces, path: tuple[str, ...]) -> Node:
    if not (isinstance(base, Mapping) and isinstance(over, Mapping)) or replaces(path, base, over):
        return over
    entries = dict(base.entries)
    for key, entry in over.entries.items():
        if key in entries:
            entry = replace(entry, value=_merged(entries[key].value, entry.value, replaces, (*path, key)))
        entries[key] = entry
    return Mapping(entries, over.place)


def assign(root: Node, dotted_path: str, value: Node, key_place: Place) -> Node:
    """`root` with `value` at `training.learning_rate` or `architecture.layers.0.units`.

    Mappings on the way that are absent, or null, are made; positions in a list must exist. `key_place` is where
    the path was written.
    """
    return _Assignment(tuple(dotted_path.split(".")), value, key_place).apply(root)


@dataclass(frozen=True)
class _Assignment:
    """A value on its way along a path."""

    parts: tuple[str, ...]
    value: Node
    key_place: Place

    def apply(self, root: Node) -> Node:
        if not all(self.parts):
            raise self._error("a path is names and positions with single dots between them")
        if len(self.parts) > MAX_DEPTH:
            raise self._error(f"a path has at most {MAX_DEPTH} parts")
        return self._within(root, 0)

    def _within(self, node: Node, depth: int) -> Node:
        """`node`, which stands `depth` parts along the path, with the value set inside."""
        if depth == len(self.parts):
            return self.value
        if isinstance(node, Listing):
            return self._within_listing(node, depth)
        if isinstance(node, Scalar) and node.value is None:
            node = Mapping({}, self.key_place)
        if isinstance(node, Scalar):
            raise self._error(
                f"{self._so_far(depth)} is {describe(node)}, so there is no {self.parts[depth]!r} in it",
                "Only mappings and lists have parts.",
            )
        return self._within_mapping(node, depth)

    def _within_mapping(self, node: Mapping, depth: int) -> Mapping:
        key, last = self.parts[depth], depth == len(self.parts) - 1
        old = node.entries.get(key, Entry(self.key_place, Scalar(None, "", self.key_place)))
        new = Entry(self.key_place if last else old.key_place, self._within(old.value, depth + 1))
        return Mapping({**node.entries, key: new}, node.place)

    def _within_listing(self, node: Listing, depth: int) -> Listing:
        index = self._position(node, depth)
        inner = self._within(node.items[index], depth + 1)
        return Listing((*node.items[:index], inner, *node.items[index + 1 :]), node.place)

    def _position(self, node: Listing, depth: int) -> int:
        part, count = self.parts[depth], len(node.items)
        # The length is checked first: int() on very many digits raises an error of its own.
        if part.isascii() and part.isdigit() and len(part) <= 18 and int(part) < count:
            return int(part)
        positions = f"Its positions are 0 to {count - 1}." if count else "It has no positions."
        raise self._error(f"{self._so_far(depth)} is {describe(node)}; {part!r} is no position in it", positions)

    def _so_far(self, depth: int) -> str:
        return f"`{'.'.join(self.parts[:depth])}`" if depth else "the whole"

    def _error(self, message: str, hint: str = "") -> InputError:
        return InputError(Problem(message, self.key_place, ".".join(self.parts), hint))
