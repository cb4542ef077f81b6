"""How gradients become the next weights: in which order, which of them, and by which kind of momentum.

Against a script in NumPy as an author would write it, a row of a matrix for each receiving neuron, and against
numbers by hand.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import bprunner
from bprunner.training.trace import Trace
from tests.training.declarations import doc
from tests.training.scripts import SEVEN_INPUTS, SEVEN_TARGETS

Matrix = NDArray[np.float64]
LEAKY = {"leaky_relu": {"slope": 0.1}}
BIASES: dict[str, Any] = {
    "none": "none",
    "trained": "trained",
    "frozen": "frozen",
    "shared": {"shared": {"trained": True}},
    "shared, fixed": {"shared": {"trained": False}},
    "threshold": "threshold",
    "threshold, fixed": {"threshold": {"trained": False}},
}


@dataclass
class Script:
    """A 2-3-2-1 network of tanh, leaky relu and linear neurons: what a script would begin with.

    `b[layer]` has one number for each neuron, or one alone where the layer shares it.
    """

    forms: Sequence[str] = ("trained", "trained", "trained")
    rate: float = 0.05
    sequential: bool = False
    frozen: Sequence[str] = ()
    momentum: tuple[str, float] | None = None
    W: list[Matrix] = field(default_factory=list)
    b: list[Matrix] = field(default_factory=list)

    def __post_init__(self) -> None:
        source = np.random.RandomState(11)
        for fan_out, fan_in in ((3, 2), (2, 3), (1, 2)):
            self.W.append(source.uniform(-1, 1, (fan_out, fan_in)))
            self.b.append(source.uniform(-1, 1, 1 if "shared" in self.forms[len(self.b)] else fan_out))

    def named(self, W: Sequence[Matrix], b: Sequence[Matrix]) -> dict[str, float]:
        """w1, w2, … by receiver, then by sender; b1, b2, … of the layers that have biases."""
        weights = [number for matrix in W for number in matrix.ravel().tolist()]
        biases = [number for form, row in zip(self.forms, b, strict=True) if form != "none" for number in row.tolist()]
        return {f"w{n + 1}": w for n, w in enumerate(weights)} | {f"b{n + 1}": b for n, b in enumerate(biases)}

    def declaration(self, **training: Any) -> dict[str, Any]:
        optimizer: Any = "gradient_descent"
        if self.momentum is not None:
            kind, _, form = self.momentum[0].partition(" ")
            optimizer = {kind: {"momentum": self.momentum[1], "form": form}}
        layers = [
            {"units": units, "activation": activation, "bias": BIASES[form]}
            for units, activation, form in zip((3, 2, 1), ("tanh", LEAKY, "linear"), self.forms, strict=True)
        ]
        data = {
            **doc(optimizer=optimizer, learning_rate=self.rate, **training),
            "architecture": {"inputs": 2, "layers": layers},
            "initial_weights": self.named(self.W, self.b),
            "dataset": {"inputs": SEVEN_INPUTS, "targets": SEVEN_TARGETS},
        }
        data["training"] |= {"update_order": "sequential"} if self.sequential else {}
        data["training"] |= {"frozen": list(self.frozen)} if self.frozen else {}
        return data

    def states(self, batches: Iterable[Sequence[int]], updates: int) -> dict[str, list[float]]:
        """What the trace should have, by name: weights, biases and gradients of each step, and its updates."""
        W, b = [each.copy() for each in self.W], [each.copy() for each in self.b]
        v = [np.zeros_like(each) for each in (*W, *b)]
        found: dict[str, list[float]] = {}
        for _, batch in zip(range(updates), batches, strict=False):
            self._note(found, "weight", "bias", W, b)
            gradients, moves = self._update(W, b, v, batch)
            self._note(found, "gradient", "gradient", gradients[:3], gradients[3:])
            self._note(found, "update", "update", moves[:3], moves[3:])
        self._note(found, "weight", "bias", W, b)
        return found

    def _note(self, found: dict[str, list[float]], w: str, b: str, W: Sequence[Matrix], B: Sequence[Matrix]) -> None:
        for name, value in self.named(W, B).items():
            found.setdefault(f"{w if name[0] == 'w' else b}.{name}", []).append(value)

    def _update(
        self, W: list[Matrix], b: list[Matrix], v: list[Matrix], batch: Sequence[int]
    ) -> tuple[list[Matrix], list[Matrix]]:
        """One update, in place: the gradients and the moves, of matrices first, then of biases."""
        signs = [{"none": 0, "threshold": -1}.get(form.partition(",")[0], 1) for form in self.forms]
        a = [np.array(SEVEN_INPUTS)[batch].T]
        nets = []
        for layer in range(3):
            nets.append(W[layer] @ a[-1] + signs[layer] * b[layer][:, np.newaxis])
            z = nets[-1]
            a.append([np.tanh(z), np.where(z > 0, z, 0.1 * z), z][layer])
        slope = a[-1] - np.array(SEVEN_TARGETS)[batch].T
        gradients, moves = [*W, *b], [*W, *b]
        before = [each.copy() for each in W]
        for layer in (2, 1, 0):
            delta = slope * [1 - a[1] ** 2, np.where(nets[1] > 0, 1, 0.1), 1][layer]
            rows = delta.sum(axis=1) * signs[layer]
            own = rows.sum(keepdims=True) if "shared" in self.forms[layer] else rows
            for place, part, gradient in ((layer, W[layer], delta @ a[layer].T), (3 + layer, b[layer], own)):
                gradients[place] = gradient
                moves[place] = self._move(v, place, gradient) * self._moving(place, W, b)
                part += moves[place]
            # As many programs have it: the layer in front is reached through weights that are new already.
            slope = (W if self.sequential else before)[layer].T @ delta
        return gradients, moves

    def _move(self, v: list[Matrix], place: int, g: Matrix) -> Matrix:
        if self.momentum is None:
            return -self.rate * g
        form, mu = self.momentum
        if form == "momentum classical":
            v[place] = mu * v[place] - self.rate * g
            return v[place]
        v[place] = mu * v[place] + (g * (1 - mu) if form == "momentum averaged" else g)
        return -self.rate * v[place]

    def _moving(self, place: int, W: list[Matrix], b: list[Matrix]) -> Matrix:
        """1 where a number is trained, 0 where it is not."""
        fixed_form = place >= 3 and self.forms[place - 3] in ("frozen", "shared, fixed", "threshold, fixed")
        like = [*W, *b]
        counted = itertools.count(1)
        letter = "w" if place < 3 else "b"
        parts = like[:3] if place < 3 else [p for p, form in zip(b, self.forms, strict=True) if form != "none"]
        for part in parts:
            names = np.array([f"{letter}{next(counted)}" for _ in part.ravel()]).reshape(part.shape)
            if part is like[place]:
                return np.where(np.isin(names, list(self.frozen)) | fixed_form, 0.0, 1.0)
        return np.zeros(like[place].shape)


def assert_states(trace: Trace, states: dict[str, list[float]]) -> None:
    assert {name.partition(".")[0] for name in states} >= {"weight", "gradient", "update"}
    for name, values in states.items():
        np.testing.assert_allclose(trace[name][: len(values)], values, rtol=1e-12, atol=1e-15, err_msg=name)


ALL = list(range(7))
ONE_BY_ONE: list[list[int]] = [[each] for each in range(7)]
FORMS = [
    ("none", "none", "none"),
    ("trained", "none", "trained"),
    ("shared", "threshold", "trained"),
    ("threshold", "shared", "shared"),
    ("frozen", "shared, fixed", "threshold, fixed"),
    ("shared, fixed", "trained", "threshold"),
]


@pytest.mark.parametrize("batches", ["full", "online"])
@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("forms", FORMS)
def test_every_kind_of_bias_in_both_orders(forms: Sequence[str], sequential: bool, batches: str) -> None:
    script = Script(forms, sequential=sequential)
    trace = bprunner.run(script.declaration(batches=batches, epochs=2 if batches == "online" else 6)).trace
    order = itertools.repeat(ALL) if batches == "full" else itertools.cycle(ONE_BY_ONE)
    assert_states(trace, script.states(order, len(trace) - 1))


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("form", ["momentum classical", "momentum averaged", "momentum accumulated"])
def test_momentum_in_three_forms_and_both_orders(form: str, sequential: bool) -> None:
    script = Script(("trained", "shared", "threshold"), sequential=sequential, momentum=(form, 0.75))
    trace = bprunner.run(script.declaration(batches="online", epochs=3)).trace
    assert_states(trace, script.states(itertools.cycle(ONE_BY_ONE), 21))


def test_the_forms_of_momentum_are_three() -> None:
    ends = {
        form: bprunner.run(Script(momentum=(f"momentum {form}", 0.75)).declaration(epochs=3)).trace["weight"][-1]
        for form in ("classical", "averaged", "accumulated")
    }
    assert not np.allclose(ends["averaged"], ends["classical"], rtol=1e-3)
    np.testing.assert_allclose(ends["accumulated"], ends["classical"], rtol=1e-12)  # as long as the rate is constant
    halved = {"schedule": {"exponential": {"factor": 0.5}}, "epochs": 3}
    falling = [
        bprunner.run(Script(momentum=(f"momentum {form}", 0.75)).declaration(**halved)).trace["weight"][-1]
        for form in ("classical", "accumulated")
    ]
    assert not np.allclose(falling[0], falling[1], rtol=1e-4)


@pytest.mark.parametrize("form", ["classical", "accumulated"])
def test_nesterov_looks_ahead(form: str) -> None:
    """As Nesterov has it: the gradient is taken at θ + μ v, and θ = θ + v. What is trained here is θ + μ v."""
    script, mu, rate, updates = Script(momentum=(f"nesterov {form}", 0.6)), 0.6, 0.05, 12
    trace = bprunner.run(script.declaration(epochs=updates)).trace
    theta, v = [*script.W, *script.b], [np.zeros_like(each) for each in (*script.W, *script.b)]
    plain = Script(rate=rate)
    for step in range(updates + 1):
        ahead = [each + mu * speed for each, speed in zip(theta, v, strict=True)]
        for name, value in script.named(ahead[:3], ahead[3:]).items():
            there = trace[f"{'weight' if name[0] == 'w' else 'bias'}.{name}"][step]
            assert there == pytest.approx(value, rel=1e-12), (name, step)
        moved = [each.copy() for each in ahead]
        gradients, _ = plain._update(moved[:3], moved[3:], [], ALL)
        v = [mu * speed - rate * g for speed, g in zip(v, gradients, strict=True)]
        theta = [each + speed for each, speed in zip(theta, v, strict=True)]


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize("frozen", [["w1"], ["w9", "b2"], ["w7", "w10", "w12", "w13", "b6"], ["b4", "b5"]])
def test_frozen_names_stay_and_all_others_go_on(frozen: list[str], sequential: bool) -> None:
    script = Script(("trained", "threshold", "trained"), sequential=sequential, frozen=frozen)
    trace = bprunner.run(script.declaration(epochs=5)).trace
    assert_states(trace, script.states(itertools.repeat(ALL), 5))
    start = script.named(script.W, script.b)
    for name in frozen:
        assert set(trace[f"{'weight' if name[0] == 'w' else 'bias'}.{name}"].tolist()) == {start[name]}
        assert trace[f"update.{name}"][:-1].tolist() == [0.0] * 5
        assert np.count_nonzero(trace[f"gradient.{name}"]) == 6


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("form", ["trained", "shared", "threshold"])
def test_a_frozen_layer_stays_with_its_biases(layer: int, form: str) -> None:
    """The same as all of its names; and what lies in front of it learns through it."""
    spans = [(range(1, 7), 3), (range(7, 13), 2), (range(13, 15), 1)]
    sizes = [1 if form == "shared" else units for _, units in spans]
    own = [f"b{sum(sizes[:layer]) + 1 + unit}" for unit in range(sizes[layer])]
    script = Script((form, form, form), frozen=[*(f"w{n}" for n in spans[layer][0]), *own])
    data = Script((form, form, form)).declaration(epochs=4)
    data["architecture"]["layers"][layer]["frozen"] = True
    trace = bprunner.run(data).trace
    assert_states(trace, script.states(itertools.repeat(ALL), 4))
    others = [name for name in trace.parts("update") if name.partition(".")[2] not in script.frozen]
    assert all(np.any(trace[name][:-1] != 0) for name in others)


OPTIMIZERS: dict[str, tuple[Any, dict[str, float]]] = {
    "momentum": ({"momentum": {"momentum": 0.9}}, {"velocity": 0.5}),
    "nesterov": ({"nesterov": {"momentum": 0.9}}, {"velocity": 0.5}),
    "adagrad": ("adagrad", {"squares": 0.5}),
    "adam": ("adam", {"mean": 0.5, "squares": 0.5}),
    "adamw": ({"adamw": {"weight_decay": 0.5}}, {"mean": 0.5}),
}


@pytest.mark.parametrize("case", OPTIMIZERS)
def test_what_is_frozen_neither_drifts_nor_decays(case: str) -> None:
    """Neither what the optimizer remembers nor a decay moves it; without being frozen, it would be moved."""
    optimizer, state = OPTIMIZERS[case]
    training = {"optimizer": optimizer, "optimizer_state": state, "epochs": 3}
    trace = bprunner.run(doc(**training, frozen=["w2", "w5"])).trace
    assert trace["weight.w2"].tolist() == [0.2] * 4
    assert trace["weight.w5"].tolist() == [0.21] * 4
    assert trace["update.w2"][:-1].tolist() == [0.0] * 3
    free = bprunner.run(doc(**training)).trace
    assert free["weight.w5"][1] != 0.21
    assert trace["weight.w6"][1] == free["weight.w6"][1]


# By hand


def test_sequential_updates_by_hand() -> None:
    """The document's network: −0.418 goes back through 0.22672 and 0.26762 instead of 0.21 and 0.23."""
    trace = bprunner.run(doc(update_order="sequential")).trace
    w5, w6 = 0.21 + 0.05 * 0.418 * 0.8, 0.23 + 0.05 * 0.418 * 1.8
    assert trace["weight.w5"][1] == pytest.approx(w5, rel=1e-14)
    assert trace["weight.w6"][1] == pytest.approx(w6, rel=1e-14)
    assert trace["delta.h1"][0] == pytest.approx(-0.418 * w5, rel=1e-14)
    assert trace["weight.w1"][1] == pytest.approx(0.1 + 0.05 * 0.418 * w5 * 2, rel=1e-14)
    assert trace["weight.w4"][1] == pytest.approx(0.4 + 0.05 * 0.418 * w6 * 3, rel=1e-14)
    simultaneous = bprunner.run(doc()).trace
    assert simultaneous["delta.h1"][0] == pytest.approx(-0.418 * 0.21, rel=1e-14)


