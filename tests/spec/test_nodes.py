"""Nodes: to Python data and back, found, merged and assigned, with their places."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bprunner.errors import InputError, Place
from bprunner.spec.nodes import (
    MAX_DEPTH,
    Listing,
    Mapping,
    Node,
    Scalar,
    WrittenFloat,
    WrittenInt,
    assign,
    describe,
    entry_place,
    find,
    from_data,
    merge,
    plain,
)
from bprunner.spec.source import Source
from bprunner.spec.yaml_loader import load

KEYS = st.text(max_size=5)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
DATA: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
MAPPINGS: st.SearchStrategy[Any] = st.dictionaries(st.sampled_from("abc"), DATA | st.dictionaries(KEYS, DATA))
ARGUMENT = Place("argument", 1, 1, "a.b=1", 3)


def yaml(text: str, name: str = "f.yaml") -> Node:
    return load(Source(name, text))


def place_of(node: Node | None) -> Place:
    assert node is not None
    return node.place


def typed(value: Any) -> Any:
    """The value with its types, so that True is not 1 and 1 is not 1.0."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    kind = next((kind for kind in (bool, int, float, str) if isinstance(value, kind)), None)
    return (kind.__name__, repr(kind(value))) if kind else value


# --- Python data ------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(DATA)
def test_data_survives_the_way_to_nodes_and_back(data: Any) -> None:
    assert typed(plain(from_data(data))) == typed(data)


@settings(deadline=None)
@given(DATA)
def test_numbers_from_data_read_the_same_as_text(data: Any) -> None:
    for number in numbers_in(plain(from_data(data))):
        again = yaml(number.text)
        assert isinstance(again, Scalar)
        assert typed(again.value) == typed(number)


def numbers_in(data: object) -> list[WrittenInt | WrittenFloat]:
    if isinstance(data, WrittenInt | WrittenFloat):
        return [data]
    children = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return [number for child in children for number in numbers_in(child)]


@pytest.mark.parametrize("number", [WrittenFloat(0.2, "0.20"), WrittenInt(255, "0xFF")])
@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda number: pickle.loads(pickle.dumps(number)), lambda n: plain(from_data(n))],
)
def test_a_number_keeps_its_text(number: WrittenInt | WrittenFloat, copied: Callable[[Any], Any]) -> None:
    again = copied(number)
    assert (again, again.text, type(again)) == (number, number.text, type(number))


def test_nodes_can_be_copied_and_pickled() -> None:
    node = yaml("a: [1, {b: 0.20}]")
    assert copy.deepcopy(node) == node
    assert pickle.loads(pickle.dumps(node)) == node


@pytest.mark.parametrize(
    ("value", "expected", "text"),
    [
        (np.float64(0.1), 0.1, "0.1"),
        (np.float32(0.5), 0.5, "0.5"),
        (np.int64(3), 3, "3"),
        (math.inf, math.inf, ".inf"),
        (-math.inf, -math.inf, "-.inf"),
        (1e22, 1e22, "1e+22"),
        (True, True, "true"),
        (None, None, "null"),
    ],
)
def test_a_scalar_from_python(value: object, expected: object, text: str) -> None:
    node = from_data(value)
    assert isinstance(node, Scalar)
    assert (node.value, type(node.value), node.text) == (expected, type(expected), text)


def test_arrays_are_lists_and_tuples_too() -> None:
    assert plain(from_data({"x": np.array([[1.5, 2.0]]), "y": (np.True_, np.int8(1))})) == {
        "x": [[1.5, 2.0]],
        "y": [True, 1],
    }


def test_data_without_a_text_has_a_place_without_a_line() -> None:
    assert find(from_data({"a": 1}, "overrides"), ["a"]) == Scalar(1, "1", Place("overrides"))


class GivesItself:
    def tolist(self) -> GivesItself:
        return self


def self_holding() -> list[Any]:
    data: list[Any] = []
    data.append(data)
    return data


@pytest.mark.parametrize(
    ("value", "path", "word"),
    [
        ({"a": {"b": object()}}, "a.b", "'object'"),
        ({"a": [0, 1j]}, "a.1", "'complex'"),
        ({"a": {1: 2}}, "a", "a key must be text"),
        ({None: 2}, "", "a key must be text"),
        ({"a": 10**400}, "a", "too large"),
        ({"a": GivesItself()}, "a", "'GivesItself'"),
        ({"a": np.ndarray}, "a", "'type'"),
        (self_holding(), ".".join("0" * 10), "deeper than 64"),
    ],
)
def test_data_that_cannot_be_declared_is_named(value: object, path: str, word: str) -> None:
    with pytest.raises(InputError) as caught:
        from_data(value)
    (problem,) = caught.value.problems
    assert problem.path == path
    assert word in problem.message


