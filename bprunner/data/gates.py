"""Logical gates of two inputs: four samples, in the order 00, 01, 10, 11."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bprunner.data.tables import Source, Table
from bprunner.errors import Problem

GATES: Mapping[str, tuple[int, int, int, int]] = {
    "and": (0, 0, 0, 1),
    "or": (0, 1, 1, 1),
    "nand": (1, 1, 1, 0),
    "nor": (1, 0, 0, 0),
    "xor": (0, 1, 1, 0),
    "xnor": (1, 0, 0, 1),
}
"""What each gate makes of 00, 01, 10 and 11."""


def read_gate(source: Source) -> Table:
    """The gate's four samples."""
    name = source.dataset.gate
    assert name is not None  # the source is of this kind
    inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float64)

    def refuse(_side: str, row: int, _column: int, message: str) -> Problem:
        return source.problem(("gate",), f"sample {row + 1} {message}")

    return Table(inputs, np.array(GATES[name], dtype=np.float64).reshape(-1, 1), name, refuse)
