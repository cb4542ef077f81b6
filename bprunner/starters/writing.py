"""Writing a starter: all of its files or none, and never over a file that is there."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from bprunner.errors import InputError, Place, Problem, StorageError

_OTHER = "give another name, or move it away: nothing is overwritten"


def refuse_taken(path: Path, shown: str) -> None:
    """Raises InputError where something is there already."""
    if os.path.lexists(path):
        raise InputError(Problem("is there already", Place(shown), hint=_OTHER))


def write_new(files: Mapping[Path, str], check: Callable[[], object] = lambda: None) -> None:
    """Writes files that are not there yet, with the folders that they need; what fails leaves nothing behind.

    `check` looks at what was written; its errors take everything back. Raises InputError where a file has come to be
    there, and StorageError where the disk fails.
    """
    folders: list[Path] = []
    written: list[Path] = []
    try:
        for path, text in files.items():
            _make(path.parent, folders)
            _write(path, text)
            written.append(path)
        check()
    except BaseException as error:
        for path in written:
            path.unlink(missing_ok=True)
        for folder in reversed(folders):
            with suppress(OSError):
                folder.rmdir()
        if isinstance(error, OSError):
            raise _told(error) from error
        raise


def _told(error: OSError) -> InputError | StorageError:
    path = error.filename2 or error.filename
    if isinstance(error, FileExistsError):
        return InputError(Problem("is there already", Place(str(path)), hint=_OTHER))
    return StorageError(f"{path} cannot be written: {error.strerror}")


def _make(folder: Path, made: list[Path]) -> None:
    """Makes a folder and those above it, and notes which are new."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir()
        made.append(each)


def _write(path: Path, text: str) -> None:
    """A whole file at once: it is linked to its name, which fails where the name is taken."""
    with NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".new-", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(text)
            file.flush()
            temporary.chmod(0o666 & ~_umask())
            _link(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def _link(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # Some file systems have no links: there a name is taken first, and then filled.
        with path.open("x", encoding="utf-8") as file:
            file.write(temporary.read_text(encoding="utf-8"))


def _umask() -> int:
    """What the process takes from the rights of new files; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
