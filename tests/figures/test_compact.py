"""A compact SVG is the same picture."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from bprunner.figures.compact import compact_svg
from bprunner.figures.look import house_style
from bprunner.figures.svg import svg_bytes


def picture() -> bytes:
    from matplotlib.figure import Figure

    with house_style():
        figure = Figure(figsize=(4, 3), label="a picture")
        axes = figure.add_subplot()
        axes.plot([0.123456, 1.0, 2.0], [1.0, 2.345678, 3.0], marker="o")
        axes.text(1.0, 2.0, "0.123456789 and  two   spaces")
        return svg_bytes(figure)


def test_texts_and_elements_stay() -> None:
    whole = picture()
    short = compact_svg(whole)
    assert len(short) < len(whole)
    before, after = list(ET.fromstring(whole).iter()), list(ET.fromstring(short).iter())
    assert [each.tag for each in before] == [each.tag for each in after]
    assert [(each.text or "").strip() for each in before if each.tag.endswith("text")] == [
        (each.text or "").strip() for each in after if each.tag.endswith("text")
    ]
    assert "0.123456789 and  two   spaces" in short.decode()


def test_coordinates_move_by_less_than_anybody_sees() -> None:
    before, after = list(ET.fromstring(picture()).iter()), list(ET.fromstring(compact_svg(picture())).iter())
    moved = 0
    for one, other in zip(before, after, strict=True):
        assert one.attrib.keys() == other.attrib.keys()
        for key in one.attrib:
            if key in ("d", "x", "y", "transform"):
                old, new = (list(map(float, re.findall(r"-?\d+\.?\d*", each.get(key) or ""))) for each in (one, other))
                assert len(old) == len(new)
                assert all(abs(a - b) <= 0.00501 for a, b in zip(old, new, strict=True))
                moved += old != new
            else:
                assert one.get(key) == other.get(key)
    assert moved > 10


def test_numbers_that_are_no_lengths_stay() -> None:
    kept = b'<g transform="scale(0.015625)" style="stroke-width: 0.123456"/>'
    assert compact_svg(kept) == kept
    assert compact_svg(b'<g>\n  <path d="M 1.23456 -0.00012 L 1e-05 2"/></g>') == (
        b'<g>\n<path d="M 1.23 0 L 1e-05 2"/></g>'
    )
    assert compact_svg(compact_svg(picture())) == compact_svg(picture())
