"""Pictures as pixels."""

from __future__ import annotations

from pathlib import Path

from bprunner.figures.png import DPI, png_bytes, save_png
from bprunner.figures.training import training_figure
from tests.figures.series import document_trace


def test_pixels_are_as_many_as_print_needs() -> None:
    figure = training_figure(document_trace(2), "doc", "")
    content = png_bytes(figure)
    assert content.startswith(b"\x89PNG")
    size = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    assert size == tuple(round(inches * DPI) for inches in figure.get_size_inches())
    assert b"Software" not in content


def test_same_run_same_bytes(tmp_path: Path) -> None:
    first, second = (save_png(training_figure(document_trace(9), "中", "s"), tmp_path / name) for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}
