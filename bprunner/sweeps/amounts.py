"""Amounts in words: how long, and how many bytes."""

from __future__ import annotations

_SIZES = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))
_TIMES = ((86400, "d"), (3600, "h"), (60, "min"))


def size_text(count: float) -> str:
    """`1.5 GB`, with two digits."""
    for size, unit in _SIZES:
        if count >= size:
            return f"{_two_digits(count / size)} {unit}"
    return f"{count:.0f} B"


def time_text(seconds: float) -> str:
    """`1.5 h`, `40 s`, with two digits; `0.1 s` at least."""
    for size, unit in _TIMES:
        if seconds >= size:
            return f"{_two_digits(seconds / size)} {unit}"
    return f"{_two_digits(max(0.1, seconds))} s"


def _two_digits(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0") if number < 10 else f"{number:,.0f}"
