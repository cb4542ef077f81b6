"""Recomputing: what a number would be, had the run gone on from a student's own figures instead of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bprunner.grading.quantities import Change, Formula, Formulas, Node

LONGEST_WAY = 20
"""So many updates back, a figure is asked for what follows from it."""
_CHANGED = 1


@dataclass(frozen=True)
class Range:
    """A number, and where it may lie when each figure that it is made of may lie in a range of its own."""

    value: float
    low: float
    high: float


class Recomputing:
    """Numbers that follow from figures that are `given`, in place of the run's. With `change` some are made otherwise,
    as a mistake makes them, at the steps from `changed_from` on.

    Of each number it is known which of the given figures come in, as the bits of a whole number; those of another
    Recomputing are taken over where nothing that differs comes in.
    """

    def __init__(
        self,
        formulas: Formulas,
        given: Mapping[Node, float],
        change: Change | None = None,
        changed_from: int = 0,
    ) -> None:
        self._formulas, self.given = formulas, given
        self._change, self._changed_from = change, changed_from
        self._bits = {node: 2 << number for number, node in enumerate(given)}
        self._steps = {node.step for node in given}
        self._formula: dict[Node, Formula | None] = {}
        self._comes_in: dict[Node, int] = {}
        self._numbers: dict[Node, float] = {}
        self._unlike: tuple[Recomputing, int] | None = None

    def formula(self, node: Node) -> Formula | None:
        if node not in self._formula:
            change = self._change if node.origin >= self._changed_from else None
            self._formula[node] = self._formulas.formula(node, change)
        return self._formula[node]

    def is_changed(self, node: Node) -> bool:
        """Whether a number is made otherwise than it should be."""
        return self._change is not None and self.formula(node) is not self._formulas.formula(node)

    def with_one(self, node: Node, value: float) -> Recomputing:
        """The same with another number in place of a figure that is given."""
        other = Recomputing(self._formulas, self.given, self._change, self._changed_from)
        other.given = {**self.given, node: value}
        other._formula = self._formula
        other._unlike = self, self._bits[node]
        return other

    def changed(self, change: Change, changed_from: int) -> Recomputing:
        """The same with a mistake on the way."""
        other = Recomputing(self._formulas, self.given, change, changed_from)
        other._unlike = self, 0
        return other

    # A formula

    def value(self, formula: Formula) -> float:
        """What a formula gives."""
        self._find_all(formula.needs)
        return formula.compute({node: self._number(node) for node in formula.needs})

    def follows(self, formula: Formula) -> bool:
        """Whether anything that is given, or made otherwise, comes in."""
        self._find_all(formula.needs)
        return any(self._comes_in[node] for node in formula.needs)

    def sources(self, formula: Formula) -> tuple[Node, ...]:
        """The given figures that come in, those nearest to the formula, in the order of the file."""
        self._find_all(formula.needs)
        bits = 0
        for node in formula.needs:
            bits |= self._comes_in[node]
        return tuple(node for node, bit in self._bits.items() if bit & bits)

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

    # What it is made of

    def _number(self, node: Node) -> float:
        if node in self.given:
            return self.given[node]
        return self._numbers[node] if self._comes_in[node] else self._formulas.of_run(node)

    def _find_all(self, nodes: tuple[Node, ...]) -> None:
        """What comes into each of these, and into what they are made of; and their numbers.

        Without recursion: a way may be as long as a training.
        """
        stack = [node for node in nodes if node not in self._comes_in]
        while stack:
            node = stack[-1]
            if node in self._comes_in:
                stack.pop()
                continue
            waiting = [each for each in self._asked(node) if each not in self._comes_in]
            if waiting:
                stack += waiting
                continue
            stack.pop()
            self._find(node)

    def _asked(self, node: Node) -> tuple[Node, ...]:
        """What must be known before a number can be."""
        if node in self.given or self._is_alike(node) or not self._may_follow(node):
            return ()
        formula = self.formula(node)
        return () if formula is None else formula.needs

    def _may_follow(self, node: Node) -> bool:
        """Whether something is given, or made otherwise, not too long before."""
        if self._change is not None and node.origin >= self._changed_from:
            return True
        return any(node.step - LONGEST_WAY <= step <= node.step for step in self._steps)

    def _is_alike(self, node: Node) -> bool:
        """Whether a number is known, since nothing comes in that is another than where it is known from."""
        if self._unlike is None or not self._unlike[1]:
            return False
        other, bit = self._unlike
        return node in other._comes_in and not other._comes_in[node] & bit

    def _find(self, node: Node) -> None:
        if node in self.given:
            self._comes_in[node] = self._bits[node]
            return
        if self._is_alike(node):
            self._take_over(node)
            return
        formula = self.formula(node) if self._may_follow(node) else None
        bits = 0
        for each in formula.needs if formula is not None else ():
            bits |= self._comes_in[each]
        bits |= _CHANGED if formula is not None and self.is_changed(node) else 0
        self._comes_in[node] = bits
        if formula is None or not bits:
            return
        if self._change is not None and not bits & _CHANGED and self._unlike is not None:
            other = self._unlike[0]
            other._find_all((node,))
            self._take_over(node)
            return
        self._numbers[node] = formula.compute({each: self._number(each) for each in formula.needs})

    def _take_over(self, node: Node) -> None:
        assert self._unlike is not None  # there is something to take from
        other = self._unlike[0]
        self._comes_in[node] = other._comes_in[node]
        if node in other._numbers:
            self._numbers[node] = other._numbers[node]
