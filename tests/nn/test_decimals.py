"""Decimal numbers against Python's own decimal module at many more digits, and the formulas that run on them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.arrays import Array
from bprunner.nn.contraction import product, total
from bprunner.nn.decimals import (
    DECIMAL_ACTIVATIONS,
    Number,
    are_decimals,
    decimals,
    doubles,
    in_kind_of,
    pi,
    positive_part,
    signs,
)
from bprunner.nn.losses import LOSSES, objective
from bprunner.nn.metrics import METRICS
from bprunner.nn.optimizers import OPTIMIZERS
from bprunner.nn.penalties import PENALTIES
from bprunner.nn.schedules import SCHEDULES, warmed_up
from tests.nn.test_optimizers import CASES, NUMBERS

DIGITS = 28
WIDE = Context(prec=400, Emin=-999_999, Emax=999_999, traps=[])
ONCE = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999, traps=[])
PI = Decimal(
    "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211706798214"
)


def number(value: float | Decimal | str) -> Number:
    return Number(Decimal(value) if isinstance(value, str) else value, DIGITS)


def cells(*values: float) -> Any:
    return decimals(np.array(values).reshape(1, 1, -1), DIGITS)


FLOATS = st.floats(-1e6, 1e6)
VALUES = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**6), max_value=10**6, places=20)
MODERATE = st.decimals(allow_nan=False, allow_infinity=False, min_value=-200, max_value=200, places=24)


# Numbers


@given(VALUES, VALUES)
def test_arithmetic_rounds_once(a: Decimal, b: Decimal) -> None:
    a, b = ONCE.plus(a), ONCE.plus(b)
    x, y = number(a), number(b)
    found = [(x + y).value, (x - y).value, (x * y).value, (-x).value, abs(x).value]
    assert found == [ONCE.add(a, b), ONCE.subtract(a, b), ONCE.multiply(a, b), -a, abs(a)]
    if b:
        assert (x / y).value == ONCE.divide(a, b)


@given(VALUES, FLOATS)
def test_a_float_is_its_shortest_decimal_on_either_side(a: Decimal, b: float) -> None:
    x, y = number(a), number(b)
    assert y.value == ONCE.plus(Decimal(repr(b)))
    pairs = [(x + b, x + y), (b + x, y + x), (x - b, x - y), (b - x, y - x), (x * b, x * y), (b * x, y * x)]
    if b and a:
        pairs += [(x / b, x / y), (b / x, y / x)]
    assert all(p.value == q.value for p, q in pairs)
    for other in (np.float64(b), y):
        assert ((x < other), (x <= other), (x == other), (x != other), (x > other), (x >= other)) == (
            x.value < y.value, x.value <= y.value, x.value == y.value, x.value != y.value, x.value > y.value,
            x.value >= y.value,
        )  # fmt: skip


def test_one_tenth_is_one_tenth() -> None:
    assert number(0.1) + number(0.2) == 0.3
    assert (number(0.1) * 3).value == Decimal("0.3")
    assert number(np.float64(0.1).item()) == Number(Decimal("0.1"), DIGITS)
    assert number("1") / 3 * 3 != 1
    assert hash(number(0.1)) == hash(0.1)
    assert repr(number(0.25)) == "Number(0.25, digits=28)"
    assert str(number(0.25)) == "0.25"
    assert float(number("0.1000000000000000055")) == 0.1
    assert bool(number(0.0)) is False
    assert bool(number(0.1)) is True


def test_a_zero_keeps_its_sign() -> None:
    assert [str(number(value)) for value in (-0.0, 0.0)] == ["-0.0", "0.0"]
    for found in (-number(0.0), number(-1.0) * 0.0, number(-0.0).expm1(), number(-0.0).tanh(), number(-0.0).log1p()):
        assert math.copysign(1.0, float(found)) == -1.0


def test_numbers_that_are_equal_have_one_hash() -> None:
    assert len({number(0.5), number("0.50"), 0.5}) == 1
    assert len({number(3.0), 3}) == 1


def test_digits_are_those_that_were_asked_for() -> None:
    assert (Number(1.0, 5) / 3).value == Decimal("0.33333")
    assert Number(123456.75, 5).value == Decimal("1.2346E+5")
    assert (Number(2.0, 50).sqrt()).value == Decimal("1.4142135623730950488016887242096980785696718753769")


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match="no number"):
        Number("one", DIGITS)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        _ = number(1.0) + "one"
    with pytest.raises(TypeError):
        _ = number(1.0) < "one"
    assert number(1.0) != "one"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda: number(1.0) / 0, math.inf),
        (lambda: -1.0 / number(0.0), -math.inf),
        (lambda: number(0.0) / 0, math.nan),
        (lambda: number(math.inf) - math.inf, math.nan),
        (lambda: number(math.inf) * 0.0, math.nan),
        (lambda: number(1e300) ** 4000.0, math.inf),
        (lambda: number(0.0).log(), -math.inf),
        (lambda: number(-1.0).log(), math.nan),
        (lambda: number(-1.0).sqrt(), math.nan),
        (lambda: number(math.inf).exp(), math.inf),
        (lambda: number(-math.inf).exp(), 0.0),
        (lambda: number(1e7).exp(), math.inf),
        (lambda: number(-1e7).exp(), 0.0),
        (lambda: number(math.inf).expm1(), math.inf),
        (lambda: number(-math.inf).expm1(), -1.0),
        (lambda: number(math.inf).log1p(), math.inf),
        (lambda: number(-1.0).log1p(), -math.inf),
        (lambda: number(-2.0).log1p(), math.nan),
        (lambda: number(math.inf).tanh(), 1.0),
        (lambda: number(-math.inf).tanh(), -1.0),
        (lambda: number(math.inf).cos(), math.nan),
        (lambda: number(math.nan).tanh(), math.nan),
        (lambda: number(math.nan).exp(), math.nan),
        (lambda: number(math.nan).cos(), math.nan),
        (lambda: number(0.0) ** 0.0, 1.0),
        (lambda: number(math.nan) ** 0, 1.0),
        (lambda: 2.0 ** number(3.0), 8.0),
        (lambda: number(-2.0) ** 3.0, -8.0),
        (lambda: number(-2.0) ** 0.5, math.nan),
    ],
)
def test_nothing_is_raised_where_doubles_raise_nothing(found: Any, expected: float) -> None:
    result = found()
    assert isinstance(result, Number)
    assert float(result) == expected or (math.isnan(float(result)) and math.isnan(expected))


def test_beyond_the_largest_double_a_number_is_a_number() -> None:
    large = number(1e300) * 1e300
    assert large.value == Decimal("1e600")
    assert float(large) == math.inf
    assert large / 1e300 == 1e300


def test_nan_is_neither_less_nor_more_nor_itself() -> None:
    nan = number(math.nan)
    for other in (nan, number(1.0), 1.0, math.nan):
        assert [nan < other, nan > other, nan <= other, nan >= other, nan == other] == [False] * 5
        assert nan != other
    assert not number(1.0) < math.nan


@given(MODERATE)
def test_functions_against_four_hundred_digits(x: Decimal) -> None:
    x = ONCE.plus(x)
    wide = WIDE.exp(x)
    found = number(x)
    assert found.exp().value == ONCE.plus(wide)
    assert found.expm1().value == ONCE.plus(WIDE.subtract(wide, Decimal(1)))
    square = WIDE.multiply(wide, wide)
    tanh = WIDE.divide(WIDE.subtract(square, Decimal(1)), WIDE.add(square, Decimal(1)))
    assert found.tanh().value == ONCE.plus(tanh)
    if x > -1:
        assert found.log1p().value == ONCE.plus(WIDE.ln(WIDE.add(Decimal(1), x)))
    if x > 0:
        assert found.log().value == ONCE.plus(WIDE.ln(x))
        assert found.sqrt().value == ONCE.plus(WIDE.sqrt(x))


@pytest.mark.parametrize("exponent", [1, 5, 13, 20, 27, 28, 29, 30, 31, 60, 150])
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("digits", ["1", "9.999999999999999999999999999", "3.3"])
def test_near_zero_no_digit_is_lost(sign: int, exponent: int, digits: str) -> None:
    """x + x²/2, x − x²/2 and x − x³/3, with 1 beside them in 400 digits.

    For powers of ten x²/2 is a 5 in the place after the last digit, and the next term decides which way it goes.
    """
    x = WIDE.multiply(Decimal(sign), Decimal(digits).scaleb(-exponent, WIDE))
    found = number(x)
    exp, square = WIDE.exp(x), WIDE.exp(WIDE.multiply(Decimal(2), x))
    assert found.expm1().value == ONCE.plus(WIDE.subtract(exp, Decimal(1)))
    assert found.log1p().value == ONCE.plus(WIDE.ln(WIDE.add(Decimal(1), x)))
    tanh = WIDE.divide(WIDE.subtract(square, Decimal(1)), WIDE.add(square, Decimal(1)))
    assert found.tanh().value == ONCE.plus(tanh)


@pytest.mark.parametrize("part", ["0", "1", "2", "3", "4", "6", "12"])
def test_cosines_of_parts_of_a_half_turn(part: str) -> None:
    """π/3, π/4, π/6 and π/12 by roots; the angles are rounded, so all but the last two digits are compared."""
    two, three = Decimal(2), Decimal(3)
    known = {
        "0": Decimal(1),
        "1": Decimal(-1),
        "2": Decimal(0),
        "3": Decimal("0.5"),
        "4": WIDE.sqrt(two) / 2,
        "6": WIDE.sqrt(three) / 2,
        "12": (WIDE.sqrt(Decimal(6)) + WIDE.sqrt(two)) / 4,
    }
    angle = number(0.0) if part == "0" else number(PI) / int(part)
    for turned in (angle, -angle, angle + 2 * number(PI), angle - 14 * number(PI)):
        assert abs(turned.cos().value - known[part]) < Decimal("1e-25")


def test_the_cosine_of_one() -> None:
    """OEIS A049470."""
    assert number(1.0).cos().value == Decimal("0.5403023058681397174009366074")
    assert Number(1.0, 50).cos().value == Decimal("0.54030230586813971740093660744297660373231042061792")
    assert number(1e10).cos().value.quantize(Decimal("1e-15")) == Decimal("0.873119622676856")


def test_the_cosine_of_a_large_power_of_two() -> None:
    """cos 2x = 2 cos² x − 1, two hundred times from cos 1, which is its series 1 − 1/2! + 1/4! − …"""
    cosine, term = Decimal(0), Decimal(1)
    for n in range(1, 400, 2):
        cosine = WIDE.add(cosine, term)
        term = WIDE.divide(WIDE.minus(term), Decimal(n * (n + 1)))
    for _ in range(200):
        cosine = WIDE.subtract(WIDE.multiply(Decimal(2), WIDE.multiply(cosine, cosine)), Decimal(1))
    assert Number(2**200, 70).cos().value == Context(prec=70).plus(cosine)


@pytest.mark.parametrize("x", ["0.5", "14.5", "20", "31", "32.5", "33", "55", "57", "1000"])
def test_tanh_where_it_is_near_one(x: str) -> None:
    square = WIDE.exp(WIDE.multiply(Decimal(2), Decimal(x)))
    expected = ONCE.plus(WIDE.subtract(Decimal(1), WIDE.divide(Decimal(2), WIDE.add(square, Decimal(1)))))
    assert number(x).tanh().value == expected
    assert (-number(x)).tanh().value == expected.copy_negate()


def test_pi() -> None:
    assert pi(cells(1.0)).value == ONCE.plus(PI)
    assert Number(pi(decimals(np.ones((1, 1, 1)), 100)).value, 90).value == Number(PI, 90).value
    assert pi(np.ones((1, 1, 1))) == math.pi


# Arrays


def test_decimals_and_back() -> None:
    values = np.array([[0.1, -2.5], [1e-300, math.inf]])
    found = decimals(values, DIGITS)
    assert found.shape == (2, 2)
    assert are_decimals(found)
    assert not are_decimals(values)
    assert [str(each) for each in found.ravel()] == ["0.1", "-2.5", "1E-300", "Infinity"]
    assert doubles(found).tolist() == values.tolist()
    assert doubles(found).dtype == np.float64
    assert doubles(values) is values
    assert [str(each) for each in decimals(found * 3 / 3 / 7, 3).ravel()][:2] == ["0.0143", "-0.357"]


def test_a_float_among_numbers_becomes_one() -> None:
    like = cells(1.0, 2.0)
    mixed = np.where(like > 1.0, 0.25, like)
    assert isinstance(mixed.flat[1], float)
    assert all(isinstance(each, Number) and each.digits == DIGITS for each in in_kind_of(like, mixed).flat)
    plain = np.ones((1, 1, 2))
    assert in_kind_of(plain, plain) is plain
    empty = decimals(np.empty((1, 0, 1)), DIGITS)
    assert in_kind_of(empty, plain) is plain


def test_signs_and_positive_parts_are_those_of_doubles() -> None:
    values = np.array([-3.0, -0.0, 0.0, 1e-300, math.inf, -math.inf, math.nan]).reshape(1, 1, -1)
    for f, g in ((signs, np.sign), (positive_part, lambda x: np.maximum(x, 0.0))):
        np.testing.assert_array_equal(doubles(f(decimals(values, DIGITS))), g(values))
        np.testing.assert_array_equal(f(values), g(values))


def test_products_and_sums_of_numbers() -> None:
    a, b = np.array([[[0.1, 0.2], [0.3, 0.7]]]), np.array([[[0.5], [-1.25]]])
    found = product(decimals(a, DIGITS), decimals(b, DIGITS))
    assert [str(each) for each in found.ravel()] == ["-0.200", "-0.725"]
    assert total(decimals(a, DIGITS), axis=2).ravel().tolist() == [0.3, 1]
    assert (product(decimals(a, DIGITS), b) == found).all()


# The formulas: at fifty digits they agree with themselves in doubles, and hold numbers alone

NETS = (-3.0, -0.5, 0.0, 1e-9, 0.7, 40.0)
PARAMETERS = {"slope": 0.1, "alpha": 1.5, "width": 0.8, "derivative": 1.0, "threshold": 0.25, "margin": 0.25}


def both(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Floats as (1, 1, 1) arrays of numbers, and of doubles."""
    arrays = {name: np.full((1, 1, 1), value) if isinstance(value, float) else value for name, value in values.items()}
    return {
        name: decimals(value, 50) if isinstance(value, np.ndarray) else value for name, value in arrays.items()
    }, arrays


