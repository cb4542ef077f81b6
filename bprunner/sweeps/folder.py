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
from contextlib import contextmanager
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
            with storing(self._summary_file(block), "read"):
                hashes = pq.read_table(self._summary_file(block), columns=[HASH])[HASH].to_pylist()
            places.update({each: Place(block, run) for run, each in enumerate(hashes)})
        return places

    def summary(self, block: int) -> Summary:
        """How the runs of a block went. Raises StorageError where its file cannot be read."""
        path = self._summary_file(block)
        with storing(path, "read"):
            table = pq.read_table(path)
            return Summary(**{each.name: table[each.name].to_numpy() for each in fields(Summary)})

    def stable_rates(self, block: int) -> Array:
        """The largest stable learning rates of a block's runs, (runs,). Raises StorageError where it cannot be read."""
        with storing(self._summary_file(block), "read"):
            rates: Array = pq.read_table(self._summary_file(block), columns=[STABLE_RATE])[STABLE_RATE].to_numpy()
        return rates

    def keep(self, block: int, hashes: Sequence[str], trained: Trained) -> None:
        """Says that a block is done. Raises StorageError where the disk fails."""
        path = self._summary_file(block)
        columns: dict[str, Any] = {HASH: pa.array(list(hashes)), STABLE_RATE: pa.array(trained.stable_rates)}
        for each in fields(Summary):
            columns[each.name] = pa.array(getattr(trained.summary, each.name))
        with storing(path):
            partial = path.with_suffix(".partial")
            pq.write_table(pa.table(columns), partial)
            with partial.open("rb") as file:
                os.fsync(file.fileno())
            partial.replace(path)

    def failures(self) -> dict[str, str]:
        """Why cells failed when they were last tried, by their hashes. Raises StorageError."""
        path = self.path / FAILURES_FILE
        with storing(path, "read"):
            return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

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
        with storing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            lock = (self.path / "lock").open("w")
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
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
