"""Optimizers at published values, and over several updates by exact fractions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from bprunner.nn.arrays import Array
from bprunner.nn.optimizers import OPTIMIZERS, Slots
from tests.nn.population_law import MANY, assert_alone_as_in_any_population

FORMS: dict[str, list[dict[str, Any]]] = {
    "gradient_descent": [{}],
    "momentum": [{"form": form} for form in ("classical", "averaged", "accumulated", "last_gradient")],
    "nesterov": [{"form": form} for form in ("classical", "accumulated")],
    "adagrad": [{}],
    "rmsprop": [{"epsilon_place": place} for place in ("outside", "inside")],
    "adam": [
        {"epsilon_place": place, "bias_correction": correction}
        for place in ("outside", "inside", "uncorrected")
        for correction in (True, False)
    ],
}
FORMS["adamw"] = FORMS["adam"]
CASES = [(kind, form) for kind in FORMS for form in FORMS[kind]]


def numbers(count: int = 1, **given: Any) -> dict[str, Any]:
    """What an optimizer is told: floats become (1, 1, 1)."""
    told = {name: np.full((1, 1, 1), value) if isinstance(value, float) else value for name, value in given.items()}
    return {**told, "factor": -told["learning_rate"], "count": float(count)}


def matrix(rows: Any) -> Array:
    return np.asarray(rows, dtype=np.float64)[np.newaxis]


def updates(kind: str, gradients: Sequence[str], **told: Any) -> list[float]:
    """The updates of one weight that begins at 1, from an empty memory, one after the other."""
    optimizer, parameter = OPTIMIZERS[kind], np.ones((1, 1, 1))
    slots: Slots = tuple(np.zeros((1, 1, 1)) for _ in optimizer.slots)
    found = []
    for t, gradient in enumerate(gradients, start=1):
        update, slots = optimizer.update(np.full((1, 1, 1), float(gradient)), parameter, slots, numbers(t, **told))
        parameter = parameter + update
        found.append(update.item())
    return found


def test_every_optimizer_is_checked_here_and_its_slots_have_names() -> None:
    assert set(FORMS) == set(OPTIMIZERS)
    assert {kind: OPTIMIZERS[kind].slots for kind in OPTIMIZERS} == {
        "gradient_descent": (),
        "momentum": ("velocity",),
        "nesterov": ("velocity",),
        "adagrad": ("squares",),
        "rmsprop": ("squares",),
        "adam": ("mean", "squares"),
        "adamw": ("mean", "squares"),
    }


@pytest.mark.parametrize(("kind", "form"), CASES)
def test_shapes_stay_and_nothing_given_is_changed(kind: str, form: Mapping[str, Any]) -> None:
    generator = np.random.default_rng(0)
    optimizer = OPTIMIZERS[kind]
    given = [generator.uniform(0.1, 1.0, (2, 3, 4)) for _ in range(2 + len(optimizer.slots))]
    before = [each.copy() for each in given]
    told = numbers(3, **NUMBERS, **form)
    update, slots = optimizer.update(given[0], given[1], tuple(given[2:]), told)
    assert update.shape == (2, 3, 4)
    assert [slot.shape for slot in slots] == [(2, 3, 4)] * len(optimizer.slots)
    assert all((a == b).all() for a, b in zip(given, before, strict=True))


NUMBERS = {
    "learning_rate": 0.01,
    "momentum": 0.9,
    "epsilon": 1e-8,
    "decay": 0.9,
    "beta1": 0.9,
    "beta2": 0.999,
    "weight_decay": 0.1,
}

# By fractions: rates and gradients are powers of two and small whole numbers, so that doubles are exact.


def test_gradient_descent_is_minus_learning_rate_times_gradient() -> None:
    gradients = np.array([[[3.0, -2.0]], [[1.0, 0.5]]])
    rates = np.array([0.5, 0.25]).reshape(2, 1, 1)
    told = {"learning_rate": rates, "factor": -rates, "count": 1.0}
    found, slots = OPTIMIZERS["gradient_descent"].update(gradients, gradients, (), told)
    assert slots == ()
    expected = [-Fraction(1, 2) * 3, Fraction(1, 2) * 2, -Fraction(1, 4), -Fraction(1, 8)]
    assert [Fraction(each) for each in found.ravel().tolist()] == expected


GRADIENTS = ["8", "-4", "16", "2"]
ETA, MU = Fraction(1, 4), Fraction(1, 2)


def _momentum(form: str) -> list[Fraction]:
    """The velocity summed from all gradients so far, none carried along: Σ μ^(n − k) · what each gradient adds."""
    g = [Fraction(text) for text in GRADIENTS]
    if form == "last_gradient":
        return [-ETA * (g[n] + (MU * g[n - 1] if n else 0)) for n in range(len(g))]
    share = {"classical": -ETA, "averaged": 1 - MU, "accumulated": Fraction(1)}[form]
    after = {"classical": Fraction(1), "averaged": -ETA, "accumulated": -ETA}[form]
    return [after * sum(MU ** (n - k) * share * g[k] for k in range(n + 1)) for n in range(len(g))]


@pytest.mark.parametrize("form", ["classical", "averaged", "accumulated", "last_gradient"])
def test_momentum(form: str) -> None:
    found = updates("momentum", GRADIENTS, learning_rate=0.25, momentum=0.5, form=form)
    assert [Fraction(each) for each in found] == _momentum(form)


def test_nesterov_of_pytorch() -> None:
    """−η (g + μ v), v as accumulated momentum: by hand 8 → 12, −4 with v 0 → −4, 16 with 16 → 24, 2 with 10 → 7."""
    found = updates("nesterov", GRADIENTS, learning_rate=0.25, momentum=0.5, form="accumulated")
    assert found == [-12 / 4, 4 / 4, -24 / 4, -7 / 4]


def test_nesterov_of_cs231n_looks_ahead() -> None:
    """Its weight is the place ahead, θ + μ v, of a weight θ that moves by v (Sutskever et al. 2013)."""
    g = [Fraction(text) for text in GRADIENTS]
    theta, velocity = Fraction(0), Fraction(0)
    ahead = [theta]
    for each in g:
        velocity = MU * velocity - ETA * each
        theta += velocity
        ahead.append(theta + MU * velocity)
    found = updates("nesterov", GRADIENTS, learning_rate=0.25, momentum=0.5, form="classical")
    assert [Fraction(each) for each in found] == [b - a for a, b in pairwise(ahead)]


def test_adagrad_by_hand() -> None:
    """Squares add up to 9, 25, 169: roots 3, 5, 13, and ε is 1."""
    found = updates("adagrad", ["3", "4", "12"], learning_rate=0.5, epsilon=1.0)
    assert found == [-0.5 * 3 / 4, -0.5 * 4 / 6, -0.5 * 12 / 14]


@pytest.mark.parametrize(("place", "root"), [("outside", 3.0 + 7.0), ("inside", 4.0)])
def test_rmsprop_by_hand(place: str, root: float) -> None:
    """Squares ½ · 2 + ½ · 4² = 9; √9 + 7 outside, √(9 + 7) inside."""
    told = numbers(learning_rate=0.5, decay=0.5, epsilon=7.0, epsilon_place=place)
    update, (squares,) = OPTIMIZERS["rmsprop"].update(matrix([[4.0]]), matrix([[0.0]]), (matrix([[2.0]]),), told)
    assert squares.item() == 9.0
    assert update.item() == -0.5 * 4.0 / root


@pytest.mark.parametrize(
    ("place", "corrected", "expected"),
    [
        ("outside", False, -0.5 * 3 / (3 + 7)),
        ("uncorrected", False, -0.5 * 3 / (3 + 7)),
        ("inside", False, -0.5 * 3 / 4),
        # t = 2: both divisors are 1 − ½² = ¾, so that m̂ = 4 and v̂ = 12.
        ("outside", True, -0.5 * 4 / (12**0.5 + 7)),
        ("inside", True, -0.5 * 4 / 19**0.5),
        ("uncorrected", True, -0.5 * (0.75**0.5 / 0.75) * 3 / (3 + 7)),
    ],
)
def test_adam_by_hand(place: str, corrected: bool, expected: float) -> None:
    """m = ½ · 2 + ½ · 4 = 3, v = ½ · 2 + ½ · 4² = 9, after the second update; ε is 7."""
    told = numbers(
        2, learning_rate=0.5, beta1=0.5, beta2=0.5, epsilon=7.0, epsilon_place=place, bias_correction=corrected
    )
    slots = (matrix([[2.0]]), matrix([[2.0]]))
    update, (mean, squares) = OPTIMIZERS["adam"].update(matrix([[4.0]]), matrix([[0.0]]), slots, told)
    assert (mean.item(), squares.item()) == (3.0, 9.0)
    assert update.item() == pytest.approx(expected, rel=1e-15)
    decayed = {**told, "weight_decay": np.full((1, 1, 1), 0.25)}
    other, _ = OPTIMIZERS["adamw"].update(matrix([[4.0]]), matrix([[8.0]]), slots, decayed)
    assert other.item() == pytest.approx(expected - 0.5 * 0.25 * 8.0, rel=1e-15)


def test_adam_over_five_updates_by_decimals() -> None:
    """m̂ and v̂ from all gradients so far, with twenty-eight digits."""
    g = [Decimal(text) for text in ["0.3", "-0.2", "0.25", "0.125", "-0.5"]]
    beta1, beta2 = Decimal("0.9"), Decimal("0.999")
    expected = []
    for t in range(1, 6):
        m = sum((1 - beta1) * beta1 ** (t - 1 - k) * g[k] for k in range(t)) / (1 - beta1**t)
        v = sum((1 - beta2) * beta2 ** (t - 1 - k) * g[k] ** 2 for k in range(t)) / (1 - beta2**t)
        expected.append(float(-Decimal("0.01") * m / (v.sqrt() + Decimal("1e-8"))))
    told: dict[str, Any] = {name: NUMBERS[name] for name in ("learning_rate", "beta1", "beta2", "epsilon")}
    found = updates("adam", [str(each) for each in g], **told, epsilon_place="outside", bias_correction=True)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


# As published


def test_adam_by_hand_as_published() -> None:
    """θ² from 5 at a rate of 0.1: 4.9 and a second gradient of 9.8 are printed; the rest is by sixty decimals.

    After the second update m = 0.9 · 1 + 0.1 · 9.8 and v = 0.999 · 0.1 + 0.001 · 9.8².
    """
    optimizer, theta = OPTIMIZERS["adam"], matrix([[5.0]])
    slots: Slots = (matrix([[0.0]]), matrix([[0.0]]))
    path = []
    for t in (1, 2, 3):
        told = numbers(
            t, learning_rate=0.1, beta1=0.9, beta2=0.999, epsilon=1e-8, epsilon_place="outside", bias_correction=True
        )
        update, slots = optimizer.update(2.0 * theta, theta, slots, told)
        theta = theta + update
        path.append(theta.item())
        if t == 2:
            assert [slot.item() for slot in slots] == pytest.approx([1.88, 0.19594], rel=1e-9)
    assert path == pytest.approx([4.9000000000999999, 4.8000577568688559, 4.7002132913333907], rel=1e-15, abs=0)


# Stanford CS231n, assignment 2, and UCLA ECE C147: the checks of the optimizers.
CS231N = matrix(np.linspace(-0.4, 0.6, 20).reshape(4, 5))
CS231N_GRADIENT = matrix(np.linspace(-0.6, 0.4, 20).reshape(4, 5))
MEMORY = matrix(np.linspace(0.6, 0.9, 20).reshape(4, 5))
SQUARES = matrix(np.linspace(0.7, 0.5, 20).reshape(4, 5))


def after(kind: str, slots: Slots, **told: Any) -> tuple[Array, Slots]:
    """The weights after one update, and the memory."""
    update, slots = OPTIMIZERS[kind].update(CS231N_GRADIENT, CS231N, slots, told)
    return (CS231N + update)[0], tuple(slot[0] for slot in slots)


def test_momentum_of_cs231n() -> None:
    told = numbers(learning_rate=1e-3, momentum=0.9, form="classical")
    weights, (velocity,) = after("momentum", (MEMORY,), **told)
    assert weights[0].tolist() == pytest.approx([0.1406, 0.20738947, 0.27417895, 0.34096842, 0.40775789], abs=5e-9)
    assert weights[-1, -1] == pytest.approx(1.4096, abs=5e-9)
    assert velocity[0, :2].tolist() == pytest.approx([0.5406, 0.55475789], abs=5e-9)


def test_nesterov_of_ucla() -> None:
    told = numbers(learning_rate=1e-3, momentum=0.9, form="classical")
    weights, (velocity,) = after("nesterov", (MEMORY,), **told)
    assert weights[0].tolist() == pytest.approx([0.08714, 0.15246105, 0.21778211, 0.28310316, 0.34842421], abs=5e-9)
    assert weights[-1, -1] == pytest.approx(1.32824, abs=5e-9)
    assert velocity[0, :2].tolist() == pytest.approx([0.5406, 0.55475789], abs=5e-9)


def test_rmsprop_of_cs231n() -> None:
    told = numbers(learning_rate=1e-2, decay=0.99, epsilon=1e-8, epsilon_place="outside")
    weights, (squares,) = after("rmsprop", (MEMORY,), **told)
    first = [-0.39223849, -0.34037513, -0.28849239, -0.23659121, -0.18467247]
    assert weights[0].tolist() == pytest.approx(first, abs=5e-9)
    assert weights[-1, -1] == pytest.approx(0.59576619, abs=5e-9)
    assert squares[0, :2].tolist() == pytest.approx([0.5976, 0.6126277], abs=5e-8)
    assert squares[-1, -1] == pytest.approx(0.8926, abs=5e-8)


ADAM: Mapping[str, Any] = {
    "learning_rate": 1e-2,
    "beta1": 0.9,
    "beta2": 0.999,
    "epsilon": 1e-8,
    "bias_correction": True,
}


def test_adam_of_cs231n() -> None:
    """t is 6 there, not 5: what t is can be seen."""
    told = numbers(6, **ADAM, epsilon_place="outside")
    weights, (mean, squares) = after("adam", (MEMORY, SQUARES), **told)
    first = [-0.40094747, -0.34836187, -0.29577703, -0.24319299, -0.19060977]
    assert weights[0].tolist() == pytest.approx(first, abs=5e-9)
    assert weights[-1, -1] == pytest.approx(0.59801459, abs=5e-9)
    assert mean[0, :2].tolist() == pytest.approx([0.48, 0.49947368], abs=5e-9)
    assert squares[0, :2].tolist() == pytest.approx([0.69966, 0.68908382], abs=5e-9)
    before, _ = after("adam", (MEMORY, SQUARES), **{**told, "count": 5.0})
    assert before[0, 0] == pytest.approx(-0.40098988, abs=5e-9)


# deeplearning.ai, course 2, week 2: parameters and gradients of the tests, drawn in this order.


def published_case() -> tuple[list[Array], list[Array]]:
    state = np.random.RandomState(1)
    shapes = [(2, 3), (2, 1), (3, 3), (3, 1)]
    drawn = [matrix(state.randn(*shape)) for shape in shapes * 2]
    return drawn[:4], drawn[4:]


def trained(kind: str, **told: Any) -> list[list[float]]:
    """W1, b1, W2, b2 after one update from an empty memory."""
    parameters, gradients = published_case()
    optimizer = OPTIMIZERS[kind]
    result = []
    for parameter, gradient in zip(parameters, gradients, strict=True):
        slots = tuple(np.zeros_like(parameter) for _ in optimizer.slots)
        result.append((parameter + optimizer.update(gradient, parameter, slots, told)[0]).ravel().tolist())
    return result


def test_averaged_momentum_of_deeplearning_ai() -> None:
    w1, b1, w2, b2 = trained("momentum", **numbers(learning_rate=0.01, momentum=0.9, form="averaged"))
    assert w1 == pytest.approx([1.62544598, -0.61290114, -0.52907334, -1.07347112, 0.86450677, -2.30085497], abs=5e-9)
    assert b1 == pytest.approx([1.74493465, -0.76027113], abs=5e-9)
    assert w2 == pytest.approx(
        [0.31930698, -0.24990073, 1.4627996, -2.05974396, -0.32173003, -0.38320915, 1.13444069, -1.0998786, -0.1713109],
        abs=5e-9,
    )
    assert b2 == pytest.approx([-0.87809283, 0.04055394, 0.58207317], abs=5e-9)


@pytest.mark.parametrize(("place", "eighth"), [("outside", -1.09244991), ("inside", -1.09245036)])
def test_adam_of_deeplearning_ai(place: str, eighth: float) -> None:
    """Called with t = 2. One gradient is so small that it shows where ε stands."""
    w1, b1, w2, b2 = trained("adam", **numbers(2, **ADAM, epsilon_place=place))
    assert w1 == pytest.approx([1.63178673, -0.61919778, -0.53561312, -1.08040999, 0.85796626, -2.29409733], abs=1e-8)
    assert b1 == pytest.approx([1.75225313, -0.75376553], abs=1e-8)
    assert w2[7] == pytest.approx(eighth, abs=5e-9)
    others = [0.32648046, -0.25681174, 1.46954931, -2.05269934, -0.31497584, -0.37661299, 1.14121081, -0.16498684]
    assert w2[:7] + w2[8:] == pytest.approx(others, abs=1e-8)
    assert b2 == pytest.approx([-0.885299785, 0.03477238, 0.57537385], abs=1.5e-8)


def test_epsilon_hat_is_an_epsilon_beside_the_corrected_root() -> None:
    """Kingma and Ba, section 2: ε̂ = ε √(1 − β₂^t)."""
    beside = {**ADAM, "epsilon": 1e-3 * (1 - 0.999**4) ** 0.5}
    a, _ = after("adam", (MEMORY, SQUARES), **numbers(4, **{**ADAM, "epsilon": 1e-3}, epsilon_place="outside"))
    b, _ = after("adam", (MEMORY, SQUARES), **numbers(4, **beside, epsilon_place="uncorrected"))
    np.testing.assert_allclose(a - CS231N[0], b - CS231N[0], rtol=1e-12)


# Heaton, AIFH volume 3: XOR by Nesterov's momentum and cross-entropy.


def test_nesterov_of_aifh() -> None:
    """Error below 0.01 after 62 updates; the network is written out here, for the optimizer alone is on trial."""
    x = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]])
    t = np.array([[0.0], [1.0], [1.0], [0.0]])
    hidden = matrix(
        [
            [-0.48463710059519793, 0.8420570357334933, -0.5286518143323836],
            [-0.9318070094873679, -0.38185835475610996, -0.5337936066868234],
            [-0.38468537605011033, -0.06280032523507262, -0.7822212804533125],
        ]
    )
    last = matrix([[0.13864904435785697], [-0.1389734035215744], [0.34318625259753], [-0.7293068365494968]])
    weights = [hidden, last]
    memory: list[Slots] = [(np.zeros_like(each),) for each in weights]
    told = numbers(learning_rate=0.7, momentum=0.9, form="classical")
    errors: list[float] = []
    while not errors or errors[-1] > 0.01:
        h = np.hstack([1 / (1 + np.exp(-x @ weights[0][0])), np.ones((4, 1))])
        out = 1 / (1 + np.exp(-h @ weights[1][0]))
        errors.append(float(np.mean((out - t) ** 2)))
        delta = out - t
        back = (delta @ weights[1][0].T * h * (1 - h))[:, :3]
        for k, gradient in enumerate([x.T @ back, h.T @ delta]):
            update, memory[k] = OPTIMIZERS["nesterov"].update(matrix(gradient), weights[k], memory[k], told)
            weights[k] = weights[k] + update
    assert len(errors) == 62
    assert errors[:3] == pytest.approx([0.27863511719221284, 0.2695974520863086, 0.25132850188147987], rel=1e-12)
    assert errors[-1] == pytest.approx(0.008274532637272118, rel=1e-9)


# The law of the population


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize(("kind", "form"), CASES)
def test_an_optimizer_gives_a_run_the_same_bits_in_any_population(
    kind: str, form: Mapping[str, Any], count: int
) -> None:
    """Every run with numbers of its own; powers among them, whose bits could depend on where they stand."""
    generator = np.random.default_rng(2)
    optimizer = OPTIMIZERS[kind]
    names = sorted(NUMBERS)
    own = [generator.uniform(0.001, 0.999, (MANY, 1, 1)) for _ in names]
    memory = [generator.uniform(0.0, 1.0, (MANY, 3, 2)) for _ in optimizer.slots]

    def updated(g: Array, parameter: Array, *others: Array) -> Array:
        told = dict(zip(names, others, strict=False))
        slots = others[len(names) :]
        update, slots = optimizer.update(
            g, parameter, slots, {**told, "factor": -told["learning_rate"], "count": float(count), **form}
        )
        return np.concatenate([update, *slots], axis=1)

    g, parameter = generator.normal(size=(2, MANY, 3, 2))
    assert_alone_as_in_any_population(updated, g, parameter, *own, *memory)
