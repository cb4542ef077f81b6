"""The loader: what it reads, what it refuses, and where it points. Laws first, then examples."""

from __future__ import annotations

import json
import math
import os
import random
import re
from pathlib import Path
from typing import Any

import pytest
import yaml as pyyaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bprunner.errors import InputError, Problem
from bprunner.spec.nodes import Entry, Listing, Mapping, Node, Scalar, entry_place, find, plain
from bprunner.spec.source import MAX_BYTES, Source, read_source
from bprunner.spec.yaml_loader import HAS_LIBYAML, MAX_NODES, MAX_PROBLEMS, load, load_value
from bprunner.spec.yaml_scalars import MAX_SCALAR
from tests.spec.test_nodes import typed

BOTH = [False, True] if HAS_LIBYAML else [False]


def outcome(text: str, fast: bool) -> Node | tuple[Problem, ...]:
    try:
        return load(Source("f.yaml", text), fast=fast)
    except InputError as error:
        return error.problems


def same_for_both(text: str) -> Node | tuple[Problem, ...]:
    """What the text gives, by whichever parser."""
    results = [outcome(text, fast) for fast in BOTH]
    assert len({repr(result) for result in results}) == 1, results
    return results[0]


def tree(text: str) -> Node:
    result = same_for_both(text)
    assert not isinstance(result, tuple), [str(problem) for problem in result]
    return result


def problems(text: str) -> tuple[Problem, ...]:
    result = same_for_both(text)
    assert isinstance(result, tuple), result
    return result


def problem(text: str) -> Problem:
    (only,) = problems(text)
    return only


def at(found: Problem) -> tuple[int | None, int | None]:
    assert found.place is not None
    return found.place.line, found.place.column


def scalar(text: str) -> Scalar:
    node = tree(text)
    assert isinstance(node, Scalar)
    return node


def scalars_in(node: Node) -> list[Scalar]:
    if isinstance(node, Scalar):
        return [node]
    children = node.items if isinstance(node, Listing) else [entry.value for entry in node.entries.values()]
    return [leaf for child in children for leaf in scalars_in(child)]


def entries_in(node: Node) -> list[tuple[str, Entry]]:
    if isinstance(node, Scalar):
        return []
    if isinstance(node, Listing):
        return [pair for item in node.items for pair in entries_in(item)]
    inner = [pair for entry in node.entries.values() for pair in entries_in(entry.value)]
    return [*node.entries.items(), *inner]


# --- Laws -------------------------------------------------------------------------------------------------

# JSON and YAML dumps write most invisible characters as escapes; surrogates are no characters.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VISIBLE = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]) | st.sampled_from("∂δ😀"), max_size=12)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)


def nested(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.none() | st.booleans() | NUMBERS | texts,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
        max_leaves=12,
    )


