"""The article: it compiles, everything of the document is in it as text, and no text is a command."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.documents.document import Document
from bprunner.documents.latex import latex_article
from bprunner.documents.latex_characters import declared, latex_code, latex_prose
from bprunner.documents.markdown import tokens_of
from tests.documents.documents import HOSTILE, founding, hostile
from tests.documents.test_tikz import KINDS

_IS_FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"


def made(markdown: str) -> str:
    return latex_article(Document("d", "D", "en", markdown), is_strict=True).split("\\begin{document}")[1]


def compiled(article: str, folder: Path, engine: str = "pdflatex") -> str:
    """What TeX says of it, which must be no error."""
    if shutil.which(engine) is None and os.environ.get("CI") != "true":
        pytest.skip(f"needs {engine}")
    (folder / "article.tex").write_text(article, encoding="utf-8")
    command = [engine, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "article.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    said = done.stdout.decode(errors="replace")
    assert done.returncode == 0, "\n".join(line for line in said.split("\n") if line.startswith(("!", "l.")))
    return said


def text_of(folder: Path) -> str:
    """The PDF's text without spaces."""
    if shutil.which("pdftotext") is None and os.environ.get("CI") != "true":
        pytest.skip("needs pdftotext")
    done = subprocess.run(["pdftotext", "article.pdf", "-"], cwd=folder, capture_output=True, check=True)
    return re.sub(r"\s", "", done.stdout.decode())


@pytest.mark.parametrize("engine", ["pdflatex", *(["lualatex"] if _IS_FULL else [])])
def test_it_compiles_with_everything_on_the_page(engine: str, tmp_path: Path) -> None:
    pictures = {f"{kind}.svg": draw() for kind, draw in KINDS.items() if kind not in ("large", "hostile")}
    document = founding("<p>a player</p>")
    more = "\n\n".join([document.markdown, *(f"![a](<{name}>)" for name in pictures), _LONG])
    article = latex_article(Document("d", "D", "en", more, {**document.pictures, **pictures}), is_strict=True)
    assert "Overfull" not in compiled(article, tmp_path, engine)
    text = text_of(tmp_path)
    for words in (
        "Backpropagation Step by Step",
        "nothing: $0.",
        "In code",
        'w6 -= 0.05 * delta * h2  # "a" of',
        "the last",
    ):
        assert re.sub(r"\s", "", words) in text
    assert "player" not in text


_LONG = (
    "| a | b |\n| --- | --: |\n"
    + "| a text that is longer than what stands in a cell, and longer still, as texts are | 1 |\n" * 70
    + "| the last | 0.12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789 |\n\n"
    + "```math\n\\begin{aligned}\n"
    + " \\\\\n".join(rf"w_{{{at}}} &= \begin{{bmatrix}} 1 \\ {at} \end{{bmatrix}}" for at in range(40))
    + "\n\\end{aligned}\n```\n\n"
    + f"```math\n{' + '.join(f'w_{{{at}}}' for at in range(90))}\n```\n\n"
    + f"```\n{'a long line of code; ' * 9}\n```"
)


def test_hostile_texts_are_texts(tmp_path: Path) -> None:
    said = compiled(latex_article(hostile(), is_strict=True), tmp_path)
    text = text_of(tmp_path)
    for name in HOSTILE[:6]:
        # A font has one apostrophe; and what is hyphenated in the text is not at least in the heading.
        assert re.sub(r"\s", "", name) in text
    for letter in ("[U+6F22]", "[U+1F600]", "[U+05E2]", "≈", "∂∆δΣ", "éñß"):
        assert letter in text
    assert "root:" not in text
    assert "passwd" not in said


def test_every_text_of_the_markdown_is_in_the_article() -> None:
    document = founding()
    article = latex_article(document, is_strict=True)
    at = article.index("\\begin{document}")
    for token in tokens_of(document):
        for child in token.children or ():
            if child.type in ("text", "math_inline"):
                found = article.find(child.content if child.type == "math_inline" else latex_prose(child.content), at)
                assert found > 0, child.content
                at = found


@given(st.text() | st.text(st.sampled_from("\\{}$&#%_^~<>|\"`'-,[]*\n\x00 a")))
def test_no_text_is_a_command(text: str) -> None:
    """Only the commands that stand for characters, each closed by its braces, and braces in pairs."""
    for written in (latex_prose(text), latex_code(text)):
        rest = re.sub(r"\\(?:text\w+|allowbreak)\{\}|\\[{}$&#%_]|\{\}|~", "", written)
        assert not set(rest) & set('\\{}$&#%_^~`|<>"')
        assert rest.isprintable()


