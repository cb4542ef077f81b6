"""Groups and their quartiles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from bprunner.figures.study_groups import even_choice, grouped, most_frequent, quantile, quartiles
from bprunner.sweeps import comparing

NUMBERS = arrays(np.float64, st.integers(1, 60), elements=st.floats(1e-6, 1e6))
ERRORS = arrays(np.float64, st.integers(1, 30), elements=st.floats(0, np.inf, allow_nan=False))


@given(NUMBERS, st.integers(1, 20), st.booleans())
def test_every_number_is_in_the_group_next_to_it(numbers: NDArray[np.float64], most: int, is_geometric: bool) -> None:
    centres, places = grouped(numbers, most, is_geometric)
    assert 1 <= len(centres) <= most
    assert (np.diff(centres) > 0).all()
    assert set(places.tolist()) == set(range(len(centres)))
    for place in range(len(centres)):
        own = numbers[places == place]
        assert own.min() <= centres[place] <= own.max()
        assert not ((numbers > own.min()) & (numbers < own.max()) & (places != place)).any()


@given(NUMBERS)
def test_few_numbers_are_groups_of_their_own(numbers: NDArray[np.float64]) -> None:
    centres, places = grouped(numbers, 60, False)
    np.testing.assert_array_equal(centres[places], numbers)


def test_what_is_no_number_is_in_no_group() -> None:
    centres, places = grouped(np.array([2.0, np.nan, 1.0, np.inf]), 5, False)
    assert centres.tolist() == [1.0, 2.0]
    assert places.tolist() == [1, -1, 0, -1]


@example(np.array([0.0, np.inf]), 0.5)
@example(np.array([1.0, 2.0, np.inf, np.inf]), 0.5)
@given(ERRORS, st.floats(0, 1))
def test_quantiles_are_those_of_tables(errors: NDArray[np.float64], share: float) -> None:
    assert quantile(errors, share) == comparing.quantile(errors, share)


def test_quartiles_are_what_numpy_says() -> None:
    errors = np.random.default_rng(0).normal(size=101)
    assert quartiles(errors) == pytest.approx(tuple(np.quantile(errors, [0.25, 0.5, 0.75])))


@given(st.integers(0, 5000), st.integers(2, 300))
def test_an_even_choice_has_both_ends(count: int, most: int) -> None:
    chosen = even_choice(count, most)
    assert len(chosen) == min(count, most)
    if count:
        assert (chosen[0], chosen[-1]) == (0, count - 1)
        gaps = np.diff(chosen)
        assert not len(gaps) or gaps.max() - gaps.min() <= 1


@pytest.mark.parametrize(("fates", "most"), [([0, 0, 4], 0), ([0, 4], 4), ([2], 2), ([1, 3, 3, 1], 3)])
def test_of_equally_many_fates_the_worse_counts(fates: list[int], most: int) -> None:
    assert most_frequent(np.array(fates), 5) == most
