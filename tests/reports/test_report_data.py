"""The data of a report: the study's own numbers to six digits, and what stands for all where there are too many."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from bprunner.reports import choosing, report_data
from bprunner.reports.choosing import choose, in_order
from bprunner.reports.report_data import HEADINGS, short
from bprunner.sweeps.comparing import COLUMNS
from bprunner.sweeps.study import Study
from tests.reports.studies import MIXED, OPTIMIZER, RATE, RATES, hostile, trained


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return trained(tmp_path_factory.mktemp("mixed"), MIXED)


def number(value: Any) -> float | None:
    return None if value is None else float(value)


def column(data: dict[str, Any], key: str) -> dict[str, Any]:
    (found,) = (each for each in data["columns"] if each["key"] == key)
    return found  # type: ignore[no-any-return]


def as_shown(value: Any) -> float | None:
    """A number of the table as a page may show it."""
    return None if value is None or value != value else float(f"{float(value):.6g}")


def test_the_columns_are_the_table_s(mixed: Study) -> None:
    data, table = report_data.report_data(mixed), mixed.table
    assert [each["key"] for each in data["columns"]] == list(table.columns)
    assert set(HEADINGS) == set(COLUMNS)
    for each in data["columns"]:
        own = table[each["key"]].astype(object).where(table[each["key"]].notna(), None).tolist()
        if each["type"] == "label":
            shown = [None if value is None else each["labels"][value] for value in each["values"]]
            assert shown == own
        else:
            assert [number(value) for value in each["values"]] == [as_shown(value) for value in own], each["key"]
    assert column(data, RATE)["log"]
    assert column(data, RATE)["name"] == "learning_rate"
    assert column(data, OPTIMIZER)["labels"] == ["gradient_descent", "adam"]
    assert "inf" in column(data, "final_error")["values"]


def test_the_lines_are_the_trace_s(mixed: Study) -> None:
    data = report_data.report_data(mixed)
    assert [each["name"] for each in data["quantities"]] == ["error", *(f"weight.w{at}" for at in range(1, 7))]
    assert data["left_out"] == 0
    for quantity in data["quantities"]:
        frame = mixed.steps.frame([quantity["name"]])
        assert quantity["rows"] == list(range(len(mixed)))
        for row, which, values in zip(quantity["rows"], quantity["which"], quantity["values"], strict=True):
            own = frame[frame["run"] == mixed.table["run"].iloc[row]].dropna()
            assert quantity["steps"][which] == own["step"].tolist()
            assert list(map(number, values)) == [as_shown(value) for value in own[quantity["name"]]]


def test_it_is_json_without_what_json_does_not_have(mixed: Study) -> None:
    data = report_data.report_data(mixed)
    assert json.loads(json.dumps(data, allow_nan=False)) == data


def test_of_many_runs_an_even_choice_with_the_baseline_is_drawn(mixed: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "MOST_LINES", 7)
    monkeypatch.setattr(choosing, "FIRST_NUMBERS", 35)
    first = report_data.report_data(mixed)["quantities"][0]
    assert first["rows"] == [0, 3, 6, 9, 12, 15, 18]
    assert first["thinned"]
    for steps in first["steps"]:
        assert len(steps) <= 5
        assert steps[0] == 0
    assert max(steps[-1] for steps in first["steps"]) == 12


def test_of_very_many_runs_an_even_choice_has_rows(mixed: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_data, "MOST_ROWS", 7)
    data = report_data.report_data(mixed)
    assert column(data, "run")["values"] == [0, 3, 6, 9, 12, 15, 18]
    assert data["runs"] == 19
    quantity = data["quantities"][0]
    assert quantity["rows"] == list(range(7))
    ends = mixed.steps.frame(["error"], [18])["error"].dropna()
    assert number(quantity["values"][-1][-1]) == as_shown(ends.iloc[-1])


def test_quantities_that_have_no_room_have_few_lines_or_are_left_out(
    mixed: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choosing, "OTHER_NUMBERS", 120)
    monkeypatch.setattr(choosing, "FEWEST_NUMBERS", 30)
    monkeypatch.setattr(choosing, "FEW_LINES", 4)
    choices, left_out = choose(mixed, range(len(mixed)))
    assert [(each.name, len(each.rows)) for each in choices] == [
        ("error", 19), ("weight.w1", 4), ("weight.w2", 4), ("weight.w3", 4), ("weight.w4", 4),
    ]  # fmt: skip
    assert left_out == 2
    assert all(0 in each.rows for each in choices)
    assert sum(len(each.rows) * each.points for each in choices[1:]) <= 120


def test_the_error_comes_first_and_parameters_after_what_is_measured() -> None:
    names = ["weight.w1", "bias.b1", "error", "accuracy", "training.error", "gradient.w1", "held_out.error"]
    assert in_order(names) == [
        "training.error", "error", "accuracy", "held_out.error", "weight.w1", "bias.b1", "gradient.w1",
    ]  # fmt: skip


def test_what_is_measured_at_the_ends_of_epochs_is_found_there(tmp_path: Path) -> None:
    data = {"inputs": [[float(each)] for each in range(6)], "targets": [[2.0 * each] for each in range(6)]}
    baseline = {
        "name": "line",
        "architecture": {"inputs": 1, "layers": [{"units": 1, "activation": "linear", "bias": "trained"}]},
        "initial_weights": {"w1": 0.5, "b1": 0.0},
        "dataset": data,
        "training": {
            "loss": "half_squared_error", "optimizer": "gradient_descent", "learning_rate": 0.01, "epochs": 40,
            "batches": {"minibatches": {"size": 2}},
        },
    }  # fmt: skip
    path = tmp_path / "line.json"
    path.write_text(json.dumps(baseline), encoding="utf-8")
    study = trained(tmp_path / "study", {"grid": RATES}, baseline=str(path), set={})
    quantity = report_data.report_data(study)["quantities"][0]
    assert quantity["name"] == "training.error"
    own = study.steps.frame(["training.error"], [0]).dropna()
    assert quantity["steps"][quantity["which"][0]] == own["step"].tolist() == list(range(0, 121, 3))
    assert list(map(number, quantity["values"][0])) == [as_shown(value) for value in own["training.error"]]


def test_labels_are_on_one_line(tmp_path: Path) -> None:
    data = report_data.report_data(hostile(tmp_path))
    labels = column(data, "initial_weights")["labels"]
    assert len(labels) == 7  # the baseline has one, too
    assert all(label.isprintable() for label in labels)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1.0, 1), (0.1234567, 0.123457), (-0.0, 0), (math.nan, None), (None, None), (math.inf, "inf"), (5, 5),
        (-math.inf, "-inf"), (1e300, 1e300), (5e-324, 5e-324), (123456789.0, 123457000.0),
    ],
)  # fmt: skip
def test_numbers_are_short(value: Any, shown: Any) -> None:
    assert short(value) == shown
    assert type(short(value)) is type(shown)
