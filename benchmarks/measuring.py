"""A measurement is a ratio: ours against a peer's, on one machine, in one run, the two sides taking turns.

Seconds depend on the machine; ratios much less. Taking turns lets whatever else the machine does fall on both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

Side = Callable[[], float]
"""Does the work once and returns the seconds that count."""


@dataclass(frozen=True)
class Bar:
    """What is compared with what, and the largest ratio that passes."""

    what: str
    peer: str
    largest: float


@dataclass(frozen=True)
class Result:
    """The seconds of both sides, in the order in which they were measured."""

    bar: Bar
    ours: Sequence[float]
    peers: Sequence[float]

    @property
    def ratio_of_minima(self) -> float:
        return min(self.ours) / min(self.peers)

    @property
    def ratio_of_medians(self) -> float:
        return median(self.ours) / median(self.peers)

    @property
    def passed(self) -> bool:
        """Both ratios have to pass: the best case and the usual one."""
        return max(self.ratio_of_minima, self.ratio_of_medians) <= self.bar.largest


def measure(bar: Bar, ours: Side, peers: Side, repetitions: int) -> Result:
    """Runs both sides once without counting, so that bytecode and caches are warm, then in turns."""
    ours(), peers()
    seconds = [(ours(), peers()) for _ in range(repetitions)]
    return Result(bar, [one for one, _ in seconds], [other for _, other in seconds])


def table(results: Sequence[Result]) -> str:
    """The results as a Markdown table."""
    head = "| what | compared with | bar | ratio: minimum | ratio: median | ours: min, median | peer: min, median | |"
    return "\n".join([head, "|---|---|---|---|---|---|---|---|", *map(_row, results)]) + "\n"


def _row(result: Result) -> str:
    bar = result.bar
    cells = [
        bar.what,
        bar.peer,
        f"≤ {bar.largest:g}",
        f"{result.ratio_of_minima:.2f}",
        f"{result.ratio_of_medians:.2f}",
        f"{duration(min(result.ours))}, {duration(median(result.ours))}",
        f"{duration(min(result.peers))}, {duration(median(result.peers))}",
        "passed" if result.passed else "**missed**",
    ]
    return f"| {' | '.join(cells)} |"


def duration(seconds: float) -> str:
    """Seconds with a unit that suits them: `1.23 s`, `45.6 ms`, `12.3 µs`."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def with_report(text: str, report: str, begin: str, end: str) -> str:
    """A README with this report between two marks. Raises ValueError where a mark is missing."""
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"the README needs the marks {begin} and {end}")
    return f"{before}{begin}\n\n{report}\n{end}{after}"
