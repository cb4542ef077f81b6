"""Numbers and names in pictures."""

import pytest

from bprunner.figures.text import number_text, one_line, power_text, shortened, tick_texts, width


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (0.087362, "0.0874"),
        (-0.5, "−0.5"),
        (1250.0, "1,250"),
        (999999.0, "1,000,000"),
        (1e6, "10⁶"),
        (3e-7, "3×10⁻⁷"),
        (1e40, "10⁴⁰"),
        (-1e40, "−10⁴⁰"),
        (-2.5e300, "−2.5×10³⁰⁰"),
        (5e-324, "4.94×10⁻³²⁴"),
    ],
)
def test_a_number_is_written_as_people_do(value: float, text: str) -> None:
    assert number_text(value) == text


def test_a_power_of_ten() -> None:
    assert [power_text(exponent) for exponent in (-12, 0, 3)] == ["10⁻¹²", "1", "10³"]


def test_ticks_share_their_decimals() -> None:
    assert tick_texts([-0.5, 0.0, 0.5, 1.0]) == ["−0.5", "0.0", "0.5", "1.0"]
    assert tick_texts([1000.0, 2000.0]) == ["1,000", "2,000"]
    assert tick_texts([-0.0]) == ["0"]
    assert tick_texts([2e-7, 4e-7]) == ["2×10⁻⁷", "4×10⁻⁷"]
    assert tick_texts([]) == []


def test_what_an_svg_cannot_hold_is_left_out() -> None:
    assert one_line("a\nb\x00c\ud800d\x1b ") == "a b c d"


@pytest.mark.parametrize("text", ["x" * 500, "中" * 500, "short", "a中" * 40, ""])
@pytest.mark.parametrize("limit", [5, 18, 105])
def test_shortened_text_fits_and_keeps_its_ends(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert width(short) <= limit
    assert short == text or ("…" in short and short[0] == text[0] and short[-1] == text[-1])
