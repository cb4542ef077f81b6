"""The paths of two weights over the contours of the error: the baseline's, and those of a few telling runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from bprunner.figures import look
from bprunner.figures.panels import add_panel, set_across, set_scale
from bprunner.figures.scales import Scale, linear_scale
from bprunner.figures.study_data import Rows, Seen, Values, read
from bprunner.figures.study_fates import FATES, LOOKS
from bprunner.figures.study_picture import Picture, code, listed
from bprunner.figures.study_sheet import (
    BASELINE,
    BASELINE_COLOUR,
    BASELINE_WIDTH,
    IN_FRONT,
    LABEL_COLOURS,
    baseline_line,
    fate_marker,
    new_sheet,
    place,
)
from bprunner.figures.text import number_text, shortened

_KINDS: Final = ("weight.", "bias.")
_POINTS: Final = 141
_LEVELS: Final = 9
_LARGEST: Final = 1e240
"""Beyond it matplotlib cannot fill between contours."""
_FEW_STEPS: Final = 45
MOST_PATHS: Final = 4
"""Besides the baseline's."""
_MOST_VALUES: Final = 3
_ENDED: Final = {
    "oscillating": "one that oscillates",
    "diverged": "one that diverged",
    "still falling": "one that is still falling",
    "stalled": "one that stalled",
}
_THICK: Final = 1.6
_DASHES: Final[tuple[Any, ...]] = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.5, 1.2, 1.5)))


def weight_path(view: Seen, chosen: tuple[str, str] | None = None) -> list[Picture]:
    """chosen: two series, such as weight.w5; by default the two that move most in the baseline. Nothing where there is
    no baseline, where fewer than two move, or where the error is not a number around them."""
    if view.baseline is None:
        return []
    known = [name for name in view.study.steps.names if name.startswith(_KINDS)]
    both = chosen or _most_moved(view, known)
    if both is None or not set(both) <= set(known):
        return []
    paths = _paths(view, both)
    if not any(path.row == view.baseline for path in paths):
        return []
    return [Picture("weight_path", _caption(view, both, paths), lambda: _figure(view, both, paths))]


def _most_moved(view: Seen, known: Sequence[str]) -> tuple[str, str] | None:
    """The two whose values lie furthest apart in the baseline's run, of equals the first, in their order."""
    series = read(view.study.steps, known, [0])
    moved = {name: _distance(series[name].astype(np.float64)) for name in known if name in series}
    names = sorted((name for name in moved if moved[name] > 0), key=lambda name: -moved[name])[:2]
    first, second = sorted(names, key=known.index) if len(names) == 2 else ("", "")
    return (first, second) if first else None


def _distance(values: Values) -> float:
    """Between the largest and the smallest; 0 of none."""
    finite = values[np.isfinite(values)]
    return float(finite.max() / 2 - finite.min() / 2) if len(finite) else 0.0


# Paths


@dataclass(frozen=True)
class Path:
    """A run's two weights, each (steps,), until one is no longer finite; and what the run is called."""

    row: int
    why: str
    first: Values
    second: Values


def telling(view: Seen) -> dict[int, str]:
    """The rows that are drawn besides the baseline, and why: the one that ends best, and one of each other fate.

    Of those that ended well enough it is the one with the largest error; of others the first along the number that
    varies: the smallest learning rate that diverges.
    """
    order = _alike(view)
    if view.main is not None:
        order = order[np.argsort(view.main.numbers[order], kind="stable")]
    found: dict[int, str] = {}
    kept = order[~view.diverged[order]]
    if len(kept):
        best = int(kept[view.errors[kept].argmin()])
        found.update({best: "best"} if view.errors[best] < view.baseline_error else {})
    for word in _ENDED:
        own = order[view.fates[order] == FATES.index(word)]
        if len(own):
            place_ = 0 if word in ("oscillating", "diverged") else int(view.errors[own].argmax())
            found.setdefault(int(own[place_]), word)
    return dict(list(found.items())[:MOST_PATHS])


def _alike(view: Seen) -> Rows:
    """The other runs whose network has the baseline's size: in others a weight is another weight."""
    rows = view.others
    for column in view.of("number"):
        if column.path.startswith("architecture."):
            rows = rows[column.numbers[rows] == column.numbers[view.baseline]]
    return rows


