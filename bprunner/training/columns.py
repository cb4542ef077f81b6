"""Columns: where each quantity of a step is found, and what it is called in the trace.

A quantity that every sample has (net, out, prediction, delta) is per-sample; error, gradient, update,
weight and bias are one number a step. Where an update has not all samples, `sample` says which it has, from 1.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Literal

from bprunner.spec.arithmetic import MEMORY, PER_SAMPLE, QUANTITIES
from bprunner.spec.naming import Names

Store = Literal[
    "net", "out", "error", "delta", "gradient_W", "gradient_b", "update_W", "update_b", "W", "b", "measure", "sample",
    "slot0", "slot1",
]  # fmt: skip
SAMPLE = "sample"


@dataclass(frozen=True)
class Column:
    """One named series of numbers, and its place: `store` and `layer` say which array of a step, `index` which
    element of it, past the runs axis (per-sample quantities: the unit, for all samples)."""

    name: str
    store: Store
    layer: int
    index: tuple[int, ...]

    @property
    def quantity(self) -> str:
        return self.name.split(".", 1)[0]

    @property
    def per_sample(self) -> bool:
        return self.quantity in PER_SAMPLE or self.name == SAMPLE


def columns(
    names: Names,
    measures: tuple[str, ...] = (),
    sampled: bool = False,
    recorded: Container[str] = (*QUANTITIES, *MEMORY),
    slots: tuple[str, ...] = (),
) -> list[Column]:
    """The columns of a network's trace, in the order in which a step computes them, the weights first.

    `measures` are recorded besides, and which samples a step has where it is `sampled`, and what is remembered in the
    optimizer's `slots`; of the quantities, the `recorded` ones. The error always is.
    """
    return [
        column
        for column in [*_all(names, measures, sampled), *_memory(names, slots)]
        if column.store in ("measure", "sample", "error") or column.quantity in recorded
    ]


def _all(names: Names, measures: tuple[str, ...], sampled: bool) -> list[Column]:
    return [
        *([Column(SAMPLE, "sample", 0, (0,))] if sampled else []),
        *_weights(names, "weight", "W"),
        *_biases(names, "bias", "b"),
        *_neurons(names, "net"),
        *_neurons(names, "out"),
        *(
            Column(f"prediction.{name}", "out", len(names.layers) - 1, (unit,))
            for unit, name in enumerate(names.outputs)
        ),
        Column("error", "error", 0, (0, 0)),
        *(Column(name, "measure", 0, (0, 0)) for name in measures),
        *_neurons(names, "delta"),
        *_weights(names, "gradient", "gradient_W"),
        *_biases(names, "gradient", "gradient_b"),
        *_weights(names, "update", "update_W"),
        *_biases(names, "update", "update_b"),
    ]


def _memory(names: Names, slots: tuple[str, ...]) -> Iterator[Column]:
    """What is remembered of each weight and bias; `layer` is the place in Weights.flat()."""
    stores: tuple[Store, Store] = ("slot0", "slot1")
    biased = [layer for layer, has in enumerate(names.biased) if has]
    for slot, store in zip(slots, stores, strict=False):
        yield from _weights(names, slot, store)
        for name, place in names.biases.items():
            position = len(names.layers) + biased.index(place.layer)
            yield Column(f"{slot}.{name}", store, position, (0, place.receiver))


def _neurons(names: Names, store: Literal["net", "out", "delta"]) -> Iterator[Column]:
    for layer, neurons in enumerate(names.layers):
        for unit, name in enumerate(neurons):
            yield Column(f"{store}.{name}", store, layer, (unit,))


def _weights(names: Names, quantity: str, store: Store) -> Iterator[Column]:
    for name, place in names.weights.items():
        yield Column(f"{quantity}.{name}", store, place.layer, (place.sender, place.receiver))


def _biases(names: Names, quantity: str, store: Store) -> Iterator[Column]:
    for name, place in names.biases.items():
        yield Column(f"{quantity}.{name}", store, place.layer, (0, place.receiver))
