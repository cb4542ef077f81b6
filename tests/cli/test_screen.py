"""The screen of one run, line by line: networks so small that every number on it is found in the head."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import pytest
from rich.console import Console

import bprunner
from bprunner import Run
from bprunner.cli.screen import show_figures, show_head, show_steps
from bprunner.spec.reading import read_declaration
from tests.training.declarations import doc

TWO_SAMPLES = {"inputs": [[2, 3], [1, 0]], "targets": [[1], [0]]}


def four(**training: Any) -> dict[str, Any]:
    """Samples 1 to 4, and a loss whose gradient is the sample: an epoch takes 1 from the weight."""
    data = doc(loss="linear_error", learning_rate=0.1, **training)
    if "updates" in training:
        del data["training"]["epochs"]
    return {
        **data,
        "name": "four",
        "architecture": {"inputs": 1, "layers": [{"units": 1, "activation": "linear", "bias": "none"}]},
        "initial_weights": {"w1": 0},
        "dataset": {"inputs": [[1], [2], [3], [4]], "targets": [[1]] * 4},
    }


def shown(run: Run, width: int = 100, changes: Sequence[str] = ()) -> list[str]:
    """The lines, without the blanks at their ends."""
    console = Console(width=width, color_system=None, highlight=False)
    with console.capture() as capture:
        show_head(console, run.experiment, changes)
        show_steps(console, run)
        show_figures(console, run)
    return [line.rstrip() for line in capture.get().splitlines()]


def lines(text: str) -> list[str]:
    return text.strip("\n").split("\n")


# Steps and epochs

ORDER: dict[str, Any] = {"batches": {"online": {"order": [4, 3, 1, 2]}}}


def test_a_few_updates_of_single_samples_are_rows_with_their_samples() -> None:
    screen = shown(bprunner.run(four(**ORDER, epochs=1)))
    assert screen == lines("""
four
1 → 1 linear
linear error · gradient descent · learning rate 0.1 · online (order 4, 3, 1, 2) · 1 epoch

step  sample  error  prediction    w1
   0       4    0           0     0
   1       3   -1.2        -1.2  -0.4
   2       1   -0.7        -0.7  -0.7
   3       2   -1.6        -1.6  -0.8
   4       4   -4          -4    -1
4 samples (the trace has everything)

sample  i1  target  prediction
     1   1       1          -1
     2   2       1          -2
     3   3       1          -3
     4   4       1          -4
at step 4
""")


def test_of_many_updates_the_epochs_are_rows() -> None:
    """The error is then that over all samples, 10 · w, with the weight after the epoch."""
    screen = shown(bprunner.run(four(**ORDER, epochs=5)))
    assert screen[4:12] == lines("""
epoch  error  w1
    0      0   0
    1    -10  -1
    2    -20  -2
    3    -30  -3
    4    -40  -4
    5    -50  -5
