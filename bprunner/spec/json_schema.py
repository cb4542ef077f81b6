"""The JSON Schema of experiment files, from the models, for editors that complete and check them.

A file that extends another one holds only what differs, so for it nothing is required.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from bprunner.spec.experiment import Experiment

_EXTENDS = {"type": "string", "description": "the path of an experiment that this one differs from"}


def schema_data() -> dict[str, Any]:
    """The schema as plain data."""
    whole = Experiment.model_json_schema()
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


def _without_required(schemas: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The schemas with nothing required, referring to each other under new names; choices stay as they are."""
    result: dict[str, Any] = copy.deepcopy(schemas)
    for name in ("experiment", "Architecture", "Training", "InlineDataset", "CsvFile", "CsvDataset"):
        result[name].pop("required", None)
    _rename(result, prefix)
    return result


def _rename(node: Any, prefix: str) -> None:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            node["$ref"] = reference.replace("#/$defs/", f"#/$defs/{prefix}")
        for child in node.values():
            _rename(child, prefix)
    elif isinstance(node, list):
        for child in node:
            _rename(child, prefix)


def schema_text() -> str:
    """The schema as the text of its file."""
    return json.dumps(schema_data(), indent=2, ensure_ascii=False) + "\n"
