"""bprunner runs worked examples of backpropagation: declared in YAML, traced step by step, checked to the digit.

import bprunner

run = bprunner.run("configs/doc.yaml")
run.trace["weight.w5"]      # NumPy, by the quantity's name
run.trace.frame()           # pandas
run.figures                 # which printed figures agree

bprunner.explain(run)       # the worked document: in a notebook it shows itself

study = bprunner.sweep("configs/doc_exact.yaml", {"training.learning_rate": [0.01, 0.1, 0.2]})
study.findings              # what came of it, in sentences
study.table                 # pandas, a row for each run beside the baseline
study.plot_errors()         # a picture, which shows itself too
study.steps.frame()         # every step of every run
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bprunner._version import __version__
from bprunner.errors import BprunnerError, InputError, StorageError, TrackingError

if TYPE_CHECKING:
    from bprunner.checking.verdicts import Verdict, Verdicts
    from bprunner.documents.document import Document
    from bprunner.grading.grades import Grades
    from bprunner.runs.api import explain, grade, run, study, sweep
    from bprunner.runs.plot import Plot
    from bprunner.runs.run import Run
    from bprunner.runs.study import Study
    from bprunner.spec.experiment import Experiment
    from bprunner.training.trace import Trace

__all__ = [
    "BprunnerError",
    "Document",
    "Experiment",
    "Grades",
    "InputError",
    "Plot",
    "Run",
    "StorageError",
    "Study",
    "Trace",
    "TrackingError",
    "Verdict",
    "Verdicts",
    "__version__",
    "explain",
    "grade",
    "run",
    "study",
    "sweep",
]

# NumPy and pydantic are imported when something that needs them is asked for: `bprun --help` needs neither.
_HOMES = {
    "run": "bprunner.runs.api",
    "explain": "bprunner.runs.api",
    "grade": "bprunner.runs.api",
    "sweep": "bprunner.runs.api",
    "study": "bprunner.runs.api",
    "Study": "bprunner.runs.study",
    "Document": "bprunner.documents.document",
    "Grades": "bprunner.grading.grades",
    "Plot": "bprunner.runs.plot",
    "Run": "bprunner.runs.run",
    "Trace": "bprunner.training.trace",
    "Verdict": "bprunner.checking.verdicts",
    "Verdicts": "bprunner.checking.verdicts",
    "Experiment": "bprunner.spec.experiment",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'bprunner' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
