"""A document as one HTML page: pictures and style sheet are in it, and nothing of it is loaded from anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from bprunner.documents.document import Document
from bprunner.documents.language import Language
from bprunner.documents.markdown import PLAYER, key_of, tokens_of
from bprunner.documents.mathml import mathml, rows_of, width_of
from bprunner.figures.text import one_line
from bprunner.figures.vector import Drawing

# em. What is narrower fits on the smallest screen, so nobody has to scroll it.
_NARROW = 17.0
_TALL = 12  # lines
_FEW_HEADINGS = 2
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; {scripts}img-src data:; base-uri 'none'; form-action 'none'"
_OPTIONS = MarkdownIt("commonmark").options
_ENDING = re.compile(r"[.,;:!?)\]}’”…]+")
_IDS = re.compile(r'(?<=\sid=")[^"]+(?=")')


def html_page(document: Document, *, is_strict: bool = False) -> str:
    """The whole file. A formula that cannot be shown stands as its LaTeX; where `is_strict`, it is a ValueError.

    `document.player` is put in as it is. Raises ValueError for a picture that the document does not have.
    """
    page = _Page(document, is_strict)
    tokens = tokens_of(document)
    # Ids are given to headings first: they are what a reader links to.
    page.name_headings(tokens)
    body = page.render(tokens, _OPTIONS, {})
    side, fold = page.contents()
    head, end_of_title, rest = body.partition("</h1>\n")
    scripts = "script-src 'unsafe-inline'; " if document.player else ""
    text = _FRAME.format(
        language=escapeHtml(document.language),
        policy=_POLICY.format(scripts=scripts),
        title=escapeHtml(one_line(document.title)) or "&#8203;",
        style=files("bprunner.documents").joinpath("page.css").read_text(encoding="utf-8"),
        skip=escapeHtml(page.words["skip"]),
        side=side,
        body=head + end_of_title + fold + rest if end_of_title else fold + body,
    )
    return text.encode(errors="replace").decode()


_FRAME = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#text">{skip}</a>
<div class="page">
{side}<main id="text">
{body}</main>
</div>
</body>
</html>
"""


