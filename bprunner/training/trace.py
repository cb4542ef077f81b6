"""A trace is everything recorded of a run, by step and by quantity.

It is held in memory or read from a Parquet file, one column a quantity, and looks the same either way.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bprunner.errors import StorageError
from bprunner.nn.arrays import Array

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_METADATA_KEY = b"bprunner"


class Trace:
    """A run's quantities over its steps.

    `trace["weight.w5"]` is an array (steps,), or (steps, samples) for net, out, prediction and delta where the
    dataset has several samples; `trace["weight"]` stacks all weights, (steps, weights). What a step does not
    have (the update after the last step) is nan.
    """

    def __init__(
        self,
        steps: NDArray[np.int64],
        names: Sequence[str],
        columns: Mapping[str, Array] | Path,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self.steps = steps
        self.names = tuple(names)
        self.metadata: Mapping[str, Any] = dict(metadata or {})
        self._columns = columns

    # Looking

    def __len__(self) -> int:
        return len(self.steps)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __getitem__(self, name: str) -> Array:
        """A quantity's values. Raises KeyError, naming what there is, for a name that the trace does not have."""
        if name in self.names:
            return self._column(name)
        parts = self.parts(name)
        if not parts:
            raise KeyError(f"no quantity {name!r}; there are {', '.join(self.names[:40])}")
        return np.stack([self._column(part) for part in parts], axis=1)

    def parts(self, quantity: str) -> tuple[str, ...]:
        """The names that belong to a quantity: `weight` has `weight.w1`, `weight.w2`, …"""
        return tuple(name for name in self.names if name == quantity or name.startswith(quantity + "."))

    def at(self, step: int) -> dict[str, float | Array]:
        """Every quantity of one step. Raises KeyError for a step that was not recorded."""
        found = np.nonzero(self.steps == step)[0]
        if not len(found):
            raise KeyError(f"no step {step}; there are steps {self.steps[0]} to {self.steps[-1]}")
        row = {name: self._column(name)[found[0]] for name in self.names}
        return {name: float(value) if np.ndim(value) == 0 else value for name, value in row.items()}

    def frame(self, quantity: str | None = None) -> pd.DataFrame:
        """A pandas frame, one row a step; per-sample quantities of several samples as `out.h1[2]`, from 1."""
        import pandas as pd

        data: dict[str, Array] = {}
        for name in self.names if quantity is None else self.parts(quantity):
            values = self._column(name)
            if values.ndim == 1:
                data[name] = values
            else:
                data |= {f"{name}[{sample + 1}]": values[:, sample] for sample in range(values.shape[1])}
        return pd.DataFrame(data, index=pd.Index(self.steps, name="step"))

    def __repr__(self) -> str:
        span = f"steps {self.steps[0]} to {self.steps[-1]}" if len(self) else "no steps"
        return f"<Trace: {span}, {len(self.names)} quantities>"

    def _repr_html_(self) -> str:
        return str(self.frame()._repr_html_())

    def _column(self, name: str) -> Array:
        if isinstance(self._columns, Path):
            return read_column(self._columns, name)
        return self._columns[name]

    # Keeping

    @property
    def path(self) -> Path | None:
        """The file that it is read from, if it is."""
        return self._columns if isinstance(self._columns, Path) else None

    def write(self, path: Path) -> None:
        """Writes a Parquet file, whole or not at all. Raises StorageError where it cannot."""
        writer = TraceWriter(path, self.metadata)
        try:
            writer.write(self.steps, {name: self._column(name) for name in self.names})
            writer.close()
        finally:
            writer.discard()

    @classmethod
    def read(cls, path: Path | str) -> Trace:
        """Opens a trace file; columns are read when they are asked for. Raises StorageError where it is none."""
        import pyarrow.parquet as pq

        path = Path(path)
        try:
            schema = pq.read_schema(path)
            steps = pq.read_table(path, columns=["step"])["step"].to_numpy()
            metadata = json.loads((schema.metadata or {}).get(_METADATA_KEY, b"{}"))
        except (OSError, ValueError, KeyError) as error:
            raise StorageError(f"{path} is no trace that can be read: {error}") from error
        return cls(steps, [name for name in schema.names if name != "step"], path, metadata)

    @classmethod
    def load(cls, path: Path | str) -> Trace:
        """Reads a whole trace file into memory, at once. Raises StorageError where it is none."""
        import pyarrow.parquet as pq

        path = Path(path)
        try:
            with pq.ParquetFile(path) as file:
                table = file.read()
            metadata = json.loads((table.schema.metadata or {}).get(_METADATA_KEY, b"{}"))
            names = [name for name in table.column_names if name != "step"]
            columns = {name: _values(table[name].combine_chunks()) for name in names}
            steps = np.array(table["step"].to_pylist(), dtype=np.int64)
        except (OSError, ValueError, KeyError) as error:
            raise StorageError(f"{path} is no trace that can be read: {error}") from error
        return cls(steps, names, columns, metadata)


