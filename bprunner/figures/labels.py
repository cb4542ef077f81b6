"""A label stands at the end of its line. Where line ends are close, labels are pushed apart, as little as needed."""

from __future__ import annotations

from collections.abc import Sequence


def spread(wanted: Sequence[float], gap: float, low: float = 0.0, high: float = 1.0) -> list[float]:
    """Heights at least `gap` apart, inside [low, high], in the wanted order, as near to the wanted ones as that allows.

    Where there is no room for so many, the gap shrinks to what there is room for.
    """
    if not wanted:
        return []
    gap = min(gap, (high - low) / max(1, len(wanted) - 1))
    # Of equals, the first stands highest, as it would in a list.
    order = sorted(range(len(wanted)), key=lambda index: (wanted[index], -index))
    # Without the gaps below it, a label only has to be no lower than the one before: an isotonic regression.
    level = _isotonic([wanted[index] - place * gap for place, index in enumerate(order)])
    heights = [0.0] * len(wanted)
    for place, index in enumerate(order):
        top = high - (len(wanted) - 1) * gap
        heights[index] = min(max(level[place], low), max(low, top)) + place * gap
    return heights


def _isotonic(values: Sequence[float]) -> list[float]:
    """The nondecreasing sequence nearest to the values: neighbours out of order share their mean."""
    blocks: list[tuple[float, int]] = []
    for value in values:
        mean, count = value, 1
        while blocks and blocks[-1][0] > mean:
            before, size = blocks.pop()
            mean, count = (before * size + mean * count) / (size + count), size + count
        blocks.append((mean, count))
    return [mean for mean, count in blocks for _ in range(count)]
