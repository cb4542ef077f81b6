"""An example of every key and of every choice of a sweep, and the small sweep in which each of them stands.

The reference shows the examples; tests/test_docs.py puts each of them in its place and reads the whole.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from docs.examples import data_of

KEYS: Mapping[str, str] = {
    "Sweep.name": "name: rates",
    "Sweep.title": "title: How far can the learning rate go?",
    "Sweep.source": "source: lecture 4, exercise 2",
    "Sweep.baseline": "baseline: doc_exact.yaml",
    "Sweep.set": "set: {training.epochs: 100}",
    "Sweep.sweep": "sweep: {grid: {training.learning_rate: [0.01, 0.1]}}",
    "Sweep.trace": "trace: {quantities: [error]}",
    "Sweep.limits": "limits: {runs: 100000}",
    "Plan.grid": "grid: {training.learning_rate: [0.01, 0.1], initial_weights.w5: [0, 0.5]}",
    "Plan.zip": "zip: {training.learning_rate: [0.01, 0.1], training.epochs: [200, 20]}",
    "Plan.sample": (
        "sample: {random: {count: 9, seed: 0}, of: {training.learning_rate: {uniform: {from: 0.01, to: 0.2}}}}"
    ),
    "Plan.search": (
        "search: {tpe: {trials: 60, seed: 0}, of: {training.learning_rate: {uniform: {from: 0.01, to: 0.2}}}}"
    ),
    "Plan.repeat": "repeat: 20",
    "Plan.exclude": "exclude: [training.learning_rate > 0.1 and initial_weights.w5 == 0]",
    "Sample.random": "random: {count: 9, seed: 0}",
    "Sample.sobol": "sobol: {count: 64, seed: 0}",
    "Sample.latin_hypercube": "latin_hypercube: {count: 50, seed: 0}",
    "Sample.of": "of: {training.learning_rate: {log_uniform: {from: 0.001, to: 1}}}",
    "Drawing.count": "count: 64",
    "Drawing.seed": "seed: 0",
    "Search.tpe": "tpe: {trials: 60, seed: 0}",
    "Search.cma_es": "cma_es: {trials: 200, seed: 0, population: 20}",
    "Search.of": "of: {training.learning_rate: {log_uniform: {from: 0.001, to: 1}}}",
    "Search.minimise": "minimise: best_error",
    "Trials.trials": "trials: 60",
    "Trials.seed": "seed: 0",
    "Trials.population": "population: 20",
    "Repeat.count": "count: 20",
    "Repeat.first_seed": "first_seed: 100",
    "Repeat.seeds": "seeds: [initial_weights.seed]",
    "SweepTracing.quantities": "quantities: [error, gradient]",
    "SweepTracing.every": "every: 10",
    "Limits.runs": "runs: 100000",
    "Limits.time": "time: 8 h",
    "Limits.disk": "disk: 50 GB",
    "Limits.rows": "rows: 50000000",
}
"""By model and key: the key with a value."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "Linear": ("initial_weights.w5: {linear: {from: -1, to: 1, count: 21}}",),
    "Geometric": ("training.learning_rate: {geometric: {from: 0.001, to: 1, count: 61}}",),
    "UniformDistribution": ("initial_weights.w5: {uniform: {from: -1, to: 1}}",),
    "LogUniformDistribution": ("training.learning_rate: {log_uniform: {from: 0.001, to: 1}}",),
    "NormalDistribution": ("initial_weights.w5: {normal: {mean: 0, scale: 0.5}}",),
    "IntegersDistribution": ("training.epochs: {integers: {from: 10, to: 100}}",),
    "ChoiceDistribution": (
        "architecture.layers.0.activation: {choice: [linear, tanh]}",
        "training.optimizer: {choice: {plain: gradient_descent, heavy: {momentum: {momentum: 0.9}}}}",
    ),
}
"""By the name of a choice's model: how it is chosen. Together they show all of its own numbers."""

PLACES: Mapping[str, tuple[str, ...]] = {
    "Sweep": (),
    "Plan": ("sweep",),
    "Sample": ("sweep", "sample"),
    "Drawing": ("sweep", "sample", "sobol"),
    "Search": ("sweep", "search"),
    "Trials": ("sweep", "search", "tpe"),
    "Repeat": ("sweep", "repeat"),
    "SweepTracing": ("trace",),
    "Limits": ("limits",),
    "SpacedChoice": ("sweep", "grid"),
    "DistributionChoice": ("sweep", "sample", "of"),
}
"""By the name of a model or of a place for choices: where the example stands in the file."""

SMALL = """
name: small
baseline: doc_exact.yaml
sweep: {grid: {training.learning_rate: [0.01, 0.1]}}
"""
"""The sweep in which the examples stand, in the folder `configs`."""

_OF = "of: {initial_weights.w5: {uniform: {from: -1, to: 1}}}"
_DRAWN = "set: {initial_weights: {uniform: {low: -1, high: 1}, seed: 0}}"
_BOTH = "grid: {training.learning_rate: [0.05, 0.2], initial_weights.w5: [0, 1]}"

ROOM: Mapping[str, str] = {
    "Plan.grid": "sweep: {}",
    "Plan.zip": "sweep: {}",
    "Plan.sample": "sweep: {}",
    "Plan.search": "sweep: {}",
    "Plan.exclude": f"sweep: {{{_BOTH}}}",
    "Plan.repeat": _DRAWN,
    "Repeat": f"{_DRAWN}\nsweep: {{repeat: {{count: 2}}}}",
    "Sample.of": "sweep: {sample: {sobol: {count: 8, seed: 0}}}",
    "Sample": f"sweep: {{sample: {{{_OF}}}}}",
    "Drawing": f"sweep: {{sample: {{sobol: {{count: 8, seed: 1}}, {_OF}}}}}",
    "Search.of": "sweep: {search: {tpe: {trials: 8, seed: 0}}}",
    "Search.minimise": f"sweep: {{search: {{tpe: {{trials: 8, seed: 0}}, {_OF}}}}}",
    "Search": f"sweep: {{search: {{{_OF}}}}}",
    "Trials": f"sweep: {{search: {{tpe: {{trials: 8, seed: 1}}, {_OF}}}}}",
    "SpacedChoice": "sweep: {grid: {}}",
    "DistributionChoice": "sweep: {sample: {sobol: {count: 8, seed: 0}, of: {}}}",
}
"""By address, else by model or place: what the file has in place of the small sweep's."""


def placed(text: str, place: tuple[str, ...], room: str = "") -> dict[str, Any]:
    """The small sweep with an example in its place."""
    sweep: dict[str, Any] = {**copy.deepcopy(data_of(SMALL)), **(data_of(room) if room else {})}
    home = sweep
    for key in place:
        home = home.setdefault(key, {})
    home |= data_of(text)
    return sweep


def of_key(address: str) -> dict[str, Any]:
    """A sweep with the example of a model's key."""
    model = address.partition(".")[0]
    return placed(KEYS[address], PLACES[model], ROOM.get(address, ROOM.get(model, "")))


def of_choice(union: str, text: str) -> dict[str, Any]:
    """A sweep with one example of a choice."""
    return placed(text, PLACES[union], ROOM[union])