def agree(found: Any, expected: Array, rtol: float = 1e-13, atol: float = 1e-15) -> None:
    assert all(isinstance(each, Number) and each.digits == 50 for each in found.flat)
    assert found.shape == expected.shape
    np.testing.assert_allclose(doubles(found), expected, rtol=rtol, atol=atol)


def test_the_activations_there_are() -> None:
    assert set(ACTIVATIONS) - DECIMAL_ACTIVATIONS == {"gelu", "gelu_tanh"}
    assert set(ACTIVATIONS) > DECIMAL_ACTIVATIONS


@pytest.mark.parametrize("kind", sorted(DECIMAL_ACTIVATIONS))
def test_an_activation_in_decimals(kind: str) -> None:
    activation, (mine, theirs) = ACTIVATIONS[kind], both(PARAMETERS)
    net = np.array(NETS).reshape(1, 1, -1)
    g = np.linspace(-1.0, 1.0, len(NETS)).reshape(1, 1, -1)
    found = activation.f(decimals(net, 50), mine)
    expected = activation.f(net, theirs)
    agree(found, expected)
    agree(
        activation.pullback(decimals(g, 50), decimals(net, 50), found, mine),
        activation.pullback(g, net, expected, theirs),
    )
    nan = activation.f(decimals(np.full((1, 1, 1), math.nan), 50), mine)
    assert nan.flat[0] != nan.flat[0]


