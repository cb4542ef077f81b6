"""The error of a study's runs over their steps: every run a line, or an even choice of them, the baseline in front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bprunner.figures import look
from bprunner.figures.panels import Label, add_panel, room_for, set_scale, write_labels
from bprunner.figures.scales import Scale, error_scale, number_scale, step_ticks
from bprunner.figures.study_data import Column, Seen, Values, read
from bprunner.figures.study_groups import distinct, even_choice
from bprunner.figures.study_picture import Picture, counted, names
from bprunner.figures.study_sheet import (
    BASELINE,
    BASELINE_COLOUR,
    LABEL_COLOURS,
    RIGHT,
    add_colour_bar,
    baseline_line,
    darkened,
    fate_marker,
    heights,
    key_baseline,
    key_fate,
    label_style,
    new_sheet,
    place,
    ramp,
    write_key,
)
from bprunner.figures.text import shortened
from bprunner.figures.thinning import finite_length, thin

ERRORS: Final = ("training.error", "error")
"""The error over all samples that are trained on, which some runs have once an epoch, before that of a step."""
MOST_LINES: Final = 200
FEW_LINES: Final = 8
"""So many have their names beside them."""
MOST_LABELS: Final = 10
MOST_READ: Final = 2_000_000
"""About so many rows of the trace are read at once."""
_ABOVE: Final = 30.0
"""Of diverging runs is seen what is up to so many times the largest first error."""


def error_over_steps(view: Seen) -> list[Picture]:
    """Nothing where the trace has no error."""
    if not set(ERRORS) & set(view.study.steps.names):
        return []
    rows = _chosen(view)
    caption = _caption(view, rows)
    return [Picture("error_over_steps", caption, lambda: _figure(view, rows))]


def _chosen(view: Seen) -> list[int]:
    """The rows that are drawn, without the baseline: of many an even choice along what gives them their colour."""
    order = view.others
    if view.main is not None:
        order = order[np.argsort(view.main.numbers[order], kind="stable")]
    return [int(row) for row in order[even_choice(len(order), MOST_LINES)]]


def _caption(view: Seen, rows: Sequence[int]) -> str:
    count = len(view.others)
    parts = ["The error over the steps"]
    parts += [f" of {counted(count, 'run')}" if count else ""]
    parts += [f" ({len(rows)} of them drawn, evenly chosen)" if len(rows) < count else ""]
    parts += [" and of the baseline (black)" if count and view.baseline is not None else ""]
    parts += [" of the baseline" if not count else ""]
    colouring = _coloured_by(view)
    parts += [f"; the colour is {names([colouring])}" if colouring and rows else ""]
    diverged = int(view.diverged[rows].sum()) if rows else 0
    parts += [f"; {counted(diverged, 'run')} that diverged, with ✕ at the end" if diverged else ""]
    parts += ["; lines go out at the bottom where the error is 0" if (view.errors == 0).any() else ""]
    return "".join(parts) + "."


def _coloured_by(view: Seen) -> Column | None:
    labels = view.of("label")
    few = [column for column in labels if len(distinct(column.texts, view.others)) <= MOST_LABELS]
    return view.main or next(iter(few), None)


# Curves


@dataclass(frozen=True)
class Curve:
    """A run's error: steps and values (points,), all finite."""

    row: int
    steps: NDArray[np.int64]
    errors: Values


