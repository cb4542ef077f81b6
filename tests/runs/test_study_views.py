"""How a study looks in MLflow: views show what is recorded, the runs that they promise, and the baseline in front."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.runs.folders import study_folder
from bprunner.runs.studies import deliver
from bprunner.runs.study_files import read_identity
from bprunner.runs.study_looks import BASELINE_COLOUR, SHOWN, Looks, log10, ramp
from bprunner.runs.study_recording import children, study_id, thinning
from bprunner.runs.study_views import ERRORS, FINAL, LOG_ERROR, VARIES, WEIGHTS, study_views
from bprunner.sweeps.study import Study
from bprunner.tracking.addresses import resolve_tracking_uri
from bprunner.tracking.store import open_store
from bprunner.tracking.views import MOST_RUNS, RUN_COLOUR, Lines, Scatter, View, _filter, metrics_of
from tests.runs.test_studies import RATE, declared, trained

RATES = {"geometric": {"from": 0.001, "to": 1, "count": 30}}
W5, TEN = {"uniform": {"from": -1, "to": 1}}, {"linear": {"from": 0, "to": 1, "count": 10}}
LABELS = {"a": "tanh", "<b>": "linear"}
KINDS: dict[str, dict[str, Any]] = {
    "rates": {"grid": {RATE: RATES}},
    "labels": {"grid": {"architecture.layers.0.activation": LABELS}},
    "both": {"grid": {RATE: [0.01, 0.05, 0.1], "architecture.layers.0.activation": LABELS}},
    "drawn": {"sample": {"of": {"initial_weights.w5": W5}, "random": {"count": 7, "seed": 0}}},
    "many": {"grid": {RATE: {"geometric": {"from": 0.001, "to": 1, "count": 13}}, "initial_weights.w5": TEN}},
}


@cache
def study_of(kind: str, folder: Path) -> Study:
    return trained(folder / kind, plan=KINDS[kind], epochs=3).study


@pytest.fixture(params=KINDS)
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study_of(request.param, tmp_path_factory.getbasetemp())


def views_of(study: Study) -> tuple[View, ...]:
    identity = read_identity(study.path)
    assert identity is not None
    return study_views(study, study_id(identity), thinning(study).names)


def records_of(study: Study) -> list[Any]:
    identity = read_identity(study.path)
    assert identity is not None
    return list(children(study, identity))


# What is shown is there


def test_every_chart_shows_a_metric_that_is_recorded(study: Study) -> None:
    there = {series.key for record in records_of(study) for series in record.metrics}
    assert set(metrics_of(views_of(study))) <= there


def test_every_column_is_recorded(study: Study) -> None:
    records = records_of(study)
    there = {f"params.{key}" for record in records for key in record.parameters}
    there |= {f"tags.{key}" for record in records for key in record.tags}
    there |= {f"metrics.{series.key}" for record in records for series in record.metrics}
    missing = {column for view in views_of(study) for column in view.columns} - there
    assert missing <= {"metrics.summary/steps_to_baseline"}  # where nobody gets as far


def test_views_are_the_dashboard_the_table_and_each_part(study: Study) -> None:
    whole, table, *parts = views_of(study)
    assert [part.sections[0].heading for part in parts] == [
        section.heading for section in whole.sections if section.heading in (ERRORS, FINAL, VARIES, WEIGHTS)
    ]
    assert len({view.key for view in views_of(study)}) == len(views_of(study))
    assert table.is_last_first
    assert not any(view.is_last_first for view in (whole, *parts))


def test_the_baseline_begins_last_so_that_it_is_drawn_above(study: Study) -> None:
    records = records_of(study)
    assert records[0].run_name == "baseline"
    assert all(record.started < records[0].started for record in records[1:])


def test_runs_have_colours_and_the_baseline_one_of_its_own(study: Study) -> None:
    first, *others = (record.tags.get(RUN_COLOUR) for record in records_of(study))
    assert first == BASELINE_COLOUR
    assert BASELINE_COLOUR not in others


def test_as_many_runs_are_shown_as_a_page_holds(tmp_path_factory: pytest.TempPathFactory) -> None:
    many, few = (study_of(kind, tmp_path_factory.getbasetemp()) for kind in ("many", "rates"))
    shown = [record for record in records_of(many) if SHOWN in record.tags]
    assert len(many) == 131
    assert len(shown) == MOST_RUNS
    assert shown[0].run_name == "baseline"
    assert {record.tags.get(RUN_COLOUR) is None for record in shown} == {False}
    assert not any(SHOWN in record.tags for record in records_of(few))
    assert f", {MOST_RUNS} of 131 runs" in views_of(many)[0].name


@pytest.mark.parametrize(("kind", "count"), [("rates", 31), ("many", MOST_RUNS)])
def test_a_view_finds_the_runs_that_it_promises_and_no_others(
    kind: str, count: int, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    study = study_of(kind, tmp_path_factory.getbasetemp())
    store = resolve_tracking_uri(tmp_path, {})
    done = deliver(study, store, tmp_path)
    assert done is not None
    view = views_of(study)[0]
    found = open_store(store).search_runs([done.experiment_id], _filter(view.runs), max_results=1000)
    assert len(found) == count
    assert {run.data.tags["mlflow.parentRunId"] for run in found} == {done.run_id}


def test_how_runs_look_does_not_depend_on_which_are_done() -> None:
    declaration = declared(KINDS["both"])
    looks, again = Looks(declaration), Looks(declaration)
    cells = list(Study(declaration, trained_folder(declaration)).declared_cells())
    assert [looks.tags(cell) for cell in cells] == [again.tags(cell) for cell in reversed(cells)][::-1]


def trained_folder(declaration: Any) -> Any:
    from bprunner.sweeps.folder import StudyFolder

    return StudyFolder(study_folder(Path("nowhere"), declaration))


# Axes


def test_what_is_spread_widely_is_shown_by_its_powers(tmp_path_factory: pytest.TempPathFactory) -> None:
    study = study_of("rates", tmp_path_factory.getbasetemp())
    scatter = next(section for section in views_of(study)[0].sections if section.heading == FINAL).charts[0]
    assert scatter == Scatter("varied/log10_learning_rate", LOG_ERROR)
    for record in records_of(study):
        values = {series.key: float(series.values[-1]) for series in record.metrics}
        assert values["varied/log10_learning_rate"] == log10(values["varied/learning_rate"])
        if record.tags["bprunner.fate"] == "diverged":
            assert LOG_ERROR not in values
        else:
            assert values[LOG_ERROR] == pytest.approx(np.log10(values["summary/final_error"]))


def test_the_error_is_seen_falling_and_the_rise_of_the_diverged_is_cut(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    study = study_of("rates", tmp_path_factory.getbasetemp())
    chart = views_of(study)[0].sections[0].charts[0]
    assert isinstance(chart, Lines)
    assert chart.is_log
    assert chart.span is not None
    low, high = chart.span
    assert 1e-6 <= low < high <= 10 * float(study.summary.first.max())
    weights = next(section for section in views_of(study)[0].sections if section.heading == WEIGHTS).charts
    baseline = study.steps.frame(["weight.w5"], [0])["weight.w5"]
    span = next(chart.span for chart in weights if isinstance(chart, Lines) and chart.metrics == ("weight/w5",))
    assert span is not None
    assert span[0] <= baseline.min() <= baseline.max() <= span[1]


@given(st.floats(0, 1))
def test_the_ramp_has_a_colour_for_every_place(place: float) -> None:
    colour = ramp(place)
    assert len(colour) == 7
    assert int(colour[1:], 16) >= 0


def test_the_ramp_goes_from_dark_to_light() -> None:
    light = [sum(int(ramp(place)[at : at + 2], 16) for at in (1, 3, 5)) for place in np.linspace(0, 1, 9)]
    assert light == sorted(light)
    assert np.isnan([log10(0.0), log10(-1.0), log10(float("inf"))]).all()