def _paths(view: Seen, both: tuple[str, str]) -> list[Path]:
    """The baseline's first. A run that does not have these weights has no path."""
    assert view.baseline is not None
    wanted = {view.baseline: BASELINE, **telling(view)}
    series = read(view.study.steps, both, [int(view.runs[row]) for row in wanted])
    found = []
    for row, why in wanted.items() if set(both) <= set(series) else ():
        own = series["run"] == view.runs[row]
        a, b = (series[name][own].astype(np.float64) for name in both)
        broken = ~(np.isfinite(a) & np.isfinite(b))
        end = int(broken.argmax()) if broken.any() else len(a)
        if end:
            found.append(Path(row, why, a[:end], b[:end]))
    return found


def _name(view: Seen, path: Path) -> str:
    """`the baseline`, or why a run is drawn and what it is."""
    if path.row == view.baseline:
        return "the baseline"
    return f"{'the best run' if path.why == 'best' else _ENDED[path.why]} ({code(view.name_of(path.row))})"


def _caption(view: Seen, both: tuple[str, str], paths: Sequence[Path]) -> str:
    drawn = listed([_name(view, path) for path in paths])
    return (
        f"The paths of {code(both[0])} and {code(both[1])} over the contours of the error: {drawn}. A ring is where a "
        "path begins. The contours are those at the baseline's other initial weights, which move, too."
    )


# Where to look


def _window(view: Seen, paths: Sequence[Path]) -> tuple[Scale, Scale]:
    """Round all paths of runs that did not diverge; of the others what is as near to them as they are long."""
    kept = [path for path in paths if not view.diverged[path.row]]
    ends = []
    for name in ("first", "second"):
        lines = [getattr(path, name) for path in kept] or [getattr(path, name)[:3] for path in paths]
        starts = [getattr(path, name)[:1] for path in paths]
        low, high = float(min(line.min() for line in lines)), float(max(line.max() for line in lines))
        # Where others begin belongs to the picture, unless it is far away.
        near = [start for start in starts if low - 2 * (high - low) <= float(start[0]) <= high + 2 * (high - low)]
        air = np.array([low - 0.12 * (high - low), high + 0.12 * (high - low)])
        ends.append(linear_scale([air, *near]))
    return ends[0], ends[1]


def _inside(path: Path, across: Scale, along: Scale) -> Path:
    """A path until it is far outside."""
    # Of the largest numbers there are, the distance is beyond all of them.
    with np.errstate(over="ignore"):
        out = (np.abs(path.first - (across.low + across.high) / 2) > 2 * (across.high - across.low)) | (
            np.abs(path.second - (along.low + along.high) / 2) > 2 * (along.high - along.low)
        )
    if not out.any():
        return path
    end = int(out.argmax())
    if end == 0:
        return Path(path.row, path.why, path.first[:1], path.second[:1])
    return Path(path.row, path.why, _cut(path.first[: end + 1], across), _cut(path.second[: end + 1], along))


def _cut(values: Values, scale: Scale) -> Values:
    """The last point not so far away that nobody could compute with it."""
    size = 50 * (scale.high - scale.low)
    return np.append(values[:-1], np.clip(values[-1], scale.low - size, scale.high + size))


# Drawing


def _figure(view: Seen, both: tuple[str, str], paths: Sequence[Path]) -> Any:
    names = [name.partition(".")[2] for name in both]
    across, along = _window(view, paths)
    figure = new_sheet(view.study.title, f"paths of {names[0]} and {names[1]} over the error", height=5.8)
    axes = add_panel(figure, place(figure, right=2.6, top=1.2))
    set_across(axes, across, names[0])
    set_scale(axes, along, shortened(names[1], 30))
    axes.grid(visible=False)
    has_contours = _draw_contours(axes, view, both, across, along)
    styles = {}
    others = [path for path in paths if path.row != view.baseline]
    for index, path in enumerate(others):
        styles[path.row] = {"color": LABEL_COLOURS[1 + index % 4], "linestyle": _DASHES[index % 4]}
    for path in paths:
        _draw_path(axes, view, _inside(path, across, along), styles.get(path.row))
    _write_names(axes, view, paths, styles, has_contours)
    return figure


