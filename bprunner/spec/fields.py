"""The kinds of values that a YAML file holds: numbers, rows, matrices, and text that can be seen."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError


def as_tuple(value: object) -> object:
    """Lists are YAML's; frozen values hold tuples."""
    return tuple(value) if isinstance(value, list) else value


def as_float(value: object) -> object:
    """A whole number is a number; its written digits matter only in figures."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return value


_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_JOINERS = "\u200c\u200d"


def as_line(value: object) -> object:
    """Text in one line that can be seen: it is shown in terminals, in tables and in MLflow."""
    if isinstance(value, str):
        _refuse_unseen(value)
    return value


def _lines(value: object) -> object:
    """Text that may have several lines."""
    if isinstance(value, str):
        _refuse_unseen(value.replace("\n", " "))
    return value


def _refuse_unseen(text: str) -> None:
    if not text.strip():
        raise PydanticCustomError("string_too_short", "must not be empty")
    unseen = next((sign for sign in text if unicodedata.category(sign) in _UNSEEN and sign not in _JOINERS), None)
    if unseen is not None:
        code = f"U+{ord(unseen):04X}"
        raise PydanticCustomError("unseen", "must have no invisible characters (here {code})", {"code": code})


Number = Annotated[float, BeforeValidator(as_float)]
Row = Annotated[tuple[Number, ...], Field(min_length=1), BeforeValidator(as_tuple)]
Matrix = Annotated[tuple[Row, ...], Field(min_length=1), BeforeValidator(as_tuple)]
Line = Annotated[str, BeforeValidator(as_line)]
Lines = Annotated[str, BeforeValidator(_lines)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
