"""What is in a figure: its lines, cells and texts, by the names that the pictures give them."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bprunner.figures.studies import Picture, StudyData, pictures_of


def picture(study: StudyData, name: str) -> Picture:
    """The picture with this name."""
    (found,) = [each for each in pictures_of(study) if each.name == name]
    return found


def drawn(study: StudyData, name: str) -> Any:
    return picture(study, name).figure()


def lines(figure: Any, name: str) -> list[Any]:
    """The lines that are called so."""
    return [line for axes in figure.axes for line in axes.lines if line.get_gid() == name]


def points(figure: Any, name: str) -> NDArray[np.float64]:
    """Across and along, (n, 2), of all lines that are called so, on the first axes."""
    own = [line.get_xydata() for line in figure.axes[0].lines if line.get_gid() == name]
    return np.concatenate([np.empty((0, 2)), *own])


def cells(figure: Any) -> dict[tuple[int, int], Any]:
    """The cells of a grid, by their places across and along."""
    patches = [patch for patch in figure.axes[0].patches if str(patch.get_gid()).startswith("cell.")]
    return {(int(each.get_gid().split(".")[1]), int(each.get_gid().split(".")[2])): each for each in patches}


def svg_texts(content: bytes) -> list[str]:
    nodes = ElementTree.fromstring(content).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(node.itertext()) for node in nodes]


def key(figure: Any) -> list[str]:
    """The texts of the keys."""
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes)]
    return [text.get_text() for legend in legends if legend is not None for text in legend.get_texts()]