4 samples (the trace has everything)
""")
    assert screen[-1] == "at step 20"


@pytest.mark.parametrize(("updates", "heading"), [(11, "step"), (12, "epoch"), (15, "epoch")])
def test_twelve_rows_are_few_enough_for_steps(updates: int, heading: str) -> None:
    """12 updates are 13 steps. An epoch that was not finished is no row."""
    screen = shown(bprunner.run(four(**ORDER, updates=updates)))
    table = [line for line in screen[4:] if re.match(r" *\d+  ", line)]
    assert screen[4].split()[0] == heading
    assert screen[4].split()[1] == ("sample" if heading == "step" else "error")
    if heading == "epoch":
        assert [row.split() for row in table[:4]] == [[str(n), str(-10 * n or 0), str(-n or 0)] for n in range(4)]
        assert table[4].split() == ["1", "1", "1", screen[-5].split()[-1]]


def test_where_no_epoch_was_finished_the_rows_are_steps() -> None:
    data = four(batches="online", updates=20)
    data["dataset"] = {"inputs": [[each] for each in range(1, 31)], "targets": [[1]] * 30}
    screen = shown(bprunner.run(data))
    assert screen[4].split() == ["step", "sample", "error", "prediction", "w1"]
    assert "11 of 21 steps · 30 samples (the trace has everything)" in screen
    assert not [line for line in screen if line.startswith("sample")]  # 30 predictions are too many to be shown


def test_minibatches_have_measures_and_rates_and_no_single_prediction() -> None:
    """Rates 0.1, 0.05, …, one an epoch: the weight falls by 1, by 0.5, by 0.25."""
    data = four(
        batches={"minibatches": {"size": 2}}, schedule={"step": {"every": 1, "factor": 0.5}}, epochs=1,
        metrics=["accuracy"], reported_error={"squared_error": {"samples": "mean"}},
    )  # fmt: skip
    data["dataset"]["held_out"] = {"inputs": [[5]], "targets": [[1]]}
    few = shown(bprunner.run(data))
    table = few.index(next(line for line in few if line.startswith("step")))
    # Samples 1 and 2 at 0, 3 and 4 at −0.3: (1.9² + 2.2²) / 2 = 4.225; 1 and 2 at −1: (2² + 3²) / 2 = 6.5.
    assert [line.split() for line in few[table : table + 4]] == [
        ["step", "error", "reported_error", "accuracy", "learning_rate", "w1"],
        ["0", "0", "1", "0", "0.1", "0"],
        ["1", "-2.1", "4.225", "0", "0.1", "-0.3"],
        ["2", "-3", "6.5", "0", "0.05", "-1"],
    ]
    assert "4 samples, 1 held out (the trace has everything)" in few
    many = shown(bprunner.run(data, {"training.epochs": 7}), width=200)
    table = many.index(next(line for line in many if line.startswith("epoch")))
    assert [line.split() for line in many[table : table + 4]] == [
        ["epoch", "error", "reported_error", "accuracy", "held_out.error", "held_out.reported_error",
         "held_out.accuracy", "learning_rate", "w1"],
        ["0", "0", "1", "0", "0", "1", "0", "0.1", "0"],
        ["1", "-10", "13.5", "0", "-5", "36", "0", "0.05", "-1"],
        ["2", "-15", "25.375", "0", "-7.5", "72.25", "0", "0.025", "-1.5"],
    ]  # fmt: skip


# Samples


def test_several_outputs_are_columns_of_their_own() -> None:
    data = doc(epochs=0)
    data["architecture"] = {"inputs": 1, "layers": [{"units": 2, "activation": "linear", "bias": "none"}]}
    data["initial_weights"] = {"w1": 2, "w2": -3}
    data["dataset"] = {"inputs": [[1], [0.5]], "targets": [[1, 0], [0, 1]]}
    assert shown(bprunner.run(data))[-4:] == lines("""
sample   i1  target.o1  prediction.o1  target.o2  prediction.o2
     1  1            1              2          0           -3
     2  0.5          0              1          1           -1.5
