"""The array type that every formula here is written for, and what is done with its runs axis."""

from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]

Flags: TypeAlias = NDArray[np.bool_]

T = TypeVar("T", Array, Indices, Flags, Array | None, Indices | None, Flags | None)


def picked(array: T, runs: Indices) -> T:
    """An array of some runs alone, in the memory order that it has; one that they share stays as it is."""
    if array is None or array.shape[0] == 1:
        return array
    if array.flags.c_contiguous:
        return array[runs]
    # With the runs innermost they are the last axis of the transposed array.
    return np.ascontiguousarray(array.T[..., runs]).T
