"""Generations: the cells of a sweep in the order in which they can be known.

Most sweeps have one generation, all their cells. Those of a search come population by population, each proposed by what
the ones before came to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from bprunner.spec.expanding import Cell
from bprunner.spec.sweep_reading import SweepDeclaration

Errors = Callable[[Sequence[Cell]], Sequence[float] | None]
"""What cells came to, by the declared measure; inf or nan for failures. None while some are not done."""


def generations(declaration: SweepDeclaration, errors: Errors) -> Iterator[Iterable[Cell]]:
    """The cells, generation by generation, the baseline first. `errors` is asked when the next one is wanted.

    Where a proposal has several cells (a grid, repeats), the median of their errors is what it came to. One whose cells
    are all left out counts as the worst. Raises InputError where a proposal makes no valid experiment.
    """
    search = declaration.sweep.sweep.search
    yield declaration.cells()
    if search is None:
        return
    from bprunner.sweeps.searching import Searching

    searching, first = Searching(search), 1
    while not searching.is_over:
        proposals = searching.ask()
        found = list(declaration.proposed([each.values for each in proposals], first))
        yield [cell for _, cell in found]
        came_to = errors([cell for _, cell in found])
        if came_to is None:
            return
        by_proposal: dict[int, list[float]] = {each.number: [] for each in proposals}
        for (position, _), error in zip(found, came_to, strict=True):
            by_proposal[proposals[position].number].append(error)
        searching.tell({number: _median(each) for number, each in by_proposal.items()})
        first += len(found)


def _median(errors: Sequence[float]) -> float:
    """The middle one, or the mean of the two middle ones; inf for none, and nan counts as inf."""
    if not errors:
        return float("inf")
    known = np.where(np.isnan(errors), np.inf, np.asarray(errors, dtype=np.float64))
    with np.errstate(all="ignore"):
        return float(np.median(known))
