"""A trace in a Parquet file, seen column by column: what nobody asks for is not read."""

from __future__ import annotations

import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bprunner.errors import StorageError


class ParquetSeries:
    """The scalar quantities of a trace file, each read when it is asked for. Per-sample ones are left out."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = pq.ParquetFile(path)
        schema = self._file.schema_arrow
        if "step" not in schema.names:
            raise StorageError(f"{os.fspath(path)} is no trace: it has no column `step`")
        self.names: tuple[str, ...] = tuple(field.name for field in schema if pa.types.is_floating(field.type))
        self.steps: NDArray[np.int64] = self._column("step").astype(np.int64)

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """The values of a quantity: (steps,)."""
        return self._column(name).astype(np.float64)

    def __enter__(self) -> ParquetSeries:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def _column(self, name: str) -> NDArray[np.generic]:
        """A column; what is missing in it is NaN."""
        chunks = self._file.read(columns=[name], use_threads=False).column(name).chunks
        # Not `to_numpy`, which imports pandas: that takes as long as drawing the picture.
        filled = [chunk.fill_null(float("nan")) if chunk.null_count else chunk for chunk in chunks]
        return np.concatenate([np.empty(0, dtype=np.int8), *(np.from_dlpack(chunk) for chunk in filled)])
