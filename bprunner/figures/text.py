"""Text of a picture: numbers as people write them, and names that fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MINUS = "−"


def number_text(value: float, digits: int = 3) -> str:
    """A number with at most so many significant digits: 0.0582, 1,250, 3×10⁻⁷, 10⁴⁰."""
    if value == 0:
        return "0"
    if 1e-4 <= abs(value) < 1e6:
        return f"{float(f'{value:.{digits}g}'):,.10g}".replace("-", _MINUS)
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    power = _ten_to_the(int(exponent))
    factors = {"1": power, "-1": f"-{power}"}
    return factors.get(mantissa, f"{mantissa}×{power}").replace("-", _MINUS)


def power_text(exponent: int) -> str:
    """A power of ten: 10⁻³, 1, 10⁴⁰."""
    return "1" if exponent == 0 else _ten_to_the(exponent)


def _ten_to_the(exponent: int) -> str:
    return "10" + str(exponent).translate(_SUPERSCRIPTS)


def tick_texts(ticks: Sequence[float]) -> list[str]:
    """Evenly spaced ticks, all with as many decimals as the one that needs most."""
    largest = max((abs(tick) for tick in ticks), default=0.0)
    if not 1e-4 <= largest < 1e6:
        return [number_text(tick, digits=6) for tick in ticks]
    decimals = next((n for n in range(12) if all(abs(round(t, n) - t) < 1e-9 * largest for t in ticks)), 12)
    return [f"{round(tick, decimals) + 0.0:,.{decimals}f}".replace("-", _MINUS) for tick in ticks]


def one_line(text: str) -> str:
    """The text without what an SVG cannot hold (control characters, half characters) or a line cannot (breaks)."""
    return "".join(character if character.isprintable() else " " for character in text).strip()


def shortened(text: str, limit: int) -> str:
    """The text, its middle left out where it is wider than `limit` columns (a Chinese character takes two)."""
    if width(text) <= limit:
        return text
    kept = len(text) - 1
    while kept > 1 and width(text[: (kept + 1) // 2]) + width(text[len(text) - kept // 2 :]) + 1 > limit:
        kept = min(kept - 1, limit)
    return f"{text[: (kept + 1) // 2]}…{text[len(text) - kept // 2 :]}"


def width(text: str) -> int:
    """How many columns a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
