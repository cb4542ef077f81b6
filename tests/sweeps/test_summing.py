"""Summing up: the same as of the whole series at once, however the steps are cut into chunks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bprunner.nn.arrays import Array
from bprunner.sweeps import summing
from bprunner.sweeps.fates import DIVERGED, FATES, WINDOW
from bprunner.sweeps.summing import DEPARTED, NOISE, NONE, Summary, Summing, Watched, errors_of, joined, watched
from bprunner.training.chunks import Chunk, Ends, series_of
from bprunner.training.execution import execute
from bprunner.training.population import populate
from tests.laws.networks import PopulationCase, populations
from tests.sweeps.small import bowl, rates, summed
from tests.training.declarations import doc, population_of, xor

FIELDS = tuple(Summary.__dataclass_fields__)


def assert_same(one: Summary, other: Summary) -> None:
    for name in FIELDS:
        mine, theirs = getattr(one, name), getattr(other, name)
        assert mine.dtype == theirs.dtype
        np.testing.assert_array_equal(mine, theirs, err_msg=name)


# Laws


def of_series(errors: Array, at: Any, baseline: Array) -> dict[str, Any]:
    """The same from one run's whole error, written plainly: errors at the steps `at`."""
    finite = np.where(np.isfinite(errors), errors, np.inf)
    best = float(finite.min())
    seen = baseline[~np.isnan(baseline)]
    known = np.isfinite(seen[0]) and np.isfinite(seen[-1])
    noise = NOISE * abs(seen[0]) if known else 0.0
    reached = [step for step, error in zip(at, errors, strict=True) if known and error <= seen[-1] + noise]
    departs_at: Any = NONE
    departure = np.nan
    for step, raw in zip(at, errors, strict=True):
        if step >= len(baseline) or np.isnan(baseline[step]):
            continue
        error, base = (np.inf if np.isnan(raw) else raw), baseline[step]
        if np.isinf(base):
            if np.isfinite(error):
                departs_at, departure = step, -1.0 * np.sign(base)
                break
        elif abs(error - base) > max(noise, DEPARTED * abs(base)):
            departs_at, departure = step, (error - base) / abs(base) if base else np.inf * np.sign(error - base)
            break
    return {
        "first": errors[0],
        "final": errors[-1],
        "best": best,
        "best_at": at[int(finite.argmin())] if np.isfinite(best) else NONE,
        "reaches_at": reached[0] if reached else NONE,
        "departs_at": departs_at,
        "departure": departure,
    }


@settings(max_examples=settings().max_examples * 2)
@given(
    populations(sizes=st.integers(1, 4), counts=st.integers(1, 5)),
    st.integers(1, 9),
    st.sampled_from([1, 4_000, 2**20]),
    st.integers(0, 8),
)
def test_a_summary_is_that_of_the_whole_series(case: PopulationCase, steps: int, size: int, base: int) -> None:
    """However it is cut; beside others as alone; and as the trace has it."""
    baseline = errors_of(populate([case.experiments[base % len(case.experiments)]], case.samples))
    together = summed(populate(case.experiments, case.samples), baseline, steps, size)
    assert_same(together, summed(populate(case.experiments, case.samples), baseline))
    alone = [summed(populate([each], case.samples), baseline) for each in case.experiments]
    assert_same(together, joined([(np.array([run]), each) for run, each in enumerate(alone)]))
    for run, experiment in enumerate(case.experiments):
        population = populate([experiment], case.samples)
        look = watched(population, series_of(population))
        if experiment.trace.steps == "epochs":
            continue
        execution = execute(population, {})
        trace, status = execution.trace, execution.status
        name = "error" if look.every == 1 and population.training.full_batch else "training.error"
        at = trace.steps[trace.steps % look.every == 0]
        errors = np.asarray(trace[name]).reshape(-1)[: len(trace.steps)][trace.steps % look.every == 0]
        with np.errstate(all="ignore"):
            expected = of_series(errors, at, baseline)
        for field, value in expected.items():
            np.testing.assert_array_equal(getattr(together, field)[run], value, err_msg=f"{field} of {run}")
        assert together.steps[run] == trace.steps[-1]
        assert together.overflowed[run] == (status == "diverged" or not np.isfinite(errors[-1]))
        assert (together.diverged_at[run] == NONE) == (together.fate[run] != DIVERGED)


