"""An experiment is what one YAML file declares: architecture, initial weights, dataset, training, figures.

The models say what each key means, its range and its default; their names are the YAML's keys. Every model
is frozen: an experiment is a value. Each of its parts has a module of its own.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field

from bprunner.spec.architecture import Architecture
from bprunner.spec.arithmetic import Arithmetic, ArithmeticField
from bprunner.spec.choices import Frozen
from bprunner.spec.dataset import Dataset
from bprunner.spec.expectations import Expectation
from bprunner.spec.fields import Line, Lines, as_tuple
from bprunner.spec.initial_weights import InitialWeightsField
from bprunner.spec.training import Training

RecordedQuantity = Literal[
    "error", "prediction", "weight", "bias", "net", "out", "delta", "gradient", "update", "velocity", "mean", "squares"
]
Quantities = Annotated[tuple[RecordedQuantity, ...], BeforeValidator(as_tuple)]


class Tracing(Frozen):
    """What the trace holds. Errors, metrics and the learning rate are always in it."""

    quantities: Quantities = Field(
        get_args(RecordedQuantity),
        description="which quantities are recorded",
    )
    steps: Literal["all", "epochs"] = Field("all", description="every step, or those that end an epoch")


class Tracking(Frozen):
    """What MLflow gets as metrics; the trace holds more. Errors, accuracies and a changing learning rate always are."""

    quantities: Quantities = Field(
        ("error", "prediction", "weight", "bias", "gradient"), description="which quantities become metrics"
    )
    points: int = Field(
        1000,
        ge=2,
        le=1_000_000,
        description="the most steps of a metric; a longer run keeps the first, the last and even ones",
    )
    series: int = Field(
        200,
        ge=1,
        le=10_000,
        description="the most metrics; of more, single samples' go first, then gradients, then all but the error",
    )


class Horizon(Frozen):
    """How far figures are held. Beyond it a run depends on the last bit of every sum, and on the computer."""

    step: int | None = Field(None, ge=0, description="the last step whose figures are held")
    epoch: int | None = Field(None, ge=0, description="the last epoch whose figures are held, instead of a step")
    reason: Lines = Field(max_length=1000, description="why figures beyond it cannot be expected to agree")


class Experiment(Frozen):
    """What one YAML file declares."""

    name: Line = Field(max_length=200, description="what the experiment is called in tables and in MLflow")
    title: Lines | None = Field(None, max_length=500, description="the document's title")
    source: Lines | None = Field(None, max_length=2000, description="where the document was published, and by whom")
    architecture: Architecture = Field(description="the network: how many inputs, and its layers")
    initial_weights: InitialWeightsField = Field(description="where training starts: weights by name, or a rule")
    dataset: Dataset = Field(description="the samples: inputs and targets, a file, or a set that is known by name")
    training: Training = Field(description="the loss, the optimizer, the learning rate and the epochs")
    arithmetic: ArithmeticField = Field(Arithmetic(), description="exact, or which quantities are rounded")
    trace: Tracing = Field(Tracing(), description="what the trace holds")
    tracking: Tracking = Field(Tracking(), description="what MLflow gets as metrics")
    horizon: Horizon | None = Field(None, description="how far figures are held, in a run that is chaotic")
    expect: Annotated[tuple[Expectation, ...], BeforeValidator(as_tuple)] = Field(
        (), description="the figures that the document prints"
    )
