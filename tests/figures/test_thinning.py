"""Thinning loses nothing that the eye would miss."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from bprunner.figures.thinning import finite_length, is_rough, strip_medians, thin

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SERIES = arrays(np.float64, st.integers(0, 400), elements=FINITE)


@given(SERIES, st.integers(1, 40))
def test_first_last_and_extremes_stay(values: NDArray[np.float64], columns: int) -> None:
    chosen = thin(values, columns)
    assert (np.diff(chosen) > 0).all()
    assert len(chosen) <= 2 * columns + 4
    if len(values):
        assert (chosen[0], chosen[-1]) == (0, len(values) - 1)
        assert values[chosen].min() == values.min()
        assert values[chosen].max() == values.max()


@given(SERIES, st.integers(1, 40))
def test_every_strip_keeps_its_own_extremes(values: NDArray[np.float64], columns: int) -> None:
    kept = set(thin(values, columns).tolist())
    strip = max(1, -(-len(values) // columns))
    for start in range(0, len(values), strip):
        part = values[start : start + strip]
        shown = [values[index] for index in range(start, start + len(part)) if index in kept]
        assert min(shown) == part.min()
        assert max(shown) == part.max()


@given(SERIES)
def test_a_short_series_is_kept_whole(values: NDArray[np.float64]) -> None:
    assert thin(values, 200).tolist() == list(range(len(values)))


@pytest.mark.parametrize(("values", "length"), [([1, 2], 2), ([1, np.inf, 3], 1), ([np.nan], 0), ([], 0)])
def test_a_line_ends_before_it_is_no_longer_finite(values: list[float], length: int) -> None:
    assert finite_length(np.array(values, dtype=np.float64)) == length


def test_medians_of_strips() -> None:
    middles, medians = strip_medians(np.array([1.0, 9.0, 2.0, 5.0, 6.0, 7.0]), 2)
    assert middles.tolist() == [1, 4]
    assert medians.tolist() == [2.0, 6.0]


def test_rough_is_what_turns_all_the_time() -> None:
    assert is_rough(np.array([0.0, 1.0] * 20))
    assert not is_rough(np.linspace(0, 1, 40))
    assert not is_rough(np.array([1.0]))
