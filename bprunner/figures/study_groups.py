"""Runs are grouped where they are many: by equal values, or by neighbouring ones; and a group has quartiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bprunner.figures.study_data import Rows, Values


def even_choice(count: int, most: int) -> Rows:
    """All places from 0, or so many of them, the first and the last included, evenly spaced."""
    if count <= most:
        return np.arange(count)
    return np.arange(most) * (count - 1) // max(1, most - 1)


def grouped(numbers: Values, most: int, is_geometric: bool) -> tuple[Values, np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """The groups' centres (groups,), increasing, and which group each number belongs to, -1 where it is not finite.

    numbers: (n,). Equal numbers are a group where there are at most so many; else there are so many strips of the same
    width, less those that are empty, and a centre is the median of its numbers.
    """
    known = np.isfinite(numbers)
    centres, places = np.unique(numbers[known], return_inverse=True)
    if len(centres) > most:
        centres, places = _strips(numbers[known], most, is_geometric)
    result = np.full(len(numbers), -1, dtype=np.intp)
    result[known] = places
    return centres, result


def _strips(numbers: Values, count: int, is_geometric: bool) -> tuple[Values, Rows]:
    heights = np.log(numbers) if is_geometric else numbers / np.abs(numbers).max()
    low, high = heights.min(), heights.max()
    strips = np.minimum((heights - low) / (high - low) * count, count - 1).astype(np.intp)
    full, places = np.unique(strips, return_inverse=True)
    centres = np.array([np.median(numbers[places == place]) for place in range(len(full))])
    return centres, places


def quartiles(errors: Values) -> tuple[float, float, float]:
    """The lower quartile, the median and the upper one of (n,) values, straight between two; inf is a value."""
    lower, middle, upper = (quantile(errors, share) for share in (0.25, 0.5, 0.75))
    return lower, middle, upper


def quantile(values: Values, share: float) -> float:
    """As tables compute it: nothing lies between a number and infinity but infinity."""
    ordered = np.sort(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    rest = place - low
    if rest == 0.0 or ordered[low] == ordered[low + 1]:
        return float(ordered[low])
    return float(ordered[low] + rest * (ordered[low + 1] - ordered[low]))


def most_frequent(fates: Rows, count: int) -> int:
    """The fate that most of these have; of equally many, the worse."""
    counts = np.bincount(fates, minlength=count)
    return int(count - 1 - counts[::-1].argmax())


def distinct(texts: Sequence[str], rows: Rows) -> list[str]:
    """The texts of these rows, each once, in the order in which they come."""
    return list(dict.fromkeys(texts[row] for row in rows))
