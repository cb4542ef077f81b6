"""Numbers in a table: six significant digits, and the decimal points of a column under each other."""

from __future__ import annotations

import math
from collections.abc import Sequence

DIGITS = 6


def number_text(value: float, digits: int = DIGITS) -> str:
    """A number as a person writes it: no trailing zeros, no sign of a zero, an exponent only far from 1."""
    value = value + 0.0  # −0 + 0 is 0
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = format(value, f".{digits}g")
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    if -7 <= int(exponent) < 0:
        return format(value, f".{digits - 1 - int(exponent)}f").rstrip("0")
    return f"{mantissa}e{int(exponent)}"


def aligned(values: Sequence[float], digits: int = DIGITS) -> list[str]:
    """A column's texts, padded so that the decimal points stand under each other. nan (no value) is blank."""
    texts = ["" if math.isnan(value) else number_text(value, digits) for value in values]
    parts = [text.partition(".") for text in texts]
    before = max(len(whole) for whole, _, _ in parts)
    after = max(len(point + rest) for _, point, rest in parts)
    return [f"{whole:>{before}}{point + rest:<{after}}" for whole, point, rest in parts]
