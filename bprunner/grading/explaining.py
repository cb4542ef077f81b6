"""Explaining: which of the usual mistakes give a wrong figure, with the run's numbers or with the student's own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from bprunner.checking.verdicts import agreement
from bprunner.grading.digits import Ways, agrees, at_digits, covers, may_cover, telling, unit
from bprunner.grading.grades import Base, Mistake
from bprunner.grading.mistakes import changed_from, changes, other_quantities, siblings
from bprunner.grading.quantities import Formula, Formulas, Node
from bprunner.grading.recomputing import Range, Recomputing
from bprunner.spec.arithmetic import Way
from bprunner.spec.printed import Printed

WIDEST = 0.02
"""A mistake made with the student's own figures allows for their rounding as long as that is so little."""
_SOME_DIGITS, _MANY_DIGITS = 2, 3
"""How many digits a figure needs before a mistake is named. A sign shows in one; of what stands elsewhere in the
network much looks alike in two."""


@dataclass(frozen=True)
class Wrong:
    """A figure that is neither right nor what the student's earlier figures give. `value` is the run's number, `own`
    what those figures give."""

    printed: Printed
    ways: Ways
    value: float
    node: Node | None
    formula: Formula | None
    own: Range | None

    def is_said_by(self, value: float) -> bool:
        return agrees(self.printed, value, self.ways)


class Explainer:
    """Explains the wrong figures of one student."""

    def __init__(
        self,
        formulas: Formulas,
        own: Recomputing,
        ranges: Mapping[Node, tuple[float, float]],
        written: Mapping[Node, Printed],
        right: Mapping[Node, float],
    ) -> None:
        self._formulas, self._own, self._ranges = formulas, own, ranges
        self._written, self._right = written, right

    def _bases(self) -> Iterator[tuple[Base, Recomputing]]:
        """The run's numbers: a mistake is not looked for before what the student has right. And the student's own."""
        yield "run", Recomputing(self._formulas, self._right)
        yield "own", self._own

    def mistakes(self, wrong: Wrong) -> list[Mistake]:
        """Every mistake that explains it, each once, in the order in which they are told."""
        found: dict[tuple[str, tuple[str, ...]], Mistake] = {}
        for mistake in self._possible(wrong):
            found.setdefault((mistake.kind, tuple(mistake.about.values())), mistake)
        kinds = {kind for kind, _ in found}
        return [mistake for mistake in found.values() if not _is_said_more_exactly(mistake.kind, kinds, wrong)]

    def _possible(self, wrong: Wrong) -> Iterator[Mistake]:
        digits = telling(wrong.printed)
        if not digits:
            return
        for base, value in _values(wrong):
            if wrong.is_said_by(-value):
                yield Mistake("wrong_sign", {}, -value, base)
        yield from self._on_the_way(wrong, only_signs=digits < _SOME_DIGITS)
        if digits >= _SOME_DIGITS:
            yield from self._elsewhere(wrong)
        yield from self._of_layer(wrong, digits)
        if digits >= _SOME_DIGITS:
            yield from self._not_rounded(wrong)
            yield from _of_digits(wrong)

    def _on_the_way(self, wrong: Wrong, only_signs: bool) -> Iterator[Mistake]:
        """Mistakes in a formula, this one or one before it."""
        node = wrong.node
        if node is None or wrong.formula is None:
            return
        possible = [
            each for each in changes(self._formulas, node) if not only_signs or each.kind == "target_minus_prediction"
        ]
        for each, (base, own) in product(possible, list(self._bases())):
            changed = own.changed(each.change, changed_from(node))
            formula = changed.formula(node)
            if formula is None or not (changed.is_changed(node) or changed.follows(formula)):
                continue
            value = changed.value(formula)
            if not may_cover(value, wrong.printed, WIDEST) or math.isclose(value, wrong.value, rel_tol=1e-9):
                continue
            if covers(changed.ranged(formula, self._ranges), wrong.printed, wrong.ways, WIDEST):
                yield Mistake(each.kind, each.about, value, base)

    def _elsewhere(self, wrong: Wrong) -> Iterator[Mistake]:
        """Numbers that stand beside the right one, or stood there a step before."""
        node = wrong.node
        if node is None:
            return
        for other in other_quantities(node):
            about = {"quantity": other.quantity, "name": other.name}
            yield from self._standing_at(other, wrong, Mistake("other_quantity", about))
        if node.step > 0:
            about = {"name": node.name, "step": str(node.step - 1)}
            yield from self._standing_at(node._replace(step=node.step - 1), wrong, Mistake("earlier_step", about))

    def _standing_at(self, node: Node, wrong: Wrong, mistake: Mistake) -> Iterator[Mistake]:
        given = self._own.given
        there: list[tuple[Base, float]] = [("run", self._formulas.of_run(node))]
        there += [("own", given[node])] if node in given else []
        yield from (replace(mistake, value=value, base=base) for base, value in there if wrong.is_said_by(value))

    def _of_layer(self, wrong: Wrong, digits: int) -> Iterator[Mistake]:
        """Figures of another neuron, weight or bias of the layer; swapped where that one has this figure."""
        node = wrong.node
        for other in () if node is None else siblings(self._formulas, node):
            value, there = self._formulas.of_run(other), self._written.get(other)
            if not wrong.is_said_by(value):
                continue
            if there is not None and agrees(there, wrong.value, wrong.ways):
                # The two are seen together, and so are their digits.
                if digits + telling(there) >= _MANY_DIGITS:
                    yield Mistake("swapped", {"name": other.name}, value)
            elif digits >= _MANY_DIGITS:
                yield Mistake("figure_of_another", {"name": other.name}, value)

    def _not_rounded(self, wrong: Wrong) -> Iterator[Mistake]:
        """The number before it is rounded as the author rounds it."""
        if wrong.node is None or wrong.formula is None:
            return
        declared = self._formulas.experiment.arithmetic.of(wrong.node.quantity, wrong.node.part)
        if declared is None or not declared.carried:
            return
        for base, own in self._bases():
            value = own.value(replace(wrong.formula, compute=wrong.formula.exact))
            if wrong.is_said_by(value):
                yield Mistake("not_rounded", {"decimals": str(declared.decimals)}, value, base)


def _is_said_more_exactly(kind: str, kinds: set[str], wrong: Wrong) -> bool:
    """What need not be told: that a sign is wrong, beside why that of δ is; and that a rounded digit is off by one."""
    if kind == "wrong_sign":
        return "target_minus_prediction" in kinds and wrong.node is not None and wrong.node.quantity == "delta"
    return kind == "last_digit" and not kinds.isdisjoint({"rounded_truncated", "rounded_half_up"})


def _of_digits(wrong: Wrong) -> Iterator[Mistake]:
    """What happened to the last digit: rounded in another way, or off by one."""
    others: tuple[Way, ...] = ("truncated", "half_up")
    other = next((way for way in others if way not in wrong.ways), None)
    for base, value in _values(wrong):
        rounded = [at_digits(wrong.printed, value, way) for way in wrong.ways]
        if other is not None and agreement(wrong.printed, value, other):
            yield Mistake(f"rounded_{other}", {}, value, base)
        elif unit(wrong.printed) in [abs(each - wrong.printed.number) for each in rounded]:
            yield Mistake("last_digit", {}, value, base)


def _values(wrong: Wrong) -> Iterator[tuple[Base, float]]:
    yield "run", wrong.value
    if wrong.own is not None:
        yield "own", wrong.own.value
