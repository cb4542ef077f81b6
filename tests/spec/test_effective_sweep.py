# ruff: noqa: E501
"""The law of the effective sweep: written beside its baseline and read again, it has the same cells."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bprunner.spec import effective_sweep
from bprunner.spec.effective import declaration_data, effective_yaml
from bprunner.spec.effective_sweep import sweep_yaml
from bprunner.spec.expanding import Cell
from bprunner.spec.leaves import leaf_at
from bprunner.spec.nodes import plain
from bprunner.spec.reading import read_declaration
from bprunner.spec.sweep import Sample
from bprunner.spec.sweep_reading import SweepDeclaration, read_sweep, sweep_of_overrides
from tests.spec.examples import HOSTILE, LONG_TEXTS, TEXTS
from tests.spec.sweeps import BASELINE, DRAWN, sweep
from tests.spec.test_sweep_expanding import BLOCKS, GALLERY, SHUFFLED, near, number_paths

Folders = tuple[Path, Path]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Where the sweep is, and where it is written."""
    home, other = tmp_path / "home", tmp_path / "other"
    home.mkdir()
    other.mkdir()
    return home, other


def sampler(sample: Sample) -> Sequence[Sequence[float]]:
    """Drawn from the seed, as the floor above does it: of a choice a position, else a number."""
    numbers = random.Random(sample.drawing.seed)
    return [
        [
            numbers.randrange(len(each.values)) if each.kind == "choice" else numbers.uniform(0.1, 0.9)
            for each in sample.of.values()
        ]
        for _ in range(sample.drawing.count)
    ]


def again(declared: SweepDeclaration, folder: Path) -> SweepDeclaration:
    """The sweep written into a folder, and read from there."""
    (folder / "baseline.yaml").write_text(effective_yaml(declared.baseline, folder), encoding="utf-8")
    (folder / "sweep.yaml").write_text(sweep_yaml(declared, "baseline.yaml", folder), encoding="utf-8")
    return read_sweep(folder / "sweep.yaml", allow_outside=True, sampler=sampler)


def seen(cells: Sequence[Cell]) -> list[tuple[Any, ...]]:
    return [(cell.number, dict(cell.labels), dict(cell.values), cell.hash) for cell in cells]


def assert_same(declared: SweepDeclaration, folder: Path) -> SweepDeclaration:
    read = again(declared, folder)
    assert seen(list(read.cells())) == seen(list(declared.cells()))
    assert read.paths == declared.paths
    assert read.hash == declared.hash
    for key in ("name", "title", "source", "trace", "limits"):
        assert getattr(read.sweep, key) == getattr(declared.sweep, key)
    # Once more, it is the same text.
    assert sweep_yaml(read, "baseline.yaml") == sweep_yaml(declared, "baseline.yaml", folder)
    return read


LEGACY = "{new: {glorot_uniform: {}, seed: 0}, old: {glorot_uniform: {}, seed: 0, generator: numpy_legacy}}"
# Seeds are repeated only where something is drawn.
NEED_SEEDS = ("order", "repeated")
PLANS = {
    "a grid": "sweep: {grid: {training.learning_rate: [0.10, 2e-1, 5.0e-2], training.epochs: [1, 0x3]}}",
    "spaced": "sweep: {grid: {training.learning_rate: {geometric: {from: 1e-3, to: 1, count: 4}}}}",
    "labels": "sweep: {grid: {initial_weights: {document: baseline, '0.10': zeros, 'a: b': {constant: {value: 0.50}}}}}",
    "texts": "sweep: {grid: {architecture.layers.0.activation: [tanh, 'relu', {leaky_relu: {slope: 0.20}}, linear]}}",
    "zip": "sweep: {zip: {initial_weights.w1: [1, 2, 2], initial_weights.w2: {a: 3, b: baseline, c: 5}}}",
    "order": "sweep: {repeat: 2, zip: {training.epochs: [1, 2]}, grid: {initial_weights.w1: [3, 1], training.learning_rate: [1]}}",
    "repeated": "sweep: {repeat: {count: 3, first_seed: 4, seeds: [initial_weights.seed]}, exclude: ['repeat > 5']}",
    "left out": "sweep: {grid: {training.learning_rate: [1, 2, 3]}, exclude: ['training.learning_rate == 2', \"1 == training.learning_rate and not training.learning_rate == '3'\"]}",
    "a sample": "sweep: {sample: {sobol: {count: 4, seed: 3}, of: {training.learning_rate: {log_uniform: {from: 1e-2, to: 1}}, initial_weights: {choice: {zeros: zeros, one: {constant: {value: 1.0}}}}}}}",
    "a sample of a list": "sweep: {sample: {random: {count: 5, seed: 1}, of: {architecture.layers.0.activation: {choice: [tanh, relu]}, initial_weights.w1: {normal: {mean: 0, scale: 1}}}}}",
    "a search": "sweep: {search: {tpe: {trials: 9, seed: 2}, of: {training.learning_rate: {uniform: {from: 0.1, to: 1}}}, minimise: best_error}, grid: {training.epochs: [1, 2]}}",
    "what holds for all": "set: {training: {updates: 3, optimizer: {momentum: {momentum: 0.5}}}, initial_weights.w5: 1}\nsweep: {grid: {training.optimizer.momentum.momentum: [0.5, 0.9]}}",
    "defaults": "set: {training.optimizer: adam}\nsweep: {grid: {training.optimizer.adam.beta1: [0.5], architecture.layers.0.activation: [{linear: {}}, tanh]}}",
    "other keys": "title: |\n  Two lines,\n  and a colon: here\nsource: 'Someone, \"Book\"'\ntrace: {quantities: [weight, delta], every: 3}\nlimits: {time: 2 h, disk: 1 GB}\nsweep: {grid: {training.learning_rate: [1]}}",
    "weights alone": "sweep: {grid: {initial_weights.w5: [0.5, .6, -0.0], initial_weights: {zeros: zeros, one: {constant: {value: 1}}}}}",
    "generators": f"sweep: {{grid: {{initial_weights: {LEGACY}, initial_weights.seed: [1, 2]}}}}",
    "parts": "sweep: {grid: {training: {short: {loss: squared_error, optimizer: adam, learning_rate: 1, epochs: 2}, document: baseline}, arithmetic: [exact, {weight: {decimals: 3}}, {weight: {decimals: 2}}]}}",
}


