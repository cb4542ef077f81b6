"""Whether training fits the network, the dataset and itself: each misfit names both of its sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bprunner.spec.architecture import Architecture
from bprunner.spec.arithmetic import Arithmetic
from bprunner.spec.initial_weights import InitialWeights
from bprunner.spec.misfit import Misfit, Path
from bprunner.spec.naming import counted, shortened
from bprunner.spec.problems import cut, did_you_mean
from bprunner.spec.training import OptimizerState, Training
from bprunner.spec.weights_misfits import legacy_seed, span, unknown_parameter

PROBABILITIES = {"binary_cross_entropy": ("sigmoid", "softmax"), "cross_entropy": ("softmax", "sigmoid")}
"""Losses with a logarithm of the prediction, and the activations whose outputs lie between 0 and 1."""

SLOTS = {
    "gradient_descent": (),
    "momentum": ("velocity",),
    "nesterov": ("velocity",),
    "adagrad": ("squares",),
    "rmsprop": ("squares",),
    "adam": ("mean", "squares", "count"),
    "adamw": ("mean", "squares", "count"),
}
"""What each optimizer remembers."""


def training_misfits(
    training: Training, architecture: Architecture, weights: InitialWeights | None, held_out: bool | None
) -> Iterator[Misfit]:
    """held_out: whether the dataset has a held-out part; None where that is not known."""
    yield from _length(training)
    yield from _outputs(training, architecture)
    yield from _optimizer(training, architecture)
    yield from _batches(training, weights)
    yield from _stop(training, held_out)
    yield from _penalised_biases(training, architecture)
    yield from _rate_factors(training, architecture)
    for number, name in enumerate(training.frozen or ()):
        yield from unknown_parameter(("training", "frozen", number), name, architecture.names)
        if name in (training.frozen or ())[:number]:
            yield Misfit(("training", "frozen", number), f"`{cut(name)}` is listed already")


def layer_misfits(architecture: Architecture, training: Training | None) -> Iterator[Misfit]:
    """Activations that do not fit their layer, or cannot be trained."""
    trained = training is not None and (training.epochs or training.updates)
    for number, layer in enumerate(architecture.layers):
        path: Path = ("architecture", "layers", number, "activation")
        kind = layer.activation.kind
        # What is behind trained weights is descended through; what is all frozen needs no derivative.
        behind = trained and not all(each.frozen for each in architecture.layers[: number + 1])
        if kind == "step" and behind and getattr(layer.activation, "derivative", None) is None:
            yield Misfit(
                path,
                "`step` has no derivative that `training` could descend",
                "declare what it is taken for: {step: {derivative: 1}} gives the perceptron's learning rule",
            )
        if kind == "softmax" and layer.units == 1:
            yield Misfit(path, "`softmax` of a single neuron is always 1: `units` is 1", "sigmoid is for one neuron")
        if kind == "gaussian" and layer.net != "squared_distance":
            message = "`gaussian` is a function of a squared distance, and `net` is `weighted_sum`"
            yield Misfit(path, message, "add `net: squared_distance` to the layer")


def _length(training: Training) -> Iterator[Misfit]:
    if training.epochs is None and training.updates is None:
        yield Misfit(("training",), "`epochs` is missing", "how many passes over the dataset; or `updates`")
    if training.epochs is not None and training.updates is not None:
        message = "`epochs` and `updates` stand here together; one of them says how long training takes"
        yield Misfit(("training", "updates"), message, at_key=True)


def _outputs(training: Training, architecture: Architecture) -> Iterator[Misfit]:
    """A logarithm of the prediction needs predictions between 0 and 1."""
    activation = architecture.layers[-1].activation.kind
    for key in ("loss", "reported_error"):
        loss = getattr(training, key)
        fitting = PROBABILITIES.get(loss.kind, (activation,)) if loss is not None else (activation,)
        if activation not in fitting:
            yield Misfit(
                ("training", key),
                f"`{loss.kind}` takes the logarithm of predictions, and the last layer's `activation` is "
                f"`{activation}`, whose outputs are not between 0 and 1",
                f"with `{loss.kind}` goes `{fitting[0]}`",
            )


def _optimizer(training: Training, architecture: Architecture) -> Iterator[Misfit]:
    kind, state, path = training.optimizer.kind, training.optimizer_state, ("training", "optimizer_state")
    names = architecture.names
    for slot, value in state.given().items():
        if slot not in SLOTS[kind]:
            has = shortened([f"`{each}`" for each in SLOTS[kind]]) or "nothing"
            yield Misfit((*path, slot), f"`{kind}` has no `{slot}`; it remembers {has}", at_key=True)
        elif isinstance(value, Mapping):
            for name in value:
                yield from unknown_parameter((*path, slot, name), name, names)
            missing = [name for name in (*names.weights, *names.biases) if name not in value]
            if missing:
                message = f"`{slot}` of {shortened(missing)} is left out"
                yield Misfit((*path, slot), message, "write every one, or one number for all")
    optimizer: Any = training.optimizer
    if getattr(optimizer, "counts", "before") == "after" and optimizer.bias_correction and not state.count:
        message = "`counts: after` makes the first correction with t = 0, which divides by zero"
        yield Misfit(("training", "optimizer"), message, "give `optimizer_state: {count: 1}`, or `counts: before`")
    if not getattr(optimizer, "bias_correction", True):
        yield from _uncorrected(optimizer, state)


def _uncorrected(optimizer: Any, state: OptimizerState) -> Iterator[Misfit]:
    """What says how biases are corrected, where they are not."""
    path: Path = ("training", "optimizer", optimizer.kind)
    why = "corrections, and `bias_correction` is false"
    if optimizer.counts == "after":
        yield Misfit((*path, "counts"), f"`counts: after` is of {why}", "leave it out")
    if optimizer.epsilon_place == "uncorrected":
        message = f"`epsilon_place: uncorrected` is of {why}"
        yield Misfit((*path, "epsilon_place"), message, "without them it is the same as `outside`")
    if state.count is not None:
        yield Misfit(("training", "optimizer_state", "count"), f"`count` is of {why}", "leave it out", at_key=True)


def _penalised_biases(training: Training, architecture: Architecture) -> Iterator[Misfit]:
    for name in ("l1", "l2"):
        term = getattr(training.penalty, name)
        if term is not None and term.biases and not any(architecture.names.biased):
            message = f"the biases are penalised by `{name}`, and no layer of `architecture` has a `bias`"
            yield Misfit(("training", "penalty", name, "biases"), message)


def _rate_factors(training: Training, architecture: Architecture) -> Iterator[Misfit]:
    """Factors of what is not there, and of what is never changed."""
    names = architecture.names
    layers = dict(zip(names.layer_names, architecture.layers, strict=True))
    for name in training.rate_factors or ():
        path: Path = ("training", "rate_factors", name)
        is_parameter = name in names.weights or name in names.biases
        if name == "biases":
            if not any(names.biased):
                message = "a learning rate of all `biases`, and no layer of `architecture` has a `bias`"
                yield Misfit(path, message, at_key=True)
        elif name not in layers and not is_parameter:
            message = f"no weight, bias or layer is called `{cut(name)}`"
            others = f"the layers {shortened(list(layers))}, and `biases` for all of them"
            yield Misfit(path, message, f"the network has {span(names)}, {others}", at_key=True)
        fixed = _why_fixed(name, training, architecture) if is_parameter or name in layers else ""
        if fixed:
            yield Misfit(path, f"`{name}` is never changed ({fixed}), so it has no learning rate", at_key=True)


def _why_fixed(name: str, training: Training, architecture: Architecture) -> str:
    """What keeps a weight, a bias or a layer as it is; nothing where it is trained."""
    names = architecture.names
    if name in (training.frozen or ()):
        return "`training.frozen` has it"
    places: Mapping[str, Any] = {**names.weights, **names.biases}
    number = places[name].layer if name in places else names.layer_names.index(name)
    layer = architecture.layers[number]
    if layer.frozen:
        return f"its layer, {names.layer_names[number]}, is `frozen`"
    return f"`bias` is `{layer.bias.kind}`" if name in names.biases and not layer.bias_trained else ""


def _batches(training: Training, weights: InitialWeights | None) -> Iterator[Misfit]:
    batches: Any = training.batches
    path: Path = ("training", "batches", batches.kind)
    if training.update_order == "sequential" and batches.kind in ("minibatches", "sampled"):
        message = f"`update_order: sequential` goes with `full` or `online` batches, and `batches` is `{batches.kind}`"
        yield Misfit(("training", "update_order"), message)
    seed = getattr(batches, "seed", None)
    if batches.kind == "minibatches" and seed is None and batches.generator != "numpy":
        message = "nothing is shuffled without a `seed`, so `generator` has no meaning here"
        yield Misfit((*path, "generator"), message)
    if isinstance(seed, int):
        yield from legacy_seed((*path, "seed"), seed, batches.generator)
    if seed == "after_weights" and weights is not None:
        if not weights.drawn():
            message = "`after_weights` goes on with the generator of `initial_weights`, which draws nothing"
            yield Misfit((*path, "seed"), message, "give a seed, for example `seed: 0`")
        elif weights.generator != batches.generator:
            yield Misfit(
                (*path, "seed"),
                f"`after_weights` goes on with the generator of `initial_weights`, `{weights.generator}`, and "
                f"`generator` here is `{batches.generator}`",
            )


def batch_sizes(training: Training, samples: int) -> Iterator[Misfit]:
    """Whether batches fit so many training samples."""
    batches: Any = training.batches
    path: Path = ("training", "batches", batches.kind)
    has = f"the dataset has {counted(samples, 'sample')} to train with"
    for number, position in enumerate(getattr(batches, "order", None) or ()):
        if position > samples:
            yield Misfit((*path, "order", number), f"there is no sample {position:,}: {has}")
    if batches.kind == "minibatches" and batches.size > samples:
        yield Misfit((*path, "size"), f"a minibatch of {batches.size:,}, but {has}", "`batches: full` takes them all")


def _stop(training: Training, held_out: bool | None) -> Iterator[Misfit]:
    stop: Any = training.stop
    if stop is None:
        return
    path: Path = ("training", "stop", stop.kind)
    quantity = stop.quantity.removeprefix("held_out.")
    if quantity == "reported_error" and training.reported_error is None:
        yield Misfit((*path, "quantity"), "`reported_error` is looked at, and `training` declares none")
    if quantity == "accuracy" and not training.metrics:
        yield Misfit(
            (*path, "quantity"), "`accuracy` is looked at, and `metrics` has none", "add `metrics: [accuracy]`"
        )
    if stop.quantity.startswith("held_out."):
        if held_out is False:
            message = f"`{stop.quantity}` is looked at, and `dataset` has no held-out part"
            yield Misfit((*path, "quantity"), message, "add `split: {held_out: 0.2, seed: 0}` to the dataset")
        if stop.counted == "before":
            yield Misfit((*path, "counted"), "a held-out part has no updates that it could be counted before")
    if stop.quantity == "largest_update":
        if stop.counted == "before":
            message = "`largest_update` is of the updates of an epoch, and `counted: before` is for errors"
            yield Misfit((*path, "counted"), message)
        if stop.at_least is not None:
            message = "`largest_update` falls as training settles: `below` or `at_most` says where to stop"
            yield Misfit((*path, "at_least"), message, at_key=True)
    if stop.kind == "threshold":
        given = [key for key in ("at_most", "below", "at_least") if getattr(stop, key) is not None]
        if len(given) != 1:
            found = " and ".join(f"`{key}`" for key in given) or "none"
            yield Misfit(path, f"one of `at_most`, `below` and `at_least` says where to stop, found {found}")


def metric_misfits(training: Training) -> Iterator[Misfit]:
    """The same metric twice."""
    kinds = [metric.kind for metric in training.metrics]
    for number, kind in enumerate(kinds):
        if kind in kinds[:number]:
            yield Misfit(("training", "metrics", number), f"`{kind}` is counted already")


NO_DECIMALS = ("gelu", "gelu_tanh")
"""Activations whose functions Python's decimal numbers do not have."""

