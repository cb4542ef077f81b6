"""The law of the oracle: gradients agree with those of HIPS autograd, which knows nothing of bprunner.

The network is written once more from its declaration, in autograd's own NumPy: forward only, with sums as autograd
takes them. Its derivatives come from there. So are optimizers and schedules, as plain formulas, and three of the
optimizers that autograd itself brings; with these, whole trajectories are compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from autograd.misc import optimizers as hips
from autograd.scipy.special import erf
from autograd.tracer import getval
from hypothesis import given
from hypothesis import strategies as st

from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.biases import BIASES
from bprunner.nn.losses import LOSSES
from bprunner.nn.nets import NETS
from bprunner.nn.network import backward, error_of, forward
from bprunner.nn.optimizers import OPTIMIZERS
from bprunner.nn.penalties import FACTORS, PENALTIES
from bprunner.nn.schedules import SCHEDULES
from bprunner.spec.experiment import Experiment
from bprunner.training.loop import train
from bprunner.training.population import Population
from tests.laws import networks as drawn
from tests.laws.networks import Network, between, filled, fitting_output, networks, random_network

RELATIVE = 1e-12
PLANTED = 1 + 1e-9


# The network, once more


def _step(net: Any, own: Any) -> Any:
    """The value of a step, the derivative that is declared."""
    value = getval(net)
    high = value > 0.0 if own.at_zero == "low" else value >= 0.0
    return np.where(high, 1.0, own.low) + own.derivative * (net - value)


def _softmax(net: Any, _: Any) -> Any:
    powers = anp.exp(net)
    return powers / anp.sum(powers, axis=1, keepdims=True)


def _gelu_tanh(net: Any, _: Any) -> Any:
    return 0.5 * net * (1.0 + anp.tanh(anp.sqrt(2.0 / np.pi) * (net + 0.044715 * net**3)))


def _tanh(x: Any) -> Any:
    return (anp.exp(2.0 * x) - 1.0) / (anp.exp(2.0 * x) + 1.0)


# At a kink the negative side counts: where a step stands before it, a net input is exactly 0.
ORACLE_ACTIVATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "linear": lambda net, _: net,
    "sigmoid": lambda net, own: 0.5 * (anp.tanh(0.5 * net * (own.slope or 1.0)) + 1.0),
    "tanh": lambda net, own: (own.height or 1.0) * _tanh(net * (own.slope or 1.0)),
    "relu": lambda net, _: anp.where(net > 0.0, net, 0.0),
    "leaky_relu": lambda net, own: net * anp.where(net > 0.0, 1.0, own.slope),
    "elu": lambda net, own: anp.where(net > 0.0, net, own.alpha * (anp.exp(anp.where(net > 0.0, 0.0, net)) - 1.0)),
    "softplus": lambda net, _: anp.logaddexp(0.0, net),
    "gelu": lambda net, _: 0.5 * net * (1.0 + erf(net / np.sqrt(2.0))),
    "gelu_tanh": _gelu_tanh,
    "softmax": _softmax,
    "step": _step,
    "gaussian": lambda net, own: anp.exp(-net / (2.0 * own.width**2)),
}

ORACLE_NETS: Mapping[str, Callable[[Any, Any], Any]] = {
    "weighted_sum": anp.dot,
    "squared_distance": lambda a, W: anp.sum((anp.expand_dims(a, 2) - anp.expand_dims(W, 0)) ** 2, axis=1),
}

ORACLE_BIASES: Mapping[str, Callable[[Any, Any], Any]] = {
    "none": lambda net, _: net,
    "trained": lambda net, b: net + b,
    "frozen": lambda net, b: net + b,
    "shared": lambda net, b: net + b[0],
    "threshold": lambda net, b: net + b * -1.0,
}

ORACLE_LOSSES: Mapping[str, Callable[[Any, Any, Any], Any]] = {
    "half_squared_error": lambda out, target, _: (out - target) ** 2 / 2.0,
    "squared_error": lambda out, target, _: (out - target) ** 2,
    "mean_squared_error": lambda out, target, _: (out - target) ** 2,
    "absolute_error": lambda out, target, _: anp.maximum(out - target, target - out),
    "mean_absolute_error": lambda out, target, _: anp.maximum(out - target, target - out),
    "huber": lambda out, target, own: _huber(out - target, own.threshold),
    # At the margin the side that is corrected counts.
    "hinge": lambda out, target, own: anp.where(out * target <= own.margin, own.margin - out * target, 0.0),
    "binary_cross_entropy": lambda out, target, _: -(target * anp.log(out) + (1.0 - target) * anp.log(1.0 - out)),
    "cross_entropy": lambda out, target, _: -target * anp.log(out),
    "linear_error": lambda out, target, _: out * target,
}


def _huber(d: Any, threshold: float) -> Any:
    """Inside the square, outside the line; where both are the same, either."""
    inside = anp.maximum(anp.minimum(d, threshold), -threshold)
    return inside**2 / 2.0 + threshold * anp.abs(d - inside)


ORACLE_PENALTIES: Mapping[str, Callable[[Any], Any]] = {
    "l1": lambda W: anp.sum(anp.abs(W)),
    "l2": lambda W: anp.sum(W**2),
}

ORACLE_FACTORS: Mapping[str, Callable[[float, int], float]] = {
    "lambda": lambda strength, _: strength,
    "lambda/2": lambda strength, _: 0.5 * strength,
    "lambda/m": lambda strength, m: strength / m,
    "lambda/2m": lambda strength, m: 0.5 * strength / m,
}


def _terms(experiment: Experiment, flat: Sequence[Any], x: Any, t: Any) -> Any:
    """The terms of the loss, (samples, outputs), divided by what they are averaged over."""
    layers = experiment.architecture.layers
    matrices, biases = flat[: len(layers)], iter(flat[len(layers) :])
    a = x
    for layer, W in zip(layers, matrices, strict=True):
        b = None if layer.bias.kind == "none" else next(biases)
        net = ORACLE_BIASES[layer.bias.kind](ORACLE_NETS[layer.net](a, W), b)
        a = ORACLE_ACTIVATIONS[layer.activation.kind](net, layer.activation)
    loss: Any = experiment.training.loss
    both = loss.kind.startswith("mean_")
    outputs = t.shape[1] if both or getattr(loss, "outputs", "sum") == "mean" else 1
    samples = t.shape[0] if both or getattr(loss, "samples", "sum") == "mean" else 1
    return ORACLE_LOSSES[loss.kind](a, t, loss) / outputs / samples


def _penalties(experiment: Experiment, flat: Sequence[Any], samples: int) -> Any:
    cost = 0.0
    for name, f in ORACLE_PENALTIES.items():
        term = getattr(experiment.training.penalty, name)
        if term is not None:
            parts = flat if term.biases else flat[: len(experiment.architecture.layers)]
            cost = cost + ORACLE_FACTORS[term.factor](term.strength, samples) * sum(f(W) for W in parts)
    return cost


def oracle_error(experiment: Experiment, flat: Sequence[Any], x: Any, t: Any) -> Any:
    return anp.sum(_terms(experiment, flat, x, t)) + _penalties(experiment, flat, len(t))


def start(experiment: Experiment) -> list[Any]:
    """The declared matrices and biases, (fan_in, fan_out) and (fan_out,) or (1,)."""
    declared: Any = experiment.initial_weights
    return [np.array(part) for part in (*declared.matrices, *(declared.biases or ()))]


def test_everything_has_an_oracle() -> None:
    for oracle, table in (
        (ORACLE_ACTIVATIONS, ACTIVATIONS),
        (ORACLE_NETS, NETS),
        (ORACLE_BIASES, BIASES),
        (ORACLE_LOSSES, LOSSES),
        (ORACLE_PENALTIES, PENALTIES),
        (ORACLE_FACTORS, dict.fromkeys(FACTORS)),
        (ORACLE_OPTIMIZERS, OPTIMIZERS),
        (ORACLE_SCHEDULES, SCHEDULES),
    ):
        assert set(oracle) == set(table)


# Gradients


def assert_agrees(network: Network, p: Population | None = None) -> None:
    """Relative to the largest gradient of the network: a small one may be the difference of large numbers, and where
    all are, a hundredth of the error counts. The error is relative to the size of its terms. p: what bprunner makes of
    the network, unless an error is planted."""
    p = network.population if p is None else p
    passed = forward(p.layers, p.weights, p.part.inputs)
    pulled = backward(p.layers, p.weights, p.part.inputs, p.part.targets, passed, p.objective, penalties=p.penalties)
    error = float(error_of(p.objective, passed, p.part.targets, p.weights, p.penalties)[0, 0, 0])
    experiment, flat = network.experiment, start(network.experiment)
    x, t = network.samples.inputs, network.samples.targets
    expected, gradients = autograd.value_and_grad(lambda flat: oracle_error(experiment, flat, x, t))(flat)
    size = float(np.sum(np.abs(_terms(experiment, flat, x, t)))) + float(_penalties(experiment, flat, len(t)))
    assert error == pytest.approx(float(expected), rel=RELATIVE, abs=RELATIVE * size)
    scale = max(0.01 * size, *(float(np.max(np.abs(gradient))) for gradient in gradients))
    for own, other in zip(pulled.gradient.flat(), gradients, strict=True):
        np.testing.assert_allclose(own[0], other.reshape(own[0].shape), rtol=RELATIVE, atol=RELATIVE * scale)


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_gradients_of_every_activation_with_every_loss(kind: str, loss: str) -> None:
    for seed, units, samples in ((0, (2, 2, 2), 1), (1, (3, 5, 4, 2), 7), (2, (20, 18, 3), 33)):
        kinds = [kind] * (len(units) - 2) + [fitting_output(loss, kind)]
        biases = ["trained" if layer % 2 == 0 else "none" for layer in range(len(kinds))]
        assert_agrees(random_network(seed, units, kinds, biases, samples, loss))


@pytest.mark.parametrize("net", sorted(NETS))
@pytest.mark.parametrize("bias", drawn.BIASES, ids=str)
def test_gradients_of_every_bias_with_every_net(bias: Any, net: str) -> None:
    for seed, units, samples in ((0, (2, 2, 1), 1), (2, (20, 18, 3), 33)):
        assert_agrees(random_network(seed, units, ("tanh", "linear"), (bias, bias), samples, nets=(net, net)))


@given(network=networks(most_units=20, most_samples=20))
def test_gradients_of_mixed_architectures(network: Network) -> None:
    assert_agrees(network)


@pytest.mark.parametrize("loss", sorted(LOSSES))
@given(data=st.data())
def test_gradients_of_every_loss_with_every_reduction(loss: str, data: st.DataObject) -> None:
    assert_agrees(data.draw(networks(loss=drawn.losses((loss,)))))


# Planted errors of a billionth


def planted(p: Population, what: str) -> Population:
    """The same with one derivative that is wrong by a billionth."""
    layer, objective = p.layers[-1], p.objective

    def wrong(f: Any) -> Any:
        return lambda *values: PLANTED * f(*values)

    match what:
        case "activation":
            activation = replace(layer.activation, pullback=wrong(layer.activation.pullback))
            return replace(p, layers=(*p.layers[:-1], replace(layer, activation=activation)))
        case "bias":
            assert layer.bias is not None
            bias = replace(layer.bias, gradient=wrong(layer.bias.gradient))
            return replace(p, layers=(*p.layers[:-1], replace(layer, bias=bias)))
        case "by_weights" | "by_senders":
            net = replace(layer.net, **{what: wrong(getattr(layer.net, what))})
            return replace(p, layers=(*p.layers[:-1], replace(layer, net=net)))
        case "slope":
            return replace(
                p, objective=replace(objective, loss=replace(objective.loss, slope=wrong(objective.loss.slope)))
            )
        case "fused":
            assert objective.fused is not None
            return replace(
                p, objective=replace(objective, fused=replace(objective.fused, delta=wrong(objective.fused.delta)))
            )
        case "penalty":
            (weighed,) = p.penalties
            penalty = replace(weighed.penalty, gradient=wrong(weighed.penalty.gradient))
            return replace(p, penalties=(weighed._replace(penalty=penalty),))
    raise AssertionError(what)


def assert_caught(network: Network, what: str) -> None:
    assert_agrees(network)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_agrees(network, planted(network.population, what))


@pytest.mark.parametrize("kind", sorted(ACTIVATIONS))
def test_an_activation_that_is_wrong_by_a_billionth_is_caught(kind: str) -> None:
    assert_caught(random_network(0, (2, 3, 2), (kind, kind), ("trained", "trained"), 2, "squared_error"), "activation")


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_a_loss_that_is_wrong_by_a_billionth_is_caught(loss: str) -> None:
    for last in ("sigmoid", "softmax"):
        network = random_network(1, (2, 3, 3), ("tanh", last), ("trained", "trained"), 4, loss)
        assert_caught(network, "fused" if last in LOSSES[loss].fused else "slope")


@pytest.mark.parametrize("bias", [bias for bias in drawn.BIASES if bias != "none"], ids=str)
def test_a_bias_that_is_wrong_by_a_billionth_is_caught(bias: Any) -> None:
    assert_caught(random_network(0, (2, 3, 2), ("tanh", "linear"), (bias, bias), 2), "bias")


@pytest.mark.parametrize("part", ["by_weights", "by_senders"])
@pytest.mark.parametrize("net", sorted(NETS))
def test_a_net_that_is_wrong_by_a_billionth_is_caught(net: str, part: str) -> None:
    assert_caught(random_network(0, (2, 3, 2), ("tanh", "linear"), ("none", "none"), 2, nets=(net, net)), part)


@pytest.mark.parametrize("penalty", sorted(PENALTIES))
def test_a_penalty_that_is_wrong_by_a_billionth_is_caught(penalty: str) -> None:
    for bias in ("none", "trained"):
        training = {"penalty": {penalty: {"strength": 0.5, "factor": "lambda/2m", "biases": bias != "none"}}}
        assert_caught(random_network(0, (2, 3, 2), ("tanh", "linear"), (bias, bias), 2, training=training), "penalty")


# Optimizers and schedules, once more

Memory = dict[str, Any]


def _gradient_descent(_own: Any, _memory: Memory, g: Any, _w: Any, rate: float) -> Any:
    return -rate * g


def _momentum(own: Any, memory: Memory, g: Any, _w: Any, rate: float) -> Any:
    """Its four forms as four scripts have them."""
    v = own.momentum * memory["velocity"]
    match own.form:
        case "classical":
            memory["velocity"] = v - rate * g
            return memory["velocity"]
        case "last_gradient":
            memory["velocity"] = -rate * g
            return memory["velocity"] + v
        case "averaged":
            memory["velocity"] = v + (1.0 - own.momentum) * g
        case "accumulated":
            memory["velocity"] = v + g
    return -rate * memory["velocity"]


def _nesterov(own: Any, memory: Memory, g: Any, _w: Any, rate: float) -> Any:
    """classical as CS231n writes it: x += −μ v_prev + (1 + μ) v."""
    mu, before = own.momentum, memory["velocity"]
    if own.form == "classical":
        memory["velocity"] = mu * before - rate * g
        return -mu * before + (1.0 + mu) * memory["velocity"]
    memory["velocity"] = mu * before + g
    return -rate * (g + mu * memory["velocity"])


def _adagrad(own: Any, memory: Memory, g: Any, _w: Any, rate: float) -> Any:
    memory["squares"] = memory["squares"] + g**2
    return -rate * g / (own.epsilon + memory["squares"] ** 0.5)


def _rmsprop(own: Any, memory: Memory, g: Any, _w: Any, rate: float) -> Any:
    memory["squares"] = own.decay * memory["squares"] + (1.0 - own.decay) * g**2
    if own.epsilon_place == "inside":
        return -rate * g * (memory["squares"] + own.epsilon) ** -0.5
    return -rate * g / (memory["squares"] ** 0.5 + own.epsilon)


def _adam(own: Any, memory: Memory, g: Any, _w: Any, rate: float) -> Any:
    """t is what `count` has come to; where it counts afterwards, one less."""
    memory["mean"] = own.beta1 * memory["mean"] + (1.0 - own.beta1) * g
    memory["squares"] = own.beta2 * memory["squares"] + (1.0 - own.beta2) * g**2
    memory["count"] += 1
    t = memory["count"] - (own.counts == "after")
    c1, c2 = (1.0 - own.beta1**t, 1.0 - own.beta2**t) if own.bias_correction else (1.0, 1.0)
    epsilon = own.epsilon
    if own.epsilon_place == "inside":
        return -rate * (memory["mean"] / c1) / (memory["squares"] / c2 + epsilon) ** 0.5
    if own.epsilon_place == "uncorrected":
        epsilon = epsilon / c2**0.5
    return -rate * (memory["mean"] / c1) / ((memory["squares"] / c2) ** 0.5 + epsilon)


def _adamw(own: Any, memory: Memory, g: Any, w: Any, rate: float) -> Any:
    return _adam(own, memory, g, w, rate) - rate * own.weight_decay * w


ORACLE_OPTIMIZERS: Mapping[str, Callable[[Any, Memory, Any, Any, float], Any]] = {
    "gradient_descent": _gradient_descent,
    "momentum": _momentum,
    "nesterov": _nesterov,
    "adagrad": _adagrad,
    "rmsprop": _rmsprop,
    "adam": _adam,
    "adamw": _adamw,
}

ORACLE_SCHEDULES: Mapping[str, Callable[[Any, float, int], float]] = {
    "constant": lambda _own, rate, _t: rate,
    "step": lambda own, rate, t: rate * own.factor ** (t // own.every),
    "exponential": lambda own, rate, t: rate * own.factor**t,
    "inverse_time": lambda own, rate, t: rate / (1.0 + own.decay * t),
    "cosine": lambda own, rate, t: (
        own.to + (rate - own.to) * math.cos(0.5 * math.pi * min(t, own.over) / own.over) ** 2
    ),
}


def oracle_rates(experiment: Experiment, per_epoch: int) -> Iterator[float]:
    """Each update's: the warm-up's first, then the schedule's."""
    training = experiment.training
    schedule, warm_up, rate = training.schedule, training.warm_up, training.learning_rate
    if warm_up is not None:
        for t in range(warm_up.over):
            share = warm_up.start + (1.0 - warm_up.start) * t / warm_up.over
            yield from [rate * share] * (per_epoch if warm_up.per == "epoch" else 1)
    t = 0
    while True:
        here = ORACLE_SCHEDULES[schedule.kind](schedule, rate, t)
        yield from [here] * (per_epoch if getattr(schedule, "per", "update") == "epoch" else 1)
        t += 1


