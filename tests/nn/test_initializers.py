"""What an initializer draws: shapes, order, ranges, and nothing that its generator does not decide."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from bprunner.nn.arrays import Array
from bprunner.nn.initializers import INITIALIZERS

PARAMETERS: Mapping[str, Mapping[str, float]] = {
    "zeros": {},
    "constant": {"value": 0.25},
    "uniform": {"low": -0.5, "high": 1.5},
    "normal": {"mean": 2.0, "scale": 3.0},
}


def drawn(kind: str, seed: int, shape: tuple[int, int]) -> Array:
    return INITIALIZERS[kind](np.random.default_rng(seed), shape, PARAMETERS[kind])


def test_every_initializer_is_checked_here() -> None:
    assert set(PARAMETERS) == set(INITIALIZERS)


@pytest.mark.parametrize("kind", sorted(PARAMETERS))
def test_shape_and_type(kind: str) -> None:
    for shape in ((1, 1), (3, 2), (1, 7)):
        assert drawn(kind, 0, shape).shape == shape
        assert drawn(kind, 0, shape).dtype == np.float64


@pytest.mark.parametrize("kind", sorted(PARAMETERS))
def test_a_seed_gives_the_same_numbers_again(kind: str) -> None:
    assert drawn(kind, 5, (4, 3)).tobytes() == drawn(kind, 5, (4, 3)).tobytes()


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_another_seed_gives_other_numbers(kind: str) -> None:
    assert not np.any(drawn(kind, 5, (4, 3)) == drawn(kind, 6, (4, 3)))


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_numbers_come_by_receiver_then_by_sender(kind: str) -> None:
    """A matrix is the same numbers, in the same order, as one drawn after the other."""
    generator = np.random.default_rng(1)
    single = [INITIALIZERS[kind](generator, (1, 1), PARAMETERS[kind]).item() for _ in range(6)]
    assert drawn(kind, 1, (3, 2)).ravel().tolist() == single


def test_what_is_not_drawn_leaves_the_generator_alone() -> None:
    generator = np.random.default_rng(3)
    for kind in ("zeros", "constant"):
        INITIALIZERS[kind](generator, (9, 9), PARAMETERS[kind])
    assert generator.random() == np.random.default_rng(3).random()


def test_zeros_and_constant() -> None:
    assert not drawn("zeros", 0, (2, 3)).any()
    assert (drawn("constant", 0, (2, 3)) == 0.25).all()


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
    assert INITIALIZERS["normal"](np.random.default_rng(0), (1, 2), {"mean": 4.0, "scale": 0.0}).tolist() == [[4, 4]]
