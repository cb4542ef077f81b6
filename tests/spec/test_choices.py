"""Choices in YAML's notation, and choices that are there already."""

from __future__ import annotations

from typing import Any

import pytest

import bprunner
from bprunner.errors import InputError
from bprunner.spec.experiment import Experiment
from bprunner.spec.reading import read_declaration
from bprunner.spec.training import Adam, Momentum, Training
from tests.training.declarations import doc


def problems(data: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        read_declaration(data)
    return [(problem.path, problem.message) for problem in caught.value.problems]


def test_a_choice_that_is_there_already_stays_as_it_is() -> None:
    """A Python program that builds an experiment from another one's parts."""
    made = read_declaration(doc()).experiment
    momentum = Momentum(kind="momentum", momentum=0.5, form="averaged")
    own = {name: getattr(made.training, name) for name in made.training.model_fields_set}
    training = Training(**{**own, "optimizer": momentum, "epochs": 2})
    assert training.optimizer is momentum
    parts = {name: getattr(made, name) for name in made.model_fields_set}
    run = bprunner.run(Experiment(**{**parts, "training": training}))
    declared = bprunner.run(doc(optimizer={"momentum": {"momentum": 0.5, "form": "averaged"}}, epochs=2))
    assert run.hash == declared.hash
    assert run.trace["weight"].tobytes() == declared.trace["weight"].tobytes()
    assert run.trace["velocity.w5"].tolist() != [0.0] * 3


def test_the_kinds_of_python_are_no_keys_of_yaml() -> None:
    told = problems(doc(optimizer={"adam": {"kind": "adam", "beta1": 0.5}}))
    assert told == [("training.optimizer.adam.kind", "unknown key `kind`")]
    (first, *_) = problems(doc(optimizer={"kind": "adam", "beta1": 0.5}))
    assert first[0].startswith("training.optimizer")


@pytest.mark.parametrize("written", ["adam", {"adam": None}, {"adam": {}}])
def test_three_ways_to_write_a_choice_without_numbers(written: Any) -> None:
    made = read_declaration(doc(optimizer=written)).experiment.training.optimizer
    assert made == Adam(kind="adam")
    assert made.parameters() == {
        "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "epsilon_place": "outside", "bias_correction": True,
        "counts": "before",
    }  # fmt: skip


ONE = "must be one of the names, or one with its numbers"


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        ({"adam": 3}, "training.optimizer.adam", "must be a mapping of its numbers"),
        ({"adam": [0.9]}, "training.optimizer.adam", "must be a mapping of its numbers"),
        ({"adam": {}, "adamw": {}}, "training.optimizer", f"{ONE}, found a mapping of adam, adamw"),
        ({}, "training.optimizer", f"{ONE}, found a mapping of nothing"),
        (["adam"], "training.optimizer", f"{ONE}, found a list of 1"),
        (3, "training.optimizer", f"{ONE}, found the number 3"),
    ],
)
def test_what_is_no_choice(written: Any, path: str, message: str) -> None:
    ((where, told),) = problems(doc(optimizer=written))
    assert where == path
    assert told.startswith(message)
