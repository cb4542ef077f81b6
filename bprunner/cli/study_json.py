"""A study as plain data, for JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from bprunner.runs.study_files import read_identity
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps.planning import Plan
from bprunner.sweeps.study import Study
from bprunner.tracking.studies import RecordedStudy


def plan_data(declaration: SweepDeclaration, plan: Plan) -> dict[str, Any]:
    """What a sweep would take: seconds and bytes."""
    return {
        "study": declaration.sweep.name,
        "hash": declaration.hash,
        "runs": plan.cells,
        "done": plan.done,
        "populations": [
            {"network": each.network, "runs": each.cells, "steps": each.steps, "series": each.series}
            for each in plan.groups
        ],
        "workers": plan.workers,
        "seconds": plan.seconds,
        "memory": plan.memory,
        "disk": plan.disk,
        "mlflow_rows": plan.rows,
        "above_limits": plan.beyond(declaration.sweep.limits),
    }


def study_data(
    study: Study,
    findings: Sequence[str],
    recorded: RecordedStudy | None = None,
    failure: str = "",
    rows: Any = None,
) -> dict[str, Any]:
    """A study as one object. rows: those of its table that are wanted; all unless given."""
    identity = read_identity(study.path)
    frame = study.table if rows is None else rows
    return {
        "study": study.name,
        "title": study.declaration.sweep.title,
        "hash": study.declaration.hash,
        "baseline": study.baseline.experiment.name,
        "varies": list(study.declaration.paths),
        "complete": study.is_complete,
        "findings": list(findings),
        "runs": [{name: json_value(value) for name, value in row.items()} for row in frame.to_dict("records")],
        "failures": study.failures,
        "folder": str(study.path),
        "mlflow": None
        if recorded is None
        else {
            "run_id": recorded.run_id,
            "experiment_id": recorded.experiment_id,
            "tracking_uri": recorded.tracking_uri,
            "rows": recorded.rows,
        },
        "state": None if identity is None else identity.state,
        **({"failure": failure} if failure else {}),
    }


def json_value(value: Any) -> Any:
    """A number, a text or a truth value; null for what is missing; text for what JSON has no number for."""
    if value is None or str(value) == "<NA>":
        return None
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value
