"""The picture of a run: its error over the steps, and below it the weights and biases.

    python -m bprunner.figures.training TRACE.parquet OUT.svg --title … --subtitle … [--diverged-at K]

matplotlib is imported where a picture is drawn, so that `main` can set it to rights before.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bprunner.figures import look
from bprunner.figures.panels import Label, add_panel, room_for, set_scale, write_labels, write_titles
from bprunner.figures.scales import error_scale, parameter_scale, step_ticks
from bprunner.figures.svg import save_svg
from bprunner.figures.text import number_text, one_line, shortened
from bprunner.figures.thinning import finite_length, is_rough, strip_medians, thin

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Series", "main", "save_svg", "training_figure"]

MANY_LINES = 12  # more than this many lines are a texture: thin, and without names
MOST_LINES = 200  # and of more than this many, an even choice is drawn
FEW_STATES = 21  # up to this many recorded states (20 updates), each gets a marker
MEDIANS = 150  # a rough error is drawn pale, and over it the median of so many strips

# The figure in inches, from the outside in.
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _BOTTOM, _TOP = 8.0, 6.0, 0.85, 0.45, 0.6, 1.12
_GAP, _UPPER_SHARE = 0.55, 0.42
_LABEL_COLUMNS = 20


class Series(Protocol):
    """What the picture needs of a trace: the step numbers, the quantities' names, and each quantity over the steps."""

    @property
    def steps(self) -> NDArray[np.int64]: ...

    @property
    def names(self) -> tuple[str, ...]: ...

    def __getitem__(self, name: str, /) -> NDArray[np.float64]: ...


@dataclass(frozen=True)
class Line:
    """One quantity as it is drawn: until it is no longer finite, without the points that nobody would see."""

    name: str
    steps: NDArray[np.int64]
    values: NDArray[np.float64]

    @property
    def kind(self) -> str:
        return self.name.partition(".")[0]

    @property
    def label(self) -> str:
        return shortened(one_line(self.name.partition(".")[2]), _LABEL_COLUMNS)


def training_figure(trace: Series, title: str, subtitle: str, diverged_at: int | None = None) -> Figure:
    """Error and parameters over the steps. Quantities that the trace does not have are left out."""
    from matplotlib.figure import Figure

    parameters = [name for name in trace.names if name.startswith(("weight.", "bias."))]
    lines = [_line(trace, name, _columns(len(parameters))) for name in _even_choice(parameters)]
    error = [_line(trace, name, _columns(1)) for name in _error_names(trace)]
    with look.house_style():
        figure = Figure(figsize=(_WIDTH, _HEIGHT), facecolor="white", label=one_line(title))
        labels = _error_labels(error), _parameter_labels(lines, parameters)
        panels = _panels(figure, [bool(error), bool(parameters)], room_for([*labels[0], *labels[1]]))
        if error:
            _draw_errors(panels[0], trace, error, labels[0])
        if parameters:
            _draw_parameters(panels[-1], lines, parameters, labels[1])
        _mark_steps(panels, trace, [*error, *lines], diverged_at)
        write_titles(figure, _LEFT, title, subtitle)
    return figure


# What is drawn


def _error_names(trace: Series) -> list[str]:
    """The error over all samples that are trained on, which some runs have once an epoch; and that of held-out ones."""
    own = "training.error" if "training.error" in trace.names else "error"
    return [name for name in (own, "held_out.error") if name in trace.names]


def _line(trace: Series, name: str, columns: int) -> Line:
    steps, values = _states(trace, name)
    chosen = thin(values, columns)
    return Line(name, steps[chosen], values[chosen])


