"""A choice is one of several named things, some with numbers of their own.

In YAML it is a name (`activation: sigmoid`) or a name with its numbers (`activation: {leaky_relu: {slope:
0.1}}`). In Python it is a pydantic model with a `kind`, and the choices of one place are a tagged union.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


class Frozen(BaseModel):
    """The base of all models here: frozen, strict, and without room for unknown keys."""

    # Schemas are built when first needed: nobody validates a layer or a loss by itself, and start-up is short.
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class Choice(Frozen):
    """The base of all choices. Subclasses declare `kind: Literal["name"]` and their numbers."""

    kind: Any

    @classmethod
    def name(cls) -> str:
        return str(get_args(cls.model_fields["kind"].annotation)[0])

    def parameters(self) -> dict[str, Any]:
        """Its own numbers by name."""
        return {key: getattr(self, key) for key in type(self).model_fields if key != "kind"}


def _unfold(value: object, names: tuple[str, ...]) -> object:
    """From YAML's notation to the model's: a `kind` beside its numbers."""
    if isinstance(value, Choice):
        return value
    if isinstance(value, str):
        return {"kind": _known(value, names)}
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, parameters),) = value.items()
        _known(name, names)
        parameters = {} if parameters is None else parameters
        if isinstance(parameters, Mapping):
            if "kind" in parameters:
                raise PydanticCustomError("extra_forbidden", "unknown key `kind`", {"inside": (name, "kind")})
            return {"kind": name, **parameters}
        raise PydanticCustomError("choice_parameters", "must be a mapping of its numbers", {"inside": (name,)})
    raise PydanticCustomError("choice", "must be a name, or one name with its numbers", {"names": names})


def _known(name: object, names: tuple[str, ...]) -> object:
    if name not in names:
        raise PydanticCustomError("choice", "unknown name", {"names": names, "found": name})
    return name


class OrInSchema:
    """Adds a short notation to the JSON Schema of a field that a validator unfolds."""

    def __init__(self, short: JsonSchemaValue) -> None:
        self.short = short

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [self.short, handler(schema)]}


class OneOf:
    """Marks a union of choices: it is read in YAML's notation, told apart by name, and its schema says so."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        self.choices: tuple[type[Choice], ...] = get_args(source) or (source,)
        names = tuple(choice.name() for choice in self.choices)
        tagged = core_schema.tagged_union_schema(
            {choice.name(): handler.generate_schema(choice) for choice in self.choices}, discriminator="kind"
        )
        return core_schema.no_info_before_validator_function(lambda value: _unfold(value, names), tagged)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        handler(schema)
        plain = [choice.name() for choice in self.choices if not _required(choice)]
        options: list[JsonSchemaValue] = [{"enum": plain}] if plain else []
        options += [
            {
                "type": "object",
                "properties": {choice.name(): parameter_schema(choice)},
                "required": [choice.name()],
                "additionalProperties": False,
            }
            for choice in self.choices
        ]
        return {"anyOf": options}


def choices_of(annotation: Any) -> tuple[type[Choice], ...]:
    """The choices of an `Annotated[A | B, OneOf()]`, or of one alone."""
    inside = get_args(annotation)[0]
    return get_args(inside) or (inside,)


def _required(choice: type[Choice]) -> bool:
    return any(field.is_required() for name, field in choice.model_fields.items() if name != "kind")


def parameter_schema(choice: type[Choice]) -> JsonSchemaValue:
    """The JSON Schema of a choice's own numbers."""
    schema = choice.model_json_schema()
    schema["properties"].pop("kind")
    required = [key for key in schema.get("required", []) if key != "kind"]
    result: JsonSchemaValue = {
        "type": "object" if required else ["object", "null"],
        "description": " ".join((choice.__doc__ or "").split()),
        "properties": schema["properties"],
        "additionalProperties": False,
    }
    return {**result, "required": required} if required else result
