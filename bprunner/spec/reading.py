"""Reading an experiment: its file, what it extends, and what the command line changes.

The pieces are merged as nodes, so that every error still points to the text it came from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from bprunner.errors import InputError, Place, Problem
from bprunner.spec import nodes
from bprunner.spec.architecture import ActivationChoice
from bprunner.spec.arithmetic import QUANTITIES, Rounding, rounding_form
from bprunner.spec.consistency import misfits
from bprunner.spec.dataset import SOURCES, KeyPath
from bprunner.spec.experiment import Experiment
from bprunner.spec.initial_weights import RULES
from bprunner.spec.misfit import Misfit
from bprunner.spec.nodes import Node, assign, entry_place, find, from_data, merge, plain
from bprunner.spec.problems import cut, problem_at, problem_at_key, problems_of
from bprunner.spec.source import Source, read_source
from bprunner.spec.training import OptimizerState
from bprunner.spec.training_misfits import SLOTS
from bprunner.spec.yaml_loader import load, load_value

MOST_EXTENDED = 20


@dataclass(frozen=True)
class Declaration:
    """An experiment and where it came from.

    `folder` is that of the file (the working folder for declarations from Python), `sources` the texts in the
    order in which they were read, the file itself first. `data_files` are the files that the dataset names, by
    their keys below `dataset`, and `data_digests` the SHA-256 of each. `is_what_if` says whether the overrides change
    what is computed: the document's figures then need not agree.
    """

    experiment: Experiment
    folder: Path
    sources: tuple[Source, ...]
    overrides: tuple[str, ...]
    root: Node
    data_files: Mapping[KeyPath, Path] = field(default_factory=dict)
    data_digests: Mapping[KeyPath, str] = field(default_factory=dict)
    is_what_if: bool = False

    @property
    def path(self) -> Path | None:
        return self.sources[0].path if self.sources else None

    def problem(self, path: Sequence[str | int], message: str, hint: str = "") -> InputError:
        """An error about what stands at a path of the declaration."""
        return InputError(problem_at(self.root, path, message, hint))


@dataclass(frozen=True)
class _Merged:
    root: Node
    sources: tuple[Source, ...]


def read_declaration(
    declared: Path | str | Mapping[str, Any] | Experiment,
    overrides: Sequence[str] = (),
    allow_outside: bool = False,
) -> Declaration:
    """Reads, merges and validates. Raises InputError with every problem found.

    overrides: `training.learning_rate=0.1`, the value parsed as YAML. allow_outside lets the dataset's file lie
    outside the folder of the file that names it.
    """
    if isinstance(declared, Experiment):
        from bprunner.spec.effective import declaration_data

        declared = declaration_data(declared)
    if isinstance(declared, Mapping):
        merged, folder = _Merged(from_data(declared), ()), Path.cwd()
    else:
        merged = _read_file(Path(declared), ())
        folder = Path(declared).resolve().parent
    root = _overridden(merged.root, overrides)
    what_if = _computes_something_else(merged.root, root)
    if what_if:
        root = _without_outdated_figures(merged.root, root)
    experiment = validate(root)
    files, digests = _data_files(experiment, root, merged.sources, folder, allow_outside)
    return Declaration(experiment, folder, merged.sources, tuple(overrides), root, files, digests, what_if)


# Files and overrides


def _read_file(path: Path, chain: tuple[Path, ...], named_at: Problem | None = None) -> _Merged:
    """A file merged over what it extends."""
    try:
        source = read_source(path)
    except InputError as error:
        if named_at is None:
            raise
        raise InputError(
            [Problem(f"{named_at.message}: {error.problems[0].message}", named_at.place, "extends")]
        ) from None
    root = load(source)
    if not isinstance(root, nodes.Mapping):
        message = f"an experiment is a mapping of keys to values, found {nodes.describe(root)}"
        raise InputError(Problem(message, root.place))
    entry = root.entries.get("extends")
    if entry is None:
        return _Merged(root, (source,))
    base = _extended(entry.value, path, (*chain, path.resolve()))
    written = nodes.Mapping({key: each for key, each in root.entries.items() if key != "extends"}, root.place)
    own = _spelled_out(written, base.root)
    room = _for_another_optimizer(base.root, own)
    for path_, keys in _EXCLUSIVE.items():
        over = find(own, path_)
        chosen = keys & set(over.entries) if isinstance(over, nodes.Mapping) else frozenset()
        room = _without(room, path_, keys - chosen) if chosen else room
    return _Merged(merge(room, own, _replaces), (source, *base.sources))


def _extended(value: Node, path: Path, chain: tuple[Path, ...]) -> _Merged:
    if not (isinstance(value, nodes.Scalar) and isinstance(value.value, str) and value.value):
        raise InputError(Problem(f"must be the path of a file, found {nodes.describe(value)}", value.place, "extends"))
    target = path.parent / value.value
    if target.resolve() in chain:
        names = " → ".join(each.name for each in (*chain, target))
        raise InputError(Problem(f"extends itself in a circle: {names}", value.place, "extends"))
    if len(chain) > MOST_EXTENDED:
        raise InputError(Problem(f"more than {MOST_EXTENDED} files extend each other", value.place, "extends"))
    return _read_file(target, chain, Problem(f"cannot extend `{value.value}`", value.place))


_ALTERNATIVES: Mapping[tuple[str, ...], frozenset[str]] = {
    ("initial_weights",): frozenset([*RULES, "matrices", "layers"]),
    ("initial_weights", "biases"): frozenset(RULES),
    ("dataset",): SOURCES,
    ("dataset", "held_out"): SOURCES,
}
"""Where a mapping chooses among alternatives, the keys that choose."""

_CHOICES = frozenset(
    [
        *(("training", key) for key in ("loss", "reported_error", "optimizer", "schedule", "batches", "stop")),
        *(("dataset", "scale", side) for side in ("inputs", "targets")),
        ("arithmetic", "numbers"),
    ]
)
"""Mappings that are a name with its numbers."""

_EXCLUSIVE: Mapping[tuple[str, ...], frozenset[str]] = {
    ("training",): frozenset(["epochs", "updates"]),
    ("dataset",): frozenset(["split", "held_out"]),
    ("dataset", "encode"): frozenset(["classes", "labels"]),
    ("training", "stop", "threshold"): frozenset(["at_most", "below", "at_least"]),
    ("horizon",): frozenset(["step", "epoch"]),
}
"""Keys of which one takes the other's place, and leaves the rest of the mapping as it is."""


