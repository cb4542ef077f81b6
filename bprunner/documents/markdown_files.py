"""A document as files: Markdown with its pictures beside it, a page, an article; all of them or none are written."""

from __future__ import annotations

import errno
import os
import re
import threading
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from bprunner.documents.document import Document
from bprunner.documents.html import html_page
from bprunner.documents.latex import latex_article
from bprunner.documents.markdown import tokens_of
from bprunner.errors import StorageError

FORMATS = ("markdown", "html", "latex")
_LONGEST = 120  # bytes of a name; a file system takes 255, with what is put before and behind it
_NO_NAME = re.compile(r'[/\\:*?"<>|]+')
_ADDRESS = re.compile(r"\]\((?:<[^<>]*>|\S+?)((?:\s+\"[^\"]*\")?\)\s*)$")


def files_of(document: Document, formats: Collection[str] = FORMATS) -> dict[str, bytes]:
    """The files by their names: NAME.md with NAME-picture.svg for each picture, NAME.html and NAME.tex.

    Raises ValueError for a format that there is none of, and for a picture that the document does not have.
    """
    unknown = set(formats) - set(FORMATS)
    if unknown:
        raise ValueError(f"there is no format {', '.join(sorted(unknown))}; there are {', '.join(FORMATS)}")
    stem, files = file_stem(document.name), dict[str, str]()
    if "markdown" in formats:
        names = _picture_names(document, stem)
        files[f"{stem}.md"] = _markdown(document, names)
        files |= {names[key]: f"{drawing.svg}\n" for key, drawing in document.pictures.items()}
    if "html" in formats:
        files[f"{stem}.html"] = html_page(document)
    if "latex" in formats:
        files[f"{stem}.tex"] = latex_article(document)
    return {name: text.encode(errors="replace") for name, text in files.items()}


def file_stem(name: str) -> str:
    """A name as that of a file, on any system: without separators, not hidden, not too long."""
    shown = "".join(each if each.isprintable() else " " for each in _NO_NAME.sub("-", name))
    cut = shown.encode(errors="replace")[:_LONGEST].decode(errors="ignore")
    return cut.strip(" .") or "document"


def _picture_names(document: Document, stem: str) -> dict[str, str]:
    """What each picture's file is called; no two alike, also where capitals and small letters are the same."""
    names, taken = dict[str, str](), set[str]()
    for key in document.pictures:
        inner = file_stem(key.removesuffix(".svg"))
        name, number = f"{stem}-{inner}.svg", 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{inner}-{number}.svg"
        taken.add(name.casefold())
        names[key] = name
    return names


def _markdown(document: Document, names: Mapping[str, str]) -> str:
    """The Markdown with the pictures under their files' names, and without what belongs to the page alone."""
    lines: list[str | None] = [*document.markdown.split("\n")]
    for token in tokens_of(document):
        if any(child.type == "image" for child in token.children or ()):
            raise ValueError("a picture within a line of text cannot be given a file's name")
        if token.map is None or token.type not in ("picture", "mark"):
            continue
        at = token.map[0]
        if token.type == "picture":
            lines[at] = _with_address(str(lines[at]), quote(names[token.content]))
        else:
            lines[at] = None
            # One empty line between paragraphs is enough.
            if at + 1 < len(lines) and lines[at + 1] == "" and (at == 0 or lines[at - 1] in ("", None)):
                lines[at + 1] = None
    return "\n".join(line for line in lines if line is not None)


def _with_address(line: str, address: str) -> str:
    return _ADDRESS.sub(lambda found: f"]({address}{found[1]}", line)


def write_files(folder: str | os.PathLike[str], files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Writes all files, or leaves all as they are. Returns where they are. Raises StorageError where it cannot."""
    place, staged = Path(folder), list[tuple[Path, Path]]()
    try:
        place.mkdir(parents=True, exist_ok=True)
        for number, (name, content) in enumerate(files.items()):
            target = place / name
            if target.is_dir():
                raise IsADirectoryError(errno.EISDIR, f"{name} is a folder")
            temporary = place / f".{os.getpid()}-{threading.get_ident()}-{number}.partial"
            staged.append((temporary, target))
            temporary.write_bytes(content)
        for temporary, target in staged:
            temporary.replace(target)
    except FileExistsError as error:
        raise StorageError(f"the document cannot be written to {place}: it is a file, not a folder") from error
    except OSError as error:
        raise StorageError(f"the document cannot be written to {place}: {error.strerror or error}") from error
    finally:
        for temporary, _ in staged:
            with suppress(OSError):  # whoever called has the error that matters
                temporary.unlink(missing_ok=True)
    return tuple(target for _, target in staged)
