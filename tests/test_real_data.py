"""The networks on real data reach what their page says."""

from __future__ import annotations

import re

import pytest

import bprunner
from bprunner.runs.run import Run
from tests.conftest import ROOT

FOLDER = ROOT / "configs" / "data"
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
ROWS = {
    row[1]: [cell.strip() for cell in row[2].split("|")]
    for row in re.finditer(r"^\| \[(\w+)\]\S+ \|(.+)\|$", PAGE, re.M)
}
MEASURES = {"accuracy": "held_out.accuracy", "mean squared error": "held_out.reported_error"}


@pytest.fixture(scope="module", params=sorted(path.stem for path in FOLDER.glob("*.yaml")))
def run(request: pytest.FixtureRequest) -> Run:
    return bprunner.run(FOLDER / f"{request.param}.yaml")


def test_the_page_has_what_a_run_reaches(run: Run) -> None:
    """Another processor may see one sample or two in another way: the last bit of exp is its own."""
    counts, _, _, measure, told, *_ = ROWS[run.experiment.name]
    assert run.status == "finished"
    training, held_out = (int(number) for number in counts.split(", "))
    assert (len(run.samples), len(run.samples.held_out or ())) == (training, held_out)
    assert run.trace[MEASURES[measure]][-1] == pytest.approx(float(told), abs=2.1 / held_out)
    assert f"| {run.experiment.name} | {run.updates:,} |" in PAGE


def test_digits_are_read_as_well_as_is_published() -> None:
    *_, told, spread, _ = ROWS["digits"]
    assert float(told) >= 0.96
    assert min(float(number) for number in re.findall(r"[\d.]+", spread)) >= 0.96