CASES = [
    (name, baseline)
    for name in PLANS
    for baseline in ("written", "drawn", "shuffled")
    if baseline != "written" or name not in NEED_SEEDS
]
BASELINES = {"written": BASELINE, "drawn": DRAWN, "shuffled": SHUFFLED}


@pytest.mark.parametrize(("name", "baseline"), CASES)
def test_a_sweep_that_is_written_and_read_has_the_same_cells(folders: Folders, name: str, baseline: str) -> None:
    home, other = folders
    assert_same(sweep(home, PLANS[name], baseline=BASELINES[baseline], sampler=sampler), other)


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_so_has_a_sweep_of_every_example(tmp_path: Path, path: Path) -> None:
    """Its numbers that can be changed alone, and what is chosen by name: defaults that were left out must not bind."""
    experiment = read_declaration(path).experiment
    data = {key: value for key, value in declaration_data(experiment).items() if key != "expect"}
    found = [(".".join(at), each) for at, each in number_paths(data) if leaf_at(experiment, at) is not None]
    others = [(at, each) for at, each in found if not at.startswith(("training.learning_rate", "training.optimizer"))]
    grid: dict[str, Any] = {at: near(each)[:2] for at, each in others[:2]}
    plan = {"zip": {"training.learning_rate": [0.5, 0.25, 0.5]}, "grid": grid}
    grid["training.optimizer"] = {"document": "baseline", "other": {"momentum": {"momentum": 0.5}}}
    grid["arithmetic"] = ["exact", "baseline"]
    assert_same(read_sweep({"name": "law", "baseline": str(path), "sweep": plan}, allow_outside=True), tmp_path)


@given(BLOCKS, st.integers(1, 3), st.booleans())
def test_so_have_random_grids(grid: dict[str, Any], repeats: int, drawn: bool) -> None:
    plan = {"grid": grid, **({"repeat": repeats} if drawn else {})}
    baseline = yaml.safe_load(DRAWN if drawn else BASELINE)
    with tempfile.TemporaryDirectory() as folder:
        assert_same(read_sweep({"name": "law", "baseline": baseline, "sweep": plan}), Path(folder))


WEIGHTS = st.sampled_from(
    ["zeros", "baseline", {"constant": {"value": 0.5}}, {"w1": 1, "constant": {"value": 2.0}}, {"zeros": {}}]
)
WORDS = st.one_of(TEXTS, st.sampled_from([*HOSTILE, "baseline", "choice", "values", "<<", "1e-1"]))