def test_digits_beyond_those_of_doubles_are_right() -> None:
    """1 / (1 + e^−0.7) and ln(1 + e^0.7), by the decimal module at 400 digits."""
    net: Any = decimals(np.full((1, 1, 1), 0.7), 50)
    power, context = WIDE.exp(Decimal("-0.7")), Context(prec=48)
    out: Any = ACTIVATIONS["sigmoid"].f(net, {})
    sigmoid = out.item().value
    assert context.plus(sigmoid) == context.plus(WIDE.divide(Decimal(1), WIDE.add(Decimal(1), power)))
    out = ACTIVATIONS["softplus"].f(net, {})
    softplus = out.item().value
    expected = WIDE.ln(WIDE.add(Decimal(1), WIDE.exp(Decimal("0.7"))))
    assert context.plus(softplus) == context.plus(expected)


@pytest.mark.parametrize("activation", ["linear", "sigmoid", "softmax"])
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_a_loss_in_decimals(loss: str, activation: str) -> None:
    mine, theirs = both(PARAMETERS)
    net = np.array([-2.0, 0.3, 1.5, 800.0, -900.0, 40.0]).reshape(1, 2, 3)
    out = np.array([0.125, 0.5, 0.375, 1.0, 0.0, 0.25]).reshape(1, 2, 3)
    target = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 0.5]).reshape(1, 2, 3)
    a = objective(loss, mine, "mean", "mean", activation)
    b = objective(loss, theirs, "mean", "mean", activation)
    N, P, T = (decimals(each, 50) for each in (net, out, target))
    agree(a.value(N, P, T), b.value(net, out, target))
    agree(a.per_sample(N, P, T), b.per_sample(net, out, target))
    agree(a.gradient(P, T), b.gradient(out, target))
    if a.fused is not None:
        agree(a.delta(N, P, T), b.delta(net, out, target))
    if a.side(P, T) is not None:
        assert a.side(P, T).tolist() == b.side(out, target).tolist()


