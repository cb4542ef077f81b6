"""Fates: what a teacher would call each, the same in any unit and at any length; one for every run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.nn.arrays import Array
from bprunner.sweeps import fates as module
from bprunner.sweeps.fates import FATES, WINDOW, Ends, fates, returning


def ends(series: Sequence[Array], overflowed: bool = False, back: bool = False) -> Ends:
    """Runs with these errors, each from the first to the last."""
    windows = [np.concatenate([np.full(WINDOW, np.nan), each])[-WINDOW:] for each in series]
    flags = np.full(len(series), 1, dtype=bool)
    return Ends(
        np.array([each[0] for each in series]),
        np.array(windows),
        np.array([len(each) for each in series]),
        flags & overflowed,
        flags & back,
    )


def fate(errors: Sequence[float] | Array, overflowed: bool = False, back: bool = False) -> str:
    return FATES[fates(ends([np.array(errors, dtype=np.float64)], overflowed, back))[0]]


def by_step(f: Callable[[Array], Array], updates: int = 200) -> Array:
    return f(np.arange(updates + 1.0))


T = 200
NOISE = np.random.default_rng(0).normal(size=T + 1)

DYNAMICS: list[tuple[str, str, Array]] = [
    ("converged", "to nothing", by_step(lambda t: 0.7**t)),
    ("converged", "to a rest", by_step(lambda t: 0.03 + 0.8**t)),
    ("converged", "to a rest, with the jitter of batches", 0.03 * (1 + 0.01 * NOISE) + by_step(lambda t: 0.8**t)),
    ("converged", "zigzag that dies away", by_step(lambda t: 0.8**t * (1 + 0.5 * (-1) ** t))),
    ("converged", "exactly, at last", np.array([1.0, 0.8, 0.9, 0.0])),
    ("converged", "right from the start", np.zeros(5)),
    ("still falling", "slow descent", by_step(lambda t: 0.995**t)),
    ("still falling", "very slow descent, for long", by_step(lambda t: 0.9995**t, 2000)),
    ("still falling", "at the end of doubles", by_step(lambda t: 1.5e308 * 0.99**t, 50)),
    ("still falling", "as a power", by_step(lambda t: 1 / (1 + t))),
    ("still falling", "after one update", np.array([0.087, 0.047])),
    ("still falling", "after two updates", np.array([0.087, 0.047, 0.023])),
    ("still falling", "from a plateau", by_step(lambda t: 1 / (1 + np.exp((t - 190) / 5)))),
    ("still falling", "from above the first error", by_step(lambda t: np.where(t == 0, 1.0, 50 * 0.99**t))),
    ("stalled", "no change at all", np.full(50, 0.25)),
    ("stalled", "a plateau", by_step(lambda t: 0.25 + 0.04 * 0.8**t)),
    ("stalled", "a plateau with jitter", 0.25 * (1 + 0.01 * NOISE)),
    ("stalled", "a rate that is far too small", by_step(lambda t: (1 - 1e-6) ** t)),
    ("stalled", "a rest soon reached", np.array([1.0, 0.3, *[0.2] * 19])),
    ("stalled", "no update", np.array([0.3])),
    ("stalled", "high above the first error", np.array([1.0, *[40.0] * 30])),
    ("oscillating", "two values", by_step(lambda t: np.where(t % 2 == 0, 1.0, 0.4))),
    ("oscillating", "three values", by_step(lambda t: np.choose(t.astype(int) % 3, [1.0, 0.4, 0.7]))),
    ("oscillating", "chaos", np.abs(NOISE) + 0.1),
    ("oscillating", "a single overshoot", np.array([0.087, 0.5])),
    ("oscillating", "a rise from a low, below the first error", by_step(lambda t: 1e-3 * 1.02**t + 0.5**t)),
    ("diverged", "growth", by_step(lambda t: 1.05**t)),
    ("diverged", "growth after a descent", by_step(lambda t: 0.5**t + 1e-6 * 1.2**t)),
    ("diverged", "growth of a zigzag", by_step(lambda t: 1.5**t * (1 + 0.3 * (-1) ** t))),
    ("diverged", "growth in a few updates", np.array([1.0, 2.0, 4.0])),
    ("diverged", "growth to the end of doubles", by_step(lambda t: 10.0**t, 308)),
    ("diverged", "no number", np.array([1.0, 2.0, np.inf])),
    ("diverged", "no number at the start", np.array([np.nan])),
]


@pytest.mark.parametrize(("wanted", "errors"), [(wanted, e) for wanted, _, e in DYNAMICS], ids=[x[1] for x in DYNAMICS])
def test_what_a_teacher_would_call_it(wanted: str, errors: Array) -> None:
    assert fate(errors) == wanted


@pytest.mark.parametrize("scale", [2.0**-300, 2.0**-20, 2.0**20, 2.0**300])
@pytest.mark.parametrize("errors", [e for *_, e in DYNAMICS if e.max() < 1e100], ids=lambda _: "")
def test_the_unit_of_the_error_does_not_matter(errors: Array, scale: float) -> None:
    assert fate(errors * scale) == fate(errors)


@pytest.mark.parametrize("errors", [e for *_, e in DYNAMICS], ids=lambda _: "")
def test_what_left_the_range_of_doubles_diverged(errors: Array) -> None:
    assert fate(errors, overflowed=True) == "diverged"


@pytest.mark.parametrize(("wanted", "errors"), [(wanted, e) for wanted, _, e in DYNAMICS], ids=lambda _: "")
def test_weights_that_jump_to_and_fro_matter_on_a_level_alone(wanted: str, errors: Array) -> None:
    """At a plateau they are the oscillation; where the error falls, rises or is nearly 0, it says enough itself."""
    level = wanted == "stalled" or (wanted == "converged" and errors[-1] > 1e-6 * errors[0])
    assert fate(errors, back=True) == ("oscillating" if level else wanted)


# Laws

ERRORS = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True), st.floats(0.1, 1.0), st.sampled_from([0.0, 1.0, 0.5, -1.0, 1e308])
)
SERIES = st.lists(ERRORS, min_size=1, max_size=60).map(lambda each: np.array(each))


@given(st.lists(SERIES, min_size=1, max_size=20), st.booleans(), st.booleans())
def test_every_run_has_one_fate_of_its_own(series: list[Array], overflowed: bool, back: bool) -> None:
    together = fates(ends(series, overflowed, back))
    assert together.shape == (len(series),)
    assert set(together.tolist()) <= set(range(len(FATES)))
    for run, errors in enumerate(series):
        assert fate(errors, overflowed, back) == FATES[together[run]]


@given(st.floats(0.01, 1e3), st.floats(-1e3, 1e3).filter(lambda w: abs(w) > 1e-3), st.floats(1e-3, 3.0))
def test_a_quadratic_bowl(curvature: float, start: float, share: float) -> None:
    """½ λ w² descended by share / λ: (1 − share)² is what an update leaves of the error."""
    left = (1 - share) ** 2
    errors = 0.5 * curvature * start**2 * left ** np.arange(101.0)
    lost = 1 - left**50
    found = fate(errors, back=share == 2.0)
    if left**99 <= 1e-6:
        assert found == "converged"
    elif left < 1 and lost > 0.05:
        assert found == "still falling"
    elif left > 1 and left**50 > 1.05:
        assert found == "diverged"


# Weights that return


def weights(*looks: Sequence[float]) -> tuple[Array, Array, Array]:
    before, between, last = (np.array(look)[:, np.newaxis] for look in looks)
    return before, between, last


@pytest.mark.parametrize(
    ("looks", "back"),
    [
        (([1.0, 2.0], [-1.0, 2.0], [1.0, 2.0]), True),
        (([1.0, 2.0], [-1.0, 2.0], [1.1, 2.1]), True),
        (([1.0, 2.0], [1.1, 2.0], [1.2, 2.0]), False),
        (([1.0, 2.0], [1.0, 2.0], [1.0, 2.0]), False),
        (([1.0, 2.0], [1.0 + 1e-15, 2.0], [1.0, 2.0]), False),
        (([1.0, 0.0], [-0.5, 0.0], [0.25, 0.0]), False),
        (([1.0, 0.0], [-1.0, 0.0], [0.5, 0.0]), False),
        (([np.nan, np.nan], [1.0, 2.0], [-1.0, 2.0]), False),
    ],
)
def test_weights_that_are_back_after_two_updates(looks: Sequence[Sequence[float]], back: bool) -> None:
    assert returning(*weights(*looks)).tolist() == [back]


def test_rules_are_told_with_their_numbers() -> None:
    text = module.__doc__ or ""
    assert all(name in text for name in ("SMALL", "SWING", "LEVEL", "ARRIVED", "WINDOW"))
    assert all(f"*{word}*" in text for word in FATES)
