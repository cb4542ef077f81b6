"""The published JSON Schema: fresh, and of the same mind as bprunner itself."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from bprunner.spec.json_schema import schema_data, schema_text
from tests.conftest import ROOT
from tests.spec.examples import VALID, experiments, loaded

CONFIGS = sorted((ROOT / "configs").rglob("*.yaml"))
SCHEMA = schema_data()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_published_copy_is_fresh() -> None:
    published = (ROOT / "schema" / "experiment.schema.json").read_text(encoding="utf-8")
    assert published == schema_text(), "run `make schema`"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(ROOT / "configs")))
def test_every_configuration_is_valid(path: Any) -> None:
    VALIDATOR.validate(loaded(path.read_text(encoding="utf-8")))


@given(data=experiments())
def test_every_valid_experiment_is_valid(data: dict[str, Any]) -> None:
    VALIDATOR.validate(json.loads(json.dumps(data)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("learning_rate: 0.05", "learning_rate: -1"),
        ("learning_rate: 0.05", "learning_rat: 0.05"),
        ("learning_rate: 0.05", "learning_rate: fast"),
        ("activation: linear", "activation: linera"),
        ("activation: linear", "activation: {leaky_relu: {slop: 1}}"),
        ("bias: none", "bias: yes"),
        ("w1: 0.1", "w1: a"),
        ("half_squared_error", "mse"),
        ("epochs: 1", "epochs: 1.5"),
        ("name: doc", "name: 5"),
        ("name: doc", "nam: doc"),
        ("out: {h1: 0.8}", "out: 0.8"),
        ("expect:", "arithmetic: exacct\nexpect:"),
        ("expect:", "extends: a.yaml\nexpct: 5\nexpect:"),
        ("  inputs: [[2, 3]]\n", ""),
    ],
)
def test_a_faulty_file_is_not_valid(old: str, new: str) -> None:
    assert old in VALID
    assert VALIDATOR.is_valid(loaded(VALID))
    assert not VALIDATOR.is_valid(loaded(VALID.replace(old, new, 1)))


def test_a_file_that_extends_another_needs_nothing_else() -> None:
    assert VALIDATOR.is_valid({"extends": "doc.yaml"})
    assert VALIDATOR.is_valid({"extends": "doc.yaml", "training": {"epochs": 3}, "dataset": {"inputs": [[1]]}})
    assert not VALIDATOR.is_valid({"extends": "doc.yaml", "training": {"epoch": 3}})
    assert not VALIDATOR.is_valid({"training": {"epochs": 3}})


def test_every_key_says_what_it_is_for() -> None:
    definitions = [SCHEMA["else"], *SCHEMA["$defs"].values()]
    silent = [
        key
        for definition in definitions
        for key, field in definition.get("properties", {}).items()
        if "description" not in field and key not in ("kind", "csv")
    ]
    assert silent == []
