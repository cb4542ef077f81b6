"""The table of a study's page, in Markdown: all runs where they are few, else groups, a matrix, or some of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from bprunner.documents.inline import inline_markdown
from bprunner.spec.naming import counted
from bprunner.sweeps.facts import CONVERGED, DIVERGED, LEARNING_RATE, Facts, Group
from bprunner.sweeps.pair_findings import outer_and_inner
from bprunner.sweeps.summing import NONE
from bprunner.sweeps.wording import NOTHING, few

MOST_RUNS: Final = 30
"""So many runs have a row each; of more, CHOSEN have."""
CHOSEN: Final = 20
TOP: Final = 10
MOST_GROUPS: Final = 40
MOST_ROWS: Final = 16
MOST_COLUMNS: Final = 9

Rows = list[list[str]]


class Table(NamedTuple):
    """What it shows, its headings, its rows; `numbers` says which columns are set to the right."""

    caption: str
    headings: list[str]
    rows: Rows
    numbers: list[bool]

    def markdown(self) -> str:
        """The caption, and the table below it. Texts are escaped."""
        lines = [self.headings, *self.rows]
        cells = [[inline_markdown(text) for text in line] for line in lines]
        rule = ["---:" if is_number else "---" for is_number in self.numbers]
        table = "\n".join("| " + " | ".join(line) + " |" for line in (cells[0], rule, *cells[1:]))
        return f"{inline_markdown(self.caption)}\n\n{table}"


def study_table(facts: Facts) -> Table:
    """The table that fits what varies. There has to be a run beside the baseline."""
    if facts.count <= MOST_RUNS:
        return _of_runs(facts, np.arange(facts.count), "All runs.")
    paths = [axis.path for axis in facts.axes]
    if len(paths) == 2 and facts.is_grid:
        matrix = _matrix(facts)
        if matrix is not None:
            return matrix
    if facts.seeds and paths:
        groups = facts.groups(paths)
        if 1 < len(groups) <= MOST_GROUPS:
            return _of_groups(facts, paths, groups)
    if len(paths) == 1 and facts.axes[0].kind == "number" and not facts.seeds:
        order = np.argsort(np.array(facts.column(paths[0]), dtype=np.float64), kind="stable")
        chosen = order[_evenly(len(order), CHOSEN)]
        others = f"the other {facts.count - len(chosen):,} lie between"
        return _of_runs(facts, chosen, f"{len(chosen)} of {facts.count:,} runs, evenly chosen; {others}.")
    return best_runs(facts, TOP)


def best_runs(facts: Facts, most: int) -> Table:
    """The baseline and at most so many of the other runs, those with the smallest final errors, of equals the quickest.

    There has to be a run beside the baseline.
    """
    if facts.count <= most:
        return _of_runs(facts, np.arange(facts.count), "All runs.")
    best = np.lexsort((_never_last(facts.reaches), facts.errors))[:most]
    return _of_runs(facts, best, f"The best {most} of {facts.count:,} runs, by final error and by steps.")


def _evenly(count: int, most: int) -> Any:
    """Places of at most so many, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))


def _never_last(steps: Any) -> Any:
    return np.where(steps == NONE, np.iinfo(np.int64).max, steps)


# Runs


def _of_runs(facts: Facts, places: Any, caption: str) -> Table:
    axes = [*facts.axes, *facts.seeds]
    varied = [facts.words[axis.path] for axis in axes]
    over = facts.table["rate_over_stable"].to_numpy(dtype=np.float64)
    has_limit = bool(np.isfinite(over).any()) and any(axis.path == LEARNING_RATE for axis in facts.axes)
    columns = {words.path: facts.column(words.path) for words in varied}
    headings = [
        "run",
        *(words.name for words in varied),
        "final error",
        "times the baseline's",
        "reaches it at step",
        "fate",
    ]
    rows = [_row(facts, place, [words.text(columns[words.path][place]) for words in varied]) for place in places]
    if facts.has_baseline:
        rows = [_baseline_row(facts, [words.text(_own(facts, words.path)) for words in varied]), *rows]
    numbers = [True, *(axis.kind != "label" for axis in axes), True, True, True, False]
    if has_limit:
        headings.insert(-1, "times the largest stable rate")
        numbers.insert(-1, True)
        shown = [few(over[place]) if np.isfinite(over[place]) else NOTHING for place in places]
        if facts.has_baseline:
            shown = [few(float(facts.baseline["rate_over_stable"])), *shown]
        for row, text in zip(rows, shown, strict=True):
            row.insert(-1, text)
    return Table(caption, headings, rows, numbers)


