"""A verdict says whether a printed figure agrees with the computed value, to the digits printed.

A figure agrees when the computed value, rounded half up (or cut off, where that is declared) to as many
decimals as were printed, is the printed number. A figure with a tolerance agrees within it. A declared
erratum must not agree as printed, and its right number must.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from bprunner.checking.reading import Reader
from bprunner.data.samples import Samples
from bprunner.nn.rounding import at_decimals, round_number
from bprunner.spec.addressing import Address, Addressed, addressed
from bprunner.spec.arithmetic import Arithmetic, Way
from bprunner.spec.expectations import Expectation, Figure
from bprunner.spec.experiment import Experiment, Horizon
from bprunner.spec.printed import Printed
from bprunner.training.trace import Trace

State = Literal["agrees", "erratum", "disagrees", "beyond"]
FAULTY: tuple[State, ...] = ("erratum", "disagrees")
"""Where the printed number is not the computed one, as far as figures are held."""

# Up to so many significant digits, a figure may come from a pencil, and a computed number counts as the decimal of 15
# digits that it stands for. Longer ones were printed by a computer, from all the digits of a double.
_MOST_BY_HAND = 12


@dataclass(frozen=True)
class Verdict:
    """One figure held against the trace.

    `where` says which figure, `step` at which step of the run it was found. `shown` is the computed value at the
    printed digits, `value` in full. `note` is an erratum's reason, or why there is no agreement when digits do not say.
    Figures beyond the declared horizon are not held.
    """

    where: Address
    step: int
    printed: Printed
    value: float
    shown: str
    state: State
    note: str = ""
    right: Printed | None = None
    path: tuple[str | int, ...] = ()

    @property
    def name(self) -> str:
        return self.where.name

    @property
    def sample(self) -> int | None:
        return self.where.sample

    @property
    def address(self) -> str:
        return str(self.where)

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
        errata, disagree, beyond = (len(self.of(state)) for state in ("erratum", "disagrees", "beyond"))
        held = len(self.all) - errata - beyond
        parts = [f"{held - disagree} of {held} figures agree"]
        if errata:
            parts.append(f"{errata} {'erratum' if errata == 1 else 'errata'}")
        if beyond:
            parts.append(f"{beyond} beyond the horizon")
        return ", ".join(parts)


def check(experiment: Experiment, trace: Trace, samples: Samples) -> Verdicts:
    """The verdicts on all expected figures, in the order of the file."""
    reader = Reader(experiment, trace, samples)
    return Verdicts(
        tuple(
            _verdict(reader, ("expect", number, *each.path), each, expectation, experiment)
            for number, expectation in enumerate(experiment.expect)
            for each in _figures(expectation, experiment)
        )
    )


def _figures(expectation: Expectation, experiment: Experiment) -> Iterator[Addressed]:
    # What does not fit was refused when the file was read.
    return (each for each in addressed(expectation, experiment.architecture.names) if isinstance(each, Addressed))


def _verdict(
    reader: Reader, path: tuple[str | int, ...], each: Addressed, expectation: Expectation, experiment: Experiment
) -> Verdict:
    figure, name = each.figure, reader.full_name(each.address.name)
    where = replace(each.address, name=name)
    value, step, missing = reader.read(where)
    way = _way(figure, expectation, experiment.arithmetic, each.path, name)
    tolerance = _tolerance(figure, expectation)
    right = figure.right
    agrees = agreement(figure.printed, value, way, tolerance)
    state: State = "agrees" if agrees else "disagrees"
    note = missing
    if figure.erratum is not None and right is not None:
        right_agrees = agreement(right, value, way, _tolerance(figure, expectation, right))
        state = "erratum" if right_agrees and not agrees else "disagrees"
        note = missing or figure.erratum
        if agrees:
            note = "declared an erratum, but the printed number agrees"
        elif not right_agrees and not missing:
            note = f"declared an erratum, but the right number is not {right}"
    if _is_beyond(experiment.horizon, reader, step):
        note = f"beyond the horizon, where the printed number {'agrees' if agrees else 'does not agree'}"
        state = "beyond"
    shown = _shown(figure.printed, value, way)
    return Verdict(where, step, figure.printed, value, shown, state, note, right, path)


def _way(
    figure: Figure, expectation: Expectation, arithmetic: Arithmetic, path: tuple[str | int, ...], name: str
) -> Way:
    """How the last printed digit came about: the figure's own way, its expectation's, or that of the arithmetic."""
    quantity, _, part = name.removeprefix("held_out.").partition(".")
    declared = None if path[0] == "values" else arithmetic.of(quantity, part)
    return figure.rounding or expectation.rounding or (declared.rounding if declared else "half_up")


def _tolerance(figure: Figure, expectation: Expectation, printed: Printed | None = None) -> float | None:
    """How far off a value may be: the figure's own tolerance, or its expectation's. None where the digits say."""
    number = abs(float((printed or figure.printed).number))
    for each in (figure, expectation):
        if each.tolerance is not None:
            return each.tolerance
        if each.relative_tolerance is not None:
            return each.relative_tolerance * number
    return None


def _is_beyond(horizon: Horizon | None, reader: Reader, step: int) -> bool:
    return horizon is not None and step > reader.step_of(Address("", horizon.step, horizon.epoch))


def agreement(printed: Printed, value: float, way: Way, tolerance: float | None = None) -> bool:
    """Whether a computed value gives the printed number, at the printed digits or within a tolerance."""
    if not math.isfinite(value):
        return False
    if tolerance is not None:
        return abs(value - float(printed.number)) <= tolerance
    return _at_digits(printed, value, way) == printed.number


def _at_digits(printed: Printed, value: float, way: Way) -> Decimal:
    """The value at a figure's decimals; a whole number printed as 1.2e5 counts by its own digits."""
    if printed.significant > _MOST_BY_HAND:
        # A double that is printed whole is rounded; what is cut off is cut off from what was printed.
        number = Decimal(value) if way == "half_up" else Decimal(repr(value))
        return at_decimals(number, _decimals(printed), way)
    return round_number(value, _decimals(printed), way)


def _decimals(printed: Printed) -> int:
    """Like `printed.decimals`, but negative for a whole number whose last digits an exponent leaves out."""
    exponent = printed.number.as_tuple().exponent
    assert isinstance(exponent, int)
    return -exponent


def _shown(printed: Printed, value: float, way: Way) -> str:
    if not math.isfinite(value):
        return str(value)
    number = _at_digits(printed, value, way)
    # A zero has a sign where the document writes one.
    return format(number if number or printed.number.is_signed() else abs(number), "f")