@given(
    st.dictionaries(WORDS, WEIGHTS, min_size=1, max_size=4),
    st.lists(st.floats(1e-9, 1e9) | st.integers(1, 10**20), min_size=1, max_size=3, unique=True),
    st.lists(LONG_TEXTS, min_size=2, max_size=2),
    st.sampled_from(["zip", "sample"]),
)
def test_so_has_a_sweep_of_any_words(labelled: dict[str, Any], rates: list[float], lines: list[str], part: str) -> None:
    """Whatever labels look like, and however numbers are written."""
    sizes = len(labelled)
    plan = {
        "zip": {"initial_weights": labelled, "initial_weights.w2": [number / 8 for number in range(sizes)]},
        "sample": {"random": {"count": 3, "seed": 1}, "of": {"initial_weights": {"choice": labelled}}},
    }
    declared = read_sweep(
        {
            "name": lines[0].split("\n")[0],
            "title": lines[0],
            "source": lines[1],
            "baseline": yaml.safe_load(BASELINE),
            "sweep": {part: plan[part], "grid": {"training.learning_rate": rates}},
        },
        sampler=sampler,
    )
    with tempfile.TemporaryDirectory() as folder:
        assert_same(declared, Path(folder))


def test_so_has_what_a_search_proposes(folders: Folders) -> None:
    home, other = folders
    text = (
        "sweep:\n  search:\n    tpe: {trials: 9, seed: 2}\n    of:\n"
        "      training.learning_rate: {uniform: {from: 0.1, to: 1}}\n"
        "      training.optimizer: {choice: {plain: gradient_descent, heavy: {momentum: {momentum: 0.90}}}}\n"
        "  repeat: 2\n"
    )
    declared = sweep(home, text, baseline=DRAWN)
    read = assert_same(declared, other)
    proposals = [{"training.learning_rate": 0.5, "training.optimizer": place} for place in (0, 1)]
    proposed = [[cell for _, cell in each.proposed(proposals, 1)] for each in (read, declared)]
    assert seen(proposed[0]) == seen(proposed[1])
    assert len(proposed[0]) == 4


@pytest.mark.parametrize(
    "overrides",
    [
        ["training.learning_rate={geometric: {from: 0.001, to: 1, count: 4}}", "training.optimizer=adam"],
        ["training.learning_rate=[0.10, 2e-1]", "initial_weights=[zeros, baseline]", "training.epochs=3"],
    ],
)
def test_so_has_a_sweep_of_the_command_line(folders: Folders, overrides: list[str]) -> None:
    home, other = folders
    (home / "base.yaml").write_text(BASELINE)
    declared = sweep_of_overrides(home / "base.yaml", overrides)
    assert declared is not None
    assert_same(declared, other)


def test_what_the_command_line_changes_of_a_sweep_is_laid_in(folders: Folders) -> None:
    home, other = folders
    overrides = ["training.epochs=[1, 2]", "sweep.repeat=2", "limits.runs=7", "arithmetic=exact", "name=changed"]
    declared = sweep(home, PLANS["a grid"], *overrides, baseline=DRAWN)
    read = assert_same(declared, other)
    assert (read.sweep.name, read.sweep.limits.runs, read.overrides) == ("changed", 7, ())
    assert read.count() == 1 + 3 * 2 * 2


CSV = "csv: {file: %s.csv, inputs: [x, y], targets: [t]}"


@pytest.mark.parametrize(
    "axis",
    [
        f"dataset: {{one: {{{CSV % 'a'}}}, two: {{{CSV % 'b'}}}}}",
        f"dataset: [{{{CSV % 'a'}}}, {{{CSV % 'b'}}}]",
        "dataset.csv.file: [a.csv, baseline, b.csv]",
        "dataset.csv.file: {one: b.csv, two: baseline}",
        f"dataset.held_out: [{{{CSV % 'a'}}}, {{{CSV % 'b'}}}]",
    ],
)
def test_files_of_data_are_found_from_another_folder(folders: Folders, axis: str) -> None:
    home, other = folders
    for number, name in enumerate("abc"):
        (home / f"{name}.csv").write_text(f"x,y,t\n2,3,{number}\n")
    text = BASELINE.replace("  inputs: [[2, 3]]\n  targets: [[1]]", "  " + CSV % "c")
    declared = sweep(home, f"sweep: {{grid: {{{axis}}}}}", baseline=text)
    read = again(declared, other)
    # The baseline is called what its text says, and that has the other name.
    assert seen(list(read.cells()))[1:] == seen(list(declared.cells()))[1:]
    assert [cell.hash for cell in read.cells()] == [cell.hash for cell in declared.cells()]
    # Where the text stands beside them, they keep their names.
    (home / "baseline.yaml").write_text(effective_yaml(declared.baseline))
    (home / "again.yaml").write_text(sweep_yaml(declared, "baseline.yaml"))
    beside = read_sweep(home / "again.yaml")
    assert seen(list(beside.cells())) == seen(list(declared.cells()))
    assert beside.hash == declared.hash
    (home / "b.csv").write_text("x,y,t\n2,3,7\n")
    assert read_sweep(home / "again.yaml").hash != declared.hash


