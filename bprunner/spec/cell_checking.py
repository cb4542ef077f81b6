"""Checking: every cell of an expansion is valid, or it is told which of its values make it faulty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING

from bprunner.errors import InputError, Problem
from bprunner.spec.cell_problems import in_order, is_about, one_a_place, told, told_of_several
from bprunner.spec.experiment import Experiment
from bprunner.spec.nodes import Node, plain
from bprunner.spec.problems import cut
from bprunner.spec.settings import PLAIN, Point, Setting, root_with
from bprunner.spec.validating import validate

if TYPE_CHECKING:
    from bprunner.spec.expanding import Axis, Expansion, Key

MOST_PROBLEMS = 100
MOST_EXPLAINED = 100
"""Of more faulty cells, the rest is not looked at before these are mended."""
_MOST_TRIED = 4


class Checker:
    """Checks the cells of an expansion whose values are classified, those that copy one experiment at once."""

    def __init__(self, expansion: Expansion) -> None:
        self.expansion, self.axes = expansion, expansion.axes
        # By axis and place, what is wrong with the value alone, and which values need not be looked at further.
        self._faulty: list[dict[int, list[Problem]]] = [{} for _ in self.axes]
        self._refused: list[set[int]] = [set() for _ in self.axes]

    def check(self) -> None:
        """Raises InputError with every problem found, each where its value stands."""
        problems: list[Problem] = []
        for number, axis in enumerate(self.axes):
            if axis.kind != "repeat":
                problems += self._check_axis(number, axis)
        problems += self._check_together()
        if problems:
            raise InputError(in_order(problems)[:MOST_PROBLEMS])

    # Values alone

    def _check_axis(self, number: int, axis: Axis) -> list[Problem]:
        """Each value of an axis on the baseline, the other axes left out."""
        places: dict[tuple[int, ...], list[int]] = {}
        for place, classes in enumerate(self.expansion.classes[number]):
            places.setdefault(classes, []).append(place)
        alone = not any(_overlap(path, other) for path in axis.paths for other in self._others(number))
        found: list[Problem] = []
        for classes, same in places.items():
            corners = [
                [self.expansion.examples[number, column, each][side] for column, each in enumerate(classes)]
                for side in (0, 1)
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
                    found += problems
                    if len(self._refused[number]) >= MOST_PROBLEMS or self._is_told_for_all(number, place, axis):
                        self._refused[number].update(range(len(axis.points)))
                        return found if axis.kind != "sample" else one_a_place(found)
        return found if axis.kind != "sample" else one_a_place(found)

    def _others(self, number: int) -> Iterator[str]:
        for other, axis in enumerate(self.axes):
            if other != number:
                yield from axis.paths

    def _is_told_for_all(self, number: int, place: int, axis: Axis) -> bool:
        """Whether what is wrong was said of all values: of the path, or of values that stand at one place."""
        faulty = self._faulty[number]
        return axis.is_spaced or (place == 1 and faulty.get(0) == faulty.get(1))

    def _faults(self, settings: Sequence[Setting]) -> tuple[list[Problem], bool]:
        """What is wrong with some settings on the baseline, and whether it is a fault of the values themselves."""
        try:
            root = root_with(self.expansion.baseline.root, settings, {})
        except InputError as error:
            return [told(problem, settings) for problem in error.problems], True
        try:
            experiment = validate(root)
            self.expansion.files(experiment, root, settings)
        except InputError as error:
            return [told(problem, settings) for problem in error.problems], not _is_well_formed(root)
        return [], False

    # Values together

    def _check_together(self) -> list[Problem]:
        """Cells of several axes, those that copy one experiment at once."""
        problems: list[Problem] = []
        explained = 0
        has_seeds = False
        for key in self._keys():
            skeleton = self.expansion.skeleton(key)
            if skeleton is not None:
                has_seeds = has_seeds or bool(skeleton.seed_paths)
                continue
            for places in self.expansion.combinations_of(key):
                try:
                    cell = self.expansion.whole_cell(0, places, self.expansion.settings(places))
                    has_seeds = has_seeds or bool(cell is not None and cell.seeds)
                except InputError as error:
                    problems += self._explained(places, error.problems)
                    explained += 1
                if explained >= MOST_EXPLAINED or len(set(problems)) >= MOST_PROBLEMS:
                    return problems
        if not problems and not any(self._refused) and self.expansion.repeating is not None and not has_seeds:
            problems.append(self._nothing_to_repeat())
        return problems

    def _nothing_to_repeat(self) -> Problem:
        setting = self.axes[self.expansion.repeating or 0].points[0][0]
        message = "no cell draws anything that `repeat` could draw again"
        hint = "a seed belongs to initial weights that are drawn, to shuffled batches, or to drawn data"
        if self.expansion.repeat is not None and self.expansion.repeat.seeds:
            message = f"no cell has a seed at {' or '.join(f'`{cut(path)}`' for path in self.expansion.repeat.seeds)}"
        return Problem(message, setting.key_place, "sweep.repeat", hint)

    def _keys(self) -> Iterator[Key]:
        """The keys of all cells that are not left out and have no value that was refused."""
        pools: list[list[tuple[int, ...]]] = []
        for number, axis in enumerate(self.axes):
            places = [place for place in range(len(axis.points)) if place not in self._refused[number]]
            pools.append(list(dict.fromkeys(self.expansion.key_of(number, place) for place in places)))
        if not self.expansion.conditions:
            yield from product(*pools)
            return
        seen = set()
        for places_ in self.expansion.combinations():
            if any(place in refused for place, refused in zip(places_, self._refused, strict=True)):
                continue
            key = self.expansion.key(places_)
            if key not in seen:
                seen.add(key)
                yield key

    # Explaining

    def _explained(self, places: Sequence[int], problems: Sequence[Problem]) -> list[Problem]:
        """The problems of a cell: those of a value alone as they are, others with every value that they need."""
        varied = [number for number, axis in enumerate(self.axes) if axis.kind != "repeat"]
        points = {number: self.axes[number].points[places[number]] for number in varied}
        alone = [problem for number in varied for problem in self._faulty[number].get(places[number], ())]
        found: list[Problem] = []
        for problem in problems:
            needed = [number for number in varied if self._goes_without(problem, number, points)]
            settings = [setting for number in needed or varied for setting in points[number]]
            own = [each for each in alone if is_about(each, problem)]
            if own and len(needed) < 2:
                found += own
            elif len(needed) < 2:
                found.append(told(problem, settings))
            else:
                found.append(told_of_several(problem, settings))
        return found

    def _goes_without(self, problem: Problem, number: int, points: Mapping[int, Point]) -> bool:
        """Whether a problem goes away where an axis has what the baseline has, or another of its values."""
        here = {setting.path: setting.key for setting in points[number]}
        others: list[Point] = [()]
        for place, point in enumerate(self.axes[number].points):
            # What is refused by itself may hide the problem.
            if place in self._refused[number]:
                continue
            if {setting.path: setting.key for setting in point} != here:
                others.append(point)
            if len(others) > _MOST_TRIED:
                break
        return any(not self._has(problem, {**points, number: other}) for other in others)

    def _has(self, problem: Problem, points: Mapping[int, Point]) -> bool:
        try:
            self.expansion.declared([setting for number in sorted(points) for setting in points[number]], {})
        except InputError as error:
            return any(each.message == problem.message for each in error.problems)
        return False


def _overlap(path: str, other: str) -> bool:
    """Whether one path lies inside of the other."""
    return f"{path}.".startswith(f"{other}.") or f"{other}.".startswith(f"{path}.")


def _is_well_formed(root: Node) -> bool:
    try:
        Experiment.model_validate(plain(root))
    except ValueError:
        return False
    return True
