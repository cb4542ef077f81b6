"""Studies and runs in notebooks: what they show, what is chosen and drawn of a study, and that texts stay texts."""

from __future__ import annotations

import pickle
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bprunner
from bprunner import InputError, Plot, StorageError, Study
from bprunner.figures.studies import pictures_of
from bprunner.runs import notebook_html, reporting
from bprunner.sweeps.findings import findings
from bprunner.sweeps.folder import StudyFolder
from bprunner.sweeps.study import Study as SweepStudy
from tests.conftest import ROOT
from tests.training.declarations import doc, xor

RATE = "training.learning_rate"
RATES = [0.001, 0.01, 0.1, 0.2, 0.4, 1.0]
HOSTILE = [
    "</bdi><script>alert(1)</script>",
    "$x$ **b** `c` &amp; \"'",
    "שלום\u202e abc",
    "😀\u2028\x00",
    "[a](javascript:b)",
]


def sweep_of(sweep: dict[str, Any], **more: Any) -> Study:
    return bprunner.sweep({"name": "small", "baseline": doc(epochs=20), "sweep": sweep, **more})


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("room")
        patch.chdir(folder)
        yield folder


@pytest.fixture(scope="module")
def rates(room: Path) -> Study:
    assert room == Path.cwd()
    return sweep_of({"grid": {RATE: RATES}}, title="How fast?")


@pytest.fixture(scope="module")
def labels(room: Path) -> Study:
    """Initial weights by label, drawn with some seeds."""
    assert room == Path.cwd()
    drawn = {each: {"normal": {"scale": scale}, "seed": 0} for each, scale in zip(HOSTILE[:2], (0.1, 0.5), strict=True)}
    return sweep_of({"grid": {"initial_weights": drawn}, "repeat": 10}, title=HOSTILE[0])


# Html as it is read


class Reader(HTMLParser):
    """Tags, texts outside of styles, and the rows of tables."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.rows: list[list[str]] = []
        self.attributes: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag != "br":
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)
        if {"th", "td"} & set(self.open):
            self.rows[-1][-1] += data


def read(html: str) -> Reader:
    found = Reader(html)
    assert found.open == []
    return found


KNOWN_TAGS = {
    *("div", "p", "b", "br", "bdi", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "span"),
    *("svg", "title", "desc", "style", "rect", "path", "circle", "text"),
}  # fmt: skip


# What a study shows


def test_a_sweep_is_a_study_that_can_be_opened_again(rates: Study) -> None:
    assert type(rates) is Study
    assert repr(rates) == f"<Study small: 7 runs in {rates.path}>"
    for named in (rates.path.name, str(rates.path)):
        opened = bprunner.study(named)
        assert type(opened) is Study
        assert opened.table.equals(rates.table)


def test_a_copy_in_another_process_is_read_from_the_folder(rates: Study) -> None:
    copy = pickle.loads(pickle.dumps(rates))
    assert type(copy) is Study
    assert copy.table.equals(rates.table)


def test_what_was_read_of_a_study_is_kept(rates: Study) -> None:
    inner = SweepStudy(rates.declaration, rates.folder)
    table = inner.table
    assert Study.of(inner).table is table


def test_the_findings_are_sentences(rates: Study) -> None:
    assert rates.findings == [str(each) for each in findings(rates)]
    rates.findings.clear()
    assert rates.findings


def test_a_study_shows_its_findings_its_fates_and_its_best_runs(rates: Study) -> None:
    html = read(rates._repr_html_())
    assert rates._repr_html_().count('<tr style="font-weight:bold">') == 1
    text = "".join(html.texts)
    assert {"How fast?", *rates.findings} <= set(html.texts)
    fates = rates.table["fate"][1:].value_counts()
    for fate, count in fates.items():
        assert (f" {count} {fate}" in html.texts) == bool(count)
    assert html.rows[0][:3] == ["run", "learning rate", "final error"]
    assert [row[0] for row in html.rows[1:3]] == ["baseline", "3"]
    assert [row[1] for row in html.rows[1:]] == ["0.05", "0.1", "0.2", "0.01", "0.4", "0.001"]
    assert "The best 5 of 6 runs" in text


def test_a_few_runs_are_all_shown(room: Path) -> None:
    html = read(sweep_of({"grid": {RATE: [0.1, 0.2]}})._repr_html_())
    assert room.exists()
    assert [row[0] for row in html.rows] == ["run", "baseline", "1", "2"]
    assert "All runs." in "".join(html.texts)


def test_a_study_without_runs_says_so(rates: Study, tmp_path: Path) -> None:
    empty = Study(rates.declaration, StudyFolder(tmp_path))
    assert "No run beside the baseline is done." in empty._repr_html_()
    assert len(empty.compare()) == 0
    assert empty.plots() == []
    with pytest.raises(InputError, match="no run is done that could be drawn"):
        empty.plot_errors()
    with pytest.raises(InputError, match="what varies: nothing"):
        empty.plot_final_error(RATE)


def test_a_study_has_its_page(rates: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page itself, which takes seconds, has tests of its own."""
    monkeypatch.setattr(reporting, "report_page", lambda study, _: f"<p>{study.title}</p>")
    monkeypatch.setattr(reporting, "_surroundings", lambda *_: None)
    assert rates.report() == reporting.Report("<p>How fast?</p>")


