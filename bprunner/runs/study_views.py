"""The views of a study on MLflow's page: its dashboard, and each part of it by a name of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from bprunner.runs.recording import is_measure
from bprunner.runs.run_views import SPREAD, falls_far, positive
from bprunner.runs.study_looks import SHOWN, Looks
from bprunner.sweeps.fates import DIVERGED, OSCILLATING
from bprunner.sweeps.naming import short_names
from bprunner.sweeps.study import Study
from bprunner.tracking.views import Chart, Lines, Parallel, Scatter, Section, View, dashboard_key

ERRORS, MEASURES, FINAL, VARIES, WEIGHTS = (
    "Error over the steps",
    "Other measures over the steps",
    "Final error over what varies",
    "What varies, and what came of it",
    "Weights over the steps",
)
_MOST_WEIGHTS: Final = 12
_SMALLEST_TICK: Final = 1e-6
"""MLflow writes the smaller ones of a logarithmic axis as 0."""
_ABOVE: Final = 10.0
"""Lines of runs that diverge leave the chart at so many times the largest first error."""
_LOOKED_AT: Final = 50
_MARGIN: Final = 0.05
LOG_ERROR: Final = "summary/log10_final_error"


def study_views(study: Study, record: str, names: Sequence[str]) -> tuple[View, ...]:
    """The dashboard first. Lines of the baseline are drawn above the others; in the table it is on top.

    record: the study's id; names: the series that are metrics over the steps.
    """
    looks = Looks(study.declaration)
    runs = {"bprunner.study": record, **({SHOWN: "yes"} if looks.are_chosen else {"bprunner.cell": None})}
    short = short_names(study.declaration.paths)
    sections = tuple(_sections(study, names, looks, short))
    note = f", {len(looks.chosen)} of {study.declaration.count():,} runs" if looks.are_chosen else ""
    keys = (*map(_metric, names), *single_metrics(looks, short))
    whole = View(dashboard_key(record), f"{study.title}{note}", runs, sections, _columns(short), metrics=keys)
    parts = ((ERRORS, "error"), (FINAL, "final"), (VARIES, "varies"), (WEIGHTS, "weights"))
    there = [section.heading for section in sections]
    table = replace(whole, key=dashboard_key(record, "table"), name=f"{study.title}: table of runs", is_last_first=True)
    return (
        whole,
        table,
        *(
            whole.only(dashboard_key(record, part), f"{study.title}: {heading[0].lower()}{heading[1:]}", heading)
            for heading, part in parts
            if heading in there
        ),
    )


SUMMARIES: Final = {
    "final_error": "final_error",
    "best_error": "best_error",
    "ratio": "ratio_to_baseline",
    "reaches_baseline_at": "steps_to_baseline",
    "departs_at": "departs_at",
    "departure": "departure",
    "diverged_at": "diverged_at",
    "stable_rate": "largest_stable_rate",
    "rate_over_stable": "rate_over_stable",
}
"""By column of the table, the metric `summary/…` that has it."""


def single_metrics(looks: Looks, short: Mapping[str, str]) -> Iterator[str]:
    """The metrics that have one value a run."""
    yield from (f"summary/{name}" for name in SUMMARIES.values())
    yield from ("summary/steps", LOG_ERROR)
    for path, name in short.items():
        yield f"varied/{name}"
        if path in looks.wide:
            yield varied_metric(path, short, looks)


def _columns(short: Mapping[str, str]) -> tuple[str, ...]:
    varied = (f"params.{path}" for path in short)
    came = ("final_error", "ratio_to_baseline", "steps_to_baseline")
    return (*varied, "tags.bprunner.fate", *(f"metrics.summary/{name}" for name in came))


def _sections(study: Study, names: Sequence[str], looks: Looks, short: Mapping[str, str]) -> Iterator[Section]:
    measures = [name for name in names if name != "error" and is_measure(name)]
    weights = [name for name in names if name.partition(".")[0] in ("weight", "bias")]
    yield Section(ERRORS, (_errors(study),), columns=1, height=440)
    if measures:
        yield Section(MEASURES, tuple(Lines((_metric(name),)) for name in measures))
    finals: list[Chart] = [Scatter(varied_metric(path, short, looks), LOG_ERROR) for path in looks.numeric]
    if finals:
        yield Section(FINAL, tuple(finals), columns=min(2, len(finals)))
    labels, numbers = looks.labelled, tuple(varied_metric(path, short, looks) for path in looks.numeric)
    if labels or numbers:
        came = (*numbers, *_came(study), LOG_ERROR)
        yield Section(VARIES, (Parallel(labels, came),), columns=1, height=440)
    if weights:
        shown = weights[:_MOST_WEIGHTS]
        spans = _spans(study, shown, looks)
        yield Section(WEIGHTS, tuple(Lines((_metric(name),), span=spans.get(name)) for name in shown), columns=3)


def varied_metric(path: str, short: Mapping[str, str], looks: Looks) -> str:
    """What varies, as a metric: itself, or its power of ten where it is spread widely."""
    return f"varied/{'log10_' if path in looks.wide else ''}{short[path]}"


def _came(study: Study) -> tuple[str, ...]:
    """What else came of the runs. A run without one of these has no line, so that all with a final error have them."""
    over = study.table["rate_over_stable"].to_numpy(dtype=np.float64)
    return ("summary/rate_over_stable",) if len(over) and np.isfinite(over).all() else ()


def _errors(study: Study) -> Lines:
    """The error on an axis that shows how it falls, and no further up than where it is seen that it rises."""
    first, last, best = study.summary.first, study.summary.final, study.summary.best
    known, begin = positive(np.concatenate([first, last, best])), positive(first)
    if not falls_far(known):
        return Lines(("error",))
    top = float(min(known.max(), _ABOVE * begin.max())) if len(begin) else float(known.max())
    low = float(known.min())
    span = (max(low, min(_SMALLEST_TICK, top / SPREAD)), top)
    return Lines(("error",), is_log=True, span=span)


def _spans(study: Study, names: Sequence[str], looks: Looks) -> dict[str, tuple[float, float]]:
    """Where the weights go in the runs that settle; nothing where all of them do, or none."""
    is_wild = np.isin(study.summary.fate, (DIVERGED, OSCILLATING))
    if not is_wild.any():
        return {}
    numbers = study.table["run"].to_numpy()[~is_wild]
    shown = [int(number) for number in numbers if not looks.are_chosen or number in looks.chosen]
    if not shown:
        return {}
    frame = study.steps.frame(names, shown, _LOOKED_AT)
    lows, highs = frame[list(names)].min(), frame[list(names)].max()
    return {name: _widened(float(lows[name]), float(highs[name])) for name in names if lows[name] < highs[name]}


def _widened(low: float, high: float) -> tuple[float, float]:
    return low - _MARGIN * (high - low), high + _MARGIN * (high - low)


def _metric(name: str) -> str:
    return name.replace(".", "/", 1)
