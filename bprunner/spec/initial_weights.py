"""Initial weights are where training starts: written one by one or as matrices, or drawn by a rule from a seed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    Tag,
    ValidationError,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError

from bprunner.spec.choices import Choice, Frozen, OneOf, choices_of, parameter_schema
from bprunner.spec.expressions import parse
from bprunner.spec.fields import Matrix, Number, Row, Seed, as_tuple

GeneratorName = Literal["numpy", "numpy_legacy", "python"]


class Zeros(Choice):
    """All zero."""

    kind: Literal["zeros"]


class Constant(Choice):
    """All the same."""

    kind: Literal["constant"]
    value: Number = Field(description="what each starts as")


class Uniform(Choice):
    """Drawn evenly from [low, high): low + (high − low) · r."""

    kind: Literal["uniform"]
    low: Number = Field(description="the lower end, included")
    high: Number = Field(description="the upper end, excluded")


class Normal(Choice):
    """Drawn from a Gaussian: mean + scale · g."""

    kind: Literal["normal"]
    mean: Number = Field(0.0, description="its mean")
    scale: Number = Field(ge=0, description="its standard deviation")


class TruncatedNormal(Choice):
    """Drawn from a Gaussian, and drawn again where it is further than two standard deviations from the mean."""

    kind: Literal["truncated_normal"]
    mean: Number = Field(0.0, description="its mean")
    scale: Number = Field(ge=0, description="the standard deviation before anything is cut off")


class GlorotUniform(Choice):
    """Drawn evenly from ±√(6 / (fan_in + fan_out))."""

    kind: Literal["glorot_uniform"]


class GlorotNormal(Choice):
    """Drawn from a Gaussian with standard deviation √(2 / (fan_in + fan_out)), nothing cut off."""

    kind: Literal["glorot_normal"]


class HeUniform(Choice):
    """Drawn evenly from ±√(6 / fan_in)."""

    kind: Literal["he_uniform"]


class HeNormal(Choice):
    """Drawn from a Gaussian with standard deviation √(2 / fan_in), nothing cut off."""

    kind: Literal["he_normal"]


class LecunUniform(Choice):
    """Drawn evenly from ±√(3 / fan_in)."""

    kind: Literal["lecun_uniform"]


class LecunNormal(Choice):
    """Drawn from a Gaussian with standard deviation √(1 / fan_in), nothing cut off."""

    kind: Literal["lecun_normal"]


class Orthogonal(Choice):
    """A matrix with orthonormal rows or columns, whichever are fewer, times the gain; from a Gaussian matrix."""

    kind: Literal["orthogonal"]
    gain: Number = Field(1.0, description="the factor on the orthonormal matrix")


FANS = ("fan_in", "fan_out")
"""What a formula may use besides r and g: how many weights enter and leave a neuron of the layer."""


def _formula(text: str) -> str:
    """A formula over r and g. What is wrong with it is told in words."""
    try:
        formula = parse(text)
    except ValueError as error:
        raise PydanticCustomError("formula", "the formula {fault}", {"fault": str(error)}) from None
    names = {*formula.names}
    if not names & {"r", "g"} or not names <= {"r", "g", *FANS}:
        raise PydanticCustomError(
            "formula",
            "must be a formula over r (even in [0, 1)) or g (Gaussian)",
            {"hint": "for example 2 * r - 1, or 0.1 * g, or g / sqrt(fan_in)"},
        )
    if not math.isfinite(
        formula.evaluate({"r": 0.6180339887498949, "g": 0.7320508075688772, **dict.fromkeys(FANS, 3)})
    ):
        raise PydanticCustomError("formula", "the formula has no finite value where r is 0.618… and g is 0.732…")
    return text


class Drawn(Choice):
    """Drawn by the author's own formula over r, an even random number in [0, 1), and g, a Gaussian one."""

    kind: Literal["drawn"]
    formula: Annotated[str, AfterValidator(_formula)] = Field(description="such as 2 * r - 1, or g / sqrt(fan_in)")


InitializerChoice = Annotated[
    Zeros
    | Constant
    | Uniform
    | Normal
    | TruncatedNormal
    | GlorotUniform
    | GlorotNormal
    | HeUniform
    | HeNormal
    | LecunUniform
    | LecunNormal
    | Orthogonal
    | Drawn,
    OneOf(),
]
RULES: dict[str, type[Choice]] = {choice.name(): choice for choice in choices_of(InitializerChoice)}
DRAWN = frozenset(RULES) - {"zeros", "constant"}
"""The rules that draw random numbers, and need a seed."""


