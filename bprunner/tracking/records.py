"""A record is everything that MLflow shall keep of one run, in plain values.

Whoever has trained fills a RunRecord; `writer.record_run` writes it and answers with a Recorded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bprunner.tracking.views import View

Status = Literal["FINISHED", "FAILED", "KILLED"]
Parameters = Mapping[str, str | float | int | bool]


def as_text(value: str | float | int | bool) -> str:
    """A parameter as YAML writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@dataclass(frozen=True)
class MetricSeries:
    """One metric over the steps: `values[i]` (float64) was the state at `steps[i]` (int64). Each step occurs once.

    Values may be NaN or infinite: MLflow cannot hold those, so the writer leaves them out and says so.
    """

    key: str
    steps: NDArray[np.int64]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.steps.ndim != 1 or self.steps.shape != self.values.shape:
            shapes = f"{self.steps.shape} and {self.values.shape}"
            raise ValueError(f"the steps and values of {self.key!r} must be two lists of one length, not {shapes}")


@dataclass(frozen=True)
class DatasetRecord:
    """The data a run was trained on. Inputs: (samples, input units); targets: (samples, output units).

    `digest` (at most 36 characters) is the caller's own, over every element; `source` is where the data come
    from: an http(s) address, or any other text, such as the file that declares them.
    """

    name: str
    digest: str
    source: str
    inputs: NDArray[np.float64]
    targets: NDArray[np.float64]
    input_names: Sequence[str]
    target_names: Sequence[str]


@dataclass(frozen=True)
class ModelRecord:
    """What a run has trained, as a model of MLflow's pyfunc flavour.

    `loader` is the module whose `_load_pyfunc` makes the model of a folder with its `files` (content by name). All
    columns are doubles; `example` has some rows of the inputs. `requirements`: versions of packages that it needs, by
    name. `metadata` is the caller's own. `step` is the last of the run. `description` is Markdown.
    """

    name: str
    loader: str
    files: Mapping[str, bytes]
    inputs: Sequence[str]
    outputs: Sequence[str]
    example: NDArray[np.float64]
    requirements: Mapping[str, str]
    metadata: Mapping[str, str]
    step: int
    description: str = ""


@dataclass(frozen=True)
class RunRecord:
    """One run, as MLflow shall keep it.

    `started` and `ended` are milliseconds since 1970. `description` and `experiment_description` are Markdown, shown
    at the top of the run's and the experiment's page. In them, an address `artifact:PATH` is that of the page of one
    of the run's files, `picture:PATH` that of a picture itself, and `view:KEY` that of a view. `files` are files and
    folders, kept under their base names. `model` is what was trained, where that is kept. `views` are the
    experiment's, the first in front.
    """

    experiment: str
    run_name: str
    status: Status
    started: int
    ended: int
    parameters: Parameters = field(default_factory=dict)
    metrics: Sequence[MetricSeries] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    experiment_description: str = ""
    dataset: DatasetRecord | None = None
    files: Sequence[Path] = ()
    model: ModelRecord | None = None
    views: Sequence[View] = ()


@dataclass(frozen=True)
class Recorded:
    """Where a record went. No text in it holds a password.

    `rows` metric values were written, `rows_left_out` were not finite. `artifact_path` is the folder with the
    run's files where it is on this machine; `link_hint` says where to look at the run.
    """

    run_id: str
    experiment_id: str
    tracking_uri: str
    artifact_uri: str
    artifact_path: Path | None
    rows: int
    rows_left_out: int
    link_hint: str
