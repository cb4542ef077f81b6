"""Notebooks: every number of every experiment's step by plain NumPy, and the format that Jupyter reads."""

from __future__ import annotations

import ast
import json
import os
import re
from base64 import b64decode
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import bprunner
from bprunner import Run
from bprunner.documents.document import Document
from bprunner.documents.language import Language
from bprunner.documents.notebook import notebook
from bprunner.documents.numpy_cells import Section, code_cells
from bprunner.documents.numpy_further import MOST_ORDER
from bprunner.documents.subject import Subject
from bprunner.errors import InputError
from bprunner.figures.vector import Drawing
from bprunner.nn import activations, losses
from bprunner.spec.arithmetic import Arithmetic
from bprunner.spec.experiment import Tracing
from bprunner.spec.naming import Names
from bprunner.spec.reading import read_declaration
from bprunner.training.trace import Trace
from tests.conftest import ROOT
from tests.derivation.test_vocabulary import NUMBERS, SHARED, declared, moderated
from tests.documents.documents import HOSTILE
from tests.documents.documents import hostile as hostile_document
from tests.documents.notebooks import codes, differences, executed, quantities, sections_of, subject_of, texts
from tests.laws.test_derivation import run_of
from tests.laws.test_figures import FILES
from tests.spec.examples import experiments
from tests.training.declarations import doc, xor

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
ALL = {"net", "out", "error", "delta", "gradient", "update", "weight", "weight+"}


def assert_reproduced(run: Run, step: int = 0) -> dict[str, Any]:
    sections = sections_of(run, step)
    assert texts(sections) == {}
    assert not re.search("last bits? of a sum|did not record", "".join(codes(sections)).partition("new_net1")[0])
    variables = executed(sections)
    assert differences(variables, run, step) == []
    assert quantities(variables, run) >= ALL
    return variables


# Every experiment there is


@pytest.mark.parametrize("file", FILES)
def test_every_experiment_is_reproduced(file: str) -> None:
    run = run_of(file)
    for step in range(3 if FULL else 1):
        assert_reproduced(run, step)


@cache
def few(file: str) -> Run:
    """Twenty updates of an experiment."""
    experiment = read_declaration(ROOT / "configs" / file).experiment
    training = experiment.training.model_copy(update={"epochs": None, "updates": 20, "stop": None})
    changed = {"training": training, "expect": (), "trace": Tracing(), "horizon": None}
    return bprunner.run(experiment.model_copy(update=changed))


@pytest.mark.parametrize("file", ["gallery/mazur.yaml", "gallery/negnevitsky_and.yaml", "gallery/xor_tds.yaml"])
def test_training_goes_on_to_the_last_error(file: str) -> None:
    run = few(file)
    variables = assert_reproduced(run)
    assert len(variables["errors"]) == 21
    assert np.allclose(np.array(variables["errors"]).astype(float), run.trace["error"], rtol=1e-6, atol=1e-9)


def test_rounded_numbers_are_the_rounded_ones_to_the_last_bit() -> None:
    run = run_of("gallery/rgu.yaml")
    variables = executed(sections_of(run))
    names = run.experiment.architecture.names
    for name, place in names.weights.items():
        own = variables[f"new_W{place.layer + 1}"][place.sender, place.receiver]
        assert own == run.trace[f"weight.{name}"][1]
    assert variables["out1"][0].tolist() == [0.68, 0.6637]


# The whole vocabulary


@pytest.mark.parametrize("kind", sorted(activations.ACTIVATIONS))
def test_every_activation_hidden_and_of_the_output(kind: str) -> None:
    assert_reproduced(bprunner.run(declared(NUMBERS.get(kind, kind), "linear")))
    for loss in ("half_squared_error", "linear_error")[: 2 if FULL or kind == "softmax" else 1]:
        assert_reproduced(bprunner.run(with_output(kind, loss=loss)))


def with_output(kind: str, **training: Any) -> dict[str, Any]:
    """A network whose last layer has this activation."""
    data = declared("tanh", NUMBERS.get(kind, kind), **training)
    if kind == "gaussian":
        data["architecture"]["layers"][-1]["net"] = "squared_distance"
    return data


def suited(loss: str, output: Any) -> dict[str, Any]:
    """A loss with its means, with outputs and targets that it can have."""
    means = {"outputs": "mean", "samples": "mean"}
    own = {"free": means, "samples": {"samples": "mean"}, "mean": None}[losses.LOSSES[loss].reductions]
    data = declared("tanh", output, loss={loss: own})
    if loss == "hinge":
        data["dataset"]["targets"] = [[1, -1], [-1, 1], [1, 1]]
    return data


