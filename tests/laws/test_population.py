"""The law of the population: a run inside any population equals that run alone, bit for bit.

It is compared up to its own end: what is computed of a run after that counts for nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bprunner.data.samples import Samples
from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.arrays import Array
from bprunner.nn.contraction import TERM_BY_TERM
from bprunner.nn.generators import GENERATORS
from bprunner.nn.losses import LOSSES, Loss
from bprunner.nn.nets import NETS
from bprunner.nn.optimizers import OPTIMIZERS
from bprunner.spec.experiment import Experiment
from bprunner.training.columns import columns
from bprunner.training.loop import Step, train
from bprunner.training.measuring import measure_names
from bprunner.training.population import Population, populate
from bprunner.training.recorder import StepBuffer
from tests.laws.networks import PopulationCase, declared, fitting_output, populations, random_samples

FEW = st.integers(1, 4)


def steps_of(experiments: Sequence[Experiment], samples: Samples) -> list[Step]:
    with np.errstate(all="ignore"):
        return list(train(populate(experiments, samples)))


def own_steps(steps: Sequence[Step], run: int) -> Iterator[Step]:
    """A run's steps up to its end, which leads nowhere, as it does where the run is alone."""
    for step in steps:
        if step.ended is not None and step.ended[run]:
            yield step._replace(updates=None)
            return
        yield step


def bits(steps: Sequence[Step], run: int) -> list[tuple[int, str, bytes]]:
    """Every number of a run. A nan's own sign is no number: it is the same nan in all of them."""
    return [
        (step.number, name, np.where(np.isnan(part), np.nan, part).tobytes())
        for step in own_steps(steps, run)
        for name, part in parts(step, run)
    ]


def parts(step: Step, run: int) -> Iterator[tuple[str, Array]]:
    """Everything that a step says of one run."""
    passed, pulled = step.passed, step.pulled
    several: Mapping[str, Sequence[Array]] = {
        "weight": step.weights.flat(),
        "net": passed.net,
        "out": passed.out,
        "error": [step.error],
        "delta": pulled.delta,
        "gradient": pulled.gradient.flat(),
        "update": [] if step.updates is None else step.updates.flat(),
        "slot": [slot for slots in step.slots for slot in slots],
    }
    for name, arrays in several.items():
        yield from ((name, array[run]) for array in arrays)
    yield from ((name, array[run if len(array) > 1 else 0]) for name, array in sorted(step.measures.items()))
    if step.samples is not None:
        yield "samples", step.samples[run if len(step.samples) > 1 else 0].astype(np.float64)
    if step.ended is not None:
        yield "ended", step.ended[run].astype(np.float64)


def breaches(case: PopulationCase, places: Sequence[int] | None = None) -> list[int]:
    """The places whose runs are not what they would have been alone."""
    together = steps_of(case.experiments, case.samples)
    return [
        place
        for place in (range(len(case.experiments)) if places is None else places)
        if bits(together, place) != bits(steps_of([case.experiments[place]], case.samples), 0)
    ]


def test_every_field_of_a_step_is_compared() -> None:
    """The number of the step goes with each of its parts."""
    compared = {"weights", "passed", "error", "pulled", "updates", "measures", "samples", "ended", "slots"}
    assert {*Step._fields} - {"number"} == compared


@given(populations())
def test_a_run_inside_a_population_equals_that_run_alone(case: PopulationCase) -> None:
    assert breaches(case) == []


@given(populations(sizes=FEW, counts=st.integers(1, 5)))
def test_small_networks_whose_epochs_end_and_whose_runs_stop(case: PopulationCase) -> None:
    assert breaches(case) == []


