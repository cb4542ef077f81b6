"""An experiment in a few words, for the screen, for pictures and for MLflow."""

from __future__ import annotations

from collections.abc import Iterator

from bprunner.spec.architecture import Layer
from bprunner.spec.arithmetic import Rounding
from bprunner.spec.choices import Choice
from bprunner.spec.experiment import Experiment
from bprunner.spec.naming import counted, shortened
from bprunner.spec.training import StopAtThreshold, StopOnPlateau, Training


def words(choice: Choice) -> str:
    """A choice as text: `half squared error`, `leaky relu (slope 0.1)`; what is a default is left out."""
    told = {key: value for key, value in choice.parameters().items() if value is not None}
    own = {key: value for key, value in told.items() if key == "slope" or not _usual(choice, key, value)}
    numbers = ", ".join(_value(value) if key == choice.kind else _pair(key, value) for key, value in own.items())
    name = choice.kind.replace("_", " ")
    return f"{name} ({numbers})" if numbers else str(name)


def _pair(key: str, value: object) -> str:
    return f"{key.replace('_', ' ')} {_value(value)}"


def _usual(choice: Choice, key: str, value: object) -> bool:
    field = type(choice).model_fields[key]
    return not field.is_required() and value == field.get_default()


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, tuple):
        return shortened([str(each) for each in value])
    return str(value).replace("_", " ")


def network_line(experiment: Experiment) -> str:
    """The network in one line: `2 → 2 linear → 1 linear`, biases named where there are any."""
    parts = [str(experiment.architecture.inputs)]
    for layer in experiment.architecture.layers:
        frozen = " (frozen)" if layer.frozen else ""
        parts.append(f"{layer.units} {words(layer.activation)}{_bias_words(layer)}{frozen}")
    return " → ".join(parts)


def _bias_words(layer: Layer) -> str:
    """` + bias`, ` + frozen shared bias`, ` + threshold`; nothing where there is none."""
    kind = layer.bias.kind
    if kind == "none":
        return ""
    frozen = "" if layer.bias_trained or layer.frozen else "frozen "
    name = {"shared": "shared bias", "threshold": "threshold"}.get(kind, "bias")
    return f" + {frozen}{name}"


def training_line(experiment: Experiment) -> str:
    """Loss, optimizer, learning rate and epochs."""
    return " · ".join(_training_parts(experiment.training))


def _factors(training: Training) -> str:
    """` (w1 × 0.5, biases × 2)`; nothing where all have the same rate."""
    factors = [f"{name} × {factor:g}" for name, factor in (training.rate_factors or {}).items()]
    return f" ({shortened(factors)})" if factors else ""


def _training_parts(training: Training) -> Iterator[str]:
    yield words(training.loss)
    for name in ("l1", "l2"):
        term = getattr(training.penalty, name)
        if term is not None:
            biases = ", biases too" if term.biases else ""
            yield f"{name} {term.strength:g} ({term.factor.replace('lambda', 'λ')}{biases})"
    yield words(training.optimizer)
    yield f"learning rate {training.learning_rate:g}{_factors(training)}"
    if training.schedule.kind != "constant":
        yield words(training.schedule)
    if training.warm_up is not None:
        yield f"warm-up over {counted(training.warm_up.over, training.warm_up.per)}"
    if training.update_order == "sequential":
        yield "sequential updates"
    if not training.full_batch:
        yield words(training.batches)
    most = "at most " if training.stop is not None else ""
    epochs, updates = training.epochs, training.updates or 0
    yield most + (counted(epochs, "epoch") if epochs is not None else counted(updates, "update"))
    if training.stop is not None:
        yield _stop_words(training.stop)


def _stop_words(stop: StopAtThreshold | StopOnPlateau) -> str:
    """`stops at error ≤ 0.001`, `stops after 50 epochs without a better held_out.error`."""
    before = ", counted before updates" if stop.counted == "before" else ""
    if stop.kind == "plateau":
        by = f" by {stop.by:g}" if stop.by else ""
        return f"stops after {counted(stop.patience, 'epoch')} without a better {stop.quantity}{by}{before}"
    bounds = {"≤": stop.at_most, "<": stop.below, "≥": stop.at_least}
    told = " or ".join(f"{sign} {bound:g}" for sign, bound in bounds.items() if bound is not None)
    quantity = "largest update" if stop.quantity == "largest_update" else stop.quantity
    return f"stops at {quantity} {told}{before}"


def rounding_words(rounding: Rounding) -> str:
    """`rounded to 2 decimals`, `cut off after 3 decimals (only in print)`."""
    decimals = f"{rounding.decimals} {'decimal' if rounding.decimals == 1 else 'decimals'}"
    text = f"rounded to {decimals}" if rounding.rounding == "half_up" else f"cut off after {decimals}"
    return text if rounding.carried else f"{text} (only in print)"


def arithmetic_lines(experiment: Experiment) -> Iterator[str]:
    """What is rounded, where the arithmetic is not exact: `weight rounded to 2 decimals`."""
    biased = any(experiment.architecture.names.biased)
    if experiment.arithmetic.numbers.kind == "decimal":
        yield words(experiment.arithmetic.numbers) + " numbers"
    for quantity, name, rounding in experiment.arithmetic.declared():
        inherited = getattr(experiment.arithmetic, quantity) is None
        if not inherited or (quantity == "bias" and biased):
            yield f"{quantity}{'.' if name else ''}{name} {rounding_words(rounding)}"
