"""The published JSON Schema of sweeps: fresh, and of the same mind as the models wherever a schema can be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bprunner.spec.sweep import Sweep
from bprunner.spec.sweep_schema import sweep_schema, sweep_schema_text
from docs import sweep_examples
from tests.conftest import ROOT
from tests.spec.broken import parts_of, replaced
from tests.spec.examples import loaded

SCHEMA = sweep_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
EXPERIMENTS = sorted((ROOT / "experiments").rglob("*.yaml"))
VALID = """
name: rates
baseline: doc.yaml
set: {training.epochs: 3, initial_weights: {w1: 1}}
sweep:
  grid:
    training.learning_rate: {geometric: {from: 0.001, to: 1, count: 7}}
    initial_weights: {document: baseline, zeros: zeros}
  zip: {training.epochs: [1, 2], initial_weights.w5: [0, 1]}
  sample: {sobol: {count: 8, seed: 0}, of: {initial_weights.w1: {uniform: {from: -1, to: 1}}}}
  search: {tpe: {trials: 9, seed: 0}, of: {initial_weights.w2: {choice: [0, 1]}}, minimise: error}
  repeat: {count: 3, first_seed: 5, seeds: [initial_weights.seed]}
  exclude: [training.learning_rate > 1]
trace: {quantities: [error], every: 10}
limits: {runs: 10, time: 1 h, disk: 5 GB, rows: 10}
"""


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_published_copy_is_fresh() -> None:
    published = (ROOT / "schema" / "sweep.schema.json").read_text(encoding="utf-8")
    assert published == sweep_schema_text(), "run `make schema`"


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: str(path.relative_to(ROOT / "experiments")))
def test_files_of_experiments_name_the_schema_where_it_is(path: Path) -> None:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == ROOT / "schema" / "sweep.schema.json"


@pytest.mark.parametrize("address", sweep_examples.KEYS)
def test_the_example_of_every_key_validates(address: str) -> None:
    VALIDATOR.validate(sweep_examples.of_key(address))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: rates", "nam: rates"),
        ("name: rates", "name: 5"),
        ("baseline: doc.yaml\n", ""),
        ("sweep:", "sweeps:"),
        ("grid:", "gird:"),
        ("to: 1, count: 7", "to: 1, cuont: 7"),
        ("to: 1, count: 7", "to: 1, count: 1"),
        ("training.epochs: [1, 2]", "training.epochs: []"),
        ("training.epochs: [1, 2]", "training.epochs: 1"),
        ("sobol: {count: 8, seed: 0}, of", "sobol: {count: 8}, of"),
        ("sobol: {count: 8, seed: 0}, of", "sobol: {count: 8, seed: 0}, random: {count: 8, seed: 0}, of"),
        ("sobol: {count: 8, seed: 0}, of", "of"),
        ("uniform: {from: -1, to: 1}", "uniform: {from: -1}"),
        ("uniform: {from: -1, to: 1}", "even: {from: -1, to: 1}"),
        ("choice: [0, 1]", "choice: []"),
        ("tpe: {trials: 9, seed: 0}", "tpe: {trials: 0, seed: 0}"),
        ("minimise: error", "minimise: loss"),
        ("count: 3, first_seed: 5", "first_seed: 5"),
        ("exclude: [training.learning_rate > 1]", "exclude: training.learning_rate > 1"),
        ("quantities: [error]", "quantities: [all]"),
        ("every: 10", "every: 0"),
        ("runs: 10", "runs: many"),
        ("time: 1 h", "time: [1, h]"),
    ],
)
def test_a_faulty_sweep_is_not_valid(old: str, new: str) -> None:
    assert old in VALID
    assert VALIDATOR.is_valid(loaded(VALID))
    assert not VALIDATOR.is_valid(loaded(VALID.replace(old, new, 1)))


JUNK: list[Any] = [
    ..., None, True, -1, 0, 1, 2, 0.5, "x", "", "error", [], [1], [[]], ["x"], {}, {"a": 1}, {"count": 2},
    {"linear": {"from": 0, "to": 1, "count": 3}}, {"geometric": {}}, {"choice": {"a": 1}}, {"choice": 1},
]  # fmt: skip


@given(picks=st.data())
def test_what_the_schema_refuses_the_models_refuse(picks: st.DataObject) -> None:
    """An editor marks nothing that bprunner takes. The other way round, a schema cannot know what goes together."""
    data = loaded(VALID)
    path = picks.draw(st.sampled_from([path for path in parts_of(data) if path]))
    broken = json.loads(json.dumps(replaced(data, path, picks.draw(st.sampled_from(JUNK)))))
    try:
        Sweep.model_validate(broken)
    except ValidationError:
        return
    VALIDATOR.validate(broken)
