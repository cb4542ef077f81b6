"""Experiments for tests: a small valid one as text, and random valid ones as plain data."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from bprunner.errors import InputError, Problem
from bprunner.spec.reading import read_declaration
from bprunner.spec.source import Source
from bprunner.spec.yaml_loader import load

VALID = """\
name: doc
architecture:
  inputs: 2
  layers:
    - {units: 2, activation: linear, bias: none}
    - {units: 1, activation: linear, bias: none}
initial_weights: {w1: 0.1, w2: 0.2, w3: 0.3, w4: 0.4, w5: 0.21, w6: 0.23}
dataset:
  inputs: [[2, 3]]
  targets: [[1]]
training:
  loss: half_squared_error
  optimizer: gradient_descent
  learning_rate: 0.05
  epochs: 1
expect:
  - {step: 0, out: {h1: 0.8}}
"""


def problems_of_file(path: Path, overrides: tuple[str, ...] = ()) -> tuple[Problem, ...]:
    """What is wrong with a file, its dataset included; nothing where nothing is."""
    from bprunner.data.loading import load_samples

    try:
        load_samples(read_declaration(path, overrides))
    except InputError as error:
        return error.problems
    return ()


def loaded(text: str) -> Any:
    """YAML text as plain data, read by bprunner's own rules."""
    from bprunner.spec.nodes import plain

    return plain(load(Source("test.yaml", text)))


NUMBERS = st.one_of(st.integers(-1000, 1000), st.floats(-1e6, 1e6), st.sampled_from([5e-324, 1e308, -0.0, 1e22]))
TEXTS = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=20).filter(str.strip)
# Digits count: 0.50 is not 0.5.
DIGITS = st.decimals(-1000, 1000, places=3).map(lambda number: float(number))


@st.composite
def weights(draw: st.DrawFn, sizes: list[int], biased: list[bool]) -> Any:
    """Initial weights in one of their notations."""
    pairs = list(pairwise(sizes))
    count = sum(fan_in * fan_out for fan_in, fan_out in pairs)
    biases: dict[str, Any] = {}
    if any(biased):
        lists = [[draw(NUMBERS) for _ in range(units)] for units, has in zip(sizes[1:], biased, strict=True) if has]
        biases = {"biases": draw(st.sampled_from([lists, "zeros", {"constant": {"value": 0.5}}]))}
    match draw(st.sampled_from(["names", "matrices", "zeros", "uniform", "normal"])):
        case "names":
            return {**{f"w{number + 1}": draw(NUMBERS) for number in range(count)}, **biases}
        case "matrices":
            matrices = [[[draw(NUMBERS) for _ in range(out)] for _ in range(into)] for into, out in pairs]
            return {"matrices": matrices, "orientation": "in_out", **biases}
        case "zeros":
            return {"zeros": None, "w1": draw(NUMBERS), **biases} if draw(st.booleans()) or biases else "zeros"
        case "uniform":
            return {"uniform": {"low": -1, "high": 1.5}, "seed": draw(st.integers(0, 2**63 - 1)), **biases}
        case _:
            return {"normal": {"scale": draw(st.floats(0, 9))}, "seed": 0, **biases}


@st.composite
def experiments(draw: st.DrawFn) -> dict[str, Any]:
    """A valid experiment as plain data."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=4))
    biased = [draw(st.booleans()) for _ in sizes[1:]]
    activations = st.sampled_from(["linear", "sigmoid", "tanh", "relu", "leaky_relu", {"leaky_relu": {"slope": 0.25}}])
    samples = draw(st.integers(1, 3))
    epochs = draw(st.integers(0, 5))
    error = draw(st.one_of(DIGITS, st.fixed_dictionaries({"printed": DIGITS, "tolerance": st.floats(0, 1)})))
    optional = {
        "title": draw(st.none() | TEXTS),
        "source": draw(st.none() | TEXTS),
        "arithmetic": draw(st.sampled_from([None, "exact", {"weight": {"decimals": 2}}])),
        "tracking": draw(st.sampled_from([None, {"points": 50}, {"quantities": ["net", "error"]}])),
        "expect": draw(
            st.sampled_from(
                [
                    None,
                    [{"step": epochs, "error": error}],
                    [{"steps": [0, epochs], "error": [error, 1]}, {"step": 0, "values": {"2 * weight.w1": 0.5}}],
                ]
            )
        ),
    }
    return {
        "name": draw(TEXTS),
        "architecture": {
            "inputs": sizes[0],
            "layers": [
                {"units": units, "activation": draw(activations), "bias": "trained" if has else "none"}
                for units, has in zip(sizes[1:], biased, strict=True)
            ],
        },
        "initial_weights": draw(weights(sizes, biased)),
        "dataset": {
            "inputs": [[draw(NUMBERS) for _ in range(sizes[0])] for _ in range(samples)],
            "targets": [[draw(NUMBERS) for _ in range(sizes[-1])] for _ in range(samples)],
        },
        "training": {
            "loss": draw(st.sampled_from(["half_squared_error", "mean_squared_error"])),
            "optimizer": "gradient_descent",
            "learning_rate": draw(st.floats(1e-300, 1e3)),
            "epochs": epochs,
        },
        **{key: value for key, value in optional.items() if value is not None},
    }
