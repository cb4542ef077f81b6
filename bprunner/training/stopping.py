"""Stopping: which runs of a population have ended, looked at whenever an epoch ends.

A run that has ended goes on being computed beside the others and is no longer looked at: what it does then
belongs to nobody. So each run ends where it would have ended alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bprunner.nn.arrays import Array, Flags, Indices, picked
from bprunner.nn.decimals import doubles
from bprunner.nn.network import Weights
from bprunner.training.population import Population


class Stopper:
    """Watches the ends of epochs, from epoch 0 on, and says which runs have ended: (runs,)."""

    def __init__(self, p: Population) -> None:
        stop: Any = p.training.stop
        self._stop = stop
        self._numbers = p.stop
        self._full_batch = p.training.full_batch
        self._ended: Flags = np.zeros(p.runs, dtype=bool)
        self._best: Array | None = None
        self._waited = np.zeros(p.runs, dtype=np.int64)
        self._before: Array | None = None
        self.watches_updates = stop.quantity == "largest_update"
        self._largest: Array | None = None

    def keep(self, p: Population, kept: Indices) -> None:
        """Goes on with these runs alone."""
        self._numbers = p.stop
        self._ended, self._waited = self._ended[kept], self._waited[kept]
        self._best = None if self._best is None else self._best[kept]
        self._before = picked(self._before, kept)
        self._largest = picked(self._largest, kept)

    def see(self, updates: Weights) -> None:
        """The updates of one step, where the largest of an epoch is looked at. nan is larger than any number."""
        for part in updates.flat():
            size = np.abs(doubles(part)).max(axis=(1, 2), keepdims=True)
            self._largest = size if self._largest is None else np.maximum(self._largest, size)

    def ended(self, error: Array, measures: Mapping[str, Array]) -> Flags:
        """After one more epoch (at the first call, before any). `error` is that of the step at its end."""
        value = self._watched(error, measures)
        if value is not None:
            there = np.asarray(value, dtype=np.float64)[:, 0, 0]
            self._ended = self._ended | (self._reached(there) if self._stop.kind == "threshold" else self._stale(there))
        return self._ended

    def _watched(self, error: Array, measures: Mapping[str, Array]) -> Array | None:
        """The quantity, over the epoch that ends here; None where there is none yet."""
        if self.watches_updates:
            largest, self._largest = self._largest, None
            return largest
        name, before = self._stop.quantity, self._stop.counted == "before"
        if name.startswith("held_out."):
            return measures[name]
        if not self._full_batch:
            return measures.get(f"{'running' if before else 'training'}.{name}")
        here = error if name == "error" else measures[name]
        previous, self._before = self._before, here
        return previous if before else here

    def _reached(self, value: Array) -> Flags:
        numbers = self._numbers
        if "below" in numbers:
            return value < self._number("below")
        if "at_most" in numbers:
            return value <= self._number("at_most")
        return value >= self._number("at_least")

    def _number(self, name: str) -> Array:
        limit: Array = np.asarray(self._numbers[name], dtype=np.float64)[:, 0, 0]
        return limit

    def _stale(self, value: Array) -> Flags:
        """Whether so many epochs have brought nothing better; nan is never better."""
        better_is_more = self._stop.quantity.endswith("accuracy")
        value = -value if better_is_more else value
        if self._best is None:
            self._best = np.where(np.isnan(value), np.inf, value)
            return self._ended
        improved = value < self._best - self._number("by")
        self._best = np.where(improved, value, self._best)
        self._waited = np.where(improved, 0, self._waited + 1)
        stale: Flags = self._waited >= self._stop.patience
        return stale
