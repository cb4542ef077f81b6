"""An experiment is what one YAML file declares: architecture, initial weights, dataset, training, figures.

The models say what each key means, its range and its default; their names are the YAML's keys. Every model
is frozen: an experiment is a value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, GetJsonSchemaHandler, Tag
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from bprunner.spec.choices import Choice, Frozen, OneOf, OrInSchema, choices_of, parameter_schema
from bprunner.spec.naming import Names
from bprunner.spec.printed import Printed

LARGEST_LAYER = 100_000


def _as_tuple(value: object) -> object:
    """Lists are YAML's; frozen values hold tuples."""
    return tuple(value) if isinstance(value, list) else value


def _as_float(value: object) -> object:
    """A whole number is a number; its written digits matter only in figures."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return value


_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_JOINERS = "\u200c\u200d"


def _line(value: object) -> object:
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


Number = Annotated[float, BeforeValidator(_as_float)]
Row = Annotated[tuple[Number, ...], Field(min_length=1), BeforeValidator(_as_tuple)]
Matrix = Annotated[tuple[Row, ...], Field(min_length=1), BeforeValidator(_as_tuple)]


# Architecture


class Linear(Choice):
    """out = net."""

    kind: Literal["linear"]


class Sigmoid(Choice):
    """out = 1 / (1 + e^-net)."""

    kind: Literal["sigmoid"]


class Tanh(Choice):
    """out = tanh(net)."""

    kind: Literal["tanh"]


class Relu(Choice):
    """out = max(net, 0); its derivative at 0 is 0."""

    kind: Literal["relu"]


class LeakyRelu(Choice):
    """out = net where net > 0, slope · net elsewhere; its derivative at 0 is the slope."""

    kind: Literal["leaky_relu"]
    slope: Number = Field(0.01, description="the factor on negative net inputs")


ActivationChoice = Annotated[Linear | Sigmoid | Tanh | Relu | LeakyRelu, OneOf()]


class Layer(Frozen):
    """One layer of neurons, each connected with every neuron before it."""

    units: int = Field(ge=1, le=LARGEST_LAYER, description="how many neurons")
    activation: ActivationChoice = Field(description="what turns a neuron's net input into its output")
    bias: Literal["none", "trained"] = Field(description="none, or one trained bias for each neuron")


class Architecture(Frozen):
    """The network: how many inputs, and its layers, the last one being the output."""

    inputs: int = Field(ge=1, le=LARGEST_LAYER, description="how many input neurons")
    layers: Annotated[tuple[Layer, ...], Field(min_length=1), BeforeValidator(_as_tuple)] = Field(
        description="hidden layers in order, then the output layer"
    )

    @cached_property
    def names(self) -> Names:
        return Names(
            sizes=(self.inputs, *(layer.units for layer in self.layers)),
            biased=tuple(layer.bias == "trained" for layer in self.layers),
        )


# Initial weights


class Zeros(Choice):
    """All zero."""

    kind: Literal["zeros"]


class Constant(Choice):
    """All the same."""

    kind: Literal["constant"]
    value: Number = Field(description="what each starts as")


class Uniform(Choice):
    """Drawn evenly from [low, high)."""

    kind: Literal["uniform"]
    low: Number = Field(description="the lower end, included")
    high: Number = Field(description="the upper end, excluded")


class Normal(Choice):
    """Drawn from a Gaussian."""

    kind: Literal["normal"]
    mean: Number = Field(0.0, description="its mean")
    scale: Number = Field(ge=0, description="its standard deviation")


InitializerChoice = Annotated[Zeros | Constant | Uniform | Normal, OneOf()]
RULES: dict[str, type[Choice]] = {choice.name(): choice for choice in choices_of(InitializerChoice)}
DRAWN = ("uniform", "normal")


def _unfold_initial_weights(value: object) -> object:
    """From the YAML's one mapping to the model's fields: the rule and the names get fields of their own."""
    if isinstance(value, str):
        if value not in RULES:
            raise PydanticCustomError("choice", "unknown name", {"names": tuple(RULES), "found": value})
        value = {value: None}
    if isinstance(value, InitialWeights):
        return value
    if not isinstance(value, Mapping):
        raise PydanticCustomError(
            "weights_type",
            "must be weights by name, matrices or a rule",
            {"hint": "for example {w1: 0.1, w2: 0.2}, or {uniform: {low: -1, high: 1}, seed: 0}"},
        )
    fields = InitialWeights.model_fields
    own = [*(key for key in fields if key not in ("rule", "named")), *RULES]
    rules = [key for key in value if key in RULES]
    if len(rules) > 1:
        raise PydanticCustomError("two_rules", "has two rules", {"rules": rules, "inside": (rules[1],)})
    unfolded = {key: content for key, content in value.items() if key in fields and key not in ("rule", "named")}
    named = {key: content for key, content in value.items() if key not in unfolded and key not in RULES}
    for key, content in named.items():
        # What holds no number and is called like no weight is a misspelt key, and not a weight with a faulty value.
        if not isinstance(content, int | float) and not re.fullmatch(r"[wWbB]\d+", key):
            raise PydanticCustomError("extra_forbidden", "unknown key", {"inside": (key,), "names": tuple(own)})
    if rules:
        unfolded["rule"] = {rules[0]: value[rules[0]]}
    if named:
        unfolded["named"] = named
    return unfolded


def _biases_form(value: object) -> str:
    return "lists" if isinstance(value, list | tuple) else "rule"


class InitialWeights(Frozen):
    """Where training starts: weights by name, as matrices, or by a rule. A written number wins over a rule."""

    named: dict[str, Number] = Field({}, description="weights and biases by their names (w1, b1)")
    matrices: Annotated[tuple[Matrix, ...], BeforeValidator(_as_tuple)] | None = Field(
        None, description="one matrix for each layer"
    )
    orientation: Literal["in_out", "out_in"] | None = Field(
        None, description="in_out: a row for each sender; out_in: a row for each receiver"
    )
    rule: InitializerChoice | None = Field(None, description="how weights that are not written start")
    biases: (
        Annotated[
            Annotated[InitializerChoice, Tag("rule")]
            | Annotated[Annotated[tuple[Row, ...], BeforeValidator(_as_tuple)], Tag("lists")],
            Discriminator(_biases_form),
        ]
        | None
    ) = Field(None, description="one list for each layer with biases, or a rule")
    seed: int | None = Field(None, ge=0, lt=2**63, description="the seed of what a rule draws")


class _InitialWeightsNotation:
    """Writes the JSON Schema of the YAML's one mapping: rules, matrices and names side by side."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        own = handler.resolve_ref_schema(handler(schema))
        fields = dict(own.pop("properties"))
        named = fields.pop("named")["additionalProperties"]
        del fields["rule"]
        rules = {choice.name(): parameter_schema(choice) for choice in RULES.values()}
        nothing = {"type": ["object", "null"], "additionalProperties": False}
        own["properties"] = {**fields, **rules, "zeros": {**nothing, "description": Zeros.__doc__}}
        own["additionalProperties"] = named
        return {"anyOf": [{"enum": ["zeros"]}, own]}


