"""Colours that can be read, numbers and texts of hand-written SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from bprunner.figures.vector import RECEIVER_SHADES, SHADES, document, element, isolated, number, text_at, text_width


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_texts_can_be_read_on_their_grounds(theme: int) -> None:
    for shade in ("ink", "soft", *RECEIVER_SHADES):
        assert _contrast(SHADES[shade][theme], SHADES["paper"][theme]) >= 4.5, shade
    for ground in ("input", "hidden", "output", "target", "bias", "marker"):
        assert _contrast(SHADES["ink"][theme], SHADES[ground][theme]) >= 4.5, ground


def test_numbers_are_short() -> None:
    assert [number(value) for value in (1.0, 0.126, -0.001, 100.0, -2.5)] == ["1", "0.13", "0", "100", "-2.5"]


def test_texts_are_escaped() -> None:
    written = element("g", {"data-x": '<&">\n'}, text_at(1, 2, "<b>&", 12))
    node = ElementTree.fromstring(written)
    assert node.attrib["data-x"] == '<&">'
    assert "".join(node.itertext()) == "<b>&"


def test_wide_texts_are_wide() -> None:
    assert text_width("WWWW", 10) > text_width("iiii", 10)
    assert text_width("中", 10) > text_width("a", 10)
    assert text_width("e\u0301", 10) == text_width("e", 10)
    assert text_width("a", 10, is_bold=True) > text_width("a", 10)


def test_only_names_from_right_to_left_are_isolated() -> None:
    assert isolated("w1") == "w1"
    assert isolated("שלום") == "\u2068שלום\u2069"


def test_a_document_knows_light_and_dark() -> None:
    written = document("", width=10, height=5, title="", description="", name="n", kind="k")
    root = ElementTree.fromstring(written)
    assert root.attrib["viewBox"] == "0 0 10 5"
    assert f"--bp-paper:{SHADES['paper'][0]}" in written
    assert f"--bp-paper:{SHADES['paper'][1]}" in written.partition("prefers-color-scheme:dark")[2]
