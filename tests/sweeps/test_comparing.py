"""The table of a study: what stands in it, which rows a condition chooses, how groups of runs did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.errors import InputError
from bprunner.sweeps import comparing
from bprunner.sweeps.comparing import COLUMNS, filtered, groups, quantile, table, top
from bprunner.sweeps.stability import largest_stable_rate
from bprunner.sweeps.summing import errors_of
from tests.sweeps.small import bowl, rates, summed

RATE = "training.learning_rate"


@dataclass(frozen=True)
class OneCell:
    number: int
    values: Mapping[str, object]
    learning_rate: float


def cells(*each: float, **more: list[object]) -> list[OneCell]:
    return [
        OneCell(
            number,
            {RATE: rate, **{key: values[number] for key, values in more.items()}},
            rate,
        )
        for number, rate in enumerate(each)
    ]


EACH = (0.05, 0.01, 0.5, 2.0, 2.5, 1e9, 1e-8)


def study() -> Any:
    """Bowls with λ = 1: the baseline's rate of 0.05 first."""
    data = bowl(epochs=60)
    population = rates(data, *EACH)
    summary = summed(population, errors_of(rates(data, EACH[0])))
    group: list[object] = ["slow", "slow", "fast", "fast", "wild", "wild", None]
    return table(cells(*EACH, group=group), summary, largest_stable_rate(population))


def test_every_run_is_a_row_beside_the_baseline() -> None:
    frame = study()
    assert list(frame.columns) == ["run", RATE, "group", *COLUMNS]
    assert frame["run"].tolist() == list(range(7))
    assert frame[RATE].dtype == np.float64
    assert frame["ratio"][0] == 1.0
    assert frame["ratio"][1] > 1.0 > frame["ratio"][2]
    assert frame["departs_at"][0] is pd.NA
    assert frame["departs_at"][1:].tolist() == [1] * 6
    # (1 − η)² is what one update leaves of the error.
    assert frame["departure"][2] == pytest.approx((0.5 / 0.95) ** 2 - 1)
    assert frame["reaches_baseline_at"][0] == 60
    assert frame["reaches_baseline_at"][2] < 10
    assert frame["reaches_baseline_at"][1] is pd.NA
    assert frame["fate"].tolist() == [
        "still falling", "still falling", "converged", "oscillating", "diverged", "diverged", "stalled",
    ]  # fmt: skip
    assert frame["diverged_at"][4] == 1
    assert frame["diverged_at"][0] is pd.NA
    assert frame["stable_rate"].tolist() == [2.0] * 7
    assert frame["rate_over_stable"].tolist() == [rate / 2.0 for rate in EACH]


def test_what_varies_may_be_numbers_or_words() -> None:
    data = bowl(epochs=3)
    one = table(
        cells(0.1, 0.2, kind=["tanh", None], count=[1, None], mixed=[1, "all"], both=[[1, 2], True]),
        summed(rates(data, 0.1, 0.2), None),
    )
    assert one["kind"].tolist() == ["tanh", None]
    assert one["count"].dtype == np.float64
    assert np.isnan(one["count"][1])
    assert one["mixed"].tolist() == [1, "all"]
    assert one["both"].tolist() == ["[1, 2]", True]
    assert one["stable_rate"].isna().all()


def test_where_the_baseline_is_not_done_nothing_is_compared_with_another_run() -> None:
    data = bowl(epochs=3)
    others = cells(0.1, 0.2, 0.3)[1:]
    one = table(others, summed(rates(data, 0.2, 0.3), None))
    assert one["run"].tolist() == [1, 2]
    assert one["ratio"].isna().all()
    assert table([], summed(rates(data, 0.2), None).only(np.array([], dtype=np.int64)))["run"].tolist() == []


def test_every_cell_has_one_run() -> None:
    data = bowl(epochs=3)
    with pytest.raises(ValueError, match="one run"):
        table(cells(0.1), summed(rates(data, 0.1, 0.2), None))


@pytest.mark.parametrize(
    ("final", "baseline", "ratio"),
    [(2.0, 1.0, 2.0), (0.0, 0.0, 1.0), (1.0, 0.0, np.inf), (1.0, np.inf, np.nan), (np.inf, 1.0, np.inf)],
)
def test_a_ratio(final: float, baseline: float, ratio: float) -> None:
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(comparing._ratio(np.array([baseline, final]), baseline)[1], ratio)


# Conditions


@pytest.mark.parametrize(
    ("where", "runs"),
    [
        ("training.learning_rate < 0.1", [0, 1, 6]),
        ("training.learning_rate<=0.05 and final_error<1", [0, 1, 6]),
        ("0.01 < training.learning_rate < 1e0", [0, 2]),
        ("0.01 <= training.learning_rate and training.learning_rate <= +.05", [0, 1]),
        ("fate == diverged or fate == stalled", [4, 5, 6]),
        ("fate == 'still falling'", [0, 1]),
        ('fate != "still falling" and not fate == diverged', [2, 3, 6]),
        ("not (fate == diverged or fate == stalled) and run > 0", [1, 2, 3]),
        ("run == 1 or run == 2 and run == 3", [1]),
        ("run == 2 and run == 3 or run == 1", [1]),
        ("(run == 1 or run == 2) and run == 2", [2]),
        ("departs_at >= 1", [1, 2, 3, 4, 5, 6]),
        ("diverged_at != 1", [0, 1, 2, 3, 5, 6]),
        ("reaches_baseline_at > 59", [0]),
        ("final_error < best_error", []),
        ("best_error == final_error and run < 2", [0, 1]),
        ("group == slow", [0, 1]),
        ("group != slow", [2, 3, 4, 5, 6]),
        ("group == 3", []),
        ("departure < -0.1", [2]),
    ],
)
def test_rows_are_chosen(where: str, runs: list[int]) -> None:
    assert filtered(study(), where)["run"].tolist() == runs


