"""Syntax errors of YAML in words: PyYAML tells what it expected, and here stands what somebody did, and the way out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import yaml

from bprunner.errors import Place, Problem
from bprunner.spec.source import Excerpt

PAIR_WITHOUT_SPACE = re.compile(r"[\w-]+:[^\s:/]")
TAG_HINT = "A value's type follows from how it is written: 1 is a number, '1' is text."


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
    if fault.opened and PAIR_WITHOUT_SPACE.search(fault.opened.text or ""):
        return "Write a space after the colon."
    return "The lines of a mapping read `key: value`."


def _hint_misplaced_colon(fault: _Fault) -> str:
    if PAIR_WITHOUT_SPACE.search(fault.line_above) and ": " not in fault.line_above:
        return "Write a space after the colon in the line before."
    if ": " in fault.line_so_far:
        return "One line has one `key: value`; text that contains a colon and a space needs quotes."
    return "Keys of one mapping begin in the same column; a key with a value of its own has no keys below it."


_SAME_COLUMN = _say("Entries that belong together begin in the same column.")
_QUOTE_IT = _say("Text that begins with such a character needs quotes.")
_ESCAPES = _say("In double quotes a backslash begins an escape: write it twice, or use single quotes.")
_TAGS = _say(TAG_HINT)

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


def syntax_problem(error: yaml.MarkedYAMLError, text: Excerpt, bracket: Place | None) -> Problem:
    fault = _fault(error, text, bracket)
    told = next(
        each
        for each in _EXPLANATIONS
        if each.context in fault.context and each.problem in fault.problem and fault.found.startswith(each.found)
    )
    shown_found = _TOKENS.get(fault.found, f"`{fault.found}`")
    place = fault.opened if told.is_shown_where_opened and fault.opened else fault.place
    return Problem(told.message.format(found=shown_found), place, hint=told.hint(fault))


def _fault(error: yaml.MarkedYAMLError, text: Excerpt, bracket: Place | None) -> _Fault:
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
