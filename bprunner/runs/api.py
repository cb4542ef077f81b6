"""What a Python program calls."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bprunner.runs.run import Run, execute_run
from bprunner.spec.experiment import Experiment
from bprunner.spec.reading import read_declaration


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
        import json

        overrides = [f"{path}={json.dumps(value)}" for path, value in overrides.items()]
    done = execute_run(read_declaration(declared, overrides, allow_outside))
    if not record:
        return done
    from bprunner.runs import recording
    from bprunner.tracking.addresses import resolve_tracking_uri

    folder = Path.cwd()
    return recording.record(done, resolve_tracking_uri(folder, os.environ), folder)
