"""Declares a dataset in a file of its own, and loads it, as every test here does."""

from __future__ import annotations

from pathlib import Path

import pytest

from bprunner.data.loading import load_samples
from bprunner.data.samples import Samples
from bprunner.errors import InputError, Problem
from bprunner.spec.reading import Declaration, read_declaration

TEXT = """\
name: doc
architecture:
  inputs: {inputs}
  layers: [{{units: {units}, activation: linear, bias: none}}]
initial_weights: zeros
training: {{loss: squared_error, optimizer: gradient_descent, learning_rate: 0.1, epochs: 1}}
dataset:
  {dataset}
"""


def declared(folder: Path, dataset: str, inputs: int = 2, units: int = 1, rest: str = "") -> Declaration:
    """The declaration of a network of one layer with this dataset, whose lines need no indentation."""
    text = TEXT.format(dataset=dataset.replace("\n", "\n  "), inputs=inputs, units=units)
    (folder / "doc.yaml").write_text(text + rest, encoding="utf-8")
    return read_declaration(folder / "doc.yaml")


def load(folder: Path, dataset: str, inputs: int = 2, units: int = 1, rest: str = "") -> Samples:
    return load_samples(declared(folder, dataset, inputs, units, rest))


def refused(folder: Path, dataset: str, inputs: int = 2, units: int = 1, rest: str = "") -> tuple[Problem, ...]:
    """What is wrong with it; something must be."""
    with pytest.raises(InputError) as caught:
        load(folder, dataset, inputs, units, rest)
    return caught.value.problems


def told(problems: tuple[Problem, ...]) -> list[tuple[str, str]]:
    """Path and message of each problem."""
    return [(problem.path, problem.message) for problem in problems]
