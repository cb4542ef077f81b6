"""Training: what is descended, by which optimizer, with which samples an update, and until when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from bprunner.spec.choices import Choice, Frozen, OneOf
from bprunner.spec.fields import Number, Seed, as_float, as_tuple
from bprunner.spec.initial_weights import GeneratorName

Reduction = Literal["sum", "mean"]


# Losses


class _Reduced(Choice):
    """A loss whose terms, one for each output of each sample, are summed or averaged as declared."""

    outputs: Reduction = Field("sum", description="over the outputs of a sample: sum or mean")
    samples: Reduction = Field("sum", description="over the samples: sum or mean")


class HalfSquaredError(_Reduced):
    """½ (prediction − target)²."""

    kind: Literal["half_squared_error"]


class SquaredError(_Reduced):
    """(prediction − target)²."""

    kind: Literal["squared_error"]


class MeanSquaredError(Choice):
    """(prediction − target)², averaged over outputs and samples."""

    kind: Literal["mean_squared_error"]


class AbsoluteError(_Reduced):
    """|prediction − target|; its derivative at 0 is 0."""

    kind: Literal["absolute_error"]


class MeanAbsoluteError(Choice):
    """|prediction − target|, averaged over outputs and samples; its derivative at 0 is 0."""

    kind: Literal["mean_absolute_error"]


class Huber(_Reduced):
    """½ d² where |d| ≤ threshold, threshold · (|d| − threshold / 2) elsewhere; d = prediction − target."""

    kind: Literal["huber"]
    threshold: Number = Field(1.0, gt=0, description="where the parabola becomes a line")


class Hinge(_Reduced):
    """margin − target · prediction where that is positive, else 0; its slope at the margin is −target. Targets are −1
    and 1. With margin 0 it is the perceptron's criterion."""

    kind: Literal["hinge"]
    margin: Number = Field(1.0, ge=0, description="how far on the right side a prediction has to be")


class BinaryCrossEntropy(_Reduced):
    """−target · ln(prediction) − (1 − target) · ln(1 − prediction), each output by itself."""

    kind: Literal["binary_cross_entropy"]


class CrossEntropy(Choice):
    """−Σ target · ln(prediction), summed over the outputs of a sample."""

    kind: Literal["cross_entropy"]
    samples: Reduction = Field("sum", description="over the samples: sum or mean")


class LinearError(_Reduced):
    """target · prediction: the target is ∂error/∂prediction. For examples that give a gradient and no loss."""

    kind: Literal["linear_error"]


LossChoice = Annotated[
    HalfSquaredError
    | SquaredError
    | MeanSquaredError
    | AbsoluteError
    | MeanAbsoluteError
    | Huber
    | Hinge
    | BinaryCrossEntropy
    | CrossEntropy
    | LinearError,
    OneOf(),
]


class PenaltyTerm(Frozen):
    """One penalty on all weights: added to the error, and to the gradient."""

    strength: Number = Field(ge=0, description="λ")
    factor: Literal["lambda", "lambda/2", "lambda/m", "lambda/2m"] = Field(
        description="what stands before the sum, m being the number of samples of an update"
    )
    biases: bool = Field(False, description="whether the sum goes over the biases as well")


class Penalty(Frozen):
    """What large weights cost. With both, both are added."""

    l1: PenaltyTerm | None = Field(None, description="factor · Σ |w|; its derivative at 0 is 0")
    l2: PenaltyTerm | None = Field(None, description="factor · Σ w²")


class Accuracy(Choice):
    """The share of samples that are right: of several outputs the largest is that of the target; one output is on
    the same side of the threshold as the target (at it counts as above)."""

    kind: Literal["accuracy"]
    threshold: Number = Field(0.5, description="for one output: what divides the two classes; 0 for −1 and 1")


MetricChoice = Annotated[Accuracy, OneOf()]


# Optimizers


class GradientDescent(Choice):
    """update = −learning_rate · gradient."""

    kind: Literal["gradient_descent"]


