"""The effective configuration says everything, validates by itself, and has the hash of what it came from."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from bprunner.errors import InputError
from bprunner.spec.choices import Choice
from bprunner.spec.effective import content_hash, declaration_data, effective_yaml
from bprunner.spec.reading import Declaration, read_declaration
from tests.conftest import ROOT
from tests.spec.examples import VALID, experiments, loaded

# Some need a file that their author has and nobody else may give away.
CONFIGS = sorted(path for path in (ROOT / "configs").rglob("*.yaml") if "data_needed" not in path.parts)


WEIGHTS = "{w1: 0.1, w2: 0.2, w3: 0.3, w4: 0.4, w5: 0.21, w6: 0.23}"


def hash_of_text(text: str) -> str:
    return content_hash(read_declaration(loaded(text)))


# What does not count


def numbers_in_other_notation(text: str) -> str:
    return text.replace("0.05", "5.0e-2").replace("[[2, 3]]", "[[+2.0, 3e0]]").replace("epochs: 1", "epochs: 0x1")


NOTATIONS = {
    "comments": "# before\n" + VALID.replace("epochs: 1", "epochs: 1   # once"),
    "numbers": numbers_in_other_notation(VALID),
    "quotes": VALID.replace("name: doc", 'name: "doc"'),
    "block": VALID.replace("  - {step: 0, out: {h1: 0.8}}", "  -\n    out:\n      h1: 0.8\n    step: 0"),
    "anchors": VALID.replace("activation: linear", "activation: &a linear", 1),
    "a default written out": VALID + "arithmetic: exact\ntracking: {points: 1000}\n",
    "a choice with nothing": VALID.replace("activation: linear", "activation: {linear: {}}", 1),
    "no end of line": VALID.rstrip("\n"),
    "windows": VALID.replace("\n", "\r\n"),
    "zeros before": VALID.replace("0.21", "0.210"),
}


@pytest.mark.parametrize("notation", NOTATIONS)
def test_the_hash_does_not_see_notation(notation: str) -> None:
    assert NOTATIONS[notation] != VALID
    assert hash_of_text(NOTATIONS[notation]) == hash_of_text(VALID)


class Quoting(yaml.SafeDumper):
    """PyYAML knows YAML 1.1, where 0E0 is a text: text is quoted, and floats are numbers in both versions."""


Quoting.add_representer(str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))


def shuffled(value: Any, order: random.Random) -> Any:
    """The same data with the keys of every mapping in another order."""
    if isinstance(value, dict):
        keys = list(value)
        order.shuffle(keys)
        return {key: shuffled(value[key], order) for key in keys}
    return [shuffled(item, order) for item in value] if isinstance(value, list) else value


@given(data=experiments(), order=st.randoms(use_true_random=False), flow=st.booleans())
def test_the_hash_does_not_see_the_order_of_keys_or_the_style(
    data: dict[str, Any], order: random.Random, flow: bool
) -> None:
    text = yaml.dump(shuffled(data, order), Dumper=Quoting, default_flow_style=flow, sort_keys=False)
    assert hash_of_text(text) == content_hash(read_declaration(data))


def test_the_hash_does_not_see_the_file_name(tmp_path: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(VALID)
    one, two = (content_hash(read_declaration(tmp_path / name)) for name in ("one.yaml", "two.yaml"))
    assert one == two


# What counts


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from leaves(item, (*path, number))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def changed(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = data.copy()
    copy[path[0]] = changed(data[path[0]], path[1:], value)
    return copy


@given(data=experiments(), picks=st.data())
def test_every_number_counts(data: dict[str, Any], picks: st.DataObject) -> None:
    path = picks.draw(st.sampled_from(list(leaves(data))))
    old: Any = data
    for part in path:
        old = old[part]
    # Some other number of the same kind that fits here; where none of these does, the number cannot change.
    for new in (old + 1, old / 2 if isinstance(old, float) else old - 1, 0.25):
        try:
            other = read_declaration(changed(data, path, new))
        except InputError:
            continue
        assert (content_hash(other) != content_hash(read_declaration(data))) == (new != old)
        return
    assume(False)


def test_the_digits_of_a_figure_count() -> None:
    assert hash_of_text(VALID.replace("h1: 0.8", "h1: 0.80")) != hash_of_text(VALID)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: doc", "name: dot"),
        ("activation: linear", "activation: tanh"),
        ("inputs: [[2, 3]]", "inputs: [[3, 2]]"),
        ("half_squared_error", "squared_error"),
        ("epochs: 1", "epochs: 2"),
        ("learning_rate: 0.05", "learning_rate: 0.05000000000000001"),
        ("expect:\n  - {step: 0", "expect:\n  - {step: 1"),
        ("expect:", "arithmetic: {weight: {decimals: 2}}\nexpect:"),
        ("expect:", "title: One\nexpect:"),
    ],
)  # fmt: skip
def test_every_kind_of_value_counts(old: str, new: str) -> None:
    assert old in VALID
    assert hash_of_text(VALID.replace(old, new, 1)) != hash_of_text(VALID)


def test_the_content_of_a_data_file_counts_and_not_its_name(tmp_path: Path) -> None:
    def with_data(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        inline = "  inputs: [[2, 3]]\n  targets: [[1]]"
        csv = f"  csv: {{file: {name}, inputs: [a, b], targets: [c]}}"
        (tmp_path / "csv.yaml").write_text(VALID.replace(inline, csv))
        return content_hash(read_declaration(tmp_path / "csv.yaml"))

    first = with_data("one.csv", "a,b,c\n1,2,3\n")
    assert with_data("two.csv", "a,b,c\n1,2,3\n") == first
    assert with_data("one.csv", "a,b,c\n1,2,4\n") != first


# The round trip


def assert_comes_back(declaration: Declaration, folder: Path) -> None:
    text = effective_yaml(declaration, folder)
    path = folder / "effective.yaml"
    path.write_text(text, encoding="utf-8")
    again = read_declaration(path, allow_outside=True)
    assert again.experiment == declaration.experiment or declaration.data_files
    assert content_hash(again) == content_hash(declaration)
    assert effective_yaml(again, folder) == text


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: str(path.relative_to(ROOT / "configs")))
def test_every_configuration_comes_back(path: Path, tmp_path: Path) -> None:
    assert_comes_back(read_declaration(path), tmp_path)


@given(data=experiments())
def test_every_experiment_comes_back(data: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp()
    assert_comes_back(read_declaration(data), folder)


ELABORATE = """\
name: "yes: 1 # – ∂"
title: |
  Two lines,
  one title.
