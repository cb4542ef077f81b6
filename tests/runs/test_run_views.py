"""The view of single runs: in the order of a pass, samples together, and nothing that is not recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

import bprunner
from bprunner.runs.recording import run_record
from bprunner.runs.run_views import run_views
from bprunner.tracking.records import RunRecord
from bprunner.tracking.views import RUNS_KEY, Lines, metrics_of
from tests.conftest import ROOT


def record_of(file: str, folder: Path, *overrides: str) -> RunRecord:
    return run_record(bprunner.run(ROOT / "configs" / file, list(overrides)), [], folder)


@pytest.mark.parametrize("file", ["doc.yaml", "doc_exact.yaml", "gallery/xor_tds.yaml", "data/iris.yaml"])
def test_a_view_shows_metrics_that_are_recorded_in_the_order_of_a_pass(file: str, tmp_path: Path) -> None:
    record = record_of(file, tmp_path, "training.epochs=3", "expect=[]")
    (view,) = record.views
    assert view.key == RUNS_KEY
    assert {series.key for series in record.metrics} >= set(metrics_of([view]))
    headings = [section.heading for section in view.sections]
    known = ["Error", "Predictions", "Weights and biases", "Gradients", "Updates", "Neurons"]
    assert headings == [heading for heading in known if heading in headings]
    assert headings[0] == "Error"


def test_the_documents_run_has_all_that_a_pass_has(tmp_path: Path) -> None:
    (view,) = record_of("doc.yaml", tmp_path).views
    assert [section.heading for section in view.sections] == ["Error", "Predictions", "Weights and biases", "Gradients"]
    assert view.runs == {"bprunner.kind": "run"}
    assert record_of("doc.yaml", tmp_path).tags["bprunner.kind"] == "run"


def test_samples_share_a_chart(tmp_path: Path) -> None:
    (view,) = record_of("gallery/xor_tds.yaml", tmp_path, "training.epochs=2", "expect=[]").views
    charts = next(section for section in view.sections if section.heading == "Predictions").charts
    assert [chart.metrics for chart in charts if isinstance(chart, Lines)] == [
        tuple(f"prediction/o1/sample {number}" for number in range(1, 5))
    ]


def test_errors_that_fall_far_are_on_a_logarithmic_axis(tmp_path: Path) -> None:
    for epochs, is_log in ((1, False), (20, True)):
        record = record_of("doc_exact.yaml", tmp_path, f"training.epochs={epochs}", "expect=[]")
        chart = run_views("x", record.metrics)[0].sections[0].charts[0]
        assert isinstance(chart, Lines)
        assert chart.is_log is is_log


def test_what_is_too_much_for_a_page_stays_out(tmp_path: Path) -> None:
    (view,) = record_of("data/iris.yaml", tmp_path, "training.epochs=1").views
    assert max(len(section.charts) for section in view.sections) == 24
