"""Measuring: errors and metrics, of the samples of a step and of whole parts of the dataset.

Of a step: the reported error and the metrics, over the samples of its update. Where an update has not all
samples, each epoch ends with `training.…`, over the whole training part with the weights after the epoch, and with
`running.…`, over the same samples as the epoch went, each before its update. Where samples are held out, it ends with
`held_out.…`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bprunner.nn.arrays import Array, Indices, picked
from bprunner.nn.losses import Objective
from bprunner.nn.network import Passed, Weights, error_of, forward
from bprunner.training.population import Part, Population

NOTHING: Mapping[str, Array] = {}


def measure_names(p: Population) -> tuple[str, ...]:
    """Everything that is measured beside the error, in the order in which the trace has it."""
    own = [*(["reported_error"] if p.reported is not None else []), *p.counted]
    names = [*own, *([] if _rate_is_constant(p) else ["learning_rate"])]
    if not p.training.full_batch:
        names += [f"{where}.{name}" for where in ("training", "running") for name in ("error", *own)]
    if p.held_out is not None:
        names += [f"held_out.{name}" for name in ("error", *own)]
    return tuple(names)


def _rate_is_constant(p: Population) -> bool:
    return p.training.schedule.kind == "constant" and p.warm_up is None


def of_part(p: Population, weights: Weights, part: Part, prefix: str) -> Iterator[tuple[str, Array]]:
    """Error, reported error and metrics over a part of the dataset, each (runs, 1, 1)."""
    passed = forward(p.layers, weights, part.inputs, p.stages)
    error = error_of(p.objective, passed, part.targets, weights, p.penalties)
    yield f"{prefix}.error", error if p.stages.error is None else p.stages.error(error, 0)
    for name, value in own_measures(p, passed, part.targets):
        yield f"{prefix}.{name}", value


def own_measures(p: Population, passed: Passed, targets: Array) -> Iterator[tuple[str, Array]]:
    """The reported error and the metrics over the samples of a forward pass, each (runs, 1, 1)."""
    if p.reported is not None:
        yield "reported_error", p.reported.value(passed.net[-1], passed.out[-1], targets)
    for name, counted in p.counted.items():
        yield name, counted.metric.value(passed.out[-1], targets, counted.parameters)


class Measurer:
    """Measures the steps of one training, in their order."""

    def __init__(self, p: Population) -> None:
        self._p = p
        self._per_epoch = p.updates_per_epoch
        self._running: dict[str, Array] = {}
        self._seen = 0
        # Of a step, nothing is measured beside its error, and the end of an epoch brings nothing new.
        self.is_idle = not measure_names(p)

    def keep(self, p: Population, kept: Indices) -> None:
        """Goes on with these runs alone."""
        self._p = p
        self._running = {name: picked(total, kept) for name, total in self._running.items()}

    def measures(
        self, number: int, weights: Weights, passed: Passed, targets: Array, error: Array, rate: Array | None
    ) -> Mapping[str, Array]:
        """Everything that is measured at one step beside its error; `rate` is its learning rate where it changes."""
        own = dict(own_measures(self._p, passed, targets))
        found = dict(own)
        if rate is not None:
            found["learning_rate"] = rate
        if number % self._per_epoch == 0:
            found |= self._epoch(number, weights)
        if not self._p.training.full_batch:
            self._add({"error": error, **own}, int(targets.shape[1]))
        return found

    def _epoch(self, number: int, weights: Weights) -> dict[str, Array]:
        """What the end of an epoch shows; at step 0 nothing has been running."""
        p = self._p
        found: dict[str, Array] = {}
        if not p.training.full_batch:
            found |= dict(of_part(p, weights, p.part, "training"))
            if number:
                found |= {f"running.{name}": self._averaged(name, total) for name, total in self._running.items()}
            self._running, self._seen = {}, 0
        if p.held_out is not None:
            found |= dict(of_part(p, weights, p.held_out, "held_out"))
        return found

    def _add(self, values: Mapping[str, Array], samples: int) -> None:
        """What the steps of an epoch have: sums are added up, means count by the number of their samples."""
        for name, value in values.items():
            part = value * samples if self._is_mean(name) else value
            self._running[name] = part if name not in self._running else self._running[name] + part
        self._seen += samples

    def _averaged(self, name: str, total: Array) -> Array:
        return total / self._seen if self._is_mean(name) else total

    def _is_mean(self, name: str) -> bool:
        objectives: dict[str, Objective | None] = {"error": self._p.objective, "reported_error": self._p.reported}
        objective: Any = objectives.get(name)
        return objective is None or objective.samples == "mean"
