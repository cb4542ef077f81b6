"""Worked documents are written for whatever can be declared, and whatever their authors call things stays text."""

from __future__ import annotations

import os
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import Phase, given, reject, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import bprunner
from bprunner.documents.equations import aligned
from bprunner.documents.html import html_page
from bprunner.documents.latex import latex_article
from bprunner.documents.markdown_files import files_of, write_files
from bprunner.documents.numbers import at_digits
from bprunner.documents.telling import Wishes
from bprunner.errors import InputError
from bprunner.nn import activations, losses
from bprunner.runs.explaining import Explained, explain_run, files_of_document
from bprunner.spec.reading import read_declaration
from tests.derivation.test_vocabulary import NUMBERS, declared
from tests.documents.test_latex import compiled
from tests.laws.test_documents import Checker
from tests.spec.examples import experiments
from tests.training.declarations import doc, xor

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"


def run_of(data: dict[str, Any]) -> bprunner.Run:
    with np.errstate(all="ignore"):
        return bprunner.run(data)


def written(run: bprunner.Run, **wishes: Any) -> Explained:
    """A document in every format, strictly: nothing in it is left as it stands because no reader knows it."""
    with np.errstate(all="ignore"):
        explained = explain_run(run, Wishes(**wishes))
        files_of_document(explained, ["markdown"] if explained.answers else ["markdown", "notebook"])
    for document in (explained.document, explained.answers):
        if document is not None:
            html_page(document, is_strict=True)
            latex_article(document, is_strict=True)
            assert "\n\n\n" not in document.markdown
            assert not re.search(r"```math\n\s*```|\\begin\{aligned\}\s*\\end|\bNone\b", document.markdown)
    return explained


# Whatever is declared


@pytest.mark.parametrize("kind", sorted(activations.ACTIVATIONS) if FULL else ["step"])
def test_every_activation(kind: str) -> None:
    written(run_of(declared(NUMBERS.get(kind, kind), "linear")), step=1)


@pytest.mark.parametrize("kind", sorted(losses.LOSSES) if FULL else ["cross_entropy"])
def test_every_loss(kind: str) -> None:
    own = {"free": {"outputs": "mean", "samples": "mean"}, "samples": {"samples": "mean"}, "mean": None}
    data = declared("tanh", "softmax", loss={kind: own[losses.LOSSES[kind].reductions]})
    if kind == "hinge":
        data["dataset"]["targets"] = [[1, -1], [-1, 1], [1, 1]]
    written(run_of(data))


ROUNDED = ("net", "out", "prediction", "error", "delta", "gradient", "update", "weight", "bias")


ROUNDINGS = [(each, way, carried) for each in ROUNDED for way in ("half_up", "truncated") for carried in (True, False)]


@pytest.mark.parametrize(("quantity", "way", "carried"), ROUNDINGS if FULL else ROUNDINGS[5::17])
def test_every_quantity_rounded(quantity: str, way: str, carried: bool) -> None:
    rounding = {"decimals": 2, "rounding": way, "carried": carried}
    written(run_of({**declared(epochs=1), "arithmetic": {quantity: rounding}}))


def deep() -> dict[str, Any]:
    data = declared(epochs=1)
    hidden = [{"units": 2, "activation": "tanh", "bias": "trained"} for _ in range(3)]
    data["architecture"]["layers"] = [*hidden, {"units": 2, "activation": "sigmoid", "bias": "none"}]
    return data


def wide() -> dict[str, Any]:
    """More inputs than are written out."""
    data = xor(epochs=1)
    data["architecture"]["inputs"] = 20
    data["dataset"] = {"inputs": [[number / 10 for number in range(20)]], "targets": [[1]]}
    return data


def single() -> dict[str, Any]:
    layer = {"units": 1, "activation": "linear", "bias": "none"}
    return {
        **doc(),
        "architecture": {"inputs": 1, "layers": [layer]},
        "initial_weights": {"w1": 0.5},
        "dataset": {"inputs": [[2]], "targets": [[1]]},
    }


def of_size(size: float) -> dict[str, Any]:
    return {**doc(), "initial_weights": {f"w{number}": size * number for number in range(1, 7)}}


NETWORKS: dict[str, Any] = {
    "deep": deep,
    "wide": wide,
    "single": single,
    "tiny": lambda: of_size(1e-300),
    "huge": lambda: of_size(1e200),
    "diverged": lambda: doc(learning_rate=1e9, epochs=12),
    "zeros": lambda: {**doc(), "initial_weights": {"zeros": None}},
    "no update": lambda: doc(epochs=0),
    "decimal": lambda: {**declared(epochs=1), "arithmetic": {"numbers": "decimal"}},
    "sequential": lambda: declared(update_order="sequential", batches="online", epochs=1),
    "sampled": lambda: declared(batches={"sampled": {"size": 2, "seed": 3}}),
}


