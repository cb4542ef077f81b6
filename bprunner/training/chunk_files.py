"""Chunk files: the series of many runs in one Parquet file, a row for each step of each run.

A row group is one chunk, its rows by step and then by run. `run` is the run's place in its population; with `step` it
names the row, and every series is a column of doubles. A file has its name when it is complete, and not before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bprunner.errors import StorageError
from bprunner.nn.arrays import Array, Indices
from bprunner.training.chunks import Chunk

RUN, STEP = "run", "step"


class ChunkFile:
    """A file being written."""

    def __init__(self, path: Path, names: Sequence[str], wanted: Sequence[str], every: int = 1) -> None:
        """names: the series of a chunk, in order; wanted: those that are written. Of the steps, those whose number is a
        multiple of `every` are written, and each run's last.

        Raises StorageError where the file cannot be made.
        """
        self.path = path
        self._partial = path.with_suffix(".partial")
        self._rows = [(names.index(name), name) for name in wanted]
        self._every = every
        fields = [pa.field(RUN, pa.int32()), pa.field(STEP, pa.int64()), *(pa.field(n, pa.float64()) for n in wanted)]
        with storing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer: Any = pq.ParquetWriter(
                self._partial,
                pa.schema(fields),
                compression="none",
                use_dictionary=[RUN, STEP],
                write_statistics=[RUN, STEP],
            )

    def keep(self, chunk: Chunk) -> None:
        """Writes a chunk. Raises StorageError where the disk fails."""
        steps, runs = chunk.values.shape[1:]
        run, step = np.tile(chunk.runs.astype(np.int32), steps), np.repeat(chunk.steps, runs)
        columns = [chunk.values[row].reshape(-1) for row, _ in self._rows]
        if self._every > 1 or not chunk.is_whole:
            kept = np.flatnonzero(self._wanted(chunk))
            run, step, columns = run[kept], step[kept], [column[kept] for column in columns]
        if len(run) == 0:
            return
        arrays = [pa.array(run), pa.array(step), *(pa.array(_with_one_nan(column)) for column in columns)]
        table = pa.Table.from_arrays(arrays, schema=self._writer.schema)
        with storing(self.path):
            self._writer.write_table(table, row_group_size=len(run))

    def _wanted(self, chunk: Chunk) -> Any:
        """Which rows are written, (steps × runs,)."""
        at = np.arange(chunk.values.shape[1])[:, np.newaxis]
        there = at < chunk.lengths
        wanted = (chunk.steps % self._every == 0)[:, np.newaxis] | ((at == chunk.lengths - 1) & chunk.ending)
        return (there & wanted).reshape(-1)

    def finish(self) -> None:
        """Gives the file its name. Raises StorageError where the disk fails."""
        with storing(self.path):
            self._writer.close()
            self._partial.replace(self.path)

    def discard(self) -> None:
        """As if it had never been."""
        with suppress(Exception):
            self._writer.close()
        with suppress(OSError):
            self._partial.unlink()


def read_series(path: Path, names: Sequence[str], runs: Sequence[int] | None = None) -> Mapping[str, Array | Indices]:
    """The rows of some runs (of all, unless said), sorted by run and then by step: `run`, `step` and these series.

    Raises StorageError where the file cannot be read, and KeyError for a series that it does not have.
    """
    chosen = None if runs is None else pc.field(RUN).isin(list(runs))
    with storing(path, "read"):
        known = pq.read_schema(path).names
        for name in names:
            if name not in known:
                raise KeyError(name)
        table = pq.read_table(path, columns=[RUN, STEP, *names], filters=chosen)
    columns = {name: table[name].to_numpy() for name in table.column_names}
    order = np.lexsort((columns[STEP], columns[RUN]))
    return {name: values[order] for name, values in columns.items()}


def read_chosen(path: Path, names: Sequence[str], chosen: Mapping[int, Indices]) -> Mapping[str, Array | Indices]:
    """The rows of some steps of some runs, sorted by run and then by step: `run`, `step` and these series.

    chosen: by run, the steps in order; one that the file does not have is left out. The file is read chunk by chunk, so
    that only these rows stand in memory. Raises StorageError where it cannot be read.
    """
    stride = 1 + max((int(steps[-1]) for steps in chosen.values() if len(steps)), default=0)
    keys = [run * stride + steps for run, steps in sorted(chosen.items())]
    wanted = np.concatenate(keys) if keys else np.empty(0, dtype=np.int64)
    steps_of_any = np.unique(wanted % stride)
    found: list[dict[str, Any]] = []
    columns = [RUN, STEP, *names]
    with storing(path, "read"), pq.ParquetFile(path) as file:
        for number in range(file.metadata.num_row_groups):
            if not _has_any(file.metadata.row_group(number), steps_of_any):
                continue
            part = file.read_row_group(number, columns=columns)
            key = part[RUN].to_numpy().astype(np.int64) * stride + part[STEP].to_numpy()
            place = np.searchsorted(wanted, key)
            there = (part[STEP].to_numpy() < stride) & (place < len(wanted))
            there[there] = wanted[place[there]] == key[there]
            found.append({name: part[name].to_numpy()[there] for name in columns})
    if not found:
        none: dict[str, Any] = {name: np.empty(0) for name in names}
        return {RUN: np.empty(0, dtype=np.int64), STEP: np.empty(0, dtype=np.int64), **none}
    whole = {name: np.concatenate([part[name] for part in found]) for name in columns}
    order = np.lexsort((whole[STEP], whole[RUN]))
    return {name: values[order] for name, values in whole.items()}


def _has_any(group: Any, steps: Indices) -> bool:
    """Whether a row group has one of these steps, as far as its statistics tell."""
    about = next(
        group.column(number) for number in range(group.num_columns) if group.column(number).path_in_schema == STEP
    )
    if not about.is_stats_set or not about.statistics.has_min_max:
        return True
    first, last = np.searchsorted(steps, [about.statistics.min, about.statistics.max + 1])
    return bool(last > first)


@contextmanager
def storing(path: Path, doing: str = "written") -> Iterator[None]:
    """Turns what goes wrong with a file into a StorageError."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise StorageError(f"the series of the runs cannot be {doing}: {path}: {error}") from error


def _with_one_nan(values: Array) -> Array:
    """With the same nan everywhere: its sign depends on the processor, and means nothing."""
    missing = np.isnan(values)
    return np.where(missing, np.nan, values) if missing.any() else values
