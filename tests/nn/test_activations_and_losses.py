"""Formulas at values that come from elsewhere: Python's decimal and fractions, at fifty digits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest

from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.arrays import Array
from bprunner.nn.losses import LOSSES

NETS = ["-750", "-40", "-2.5", "-1", "-0.001", "0", "1e-9", "0.3775", "1", "2.5", "12.75", "40", "700"]
ULP = 2.0**-52
SLOPE = 0.125


def exactly(f: Callable[[Decimal], Decimal], net: str) -> float:
    """A function of a double, computed with fifty digits and rounded once."""
    with localcontext() as context:
        context.prec = 50
        return float(f(Decimal(float(net))))


def _tanh(x: Decimal) -> Decimal:
    if x == 0:
        return x
    with localcontext() as context:
        context.prec = 400  # e^700 has 304 digits before the point, and 1 has to be seen beside it
        return ((2 * x).exp() - 1) / ((2 * x).exp() + 1)


def _slope_of_tanh(x: Decimal) -> Decimal:
    with localcontext() as context:
        context.prec = 1300
        return 1 - _tanh_far(x) ** 2


def _tanh_far(x: Decimal) -> Decimal:
    return ((2 * x).exp() - 1) / ((2 * x).exp() + 1)


ONE = Decimal(1)
F: Mapping[str, Callable[[Decimal], Decimal]] = {
    "linear": lambda x: x,
    "sigmoid": lambda x: ONE / (ONE + (-x).exp()),
    "tanh": _tanh,
    "relu": lambda x: max(x, Decimal(0)),
    "leaky_relu": lambda x: x if x > 0 else Decimal(SLOPE) * x,
}
DF: Mapping[str, Callable[[Decimal], Decimal]] = {
    "linear": lambda _: ONE,
    "sigmoid": lambda x: (-x).exp() / (ONE + (-x).exp()) ** 2,
    "tanh": _slope_of_tanh,
    "relu": lambda x: Decimal(int(x > 0)),
    "leaky_relu": lambda x: ONE if x > 0 else Decimal(SLOPE),
}


def own(kind: str) -> dict[str, Array]:
    return {"slope": np.full((1, 1, 1), SLOPE)} if kind == "leaky_relu" else {}


def cells(*numbers: float) -> Array:
    """Numbers as (1, 1, units)."""
    return np.array(numbers, dtype=np.float64).reshape(1, 1, -1)


def test_every_activation_is_checked_here() -> None:
    assert set(F) == set(DF) == set(ACTIVATIONS)


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("kind", sorted(F))
def test_activation(kind: str, net: str) -> None:
    with np.errstate(over="ignore"):
        value = ACTIVATIONS[kind].f(cells(float(net)), own(kind))[0, 0, 0]
    assert value == pytest.approx(exactly(F[kind], net), rel=4 * ULP, abs=1e-300)


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("kind", sorted(F))
def test_pullback_is_the_derivative_times_what_comes_back(kind: str, net: str) -> None:
    """1 − out² and out · (1 − out) lose digits where out is near 1: what is left is right to a bit of 1."""
    x = cells(float(net))
    with np.errstate(over="ignore"):
        out = ACTIVATIONS[kind].f(x, own(kind))
    pulled = ACTIVATIONS[kind].pullback(cells(3.0), x, out, own(kind))[0, 0, 0]
    assert pulled == pytest.approx(3.0 * exactly(DF[kind], net), rel=8 * ULP, abs=8 * ULP)


def test_known_values_from_tables() -> None:
    """Abramowitz and Stegun, table 4.15 for tanh; 1 / (1 + e) for the sigmoid."""
    assert ACTIVATIONS["tanh"].f(cells(0.5), {})[0, 0, 0] == pytest.approx(0.46211715726000975, rel=1e-15)
    assert ACTIVATIONS["tanh"].f(cells(1.0), {})[0, 0, 0] == pytest.approx(0.7615941559557649, rel=1e-15)
    assert ACTIVATIONS["sigmoid"].f(cells(-1.0), {})[0, 0, 0] == pytest.approx(0.2689414213699951, rel=1e-15)
    assert ACTIVATIONS["sigmoid"].f(cells(0.0), {})[0, 0, 0] == 0.5


@pytest.mark.parametrize("kind", sorted(F))
def test_infinities_and_nan_are_values(kind: str) -> None:
    with np.errstate(all="ignore"):
        low, high, nan = ACTIVATIONS[kind].f(cells(-np.inf, np.inf, np.nan), own(kind))[0, 0]
    limits = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, np.inf)}
    assert (low, high) == limits.get(kind, (-np.inf, np.inf))
    assert np.isnan(nan)


def test_at_a_kink_the_negative_side_counts() -> None:
    zero, one = cells(0.0), cells(1.0)
    assert ACTIVATIONS["relu"].pullback(one, zero, zero, {})[0, 0, 0] == 0.0
    assert ACTIVATIONS["leaky_relu"].pullback(one, zero, zero, own("leaky_relu"))[0, 0, 0] == SLOPE


def test_each_run_has_its_own_slope() -> None:
    slopes = np.array([0.5, 0.25]).reshape(2, 1, 1)
    net = np.full((2, 1, 1), -8.0)
    assert ACTIVATIONS["leaky_relu"].f(net, {"slope": slopes}).ravel().tolist() == [-4.0, -2.0]


# Losses, on two samples of two outputs

PREDICTION = [["0.5", "-1.25"], ["2", "0.75"]]
TARGET = [["1", "0.25"], ["-1", "0.5"]]
FACTORS = {
    "half_squared_error": Fraction(1, 2),
    "squared_error": Fraction(1),
    "mean_squared_error": Fraction(1, 4),
}


def fractions(rows: list[list[str]]) -> list[Fraction]:
    return [Fraction(text) for row in rows for text in row]


def test_every_loss_is_checked_here() -> None:
    assert set(FACTORS) == set(LOSSES)


@pytest.mark.parametrize("loss", sorted(FACTORS))
def test_loss_by_fractions(loss: str) -> None:
    """The numbers are quarters, so that doubles hold every one of them exactly."""
    p, t = np.array([PREDICTION], dtype=np.float64), np.array([TARGET], dtype=np.float64)
    differences = [a - b for a, b in zip(fractions(PREDICTION), fractions(TARGET), strict=True)]
    value = LOSSES[loss].value(p, t)
    assert value.shape == (1, 1, 1)
    assert Fraction(float(value[0, 0, 0])) == FACTORS[loss] * sum(d * d for d in differences)
    gradient = LOSSES[loss].gradient(p, t)
    assert gradient.shape == p.shape
    assert [Fraction(float(g)) for g in gradient.ravel()] == [2 * FACTORS[loss] * d for d in differences]


@pytest.mark.parametrize("loss", sorted(FACTORS))
def test_loss_of_several_runs_with_one_target(loss: str) -> None:
    p = np.array([[[1.0, 2.0]], [[3.0, 5.0]]])
    t = np.array([[[1.0, 1.0]]])
    half = {"half_squared_error": [0.5, 10.0], "squared_error": [1.0, 20.0], "mean_squared_error": [0.5, 10.0]}
    assert LOSSES[loss].value(p, t).ravel().tolist() == half[loss]
