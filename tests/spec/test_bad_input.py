# ruff: noqa: E501
"""Bad input: every message says where, what the rule is, what was found, and the way out, in the user's words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.errors import InputError
from bprunner.spec.reading import read_declaration
from tests.spec.examples import VALID, experiments, loaded, problems_of_file
from tests.spec.faulty import FOREIGN


class Case(NamedTuple):
    """`old` of the valid file becomes `new`; then a problem stands at `place` and has these words."""

    old: str
    new: str
    place: str
    words: str
    hint: str = ""


RATE, EPOCHS, LAYER = "learning_rate: 0.05", "epochs: 1", "{units: 2, activation: linear, bias: none}"
WEIGHTS = "{w1: 0.1, w2: 0.2, w3: 0.3, w4: 0.4, w5: 0.21, w6: 0.23}"
DATA = "  inputs: [[2, 3]]\n  targets: [[1]]"
EXPECT = "expect:\n  - {step: 0, out: {h1: 0.8}}\n"


def rate(value: str, words: str, hint: str = "", column: int = 18) -> Case:
    return Case(RATE, f"learning_rate: {value}", f"14:{column} training.learning_rate", words, hint)


def epochs(value: str, words: str, hint: str = "") -> Case:
    return Case(EPOCHS, f"epochs: {value}", "15:11 training.epochs", words, hint)


def layer(value: str, place: str, words: str, hint: str = "") -> Case:
    return Case(LAYER, value, place, words, hint)


def weights(value: str, place: str, words: str, hint: str = "") -> Case:
    path = f"{place.partition(' ')[0]} initial_weights{place.partition(' ')[2]}"
    return Case(WEIGHTS, value, f"7:{path}", words, hint)


def data(value: str, place: str, words: str, hint: str = "") -> Case:
    return Case(DATA, value, place, words, hint)


def expect(value: str, place: str, words: str, hint: str = "") -> Case:
    return Case(EXPECT, f"expect: [{value}]\n", f"16:{place}", words, hint)


def values(text: str, words: str, hint: str = "") -> Case:
    path = " ".join(text.split())
    return expect(f'{{step: 0, values: {{"{text}": 1}}}}', f"29 expect[0].values.{path}", words, hint)


def name(value: str, words: str) -> Case:
    return Case("name: doc", f"name: {value}", "1:7 name", words)


def end(text: str, place: str, words: str, hint: str = "") -> Case:
    return Case(EXPECT, EXPECT + text, f"18:{place}", words, hint)


SEEDED = "{uniform: {low: 0, high: 1}"
TWO = "{matrices: [[[1, 2], [3, 4]], [[1], [2]]]"

CASES = {
    # Numbers
    "a word for a number": rate("yes", "must be a number, found the text 'yes'"),
    "a quoted number": rate('"0.05"', "must be a number, found the text '0.05'", "without the quotes"),
    "a comma for a point": rate("0,05", "must be a number", "decimals stand after a point: 0.05"),
    "a negative rate": rate("-1", "must be greater than 0, found the number -1"),
    "a rate of nothing": rate("0", "must be greater than 0"),
    "no number": rate(".nan", "must be a finite number, found the number .nan", "not settings"),
    "an infinite rate": rate(".inf", "must be a finite number"),
    "a missing value": rate("", "must be a number, found nothing", column=3),
    "a null": rate("null", "must be a number, found nothing"),
    "a truth value": rate("true", "must be a number, found the truth value true"),
    "a list": rate("[1]", "must be a number, found a list"),
    "a mapping": rate("{a: 1}", "must be a number, found a mapping"),
    "a fraction of epochs": epochs("1.5", "must be a whole number, found the number 1.5"),
    "a whole number with decimals": epochs("1.0", "must be a whole number", "write 1"),
    "an exponent": epochs("1e3", "must be a whole number", "write 1000"),
    "a separator": epochs("1_000", "must be a whole number", "without separators: 1000"),
    "a truth value for a count": epochs("true", "must be a whole number, found the truth value true"),
    "fewer than no epochs": epochs("-1", "must be at least 0"),
    "very many epochs": epochs("1" + "0" * 30, "must be at most 1,000,000,000"),
    # The network
    "no inputs": Case("inputs: 2", "inputs: 0", "3:11 architecture.inputs", "must be at least 1, found the number 0"),
    "many inputs": Case("inputs: 2", "inputs: 100001", "3:11 architecture.inputs", "must be at most 100,000"),
    "no units": layer("{units: 0, activation: linear, bias: none}", "5:15 architecture.layers[0].units", "at least 1"),
    "a misspelt activation": layer(
        "{units: 2, activation: sigmod, bias: none}", "5:30 architecture.layers[0].activation",
        "unknown name `sigmod`", "did you mean `sigmoid`?",
    ),
    "two activations": layer(
        "{units: 2, activation: {relu: {}, tanh: {}}, bias: none}", "5:30 architecture.layers[0].activation",
        "must be one of the names, or one with its numbers", "names: linear, sigmoid",
    ),
    "a misspelt slope": layer(
        "{units: 2, activation: {leaky_relu: {slop: 1}}, bias: none}",
        "5:44 architecture.layers[0].activation.leaky_relu.slop", "unknown key `slop`", "did you mean `slope`?",
    ),
    "a slope without its name": layer(
        "{units: 2, activation: {leaky_relu: 0.1}, bias: none}", "5:43 architecture.layers[0].activation.leaky_relu",
        "must be a mapping of its numbers",
    ),
    "an inner word": layer(
        "{units: 2, activation: {kind: relu}, bias: none}", "5:30 architecture.layers[0].activation",
        "unknown name `kind`",
    ),
    "a bias of yes": layer(
        "{units: 2, activation: linear, bias: yes}", "5:44 architecture.layers[0].bias",
        "unknown name `yes`", "possible here: `none`, `trained`, `frozen`, `shared`, `threshold`",
    ),
    "no bias said": layer(
        "{units: 2, activation: linear}", "5:7 architecture.layers[0].bias", "`bias` is missing", "and whether it is trained"
    ),
    "a layer that is a number": layer("2", "5:7 architecture.layers[0]", "must be a mapping of names to values"),
    "a network too large": layer(
        "{units: 100000, activation: linear, bias: none}", "3:3 architecture",
        "2 → 100,000 → 1 has 300,000 weights and biases; at most 200,000",
    ),
    # Initial weights
    "weights as a list": weights("[0.1, 0.2]", "18", "must be weights by name, matrices or a rule", "for example {w1"),
    "no weights": weights("{}", "18", "6 of 6 weights are left out: w1, w2", "write every one, or give a rule"),
    "a weight left out": weights("{w1: 1, w2: 1, w3: 1, w4: 1, w5: 1}", "18", "1 of 6 weights is left out: w6 (w6 is h2 → o1)"),
    "an unknown weight": weights("{zeros: {}, w7: 1}", "30 .w7", "no weight or bias is called `w7`", "w1 to w6, and no biases"),
    "a capital letter": weights("{zeros: {}, W1: 1}", "30 .W1", "no weight or bias is called `W1`", "did you mean `w1`?"),
    "a weight that is text": weights("{zeros: {}, w1: a}", "34 .w1", "must be a number, found the text 'a'"),
    "a weight that is nothing": weights("{zeros: {}, w1: }", "30 .w1", "must be a number, found nothing"),
    "a misspelt rule": weights("zeroes", "18", "unknown name `zeroes`", "did you mean `zeros`?"),
    "a misspelt key of a rule": weights("{Zeros: null}", "19 .Zeros", "unknown key `Zeros`", "did you mean `zeros`?"),
    "an inner name": weights("{rule: zeros}", "19 .rule", "unknown key `rule`"),
    "two rules": weights("{zeros: {}, constant: {value: 1}}", "40 .constant", "only one rule can draw the weights"),
    "no seed": weights(SEEDED + "}", "19 .uniform", "`uniform` draws random numbers and needs a `seed`", "`seed: 0`"),
    "a misspelt seed": weights(SEEDED + ", sed: 3}", "47 .sed", "no weight or bias is called `sed`", "did you mean `seed`?"),
    "a seed for nothing": weights("{zeros: {}, seed: 3}", "36 .seed", "nothing is drawn"),
    "a seed too large": weights(SEEDED + ", seed: 99999999999999999999}", "53 .seed", "must be less than 9,223,372,036,854,775,808"),
    "a range upside down": weights("{uniform: {low: 1, high: 0}, seed: 1}", "28 .uniform", "`low` must be less than `high`"),
    "half a range": weights("{uniform: {low: 0}, seed: 1}", "28 .uniform.high", "`high` is missing", "the upper end"),
    "no orientation": weights(TWO + "}", "29 .matrices", "`matrices` needs an `orientation`", "a row for each"),
    "a matrix too few": weights("{matrices: [[[1, 2], [3, 4]]], orientation: in_out}", "29 .matrices", "1 matrix, but `architecture.layers` has 2 layers"),
    "a matrix on its side": weights(
        "{matrices: [[[1, 2], [3, 4]], [[1, 2]]], orientation: in_out}", "48 .matrices[1]",
        "1 × 2 numbers; layer 2 has 2 inputs and 1 unit, so `in_out` wants 2 × 1", "`orientation: out_in`",
    ),
    "a short row": weights(
        "{matrices: [[[1, 2], [3]], [[1], [2]]], orientation: in_out}", "39 .matrices[0][1]",
        "1 number; layer 1 has 2 inputs and 2 units, so `in_out` wants 2 × 2",
    ),
    "biases for none": weights("{zeros: {}, biases: zeros}", "38 .biases", "every layer of `architecture.layers` has `bias: none`"),
    "biases as a number": weights("{zeros: {}, biases: 3}", "38 .biases", "must be one of the names"),
    "biases left out": layer(
        "{units: 2, activation: linear, bias: trained}", "7:18 initial_weights",
        "2 of 2 biases are left out: b1, b2 (b1 is the bias of h1)", "`biases: zeros`",
    ),
    # The dataset
    "a sample too long": data("  inputs: [[2, 3, 4]]\n  targets: [[1]]", "9:12 dataset.inputs[0]", "3 numbers, but `architecture.inputs` is 2"),
    "a target too long": data("  inputs: [[2, 3]]\n  targets: [[1, 2]]", "10:13 dataset.targets[0]", "2 numbers, but the last layer's `units` is 1"),
    "a sample that is no list": data("  inputs: [2, 3]\n  targets: [[1]]", "9:12 dataset.inputs[0]", "must be a list, found the number 2"),
    "a target too few": data("  inputs: [[2, 3], [4, 5]]\n  targets: [[1]]", "10:12 dataset.targets", "1 row, but `inputs` has 2 samples"),
    "no samples": data("  inputs: []\n  targets: []", "9:11 dataset.inputs", "must not be empty"),
    "no targets": data("  inputs: [[2, 3]]", "9:3 dataset.targets", "`targets` is missing", "one row of targets for each sample"),
    "a truth value in the data": data("  inputs: [[2, true]]\n  targets: [[1]]", "9:16 dataset.inputs[0][1]", "must be a number"),
    "an unknown kind of data": data("  json: {}", "9:3 dataset.json", "unknown key `json`", "`inputs`, `targets`, `csv`, `parquet`"),
    "data in two places": data("  csv: {file: a.csv, inputs: [a, b], targets: [c]}\n  inputs: [[1, 2]]", "10:3 dataset.inputs", "`csv` and `inputs` both say where the samples are"),
    "a file without columns": data("  csv: {file: a.csv, targets: [c]}", "9:8 dataset.csv.inputs", "`inputs` is missing", "the columns that are inputs"),
    "an unknown key of a file": data("  csv: {file: a.csv, inputs: [a, b], targets: [c], sep: x}", "9:52 dataset.csv.sep", "unknown key `sep`"),
    "no such data": data("  csv: {file: a.csv, inputs: [a, b], targets: [c]}", "9:15 dataset.csv.file", "cannot be read: there is no such file", "looked for"),
    "a folder for data": data("  csv: {file: ., inputs: [a, b], targets: [c]}", "9:15 dataset.csv.file", "it is a folder"),
    "data elsewhere": data("  csv: {file: ../a.csv, inputs: [a, b], targets: [c]}", "9:15 dataset.csv.file", "`../a.csv` lies outside the folder", "--data-anywhere"),
    "a device for data": data("  csv: {file: /dev/zero, inputs: [a, b], targets: [c]}", "9:15 dataset.csv.file", "lies outside the folder"),
    "a zero byte in a path": data('  csv: {file: "a\\0b", inputs: [a, b], targets: [c]}', "9:15 dataset.csv.file", "invisible characters (here U+0000)"),
    "a path too long": data(f"  csv: {{file: {'x' * 300}, inputs: [a, b], targets: [c]}}", "9:15 dataset.csv.file", "cannot be read"),
    "columns too few": data("  csv: {file: a.csv, inputs: [a], targets: [c]}", "9:30 dataset.csv.inputs", "1 column, but `architecture.inputs` is 2"),
    # Training
    "an unknown loss": Case("half_squared_error", "mse", "12:9 training.loss", "unknown name `mse`", "`mean_squared_error`"),
    "a loss with a number": Case("half_squared_error", "{half_squared_error: {x: 1}}", "12:31 training.loss.half_squared_error.x", "unknown key `x`"),
    "a misspelt key": Case("learning_rate:", "learningrate:", "14:3 training.learningrate", "unknown key `learningrate`", "did you mean `learning_rate`?"),
    "a key too many": Case(EPOCHS, EPOCHS + "\n  batch_size: 4", "16:3 training.batch_size", "unknown key `batch_size`", "here it is called `batches: {minibatches:"),
    "a key in the wrong place": end("epochs: 3\n", "1 epochs", "unknown key `epochs`", "did you mean `training.epochs`?"),
    # Names
    "a name of nothing": name("''", "must not be empty"),
    "a name that is a number": name("5", "must be text, found the number 5"),
    "two lines": name('"a\\nb"', "invisible characters (here U+000A)"),
    "a bell": name('"a\\x07"', "invisible characters (here U+0007)"),
    "backwards": name('"\\u202Eabc"', "invisible characters (here U+202E)"),
    "a long name": name("x" * 300, "must have at most 200 characters"),
    # Arithmetic and tracking
    "arithmetic as a word": end("arithmetic: exacct\n", "13 arithmetic", "must be `exact`, or the quantities that are rounded"),
    "arithmetic as a number": end("arithmetic: {weight: 2}\n", "22 arithmetic.weight", "must be a mapping"),
    "very many decimals": end("arithmetic: {weight: {decimals: 16}}\n", "33 arithmetic.weight.decimals", "must be at most 15"),
    "an unknown way": end("arithmetic: {weight: {decimals: 2, rounding: up}}\n", "46 arithmetic.weight.rounding", "must be `half_up` or `truncated`"),
    "an unknown quantity": end("arithmetic: {wieght: {decimals: 2}}\n", "14 arithmetic.wieght", "unknown key", "did you mean `weight`?"),
    "an unknown metric": end("tracking: {quantities: [errors]}\n", "25 tracking.quantities[0]", "must be one of `error`,", "did you mean `error`?"),
    "a number for yes": end("arithmetic: {weight: {decimals: 2, carried: 1}}\n", "45 arithmetic.weight.carried", "must be true or false"),
    # Expected figures
    "figures as a mapping": Case(EXPECT, "expect: {}\n", "16:9 expect", "must be a list"),
    "nothing expected": expect("{step: 0}", "10 expect[0]", "no figure is expected here", "for example"),
    "no step": expect("{error: 1}", "10 expect[0]", "`step` is missing", "before any update"),
    "two steps": expect("{step: 0, steps: [0], error: [1]}", "20 expect[0].steps", "one of them says it"),
    "a step too far": expect("{step: 2, error: 1}", "17 expect[0].step", "step 2 is beyond the last one: `training.epochs` is 1"),
    "an update after the end": expect("{step: 1, update: {w1: 0}}", "29 expect[0].update.w1", "step 1 is the last one, and no update follows it"),
    "a step before the start": expect("{step: -1, error: 1}", "17 expect[0].step", "must be at least 0"),
    "an unknown neuron": expect("{step: 0, out: {h3: 1}}", "26 expect[0].out.h3", "there is no `out.h3`", "`out.h1`, `out.h2`, `out.o1`"),
    "no biases": expect("{step: 0, bias: {b1: 1}}", "27 expect[0].bias.b1", "the network has no biases"),
    "a forgotten figure": expect("{step: 0, prediction: , error: 1}", "20 expect[0].prediction", "`prediction` has no value", "leave the key out"),
    "a quoted figure": expect("{step: 0, error: '1'}", "27 expect[0].error", "must be a number", "without the quotes"),
    "an endless figure": expect("{step: 0, error: .inf}", "27 expect[0].error", "must be a finite number"),
    "a tiny figure": expect("{step: 0, error: 1e-500}", "27 expect[0].error", "within the range of doubles"),
    "a sample too far": expect("{step: 0, sample: 2, error: 1}", "28 expect[0].sample", "there is no sample 2: the dataset has 1 sample"),
    "figures too few": expect("{steps: [0, 1], error: [1]}", "33 expect[0].error", "1 figure, but `steps` has 2 steps"),
    "one figure for two": expect("{steps: [0, 1], error: 1}", "33 expect[0].error", "needs a list of 2 figures"),
    "a list for one": expect("{step: 0, error: [1]}", "27 expect[0].error", "goes with `steps`"),
    "an erratum alone": expect("{step: 0, error: {printed: 1, erratum: x}}", "49 expect[0].error.erratum", "needs `right`"),
    "right without erratum": expect("{step: 0, error: {printed: 1, right: 2}}", "47 expect[0].error.right", "goes with `erratum`"),
    "several samples": data("  inputs: [[2, 3], [4, 5]]\n  targets: [[1], [2]]", "17:21 expect[0].out.h1", "the dataset has 2 samples: whose figure is this?", "add `sample:`"),
    # Expressions
    "half an expression": values("out.h1 *", "is no arithmetic that can be read"),
    "a call": values("__import__('os')", "may use only + - * / **"),
    "an unknown name": values("out.h9 * 2", "there is no `out.h9`", "`out.h1`"),
    "a bare weight": values("w5 * out.h1", "there is no `w5`", "`weight.w5`"),
    "a misspelt word": values("learning_rat * 2", "there is no `learning_rat`", "did you mean `learning_rate`?"),
    "a cross": values("out.h1 × 2", "may use only + - * / **", "write * for ×"),
    "a caret": values("out.h1 ^ 2", "may use only + - * / **", "write ** for ^"),
    "a Greek letter": values("π", "there is no `π`"),
    "a comparison": values("out.h1 < 2", "may use only + - * / **"),
    "a hexadecimal number": values("0x10", "may use only + - * / **"),
    "an underscore": values("1_000", "may use only + - * / **"),
    "a number too large": values("1e999", "too large for a double"),
    "nothing": values("", "is empty"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_faulty_file_is_refused(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert VALID.count(case.old) == 1
    text = VALID.replace(case.old, case.new)
    Path("doc.yaml").write_text(text)
    before = sorted(tmp_path.rglob("*"))

    problems = problems_of_file(Path("doc.yaml"))

    found = [f"{each.place.line}:{each.place.column} {each.path}" for each in problems if each.place is not None]
    assert case.place in found, [str(problem) for problem in problems]
    problem = problems[found.index(case.place)]
    assert case.words in problem.message
    assert case.hint in problem.hint
    assert problem.place is not None
    assert problem.place.text == text.split("\n")[(problem.place.line or 0) - 1]
    for each in problems:
        assert str(each).startswith("doc.yaml:")
        assert not FOREIGN.search(f"{each.message} {each.hint}"), str(each)
    assert sorted(tmp_path.rglob("*")) == before
    assert Path("doc.yaml").read_text() == text


def test_the_valid_file_is_valid(tmp_path: Path) -> None:
    (tmp_path / "doc.yaml").write_text(VALID)
    assert problems_of_file(tmp_path / "doc.yaml") == ()


# Several at once


def test_all_problems_are_told_in_the_order_of_the_text(tmp_path: Path) -> None:
    text = (
        VALID.replace("name:", "nam:")
        .replace("activation: linear", "activation: linera", 1)
        .replace("w6", "w7")
        .replace("[[2, 3]]", "[[2, 3, 4]]")
        .replace("0.05", "-1")
        .replace("h1: 0.8", "h3: 0.8")
        + "  - {step: 9, error: x}\n"
    )
    (tmp_path / "doc.yaml").write_text(text)
    problems = problems_of_file(tmp_path / "doc.yaml")
    assert [(problem.place.line if problem.place else None, problem.path) for problem in problems] == [
        (1, "name"),
        (1, "nam"),
        (5, "architecture.layers[0].activation"),
        (7, "initial_weights.w7"),
        (7, "initial_weights"),
        (9, "dataset.inputs[0]"),
        (14, "training.learning_rate"),
        (17, "expect[0].out.h3"),
        (18, "expect[1].error"),
    ]


@pytest.mark.parametrize("key", ["name", "architecture", "initial_weights", "dataset", "training"])
def test_a_missing_section_is_named_with_its_purpose(key: str) -> None:
    with pytest.raises(InputError) as caught:
        read_declaration({name: value for name, value in loaded(VALID).items() if name != key})
    (problem, *_) = caught.value.problems
    assert problem.message == f"`{key}` is missing"
    assert problem.hint


# Whole files


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "1:1", "nothing here"),
        ("# only a comment\n", "1:1", "nothing here"),
        ("- 1\n", "1:1", "an experiment is a mapping"),
        ("hello\n", "1:1", "an experiment is a mapping"),
        (VALID + "---\n" + VALID, "18:1", "a second document"),
        (VALID + "name: two\n", "18:1", "stands here twice; first on line 1"),
        ("name: [doc\n", "1:7", "never closed"),
        ("[" * 3000, "1:65", "deeper than 64"),
        ("name: " + "1" * 200_000, "1:7", "200,000 characters"),
        ("a: &a [1, 1, 1]\n" + "".join(f"b{n}: &{n} [{', '.join([f'*{n - 1}'] * 9)}]\n" for n in range(1, 9)).replace("*0", "*a"), "6:17", "more than 100,000 values"),
        (VALID + "5: 3\n", "18:1", "a key must be text, found the number 5"),
    ],
    ids=["empty", "comment", "list", "text", "two", "twice", "open", "nested", "digits", "aliases", "number"],
)  # fmt: skip
def test_a_text_that_is_no_experiment_is_refused(text: str, place: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "doc.yaml").write_text(text)
    (problem, *_) = problems_of_file(tmp_path / "doc.yaml")
    assert problem.place is not None
    assert words in problem.message
    assert f"{problem.place.line}:{problem.place.column}" == place


def test_a_file_of_a_hundred_megabytes_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "doc.yaml").open("wb") as file:
        file.truncate(100 * 2**20)
    (problem,) = problems_of_file(tmp_path / "doc.yaml")
    assert "larger than 1 MiB" in problem.message


def test_a_network_that_no_memory_holds_is_refused_before_anything_is_made() -> None:
    """Were a single name made for each weight, this test would not end."""
    data = loaded(VALID.replace("units: 2", "units: 100000").replace("inputs: 2", "inputs: 100000"))
    with pytest.raises(InputError) as caught:
        read_declaration(data)
    assert "10,000,100,000 weights and biases" in str(caught.value)


def test_samples_that_no_step_can_record_are_refused() -> None:
    data = loaded(VALID.replace("expect:\n  - {step: 0, out: {h1: 0.8}}\n", ""))
    data["architecture"]["layers"][0]["units"] = 60_000
    data["initial_weights"] = "zeros"
    data["dataset"] = {"inputs": [[1, 2]] * 30, "targets": [[1]] * 30}
    with pytest.raises(InputError, match="30 samples are too many for this network; at most 22"):
        read_declaration(data)


# Anything


@given(data=experiments(), picks=st.data())
def test_a_damaged_experiment_is_refused_or_valid_and_nothing_else(data: dict[str, Any], picks: st.DataObject) -> None:
    """Whatever stands in place of a part: an InputError, or an experiment."""
    node: Any = data
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        key = picks.draw(st.sampled_from(keys))
        if not isinstance(node[key], dict | list) or not node[key] or picks.draw(st.integers(0, 3)) == 0:
            break
        node = node[key]
    junk: Any = [None, True, -1, 1.5, "x", "\x1b[31m", [], {}, [[]], {"a": 1}, 10**30, float("nan"), "linear"]
    node[key] = picks.draw(st.sampled_from(junk))
    told: list[str] = []
    try:
        read_declaration(data)
    except InputError as error:
        told = [problem.message for problem in error.problems]
    assert not any(FOREIGN.search(message) for message in told)
