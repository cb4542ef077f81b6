"""When a printed figure agrees: to its digits, within its tolerance, at its step and for its sample."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import bprunner
from bprunner.checking.verdicts import Verdicts, agreement
from bprunner.spec.arithmetic import Way
from bprunner.spec.printed import Printed
from tests.training.declarations import doc, xor


def printed(text: str) -> Printed:
    return Printed(Decimal(text))


@pytest.mark.parametrize(
    ("text", "value", "half_up", "truncated"),
    [
        # The digits that were printed count: 0.20 is not 0.2.
        ("0.2", 0.2, True, True),
        ("0.20", 0.2, True, True),
        ("0.2", 0.2045, True, True),
        ("0.20", 0.2045, True, True),
        ("0.20", 0.2051, False, True),
        ("0.2", 0.2499, True, True),
        ("0.2", 0.25, False, True),
        (".5", 0.5, True, True),
        (".5", 0.4999, True, False),
        # A half goes up, as on paper, though its double lies below it.
        ("0.29", 0.285, True, False),
        ("0.28", 0.285, False, True),
        ("0.3", 0.25, True, False),
        ("-0.29", -0.285, True, False),
        ("-0.28", -0.285, False, True),
        ("1.01", 1.005, True, False),
        # What a computation leaves of 0.8 is 0.8.
        ("0.8", 0.7999999999999999, True, True),
        ("0.80", 0.7999999999999999, True, True),
        ("0.7", 0.7999999999999999, False, False),
        ("0.7", 0.79999999, False, True),
        # Signs.
        ("-0.418", -0.418, True, True),
        ("0.418", -0.418, False, False),
        ("-0.02", -0.0157, True, False),
        ("-0.01", -0.0157, False, True),
        ("0.0", -0.04, True, True),
        ("-0.0", 0.04, True, True),
        ("0", 0.0, True, True),
        ("0", 0.5, False, True),
        ("0.00", 0.005, False, True),
        # All the digits of a double, where they were printed.
        ("0.04720072683129302", 0.04720072683129302, True, True),
        ("0.04720072683129303", 0.04720072683129302, False, False),
        ("0.30000000000000004", 0.1 + 0.2, True, True),
        ("0.30000000000000004", 0.3, False, False),
        ("0.3000000000000000", 0.1 + 0.2, True, True),
        ("0.300000000000000", 0.1 + 0.2, True, True),
        ("5.403406870691965e+16", 54034068706919650.0, True, True),
        ("5.403406870691966e+16", 54034068706919650.0, False, False),
        # Exponents: 1e3 has its last digit at the thousands.
        ("1.5e-05", 0.0000149, True, False),
        ("1.5e-05", 0.00001449, False, False),
        ("1e3", 1000.0, True, True),
        ("1e3", 1499.0, True, True),
        ("1e3", 1500.0, False, True),
        ("2e3", 1500.0, True, False),
        ("1000", 1499.0, False, False),
        ("12e2", 1234.0, True, True),
        ("1e-300", 1e-300, True, True),
        # Far more digits than there are: no agreement, and no exception.
        ("0.12345678901234567", 1e300, False, False),
        ("0.1", 1e300, False, False),
        ("1e300", 1e300, True, True),
        # What is no number agrees with nothing.
        ("0", math.nan, False, False),
        ("0.5", math.inf, False, False),
        ("-0.5", -math.inf, False, False),
    ],
)
def test_agreement(text: str, value: float, half_up: bool, truncated: bool) -> None:
    assert agreement(printed(text), value, "half_up") is half_up
    assert agreement(printed(text), value, "truncated") is truncated


@pytest.mark.parametrize(
    ("text", "value", "tolerance", "agrees"),
    [
        ("0.69", 0.6927, 0.003, True),
        ("0.69", 0.6927, 0.002, False),
        ("0.5", 0.5, 0.0, True),
        ("0.5", 0.4999, 0.0, False),
        ("0.5", math.nan, 10.0, False),
        ("0.5", math.inf, 10.0, False),
        ("-1", 1.0, 1.9, False),
    ],
)
def test_agreement_within_a_tolerance(text: str, value: float, tolerance: float, agrees: bool) -> None:
    for way in ("half_up", "truncated"):
        assert agreement(printed(text), value, way, tolerance) is agrees


@pytest.mark.parametrize("way", ["half_up", "truncated"])
@given(value=st.floats(-1e6, 1e6), decimals=st.integers(0, 8))
def test_exactly_one_number_of_so_many_decimals_agrees(way: Way, value: float, decimals: int) -> None:
    unit = Decimal(1).scaleb(-decimals)
    # Where 15 digits round up to a power of ten, the neighbours have 12 digits and 13, which are read in two ways.
    assume(len(f"{abs(Decimal(f'{value:.15g}')):.0f}") == len(str(int(abs(value)))))
    middle = Decimal(value).quantize(unit)
    agreeing = [each for each in (middle - unit, middle, middle + unit) if agreement(Printed(each), value, way)]
    assert len(agreeing) == 1
    # The double counts as the decimal of 15 digits that it stands for, which may lie so far from it.
    slack = Decimal("1e-9") + abs(Decimal(value)) * Decimal("5e-15") / unit
    distance = abs(agreeing[0] - Decimal(value)) / unit
    assert distance <= Decimal("0.5") + slack if way == "half_up" else distance < 1 + slack


# Verdicts on runs


def judged(*expect: Mapping[str, Any], base: Mapping[str, Any] | None = None) -> Verdicts:
    declared = doc() if base is None else base
    return bprunner.run({**declared, "expect": list(expect)}).figures


def states(verdicts: Sequence[Any]) -> list[str]:
    return [verdict.state for verdict in verdicts]


def test_verdicts_say_which_figure_and_what_was_computed() -> None:
    verdicts = judged({"step": 0, "prediction": 0.58, "error": 0.1}, {"step": 1, "prediction": 0.7})
    assert [str(verdict) for verdict in verdicts] == [
        "prediction.o1 at step 0: printed 0.58, computed 0.58 (agrees)",
        "error at step 0: printed 0.1, computed 0.1 (agrees)",
        "prediction.o1 at step 1: printed 0.7, computed 0.7 (agrees)",
    ]
    assert verdicts[0].path == ("expect", 0, "prediction")
    assert verdicts[0].value == pytest.approx(0.582)
    assert verdicts.agree
    assert verdicts.summary() == "3 of 3 figures agree"
    assert repr(verdicts) == "<Verdicts: 3 of 3 figures agree>"
    assert judged().summary() == "no figures are expected"


def test_one_wrong_figure() -> None:
    verdicts = judged({"step": 0, "prediction": 0.59, "error": 0.1})
    assert states(verdicts) == ["disagrees", "agrees"]
    assert not verdicts.agree
    assert verdicts.of("disagrees") == (verdicts[0],)
    assert verdicts.summary() == "1 of 2 figures agree"
    assert str(verdicts[0]) == "prediction.o1 at step 0: printed 0.59, computed 0.58 (disagrees)"


@pytest.mark.parametrize(
    ("wrong", "right", "state", "note"),
    [
        (0.5, 0.582, "erratum", "a misprint"),
        (0.582, 0.582, "disagrees", "declared an erratum, but the printed number agrees"),
        (0.582, 0.5, "disagrees", "declared an erratum, but the printed number agrees"),
        (0.5, 0.583, "disagrees", "declared an erratum, but the right number is not 0.583"),
    ],
)
def test_errata(wrong: float, right: float, state: str, note: str) -> None:
    figure = {"printed": wrong, "erratum": "a misprint", "right": right}
    (verdict,) = judged({"step": 0, "prediction": figure})
    assert (verdict.state, verdict.note) == (state, note)


def test_errata_are_counted_apart() -> None:
    figure = {"printed": 0.5, "erratum": "a misprint", "right": 0.582}
    verdicts = judged({"step": 0, "prediction": figure, "error": 0.087, "delta": {"o1": {**figure, "right": -0.418}}})
    assert verdicts.agree
    assert verdicts.summary() == "1 of 1 figures agree, 2 errata"


def test_how_figures_were_printed_is_asked_of_the_nearest() -> None:
    """The figure itself, then its expectation, then the quantity's arithmetic, then half up."""
    cut = {"error": {"decimals": 3, "rounding": "truncated", "carried": False}}
    base = {**doc(), "arithmetic": cut}
    value = 0.5 * 0.418**2  # 0.087362: 0.0874 half up, 0.0873 cut off
    assert value == pytest.approx(0.087362)

    def states_of(figure: Any, base: Mapping[str, Any], **more: Any) -> list[str]:
        return states(judged({"step": 0, "error": figure, **more}, base=base))

    assert states_of(0.0874, doc()) == ["agrees"]
    assert states_of(0.0873, doc()) == ["disagrees"]
    assert states_of(0.0873, base) == ["agrees"]
    assert states_of(0.0874, base, rounding="half_up") == ["agrees"]
    assert states_of({"printed": 0.0873, "rounding": "truncated"}, base, rounding="half_up") == ["agrees"]
    assert states_of({"printed": 0.09, "tolerance": 0.003}, doc()) == ["agrees"]
    assert states_of({"printed": 0.09, "tolerance": 0.002}, doc()) == ["disagrees"]


