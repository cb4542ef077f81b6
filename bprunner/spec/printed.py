"""A printed number is a number with the digits that somebody wrote: 0.20 has two decimals, 0.2 has one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

_LONGEST = 40


@dataclass(frozen=True)
class Printed:
    """The decimal number as written; its exponent is the number of decimals."""

    number: Decimal

    @property
    def decimals(self) -> int:
        """How many decimals were printed; 0 for whole numbers."""
        exponent = self.number.as_tuple().exponent
        assert isinstance(exponent, int)  # finite by construction
        return max(0, -exponent)

    @property
    def significant(self) -> int:
        """How many significant digits were printed."""
        return len(self.number.as_tuple().digits)

    def __str__(self) -> str:
        """The digits as they count: 1.2e5 has two, and is not 120000."""
        exponent = self.number.as_tuple().exponent
        assert isinstance(exponent, int)
        written_out = format(self.number, "f")
        if exponent <= 0 and len(written_out) <= _LONGEST:
            return written_out
        return str(self.number).replace("E+", "e").replace("E", "e")

    @classmethod
    def read(cls, value: object) -> Printed:
        """From a number of a YAML file (its text counts) or of Python (its repr counts).

        Raises a pydantic error for anything else, and for numbers that are not finite.
        """
        if isinstance(value, Printed):
            return value
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise PydanticCustomError("figure_type", "must be a number")
        text = str(getattr(value, "text", value if isinstance(value, Decimal) else repr(value)))
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal(repr(value))
        if not number.is_finite():
            raise PydanticCustomError("finite_number", "must be a finite number")
        if abs(number.adjusted()) > 400:
            raise PydanticCustomError("figure_range", "must be within the range of doubles, 1e-308 to 1e308")
        return cls(number)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.read, serialization=core_schema.plain_serializer_function_ser_schema(lambda printed: printed)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "number"}
