"""A sweep over learning rates without bprunner, as it is usually written: nested runs, and `log_metrics` each step.

The document's network in exact arithmetic, a few lines of plain Python; a parent run, and a run for each learning rate
with its parameters, a tag, the error and all weights of every step, and a summary. Compares nothing, draws nothing.

Usage: python sweep_by_hand.py [RUNS] [UPDATES]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import mlflow

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


def main(runs: int, updates: int) -> None:
    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.set_experiment("learning-rate")
    with mlflow.start_run(run_name="learning-rate"):
        for learning_rate in learning_rates(runs):
            with mlflow.start_run(run_name=f"{learning_rate:.3g}", nested=True):
                mlflow.log_params({"training.learning_rate": learning_rate, "training.epochs": updates})
                mlflow.set_tag("study", "learning-rate")
                errors = []
                for number, step in enumerate(steps(learning_rate, updates)):
                    mlflow.log_metrics(step, step=number)
                    errors.append(step["error"])
                summary = {"summary/final_error": errors[-1], "summary/best_error": min(errors)}
                mlflow.log_metrics({**summary, "summary/learning_rate": learning_rate}, step=len(errors) - 1)


if __name__ == "__main__":
    main(*(int(argument) for argument in (*sys.argv[1:], "61", "50")[:2]))
