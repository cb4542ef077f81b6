"""Reading a sweep: its file, the baseline that it names, and what the command line changes.

Every value of an axis stays a node, so that what is wrong with it is told where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bprunner.errors import InputError, Place, Problem
from bprunner.spec import nodes
from bprunner.spec.conditions import Condition, ConditionError, parse
from bprunner.spec.data_files import data_files
from bprunner.spec.effective_sweep import sweep_hash
from bprunner.spec.expanding import (
    UNCHANGED,
    Axis,
    Cell,
    Expansion,
    Point,
    Setting,
    _in_order,
    comparable,
    shown,
    text_of,
)
from bprunner.spec.experiment import Experiment
from bprunner.spec.merging import laid_over, with_value, without
from bprunner.spec.nodes import Node, find, from_data, plain
from bprunner.spec.overriding import Laid, contradiction, is_argument, overridden, undone_by
from bprunner.spec.problems import problem_at, problem_at_key, problems_of
from bprunner.spec.reading import NOT_COMPUTED, Declaration, read_declaration
from bprunner.spec.source import Source, read_source
from bprunner.spec.sweep import Sample, Sweep
from bprunner.spec.sweep_overriding import GRID, SET, lay, lay_in, listed, sweep_root, varies, varying
from bprunner.spec.validating import validate
from bprunner.spec.yaml_loader import load

Proposed = Mapping[str, object]
"""What a search proposes: by path, a number, or of a `choice` the position."""

Sampler = Callable[[Sample], Sequence[Sequence[int | float]]]
"""What draws the cells of a sample: for each of them a number for each path, in order; of a `choice` the position."""


@dataclass(frozen=True)
class SweepDeclaration:
    """A sweep and where it came from.

    `baseline` is the experiment that every run is compared with, `set` laid over it and without expected figures.
    `axes` are what varies, in the order of the file; of a search the values are proposed later, and it has none.
    `expansion` is what makes cells of both. `path` is the sweep's file, if it has one; `sources` are the texts that
    were read, the sweep's own first. `overrides` are what the command line changed, and `root` is the sweep's text
    with these laid in.
    """

    sweep: Sweep
    expansion: Expansion = field(repr=False, compare=False)
    path: Path | None
    sources: tuple[Source, ...]
    overrides: tuple[str, ...]
    root: Node = field(repr=False)

    @property
    def baseline(self) -> Declaration:
        return self.expansion.baseline

    @property
    def axes(self) -> tuple[Axis, ...]:
        return self.expansion.axes

    @property
    def allow_outside(self) -> bool:
        """Whether files of data may lie outside the folder of the file that names them."""
        return self.expansion.allow_outside

    @cached_property
    def hash(self) -> str:
        """SHA-256 of what is declared: the baseline, what varies, and what is traced; 64 hexadecimal characters."""
        return sweep_hash(self)

    @property
    def paths(self) -> tuple[str, ...]:
        """What varies, by path, in the order of the axes; `repeat` for repeated cells."""
        return tuple(dict.fromkeys(path for axis in self.axes for path in axis.paths))

    def cells(self) -> Iterator[Cell]:
        """The baseline as number 0, then every cell, made one by one. A search has the baseline alone."""
        yield self.expansion.base_cell()
        if self.sweep.sweep.search is None:
            yield from self.expansion.cells()

    def count(self) -> int:
        """How many cells there are, the baseline included; of a search, the most that there will be without repeats."""
        search = self.sweep.sweep.search
        if search is None:
            return 1 + self.expansion.count()
        others = [len(axis.points) for axis in self.axes if axis.kind not in ("search", "repeat")]
        total = search.budget.trials
        for size in others:
            total *= size
        return 1 + total

    def proposed(self, proposals: Sequence[Proposed], first: int) -> Iterator[tuple[int, Cell]]:
        """The cells of what a search proposes, numbered from `first`, each with the position of its proposal.

        With other axes, each proposal has all their cells. Raises InputError, before the first cell, where one of them
        is no valid experiment, and ValueError where nothing is searched.
        """
        search = self.sweep.sweep.search
        if search is None:
            raise ValueError("the sweep declares no search")
        points = [
            tuple(_drawn(self.root, ("sweep", "search", "of", path), path, proposal[path]) for path in search.of)
            for proposal in proposals
        ]
        # What is proposed comes first, whatever the file's order: a proposal's cells follow each other.
        others = [axis for axis in self.axes if axis.kind != "search"]
        axes = [Axis("search", tuple(search.of), points), *others]
        expansion = self.expansion.with_axes(axes)
        expansion.check()
        positions = {id(point[0]): position for position, point in enumerate(points)}
        for cell in expansion.cells(first):
            yield positions[id(cell.settings[0])], cell

    def declaration_of(self, cell: Cell) -> Declaration:
        """A cell as a declaration of its own. Raises InputError where a file of its dataset cannot be read."""
        return self.expansion.declaration_of(cell)

    def problem(self, path: Sequence[str | int], message: str, hint: str = "") -> InputError:
        """An error about what stands at a path of the sweep."""
        return InputError(problem_at(self.root, path, message, hint))


def is_sweep(root: Node) -> bool:
    """Whether a file declares a sweep, and no experiment."""
    if not isinstance(root, nodes.Mapping):
        return False
    return bool({"sweep", "baseline"} & set(root.entries)) and "architecture" not in root.entries


def read_sweep(
    declared: Path | str | Mapping[str, Any],
    overrides: Sequence[str] = (),
    allow_outside: bool = False,
    sampler: Sampler | None = None,
) -> SweepDeclaration:
    """Reads a sweep, and validates every cell of it. Raises InputError with every problem found.

    declared: a file, or the same as a mapping, whose baseline may also be a mapping or an Experiment. overrides: a key
    of the sweep itself (`sweep.repeat=5`, `limits.runs=100`), values for a path of the experiment that vary (spaced, or
    a list where it takes none), or any other value for one, which is set for every run. sampler: draws the cells of a
    `sample`; ValueError without.
    """
    baseline: Any = None
    if isinstance(declared, Mapping):
        given = dict(declared)
        if isinstance(given.get("baseline"), Mapping | Experiment):
            baseline, given["baseline"] = given["baseline"], "<python>"
        root, source, folder = from_data(given), None, Path.cwd()
    else:
        source = read_source(Path(declared))
        root, folder = load(source), Path(declared).resolve().parent
    # Whether a list varies, or is what its path takes, only the baseline tells.
    lists, laid = listed(overrides), Laid()
    root = overridden(root, [text for text in overrides if text not in lists], lay, laid)
    problems: list[Problem] = []
    sweep = _validated(root)
    read = _baseline(root, folder, baseline, allow_outside, problems)
    if read is None:
        raise InputError(_in_order(problems))
    for text in lists:
        root = overridden(root, [text], lay_in(GRID if varies(read, text) else SET), laid)
    sweep = _validated(root) if lists else sweep
    own = () if source is None else (source,)
    return _declared(root, sweep, read, own, tuple(overrides), allow_outside, sampler)


def sweep_of_overrides(
    file: Path | str | Mapping[str, Any] | Experiment, overrides: Sequence[str], allow_outside: bool = False
) -> SweepDeclaration | None:
    """The sweep that changes of an experiment declare, with that experiment as its baseline; None where they do not.

    `training.learning_rate='{geometric: {from: 0.001, to: 1, count: 61}}'` varies it, and so does a list where the path
    takes none: `training.learning_rate='[0.01, 0.1]'`. Other overrides hold for every run. Raises InputError with every
    problem found.
    """
    varied = varying(overrides)
    if not varied:
        return None
    baseline = read_declaration(file, [text for text in overrides if text not in varied], allow_outside)
    sweeping = [text for text in varied if varies(baseline, text)]
    if not sweeping:
        return None
    baseline = read_declaration(file, [text for text in overrides if text not in sweeping], allow_outside)
    root = sweep_root(baseline.experiment.name, Place("the arguments"))
    root = overridden(root, sweeping, lay_in(GRID))
    return _declared(root, _validated(root), baseline, (), tuple(overrides), allow_outside, None)


# The sweep itself


def _validated(root: Node) -> Sweep:
    if not isinstance(root, nodes.Mapping):
        raise InputError(Problem(f"a sweep is a mapping of keys to values, found {nodes.describe(root)}", root.place))
    try:
        return Sweep.model_validate(plain(root))
    except ValidationError as error:
        problems = problems_of(error, root, Sweep)
        raise InputError([replace(each, hint=each.hint.replace("`from_`", "`from`")) for each in problems]) from None


def _baseline(root: Node, folder: Path, given: Any, allow_outside: bool, problems: list[Problem]) -> Declaration | None:
    """The experiment that the sweep names; what is wrong with it is added to the problems."""
    if given is not None:
        return read_declaration(given, (), allow_outside)
    node = find(root, ("baseline",))
    assert isinstance(node, nodes.Scalar)  # it was validated
    target = folder / str(node.value)
    try:
        source = read_source(target)
    except InputError as error:
        message = f"cannot read the baseline `{node.value}`: {error.problems[0].message}"
        problems.append(Problem(message, node.place, "baseline", error.problems[0].hint))
        return None
    try:
        if is_sweep(load(source)):
            message = f"`{node.value}` declares a sweep, and a baseline is an experiment"
            problems.append(Problem(message, node.place, "baseline"))
            return None
        return read_declaration(target, (), allow_outside)
    except InputError as error:
        problems += error.problems
        return None


def _declared(
    root: Node,
    sweep: Sweep,
    baseline: Declaration,
    own: tuple[Source, ...],
    overrides: tuple[str, ...],
    allow_outside: bool,
    sampler: Sampler | None,
) -> SweepDeclaration:
    sources = (*own, *baseline.sources)
    changed = _with_set(root, sweep, replace(baseline, sources=sources), allow_outside)
    axes = _axes(root, sweep, sampler)
    problems = _axis_problems(root, axes)
    conditions = _conditions(root, sweep, axes, problems)
    if problems:
        raise InputError(_in_order(problems))
    expansion = Expansion(changed, axes, conditions, sweep.sweep.repeat, allow_outside)
    _probe(root, sweep, expansion)
    if sweep.sweep.search is None:
        expansion.check()
        if next(iter(expansion.cells()), None) is None:
            raise InputError(problem_at(root, ("sweep", "exclude"), "every cell is left out"))
    return SweepDeclaration(sweep, expansion, own[0].path if own else None, sources, overrides, root)


def _probe(root: Node, sweep: Sweep, expansion: Expansion) -> None:
    """Validates what a search may propose at its ends, since what it proposes is known only later."""
    search = sweep.sweep.search
    if search is None:
        return
    probes = []
    for axis in expansion.axes:
        points = axis.points
        if axis.kind == "search":
            ends = [_ends(search.of[path]) for path in axis.paths]
            most = max(map(len, ends))
            points = [
                tuple(
                    _drawn(root, ("sweep", "search", "of", path), path, each[min(place, len(each) - 1)])
                    for path, each in zip(axis.paths, ends, strict=True)
                )
                for place in range(most)
            ]
        probes.append(replace(axis, points=points))
    expansion.with_axes(probes, conditions=()).check()


def _ends(distribution: Any) -> list[int | float]:
    if distribution.kind == "choice":
        return list(range(len(distribution.values)))
    return [distribution.from_, distribution.to]


# What holds for every run


def _with_set(root: Node, sweep: Sweep, baseline: Declaration, allow_outside: bool) -> Declaration:
    """The baseline with what is set, and without figures: a document's are of its own run."""
    declared = find(root, ("set",))
    changed = baseline.root
    problems: list[Problem] = []
    if isinstance(declared, nodes.Mapping) and sweep.set:
        laid = Laid()
        for key, entry in declared.entries.items():
            try:
                before, changed = changed, _laid(changed, key, entry)
            except InputError as error:
                problems += error.problems
                continue
            if is_argument(entry.key_place):
                keys, text = tuple(key.split(".")), entry.key_place.text or key
                undone = undone_by(before, changed, laid, keys)
                if undone:
                    problems.append(contradiction(undone, text, entry.key_place, key))
                laid[text] = keys
    if problems:
        raise InputError(problems)
    changed = without(changed, (), frozenset(["expect", "horizon"]))
    experiment = validate(changed)
    files, digests = data_files(experiment, changed, baseline.sources, baseline.folder, allow_outside)
    return replace(
        baseline, experiment=experiment, root=changed, data_files=files, data_digests=digests, is_what_if=True
    )


