"""Findings of what varies together: the best combination, and how the best of one depends on another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np

from bprunner.sweeps.facts import CONVERGED, DIVERGED, OSCILLATING, STALLED, Facts, Group
from bprunner.sweeps.group_findings import MOST_LISTED, Groups, spread_text
from bprunner.sweeps.summing import NONE
from bprunner.sweeps.wording import few, listed, number_of, share

_WRONG: Final = (STALLED, OSCILLATING, DIVERGED)


def pair_findings(facts: Facts) -> Iterator[tuple[str, str]]:
    """What a study found that varies two things (and seeds)."""
    outer, inner = outer_and_inner(facts)
    groups = facts.groups([outer, inner])
    yield "best", _best_combination(facts, [outer, inner], groups)
    if not facts.is_grid:
        return
    pair = _Pair(facts, outer, inner, groups)
    yield from pair.dependence()
    yield from pair.common()
    yield from pair.reliability()
    yield from pair.speed()


def combination_findings(facts: Facts) -> Iterator[tuple[str, str]]:
    """What a study found that varies more than two things (and seeds)."""
    paths = [axis.path for axis in facts.axes]
    yield "best", _best_combination(facts, paths, facts.groups(paths))
    yield from _each_by_itself(facts, paths)


def outer_and_inner(facts: Facts) -> tuple[str, str]:
    """Of two things that vary, the one that is looked along comes second: a number, of two the one with more values."""
    first, second = facts.axes
    longer = len(facts.distinct(first.path)) > len(facts.distinct(second.path))
    if first.kind == "number" and (second.kind != "number" or longer):
        return second.path, first.path
    return first.path, second.path


def _order(group: Group) -> tuple[float, float]:
    """What is better comes first: by median error, then by steps to the baseline's."""
    return group.median, group.reach


def _best_combination(facts: Facts, paths: Sequence[str], groups: Groups) -> str:
    key = min(groups, key=lambda each: _order(groups[each]))
    group = groups[key]
    if group.median == np.inf:
        return "With every combination most runs diverged." if facts.seeds else "Every combination diverged."
    who = ", ".join(facts.words[path].named(value) for path, value in zip(paths, key, strict=True))
    tied = sum(_order(each) == _order(group) for each in groups.values()) - 1
    ties = f"; {tied:,} more do as well" if tied else ""
    error = f"{'median ' if group.runs > 1 else ''}error {facts.error_text(group.median)}"
    seeds = f" over {group.runs:,} seeds" if group.runs > 1 else ""
    soon = f", at the baseline's final one by step {few(group.reach)}" if np.isfinite(group.reach) else ""
    return f"The best combination is {who}: {error}{seeds}{soon}{ties}."


