"""Views: what MLflow reads of them is what was meant, and writing them again changes nothing."""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import replace
from typing import Any

import pytest

from bprunner.errors import TrackingError
from bprunner.tracking import RunRecord, Store, open_store, record_run
from bprunner.tracking.addresses import addressed, page
from bprunner.tracking.views import (
    PREFIX,
    Lines,
    Parallel,
    Scatter,
    Section,
    View,
    can_show_views,
    dashboard_key,
    is_part,
    metrics_of,
    tag_name,
    tag_of,
)

STUDY = "0123456789abcdef" * 2
SECTIONS = (
    Section("Errors", (Lines(("error",), is_log=True, span=(1e-6, 10.0)),), columns=1),
    Section(
        "Rest", (Scatter("varied/rate", "summary/final"), Parallel(("optimizer",), ("varied/rate", "summary/final")))
    ),
)
VIEW = View(dashboard_key(STUDY), 'A "study" & <b>', {"a.b": STUDY, "c": None}, SECTIONS, ("params.x.y", "tags.fate"))


def state_of(view: View) -> dict[str, Any]:
    """The state as MLflow's page unpacks it."""
    _, value = tag_of(view, 5)
    envelope = json.loads(value)
    assert (envelope["name"], envelope["createdAt"]) == (view.name, 5)
    kind, _, packed = envelope["state"].partition(";")
    assert kind == "deflate"
    state: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(packed)))
    return state


def test_a_view_is_what_mlflow_reads() -> None:
    state = state_of(VIEW)
    assert state["searchFilter"] == f"tags.`a.b` = '{STUDY}' AND tags.`c` != ''"
    assert state["selectedColumns"] == ["params.`x.y`", "tags.`fate`"]
    assert [section["name"] for section in state["compareRunSections"]] == ["Errors", "Rest"]
    ids = {section["uuid"] for section in state["compareRunSections"]}
    assert {card["metricSectionId"] for card in state["compareRunCharts"]} == ids
    assert len({card["uuid"] for card in state["compareRunCharts"]}) == 3
    lines, scatter, parallel = state["compareRunCharts"]
    assert (lines["type"], lines["scaleType"]) == ("LINE", "log")
    assert lines["range"] == {"yMin": pytest.approx(-6), "yMax": pytest.approx(1)}
    assert (scatter["type"], scatter["xaxis"]["key"], scatter["yaxis"]["key"]) == (
        "SCATTER",
        "varied/rate",
        "summary/final",
    )
    assert (parallel["selectedParams"], parallel["selectedMetrics"][-1]) == (["optimizer"], "summary/final")


def test_runs_stand_in_a_flat_list_whatever_comes_first() -> None:
    """By `Start Time`, MLflow folds children away."""
    for view in (VIEW, replace(VIEW, is_last_first=True)):
        state = state_of(view)
        assert state["orderByKey"] not in ("", "attributes.`Start Time`")
        assert state["orderByAsc"] is not view.is_last_first
        assert state["runsHiddenMode"] == "SHOW_ALL"


def test_a_part_has_its_sections_alone() -> None:
    part = VIEW.only(dashboard_key(STUDY, "rest"), "Rest", "Rest")
    assert [section.heading for section in part.sections] == ["Rest"]
    assert list(metrics_of([part])) == ["varied/rate", "summary/final", "varied/rate", "summary/final"]
    assert [is_part(tag_name(view.key)) for view in (VIEW, part)] == [False, True]


def test_which_mlflow_has_views(monkeypatch: pytest.MonkeyPatch) -> None:
    for version, has in (("3.14.9", False), ("3.15.0rc1", True), ("4.0", True), ("2.22.1", False), ("odd", False)):
        monkeypatch.setattr("bprunner.tracking.views.metadata.version", lambda _, found=version: found)
        assert can_show_views() is has


def tags_of(store: Store, experiment: str) -> dict[str, str]:
    return dict(open_store(store).get_experiment_by_name(experiment).tags)


