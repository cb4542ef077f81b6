"""Spaced values, and the forms of an axis."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.spec.spaced import geometric, linear
from bprunner.spec.sweep import axis_form

ENDS = st.floats(-1e6, 1e6, allow_subnormal=False).filter(lambda each: abs(each) > 1e-6)


def test_powers_of_ten_are_what_a_person_would_write() -> None:
    assert geometric(0.001, 1, 4) == (0.001, 0.01, 0.1, 1.0)
    assert geometric(1e-5, 1e5, 11) == (1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5)
    assert geometric(1, 1024, 11) == tuple(2.0**power for power in range(11))
    assert geometric(-8, -1, 4) == (-8.0, -4.0, -2.0, -1.0)


def test_tenths_are_what_a_person_would_write() -> None:
    assert linear(0, 1, 11) == (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    assert linear(1, -1, 5) == (1.0, 0.5, 0.0, -0.5, -1.0)


@given(ENDS, ENDS, st.integers(2, 40))
def test_both_ends_are_there_and_differences_are_even(first: float, last: float, count: int) -> None:
    if abs(first - last) < 1e-9:
        return
    values = linear(first, last, count)
    assert (values[0], values[-1], len(values)) == (first, last, count)
    step = (Fraction(repr(last)) - Fraction(repr(first))) / (count - 1)
    assert all(value == float(Fraction(repr(first)) + step * number) for number, value in enumerate(values))


@given(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9), st.integers(2, 40))
def test_both_ends_are_there_and_ratios_are_even(first: float, last: float, count: int) -> None:
    if abs(math.log(first / last)) < 1e-9:
        return
    values = geometric(first, last, count)
    assert (values[0], values[-1], len(values)) == (first, last, count)
    for number, value in enumerate(values):
        assert value == pytest.approx(first * (last / first) ** (number / (count - 1)), rel=1e-13)


def test_of_many_values_the_last_are_as_exact() -> None:
    values = geometric(0.001, 1, 100_001)
    assert values[50_000] == 0.03162277660168379  # √0.001, rounded once
    assert values[-1] == 1.0


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (lambda: linear(1, 1, 3), "same number"),
        (lambda: linear(1, 2, 1), "at least 2"),
        (lambda: geometric(0, 1, 3), "above 0"),
        (lambda: geometric(-1, 1, 3), "above 0"),
        (lambda: linear(1, 1 + 2**-51, 100), "no 100 different doubles"),
    ],
)
def test_what_has_no_values_is_told(values: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        values()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ([1, 2], "(values)"),
        ({"linear": {"from": 0, "to": 1, "count": 3}}, "(spaced)"),
        ({"geometric": {}}, "(spaced)"),
        ({"linear": "linear"}, "(labelled)"),
        ({"linear": {}}, "(labelled)"),
        ({"linear": {}, "tanh": "tanh"}, "(labelled)"),
        ({"zeros": "zeros"}, "(labelled)"),
        (0.1, None),
        ("0.1, 0.2", None),
    ],
)
def test_the_form_of_an_axis(value: object, form: str | None) -> None:
    assert axis_form(value) == form