def read_column(path: Path, name: str) -> Array:
    """One column of a trace file; null becomes nan."""
    import pyarrow.parquet as pq

    try:
        column = pq.read_table(path, columns=[name])[name].combine_chunks()
    except (OSError, ValueError, KeyError) as error:
        raise StorageError(f"{path} cannot be read: {error}") from error
    return _values(column)


def _values(column: pa.Array) -> Array:
    """A column of a file as (steps,) or (steps, samples)."""
    import pyarrow as pa

    if pa.types.is_fixed_size_list(column.type):
        return _doubles(column.flatten()).reshape(len(column), column.type.list_size)
    return _doubles(column)


def _doubles(flat: pa.Array) -> Array:
    """The numbers of an Arrow array; null becomes nan. Where there is none, they are read from its memory:
    Arrow's own conversion would import pandas for it."""
    import pyarrow as pa

    if flat.null_count or flat.type != pa.float64():
        return np.asarray(flat.to_numpy(zero_copy_only=False), dtype=np.float64)
    return np.frombuffer(flat.buffers()[1], dtype=np.float64)[flat.offset : flat.offset + len(flat)]


class TraceWriter:
    """Writes a trace chunk by chunk beside its final place, and moves it there when it is complete."""

    def __init__(self, path: Path, metadata: Mapping[str, Any]) -> None:
        self.path = path
        self._partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        self._metadata = {_METADATA_KEY: json.dumps(dict(metadata)).encode()}
        self._writer: Any = None

    def write(self, steps: NDArray[np.int64], chunk: Mapping[str, Array]) -> None:
        """Adds consecutive steps. Raises StorageError where the disk does not take them."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        arrays = {"step": _numbers(steps), **{name: _arrow(values) for name, values in chunk.items()}}
        try:
            if self._writer is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                schema = pa.schema({name: array.type for name, array in arrays.items()}, metadata=self._metadata)
                self._writer = pq.ParquetWriter(self._partial, schema, compression="zstd", use_dictionary=False)
            self._writer.write_table(pa.table(arrays, schema=self._writer.schema))
        except OSError as error:
            raise StorageError(f"the trace cannot be written to {self.path}: {error}") from error

    def close(self) -> None:
        """Puts the file in its place. Raises StorageError where that fails."""
        try:
            self._writer.close()
            self._partial.replace(self.path)
        except OSError as error:
            raise StorageError(f"the trace cannot be written to {self.path}: {error}") from error

    def discard(self) -> None:
        """Removes what is incomplete; does nothing after a successful close."""
        with suppress(OSError):  # where it cannot be removed, whoever called has the error that matters
            self._partial.unlink(missing_ok=True)


def _arrow(values: Array) -> pa.Array:
    """A column for Parquet. The nan of a step that has no such value stays a nan: it reads back the same."""
    import pyarrow as pa

    if values.ndim == 1:
        return _numbers(values)
    return pa.FixedSizeListArray.from_arrays(_numbers(values), values.shape[1])


def _numbers(values: Array | NDArray[np.int64]) -> pa.Array:
    """The memory of an array, as Arrow sees it. pyarrow.array would do the same, and import pandas for it."""
    import pyarrow as pa

    flat = np.ascontiguousarray(values).ravel()
    kind = pa.int64() if flat.dtype == np.int64 else pa.float64()
    return pa.Array.from_buffers(kind, flat.size, [None, pa.py_buffer(flat)])
