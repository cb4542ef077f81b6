"""How an experiment is told in a few lines: the network, the training, the arithmetic."""

from __future__ import annotations

from typing import Any

import pytest

from bprunner.spec.describing import arithmetic_lines, network_line, training_line
from bprunner.spec.experiment import Experiment
from bprunner.spec.reading import read_declaration
from tests.training.declarations import doc, xor


def experiment(data: dict[str, Any], **more: Any) -> Experiment:
    return read_declaration({**data, **more}).experiment


def network(*layers: dict[str, Any]) -> str:
    """The line of a network of these layers; of each, what is not said is linear, and without a bias."""
    made = [{"units": 2, "activation": "linear", "bias": "none", **layer} for layer in layers]
    data = {**doc(epochs=0), "architecture": {"inputs": 2, "layers": made}}
    data["dataset"] = {"inputs": [[2, 3]], "targets": [[1] * made[-1]["units"]]}
    biased = any(layer["bias"] != "none" for layer in made)
    return network_line(experiment(data, initial_weights={"zeros": None, **({"biases": "zeros"} if biased else {})}))


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        ({}, "2 linear"),
        ({"units": 31}, "31 linear"),
        ({"activation": "gelu_tanh"}, "2 gelu tanh"),
        ({"activation": {"leaky_relu": {"slope": 0.2}}}, "2 leaky relu (slope 0.2)"),
        ({"activation": "leaky_relu"}, "2 leaky relu (slope 0.01)"),
        ({"activation": "elu"}, "2 elu"),
        ({"activation": {"elu": {"alpha": 1.0}}}, "2 elu"),
        ({"activation": {"elu": {"alpha": 0.5}}}, "2 elu (alpha 0.5)"),
        ({"activation": {"gaussian": {"width": 2}}, "net": "squared_distance"}, "2 gaussian (width 2)"),
        ({"activation": {"step": {"derivative": 1}}}, "2 step (derivative 1)"),
        ({"bias": "trained"}, "2 linear + bias"),
        ({"bias": "frozen"}, "2 linear + frozen bias"),
        ({"bias": {"shared": {"trained": True}}}, "2 linear + shared bias"),
        ({"bias": {"shared": {"trained": False}}}, "2 linear + frozen shared bias"),
        ({"bias": "threshold"}, "2 linear + threshold"),
        ({"bias": {"threshold": {"trained": False}}}, "2 linear + frozen threshold"),
        ({"frozen": True}, "2 linear (frozen)"),
        ({"bias": "trained", "frozen": True}, "2 linear + bias (frozen)"),
        ({"bias": "frozen", "frozen": True}, "2 linear + bias (frozen)"),
    ],
)
def test_a_layer_in_words(layer: dict[str, Any], told: str) -> None:
    assert network(layer) == f"2 → {told}"


def test_layers_in_a_row() -> None:
    assert network({"units": 3, "bias": "trained"}, {"activation": "relu"}, {"units": 1}) == (
        "2 → 3 linear + bias → 2 relu → 1 linear"
    )


