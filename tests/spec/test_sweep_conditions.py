"""Conditions on cells."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.spec.conditions import ConditionError, parse

KNOWN = ("training.learning_rate", "initial_weights", "architecture.layers.0.units")
VALUES = {"training.learning_rate": 0.1, "initial_weights": "zeros"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("training.learning_rate > 0.05", True),
        ("training.learning_rate > 1e-1", False),
        ("0.05 < training.learning_rate <= 0.1", True),
        ("0.1 < training.learning_rate <= 0.1", False),
        ("initial_weights == zeros", True),
        ("initial_weights == 'zeros'", True),
        ("initial_weights != zeros", False),
        ("not initial_weights == zeros", False),
        ("training.learning_rate > 1 or initial_weights == zeros", True),
        ("training.learning_rate > 1 or initial_weights == zeros and training.learning_rate < 0.1", False),
        ("(training.learning_rate > 1 or initial_weights == zeros) and not training.learning_rate < 0.1", True),
        # What is missing equals nothing, and is not less.
        ("architecture.layers.0.units == 2", False),
        ("architecture.layers.0.units < 2", False),
        ("architecture.layers.0.units != 2", True),
        # A number and a text are never equal.
        ("initial_weights == 0", False),
        ("initial_weights < 1", False),
        ("training.learning_rate == '0.1'", False),
    ],
)
def test_what_holds(text: str, holds: bool) -> None:
    assert parse(text, KNOWN).holds(VALUES) is holds


@pytest.mark.parametrize(
    ("text", "words", "hint"),
    [
        ("", "must have a path", ""),
        ("training.learning_rate", "must compare", "=="),
        ("training.learning_rate >", "must have a path, a number or a text here", ""),
        ("training.learning_rate = 1", "`=`, which means nothing", "equality is =="),
        ("training.lerning_rate > 1", "`training.lerning_rate`, which does not vary", "`training.learning_rate`"),
        ("(training.learning_rate > 1", "never closed", ""),
        ("training.learning_rate > 1)", "before `)`", ""),
        ("training.learning_rate > 1 initial_weights == zeros", "before `initial_weights`", ""),
        ("not " * 80 + "initial_weights == zeros", "nested too deeply", ""),
        ("(" * 80, "nested too deeply", ""),
        ("initial_weights == " + "z" * 1000, "longer than", ""),
        ("__import__('os') == 1", "must compare `__import__`", ""),
        ("1 < 2", "which does not vary", ""),
    ],
)
def test_what_cannot_be_read_is_told(text: str, words: str, hint: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text, KNOWN)
    assert words in str(caught.value)
    assert hint in caught.value.hint


@given(st.text(alphabet="training.learning_rate<>=!() and or not 0.1'\"", max_size=60))
def test_any_text_is_read_or_told(text: str) -> None:
    with suppress(ConditionError):
        assert parse(text, KNOWN).holds(VALUES) in (True, False)


def test_the_names_that_it_looks_at() -> None:
    condition = parse("initial_weights == zeros and training.learning_rate < 1 and initial_weights != x", KNOWN)
    assert condition.names == ("initial_weights", "training.learning_rate")
