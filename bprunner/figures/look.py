"""How pictures look: colours, sizes, and matplotlib's settings for as long as a picture is made.

The background is white and the text dark, so that a picture reads the same on a light page and on a dark one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

INK = "#222222"
SOFT_INK = "#5f6368"
FAINT = "#e6e6e6"
AXIS = "#9aa0a6"
PALE_INK = "#c3c7cc"

# Close to Okabe and Ito's blue, vermilion and green, with three darker ones. Chosen by their distances in Lab, also
# as colour-blind eyes see them, among colours dark enough to be read as text on white.
COLOURS = ("#0072b2", "#c65102", "#008a64", "#882255", "#332288", "#111111")
WEIGHT_COLOUR, BIAS_COLOUR, ERROR_COLOUR = "#0072b2", "#c65102", "#222222"
HELD_OUT_COLOUR = "#882255"

_SETTINGS: dict[str, Any] = {
    # Text that stays text: it can be searched, selected and read aloud, and the file stays small.
    "svg.fonttype": "none",
    # Ids in the file are hashes; with a fixed salt the same picture has the same bytes.
    "svg.hashsalt": "bprunner",
    "font.family": ["sans-serif"],
    # DejaVu comes with matplotlib and is the widest of these: what fits in it fits in the viewer's font.
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Helvetica", "Arial", "sans-serif"],
    "font.size": 9.0,
    "text.color": INK,
    "text.parse_math": False,
    "axes.unicode_minus": True,
}


@contextmanager
def house_style() -> Iterator[None]:
    """matplotlib's own defaults and these settings, whatever the user's matplotlibrc says; undone afterwards."""
    import matplotlib

    kept = {"backend", "backend_fallback", "interactive", "toolbar", "timezone"}
    defaults = {key: value for key, value in matplotlib.rcParamsDefault.items() if key not in kept}
    with matplotlib.rc_context({**defaults, **_SETTINGS}):
        yield
