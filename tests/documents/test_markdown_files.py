"""Documents as files: what belongs together has names that say so, and all of it is written or nothing."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.documents.document import Document
from bprunner.documents.html import html_page
from bprunner.documents.latex import latex_article
from bprunner.documents.markdown import tokens_of
from bprunner.documents.markdown_files import file_stem, files_of, write_files
from bprunner.errors import StorageError
from tests.documents.documents import error_curve, founding, hostile

MARKDOWN = """# T

![a \\](b) c](network.svg)

```
![a](network.svg)
<!-- player -->
```

before

<!-- player -->
<!-- code: setup -->

after ![not](one.svg "at all")\\
x
"""


def test_a_document_is_its_files() -> None:
    document = founding("<p>a player</p>")
    files = files_of(document)
    assert set(files) == {"doc.md", "doc-network.svg", "doc-curve.svg", "doc.html", "doc.tex"}
    assert files["doc.html"].decode() == html_page(document)
    assert files["doc.tex"].decode() == latex_article(document)
    assert files["doc-curve.svg"].decode() == document.pictures["curve.svg"].svg + "\n"
    wanted = document.markdown.replace("](network.svg)", "](doc-network.svg)").replace(
        "](curve.svg)", "](doc-curve.svg)"
    )
    wanted = wanted.replace("<!-- player -->\n<!-- code: further_steps -->\n\n", "")
    assert files["doc.md"].decode() == wanted


def test_only_what_is_asked_for() -> None:
    assert set(files_of(founding(), ["latex"])) == {"doc.tex"}
    assert set(files_of(founding(), {"html", "markdown"})) == {"doc.html", "doc.md", "doc-network.svg", "doc-curve.svg"}
    with pytest.raises(ValueError, match="no format pdf; there are markdown, html, latex"):
        files_of(founding(), ["pdf"])


def test_addresses_are_rewritten_where_they_are_addresses() -> None:
    text = MARKDOWN.replace("![not]", r"!\[not]")
    files = files_of(Document("A b/ü", "T", "en", text, {"network.svg": error_curve()}), ["markdown"])
    assert set(files) == {"A b-ü.md", "A b-ü-network.svg"}
    wanted = text.replace("c](network.svg)", "c](A%20b-%C3%BC-network.svg)")
    assert files["A b-ü.md"].decode() == wanted.replace("<!-- player -->\n<!-- code: setup -->\n\nafter", "after")


def test_a_picture_within_a_line_is_refused() -> None:
    with pytest.raises(ValueError, match="within a line"):
        files_of(
            Document("d", "T", "en", MARKDOWN, {"network.svg": error_curve(), "one.svg": error_curve()}), ["markdown"]
        )


def test_every_picture_is_where_the_markdown_says() -> None:
    pictures = {name: error_curve() for name in ("a/b.svg", "a:b.svg", "A-b.svg", "é (1).svg", "b")}
    text = "\n\n".join(f"![a](<{name}>)" for name in pictures)
    files = files_of(Document("..", "T", "en", text, pictures), ["markdown"])
    shown = dict.fromkeys(files, error_curve())
    written = Document("d", "T", "en", files["document.md"].decode(), shown)
    addresses = [unquote(token.content) for token in tokens_of(written)]
    assert {*addresses, "document.md"} == set(files)
    assert len({name.casefold() for name in files}) == len(files) == 6


def test_hostile_names_stay_in_the_folder(tmp_path: Path) -> None:
    for name in ("../../x", "/etc/passwd", "a\x00b\n\ud800", "x" * 500, "漢" * 300, ".hidden", "CON: <\"'|?*>"):
        paths = write_files(tmp_path / "new", files_of(replace(hostile(), name=name)))
        assert {path.parent for path in paths} == {tmp_path / "new"}
        assert all(path.is_file() and not path.name.startswith(".") for path in paths)


@given(st.text())
def test_every_name_can_be_a_files(name: str) -> None:
    stem = file_stem(name)
    assert stem.isprintable()
    assert not set(stem) & set('/\\:*?"<>|')
    assert 0 < len(stem.encode()) <= 120
    assert stem == stem.strip(" .")


def test_files_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    assert write_files(tmp_path, {"a": b"new", "b": b""}) == (tmp_path / "a", tmp_path / "b")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"new", "b": b""}


def test_nothing_is_written_where_something_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "b").mkdir()
    (tmp_path / "file").write_bytes(b"")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(StorageError, match=r"cannot be written to .*: b is a folder"):
        write_files(tmp_path, {"a": b"new", "b": b"new"})
    with pytest.raises(StorageError, match=r"cannot be written to .*file"):
        write_files(tmp_path / "file", {"a": b"new"})
    written, whole = [], Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        written.append(path)
        if len(written) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError, match=r"cannot be written to .*: No space left on device"):
        write_files(tmp_path, {"a": b"new", "c": b"new"})
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "a").read_bytes() == b"old"
