"""A study: the table and the trace of what was trained, and the populations of a search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bprunner.data.loading import load_samples
from bprunner.nn.network import error_of, forward
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps import executing
from bprunner.sweeps.comparing import COLUMNS
from bprunner.sweeps.declaring import read_sweep
from bprunner.sweeps.executing import execute_sweep
from bprunner.sweeps.folder import StudyFolder
from bprunner.sweeps.naming import run_name, short_names
from bprunner.sweeps.stability import largest_stable_rate
from bprunner.sweeps.study import Study, Varied
from bprunner.training.execution import execute
from bprunner.training.population import populate
from tests.conftest import ROOT

DOC = str(ROOT / "configs" / "doc_exact.yaml")
RATE = "training.learning_rate"


def declared(plan: dict[str, Any], **more: Any) -> SweepDeclaration:
    data = {"name": "s", "baseline": DOC, "set": {"training.epochs": 12}, "sweep": plan, **more}
    return read_sweep(data, allow_outside=True)


def study(folder: Path, plan: dict[str, Any], **more: Any) -> Study:
    declaration = declared(plan, **more)
    execute_sweep(declaration, StudyFolder(folder), 1)
    return Study(declaration, StudyFolder(folder))


def execute_until(declaration: SweepDeclaration, folder: StudyFolder, cells: int) -> None:
    """Stops when so many cells are done."""
    done = [0]
    execute_sweep(
        declaration,
        folder,
        1,
        tell=lambda progress: done.append(progress.done),
        should_stop=lambda: done[-1] >= cells,
    )


GRID = {"grid": {RATE: [0.01, 0.05, 1.0], "architecture.layers.0.activation": ["tanh", "linear"]}}


def test_the_table_and_the_steps_are_those_of_each_run_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executing, "block_size", lambda _: 2)
    done = study(tmp_path, GRID)
    assert list(done.table.columns) == ["run", RATE, "architecture.layers.0.activation", *COLUMNS]
    assert done.table["run"].tolist() == list(range(7)) == [cell.number for cell in done.cells()]
    samples = load_samples(done.baseline)
    steps = done.steps.frame()
    assert list(steps.columns) == ["run", "step", *done.steps.names]
    for cell in done.cells():
        alone = populate([cell.experiment], samples)
        trace = execute(alone, {}).trace
        own = steps[steps["run"] == cell.number]
        assert own["step"].tolist() == trace.steps.tolist()
        for name in done.steps.names:
            assert own[name].to_numpy().tobytes() == trace[name].tobytes()
        row = done.table.iloc[cell.number]
        if np.isfinite(trace["error"]).all():
            assert row["final_error"] == trace["error"][-1]
        assert row["stable_rate"] == largest_stable_rate(alone)[0]
    assert done.is_complete


def test_equal_cells_have_the_same_rows_each_under_its_number(tmp_path: Path) -> None:
    """The baseline's rate is on the grid: run 2 is trained once, and is there twice."""
    done = study(tmp_path, {"grid": {RATE: [0.01, 0.05]}})
    frame = done.steps.frame(["error"], [0, 2])
    assert sorted(set(frame["run"])) == [0, 2]
    assert frame[frame["run"] == 0]["error"].tolist() == frame[frame["run"] == 2]["error"].tolist()
    assert done.table["ratio"].tolist()[2] == 1.0
    assert done.steps.frame(["error"], [1])["run"].tolist() == [1] * 13


def test_a_series_or_a_run_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = study(tmp_path, {"grid": {RATE: [0.01]}})
    with pytest.raises(KeyError):
        done.steps.frame(["weight.w99"])
    with pytest.raises(KeyError):
        done.steps.frame(["error"], [99])


def test_runs_of_another_structure_have_what_they_have(tmp_path: Path) -> None:
    layers = {"one": [{"units": 1, "activation": "linear", "bias": "none"}], "two": "baseline"}
    plan = {"grid": {"architecture.layers": layers}}
    start = {"initial_weights": {"uniform": {"low": -1, "high": 1}, "seed": 3}, "training.epochs": 3}
    done = study(tmp_path, plan, set=start)
    assert "weight.w6" in done.steps.names
    frame = done.steps.frame(["error", "weight.w6"])
    assert frame[frame["run"] == 1]["weight.w6"].isna().all()
    assert frame[frame["run"] == 0]["weight.w6"].notna().all()


