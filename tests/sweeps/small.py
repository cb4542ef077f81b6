"""Small populations that the tests of sweeps start from, and their summaries."""

from __future__ import annotations

from typing import Any

import pytest

from bprunner.data.loading import load_samples
from bprunner.nn.arrays import Array
from bprunner.spec.reading import read_declaration
from bprunner.sweeps.summing import Summary, Summing, watched
from bprunner.training import chunks
from bprunner.training.chunks import series_of, train_in_chunks
from bprunner.training.population import Population, populate


def rates(data: dict[str, Any], *each: float) -> Population:
    """Runs with these learning rates."""
    declarations = [
        read_declaration({**data, "training": {**data["training"], "learning_rate": rate}}) for rate in each
    ]
    return populate([each.experiment for each in declarations], load_samples(declarations[0]))


def bowl(curvature: float = 1.0, **training: Any) -> dict[str, Any]:
    """½ λ w²: one weight, an input of √λ, a target of 0."""
    return {
        "name": "bowl",
        "architecture": {"inputs": 1, "layers": [{"units": 1, "activation": "linear", "bias": "none"}]},
        "initial_weights": {"w1": 1.0},
        "dataset": {"inputs": [[curvature**0.5]], "targets": [[0.0]]},
        "training": {
            "loss": "half_squared_error",
            "optimizer": "gradient_descent",
            "learning_rate": 0.1,
            "epochs": 50,
            **training,
        },
    }


def summed(population: Population, baseline: Array | None, most_steps: int = 256, most_bytes: int = 2**24) -> Summary:
    series = series_of(population)
    sums = Summing(population.runs, baseline, watched(population, series))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "MOST_STEPS", most_steps)
        patch.setattr(chunks, "CHUNK_BYTES", most_bytes)
        ends = train_in_chunks(population, series, sums.keep)
    assert ends is not None
    return sums.summary(ends)
