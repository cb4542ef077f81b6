"""The steps after the one that is explained: how many a notebook trains on for, and with which samples."""

from __future__ import annotations

from dataclasses import dataclass

from bprunner.documents.numpy_limits import has_no_error
from bprunner.documents.numpy_run import Recorded

MOST_UPDATES, MOST_ORDER = 1000, 2000
"""So many further updates there are at most, and so many samples in the order of theirs."""
_MOST_ELEMENTS, _MOST_PRODUCTS = 300_000, 300_000_000


@dataclass(frozen=True)
class Further:
    """How many updates, the samples of each (None where each has all), and whether these begin again after the last
    one; or the reason why there are none, by its key among the words."""

    updates: int = 0
    order: tuple[tuple[int, ...], ...] | None = None
    repeats: bool = False
    reason: str = ""


def further_of(r: Recorded) -> Further:
    """The steps from this one on."""
    updates = _last_step(r) - r.step
    found = Further(updates) if r.uses_all or updates < 2 else _ordered(r, updates)
    if found.updates > 1 and any(has_no_error(r, row) for row in r.rows_until(found.updates)):
        return Further(reason="further_saturated")
    return found


def _last_step(r: Recorded) -> int:
    """The last recorded step that is neither too far away nor beyond the declared horizon."""
    last, horizon = r.step + _most_updates(r), r.experiment.horizon
    if horizon is not None:
        per_epoch = r.experiment.training.updates_per_epoch(len(r.subject.samples))
        last = min(last, horizon.step if horizon.step is not None else (horizon.epoch or 0) * per_epoch)
    return max([int(step) for step in r.trace.steps if r.step <= step <= last], default=r.step)


def _most_updates(r: Recorded) -> int:
    """As many as take a second or so."""
    batch, weights = max(1, len(r.samples)), sum(int(part.names.size) for part in r.parts)
    most = min(MOST_UPDATES, _MOST_PRODUCTS // (batch * weights))
    is_slow = r.digits or any(True for _ in r.experiment.arithmetic.declared())
    return min(most, _MOST_ELEMENTS // (3 * weights + 3 * batch * sum(r.names.sizes))) if is_slow else most


def _ordered(r: Recorded, updates: int) -> Further:
    """The updates for which the order of samples is known, and short enough."""
    is_drawn = getattr(r.experiment.training.batches, "seed", None) is not None
    if is_drawn:
        order = _recorded_order(r, updates)
        if len(order) < 3:
            return Further(reason="further_order" if order else "further_samples")
        updates = min(updates, len(order) - 1)
    else:
        order = r.order()[: updates + 1]
    if not r.holds_all or sum(map(len, order)) > MOST_ORDER:
        return Further(reason="further_order")
    return Further(updates, tuple(order), not is_drawn and len(order) <= updates)


def _recorded_order(r: Recorded, updates: int) -> list[tuple[int, ...]]:
    """The samples of so many updates and of the step after them, or as many as there is room for; none where the run
    did not record them."""
    rows = range(r.row, min(r.row + updates + 1, len(r.trace)))
    if int(r.trace.steps[rows[-1]]) != r.step + len(rows) - 1 or not r.samples:
        return []
    return [tuple(r.places(row) or ()) for row in rows[: MOST_ORDER // len(r.samples)]]