InitialWeightsField = Annotated[InitialWeights, BeforeValidator(_unfold_initial_weights), _InitialWeightsNotation()]


# Dataset


class InlineDataset(Frozen):
    """Samples written in the file itself, one row each."""

    inputs: Matrix = Field(description="one row of inputs for each sample")
    targets: Matrix = Field(description="one row of targets for each sample")


Column = Annotated[str, Field(min_length=1)]
Columns = Annotated[tuple[Column, ...], Field(min_length=1), BeforeValidator(_as_tuple)]


class CsvFile(Frozen):
    """A CSV file: UTF-8, commas, a header line, one sample a line, numbers in the columns that are used."""

    file: Annotated[str, BeforeValidator(_line)] = Field(
        description="its path, from the folder of the file that names it"
    )
    inputs: Columns = Field(description="the columns that are inputs, in order")
    targets: Columns = Field(description="the columns that are targets, in order")


class CsvDataset(Frozen):
    """Samples read from a CSV file."""

    csv: CsvFile


def _one_form(value: object) -> object:
    """Samples stand in a file or here, not in both; what is neither is told of both."""
    if not isinstance(value, Mapping):
        return value
    here = [key for key in ("inputs", "targets") if key in value]
    if "csv" in value and here:
        raise PydanticCustomError(
            "two_datasets", "the samples stand in `csv` or here, not in both", {"inside": (here[0],)}
        )
    other = next((key for key in value if key not in ("csv", "inputs", "targets")), None)
    if other is not None:
        names = ("csv", "inputs", "targets")
        raise PydanticCustomError("extra_forbidden", "unknown key", {"inside": (other,), "names": names})
    return value


