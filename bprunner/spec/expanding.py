"""Expanding: from a baseline and axes to cells, each a whole experiment with its hash.

Every axis is a list of points; a point sets a value at one path or several. Cells are the product of the axes, the last
fastest. Where points change single numbers that nothing else depends on, a cell is the copy of a validated experiment
with other numbers, and its hash that of a validated one's text with other numbers; the tests prove that this is what
validating and hashing each of them gives. Whatever else changes is validated as a whole.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

from bprunner.errors import InputError, Place, Problem
from bprunner.spec import nodes
from bprunner.spec.conditions import Condition
from bprunner.spec.data_files import data_files
from bprunner.spec.effective import canonical, canonical_text, content_hash, declaration_data, hashed_data
from bprunner.spec.experiment import Experiment
from bprunner.spec.leaves import Leaf, Number, Trie, leaf_at, seeds_of, trie_of, with_numbers
from bprunner.spec.merging import with_value
from bprunner.spec.nodes import Node, find, from_data, plain, typed
from bprunner.spec.problems import cut
from bprunner.spec.reading import Declaration
from bprunner.spec.sweep import Repeat
from bprunner.spec.validating import validate

MOST_KEPT = 1024
"""How many validated experiments wait for further cells."""
MOST_PROBLEMS = 100
MOST_EXPLAINED = 100
"""Of more faulty cells, the rest is not looked at before these are mended."""
_MOST_TRIED = 4


@dataclass(frozen=True, slots=True)
class Setting:
    """A value at a path: its label, what tables show (numbers as floats), and the node; None leaves the baseline's."""

    path: str
    label: str
    value: object
    node: Node | None
    key_place: Place

    @property
    def place(self) -> Place:
        return self.key_place if self.node is None else self.node.place

    @property
    def number(self) -> Number | None:
        """The value, where it is a single finite number."""
        if not isinstance(self.node, nodes.Scalar) or isinstance(self.node.value, bool):
            return None
        value = self.node.value
        return value if isinstance(value, int | float) and math.isfinite(value) else None


Point = tuple[Setting, ...]

UNCHANGED = "baseline"
"""The value of an axis that leaves what the baseline has."""

PLAIN = -1
_Key = tuple[tuple[int, ...], ...]
"""By axis, the classes of its values: what decides which validated experiment a cell is a copy of."""


@dataclass(frozen=True)
class Axis:
    """What varies by itself: `kind` is grid, zip, sample, search or repeat; a point sets each of `paths`.

    `is_spaced` says that all points were written at one place. The points of `repeat` have the seed as their value.
    """

    kind: str
    paths: tuple[str, ...]
    points: Sequence[Point]
    is_spaced: bool = False


@dataclass(frozen=True)
class Cell:
    """One run of a sweep. Number 0 is the baseline.

    `labels` and `values` go by path: the label of what was chosen there, and the plain value for tables (numbers as
    floats). `hash` is the experiment's content hash: equal experiments in two cells have the same.
    """

    number: int
    labels: Mapping[str, str]
    values: Mapping[str, object]
    experiment: Experiment
    hash: str
    settings: tuple[Setting, ...] = field(default=(), repr=False, compare=False)
    seeds: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class _Skeleton:
    """A validated experiment in which the numbers of `paths`, then the seeds, may be others."""

    experiment: Experiment
    paths: tuple[str, ...]
    seed_paths: tuple[str, ...]
    leaves: tuple[Leaf, ...]
    trie: Trie
    # The text that is hashed is cut at the numbers: what comes before the first is hashed already.
    start: Any
    texts: tuple[str, ...]
    order: tuple[int, ...]

    def cell(self, numbers: Sequence[Number]) -> tuple[Experiment, str]:
        """The experiment with these numbers, and its hash."""
        numbers = [
            int(number) if leaf.is_whole else float(number) for number, leaf in zip(numbers, self.leaves, strict=True)
        ]
        digest = self.start.copy()
        rest = "".join(
            f"{canonical(numbers[position])}{text}" for position, text in zip(self.order, self.texts, strict=True)
        )
        digest.update(rest.encode())
        return with_numbers(self.experiment, self.trie, numbers), digest.hexdigest()


