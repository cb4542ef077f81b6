"""The JSON Schema of experiment files, from the models, for editors that complete and check them.

A file that extends another one holds only what differs, so for it nothing is required.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from bprunner.spec.experiment import Experiment

_EXTENDS = {"type": "string", "description": "the path of an experiment that this one differs from"}


_WHOLE = ("required", "oneOf", "dependentRequired", "minProperties")
"""Rules of what is whole: of a part, none of them is true."""


def schema_data() -> dict[str, Any]:
    """The schema as plain data."""
    whole = any_of(bounded(Experiment.model_json_schema()))
    definitions = whole.pop("$defs")
    partial = _without_required({"experiment": whole, **definitions}, "Partial")
    partial_root = partial.pop("experiment")
    partial_root["properties"]["extends"] = _EXTENDS
    partial_root["required"] = ["extends"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "bprunner experiment",
        "description": "What one YAML file in configs/ declares.",
        "if": {"required": ["extends"]},
        "then": partial_root,
        "else": whole,
        "$defs": {**definitions, **{f"Partial{name}": schema for name, schema in partial.items()}},
    }


_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def bounded(node: Any) -> Any:
    """With the bounds that pydantic leaves in words of its own, where it sees no number, in those of JSON Schema."""
    if isinstance(node, dict):
        return {_BOUNDS.get(key, key) if _is_bound(key, each) else key: bounded(each) for key, each in node.items()}
    return [bounded(each) for each in node] if isinstance(node, list) else node


def _is_bound(key: str, value: Any) -> bool:
    return key in _BOUNDS and isinstance(value, int | float)


def any_of(node: Any) -> Any:
    """The schema with `anyOf` for the forms of a value, which bprunner tells apart by looking: two may fit.

    What is required of a dataset is another matter: there exactly one is meant.
    """
    if isinstance(node, list):
        return [any_of(child) for child in node]
    if not isinstance(node, dict):
        return node
    forms = "oneOf" in node and not all(set(form) == {"required"} for form in node["oneOf"])
    return {"anyOf" if forms and key == "oneOf" else key: any_of(child) for key, child in node.items()}


def _without_required(schemas: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The schemas that are reached from `experiment`, referring to each other under new names.

    Nothing is required of what is merged. Of a choice its name is, and a list is replaced whole: what stands in
    one has to be all there.
    """
    result: dict[str, Any] = {}
    waiting = ["experiment"]
    while waiting:
        name = waiting.pop()
        if name not in result:
            result[name] = _merged(copy.deepcopy(schemas[name]), prefix, waiting)
    return result


def _merged(node: Any, prefix: str, waiting: list[str]) -> Any:
    if isinstance(node, list):
        return [_merged(child, prefix, waiting) for child in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        name = node["$ref"].removeprefix("#/$defs/")
        waiting.append(name)
        return {**node, "$ref": f"#/$defs/{prefix}{name}"}
    # What has no description of its own is the mapping that holds a choice by its name.
    keeps = "description" not in node and len(node.get("properties", ())) == 1
    own = {key: child for key, child in node.items() if keeps or key not in _WHOLE}
    parts = {key: _merged(own[key], prefix, waiting) for key in ("anyOf", "additionalProperties") if key in own}
    if "properties" in own:
        parts["properties"] = {key: _merged(child, prefix, waiting) for key, child in own["properties"].items()}
    return {**own, **parts}


def schema_text() -> str:
    """The schema as the text of its file."""
    return json.dumps(schema_data(), indent=2, ensure_ascii=False) + "\n"
