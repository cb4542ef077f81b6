"""The array type that every formula here is written for, and what is done with its runs axis."""

from typing import Any, TypeAlias, TypeVar, cast

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
    result: Any = np.empty_like(array, shape=(len(runs), *array.shape[1:]))
    result[...] = array[runs]
    return cast(T, result)
