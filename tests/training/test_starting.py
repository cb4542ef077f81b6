"""Where training starts: against NumPy and Python's random, called as a script would call them.

The network is 3-2-4-1, so that no two matrices have the same shape, and none is square.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import bprunner
from bprunner.spec.expressions import FUNCTIONS as EXPRESSED
from bprunner.training.starting import FUNCTIONS
from bprunner.training.trace import Trace
from tests.training.declarations import doc

SIZES = (3, 2, 4, 1)
SHAPES = [(2, 3), (4, 2), (1, 4)]
"""A row for each receiving neuron."""

Draw = Callable[[tuple[int, ...]], NDArray[np.float64]]


def deep(initial_weights: Any, biases: Sequence[Any] = ("none", "none", "none"), **training: Any) -> dict[str, Any]:
    layers = [
        {"units": units, "activation": "linear", "bias": bias} for units, bias in zip(SIZES[1:], biases, strict=True)
    ]
    return {
        **doc(**{"epochs": 0, **training}),
        "architecture": {"inputs": 3, "layers": layers},
        "initial_weights": initial_weights,
        "dataset": {"inputs": [[1, 2, 3]], "targets": [[1]]},
    }


def started(initial_weights: Any, biases: Sequence[Any] = ("none", "none", "none")) -> Trace:
    return bprunner.run(deep(initial_weights, biases)).trace


def weights_of(trace: Trace) -> list[float]:
    """w1, w2, …: by receiver, then by sender."""
    return list(trace["weight"][0].tolist())


def flat(matrices: Sequence[Any]) -> list[float]:
    """Matrices with a row for each receiver, in the order of the weights' names."""
    return [float(number) for matrix in matrices for row in matrix for number in row]


def drawing(generator: str, seed: int) -> tuple[Draw, Draw]:
    """The even and the Gaussian numbers of a script that has set this seed, in any shape, row by row."""
    if generator == "python":
        source = random.Random(seed)

        def each(draw: Callable[[], float]) -> Draw:
            return lambda shape: np.array([draw() for _ in range(int(np.prod(shape)))]).reshape(shape)

        return each(source.random), each(lambda: source.gauss(0, 1))
    if generator == "numpy":
        modern = np.random.default_rng(seed)
        return modern.random, modern.standard_normal
    legacy = np.random.RandomState(seed)
    return lambda shape: legacy.random_sample(shape), lambda shape: legacy.randn(*shape)


# Written

MATRICES = [[[1, 2, 3], [4, 5, 6]], [[7, 8], [9, 10], [11, 12], [13, 14]], [[15, 16, 17, 18]]]
TRANSPOSED = [[[1, 4], [2, 5], [3, 6]], [[7, 9, 11, 13], [8, 10, 12, 14]], [[15], [16], [17], [18]]]


@pytest.mark.parametrize(("orientation", "matrices"), [("out_in", MATRICES), ("in_out", TRANSPOSED)])
def test_matrices_either_way_round(orientation: str, matrices: Any) -> None:
    trace = started({"matrices": matrices, "orientation": orientation})
    assert weights_of(trace) == list(range(1, 19))
    # The first neuron's sum: inputs 1, 2, 3 with 1, 2, 3.
    assert trace["net.h1.1"][0] == 14
    assert trace["net.h1.2"][0] == 32
    assert trace["net.h2.2"][0] == 9 * 14 + 10 * 32


def test_names_win_over_matrices_rules_and_lists() -> None:
    trace = started({"matrices": MATRICES, "orientation": "out_in", "w2": -1, "w18": 0.5})
    assert weights_of(trace) == [1, -1, *range(3, 18), 0.5]
    written = {"constant": {"value": 7}, "w3": 1, "biases": [[1, 2], [3]], "b2": -5}
    trace = started(written, ("trained", "none", "trained"))
    assert weights_of(trace) == [7, 7, 1, *[7] * 15]
    assert trace["bias"][0].tolist() == [1, -5, 3]


def test_lists_of_biases_are_those_of_the_layers_that_have_them() -> None:
    trace = started({"zeros": None, "biases": [[1, 2, 3, 4], [5]]}, ("none", "trained", "trained"))
    assert trace["bias"][0].tolist() == [1, 2, 3, 4, 5]
    assert trace["net.o1"][0] == 5


def test_a_name_takes_the_place_of_a_number_that_is_drawn_all_the_same() -> None:
    drawn = {"uniform": {"low": 0, "high": 1}, "seed": 5}
    plain = weights_of(started(drawn))
    assert weights_of(started({**drawn, "w4": 9, "w18": 8})) == [*plain[:3], 9, *plain[4:17], 8]


