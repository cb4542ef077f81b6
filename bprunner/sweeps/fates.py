"""A fate says in a word how a run ended, by what its error and its weights did at the end.

The rules, in order; the first that holds decides, so that every run has one fate:

1. *diverged*: the error or a weight left the range of doubles.
2. *converged*: the last error is 0, or the last two are at most SMALL of the first.
3. *oscillating*: at the end the error goes up and down, by more than SWING of itself.
4. It rises: *diverged* where the last two errors are above the first one; else *oscillating*, for a single overshoot,
   or a rise from a low, is no more than that.
5. *still falling*: trained as long again, the error would fall by more than LEVEL of itself.
6. It is level. *oscillating* where the weights jump to and fro all the same, as they do at exactly the largest stable
   rate; *converged* where at most ARRIVED of the first error is left; else *stalled*.

"At the end" are the last errors of the second half of the run, at most WINDOW of them: so the first descent does not
count, and a long run is not judged by its past. Nothing depends on the error's unit, nor on how long a run is.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from bprunner.nn.arrays import Array, Flags, Indices

FATES: Final = ("converged", "still falling", "stalled", "oscillating", "diverged")
"""The words, from best to worst; a fate is a place among them."""
CONVERGED, FALLING, STALLED, OSCILLATING, DIVERGED = range(len(FATES))

WINDOW: Final = 24
"""Errors looked at. Halves of 12 hold whole cycles of 2, 3, 4, 6 and 12 updates, whose means then are equal."""
SMALL: Final = 1e-6
"""Of a squared error: the prediction has lost all but a thousandth of its distance from the target."""
SWING: Final = 0.1
"""Smaller ups and downs are the jitter of batches, which one does not see in a plot of the error."""
EVEN: Final = 0.5
"""Ups and downs balance, and there is no trend, where the smaller of their sums is at least this share of the other."""
LEVEL: Final = 0.01
"""Who would train as long again for a hundredth?"""
ARRIVED: Final = 0.1
"""Nine tenths of the error are gone. A network that is stuck in a local minimum, as XOR's often are, keeps more."""


class Ends(NamedTuple):
    """What is known of the ends of runs, each (runs,) but for `window`.

    `first`: the first error. `window`: the last errors, (runs, WINDOW), the last one in the last column; what a short
    run does not have is nan. `looks`: how many errors there were. `overflowed`: whether the run ended by leaving the
    range of doubles. `returning`: whether its weights jump to and fro (see `returning`).
    """

    first: Array
    window: Array
    looks: Indices
    overflowed: Flags
    returning: Flags


def fates(ends: Ends) -> Indices:
    """Each run's fate, (runs,), as a place in FATES. A run's fate depends on nothing but the run."""
    with np.errstate(all="ignore"):
        return _fates(ends)


def _fates(ends: Ends) -> Indices:
    # All errors are measured by the largest of them: no sum overflows, and no rule has a unit.
    known = np.column_stack([ends.first, ends.window])
    finite = np.isfinite(known)
    size = np.max(np.where(finite, np.abs(known), 0.0), axis=1, keepdims=True)
    bounded = np.where(finite, known, np.where(np.isnan(known), 0.0, np.copysign(size, known)))
    scaled = bounded / np.where(size > 0.0, size, 1.0)
    first, window = scaled[:, 0], scaled[:, 1:]
    last, before = window[:, -1], window[:, -2]
    end = _End(window, ends.looks)
    fate = np.full(len(first), STALLED)
    # From the last rule to the first: each takes what it is given from those after it.
    fate[end.later <= ARRIVED * first] = CONVERGED
    fate[ends.returning] = OSCILLATING
    fate[end.trend < -LEVEL] = FALLING
    fate[end.trend > LEVEL] = OSCILLATING
    fate[(end.trend > LEVEL) & (np.minimum(last, before) > first)] = DIVERGED
    fate[end.is_even & (end.swing > SWING)] = OSCILLATING
    small = SMALL * np.abs(first)
    fate[(ends.looks >= 2) & (np.abs(last) <= small) & (np.abs(before) <= small)] = CONVERGED
    fate[ends.window[:, -1] == 0.0] = CONVERGED
    fate[ends.overflowed | ~np.isfinite(ends.window[:, -1])] = DIVERGED
    return fate


class _End:
    """What the errors at the end do, all (runs,): `later`, the mean of the later half of them; `swing`, between which
    they are, relative to the largest; `is_even`, whether ups and downs balance; `trend`, by which share of itself the
    error would grow if the run went on as long again, 0 where they balance."""

    def __init__(self, window: Array, count: Indices) -> None:
        width = window.shape[1]
        length = np.minimum(np.clip(count // 2, 2, width), count)
        half = np.maximum(length // 2, 1)
        start = width - length
        place = np.arange(width)
        within = place >= start[:, np.newaxis]
        self.later = _sum(window, place >= (width - half)[:, np.newaxis]) / half
        earlier = _sum(window, within & (place < (start + half)[:, np.newaxis])) / half
        changes = np.where(within[:, :-1], np.diff(window), 0.0)
        up, down = _sum(np.maximum(changes, 0.0)), _sum(np.maximum(-changes, 0.0))
        self.is_even = (up > 0.0) & (down > 0.0) & (np.minimum(up, down) >= EVEN * np.maximum(up, down))
        highest, lowest = np.where(within, window, -np.inf).max(axis=1), np.where(within, window, np.inf).min(axis=1)
        self.swing = _share(highest - lowest, np.maximum(np.abs(highest), np.abs(lowest)))
        growth = _share(self.later - earlier, np.maximum(np.abs(self.later), np.abs(earlier)))
        updates = np.maximum(length - half, 1)
        self.trend = np.where(self.is_even, 0.0, growth * (count - 1) / updates)


def _sum(values: Array, counted: Flags | None = None) -> Array:
    """Over the columns, from left to right, (runs,): the same bits whatever the number of runs."""
    chosen = values if counted is None else np.where(counted, values, 0.0)
    result = np.zeros(len(values))
    for column in chosen.T:
        result = result + column
    return result


def _share(part: Array, whole: Array) -> Array:
    """part / whole, 0 where the whole is 0."""
    result: Array = np.where(whole > 0.0, part / np.where(whole > 0.0, whole, 1.0), 0.0)
    return result


RETURNED: Final = 0.25
"""After two updates the weights are back, to within this share of what one of them moved them."""
ROUNDING: Final = 1e-9
"""Weights that move by less, relative to the largest of them, do not jump: their last digits do."""


def returning(before: Array, between: Array, last: Array) -> Flags:
    """Whether weights jump to and fro, (runs,). The weights of three looks, one after the other, each (weights, runs);
    nan where a run has had fewer looks."""
    with np.errstate(all="ignore"):
        jump, back = _largest(last - between), _largest(last - before)
        result: Flags = (jump > ROUNDING * _largest(last)) & (back < RETURNED * jump)
    return result


def _largest(values: Array) -> Array:
    result: Array = np.max(np.abs(values), axis=0)
    return result
