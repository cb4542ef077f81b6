"""A sheet is the paper of a study's pictures: titles, a key of symbols, panels, rails beside them, a bar of colours.

The baseline looks the same on all of them: black, a wide line or a star with a white edge, and in front.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from bprunner.figures import look
from bprunner.figures.panels import add_panel, set_scale, write_titles
from bprunner.figures.scales import Scale
from bprunner.figures.study_fates import LOOKS
from bprunner.figures.text import one_line, shortened, width

WIDTH: Final = 8.0
LEFT, RIGHT, BOTTOM, TOP = 0.85, 0.35, 0.62, 1.4
"""Inches from a sheet's edges to its panel, where nothing else needs room."""

BASELINE: Final = "baseline"
BASELINE_COLOUR: Final = "#000000"
BASELINE_WIDTH: Final = 2.2
IN_FRONT: Final = 10

LABEL_COLOURS: Final = look.COLOURS[:5]
STABLE_COLOUR: Final = look.SOFT_INK
STABLE_DASHES: Final = (0, (4, 2.5))
_DASHES: Final[tuple[Any, ...]] = ("-", (0, (4, 1.6)), (0, (1.2, 1.2)))


# The paper


def new_sheet(title: str, subtitle: str, height: float = 5.4) -> Any:
    """An empty figure, WIDTH by `height` inches, with its two titles."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), facecolor="white", label=f"{one_line(title)}: {one_line(subtitle)}")
    write_titles(figure, LEFT, title, subtitle)
    return figure


def place(
    figure: Any, left: float = LEFT, right: float = RIGHT, bottom: float = BOTTOM, top: float = TOP
) -> tuple[float, float, float, float]:
    """The box that is so many inches from the edges, as a panel wants it."""
    wide, high = (float(size) for size in figure.get_size_inches())
    return left / wide, bottom / high, (wide - left - right) / wide, (high - bottom - top) / high


def write_key(figure: Any, entries: Sequence[Any]) -> None:
    """A row of symbols and their texts below the titles. entries: artists with labels."""
    if entries:
        wide, high = (float(size) for size in figure.get_size_inches())
        where = (LEFT / wide, 1 - 0.78 / high)
        figure.legend(handles=list(entries), loc="upper left", bbox_to_anchor=where, ncols=len(entries), **_KEY)


def write_side_key(axes: Any, entries: Sequence[Any]) -> None:
    """The same above the right end of a panel, beside its heading."""
    if entries:
        axes.legend(
            handles=list(entries), loc="lower right", bbox_to_anchor=(1.0, 1.0), **{**_KEY, "borderaxespad": 0.6}
        )


_KEY: Final[dict[str, Any]] = {
    "frameon": False,
    "fontsize": 8.5,
    "labelcolor": look.INK,
    "borderpad": 0,
    "borderaxespad": 0,
    "handlelength": 1.8,
    "handletextpad": 0.5,
    "columnspacing": 1.5,
}


def columns_room(texts: Sequence[str], most: int, size: float = 9.0) -> tuple[list[str], float]:
    """The texts, shortened to so many columns, and how many inches the longest needs."""
    short = [shortened(one_line(text), most) for text in texts]
    return short, max((width(text) for text in short), default=0) * 0.62 * size / 72


# Rails


RAIL_ROOM: Final = 0.26
"""How many inches a rail takes at the top, at the bottom and at the left."""
WIDE_RAIL_ROOM: Final = 0.76
"""And at the right, where there is room for numbers in it."""
_RAIL_GAP: Final = 0.06


def add_rail(figure: Any, box: tuple[float, float, float, float], side: str, text: str) -> Any:
    """A narrow strip beside the panel at `box`, for what has no place on its axis: `top`, `bottom`, `left`, `right`.

    The strip's own axis goes from 0 to 1 across it; along it, whoever draws sets the panel's.
    """
    wide, high = (float(size) for size in figure.get_size_inches())
    left, bottom, across, along = box
    thick, gap = RAIL_ROOM - _RAIL_GAP, _RAIL_GAP
    boxes = {
        "top": (left, bottom + along + gap / high, across, thick / high),
        "bottom": (left, bottom - RAIL_ROOM / high, across, thick / high),
        "left": (left - RAIL_ROOM / wide, bottom, thick / wide, along),
        "right": (left + across + gap / wide, bottom, (WIDE_RAIL_ROOM - gap) / wide, along),
    }
    axes = figure.add_axes(boxes[side], facecolor="#f3f3f3")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelcolor=look.SOFT_INK, labelsize=9)
    axes.set_xticks([])
    axes.set_yticks([])
    if side in ("top", "bottom"):
        axes.set_ylim(0, 1)
        axes.set_yticks([0.5], labels=[text])
    else:
        axes.set_xlim(0, 1)
        axes.set_xticks([0.5], labels=[text])
        axes.xaxis.set_ticks_position("bottom" if side == "left" else "top")
        axes.tick_params(length=0)
    return axes


# The baseline, and other symbols


def baseline_line(axes: Any, across: Any, along: Any) -> Any:
    """The baseline as a line, with a white edge so that it is seen in a crowd."""
    from matplotlib import patheffects

    edge = [patheffects.Stroke(linewidth=BASELINE_WIDTH + 1.8, foreground="white"), patheffects.Normal()]
    (line,) = axes.plot(
        across, along, color=BASELINE_COLOUR, lw=BASELINE_WIDTH, zorder=IN_FRONT, gid=BASELINE, label=BASELINE
    )
    line.set_path_effects(edge)
    return line


def baseline_star(axes: Any, across: float, along: float) -> Any:
    """The baseline as a point."""
    (star,) = axes.plot(
        [across], [along], **_STAR, linestyle="none", zorder=IN_FRONT + 1, clip_on=False, gid=BASELINE, label=BASELINE
    )
    return star


_STAR: Final[dict[str, Any]] = {
    "marker": "*",
    "markersize": 14.0,
    "color": BASELINE_COLOUR,
    "markeredgecolor": "white",
    "markeredgewidth": 1.0,
}


def add_cell(axes: Any, across: float, along: float, size: tuple[float, float] = (1.0, 1.0), **style: Any) -> None:
    """A rectangle around a point: by default a cell of a grid whose cells are around whole numbers."""
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((across - size[0] / 2, along - size[1] / 2), *size, **style))


def outline_cell(axes: Any, across: float, along: float, size: tuple[float, float] = (1.0, 1.0)) -> None:
    """The baseline as a cell."""
    for colour, thick, name in (("white", BASELINE_WIDTH + 1.8, None), (BASELINE_COLOUR, BASELINE_WIDTH, BASELINE)):
        style = {"fill": False, "edgecolor": colour, "linewidth": thick, "joinstyle": "miter"}
        add_cell(axes, across, along, size, **style, zorder=IN_FRONT, clip_on=False, gid=name)


def key_baseline(kind: str = "line") -> Any:
    """The baseline for the key: `line`, `star`, `both`, or `cell`."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    if kind == "cell":
        return Patch(facecolor="none", edgecolor=BASELINE_COLOUR, linewidth=BASELINE_WIDTH, label=BASELINE)
    options = {"color": BASELINE_COLOUR} if kind == "line" else dict(_STAR, markersize=11.0)
    thick = 0.0 if kind == "star" else BASELINE_WIDTH
    return Line2D([], [], label=BASELINE, linewidth=thick, **options)


