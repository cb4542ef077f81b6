"""`bprun compare`, `resume` and `sync`: studies that were run, looked at, gone on with, delivered."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.text import Text

from bprunner.cli.codes import ExitCode
from bprunner.cli.interrupts import Interrupts
from bprunner.cli.plain import write_utf8
from bprunner.cli.progress import StudyProgress
from bprunner.cli.study_json import study_data
from bprunner.cli.study_screen import show_findings, show_groups, show_study_head, show_table
from bprunner.cli.terminal import out, say, shown_path, tell_problems
from bprunner.cli.wishes import Wishes
from bprunner.errors import BprunnerError, InputError, Problem, StorageError
from bprunner.runs.studies import deliver, is_delivered
from bprunner.runs.study_files import Identity, find_study, read_identity, read_study, studies_in
from bprunner.runs.study_pages import StudyPages
from bprunner.runs.study_recording import varying
from bprunner.spec.naming import counted
from bprunner.sweeps.comparing import chosen, groups
from bprunner.sweeps.findings import findings
from bprunner.sweeps.naming import short_names
from bprunner.sweeps.study import Study
from bprunner.tracking.addresses import Store, resolve_tracking_uri

SHOWN_ROWS = 20
_MOST_GROUPS = 30


def compare_study(
    named: str,
    changes: Sequence[str],
    *,
    top: int | None,
    sort: str,
    descending: bool,
    where: str,
    as_json: bool,
    as_csv: bool,
    allow_outside: bool,
) -> int:
    """Shows the runs of a study beside its baseline."""
    try:
        study = find_study(named, changes, Path.cwd(), allow_outside)
        if not len(study):
            raise InputError(Problem(f"no run of the study {study.name} is done", hint="run it first"))
        rows = chosen(study.table, short_names(study.declaration.paths), where, sort, descending)
    except InputError as error:
        tell_problems(error)
        return ExitCode.INPUT
    if as_csv or as_json:
        shown = rows if top is None else rows.head(top)
        if as_csv:
            write_utf8(shown.to_csv(index=False, lineterminator="\n"))
        else:
            found = [str(each) for each in findings(study)]
            write_utf8(json.dumps(study_data(study, found, rows=shown), indent=2, ensure_ascii=False) + "\n")
        return ExitCode.WELL
    _show(study, rows, SHOWN_ROWS if top is None else top, is_chosen=bool(where))
    return ExitCode.WELL


def _show(study: Study, rows: Any, most: int, is_chosen: bool) -> None:
    console = out()
    show_study_head(console, study.declaration, varying(study.declaration))
    show_findings(console, [str(each) for each in findings(study)])
    _show_groups(study)
    # The baseline stands first, whatever the order: everything is compared with it.
    first = study.table[study.table["run"] == 0]
    others = rows[rows["run"] != 0]
    shown = others.head(most)
    note = f"{len(shown):,} of {len(others):,} runs" if len(shown) < len(others) else ""
    if note or is_chosen:
        of_all = f", of {len(study) - 1:,} in all" if is_chosen else ""
        note = (note or f"{counted(len(others), 'run')}") + of_all
        note += "; more with --top" if len(shown) < len(others) else ""
    import pandas as pd

    show_table(console, study, pd.concat([first, shown]), note)
    if study.failures:
        say(f"{counted(len(study.failures), 'run')} failed: {next(iter(study.failures.values()))}")


def _show_groups(study: Study) -> None:
    """Where several runs have the same labels: how they did together."""
    labels = [axis.path for axis in study.axes if axis.kind == "label"]
    seeds = [axis.path for axis in study.axes if axis.kind == "seed"]
    by = labels or ([axis.path for axis in study.axes if axis.kind == "number"] if seeds else [])
    if not by:
        return
    frame = groups(study.table[study.table["run"] != 0], by)
    if (frame["runs"] > 1).any() and len(frame) <= _MOST_GROUPS:
        show_groups(out(), frame, by, short_names(study.declaration.paths))
        out().print()


def resume_study(named: str | None, changes: Sequence[str], wishes: Wishes) -> int:
    """Goes on with a study; the one begun last unless another is named."""
    from bprunner.cli.sweeping import run_sweep

    here = Path.cwd()
    try:
        study = find_study(named, changes, here, wishes.allow_outside) if named else _last_unfinished(here)
    except InputError as error:
        tell_problems(error)
        return ExitCode.INPUT
    with Interrupts() as interrupts:
        identity = read_identity(study.path)
        words = list(identity.command) if identity is not None and identity.command else [str(study.path)]
        code, _ = run_sweep(study.declaration, words, replace(wishes, allow_outside=False), interrupts)
        return interrupts.code or code


def _last_unfinished(here: Path) -> Study:
    for folder, identity in studies_in(here, lambda error: say(str(error))):
        if identity.state != "trained":
            return read_study(folder)
    hint = "`bprun sync` records what waits; `bprun list` shows the studies that there are"
    raise InputError(Problem("no study here was interrupted", hint=hint))


def sync_studies(named: Sequence[str]) -> int:
    """Delivers to MLflow what waits in the folders of studies."""
    here, trouble = Path.cwd(), list[StorageError]()
    found = list(studies_in(here, trouble.append))
    try:
        # Who said that a study is not to be recorded says otherwise by its name.
        wanted = [each for each in found if "--no-mlflow" not in each[1].command]
        chosen = _chosen_studies(named, found) if named else wanted
    except InputError as error:
        tell_problems(error)
        return ExitCode.INPUT
    for problem in trouble:
        say(str(problem))
    worst, delivered = ExitCode.FAILED if trouble else ExitCode.WELL, 0
    with Interrupts() as interrupts:
        store = resolve_tracking_uri(here, os.environ)
        for folder, identity in chosen:
            if interrupts.code:
                break
            try:
                delivered += _sync(folder, identity, store, interrupts)
            except BprunnerError as error:
                say(f"{shown_path(folder)} was not delivered: {error}")
                worst = ExitCode.FAILED
        if interrupts.code:
            say("interrupted; what is not delivered waits; go on with: " + shlex.join(["bprun", "sync", *named]))
        elif not delivered and worst == ExitCode.WELL:
            out().print(Text(f"nothing waits for {store.shown}"), soft_wrap=True)
        return interrupts.code or worst


def _chosen_studies(named: Sequence[str], found: Sequence[tuple[Path, Identity]]) -> list[tuple[Path, Identity]]:
    """The studies that are meant, by name or folder. Raises InputError for a name that none has."""
    chosen, problems = [], []
    for name in named:
        meant = [
            each for each in found if name in (each[1].name, each[0].name) or Path(name).resolve() == each[0].resolve()
        ]
        chosen += [each for each in meant if each not in chosen]
        if not meant:
            names = ", ".join(dict.fromkeys(identity.name for _, identity in found)) or "none"
            problems.append(Problem(f"there is no study `{name}` here", hint=f"there are: {names}"))
    if problems:
        raise InputError(problems)
    return chosen


def _sync(folder: Path, identity: Identity, store: Store, interrupts: Interrupts) -> bool:
    """Delivers one study, and whether there was anything to deliver. Raises BprunnerError."""
    study = read_study(folder)
    count = len(study)
    if not count or is_delivered(study, identity, store):
        return False
    pages = StudyPages(study, lambda: interrupts.code != 0)
    try:
        with StudyProgress() as progress:
            recorded = deliver(
                study,
                store,
                Path.cwd(),
                findings=[str(each) for each in findings(study)],
                files=pages.files,
                tell=lambda runs, rows: progress.written(runs, count, rows),
                should_stop=lambda: interrupts.code != 0,
            )
    finally:
        pages.wait()
    if recorded is not None:
        rows = f"{counted(count, 'run')}, {counted(recorded.rows, 'metric row')}"
        out().print(Text(f"delivered {study.name}: {rows}, run {recorded.run_id[:8]}"), soft_wrap=True)
    return recorded is not None
