"""Drawings of networks: all is there once, nothing lies on anything else, and any name is a text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bprunner.figures.network import Words, draw_network
from bprunner.figures.network_data import Bias, Edge, Layer, Network, Neuron
from bprunner.figures.network_layout import Weights
from bprunner.figures.vector import SHADES, Drawing
from tests.figures.networks import SVG, Box, edges, labels, marked, network, neurons, texts, tree

HOSTILE = "<script>alert('&amp;')</script> $x$ ]]> \" & \n\x00\ud800\u202e" + "W" * 300
SIZES = st.lists(st.integers(1, 6), min_size=1, max_size=4)
SMALL = [[1, 1], [2, 2, 1], [2, 3, 3, 1], [3, 2], [4, 3], [1, 5, 1], [3, 3, 3]]


@settings(max_examples=40, deadline=None)
@given(sizes=SIZES, has_biases=st.booleans(), has_notes=st.booleans(), has_targets=st.booleans())
def test_no_two_texts_overlap_and_all_are_inside(
    sizes: list[int], has_biases: bool, has_notes: bool, has_targets: bool
) -> None:
    notes = ("net 0.3775", "δ −0.0418") if has_notes else ()
    shown = network(sizes, has_biases=has_biases, notes=notes, has_targets=has_targets, direction="forward")
    drawing = draw_network(shown)
    boxes = texts(drawing)
    assert [(one, other) for one, other in combinations(boxes, 2) if one.overlaps(other)] == []
    for box in boxes:
        assert box.width / 2 <= box.x <= drawing.width - box.width / 2, box
        assert box.height / 2 <= box.y <= drawing.height - box.height / 2, box


@settings(max_examples=40, deadline=None)
@given(sizes=SIZES, weights=st.sampled_from(["names", "values", "both", "none"]))
def test_every_neuron_and_edge_is_there_once(sizes: list[int], weights: Weights) -> None:
    shown = network(sizes)
    drawing = draw_network(shown, weights)
    assert sorted(neurons(drawing)) == sorted(neuron.name for layer in shown.layers for neuron in layer.neurons)
    drawn = [
        (node.attrib["data-sender"], node.attrib["data-receiver"], node.attrib["data-edge"]) for node in edges(drawing)
    ]
    assert sorted(drawn) == sorted((edge.sender, edge.receiver, edge.name) for edge in shown.edges)
    said = [node.attrib["data-edge"] for node in labels(drawing)]
    assert len(said) == len(set(said))
    assert bool(said) == (weights != "none" and len(sizes) > 1)


@pytest.mark.parametrize("sizes", SMALL, ids=str)
def test_small_networks_say_everything_on_their_edges(sizes: list[int]) -> None:
    shown = network(sizes)
    drawing = draw_network(shown)
    assert drawing.notes == ()
    assert sorted(node.text or "" for node in labels(drawing)) == sorted(f"{e.name} = {e.value}" for e in shown.edges)


@pytest.mark.parametrize("sizes", [[4, 8, 3], [6, 6]], ids=str)
def test_larger_ones_have_at_least_their_names(sizes: list[int]) -> None:
    shown = network(sizes)
    names = sorted((node.text or "").partition(" ")[0] for node in labels(draw_network(shown)))
    assert names == sorted(edge.name for edge in shown.edges)


@pytest.mark.parametrize("weights", ["names", "values", "both"])
def test_the_documents_labels_lie_on_no_other_edge(weights: Weights) -> None:
    drawing = draw_network(network([2, 2, 1]), weights)
    lines = {node.attrib["data-edge"]: _ends(node) for node in edges(drawing)}
    boxes = {node.attrib["data-edge"]: box for node, box in zip(labels(drawing), _weights(drawing), strict=True)}
    for name, box in boxes.items():
        for other, (start, end) in lines.items():
            points = [
                (start[0] + (end[0] - start[0]) * k / 200, start[1] + (end[1] - start[1]) * k / 200) for k in range(201)
            ]
            is_on = any(abs(x - box.x) < box.width / 2 and abs(y - box.y) < box.height / 2 for x, y in points)
            assert is_on == (name == other), (name, other)


def _weights(drawing: Drawing) -> list[Box]:
    wanted = {(float(node.attrib["x"]), node.text) for node in labels(drawing)}
    return [box for box in texts(drawing) if (round(box.x, 2), box.text) in wanted]


def _ends(node: ElementTree.Element) -> tuple[tuple[float, float], tuple[float, float]]:
    x1, y1, x2, y2 = map(float, re.findall(r"-?[\d.]+", node.attrib["d"]))
    return (x1, y1), (x2, y2)


@pytest.mark.parametrize("sizes", [*SMALL, [4, 8, 3], [64, 32, 10]], ids=str)
def test_an_edge_and_its_label_have_the_colour_of_the_receiver(sizes: list[int]) -> None:
    drawing = draw_network(network(sizes))
    rims = {}
    for node in marked(drawing, "g", "data-neuron"):
        circle = node.find(f"{SVG}circle")
        if circle is not None:
            rims[node.attrib["data-neuron"]] = circle.attrib["stroke"]
    for node in edges(drawing):
        assert node.attrib["stroke"] == rims[node.attrib["data-receiver"]]
    for node in labels(drawing):
        assert node.attrib["fill"] == rims[node.attrib["data-receiver"]]
    if sizes == [2, 2, 1]:
        assert len(set(rims.values())) == 4  # the inputs' grey, and one for each that receives


def test_large_layers_are_cut_and_it_is_said() -> None:
    shown = network([64, 32, 10])
    drawing = draw_network(shown)
    assert [name for name in neurons(drawing) if name.startswith("n0")] == ["n0.1", "n0.2", "n0.3", "n0.4", "n0.64"]
    drawn = set(neurons(drawing))
    kept = [edge.name for edge in shown.edges if edge.sender in drawn and edge.receiver in drawn]
    assert sorted(node.attrib["data-edge"] for node in edges(drawing)) == sorted(kept)
    assert [box.text for box in texts(drawing) if box.text.endswith("more")] == [
        "59 more",
        "27 more",
        "5 more",
        "5 more",
    ]
    assert drawing.notes[0] == "input layer 0: 5 of 64 neurons are drawn."
    assert all(note in drawing.caption for note in drawing.notes)


def test_a_path_through_a_large_layer_is_drawn() -> None:
    drawing = draw_network(network([64, 32, 10], path=["n0.40", "n1.5", "n2.10"]))
    assert "n0.40" in neurons(drawing)
    # Between n1.4 and n1.5 nothing is left out.
    assert [name for name in neurons(drawing) if name.startswith("n1")] == [
        "n1.1",
        "n1.2",
        "n1.3",
        "n1.4",
        "n1.5",
        "n1.32",
    ]


def test_deep_networks_are_cut_and_it_is_said() -> None:
    drawing = draw_network(network([2] * 12))
    assert {name.split(".")[0] for name in neurons(drawing)} - {"t1", "t2"} == {
        f"n{at}" for at in (0, 1, 2, 3, 9, 10, 11)
    }
    assert drawing.notes == ("5 layers between are left out.",)
    assert not any("n8." in (node.attrib["data-sender"]) for node in edges(drawing))


def test_crowded_labels_are_left_out_but_not_the_paths() -> None:
    shown = network([8, 8, 8], path=["w1", "w65"])
    drawing = draw_network(shown)
    said = {node.attrib["data-edge"] for node in labels(drawing)}
    assert {"w1", "w65"} <= said
    assert drawing.notes
    assert len(edges(drawing)) == 128


def test_roles_have_shapes() -> None:
    drawing = draw_network(network([2, 2, 1], has_biases=True))
    shapes = {
        node.attrib["data-role"]: sorted(child.tag.removeprefix(SVG) for child in node if child.tag != f"{SVG}text")
        for node in marked(drawing, "g", "data-neuron")
    }
    assert shapes["input"] == ["circle", "title"]
    assert shapes["output"] == ["circle", "circle", "g", "path", "title"]
    assert shapes["target"] == ["rect", "title"]
    fills = {role: SHADES[role][0] for role in ("input", "hidden", "output", "target")}
    for node in marked(drawing, "g", "data-neuron"):
        assert fills[node.attrib["data-role"]] in [child.attrib.get("fill") for child in node]


@pytest.mark.parametrize(("direction", "is_rightward"), [("forward", True), ("backward", False)])
def test_the_arrows_point_the_way_of_the_pass(direction: str, is_rightward: bool) -> None:
    drawing = draw_network(network([2, 2, 1], direction=direction, path=["w1"]))  # type: ignore[arg-type]
    assert f"{direction} pass".capitalize() in [box.text for box in texts(drawing)]
    (head,) = tree(drawing).iter(f"{SVG}polygon")
    tip, *tail = [float(pair.split(",")[0]) for pair in head.attrib["points"].split()]
    assert all((tip > each) == is_rightward for each in tail)


def test_the_path_is_marked_and_the_rest_is_faint() -> None:
    drawing = draw_network(network([2, 2, 1], path=["w1", "n0.1"]))
    faint = {node.attrib["data-edge"]: "stroke-opacity" in node.attrib for node in edges(drawing)}
    assert faint == {"w1": False, "w2": True, "w3": True, "w4": True, "w5": True, "w6": True}
    marker = [node for node in tree(drawing).iter() if SHADES["marker"][0] in (node.get("stroke"), node.get("fill"))]
    assert len(marker) == 2


def test_the_errors_box_is_there() -> None:
    drawing = draw_network(network([2, 1], error=("Error = ½(prediction − actual)²", "= 0.087")))
    (box,) = marked(drawing, "g", "data-box")
    assert [node.text for node in box.iter(f"{SVG}text")] == ["Error = ½(prediction − actual)²", "= 0.087"]


def hostile_network() -> Network:
    one = Neuron(HOSTILE, HOSTILE, notes=(HOSTILE,), bias=Bias(HOSTILE, HOSTILE))
    inputs = (Neuron("שלום", "−0.5"), Neuron("中" * 40, "1"), Neuron("{x}", "{0}"))
    sent = tuple(Edge(each.name, HOSTILE, HOSTILE, HOSTILE) for each in inputs)
    layers = (Layer("input", inputs, HOSTILE, HOSTILE), Layer("output", (one,), HOSTILE))
    return Network(HOSTILE, layers, sent, "forward", HOSTILE, (HOSTILE, HOSTILE))


def test_hostile_names_are_text() -> None:
    drawing = draw_network(hostile_network())
    tags = {node.tag.removeprefix(SVG) for node in tree(drawing).iter()}
    assert tags <= {"svg", "g", "title", "desc", "style", "rect", "circle", "path", "polygon", "text"}
    assert "<script" not in drawing.svg
    assert any("<script>" in box.text for box in texts(drawing))
    boxes = texts(drawing)
    assert [(one, other) for one, other in combinations(boxes, 2) if one.overlaps(other)] == []
    assert all(box.width / 2 <= box.x <= drawing.width - box.width / 2 for box in boxes)
    assert drawing.svg.encode("utf-8")


@given(name=st.text(max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_text_gives_valid_xml(name: str) -> None:
    inputs = (Neuron("i", name, label=name),)
    shown = Network(
        name, (Layer("input", inputs, name), Layer("output", (Neuron("o", name),), name)), (Edge("i", "o", name, name),)
    )
    ElementTree.fromstring(draw_network(shown, name=None).svg.encode())


def test_the_same_network_gives_the_same_bytes() -> None:
    assert draw_network(network([3, 4, 2])).svg == draw_network(network([3, 4, 2])).svg


def test_ids_do_not_clash() -> None:
    drawings = [
        draw_network(network([2, 1])),
        draw_network(network([2, 2])),
        draw_network(network([2, 1]), name="again"),
    ]
    ids = [node.attrib["id"] for drawing in drawings for node in tree(drawing).iter() if "id" in node.attrib]
    assert len(ids) == len(set(ids)) == 9
    for drawing in drawings:
        named = tree(drawing).attrib["aria-labelledby"].split()
        assert set(named) <= {node.get("id") for node in tree(drawing).iter()}


def test_the_description_says_what_is_seen() -> None:
    found = tree(draw_network(network([2, 1], path=["w2"]))).find(f"{SVG}desc")
    assert found is not None
    assert "w2 = −0.21 from n0.2 to n1.1" in (found.text or "")
    assert "Highlighted: w2." in (found.text or "")


def test_words_can_be_others() -> None:
    words = Words(more="noch {count}", neurons_missing="{heading}: {shown} von {count}")
    drawing = draw_network(network([20, 1]), words=words)
    assert "noch 15" in [box.text for box in texts(drawing)]
    assert drawing.notes == ("input layer 0: 5 von 20",)


@pytest.mark.parametrize(
    ("layers", "sent", "message"),
    [
        ((), (), "at least one layer"),
        ((Layer("input", (), "x"),), (), "at least one layer"),
        ((Layer("input", (Neuron("a"), Neuron("a")), "x"),), (), "2 neurons are called 'a'"),
        ((Layer("target", (Neuron("a"),), "x"), Layer("output", (Neuron("b"),), "x")), (), "last layer"),
        ((Layer("input", (Neuron("a"),), "x"),), (Edge("a", "b", "w"),), "no neurons"),
        ((Layer("input", (Neuron("a"), Neuron("b")), "x"),), (Edge("a", "b", "w"),), "to the next"),
        (
            (Layer("input", (Neuron("a"),), "x"), Layer("target", (Neuron("b"),), "x")),
            (Edge("a", "b", "w"),),
            "to the next",
        ),
        (
            (Layer("input", (Neuron("a"),), "x"), Layer("output", (Neuron("b"),), "x")),
            (Edge("a", "b", "w"), Edge("a", "b", "v")),
            "two edges",
        ),
    ],
    ids=["nothing", "empty", "twice", "early target", "unknown", "inside", "to a target", "two edges"],
)
def test_what_is_no_network_is_refused(layers: tuple[Layer, ...], sent: tuple[Edge, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Network("x", layers, sent)


def test_each_output_that_is_drawn_has_its_target_beside_it() -> None:
    drawn = neurons(draw_network(network([2, 20], path=["n1.11"])))
    outputs = [name.removeprefix("n1.") for name in drawn if name.startswith("n1.")]
    assert "11" in outputs
    assert [name.removeprefix("t") for name in drawn if name.startswith("t")] == outputs


def test_a_title_before_other_sentences_ends_like_one() -> None:
    said = "An edge has the colour of the neuron that receives it."
    for title, begin in (("A network", "A network. "), ("A network?", "A network? "), ("", "")):
        assert draw_network(replace(network([2, 1]), title=title)).caption == begin + said


def test_what_is_described_may_be_another_network_with_the_same_picture() -> None:
    room, described = network([2, 1]), network([2, 1], has_values=False)

    def told(drawing: Drawing) -> str | None:
        return tree(drawing).findtext(f"{SVG}desc")

    assert told(draw_network(room, described=described)) == told(draw_network(described)) != told(draw_network(room))
