"""Loading a dataset: from what was declared, by the reader of its source, to samples.

Of what was read, the rows and columns that are asked for are encoded, then split, then scaled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np

from bprunner.data.array_files import read_npy, read_npz
from bprunner.data.bundled import read_bundled
from bprunner.data.csv_files import read_csv
from bprunner.data.encoding import encoded
from bprunner.data.gates import read_gate
from bprunner.data.generated import read_generated
from bprunner.data.parquet_files import read_parquet
from bprunner.data.samples import Samples
from bprunner.data.scaling import scaled
from bprunner.data.splitting import Rows, split_rows
from bprunner.data.tables import MOST_TOLD, SIDES, Source, Table, all_problems, as_doubles, enough, selected
from bprunner.errors import InputError, Problem
from bprunner.nn.arrays import Array
from bprunner.spec.consistency import sample_misfits
from bprunner.spec.dataset import Scaling, Split, training_samples
from bprunner.spec.dataset_misfits import split_misfits
from bprunner.spec.misfit import Misfit
from bprunner.spec.problems import problem_at, problem_at_key
from bprunner.spec.reading import Declaration
from bprunner.spec.target_misfits import no_probability, why_probabilities


def load_samples(declaration: Declaration) -> Samples:
    """The samples of an experiment. Raises InputError with row and column for a faulty file."""
    dataset = declaration.experiment.dataset
    source = Source(declaration, dataset)
    tables = _tables(source)
    if dataset.encode is not None:
        tables = encoded(source, tables, dataset.encode)
    _refuse_no_probabilities(source, tables)
    training, *others = [_samples(declaration, table) for table in tables]
    held_out = others[0] if others else None
    if dataset.split is not None:
        training, held_out = _split(declaration, dataset.split, training)
    if training_samples(dataset) is None:
        # What is known beforehand was told beforehand.
        _refuse(declaration, list(sample_misfits(declaration.experiment, len(training))))
    if dataset.scale is not None:
        training, held_out = _scaled(source, dataset.scale, training, held_out)
        _refuse_no_scaled_probabilities(source, training, held_out)
    return replace(training, held_out=held_out)


# Sources


def read_inline(source: Source) -> Table:
    """Samples that are written in the YAML."""
    inputs, targets = (np.array(getattr(source.declared, side), dtype=np.float64) for side in SIDES)
    if source.in_columns:
        inputs, targets = inputs.T, targets.T

    def refuse(side: str, row: int, column: int, message: str) -> Problem:
        return source.problem((side, *((column, row) if source.in_columns else (row, column))), message)

    return Table(as_doubles(inputs), as_doubles(targets), "inline", refuse)


READERS: Mapping[str, Callable[[Source], Table]] = {
    "inline": read_inline,
    "csv": read_csv,
    "parquet": read_parquet,
    "npy": read_npy,
    "npz": read_npz,
    "bundled": read_bundled,
    "moons": read_generated,
    "circles": read_generated,
    "blobs": read_generated,
    "gate": read_gate,
}


def _tables(source: Source) -> list[Table]:
    """The table that is trained on, and that which is held out, where it has a source of its own."""
    sources = [source]
    if source.dataset.held_out is not None:
        sources.append(Source(source.declaration, source.dataset.held_out, ("dataset", "held_out")))
    tables: list[Table] = []
    all_problems(partial(_append, tables, each) for each in sources)
    return tables


def _append(tables: list[Table], source: Source) -> None:
    tables.append(selected(source, READERS[source.kind](source)))


def _refuse(declaration: Declaration, misfits: list[Misfit]) -> None:
    if misfits:
        root = declaration.root
        raise InputError([(problem_at_key if each.at_key else problem_at)(root, *each[:3]) for each in misfits])


# Targets that a logarithm needs


def _refuse_no_probabilities(source: Source, tables: list[Table]) -> None:
    """Where targets stay as they were read, each is told where it stands."""
    reason, scale = why_probabilities(source.declaration.experiment.training), source.dataset.scale
    if not reason or (scale is not None and scale.targets is not None):
        return
    problems = [
        table.refuse("targets", row, column, no_probability(value, reason))
        for table in tables
        for row, column, value in _no_probabilities(table.targets)
    ]
    if problems:
        raise InputError(enough(problems))


def _refuse_no_scaled_probabilities(source: Source, training: Samples, held_out: Samples | None) -> None:
    """Of targets that were scaled, the first one of each part is told."""
    reason, scale = why_probabilities(source.declaration.experiment.training), source.dataset.scale
    if not reason or scale is None or scale.targets is None:
        return
    problems = [
        source.problem(
            ("scale", "targets"), f"{word} {row + 1:,}, column {column + 1:,} {no_probability(value, reason)}"
        )
        for word, part in (("sample", training), ("held-out sample", held_out))
        if part is not None
        for row, column, value in islice(_no_probabilities(part.targets), 1)
    ]
    if problems:
        raise InputError(problems)


def _no_probabilities(targets: Array) -> Iterator[tuple[int, int, float]]:
    """Row, column and value of what is not from 0 to 1; one more than are told."""
    for row, column in np.argwhere((targets < 0) | (targets > 1))[: MOST_TOLD + 1].tolist():
        yield row, column, float(targets[row, column])


# From tables to samples


def _samples(declaration: Declaration, table: Table) -> Samples:
    names = declaration.experiment.architecture.names
    input_names, target_names = table.input_names or names.inputs, table.target_names or names.outputs
    return Samples(table.inputs, table.targets, input_names, target_names, table.origin)


def _split(declaration: Declaration, split: Split, samples: Samples) -> tuple[Samples, Samples]:
    _refuse(declaration, list(split_misfits(split, len(samples))))
    training, held_out = split_rows(split, len(samples))
    return _rows(samples, training), _rows(samples, held_out)


def _rows(samples: Samples, rows: Rows) -> Samples:
    return replace(samples, inputs=samples.inputs[rows], targets=samples.targets[rows])


def _scaled(
    source: Source, scaling: Scaling, training: Samples, held_out: Samples | None
) -> tuple[Samples, Samples | None]:
    problems: list[Problem] = []
    for side in SIDES:
        how = getattr(scaling, side)
        if how is None:
            continue
        others = None if held_out is None else getattr(held_out, side)
        ours, theirs = scaled(how.kind, how.parameters(), getattr(training, side), others)
        training = _with_side(training, side, ours)
        # What is scaled by its own minimum and maximum, or deviation, stays small; a number may be too small to divide.
        problems += _beyond(source, side, ours, "sample", "too large for what it is divided by")
        if held_out is not None and theirs is not None:
            held_out = _with_side(held_out, side, theirs)
            divided = how.kind == "divide"
            far = "too large for what it is divided by" if divided else "too far from the training samples to be scaled"
            problems += _beyond(source, side, theirs, "held-out sample", far)
    if problems:
        raise InputError(problems)
    return training, held_out


def _with_side(samples: Samples, side: str, values: Array) -> Samples:
    return replace(samples, inputs=values) if side == "inputs" else replace(samples, targets=values)


def _beyond(source: Source, side: str, values: Array, word: str, why: str) -> list[Problem]:
    """A number that no double holds when it is scaled."""
    beyond = np.argwhere(~np.isfinite(values))
    if not len(beyond):
        return []
    row, column = beyond[0].tolist()
    message = f"{word} {row + 1:,}, column {column + 1:,}: {why}"
    return [source.problem(("scale", side), message)]
