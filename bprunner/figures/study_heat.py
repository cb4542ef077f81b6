"""A heat map: the final error over two things that vary, in colours; where runs diverged, hatched."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from bprunner.figures import look
from bprunner.figures.panels import add_panel, inches
from bprunner.figures.scales import Scale, error_scale
from bprunner.figures.study_cells import (
    Grid,
    Side,
    baseline_words,
    grid_of,
    keys_of_baseline,
    left_room,
    mark_baseline,
    name_of,
    pair,
    position,
    set_cells,
)
from bprunner.figures.study_data import Column, Seen, Values
from bprunner.figures.study_fates import LOOKS
from bprunner.figures.study_groups import quantile
from bprunner.figures.study_picture import Picture, names, pooled
from bprunner.figures.study_sheet import (
    BASELINE,
    BASELINE_COLOUR,
    BASELINE_WIDTH,
    RIGHT,
    add_cell,
    add_colour_bar,
    heights,
    key_baseline,
    new_sheet,
    place,
    ramp,
    write_key,
)
from bprunner.figures.study_strokes import stable_limits
from bprunner.figures.text import number_text

_LETTER: Final = 0.066
"""The width of a small digit in inches."""
_MANY: Final = 400
_HATCHED: Final[dict[str, Any]] = {
    "facecolor": "#efe6ea",
    "edgecolor": LOOKS["diverged"].colour,
    "hatch": "////",
    "linewidth": 0.0,
}


def heat_map(view: Seen) -> list[Picture]:
    """Nothing where fewer than two things vary, or where their values do not make a grid."""
    columns = pair(view)
    grid = grid_of(view, *columns) if columns else None
    if columns is None or grid is None or not np.isfinite(medians(view, grid)).any():
        return []
    return [Picture("final_error_map", _caption(view, grid, columns), lambda: _figure(view, grid, columns))]


def medians(view: Seen, grid: Grid) -> Values:
    """The median of the final errors of each cell's runs, (along, across); inf where it diverged, nan without runs."""
    cells = [[quantile(view.errors[rows], 0.5) if len(rows) else np.nan for rows in line] for line in grid.members]
    return np.array(cells)


def _caption(view: Seen, grid: Grid, columns: tuple[Column, Column]) -> str:
    errors = medians(view, grid)
    what = "The final error" if grid.most == 1 else "The median of the final errors"
    strips = [side.column for side in (grid.across, grid.along) if not side.is_exact]
    parts = [f"{what} over {names(columns)}"]
    parts += [f", of neighbouring values of {names(strips)}" if strips else ""]
    parts += ["; hatched where runs diverged" if np.isinf(errors).any() else ""]
    parts += [baseline_words(grid)]
    parts += ["; no colour where there is no run" if np.isnan(errors).any() else ""]
    parts += ["; the largest stable learning rates are dashed" if _limits(view, grid) else ""]
    return "".join(parts) + "." + pooled(view.columns, columns)


def _figure(view: Seen, grid: Grid, columns: tuple[Column, Column]) -> Any:
    errors = medians(view, grid)
    known = errors[np.isfinite(errors)]
    own = [view.baseline_error] if view.has_baseline_error else []
    scale = error_scale(np.append(known, own))
    what = "final error" if grid.most == 1 else "median of the final error"
    figure = new_sheet(view.study.title, f"{what} over {columns[0].name} and {columns[1].name}")
    texts, left = left_room(grid.along)
    axes = add_panel(figure, place(figure, left=left, right=RIGHT + 1.15))
    set_cells(axes, grid, texts)
    axes.set_title(name_of(columns[1]), loc="left", fontsize=9, color=look.SOFT_INK, pad=7, parse_math=False)
    _draw_cells(axes, errors, scale)
    _draw_limits(axes, _limits(view, grid))
    mark_baseline(axes, grid)
    _write_errors(axes, errors, scale)
    if len(known):
        box = axes.get_position()
        heading = f"{what.removeprefix('median of the ')} · log scale" if scale.kind == "log" else "final error"
        bar = add_colour_bar(figure, (box.x1 + 0.035, box.y0, 0.022, box.height), scale, heading.replace(" · ", "\n"))
        if own:
            bar.axhline(own[0], color=BASELINE_COLOUR, lw=BASELINE_WIDTH, gid=BASELINE)
    write_key(figure, _key(view, grid, errors, bool(own)))
    return figure


def _draw_cells(axes: Any, errors: Values, scale: Scale) -> None:
    """Whole cells of colour; of those that diverged a pale face with hatching."""
    colours = ramp()
    for along, across in np.ndindex(*errors.shape):
        error, gid = float(errors[along, across]), f"cell.{across}.{along}"
        if np.isinf(error):
            add_cell(axes, across, along, **_HATCHED, gid=gid)
        elif np.isfinite(error):
            colour = colours(float(heights(scale, error)))
            edge = "white" if errors.size <= _MANY else colour
            add_cell(axes, across, along, facecolor=colour, edgecolor=edge, linewidth=0.4, gid=gid)


def _write_errors(axes: Any, errors: Values, scale: Scale) -> None:
    """The number in each cell, light on dark and dark on light, where all have room."""
    texts = {
        (along, across): number_text(errors[along, across], 2) for along, across in np.argwhere(np.isfinite(errors))
    }
    wide, high = inches(axes)
    room = wide / errors.shape[1], high / errors.shape[0]
    if room[0] < _LETTER * (max(map(len, texts.values())) + 1) or room[1] < 2 * _LETTER:
        return
    for (along, across), text in texts.items():
        colour = "white" if float(heights(scale, errors[along, across])) < 0.62 else "black"
        axes.text(across, along, text, ha="center", va="center", fontsize=7.5, color=colour, zorder=5)


# The limits of what is stable


def _limits(view: Seen, grid: Grid) -> list[tuple[int, float]]:
    """By cell of the vertical side, where the largest stable rate lies across; for cells that have just one."""
    side: Side = grid.across
    if side.centres is None or not side.column.is_rate:
        return []
    found = []
    for along, line in enumerate(grid.members):
        limits = stable_limits(view, side.column, np.concatenate(line))
        if len(limits) == 1 and side.centres[0] <= limits[0] <= side.centres[-1]:
            found.append((along, position(side, float(limits[0]))))
    return found


def _draw_limits(axes: Any, limits: list[tuple[int, float]]) -> None:
    for along, across in limits:
        for colour, dashes in (("white", "-"), ("black", (0, (3, 2)))):
            axes.plot([across, across], [along - 0.5, along + 0.5], color=colour, ls=dashes, lw=1.6, gid="stable")


def _key(view: Seen, grid: Grid, errors: Values, is_known: bool) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    key = keys_of_baseline(grid) or ([key_baseline()] if is_known else [])
    if np.isinf(errors).any():
        key.append(Patch(label="diverged", **_HATCHED))
    if _limits(view, grid):
        key.append(Line2D([], [], color="black", lw=1.6, ls=(0, (3, 2)), label="largest stable rate"))
    return key
