"""Whether targets are what a loss with a logarithm takes them for: probabilities, from 0 to 1."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from bprunner.spec.dataset import Dataset, Sources
from bprunner.spec.misfit import Misfit, Path
from bprunner.spec.training import Training
from bprunner.spec.training_misfits import PROBABILITIES

MOST_TOLD = 20


def target_misfits(dataset: Dataset, training: Training) -> Iterator[Misfit]:
    """What is known of the targets before anything is read. What a scale makes of them, only reading shows."""
    reason = why_probabilities(training)
    if not reason:
        return
    encode, scale = dataset.encode, dataset.scale
    if scale is not None and scale.targets is not None:
        if scale.targets.kind == "standardise":
            message = f"`standardise` makes targets less than 0, and {reason}"
            yield Misfit(("dataset", "scale", "targets"), message, "`min_max` gives targets from 0 to 1")
        return
    if encode is not None and encode.targets is not None:
        if encode.targets == "bipolar":
            message = f"`bipolar` makes targets of −1, and {reason}"
            yield Misfit(("dataset", "encode", "targets"), message, "leave them 0 and 1")
        return
    for source, path in ((dataset, ("dataset",)), (dataset.held_out, ("dataset", "held_out"))):
        if source is not None and source.targets is not None:
            yield from islice(_written(source, path, reason), MOST_TOLD)


def _written(source: Sources, path: Path, reason: str) -> Iterator[Misfit]:
    for row, values in enumerate(source.targets or ()):
        for column, value in enumerate(values):
            if not 0 <= value <= 1:
                yield Misfit((*path, "targets", row, column), no_probability(value, reason))


def why_probabilities(training: Training) -> str:
    """Which key takes the targets for probabilities, in words; nothing where none does."""
    for key in ("loss", "reported_error"):
        loss = getattr(training, key)
        if loss is not None and loss.kind in PROBABILITIES:
            return f"the targets of `training.{key}`, `{loss.kind}`, are from 0 to 1"
    return ""


def no_probability(value: float, reason: str) -> str:
    """What is wrong with a target that is none."""
    return f"must be from 0 to 1, found {value:g}: {reason}"
