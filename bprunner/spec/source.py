"""A source is a text that somebody wrote, and knows how to point into it."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bprunner.errors import InputError, Place, Problem

MAX_BYTES = 1024 * 1024

_LINE_BREAK = re.compile(r"\r\n|\r|\n")

# What YAML calls unprintable, and four characters that it allows and nobody sees: the byte order mark inside a
# text, and three line ends (U+0085, U+2028, U+2029) that YAML 1.1, YAML 1.2 and editors count differently.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True)
class Source:
    """A text, the name under which errors speak of it, and the file it came from, if it did."""

    name: str
    text: str
    path: Path | None = None

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines without their ends; always at least one."""
        return tuple(_LINE_BREAK.split(self.text))

    def line(self, number: int) -> str:
        """Line `number`, counted from 1; empty beyond the end."""
        return self.lines[number - 1] if 1 <= number <= len(self.lines) else ""

    def place(self, line: int, column: int, width: int = 1) -> Place:
        """Where `width` characters stand at `line` and `column`, both counted from 1."""
        return Place(self.name, line, column, self.line(line), width)

    def place_at(self, offset: int) -> Place:
        """Where the character number `offset`, counted from 0, stands."""
        before = _LINE_BREAK.split(self.text[:offset])
        return self.place(len(before), len(before[-1]) + 1)


class Excerpt:
    """What is parsed, and where it stands in its source, of which it may be only the end."""

    def __init__(self, source: Source, written: str) -> None:
        self.source, self.written = source, written
        start = source.place_at(len(source.text) - len(written))
        self._line, self._column = start.line or 1, start.column or 1

    def place(self, line: int, column: int, width: int = 1) -> Place:
        """The place of a parser's mark, which counts from 0."""
        column += self._column if line == 0 else 1
        return self.source.place(line + self._line, column, width if width > 1 else 1)

    def line(self, line: int) -> str:
        """The line of a parser's mark, without what stands before the text."""
        whole = self.source.line(line + self._line)
        return whole[self._column - 1 :] if line == 0 else whole


def read_source(path: Path, shown_as: str | None = None) -> Source:
    """Reads a UTF-8 file of at most 1 MiB. `shown_as` is the file's name in errors, by default the path."""
    name = str(path) if shown_as is None else shown_as
    source = Source(name, _decoded(_read_bytes(path, name), name), path)
    check_characters(source)
    return source


def check_characters(source: Source) -> None:
    """Refuses characters that no YAML text may contain: each kind once, where it stands first."""
    first_places: dict[str, int] = {}
    for match in _FORBIDDEN.finditer(source.text):
        first_places.setdefault(match.group(), match.start())
    if first_places:
        raise InputError([_forbidden(source, character, offset) for character, offset in first_places.items()])


def _forbidden(source: Source, character: str, offset: int) -> Problem:
    return Problem(
        f"the invisible character U+{ord(character):04X}, which YAML text may not contain",
        source.place_at(offset),
        hint=f'Delete it, or write it as an escape in double quotes: "\\u{ord(character):04x}".',
    )


def _read_bytes(path: Path, name: str) -> bytes:
    """Looks before it opens, since opening a pipe waits and reading a device never ends."""
    try:
        status = path.stat()
        _refuse_unreadable_kind(status.st_mode, name)
        if status.st_size > MAX_BYTES:
            raise _too_large(name)
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(Problem("there is no such file", Place(name), hint=_nearest_name(path))) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(Problem(f"the file cannot be read: {reason}", Place(name))) from error
    if len(content) > MAX_BYTES:  # /proc has files that call themselves empty
        raise _too_large(name)
    return content


def _refuse_unreadable_kind(mode: int, name: str) -> None:
    if stat.S_ISDIR(mode):
        raise InputError(Problem("this is a folder, not a file", Place(name), hint="Name a .yaml file in it."))
    if not stat.S_ISREG(mode):
        raise InputError(Problem("this is not a regular file", Place(name), hint="Name a .yaml file."))


def _too_large(name: str) -> InputError:
    hint = "Large data belongs in a data file that the configuration names."
    return InputError(Problem("the file is larger than 1 MiB", Place(name), hint=hint))


def _nearest_name(path: Path) -> str:
    """A hint with the YAML file of the same folder whose name is most like the one that is missing."""
    import difflib  # costs milliseconds that only a mistyped name should pay

    try:
        names = sorted(entry.name for entry in path.parent.iterdir() if entry.suffix in {".yaml", ".yml"})
    except OSError:
        return f"There is no folder {path.parent} either."
    stems = {Path(name).stem.lower(): name for name in reversed(names)}
    nearest = difflib.get_close_matches(path.stem.lower(), stems, n=1, cutoff=0.5)
    return f"Did you mean `{path.parent / stems[nearest[0]]}`?" if nearest else ""


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise InputError(_not_utf8(content, error.start, name)) from None


def _not_utf8(content: bytes, offset: int, name: str) -> Problem:
    before = content[:offset].decode("utf-8").removeprefix("\ufeff")
    readable = Source(name, before + content[offset:].decode("utf-8", "replace"))
    return Problem(
        f"the file is not UTF-8: byte {offset + 1} is 0x{content[offset]:02X}",
        readable.place_at(len(before)),
        hint="Save the file with the encoding UTF-8.",
    )