def test_sequential_deltas_see_what_is_frozen_as_it_was() -> None:
    trace = bprunner.run(doc(update_order="sequential", frozen=["w5"])).trace
    assert trace["delta.h1"][0] == pytest.approx(-0.418 * 0.21, rel=1e-14)
    assert trace["delta.h2"][0] == pytest.approx(-0.418 * (0.23 + 0.05 * 0.418 * 1.8), rel=1e-14)


def test_sequential_deltas_see_rounded_weights() -> None:
    data = {**doc(update_order="sequential"), "arithmetic": {"weight": {"decimals": 2}}}
    trace = bprunner.run(data).trace
    assert trace["delta.h1"][0] == pytest.approx(-0.418 * 0.23, rel=1e-14)
    assert trace["delta.h2"][0] == pytest.approx(-0.418 * 0.27, rel=1e-14)


def test_sequential_updates_have_each_the_rate_of_their_step() -> None:
    training = {"schedule": {"exponential": {"factor": 0.5}}, "warm_up": {"over": 1, "start": 0.5}, "epochs": 3}
    trace = bprunner.run(doc(update_order="sequential", **training)).trace
    assert trace["learning_rate"].tolist() == [0.025, 0.05, 0.025, 0.0125]
    for name in (f"w{number}" for number in range(1, 7)):
        expected = -trace["learning_rate"] * trace[f"gradient.{name}"]
        np.testing.assert_allclose(trace[f"update.{name}"][:-1], expected[:-1], rtol=1e-14)


