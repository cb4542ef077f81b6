"""Shares of fates."""

from __future__ import annotations

import numpy as np
import pytest

from bprunner.figures.study_fates import FATES, LOOKS
from tests.figures.made_studies import MadeAxis, labels, study
from tests.figures.pictures import drawn, lines

NAME = "fates"


def shares(figure: object, across: bool = False) -> dict[tuple[int, str], float]:
    """By bar and fate the share that is drawn."""
    patches = [each for each in figure.axes[0].patches if str(each.get_gid()).startswith("fate.")]  # type: ignore[attr-defined]  # a figure
    sizes = {}
    for each in patches:
        place = each.get_x() + each.get_width() / 2 if across else each.get_y() + each.get_height() / 2
        sizes[round(place), each.get_gid()[5:]] = each.get_height() if across else each.get_width()
    return sizes


def test_labels_with_many_runs_have_stacked_shares() -> None:
    made = labels(["small", "large"], 12)
    figure = drawn(made, NAME)
    found = shares(figure)
    assert found[0, made.table["fate"][0]] == 1.0
    for line, text in enumerate(["small", "large"], start=1):
        own = made.table[(made.table["initial_weights"] == text) & (made.table["run"] > 0)]["fate"]
        for fate in FATES:
            assert found.get((line, fate), 0.0) == pytest.approx((own == fate).mean())
    outlines = [patch for patch in figure.axes[0].patches if patch.get_gid() == "baseline"]
    assert len(outlines) == 1
    for patch in figure.axes[0].patches:
        if str(patch.get_gid()).startswith("fate."):
            assert patch.get_hatch() == (LOOKS[patch.get_gid()[5:]].hatch or None) or patch.get_hatch() == ""


def test_numbers_with_many_runs_have_stacked_shares() -> None:
    rows = [{"units": 2.0, "repeat": None}]
    rows += [{"units": units, "repeat": seed} for units in (1.0, 2.0, 4.0) for seed in range(10)]
    made = study([MadeAxis("units"), MadeAxis("repeat", "seed")], rows)
    figure = drawn(made, NAME)
    found = shares(figure, across=True)
    for bar, units in enumerate([1.0, 2.0, 4.0]):
        own = made.table[(made.table["units"] == units) & (made.table["run"] > 0)]["fate"]
        assert found.get((bar, "converged"), 0.0) == pytest.approx((own == "converged").mean())
    assert lines(figure, "baseline")[0].get_xdata().tolist() == [1.0]


def test_seeds_alone_are_one_bar_beside_the_baseline() -> None:
    rows: list[dict[str, int | None]] = [{"repeat": seed} for seed in (None, *range(20))]
    figure = drawn(study([MadeAxis("repeat", "seed")], rows), NAME)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["baseline", "all seeds"]


@pytest.mark.parametrize("is_across", [False, True])
def test_shares_are_stacked_from_nothing_to_all(is_across: bool) -> None:
    axis = MadeAxis("a", "number" if is_across else "label")
    values = [1.0, 2.0] if is_across else ["x", "y"]
    rows = [{"a": values[0], "repeat": None}]
    rows += [{"a": value, "repeat": seed} for value in values for seed in range(30)]
    figure = drawn(study([axis, MadeAxis("repeat", "seed")], rows), NAME)
    bars: dict[int, list[tuple[float, float]]] = {}
    for patch in figure.axes[0].patches:
        if str(patch.get_gid()).startswith("fate."):
            box = patch.get_bbox()
            place = box.x0 + box.width / 2 if is_across else box.y0 + box.height / 2
            bars.setdefault(round(place), []).append((box.y0, box.y1) if is_across else (box.x0, box.x1))
    assert max(map(len, bars.values())) > 1
    for parts in bars.values():
        ends = [0.0, *(end for _, end in sorted(parts))]
        np.testing.assert_allclose([start for start, _ in sorted(parts)], ends[:-1], atol=1e-12)
        assert ends[-1] == pytest.approx(1.0)