class Expansion:
    """The cells of axes over a baseline.

    baseline: whose experiment has no expected figures. conditions: cells for which one holds are left out. repeat: what
    the axis of kind `repeat` means, if there is one.
    """

    def __init__(
        self,
        baseline: Declaration,
        axes: Sequence[Axis],
        conditions: Sequence[Condition] = (),
        repeat: Repeat | None = None,
        allow_outside: bool = False,
    ) -> None:
        self.baseline, self.axes = baseline, tuple(axes)
        self.conditions, self.repeat, self.allow_outside = tuple(conditions), repeat, allow_outside
        self._repeating = next((number for number, axis in enumerate(self.axes) if axis.kind == "repeat"), None)
        self._skeletons: OrderedDict[_Key, _Skeleton | None] = OrderedDict()
        # By axis and place: for each of its paths the class of the value, where equal classes are equal values; PLAIN
        # for a single number that nothing else depends on. Before `check`, every point is of a class of its own.
        self._classes: list[list[tuple[int, ...]]] = [
            [(place,) * len(axis.paths) for place in range(len(axis.points))] for axis in self.axes
        ]
        self._faulty: list[dict[int, list[Problem]]] = [{} for _ in self.axes]
        self._refused: list[set[int]] = [set() for _ in self.axes]
        self.paths = tuple(dict.fromkeys(path for axis in self.axes for path in axis.paths))

    def with_axes(self, axes: Sequence[Axis], conditions: Sequence[Condition] | None = None) -> Expansion:
        """Other axes over the same baseline, with the same conditions unless others are given."""
        conditions = self.conditions if conditions is None else conditions
        return Expansion(self.baseline, axes, conditions, self.repeat, self.allow_outside)

    # Cells

    def base_cell(self) -> Cell:
        """The baseline as cell 0, with what it has itself at the paths that vary, defaults included."""
        return self._base

    @cached_property
    def _base(self) -> Cell:
        digest = content_hash(self.baseline)
        root = from_data(declaration_data(self.baseline.experiment))
        values: dict[str, object] = {}
        labels: dict[str, str] = {}
        for path in self.paths:
            node = find(root, typed(root, path.split(".")))
            own = self._own(path, node, digest)
            if own is not None:
                labels[path], values[path] = own.label, own.value
            elif node is not None:
                labels[path], values[path] = text_of(node), shown(node)
        return Cell(0, labels, values, self.baseline.experiment, digest)

    def _own(self, path: str, node: Node | None, digest: str) -> Setting | None:
        """The value of an axis that is the baseline's: it stands there under its label."""
        axis = next(axis for axis in self.axes if path in axis.paths)
        if axis.kind == "repeat":
            return None
        number = node.value if isinstance(node, nodes.Scalar) else None
        column = (point[axis.paths.index(path)] for point in axis.points)
        return next((each for each in column if self._is_own(each, number, digest)), None)

    def _is_own(self, setting: Setting, number: object, digest: str) -> bool:
        """Whether a value leaves the baseline what it is. `number` is what the baseline has there."""
        if setting.node is None or setting.number is not None:
            return setting.node is None or (type(number) is not bool and setting.number == number)
        try:
            return content_hash(self._declared([setting], {})) == digest
        except InputError:
            return False

    def cells(self, first: int = 1) -> Iterator[Cell]:
        """Every cell of the axes that is not left out, numbered from `first`. Raises InputError for a faulty one."""
        number = first
        for places in self._combinations():
            cell = self._cell(number, places)
            if cell is not None:
                yield cell
                number += 1

    def count(self) -> int:
        """How many cells there are. Where conditions leave some out each is looked at, but no experiment is made."""
        total = 0
        repeats = 1 if self._repeating is None else len(self.axes[self._repeating].points)
        for key, cells in self._sizes():
            skeleton = self._skeleton(key)
            if skeleton is None:
                total += sum(self._cell(0, places) is not None for places in self._combinations_of(key))
            else:
                # Where nothing is drawn, the first of the repeated cells is the only one.
                total += cells * (repeats if skeleton.seed_paths else 1)
        return total

    def _sizes(self) -> Iterator[tuple[_Key, int]]:
        """Every key with the number of its cells that are not left out, repeated ones counted once."""
        if self.conditions:
            counted: dict[_Key, int] = {}
            for places in self._combinations():
                if self._seed(places)[1]:
                    key = self._key(places)
                    counted[key] = counted.get(key, 0) + 1
            yield from counted.items()
            return
        pools = []
        for number, axis in enumerate(self.axes):
            sizes: dict[tuple[int, ...], int] = {}
            for place in range(1 if axis.kind == "repeat" else len(axis.points)):
                at = self._key_of(number, place)
                sizes[at] = sizes.get(at, 0) + 1
            pools.append(list(sizes.items()))
        for parts in product(*pools):
            yield tuple(key for key, _ in parts), math.prod(size for _, size in parts)

    def _combinations(self) -> Iterator[tuple[int, ...]]:
        """The places of the points of every cell, less those that are left out."""
        for places in product(*(range(len(axis.points)) for axis in self.axes)):
            if not self.conditions or not self._is_excluded(places):
                yield places

    def _is_excluded(self, places: Sequence[int]) -> bool:
        values = {setting.path: setting.value for setting in self._settings(places)}
        return any(condition.holds(values) for condition in self.conditions)

    def _settings(self, places: Sequence[int]) -> list[Setting]:
        return [setting for axis, place in zip(self.axes, places, strict=True) for setting in axis.points[place]]

    def _cell(self, number: int, places: tuple[int, ...]) -> Cell | None:
        settings = self._settings(places)
        skeleton = self._skeleton(self._key(places))
        if skeleton is None:
            return self._whole_cell(number, places, settings)
        seed, is_first = self._seed(places)
        if not skeleton.seed_paths and not is_first:
            return None
        chosen = {setting.path: setting.number for setting in settings}
        numbers: list[Number] = [chosen[path] for path in skeleton.paths]  # type: ignore[misc]  # plain ones are numbers
        experiment, digest = skeleton.cell([*numbers, *([seed] * len(skeleton.seed_paths))])
        return _cell_of(number, settings, experiment, digest, dict.fromkeys(skeleton.seed_paths, seed))

    def _whole_cell(self, number: int, places: Sequence[int], settings: Sequence[Setting]) -> Cell | None:
        """A cell that is validated and hashed by itself."""
        declaration = self._declared(settings, {})
        seed, is_first = self._seed(places)
        seeds = dict.fromkeys(self._seed_paths(declaration.experiment), seed)
        if seeds:
            declaration = self._declared(settings, seeds)
        elif not is_first:
            return None
        return _cell_of(number, settings, declaration.experiment, content_hash(declaration), seeds)

    def declaration_of(self, cell: Cell) -> Declaration:
        """A cell as a declaration of its own, such as data are loaded for. Errors point to what was written."""
        if cell.number == 0:
            return self.baseline
        root = _root_with(self.baseline.root, cell.settings, cell.seeds)
        files, digests = self._files(cell.experiment, root, cell.settings)
        return replace(self.baseline, experiment=cell.experiment, root=root, data_files=files, data_digests=digests)

    def _declared(self, settings: Sequence[Setting], seeds: Mapping[str, int]) -> Declaration:
        """The declaration of some settings. Raises InputError with every problem found."""
        root = _root_with(self.baseline.root, settings, seeds)
        experiment = validate(root)
        if not any(setting.path.split(".")[0] == "dataset" for setting in settings):
            # Equal data are the same data: they are loaded once, and held once.
            experiment = experiment.model_copy(update={"dataset": self.baseline.experiment.dataset})
        files, digests = self._files(experiment, root, settings)
        return replace(self.baseline, experiment=experiment, root=root, data_files=files, data_digests=digests)

    def _files(self, experiment: Experiment, root: Node, settings: Sequence[Setting]) -> tuple[Any, Any]:
        if not any(setting.path.split(".")[0] == "dataset" for setting in settings):
            return self.baseline.data_files, self.baseline.data_digests
        return data_files(experiment, root, self.baseline.sources, self.baseline.folder, self.allow_outside)

    # Seeds

    def _seed(self, places: Sequence[int]) -> tuple[int, bool]:
        """The seed that a cell is repeated with, and whether it is the first."""
        if self._repeating is None or self.repeat is None:
            return 0, True
        return self.repeat.first_seed + places[self._repeating], places[self._repeating] == 0

    def _seed_paths(self, experiment: Experiment) -> tuple[str, ...]:
        """The seeds of an experiment that repeating changes: not those that vary by themselves."""
        if self.repeat is None or self._repeating is None:
            return ()
        wanted = self.repeat.seeds
        return tuple(
            path for path in seeds_of(experiment) if path not in self.paths and (wanted is None or path in wanted)
        )

    # What cells have in common

    def _key(self, places: Sequence[int]) -> _Key:
        return tuple(map(self._key_of, range(len(self.axes)), places))

    def _key_of(self, number: int, place: int) -> tuple[int, ...]:
        return () if number == self._repeating else self._classes[number][place]

    def _skeleton(self, key: _Key) -> _Skeleton | None:
        """What the cells of a key have in common; None where each has to be validated by itself."""
        if key in self._skeletons:
            self._skeletons.move_to_end(key)
        else:
            self._skeletons[key] = self._made(key)
            if len(self._skeletons) > MOST_KEPT:
                self._skeletons.popitem(last=False)
        return self._skeletons[key]

    def _made(self, key: _Key) -> _Skeleton | None:
        """Validated with the smallest numbers and with the largest: then those between them are valid, too."""
        try:
            least = self._declared(self._corner(key, 0), {})
            seed_paths = self._seed_paths(least.experiment)
            first = self.repeat.first_seed if self.repeat else 0
            last = first + (self.repeat.count - 1 if self.repeat else 0)
            if seed_paths:
                least = self._declared(self._corner(key, 0), dict.fromkeys(seed_paths, first))
            if seed_paths or any(PLAIN in classes for classes in key):
                self._declared(self._corner(key, 1), dict.fromkeys(seed_paths, last))
        except InputError:
            return None
        paths = self._plain_paths(key)
        leaves = [leaf_at(least.experiment, path.split(".")) for path in (*paths, *seed_paths)]
        found = tuple(leaf for leaf in leaves if leaf is not None)
        if len(found) < len(leaves) or len({leaf.keys for leaf in found}) < len(found):
            return None
        cut_text = _cut(least, (*paths, *seed_paths))
        if cut_text is None:
            return None
        head, order, texts = cut_text
        start = hashlib.sha256(head.encode())
        return _Skeleton(least.experiment, paths, seed_paths, found, trie_of(found), start, texts, order)

    def _plain_paths(self, key: _Key) -> tuple[str, ...]:
        return tuple(
            path
            for axis, classes in zip(self.axes, key, strict=True)
            for path, each in zip(axis.paths, classes, strict=False)
            if each == PLAIN
        )

    @cached_property
    def _examples(self) -> Mapping[tuple[int, int, int], tuple[Setting, Setting]]:
        """By axis, path and class: its value twice, or of the plain numbers the smallest and the largest."""
        found: dict[tuple[int, int, int], tuple[Setting, Setting]] = {}
        for number, axis in enumerate(self.axes):
            for point, classes in zip(axis.points, self._classes[number], strict=True):
                for column, (setting, each) in enumerate(zip(point, classes, strict=True)):
                    known = found.get((number, column, each))
                    if known is None:
                        found[number, column, each] = (setting, setting)
                    elif each == PLAIN:
                        least, most = known
                        found[number, column, each] = min(least, setting, key=_number), max(most, setting, key=_number)
        return found

    def _corner(self, key: _Key, side: int) -> list[Setting]:
        """A cell's settings with the smallest (side 0) or the largest (1) of the plain numbers."""
        return [
            self._examples[number, column, each][side]
            for number, classes in enumerate(key)
            for column, each in enumerate(classes)
        ]

    # Checking

    def check(self) -> None:
        """Validates every cell. Raises InputError with every problem found, each where its value stands."""
        for number, axis in enumerate(self.axes):
            if axis.kind != "repeat":
                columns = zip(*axis.points, strict=True)
                self._classes[number] = list(zip(*map(self._classes_of, columns), strict=True))
        problems: list[Problem] = []
        for number, axis in enumerate(self.axes):
            if axis.kind != "repeat":
                problems += self._check_axis(number, axis)
        problems += self._check_together()
        if problems:
            raise InputError(_in_order(problems)[:MOST_PROBLEMS])

    def _classes_of(self, column: Sequence[Setting]) -> list[int]:
        """The classes of the values of one path."""
        numbers = [setting for setting in column if setting.number is not None]
        are_plain = bool(numbers) and self._are_plain(numbers)
        known: dict[str, int] = {}
        return [
            PLAIN if are_plain and setting.number is not None else known.setdefault(_comparable(setting), len(known))
            for setting in column
        ]

    def _check_axis(self, number: int, axis: Axis) -> list[Problem]:
        """Each value of an axis on the baseline, the other axes left out."""
        places: dict[tuple[int, ...], list[int]] = {}
        for place, classes in enumerate(self._classes[number]):
            places.setdefault(classes, []).append(place)
        alone = not any(_overlap(path, other) for path in axis.paths for other in self._others(number))
        told: list[Problem] = []
        for classes, same in places.items():
            corners = [
                [self._examples[number, column, each][side] for column, each in enumerate(classes)] for side in (0, 1)
            ]
            if not any(self._faults(corner)[0] for corner in corners[: 2 if PLAIN in classes else 1]):
                continue
            for place in same:
                problems, is_hard = self._faults(axis.points[place])
                if not problems:
                    continue
                self._faulty[number][place] = problems
                if is_hard and alone:
                    self._refused[number].add(place)
                    told += problems
                    if len(self._refused[number]) >= MOST_PROBLEMS or self._is_told_for_all(number, place, axis):
                        self._refused[number].update(range(len(axis.points)))
                        return told if axis.kind != "sample" else _one_a_place(told)
        return told if axis.kind != "sample" else _one_a_place(told)

    def _others(self, number: int) -> Iterator[str]:
        for other, axis in enumerate(self.axes):
            if other != number:
                yield from axis.paths

    def _is_told_for_all(self, number: int, place: int, axis: Axis) -> bool:
        """Whether what is wrong was said of all values: of the path, or of values that stand at one place."""
        faulty = self._faulty[number]
        return axis.is_spaced or (place == 1 and faulty.get(0) == faulty.get(1))

    def _are_plain(self, settings: Sequence[Setting]) -> bool:
        """Whether these numbers of one path are valid on the baseline, and nothing else depends on them."""
        try:
            for choose in (min, max):
                experiment = validate(_root_with(self.baseline.root, [choose(settings, key=_number)], {}))
        except InputError:
            return False
        leaf = leaf_at(experiment, settings[0].path.split("."))
        return leaf is not None and not (leaf.is_whole and any(isinstance(each.number, float) for each in settings))

    def _faults(self, settings: Sequence[Setting]) -> tuple[list[Problem], bool]:
        """What is wrong with some settings on the baseline, and whether it is a fault of the values themselves."""
        try:
            root = _root_with(self.baseline.root, settings, {})
        except InputError as error:
            return [_told(problem, settings) for problem in error.problems], True
        try:
            experiment = validate(root)
            self._files(experiment, root, settings)
        except InputError as error:
            return [_told(problem, settings) for problem in error.problems], not _is_well_formed(root)
        return [], False

    def _check_together(self) -> list[Problem]:
        """Cells of several axes, those that copy one experiment at once."""
        problems: list[Problem] = []
        explained = 0
        has_seeds = False
        for key in self._keys():
            skeleton = self._skeleton(key)
            if skeleton is not None:
                has_seeds = has_seeds or bool(skeleton.seed_paths)
                continue
            for places in self._combinations_of(key):
                try:
                    cell = self._whole_cell(0, places, self._settings(places))
                    has_seeds = has_seeds or bool(cell is not None and cell.seeds)
                except InputError as error:
                    problems += self._explained(places, error.problems)
                    explained += 1
                if explained >= MOST_EXPLAINED or len(set(problems)) >= MOST_PROBLEMS:
                    return problems
        if not problems and not any(self._refused) and self._repeating is not None and not has_seeds:
            problems.append(self._nothing_to_repeat())
        return problems

    def _nothing_to_repeat(self) -> Problem:
        setting = self.axes[self._repeating or 0].points[0][0]
        message = "no cell draws anything that `repeat` could draw again"
        hint = "a seed belongs to initial weights that are drawn, to shuffled batches, or to drawn data"
        if self.repeat is not None and self.repeat.seeds:
            message = f"no cell has a seed at {' or '.join(f'`{cut(path)}`' for path in self.repeat.seeds)}"
        return Problem(message, setting.key_place, "sweep.repeat", hint)

    def _keys(self) -> Iterator[_Key]:
        """The keys of all cells that are not left out and have no value that was refused."""
        pools: list[list[tuple[int, ...]]] = []
        for number, axis in enumerate(self.axes):
            places = [place for place in range(len(axis.points)) if place not in self._refused[number]]
            pools.append(list(dict.fromkeys(self._key_of(number, place) for place in places)))
        if not self.conditions:
            yield from product(*pools)
            return
        seen = set()
        for places_ in self._combinations():
            if any(place in refused for place, refused in zip(places_, self._refused, strict=True)):
                continue
            key = self._key(places_)
            if key not in seen:
                seen.add(key)
                yield key

    def _combinations_of(self, key: _Key) -> Iterator[tuple[int, ...]]:
        """The cells of a key that are not left out."""
        pools = [
            [place for place in range(len(axis.points)) if self._key_of(number, place) == at]
            for number, (axis, at) in enumerate(zip(self.axes, key, strict=True))
        ]
        return (places for places in product(*pools) if not self._is_excluded(places))

    # Explaining

    def _explained(self, places: Sequence[int], problems: Sequence[Problem]) -> list[Problem]:
        """The problems of a cell: those of a value alone as they are, others with every value that they need."""
        varied = [number for number, axis in enumerate(self.axes) if axis.kind != "repeat"]
        points = {number: self.axes[number].points[places[number]] for number in varied}
        alone = [problem for number in varied for problem in self._faulty[number].get(places[number], ())]
        told: list[Problem] = []
        for problem in problems:
            needed = [number for number in varied if self._goes_without(problem, number, points)]
            settings = [setting for number in needed or varied for setting in points[number]]
            own = [each for each in alone if _is_about(each, problem)]
            if own and len(needed) < 2:
                told += own
            elif len(needed) < 2:
                told.append(_told(problem, settings))
            else:
                told.append(_told_of_several(problem, settings))
        return told

    def _goes_without(self, problem: Problem, number: int, points: Mapping[int, Point]) -> bool:
        """Whether a problem goes away where an axis has what the baseline has, or another of its values."""
        here = {setting.path: _comparable(setting) for setting in points[number]}
        others: list[Point] = [()]
        for place, point in enumerate(self.axes[number].points):
            # What is refused by itself may hide the problem.
            if place in self._refused[number]:
                continue
            if {setting.path: _comparable(setting) for setting in point} != here:
                others.append(point)
            if len(others) > _MOST_TRIED:
                break
        return any(not self._has(problem, {**points, number: other}) for other in others)

    def _has(self, problem: Problem, points: Mapping[int, Point]) -> bool:
        try:
            self._declared([setting for number in sorted(points) for setting in points[number]], {})
        except InputError as error:
            return any(each.message == problem.message for each in error.problems)
        return False


