"""Reading a sweep: its file, the baseline that it names, and what the command line changes.

Every value of an axis stays a node, so that what is wrong with it is told where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bprunner.errors import InputError, Place, Problem
from bprunner.spec import nodes
from bprunner.spec.axes import Sampler, axes_of, axis_problems, drawn
from bprunner.spec.cell_problems import in_order
from bprunner.spec.conditions import Condition, ConditionError, parse
from bprunner.spec.data_files import data_files
from bprunner.spec.effective_sweep import sweep_hash
from bprunner.spec.expanding import Axis, Cell, Expansion
from bprunner.spec.experiment import Experiment
from bprunner.spec.kinds import is_sweep
from bprunner.spec.merging import laid_over, with_value, without
from bprunner.spec.nodes import Node, find, from_data, plain
from bprunner.spec.overriding import Laid, contradiction, is_argument, overridden, read_override, undone_by
from bprunner.spec.problems import problem_at, problems_of
from bprunner.spec.reading import Declaration, read_declaration
from bprunner.spec.source import Source, read_source
from bprunner.spec.sweep import Sweep
from bprunner.spec.sweep_overriding import GRID, lay, lay_in, lay_list, listed, sweep_root, varies, varying
from bprunner.spec.validating import validate
from bprunner.spec.yaml_loader import load

Proposed = Mapping[str, object]
"""What a search proposes: by path, a number, or of a `choice` the position."""


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
            tuple(drawn(self.root, ("sweep", "search", "of", path), path, proposal[path]) for path in search.of)
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
        raise InputError(in_order(problems))
    root = overridden(root, lists, lay_list(read), laid)
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
    sweeping = [text for text in varied if varies(baseline, read_override(text))]
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
    axes = axes_of(root, sweep, sampler)
    problems = axis_problems(root, axes)
    conditions = _conditions(root, sweep, axes, problems)
    if problems:
        raise InputError(in_order(problems))
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
                    drawn(root, ("sweep", "search", "of", path), path, each[min(place, len(each) - 1)])
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
