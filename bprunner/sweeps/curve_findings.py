"""Findings along one number: how soon runs are where the baseline ends, which fate where, the largest stable rate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import numpy as np

from bprunner.sweeps.facts import CONVERGED, DIVERGED, LEARNING_RATE, OSCILLATING, Facts, Group
from bprunner.sweeps.summing import NONE
from bprunner.sweeps.wording import AxisWords, few, listed

MOST_NAMED: Final = 3
"""Numbers that a sentence can name one by one."""
MOST_STRETCHES: Final = 8
"""Stretches of one fate that a sentence can name."""

Curve = Sequence[tuple[float, Group]]
"""Numbers in order, each with its runs."""


def curve_findings(facts: Facts, path: str) -> Iterator[tuple[str, str]]:
    """What a study found that varies one number (and seeds)."""
    words, curve = facts.words[path], curve_of(facts, path)
    if not curve:
        return
    yield from _speed(facts, words, curve)
    yield "range", _range(words, curve)
    if path == LEARNING_RATE:
        yield from _limit(facts, words, curve)


def curve_of(facts: Facts, path: str) -> Curve:
    """The numbers at a path with their runs; runs without a number there are left out."""
    groups = [(key[0], group) for key, group in facts.groups([path]).items() if isinstance(key[0], float)]
    return sorted(groups, key=lambda pair: pair[0])


def _speed(facts: Facts, words: AxisWords, curve: Curve) -> Iterator[tuple[str, str]]:
    own = facts.baseline_reach
    if own == NONE:
        return
    reaches = np.array([group.reach for _, group in curve])
    soonest = float(reaches.min())
    if soonest == np.inf:
        yield "speed", f"No {words.name} gets as low as the baseline{' in most of its runs' if facts.seeds else ''}."
        return
    places = np.flatnonzero(reaches == soonest).tolist()
    at = [words.text(curve[place][0]) for place in places]
    are_neighbours = len(at) > MOST_NAMED and places[-1] - places[0] == len(at) - 1
    where = f"from {at[0]} to {at[-1]}" if are_neighbours else listed(at, MOST_NAMED + 1)
    median = " (median)" if facts.seeds else ""
    takes = f"the baseline takes {own:,}" if soonest != own else "as the baseline does"
    yield (
        "speed",
        f"The baseline's final error is reached soonest with {words.name} {where}: at step "
        f"{few(soonest)}{median}; {takes}.",
    )


# Which fate where


def _range(words: AxisWords, curve: Curve) -> str:
    stretches = [(fate, [value for value, _ in part]) for fate, part in groupby(curve, key=lambda pair: pair[1].fate)]
    if len(stretches) == 1:
        fate, values = stretches[0]
        return f"{words.headed} {words.span(values)}: {_fate(fate)}."
    if len(stretches) > MOST_STRETCHES:
        return f"By {words.name}: {'; '.join(_scattered(words, curve))}."
    (first, firsts), *middle, (last, lasts) = stretches
    told = [
        f"{_fate(first)} up to {words.text(firsts[-1])}",
        *(f"{_fate(fate)} {words.span(values)}" for fate, values in middle),
        f"{_fate(last)} from {words.text(lasts[0])} on",
    ]
    return f"By {words.name}: {', '.join(told)}."


def _fate(fate: str) -> str:
    return "one or another, by seed," if fate == "mixed" else fate


def _scattered(words: AxisWords, curve: Curve) -> Iterator[str]:
    """Fates that come and go: how many values have each, and between which."""
    for fate in dict.fromkeys(group.fate for _, group in curve):
        values = [value for value, group in curve if group.fate == fate]
        yield f"{_fate(fate)} at {len(values):,} of {len(curve):,}, {words.span(values)}"


# The largest stable rate


def _limit(facts: Facts, words: AxisWords, curve: Curve) -> Iterator[tuple[str, str]]:
    """The limit at the initial weights beside what became of the runs, where all runs have the same."""
    rates = set(facts.table["stable_rate"].tolist())
    if len(rates) != 1 or np.isnan(limit := float(rates.pop())):
        return
    if limit == np.inf:
        yield "stability", "At the initial weights the error bends upward nowhere: there is no largest stable rate."
        return
    head = f"At the initial weights the largest stable learning rate, 2/λmax, is {few(limit)}."
    yield "stability", " ".join([head, *_beside_limit(words, limit, curve)])


def _beside_limit(words: AxisWords, limit: float, curve: Curve) -> Iterator[str]:
    below = [(value, group) for value, group in curve if value <= limit]
    above = [(value, group) for value, group in curve if value > limit]
    rough = [value for value, group in below if group.of(OSCILLATING) or group.of(DIVERGED)]
    if rough:
        yield (
            f"But already at {words.text(rough[0])} ({few(rough[0] / limit)} times it) the error does not settle: "
            "the runs go where it bends more sharply than where they begin."
        )
    elif below:
        yield f"Up to it nothing oscillates or diverges; the largest such rate tried is {words.text(below[-1][0])}."
    smooth = [(value, group) for value, group in above if group.of(DIVERGED) < group.runs]
    if smooth:
        converging = [value for value, group in smooth if group.of(CONVERGED)]
        last = converging[-1] if converging else smooth[-1][0]
        yield (
            f"Beyond it, {words.text(last)} ({few(last / limit)} times it) still "
            f"{'converges' if converging else 'does not diverge'}: the limit holds near the initial weights, and a "
            "large step leaves them."
        )
    elif above:
        yield f"Beyond it every run diverges; the smallest such rate tried is {words.text(above[0][0])}."
    else:
        yield f"No {words.name} tried is beyond it."
