"""A document's Markdown as tokens: what the page and the article are both made from.

Beside markdown-it's own tokens there are `math_inline`, `formula` (on its own), `picture` (an image on its own: its
`content` is the key among the document's pictures) and `mark` (a comment that says what belongs in its place).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from bprunner.documents.document import Document

PLAYER = "player"
_MARK = re.compile(r"<!-- ([a-z]+(?:: [a-z_]+)?) -->\s*")
# As on GitHub: no space inside the dollars, no digit after them; backticks within them keep Markdown off the formula.
_MATHEMATICS = re.compile(r"\$(?!\s)(?:`([^`]+)`|((?:[^$\\]|\\.)+?)(?<!\s))\$(?!\d)", re.DOTALL)


def tokens_of(document: Document) -> list[Token]:
    """The blocks of the document. Raises ValueError for a picture that it does not have."""
    return list(_with_pictures(_parser().parse(document.markdown), document))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.block.ruler.before("paragraph", "mark", _mark, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    parser.inline.ruler.before("escape", "math_inline", _mathematics)
    return parser


def _mark(state: StateBlock, start: int, _: int, silent: bool) -> bool:
    """The one kind of comment that a document has: a line of its own."""
    if state.is_code_block(start):
        return False
    found = _MARK.fullmatch(state.getLines(start, start + 1, state.blkIndent, False))
    if found and not silent:
        token = state.push("mark", "", 0)
        token.content, token.map = found[1], [start, start + 1]
        state.line = start + 1
    return found is not None


def _mathematics(state: StateInline, silent: bool) -> bool:
    found = _MATHEMATICS.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        state.push("math_inline", "", 0).content = found[1] or found[2]
    state.pos = found.end()
    return True


def _with_pictures(tokens: Sequence[Token], document: Document) -> Iterator[Token]:
    at = 0
    while at < len(tokens):
        token = tokens[at]
        image = _only_image(tokens[at + 1]) if token.type == "paragraph_open" else None
        if image is not None:
            yield Token("picture", "", 0, content=key_of(image, document), map=token.map, block=True)
            at += 3
            continue
        if token.type == "fence" and token.info.strip() == "math":
            token.type = "formula"
        yield token
        at += 1


def _only_image(inline: Token) -> Token | None:
    children = [child for child in inline.children or () if child.type != "text" or child.content.strip()]
    return children[0] if len(children) == 1 and children[0].type == "image" else None


def key_of(image: Token, document: Document) -> str:
    """Which of the document's pictures an image shows."""
    address = str(image.attrs["src"])
    for key in (address, unquote(address)):
        if key in document.pictures:
            return key
    raise ValueError(f"the document has no picture {address!r}; it has {', '.join(document.pictures) or 'none'}")
