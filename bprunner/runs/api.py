"""What a Python program calls."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bprunner.errors import BprunnerError, InputError, TrackingError
from bprunner.runs.run import Run, execute_run
from bprunner.spec.experiment import Experiment
from bprunner.spec.reading import Declaration, read_declaration


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
    if isinstance(overrides, Mapping):
        overrides = [f"{path}={json.dumps(value, default=_listed)}" for path, value in overrides.items()]
    elif isinstance(overrides, str):
        overrides = [overrides]
    declaration = read_declaration(declared, overrides, allow_outside)
    return _recorded(declaration) if record else execute_run(declaration)


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
