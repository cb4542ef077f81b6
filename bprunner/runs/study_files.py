"""What a study's folder says of itself, so that it can be found, gone on with, and recorded later.

sweep.yaml and baseline.yaml declare it, everything spelled out; `written/` has the files as they were written;
study.json says which study it is and to which stores it was delivered.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bprunner.errors import InputError, Problem, StorageError
from bprunner.runs.folders import STUDIES_FOLDER, study_folder
from bprunner.runs.origins import write_texts
from bprunner.spec.effective import effective_yaml
from bprunner.spec.effective_sweep import sweep_yaml
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps.declaring import declared_sweep, read_sweep
from bprunner.sweeps.folder import WAY_OUT, StudyFolder, write_whole
from bprunner.sweeps.study import Study
from bprunner.training.chunk_files import storing

IDENTITY_FILE, SWEEP_FILE, BASELINE_FILE = "study.json", "sweep.yaml", "baseline.yaml"
_FORMAT = 1


@dataclass(frozen=True)
class Delivery:
    """That a store has a study: so many of its runs, under this parent run, with this status."""

    run_id: str
    experiment_id: str
    runs: int
    status: str


@dataclass(frozen=True)
class Identity:
    """Which study it is. `key` is its own, and no other's; `content` the hash of what it declares.

    `started` and `ended` are milliseconds since 1970; `ended` is 0 while it is trained. `state` is `training`,
    `interrupted` or `trained`. `deliveries` go by the address of a store, without passwords. `source` is the name of
    the file that declares it; `command` what goes on with it.
    """

    key: str
    content: str
    name: str
    started: int
    ended: int = 0
    state: str = "training"
    source: str = ""
    command: tuple[str, ...] = ()
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)

    def to_text(self) -> str:
        data = {
            "format": _FORMAT,
            **{key: getattr(self, key) for key in ("key", "content", "name", "started", "ended", "state", "source")},
            "command": list(self.command),
            "deliveries": {store: vars(each) for store, each in self.deliveries.items()},
        }
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def of_text(cls, text: str) -> Identity:
        """Raises ValueError for what `to_text` did not write."""
        data = json.loads(text)
        if not isinstance(data, dict) or data.pop("format", None) != _FORMAT:
            raise ValueError("it is of another version of bprunner")
        deliveries = {store: Delivery(**each) for store, each in data.pop("deliveries").items()}
        identity = cls(**{**data, "command": tuple(map(str, data["command"])), "deliveries": deliveries})
        texts = (identity.key, identity.content, identity.name, identity.state, identity.source)
        if not all(isinstance(each, str) for each in texts):
            raise ValueError("a text is expected")
        if not all(isinstance(each, int) for each in (identity.started, identity.ended)):
            raise ValueError("a time is expected")
        return identity


def read_identity(folder: Path) -> Identity | None:
    """None where the folder holds no study. Raises StorageError where it cannot be read."""
    path = folder / IDENTITY_FILE
    if not path.exists():
        return None
    with storing(path, "read"):
        text = path.read_text(encoding="utf-8")
    try:
        return Identity.of_text(text)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise StorageError(f"{path} cannot be read: it is not as bprunner wrote it ({error}). {WAY_OUT}") from None


def write_identity(folder: Path, identity: Identity) -> Identity:
    """Raises StorageError where the disk fails."""
    with storing(folder / IDENTITY_FILE):
        write_whole(folder / IDENTITY_FILE, identity.to_text())
    return identity


def begin(declaration: SweepDeclaration, folder: Path, command: Sequence[str], is_fresh: bool) -> Identity:
    """Says in its folder which study is being trained: the one that is there, or a new one. It is locked by the caller.

    Raises StorageError where the disk fails.
    """
    there = None if is_fresh else read_identity(folder)
    if there is not None and there.content == declaration.hash:
        if not all((folder / name).exists() for name in (SWEEP_FILE, BASELINE_FILE)):
            _declare(declaration, folder)
        state = there.state if there.state == "trained" else "training"
        return write_identity(folder, replace(there, state=state, command=tuple(command)))
    source = declaration.sources[0].name if declaration.path else ""
    identity = Identity(
        key=secrets.token_hex(16),
        content=declaration.hash,
        name=declaration.sweep.name,
        started=time.time_ns() // 1_000_000,
        source=source,
        command=tuple(command),
    )
    with storing(folder):
        (folder / IDENTITY_FILE).unlink(missing_ok=True)
    _declare(declaration, folder)
    return write_identity(folder, identity)


def _declare(declaration: SweepDeclaration, folder: Path) -> None:
    """Writes what is declared into a study's folder."""
    with storing(folder):
        write_whole(folder / BASELINE_FILE, effective_yaml(declaration.baseline, folder))
        write_whole(folder / SWEEP_FILE, sweep_yaml(declaration, BASELINE_FILE, folder))
        _write_sources(declaration, folder / "written")


