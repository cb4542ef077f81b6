"""Studies made by hand: the document's network trained in a few lines, with a table as sweeps make it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

RATE, FIRST, SECOND = "training.learning_rate", "initial_weights.w5", "initial_weights.w6"
WEIGHTS = tuple(f"weight.w{number}" for number in range(1, 7))
START = (0.1, 0.2, 0.3, 0.4, 0.21, 0.23)
X = np.array([2.0, 3.0])
CATEGORIES = ["converged", "still falling", "stalled", "oscillating", "diverged"]


class MadeAxis(NamedTuple):
    path: str
    kind: str = "number"
    is_geometric: bool = False


class MadeSteps:
    """Series by run, (steps,)."""

    def __init__(self, runs: Mapping[int, Mapping[str, NDArray[np.float64]]]) -> None:
        self.runs = runs
        self.names = tuple(dict.fromkeys(name for series in runs.values() for name in series))
        self.asked: list[list[int]] = []

    def frame(self, names: Sequence[str] = (), runs: Sequence[int] = ()) -> Any:
        self.asked.append(list(runs))
        wanted, numbers = list(names) or list(self.names), sorted(runs or self.runs)
        for name in wanted:
            if not any(name in self.runs[number] for number in numbers):
                raise KeyError(name)
        parts = []
        for number in numbers:
            length = len(next(iter(self.runs[number].values())))
            columns = {name: self.runs[number].get(name, np.full(length, np.nan)) for name in wanted}
            parts.append(pd.DataFrame({"run": number, "step": np.arange(length), **columns}))
        return pd.concat(parts, ignore_index=True)


@dataclass
class MadeStudy:
    """What the pictures see of a study."""

    table: Any
    axes: Sequence[MadeAxis]
    steps: MadeSteps
    name: str = "made"
    title: str = "A study made by hand"
    surface: Any = field(default=None)

    def error_surface(
        self, names: tuple[str, str], first: NDArray[np.float64], second: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        if self.surface is not None:
            return np.asarray(self.surface(first, second))
        weights = np.tile(START, (len(first), len(second), 1))
        places = [WEIGHTS.index(name) for name in names]
        weights[:, :, places[0]], weights[:, :, places[1]] = first[:, None], second[None, :]
        return np.asarray(errors_of(weights))


def errors_of(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """½ (prediction − 1)² of the linear 2-2-1 network, (…,), of weights (…, 6)."""
    hidden = weights[..., :4].reshape(*weights.shape[:-1], 2, 2) @ X
    return np.asarray(0.5 * ((hidden * weights[..., 4:]).sum(-1) - 1.0) ** 2)


def trained(rate: float, start: Sequence[float], updates: int) -> dict[str, NDArray[np.float64]]:
    """Gradient descent, until the error leaves the range of doubles."""
    weights, states = np.array(start), []
    with np.errstate(all="ignore"):
        for _ in range(updates + 1):
            states.append(weights)
            hidden = weights[:4].reshape(2, 2) @ X
            delta = hidden @ weights[4:] - 1.0
            if not np.isfinite(0.5 * delta**2):
                break
            weights = weights - rate * delta * np.concatenate([np.outer(weights[4:], X).ravel(), hidden])
        found = np.array(states)
        return {**dict(zip(WEIGHTS, found.T, strict=True)), "error": errors_of(found)}


def fate_of(errors: NDArray[np.float64]) -> str:
    """Roughly what the sweeps say."""
    if not np.isfinite(errors[-1]) or errors[-1] > 2 * errors[0]:
        return "diverged"
    if errors[-1] <= 1e-6 * errors[0]:
        return "converged"
    if len(errors) > 2 and (np.diff(errors[len(errors) // 2 :]) > 0).any():
        return "oscillating"
    return "still falling" if errors[-1] < 0.99 * errors[len(errors) // 2] else "stalled"


def table_of(rows: Sequence[Mapping[str, Any]], errors: Sequence[Any], fates: Sequence[str], **more: Any) -> Any:
    """The table: `run`, what varies (missing where a row has it not), and what runs came to. more: other columns."""
    paths = dict.fromkeys(path for row in rows for path in row)
    final = np.array([float(each) for each in errors])
    diverged = pd.array([3 if fate == "diverged" else None for fate in fates], dtype="Int64")
    columns = {
        "run": np.arange(len(rows)),
        **{path: pd.Series([row.get(path) for row in rows]) for path in paths},
        "final_error": final,
        "fate": pd.Categorical(list(fates), categories=CATEGORIES, ordered=True),
        "diverged_at": diverged,
        "stable_rate": np.full(len(rows), np.nan),
        **more,
    }
    return pd.DataFrame(columns)


def study(
    axes: Sequence[MadeAxis], rows: Sequence[Mapping[str, Any]], updates: int = 20, stable: float = np.nan
) -> MadeStudy:
    """The first row is the baseline's. Rates, weights (initial_weights.w5) and seeds (repeat) of a row are trained."""
    runs = {number: trained(_rate(row), _start(row), updates) for number, row in enumerate(rows)}
    errors = [series["error"] for series in runs.values()]
    limits = np.full(len(rows), stable)
    table = table_of(rows, [each[-1] for each in errors], [fate_of(each) for each in errors], stable_rate=limits)
    return MadeStudy(table, axes, MadeSteps(runs))


def _rate(row: Mapping[str, Any]) -> float:
    return float(row.get(RATE, 0.05))


def _start(row: Mapping[str, Any]) -> list[float]:
    start = list(START)
    if row.get("repeat") is not None:
        start = np.random.default_rng(int(row["repeat"])).normal(size=6).tolist()
    for path, value in row.items():
        if path.startswith("initial_weights.w"):
            start[int(path[-1]) - 1] = float(value)
    return start


def rates(count: int = 13, low: float = 1e-3, high: float = 1.0, updates: int = 20) -> MadeStudy:
    """Learning rates in even ratios beside the document's."""
    rows = [{RATE: 0.05}, *({RATE: float(rate)} for rate in np.geomspace(low, high, count))]
    return study([MadeAxis(RATE, "number", True)], rows, updates, stable=0.48)


def grid(first: Sequence[float], second: Sequence[Any], path: str = FIRST, kind: str = "number") -> MadeStudy:
    """Learning rates with another axis."""
    own = 0.21 if kind == "number" else second[0]
    rows = [{RATE: 0.05, path: own}, *({RATE: rate, path: value} for rate in first for value in second)]
    return study([MadeAxis(RATE, "number", first[-1] > 10 * first[0]), MadeAxis(path, kind)], rows, stable=0.48)


def labels(texts: Sequence[Any], repeats: int, path: str = "initial_weights") -> MadeStudy:
    """Labels with seeds."""
    rows: list[dict[str, Any]] = [{path: texts[0], "repeat": None}]
    rows += [{path: text, "repeat": 7 * place + seed} for place, text in enumerate(texts) for seed in range(repeats)]
    axes = [MadeAxis(path, "label"), *([MadeAxis("repeat", "seed")] if repeats > 1 else [])]
    return study(axes, rows)
