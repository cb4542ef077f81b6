"""Rows are what MLflow keeps of a record: parameters, tags, metric values and the dataset, in its own forms.

What is not finite becomes no row, since not every store can hold it; tags say what was left out.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from bprunner.tracking.checks import LONGEST_TAG
from bprunner.tracking.records import DatasetRecord, MetricSeries, Parameters, RunRecord, as_text

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Metric, Param

ROWS_A_BATCH, PARAMETERS_A_BATCH = 1000, 100
NOTE = "mlflow.note.content"
Lost = Mapping[str, tuple[int, int, float]]
"""By key of a metric: the first step whose value is not finite, how many there are, and that first value."""


# Parameters and tags


def params(parameters: Parameters) -> list[Param]:
    """A record's parameters in MLflow's form."""
    from mlflow.entities import Param

    return [Param(key, as_text(value)) for key, value in parameters.items()]


def record_tags(record: RunRecord, lost: Lost) -> dict[str, str]:
    """The tags of a run: who made it, its description, what was left out, and its own, which win."""
    tags = {"mlflow.user": user_name(), "mlflow.source.name": "bprunner", "mlflow.source.type": "LOCAL"}
    if record.description:
        tags[NOTE] = shortened(record.description, LONGEST_TAG)
    return tags | lost_tags(lost) | dict(record.tags)


def user_name() -> str:
    """The name of whoever runs this."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container without a user database
        return "unknown"


def shortened(text: str, longest: int) -> str:
    """Markdown that fits, cut at a line's end where it has to be, and saying so."""
    if len(text) <= longest:
        return text
    ending = "\n\n*(cut: this is as much as MLflow can show)*"
    return text[: longest - len(ending)].rpartition("\n")[0] + ending


# Metrics


def non_finite(metrics: Sequence[MetricSeries]) -> dict[str, tuple[int, int, float]]:
    """What is not finite, by key."""
    import numpy as np

    lost = {}
    for series in metrics:
        places = np.flatnonzero(~np.isfinite(series.values))
        if places.size:
            lost[series.key] = (int(series.steps[places[0]]), int(places.size), float(series.values[places[0]]))
    return lost


def finite_part(metrics: Sequence[MetricSeries]) -> tuple[list[MetricSeries], Lost]:
    """The finite part of each series, and what was left out, by key."""
    import numpy as np

    finite, lost = [], {}
    for series in metrics:
        good = np.isfinite(series.values)
        if good.all():
            finite.append(series)
        else:
            finite.append(MetricSeries(series.key, series.steps[good], series.values[good]))
            lost.update(non_finite([series]))
    return finite, lost


def rows_lost(lost: Lost) -> int:
    """How many values were left out."""
    return sum(count for _, count, _ in lost.values())


def lost_tags(lost: Lost) -> dict[str, str]:
    """What was left out, where a reader can see and search it: the first step, how many rows, each key's beginning."""
    if not lost:
        return {}
    begins = [f"{key}: {value} from step {step}" for key, (step, _, value) in lost.items()]
    return {
        "non_finite.first_step": str(min(step for step, _, _ in lost.values())),
        "non_finite.rows": str(sum(count for _, count, _ in lost.values())),
        "non_finite.series": shortened("\n".join(begins), LONGEST_TAG),
    }


def metric_rows(metrics: Sequence[MetricSeries], started: int) -> Iterator[Metric]:
    """Every finite value as an MLflow row, in plain numbers: SQLite keeps a NumPy step as bytes."""
    import numpy as np
    from mlflow.entities import Metric

    for series in metrics:
        finite = np.isfinite(series.values)
        for step, value in zip(series.steps[finite].tolist(), series.values[finite].tolist(), strict=True):
            yield Metric(series.key, value, started + step, step)


def write_rows(client: MlflowClient, run_id: str, rows: Iterator[Metric], parameters: Sequence[Param]) -> int:
    """Write in as few calls as MLflow's limits allow, the parameters with the first rows."""
    written = 0
    for start in range(0, len(parameters) - PARAMETERS_A_BATCH, PARAMETERS_A_BATCH):
        client.log_batch(run_id, params=parameters[start : start + PARAMETERS_A_BATCH])
    rest = parameters[(len(parameters) - 1) // PARAMETERS_A_BATCH * PARAMETERS_A_BATCH :]
    while (batch := list(islice(rows, ROWS_A_BATCH - len(rest)))) or rest:
        client.log_batch(run_id, metrics=batch, params=rest)
        written, rest = written + len(batch), []
    return written


# The dataset


def dataset_input(dataset: DatasetRecord) -> DatasetInput:
    """The dataset as MLflow's pages show it: each column by name, how many samples, where from."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    names = [*dataset.input_names, *dataset.target_names]
    columns = [{"type": "double", "name": name, "required": True} for name in names]
    samples = dataset.inputs.shape[0]
    profile = {"num_rows": samples, "num_elements": int(dataset.inputs.size + dataset.targets.size)}
    kind, source = _source(dataset.source)
    entity = Dataset(
        name=dataset.name,
        digest=dataset.digest,
        source_type=kind,
        source=source,
        schema=json.dumps({"mlflow_colspec": columns}),
        profile=json.dumps(profile),
    )
    return DatasetInput(entity, [InputTag("mlflow.data.context", "training")])


def _source(text: str) -> tuple[str, str]:
    """MLflow's kinds of source: an address it can link to, or the code (here: the file) that made the data."""
    if text.startswith(("http://", "https://")):
        return "http", json.dumps({"url": text})
    return "code", json.dumps({"tags": {"mlflow.source.name": text}})
