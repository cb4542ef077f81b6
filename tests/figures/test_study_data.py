"""A study's table as pictures see it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.figures.study_data import read, seen, short_names
from bprunner.sweeps import naming
from tests.figures.made_studies import RATE, MadeAxis, MadeSteps, MadeStudy, labels, rates, study, table_of

PARTS = st.sampled_from(["training", "learning_rate", "layers", "0", "1", "units", "w5"])
PATHS = st.lists(st.lists(PARTS, min_size=1, max_size=4).map(".".join), min_size=1, max_size=5, unique=True)


@given(PATHS)
def test_paths_are_called_what_tables_call_them(paths: list[str]) -> None:
    assert dict(zip(paths, short_names(paths), strict=True)) == naming.short_names(paths)


def made(values: list[object], errors: list[float], kind: str = "label") -> MadeStudy:
    fates = ["diverged" if np.isinf(each) else "converged" for each in errors]
    return MadeStudy(
        table_of([{"x.y": value} for value in values], errors, fates), [MadeAxis("x.y", kind)], MadeSteps({})
    )


def test_what_diverged_has_an_error_larger_than_any() -> None:
    view = seen(made(["a", "b", "a"], [0.5, np.nan, np.inf]))
    assert view.errors.tolist() == [0.5, np.inf, np.inf]
    assert view.diverged.tolist() == [False, True, True]
    assert view.baseline == 0
    assert view.baseline_error == 0.5
    assert view.others.tolist() == [1, 2]


def test_a_fate_decides_and_not_the_error() -> None:
    table = table_of([{"x": 1.0}, {"x": 2.0}], [0.5, 3.0], ["converged", "diverged"])
    assert seen(MadeStudy(table, [MadeAxis("x")], MadeSteps({}))).errors.tolist() == [0.5, np.inf]


def test_a_fate_that_nobody_knows_is_refused() -> None:
    study_ = made(["a", "b"], [0.5, 0.5])
    study_.table["fate"] = ["converged", "lost"]
    with pytest.raises(ValueError, match="lost"):
        seen(study_)


def test_a_study_may_be_without_its_baseline() -> None:
    study_ = rates()
    study_.table = study_.table.iloc[1:].reset_index(drop=True)
    view = seen(study_)
    assert view.baseline is None
    assert not view.has_baseline_error
    assert len(view.others) == 13


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (0.5, "0.5"), (3, "3"), (None, "none"), (float("nan"), "none"), ("", "(empty)"), ("a\nb", "a b")],
)
def test_values_are_written_in_one_line(value: object, text: str) -> None:
    frame = made(["a", "b", "c"], [1.0, 1.0, 1.0])
    frame.table["x.y"] = pd.Series([value, "b", "c"], dtype=object)
    assert seen(frame).columns[0].texts[0] == text


def test_what_is_the_same_in_all_runs_does_not_vary() -> None:
    assert seen(made(["other", "a", "a"], [1.0, 1.0, 1.0])).columns == ()
    assert len(seen(made([2.0, 1.0, 1.0], [1.0, 1.0, 1.0], "number")).columns) == 1
    assert seen(made([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], "number")).columns == ()


def test_an_axis_without_a_column_is_left_out() -> None:
    view = seen(MadeStudy(rates().table, [MadeAxis("repeat", "seed"), MadeAxis(RATE)], MadeSteps({})))
    assert [column.path for column in view.columns] == [RATE]


def test_the_learning_rate_comes_first() -> None:
    rows = [{"a.b": 1.0, RATE: 0.05}, {"a.b": 2.0, RATE: 0.1}]
    main = seen(study([MadeAxis("a.b"), MadeAxis(RATE)], rows)).main
    assert main is not None
    assert main.path == RATE


def test_numbers_below_zero_have_no_logarithm() -> None:
    rows = [{"x": 1.0}, {"x": -1.0}, {"x": 100.0}]
    view = seen(study([MadeAxis("x", "number", True)], rows))
    assert not view.columns[0].is_geometric


def test_runs_have_names() -> None:
    view = seen(labels(["small", "large"], 2))
    assert [view.name_of(row) for row in (0, 1, 4)] == ["baseline", "small, seed 0", "large, seed 8"]


def test_series_that_none_of_the_runs_has_are_left_out() -> None:
    one, two = np.array([1.0, 2.0]), np.array([3.0])
    steps = MadeSteps({0: {"a": one, "b": one, "c": one}, 1: {"d": two, "e": two}})
    assert set(read(steps, list(steps.names), [0])) == {"run", "step", "a", "b", "c"}
    assert set(read(steps, list(steps.names), [1])) == {"run", "step", "d", "e"}
    assert read(steps, ["d"], [0]) == {}
    both = read(steps, ["a", "d"], [0, 1])
    np.testing.assert_array_equal(both["a"], [1.0, 2.0, np.nan])
