# ruff: noqa: E501
"""Where each figure of a list belongs: by hand-written tables of addresses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.spec.addressing import Address, Addressed, addressed
from bprunner.spec.expectations import Expectation
from bprunner.spec.misfit import Misfit
from bprunner.spec.naming import Names
from tests.spec.examples import SHARED, names_of

NAMES = names_of([2, 2, 2], ["trained", SHARED])
DEEP = names_of([1, 2, 1, 1], ["none", "none", "trained"])
ONE = names_of([2, 1], ["none"])


def table(expectation: dict[str, Any], names: Names = NAMES) -> dict[str, float]:
    """Each address, as text, with the figure that stands there."""
    found = list(addressed(Expectation.model_validate(expectation), names))
    figures = [each for each in found if isinstance(each, Addressed)]
    assert len(figures) == len(found), [each for each in found if isinstance(each, Misfit)]
    result = {str(each.address): float(each.figure.printed.number) for each in figures}
    assert len(result) == len(figures), "no two figures have one address"
    return result


TABLES: dict[str, tuple[dict[str, Any], dict[str, float]]] = {
    "one": ({"step": 3, "error": 5}, {"error at step 3": 5}),
    "the last": ({"step": "last", "error": 5}, {"error at the last step": 5}),
    "an epoch": ({"epoch": 3, "error": 5}, {"error after epoch 3": 5}),
    "the last epoch": ({"epoch": "last", "error": 5}, {"error after the last epoch": 5}),
    "as an epoch goes": ({"epoch": 3, "counted": "before", "error": 5}, {"error during epoch 3": 5}),
    "after it": ({"epoch": 3, "counted": "after", "error": 5}, {"error after epoch 3": 5}),
    "a sample": ({"step": 1, "sample": 2, "out": {"h1": 5}}, {"out.h1 at step 1, sample 2": 5}),
    # Lists over one thing
    "steps": ({"steps": [0, 4], "error": [1, 2]}, {"error at step 0": 1, "error at step 4": 2}),
    "epochs": ({"epochs": [1, 9], "error": [1, 2]}, {"error after epoch 1": 1, "error after epoch 9": 2}),
    "epochs as they go": (
        {"epochs": [1, 9], "counted": "before", "accuracy": [1, 2]},
        {"accuracy during epoch 1": 1, "accuracy during epoch 9": 2},
    ),
    "samples": (
        {"step": 0, "samples": [3, 1], "net": {"o2": [1, 2]}},
        {"net.o2 at step 0, sample 3": 1, "net.o2 at step 0, sample 1": 2},
    ),
    # Vectors
    "a layer": ({"step": 0, "sample": 1, "out": {"h": [1, 2]}}, {"out.h1 at step 0, sample 1": 1, "out.h2 at step 0, sample 1": 2}),
    "the last layer": ({"step": 0, "delta": {"o": [1, 2]}}, {"delta.o1 at step 0": 1, "delta.o2 at step 0": 2}),
    "predictions": ({"step": 0, "prediction": [1, 2]}, {"prediction.o1 at step 0": 1, "prediction.o2 at step 0": 2}),
    "predictions by name": ({"step": 0, "prediction": {"o2": 1}}, {"prediction.o2 at step 0": 1}),
    "biases": ({"step": 0, "bias": {"h": [1, 2]}}, {"bias.b1 at step 0": 1, "bias.b2 at step 0": 2}),
    "a shared bias": ({"step": 0, "bias": {"o": [1]}}, {"bias.b3 at step 0": 1}),
    "gradients of biases": ({"step": 0, "gradient": {"h": [1, 2], "o": [3]}}, {"gradient.b1 at step 0": 1, "gradient.b2 at step 0": 2, "gradient.b3 at step 0": 3}),
    # Matrices: w1: i1 → h1, w2: i2 → h1, w3: i1 → h2, w4: i2 → h2
    "a row a sender": (
        {"step": 0, "orientation": "in_out", "weight": {"h": [[1, 2], [3, 4]]}},
        {"weight.w1 at step 0": 1, "weight.w3 at step 0": 2, "weight.w2 at step 0": 3, "weight.w4 at step 0": 4},
    ),
    "a row a receiver": (
        {"step": 0, "orientation": "out_in", "update": {"o": [[1, 2], [3, 4]]}},
        {"update.w5 at step 0": 1, "update.w6 at step 0": 2, "update.w7 at step 0": 3, "update.w8 at step 0": 4},
    ),
    "what is remembered": (
        {"step": 1, "orientation": "out_in", "velocity": {"h": [[1, 2], [3, 4]]}, "mean": {"h": [5, 6]}},
        {
            "velocity.w1 at step 1": 1, "velocity.w2 at step 1": 2, "velocity.w3 at step 1": 3, "velocity.w4 at step 1": 4,
            "mean.b1 at step 1": 5, "mean.b2 at step 1": 6,
        },
    ),
    # Lists of lists
    "steps and samples": (
        {"steps": [0, 1], "samples": [1, 2], "out": {"h1": [[1, 2], [3, 4]]}},
        {
            "out.h1 at step 0, sample 1": 1, "out.h1 at step 0, sample 2": 2,
            "out.h1 at step 1, sample 1": 3, "out.h1 at step 1, sample 2": 4,
        },
    ),
    "samples of a layer": (
        {"epoch": 1, "samples": [1, 2], "prediction": [[1, 2], [3, 4]]},
        {
            "prediction.o1 after epoch 1, sample 1": 1, "prediction.o2 after epoch 1, sample 1": 2,
            "prediction.o1 after epoch 1, sample 2": 3, "prediction.o2 after epoch 1, sample 2": 4,
        },
    ),
    "epochs, samples and a layer": (
        {"epochs": [2], "samples": [4], "net": {"h": [[[1, 2]]]}},
        {"net.h1 after epoch 2, sample 4": 1, "net.h2 after epoch 2, sample 4": 2},
    ),
    "steps of a matrix": (
        {"steps": [0, 7], "orientation": "in_out", "gradient": {"o": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]}},
        {
            "gradient.w5 at step 0": 1, "gradient.w7 at step 0": 2, "gradient.w6 at step 0": 3, "gradient.w8 at step 0": 4,
            "gradient.w5 at step 7": 5, "gradient.w7 at step 7": 6, "gradient.w6 at step 7": 7, "gradient.w8 at step 7": 8,
        },
    ),
    "steps of a vector": (
        {"steps": [0, 7], "bias": {"h": [[1, 2], [3, 4]]}},
        {"bias.b1 at step 0": 1, "bias.b2 at step 0": 2, "bias.b1 at step 7": 3, "bias.b2 at step 7": 4},
    ),
    "an expression over steps": (
        {"steps": [0, 7], "values": {"2 * weight.w1": [1, 2]}},
        {"2 * weight.w1 at step 0": 1, "2 * weight.w1 at step 7": 2},
    ),
    "what is held out": ({"epochs": [1, 2], "held_out": {"error": [1, 2]}}, {"held_out.error after epoch 1": 1, "held_out.error after epoch 2": 2}),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_where_figures_belong(name: str) -> None:
    expectation, wanted = TABLES[name]
    assert table(expectation) == wanted


def test_matrices_that_are_no_squares() -> None:
    """i1 → h1.1 and h1.2, then both → h2.1."""
    first = {"weight.w1 at step 0": 1.0, "weight.w2 at step 0": 2.0}
    second = {"weight.w3 at step 0": 1.0, "weight.w4 at step 0": 2.0}
    for layer, orientation, matrix, wanted in (
        ("h1", "in_out", [[1, 2]], first),
        ("h1", "out_in", [[1], [2]], first),
        ("h2", "in_out", [[1], [2]], second),
        ("h2", "out_in", [[1, 2]], second),
    ):
        assert table({"step": 0, "orientation": orientation, "weight": {layer: matrix}}, DEEP) == wanted


def test_one_output_needs_no_list() -> None:
    assert table({"step": 0, "prediction": 1}, ONE) == {"prediction at step 0": 1}
    assert table({"steps": [0, 1], "prediction": [1, 2]}, ONE) == {"prediction at step 0": 1, "prediction at step 1": 2}


def test_numbers_by_sender_are_followed() -> None:
    names = names_of([2, 2, 2], ["none", "none"], weights="sender")
    assert table({"step": 0, "orientation": "in_out", "weight": {"h": [[1, 2], [3, 4]]}}, names) == {
        "weight.w1 at step 0": 1, "weight.w2 at step 0": 2, "weight.w3 at step 0": 3, "weight.w4 at step 0": 4,
    }  # fmt: skip


def test_paths_lead_to_the_figures() -> None:
    expectation = {
        "steps": [0, 1],
        "samples": [1, 2],
        "out": {"h": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]},
        "error": [9, 9],
    }
    found = [each for each in addressed(Expectation.model_validate(expectation), NAMES) if isinstance(each, Addressed)]
    assert found
    for each in found:
        node: Any = expectation
        for part in each.path:
            node = node[part]
        assert node == float(each.figure.printed.number)


# A name that a layer has, too


CALLED = names_of(
    [1, 2, 1], ["trained", "none"], neurons=[["h", "o"], ["y"]], weights={"o": "i1 -> h"}, biases={"h": "h"}
)


@pytest.mark.parametrize(
    ("expectation", "wanted"),
    [
        ({"out": {"h": 1}}, {"out.h at step 0": 1}),
        ({"out": {"h": [1, 2]}}, {"out.h at step 0": 1, "out.o at step 0": 2}),
        ({"out": {"o": 1}}, {"out.o at step 0": 1}),
        ({"out": {"o": [1]}}, {"out.y at step 0": 1}),
        ({"weight": {"o": 1}}, {"weight.o at step 0": 1}),
        ({"gradient": {"o": 1}}, {"gradient.o at step 0": 1}),
        ({"bias": {"h": 1}}, {"bias.h at step 0": 1}),
        ({"update": {"h": 1}}, {"update.h at step 0": 1}),
        ({"bias": {"h": [1, 2]}}, {"bias.h at step 0": 1, "bias.b2 at step 0": 2}),
        ({"orientation": "out_in", "weight": {"h": [[1], [2]]}}, {"weight.o at step 0": 1, "weight.w2 at step 0": 2}),
    ],
)
def test_one_figure_is_of_what_is_called_so_and_a_list_of_the_layer(
    expectation: dict[str, Any], wanted: dict[str, float]
) -> None:
    assert table({"step": 0, **expectation}, CALLED) == wanted


def test_over_steps_one_figure_of_each_is_of_what_is_called_so() -> None:
    assert table({"steps": [0, 1], "out": {"h": [1, 2]}}, CALLED) == {"out.h at step 0": 1, "out.h at step 1": 2}
    assert table({"steps": [0, 1], "out": {"h": [[1, 2], [3, 4]]}}, CALLED) == {
        "out.h at step 0": 1, "out.o at step 0": 2, "out.h at step 1": 3, "out.o at step 1": 4,
    }  # fmt: skip


# Whatever stands there


FIGURE = st.integers(0, 9)
LISTS = st.lists(FIGURE, min_size=1, max_size=3)
MATRICES = st.lists(FIGURE | LISTS, min_size=1, max_size=3)
TREES = FIGURE | LISTS | MATRICES | st.lists(FIGURE | MATRICES, min_size=1, max_size=3)


@given(
    tree=TREES,
    quantity=st.sampled_from(["net", "out", "delta", "gradient", "update", "weight", "bias", "squares"]),
    part=st.sampled_from(["h", "o", "h1", "w1", "b3", "x"]),
    when=st.sampled_from([{"step": 0}, {"steps": [0, 1]}, {"steps": [0], "samples": [1, 2]}]),
    orientation=st.sampled_from([{}, {"orientation": "in_out"}, {"orientation": "out_in"}]),
    biases=st.sampled_from([["trained", SHARED], ["none", "none"], ["none", "trained"]]),
)
def test_any_tree_has_addresses_or_misfits(
    tree: Any, quantity: str, part: str, when: Any, orientation: Any, biases: list[Any]
) -> None:
    """Each figure is addressed, to a name of its own quantity, or what does not fit is told: none goes missing."""
    names = names_of([2, 2, 1], biases)
    found = list(addressed(Expectation.model_validate({**when, **orientation, quantity: {part: tree}}), names))
    figures = [each for each in found if isinstance(each, Addressed)]
    assert found
    if len(figures) == len(found):
        assert len(figures) == str(tree).count(",") + 1, "as many as were written"
    real = {*names.neurons, *names.weights, *names.biases}
    for each in figures:
        own, _, name = each.address.name.partition(".")
        assert own == quantity
        assert name in real or name == part
        assert quantity != "weight" or name in names.weights or name == part
    assert len({each.address for each in figures}) == len(figures)


def test_addresses_read_as_sentences() -> None:
    assert str(Address("out.h1", step=0)) == "out.h1 at step 0"
    assert str(Address("error", epoch=2, counted="before", sample=3)) == "error during epoch 2, sample 3"
