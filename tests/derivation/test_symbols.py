"""Symbols are what authors call things, and hostile names stay text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
import sympy

import bprunner
from bprunner.derivation.network import Network
from bprunner.derivation.numbers import check_explainable, is_written_out, representatives
from bprunner.derivation.symbols import latex_name, latex_text
from bprunner.errors import InputError
from bprunner.spec.reading import read_declaration
from tests.training.declarations import doc, xor


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("w5", "w_{5}"),
        ("theta3", r"\theta_{3}"),
        ("theta", r"\theta"),
        ("w_12", "w_{12}"),
        ("out", r"\text{out}"),
        ("x", "x"),
        ("h1.2", r"h_{1.2}"),
        ("a_b", r"\text{a\_b}"),
        ("θ", r"\text{θ}"),
        (r"\input{x}", r"{\backslash\text{input\{x\}}}"),
        ("\\", r"{\backslash}"),
        ("$&%#~^`", r"\text{\$\&\%\#˜ˆ‘}"),
        ("a--b''``", r"\text{a-{}-b'{}'{}‘{}‘}"),
        ("a\x00\n\ud800b", r"\text{a   b}"),
        ("١", r"\text{١}"),
    ],
)
def test_names_in_latex(name: str, latex: str) -> None:
    assert latex_name(name) == latex


def test_any_name_is_a_text_to_who_reads_latex() -> None:
    """math-core refuses what is no mathematics, and gives the text back; several spaces are one."""
    import math_core

    shown = {"^": "ˆ", "~": "˜", "`": "‘", "'": "’", '"': "”", " ": "\xa0"}
    converter = math_core.LatexToMathML()
    for character in map(chr, range(32, 127)):
        for name in (f"{character}w", f"w{character}", f"a {character}{character}b", f"é{character}漢"):
            markup = converter.convert_with_local_state(latex_text(name), displaystyle=False)
            text = "".join(ElementTree.fromstring(markup.replace("&ApplyFunction;", "")).itertext())
            assert text == "".join(shown.get(each, each) for each in re.sub(" +", " ", name))


def test_a_name_that_is_a_formula_is_a_name() -> None:
    """`E`, `I` and `lambda` mean something to SymPy and Python, and nothing here."""
    data = doc()
    data["architecture"]["naming"] = {"weights": {"E": "i1 -> h1", "I": "i2 -> h1", "lambda": "i1 -> h2"}}
    data["initial_weights"] = {"zeros": None}
    network = Network(bprunner.run(data).experiment, False)
    formula = network.net_formula(0, 0)
    assert {str(symbol) for symbol in formula.free_symbols} == {"input.i1", "input.i2", "weight.E", "weight.I"}
    assert formula.has(sympy.Symbol("weight.E", real=True))


def test_the_documents_symbols_and_its_prediction() -> None:
    network = Network(read_declaration(doc()).experiment, False)
    text = sympy.sstr(network.predictions()[0], order="none")
    for symbol, named in network.symbols.named.items():
        text = text.replace(str(symbol), named.text)
    assert text == "(i1*w1 + i2*w2)*w5 + (i1*w3 + i2*w4)*w6"


def test_one_weight_of_each_layer_stands_for_the_others() -> None:
    assert representatives(read_declaration(doc()).experiment) == ("w6", "w1")


def test_how_much_is_written_out() -> None:
    data: dict[str, Any] = xor()
    assert is_written_out(read_declaration(data).experiment)
    data["architecture"]["layers"][0]["units"] = 17
    assert not is_written_out(read_declaration(data).experiment)


def test_what_nobody_can_follow_is_refused() -> None:
    data: dict[str, Any] = xor()
    data["architecture"]["layers"][0]["units"] = 10_000
    with pytest.raises(InputError, match=r"30,000 weights are too many(.|\n)*smaller network"):
        check_explainable(read_declaration(data).experiment)


def test_a_step_without_a_derivative_is_refused() -> None:
    data: dict[str, Any] = xor(epochs=0)
    data["architecture"]["layers"][0]["activation"] = "step"
    with pytest.raises(InputError, match="derivative"):
        check_explainable(read_declaration(data).experiment)