BASE = "half squared error · gradient descent · learning rate 0.05"


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ({}, f"{BASE} · 1 epoch"),
        ({"epochs": 2000}, f"{BASE} · 2,000 epochs"),
        ({"epochs": None, "updates": 1}, f"{BASE} · 1 update"),
        ({"epochs": None, "updates": 7}, f"{BASE} · 7 updates"),
        ({"update_order": "sequential"}, f"{BASE} · sequential updates · 1 epoch"),
        ({"batches": "online"}, f"{BASE} · online · 1 epoch"),
        ({"batches": {"online": {"order": [4, 1]}}}, f"{BASE} · online (order 4, 1) · 1 epoch"),
        ({"batches": {"online": {"order": [1, 2, 3, 4, 1, 2, 3]}}},
         f"{BASE} · online (order 1, 2, 3, 4, … 3) · 1 epoch"),
        ({"batches": {"minibatches": {"size": 2, "last": "dropped"}}},
         f"{BASE} · minibatches (size 2, last dropped) · 1 epoch"),
        ({"batches": {"sampled": {"size": 2, "seed": 0, "updates": 3}}},
         f"{BASE} · sampled (size 2, seed 0, updates 3) · 1 epoch"),
        ({"schedule": {"step": {"every": 10, "factor": 0.5}}}, f"{BASE} · step (every 10, factor 0.5) · 1 epoch"),
        ({"schedule": {"cosine": {"over": 5, "per": "update"}}}, f"{BASE} · cosine (over 5, per update) · 1 epoch"),
        ({"warm_up": {"over": 5}}, f"{BASE} · warm-up over 5 epochs · 1 epoch"),
        ({"warm_up": {"over": 1, "per": "update"}}, f"{BASE} · warm-up over 1 update · 1 epoch"),
        ({"penalty": {"l2": {"strength": 0.1, "factor": "lambda/2m"}}},
         "half squared error · l2 0.1 (λ/2m) · gradient descent · learning rate 0.05 · 1 epoch"),
        ({"penalty": {"l2": {"strength": 0.1, "factor": "lambda"}, "l1": {"strength": 2, "factor": "lambda/m"}}},
         "half squared error · l1 2 (λ/m) · l2 0.1 (λ) · gradient descent · learning rate 0.05 · 1 epoch"),
        ({"rate_factors": {"o": 2, "w1": 0.25}},
         "half squared error · gradient descent · learning rate 0.05 (o × 2, w1 × 0.25) · 1 epoch"),
        ({"stop": {"threshold": {"at_most": 0.001}}}, f"{BASE} · at most 1 epoch · stops at error ≤ 0.001"),
        ({"stop": {"threshold": {"below": 1e-7, "counted": "before"}}},
         f"{BASE} · at most 1 epoch · stops at error < 1e-07, counted before updates"),
        ({"stop": {"threshold": {"at_least": 1, "quantity": "accuracy"}}, "metrics": ["accuracy"]},
         f"{BASE} · at most 1 epoch · stops at accuracy ≥ 1"),
        ({"stop": {"threshold": {"at_most": 0}}}, f"{BASE} · at most 1 epoch · stops at error ≤ 0"),
        ({"stop": {"plateau": {"patience": 1}}},
         f"{BASE} · at most 1 epoch · stops after 1 epoch without a better error"),
        ({"stop": {"plateau": {"patience": 50, "by": 0.01, "quantity": "reported_error", "counted": "before"}},
          "reported_error": "squared_error", "epochs": None, "updates": 100},
         f"{BASE} · at most 100 updates · stops after 50 epochs without a better reported_error by 0.01, "
         "counted before updates"),
        ({"loss": {"half_squared_error": {"outputs": "mean"}}},
         "half squared error (outputs mean) · gradient descent · learning rate 0.05 · 1 epoch"),
        ({"loss": {"huber": {"threshold": 2, "samples": "mean"}}},
         "huber (samples mean, threshold 2) · gradient descent · learning rate 0.05 · 1 epoch"),
        ({"optimizer": {"momentum": {"momentum": 0.9}}},
         "half squared error · momentum (0.9) · learning rate 0.05 · 1 epoch"),
        ({"optimizer": {"nesterov": {"momentum": 0.9, "form": "accumulated"}}},
         "half squared error · nesterov (momentum 0.9, form accumulated) · learning rate 0.05 · 1 epoch"),
        ({"optimizer": {"adam": {"bias_correction": False, "beta1": 0.8}}},
         "half squared error · adam (beta1 0.8, bias correction no) · learning rate 0.05 · 1 epoch"),
        ({"learning_rate": 1e-7}, "half squared error · gradient descent · learning rate 1e-07 · 1 epoch"),
    ],
)  # fmt: skip
def test_training_in_words(training: dict[str, Any], told: str) -> None:
    data = xor(**{"loss": "half_squared_error", "learning_rate": 0.05, "epochs": 1, **training})
    data["training"] = {key: value for key, value in data["training"].items() if value is not None}
    assert training_line(experiment(data)) == told


@pytest.mark.parametrize(
    ("arithmetic", "told"),
    [
        ("exact", []),
        ({"numbers": "decimal"}, ["decimal numbers"]),
        ({"numbers": {"decimal": {"digits": 9}}}, ["decimal (digits 9) numbers"]),
        ({"net": {"decimals": 1}}, ["net rounded to 1 decimal"]),
        ({"delta": {"decimals": 0, "rounding": "truncated"}}, ["delta cut off after 0 decimals"]),
        ({"update": {"decimals": 3, "rounding": "truncated", "carried": False}},
         ["update cut off after 3 decimals (only in print)"]),
        ({"out": {"decimals": 2}}, ["out rounded to 2 decimals"]),
        ({"out": {"decimals": 2}, "prediction": {"decimals": 3}},
         ["out rounded to 2 decimals", "prediction rounded to 3 decimals"]),
        ({"out": {"h1": {"decimals": 2}, "h2": {"decimals": 1, "carried": False}}},
         ["out.h1 rounded to 2 decimals", "out.h2 rounded to 1 decimal (only in print)"]),
        # A bias is rounded like a weight; where there are biases, it is told.
        ({"weight": {"decimals": 2}}, ["weight rounded to 2 decimals", "bias rounded to 2 decimals"]),
        ({"weight": {"decimals": 2}, "bias": {"decimals": 4}},
         ["weight rounded to 2 decimals", "bias rounded to 4 decimals"]),
        ({"gradient": {"decimals": 1}, "numbers": "decimal", "error": {"decimals": 5}},
         ["decimal numbers", "error rounded to 5 decimals", "gradient rounded to 1 decimal"]),
    ],
)  # fmt: skip
def test_arithmetic_in_words(arithmetic: Any, told: list[str]) -> None:
    assert list(arithmetic_lines(experiment(xor(), arithmetic=arithmetic))) == told


def test_where_there_are_no_biases_none_are_told() -> None:
    assert list(arithmetic_lines(experiment(doc(), arithmetic={"weight": {"decimals": 2}}))) == [
        "weight rounded to 2 decimals"
    ]