def oracle_epoch(experiment: Experiment, samples: int) -> list[list[int]]:
    """The samples of each update of an epoch."""
    batches: Any = experiment.training.batches
    match batches.kind:
        case "online":
            return [[number - 1] for number in batches.order or range(1, samples + 1)]
        case "minibatches":
            return [list(range(samples))[start : start + batches.size] for start in range(0, samples, batches.size)]
    return [list(range(samples))]


def trajectory(network: Network, updates: int) -> Iterator[list[Any]]:
    """All weights and biases, as autograd and the plain formulas have them, step after step."""
    experiment, flat = network.experiment, start(network.experiment)
    x, t = network.samples.inputs, network.samples.targets
    own, state = experiment.training.optimizer, experiment.training.optimizer_state
    memory: list[Memory] = [
        {
            "velocity": state.velocity or 0.0,
            "mean": state.mean or 0.0,
            "squares": state.squares or 0.0,
            "count": state.count or 0,
        }
        for _ in flat
    ]
    epoch = oracle_epoch(experiment, len(t))
    rates = oracle_rates(experiment, len(epoch))
    gradient = autograd.grad(lambda flat, x, t: oracle_error(experiment, flat, x, t))
    trained, factors = _trained(experiment), oracle_factors(experiment, flat)
    yield flat
    for number in range(updates):
        taken, rate = epoch[number % len(epoch)], next(rates)
        gradients = gradient(flat, x[taken], t[taken])
        flat = [
            part + ORACLE_OPTIMIZERS[own.kind](own, remembered, g, part, rate * factor) if is_trained else part
            for part, remembered, g, is_trained, factor in zip(flat, memory, gradients, trained, factors, strict=True)
        ]
        yield flat