# Comparing


def test_the_baseline_is_first_whatever_is_chosen(rates: Study) -> None:
    chosen = rates.compare("fate == diverged")
    assert chosen["run"].tolist() == [0, *rates.table.loc[rates.table["fate"] == "diverged", "run"]]
    assert rates.compare(sort=RATE, descending=True)[RATE].tolist() == [0.05, *reversed(RATES)]
    assert rates.compare("final_error > 1e300")["run"].tolist()[0] == 0


def test_the_order_is_that_of_the_final_errors(rates: Study) -> None:
    errors = rates.compare()["final_error"].to_numpy()[1:]
    assert np.all(errors[:-1] <= errors[1:])
    assert len(errors) == 6


@pytest.mark.parametrize(("top", "rows"), [(None, 7), (3, 4), (0, 1), (-2, 1), (99, 7)])
def test_as_many_as_are_wanted(rates: Study, top: int | None, rows: int) -> None:
    assert len(rates.compare(top=top)) == rows


def test_rows_are_those_of_the_table(rates: Study) -> None:
    chosen = rates.compare("learning_rate < 0.15", sort=["fate", "learning_rate"])
    assert chosen.columns.tolist() == rates.table.columns.tolist()
    assert rates.table.loc[chosen.index].equals(chosen)
    assert set(chosen[RATE]) == {0.05, 0.001, 0.01, 0.1}


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda study: study.compare("foo < 1"), r"^where:1:1: `foo` is no column"),
        (lambda study: study.compare("1 <"), r"^where:1:"),
        (lambda study: study.compare(sort="foo"), r"`foo` is no column"),
        (lambda study: study.plot_final_error("foo"), rf"nothing varies at `foo`\n.*{RATE}"),
        (lambda study: study.plot_final_error_map(), r"no picture of the final error over two.*\n.*plot_errors\(\)"),
        (lambda study: study.plot_weight_path("w5"), r"a path is one of two weights"),
        (lambda study: study.plot_weight_path("w5", "w5"), r"a path is one of two weights"),
        (lambda study: study.plot_weight_path("w5", "w9"), r"no weight or bias is called `w9`\n.*w1, w2"),
        (lambda study: study.plot_errors().save("x.pdf"), r"x.pdf ends with neither .svg nor .png\n.*x.svg"),
    ],
)  # fmt: skip
def test_what_there_is_not_is_told_with_what_there_is(rates: Study, ask: Callable[[Study], Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        ask(rates)


# Pictures


def test_every_picture_of_a_study_has_its_method(rates: Study, labels: Study) -> None:
    for study in (rates, labels):
        names = [picture.name for picture in pictures_of(study)]
        assert [plot.name for plot in study.plots()] == names
        drawn = {study.plot_errors().name, study.plot_final_error().name, study.plot_fates().name}
        assert drawn | {"weight_path"} == set(names)


def test_the_final_error_over_a_path_by_either_name(rates: Study, labels: Study) -> None:
    for path in (None, RATE, "learning_rate"):
        assert rates.plot_final_error(path).name == "final_error_over_learning_rate"
    for path in (None, "initial_weights"):
        assert labels.plot_final_error(path).name == "final_error_by_initial_weights"


def test_a_map_where_two_things_vary(room: Path) -> None:
    assert room.exists()
    grid = {RATE: [0.01, 0.05, 0.1], "initial_weights.w5": [0.1, 0.2, 0.3]}
    study = sweep_of({"grid": grid})
    assert study.plot_final_error_map().name == "final_error_map"
    assert study.plot_final_error("w5").name == "final_error_over_w5"


def test_weights_by_either_name(rates: Study) -> None:
    alt = rates.plot_weight_path("w1", "weight.w2").alt
    assert alt.startswith("The paths of weight.w1 and weight.w2 over")
    assert rates.plot_weight_path().name == "weight_path"


def test_a_plot_shows_itself_and_says_what_is_seen(rates: Study) -> None:
    plot = rates.plot_final_error()
    data, metadata = plot._repr_mimebundle_(include=None, exclude=None)
    root = ET.fromstring(data["image/svg+xml"])
    assert root.tag.endswith("svg")
    assert (root.get("role"), root.get("aria-label")) == ("img", plot.alt)
    assert data["text/plain"] == plot.alt == metadata["image/svg+xml"]["alt"]
    assert plot.alt.startswith("The final error over training.learning_rate; ")
    assert "`" not in plot.alt
    assert repr(plot) == "<Plot final_error_over_learning_rate>"


def test_a_plot_is_saved_as_its_name_ends(rates: Study, tmp_path: Path) -> None:
    plot = rates.plot_fates()
    assert plot.save(tmp_path / "a.svg").read_text(encoding="utf-8") == plot.svg
    assert plot.save(str(tmp_path / "a.PNG")).read_bytes().startswith(b"\x89PNG")
    with pytest.raises(StorageError, match="the picture cannot be written"):
        plot.save(tmp_path / "nowhere" / "a.svg")


def test_a_figure_may_be_changed(rates: Study) -> None:
    plot = rates.plot_errors()
    before = plot.svg
    plot.figure().suptitle("mine")
    assert plot.svg == before
    assert plot.figure() is not plot.figure()


# Runs


def test_a_run_draws_its_training(tmp_path: Path) -> None:
    run = bprunner.run(doc(epochs=20))
    plot = run.plot()
    assert isinstance(plot, Plot)
    assert plot.alt == "The error of doc over the steps, and below it the weights: finished after 20 updates."
    assert ">w5</text>" in plot.svg.replace("\n", "")
    assert plot.save(tmp_path / f"{plot.name}.svg").name == "training.svg"
    assert "weights and biases" in bprunner.run(xor()).plot().alt


def test_a_run_shows_its_steps_as_the_terminal_does() -> None:
    html = read(bprunner.run(ROOT / "configs" / "doc.yaml")._repr_html_())
    assert html.rows == [
        ["step", "error", "prediction", "w1", "w2", "w3", "w4", "w5", "w6"],
        ["0", "0.087362", "0.582", "0.1", "0.2", "0.3", "0.4", "0.21", "0.23"],
        ["1", "0.0465125", "0.695", "0.11", "0.21", "0.31", "0.41", "0.23", "0.27"],
    ]  # fmt: skip
    assert "svg" not in html.tags


def test_the_curve_of_a_run_is_its_error() -> None:
    html = bprunner.run(doc(epochs=20))._repr_html_()
    assert read(html).tags.count("svg") == 1
    assert html.count('data-point="') == 21
    assert "svg" in read(bprunner.run(doc(epochs=100, learning_rate=2.0))._repr_html_()).tags


def test_of_minibatches_the_epochs_are_shown() -> None:
    run = bprunner.run(xor(epochs=20, batches={"minibatches": {"size": 2, "seed": 1}}))
    html = read(run._repr_html_())
    assert [row[0] for row in html.rows] == ["step", "0", "2", "4", "6", "…", "36", "38", "40"]
    assert html.rows[0][1] == "error"
    assert html.rows[0].count("error") == 1
    assert float(html.rows[-1][1]) == pytest.approx(run.errors[-1], rel=1e-5)
    assert len(run.errors) == len(run.error_steps) == 21


def test_how_the_figures_stand() -> None:
    for prediction, told in ((0.582, "✓ 1 of 1 figures agree"), (0.7, "✗ 0 of 1 figures agree")):
        run = bprunner.run({**doc(), "expect": [{"step": 0, "prediction": prediction}]})
        assert told in read(run._repr_html_()).texts
    changed = bprunner.run(ROOT / "configs" / "doc.yaml", {"training.learning_rate": 0.1})
    html = read(changed._repr_html_())
    assert "With these changes, 23 of 52 figures agree; they are of the document's own run." in html.texts
    assert "li" not in html.tags


# Hostile texts


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_is_text(text: str) -> None:
    plain = "".join(character if character.isprintable() else " " for character in text)
    for html in (
        notebook_html.head(text, [text]),
        notebook_html.bullets([text]),
        notebook_html.table([text], [[text]], [False]),
        notebook_html.marked("#000", text),
    ):
        found = read(notebook_html.block(html))
        assert set(found.tags) <= KNOWN_TAGS
        assert plain in "".join(found.texts)
    assert 'class="bprunner tex2jax_ignore mathjax_ignore"' in notebook_html.block()


def test_hostile_labels_and_titles_are_text(labels: Study) -> None:
    html = read(labels._repr_html_())
    assert set(html.tags) <= KNOWN_TAGS
    assert HOSTILE[0] in html.texts
    assert {row[1] for row in html.rows[2:]} <= set(HOSTILE)
    assert not any(name.startswith("on") for name in html.attributes)
    for plot in labels.plots():
        root = ET.fromstring(plot.svg)
        assert {each.tag.rpartition("}")[2] for each in root.iter()} & {"script", "a", "foreignObject"} == set()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_run_is_text(text: str) -> None:
    seen = "".join(character for character in text if character.isprintable())
    named = {**doc(epochs=5), "name": seen, "title": seen}
    run = bprunner.run(named)
    html = read(run._repr_html_())
    assert set(html.tags) <= KNOWN_TAGS
    assert not any(name.startswith("on") for name in html.attributes)
    assert seen in html.texts
    assert ET.fromstring(run.plot().svg).get("aria-label") == run.plot().alt
