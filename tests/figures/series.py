"""A trace in memory, and the document's run: what the tests draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import ArrayLike, NDArray


class Trace:
    """Steps and named columns."""

    def __init__(self, steps: Sequence[int] | range, columns: Mapping[str, ArrayLike]) -> None:
        self.steps: NDArray[np.int64] = np.asarray(steps, dtype=np.int64)
        self._columns = {name: np.asarray(values, dtype=np.float64) for name, values in columns.items()}
        self.names = tuple(self._columns)

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        return self._columns[name]


def document_trace(updates: int, learning_rate: float = 0.05) -> Trace:
    """The linear 2-2-1 network of the document under gradient descent, until its error is no longer finite."""
    weights, x = np.array([0.1, 0.2, 0.3, 0.4, 0.21, 0.23]), np.array([2.0, 3.0])
    states, errors = [], []
    with np.errstate(all="ignore"):
        for _ in range(updates + 1):
            hidden = weights[:4].reshape(2, 2) @ x
            delta = hidden @ weights[4:] - 1.0
            states.append(weights)
            errors.append(0.5 * delta**2)
            if not np.isfinite(errors[-1]):
                break
            gradient = delta * np.concatenate([np.outer(weights[4:], x).ravel(), hidden])
            weights = weights - learning_rate * gradient
    columns = {f"weight.w{index + 1}": values for index, values in enumerate(np.array(states).T)}
    return Trace(range(len(states)), {"prediction.o1": np.zeros(len(states)), **columns, "error": errors})


def write_parquet(trace: Trace, path: Path) -> Path:
    """The trace as a file, with a per-sample quantity that no picture shows."""
    columns = {"step": pa.array(trace.steps), **{name: pa.array(trace[name]) for name in trace.names}}
    columns["out.h1"] = pa.array([[1.0, 2.0]] * len(trace.steps), type=pa.list_(pa.float64()))
    pq.write_table(pa.table(columns), path)
    return path