def oracle_factors(experiment: Experiment, flat: Sequence[Any]) -> list[Any]:
    """How many times the learning rate each number has: first what a layer says, then `biases`, then the names."""
    names, told = experiment.architecture.names, experiment.training.rate_factors or {}
    factors = [np.ones(part.shape) for part in flat]
    layers, biased = len(names.layers), [number for number, has in enumerate(names.biased) if has]
    for position, factor in enumerate(factors):
        layer = position if position < layers else biased[position - layers]
        factor[...] = told.get(names.layer_names[layer], 1.0)
        if position >= layers:
            factor[...] = told.get("biases", factor)
    for name, (layer, *cell) in {**names.weights, **names.biases}.items():
        if name in told:
            factors[layer if name in names.weights else layers + biased.index(layer)][tuple(cell)] = told[name]
    return factors


def _trained(experiment: Experiment) -> list[bool]:
    """Of each matrix and each layer's biases."""
    layers = experiment.architecture.layers
    frozen = [
        layer.bias.kind == "frozen" or getattr(layer.bias, "trained", True) is False
        for layer in layers
        if layer.bias.kind != "none"
    ]
    return [True] * len(layers) + [not each for each in frozen]


# As far as a few steps carry the last bits: adaptive optimizers divide by what may be small.
TRAJECTORY = 1e-11
UPDATES = 12


