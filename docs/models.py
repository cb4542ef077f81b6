"""Which models a YAML file's keys come from: everything that is reachable from an experiment or a sweep, once each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args

from pydantic import BaseModel

from bprunner.spec import architecture, arithmetic, dataset, initial_weights, sweep, training
from bprunner.spec.choices import Choice, OneOf, choices_of
from bprunner.spec.experiment import Experiment

UNIONS: Mapping[str, Any] = {
    "ActivationChoice": architecture.ActivationChoice,
    "BiasChoice": architecture.BiasChoice,
    "InitializerChoice": initial_weights.InitializerChoice,
    "ScaleChoice": dataset.ScaleChoice,
    "LossChoice": training.LossChoice,
    "MetricChoice": training.MetricChoice,
    "OptimizerChoice": training.OptimizerChoice,
    "ScheduleChoice": training.ScheduleChoice,
    "BatchChoice": training.BatchChoice,
    "StopChoice": training.StopChoice,
    "NumbersChoice": arithmetic.NumbersChoice,
}
"""The places where one of several named things is chosen, by what the reference calls them."""

SWEEP_UNIONS: Mapping[str, Any] = {
    "SpacedChoice": Annotated[sweep.Linear | sweep.Geometric, OneOf()],
    "DistributionChoice": sweep.Distribution,
}
"""The same of a sweep."""

Root = type[BaseModel]
"""What a file declares: an experiment or a sweep."""


def unions(root: Root = Experiment) -> Mapping[str, Any]:
    return UNIONS if root is Experiment else SWEEP_UNIONS


def reachable(root: Root = Experiment) -> dict[str, type[BaseModel]]:
    """Every model by its name, choices included, in the order in which a file has them."""
    found: dict[str, type[BaseModel]] = {}
    _collect(root, found)
    return found


def _collect(annotation: Any, found: dict[str, type[BaseModel]]) -> None:
    for model in models_in(annotation):
        if model.__name__ not in found:
            found[model.__name__] = model
            for field in model.model_fields.values():
                _collect(field.annotation, found)


def models_in(annotation: Any, aliases: tuple[Any, ...] = ()) -> Iterator[type[BaseModel]]:
    """The models of a type, looked for inside of lists, mappings and unions. An alias may have itself inside."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    if hasattr(annotation, "__value__"):
        if not any(alias is annotation for alias in aliases):
            yield from models_in(annotation.__value__, (*aliases, annotation))
        return
    for part in get_args(annotation):
        yield from models_in(part, aliases)


def keyed(root: Root = Experiment) -> dict[str, type[BaseModel]]:
    """The models that are mappings with keys of their own, and no choices."""
    return {name: model for name, model in reachable(root).items() if not issubclass(model, Choice)}


def choices(root: Root = Experiment) -> dict[str, type[Choice]]:
    """Every choice by the name of its model."""
    return {name: model for name, model in reachable(root).items() if issubclass(model, Choice)}


def union_of(choice: type[Choice]) -> str:
    """What the place is called where a choice can be made."""
    every = {**UNIONS, **SWEEP_UNIONS}
    return next(name for name, union in every.items() if choice in choices_of(union))


def own_keys(choice: type[Choice]) -> list[str]:
    """The keys of a choice's own numbers."""
    return [key for key in choice.model_fields if key != "kind"]


def written(model: type[BaseModel], key: str) -> str:
    """How a file writes a key of a model: `from`, which Python cannot call so."""
    return model.model_fields[key].alias or key
