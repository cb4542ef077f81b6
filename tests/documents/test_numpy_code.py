"""Formulas and numbers as NumPy code: read back, they are what they were."""

from __future__ import annotations

import ast
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from bprunner.derivation.formulas import ACTIVATIONS, LOSSES
from bprunner.derivation.products import product, total
from bprunner.documents.numpy_code import (
    WIDE,
    CodeWriter,
    array_text,
    comment,
    filled,
    name_text,
    names_text,
    nested,
    quoted,
)
from tests.documents.documents import HOSTILE

x, y, z = sympy.symbols("x y z", real=True)
VARIABLES = {x: "X1", y: "T", z: "z"}


def text(expression: Any, **more: Any) -> str:
    return CodeWriter(VARIABLES, **more).text(expression)


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        (1 / (1 + sympy.exp(-x)), "1 / (1 + np.exp(-X1))"),
        (sympy.Rational(1, 2) * (x - y) ** 2, "(X1 - T)**2 / 2"),
        (product(sympy.Integer(-1), x, y), "-X1 * T"),
        (product(sympy.Float(0.1), x, 1 / y), "0.1 * X1 / T"),
        (product(x, 1 / y, 1 / z), "X1 / (T * z)"),
        (product(total([x, y]), z), "(X1 + T) * z"),
        (total([x, -y, product(sympy.Integer(-1), z, x)]), "X1 - T - z * X1"),
        (total([x, total([y, z])]), "X1 + (T + z)"),
        (sympy.sqrt(x), "np.sqrt(X1)"),
        (1 / total([sympy.sqrt(x), sympy.Float(1e-8)]), "1 / (np.sqrt(X1) + 1e-08)"),
        (sympy.Float(0.9) ** z, "0.9**z"),
        (1 - sympy.Float(0.9) ** z, "1 - 0.9**z"),
        ((-x) ** 2 * 3, "3 * X1**2"),
        (sympy.Pow(product(sympy.Integer(-1), x), 3, evaluate=False), "(-X1)**3"),
        (sympy.Piecewise((x, x > 0), (0, True)), "np.where(X1 > 0, X1, 0)"),
        (sympy.Piecewise((sympy.sign(x), sympy.Ne(x, 0)), (0, True)), "np.sign(X1)"),
        (sympy.Integer(-2) * x, "-2 * X1"),
        (sympy.Rational(1, 3), "1 / 3"),
        (sympy.Rational(1, 2), "0.5"),
        (sympy.Float(0.1), "0.1"),
    ],
    ids=str,
)
def test_formulas_are_written_as_a_person_writes_them(formula: Any, written: str) -> None:
    assert text(formula) == written


def test_decimals_are_never_mixed_with_floats() -> None:
    assert text(sympy.Float(0.01) * x, decimal=True) == 'Decimal("0.01") * X1'
    assert text(sympy.Rational(1, 2) * x, decimal=True) == "X1 / 2"
    assert text(sympy.Rational(1, 2) + x, decimal=True) == "Decimal(1) / 2 + X1"
    assert text(sympy.log(1 + sympy.tanh(x)), decimal=True) == "ln(1 + tanh(X1))"


def test_what_may_be_0_is_guarded_and_what_may_overflow_is_not_computed() -> None:
    guarded = frozenset({x, 1 - x})
    assert text(y * sympy.log(x), guarded=guarded) == "T * np.log(np.where(X1 == 0, 1, X1))"
    assert text(y / (1 - x), guarded=guarded) == "T / np.where(1 - X1 == 0, 1, 1 - X1)"
    assert text(sympy.log(1 + sympy.exp(x)), is_extreme=True) == "np.logaddexp(0, X1)"
    assert text(sympy.log(1 + sympy.exp(x))) == "np.log(1 + np.exp(X1))"


def test_a_sum_over_neurons_has_its_own_words() -> None:
    sums = {frozenset({sympy.exp(x), sympy.exp(y)}): "np.sum(np.exp(X1), axis=1)"}
    assert text(sympy.exp(x) / (sympy.exp(x) + sympy.exp(y)), sums=sums) == "np.exp(X1) / np.sum(np.exp(X1), axis=1)"


