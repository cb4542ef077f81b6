"""Scaling, against exact fractions and scikit-learn: fitted on the training samples, and on nothing else."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_wine
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from bprunner.data.scaling import scaled
from tests.data.declaring import load, refused

INLINE = "inputs: [[1, 10], [2, 10], [3, 10], [4, 10]]\ntargets: [[0], [5], [-5], [15]]"
SAMPLES = {"divisor": "samples"}
HELD = "\nheld_out: {inputs: [[5, 11]], targets: [[25]]}"


def test_standardised_by_hand(tmp_path: Path) -> None:
    samples = load(tmp_path, INLINE + "\nscale: {inputs: standardise}" + HELD)
    # Mean 5/2, variance ((3/2)² + (1/2)² + (1/2)² + (3/2)²) / 4 = 5/4.
    root = math.sqrt(1.25)
    assert samples.inputs[:, 0].tolist() == [-1.5 / root, -0.5 / root, 0.5 / root, 1.5 / root]
    assert samples.targets[:, 0].tolist() == [0, 5, -5, 15]
    assert samples.held_out is not None
    assert samples.held_out.inputs.tolist() == [[2.5 / root, 0]]


def test_min_max_by_hand(tmp_path: Path) -> None:
    samples = load(tmp_path, INLINE + "\nscale: {inputs: min_max, targets: min_max}" + HELD)
    assert samples.inputs[:, 0].tolist() == [0, 1 / 3, 2 / 3, 1]
    assert samples.targets[:, 0].tolist() == [1 / 4, 1 / 2, 0, 1]
    assert samples.held_out is not None
    assert samples.held_out.inputs[0, 0] == pytest.approx(4 / 3, rel=1e-15)
    assert samples.held_out.targets.tolist() == [[1.5]]


@pytest.mark.parametrize("how", ["standardise", "min_max"])
def test_a_constant_column_becomes_zero(tmp_path: Path, how: str) -> None:
    samples = load(tmp_path, INLINE + f"\nscale: {{inputs: {how}}}" + HELD)
    assert samples.inputs[:, 1].tolist() == [0, 0, 0, 0]
    assert samples.held_out is not None
    assert samples.held_out.inputs[0, 1] == 0
    # 0.1 + 0.1 + 0.1 is not 0.3: a mean of equal numbers may miss them.
    ours, _ = scaled(how, SAMPLES, np.full((3, 1), 0.1), None)
    assert ours.tolist() == [[0], [0], [0]]


def test_as_scikit_learn_scales(tmp_path: Path) -> None:
    known = load_wine().data
    standard = load(tmp_path, "bundled: wine\nscale: {inputs: standardise}", inputs=13).inputs
    np.testing.assert_allclose(standard, StandardScaler().fit_transform(known), rtol=1e-11, atol=1e-14)
    extremes = load(tmp_path, "bundled: wine\nscale: {inputs: min_max}", inputs=13).inputs
    np.testing.assert_allclose(extremes, MinMaxScaler().fit_transform(known), rtol=1e-11, atol=1e-14)


NUMBERS = st.floats(-1e6, 1e6).filter(lambda number: number == 0 or abs(number) > 1e-6)


@given(column=st.lists(NUMBERS, min_size=2, max_size=9).filter(lambda column: len(set(column)) > 1))
def test_against_fractions(column: list[float]) -> None:
    exact = [Fraction(each) for each in column]
    mean = sum(exact, Fraction(0)) / len(exact)
    variance = sum(((each - mean) ** 2 for each in exact), Fraction(0)) / len(exact)
    spread = max(map(abs, exact))
    deviation = Fraction(math.sqrt(variance))
    array = np.array(column).reshape(-1, 1)
    # What rounding the mean may cost grows where the numbers differ little beside their size.
    bound = float(4 * Fraction(2) ** -52 * (1 + spread / deviation))
    standard, _ = scaled("standardise", SAMPLES, array, None)
    for ours, each in zip(standard[:, 0].tolist(), exact, strict=True):
        assert abs(ours - float((each - mean) / deviation)) <= bound * (1 + abs(ours))
    extremes, _ = scaled("min_max", {}, array, None)
    low, high = min(exact), max(exact)
    for ours, each in zip(extremes[:, 0].tolist(), exact, strict=True):
        assert ours == pytest.approx(float((each - low) / (high - low)), rel=1e-15, abs=1e-300)
    assert (extremes.min(), extremes.max()) == (0, 1)


@pytest.mark.parametrize("how", ["standardise", "min_max"])
@pytest.mark.parametrize("size", [1e308, 1e-300, 2.0**1000, 5e-320])
def test_the_size_of_the_numbers_does_not_matter(how: str, size: float) -> None:
    ours, _ = scaled(how, SAMPLES, np.array([[-1.0], [0.0], [1.0]]) * size, None)
    same, _ = scaled(how, SAMPLES, np.array([[-1.0], [0.0], [1.0]]), None)
    np.testing.assert_allclose(ours, same, rtol=1e-15)


@given(column=st.lists(NUMBERS, min_size=2, max_size=9), seed=st.randoms(use_true_random=False))
def test_the_order_of_the_samples_does_not_matter(column: list[float], seed: object) -> None:
    order = list(range(len(column)))
    seed.shuffle(order)  # type: ignore[attr-defined]
    array = np.array(column).reshape(-1, 1)
    for how in ("standardise", "min_max"):
        straight, _ = scaled(how, SAMPLES, array, None)
        mixed, _ = scaled(how, SAMPLES, array[order], None)
        assert mixed.tobytes() == straight[order].tobytes()


def test_held_out_samples_teach_nothing(tmp_path: Path) -> None:
    scale = "\nscale: {inputs: standardise, targets: min_max}\nheld_out: {inputs: [[%s, 0]], targets: [[%s]]}"
    one, other = (load(tmp_path, INLINE + scale % numbers) for numbers in (("0", "0"), ("1000", "-7")))
    assert one.inputs.tobytes() == other.inputs.tobytes()
    assert one.targets.tobytes() == other.targets.tobytes()
    assert one.digest != other.digest


def test_a_held_out_number_beyond_all_doubles(tmp_path: Path) -> None:
    dataset = "inputs: [[1e-300, 0], [2e-300, 0]]\ntargets: [[0], [1]]\nscale: {inputs: min_max}"
    (problem,) = refused(tmp_path, dataset + "\nheld_out: {inputs: [[0, 0], [1e300, 0]], targets: [[0], [1]]}")
    assert problem.path == "dataset.scale.inputs"
    assert problem.message == "held-out sample 2, column 1: too far from the training samples to be scaled"


def test_the_divisor_of_the_deviation_by_hand(tmp_path: Path) -> None:
    scale = "\nscale: {inputs: {standardise: {divisor: samples_minus_1}}}"
    samples = load(tmp_path, INLINE + scale + HELD)
    # The same sum of squares, 5, divided by 3.
    root = math.sqrt(5 / 3)
    assert samples.inputs[:, 0].tolist() == [-1.5 / root, -0.5 / root, 0.5 / root, 1.5 / root]
    assert samples.held_out is not None
    assert samples.held_out.inputs.tolist() == [[2.5 / root, 0]]
    known = load_wine().data
    ours = load(tmp_path, "bundled: wine" + scale, inputs=13).inputs
    np.testing.assert_allclose(ours, (known - known.mean(0)) / known.std(0, ddof=1), rtol=1e-11, atol=1e-14)
    (alone,) = load(tmp_path, "inputs: [[1, 2]]\ntargets: [[0]]" + scale).inputs.tolist()
    assert alone == [0, 0]


def test_divided_by_a_number_whatever_the_samples_show(tmp_path: Path) -> None:
    samples = load(tmp_path, INLINE + "\nscale: {inputs: {divide: {by: 255}}, targets: {divide: {by: 100}}}" + HELD)
    assert samples.inputs.tolist() == [[each / 255, 10 / 255] for each in (1, 2, 3, 4)]
    assert samples.targets[:, 0].tolist() == [0, 0.05, -0.05, 0.15]
    assert samples.held_out is not None
    assert samples.held_out.inputs.tolist() == [[5 / 255, 11 / 255]]
    assert samples.held_out.targets.tolist() == [[0.25]]


def test_a_number_that_is_too_large_to_be_divided_by_so_little(tmp_path: Path) -> None:
    scale = "\nscale: {inputs: {divide: {by: 1e-300}}}"
    held = "\nheld_out: {inputs: [[0, 0], [0, 1e9]], targets: [[0], [1]]}"
    problems = refused(tmp_path, "inputs: [[0, 0], [1e10, 0]]\ntargets: [[0], [1]]" + scale + held)
    assert [(each.path, each.message) for each in problems] == [
        ("dataset.scale.inputs", "sample 2, column 1: too large for what it is divided by"),
        ("dataset.scale.inputs", "held-out sample 2, column 2: too large for what it is divided by"),
    ]
