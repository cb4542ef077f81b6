"""What a starter makes of a file of data: the output layer and the loss that suit its targets, and sizes to begin with.

Whatever is guessed has its reason in words, for the comment beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bprunner.data.tables import of_file
from bprunner.errors import InputError, Problem
from bprunner.spec.naming import counted
from bprunner.spec.problems import cut
from bprunner.starters.columns import Chosen, Column
from bprunner.starters.texts import flow_list, listed, said

MOST_CLASSES = 20
"""The most different whole numbers that are taken for classes."""
MOST_LABELS = 100
_FEW_SAMPLES = 10
_UPDATES = 4000
_LARGEST_TRACE = 2_000_000


@dataclass(frozen=True)
class Output:
    """The output layer and what goes with it, in YAML's words.

    `what` completes "the targets are"; `why` says how they are trained; `encode` stands below `dataset`, if anything.
    """

    units: int
    activation: str
    loss: str
    what: str
    why: str
    encode: str = ""
    scale: str = ""
    metrics: str = ""


@dataclass(frozen=True)
class Guess:
    """Everything that a starter for a file of data says besides names."""

    output: Output
    hidden: int
    scale: str
    scale_why: str
    held_out: str
    held_out_why: str
    batches: str
    learning_rate: str
    epochs: int
    trace: str
    trace_why: str


def guessed(chosen: Chosen) -> Guess:
    """Raises InputError for targets of which nothing can be learned."""
    output = _output(chosen)
    samples, inputs = chosen.look.samples, len(chosen.inputs)
    holds_out = samples >= _FEW_SAMPLES
    training = samples - max(1, int(0.2 * samples + 0.5)) if holds_out else samples
    size = 16 if training <= 1000 else 32 if training <= 20_000 else 256
    batches = f"{{minibatches: {{size: {size}, seed: 0}}}}" if training > 32 else ""
    updates = -(-training // size) if batches else 1
    epochs = min(500, max(5, _UPDATES // updates))
    hidden = 4 if samples < _FEW_SAMPLES else 8 if inputs <= 16 else 16 if inputs <= 64 else 32
    scale, scale_why = _scale(chosen.inputs)
    trace, trace_why = _trace(samples, inputs, hidden, output.units, epochs)
    return Guess(
        output=output,
        hidden=hidden,
        scale=scale,
        scale_why=scale_why,
        held_out="{held_out: 0.2, seed: 0}" if holds_out else "",
        held_out_why="" if holds_out else f"With {counted(samples, 'sample')}, none is held out.",
        batches=batches,
        learning_rate="0.1" if inputs <= 20 else "0.02" if inputs <= 100 else "0.005",
        epochs=epochs,
        trace=trace,
        trace_why=trace_why,
    )


# Targets


def _output(chosen: Chosen) -> Output:
    targets, path = chosen.targets, chosen.look.path
    texts = [column for column in targets if not column.is_numeric]
    faults = [column for column in texts if len(targets) > 1 or column.has_empty or _is_number(column)]
    if faults:
        raise InputError([_faulty(path, column, len(targets)) for column in faults])
    if texts:
        return _of_labels(path, texts[0])
    if len(targets) == 1:
        return _of_column(targets[0])
    if all(set(column.values) <= {0.0, 1.0} for column in targets):
        return _of_truths(len(targets))
    return _of_numbers(len(targets))


def _is_number(column: Column) -> bool:
    """Whether numbers are meant, and some cells hold none: nobody has so many different labels."""
    return column.is_mostly_numeric and len(column.texts) > MOST_CLASSES


def _faulty(path: Path, column: Column, of: int) -> Problem:
    name = cut(str(column.name))
    if of > 1 and not column.has_empty:
        message, hint = "of several targets, each is numbers alone", "labels stand in one column"
    else:
        message, hint = "a target is a number or a label in every row", "fill it in, or leave the row out"
    return of_file(path, f"column `{name}` cannot be a target: {column.fault}; {message}", hint).problems[0]


def _of_labels(path: Path, column: Column) -> Output:
    labels = column.labels
    name = cut(str(column.name))
    if not 2 <= len(labels) <= MOST_LABELS or (len(labels) > MOST_CLASSES and 2 * len(labels) > column.count):
        many = f"more than {MOST_LABELS}" if not labels or len(labels) > MOST_LABELS else f"{len(labels):,}"
        found = f"the one text {cut(repr(labels[0]), 40)}" if len(labels) == 1 else f"{many} different texts"
        hint = "name the column that is to be learned: --target COLUMN"
        raise of_file(path, f"column `{name}` cannot be the target: in {column.count:,} rows it holds {found}", hint)
    return _of_classes(labels, column)


def _of_column(column: Column) -> Output:
    classes = column.classes
    if 2 <= len(classes) <= MOST_CLASSES and (2 * len(classes) <= column.count or classes == [0.0, 1.0]):
        whole = [int(value) for value in classes]
        return _of_classes(whole, column)
    return _of_numbers(1)


def _of_classes(labels: Sequence[str] | Sequence[int], column: Column) -> Output:
    count, name = len(labels), said(column.name, 40)
    name = f"column {name}" if isinstance(column.name, int) else name
    kind = "labels" if isinstance(labels[0], str) else "whole numbers"
    what = f"{count} classes: {name} holds the {kind} {listed(labels, 6)}"
    written = "" if list(labels) == list(range(count)) else f"labels: {flow_list(labels, 12)}"
    if count == 2:
        encode = f"{{targets: binary, {written}}}" if written else ""
        why = "For two classes, one sigmoid: how probable the second is. Binary cross entropy goes with it."
        return Output(1, "sigmoid", "{binary_cross_entropy: {samples: mean}}", what, why, encode, "", "[accuracy]")
    encode = f"{{targets: one_hot, {written}}}" if written else "{targets: one_hot}"
    why = "For several classes, softmax: a probability for each. Cross entropy goes with it."
    return Output(count, "softmax", "{cross_entropy: {samples: mean}}", what, why, encode, "", "[accuracy]")


def _of_truths(count: int) -> Output:
    what = f"{count} columns of 0 and 1"
    why = (
        "For each column a sigmoid: how probable its 1 is. Binary cross entropy goes with it. Where each row has one 1 "
        "alone, softmax and cross_entropy suit better."
    )
    return Output(count, "sigmoid", "{binary_cross_entropy: {samples: mean}}", what, why)


def _of_numbers(count: int) -> Output:
    what = "numbers" if count == 1 else f"{count} columns of numbers"
    why = "For numbers, linear neurons, and half the squared error."
    return Output(count, "linear", "{half_squared_error: {samples: mean}}", what, why, scale="standardise")


# Inputs and sizes


def _scale(inputs: Sequence[Column]) -> tuple[str, str]:
    low, high = min(column.low for column in inputs), max(column.high for column in inputs)
    if low >= -1 and high <= 1:
        return "", f"The inputs lie between {low:g} and {high:g}: they are taken as they are."
    if len(inputs) >= 16 and low >= 0 and 127 < high <= 255 and all(column.is_whole for column in inputs):
        return "{divide: {by: 255}}", "The inputs are whole numbers up to 255, as pixels are: divided by 255."
    return "standardise", "Each column less its mean, by its standard deviation, both of the training samples alone."


def _trace(samples: int, inputs: int, hidden: int, outputs: int, epochs: int) -> tuple[str, str]:
    """What is recorded: everything, unless that is too much."""
    neurons, weights = hidden + outputs, (inputs + 1 + outputs) * hidden + outputs
    if samples * neurons * epochs + weights * epochs <= _LARGEST_TRACE:
        return "{steps: epochs}", "What is recorded: the ends of epochs. Without it, every update."
    if weights * epochs <= _LARGEST_TRACE:
        return "{quantities: [error, weight, bias], steps: epochs}", (
            "What is recorded: at the ends of epochs, and of single samples nothing: they are many."
        )
    return "{quantities: [error], steps: epochs}", "What is recorded: errors alone, since there are many weights."