def test_weights_by_name_in_the_authors_names() -> None:
    data = deep({"a": 5, **{f"w{n}": n for n in range(1, 19) if n != 2}, "t": -1, "b2": 2}, ("trained", "none", "none"))
    data["architecture"]["naming"] = {"weights": {"a": "i2 -> h1.1"}, "biases": {"t": "h1.1"}}
    trace = bprunner.run(data).trace
    assert trace["weight.a"][0] == 5
    assert trace["net.h1.1"][0] == 1 * 1 + 5 * 2 + 3 * 3 - 1


def test_a_shared_bias_is_a_list_of_one() -> None:
    shared = {"shared": {"trained": True}}
    trace = started({"zeros": None, "biases": [[5], [1, 2, 3, 4]]}, (shared, "threshold", "none"))
    assert trace["bias"][0].tolist() == [5, 1, 2, 3, 4]
    assert [trace[f"net.h1.{unit}"][0] for unit in (1, 2)] == [5, 5]
    assert [trace[f"net.h2.{unit}"][0] for unit in (1, 2, 3, 4)] == [-1, -2, -3, -4]


# Layer by layer


def test_layers_start_in_different_ways() -> None:
    """A matrix and zeros draw nothing; so the last layer has the first numbers."""
    trace = started({"layers": [MATRICES[0], "zeros", {"normal": {"scale": 2}}], "orientation": "out_in", "seed": 3})
    expected = [np.array(MATRICES[0]), np.zeros((4, 2)), 2 * np.random.default_rng(3).standard_normal((1, 4))]
    assert weights_of(trace) == flat(expected)


def test_a_matrix_among_rules_may_be_written_by_sender() -> None:
    layers = [{"uniform": {"low": -1, "high": 1}}, TRANSPOSED[1], {"constant": {"value": 3}}]
    trace = started({"layers": layers, "orientation": "in_out", "seed": 3})
    assert weights_of(trace) == flat([-1 + 2 * np.random.default_rng(3).random((2, 3)), MATRICES[1], [[3] * 4]])


def test_biases_of_layers_start_in_different_ways() -> None:
    """Drawn after all weights, of which there are none to draw."""
    weights = {"zeros": None, "biases": [{"normal": {"scale": 1}}, [1, 2, 3, 4], {"normal": {"scale": 1}}], "seed": 8}
    trace = started(weights, ("trained", "frozen", "threshold"))
    source = np.random.default_rng(8)
    first, last = source.standard_normal(2).tolist(), source.standard_normal(1).tolist()
    assert trace["bias"][0].tolist() == [*first, 1, 2, 3, 4, *last]


@pytest.mark.parametrize(
    ("rule", "scale"),
    [
        ("glorot_uniform", lambda fan_in, fan_out: (6 / (fan_in + fan_out)) ** 0.5),
        ("glorot_normal", lambda fan_in, fan_out: (2 / (fan_in + fan_out)) ** 0.5),
        ("he_uniform", lambda fan_in, _: (6 / fan_in) ** 0.5),
        ("he_normal", lambda fan_in, _: (2 / fan_in) ** 0.5),
        ("lecun_uniform", lambda fan_in, _: (3 / fan_in) ** 0.5),
        ("lecun_normal", lambda fan_in, _: (1 / fan_in) ** 0.5),
    ],
)
@pytest.mark.parametrize("matrices", ["out_in", "in_out"])
def test_a_rule_knows_how_many_senders_and_receivers_a_layer_has(
    rule: str, scale: Callable[[int, int], float], matrices: str
) -> None:
    trace = started({rule: None, "seed": 2, "draw": {"matrices": matrices}})
    even, gauss = drawing("numpy", 2)
    expected = []
    for fan_out, fan_in in SHAPES:
        shape = (fan_out, fan_in) if matrices == "out_in" else (fan_in, fan_out)
        numbers = 2 * even(shape) - 1 if rule.endswith("uniform") else gauss(shape)
        expected.append(scale(fan_in, fan_out) * (numbers if matrices == "out_in" else numbers.T))
    np.testing.assert_allclose(weights_of(trace), flat(expected), rtol=1e-15, atol=1e-16)


# The order of drawing


