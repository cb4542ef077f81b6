"""Updating: gradients become updates, and updates new weights; what the optimizer remembers is kept here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bprunner.nn.arrays import Array, Indices, picked
from bprunner.nn.decimals import in_kind_of
from bprunner.nn.network import Weights, bias_position
from bprunner.training.memory import Memory, joined, parted_like
from bprunner.training.population import Population


class Updating:
    """One part of the weights after the other."""

    gradient: Weights | None = None
    """Where gradients go, if it matters."""

    def __init__(self, p: Population) -> None:
        self._update = p.optimizer.update
        self._slots = list(p.slots)
        self._fixed = p.fixed
        self._any_fixed = any(mask is not None for mask in p.fixed)
        self._first_count = p.counted_updates
        self.counts = "count" in _needed(p)
        self._layers = len(p.weights.W)
        self._stages = p.stages
        self._staged = any(stage is not None for stage in (p.stages.update, p.stages.weight, p.stages.bias))
        self._numbers: dict[str, Any] = {
            **p.hyperparameters,
            "learning_rate": p.learning_rate,
            "factor": -p.learning_rate,
            "count": float(p.counted_updates),
        }
        self._factors = p.rate_factors
        self._any_factors = any(factor is not None for factor in p.rate_factors)
        self._pending: dict[int, tuple[Array, Array]] = {}

    def weights(self, weights: Weights) -> Weights:
        """These weights, where it goes on from them."""
        return weights

    def remembered(self) -> Sequence[tuple[Array, ...]]:
        """What the optimizer remembers, for each of weights.flat(), as it is now."""
        return tuple(self._slots)

    def keep(self, p: Population, kept: Indices) -> None:
        """Goes on with these runs alone."""
        self._slots = [tuple(picked(slot, kept) for slot in slots) for slots in self._slots]
        self._factors = p.rate_factors
        count = self._numbers["count"]
        self._numbers = {
            **p.hyperparameters, "learning_rate": p.learning_rate, "factor": -p.learning_rate, "count": count
        }  # fmt: skip

    def begin(self, number: int, rate: Array | None) -> None:
        """What changes from step to step: the learning rate, if it does, and the count."""
        if rate is not None:
            self._numbers["learning_rate"] = rate
            self._numbers["factor"] = -rate
        if self.counts:
            self._numbers["count"] = float(self._first_count + number)

    def all(self, weights: Weights, gradient: Weights) -> tuple[Weights, Weights]:
        """The weights that follow, and the updates that lead to them."""
        parts = weights.flat()
        following, updates = [], []
        if not self._any_fixed and not self._staged and not self._any_factors:
            slots, numbers, update_of = self._slots, self._numbers, self._update
            for position, (part, g) in enumerate(zip(parts, gradient.flat(), strict=True)):
                update, slots[position] = update_of(g, part, slots[position], numbers)
                updates.append(update)
                following.append(part + update)
        else:
            for position, (part, g) in enumerate(zip(parts, gradient.flat(), strict=True)):
                update, new = self._one(position, part, g)
                updates.append(update)
                following.append(new)
        return weights.like(following), weights.like(updates)

    def _one(self, position: int, part: Array, gradient: Array) -> tuple[Array, Array]:
        """One array's update, and what it becomes. What is fixed has no update, and is not rounded either."""
        update, self._slots[position] = self._update(gradient, part, self._slots[position], self._told(position))
        stages, mask = self._stages, self._fixed[position]
        if stages.update is not None:
            update = stages.update(update, position)
        if mask is not None:
            update = in_kind_of(part, np.where(mask, 0.0, update))
        new: Array = part + update
        stage = stages.weight if position < self._layers else stages.bias
        if stage is not None:
            new = stage(new, position)
        if mask is not None:
            new = np.where(mask, part, new)
        return update, new

    def _told(self, position: int) -> Mapping[str, Any]:
        """What the optimizer is told for one array, whose learning rate may be another."""
        factor = self._factors[position]
        if factor is None:
            return self._numbers
        rate = self._numbers["learning_rate"] * factor
        return {**self._numbers, "learning_rate": rate, "factor": -rate}

    # Sequential updates: each layer as soon as its gradient is there

    def rerouting(self, weights: Weights) -> Callable[[int, Array, Array | None], Array]:
        """What backward calls with each layer's gradient; it gives the layer's new weights."""

        def reroute(layer: int, W_gradient: Array, b_gradient: Array | None) -> Array:
            b = weights.b[layer]
            self._pending[layer] = self._one(layer, weights.W[layer], W_gradient)
            if b is not None and b_gradient is not None:
                position = bias_position(weights, layer)
                self._pending[position] = self._one(position, b, b_gradient)
            return self._pending[layer][1]

        return reroute

    def rerouted(self, weights: Weights) -> tuple[Weights, Weights]:
        """The weights that follow and the updates, once every layer has had its turn."""
        each = [self._pending[position] for position in range(len(weights.flat()))]
        return weights.like([new for _, new in each]), weights.like([update for update, _ in each])


class UpdatingAtOnce(Updating):
    """The same for all weights and biases at once: they are one array, as are gradients, updates and slots."""

    def __init__(self, p: Population, memory: Memory) -> None:
        super().__init__(p)
        self._memory = memory
        self._parted = parted_like(p.weights)
        parts = p.weights.flat()
        self._slot_arrays = tuple(joined(list(slots)) for slots in zip(*p.slots, strict=True))
        self._mask: Any = None
        if self._any_fixed:
            masks = [np.zeros((1, *part.shape[1:]), dtype=bool) for part in parts]
            self._mask = joined([mask if own is None else own for mask, own in zip(masks, p.fixed, strict=True)])
        self._joined_factors = self._factors_of(p)

    def _factors_of(self, p: Population) -> Array | None:
        if not self._any_factors:
            return None
        each = [
            np.broadcast_to(1.0 if factor is None else factor, part.shape)
            for factor, part in zip(p.rate_factors, p.weights.flat(), strict=True)
        ]
        return joined(each)

    def weights(self, weights: Weights) -> Weights:
        here = self._memory.begin(weights)
        self._whole, self.gradient = here.whole, self._memory.gradient.parts
        return here.parts

    def remembered(self) -> Sequence[tuple[Array, ...]]:
        return list(zip(*(self._parted(slot).flat() for slot in self._slot_arrays), strict=True))

    def keep(self, p: Population, kept: Indices) -> None:
        super().keep(p, kept)
        self._slot_arrays = tuple(picked(slot, kept) for slot in self._slot_arrays)
        self._joined_factors = self._factors_of(p)

    def all(self, weights: Weights, gradient: Weights) -> tuple[Weights, Weights]:  # noqa: ARG002  # both are here
        numbers = self._numbers
        if self._joined_factors is not None:
            rate = numbers["learning_rate"] * self._joined_factors
            numbers = {**numbers, "learning_rate": rate, "factor": -rate}
        update, self._slot_arrays = self._update(self._memory.gradient.whole, self._whole, self._slot_arrays, numbers)
        if self._mask is not None:
            update = np.where(self._mask, 0.0, update)
        following = self._memory.following()
        np.add(self._whole, update, out=following.whole)
        if self._mask is not None:
            np.copyto(following.whole, self._whole, where=self._mask)
        self._whole = following.whole
        return following.parts, self._parted(update)


def _needed(p: Population) -> Sequence[str]:
    return ("count",) if "bias_correction" in p.hyperparameters else ()