def test_a_symbol_without_a_variable_is_an_error() -> None:
    with pytest.raises(KeyError):
        text(sympy.Symbol("__import__('os')"))


VALUES = [-2.5, -1.0, -0.3, 0.0, 0.4, 1.0, 3.0]
OWN = {"slope": 0.7, "height": 1.3, "alpha": 1.2, "low": -1.0, "derivative": 0.5, "width": 0.9}


@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_every_activation_is_its_formula(kind: str) -> None:
    """And its slope: as SymPy computes them."""
    out = sympy.Symbol("out", real=True)
    formula = ACTIVATIONS[kind]
    for value in VALUES:
        f = formula.f(x, OWN)
        found = value_of(f, X1=value)
        assert found == pytest.approx(float(f.subs(x, value)), rel=1e-14, abs=1e-15)
        slope = formula.slope(x, out, OWN)
        written = CodeWriter({x: "X1", out: "out"}).text(slope)
        at = {x: value, out: f.subs(x, value)}
        expected = float(slope.subs(at) if hasattr(slope, "subs") else slope)
        assert eval_of(written, X1=value, out=found) == pytest.approx(expected, rel=1e-13, abs=1e-14)


@pytest.mark.parametrize("kind", sorted(LOSSES))
def test_every_loss_is_its_formula(kind: str) -> None:
    own = {"threshold": 0.5, "margin": 1.0}
    for p in (0.1, 0.5, 0.9):
        for t in (0.2, 1.0):
            for formula in (LOSSES[kind].term(x, y, own), LOSSES[kind].slope(x, y, own)):
                found = value_of(formula, X1=p, T=t)
                assert found == pytest.approx(float(formula.subs({x: p, y: t})), rel=1e-14, abs=1e-15)


def value_of(formula: Any, **variables: float) -> float:
    return eval_of(text(formula), **variables)


def eval_of(written: str, **variables: float) -> float:
    known = {"np": np, "erf": math.erf, **{name: np.float64(value) for name, value in variables.items()}}
    return float(eval(written, known))


# Numbers


FLOATS = st.floats(allow_subnormal=True)


@given(arrays(np.float64, array_shapes(max_dims=2, max_side=9), elements=FLOATS))
def test_numbers_are_read_back_to_the_last_bit(values: Any) -> None:
    written = array_text(values)
    found = eval(written, {"np": np})
    assert found.dtype == np.float64
    assert found.shape == values.shape
    assert np.array_equal(np.where(np.isnan(found), 0, found), np.where(np.isnan(values), 0, values))
    assert np.array_equal(np.isnan(found), np.isnan(values))
    assert max(map(len, written.split("\n"))) <= WIDE + 20


@given(arrays(np.float64, array_shapes(max_dims=2, max_side=4), elements=st.floats(-1e9, 1e9)))
def test_decimals_are_read_back_as_they_are_written(values: Any) -> None:
    made = np.vectorize(Decimal, otypes=[object])
    found = eval(array_text(values, True), {"decimals": made})
    assert [repr(float(each)) for each in found.flat] == [repr(float(each)) for each in values.flat]


def test_many_whole_numbers_are_short() -> None:
    written = array_text(np.arange(80.0).reshape(8, 10))
    assert written.endswith("], dtype=float)")
    assert "79" in written
    assert "79.0" not in written


def test_long_lists_go_over_several_lines() -> None:
    assert nested(np.array([[1.0, 2.0], [3.0, 4.0]])) == "[[1.0, 2.0], [3.0, 4.0]]"
    assert nested(np.array([[1.0, 2.0], [3.0, 4.0]]), wide=20) == "[\n    [1.0, 2.0],\n    [3.0, 4.0],\n]"
    lines = filled(["0.123456789"] * 20).split("\n")
    assert len(lines) == 3
    assert max(map(len, lines)) <= WIDE + 2


# Texts


@given(st.text() | st.sampled_from(HOSTILE))
def test_any_text_is_one_comment_or_one_string(content: str) -> None:
    for line in (comment(content), comment(name_text(content)), comment(names_text([content] * 20))):
        assert "\n" not in line
        assert all(each.isprintable() for each in line)
        assert ast.dump(ast.parse(line)) == ast.dump(ast.parse(""))
    assert ast.literal_eval(quoted(content)) == content
