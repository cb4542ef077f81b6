"""A recorded run has its document, unless that would cost somebody a second, or cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

import bprunner
from bprunner.runs import recording
from bprunner.runs.background_documents import FOLDER, is_quickly_explained, write_document
from bprunner.spec.reading import read_declaration
from tests.conftest import ROOT
from tests.training.declarations import doc, xor


def files_of(folder: Path) -> set[str]:
    return {path.name for path in (folder / FOLDER).iterdir()} if (folder / FOLDER).exists() else set()


def test_a_runs_files_have_the_document_that_explain_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    run = bprunner.run("configs/doc.yaml")
    recording.write_files(run, tmp_path / "run").wait()
    bprunner.explain(run).write(tmp_path / "explained")
    written = tmp_path / "run" / FOLDER
    assert files_of(tmp_path / "run") == {path.name for path in (tmp_path / "explained").iterdir()}
    for path in (tmp_path / "explained").iterdir():
        assert (written / path.name).read_bytes() == path.read_bytes(), path.name


def test_what_cannot_be_explained_goes_without(tmp_path: Path) -> None:
    """And nothing else is missing."""
    run = bprunner.run({**doc(), "trace": {"quantities": ["error"]}, "expect": []})
    recording.write_files(run, tmp_path).wait()
    assert files_of(tmp_path) == set()
    assert {"trace.parquet", "effective.yaml", "figures.json", "training.svg"} <= {
        path.name for path in tmp_path.iterdir()
    }


def test_a_step_without_a_slope_is_told_to_whoever_asks(tmp_path: Path) -> None:
    run = bprunner.run({**doc(), "trace": {"quantities": ["error"]}, "expect": []})
    recording.write_files(run, tmp_path).wait()
    with pytest.raises(bprunner.InputError, match=r"does not have weight\.w1"):
        write_document(tmp_path, "", "")


@pytest.mark.parametrize(
    ("file", "samples", "is_quick"),
    [
        ("configs/doc.yaml", 1, True),
        ("configs/gallery/mazur.yaml", 1, True),
        ("configs/gallery/cs231n_twolayer.yaml", 5, True),
        ("configs/doc.yaml", 1_000, False),
        ("configs/data/digits.yaml", 1_000, False),
    ],
)
def test_only_small_runs_are_explained_as_they_are_recorded(file: str, samples: int, is_quick: bool) -> None:
    experiment = read_declaration(ROOT / file, allow_outside=True).experiment
    assert is_quickly_explained(experiment, samples) is is_quick


def test_a_batch_counts_and_not_the_dataset() -> None:
    data = xor(epochs=1)
    data["training"]["batches"] = "online"
    assert is_quickly_explained(read_declaration(data).experiment, 1_000_000)
