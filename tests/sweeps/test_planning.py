"""A plan: how much there is to do, what it would take, and which limits it is above."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bprunner.errors import StudyError
from bprunner.spec.sweep import Limits
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps import planning
from bprunner.sweeps.amounts import size_text, time_text
from bprunner.sweeps.declaring import read_sweep
from bprunner.sweeps.executing import execute_sweep
from bprunner.sweeps.folder import StudyFolder
from bprunner.sweeps.planning import Plan, free_disk, free_memory, plan
from tests.conftest import ROOT

DOC = str(ROOT / "configs" / "doc_exact.yaml")
RATE = "training.learning_rate"


def declared(plan: dict[str, Any], epochs: int = 9, **more: Any) -> SweepDeclaration:
    data = {"name": "s", "baseline": DOC, "set": {"training.epochs": epochs}, "sweep": plan, **more}
    return read_sweep(data, allow_outside=True)


def test_cells_are_counted_by_their_structure_and_what_is_done_is_left_out(tmp_path: Path) -> None:
    grid = {"grid": {RATE: [0.01, 0.02], "architecture.layers.0.activation": ["linear", "tanh", "relu"]}}
    declaration, folder = declared(grid), StudyFolder(tmp_path)
    planned = plan(declaration, folder)
    assert (planned.cells, planned.done) == (7, 0)
    assert [(each.cells, each.steps, each.series) for each in planned.groups] == [(3, 9, 7), (2, 9, 7), (2, 9, 7)]
    assert not any(tmp_path.iterdir())
    execute_sweep(declared({"grid": {RATE: [0.01, 0.02]}}), folder, 1)
    rest = plan(declaration, folder)
    assert (rest.cells, rest.done) == (7, 3)
    assert sum(each.cells for each in rest.groups) == 4
    execute_sweep(declaration, folder, 1)
    assert plan(declaration, folder).groups == ()


def test_of_a_search_the_most_there_will_be_is_counted(tmp_path: Path) -> None:
    of = {RATE: {"log_uniform": {"from": 0.001, "to": 1}}}
    search = {"tpe": {"trials": 30, "seed": 1}, "of": of}
    planned = plan(declared({"search": search}), StudyFolder(tmp_path))
    assert planned.cells == 31
    assert [each.cells for each in planned.groups] == [31]


def test_what_is_written_is_about_what_was_said(tmp_path: Path) -> None:
    """The disk that a study takes, with every step and with some, within half of it."""
    rates = {"grid": {RATE: {"linear": {"from": 0.01, "to": 0.2, "count": 200}}}}
    for every in (1, 10):
        declaration = declared(rates, 300, trace={"every": every})
        folder = StudyFolder(tmp_path / str(every))
        planned = plan(declaration, folder)
        execute_sweep(declaration, folder, 1)
        written = sum(path.stat().st_size for path in folder.path.iterdir())
        assert 0.5 * planned.disk < written < 1.5 * planned.disk


def test_training_is_tried_where_it_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a trial takes, so many times: no more is asked of a clock here."""
    monkeypatch.setattr(planning, "_PROBE_SECONDS", 0.001)
    rates = {"grid": {RATE: {"linear": {"from": 0.01, "to": 0.2, "count": 50}}}}
    tried: list[float] = []
    measured = planning._measured

    def noted(*arguments: Any) -> float:
        tried.append(measured(*arguments))
        return tried[-1]

    monkeypatch.setattr(planning, "_measured", noted)
    assert plan(declared(rates, 50), StudyFolder(tmp_path), measure_from=1e9).seconds > 0
    assert not tried
    assert plan(declared(rates, 50), StudyFolder(tmp_path), measure_from=0).seconds > 0
    assert tried


WHOLE = Plan(cells=100, done=40, groups=(), workers=2, seconds=90.0, memory=10**9, disk=5 * 10**6, rows=1000)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({}, ()),
        ({"runs": 60, "rows": 1000, "time": 90, "disk": 5 * 10**6}, ()),
        ({"runs": 59}, ("60 runs; `limits.runs` is 59",)),
        ({"time": "1 min"}, ("about 1.5 min; `limits.time` is 1 min",)),
        ({"disk": "1 MB"}, ("about 5 MB on the disk; `limits.disk` is 1 MB",)),
        ({"rows": 999, "runs": 1}, ("60 runs", "1,000 metric rows; `limits.rows` is 999")),
    ],
)
def test_what_is_above_a_limit_is_said(limits: dict[str, Any], words: tuple[str, ...]) -> None:
    beyond = WHOLE.beyond(Limits.model_validate(limits))
    assert len(beyond) == len(words)
    assert all(text.startswith(word) for text, word in zip(beyond, words, strict=True))


def test_room_is_checked_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    WHOLE.check_room(tmp_path / "not" / "there" / "yet")
    monkeypatch.setattr(planning, "free_disk", lambda _: 5 * 10**6)
    with pytest.raises(StudyError, match="needs about 5 MB on the disk, and 5 MB are free"):
        WHOLE.check_room(tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(planning, "free_memory", lambda: 10**9)
    with pytest.raises(StudyError, match="needs about 1 GB of memory, and 1 GB are free"):
        WHOLE.check_room(tmp_path)
    monkeypatch.setattr(planning, "free_memory", lambda: None)
    WHOLE.check_room(tmp_path)


def test_what_is_free_is_known(tmp_path: Path) -> None:
    assert free_disk(tmp_path / "a" / "b") > 0
    assert (free_memory() or 1) > 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (size_text(0), "0 B"),
        (size_text(999), "999 B"),
        (size_text(1000), "1 kB"),
        (size_text(1_540_000), "1.5 MB"),
        (size_text(25 * 10**9), "25 GB"),
        (size_text(3 * 10**15), "3,000 TB"),
        (time_text(0), "0.1 s"),
        (time_text(59.4), "59 s"),
        (time_text(90), "1.5 min"),
        (time_text(5400), "1.5 h"),
        (time_text(200_000), "2.3 d"),
    ],
)
def test_amounts_have_two_digits_and_a_unit(text: str, expected: str) -> None:
    assert text == expected
