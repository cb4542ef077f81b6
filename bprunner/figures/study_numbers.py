"""The final error over a number that varies, the learning rate above all, with the limit of what is stable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bprunner.figures import look
from bprunner.figures.panels import Label, add_panel, room_for, set_across, set_scale, write_labels
from bprunner.figures.scales import Scale, error_scale, number_scale
from bprunner.figures.study_data import Column, Seen, Values
from bprunner.figures.study_fates import FATES
from bprunner.figures.study_picture import Picture, counted, names, pooled, stem
from bprunner.figures.study_sheet import (
    BOTTOM,
    RAIL_ROOM,
    RIGHT,
    STABLE_COLOUR,
    STABLE_DASHES,
    TOP,
    add_rail,
    baseline_line,
    baseline_star,
    darkened,
    fate_marker,
    key_baseline,
    key_fate,
    key_stable,
    new_sheet,
    place,
    write_key,
    write_side_key,
)
from bprunner.figures.study_strokes import Limits, Stroke, limits_of, second, stable_limits, strokes_of
from bprunner.figures.text import number_text, shortened

MOST_BANDS: Final = 3
"""Bands of quartiles that can be told apart where they overlap."""
MIXED_COLOUR: Final = look.AXIS
"""Of a fate's symbol in the key, where in the picture it has the colours of labels."""


def final_error_over(view: Seen, column: Column) -> list[Picture]:
    """Nothing where no run has a number, or all diverged."""
    strokes = strokes_of(view, column)
    if not any(np.isfinite(stroke.lower).any() for stroke in strokes):
        return []
    name = f"final_error_over_{stem(column.name)}"
    return [Picture(name, _caption(view, column, strokes), lambda: _figure(view, column, strokes))]


# Words


def _caption(view: Seen, column: Column, strokes: Sequence[Stroke]) -> str:
    other = second(view, column)
    parts = [f"The final error over {names([column])}"]
    parts += [f", a line for each {names([other])}" if other else ""]
    parts += ["" if _all_single(strokes) else f"; {_pooling(strokes)}"]
    parts += ["; the baseline is the star, and the black line is at its error" if view.has_baseline_error else ""]
    diverged = int(view.diverged[view.others].sum())
    parts += [f"; {counted(diverged, 'run')} that diverged at the upper edge" if diverged else ""]
    shown = [column, *([other] if other else [])]
    how = "What varies, too:" if _all_single(strokes) else "Pooled over"
    return "".join(parts) + "." + _stable_sentence(view, column, strokes) + pooled(view.columns, shown, how)


def _pooling(strokes: Sequence[Stroke]) -> str:
    return "medians and quartiles" if len(strokes) <= MOST_BANDS else "medians"


def _all_single(strokes: Sequence[Stroke]) -> bool:
    return all(stroke.is_single for stroke in strokes)


def _stable_sentence(view: Seen, column: Column, strokes: Sequence[Stroke]) -> str:
    limits, across = limits_of(view, column, strokes), _across(view, column, strokes)
    if not limits.ends:
        return ""
    low, high = _ends_of(limits)
    is_one, shown = low == high, limits.within(across.low, across.high).ends
    several = len(stable_limits(view, column, view.others)) > 1
    of_each = ", of each line the median" if several and not limits.is_band and len(strokes) > 1 else ""
    rates = f"rate at the initial weights, {low}" if is_one else f"rates at the initial weights, {low} to {high}"
    how = "is dashed" if is_one else "are between the dashes" if limits.is_band else "are dashed"
    beyond = "lies beyond the axis" if is_one else "lie beyond the axis"
    some = "; those beyond the axis are not drawn" if shown and len(shown) < len(limits.ends) else ""
    return f" The largest stable learning {rates}{of_each}, {how if shown else beyond}{some}."


def _ends_of(limits: Limits) -> tuple[str, str]:
    return number_text(limits.values[0]), number_text(limits.values[-1])


def _across(view: Seen, column: Column, strokes: Sequence[Stroke]) -> Scale:
    """The axis of the numbers; as far as the limits where these are not far."""
    numbers = column.numbers[np.isfinite(column.numbers)]
    low, high = float(numbers.min()), float(numbers.max())
    limits = limits_of(view, column, strokes)
    wide = (low / 2, high * 2) if column.is_geometric else (low, high + 0.25 * (high - low))
    near = [value for value, _ in limits.ends if wide[0] < value < wide[1]]
    if all(low <= value <= high for value in near):
        return number_scale(numbers, column.is_geometric)
    return number_scale(np.array([low, high, *near]), column.is_geometric, may_tick=False)


