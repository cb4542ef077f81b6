"""A document is one text in Markdown and the pictures that it shows; every format is made from it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from html import escape
from os import PathLike
from pathlib import Path

from bprunner.figures.vector import Drawing


@dataclass(frozen=True, repr=False)
class Document:
    """GitHub's Markdown. Mathematics stands as LaTeX between dollars within a line, and in fences called `math`.

    A picture is an image on a line of its own whose address is a name in `pictures`. `title` is plain text, `language`
    the code of the templates it was made from. `player`: a fragment of HTML that only the HTML page has, at its place
    (a line `<!-- player -->` in the Markdown).
    """

    name: str
    title: str
    language: str
    markdown: str
    pictures: Mapping[str, Drawing] = field(default_factory=dict)
    player: str = ""

    @property
    def html(self) -> str:
        """One HTML page, with everything in it."""
        from bprunner.documents.html import html_page

        return html_page(self)

    @property
    def latex(self) -> str:
        """A LaTeX article that compiles by itself."""
        from bprunner.documents.latex import latex_article

        return latex_article(self)

    def write(self, folder: str | PathLike[str], formats: Collection[str] = ("markdown", "html")) -> tuple[Path, ...]:
        """Writes NAME.md with its pictures, NAME.html and, where asked for, NAME.tex; all or nothing.

        Returns where they are. Raises ValueError for an unknown format and StorageError where a file cannot be written.
        """
        from bprunner.documents.markdown_files import files_of, write_files

        return write_files(folder, files_of(self, formats))

    def __repr__(self) -> str:
        return f"<Document {self.name}: {len(self.markdown):,} characters, {len(self.pictures)} pictures>"

    def _repr_html_(self) -> str:
        """For notebooks: the page in a frame of its own, whose style and script touch nothing else."""
        page = escape(self.html, quote=True)
        return f'<iframe srcdoc="{page}" style="width: 100%; height: 80vh; border: 1px solid #8886"></iframe>'