def key_fate(word: str, colour: Any = None) -> Any:
    """A fate's symbol for the key, in its own colour or another."""
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="none", label=word, **fate_marker(word, 6.0, colour))


def key_stable(text: str) -> Any:
    """The limit of what is stable, for the key."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=STABLE_COLOUR, linewidth=1.3, linestyle=STABLE_DASHES, label=text)


def fate_marker(word: str, size: float, colour: Any = None) -> dict[str, Any]:
    """How a fate's symbol is drawn, about `size` points wide, in its own colour or another."""
    own, marker, _ = LOOKS[word]
    return {
        "marker": marker,
        "markersize": size * (0.88 if marker in "sD" else 1.1),
        "color": own if colour is None else colour,
        "markeredgecolor": look.INK,
        "markeredgewidth": 0.4 if size < 4 else 0.6,
    }


def label_style(index: int) -> dict[str, Any]:
    """A label's colour; the dashes change where the colours come round again."""
    return {
        "color": LABEL_COLOURS[index % len(LABEL_COLOURS)],
        "linestyle": _DASHES[index // len(LABEL_COLOURS) % len(_DASHES)],
    }


# Colours of numbers


def ramp() -> Any:
    """From dark to light, even for the eye and in grey; not as light as the paper."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps["viridis"](np.linspace(0.02, 0.86, 192)))


def darkened(colour: Any) -> str:
    """A colour that can be read as text."""
    from matplotlib.colors import to_hex, to_rgb

    return str(to_hex([0.75 * part for part in to_rgb(colour)]))


def heights(scale: Scale, numbers: Any) -> Any:
    """Where numbers lie between the scale's ends, from 0 to 1; what lies beyond is at its end."""
    low, high = scale.low, scale.high
    bounded = np.clip(numbers, low, high)
    if scale.kind == "log":
        return (np.log(bounded) - np.log(low)) / (np.log(high) - np.log(low))
    return (bounded / 2 - low / 2) / (high / 2 - low / 2)


def add_colour_bar(figure: Any, box: tuple[float, float, float, float], scale: Scale, heading: str) -> Any:
    """A bar of the ramp with the scale's ticks at its right, the heading above it."""
    from matplotlib.patches import Rectangle

    axes = add_panel(figure, box)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    set_scale(axes, scale, "")
    axes.yaxis.tick_right()
    axes.set_xticks([])
    axes.set_xlim(0, 1)
    colours, strips = ramp(), 48
    for strip in range(strips):
        # Each reaches under the next: no white hairlines.
        corner, high = (0.0, strip / strips), min(1.5 / strips, 1 - strip / strips)
        axes.add_patch(
            Rectangle(corner, 1.0, high, color=colours((strip + 0.5) / strips), lw=0, transform=axes.transAxes)
        )
    axes.set_title(heading, loc="left", fontsize=9, color=look.SOFT_INK, pad=7, parse_math=False)
    return axes
