"""Sweeps for tests: a small baseline in a folder, sweep files beside it, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bprunner.errors import InputError, Problem
from bprunner.spec.effective import content_hash
from bprunner.spec.expanding import Cell
from bprunner.spec.sweep_reading import SweepDeclaration, read_sweep
from bprunner.spec.validating import validate

BASELINE = """\
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
arithmetic: {weight: {decimals: 2}}
horizon: {step: 1, reason: it is short}
expect:
  - {step: 0, prediction: 0.582}
"""
DRAWN = BASELINE.replace(
    "initial_weights: {w1: 0.1, w2: 0.2, w3: 0.3, w4: 0.4, w5: 0.21, w6: 0.23}",
    "initial_weights: {uniform: {low: -1, high: 1}, seed: 7}",
)


def sweep(folder: Path, text: str, *overrides: str, baseline: str = BASELINE, **more: Any) -> SweepDeclaration:
    """A sweep file with this text below its name and its baseline."""
    (folder / "base.yaml").write_text(baseline, encoding="utf-8")
    path = folder / "sweep.yaml"
    path.write_text(f"name: study\nbaseline: base.yaml\n{text}", encoding="utf-8")
    return read_sweep(path, overrides, **more)


def problems(folder: Path, text: str, *overrides: str, baseline: str = BASELINE) -> Sequence[Problem]:
    """What is wrong with it: something has to be."""
    with pytest.raises(InputError) as caught:
        sweep(folder, text, *overrides, baseline=baseline)
    return caught.value.problems


def column(declared: SweepDeclaration, path: str) -> list[object]:
    """The values of all cells but the baseline's."""
    return [cell.values.get(path) for cell in declared.cells()][1:]


def assert_whole(declared: SweepDeclaration, cells: Sequence[Cell] | None = None) -> None:
    """Every cell is what validating and hashing the whole of it gives."""
    every = list(declared.cells()) if cells is None else cells
    assert every
    for cell in every:
        declaration = declared.declaration_of(cell)
        whole = validate(declaration.root)
        assert whole == cell.experiment, cell.labels
        # 7 and 7.0 are equal, and no seed is 7.0.
        assert repr(whole) == repr(cell.experiment), cell.labels
        assert content_hash(declaration) == cell.hash, cell.labels
    if cells is None:
        assert [cell.number for cell in every] == list(range(declared.count()))


def labels(cells: Sequence[Cell]) -> list[Mapping[str, str]]:
    return [dict(cell.labels) for cell in cells]
