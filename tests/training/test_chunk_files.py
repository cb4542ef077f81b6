"""Chunk files hold what the chunks had, and are there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from bprunner.errors import StorageError
from bprunner.training import chunks
from bprunner.training.chunk_files import ChunkFile, read_series
from bprunner.training.chunks import series_of, train_in_chunks
from bprunner.training.execution import execute
from bprunner.training.population import Population
from tests.training.declarations import doc, population_of
from tests.training.test_chunks import rates


def written(path: Path, population: Population, every: int = 1) -> list[str]:
    series = series_of(population)
    names = [column.name for column in series]
    file = ChunkFile(path, names, names, every)
    train_in_chunks(population, series, file.keep)
    file.finish()
    return names


@pytest.fixture(autouse=True)
def _short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MOST_STEPS", 7)


RATES = (0.05, 1.0, 0.01)


def test_a_file_has_every_step_of_every_run(tmp_path: Path) -> None:
    names = written(tmp_path / "a.parquet", rates(doc(epochs=30), *RATES))
    for run, rate in enumerate(RATES):
        alone = execute(population_of(doc(epochs=30, learning_rate=rate)), {}).trace
        found = read_series(tmp_path / "a.parquet", names, [run])
        assert set(found["run"].tolist()) == {run}
        assert found["step"].tolist() == alone.steps.tolist()
        for name in names:
            assert found[name].tobytes() == alone[name].tobytes(), name


@pytest.mark.parametrize("every", [2, 5, 7, 100])
def test_thinned_there_are_the_first_the_last_and_even_steps(every: int, tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", rates(doc(epochs=30), *RATES), every)
    for run, rate in enumerate(RATES):
        alone = execute(population_of(doc(epochs=30, learning_rate=rate)), {}).trace
        last = int(alone.steps[-1])
        expected = sorted({*range(0, last + 1, every), last})
        found = read_series(tmp_path / "a.parquet", ["error"], [run])
        assert found["step"].tolist() == expected
        assert found["error"].tolist() == alone["error"][expected].tolist()


def test_a_row_group_is_a_chunk(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", rates(doc(epochs=13), 0.01, 0.02))
    assert pq.ParquetFile(tmp_path / "a.parquet").num_row_groups == 2


def test_a_file_has_its_name_when_it_is_whole(tmp_path: Path) -> None:
    file = ChunkFile(tmp_path / "new" / "a.parquet", ["error"], ["error"])
    assert not file.path.exists()
    file.discard()
    assert list((tmp_path / "new").iterdir()) == []


def test_what_cannot_be_written_or_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        ChunkFile(tmp_path / "file" / "a.parquet", ["error"], ["error"])
    with pytest.raises(StorageError, match="cannot be read"):
        read_series(tmp_path / "file", ["error"])
    written(tmp_path / "a.parquet", rates(doc(epochs=3), 0.01, 0.02))
    with pytest.raises(KeyError):
        read_series(tmp_path / "a.parquet", ["nothing"])


def test_a_nan_has_one_form(tmp_path: Path) -> None:
    file = ChunkFile(tmp_path / "a.parquet", ["error"], ["error"])
    values = np.array([[[np.nan, -np.nan]]])
    file.keep(chunks.Chunk(0, np.arange(2), values, np.ones(2, dtype=np.int64), np.ones(2, dtype=bool)))
    file.finish()
    found = read_series(tmp_path / "a.parquet", ["error"])["error"]
    assert found.tobytes() == np.array([np.nan, np.nan]).tobytes()
