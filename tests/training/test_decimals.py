"""Training with decimal numbers: against Python's decimal, operation by operation, as somebody with a long pencil.

With few digits every operation rounds, so that the order of sums and the place of every rounding is seen.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import bprunner
from bprunner.training.trace import Trace
from tests.training.declarations import doc, xor

START = {
    "w1": "0.137", "w2": "-0.251", "w3": "0.353", "w4": "0.449", "w5": "0.213", "w6": "-0.237",
    "b1": "0.125", "b2": "-0.375", "b3": "0.055",
}  # fmt: skip
INPUTS = ("1.7", "0.31"), ("-0.9", "2.3"), ("0.47", "-1.1"), ("0.123", "0.77"), ("-1.3", "0.019")
TARGETS, RATE = ("1", "-0.5", "0.25", "0.7", "-0.03"), "0.37"


def decimal(digits: int) -> dict[str, Any]:
    return {"numbers": {"decimal": {"digits": digits}}}


def declaration(digits: int, activation: str, updates: int, **training: Any) -> dict[str, Any]:
    layers = [
        {"units": 2, "activation": activation, "bias": "trained"},
        {"units": 1, "activation": "linear", "bias": "trained"},
    ]
    return {
        **doc(learning_rate=float(RATE), **{"epochs": updates, **training}),
        "architecture": {"inputs": 2, "layers": layers},
        "initial_weights": {name: float(text) for name, text in START.items()},
        "dataset": {
            "inputs": [[float(each) for each in row] for row in INPUTS],
            "targets": [[float(each)] for each in TARGETS],
        },
        "arithmetic": decimal(digits),
    }


def with_a_pencil(digits: int, activation: str, updates: int) -> dict[str, list[Any]]:
    """Gradient descent of half the squared error: every result is rounded once, half to even, to so many digits."""
    c = Context(prec=digits, rounding=ROUND_HALF_EVEN)
    one, half = Decimal(1), Decimal("0.5")
    p = {name: c.create_decimal(text) for name, text in START.items()}
    found: dict[str, list[Any]] = {}

    def added(terms: list[Decimal]) -> Decimal:
        result = terms[0]
        for term in terms[1:]:
            result = c.add(result, term)
        return result

    def activated(net: Decimal) -> tuple[Decimal, Decimal]:
        """The output, and the derivative that is made of it."""
        if activation == "sigmoid":
            out = c.divide(one, c.add(one, c.exp(-net)))
            return out, c.multiply(out, c.subtract(one, out))
        if activation == "relu":
            return (net, one) if net > 0 else (Decimal(0), Decimal(0))
        return net, one

    for _ in range(updates + 1):
        samples = []
        for row, target in zip(INPUTS, TARGETS, strict=True):
            x = [c.create_decimal(each) for each in row]
            hidden = []
            for first, second, bias in (("w1", "w2", "b1"), ("w3", "w4", "b2")):
                net = c.add(c.add(c.multiply(x[0], p[first]), c.multiply(x[1], p[second])), p[bias])
                hidden.append((net, *activated(net)))
            o = c.add(c.add(c.multiply(hidden[0][1], p["w5"]), c.multiply(hidden[1][1], p["w6"])), p["b3"])
            d = c.subtract(o, c.create_decimal(target))
            deltas = [c.multiply(c.multiply(d, p[w]), h[2]) for w, h in zip(("w5", "w6"), hidden, strict=True)]
            samples.append((x, hidden, o, d, deltas))
        squares = added([c.multiply(d, d) for _, _, _, d, _ in samples])
        gradient = {
            **{f"w{1 + 2 * u + i}": added([c.multiply(s[0][i], s[4][u]) for s in samples])
               for u in (0, 1) for i in (0, 1)},
            **{f"w{5 + u}": added([c.multiply(s[1][u][1], s[3]) for s in samples]) for u in (0, 1)},
            **{f"b{1 + u}": added([s[4][u] for s in samples]) for u in (0, 1)},
            "b3": added([s[3] for s in samples]),
        }  # fmt: skip
        update = {name: c.multiply(-Decimal(RATE), g) for name, g in gradient.items()}
        row_of: dict[str, Any] = {f"{'weight' if n[0] == 'w' else 'bias'}.{n}": value for n, value in p.items()}
        row_of |= {f"gradient.{n}": g for n, g in gradient.items()} | {f"update.{n}": u for n, u in update.items()}
        row_of |= {f"net.h{u + 1}": [s[1][u][0] for s in samples] for u in (0, 1)}
        row_of |= {f"out.h{u + 1}": [s[1][u][1] for s in samples] for u in (0, 1)}
        row_of |= {f"delta.h{u + 1}": [s[4][u] for s in samples] for u in (0, 1)}
        row_of |= {name: [s[2] for s in samples] for name in ("net.o1", "out.o1", "prediction.o1")}
        row_of |= {"delta.o1": [s[3] for s in samples], "error": c.multiply(half, squares)}
        for name, value in row_of.items():
            found.setdefault(name, []).append(value)
        p = {name: c.add(value, update[name]) for name, value in p.items()}
    return found


@pytest.mark.parametrize("activation", ["linear", "relu", "sigmoid"])
@pytest.mark.parametrize("digits", [5, 9, 28, 50])
def test_every_operation_is_rounded_once(digits: int, activation: str) -> None:
    trace = bprunner.run(declaration(digits, activation, 4)).trace
    expected = with_a_pencil(digits, activation, 4)
    assert set(trace.names) == set(expected)
    for name, values in expected.items():
        numbers = np.array(values, dtype=np.float64)
        if name.startswith("update"):
            numbers[-1] = np.nan
        np.testing.assert_array_equal(trace[name], numbers, err_msg=name)


def test_fewer_digits_are_other_numbers() -> None:
    few, more = (bprunner.run(declaration(digits, "sigmoid", 4)).trace for digits in (5, 9))
    assert abs(few["error"][-1] - more["error"][-1]) > 1e-7


def one_weight(weight: float, x: list[float], arithmetic: Any, **training: Any) -> Trace:
    """One neuron; the loss is target · prediction, the targets are 1: the gradient is the sum of the inputs."""
    data = {
        **doc(loss="linear_error", **training),
        "architecture": {"inputs": 1, "layers": [{"units": 1, "activation": "linear", "bias": "none"}]},
        "initial_weights": {"w1": weight},
        "dataset": {"inputs": [[each] for each in x], "targets": [[1]] * len(x)},
        "arithmetic": arithmetic,
    }
    return bprunner.run(data).trace


def test_a_tenth_is_a_tenth() -> None:
    """Ten steps of a tenth lead from 1 to 0; those of doubles do not, and those of a tenth's double would not."""
    trace = one_weight(1, [1], decimal(28), learning_rate=0.1, epochs=10)
    assert trace["weight.w1"].tolist() == [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0]
    doubles = one_weight(1, [1], "exact", learning_rate=0.1, epochs=10)
    assert doubles["weight.w1"][10] == pytest.approx(1.4e-16, rel=0.1)