at step 0
""")
    data["dataset"] = {"inputs": [[1]], "targets": [[1, 0]]}
    assert "step  error  prediction.o1  prediction.o2  w1  w2" in shown(bprunner.run(data))


@pytest.mark.parametrize(("samples", "there"), [(1, False), (2, True), (12, True), (13, False)])
def test_few_samples_are_shown_with_their_last_predictions(samples: int, there: bool) -> None:
    data = four(epochs=1)
    data["dataset"] = {"inputs": [[each] for each in range(1, samples + 1)], "targets": [[1]] * samples}
    screen = shown(bprunner.run(data))
    assert ("at step 1" in screen) == there
    assert any(line.startswith("sample") for line in screen) == there


def test_what_diverged_or_was_not_recorded_has_no_predictions() -> None:
    data = {**doc(epochs=300, learning_rate=2.0), "dataset": TWO_SAMPLES}
    run = bprunner.run(data)
    screen = shown(run)
    assert screen[-1] == f"diverged at step {run.diverged_at}: the numbers left the range of doubles"
    assert not [line for line in screen if line.startswith("sample")]
    thin = {**four(**ORDER, epochs=1), "trace": {"quantities": ["error"]}}
    screen = shown(bprunner.run(thin))
    assert screen[4].split() == ["step", "sample", "error"]
    assert screen[-1] == "4 samples (the trace has everything)"


# Room


def test_columns_that_do_not_fit_are_named() -> None:
    """The last weights go before the first."""
    run = bprunner.run(doc(epochs=20))
    wide = shown(run, 120)
    heading = next(line for line in wide if line.startswith("step"))
    assert heading.split() == ["step", "error", "prediction", "w1", "w2", "w3", "w4", "w5", "w6"]
    assert not [line for line in wide if "did not fit" in line]
    for width in (40, 50, 60, 70):
        screen = shown(run, width)
        columns = next(line for line in screen if line.startswith("step")).split()
        missing = [f"w{n}" for n in range(1, 7) if f"w{n}" not in columns]
        span = missing[0] if len(missing) == 1 else f"{missing[0]} to {missing[-1]}"
        assert f" steps · {span} did not fit" in " ".join(screen), width
        assert all(len(line) <= width for line in screen)
        assert columns == heading.split()[: len(columns)]


def test_fewer_digits_make_room_before_columns_go() -> None:
    run = bprunner.run(doc(epochs=20))
    digits = {}
    for width in (92, 91, 85, 84, 78):
        screen = shown(run, width)
        assert not [line for line in screen if "did not fit" in line], width
        row = next(line for line in screen if line.split()[:1] == ["10"]).split()
        digits[width] = len(row[-1].lstrip("0.-"))
    assert digits == {92: 6, 91: 5, 85: 5, 84: 4, 78: 4}


# Figures

FIGURES = [
    {"step": 0, "prediction": 0.59, "values": {"1 / (input.i1 - 2)": 1}},
    {"step": 1, "error": {"printed": 0.09, "erratum": "a misprint", "right": 0.047}},
]


def test_figures_that_disagree_stand_side_by_side() -> None:
    screen = shown(bprunner.run({**doc(), "expect": FIGURES}), 120)
    at = screen.index("✗ 0 of 2 figures agree, 1 erratum")
    assert screen[at + 1 :] == lines("""
  figure                        printed  computed  more exactly
  prediction.o1 at step 0       0.59     0.58      0.582
  1 / (input.i1 - 2) at step 0  1                                there is no finite value
  erratum  error at step 1: printed 0.09, right is 0.047 — a misprint
""")


def test_a_zero_has_a_sign_where_the_document_writes_one() -> None:
    """A delta of −0.418, cut off to a whole number, is the −0 of doubles."""
    cut = {"delta": {"decimals": 0, "rounding": "truncated"}}
    run = bprunner.run({**doc(), "arithmetic": cut, "expect": [{"step": 0, "delta": {"o1": 0.1, "h1": -0.1}}]})
    assert math.copysign(1, run.trace["delta.o1"][0]) == -1
    screen = shown(run, 120)
    at = screen.index("✗ 0 of 2 figures agree")
    assert screen[at + 1 :] == lines("""
  figure              printed  computed  more exactly
  delta.o1 at step 0  0.1      0.0       0
  delta.h1 at step 0  -0.1     -0.0      0
""")


def test_on_a_narrow_screen_they_stand_below_each_other() -> None:
    screen = shown(bprunner.run({**doc(), "expect": FIGURES[:1]}), 50)
    at = screen.index("✗ 0 of 2 figures agree")
    assert screen[at + 1 :] == lines("""
  prediction.o1 at step 0
    printed   0.59
    computed  0.58
  1 / (input.i1 - 2) at step 0
    printed   1
    there is no finite value
""")


def test_of_a_what_if_figures_are_counted_and_not_held() -> None:
    from bprunner.runs.run import execute_run

    declaration = read_declaration({**doc(), "expect": FIGURES}, ["training.learning_rate=0.1"])
    run = execute_run(declaration)
    screen = shown(run, 120, ["training.learning_rate=0.1"])
    assert "changed: training.learning_rate=0.1" in screen
    assert screen[-1].startswith("The document's figures are of its own run; with these changes, 0 of ")
    assert "✗" not in "".join(screen)


def test_without_figures_nothing_is_said_of_them() -> None:
    assert not [line for line in shown(bprunner.run(doc())) if "figure" in line]


def test_what_is_rounded_is_in_the_head() -> None:
    arithmetic = {"weight": {"decimals": 2}, "out": {"h1": {"decimals": 1, "rounding": "truncated", "carried": False}}}
    screen = shown(bprunner.run({**doc(), "title": "A title", "arithmetic": arithmetic}))
    assert screen[0] == "doc  A title"
    assert screen[3] == "out.h1 cut off after 1 decimal (only in print) · weight rounded to 2 decimals"
