"""The effective configuration: everything that an experiment comes to, defaults included, as YAML or a hash.

The YAML validates by itself and has the same hash. The hash is of what was asked: comments, the order of
keys, the file's name and the way a number is written do not change it; a dataset's file counts by its content.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bprunner.spec.arithmetic import Arithmetic
from bprunner.spec.choices import Choice
from bprunner.spec.dataset import KeyPath
from bprunner.spec.expectations import Figure
from bprunner.spec.experiment import Experiment
from bprunner.spec.initial_weights import InitialWeights
from bprunner.spec.printed import Printed
from bprunner.spec.reading import Declaration
from bprunner.spec.yaml_writer import is_whole, to_yaml


def declaration_data(experiment: Experiment) -> dict[str, Any]:
    """The experiment in the notation of YAML: names for choices, figures as Printed numbers, nothing empty."""
    data = in_notation(experiment)
    assert isinstance(data, dict)
    return data


def in_notation(value: Any) -> Any:
    """A model of the spec, or a part of one, in the notation of YAML: dict, list, numbers, texts and Printed."""
    if isinstance(value, Choice):
        parameters = {key: in_notation(each) for key, each in value.parameters().items() if each is not None}
        return {value.kind: parameters} if parameters else value.kind
    if isinstance(value, Figure):
        fields = _fields(value)
        return fields["printed"] if len(fields) == 1 else fields
    if isinstance(value, InitialWeights):
        return _initial_weights(value)
    if isinstance(value, Arithmetic) and value == Arithmetic():
        return "exact"
    if hasattr(type(value), "model_fields"):
        return _fields(value)
    if isinstance(value, tuple | list):
        return [in_notation(item) for item in value]
    if isinstance(value, Mapping):
        return {key: in_notation(item) for key, item in value.items()}
    return value


def _fields(model: Any) -> dict[str, Any]:
    """What is there; what is empty is left out where that is what leaving it out means."""
    fields = {key: in_notation(getattr(model, key)) for key in type(model).model_fields}
    return {key: value for key, value in fields.items() if value is not None and not _empty(value, model, key)}


def _empty(value: Any, model: Any, key: str) -> bool:
    return value in ({}, []) and in_notation(type(model).model_fields[key].get_default()) == value


def _initial_weights(weights: InitialWeights) -> dict[str, Any]:
    rule = weights.rule
    result: dict[str, Any] = (
        {} if rule is None else {rule.kind: {key: in_notation(each) for key, each in rule.parameters().items()}}
    )
    rest = {key: in_notation(getattr(weights, key)) for key in ("matrices", "layers", "orientation", "biases", "seed")}
    if weights.drawn():
        rest |= {"generator": weights.generator, "draw": in_notation(weights.draw)}
    return {**result, **{key: value for key, value in rest.items() if value is not None}, **weights.named}


# The hash


def content_hash(declaration: Declaration) -> str:
    """SHA-256 of what was asked, 64 hexadecimal characters."""
    return hashlib.sha256(canonical_text(hashed_data(declaration)).encode()).hexdigest()


def hashed_data(declaration: Declaration) -> dict[str, Any]:
    """The experiment in the notation of YAML, with the content of files in place of their names."""
    data = declaration_data(declaration.experiment)
    for keys, digest in declaration.data_digests.items():
        _put(data["dataset"], keys, f"sha256:{digest}")
    return data


def canonical_text(data: Any) -> str:
    """JSON that is the same for the same data, whatever the order of keys and the spelling of numbers."""
    return json.dumps(canonical(data), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _put(data: dict[str, Any], keys: KeyPath, text: str) -> None:
    """Sets what stands below these keys."""
    *parents, last = keys
    for key in parents:
        data = data[key]
    data[last] = text


def canonical(value: Any) -> Any:
    """Numbers as text that has one form for one number; a figure's digits count, so 0.20 is not 0.2."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, Printed):
        return f"printed {value}"
    if isinstance(value, int):
        return repr(int(value))
    if isinstance(value, float):
        # A float that is whole and a whole number are the same number; zero has two signs.
        return repr(int(value)) if is_whole(value) and abs(value) < 2**53 else repr(float(value))
    if isinstance(value, Mapping):
        return {key: canonical(item) for key, item in value.items()}
    return [canonical(item) for item in value]


# YAML


def effective_yaml(declaration: Declaration, folder: Path | None = None) -> str:
    """The effective configuration as YAML. A dataset's files are named from `folder` (default: the declaration's)."""
    data = declaration_data(declaration.experiment)
    home = (folder or declaration.folder).resolve()
    for keys, path in declaration.data_files.items():
        _put(data["dataset"], keys, Path(os.path.relpath(path, home)).as_posix())
    head = f"# bprunner {content_hash(declaration)}\n"
    return head + to_yaml(data)
