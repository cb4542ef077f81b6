"""The published JSON Schema: fresh, and of the same mind as bprunner itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bprunner.spec.effective import declaration_data
from bprunner.spec.experiment import Experiment
from bprunner.spec.json_schema import schema_data, schema_text
from bprunner.spec.reading import read_declaration
from tests.conftest import ROOT
from tests.spec.broken import parts_of, replaced
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
        ("h1: 0.8", "h1: {printed: 0.8, tolerance: -0.5}"),
        ("name: doc", "name: 5"),
        ("name: doc", "nam: doc"),
        ("out: {h1: 0.8}", "out: 0.8"),
        ("expect:", "arithmetic: exacct\nexpect:"),
        ("expect:", "extends: a.yaml\nexpct: 5\nexpect:"),
        ("  inputs: [[2, 3]]\n", ""),
        ("  inputs: [[2, 3]]\n", "  inputs: [[2, 3]]\n  gate: xor\n"),
        ("  inputs: [[2, 3]]\n  targets: [[1]]\n", "  gate: implies\n"),
        ("gradient_descent", "{momentum: {}}"),
        ("gradient_descent", "momentum"),
        ("gradient_descent", "{adam: {}, rmsprop: {}}"),
        ("gradient_descent", "{adam: {beta1: 1}}"),
        ("bias: none", "bias: shared"),
        ("bias: none", "bias: {shared: {}}"),
        ("bias: none", "bias: none, net: sum"),
        ("initial_weights: {w1: 0.1", "initial_weights: {uniform: {low: 0}, w1: 0.1"),
        ("initial_weights: {w1: 0.1", "initial_weights: {draw: {biases: sorted}, w1: 0.1"),
        ("epochs: 1", "epochs: 1\n  batches: {minibatches: {seed: later, size: 3}}"),
        ("epochs: 1", "epochs: 1\n  stop: plateau"),
        ("epochs: 1", "epochs: 1\n  metrics: accuracy"),
        ("epochs: 1", "epochs: 1\n  penalty: {l2: {strength: 1, factor: half}}"),
        ("inputs: 2", "inputs: 2\n  naming: {weights: {w 1: i1 -> h1}}"),
        ("inputs: 2", "inputs: 2\n  naming: {inputs: [a b, c]}"),
        ("expect:", "arithmetic: {out: {}}\nexpect:"),
        ("expect:", "arithmetic: {out: {h1: 2}}\nexpect:"),
        ("expect:", "arithmetic: {numbers: {decimal: {digits: 1}}}\nexpect:"),
        ("expect:", "trace: {quantities: [all]}\nexpect:"),
        ("expect:", "horizon: {step: 3}\nexpect:"),
        ("step: 0", "step: first"),
        ("h1: 0.8", "h1: [0.8, [a]]"),
        ("h1: 0.8", "h1: {printed: 0.8, tolerence: 1}"),
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
    assert VALIDATOR.is_valid({"extends": "doc.yaml", "architecture": {"naming": {"weights": {}}}})
    assert VALIDATOR.is_valid({"extends": "doc.yaml", "training": {"optimizer": {"momentum": {"form": "averaged"}}}})
    assert VALIDATOR.is_valid({"extends": "doc.yaml", "arithmetic": {"weight": {"carried": False}}})
    assert VALIDATOR.is_valid({"extends": "doc.yaml", "initial_weights": {"uniform": {"low": 0}}})
    assert not VALIDATOR.is_valid({"extends": "doc.yaml", "architecture": {"layers": [{"units": 2}]}})
    assert not VALIDATOR.is_valid({"extends": "doc.yaml", "training": {"optimizer": {}}})
    assert not VALIDATOR.is_valid({"extends": "doc.yaml", "training": {"optimizer": {"momentum": {"form": "old"}}}})
    assert not VALIDATOR.is_valid({"training": {"epochs": 3}})


def without_some(value: Any, picks: st.DataObject, choice: bool = False) -> Any:
    """The mapping less some of its keys, and of what it holds; lists stay whole, and a choice keeps its name."""
    if not isinstance(value, dict):
        return value
    kept = {key: each for key, each in value.items() if choice or picks.draw(st.booleans())}
    one = len(value) == 1 and not choice
    return {key: without_some(each, picks, choice=False if one else is_choice(each)) for key, each in kept.items()}


def is_choice(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1


@given(data=experiments(), picks=st.data())
def test_any_part_of_an_experiment_may_differ_from_another(data: dict[str, Any], picks: st.DataObject) -> None:
    """Every mapping that is merged may be there in part; the whole of it is valid, so any part of it is."""
    whole = json.loads(json.dumps(declaration_data(read_declaration(data).experiment), default=float_of))
    part = {key: without_some(each, picks) for key, each in whole.items() if picks.draw(st.booleans())}
    VALIDATOR.validate({"extends": "doc.yaml", **part})


def float_of(printed: Any) -> float:
    return float(printed.number)


# Of the same mind


JUNK: list[Any] = [
    ..., None, True, -1, 0, 1, 2, 10**30, 0.5, -0.5, "x", "none", "zeros", "accuracy", "last", "decimal", "adam", "1",
    [], [[]], [1], [0.5, 1], [[1, 2]], {}, {"a": 1}, {"x": "i1 -> h1"}, {"decimals": 2}, {"zeros": {}}, {"adam": None},
    {"printed": 0.5}, {"printed": 1, "tolerance": 2}, {"momentum": {}}, {"threshold": {"trained": False}},
]  # fmt: skip


@given(data=experiments(), picks=st.data())
def test_schema_and_models_agree_on_broken_experiments(data: dict[str, Any], picks: st.DataObject) -> None:
    """Whatever stands in place of a part: editor and program refuse it, or neither does.

    What no JSON Schema can say is left out here: text that is a formula, or has to be seen.
    """
    path = picks.draw(st.sampled_from([path for path in parts_of(data) if path and "formula" not in path]))
    broken = json.loads(json.dumps(replaced(data, path, picks.draw(st.sampled_from(JUNK)))))
    try:
        Experiment.model_validate(broken)
        accepted = True
    except ValidationError:
        accepted = False
    assert VALIDATOR.is_valid(broken) == accepted


def test_every_reference_leads_somewhere() -> None:
    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            yield from (found for each in node.values() for found in references(each))
        elif isinstance(node, list):
            yield from (found for each in node for found in references(each))

    named = {reference.removeprefix("#/$defs/") for reference in references(SCHEMA)}
    assert named == set(SCHEMA["$defs"]), "each definition is referred to, and each reference has a definition"


def test_every_key_says_what_it_is_for() -> None:
    definitions = [SCHEMA["else"], *SCHEMA["$defs"].values()]
    silent = [
        key
        for definition in definitions
        for key, field in definition.get("properties", {}).items()
        if "description" not in field and key not in ("kind", "csv")
    ]
    assert silent == []
