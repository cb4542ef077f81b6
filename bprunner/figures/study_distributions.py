"""Distributions of final errors: for each label every run a point, with the median and the quartiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bprunner.figures import look
from bprunner.figures.panels import add_panel, set_across
from bprunner.figures.scales import Scale, error_scale
from bprunner.figures.study_cells import MOST_LABELS, side_of
from bprunner.figures.study_data import Column, Rows, Seen, Values
from bprunner.figures.study_fates import CONVERGED, FATES
from bprunner.figures.study_groups import distinct, even_choice, quartiles
from bprunner.figures.study_picture import Picture, counted, names, pooled, stem
from bprunner.figures.study_sheet import (
    BOTTOM,
    LEFT,
    RAIL_ROOM,
    TOP,
    WIDE_RAIL_ROOM,
    add_rail,
    baseline_line,
    columns_room,
    fate_marker,
    key_baseline,
    key_fate,
    new_sheet,
    place,
    write_key,
)
from bprunner.figures.text import number_text

MOST_POINTS: Final = 200
"""Of more runs with a label an even choice along their errors is drawn; the quartiles are of all."""
_ENOUGH: Final = 10
_GOLDEN: Final = 0.6180339887498949

Group = tuple[str, Rows]
"""A label and the rows of its runs."""


def distributions(view: Seen) -> list[Picture]:
    """By initialisation, or by another label; by nothing where only seeds vary.

    Nothing where all diverged, or where each label has but a few runs, which differ in a number: that tells more.
    """
    column = _column(view)
    if column is None and not (view.of("seed") and not view.of("number")):
        return []
    groups = _groups(view, column)
    if not any(np.isfinite(view.errors[rows]).any() for _, rows in groups):
        return []
    if view.of("number") and not view.of("seed") and np.median([len(rows) for _, rows in groups]) < _ENOUGH:
        return []
    name = f"final_error_by_{stem(column.name)}" if column else "final_error_by_seed"
    return [Picture(name, _caption(view, column, groups), lambda: _figure(view, column, groups))]


def _column(view: Seen) -> Column | None:
    """The initial weights, or the first label."""
    labels = view.of("label")
    return next((each for each in labels if "initial_weights" in each.path), labels[0] if labels else None)


def _groups(view: Seen, column: Column | None) -> list[Group]:
    if column is None:
        return [("all seeds", view.others)]
    side = side_of(view, column, MOST_LABELS)
    return [(text, view.others[side.places[view.others] == index]) for index, text in enumerate(side.texts)]


def _caption(view: Seen, column: Column | None, groups: Sequence[Group]) -> str:
    several = any(len(rows) > 1 for _, rows in groups)
    count = len(distinct(column.texts, view.others)) if column else 1
    parts = ["The final errors"]
    parts += [f" by {names([column])}" if column else " of all seeds"]
    parts += [f", {len(groups)} of {count} drawn, evenly chosen" if len(groups) < count else ""]
    parts += ["; the bar goes from the lower to the upper quartile, the tick is the median" if several else ""]
    parts += ["; the black line is the baseline" if view.has_baseline_error else ""]
    diverged = int(sum(view.diverged[rows].sum() for _, rows in groups))
    parts += [f"; {counted(diverged, 'run')} that diverged at the right" if diverged else ""]
    return "".join(parts) + "." + pooled([c for c in view.columns if c.kind != "seed"], [column] if column else [])


# Drawing


@dataclass(frozen=True)
class _Sheet:
    """What is drawn on: the panel, its scale, and the rails for errors that have no place on it, where they are."""

    axes: Any
    scale: Scale
    zeros: Any | None
    diverged: Any | None


def _figure(view: Seen, column: Column | None, groups: Sequence[Group]) -> Any:
    height = TOP + BOTTOM + max(1.1, min(0.62, 9.0 / len(groups)) * len(groups))
    subtitle = f"final errors by {column.name}" if column else "final errors of all seeds"
    figure = new_sheet(view.study.title, subtitle, height=height)
    sheet = _sheet(figure, view, groups)
    for line, (_, rows) in enumerate(groups):
        _draw_runs(sheet, view, rows, line)
        if len(rows) > 1:
            _draw_quartiles(sheet, view.errors[rows], line)
        if view.diverged[rows].any() and sheet.diverged is not None:
            _draw_diverged(sheet.diverged, int(view.diverged[rows].sum()), line)
    if view.has_baseline_error:
        at_zero = view.baseline_error == 0 and sheet.zeros is not None
        axes, across = (sheet.zeros, 0.5) if at_zero else (sheet.axes, view.baseline_error)
        baseline_line(axes, [across, across], [-0.5, len(groups) - 0.5])
    _write_results(sheet, view, groups)
    own = [key_baseline()] if view.has_baseline_error else []
    write_key(figure, [*own, *(key_fate(word) for word in view.occurring)])
    return figure


def _sheet(figure: Any, view: Seen, groups: Sequence[Group]) -> _Sheet:
    rows = np.concatenate([rows for _, rows in groups])
    errors = np.append(view.errors[rows], view.baseline_error)
    scale = error_scale(errors[np.isfinite(errors)])
    has_zeros, has_diverged = scale.kind == "log" and bool((errors == 0).any()), bool(view.diverged[rows].any())
    texts, room = columns_room([text for text, _ in groups], 26)
    left = max(LEFT, room + 0.3) + RAIL_ROOM * has_zeros
    box = place(figure, left=left, right=1.55 + WIDE_RAIL_ROOM * has_diverged, top=TOP - 0.1)
    axes = add_panel(figure, box)
    set_across(axes, scale, "final error")
    axes.grid(visible=False)
    axes.grid(axis="x", color=look.FAINT, linewidth=0.7)
    axes.spines[["left"]].set_visible(False)
    zeros = add_rail(figure, box, "left", "0") if has_zeros else None
    diverged = add_rail(figure, box, "right", "diverged") if has_diverged else None
    for each in (axes, zeros, diverged):
        if each is not None:
            each.set_ylim(len(groups) - 0.5, -0.5)
            each.set_yticks([])
    labelled = axes if zeros is None else zeros
    labelled.set_yticks(range(len(groups)), labels=texts)
    labelled.tick_params(axis="y", length=0, pad=5)
    return _Sheet(axes, scale, zeros, diverged)


def _draw_runs(sheet: _Sheet, view: Seen, rows: Rows, line: int) -> None:
    """A symbol for each run, or for an even choice along the errors, apart from its neighbours."""
    kept = rows[~view.diverged[rows]]
    kept = kept[np.argsort(view.errors[kept], kind="stable")]
    kept = kept[even_choice(len(kept), MOST_POINTS)]
    levels = line - 0.06 + _spread(len(kept)) * (0.0 if len(rows) == 1 else 0.5)
    for fate, word in enumerate(FATES):
        style = {**fate_marker(word, 5.0 if len(kept) <= 60 else 4.0), "markeredgewidth": 0.4, "alpha": 0.8}
        for axes, own in _places(sheet, view.errors[kept], view.fates[kept] == fate):
            across = view.errors[kept[own]] if axes is sheet.axes else np.full(int(own.sum()), 0.5)
            axes.plot(across, levels[own], ls="none", **style, gid=f"fate.{word}", clip_on=False, zorder=3)


def _places(sheet: _Sheet, errors: Values, own: NDArray[np.bool_]) -> Iterator[tuple[Any, NDArray[np.bool_]]]:
    """Where errors are drawn: those of 0 on their rail, where there is one."""
    zero = (errors == 0) & (sheet.zeros is not None)
    for axes, there in ((sheet.axes, own & ~zero), (sheet.zeros, own & zero)):
        if there.any():
            yield axes, there


def _spread(count: int) -> Values:
    """Even and without order between −½ and ½: neighbours in the errors lie apart."""
    return np.asarray((np.arange(count) * _GOLDEN + 0.5) % 1.0 - 0.5, dtype=np.float64)


def _draw_quartiles(sheet: _Sheet, errors: Values, line: int) -> None:
    """Below the symbols; up to the edges where runs diverged, or have an error of 0."""
    lower, middle, upper = quartiles(errors)
    ends = np.clip([lower, upper], sheet.scale.low, sheet.scale.high)
    if np.isfinite(lower):
        sheet.axes.plot(ends, [line + 0.36] * 2, color=look.INK, lw=3.2, solid_capstyle="butt", gid="quartiles")
    for axes, own in _places(sheet, np.array([middle]), np.isfinite([middle])):
        across = middle if axes is sheet.axes and own.any() else 0.5
        axes.plot([across] * 2, [line + 0.26, line + 0.46], color=look.INK, lw=2.0, solid_capstyle="butt", gid="median")


def _draw_diverged(rail: Any, count: int, line: int) -> None:
    """One symbol, and how many they are."""
    rail.plot([0.24], [line], **fate_marker("diverged", 6.0), ls="none", gid="fate.diverged")
    rail.text(0.42, line, f"{count:,}", va="center_baseline", fontsize=9, color=look.INK)


def _write_results(sheet: _Sheet, view: Seen, groups: Sequence[Group]) -> None:
    """Beside each label the share of its runs that converged; or the error, where each is one run."""
    axes = sheet.diverged or sheet.axes
    style = {"textcoords": "offset points", "fontsize": 9, "annotation_clip": False}
    is_single = all(len(rows) == 1 for _, rows in groups)
    for line, (_, rows) in enumerate(groups):
        there = {"xy": (1.0, line), "xycoords": axes.get_yaxis_transform(), "va": "center_baseline", **style}
        if is_single:
            error = float(view.errors[rows[0]])
            text = number_text(error) if np.isfinite(error) else "–"
            axes.annotate(text, xytext=(12, 0), color=look.INK, **there)
        else:
            share = f"{float(np.mean(view.fates[rows] == CONVERGED)) * 100:.0f} %"
            axes.annotate(share, xytext=(44, 0), ha="right", color=look.INK, **there)
            axes.annotate(f"of {len(rows):,}", xytext=(50, 0), color=look.SOFT_INK, **there)
    heading = "final error" if is_single else "converged"
    axes.annotate(heading, (1.0, 1.0), xycoords="axes fraction", xytext=(12, 4), color=look.SOFT_INK, **style)
