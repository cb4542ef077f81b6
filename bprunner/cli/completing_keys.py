"""The keys of an experiment or a sweep by their dotted paths, and the values they may have, for completion.

They come from what the file declares and from what the models allow. Nothing is validated but the architecture, whose
weights have names; so a file with mistakes is completed, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from bprunner.errors import InputError
from bprunner.spec import nodes
from bprunner.spec.architecture import Architecture
from bprunner.spec.choices import Choice, OrInSchema
from bprunner.spec.experiment import Experiment
from bprunner.spec.initial_weights import RULES, InitialWeights
from bprunner.spec.kinds import is_sweep
from bprunner.spec.merging import laid_over, with_value
from bprunner.spec.naming import Names
from bprunner.spec.nodes import Node, find, plain
from bprunner.spec.overriding import read_override
from bprunner.spec.reading import MOST_EXTENDED
from bprunner.spec.source import read_source
from bprunner.spec.validating import valid_parts
from bprunner.spec.yaml_loader import load

Completed = Iterator[tuple[str, str]]
"""Texts, each with what it means."""

_Names = Callable[[], Names | None]
"""The names of the network, where its architecture is valid; looked at only where they are needed."""
_MOST_NAMES = 200
_SAFE = re.compile(r"[\w.+/-]+")
"""What needs no quotes, in YAML or in a shell."""


@dataclass(frozen=True)
class _Parameters:
    """What stands behind the name of a choice: its own numbers."""

    of: type[Choice]


@dataclass(frozen=True)
class _Spot:
    """What may stand somewhere: the forms it may have, what it means, and what the file has there. `short` is the
    schema of a short notation, where a mapping has one."""

    forms: tuple[Any, ...]
    about: str
    data: Any
    short: Mapping[str, Any] | None = None


def completed(file: Path, changes: Sequence[str], typed: str) -> Completed:
    """What `typed` may become: a key, as far as its next part, or a key with its value."""
    path, equals, value = typed.partition("=")
    *parents, last = path.split(".")
    roots, names = _roots(_changed(_tree(file), changes), file)
    if equals:
        for spot in _at(roots, [*parents, last], names):
            yield from ((f"{path}={text}", about) for text, about in _values(spot).items() if text.startswith(value))
        return
    before = "".join(f"{part}." for part in parents)
    for spot in _at(roots, parents, names):
        for key, inner in _keys(spot, parents, names).items():
            if key.startswith(last) and key.isprintable():
                if _is_set(inner):
                    yield f"{before}{key}=", inner.about
                if _keys(inner, [*parents, key], names):
                    yield f"{before}{key}.", inner.about


def varying(sweep: Path) -> list[str]:
    """The paths that vary in a sweep's file, and the short names of those."""
    node = find(_tree(sweep), ("sweep",))
    plan = None if node is None else plain(node)
    parts = plan if isinstance(plan, Mapping) else {}
    paths = [path for key in ("grid", "zip") for path in parts.get(key) or ()]
    paths += [path for key in ("sample", "search") for path in (parts.get(key) or {}).get("of") or ()]
    return [*paths, *(path.rpartition(".")[2] for path in paths)]


def parameter_names(file: Path, changes: Sequence[str]) -> list[str]:
    """The names of an experiment's weights and biases."""
    _, names = _roots(_changed(_tree(file), changes), file)
    return _parameters(names)


# What the file declares


def _tree(file: Path, depth: int = 0) -> Node:
    """A file laid over what it extends. Raises InputError for what cannot be read at all."""
    root = load(read_source(file))
    entry = root.entries.get("extends") if isinstance(root, nodes.Mapping) else None
    if entry is None or depth > MOST_EXTENDED or not isinstance(root, nodes.Mapping):
        return root
    own = nodes.Mapping({key: each for key, each in root.entries.items() if key != "extends"}, root.place)
    return laid_over(_tree(file.parent / str(plain(entry.value)), depth + 1), own)


def _changed(root: Node, changes: Sequence[str]) -> Node:
    """With those changes before the cursor that can be laid over it."""
    for text in changes:
        try:
            override = read_override(text)
            root = with_value(root, override.path, override.value, override.place)
        except InputError:
            continue
    return root


def _roots(root: Node, file: Path) -> tuple[list[_Spot], _Names]:
    """Where paths begin: at the experiment; of a sweep at its own keys, and at those of its baseline."""
    spots = []
    if is_sweep(root):
        from bprunner.spec.sweep import Sweep

        data = plain(root)
        spots.append(_Spot((Sweep,), "", data))
        assert isinstance(data, Mapping)  # it is a sweep
        root = _tree(file.parent / str(data.get("baseline")))
    data = plain(root)
    spots.append(_Spot((Experiment,), "", data))

    @cache
    def names() -> Names | None:
        part = data.get("architecture") if isinstance(data, Mapping) else None
        valid = valid_parts({"architecture": part}).get("architecture") if part else None
        return valid.names if isinstance(valid, Architecture) else None

    return spots, names


# What the models allow


def _at(roots: Sequence[_Spot], path: Sequence[str], names: _Names) -> Iterator[_Spot]:
    """What may stand at a path; the first root that knows its first key counts."""
    for root in roots:
        if not path:
            yield root
            continue
        spot: _Spot | None = root
        for depth, part in enumerate(path):
            spot = _keys(spot, path[:depth], names).get(part) if spot is not None else None
        if spot is not None:
            yield spot
            return


