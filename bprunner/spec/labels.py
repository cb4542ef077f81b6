"""A label is what a dataset calls a class: a text such as setosa, or a whole number such as 1.

Labels are listed in the order of the outputs. They are distinct, two or more, and all texts or all numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, ValidationError, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError

from bprunner.spec.fields import as_line, as_tuple
from bprunner.spec.naming import shortened
from bprunner.spec.problems import nearest

LARGEST_LABEL = 2**53
"""Labels that are numbers are compared with doubles, which leave some larger integers out."""
_IN_QUOTES = "in quotes it is a text"


def _label(value: object) -> object:
    """A text in one line, or a whole number."""
    if isinstance(value, str):
        return as_line(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if abs(value) > LARGEST_LABEL:
            raise PydanticCustomError("label", "must be an integer of at most 2⁵³", {"hint": _IN_QUOTES})
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) <= LARGEST_LABEL:
        way = f"write {int(value)}"
    else:
        way = _IN_QUOTES if isinstance(value, bool | float) else ""
    raise PydanticCustomError("label", "must be a text or a whole number", {"hint": way})


def _checked(labels: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Refuses labels of two kinds, labels that are listed again, and fewer than two."""
    if len(labels) < 2:
        raise PydanticCustomError("labels", "must be two labels or more")
    faults = list(_faults(labels))
    if faults:
        raise ValidationError.from_exception_data("labels", faults)
    return labels


def _faults(labels: tuple[int | str, ...]) -> Iterator[InitErrorDetails]:
    texts, seen = isinstance(labels[0], str), set[int | str]()
    for position, label in enumerate(labels):
        message, hint = "", ""
        if isinstance(label, str) != texts:
            message, hint = (
                f"must be a {'text' if texts else 'whole number'}, as the first label is",
                "a number in quotes is a text",
            )
        elif label in seen:
            message = "must be listed only once"
        seen.add(label)
        if message:
            error = PydanticCustomError("label", message, {"hint": hint})
            yield InitErrorDetails(type=error, loc=(position,), input=label)


_LISTS = [
    {"type": "array", "items": {"type": kind}, "minItems": 2, "uniqueItems": True} for kind in ("string", "integer")
]

Labels: TypeAlias = Annotated[
    tuple[Annotated[int | str, BeforeValidator(_label)], ...],
    BeforeValidator(as_tuple),
    AfterValidator(_checked),
    WithJsonSchema({"anyOf": _LISTS}),
]


# In words


def no_label(labels: Iterable[int | str], found: str) -> str:
    """That something else was found where a label should be. It completes a sentence about the place."""
    listed = shortened([f"`{_short(str(label))}`" for label in labels], 12)
    return f"must be one of the labels {listed}, found {found}"


def near_label(text: str, labels: Iterable[str]) -> str:
    """The label that a text may have been meant as."""
    near = nearest(text, labels)
    return f"did you mean `{_short(near)}`?" if near else ""


def quoted(text: str) -> str:
    """A text that was found, with all of its blanks: they may be what is wrong."""
    return repr(_short(text))


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
