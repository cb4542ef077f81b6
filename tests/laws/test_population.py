"""The law of the population: a run inside any population equals that run alone, bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bprunner.data.samples import Samples
from bprunner.nn.arrays import Array
from bprunner.nn.contraction import TERM_BY_TERM
from bprunner.spec.experiment import Experiment
from bprunner.training.columns import columns
from bprunner.training.loop import Step, train
from bprunner.training.population import populate
from bprunner.training.recorder import StepBuffer
from tests.laws.networks import PopulationCase, populations, random_samples


def steps_of(experiments: Sequence[Experiment], samples: Samples) -> list[Step]:
    with np.errstate(all="ignore"):
        return list(train(populate(experiments, samples)))


def bits(steps: Sequence[Step], run: int) -> list[bytes]:
    """Every number that a run computed. A nan's own sign is no number: it is the same nan in all of them."""
    return [np.where(np.isnan(part[run]), np.nan, part[run]).tobytes() for step in steps for part in parts(step)]


def parts(step: Step) -> list[Array]:
    updates = [] if step.updates is None else step.updates.flat()
    passed, pulled = step.passed, step.pulled
    return [
        *step.weights.flat(), *passed.net, *passed.out, step.error, *pulled.delta, *pulled.gradient.flat(), *updates
    ]  # fmt: skip


def recorded(experiments: Sequence[Experiment], samples: Samples, run: int) -> dict[str, bytes]:
    """What the recorder keeps of one run, in the bytes that go into its trace."""
    population = populate(experiments, samples)
    buffer = StepBuffer(population.epochs + 1)
    for step in steps_of(experiments, samples):
        buffer.add(step)
    kept = buffer.columns(columns(population.names), run, buffer.count)
    return {name: values.tobytes() for name, values in kept.items()}


def breaches(case: PopulationCase, places: Sequence[int] | None = None) -> list[int]:
    """The places whose runs are not what they would have been alone."""
    together = steps_of(case.experiments, case.samples)
    return [
        place
        for place in (range(len(case.experiments)) if places is None else places)
        if bits(together, place) != bits(steps_of([case.experiments[place]], case.samples), 0)
    ]


@given(populations())
def test_a_run_inside_a_population_equals_that_run_alone(case: PopulationCase) -> None:
    assert breaches(case) == []


@given(populations(sizes=st.integers(1, 4), most_runs=5))
def test_what_is_recorded_of_a_run_is_the_same_to_the_byte_in_a_population(case: PopulationCase) -> None:
    """nan included: a trace holds one nan, whatever sign the processor gave it."""
    for place, experiment in enumerate(case.experiments):
        assert recorded(case.experiments, case.samples, place) == recorded([experiment], case.samples, 0)


@given(populations(sizes=st.integers(1, 18)), st.randoms(use_true_random=False))
def test_a_run_does_not_depend_on_its_place_or_block(case: PopulationCase, random: Random) -> None:
    order = list(range(len(case.experiments)))
    random.shuffle(order)
    together = steps_of(case.experiments, case.samples)
    middle = (len(order) + 1) // 2
    for block in (order[:middle], order[middle:]):
        if not block:
            continue
        mixed = steps_of([case.experiments[place] for place in block], case.samples)
        for here, place in enumerate(block):
            assert bits(mixed, here) == bits(together, place)


def experiments(
    count: int, units: Sequence[int], kinds: Sequence[str], scale: float, loss: str = "half_squared_error"
) -> tuple[Experiment, ...]:
    """Runs that differ in seed and learning rate."""
    return tuple(
        Experiment.model_validate(
            {
                "name": "many",
                "architecture": {
                    "inputs": units[0],
                    "layers": [
                        {"units": size, "activation": kind, "bias": "trained"}
                        for size, kind in zip(units[1:], kinds, strict=True)
                    ],
                },
                "initial_weights": {
                    "normal": {"scale": scale},
                    "biases": {"uniform": {"low": -1, "high": 1}},
                    "seed": run,
                },
                "dataset": {"inputs": [[0]], "targets": [[0]]},
                "training": {
                    "loss": loss,
                    "optimizer": "gradient_descent",
                    "learning_rate": 0.01 + run / 1000,
                    "epochs": 3,
                },
            }
        )
        for run in range(count)
    )