LARGEST_DECIMAL_STEP = 20_000
"""The most numbers of a step in decimal arithmetic, which is some thousand times slower."""


def arithmetic_misfits(arithmetic: Arithmetic, architecture: Architecture) -> Iterator[Misfit]:
    """Roundings by names that are not there, and decimals that cannot be had."""
    names = architecture.names
    for quantity in ("net", "out", "prediction", "delta", "gradient", "update", "weight", "bias"):
        value = getattr(arithmetic, quantity)
        if isinstance(value, dict):
            known: Any = {
                "prediction": names.outputs,
                "weight": names.weights,
                "bias": names.biases,
                "gradient": [*names.weights, *names.biases],
                "update": [*names.weights, *names.biases],
            }.get(quantity, names.neurons)
            for name in value:
                if name not in known:
                    message = f"there is no `{quantity}.{name}`"
                    yield Misfit(("arithmetic", quantity, name), message, did_you_mean(name, list(known)), at_key=True)
    if arithmetic.numbers.kind != "decimal":
        return
    for number, layer in enumerate(architecture.layers):
        if layer.activation.kind in NO_DECIMALS:
            message = f"`{layer.activation.kind}` cannot be computed with `arithmetic.numbers: decimal`"
            yield Misfit(("architecture", "layers", number, "activation"), message)
