"""Sets known by name, drawn points and gates: the numbers are scikit-learn's, the gates' those of the truth tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import datasets

from bprunner.spec.dataset import BUNDLED
from tests.data.declaring import load


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_sets_are_those_of_scikit_learn(tmp_path: Path, name: str) -> None:
    known = getattr(datasets, f"load_{name}")()
    samples = load(tmp_path, f"bundled: {name}", inputs=known.data.shape[1])
    assert samples.inputs.tobytes() == np.ascontiguousarray(known.data, dtype=float).tobytes()
    assert samples.targets.tolist() == [[each] for each in known.target.tolist()]
    assert samples.origin == name
    classes = int(known.target.max()) + 1 if name != "diabetes" else None
    assert BUNDLED[name] == (*known.data.shape, 1, classes)


def test_the_first_iris_is_that_of_the_publication(tmp_path: Path) -> None:
    # R. A. Fisher, The use of multiple measurements in taxonomic problems, 1936, table I: Iris setosa.
    samples = load(tmp_path, "bundled: iris", inputs=4)
    assert samples.inputs[0].tolist() == [5.1, 3.5, 1.4, 0.2]


@pytest.mark.parametrize(
    ("name", "inputs", "some", "target"),
    [
        ("iris", 4, {0: "sepal length", 3: "petal width"}, "class"),
        ("wine", 13, {1: "malic acid", 11: "od280/od315 of diluted wines"}, "class"),
        ("breast_cancer", 30, {0: "mean radius"}, "class"),
        ("digits", 64, {63: "pixel 7 7"}, "class"),
        ("diabetes", 10, {2: "bmi"}, "progression"),
    ],
)
def test_names_are_words(tmp_path: Path, name: str, inputs: int, some: dict[int, str], target: str) -> None:
    samples = load(tmp_path, f"bundled: {name}", inputs=inputs)
    assert {position: samples.input_names[position] for position in some} == some
    assert samples.target_names == (target,)
    assert len(set(samples.input_names)) == inputs


@pytest.mark.parametrize(
    ("dataset", "known"),
    [
        ("moons: {samples: 7, seed: 3}", datasets.make_moons(7, random_state=3)),
        ("moons: {samples: 30, noise: 0.1, seed: 0}", datasets.make_moons(30, noise=0.1, random_state=0)),
        ("circles: {samples: 9, seed: 1}", datasets.make_circles(9, random_state=1)),
        (
            "circles: {samples: 30, noise: 0.2, factor: 0.5, seed: 4294967295}",
            datasets.make_circles(30, noise=0.2, factor=0.5, random_state=2**32 - 1),
        ),
        ("blobs: {samples: 10, centers: 3, seed: 2}", datasets.make_blobs(10, centers=3, random_state=2)),
        (
            "blobs: {samples: 20, centers: 2, features: 4, spread: 0.25, seed: 0}",
            datasets.make_blobs(20, n_features=4, centers=2, cluster_std=0.25, random_state=0),
        ),
    ],
)
def test_drawn_points_are_those_of_scikit_learn(tmp_path: Path, dataset: str, known: Any) -> None:
    points, classes = known
    samples = load(tmp_path, dataset, inputs=points.shape[1])
    assert samples.inputs.tobytes() == np.ascontiguousarray(points).tobytes()
    assert samples.targets.tolist() == [[each] for each in classes.tolist()]
    assert samples.origin == dataset.partition(":")[0]


@pytest.mark.parametrize(
    ("gate", "rule"),
    [
        ("and", lambda a, b: a and b),
        ("or", lambda a, b: a or b),
        ("nand", lambda a, b: not (a and b)),
        ("nor", lambda a, b: not (a or b)),
        ("xor", lambda a, b: a != b),
        ("xnor", lambda a, b: a == b),
    ],
)
def test_gates(tmp_path: Path, gate: str, rule: Any) -> None:
    samples = load(tmp_path, f"gate: {gate}")
    assert samples.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert samples.targets.tolist() == [[float(rule(a, b))] for a, b in samples.inputs.tolist()]
    assert samples.origin == gate