def assert_goes_along(network: Network, updates: int, p: Population | None = None) -> None:
    """Every weight of every step, relative to the largest of its matrix."""
    p = network.population if p is None else p
    steps = [step.weights.flat() for step in train(p)]
    assert len(steps) == updates + 1
    for own, expected in zip(steps, trajectory(network, updates), strict=True):
        for mine, other in zip(own, expected, strict=True):
            scale = max(1.0, float(np.max(np.abs(other))))
            np.testing.assert_allclose(mine[0], other.reshape(mine[0].shape), rtol=TRAJECTORY, atol=TRAJECTORY * scale)


@st.composite
def trainings(draw: st.DrawFn, kind: str | None = None) -> dict[str, Any]:
    """An optimizer in any form, a schedule, a warm-up, batches; epsilons that keep it from dividing noise by noise."""
    name = draw(st.sampled_from(sorted(OPTIMIZERS))) if kind is None else kind
    numbers = dict(draw(drawn.OPTIMIZER_NUMBERS[name]))
    state: dict[str, Any] = {slot: between(0.0, 0.5) for slot in OPTIMIZERS[name].slots if draw(st.booleans())}
    if "counts" in numbers:
        state["count"] = draw(st.integers(1, 3))
    if "epsilon" in numbers:
        numbers["epsilon"] = between(1e-3, 1e-1)
    return {
        "optimizer": {name: numbers},
        "optimizer_state": state,
        "learning_rate": between(0.001, 0.01),
        "schedule": draw(drawn.SCHEDULE_CHOICES),
        "warm_up": draw(st.one_of(st.none(), drawn.WARM_UPS)),
        "batches": draw(st.sampled_from(["full", "online", {"minibatches": {"size": 1}}])),
        "epochs": None,
        "updates": UPDATES,
    }