@settings(max_examples=max(1, settings().max_examples // 3))
@given(populations(sizes=st.integers(1, 3), counts=st.integers(1, 3), most_runs=3, decimal=True))
def test_decimals_in_a_population(case: PopulationCase) -> None:
    assert breaches(case) == []


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


@given(populations(sizes=FEW, counts=st.integers(1, 5), most_runs=3))
def test_a_run_can_be_trained_again(case: PopulationCase) -> None:
    """A population is a value: what is drawn while it is trained is drawn anew the next time."""
    population = populate(case.experiments, case.samples)
    with np.errstate(all="ignore"):
        first, second = list(train(population)), list(train(population))
    for run in range(population.runs):
        assert bits(first, run) == bits(second, run)


# What is recorded


def recorded(population: Population, steps: Sequence[Step], run: int) -> dict[str, list[bytes]]:
    """What the recorder keeps of one run, row by row in the bytes that go into its trace."""
    buffer = StepBuffer(len(steps))
    for step in steps:
        buffer.add(step)
    sampled, slots = not population.training.full_batch, population.optimizer.slots
    wanted = columns(population.names, measure_names(population), sampled, population.recorded, slots)
    kept = buffer.columns(wanted, run, buffer.count)
    rows = sum(1 for _ in own_steps(steps, run))
    return {
        # The update of a run's last step belongs to what comes after.
        name: [row.tobytes() for row in values[: rows - name.startswith("update.")]]
        for name, values in kept.items()
    }


@given(populations(sizes=FEW, counts=st.integers(1, 5), most_runs=5))
def test_what_is_recorded_of_a_run_is_the_same_to_the_byte_in_a_population(case: PopulationCase) -> None:
    """nan included: a trace holds one nan, whatever sign the processor gave it."""
    together, population = steps_of(case.experiments, case.samples), populate(case.experiments, case.samples)
    for place, experiment in enumerate(case.experiments):
        alone = steps_of([experiment], case.samples)
        assert recorded(population, together, place) == recorded(populate([experiment], case.samples), alone, 0)


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_every_loss_is_recorded_in_a_population(loss: str) -> None:
    """Also where a delta is nothing but the targets, which all runs share."""
    kind = fitting_output(loss, "linear")
    case = case_of(3, (2, 2), (kind,), 3, loss=loss)
    together, population = steps_of(case.experiments, case.samples), populate(case.experiments, case.samples)
    for place, experiment in enumerate(case.experiments):
        alone = steps_of([experiment], case.samples)
        assert recorded(population, together, place) == recorded(populate([experiment], case.samples), alone, 0)


# Declared cases


def experiments(
    runs: int,
    units: Sequence[int],
    kinds: Sequence[Any],
    scale: float,
    samples: Samples,
    training: Mapping[str, Any] | None = None,
    bias: Any = "trained",
) -> tuple[Experiment, ...]:
    """Runs that differ in seed and learning rate."""
    return tuple(
        declared(
            {
                "architecture": {
                    "inputs": units[0],
                    "layers": [
                        {
                            "units": size,
                            "activation": kind,
                            "bias": bias,
                            "net": "squared_distance"
                            if isinstance(kind, dict) and "gaussian" in kind
                            else "weighted_sum",
                        }
                        for size, kind in zip(units[1:], kinds, strict=True)
                    ],
                },
                "initial_weights": {
                    "normal": {"scale": scale},
                    "biases": {"uniform": {"low": -1, "high": 1}},
                    "seed": run,
                },
                "training": {
                    "loss": "half_squared_error",
                    "optimizer": "gradient_descent",
                    "learning_rate": 0.01 + run / 1000,
                    "epochs": 3,
                    **(training or {}),
                },
            },
            samples,
        )
        for run in range(runs)
    )


def case_of(runs: int, units: Sequence[int], kinds: Sequence[Any], samples: int, **rest: Any) -> PopulationCase:
    """Such runs on so many random samples."""
    loss = rest.pop("loss", "half_squared_error")
    drawn = random_samples(7, samples, units[0], units[-1], loss, held_out=3)
    training = {"loss": loss, **rest.pop("training", {})}
    return PopulationCase(experiments(runs, units, kinds, rest.pop("scale", 1.0), drawn, training, **rest), drawn)


MANY = 1001
SOME = [0, 1, 2, 3, 4, 7, 8, 15, 16, 500, 777, 993, 997, 998, 999, 1000]
ADAM = {"optimizer": {"adam": {}}, "batches": {"minibatches": {"size": 3, "seed": 1}}}


@pytest.mark.parametrize(
    ("units", "kinds", "samples", "rest"),
    [
        ((2, 2, 1), ("tanh", "sigmoid"), 1, {}),
        ((2, 3, 1), ("sigmoid", "tanh"), 4, {}),
        ((5, 7, 3), ("relu", "tanh"), 17, {}),
        ((17, 1), ("sigmoid",), 1, {}),
        ((1, 17, 1), ("leaky_relu", "linear"), 3, {}),
        ((2, 3, 1), ("gelu", "sigmoid"), 1, {"loss": "binary_cross_entropy"}),
        ((3, 5, 3), ("softplus", "softmax"), 7, {"loss": "cross_entropy", "training": ADAM}),
        ((2, 4, 1), ({"gaussian": {"width": 1.0}}, "linear"), 7, {"bias": "threshold", "training": ADAM}),
        ((2, 3, 2), ("elu", "gelu_tanh"), 5, {"bias": {"shared": {"trained": True}}, "training": ADAM}),
    ],
)
def test_a_thousand_runs_together(
    units: Sequence[int], kinds: Sequence[Any], samples: int, rest: Mapping[str, Any]
) -> None:
    """Large populations have other memory layouts; SIMD loops meet every remainder at their ends."""
    assert breaches(case_of(MANY, units, kinds, samples, **rest), SOME) == []


@pytest.mark.parametrize("runs", [2, 3, 5, 9])
@pytest.mark.parametrize("samples", [1, 2, 5, 17])
@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_every_activation_in_the_smallest_layers(kind: str, samples: int, runs: int) -> None:
    """One unit and one sample, where an array has a single element if its run is alone."""
    own: Any = {"step": {"step": {"derivative": 1.0}}, "gaussian": {"gaussian": {"width": 1.0}}}.get(kind, kind)
    units = 2 if kind == "softmax" else 1
    assert breaches(case_of(runs, (1, units, units), (own, own), samples)) == []


@pytest.mark.parametrize("samples", [1, 4, 17])
@pytest.mark.parametrize("units", [1, 2, 17])
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_every_loss(loss: str, units: int, samples: int) -> None:
    for kind in ("sigmoid",) if units == 1 else ("sigmoid", "softmax"):
        assert breaches(case_of(5, (2, units), (kind,), samples, loss=loss, scale=30.0)) == []


@pytest.mark.parametrize("units", [(1, 1), (2, 3, 1)])
@pytest.mark.parametrize("kind", sorted(OPTIMIZERS))
def test_every_optimizer(kind: str, units: Sequence[int]) -> None:
    own = {"momentum": {"momentum": 0.9}, "nesterov": {"momentum": 0.9}}.get(kind, {})
    training = {"optimizer": {kind: own}, "epochs": 12, "schedule": {"cosine": {"over": 9}}}
    assert breaches(case_of(7, units, ["sigmoid"] * (len(units) - 1), 2, training=training)) == []


# Neighbours


def test_runs_that_overflow_do_not_disturb_their_neighbours() -> None:
    samples = random_samples(3, 5, 3, 2)
    calm, wild = (experiments(4, (3, 4, 2), ("tanh", "linear"), scale, samples) for scale in (0.5, 1e200))
    mixed = tuple(run for pair in zip(calm, wild, strict=True) for run in pair)
    last = steps_of(mixed, samples)[-1].error[:, 0, 0]
    assert np.isfinite(last[::2]).all()
    assert not np.isfinite(last[1::2]).any()
    assert breaches(PopulationCase(mixed, samples)) == []


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "cross_entropy"])
def test_saturated_neighbours_do_not_change_how_a_run_takes_logarithms(loss: str) -> None:
    """Where an output is 0 or 1, closed forms go another way: that of the output, never that of the population."""
    samples = random_samples(3, 5, 3, 4, loss)
    runs = [
        experiments(2, (3, 4), (fitting_output(loss, "tanh"),), scale, samples, {"loss": loss}) for scale in (1, 1e5)
    ]
    assert breaches(PopulationCase(tuple(run for pair in zip(*runs, strict=True) for run in pair), samples)) == []


