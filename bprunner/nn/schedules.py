"""A schedule turns the declared learning rate into the rate of each tick: an epoch, or an update.

Each is an endless iterator of rates, (runs, 1, 1), one a tick, the first for tick 0. To add a schedule, add one
record here and its name in the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, repeat
from typing import Any

import numpy as np

from bprunner.nn.arrays import Array
from bprunner.nn.decimals import pi

Parameters = Mapping[str, Any]
"""A schedule's own parameters by name: `every` and `over` whole numbers of ticks, the others (runs, 1, 1)."""


@dataclass(frozen=True)
class Schedule:
    """rates(rate, parameters) gives the rate of every tick, from the declared one."""

    rates: Callable[[Array, Parameters], Iterator[Array]]


def _constant(rate: Array, _: Parameters) -> Iterator[Array]:
    return repeat(rate)


def _step(rate: Array, parameters: Parameters) -> Iterator[Array]:
    """Multiplied by the factor after every so many ticks, as a script's `rate *= factor` does it."""
    while True:
        yield from repeat(rate, parameters["every"])
        rate = rate * parameters["factor"]


def _exponential(rate: Array, parameters: Parameters) -> Iterator[Array]:
    """Multiplied by the factor after every tick."""
    while True:
        yield rate
        rate = rate * parameters["factor"]


def _inverse_time(rate: Array, parameters: Parameters) -> Iterator[Array]:
    """rate / (1 + decay t)."""
    for t in count():
        yield rate / (1.0 + parameters["decay"] * t)


def _cosine(rate: Array, parameters: Parameters) -> Iterator[Array]:
    """to + ½ (rate − to) (1 + cos(π t / over)) for `over` ticks, then `to`."""
    over, to = parameters["over"], parameters["to"]
    turn = pi(rate)
    for t in range(over):
        yield to + (rate - to) / 2 * (1.0 + np.cos(turn * t / over))
    yield from repeat(to)


def warmed_up(rate: Array, over: int, start: Array | float, following: Iterator[Array]) -> Iterator[Array]:
    """rate (start + (1 − start) t / over) for `over` ticks, then what follows, from its own beginning."""
    for t in range(over):
        yield rate * (start + (1.0 - start) * t / over)
    yield from following


SCHEDULES: Mapping[str, Schedule] = {
    "constant": Schedule(_constant),
    "step": Schedule(_step),
    "exponential": Schedule(_exponential),
    "inverse_time": Schedule(_inverse_time),
    "cosine": Schedule(_cosine),
}
