"""A sweep over learning rates without bprunner, by somebody who knows MLflow well: one `log_batch` a run.

The same training and the same rows as sweep_by_hand.py, without the fluent API: each run is made, logged in one call,
and ended. This is as fast as MLflow's public functions are.

Usage: python sweep_log_batch.py [RUNS] [UPDATES]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

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
    experiment = mlflow.set_experiment("learning-rate").experiment_id
    client = MlflowClient()
    parent = client.create_run(experiment, run_name="learning-rate").info.run_id
    for learning_rate in learning_rates(runs):
        now = time.time_ns() // 1_000_000
        trained = list(steps(learning_rate, updates))
        errors = [step["error"] for step in trained]
        summary = {"final_error": errors[-1], "best_error": min(errors), "learning_rate": learning_rate}
        rows = [Metric(key, value, now, number) for number, step in enumerate(trained) for key, value in step.items()]
        rows += [Metric(f"summary/{key}", value, now, len(errors) - 1) for key, value in summary.items()]
        tags = {"mlflow.parentRunId": parent}
        run = client.create_run(experiment, run_name=f"{learning_rate:.3g}", tags=tags).info.run_id
        parameters = [Param("training.learning_rate", str(learning_rate)), Param("training.epochs", str(updates))]
        study = [RunTag("study", "learning-rate")]
        most = 1000 - len(parameters) - len(study)
        client.log_batch(run, metrics=rows[:most], params=parameters, tags=study)
        for start in range(most, len(rows), 1000):
            client.log_batch(run, metrics=rows[start : start + 1000])
        client.set_terminated(run)
    client.set_terminated(parent)


if __name__ == "__main__":
    main(*(int(argument) for argument in (*sys.argv[1:], "61", "50")[:2]))
