"""Saving a picture as pixels, for whoever cannot show SVG."""

from __future__ import annotations

import io
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bprunner.figures.look import house_style
from bprunner.figures.svg import write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DPI: Final = 150


def save_png(figure: Figure, path: str | os.PathLike[str]) -> Path:
    """Write a figure as PNG, in one go: a reader finds the old file or the new one, never a part."""
    return write_whole(path, png_bytes(figure))


def png_bytes(figure: Figure) -> bytes:
    """A figure as PNG, 150 pixels an inch."""
    buffer = io.BytesIO()
    with house_style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()