def _spelled_out(own: Node, base: Node) -> Node:
    """With `adam` written as `adam: {}` where what is extended has an adam with numbers: it keeps them."""
    for path in _CHOICES:
        named, numbers = find(own, path), find(base, path)
        if isinstance(named, nodes.Scalar) and isinstance(numbers, nodes.Mapping) and _kind_of(numbers) == named.value:
            kept = nodes.Mapping({}, named.place)
            whole = nodes.Mapping({str(named.value): nodes.Entry(named.place, kept)}, named.place)
            own = assign(own, ".".join(path), whole, named.place)
    return own


def _for_another_optimizer(base: Node, own: Node) -> Node:
    """`base` without those parts of its `optimizer_state` that the optimizer declared in `own` does not remember."""
    kind = _kind_of(find(own, ("training", "optimizer")))
    if kind not in SLOTS:
        return base
    return _without(base, ("training", "optimizer_state"), frozenset(OptimizerState.model_fields) - {*SLOTS[str(kind)]})


def _kind_of(node: Node | None) -> object:
    """The name of a choice: alone, or with its numbers."""
    if isinstance(node, nodes.Mapping):
        return next(iter(node.entries), None)
    return node.value if isinstance(node, nodes.Scalar) else None


_WRITTEN_HERE = frozenset(["inputs", "targets"])