@pytest.mark.parametrize("loss", sorted(losses.LOSSES))
def test_every_loss_with_sums_and_means(loss: str) -> None:
    for output in ("sigmoid", {"sigmoid": {"slope": 1.5}}, "softmax", "softplus"):
        if loss == "cross_entropy" and output != "softmax":
            continue
        if loss == "binary_cross_entropy" and output == "softplus":
            continue
        data = suited(loss, output)
        assert_reproduced(bprunner.run(data))
        if FULL or output == "sigmoid":
            assert_reproduced(bprunner.run(declared("relu", output, loss=loss) | {"dataset": data["dataset"]}))


OPTIMIZERS: list[Any] = [
    *({"momentum": {"momentum": 0.8, "form": f}} for f in ("classical", "averaged", "accumulated", "last_gradient")),
    {"nesterov": {"momentum": 0.8}},
    {"nesterov": {"momentum": 0.8, "form": "accumulated"}},
    "adagrad",
    *({"rmsprop": {"epsilon": 0.1, "epsilon_place": place}} for place in ("outside", "inside")),
    *({"adam": {"epsilon": 0.1, "epsilon_place": place}} for place in ("outside", "inside", "uncorrected")),
    {"adam": {"bias_correction": False}},
    {"adam": {"counts": "after"}},
    {"adamw": {"weight_decay": 0.2}},
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_every_optimizer_remembers_from_any_step_on(optimizer: Any) -> None:
    more: dict[str, Any] = {"optimizer_state": {"count": 3}} if "after" in str(optimizer) else {}
    schedule = {"exponential": {"factor": 0.5}}
    factors = {"w1": 2, "biases": 0.5}
    data = declared(optimizer=optimizer, schedule=schedule, rate_factors=factors, frozen=["w2", "b3"], **more)
    run = bprunner.run(data)
    assert assert_reproduced(run)["new_W1"][1, 0] == run.trace["weight.w2"][0]
    assert_reproduced(run, 2)


@pytest.mark.parametrize("bias", ["none", "trained", "frozen", "threshold", SHARED], ids=str)
def test_every_bias_with_both_penalties(bias: Any) -> None:
    term = {"strength": 0.3, "factor": "lambda/2m", "biases": bias != "none"}
    assert_reproduced(bprunner.run(declared(bias=bias, penalty={"l1": {**term, "factor": "lambda/m"}, "l2": term})))
    assert_reproduced(bprunner.run(declared(bias=bias, penalty={"l2": {"strength": 0.3, "factor": "lambda/2"}})))


BATCHES: list[Any] = [
    "online",
    {"minibatches": {"size": 2}},
    {"minibatches": {"size": 2, "seed": 3}},
    {"sampled": {"size": 2, "seed": 3}},
]


@pytest.mark.parametrize("batches", BATCHES, ids=str)
def test_every_kind_of_batch_and_the_order_of_the_further_ones(batches: Any) -> None:
    run = bprunner.run(declared(batches=batches, loss="mean_squared_error", epochs=4))
    variables = assert_reproduced(run, 1)
    assert np.allclose(variables["errors"], run.trace["error"][1:], rtol=1e-9)
    assert ("% 3]" in "".join(codes(sections_of(run, 1)))) == (batches == "online")


@pytest.mark.parametrize("batches", ["online", "full"])
@pytest.mark.parametrize("hidden", ["tanh", NUMBERS["gaussian"]], ids=str)
def test_sequential_updates_with_memory(batches: str, hidden: Any) -> None:
    data = declared(hidden, update_order="sequential", batches=batches, optimizer={"momentum": {"momentum": 0.5}})
    run = bprunner.run(data)
    assert_reproduced(run, 1)
    assert differences(executed(sections_of(run, len(run.trace) - 1)), run, len(run.trace) - 1) == []


def test_a_frozen_layer_and_rounding_by_name() -> None:
    data = declared(bias={"shared": {"trained": False}})
    data["architecture"]["layers"][0]["frozen"] = True
    data["arithmetic"] = {
        "out": {"h1.1": {"decimals": 3}, "o2": {"decimals": 2}},
        "net": {"decimals": 4, "rounding": "truncated"},
        "weight": {"w7": {"decimals": 3}, "w9": {"decimals": 1, "rounding": "truncated"}},
        "error": {"decimals": 3},
        "gradient": {"decimals": 5},
        "update": {"w8": {"decimals": 4}},
        "delta": {"decimals": 2, "carried": False},
    }
    data["training"]["optimizer"] = {"momentum": {"momentum": 0.5}}
    variables = assert_reproduced(bprunner.run(data), 1)
    assert not np.any(variables["update_W1"])


DECIMAL = {"numbers": {"decimal": {"digits": 20}}}


@pytest.mark.parametrize("kind", ["sigmoid", "tanh", "leaky_relu", "elu", "softplus", "softmax", "gaussian", "step"])
def test_decimal_numbers(kind: str) -> None:
    """Their last digits too, of which the trace has as many as doubles have."""
    data = {**declared(NUMBERS.get(kind, kind), "sigmoid", optimizer="adam"), "arithmetic": DECIMAL}
    assert_reproduced(bprunner.run(data), 1)
    loss = "cross_entropy" if kind == "softmax" else "half_squared_error"
    assert_reproduced(bprunner.run({**with_output(kind, loss=loss), "arithmetic": DECIMAL}))


def test_decimal_numbers_of_few_digits_and_rounding() -> None:
    arithmetic = {"numbers": {"decimal": {"digits": 6}}, "weight": {"decimals": 3}, "out": {"decimals": 4}}
    variables = executed(sections_of(run := bprunner.run({**declared(), "arithmetic": arithmetic})))
    assert float(variables["new_W1"][0, 0]) == run.trace["weight.w1"][1]


# Numbers at their limits


def saturated(net: float, target: float, output: str = "sigmoid") -> Run:
    layer = {"units": 2 if output == "softmax" else 1, "activation": output, "bias": "none"}
    loss = "cross_entropy" if output == "softmax" else "binary_cross_entropy"
    targets = [[target, 1 - target]] if output == "softmax" else [[target]]
    weights = {"w1": net} | ({"w2": 0} if output == "softmax" else {})
    data = {**doc(loss=loss), "architecture": {"inputs": 1, "layers": [layer]}, "initial_weights": weights}
    return bprunner.run({**data, "dataset": {"inputs": [[1]], "targets": targets}})


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
@pytest.mark.parametrize("net", [60, -60, 900, -900])
def test_a_saturated_output_on_the_right_side_has_its_error(net: float, output: str) -> None:
    with np.errstate(all="ignore"):
        assert_reproduced(saturated(net, float(net > 0), output))


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_a_saturated_output_on_the_wrong_side_has_none_and_says_so(output: str) -> None:
    with np.errstate(all="ignore"):
        run = saturated(-900, 1, output)
        sections = sections_of(run)
        assert "the formula has no number where a prediction is exactly 0 or 1" in by_name(sections, "error")
        variables = executed(sections)
    assert [each for each in differences(variables, run) if not each.startswith("error")] == []


def test_where_nothing_cancels_there_is_no_code_from_there_on() -> None:
    layer = {"units": 2, "activation": "softmax", "bias": "none"}
    data = {**doc(loss="binary_cross_entropy"), "architecture": {"inputs": 1, "layers": [layer]}}
    data |= {"initial_weights": {"w1": 0, "w2": 900}, "dataset": {"inputs": [[1]], "targets": [[1, 0]]}}
    with np.errstate(all="ignore"):
        sections = sections_of(bprunner.run(data))
    assert "no code from here on" in texts(sections)["backward"]
    assert [each.name for each in sections][-1] == "backward"


def test_what_hangs_on_the_last_bit_of_a_sum_is_not_held_and_it_says_so() -> None:
    """The perceptron of Negnevitsky's table in doubles: 0.3 - 0.1 - 0.2 is no 0 there."""
    data = read_declaration(ROOT / "configs/gallery/negnevitsky_and.yaml").experiment
    run = bprunner.run(data.model_copy(update={"arithmetic": Arithmetic(), "expect": ()}))
    at = next(step for step in range(20) if 0 < abs(float(np.squeeze(run.trace["net.Y"][step]))) < 1e-15)
    sections = sections_of(run, at)
    assert "the last bit of a sum" in by_name(sections, "forward")
    assert "assert" not in "".join(codes(sections))
    assert "assert" in "".join(codes(sections_of(run, 0)))


def test_tiny_gradients_that_are_divided_by_are_not_held_and_it_says_so() -> None:
    data = {**doc(optimizer="adam"), "dataset": {"inputs": [[2e-9, 0]], "targets": [[1]]}}
    sections = sections_of(bprunner.run(data))
    assert "assert" in by_name(sections, "backward")
    assert "the optimizer divides by their size" in by_name(sections, "update")
    assert "assert" not in by_name(sections, "forward_again")


# What is left out is said


def test_what_was_not_recorded_is_computed_but_not_held() -> None:
    run = bprunner.run({**xor(epochs=1), "trace": {"quantities": ["weight", "bias"]}})
    sections = sections_of(run)
    assert "the run did not record these numbers" in by_name(sections, "backward")
    assert "grad_W2" in executed(sections)


def test_without_what_the_optimizer_remembers_there_is_no_update() -> None:
    run = bprunner.run({**xor(epochs=3, optimizer="adam"), "trace": {"quantities": ["weight", "bias"]}})
    assert differences(executed(sections_of(run)), run) == []
    assert "what its optimizer remembers" in texts(sections_of(run, 1))["update"]


def test_an_order_by_lot_that_is_not_recorded_or_too_long_is_said() -> None:
    by_lot = {"minibatches": {"size": 2, "seed": 3}}
    run = bprunner.run({**xor(batches=by_lot, epochs=3), "trace": {"steps": "epochs"}})
    assert "did not record which samples" in texts(sections_of(run))["further_steps"]
    count = MOST_ORDER
    data = xor(batches={"minibatches": {"size": count, "seed": 3}}, epochs=3)
    data["dataset"] = {"inputs": [[0, 1]] * count, "targets": [[1]] * count}
    sections = sections_of(bprunner.run(data))
    assert "too many to be written" in texts(sections)["further_steps"]
    assert executed(sections)["X"].shape == (count, 2)


def test_a_run_that_cannot_be_explained_has_no_notebook() -> None:
    with pytest.raises(InputError, match="step 9 is not in the trace"):
        sections_of(bprunner.run(doc()), 9)
    with pytest.raises(InputError, match=r"does not have weight\.w1"):
        sections_of(bprunner.run({**doc(), "trace": {"quantities": ["net"]}}))


def test_large_arrays_are_held_in_part_and_it_says_so() -> None:
    data = xor(epochs=1)
    data["architecture"]["layers"][0]["units"] = 100
    run = bprunner.run(data)
    assert_reproduced(run)
    text = by_name(sections_of(run), "update")
    assert "# the run's numbers; of new_W1 one row in 1, one column in 7" in text
    assert len(text) < 20_000


def by_name(sections: tuple[Section, ...], name: str) -> str:
    return "\n".join(cell.source for section in sections if section.name == name for cell in section.cells)


# Planted faults


@pytest.mark.parametrize(
    ("right", "wrong", "stage"),
    [
        ("out1 = 1 / (1 + np.exp(-net1))", "out1 = 1 / (1 + np.exp(-1.0000001 * net1))", "forward"),
        ("/ 2", "/ 2.000001", "error"),
        ("out2 * (1 - out2)", "out2", "backward"),
        ("-learning_rate * grad_W1", "learning_rate * grad_W1", "update"),
        ("X @ new_W1", "X @ W1", "forward_again"),
        ("W1, b1, W2, b2 = new_W1", "W1, b1, W2, b2 = W1", "further_steps"),
    ],
)
def test_a_planted_fault_is_caught_by_the_notebook_itself(right: str, wrong: str, stage: str) -> None:
    run = few("gallery/mazur_biases.yaml")
    sections = list(sections_of(run))
    at = [section.name for section in sections].index(stage)
    assert right in codes([sections[at]])[0]
    cells = tuple(replace(cell, source=cell.source.replace(right, wrong)) for cell in sections[at].cells)
    executed(sections[:at])
    with pytest.raises(AssertionError):
        executed([*sections[:at], Section(stage, cells)])


@pytest.mark.parametrize("column", ["net.h1", "out.o2", "error", "delta.o1", "gradient.w3", "update.w5", "weight.w8"])
def test_another_number_of_the_trace_is_caught(column: str) -> None:
    run = few("gallery/mazur.yaml")
    changed = {name: run.trace[name].copy() for name in run.trace}
    changed[column][1 if column == "weight.w8" else 0] *= 1 + 1e-7
    trace = Trace(run.trace.steps, run.trace.names, changed)
    with pytest.raises(AssertionError):
        executed(code_cells(replace(subject_of(run), trace=trace), Language("en"), 0))


# The format that Jupyter reads

MARKDOWN = r"""# A title
*source*

## Weights

$w_1 = 0.1$

```math
\begin{aligned}
# w_1 &= 0.1
\end{aligned}
```

![The network.](network.svg)

<!-- code: setup -->
<!-- code: data -->

## Forward pass

<!-- code: forward -->

<!-- code: error -->
text of the error

## The steps

| step | error |
| --: | --: |
| 0 | 1 |
<!-- player -->
<!-- code: further_steps -->
"""
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg"><text>−½ &lt;</text></svg>'


def document(markdown: str = MARKDOWN) -> Document:
    return Document("doc", "A title", "en", markdown, {"network.svg": Drawing(PICTURE, 9, 9, "The network.")})


def cells_of(text: str) -> list[tuple[str, str]]:
    return [(cell["cell_type"], "".join(cell["source"])) for cell in json.loads(text)["cells"]]


def made(markdown: str = MARKDOWN, run: Run | None = None) -> str:
    return notebook(document(markdown), subject_of(run or few("gallery/mazur.yaml")), Language("en"), 0)


def test_code_stands_at_its_marks_and_what_has_none_at_the_end() -> None:
    cells = cells_of(made())
    starts = [(kind, source.split("\n")[0]) for kind, source in cells]
    assert starts[0] == ("markdown", "# A title")
    assert starts[1] == ("markdown", "## Weights")
    assert starts[3] == ("code", "import numpy as np")
    assert starts[6] == ("markdown", "## Forward pass")
    assert starts[8][1].startswith("error = ")
    assert starts[9] == ("markdown", "text of the error")
    assert starts[10] == ("markdown", "## The steps")
    assert "def train" in cells[11][1]
    assert [kind for kind, _ in cells[12:]] == ["code"] * 4  # backward, update, forward again


def test_formulas_stand_between_dollars_pictures_in_their_address_and_marks_nowhere() -> None:
    cells = cells_of(made())
    weights = cells[1][1]
    assert "$$\n\\begin{aligned}\n# w_1 &= 0.1\n\\end{aligned}\n$$" in weights
    found = re.search(r"!\[The network\.\]\(data:image/svg\+xml;base64,([^)]+)\)", weights)
    assert found
    assert b64decode(found[1]).decode() == PICTURE
    text = "".join(source for kind, source in cells if kind == "markdown")
    assert "```" not in text
    assert "<!--" not in text


def test_backticks_that_keep_github_off_a_formula_are_not_jupyters() -> None:
    text = made(r"# A title: $`\text{a\_b}`$ and $x_1$, but \$\`no\`\$ formula")
    assert cells_of(text)[0][1] == r"# A title: $\text{a\_b}$ and $x_1$, but \$\`no\`\$ formula"


def test_a_hostile_author_s_text_stays_as_escaped_as_the_document_has_it() -> None:
    found = hostile_document()
    cells = cells_of(notebook(found, subject_of(few("gallery/mazur.yaml")), Language("en"), 0))
    text = "\n".join(source for kind, source in cells if kind == "markdown")
    assert text.count("](data:image/svg+xml;base64,") == len(found.pictures)
    written = {line for line in found.markdown.split("\n") if not re.search(r"^!\[|```|\$`", line)}
    assert {line for line in written if line.strip()} <= set(text.split("\n"))


def test_the_format_is_valid_and_the_same_every_time() -> None:
    import nbformat

    for file in ("gallery/mazur.yaml", "gallery/negnevitsky_and.yaml"):
        text = made(run=few(file))
        assert text == made(run=few(file))
        nbformat.validate(nbformat.reads(text, as_version=4))


def test_long_cells_of_numbers_are_folded() -> None:
    data = xor(epochs=1)
    data["architecture"]["layers"][0]["units"] = 400
    cells = json.loads(made(run=bprunner.run(data)))["cells"]
    assert [bool(cell["metadata"]) for cell in cells if cell["cell_type"] == "code"][:4] == [False, False, True, False]


def test_jupyter_executes_it() -> None:
    """In a kernel of its own: the whole document, text and code."""
    import nbformat
    from nbclient import NotebookClient

    found = nbformat.reads(made(run=few("gallery/mazur.yaml")), as_version=4)
    NotebookClient(found, timeout=120, kernel_name="python3").execute()
    outputs = [output for cell in found.cells if cell.cell_type == "code" for output in cell.outputs]
    assert {output.output_type for output in outputs} == {"stream"}
    assert "0.75136507" in "".join(output.text for output in outputs)


# Hostile names

CALLS = {"array", "sum", "exp", "allclose", "isclose", "print", "train", "range", "append"}
NODES = {
    "Module", "Import", "alias", "Assign", "Name", "Store", "Load", "Call", "Attribute", "List", "Constant", "UnaryOp",
    "USub", "BinOp", "MatMult", "Mult", "Sub", "Add", "Div", "Pow", "Expr", "keyword", "Assert", "Tuple", "FunctionDef",
    "arguments", "arg", "For", "If", "Compare", "Eq", "Return", "Subscript",
}  # fmt: skip
NAMES = (
    *HOSTILE, 'a"b', "a\nimport os\n", "\\", '"""', "'''", "%%bash", "!ls", "x?", "{0}", "\r\x0c\u2028\x00", "y" * 99
)  # fmt: skip


@cache
def shared() -> Run:
    """Two layers, each with one bias for all, and weights by a rule."""
    layer = {"units": 2, "activation": "sigmoid", "bias": SHARED}
    data = {**xor(epochs=3), "architecture": {"inputs": 2, "layers": [layer, layer]}}
    return bprunner.run({**data, "dataset": {"inputs": [[0.5, 1]], "targets": [[0, 1]]}})


def hostile(run: Run, name: str) -> Subject:
    """The same run, whose author has such names."""
    names = run.experiment.architecture.names
    called = replace(
        names,
        given_inputs=(name, "i2"),
        given_neurons=((f"{name}1", "h2"), ("o1", f"{name}2")),
        given_weights=((f"{name}3", "i2 -> h2"),),
        given_biases=((f"{name}4", "o"),),
    )
    architecture = run.experiment.architecture.model_copy()
    architecture.__dict__["names"] = called
    columns = {new: run.trace[old] for old, new in zip(_columns(names), _columns(called), strict=True)}
    trace = Trace(run.trace.steps, [*columns, "error"], {**columns, "error": run.trace["error"]})
    experiment = run.experiment.model_copy(update={"architecture": architecture})
    return replace(subject_of(run), experiment=experiment, trace=trace)


def _columns(names: Names) -> list[str]:
    found = [f"{quantity}.{name}" for quantity in ("net", "out", "delta") for name in names.neurons]
    found += [f"{quantity}.{name}" for quantity in ("weight", "gradient", "update") for name in names.weights]
    return found + [f"{quantity}.{name}" for quantity in ("bias", "gradient", "update") for name in names.biases]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_hostile_names_are_comments_and_nothing_else(name: str) -> None:
    from IPython.core import inputtransformer2

    jupyter: Any = inputtransformer2
    run = shared()
    expected = codes(sections_of(run))
    found = codes(code_cells(hostile(run, name), Language("en"), 0))
    for one, other in zip(expected, found, strict=True):
        tree = ast.parse(other)
        assert ast.dump(tree) == ast.dump(ast.parse(one))
        assert {type(node).__name__ for node in ast.walk(tree)} <= NODES
        assert {_called(node) for node in ast.walk(tree) if isinstance(node, ast.Call)} <= CALLS
        assert jupyter.TransformerManager().transform_cell(other) == other + "\n"
        assert all(line.isprintable() for line in other.split("\n"))
    assert json.loads(notebook(document(), hostile(run, name), Language("en"), 0))


def _called(node: ast.Call) -> str:
    function: Any = node.func
    return str(function.attr if isinstance(function, ast.Attribute) else function.id)


# Random experiments


@settings(max_examples=max(1, settings().max_examples // 2))
@given(experiments())
def test_random_experiments_are_reproduced(data: dict[str, Any]) -> None:
    """The first step, wherever nothing overflows; asserts of the notebook included."""
    with np.errstate(all="ignore"):
        run = bprunner.run(read_declaration(moderated(data)).experiment)
        names = run.experiment.architecture.names.neurons
        if not all(np.all(np.abs(run.trace[f"net.{name}"]) < 30) for name in names):
            return  # beyond, a difference such as 1 − out has no digits left
        sections = sections_of(run)
        found = differences(executed(sections), run)
    said = "".join(codes(sections))
    if not any(word in said for word in ("function turns", "the last bits of a sum")):
        assert [each for each in found if not ("formula has no number" in said and each.startswith("error"))] == []
