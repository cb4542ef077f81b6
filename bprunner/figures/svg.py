"""Saving a picture: text that stays text, the same bytes for the same picture, and never half a file."""

from __future__ import annotations

import io
import os
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from bprunner.figures.look import house_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_svg(figure: Figure, path: str | os.PathLike[str]) -> Path:
    """Write a figure as SVG, in one go: a reader finds the old file or the new one, never a part."""
    return write_whole(path, svg_bytes(figure))


def write_whole(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file, or leave the one that is there."""
    target = Path(path)
    temporary = target.with_name(f".figure-{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def svg_bytes(figure: Figure) -> bytes:
    """A figure as SVG. Its label, where it has one, becomes the document's title."""
    buffer = io.BytesIO()
    named = {"Title": figure.get_label()} if figure.get_label() else {}
    metadata = {"Date": None, "Creator": None, **named}
    with house_style(), warnings.catch_warnings():
        # Text stays text, so a letter that matplotlib's font lacks is in the viewer's.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(buffer, format="svg", metadata=metadata)
    return buffer.getvalue()
