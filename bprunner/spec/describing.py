"""An experiment in a few words, for the screen, for pictures and for MLflow."""

from __future__ import annotations

from collections.abc import Iterator

from bprunner.spec.choices import Choice
from bprunner.spec.experiment import Experiment, Rounding


def words(choice: Choice) -> str:
    """A choice as text: `half squared error`, `leaky relu (slope 0.1)`."""
    numbers = ", ".join(f"{key} {value:g}" for key, value in choice.parameters().items())
    name = choice.kind.replace("_", " ")
    return f"{name} ({numbers})" if numbers else str(name)


def network_line(experiment: Experiment) -> str:
    """The network in one line: `2 → 2 linear → 1 linear`, biases named where there are any."""
    parts = [str(experiment.architecture.inputs)]
    for layer in experiment.architecture.layers:
        bias = " + bias" if layer.bias != "none" else ""
        parts.append(f"{layer.units} {words(layer.activation)}{bias}")
    return " → ".join(parts)


def training_line(experiment: Experiment) -> str:
    """Loss, optimizer, learning rate and epochs."""
    training = experiment.training
    epochs = f"{training.epochs:,} {'epoch' if training.epochs == 1 else 'epochs'}"
    return f"{words(training.loss)} · {words(training.optimizer)} · learning rate {training.learning_rate:g} · {epochs}"


def rounding_words(rounding: Rounding) -> str:
    """`rounded to 2 decimals`, `cut off after 3 decimals (only in print)`."""
    decimals = f"{rounding.decimals} {'decimal' if rounding.decimals == 1 else 'decimals'}"
    text = f"rounded to {decimals}" if rounding.rounding == "half_up" else f"cut off after {decimals}"
    return text if rounding.carried else f"{text} (only in print)"


def arithmetic_lines(experiment: Experiment) -> Iterator[str]:
    """What is rounded, where the arithmetic is not exact: `weight rounded to 2 decimals`."""
    biased = any(experiment.architecture.names.biased)
    for quantity, rounding in experiment.arithmetic.declared():
        inherited = getattr(experiment.arithmetic, quantity) is None
        if not inherited or (quantity == "bias" and biased):
            yield f"{quantity} {rounding_words(rounding)}"
