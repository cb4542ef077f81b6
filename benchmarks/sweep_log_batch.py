"""A sweep over learning rates without bprunner, by somebody who knows MLflow well: one `log_batch` a run.

The same training and the same rows as sweep_by_hand.py, without the fluent API: each run is made, logged in one call,
and ended. This is as fast as MLflow's public functions are.

Usage: python -m benchmarks.sweep_log_batch [RUNS] [UPDATES]
"""

from __future__ import annotations

import sys
import time

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

from benchmarks.sweep_training import learning_rates, steps


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
