"""Rounding against Python's decimal: numbers that are drawn as decimals, so that ties are ties."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.nn.decimals import Number
from bprunner.nn.rounding import as_decimal, at_decimals, round_number, rounder

WAYS = {"half_up": ROUND_HALF_UP, "truncated": ROUND_DOWN}
ways = pytest.mark.parametrize("way", sorted(WAYS))

DECIMALS = st.integers(0, 12)
# Up to 15 digits, so that the double stands for exactly this decimal; many of them ties at some place.
NUMBERS = st.one_of(
    st.builds(lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(-10**15 + 1, 10**15 - 1),
              st.integers(-20, 3)),
    st.builds(lambda digits, exponent: Decimal(10 * digits + 5).scaleb(exponent), st.integers(-10**6, 10**6),
              st.integers(-12, 0)),
)  # fmt: skip


def by_decimal(number: Decimal, decimals: int, way: str) -> float:
    if number.adjusted() + decimals > 25:
        return float(number)
    return float(number.quantize(Decimal(1).scaleb(-decimals), rounding=WAYS[way]))


def rounded(value: float, decimals: int, way: str) -> float:
    with np.errstate(all="ignore"):
        return float(rounder(decimals, way)(np.array([value]))[0])


@ways
@given(number=NUMBERS, decimals=DECIMALS)
def test_arrays_round_as_decimals_do(way: str, number: Decimal, decimals: int) -> None:
    assert rounded(float(number), decimals, way).hex() == by_decimal(number, decimals, way).hex()


@ways
@given(value=st.floats(allow_nan=False, allow_infinity=False), decimals=DECIMALS)
def test_an_array_and_a_number_alone_round_alike(way: str, value: float, decimals: int) -> None:
    assert rounded(value, decimals, way) == float(round_number(value, decimals, way))


@ways
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), decimals=st.integers(0, 6))
def test_the_elements_of_an_array_do_not_disturb_each_other(way: str, values: list[float], decimals: int) -> None:
    round_array = rounder(decimals, way)
    whole = round_array(np.array(values).reshape(1, -1, 1))
    assert whole.ravel().tolist() == [rounded(value, decimals, way) for value in values]


@ways
@given(value=st.floats(-1e9, 1e9), decimals=st.integers(0, 9))
def test_rounding_twice_changes_nothing(way: str, value: float, decimals: int) -> None:
    once = rounded(value, decimals, way)
    assert rounded(once, decimals, way) == once


@pytest.mark.parametrize(
    ("value", "decimals", "half_up", "truncated"),
    [
        (0.285, 2, 0.29, 0.28),
        (-0.285, 2, -0.29, -0.28),
        (0.5, 0, 1.0, 0.0),
        (1.5, 0, 2.0, 1.0),
        (2.5, 0, 3.0, 2.0),
        (-2.5, 0, -3.0, -2.0),
        (1.005, 2, 1.01, 1.0),
        (0.7999999999999999, 1, 0.8, 0.8),
        (0.8 - 1e-12, 1, 0.8, 0.7),
        (0.3 - 0.1, 1, 0.2, 0.2),
        (0.1 + 0.2, 16, 0.3, 0.3),
        (1e-300, 5, 0.0, 0.0),
        (1e300, 5, 1e300, 1e300),
        (123456789012345.67, 1, 123456789012345.7, 123456789012345.6),
        (1000000000000001.0, 0, 1000000000000001.0, 1000000000000001.0),
        (11259000000000.126, 2, 11259000000000.13, 11259000000000.12),
        (2.0**53 + 2, 0, 2.0**53 + 2, 2.0**53 + 2),
    ],
)
def test_by_hand(value: float, decimals: int, half_up: float, truncated: float) -> None:
    assert rounded(value, decimals, "half_up") == half_up
    assert rounded(value, decimals, "truncated") == truncated


@ways
def test_what_is_not_finite_passes_unchanged(way: str) -> None:
    values = np.array([np.nan, np.inf, -np.inf, 0.123])
    with np.errstate(all="ignore"):
        assert rounder(1, way)(values)[:3].tobytes() == values[:3].tobytes()


@ways
def test_a_sign_stays_with_a_zero(way: str) -> None:
    assert np.signbit(rounder(2, way)(np.array([-0.001, 0.001, -0.0, 0.0]))).tolist() == [True, False, True, False]


def test_the_input_is_left_as_it_was() -> None:
    values = np.array([0.285, 0.1234])
    rounder(2, "half_up")(values)
    assert values.tolist() == [0.285, 0.1234]


@pytest.mark.parametrize(("decimals", "way"), [(-1, "half_up"), (23, "half_up"), (2, "to_even")])
def test_what_is_no_rounding_is_refused(decimals: int, way: str) -> None:
    with pytest.raises(ValueError, match="no rounding"):
        rounder(decimals, way)


def test_a_double_is_the_decimal_of_fifteen_digits() -> None:
    assert as_decimal(0.1 + 0.2) == Decimal("0.3")
    assert as_decimal(2 / 3) == Decimal("0.666666666666667")


def test_more_digits_than_a_double_has_are_not_made_up() -> None:
    assert at_decimals(Decimal("1e300"), 17, "half_up") == Decimal("1e300")
    assert at_decimals(Decimal("1.25"), 1, "half_up") == Decimal("1.3")


# Numbers of nn/decimals.py are rounded as they are: no double stands between


@ways
@given(
    number=st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=30),
    decimals=DECIMALS,
)
def test_decimal_numbers_round_exactly(way: str, number: Decimal, decimals: int) -> None:
    given_number = Number(number, 45)
    result = rounder(decimals, way)(as_numbers(given_number)).item()
    with localcontext() as context:
        context.prec = 60
        expected = number.quantize(Decimal(1).scaleb(-decimals), rounding=WAYS[way])
    assert isinstance(result, Number)
    assert result.digits == 45
    assert result.value == expected
    assert result.value.is_signed() == expected.is_signed()


def as_numbers(*numbers: Number) -> Any:
    array = np.empty((1, 1, len(numbers)), dtype=object)
    array[0, 0, :] = numbers
    return array


def test_decimal_numbers_by_hand() -> None:
    texts = ["0.28499999999999999999", "-0.285", "0.285", "999.999", "1E+30", "1.5", "-0.0001", "1E-40"]
    numbers = as_numbers(*(Number(Decimal(text), 28) for text in texts))
    half_up = ["0.28", "-0.29", "0.29", "1000.00", "1E+30", "1.5", "-0.00", "0.00"]
    truncated = ["0.28", "-0.28", "0.28", "999.99", "1E+30", "1.5", "-0.00", "0.00"]
    assert [str(each) for each in rounder(2, "half_up")(numbers).ravel()] == half_up
    assert [str(each) for each in rounder(2, "truncated")(numbers).ravel()] == truncated
    assert [str(each) for each in numbers.ravel()] == [str(Decimal(text)) for text in texts]


def test_decimal_numbers_of_more_digits_than_python_rounds_by_default() -> None:
    number = as_numbers(Number(Decimal("1234567890.12345678901234567890125"), 45))
    assert str(rounder(22, "half_up")(number).item()) == "1234567890.1234567890123456789013"
    assert str(rounder(22, "truncated")(number).item()) == "1234567890.1234567890123456789012"


@ways
def test_decimal_numbers_that_are_not_finite_pass(way: str) -> None:
    found = rounder(1, way)(as_numbers(*(Number(value, 28) for value in (float("nan"), float("inf"), -float("inf")))))
    assert [str(each) for each in found.ravel()] == ["NaN", "Infinity", "-Infinity"]
