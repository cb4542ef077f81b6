"""Expected figures: the numbers that a document prints, each with the address of what it is a figure of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, Union

from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from bprunner.spec.arithmetic import MEMORY, QUANTITIES, Way
from bprunner.spec.choices import Frozen, OrInSchema
from bprunner.spec.fields import Lines, Number, as_tuple
from bprunner.spec.printed import Printed


class Figure(Frozen):
    """A printed figure with more to say than its digits."""

    printed: Printed = Field(description="the number as printed, with its digits")
    rounding: Way | None = Field(None, description="how its last digit came about")
    tolerance: Number | None = Field(None, ge=0, description="agree within this, instead of by digits")
    relative_tolerance: Number | None = Field(
        None, ge=0, lt=1, description="agree within this share of the printed number, instead of by digits"
    )
    erratum: Lines | None = Field(None, description="why the printed number is known to be wrong")
    right: Printed | None = Field(None, description="with an erratum: the right number")


def _as_figure(value: object) -> object:
    """A bare number is a figure that is nothing but printed."""
    if isinstance(value, int | float | Printed) and not isinstance(value, bool):
        return {"printed": value}
    if isinstance(value, Mapping | Figure):
        return value
    raise PydanticCustomError("figure_type", "must be a number")


def _figures_form(value: object) -> str:
    return "listed" if isinstance(value, list | tuple) else "single"


OneFigure = Annotated[Figure, BeforeValidator(_as_figure), OrInSchema({"type": "number"})]
if TYPE_CHECKING:
    # A type checker need not follow a type that has itself inside.
    FigureTree: TypeAlias = Any
else:
    FigureTree = TypeAliasType(
        "FigureTree",
        Annotated[
            Union[  # noqa: UP007  # a name that is still to come cannot be joined by |
                Annotated[OneFigure, Tag("single")],
                Annotated[tuple["FigureTree", ...], Field(min_length=1), BeforeValidator(as_tuple), Tag("listed")],
            ],
            Discriminator(_figures_form),
        ],
    )
"""A figure, or a list of them: over steps, over samples, over a layer's neurons, or a matrix."""

Figures = dict[str, FigureTree]


def _prediction_form(value: object) -> str:
    """A prediction of one output needs no name; of several it is a list, or a mapping by their names."""
    if isinstance(value, Mapping) and "printed" not in value:
        return "named"
    return "single"


def _step_form(value: object) -> str:
    return "(last)" if isinstance(value, str) else "(number)"


StepAddress = Annotated[
    Annotated[Literal["last"], Tag("(last)")] | Annotated[Annotated[int, Field(ge=0)], Tag("(number)")],
    Discriminator(_step_form),
]
StepNumbers = Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1), BeforeValidator(as_tuple)]
SampleNumbers = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1), BeforeValidator(as_tuple)]

MEASURES = ("error", "reported_error", "accuracy")
"""What is counted over samples: of a step over those of its update, of an epoch over all of the training part."""


class HeldOutFigures(Frozen):
    """Figures of the held-out part, with the weights after an epoch."""

    error: FigureTree | None = Field(None, description="the loss")
    reported_error: FigureTree | None = Field(None, description="the error that the document prints")
    accuracy: FigureTree | None = Field(None, description="the share of samples that are right")


class Expectation(Frozen):
    """Figures printed for one step or epoch, or for several: then each is a list, one figure for each."""

    step: StepAddress | None = Field(None, description="after how many updates: 0 is before any, last after all")
    steps: StepNumbers | None = Field(None, description="several steps, for lists of figures")
    epoch: StepAddress | None = Field(None, description="after how many epochs: 0 is before any, last after all")
    epochs: StepNumbers | None = Field(None, description="several epochs, for lists of figures")
    counted: Literal["before", "after"] | None = Field(
        None,
        description="with an epoch: whether an error is counted as the epoch goes, each sample before its update, or "
        "over all samples with the weights after it",
    )
    sample: int | None = Field(
        None, ge=1, description="which sample of the dataset, from 1; needed where it has several"
    )
    samples: SampleNumbers | None = Field(None, description="several samples, for lists of figures")
    orientation: Literal["in_out", "out_in"] | None = Field(
        None, description="how matrices are written: in_out, a row for each sender; out_in, a row for each receiver"
    )
    rounding: Way | None = Field(
        None, description="how these were printed; unless given, as `arithmetic` declares the quantity, else half_up"
    )
    tolerance: Number | None = Field(None, ge=0, description="agree within this, instead of by digits")
    relative_tolerance: Number | None = Field(
        None, ge=0, lt=1, description="agree within this share of the printed number, instead of by digits"
    )
    net: Figures = Field({}, description="by neuron or layer")
    out: Figures = Field({}, description="by neuron or layer")
    prediction: (
        Annotated[
            Annotated[FigureTree, Tag("single")] | Annotated[Figures, Tag("named")], Discriminator(_prediction_form)
        ]
        | None
    ) = Field(None, description="of the output, or by output")
    error: FigureTree | None = Field(None, description="the loss, penalties included")
    reported_error: FigureTree | None = Field(None, description="the error that the document prints, as declared")
    accuracy: FigureTree | None = Field(None, description="the share of samples that are right")
    held_out: HeldOutFigures = Field(HeldOutFigures(), description="figures of the held-out part")
    delta: Figures = Field({}, description="by neuron or layer")
    gradient: Figures = Field({}, description="by weight, bias or layer")
    update: Figures = Field({}, description="by weight, bias or layer: what is added in the step from here to the next")
    weight: Figures = Field({}, description="by weight or layer")
    bias: Figures = Field({}, description="by bias or layer")
    velocity: Figures = Field({}, description="by weight, bias or layer: what momentum and nesterov remember")
    mean: Figures = Field({}, description="by weight, bias or layer: what adam and adamw remember of gradients")
    squares: Figures = Field(
        {}, description="by weight, bias or layer: what adagrad, rmsprop, adam and adamw remember of their squares"
    )
    values: Figures = Field({}, description="by expression, such as `learning_rate * delta.o1 * out.h1`")

    @property
    def addresses(self) -> tuple[str, tuple[int | str, ...], bool]:
        """Which key says when, what it says, and whether figures are lists over it."""
        for key, listed in (("steps", True), ("step", False), ("epochs", True), ("epoch", False)):
            value = getattr(self, key)
            if value is not None:
                return key, value if listed else (value,), listed
        return "step", (0,), False

    def declared(self) -> Iterator[tuple[tuple[str, ...], str, Any]]:
        """Each tree of figures with its path here and the name or expression that it is one of."""
        for quantity in (*QUANTITIES, "reported_error", "accuracy", *MEMORY):
            figures = getattr(self, quantity)
            if isinstance(figures, Mapping):
                for part, tree in figures.items():
                    yield (quantity, part), f"{quantity}.{part}", tree
            elif figures is not None:
                yield (quantity,), quantity, figures
        for measure in MEASURES:
            tree = getattr(self.held_out, measure)
            if tree is not None:
                yield ("held_out", measure), f"held_out.{measure}", tree
        for expression, tree in self.values.items():
            yield ("values", expression), expression, tree
