"""What an initializer draws: shapes, order, ranges, and nothing that its generator does not decide."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from bprunner.nn.arrays import Array
from bprunner.nn.generators import GENERATORS
from bprunner.nn.initializers import INITIALIZERS

PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "zeros": {},
    "constant": {"value": 0.25},
    "uniform": {"low": -0.5, "high": 1.5},
    "normal": {"mean": 2.0, "scale": 3.0},
    "truncated_normal": {"mean": 2.0, "scale": 3.0},
    "glorot_uniform": {},
    "glorot_normal": {},
    "he_uniform": {},
    "he_normal": {},
    "lecun_uniform": {},
    "lecun_normal": {},
    "orthogonal": {"gain": 1.0},
    "drawn": {"formula": lambda values: 2 * values["r"] - 1, "names": frozenset({"r"})},
}
DRAWN = sorted(set(PARAMETERS) - {"zeros", "constant"})
FANS = (6, 2)


def drawn(kind: str, seed: int, shape: tuple[int, int], generator: str = "numpy", **other: Any) -> Array:
    parameters = {**PARAMETERS[kind], **other}
    return INITIALIZERS[kind].draw(GENERATORS[generator](seed), shape, FANS, parameters)


def test_every_initializer_is_checked_here() -> None:
    assert set(PARAMETERS) == set(INITIALIZERS)
    assert [kind for kind in sorted(INITIALIZERS) if INITIALIZERS[kind].draws] == DRAWN


@pytest.mark.parametrize("generator", sorted(GENERATORS))
@pytest.mark.parametrize("kind", sorted(PARAMETERS))
def test_shape_and_type(kind: str, generator: str) -> None:
    for shape in ((1, 1), (3, 2), (1, 7), (5, 1)):
        found = drawn(kind, 0, shape, generator)
        assert found.shape == shape
        assert found.dtype == np.float64
        assert np.isfinite(found).all()


@pytest.mark.parametrize("kind", sorted(PARAMETERS))
def test_a_seed_gives_the_same_numbers_again(kind: str) -> None:
    assert drawn(kind, 5, (4, 3)).tobytes() == drawn(kind, 5, (4, 3)).tobytes()


@pytest.mark.parametrize("kind", DRAWN)
def test_another_seed_gives_other_numbers(kind: str) -> None:
    assert not np.any(drawn(kind, 5, (4, 3)) == drawn(kind, 6, (4, 3)))


@pytest.mark.parametrize("generator", sorted(GENERATORS))
@pytest.mark.parametrize("kind", sorted({*DRAWN} - {"truncated_normal", "orthogonal"}))
def test_numbers_come_row_by_row(kind: str, generator: str) -> None:
    """A matrix is the same numbers, in the same order, as one drawn after the other."""
    source = GENERATORS[generator](1)
    single = [INITIALIZERS[kind].draw(source, (1, 1), FANS, PARAMETERS[kind]).item() for _ in range(6)]
    assert drawn(kind, 1, (3, 2), generator).ravel().tolist() == single


def test_what_is_not_drawn_leaves_the_generator_alone() -> None:
    source = GENERATORS["numpy"](3)
    for kind in ("zeros", "constant"):
        INITIALIZERS[kind].draw(source, (9, 9), FANS, PARAMETERS[kind])
    assert source.uniform((1,)).item() == np.random.default_rng(3).random()


def test_zeros_and_constant() -> None:
    assert not drawn("zeros", 0, (2, 3)).any()
    assert (drawn("constant", 0, (2, 3)) == 0.25).all()


def test_uniform_and_normal_have_the_bits_of_numpy() -> None:
    """Generator.uniform and Generator.normal, which draw the same way from the same stream."""
    script = np.random.default_rng(17)
    source = GENERATORS["numpy"](17)
    for low, high in ((-0.3, 1.7), (0.1, 0.2), (-1.0, 1.0)):
        found = INITIALIZERS["uniform"].draw(source, (30, 7), FANS, {"low": low, "high": high})
        assert found.tobytes() == script.uniform(low, high, (30, 7)).tobytes()
    for mean, scale in ((2.1, 0.3), (0.0, 0.1), (-1e3, 7.0)):
        found = INITIALIZERS["normal"].draw(source, (30, 7), FANS, {"mean": mean, "scale": scale})
        assert found.tobytes() == script.normal(mean, scale, (30, 7)).tobytes()


def test_uniform_fills_its_range_evenly() -> None:
    """A quarter of 40,000 numbers in each quarter of the range, within five standard deviations (87)."""
    numbers = drawn("uniform", 11, (200, 200)).ravel()
    assert numbers.min() >= -0.5
    assert numbers.max() < 1.5
    quarters, _ = np.histogram(numbers, bins=[-0.5, 0.0, 0.5, 1.0, 1.5])
    assert np.abs(quarters - 10_000).max() < 5 * 87


def test_normal_has_its_mean_and_its_scale() -> None:
    """Mean and deviation of 40,000 numbers, within five of their own standard deviations; and the shape."""
    numbers = drawn("normal", 12, (200, 200)).ravel()
    assert abs(numbers.mean() - 2.0) < 5 * 3.0 / 200
    assert abs(numbers.std() - 3.0) < 5 * 3.0 / 200 / np.sqrt(2)
    assert np.mean(np.abs(numbers - 2.0) < 3.0) == pytest.approx(0.6827, abs=0.012)


def test_a_scale_of_zero_is_the_mean() -> None:
    assert drawn("normal", 0, (1, 2), mean=4.0, scale=0.0).tolist() == [[4, 4]]


def test_a_truncated_normal_stays_within_two_standard_deviations() -> None:
    """Its own deviation is 0.8796 of the scale: √(1 − 4 φ(2) / (2 Φ(2) − 1))."""
    numbers = drawn("truncated_normal", 13, (200, 200)).ravel()
    assert np.abs(numbers - 2.0).max() <= 6.0
    assert np.abs(numbers - 2.0).max() > 5.9
    assert abs(numbers.mean() - 2.0) < 5 * 2.64 / 200
    assert numbers.std() == pytest.approx(3.0 * 0.8796257, rel=0.015)


def test_what_lies_beyond_is_drawn_again_in_order() -> None:
    """The same, number by number: lists of what is still too far are walked again and again."""
    script = np.random.default_rng(3)
    numbers = [script.standard_normal() for _ in range(200)]
    while beyond := [k for k, g in enumerate(numbers) if abs(g) > 2.0]:
        for k in beyond:
            numbers[k] = script.standard_normal()
    assert drawn("truncated_normal", 3, (20, 10), mean=0.0, scale=1.0).ravel().tolist() == numbers


VARIANCES = {
    "glorot_uniform": 2 / (6 + 2),
    "glorot_normal": 2 / (6 + 2),
    "he_uniform": 2 / 6,
    "he_normal": 2 / 6,
    "lecun_uniform": 1 / 6,
    "lecun_normal": 1 / 6,
}


@pytest.mark.parametrize("kind", sorted(VARIANCES))
def test_scaled_by_the_fans(kind: str) -> None:
    """What a uniform or a normal of that variance draws; a uniform of variance v goes to √(3 v)."""
    script = np.random.default_rng(8)
    if kind.endswith("uniform"):
        limit = math.sqrt(3 * VARIANCES[kind])
        expected = script.uniform(-limit, limit, (3, 5))
    else:
        expected = script.normal(0.0, math.sqrt(VARIANCES[kind]), (3, 5))
    np.testing.assert_allclose(drawn(kind, 8, (3, 5)), expected, rtol=1e-14)


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 5), (5, 3), (1, 4), (4, 1), (40, 40), (30, 70)])
def test_an_orthogonal_matrix_is_the_q_of_lapack_with_the_diagonal_of_r_positive(shape: tuple[int, int]) -> None:
    found = drawn("orthogonal", 4, shape, gain=1.0)
    g = np.random.default_rng(4).standard_normal(shape)
    wide = shape[0] < shape[1]
    q, r = np.linalg.qr(g.T if wide else g)
    q = q * np.sign(np.diag(r))
    np.testing.assert_allclose(found, q.T if wide else q, atol=1e-11)
    square = found @ found.T if wide else found.T @ found
    np.testing.assert_allclose(square, np.eye(min(shape)), atol=1e-14)
    assert drawn("orthogonal", 4, shape, gain=3.0).tolist() == (3.0 * found).tolist()


def test_an_orthogonal_matrix_of_nearly_equal_rows_is_orthogonal() -> None:
    """Once is not enough there: the second round is what makes it so."""

    class Nearly:
        """Draws ones, and a little beside them."""

        def normal(self, shape: tuple[int, ...]) -> Array:
            return 1.0 + 1e-8 * np.random.default_rng(0).standard_normal(shape)

    source: Any = Nearly()
    found = INITIALIZERS["orthogonal"].draw(source, (6, 9), FANS, {"gain": 1.0})
    np.testing.assert_allclose(found @ found.T, np.eye(6), atol=1e-14)


def test_a_formula_draws_what_it_names_r_first() -> None:
    script = np.random.RandomState(1)
    expected = 2 * script.random_sample((3, 4)) - 1
    assert drawn("drawn", 1, (3, 4), "numpy_legacy").tolist() == expected.tolist()
    both = {"formula": lambda v: v["r"] + 10 * v["g"], "names": frozenset({"g", "r"})}
    script = np.random.RandomState(2)
    expected = script.random_sample((2, 2)) + 10 * script.standard_normal((2, 2))
    assert drawn("drawn", 2, (2, 2), "numpy_legacy", **both).tolist() == expected.tolist()
    alone = {"formula": lambda v: v["g"] / 2, "names": frozenset({"g"})}
    expected = np.random.RandomState(2).randn(2, 2) / 2
    assert drawn("drawn", 2, (2, 2), "numpy_legacy", **alone).tolist() == expected.tolist()


def test_a_formula_without_names_fills_the_shape() -> None:
    found = drawn("drawn", 0, (2, 3), formula=lambda _: 0.5, names=frozenset())
    assert found.tolist() == [[0.5] * 3] * 2
    found[0, 0] = 1.0
    assert found[1, 1] == 0.5