def curves(view: Seen, rows: Sequence[int], columns: int = 600) -> list[Curve]:
    """The errors of these rows until they are no longer finite, thinned to so many strips; nothing of a run without."""
    wanted = [name for name in ERRORS if name in view.study.steps.names]
    found: list[Curve] = []
    batch, start = 1, 0
    while start < len(rows):
        part = rows[start : start + batch]
        series = read(view.study.steps, wanted, [int(view.runs[row]) for row in part])
        found += [curve for row in part if (curve := _curve(series, int(view.runs[row]), row, columns)) is not None]
        # The first tells about how long runs are, and so how many fit into memory at once.
        size = len(series.get("run", ())) * len(wanted) // len(part)
        start, batch = start + batch, int(np.clip(MOST_READ // max(1, size), 1, MOST_LINES))
    return found


def _curve(series: Mapping[str, NDArray[Any]], run: int, row: int, columns: int) -> Curve | None:
    for name in ERRORS:
        if name in series:
            low, high = np.searchsorted(series["run"], [run, run + 1])
            errors = series[name][low:high].astype(np.float64)
            known = np.flatnonzero(~np.isnan(errors))
            known = known[: finite_length(errors[known])]
            if len(known):
                known = known[thin(errors[known], columns)]
                return Curve(row, series["step"][low:high][known].astype(np.int64), errors[known])
    return None


def ending(curve: Curve, scale: Scale) -> Curve:
    """A curve until it leaves the picture at the top; there is its last point."""
    above = np.flatnonzero(curve.errors > scale.high)
    if not len(above):
        return curve
    end = int(above[0])
    if end == 0:
        return Curve(curve.row, curve.steps[:1], np.array([scale.high]))
    pair = curve.errors[end - 1 : end + 1]
    if scale.kind == "log":
        pair = np.log(np.maximum(pair, scale.low))
        share = (np.log(scale.high) - pair[0]) / (pair[1] - pair[0])
    else:
        share = (scale.high / pair[1] - pair[0] / pair[1]) / (1 - pair[0] / pair[1])
    steps = curve.steps[: end + 1].astype(np.float64)
    steps[end] = steps[end - 1] + share * (steps[end] - steps[end - 1])
    return Curve(curve.row, steps, np.array([*curve.errors[:end], scale.high]))  # type: ignore[arg-type]  # in between


def _error_scale(view: Seen, drawn: Sequence[Curve]) -> Scale:
    """From the smallest error to the largest of runs that did not diverge; the others leave the picture at the top."""
    firsts = max((float(curve.errors[0]) for curve in drawn), default=1.0)
    kept = [curve.errors for curve in drawn if not view.diverged[curve.row]]
    most = max([min(_ABOVE * firsts, 1e300), *(float(errors.max()) for errors in kept)])
    errors = np.concatenate([[], *(curve.errors for curve in drawn)])
    return error_scale(np.append(errors[errors <= most], [most] if (errors > most).any() else []))


# Drawing


def _figure(view: Seen, rows: Sequence[int]) -> Any:
    others = curves(view, rows, max(60, 12000 // max(1, len(rows))))
    drawn = [*others, *curves(view, [] if view.baseline is None else [view.baseline])]
    scale = _error_scale(view, drawn)
    figure = new_sheet(view.study.title, _subtitle(view, rows))
    styles = _styles(view, others)
    labels = _labels(view, drawn, scale, styles)
    bar = view.main is not None and not labels
    axes = add_panel(figure, place(figure, right=RIGHT + (1.0 if bar else room_for(labels))))
    set_scale(axes, scale, "error")
    for curve in others:
        _draw(axes, view, ending(curve, scale), styles[curve.row])
    for curve in drawn:
        if curve.row == view.baseline:
            last = ending(curve, scale)
            baseline_line(axes, last.steps, last.errors)
            _mark_end(axes, view, last)
    _set_steps(axes, drawn)
    write_labels(axes, labels)
    if bar and view.main is not None:
        _add_bar(figure, axes, view, view.main)
    write_key(figure, _key(view, drawn))
    return figure


def _subtitle(view: Seen, rows: Sequence[int]) -> str:
    count = len(view.others)
    runs = f"{counted(count, 'run')}{' beside the baseline' if view.baseline is not None else ''}"
    some = f", {len(rows)} of them drawn" if len(rows) < count else ""
    return f"error over steps · {runs}{some}" if count else "error over steps"


def _draw(axes: Any, view: Seen, curve: Curve, style: Mapping[str, Any]) -> None:
    marker = {"marker": "o", "markersize": 3.5} if len(curve.errors) == 1 and not view.diverged[curve.row] else {}
    gid = f"run.{view.runs[curve.row]}"
    axes.plot(curve.steps, curve.errors, gid=gid, solid_capstyle="round", **style, **marker)
    _mark_end(axes, view, curve)


def _mark_end(axes: Any, view: Seen, curve: Curve) -> None:
    if view.diverged[curve.row]:
        (mark,) = axes.plot(curve.steps[-1:], curve.errors[-1:], **fate_marker("diverged", 6.0), gid="diverged")
        mark.set(clip_on=False, zorder=6)


def _styles(view: Seen, drawn: Sequence[Curve]) -> dict[int, dict[str, Any]]:
    """By row."""
    column = _coloured_by(view)
    thick, alpha = (1.6, 1.0) if len(drawn) <= FEW_LINES else (1.1, 0.9) if len(drawn) <= 70 else (0.8, 0.65)
    styles: dict[int, dict[str, Any]] = {}
    order = distinct(column.texts, view.others) if column else []
    for curve in drawn:
        style: dict[str, Any] = {"color": LABEL_COLOURS[0]}
        if view.main is not None:
            style = {"color": ramp()(float(heights(_column_scale(view, view.main), view.main.numbers[curve.row])))}
        elif column is not None:
            style = label_style(order.index(column.texts[curve.row]))
        styles[curve.row] = {"linewidth": thick, "alpha": alpha, **style}
    return styles


def _column_scale(view: Seen, column: Column) -> Scale:
    """The numbers of the runs beside the baseline, or all where these are all the same."""
    numbers = column.numbers[view.others]
    numbers = numbers[np.isfinite(numbers)]
    if len(np.unique(numbers)) < 2:
        numbers = column.numbers[np.isfinite(column.numbers)]
    return number_scale(numbers, column.is_geometric)


def _add_bar(figure: Any, axes: Any, view: Seen, column: Column) -> None:
    box = axes.get_position()
    scale = _column_scale(view, column)
    bar = add_colour_bar(figure, (box.x1 + 0.04, box.y0, 0.022, box.height), scale, shortened(column.name, 16))
    if view.baseline is not None and scale.low <= column.numbers[view.baseline] <= scale.high:
        bar.axhline(column.numbers[view.baseline], color=BASELINE_COLOUR, lw=2.2, gid=BASELINE)


def _labels(view: Seen, drawn: Sequence[Curve], scale: Scale, styles: Mapping[int, Any]) -> list[Label]:
    """Where lines are few, the name of each; where they are coloured by labels, the labels."""
    column = _coloured_by(view)
    if len(drawn) <= FEW_LINES + 1:
        texts = [(curve, view.name_of(curve.row)) for curve in drawn]
    elif column is not None and column.kind == "label":
        texts = [(curve, column.texts[curve.row]) for curve in _middles(view, column, drawn)]
    else:
        return []
    last = max((int(curve.steps[-1]) for curve in drawn), default=0)
    return [_label(view, curve, shortened(text, 24), scale, styles, last) for curve, text in texts]


def _label(
    view: Seen, curve: Curve, text: str, scale: Scale, styles: Mapping[int, Mapping[str, Any]], last: int
) -> Label:
    """Tied to the line where that ends at the right."""
    colour = BASELINE_COLOUR if curve.row == view.baseline else darkened(styles[curve.row]["color"])
    end = ending(curve, scale)
    text = f"{text} ✕" if view.diverged[curve.row] else text
    return Label(text, float(end.errors[-1]), colour, tied=bool(end.steps[-1] == last and end.errors[-1] > 0))


def _middles(view: Seen, column: Column, drawn: Sequence[Curve]) -> list[Curve]:
    """Of each label the curve that ends in the middle."""
    found = []
    for text in distinct(column.texts, view.others):
        own = [curve for curve in drawn if curve.row != view.baseline and column.texts[curve.row] == text]
        own.sort(key=lambda curve: float(curve.errors[-1]))
        found += own[len(own) // 2 : len(own) // 2 + 1]
    return found


def _set_steps(axes: Any, drawn: Sequence[Curve]) -> None:
    steps = np.unique(np.concatenate([np.zeros(1, dtype=np.int64), *(curve.steps for curve in drawn)]))
    first, last = int(steps[0]), int(steps[-1])
    ticks = step_ticks(first, last, steps)
    axes.set_xlim(first - (0.0 if last > first else 0.5), last + (0.0 if last > first else 0.5))
    axes.set_xticks(ticks, labels=[f"{tick:,}" for tick in ticks])
    axes.set_xlabel("step", color=look.SOFT_INK, fontsize=9)


def _key(view: Seen, drawn: Sequence[Curve]) -> list[Any]:
    key = [key_baseline()] if any(curve.row == view.baseline for curve in drawn) else []
    return key + ([key_fate("diverged")] if any(view.diverged[curve.row] for curve in drawn) else [])
