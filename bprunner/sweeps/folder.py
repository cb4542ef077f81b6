"""A study's folder: which cells are done, what came of them, and where their series are.

What is trained together is a block: block-000001.parquet has the series of its runs, step by step, and
block-000001.summary.parquet, a row for each run, how it went. The summary is written last, under another name first:
a block whose summary is there is done, and nothing of any other block counts. A cell is known by the hash of its
experiment, so that the same cell of another declaration is done as well.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bprunner.errors import StorageError
from bprunner.nn.arrays import Array
from bprunner.sweeps.blocks import Trained
from bprunner.sweeps.summing import Summary
from bprunner.training.chunk_files import storing

_BLOCK = re.compile(r"block-(\d{6,})\.summary\.parquet")
HASH, STABLE_RATE = "hash", "stable_rate"
FAILURES_FILE = "failures.json"
WAY_OUT = "The study can be trained anew: run its sweep with --fresh"


@dataclass(frozen=True)
class Place:
    """Where a done cell is: its block, and its place among the runs of that block."""

    block: int
    run: int


class StudyFolder:
    """The folder of one study. Nothing is made before something is written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def series_file(self, block: int) -> Path:
        """The file with the series of a block."""
        return self.path / f"block-{block:06}.parquet"

    def _summary_file(self, block: int) -> Path:
        return self.path / f"block-{block:06}.summary.parquet"

    def blocks(self) -> list[int]:
        """The blocks that are done, in order."""
        if not self.path.is_dir():
            return []
        return sorted(int(found[1]) for each in self.path.iterdir() if (found := _BLOCK.fullmatch(each.name)))

    def done(self) -> dict[str, Place]:
        """Every cell that is done, by its hash. Raises StorageError where a summary cannot be read."""
        places = {}
        for block in self.blocks():
            hashes = self._read(block, HASH)[HASH].to_pylist()
            if not self.series_file(block).exists():
                raise StorageError(f"a file is missing: {self.series_file(block)}. {WAY_OUT}")
            places.update({each: Place(block, run) for run, each in enumerate(hashes)})
        return places

    def summary(self, block: int) -> Summary:
        """How the runs of a block went. Raises StorageError where its file cannot be read."""
        names = [each.name for each in fields(Summary)]
        table = self._read(block, *names)
        return Summary(**{name: table[name].to_numpy() for name in names})

    def stable_rates(self, block: int) -> Array:
        """The largest stable learning rates of a block's runs, (runs,). Raises StorageError where it cannot be read."""
        rates: Array = self._read(block, STABLE_RATE)[STABLE_RATE].to_numpy()
        return rates

    def _read(self, block: int, *names: str) -> Any:
        """Columns of a block's summary. Raises StorageError where it is not what `keep` wrote."""
        path = self._summary_file(block)
        try:
            table = pq.read_table(path, columns=list(names))
        except (OSError, pa.ArrowException) as error:
            raise _damaged(path, error) from error
        if table.column_names != list(names):
            raise _damaged(path, "it is no summary of a block")
        return table

    def keep(self, block: int, hashes: Sequence[str], trained: Trained) -> None:
        """Says that a block is done. Raises StorageError where the disk fails."""
        path = self._summary_file(block)
        columns: dict[str, Any] = {HASH: pa.array(list(hashes)), STABLE_RATE: pa.array(trained.stable_rates)}
        for each in fields(Summary):
            columns[each.name] = pa.array(getattr(trained.summary, each.name))
        with storing(path):
            partial = path.with_suffix(".partial")
            pq.write_table(pa.table(columns), partial)
            # The power may fail: what the summary speaks of has to be on the disk before it.
            for written in (self.series_file(block), partial):
                _flush(written)
            partial.replace(path)

    def failures(self) -> dict[str, str]:
        """Why cells failed when they were last tried, by their hashes. Raises StorageError."""
        path = self.path / FAILURES_FILE
        if not path.exists():
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
                raise ValueError("it is no list of failures")
        except (OSError, ValueError) as error:
            raise _damaged(path, error) from error
        return found

    def keep_failures(self, failures: Mapping[str, str]) -> None:
        """Raises StorageError where the disk fails."""
        path = self.path / FAILURES_FILE
        with storing(path):
            write_whole(path, json.dumps(dict(failures), indent=2, ensure_ascii=False) + "\n")

    def tidy(self) -> None:
        """Removes what a study that was cut short left of blocks that are not done."""
        done = set(self.blocks())
        for path in self.path.glob("block-*"):
            number = re.match(r"block-(\d+)", path.name)
            if path.suffix == ".partial" or number is None or int(number[1]) not in done:
                path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Forgets what was trained. Raises StorageError where the disk fails."""
        with storing(self.path):
            for path in [*self.path.glob("block-*"), self.path / FAILURES_FILE]:
                path.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time. Raises StorageError where another has the folder, or where it cannot be made."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / "lock").open("w")
        except OSError as error:
            told = f"the folder of the study cannot be written: {self.path}: {error.strerror}"
            raise StorageError(f"{told}. Start bprun in a folder that can be written to") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise StorageError(f"another process is working on this study: {self.path}") from None
        with lock:
            yield


def write_whole(path: Path, text: str) -> None:
    """Writes a file so that it has its name only when it is whole and on the disk."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with suppress(OSError):
            partial.unlink()
        raise


def _flush(path: Path) -> None:
    """Waits until a file is on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def reading() -> Iterator[None]:
    """What a block's series cannot be read for is told with the way out. Raises StorageError."""
    try:
        yield
    except StorageError as error:
        raise StorageError(f"{str(error).splitlines()[0]}. {WAY_OUT}") from error


def _damaged(path: Path, why: object) -> StorageError:
    return StorageError(f"{path} cannot be read: {str(why).splitlines()[0]}. {WAY_OUT}")
