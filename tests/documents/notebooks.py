"""Running a notebook's code, and holding what it computes against a run's trace."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Iterator
from decimal import localcontext
from typing import Any

import numpy as np

from bprunner import Run
from bprunner.documents.language import Language
from bprunner.documents.numpy_cells import Section, code_cells
from bprunner.documents.subject import Subject

AGREES = 1e-9


def subject_of(run: Run) -> Subject:
    return Subject(run.experiment, run.samples, run.trace, run.figures)


def sections_of(run: Run, step: int = 0) -> tuple[Section, ...]:
    return code_cells(subject_of(run), Language("en"), step)


def codes(sections: Iterable[Section]) -> list[str]:
    return [cell.source for section in sections for cell in section.cells if cell.kind == "code"]


def texts(sections: Iterable[Section]) -> dict[str, str]:
    """What is said in words, by section, the introduction apart."""
    return {s.name: cell.source for s in sections if s.name != "setup" for cell in s.cells if cell.kind == "text"}


def executed(sections: Iterable[Section]) -> dict[str, Any]:
    """The variables after all code cells have run, each twice: to run a cell again changes nothing."""
    variables: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()), np.errstate(), localcontext():
        for code in codes(sections):
            compiled = compile(code, "<cell>", "exec")
            exec(compiled, variables)
            exec(compiled, variables)
    return variables


def differences(variables: dict[str, Any], run: Run, step: int = 0) -> list[str]:
    """The quantities of the step that are not those of the trace, to nine digits of what they are made from."""
    found = []
    is_last = step == run.trace.steps[-1]
    traces = [run.trace.at(step), {} if is_last else run.trace.at(step + 1)]
    for column, name, place, after in _places(run):
        if column not in traces[after] or name not in variables or (is_last and name.startswith("update")):
            continue
        own = np.asarray(variables[name]).astype(float)[place]
        traced = np.asarray(traces[after][column])
        traced = traced[~np.isnan(traced)] if traced.ndim else traced
        size = _size(variables, name, own)
        if not np.allclose(own, traced, rtol=AGREES, atol=1e-13 * size, equal_nan=True):
            found.append(f"{column}: {own} ≠ {traced}")
    return found


def quantities(variables: dict[str, Any], run: Run) -> set[str]:
    """Which quantities were held."""
    return {f"{c.partition('.')[0]}{'+' * after}" for c, name, _, after in _places(run) if name in variables}


def _size(variables: dict[str, Any], name: str, own: Any) -> float:
    """Updates are made from the learning rate times gradients, the other numbers from what is about 1."""
    rate = float(variables["learning_rate"]) if name.startswith("update") else 1.0
    return max(rate, float(np.max(np.abs(np.nan_to_num(own)))))


def _places(run: Run) -> Iterator[tuple[str, str, Any, int]]:
    """Each column of the trace, the variable that has it, the place within, and how many steps later it is."""
    names = run.experiment.architecture.names
    for layer, neurons in enumerate(names.layers, 1):
        for unit, neuron in enumerate(neurons):
            for quantity in ("net", "out", "delta"):
                yield f"{quantity}.{neuron}", f"{quantity}{layer}", np.s_[:, unit], 0
    yield "error", "error", np.s_[()], 0
    weights = [(name, f"W{p.layer + 1}", np.s_[p.sender, p.receiver]) for name, p in names.weights.items()]
    biases = [(name, f"b{p.layer + 1}", np.s_[p.receiver]) for name, p in names.biases.items()]
    for quantity, each in (("weight", weights), ("bias", biases)):
        for name, variable, place in each:
            yield f"{quantity}.{name}", variable, place, 0
            yield f"gradient.{name}", f"grad_{variable}", place, 0
            yield f"update.{name}", f"update_{variable}", place, 0
            yield f"{quantity}.{name}", f"new_{variable}", place, 1
            for slot, letter in (("velocity", "v"), ("mean", "m"), ("squares", "s")):
                yield f"{slot}.{name}", f"new_{letter}_{variable}", place, 1
