"""A look at NumPy's files: two .npy, one for the inputs and one for the targets, or both in an .npz archive.

Shapes are read from the headers; the numbers are then read as those of any dataset.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from bprunner.data.loading import load_samples
from bprunner.data.tables import of_file, opened
from bprunner.nn.arrays import Array
from bprunner.spec.problems import cut, did_you_mean
from bprunner.spec.reading import read_declaration
from bprunner.starters.columns import Chosen, Column, Look

_INPUTS = ("inputs", "x", "features", "data")
_TARGETS = ("targets", "target", "y", "labels", "label")


def chosen_arrays(path: Path, targets: Sequence[str], inputs: Sequence[str]) -> Chosen:
    """Inputs and targets of a .npy (then `targets` names the other file) or of an .npz (then both name arrays).

    Raises InputError where it cannot be told which is which, and for what cannot be read.
    """
    if len(targets) > 1 or len(inputs) > 1:
        raise of_file(path, "has its inputs in one array, and its targets in another", "give one --target, one --input")
    if path.suffix == ".npz":
        return _of_archive(path, "".join(targets), "".join(inputs))
    if inputs:
        raise of_file(path, "is one array without a name", "leave out --input")
    if not targets:
        hint = f"name the other file: --from {path.name} --target targets.npy"
        raise of_file(path, "has inputs or targets, and an example needs both", hint)
    other = Path(targets[0])
    declared = {"inputs": str(path.resolve()), "targets": str(other.resolve())}
    return _chosen(path, "npy", declared, [_npy_shape(path), _npy_shape(other)], other)


def _of_archive(path: Path, target: str, asked: str) -> Chosen:
    shapes = _npz_shapes(path)
    names = list(shapes)
    for name in filter(None, (target, asked)):
        if name not in names:
            hint = did_you_mean(name, names) or f"there are: {cut(', '.join(names), 200)}"
            raise of_file(path, f"has no array `{cut(name)}`", hint)
    target = target or _usual(names, _TARGETS, asked)
    asked = asked or _usual(names, _INPUTS, target)
    if not target or not asked or target == asked:
        hint = f"say which: --input NAME --target NAME; there are: {cut(', '.join(names), 200)}"
        raise of_file(path, "has arrays of which nobody can tell which are inputs, and which targets", hint)
    declared = {"file": str(path.resolve()), "inputs": asked, "targets": target}
    return _chosen(path, "npz", declared, [shapes[asked], shapes[target]], path)


def _usual(names: Sequence[str], usual: Sequence[str], other: str) -> str:
    """The name that is usual for it, or the one that is left."""
    left = [name for name in names if name != other]
    found = [name for name in left if name.lower() in usual]
    return found[0] if len(found) == 1 else left[0] if other and len(left) == 1 else ""


def _chosen(
    path: Path, kind: str, declared: Mapping[str, str], shapes: Sequence[tuple[int, ...]], targets_path: Path
) -> Chosen:
    widths = []
    for shape in shapes:
        if len(shape) not in (1, 2) or 0 in shape:
            raise of_file(path, "needs arrays with one row for each sample", f"found the shape {shape}")
        widths.append(1 if len(shape) == 1 else shape[1])
    samples = load_samples(read_declaration(_probe(kind, declared, *widths), (), allow_outside=True))
    inputs, targets = (_columns(values) for values in (samples.inputs, samples.targets))
    own = {"targets_file": str(targets_path)} if kind == "npy" else {k: declared[k] for k in ("inputs", "targets")}
    look = Look(path, kind, len(samples), (*inputs, *targets), dict(own))
    return Chosen(look, inputs, targets, is_guess=False)


def _probe(kind: str, declared: Mapping[str, str], inputs: int, outputs: int) -> dict[str, Any]:
    """An experiment that only reads the samples."""
    return {
        "name": "a look at the data",
        "architecture": {"inputs": inputs, "layers": [{"units": outputs, "activation": "linear", "bias": "none"}]},
        "initial_weights": "zeros",
        "dataset": {kind: dict(declared)},
        "training": {
            "loss": "half_squared_error",
            "optimizer": "gradient_descent",
            "learning_rate": 1,
            "epochs": 0,
        },
    }


def _columns(values: Array) -> tuple[Column, ...]:
    """values: (samples, columns)."""
    found = []
    for number, column in enumerate(values.T, start=1):
        different = np.unique(column)
        whole = bool(np.all(column == np.floor(column)))
        few = different[:201] if whole else different[:0]
        known: dict[str | float, None] = dict.fromkeys(map(float, few), None)
        low, high = float(different[0]), float(different[-1])
        found.append(Column(number, len(column), len(column), low, high, whole, known))
    return tuple(found)


# Shapes


def _npy_shape(path: Path) -> tuple[int, ...]:
    try:
        with opened(path), path.open("rb") as file:
            return _shape(file)
    except ValueError as error:
        raise of_file(path, "is no .npy array", cut(str(error).splitlines()[0], 150)) from None


def _npz_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    try:
        with opened(path), path.open("rb") as content, zipfile.ZipFile(content) as archive:
            members = [name for name in archive.namelist() if name.endswith(".npy")]
            return {name.removesuffix(".npy"): _member_shape(archive, name) for name in members}
    except (ValueError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise of_file(path, "is no NumPy archive that can be read", cut(str(error), 150)) from None


def _member_shape(archive: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    with archive.open(name) as member:
        return _shape(member)


def _shape(file: IO[bytes]) -> tuple[int, ...]:
    """Raises ValueError for what is no header of an array."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    return tuple(int(size) for size in read(file)[0])
