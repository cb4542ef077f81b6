"""Expanding: from a baseline and axes to cells, each a whole experiment with its hash.

Every axis is a list of points; a point sets a value at one path or several. Cells are the product of the axes, the last
fastest. Where points change single numbers that nothing else depends on, a cell is the copy of a validated experiment
with other numbers, and its hash that of a validated one's text with other numbers; the tests prove that this is what
validating and hashing each of them gives. Whatever else changes is validated as a whole.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product
from typing import Any

from bprunner.errors import InputError
from bprunner.spec import nodes
from bprunner.spec.cell_checking import Checker
from bprunner.spec.conditions import Condition
from bprunner.spec.data_files import data_files
from bprunner.spec.effective import content_hash, declaration_data
from bprunner.spec.experiment import Experiment
from bprunner.spec.leaves import Number, leaf_at, seeds_of
from bprunner.spec.nodes import Node, find, from_data, typed
from bprunner.spec.reading import Declaration
from bprunner.spec.settings import PLAIN, Point, Setting, root_with, shown, text_of
from bprunner.spec.skeletons import Skeleton, skeleton_of
from bprunner.spec.sweep import Repeat
from bprunner.spec.validating import validate

MOST_KEPT = 1024
"""How many validated experiments wait for further cells."""

Key = tuple[tuple[int, ...], ...]
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
        self.repeating = next((number for number, axis in enumerate(self.axes) if axis.kind == "repeat"), None)
        self._skeletons: OrderedDict[Key, Skeleton | None] = OrderedDict()
        # By axis and place: for each of its paths the class of the value, where equal classes are equal values; PLAIN
        # for a single number that nothing else depends on. Before `check`, every point is of a class of its own.
        self.classes: list[list[tuple[int, ...]]] = [
            [(place,) * len(axis.paths) for place in range(len(axis.points))] for axis in self.axes
        ]
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
            return content_hash(self.declared([setting], {})) == digest
        except InputError:
            return False

    def cells(self, first: int = 1) -> Iterator[Cell]:
        """Every cell of the axes that is not left out, numbered from `first`. Raises InputError for a faulty one."""
        number = first
        for places in self.combinations():
            cell = self._cell(number, places)
            if cell is not None:
                yield cell
                number += 1

    def count(self) -> int:
        """How many cells there are. Where conditions leave some out each is looked at, but no experiment is made."""
        total = 0
        repeats = 1 if self.repeating is None else len(self.axes[self.repeating].points)
        for key, cells in self._sizes():
            skeleton = self.skeleton(key)
            if skeleton is None:
                total += sum(self._cell(0, places) is not None for places in self.combinations_of(key))
            else:
                # Where nothing is drawn, the first of the repeated cells is the only one.
                total += cells * (repeats if skeleton.seed_paths else 1)
        return total

    def _sizes(self) -> Iterator[tuple[Key, int]]:
        """Every key with the number of its cells that are not left out, repeated ones counted once."""
        if self.conditions:
            counted: dict[Key, int] = {}
            for places in self.combinations():
                if self._seed(places)[1]:
                    key = self.key(places)
                    counted[key] = counted.get(key, 0) + 1
            yield from counted.items()
            return
        pools = []
        for number, axis in enumerate(self.axes):
            sizes: dict[tuple[int, ...], int] = {}
            for place in range(1 if axis.kind == "repeat" else len(axis.points)):
                at = self.key_of(number, place)
                sizes[at] = sizes.get(at, 0) + 1
            pools.append(list(sizes.items()))
        for parts in product(*pools):
            yield tuple(key for key, _ in parts), math.prod(size for _, size in parts)

    def combinations(self) -> Iterator[tuple[int, ...]]:
        """The places of the points of every cell, less those that are left out."""
        for places in product(*(range(len(axis.points)) for axis in self.axes)):
            if not self.conditions or not self._is_excluded(places):
                yield places

    def combinations_of(self, key: Key) -> Iterator[tuple[int, ...]]:
        """The cells of a key that are not left out."""
        pools = [
            [place for place in range(len(axis.points)) if self.key_of(number, place) == at]
            for number, (axis, at) in enumerate(zip(self.axes, key, strict=True))
        ]
        return (places for places in product(*pools) if not self._is_excluded(places))

    def _is_excluded(self, places: Sequence[int]) -> bool:
        values = {setting.path: setting.value for setting in self.settings(places)}
        return any(condition.holds(values) for condition in self.conditions)

    def settings(self, places: Sequence[int]) -> list[Setting]:
        return [setting for axis, place in zip(self.axes, places, strict=True) for setting in axis.points[place]]

    def _cell(self, number: int, places: tuple[int, ...]) -> Cell | None:
        settings = self.settings(places)
        skeleton = self.skeleton(self.key(places))
        if skeleton is None:
            return self.whole_cell(number, places, settings)
        seed, is_first = self._seed(places)
        if not skeleton.seed_paths and not is_first:
            return None
        chosen = {setting.path: setting.number for setting in settings}
        numbers: list[Number] = [chosen[path] for path in skeleton.paths]  # type: ignore[misc]  # plain ones are numbers
        experiment, digest = skeleton.cell([*numbers, *([seed] * len(skeleton.seed_paths))])
        return _cell_of(number, settings, experiment, digest, dict.fromkeys(skeleton.seed_paths, seed))

    def whole_cell(self, number: int, places: Sequence[int], settings: Sequence[Setting]) -> Cell | None:
        """A cell that is validated and hashed by itself."""
        declaration = self.declared(settings, {})
        seed, is_first = self._seed(places)
        seeds = dict.fromkeys(self._seed_paths(declaration.experiment), seed)
        if seeds:
            declaration = self.declared(settings, seeds)
        elif not is_first:
            return None
        return _cell_of(number, settings, declaration.experiment, content_hash(declaration), seeds)

    def declaration_of(self, cell: Cell) -> Declaration:
        """A cell as a declaration of its own, such as data are loaded for. Errors point to what was written."""
        if cell.number == 0:
            return self.baseline
        root = root_with(self.baseline.root, cell.settings, cell.seeds)
        files, digests = self.files(cell.experiment, root, cell.settings)
        return replace(self.baseline, experiment=cell.experiment, root=root, data_files=files, data_digests=digests)

    def declared(self, settings: Sequence[Setting], seeds: Mapping[str, int]) -> Declaration:
        """The declaration of some settings. Raises InputError with every problem found."""
        root = root_with(self.baseline.root, settings, seeds)
        experiment = validate(root)
        if not any(setting.path.split(".")[0] == "dataset" for setting in settings):
            # Equal data are the same data: they are loaded once, and held once.
            experiment = experiment.model_copy(update={"dataset": self.baseline.experiment.dataset})
        files, digests = self.files(experiment, root, settings)
        return replace(self.baseline, experiment=experiment, root=root, data_files=files, data_digests=digests)

    def files(self, experiment: Experiment, root: Node, settings: Sequence[Setting]) -> tuple[Any, Any]:
        if not any(setting.path.split(".")[0] == "dataset" for setting in settings):
            return self.baseline.data_files, self.baseline.data_digests
        return data_files(experiment, root, self.baseline.sources, self.baseline.folder, self.allow_outside)

    # Seeds

    def _seed(self, places: Sequence[int]) -> tuple[int, bool]:
        """The seed that a cell is repeated with, and whether it is the first."""
        if self.repeating is None or self.repeat is None:
            return 0, True
        return self.repeat.first_seed + places[self.repeating], places[self.repeating] == 0

    def _seed_paths(self, experiment: Experiment) -> tuple[str, ...]:
        """The seeds of an experiment that repeating changes: not those that vary by themselves."""
        if self.repeat is None or self.repeating is None:
            return ()
        wanted = self.repeat.seeds
        return tuple(
            path for path in seeds_of(experiment) if path not in self.paths and (wanted is None or path in wanted)
        )

    # What cells have in common

    def key(self, places: Sequence[int]) -> Key:
        return tuple(map(self.key_of, range(len(self.axes)), places))

    def key_of(self, number: int, place: int) -> tuple[int, ...]:
        return () if number == self.repeating else self.classes[number][place]

    def skeleton(self, key: Key) -> Skeleton | None:
        """What the cells of a key have in common; None where each has to be validated by itself."""
        if key in self._skeletons:
            self._skeletons.move_to_end(key)
        else:
            self._skeletons[key] = self._made(key)
            if len(self._skeletons) > MOST_KEPT:
                self._skeletons.popitem(last=False)
        return self._skeletons[key]

    def _made(self, key: Key) -> Skeleton | None:
        """Validated with the smallest numbers and with the largest: then those between them are valid, too."""
        try:
            least = self.declared(self._corner(key, 0), {})
            seed_paths = self._seed_paths(least.experiment)
            first = self.repeat.first_seed if self.repeat else 0
            last = first + (self.repeat.count - 1 if self.repeat else 0)
            if seed_paths:
                least = self.declared(self._corner(key, 0), dict.fromkeys(seed_paths, first))
            if seed_paths or any(PLAIN in classes for classes in key):
                self.declared(self._corner(key, 1), dict.fromkeys(seed_paths, last))
        except InputError:
            return None
        return skeleton_of(least, self._plain_paths(key), seed_paths)

    def _plain_paths(self, key: Key) -> tuple[str, ...]:
        return tuple(
            path
            for axis, classes in zip(self.axes, key, strict=True)
            for path, each in zip(axis.paths, classes, strict=False)
            if each == PLAIN
        )

    @cached_property
    def examples(self) -> Mapping[tuple[int, int, int], tuple[Setting, Setting]]:
        """By axis, path and class: its value twice, or of the plain numbers the smallest and the largest."""
        found: dict[tuple[int, int, int], tuple[Setting, Setting]] = {}
        for number, axis in enumerate(self.axes):
            for point, classes in zip(axis.points, self.classes[number], strict=True):
                for column, (setting, each) in enumerate(zip(point, classes, strict=True)):
                    known = found.get((number, column, each))
                    if known is None:
                        found[number, column, each] = (setting, setting)
                    elif each == PLAIN:
                        least, most = known
                        found[number, column, each] = min(least, setting, key=_number), max(most, setting, key=_number)
        return found

    def _corner(self, key: Key, side: int) -> list[Setting]:
        """A cell's settings with the smallest (side 0) or the largest (1) of the plain numbers."""
        return [
            self.examples[number, column, each][side]
            for number, classes in enumerate(key)
            for column, each in enumerate(classes)
        ]

    # Checking

    def check(self) -> None:
        """Validates every cell. Raises InputError with every problem found, each where its value stands."""
        for number, axis in enumerate(self.axes):
            if axis.kind != "repeat":
                columns = zip(*axis.points, strict=True)
                self.classes[number] = list(zip(*map(self._classes_of, columns), strict=True))
        Checker(self).check()

    def _classes_of(self, column: Sequence[Setting]) -> list[int]:
        """The classes of the values of one path."""
        numbers = [setting for setting in column if setting.number is not None]
        are_plain = bool(numbers) and self._are_plain(numbers)
        known: dict[str, int] = {}
        return [
            PLAIN if are_plain and setting.number is not None else known.setdefault(setting.key, len(known))
            for setting in column
        ]

    def _are_plain(self, settings: Sequence[Setting]) -> bool:
        """Whether these numbers of one path are valid on the baseline, and nothing else depends on them."""
        try:
            for choose in (min, max):
                experiment = validate(root_with(self.baseline.root, [choose(settings, key=_number)], {}))
        except InputError:
            return False
        leaf = leaf_at(experiment, settings[0].path.split("."))
        return leaf is not None and not (leaf.is_whole and any(isinstance(each.number, float) for each in settings))


def _number(setting: Setting) -> Number:
    number = setting.number
    assert number is not None  # plain settings are numbers
    return number


def _cell_of(
    number: int, settings: Sequence[Setting], experiment: Experiment, digest: str, seeds: Mapping[str, int]
) -> Cell:
    labels = {setting.path: setting.label for setting in settings}
    values = {setting.path: setting.value for setting in settings}
    if not seeds and "repeat" in labels:
        # A cell that draws nothing has no seed.
        del labels["repeat"], values["repeat"]
    return Cell(number, labels, values, experiment, digest, tuple(settings), seeds)