@given(st.integers(1, 40), st.integers(1, 6), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_a_tail_has_the_last_looks(k: int, runs: int, looks: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    tail, whole = summing._Tail(2, looks, runs), [np.full((2, looks), np.nan) for _ in range(runs)]
    for _ in range(4):
        some = np.flatnonzero(generator.random(runs) < 0.8)
        new = generator.normal(size=(2, k, len(some)))
        counts = np.full(len(some), k) if generator.random() < 0.3 else generator.integers(0, k + 1, len(some))
        tail.add(some, new, counts)
        for place, run in enumerate(some.tolist()):
            whole[run] = np.concatenate([whole[run], new[:, : counts[place], place]], axis=1)
    for run in range(runs):
        np.testing.assert_array_equal(tail.values[:, :, run], whole[run][:, -looks:])


# Examples


def test_the_documents_run_beside_others() -> None:
    population = rates(doc(epochs=20), 0.05, 0.01, 0.1, 0.05, 1e9)
    baseline = errors_of(rates(doc(epochs=20), 0.05))
    assert baseline[:3] == pytest.approx([0.087362, 0.0472007, 0.0233235], rel=1e-5)
    summary = summed(population, baseline)
    assert summary.runs == 5
    assert summary.first.tolist() == [0.087362] * 5 or summary.first == pytest.approx(0.087362)
    assert summary.final[0] == baseline[-1]
    assert summary.steps.tolist()[:4] == [20] * 4
    assert summary.departs_at.tolist() == [NONE, 1, 1, NONE, 1]
    assert summary.departure[1] > 0.0 > summary.departure[2]
    assert summary.reaches_at[0] == summary.reaches_at[3] == 20
    assert summary.reaches_at[1] == NONE
    assert NONE < summary.reaches_at[2] < 20
    assert summary.fate[4] == DIVERGED
    assert summary.overflowed.tolist() == [False] * 4 + [True]
    assert summary.diverged_at[4] == summary.steps[4] > 0
    assert summary.best_at[0] == 20


def test_without_a_baseline_there_is_nothing_to_reach_or_depart_from() -> None:
    summary = summed(rates(doc(epochs=5), 0.05, 0.1), None)
    assert summary.reaches_at.tolist() == summary.departs_at.tolist() == [NONE, NONE]
    assert np.isnan(summary.departure).all()


def test_where_updates_have_not_all_samples_the_ends_of_epochs_are_looked_at() -> None:
    population = population_of(xor(batches="online", epochs=3))
    baseline = errors_of(population)
    assert np.flatnonzero(~np.isnan(baseline)).tolist() == [0, 4, 8, 12]
    summary = summed(population, baseline)
    trace = execute(population, {}).trace
    assert summary.final[0] == np.asarray(trace["training.error"])[-1] == baseline[-1]
    assert (summary.steps[0], summary.best_at[0] % 4) == (12, 0)


def test_a_diverged_baseline_is_not_reached() -> None:
    baseline = errors_of(rates(doc(epochs=20), 1e9))
    assert np.isinf(baseline[-1])
    summary = summed(rates(doc(epochs=20), 0.05, 1e9), baseline)
    assert summary.reaches_at.tolist() == [NONE, NONE]
    assert summary.departs_at.tolist() == [1, NONE]


def test_growth_above_the_first_error_is_divergence_since_then() -> None:
    """½ w² by a rate of 2.2 / λ: w, −1.2 w, 1.44 w, …"""
    summary = summed(rates(bowl(epochs=30), 2.2), None)
    assert FATES[summary.fate[0]] == "diverged"
    assert (summary.diverged_at[0], summary.overflowed[0], summary.steps[0]) == (1, False, 30)


def test_the_fates_of_a_bowl() -> None:
    """Below 1/λ, between 1/λ and 2/λ, at 2/λ, above; and so slowly that nothing happens."""
    for curvature in (1.0, 4.0, 0.25):
        each = [share / curvature for share in (0.5, 1.0, 1.5, 0.01, 2.0, 2.1, 1e-6, 3.0)]
        summary = summed(rates(bowl(curvature), *each), None)
        assert [FATES[fate] for fate in summary.fate] == [
            "converged", "converged", "converged", "still falling", "oscillating", "diverged", "stalled", "diverged",
        ]  # fmt: skip


def test_parts_are_joined_by_their_places() -> None:
    whole = summed(rates(doc(epochs=5), 0.05, 0.01, 0.1), None)
    parts = [
        (np.array([2, 0]), summed(rates(doc(epochs=5), 0.1, 0.05), None)),
        (np.array([1]), summed(rates(doc(epochs=5), 0.01), None)),
    ]
    assert_same(joined(parts), whole)
    with pytest.raises(ValueError, match="one place"):
        joined(parts[:1])


def test_an_error_out_of_range_is_divergence_though_training_went_on() -> None:
    """The sum over all samples can overflow where the batch's does not."""
    sums = Summing(2, None, Watched(1, 2, slice(0, 1)))
    errors = [[1.0, 1.0], [np.nan, np.nan], [np.inf, 0.5]]
    sums.keep(Chunk(0, np.arange(2), np.array([np.ones((3, 2)), errors]), np.array([3, 3]), np.ones(2, dtype=bool)))
    summary = sums.summary(Ends(np.array([2, 2]), np.zeros(2, dtype=bool)))
    assert summary.overflowed.tolist() == [True, False]
    assert summary.diverged_at.tolist() == [2, NONE]
    assert FATES[summary.fate[0]] == "diverged"


def test_a_baseline_that_is_no_number_is_infinite() -> None:
    data = {**doc(epochs=3), "initial_weights": {"w1": 1e200, "w2": 1e200, "w3": 1e200, "w4": 1e200, "w5": 1e200}}
    data["initial_weights"]["w6"] = -1e200
    assert errors_of(population_of(data)).tolist() == [np.inf]


def test_the_baseline_is_one_run() -> None:
    with pytest.raises(ValueError, match="one run"):
        errors_of(rates(doc(), 0.1, 0.2))


def test_the_window_is_short_enough_to_be_kept_for_all_runs() -> None:
    assert WINDOW % 12 == 0
