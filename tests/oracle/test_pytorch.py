"""Whole trajectories against PyTorch, in float64: after a hundred updates every weight agrees to 1e-12.

The network is written once more from its declaration, with PyTorch's own functions, losses, optimizers and schedules.
Compared are the error of every step, and every weight and bias after it, relative to the largest of its matrix. That
holds where training is stable: settings are such that no last bit grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.losses import LOSSES
from bprunner.nn.optimizers import OPTIMIZERS
from bprunner.nn.schedules import SCHEDULES
from bprunner.training.loop import train
from tests.laws.networks import CROSS_ENTROPIES, Network, fitting_output, random_network

RELATIVE = 1e-12
UPDATES = 100

torch.set_num_threads(1)  # networks are small: threads would only wait for each other

# What PyTorch has

TORCH_ACTIVATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "linear": lambda net, _: net,
    "sigmoid": lambda net, own: torch.sigmoid(net if own.slope is None else own.slope * net),
    "tanh": lambda net, own: (own.height or 1.0) * torch.tanh((own.slope or 1.0) * net),
    "relu": lambda net, _: functional.relu(net),
    "leaky_relu": lambda net, own: functional.leaky_relu(net, own.slope),
    "elu": lambda net, own: functional.elu(net, own.alpha),
    "softplus": lambda net, _: functional.softplus(net),
    "gelu": lambda net, _: functional.gelu(net),
    "gelu_tanh": lambda net, _: functional.gelu(net, approximate="tanh"),
    "softmax": lambda net, _: functional.softmax(net, dim=1),
    "gaussian": lambda net, own: torch.exp(-net / (2.0 * own.width**2)),
}
NOT_IN_TORCH = {"step"}
"""A step has no derivative in PyTorch, and none that can be declared."""


def _half_squared(_net: Any, out: Any, t: Any, _own: Any, reduction: str) -> Any:
    return 0.5 * functional.mse_loss(out, t, reduction=reduction)


def _squared(_net: Any, out: Any, t: Any, _own: Any, reduction: str) -> Any:
    return functional.mse_loss(out, t, reduction=reduction)


def _absolute(_net: Any, out: Any, t: Any, _own: Any, reduction: str) -> Any:
    return functional.l1_loss(out, t, reduction=reduction)


def _huber(_net: Any, out: Any, t: Any, own: Any, reduction: str) -> Any:
    return functional.huber_loss(out, t, delta=own.threshold, reduction=reduction)


def _hinge(_net: Any, out: Any, t: Any, own: Any, reduction: str) -> Any:
    terms = torch.where(out * t <= own.margin, own.margin - out * t, torch.zeros_like(out))
    return terms.mean() if reduction == "mean" else terms.sum()


def _binary_cross_entropy(net: Any, out: Any, t: Any, own: Any, reduction: str) -> Any:
    if own == "sigmoid":
        return functional.binary_cross_entropy_with_logits(net, t, reduction=reduction)
    return functional.binary_cross_entropy(out, t, reduction=reduction)


def _cross_entropy(net: Any, out: Any, t: Any, own: Any, reduction: str) -> Any:
    """PyTorch's takes the net inputs of a softmax; its mean is over the samples."""
    if own == "softmax":
        return functional.cross_entropy(net, t, reduction=reduction)
    summed = -(t * torch.log(out)).sum()
    return summed / len(t) if reduction == "mean" else summed


def _linear(_net: Any, out: Any, t: Any, _own: Any, reduction: str) -> Any:
    return (out * t).mean() if reduction == "mean" else (out * t).sum()


TORCH_LOSSES: Mapping[str, Callable[[Any, Any, Any, Any, str], Any]] = {
    "half_squared_error": _half_squared,
    "squared_error": _squared,
    "mean_squared_error": _squared,
    "absolute_error": _absolute,
    "mean_absolute_error": _absolute,
    "huber": _huber,
    "hinge": _hinge,
    "binary_cross_entropy": _binary_cross_entropy,
    "cross_entropy": _cross_entropy,
    "linear_error": _linear,
}

Optimizer = Callable[[Any, Any, float], Any]

