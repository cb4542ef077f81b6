"""A run is one training of one experiment, and everything that is known of it: trace, figures, how it ended."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bprunner.checking.verdicts import Verdicts, check
from bprunner.data.loading import load_samples
from bprunner.data.samples import Samples
from bprunner.nn.arrays import Array, Indices
from bprunner.spec.describing import network_line, training_line
from bprunner.spec.effective import content_hash
from bprunner.spec.experiment import Experiment
from bprunner.spec.naming import counted
from bprunner.spec.reading import Declaration
from bprunner.training.execution import Execution, Status, execute
from bprunner.training.population import populate
from bprunner.training.replay import Replay
from bprunner.training.trace import Trace

if TYPE_CHECKING:
    from bprunner.runs.plot import Plot
    from bprunner.tracking.records import Recorded

TRACE_FILE = "trace.parquet"


@dataclass(frozen=True)
class Run:
    """One run.

    `trace` holds every quantity of every step, `figures` the verdicts on what the document prints, `status` is
    finished, diverged (at step `diverged_at`) or interrupted. `started` and `ended` are milliseconds since 1970.
    `recorded` says where MLflow has it, if it does.
    """

    declaration: Declaration
    hash: str
    samples: Samples
    execution: Execution
    figures: Verdicts
    started: int
    ended: int
    recorded: Recorded | None = field(default=None, compare=False)

    @property
    def experiment(self) -> Experiment:
        return self.declaration.experiment

    @property
    def name(self) -> str:
        return self.experiment.name

    @property
    def trace(self) -> Trace:
        return self.execution.trace

    @property
    def status(self) -> Status:
        return self.execution.status

    @property
    def diverged_at(self) -> int | None:
        return self.execution.diverged_at

    @property
    def updates(self) -> int:
        """How many updates the run made."""
        return int(self.trace.steps[-1])

    @property
    def errors(self) -> Array:
        """The error over all samples that are trained on, (states,): of every step, or of every epoch where an update
        does not have all of them."""
        found = self.measured("error")
        assert found is not None  # the error is always recorded
        return found

    def measured(self, name: str) -> Array | None:
        """An error or a metric over a whole part, one a step, or one an epoch; None where it was not measured."""
        of_all = f"training.{name}"
        found = of_all if of_all in self.trace else name
        if found not in self.trace:
            return None
        values = self.trace[found]
        return values[self.trace.steps % self._updates_per_epoch == 0] if "." in found else values

    @property
    def error_steps(self) -> Indices:
        """The steps at which `errors` are, (states,)."""
        steps = self.trace.steps
        return steps[steps % self._updates_per_epoch == 0] if "training.error" in self.trace else steps

    @property
    def _updates_per_epoch(self) -> int:
        return self.experiment.training.updates_per_epoch(len(self.samples))

    @cached_property
    def last_predictions(self) -> Array | None:
        """What the last step predicts for every sample that is trained on, (samples, outputs); None where the trace has
        neither the predictions nor the weights."""
        outputs = self.experiment.architecture.names.outputs
        if self.experiment.training.full_batch and all(f"prediction.{output}" in self.trace for output in outputs):
            columns = [np.atleast_1d(self.trace[f"prediction.{output}"][-1]) for output in outputs]
            return np.stack(columns, axis=1)
        replay = Replay(self.experiment, self.samples, self.trace)
        return replay.predictions(len(self.trace) - 1) if replay.is_possible else None

    def ending(self) -> str:
        """How it ended, in words."""
        if self.status == "diverged":
            return f"diverged at step {self.diverged_at}"
        text = f"{self.status} after {counted(self.updates, 'update')}"
        per_epoch = self._updates_per_epoch
        return text if per_epoch == 1 else f"{text} ({counted(self.updates // per_epoch, 'epoch')})"

    def __repr__(self) -> str:
        error = self.errors
        figures = f", {self.figures.summary()}" if len(self.figures) else ""
        return f"<Run {self.name}: {self.ending()}, error {error[0]:.6g} → {error[-1]:.6g}{figures}>"

    def plot(self) -> Plot:
        """The picture of the training: the error over the steps, and below it the weights and biases.

        In a notebook it shows itself; `.save("training.svg")` writes it. Raises StorageError where a long trace can no
        longer be read.
        """
        from bprunner.runs.plot import Plot

        subtitle = f"{network_line(self.experiment)} · {training_line(self.experiment)}"

        def draw() -> Any:
            from bprunner.figures.training import training_figure

            return training_figure(self.trace, self.name, subtitle, self.diverged_at)

        what = "the weights and biases" if self.trace.parts("bias") else "the weights"
        return Plot("training", f"The error of {self.name} over the steps, and below it {what}: {self.ending()}.", draw)

    def _repr_html_(self) -> str:
        """For notebooks: what was run, the first and last steps, how the figures stand, and the error's curve."""
        from bprunner.runs.run_html import run_html

        return run_html(self)


def metadata(declaration: Declaration, content: str, samples: Samples) -> dict[str, Any]:
    """What a trace file says of itself."""
    from bprunner._version import __version__

    return {
        "format": 1,
        "bprunner": __version__,
        "experiment": declaration.experiment.name,
        "configuration_hash": content,
        "samples": len(samples),
        "data_digest": samples.digest,
    }


def execute_run(
    declaration: Declaration,
    samples: Samples | None = None,
    folder: Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Run:
    """Trains what a declaration says and checks its figures. Records nothing.

    `samples` are the dataset's, where they are loaded already. A long trace is written into `folder` as it grows.
    Raises InputError for a faulty dataset.
    """
    samples = load_samples(declaration) if samples is None else samples
    content = content_hash(declaration)
    population = populate([declaration.experiment], samples)
    started = _now()
    execution = execute(population, metadata(declaration, content, samples), folder, progress, should_stop)
    ended = _now()
    verdicts = check(declaration.experiment, execution.trace, samples)
    return Run(declaration, content, samples, execution, verdicts, started, ended)


def _now() -> int:
    return time.time_ns() // 1_000_000


def figures_data(figures: Sequence[Any]) -> list[dict[str, Any]]:
    """The verdicts as plain data, for JSON."""
    return [
        {
            "figure": verdict.name,
            "step": verdict.step,
            **({} if verdict.where.epoch is None else {"epoch": verdict.where.epoch, "counted": verdict.where.counted}),
            **({} if verdict.sample is None else {"sample": verdict.sample}),
            "printed": str(verdict.printed),
            "computed": verdict.value if abs(verdict.value) < float("inf") else None,
            "computed_at_printed_digits": verdict.shown if abs(verdict.value) < float("inf") else None,
            "verdict": verdict.state,
            **({"note": verdict.note} if verdict.note else {}),
            **({"right": str(verdict.right)} if verdict.right is not None else {}),
        }
        for verdict in figures
    ]


def write_json(path: Path, data: Mapping[str, Any] | Sequence[Any]) -> None:
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
