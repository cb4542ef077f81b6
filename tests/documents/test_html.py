"""The page: everything of the document is in it, as text, and nothing else; nothing is loaded from anywhere."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bprunner.documents.document import Document
from bprunner.documents.html import html_page
from bprunner.documents.markdown import tokens_of
from bprunner.documents.mathml import mathml, width_of
from bprunner.figures.text import one_line
from tests.documents.documents import HOSTILE, error_curve, founding, hostile, tame

_EMPTY = {"meta", "br", "hr", "img", "link", "input"}


@dataclass
class Page(HTMLParser):
    """What a browser finds in a page."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags, self.text, self._open = [], "", list[str]()
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in _EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self._open:
            self.text += data

    def all(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.tags if name in attributes]


def made(markdown: str, **more: object) -> str:
    return html_page(replace(Document("d", "D", "en", markdown), **more), is_strict=True)  # type: ignore[arg-type]


def words_of(document: Document) -> Iterator[str]:
    """All text of the Markdown but that of formulas."""
    for token in tokens_of(document):
        if token.type in ("fence", "code_block"):
            yield token.content
        for child in token.children or ():
            if child.type in ("text", "code_inline"):
                yield child.content


def parts(page: str, tag: str) -> list[str]:
    return re.findall(rf"<{tag}[ >].*?</{tag}>", page, re.DOTALL)


@pytest.mark.parametrize("document", [founding(), hostile()], ids=["founding", "hostile"])
def test_every_text_is_in_the_page_in_its_order(document: Document) -> None:
    text, at = Page(html_page(document, is_strict=True)).text, 0
    for words in words_of(document):
        found = text.find(words, at)
        assert found >= 0, words
        at = found + len(words)
    for drawing in document.pictures.values():
        assert one_line(drawing.caption) in text


def test_every_formula_is_mathematics_and_drawings_are_drawings() -> None:
    document = founding()
    page = html_page(document, is_strict=True)
    tokens = tokens_of(document)
    inline = [child for token in tokens for child in token.children or () if child.type == "math_inline"]
    alone = [token for token in tokens if token.type == "formula"]
    in_contents = 2  # the one heading with a formula, beside the text and above it
    assert len(parts(page, "math")) == len(inline) + len(alone) + in_contents
    assert page.count('<math display="block">') == len(alone)
    assert page.count('class="boxed"') == 1
    assert "menclose" not in page
    assert len(parts(page, "svg")) == 3
    for part in parts(page, "math") + parts(page, "svg"):
        ElementTree.fromstring(part)


def test_hostile_texts_make_nothing_that_plain_words_would_not() -> None:
    page, plain = (Page(html_page(each, is_strict=True)) for each in (hostile(), tame(hostile())))
    kinds = {(tag, name) for tag, attributes in page.tags for name in [*attributes, ""]}
    assert kinds == {(tag, name) for tag, attributes in plain.tags for name in [*attributes, ""]}
    for tag in ("script", "img", "a", "h2", "table", "blockquote", "em", "code", "figure", "math", "style", "title"):
        assert [each for each, _ in page.tags].count(tag) == [each for each, _ in plain.tags].count(tag), tag
    assert all(address.startswith("#") for address in page.all("href"))
    for name in HOSTILE:
        # A heading, in both lists of contents too, three in a paragraph, a list, a quotation, four in a table.
        shown = " ".join(name.split())
        assert page.text.count(shown) >= 10


def test_no_request_leaves_the_page() -> None:
    page = html_page(founding(), is_strict=True)
    for tag, attributes in Page(page).tags:
        assert not {"src", "srcset", "data", "poster", "background", "xlink:href"} & set(attributes)
        assert "href" not in attributes or tag == "a"
        assert tag not in ("link", "script", "iframe", "object", "embed", "base")
    assert not re.search(r"url\(|@import|@font-face|image\(", page)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")


