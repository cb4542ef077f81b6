"""Findings by group: initial weights, optimizers, whatever has a name; and of seeds alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from bprunner.sweeps.facts import CONVERGED, DIVERGED, Facts, Group
from bprunner.sweeps.fates import FATES
from bprunner.sweeps.summing import NONE
from bprunner.sweeps.wording import AxisWords, few, listed, share

MOST_LISTED: Final = 12
"""Groups that one sentence can name."""

Groups = Mapping[Any, Group]


def group_findings(facts: Facts, path: str) -> Iterator[tuple[str, str]]:
    """What a study found that varies something with names (and seeds)."""
    words = facts.words[path]
    groups = {words.text(key[0]): group for key, group in facts.groups([path]).items()}
    yield from _best_and_worst(facts, words, groups)
    yield from _never_learning(facts, words, groups)
    yield from _convergence(groups)
    yield from _by_seed(groups)
    yield from _speed(facts, groups)


def seed_findings(facts: Facts) -> Iterator[tuple[str, str]]:
    """What a study found that varies nothing but seeds."""
    every = Group(facts, np.arange(facts.count))
    if every.runs == 1:
        return
    median = f"the final error has the median {spread_text(facts, every)}"
    what = "most runs diverged" if every.median == np.inf else median
    yield "groups", f"Over {every.runs:,} seeds {what}; {share(every.of(CONVERGED), every.runs)} converged."


def spread_text(facts: Facts, group: Group) -> str:
    """The median error; where there are several runs, with the quartiles."""
    median = facts.error_text(group.median)
    low, high = (facts.error_text(group.quantile(part)) for part in (0.25, 0.75))
    return median if low == high == median else f"{median} (quartiles {low} and {high})"


def _best_and_worst(facts: Facts, words: AxisWords, groups: Groups) -> Iterator[tuple[str, str]]:
    if len(groups) < 2:
        return
    of = "median final error" if facts.seeds else "final error"
    medians = {name: group.median for name, group in groups.items()}
    least, most = min(medians.values()), max(medians.values())
    best, worst = ([name for name, median in medians.items() if median == end] for end in (least, most))
    if least == most:
        yield "groups", f"All {len(groups):,} {words.several('label')} have the same {of}, {facts.error_text(least)}."
        return
    are = "is" if len(best) == 1 else "are"
    yield (
        "groups",
        f"By {of}, {listed(best)} {are} best with {_shown(facts, [groups[name] for name in best])}, and "
        f"{listed(worst)} worst with {_shown(facts, [groups[name] for name in worst])}.",
    )


def _shown(facts: Facts, sharing: list[Group]) -> str:
    """The error of groups that share it."""
    group = sharing[0]
    if group.median < np.inf:
        return spread_text(facts, group) if len(sharing) == 1 else facts.error_text(group.median)
    if len(sharing) > 1:
        return "most runs diverged"
    return f"{share(group.of(DIVERGED), group.runs)} diverged"


def _never_learning(facts: Facts, words: AxisWords, groups: Groups) -> Iterator[tuple[str, str]]:
    for name, group in groups.items():
        if group.never_moves:
            error = few(float(facts.summary.first[group.places[0]]))
            yield "groups", f"{words.headed} {name} never learns: the error stays {error}."


def _convergence(groups: Groups) -> Iterator[tuple[str, str]]:
    always = [name for name, group in groups.items() if group.of(CONVERGED) == group.runs]
    never = [name for name, group in groups.items() if not group.of(CONVERGED)]
    if len(always) == len(groups) or len(never) == len(groups):
        yield "groups", "All of them converge, in every run." if always else "None of them converges, in any run."
        return
    told = [
        f"{which} with {listed(names, MOST_LISTED)}"
        for which, names in (("every run converges", always), ("no run converges", never))
        if names
    ]
    if told:
        text = "; ".join(told)
        yield "groups", f"{text[0].upper()}{text[1:]}."


def _by_seed(groups: Groups) -> Iterator[tuple[str, str]]:
    """Groups whose runs have several fates."""
    told = []
    for name, group in groups.items():
        if group.fate == "mixed":
            first, *rest = [(group.of(fate), fate) for fate in FATES if group.of(fate)]
            others = "".join(f", {number:,} {fate}" for number, fate in rest)
            told.append(f"{name} ({first[0]:,} of {group.runs:,} {first[1]}{others})")
    if told:
        yield "groups", f"The seed decides with {listed(told, MOST_LISTED)}."


def _speed(facts: Facts, groups: Groups) -> Iterator[tuple[str, str]]:
    own = facts.baseline_reach
    if own == NONE:
        return
    reaches = {name: group.reach for name, group in groups.items()}
    most = " in most of their runs" if facts.seeds else ""
    if min(reaches.values()) == np.inf:
        yield "speed", f"None of them gets as low as the baseline{most}."
        return
    order = sorted((name for name in reaches if reaches[name] < np.inf), key=reaches.__getitem__)
    told = [f"{few(reaches[name])} with {name}" for name in order]
    missing = [name for name in groups if name not in order]
    runs = "Most runs do" if facts.seeds else "It does"
    rest = f" {runs} not get there with {listed(missing)}." if missing else ""
    of = " of the median run" if facts.seeds else ""
    yield (
        "speed",
        f"Steps{of} to the baseline's final error: {listed(told, MOST_LISTED)}; the baseline takes {own:,}.{rest}",
    )
