"""Arithmetic: which quantities an author rounds on the way, and whether the numbers are doubles or decimals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from bprunner.spec.choices import Choice, Frozen, OneOf, OrInSchema

Way = Literal["half_up", "truncated"]


class Rounding(Frozen):
    """How a quantity is rounded."""

    decimals: int = Field(ge=0, le=15, description="how many decimals stay")
    rounding: Way = Field("half_up", description="half_up, as by hand, or truncated: the rest cut off")
    carried: bool = Field(
        True, description="true: the next stage starts from the rounded value; false: it is only printed so"
    )


QUANTITIES = ("net", "out", "prediction", "error", "delta", "gradient", "update", "weight", "bias")
"""The quantities of a step, in the order in which a step computes them."""

MEMORY = ("velocity", "mean", "squares")
"""What optimizers remember of each weight and bias, from step to step."""

PER_SAMPLE = frozenset({"net", "out", "prediction", "delta"})
"""The quantities that every sample has; the others are one number a step."""


class Double(Choice):
    """Double precision, as computers have it: 15 to 17 digits."""

    kind: Literal["double"]


class DecimalNumbers(Choice):
    """Decimal numbers, as people write them: 0.1 is exactly a tenth. Slow; for tables that hold in no other way."""

    kind: Literal["decimal"]
    digits: int = Field(28, ge=5, le=200, description="how many digits a result has")


NumbersChoice = Annotated[Double | DecimalNumbers, OneOf()]


def rounding_form(value: object) -> str:
    """Whether a quantity is rounded as a whole, or by the names of its parts."""
    whole = isinstance(value, Rounding) or (isinstance(value, Mapping) and bool({*Rounding.model_fields} & {*value}))
    return "(whole)" if whole or not isinstance(value, Mapping) else "(named)"


RoundingField = Annotated[
    Annotated[Rounding, Tag("(whole)")]
    | Annotated[Annotated[dict[str, Rounding], Field(min_length=1)], Tag("(named)")],
    Discriminator(rounding_form),
]


class Arithmetic(Frozen):
    """Which quantities are rounded, as a whole or by name; the others are exact."""

    numbers: NumbersChoice = Field(Double(kind="double"), description="what numbers are")
    net: RoundingField | None = Field(None, description="pre-activations")
    out: RoundingField | None = Field(None, description="activations, the prediction included unless it has its own")
    prediction: RoundingField | None = Field(None, description="the outputs of the last layer")
    error: Rounding | None = Field(None, description="the error")
    delta: RoundingField | None = Field(None, description="∂error/∂net")
    gradient: RoundingField | None = Field(None, description="∂error/∂weight and ∂error/∂bias")
    update: RoundingField | None = Field(None, description="what is added to weights and biases")
    weight: RoundingField | None = Field(None, description="weights after an update")
    bias: RoundingField | None = Field(None, description="biases after an update; unless given, like weights")

    def of(self, quantity: str, name: str = "") -> Rounding | None:
        """A quantity's rounding, a prediction's being that of `out` and a bias's that of `weight` unless given."""
        own: Any = getattr(self, quantity, None)
        if own is None and quantity in ("prediction", "bias"):
            own = self.out if quantity == "prediction" else self.weight
        return own.get(name) if isinstance(own, dict) else own

    def declared(self) -> Iterator[tuple[str, str, Rounding]]:
        """The quantities that are rounded, in the order of a step, each with a name where it is rounded by name."""
        for quantity in QUANTITIES:
            own = getattr(self, quantity)
            if own is None and quantity in ("prediction", "bias"):
                own = self.out if quantity == "prediction" else self.weight
            if isinstance(own, dict):
                yield from ((quantity, name, rounding) for name, rounding in own.items())
            elif own is not None:
                yield quantity, "", own


def _exact(value: object) -> object:
    if value == "exact":
        return {}
    if isinstance(value, Mapping | Arithmetic):
        return value
    raise PydanticCustomError(
        "arithmetic_type",
        "must be `exact`, or the quantities that are rounded",
        {"hint": "for example {weight: {decimals: 2}}"},
    )


ArithmeticField = Annotated[Arithmetic, BeforeValidator(_exact), OrInSchema({"const": "exact"})]