def script(generator: str, seed: int, matrices: str, biases: str, forms: Sequence[int]) -> tuple[list[float], ...]:
    """An author's script: even numbers for weights, Gaussian ones for biases, of which a layer has `forms`."""
    even, gauss = drawing(generator, seed)
    W: list[Any] = []
    b: list[Any] = [np.zeros(0)] * 3
    if biases == "first":
        b = [gauss((many,)) for many in forms]
    for layer, ((fan_out, fan_in), many) in enumerate(zip(SHAPES, forms, strict=True)):
        if biases == "by_unit" and many == fan_out:
            pairs = [(even((fan_in,)), gauss((1,))) for _ in range(fan_out)]
            W.append([row for row, _ in pairs])
            b[layer] = np.concatenate([own for _, own in pairs])
        elif biases == "unit_first" and many == fan_out:
            reversed_pairs = [(gauss((1,)), even((fan_in,))) for _ in range(fan_out)]
            W.append([row for _, row in reversed_pairs])
            b[layer] = np.concatenate([own for own, _ in reversed_pairs])
        else:
            if biases in ("layer_first", "unit_first"):
                b[layer] = gauss((many,))
            W.append(even((fan_out, fan_in)) if matrices == "out_in" else even((fan_in, fan_out)).T)
            if biases.startswith("by"):
                b[layer] = gauss((many,))
    if biases == "last":
        b = [gauss((many,)) for many in forms]
    return flat(W), [float(number) for row in b for number in row]


@pytest.mark.parametrize("generator", ["numpy", "numpy_legacy", "python"])
@pytest.mark.parametrize(
    ("matrices", "biases"),
    [
        (matrices, biases)
        for matrices in ("out_in", "in_out")
        for biases in ("last", "by_layer", "by_unit", "first", "layer_first", "unit_first")
        if matrices == "out_in" or "unit" not in biases
    ],
)
@pytest.mark.parametrize(
    ("kinds", "forms"),
    [
        (("trained", "trained", "trained"), (2, 4, 1)),
        (("none", "threshold", "frozen"), (0, 4, 1)),
        (({"shared": {"trained": False}}, "none", "trained"), (1, 0, 1)),
        (("trained", {"shared": {"trained": True}}, "none"), (2, 1, 0)),
    ],
)
def test_random_numbers_become_weights_in_the_authors_order(
    kinds: Sequence[Any], forms: Sequence[int], generator: str, matrices: str, biases: str
) -> None:
    weights = {
        "drawn": {"formula": "r"}, "biases": {"drawn": {"formula": "g"}}, "seed": 21,
        "generator": generator, "draw": {"matrices": matrices, "biases": biases},
    }  # fmt: skip
    trace = started(weights, kinds)
    expected = script(generator, 21, matrices, biases, forms)
    assert (weights_of(trace), trace["bias"][0].tolist()) == expected


def test_the_eleven_lines() -> None:
    """`np.random.seed(1)`, then `2 * np.random.random((3, 4)) - 1`, `2 * np.random.random((4, 1)) - 1`, as Trask
    published it; his first numbers are printed in many places."""
    drawn = {"drawn": {"formula": "2 * r - 1"}, "seed": 1, "generator": "numpy_legacy", "draw": {"matrices": "in_out"}}
    layers = [{"units": units, "activation": "sigmoid", "bias": "none"} for units in (4, 1)]
    trace = bprunner.run({**deep(drawn), "architecture": {"inputs": 3, "layers": layers}}).trace
    # His syn0 begins [-0.16595599, 0.44064899, -0.99977125, -0.39533485], the weights from the first input.
    firsts = [float(f"{trace[f'weight.w{number}'][0]:.8f}") for number in (1, 4, 7, 10)]
    assert firsts == [-0.16595599, 0.44064899, -0.99977125, -0.39533485]
    np.random.seed(1)
    syn0, syn1 = 2 * np.random.random((3, 4)) - 1, 2 * np.random.random((4, 1)) - 1
    assert weights_of(trace) == flat([syn0.T, syn1.T])


@pytest.mark.parametrize("generator", ["numpy", "numpy_legacy", "python"])
@pytest.mark.parametrize(
    ("formula", "made"),
    [
        ("2 * r - 1", lambda r, _: 2 * r - 1),
        ("0.1 * g", lambda _, g: 0.1 * g),
        ("(r - 0.5) / 4 ** 0.5", lambda r, _: (r - 0.5) / 4**0.5),
        ("g + 10 * r", lambda r, g: g + 10 * r),
    ],
)
def test_the_authors_own_formula(generator: str, formula: str, made: Callable[[Any, Any], Any]) -> None:
    """Only what the formula names is drawn; of both, the even numbers of a matrix come first, whatever its order."""
    trace = started({"drawn": {"formula": formula}, "seed": 6, "generator": generator})
    even, gauss = drawing(generator, 6)
    expected = []
    for shape in SHAPES:
        r = even(shape) if "r" in formula else None
        g = gauss(shape) if "g" in formula else None
        expected.append(made(r, g))
    assert weights_of(trace) == flat(expected)


def test_a_seed_is_a_start_and_another_seed_another() -> None:
    rule = {"uniform": {"low": -1, "high": 1}}
    one = weights_of(started({**rule, "seed": 0}))
    assert one == weights_of(started({**rule, "seed": 0}))
    assert (
        len({*one, *weights_of(started({**rule, "seed": 1})), *weights_of(started({**rule, "seed": 2**63 - 1}))}) == 54
    )


