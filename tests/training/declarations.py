"""Declarations that the tests of training, checking and runs start from."""

from __future__ import annotations

from typing import Any

from bprunner.data.loading import load_samples
from bprunner.spec.reading import read_declaration
from bprunner.training.population import Population, populate


def doc(**training: Any) -> dict[str, Any]:
    """The document's network, in exact arithmetic."""
    layer = {"activation": "linear", "bias": "none"}
    return {
        "name": "doc",
        "architecture": {"inputs": 2, "layers": [{"units": 2, **layer}, {"units": 1, **layer}]},
        "initial_weights": {"w1": 0.1, "w2": 0.2, "w3": 0.3, "w4": 0.4, "w5": 0.21, "w6": 0.23},
        "dataset": {"inputs": [[2, 3]], "targets": [[1]]},
        "training": {
            "loss": "half_squared_error",
            "optimizer": "gradient_descent",
            "learning_rate": 0.05,
            "epochs": 1,
            **training,
        },
    }


def xor(**training: Any) -> dict[str, Any]:
    """Several samples, biases, a seed."""
    return {
        "name": "xor",
        "architecture": {
            "inputs": 2,
            "layers": [
                {"units": 3, "activation": "tanh", "bias": "trained"},
                {"units": 1, "activation": "sigmoid", "bias": "trained"},
            ],
        },
        "initial_weights": {"uniform": {"low": -1, "high": 1}, "biases": "zeros", "seed": 4},
        "dataset": {"inputs": [[0, 0], [0, 1], [1, 0], [1, 1]], "targets": [[0], [1], [1], [0]]},
        "training": {
            "loss": "mean_squared_error",
            "optimizer": "gradient_descent",
            "learning_rate": 0.5,
            "epochs": 10,
            **training,
        },
    }


def population_of(declared: dict[str, Any]) -> Population:
    declaration = read_declaration(declared)
    return populate([declaration.experiment], load_samples(declaration))