def _own(facts: Facts, path: str) -> object:
    value = facts.baseline.get(path)
    return None if value is None or value != value else value


def _row(facts: Facts, place: int, varied: list[str]) -> list[str]:
    fate, error = str(facts.fates[place]), float(facts.errors[place])
    reach, at = int(facts.reaches[place]), int(facts.summary.diverged_at[place])
    number = f"{int(facts.table['run'].iloc[place]):,}"
    return [number, *varied, *_numbers(facts, error, reach), f"{fate} at step {at:,}" if fate == DIVERGED else fate]


def _baseline_row(facts: Facts, varied: list[str]) -> list[str]:
    row = facts.baseline
    fate = str(row["fate"])
    shown = f"{fate} at step {int(row['diverged_at']):,}" if fate == DIVERGED else fate
    return ["baseline", *varied, *_numbers(facts, facts.baseline_error, facts.baseline_reach), shown]


def _numbers(facts: Facts, error: float, reach: int) -> list[str]:
    """The final error, its ratio to the baseline's, and the step at which it is the baseline's."""
    base = facts.baseline_error
    if not np.isfinite(error):
        ratio = NOTHING
    elif error == base:
        ratio = "1"
    elif base == 0.0 or not np.isfinite(base):
        ratio = NOTHING
    else:
        ratio = few(error / base) if error else "≈ 0"
    shown = facts.error_text(error) if np.isfinite(error) else NOTHING
    return [shown, ratio, NOTHING if reach == NONE else f"{reach:,}"]


# Groups


def _of_groups(facts: Facts, paths: Sequence[str], groups: Mapping[tuple[Hashable, ...], Group]) -> Table:
    words = [facts.words[path] for path in paths]
    headings = [*(each.name for each in words), "runs", "median error", "lower quartile", "upper quartile"]
    headings += ["converged", "diverged", "median step at the baseline's error"]
    rows = [
        [
            *(each.text(value) for each, value in zip(words, key, strict=True)),
            f"{group.runs:,}",
            *(facts.error_text(group.quantile(part)) for part in (0.5, 0.25, 0.75)),
            f"{group.of(CONVERGED):,}",
            f"{group.of(DIVERGED):,}",
            few(group.reach) if np.isfinite(group.reach) else NOTHING,
        ]
        for key, group in groups.items()
    ]
    kinds = {axis.path: axis.kind for axis in facts.axes}
    numbers = [*(kinds[path] != "label" for path in paths), *[True] * 7]
    return Table(f"{counted(facts.count, 'run')}, by what varies but seeds.", headings, rows, numbers)


# Two kinds


def _matrix(facts: Facts) -> Table | None:
    """The median error of every combination; None where there are too many columns. Of many rows some."""
    across, down = outer_and_inner(facts)
    columns, values = facts.distinct(across), facts.distinct(down)
    if len(columns) > MOST_COLUMNS:
        return None
    rows = [values[place] for place in _evenly(len(values), MOST_ROWS)]
    groups = facts.groups([down, across])
    one, other = facts.words[down], facts.words[across]
    body = [[one.text(value), *(_median(facts, groups.get((value, column))) for column in columns)] for value in rows]
    what = "Median final error over the seeds" if facts.seeds else "Final error"
    left = f"; {len(rows)} of {len(values)} {one.several('number')}, evenly chosen" if len(rows) < len(values) else ""
    headings = [f"{one.name} \\ {other.name}", *(other.text(column) for column in columns)]
    return Table(f"{what}, {one.name} by {other.name}{left}.", headings, body, [True] * len(headings))


def _median(facts: Facts, group: Group | None) -> str:
    return NOTHING if group is None else facts.error_text(group.median)


def fates_told(facts: Facts) -> Iterator[str]:
    """What the fates that occur mean."""
    present = {*facts.fates.tolist(), str(facts.baseline["fate"])} if facts.has_baseline else {*facts.fates.tolist()}
    for fate, meaning in _MEANINGS.items():
        if fate in present:
            yield f"*{fate}*: {meaning}"


_MEANINGS: Final = {
    "converged": "the error is level with at most a tenth of its first value left, or down to a millionth of it",
    "still falling": "trained as long again it would fall by more than a hundredth of itself",
    "stalled": "level, with more than a tenth left",
    "oscillating": "up and down at the end",
    "diverged": "above its first value and rising, or beyond all numbers",
}
