"""The loader turns YAML text into nodes: YAML 1.2's core schema, one document, and nothing that can surprise.

PyYAML gives the events; the tree is built here, with a stack instead of recursion, so that no text can exhaust
Python's. Refused, each with its place: tags, merge keys, duplicate keys, keys that are no text, recursive or
exploding aliases, and whatever exceeds the limits below.

Where PyYAML has libyaml, its parser reads what is well formed. The slower one, in Python, is the judge of
everything else: it alone decides what is a syntax error, and where.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

from bprunner.errors import InputError, Place, Problem
from bprunner.spec.nodes import (
    MAX_DEPTH,
    Entry,
    Listing,
    Mapping,
    Node,
    Scalar,
    describe,
)
from bprunner.spec.source import Excerpt, Source, check_characters
from bprunner.spec.yaml_errors import PAIR_WITHOUT_SPACE, TAG_HINT, syntax_problem
from bprunner.spec.yaml_scalars import RefusedError, shortened, text_of, value_of

HAS_LIBYAML: bool = yaml.__with_libyaml__

MAX_NODES = 100_000
MAX_PROBLEMS = 100


def load(source: Source, *, fast: bool = HAS_LIBYAML) -> Node:
    """The tree that the text declares. Raises InputError with all problems up to the first syntax error."""
    return _load(Excerpt(source, source.text), fast)


def load_value(text: str, source_name: str, before: str = "", *, fast: bool = HAS_LIBYAML) -> Node:
    """The value of an argument such as `training.learning_rate=0.1`: `text` is what follows `before`.

    Errors show the whole argument, and their columns count in it. Empty text means null.
    """
    source = Source(source_name, before + text)
    if not text.strip(" "):
        return Scalar(None, "", source.place_at(len(before)))
    return _load(Excerpt(source, text), fast)


def _load(text: Excerpt, fast: bool) -> Node:
    check_characters(text.source)
    # libyaml and YAML itself disagree about tabs with the parser in Python, which wants none outside quotes.
    tree = _parsed_fast(text) if fast and "\t" not in text.written else None
    return (tree or _parsed_strictly(text)).result()


def _parsed_fast(text: Excerpt) -> _Tree | None:
    """The tree by libyaml, or None where it finds a syntax error, or reads what the other parser may not."""
    tree = _Tree(text)
    loader = yaml.CBaseLoader(text.written)
    try:
        _grow(tree, loader)
    except yaml.YAMLError:
        return None
    finally:
        loader.dispose()
    return None if tree.is_disputed else tree


def _parsed_strictly(text: Excerpt) -> _Tree:
    """The tree by the parser in Python; a syntax error becomes its last problem."""
    tree = _Tree(text)
    loader = yaml.BaseLoader(text.written)
    try:
        _grow(tree, loader)
    except yaml.MarkedYAMLError as error:
        tree.problems.append(syntax_problem(error, text, tree.open_bracket()))
    except (ValueError, OverflowError):  # an escape or a version number beyond all bounds
        mark = loader.get_mark()
        tree.problems.append(Problem("this escape names no character", text.place(mark.line, mark.column)))
    finally:
        loader.dispose()
    return tree


def _grow(tree: _Tree, loader: Any) -> None:
    while not tree.is_over and loader.check_event():
        tree.take(loader.get_event())


def _start_of(event: yaml.Event) -> tuple[int, int]:
    mark: Any = event.start_mark  # a parser's events always have marks
    return mark.line, mark.column


def _end_of(event: yaml.Event) -> tuple[int, int]:
    mark: Any = event.end_mark
    return mark.line, mark.column


class _Sized(NamedTuple):
    """A node with how many nodes it is, and how many levels it has, once its aliases are expanded."""

    node: Node
    size: int
    height: int


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    event: yaml.CollectionStartEvent
    place: Place
    size: int = 1
    height: int = 1
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    key: _Key | None = None

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.event, yaml.MappingStartEvent)

    def hold(self, size: int, height: int) -> None:
        self.size += size
        self.height = max(self.height, height + 1)


class _Key(NamedTuple):
    """A key that waits for its value. `name` is None where the key was refused."""

    name: str | None
    place: Place
    looks_like_pair: bool = False


_PLAIN_STYLES = (None, "")  # the first in Python's parser, the second in libyaml
_BLOCK_STYLES = ("|", ">")
_GLUED_COMMENT = re.compile(r"[|>][-+0-9]*#")
_ANCHOR = re.compile(r"&[\w-]+ +(?=[^ #])")


class _Tree:
    """Nodes growing from a parser's events.

    `is_over` tells that going on is useless, `is_disputed` that the two parsers may read this text differently:
    it has a tag, a directive, a comment glued to `|` or `>`, or a question mark in a plain scalar in brackets.
    """

    def __init__(self, text: Excerpt) -> None:
        self.text = text
        self.problems: list[Problem] = []
        self.is_over = False
        self.is_disputed = False
        self._root: Node | None = None
        self._document: Place | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, _Sized | _Open] = {}
        self._count = 0
        self._takers: dict[type[yaml.Event], Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document_start,
        }

    def take(self, event: yaml.Event) -> None:
        taker = self._takers.get(type(event))
        if taker is not None:
            taker(event)

    def result(self) -> Node:
        """The root, or all problems."""
        if not self.problems and self._root is None:
            written = bool(self.text.written.strip())
            hint = "A text starting with # needs quotes." if written else ""
            self._refuse(self.text.place(0, 0), "there is nothing here", hint)
        if self.problems or self._root is None:
            raise InputError(self.problems)
        return self._root

    def open_bracket(self) -> Place | None:
        """Where the innermost collection begins that is not closed yet, if it is one in brackets."""
        return self._open[-1].place if self._open and self._open[-1].event.flow_style else None

    def _refuse(self, place: Place, message: str, hint: str = "") -> None:
        self.problems.append(Problem(message, place, hint=hint))
        self.is_over = self.is_over or len(self.problems) >= MAX_PROBLEMS

    def _document_start(self, event: yaml.DocumentStartEvent) -> None:
        place = self.text.place(*_start_of(event), 3 if event.explicit else 1)
        self.is_disputed = self.is_disputed or event.version is not None or event.tags is not None
        if self._document is not None:
            self._refuse(place, "a second document begins here; one file declares one thing", "Split the file here.")
            self.is_over = True
        self._document = self._document or place

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        place = self._scalar_place(event)
        self._refuse_tag(event, place)
        sized = _Sized(self._scalar_node(event, place), 1, 0)
        if event.anchor is not None:
            self._anchors[event.anchor] = sized
        self._add(sized, place, event)

    def _scalar_node(self, event: yaml.ScalarEvent, place: Place) -> Scalar:
        quoted = event.style not in _PLAIN_STYLES
        self._notice_dispute(event, quoted)
        try:
            text = text_of(event.value)
            return Scalar(text if quoted else value_of(text), text, place, quoted)
        except RefusedError as error:
            self._refuse(place, error.message, error.hint)
            return _stand_in(event.value, place)

    def _notice_dispute(self, event: yaml.ScalarEvent, quoted: bool) -> None:
        if event.style in _BLOCK_STYLES:
            line, column = _start_of(event)
            self.is_disputed = self.is_disputed or bool(_GLUED_COMMENT.search(self.text.line(line), column))
        elif not quoted and "?" in event.value and self._open and self._open[-1].event.flow_style:
            self.is_disputed = True

    def _scalar_place(self, event: yaml.ScalarEvent) -> Place:
        """Where the scalar is written; an empty one has only what is around it to point at."""
        if not event.value and event.style in _PLAIN_STYLES and event.anchor is None and event.tag is None:
            return self._empty_place() or self._place(event, 1)
        (line, column), (end_line, end_column) = _start_of(event), _end_of(event)
        if line != end_line:
            end_column = len(self.text.line(line).rstrip())
        return self._place(event, 1 if event.style in _BLOCK_STYLES else end_column - column)

    def _empty_place(self) -> Place | None:
        """Where a missing value's key stands, or the mapping of a missing key, or the document of nothing."""
        if not self._open:
            return self._document
        around = self._open[-1]
        return around.key.place if around.key else around.place if around.is_mapping else None

    def _place(self, event: yaml.NodeEvent, width: int) -> Place:
        """Where the event's node begins: after its anchor, where the anchor does not stand alone."""
        line, column = _start_of(event)
        anchor = _ANCHOR.match(self.text.line(line), column) if event.anchor is not None else None
        skipped = anchor.end() - column if anchor else 0
        return self.text.place(line, column + skipped, width - skipped)

    def _refuse_tag(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, place: Place) -> None:
        if event.tag is not None:
            self.is_disputed = True
            self._refuse(place, "tags are not allowed here", TAG_HINT)

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        place = self._place(event, 1)
        self._refuse_tag(event, place)
        opened = _Open(event, place)
        if len(self._open) == MAX_DEPTH:
            self._refuse(place, f"the nesting is deeper than {MAX_DEPTH} levels")
            self.is_over = True
        if event.anchor is not None:
            self._anchors[event.anchor] = opened
        self._open.append(opened)

    def _end(self, event: yaml.CollectionEndEvent) -> None:
        closed = self._open.pop()
        place = self._whole_place(closed, event)
        node: Node = Mapping(closed.entries, place) if closed.is_mapping else Listing(tuple(closed.items), place)
        sized = _Sized(node, closed.size, closed.height)
        anchor = closed.event.anchor
        if anchor is not None and self._anchors[anchor] is closed:
            self._anchors[anchor] = sized
        self._add(sized, place, closed.event, counted=True)

    def _whole_place(self, closed: _Open, event: yaml.CollectionEndEvent) -> Place:
        """A collection in brackets is underlined up to its end, if that is on the same line."""
        (line, column), (end_line, end_column) = _start_of(closed.event), _end_of(event)
        if closed.event.flow_style and line == end_line:
            return self._place(closed.event, end_column - column)
        return closed.place

    def _alias(self, event: yaml.AliasEvent) -> None:
        name = event.anchor or ""
        place = self.text.place(*_start_of(event), len(name) + 1)
        known = self._anchors.get(name)
        if isinstance(known, _Sized):
            self._add(known, place, event)
            return
        if known is None:
            self._refuse(place, f"nothing before this is anchored as &{name}", self._anchors_hint())
        else:
            self._refuse(place, f"the alias *{name} stands inside of what it repeats")
        self._add(_Sized(_stand_in(f"*{name}", place), 1, 0), place, event)

    def _anchors_hint(self) -> str:
        names = ", ".join(f"&{name}" for name in list(self._anchors)[:5])
        return f"Anchors here: {names}." if names else "A text starting with * needs quotes."

    def _add(self, sized: _Sized, place: Place, event: yaml.NodeEvent, counted: bool = False) -> None:
        """Puts a finished node where it belongs, unless the whole would then be too large."""
        self._count += 1 if counted else sized.size
        if self._count > MAX_NODES:
            self._refuse(place, f"more than {MAX_NODES:,} values, each alias counted as what it repeats")
            self.is_over = True
        elif len(self._open) + sized.height > MAX_DEPTH:
            self._refuse(place, f"the nesting is deeper than {MAX_DEPTH} levels, each alias counted as what it repeats")
            self.is_over = True
        elif not self._open:
            self._root = sized.node
        else:
            self._put(self._open[-1], sized, place, event)

    def _put(self, into: _Open, sized: _Sized, place: Place, event: yaml.NodeEvent) -> None:
        into.hold(sized.size, sized.height)
        if not into.is_mapping:
            into.items.append(sized.node)
        elif into.key is None:
            into.key = self._key(into, sized.node, place)
        else:
            self._put_entry(into, into.key, sized.node, event)
            into.key = None

    def _put_entry(self, into: _Open, key: _Key, value: Node, event: yaml.NodeEvent) -> None:
        if key.looks_like_pair and isinstance(event, yaml.ScalarEvent) and not event.value:
            self._refuse(key.place, f"{key.name!r} has no value", "Write a space after the colon.")
        elif key.name is not None:
            into.entries[key.name] = Entry(key.place, value)

    def _key(self, into: _Open, node: Node, place: Place) -> _Key:
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            self._refuse(place, f"a key must be text, found {describe(node)}", _key_hint(node))
            return _Key(None, place)
        if node.value == "<<" and not node.quoted:
            self._refuse(place, "merge keys are not allowed", "Use `extends: other.yaml`, or repeat the entries.")
            return _Key(None, place)
        if node.value in into.entries:
            first = into.entries[node.value].key_place
            self._refuse(place, f"the key {shortened(node.value)!r} stands here twice; first on line {first.line}")
            return _Key(None, place)
        pair = bool(into.event.flow_style) and not node.quoted and PAIR_WITHOUT_SPACE.match(node.value)
        return _Key(node.value, place, bool(pair))


def _stand_in(text: str, place: Place) -> Scalar:
    """What takes a refused scalar's place, so that one mistake is told once, be it a key or a value."""
    return Scalar(text, text, place, quoted=True)


def _key_hint(key: Node) -> str:
    return f'Write it in quotes: "{key.text}".' if isinstance(key, Scalar) and key.text else ""
