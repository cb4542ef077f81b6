"""Expressions, printed numbers and names."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.spec.expressions import parse
from bprunner.spec.naming import Names, counted, shortened
from bprunner.spec.printed import Printed
from bprunner.spec.problems import did_you_mean, dotted, nearest
from tests.spec.examples import loaded

# Expressions


def test_a_product_of_quantities() -> None:
    expression = parse("learning_rate * delta.o1 * out.h1 - weight.w1")
    assert expression.names == ("learning_rate", "delta.o1", "out.h1", "weight.w1")
    assert expression.evaluate({"learning_rate": 0.5, "delta.o1": -2, "out.h1": 3, "weight.w1": 1}) == -4


def test_neurons_of_deep_networks_and_aliases_keep_apart() -> None:
    expression = parse("out.h1.2 * name0 + out.h1.10 * 1.5")
    assert expression.names == ("out.h1.2", "name0", "out.h1.10")
    assert expression.evaluate({"out.h1.2": 2, "name0": 10, "out.h1.10": 4}) == 26


@pytest.mark.parametrize("text", ["1 / x", "x ** -1", "(0 - 8) ** 0.5", "10.0 ** 400", "9**9**9**9"])
def test_what_has_no_value_is_nan(text: str) -> None:
    assert math.isnan(parse(text).evaluate({"x": 0.0}))


def test_functions_of_expressions() -> None:
    expression = parse("sqrt(2 * error) + abs ( out.h1 ) * exp(0) - ln(exp(weight.w1)) + sin(0) * cos(0)")
    assert expression.names == ("error", "out.h1", "weight.w1")
    assert expression.evaluate({"error": 8, "out.h1": -3, "weight.w1": 0.5}) == 4 + 3 - 0.5
    # A name that is called like a function, where nothing is called.
    assert parse("out.exp + exp(0)").evaluate({"out.exp": 2}) == 3
    assert parse("exp + exp(exp)").names == ("exp",)
    assert parse("exp + exp(exp)").evaluate({"exp": 0}) == 1
    for text in ("sqrt(0 - 1)", "ln(0)", "exp(1000)"):
        assert math.isnan(parse(text).evaluate({})), text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("log(x)", "calls `log`, and there is no such function; there are abs, cos, exp, ln, sin, sqrt"),
        ("np.exp(x)", "calls `np.exp`"),
        ("sqrt()", "is no arithmetic|may use only"),
        ("sqrt(x)(x)", "may use only"),
        ("2(x)", "may use only"),
        ("sqrt(*x)", "may use only"),
        ("sqrt(**x)", "may use only"),
        ("exp(" * 60 + "1" + ")" * 60, "nested too deeply"),
    ],
)
def test_what_cannot_be_called(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(text)


OPERANDS = st.recursive(
    st.integers(0, 9).map(str),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda parts: f"({' '.join(parts)})"),
    max_leaves=12,
)


@given(OPERANDS)
def test_whole_numbers_are_computed_as_fractions_are(text: str) -> None:
    value = eval(text, {}, {})
    assert Fraction(parse(text).evaluate({})) == value


@given(st.text(max_size=40))
def test_any_text_is_an_expression_or_a_sentence(text: str) -> None:
    try:
        expression = parse(text)
    except ValueError as error:
        assert str(error)  # noqa: PT017
        return
    expression.evaluate(dict.fromkeys(expression.names, 1.0))


@pytest.mark.parametrize("text", ["x" * 1001, "-" * 300 + "1", "(" * 300 + "1" + ")" * 300, "+".join("1" * 400)])
def test_monsters_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"longer|deeply|no arithmetic"):
        parse(text)


# Printed numbers


@pytest.mark.parametrize(
    ("text", "decimals", "shown"),
    [
        ("0.20", 2, "0.20"), ("0.2", 1, "0.2"), ("12", 0, "12"), ("12.", 0, "12"), ("1.2e5", 0, "1.2e5"),
        ("1e-7", 7, "0.0000001"), (".5", 1, "0.5"), ("-0.50", 2, "-0.50"), ("1.0e-300", 301, "1.0e-300"),
        ("0x1F", 0, "31"),
    ],
)  # fmt: skip
def test_digits_are_kept(text: str, decimals: int, shown: str) -> None:
    printed = Printed.read(loaded(f"a: {text}")["a"])
    assert printed.decimals == decimals
    assert str(printed) == shown


@given(st.decimals(allow_nan=False, allow_infinity=False, places=None).filter(lambda d: abs(d.adjusted()) < 300))
def test_what_is_written_is_read_back(number: Decimal) -> None:
    text = str(Printed.read(number))
    again = Printed.read(loaded(f"a: {text}")["a"])
    assert again.number.as_tuple()[1:] == number.as_tuple()[1:] or abs(number.as_tuple().exponent) > 350  # type: ignore[arg-type]
    assert again.number == number


# Names

DEEP = Names((2, 3, 2, 1), ("unit", "none", "unit"))


def test_names_go_by_receiver_then_sender_layer_after_layer() -> None:
    assert DEEP.layers == (("h1.1", "h1.2", "h1.3"), ("h2.1", "h2.2"), ("o1",))
    assert DEEP.describe("w2") == "i2 → h1.1"
    assert DEEP.describe("w3") == "i1 → h1.2"
    assert DEEP.describe("w7") == "h1.1 → h2.1"
    assert DEEP.describe("w13") == "h2.1 → o1"
    assert list(DEEP.biases) == ["b1", "b2", "b3", "b4"]
    assert DEEP.describe("b4") == "the bias of o1"


def test_every_place_has_one_name() -> None:
    assert len(set(DEEP.weights.values())) == len(DEEP.weights) == 2 * 3 + 3 * 2 + 2 * 1


def test_words_for_messages() -> None:
    assert counted(1, "row") == "1 row"
    assert counted(2000, "matrix", "matrices") == "2,000 matrices"
    assert shortened(list("abcdefgh"), 4) == "a, b, … h"
    assert nearest("Sigmiod", ["linear", "sigmoid"]) == "sigmoid"
    assert nearest("zzz", ["linear"]) == ""
    assert did_you_mean("zzz", ["linear"]) == "possible here: `linear`"
    assert dotted(("expect", 0, "values", "a\nb")) == "expect[0].values.a b"
