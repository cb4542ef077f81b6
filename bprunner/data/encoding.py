"""Encoding: class numbers or labels become a column for each class, truth values become −1 and 1.

Labels become class numbers first: the position of each in their list. Of labels that are texts, readers give these
positions already.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bprunner.data.tables import MOST_TOLD, SIDES, Source, Table, enough
from bprunner.errors import InputError, Problem
from bprunner.nn.arrays import Array
from bprunner.spec.dataset import LARGEST_SIDE, Encoding
from bprunner.spec.dataset_misfits import class_misfit, unencodable, unlabelled


def encoded(source: Source, tables: Sequence[Table], encoding: Encoding) -> list[Table]:
    """The tables encoded alike. Raises InputError for numbers that cannot be, and for too few or many classes."""
    problems = [problem for table in tables for problem in _faults(table, encoding)]
    if problems:
        raise InputError(enough(problems))
    if encoding.labels is not None:
        return [_encoded(_classed(table, encoding.numbers), encoding, encoding.labels) for table in tables]
    classes = encoding.classes or 1 + max(int(np.max(table.targets)) for table in tables)
    architecture = source.declaration.experiment.architecture
    if encoding.targets == "one_hot" and classes != architecture.layers[-1].units:
        misfit = class_misfit(classes, architecture)
        raise source.declaration.problem(misfit.path, misfit.message, misfit.hint)
    return [_encoded(table, encoding, range(classes)) for table in tables]


def _faults(table: Table, encoding: Encoding) -> Iterator[Problem]:
    for side in SIDES:
        kind, values = getattr(encoding, side), getattr(table, side)
        if kind is None:
            continue
        if side == "targets" and encoding.labels is not None:
            wrong, why = _unlabelled(values, encoding.numbers), partial(unlabelled, encoding.numbers)
        else:
            wrong = _unencodable(kind, values, encoding.classes)
            why = partial(unencodable, kind, classes=encoding.classes)
        for row, column in np.argwhere(wrong)[: MOST_TOLD + 1].tolist():
            yield table.refuse(side, row, column, why(float(values[row, column])))


def _unencodable(kind: str, values: Array, classes: int | None) -> NDArray[np.bool_]:
    """Where `unencodable` has something to say."""
    if kind == "bipolar":
        return ~np.isin(values, (0, 1))
    beyond = values >= (LARGEST_SIDE if classes is None else classes)
    unfit: NDArray[np.bool_] = np.logical_or.reduce([values < 0, values != np.floor(values), beyond])
    return unfit


def _unlabelled(values: Array, labels: Sequence[int]) -> NDArray[np.bool_]:
    """Where `unlabelled` has something to say; of labels that are texts, readers told it."""
    return ~np.isin(values, labels) if labels else np.full(values.shape, False)


def _classed(table: Table, labels: Sequence[int]) -> Table:
    """The table with class numbers, which are there already for labels that are texts."""
    return replace(table, targets=positions(table.targets, labels)) if labels else table


def _encoded(table: Table, encoding: Encoding, classes: Sequence[int | str]) -> Table:
    inputs = bipolar(table.inputs) if encoding.inputs == "bipolar" else table.inputs
    if encoding.targets == "one_hot":
        names = table.target_names and tuple(f"{table.target_names[0]} {each}" for each in classes)
        return replace(table, inputs=inputs, targets=one_hot(table.targets, len(classes)), target_names=names)
    targets = bipolar(table.targets) if encoding.targets == "bipolar" else table.targets
    return replace(table, inputs=inputs, targets=targets)


def positions(values: Array, labels: Sequence[int]) -> Array:
    """(samples, 1) labels → the position of each in their list, from 0."""
    order = np.argsort(labels)
    return order[np.searchsorted(labels, values, sorter=order)].astype(np.float64)


def bipolar(values: Array) -> Array:
    """0 → −1, 1 → 1."""
    return np.where(values == 0, -1.0, 1.0)


def one_hot(values: Array, classes: int) -> Array:
    """(samples, 1) class numbers → (samples, classes), 1 in the sample's class and 0 in the others."""
    return np.where(values == np.arange(classes), 1.0, 0.0)