def _is_about(told: Problem, problem: Problem) -> bool:
    """Whether a problem was told already, as that of a value."""
    return told.message == problem.message or told.message.startswith(f"`{problem.path}`: {problem.message}, where ")


# Roots


def _root_with(root: Node, settings: Sequence[Setting], seeds: Mapping[str, int]) -> Node:
    """The baseline's tree with some values. What lies inside of another value is set after it."""
    for setting in sorted(settings, key=lambda setting: setting.path.count(".")):
        if setting.node is not None:
            root = with_value(root, setting.path, setting.node, setting.key_place)
    for path, seed in seeds.items():
        root = with_value(root, path, nodes.Scalar(seed, str(seed), root.place), root.place)
    return root


def _is_well_formed(root: Node) -> bool:
    try:
        Experiment.model_validate(plain(root))
    except ValueError:
        return False
    return True


def _number(setting: Setting) -> Number:
    number = setting.number
    assert number is not None  # plain settings are numbers
    return number


def _overlap(path: str, other: str) -> bool:
    """Whether one path lies inside of the other."""
    return f"{path}.".startswith(f"{other}.") or f"{other}.".startswith(f"{path}.")


# Cells


def _cell_of(
    number: int, settings: Sequence[Setting], experiment: Experiment, digest: str, seeds: Mapping[str, int]
) -> Cell:
    labels = {setting.path: setting.label for setting in settings}
    values = {setting.path: setting.value for setting in settings}
    if not seeds and "repeat" in labels:
        # A cell that draws nothing has no seed.
        del labels["repeat"], values["repeat"]
    return Cell(number, labels, values, experiment, digest, tuple(settings), seeds)