STOPPING: Sequence[Mapping[str, Any]] = [
    {"threshold": {"quantity": "error", "at_most": 2.0}},
    {"threshold": {"quantity": "error", "below": 2.0, "counted": "before"}},
    {"threshold": {"quantity": "accuracy", "at_least": 0.7}},
    {"threshold": {"quantity": "held_out.error", "at_most": 1.5}},
    {"plateau": {"quantity": "error", "patience": 2, "by": 0.15}},
    {"plateau": {"quantity": "held_out.error", "patience": 1}},
]


@pytest.mark.parametrize("taken", ["full", {"minibatches": {"size": 2, "seed": 3}}, "online"])
@pytest.mark.parametrize("stop", STOPPING)
def test_runs_that_stop_early_leave_their_neighbours_alone(stop: Mapping[str, Any], taken: Any) -> None:
    training = {"stop": stop, "batches": taken, "epochs": 15, "metrics": [{"accuracy": {"threshold": 0.0}}]}
    case = case_of(12, (2, 3, 1), ("tanh", "linear"), 5, training={**training, "learning_rate": 0.02})
    together = steps_of(case.experiments, case.samples)
    ends = [sum(1 for _ in own_steps(together, run)) for run in range(12)]
    assert len(set(ends)) > 1, ends
    assert len(together) == max(ends)
    assert breaches(case) == []


