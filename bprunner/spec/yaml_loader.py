"""The loader turns YAML text into nodes: YAML 1.2's core schema, one document, and nothing that can surprise.

PyYAML gives the events; the tree is built here, with a stack instead of recursion, so that no text can exhaust
Python's. Refused, each with its place: tags, merge keys, duplicate keys, keys that are no text, recursive or
exploding aliases, and whatever exceeds the limits below.

Where PyYAML has libyaml, its parser reads what is well formed. The slower one, in Python, is the judge of
everything else: it alone decides what is a syntax error, and where.
"""

from __future__ import annotations

import math
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
    ScalarValue,
    describe,
    is_too_large,
)
from bprunner.spec.source import Source, check_characters

HAS_LIBYAML: bool = yaml.__with_libyaml__

MAX_NODES = 100_000
MAX_SCALAR = 65_536
MAX_DIGITS = 400
MAX_PROBLEMS = 100


def load(source: Source, *, fast: bool = HAS_LIBYAML) -> Node:
    """The tree that the text declares. Raises InputError with all problems up to the first syntax error."""
    return _load(_Text(source, source.text), fast)


def load_value(text: str, source_name: str, before: str = "", *, fast: bool = HAS_LIBYAML) -> Node:
    """The value of an argument such as `training.learning_rate=0.1`: `text` is what follows `before`.

    Errors show the whole argument, and their columns count in it. Empty text means null.
    """
    source = Source(source_name, before + text)
    if not text.strip(" "):
        return Scalar(None, "", source.place_at(len(before)))
    return _load(_Text(source, text), fast)


def _load(text: _Text, fast: bool) -> Node:
    check_characters(text.source)
    # libyaml and YAML itself disagree about tabs with the parser in Python, which wants none outside quotes.
    tree = _parsed_fast(text) if fast and "\t" not in text.written else None
    return (tree or _parsed_strictly(text)).result()


def _parsed_fast(text: _Text) -> _Tree | None:
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


def _parsed_strictly(text: _Text) -> _Tree:
    """The tree by the parser in Python; a syntax error becomes its last problem."""
    tree = _Tree(text)
    loader = yaml.BaseLoader(text.written)
    try:
        _grow(tree, loader)
    except yaml.MarkedYAMLError as error:
        tree.problems.append(_syntax_problem(error, text, tree.open_bracket()))
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


class _Text:
    """What is parsed, and where it stands in its source, of which it may be only the end."""

    def __init__(self, source: Source, written: str) -> None:
        self.source, self.written = source, written
        start = source.place_at(len(source.text) - len(written))
        self._line, self._column = start.line or 1, start.column or 1

    def place(self, line: int, column: int, width: int = 1) -> Place:
        """The place of a parser's mark, which counts from 0."""
        column += self._column if line == 0 else 1
        return self.source.place(line + self._line, column, width if width > 1 else 1)

    def line(self, line: int) -> str:
        """The line of a parser's mark, without what stands before the text."""
        whole = self.source.line(line + self._line)
        return whole[self._column - 1 :] if line == 0 else whole


# --- The tree ---------------------------------------------------------------------------------------------


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
_PAIR_WITHOUT_SPACE = re.compile(r"[\w-]+:[^\s:/]")
_TAG_HINT = "A value's type follows from how it is written: 1 is a number, '1' is text."


class _Tree:
    """Nodes growing from a parser's events.

    `is_over` tells that going on is useless, `is_disputed` that the two parsers may read this text differently:
    it has a tag, a directive, a comment glued to `|` or `>`, or a question mark in a plain scalar in brackets.
    """

    def __init__(self, text: _Text) -> None:
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
            text = _text_of(event.value)
            return Scalar(text if quoted else _value_of(text), text, place, quoted)
        except _RefusedError as error:
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
            self._refuse(place, "tags are not allowed here", _TAG_HINT)

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
            self._refuse(place, f"the key {_shortened(node.value)!r} stands here twice; first on line {first.line}")
            return _Key(None, place)
        pair = bool(into.event.flow_style) and not node.quoted and _PAIR_WITHOUT_SPACE.match(node.value)
        return _Key(node.value, place, bool(pair))


def _stand_in(text: str, place: Place) -> Scalar:
    """What takes a refused scalar's place, so that one mistake is told once, be it a key or a value."""
    return Scalar(text, text, place, quoted=True)


def _key_hint(key: Node) -> str:
    return f'Write it in quotes: "{key.text}".' if isinstance(key, Scalar) and key.text else ""


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


