"""Which axis, and which ticks."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from bprunner.figures.scales import Scale, error_scale, linear_scale, number_scale, parameter_scale, step_ticks

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SERIES = arrays(np.float64, st.integers(1, 30), elements=FINITE)


def sound(scale: Scale) -> bool:
    inside = all(scale.low <= tick <= scale.high for tick in scale.ticks)
    return inside and scale.low < scale.high and math.isfinite(scale.high - scale.low)


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([0.087, 0.047], "linear"),
        ([1.0, 0.5, 0.2, 0.1], "linear"),
        ([1.0, 0.1, 0.01, 0.001, 0.0], "log"),
        ([1.0, 0.0], "linear"),
        ([0.0, 0.0], "linear"),
        ([-1.0, 1e-9, 1.0], "linear"),
        ([1e-3, 1e100, 1e300], "log"),
        ([1.0] * 30 + [1e-12] + [0.5] * 30, "linear"),
        ([], "linear"),
    ],
)
def test_the_logarithm_has_to_be_earned(errors: list[float], kind: str) -> None:
    assert error_scale(np.array(errors, dtype=np.float64)).kind == kind


@pytest.mark.parametrize(
    ("weights", "kind"),
    [([0.1, -3.0], "linear"), ([1e-6, 2.0], "linear"), ([0.1, -3e4, 2e15], "symlog"), ([2e4, 3e4], "linear")],
)
def test_weights_that_run_away_get_a_logarithm(weights: list[float], kind: str) -> None:
    assert parameter_scale([np.array(weights)]).kind == kind


@given(SERIES)
def test_every_scale_is_sound(values: NDArray[np.float64]) -> None:
    assert sound(error_scale(values))
    assert sound(error_scale(np.abs(values)))
    assert sound(linear_scale([values]))
    assert sound(parameter_scale([values, values[:0]]))


@given(SERIES)
def test_ticks_have_texts_and_are_few(values: NDArray[np.float64]) -> None:
    for scale in (error_scale(np.abs(values)), parameter_scale([values])):
        assert len(scale.ticks) == len(scale.texts) <= 9
        assert list(scale.ticks) == sorted(scale.ticks)


def test_a_constant_has_air_on_both_sides() -> None:
    scale = linear_scale([np.full(5, 0.5), np.full(5, 0.5 + 1e-16)])
    assert scale.low < 0.46
    assert scale.high > 0.54


def test_ticks_of_decades_are_round() -> None:
    assert error_scale(np.array([1e-1, 1e-2, 1e-3, 1e-4])).texts == ("0.0001", "0.001", "0.01", "0.1")
    assert error_scale(10.0 ** -np.arange(30.0)).texts[-2:] == ("10⁻¹⁰", "1")


@pytest.mark.parametrize(
    ("first", "last", "recorded", "ticks"),
    [
        (0, 0, [0], [0]),
        (0, 1, [0, 1], [0, 1]),
        (0, 20, [0, 10, 20], [0, 10, 20]),
        (0, 200, list(range(201)), [0, 50, 100, 150, 200]),
        (3, 3, [0, 3, 9], [3]),
        (0, 0, list(range(40)), [0]),
    ],
)
def test_steps_are_whole(first: int, last: int, recorded: list[int], ticks: list[int]) -> None:
    assert step_ticks(first, last, np.array(recorded)) == ticks


# Numbers that were chosen


@pytest.mark.parametrize(
    ("numbers", "is_geometric", "texts"),
    [
        ([0.01, 0.05, 0.1, 0.5], True, ("0.01", "0.05", "0.1", "0.5")),
        ([1, 2, 4, 8, 16], True, ("1", "2", "4", "8", "16")),
        ([2, 3, 4, 8], False, ("2", "3", "4", "8")),
        (np.geomspace(0.001, 1, 61), True, ("0.001", "0.01", "0.1", "1")),
        (np.geomspace(0.02, 0.5, 30), True, ("0.02", "0.05", "0.1", "0.2", "0.5")),
        ([1.0, 1.01, 1.02, 5.0], False, ("1", "2", "3", "4", "5")),
        ([0.3], True, ("0.3",)),
        (range(1, 13), False, ("5", "10")),
    ],
)
def test_chosen_numbers_are_ticks_where_they_are_few(
    numbers: list[float], is_geometric: bool, texts: tuple[str, ...]
) -> None:
    scale = number_scale(np.array(numbers, dtype=np.float64), is_geometric)
    assert scale.texts == texts
    assert sound(scale)


@given(arrays(np.float64, st.integers(1, 20), elements=st.floats(5e-324, 1e308)), st.booleans())
def test_every_scale_of_numbers_is_sound(numbers: NDArray[np.float64], is_geometric: bool) -> None:
    assert sound(number_scale(numbers, is_geometric))
    assert sound(number_scale(-numbers, False))


@given(st.integers(1, 40), st.integers(2, 50))
def test_whole_numbers_have_whole_ticks(first: int, count: int) -> None:
    ticks = number_scale(np.arange(first, first + count, dtype=np.float64), False).ticks
    assert all(tick == round(tick) for tick in ticks)
