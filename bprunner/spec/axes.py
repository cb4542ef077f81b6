"""Axes are read from the nodes of a plan, so that every value still points to the text that it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bprunner.errors import InputError, Place, Problem
from bprunner.spec import nodes
from bprunner.spec.expanding import Axis
from bprunner.spec.nodes import Node, find
from bprunner.spec.problems import problem_at, problem_at_key
from bprunner.spec.reading import NOT_COMPUTED
from bprunner.spec.settings import UNCHANGED, Point, Setting, shown, text_of
from bprunner.spec.sweep import Sample, Sweep

Sampler = Callable[[Sample], Sequence[Sequence[int | float]]]
"""What draws the cells of a sample: for each of them a number for each path, in order; of a `choice` the position."""


def axes_of(root: Node, sweep: Sweep, sampler: Sampler | None) -> list[Axis]:
    """The axes in the order of the file."""
    plan, found = sweep.sweep, list[Axis]()
    at = find(root, ("sweep",))
    assert isinstance(at, nodes.Mapping)  # it was validated
    for key, entry in at.entries.items():
        match key:
            case "grid" if plan.grid:
                found += [
                    Axis("grid", (path,), [(each,) for each in _settings(root, key, path, axis)], _spaced(axis))
                    for path, axis in plan.grid.items()
                ]
            case "zip" if plan.zip:
                found.append(_zipped(root, plan.zip))
            case "sample" if plan.sample:
                if sampler is None:
                    raise ValueError("the cells of a sample are drawn by a sampler")
                rows = sampler(plan.sample)
                found.append(Axis("sample", tuple(plan.sample.of), _sampled(root, plan.sample, rows)))
            case "search" if plan.search:
                found.append(Axis("search", tuple(plan.search.of), ()))
            case "repeat" if plan.repeat:
                seeds = range(plan.repeat.first_seed, plan.repeat.first_seed + plan.repeat.count)
                points = [(Setting("repeat", str(seed), float(seed), None, entry.key_place),) for seed in seeds]
                found.append(Axis("repeat", ("repeat",), points))
    return found


def _spaced(axis: Any) -> bool:
    return not isinstance(axis, tuple | dict)


def _settings(root: Node, part: str, path: str, axis: Any) -> list[Setting]:
    """The values of an axis of `grid` or `zip`."""
    keys = ("sweep", part, path)
    node, key_place = _at(root, keys)
    if isinstance(axis, tuple):
        assert isinstance(node, nodes.Listing)
        return [_setting(path, item, key_place) for item in node.items]
    if isinstance(axis, dict):
        assert isinstance(node, nodes.Mapping)
        return [_setting(path, entry.value, key_place, label) for label, entry in node.entries.items()]
    return [_number(path, value, node, key_place) for value in _whole(axis.values(), axis.from_, axis.to)]


def _at(root: Node, keys: Sequence[str]) -> tuple[Node, Place]:
    """What stands at these keys, and where the last of them was written."""
    parent, node = find(root, keys[:-1]), find(root, keys)
    assert isinstance(parent, nodes.Mapping)
    assert node is not None
    return node, parent.entries[keys[-1]].key_place


def _whole(values: Sequence[float], first: float, last: float) -> Iterator[int | float]:
    """Between whole ends, what is whole is a whole number, as it is where somebody writes it."""
    is_whole = first.is_integer() and last.is_integer()
    return (int(value) if is_whole and value.is_integer() and abs(value) < 2**53 else value for value in values)


def _setting(path: str, node: Node, key_place: Place, label: str = "") -> Setting:
    """A value that was written, under its label or as it is."""
    kept = isinstance(node, nodes.Scalar) and node.value == UNCHANGED
    value = label or shown(node)
    return Setting(path, label or text_of(node), value, None if kept else node, key_place)


def _number(path: str, value: int | float, written: Node, key_place: Place) -> Setting:
    """A number that was computed or drawn; it stands where its axis does."""
    node = nodes.Scalar(value, repr(value), written.place)
    return Setting(path, repr(value), float(value), node, key_place)


def _zipped(root: Node, axes: Mapping[str, Any]) -> Axis:
    columns = {path: _settings(root, "zip", path, axis) for path, axis in axes.items()}
    sizes = {path: len(column) for path, column in columns.items()}
    if len(set(sizes.values())) > 1:
        found = ", ".join(f"`{path}` has {size:,}" for path, size in sizes.items())
        raise InputError(
            problem_at(
                root, ("sweep", "zip"), f"paired values must be as many, and {found}", "`grid` pairs all with all"
            )
        )
    return Axis("zip", tuple(axes), list(zip(*columns.values(), strict=True)))


def _sampled(root: Node, sample: Sample, rows: Sequence[Sequence[int | float]]) -> list[Point]:
    return [
        tuple(
            drawn(root, ("sweep", "sample", "of", path), path, value)
            for path, value in zip(sample.of, row, strict=True)
        )
        for row in rows
    ]


def drawn(root: Node, keys: tuple[str, ...], path: str, value: Any) -> Setting:
    """What a distribution gave: a number, or of a `choice` the position of a value."""
    node, key_place = _at(root, keys)
    chosen = find(node, ("choice",))
    if chosen is None:
        return _number(path, value, node, key_place)
    if isinstance(chosen, nodes.Listing):
        return _setting(path, chosen.items[int(value)], key_place)
    assert isinstance(chosen, nodes.Mapping)
    label, entry = list(chosen.entries.items())[int(value)]
    return _setting(path, entry.value, key_place, label)


def axis_problems(root: Node, axes: Sequence[Axis]) -> list[Problem]:
    """Paths that vary twice, that change nothing, and values that stand twice."""
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for axis in axes:
        keys = {"sample": ("sweep", "sample", "of"), "search": ("sweep", "search", "of")}.get(
            axis.kind, ("sweep", axis.kind)
        )
        for column, path in enumerate(axis.paths):
            if axis.kind == "repeat":
                continue
            at = (*keys, path)
            if path in seen:
                problems.append(problem_at_key(root, at, f"`{path}` varies in `{seen[path]}` already"))
            elif path.split(".")[0] in NOT_COMPUTED:
                problems.append(problem_at_key(root, at, f"`{path}` changes nothing of what is computed"))
            seen[path] = axis.kind
            if axis.kind == "grid":
                problems += _repeated([point[column] for point in axis.points])
    return problems


def _repeated(settings: Sequence[Setting]) -> Iterator[Problem]:
    """Values that stand on one axis before: their cells would be the same."""
    seen = set()
    for setting in settings:
        if setting.key in seen:
            yield Problem(f"`{setting.label}` stands here twice", setting.place, setting.path)
        seen.add(setting.key)