def test_every_id_is_there_once_and_everything_that_is_referred_to() -> None:
    page = Page(html_page(founding('<p id="overview">x</p>'), is_strict=True))
    ids = page.all("id")
    assert len(set(ids)) == len(ids)
    referred = [address[1:] for address in page.all("href") if address.startswith("#")]
    referred += [name for names in page.all("aria-labelledby") for name in names.split()]
    assert set(referred) <= set(ids)
    assert {"network", "network-2", "network-2-title", "overview-2"} <= set(ids)
    labelled = [names.split() for names in page.all("aria-labelledby")]
    assert len({names[0] for names in labelled}) == len(labelled) == 3


def test_headings_are_in_the_contents_under_githubs_addresses() -> None:
    page = made("# T\n\n## One thing\n\n## One thing\n\n## h₁ & *w*: `x`\n\n### no\n\n## !?\n\n## text")
    assert re.findall('<h2 id="(.*?)">', page) == ["one-thing", "one-thing-2", "h₁--w-x", "section", "text-2"]
    sides = re.findall(r'<li><a href="#(.*?)">(.*?)</a></li>', page)
    assert sides[:3] == [
        ("one-thing", "One thing"),
        ("one-thing-2", "One thing"),
        ("h₁--w-x", "h₁ &amp; <em>w</em>: <code>x</code>"),
    ]
    assert len(sides) == 10
    assert "<nav" not in made("# T\n\n## One\n\ntext")
    linked = Page(made("# T\n\n## [One](https://example.org)\n\n## Two"))
    assert linked.all("href").count("https://example.org") == 1


def test_the_player_stands_at_its_place_and_its_line_vanishes_without_it() -> None:
    player = "<p>&amp;</p><script>const a = 1 < 2 && '<\\/script>';</script>"
    markdown = "before\n\n<!-- player -->\n<!-- code: forward_again -->\n\nafter"
    page = made(markdown, player=player)
    assert f'<p>before</p>\n<div class="player">\n{player}\n</div>\n<p>after</p>' in page
    assert "script-src 'unsafe-inline'" in page
    assert "<p>before</p>\n<p>after</p>" in made(markdown)
    assert "script" not in made(markdown)
    # As text it is text.
    assert "&lt;!-- player --&gt;" in made("a <!-- player --> b", player=player)
    assert player not in made("`<!-- player -->`\n\n    <!-- player -->", player=player)


def test_a_formula_that_is_none_stands_as_it_is_written() -> None:
    markdown = "$\\nonsense{<b>}$\n\n```math\n\\input{x}<i>\n```"
    with pytest.raises(ValueError, match=r"(?s)MathML.*\\nonsense"):
        made(markdown)
    with pytest.raises(ValueError, match=r"(?s)MathML.*\\input"):
        made(markdown.split("\n\n")[1])
    page = html_page(Document("d", "D", "en", markdown))
    assert '<code class="latex">\\nonsense{&lt;b&gt;}</code>' in page
    assert '<pre><code class="latex">\\input{x}&lt;i&gt;\n</code></pre>' in page


@pytest.mark.parametrize(
    ("markdown", "formulas"),
    [
        ("$x$ and $y$, as of 5", ["x", "y"]),
        ("it costs $5 and $6, or $5,$6", []),
        (r"it costs \$5 and \$6$", []),
        ("$ x $ or $x $", []),
        ("`$x$`", []),
        (r"$a\$b$\\", [r"a\$b"]),
        (r"$`\{a\_b\}`$ and $`x`$", [r"\{a\_b\}", "x"]),
        ("| $a$ | b |\n| --- | --- |\n| $b_{1}$ | *$c$* |", ["a", "b_{1}", "c"]),
        ("$a\nb$", ["a\nb"]),
    ],
)
def test_what_is_mathematics(markdown: str, formulas: list[str]) -> None:
    tokens = tokens_of(Document("d", "D", "en", markdown))
    children = [child for token in tokens for child in token.children or ()]
    assert [child.content for child in children if child.type == "math_inline"] == formulas


def test_signs_stay_with_the_formula_before_them() -> None:
    page = made("$x$, and ($y$). $z$ $\\frac{a}{b}$…")
    assert re.findall(r"</math>([^<]*)(</?span)?", page) == [
        (",", "</span"),
        (").", "</span"),
        (" ", "<span"),
        ("…", "</span"),
    ]
    assert Page(page).text.strip().endswith("x, and (y). z ab…")


