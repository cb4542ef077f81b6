"""Pydantic's errors in the user's words: where, the path, the rule, what was found, the nearest valid name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import TypeAliasType

from bprunner.errors import Problem
from bprunner.spec import nodes
from bprunner.spec.misfit import Path
from bprunner.spec.naming import shortened
from bprunner.spec.nodes import Node, describe, entry_place, find
from bprunner.spec.synonyms import synonym

_RULES = {
    "int_type": "be a whole number",
    "int_from_float": "be a whole number",
    "float_type": "be a number",
    "figure_type": "be a number",
    "bool_type": "be true or false",
    "string_type": "be text",
    "tuple_type": "be a list",
    "list_type": "be a list",
    "dict_type": "be a mapping of names to values",
    "model_type": "be a mapping of names to values",
    "model_attributes_type": "be a mapping of names to values",
    "choice_parameters": "be a mapping of its numbers",
    "finite_number": "be a finite number",
    "too_short": "not be empty",
    "string_too_short": "not be empty",
}
"""How the sentence that begins with "must" goes on, by the kind of pydantic's error."""


def problem_at(root: Node, path: Sequence[str | int], message: str, hint: str = "") -> Problem:
    """A problem of what stands at a path; where nothing stands there, of what should have held it."""
    found, place = tuple(path), None
    while place is None:
        node = find(root, found)
        place = node.place if node is not None else None
        if place is None:
            found = found[:-1]
    return Problem(message, place, dotted(path), hint)


def problem_at_key(root: Node, path: Sequence[str | int], message: str, hint: str = "") -> Problem:
    """A problem of a name that somebody wrote, where the name stands and not what it holds."""
    place = entry_place(root, path)
    return problem_at(root, path, message, hint) if place is None else Problem(message, place, dotted(path), hint)


def dotted(path: Sequence[str | int]) -> str:
    """A path as a user writes it: `expect[0].out.h1`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{cut(part)}" if text else cut(part)
    return text


def cut(text: str, most: int = 60) -> str:
    """A text in a message: in one line, and not longer than can be read."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """What a word is called here, or the nearest valid name, as a hint; the valid names where there is none."""
    names = list(known)
    called = synonym(word, names)
    if called:
        return called
    near = nearest(word, names)
    if near and called is None:
        return f"did you mean `{cut(near)}`?"
    return f"possible here: {shortened([f'`{cut(name)}`' for name in names], 12)}" if names else ""


def nearest(word: str, names: Iterable[str]) -> str:
    """The name most like a word, small and capital letters being alike; nothing where none is near."""
    import difflib

    by_small = {name.lower(): name for name in names}
    near = difflib.get_close_matches(word.lower()[:100], by_small, n=1, cutoff=0.6)
    return by_small[near[0]] if near else ""


def problems_of(error: ValidationError, root: Node, model: type[BaseModel]) -> list[Problem]:
    """Every error of a validation, once, in the order of the text."""
    details = error.errors(include_url=False)
    paths = [_path(root, detail) for detail in details]
    problems = [
        _problem(root, path, detail, model)
        for path, detail in zip(paths, details, strict=True)
        # A list with a faulty item is reported by pydantic as too short, too.
        if not (detail["type"] == "too_short" and any(other[: len(path)] == path != other for other in paths))
    ]
    return sorted(dict.fromkeys(problems), key=lambda problem: (problem.place.line or 0) if problem.place else 0)


def _path(root: Node, detail: ErrorDetails) -> Path:
    """Where in the text: pydantic's own path less the names of union members, plus what a validator looked into."""
    parts = (*detail["loc"], *detail.get("ctx", {}).get("inside", ()))
    node: Node | None = root
    path: Path = ()
    for position, part in enumerate(parts):
        child = find(node, (part,)) if node is not None else None
        last = position == len(parts) - 1
        if child is not None or (last and detail["type"] in ("missing", "extra_forbidden")):
            path, node = (*path, part), child
    return path


def _problem(root: Node, path: Path, detail: ErrorDetails, model: type[BaseModel]) -> Problem:
    kind, context = detail["type"], detail.get("ctx", {})
    node = find(root, path)
    found = f", found {describe(node)}" if node is not None else ""
    if kind == "missing":
        return problem_at(root, path, f"`{path[-1]}` is missing", _purpose(model, detail["loc"]))
    if kind == "extra_forbidden":
        return problem_at_key(root, path, f"unknown key `{cut(str(path[-1]))}`", _meant(str(path[-1]), model, detail))
    if kind == "choice" and "names" in context:
        return _choice(root, path, context, found)
    if kind == "literal_error":
        options = re.findall(r"'([^']*)'", str(context["expected"]))
        return problem_at(root, path, f"must be {_either(options)}{found}", _nearest(node, options))
    if kind == "two_rules":
        rules = " and ".join(f"`{rule}`" for rule in context["rules"])
        return problem_at(root, path, f"only one rule can draw the weights, found {rules}")
    if kind == "name":
        return problem_at_key(root, path, f"`{cut(context['found'])}` is no name", context["hint"])
    if kind == "two_datasets":
        return problem_at_key(root, path, str(detail["msg"]))
    at, text = problem_at, _rule(kind, context, detail) + found
    if detail["loc"][-1:] == ("[key]",):
        at, text = problem_at_key, f"`{cut(str(path[-1]))}` {_rule(kind, context, detail)}"
    return at(root, path, text, context.get("hint") or _way_out(kind, node))