def one_neuron(bias: Any, units: int = 1, **training: Any) -> dict[str, Any]:
    """Input 2 and weight 0.5, target 0, a rate of an eighth: all of it exact in doubles."""
    data = doc(learning_rate=0.125, **training)
    data["architecture"] = {"inputs": 1, "layers": [{"units": units, "activation": "linear", "bias": bias}]}
    data["initial_weights"] = {f"w{unit + 1}": 0.5 * (unit + 1) for unit in range(units)} | {"b1": 0.25}
    data["dataset"] = {"inputs": [[2]], "targets": [[0] * units]}
    return data


def test_a_threshold_by_hand() -> None:
    """net = 0.5 · 2 − 0.25 = 0.75 = delta; the weight falls by an eighth of 1.5, the threshold rises by one of 0.75."""
    trace = bprunner.run(one_neuron("threshold")).trace
    assert trace["net.o1"][0] == 0.75
    assert trace["gradient.b1"][0] == -0.75
    assert trace["weight.w1"][1] == 0.5 - 0.1875
    assert trace["bias.b1"].tolist() == [0.25, 0.25 + 0.09375]


def test_a_shared_bias_by_hand() -> None:
    """Deltas 1.25, 2.25 and 3.25: the layer's one bias has their sum for a gradient."""
    trace = bprunner.run(one_neuron({"shared": {"trained": True}}, units=3)).trace
    assert trace.parts("bias") == ("bias.b1",)
    assert [trace[f"delta.o{n}"][0] for n in (1, 2, 3)] == [1.25, 2.25, 3.25]
    assert trace["gradient.b1"][0] == 6.75
    assert trace["bias.b1"].tolist() == [0.25, 0.25 - 0.125 * 6.75]
    assert trace["net.o3"][1] == trace["weight.w3"][1] * 2 + trace["bias.b1"][1]


