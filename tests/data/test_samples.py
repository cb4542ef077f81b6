"""The digest: of every number, and of nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bprunner.data.samples import Samples


def samples(inputs: list[list[float]], name: str = "a") -> Samples:
    return Samples(np.array(inputs, dtype=float), np.ones((len(inputs), 1)), (name,), ("t",), name)


def test_the_digest_is_of_the_numbers_alone() -> None:
    assert samples([[1], [2]]).digest == samples([[1], [2]], "b").digest
    assert samples([[1], [2]]).digest != samples([[2], [1]]).digest
    assert samples([[0.0]]).digest != samples([[-0.0]]).digest


def test_the_digest_without_held_out_samples_is_what_it_always_was() -> None:
    # sha256 of "(2, 1)", the doubles 1 and 2, "(2, 1)", the doubles 1 and 1.
    assert samples([[1], [2]]).digest == "a6928c4930169cb0"


def test_held_out_samples_count_and_are_no_training_samples() -> None:
    both = replace(samples([[1]]), held_out=samples([[2]]))
    other = replace(samples([[1]]), held_out=samples([[3]]))
    together = samples([[1], [2]])
    assert len({each.digest for each in (samples([[1]]), both, other, together)}) == 4
    assert len(both) == 1