def test_the_digits_beyond_a_double_are_carried() -> None:
    """1 + 10⁻²⁰ − 1 is 0 in doubles, and in 20 digits; with 28 it is 10⁻²⁰."""
    for digits, left in ((28, 1e-20), (20, 0.0)):
        trace = one_weight(1e-20, [1, -1], decimal(digits), learning_rate=1, batches={"online": {"order": [2, 1]}})
        assert trace["weight.w1"].tolist() == [1e-20, 1.0, left]


def test_half_to_even_at_the_last_digit() -> None:
    """With 5 digits, 1.00005 · 1 would need six: 1 + 0.00005 stays at 1.0000, and 1.0001 + 0.00005 goes to 1.0002."""
    for start, following in ((1.0, 1.0), (1.0001, 1.0002), (1.0002, 1.0002), (-1.0001, -1.0)):
        trace = one_weight(start, [-1], decimal(5), learning_rate=0.00005)
        assert trace["weight.w1"].tolist() == [start, following]


def test_what_is_recorded_is_the_nearest_double() -> None:
    trace = one_weight(1, [3], decimal(30), learning_rate=0.1, schedule={"inverse_time": {"decay": 6}}, epochs=3)
    # Rates 0.1, 0.1 / 7, 0.1 / 13.
    weights = [Fraction(1)]
    for t in range(3):
        weights.append(weights[-1] - 3 * Fraction(1, 10) / (1 + 6 * t))
    assert trace["weight.w1"].tolist() == [float(each) for each in weights]
    assert trace["learning_rate"].tolist()[:3] == [0.1, float(Fraction(1, 70)), float(Fraction(1, 130))]


