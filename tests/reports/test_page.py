"""A report as one file: it is whole, it loads nothing, and no name in it is markup."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from bprunner.errors import StorageError
from bprunner.reports.page import UPLOT_VERSION, json_text, number_text
from bprunner.runs.reporting import Report, report
from bprunner.sweeps.findings import findings
from bprunner.sweeps.study import Study
from tests.reports.studies import HOSTILE, MIXED, hostile, trained


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return trained(tmp_path_factory.mktemp("mixed"), MIXED, title="Rates & optimizers", source="a book")


@pytest.fixture(scope="module")
def page(mixed: Study) -> str:
    return report(mixed).html


class Reader(HTMLParser):
    """The texts and tags of a page; what stands in scripts and styles is no text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._inside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and tag == self._inside[-1]:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def embedded(html: str, name: str) -> str:
    (found,) = re.findall(rf'<script type="application/json" id="{name}">(.*?)</script>', html, re.DOTALL)
    return str(found)


def test_the_page_has_what_was_asked_found_and_declared(mixed: Study, page: str) -> None:
    text = Reader(page).text
    for finding in findings(mixed):
        assert str(finding) in text
    for each in ("Rates & optimizers", "a book", "training.learning_rate", mixed.declaration.hash, "bprun sweep.yaml"):
        assert each in text
    assert "learning_rate: 0.05" in text
    assert "geometric: {from: 0.01, to: 2, count: 9}" in text
    assert re.search(r"bprunner \S+, Python 3\.\d+\.\d+, NumPy \d", text)


def test_what_is_seen_without_scripts_are_findings_a_picture_and_rows(mixed: Study, page: str) -> None:
    reader = Reader(page)
    assert sum(tag == "svg" for tag, _ in reader.tags) == 6  # five marks of fates, and the picture
    assert page.index("<noscript>") < page.index("<title>", page.index("</title>") + 1)
    table = re.search(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    assert table is not None
    assert table[1].count("<tr>") == len(mixed) == 19
    assert number_text(float(f"{mixed.table['final_error'].iloc[0]:.6g}")) in table[1]


def test_nothing_is_loaded(page: str) -> None:
    reader = Reader(page)
    (policy,) = (each["content"] for tag, each in reader.tags if each.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for tag, attributes in reader.tags:
        for name in ("src", "href", "xlink:href", "action", "srcset", "data"):
            address = attributes.get(name) or ""
            assert address.startswith(("#", "data:,")) or not address, (tag, attributes)
    assert "@import" not in page
    assert not re.search(r"url\(\s*[\"']?(?!#)", re.sub(r'id="document-text".*?</script>', "", page, flags=re.DOTALL))


def test_the_baseline_s_document_is_within(page: str) -> None:
    document = json.loads(embedded(page, "document-text"))
    assert document.startswith("<!DOCTYPE html>")
    assert "∂" in document


def test_a_baseline_that_takes_long_has_no_document(mixed: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bprunner.runs.background_documents.is_quickly_explained", lambda *_: False)
    html = report(mixed).html
    assert 'id="document-text"' not in html
    assert "worked out" not in html


def test_hostile_names_are_text(tmp_path: Path) -> None:
    html = report(hostile(tmp_path)).html
    reader = Reader(html)
    for name in HOSTILE:
        assert name in reader.text
    labels = next(each for each in json.loads(embedded(html, "data"))["columns"] if each["key"] == "initial_weights")
    assert set(HOSTILE) < set(labels["labels"])
    assert not any(tag == "img" or "onerror" in own or "onmouseover" in own for tag, own in reader.tags)
    scripts = [own.get("type") for tag, own in reader.tags if tag == "script"]
    assert scripts == ["application/json"] * 2 + [None] * 12


def test_json_cannot_end_its_element() -> None:
    text = json_text({"a": "</script><!--\u2028\u2029&"})
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == {"a": "</script><!--\u2028\u2029&"}
    with pytest.raises(ValueError, match="JSON"):
        json_text([float("nan")])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0707374, "0.0707374"), (8.22772e-10, "8.22772e-10"), (1, "1"), (0, "0"), ("inf", "∞"), ("-inf", "-∞"),
        (123457000.0, "1.23457e8"), (-2e-5, "-2e-5"), (0.0001, "0.0001"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_the_scripts_write_them(value: float | str, text: str) -> None:
    assert number_text(value) == text


def test_the_library_is_the_one_that_is_named() -> None:
    own = files("bprunner.reports").joinpath("uplot")
    assert f"uPlot (v{UPLOT_VERSION})" in own.joinpath("uPlot.iife.min.js").read_text(encoding="utf-8")[:200]
    assert f"uPlot {UPLOT_VERSION}" in own.joinpath("README.md").read_text(encoding="utf-8")
    assert "MIT" in own.joinpath("LICENSE").read_text(encoding="utf-8")


def test_it_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = Report("new").write(tmp_path / "r.html")
    assert path.read_text(encoding="utf-8") == "new"
    folder = tmp_path / "is a folder"
    folder.mkdir()
    with pytest.raises(StorageError):
        Report("x").write(folder)
    with pytest.raises(StorageError):
        Report("x").write(tmp_path / "nowhere" / "r.html")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["is a folder", "r.html"]
