"""`bprun FILE …`: numbers first, bookkeeping after."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from bprunner.checking.verdicts import Verdict
from bprunner.cli.arguments import files_and_changes
from bprunner.cli.codes import ExitCode
from bprunner.cli.interrupts import Interrupts
from bprunner.cli.plain import write_utf8
from bprunner.cli.progress import StepsBar
from bprunner.cli.screen import show_figures, show_head, show_steps, show_verdicts
from bprunner.cli.terminal import out, say, shown_path, tell_problems
from bprunner.cli.wishes import Wishes
from bprunner.data.loading import load_samples
from bprunner.data.samples import Samples
from bprunner.errors import BprunnerError, InputError, Problem
from bprunner.runs.run import Run, execute_run, figures_data
from bprunner.spec.reading import Declaration, read_declaration
from bprunner.sweeps.declaring import declared_sweep

if TYPE_CHECKING:
    from bprunner.spec.sweep_reading import SweepDeclaration

Declared = tuple[Declaration, Samples]
"""An experiment and its samples."""


def run_files(arguments: Sequence[str], wishes: Wishes) -> int:
    """Runs files with what differs from them. Everything is read and validated before anything runs."""
    files, changes = files_and_changes(arguments)
    wishes = replace(wishes, one_line=len(files) > 1)
    try:
        declarations = _read(files, changes, wishes)
    except InputError as error:
        tell_problems(error)
        return ExitCode.INPUT
    worst, results = ExitCode.WELL, []
    with Interrupts() as interrupts:
        for declared in declarations:
            if isinstance(declared, tuple):
                code, result = _run_one(*declared, wishes, interrupts)
            else:
                from bprunner.cli.sweeping import run_sweep

                code, result = run_sweep(declared, _words_of(declared, arguments), wishes, interrupts)
            results.append(result)
            worst = _worse(worst, code)
            if interrupts.code:
                break
    if wishes.as_json:
        _print_json(results if wishes.one_line else results[0])
    return interrupts.code or worst


def _worse(one: ExitCode, other: ExitCode) -> ExitCode:
    order = [ExitCode.WELL, ExitCode.DISAGREE, ExitCode.FAILED, ExitCode.INPUT]
    return max(one, other, key=order.index)


def _read(files: Sequence[str], changes: Sequence[str], wishes: Wishes) -> list[SweepDeclaration | Declared]:
    if not files:
        example = f"for example bprun configs/doc.yaml {changes[0]}" if changes else ""
        raise InputError(Problem("no file to run was named", hint=example))
    declarations: list[SweepDeclaration | Declared] = []
    problems: list[Problem] = []
    for file in files:
        try:
            sweep = declared_sweep(file, changes, wishes.allow_outside)
            if sweep is not None:
                declarations.append(sweep)
                continue
            declaration = read_declaration(file, changes, wishes.allow_outside)
            declarations.append((declaration, load_samples(declaration)))
        except InputError as error:
            problems += [_with_command_hint(file, problem) for problem in error.problems]
    if problems:
        raise InputError(problems)
    return declarations


def _words_of(declaration: SweepDeclaration, arguments: Sequence[str]) -> list[str]:
    """The arguments that declare one sweep, of several files perhaps: its file, and what was changed."""
    files, changes = files_and_changes(arguments)
    own = declaration.path or declaration.baseline.path
    return [*(file for file in files if own is not None and Path(file).resolve() == own.resolve()), *changes]


def _with_command_hint(file: str, problem: Problem) -> Problem:
    """A word that is no file may be a command with a slip in it."""
    import difflib

    commands = ("run", "check", "show", "explain", "grade", "compare", "resume", "sync", "schema", "list", "ui")
    near = difflib.get_close_matches(file, commands, n=1)
    if near and not Path(file).exists():
        return replace(problem, hint=f"did you mean the command `bprun {near[0]}`?")
    return problem


def _run_one(
    declaration: Declaration, samples: Samples, wishes: Wishes, interrupts: Interrupts
) -> tuple[ExitCode, dict[str, Any]]:
    from bprunner.runs.folders import new_folder

    folder = new_folder(Path.cwd(), declaration.experiment.name)
    if wishes.on_screen:
        show_head(out(), declaration.experiment, declaration.overrides)
    started = time.time_ns() // 1_000_000
    try:
        with StepsBar(declaration.experiment.training.most_updates(len(samples))) as progress:
            run = execute_run(declaration, samples, folder, progress, lambda: interrupts.code != 0)
    except Exception as error:
        _record_failure(declaration, error, started, wishes)
        if not isinstance(error, BprunnerError):
            raise
        say(str(error))
        return ExitCode.FAILED, {"failure": str(error)}
    _show(run, wishes)
    run, failure = _record(run, folder, wishes)
    return _code(run, failure), json_data(run, folder, failure) if wishes.as_json else {}


def _code(run: Run, failure: str) -> ExitCode:
    if failure:
        return ExitCode.FAILED
    return ExitCode.DISAGREE if _faults(run) and run.status != "interrupted" else ExitCode.WELL


def _faults(run: Run) -> Sequence[Verdict]:
    """The figures that should agree and do not. Of a run with changes, none need to."""
    return () if run.declaration.is_what_if else run.figures.of("disagrees")


def _show(run: Run, wishes: Wishes) -> None:
    """The numbers, before any bookkeeping."""
    if wishes.as_json:
        return
    if wishes.on_screen:
        show_steps(out(), run)
        show_figures(out(), run)
    else:
        disagree = _faults(run)
        if wishes.one_line and (not wishes.quiet or disagree):
            sign = "✗" if disagree else "✓"
            out().print(Text(f"{sign} {run.name}: {run.figures.summary()}, {run.ending()}"), soft_wrap=True)
        elif disagree:
            out().print(Text(f"{run.name}: {run.figures.summary()}"), soft_wrap=True)
        show_verdicts(out(), disagree)
        if run.status == "diverged" and not wishes.one_line:
            say(f"{run.name}: {run.ending()}")
    out().file.flush()


def _record(run: Run, folder: Path, wishes: Wishes) -> tuple[Run, str]:
    """Writes the run's files and records it; tells where. A failure costs the record, not the run."""
    from bprunner.runs import recording
    from bprunner.tracking.addresses import resolve_tracking_uri

    here = Path.cwd()
    try:
        if wishes.mlflow:
            run = recording.record(run, resolve_tracking_uri(here, os.environ), here, folder)
        else:
            recording.write_files(run, folder).wait()
    except (BprunnerError, OSError) as error:
        say(f"not recorded: {_reason(error)}")
        if folder.exists():
            say(f"the run's files are in {shown_path(folder)}")
        return run, _reason(error)
    if wishes.on_screen:
        _tell_place(run, folder)
    return run, ""