def with_batches(case: PopulationCase, each: Sequence[Any]) -> PopulationCase:
    """The same runs, each with batches of its own."""
    kind = type(case.experiments[0].training.batches)
    return PopulationCase(
        tuple(
            run.model_copy(update={"training": run.training.model_copy(update={"batches": kind(**own)})})
            for run, own in zip(case.experiments, each, strict=True)
        ),
        case.samples,
    )


def _seeds(values: Sequence[Any], generator: str = "numpy") -> list[dict[str, Any]]:
    common = {"kind": "minibatches", "size": 2, "generator": generator, "last": "kept"}
    return [{**common, "seed": value} for value in values]


@pytest.mark.parametrize("generator", sorted(GENERATORS))
def test_runs_with_equal_and_with_different_seeds_of_batches(generator: str) -> None:
    """Runs that draw alike may share a batch; that must not be seen."""
    case = case_of(4, (2, 3, 1), ("tanh", "linear"), 5, training={"batches": {"minibatches": {"size": 2, "seed": 1}}})
    for values in ([1, 1, 1, 1], [1, 2, 1, 3], [0, 1, 2, 3]):
        assert breaches(with_batches(case, _seeds(values, generator))) == []
    assert breaches(with_batches(case, _seeds([1, "after_weights", 1, "after_weights"]))) == []


def test_a_shuffled_run_and_one_in_order_never_share_the_order() -> None:
    """They are of two structures, or each has its own order."""
    case = case_of(2, (2, 3, 1), ("tanh", "linear"), 5, training={"batches": {"minibatches": {"size": 2}}})
    for values in ([None, 1], [1, None]):
        mixed = with_batches(case, _seeds(values))
        try:
            populate(mixed.experiments, mixed.samples)
        except ValueError:
            continue
        assert breaches(mixed) == []


