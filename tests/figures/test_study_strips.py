"""Fates on a strip."""

from __future__ import annotations

import numpy as np

from bprunner.figures.study_fates import FATES
from tests.figures.made_studies import RATE, labels, rates
from tests.figures.pictures import drawn, lines

NAME = "fates"


def test_over_one_number_there_is_a_row_for_each_fate() -> None:
    made = rates(25)
    figure = drawn(made, NAME)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == list(FATES)
    for place, fate in enumerate(FATES):
        own = made.table[(made.table["fate"] == fate) & (made.table["run"] > 0)]
        found = [line.get_xydata() for line in lines(figure, f"fate.{fate}")]
        expected = np.column_stack([own[RATE], np.full(len(own), place)])
        np.testing.assert_array_equal(np.concatenate([np.empty((0, 2)), *found]), expected)
    (star,) = lines(figure, "baseline")
    assert star.get_xydata().tolist() == [[0.05, FATES.index(made.table["fate"][0])]]


def test_labels_with_one_run_each_have_a_line_each() -> None:
    made = labels(["a", "b", "c"], 1)
    figure = drawn(made, NAME)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["baseline", "a", "b", "c"]
    for row in range(1, 4):
        word = made.table["fate"][row]
        assert [FATES.index(word), row] in [line.get_xydata()[0].tolist() for line in lines(figure, f"fate.{word}")]