# Drawing


@dataclass(frozen=True)
class _Sheet:
    """What is drawn on: the panel, its axes, and the rails for errors that have no place on them, where they are."""

    axes: Any
    across: Scale
    scale: Scale
    top: Any | None
    bottom: Any | None

    def at(self, error: float) -> tuple[Any, float]:
        """Where an error is drawn, and how high. Errors are shown where there are rails for them, too."""
        if np.isinf(error) and self.top is not None:
            return self.top, 0.5
        if error == 0 and self.bottom is not None:
            return self.bottom, 0.5
        return self.axes, error


def _figure(view: Seen, column: Column, strokes: Sequence[Stroke]) -> Any:
    other = second(view, column)
    subtitle = f"final error over {column.name}" + (f", by {other.name}" if other else "")
    figure = new_sheet(view.study.title, subtitle)
    labels = _labels(strokes)
    sheet = _sheet(figure, view, column, strokes, RIGHT + room_for(labels))
    limits = _draw_limits(sheet, limits_of(view, column, strokes))
    for stroke in strokes:
        if not stroke.is_single and len(strokes) <= MOST_BANDS:
            _draw_band(sheet, stroke)
    for stroke in strokes:
        _draw_line(sheet, stroke)
        if _all_single(strokes):
            _draw_runs(sheet, view, stroke)
        else:
            _draw_medians(sheet, view, stroke)
    _draw_baseline(sheet, view, column)
    write_labels(sheet.axes, labels)
    write_key(figure, _key(view, strokes))
    write_side_key(sheet.top or sheet.axes, limits)
    return figure


def _labels(strokes: Sequence[Stroke]) -> list[Label]:
    """Each tied to its line's end, where that is at the right."""
    last = max(float(stroke.centres[-1]) for stroke in strokes)
    return [_label(stroke, last) for stroke in strokes if stroke.text]


def _label(stroke: Stroke, last: float) -> Label:
    finite = np.flatnonzero(np.isfinite(stroke.middle))
    end = float(stroke.middle[finite[-1]]) if len(finite) else 1e300
    is_at_end = len(finite) > 0 and stroke.centres[finite[-1]] == last
    return Label(shortened(stroke.text, 24), end, darkened(stroke.style["color"]), tied=is_at_end)


def _sheet(figure: Any, view: Seen, column: Column, strokes: Sequence[Stroke], right: float) -> _Sheet:
    errors = np.concatenate([each for stroke in strokes for each in (stroke.lower, stroke.middle, stroke.upper)])
    errors = np.append(errors, view.baseline_error)
    scale = error_scale(errors[np.isfinite(errors)])
    has_top = bool(view.diverged.any())
    has_bottom = scale.kind == "log" and bool((errors == 0).any())
    box = place(figure, right=right, top=TOP + RAIL_ROOM * has_top, bottom=BOTTOM + RAIL_ROOM * has_bottom)
    axes, across = add_panel(figure, box), _across(view, column, strokes)
    set_scale(axes, scale, "")
    set_across(axes, across, column.name)
    top = add_rail(figure, box, "top", "diverged") if has_top else None
    bottom = add_rail(figure, box, "bottom", "0") if has_bottom else None
    for rail in (top, bottom):
        if rail is not None:
            rail.set_xscale(across.kind)
            rail.set_xlim(across.low, across.high)
            rail.set_xticks([])
            rail.set_xticks([], minor=True)
    if has_bottom:
        axes.tick_params(axis="x", pad=3.5 + RAIL_ROOM * 72)
    heading = "final error · log scale" if scale.kind == "log" else "final error"
    (top or axes).set_title(heading, loc="left", fontsize=10, color=look.INK, pad=7, parse_math=False)
    return _Sheet(axes, across, scale, top, bottom)


def _draw_line(sheet: _Sheet, stroke: Stroke) -> None:
    """Through the medians; down to the edge where they are 0, and broken where runs diverged."""
    heights = np.where(np.isfinite(stroke.middle), stroke.middle, np.nan)
    if sheet.scale.kind == "log":
        heights = np.maximum(heights, sheet.scale.low)
    thick = 1.3 if stroke.is_single else 1.9
    sheet.axes.plot(stroke.centres, heights, lw=thick, **stroke.style, zorder=3, gid=f"stroke.{stroke.text}")