class _Pair:
    """Two things that vary, the values of one with those of the other; some cells may have been left out."""

    def __init__(self, facts: Facts, outer: str, inner: str, groups: Groups) -> None:
        self._facts, self._groups = facts, groups
        self._firsts, self._seconds = facts.distinct(outer), facts.distinct(inner)
        self._one, self._other = facts.words[outer], facts.words[inner]
        kinds = {axis.path: axis.kind for axis in facts.axes}
        self._is_label, self._several = kinds[outer] != "number", self._one.several(kinds[outer])

    def _row(self, first: object) -> dict[object, Group]:
        groups = {second: self._groups.get((first, second)) for second in self._seconds}
        return {second: group for second, group in groups.items() if group is not None}

    def _shown(self, firsts: Sequence[Any]) -> list[Any]:
        """Those that a sentence can name: of many numbers a few, with the ends."""
        if self._is_label or len(firsts) <= MOST_LISTED:
            return list(firsts)
        places = np.unique(np.linspace(0, len(firsts) - 1, 5).round().astype(int))
        return [firsts[place] for place in places]

    @cached_property
    def _best(self) -> dict[Any, object]:
        """The best of one for each of the other that has one."""
        best = {first: _best_value(self._row(first)) for first in self._firsts}
        return {first: value for first, value in best.items() if value is not None}

    def _with(self, first: object) -> str:
        return f"with {self._one.text(first)}" if self._is_label else f"at {self._one.named(first)}"

    def _is_at_end(self, first: object, second: object) -> bool:
        """Whether a best number is the smallest or largest that was tried: beyond it there may be a better one."""
        tried = list(self._row(first))
        return number_of(second) is not None and second in (tried[0], tried[-1])

    def dependence(self) -> Iterator[tuple[str, str]]:
        """The best of one for each of the other."""
        known = self._best
        if not known:
            return
        none = [self._one.text(first) for first in self._firsts if first not in known]
        without = f"; with {listed(none, MOST_LISTED)} there is no best" if none else ""
        distinct = list(dict.fromkeys(known.values()))
        if len(distinct) == 1:
            best_one = self._other.text(distinct[0])
            text = f"The best {self._other.name} is {best_one} whatever {self._one.definite}"
        else:
            told = [f"{self._other.text(known[first])} {self._with(first)}" for first in self._shown(list(known))]
            at_end = [self._one.text(first) for first in known if self._is_at_end(first, known[first])]
            without += f"; with {listed(at_end, MOST_LISTED)} that is an end of what was tried" if at_end else ""
            text = f"The best {self._other.name} depends on {self._one.definite}: {listed(told, MOST_LISTED)}"
        yield "interaction", f"{text}{without}."

    def common(self) -> Iterator[tuple[str, str]]:
        """Which value serves most of the other's: with how many of them its median run converges."""
        serves = {
            second: [first for first in self._firsts if _mostly_converges(self._groups.get((first, second)))]
            for second in self._seconds
        }
        most = max(map(len, serves.values()))
        runs = "most runs converge" if self._facts.seeds else "the run converges"
        if most < 2:
            if not most:
                yield "interaction", f"With no combination {runs}."
            return
        at = [second for second in self._seconds if len(serves[second]) == most]
        tried = [first for first in self._firsts if (first, at[0]) in self._groups]
        failing = [self._one.text(first) for first in tried if first not in serves[at[0]]]
        without = f" (not with {listed(failing)})" if failing and len(at) == 1 else ""
        where = self._where(at)
        at_most = ", and at no other with more" if failing else ""
        yield (
            "interaction",
            f"{self._other.headed} {where}: {runs} with {share(most, len(self._firsts))} {self._several}"
            f"{without}{at_most}.",
        )

    def _where(self, chosen: list[Any]) -> str:
        start = self._seconds.index(chosen[0])
        are_neighbours = self._seconds[start : start + len(chosen)] == chosen
        if isinstance(chosen[0], float) and are_neighbours:
            return self._other.span(chosen)
        return listed([self._other.text(each) for each in chosen])

    def reliability(self) -> Iterator[tuple[str, str]]:
        """How many seeds go wrong even at the best."""
        if not self._facts.seeds or not self._is_label or not self._best:
            return
        groups = {first: self._groups[first, second] for first, second in self._best.items()}
        failing = {first: sum(group.of(fate) for fate in _WRONG) for first, group in groups.items()}
        told = [
            f"{share(number, groups[first].runs)} with {self._one.text(first)}"
            for first, number in failing.items()
            if number
        ]
        where = f"at the best {self._other.name} of each"
        if told:
            yield "groups", f"Even {where}, runs stalled, oscillate or diverged: {listed(told, MOST_LISTED)}."
        else:
            yield "groups", f"{where[0].upper()}{where[1:]}, no run stalled, oscillates or diverged."

    def speed(self) -> Iterator[tuple[str, str]]:
        """How soon each is where the baseline ends, with whatever of the other is quickest."""
        own = self._facts.baseline_reach
        if own == NONE or not self._is_label:
            return
        soonest = {}
        for first in self._firsts:
            row = self._row(first)
            second = min(row, key=lambda each: row[each].reach)
            if row[second].reach < np.inf:
                soonest[first] = (row[second].reach, second)
        if not soonest:
            yield "speed", "No combination gets as low as the baseline."
            return
        order = sorted(soonest, key=lambda first: soonest[first][0])
        shown = [
            f"{few(soonest[first][0])} with {self._one.text(first)} at {self._other.text(soonest[first][1])}"
            for first in order
        ]
        of = " of the median run" if self._facts.seeds else ""
        missing = [self._one.text(first) for first in self._firsts if first not in soonest]
        rest = f" No {self._other.name} gets there with {listed(missing)}." if missing else ""
        yield (
            "speed",
            f"Steps{of} to the baseline's final error, at the quickest {self._other.name}: "
            f"{listed(shown, MOST_LISTED)}; the baseline takes {own:,}.{rest}",
        )


def _best_value(row: Mapping[Any, Group]) -> object:
    """The value with the smallest median error, of several the soonest where the baseline ends; None where most runs
    diverge whatever it is, and where nothing learns."""
    best = min(row, key=lambda value: _order(row[value]))
    if row[best].median == np.inf or all(group.never_moves for group in row.values()):
        return None
    return best


def _mostly_converges(group: Group | None) -> bool:
    return group is not None and 2 * group.of(CONVERGED) > group.runs


def _each_by_itself(facts: Facts, paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """For each thing that varies its best value over all else; and on which of them it depends most who converges."""
    depends: list[tuple[float, str]] = []
    for path in paths:
        words, groups = facts.words[path], {key[0]: group for key, group in facts.groups([path]).items()}
        if not 1 < len(groups) <= facts.count // 2:
            continue  # drawn: each value has one run
        best = min(groups, key=lambda value: _order(groups[value]))
        if groups[best].median < np.inf:
            yield (
                "groups",
                f"Over all else, {words.named(best)} is best, with median error {spread_text(facts, groups[best])}.",
            )
        shares = {value: group.of(CONVERGED) / group.runs for value, group in groups.items()}
        ends = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
        told = [f"{share(groups[end].of(CONVERGED), groups[end].runs)} with {words.text(end)}" for end in ends]
        depends.append((shares[ends[1]] - shares[ends[0]], f"{words.name}: {told[0]}, {told[1]}"))
    if depends and max(depends)[0] > 0.0:
        yield "interaction", f"Whether a run converges depends most on {max(depends, key=lambda each: each[0])[1]}."
