"""Starters as texts: from a name alone, from a file of data, or from an experiment to be varied."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bprunner.data.tables import shown
from bprunner.errors import InputError, Place, Problem
from bprunner.spec.fields import as_line
from bprunner.spec.kinds import is_sweep
from bprunner.spec.naming import counted
from bprunner.spec.problems import cut
from bprunner.spec.reading import read_declaration
from bprunner.spec.source import read_source
from bprunner.spec.yaml_loader import load
from bprunner.starters.columns import Chosen, chosen
from bprunner.starters.csv_looks import look_at_csv
from bprunner.starters.guessing import Guess, guessed
from bprunner.starters.texts import WIDTH, flow_list, listed, said, scalar

DATA_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".npy", ".npz")


@dataclass(frozen=True)
class Starter:
    """The text of a file, and what to say of it in a line."""

    text: str
    about: str


def plain_starter(name: str, schema: str) -> Starter:
    """A network with two inputs, whose every part is explained."""
    return Starter(_rendered("experiment", name=name, schema=schema), "an example to change: 2 → 2 sigmoid → 1 sigmoid")


# From a file of data


def data_starter(
    name: str, schema: str, data: Path, folder: Path, targets: Sequence[str], inputs: Sequence[str], anywhere: bool
) -> Starter:
    """An experiment that learns the targets of a file from its other columns. `folder` is that of the YAML.

    Raises InputError for what cannot be learned from, and for data outside of the folder unless it may be anywhere.
    """
    picked = _chosen(data, targets, inputs)
    guess = guessed(picked)
    source = _source(picked, folder, anywhere)
    look = picked.look
    aims = listed((column.name for column in picked.targets), 3)
    columns = counted(len(picked.inputs), "column") if len(picked.inputs) > 3 else _names(picked.inputs)
    purpose = f"{_names(picked.targets)} from {columns}: {counted(look.samples, 'sample')} in {said(data.name)}."
    opening = (
        "`bprun new` looked at the file. What it guessed is said where it stands: change it where you know better."
    )
    text = _rendered(
        "data",
        name=name,
        schema=schema,
        purpose=purpose,
        opening=opening,
        inputs=len(picked.inputs),
        guess=guess,
        kind=look.kind,
        source=source,
        notes=_notes(picked),
        scale=_scale(guess),
    )
    layers = f"{len(picked.inputs)} → {guess.hidden} tanh → {guess.output.units} {guess.output.activation}"
    about = f"{counted(look.samples, 'sample')}; {layers}; guessed: {guess.output.what}"
    return Starter(text, about + (f"; the target is the last column, {aims}" if picked.is_guess else ""))


def _names(columns: Iterable[Any]) -> str:
    """Columns in a sentence."""
    names = [column.name for column in columns]
    word = "column" if len(names) == 1 else "columns"
    return f"{word} {listed(names, 3)}" if isinstance(names[0], int) else listed(names, 3)


def _chosen(data: Path, targets: Sequence[str], inputs: Sequence[str]) -> Chosen:
    """What a file holds, by the reader of its kind. Raises InputError."""
    if not data.is_file():
        # What is there and is no file may be a device that never ends.
        what = "is a folder" if data.is_dir() else "is no regular file" if data.exists() else "there is no such file"
        raise InputError(Problem(what, Place(shown(data)), hint="" if data.exists() else _near(data)))
    if data.suffix in (".npy", ".npz"):
        from bprunner.starters.array_looks import chosen_arrays

        return chosen_arrays(data, targets, inputs)
    if data.suffix == ".parquet":
        from bprunner.starters.parquet_looks import look_at_parquet

        return chosen(look_at_parquet(data), targets, inputs)
    if data.suffix not in DATA_SUFFIXES:
        kinds = ", ".join(DATA_SUFFIXES)
        raise InputError(Problem("is of a kind that is not read", Place(shown(data)), hint=f"what is read: {kinds}"))
    return chosen(look_at_csv(data), targets, inputs)


def _near(data: Path) -> str:
    """The file of data whose name is most like the one that is missing."""
    import difflib

    try:
        names = sorted(each.name for each in data.parent.iterdir() if each.suffix in DATA_SUFFIXES)
    except OSError:
        return f"there is no folder {cut(str(data.parent), 200)} either"
    near = difflib.get_close_matches(data.name, names, n=1, cutoff=0.5)
    return f"did you mean `{cut(shown(data.parent / near[0]), 200)}`?" if near else ""


def _source(picked: Chosen, folder: Path, anywhere: bool) -> list[tuple[str, str]]:
    """The keys below that of the source, with their values as YAML."""
    look = picked.look
    if look.kind == "npy":
        targets = Path(str(look.keys["targets_file"]))
        return [(key, _path(file, folder, anywhere)) for key, file in (("inputs", look.path), ("targets", targets))]
    whole = [("file", _path(look.path, folder, anywhere))]
    if look.kind == "npz":
        return [*whole, *((key, scalar(str(value))) for key, value in look.keys.items())]
    keys = [(key, "false" if value is False else scalar(str(value))) for key, value in look.keys.items()]
    sides = (("inputs", picked.inputs), ("targets", picked.targets))
    lists = [(side, flow_list((column.name for column in columns), len(side) + 6)) for side, columns in sides]
    return [*whole, *keys, *lists]


def _path(data: Path, folder: Path, anywhere: bool) -> str:
    """A file's path from the folder of the YAML, as YAML. Raises InputError where it lies outside of that folder."""
    target, home = data.resolve(), folder.resolve()
    if not anywhere and not target.is_relative_to(home):
        hint = f"write the file beside the data ({cut(str(data.parent))}), or allow it with --data-anywhere"
        message = f"lies outside of {cut(str(folder))}, the folder of the new file, where its data would have to be"
        raise InputError(Problem(message, Place(shown(data)), hint=hint))
    path = Path(os.path.relpath(target, home)).as_posix()
    try:
        as_line(path)
    except ValueError as error:
        raise InputError(Problem(f"its path {error}", Place(said(data, 200)), hint="rename it")) from None
    return scalar(path)


