"""Generators against the scripts whose numbers they are to draw, and against numbers that were published."""

from __future__ import annotations

import random

import numpy as np
import pytest

from bprunner.nn.generators import GENERATORS, LARGEST_SEED


def test_modern_numpy_draws_what_default_rng_draws() -> None:
    mine, script = GENERATORS["numpy"](7), np.random.default_rng(7)
    assert mine.uniform((3, 2)).tolist() == script.random((3, 2)).tolist()
    assert mine.normal((2, 5)).tolist() == script.standard_normal((2, 5)).tolist()
    assert mine.permutation(9).tolist() == script.permutation(9).tolist()
    assert mine.choose(5, 20).tolist() == script.integers(0, 5, 20).tolist()
    assert mine.normal((1,)).tolist() == [script.normal()]


def test_legacy_numpy_draws_what_a_script_draws_after_seed() -> None:
    """The calls of scripts themselves, on NumPy's global state, which is put back."""
    kept = np.random.get_state()
    try:
        np.random.seed(1)
        mine = GENERATORS["numpy_legacy"](1)
        assert (2 * mine.uniform((3, 4)) - 1).tolist() == (2 * np.random.random((3, 4)) - 1).tolist()
        assert mine.normal((3, 5)).tolist() == np.random.randn(3, 5).tolist()
        assert mine.uniform((2,)).tolist() == np.random.rand(2).tolist()
        assert mine.permutation(10).tolist() == np.random.permutation(10).tolist()
        assert mine.choose(5, 200).tolist() == np.random.choice(5, 200).tolist()
        assert mine.normal((4,)).tolist() == np.random.normal(0.0, 1.0, 4).tolist()
    finally:
        np.random.set_state(kept)


def test_python_draws_what_a_script_draws_after_seed() -> None:
    mine, script = GENERATORS["python"](3), random.Random(3)
    assert mine.uniform((2, 3)).tolist() == [[script.random() for _ in range(3)] for _ in range(2)]
    assert mine.normal((1, 5)).tolist() == [[script.gauss(0, 1) for _ in range(5)]]
    order = list(range(8))
    script.shuffle(order)
    assert mine.permutation(8).tolist() == order
    assert mine.choose(6, 10).tolist() == [script.randrange(6) for _ in range(10)]
    assert mine.normal((1,)).tolist() == [script.gauss(0, 1)]  # the second of a pair, kept since the fifth


def test_the_weights_of_a_neural_network_in_eleven_lines() -> None:
    """iamtrask: np.random.seed(1), 2 * np.random.random((3, 1)) − 1, and (3, 4) and (4, 1) in part two."""
    first = 2 * GENERATORS["numpy_legacy"](1).uniform((3, 1)) - 1
    assert first.ravel().tolist() == [-0.165955990594852, 0.4406489868843162, -0.9997712503653102]
    source = GENERATORS["numpy_legacy"](1)
    hidden, last = 2 * source.uniform((3, 4)) - 1, 2 * source.uniform((4, 1)) - 1
    assert hidden[1].tolist() == [
        -0.7064882183657739,
        -0.8153228104624044,
        -0.6274795772446582,
        -0.3088785459139045,
    ]
    assert last.ravel().tolist() == [
        -0.5910955005369651,
        0.7562348727818908,
        -0.9452248136041477,
        0.34093502035680445,
    ]


def test_the_weights_of_a_network_from_scratch_in_python() -> None:
    """Brownlee: random.seed(1), then random() for each weight, a neuron's bias last."""
    source = GENERATORS["python"](1)
    assert source.uniform((2, 3)).tolist() == [
        [0.13436424411240122, 0.8474337369372327, 0.763774618976614],
        [0.2550690257394217, 0.49543508709194095, 0.4494910647887381],
    ]
    assert source.uniform((2, 3)).tolist() == [
        [0.651592972722763, 0.7887233511355132, 0.0938595867742349],
        [0.02834747652200631, 0.8357651039198697, 0.43276706790505337],
    ]


def test_scores_of_the_toy_problem_of_cs231n() -> None:
    """Assignment 1: 0.1 · randn after seed(0), on 10 · randn after seed(1); the scores that it prints."""
    source = GENERATORS["numpy_legacy"](0)
    first, second = 0.1 * source.normal((4, 10)), 0.1 * source.normal((10, 3))
    inputs = 10 * GENERATORS["numpy_legacy"](1).normal((5, 4))
    scores = np.maximum(inputs @ first, 0) @ second
    printed = [
        [-0.81233741, -1.27654624, -0.70335995],
        [-0.17129677, -1.18803311, -0.47310444],
        [-0.51590475, -1.01354314, -0.8504215],
        [-0.15419291, -0.48629638, -0.52901952],
        [-0.00618733, -0.12435261, -0.15226949],
    ]
    np.testing.assert_allclose(scores, printed, atol=5e-9, rtol=0)


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_kinds_and_ranges(name: str) -> None:
    source = GENERATORS[name](5)
    uniform, normal = source.uniform((40, 50)), source.normal((40, 50))
    assert uniform.shape == normal.shape == (40, 50)
    assert uniform.dtype == normal.dtype == np.float64
    assert 0.0 <= uniform.min() < 0.01
    assert 0.99 < uniform.max() < 1.0
    assert abs(normal.mean()) < 5 / np.sqrt(2000)
    assert abs(normal.std() - 1.0) < 5 / np.sqrt(4000)
    order, chosen = source.permutation(7), source.choose(3, 300)
    assert order.dtype == chosen.dtype == np.int64
    assert sorted(order.tolist()) == list(range(7))
    assert chosen.shape == (300,)
    assert set(chosen.tolist()) == {0, 1, 2}


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_a_seed_is_a_beginning_and_another_seed_another(name: str) -> None:
    largest = LARGEST_SEED[name]
    first = [GENERATORS[name](seed).uniform((3,)).tolist() for seed in (0, 1, largest, 0)]
    assert first[0] == first[3]
    assert first[0] != first[1] != first[2]
    for seed in (-1, largest + 1):
        with pytest.raises(ValueError, match="no seed"):
            GENERATORS[name](seed)


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_two_sources_do_not_disturb_each_other(name: str) -> None:
    alone = GENERATORS[name](2).uniform((6,)).tolist()
    a, b = GENERATORS[name](2), GENERATORS[name](3)
    together = []
    for _ in range(6):
        together += a.uniform((1,)).tolist()
        b.normal((3,))
    assert together == alone


def test_the_largest_seeds() -> None:
    assert LARGEST_SEED == {"numpy": 2**63 - 1, "numpy_legacy": 2**32 - 1, "python": 2**63 - 1}
