"""MLflow's pages in a browser: the link opens the charts, with a line for each run, and no name in them is markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import bprunner
from bprunner.runs.studies import deliver, train_study
from bprunner.runs.study_looks import BASELINE_COLOUR
from bprunner.runs.study_readme import write_readme
from bprunner.runs.study_views import ERRORS, FINAL, VARIES, WEIGHTS
from bprunner.sweeps.declaring import read_sweep
from bprunner.sweeps.findings import findings
from bprunner.tracking.addresses import page, resolve_tracking_uri
from bprunner.tracking.studies import RecordedStudy
from bprunner.tracking.views import MOST_RUNS, dashboard_key
from tests.browser.chromium import Chromium
from tests.browser.mlflow_pages import lines, serving, texts, until, visit
from tests.conftest import ROOT

pytestmark = pytest.mark.xdist_group("browser")

DOC = str(ROOT / "configs" / "doc_exact.yaml")
RATE = "training.learning_rate"
SIXTY_ONE = {RATE: {"geometric": {"from": 0.001, "to": 1, "count": 61}}}
THOUSAND = {
    RATE: {"geometric": {"from": 0.001, "to": 0.5, "count": 40}},
    "initial_weights.w5": {"linear": {"from": 0.1, "to": 1, "count": 25}},
}
HOSTILE = """<img src=x onerror="window.spoilt=1"> [x](javascript:alert(1)) </script> `a` | "b" שלום 🙂"""
LABELS = {HOSTILE: "tanh", "plain": "linear"}
# What MLflow says by itself, also of an empty experiment: nobody is logged in, and its table has old options.
NOT_OURS = ("users/current", "AG Grid", "ResizeObserver loop")
CRIMSON = "rgb({}, {}, {})".format(*(int(BASELINE_COLOUR[at : at + 2], 16) for at in (1, 3, 5)))


@dataclass
class Pages:
    """A server on a store with a run and three studies."""

    folder: Path
    base: str
    run_id: str
    experiment_id: str
    studies: dict[str, RecordedStudy]

    def dashboard(self, name: str, part: str = "") -> str:
        study = self.studies[name]
        return self.base + page(study.experiment_id, view=dashboard_key(study.run_id, part))


def _study(folder: Path, name: str, grid: dict[str, Any], title: str = "", has_pictures: bool = False) -> RecordedStudy:
    """Trained and recorded."""
    data = {"name": name, "baseline": DOC, "sweep": {"grid": grid}, **({"title": title} if title else {})}
    study = train_study(read_sweep(data, allow_outside=True), folder, ["sweep.yaml"], workers=1).study
    if has_pictures:
        write_readme(study, study.path)
    found = [str(each) for each in findings(study)]
    pictures = [study.path / "pictures"] if has_pictures else []
    done = deliver(study, resolve_tracking_uri(folder, {}), folder, findings=found, files=lambda: pictures)
    assert done is not None
    return done


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    folder = tmp_path_factory.mktemp("pages")
    studies = {
        "hostile": _study(folder, HOSTILE[:200], {"architecture.layers.0.activation": LABELS}, HOSTILE),
        "thousand": _study(folder, "thousand", THOUSAND),
        "rates": _study(folder, "rates", SIXTY_ONE, has_pictures=True),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        run = bprunner.run(ROOT / "configs" / "doc.yaml", record=True)
    assert run.recorded is not None
    with serving(folder) as link:
        base = link.partition("/#")[0]
        yield Pages(folder, base, run.recorded.run_id, run.recorded.experiment_id, studies)


def complaints(chromium: Chromium) -> list[str]:
    return [said for said in chromium.complaints() if not any(known in said for known in NOT_OURS)]


def headings(chromium: Chromium) -> list[str]:
    """Of the sections that are there: each is followed by how many charts it has, in brackets."""
    written = chromium.find("body").text.splitlines()
    return [line for line, after in pairwise(written) if re.fullmatch(r"\(\d+\)", after)]


def wait_for(chromium: Chromium, count: int) -> list[str]:
    """The colours of the first chart once it has so many lines."""
    until(
        chromium.driver, lambda: [each for each in lines(chromium.driver)[:1] if len(each) == count], f"{count} lines"
    )
    return lines(chromium.driver)[0]


# A study


@pytest.mark.parametrize(("name", "runs"), [("rates", 62), ("thousand", MOST_RUNS)])
def test_the_dashboard_has_a_line_for_each_run_and_the_baseline_above_them(
    name: str, runs: int, pages: Pages, chromium: Chromium
) -> None:
    visit(chromium.driver, pages.dashboard(name))
    colours = wait_for(chromium, runs)
    assert colours[-1] == CRIMSON
    assert colours.count(CRIMSON) == 1
    assert len(set(colours)) > 20
    assert headings(chromium) == [ERRORS, FINAL, VARIES, WEIGHTS]
    assert complaints(chromium) == []


def test_each_part_opens_by_itself(pages: Pages, chromium: Chromium) -> None:
    visit(chromium.driver, pages.dashboard("rates", "final"))
    points = "return document.querySelectorAll('.scatterlayer .point').length"
    # Six runs diverged, and have no final error on this axis.
    assert until(chromium.driver, lambda: chromium.run(points) == 62 - 6, "a point for each run")
    visit(chromium.driver, pages.dashboard("rates", "varies"))
    drawn = "return document.querySelectorAll('.parcoords canvas').length"
    assert until(chromium.driver, lambda: chromium.run(drawn), "the parallel coordinates")
    visit(chromium.driver, pages.dashboard("rates", "weights"))
    assert until(
        chromium.driver, lambda: [len(each) for each in lines(chromium.driver)[:3]] == [62] * 3, "the weights' lines"
    )
    assert {each[-1] for each in lines(chromium.driver)[:3]} == {CRIMSON}


def test_the_table_has_what_varies_the_fate_and_the_ratio_with_the_baseline_on_top(
    pages: Pages, chromium: Chromium
) -> None:
    visit(chromium.driver, pages.dashboard("rates", "table").replace("&compareRunsMode=CHART", ""))
    names = "[role=row] [col-id*=rowName], [role=row] a[href*='/runs/']"
    shown = until(chromium.driver, lambda: [text for text in texts(chromium.driver, names) if text], "the table's rows")
    assert shown[0] == "baseline"
    assert "learning_rate=0.001" in shown[1]
    columns = {"bprunner.fate", "training.learning_rate", "summary/ratio_to_baseline", "summary/final_error"}
    until(chromium.driver, lambda: columns <= set(texts(chromium.driver, "[role=columnheader] *")), "the columns")
    assert "still falling" in chromium.find("body").text


def test_views_are_listed_by_their_names(pages: Pages, chromium: Chromium) -> None:
    visit(chromium.driver, pages.dashboard("rates"))
    wait_for(chromium, 62)
    button = next(each for each in chromium.driver.find_elements("css selector", "button") if each.text == "rates")
    button.click()
    names = ("rates: table of runs", "rates: error over the steps", "rates: final error over what varies")
    menu = until(
        chromium.driver, lambda: names[0] in chromium.find("body").text and chromium.find("body").text, "a menu"
    )
    assert all(name in menu for name in names)


def test_the_studys_run_shows_its_findings_and_a_picture(pages: Pages, chromium: Chromium) -> None:
    study = pages.studies["rates"]
    visit(chromium.driver, pages.base + page(study.experiment_id, study.run_id))
    loaded = (
        "return [...document.images].filter((each) => each.naturalWidth > 0 && /get-artifact/.test(each.src)).length"
    )
    assert until(chromium.driver, lambda: chromium.run(loaded), "the pictures")
    assert "15 converged, 34 are still falling" in chromium.find("body").text
    assert dashboard_key(study.run_id) in chromium.find("a[href*=viewStateShareKey]").get_attribute("href")


# A run


def test_single_runs_are_shown_in_the_order_of_a_pass(pages: Pages, chromium: Chromium) -> None:
    visit(chromium.driver, pages.base + page(pages.experiment_id, view="bprunner-runs"))
    chromium.tell("Emulation.setDeviceMetricsOverride", width=1400, height=4200, deviceScaleFactor=1, mobile=False)
    until(chromium.driver, lambda: len([each for each in lines(chromium.driver) if each]) >= 14, "all charts")
    assert headings(chromium) == ["Error", "Predictions", "Weights and biases", "Gradients"]
    assert complaints(chromium) == []


def test_a_run_leads_to_its_document_and_its_model(pages: Pages, chromium: Chromium) -> None:
    visit(chromium.driver, pages.base + page(pages.experiment_id, pages.run_id))
    link = until(
        chromium.driver,
        lambda: chromium.run("return document.querySelector(\"a[href*='artifacts/document']\")?.href"),
        "a link to the document",
    )
    model = until(
        chromium.driver, lambda: chromium.run("return document.querySelector(\"a[href*='/models/m-']\")?.href"), ""
    )
    assert model
    visit(chromium.driver, link)
    found = "return [...document.querySelectorAll('iframe')].length"
    assert until(chromium.driver, lambda: chromium.run(found), "the document")


# Names


def test_names_are_text_wherever_they_stand(pages: Pages, chromium: Chromium) -> None:
    visit(chromium.driver, pages.dashboard("hostile"))
    assert wait_for(chromium, 3)
    study = pages.studies["hostile"]
    assert HOSTILE[:30] in chromium.find("body").text
    visit(chromium.driver, pages.base + page(study.experiment_id, study.run_id))
    until(chromium.driver, lambda: HOSTILE[:60] in chromium.find("body").text, "the name")
    assert chromium.run("return window.spoilt ?? null") is None
    assert chromium.run("return document.querySelectorAll(\"a[href^='javascript:']\").length") == 0
    outside = [address for address in chromium.requests() if not address.startswith((pages.base, "data:", "about:"))]
    assert outside == []