@pytest.mark.parametrize(
    ("count", "t"),
    [({}, 1), ({"count": 4}, 5), ({"count": 1, "counts": "after"}, 1), ({"count": 7, "counts": "after"}, 7)],
)
def test_what_adam_has_counted(count: dict[str, Any], t: int) -> None:
    """A gradient of 1 and a state of 0: the update is −η · (0.5 / (1 − 0.5^t)) / √(0.25 / (1 − 0.75^t))."""
    data = doc(
        loss="linear_error",
        optimizer={"adam": {"beta1": 0.5, "beta2": 0.75, "epsilon": 0, "counts": count.get("counts", "before")}},
        epochs=2,
    )
    data["architecture"] = {"inputs": 1, "layers": [{"units": 1, "activation": "linear", "bias": "none"}]}
    data["initial_weights"], data["dataset"] = {"w1": 2}, {"inputs": [[1]], "targets": [[1]]}
    if "count" in count:
        data["training"]["optimizer_state"] = {"count": count["count"]}
    trace = bprunner.run(data).trace
    first = -0.05 * (0.5 / (1 - 0.5**t)) / (0.25 / (1 - 0.75**t)) ** 0.5
    second = -0.05 * (0.75 / (1 - 0.5 ** (t + 1))) / (0.4375 / (1 - 0.75 ** (t + 1))) ** 0.5
    np.testing.assert_allclose(trace["update.w1"][:2], [first, second], rtol=1e-14)


