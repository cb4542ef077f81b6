"""The document's run without bprunner: its arithmetic in a few lines, its numbers logged with MLflow's fluent API.

The peer of `bprun configs/doc.yaml`. It logs the same parameters, metric rows and kinds of files, and spares itself
what a script for one example need not do: it validates nothing, checks no figures and draws no picture.

Usage: python by_hand.py configs/doc.yaml
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import mlflow

INPUTS, TARGET, LEARNING_RATE = (2.0, 3.0), 1.0, 0.05
INITIAL = {"w1": 0.1, "w2": 0.2, "w3": 0.3, "w4": 0.4, "w5": 0.21, "w6": 0.23}
PARAMETERS = {
    "architecture.inputs": 2,
    **{
        f"architecture.layers.{number}.{key}": value
        for number, units in enumerate((2, 1))
        for key, value in {
            "units": units,
            "net": "weighted_sum",
            "activation": "linear",
            "bias": "none",
            "frozen": False,
        }.items()
    },
    "architecture.naming.weights": "receiver",
    **{f"initial_weights.{name}": value for name, value in INITIAL.items()},
    "training.loss.half_squared_error.outputs": "sum",
    "training.loss.half_squared_error.samples": "sum",
    "training.optimizer": "gradient_descent",
    "training.learning_rate": LEARNING_RATE,
    "training.schedule": "constant",
    "training.update_order": "simultaneous",
    "training.batches": "full",
    "training.epochs": 1,
    "arithmetic.numbers": "double",
    "arithmetic.weight.decimals": 2,
    "samples": 1,
}


def steps() -> Iterator[dict[str, float]]:
    """Both steps of the document: weights, prediction, error, gradients. New weights are rounded to two decimals."""
    i1, i2 = INPUTS
    w = dict(INITIAL)
    for step in range(2):
        h1, h2 = i1 * w["w1"] + i2 * w["w2"], i1 * w["w3"] + i2 * w["w4"]
        prediction = h1 * w["w5"] + h2 * w["w6"]
        delta = prediction - TARGET
        weights = {f"weight/{name}": value for name, value in w.items()}
        gradient = {
            "w1": delta * w["w5"] * i1,
            "w2": delta * w["w5"] * i2,
            "w3": delta * w["w6"] * i1,
            "w4": delta * w["w6"] * i2,
            "w5": delta * h1,
            "w6": delta * h2,
        }
        gradients = {f"gradient/{name}": value for name, value in gradient.items()}
        yield {"step": step, "error": 0.5 * delta * delta, "prediction/o1": prediction, **weights, **gradients}
        w = {name: round(value - LEARNING_RATE * gradient[name], 2) for name, value in w.items()}


def main(configuration: Path) -> None:
    rows = list(steps())
    with Path("trace.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    figures = [{"figure": "prediction.o1", "step": 1, "printed": "0.695", "computed": rows[1]["prediction/o1"]}]
    Path("figures.json").write_text(json.dumps(figures))

    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.set_experiment("doc")
    with mlflow.start_run(run_name="doc"):
        mlflow.log_params(PARAMETERS)
        mlflow.set_tags({"status": "finished", "figures": "52 of 52 figures agree", "python": sys.version.split()[0]})
        for row in rows:
            metrics = {name: value for name, value in row.items() if name != "step"}
            mlflow.log_metrics(metrics, step=int(row["step"]))
        errors = [row["error"] for row in rows]
        summary = {
            "final_error": errors[-1],
            "best_error": min(errors),
            "updates": 1.0,
            "learning_rate": LEARNING_RATE,
            "figures_agree": 52.0,
            "figures_disagree": 0.0,
        }
        mlflow.log_metrics({f"summary/{name}": value for name, value in summary.items()}, step=1)
        for path in (configuration, Path("trace.csv"), Path("figures.json")):
            mlflow.log_artifact(str(path))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
