"""A plot is a picture for a notebook: it shows itself there, and can be saved."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bprunner.errors import InputError, Problem, StorageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Plot:
    """A picture, drawn when it is asked for.

    `name` is the stem of a file for it, `caption` says in Markdown what is seen, `alt` the same in plain text, for who
    does not see it.
    """

    def __init__(self, name: str, caption: str, draw: Callable[[], Figure]) -> None:
        self.name, self.caption, self._draw = name, caption, draw

    @property
    def alt(self) -> str:
        return " ".join(self.caption.replace("`", "").split())

    def figure(self) -> Figure:
        """A new matplotlib figure, to be changed by whoever asks."""
        return self._draw()

    @cached_property
    def svg(self) -> str:
        """The picture as an SVG document, with `alt` in it."""
        from bprunner.figures.compact import compact_svg
        from bprunner.figures.svg import svg_bytes
        from bprunner.figures.vector import element

        whole = compact_svg(svg_bytes(self._draw())).decode()
        # The opening tag as far as the attributes that it gets; texts are escaped as those of any drawing.
        described = element("svg", {"role": "img", "aria-label": self.alt}).removesuffix("/>")
        return whole.replace("<svg", described, 1)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes it as SVG or PNG, as the name ends, and returns the path.

        Raises InputError for another ending, and StorageError where the file cannot be written.
        """
        from bprunner.figures.png import save_png
        from bprunner.figures.svg import write_whole

        target = Path(path)
        kind = target.suffix.lower()
        if kind not in (".svg", ".png"):
            hint = f"such as {target.with_suffix('.svg').name or f'{self.name}.svg'}"
            raise InputError(Problem(f"{target} ends with neither .svg nor .png", hint=hint))
        try:
            return save_png(self._draw(), target) if kind == ".png" else write_whole(target, self.svg.encode())
        except OSError as error:
            raise StorageError(f"the picture cannot be written: {target}: {error}") from error

    def __repr__(self) -> str:
        return f"<Plot {self.name}>"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        """For notebooks. Without what stands before the picture in a file, it can stand in a page as well."""
        shown = self.svg[self.svg.index("<svg") :]
        return {"image/svg+xml": shown, "text/plain": self.alt}, {"image/svg+xml": {"alt": self.alt}}