@settings(deadline=None)
@given(nested(TEXTS), st.sampled_from([None, 0, 2]), st.sampled_from([(",", ":"), (", ", ": ")]))
@example(["\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "\u2028"], None, (",", ":"))
def test_whatever_json_writes_is_read(data: Any, indent: int | None, separators: tuple[str, str]) -> None:
    text = json.dumps(data, indent=indent, separators=separators)
    assert typed(plain(tree(text))) == typed(data)


class Core(pyyaml.SafeDumper):
    """PyYAML's dumper, with floats as YAML 1.2 reads them and all text in quotes."""


Core.add_representer(float, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", repr(value)))
Core.add_representer(str, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"'))
Core.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"-?[0-9.]+(e[-+]?[0-9]+)?$"), list("-0123456789"))
Core.ignore_aliases = lambda *_: True  # type: ignore[method-assign]


@settings(deadline=None)
@given(nested(VISIBLE), st.sampled_from([True, False, None]), st.booleans())
def test_whatever_yaml_writes_is_read(data: Any, flow: bool | None, starts: bool) -> None:
    text = pyyaml.dump(data, Dumper=Core, default_flow_style=flow, explicit_start=starts, allow_unicode=True)
    assert typed(plain(tree(text))) == typed(data)


PLAIN_WORDS = st.from_regex(r"[a-z∂δ][a-zé_0-9]{0,8}( [a-z0-9]{1,4})?", fullmatch=True)
DIGITS = st.from_regex(r"[-+]?[0-9]{1,6}(\.[0-9]{0,6})?([eE][-+]?[0-9]{1,2})?", fullmatch=True)
WRITTEN = PLAIN_WORDS | DIGITS


@st.composite
def written_lines(draw: st.DrawFn, indent: int = 0, depth: int = 0) -> list[str]:
    """The lines of a mapping as a person writes them: plain words and numbers, nested, with comments."""
    lines: list[str] = []
    for index in range(draw(st.integers(1, 3))):
        head = " " * indent + f"k{index}:"
        kind = draw(st.sampled_from(["plain", "flow", "anchored", "comment", "items"] + ["nested"] * (depth < 2)))
        if kind == "plain":
            lines.append(f"{head} {draw(WRITTEN)}")
        elif kind == "flow":
            lines.append(f"{head} [{', '.join(draw(st.lists(WRITTEN, max_size=3)))}]  # {draw(PLAIN_WORDS)}")
        elif kind == "anchored":
            lines.append(f"{head} &a{indent}{index} {draw(WRITTEN)}")
        elif kind == "comment":
            lines += ["", f"{head}   {draw(WRITTEN)}   # {draw(PLAIN_WORDS)}"]
        elif kind == "items":
            lines += [head, *(f"{' ' * indent}- {item}" for item in draw(st.lists(WRITTEN, min_size=1, max_size=3)))]
        else:
            lines += [head, *draw(written_lines(indent + 2, depth + 1))]
    return lines


DOCUMENTS = st.tuples(written_lines(), st.sampled_from(["\n", "\r\n", "\r"])).map(lambda pair: pair[1].join(pair[0]))


@settings(deadline=None)
@given(DOCUMENTS)
def test_places_point_at_the_text(text: str) -> None:
    root = tree(text)
    leaves = scalars_in(root)
    assert leaves or "[]" in text
    lines = re.split("\r\n|\r|\n", text)
    for leaf in leaves:
        assert leaf.place.text == lines[(leaf.place.line or 0) - 1]
        assert pointed_at(leaf.place.text, leaf.place.column, leaf.place.width) == leaf.text
    for key, entry in entries_in(root):
        place = entry.key_place
        assert pointed_at(place.text, place.column, place.width + 1) == f"{key}:"


def pointed_at(line: str | None, column: int | None, width: int) -> str:
    assert line is not None
    assert column is not None
    return line[column - 1 : column - 1 + width]


@settings(deadline=None)
@given(st.lists(DIGITS, min_size=1))
def test_every_number_keeps_its_text(digits: list[str]) -> None:
    numbers = plain(tree(f"[{', '.join(digits)}]"))
    assert isinstance(numbers, list)
    assert [number.text for number in numbers] == digits
    assert [float(number) for number in numbers] == [float(each) for each in digits]


CRUMBS = [*" \n\r\t:-,[]{}&*!|>'\"%@`#?<=.~\\01abé", "- ", ": ", "\n  ", "---\n", "...", "<<", "&a ", "*a", "!!str "]
CRUMBS += [" #", "%YAML 1.2\n", "\\u00e9", '"\\UFFFFFFFF"', "? ", "|-\n ", ">2", "\x00", "\ufeff", "\ud800", "\u2028"]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A sound document with a few crumbs thrown in, or bites taken out."""
    text = draw(DOCUMENTS)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        text = text[:start] + draw(st.sampled_from(["", *CRUMBS])) + text[start + draw(st.integers(0, 2)) :]
    return text


@settings(deadline=None)
@given(mutated() | st.lists(st.sampled_from(CRUMBS), max_size=15).map("".join) | st.text(max_size=30))
@example("%YAML 1.2#x\n---\na")
@example("a: |#c\n d")
@example("[1?]")
@example("[? ]")
@example("a:\t1")
@example("!e?!foo 1")
@example('"\\UFFFFFFFF"')
def test_any_text_gives_the_same_tree_or_problems_by_both_parsers(text: str) -> None:
    result = same_for_both(text)
    for found in result if isinstance(result, tuple) else ():
        assert found.place is not None
        assert found.place.line is not None
        assert found.place.column is not None
        assert "\n" not in found.message + found.hint
        str(found)


@settings(deadline=None)
@given(mutated())
def test_a_value_on_the_command_line_reads_as_in_a_file(text: str) -> None:
    if not text.strip(" "):
        return
    in_file = outcome(text, fast=True)
    try:
        argument: Any = load_value(text, "argument", "a.b=")
    except InputError as error:
        argument = error.problems
    if isinstance(in_file, tuple):
        assert [each.message for each in argument] == [each.message for each in in_file]
    else:
        assert typed(plain(argument)) == typed(plain(in_file))


# --- What a plain scalar is -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, None) for word in ("null", "Null", "NULL", "~")),
        *((word, True) for word in ("true", "True", "TRUE")),
        *((word, False) for word in ("false", "False", "FALSE")),
        ("012", 12),
        ("-7", -7),
        ("+7", 7),
        ("-0", 0),
        ("0o17", 15),
        ("0xFF", 255),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-.5e+1", -5.0),
        ("-0.0", -0.0),
        ("012.50", 12.5),
        (".inf", math.inf),
        ("+.Inf", math.inf),
        ("-.INF", -math.inf),
        (".nan", math.nan),
        (".NaN", math.nan),
        ("9" * 300, int("9" * 300)),
        *(
            (word, word)
            for word in (
                *("yes", "no", "on", "off", "Yes", "nUll", "tRUE", "y", "nan", "inf", "Infinity", ".iNF"),
                *(
                    "1_000",
                    "1:30",
                    "0o8",
                    "-0xFF",
                    "+0o7",
                    "0b1",
                    "0X1",
                    ".",
                    "+",
                    "e3",
                    "1e",
                    "1e5.0",
                    "--1",
                    "1٢",
                    "1.٢",
                ),
                *("1.2.3", "2001-01-01", "١٢", "１", "+.nan", "="),
            )
        ),
    ],
)
def test_a_plain_scalar_by_the_core_schema(text: str, value: object) -> None:
    node = scalar(text)
    assert typed(node.value) == typed(value)
    assert (node.text, node.quoted) == (text, False)


@pytest.mark.parametrize("text", ["'1'", '"1"', "|-\n  1", ">-\n  1"])
def test_quoted_and_block_scalars_are_text(text: str) -> None:
    node = scalar(text)
    assert (node.value, node.text, node.quoted) == ("1", "1", True)


def test_null_may_be_written_by_nothing() -> None:
    assert plain(tree("a:\nb: ''\nc: [{d: }]\n")) == {"a": None, "b": "", "c": [{"d": None}]}
    assert plain(tree("- \n-\n")) == [None, None]
    assert tree("---\n") == Scalar(None, "", Source("f.yaml", "---\n").place(1, 1, 3))


def test_a_missing_value_points_to_its_key() -> None:
    place = entry_place(tree("x: 1\ntraining:\n"), ["training"])
    node = find(tree("x: 1\ntraining:\n"), ["training"])
    assert node is not None
    assert node.place == place


def test_containers_point_at_their_beginning() -> None:
    root = tree("a: [1, [2]]\nb:\n  - x\nc: {d: [\n  1]}\ne: &n {f: 1}\n")
    places = {key: find(root, [key]) for key in "abce"}
    assert [(node.place.line, node.place.column, node.place.width) for node in places.values() if node] == [
        (1, 4, 8),
        (3, 3, 1),
        (4, 4, 1),
        (6, 7, 6),
    ]


def test_a_text_of_several_lines_is_underlined_in_its_first() -> None:
    root = tree('a: one\n  two\nb: "one two\n  three"\nc: |\n  four\n')
    widths = [leaf.place.width for leaf in scalars_in(root)]
    assert (plain(root), widths) == ({"a": "one two", "b": "one two three", "c": "four\n"}, [3, 8, 1])


def test_keys_in_quotes_may_look_like_anything() -> None:
    assert plain(tree("{'<<': 1, \"2\": 3, 'b:1', 'null': }")) == {"<<": 1, "2": 3, "b:1": None, "null": None}


# --- What is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "words", "hint"),
    [
        ("", (1, 1), "nothing here", ""),
        ("# only\n# comments\n", (1, 1), "nothing here", ""),
        ("a: 1\n---\nb: 2\n", (2, 1), "second document", ""),
        ("a\n...\n---\nb\n", (3, 1), "second document", ""),
        ("a: !!python/object:os.system x", (1, 4), "tags", "'1' is text"),
        ("a: !foo\n", (1, 4), "tags", ""),
        ("a: !!str 1", (1, 4), "tags", ""),
        ("! 1", (1, 1), "tags", ""),
        ("a: !!map {}", (1, 4), "tags", ""),
        ("a: &x !!seq [1]", (1, 7), "tags", ""),
        ("a: !<foo", (1, 4), "tags", ""),
        ("a: !e!foo 1", (1, 4), "tags", ""),
        ("1: a", (1, 1), "a key must be text, found the number 1", '"1"'),
        ("x:\n  true: a", (2, 3), "a key must be text, found the truth value true", '"true"'),
        ("null: a", (1, 1), "found nothing (null)", '"null"'),
        ("{? : 1}", (1, 1), "found nothing (null)", ""),
        ("{: 1}", (1, 2), "a value was expected here, found `:`", ""),
        ("[1, 2]: a", (1, 1), "found a list of 2", ""),
        ("? {a: 1}\n: b", (1, 3), "found a mapping of a", ""),
        ("a: 1\nb: 2\n'a': 3\n", (3, 1), "'a' stands here twice; first on line 1", ""),
        ("x: {a: 1, a: 2}", (1, 11), "twice; first on line 1", ""),
        ("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2", (3, 3), "merge keys", "extends:"),
        ("a: *b", (1, 4), "nothing before this is anchored as &b", ""),
        ("a: &a 1\nb: *c", (2, 4), "anchored as &c", "&a"),
        ("a: &a [1, *a]", (1, 11), "inside of what it repeats", ""),
        ("&a {b: {c: *a}}", (1, 12), "inside of what it repeats", ""),
        ("a: 1e999", (1, 4), "too large for a double", ""),
        ("a: [-1e400]", (1, 5), "too large for a double", ""),
        ("a: " + "9" * 310, (1, 4), "too large for a double", ""),
        ("a: " + "9" * 401, (1, 4), "401 characters", "400"),
        ("a: 0x" + "f" * 399, (1, 4), "401 characters", "400"),
        ("a: 0." + "1" * 399, (1, 4), "401 characters", "400"),
        ("a: " + "9" * 20_000, (1, 4), "20,000 characters", "400"),
        ("a: " + "9" * 200_000, (1, 4), "200,000 characters", ""),
        ("a: " + "x" * (MAX_SCALAR + 1), (1, 4), "65,537 characters", "65,536"),
        ('a: "\\ud83d"', (1, 4), "half a character", ""),
        ('a: "\\UFFFFFFFF"', (1, 7), "names no character", ""),
        ("a: {b:1}", (1, 5), "'b:1' has no value", "space after the colon"),
        ("a: \x00", (1, 4), "U+0000", "\\u0000"),
        ("a: b\n\x07", (2, 1), "U+0007", ""),
        ("a: \u2028", (1, 4), "U+2028", ""),
        ("a: x\ufeff", (1, 5), "U+FEFF", ""),
        ("a: \udc80", (1, 4), "U+DC80", ""),
        # Syntax errors, told in other words than PyYAML's.
        ("a:\n\tb: 1", (2, 1), "a tab", "spaces"),
        ("a: [\n\t1]", (2, 1), "a tab", "spaces"),
        ("a:\t1", (1, 3), "a tab", "spaces"),
        ("a: @x", (1, 4), "begin with `@`", "quotes"),
        ("a: `x`", (1, 4), "begin with", "quotes"),
        ("a: 1\nb:2\n", (2, 1), "no colon and space follow", "Write a space after the colon."),
        ("a: 1\nb\nc: 2", (2, 1), "no colon and space follow", "key: value"),
        ("a:1\nb: 2", (2, 2), "no key may stand here", "space after the colon in the line before"),
        ("a: b: c", (1, 5), "no key may stand here", "quotes"),
        ("x\ny: 1", (2, 2), "no key may stand here", "same column"),
        ("a: - 1", (1, 4), "no list may begin here", "[1, 2]"),
        ("a:\n  b: 1\n c: 2", (3, 2), "indentation", "same column"),
        ("a: 1\n- 2", (2, 1), "an item of a list", "same column"),
        ("- 1\na: 2", (2, 1), "a key of a mapping", "same column"),
        ("a: [1,\n", (1, 4), "bracket is never closed", ""),
        ("a: [1, 2\n", (1, 4), "`[` is never closed", "`]`"),
        ("a: {b: 1\n", (1, 4), "`{` is never closed", "`}`"),
        ("a: [1, 2\nb: 3\n", (2, 2), "`,` or `]` was expected here, found `:`", "line 1, column 4"),
        ("a: {b: 1\nc: 2\n", (2, 2), "`,` or `}` was expected here, found `:`", "line 1, column 4"),
        ("a: [1, 2}", (1, 9), "found `}`", "line 1, column 4"),
        ("a: ]", (1, 4), "a value was expected here, found `]`", ""),
        ("a: [1,,2]", (1, 7), "found `,`", ""),
        ('a: 1\nb: "x\nc: 1\n', (2, 4), "quote is never closed", ""),
        ("a: 'it's'", (1, 8), "after the value was complete", "quotes"),
        ('a: "x" y', (1, 8), "a text or number stands here, after", "quotes"),
        ('a: "\\q"', (1, 6), "escape is unknown", "single quotes"),
        ('a: "\\xzz"', (1, 7), "escape is unknown", "single quotes"),
        ("a: &\n", (1, 4), "`&` names an anchor", "quotes"),
        ("a: *\n", (1, 4), "`*` repeats an anchor", "quotes"),
        ("a: |0\n", (1, 4), "`|` or `>`", "quotes"),
        ("%YAML 2.0\n---\na", (1, 1), "directive", ""),
        ("%foo", (1, 5), "%", "quotes"),
        (": b", (1, 1), "a colon without a key", ""),
        ("a\n...\nb", (3, 1), "after the value was complete", ""),
    ],
)
def test_refused_with_its_place(text: str, place: tuple[int, int], words: str, hint: str) -> None:
    found = problem(text)
    assert at(found) == place
    assert words in found.message
    assert hint in found.hint


def test_all_problems_are_told_up_to_the_first_syntax_error() -> None:
    found = problems("1: a\nb: !t 2\nb: *c\n? [x]\n: 1e999\n<<: 1\nz: [\n")
    assert [at(each)[0] for each in found] == [1, 2, 3, 3, 4, 5, 6, 7]
    assert "never closed" in found[-1].message


def test_many_problems_end_somewhere() -> None:
    assert len(problems("a: 1\n" * 5000)) == MAX_PROBLEMS


def test_the_problem_underlines_what_is_meant() -> None:
    assert str(problem("a: 1\nlearning_rate: 1e999\n")).splitlines()[1:3] == [
        "     2 | learning_rate: 1e999",
        "       |                ^^^^^",
    ]


# --- Anchors ----------------------------------------------------------------------------------------------


def test_an_alias_repeats_its_anchor() -> None:
    root = tree("a: &x {b: &y 0.20}\nc: *x\nd: [*y, *y]\n")
    assert plain(root) == {"a": {"b": 0.2}, "c": {"b": 0.2}, "d": [0.2, 0.2]}
    repeated = find(root, ["d", 1])
    assert isinstance(repeated, Scalar)
    assert (repeated.text, repeated.place.line, repeated.place.column) == ("0.20", 1, 14)


def test_the_latest_anchor_of_a_name_counts() -> None:
    assert plain(tree("[&a 1, *a, &a 2, *a]")) == [1, 1, 2, 2]
    assert plain(tree("[&a [&a 1, *a], *a]")) == [[1, 1], 1]


def test_an_alias_may_be_a_key() -> None:
    assert plain(tree("a: &k name\n*k : 1\n")) == {"a": "name", "name": 1}


def laughs(levels: int, width: int = 9) -> str:
    lines = [f"a0: &a0 [{', '.join(['x'] * width)}]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize("fast", BOTH)
@pytest.mark.parametrize("levels", [6, 60])
def test_an_alias_bomb_is_counted_before_it_is_expanded(levels: int, fast: bool) -> None:
    with pytest.raises(InputError, match="more than 100,000 values") as caught:
        load(Source("f.yaml", laughs(levels)), fast=fast)
    assert at(caught.value.problems[0])[0] == 6  # 9 to the power of 6 is 531,441


def count(data: object) -> int:
    """Values of plain data as the loader counts them: keys are values too."""
    if isinstance(data, dict):
        return 1 + sum(1 + count(item) for item in data.values())
    return 1 + sum(count(item) for item in data) if isinstance(data, list) else 1


@pytest.mark.parametrize("fast", BOTH)
def test_the_limit_counts_aliases_as_what_they_repeat(fast: bool) -> None:
    text = f"a: &a [{', '.join('1' * 998)}]\nb: [{', '.join(['*a'] * 99)}]\nc: "
    room = MAX_NODES - count(plain(load(Source("f.yaml", text), fast=fast)))
    full = f"{text}[{', '.join('1' * room)}]"
    assert count(plain(load(Source("f.yaml", full), fast=fast))) == MAX_NODES
    with pytest.raises(InputError, match="more than 100,000 values"):
        load(Source("f.yaml", f"{full}\nd: 1"), fast=fast)


def test_too_many_values_without_any_alias() -> None:
    assert "more than 100,000" in str(outcome("- 1\n" * (MAX_NODES + 1), fast=True))


# --- Depth ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opening", "closing", "columns"),
    [("[", "]", 1), ("[", "", 1), ("{a: ", "}", 4), ("{a: ", "", 4), ("- ", "", 2), ("[\n", "", 0), ("? ", "", 2)],
)
def test_nesting_ends_at_64(opening: str, closing: str, columns: int) -> None:
    found = problems(opening * 3000 + closing * 3000)[0]
    assert found.message == "the nesting is deeper than 64 levels"
    assert at(found) == ((1, 64 * columns + 1) if columns else (65, 1))


def test_64_levels_are_allowed() -> None:
    assert plain(tree("[" * 64 + "]" * 64))
    assert "deeper" in problem("[" * 65 + "]" * 65).message


def test_aliases_cannot_nest_deeper_either() -> None:
    chain = "a0: &a0 [1]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 63))
    assert plain(tree(chain))
    assert at(problem(chain + "z: [*a62]\n")) == (64, 5)


# --- Arguments --------------------------------------------------------------------------------------------


def argument(value: str) -> Node:
    before = "training.learning_rate="
    return load_value(value, f"argument {before}{value}", before)


def test_a_value_of_the_command_line_points_into_its_argument() -> None:
    node = argument("0.10")
    assert plain(node) == 0.1
    assert str(node.place) == "argument training.learning_rate=0.10:1:24"
    assert node.place.text == "training.learning_rate=0.10"
    assert node.place.width == 4


@pytest.mark.parametrize("value", ["", " ", "   "])
def test_an_empty_argument_is_null(value: str) -> None:
    node = argument(value)
    assert plain(node) is None
    assert node.place.column == 24


@pytest.mark.parametrize("fast", BOTH)
@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("1e999", (1, 24)),
        ("[1, 2", (1, 24)),
        ("[1, 1e999]", (1, 28)),
        ("a: b: c", (1, 28)),
        ("x: |\n  a\n1: 2", (3, 1)),
    ],
)
def test_an_argument_is_refused_where_it_is_wrong(value: str, place: tuple[int, int], fast: bool) -> None:
    with pytest.raises(InputError) as caught:
        load_value(value, "argument", "training.learning_rate=", fast=fast)
    assert at(caught.value.problems[0]) == place


def test_an_argument_of_only_a_comment_needs_quotes() -> None:
    with pytest.raises(InputError, match="needs quotes"):
        argument("#fff")


def test_structures_may_be_arguments() -> None:
    assert plain(argument("{a: [1, &x 2], b: *x}")) == {"a": [1, 2], "b": 2}


# --- Files ------------------------------------------------------------------------------------------------


def refused(path: Path) -> Problem:
    with pytest.raises(InputError) as caught:
        read_source(path)
    (found,) = caught.value.problems
    assert found.place is not None
    assert found.place.source == str(path)
    return found


def test_a_file_is_read_with_its_places(tmp_path: Path) -> None:
    path = tmp_path / "doc.yaml"
    path.write_bytes("\ufeffa: ∂\r\nb: 1e999\r\n".encode())
    source = read_source(path, shown_as="configs/doc.yaml")
    assert (source.text, source.path) == ("a: ∂\r\nb: 1e999\r\n", path)
    assert [source.line(number) for number in (0, 1, 2, 3, 4)] == ["", "a: ∂", "b: 1e999", "", ""]
    with pytest.raises(InputError, match=r"^configs/doc\.yaml:2:4: the number 1e999"):
        load(source)


def test_a_file_that_is_not_there_offers_the_nearest(tmp_path: Path) -> None:
    for name in ("document.yaml", "xor.yaml", "iris.yml", "docs.txt"):
        (tmp_path / name).write_text("a: 1")
    for mistyped in ("documnet.yaml", "document", "Document.yml"):
        assert refused(tmp_path / mistyped).hint == f"Did you mean `{tmp_path / 'document.yaml'}`?"
    assert refused(tmp_path / "qqqqqqqqq.yaml").hint == ""
    assert "no folder" in refused(tmp_path / "nowhere" / "xor.yaml").hint
    assert "no such file" in refused(tmp_path / "xor.yaml" / "x.yaml").message


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    assert "folder" in refused(tmp_path).message
    assert "not a regular file" in refused(Path("/dev/zero")).message
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refused(tmp_path / "pipe").message
    assert "cannot be read" in refused(Path("a\0b")).message
    assert "cannot be read" in refused(tmp_path / ("x" * 5000)).message


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1")

    def forbidden(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    assert refused(path).message == "the file cannot be read: Permission denied"


def test_a_file_has_at_most_a_mebibyte(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"#" * MAX_BYTES)
    assert len(read_source(path).text) == MAX_BYTES
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    assert "larger than 1 MiB" in refused(path).message


def test_a_file_that_calls_itself_small_is_cut_off_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, small = tmp_path / "a.yaml", tmp_path / "b.yaml"
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    small.touch()
    status = small.stat()
    monkeypatch.setattr(Path, "stat", lambda *_, **__: status)
    assert "larger than 1 MiB" in refused(path).message


def test_a_file_that_is_not_utf8_says_where(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("a: 1\nä: ".encode() + b"\xe4x\n")
    found = refused(path)
    assert at(found) == (2, 4)
    assert "byte 10 is 0xE4" in found.message
    assert found.place is not None
    assert found.place.text == "ä: \ufffdx"


def test_each_forbidden_character_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"a\x00\x00\nb\x07\x00")
    with pytest.raises(InputError) as caught:
        read_source(path)
    assert [at(each) for each in caught.value.problems] == [(1, 2), (2, 2)]


def test_a_mutated_document_often_parses() -> None:
    """The law above would be empty if the mutations left nothing that is sound."""
    chance = random.Random(0)
    texts = ["a: [1, 2]\nb: x\n"] * 50
    cut = [text[: (spot := chance.randrange(len(text)))] + text[spot + 1 :] for text in texts]
    results = [isinstance(same_for_both(text), Mapping) for text in cut]
    assert any(results)
    assert not all(results)
