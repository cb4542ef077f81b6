"""What the two sweeps without bprunner train: the document's network in exact arithmetic, in plain Python."""

from __future__ import annotations

from collections.abc import Iterator

INPUTS, TARGET = (2.0, 3.0), 1.0
INITIAL = {"w1": 0.1, "w2": 0.2, "w3": 0.3, "w4": 0.4, "w5": 0.21, "w6": 0.23}


def learning_rates(count: int, first: float = 0.001, last: float = 1.0) -> list[float]:
    """So many values from first to last, each the same factor above the one before."""
    return [first * (last / first) ** (number / (count - 1)) for number in range(count)]


def steps(learning_rate: float, updates: int) -> Iterator[dict[str, float]]:
    """The error and the weights, before each update and after the last. Ends where the error is no number."""
    i1, i2 = INPUTS
    w = dict(INITIAL)
    for _ in range(updates + 1):
        h1, h2 = i1 * w["w1"] + i2 * w["w2"], i1 * w["w3"] + i2 * w["w4"]
        delta = h1 * w["w5"] + h2 * w["w6"] - TARGET
        error = 0.5 * delta * delta
        if not abs(error) < float("inf"):
            return
        yield {"error": error, **{f"weight/{name}": value for name, value in w.items()}}
        gradient = {
            "w1": delta * w["w5"] * i1,
            "w2": delta * w["w5"] * i2,
            "w3": delta * w["w6"] * i1,
            "w4": delta * w["w6"] * i2,
            "w5": delta * h1,
            "w6": delta * h2,
        }
        w = {name: value - learning_rate * gradient[name] for name, value in w.items()}