_MARK = "⟦leaf {}⟧"


def _cut(declaration: Declaration, paths: Sequence[str]) -> tuple[str, tuple[int, ...], tuple[str, ...]] | None:
    """The text that is hashed, cut at the numbers of these paths: what stands before the first of them, which comes
    where, and what follows each. None where a number cannot be found in it."""
    data = hashed_data(declaration)
    for position, path in enumerate(paths):
        if not _put(data, path.split("."), _MARK.format(position)):
            return None
    pieces = re.split(_MARK.replace("{}", "([0-9]+)"), canonical_text(data))
    order = tuple(int(piece) for piece in pieces[1::2])
    if sorted(order) != list(range(len(paths))):
        return None
    return pieces[0], order, tuple(pieces[2::2])


def _put(data: Any, keys: Sequence[str], text: str) -> bool:
    """Puts a text where something stands; tells whether it does."""
    *parents, last = keys
    for key in parents:
        data = _item(data, key)
    if _item(data, last) is None:
        return False
    data[int(last) if isinstance(data, list) else last] = text
    return True


def _item(data: Any, key: str) -> Any:
    if isinstance(data, list):
        return data[int(key)] if key.isdigit() and int(key) < len(data) else None
    return data.get(key) if isinstance(data, dict) else None


def shown(node: Node) -> object:
    """A value as tables have it: numbers as floats, everything else as text."""
    if isinstance(node, nodes.Scalar) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return float(node.value)
    return text_of(node)


