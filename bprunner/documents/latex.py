"""A document as a LaTeX article of its own, for pdfLaTeX, LuaLaTeX and XeLaTeX; pictures are drawn by TikZ.

What is wider than a line is made smaller, so that nothing runs off the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from markdown_it.tree import SyntaxTreeNode

from bprunner.documents import latex_characters
from bprunner.documents.document import Document
from bprunner.documents.latex_characters import latex_code, latex_prose
from bprunner.documents.markdown import key_of, tokens_of
from bprunner.documents.mathml import mathml
from bprunner.documents.tikz import COLOURS, tikz_picture

_LINE = 80  # characters that stand on a line, about
_LONG_CELL = 22  # characters from which on the cells of a wide table are broken into lines
_LEAST_CELL = 18  # characters that at least stand on a line of these
_MOST_ROWS = 30  # of a table
_MOST_LINES = 12  # of a formula
_SECTIONS = {"h2": "section*", "h3": "subsection*", "h4": "subsubsection*"}
_DEFINITION = re.compile(r"(?<!\\)%|\\(?:[gex]?def|let|(?:re)?newcommand|providecommand)(?![A-Za-z])")


def latex_article(document: Document, *, is_strict: bool = False) -> str:
    """The whole file. What is no mathematics stands as it is written; where `is_strict`, it is a ValueError.

    Raises ValueError for a picture that the document does not have, or that cannot be drawn.
    """
    body = _Article(document, is_strict).blocks(SyntaxTreeNode(tokens_of(document)).children)
    return _FRAME % {
        "links": _LINKS if r"\href" in body else "",
        "colours": COLOURS if document.pictures else "",
        "characters": latex_characters.PREAMBLE + latex_characters.declared(body),
        "body": body,
    }


_LINKS = "\\usepackage[hidelinks,bookmarks=false]{hyperref}\n"
_FRAME = r"""\documentclass[11pt,a4paper]{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[T1]{fontenc}
  \usepackage[utf8]{inputenc}
  \usepackage{textcomp}
  \usepackage{lmodern}
\else
  \usepackage{fontspec}
\fi
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath,amssymb}
\usepackage{array,booktabs}
\usepackage{graphicx}
\usepackage{tikz}
%(links)s\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt plus 2pt}
\setlength{\emergencystretch}{3em}
\widowpenalty=10000 \clubpenalty=10000
%% What is announced stands on the page of its announcement.
\makeatletter\@beginparpenalty=10000 \makeatother
%% Something in its natural size, or as small as it must be to stand on a line and on a page.
\newsavebox{\fitbox}
\newcommand{\fitted}[1]{%%
  \sbox{\fitbox}{#1}%%
  \ifdim\wd\fitbox>\linewidth\sbox{\fitbox}{\resizebox{\linewidth}{!}{\usebox{\fitbox}}}\fi
  \ifdim\dimexpr\ht\fitbox+\dp\fitbox\relax>0.9\textheight
    \sbox{\fitbox}{\resizebox*{!}{0.9\textheight}{\usebox{\fitbox}}}\fi
  \usebox{\fitbox}}
%% A picture and what it shows stay together.
\newenvironment{picturebox}{\begin{center}\begin{minipage}{\linewidth}\centering}{\end{minipage}\end{center}}
\newcommand{\formula}[1]{\[\fitted{$\displaystyle #1$}\]}
%(colours)s%(characters)s\begin{document}
%(body)s\end{document}
"""


class _Article:
    """Writes a tree of Markdown. Methods are named after what they write."""

    def __init__(self, document: Document, is_strict: bool) -> None:
        self._document, self._is_strict = document, is_strict
        self._depth = 0

    def blocks(self, nodes: Sequence[SyntaxTreeNode]) -> str:
        written = [(node.type, self._written(node)) for node in nodes]
        # A formula belongs to the paragraph before it, which keeps them on one page.
        return "".join(f"{text}\n" if kind == "formula" else f"\n{text}\n" for kind, text in written if text)

    def _written(self, node: SyntaxTreeNode) -> str:
        method: Callable[[SyntaxTreeNode], str] | None = getattr(self, f"_{node.type}", None)
        if method is None:
            raise ValueError(f"the document has {node.type}, which LaTeX is not written for")
        return method(node)

    def _line(self, node: SyntaxTreeNode) -> str:
        return "".join(map(self._written, node.children))

    # Blocks

    def _heading(self, node: SyntaxTreeNode) -> str:
        text = self._line(node)
        if node.tag == "h1":
            return rf"\begin{{center}}\LARGE\bfseries {text}\par\end{{center}}"
        return rf"\{_SECTIONS.get(node.tag, 'paragraph*')}{{{text}}}"

    _paragraph = _inline = _line

    def _bullet_list(self, node: SyntaxTreeNode) -> str:
        return f"\\begin{{itemize}}{self.blocks(node.children)}\\end{{itemize}}"

    def _ordered_list(self, node: SyntaxTreeNode) -> str:
        self._depth += 1
        counter, first = f"enum{'i' * self._depth if self._depth < 4 else 'iv'}", int(node.attrs.get("start", 1))
        begin = "" if first == 1 else f"\\setcounter{{{counter}}}{{{first - 1}}}"
        text = f"\\begin{{enumerate}}{begin}{self.blocks(node.children)}\\end{{enumerate}}"
        self._depth -= 1
        return text

    def _list_item(self, node: SyntaxTreeNode) -> str:
        # What stands behind \item in square brackets would be its mark.
        return rf"\item {{}}{self.blocks(node.children).strip()}"

    def _blockquote(self, node: SyntaxTreeNode) -> str:
        return f"\\begin{{quote}}{self.blocks(node.children)}\\end{{quote}}"

    def _hr(self, _: SyntaxTreeNode) -> str:
        return r"\begin{center}\rule{0.3\linewidth}{0.4pt}\end{center}"

    def _mark(self, _: SyntaxTreeNode) -> str:
        """Nothing: the player is for screens."""
        return ""

    def _fence(self, node: SyntaxTreeNode) -> str:
        lines = [rf"\texttt{{{latex_code(line.expandtabs(4))}}}" for line in node.content.rstrip("\n").split("\n")]
        return "\n\n".join(
            _fitted("\\begin{tabular}{@{}l@{}}\n" + " \\\\\n".join(lines[at : at + _MOST_ROWS]) + "\n\\end{tabular}")
            for at in range(0, len(lines), _MOST_ROWS)
        )

    _code_block = _fence

    # Tables

    def _table(self, node: SyntaxTreeNode) -> str:
        head, *body = [row.children for part in node.children for row in part.children]
        columns = _columns(head, [head, *body])
        written = [" & ".join(self._cell(cell) for cell in row) + r" \\" for row in body]
        top = " & ".join(rf"\textbf{{{self._line(cell)}}}" for cell in head) + r" \\"
        return "\n\n".join(
            _fitted(
                f"\\begin{{tabular}}{{{columns}}}\n\\toprule\n{top}\n\\midrule\n{rows}\n\\bottomrule\n\\end{{tabular}}"
            )
            for rows in _chunks(written, _MOST_ROWS)
        )

    def _cell(self, cell: SyntaxTreeNode) -> str:
        text = self._line(cell)
        # Behind the end of a row these would be its arguments.
        return "{}" + text if text.startswith(("[", "*")) else text

    # Pictures and mathematics

    def _picture(self, node: SyntaxTreeNode) -> str:
        drawing = self._document.pictures[node.content]
        caption = f"\n\n\\smallskip\n{{\\small {latex_prose(drawing.caption)}\\par}}" if drawing.caption else ""
        return f"\\begin{{picturebox}}\n\\fitted{{{tikz_picture(drawing)}}}{caption}\n\\end{{picturebox}}"

    def _image(self, node: SyntaxTreeNode) -> str:
        """A picture within a line."""
        assert node.token is not None
        return f"\\fitted{{{tikz_picture(self._document.pictures[key_of(node.token, self._document)])}}}"

    def _formula(self, node: SyntaxTreeNode) -> str:
        latex = self._mathematics(node.content)
        if latex is None:
            return self._fence(node)
        return "\n".join(f"\\formula{{{part}}}" for part in _parts(latex))

    def _math_inline(self, node: SyntaxTreeNode) -> str:
        latex = self._mathematics(node.content)
        return rf"\texttt{{{latex_prose(node.content)}}}" if latex is None else f"${latex}$"

    def _mathematics(self, latex: str) -> str | None:
        """The formula, where it is one: what MathML cannot show, or what defines something, goes into no article."""
        try:
            mathml(latex, is_display=True)
            if _DEFINITION.search(latex):
                raise ValueError(f"a formula defines something, or has a comment:\n{latex}")
        except ValueError:
            if self._is_strict:
                raise
            return None
        clean = "".join(each if each.isprintable() or each == "\n" else " " for each in latex)
        # An empty line would end the paragraph, and with it the formula.
        return "\n".join(line for line in clean.split("\n") if line.strip())

    # Within a line

    def _text(self, node: SyntaxTreeNode) -> str:
        return latex_prose(node.content)

    def _code_inline(self, node: SyntaxTreeNode) -> str:
        return rf"\texttt{{{latex_prose(node.content)}}}".replace("'", r"\textquotesingle{}")

    def _softbreak(self, _: SyntaxTreeNode) -> str:
        return "\n"

    def _hardbreak(self, _: SyntaxTreeNode) -> str:
        return "\\newline\n"

    def _em(self, node: SyntaxTreeNode) -> str:
        return rf"\emph{{{self._line(node)}}}"

    def _strong(self, node: SyntaxTreeNode) -> str:
        return rf"\textbf{{{self._line(node)}}}"

    def _link(self, node: SyntaxTreeNode) -> str:
        address, text = str(node.attrs["href"]), self._line(node)
        return text if address.startswith("#") else rf"\href{{{_address(address)}}}{{{text}}}"


def _fitted(inside: str) -> str:
    return f"\\begin{{center}}\\fitted{{{inside}}}\\end{{center}}"


def _chunks(rows: Sequence[str], most: int) -> list[str]:
    return ["\n".join(rows[at : at + most]) for at in range(0, max(1, len(rows)), most)]


def _columns(head: Sequence[SyntaxTreeNode], rows: Sequence[Sequence[SyntaxTreeNode]]) -> str:
    """How the columns of a table are aligned; of one that is too wide, those of long texts are broken into lines."""
    cells = [[_shown(row[at]) for row in rows] for at in range(len(head))]
    wide = [max(map(len, column)) for column in cells]
    words = [max((len(word) for cell in column for word in cell.split()), default=0) for column in cells]
    total = sum(wide) + 2 * len(wide)
    broken = {at for at in range(len(head)) if total > _LINE and wide[at] > _LONG_CELL and words[at] < wide[at]}
    long = sum(wide[at] for at in broken)
    written = []
    for at, cell in enumerate(head):
        if at in broken:
            room = max((_LINE - total + long) * wide[at] / long, words[at] + 2, _LEAST_CELL)
            written.append(rf">{{\raggedright\arraybackslash}}p{{{room / 2:.1f}em}}")
        else:
            style = str(cell.attrs.get("style", ""))
            written.append("r" if "right" in style else "c" if "center" in style else "l")
    return "".join(written)


def _shown(cell: SyntaxTreeNode) -> str:
    return "".join(node.content for node in cell.walk() if node.type in ("text", "code_inline", "math_inline"))


def _address(address: str) -> str:
    """A link's address: Markdown has turned into percentages what is in no address."""
    for character, written in (("$", "%24"), ("~", "%7E"), ("\\", "%5C"), ("{", "%7B"), ("}", "%7D"), ("^", "%5E")):
        address = address.replace(character, written)
    return re.sub(r"[%#&_]", r"\\\g<0>", address)


_PIECE = re.compile(r"\\begin\{|\\end\{|\\\\|\\.|[{}]", re.DOTALL)
_OPENED, _CLOSED = r"\begin{aligned}", r"\end{aligned}"


def _parts(latex: str) -> list[str]:
    """A formula; one of too many lines in several, between which a page may end."""
    inside = latex.strip()
    if not (inside.startswith(_OPENED) and inside.endswith(_CLOSED)):
        return [inside]
    parts = [list[str]()]
    for line in _lines(inside[len(_OPENED) : -len(_CLOSED)]):
        is_new = not line.lstrip().startswith("&")  # an equation, not the next line of one
        if len(parts[-1]) >= (_MOST_LINES if is_new else 2 * _MOST_LINES):
            parts.append([])
        parts[-1].append(line)
    return ["".join([_OPENED, "\\\\".join(part), _CLOSED]) for part in parts]


def _lines(inside: str) -> list[str]:
    """The lines of what is aligned; those of a matrix in it belong to the matrix."""
    found, depth, start = list[str](), 0, 0
    for piece in _PIECE.finditer(inside):
        text = piece[0]
        # The brace of \begin{ is counted with it, as is that of \end{; both close again behind the name.
        depth += {"{": 1, "}": -1, r"\begin{": 2, r"\end{": 0}.get(text, 0)
        if text == r"\\" and depth == 0:
            found.append(inside[start : piece.start()])
            start = piece.end()
    return [*found, inside[start:]]