@pytest.mark.parametrize("kind", sorted(OPTIMIZERS))
@given(data=st.data())
def test_trajectories_of_every_optimizer(kind: str, data: st.DataObject) -> None:
    """With smooth losses (at a kink, a last bit decides which way it goes) and small steps, so that none grows."""
    smooth = drawn.losses([name for name in sorted(LOSSES) if "absolute" not in name and name != "hinge"])
    network = data.draw(networks(4, 3, smooth, trainings(kind), distances=False))
    assert_goes_along(network, UPDATES)


@pytest.mark.parametrize(
    "factors",
    [
        {"biases": 2.0},
        {"h": 0.75, "b1": 2.0, "w3": 0.5, "biases": 1.5},
        {"o": 3.0, "w7": 0.25, "b3": 0.5},
        {"h": 0.5, "o": 0.1},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", sorted(OPTIMIZERS))
def test_trajectories_of_single_rates(kind: str, factors: Any) -> None:
    numbers = {"momentum": 0.9} if kind in ("momentum", "nesterov") else {}
    training = {
        "optimizer": {kind: numbers},
        "learning_rate": 0.02,
        "rate_factors": factors,
        "schedule": {"exponential": {"factor": 0.9}},
        "epochs": UPDATES,
    }
    network = random_network(3, (2, 3, 1), ("tanh", "linear"), ("trained", "trained"), 5, training=training)
    assert_goes_along(network, UPDATES)
    plain = random_network(
        3, (2, 3, 1), ("tanh", "linear"), ("trained", "trained"), 5, training={**training, "rate_factors": None}
    )
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_goes_along(network, UPDATES, plain.population)


@pytest.mark.parametrize("schedule", sorted(SCHEDULES))
@pytest.mark.parametrize("per", ["epoch", "update"])
def test_trajectories_of_every_schedule(schedule: str, per: str) -> None:
    numbers = {
        "constant": {},
        "step": {"every": 2, "factor": 0.7, "per": per},
        "exponential": {"factor": 0.9, "per": per},
        "inverse_time": {"decay": 0.5, "per": per},
        "cosine": {"over": 4, "to": 0.01, "per": per},
    }[schedule]
    for warm_up in (None, {"over": 2, "start": 0.2, "per": "epoch"}, {"over": 3, "per": "update"}):
        training = {
            "schedule": {schedule: numbers},
            "warm_up": warm_up,
            "batches": {"minibatches": {"size": 2}},
            "learning_rate": 0.1,
            "epochs": 5,
        }
        network = random_network(3, (2, 3, 1), ("tanh", "linear"), ("trained", "none"), 5, training=training)
        assert_goes_along(network, 15)


@pytest.mark.parametrize("kind", sorted(OPTIMIZERS))
def test_an_optimizer_that_is_wrong_by_a_billionth_is_caught(kind: str) -> None:
    numbers = {"momentum": 0.9} if kind in ("momentum", "nesterov") else {}
    training = {"optimizer": {kind: numbers}, "learning_rate": 0.1, "epochs": UPDATES}
    network = random_network(3, (2, 3, 1), ("tanh", "linear"), ("trained", "none"), 5, training=training)
    right = OPTIMIZERS[kind]

    def wrong(*values: Any) -> Any:
        update, slots = right.update(*values)
        return PLANTED * update, slots

    assert_goes_along(network, UPDATES)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_goes_along(network, UPDATES, replace(network.population, optimizer=replace(right, update=wrong)))


# The optimizers that autograd brings

HIPS: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any], Callable[..., Any], Mapping[str, Any]]] = [
    ("momentum", {"momentum": 0.9, "form": "averaged"}, {}, hips.sgd, {"mass": 0.9}),
    ("gradient_descent", {}, {}, hips.sgd, {"mass": 0.0}),
    ("rmsprop", {"decay": 0.8, "epsilon": 1e-8}, {"squares": 1.0}, hips.rmsprop, {"gamma": 0.8, "eps": 1e-8}),
    ("adam", {"beta1": 0.8, "beta2": 0.99, "epsilon": 1e-8}, {}, hips.adam, {"b1": 0.8, "b2": 0.99, "eps": 1e-8}),
]


