"""Where the labels of edges stand: each on its own edge, none on another label, and off other edges where that can be.

Every label has candidates along its edge. A candidate costs what lies under it: other edges, most where they would
make a reader wonder whose label it is; and its distance from the place where labels look best, near the receiver.
Then labels move in turn to their cheapest place, given the others. Two that keep overlapping make each other dearer
until one of them gives way. The same input gives the same places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
Prices = NDArray[np.float32]

CANDIDATES, ROUNDS = 17, 40
_FEW_EDGES, _FEWER_CANDIDATES, _FEWER_ROUNDS = 25, 11, 16  # of many edges, so that they take no longer than a blink
_BEST_PLACE = 0.7  # of the way from sender to receiver
_CROSSED, _MISTAKEN, _AWAY, _CLOSE, _OVERLAP = 1.0, 2.5, 1.2, 0.7, 30.0
_CLOSE_ACROSS, _CLOSE_ALONG = 8.0, 1.7  # pixels; heights of a label


@dataclass(frozen=True)
class Span:
    """The room between two layers: from x = left to x = right, and the edges through it.

    starts, ends: (edges,) heights of each edge at the left and at the right end. widths: (edges,) of the labels, 0
    for an edge without one. height: of every label, in pixels.
    """

    left: float
    right: float
    starts: Values
    ends: Values
    widths: Values
    height: float


@dataclass(frozen=True)
class Places:
    """Where labels stand. x, y: (edges,) middles. overlaps: how many pairs lie on each other. crossed: (edges,)
    how many other edges each label lies on.
    """

    x: Values
    y: Values
    overlaps: int
    crossed: NDArray[np.int64]


def place_labels(span: Span) -> Places:
    """A place for each label. Labels wider than the room stand in its middle and count as overlapping."""
    half = span.widths / 2
    is_small = len(half) <= _FEW_EDGES
    shares = np.linspace(0.0, 1.0, CANDIDATES if is_small else _FEWER_CANDIDATES)
    room = np.maximum(span.right - span.left - span.widths, 0.0)
    x = span.left + half[:, None] + room[:, None] * shares  # (edges, candidates)
    y = _heights(span, x)
    lies_on = _crossings(span, x, y)  # (edges, candidates, edges)
    near = np.abs(_heights_of_all(span, x) - y[:, :, None]) < span.height / 3
    near &= ~np.eye(len(half), dtype=bool)[:, None, :]
    away = np.abs((x - span.left) / (span.right - span.left) - _BEST_PLACE)
    own = _CROSSED * lies_on.sum(axis=2) + _MISTAKEN * near.sum(axis=2) + _AWAY * away
    chosen = _settle(own, *_prices(span, x, y), ROUNDS if is_small else _FEWER_ROUNDS)
    rows = np.arange(len(half))
    too_wide = int(((span.widths > span.right - span.left) & (span.widths > 0)).sum())
    at_x, at_y = x[rows, chosen], y[rows, chosen]
    pairs = _pairs_on_each_other(span, at_x, at_y)
    return Places(at_x, at_y, pairs + too_wide, lies_on[rows, chosen].sum(axis=1))


def _heights(span: Span, x: Values) -> Values:
    """Each edge's own height at its own x; (edges, candidates)."""
    share = (x - span.left) / (span.right - span.left)
    return span.starts[:, None] + (span.ends - span.starts)[:, None] * share


def _heights_of_all(span: Span, x: Values) -> Values:
    """Every edge's height at every x; (edges, candidates, edges)."""
    share = ((x - span.left) / (span.right - span.left))[:, :, None]
    heights: Values = span.starts + (span.ends - span.starts) * share
    return heights


def _crossings(span: Span, x: Values, y: Values) -> Flags:
    """Whether another edge runs through the box of a candidate; (edges, candidates, edges)."""
    half = (span.widths / 2)[:, None]
    left, right = _heights_of_all(span, x - half), _heights_of_all(span, x + half)
    above, below = (y - span.height / 2)[:, :, None], (y + span.height / 2)[:, :, None]
    through: Flags = (np.minimum(left, right) < below) & (np.maximum(left, right) > above)
    return through & ~np.eye(len(span.widths), dtype=bool)[:, None, :] & (span.widths > 0)[:, None, None]


def _prices(span: Span, x: NDArray[Any], y: NDArray[Any]) -> tuple[Prices, Prices]:
    """What pairs of candidates cost that lie on each other, or close; both (edges, candidates, edges, candidates)."""
    x, y, widths = x.astype(np.float32), y.astype(np.float32), span.widths.astype(np.float32)
    across = np.abs(x[:, :, None, None] - x) - ((widths[:, None] + widths) / 2)[:, None, :, None]
    along = np.abs(y[:, :, None, None] - y) / span.height
    pairs = ((widths > 0)[:, None] & (widths > 0) & ~np.eye(len(widths), dtype=bool))[:, None, :, None]
    on_each_other = (across < 0) & (along < 1) & pairs
    close = (across < _CLOSE_ACROSS) & (along < _CLOSE_ALONG) & pairs
    return on_each_other.astype(np.float32), (_CLOSE * close).astype(np.float32)


def _settle(own: Values, on_each_other: Prices, close: Prices, rounds: int) -> NDArray[np.int64]:
    """The candidate of each label."""
    count = len(own)
    chosen: NDArray[np.int64] = own.argmin(axis=1)
    dear = np.full((count, count), _OVERLAP, dtype=np.float32)
    rows = np.arange(count)
    for _ in range(rounds):
        before = chosen.copy()
        for each in range(count):
            others = on_each_other[each][:, rows, chosen] * dear[each] + close[each][:, rows, chosen]
            chosen[each] = (own[each] + others.sum(axis=1)).argmin()
        pairs = on_each_other[rows, chosen][:, rows, chosen]
        if not pairs.any() and (chosen == before).all():
            break
        dear += _OVERLAP * pairs
    return chosen


def _pairs_on_each_other(span: Span, x: Values, y: Values) -> int:
    widths = span.widths
    flags = (np.abs(x[:, None] - x) < (widths[:, None] + widths) / 2) & (np.abs(y[:, None] - y) < span.height)
    return int(np.triu(flags & (widths > 0)[:, None] & (widths > 0), 1).sum())
