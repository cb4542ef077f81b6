"""Words about pictures."""

from __future__ import annotations

import pytest

from bprunner.figures.study_picture import code, counted, listed, stem


@pytest.mark.parametrize("text", ["a", "`", "``", "a`b", "`a", "a``b`", "", " ", "*_<$|", "x" * 100, "a\nb"])
def test_code_in_markdown_is_one_span(text: str) -> None:
    written = code(text)
    fence = written[: len(written) - len(written.lstrip("`"))]
    assert fence
    assert written.endswith(fence)
    inner = written[len(fence) : -len(fence)]
    assert fence not in inner.replace("`" * (len(fence) + 1), "")
    assert inner.strip(" ") == code(text).strip("` ") or "`" in text
    assert "\n" not in written


@pytest.mark.parametrize(("text", "name"), [("Learning-Rate", "learning_rate"), ("$<>", "axis"), ("ünits", "nits")])
def test_a_stem_is_plain(text: str, name: str) -> None:
    assert stem(text) == name


def test_things_are_listed_and_counted() -> None:
    assert [listed(["a", "b", "c"][:count]) for count in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert [counted(number, "run") for number in (0, 1, 1200)] == ["0 runs", "1 run", "1,200 runs"]
