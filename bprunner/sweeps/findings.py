"""Findings: what a study came to, in plain sentences with their numbers.

What varies decides which sentences there are. Every number is one of the study's table or summary, or a count, a
median or a quartile of them. The same study has the same sentences on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from bprunner.nn.arrays import Indices
from bprunner.spec.naming import counted
from bprunner.sweeps.comparing import quantile
from bprunner.sweeps.curve_findings import curve_findings
from bprunner.sweeps.facts import DIVERGED, Facts
from bprunner.sweeps.fates import FATES
from bprunner.sweeps.group_findings import group_findings, seed_findings
from bprunner.sweeps.pair_findings import combination_findings, pair_findings
from bprunner.sweeps.study import Study
from bprunner.sweeps.summing import NONE
from bprunner.sweeps.wording import few, listed, run_words, share

MOST_NAMED: Final = 3
"""Runs that share a place are named where they are so few."""
ENOUGH: Final = 20
"""A tenth of fewer runs says nothing."""
_VERBS: Final = {
    "converged": ("converged", "converged"),
    "still falling": ("is still falling", "are still falling"),
    "stalled": ("stalled", "stalled"),
    "oscillating": ("oscillates", "oscillate"),
    "diverged": ("diverged", "diverged"),
}


class Finding(NamedTuple):
    """A sentence or some, and what they are about: unfinished, baseline, fates, best, speed, range, stability, groups,
    interaction, search, departure."""

    topic: str
    text: str

    def __str__(self) -> str:
        return self.text


def findings(study: Study) -> list[Finding]:
    """What the study came to, in an order to be read in; what is missing, if anything is, comes first.

    Raises StorageError where a file of the study cannot be read.
    """
    return [Finding(topic, text) for topic, text in _findings(study)]


def _findings(study: Study) -> Iterator[tuple[str, str]]:
    yield from _missing(study)
    if not len(study):
        return
    facts = Facts(study)
    if facts.has_baseline:
        yield "baseline", _baseline(facts)
    if not facts.count:
        return
    yield "fates", _fates(facts)
    yield "best", _best(facts)
    yield from _search(facts)
    yield from _best_tenth(facts)
    particular = list(_by_what_varies(facts))
    yield from particular
    if not any(topic == "stability" for topic, _ in particular):
        yield from _beyond_the_limit(facts)
    yield from _departure(facts)


def _by_what_varies(facts: Facts) -> Iterator[tuple[str, str]]:
    match [axis.kind for axis in facts.axes]:
        case []:
            return seed_findings(facts)
        case ["number"]:
            return curve_findings(facts, facts.axes[0].path)
        case [_]:
            return group_findings(facts, facts.axes[0].path)
        case [_, _]:
            return pair_findings(facts)
        case _:
            return combination_findings(facts)


# What is missing


def _missing(study: Study) -> Iterator[tuple[str, str]]:
    if study.is_complete:
        return
    failures, done = study.failures, {cell.number for cell in study.cells()}
    missing = [cell for cell in study.declared_cells() if cell.number not in done]
    failed = [cell for cell in missing if cell.hash in failures]
    if failed:
        first = failed[0]
        reason = " ".join(failures[first.hash].split())
        yield "unfinished", f"{counted(len(failed), 'run')} failed, number {first.number:,} first: {reason}"
    if len(missing) > len(failed):
        left = counted(len(missing) - len(failed), "run")
        yield "unfinished", f"The study is not finished: {left} of {len(missing) + len(study):,} to go."
    if 0 not in done:
        yield "unfinished", "The baseline is not done, so nothing is compared with it."


# Always


def _baseline(facts: Facts) -> str:
    row, summary = facts.baseline, facts.study.summary
    own = run_words([facts.words[axis.path] for axis in facts.axes if axis.kind == "number"], row)
    named = f"The baseline ({own})" if own else "The baseline"
    first, fate = few(float(summary.first[0])), str(row["fate"])
    if fate == DIVERGED:
        return f"{named} diverged at step {int(row['diverged_at']):,}; its first error is {first}."
    final = facts.baseline_error
    end = f"no more than rounding (below {few(facts.noise, 2)})" if final == 0.0 else few(final)
    return f"{named} goes from error {first} to {end} in {counted(int(summary.steps[0]), 'step')}: {fate}."


def _fates(facts: Facts) -> str:
    counts = {fate: int(np.count_nonzero(facts.fates == fate)) for fate in FATES}
    told = {fate: _VERBS[fate][number != 1] for fate, number in counts.items() if number}
    if len(told) == 1:
        (verb,) = told.values()
        every = {1: "The other run", 2: "Both other runs"}.get(facts.count, f"All {facts.count:,} other runs")
        return f"{every} {verb}."
    return f"Of the {facts.count:,} other runs, {listed([f'{counts[fate]:,} {verb}' for fate, verb in told.items()])}."


def _best(facts: Facts) -> str:
    least = float(facts.errors.min())
    if least == np.inf:
        best = facts.summary.best
        place = int(np.argmin(best))
        step = int(facts.summary.best_at[place])
        if step == NONE:
            return "Every run diverged, and no error on the way was a number."
        smallest = f"The smallest error on the way is {few(best[place])} at step {step:,}, of {_run(facts, place)}."
        return f"Every run diverged. {smallest}"
    places = np.flatnonzero(facts.errors == least)
    beside = _beside_baseline(facts, least)
    if least == 0.0 and facts.noise:
        below = "" if facts.baseline_error == 0.0 else f" (below {few(facts.noise, 2)})"
        ends = "ends" if len(places) == 1 else "end"
        return f"Best: {_who(facts, places)} {ends} at no more than rounding{below}{beside}."
    each = " each" if len(places) > 1 else ""
    return f"Best: {_who(facts, places)} with final error {few(least)}{each}{beside}."


def _run(facts: Facts, place: int) -> str:
    row = facts.table.iloc[place]
    return run_words(list(facts.words.values()), row) or f"run {int(row['run']):,}"


def _who(facts: Facts, places: Indices) -> str:
    """Runs by what varies, where they are few, or neighbours along the only thing that does."""
    if len(places) <= MOST_NAMED:
        return "; ".join(_run(facts, place) for place in places)
    runs = counted(len(places), "run")
    if len(facts.axes) == 1 and facts.axes[0].kind == "number":
        path = facts.axes[0].path
        values = np.array(facts.column(path), dtype=np.float64)
        own = values[places]
        if np.count_nonzero((values >= own.min()) & (values <= own.max())) == len(places):
            return f"{runs}, {facts.words[path].name} {facts.words[path].span([own.min(), own.max()])},"
    return runs


def _beside_baseline(facts: Facts, least: float) -> str:
    base = facts.baseline_error
    if base == np.inf:
        return ""
    if least == base:
        return ", as the baseline does" if least == 0.0 else ", the baseline's own"
    if base == 0.0:
        return ", and the baseline at no more than rounding"
    if least > 0.0 and base > 0.0:
        return f", {few(least / base)} times the baseline's {few(base)}"
    return f", where the baseline's error is {few(base)}"


def _departure(facts: Facts) -> Iterator[tuple[str, str]]:
    if not facts.has_baseline:
        return
    departed = facts.summary.departs_at != NONE
    number = int(np.count_nonzero(departed))
    if not number:
        yield "departure", "No run departs from the baseline: all have its error, step by step."
        return
    steps = facts.summary.departs_at[departed]
    amounts = np.abs(facts.summary.departure[departed])
    first, last = int(steps.min()), int(steps.max())
    all_of_them = number == facts.count
    who = "Every run" if all_of_them else f"{share(number, facts.count)} runs"
    departs = "departs" if all_of_them or number == 1 else "depart"
    when = f"at step {first:,}" if first == last else f"between steps {first:,} and {last:,}"
    median = quantile(amounts, 0.5)
    which = ", the median one by" if number > 1 else ", by"
    by = f"{which} {few(median, 2)} times the baseline's error there" if np.isfinite(median) else ""
    yield "departure", f"{who} first {departs} from the baseline's error {when}{by}."


# The limit at the initial weights


def _beyond_the_limit(facts: Facts) -> Iterator[tuple[str, str]]:
    """Where the largest stable rate is another for each run: what came of rates above it, and of those below."""
    over = facts.table["rate_over_stable"].to_numpy(dtype=np.float64)
    diverged = facts.fates == DIVERGED
    above, below = over > 1.0, over <= 1.0
    limit = "the largest stable one at their initial weights, 2/λmax"
    if above.any():
        below_too = f"; {_of(diverged, below)} not above it" if below.any() else ""
        text = f"{_of(diverged, above)} with a learning rate above {limit}, diverged{below_too}."
        yield "stability", f"{text[0].upper()}{text[1:]}"
    elif below.any():
        yield "stability", f"No learning rate is above {limit}; {_of(diverged, below)} diverged."


def _of(diverged: Indices, which: Indices) -> str:
    number = int(np.count_nonzero(diverged & which))
    return f"{f'{number:,}' if number else 'none'} of {counted(int(np.count_nonzero(which)), 'run')}"


# Searches and samples


def _search(facts: Facts) -> Iterator[tuple[str, str]]:
    least = float(facts.errors.min())
    if facts.study.declaration.sweep.sweep.search is None or least == np.inf:
        return
    place = int(np.argmin(facts.errors))
    after = facts.count - place - 1
    rest = f"; none of the {after:,} after it is better" if after > 1 else ""
    yield "search", f"The search came to its best error with run {place + 1:,} of {facts.count:,}{rest}."


def _best_tenth(facts: Facts) -> Iterator[tuple[str, str]]:
    """Of numbers that were drawn: where the best of them are."""
    numbers = [axis.path for axis in facts.axes if axis.kind == "number" and axis.path in facts.drawn]
    if not numbers or facts.count < ENOUGH:
        return
    most = np.sort(facts.errors)[facts.count // 10 - 1]
    tenth = np.flatnonzero(facts.errors <= most)
    if most == np.inf or len(tenth) > facts.count // 2:
        return
    told = []
    for path in numbers:
        values, words = np.array(facts.column(path), dtype=np.float64), facts.words[path]
        every = f"of {words.text(values.min())} to {words.text(values.max())}"
        told.append(f"{words.name} {words.span([values[tenth].min(), values[tenth].max()])} ({every})")
    yield "best", f"The best {counted(len(tenth), 'run')} {'has' if len(tenth) == 1 else 'have'} {listed(told)}."