# --- What a scalar means ----------------------------------------------------------------------------------


class _RefusedError(Exception):
    """A scalar that cannot be."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


_WORDS: dict[str, ScalarValue] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_NUMBER_STARTS = frozenset("+-.0123456789")
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def _value_of(text: str) -> ScalarValue:
    """What a plain scalar is by YAML 1.2's core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    for pattern, convert in _NUMBERS:
        if pattern.fullmatch(text):
            return _number(text, convert)
    return text


_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], int | float]], ...] = (
    (_DECIMAL, int),
    (_FLOAT, float),
    (_OCTAL, lambda text: int(text[2:], 8)),
    (_HEXADECIMAL, lambda text: int(text[2:], 16)),
)


def _number(text: str, convert: Callable[[str], int | float]) -> int | float:
    """Refuses long numbers before converting them: the time that takes grows with the square of the digits."""
    if len(text) > MAX_DIGITS:
        raise _RefusedError(f"a number of {len(text):,} characters", f"At most {MAX_DIGITS} are allowed.")
    number = convert(text)
    if is_too_large(number) if isinstance(number, int) else math.isinf(number):
        raise _RefusedError(f"the number {_shortened(text)} is too large for a double", "The largest is about 1.8e308.")
    return number


def _text_of(text: str) -> str:
    """The text with the halves of JSON's \\ud83d\\ude00 joined, as they may come from double quotes."""
    if len(text) > MAX_SCALAR:
        raise _RefusedError(f"a text of {len(text):,} characters", f"At most {MAX_SCALAR:,} are allowed.")
    if text.isascii():
        return text
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise _RefusedError("an escape in this text names half a character") from None


# --- Syntax errors ----------------------------------------------------------------------------------------


class _Fault(NamedTuple):
    """A syntax error of PyYAML's with what can be told about it."""

    context: str
    problem: str
    found: str
    opened: Place | None
    place: Place
    line_above: str
    line_so_far: str


class _Explanation(NamedTuple):
    """How a kind of syntax error is told: what it is recognised by, where it is shown, and what is said."""

    context: str
    problem: str
    found: str
    is_shown_where_opened: bool
    message: str
    hint: Callable[[_Fault], str]


def _say(hint: str) -> Callable[[_Fault], str]:
    return lambda _: hint


def _where_opened(fault: _Fault) -> str:
    opened = fault.opened
    return f"It belongs to the bracket opened in line {opened.line}, column {opened.column}." if opened else ""


def _hint_missing_colon(fault: _Fault) -> str:
    if fault.opened and _PAIR_WITHOUT_SPACE.search(fault.opened.text or ""):
        return "Write a space after the colon."
    return "The lines of a mapping read `key: value`."


def _hint_misplaced_colon(fault: _Fault) -> str:
    if _PAIR_WITHOUT_SPACE.search(fault.line_above) and ": " not in fault.line_above:
        return "Write a space after the colon in the line before."
    if ": " in fault.line_so_far:
        return "One line has one `key: value`; text that contains a colon and a space needs quotes."
    return "Keys of one mapping begin in the same column; a key with a value of its own has no keys below it."


_SAME_COLUMN = _say("Entries that belong together begin in the same column.")
_QUOTE_IT = _say("Text that begins with such a character needs quotes.")
_ESCAPES = _say("In double quotes a backslash begins an escape: write it twice, or use single quotes.")
_TAGS = _say(_TAG_HINT)