def test_what_others_draw_is_nobodys_business() -> None:
    """No global random state: neither read nor changed."""
    weights = {"uniform": {"low": -1, "high": 1}, "seed": 0, "generator": "numpy_legacy"}
    before = weights_of(started(weights))
    np.random.seed(123)
    random.seed(123)
    expected = np.random.RandomState(123).random_sample(), random.Random(123).random()
    assert weights_of(started(weights)) == before
    assert weights_of(started({**weights, "generator": "python"})) != before
    assert (np.random.random(), random.random()) == expected


# The optimizer's state


def state_of(trace: Trace, slot: str) -> dict[str, float]:
    return {name.partition(".")[2]: float(trace[name][0]) for name in trace.parts(slot)}


NAMES = [*(f"w{number}" for number in range(1, 19)), "b1", "b2", "b3"]


@pytest.mark.parametrize(
    ("optimizer", "slots"),
    [
        ({"momentum": {"momentum": 0.5}}, ["velocity"]),
        ({"nesterov": {"momentum": 0.5}}, ["velocity"]),
        ("adagrad", ["squares"]),
        ("rmsprop", ["squares"]),
        ("adam", ["mean", "squares"]),
        ("adamw", ["mean", "squares"]),
    ],
)
def test_an_optimizer_remembers_what_is_declared(optimizer: Any, slots: list[str]) -> None:
    kinds = ("trained", "none", {"shared": {"trained": True}})

    def remembering(state: dict[str, Any]) -> Trace:
        data = deep({"constant": {"value": 0.5}, "biases": "zeros"}, kinds, optimizer=optimizer, optimizer_state=state)
        return bprunner.run(data).trace

    nothing = remembering({})
    assert {slot: state_of(nothing, slot) for slot in slots} == {slot: dict.fromkeys(NAMES, 0.0) for slot in slots}
    same = remembering({slot: number + 0.25 for number, slot in enumerate(slots)})
    for number, slot in enumerate(slots):
        assert state_of(same, slot) == dict.fromkeys(NAMES, number + 0.25)
    named = {
        slot: {name: 100 * place + number for place, name in enumerate(NAMES)} for number, slot in enumerate(slots)
    }
    trace = remembering(named)
    assert {slot: state_of(trace, slot) for slot in slots} == named


def test_what_is_remembered_moves_its_own_weight() -> None:
    """A gradient of 0 and velocities 1, 2, …: with momentum 0.5, each weight and bias moves by half of its own."""
    velocity = {name: float(place + 1) for place, name in enumerate(NAMES)}
    data = deep(
        {"zeros": None, "biases": "zeros"}, ("trained", "none", {"shared": {"trained": True}}),
        optimizer={"momentum": {"momentum": 0.5}}, optimizer_state={"velocity": velocity}, epochs=1,
    )  # fmt: skip
    data["dataset"]["targets"] = [[0]]
    trace = bprunner.run(data).trace
    assert {name: float(trace[f"update.{name}"][0]) for name in NAMES} == {k: v / 2 for k, v in velocity.items()}
    assert state_of(trace, "velocity") == velocity
    assert trace["velocity.w7"].tolist() == [7.0, 3.5]


def test_a_formula_may_use_functions_and_the_fans() -> None:
    trace = started({"drawn": {"formula": "g / sqrt(fan_in) + exp(0) - ln(1) * fan_out"}, "seed": 5})
    source = np.random.default_rng(5)
    expected = [source.standard_normal(shape) / np.sqrt(shape[1]) + 1.0 for shape in SHAPES]
    assert weights_of(trace) == flat(expected)


def test_functions_of_formulas_are_those_of_expressions() -> None:
    assert set(FUNCTIONS) == set(EXPRESSED)
    for name, function in FUNCTIONS.items():
        assert float(function(np.array([0.7]))[0]) == pytest.approx(EXPRESSED[name](0.7), rel=1e-15)


def test_the_biases_are_drawn_first_as_in_a_matrix_with_a_bias_column() -> None:
    """`np.random.seed(3)`, then a matrix for each layer with a row for each neuron and its bias in column 0."""
    weights = {
        "drawn": {"formula": "2 * r - 1"}, "biases": {"drawn": {"formula": "2 * r - 1"}}, "seed": 3,
        "generator": "numpy_legacy", "draw": {"biases": "unit_first"},
    }  # fmt: skip
    trace = started(weights, ["trained"] * 3)
    np.random.seed(3)
    theta = [2 * np.random.random((fan_out, fan_in + 1)) - 1 for fan_out, fan_in in SHAPES]
    assert weights_of(trace) == flat([matrix[:, 1:] for matrix in theta])
    assert trace["bias"][0].tolist() == flat([matrix[:, :1] for matrix in theta])
