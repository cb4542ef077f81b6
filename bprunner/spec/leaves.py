"""Leaves are the single numbers of an experiment: found by their path, and changed without validating the rest.

A number may be changed alone where nothing else in an experiment depends on how large it is: INDEPENDENT names those.
Every other change is validated as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from bprunner.spec.choices import Choice
from bprunner.spec.experiment import Experiment
from bprunner.spec.initial_weights import RULES, InitialWeights

Number = int | float
Key = str | int
Trie = dict[Key, "Trie | int"]
"""What is changed of a value: by field, place or key, and at last the position of the number that goes there."""

INDEPENDENT: Final[Mapping[str, frozenset[str]]] = {
    "Training": frozenset(["learning_rate"]),
    "InitialWeights": frozenset(["named", "seed"]),
    "Constant": frozenset(["value"]),
    "Normal": frozenset(["mean", "scale"]),
    "TruncatedNormal": frozenset(["mean", "scale"]),
    "Orthogonal": frozenset(["gain"]),
    "Momentum": frozenset(["momentum"]),
    "Nesterov": frozenset(["momentum"]),
    "Adagrad": frozenset(["epsilon"]),
    "Rmsprop": frozenset(["decay", "epsilon"]),
    "Adam": frozenset(["beta1", "beta2", "epsilon"]),
    "Adamw": frozenset(["beta1", "beta2", "epsilon", "weight_decay"]),
    "PenaltyTerm": frozenset(["strength"]),
    "Huber": frozenset(["threshold"]),
    "StepRate": frozenset(["factor"]),
    "ExponentialRate": frozenset(["factor"]),
    "InverseTimeRate": frozenset(["decay"]),
    "CosineRate": frozenset(["to"]),
    "WarmUp": frozenset(["start"]),
    "Minibatches": frozenset(["seed"]),
    "Sampled": frozenset(["seed"]),
    "LeakyRelu": frozenset(["slope"]),
    "Elu": frozenset(["alpha"]),
    "Step": frozenset(["derivative"]),
    "Gaussian": frozenset(["width"]),
    "Split": frozenset(["seed"]),
    "Moons": frozenset(["noise", "seed"]),
    "Circles": frozenset(["noise", "factor", "seed"]),
    "Blobs": frozenset(["spread", "seed"]),
}
"""By model, the numbers that are valid whenever they lie between two valid ones, whatever the others are."""


@dataclass(frozen=True)
class Leaf:
    """A number of an experiment: the keys that lead to it, and whether it is a whole one."""

    keys: tuple[Key, ...]
    is_whole: bool


def leaf_at(experiment: Experiment, path: Sequence[str]) -> Leaf | None:
    """The number at a path as YAML writes it (`training.optimizer.momentum.momentum`), if it can be changed alone."""
    value: Any = experiment
    keys: list[Key] = []
    owner, field = "", ""
    is_named = False  # whether a choice's own name was gone past, or needs none
    for part in path:
        if isinstance(value, Choice) and not is_named:
            if part != value.kind:
                return None
            is_named = True
            continue
        owner, field = type(value).__name__, part
        step = _step(value, part)
        if step is None:
            return None
        keys += step
        field = str(step[0]) if isinstance(value, InitialWeights) else part
        for key in step:
            value = _inside(value, key)
        is_named = isinstance(value, Choice) and step == ("rule",)
    if field not in INDEPENDENT.get(owner, ()) or not _is_number(value):
        return None
    return Leaf(tuple(keys), isinstance(value, int))


def _step(value: Any, part: str) -> tuple[Key, ...] | None:
    """The keys that lead from a value to what a part of a path names in it."""
    if isinstance(value, InitialWeights) and part not in ("rule", "named"):
        if value.rule is not None and part == value.rule.kind:
            return ("rule",)
        if part in value.named:
            return ("named", part)
        if part in RULES:
            return None
    if isinstance(value, BaseModel):
        return (part,) if part in type(value).model_fields else None
    if isinstance(value, tuple):
        return (int(part),) if part.isascii() and part.isdigit() and int(part) < len(value) else None
    if isinstance(value, dict):
        return (part,) if part in value else None
    return None


def _inside(value: Any, key: Key) -> Any:
    return getattr(value, str(key)) if isinstance(value, BaseModel) else value[key]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def trie_of(leaves: Sequence[Leaf]) -> Trie:
    """The leaves as one tree, each with its position among them."""
    trie: Trie = {}
    for position, leaf in enumerate(leaves):
        node = trie
        for key in leaf.keys[:-1]:
            inner = node.setdefault(key, {})
            assert isinstance(inner, dict)  # a leaf has nothing inside
            node = inner
        node[leaf.keys[-1]] = position
    return trie


def with_numbers(value: Any, trie: Trie, numbers: Sequence[Number]) -> Any:
    """A copy of a value with other numbers at the leaves of the tree; what is not on the way is shared."""
    changed = {
        key: with_numbers(_inside(value, key), at, numbers) if isinstance(at, dict) else numbers[at]
        for key, at in trie.items()
    }
    if isinstance(value, BaseModel):
        return value.model_copy(update=changed)  # type: ignore[arg-type]  # fields have names
    if isinstance(value, tuple):
        return tuple(changed.get(place, item) for place, item in enumerate(value))
    return {**value, **changed}


def seeds_of(experiment: Experiment) -> Iterator[str]:
    """The paths of every seed that an experiment has, as YAML writes them."""
    if experiment.initial_weights.seed is not None:
        yield "initial_weights.seed"
    batches: Any = experiment.training.batches
    # A seed that is `after_weights` follows that of the weights.
    if isinstance(getattr(batches, "seed", None), int):
        yield f"training.batches.{batches.kind}.seed"
    for key in type(experiment.dataset).model_fields:
        if isinstance(getattr(getattr(experiment.dataset, key), "seed", None), int):
            yield f"dataset.{key}.seed"
