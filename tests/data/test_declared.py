# ruff: noqa: E501
"""What is wrong with a dataset's declaration is told before anything is read: where, the rule, and the way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from bprunner.errors import InputError
from bprunner.spec.dataset import SOURCES, Dataset
from tests.data.declaring import declared, load, refused, told

INLINE = "inputs: [[1, 2]]\ntargets: [[1]]"
HERE = "{inputs: [[1, 2]], targets: [[1]]}"

# Each: the dataset, of a network with 2 inputs and 1 output; the path below `dataset`, and words of the message.
FAULTY = {
    # Sources
    "two files": ("csv: {file: a, inputs: [a, b], targets: [c]}\nnpz: {file: b, inputs: x, targets: y}", "npz", "`csv` and `npz` both say where the samples are"),
    "a file and samples": ("csv: {file: a, inputs: [a, b], targets: [c]}\ninputs: [[1, 2]]\ntargets: [[1]]", "inputs", "`csv` and `inputs` both say"),
    "samples and a file": (INLINE + "\nparquet: {file: a, inputs: [a, b], targets: [c]}", "parquet", "`inputs` and `parquet` both say"),
    "targets and a gate": ("targets: [[1]]\ngate: or", "gate", "`targets` and `gate` both say"),
    "three": ("gate: or\nbundled: iris\nmoons: {samples: 4, seed: 0}", "moons", "`gate` and `moons` both say"),
    "empty targets": ("inputs: [[1, 2]]\ntargets:", "targets", "`targets` is missing"),
    "empty inputs": ("inputs:\ntargets: [[1]]", "inputs", "`inputs` is missing"),
    "none": ("scale: {inputs: min_max}", "", "must say where the samples are, found a mapping of scale"),
    "no targets": ("inputs: [[1, 2]]", "targets", "`targets` is missing"),
    "no inputs": ("targets: [[1]]", "inputs", "`inputs` is missing"),
    "an unknown key": ("gat: or", "gat", "unknown key `gat`"),
    "an unknown gate": ("gate: implies", "gate", "must be one of `and`, `or`"),
    "an unknown set": ("bundled: mnist", "bundled", "must be one of `iris`, `wine`"),
    "no file": ("npz: {inputs: x, targets: y}", "npz.file", "`file` is missing"),
    "no array name": ("npz: {file: a, targets: y}", "npz.inputs", "`inputs` is missing"),
    "an empty array name": ("npz: {file: a, inputs: '', targets: y}", "npz.inputs", "must not be empty"),
    "no columns": ("parquet: {file: a, inputs: [], targets: [c]}", "parquet.inputs", "must not be empty"),
    "a list of files": ("npy: {inputs: [a], targets: b}", "npy.inputs", "must be text"),
    "an unseen file name": ('npy: {inputs: "a\\u200bb", targets: b}', "npy.inputs", "invisible characters"),
    # Drawn points
    "no seed": ("moons: {samples: 4}", "moons.seed", "`seed` is missing"),
    "one point": ("moons: {samples: 1, seed: 0}", "moons.samples", "must be at least 2"),
    "less than no noise": ("circles: {samples: 4, noise: -1, seed: 0}", "circles.noise", "must be at least 0"),
    "endless noise": ("circles: {samples: 4, noise: .inf, seed: 0}", "circles.noise", "must be a finite number"),
    "an inner circle outside": ("circles: {samples: 4, factor: 1, seed: 0}", "circles.factor", "must be less than 1"),
    "a large seed": ("blobs: {samples: 4, centers: 2, seed: 4294967296}", "blobs.seed", "must be less than 4,294,967,296"),
    "no clouds": ("blobs: {samples: 4, centers: 0, seed: 0}", "blobs.centers", "must be at least 1"),
    "no coordinates": ("blobs: {samples: 4, centers: 1, features: 0, seed: 0}", "blobs.features", "must be at least 1"),
    "no spread": ("blobs: {samples: 4, centers: 1, spread: -0.1, seed: 0}", "blobs.spread", "must be at least 0"),
    "an unknown setting": ("moons: {samples: 4, seed: 0, factor: 0.5}", "moons.factor", "unknown key `factor`"),
    "more clouds than points": ("blobs: {samples: 4, centers: 5, seed: 0}", "blobs.centers", "5 clouds need as many points, but `samples` is 4"),
    "too many points": ("circles: {samples: 2000000, seed: 0}", "circles.samples", "2,000,000 samples are too many for this network; at most 1,333,333"),
    "too many coordinates": ("blobs: {samples: 4, centers: 2, features: 3, seed: 0}", "blobs.features", "`blobs` has 3 inputs, but `architecture.inputs` is 2"),
    # Widths
    "a set too wide": ("bundled: iris", "bundled", "`iris` has 4 inputs, but `architecture.inputs` is 2"),
    "columns of a file": ("parquet: {file: a, inputs: [a], targets: [c]}", "parquet.inputs", "1 column, but `architecture.inputs` is 2"),
    "targets of a file": ("csv: {file: a, inputs: [a, b], targets: [c, d]}", "csv.targets", "2 columns, but the last layer's `units` is 1"),
    "a row too long": ("inputs: [[1, 2], [1, 2, 3]]\ntargets: [[1], [2]]", "inputs[1]", "3 numbers, but `architecture.inputs` is 2"),
    "too few targets": ("inputs: [[1, 2], [3, 4]]\ntargets: [[1]]", "targets", "1 row, but `inputs` has 2 samples"),
    "too few rows": ("samples_in: columns\ninputs: [[1, 2]]\ntargets: [[1, 2]]", "inputs", "1 row, but `architecture.inputs` is 2"),
    "uneven rows": ("samples_in: columns\ninputs: [[1, 2], [1]]\ntargets: [[1, 2]]", "inputs[1]", "1 number, but the first row of `inputs` has 2"),
    "uneven targets": ("samples_in: columns\ninputs: [[1, 2], [1, 2]]\ntargets: [[1]]", "targets[0]", "1 number, but the first row of `inputs` has 2"),
    "too many target rows": ("samples_in: columns\ninputs: [[1], [2]]\ntargets: [[1], [2]]", "targets", "2 rows, but the last layer's `units` is 1"),
    "columns of a CSV file": ("samples_in: columns\ncsv: {file: a, inputs: [a, b], targets: [c]}", "samples_in", "in `csv` they are rows"),
    "columns of a gate": ("gate: or\nsamples_in: columns", "samples_in", "in `gate` they are rows"),
    "neither": ("gate: or\nsamples_in: diagonals", "samples_in", "must be `rows` or `columns`"),
    # Encoding
    "an unknown encoding": ("gate: or\nencode: {targets: onehot}", "encode.targets", "must be one of `one_hot`, `bipolar`, `binary`"),
    "one-hot inputs": ("gate: or\nencode: {inputs: one_hot}", "encode.inputs", "must be `bipolar`"),
    "nothing encoded": ("gate: or\nencode: {}", "encode", "says neither `inputs` nor `targets`"),
    "classes of nothing": ("gate: or\nencode: {targets: bipolar, classes: 2}", "encode.classes", "`classes` goes with `targets: one_hot`"),
    "one class": ("gate: or\nencode: {targets: one_hot, classes: 1}", "encode.classes", "must be at least 2"),
    "classes and units": ("gate: or\nencode: {targets: one_hot, classes: 3}", "encode.classes", "3 classes, but the last layer's `units` is 1"),
    "classes that are known": ("gate: or\nencode: {targets: one_hot}", "encode.targets", "the data show 2 classes (0 to 1), but the last layer's `units` is 1"),
    "fewer than are known": ("blobs: {samples: 9, centers: 3, seed: 0}\nencode: {targets: one_hot, classes: 2}", "encode.classes", "2 classes, but `blobs` has 3"),
    "one-hot columns": ("csv: {file: a, inputs: [a, b], targets: [c, d]}\nencode: {targets: one_hot}", "csv.targets", "`encode.targets: one_hot` makes columns of one column"),
    "one-hot rows": ("inputs: [[1, 2]]\ntargets: [[1, 0]]\nencode: {targets: one_hot}", "targets[0]", "2 numbers, but `encode.targets: one_hot`"),
    "a measure as classes": ("bundled: diabetes\nencode: {targets: one_hot}", "encode.targets", "`one_hot` is for class numbers"),
    "bipolar classes": ("blobs: {samples: 9, centers: 3, seed: 0}\nencode: {targets: bipolar}", "encode.targets", "0 or 1, but `blobs` has 3 classes"),
    "bipolar points": ("moons: {samples: 9, seed: 0}\nencode: {inputs: bipolar}", "encode.inputs", "those of `moons` are other numbers"),
    # Scaling
    "an unknown scale": ("gate: or\nscale: {inputs: normalise}", "scale.inputs", "unknown name `normalise`"),
    "an unknown divisor": ("gate: or\nscale: {inputs: {standardise: {divisor: n}}}", "scale.inputs.standardise.divisor", "must be `samples` or `samples_minus_1`"),
    "divided by nothing": ("gate: or\nscale: {inputs: {divide: {by: 0}}}", "scale.inputs.divide.by", "must be greater than 0"),
    "divided": ("gate: or\nscale: {inputs: divide}", "scale.inputs.by", "`by` is missing"),
    "nothing scaled": ("gate: or\nscale: {}", "scale", "says neither `inputs` nor `targets`"),
    # Splitting
    "a share of all": ("gate: or\nsplit: {held_out: 1.0, seed: 0}", "split.held_out", "must be a share between 0 and 1, or a whole number of samples"),
    "a share of none": ("gate: or\nsplit: {held_out: 0.0, seed: 0}", "split.held_out", "must be a share"),
    "none held out": ("gate: or\nsplit: {held_out: 0, seed: 0}", "split.held_out", "must be a share"),
    "a negative number": ("gate: or\nsplit: {held_out: -3, seed: 0}", "split.held_out", "must be a share"),
    "more than a share": ("gate: or\nsplit: {held_out: 2.5, seed: 0}", "split.held_out", "must be a share"),
    "a truth value": ("gate: or\nsplit: {held_out: true, seed: 0}", "split.held_out", "must be a share"),
    "a word": ("gate: or\nsplit: {held_out: half, seed: 0}", "split.held_out", "must be a share"),
    "no lot": ("gate: or\nsplit: {held_out: 1}", "split.seed", "`seed` is missing"),
    "nothing to split": (INLINE + "\nsplit: {held_out: 0.1, seed: 0}", "split.held_out", "1 sample, and every one would be held out"),
    "held out twice": ("gate: or\nsplit: {held_out: 1, seed: 0}\nheld_out: " + HERE, "held_out", "`split` and `held_out` both say what is held out"),
    "held out from nowhere": ("gate: or\nheld_out: {}", "held_out", "must say where the samples are"),
    "held out from two places": ("gate: or\nheld_out: {inputs: [[1, 2]], targets: [[1]], csv: {file: a, inputs: [a, b], targets: [c]}}", "held_out.csv", "`inputs` and `csv` both say"),
    "a gate held out": ("gate: or\nheld_out: {gate: or}", "held_out.gate", "unknown key `gate`"),
    "held-out inputs alone": ("gate: or\nheld_out: {inputs: [[1, 2]]}", "held_out.targets", "`targets` is missing"),
    "a wide row held out": ("gate: or\nheld_out: {inputs: [[1, 2, 3]], targets: [[1]]}", "held_out.inputs[0]", "3 numbers, but"),
    "a class held out": ("gate: or\nencode: {targets: bipolar}\nheld_out: {inputs: [[1, 2]], targets: [[2]]}", "held_out.targets[0][0]", "must be 0 or 1 to become bipolar, found 2"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_dataset(tmp_path: Path, name: str) -> None:
    dataset, path, words = FAULTY[name]
    problems = refused(tmp_path, dataset)
    wanted = f"dataset.{path}".removesuffix(".")
    assert any(problem.path == wanted and words in problem.message for problem in problems), told(problems)
    for problem in problems:
        assert problem.place is not None
        assert problem.place.line is not None


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    dataset = "gate: xnot\ncsv: {file: a, inputs: [a]}\nsplit: {held_out: 2.5, seed: -1}\nheld_out: {}"
    assert [path for path, _ in told(refused(tmp_path, dataset))] == [
        "dataset.gate",
        "dataset.csv",
        "dataset.csv.targets",
        "dataset.split.held_out",
        "dataset.split.seed",
        "dataset.held_out",
        "dataset.held_out",
    ]


@pytest.mark.parametrize(
    ("dataset", "hint"),
    [
        ("{}", "`inputs` and `targets`, or one of `csv`, `parquet`"),
        ("gatee: or", "did you mean `gate`?"),
        ("gate: xorr", "did you mean `xor`?"),
        ("gate: or\nsplit: {held_out: 2.5, seed: 1}", "0.2 for a fifth of them"),
        ("moons: {samples: 4}", "the seed of the noise and of the order"),
        ("blobs: {samples: 9, centers: 3, seed: 0}\nencode: {targets: bipolar}", "`one_hot` makes a column for each"),
    ],
)
def test_the_way_out(tmp_path: Path, dataset: str, hint: str) -> None:
    assert any(hint in problem.hint for problem in refused(tmp_path, dataset))


def test_what_is_known_beforehand_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    for dataset in ("gate: or", "inputs: [[1, 2]]\ntargets: [[1]]", "blobs: {samples: 9, centers: 2, seed: 0}"):
        with pytest.raises(InputError, match=r"the data show 2 classes \(0 to 1\)"):
            declared(tmp_path, dataset + "\nencode: {targets: one_hot}", units=3)


def test_as_many_samples_as_are_possible(tmp_path: Path) -> None:
    # Four million numbers a step: a net input, an output and a delta for each sample.
    declared(tmp_path, "moons: {samples: 1333333, seed: 0}")
    with pytest.raises(InputError, match="1,333,334 samples are too many"):
        declared(tmp_path, "moons: {samples: 1333334, seed: 0}")
    declared(tmp_path, "blobs: {samples: 1000, centers: 2, features: 100000, seed: 0}", inputs=100_000)
    with pytest.raises(InputError, match="1,001 samples of 100,000 numbers are too many; at most 100,000,000"):
        declared(tmp_path, "blobs: {samples: 1001, centers: 2, features: 100000, seed: 0}", inputs=100_000)


def test_class_numbers_for_several_outputs_lead_to_one_hot(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, "moons: {samples: 4, seed: 0}", units=2)
    assert problem.message == "`moons` has 1 target, but the last layer's `units` is 2"
    assert "`encode: {targets: one_hot}`" in problem.hint
    assert load(tmp_path, "moons: {samples: 4, seed: 0}\nencode: {targets: one_hot}", units=2).targets.shape == (4, 2)


def test_an_empty_key_is_no_source(tmp_path: Path) -> None:
    assert load(tmp_path, "csv:\ngate: or").origin == "or"
    assert "must say where" in told(refused(tmp_path, "csv:"))[0][1]


# The model


def test_a_dataset_from_python_obeys_the_same_rules() -> None:
    with pytest.raises(ValidationError, match="both say where the samples are"):
        Dataset(gate="or", bundled="iris")
    assert Dataset(gate="or").source_kind == "gate"
    assert Dataset(gate="or").files == {}


def test_the_files_that_are_named() -> None:
    npy = {"inputs": "x.npy", "targets": "y.npy"}
    csv = {"file": "t.csv", "inputs": ["a"], "targets": ["b"]}
    dataset = Dataset.model_validate({"npy": npy, "held_out": {"csv": csv}})
    assert dataset.source_kind == "npy"
    assert dataset.files == {
        ("npy", "inputs"): "x.npy",
        ("npy", "targets"): "y.npy",
        ("held_out", "csv", "file"): "t.csv",
    }


SCHEMA = jsonschema.Draft202012Validator(Dataset.model_json_schema())


@pytest.mark.parametrize(
    ("data", "valid"),
    [
        ({"inputs": [[1]], "targets": [[1]]}, True),
        ({"gate": "xor", "split": {"held_out": 0.5, "seed": 0}}, True),
        ({"gate": "xor", "split": {"held_out": 2, "seed": 0}, "scale": {"inputs": "min_max"}}, True),
        ({"gate": "xor", "held_out": {"inputs": [[1, 2]], "targets": [[1]]}}, True),
        ({}, False),
        ({"inputs": [[1]]}, False),
        ({"gate": "xor", "inputs": [[1]]}, False),
        ({"gate": "xor", "inputs": [[1]], "targets": [[1]]}, False),
        ({"gate": "xor", "bundled": "iris"}, False),
        ({"gate": "xor", "split": {"held_out": 1.5, "seed": 0}}, False),
        ({"gate": "xor", "split": {"held_out": 0, "seed": 0}}, False),
        ({"gate": "xor", "held_out": {}}, False),
    ],
)
def test_the_schema_is_of_the_same_mind(data: dict[str, Any], valid: bool) -> None:
    assert SCHEMA.is_valid(json.loads(json.dumps(data))) == valid
    try:
        Dataset.model_validate(data)
    except ValidationError:
        assert not valid
    else:
        assert valid


def test_every_key_says_what_it_is_for() -> None:
    schema = Dataset.model_json_schema()
    silent = [
        f"{name}.{key}"
        for name, definition in {"Dataset": schema, **schema["$defs"]}.items()
        for key, field in definition["properties"].items()
        if not field.get("description")
    ]
    assert silent == []
    assert set(schema["properties"]) >= SOURCES