def _without(root: Node, path: tuple[str, ...], keys: frozenset[str]) -> Node:
    """The tree without these keys of one mapping."""
    if not isinstance(root, nodes.Mapping) or (path and path[0] not in root.entries):
        return root
    if not path:
        return nodes.Mapping({key: each for key, each in root.entries.items() if key not in keys}, root.place)
    entry = root.entries[path[0]]
    inner = nodes.Entry(entry.key_place, _without(entry.value, path[1:], keys))
    return nodes.Mapping({**root.entries, path[0]: inner}, root.place)


def _replaces(path: tuple[str, ...], base: nodes.Mapping, over: nodes.Mapping) -> bool:
    """Whether a mapping takes another alternative than the one it extends, and so replaces it whole."""
    if path in _CHOICES:
        return set(base.entries) != set(over.entries)
    if len(path) == 2 and path[0] == "arithmetic":
        return rounding_form(base.entries) != rounding_form(over.entries)
    keys = _ALTERNATIVES.get(path, frozenset())
    chosen = keys & set(over.entries)
    return bool(chosen) and not chosen <= set(base.entries)


_NOT_COMPUTED = frozenset(["name", "title", "source", "expect", "horizon", "trace", "tracking"])
"""The parts of an experiment that change nothing of what is computed."""


def _computes_something_else(declared: Node, changed: Node) -> bool:
    """Whether a changed declaration says something else than before of what is computed."""
    if declared is changed:
        return False
    before, after = plain(declared), plain(changed)
    if not (isinstance(before, Mapping) and isinstance(after, Mapping)):
        return before != after
    return any(before.get(key) != after.get(key) for key in {*before, *after} - _NOT_COMPUTED)


def _without_outdated_figures(declared: Node, changed: Node) -> Node:
    """The changed declaration without the entries of `expect` that only the change makes wrong.

    Somebody who shortens a run, or gives it another network, asks what happens then; the document's figures of
    steps, neurons or samples that are no longer there are no fault of theirs. A file's own faults stay.
    """
    outdated = _misfitting_entries(changed) - _misfitting_entries(declared)
    listed = find(changed, ("expect",))
    if not outdated or not isinstance(listed, nodes.Listing) or not isinstance(changed, nodes.Mapping):
        return changed
    kept = tuple(item for number, item in enumerate(listed.items) if number not in outdated)
    entry = nodes.Entry(changed.entries["expect"].key_place, nodes.Listing(kept, listed.place))
    return nodes.Mapping({**changed.entries, "expect": entry}, changed.place)


def _misfitting_entries(root: Node) -> set[int]:
    """The positions in `expect` of what is valid by itself and does not fit the rest."""
    paths = [misfit.path for misfit in misfits(_valid_parts(plain(root)))]
    return {path[1] for path in paths if len(path) > 1 and path[0] == "expect" and isinstance(path[1], int)}


def _overridden(root: Node, overrides: Sequence[str]) -> Node:
    problems: list[Problem] = []
    earlier: dict[str, tuple[str, ...]] = {}
    for override in overrides:
        shown = f"argument {override if len(override) <= 60 else override[:59] + '…'}"
        path, equals, text = override.partition("=")
        place = Place(shown, 1, 1, override, max(1, len(path)))
        if not equals:
            message = f"must be `key=value`, found {override!r}"
            problems.append(Problem(message, Place(shown), hint="for example training.learning_rate=0.1"))
            continue
        try:
            value = load_value(text, shown, before=f"{path}=")
            path = path.strip()
            changed = assign(_with_room(root, path, value, place), path, value, place)
        except InputError as error:
            problems.extend(error.problems)
            continue
        undone = _undone(root, changed, earlier, tuple(path.split(".")))
        if undone:
            message = f"`{cut(undone)}` and `{cut(override)}` contradict each other"
            problems.append(Problem(message, place, path, "leave one of them out"))
        root, earlier[override] = changed, tuple(path.split("."))
    if problems:
        raise InputError(problems)
    return root


