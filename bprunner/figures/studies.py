"""The pictures of a study: those that fit what varies in it.

matplotlib is imported when the first of them is drawn.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from bprunner.figures.png import save_png
from bprunner.figures.study_cells import grid_of, pair
from bprunner.figures.study_data import AxisData, Column, Seen, StepsData, StudyData, seen
from bprunner.figures.study_distributions import distributions
from bprunner.figures.study_fate_map import fate_map
from bprunner.figures.study_heat import heat_map
from bprunner.figures.study_lines import error_over_steps
from bprunner.figures.study_numbers import final_error_over
from bprunner.figures.study_path import weight_path
from bprunner.figures.study_picture import Picture
from bprunner.figures.svg import save_svg

__all__ = ["AxisData", "Drawn", "Picture", "StepsData", "StudyData", "draw", "pictures_of"]

MOST_NUMBERS = 3
"""Of more numbers that vary, these have a picture of their own."""


class Drawn(NamedTuple):
    """A picture and its files."""

    picture: Picture
    svg: Path
    png: Path


def pictures_of(study: StudyData, weights: tuple[str, str] | None = None) -> list[Picture]:
    """The pictures of a study, in the order in which they are shown; nothing is drawn yet.

    weights: the two series whose paths are shown, such as weight.w5; by default those that move most in the baseline.
    """
    view = seen(study)
    pictures = error_over_steps(view)
    for column in _numbers(view):
        pictures += final_error_over(view, column)
    return [*pictures, *heat_map(view), *distributions(view), *fate_map(view), *weight_path(view, weights)]


def draw(study: StudyData, folder: str | os.PathLike[str], weights: tuple[str, str] | None = None) -> list[Drawn]:
    """Draw them all into a folder that is there, each as SVG and as PNG. Raises OSError where that is not possible."""
    drawn = []
    for picture in pictures_of(study, weights):
        figure = picture.figure()
        paths = [Path(folder) / f"{picture.name}.{kind}" for kind in ("svg", "png")]
        drawn.append(Drawn(picture, save_svg(figure, paths[0]), save_png(figure, paths[1])))
    return drawn


def _numbers(view: Seen) -> list[Column]:
    """The learning rate first. The second side of a grid is seen in the grid."""
    main, columns = view.main, pair(view)
    if main is None:
        return []
    hidden = columns[1] if columns and grid_of(view, *columns) else None
    others = [column for column in view.of("number") if column is not main and column is not hidden]
    return [main, *others][:MOST_NUMBERS]
