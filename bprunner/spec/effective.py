"""The effective configuration: everything that an experiment comes to, defaults included, as YAML or a hash.

The YAML validates by itself and has the same hash. The hash is of what was asked: comments, the order of
keys, the file's name and the way a number is written do not change it; a dataset's file counts by its content.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
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


def declaration_data(experiment: Experiment) -> dict[str, Any]:
    """The experiment in the notation of YAML: names for choices, figures as Printed numbers, nothing empty."""
    data = _data(experiment)
    assert isinstance(data, dict)
    return data


def _data(value: Any) -> Any:
    if isinstance(value, Choice):
        parameters = {key: _data(each) for key, each in value.parameters().items() if each is not None}
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
        return [_data(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _data(item) for key, item in value.items()}
    return value


def _fields(model: Any) -> dict[str, Any]:
    """What is there; what is empty is left out where that is what leaving it out means."""
    fields = {key: _data(getattr(model, key)) for key in type(model).model_fields}
    return {key: value for key, value in fields.items() if value is not None and not _empty(value, model, key)}


def _empty(value: Any, model: Any, key: str) -> bool:
    return value in ({}, []) and _data(type(model).model_fields[key].get_default()) == value


def _initial_weights(weights: InitialWeights) -> dict[str, Any]:
    rule = weights.rule
    result: dict[str, Any] = (
        {} if rule is None else {rule.kind: {key: _data(each) for key, each in rule.parameters().items()}}
    )
    rest = {key: _data(getattr(weights, key)) for key in ("matrices", "layers", "orientation", "biases", "seed")}
    if weights.drawn():
        rest |= {"generator": weights.generator, "draw": _data(weights.draw)}
    return {**result, **{key: value for key, value in rest.items() if value is not None}, **weights.named}


# The hash


def content_hash(declaration: Declaration) -> str:
    """SHA-256 of what was asked, 64 hexadecimal characters."""
    data = declaration_data(declaration.experiment)
    for keys, digest in declaration.data_digests.items():
        _put(data["dataset"], keys, f"sha256:{digest}")
    text = json.dumps(_canonical(data), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _put(data: dict[str, Any], keys: KeyPath, text: str) -> None:
    """Sets what stands below these keys."""
    *parents, last = keys
    for key in parents:
        data = data[key]
    data[last] = text


def _canonical(value: Any) -> Any:
    """Numbers as text that has one form for one number; a figure's digits count, so 0.20 is not 0.2."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, Printed):
        return f"printed {value}"
    if isinstance(value, int):
        return repr(int(value))
    if isinstance(value, float):
        # A float that is whole and a whole number are the same number; zero has two signs.
        return repr(int(value)) if _is_whole(value) and abs(value) < 2**53 else repr(float(value))
    if isinstance(value, Mapping):
        return {key: _canonical(item) for key, item in value.items()}
    return [_canonical(item) for item in value]


def _is_whole(value: float) -> bool:
    return value.is_integer() and not (value == 0 and math.copysign(1, value) < 0)


# YAML


def effective_yaml(declaration: Declaration, folder: Path | None = None) -> str:
    """The effective configuration as YAML. A dataset's files are named from `folder` (default: the declaration's)."""
    import yaml

    data = declaration_data(declaration.experiment)
    home = (folder or declaration.folder).resolve()
    for keys, path in declaration.data_files.items():
        _put(data["dataset"], keys, Path(os.path.relpath(path, home)).as_posix())
    head = f"# bprunner {content_hash(declaration)}\n"
    return head + yaml.dump(data, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=110)


def _dumper() -> Any:
    """A YAML writer that keeps printed digits, and writes rows of numbers and small mappings on one line.

    PyYAML writes for readers of YAML 1.1, where 1e-07 is a text. What is a number in YAML 1.2 stays a number
    here, and a text that looks like one is quoted.
    """
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
            return True

    def printed(dumper: yaml.SafeDumper, value: Printed) -> yaml.ScalarNode:
        return plain(dumper, str(value))

    def plain(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        # Whatever PyYAML takes the text for: so it is written as it is, without a tag.
        tag = dumper.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
        return dumper.represent_scalar(tag, text)

    def number(dumper: yaml.SafeDumper, value: float) -> yaml.ScalarNode:
        if _is_whole(value) and abs(value) < 1e15:
            return plain(dumper, repr(int(value)))
        mantissa, e, exponent = repr(float(value)).partition("e")
        return plain(dumper, f"{mantissa if '.' in mantissa or not e else mantissa + '.0'}{e}{exponent}")

    def word(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        like_a_number = re.match(r"[-+]?\.?[0-9]", value)
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if like_a_number else None)

    def flat(value: Any) -> bool:
        return not isinstance(value, Mapping | list)

    def listing(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.SequenceNode:
        simple = all(flat(item) or (isinstance(item, list) and all(map(flat, item))) for item in value)
        return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=simple)

    def mapping(dumper: yaml.SafeDumper, value: dict[str, Any]) -> yaml.MappingNode:
        simple = all(
            (flat(item) and not isinstance(item, str)) or (isinstance(item, str) and len(item) < 30)
            for item in value.values()
        )
        top = "architecture" in value or "loss" in value
        return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=simple and not top)

    Dumper.add_representer(Printed, printed)
    Dumper.add_representer(float, number)
    Dumper.add_representer(str, word)
    Dumper.add_representer(list, listing)
    Dumper.add_representer(dict, mapping)
    return Dumper