@pytest.mark.parametrize(
    ("where", "column", "message", "hint"),
    [
        ("training.lerning_rate < 0.1", 1, "`training.lerning_rate` is no column", "did you mean `training.learning_"),
        ("final_error < best_eror", 15, "`best_eror` is no column and no number", "did you mean `best_error`?"),
        ("fate = diverged", 6, "`=` means nothing here", "equality is written =="),
        ("fate < diverged", 8, "no column and no number", ""),
        ("run <", 6, "expected a column, a number or a text", ""),
        ("run < 1 fate == x", 9, "expected `and`, `or` or the end", ""),
        ("(run < 1", 9, "expected `)`", ""),
        ("", 1, "expected a column", ""),
        ("run < __import__('os')", 7, "no column and no number", ""),
        ("run < 1; 2", 8, "`;` means nothing here", ""),
        ("run < 'a", 7, "`'` means nothing here", ""),
        ("run < 3x", 7, "means nothing here", ""),
    ],
)
def test_a_condition_that_cannot_be_read_is_refused(where: str, column: int, message: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        filtered(study(), where)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert hint in problem.hint
    assert problem.place is not None
    assert (problem.place.source, problem.place.column) == ("--where", column)


def test_a_condition_has_a_length() -> None:
    with pytest.raises(InputError, match="at most"):
        filtered(study(), "run < 1 or " * 200 + "run < 1")


@given(st.text(alphabet="ab<>=!()'\" .0123456789eandornot", max_size=30))
def test_whatever_is_written_is_read_or_refused(where: str) -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", None]})
    try:
        assert len(filtered(frame, where)) <= 2
    except InputError as error:
        assert error.problems[0].place is not None  # noqa: PT017


# Order


def test_rows_are_sorted_what_is_missing_last() -> None:
    frame = study()
    assert comparing.sorted(frame, RATE)["run"].tolist() == [6, 1, 0, 2, 3, 4, 5]
    assert comparing.sorted(frame, RATE, descending=True)["run"].tolist() == [5, 4, 3, 2, 0, 1, 6]
    assert comparing.sorted(frame, "reaches_baseline_at")["run"].tolist()[:2] == [2, 0]
    assert comparing.sorted(frame, ["fate", "run"])["run"].tolist() == [2, 0, 1, 6, 3, 4, 5]
    assert comparing.sorted(frame, "group")["run"].tolist() == [2, 3, 0, 1, 4, 5, 6]
    assert top(frame, 2)["run"].tolist() == [2, 0]
    assert top(frame, 0)["run"].tolist() == []
    assert top(frame, 1, "ratio", descending=True)["run"].tolist() == [5]
    with pytest.raises(InputError, match="`fat` is no column"):
        comparing.sorted(frame, "fat")


# Groups


def test_groups_have_their_quartiles_and_their_share() -> None:
    frame = pd.DataFrame(
        {
            "way": ["a", "b", "a", "a", "b", "a", None],
            "final_error": [1.0, np.nan, 2.0, 4.0, 3.0, 3.0, 7.0],
            "fate": ["converged", "diverged", "converged", "stalled", "converged", "stalled", "converged"],
        }
    )
    found = groups(frame, "way")
    assert found["way"].tolist()[:2] == ["a", "b"]
    assert found["runs"].tolist() == [4, 2, 1]
    assert found["median"].tolist() == [2.5, np.inf, 7.0]
    assert found["lower_quartile"].tolist() == [1.75, np.inf, 7.0]
    assert found["upper_quartile"].tolist() == [3.25, np.inf, 7.0]
    assert found["converged"].tolist() == [0.5, 0.5, 1.0]
    assert len(groups(frame, ["way", "fate"])) == 5
    assert list(groups(frame.head(0), "way").columns) == list(found.columns)
    with pytest.raises(InputError, match="no column"):
        groups(frame, "why")


def test_a_diverged_run_is_worse_than_any_whatever_its_last_error() -> None:
    frame = pd.DataFrame({"way": ["a"] * 3, "final_error": [0.1, 0.2, 0.0], "fate": ["stalled", "stalled", "diverged"]})
    assert groups(frame, "way")["median"].tolist() == [0.2]


def test_infinities_are_values() -> None:
    assert quantile(np.array([1.0, np.inf, np.inf]), 0.75) == quantile(np.array([1.0, np.inf]), 0.5) == np.inf


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(0.0, 1.0))
def test_a_quantile_is_numpys(values: list[float], share: float) -> None:
    assert quantile(np.array(values), share) == pytest.approx(np.quantile(values, share), rel=1e-12, abs=1e-9)
