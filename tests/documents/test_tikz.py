"""Pictures in LaTeX: every shape and every text of a drawing is there; what cannot be drawn is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bprunner.documents.latex_characters import latex_prose
from bprunner.documents.tikz import COLOURS, tikz_picture
from bprunner.figures.error_curve import ErrorCurve, draw_error_curve
from bprunner.figures.network import draw_network
from bprunner.figures.step_curve import StepCurve, draw_step_curve
from bprunner.figures.vector import SHADES, Drawing, document, element, paint, text_at
from tests.documents.documents import error_curve, hostile
from tests.figures.networks import SVG, network, tree

KINDS: dict[str, Callable[[], Drawing]] = {
    "network": lambda: draw_network(network([2, 3, 2])),
    "names": lambda: draw_network(network([2, 2, 1], has_values=False), "names"),
    "biases and notes": lambda: draw_network(network([2, 2, 1], has_biases=True, notes=("net 0.3",))),
    "forward": lambda: draw_network(network([2, 2, 1], direction="forward", path=("w1", "n1.1"))),
    "backward": lambda: draw_network(network([2, 2, 1], direction="backward", path=("w1",), error=("E = ½", "= 1"))),
    "large": lambda: draw_network(network([60, 12, 12, 12, 12, 12, 12, 40])),
    "error curve": error_curve,
    "interrupted": lambda: draw_error_curve(
        ErrorCurve("c", "w", ((0, 1), (1, 2), (2, float("nan")), (3, 4), (4, 1)), (1, 2), (3, 4), -2.5)
    ),
    "steps": lambda: draw_step_curve(StepCurve("steps", np.arange(9), np.logspace(0, -3, 9))),
    "hostile": lambda: hostile().pictures["picture-4.svg"],
}
SHAPES = ("path", "rect", "circle", "polygon")


@pytest.mark.parametrize("kind", KINDS)
def test_every_shape_and_every_text_is_drawn_once(kind: str) -> None:
    drawing = KINDS[kind]()
    written = tikz_picture(drawing)
    shapes = [node for node in tree(drawing).iter() if node.tag.removeprefix(SVG) in SHAPES]
    assert written.count("\\path[") == len(shapes) + 1  # and the picture's box
    assert written.count(" circle[") == sum(node.tag == f"{SVG}circle" for node in shapes)
    assert written.count("dash pattern") == sum("stroke-dasharray" in node.attrib for node in shapes)
    said = ["".join(node.itertext()) for node in tree(drawing).iter(f"{SVG}text")]
    assert re.findall(r"\\node\[.*?\] at \(.*?\) \{(.*)\};", written) == [latex_prose(text) for text in said]
    colours = set(re.findall(r"bp-(\w+)", written))
    assert colours <= set(SHADES)
    assert all(f"{{bp-{name}}}" in COLOURS for name in colours)


def drawn(*parts: str) -> Drawing:
    svg = document("".join(parts), width=100, height=50, title="t", description="d", name="n", kind="test")
    return Drawing(svg, 100, 50, "t")


def line(d: str) -> str:
    written = tikz_picture(drawn(element("path", {"d": d, **paint(stroke="ink", line=2.0)})))
    return written.split("line width=1.5bp] ")[1].split(";")[0]


@pytest.mark.parametrize(
    ("path", "tikz"),
    [
        ("M1 2L3 -4", "(1,2) -- (3,-4)"),
        ("M1 2H10V20", "(1,2) -- (10,2) -- (10,20)"),
        ("M1 2l3 -4-1 1z", "(1,2) -- (4,-2) -- (3,-1) -- cycle"),
        ("M10 10l5 -5v10zl1 1", "(10,10) -- (15,5) -- (15,15) -- cycle -- (11,11)"),
        ("M1 1h2v-3", "(1,1) -- (3,1) -- (3,-2)"),
        ("M1 1 2 2M3 3L4.5 4", "(1,1) -- (2,2) (3,3) -- (4.5,4)"),
        ("m1 1 2 2", "(1,1) -- (3,3)"),
    ],
)
def test_paths(path: str, tikz: str) -> None:
    assert line(path) == tikz


def test_texts_have_their_size_weight_anchor_and_ground() -> None:
    written = tikz_picture(drawn(text_at(10, 20, "a_b", 12, is_bold=True, anchor="end", has_halo=True, opacity=0.5)))
    node = next(line for line in written.split("\n") if line.startswith("\\node"))
    assert "at (10,24.2) {a\\_b};" in node
    for option in ("anchor=base east", "\\bfseries\\fontsize{9bp}", "fill=bp-paper", "text=bp-ink", "text opacity=0.5"):
        assert option in node


@pytest.mark.parametrize(
    "part",
    [
        '<ellipse cx="1" cy="1" rx="2" ry="3"/>',
        '<image href="x"/>',
        element("path", {"d": "M0 0C1 1 2 2 3 3", **paint(stroke="ink")}),
        element("path", {"d": "M0 0L1", **paint(stroke="ink")}),
        element("path", {"d": "M0 0L1 1", "transform": "rotate(3)", **paint(stroke="ink")}),
        element("rect", {"width": 3, "height": 3, "class": "bp-fill-gold"}),
        element("rect", {"width": 3, "height": 3, "fill": "#123456"}),
        element("rect", {"width": 3, "height": 3, **paint("ink")}, element("animate", {"to": "3"})),
        element("g", {"opacity": 0.3}),
        text_at(1, 1, "x", 9).replace("x<", "<tspan>x</tspan><"),
    ],
)
def test_what_cannot_be_drawn_is_refused(part: str) -> None:
    with pytest.raises(ValueError, match="a drawing has"):
        tikz_picture(drawn(part))


def test_a_picture_of_another_size_than_it_says_is_refused() -> None:
    with pytest.raises(ValueError, match="box"):
        tikz_picture(replace(drawn(), width=50))
