"""The view of an experiment's single runs on MLflow's page: charts in the order in which a pass goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from bprunner.nn.arrays import Array
from bprunner.tracking.records import MetricSeries
from bprunner.tracking.views import RUNS_KEY, Chart, Lines, Section, View

KIND: Final = "bprunner.kind"
RUN: Final = "run"
_MOST_CHARTS, _MOST_LINES = 24, 10
_FEW_STEPS = 60
SPREAD: Final = 20.0
"""Errors whose largest is so many times the smallest are seen on a logarithmic axis."""
_COLUMNS = (
    "tags.bprunner.figures",
    "tags.bprunner.status",
    "params.training.learning_rate",
    "metrics.summary/final_error",
    "metrics.summary/updates",
)
_NOT_SHOWN = ("summary",)
"""What has one value, and is a column."""


def run_views(title: str, metrics: Sequence[MetricSeries]) -> tuple[View, ...]:
    """One view, of every single run of the experiment; its charts are those that this one has."""
    by_chart: dict[str, list[MetricSeries]] = {}
    for series in metrics:
        if series.key.partition("/")[0] not in _NOT_SHOWN:
            by_chart.setdefault(series.key.partition("/sample ")[0], []).append(series)
    sections, keys = tuple(_sections(by_chart)), tuple(series.key for series in metrics)
    return (View(RUNS_KEY, f"{title}: runs step by step", {KIND: RUN}, sections, _COLUMNS, True, keys),)


def _sections(by_chart: dict[str, list[MetricSeries]]) -> Iterator[Section]:
    left = dict(by_chart)
    for heading, belongs, columns in _ORDER:
        keys = [key for key in left if belongs(key.partition("/")[0])]
        charts = [_chart(left.pop(key)) for key in keys]
        if charts:
            yield Section(heading, tuple(charts[:_MOST_CHARTS]), min(columns, len(charts)))


def _chart(of: Sequence[MetricSeries]) -> Chart:
    """Samples share a chart."""
    shown = of[:_MOST_LINES]
    has_points = all(len(series.steps) <= _FEW_STEPS for series in shown)
    return Lines(tuple(series.key for series in shown), _is_log(shown), has_points=has_points)


def _is_log(of: Sequence[MetricSeries]) -> bool:
    """Errors that fall far; nothing else is read in powers of ten."""
    if not all(series.key == "error" or series.key.endswith("/error") for series in of):
        return False
    return falls_far(positive(np.concatenate([series.values for series in of])))


def positive(values: Array) -> Array:
    """Those of the values (n,) that have a place on a logarithmic axis."""
    return values[np.isfinite(values) & (values > 0)]


def falls_far(errors: Array) -> bool:
    """Whether errors, positive ones (n,), are better seen on a logarithmic axis."""
    return len(errors) > 0 and bool(errors.max() > SPREAD * errors.min())


def _one_of(*quantities: str) -> Callable[[str], bool]:
    return lambda quantity: quantity in quantities


_ORDER: Final[tuple[tuple[str, Callable[[str], bool], int], ...]] = (
    ("Error", _one_of("error", "reported_error", "training", "running", "held_out", "accuracy"), 2),
    ("Predictions", _one_of("prediction"), 2),
    ("Weights and biases", _one_of("weight", "bias"), 3),
    ("Gradients", _one_of("gradient", "delta"), 3),
    ("Updates", _one_of("update", "learning_rate"), 3),
    ("Neurons", lambda _: True, 3),
)