# The first that fits is told. An empty word fits everything.
_EXPLANATIONS = (
    _Explanation("", "cannot start any token", "\\t", False, "a tab, where only spaces may stand",
                 _say("YAML is indented with spaces, never with tabs.")),
    _Explanation("", "cannot start any token", "", False, "no value may begin with {found}", _QUOTE_IT),
    _Explanation("simple key", "could not find expected ':'", "", True,
                 "a key was expected here, but no colon and space follow it", _hint_missing_colon),
    _Explanation("", "mapping values are not allowed", "", False, "no key may stand here", _hint_misplaced_colon),
    _Explanation("", "mapping keys are not allowed", "", False, "no key may stand here", _SAME_COLUMN),
    _Explanation("", "sequence entries are not allowed", "", False, "no list may begin here",
                 _say("Begin the list in a line of its own, or write it in brackets: [1, 2].")),
    _Explanation("quoted scalar", "unexpected", "", True, "this quote is never closed",
                 _say("Close it with the same quote; inside single quotes write '' for one '.")),
    _Explanation("double-quoted", "", "", False, "this escape is unknown", _ESCAPES),
    _Explanation("flow sequence", "expected ','", "<stream end>", True, "this bracket `[` is never closed",
                 _say("Close it with `]`.")),
    _Explanation("flow mapping", "expected ','", "<stream end>", True, "this brace `{{` is never closed",
                 _say("Close it with `}`.")),
    _Explanation("flow sequence", "expected ','", "", False, "`,` or `]` was expected here, found {found}",
                 _where_opened),
    _Explanation("flow mapping", "expected ','", "", False, "`,` or `}}` was expected here, found {found}",
                 _where_opened),
    _Explanation("flow", "expected the node content", "<stream end>", True, "this bracket is never closed",
                 _say("Close it.")),
    _Explanation("", "expected the node content", "", False, "a value was expected here, found {found}",
                 _say("A bracket may be too many, or a value missing before it.")),
    _Explanation("", "expected <block end>", "<block", False, "the indentation fits nothing above", _SAME_COLUMN),
    _Explanation("block mapping", "expected <block end>", "-", False,
                 "an item of a list, where keys of a mapping stand", _SAME_COLUMN),
    _Explanation("block collection", "expected <block end>", "?", False,
                 "a key of a mapping, where items of a list stand", _SAME_COLUMN),
    _Explanation("", "expected <block end>", ":", False, "a colon without a key before it", _QUOTE_IT),
    _Explanation("", "expected <block end>", "", False, "{found} stands here, after the value was complete",
                 _say("A text that contains quotes or brackets may need quotes around the whole.")),
    _Explanation("anchor", "alphabetic", "", True, "`&` names an anchor, and no name follows it", _QUOTE_IT),
    _Explanation("alias", "alphabetic", "", True, "`*` repeats an anchor, and no name follows it", _QUOTE_IT),
    _Explanation("tag", "", "", True, "tags are not allowed here", _TAGS),
    _Explanation("", "tag handle", "", False, "tags are not allowed here", _TAGS),
    _Explanation("directive", "", "", True, "a directive that cannot be read", _say("Leave it out.")),
    _Explanation("", "YAML d", "", False, "a directive that cannot be read", _say("Leave it out.")),
    _Explanation("block scalar", "", "", True, "a text in lines begins with `|` or `>` and nothing else in its line",
                 _say("Text that is meant to begin with this character needs quotes.")),
    _Explanation("", "<document start>", "<stream end>", False, "a line beginning with % needs a document after it",
                 _say("Leave the line out, or put the text in quotes.")),
    _Explanation("", "<document start>", "", False, "{found} stands here, after the value was complete",
                 _say("Check the quotes and the indentation of the lines before.")),
    _Explanation("", "", "", False, "this is not YAML", _say("")),
)  # fmt: skip

_TOKENS = {
    "<stream end>": "the end",
    "<document start>": "a second document",
    "<document end>": "the end of the document",
    "<scalar>": "a text or number",
    "<alias>": "an alias",
    "<anchor>": "an anchor",
    "<tag>": "a tag",
    "<block mapping start>": "a key",
    "<block sequence start>": "an item of a list",
    "?": "a key",
}
_FOUND = re.compile(r"(?:but (?:found|got)|found character) '(.+?)'(?: that|$)", re.DOTALL)


def _syntax_problem(error: yaml.MarkedYAMLError, text: _Text, bracket: Place | None) -> Problem:
    fault = _fault(error, text, bracket)
    told = next(
        each
        for each in _EXPLANATIONS
        if each.context in fault.context and each.problem in fault.problem and fault.found.startswith(each.found)
    )
    shown_found = _TOKENS.get(fault.found, f"`{fault.found}`")
    place = fault.opened if told.is_shown_where_opened and fault.opened else fault.place
    return Problem(told.message.format(found=shown_found), place, hint=told.hint(fault))


def _fault(error: yaml.MarkedYAMLError, text: _Text, bracket: Place | None) -> _Fault:
    """PyYAML tells where a bracket was opened, unless a value is missing in it."""
    mark, opened = error.problem_mark or error.context_mark, error.context_mark
    context, found = error.context or "", _FOUND.search(error.problem or "")
    return _Fault(
        context=context,
        problem=error.problem or "",
        found=found.group(1) if found else "",
        opened=bracket if "flow node" in context else text.place(opened.line, opened.column) if opened else None,
        place=text.place(mark.line, mark.column) if mark else text.place(0, 0),
        line_above=text.line(mark.line - 1) if mark and mark.line > 0 else "",
        line_so_far=text.line(mark.line)[: mark.column] if mark else "",
    )
