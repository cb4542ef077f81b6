"""Reading: from the address of a figure to the computed value, in the trace, in the dataset or by a replay."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from bprunner.data.samples import Samples
from bprunner.nn.arrays import Array
from bprunner.spec.addressing import Address
from bprunner.spec.arithmetic import PER_SAMPLE
from bprunner.spec.expectations import MEASURES
from bprunner.spec.experiment import Experiment
from bprunner.spec.expressions import parse
from bprunner.training.columns import SAMPLE
from bprunner.training.replay import Replay
from bprunner.training.trace import Trace


class Read(NamedTuple):
    """A value, the step at which it was found, and why there is none, where there is none (then it is nan)."""

    value: float
    step: int
    missing: str = ""


class _MissingError(Exception):
    """Why a value cannot be read."""


class Reader:
    """Values of one run by their addresses, with columns fetched once."""

    def __init__(self, experiment: Experiment, trace: Trace, samples: Samples) -> None:
        self._experiment = experiment
        self._names = experiment.architecture.names
        self._training = experiment.training
        self._per_epoch = experiment.training.updates_per_epoch(len(samples))
        self._trace = trace
        self._samples = samples
        self._rows = {int(step): row for row, step in enumerate(trace.steps)}
        self._columns: dict[str, Array] = {}
        self._replay: Replay | None = None
        self._positions = {
            **{f"input.{name}": unit for unit, name in enumerate(self._names.inputs)},
            **{f"target.{name}": unit for unit, name in enumerate(self._names.outputs)},
        }

    def full_name(self, name: str) -> str:
        """`prediction` alone is that of the only output."""
        return f"prediction.{self._names.outputs[0]}" if name == "prediction" else name

    def step_of(self, address: Address) -> int:
        """The step that an address means: after how many updates."""
        last = int(self._trace.steps[-1])
        if address.epoch is not None:
            epoch = last // self._per_epoch if address.epoch == "last" else int(address.epoch)
            return epoch * self._per_epoch
        return last if address.step == "last" else int(address.step or 0)

    def read(self, address: Address) -> Read:
        """The computed value of a quantity or an expression."""
        step = self.step_of(address)
        try:
            expression = parse(self.full_name(address.name))
            value = expression.evaluate({name: self._quantity(name, step, address) for name in expression.names})
        except _MissingError as missing:
            return Read(math.nan, step, str(missing))
        return Read(value, step, "" if math.isfinite(value) else "there is no finite value")

    # One quantity

    def _quantity(self, name: str, step: int, address: Address) -> float:
        quantity = name.partition(".")[0]
        if name in ("step", "epoch"):
            return float(step if name == "step" else step // self._per_epoch)
        if name == "learning_rate":
            return self._learning_rate(step)
        if name in MEASURES or quantity == "held_out":
            return self._measure(name, step, address)
        if quantity in ("input", "target"):
            table = self._samples.inputs if quantity == "input" else self._samples.targets
            return float(table[self._which(step, address), self._positions[name]])
        if quantity in PER_SAMPLE:
            return self._of_sample(name, step, address)
        return float(self._column(name)[self._row(step)])

    def _learning_rate(self, step: int) -> float:
        if "learning_rate" in self._trace:
            return float(self._column("learning_rate")[self._row(step)])
        return self._training.learning_rate

    def _measure(self, name: str, step: int, address: Address) -> float:
        """An error or a metric: of the samples of a step, or of all of an epoch."""
        own = not name.startswith("held_out.")
        if own and address.epoch is not None and self._training.full_batch and address.counted == "before":
            # The error before the last update of the epoch, which has just one.
            return float(self._column(name)[self._row(step - 1)])
        if own and address.epoch is not None and not self._training.full_batch:
            name = f"{'running' if address.counted == 'before' else 'training'}.{name}"
        value = float(self._column(name)[self._row(step)])
        if math.isnan(value) and "." in name and step % self._per_epoch:
            raise _MissingError(f"step {step} does not end an epoch")
        return value

    def _of_sample(self, name: str, step: int, address: Address) -> float:
        """net, out, prediction or delta of one sample; by a replay where the step's update does not have it."""
        row = self._row(step)
        at = self._position(row, step, address)
        if at is not None and name in self._trace:
            value = np.atleast_1d(self._column(name)[row])
            return float(value[at])
        quantity, _, neuron = name.partition(".")
        if quantity == "delta" and name not in self._trace:
            raise _MissingError(f"the trace has no `{name}`")
        sample = self._which(step, address)
        if quantity == "delta":
            raise _MissingError(f"sample {sample + 1} is not among those of step {step}'s update")
        if self._replay is None:
            self._replay = Replay(self._experiment, self._samples, self._trace)
        if not self._replay.is_possible:
            raise _MissingError("the trace does not have the weights that it would be computed from")
        return self._replay.value(quantity, neuron, row, sample)

    def _position(self, row: int, step: int, address: Address) -> int | None:
        """Where a sample stands among those of a step, or None where it is none of them."""
        if self._training.full_batch:
            return (address.sample or 1) - 1
        there = np.atleast_1d(self._column(SAMPLE)[row])
        if address.sample is None:
            if int(np.isfinite(there).sum()) > 1:
                raise _MissingError(f"step {step} has several samples: whose figure is this?")
            return 0
        found = np.nonzero(there == address.sample)[0]
        return int(found[0]) if len(found) else None

    def _which(self, step: int, address: Address) -> int:
        """Which sample of the dataset is meant, from 0."""
        if address.sample is not None or self._training.full_batch:
            return (address.sample or 1) - 1
        return int(np.atleast_1d(self._column(SAMPLE)[self._row(step)])[0]) - 1

    # The trace

    def _row(self, step: int) -> int:
        if step in self._rows:
            return self._rows[step]
        last = int(self._trace.steps[-1])
        if step > last or step < 0:
            raise _MissingError(f"there is no step {step}: the run ended at step {last}")
        raise _MissingError(f"the trace has no step {step}: `trace.steps` is `{self._experiment.trace.steps}`")

    def _column(self, name: str) -> Any:
        if name not in self._columns:
            if name not in self._trace:
                raise _MissingError(f"the trace has no `{name}`")
            self._columns[name] = self._trace[name]
        return self._columns[name]