@pytest.mark.parametrize("points", [2, 3, 5, 12, 13, 50])
@pytest.mark.parametrize("every", [1, 5])
def test_of_many_steps_some_stand_for_all(points: int, every: int, tmp_path: Path) -> None:
    """The first and the last of each run among them, also of those that diverge early; each as it is."""
    done = study(tmp_path, {"grid": {RATE: [0.01, 1.0, 1e160]}}, trace={"every": every})
    whole = done.steps.frame()
    some = done.steps.frame(points=points)
    for run in range(4):
        own, all_of_it = some[some["run"] == run], whole[whole["run"] == run]
        assert len(all_of_it) == done.steps.count(run)
        assert len(own) == min(points, len(all_of_it))
        assert own["step"].iloc[[0, -1]].tolist() == all_of_it["step"].iloc[[0, -1]].tolist()
        same = all_of_it[all_of_it["step"].isin(own["step"])].reset_index(drop=True)
        assert own.reset_index(drop=True).equals(same)


def test_a_study_that_is_not_finished_says_so(tmp_path: Path) -> None:
    declaration = declared(GRID)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(executing, "block_size", lambda _: 1)
        execute_until(declaration, StudyFolder(tmp_path), 3)
    part = Study(declaration, StudyFolder(tmp_path))
    assert 0 < len(part) < 7
    assert not part.is_complete
    assert len(part.table) == len(part)


def test_what_varies_is_known_by_its_kind(tmp_path: Path) -> None:
    start = {"initial_weights": {"uniform": {"low": -1, "high": 1}, "seed": 3}, "training.epochs": 3}
    rates = {"geometric": {"from": 0.001, "to": 1, "count": 3}}
    plan = {"grid": {RATE: rates, "training.epochs": [1, 2], "training.update_order": ["sequential"]}, "repeat": 2}
    done = study(tmp_path, plan, set=start)
    assert done.axes == (
        Varied(RATE, "number", True),
        Varied("training.epochs", "number", False),
        Varied("training.update_order", "label", False),
        Varied("repeat", "seed", False),
    )


def test_the_error_surface_is_the_error_at_those_weights(tmp_path: Path) -> None:
    done = study(tmp_path, {"grid": {RATE: [0.01]}})
    first, second = np.array([0.0, 0.1, -2.0]), np.array([0.5, 1e200])
    errors = done.error_surface(("weight.w1", "weight.w5"), first, second)
    alone = populate([done.baseline.experiment], load_samples(done.baseline))
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            alone.weights.W[0][0, 0, 0], alone.weights.W[1][0, 0, 0] = one, other
            passed = forward(alone.layers, alone.weights, alone.part.inputs)
            with np.errstate(over="ignore"):
                expected = error_of(alone.objective, passed, alone.part.targets, alone.weights)[0, 0, 0]
            assert errors[i, j] == expected
    with pytest.raises(KeyError):
        done.error_surface(("weight.w1", "bias.b1"), first, second)


# Searches

SEARCH = {"tpe": {"trials": 30, "seed": 1, "population": 10}, "of": {RATE: {"log_uniform": {"from": 1e-4, "to": 10}}}}


@pytest.mark.parametrize("plan", [{"search": SEARCH}, {"search": SEARCH, "grid": {"training.epochs": [5, 12]}}])
def test_a_search_finds_better_rates_and_goes_on_where_it_was_stopped(plan: dict[str, Any], tmp_path: Path) -> None:
    whole = study(tmp_path / "whole", plan)
    each = len(plan.get("grid", {}).get("training.epochs", [1]))
    assert len(whole) == 1 + 30 * each
    # With the rates proposed last it does better than with those proposed first.
    errors = np.where(np.isfinite(whole.table["final_error"]), whole.table["final_error"], 1e300)
    assert np.median(errors[-10 * each :]) < np.median(errors[1 : 10 * each + 1])
    declaration = declared(plan)
    folder = StudyFolder(tmp_path / "part")
    execute_until(declaration, folder, 12 * each)
    part = Study(declaration, folder)
    assert 0 < len(part) < len(whole)
    execute_sweep(declaration, folder, 1)
    rest = Study(declaration, folder)
    assert [cell.hash for cell in rest.cells()] == [cell.hash for cell in whole.cells()]
    assert rest.table.equals(whole.table)


# Names


def test_names_are_as_short_as_they_can_be() -> None:
    paths = [RATE, "architecture.layers.0.units", "architecture.layers.1.units", "initial_weights.w5", "seed"]
    assert list(short_names(paths).values()) == ["learning_rate", "layers.0.units", "layers.1.units", "w5", "seed"]
    assert short_names(["a.b", "c.b"]) == {"a.b": "a.b", "c.b": "c.b"}
    assert short_names(["x"]) == {"x": "x"}


def test_a_run_is_called_by_what_varies() -> None:
    declaration = declared(GRID)
    names = [run_name(cell, short_names(declaration.paths)) for cell in declaration.cells()]
    assert names[:3] == ["baseline", "learning_rate=0.01, activation=tanh", "learning_rate=0.01, activation=linear"]
