"""What a scalar of YAML means by the core schema of YAML 1.2."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from bprunner.spec.nodes import ScalarValue, is_too_large

MAX_SCALAR = 65_536
MAX_DIGITS = 400


class RefusedError(Exception):
    """A scalar that cannot be."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


_WORDS: dict[str, ScalarValue] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_NUMBER_STARTS = frozenset("+-.0123456789")
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def value_of(text: str) -> ScalarValue:
    """What a plain scalar is by YAML 1.2's core schema."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    for pattern, convert in _NUMBERS:
        if pattern.fullmatch(text):
            return _number(text, convert)
    return text


_NUMBERS: tuple[tuple[re.Pattern[str], Callable[[str], int | float]], ...] = (
    (_DECIMAL, int),
    (_FLOAT, float),
    (_OCTAL, lambda text: int(text[2:], 8)),
    (_HEXADECIMAL, lambda text: int(text[2:], 16)),
)


def _number(text: str, convert: Callable[[str], int | float]) -> int | float:
    """Refuses long numbers before converting them: the time that takes grows with the square of the digits."""
    if len(text) > MAX_DIGITS:
        raise RefusedError(f"a number of {len(text):,} characters", f"At most {MAX_DIGITS} are allowed.")
    number = convert(text)
    if is_too_large(number) if isinstance(number, int) else math.isinf(number):
        raise RefusedError(f"the number {shortened(text)} is too large for a double", "The largest is about 1.8e308.")
    return number


def text_of(text: str) -> str:
    """The text with the halves of JSON's \\ud83d\\ude00 joined, as they may come from double quotes."""
    if len(text) > MAX_SCALAR:
        raise RefusedError(f"a text of {len(text):,} characters", f"At most {MAX_SCALAR:,} are allowed.")
    if text.isascii():
        return text
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        raise RefusedError("an escape in this text names half a character") from None


def shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
