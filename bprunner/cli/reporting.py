"""`bprun report`: a study as a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from bprunner.cli.codes import ExitCode
from bprunner.cli.terminal import out, say, shown_path, tell_problems
from bprunner.errors import InputError, Problem, StorageError


def report_study(
    named: str, changes: Sequence[str], *, output: str | None, allow_outside: bool, quiet: bool
) -> ExitCode:
    """Writes the page of a study that was run, and says where it is."""
    from bprunner.runs.reporting import report
    from bprunner.runs.study_files import find_study
    from bprunner.runs.study_pages import REPORT

    try:
        study = find_study(named, changes, Path.cwd(), allow_outside)
        if not len(study):
            raise InputError(Problem(f"no run of the study {study.name} is done", hint="run it first"))
        target = Path(output) if output else study.path / REPORT
        if target.is_dir():
            hint = f"name a file in it: -o {target / REPORT}"
            raise InputError(Problem(f"{output} is a folder, and a report is one file", hint=hint))
        written = report(study)
    except InputError as error:
        tell_problems(error)
        return ExitCode.INPUT
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        written.write(target)
    except (StorageError, OSError) as error:
        say(str(error))
        return ExitCode.FAILED
    if not quiet:
        out().print(Text(shown_path(target)), soft_wrap=True)
    return ExitCode.WELL