def _undone(root: Node, changed: Node, earlier: Mapping[str, tuple[str, ...]], parts: tuple[str, ...]) -> str:
    """The earlier argument of which a change at a path leaves nothing, or something else; "" where there is none.

    What reaches into an earlier value adds to it, as long as nothing of it has to go.
    """
    for override, path in earlier.items():
        before, after = _at(root, path), _at(changed, path)
        if len(parts) > len(path) and parts[: len(path)] == path:
            if _lacks(before, after):
                return override
        elif before is not after and (before and plain(before)) != (after and plain(after)):
            return override
    return ""


def _lacks(before: Node | None, after: Node | None) -> bool:
    """Whether a key of a mapping is gone."""
    if not (isinstance(before, nodes.Mapping) and isinstance(after, nodes.Mapping)):
        return False
    return any(
        key not in after.entries or _lacks(entry.value, after.entries[key].value)
        for key, entry in before.entries.items()
    )


def _at(root: Node, parts: Sequence[str]) -> Node | None:
    """What stands at a path as arguments write it, with positions in lists as text."""
    return find(root, _typed(root, parts))


def _typed(root: Node, parts: Sequence[str]) -> tuple[str | int, ...]:
    """The path with numbers for positions."""
    typed: tuple[str | int, ...] = ()
    for part in parts:
        is_position = part.isascii() and part.isdigit() and len(part) <= 18
        in_list = is_position and isinstance(find(root, typed), nodes.Listing)
        typed = (*typed, int(part) if in_list else part)
    return typed


def _with_room(root: Node, path: str, value: Node, key_place: Place | None = None) -> Node:
    """A declaration without what the value at a path takes the place of.

    key_place: where the path was written. Raises InputError where nothing of this path can be there.
    """
    root = _opened(root, path, value, key_place or value.place)
    *parents, last = path.split(".")
    others = _EXCLUSIVE.get(tuple(parents), frozenset())
    others = others if last in others else frozenset()
    if parents in (["dataset"], ["dataset", "held_out"]) and last in SOURCES:
        others |= SOURCES if last not in _WRITTEN_HERE else SOURCES - _WRITTEN_HERE
        # Which rows and columns are meant belongs to the source.
        others |= {"rows", "columns"}
    if last in others or last in _WRITTEN_HERE:
        root = _without(root, tuple(parents), others - {last})
    if path == "training.optimizer":
        root = _for_another_optimizer(root, assign(nodes.Mapping({}, root.place), path, value, value.place))
    return root


_LISTS = frozenset(
    [
        ("expect",),
        ("architecture", "layers"),
        *(("architecture", "naming", key) for key in ("inputs", "neurons")),
        *(("initial_weights", key) for key in ("matrices", "layers")),
        *(("dataset", *held_out, key) for held_out in ((), ("held_out",)) for key in ("inputs", "targets", "columns")),
        ("dataset", "encode", "labels"),
        *(("training", key) for key in ("metrics", "frozen")),
        ("training", "batches", "online", "order"),
        *((key, "quantities") for key in ("trace", "tracking")),
    ]
)
"""Lists, whose items have positions."""


def _is_choice(path: tuple[str, ...]) -> bool:
    """Whether a name, or a name with its numbers, stands at a path."""
    match path:
        case ("architecture", "layers", _, "activation" | "bias") | ("training", "metrics", _):
            return True
        case ("initial_weights", "biases") | ("initial_weights", "biases" | "layers", _):
            return True
        case _:
            return path in _CHOICES