def test_carried_roundings_are_of_decimals() -> None:
    """0.1 + 0.2 · 0.075 = 0.115 exactly, a half; and 28 digits are not read as 15."""
    trace = one_weight(0.1, [-0.2], {**decimal(28), "weight": {"decimals": 2}}, learning_rate=0.075)
    assert trace["weight.w1"].tolist() == [0.1, 0.12]
    # 0.115 − 2·10⁻²⁰: with 15 digits it would count as 0.115.
    below = {**decimal(28), "weight": {"decimals": 2}}
    trace = one_weight(0.115, [2e-20], below, learning_rate=1)
    assert trace["weight.w1"].tolist() == [0.115, 0.11]


def test_a_stop_is_reached_where_decimals_reach_it() -> None:
    """The error is the weight: 0.3 after seven steps of a tenth. In doubles it is 0.30000000000000004 there."""
    stop = {"threshold": {"at_most": 0.3}}
    assert len(one_weight(1, [1], decimal(28), learning_rate=0.1, epochs=20, stop=stop)) == 8
    assert len(one_weight(1, [1], "exact", learning_rate=0.1, epochs=20, stop=stop)) == 9


VOCABULARY: dict[str, dict[str, Any]] = {
    "momentum": {"optimizer": {"momentum": {"momentum": 0.9}}, "optimizer_state": {"velocity": 0.1}},
    "averaged": {"optimizer": {"momentum": {"momentum": 0.9, "form": "averaged"}}},
    "nesterov": {"optimizer": {"nesterov": {"momentum": 0.9}}},
    "adagrad": {"optimizer": {"adagrad": {"epsilon": 1e-3}}, "optimizer_state": {"squares": 0.5}},
    "rmsprop": {"optimizer": {"rmsprop": {"epsilon": 1e-3, "epsilon_place": "inside"}}},
    "adam": {"optimizer": "adam", "optimizer_state": {"count": 3, "mean": 0.1, "squares": 0.2}},
    "adam, uncorrected": {"optimizer": {"adam": {"epsilon_place": "uncorrected"}}},
    "adamw": {"optimizer": {"adamw": {"weight_decay": 0.1, "bias_correction": False}}},
    "step": {"schedule": {"step": {"every": 2, "factor": 0.5}}},
    "exponential": {"schedule": {"exponential": {"factor": 0.9, "per": "update"}}, "batches": "online"},
    "cosine": {"schedule": {"cosine": {"over": 3, "to": 0.01}}, "warm_up": {"over": 2, "start": 0.25}},
    "penalties": {"penalty": {
        "l1": {"strength": 0.1, "factor": "lambda/m"}, "l2": {"strength": 0.1, "factor": "lambda/2m"}}},
    "minibatches": {"batches": {"minibatches": {"size": 3, "seed": 1}}, "metrics": ["accuracy"]},
    "sampled": {"batches": {"sampled": {"size": 2, "seed": 1}}, "reported_error": "absolute_error"},
    "sequential": {"update_order": "sequential", "frozen": ["w2", "w9", "b4"]},
    "plateau": {"stop": {"plateau": {"patience": 2, "by": 0.05}}, "epochs": 12},
    "huber": {"loss": {"huber": {"threshold": 0.2}}},
    "absolute_error": {"loss": {"absolute_error": {"outputs": "mean", "samples": "mean"}}},
    "binary_cross_entropy": {"loss": "binary_cross_entropy"},
}  # fmt: skip


