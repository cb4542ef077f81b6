"""Validating: from a tree of nodes to an experiment, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from bprunner.errors import InputError, Problem
from bprunner.spec import nodes
from bprunner.spec.architecture import ActivationChoice
from bprunner.spec.consistency import misfits
from bprunner.spec.experiment import Experiment
from bprunner.spec.misfit import Misfit
from bprunner.spec.nodes import Node, find, plain
from bprunner.spec.problems import cut, problem_at, problem_at_key, problems_of


def validate(root: Node) -> Experiment:
    """The experiment that a tree of nodes declares. Raises InputError with every problem found."""
    data = plain(root)
    problems = _nothing_expected(root)
    try:
        experiment = Experiment.model_validate(data)
        parts: Mapping[str, Any] = {key: getattr(experiment, key) for key in Experiment.model_fields}
    except ValidationError as error:
        problems += problems_of(error, root, Experiment)
        parts = valid_parts(data)
    # Faults of shape are reported beside the faults of single keys, where the parts they need are valid.
    problems += [_misfit_problem(root, misfit) for misfit in misfits(parts)]
    if problems:
        raise InputError(_in_order(root, problems))
    return experiment


def _misfit_problem(root: Node, misfit: Misfit) -> Problem:
    return (problem_at_key if misfit.at_key else problem_at)(root, misfit.path, misfit.message, misfit.hint)


def _in_order(root: Node, problems: Sequence[Problem]) -> list[Problem]:
    """Each problem once, as the text is read: the file itself first, then what it extends."""

    def position(problem: Problem) -> tuple[bool, str, int]:
        place = problem.place or root.place
        return place.source != root.place.source, place.source, place.line or 0

    return sorted(dict.fromkeys(problems), key=position)


def _nothing_expected(root: Node) -> list[Problem]:
    """A figure whose number was forgotten is told: it would pass for no figure at all."""
    problems: list[Problem] = []

    def look(node: Node | None, path: tuple[str | int, ...]) -> None:
        if isinstance(node, nodes.Mapping):
            for key, entry in node.entries.items():
                look(entry.value, (*path, key))
        elif isinstance(node, nodes.Listing):
            for number, item in enumerate(node.items):
                look(item, (*path, number))
        elif isinstance(node, nodes.Scalar) and node.value is None and len(path) > 1:
            hint = "write what the document prints, or leave the key out"
            problems.append(problem_at_key(root, path, f"`{cut(str(path[-1]))}` has no value", hint))

    look(find(root, ("expect",)), ("expect",))
    return problems


def valid_parts(data: object) -> dict[str, Any]:
    """The top-level parts of a faulty experiment that are valid by themselves.

    Of expected figures, each entry is looked at alone. The shape of a network does not depend on what turns
    a net input into an output, so a misspelt activation hides no matrix of the wrong shape.
    """
    if not isinstance(data, Mapping):
        return {}
    parts: dict[str, Any] = {}
    for key in Experiment.model_fields:
        if key == "expect" and isinstance(data.get(key), list):
            parts[key] = [_valid_or_none("expect", [entry]) for entry in data[key]]
            parts[key] = [entry and entry[0] for entry in parts[key]]
        elif key in data:
            value = _valid_or_none(key, data[key])
            if value is None and key == "architecture":
                value = _valid_or_none(key, _with_likely_activations(data[key]))
            if value is not None:
                parts[key] = value
    return parts


def _valid_or_none(key: str, value: object) -> Any:
    """One top-level part of an experiment, or None where it is faulty."""
    try:
        return _adapter(key).validate_python(value, strict=True)
    except ValidationError:
        return None


@cache
def _adapter(key: str) -> TypeAdapter[Any]:
    """What validates one top-level part. Making it takes a hundred times as long as using it."""
    field = Experiment.model_fields[key]
    annotation: Any = field.annotation
    for extra in field.metadata:
        annotation = Annotated[annotation, extra]
    return TypeAdapter(annotation)


def _with_likely_activations(architecture: object) -> object:
    """With sigmoid, which goes with every loss, for each activation that is faulty."""
    if not (isinstance(architecture, Mapping) and isinstance(architecture.get("layers"), list)):
        return architecture
    return {**architecture, "layers": [_with_likely_activation(layer) for layer in architecture["layers"]]}


def _with_likely_activation(layer: object) -> object:
    if not isinstance(layer, Mapping) or "activation" not in layer:
        return layer
    try:
        TypeAdapter(ActivationChoice).validate_python(layer["activation"], strict=True)
    except ValidationError:
        return {**layer, "activation": "sigmoid"}
    return layer