# Learning rates of single weights

H1 = ("w1", "w2", "w3", "w4", "w5", "w6", "b1", "b2", "b3")
"""What stands in the first layer."""


def _first_updates(**training: Any) -> dict[str, float]:
    script = Script(forms=("trained", "shared", "none"))
    trace = bprunner.run(script.declaration(epochs=1, **training)).trace
    return {name: float(trace[name][0]) for name in trace.names if name.startswith("update.")}


@pytest.mark.parametrize(
    ("factors", "told"),
    [
        ({"w2": 0.5}, lambda name: 0.5 if name == "w2" else 1),
        ({"h1": 4, "w2": 0.5}, lambda name: {"w2": 0.5}.get(name, 4 if name in H1 else 1)),
        (
            {"h1": 4, "biases": 2, "b2": 8},
            lambda name: {"b2": 8, "b1": 2, "b3": 2, "b4": 2}.get(name, 4 if name in H1 else 1),
        ),
        ({"b4": 0.25, "o": 2}, lambda name: 0.25 if name == "b4" else 2 if name in ("w13", "w14") else 1),
    ],
    ids=["weight", "weight_over_layer", "bias_over_biases_over_layer", "bias_and_layer"],
)
def test_an_own_name_counts_before_biases_and_biases_before_the_layer(factors: Any, told: Any) -> None:
    """All factors are powers of two, which change no digit."""
    plain, own = _first_updates(), _first_updates(rate_factors=factors)
    for name, update in plain.items():
        assert own[name] == told(name.removeprefix("update.")) * update, name


@pytest.mark.parametrize("order", ["simultaneous", "sequential"])
def test_factors_of_one_change_no_bit(order: str) -> None:
    optimizer = {"adamw": {"weight_decay": 0.1}}
    data = Script().declaration(epochs=3, update_order=order)
    data["training"] |= {"optimizer": optimizer, "schedule": {"exponential": {"factor": 0.9}}}
    plain = bprunner.run(data).trace
    data["training"] |= {"rate_factors": {"h1": 1, "w9": 1, "biases": 1}}
    own = bprunner.run(data).trace
    assert all(plain[name].tobytes() == own[name].tobytes() for name in plain.names)