class _Page(RendererHTML):
    """Writes tokens as HTML. Methods are named after the tokens that they write."""

    def __init__(self, document: Document, is_strict: bool) -> None:
        super().__init__()
        self._document, self._is_strict = document, is_strict
        self.words = Language(document.language).words("page")
        self._headings: list[tuple[str, str]] = []
        self._numbers: dict[str, int] = {}
        self._ids = {"text", *_IDS.findall(document.player)}
        self._style = ""

    # Headings and contents

    def name_headings(self, tokens: Sequence[Token]) -> None:
        for at, token in enumerate(tokens):
            if token.type == "heading_open":
                token.attrs["id"] = self._unique(_slug(_plain(tokens[at + 1])))
                if token.tag == "h2":
                    children = [each for each in tokens[at + 1].children or () if not each.type.startswith("link_")]
                    self._headings.append((str(token.attrs["id"]), self.renderInline(children, _OPTIONS, {})))

    def heading_close(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        opening, inline = tokens[at - 2], tokens[at - 1]
        if opening.tag == "h1":
            return "</h1>\n"
        label = escapeHtml(self.words["section_link"].format(heading=_plain(inline)))
        address = escapeHtml(str(opening.attrs["id"]))
        return f' <a class="anchor" href="#{address}" aria-label="{label}"></a></{opening.tag}>\n'

    def contents(self) -> tuple[str, str]:
        """The list of sections twice: beside the text, and folded above it, where a style sheet shows one of them."""
        if len(self._headings) < _FEW_HEADINGS:
            return "", ""
        word = escapeHtml(self.words["contents"])
        items = "".join(f'<li><a href="#{escapeHtml(id_)}">{text}</a></li>\n' for id_, text in self._headings)
        side = f'<nav class="side" aria-label="{word}">\n<p>{word}</p>\n<ol>\n{items}</ol>\n</nav>\n'
        fold = f'<details class="fold">\n<summary>{word}</summary>\n<ol>\n{items}</ol>\n</details>\n'
        return side, fold

    # Mathematics

    def math_inline(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        latex = tokens[at].content
        markup = self._mathml(latex, is_display=False)
        if markup is None:
            return f'<code class="latex">{escapeHtml(latex)}</code>{_ending(tokens, at)}'
        if width_of(markup) > _NARROW:
            return f'<span class="long">{markup}</span>{_ending(tokens, at)}'
        ending = _ending(tokens, at)
        return f'<span class="held">{markup}{ending}</span>' if ending else markup

    def text(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        written = len(_ending(tokens, at - 1)) if at and tokens[at - 1].type == "math_inline" else 0
        return escapeHtml(tokens[at].content[written:])

    def formula(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        latex = tokens[at].content
        markup = self._mathml(latex, is_display=True)
        if markup is None:
            return self._scrolling("code", "code", f'<pre><code class="latex">{escapeHtml(latex)}</code></pre>')
        width = width_of(markup)
        # A sheet of paper does not scroll: there the style sheet makes wide formulas smaller.
        style = f' style="--width:{width:.1f}"'
        rows = rows_of(markup)
        is_tall = len(rows) > _TALL
        written = _table_of(rows) if is_tall else markup
        kind = "tall formula" if is_tall else "formula"
        return self._scrolling(kind, "formula", written, style, is_wide=width > _NARROW)

    def _mathml(self, latex: str, *, is_display: bool) -> str | None:
        try:
            return mathml(latex, is_display=is_display)
        except ValueError:
            if self._is_strict:
                raise
            return None

    # What may be wider than the screen

    def _scrolling(self, kind: str, word: str, inside: str, more: str = "", is_wide: bool = True) -> str:
        """A box of its own that scrolls, with the keyboard too."""
        self._numbers[word] = self._numbers.get(word, 0) + 1
        label = escapeHtml(self.words[word].format(number=self._numbers[word]))
        reached = f' tabindex="0" role="region" aria-label="{label}"' if is_wide else ""
        return f'<div class="{kind} scroll"{reached}{more}>{inside}</div>\n'

    def table_open(self, *_: Any) -> str:
        return self._scrolling("table", "table", "<table>").removesuffix("</div>\n") + "\n"

    def table_close(self, *_: Any) -> str:
        return "</table></div>\n"

    def fence(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        return self._scrolling("code", "code", f"<pre><code>{escapeHtml(tokens[at].content)}</code></pre>")

    def code_block(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        return self.fence(tokens, at)

    # Pictures

    def picture(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        drawing = self._document.pictures[tokens[at].content]
        caption = f"<figcaption>{escapeHtml(one_line(drawing.caption))}</figcaption>\n" if drawing.caption else ""
        box = self._scrolling("picture", "picture", self._svg(drawing), f' style="--width:{drawing.width:.0f}px"')
        return f"<figure>\n{box}{caption}</figure>\n"

    def image(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        """A picture within a line."""
        return self._svg(self._document.pictures[key_of(tokens[at], self._document)])

    def _svg(self, drawing: Drawing) -> str:
        """The drawing with ids that nothing else in the page has, and with the style sheet of all drawings once."""
        own = re.search(r'<svg[^>]* id="([^"]*)"', drawing.svg)
        svg = drawing.svg
        if own is not None:
            name = self._unique(own[1])
            svg = re.sub("<[^>]*>", lambda tag: _renamed(tag[0], own[1], name), svg) if name != own[1] else svg
        found = re.search("<style>.*?</style>", svg, re.DOTALL)
        if found and found[0] == self._style:
            return svg.replace(found[0], "", 1)
        self._style = self._style or (found[0] if found else "")
        return svg

    # The rest

    def mark(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        is_player = tokens[at].content == PLAYER and self._document.player
        return f'<div class="player">\n{self._document.player}\n</div>\n' if is_player else ""

    def link_open(self, tokens: Sequence[Token], at: int, *_: Any) -> str:
        address = escapeHtml(str(tokens[at].attrs["href"]))
        return f'<a href="{address}">' if address.startswith("#") else f'<a href="{address}" rel="noopener noreferrer">'

    def _unique(self, name: str) -> str:
        found, number = name, 1
        while found in self._ids:
            number += 1
            found = f"{name}-{number}"
        self._ids.add(found)
        return found


def _table_of(rows: Sequence[Sequence[tuple[str, str]]]) -> str:
    """Aligned lines as a table of formulas: a page can end within it, where one of a formula's own cannot."""
    written = "".join(f"<tr>{''.join(map(_formula_cell, row))}</tr>\n" for row in rows)
    return f'<table class="aligned" role="presentation">\n{written}</table>'


def _formula_cell(cell: tuple[str, str]) -> str:
    style, inside = cell
    return f'<td style="{escapeHtml(style)}"><math displaystyle="true">{inside}</math></td>'


def _ending(tokens: Sequence[Token], at: int) -> str:
    """The signs after a formula within a line: browsers would begin a new line with them."""
    after = tokens[at + 1] if at + 1 < len(tokens) else None
    found = _ENDING.match(after.content) if after is not None and after.type == "text" else None
    return found[0] if found else ""


def _plain(inline: Token) -> str:
    """A line's text, formulas as their LaTeX."""
    return one_line("".join(" " if child.type == "softbreak" else child.content for child in inline.children or ()))


def _slug(text: str) -> str:
    """The address of a heading, as GitHub makes it."""
    kept = re.sub(r"[^\w\- ]", "", text.lower())
    return kept.strip().replace(" ", "-") or "section"


def _renamed(tag: str, old: str, new: str) -> str:
    """A tag whose ids, and what refers to them, begin with another name."""
    return re.sub(
        r'(\s(?:id|aria-labelledby)=")([^"]*)(")',
        lambda found: found[1] + re.sub(rf"(^| ){re.escape(old)}(?=$| |-)", rf"\g<1>{new}", found[2]) + found[3],
        tag,
    )