@pytest.mark.parametrize(("kind", "form"), CASES)
def test_an_optimizer_in_decimals(kind: str, form: Mapping[str, Any]) -> None:
    optimizer = OPTIMIZERS[kind]
    mine, theirs = both({**NUMBERS, **form})
    arrays = np.random.default_rng(0).uniform(0.1, 1.0, (2 + len(optimizer.slots), 1, 2, 3))
    numbers = [decimals(each, 50) for each in arrays]
    found, slots = optimizer.update(
        numbers[0], numbers[1], tuple(numbers[2:]), {**mine, "factor": -mine["learning_rate"], "count": 3.0}
    )
    expected, others = optimizer.update(
        arrays[0], arrays[1], tuple(arrays[2:]), {**theirs, "factor": -theirs["learning_rate"], "count": 3.0}
    )
    agree(found, expected, rtol=1e-12)
    for slot, other in zip(slots, others, strict=True):
        agree(slot, other)


@pytest.mark.parametrize("kind", sorted(PENALTIES))
def test_a_penalty_in_decimals(kind: str) -> None:
    W, c = np.array([[[0.5, -0.25], [0.0, 2.0]]]), np.full((1, 1, 1), 0.1)
    agree(PENALTIES[kind].value(decimals(W, 50), decimals(c, 50)), PENALTIES[kind].value(W, c))
    agree(PENALTIES[kind].gradient(decimals(W, 50), decimals(c, 50)), PENALTIES[kind].gradient(W, c))


