"""What a Python program calls."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bprunner.errors import BprunnerError, InputError, Problem, TrackingError
from bprunner.runs.run import Run, execute_run
from bprunner.spec.experiment import Experiment
from bprunner.spec.reading import Declaration, read_declaration

if TYPE_CHECKING:
    from bprunner.documents.document import Document
    from bprunner.grading.grades import Grades
    from bprunner.runs.study import Study


def run(
    declared: Path | str | Mapping[str, Any] | Experiment,
    overrides: Sequence[str] | Mapping[str, Any] = (),
    *,
    record: bool = False,
    allow_outside: bool = False,
) -> Run:
    """Runs an experiment: a YAML file, the same as a mapping, or an Experiment.

    overrides change it: `["training.learning_rate=0.1"]` or `{"training.learning_rate": 0.1}`. With `record` the
    run goes to MLflow, to the store that MLFLOW_TRACKING_URI names or else mlflow.db in the working folder.
    `allow_outside` lets a dataset's file lie outside the folder of the file that names it.

    Raises InputError, with every problem found, for a faulty declaration or dataset; StorageError and
    TrackingError where the disk or the store fails.
    """
    declaration = read_declaration(declared, _written(overrides), allow_outside)
    return _recorded(declaration) if record else execute_run(declaration)


def sweep(
    declared: Path | str | Mapping[str, Any],
    overrides: Sequence[str] | Mapping[str, Any] = (),
    *,
    record: bool = False,
    workers: int | None = None,
    fresh: bool = False,
    allow_outside: bool = False,
) -> Study:
    """Runs a sweep: a YAML file, the same as a mapping, or an experiment with values that vary as overrides.

    The study that comes of it shows itself in a notebook: its findings, and its best runs beside the baseline. What is
    trained is kept in `studies/` of the working folder; the same sweep again trains only what is missing, with `fresh`
    all of it. workers: how many processes train. Runs that fail are told by `failures` of the study. With `record` the
    study goes to MLflow, as a run does.

    Raises InputError, with every problem found, for a faulty declaration, and for one in which nothing varies;
    StorageError and TrackingError where the disk or the store fails. An interrupt leaves what is done.
    """
    from bprunner.runs.studies import deliver, train_study
    from bprunner.runs.study import Study
    from bprunner.sweeps.declaring import declared_sweep, read_sweep

    changes = _written(overrides)
    if isinstance(declared, Mapping):
        declaration = read_sweep(declared, changes, allow_outside)
    else:
        found = declared_sweep(str(declared), changes, allow_outside)
        if found is None:
            hint = "give values for a path, such as training.learning_rate=[0.01, 0.1]"
            raise InputError(Problem(f"{declared} declares an experiment, and nothing varies", hint=hint))
        declaration = found
    folder = Path.cwd()
    study = Study.of(train_study(declaration, folder, workers=workers, is_fresh=fresh).study)
    if record:
        from bprunner.runs.study_pages import StudyPages
        from bprunner.tracking.addresses import resolve_tracking_uri

        store = resolve_tracking_uri(folder, os.environ)
        deliver(study, store, folder, findings=study.findings, files=StudyPages(study).files)
    return study


def explain(
    declared: Path | str | Mapping[str, Any] | Experiment | Run,
    overrides: Sequence[str] | Mapping[str, Any] = (),
    *,
    step: int = 0,
    weights: Sequence[str] = (),
    sample: int | None = None,
    digits: int | None = None,
    blank: bool = False,
    language: str = "en",
    allow_outside: bool = False,
) -> Document:
    """The worked document of one step: of a run, or of an experiment, which is trained for it.

    weights: names of those that are derived, one of each layer unless given; sample: which is worked out in full, from
    1; digits: significant ones, the author's own unless given; blank: an exercise, with gaps for what is computed.

    Raises InputError for a faulty declaration, for an experiment that cannot be explained, and for a step, weight,
    sample or language that there is none of.
    """
    from bprunner.documents.telling import Wishes
    from bprunner.runs.explaining import explain_run, run_to_explain

    wishes = Wishes(step, tuple(weights), sample, digits, blank, language)
    if isinstance(declared, Run):
        if overrides:
            raise InputError(Problem("a run that was trained cannot be changed", hint="explain its file instead"))
        return explain_run(declared, wishes).document
    declaration = read_declaration(declared, _written(overrides), allow_outside)
    return explain_run(run_to_explain(declaration, wishes), wishes).document


def grade(
    declared: Path | str | Mapping[str, Any] | Experiment | Run,
    answers: Path | str | Mapping[str, Any] | Sequence[Any],
    *,
    allow_outside: bool = False,
) -> Grades:
    """A student's figures against a run, or against an experiment, which is trained for it.

    answers: a file, or the same as data.

    Raises InputError, with every problem found, for a faulty declaration or faulty answers.
    """
    from bprunner.grading import grade as graded

    run = declared if isinstance(declared, Run) else execute_run(read_declaration(declared, (), allow_outside))
    return graded(run.experiment, run.samples, run.trace, answers)


def study(named: str) -> Study:
    """A study that was run in the working folder: by its sweep's file, its name, or its folder.

    Raises InputError where there is none, and StorageError where it cannot be read.
    """
    from bprunner.runs.study import Study
    from bprunner.runs.study_files import find_study

    return Study.of(find_study(str(named), (), Path.cwd()))


def _written(overrides: Sequence[str] | Mapping[str, Any]) -> Sequence[str]:
    """Overrides as the command line has them."""
    if isinstance(overrides, Mapping):
        return [f"{path}={json.dumps(value, default=_listed)}" for path, value in overrides.items()]
    return [overrides] if isinstance(overrides, str) else overrides


def _listed(value: Any) -> Any:
    """NumPy's numbers and arrays as Python's own."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no value of a configuration")


def _recorded(declaration: Declaration) -> Run:
    """A run that MLflow has, also where it fails (FAILED) or is interrupted (KILLED)."""
    from bprunner.runs import recording
    from bprunner.runs.folders import new_folder
    from bprunner.tracking.addresses import resolve_tracking_uri

    folder, started = Path.cwd(), time.time_ns() // 1_000_000
    store = resolve_tracking_uri(folder, os.environ)
    try:
        done = execute_run(declaration)
    except InputError:
        raise
    except BaseException as error:
        with suppress(BprunnerError, OSError):
            recording.record_failure(declaration, error, started, store, folder)
        raise
    files = new_folder(folder, done.name)
    try:
        return recording.record(done, store, folder, files)
    except TrackingError as error:
        raise TrackingError(f"{error} The run's files are in {files}.") from error
