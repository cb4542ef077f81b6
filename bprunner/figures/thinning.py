"""Thinning leaves out points that a picture is too narrow to show, and none that the eye would miss."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray


def thin(values: NDArray[np.float64], columns: int) -> NDArray[np.intp]:
    """Which points to draw: all, or the first, the last, and the lowest and highest of each column.

    values: (points,), finite. columns: how many narrow strips the picture has, at least 1. At most
    2 · columns + 4 indices come back, increasing.
    """
    if len(values) <= 2 * columns:
        return np.arange(len(values))
    width = -(-len(values) // columns)
    full = len(values) // width * width
    strips = values[:full].reshape(-1, width)
    starts = np.arange(0, full, width)
    chosen = [np.array([0, len(values) - 1]), starts + strips.argmin(axis=1), starts + strips.argmax(axis=1)]
    if full < len(values):
        rest = values[full:]
        chosen.append(full + np.array([rest.argmin(), rest.argmax()]))
    return np.unique(np.concatenate(chosen))


def strip_medians(values: NDArray[np.float64], strips: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The middle index and the median of each of so many strips of (nearly) equal width.

    values: (points,), at least one.
    """
    edges = np.linspace(0, len(values), min(strips, len(values)) + 1).astype(np.intp)
    medians = [np.median(values[start:end]) for start, end in itertools.pairwise(edges)]
    return (edges[:-1] + edges[1:]) // 2, np.array(medians)


def is_rough(values: NDArray[np.float64]) -> bool:
    """Whether a thinned line turns at every other point or more: it would be drawn as a solid mass."""
    slopes = np.sign(np.diff(values))
    return len(slopes) > 1 and bool(np.mean(slopes[1:] * slopes[:-1] < 0) > 0.5)


def finite_length(values: NDArray[np.float64]) -> int:
    """How many values come before the first infinity or NaN."""
    broken = ~np.isfinite(values)
    return int(broken.argmax()) if broken.any() else len(values)
