"""Splitting: samples that are held out by lot are never trained on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bprunner.spec.dataset import Split, held_out_count

Rows = NDArray[np.intp]


def split_rows(split: Split, samples: int) -> tuple[Rows, Rows]:
    """The rows that are trained on and those held out, each in the order of the source.

    Held out are the first ones of a permutation that NumPy's PCG64 generator draws from the seed.
    """
    lot = np.random.Generator(np.random.PCG64(split.seed)).permutation(samples)
    count = held_out_count(split, samples)
    return np.sort(lot[count:]), np.sort(lot[:count])
