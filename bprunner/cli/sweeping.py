"""`bprun SWEEP.yaml`: what it would take, its training, what was found, and its record."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from bprunner.cli.codes import ExitCode
from bprunner.cli.interrupts import Interrupts
from bprunner.cli.progress import StudyProgress
from bprunner.cli.study_json import plan_data, study_data
from bprunner.cli.study_screen import plan_lines, show_findings, show_plan, show_study_head, show_table
from bprunner.cli.terminal import out, say, shown_path, tell_problems
from bprunner.cli.wishes import Wishes
from bprunner.errors import BprunnerError, InputError, Problem
from bprunner.runs.folders import study_folder
from bprunner.runs.studies import Trained, deliver, is_delivered, train_study
from bprunner.runs.study_files import read_identity
from bprunner.runs.study_pages import StudyPages
from bprunner.runs.study_recording import rows_of, thinning, varying
from bprunner.spec.naming import counted
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps.comparing import top
from bprunner.sweeps.executing import Failure, Progress
from bprunner.sweeps.findings import findings
from bprunner.sweeps.folder import StudyFolder
from bprunner.sweeps.planning import Plan, plan
from bprunner.sweeps.study import Study
from bprunner.tracking.addresses import resolve_tracking_uri
from bprunner.tracking.studies import RecordedStudy

SHOWN_ROWS = 10


def run_sweep(
    declaration: SweepDeclaration, words: Sequence[str], wishes: Wishes, interrupts: Interrupts
) -> tuple[ExitCode, dict[str, Any]]:
    """Runs a sweep as the user wishes. words: the arguments that declare it."""
    return _Sweeping(declaration, words, wishes, interrupts).run()


class _Sweeping:
    def __init__(
        self, declaration: SweepDeclaration, words: Sequence[str], wishes: Wishes, interrupts: Interrupts
    ) -> None:
        self._declaration, self._wishes, self._interrupts = declaration, wishes, interrupts
        options = {"--no-mlflow": not wishes.mlflow, "--data-anywhere": wishes.allow_outside}
        added = [option for option, is_wanted in options.items() if is_wanted and option not in words]
        # A file whose name begins as options do is no option.
        self._words = [f"./{word}" if word[:1] == "-" and word not in options else word for word in words] + added
        self._here = Path.cwd()
        self._folder = study_folder(self._here, declaration)

    @property
    def _command(self) -> str:
        return shlex.join(["bprun", *self._words])

    def run(self) -> tuple[ExitCode, dict[str, Any]]:
        wishes = self._wishes
        if wishes.on_screen:
            show_study_head(out(), self._declaration, varying(self._declaration))
        try:
            planned = self._plan()
            if self._interrupts.code:
                return self._stopped()
            if wishes.dry_run:
                return self._tell_plan(planned)
            refused = self._refused(planned)
            if refused is not None:
                return refused, {}
            return self._told(self._train())
        except InputError as error:
            tell_problems(error)
            return ExitCode.INPUT, {"failure": str(error)}
        except BprunnerError as error:
            say(str(error))
            return ExitCode.FAILED, {"failure": str(error)}
        except SystemExit:
            say(f"ended at once; go on with: {self._command}")
            raise

    def _stopped(self) -> tuple[ExitCode, dict[str, Any]]:
        say(f"interrupted before anything was trained; go on with: {self._command}")
        return ExitCode.WELL, {"study": self._declaration.sweep.name, "failure": "interrupted"}

    # Before

    def _plan(self) -> Plan:
        baseline, every = self._declaration.baseline.experiment, self._declaration.sweep.trace.every
        return plan(
            self._declaration,
            StudyFolder(self._folder),
            self._wishes.workers,
            lambda groups: rows_of(groups, every, baseline.tracking.points),
            0.2 if self._wishes.dry_run else 5.0,
            self._wishes.fresh,
            lambda: self._interrupts.code != 0,
        )

    def _tell_plan(self, planned: Plan) -> tuple[ExitCode, dict[str, Any]]:
        if self._wishes.on_screen:
            show_plan(out(), plan_lines(planned))
            for each in planned.beyond(self._declaration.sweep.limits):
                out().print(Text(f"above a limit: {each}", style="yellow"), soft_wrap=True)
        return ExitCode.WELL, plan_data(self._declaration, planned)

    def _refused(self, planned: Plan) -> ExitCode | None:
        """Why it is not to be run: it is above a declared limit, and nobody said yes."""
        planned.check_room(self._folder)
        beyond = planned.beyond(self._declaration.sweep.limits)
        if not beyond or self._wishes.yes:
            return None
        if sys.stdin.isatty() and sys.stderr.isatty():
            say(f"the study takes {'; '.join(beyond)}")
            if typer.confirm("Run it all the same?", err=True):
                return None
            return ExitCode.INPUT
        problems = [Problem(f"the study takes {each}", hint="say --yes, or raise the limit") for each in beyond]
        raise InputError(problems)

    # Training

    def _train(self) -> Trained:
        with StudyProgress(self._wishes.quiet) as progress:

            def tell(now: Progress) -> None:
                progress.trained(now.done, now.cells, now.steps, now.skipped)

            return train_study(
                self._declaration,
                self._here,
                self._words,
                workers=self._wishes.workers,
                is_fresh=self._wishes.fresh,
                tell=tell,
                should_stop=lambda: self._interrupts.code != 0,
                failed=_tell_failure,
            )

    # Afterwards

    def _told(self, trained: Trained) -> tuple[ExitCode, dict[str, Any]]:
        study, outcome = trained.study, trained.outcome
        found = [str(each) for each in findings(study)] if len(study) else []
        if len(study):
            self._show(study, found)
        pages = StudyPages(study, self._is_stopped()) if len(study) and not outcome.interrupted else None
        try:
            recorded, failure = self._record(study, found, pages)
        finally:
            if pages is not None:
                pages.wait()
        if pages is not None and pages.failure and not self._interrupts.code:
            say(pages.failure)
        if self._wishes.on_screen:
            self._tell_place(study, recorded)
        for each in outcome.failures:
            _tell_failure(each)
        if outcome.failures:
            say(f"{counted(len(outcome.failures), 'run')} of {self._declaration.count():,} failed; the others are done")
        if outcome.interrupted:
            say(f"interrupted after {len(study):,} of {self._declaration.count():,} runs; go on with: {self._command}")
        elif self._interrupts.code:
            way_on = "" if recorded is not None or not self._wishes.mlflow else "; record it with: bprun sync"
            say(f"interrupted when all runs were trained{way_on}")
        data = study_data(study, found, recorded, failure) if self._wishes.as_json else {}
        return (ExitCode.FAILED if failure or outcome.failures else ExitCode.WELL), data

    def _show(self, study: Study, found: Sequence[str]) -> None:
        wishes = self._wishes
        if wishes.on_screen:
            show_findings(out(), found)
            first = [0] if study.has_baseline else []
            best = top(study.table.iloc[len(first) :], SHOWN_ROWS)
            rows = study.table.iloc[[*first, *best.index]]
            left = len(study) - len(rows)
            note = (
                f"the best of {len(study):,} runs; all of them: bprun compare {shown_path(study.path)}" if left else ""
            )
            show_table(out(), study, rows, note)
        elif wishes.one_line and not wishes.quiet:
            out().print(Text(f"✓ {study.name}: {counted(len(study), 'run')}"), soft_wrap=True)
        out().file.flush()

    def _record(self, study: Study, found: Sequence[str], pages: StudyPages | None) -> tuple[RecordedStudy | None, str]:
        """Delivers the study. A failure costs the record, not the study: it waits in its folder."""
        if not self._wishes.mlflow or not len(study):
            return None, ""
        identity = read_identity(study.path)
        try:
            store = resolve_tracking_uri(self._here, os.environ)
            if identity is not None and is_delivered(study, identity, store):
                if self._wishes.on_screen:
                    out().print(Text("\nrecorded in MLflow before", style="dim"))
                return None, ""
            with StudyProgress(self._wishes.quiet) as progress:
                return deliver(
                    study,
                    store,
                    self._here,
                    findings=found,
                    files=pages.files if pages is not None else tuple,
                    tell=lambda runs, rows: progress.written(runs, len(study), rows),
                    should_stop=self._is_stopped(),
                ), ""
        except (BprunnerError, OSError) as error:
            say(f"not recorded: {error}")
            say(f"the record waits in {shown_path(study.path)}; deliver it later with: bprun sync")
            return None, str(error)

    def _is_stopped(self) -> Callable[[], bool]:
        """Whether it was interrupted from now on: what an interrupt left of the training is recorded all the same."""
        before = self._interrupts.code
        return lambda: self._interrupts.code != before

    def _tell_place(self, study: Study, recorded: RecordedStudy | None) -> None:
        console = out()
        if recorded is not None:
            thinned = thinning(study)
            rows = f"{recorded.rows:,} metric rows" + ("" if thinned.points is None else f" ({thinned})")
            where = f"experiment {study.name}, run {recorded.run_id[:8]} with {len(study):,} runs, {rows}"
            console.print()
            console.print(Text(f"recorded in MLflow: {where}", style="dim"), soft_wrap=True)
            console.print(Text(f"look at it: bprun ui {shlex.quote(study.name)}", style="dim"), soft_wrap=True)
        console.print(Text(f"kept in {shown_path(study.path)}", style="dim"), soft_wrap=True)


def _tell_failure(failure: Failure) -> None:
    say(f"run {failure.number} failed: {failure.reason}")