def _size(stroke: Stroke) -> float:
    """Of symbols, in points."""
    return 5.5 if len(stroke.centres) <= 50 else 4.2 if len(stroke.centres) <= 100 else 3.2


def _draw_runs(sheet: _Sheet, view: Seen, stroke: Stroke) -> None:
    """A symbol for each run but the baseline, by its fate."""
    rows = np.array([rows[0] for rows in stroke.rows])
    for fate, word in enumerate(FATES):
        own = (view.fates[rows] == fate) & (rows != view.baseline)
        _draw_symbols(sheet, word, stroke, stroke.centres[own], view.errors[rows[own]])


def _draw_symbols(sheet: _Sheet, word: str, stroke: Stroke, centres: Values, errors: Values) -> None:
    style = fate_marker(word, _size(stroke), stroke.style["color"] if stroke.text else None)
    for kind in ("inf", "0", "number"):
        kinds = np.where(np.isinf(errors), "inf", np.where(errors == 0, "0", "number"))
        own = kinds == kind
        if own.any():
            axes, height = sheet.at(float(errors[own][0]))
            heights = errors[own] if axes is sheet.axes else np.full(int(own.sum()), height)
            axes.plot(centres[own], heights, ls="none", **style, zorder=4, gid=f"fate.{word}", clip_on=False)


def _draw_band(sheet: _Sheet, stroke: Stroke) -> None:
    """Between the quartiles, up to the edge where runs diverged."""
    low = sheet.scale.low if sheet.scale.kind == "log" else -np.inf
    edges = (np.clip(each, low, sheet.scale.high) for each in (stroke.lower, stroke.upper))
    sheet.axes.fill_between(
        stroke.centres, *edges, color=stroke.style["color"], alpha=0.18, lw=0, zorder=2, gid="quartiles"
    )


def _draw_medians(sheet: _Sheet, view: Seen, stroke: Stroke) -> None:
    """A dot for each median, and where runs diverged a symbol, the paler the fewer."""
    colour = stroke.style["color"]
    for centre, middle, share in zip(stroke.centres, stroke.middle, stroke.diverged(view), strict=True):
        axes, height = sheet.at(float(middle))
        if np.isfinite(middle):
            axes.plot([centre], [height], "o", ms=4, color=colour, zorder=4, clip_on=False, gid="median")
        if share > 0 and sheet.top is not None:
            style = fate_marker("diverged", 5.5, colour if stroke.text else None)
            style["alpha"] = 0.25 + 0.75 * share
            sheet.top.plot([centre], [0.5], ls="none", **style, clip_on=False, gid="fate.diverged")


def _draw_baseline(sheet: _Sheet, view: Seen, column: Column) -> None:
    """A line at its error, and a star where its number is."""
    if view.baseline is None:
        return
    axes, height = sheet.at(view.baseline_error)
    if view.has_baseline_error:
        baseline_line(axes, [sheet.across.low, sheet.across.high], [height, height])
    if np.isfinite(column.numbers[view.baseline]):
        baseline_star(axes, float(column.numbers[view.baseline]), height)


def _draw_limits(sheet: _Sheet, limits: Limits) -> list[Any]:
    """The largest stable rates, dashed, and the band between two of them. Gives their key."""
    shown = limits.within(sheet.across.low, sheet.across.high)
    if not shown.ends:
        return []
    for axes in (each for each in (sheet.axes, sheet.top, sheet.bottom) if each is not None):
        if shown.is_band:
            axes.axvspan(*shown.values, color=STABLE_COLOUR, alpha=0.1, lw=0, zorder=1, gid="stable")
        for limit, colour in shown.ends:
            axes.axvline(limit, color=colour, lw=1.3, ls=STABLE_DASHES, zorder=2, gid="stable")
    low, high = _ends_of(shown)
    return [key_stable(f"largest stable rate {low}" if low == high else f"largest stable rates {low} to {high}")]


def _key(view: Seen, strokes: Sequence[Stroke]) -> list[Any]:
    from matplotlib.lines import Line2D

    key = [] if view.baseline is None else [key_baseline("both" if view.has_baseline_error else "star")]
    colour = MIXED_COLOUR if any(stroke.text for stroke in strokes) else None
    is_single = _all_single(strokes)
    if not is_single:
        line = Line2D([], [], color=colour or look.SOFT_INK, lw=1.9, marker="o", ms=4, label=_pooling(strokes))
        key.append(line)
    return [*key, *(key_fate(word, colour) for word in view.occurring if is_single or word == "diverged")]
