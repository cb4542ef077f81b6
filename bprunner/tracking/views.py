"""A view is what MLflow's page of an experiment shows when it is opened by name: which runs, charts and columns.

MLflow 3.15 and later keep views as tags of the experiment, whose form is known here and nowhere else; the pages of
earlier ones do not look at these tags. Two facts of these pages decide how runs are chosen:

- Ordered by anything but the start that they call `Start Time`, runs stand in a flat list, and each has its line in
  the charts. Else the children of a parent are folded away, and the charts are empty.
- A page loads 100 runs; the others come by a click.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any, Final

MOST_RUNS: Final = 100
"""How many runs a page of MLflow's loads at once."""
PREFIX: Final = "mlflow.sharedViewState."
RUN_COLOUR: Final = "mlflow.runColor"
"""The tag of a run that says which colour its lines and points have, such as #d7191c."""
_PART = re.compile(rf"{re.escape(PREFIX)}bprunner-[0-9a-f]{{32}}-[a-z]+")
_FIRST_WITH_VIEWS = (3, 15)
# As by `Start Time`, but in a flat list.
_BY_START = "attributes.`start_time`"
_HEIGHT = 360


@dataclass(frozen=True)
class Lines:
    """One or several metrics over the steps, a line for each run and metric.

    span: the values between which the axis is drawn; as long as it has to be unless given. MLflow writes what is below
    a millionth as 0 beside a logarithmic axis. has_points: whether steps are marked on the lines.
    """

    metrics: tuple[str, ...]
    is_log: bool = False
    span: tuple[float, float] | None = None
    has_points: bool = False


@dataclass(frozen=True)
class Scatter:
    """A metric of each run over another one. Both axes are linear: a logarithm has to be a metric itself."""

    across: str
    up: str


@dataclass(frozen=True)
class Parallel:
    """Parallel coordinates of each run: an axis for each parameter and metric; the last metric gives the colours."""

    parameters: tuple[str, ...]
    metrics: tuple[str, ...]


Chart = Lines | Scatter | Parallel


@dataclass(frozen=True)
class Section:
    """Charts under a heading, in so many columns, so many pixels high."""

    heading: str
    charts: tuple[Chart, ...]
    columns: int = 2
    height: int = _HEIGHT


@dataclass(frozen=True)
class View:
    """`key` is its own in the experiment; `name` is what people see in the list of views.

    runs: the tags that a run has to have to be shown, by name; None for any value. They come in the order in which
    they began, the last one last, where it is drawn above the others, or first. columns: those of the table, such as
    `params.training.learning_rate`, `metrics.summary/final_error` or `tags.bprunner.fate`. metrics: all that the runs
    have; MLflow would add a chart for each that has none.
    """

    key: str
    name: str
    runs: Mapping[str, str | None]
    sections: tuple[Section, ...]
    columns: tuple[str, ...] = ()
    is_last_first: bool = False
    metrics: tuple[str, ...] = ()

    def only(self, key: str, name: str, *headings: str) -> View:
        """The same with these sections alone."""
        kept = tuple(section for section in self.sections if section.heading in headings)
        return replace(self, key=key, name=name, sections=kept)


RUNS_KEY: Final = "bprunner-runs"
"""The key of the view of an experiment's single runs."""


def dashboard_key(study: str, part: str = "") -> str:
    """The key of the view of a study's runs, by its record's id, or of a part of that view."""
    return f"bprunner-{study}-{part}" if part else f"bprunner-{study}"


def is_part(tag: str) -> bool:
    """Whether a tag of an experiment is the view of a part of a study."""
    return _PART.fullmatch(tag) is not None


def can_show_views() -> bool:
    """Whether the MLflow that is installed has views. The pages of a server may be older, and do not mind the tags."""
    found = re.match(r"(\d+)\.(\d+)", metadata.version("mlflow"))
    return found is not None and (int(found[1]), int(found[2])) >= _FIRST_WITH_VIEWS


def tag_of(view: View, created: int) -> tuple[str, str]:
    """The tag of an experiment that is this view. created: milliseconds since 1970; MLflow lists the newest first."""
    envelope = {"name": view.name, "createdAt": created, "state": _packed(_state(view))}
    return tag_name(view.key), json.dumps(envelope, ensure_ascii=False)


def tag_name(key: str) -> str:
    return f"{PREFIX}{key}"


def _packed(state: Mapping[str, Any]) -> str:
    """A tag has 20,000 characters at most, and a page of many charts more."""
    text = json.dumps(state, ensure_ascii=False)
    return f"deflate;{base64.b64encode(zlib.compress(text.encode(), 9)).decode()}"