def nested(levels: int) -> list[Any]:
    data: list[Any] = [1]
    for _ in range(levels - 1):
        data = [data]
    return data


def test_data_nests_as_deep_as_text() -> None:
    assert plain(from_data(nested(MAX_DEPTH))) == nested(MAX_DEPTH)
    with pytest.raises(InputError, match="deeper than 64"):
        from_data(nested(MAX_DEPTH + 1))


# --- Finding ----------------------------------------------------------------------------------------------

TREE = yaml("a:\n  b: [10, {c: 20}]\nd: x\n")


@pytest.mark.parametrize(
    ("path", "value", "at"),
    [
        (("a", "b", 0), 10, (2, 7)),
        (("a", "b", 1, "c"), 20, (2, 15)),
        (("d",), "x", (3, 4)),
    ],
)
def test_find(path: tuple[str | int, ...], value: object, at: tuple[int, int]) -> None:
    node = find(TREE, path)
    assert isinstance(node, Scalar)
    assert node.value == value
    assert (node.place.line, node.place.column) == at


@pytest.mark.parametrize("path", [("z",), ("a", 0), ("a", "b", "0"), ("a", "b", 2), ("a", "b", -1), ("d", "x")])
def test_what_is_not_there_is_not_found(path: tuple[str | int, ...]) -> None:
    assert find(TREE, path) is None
    assert entry_place(TREE, path) is None


@pytest.mark.parametrize(
    ("path", "at"),
    [((), (1, 1)), (("d",), (3, 1)), (("a", "b"), (2, 3)), (("a", "b", 1), (2, 11)), (("a", "b", 1, "c"), (2, 12))],
)
def test_entry_place_is_the_key(path: tuple[str | int, ...], at: tuple[int, int]) -> None:
    place = entry_place(TREE, path)
    assert place is not None
    assert (place.line, place.column) == at


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0.20", "the number 0.20"),
        ("'a'", "the text 'a'"),
        ("true", "the truth value true"),
        ("~", "nothing (null)"),
        ("[1, 2]", "a list of 2"),
        ("{a: 1, b: 2}", "a mapping of a, b"),
        ("{}", "a mapping of nothing"),
    ],
)
def test_describe(text: str, words: str) -> None:
    assert describe(yaml(text)) == words


# --- Merging ----------------------------------------------------------------------------------------------


def deep(base: Any, over: Any) -> Any:
    """What merging means, for plain data."""
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: deep(base[key], item) if key in base else item for key, item in over.items()}}


@settings(deadline=None)
@given(MAPPINGS, MAPPINGS)
def test_merging_is_deep(base: Any, over: Any) -> None:
    merged = plain(merge(from_data(base), from_data(over)))
    assert typed(merged) == typed(deep(base, over))
    assert list(merged) == [*base, *(key for key in over if key not in base)]  # type: ignore[call-overload]


@settings(deadline=None)
@given(MAPPINGS, MAPPINGS, MAPPINGS)
def test_merging_is_associative(first: Any, second: Any, third: Any) -> None:
    one, two, three = from_data(first), from_data(second), from_data(third)
    assert typed(plain(merge(merge(one, two), three))) == typed(deep(deep(first, second), third))


@settings(deadline=None)
@given(MAPPINGS)
def test_merging_with_itself_or_nothing_changes_nothing(data: Any) -> None:
    node = from_data(data)
    assert merge(node, node) == node
    assert merge(node, from_data({})) == node


def test_every_piece_keeps_its_place() -> None:
    merged = merge(yaml("a: {x: 1, y: 2}\nb: 3", "base"), yaml("\na: {y: 4}", "over"))
    assert plain(merged) == {"a": {"x": 1, "y": 4}, "b": 3}
    assert str(place_of(find(merged, ["a", "x"]))) == "base:1:8"
    assert str(place_of(find(merged, ["a", "y"]))) == "over:2:8"
    assert str(entry_place(merged, ["a"])) == "over:2:1"
    assert str(entry_place(merged, ["b"])) == "base:2:1"
    assert str(merged.place) == "over:2:1"