@pytest.mark.parametrize("kind", sorted(SCHEDULES))
def test_a_schedule_in_decimals(kind: str) -> None:
    mine, theirs = both({"every": 2, "over": 6, "factor": 0.9, "to": 0.01, "decay": 0.1, "rate": 0.1, "start": 0.2})
    for told, check in ((mine, True), (theirs, False)):
        rates = SCHEDULES[kind].rates(told["rate"], told)
        found = list(islice(warmed_up(told["rate"], 2, told["start"], rates), 10))
        if check:
            numbers = found
    for a, b in zip(numbers, found, strict=True):
        agree(a, b)


def test_a_cosine_in_decimals_has_all_its_digits() -> None:
    """cos 60° = ½: 0.1 → 0.075 after a third of the way to 0."""
    mine, _ = both({"over": 3, "to": 0.0, "rate": 0.1})
    rates: list[Any] = list(islice(SCHEDULES["cosine"].rates(mine["rate"], mine), 2))
    second = rates[1].item()
    assert abs(second.value - Decimal("0.075")) < Decimal("1e-49")


def test_accuracy_in_decimals() -> None:
    out = np.array([[[0.2, 0.5], [0.7, 0.1], [math.nan, 1.0]]])
    target = np.array([[[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]])
    hits = METRICS["accuracy"].hits(decimals(out, 50), decimals(target, 50), {})
    assert hits.ravel().tolist() == [1.0, 0.0, 0.0]
    mine, _ = both({"threshold": 0.5})
    single = METRICS["accuracy"].hits(decimals(out[:, :, :1], 50), decimals(target[:, :, :1], 50), mine)
    assert single.ravel().tolist() == [1.0, 0.0, 0.0]
