"""Documents to make pages and articles of: the founding document with its pictures, and one whose author is hostile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bprunner.derivation.symbols import latex_name
from bprunner.documents.document import Document
from bprunner.documents.inline import inline_markdown
from bprunner.figures.error_curve import ErrorCurve, draw_error_curve
from bprunner.figures.network import draw_network
from bprunner.figures.network_data import Bias, Edge, Layer, Network, Neuron
from bprunner.figures.vector import Drawing
from tests.figures.networks import network

FOUNDING = Path(__file__).with_name("founding.md").read_text(encoding="utf-8")
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "[x](javascript:alert(1)) ![x](http://example.org/x.png) <https://example.org>",
    r"\input{/etc/passwd} \write18{id} \end{document} }{ ^^M % # & _ ~ $x$ \( \[",
    "`code` $$ ``` *a* _b_ ~~c~~ | d | <!-- player --> &lt; &amp;",
    "漢字 😀 עברית \u202e\u0302 −≈×·∂ΔδΣ→½⁺₁ éñß",
    "-->]]></style></svg></math></title><!--",
)


def error_curve(title: str = "The error over $w_6$", weight: str = "w6") -> Drawing:
    points = tuple((at / 20, (1.8 * at / 20 - 0.832) ** 2 / 2) for at in range(-4, 25))
    texts = ("w6 = 0.23", "0.27", "slope −0.752", "−0.05 · (−0.752)")
    return draw_error_curve(ErrorCurve(title, weight, points, (0.23, 0.087), (0.27, 0.06), -0.752, *texts), "curve")


def founding(player: str = "") -> Document:
    """The founding document; its first picture is shown twice."""
    shown = network([2, 2, 1], direction="forward", path=("w6", "n2.1"), error=("Error = ½(prediction − actual)²",))
    pictures = {"network.svg": draw_network(shown, name="network"), "curve.svg": error_curve()}
    return Document("doc", "Backpropagation Step by Step", "en", FOUNDING, pictures, player)


def hostile(names: tuple[str, ...] = HOSTILE) -> Document:
    """All places where an author's texts stand, written as documents write them."""
    parts = [f"# {inline_markdown(names[0])}"]
    for at, name in enumerate(names):
        text = inline_markdown(name)
        parts += [
            f"## {text}",
            f"{text} and *{text}* and **{text}**",
            f"- {text}\n- $`{latex_name(name)}_{{1}}`$",
            f"> {text}",
            f"| {text} | {text} |\n| :-- | --: |\n| {text} | {text} |",
            f"```math\n{latex_name(name)} = \\frac{{1}}{{{latex_name(name)}}}\n```",
            f"![{text}](picture-{at}.svg)",
        ]
    pictures = {f"picture-{at}.svg": _hostile_picture(name) for at, name in enumerate(names)}
    return Document("hostile", names[0], "en", "\n\n".join(parts), pictures)


def tame(document: Document) -> Document:
    """What a document would be whose author's texts are plain words."""
    return replace(hostile((r"a long and \ harmless text of an author",) * len(document.pictures)), name=document.name)


def _hostile_picture(name: str) -> Drawing:
    layers = (
        Layer("input", (Neuron(name, value=name),), name, name),
        Layer("output", (Neuron(name + "′", value=name, bias=Bias(name, name), notes=(name,)),), name),
    )
    edges = (Edge(name, name + "′", name, name, on_path=True),)
    return draw_network(Network(name, layers, edges, direction="backward", error=(name,)))
