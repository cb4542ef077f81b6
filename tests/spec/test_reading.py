# ruff: noqa: E501
"""Reading: what extends what, what the command line changes, and where errors then point."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bprunner.errors import InputError
from bprunner.spec.effective import content_hash, declaration_data
from bprunner.spec.reading import read_declaration
from tests.spec.examples import VALID, problems_of_file

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The valid file, in a folder where the test stands."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_text(VALID)
    return tmp_path


def read(folder: Path, text: str, *overrides: str) -> dict[str, Any]:
    """What an extending file comes to."""
    (folder / "own.yaml").write_text("extends: base.yaml\n" + text)
    return declaration_data(read_declaration(folder / "own.yaml", overrides).experiment)


# Extending


def test_what_differs_is_laid_over_the_rest(base: Path) -> None:
    data = read(base, "training: {learning_rate: 0.1}\n")
    assert data["training"]["learning_rate"] == 0.1
    assert data["training"]["epochs"] == 1
    assert data["name"] == "doc"


def test_extending_nothing_changes_nothing(base: Path) -> None:
    (base / "own.yaml").write_text("extends: base.yaml\n")
    own, other = read_declaration(base / "own.yaml"), read_declaration(base / "base.yaml")
    assert content_hash(own) == content_hash(other)


def test_a_list_is_replaced_whole(base: Path) -> None:
    assert len(read(base, "expect:\n  - {step: 1, error: 0.0465}\n")["expect"]) == 1


RULE = "{uniform: {low: 0, high: 1}, seed: 3}"
SUMS = {"outputs": "sum", "samples": "sum"}
USUAL = {"rounding": "half_up", "carried": True}
NUMPY = {"generator": "numpy", "draw": {"matrices": "out_in", "biases": "last"}}


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        (f"initial_weights: {RULE}\n", "initial_weights", {"uniform": {"low": 0, "high": 1}, "seed": 3, **NUMPY}),
        ("initial_weights: zeros\n", "initial_weights", {"zeros": {}}),
        ("dataset: {gate: xor}\n", "dataset", {"gate": "xor", "samples_in": "rows"}),
    ],
)
def test_another_alternative_replaces_the_block(base: Path, text: str, key: str, value: object) -> None:
    assert read(base, text + "expect: []\n")[key] == value


def test_a_weight_by_name_is_one_of_many(base: Path) -> None:
    assert read(base, "initial_weights: {w1: 9}\n")["initial_weights"] == {
        "w1": 9, "w2": 0.2, "w3": 0.3, "w4": 0.4, "w5": 0.21, "w6": 0.23,
    }  # fmt: skip


def test_another_rule_replaces_the_first(base: Path) -> None:
    (base / "base.yaml").write_text(VALID.replace("{w1: 0.1, w2: 0.2, w3: 0.3, w4: 0.4, w5: 0.21, w6: 0.23}", RULE))
    weights = read(base, "initial_weights: {normal: {scale: 2}, seed: 4}\n")["initial_weights"]
    assert weights == {"normal": {"mean": 0, "scale": 2}, "seed": 4, **NUMPY}


@pytest.mark.parametrize(
    ("old", "new", "key", "value"),
    [
        # A choice: another name replaces it whole, the same name keeps what is not said.
        ("loss: {huber: {threshold: 2}}", "loss: squared_error", "loss", {"squared_error": SUMS}),
        ("loss: {huber: {threshold: 2}}", "loss: {huber: {samples: mean}}", "loss", {"huber": {**SUMS, "samples": "mean", "threshold": 2}}),
        ("reported_error: {huber: {threshold: 2}}", "reported_error: {squared_error: {samples: mean}}", "reported_error", {"squared_error": {**SUMS, "samples": "mean"}}),
        ("optimizer: {momentum: {momentum: 0.9}}", "optimizer: {nesterov: {momentum: 0.5}}", "optimizer", {"nesterov": {"momentum": 0.5, "form": "classical"}}),
        ("optimizer: {momentum: {momentum: 0.9}}", "optimizer: {momentum: {form: averaged}}", "optimizer", {"momentum": {"momentum": 0.9, "form": "averaged"}}),
        ("optimizer: {momentum: {momentum: 0.9}}", "optimizer: gradient_descent", "optimizer", "gradient_descent"),
        ("schedule: {cosine: {over: 3}}", "schedule: {exponential: {factor: 0.5}}", "schedule", {"exponential": {"factor": 0.5, "per": "epoch"}}),
        ("batches: {minibatches: {size: 1, seed: 1}}", "batches: {sampled: {size: 1, seed: 2}}", "batches", {"sampled": {"size": 1, "seed": 2, "generator": "numpy"}}),
        ("batches: {minibatches: {size: 1, seed: 1}}", "batches: {minibatches: {seed: 2}}", "batches", {"minibatches": {"size": 1, "seed": 2, "generator": "numpy", "last": "kept"}}),
        ("stop: {plateau: {patience: 3}}", "stop: {threshold: {below: 1}}", "stop", {"threshold": {"quantity": "error", "below": 1, "counted": "after"}}),
        ("stop: {threshold: {at_most: 3}}", "stop: {threshold: {below: 1}}", "stop", {"threshold": {"quantity": "error", "below": 1, "counted": "after"}}),
        ("stop: {threshold: {at_most: 3}}", "stop: {threshold: {counted: before}}", "stop", {"threshold": {"quantity": "error", "at_most": 3, "counted": "before"}}),
        # No choices: both stay.
        ("penalty: {l1: {strength: 1, factor: lambda}}", "penalty: {l2: {strength: 2, factor: lambda/2}}", "penalty", {"l1": {"strength": 1, "factor": "lambda", "biases": False}, "l2": {"strength": 2, "factor": "lambda/2", "biases": False}}),
        ("metrics: [accuracy]", "metrics: []", "metrics", None),
        # One length takes the other's place.
        ("epochs: 1", "updates: 5", "updates", 5),
        ("epochs: 1", "updates: 5", "epochs", None),
    ],
)  # fmt: skip
def test_training_is_merged_by_its_choices(base: Path, old: str, new: str, key: str, value: object) -> None:
    own = old.partition(":")[0]
    lines = [line for line in VALID.split("\n") if not line.startswith(f"  {own}:")]
    lines.insert(lines.index("training:") + 1, f"  {old}")
    (base / "base.yaml").write_text("\n".join(lines))
    training = read(base, f"training: {{{new}}}\n")["training"]
    assert training.get(key) == value


@pytest.mark.parametrize(
    ("old", "new", "value"),
    [
        ("{out: {decimals: 3}}", "{out: {h1: {decimals: 2}}}", {"out": {"h1": {"decimals": 2, **USUAL}}}),
        ("{out: {h1: {decimals: 2}}}", "{out: {decimals: 3}}", {"out": {"decimals": 3, **USUAL}}),
        ("{out: {h1: {decimals: 2}}}", "{out: {h2: {decimals: 3}}}", {"out": {"h1": {"decimals": 2, **USUAL}, "h2": {"decimals": 3, **USUAL}}}),
        ("{out: {decimals: 3}}", "{out: {carried: false}}", {"out": {"decimals": 3, "rounding": "half_up", "carried": False}}),
        ("{out: {decimals: 3}}", "{net: {decimals: 2}}", {"net": {"decimals": 2, **USUAL}, "out": {"decimals": 3, **USUAL}}),
        ("{numbers: {decimal: {digits: 9}}}", "{numbers: double}", {"numbers": "double"}),
        ("exact", "{numbers: decimal}", {"numbers": {"decimal": {"digits": 28}}}),
    ],
)  # fmt: skip
def test_arithmetic_is_merged_by_what_is_rounded(base: Path, old: str, new: str, value: dict[str, Any]) -> None:
    (base / "base.yaml").write_text(VALID + f"arithmetic: {old}\n")
    found = read(base, f"arithmetic: {new}\n")["arithmetic"]
    assert found == ("exact" if value == {"numbers": "double"} else {"numbers": "double", **value})


def test_a_split_takes_the_place_of_what_is_held_out(base: Path) -> None:
    sets = "  inputs: [[2, 3], [4, 5], [6, 7]]\n  targets: [[1], [2], [3]]"
    inline = "  inputs: [[2, 3]]\n  targets: [[1]]"
    split, held_out = "split: {held_out: 1, seed: 3}", "held_out: {inputs: [[1, 1]], targets: [[0]]}"
    for old, new, key, gone in ((split, held_out, "held_out", "split"), (held_out, split, "split", "held_out")):
        text = VALID.replace(inline, f"{sets}\n  {old}")
        (base / "base.yaml").write_text(text.replace("step: 0,", "step: 0, sample: 1,"))
        data = read(base, f"dataset: {{{new}}}\n")["dataset"]
        assert key in data
        assert gone not in data
        assert len(data["inputs"]) == 3


def test_a_horizon_by_epoch_takes_the_place_of_a_step(base: Path) -> None:
    (base / "base.yaml").write_text(VALID + "horizon: {step: 1, reason: why}\n")
    assert read(base, "horizon: {epoch: 2}\n")["horizon"] == {"epoch": 2, "reason": "why"}


def test_a_file_replaces_samples(base: Path) -> None:
    (base / "data.csv").write_text("a,b,c\n1,2,3\n")
    data = read(base, "dataset: {csv: {file: data.csv, inputs: [a, b], targets: [c]}}\n")["dataset"]
    assert set(data) == {"csv", "samples_in"}


def test_an_error_points_to_the_file_that_it_stands_in(base: Path) -> None:
    (base / "base.yaml").write_text(VALID.replace("0.05", "fast"))
    (base / "own.yaml").write_text("extends: base.yaml\ntraining: {epochs: -1}\n")
    places = [str(problem.place) for problem in problems_of_file(Path("own.yaml"))]
    assert places == ["own.yaml:2:20", "base.yaml:14:18"]


def test_a_misfit_of_two_files_names_both_sides(base: Path) -> None:
    (base / "own.yaml").write_text("extends: base.yaml\ndataset: {inputs: [[1, 2, 3]]}\n")
    (problem,) = problems_of_file(Path("own.yaml"))
    assert str(problem.place) == "own.yaml:2:20"
    assert "3 numbers, but `architecture.inputs` is 2" in problem.message


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("extends: nope.yaml\n", "own.yaml:1:10", "cannot extend `nope.yaml`: there is no such file"),
        ("extends: .\n", "own.yaml:1:10", "this is a folder"),
        ("extends: own.yaml\n", "own.yaml:1:10", "in a circle: own.yaml → own.yaml"),
        ("extends: there.yaml\n", "there.yaml:1:10", "in a circle: own.yaml → there.yaml → own.yaml"),
        ("extends: 5\n", "own.yaml:1:10", "must be the path of a file, found the number 5"),
        ("extends:\n", "own.yaml:1:1", "must be the path of a file, found nothing"),
        ("extends: list.yaml\n", "list.yaml:1:1", "an experiment is a mapping"),
        ("extends: broken.yaml\n", "broken.yaml:1:4", "never closed"),
        ("extends: 01.yaml\n", "20.yaml:1:10", "more than 20 files extend each other"),
    ],
)
def test_what_cannot_be_extended_is_refused(base: Path, text: str, place: str, words: str) -> None:
    (base / "there.yaml").write_text("extends: own.yaml\n")
    (base / "list.yaml").write_text("- 1\n")
    (base / "broken.yaml").write_text("a: [\n")
    for number in range(30):
        (base / f"{number:02}.yaml").write_text(f"extends: {number + 1:02}.yaml\n")
    (base / "own.yaml").write_text(text)
    (problem, *_) = problems_of_file(Path("own.yaml"))
    assert str(problem.place) == place
    assert words in problem.message


# Changes on the command line


def test_a_change_is_the_value_in_the_file(base: Path) -> None:
    changed = read_declaration(
        base / "base.yaml", ["training.learning_rate=1e-1", "architecture.layers.0.activation=tanh"]
    )
    (base / "own.yaml").write_text(
        VALID.replace("0.05", "0.1").replace("units: 2, activation: linear", "units: 2, activation: tanh")
    )
    assert content_hash(changed) == content_hash(read_declaration(base / "own.yaml"))


def test_changes_are_read_as_yaml(base: Path) -> None:
    data = read(base, "", "initial_weights={w1: 1, zeros: null}", "title='5'", "expect=[]")
    assert data["initial_weights"] == {"zeros": {}, "w1": 1}
    assert data["title"] == "5"
    assert "expect" not in data


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ("training", "", "must be `key=value`"),
        ("=5", "", "names and positions with single dots"),
        ("training..x=1", "training..x", "names and positions with single dots"),
        ("training.learning_rate=", "training.learning_rate", "must be a number, found nothing"),
        ("training.learning_rate=fast", "training.learning_rate", "must be a number, found the text 'fast'"),
        ("training.learning_rate==5", "training.learning_rate", "must be a number, found the text '=5'"),
        ("training.learning_rate=[1", "", "never closed"),
        ("training.learning_rate.x=1", "training.learning_rate.x", "is the number 0.05"),
        ("training.lerning_rate=1", "training.lerning_rate", "unknown key `lerning_rate`"),
        ("learning_rate=1", "learning_rate", "unknown key `learning_rate`"),
        ("architecture.layers.5.units=3", "architecture.layers.5.units", "no position in it"),
        ("initial_weights.w9=1", "initial_weights.w9", "no weight or bias is called `w9`"),
        ("dataset.inputs=[[1, 2, 3]]", "dataset.inputs[0]", "3 numbers, but `architecture.inputs` is 2"),
        ("extends=other.yaml", "extends", "unknown key `extends`"),
    ],
)
def test_a_faulty_change_is_refused_where_it_stands(base: Path, change: str, path: str, words: str) -> None:
    (problem, *_) = problems_of_file(base / "base.yaml", (change,))
    assert problem.path == path
    assert words in problem.message
    assert problem.place is not None
    assert problem.place.source == f"argument {change}"


def test_all_faulty_changes_are_told(base: Path) -> None:
    assert len(problems_of_file(base / "base.yaml", ("training", "=5", "a.b=[1"))) == 3


# What if


def test_a_shorter_run_leaves_out_the_figures_beyond_it(base: Path) -> None:
    (base / "base.yaml").write_text(VALID.replace("epochs: 1", "epochs: 9") + "  - {step: 9, error: 1}\n")
    declaration = read_declaration(base / "base.yaml", ["training.epochs=3"])
    assert declaration.is_what_if
    assert [each.step for each in declaration.experiment.expect] == [0]


def test_figures_of_neurons_that_went_are_left_out(base: Path) -> None:
    changes = ["architecture.layers.0.units=1", "initial_weights=zeros"]
    (base / "base.yaml").write_text(VALID + "  - {step: 0, out: {h2: 1.8}}\n")
    experiment = read_declaration(base / "base.yaml", changes).experiment
    assert [list(each.out) for each in experiment.expect] == [["h1"]]


def test_a_change_excuses_no_fault_of_the_file(base: Path) -> None:
    (base / "base.yaml").write_text(VALID + "  - {step: 9, error: 1}\n")
    (problem,) = problems_of_file(base / "base.yaml", ("training.learning_rate=0.1",))
    assert problem.path == "expect[1].step"


def test_a_change_of_the_figures_is_no_what_if(base: Path) -> None:
    declaration = read_declaration(base / "base.yaml", ["expect=[{step: 0, error: 1}]", "name=other"])
    assert not declaration.is_what_if
    assert problems_of_file(base / "base.yaml", ("expect=[{step: 9, error: 1}]",))


@pytest.mark.parametrize(
    "change", ["trace.steps=epochs", "tracking.points=5", "title=other", "training.learning_rate=0.050"]
)
def test_what_changes_no_number_is_no_what_if(change: str, base: Path) -> None:
    assert not read_declaration(base / "base.yaml", [change]).is_what_if


@pytest.mark.parametrize(
    "change", ["training.learning_rate=0.051", "arithmetic.weight.decimals=3", "dataset.targets=[[2]]"]
)
def test_what_changes_a_number_is_one(change: str, base: Path) -> None:
    assert read_declaration(base / "base.yaml", [change]).is_what_if


@pytest.mark.parametrize(
    ("changes", "section", "value"),
    [
        (["training.updates=5"], "training", {"updates": 5}),
        (["training.epochs=2", "training.epochs=2"], "training", {"epochs": 2}),
        (["training.loss.half_squared_error.samples=mean"], "training", {"loss": {"half_squared_error": {"outputs": "sum", "samples": "mean"}}}),
        (["training.loss=huber", "training.loss.huber.threshold=2"], "training", {"loss": {"huber": {"threshold": 2, "outputs": "sum", "samples": "sum"}}}),
        (["arithmetic=exact", "arithmetic.weight.decimals=3"], "arithmetic", {"weight": {"decimals": 3, **USUAL}}),
        (["initial_weights=zeros", "initial_weights.w1=3"], "initial_weights", {"zeros": {}, "w1": 3}),
        (["training.metrics=[accuracy]", "training.metrics.0.accuracy.threshold=0"], "training", {"metrics": [{"accuracy": {"threshold": 0}}]}),
        (["training.optimizer={momentum: {momentum: 0.5}}", "training.optimizer.momentum.form=averaged"], "training", {"optimizer": {"momentum": {"momentum": 0.5, "form": "averaged"}}}),
        (["training.optimizer=adam"], "training", {"optimizer": {"adam": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "epsilon_place": "outside", "bias_correction": True, "counts": "before"}}}),
        (["training.stop.threshold.below=2"], "training", {"stop": {"threshold": {"quantity": "error", "below": 2, "counted": "after"}}}),
        (["training.penalty.l2={strength: 1, factor: lambda}"], "training", {"penalty": {"l2": {"strength": 1, "factor": "lambda", "biases": False}}}),
        (["training.penalty.l2.strength=1", "training.penalty.l2.factor=lambda/m"], "training", {"penalty": {"l2": {"strength": 1, "factor": "lambda/m", "biases": False}}}),
        (["architecture.layers.1.bias={shared: {trained: false}}", "initial_weights.b1=3"], "initial_weights", {"b1": 3}),
        (["architecture.layers.0.activation={elu: {}}", "architecture.layers.0.activation.elu.alpha=2"], "initial_weights", {"w1": 0.1}),
        (["dataset.gate=xor"], "dataset", {"gate": "xor", "inputs": None, "targets": None}),
        (["dataset.inputs=[[1, 2]]", "dataset.targets=[[3]]"], "dataset", {"gate": None, "inputs": [[1, 2]], "targets": [[3]]}),
        (["dataset.split={held_out: 1, seed: 0}", "dataset.gate=xor"], "dataset", {"gate": "xor", "split": {"held_out": 1, "seed": 0}}),
        (["dataset.inputs=[[1, 2]]"], "dataset", {"inputs": [[1, 2]], "targets": [[1]]}),
        (["dataset={gate: xor}", "dataset.split={held_out: 1, seed: 0}"], "dataset", {"split": {"held_out": 1, "seed": 0}}),
        (["dataset={gate: xor}", "dataset.held_out={inputs: [[1, 2]], targets: [[1]]}"], "dataset", {"held_out": {"inputs": [[1, 2]], "targets": [[1]]}, "split": None}),
        (["arithmetic.weight.decimals=2", "arithmetic.out.h1.decimals=3"], "arithmetic", {"weight": {"decimals": 2, **USUAL}, "out": {"h1": {"decimals": 3, **USUAL}}}),
        (["horizon={epoch: 3, reason: x}", "horizon.epoch=2"], "horizon", {"epoch": 2, "step": None}),
        (["trace.quantities=[]", "trace.steps=epochs"], "trace", {"quantities": [], "steps": "epochs"}),
    ],
)  # fmt: skip
def test_changes_reach_into_choices(base: Path, changes: list[str], section: str, value: dict[str, Any]) -> None:
    found = declaration_data(read_declaration(base / "base.yaml", changes).experiment)[section]
    assert {key: found.get(key) for key in value} == value


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ("training.optimizer.momentum.momentum=0.9", "training.optimizer.momentum.momentum", "`training.optimizer` is `gradient_descent`, so there is no `momentum` in it"),
        ("training.optimizer.momentum=", "training.optimizer.momentum", "`training.optimizer` is `gradient_descent`, so there is no `momentum` in it"),
        ("architecture.layers.1.activation.elu.alpha=2", "architecture.layers.1.activation.elu.alpha", "`architecture.layers.1.activation` is `linear`, so there is no `elu` in it"),
        ("training.metrics.0=accuracy", "training.metrics.0", "`training.metrics` is not there, so it has no position 0"),
        ("horizon.reason.0=x", "horizon.reason", "must be text"),
        ("training.optimizer={adam: {beta1: 2}}", "training.optimizer.adam.beta1", "must be less than 1"),
        ("training.optimizer={adam: {}, rmsprop: {}}", "training.optimizer", "must be one of the names, or one with its numbers"),
        ("training.stop.threshold.belw=2", "training.stop.threshold.belw", "unknown key `belw`"),
        ("training.batches.minibatches.size=5", "training.batches.minibatches.size", "a minibatch of 5, but the dataset has 1 sample"),
        ("training.penalty.l2.strength=1", "training.penalty.l2.factor", "`factor` is missing"),
        ("training.epochs=null", "training", "`epochs` is missing"),
        ("dataset.gate=implies", "dataset.gate", "must be one of `and`, `or`"),
        ("dataset={gate: xor, bundled: iris}", "dataset.bundled", "`gate` and `bundled` both say where the samples are"),
        ("architecture.naming.inputs=[x]", "architecture.naming.inputs", "1 name, but `architecture.inputs` is 2"),
        ("architecture.naming.weights.seed=i1 -> h1", "architecture.naming.weights.seed", "`seed` has a meaning of its own"),
        ("initial_weights.zeros=5", "initial_weights.zeros", "must be a mapping of its numbers"),
        ("arithmetic.out.h9.decimals=3", "arithmetic.out.h9", "there is no `out.h9`"),
    ],
)  # fmt: skip
def test_a_faulty_change_of_a_choice_is_refused(base: Path, change: str, path: str, words: str) -> None:
    (problem, *_) = problems_of_file(base / "base.yaml", (change,))
    assert problem.path == path
    assert words in problem.message


def test_another_choice_is_told_with_the_way_to_make_it(base: Path) -> None:
    (problem,) = problems_of_file(base / "base.yaml", ("training.loss.huber.threshold=2",))
    assert problem.place is not None
    assert problem.place.source == "argument training.loss.huber.threshold=2"
    assert problem.hint == "another choice is made as a whole: training.loss={huber: {threshold: 2}}"


@pytest.mark.parametrize(
    ("written", "change", "value"),
    [
        ("{weight: {w1: {decimals: 2}}}", "arithmetic.weight.decimals=3", {"weight": {"decimals": 3, **USUAL}}),
        ("{weight: {decimals: 2}}", "arithmetic.weight.w1.decimals=3", {"weight": {"w1": {"decimals": 3, **USUAL}}}),
        ("{weight: {decimals: 2}}", "arithmetic.weight.carried=false", {"weight": {"decimals": 2, "rounding": "half_up", "carried": False}}),
        ("{weight: {w1: {decimals: 2}}}", "arithmetic.weight.w2.decimals=3", {"weight": {"w1": {"decimals": 2, **USUAL}, "w2": {"decimals": 3, **USUAL}}}),
        ("exact", "arithmetic.out.decimals=3", {"out": {"decimals": 3, **USUAL}}),
    ],
)  # fmt: skip
def test_a_change_of_a_rounding_takes_the_place_of_the_other_form(
    base: Path, written: str, change: str, value: dict[str, Any]
) -> None:
    assert read(base, f"arithmetic: {written}\n", change)["arithmetic"] == {"numbers": "double", **value}


@pytest.mark.parametrize(
    "changes",
    [
        ["training.epochs=3", "training.updates=4"],
        ["training.epochs=3", "training.epochs=4"],
        ["training.stop.threshold.below=1", "training.stop.threshold.at_least=2"],
        ["training.optimizer={adam: {beta1: 0.5}}", "training.optimizer=adam"],
        ["training.optimizer_state.velocity=1", "training.optimizer=adam"],
        ["dataset.gate=xor", "dataset.bundled=iris"],
        ["dataset.gate=xor", "dataset.inputs=[[1, 2]]"],
        ["dataset={gate: xor, split: {held_out: 1, seed: 0}}", "dataset.held_out={inputs: [[1, 2]], targets: [[1]]}"],
        ["arithmetic.weight={w1: {decimals: 2}}", "arithmetic.weight.decimals=3"],
        ["initial_weights.w1=3", "initial_weights=zeros"],
    ],
)
def test_changes_that_contradict_each_other_are_named(base: Path, changes: list[str]) -> None:
    problems = problems_of_file(base / "base.yaml", tuple(changes))
    assert [problem.message for problem in problems] == [f"`{changes[0]}` and `{changes[1]}` contradict each other"]
    assert problems[0].place is not None
    assert problems[0].place.text == changes[1]


def leaves(data: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """What stands at each path, lists of single values as a whole, but for names that have dots."""
    if isinstance(data, list) and any(isinstance(item, dict | list) for item in data):
        data = dict(enumerate(data))
    if not isinstance(data, dict):
        yield ".".join(path), data
        return
    for key, value in data.items():
        if "." not in str(key):
            yield from leaves(value, (*path, str(key)))


@pytest.mark.parametrize("file", ["doc.yaml", "doc_exact.yaml", "gallery/han_kamber.yaml", "data/iris.yaml"])
def test_every_path_that_is_shown_can_be_set(file: str) -> None:
    declaration = read_declaration(CONFIGS / file)
    shown = {**declaration_data(declaration.experiment), "expect": [], "horizon": None}
    changes = {path: f"{path}={json.dumps(value)}" for path, value in leaves(shown) if value not in (None, [])}
    assert len(changes) > 20
    for change in changes.values():
        assert read_declaration(CONFIGS / file, [change]).experiment == declaration.experiment, change


MOMENTUM = "{momentum: {momentum: 0.5}}\n  optimizer_state: {velocity: 1}"


@pytest.mark.parametrize(
    ("optimizer", "state"),
    [
        ("adam", None),
        ("{nesterov: {momentum: 0.5}}", {"velocity": 1}),
        ("{momentum: {momentum: 0.25}}", {"velocity": 1}),
        ("gradient_descent", None),
    ],
)
def test_another_optimizer_remembers_what_it_can(base: Path, optimizer: str, state: object) -> None:
    (base / "base.yaml").write_text(VALID.replace("gradient_descent", MOMENTUM))
    changed = read_declaration(base / "base.yaml", [f"training.optimizer={optimizer}"])
    for training in (
        read(base, f"training: {{optimizer: {optimizer}}}\n")["training"],
        declaration_data(changed.experiment)["training"],
    ):
        assert training.get("optimizer_state") == state


def test_a_change_of_names_leaves_out_figures_by_the_old_ones(base: Path) -> None:
    changes = ["architecture.naming.neurons=[[a, b], [c]]"]
    (base / "base.yaml").write_text(VALID + "  - {step: 0, error: 1}\n")
    declaration = read_declaration(base / "base.yaml", changes)
    assert [list(each.out) for each in declaration.experiment.expect] == [[]]
    assert declaration.is_what_if


# Where data may lie


def csv_file(folder: Path, named: str) -> Path:
    inline = "  inputs: [[2, 3]]\n  targets: [[1]]"
    folder.mkdir(exist_ok=True)
    (folder / "own.yaml").write_text(VALID.replace(inline, f"  csv: {{file: {named}, inputs: [a, b], targets: [c]}}"))
    return folder / "own.yaml"


@pytest.mark.parametrize("way", ["../data.csv", "link.csv", "linked/data.csv", "absolute"])
def test_data_outside_of_the_folder_needs_leave(tmp_path: Path, way: str) -> None:
    (tmp_path / "data.csv").write_text("a,b,c\n1,2,3\n")
    inside = tmp_path / "inside"
    file = csv_file(inside, str(tmp_path / "data.csv") if way == "absolute" else way)
    (inside / "link.csv").symlink_to(tmp_path / "data.csv")
    (inside / "linked").symlink_to(tmp_path)
    with pytest.raises(InputError, match="lies outside the folder"):
        read_declaration(file)
    declaration = read_declaration(file, allow_outside=True)
    assert declaration.data_files == {("csv", "file"): (tmp_path / "data.csv").resolve()}


def test_a_device_is_no_data_even_with_leave(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no regular file"):
        read_declaration(csv_file(tmp_path, "/dev/zero"), allow_outside=True)


def test_data_is_found_from_the_file_that_names_it(tmp_path: Path) -> None:
    csv_file(tmp_path / "a", "data.csv")
    (tmp_path / "a" / "data.csv").write_text("a,b,c\n1,2,3\n")
    (tmp_path / "b.yaml").write_text("extends: a/own.yaml\nname: b\n")
    declaration = read_declaration(tmp_path / "b.yaml")
    assert declaration.data_files == {("csv", "file"): (tmp_path / "a" / "data.csv").resolve()}
    content = b"a,b,c\n1,2,3\n"
    assert declaration.data_digests == {("csv", "file"): hashlib.sha256(content).hexdigest()}


def test_two_files_are_found_by_their_keys(tmp_path: Path) -> None:
    inline = "  inputs: [[2, 3]]\n  targets: [[1]]"
    for name in ("x.npy", "y.npy", "own.npz"):
        (tmp_path / name).write_bytes(name.encode())
    held_out = "  held_out: {npz: {file: own.npz, inputs: a, targets: b}}"
    (tmp_path / "own.yaml").write_text(VALID.replace(inline, f"  npy: {{inputs: x.npy, targets: y.npy}}\n{held_out}"))
    declaration = read_declaration(tmp_path / "own.yaml")
    keys = {("npy", "inputs"): "x.npy", ("npy", "targets"): "y.npy", ("held_out", "npz", "file"): "own.npz"}
    assert declaration.data_files == {key: (tmp_path / name).resolve() for key, name in keys.items()}
    digests = {key: hashlib.sha256(name.encode()).hexdigest() for key, name in keys.items()}
    assert declaration.data_digests == digests


def test_every_file_that_lies_outside_is_told(tmp_path: Path) -> None:
    inline = "  inputs: [[2, 3]]\n  targets: [[1]]"
    (tmp_path / "own.yaml").write_text(VALID.replace(inline, "  npy: {inputs: ../x.npy, targets: /y.npy}"))
    with pytest.raises(InputError) as caught:
        read_declaration(tmp_path / "own.yaml")
    told = [(problem.path, str(problem.place).rpartition("yaml:")[2]) for problem in caught.value.problems]
    assert told == [("dataset.npy.inputs", "9:17"), ("dataset.npy.targets", "9:36")]


def test_the_same_choice_again_keeps_its_numbers(base: Path) -> None:
    (base / "base.yaml").write_text(VALID.replace("gradient_descent", "{adam: {beta1: 0.5}}"))
    (base / "own.yaml").write_text("extends: base.yaml\nname: own\ntraining: {optimizer: adam}\n")
    optimizer = read_declaration(base / "own.yaml").experiment.training.optimizer
    assert optimizer.parameters()["beta1"] == 0.5
    (base / "own.yaml").write_text("extends: base.yaml\nname: own\ntraining: {optimizer: adamw}\n")
    assert read_declaration(base / "own.yaml").experiment.training.optimizer.parameters()["beta1"] == 0.9


def test_a_batch_by_lot_may_be_too_large(base: Path) -> None:
    change = "training.batches={sampled: {size: 3000000, updates: 2, seed: 1}}"
    (problem,) = problems_of_file(base / "base.yaml", (change,))
    assert problem.path == "training.batches.sampled.size"
    assert "3,000,000 samples are too many for `architecture`" in problem.message


def test_a_frozen_step_needs_no_derivative(base: Path) -> None:
    step = "activation: step"
    text = VALID.replace("activation: linear", step, 1)
    (base / "base.yaml").write_text(text.replace(step, f"{step}, frozen: true"))
    assert not problems_of_file(base / "base.yaml")
    (base / "base.yaml").write_text(text)
    assert problems_of_file(base / "base.yaml")


def test_a_scale_is_merged_by_its_choice(base: Path) -> None:
    samples = "  inputs: [[2, 3]]\n"
    scaled = "  scale: {inputs: {divide: {by: 9}}, targets: {standardise: {divisor: samples_minus_1}}}\n"
    (base / "base.yaml").write_text(VALID.replace(samples, samples + scaled))
    scale = read(base, "dataset: {scale: {inputs: min_max}}\n")["dataset"]["scale"]
    assert scale == {"inputs": "min_max", "targets": {"standardise": {"divisor": "samples_minus_1"}}}
    scale = read(base, "dataset: {scale: {targets: {divide: {by: 2}}, inputs: {divide: {by: 3}}}}\n")["dataset"][
        "scale"
    ]
    assert scale == {"inputs": {"divide": {"by": 3}}, "targets": {"divide": {"by": 2}}}
