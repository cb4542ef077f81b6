"""Products and sums by hand, and the passes of a network in the order in which a person goes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.nn.arrays import Array
from bprunner.nn.contraction import TERM_BY_TERM, laid, product, total, transposed
from bprunner.nn.network import Weights

LENGTHS = st.one_of(st.integers(1, 6), st.sampled_from([TERM_BY_TERM, TERM_BY_TERM + 1, 33]))


@given(LENGTHS, LENGTHS, LENGTHS, st.integers(1, 3), st.booleans(), st.integers(0, 2**32))
def test_a_product_is_the_sum_of_products(m: int, k: int, n: int, runs: int, shared: bool, seed: int) -> None:
    """Against exact fractions of small whole numbers; either side may be shared by the runs."""
    generator = np.random.default_rng(seed)
    a = generator.integers(-9, 10, (1 if shared else runs, m, k)).astype(np.float64)
    b = generator.integers(-9, 10, (runs, k, n)).astype(np.float64)
    result = product(a, b)
    assert result.shape == (runs, m, n)
    for run in range(runs):
        left, right = a[0 if shared else run].tolist(), b[run].tolist()
        expected = [[sum(left[i][t] * right[t][j] for t in range(k)) for j in range(n)] for i in range(m)]
        assert result[run].tolist() == expected


@pytest.mark.parametrize("rows", [1, 2])
@pytest.mark.parametrize("terms", range(2, TERM_BY_TERM + 1))
def test_short_sums_go_from_the_left(terms: int, rows: int) -> None:
    """1e16 swallows each 1 that comes after it, and none that came before: the order shows in the result."""
    values = [1.0] * (terms - 1) + [1e16]
    for numbers in (values, values[::-1]):
        expected = 0.0
        for number in numbers:
            expected = expected + number
        a = np.tile(np.array(numbers), (1, rows, 1))
        assert product(a, np.ones((1, terms, 1))).ravel().tolist() == [expected] * rows


def test_a_product_takes_any_memory_order() -> None:
    generator = np.random.default_rng(0)
    for terms in (3, 40):
        a, b = generator.normal(size=(4, 5, terms)), generator.normal(size=(4, terms, 2))
        for other in (np.asfortranarray(a), a[:, :, ::1].transpose(0, 2, 1).copy().transpose(0, 2, 1)):
            assert product(other, b).tobytes() == product(a, b).tobytes()


@given(LENGTHS, LENGTHS, LENGTHS, st.booleans(), st.integers(0, 2**32))
def test_a_product_has_the_same_bits_wherever_it_goes(m: int, k: int, n: int, shared: bool, seed: int) -> None:
    """Runs innermost or outermost, alone, into memory of its own or somebody's."""
    generator = np.random.default_rng(seed)
    a, b = generator.normal(size=(1 if shared else 4, m, k)), generator.normal(size=(4, k, n))
    expected = product(a, b)
    for x, y in ((a, b), (np.asfortranarray(a), np.asfortranarray(b))):
        room = np.full((n, m, 4), np.nan).T
        assert product(x, y).tobytes() == expected.tobytes()
        assert product(x, y, room) is room
        assert room.tobytes() == expected.tobytes()
    for run in range(4):
        assert product(a[:1] if shared else a[run : run + 1], b[run : run + 1]).tobytes() == expected[run].tobytes()


@given(LENGTHS, LENGTHS, st.sampled_from([1, 2]), st.integers(0, 2**32))
def test_a_total_has_the_same_bits_wherever_it_goes(m: int, n: int, axis: int, seed: int) -> None:
    a = np.random.default_rng(seed).normal(size=(4, m, n))
    expected = total(a, axis)
    room = np.full(expected.shape[::-1], np.nan).T
    assert total(np.asfortranarray(a), axis).tobytes() == expected.tobytes()
    assert total(a, axis, room) is room
    assert room.tobytes() == expected.tobytes()
    for run in range(4):
        assert total(a[run : run + 1], axis).tobytes() == expected[run].tobytes()


def test_runs_that_are_innermost_stay_so() -> None:
    """Also where one side is shared, and NumPy could not tell."""
    generator = np.random.default_rng(0)
    x, W = generator.normal(size=(1, 4, 2)), np.asfortranarray(generator.normal(size=(9, 2, 3)))
    delta = np.asfortranarray(generator.normal(size=(9, 4, 3)))
    for result in (product(x, W), product(x.mT, delta), product(delta, W.mT), product(x[:, :, :1], W[:, :1])):
        assert result.T.flags.c_contiguous


@pytest.mark.parametrize(("rows", "columns"), [(150, 8), (8, 150), (8, 8)])
def test_what_comes_from_blas_has_its_longer_axis_innermost(rows: int, columns: int) -> None:
    result = product(np.ones((2, rows, 40)), np.ones((2, 40, columns)))
    assert (result.mT if rows > columns else result).flags.c_contiguous
    assert laid(result).strides == result.strides


def test_infinities_and_nan_pass_through_a_product() -> None:
    a = np.array([[[np.inf, 0.0, 1.0]]])
    with np.errstate(invalid="ignore"):
        assert np.isnan(product(a, np.array([[[0.0], [1.0], [1.0]]]))[0, 0, 0])
    assert product(a, np.ones((1, 3, 1)))[0, 0, 0] == np.inf


@pytest.mark.parametrize(("axis", "shape"), [(1, (2, 1, 4)), (2, (2, 3, 1))])
def test_a_total_keeps_its_axis(axis: int, shape: tuple[int, ...]) -> None:
    a = np.arange(24.0).reshape(2, 3, 4)
    result = total(a, axis)
    assert result.shape == shape
    assert result.ravel().tolist() == a.sum(axis=axis).ravel().tolist()


def test_a_transpose_swaps_within_each_run() -> None:
    a = np.arange(12.0).reshape(2, 2, 3)
    assert transposed(a)[1].tolist() == a[1].T.tolist()


def test_weights_keep_their_form_through_flat() -> None:
    def numbered(number: int) -> Array:
        return np.full((1, 1, 1), float(number))

    weights = Weights([numbered(1), numbered(2)], [None, numbered(3)])
    assert [part.item() for part in weights.flat()] == [1.0, 2.0, 3.0]
    other = weights.like([numbered(4), numbered(5), numbered(6)])
    assert [part.item() for part in other.flat()] == [4.0, 5.0, 6.0]
    assert other.b[0] is None
    bare = Weights([numbered(1)], [None])
    assert bare.like([numbered(2)]).b[0] is None