def _keys(spot: _Spot, path: Sequence[str], names: _Names) -> dict[str, _Spot]:
    """Every key that may stand inside of something."""
    found: dict[str, _Spot] = {}
    for form in spot.forms:
        found |= _keys_of(form, spot.data, path, names)
    return found


def _keys_of(form: Any, data: Any, path: Sequence[str], names: _Names) -> dict[str, _Spot]:
    declared = data if isinstance(data, Mapping) else {}
    if isinstance(form, _Parameters):
        return _fields(form.of, declared, without=("kind",))
    if get_origin(form) is tuple:
        items = data if isinstance(data, list) else []
        inner = _forms(get_args(form)[0])
        # Of a list of numbers nobody wants the first one alone.
        deep = any(_is_model(each) for each in inner)
        return {str(number): _Spot(inner, "", item) for number, item in enumerate(items) if deep}
    if get_origin(form) is dict:
        inner = _forms(get_args(form)[1])
        known = [*declared, *(_parameters(names) if path and path[0] == "training" else ())]
        return {str(key): _Spot(inner, "", declared.get(key)) for key in known}
    if not isinstance(form, type) or not issubclass(form, BaseModel):
        return {}
    if issubclass(form, Choice):
        is_chosen = form.name() in (data, *declared)
        own = _Spot((_Parameters(form),), _first_sentence(form), declared.get(form.name()))
        return {form.name(): own} if is_chosen and len(form.model_fields) > 1 else {}
    if issubclass(form, InitialWeights):
        return _initial_weights(declared, names)
    return _fields(form, declared)


def _fields(model: type[BaseModel], declared: Mapping[Any, Any], without: Sequence[str] = ()) -> dict[str, _Spot]:
    found = {}
    for name, field in model.model_fields.items():
        key = field.alias or name
        if name not in without:
            short = next(_shorts(field.annotation, field.metadata), None)
            found[key] = _Spot(_forms(field.annotation), field.description or "", declared.get(key), short)
    return found


def _initial_weights(declared: Mapping[Any, Any], names: _Names) -> dict[str, _Spot]:
    """Weights and biases by their names, the rules, and the keys that stand beside them."""
    known = names()
    found = {
        name: _Spot((float,), "" if known is None else known.describe(name), declared.get(name))
        for name in _parameters(names)
    }
    for name, rule in RULES.items():
        found[name] = _Spot((_Parameters(rule),), _first_sentence(rule), declared.get(name))
    return found | {
        key: spot for key, spot in _fields(InitialWeights, declared).items() if key not in ("rule", "named")
    }


def _parameters(names: _Names) -> list[str]:
    known = names()
    return [] if known is None else [*known.weights, *known.biases][:_MOST_NAMES]


def _forms(annotation: Any) -> tuple[Any, ...]:
    """The types that a value may have, without what says how they are told apart."""
    if annotation is None or annotation is type(None):
        return ()
    origin = get_origin(annotation)
    if origin is Annotated:
        return _forms(get_args(annotation)[0])
    if origin is Union or type(annotation).__name__ == "UnionType":
        return tuple(form for each in get_args(annotation) for form in _forms(each))
    return (annotation,)


def _shorts(annotation: Any, metadata: Sequence[Any] = ()) -> Iterator[Mapping[str, Any]]:
    """The schemas of the short notations that a field has."""
    yield from (each.short for each in metadata if isinstance(each, OrInSchema))
    inside = get_args(annotation)
    if get_origin(annotation) is Annotated:
        yield from _shorts(inside[0], inside[1:])
    elif type(annotation).__name__ in ("UnionType", "_UnionGenericAlias"):
        yield from (short for each in inside for short in _shorts(each))


def _is_model(form: Any) -> bool:
    return isinstance(form, type) and issubclass(form, BaseModel)


def _is_set(spot: _Spot) -> bool:
    """Whether a value on one line may stand there, and not only parts that are set one by one."""
    if spot.short is not None:
        return True
    plain_forms = [form for form in spot.forms if not isinstance(form, _Parameters)]
    return any(not _is_model(form) or issubclass(form, Choice | InitialWeights) for form in plain_forms)


def _first_sentence(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split()).partition(". ")[0]


# Values


def _values(spot: _Spot) -> dict[str, str]:
    """The values that have a name, and what the file has there; with what each means."""
    found: dict[str, str] = {}
    for form in spot.forms:
        if get_origin(form) is Literal:
            found |= {str(value): "" for value in get_args(form)}
        elif form is bool:
            found |= {"true": "", "false": ""}
        elif _is_model(form) and issubclass(form, Choice):
            found[form.name()] = _first_sentence(form)
        elif form is InitialWeights:
            found |= {name: _first_sentence(rule) for name, rule in RULES.items()}
    if spot.short is not None and "const" in spot.short:
        found[str(spot.short["const"])] = ""
    there = _written(spot.data)
    if there and there not in found:
        found[there] = "as the file has it"
    return found


def _written(data: Any) -> str:
    """A number, a truth value or a word as it is written; nothing for what needs quotes."""
    text = getattr(data, "text", None) or (
        "" if data is None else str(data).lower() if data in (True, False) else str(data)
    )
    return text if isinstance(data, bool | int | float | str) and _SAFE.fullmatch(text) else ""
