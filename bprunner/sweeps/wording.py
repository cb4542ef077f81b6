"""Wording: what varies, runs, and numbers of a study as short plain text, the same on every machine."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

DIGITS: Final = 3
"""Significant digits of a number in a sentence: the last bits of a processor do not reach them."""
MOST_DIGITS: Final = 9
NOTHING: Final = "–"
LONGEST: Final = 40
"""Letters of a label; of a longer one the end is left out."""
REPEAT: Final = "repeat"


def few(value: float, digits: int = DIGITS) -> str:
    """A number with few significant digits: 0.126, 1,250, 8.23e-10, infinite."""
    value = float(value)
    if math.isnan(value):
        return "unknown"
    if math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    if value == 0.0:
        return "0"
    rounded = float(f"{value:.{digits}g}")
    if 1e-4 <= abs(rounded) < 1e6:
        return f"{rounded:,.{max(digits, 6)}g}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.') if '.' in mantissa else mantissa}e{int(exponent)}"


def share(part: int, whole: int) -> str:
    """`13 of 100`; `all 100`, `both`, `none of 100`."""
    if part == whole > 1:
        return "both" if whole == 2 else f"all {whole:,}"
    return f"{part:,} of {whole:,}" if part else f"none of {whole:,}"


def listed(texts: Sequence[str], most: int = 6) -> str:
    """`a`, `a and b`, `a, b and c`; of many, the first and how many more."""
    if len(texts) > most:
        return f"{', '.join(texts[: most - 1])} and {len(texts) - most + 1:,} more"
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


class AxisWords:
    """How what varies at a path is called, and each of its values.

    Numbers have as few digits as tell the values apart; labels stay as they are, on one line.
    """

    def __init__(self, path: str, short: str, values: Iterable[object], is_seed: bool = False) -> None:
        """values: those to tell apart; of numbers that were drawn there are none."""
        self.path, self._is_seed = path, is_seed
        self.name = "seed" if path == REPEAT else short.replace("_", " ")
        self._digits = _telling_apart({number for value in values if (number := number_of(value)) is not None})

    def text(self, value: object) -> str:
        """A value: `0.126`, `glorot`; `–` where there is none."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return NOTHING
        if isinstance(value, bool):
            return "true" if value else "false"
        number = number_of(value)
        if number is not None:
            return f"{number:.0f}" if self._is_seed else few(number, self._digits)
        line = " ".join("".join(sign if sign.isprintable() else " " for sign in str(value)).split())
        return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"

    def named(self, value: object) -> str:
        """With its name: `learning rate 0.126`."""
        return f"{self.name} {self.text(value)}"

    def span(self, values: Sequence[float]) -> str:
        """Sorted numbers by their ends: `at 0.1`, `from 0.1 to 0.4`."""
        first, last = self.text(values[0]), self.text(values[-1])
        return f"at {first}" if first == last else f"from {first} to {last}"

    def several(self, kind: str) -> str:
        """What there are several of: `optimizers`, `initial weights`; of numbers, `values of w1`."""
        if kind == "number":
            return f"values of {self.name}"
        return self.name if self.name.endswith("s") else f"{self.name}s"

    @property
    def headed(self) -> str:
        """The name where a sentence begins; w5 stays as it is."""
        return self.name if self._is_symbol else f"{self.name[0].upper()}{self.name[1:]}"

    @property
    def definite(self) -> str:
        """`the optimizer`, `w5`."""
        return self.name if self._is_symbol else f"the {self.name}"

    @property
    def _is_symbol(self) -> bool:
        return any(letter.isdigit() for letter in self.name)


def number_of(value: object) -> float | None:
    """A finite number as a float; None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None


def _telling_apart(numbers: set[float]) -> int:
    """The fewest digits, from DIGITS on, with which these numbers stay as many; at most MOST_DIGITS."""
    for digits in range(DIGITS, MOST_DIGITS):
        if len({few(number, digits) for number in numbers}) == len(numbers):
            return digits
    return MOST_DIGITS


def run_words(axes: Sequence[AxisWords], row: Mapping[str, Any]) -> str:
    """A run by what varies: `learning rate 0.126, optimizer adam, seed 3`. What it does not have is left out."""
    texts = [(axis, axis.text(row[axis.path])) for axis in axes]
    return ", ".join(f"{axis.name} {text}" for axis, text in texts if text != NOTHING)
