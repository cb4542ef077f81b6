"""A sweep over learning rates without bprunner, as it is usually written: nested runs, and `log_metrics` each step.

The document's network in exact arithmetic, a few lines of plain Python; a parent run, and a run for each learning rate
with its parameters, a tag, the error and all weights of every step, and a summary. Compares nothing, draws nothing.

Usage: python -m benchmarks.sweep_by_hand [RUNS] [UPDATES]
"""

from __future__ import annotations

import sys

import mlflow

from benchmarks.sweep_training import learning_rates, steps


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
