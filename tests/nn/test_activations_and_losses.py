"""Formulas at values that come from elsewhere: Python's decimal and fractions, at fifty digits and more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.arrays import Array
from bprunner.nn.losses import LOSSES, Objective, Reduction, objective
from tests.nn.population_law import MANY, assert_alone_as_in_any_population

NETS = ["-750", "-40", "-6.5", "-2.5", "-1", "-0.001", "0", "1e-9", "0.3775", "1", "2.5", "12.75", "40", "700"]
ULP = 2.0**-52
SLOPE, ALPHA, WIDTH, DERIVATIVE = 0.125, 1.75, 24.0, 0.375


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


def _softplus(x: Decimal) -> Decimal:
    with localcontext() as context:
        context.prec = 400
        return (1 + x.exp()).ln()


def _logistic(x: Decimal) -> Decimal:
    return ONE / (ONE + (-x).exp())


ONE = Decimal(1)
PI = Decimal(
    "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798214"
)


def _normal_distribution(x: Decimal) -> Decimal:
    """½ + e^(−x²/2) / √(2π) · (x + x³/3 + x⁵/(3·5) + …), as Marsaglia sums it; 0 or 1 far from the middle."""
    if abs(x) > 15:
        return Decimal(int(x > 0))
    with localcontext() as context:
        context.prec = 100
        term, total, n = x, Decimal(0), 1
        while abs(term) > Decimal("1e-110"):
            total += term
            n += 2
            term *= x * x / n
        return ONE / 2 + (-x * x / 2).exp() / (2 * PI).sqrt() * total


def _normal_density(x: Decimal) -> Decimal:
    return (-x * x / 2).exp() / (2 * PI).sqrt()


def _tanh_share(x: Decimal) -> Decimal:
    """½ (1 + tanh u) = 1 / (1 + e^−2u)."""
    if abs(x) > 100:
        return Decimal(int(x > 0))
    return _logistic(2 * (2 / PI).sqrt() * (x + Decimal("0.044715") * x**3))


def _slope_of_gelu_tanh(x: Decimal) -> Decimal:
    s = _tanh_share(x)
    return s + x * s * (1 - s) * 2 * (2 / PI).sqrt() * (1 + 3 * Decimal("0.044715") * x * x)


TWICE_SQUARE = 2 * Decimal(WIDTH) ** 2
F: Mapping[str, Callable[[Decimal], Decimal]] = {
    "linear": lambda x: x,
    "sigmoid": _logistic,
    "tanh": _tanh,
    "relu": lambda x: max(x, Decimal(0)),
    "leaky_relu": lambda x: x if x > 0 else Decimal(SLOPE) * x,
    "elu": lambda x: x if x > 0 else Decimal(ALPHA) * (x.exp() - 1),
    "softplus": _softplus,
    "gelu": lambda x: x * _normal_distribution(x),
    "gelu_tanh": lambda x: x * _tanh_share(x),
    "step": lambda x: Decimal(int(x >= 0)),
    "gaussian": lambda x: (-x / TWICE_SQUARE).exp(),
}
DF: Mapping[str, Callable[[Decimal], Decimal]] = {
    "linear": lambda _: ONE,
    "sigmoid": lambda x: (-x).exp() / (ONE + (-x).exp()) ** 2,
    "tanh": _slope_of_tanh,
    "relu": lambda x: Decimal(int(x > 0)),
    "leaky_relu": lambda x: ONE if x > 0 else Decimal(SLOPE),
    "elu": lambda x: ONE if x > 0 else Decimal(ALPHA) * x.exp(),
    "softplus": _logistic,
    "gelu": lambda x: _normal_distribution(x) + x * _normal_density(x),
    "gelu_tanh": _slope_of_gelu_tanh,
    "step": lambda _: Decimal(DERIVATIVE),
    "gaussian": lambda x: -(-x / TWICE_SQUARE).exp() / TWICE_SQUARE,
}
# Those that lose nothing where they are small: right to a few bits of their own, down to the smallest doubles.
SMALL_TOO = {"sigmoid", "elu", "softplus", "gelu", "gelu_tanh", "gaussian"}
# e^x of a large x has the error of x, and these multiply x up before they take it: 6.5³, and x²/2.
BITS = {"gelu": 64, "gelu_tanh": 64}

OWN: Mapping[str, Mapping[str, float]] = {
    "leaky_relu": {"slope": SLOPE},
    "elu": {"alpha": ALPHA},
    "step": {"derivative": DERIVATIVE},
    "gaussian": {"width": WIDTH},
}


def own(kind: str) -> dict[str, Array]:
    return {name: np.full((1, 1, 1), value) for name, value in OWN.get(kind, {}).items()}


def cells(*numbers: float) -> Array:
    """Numbers as (1, 1, units)."""
    return np.array(numbers, dtype=np.float64).reshape(1, 1, -1)


def test_every_activation_is_checked_here() -> None:
    assert set(F) == set(DF) == set(ACTIVATIONS) - {"softmax"}


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("kind", sorted(F))
def test_activation(kind: str, net: str) -> None:
    with np.errstate(over="ignore", under="ignore"):
        value = ACTIVATIONS[kind].f(cells(float(net)), own(kind))[0, 0, 0]
    assert value == pytest.approx(exactly(F[kind], net), rel=BITS.get(kind, 4) * ULP, abs=1e-300)


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("kind", sorted(F))
def test_pullback_is_the_derivative_times_what_comes_back(kind: str, net: str) -> None:
    """1 − out² and out · (1 − out) lose digits where out is near 1: what is left is right to a bit of 1."""
    x = cells(float(net))
    with np.errstate(over="ignore", under="ignore"):
        out = ACTIVATIONS[kind].f(x, own(kind))
        pulled = ACTIVATIONS[kind].pullback(cells(3.0), x, out, own(kind))[0, 0, 0]
    assert pulled == pytest.approx(3.0 * exactly(DF[kind], net), rel=8 * ULP, abs=8 * ULP)


@pytest.mark.parametrize("kind", ["elu", "softplus", "gaussian"])
@pytest.mark.parametrize("net", ["-40", "-6.5", "-1", "12.75"])
def test_slopes_that_keep_their_digits_where_they_are_small(kind: str, net: str) -> None:
    x = cells(float(net))
    pulled = ACTIVATIONS[kind].pullback(cells(1.0), x, ACTIVATIONS[kind].f(x, own(kind)), own(kind))[0, 0, 0]
    assert pulled == pytest.approx(exactly(DF[kind], net), rel=8 * ULP, abs=0.0)


def test_known_values_from_tables() -> None:
    """Abramowitz and Stegun: table 4.15 for tanh, 26.1 for Φ; 1 / (1 + e) for the sigmoid; ln 2 for softplus."""
    assert ACTIVATIONS["tanh"].f(cells(0.5), {})[0, 0, 0] == pytest.approx(0.46211715726000975, rel=1e-15)
    assert ACTIVATIONS["tanh"].f(cells(1.0), {})[0, 0, 0] == pytest.approx(0.7615941559557649, rel=1e-15)
    assert ACTIVATIONS["sigmoid"].f(cells(-1.0), {})[0, 0, 0] == pytest.approx(0.2689414213699951, rel=1e-15)
    assert ACTIVATIONS["sigmoid"].f(cells(0.0), {})[0, 0, 0] == 0.5
    assert ACTIVATIONS["gelu"].f(cells(1.0), {})[0, 0, 0] == pytest.approx(0.841344746068543, rel=1e-15)
    assert ACTIVATIONS["softplus"].f(cells(0.0), {})[0, 0, 0] == pytest.approx(0.6931471805599453, rel=1e-15)


LIMITS = {
    "sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, np.inf),
    "elu": (-ALPHA, np.inf),
    "softplus": (0.0, np.inf),
    "gelu": (0.0, np.inf),
    "gelu_tanh": (0.0, np.inf),
    "step": (0.0, 1.0),
    "gaussian": (np.inf, 0.0),
}


@pytest.mark.parametrize("kind", sorted(F))
def test_infinities_and_nan_are_values(kind: str) -> None:
    with np.errstate(all="ignore"):
        low, high, nan = ACTIVATIONS[kind].f(cells(-np.inf, np.inf, np.nan), own(kind))[0, 0]
    assert (low, high) == LIMITS.get(kind, (-np.inf, np.inf))
    assert np.isnan(nan)


@pytest.mark.parametrize("kind", ["elu", "softplus", "gelu", "gelu_tanh", "softmax"])
def test_slopes_far_out_are_no_nan(kind: str) -> None:
    x = cells(-1e200, -800.0, 800.0, 1e200)
    with np.errstate(all="ignore"):
        out = ACTIVATIONS[kind].f(x, own(kind))
        pulled = ACTIVATIONS[kind].pullback(cells(1.0, 1.0, 1.0, 1.0), x, out, own(kind))
    assert pulled.ravel().tolist() == ([0.0] * 4 if kind == "softmax" else [0.0, 0.0, 1.0, 1.0])


@pytest.mark.parametrize("kind", ["elu", "softplus", "gelu", "gelu_tanh"])
def test_slopes_at_infinity_are_their_limits(kind: str) -> None:
    x = cells(-np.inf, np.inf)
    with np.errstate(all="ignore"):
        out = ACTIVATIONS[kind].f(x, own(kind))
        assert ACTIVATIONS[kind].pullback(cells(1.0, 1.0), x, out, own(kind)).ravel().tolist() == [0.0, 1.0]


def test_at_a_kink_the_negative_side_counts() -> None:
    zero, one = cells(0.0), cells(1.0)
    for kind, slope in (("relu", 0.0), ("leaky_relu", SLOPE), ("elu", ALPHA)):
        out = ACTIVATIONS[kind].f(zero, own(kind))
        assert ACTIVATIONS[kind].pullback(one, zero, out, own(kind))[0, 0, 0] == slope
        assert ACTIVATIONS[kind].kinks == (0.0,)


def test_a_step_is_one_at_zero_and_has_the_slope_that_is_declared() -> None:
    step = ACTIVATIONS["step"]
    assert step.f(cells(-0.0, 0.0, -5e-324), {}).ravel().tolist() == [1.0, 1.0, 0.0]
    assert step.kinks == (0.0,)
    assert [kind for kind in ACTIVATIONS if ACTIVATIONS[kind].declared] == ["step"]


def test_a_step_may_be_a_sign_and_may_be_low_at_zero() -> None:
    step, net = ACTIVATIONS["step"].f, cells(-2.0, -0.0, 0.0, 5e-324, np.nan)
    low = np.full((1, 1, 1), -1.0)
    assert step(net, {"low": low}).ravel().tolist()[:4] == [-1.0, 1.0, 1.0, 1.0]
    assert step(net, {"low": low, "at_zero": "low"}).ravel().tolist()[:4] == [-1.0, -1.0, -1.0, 1.0]
    assert np.isnan(step(net, {"low": low, "at_zero": "low"})[0, 0, 4])


@pytest.mark.parametrize("net", ["-3", "-0.25", "0", "0.5", "2.75"])
def test_slopes_and_heights(net: str) -> None:
    """The functions without them, of slope · net, times the height; the derivatives by the chain rule."""
    x, (slope, height) = Decimal(net), (Decimal("0.75"), Decimal("1.5"))
    told = {"slope": np.full((1, 1, 1), 0.75), "height": np.full((1, 1, 1), 1.5)}
    for kind, own_height in (("sigmoid", ONE), ("tanh", ONE), ("tanh", height)):
        numbers = told if own_height != ONE else {"slope": told["slope"]}
        out = ACTIVATIONS[kind].f(cells(float(net)), numbers)
        assert out.item() == pytest.approx(float(own_height * F[kind](slope * x)), rel=4 * ULP, abs=1e-300)
        pulled = ACTIVATIONS[kind].pullback(cells(3.0), cells(float(net)), out, numbers).item()
        assert pulled == pytest.approx(float(3 * own_height * slope * DF[kind](slope * x)), rel=1e-14)


def test_a_bipolar_sigmoid_is_a_tanh_of_half_the_net_input() -> None:
    """2 / (1 + e^-net) − 1, of Zurada and of Fausett."""
    net = cells(-2.0, 0.3, 1.0)
    found = ACTIVATIONS["tanh"].f(net, {"slope": np.full((1, 1, 1), 0.5)})
    np.testing.assert_allclose(found, 2.0 / (1.0 + np.exp(-net)) - 1.0, rtol=1e-14)


def test_each_run_has_its_own_slope() -> None:
    slopes = np.array([0.5, 0.25]).reshape(2, 1, 1)
    net = np.full((2, 1, 1), -8.0)
    assert ACTIVATIONS["leaky_relu"].f(net, {"slope": slopes}).ravel().tolist() == [-4.0, -2.0]


# Softmax: two samples of three units

ROWS = [["-0.5", "1.25", "2"], ["800", "801.5", "-3"]]
BACK = [["1", "-2", "0.5"], ["0.25", "3", "-1"]]


def exact_softmax(row: list[str]) -> list[Decimal]:
    powers = [Decimal(text).exp() for text in row]
    return [power / sum(powers) for power in powers]


def test_softmax() -> None:
    with localcontext() as context:
        context.prec = 50
        expected = [[float(each) for each in exact_softmax(row)] for row in ROWS]
    out = ACTIVATIONS["softmax"].f(np.array([ROWS], dtype=np.float64), {})
    np.testing.assert_allclose(out, [expected], rtol=8 * ULP, atol=1e-300)
    assert ACTIVATIONS["softmax"].f(cells(-7.0), {}).ravel().tolist() == [1.0]


def test_the_pullback_of_softmax_is_its_jacobian() -> None:
    """∂out_j/∂net_i = out_j (δ_ij − out_i), all of them, by sums of decimals."""
    net, g = np.array([ROWS], dtype=np.float64), np.array([BACK], dtype=np.float64)
    with localcontext() as context:
        context.prec = 50
        expected = [
            [
                float(sum(Decimal(back[j]) * out[j] * (int(i == j) - out[i]) for j in range(3)))
                for i in range(3)
            ]
            for out, back in zip(map(exact_softmax, ROWS), BACK, strict=True)
        ]  # fmt: skip
    softmax = ACTIVATIONS["softmax"]
    np.testing.assert_allclose(softmax.pullback(g, net, softmax.f(net, {}), {}), [expected], rtol=1e-14, atol=1e-300)


# The law of the population


# Sums of so many terms have other bits in another order, and NumPy's own follow the order of memory.
LONG = 12


def drawn(seed: int, shape: tuple[int, ...]) -> Array:
    """Numbers of every size, some of them special."""
    generator = np.random.default_rng(seed)
    numbers = generator.normal(size=shape) * generator.choice([1e-9, 0.3, 1.0, 10.0, 300.0, 1e4], shape)
    special = generator.choice([0.0, -0.0, 1.0, np.inf, -np.inf, np.nan], shape)
    return np.where(generator.random(shape) < 0.05, special, numbers)


@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_an_activation_gives_a_run_the_same_bits_in_any_population(kind: str) -> None:
    names = sorted(OWN.get(kind, {}))
    numbers = [np.random.default_rng(7).uniform(0.1, 2.0, (MANY, 1, 1)) for _ in names]
    activation = ACTIVATIONS[kind]

    def forth(net: Array, *own_numbers: Array) -> Array:
        return activation.f(net, dict(zip(names, own_numbers, strict=True)))

    def back(g: Array, net: Array, *own_numbers: Array) -> Array:
        return activation.pullback(g, net, forth(net, *own_numbers), dict(zip(names, own_numbers, strict=True)))

    shape = (MANY, 2, LONG if kind == "softmax" else 3)
    assert_alone_as_in_any_population(forth, drawn(1, shape), *numbers)
    assert_alone_as_in_any_population(back, drawn(2, shape), drawn(1, shape), *numbers)


def test_the_law_is_seen_to_be_broken() -> None:
    """By a sum in the order of memory, by what looks at the neighbours, and by a remainder of a vector."""

    def summed(x: Array) -> Array:
        result: Array = np.sum(x, axis=(1, 2), keepdims=True)
        return result

    def looks_around(x: Array) -> Array:
        return x * (1.0 + np.max(x) * 1e-16)

    def remainder(x: Array) -> Array:
        result = x.copy()
        result[len(x) // 4 * 4 :] *= 1.0 + 2 * ULP
        return result

    values = np.random.default_rng(0).normal(size=(MANY, 5, 4))
    for faulty in (summed, looks_around, remainder):
        with pytest.raises(AssertionError):
            assert_alone_as_in_any_population(faulty, values)


# Losses of squares and distances, on two samples of two outputs

PREDICTION = [["0.5", "-1.25"], ["2", "0.75"]]
TARGET = [["1", "0.25"], ["-1", "0.5"]]
THRESHOLD = Fraction(1, 2)
MARGIN = Fraction(1, 2)


def _sign(d: Fraction) -> int:
    return (d > 0) - (d < 0)


def _huber(d: Fraction) -> Fraction:
    return d * d / 2 if abs(d) <= THRESHOLD else THRESHOLD * (abs(d) - THRESHOLD / 2)


# A term, and its slope, of a prediction and a target.
TERMS: Mapping[str, tuple[Callable[[Fraction, Fraction], Any], Callable[[Fraction, Fraction], Any]]] = {
    "half_squared_error": (lambda p, t: (p - t) ** 2 / 2, lambda p, t: p - t),
    "squared_error": (lambda p, t: (p - t) ** 2, lambda p, t: 2 * (p - t)),
    "mean_squared_error": (lambda p, t: (p - t) ** 2, lambda p, t: 2 * (p - t)),
    "absolute_error": (lambda p, t: abs(p - t), lambda p, t: _sign(p - t)),
    "mean_absolute_error": (lambda p, t: abs(p - t), lambda p, t: _sign(p - t)),
    "huber": (lambda p, t: _huber(p - t), lambda p, t: max(-THRESHOLD, min(THRESHOLD, p - t))),
    "hinge": (lambda p, t: max(Fraction(0), MARGIN - t * p), lambda p, t: -t if t * p <= MARGIN else Fraction(0)),
    "linear_error": (lambda p, t: p * t, lambda _, t: t),
}
ENTROPIES = {"binary_cross_entropy", "cross_entropy"}
REDUCTIONS: tuple[Reduction, Reduction] = ("sum", "mean")


def fractions(rows: list[list[str]]) -> list[list[Fraction]]:
    return [[Fraction(text) for text in row] for row in rows]


def parameters(loss: str) -> dict[str, Array]:
    own = {"huber": {"threshold": THRESHOLD}, "hinge": {"margin": MARGIN}}.get(loss, {})
    return {name: np.full((1, 1, 1), float(value)) for name, value in own.items()}


def test_every_loss_is_checked_here() -> None:
    assert set(TERMS) | ENTROPIES == set(LOSSES)


@pytest.mark.parametrize("samples", REDUCTIONS)
@pytest.mark.parametrize("outputs", REDUCTIONS)
@pytest.mark.parametrize("loss", sorted(TERMS))
def test_loss_by_fractions(loss: str, outputs: Reduction, samples: Reduction) -> None:
    """The numbers are quarters, so that doubles hold every one of them exactly."""
    if loss.startswith("mean_"):
        outputs, samples = "mean", "mean"
    term, slope = TERMS[loss]
    cases = [list(zip(*rows, strict=True)) for rows in zip(fractions(PREDICTION), fractions(TARGET), strict=True)]
    each, all_of_them = (2 if outputs == "mean" else 1), (2 if samples == "mean" else 1)
    expected = [sum(term(p, t) for p, t in row) / Fraction(each) for row in cases]
    aim = objective(loss, parameters(loss), outputs, samples, "linear")
    p, t = np.array([PREDICTION], dtype=np.float64), np.array([TARGET], dtype=np.float64)
    value = aim.value(p, p, t)
    assert value.shape == (1, 1, 1)
    assert Fraction(float(value[0, 0, 0])) == sum(expected) / all_of_them
    one_by_one = aim.per_sample(p, p, t)
    assert one_by_one.shape == (1, 2, 1)
    assert [Fraction(float(number)) for number in one_by_one.ravel()] == expected
    gradient = aim.gradient(p, t)
    assert gradient.shape == p.shape
    slopes = [slope(a, b) / Fraction(each * all_of_them) for row in cases for a, b in row]
    assert [Fraction(float(number)) for number in gradient.ravel()] == slopes


@pytest.mark.parametrize("loss", sorted(TERMS))
def test_loss_of_several_runs_with_one_target(loss: str) -> None:
    p = np.array([[[1.0, 2.0]], [[3.0, 5.0]]])
    t = np.array([[[1.0, 1.0]]])
    values = {
        "half_squared_error": [0.5, 10.0],
        "squared_error": [1.0, 20.0],
        "mean_squared_error": [0.5, 10.0],
        "absolute_error": [1.0, 6.0],
        "mean_absolute_error": [0.5, 3.0],
        "huber": [0.375, 0.875 + 1.875],
        "hinge": [0.0, 0.0],
        "linear_error": [3.0, 8.0],
    }
    aim = objective(loss, parameters(loss), "sum", "sum", "linear")
    assert aim.value(p, p, t).ravel().tolist() == values[loss]
    assert aim.gradient(p, t).shape == p.shape


def test_the_bits_of_the_first_three_losses_are_those_of_their_formulas() -> None:
    """Factor and divisor come once, after the sum: ½ (d² + d² + …), (d² + d² + …) / (2 · 3), and 2 d / 6."""
    generator = np.random.default_rng(4)
    p, t = generator.normal(size=(1, 2, 3)), generator.normal(size=(1, 2, 3))
    d = (p - t)[0].tolist()
    squares = [[x * x for x in row] for row in d]
    summed = ((squares[0][0] + squares[0][1]) + squares[0][2]) + ((squares[1][0] + squares[1][1]) + squares[1][2])
    assert objective("half_squared_error", {}, "sum", "sum", "linear").value(p, p, t).item() == 0.5 * summed
    assert objective("half_squared_error", {}, "sum", "mean", "linear").value(p, p, t).item() == 0.5 * summed / 2
    assert objective("squared_error", {}, "sum", "sum", "linear").value(p, p, t).item() == summed
    mean = objective("mean_squared_error", {}, "mean", "mean", "linear")
    assert mean.value(p, p, t).item() == summed / 6
    assert mean.gradient(p, t).ravel().tolist() == [2.0 * x / 6 for row in d for x in row]
    assert objective("half_squared_error", {}, "sum", "sum", "linear").gradient(p, t)[0].tolist() == d


def test_a_half_is_taken_of_the_sum_even_where_the_sum_overflows() -> None:
    p, t = cells(1.2e154), cells(0.0)
    with np.errstate(over="ignore"):
        assert objective("half_squared_error", {}, "sum", "sum", "linear").value(p, p, t).item() == 0.5 * (
            1.2e154 * 1.2e154
        )


def test_what_a_loss_fixes_is_not_changed() -> None:
    assert objective("mean_squared_error", {}, "sum", "sum", "linear") == Objective(
        LOSSES["mean_squared_error"], {}, "mean", "mean"
    )
    aim = objective("cross_entropy", {}, "mean", "mean", "linear")
    assert (aim.outputs, aim.samples) == ("sum", "mean")
    free = {name for name, loss in LOSSES.items() if loss.reductions == "free"}
    assert free == set(LOSSES) - {"cross_entropy", "mean_squared_error", "mean_absolute_error"}


def test_sides_of_kinks() -> None:
    p, t = cells(-1.0, 0.25, 0.5, 3.0), cells(0.0, 0.0, 0.0, 3.0)
    sides = {
        "absolute_error": [False, True, True, False],
        "mean_absolute_error": [False, True, True, False],
        "huber": [False, True, True, True],
        "hinge": [True, True, True, False],
    }
    for loss in LOSSES:
        side = objective(loss, parameters(loss), "sum", "sum", "linear").side(p, t)
        assert (None if side is None else side.ravel().tolist()) == sides.get(loss)


# Cross-entropies, closed forms and saturation


def exact_binary(net: str, target: str) -> Decimal:
    """t ln(1 + e^−net) + (1 − t) ln(1 + e^net)."""
    x, t = Decimal(net), Decimal(target)
    return t * (1 + (-x).exp()).ln() + (1 - t) * (1 + x.exp()).ln()


@pytest.mark.parametrize("target", ["0", "0.25", "1"])
@pytest.mark.parametrize("net", ["-745", "-700", "-30", "-1.5", "0", "0.5", "12", "36", "38", "800"])
def test_binary_cross_entropy_of_a_sigmoid(net: str, target: str) -> None:
    """Also where the sigmoid is 0 or 1 to the last bit: on the right side the error is small, on the wrong finite.

    Near 1, 1 − out has no more digits than out has there: what an author computes is right to that.
    """
    with localcontext() as context:
        context.prec = 700
        expected = float(exact_binary(net, target))
    aim = objective("binary_cross_entropy", {}, "sum", "sum", "sigmoid")
    x, t = cells(float(net)), cells(float(target))
    with np.errstate(over="ignore"):
        out = ACTIVATIONS["sigmoid"].f(x, {})
    lost = (1.0 - float(target)) * ULP / max(1.0 - float(out[0, 0, 0]), ULP) if out[0, 0, 0] < 1.0 else 0.0
    assert aim.value(x, out, t).item() == pytest.approx(expected, rel=8 * ULP, abs=2 * lost + 2 * ULP)
    assert aim.delta(x, out, t).tolist() == (out - t).tolist()


def test_a_saturated_and_right_prediction_has_the_error_that_is_left() -> None:
    """e^−40 for a sigmoid that is 1, and e^−800, which is 0, for one that is 0."""
    aim = objective("binary_cross_entropy", {}, "sum", "sum", "sigmoid")
    x = cells(40.0)
    out = ACTIVATIONS["sigmoid"].f(x, {})
    assert out.item() == 1.0
    assert aim.value(x, out, cells(1.0)).item() == pytest.approx(4.248354255291589e-18, rel=1e-14)
    far = cells(-np.inf, np.inf)
    with np.errstate(all="ignore"):
        right = aim.value(far, ACTIVATIONS["sigmoid"].f(far, {}), cells(0.0, 1.0))
        wrong = aim.value(far, ACTIVATIONS["sigmoid"].f(far, {}), cells(1.0, 0.0))
    assert (right.item(), wrong.item()) == (0.0, np.inf)


def test_no_error_is_a_zero_without_a_sign() -> None:
    one, zero = cells(1.0, 0.0), cells(1.0, 0.0)
    for activation in ("linear", "sigmoid", "softmax"):
        for loss in sorted(ENTROPIES):
            with np.errstate(all="ignore"):
                far = cells(np.inf, -np.inf) if activation == "sigmoid" else cells(1e3, -1e3)
                value = objective(loss, {}, "sum", "sum", activation).value(far, one, zero)
            assert (value.item(), np.signbit(value).item()) == (0.0, False), (activation, loss)


@pytest.mark.parametrize("loss", sorted(ENTROPIES))
def test_cross_entropies_by_logarithms_of_fifty_digits(loss: str) -> None:
    """Of predictions that no closed form belongs to: −t ln p, with or without −(1 − t) ln(1 − p)."""
    p, t = ["0.125", "0.75", "0.5"], ["0.5", "1", "0"]
    pairs = [(Decimal(a), Decimal(b)) for a, b in zip(p, t, strict=True)]
    with localcontext() as context:
        context.prec = 50
        first = [-b * a.ln() for a, b in pairs]
        second = [-(1 - b) * (1 - a).ln() for a, b in pairs]
        slopes = [-b / a for a, b in pairs]
        others = [(1 - b) / (1 - a) for a, b in pairs]
    binary = loss == "binary_cross_entropy"
    aim = objective(loss, {}, "sum", "sum", "linear")
    prediction, target = cells(*map(float, p)), cells(*map(float, t))
    value, gradient = aim.value(prediction, prediction, target), aim.gradient(prediction, target)
    assert value.item() == pytest.approx(float(sum(first) + (sum(second) if binary else 0)), rel=1e-15)
    expected = [a + (b if binary else 0) for a, b in zip(slopes, others, strict=True)]
    np.testing.assert_allclose(gradient.ravel(), [float(each) for each in expected], rtol=1e-15)


@pytest.mark.parametrize("loss", sorted(ENTROPIES))
def test_nothing_times_the_logarithm_of_nothing_is_nothing(loss: str) -> None:
    """But a prediction of 0 that should be something is infinitely wrong, and nan stays nan."""
    aim = objective(loss, {}, "sum", "sum", "linear")
    with np.errstate(divide="ignore"):
        assert aim.value(cells(0.0), cells(0.0), cells(0.0)).item() == 0.0
        assert aim.value(cells(0.0), cells(0.0), cells(1.0)).item() == np.inf
        assert aim.value(cells(1.0), cells(1.0), cells(1.0)).item() == 0.0
        assert aim.gradient(cells(0.0), cells(1.0)).item() == -np.inf
        assert aim.gradient(cells(1.0), cells(1.0)).item() == -1.0
        assert aim.gradient(cells(0.0), cells(0.0)).item() == (1.0 if loss == "binary_cross_entropy" else 0.0)
        assert np.isnan(aim.value(cells(np.nan), cells(np.nan), cells(0.0))).item()


@pytest.mark.parametrize("target", [["0", "1", "0"], ["0.25", "0.25", "0.5"], ["1", "1", "0"]])
@pytest.mark.parametrize("net", [["-0.5", "1.25", "2"], ["800", "-3", "1"], ["0", "0", "-740"]])
def test_cross_entropy_of_a_softmax(net: list[str], target: list[str]) -> None:
    """Σ t (ln Σ e^net − net), and its slope out Σ t − t; with an output that is 0, and with targets that sum to 2."""
    with localcontext() as context:
        context.prec = 800
        x, t = [Decimal(text) for text in net], [Decimal(text) for text in target]
        total = sum((each.exp() for each in x), Decimal(0)).ln()
        value = float(sum(b * (total - a) for a, b in zip(x, t, strict=True)))
        delta = [float(p * sum(t) - b) for p, b in zip(exact_softmax(net), t, strict=True)]
    aim = objective("cross_entropy", {}, "sum", "sum", "softmax")
    rows, targets = cells(*map(float, net)), cells(*map(float, target))
    out = ACTIVATIONS["softmax"].f(rows, {})
    assert aim.value(rows, out, targets).item() == pytest.approx(value, rel=4 * ULP, abs=4 * ULP)
    np.testing.assert_allclose(aim.delta(rows, out, targets).ravel(), delta, rtol=8 * ULP, atol=8 * ULP)


def test_a_net_input_of_minus_infinity_beside_a_target_of_nothing_is_nothing() -> None:
    net, t = cells(-np.inf, 0.0), cells(0.0, 1.0)
    with np.errstate(all="ignore"):
        aim = objective("cross_entropy", {}, "sum", "sum", "softmax")
        assert aim.value(net, ACTIVATIONS["softmax"].f(net, {}), t).item() == 0.0


def test_the_delta_of_a_softmax_has_the_bits_of_out_minus_target() -> None:
    generator = np.random.default_rng(8)
    net = generator.normal(size=(1, 50, 3))
    t = np.eye(3)[generator.integers(0, 3, 50)][np.newaxis]
    out = ACTIVATIONS["softmax"].f(net, {})
    aim = objective("cross_entropy", {}, "sum", "mean", "softmax")
    assert aim.delta(net, out, t).tobytes() == ((out - t) / 50).tobytes()


@pytest.mark.parametrize(("loss", "activation"), [("binary_cross_entropy", "sigmoid"), ("cross_entropy", "softmax")])
def test_a_closed_form_is_the_chain_rule_multiplied_out(loss: str, activation: str) -> None:
    generator = np.random.default_rng(9)
    net, t = generator.normal(size=(1, 5, 3)), generator.uniform(size=(1, 5, 3))
    f = ACTIVATIONS[activation]
    out = f.f(net, {})
    closed = objective(loss, {}, "mean", "mean", activation)
    chained = objective(loss, {}, "mean", "mean", "linear")
    assert chained.fused is None
    pulled = f.pullback(chained.gradient(out, t), net, out, {})
    np.testing.assert_allclose(closed.delta(net, out, t), pulled, rtol=1e-13, atol=1e-15)
    assert closed.value(net, out, t).item() == pytest.approx(chained.value(net, out, t).item(), rel=1e-15)
    with pytest.raises(ValueError, match="no closed form"):
        chained.delta(net, out, t)


def test_closed_forms_belong_to_their_own_activation() -> None:
    found = {(loss, activation) for loss in LOSSES for activation in LOSSES[loss].fused}
    assert found == {("binary_cross_entropy", "sigmoid"), ("cross_entropy", "softmax")}
    assert objective("binary_cross_entropy", {}, "sum", "sum", "softmax").fused is None


def test_logistic_regression_as_published() -> None:
    """deeplearning.ai, course 1, week 2: cost and gradients of the assignment's test case."""
    x = np.array([[[1.0, 3.0], [2.0, 4.0], [-1.0, -3.2]]])
    t = np.array([[[1.0], [0.0], [1.0]]])
    net = x @ np.array([[[1.0], [2.0]]]) + 2.0
    out = ACTIVATIONS["sigmoid"].f(net, {})
    aim = objective("binary_cross_entropy", {}, "sum", "mean", "sigmoid")
    assert aim.value(net, out, t).item() == pytest.approx(5.801545319394553, rel=1e-15)
    delta = aim.delta(net, out, t)
    np.testing.assert_allclose((x[0].T @ delta[0]).ravel(), [0.998456014637956, 2.3950723884862066], rtol=1e-14)
    assert delta.sum() == pytest.approx(0.001455578136784208, rel=1e-12)