def _opened(root: Node, path: str, value: Node, place: Place) -> Node:
    """The declaration with a mapping for every text that stands for one on the way along a path.

    `adam` stands for `adam: {}`, and `exact` for no rounding; a rounding of a whole quantity makes room for one by
    names, and the other way round.
    """
    parts = tuple(path.split("."))
    for depth in range(1, len(parts)):
        before, part = parts[:depth], parts[depth]
        node = _at(root, before)
        text = node.value if isinstance(node, nodes.Scalar) else None
        if before in _LISTS and part.isdigit() and text is None and not isinstance(node, nodes.Listing):
            message = f"`{'.'.join(before)}` is not there, so it has no position {cut(part)}"
            raise InputError(Problem(message, place, path, f"write the whole list: {'.'.join(before)}=[…]"))
        if _is_choice(before) and node is not None and _kind_of(node) not in (None, part):
            message = f"`{'.'.join(before)}` is `{cut(str(_kind_of(node)))}`, so there is no `{cut(part)}` in it"
            raise InputError(Problem(message, place, path, _chosen(before, parts[depth:], value)))
        empty = nodes.Mapping({}, place if node is None else node.place)
        if text is not None and _is_choice(before):
            root = _with(root, before, nodes.Mapping({part: nodes.Entry(empty.place, empty)}, empty.place))
        elif before == ("initial_weights",) and text in RULES:
            root = _with(root, before, nodes.Mapping({str(text): nodes.Entry(empty.place, empty)}, empty.place))
        elif before == ("arithmetic",) and text == "exact":
            root = _with(root, before, empty)
        elif len(before) == 2 and before[0] == "arithmetic" and before[1] in QUANTITIES:
            other = "(named)" if part in Rounding.model_fields else "(whole)"
            if isinstance(node, nodes.Mapping) and node.entries and rounding_form(node.entries) == other:
                root = _with(root, before, empty)
    return root


def _chosen(path: tuple[str, ...], rest: tuple[str, ...], value: Node) -> str:
    """How another choice is made: `training.loss={huber: {threshold: 2}}`."""
    text = value.text if isinstance(value, nodes.Scalar) and value.text else "…"
    numbers = f"{{{': {'.join(rest)}: {cut(text)}{'}' * len(rest)}"
    return f"another choice is made as a whole: {'.'.join(path)}={numbers}"


def _with(root: Node, parts: tuple[str, ...], value: Node) -> Node:
    """The tree with another value for a key that stays where it was written."""
    return assign(root, ".".join(parts), value, entry_place(root, _typed(root, parts)) or value.place)


# Validation


def validate(root: Node) -> Experiment:
    """The experiment that a tree of nodes declares. Raises InputError with every problem found."""
    data = plain(root)
    problems = _nothing_expected(root)
    try:
        experiment = Experiment.model_validate(data)
        parts: Mapping[str, Any] = {key: getattr(experiment, key) for key in Experiment.model_fields}
    except ValidationError as error:
        problems += problems_of(error, root, Experiment)
        parts = _valid_parts(data)
    # Faults of shape are reported beside the faults of single keys, where the parts they need are valid.
    problems += [_misfit_problem(root, misfit) for misfit in misfits(parts)]
    if problems:
        raise InputError(_in_order(root, problems))
    return experiment


def _misfit_problem(root: Node, misfit: Misfit) -> Problem:
    return (problem_at_key if misfit.at_key else problem_at)(root, misfit.path, misfit.message, misfit.hint)


def _in_order(root: Node, problems: Sequence[Problem]) -> list[Problem]:
    """Each problem once, as the text is read: the file itself first, then what it extends."""

    def position(problem: Problem) -> tuple[bool, str, int]:
        place = problem.place or root.place
        return place.source != root.place.source, place.source, place.line or 0

    return sorted(dict.fromkeys(problems), key=position)


def _nothing_expected(root: Node) -> list[Problem]:
    """A figure whose number was forgotten is told: it would pass for no figure at all."""
    problems: list[Problem] = []

    def look(node: Node | None, path: tuple[str | int, ...]) -> None:
        if isinstance(node, nodes.Mapping):
            for key, entry in node.entries.items():
                look(entry.value, (*path, key))
        elif isinstance(node, nodes.Listing):
            for number, item in enumerate(node.items):
                look(item, (*path, number))
        elif isinstance(node, nodes.Scalar) and node.value is None and len(path) > 1:
            hint = "write what the document prints, or leave the key out"
            problems.append(problem_at_key(root, path, f"`{cut(str(path[-1]))}` has no value", hint))

    look(find(root, ("expect",)), ("expect",))
    return problems


