"""Recomputing: what a number would be, had the run gone on from a student's own figures instead of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bprunner.grading.quantities import Change, Formula, Formulas, Node

LONGEST_WAY = 20
"""So many updates back, a figure is asked for what follows from it."""


@dataclass(frozen=True)
class Range:
    """A number, and where it may lie when each figure that it is made of may lie in a range of its own."""

    value: float
    low: float
    high: float


class Recomputing:
    """Numbers that follow from figures that are `given`, in place of the run's. With `change` some are made otherwise,
    as a mistake makes them, at the steps from `changed_from` on."""

    def __init__(
        self,
        formulas: Formulas,
        given: Mapping[Node, float],
        change: Change | None = None,
        changed_from: int = 0,
    ) -> None:
        self._formulas, self.given = formulas, given
        self._change, self._changed_from = change, changed_from
        self._steps = {node.step for node in given}
        self._formula: dict[Node, Formula | None] = {}
        self._follows: dict[Node, bool] = {}
        self._numbers: dict[Node, float] = {}

    def formula(self, node: Node) -> Formula | None:
        if node not in self._formula:
            change = self._change if node.origin >= self._changed_from else None
            self._formula[node] = self._formulas.formula(node, change)
        return self._formula[node]

    def is_changed(self, node: Node) -> bool:
        """Whether a number is made otherwise than it should be."""
        return self.formula(node) is not self._formulas.formula(node)

    def with_one(self, node: Node, value: float) -> Recomputing:
        """The same with another number in place of a figure."""
        other = Recomputing(self._formulas, {**self.given, node: value}, self._change, self._changed_from)
        other._formula = self._formula
        return other

    def changed(self, change: Change, changed_from: int) -> Recomputing:
        """The same with a mistake on the way."""
        return Recomputing(self._formulas, self.given, change, changed_from)

    def value(self, formula: Formula) -> float:
        """What a formula gives."""
        self._find_all(formula.needs)
        return formula.compute({node: self._number(node) for node in formula.needs})

    def sources(self, formula: Formula) -> tuple[Node, ...]:
        """The given figures that come in, those nearest to the formula, in the order in which they do."""
        self._find_all(formula.needs)
        found: dict[Node, None] = {}
        stack, seen = list(reversed(formula.needs)), set[Node]()
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if node in self.given:
                found[node] = None
            elif self._follows[node]:
                stack += reversed(self._needs(node))
        return tuple(found)

    def follows(self, formula: Formula) -> bool:
        """Whether anything that is given, or made otherwise, comes in."""
        self._find_all(formula.needs)
        return any(self._follows[node] for node in formula.needs)

    def ranged(self, formula: Formula, ranges: Mapping[Node, tuple[float, float]]) -> Range:
        """What a formula gives, and the range of it while each figure that comes in is anywhere in its own range: the
        sum of what the ends of each do alone."""
        value = self.value(formula)
        low = high = value
        for node in self.sources(formula):
            ends = [end for end in ranges.get(node, ()) if end != self.given[node]]
            moved = [self.with_one(node, end).value(formula) - value for end in ends]
            off = [each for each in moved if math.isfinite(each)]
            low, high = low + min(0.0, *off, 0.0), high + max(0.0, *off, 0.0)
        return Range(value, low, high)

    def _number(self, node: Node) -> float:
        if node in self.given:
            return self.given[node]
        return self._numbers[node] if self._follows[node] else self._formulas.of_run(node)

    def _needs(self, node: Node) -> tuple[Node, ...]:
        formula = self.formula(node)
        return () if formula is None else formula.needs

    def _find_all(self, nodes: tuple[Node, ...]) -> None:
        """Whether each of these, and of what they are made of, follows from what is given; and its number if so.

        Without recursion: a way may be as long as a training.
        """
        stack = [node for node in nodes if node not in self._follows]
        while stack:
            node = stack[-1]
            if node in self._follows:
                stack.pop()
                continue
            waiting = [each for each in self._asked(node) if each not in self._follows]
            if waiting:
                stack += waiting
                continue
            stack.pop()
            self._find(node)

    def _asked(self, node: Node) -> tuple[Node, ...]:
        """What must be known before it is known whether a number follows from what is given."""
        return () if node in self.given or not self._may_follow(node) else self._needs(node)

    def _may_follow(self, node: Node) -> bool:
        """Whether something is given, or made otherwise, not too long before."""
        if self._change is not None and node.origin >= self._changed_from:
            return True
        return any(node.step - LONGEST_WAY <= step <= node.step for step in self._steps)

    def _find(self, node: Node) -> None:
        if node in self.given:
            self._follows[node] = True
            return
        formula = self.formula(node) if self._may_follow(node) else None
        self._follows[node] = formula is not None and (
            self.is_changed(node) or any(self._follows[each] for each in formula.needs)
        )
        if formula is not None and self._follows[node]:
            self._numbers[node] = formula.compute({each: self._number(each) for each in formula.needs})