@pytest.mark.parametrize(
    ("units", "kinds", "samples"),
    [
        ((2, 2, 1), ("tanh", "sigmoid"), 1),
        ((2, 3, 1), ("sigmoid", "tanh"), 4),
        ((5, 7, 3), ("relu", "tanh"), 17),
        ((17, 1), ("sigmoid",), 1),
        ((1, 17, 1), ("leaky_relu", "linear"), 3),
    ],
)
def test_a_thousand_runs_together(units: Sequence[int], kinds: Sequence[str], samples: int) -> None:
    """Large populations have other memory layouts; SIMD loops meet every remainder at their ends."""
    case = PopulationCase(experiments(1001, units, kinds, 1.0), random_samples(7, samples, units[0], units[-1]))
    assert breaches(case, [0, 1, 2, 3, 4, 7, 8, 15, 16, 500, 777, 993, 997, 998, 999, 1000]) == []


def test_runs_that_overflow_do_not_disturb_their_neighbours() -> None:
    calm, wild = (
        experiments(4, (3, 4, 2), ("tanh", "linear"), 0.5),
        experiments(4, (3, 4, 2), ("tanh", "linear"), 1e200),
    )
    mixed = tuple(run for pair in zip(calm, wild, strict=True) for run in pair)
    case = PopulationCase(mixed, random_samples(3, 5, 3, 2))
    last = steps_of(case.experiments, case.samples)[-1].error[:, 0, 0]
    assert np.isfinite(last[::2]).all()
    assert not np.isfinite(last[1::2]).any()
    assert breaches(case) == []


# The law can be broken, and the breach is seen


def _sum_by_layout(a: Array, b: Array) -> Array:
    """A contraction as NumPy likes it: runs innermost, summed over an axis in the middle. For several runs the
    terms are added one after the other, for one run they lie side by side and are added in another order."""
    products = np.asfortranarray(a[:, :, :, np.newaxis] * b[:, np.newaxis])
    result: Array = np.sum(products, axis=2)
    return result


def _sum_by_blas_over_all(a: Array, b: Array) -> Array:
    """One call for all runs where they share their left side: many columns take another way through BLAS."""
    if a.shape[0] != 1:
        return np.asarray(a @ b)
    runs, terms, columns = b.shape
    flat: Array = a[0] @ b.transpose(1, 0, 2).reshape(terms, runs * columns)
    return flat.reshape(a.shape[1], runs, columns).transpose(1, 0, 2)


@pytest.mark.parametrize("planted", [_sum_by_layout, _sum_by_blas_over_all])
def test_a_contraction_that_depends_on_the_population_is_caught(
    planted: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = TERM_BY_TERM + 4
    case = PopulationCase(experiments(8, (terms, 1), ("tanh",), 1.0), random_samples(1, 1, terms, 1))
    assert breaches(case) == []
    monkeypatch.setattr("bprunner.nn.network.product", planted)
    assert len(breaches(case)) >= 4


def test_random_numbers_that_depend_on_the_place_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator that is shared by the runs gives the second run other weights than it has alone."""
    case = PopulationCase(experiments(3, (2, 2), ("linear",), 1.0), random_samples(1, 1, 2, 2))
    assert breaches(case) == []
    place = iter(range(1000))
    monkeypatch.setattr("bprunner.training.population.np.random.PCG64", lambda _seed: np.random.MT19937(next(place)))
    assert breaches(case) == [0, 1, 2]


@settings(max_examples=10)
@given(st.integers(2, 9), st.integers(0, 8))
def test_one_bit_in_one_run_is_seen(count: int, place: int) -> None:
    """The comparison itself: a last bit of one run changes that run's bytes, and no other's."""
    place %= count
    case = PopulationCase(experiments(count, (2, 2, 1), ("tanh", "linear"), 1.0), random_samples(1, 2, 2, 1))
    steps = steps_of(case.experiments, case.samples)
    before = [bits(steps, run) for run in range(count)]
    error = steps[1].error
    error[place] = np.nextafter(error[place], np.inf)
    assert [run for run in range(count) if bits(steps, run) != before[run]] == [place]