def test_lists_of_steps() -> None:
    base = doc(epochs=3)
    error = bprunner.run(base).trace["error"]
    figures = [float(f"{value:.6f}") for value in error[[0, 3, 1]]]
    verdicts = judged({"steps": [0, 3, 1], "error": figures}, base=base)
    assert states(verdicts) == ["agrees"] * 3
    assert [verdict.step for verdict in verdicts] == [0, 3, 1]
    assert [verdict.path for verdict in verdicts] == [("expect", 0, "error", place) for place in range(3)]
    swapped = judged({"steps": [0, 1, 3], "error": figures}, base=base)
    assert states(swapped) == ["agrees", "disagrees", "disagrees"]


def test_samples_are_addressed_from_one() -> None:
    base = xor()
    outs = bprunner.run(base).trace["prediction.o1"][0]
    assert len({round(value, 6) for value in outs}) == 4
    expectations = [
        {"step": 0, "sample": sample + 1, "prediction": float(f"{out:.6f}"), "values": {"input.i1": sample // 2}}
        for sample, out in enumerate(outs)
    ]
    verdicts = judged(*expectations, base=base)
    assert verdicts.agree
    assert [verdict.address for verdict in verdicts][:2] == [
        "prediction.o1 at step 0, sample 1",
        "input.i1 at step 0, sample 1",
    ]
    moved = [{**each, "sample": 5 - int(str(each["sample"]))} for each in expectations]
    assert states(judged(*moved, base=base)) == ["disagrees"] * 8


def test_what_is_shared_by_the_samples_needs_none() -> None:
    weights = bprunner.run(xor()).trace["weight.w1"]
    assert judged({"step": 2, "weight": {"w1": float(f"{weights[2]:.5f}")}}, base=xor()).agree


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("learning_rate * delta.o1 * out.h1", 0.05 * -0.418 * 0.8),
        ("input.i1 * weight.w1 + input.i2 * weight.w2", 0.8),
        ("(target.o1 - prediction.o1) ** 2 / 2", 0.087362),
        ("-delta.o1", 0.418),
        ("2 * 3 - 1", 5.0),
        ("weight.w5 + update.w5", 0.21 + 0.05 * 0.418 * 0.8),
        ("gradient.w1", -0.418 * 0.21 * 2),
    ],
)
def test_expressions(expression: str, value: float) -> None:
    (verdict,) = judged({"step": 0, "values": {expression: float(f"{value:.9f}")}})
    assert verdict.state == "agrees"
    assert verdict.value == pytest.approx(value, rel=1e-12)
    assert verdict.name == expression