def _valid_parts(data: object) -> dict[str, Any]:
    """The top-level parts of a faulty experiment that are valid by themselves.

    Of expected figures, each entry is looked at alone. The shape of a network does not depend on what turns
    a net input into an output, so a misspelt activation hides no matrix of the wrong shape.
    """
    if not isinstance(data, Mapping):
        return {}
    parts: dict[str, Any] = {}
    for key in Experiment.model_fields:
        if key == "expect" and isinstance(data.get(key), list):
            parts[key] = [_valid_or_none("expect", [entry]) for entry in data[key]]
            parts[key] = [entry and entry[0] for entry in parts[key]]
        elif key in data:
            value = _valid_or_none(key, data[key])
            if value is None and key == "architecture":
                value = _valid_or_none(key, _with_likely_activations(data[key]))
            if value is not None:
                parts[key] = value
    return parts


def _valid_or_none(key: str, value: object) -> Any:
    """One top-level part of an experiment, or None where it is faulty."""
    try:
        return _adapter(key).validate_python(value, strict=True)
    except ValidationError:
        return None


@cache
def _adapter(key: str) -> TypeAdapter[Any]:
    """What validates one top-level part. Making it takes a hundred times as long as using it."""
    field = Experiment.model_fields[key]
    annotation: Any = field.annotation
    for extra in field.metadata:
        annotation = Annotated[annotation, extra]
    return TypeAdapter(annotation)


def _with_likely_activations(architecture: object) -> object:
    """With sigmoid, which goes with every loss, for each activation that is faulty."""
    if not (isinstance(architecture, Mapping) and isinstance(architecture.get("layers"), list)):
        return architecture
    return {**architecture, "layers": [_with_likely_activation(layer) for layer in architecture["layers"]]}


def _with_likely_activation(layer: object) -> object:
    if not isinstance(layer, Mapping) or "activation" not in layer:
        return layer
    try:
        TypeAdapter(ActivationChoice).validate_python(layer["activation"], strict=True)
    except ValidationError:
        return {**layer, "activation": "sigmoid"}
    return layer


# The dataset's files


def _data_files(
    experiment: Experiment, root: Node, sources: Sequence[Source], folder: Path, allow_outside: bool
) -> tuple[dict[KeyPath, Path], dict[KeyPath, str]]:
    """The dataset's files and their digests. Raises InputError with what is wrong with each of them.

    A file is looked for from the folder of the file that names it; from the working folder for an argument.
    """
    files, digests, problems = {}, {}, list[Problem]()
    for keys, name in experiment.dataset.files.items():
        path = ("dataset", *keys)
        node = find(root, path)
        assert node is not None  # it was validated
        home = home_of(node.place, sources, folder)
        files[keys] = target = (home / name).resolve()
        if not allow_outside and not (target.is_relative_to(home) or target.is_relative_to(folder)):
            message = f"`{name}` lies outside the folder of the configuration"
            hint = "move the file there, or allow it with --data-anywhere (allow_outside=True in Python)"
            problems.append(problem_at(root, path, message, hint))
            continue
        try:
            digests[keys] = _file_digest(target, root, keys)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return files, digests


def home_of(place: Place, sources: Sequence[Source], folder: Path) -> Path:
    """The folder from which a file is looked for that is named at a place."""
    named_in = next((source.path for source in sources if source.name == place.source and source.path), None)
    return named_in.resolve().parent if named_in is not None else Path.cwd() if sources else folder


def _file_digest(path: Path, root: Node, keys: KeyPath) -> str:
    where = ("dataset", *keys)
    try:
        if not path.is_file():
            # What is there and is no file may be a device that never ends.
            reason = "it is a folder" if path.is_dir() else "it is no regular file" if path.exists() else ""
            reason = reason or "there is no such file"
            raise InputError(problem_at(root, where, f"the dataset cannot be read: {reason}", _looked_for(path)))
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        message = f"the dataset cannot be read: {error.strerror}"
        raise InputError(problem_at(root, where, message, _looked_for(path))) from error


def _looked_for(path: Path) -> str:
    return f"looked for {cut(str(path), 200)}"
