"""Schedules by what a script would do, by fractions, and by the angles whose cosine everyone knows."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import count, islice
from typing import Any

import numpy as np
import pytest

from bprunner.nn.arrays import Array
from bprunner.nn.schedules import SCHEDULES, warmed_up
from tests.nn.population_law import MANY, assert_alone_as_in_any_population

PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "constant": {},
    "step": {"every": 3, "factor": 0.95},
    "exponential": {"factor": 0.95},
    "inverse_time": {"decay": 0.01},
    "cosine": {"over": 6, "to": 0.001},
}


def rate(value: float) -> Array:
    return np.full((1, 1, 1), value)


def rates(kind: str, first: float, ticks: int, **given: Any) -> list[float]:
    told = {name: rate(value) if isinstance(value, float) else value for name, value in given.items()}
    found = list(islice(SCHEDULES[kind].rates(rate(first), told), ticks))
    assert all(each.shape == (1, 1, 1) for each in found)
    return [each.item() for each in found]


def test_every_schedule_is_checked_here() -> None:
    assert set(PARAMETERS) == set(SCHEDULES)


@pytest.mark.parametrize("kind", sorted(PARAMETERS))
def test_the_first_rate_is_the_declared_one(kind: str) -> None:
    assert rates(kind, 0.1, 1, **PARAMETERS[kind]) == pytest.approx([0.1], rel=1e-15)


@pytest.mark.parametrize("kind", sorted(PARAMETERS))
def test_a_schedule_has_no_end_and_begins_anew(kind: str) -> None:
    assert len(rates(kind, 0.1, 1000, **PARAMETERS[kind])) == 1000
    assert rates(kind, 0.1, 20, **PARAMETERS[kind]) == rates(kind, 0.1, 20, **PARAMETERS[kind])


def test_a_constant_stays() -> None:
    assert rates("constant", 0.1, 3) == [0.1, 0.1, 0.1]


def test_steps_are_those_of_a_script() -> None:
    """for epoch in range(…): …; if epoch % 3 == 2: rate *= 0.95 — bit for bit, so not rate · 0.95^k."""
    lr, expected = 0.1, []
    for epoch in range(40):
        expected.append(lr)
        if epoch % 3 == 2:
            lr *= 0.95
    assert rates("step", 0.1, 40, every=3, factor=0.95) == expected
    assert any(each != 0.1 * 0.95 ** (k // 3) for k, each in enumerate(expected))


def test_exponential_decay_is_that_of_a_script() -> None:
    """rate *= 0.95 after every tick, as CS231n's TwoLayerNet does it."""
    lr, expected = 0.1, []
    for _ in range(100):
        expected.append(lr)
        lr *= 0.95
    assert rates("exponential", 0.1, 100, factor=0.95) == expected


def test_inverse_time_by_fractions() -> None:
    found = rates("inverse_time", 0.5, 5, decay=0.25)
    expected = [Fraction(1, 2) / (1 + Fraction(t, 4)) for t in range(5)]
    assert found == pytest.approx([float(each) for each in expected], rel=1e-15)


def test_cosine_at_known_angles() -> None:
    """60° steps: cosines 1, ½, −½, −1; from 10 to 2. Then it stays."""
    assert rates("cosine", 10.0, 6, over=3, to=2.0) == pytest.approx([10.0, 8.0, 4.0, 2.0, 2.0, 2.0], rel=1e-15)
    assert rates("cosine", 10.0, 8, over=6, to=0.0)[3] == pytest.approx(5.0, rel=1e-15)
    assert rates("cosine", 10.0, 8, over=6, to=0.1)[6:] == [0.1, 0.1]


def test_warming_up_goes_in_a_line_and_the_schedule_then_begins() -> None:
    following = SCHEDULES["exponential"].rates(rate(8.0), {"factor": rate(0.5)})
    found = [each.item() for each in islice(warmed_up(rate(8.0), 4, 0.5, following), 7)]
    assert found == [4.0, 5.0, 6.0, 7.0, 8.0, 4.0, 2.0]


def test_warming_up_from_nothing_over_no_ticks_is_the_schedule() -> None:
    following = SCHEDULES["constant"].rates(rate(3.0), {})
    assert [each.item() for each in islice(warmed_up(rate(3.0), 0, 0.0, following), 2)] == [3.0, 3.0]
    following = (rate(float(t)) for t in count(1))
    assert [each.item() for each in islice(warmed_up(rate(4.0), 2, rate(0.0), following), 4)] == [0.0, 2.0, 1.0, 2.0]


@pytest.mark.parametrize("kind", sorted(PARAMETERS))
def test_a_schedule_gives_a_run_the_same_bits_in_any_population(kind: str) -> None:
    generator = np.random.default_rng(1)
    names = [name for name, value in PARAMETERS[kind].items() if isinstance(value, float)]
    ticks = {name: value for name, value in PARAMETERS[kind].items() if isinstance(value, int)}
    own = [generator.uniform(0.0, 1.0, (MANY, 1, 1)) for _ in names]

    def eight(first: Array, start: Array, *others: Array) -> Array:
        told = {**ticks, **dict(zip(names, others, strict=True))}
        following = SCHEDULES[kind].rates(first, told)
        return np.concatenate(list(islice(warmed_up(first, 3, start, following), 11)), axis=2)

    first, start = generator.uniform(0.0, 1.0, (2, MANY, 1, 1))
    assert_alone_as_in_any_population(eight, first, start, *own)