@pytest.mark.parametrize("case", VOCABULARY)
def test_the_whole_vocabulary_is_that_of_doubles(case: str) -> None:
    """With 40 digits the two trainings differ by what doubles leave off, and by nothing else."""
    data = xor(**{"epochs": 5, **VOCABULARY[case]})
    data["dataset"]["held_out"] = {"inputs": [[0.5, 0.25]], "targets": [[1]]}
    exact, doubles = bprunner.run({**data, "arithmetic": decimal(40)}).trace, bprunner.run(data).trace
    assert exact.names == doubles.names
    assert len(exact) == len(doubles)
    for name in exact:
        np.testing.assert_allclose(exact[name], doubles[name], rtol=1e-10, atol=1e-14, err_msg=name)
    assert exact["weight"].tobytes() != doubles["weight"].tobytes()


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus", "softmax", {"elu": {"alpha": 0.5}},
                                        {"leaky_relu": {"slope": 0.1}}, "relu"])  # fmt: skip
@pytest.mark.parametrize("bias", ["trained", "threshold", {"shared": {"trained": True}}])
def test_every_layer_is_that_of_doubles(activation: Any, bias: Any) -> None:
    data = xor(epochs=3, learning_rate=0.1)
    data["architecture"]["layers"][0] |= {"activation": activation, "bias": bias}
    exact, doubles = bprunner.run({**data, "arithmetic": decimal(40)}).trace, bprunner.run(data).trace
    for name in exact:
        np.testing.assert_allclose(exact[name], doubles[name], rtol=1e-10, atol=1e-14, err_msg=name)
    assert exact["weight"].tobytes() != doubles["weight"].tobytes()


def test_a_radial_basis_network_in_decimals() -> None:
    """Distances 1 and 1, e^−½ for both, by Python's decimal."""
    layers = [
        {"units": 2, "activation": {"gaussian": {"width": 1}}, "bias": "none", "net": "squared_distance"},
        {"units": 1, "activation": "linear", "bias": "none"},
    ]
    data = {
        **doc(epochs=1, learning_rate=0.1),
        "architecture": {"inputs": 2, "layers": layers},
        "initial_weights": {"matrices": [[[0, 0], [1, 1]], [[1, 1]]], "orientation": "out_in"},
        "dataset": {"inputs": [[1, 0]], "targets": [[1]]},
        "arithmetic": decimal(28),
    }
    trace = bprunner.run(data).trace
    c = Context(prec=40)
    out = c.exp(Decimal("-0.5"))
    d = 2 * out - 1
    assert trace["out.h1"][0] == float(out)
    assert trace["delta.o1"][0] == float(d)
    # ∂error/∂net is −½ d out; ∂net/∂w is −2 (a − w), so the centre at (0, 0) has −½ d out · −2 for its first number.
    assert trace["gradient.w1"][0] == float(d * out)
    assert trace["gradient.w2"][0] == 0
    assert trace["weight.w1"][1] == float(Decimal("-0.1") * d * out)


def test_overflow_diverges_as_doubles_do() -> None:
    """A decimal has a far larger exponent, but what is recorded is a double: there the run has ended."""
    data = doc(epochs=100, learning_rate=2.0)
    exact, doubles = bprunner.run({**data, "arithmetic": decimal(20)}), bprunner.run(data)
    assert exact.status == doubles.status == "diverged"
    assert exact.diverged_at == doubles.diverged_at
