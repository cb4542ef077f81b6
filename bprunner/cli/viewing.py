"""`bprun ui`: MLflow's pages on the store in use, with the dashboard of what is named."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from bprunner.cli.codes import ExitCode
from bprunner.cli.terminal import err, out, tell_problems
from bprunner.errors import BprunnerError, InputError, Problem
from bprunner.tracking.addresses import Store, resolve_tracking_uri
from bprunner.tracking.ui import serve

_RUN_ID = re.compile(r"[0-9a-f]{32}")
_DESKTOPS = ("DISPLAY", "WAYLAND_DISPLAY")


def show_pages(named: str | None, port: int | None, browser: bool | None) -> int:
    """Starts the pages, prints the link and opens it. browser: None for where there seems to be one."""
    opens = _has_desktop() if browser is None else browser

    def announce(link: str) -> None:
        out().print(link, soft_wrap=True, markup=False)
        out().file.flush()
        if opens:
            _open(link)
        if store.kind != "server":
            note = "Only this machine sees it; docs/dashboards.md says how others can. Ctrl-C ends it."
            err().print(note, style="dim", soft_wrap=True)

    try:
        store = resolve_tracking_uri(Path.cwd(), os.environ)
        experiment, run_id = _meant(named, store)
        if store.kind != "server":
            err().print(f"starting MLflow's pages on {store.shown} …", style="dim", soft_wrap=True, markup=False)
        return serve(store, experiment, run_id, port, announce)
    except InputError as error:
        tell_problems(error)
        return ExitCode.INPUT
    except BprunnerError as error:
        err().print(f"bprun: {error}", style="red", soft_wrap=True, markup=False)
        return ExitCode.FAILED


def _has_desktop() -> bool:
    """Whether somebody sits at this terminal who would see a browser's window."""
    desktop = sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in _DESKTOPS)
    return desktop and _is_terminal()


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _open(link: str) -> None:
    import webbrowser

    try:
        webbrowser.open(link)
    except webbrowser.Error:  # the link stands on the terminal
        return


# What is meant


def _meant(named: str | None, store: Store) -> tuple[str | None, str | None]:
    """The name of an experiment in MLflow, or the id of a run. Raises InputError."""
    if named is None:
        return None, None
    path = Path(named)
    if path.is_dir() or path.is_file():
        return _of_path(path, store)
    if _RUN_ID.fullmatch(named):
        return None, named
    run_id = _of_folder(named, store)
    return (None, run_id) if run_id else (named, None)


def _of_path(path: Path, store: Store) -> tuple[str | None, str | None]:
    """A study by its folder or by the file that declares it; an experiment by its file."""
    from bprunner.runs.study_files import find_study
    from bprunner.spec.reading import read_declaration
    from bprunner.sweeps.declaring import declared_sweep

    if path.is_file() and declared_sweep(str(path), (), True) is None:
        return read_declaration(path, allow_outside=True).experiment.name, None
    study = find_study(str(path), (), Path.cwd(), allow_outside=True)
    return None, _delivered(study.path, study.name, store)


def _of_folder(named: str, store: Store) -> str | None:
    """The run of the study whose folder in `studies` is called so; None where there is no such folder."""
    from bprunner.runs.folders import STUDIES_FOLDER

    folder = Path.cwd() / STUDIES_FOLDER / named
    return _delivered(folder, named, store) if Path(named).name == named and folder.is_dir() else None


def _delivered(folder: Path, name: str, store: Store) -> str:
    """The id of a study's run in this store. Raises InputError where the store does not have it."""
    from bprunner.runs.study_files import read_identity

    identity = read_identity(folder)
    delivery = identity.deliveries.get(store.shown) if identity else None
    if delivery is None:
        problem = f"the study {name} is not recorded in {store.shown}"
        raise InputError(Problem(problem, hint="record it: bprun sync"))
    return delivery.run_id
