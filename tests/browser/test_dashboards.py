"""MLflow's pages in a browser: the link opens the charts, with a line for each run, and no name in them is markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import bprunner
from bprunner.cli.main import app
from bprunner.runs.studies import deliver, train_study
from bprunner.runs.study_looks import BASELINE_COLOUR
from bprunner.runs.study_readme import write_readme
from bprunner.runs.study_views import ERRORS, FINAL, VARIES, WEIGHTS
from bprunner.sweeps.declaring import read_sweep
from bprunner.sweeps.findings import findings
from bprunner.tracking.addresses import page, resolve_tracking_uri
from bprunner.tracking.experiments import TRAINING_PAGES
from bprunner.tracking.records import Recorded
from bprunner.tracking.store import open_store
from bprunner.tracking.studies import RecordedStudy
from bprunner.tracking.views import MOST_RUNS, RUNS_KEY, dashboard_key
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
HOSTILE = (
    """<img src=x onerror="window.spoilt=1"> [x](javascript:alert(1)) </script> `a` | "b" שלום 🙂 """
    "![x](http://192.0.2.1/x.png)"
)
LABELS = {HOSTILE: "tanh", "plain": "linear"}
# What MLflow says by itself, also of an empty experiment: nobody is logged in, and its table has two old options.
NOT_OURS = {
    "/ajax-api/2.0/mlflow/users/current": "nobody is logged in",
    "`getRowNodeId` is deprecated": "an old option of its table",
    "`immutableData` is deprecated": "another one",
}
# What Chromium says of a page that is laid out twice between two pictures, as these are on a busy machine.
RESIZED = "ResizeObserver loop completed with undelivered notifications"
_INSIDE = ("data:", "about:", "blob:")
CRIMSON = "rgb({}, {}, {})".format(*(int(BASELINE_COLOUR[at : at + 2], 16) for at in (1, 3, 5)))


@dataclass
class Pages:
    """A server on a store with two runs, three studies and an empty experiment.

    link: what `bprun ui rates` printed.
    """

    link: str
    run: Recorded
    hostile_run: Recorded
    studies: dict[str, RecordedStudy]
    empty: str

    @property
    def base(self) -> str:
        return self.link.partition("/#")[0]

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
        doc = ROOT / "configs" / "doc.yaml"
        named = {"name": f"{HOSTILE[:60]} run", "title": HOSTILE, "source": HOSTILE}
        hostile, run = (bprunner.run(doc, changed, record=True).recorded for changed in (named, {}))
    assert hostile is not None
    assert run is not None
    empty = open_store(resolve_tracking_uri(folder, {})).create_experiment("empty", tags=TRAINING_PAGES)
    with serving(folder, "rates") as link:
        yield Pages(link, run, hostile, studies, str(empty))


def complaints(chromium: Chromium) -> list[str]:
    """What a page says on the console that MLflow does not say by itself."""
    return [said for said in chromium.complaints() if not any(known in said for known in (*NOT_OURS, RESIZED))]


def is_untouched(chromium: Chromium, pages: Pages) -> bool:
    """Whether nothing in a name was executed, is a link with a script, or was asked for elsewhere."""
    outside = [address for address in chromium.requests() if not address.startswith((pages.base, *_INSIDE))]
    links = chromium.run("return document.querySelectorAll(\"a[href^='javascript:']\").length")
    images = chromium.run("return document.querySelectorAll('img[onerror]').length")
    return (chromium.run("return window.spoilt ?? null"), outside, links, images) == (None, [], 0, 0)


def command(pages: Pages, *arguments: str) -> Any:
    """`bprun ui` where the server of the pages is the store: it has nothing to start."""
    return CliRunner().invoke(app, ["ui", "--no-browser", *arguments], env={"MLFLOW_TRACKING_URI": pages.base})


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


# The link


def test_the_link_is_that_of_the_dashboard(pages: Pages) -> None:
    rates, runs = pages.dashboard("rates"), pages.base + page(pages.run.experiment_id, view=RUNS_KEY)
    assert pages.link == rates
    # The single run was recorded last.
    for arguments, link in {
        ("rates",): rates,
        (pages.studies["rates"].run_id,): rates,
        ("thousand",): pages.dashboard("thousand"),
        (): runs,
        ("doc",): runs,
        (pages.run.run_id,): runs,
    }.items():
        assert command(pages, *arguments).stdout.strip() == link
    unknown = command(pages, "ratse")
    assert unknown.exit_code != 0
    assert "Did you mean rates?" in unknown.stderr


def test_an_empty_experiment_says_on_the_console_what_is_not_ours(pages: Pages, chromium: Chromium) -> None:
    visit(chromium.driver, pages.base + page(pages.empty))
    said: list[str] = []

    def has_said_all() -> bool:
        said.extend(chromium.complaints())
        return all(any(known in each for each in said) for known in NOT_OURS)

    until(chromium.driver, has_said_all, "what MLflow says by itself")


# A study


@pytest.mark.parametrize(("name", "runs"), [("rates", 62), ("thousand", MOST_RUNS)])
def test_the_dashboard_has_a_line_for_each_run_and_the_baseline_above_them(
    name: str, runs: int, pages: Pages, chromium: Chromium
) -> None:
    visit(chromium.driver, pages.link if name == "rates" else pages.dashboard(name))
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
    parts = (f"rates: {part[0].lower()}{part[1:]}" for part in (ERRORS, FINAL, VARIES, WEIGHTS))
    names = ["rates: table of runs", *parts]
    menu = until(
        chromium.driver, lambda: names[0] in chromium.find("body").text and chromium.find("body").text, "a menu"
    )
    assert all(name in menu for name in names)


@pytest.mark.parametrize("is_run", [True, False], ids=["its run", "the experiment"])
def test_a_study_is_described_with_its_findings_and_pictures(is_run: bool, pages: Pages, chromium: Chromium) -> None:
    study = pages.studies["rates"]
    visit(chromium.driver, pages.base + page(study.experiment_id, study.run_id) if is_run else pages.link)
    loaded = (
        "return [...document.images].filter((each) => each.naturalWidth > 0 && /get-artifact/.test(each.src)).length"
    )
    assert until(chromium.driver, lambda: chromium.run(loaded) == 1 + is_run, "the pictures")
    # MLflow folds an experiment's description: it stands there, but its text is not seen until somebody asks for it.
    assert "15 converged, 34 are still falling" in chromium.run("return document.body.textContent")
    assert dashboard_key(study.run_id) in chromium.find("a[href*=viewStateShareKey]").get_attribute("href")


# A run


def test_single_runs_are_shown_in_the_order_of_a_pass(pages: Pages, chromium: Chromium) -> None:
    chromium.tell("Emulation.setDeviceMetricsOverride", width=1400, height=4200, deviceScaleFactor=1, mobile=False)
    visit(chromium.driver, pages.base + page(pages.run.experiment_id, view=RUNS_KEY))
    until(chromium.driver, lambda: len([each for each in lines(chromium.driver) if each]) >= 14, "all charts")
    assert headings(chromium) == ["Error", "Predictions", "Weights and biases", "Gradients"]
    assert complaints(chromium) == []


def test_a_run_leads_to_its_document_and_its_model(pages: Pages, chromium: Chromium) -> None:
    visit(chromium.driver, pages.base + page(pages.run.experiment_id, pages.run.run_id))
    link = until(
        chromium.driver,
        lambda: chromium.run("return document.querySelector(\"a[href*='artifacts/document']\")?.href"),
        "a link to the document",
    )
    model = "a[href*='/models/m-']"
    until(chromium.driver, lambda: texts(chromium.driver, model), "a link to the model")
    visit(chromium.driver, link)
    frame = until(chromium.driver, lambda: chromium.driver.find_elements("css selector", "iframe"), "a frame")[0]
    chromium.driver.switch_to.frame(frame)
    try:
        written = "return document.body?.innerText ?? ''"
        until(chromium.driver, lambda: "Backpropagation Step by Step" in chromium.run(written), "the document")
        assert "Forward pass" in chromium.run(written)
    finally:
        chromium.driver.switch_to.default_content()
    visit(chromium.driver, f"{pages.base}/#/experiments/{pages.run.experiment_id}/models?workflowType=machine_learning")
    until(chromium.driver, lambda: "model" in texts(chromium.driver, model), "the list of models")
    assert "Ready" in chromium.find("body").text


# Names


def test_names_of_a_study_are_text_wherever_they_stand(pages: Pages, chromium: Chromium) -> None:
    study = pages.studies["hostile"]
    visit(chromium.driver, pages.dashboard("hostile"))
    assert wait_for(chromium, 3)
    assert HOSTILE[:30] in chromium.find("body").text
    assert is_untouched(chromium, pages)
    assert complaints(chromium) == []
    visit(chromium.driver, pages.dashboard("hostile", "table").replace("&compareRunsMode=CHART", ""))
    until(chromium.driver, lambda: any(HOSTILE[:30] in each for each in texts(chromium.driver, "[role=row]")), "rows")
    assert is_untouched(chromium, pages)
    visit(chromium.driver, pages.base + page(study.experiment_id, study.run_id))
    until(chromium.driver, lambda: HOSTILE[:60] in chromium.find("body").text, "the name")
    assert is_untouched(chromium, pages)


def test_names_of_a_run_are_text_wherever_they_stand(pages: Pages, chromium: Chromium) -> None:
    run = pages.hostile_run
    visit(chromium.driver, pages.base + page(run.experiment_id, view=RUNS_KEY))
    until(chromium.driver, lambda: any(lines(chromium.driver)), "charts")
    assert HOSTILE[:60] in chromium.find("body").text
    assert is_untouched(chromium, pages)
    visit(chromium.driver, pages.base + page(run.experiment_id, run.run_id))
    until(chromium.driver, lambda: HOSTILE in chromium.find("body").text, "the title")
    assert is_untouched(chromium, pages)