@given(st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters='\\{}$&#%_^~<>|"`')))
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert latex_prose(text).replace("{}", "").replace("\\allowbreak", "") == text


def test_characters_are_declared_that_are_used() -> None:
    assert declared("plain \\LaTeX") == ""
    assert declared("漢δ漢") == "\\knownsign{\\ensuremath{\\delta}}{δ}{03B4}\n\\raresign{漢}{6F22}\n"
    article = latex_article(hostile(), is_strict=True)
    head, body = article.split("\\begin{document}")
    for character in set(body):
        assert (
            character.isascii() or len(re.findall(rf"\{{{re.escape(character)}\}}\{{[0-9A-F]{{4,6}}\}}\n", head)) == 1
        )


@pytest.mark.parametrize(
    ("markdown", "latex"),
    [
        ("# T & *t*", r"\begin{center}\LARGE\bfseries T \& \emph{t}\par\end{center}"),
        ("## T `x'`", r"\section*{T \texttt{x\textquotesingle{}}}"),
        ("### T", r"\subsection*{T}"),
        ("- [a]\n- b", "\\begin{itemize}\n\\item {}[a]\n\n\\item {}b\n\\end{itemize}"),
        ("3. a\n4. b", "\\begin{enumerate}\\setcounter{enumi}{2}\n\\item {}a"),
        ("1. a\n\n   3. b", "\\begin{enumerate}\\setcounter{enumii}{2}\n\\item {}b"),
        ("> a **b**", "\\begin{quote}\na \\textbf{b}\n\\end{quote}"),
        ("[a](https://e.org/?a=%20&b#c_~$)", r"\href{https://e.org/?a=\%20\&b\#c\_\%7E\%24}{a}"),
        ("[a](#b)", "\na\n"),
        ("a\\\nb", "a\\newline\nb"),
        ("$a$\n\n```math\nb\n\nc\n```", "\n$a$\n\\formula{b\nc}\n"),
        ("```\na  b'\n```", r"\texttt{a~~b\textquotesingle{}}"),
        (
            "| a | b | c |\n| :-: | --: | --- |\n| [1] | * | 漢 |",
            "{crl}\n\\toprule\n\\textbf{a} & \\textbf{b} & \\textbf{c} \\\\\n\\midrule\n{}[1] & {}* & 漢 \\\\",
        ),
    ],
)  # fmt: skip
def test_how_it_is_written(markdown: str, latex: str) -> None:
    assert latex in made(markdown)


def test_long_tables_and_code_are_parted_so_that_a_page_may_end() -> None:
    body = made("| head | b |\n| --- | --- |\n" + "".join(f"| row {at} | b |\n" for at in range(71)))
    assert body.count("\\textbf{head}") == body.count("\\begin{tabular}") == 3
    assert re.findall(r"row (\d+) &", body) == [str(at) for at in range(71)]
    assert made("```\n" + "a\n" * 71 + "```").count("\\begin{tabular}") == 3


def test_links_are_brought_where_there_are_some() -> None:
    assert "hyperref" in latex_article(founding())
    assert "hyperref" not in latex_article(Document("d", "D", "en", "a"))


@pytest.mark.parametrize(
    "latex", [r"\input{x}", r"\write18{x}", r"a % b", r"\def\x{\x}\x", r"\newcommand{\x}{1}\x", "}"]
)
def test_what_is_no_formula_stands_as_it_is_written(latex: str) -> None:
    for markdown in (f"$`{latex}`$", f"```math\n{latex}\n```"):
        with pytest.raises(ValueError, match="formula"):
            made(markdown)
        body = latex_article(Document("d", "D", "en", markdown)).split("\\begin{document}")[1]
        assert f"\\texttt{{{latex_prose(latex)}}}" in body or f"\\texttt{{{latex_code(latex)}}}" in body


def test_long_formulas_are_parted_between_equations() -> None:
    lines = [
        rf"a_{{{at}}} &= \begin{{cases}} 1 & \text{{\{{}} \\ 2 \end{{cases}} \\" "\n" rf"&\approx {at}"
        for at in range(20)
    ]
    latex = " \\\\\n".join(lines)
    parts = re.findall(
        r"\\formula\{\\begin\{aligned\}(.*?)\\end\{aligned\}\}",
        made(f"```math\n\\begin{{aligned}}{latex}\\end{{aligned}}\n```"),
        re.DOTALL,
    )
    assert "\\\\".join(parts) == latex
    assert [part.count("approx") for part in parts] == [6, 6, 6, 2]
    assert all(part.lstrip().startswith("a_") for part in parts)