class Momentum(Choice):
    """classical: v = momentum · v − learning_rate · gradient, update = v. averaged: v = momentum · v + (1 − momentum) ·
    gradient, update = −learning_rate · v. accumulated: v = momentum · v + gradient, update = −learning_rate · v.
    last_gradient: v = −learning_rate · gradient, update = v + momentum · the v before: nothing older counts."""

    kind: Literal["momentum"]
    momentum: Number = Field(ge=0, lt=1, description="how much of the velocity stays")
    form: Literal["classical", "averaged", "accumulated", "last_gradient"] = Field(
        "classical", description="the formula, of which authors have four"
    )


class Nesterov(Choice):
    """classical: v' = momentum · v − learning_rate · gradient, update = v' + momentum · (v' − v). accumulated: v =
    momentum · v + gradient, update = −learning_rate · (gradient + momentum · v)."""

    kind: Literal["nesterov"]
    momentum: Number = Field(ge=0, lt=1, description="how much of the velocity stays")
    form: Literal["classical", "accumulated"] = Field("classical", description="the formula, of which there are two")


class Adagrad(Choice):
    """s = s + gradient², update = −learning_rate · gradient / (√s + epsilon)."""

    kind: Literal["adagrad"]
    epsilon: Number = Field(1e-8, ge=0, description="what keeps the divisor from 0")


class Rmsprop(Choice):
    """s = decay · s + (1 − decay) · gradient², update = −learning_rate · gradient / (√s + epsilon)."""

    kind: Literal["rmsprop"]
    decay: Number = Field(0.9, ge=0, lt=1, description="how much of the mean square stays")
    epsilon: Number = Field(1e-8, ge=0, description="what keeps the divisor from 0")
    epsilon_place: Literal["outside", "inside"] = Field("outside", description="√s + epsilon, or √(s + epsilon)")


class _Adaptive(Choice):
    beta1: Number = Field(0.9, ge=0, lt=1, description="how much of the mean stays")
    beta2: Number = Field(0.999, ge=0, lt=1, description="how much of the mean square stays")
    epsilon: Number = Field(1e-8, ge=0, description="what keeps the divisor from 0")
    epsilon_place: Literal["outside", "inside", "uncorrected"] = Field(
        "outside", description="√ŝ + epsilon, √(ŝ + epsilon), or √s + epsilon before the correction"
    )
    bias_correction: bool = Field(True, description="false: m̂ = m and ŝ = s")
    counts: Literal["before", "after"] = Field(
        "before", description="whether t counts an update before its correction (the first has t = 1) or after it"
    )


class Adam(_Adaptive):
    """m = beta1 · m + (1 − beta1) · gradient, s = beta2 · s + (1 − beta2) · gradient², m̂ = m / (1 − beta1^t), ŝ = s /
    (1 − beta2^t), update = −learning_rate · m̂ / (√ŝ + epsilon)."""

    kind: Literal["adam"]


class Adamw(_Adaptive):
    """Adam, with weights and biases that shrink by themselves: update = −learning_rate · weight_decay · w + adam's."""

    kind: Literal["adamw"]
    weight_decay: Number = Field(0.01, ge=0, description="how fast they shrink")


OptimizerChoice = Annotated[
    GradientDescent | Momentum | Nesterov | Adagrad | Rmsprop | Adam | Adamw,
    OneOf(),
]


def _state_form(value: object) -> str:
    return "(named)" if isinstance(value, Mapping) else "(all)"


StateValues = Annotated[
    Annotated[Number, Tag("(all)")] | Annotated[dict[str, Number], Tag("(named)")], Discriminator(_state_form)
]


Squares = Annotated[float, Field(ge=0), BeforeValidator(as_float)]
SquareValues = Annotated[
    Annotated[Squares, Tag("(all)")] | Annotated[dict[str, Squares], Tag("(named)")], Discriminator(_state_form)
]


class OptimizerState(Frozen):
    """What an optimizer remembers before the first update, where that is not 0: one number for all, or by name."""

    velocity: StateValues | None = Field(None, description="v of momentum and nesterov")
    mean: StateValues | None = Field(None, description="m of adam and adamw")
    squares: SquareValues | None = Field(None, description="s of adagrad, rmsprop, adam and adamw")
    count: int | None = Field(None, ge=0, le=10**9, description="t of adam and adamw: how many updates it has counted")

    def given(self) -> dict[str, Any]:
        """What is written, by its key."""
        return {key: value for key in type(self).model_fields if (value := getattr(self, key)) is not None}