def _write_sources(declaration: SweepDeclaration, folder: Path) -> None:
    """The texts as they were read, the sweep's own first; one of the same name as another gets a number."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    write_texts(declaration.sources, declaration.overrides, folder)


# Finding studies


def studies_in(
    working_folder: Path, unreadable: Callable[[StorageError], None] = lambda _: None
) -> Iterator[tuple[Path, Identity]]:
    """Every study in the working folder, the last begun first. One that cannot be read is told, and left out."""
    found = []
    parent = working_folder / STUDIES_FOLDER
    if parent.is_dir():
        for folder in sorted(parent.iterdir()):
            try:
                identity = read_identity(folder) if folder.is_dir() else None
            except StorageError as error:
                unreadable(error)
                continue
            if identity is not None:
                found.append((folder, identity))
    yield from sorted(found, key=lambda each: each[1].started, reverse=True)


def read_study(folder: Path) -> Study:
    """The study in a folder.

    Raises InputError where what it declares is no longer there, such as a file of data, and StorageError where its own
    files are gone.
    """
    for name in (SWEEP_FILE, BASELINE_FILE):
        if not (folder / name).exists():
            raise StorageError(f"a file is missing: {folder / name}. Run the sweep again: that writes it anew")
    try:
        declaration = read_sweep(folder / SWEEP_FILE, allow_outside=True)
    except InputError as error:
        hint = "run the sweep from its own file; with --fresh, its folder is written anew"
        raise InputError([*error.problems, Problem(f"the study in {folder} cannot be read", hint=hint)]) from None
    return Study(declaration, StudyFolder(folder))


def find_study(named: str, overrides: Sequence[str], working_folder: Path, allow_outside: bool = False) -> Study:
    """The study that is meant: by the file that declares it (with what was changed), its folder, or its name.

    Raises InputError where there is none, and StorageError where it cannot be read.
    """
    path = Path(named)
    if path.is_dir():
        path = path / SWEEP_FILE if not (path / IDENTITY_FILE).exists() and (path / SWEEP_FILE).exists() else path
    if path.is_dir():
        if read_identity(path) is None:
            raise InputError(Problem(f"{named} holds no study", hint=_known(working_folder)))
        return read_study(path)
    if path.is_file():
        declaration = declared_sweep(str(path), overrides, allow_outside)
        if declaration is None:
            message = f"{named} declares an experiment, and a study is of a sweep"
            raise InputError(Problem(message, hint="give the values that vary, as when it was run"))
        folder = study_folder(working_folder, declaration)
        if read_identity(folder) is None:
            raise InputError(Problem(f"the sweep in {named} has not been run here", hint=f"run it: bprun {named}"))
        return Study(declaration, StudyFolder(folder))
    if named and Path(named).name == named:
        read_identity(working_folder / STUDIES_FOLDER / named)  # which says what is wrong with it, if anything is
    for folder, identity in studies_in(working_folder):
        if named in (identity.name, folder.name):
            return read_study(folder)
    raise InputError(Problem(f"there is no study `{named}` here", hint=_known(working_folder)))


def _known(working_folder: Path) -> str:
    names = list(dict.fromkeys(identity.name for _, identity in studies_in(working_folder)))
    return f"there are: {', '.join(names[:10])}" if names else "run a sweep first, such as bprun SWEEP.yaml"


def as_data(identity: Identity) -> dict[str, Any]:
    """For JSON."""
    data: dict[str, Any] = json.loads(identity.to_text())
    return data
