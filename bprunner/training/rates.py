"""Rates: the learning rate of every update, from the declared one by its schedule and its warm-up."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from bprunner.nn.arrays import Array
from bprunner.nn.schedules import SCHEDULES, warmed_up
from bprunner.training.population import Population


def is_constant(p: Population) -> bool:
    """Whether every update has the declared rate."""
    return p.training.schedule.kind == "constant" and p.warm_up is None


def rates(p: Population) -> Iterator[Array]:
    """Each update's learning rate, (runs, 1, 1), without an end."""
    schedule: Any = p.training.schedule
    numbers = {name: value for name, value in p.schedule.items() if name != "per"}
    following = SCHEDULES[schedule.kind].rates(p.learning_rate, numbers)
    following = _ticking(following, getattr(schedule, "per", "epoch"), p.updates_per_epoch)
    if p.warm_up is None or p.training.warm_up is None:
        return following
    declared = p.training.warm_up
    rising = islice(warmed_up(p.learning_rate, declared.over, p.warm_up, iter(())), declared.over)
    return _chained(_ticking(rising, declared.per, p.updates_per_epoch), following)


def _chained(first: Iterator[Array], second: Iterator[Array]) -> Iterator[Array]:
    yield from first
    yield from second


def _ticking(each: Iterator[Array], per: str, updates_per_epoch: int) -> Iterator[Array]:
    """A rate for every update: a new one each time, or each epoch."""
    if per == "update" or updates_per_epoch == 1:
        return each
    return (rate for rate in each for _ in range(updates_per_epoch))
