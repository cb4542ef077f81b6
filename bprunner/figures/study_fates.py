"""Each fate has its colour, symbol and hatching, the same in all pictures; eyes that see no colours tell them apart."""

from __future__ import annotations

from typing import Final, NamedTuple


class Look(NamedTuple):
    """How a fate is drawn: its colour, its marker, and its hatching where it fills an area."""

    colour: str
    marker: str
    hatch: str


LOOKS: Final = {
    "converged": Look("#0072b2", "o", ""),
    "still falling": Look("#76bff0", "v", "..."),
    "stalled": Look("#f2e05c", "s", "---"),
    "oscillating": Look("#d97400", "D", "\\\\\\"),
    "diverged": Look("#6d1642", "X", "///"),
}
"""By word, from best to worst. In grey they are 46, 74, 88, 59 and 24 % light."""

FATES: Final = tuple(LOOKS)
CONVERGED, DIVERGED = FATES.index("converged"), FATES.index("diverged")