def _choice(root: Node, path: Path, context: Mapping[str, Any], found: str) -> Problem:
    names = list(context["names"])
    word = context.get("found")
    if word is None:
        return problem_at(
            root, path, f"must be one of the names, or one with its numbers{found}", f"names: {', '.join(names)}"
        )
    return problem_at(root, path, f"unknown name `{cut(str(word))}`", did_you_mean(str(word), names))


def _either(options: Sequence[str]) -> str:
    """`half_up` or `truncated`; of many, one of them."""
    quoted = [f"`{option}`" for option in options]
    return " or ".join(quoted) if len(quoted) < 3 else f"one of {', '.join(quoted)}"


def _rule(kind: str, context: Mapping[str, Any], detail: ErrorDetails) -> str:
    if kind in _RULES:
        return f"must {_RULES[kind]}"
    limits = {
        "greater_than": ("must be greater than", "gt"),
        "greater_than_equal": ("must be at least", "ge"),
        "less_than": ("must be less than", "lt"),
        "less_than_equal": ("must be at most", "le"),
    }
    if kind in limits:
        words, key = limits[kind]
        limit = context[key]
        return f"{words} {limit:,}" if isinstance(limit, int) else f"{words} {limit:g}"
    if kind == "string_too_long":
        return f"must have at most {context['max_length']} characters"
    return str(detail["msg"])


def _way_out(kind: str, node: Node | None) -> str:
    if kind in ("int_type", "int_from_float", "float_type", "figure_type") and isinstance(node, nodes.Scalar):
        return _way_to_a_number(kind, node)
    if kind == "finite_number":
        return "infinity and nan are results, not settings"
    return ""


def _way_to_a_number(kind: str, node: nodes.Scalar) -> str:
    """How a number is written that was meant, where one can be seen to be meant."""
    if kind in ("int_type", "int_from_float") and isinstance(node.value, float) and node.value.is_integer():
        return f"write {int(node.value)}" if abs(node.value) < 1e15 else ""
    if not isinstance(node.value, str):
        return ""
    if _NUMBER.fullmatch(node.text):
        return "without the quotes it is a number" if node.quoted else ""
    if _DECIMAL_COMMA.fullmatch(node.text):
        return f"decimals stand after a point: {node.text.replace(',', '.')}"
    if _GROUPED.fullmatch(node.text):
        return f"a number is written without separators: {re.sub('[_ ]', '', node.text)}"
    return ""


_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[-+]?[0-9]+,[0-9]+")
_GROUPED = re.compile(r"[-+]?[0-9]{1,3}([_ ][0-9]{3})+")


def _nearest(node: Node | None, options: Sequence[str]) -> str:
    near = nearest(node.text, options) if isinstance(node, nodes.Scalar) else ""
    return f"did you mean `{near}`?" if near else ""


# What the models know of a path


def _model_at(model: type[BaseModel], loc: Sequence[str | int]) -> type[BaseModel] | None:
    """The model whose field the last part of pydantic's path is, or would have been."""
    return _descend(model, tuple(loc[:-1]))


def _descend(annotation: Any, loc: tuple[str | int, ...], named: Any = None) -> type[BaseModel] | None:
    """`named` is the type that has itself inside, where one was gone into; there it stands as a text."""
    if isinstance(annotation, str | TypeAliasType):
        named = named if isinstance(annotation, str) else annotation
        return _descend(named.__value__, loc, named) if named is not None else None
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not loc:
            return annotation
        if _is_member(annotation, loc):
            return _descend(annotation, loc[1:])
        field = annotation.model_fields.get(str(loc[0]))
        # A part that is no field names the member of a union that pydantic went into.
        return _descend(field.annotation, loc[1:]) if field else _descend(annotation, loc[1:])
    tag = next((part.tag for part in get_args(annotation)[1:] if isinstance(part, Tag)), None)
    if tag is not None:
        return _descend(get_args(annotation)[0], loc[1:], named) if loc[:1] == (tag,) else None
    inner = _inner(annotation, loc)
    fits = [found for part in get_args(annotation) if (found := _descend(part, inner, named)) is not None]
    members = [found for found in fits if loc and _is_member(found, loc)]
    return next(iter(members or fits), None)


def _inner(annotation: Any, loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return loc[1:] if get_origin(annotation) in (tuple, list, dict) else loc


def _is_member(model: type[BaseModel], loc: tuple[str | int, ...]) -> bool:
    kind = model.model_fields.get("kind")
    return kind is not None and get_args(kind.annotation)[:1] == (loc[0],)


def _meant(word: str, model: type[BaseModel], detail: ErrorDetails) -> str:
    """What an unknown key may have been meant as: one that is known here, or one that stands deeper."""
    context = detail.get("ctx", {})
    known = list(context.get("names", ())) if "inside" in context else _known(model, detail["loc"])
    if len(detail["loc"]) == 1 and "inside" not in context and not nearest(word, known) and not synonym(word, known):
        for key, field in model.model_fields.items():
            if word in getattr(field.annotation, "model_fields", ()):
                return f"did you mean `{key}.{word}`?"
    note = "" if nearest(word, known) or synonym(word, known) else context.get("note", "")
    return "; ".join(part for part in (note, did_you_mean(word, known)) if part)


def _known(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    holder = _model_at(model, loc)
    return [name for name in holder.model_fields if name != "kind"] if holder else []


def _purpose(model: type[BaseModel], loc: Sequence[str | int]) -> str:
    """What a missing key is for, from its description."""
    holder = _model_at(model, loc)
    field = holder.model_fields.get(str(loc[-1])) if holder else None
    return field.description or "" if field else ""