TORCH_OPTIMIZERS: Mapping[str, Sequence[tuple[Mapping[str, Any], Optimizer]]] = {
    "gradient_descent": [({}, lambda _, groups, lr: torch.optim.SGD(groups, lr=lr))],
    "momentum": [
        (
            {"momentum": 0.9, "form": "accumulated"},
            lambda own, groups, lr: torch.optim.SGD(groups, lr=lr, momentum=own.momentum),
        ),
        # Compared by itself, below.
        (
            {"momentum": 0.8, "form": "averaged"},
            lambda own, groups, lr: torch.optim.SGD(groups, lr=lr, momentum=own.momentum, dampening=own.momentum),
        ),
    ],
    "nesterov": [
        (
            {"momentum": 0.9, "form": "accumulated"},
            lambda own, groups, lr: torch.optim.SGD(groups, lr=lr, momentum=own.momentum, nesterov=True),
        )
    ],
    "adagrad": [
        ({"epsilon": 1e-10}, lambda own, groups, lr: torch.optim.Adagrad(groups, lr=lr, eps=own.epsilon)),
    ],
    "rmsprop": [
        (
            {"decay": 0.99, "epsilon": 1e-8},
            lambda own, groups, lr: torch.optim.RMSprop(groups, lr=lr, alpha=own.decay, eps=own.epsilon),
        )
    ],
    "adam": [
        (
            {},
            lambda own, groups, lr: torch.optim.Adam(groups, lr=lr, betas=(own.beta1, own.beta2), eps=own.epsilon),
        ),
        (
            {"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4},
            lambda own, groups, lr: torch.optim.Adam(groups, lr=lr, betas=(own.beta1, own.beta2), eps=own.epsilon),
        ),
    ],
    "adamw": [
        (
            {"weight_decay": 0.05},
            lambda own, groups, lr: torch.optim.AdamW(
                groups, lr=lr, betas=(own.beta1, own.beta2), eps=own.epsilon, weight_decay=own.weight_decay
            ),
        )
    ],
}

lr_scheduler: Any = torch.optim.lr_scheduler
TORCH_SCHEDULES: Mapping[str, tuple[Mapping[str, Any], Callable[[Any, Any], Any]]] = {
    "constant": ({}, lambda _, optimizer: lr_scheduler.ConstantLR(optimizer, factor=1.0)),
    "step": (
        {"every": 7, "factor": 0.8},
        lambda own, optimizer: lr_scheduler.StepLR(optimizer, step_size=own.every, gamma=own.factor),
    ),
    "exponential": (
        {"factor": 0.97},
        lambda own, optimizer: lr_scheduler.ExponentialLR(optimizer, gamma=own.factor),
    ),
    "inverse_time": (
        {"decay": 0.1},
        lambda own, optimizer: lr_scheduler.LambdaLR(optimizer, lambda t: 1.0 / (1.0 + own.decay * t)),
    ),
    # PyTorch's rises again after `over`, so it is longer than training.
    "cosine": (
        {"over": 120, "to": 0.001},
        lambda own, optimizer: lr_scheduler.CosineAnnealingLR(optimizer, T_max=own.over, eta_min=own.to),
    ),
}


def test_all_that_pytorch_has_is_compared() -> None:
    assert set(TORCH_ACTIVATIONS) | NOT_IN_TORCH == set(ACTIVATIONS)
    assert set(TORCH_LOSSES) == set(LOSSES)
    assert set(TORCH_OPTIMIZERS) == set(OPTIMIZERS)
    assert set(TORCH_SCHEDULES) == set(SCHEDULES)


# The network, once more


def passed(network: Network, parameters: Sequence[Any], x: Any) -> tuple[Any, Any]:
    """net and out of the last layer."""
    layers = network.experiment.architecture.layers
    biases = iter(parameters[len(layers) :])
    a = net = x
    for layer, W in zip(layers, parameters, strict=False):
        net = ((a[:, :, None] - W[None]) ** 2).sum(dim=1) if layer.net == "squared_distance" else a @ W
        if layer.bias.kind == "threshold":
            net = net - next(biases)
        elif layer.bias.kind != "none":
            net = net + next(biases)
        a = TORCH_ACTIVATIONS[layer.activation.kind](net, layer.activation)
    return net, a


def error_of(network: Network, parameters: Sequence[Any], x: Any, t: Any) -> Any:
    """The loss alone: penalties are PyTorch's weight decay."""
    loss: Any = network.experiment.training.loss
    net, out = passed(network, parameters, x)
    last = network.experiment.architecture.layers[-1].activation.kind
    averaged = loss.kind.startswith("mean_") or loss.samples == "mean"
    own = last if loss.kind in CROSS_ENTROPIES else loss
    return TORCH_LOSSES[loss.kind](net, out, t, own, "mean" if averaged else "sum")


def epochs(network: Network, samples: int) -> Iterator[list[list[int]]]:
    """Each epoch's batches. A shuffle is NumPy's own."""
    batches: Any = network.experiment.training.batches
    seed = getattr(batches, "seed", None)
    generator = np.random.default_rng(seed)
    while True:
        order = list(range(samples))
        if batches.kind == "online" and batches.order:
            order = [number - 1 for number in batches.order]
        if seed is not None:
            order = generator.permutation(samples).tolist()
        size = {"full": samples, "online": 1}.get(batches.kind) or batches.size
        yield [order[start : start + size] for start in range(0, len(order), size)]


def groups_of(network: Network, parameters: Sequence[Any]) -> list[dict[str, Any]]:
    """Matrices with the L2 penalty as their weight decay, and biases without unless it goes over them, too; what is
    frozen is in none of them. With rates of layers or of biases, each is a group of its own."""
    experiment, layers = network.experiment, network.experiment.architecture.layers
    l2, factors = experiment.training.penalty.l2, experiment.training.rate_factors
    decay = 0.0 if l2 is None else {"lambda": 2.0, "lambda/2": 1.0}[l2.factor] * l2.strength
    groups: list[dict[str, Any]] = [{"params": list(parameters[: len(layers)])}]
    if len(parameters) > len(layers):
        groups.append({"params": list(parameters[len(layers) :])})
    if factors is not None:
        names = experiment.architecture.names.layer_names
        matrices = [
            {"params": [part], "lr": factors.get(name, 1.0)}
            for part, name in zip(parameters[: len(names)], names, strict=True)
        ]
        groups = [*matrices, {**groups[1], "lr": factors["biases"]}]
        for group in groups:
            group["lr"] *= experiment.training.learning_rate
    for number, group in enumerate(groups):
        if decay and (number < len(groups) - 1 or len(groups) == 1 or (l2 is not None and l2.biases)):
            group["weight_decay"] = decay
    return groups


def scheduled(network: Network, optimizer: Any) -> Any:
    """PyTorch's schedule, after PyTorch's warm-up."""
    training = network.experiment.training
    following = TORCH_SCHEDULES[training.schedule.kind][1](training.schedule, optimizer)
    if training.warm_up is None:
        return following
    for group in optimizer.param_groups:
        group["lr"] = training.learning_rate
    own = training.warm_up
    rising = lr_scheduler.LinearLR(optimizer, start_factor=own.start, end_factor=1.0, total_iters=own.over)
    return lr_scheduler.SequentialLR(optimizer, [rising, following], milestones=[own.over])


def trajectory(network: Network, make: Optimizer, updates: int) -> Iterator[tuple[float, list[Any]]]:
    """The error of every step (penalties left out), and all weights and biases at it."""
    training, declared = network.experiment.training, network.experiment.initial_weights
    written: Any = [declared.matrices, declared.biases or ()]
    parameters = [torch.tensor(part, dtype=torch.float64, requires_grad=True) for parts in written for part in parts]
    x, t = torch.tensor(network.samples.inputs), torch.tensor(network.samples.targets)
    optimizer = make(training.optimizer, groups_of(network, parameters), training.learning_rate)
    schedule, per = scheduled(network, optimizer), getattr(training.schedule, "per", "epoch")
    number = 0
    for epoch in epochs(network, len(t)):
        for taken in epoch:
            optimizer.zero_grad()
            error = error_of(network, parameters, x[taken], t[taken])
            yield float(error.detach()), [part.detach().numpy().copy() for part in parameters]
            if number == updates:
                return
            error.backward()
            optimizer.step()
            number += 1
            if per == "update":
                schedule.step()
        if per == "epoch":
            schedule.step()


def assert_goes_along(network: Network, make: Optimizer | None = None, updates: int = UPDATES) -> None:
    """Step after step: the error, and everything that is trained."""
    training = network.experiment.training
    make = TORCH_OPTIMIZERS[training.optimizer.kind][0][1] if make is None else make
    p = network.population
    steps = list(train(p))
    assert len(steps) == updates + 1
    for step, (error, parameters) in zip(steps, trajectory(network, make, updates), strict=True):
        own = float(step.error[0, 0, 0])
        own -= sum(float(each.value(step.weights, step.passed.out[-1].shape[1])[0, 0, 0]) for each in p.penalties)
        assert own == pytest.approx(error, rel=RELATIVE, abs=RELATIVE), step.number
        for mine, other in zip(step.weights.flat(), parameters, strict=True):
            scale = float(np.max(np.abs(other)))
            np.testing.assert_allclose(
                mine[0], other.reshape(mine[0].shape), rtol=RELATIVE, atol=RELATIVE * scale, err_msg=str(step.number)
            )


def network_of(
    kinds: Sequence[str], training: Mapping[str, Any], loss: Any = "half_squared_error", **rest: Any
) -> Network:
    """3 → 4 → 3 and seven samples, unless said otherwise."""
    units = rest.pop("units", (3, 4, 3))
    biases = rest.pop("biases", ["trained"] * len(kinds))
    full = {"learning_rate": 0.02, "epochs": None, "updates": UPDATES, **training}
    return random_network(rest.pop("seed", 11), units, kinds, biases, rest.pop("samples", 7), loss, training=full)


# Trajectories


def _reduced(loss: str, reduction: str) -> Any:
    """The loss, summed or averaged over everything that PyTorch sums or averages."""
    if LOSSES[loss].reductions == "mean":
        return loss
    own: dict[str, Any] = {"samples": reduction}
    if LOSSES[loss].reductions == "free":
        own["outputs"] = reduction
    return {loss: own}


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("kind", sorted(TORCH_ACTIVATIONS))
def test_every_activation_with_every_loss(kind: str, loss: str, reduction: str) -> None:
    kinds = (kind, fitting_output(loss, kind))
    # Nothing holds a linear error back, and what grows carries its last bits along.
    training = {"learning_rate": 0.002} if loss == "linear_error" else {}
    assert_goes_along(network_of(kinds, training, _reduced(loss, reduction)))


@pytest.mark.parametrize("loss", CROSS_ENTROPIES)
@pytest.mark.parametrize("last", ["sigmoid", "softmax"])
def test_every_cross_entropy_with_every_output(loss: str, last: str) -> None:
    for seed in range(3):
        assert_goes_along(network_of(("tanh", last), {}, _reduced(loss, "mean"), seed=seed))


@pytest.mark.parametrize("bias", ["none", "trained", {"shared": {"trained": True}}, "threshold"], ids=str)
def test_every_bias(bias: Any) -> None:
    assert_goes_along(network_of(("tanh", "linear"), {}, biases=[bias, bias]))


@pytest.mark.parametrize("kind", sorted(TORCH_ACTIVATIONS))
def test_wide_layers_whose_sums_are_blas(kind: str) -> None:
    training = {"learning_rate": 0.002}
    assert_goes_along(network_of((kind, "linear"), training, units=(20, 24, 3), samples=40))


OPTIMIZERS_AND_FORMS = [
    pytest.param(kind, numbers, make, id="-".join([kind, *map(str, numbers.values())]))
    for kind, forms in TORCH_OPTIMIZERS.items()
    for numbers, make in forms
    if numbers.get("form") != "averaged"
]
WARM_UP = {"over": 10, "start": 0.25}


@pytest.mark.parametrize("warm_up", [None, WARM_UP], ids=["", "warm_up"])
@pytest.mark.parametrize("per", ["epoch", "update"])
@pytest.mark.parametrize("schedule", sorted(SCHEDULES))
@pytest.mark.parametrize(("kind", "numbers", "make"), OPTIMIZERS_AND_FORMS)
def test_every_optimizer_with_every_schedule(
    kind: str, numbers: Mapping[str, Any], make: Optimizer, schedule: str, per: str, warm_up: Mapping[str, Any] | None
) -> None:
    ticks = {} if schedule == "constant" else {"per": per}
    training = {
        "optimizer": {kind: dict(numbers)},
        "learning_rate": 0.01,
        "schedule": {schedule: {**TORCH_SCHEDULES[schedule][0], **ticks}},
        "warm_up": None if warm_up is None else {**warm_up, "per": ticks.get("per", "epoch")},
        "batches": {"minibatches": {"size": 3}},
    }
    assert_goes_along(network_of(("tanh", "sigmoid"), training), make)


def test_averaged_momentum_is_dampening() -> None:
    """PyTorch does not dampen the first gradient: its first velocity is that gradient g itself. A velocity that starts
    as g gives the same, μ g + (1 − μ) g."""
    numbers, make = TORCH_OPTIMIZERS["momentum"][1]
    plain = network_of(("tanh", "linear"), {})
    first, names = next(train(plain.population)), plain.experiment.architecture.names
    velocity = {
        name: float(first.pulled.gradient.W[at.layer][0, at.sender, at.receiver]) for name, at in names.weights.items()
    }
    for name, place in names.biases.items():
        b = first.pulled.gradient.b[place.layer]
        assert b is not None
        velocity[name] = float(b[0, 0, place.receiver])
    training = {"optimizer": {"momentum": dict(numbers)}, "optimizer_state": {"velocity": velocity}}
    assert_goes_along(network_of(("tanh", "linear"), training), make)


BATCHES: Sequence[Any] = [
    "full",
    "online",
    {"online": {"order": [4, 2, 7, 1, 1, 5]}},
    {"minibatches": {"size": 3}},
    {"minibatches": {"size": 2, "seed": 5}},
]


@pytest.mark.parametrize("kind", ["gradient_descent", "adam"])
@pytest.mark.parametrize("taken", BATCHES, ids=str)
def test_batches_in_a_given_order(taken: Any, kind: str) -> None:
    training = {"batches": taken, "optimizer": kind, "learning_rate": 0.01}
    for loss, last in (("cross_entropy", "softmax"), ("squared_error", "linear")):
        assert_goes_along(network_of(("tanh", last), training, _reduced(loss, "mean")))


@pytest.mark.parametrize("kind", sorted(TORCH_OPTIMIZERS))
def test_single_rates_are_those_of_pytorchs_groups(kind: str) -> None:
    training = {
        "optimizer": {kind: dict(TORCH_OPTIMIZERS[kind][0][0])},
        "learning_rate": 0.01,
        "rate_factors": {"h": 0.3, "o": 1.7, "biases": 2.5},
        "batches": {"minibatches": {"size": 3}},
    }
    assert_goes_along(network_of(("tanh", "sigmoid"), training))


@pytest.mark.parametrize("biases", [False, True])
@pytest.mark.parametrize("factor", ["lambda", "lambda/2"])
@pytest.mark.parametrize("kind", ["gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam"])
def test_an_l2_penalty_is_pytorchs_weight_decay(kind: str, factor: str, biases: bool) -> None:
    numbers = dict(TORCH_OPTIMIZERS[kind][0][0])
    training = {
        "optimizer": {kind: numbers},
        "learning_rate": 0.01,
        "penalty": {"l2": {"strength": 0.03, "factor": factor, "biases": biases}},
        "batches": {"minibatches": {"size": 3}},
    }
    assert_goes_along(network_of(("tanh", "sigmoid"), training))


# The comparison would notice


@pytest.mark.parametrize("kind", sorted(TORCH_OPTIMIZERS))
def test_a_learning_rate_that_is_wrong_in_its_tenth_digit_is_caught(kind: str) -> None:
    numbers, make = TORCH_OPTIMIZERS[kind][0]
    network = network_of(("tanh", "sigmoid"), {"optimizer": {kind: dict(numbers)}, "learning_rate": 0.01})
    assert_goes_along(network, make)
    with pytest.raises(AssertionError):
        assert_goes_along(network, lambda own, groups, lr: make(own, groups, lr * (1 + 1e-10)))


def test_the_wrong_gelu_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    network = network_of(("gelu", "linear"), {})
    monkeypatch.setitem(TORCH_ACTIVATIONS, "gelu", TORCH_ACTIVATIONS["gelu_tanh"])
    with pytest.raises(AssertionError):
        assert_goes_along(network)
