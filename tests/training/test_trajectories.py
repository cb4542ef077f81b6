"""Whole trajectories: every quantity of every step, against the trainer written in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bprunner
from bprunner.training.trace import Trace
from tests.training.reference import Reference, trajectory

EXACT_KINDS = ("linear", "relu", "leaky_relu")
KINDS = (*EXACT_KINDS, "sigmoid", "tanh")
LOSSES = ("half_squared_error", "squared_error", "mean_squared_error")


@st.composite
def references(
    draw: st.DrawFn, kinds: Sequence[str], most: int = 4, most_samples: int = 4, fastest: float = 0.1
) -> Reference:
    """Small networks, with learning rates at which they neither stand still nor overflow."""
    sizes = draw(st.lists(st.integers(1, most), min_size=2, max_size=4))
    random = Random(draw(st.integers(0, 2**32)))
    samples = draw(st.integers(1, most_samples))

    def row(count: int) -> list[float]:
        return [random.uniform(-1, 1) for _ in range(count)]

    return Reference(
        kinds=[draw(st.sampled_from(kinds)) for _ in sizes[1:]],
        slopes=row(len(sizes) - 1),
        weights=[[row(fan_in) for _ in range(fan_out)] for fan_in, fan_out in pairwise(sizes)],
        biases=[row(size) if draw(st.booleans()) else None for size in sizes[1:]],
        inputs=[row(sizes[0]) for _ in range(samples)],
        targets=[row(sizes[-1]) for _ in range(samples)],
        loss=draw(st.sampled_from(LOSSES)),
        learning_rate=draw(st.floats(fastest / 100, fastest)),
        epochs=draw(st.integers(0, 8)),
    )


def trained(reference: Reference) -> Trace:
    return bprunner.run(reference.declaration()).trace


@given(references(EXACT_KINDS))
def test_networks_of_plain_arithmetic_agree_to_the_last_bit(reference: Reference) -> None:
    expected, trace = trajectory(reference), trained(reference)
    assert set(trace.names) == set(expected)
    for name in trace.names:
        np.testing.assert_array_equal(trace[name], np.array(expected[name]), strict=True, err_msg=name)


@given(references(KINDS))
def test_networks_with_exponentials_agree_to_a_few_of_the_last_bits(reference: Reference) -> None:
    """exp and tanh of two libraries may differ by a bit; differences are relative to the largest of a quantity."""
    expected, trace = trajectory(reference), trained(reference)
    assert set(trace.names) == set(expected)
    for quantity in {name.split(".")[0] for name in trace.names}:
        parts = [np.array(expected[name]) for name in trace.parts(quantity)]
        scale = max(float(np.max(np.nan_to_num(np.abs(part)))) for part in parts)
        for name, part in zip(trace.parts(quantity), parts, strict=True):
            np.testing.assert_allclose(trace[name], part, rtol=1e-13, atol=1e-13 * scale, strict=True, err_msg=name)


@given(
    references(EXACT_KINDS, most=16, most_samples=1, fastest=1e-4)
    | references(EXACT_KINDS, most=6, most_samples=7, fastest=1e-4)
)
def test_sums_of_up_to_sixteen_terms_are_added_from_the_left(reference: Reference) -> None:
    """Of one sample, or of small matrices, the order of every sum is the one of a person with a pencil."""
    expected, trace = trajectory(reference), trained(reference)
    for name in ("error", *trace.parts("gradient")):
        np.testing.assert_array_equal(trace[name], np.array(expected[name]), strict=True, err_msg=name)


def test_wide_layers_and_many_samples_agree_too() -> None:
    random = Random(5)

    def rows(count: int, length: int) -> list[list[float]]:
        return [[random.uniform(-0.5, 0.5) for _ in range(length)] for _ in range(count)]

    reference = Reference(
        kinds=["tanh", "sigmoid"], slopes=[0.1, 0.1], weights=[rows(19, 20), rows(2, 19)],
        biases=[rows(1, 19)[0], None], inputs=rows(25, 20), targets=rows(25, 2),
        loss="mean_squared_error", learning_rate=0.5, epochs=20,
    )  # fmt: skip
    expected, trace = trajectory(reference), trained(reference)
    assert set(trace.names) == set(expected)
    for name in trace.names:
        part = np.array(expected[name])
        scale = float(np.max(np.nan_to_num(np.abs(part))))
        np.testing.assert_allclose(trace[name], part, rtol=1e-12, atol=1e-12 * scale, strict=True, err_msg=name)


@pytest.mark.parametrize("quantity", ["net", "out", "delta", "gradient", "update", "weight", "bias", "error"])
def test_the_comparison_would_notice_one_bit(quantity: str) -> None:
    reference = Reference(
        kinds=["relu", "linear"], slopes=[0.1, 0.1], weights=[[[0.3, 0.7], [0.2, 0.9]], [[0.4, 0.1]]],
        biases=[[0.1, 0.2], [0.3]], inputs=[[1.0, 0.5], [0.25, 2.0]], targets=[[1.0], [0.0]],
        loss="squared_error", learning_rate=0.1, epochs=2,
    )  # fmt: skip
    expected, trace = trajectory(reference), trained(reference)
    name = trace.parts(quantity)[0]
    np.testing.assert_array_equal(trace[name], np.array(expected[name]))
    bent = np.array(expected[name])
    bent.flat[0] = np.nextafter(bent.flat[0], np.inf)
    assert not np.array_equal(trace[name], bent, equal_nan=True)
