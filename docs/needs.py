"""What an example needs a runner to do, in a few words each, from its declaration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bprunner.spec.architecture import Architecture
from bprunner.spec.arithmetic import Arithmetic
from bprunner.spec.choices import Choice
from bprunner.spec.dataset import Dataset
from bprunner.spec.expectations import Expectation, Figure
from bprunner.spec.experiment import Experiment
from bprunner.spec.initial_weights import InitialWeights
from bprunner.spec.training import Training


def needs(experiment: Experiment) -> list[str]:
    """In the order of a file, each once."""
    return list(
        dict.fromkeys(
            [
                *_architecture(experiment.architecture),
                *_initial_weights(experiment.initial_weights),
                *_dataset(experiment.dataset),
                *_training(experiment.training),
                *_arithmetic(experiment.arithmetic),
                *_figures(experiment),
            ]
        )
    )


def _architecture(architecture: Architecture) -> Iterator[str]:
    for layer in architecture.layers:
        bias: Any = layer.bias
        yield from {"shared": ["shared bias"], "threshold": ["threshold"]}.get(bias.kind, [])
        if bias.kind == "frozen" or getattr(bias, "trained", True) is False:
            yield "frozen bias" if bias.kind != "threshold" else "frozen threshold"
        if layer.net == "squared_distance":
            yield "squared distances"
        if layer.frozen:
            yield "frozen layer"
        if layer.activation.kind == "step" and getattr(layer.activation, "derivative", None) is not None:
            yield "declared derivative"
    naming = architecture.naming
    if naming.inputs or naming.neurons or naming.biases or isinstance(naming.weights, dict):
        yield "names"
    if naming.weights == "sender":
        yield "numbered by sender"


def _initial_weights(weights: InitialWeights) -> Iterator[str]:
    if weights.matrices is not None or any(isinstance(layer, tuple) for layer in weights.layers or ()):
        yield f"matrices ({weights.orientation})"
    drawn = weights.drawn()
    if drawn:
        generator = {"numpy": "NumPy", "numpy_legacy": "NumPy's old generator", "python": "Python's random"}
        yield f"weights from a seed ({generator[weights.generator]})"
        order = [f"matrices {weights.draw.matrices}"] if weights.draw.matrices != "out_in" else []
        order += [f"biases {weights.draw.biases}"] if weights.draw.biases != "last" else []
        if order:
            yield f"order of drawing ({', '.join(order).replace('_', ' ')})"
    if any(rule.kind == "drawn" for rule in drawn.values()):
        yield "formula for weights"


def _dataset(dataset: Dataset) -> Iterator[str]:
    kind = dataset.source_kind
    if kind != "inline":
        yield {"gate": f"gate {dataset.gate}", "bundled": f"bundled {dataset.bundled}"}.get(kind, f"{kind} data")
    if dataset.samples_in == "columns":
        yield "samples in columns"
    if dataset.encode is not None:
        sides = {dataset.encode.inputs, dataset.encode.targets} - {None}
        yield from sorted({"one_hot": "one-hot targets"}.get(str(side), f"{side} numbers") for side in sides)
    if dataset.split is not None or dataset.held_out is not None:
        yield "held-out samples"
    if dataset.scale is not None:
        yield "scaling"


def _training(training: Training) -> Iterator[str]:
    yield training.loss.kind.replace("_", " ") + _means(training.loss)
    for name in ("l1", "l2"):
        term = getattr(training.penalty, name)
        if term is not None:
            yield f"{name} penalty of biases too" if term.biases else f"{name} penalty"
    if training.reported_error is not None:
        yield f"reports {training.reported_error.kind.replace('_', ' ')}{_means(training.reported_error)}"
    yield from (metric.kind for metric in training.metrics)
    yield from _optimizer(training)
    if training.schedule.kind != "constant":
        yield f"{training.schedule.kind.replace('_', ' ')} schedule"
    if training.warm_up is not None:
        yield "warm-up"
    if training.rate_factors is not None:
        yield "single learning rates"
    if training.update_order == "sequential":
        yield "sequential updates"
    yield from _batches(training)
    if training.stop is not None:
        yield f"{training.stop.kind} stop"
    if training.frozen is not None:
        yield "frozen weights"


def _means(loss: Choice) -> str:
    over = [side for side in ("outputs", "samples") if getattr(loss, side, "sum") == "mean"]
    return f" (mean over {' and '.join(over)})" if over else ""


def _optimizer(training: Training) -> Iterator[str]:
    optimizer: Any = training.optimizer
    if optimizer.kind != "gradient_descent":
        forms = [
            f"epsilon {value}" if key == "epsilon_place" else str(value)
            for key, value in optimizer.parameters().items()
            if key in ("form", "epsilon_place")
        ]
        yield f"{optimizer.kind} ({', '.join(forms)})" if forms else optimizer.kind
    if training.optimizer_state.given():
        yield "optimizer's state"


def _batches(training: Training) -> Iterator[str]:
    batches: Any = training.batches
    match batches.kind:
        case "online":
            yield "online updates" if batches.order is None else "online updates in the author's order"
        case "minibatches":
            yield "minibatches" if batches.seed is None else "shuffled minibatches"
        case "sampled":
            yield "sampled batches"
    if getattr(batches, "seed", None) == "after_weights":
        yield "one generator for weights and batches"


def _arithmetic(arithmetic: Arithmetic) -> Iterator[str]:
    if arithmetic.numbers.kind == "decimal":
        yield "decimal numbers"
    roundings = [(name, rounding) for _, name, rounding in arithmetic.declared()]
    if any(rounding.carried for _, rounding in roundings):
        yield "rounding carried"
    if any(not rounding.carried for _, rounding in roundings):
        yield "rounding in print"
    if any(name for name, _ in roundings):
        yield "rounding by name"


def _figures(experiment: Experiment) -> Iterator[str]:
    for expectation in experiment.expect:
        if expectation.counted == "before":
            yield "errors counted as an epoch goes"
        if expectation.values:
            yield "expressions"
        figures = [each for _, _, tree in expectation.declared() for each in leaves(tree)]
        if _tolerant(expectation) or any(_tolerant(figure) for figure in figures):
            yield "tolerance"
        if any(figure.erratum is not None for figure in figures):
            yield "errata"
    if experiment.horizon is not None:
        yield "horizon"


def leaves(tree: Any) -> Iterator[Figure]:
    """The figures of a list of figures, or of a list of lists."""
    if isinstance(tree, tuple):
        for part in tree:
            yield from leaves(part)
    else:
        yield tree


def _tolerant(each: Figure | Expectation) -> bool:
    return each.tolerance is not None or each.relative_tolerance is not None