def test_the_caller_may_let_a_mapping_replace() -> None:
    asked: list[tuple[str, ...]] = []

    def where_the_kind_changes(path: tuple[str, ...], base: Mapping, over: Mapping) -> bool:
        asked.append(path)
        return path == ("a", "data") and set(base.entries) != set(over.entries)

    base, over = yaml("a: {data: {csv: x}, k: {q: 1}}"), yaml("a: {data: {rows: y}, k: {p: 2}, new: {z: 1}}")
    merged = merge(base, over, where_the_kind_changes)
    assert plain(merged) == {"a": {"data": {"rows": "y"}, "k": {"q": 1, "p": 2}, "new": {"z": 1}}}
    assert asked == [(), ("a",), ("a", "data"), ("a", "k")]


# --- Assigning --------------------------------------------------------------------------------------------

NINE = Scalar(9, "9", ARGUMENT)


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("a: {b: 1, c: 2}", "a.b", {"a": {"b": 9, "c": 2}}),
        ("a: {b: 1}", "a", {"a": 9}),
        ("a: 1", "b.c.d", {"a": 1, "b": {"c": {"d": 9}}}),
        ("a: ~", "a.b", {"a": {"b": 9}}),
        ("a: [1, {u: 2}, 3]", "a.1.u", {"a": [1, {"u": 9}, 3]}),
        ("a: [1, 2]", "a.01", {"a": [1, 9]}),
        ("a: {'0': 1}", "a.0", {"a": {"0": 9}}),
        ("[1, 2]", "0", [9, 2]),
    ],
)
def test_assign(text: str, path: str, expected: object) -> None:
    root = yaml(text)
    before = copy.deepcopy(root)
    assert plain(assign(root, path, NINE, ARGUMENT)) == expected
    assert root == before


def can_hold(data: Any, parts: list[str]) -> bool:
    """Whether the names lead through mappings and nulls only."""
    return not parts or data is None or (isinstance(data, dict) and can_hold(data.get(parts[0]), parts[1:]))


@settings(deadline=None)
@given(MAPPINGS, st.lists(st.sampled_from(["a", "b", "new"]), min_size=1, max_size=4))
def test_what_was_assigned_is_found_there(data: Any, parts: list[str]) -> None:
    root = from_data(data)
    if not can_hold(data, parts):
        with pytest.raises(InputError, match=r"is no position|there is no"):
            assign(root, ".".join(parts), NINE, ARGUMENT)
        return
    assigned = assign(root, ".".join(parts), NINE, ARGUMENT)
    assert find(assigned, parts) is NINE
    assert entry_place(assigned, parts) == ARGUMENT


def test_keys_on_the_way_stay_where_they_were_written() -> None:
    assigned = assign(yaml("a: {b: 1}"), "a.b", NINE, ARGUMENT)
    assert str(entry_place(assigned, ["a"])) == "f.yaml:1:1"
    assert entry_place(assigned, ["a", "b"]) == ARGUMENT
    assert entry_place(assign(assigned, "n.m", NINE, ARGUMENT), ["n"]) == ARGUMENT


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("s.t", "`s` is the number 0.50, so there is no 't' in it"),
        ("layers.2.units", "`layers` is a list of 2; '2' is no position in it"),
        ("layers.units", "`layers` is a list of 2; 'units' is no position in it"),
        ("layers.-1", "'-1' is no position"),
        ("layers.²", "'²' is no position"),
        ("layers." + "9" * 5000, "is no position"),
        ("layers.0.x", "`layers.0` is the number 1"),
        ("empty.0", "`empty` is a list of 0"),
        ("", "single dots"),
        ("a..b", "single dots"),
        (".a", "single dots"),
        (".".join("a" * (MAX_DEPTH + 1)), "at most 64 parts"),
    ],
)
def test_a_path_that_leads_nowhere_says_what_stands_there(path: str, words: str) -> None:
    root = yaml("s: 0.50\nlayers: [1, 2]\nempty: []")
    with pytest.raises(InputError) as caught:
        assign(root, path, NINE, ARGUMENT)
    (problem,) = caught.value.problems
    assert words in problem.message
    assert (problem.path, problem.place) == (path, ARGUMENT)


def test_a_listing_is_a_tuple_of_nodes() -> None:
    assert from_data([1]) == Listing((Scalar(1, "1", Place("<python>")),), Place("<python>"))
