"""A sweep is what one YAML file in `experiments/` declares: a baseline experiment, and what varies.

The models say what each key means, its range and its default. The values of an axis may be anything that stands in an
experiment; whether they are valid there, only the baseline tells (`expanding`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic.json_schema import SkipJsonSchema, WithJsonSchema
from pydantic_core import PydanticCustomError

from bprunner.spec.choices import Choice, Frozen, OneOf, OrInSchema
from bprunner.spec.experiment import Quantities
from bprunner.spec.fields import Line, Lines, Number, Seed, as_tuple
from bprunner.spec.spaced import geometric, linear

MOST_VALUES = 1_000_000
"""The most values of one axis."""


def axis_form(value: object) -> str | None:
    """How an axis is written: (values) of a list, (spaced) between two ends, (labelled); None for anything else.

    A mapping with the one key `linear` or `geometric` is spaced where a mapping stands behind it.
    """
    if isinstance(value, list | tuple):
        return "(values)"
    if not isinstance(value, Mapping):
        return None
    keys = list(value)
    if keys not in (["linear"], ["geometric"]) or not isinstance(value[keys[0]], Mapping):
        return "(labelled)"
    # `{linear: {}}` is the activation, written as a choice without numbers.
    return "(labelled)" if keys == ["linear"] and not value["linear"] else "(spaced)"


def _axis(value: object) -> object:
    if axis_form(value) is None:
        hint = "for example [0.01, 0.1], or {geometric: {from: 0.001, to: 1, count: 7}}"
        message = "must be a list of values, a mapping of labels to values, `linear` or `geometric`"
        raise PydanticCustomError("axis", message, {"hint": hint})
    return value


# Spaced values


_SPACINGS: Mapping[str, Callable[[float, float, int], tuple[float, ...]]] = {"linear": linear, "geometric": geometric}
"""By kind, the values from one end to the other, so many."""


class _Spacing(Choice):
    from_: Number = Field(alias="from", description="the first value")
    to: Number = Field(description="the last value")
    count: int = Field(ge=2, le=MOST_VALUES, description="how many values, both ends included")

    @model_validator(mode="after")
    def _has_values(self) -> _Spacing:
        try:
            self.values()
        except ValueError as error:
            raise PydanticCustomError("spacing", "{fault}", {"fault": str(error)}) from None
        return self

    def values(self) -> tuple[float, ...]:
        """The values in order. Raises ValueError where there are none."""
        return _SPACINGS[self.kind](self.from_, self.to, self.count)


class Linear(_Spacing):
    """Even differences."""

    kind: Literal["linear"]


class Geometric(_Spacing):
    """Even ratios, the values themselves and never exponents."""

    kind: Literal["geometric"]


Values = Annotated[tuple[Any, ...], Field(min_length=1, max_length=MOST_VALUES), BeforeValidator(as_tuple)]
_SPACED: dict[str, Any] = {
    "maxProperties": 1,
    "anyOf": [
        {"required": ["linear"], "properties": {"linear": {"type": "object", "minProperties": 1}}},
        {"required": ["geometric"], "properties": {"geometric": {"type": "object"}}},
    ],
}
"""What `axis_form` takes for spaced values: so a spacing with a slip in it is no mapping of labels for an editor."""
Labelled = Annotated[dict[Line, Any], Field(min_length=1)]
LabelledAxis = Annotated[dict[Line, Any], Field(min_length=1, json_schema_extra={"not": _SPACED})]
Axis = Annotated[
    Annotated[Annotated[Linear | Geometric, OneOf()], Tag("(spaced)")]
    | Annotated[Values, Tag("(values)")]
    | Annotated[LabelledAxis, Tag("(labelled)")],
    Discriminator(axis_form),
    BeforeValidator(_axis),
]
Axes = Annotated[dict[str, Axis], Field(min_length=1)]


# Distributions


class _Range(Choice):
    from_: Number = Field(alias="from", description="the lower end")
    to: Number = Field(description="the upper end")

    @model_validator(mode="after")
    def _is_range(self) -> _Range:
        if not self.from_ < self.to:
            raise PydanticCustomError("range", "must have a `from` that is less than `to`")
        return self


class UniformDistribution(_Range):
    """Even between two ends."""

    kind: Literal["uniform"]


class LogUniformDistribution(_Range):
    """Even in the logarithm between two ends above 0; the values themselves are drawn, not their logarithms."""

    kind: Literal["log_uniform"]

    @model_validator(mode="after")
    def _is_positive(self) -> LogUniformDistribution:
        if not self.from_ > 0:
            raise PydanticCustomError("range", "must have a `from` above 0")
        return self


class NormalDistribution(Choice):
    """Gaussian."""

    kind: Literal["normal"]
    mean: Number = Field(description="its mean")
    scale: Number = Field(gt=0, description="its standard deviation")


class IntegersDistribution(Choice):
    """Whole numbers, each as likely as the others."""

    kind: Literal["integers"]
    from_: int = Field(alias="from", ge=-(2**53), le=2**53, description="the smallest, included")
    to: int = Field(ge=-(2**53), le=2**53, description="the largest, included")

    @model_validator(mode="after")
    def _is_range(self) -> IntegersDistribution:
        if not self.from_ < self.to:
            raise PydanticCustomError("range", "must have a `from` that is less than `to`")
        return self


def _chosen_form(value: object) -> str:
    return "(labelled)" if isinstance(value, Mapping) else "(values)"


class ChoiceDistribution(Choice):
    """One of some values, each as likely as the others."""

    kind: Literal["choice"]
    values: Annotated[
        Annotated[Values, Tag("(values)")] | Annotated[Labelled, Tag("(labelled)")], Discriminator(_chosen_form)
    ] = Field(description="the values: a list, or a mapping of labels to values")


def _unfold_choice(value: object) -> object:
    """`choice: [tanh, relu]` is what a person writes; the model has the list under a name."""
    if isinstance(value, Mapping) and list(value) == ["choice"]:
        return {"choice": {"values": value["choice"]}}
    return value


_CHOICE_SCHEMA = {
    "type": "object",
    "description": " ".join((ChoiceDistribution.__doc__ or "").split()),
    "properties": {"choice": {"type": ["array", "object"], "minItems": 1, "minProperties": 1}},
    "required": ["choice"],
    "additionalProperties": False,
}
Distribution = Annotated[
    UniformDistribution | LogUniformDistribution | NormalDistribution | IntegersDistribution | ChoiceDistribution,
    OneOf(),
    BeforeValidator(_unfold_choice),
    OrInSchema(_CHOICE_SCHEMA),
]
Distributions = Annotated[dict[str, Distribution], Field(min_length=1)]


# Samples and searches


class Drawing(Frozen):
    """How many cells are drawn, and from which seed."""

    count: int = Field(ge=1, le=MOST_VALUES, description="how many cells are drawn")
    seed: Seed = Field(description="the seed of the drawing")


def _one_key(*keys: str) -> ConfigDict:
    """In the JSON Schema: exactly one of these keys."""
    return ConfigDict(json_schema_extra={"oneOf": [{"required": [key]} for key in keys]})


def _only_one(model: Frozen, keys: tuple[str, ...]) -> None:
    given = [key for key in keys if getattr(model, key) is not None]
    if len(given) != 1:
        context = {"names": ", ".join(f"`{key}`" for key in keys), "given": " and ".join(f"`{k}`" for k in given)}
        message = "must have exactly one of {names}" + (", and has {given}" if given else "")
        raise PydanticCustomError("only_one", message, context)


class Sample(Frozen):
    """Cells drawn from distributions: independently, or spread evenly over all of them together."""

    model_config = _one_key("random", "sobol", "latin_hypercube")

    random: Drawing | None = Field(None, description="each cell by itself")
    sobol: Drawing | None = Field(None, description="a scrambled Sobol sequence; a power of 2 is spread best")
    latin_hypercube: Drawing | None = Field(None, description="each distribution cut into as many parts as cells")
    of: Distributions = Field(description="what is drawn: a distribution for each path")

    @property
    def method(self) -> str:
        return next(key for key in _SAMPLERS if getattr(self, key) is not None)

    @property
    def drawing(self) -> Drawing:
        drawing: Drawing = getattr(self, self.method)
        return drawing

    @model_validator(mode="after")
    def _has_a_method(self) -> Sample:
        _only_one(self, _SAMPLERS)
        return self


_SAMPLERS = ("random", "sobol", "latin_hypercube")


class Trials(Frozen):
    """How long a search goes on, and how many cells it tries at once."""

    trials: int = Field(ge=1, le=MOST_VALUES, description="how many cells are tried in all")
    seed: Seed = Field(description="the seed of the search")
    population: int = Field(50, ge=1, le=MOST_VALUES, description="how many are proposed, and trained, at a time")


class Search(Frozen):
    """Cells proposed by what the cells before them came to."""

    model_config = _one_key("tpe", "cma_es")

    tpe: Trials | None = Field(None, description="a tree of Parzen estimators")
    cma_es: Trials | None = Field(None, description="covariance matrix adaptation; for numbers only")
    of: Distributions = Field(description="what is searched: a distribution for each path")
    minimise: Literal["error", "best_error"] = Field(
        "error", description="the error at the end of a run, or its smallest on the way"
    )

    @property
    def method(self) -> str:
        return "tpe" if self.tpe is not None else "cma_es"

    @property
    def budget(self) -> Trials:
        budget: Trials = getattr(self, self.method)
        return budget

    @model_validator(mode="after")
    def _has_a_method(self) -> Search:
        _only_one(self, ("tpe", "cma_es"))
        for path, distribution in self.of.items():
            if distribution.kind == "normal":
                context = {"inside": ("of", path), "hint": "give ends, as `uniform` or `log_uniform`"}
                raise PydanticCustomError("search", "cannot be searched: a Gaussian has no ends", context)
            if self.cma_es is not None and distribution.kind == "choice":
                context = {"inside": ("of", path), "hint": "`tpe` can choose"}
                raise PydanticCustomError("search", "cannot be searched by `cma_es`, which knows only numbers", context)
        return self


def _repeat(value: object) -> object:
    return {"count": value} if isinstance(value, int) and not isinstance(value, bool) else value


class Repeat(Frozen):
    """Every cell with as many seeds. A cell that draws nothing is run once."""

    count: int = Field(ge=1, le=MOST_VALUES, description="how many seeds a cell has")
    first_seed: Seed = Field(0, description="the first of them; the others follow by 1")
    seeds: Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(as_tuple)] | None = Field(
        None, description="the paths of the seeds that are meant; unless given, every seed that the cell has"
    )


RepeatField = Annotated[Repeat, BeforeValidator(_repeat), OrInSchema({"type": "integer", "minimum": 1})]


class Plan(Frozen):
    """What varies. The parts multiply, in the order of the file; the last varies fastest."""

    grid: Axes | None = Field(None, description="every value with every value of the others")
    zip: Axes | None = Field(None, description="the first values together, the second together, and so on")
    sample: Sample | None = Field(None, description="values drawn from distributions")
    search: Search | None = Field(None, description="values proposed by what came before")
    repeat: RepeatField | None = Field(None, description="how many seeds a cell has")
    exclude: Annotated[tuple[Line, ...], BeforeValidator(as_tuple)] = Field(
        (), description="conditions; a cell for which one holds is left out"
    )

    @model_validator(mode="after")
    def _varies(self) -> Plan:
        if not any((self.grid, self.zip, self.sample, self.search, self.repeat)):
            hint = "for example grid: {training.learning_rate: [0.01, 0.1]}"
            message = "must say what varies: `grid`, `zip`, `sample`, `search` or `repeat`"
            raise PydanticCustomError("plan", message, {"hint": hint})
        return self


# What is kept, and how much may be spent


class SweepTracing(Frozen):
    """What is kept of every run. Errors always are."""

    quantities: Quantities = Field(("error", "weight", "bias"), description="which quantities are kept")
    every: int = Field(
        1, ge=1, le=10**9, description="how many steps from one that is kept to the next; the last always is"
    )


_SIZES = {"B": 1, "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_TIMES = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]+)", re.ASCII)


def _amount(value: object, units: Mapping[str, int], hint: str) -> object:
    """A text with a unit as a whole number of the smallest unit; anything else stays."""
    if not isinstance(value, str):
        return value
    found = _AMOUNT.fullmatch(value.strip())
    if found is None or found[2] not in units or not math.isfinite(float(found[1])):
        raise PydanticCustomError("amount", "must be a number with its unit", {"hint": hint})
    return round(float(found[1]) * units[found[2]])


def _size(value: object) -> object:
    return _amount(value, _SIZES, "for example 500 MB, or 10 GB")


def _time(value: object) -> object:
    return _amount(value, _TIMES, "for example 90 s, 10 min, or 2 h")


_TEXT: SkipJsonSchema[Any] = {"type": ["string", "integer"], "minimum": 1}
Size = Annotated[int, Field(ge=1, le=10**18), BeforeValidator(_size), WithJsonSchema(_TEXT)]
Time = Annotated[int, Field(ge=1, le=10**9), BeforeValidator(_time), WithJsonSchema(_TEXT)]


class Limits(Frozen):
    """Beyond them a study asks first, or needs `--yes`."""

    runs: int = Field(20_000, ge=1, description="how many runs")
    time: Time = Field(3600, description="how long it is estimated to take, such as 10 min")
    disk: Size = Field(10 * 10**9, description="what it is estimated to write, such as 10 GB")
    rows: int = Field(10_000_000, ge=1, description="how many metric rows MLflow would get")


class Sweep(Frozen):
    """What one YAML file of a sweep declares."""

    name: Line = Field(max_length=200, description="what the study is called in tables and in MLflow")
    title: Lines | None = Field(None, max_length=500, description="the study's title")
    source: Lines | None = Field(None, max_length=2000, description="where the idea was published, and by whom")
    baseline: Line = Field(max_length=4000, description="the file of the experiment that every run is compared with")
    set: dict[str, Any] = Field(
        {}, description="what holds for every run, the baseline's included: paths, or parts that are merged"
    )
    sweep: Plan = Field(description="what varies")
    trace: SweepTracing = Field(SweepTracing(), description="what is kept of every run")
    limits: Limits = Field(Limits(), description="beyond what the study asks first")
