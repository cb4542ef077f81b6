"""Loading: what is held out, and the order in which samples are encoded, split and scaled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.data.loading import READERS
from bprunner.data.splitting import split_rows
from bprunner.spec.dataset import SOURCES, Split, held_out_count, training_samples
from tests.data.declaring import declared, load, refused, told

TEN = f"inputs: {[[each, -each] for each in range(10)]}\ntargets: {[[each] for each in range(10)]}"


def test_every_source_has_a_reader() -> None:
    assert set(READERS) == SOURCES - {"inputs", "targets"} | {"inline"}


# Splitting


def test_held_out_are_the_first_of_a_permutation_in_the_order_of_the_source(tmp_path: Path) -> None:
    # numpy.random.default_rng(0).permutation(10), NumPy's own front door to PCG64.
    assert np.random.default_rng(0).permutation(10).tolist() == [4, 6, 2, 7, 3, 5, 9, 0, 8, 1]
    samples = load(tmp_path, TEN + "\nsplit: {held_out: 3, seed: 0}")
    assert samples.targets[:, 0].tolist() == [0, 1, 3, 5, 7, 8, 9]
    assert samples.held_out is not None
    assert samples.held_out.targets[:, 0].tolist() == [2, 4, 6]
    assert samples.held_out.inputs.tolist() == [[2, -2], [4, -4], [6, -6]]
    assert samples.held_out.held_out is None
    assert (samples.held_out.input_names, samples.held_out.origin) == (("i1", "i2"), "inline")


def test_another_seed_is_another_lot() -> None:
    assert np.random.default_rng(7).permutation(6).tolist() == [5, 2, 0, 4, 1, 3]
    training, held_out = split_rows(Split(held_out=2, seed=7), 6)
    assert held_out.tolist() == sorted([5, 2, 0, 4, 1, 3][:2])
    assert training.tolist() == sorted([5, 2, 0, 4, 1, 3][2:])


@pytest.mark.parametrize(
    ("share", "samples", "count"),
    [
        (0.2, 10, 2),
        (0.25, 10, 3),
        (0.15, 10, 2),
        (0.14, 10, 1),
        (0.001, 10, 1),
        (0.94, 10, 9),
        (0.5, 3, 2),
        (7, 10, 7),
    ],
)
def test_a_share_is_rounded_half_up_and_is_one_at_least(share: float, samples: int, count: int) -> None:
    assert held_out_count(Split(held_out=share, seed=0), samples) == count


@given(share=st.floats(0, 1, exclude_min=True, exclude_max=True), samples=st.integers(2, 40), seed=st.integers(0, 9))
def test_every_sample_is_in_one_part(share: float, samples: int, seed: int) -> None:
    training, held_out = split_rows(Split(held_out=share, seed=seed), samples)
    assert sorted([*training.tolist(), *held_out.tolist()]) == list(range(samples))
    assert training.tolist() == sorted(training.tolist())
    assert held_out.tolist() == sorted(held_out.tolist())


@pytest.mark.parametrize(
    ("held_out", "message"),
    [
        ("10", "the dataset has 10 samples, and 10 would be held out: none stays"),
        ("0.95", "the dataset has 10 samples, and every one would be held out: none stays"),
        ("1000", "the dataset has 10 samples, and 1,000 would be held out: none stays"),
    ],
)
def test_a_sample_must_stay(tmp_path: Path, held_out: str, message: str) -> None:
    split = f"\nsplit: {{held_out: {held_out}, seed: 0}}"
    assert told(refused(tmp_path, TEN + split)) == [("dataset.split.held_out", message)]
    # The same of a file, which is known only when it was read.
    (tmp_path / "d.csv").write_text("a,b,c\n" + "1,2,3\n" * 10)
    csv = "csv: {file: d.csv, inputs: [a, b], targets: [c]}"
    assert told(refused(tmp_path, csv + split)) == [("dataset.split.held_out", message)]


def test_figures_are_of_samples_that_are_trained_on(tmp_path: Path) -> None:
    split = "\nsplit: {held_out: 3, seed: 0}"
    rest = "expect: [{step: 0, sample: 8, out: {o1: 0}}]\n"
    (tmp_path / "d.csv").write_text("a,b,c\n" + "1,2,3\n" * 10)
    for source in (TEN, "csv: {file: d.csv, inputs: [a, b], targets: [c]}"):
        (problem,) = refused(tmp_path, source + split, rest=rest)
        assert problem.path == "expect[0].sample"
        assert "there is no sample 8" in problem.message
        assert len(load(tmp_path, source + split, rest=rest.replace("8", "7"))) == 7


COLUMNS = "samples_in: columns\ninputs: [[1, 2, 3], [4, 5, 6]]\ntargets: [[7, 8, 9]]"


@pytest.mark.parametrize("split", ["", "\nsplit: {held_out: 0.25, seed: 1}", "\nsplit: {held_out: 1, seed: 1}"])
@pytest.mark.parametrize("source", [TEN, COLUMNS, "gate: xor", "moons: {samples: 9, seed: 0}"])
def test_the_number_of_training_samples_is_known_beforehand(tmp_path: Path, source: str, split: str) -> None:
    known = training_samples(declared(tmp_path, source + split).experiment.dataset)
    assert known == len(load(tmp_path, source + split))


# Order


def test_encoded_then_split_then_scaled(tmp_path: Path) -> None:
    encode = "\nencode: {targets: one_hot}\nscale: {inputs: min_max}\nsplit: {held_out: 3, seed: 0}"
    samples = load(tmp_path, TEN + encode, units=10)
    # The class that is only held out has a column, and the smallest and largest training inputs are 0 and 9.
    assert samples.targets.shape == (7, 10)
    assert samples.targets[:, [2, 4, 6]].tolist() == [[0, 0, 0]] * 7
    assert samples.inputs[:, 0].tolist() == [each / 9 for each in (0, 1, 3, 5, 7, 8, 9)]
    assert samples.held_out is not None
    assert samples.held_out.targets.argmax(axis=1).tolist() == [2, 4, 6]
    assert samples.held_out.inputs[:, 0].tolist() == [2 / 9, 4 / 9, 6 / 9]


def test_scaling_sees_the_training_part_alone(tmp_path: Path) -> None:
    scale = "\nscale: {inputs: min_max}\nsplit: {held_out: 8, seed: 0}"
    samples = load(tmp_path, TEN + scale)
    assert samples.targets[:, 0].tolist() == [1, 8]
    assert samples.inputs.tolist() == [[0, 1], [1, 0]]
    assert samples.held_out is not None
    assert samples.held_out.inputs[:, 0] == pytest.approx([(each - 1) / 7 for each in (0, 2, 3, 4, 5, 6, 7, 9)])


def test_everything_comes_out_in_rows(tmp_path: Path) -> None:
    rows = load(tmp_path, "inputs: [[1, 2], [3, 4], [5, 6]]\ntargets: [[7], [8], [9]]")
    columns = load(tmp_path, "samples_in: columns\ninputs: [[1, 3, 5], [2, 4, 6]]\ntargets: [[7, 8, 9]]")
    assert columns.digest == rows.digest
    for samples in (rows, columns):
        assert samples.inputs.flags.c_contiguous
        assert samples.targets.flags.c_contiguous
    assert columns.inputs.tolist() == [[1, 2], [3, 4], [5, 6]]


# Held-out samples of their own


@pytest.mark.parametrize("held_out", ["csv", "parquet", "npy", "npz", "inline"])
def test_held_out_samples_from_a_source_of_their_own(tmp_path: Path, held_out: str) -> None:
    import pandas as pd

    frame = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0], "c": [5.0, 6.0]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    np.save(tmp_path / "x.npy", frame[["a", "b"]].to_numpy())
    np.save(tmp_path / "y.npy", frame["c"].to_numpy())
    np.savez(tmp_path / "t.npz", x=frame[["a", "b"]].to_numpy(), y=frame["c"].to_numpy())
    source = {
        "csv": "csv: {file: t.csv, inputs: [a, b], targets: [c]}",
        "parquet": "parquet: {file: t.parquet, inputs: [a, b], targets: [c]}",
        "npy": "npy: {inputs: x.npy, targets: y.npy}",
        "npz": "npz: {file: t.npz, inputs: x, targets: y}",
        "inline": "inputs: [[1, 3], [2, 4]], targets: [[5], [6]]",
    }[held_out]
    samples = load(tmp_path, f"{TEN}\nheld_out: {{{source}}}")
    assert len(samples) == 10
    assert samples.held_out is not None
    assert samples.held_out.inputs.tolist() == [[1, 3], [2, 4]]
    assert samples.held_out.targets.tolist() == [[5], [6]]


def test_faults_of_both_sources_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("a,b,c\n1,x,3\n")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    csv = "csv: {file: %s, inputs: [a, b], targets: [c]}"
    problems = refused(tmp_path, csv % "d.csv" + "\nheld_out: {" + csv % "t.csv" + "}")
    assert told(problems) == [
        ("", "column `b` must hold a finite number, found 'x'"),
        ("dataset.held_out.csv.targets[0]", "t.csv has no column `c`"),
    ]


def test_held_out_arrays_must_fit_too(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((2, 3)))
    np.save(tmp_path / "y.npy", np.ones(2))
    problems = refused(tmp_path, TEN + "\nheld_out: {npy: {inputs: x.npy, targets: y.npy}}")
    message = "x.npy has 3 columns, but `architecture.inputs` is 2"
    assert told(problems) == [("dataset.held_out.npy.inputs", message)]
