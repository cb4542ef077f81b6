"""A translation is a folder of templates: nothing that a document says stands in the program."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

import bprunner
from bprunner.documents import language
from bprunner.documents.language import Language, languages
from tests.conftest import ROOT
from tests.laws.test_derivation import run_of

ENGLISH = ROOT / "bprunner" / "documents" / "languages" / "en"
MARK = "¤"


@pytest.fixture
def marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A language in which every short word begins with a mark, and every sentence of the templates is gone."""
    folder = tmp_path / "xx"
    shutil.copytree(ENGLISH, folder)
    for path in folder.glob("*.yaml"):
        words = yaml.safe_load(path.read_text(encoding="utf-8"))
        marked = {key: f"{MARK}{value}" if value else value for key, value in words.items()}
        path.write_text(yaml.safe_dump(marked, allow_unicode=True), encoding="utf-8")
    monkeypatch.setattr(language, "_FOLDERS", tmp_path)
    language._read_words.cache_clear()
    yield "xx"
    language._read_words.cache_clear()


def test_every_word_of_pictures_tables_and_reasons_comes_from_the_language(marked: str) -> None:
    run = run_of("gallery/trask_3layer.yaml")
    document = bprunner.explain(run, language=marked)
    assert languages() == ("xx",)
    assert document.language == "xx"
    for name, drawing in document.pictures.items():
        assert drawing.caption.startswith(MARK), name
    for reason in re.findall(r"&& \\text\{([^}]*)\}", document.markdown):
        assert reason.startswith(MARK), reason
    for head in re.findall(r"^(\|.*\|)\n\| [:-]", document.markdown, re.MULTILINE):
        cells = [cell.strip() for cell in head.strip("|").split("|")]
        unmarked = [cell for cell in cells if MARK not in cell]
        assert all(re.fullmatch(r"[a-zδ\\_]*\d+|prediction", cell) for cell in unmarked), unmarked


def test_the_player_speaks_the_language(marked: str) -> None:
    document = bprunner.explain(run_of("doc.yaml"), language=marked)
    buttons = re.findall(r"<button[^>]*>([^<]+)</button>", document.player)
    assert buttons
    assert all(MARK in text or not re.search(r"[A-Za-z]{3}", text) for text in buttons), buttons


def test_a_language_that_there_is_none_of_is_told() -> None:
    with pytest.raises(bprunner.InputError, match="no language 'de'"):
        Language("de")


def test_a_template_with_a_part_too_few_is_an_error() -> None:
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        Language("en").text("answers.md", title="no answers")
