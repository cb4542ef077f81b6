"""Rounding on the way, stage by stage: against the same passes in Python's decimals, rounded as on paper."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import numpy as np
import pytest

import bprunner
from bprunner.training.trace import Trace
from tests.training.declarations import doc

WAYS = {"half_up": ROUND_HALF_UP, "truncated": ROUND_DOWN}
START = {
    "w1": "0.15", "w2": "-0.25", "w3": "0.35", "w4": "0.45", "w5": "0.215", "w6": "-0.235",
    "b1": "0.125", "b2": "-0.375", "b3": "0.055",
}  # fmt: skip
INPUTS, TARGETS = (("2", "3"), ("-1.5", "0.5")), ("1", "-0.5")
RATE, UPDATES = "0.05", 3
QUANTITIES = ("net", "out", "prediction", "error", "delta", "gradient", "update", "weight", "bias")
NEURONS = ("h1", "h2", "o1")


def declaration(arithmetic: Mapping[str, Any], **training: Any) -> dict[str, Any]:
    """A 2-2-1 network of linear neurons with biases, two samples, and numbers of few digits."""
    layer = {"activation": "linear", "bias": "trained"}
    return {
        **doc(learning_rate=float(RATE), **{"epochs": UPDATES, **training}),
        "architecture": {"inputs": 2, "layers": [{"units": 2, **layer}, {"units": 1, **layer}]},
        "initial_weights": {name: float(text) for name, text in START.items()},
        "dataset": {
            "inputs": [[float(each) for each in row] for row in INPUTS],
            "targets": [[float(each)] for each in TARGETS],
        },
        "arithmetic": dict(arithmetic),
    }


def rounded(arithmetic: Mapping[str, Any], quantity: str, name: str, value: Decimal) -> Decimal:
    """What somebody writes down who rounds as declared."""
    declared: Any = arithmetic.get(quantity)
    if declared is None and quantity in ("prediction", "bias"):
        declared = arithmetic.get({"prediction": "out", "bias": "weight"}[quantity])
    if declared is not None and "decimals" not in declared:
        declared = declared.get(name)
    if declared is None or not declared.get("carried", True):
        return value
    return value.quantize(Decimal(1).scaleb(-declared["decimals"]), WAYS[declared.get("rounding", "half_up")])


def on_paper(arithmetic: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Every quantity by name, one for each step; a list where each sample has its own."""
    found: dict[str, list[Any]] = {}

    def note(quantity: str, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            found.setdefault(f"{quantity}.{name}" if name else quantity, []).append(value)

    def r(quantity: str, name: str, value: Decimal) -> Decimal:
        return rounded(arithmetic, quantity, name, value)

    with localcontext() as context:
        context.prec = 200
        p = {name: Decimal(text) for name, text in START.items()}
        for _ in range(UPDATES + 1):
            nets, outs, deltas, terms = {}, {}, {}, []
            for sample, (row, target) in enumerate(zip(INPUTS, TARGETS, strict=True)):
                x1, x2 = (Decimal(each) for each in row)
                net = {
                    "h1": r("net", "h1", x1 * p["w1"] + x2 * p["w2"] + p["b1"]),
                    "h2": r("net", "h2", x1 * p["w3"] + x2 * p["w4"] + p["b2"]),
                }
                out = {name: r("out", name, net[name]) for name in ("h1", "h2")}
                net["o1"] = r("net", "o1", out["h1"] * p["w5"] + out["h2"] * p["w6"] + p["b3"])
                out["o1"] = r("prediction", "o1", net["o1"])
                d = out["o1"] - Decimal(target)
                terms.append(d * d / 2)
                delta = {"o1": r("delta", "o1", d)}
                delta |= {"h1": r("delta", "h1", delta["o1"] * p["w5"]), "h2": r("delta", "h2", delta["o1"] * p["w6"])}
                nets[sample], outs[sample], deltas[sample] = net, out, delta
            sent = {f"w{n}": (f"i{1 + (n - 1) % 2}" if n < 5 else f"h{n - 4}") for n in range(1, 7)}
            into = {**{f"w{n}": f"h{1 + (n - 1) // 2}" for n in range(1, 5)}, "w5": "o1", "w6": "o1"}
            gradient = {}
            for name in START:
                receiver = into.get(name) or NEURONS[int(name[1:]) - 1]
                parts = []
                for sample in range(len(INPUTS)):
                    sender = sent.get(name, "")
                    a = Decimal(INPUTS[sample][int(sender[1:]) - 1]) if sender[:1] == "i" else outs[sample].get(sender)
                    parts.append(deltas[sample][receiver] * (Decimal(1) if a is None else a))
                gradient[name] = r("gradient", name, sum(parts, Decimal(0)))
            update = {name: r("update", name, -Decimal(RATE) * g) for name, g in gradient.items()}
            note("weight", {name: value for name, value in p.items() if name[0] == "w"})
            note("bias", {name: value for name, value in p.items() if name[0] == "b"})
            for quantity, by_sample in (("net", nets), ("out", outs), ("delta", deltas)):
                note(quantity, {name: [by_sample[s][name] for s in range(len(INPUTS))] for name in NEURONS})
            note("prediction", {"o1": [outs[s]["o1"] for s in range(len(INPUTS))]})
            note("error", {"": r("error", "", sum(terms, Decimal(0)))})
            note("gradient", gradient)
            note("update", update)
            p = {name: r("weight" if name[0] == "w" else "bias", name, p[name] + update[name]) for name in p}
    return found


def assert_on_paper(trace: Trace, arithmetic: Mapping[str, Any]) -> None:
    expected = on_paper(arithmetic)
    assert set(trace.names) == set(expected)
    for name, values in expected.items():
        numbers = np.array(values, dtype=np.float64)
        if name.startswith("update"):
            numbers[-1] = np.nan  # nothing follows
        np.testing.assert_allclose(trace[name], numbers, rtol=0, atol=2e-15, err_msg=name)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("decimals", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("quantity", QUANTITIES)
def test_each_stage_alone(quantity: str, decimals: int, way: str) -> None:
    arithmetic = {quantity: {"decimals": decimals, "rounding": way}}
    assert_on_paper(bprunner.run(declaration(arithmetic)).trace, arithmetic)


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_stages_matter(quantity: str) -> None:
    """With a rounding, or with the other way of it, a run is another one: and so the comparison notices."""
    arithmetics = [{}, *({quantity: {"decimals": 2, "rounding": way}} for way in WAYS)]
    for arithmetic in arithmetics:
        trace = bprunner.run(declaration(arithmetic)).trace
        for other in arithmetics:
            if other is not arithmetic:
                with pytest.raises(AssertionError):
                    assert_on_paper(trace, other)


@pytest.mark.parametrize(
    "arithmetic",
    [
        {quantity: {"decimals": 3} for quantity in QUANTITIES},
        {quantity: {"decimals": 2, "rounding": "truncated"} for quantity in QUANTITIES},
        # A prediction is rounded like `out`, and a bias like a weight, unless they have their own.
        {"out": {"decimals": 1}, "weight": {"decimals": 2}},
        {"out": {"decimals": 1}, "prediction": {"decimals": 3}, "weight": {"decimals": 1}, "bias": {"decimals": 4}},
        {"prediction": {"decimals": 1}, "bias": {"decimals": 1}},
        {"update": {"decimals": 3}, "weight": {"decimals": 2, "rounding": "truncated"}},
    ],
)
def test_stages_together(arithmetic: Mapping[str, Any]) -> None:
    assert_on_paper(bprunner.run(declaration(arithmetic)).trace, arithmetic)


NAMED: list[dict[str, Any]] = [
    {"net": {"h2": {"decimals": 1}}},
    {"net": {"h1": {"decimals": 1}, "o1": {"decimals": 2, "rounding": "truncated"}}},
    {"out": {"h1": {"decimals": 0}, "h2": {"decimals": 2, "rounding": "truncated"}}},
    {"out": {"h2": {"decimals": 1}, "o1": {"decimals": 1}}},
    {"out": {"h1": {"decimals": 0}}, "prediction": {"o1": {"decimals": 1}}},
    {"prediction": {"o1": {"decimals": 1, "rounding": "truncated"}}},
    {"delta": {"h1": {"decimals": 2}, "o1": {"decimals": 1}}},
    {"gradient": {"w1": {"decimals": 1}, "w6": {"decimals": 0}, "b2": {"decimals": 1, "rounding": "truncated"}}},
    {"update": {"w4": {"decimals": 2}, "b3": {"decimals": 1}}},
    {"weight": {"w2": {"decimals": 1}, "w5": {"decimals": 2, "rounding": "truncated"}}},
    {"bias": {"b1": {"decimals": 1}, "b3": {"decimals": 0}}},
    {"weight": {"w3": {"decimals": 1}}, "bias": {"decimals": 2}},
]


@pytest.mark.parametrize("arithmetic", NAMED)
def test_stages_by_name(arithmetic: dict[str, Any]) -> None:
    assert_on_paper(bprunner.run(declaration(arithmetic)).trace, arithmetic)


@pytest.mark.parametrize("arithmetic", [*NAMED, *({quantity: {"decimals": 1}} for quantity in QUANTITIES)])
def test_what_is_only_printed_changes_nothing(arithmetic: dict[str, Any]) -> None:
    printed = {
        quantity: {"carried": False, **declared}
        if "decimals" in declared
        else {name: {"carried": False, **each} for name, each in declared.items()}
        for quantity, declared in arithmetic.items()
    }
    trace, exact = bprunner.run(declaration(printed)).trace, bprunner.run(declaration({})).trace
    assert {name: trace[name].tobytes() for name in trace} == {name: exact[name].tobytes() for name in exact}


def test_some_are_carried_and_some_only_printed() -> None:
    arithmetic = {"out": {"h1": {"decimals": 0, "carried": False}, "h2": {"decimals": 1}}}
    assert_on_paper(bprunner.run(declaration(arithmetic)).trace, arithmetic)


@pytest.mark.parametrize("way", WAYS)
def test_what_is_frozen_is_not_rounded(way: str) -> None:
    """And neither is where training starts: 0.215 at step 0, or for ever."""
    arithmetic = {"weight": {"decimals": 1, "rounding": way}, "bias": {"decimals": 1, "rounding": way}}
    trace = bprunner.run(declaration(arithmetic, frozen=["w5", "b1"])).trace
    assert set(trace["weight.w5"].tolist()) == {0.215}
    assert set(trace["bias.b1"].tolist()) == {0.125}
    assert trace["weight.w6"][0] == -0.235
    assert all(round(value, 1) == value for value in trace["weight.w6"][1:].tolist())
    data = declaration(arithmetic)
    data["architecture"]["layers"][0]["frozen"] = True
    trace = bprunner.run(data).trace
    assert [trace[f"weight.w{n}"][-1] for n in range(1, 5)] == [0.15, -0.25, 0.35, 0.45]
    assert trace["bias.b2"][-1] == -0.375


def test_a_gradient_is_rounded_with_its_penalty() -> None:
    """The document's gradient of w5 is −0.3344, and λ w is 0.04 · 0.21: together −0.326, at two decimals −0.33. Rounded
    before the penalty it would be −0.3216, and rounded then −0.32."""
    penalty = {"l2": {"strength": 0.04, "factor": "lambda/2"}}
    trace = bprunner.run({**doc(penalty=penalty), "arithmetic": {"gradient": {"decimals": 2}}}).trace
    assert trace["gradient.w5"][0] == -0.33
    assert trace["update.w5"][0] == 0.05 * 0.33


def test_the_error_is_rounded_and_what_is_descended_is_not() -> None:
    arithmetic = {"error": {"decimals": 1}}
    trace, exact = bprunner.run(declaration(arithmetic)).trace, bprunner.run(declaration({})).trace
    assert trace["error"].tolist() == [round(value, 1) for value in exact["error"].tolist()]
    assert trace["weight"].tobytes() == exact["weight"].tobytes()


def test_a_half_goes_up_as_on_paper() -> None:
    """0.285, 1.005 and 2.675 lie below the half as doubles; −0.285 goes away from zero."""
    layer = {"units": 1, "activation": "linear", "bias": "none"}
    data = {
        **doc(epochs=0),
        "architecture": {"inputs": 1, "layers": [layer]},
        "initial_weights": {"w1": 1},
        "dataset": {"inputs": [[0.285], [1.005], [2.675], [-0.285], [0.7999999999999999]], "targets": [[0]] * 5},
    }
    half = bprunner.run({**data, "arithmetic": {"net": {"decimals": 2}}}).trace
    assert half["net.o1"][0].tolist() == [0.29, 1.01, 2.68, -0.29, 0.8]
    cut = bprunner.run({**data, "arithmetic": {"net": {"decimals": 2, "rounding": "truncated"}}}).trace
    assert cut["net.o1"][0].tolist() == [0.28, 1.0, 2.67, -0.28, 0.8]
    assert cut["out.o1"].tobytes() == cut["net.o1"].tobytes()


def test_a_shared_bias_and_a_threshold_are_rounded_by_their_names() -> None:
    """Gradients 3 and −1 at a rate of 0.15: 0.125 − 0.45 = −0.325, and 0.25 + 0.15 = 0.4."""
    layers = [
        {"units": 2, "activation": "linear", "bias": {"shared": {"trained": True}}},
        {"units": 1, "activation": "linear", "bias": "threshold"},
    ]
    data = {
        **doc(learning_rate=0.15),
        "architecture": {"inputs": 1, "layers": layers},
        "initial_weights": {"w1": 0.5, "w2": 0.25, "b1": 0.125, "w3": 1, "w4": 2, "b2": 0.375},
        "dataset": {"inputs": [[1]], "targets": [[0]]},
    }
    assert bprunner.run(data).trace["gradient"][0].tolist()[-2:] == [3, -1]
    trace = bprunner.run({**data, "arithmetic": {"bias": {"b1": {"decimals": 1}}}}).trace
    assert trace["bias"][1].tolist() == [-0.3, 0.525]
    trace = bprunner.run({**data, "arithmetic": {"update": {"b1": {"decimals": 1}, "b2": {"decimals": 1}}}}).trace
    assert trace["update.b1"][0] == -0.5
    assert trace["update.b2"][0] == 0.2
    # Without weights, a bias is rounded like them.
    trace = bprunner.run({**data, "arithmetic": {"weight": {"decimals": 1, "rounding": "truncated"}}}).trace
    assert trace["bias"][1].tolist() == [-0.3, 0.5]


def test_a_held_out_part_is_rounded_on_its_way_too() -> None:
    """Its forward pass is that of the samples that are trained on: 1.05 → 1.1 and 0.21 · 1.1 → 0.2."""
    data = doc(epochs=0)
    data["dataset"]["held_out"] = {"inputs": [[0, 0], [10.5, 0]], "targets": [[0], [0]]}
    data["initial_weights"] |= {"w3": 0, "w4": 0}
    data["arithmetic"] = {"out": {"decimals": 1}}
    assert bprunner.run(data).trace["held_out.error"][0] == pytest.approx(0.5 * 0.2**2, rel=1e-14)


ONE_LOGIT = {
    **doc(loss="binary_cross_entropy", epochs=0),
    "architecture": {"inputs": 1, "layers": [{"units": 1, "activation": "sigmoid", "bias": "none"}]},
    "dataset": {"inputs": [[1]], "targets": [[1]]},
}


@pytest.mark.parametrize("numbers", ["double", "decimal"])
@pytest.mark.parametrize("quantity", ["out", "prediction"])
def test_a_prediction_rounded_to_1_is_right_to_the_full(quantity: str, numbers: str) -> None:
    """Rounded to 1.00, −ln 1 is what somebody writes down; what is only printed so still has its error."""
    data = {**ONE_LOGIT, "initial_weights": {"w1": 6}}
    carried = bprunner.run({**data, "arithmetic": {"numbers": numbers, quantity: {"decimals": 2}}}).trace
    assert carried["prediction.o1"][0] == 1
    assert carried["error"][0] == 0
    assert carried["delta.o1"][0] == 0
    printed = bprunner.run({**data, "arithmetic": {"numbers": numbers, quantity: {"decimals": 2, "carried": False}}})
    assert printed.trace["error"][0] == pytest.approx(math.log1p(math.exp(-6)), rel=1e-12)


@pytest.mark.parametrize(("weight", "target"), [(9, 0), (-9, 1)])
def test_a_rounded_prediction_that_is_all_wrong_has_no_logarithm(weight: int, target: int) -> None:
    data = {**ONE_LOGIT, "initial_weights": {"w1": weight}, "dataset": {"inputs": [[1]], "targets": [[target]]}}
    assert bprunner.run({**data, "arithmetic": {"prediction": {"decimals": 2}}}).trace["error"][0] == math.inf


def test_a_rounded_softmax_is_taken_as_it_is() -> None:
    """1.00 and 0.00: −ln 1, and 0 ln 0 counts as nothing. The reported error is of the same predictions."""
    data = {
        **doc(loss="cross_entropy", reported_error="cross_entropy", epochs=0),
        "architecture": {"inputs": 1, "layers": [{"units": 2, "activation": "softmax", "bias": "none"}]},
        "initial_weights": {"w1": 4, "w2": -4},
        "dataset": {"inputs": [[1]], "targets": [[1, 0]]},
        "arithmetic": {"prediction": {"decimals": 2}},
    }
    trace = bprunner.run(data).trace
    assert trace["prediction"][0].tolist() == [1, 0]
    assert trace["error"][0] == trace["reported_error"][0] == 0
    data["dataset"] = {"inputs": [[1]], "targets": [[0, 1]]}
    assert bprunner.run(data).trace["error"][0] == math.inf