def text_of(node: Node) -> str:
    """A value in one line, as YAML writes it."""
    if isinstance(node, nodes.Mapping):
        return "{" + ", ".join(f"{key}: {text_of(entry.value)}" for key, entry in node.entries.items()) + "}"
    if isinstance(node, nodes.Listing):
        return "[" + ", ".join(text_of(item) for item in node.items) + "]"
    return "null" if node.value is None else node.text


def _comparable(setting: Setting) -> str:
    """A text that is the same for the same value."""
    return "" if setting.node is None else comparable(plain(setting.node))


def comparable(value: object) -> str:
    """A text that is the same for the same value: 1 and 1.0 are one number."""
    if isinstance(value, Mapping):
        return "{" + ",".join(sorted(f"{key!r}:{comparable(item)}" for key, item in value.items())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(comparable, value)) + "]"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(float(value)) if isinstance(value, float) or abs(value) < 2**53 else repr(int(value))
    return repr(value)


# Problems


def _one_a_place(problems: Sequence[Problem]) -> list[Problem]:
    """Of values that were drawn at one place, the first problem."""
    return list({(problem.place, problem.path): problem for problem in reversed(problems)}.values())


def _of_path(problem: Problem) -> str:
    return re.sub(r"\[([0-9]+)\]", r".\1", problem.path)


def _told(problem: Problem, settings: Sequence[Setting]) -> Problem:
    """A problem where the value stands that makes it, and not where the baseline has what does not fit it."""
    path = _of_path(problem)
    own = next((each for each in settings if f"{path}.".startswith(f"{each.path}.")), None)
    if own is not None and problem.place is not None and problem.place.source == own.key_place.source:
        return problem
    return _told_of_several(problem, settings)


def _told_of_several(problem: Problem, settings: Sequence[Setting]) -> Problem:
    """A problem that several values make together: it stands at the last of them, and names all."""
    last, path = settings[-1], _of_path(problem)
    given = " and ".join(f"`{cut(each.path)}` is {cut(each.label)}" for each in settings)
    inside = any(f"{path}.".startswith(f"{each.path}.") for each in settings)
    # An error of the path itself speaks of it already.
    about = "" if inside or not path else f"`{cut(problem.path)}`: "
    return Problem(f"{about}{problem.message}, where {given}", last.place, last.path, problem.hint)


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    """Each problem once, as the text is read."""

    def position(problem: Problem) -> tuple[str, int, int]:
        place = problem.place or Place("")
        return place.source, place.line or 0, place.column or 0

    return sorted(dict.fromkeys(problems), key=position)