def _notes(picked: Chosen) -> list[str]:
    """What else was seen, and guessed, of the file."""
    look, notes = picked.look, []
    if look.kind == "csv" and look.keys.get("header") is False:
        notes.append("Guessed: the first line holds no names, so columns are numbered from 1.")
    if picked.is_guess:
        notes.append("Guessed: the target is the last column. `--target COLUMN` says otherwise.")
    if look.unnamed:
        numbers = listed(look.unnamed)
        notes.append(f"Left out, since it has no name in the header: column {numbers}.")
    left = [column.name for column in look.columns if column not in (*picked.inputs, *picked.targets)]
    if left:
        notes.append(f"Not used: {listed(left, 6)}.")
    return notes


def _scale(guess: Guess) -> str:
    parts = [("inputs", guess.scale), ("targets", guess.output.scale)]
    given = ", ".join(f"{key}: {value}" for key, value in parts if value)
    return f"{{{given}}}" if given else ""


# A sweep


def sweep_starter(name: str, schema: str, baseline: Path, folder: Path, anywhere: bool) -> Starter:
    """A study of the learning rate of an experiment. Raises InputError where that is none."""
    if is_sweep(load(read_source(baseline))):
        message = "declares a sweep, and a baseline is an experiment"
        raise InputError(Problem(message, Place(shown(baseline)), hint="name the file of an experiment"))
    experiment = read_declaration(baseline, (), anywhere).experiment
    rate = experiment.training.learning_rate
    text = _rendered(
        "sweep",
        name=name,
        schema=schema,
        question=f"How does {said(experiment.name)} depend on its learning rate? Twenty-one rates around its own.",
        baseline=Path(os.path.relpath(baseline.resolve(), folder.resolve())).as_posix(),
        rate=_number(rate),
        low=_number(rate / 10),
        high=_number(rate * 10),
        epochs=experiment.training.epochs or 10,
        has_seed=experiment.initial_weights.seed is not None,
    )
    about = f"a study of {said(experiment.name)}: 21 learning rates from {_number(rate / 10)} to {_number(rate * 10)}"
    return Starter(text, about)


def _number(value: float) -> str:
    return f"{value:.6g}"


# Texts


def _rendered(template: str, **values: Any) -> str:
    return str(_templates().get_template(f"{template}.yaml.j2").render(**values))


@cache
def _templates() -> Any:
    import jinja2

    room = jinja2.Environment(
        loader=jinja2.PackageLoader("bprunner.starters"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # YAML: every text of somebody else's is made a scalar or a comment
    )
    room.filters.update({"scalar": scalar, "comment": _comment})
    return room


def _comment(text: str, indent: int = 0) -> str:
    """A sentence as a comment, in lines that are not too long."""
    start = " " * indent + "# "
    whole = said(text, 1000)
    return "\n".join(textwrap.wrap(whole, WIDTH, initial_indent=start, subsequent_indent=start, break_on_hyphens=False))