architecture:
  inputs: 2
  layers:
    - {units: 2, activation: {leaky_relu: {slope: 0.1}}, bias: trained}
    - {units: 1, activation: sigmoid, bias: none}
initial_weights: {matrices: [[[1, 2], [3, 4.5]], [[1e-7, -0.0]]], orientation: out_in, biases: [[1, 2]], w1: 7}
dataset: {csv: {file: data/it.csv, inputs: [a b, "c:d"], targets: ["#"]}}
training: {loss: mean_squared_error, optimizer: gradient_descent, learning_rate: 1e-3, epochs: 3}
arithmetic: {net: {decimals: 3, rounding: truncated, carried: false}, weight: {decimals: 2}}
expect:
  - steps: [0, 3]
    sample: 2
    error: [0.500, {printed: 12, tolerance: 1e-3}]
    prediction: [0.10, 2.]
  - step: 0
    bias: {b1: {printed: 1.0, erratum: "a: slip", right: 1.00, rounding: truncated}}
    values: {learning_rate * weight.w1: .007, 2 * weight.w1: 1.2e5}
"""


def elaborate(folder: Path) -> Path:
    (folder / "data").mkdir()
    (folder / "data" / "it.csv").write_text('a b,c:d,#\n1,2,3\n4,5,"6"\n')
    (folder / "elaborate.yaml").write_text(ELABORATE)
    return folder / "elaborate.yaml"


def test_everything_there_is_comes_back(tmp_path: Path) -> None:
    declaration = read_declaration(elaborate(tmp_path))
    assert_comes_back(declaration, tmp_path)
    text = effective_yaml(declaration, tmp_path)
    assert "file: data/it.csv" in text
    assert "0.500" in text
    assert "0.10" in text
    assert "1.2e5" in text


def test_a_data_file_is_named_from_where_the_configuration_is_saved(tmp_path: Path) -> None:
    declaration = read_declaration(elaborate(tmp_path))
    (tmp_path / "else").mkdir()
    assert "file: ../data/it.csv" in effective_yaml(declaration, tmp_path / "else")
    assert_comes_back(declaration, tmp_path / "else")


def test_what_a_file_leaves_out_is_shown() -> None:
    text = effective_yaml(read_declaration(loaded(VALID)))
    assert "arithmetic: exact" in text
    assert "points: 1000" in text


def written(value: Any) -> Any:
    """Every field of every model with its value, as YAML would have it; what is empty or None says nothing."""
    if isinstance(value, Choice):
        parameters = written(value.parameters())
        return {value.kind: parameters} if parameters else value.kind
    if hasattr(type(value), "model_fields"):
        return written({key: getattr(value, key) for key in type(value).model_fields})
    if isinstance(value, tuple | list):
        return [written(each) for each in value]
    if isinstance(value, dict):
        return {key: written(each) for key, each in value.items() if each is not None and written(each) not in ({}, [])}
    return value


@given(data=experiments())
def test_no_default_is_hidden(data: dict[str, Any]) -> None:
    """Every number that has a default stands in the effective configuration: nothing is left for a reader to know."""
    experiment = read_declaration(data).experiment
    shown = declaration_data(experiment)
    for section in ("architecture", "training", "trace", "tracking", "dataset"):
        assert written(shown[section]) == written(getattr(experiment, section))


def test_every_default_of_training_is_shown() -> None:
    text = effective_yaml(read_declaration(loaded(VALID.replace("gradient_descent", "adam"))))
    for line in (
        "half_squared_error: {outputs: sum, samples: sum}",
        "adam: {beta1: 0.9, beta2: 0.999, epsilon: 1.0e-08, epsilon_place: outside, bias_correction: true",
        "schedule: constant",
        "update_order: simultaneous",
        "batches: full",
        "net: weighted_sum",
        "frozen: false",
        "weights: receiver",
        "samples_in: rows",
        "steps: all",
        "series: 200",
    ):
        assert line in text


def test_the_draw_order_is_shown_where_something_is_drawn() -> None:
    plain, drawn = (VALID.replace(WEIGHTS, new) for new in ("zeros", "{normal: {scale: 1}, seed: 1}"))
    assert "generator" not in effective_yaml(read_declaration(loaded(plain)))
    assert "generator: numpy\n  draw: {matrices: out_in, biases: last}" in effective_yaml(
        read_declaration(loaded(drawn))
    )


@pytest.mark.parametrize("key", ["trace", "tracking"])
def test_an_empty_list_is_no_default(key: str) -> None:
    declaration = read_declaration(loaded(VALID + f"{key}: {{quantities: []}}\n"))
    assert "quantities: []" in effective_yaml(declaration)
    assert content_hash(declaration) != hash_of_text(VALID)


def test_zero_has_two_signs() -> None:
    plus, minus = (VALID.replace("w1: 0.1", f"w1: {zero}") for zero in ("0.0", "-0.0"))
    assert hash_of_text(plus) != hash_of_text(minus)
    assert "w1: -0.0" in effective_yaml(read_declaration(loaded(minus)))
