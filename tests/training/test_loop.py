"""Steps: how they are numbered, what each holds, and how weights go from one to the next."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import bprunner
from bprunner.training.loop import train
from bprunner.training.population import populate
from tests.training.declarations import doc, population_of, xor


@pytest.mark.parametrize("epochs", [0, 1, 7])
def test_so_many_updates_give_one_step_more(epochs: int) -> None:
    steps = list(train(population_of(doc(epochs=epochs))))
    assert [step.number for step in steps] == list(range(epochs + 1))
    assert [step.updates is None for step in steps] == [False] * epochs + [True]


def test_the_last_step_has_no_update() -> None:
    update = bprunner.run(xor()).trace["update"]
    assert np.isnan(update[-1]).all()
    assert np.isfinite(update[:-1]).all()


@pytest.mark.parametrize("declared", [doc(epochs=5), xor()])
def test_the_next_weight_is_this_weight_plus_its_update(declared: dict[str, Any]) -> None:
    trace = bprunner.run(declared).trace
    for name in (*trace.parts("weight"), *trace.parts("bias")):
        values, updates = trace[name], trace[f"update.{name.split('.')[1]}"]
        assert values[1:].tobytes() == (values[:-1] + updates[:-1]).tobytes()
        rate = float(declared["training"]["learning_rate"])
        assert updates[:-1].tobytes() == (-rate * trace[f"gradient.{name.split('.')[1]}"][:-1]).tobytes()


def test_nothing_that_was_yielded_is_changed_afterwards() -> None:
    steps = train(population_of(xor()))
    first = next(steps)
    before = [part.copy() for part in (*first.weights.flat(), *first.passed.out, *first.pulled.delta)]
    list(steps)
    after = (*first.weights.flat(), *first.passed.out, *first.pulled.delta)
    assert [a.tobytes() for a in after] == [b.tobytes() for b in before]


def second_prediction() -> Fraction:
    """The document's second forward pass in exact arithmetic: weights less 0.05 · gradient, by fractions."""
    x1, x2, rate = Fraction(2), Fraction(3), Fraction("0.05")
    w1, w2, w3, w4, w5, w6 = (Fraction(text) for text in ("0.1", "0.2", "0.3", "0.4", "0.21", "0.23"))
    h1, h2 = x1 * w1 + x2 * w2, x1 * w3 + x2 * w4
    move = rate * (h1 * w5 + h2 * w6 - 1)
    h1_next = x1 * (w1 - move * w5 * x1) + x2 * (w2 - move * w5 * x2)
    h2_next = x1 * (w3 - move * w6 * x1) + x2 * (w4 - move * w6 * x2)
    return h1_next * (w5 - move * h1) + h2_next * (w6 - move * h2)


def test_rounded_weights_are_carried_into_the_documents_second_pass() -> None:
    """0.695 with the weights rounded to two decimals; 0.692752 without."""
    carried = bprunner.run({**doc(), "arithmetic": {"weight": {"decimals": 2}}}).trace
    assert [carried[f"weight.w{n}"][1] for n in range(1, 7)] == [0.11, 0.21, 0.31, 0.41, 0.23, 0.27]
    assert carried["prediction.o1"][1] == pytest.approx(0.695, abs=1e-15)
    exact = bprunner.run(doc()).trace
    assert exact["prediction.o1"][1] == pytest.approx(float(second_prediction()), abs=1e-15)
    printed = bprunner.run({**doc(), "arithmetic": {"weight": {"decimals": 2, "carried": False}}}).trace
    assert printed["weight"].tobytes() == exact["weight"].tobytes()


@pytest.mark.parametrize(
    ("quantity", "column"),
    [
        ("net", "net.h1"),
        ("out", "out.h1"),
        ("prediction", "prediction.o1"),
        ("error", "error"),
        ("delta", "delta.h1"),
        ("gradient", "gradient.w1"),
        ("update", "update.b1"),
        ("weight", "weight.w2"),
        ("bias", "bias.b1"),
    ],
)
def test_each_rounded_quantity_is_rounded_in_the_trace_and_in_what_follows(quantity: str, column: str) -> None:
    rounded = bprunner.run({**xor(), "arithmetic": {quantity: {"decimals": 3}}}).trace
    exact = bprunner.run(xor()).trace
    values = rounded[column][1:-1]
    assert (values == np.round(values * 1000) / 1000).all()
    others = [name for name in exact.names if not name.startswith(quantity)]
    same = all(rounded[name].tobytes() == exact[name].tobytes() for name in others)
    assert same == (quantity == "error")  # nothing is computed from the error


def test_a_population_is_of_one_structure() -> None:
    first, other = population_of(doc()), bprunner.run(doc(epochs=2)).experiment
    with pytest.raises(ValueError, match="one structure"):
        populate([bprunner.run(doc()).experiment, other], bprunner.run(doc()).samples)
    assert first.runs == 1


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"matrices": [[[1, 2], [3, 4]], [[5], [6]]], "orientation": "in_out"}, [1, 3, 2, 4, 5, 6]),
        ({"matrices": [[[1, 2], [3, 4]], [[5, 6]]], "orientation": "out_in"}, [1, 2, 3, 4, 5, 6]),
        ({"constant": {"value": 7}, "w3": 1}, [7, 7, 1, 7, 7, 7]),
        ("zeros", [0] * 6),
    ],
)
def test_initial_weights_by_receiver_then_sender(written: Any, expected: list[float]) -> None:
    trace = bprunner.run({**doc(epochs=0), "initial_weights": written}).trace
    assert trace["weight"][0].tolist() == expected


def test_drawn_weights_come_from_the_seed_in_the_order_of_their_names() -> None:
    """All weights first, by name, then the biases: one generator, from the run's own seed."""
    rule = {"uniform": {"low": 0, "high": 1}}
    trace = bprunner.run({**xor(epochs=0), "initial_weights": {**rule, "biases": rule, "seed": 9}}).trace
    generator = np.random.Generator(np.random.PCG64(9))
    assert trace["weight"][0].tolist() == [generator.uniform(0, 1) for _ in range(9)]
    assert trace["bias"][0].tolist() == [generator.uniform(0, 1) for _ in range(4)]


def test_written_biases_in_their_layers() -> None:
    weights = {"constant": {"value": 0.5}, "biases": [[1, 2, 3], [4]], "b2": 9}
    trace = bprunner.run({**xor(epochs=0), "initial_weights": weights}).trace
    assert trace["bias"][0].tolist() == [1, 9, 3, 4]