class Draw(Frozen):
    """The order in which random numbers become weights: layer after layer, and within a layer as said here."""

    matrices: Literal["out_in", "in_out"] = Field(
        "out_in", description="out_in: receiver after receiver; in_out: sender after sender"
    )
    biases: Literal["last", "by_layer", "by_unit", "first", "layer_first", "unit_first"] = Field(
        "last",
        description="last, by_layer, by_unit: after all weights; after their layer's; each after its own neuron's "
        "weights; first, layer_first, unit_first: before them",
    )


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
    # What holds no number and is called like no weight is a misspelt key, and not a weight with a faulty value.
    unknown = [
        key
        for key, content in named.items()
        if not isinstance(content, int | float) and not re.fullmatch(r"[wWbB]\d+", key)
    ]
    if unknown:
        context = {"inside": (), "names": tuple(own), "note": "a weight or bias of this name needs a number"}
        kind = PydanticCustomError("extra_forbidden", "unknown key", context)
        details = [InitErrorDetails(type=kind, loc=(key,), input=named[key]) for key in unknown]
        raise ValidationError.from_exception_data("initial weights", details)
    if rules:
        unfolded["rule"] = {rules[0]: value[rules[0]]}
    if named:
        unfolded["named"] = named
    return unfolded


def _form(value: object) -> str:
    return "lists" if isinstance(value, list | tuple) else "rule"


MatrixOrRule = Annotated[
    Annotated[InitializerChoice, Tag("rule")] | Annotated[Matrix, Tag("lists")], Discriminator(_form)
]
RowOrRule = Annotated[Annotated[InitializerChoice, Tag("rule")] | Annotated[Row, Tag("lists")], Discriminator(_form)]


class InitialWeights(Frozen):
    """Where training starts: weights by name, as matrices, or by a rule. A written number wins over a rule."""

    named: dict[str, Number] = Field({}, description="weights and biases by their names (w1, b1)")
    matrices: Annotated[tuple[Matrix, ...], BeforeValidator(as_tuple)] | None = Field(
        None, description="one matrix for each layer"
    )
    layers: Annotated[tuple[MatrixOrRule, ...], BeforeValidator(as_tuple)] | None = Field(
        None, description="for each layer a rule or a matrix, where layers start in different ways"
    )
    orientation: Literal["in_out", "out_in"] | None = Field(
        None, description="how matrices are written: in_out, a row for each sender; out_in, a row for each receiver"
    )
    rule: InitializerChoice | None = Field(None, description="how weights that are not written start")
    biases: (
        Annotated[
            Annotated[InitializerChoice, Tag("rule")]
            | Annotated[Annotated[tuple[RowOrRule, ...], BeforeValidator(as_tuple)], Tag("lists")],
            Discriminator(_form),
        ]
        | None
    ) = Field(None, description="a rule, or for each layer with biases a list of them or a rule")
    seed: Seed | None = Field(None, description="the seed of what a rule draws")
    generator: GeneratorName = Field(
        "numpy",
        description="what draws: NumPy's modern PCG64, the generator behind numpy.random.seed, or Python's random",
    )
    draw: Draw = Field(Draw(), description="the order in which random numbers become weights")

    def rules(self) -> dict[tuple[str | int, ...], Choice]:
        """Every rule, by its path here."""
        found: dict[tuple[str | int, ...], Any] = {}
        if self.rule is not None:
            found[(self.rule.kind,)] = self.rule
        for key in ("layers", "biases"):
            value = getattr(self, key)
            if isinstance(value, Choice):
                found[(key,)] = value
            elif value is not None:
                found |= {(key, number): each for number, each in enumerate(value) if isinstance(each, Choice)}
        return found

    def drawn(self) -> dict[tuple[str | int, ...], Choice]:
        """The rules that draw random numbers, by their paths."""
        return {path: rule for path, rule in self.rules().items() if rule.kind in DRAWN}


RESERVED = frozenset([*InitialWeights.model_fields, *RULES]) - {"rule", "named"}
"""The keys that stand beside weights by name: no weight can be called so."""


class _InitialWeightsNotation:
    """Writes the JSON Schema of the YAML's one mapping: rules, matrices and names side by side."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        own = handler.resolve_ref_schema(handler(schema))
        fields = dict(own.pop("properties"))
        named = fields.pop("named")["additionalProperties"]
        del fields["rule"]
        rules = {choice.name(): parameter_schema(choice) for choice in RULES.values()}
        plain = [name for name, rule in rules.items() if "required" not in rule]
        own["properties"] = {**fields, **rules}
        own["additionalProperties"] = named
        return {"anyOf": [{"enum": plain}, own]}


InitialWeightsField = Annotated[InitialWeights, BeforeValidator(_unfold_initial_weights), _InitialWeightsNotation()]
