"""Pydantic's errors in the user's words: where, the path, the rule, what was found, the nearest valid name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from bprunner.errors import Problem
from bprunner.spec import nodes
from bprunner.spec.naming import shortened
from bprunner.spec.nodes import Node, describe, entry_place, find

Path = tuple[str | int, ...]

_TYPES = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "figure_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping of names to values",
    "model_type": "a mapping of names to values",
    "model_attributes_type": "a mapping of names to values",
    "choice_parameters": "a mapping of its numbers",
}


def problem_at(root: Node, path: Sequence[str | int], message: str, hint: str = "") -> Problem:
    """A problem of what stands at a path; where nothing stands there, of what should have held it."""
    found, place = tuple(path), None
    while place is None:
        node = find(root, found)
        place = node.place if node is not None else None
        if place is None:
            found = found[:-1]
    return Problem(message, place, dotted(path), hint)


def dotted(path: Sequence[str | int]) -> str:
    """A path as a user writes it: `expect[0].out.h1`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest valid name, as a hint; the valid names themselves where none is near."""
    import difflib

    names = list(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"there is {shortened([f'`{name}`' for name in names], 12)}" if names else ""


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
        place = entry_place(root, path)
        return Problem(
            f"unknown key `{path[-1]}`", place, dotted(path), did_you_mean(str(path[-1]), _known(model, detail["loc"]))
        )
    if kind == "choice" and "names" in context:
        return _choice(root, path, context, found)
    if kind == "literal_error":
        options = [text.strip(" '") for text in str(context["expected"]).replace(" or ", ", ").split(",")]
        return problem_at(root, path, f"must be one of {', '.join(options)}{found}", _nearest(node, options))
    if kind == "two_rules":
        rules = " and ".join(f"`{rule}`" for rule in context["rules"])
        return problem_at(root, path, f"only one rule can draw the weights, found {rules}")
    return problem_at(root, path, _rule(kind, context, detail) + found, _way_out(kind, node))


def _choice(root: Node, path: Path, context: Mapping[str, Any], found: str) -> Problem:
    names = list(context["names"])
    word = context.get("found")
    if word is None:
        return problem_at(
            root, path, f"must be a name, or one name with its numbers{found}", f"names: {', '.join(names)}"
        )
    return problem_at(root, path, f"unknown name `{word}`", did_you_mean(str(word), names))


def _rule(kind: str, context: Mapping[str, Any], detail: ErrorDetails) -> str:
    if kind in _TYPES:
        return f"must be {_TYPES[kind]}"
    limits = {
        "greater_than": ("must be greater than", "gt"),
        "greater_than_equal": ("must be at least", "ge"),
        "less_than": ("must be less than", "lt"),
        "less_than_equal": ("must be at most", "le"),
    }
    if kind in limits:
        words, key = limits[kind]
        return f"{words} {context[key]:g}"
    if kind == "finite_number":
        return "must be a finite number"
    if kind == "too_short":
        return "must not be empty"
    if kind == "string_too_short":
        return "must not be empty"
    if kind == "string_too_long":
        return f"must have at most {context['max_length']} characters"
    return str(detail["msg"])


def _way_out(kind: str, node: Node | None) -> str:
    if kind in ("int_type", "float_type", "figure_type") and isinstance(node, nodes.Scalar) and node.quoted:
        return "without the quotes it is a number" if _is_number(node.text) else ""
    if kind == "finite_number":
        return "infinity and nan are results, not settings"
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _nearest(node: Node | None, options: Sequence[str]) -> str:
    return did_you_mean(node.text, options) if isinstance(node, nodes.Scalar) else ""


# What the models know of a path


def _model_at(model: type[BaseModel], loc: Sequence[str | int]) -> type[BaseModel] | None:
    """The model whose field the last part of pydantic's path is, or would have been."""
    return _descend(model, tuple(loc[:-1]))


def _descend(annotation: Any, loc: tuple[str | int, ...]) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if not loc:
            return annotation
        field = annotation.model_fields.get(str(loc[0]))
        # A part that is no field names the member of a union that pydantic went into.
        return _descend(field.annotation, loc[1:]) if field else _descend(annotation, loc[1:])
    fits = [found for part in get_args(annotation) if (found := _descend(part, _inner(annotation, loc))) is not None]
    named = [found for found in fits if loc and _is_member(found, loc)]
    return next(iter(named or fits), None)


def _inner(annotation: Any, loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return loc[1:] if get_origin(annotation) in (tuple, list, dict) else loc


def _is_member(model: type[BaseModel], loc: tuple[str | int, ...]) -> bool:
    kind = model.model_fields.get("kind")
    return kind is not None and get_args(kind.annotation)[:1] == (loc[0],)


def _known(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    holder = _model_at(model, loc)
    return [name for name in holder.model_fields if name != "kind"] if holder else []


def _purpose(model: type[BaseModel], loc: Sequence[str | int]) -> str:
    """What a missing key is for, from its description."""
    holder = _model_at(model, loc)
    field = holder.model_fields.get(str(loc[-1])) if holder else None
    return field.description or "" if field else ""
