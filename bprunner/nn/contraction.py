"""A contraction sums products along one axis. It is where two runs could part by a bit.

Adding the same numbers in another order gives other last bits, and NumPy and BLAS choose their order by
memory layout. Here the order depends on the shape of one run alone, never on how many runs there are:
short sums of small matrices go term after term from the left, as a person adds (and without fused multiply-add);
the others go to BLAS, one run's matrices at a time.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bprunner.nn.arrays import Array

TERM_BY_TERM = 16
"""The longest sum that is added term by term. Beyond it BLAS is faster even for one run."""

MOST_PRODUCTS = 256
"""The most products that one run's matrices are multiplied out into; a single row is no matrix."""


def is_term_by_term(rows: int, terms: int, columns: int) -> bool:
    """Whether the product of (rows, terms) and (terms, columns) is added term by term, and not by BLAS."""
    return terms <= TERM_BY_TERM and (rows == 1 or rows * terms * columns <= MOST_PRODUCTS)


def product(a: Array, b: Array, out: Array | None = None) -> Array:
    """The matrix product of each run: (runs, m, k) and (runs, k, n) give (runs, m, n), the sum over k.

    Either side may have 1 in place of runs. The order of the sum depends on m, k and n alone. `out` is memory for the
    result, if it is to be in a certain place.
    """
    runs, rows, terms = a.shape
    # A short single row is known without asking: for a small network, calls cost as much as arithmetic.
    if terms > 1 and (rows > 1 or terms > TERM_BY_TERM) and not is_term_by_term(rows, terms, b.shape[2]):
        return put(_by_blas(a, b), out)
    if out is None and rows > 1 and (runs > 1 or b.shape[0] > 1) and _are_runs_innermost(a, b):
        out = _runs_innermost(a, b)
    if out is not None:
        return _accumulated(a, b, out)
    if terms == 1:
        return a * b
    # All products at once, then their sum from the left. A single row needs no fourth axis for that.
    if rows == 1:
        products = a.mT * b
        result: Array = products[:, :1] + products[:, 1:2]
        for k in range(2, terms):
            result += products[:, k : k + 1]
        return result
    products = a[:, :, :, np.newaxis] * b[:, np.newaxis]
    result = products[:, :, 0] + products[:, :, 1]
    for k in range(2, terms):
        result += products[:, :, k]
    return result


def _accumulated(a: Array, b: Array, out: Array) -> Array:
    """One product after the other is added to the sum, each for all runs at once."""
    terms = a.shape[2]
    if terms > 1 and a.shape[1] == 1:
        products = a.mT * b
        np.add(products[:, :1], products[:, 1:2], out=out)
        for k in range(2, terms):
            np.add(out, products[:, k : k + 1], out=out)
        return out
    np.multiply(a[:, :, :1], b[:, :1], out=out)
    if terms > 1:
        each = np.empty_like(out)
        for k in range(1, terms):
            np.multiply(a[:, :, k : k + 1], b[:, k : k + 1], out=each)
            np.add(out, each, out=out)
    return out


def _are_runs_innermost(a: Array, b: Array) -> bool:
    """Whether the runs are the last axis in memory: of both sides, or of the one that is not shared."""
    if len(a) == 1:
        return len(b) > 1 and b.strides[0] == b.itemsize
    return a.strides[0] == a.itemsize and (len(b) == 1 or b.strides[0] == b.itemsize)


def _runs_innermost(a: Array, b: Array) -> Array:
    """Memory for the product, with the runs innermost: NumPy guesses where one side is shared, and may guess wrong."""
    return np.empty((b.shape[2], a.shape[1], max(len(a), len(b))), dtype=b.dtype).T


def put(result: Array, out: Array | None) -> Array:
    """A result where it is wanted."""
    if out is None:
        return result
    out[...] = result
    return out


def _by_blas(a: Array, b: Array) -> Array:
    """matmul runs BLAS once for each run; equal layouts within a run make it the same call every time.

    The result's longer axis is innermost too, so that what follows goes over long rows.
    """
    if a.shape[1] > b.shape[2]:
        transposed_result: Array = np.matmul(laid(b).mT, laid(a).mT)
        return transposed_result.mT
    result: Array = np.matmul(laid(a), laid(b))
    return result


def laid(a: Array) -> Array:
    """Each run's matrix as it lies in memory for BLAS: the longer axis innermost, the columns where they are equal."""
    _, rows, columns = a.shape
    _, down, along = a.strides
    if rows > columns:
        return a if (down, along) == (a.itemsize, rows * a.itemsize) else np.ascontiguousarray(a.mT).mT
    return a if (down, along) == (columns * a.itemsize, a.itemsize) else np.ascontiguousarray(a)


def transposed(a: Array) -> Array:
    """Each run's matrix transposed: (runs, m, n) to (runs, n, m), a view."""
    return a.mT


def total(a: Array, axis: int, out: Array | None = None) -> Array:
    """The sum along the batch (axis 1) or the units (axis 2), kept as an axis of length 1. `out` as for a product."""
    terms = a.shape[axis]
    if terms == 1:
        return put(a, out)
    if terms > TERM_BY_TERM:
        return put(_by_blas(_ones(terms), a) if axis == 1 else _by_blas(a, _ones(terms).mT), out)
    if axis == 1:
        result: Array = np.add(a[:, :1], a[:, 1:2], out=out)
        for k in range(2, terms):
            result += a[:, k : k + 1]
        return result
    result = np.add(a[:, :, :1], a[:, :, 1:2], out=out)
    for k in range(2, terms):
        result += a[:, :, k : k + 1]
    return result


@lru_cache(maxsize=64)
def _ones(count: int) -> Array:
    """A row of them, (1, 1, count)."""
    ones = np.ones((1, 1, count))
    ones.flags.writeable = False
    return ones
