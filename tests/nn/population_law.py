"""The law of the population, for one formula: a run has the bits that it has alone, whoever is beside it.

Runs are put beside 0 to 39 others and among 1001, in memory of every order, at every distance from the start of a
vector register, with gaps and backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from bprunner.nn.arrays import Array

Formula = Callable[..., Array]

MANY = 1001
SIZES = range(1, 41)


def assert_alone_as_in_any_population(formula: Formula, *arguments: Array) -> None:
    """The arguments have MANY runs each. The formula is given them all, and gives an array with the runs in front."""
    with np.errstate(all="ignore"):
        alone = [formula(*(each[run : run + 1].copy() for each in arguments)) for run in range(MANY)]
        expected = np.concatenate(alone)
        for found, first, count in _everywhere(formula, arguments):
            assert found.shape == expected[first : first + count].shape
            assert _bits(found) == _bits(expected[first : first + count]), (first, count)


def _bits(values: Array) -> bytes:
    """A nan's own sign is no number: it is the same nan in all of them."""
    return np.where(np.isnan(values), np.nan, values).tobytes()


def _everywhere(formula: Formula, arguments: Sequence[Array]) -> Iterator[tuple[Array, int, int]]:
    """What comes of it, with the first run and the number of runs."""
    for count in (*SIZES, MANY):
        for first in (0, min(3, MANY - count)):
            part = [each[first : first + count] for each in arguments]
            for layout in LAYOUTS:
                yield formula(*(layout(each) for each in part)), first, count
    yield formula(*(each[::-1] for each in arguments))[::-1], 0, MANY


def _runs_innermost(values: Array) -> Array:
    return np.asfortranarray(values)


def _with_gaps(values: Array) -> Array:
    wide = np.full((*values.shape[:-1], 2 * values.shape[-1]), 0.5)
    wide[..., ::2] = values
    return wide[..., ::2]


def _off_the_start(values: Array) -> Array:
    """One number further than memory that begins at a round address."""
    room = np.empty(values.size + 1)
    result: Array = room[1:].reshape(values.shape)
    result[...] = values
    return result


LAYOUTS: Sequence[Callable[[Array], Array]] = (np.ascontiguousarray, _runs_innermost, _with_gaps, _off_the_start)