def _reason(error: Exception) -> str:
    """Why something failed, in a sentence that says the way out where the system's own words do not."""
    if not isinstance(error, OSError):
        return str(error)
    where = f" to {error.filename}" if error.filename else ""
    return f"the run's files cannot be written{where}: {error.strerror}. Start bprun in a folder that can be written to"


def _record_failure(declaration: Declaration, error: Exception, started: int, wishes: Wishes) -> None:
    """Records that a run failed. Where that fails too, the first failure is the one to tell."""
    from bprunner.runs import recording
    from bprunner.tracking.addresses import resolve_tracking_uri

    if wishes.mlflow:
        here = Path.cwd()
        with suppress(BprunnerError, OSError):
            recording.record_failure(declaration, error, started, resolve_tracking_uri(here, os.environ), here)


def _thinning(run: Run) -> str:
    """How many steps the metrics show, where that is not all of them."""
    from bprunner.runs.recording import shown_rows

    steps = len(run.trace)
    shown = len(shown_rows(steps, run.experiment.tracking.points))
    return "" if shown == steps else f" of {shown:,} of {steps:,} steps"


def _tell_place(run: Run, folder: Path) -> None:
    console = out()
    console.print()
    if run.recorded is None:
        console.print(Text(f"kept in {shown_path(folder)}", style="dim"), soft_wrap=True)
        return
    recorded = run.recorded
    rows = f"{recorded.rows:,} metric rows{_thinning(run)}"
    console.print(
        Text(f"recorded in MLflow: experiment {run.name}, run {run.recorded.run_id[:8]}, {rows}", style="dim"),
        soft_wrap=True,
    )
    console.print(
        Text(f"look at it: bprun ui {run.name if ' ' not in run.name else repr(run.name)}", style="dim"), soft_wrap=True
    )


# JSON


def json_data(run: Run, folder: Path, failure: str = "") -> dict[str, Any]:
    """A run as one JSON object; its steps are read from the trace while they are printed."""
    recorded = run.recorded
    place = recorded.artifact_path if recorded is not None else folder if folder.exists() else None
    return {
        "experiment": run.name,
        "configuration_hash": run.hash,
        "status": run.status,
        "diverged_at": run.diverged_at,
        "updates": run.updates,
        "figures": {
            "summary": run.figures.summary(),
            "held": not run.declaration.is_what_if,
            "agree": len(run.figures.of("agrees")),
            "errata": len(run.figures.of("erratum")),
            "disagree": len(run.figures.of("disagrees")),
            "verdicts": figures_data(run.figures),
        },
        "mlflow": None
        if recorded is None
        else {
            "run_id": recorded.run_id,
            "experiment_id": recorded.experiment_id,
            "tracking_uri": recorded.tracking_uri,
            "artifact_uri": recorded.artifact_uri,
        },
        "paths": {
            "configuration": str(run.declaration.path.resolve()) if run.declaration.path else None,
            "files": None if place is None else str(place),
            "trace": None if place is None else str(place / "trace.parquet"),
        },
        **({"failure": failure} if failure else {}),
        "steps": run,
    }


def _print_json(data: Any) -> None:
    """One JSON document. Steps are written a row at a time: a long run's table never stands in memory as text."""
    write = write_utf8
    if isinstance(data, list):
        write("[")
        for number, item in enumerate(data):
            write(",\n" if number else "\n")
            _print_object(item)
        write("\n]\n")
    else:
        _print_object(data)
        write("\n")
    sys.stdout.flush()


def _print_object(data: dict[str, Any]) -> None:
    write = write_utf8
    run = data.pop("steps", None)
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    if not isinstance(run, Run):
        write(text)
        return
    write(text.removesuffix("\n}"))
    write(',\n  "steps": [')
    for number, row in enumerate(_step_rows(run)):
        write(",\n    " if number else "\n    ")
        write(json.dumps(row, ensure_ascii=False, allow_nan=False))
    write("\n  ]\n}")


def _step_rows(run: Run) -> Iterator[dict[str, Any]]:
    trace = run.trace
    columns = {name: trace[name] for name in trace.names}
    for row, step in enumerate(trace.steps):
        last = row == len(trace) - 1
        yield {
            "step": int(step),
            **{
                name: _json_number(values[row])
                for name, values in columns.items()
                # There is no update after the last step.
                if not (last and name.startswith("update.") and run.status == "finished")
            },
        }


def _json_number(value: Any) -> Any:
    """A float; a list where each sample has its own; text for what JSON has no number for."""
    if getattr(value, "ndim", 0):
        return [_json_number(item) for item in value]
    number = float(value)
    return number if math.isfinite(number) else "nan" if math.isnan(number) else "inf" if number > 0 else "-inf"
