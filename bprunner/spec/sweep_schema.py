"""The JSON Schema of sweep files, from the models. What a path may hold, only the baseline tells."""

from __future__ import annotations

import json
from typing import Any

from bprunner.spec.json_schema import any_of, bounded
from bprunner.spec.sweep import Sweep


def sweep_schema() -> dict[str, Any]:
    """The schema as plain data."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **any_of(bounded(Sweep.model_json_schema())),
        "title": "bprunner sweep",
        "description": "What one YAML file in experiments/ declares.",
    }


def sweep_schema_text() -> str:
    """The schema as the text of its file."""
    return json.dumps(sweep_schema(), indent=2, ensure_ascii=False) + "\n"
