"""A verdict says whether a printed figure agrees with the computed value, to the digits printed.

A figure agrees when the computed value, rounded half up (or cut off, where that is declared) to as many
decimals as were printed, is the printed number. A figure with a tolerance agrees within it. A declared
erratum must not agree as printed, and its right number must.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bprunner.nn.rounding import at_decimals, round_number
from bprunner.spec.experiment import Arithmetic, Expectation, Experiment, Figure, Way
from bprunner.spec.expressions import parse
from bprunner.spec.printed import Printed
from bprunner.training.trace import Trace

State = Literal["agrees", "erratum", "disagrees"]

# A double has 15 to 17 significant digits; figures of more than 15 are held against all of them.
_CERTAIN_DIGITS = 15


@dataclass(frozen=True)
class Verdict:
    """One figure held against the trace.

    `address` says which figure (`prediction.o1 at step 1`), `shown` is the computed value at the printed
    digits, `value` in full. `note` is an erratum's reason, or why there is no agreement when digits do not say.
    """

    name: str
    step: int
    sample: int | None
    printed: Printed
    value: float
    shown: str
    state: State
    note: str = ""
    right: Printed | None = None
    path: tuple[str | int, ...] = ()

    @property
    def address(self) -> str:
        sample = "" if self.sample is None else f", sample {self.sample}"
        return f"{self.name} at step {self.step}{sample}"

    def __str__(self) -> str:
        return f"{self.address}: printed {self.printed}, computed {self.shown} ({self.state})"


@dataclass(frozen=True)
class Verdicts(Sequence[Verdict]):
    """All verdicts of a run, in the order of the file."""

    all: tuple[Verdict, ...]

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self.all[index]

    def __len__(self) -> int:
        return len(self.all)

    def of(self, state: State) -> tuple[Verdict, ...]:
        """Those in one state."""
        return tuple(verdict for verdict in self.all if verdict.state == state)

    @property
    def agree(self) -> bool:
        """Whether none disagrees; errata do not count."""
        return not self.of("disagrees")

    def __repr__(self) -> str:
        return f"<Verdicts: {self.summary()}>"

    def summary(self) -> str:
        """`46 of 46 figures agree`, with the errata and the others counted."""
        if not self.all:
            return "no figures are expected"
        errata, disagree = len(self.of("erratum")), len(self.of("disagrees"))
        held = len(self.all) - errata
        text = f"{held - disagree} of {held} figures agree"
        return f"{text}, {errata} {'erratum' if errata == 1 else 'errata'}" if errata else text


def check(
    experiment: Experiment, trace: Trace, inputs: Sequence[Sequence[float]], targets: Sequence[Sequence[float]]
) -> Verdicts:
    """The verdicts on all expected figures. inputs and targets are the samples, for expressions."""
    reader = _Reader(experiment, trace, inputs, targets)
    return Verdicts(
        tuple(
            verdict
            for number, expectation in enumerate(experiment.expect)
            for verdict in _verdicts(reader, ("expect", number), expectation, experiment.arithmetic)
        )
    )


def _verdicts(
    reader: _Reader, path: tuple[str | int, ...], expectation: Expectation, arithmetic: Arithmetic
) -> Iterator[Verdict]:
    for place, name, figures in expectation.declared():
        listed = isinstance(figures, tuple)
        each = figures if isinstance(figures, tuple) else (figures,)
        for position, (step, figure) in enumerate(zip(expectation.numbers(), each, strict=True)):
            here = (*path, *place, position) if listed else (*path, *place)
            declared = None if place[0] == "values" else arithmetic.of(place[0])
            way = figure.rounding or expectation.rounding or (declared.rounding if declared else "half_up")
            value, missing = reader.value(name, step, expectation.sample)
            yield _judged(figure, way, value, missing, reader.full_name(name), step, expectation.sample, here)


def _judged(
    figure: Figure,
    way: Way,
    value: float,
    missing: str,
    name: str,
    step: int,
    sample: int | None,
    path: tuple[str | int, ...],
) -> Verdict:
    agrees = agreement(figure.printed, value, way, figure.tolerance)
    state: State = "agrees" if agrees else "disagrees"
    note = missing
    if figure.erratum is not None and figure.right is not None:
        right = agreement(figure.right, value, way, figure.tolerance)
        state = "erratum" if right and not agrees else "disagrees"
        note = missing or figure.erratum
        if agrees:
            note = "declared an erratum, but the printed number agrees"
        elif not right and not missing:
            note = f"declared an erratum, but the right number is not {figure.right}"
    return Verdict(
        name, step, sample, figure.printed, value, _shown(figure.printed, value, way), state, note, figure.right, path
    )


def agreement(printed: Printed, value: float, way: Way, tolerance: float | None = None) -> bool:
    """Whether a computed value gives the printed number, at the printed digits or within a tolerance."""
    if not math.isfinite(value):
        return False
    if tolerance is not None:
        return abs(value - float(printed.number)) <= tolerance
    return _at_digits(printed, value, way) == printed.number


def _at_digits(printed: Printed, value: float, way: Way) -> Decimal:
    """The value at a figure's decimals; a whole number printed as 1.2e5 counts by its own digits."""
    if printed.significant > _CERTAIN_DIGITS:
        return at_decimals(Decimal(repr(value)), _decimals(printed), way)
    return round_number(value, _decimals(printed), way)


def _decimals(printed: Printed) -> int:
    """Like `printed.decimals`, but negative for a whole number whose last digits an exponent leaves out."""
    exponent = printed.number.as_tuple().exponent
    assert isinstance(exponent, int)
    return -exponent


def _shown(printed: Printed, value: float, way: Way) -> str:
    if not math.isfinite(value):
        return str(value)
    return format(_at_digits(printed, value, way), "f")


class _Reader:
    """Values by name from the trace and the dataset, with columns fetched once."""

    def __init__(
        self,
        experiment: Experiment,
        trace: Trace,
        inputs: Sequence[Sequence[float]],
        targets: Sequence[Sequence[float]],
    ) -> None:
        self._names = experiment.architecture.names
        self._learning_rate = experiment.training.learning_rate
        self._trace = trace
        self._rows = {int(step): row for row, step in enumerate(trace.steps)}
        self._data = {
            **{f"input.{name}": [row[unit] for row in inputs] for unit, name in enumerate(self._names.inputs)},
            **{f"target.{name}": [row[unit] for row in targets] for unit, name in enumerate(self._names.outputs)},
        }
        self._columns: dict[str, object] = {}

    def full_name(self, name: str) -> str:
        """`prediction` alone is that of the only output."""
        return f"prediction.{self._names.outputs[0]}" if name == "prediction" else name

    def value(self, name: str, step: int, sample: int | None) -> tuple[float, str]:
        """The value of a quantity or an expression, and why there is none (then it is nan)."""
        if step not in self._rows:
            last = int(self._trace.steps[-1])
            return math.nan, f"there is no step {step}: the run ended at step {last}"
        expression = parse(self.full_name(name))
        values: Mapping[str, float] = {used: self._quantity(used, step, sample) for used in expression.names}
        value = expression.evaluate(values)
        return value, "" if math.isfinite(value) else "there is no finite value"

    def _quantity(self, name: str, step: int, sample: int | None) -> float:
        if name == "learning_rate":
            return self._learning_rate
        if name in self._data:
            return float(self._data[name][(sample or 1) - 1])
        if name not in self._columns:
            self._columns[name] = self._trace[name]
        value = self._columns[name][self._rows[step]]  # type: ignore[index]
        return float(value) if getattr(value, "ndim", 0) == 0 else float(value[(sample or 1) - 1])
