"""A panel is a pair of axes in the house's style, with what is written around it: heading, ticks, labels, titles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bprunner.figures import look
from bprunner.figures.labels import spread
from bprunner.figures.scales import Scale
from bprunner.figures.text import one_line, shortened, width

_LABEL_SIZE, _LABEL_OFFSET = 9.0, 0.16
_NOTES = {"linear": "", "log": "log scale", "symlog": "log scale in both directions"}


@dataclass(frozen=True)
class Label:
    """A text at the right edge, at the height of a value; tied to a line that ends there, or not."""

    text: str
    value: float
    colour: str
    tied: bool = True


def add_panel(figure: Any, box: tuple[float, float, float, float]) -> Any:
    """Empty axes. box: left, bottom, width and height, as shares of the figure."""
    axes = figure.add_axes(box, facecolor="white")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(look.AXIS)
    axes.tick_params(color=look.AXIS, labelcolor=look.SOFT_INK, labelsize=9, length=3)
    axes.grid(axis="y", color=look.FAINT, linewidth=0.7)
    axes.set_axisbelow(True)
    return axes


def set_scale(axes: Any, scale: Scale, heading: str) -> None:
    """Set the vertical axis, and say above it what it shows."""
    axes.set_yscale(scale.kind, **_options(scale))
    axes.set_ylim(scale.low, scale.high)
    axes.set_yticks(scale.ticks, labels=scale.texts)
    axes.set_yticks([], minor=True)
    text = " · ".join(part for part in (heading, _NOTES[scale.kind]) if part)
    axes.set_title(text, loc="left", fontsize=10, color=look.INK, pad=7, parse_math=False)


def set_across(axes: Any, scale: Scale, name: str) -> None:
    """Set the horizontal axis, and say below it what it shows."""
    axes.set_xscale(scale.kind, **_options(scale))
    axes.set_xlim(scale.low, scale.high)
    axes.set_xticks(scale.ticks, labels=scale.texts)
    axes.set_xticks([], minor=True)
    text = " · ".join(part for part in (name, _NOTES[scale.kind]) if part)
    axes.set_xlabel(text, color=look.SOFT_INK, fontsize=9, parse_math=False)


def _options(scale: Scale) -> dict[str, Any]:
    options: dict[str, dict[str, Any]] = {
        "linear": {},
        "log": {"nonpositive": "clip"},
        "symlog": {"linthresh": scale.threshold},
    }
    return options[scale.kind]


# Labels


def room_for(labels: Sequence[Label]) -> float:
    """How many inches the longest label needs."""
    longest = max((width(label.text) for label in labels), default=0)
    return _LABEL_OFFSET + longest * 0.64 * _LABEL_SIZE / 72


def write_labels(axes: Any, labels: Sequence[Label]) -> None:
    """Labels beside the axes, pushed apart, each tied to its line's end by a thin stroke."""
    inches_wide, inches_high = inches(axes)
    wanted = [min(1.0, max(0.0, _height(axes, label.value))) for label in labels]
    offset = _LABEL_OFFSET / inches_wide
    for label, end, height in zip(labels, wanted, spread(wanted, _LABEL_SIZE * 1.3 / 72 / inches_high), strict=True):
        if label.tied and abs(end - height) * inches_high > 0.02:
            stroke = ([1 + offset * 0.25, 1 + offset * 0.85], [end, height])
            axes.plot(*stroke, transform=axes.transAxes, clip_on=False, color=label.colour, lw=0.6, gid="leader")
        axes.text(
            1 + offset,
            height,
            label.text,
            transform=axes.transAxes,
            va="center_baseline",
            fontsize=_LABEL_SIZE,
            color=label.colour,
            parse_math=False,
            gid="label",
        )


def _height(axes: Any, value: float) -> float:
    """Where a value lies between the axes' bottom (0) and top (1)."""
    with np.errstate(divide="ignore"):
        point = axes.transData.transform((0.0, value))
    return float(axes.transAxes.inverted().transform(point)[1])


def inches(axes: Any) -> tuple[float, float]:
    """How wide and how high axes are."""
    box, (wide, high) = axes.get_position(), axes.figure.get_size_inches()
    return box.width * float(wide), box.height * float(high)


# Titles


def write_titles(figure: Any, left: float, title: str, subtitle: str) -> None:
    """Two lines at the top, `left` inches from the edge, cut where they are too long."""
    wide, high = figure.get_size_inches()
    for text, below, style in (
        (shortened(one_line(title), 68), 0.42, {"fontsize": 13, "fontweight": "bold", "color": look.INK}),
        (shortened(one_line(subtitle), 105), 0.66, {"fontsize": 9, "color": look.SOFT_INK}),
    ):
        figure.text(left / float(wide), 1 - below / float(high), text, parse_math=False, **style)