def test_a_spelling_that_is_lost_is_caught(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    """The law's own test: values by what they are, and not as they were written."""
    home, other = folders
    monkeypatch.setattr(effective_sweep, "as_written", lambda node: json.loads(json.dumps(plain(node))))
    with pytest.raises(AssertionError):
        assert_same(sweep(home, PLANS["a grid"]), other)


# The hash


def hash_of(folder: Path, text: str, baseline: str = BASELINE, *overrides: str) -> str:
    return sweep(folder, text, *overrides, baseline=baseline, sampler=sampler).hash


GRID = (
    "sweep: {grid: {training.learning_rate: [0.1, 0.2], initial_weights: {zeros: zeros, one: {constant: {value: 1}}}}}"
)


@pytest.mark.parametrize(
    "text",
    [
        GRID.replace("0.1", "1.0e-1").replace("value: 1", "value: 1.0"),
        GRID.replace("sweep: {", "sweep: {exclude: [], zip: null, "),
        f"title: another\nsource: me\nlimits: {{runs: 5}}\ntrace: {{every: 1}}\n{GRID}",
        f"set: {{training.learning_rate: 0.05}}\n{GRID}",
    ],
)
def test_what_the_hash_does_not_see(tmp_path: Path, text: str) -> None:
    assert hash_of(tmp_path, text) == hash_of(tmp_path, GRID)
    # The order of keys within a value.
    plan = "sweep: {grid: {initial_weights: {small: {normal: {scale: 0.1}, seed: 0}}}}"
    assert hash_of(tmp_path, plan) == hash_of(
        tmp_path, plan.replace("normal: {scale: 0.1}, seed: 0", "seed: 0, normal: {scale: 0.1}")
    )
    assert hash_of(tmp_path, "sweep: {repeat: 2}", DRAWN) == hash_of(tmp_path, "sweep: {repeat: {count: 2}}", DRAWN)
    assert hash_of(tmp_path, GRID, BASELINE, "name=other") == hash_of(tmp_path, GRID)


def test_everything_else_counts(tmp_path: Path) -> None:
    texts = [
        GRID,
        GRID.replace("0.2]", "0.3]"),
        GRID.replace("[0.1, 0.2]", "[0.2, 0.1]"),
        GRID.replace("[0.1, 0.2]", "{a: 0.1, b: 0.2}"),
        GRID.replace("zeros: zeros, one: {constant: {value: 1}}", "one: {constant: {value: 1}}, zeros: zeros"),
        GRID.replace("one:", "ones:"),
        "sweep: {grid: {initial_weights: {zeros: zeros, one: {constant: {value: 1}}}, training.learning_rate: [0.1, 0.2]}}",
        GRID.replace("}}}}}", "}}}}, exclude: ['training.learning_rate == 0.1 and initial_weights == one']}"),
        f"trace: {{every: 2}}\n{GRID}",
        f"set: {{training.epochs: 2}}\n{GRID}",
        GRID.replace("grid", "zip"),
        *(PLANS[name] for name in ("a sample", "a sample of a list", "a search", "spaced")),
        PLANS["a sample"].replace("seed: 3", "seed: 4"),
        PLANS["a sample"].replace("value: 1.0", "value: 2"),
        PLANS["a search"].replace("trials: 9", "trials: 8"),
        PLANS["a search"].replace("from: 0.1", "from: 0.2"),
        PLANS["spaced"].replace("count: 4", "count: 5"),
        PLANS["spaced"].replace("geometric", "linear"),
    ]  # fmt: skip
    hashes = [hash_of(tmp_path, text) for text in texts]
    assert len(set(hashes)) == len(texts)
    assert all(len(each) == 64 for each in hashes)
    assert hash_of(tmp_path, GRID, BASELINE.replace("w1: 0.1", "w1: 0.11")) not in hashes


def test_over_the_original_baseline_a_sweep_sets_what_it_set(tmp_path: Path) -> None:
    """Beside the baseline as it was, whether a file sets something or arguments do."""
    text = "set: {training: {epochs: 3}, arithmetic: exact}\nsweep: {grid: {training.learning_rate: [0.1, 0.2]}}"
    written = sweep(tmp_path, text)
    argued = sweep_of_overrides(
        tmp_path / "base.yaml", ["training.epochs=3", "arithmetic=exact", "training.learning_rate=[0.1, 0.2]"]
    )
    assert argued is not None
    for declared in (written, argued):
        (tmp_path / "again.yaml").write_text(sweep_yaml(declared, "base.yaml", tmp_path, over_original=True))
        again = read_sweep(tmp_path / "again.yaml")
        assert again.hash == declared.hash
        assert [cell.hash for cell in again.cells()] == [cell.hash for cell in declared.cells()]