def _dataset_form(value: object) -> str:
    """The tags are no words that a key could be, so that no key is taken for one."""
    if isinstance(value, Mapping):
        return "(csv)" if "csv" in value else "(inline)"
    return "(csv)" if isinstance(value, CsvDataset) else "(inline)"


Dataset = Annotated[
    Annotated[InlineDataset, Tag("(inline)")] | Annotated[CsvDataset, Tag("(csv)")],
    Discriminator(_dataset_form),
    BeforeValidator(_one_form),
]


# Training


class HalfSquaredError(Choice):
    """½ Σ (prediction − target)², summed over outputs and samples."""

    kind: Literal["half_squared_error"]


class SquaredError(Choice):
    """Σ (prediction − target)², summed over outputs and samples."""

    kind: Literal["squared_error"]


class MeanSquaredError(Choice):
    """Σ (prediction − target)² / (samples × outputs)."""

    kind: Literal["mean_squared_error"]


class GradientDescent(Choice):
    """update = −learning_rate · gradient."""

    kind: Literal["gradient_descent"]


LossChoice = Annotated[HalfSquaredError | SquaredError | MeanSquaredError, OneOf()]
OptimizerChoice = Annotated[GradientDescent, OneOf()]


class Training(Frozen):
    """How the weights are changed. Every step uses the whole dataset, so a step is an epoch."""

    loss: LossChoice = Field(description="the error, and what is descended")
    optimizer: OptimizerChoice = Field(description="what turns a gradient into an update")
    learning_rate: Number = Field(gt=0, description="the factor on the gradient")
    epochs: int = Field(ge=0, le=1_000_000_000, description="how many passes over the dataset")


# Arithmetic

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

PER_SAMPLE = frozenset({"net", "out", "prediction", "delta"})
"""The quantities that every sample has; the others are one number a step."""


class Arithmetic(Frozen):
    """Which quantities are rounded; the others are exact, in double precision."""

    net: Rounding | None = Field(None, description="pre-activations")
    out: Rounding | None = Field(None, description="activations, the prediction included unless it has its own")
    prediction: Rounding | None = Field(None, description="the outputs of the last layer")
    error: Rounding | None = Field(None, description="the error")
    delta: Rounding | None = Field(None, description="∂error/∂net")
    gradient: Rounding | None = Field(None, description="∂error/∂weight and ∂error/∂bias")
    update: Rounding | None = Field(None, description="what is added to weights and biases")
    weight: Rounding | None = Field(None, description="weights after an update")
    bias: Rounding | None = Field(None, description="biases after an update; unless given, like weights")

    def of(self, quantity: str) -> Rounding | None:
        """A quantity's rounding, a prediction's being that of `out` and a bias's that of `weight` unless given."""
        own: Rounding | None = getattr(self, quantity, None)
        if own is None and quantity in ("prediction", "bias"):
            return self.out if quantity == "prediction" else self.weight
        return own

    def declared(self) -> Iterator[tuple[str, Rounding]]:
        """The quantities that are rounded, in the order of a step."""
        for quantity in QUANTITIES:
            rounding = self.of(quantity)
            if rounding is not None:
                yield quantity, rounding


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


# Expected figures


class Figure(Frozen):
    """A printed figure with more to say than its digits."""

    printed: Printed = Field(description="the number as printed, with its digits")
    rounding: Way | None = Field(None, description="how its last digit came about")
    tolerance: Number | None = Field(None, ge=0, description="agree within this, instead of by digits")
    erratum: Annotated[str, BeforeValidator(_lines)] | None = Field(
        None, description="why the printed number is known to be wrong"
    )
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
ListedFigures = Annotated[tuple[OneFigure, ...], Field(min_length=1), BeforeValidator(_as_tuple)]
FigureField = Annotated[
    Annotated[OneFigure, Tag("single")] | Annotated[ListedFigures, Tag("listed")], Discriminator(_figures_form)
]
Figures = dict[str, FigureField]


