"""Reading: what extends what, what the command line changes, and where errors then point."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bprunner.errors import InputError
from bprunner.spec.effective import content_hash, declaration_data
from bprunner.spec.reading import read_declaration
from tests.spec.examples import VALID, problems_of_file


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


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        (f"initial_weights: {RULE}\n", "initial_weights", {"uniform": {"low": 0, "high": 1}, "seed": 3}),
        ("initial_weights: zeros\n", "initial_weights", {"zeros": {}}),
        ("training: {loss: {squared_error: {}}}\n", "training", None),
    ],
)
def test_another_alternative_replaces_the_block(base: Path, text: str, key: str, value: object) -> None:
    data = read(base, text)[key]
    assert data == value if value is not None else data["loss"] == "squared_error"


def test_a_weight_by_name_is_one_of_many(base: Path) -> None:
    assert read(base, "initial_weights: {w1: 9}\n")["initial_weights"] == {
        "w1": 9, "w2": 0.2, "w3": 0.3, "w4": 0.4, "w5": 0.21, "w6": 0.23,
    }  # fmt: skip


def test_another_rule_replaces_the_first(base: Path) -> None:
    (base / "base.yaml").write_text(VALID.replace("{w1: 0.1, w2: 0.2, w3: 0.3, w4: 0.4, w5: 0.21, w6: 0.23}", RULE))
    weights = read(base, "initial_weights: {normal: {scale: 2}, seed: 4}\n")["initial_weights"]
    assert set(weights) == {"normal", "seed"}


def test_a_file_replaces_samples(base: Path) -> None:
    (base / "data.csv").write_text("a,b,c\n1,2,3\n")
    data = read(base, "dataset: {csv: {file: data.csv, inputs: [a, b], targets: [c]}}\n")["dataset"]
    assert set(data) == {"csv"}


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
    assert read_declaration(file, allow_outside=True).data_file == (tmp_path / "data.csv").resolve()


def test_a_device_is_no_data_even_with_leave(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no regular file"):
        read_declaration(csv_file(tmp_path, "/dev/zero"), allow_outside=True)


def test_data_is_found_from_the_file_that_names_it(tmp_path: Path) -> None:
    csv_file(tmp_path / "a", "data.csv")
    (tmp_path / "a" / "data.csv").write_text("a,b,c\n1,2,3\n")
    (tmp_path / "b.yaml").write_text("extends: a/own.yaml\nname: b\n")
    assert read_declaration(tmp_path / "b.yaml").data_file == (tmp_path / "a" / "data.csv").resolve()
