"""What a document is about: one run, and what of it is told."""

from __future__ import annotations

from dataclasses import dataclass

from bprunner.checking.verdicts import Verdicts
from bprunner.data.samples import Samples
from bprunner.spec.experiment import Experiment
from bprunner.training.trace import Trace


@dataclass(frozen=True)
class Subject:
    """A run: what was declared, the samples it was trained on, its trace, and the verdicts on its printed figures."""

    experiment: Experiment
    samples: Samples
    trace: Trace
    figures: Verdicts
    ending: str = ""
    """How it ended, in words."""
    origin: str = ""
    """The file that declares it, as a reader would name it."""