# Learning rate

Tick = Literal["epoch", "update"]
_PER: Any = Field("epoch", description="what t counts")


class ConstantRate(Choice):
    """The same rate always."""

    kind: Literal["constant"]


class StepRate(Choice):
    """Multiplied by the factor every so many t."""

    kind: Literal["step"]
    every: int = Field(ge=1, le=10**9, description="how many t from one change to the next")
    factor: Number = Field(gt=0, description="what the rate is multiplied by")
    per: Tick = _PER


class ExponentialRate(Choice):
    """Multiplied by the factor with every t."""

    kind: Literal["exponential"]
    factor: Number = Field(gt=0, description="what the rate is multiplied by")
    per: Tick = _PER


class InverseTimeRate(Choice):
    """learning_rate / (1 + decay · t)."""

    kind: Literal["inverse_time"]
    decay: Number = Field(ge=0, description="how fast it falls")
    per: Tick = _PER


class CosineRate(Choice):
    """to + ½ (learning_rate − to) (1 + cos(π t / over)), and `to` after that."""

    kind: Literal["cosine"]
    over: int = Field(ge=1, le=10**9, description="how many t it takes")
    to: Number = Field(0.0, ge=0, description="the rate at the end")
    per: Tick = _PER


ScheduleChoice = Annotated[ConstantRate | StepRate | ExponentialRate | InverseTimeRate | CosineRate, OneOf()]


class WarmUp(Frozen):
    """A rate that rises evenly to the learning rate; the schedule begins after it, with t = 0."""

    over: int = Field(ge=1, le=10**9, description="how many t it takes")
    start: Number = Field(0.0, ge=0, le=1, description="with which share of the learning rate it begins")
    per: Tick = _PER


# Batches


class FullBatch(Choice):
    """Every update uses the whole dataset."""

    kind: Literal["full"]


Positions = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1), BeforeValidator(as_tuple)]
_GENERATOR: Any = Field("numpy", description="what draws, as for initial weights")


def _seed_form(value: object) -> str:
    return "(word)" if isinstance(value, str) else "(number)"


BatchSeed = Annotated[
    Annotated[Seed, Tag("(number)")] | Annotated[Literal["after_weights"], Tag("(word)")], Discriminator(_seed_form)
]


class Online(Choice):
    """Every update uses one sample, in the order of the dataset or as said; an epoch goes once through it."""

    kind: Literal["online"]
    order: Positions | None = Field(
        None, description="the samples of an epoch, counted from 1; each once unless repeated"
    )


class Minibatches(Choice):
    """Every update uses the next samples of the dataset; with a seed they are shuffled before each epoch."""

    kind: Literal["minibatches"]
    size: int = Field(ge=1, le=10**9, description="how many samples an update has")
    seed: BatchSeed | None = Field(
        None, description="the shuffle's seed; after_weights goes on with the generator of the initial weights"
    )
    generator: GeneratorName = _GENERATOR
    last: Literal["kept", "dropped"] = Field(
        "kept", description="what becomes of the last samples, where they are fewer"
    )


class Sampled(Choice):
    """Every update uses samples drawn with replacement."""

    kind: Literal["sampled"]
    size: int = Field(ge=1, le=10**7, description="how many samples an update has")
    seed: BatchSeed = Field(description="as for minibatches")
    generator: GeneratorName = _GENERATOR
    updates: int | None = Field(
        None, ge=1, le=10**9, description="how many updates an epoch has; samples / size, and at least 1, unless given"
    )


BatchChoice = Annotated[FullBatch | Online | Minibatches | Sampled, OneOf()]


# Stopping