def _laid(root: Node, key: str, entry: nodes.Entry) -> Node:
    """A path's value takes the place of what stands there; a part is merged, as in a file that extends another."""
    if "." in key or not isinstance(entry.value, nodes.Mapping):
        return with_value(root, key, entry.value, entry.key_place)
    return laid_over(root, nodes.Mapping({key: entry}, entry.key_place))


# Axes


def _axes(root: Node, sweep: Sweep, sampler: Sampler | None) -> list[Axis]:
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
            _drawn(root, ("sweep", "sample", "of", path), path, value)
            for path, value in zip(sample.of, row, strict=True)
        )
        for row in rows
    ]


def _drawn(root: Node, keys: tuple[str, ...], path: str, value: Any) -> Setting:
    """What a distribution gave: a number, or of a `choice` the position of a value."""
    node, key_place = _at(root, keys)
    chosen = find(node, ("choice",))
    if chosen is None:
        return _number(path, value, node, key_place)
    given = find(chosen, ("values",)) if isinstance(chosen, nodes.Mapping) else None
    written = given if isinstance(given, nodes.Listing) else chosen
    if isinstance(written, nodes.Listing):
        return _setting(path, written.items[int(value)], key_place)
    assert isinstance(written, nodes.Mapping)
    label, entry = list(written.entries.items())[int(value)]
    return _setting(path, entry.value, key_place, label)


def _axis_problems(root: Node, axes: Sequence[Axis]) -> list[Problem]:
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
        value = "baseline" if setting.node is None else comparable(plain(setting.node))
        if value in seen:
            yield Problem(f"`{setting.label}` stands here twice", setting.place, setting.path)
        seen.add(value)


# Conditions


def _conditions(root: Node, sweep: Sweep, axes: Sequence[Axis], problems: list[Problem]) -> list[Condition]:
    known = [path for axis in axes for path in axis.paths]
    found = []
    for number, text in enumerate(sweep.sweep.exclude):
        try:
            found.append(parse(text, known, "path that varies"))
        except ConditionError as error:
            problem = problem_at(root, ("sweep", "exclude", number), str(error), error.hint)
            problems.append(replace(problem, place=_place_in(problem.place, text, error)))
    return found


def _place_in(place: Place | None, text: str, error: ConditionError) -> Place | None:
    """Where in a condition something is wrong, if it stands in its line as it was read."""
    if place is None or place.text is None or place.column is None:
        return place
    start = place.text.find(text, place.column - 1)
    return place if start < 0 else replace(place, column=start + error.start + 1, width=error.width)
