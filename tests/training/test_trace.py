"""The trace as its readers see it, the same from memory and from a file."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import bprunner
from bprunner.errors import StorageError
from bprunner.training.trace import Trace
from tests.training.declarations import doc, xor


@pytest.fixture(params=["memory", "file"])
def trace(request: pytest.FixtureRequest, tmp_path: Path) -> Trace:
    trace = bprunner.run(xor(epochs=5)).trace
    if request.param == "memory":
        return trace
    trace.write(tmp_path / "trace.parquet")
    return Trace.read(tmp_path / "trace.parquet")


def test_shapes(trace: Trace) -> None:
    assert len(trace) == 6
    assert trace["error"].shape == trace["weight.w1"].shape == (6,)
    assert trace["out.h1"].shape == trace["prediction.o1"].shape == (6, 4)
    assert trace["weight"].shape == (6, 9)
    assert trace["bias"].shape == (6, 4)
    assert trace["out"].shape == (6, 4, 4)  # steps, neurons, samples
    assert bprunner.run(doc()).trace["out"].shape == (2, 3)


def test_stacks_keep_the_order_of_the_names(trace: Trace) -> None:
    assert trace.parts("weight") == tuple(f"weight.w{number}" for number in range(1, 10))
    assert trace.parts("error") == ("error",)
    assert trace.parts("w") == ()
    for position, name in enumerate(trace.parts("weight")):
        assert trace["weight"][:, position].tobytes() == trace[name].tobytes()


def test_as_a_collection(trace: Trace) -> None:
    assert "weight.w1" in trace
    assert "weight" not in trace
    assert list(trace) == list(trace.names)
    assert trace.names[0] == "weight.w1"


def test_at_a_step(trace: Trace) -> None:
    step = trace.at(3)
    assert list(step) == list(trace.names)
    assert step["error"] == trace["error"][3]
    assert isinstance(step["error"], float)
    assert np.array_equal(step["out.h2"], trace["out.h2"][3])


def test_names_and_steps_that_are_not_there(trace: Trace) -> None:
    with pytest.raises(KeyError, match=r"no quantity 'weight\.w99'; there are weight\.w1, weight\.w2"):
        trace["weight.w99"]
    with pytest.raises(KeyError, match="no step 6; there are steps 0 to 5"):
        trace.at(6)


def test_frames(trace: Trace) -> None:
    frame = trace.frame()
    assert frame.index.name == "step"
    assert frame.index.tolist() == list(range(6))
    assert frame["weight.w1"].to_numpy().tobytes() == trace["weight.w1"].tobytes()
    assert frame["out.h1[3]"].to_numpy().tobytes() == trace["out.h1"][:, 2].copy().tobytes()
    assert list(trace.frame("bias").columns) == ["bias.b1", "bias.b2", "bias.b3", "bias.b4"]
    assert list(trace.frame("prediction").columns) == [f"prediction.o1[{sample}]" for sample in range(1, 5)]


def test_how_it_shows_itself(trace: Trace) -> None:
    # 9 weights, 4 biases; net, out and delta of 4 neurons; a prediction, the error; 13 gradients and updates
    assert repr(trace) == f"<Trace: steps 0 to 5, {13 + 3 * 4 + 2 + 2 * 13} quantities>"
    assert repr(Trace(np.array([], dtype=np.int64), [], {})) == "<Trace: no steps, 0 quantities>"
    assert "<table" in trace._repr_html_()


def test_what_a_trace_says_of_itself_is_kept(tmp_path: Path) -> None:
    trace = bprunner.run(doc()).trace
    trace.write(tmp_path / "trace.parquet")
    read = Trace.read(str(tmp_path / "trace.parquet"))
    assert dict(read.metadata) == dict(trace.metadata)
    assert read.metadata["experiment"] == "doc"
    assert (read.names, read.path) == (trace.names, tmp_path / "trace.parquet")
    stored = pq.read_schema(tmp_path / "trace.parquet").metadata[b"bprunner"]
    assert json.loads(stored) == dict(trace.metadata)


def test_a_file_that_others_can_read(tmp_path: Path) -> None:
    run = bprunner.run(xor(epochs=2))
    run.trace.write(tmp_path / "trace.parquet")
    frame = pd.read_parquet(tmp_path / "trace.parquet")
    assert frame["step"].tolist() == [0, 1, 2]
    assert frame["error"].tolist() == run.trace["error"].tolist()
    assert np.stack(frame["out.h1"].tolist()).tolist() == run.trace["out.h1"].tolist()


def test_a_null_that_somebody_else_wrote_reads_as_nan(tmp_path: Path) -> None:
    table = pa.table({"step": pa.array([0, 1]), "error": pa.array([0.5, None], pa.float64())})
    pq.write_table(table, tmp_path / "other.parquet")
    trace = Trace.read(tmp_path / "other.parquet")
    assert trace["error"][0] == 0.5
    assert np.isnan(trace["error"][1])
    assert trace.metadata == {}


@pytest.mark.parametrize("written", ["nothing", "text", "other columns", "other metadata", "folder", "missing"])
def test_what_is_no_trace_is_a_storage_error(written: str, tmp_path: Path) -> None:
    path = tmp_path / "trace.parquet"
    if written == "nothing":
        path.write_bytes(b"")
    elif written == "text":
        path.write_text("step,error\n0,0.5\n")
    elif written == "other columns":
        pq.write_table(pa.table({"x": [1.0]}), path)
    elif written == "other metadata":
        pq.write_table(pa.table({"step": [1]}).replace_schema_metadata({b"bprunner": b"{"}), path)
    elif written == "folder":
        path.mkdir()
    with pytest.raises(StorageError, match="no trace that can be read"):
        Trace.read(path)


def test_a_file_that_has_gone_is_a_storage_error(tmp_path: Path) -> None:
    bprunner.run(doc()).trace.write(tmp_path / "trace.parquet")
    trace = Trace.read(tmp_path / "trace.parquet")
    (tmp_path / "trace.parquet").unlink()
    with pytest.raises(StorageError, match="cannot be read"):
        trace["error"]


def test_writing_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new" / "trace.parquet"
    first = bprunner.run(doc()).trace
    first.write(path)
    before = path.read_bytes()

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", fails)
    with pytest.raises(StorageError, match="No space left"):
        bprunner.run(doc(epochs=5)).trace.write(path)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["trace.parquet"]


def test_writing_below_a_file_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot be written"):
        bprunner.run(doc()).trace.write(tmp_path / "file" / "trace.parquet")


def test_a_trace_that_is_loaded_is_the_one_that_is_read(tmp_path: Path) -> None:
    path = tmp_path / "trace.parquet"
    bprunner.run(xor()).trace.write(path)
    read, loaded = Trace.read(path), Trace.load(path)
    assert loaded.names == read.names
    assert loaded.metadata == read.metadata
    assert np.array_equal(loaded.steps, read.steps)
    assert loaded.path is None
    for name in read:
        assert loaded[name].shape == read[name].shape
        assert np.array_equal(loaded[name], read[name], equal_nan=True)


def test_what_is_no_trace_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "trace.parquet").write_text("no trace", encoding="utf-8")
    with pytest.raises(StorageError, match="no trace that can be read"):
        Trace.load(tmp_path / "trace.parquet")
