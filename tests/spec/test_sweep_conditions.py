"""Conditions on cells."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.spec.conditions import ConditionError, parse

VALUES: dict[str, object] = {
    "training.learning_rate": 0.1,
    "initial_weights": "zeros",
    "on": True,
    "listed": [1, 2],
    "whole": 3,
    "nothing": math.nan,
}
KNOWN = (*VALUES, "architecture.layers.0.units")


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
        # Truth values and what is neither are the texts that they are shown as; nan is missing.
        ("on == true", True),
        ("on == True", False),
        ("listed == '[1, 2]'", True),
        ("whole == 3.0", True),
        ("nothing == nothing", False),
        ("nothing != nothing", True),
        ("nothing < 1 or nothing >= 1", False),
    ],
)
def test_what_holds(text: str, holds: bool) -> None:
    assert parse(text, KNOWN).holds(VALUES) is holds


@pytest.mark.parametrize(
    ("text", "start", "words", "hint"),
    [
        ("", 0, "expected a path, a number or a text", ""),
        ("training.learning_rate", 22, "expected a comparison of `training.learning_rate`", ""),
        ("training.learning_rate >", 24, "expected a path, a number or a text", ""),
        ("training.learning_rate > and", 25, "expected a path, a number or a text", ""),
        ("training.learning_rate = 1", 23, "`=` means nothing here", "equality is written =="),
        ("training.lerning_rate > 1", 0, "`training.lerning_rate` is no path", "`training.learning_rate`"),
        ("training.learning_rate > 1 or zeros == initial", 30, "`zeros` is no path", "possible here"),
        ("training.learning_rate < zeros", 25, "`zeros` is no path and no number", ""),
        ("(training.learning_rate > 1", 27, "expected `)`", ""),
        ("training.learning_rate > 1)", 26, "expected `and`, `or` or the end", ""),
        ("training.learning_rate > 1 initial_weights == zeros", 27, "expected `and`", ""),
        ("not " * 80 + "initial_weights == zeros", 200, "nested too deeply", ""),
        ("(" * 80, 50, "nested too deeply", ""),
        ("initial_weights == " + "z" * 1000, 0, "at most 1000 characters", ""),
        ("__import__('os') == 1", 10, "expected a comparison of `__import__`", ""),
        ("1 < 2", 0, "`1` is no path", ""),
    ],
)
def test_what_cannot_be_read_is_told(text: str, start: int, words: str, hint: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(text, KNOWN, "path")
    assert caught.value.start == start
    assert words in str(caught.value)
    assert hint in caught.value.hint


@given(st.text(alphabet="training.learning_rate<>=!() and or not 0.1'\"", max_size=60))
def test_any_text_is_read_or_told(text: str) -> None:
    with suppress(ConditionError):
        assert parse(text, KNOWN).holds(VALUES) in (True, False)


def test_the_names_that_it_looks_at() -> None:
    condition = parse("initial_weights == zeros and training.learning_rate < 1 and initial_weights != x", KNOWN)
    assert condition.names == ("initial_weights", "training.learning_rate")
