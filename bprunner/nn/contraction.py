"""A contraction sums products along one axis. It is where two runs could part by a bit.

Adding the same numbers in another order gives other last bits, and NumPy and BLAS choose their order by
memory layout. Here the order depends on the shape of one run alone, never on how many runs there are:
short sums of small matrices go term after term from the left, as a person adds (and without fused multiply-add);
the others go to BLAS, one run's matrices at a time.
"""

from __future__ import annotations

import numpy as np

from bprunner.nn.arrays import Array

TERM_BY_TERM = 16
"""The longest sum that is added term by term. Beyond it BLAS is faster even for one run."""

MOST_PRODUCTS = 256
"""The most products that one run's matrices are multiplied out into; a single row is no matrix."""


def is_term_by_term(rows: int, terms: int, columns: int) -> bool:
    """Whether the product of (rows, terms) and (terms, columns) is added term by term, and not by BLAS."""
    return terms <= TERM_BY_TERM and (rows == 1 or rows * terms * columns <= MOST_PRODUCTS)


def product(a: Array, b: Array) -> Array:
    """The matrix product of each run: (runs, m, k) and (runs, k, n) give (runs, m, n), the sum over k.

    Either side may have 1 in place of runs. The order of the sum depends on m, k and n alone.
    """
    _, rows, terms = a.shape
    if terms == 1:
        return a * b
    if not is_term_by_term(rows, terms, b.shape[2]):
        return _by_blas(a, b)
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


def _by_blas(a: Array, b: Array) -> Array:
    """matmul runs BLAS once for each run; equal layouts within a run make it the same call every time."""
    result: Array = np.matmul(np.ascontiguousarray(a), np.ascontiguousarray(b))
    return result


def transposed(a: Array) -> Array:
    """Each run's matrix transposed: (runs, m, n) to (runs, n, m), a view."""
    return a.mT


def total(a: Array, axis: int) -> Array:
    """The sum along the batch (axis 1) or the units (axis 2), kept as an axis of length 1."""
    if a.shape[axis] == 1:
        return a
    ones = np.ones((1, 1, a.shape[1]) if axis == 1 else (1, a.shape[2], 1))
    return product(ones, a) if axis == 1 else product(a, ones)
