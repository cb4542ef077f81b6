"""What others call a thing is answered with what it is called here, and nothing with what only looks like it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bprunner.spec.architecture import ActivationChoice
from bprunner.spec.choices import choices_of
from bprunner.spec.initial_weights import RULES
from bprunner.spec.problems import did_you_mean
from bprunner.spec.synonyms import NOT_HERE, SYNONYMS, synonym
from bprunner.spec.training import LossChoice, OptimizerChoice, StopChoice, Training

UNIONS: tuple[Any, ...] = (ActivationChoice, LossChoice, OptimizerChoice, StopChoice)
CHOICES = {choice.name() for union in UNIONS for choice in choices_of(union)}
KNOWN = (
    CHOICES
    | set(RULES)
    | set(Training.model_fields)
    | {"full", "online", "minibatches", "net", "encode", "decay", "slope"}
)


@pytest.mark.parametrize("word", sorted(SYNONYMS))
def test_an_answer_names_what_is_there(word: str) -> None:
    possible, answer = SYNONYMS[word]
    assert possible in KNOWN
    named = re.findall(r"`(\w+)", answer)
    assert named
    assert set(named) <= KNOWN
    assert synonym(word, [possible]) == f"here it is called {answer}"
    assert synonym(word, ["something_else"]) is None


def test_no_word_is_a_name_itself_where_it_is_a_synonym() -> None:
    for union in UNIONS:
        names = {choice.name() for choice in choices_of(union)}
        assert not [word for word, (possible, _) in SYNONYMS.items() if word in names and possible in names]
        assert not names & set(NOT_HERE)


def test_no_word_is_a_key_where_it_is_a_synonym() -> None:
    """Of training, and of the numbers of choices."""
    keys = set(Training.model_fields)
    assert not [word for word, (possible, _) in SYNONYMS.items() if word in keys and possible in keys]
    for union in UNIONS:
        for choice in choices_of(union):
            own = set(choice.model_fields)
            assert not [word for word, (possible, _) in SYNONYMS.items() if word in own and possible in own]


@pytest.mark.parametrize(
    "word", ["nadam", "rprop", "Adadelta", "hard-sigmoid", "HardTanh", "LogSoftmax", "amsgrad", "ReLU6", "irprop"]
)
def test_what_is_not_here_is_not_mistaken_for_what_looks_like_it(word: str) -> None:
    names = [choice.name() for union in (OptimizerChoice, ActivationChoice) for choice in choices_of(union)]
    assert did_you_mean(word, names).startswith("possible here: ")


def test_a_slip_is_still_recognised() -> None:
    assert did_you_mean("gradient_decent", ["gradient_descent", "adam"]) == "did you mean `gradient_descent`?"
    assert did_you_mean("LeakyReLU", ["relu", "leaky_relu"]) == "did you mean `leaky_relu`?"
    assert did_you_mean("bipolarSigmoid", ["sigmoid", "tanh"]) == "here it is called `tanh: {slope: 0.5}`"
    assert did_you_mean("MSE", ["mean_squared_error"]).startswith("here it is called `mean_squared_error`")
