"""Updates at once: every weight, gradient, update and slot is bit for bit what it is part by part."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bprunner.nn.arrays import Array
from bprunner.training.chunks import in_fast_order
from bprunner.training.loop import Step, train
from bprunner.training.memory import Flat, flat, is_possible, joined, numbers_of, parted_like
from bprunner.training.population import Population
from tests.training.declarations import doc, population_of, xor
from tests.training.test_chunks import rates

STEPS = 6
OPTIMIZERS: tuple[Any, ...] = (
    "gradient_descent",
    {"momentum": {"momentum": 0.9}},
    {"momentum": {"momentum": 0.9, "form": "last_gradient"}},
    {"nesterov": {"momentum": 0.9}},
    "adagrad",
    "rmsprop",
    "adam",
    {"adamw": {"weight_decay": 0.01}},
)
BESIDES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "frozen weights": {"frozen": ["w2", "b1"]},
    "own rates": {"rate_factors": {"w3": 0.5, "biases": 2.0}},
    "penalties": {"penalty": {"l2": {"strength": 0.1, "factor": "lambda/m", "biases": True}}},
}


class Rows:
    """Memory in which no step is written over."""

    def __init__(self, p: Population) -> None:
        self._parted, self._p = parted_like(p.weights), p

    def _new(self) -> Flat:
        return flat(np.full((numbers_of(self._p.weights), self._p.runs), np.nan), self._parted)

    @property
    def gradient(self) -> Flat:
        return self._gradient

    def begin(self, weights: Any) -> Flat:
        self._gradient, here = self._new(), self._new()
        for part, own in zip(weights.flat(), here.parts.flat(), strict=True):
            own[...] = part
        return here

    def following(self) -> Flat:
        return self._new()


def everything(step: Step) -> list[Array]:
    updates = [] if step.updates is None else step.updates.flat()
    slots = [slot for each in step.slots for slot in each]
    return [
        array.copy() for array in (*step.weights.flat(), *step.pulled.gradient.flat(), *updates, *slots, step.error)
    ]


def steps_of(p: Population, memory: Rows | None) -> list[list[Array]]:
    return [everything(step) for step in train(p, memory)]


@pytest.mark.parametrize("besides", BESIDES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_at_once_as_part_by_part(optimizer: Any, besides: str) -> None:
    p = in_fast_order(rates(xor(epochs=STEPS, optimizer=optimizer, **BESIDES[besides]), 0.1, 0.2, 0.5))
    assert is_possible(p)
    at_once, one_by_one = steps_of(p, Rows(p)), steps_of(p, None)
    assert len(at_once) == len(one_by_one) == STEPS + 1
    for step, (found, expected) in enumerate(zip(at_once, one_by_one, strict=True)):
        assert [each.tobytes() for each in found] == [each.tobytes() for each in expected], step


@pytest.mark.parametrize(
    "changes", [{"arithmetic": {"weight": {"decimals": 2}}}, {"arithmetic": {"numbers": {"decimal": {"digits": 20}}}}]
)
def test_what_is_rounded_or_decimal_goes_part_by_part(changes: dict[str, Any]) -> None:
    assert is_possible(population_of(doc()))
    assert not is_possible(population_of({**doc(), **changes}))


def test_sequential_updates_go_part_by_part() -> None:
    assert not is_possible(population_of(doc(update_order="sequential")))


def test_parts_are_views_of_the_whole() -> None:
    weights = rates(xor(), 0.1, 0.2).weights
    whole = joined(weights.flat())
    assert whole.shape == (2, 1, numbers_of(weights))
    for part, own in zip(parted_like(weights)(whole).flat(), weights.flat(), strict=True):
        np.testing.assert_array_equal(part, own)
        assert np.shares_memory(part, whole)
        assert part.strides[0] == part.itemsize