@pytest.mark.parametrize(("kind", "numbers", "state", "theirs", "arguments"), HIPS, ids=[each[0] for each in HIPS])
def test_the_optimizers_of_autograd(
    kind: str, numbers: Any, state: Any, theirs: Callable[..., Any], arguments: Mapping[str, Any]
) -> None:
    training = {"optimizer": {kind: numbers}, "optimizer_state": state, "learning_rate": 0.01, "epochs": 40}
    network = random_network(3, (2, 3, 1), ("tanh", "linear"), ("trained", "none"), 5, training=training)
    x, t = network.samples.inputs, network.samples.targets
    gradient = autograd.grad(lambda flat, _: oracle_error(network.experiment, flat, x, t))
    *_, last = train(network.population)
    expected = theirs(gradient, start(network.experiment), num_iters=40, step_size=0.01, **arguments)
    for mine, other in zip(last.weights.flat(), expected, strict=True):
        np.testing.assert_allclose(mine[0], other.reshape(mine[0].shape), rtol=1e-11, atol=1e-11)


def test_a_hole_is_filled_for_every_run_by_itself() -> None:
    """What is drawn here and there differs, so that formulas are not compared at one number only."""
    holes = {"a": [between(0.0, 1.0)] * 100}
    assert len(set(filled(holes, np.random.default_rng(0))["a"])) > 50