Watched = Literal[
    "error", "reported_error", "accuracy", "held_out.error", "held_out.reported_error", "held_out.accuracy"
]
WatchedOrUpdate = Literal[
    "error",
    "reported_error",
    "accuracy",
    "held_out.error",
    "held_out.reported_error",
    "held_out.accuracy",
    "largest_update",
]
Counted = Literal["before", "after"]
_COUNTED: Any = Field(
    "after",
    description="after: with the weights after the epoch; before: as an epoch goes, each sample before its update",
)


class StopAtThreshold(Choice):
    """After the first epoch at whose end a quantity is small, or large, enough."""

    kind: Literal["threshold"]
    quantity: WatchedOrUpdate = Field(
        "error",
        description="what is looked at; largest_update: the largest size that any update of any weight or bias has "
        "in the epoch",
    )
    at_most: Number | None = Field(None, description="stops at this or less")
    below: Number | None = Field(None, description="stops at less than this")
    at_least: Number | None = Field(None, description="stops at this or more")
    counted: Counted = _COUNTED


class StopOnPlateau(Choice):
    """After so many epochs in which a quantity has not become better than its best so far."""

    kind: Literal["plateau"]
    quantity: Watched = Field("error", description="what is looked at; an accuracy should grow, an error fall")
    patience: int = Field(ge=1, le=10**9, description="how many epochs without improvement")
    by: Number = Field(0.0, ge=0, description="how much counts as better")
    counted: Counted = _COUNTED


StopChoice = Annotated[StopAtThreshold | StopOnPlateau, OneOf()]
ParameterNames = Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(as_tuple)]


RateFactors = Annotated[dict[str, Annotated[Number, Field(gt=0)]], Field(min_length=1)]


class Training(Frozen):
    """How the weights are changed."""

    loss: LossChoice = Field(description="the error, and what is descended")
    penalty: Penalty = Field(Penalty(), description="what large weights cost")
    reported_error: LossChoice | None = Field(
        None, description="the error that the document prints, where it is not the one that is descended"
    )
    metrics: Annotated[tuple[MetricChoice, ...], BeforeValidator(as_tuple)] = Field(
        (), description="what else is counted"
    )
    optimizer: OptimizerChoice = Field(description="what turns a gradient into an update")
    optimizer_state: OptimizerState = Field(
        OptimizerState(), description="what the optimizer remembers before the first update"
    )
    learning_rate: Number = Field(gt=0, description="the factor on the gradient")
    rate_factors: RateFactors | None = Field(
        None,
        description="how many times the learning rate some weights and biases have: by their names, by a layer's, or "
        "for all `biases`",
    )
    schedule: ScheduleChoice = Field(ConstantRate(kind="constant"), description="how the learning rate changes")
    warm_up: WarmUp | None = Field(None, description="how the learning rate begins")
    update_order: Literal["simultaneous", "sequential"] = Field(
        "simultaneous",
        description="sequential: layer after layer from the output, so that deltas see weights already updated",
    )
    batches: BatchChoice = Field(FullBatch(kind="full"), description="which samples an update uses")
    epochs: int | None = Field(None, ge=0, le=1_000_000_000, description="how many passes over the dataset")
    updates: int | None = Field(None, ge=0, le=1_000_000_000, description="how many updates, instead of epochs")
    stop: StopChoice | None = Field(None, description="when training ends before that")
    frozen: ParameterNames | None = Field(None, description="weights and biases that are never changed, by name")

    @property
    def full_batch(self) -> bool:
        """Whether every update uses the whole dataset, so that an update is an epoch."""
        return self.batches.kind == "full"

    def updates_per_epoch(self, samples: int) -> int:
        """How many updates go once through so many training samples."""
        batches: Any = self.batches
        match batches.kind:
            case "online":
                order: tuple[int, ...] | None = batches.order
                return samples if order is None else len(order)
            case "minibatches":
                whole, rest = divmod(samples, batches.size)
                return int(whole if batches.last == "dropped" and whole else whole + (rest > 0))
            case "sampled":
                return int(batches.updates or max(1, samples // batches.size))
            case _:
                return 1

    def most_updates(self, samples: int) -> int:
        """How many updates there are, unless training stops earlier."""
        return self.updates if self.updates is not None else (self.epochs or 0) * self.updates_per_epoch(samples)
