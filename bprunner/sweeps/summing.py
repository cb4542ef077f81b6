"""Summing up: what is kept of each run of a sweep, from chunks that come and go.

A run is looked at wherever its whole error is known: at every step where updates use all samples, else at the end of
every epoch (`training.error`). What is kept does not depend on how the steps are cut into chunks.

Two errors count as the same where they differ by less than NOISE of the baseline's first error: that is rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, NamedTuple

import numpy as np

from bprunner.nn.arrays import Array, Flags, Indices
from bprunner.sweeps.fates import DIVERGED, WINDOW, Ends, fates, returning
from bprunner.training.chunks import Chunk, series_of, train_in_chunks
from bprunner.training.chunks import Ends as TrainingEnds
from bprunner.training.columns import Column
from bprunner.training.population import Population

NONE: Final = -1
"""In place of a step that there is not."""
DEPARTED: Final = 1e-9
"""A run has departed from the baseline where its error differs by more than this share of the baseline's: far more
than rounding, far less than what anybody prints."""
NOISE: Final = float(np.finfo(np.float64).eps)


class Watched(NamedTuple):
    """Where a run is looked at: `row`, the error's place among the series; `every`, at which multiples of a step;
    `weights`, from which series to which the weights and biases are."""

    row: int
    every: int
    weights: slice


def watched(population: Population, series: Sequence[Column]) -> Watched:
    """Where the runs of a population are looked at. `series`: those of its chunks, as series_of gives them."""
    full = population.training.full_batch
    names = [column.name for column in series]
    weights = [place for place, column in enumerate(series) if column.store in ("W", "b")]
    return Watched(
        names.index("error" if full else "training.error"),
        1 if full else population.updates_per_epoch,
        slice(weights[0], weights[-1] + 1),
    )


def errors_of(population: Population) -> Array:
    """Trains a population of one, the baseline, and returns its error by step, (steps,).

    nan where it is not looked at; inf where it is, and the error is no number. Raises ValueError for several runs.
    """
    if population.runs != 1:
        raise ValueError("the baseline is one run")
    series = series_of(population)
    look, parts = watched(population, series), []

    def keep(chunk: Chunk) -> None:
        errors = chunk.values[look.row, : int(chunk.lengths[0]), 0].copy()
        at = chunk.steps[: len(errors)] % look.every == 0
        parts.append(np.where(at, np.where(np.isnan(errors), np.inf, errors), np.nan))

    train_in_chunks(population, series, keep)
    return np.concatenate(parts)


@dataclass(frozen=True)
class Summary:
    """How runs went; every array is (runs,), in the order of the population. Steps are numbers, NONE where none.

    first, final, best: errors; a run that left the range of doubles has its last error, whatever that is. best_at: the
    first step with the best error. steps: the number of the last step. reaches_at: the first step whose error is not
    above the baseline's final one. departs_at: the first step at which the error is another than the baseline's, and
    departure by how much, relative to the baseline's (0.5: half as much again); nan where it never departs.
    fate: places in FATES. diverged_at: of those that diverged, the step at which the run left the range of doubles, or
    since which the error has stayed above the first one. overflowed: which of these two.
    """

    first: Array
    final: Array
    best: Array
    best_at: Indices
    steps: Indices
    reaches_at: Indices
    departs_at: Indices
    departure: Array
    fate: Indices
    diverged_at: Indices
    overflowed: Flags

    @property
    def runs(self) -> int:
        return len(self.first)

    def only(self, runs: Indices) -> Summary:
        """The runs at these places."""
        return Summary(**{field.name: getattr(self, field.name)[runs] for field in fields(Summary)})


def no_runs() -> Summary:
    """The summary of no run."""
    numbers = ("first", "final", "best", "departure")

    def kind(name: str) -> Any:
        return np.float64 if name in numbers else np.bool_ if name == "overflowed" else np.int64

    return Summary(**{field.name: np.empty(0, dtype=kind(field.name)) for field in fields(Summary)})


def joined(parts: Sequence[tuple[Indices, Summary]]) -> Summary:
    """One summary of all runs, from blocks of them with the places of their runs in it.

    Raises ValueError unless every place from 0 on occurs once.
    """
    places = np.concatenate([place for place, _ in parts])
    order = np.argsort(places, kind="stable")
    if not np.array_equal(places[order], np.arange(len(places))):
        raise ValueError("every run has one place")
    return Summary(
        **{
            field.name: np.concatenate([getattr(summary, field.name) for _, summary in parts])[order]
            for field in fields(Summary)
        }
    )


class Summing:
    """Takes the chunks of one block of runs, in their order, and keeps what a summary needs.

    Memory: some numbers and WINDOW errors for each run, and its weights of three looks.
    `baseline_errors`: the baseline's error by step, as errors_of gives it; None where there is none to compare with.
    """

    def __init__(self, runs: int, baseline_errors: Array | None, look: Watched) -> None:
        self._look = look
        self._baseline = np.empty(0) if baseline_errors is None else baseline_errors
        seen = self._baseline[~np.isnan(self._baseline)]
        # Whose baseline diverged, has no error to reach.
        known = len(seen) > 0 and bool(np.isfinite(seen[[0, -1]]).all())
        self._noise = NOISE * abs(float(seen[0])) if known else 0.0
        self._target = float(seen[-1]) + self._noise if known else np.nan
        self._first = np.full(runs, np.nan)
        self._best, self._best_at = np.full(runs, np.inf), np.full(runs, NONE)
        self._reaches_at, self._departs_at = np.full(runs, NONE), np.full(runs, NONE)
        self._departure = np.full(runs, np.nan)
        # The last look at which the error was not above the first one.
        self._low_at = np.zeros(runs, dtype=np.int64)
        self._looks = np.zeros(runs, dtype=np.int64)
        self._errors = _Tail(1, WINDOW, runs)
        self._weights = _Tail(look.weights.stop - look.weights.start, 3, runs)

    def keep(self, chunk: Chunk) -> None:
        """Takes one more chunk. What it holds may be overwritten afterwards."""
        every = self._look.every
        offset = -chunk.first % every
        steps = chunk.steps[offset::every]
        counts = np.maximum(0, -((offset - chunk.lengths) // every))
        if not len(steps):
            return
        runs, errors = chunk.runs, chunk.values[self._look.row, offset::every]
        looks = np.arange(len(steps))[:, np.newaxis]
        there = None if (counts == len(steps)).all() else looks < counts
        with np.errstate(all="ignore"):
            self._compare(runs, errors, steps, there)
        self._errors.add(runs, errors[np.newaxis], counts)
        self._weights.add(runs, chunk.values[self._look.weights, offset::every], counts)
        self._looks[runs] += counts

    def summary(self, ends: TrainingEnds) -> Summary:
        """What the runs came to. `ends`: how training ended them, as train_in_chunks returns it."""
        window = self._errors.values[0].T
        final = window[:, -1].copy()
        before, between, last = np.moveaxis(self._weights.values, 1, 0)
        found = fates(Ends(self._first, window, self._looks, ends.diverged, returning(before, between, last)))
        overflowed = ends.diverged | ~np.isfinite(final)
        diverged_at = np.where(overflowed, ends.last, self._low_at + self._look.every)
        return Summary(
            first=self._first.copy(),
            final=final,
            best=self._best.copy(),
            best_at=self._best_at.copy(),
            steps=ends.last.copy(),
            reaches_at=self._reaches_at.copy(),
            departs_at=self._departs_at.copy(),
            departure=self._departure.copy(),
            fate=found,
            diverged_at=np.where(found == DIVERGED, diverged_at, NONE),
            overflowed=overflowed,
        )

    def _compare(self, runs: Indices, errors: Array, steps: Indices, there: Flags | None) -> None:
        """errors: (looks, n) at these steps; there: which of them belong to their runs, None for all."""
        if steps[0] == 0:
            self._first[runs] = errors[0]
        self._take_best(runs, errors, steps, there)
        self._find(self._reaches_at, runs, steps, self._seen(errors <= self._target, there))
        low = self._seen(errors <= self._first[runs], there)
        last_low = len(steps) - 1 - np.argmax(low[::-1], axis=0)
        some = low[last_low, np.arange(len(runs))]
        self._low_at[runs[some]] = steps[last_low[some]]
        self._depart(runs, errors, steps, there)

    @staticmethod
    def _seen(found: Flags, there: Flags | None) -> Flags:
        return found if there is None else found & there

    def _take_best(self, runs: Indices, errors: Array, steps: Indices, there: Flags | None) -> None:
        ordered = np.where(self._seen(np.isfinite(errors), there), errors, np.inf)
        place = np.argmin(ordered, axis=0)
        lowest = ordered[place, np.arange(len(runs))]
        better = lowest < self._best[runs]
        self._best[runs[better]] = lowest[better]
        self._best_at[runs[better]] = steps[place[better]]

    @staticmethod
    def _find(at: Indices, runs: Indices, steps: Indices, found: Flags) -> tuple[Indices, Indices]:
        """Notes the first step at which something was found, of runs that had none. Their places among these, and those
        of the steps."""
        place = np.argmax(found, axis=0)
        new = np.flatnonzero((at[runs] == NONE) & found[place, np.arange(len(runs))])
        at[runs[new]] = steps[place[new]]
        return new, place[new]

    def _depart(self, runs: Indices, errors: Array, steps: Indices, there: Flags | None) -> None:
        """Only runs that have not departed, and only steps that the baseline has."""
        within = steps < len(self._baseline)
        still = np.flatnonzero(self._departs_at[runs] == NONE)
        if not within.any() or not len(still):
            return
        baseline = self._baseline[steps[within]][:, np.newaxis]
        own = errors[within][:, still]
        # A diverged error is larger than any.
        own = np.where(np.isnan(own), np.inf, own)
        apart = own - baseline
        differs = np.isfinite(baseline) | np.isfinite(own)
        other = differs & (np.abs(apart) > self._noise) & (np.abs(apart) > DEPARTED * np.abs(baseline))
        # An infinite baseline is departed from by whatever is finite.
        other |= np.isinf(baseline) & np.isfinite(own)
        other &= ~np.isnan(baseline)
        seen = self._seen(other, None if there is None else there[within][:, still])
        new, place = self._find(self._departs_at, runs[still], steps[within], seen)
        base = baseline[place, 0]
        relative = np.where(np.isinf(base), -np.sign(base), apart[place, new] / np.abs(base))
        self._departure[runs[still[new]]] = relative


class _Tail:
    """The last looks at some series of runs. `values`: (series, looks, runs), nan before the first look."""

    def __init__(self, series: int, looks: int, runs: int) -> None:
        self.values = np.full((series, looks, runs), np.nan)

    def add(self, runs: Indices, new: Array, counts: Indices) -> None:
        """new: (series, k, n) of these runs; of each the first `counts` belong to it."""
        looks, k = self.values.shape[1], new.shape[1]
        if k >= looks and (counts == k).all():
            self.values[:, :, runs] = new[:, k - looks :]
            return
        old, columns = self.values[:, :, runs], np.arange(len(runs))
        if (counts == k).all():
            self.values[:, :, runs] = np.concatenate([old[:, k:], new], axis=1)
            return
        for look in range(looks):
            place = counts - looks + look
            kept = old[:, np.minimum(place + looks, looks - 1), columns]
            self.values[:, look, runs] = np.where(place < 0, kept, new[:, np.maximum(place, 0), columns])