def test_an_expression_without_a_value_disagrees_and_says_so() -> None:
    verdicts = judged({"step": 0, "values": {"1 / (input.i1 - 2)": 0, "(0 - input.i1) ** 0.5": 1, "9.0 ** 999999": 1}})
    assert states(verdicts) == ["disagrees"] * 3
    assert {verdict.note for verdict in verdicts} == {"there is no finite value"}
    assert {verdict.shown for verdict in verdicts} == {"nan"}


def test_a_step_that_was_never_reached() -> None:
    base = doc(learning_rate=2.0, epochs=100)
    verdicts = judged({"step": 90, "error": 0.1}, base=base)
    last = bprunner.run(base).diverged_at
    assert states(verdicts) == ["disagrees"]
    assert verdicts[0].note == f"there is no step 90: the run ended at step {last}"
    assert np.isnan(verdicts[0].value)


def test_a_figure_of_many_digits_meets_a_run_that_explodes() -> None:
    """The computed value has more digits before the point than were printed behind it."""
    base = doc(learning_rate=2.0, epochs=6)
    (verdict,) = judged({"step": 6, "error": 0.12345678901234567}, base=base)
    assert verdict.state == "disagrees"
    assert verdict.value > 1e50


def test_beyond_the_horizon_nothing_counts_but_is_told() -> None:
    """The document's errors of steps 0 to 2, of which only the first is held; one of the others is a typing error."""
    errors = bprunner.run(doc(epochs=2)).trace["error"]
    expect = [
        {"step": 0, "error": f"{errors[0]:.6f}"},
        {"step": 1, "error": f"{errors[1]:.6f}"},
        {"step": 2, "error": {"printed": "0.5", "erratum": "a slip", "right": f"{errors[2]:.6f}"}},
    ]
    expect = [{**each, "error": _as_numbers(each["error"])} for each in expect]
    data = {**doc(epochs=2), "horizon": {"step": 0, "reason": "for the test"}, "expect": expect}
    run = bprunner.run(data)
    assert states(run.figures) == ["agrees", "beyond", "beyond"]
    assert [each.note for each in run.figures][1:] == [
        "beyond the horizon, where the printed number agrees",
        "beyond the horizon, where the printed number does not agree",
    ]
    assert "✓ " in run._repr_html_()
    assert "disagree" not in run._repr_html_()


def _as_numbers(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: each if key == "erratum" else _as_numbers(each) for key, each in value.items()}
    return float(value)