def _prediction_form(value: object) -> str:
    """A prediction of one output needs no name; of several it is a mapping by their names."""
    if isinstance(value, Mapping) and "printed" not in value:
        return "named"
    return "single"


StepNumbers = Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1), BeforeValidator(_as_tuple)]


class Expectation(Frozen):
    """Figures printed for one step, or for several: then each is a list, one figure for each step."""

    step: int | None = Field(None, ge=0, description="the step: 0 is before any update")
    steps: StepNumbers | None = Field(None, description="several steps, for lists of figures")
    sample: int | None = Field(
        None, ge=1, description="which sample of the dataset, from 1; needed where it has several"
    )
    rounding: Way | None = Field(
        None, description="how these were printed; unless given, as `arithmetic` declares the quantity, else half_up"
    )
    net: Figures = Field({}, description="by neuron")
    out: Figures = Field({}, description="by neuron")
    prediction: (
        Annotated[
            Annotated[FigureField, Tag("single")] | Annotated[Figures, Tag("named")], Discriminator(_prediction_form)
        ]
        | None
    ) = Field(None, description="of the output, or by output")
    error: FigureField | None = Field(None, description="over the whole dataset")
    delta: Figures = Field({}, description="by neuron")
    gradient: Figures = Field({}, description="by weight or bias")
    update: Figures = Field({}, description="by weight or bias: what is added in the step from here to the next")
    weight: Figures = Field({}, description="by weight")
    bias: Figures = Field({}, description="by bias")
    values: Figures = Field({}, description="by expression, such as `learning_rate * delta.o1 * out.h1`")

    def numbers(self) -> tuple[int, ...]:
        """The steps meant."""
        return self.steps if self.steps is not None else (self.step if self.step is not None else 0,)

    def declared(self) -> Iterator[tuple[tuple[str, ...], str, Figure | tuple[Figure, ...]]]:
        """Each figure with its path here and the name or expression that it is a figure of."""
        for quantity in QUANTITIES:
            figures = getattr(self, quantity)
            if isinstance(figures, Mapping):
                for part, figure in figures.items():
                    yield (quantity, part), f"{quantity}.{part}", figure
            elif figures is not None:
                yield (quantity,), quantity, figures
        for expression, figure in self.values.items():
            yield ("values", expression), expression, figure


# What is recorded


class Tracking(Frozen):
    """What MLflow gets as metrics; the trace always holds everything."""

    quantities: Annotated[
        tuple[Literal["error", "prediction", "weight", "bias", "net", "out", "delta", "gradient", "update"], ...],
        BeforeValidator(_as_tuple),
    ] = Field(("error", "prediction", "weight", "bias"), description="which quantities become metrics")
    points: int = Field(
        1000,
        ge=2,
        le=1_000_000,
        description="the most steps of a metric; a longer run keeps the first, the last and even ones",
    )
    series: int = Field(
        200,
        ge=1,
        le=10_000,
        description="the most metrics; of more, first those of single samples go, then all but the error",
    )


class Experiment(Frozen):
    """What one YAML file declares."""

    name: Annotated[str, BeforeValidator(_line)] = Field(
        max_length=200, description="what the experiment is called in tables and in MLflow"
    )
    title: Annotated[str, BeforeValidator(_lines)] | None = Field(
        None, max_length=500, description="the document's title"
    )
    source: Annotated[str, BeforeValidator(_lines)] | None = Field(
        None, max_length=2000, description="where the document was published, and by whom"
    )
    architecture: Architecture = Field(description="the network: how many inputs, and its layers")
    initial_weights: InitialWeightsField = Field(description="where training starts: weights by name, or a rule")
    dataset: Dataset = Field(description="the samples: inputs and targets, or a CSV file")
    training: Training = Field(description="the loss, the optimizer, the learning rate and the epochs")
    arithmetic: Annotated[
        Arithmetic,
        BeforeValidator(_exact),
        OrInSchema({"const": "exact"}),
    ] = Field(Arithmetic(), description="exact, or which quantities are rounded")
    tracking: Tracking = Field(Tracking(), description="what MLflow gets as metrics")
    expect: Annotated[tuple[Expectation, ...], BeforeValidator(_as_tuple)] = Field(
        (), description="the figures that the document prints"
    )
