"""Holding a notebook's variables against the run: a line that shows each, and one that asserts what it has to be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from math import floor, log10
from typing import Any

import numpy as np

from bprunner.documents.numpy_code import array_text, comment, decimal_text, nested, number_text, quoted
from bprunner.documents.numpy_passes import Part, rounding_name
from bprunner.documents.numpy_run import Recorded, slices, strides
from bprunner.nn.arrays import Array
from bprunner.spec.arithmetic import Rounding

_NARROW = 60
"""So wide are the numbers that are held, beside what holds them."""
_AGREES, _AGREES_LATER = 1e-9, 1e-6
"""How near they are, relatively, and how near after many updates."""
_NEW_LINE = r'"\n"'


class Holding:
    """The lines for one step's numbers.

    `loose` is the key of a word that says why nothing is held from here on; empty as long as everything is.
    """

    def __init__(self, recorded: Recorded, words: Mapping[str, str]) -> None:
        self._r, self._words = recorded, words
        self.loose = ""
        self._decimal = recorded.digits > 0

    def loosen(self, key: str, is_so: bool) -> None:
        """Nothing is held any more where that is so; the first reason counts."""
        self.loose = self.loose or (key if is_so else "")

    @cached_property
    def rate(self) -> float:
        """The learning rate of the step's update."""
        return self._r.rates(1)[0]

    # Showing

    def array(self, values: Any) -> str:
        return array_text(values, self._decimal)

    def literal(self, value: float) -> str:
        return f"Decimal({decimal_text(value)})" if self._decimal else number_text(value)

    def shown(self, variable: str, own: Rounding | None = None) -> str:
        """A variable with its name above it; `own`: as the document prints it, rounded."""
        value = variable if own is None else f"{rounding_name(own)}({variable}, {own.decimals})"
        return f"print({self._label(variable, own)}, {value}{'.astype(str)' if self._decimal else ''}, sep={_NEW_LINE})"

    def shown_number(self, variable: str, own: Rounding | None = None) -> str:
        """A variable that is one number."""
        value = variable if own is None else f"{rounding_name(own)}({variable}, {own.decimals})"
        return f"print({self._label(variable, own)}, {value})"

    def _label(self, variable: str, own: Rounding | None) -> str:
        return quoted(variable if own is None else self._words["printed"].format(name=variable))

    # Holding

    def held(self, variable: str, values: Array | None) -> list[str]:
        """That a variable has the run's numbers."""
        if values is None:
            return []
        return self._agree(variable, values.shape, values[slices(values.shape)])

    def part(self, variable: str, quantity: str, part: Part, row: int, size: float = 1.0) -> list[str]:
        """The same of weights and what belongs to them. size: that of what the numbers were made from."""
        some = self._r.thinned(quantity, part, row)
        return [] if some is None else self._agree(variable, part.names.shape, some, size)

    def after(self, variable: str, quantity: str, part: Part, size: float = 1.0) -> list[str]:
        """The same of what is so after the update."""
        row = self._r.next_row
        return [] if row is None else self.part(variable, quantity, part, row, size)

    def last(self, variable: str, part: Part, row: int) -> list[str]:
        """The same of weights after many updates."""
        some = self._r.thinned(part.quantity, part, row)
        return [] if some is None else self._agree(variable, part.names.shape, some, agrees=_AGREES_LATER)

    def _agree(
        self, variable: str, shape: tuple[int, ...], some: Array, size: float = 1.0, agrees: float = _AGREES
    ) -> list[str]:
        if self.loose:
            return []
        steps = strides(shape)
        is_whole = all(step == 1 for step in steps)
        place = "" if is_whole else f"[{', '.join(f'::{step}' for step in steps)}]"
        number = f"{variable}{place}{'.astype(float)' if self._decimal else ''}"
        said = self._words["thinned"].format(names=variable, rows=steps[0], columns=steps[-1])
        line = f"assert np.allclose({number}, {_numbers(some)}, {self._within(some, agrees, size)})"
        return [line] if is_whole else [comment(said), line]

    def number(self, variable: str, value: float) -> list[str]:
        """That a variable is one number of the run."""
        if self.loose:
            return []
        found = f"float({variable})" if self._decimal else variable
        alone = np.array(value)
        return [f"assert np.isclose({found}, {_numbers(alone)}, {self._within(alone)})"]

    def series(self, variable: str, places: list[int], values: Array) -> list[str]:
        """That the elements of a list are numbers of the run, after many updates."""
        if self.loose:
            return []
        found = f"[{', '.join(f'{variable}[{place}]' for place in places)}]"
        found = f"np.array({found}).astype(float)" if self._decimal else found
        return [f"assert np.allclose({found}, {_numbers(values)}, {self._within(values, _AGREES_LATER)})"]

    def or_reason(self, lines: list[str]) -> list[str]:
        """The lines, or why there are none."""
        return lines or [comment(self._words[self.loose or "not_recorded"])]

    def _within(self, values: Array, agrees: float = _AGREES, size: float = 1.0) -> str:
        """How near numbers have to be, as arguments. Decimals of few digits are rounded at every step, and so differ in
        their last ones."""
        rtol = max(agrees, 10.0 ** (4 - self._r.digits)) if self._r.digits else agrees
        nan = ", equal_nan=True" if np.any(np.isnan(values)) else ""
        return f"rtol={_power(rtol)}, atol={_power(rtol * 1e-3 * size * _scale(values / size))}{nan}"

    # Sizes

    def update_size(self, part: Part) -> float:
        """What the updates of a part are made from: the learning rate times gradients, or times what is about 1."""
        factors = self._r.factors(part)
        # A warm-up may begin with next to nothing.
        rate = max(self.rate, 1e-9) * (1.0 if factors is None else max(1.0, float(np.max(factors))))
        if self._r.experiment.training.optimizer.kind in ("gradient_descent", "momentum", "nesterov"):
            return rate * self.gradient_size(part)
        return rate * 1e4

    def gradient_size(self, part: Part) -> float:
        gradients = self._r.thinned("gradient", part, self._r.row)
        return 1.0 if gradients is None else _scale(gradients)


def _numbers(values: Array) -> str:
    """With as many digits as are held, and some; without the sign of a zero."""
    short = np.array([float(f"{value + 0.0:.12g}") for value in values.flat]).reshape(values.shape)
    return nested(short, wide=_NARROW)


def _scale(values: Array) -> float:
    """The size of the largest number, at least 1."""
    return max([1.0, *(abs(float(value)) for value in values.flat if np.isfinite(value))])


def _power(value: float) -> str:
    """The nearest power of ten, as 1e-9."""
    return f"1e{floor(log10(value) + 0.5)}"