def _state(view: View) -> dict[str, Any]:
    """What MLflow's page calls its state: the search, and how everything is laid out."""
    return {
        "searchFilter": _filter(view.runs),
        "orderByKey": _BY_START,
        "orderByAsc": not view.is_last_first,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": [_column(name) for name in view.columns],
        "columnOrder": [],
        "columnWidths": {},
        "runsExpanded": {},
        "runsPinned": [],
        "runsHidden": [],
        "runsHiddenMode": "SHOW_ALL",
        "runsVisibilityMap": {},
        "groupBy": None,
        "groupsExpanded": {},
        "useGroupedValuesInCharts": False,
        "hideEmptyCharts": True,
        "autoRefreshEnabled": False,
        "viewMaximized": False,
        "runListHidden": False,
        "isAccordionReordered": True,
        "chartsSearchFilter": "",
        "globalLineChartConfig": {"xAxisKey": "step", "lineSmoothness": 0, "selectedXAxisMetricKey": ""},
        "compareRunSections": [_section(view.key, section) for section in view.sections],
        "compareRunCharts": [
            _card(view.key, section, number, chart)
            for section in view.sections
            for number, chart in enumerate(section.charts)
        ]
        + _hidden(view),
    }


def _hidden(view: View) -> list[dict[str, Any]]:
    """What has no chart here has one that was thrown away: so MLflow makes none."""
    shown = {
        key
        for section in view.sections
        for chart in section.charts
        if isinstance(chart, Lines)
        for key in chart.metrics
    }
    return [
        {
            "uuid": _id(view.key, "hidden", key),
            "metricSectionId": "",
            "type": "BAR",
            "metricKey": key,
            "deleted": True,
            "isGenerated": False,
        }
        for key in view.metrics
        if key not in shown
    ]


def _filter(runs: Mapping[str, str | None]) -> str:
    """In MLflow's language for searching. It has no escape for a quote: so no value has one."""
    return " AND ".join(
        f"tags.`{tag}` != ''" if value is None else f"tags.`{tag}` = '{value}'" for tag, value in runs.items()
    )


def _column(name: str) -> str:
    kind, _, key = name.partition(".")
    return f"{kind}.`{key}`"


def _section(view: str, section: Section) -> dict[str, Any]:
    return {
        "uuid": _id(view, section.heading),
        "name": section.heading,
        "display": True,
        "isReordered": True,  # else MLflow sorts them by name
        "deleted": False,
        "isGenerated": False,
        "columns": section.columns,
        "cardHeight": section.height,
    }


def _card(view: str, section: Section, number: int, chart: Chart) -> dict[str, Any]:
    return {
        "uuid": _id(view, section.heading, str(number)),
        "metricSectionId": _id(view, section.heading),
        "deleted": False,
        "isGenerated": False,
        "runsCountToCompare": MOST_RUNS,
        **_drawn(chart),
    }


def _drawn(chart: Chart) -> dict[str, Any]:
    match chart:
        case Lines(metrics, is_log, span, has_points):
            return {
                "type": "LINE",
                "metricKey": metrics[0],
                "selectedMetricKeys": list(metrics),
                "scaleType": "log" if is_log else "linear",
                "displayPoints": has_points,
                **({"range": _range(span, is_log)} if span else {}),
                "xAxisKey": "step",
                "xAxisScaleType": "linear",
                "selectedXAxisMetricKey": "",
                "yAxisKey": "metric",
                "yAxisExpressions": [],
                "lineSmoothness": 0,
                "useGlobalXaxisKey": False,
                "useGlobalLineSmoothing": False,
                "ignoreOutliers": False,
            }
        case Scatter(across, up):
            axes = {"xaxis": across, "yaxis": up}
            return {"type": "SCATTER", **{axis: {"key": key, "type": "METRIC"} for axis, key in axes.items()}}
        case Parallel(parameters, metrics):
            return {
                "type": "PARALLEL",
                "selectedParams": list(parameters),
                "selectedMetrics": list(metrics),
                "showAllRuns": True,
            }


def _range(span: tuple[float, float], is_log: bool) -> dict[str, float]:
    """Plotly counts a logarithmic axis in powers of ten."""
    low, high = map(math.log10, span) if is_log else span
    return {"yMin": low, "yMax": high}


def _id(*words: str) -> str:
    """Made from what it names: written again, a view is the same."""
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:32]


def metrics_of(views: Sequence[View]) -> Iterator[str]:
    """Every metric that some chart shows."""
    for view in views:
        for section in view.sections:
            for chart in section.charts:
                match chart:
                    case Lines(metrics) | Parallel(_, metrics):
                        yield from metrics
                    case Scatter(across, up):
                        yield from (across, up)
