"""A document is one text in Markdown and the pictures that it shows; every format is made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bprunner.figures.vector import Drawing


@dataclass(frozen=True)
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