def test_pictures_are_found_by_their_addresses() -> None:
    drawing = error_curve()
    assert "<figure>" in made("![a](path-é.svg)", pictures={"path-é.svg": drawing})
    inside = made("a ![a](b.svg) b", pictures={"b.svg": drawing})
    assert "<figure>" not in inside
    assert "<svg" in inside
    for markdown in ("![a](https://example.org/a.svg)", "a ![a](c.svg) b", "![a](data:image/png;base64,AAAA)"):
        with pytest.raises(ValueError, match=r"no picture .*it has b.svg"):
            made(markdown, pictures={"b.svg": drawing})


def test_a_drawing_that_is_shown_twice_has_its_style_once() -> None:
    page = html_page(founding(), is_strict=True)
    assert page.count("<style>") == 2
    assert page.count(":where(.bp-drawing)") == 2


def test_links_that_would_run_something_are_text() -> None:
    page = Page(made("[a](javascript:alert(1)) [b](https://example.org/?a&b) [c](#d) [e](data:text/html,x)"))
    assert page.all("href") == ["#text", "https://example.org/?a&b", "#d"]


def test_titles_and_half_characters_are_text() -> None:
    page = made("a \ud800 b", title="</title><script>\ud800 & \x00", language="en")
    page.encode()
    assert "<title>&lt;/title&gt;&lt;script&gt;  &amp;</title>" in page


@pytest.mark.parametrize(
    ("latex", "least", "most"),
    [
        ("x", 0.3, 1),
        ("w_{5}", 0.7, 1.5),
        (r"\frac{a + b + c}{2}", 3, 6),
        (r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}", 2.5, 5),
    ],
)
def test_how_wide_a_formula_is(latex: str, least: float, most: float) -> None:
    assert least < width_of(mathml(latex, is_display=True)) < most


def test_many_lines_of_a_formula_are_a_table_of_formulas() -> None:
    """A sheet of paper may end between them."""
    lines = [rf"x_{{{at}}} &= \begin{{bmatrix}} 1 \\ {at} \end{{bmatrix}} < 2" for at in range(13)]
    formula = "```math\n\\begin{{aligned}}\n{}\n\\end{{aligned}}\n```"
    few, many = (made(formula.format(" \\\\\n".join(part))) for part in (lines[:12], lines))
    assert "<table" not in few
    assert many.count("<tr>") == 13
    cells = parts(many, "math")
    assert len(cells) == 26
    for cell in cells:
        ElementTree.fromstring(cell)
    assert "".join(Page(many).text.split()).endswith("".join(f"x{at}=[1{at}]<2" for at in range(13)))
    assert 'class="tall formula scroll"' in many


_BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.skipif(_BROWSER is None and os.environ.get("CI") != "true", reason="needs Chromium")
def test_on_a_narrow_screen_nothing_is_cut_off(tmp_path: Path) -> None:
    """What is wider than the screen scrolls in a box of its own, which the keyboard reaches."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = _BROWSER or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={tempfile.mkdtemp(dir=tmp_path)}")
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        screen = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        for document in (founding(), hostile()):
            path = tmp_path / f"{document.name}.html"
            path.write_text(html_page(document, is_strict=True), encoding="utf-8")
            browser.get(path.as_uri())
            assert browser.execute_script("return document.documentElement.scrollWidth") == 360
            assert browser.execute_script(_CUT_OFF) == []
            assert browser.execute_script(_UNREACHED) == []
            assert browser.get_log("browser") == []
    finally:
        browser.quit()


_CUT_OFF = """return [...document.querySelectorAll('main, main *')]
    .filter(each => !each.closest('.scroll *, .long, svg') && each.getBoundingClientRect().right > innerWidth + 1)
    .map(each => each.outerHTML.slice(0, 200))"""
_UNREACHED = """return [...document.querySelectorAll('.scroll:not([tabindex])')]
    .filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.outerHTML.slice(0, 200))"""
