"""Lines: a quantity over the steps, of the runs that are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from math import gcd
from typing import Any, NamedTuple

import numpy as np

from bprunner.nn.arrays import Array, Indices
from bprunner.reports.choosing import Choice
from bprunner.sweeps.study import Study
from bprunner.training.chunk_files import RUN, STEP


class Line(NamedTuple):
    """Of a run: its row in the table, and the values (points,) at some of its steps (points,)."""

    row: int
    steps: Indices
    values: Array


def lines_of(study: Study, choices: Sequence[Choice]) -> dict[str, list[Line]]:
    """The lines of each quantity, in the order of their rows. Runs that do not have it have none.

    Raises StorageError where a file of the study cannot be read.
    """
    runs = study.table["run"].tolist()
    found: dict[str, dict[int, Line]] = {choice.name: {} for choice in choices}
    for choice, names, every in _read_together(study, choices):
        rows = {runs[row]: row for row in choice.rows}
        for number, columns in _by_run(study, choice, names, list(rows), every):
            for name in names:
                line = _line(rows[number], columns[STEP], columns[name])
                if len(line.steps):
                    found[name][line.row] = line
    return {name: [by_row[row] for row in sorted(by_row)] for name, by_row in found.items()}


def _read_together(study: Study, choices: Sequence[Choice]) -> Iterator[tuple[Choice, list[str], int]]:
    """Choices that differ in their names alone, with the steps at which they have values: files are read once."""
    groups: dict[tuple[Any, ...], tuple[Choice, list[str], int]] = {}
    for choice in choices:
        every = _every(study, choice)
        key = (tuple(choice.rows), choice.points, every)
        groups.setdefault(key, (choice, [], every))[1].append(choice.name)
    return iter(groups.values())


def _every(study: Study, choice: Choice) -> int:
    """1 where the first run has a value at every step; else the distance of those that have one: what is measured
    at the ends of epochs is missing between them."""
    first = int(study.table["run"].iloc[choice.rows[0]])
    frame = study.steps.frame([choice.name], [first])
    there = np.isfinite(frame[choice.name].to_numpy())
    # What the first run does not have at all, or has until it left the range of doubles, has no gaps.
    last = int(np.flatnonzero(there)[-1]) if there.any() else 0
    if there[:last].all():
        return 1
    return max(1, reduce(gcd, (int(step) for step in frame[STEP].to_numpy()[there])))


def _by_run(
    study: Study, choice: Choice, names: Sequence[str], numbers: Sequence[int], every: int
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each run's columns, with at most so many points as are wanted."""
    points: int | None = choice.points
    if every > 1:
        most = int(study.summary.steps[list(choice.rows)].max()) // every
        every, points = every * max(1, -(-most // choice.points)), None
    for part in study.steps.parts(names, numbers, points, every):
        order = np.lexsort((part[STEP], part[RUN]))
        columns = {name: values[order] for name, values in part.items()}
        own, starts = np.unique(columns[RUN], return_index=True)
        for number, start, end in zip(own.tolist(), starts, [*starts[1:], len(order)], strict=True):
            yield number, {name: values[start:end] for name, values in columns.items()}


def _line(row: int, steps: Indices, values: Array) -> Line:
    """Without the steps at which there is no value."""
    there = ~np.isnan(values)
    return Line(row, steps[there], values[there])