def _draw_contours(axes: Any, view: Seen, both: tuple[str, str], across: Scale, along: Scale) -> bool:
    """Grey the darker the larger the error; tells whether there was anything to draw."""
    first, second = np.linspace(across.low, across.high, _POINTS), np.linspace(along.low, along.high, _POINTS)
    with np.errstate(all="ignore"):
        surface = np.asarray(view.study.error_surface(both, first, second), dtype=np.float64).T
    known = surface[np.isfinite(surface)]
    if not len(known) or known.max() <= known.min() or np.abs(known).max() > _LARGEST:
        return False
    levels = _levels(known)
    masked = np.ma.masked_invalid(surface)
    from matplotlib import colormaps

    greys = colormaps["Greys"](np.linspace(0.0, 0.3, len(levels) + 1))
    axes.contourf(first, second, masked, levels=levels, colors=greys, extend="both", zorder=0)
    lines = axes.contour(first, second, masked, levels=levels, colors=look.AXIS, linewidths=0.6, zorder=1)
    texts = {level: number_text(level, 1) for level in levels}
    for text in axes.clabel(lines, levels[1::2], fmt=texts, fontsize=7, colors=look.SOFT_INK, inline_spacing=2):
        text.set_parse_math(False)
    return True


def _levels(errors: Values) -> Values:
    """Even in the logarithm, from the largest error down to where the valley is: at most four decades."""
    top, bottom = float(errors.max()), float(max(np.quantile(errors, 0.04), errors.max() * 1e-4))
    if bottom <= 0 or top / bottom < 3:
        return np.linspace(errors.min(), top, _LEVELS + 2)[1:-1]
    return np.geomspace(bottom, top, _LEVELS + 1)[:-1]


def _draw_path(axes: Any, view: Seen, path: Path, style: Mapping[str, Any] | None) -> None:
    is_baseline = path.row == view.baseline
    colour = BASELINE_COLOUR if is_baseline or style is None else style["color"]
    front = IN_FRONT if is_baseline else 4
    if is_baseline:
        baseline_line(axes, path.first, path.second)
    else:
        axes.plot(path.first, path.second, lw=_THICK, zorder=front, gid=f"run.{view.runs[path.row]}", **(style or {}))
    if len(path.first) <= _FEW_STEPS:
        axes.plot(path.first, path.second, "o", ms=3.0, color=colour, mew=0, zorder=front + 0.1)
    axes.plot(path.first[:1], path.second[:1], "o", ms=7, mfc="white", mec=colour, mew=1.6, zorder=front + 0.2)
    word = FATES[view.fates[path.row]]
    axes.plot(path.first[-1:], path.second[-1:], **fate_marker(word, 7.5), zorder=front + 0.3, gid=f"fate.{word}")


def _write_names(axes: Any, view: Seen, paths: Sequence[Path], styles: Mapping[int, Any], has_contours: bool) -> None:
    """The key at the right: each line with why it is there, how it ended, and what it is."""
    from matplotlib.lines import Line2D

    key = []
    for path in paths:
        word = FATES[view.fates[path.row]]
        style = styles.get(path.row, {"color": BASELINE_COLOUR, "linestyle": "-"})
        thick = BASELINE_WIDTH if path.row == view.baseline else _THICK
        symbol = {name: value for name, value in fate_marker(word, 6.5).items() if name != "color"}
        symbol["markerfacecolor"] = LOOKS[word].colour
        key.append(Line2D([], [], lw=thick, label=_key_text(view, path, word), **style, **symbol))
    if has_contours:
        key.append(Line2D([], [], color=look.AXIS, lw=0.8, label="equal error"))
    where = {"loc": "upper left", "bbox_to_anchor": (1.03, 1.0), "borderaxespad": 0}
    axes.legend(handles=key, frameon=False, fontsize=8.5, labelspacing=0.9, handlelength=2.6, **where)


def _key_text(view: Seen, path: Path, word: str) -> str:
    first = path.why if path.why == word else f"{path.why}, {word}"
    values = [] if path.row == view.baseline else view.values_of(path.row)
    lines = [shortened(text if text.startswith("seed ") else f"{name} {text}", 27) for name, text in values]
    return "\n".join([first, *lines[:_MOST_VALUES], *(["…"] if len(lines) > _MOST_VALUES else [])])