def _states(trace: Series, name: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The steps at which there is a value, until it is no longer finite, and the values."""
    steps, values = trace.steps, trace[name]
    if name.startswith(("training.", "held_out.")):
        there = ~np.isnan(values)
        steps, values = steps[there], values[there]
    finite = _finite(values)
    return steps[: len(finite)], finite


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values before the first infinity or NaN: after it a line has nothing to say."""
    return values[: finite_length(values)]


def _columns(lines: int) -> int:
    """How many strips a line is thinned to: enough for the paper, fewer where there are many lines."""
    return min(600, max(60, 8000 // max(1, min(lines, MOST_LINES))))


def _even_choice(names: Sequence[str]) -> list[str]:
    """All names, or so many, evenly spaced, as can be drawn."""
    if len(names) <= MOST_LINES:
        return list(names)
    return [names[index * (len(names) - 1) // (MOST_LINES - 1)] for index in range(MOST_LINES)]


# Labels


def _error_labels(lines: Sequence[Line]) -> list[Label]:
    """The last error, as a number; that of held-out samples says so."""
    labels = []
    for line in lines:
        if len(line.values):
            value = float(line.values[-1])
            held_out = line.name.startswith("held_out.")
            text = f"{number_text(value)} held out" if held_out else number_text(value)
            labels.append(Label(text, value, look.HELD_OUT_COLOUR if held_out else look.ERROR_COLOUR))
    return labels


def _parameter_labels(lines: Sequence[Line], parameters: Sequence[str]) -> list[Label]:
    """Each line's name; or, where they are many and of both kinds, the two kinds."""
    drawn = [(index, line) for index, line in enumerate(lines) if len(line.values)]
    if len(parameters) <= MANY_LINES:
        return [Label(line.label, float(line.values[-1]), _colour(index)) for index, line in drawn]
    if {line.kind for _, line in drawn} != {"weight", "bias"}:
        return []
    top = max(float(line.values.max()) for _, line in drawn)
    kinds = ("weights", look.WEIGHT_COLOUR), ("biases", look.BIAS_COLOUR)
    return [Label(text, top, colour, tied=False) for text, colour in kinds]


# Panels


def _panels(figure: Any, wanted: Sequence[bool], label_room: float) -> list[Any]:
    """The upper panel for the error and the lower for the parameters; or the whole height for the only one."""
    if not any(wanted):
        raise ValueError("there is nothing to draw: the trace has neither an error nor weights or biases")
    room = _HEIGHT - _BOTTOM - _TOP
    left, right = _LEFT / _WIDTH, (_RIGHT + label_room) / _WIDTH
    upper, lower = (room - _GAP) * _UPPER_SHARE, (room - _GAP) * (1 - _UPPER_SHARE)
    spans = [(_BOTTOM + lower + _GAP, upper), (_BOTTOM, lower)] if all(wanted) else [(_BOTTOM, room)]
    return [add_panel(figure, (left, low / _HEIGHT, 1 - left - right, high / _HEIGHT)) for low, high in spans]


def _draw_errors(axes: Any, trace: Series, lines: Sequence[Line], labels: Sequence[Label]) -> None:
    """The error, and that of held-out samples beside it."""
    steps, values = _states(trace, lines[0].name)
    if len(lines) == 1:
        _draw_error(axes, lines[0], values, steps, labels)
        return
    both = np.concatenate([_states(trace, line.name)[1] for line in lines])
    set_scale(axes, error_scale(both), "error (solid), and of held-out samples (dashed)")
    for line, colour, dashes in zip(lines, (look.ERROR_COLOUR, look.HELD_OUT_COLOUR), ("-", (0, (3, 2))), strict=True):
        _plot(axes, line, color=colour, linewidth=1.6, linestyle=dashes)
    write_labels(axes, labels)


def _draw_error(
    axes: Any, line: Line, errors: NDArray[np.float64], steps: NDArray[np.int64], labels: Sequence[Label]
) -> None:
    """The error as a line; where it is long and rough, as a pale band with the median of neighbouring steps on it."""
    rough = len(line.values) < len(errors) and is_rough(line.values)
    set_scale(axes, error_scale(errors), "error, with the median of neighbouring steps" if rough else "error")
    if rough:
        middles, medians = strip_medians(errors, MEDIANS)
        _plot(axes, line, color=look.PALE_INK, linewidth=0.6)
        axes.plot(steps[middles], medians, gid="error.median", color=look.ERROR_COLOUR, linewidth=1.4)
    else:
        _plot(axes, line, color=look.ERROR_COLOUR, linewidth=1.6)
    write_labels(axes, labels)


def _draw_parameters(axes: Any, lines: Sequence[Line], parameters: Sequence[str], labels: Sequence[Label]) -> None:
    set_scale(axes, parameter_scale([line.values for line in lines]), _parameter_heading(parameters))
    for index, line in enumerate(lines):
        style = _few_style(index, line) if len(parameters) <= MANY_LINES else _many_style(line, len(lines))
        _plot(axes, line, **style)
    write_labels(axes, labels)


def _parameter_heading(parameters: Sequence[str]) -> str:
    """`weights`; with biases, how to tell them; where they are many, how many."""
    weights = sum(name.startswith("weight.") for name in parameters)
    biases = len(parameters) - weights
    if len(parameters) <= MANY_LINES:
        return "weights (solid) and biases (dashed)" if weights and biases else "weights" if weights else "biases"
    counts = " and ".join([*_count(weights, "weight", "weights"), *_count(biases, "bias", "biases")])
    return counts if len(parameters) <= MOST_LINES else f"{counts}, {MOST_LINES} of them drawn"


def _count(number: int, one: str, several: str) -> list[str]:
    return [f"{number:,} {one if number == 1 else several}"] if number else []


def _plot(axes: Any, line: Line, **style: Any) -> None:
    """One line, with a marker for each state where they are few."""
    marker = "o" if len(line.steps) <= FEW_STATES else None
    drawn = {"solid_capstyle": "round", "marker": marker, "markersize": 4.0, **style}
    axes.plot(line.steps, line.values, gid=line.name, **drawn)


def _few_style(index: int, line: Line) -> dict[str, Any]:
    """Its own colour; biases dashed, weights solid, or dash-dotted when the colours come round again."""
    weight_dashes: Any = "-" if index < len(look.COLOURS) else (0, (7, 2, 1.5, 2))
    dashes: Any = (0, (3, 2)) if line.kind == "bias" else weight_dashes
    return {"color": _colour(index), "linewidth": 1.5, "linestyle": dashes}


def _many_style(line: Line, count: int) -> dict[str, Any]:
    """Thin and muted, the more so the more there are."""
    colour = look.BIAS_COLOUR if line.kind == "bias" else look.WEIGHT_COLOUR
    return {"color": colour, "linewidth": 0.8, "alpha": 0.45 if count <= 60 else 0.25, "markersize": 2.5}


def _colour(index: int) -> str:
    return look.COLOURS[index % len(look.COLOURS)]


# Steps and titles


def _mark_steps(panels: Sequence[Any], trace: Series, lines: Sequence[Line], diverged_at: int | None) -> None:
    """The horizontal axis, the same in all panels: from the first state to the last that has something to show."""
    first = int(trace.steps[0]) if len(trace.steps) else 0
    last = max([first, *(int(line.steps[-1]) for line in lines if len(line.steps))])
    last = last if diverged_at is None else max(last, diverged_at)
    markers = len(trace.steps) <= FEW_STATES
    air = 0.02 * (last - first) if markers and last > first else 0.0 if last > first else 0.5
    ticks = step_ticks(first, last, trace.steps)
    for panel in panels:
        panel.set_xlim(first - air, last + air)
        panel.set_xticks(ticks, labels=[f"{tick:,}" for tick in ticks] if panel is panels[-1] else [])
        if diverged_at is not None:
            panel.axvline(diverged_at, color=look.SOFT_INK, linewidth=1.0, linestyle=(0, (2, 2)), gid="diverged")
    panels[-1].set_xlabel("step", color=look.SOFT_INK, fontsize=9)
    if diverged_at is not None:
        _write_divergence(panels[0], diverged_at, left_of_it=diverged_at - first > (last - first) / 2)


def _write_divergence(axes: Any, step: int, left_of_it: bool) -> None:
    """At the bottom of the upper panel, where a growing error has left room."""
    axes.annotate(
        f"diverged at step {step:,}",
        xy=(step, 0.07),
        xycoords=axes.get_xaxis_transform(),
        xytext=(-6 if left_of_it else 6, 0),
        textcoords="offset points",
        ha="right" if left_of_it else "left",
        va="center_baseline",
        color=look.INK,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5, "alpha": 0.85},
        parse_math=False,
    )


# The process


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw a trace file. Exit code 1, and one line on standard error, where that is not possible."""
    options = _parser().parse_args(arguments)
    # A home folder that cannot be written to costs matplotlib its font cache; that is nobody's concern here.
    logging.getLogger("matplotlib").setLevel(logging.CRITICAL)
    try:
        from bprunner.figures.columns import ParquetSeries

        with ParquetSeries(options.trace) as trace:
            save_svg(training_figure(trace, options.title, options.subtitle, options.diverged_at), options.svg)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bprunner.figures.training", description="Draw the trace of a run.")
    parser.add_argument("trace", metavar="TRACE.parquet")
    parser.add_argument("svg", metavar="OUT.svg")
    parser.add_argument("--title", default="", help="the run's name")
    parser.add_argument("--subtitle", default="", help="network · loss · optimizer · learning rate")
    parser.add_argument("--diverged-at", type=int, metavar="K", help="the step at which values became non-finite")
    return parser


if __name__ == "__main__":
    sys.exit(main())