SOME_NETWORKS = ("wide", "diverged", "huge", "no update", "sequential")


@pytest.mark.parametrize(
    ("number", "name"), [(number, name) for number, name in enumerate(NETWORKS) if FULL or name in SOME_NETWORKS]
)
def test_first_middle_and_last_step(number: int, name: str) -> None:
    """Of one digit, of seventeen, with gaps, and with every weight and bias; in the gate each network in one way."""
    run = run_of(NETWORKS[name]())
    names = run.experiment.architecture.names
    last = run.updates - (name == "sequential")
    ways: list[dict[str, Any]] = [
        {"step": last // 2, "digits": 1},
        {"step": 0, "digits": 17, "weights": (*names.weights, *names.biases)[: None if FULL else 12]},
        {"step": last},
        {"blank": True},
    ]
    for way in ways if FULL else [ways[number % 4]]:
        written(run, **way)


def test_deep_networks_of_cases_take_no_longer_than_others() -> None:
    """SymPy would sort conditions on conditions for hours."""
    data = deep()
    for layer in data["architecture"]["layers"]:
        layer |= {"activation": {"leaky_relu": {"slope": 0.1}}, "units": 3}
    data["dataset"]["targets"] = [[1, 0, 0]] * 3
    markdown = explain_run(run_of(data), Wishes()).document.markdown
    assert "ITE" not in markdown


def test_every_sample() -> None:
    run = run_of(xor(epochs=1))
    texts = {explain_run(run, Wishes(sample=sample)).document.markdown for sample in ((1, 2, 3, 4) if FULL else (1, 4))}
    assert len(texts) == (4 if FULL else 2)


@settings(max_examples=settings().max_examples // 8, phases=[Phase.explicit, Phase.generate])
@given(experiments(), st.data())
def test_random_experiments(data: dict[str, Any], more: st.DataObject) -> None:
    """Any step of any experiment, wherever its numbers go."""
    try:
        with np.errstate(all="ignore"):
            run = bprunner.run(read_declaration({**data, "trace": {}, "expect": []}).experiment)
    except InputError:  # a dataset that cannot be scaled
        reject()
    step = more.draw(st.integers(0, run.updates))
    wishes: dict[str, Any] = {"step": step, "digits": more.draw(st.sampled_from([None, 1, 3, 17]))}
    if step == run.updates and run.experiment.training.update_order == "sequential":
        with pytest.raises(InputError, match="has no update"):
            written(run, **wishes)
    else:
        written(run, **wishes, blank=more.draw(st.booleans()))


# What was wrong once


def test_where_nothing_is_trained_no_formulas_are_promised() -> None:
    data = doc()
    for layer in data["architecture"]["layers"]:
        layer["frozen"] = True
    markdown = written(run_of(data)).document.markdown
    assert "w_{1}^{+} &= w_{1} = 0.1" in markdown
    assert aligned([]) == ""


def test_a_case_that_is_a_sum_has_its_brackets() -> None:
    data = declared("tanh", "tanh", loss={"huber": {"threshold": 9}}, batches="online")
    run = run_of(data)
    document = explain_run(run, Wishes()).document
    assert re.search(r"\(-?0\.\d+ [+-] 0?\.?\d+\) \\cdot \(1 - ", document.markdown)
    assert Checker(document.markdown, run, 0).check().faults == []


def test_a_sum_over_what_is_negative_has_its_brackets() -> None:
    run = run_of(declared("tanh", "softmax", loss="cross_entropy"))
    markdown = explain_run(run, Wishes()).document.markdown
    assert r"\sum_{\text{samples}} (-" in markdown or r"\sum_{\text{samples}} \left(-" in markdown
    assert r"\sum_{\text{samples}} -" not in markdown


def test_many_digits_are_the_number_itself_only_where_they_are_all_of_them() -> None:
    """0.1 + 0.2 is 0.3 but for the noise of a double; a third is nothing that has an end."""
    assert at_digits(0.1 + 0.2, 6).is_exact
    assert at_digits(0.1 + 0.2, 15).is_exact
    assert not at_digits(1 / 3, 15).is_exact
    assert not at_digits(1 / 3, 13).is_exact
    assert at_digits(1 / 3, 17).is_exact


def test_numbers_of_different_size_are_added_exactly() -> None:
    """1e-30 and 0.02 are not 0.02, also in a matrix."""
    data = {**single(), "initial_weights": {"w1": 1e-40}}
    run = run_of(data)
    document = explain_run(run, Wishes()).document
    assert Checker(document.markdown, run, 0).check().faults == []


# Hostile texts

TEXTS = (
    "$x$ $$y$$",
    r"\input{/etc/passwd} \write18{id} \end{document}",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "**b** _i_ ~~s~~ ` `` ``` | # > - 1.",
    "](javascript:alert(1)) [a](javascript:alert(2)) ![a](http://example.org/x.png) <https://example.org>",
    "--> <!-- player --> <!-- code: setup --> ]]></style></svg></math></title></script>",
    "{{ 7*7 }} {% raw %} {# #} {0} {name}",
    "עברית عربى 漢字 😀 '\"&amp;&#60;",
    "x" * 200,
)
NAMES = (
    "__b__",
    "_i_",
    "名",
    "שלום",
    "constructor",
    "__proto__",
    "e",
    "f",
    "n" * 40,
    "toString",
    "hasOwnProperty",
    "m",
)


# In the gate several in one, as long as a name may be.
SOME = TEXTS if FULL else (" ".join(TEXTS[:4]), " ".join(TEXTS[4:8]), TEXTS[8])


def hostile(text: str) -> dict[str, Any]:
    data = doc()
    data |= {"name": text[:200], "title": text, "source": text}
    return data


def hostile_names() -> dict[str, Any]:
    data = xor(epochs=1)
    first, *rest = NAMES
    neurons = {"inputs": [first, rest[0]], "neurons": [rest[1:4], [rest[4]]]}
    weights = {"e": f"{first} -> {rest[1]}", "valueOf": f"{first} -> {rest[2]}", "_w_": f"{rest[3]} -> {rest[4]}"}
    data["architecture"]["naming"] = {**neurons, "weights": weights, "biases": {"m" * 40: rest[2]}}
    return data


class Elements(HTMLParser):
    """The elements of a page with the names of their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found[tag] += 1
        self.attributes |= {name for name, _ in attributes}
        self.addresses += [str(value) for name, value in attributes if name in ("href", "src", "xlink:href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.fixture(scope="module")
def tame() -> Elements:
    return Elements(html_page(written(run_of(hostile("harmless"))).document))


@pytest.mark.parametrize("text", SOME, ids=range(len(SOME)))
def test_an_authors_texts_are_texts(text: str, tame: Elements, tmp_path: Path) -> None:
    run = run_of(hostile(text))
    for explained in (written(run), written(run, blank=True)):
        for document in filter(None, (explained.document, explained.answers)):
            _assert_markdown_is_tame(files_of(document, ["markdown"]))
        page = Elements(html_page(explained.document))
        assert squeezed(text) in squeezed(page.text)
        assert page.attributes <= tame.attributes
        if explained.answers is None:
            assert page.found == tame.found
            assert page.addresses == tame.addresses
        else:
            answers = yaml.safe_load(explained.to_fill_in)
            assert answers["answers"][0]["step"] == 0
        paths = write_files(tmp_path / "here", files_of_document(explained, ["markdown", "html", "latex"]))
        assert {path.parent for path in paths} == {tmp_path / "here"}
        assert all(path.resolve().parent == (tmp_path / "here").resolve() for path in paths)


def _assert_markdown_is_tame(files: dict[str, bytes]) -> None:
    """As read by who knows HTML and links: there are none."""
    (text,) = (content.decode() for name, content in files.items() if name.endswith(".md"))
    assert "<!--" not in re.sub(r"<!-- code: \w+ -->", "", text)
    for token in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(text):
        assert token.type != "html_block", token.content
        for child in token.children or ():
            assert child.type not in ("html_inline", "link_open", "s_open"), (child.type, child.content, token.content)
            if child.type == "image":
                assert child.attrs["src"] in {*files} | {_quoted(name) for name in files}


def _quoted(name: str) -> str:
    from urllib.parse import quote

    return quote(name)


def test_names_of_neurons_weights_and_biases_are_texts(tmp_path: Path) -> None:
    run = run_of(hostile_names())
    names = run.experiment.architecture.names
    explained = written(run, weights=("e", "_w_", *names.biases))
    _assert_markdown_is_tame(files_of(explained.document, ["markdown"]))
    page = Elements(html_page(explained.document))
    for name in (*names.inputs, *names.neurons, *names.weights, *names.biases):
        assert name in page.text
    if FULL:
        compiled(latex_article(explained.document, is_strict=True), tmp_path)
    exercise = written(run, blank=True)
    answers = yaml.safe_load(exercise.to_fill_in)["answers"]
    assert {name for entry in answers for name in entry.get("gradient", {})} == {*names.weights, *names.biases}


def test_an_article_of_hostile_texts_compiles(tmp_path: Path) -> None:
    """All of them in one."""
    text = " ".join(TEXTS[:-1])
    run = run_of({**doc(), "title": text, "source": text})
    said = compiled(latex_article(explain_run(run, Wishes()).document, is_strict=True), tmp_path)
    assert "passwd" not in said