def test_views_are_tags_of_the_experiment_the_first_in_front(store: Store, record: RunRecord) -> None:
    part = VIEW.only(dashboard_key(STUDY, "rest"), "Rest", "Rest")
    done = record_run(replace(record, views=[VIEW, part]), store)
    tags = tags_of(store, record.experiment)
    first, second = (json.loads(tags[tag_name(view.key)]) for view in (VIEW, part))
    assert first["createdAt"] > second["createdAt"]
    assert done.link_hint.startswith("mlflow ui")


def test_parts_of_an_earlier_study_give_way_and_its_dashboard_stays(store: Store, record: RunRecord) -> None:
    other = STUDY[::-1]
    views = [replace(VIEW, key=dashboard_key(study, part)) for study in (STUDY, other) for part in ("", "rest")]
    record_run(replace(record, views=views[:2]), store)
    open_store(store).set_experiment_tag("1", f"{PREFIX}somebodys-own", "{}")
    record_run(replace(record, views=views[2:]), store)
    record_run(replace(record, views=[replace(VIEW, key="bprunner-runs")]), store)
    kept = {key.removeprefix(PREFIX) for key in tags_of(store, record.experiment) if key.startswith(PREFIX)}
    assert kept == {*(view.key for view in (views[0], *views[2:])), "bprunner-runs", "somebodys-own"}


def test_an_mlflow_without_views_gets_none(store: Store, record: RunRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bprunner.tracking.experiments.can_show_views", lambda: False)
    record_run(replace(record, views=[VIEW]), store)
    assert not [key for key in tags_of(store, record.experiment) if key.startswith(PREFIX)]


# Addresses in descriptions


def test_addresses_in_descriptions_are_those_of_mlflows_pages(store: Store, record: RunRecord) -> None:
    text = "![a](picture:pages/a%20b.svg) [c](artifact:pages/c.html) [d](view:bprunner-runs)"
    done = record_run(replace(record, description=text, experiment_description=text), store)
    client = open_store(store)
    shown = client.get_run(done.run_id).data.tags["mlflow.note.content"]
    assert shown == client.get_experiment(done.experiment_id).tags["mlflow.note.content"]
    addresses = re.findall(r"\]\(([^)]*)\)", shown)
    assert addresses == [
        f"get-artifact?path=pages%2Fa%20b.svg&run_uuid={done.run_id}",
        f"#/experiments/{done.experiment_id}/runs/{done.run_id}/artifacts/pages/c.html?workflowType=machine_learning",
        page(done.experiment_id, view="bprunner-runs").removeprefix("/"),
    ]


def test_text_that_looks_like_an_address_stays_text() -> None:
    text = r"\]\(picture:x\) (view:y) artifact:z"
    assert addressed(text, "1", "abc") == text


def test_what_has_no_chart_gets_none_from_mlflow() -> None:
    state = state_of(replace(VIEW, metrics=("error", "summary/final", "weight/w1")))
    thrown_away = [card["metricKey"] for card in state["compareRunCharts"] if card["deleted"]]
    assert thrown_away == ["summary/final", "weight/w1"]


@pytest.mark.parametrize(("code", "is_kept"), [("INVALID_PARAMETER_VALUE", True), ("INTERNAL_ERROR", False)])
def test_a_store_that_refuses_views_has_the_record_all_the_same(
    code: str, is_kept: bool, store: Store, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from mlflow.protos import databricks_pb2

    def refuse(*_: object) -> None:
        raise MlflowException("too long", databricks_pb2.ErrorCode.Value(code))

    client = open_store(store)
    monkeypatch.setattr(MlflowClient, "set_experiment_tag", refuse)
    if is_kept:
        done = record_run(replace(record, views=[VIEW]), store, client)
        assert client.get_run(done.run_id).info.status == "FINISHED"
    else:
        with pytest.raises(TrackingError, match="too long"):
            record_run(replace(record, views=[VIEW]), store, client)