@pytest.mark.parametrize(
    ("loss", "activation"),
    [(loss, activation) for loss in sorted(LOSSES) for activation in ["linear", *LOSSES[loss].fused]],
)
def test_a_loss_gives_a_run_the_same_bits_in_any_population(loss: str, activation: str) -> None:
    generator = np.random.default_rng(3)
    thresholds = generator.uniform(0.1, 2.0, (MANY, 1, 1))
    net = drawn(5, (MANY, 2, LONG))
    net[::2] = generator.normal(size=net[::2].shape)
    net[::4, :, 0] = -800.0
    target = generator.choice([0.0, 0.5, 1.0], net.shape)
    target[::3] = generator.uniform(size=target[::3].shape)

    def aimed(threshold: Array) -> Objective:
        return objective(loss, {"threshold": threshold, "margin": threshold}, "mean", "mean", activation)

    def value(net: Array, target: Array, threshold: Array) -> Array:
        return aimed(threshold).value(net, ACTIVATIONS[activation].f(net, {}), target)

    def slope(net: Array, target: Array, threshold: Array) -> Array:
        aim, out = aimed(threshold), ACTIVATIONS[activation].f(net, {})
        return aim.gradient(out, target) if aim.fused is None else aim.delta(net, out, target)

    assert_alone_as_in_any_population(value, net, target, thresholds)
    assert_alone_as_in_any_population(slope, net, target, thresholds)


@pytest.mark.parametrize("net", [-400.0, -3.0, 0.0, 0.25, 400.0])
@pytest.mark.parametrize("aim", [0.0, 0.25, 1.0])
def test_the_closed_form_of_a_sigmoid_with_a_slope(net: float, aim: float) -> None:
    """Of twice the net input, and its delta twice as large; where it saturates there is no inf, and no nan."""
    sloped = objective("binary_cross_entropy", {"slope": np.full((1, 1, 1), 2.0)}, "sum", "sum", "sigmoid")
    plain = objective("binary_cross_entropy", {}, "sum", "sum", "sigmoid")
    with np.errstate(over="ignore"):
        out = ACTIVATIONS["sigmoid"].f(cells(net), {"slope": np.full((1, 1, 1), 2.0)})
    target = cells(aim)
    assert sloped.value(cells(net), out, target) == plain.value(cells(2.0 * net), out, target)
    assert sloped.per_sample(cells(net), out, target) == plain.per_sample(cells(2.0 * net), out, target)
    assert sloped.delta(cells(net), out, target) == 2.0 * plain.delta(cells(2.0 * net), out, target)
    assert np.isfinite(sloped.value(cells(net), out, target))