def test_runs_of_different_structures_are_no_population() -> None:
    case = case_of(2, (2, 2), ("tanh",), 3)
    other = case_of(2, (2, 2), ("tanh",), 3, training={"optimizer": {"adam": {}}})
    with pytest.raises(ValueError, match="one structure"):
        populate([case.experiments[0], other.experiments[1]], case.samples)
    elsewhere = case.experiments[1].model_copy(
        update={"dataset": case.experiments[1].dataset.model_copy(update={"targets": ((0.5,),)})}
    )
    with pytest.raises(ValueError, match="one structure"):
        populate([case.experiments[0], elsewhere], case.samples)


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
def test_a_contraction_that_depends_on_the_population_is_caught(planted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_of(8, (TERM_BY_TERM + 4, 1), ("tanh",), 1)
    assert breaches(case) == []
    sums = replace(NETS["weighted_sum"], forward=planted)
    monkeypatch.setattr("bprunner.training.population.NETS", {"weighted_sum": sums})
    assert len(breaches(case)) >= 4


def test_random_numbers_that_depend_on_the_place_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator that is shared by the runs gives the second run other weights than it has alone."""
    case = case_of(3, (2, 2), ("linear",), 1)
    assert breaches(case) == []
    place = count()
    shared = replace(GENERATORS["numpy"], seeded=lambda _: GENERATORS["numpy"].seeded(next(place)))
    monkeypatch.setattr("bprunner.training.starting.GENERATORS", {"numpy": shared})
    assert breaches(case) == [0, 1, 2]


@pytest.mark.parametrize("taken", [{"minibatches": {"size": 2, "seed": 3}}, {"sampled": {"size": 2, "seed": 3}}])
def test_batches_that_are_drawn_from_a_shared_source_are_caught(taken: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One source for all: each run sees what its neighbours left over."""
    case = case_of(3, (2, 2), ("linear",), 6, training={"batches": taken})
    assert breaches(case) == []

    class Shared:
        source = GENERATORS["numpy"](3)

        def __call__(self, _seed: int) -> Any:
            return Shared.source

    monkeypatch.setattr("bprunner.training.population.GENERATORS", {"numpy": Shared()})
    assert breaches(case) == [0, 1, 2]


def test_a_batch_that_the_first_run_gives_to_all_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    case = case_of(3, (2, 2), ("linear",), 6, training={"batches": {"minibatches": {"size": 2, "seed": 3}}})
    case = with_batches(case, _seeds([1, 1, 2]))
    assert breaches(case) == []
    monkeypatch.setattr("bprunner.training.batches._shared", lambda each: np.stack(each)[:1])
    assert breaches(case) == [2]


def test_a_stop_that_asks_the_neighbours_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """All runs end as soon as one does."""
    training = {"stop": STOPPING[0], "epochs": 15, "learning_rate": 0.02}
    case = case_of(6, (2, 3, 1), ("tanh", "linear"), 5, training=training)
    assert breaches(case) == []
    from bprunner.training.stopping import Stopper

    right = Stopper.ended

    def wrong(self: Stopper, error: Array, measures: Mapping[str, Array]) -> Any:
        ended = right(self, error, measures)
        return np.full_like(ended, ended.any())

    monkeypatch.setattr(Stopper, "ended", wrong)
    assert breaches(case)


def test_a_loss_that_looks_at_its_neighbours_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where any output of any run is large, all are scaled first: other last bits for all."""

    def scaled(prediction: Array, target: Array, _: Any) -> Array:
        difference = prediction - target
        largest = np.max(np.abs(difference))
        result: Array = (difference / largest) ** 2 * largest**2
        return result

    case = case_of(6, (3, 4, 3), ("tanh", "linear"), 5)
    wrong: Loss = replace(LOSSES["half_squared_error"], terms=scaled)
    assert breaches(case) == []
    monkeypatch.setattr("bprunner.nn.losses.LOSSES", {"half_squared_error": wrong})
    assert len(breaches(case)) >= 3


def test_an_optimizer_that_remembers_one_number_for_all_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A velocity that is averaged over the runs."""
    case = case_of(3, (2, 2), ("linear",), 3, training={"optimizer": {"momentum": {"momentum": 0.9}}})
    right = OPTIMIZERS["momentum"]

    def averaged(g: Array, parameter: Array, slots: Any, numbers: Any) -> Any:
        update, (velocity,) = right.update(g, parameter, slots, numbers)
        return update, (np.broadcast_to(np.mean(velocity, axis=0, keepdims=True), velocity.shape),)

    assert breaches(case) == []
    monkeypatch.setattr("bprunner.training.population.OPTIMIZERS", {"momentum": replace(right, update=averaged)})
    assert breaches(case) == [0, 1, 2]


@settings(max_examples=10)
@given(st.integers(2, 9), st.integers(0, 8))
def test_one_bit_in_one_run_is_seen(runs: int, place: int) -> None:
    """The comparison itself: a last bit of one run changes that run's bytes, and no other's."""
    place %= runs
    case = case_of(runs, (2, 2, 1), ("tanh", "linear"), 2)
    steps = steps_of(case.experiments, case.samples)
    before = [bits(steps, run) for run in range(runs)]
    error = steps[1].error
    error[place] = np.nextafter(error[place], np.inf)
    assert [run for run in range(runs) if bits(steps, run) != before[run]] == [place]


def test_a_measure_that_differs_is_seen_and_what_comes_after_an_end_is_not() -> None:
    training = {
        "stop": {"threshold": {"quantity": "held_out.error", "at_most": 1.5}},
        "epochs": 15,
        "learning_rate": 0.02,
    }
    case = case_of(12, (2, 3, 1), ("tanh", "linear"), 5, training=training)
    steps = steps_of(case.experiments, case.samples)
    before = [bits(steps, run) for run in range(12)]
    ended = steps[-2].ended
    assert ended is not None
    assert ended.any()
    assert not ended.all()
    steps[-1].measures["held_out.error"][:] += 1.0
    assert [bits(steps, run) != before[run] for run in range(12)] == list(~ended)
