"""Experiments for tests: a small valid one as text, and random valid ones, over the whole vocabulary, as plain data."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from bprunner.errors import InputError, Problem
from bprunner.spec.architecture import Architecture
from bprunner.spec.naming import Names
from bprunner.spec.reading import read_declaration
from bprunner.spec.source import Source
from bprunner.spec.yaml_loader import load

VALID = """\
name: doc
architecture:
  inputs: 2
  layers:
    - {units: 2, activation: linear, bias: none}
    - {units: 1, activation: linear, bias: none}
initial_weights: {w1: 0.1, w2: 0.2, w3: 0.3, w4: 0.4, w5: 0.21, w6: 0.23}
dataset:
  inputs: [[2, 3]]
  targets: [[1]]
training:
  loss: half_squared_error
  optimizer: gradient_descent
  learning_rate: 0.05
  epochs: 1
expect:
  - {step: 0, out: {h1: 0.8}}
"""


def problems_of_file(path: Path, overrides: tuple[str, ...] = ()) -> tuple[Problem, ...]:
    """What is wrong with a file, its dataset included; nothing where nothing is."""
    from bprunner.data.loading import load_samples

    try:
        load_samples(read_declaration(path, overrides))
    except InputError as error:
        return error.problems
    return ()


def loaded(text: str) -> Any:
    """YAML text as plain data, read by bprunner's own rules."""
    from bprunner.spec.nodes import plain

    return plain(load(Source("test.yaml", text)))


def names_of(sizes: list[int], bias_choices: list[Any], **naming: Any) -> Names:
    """The names of a network of these sizes, inputs first."""
    layers = [
        {"units": units, "activation": "linear", "bias": bias}
        for units, bias in zip(sizes[1:], bias_choices, strict=True)
    ]
    return Architecture.model_validate({"inputs": sizes[0], "layers": layers, "naming": naming}).names


SHARED = {"shared": {"trained": True}}


NUMBERS = st.one_of(st.integers(-1000, 1000), st.floats(-1e6, 1e6), st.sampled_from([5e-324, 1e308, -0.0, 1e22]))
TEXTS = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=20).filter(str.strip)
LONG_TEXTS = st.lists(TEXTS, min_size=1, max_size=8).map("  \n".join)
# Digits count: 0.50 is not 0.5.
DIGITS = st.decimals(-1000, 1000, places=3).map(lambda number: float(number))
SEEDS = st.integers(0, 2**63 - 1)
SHARES = st.floats(0, 1, exclude_max=True)
FACTORS = st.floats(1e-3, 1e3)
PERS = st.sampled_from([{}, {"per": "epoch"}, {"per": "update"}])
GENERATORS = st.sampled_from(["numpy", "python"])
HOSTILE = [
    "x",
    "θ",
    "a.b",
    "ß",
    "名",
    "_",
    "1",
    "2x",
    "seed",
    "h",
    "o",
    "step_",
    "decimals_",
    "yes",
    "null",
    "e5",
    "1e5",
    "W1",
    "i9",
    "printed_",
    "0x1F",
    "é",
    "learning_rate_",
    "out.h1",
    "zeros",
    "h.1",
    "on",
    "y",
    "١",
]
"""Names that are letters and digits, and that a reader of YAML, of numbers or of keys may stumble over."""


def some(draw: st.DrawFn, **optional: st.SearchStrategy[Any]) -> dict[str, Any]:
    """Any of these keys, each left out as often as not."""
    return {key: draw(value) for key, value in optional.items() if draw(st.booleans())}


def mappings(**required: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required)


def with_optional(
    required: dict[str, st.SearchStrategy[Any]], optional: dict[str, st.SearchStrategy[Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


def named(name: str, parameters: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A choice with its numbers; without any, its name alone or with nothing."""
    return parameters.flatmap(
        lambda own: st.just({name: own}) if own else st.sampled_from([name, {name: {}}, {name: None}])
    )


# The network

ACTIVATIONS = {
    **{name: named(name, st.just({})) for name in ("linear", "relu", "softplus", "gelu", "gelu_tanh", "softmax")},
    "sigmoid": named("sigmoid", with_optional({}, {"slope": FACTORS})),
    "tanh": named("tanh", with_optional({}, {"slope": FACTORS, "height": FACTORS})),
    "leaky_relu": named("leaky_relu", with_optional({}, {"slope": NUMBERS})),
    "elu": named("elu", with_optional({}, {"alpha": NUMBERS})),
    "step": named(
        "step",
        with_optional(
            {"derivative": NUMBERS}, {"low": st.floats(-9, 0.5), "at_zero": st.sampled_from(["high", "low"])}
        ),
    ),
    "gaussian": named("gaussian", mappings(width=FACTORS)),
}
BIASES = st.sampled_from(
    ["none", "trained", "frozen", "threshold", {"threshold": {"trained": False}}]
    + [{"shared": {"trained": trained}} for trained in (True, False)]
)


@st.composite
def layers(draw: st.DrawFn, units: int, activations: tuple[str, ...]) -> dict[str, Any]:
    possible = [name for name in activations if units > 1 or name != "softmax"]
    activation = draw(st.sampled_from(possible))
    net = {"net": "squared_distance"} if activation == "gaussian" or draw(st.integers(0, 9)) == 0 else {}
    layer = {"units": units, "activation": draw(ACTIVATIONS[activation]), "bias": draw(BIASES), **net}
    return {**layer, **some(draw, frozen=st.booleans())}


@st.composite
def namings(draw: st.DrawFn, sizes: list[int], bias_kinds: list[str]) -> dict[str, Any]:
    """What an author may call things, so that no two are called alike."""
    plain = names_of(sizes, ["none"] * (len(sizes) - 1))
    # Neurons, weights and biases are called differently, and nothing like a layer.
    order = draw(st.permutations([name for name in HOSTILE if name not in plain.layer_names]))
    naming: dict[str, Any] = {}
    neurons = iter(order)
    inputs = [next(neurons) for _ in range(sizes[0])]
    others = [[next(neurons) for _ in range(units)] for units in sizes[1:]]
    if draw(st.booleans()):
        naming |= {"inputs": inputs, "neurons": others}
    else:
        inputs, others = list(plain.inputs), [list(layer) for layer in plain.layers]
    free = iter([name for name in neurons if name not in ("seed", "zeros")])
    match draw(st.sampled_from(["receiver", "sender", "map", ""])):
        case "map":
            arrow = draw(st.sampled_from([" -> ", "->", " → "]))
            possible = [
                (sender, receiver)
                for before, after in pairwise([inputs, *others])
                for sender in before
                for receiver in after
            ]
            ends = draw(st.lists(st.sampled_from(possible), min_size=1, max_size=4, unique=True))
            naming["weights"] = {next(free): f"{sender}{arrow}{receiver}" for sender, receiver in ends}
        case "":
            pass
        case numbering:
            naming["weights"] = numbering
    every = {name for layer in others for name in layer}
    places = [
        place
        for kind, layer, whole in zip(bias_kinds, others, plain.layer_names, strict=True)
        for place in {"none": [], "shared": [whole]}.get(kind, layer)
        # What is called like a layer could be meant by either.
        if place not in (every if kind == "shared" else plain.layer_names)
    ]
    if draw(st.booleans()) and places:
        chosen = draw(st.lists(st.sampled_from(places), min_size=1, max_size=3, unique=True))
        naming["biases"] = {next(free): place for place in chosen}
    return naming


def kind_of(choice: Any) -> str:
    return choice if isinstance(choice, str) else str(next(iter(choice)))


# Initial weights

RULES = {
    "zeros": st.sampled_from([None, {}]),
    "constant": mappings(value=NUMBERS),
    "uniform": mappings(low=st.floats(-9, 0), high=st.floats(1e-3, 9)),
    "normal": with_optional({"scale": st.floats(0, 9)}, {"mean": NUMBERS}),
    "truncated_normal": with_optional({"scale": st.floats(0, 9)}, {"mean": NUMBERS}),
    **{
        f"{who}_{how}": st.sampled_from([None, {}])
        for who in ("glorot", "he", "lecun")
        for how in ("uniform", "normal")
    },
    "orthogonal": with_optional({}, {"gain": NUMBERS}),
    "drawn": mappings(formula=st.sampled_from(["2 * r - 1", "0.1*g", "(r - 0.5) / 2 + g"])),
}
CHOSEN_RULES = st.sampled_from(sorted(RULES)).flatmap(lambda name: RULES[name].map(lambda own: {name: own}))


def draws_by(rule: Any) -> bool:
    return isinstance(rule, dict) and not {*rule} & {"zeros", "constant"}


@st.composite
def weights(draw: st.DrawFn, names: Names) -> Any:
    """Initial weights in one of their notations."""
    pairs = list(pairwise(names.sizes))
    orientation = draw(st.sampled_from(["in_out", "out_in"]))

    def matrix(into: int, out: int) -> list[list[Any]]:
        rows, columns = (into, out) if orientation == "in_out" else (out, into)
        return [[draw(NUMBERS) for _ in range(columns)] for _ in range(rows)]

    own: dict[str, Any] = {}
    biases: Any = None
    drawing: list[Any] = []
    widths = [
        1 if form == "shared" else out for (_, out), form in zip(pairs, names.bias_forms, strict=True) if form != "none"
    ]
    if widths:
        rule = draw(CHOSEN_RULES)
        rows = [draw(st.one_of(st.lists(NUMBERS, min_size=width, max_size=width), CHOSEN_RULES)) for width in widths]
        biases = draw(st.sampled_from([rule, rows, "zeros"]))
        drawing += biases if isinstance(biases, list) else [biases]
    match draw(st.sampled_from(["names", "matrices", "layers", "rule", "word"])):
        case "names":
            own = {name: draw(NUMBERS) for name in names.weights}
        case "matrices":
            own = {"matrices": [matrix(*pair) for pair in pairs], "orientation": orientation}
        case "layers":
            entries = [draw(st.one_of(st.just(matrix(*pair)), CHOSEN_RULES)) for pair in pairs]
            written = any(isinstance(entry, list) for entry in entries)
            own = {"layers": entries, **({"orientation": orientation} if written else {})}
            drawing += entries
        case "rule":
            own = draw(CHOSEN_RULES)
            drawing.append(own)
        case _:
            if biases is None:
                return "zeros"
            own = {"zeros": None}
    if draw(st.booleans()) and widths:
        own |= {next(iter(names.biases)): draw(NUMBERS)}
    if any(draws_by(rule) for rule in drawing):
        own = {**own, "seed": draw(SEEDS), **some(draw, generator=GENERATORS)}
        when = st.sampled_from(["last", "by_layer", "first", "layer_first"])
        order = some(draw, matrices=st.sampled_from(["out_in", "in_out"]), biases=when)
        own |= {"draw": order} if order else {}
    return own if biases is None else {**own, "biases": biases}


# The dataset


@st.composite
def datasets(draw: st.DrawFn, inputs: int, outputs: int, probable: bool) -> tuple[dict[str, Any], int, bool]:
    """A dataset, how many samples are trained on, and whether any are held out. probable: targets are from 0 to 1."""
    kind = draw(st.sampled_from(["inline", "gate", "drawn"])) if (inputs, outputs) == (2, 1) else "inline"
    data: dict[str, Any]
    if kind == "gate":
        data, samples = {"gate": draw(st.sampled_from(["and", "or", "nand", "nor", "xor", "xnor"]))}, 4
        if draw(st.booleans()):
            both = {"inputs": "bipolar", "targets": "bipolar"}
            data["encode"] = draw(st.sampled_from([{"inputs": "bipolar"}, *([] if probable else [both])]))
    elif kind == "drawn":
        samples = draw(st.integers(3, 9))
        noise = {"noise": st.floats(0, 1)}
        options = [
            ("moons", {}, noise),
            ("circles", {}, {**noise, "factor": SHARES}),
            ("blobs", {"centers": st.integers(1, 2 if probable else 3)}, {"spread": st.floats(0, 2)}),
        ]
        name, required, optional = draw(st.sampled_from(options))
        own = draw(with_optional({"seed": st.integers(0, 2**32 - 1), **required}, optional))
        data = {name: {"samples": samples, **own}}
    else:
        samples = draw(st.integers(1, 3))
        columns = draw(st.booleans())
        sides = {"inputs": inputs, "targets": outputs}
        data = {"samples_in": "columns"} if columns else {}
        for side, width in sides.items():
            shape = (width, samples) if columns else (samples, width)
            numbers = st.floats(0, 1) if probable and side == "targets" else NUMBERS
            data[side] = [[draw(numbers) for _ in range(shape[1])] for _ in range(shape[0])]
    scales: list[dict[str, Any]] = [{"inputs": "standardise"}, {"inputs": {"divide": {"by": 255}}}]
    if not probable:
        scales += [{"targets": "min_max"}, {"targets": {"standardise": {"divisor": "samples_minus_1"}}}]
    data |= some(draw, scale=st.sampled_from(scales))
    held_out = False
    if samples > 1 and draw(st.booleans()):
        held_out = True
        part = draw(st.sampled_from([1, 0.25, samples - 1]))
        data["split"] = {"held_out": part, "seed": draw(SEEDS)}
        samples -= part if isinstance(part, int) else max(1, int(part * samples + 0.5))
    return data, samples, held_out


# Training

REDUCTIONS = st.sampled_from(["sum", "mean"])
REDUCED = with_optional({}, {"outputs": REDUCTIONS, "samples": REDUCTIONS})
LOSSES = {
    **{
        name: named(name, REDUCED) for name in ("half_squared_error", "squared_error", "absolute_error", "linear_error")
    },
    **{name: named(name, st.just({})) for name in ("mean_squared_error", "mean_absolute_error")},
    "hinge": named("hinge", with_optional({}, {"margin": st.floats(0, 9), "samples": REDUCTIONS})),
    "huber": named("huber", with_optional({}, {"threshold": FACTORS, "outputs": REDUCTIONS, "samples": REDUCTIONS})),
    "binary_cross_entropy": named("binary_cross_entropy", REDUCED),
    "cross_entropy": named("cross_entropy", with_optional({}, {"samples": REDUCTIONS})),
}
ADAPTIVE = {
    "beta1": SHARES,
    "beta2": SHARES,
    "epsilon": st.floats(0, 1),
    "epsilon_place": st.sampled_from(["outside", "inside", "uncorrected"]),
    "bias_correction": st.booleans(),
    "counts": st.just("before"),
}


def with_effect(adaptive: dict[str, Any]) -> dict[str, Any]:
    """Without what says how biases are corrected, where they are not."""
    if adaptive.get("bias_correction", True):
        return adaptive
    return {key: value for key, value in adaptive.items() if key not in ("counts", "epsilon_place")}


OPTIMIZERS = {
    "gradient_descent": named("gradient_descent", st.just({})),
    "momentum": named(
        "momentum",
        with_optional({"momentum": SHARES}, {"form": st.sampled_from(["classical", "averaged", "accumulated"])}),
    ),
    "nesterov": named(
        "nesterov", with_optional({"momentum": SHARES}, {"form": st.sampled_from(["classical", "accumulated"])})
    ),
    "adagrad": named("adagrad", with_optional({}, {"epsilon": st.floats(0, 1)})),
    "rmsprop": named(
        "rmsprop",
        with_optional(
            {}, {"decay": SHARES, "epsilon": st.floats(0, 1), "epsilon_place": st.sampled_from(["outside", "inside"])}
        ),
    ),
    "adam": with_optional({}, ADAPTIVE).map(with_effect).flatmap(lambda own: named("adam", st.just(own))),
    "adamw": with_optional({}, {**ADAPTIVE, "weight_decay": st.floats(0, 1)})
    .map(with_effect)
    .flatmap(lambda own: named("adamw", st.just(own))),
}
SLOTS = {
    "momentum": ["velocity"],
    "nesterov": ["velocity"],
    "adagrad": ["squares"],
    "rmsprop": ["squares"],
    "adam": ["mean", "squares", "count"],
    "adamw": ["mean", "squares", "count"],
}
TICKS = st.integers(1, 10**9)
SCHEDULES = st.one_of(
    named("constant", st.just({})),
    named("step", st.tuples(mappings(every=TICKS, factor=FACTORS), PERS).map(lambda both: {**both[0], **both[1]})),
    named("exponential", st.tuples(mappings(factor=FACTORS), PERS).map(lambda both: {**both[0], **both[1]})),
    named("inverse_time", st.tuples(mappings(decay=st.floats(0, 9)), PERS).map(lambda both: {**both[0], **both[1]})),
    named("cosine", st.tuples(mappings(over=TICKS, to=st.floats(0, 9)), PERS).map(lambda both: {**both[0], **both[1]})),
)
_FACTORS = st.sampled_from(["lambda", "lambda/2", "lambda/m", "lambda/2m"])


def penalties(names: Names) -> st.SearchStrategy[Any]:
    """A penalty, over the biases as well where there are any."""
    over_biases = {"biases": st.booleans()} if names.biases else {}
    terms = with_optional({"strength": st.floats(0, 9), "factor": _FACTORS}, over_biases)
    return with_optional({}, {"l1": terms, "l2": terms})


@st.composite
def batches(draw: st.DrawFn, samples: int, after_weights: str) -> Any:
    """after_weights: the generator that shuffling may go on with, or nothing."""
    seeds: st.SearchStrategy[Any] = SEEDS
    generator = draw(GENERATORS)
    if after_weights:
        seeds, generator = st.one_of(SEEDS, st.just("after_weights")), after_weights
    size = draw(st.integers(1, samples))
    shuffled = {"seed": draw(seeds), "generator": generator}
    match draw(st.sampled_from(["full", "online", "minibatches", "sampled"])):
        case "online":
            order = st.lists(st.integers(1, samples), min_size=1, max_size=4)
            return draw(st.sampled_from(["online", {"online": {"order": draw(order)}}]))
        case "minibatches":
            own = {"size": size, **(shuffled if draw(st.booleans()) else {})}
            return {"minibatches": {**own, **some(draw, last=st.sampled_from(["kept", "dropped"]))}}
        case "sampled":
            return {"sampled": {"size": size, **shuffled, **some(draw, updates=st.integers(1, 9))}}
        case _:
            return draw(st.sampled_from(["full", {"full": {}}]))


@st.composite
def stops(draw: st.DrawFn, quantities: list[str]) -> Any:
    quantity = draw(st.sampled_from(quantities))
    if draw(st.integers(0, 4)) == 0:
        limit = draw(st.sampled_from(["at_most", "below"]))
        return {"threshold": {"quantity": "largest_update", limit: draw(NUMBERS)}}
    counted = {} if quantity.startswith("held_out") else some(draw, counted=st.sampled_from(["before", "after"]))
    if draw(st.booleans()):
        limit = draw(st.sampled_from(["at_most", "below", "at_least"]))
        return {"threshold": {"quantity": quantity, limit: draw(NUMBERS), **counted}}
    return {"plateau": {"quantity": quantity, "patience": draw(TICKS), **some(draw, by=st.floats(0, 9)), **counted}}


@st.composite
def trainings(
    draw: st.DrawFn, names: Names, loss: str, samples: int, held_out: bool, after_weights: str
) -> dict[str, Any]:
    optimizer = draw(st.sampled_from(sorted(OPTIMIZERS)))
    training: dict[str, Any] = {
        "loss": draw(LOSSES[loss]),
        "optimizer": draw(OPTIMIZERS[optimizer]),
        "learning_rate": draw(st.floats(1e-300, 1e3)),
        draw(st.sampled_from(["epochs", "updates"])): draw(st.integers(0, 5)),
        **some(
            draw,
            penalty=penalties(names),
            reported_error=LOSSES["squared_error"],
            metrics=st.sampled_from([["accuracy"], [{"accuracy": {"threshold": 0}}], []]),
            schedule=SCHEDULES,
            warm_up=st.tuples(mappings(over=TICKS, start=SHARES), PERS).map(lambda both: {**both[0], **both[1]}),
            batches=batches(samples, after_weights),
            frozen=st.lists(st.sampled_from([*names.weights, *names.biases]), min_size=1, max_size=3, unique=True),
        ),
    }
    if kind_of(training.get("batches", "full")) in ("full", "online"):
        training |= some(draw, update_order=st.sampled_from(["sequential", "simultaneous"]))
    values = {"squares": st.floats(0, 1e6), "count": st.just(3)}
    slots: dict[str, Any] = {
        slot: draw(values.get(slot, NUMBERS)) for slot in SLOTS.get(optimizer, []) if draw(st.booleans())
    }
    if "count" in slots and "bias_correction" in str(training["optimizer"]):
        del slots["count"]
    if slots.get("squares") is not None and draw(st.booleans()):
        slots["squares"] = dict.fromkeys([*names.weights, *names.biases], 0.5)
    own = ["error"]
    own += ["reported_error"] if "reported_error" in training else []
    own += ["accuracy"] if training.get("metrics") else []
    watched = own + ([f"held_out.{each}" for each in own] if held_out else [])
    return {**training, **({"optimizer_state": slots} if slots else {}), **some(draw, stop=stops(watched))}


# Arithmetic

ROUNDINGS = with_optional(
    {"decimals": st.integers(0, 15)}, {"rounding": st.sampled_from(["half_up", "truncated"]), "carried": st.booleans()}
)


@st.composite
def arithmetics(draw: st.DrawFn, names: Names, decimal: bool) -> Any:
    parts: dict[str, list[str]] = {
        **{quantity: list(names.neurons) for quantity in ("net", "out", "delta")},
        "prediction": list(names.outputs),
        "weight": list(names.weights),
        "bias": list(names.biases),
        **{quantity: [*names.weights, *names.biases] for quantity in ("gradient", "update")},
    }
    numbers = ["double", {"double": {}}, *(["decimal", {"decimal": {"digits": 40}}] if decimal else [])]
    result = some(draw, numbers=st.sampled_from(numbers), error=ROUNDINGS)
    for quantity, known in parts.items():
        # A part called like a key of a rounding is taken for that key.
        possible = [name for name in known if name != "decimals"]
        by_name = st.dictionaries(st.sampled_from(possible), ROUNDINGS, min_size=1) if possible else ROUNDINGS
        if draw(st.integers(0, 2)) == 0:
            result[quantity] = draw(st.one_of(ROUNDINGS, by_name))
    return result or "exact"


# Figures

FIGURES = st.one_of(
    DIGITS,
    with_optional({"printed": DIGITS}, {"tolerance": st.floats(0, 1), "rounding": st.just("truncated")}),
    with_optional({"printed": DIGITS}, {"relative_tolerance": SHARES}),
    mappings(printed=DIGITS, erratum=TEXTS, right=DIGITS),
)


@st.composite
def figure_trees(draw: st.DrawFn, *shape: int) -> Any:
    if not shape:
        return draw(FIGURES)
    return [draw(figure_trees(*shape[1:])) for _ in range(shape[0])]


@st.composite
def expectations(
    draw: st.DrawFn, names: Names, training: dict[str, Any], samples: int, held_out: bool
) -> dict[str, Any]:
    """Figures of step or epoch 0, which is always there, or of the last."""
    when = draw(st.sampled_from(["step", "steps", "epoch", "epochs"]))
    # So many steps and epochs there are, whatever the batches.
    last = training.get("epochs", training.get("updates", 0) if when == "steps" else 0)
    many = draw(st.integers(1, min(3, last + 1)))
    listed: tuple[int, ...] = (many,) if when.endswith("s") else ()
    result: dict[str, Any] = {when: list(range(many)) if listed else draw(st.sampled_from([0, "last"]))}
    if when == "epoch":
        result |= some(draw, counted=st.just("after"))
    result |= some(
        draw,
        rounding=st.sampled_from(["half_up", "truncated"]),
        tolerance=st.floats(0, 1),
    )
    layer = draw(st.integers(0, len(names.layers) - 1))
    whole, units = names.layer_names[layer], len(names.layers[layer])
    into = names.sizes[layer]
    match draw(st.sampled_from(["measures", "sample", "samples", "matrix", "values"])):
        case "measures":
            result |= {"error": draw(figure_trees(*listed))}
            own = ["error"]
            own += ["reported_error"] if "reported_error" in training else []
            own += ["accuracy"] if training.get("metrics") else []
            result |= {name: draw(figure_trees(*listed)) for name in own if draw(st.booleans())}
            if held_out:
                result["held_out"] = {name: draw(figure_trees(*listed)) for name in own}
        case "sample":
            quantity = draw(st.sampled_from(["net", "out", "delta"]))
            neuron = draw(st.sampled_from([name for name in names.neurons if name not in names.layer_names] or [whole]))
            own_shape = (units,) if neuron == whole else ()
            result |= {"sample": draw(st.integers(1, samples))}
            result |= {quantity: {neuron: draw(figure_trees(*listed, *own_shape))}}
            outputs = len(names.outputs)
            result["prediction"] = draw(figure_trees(*listed, *((outputs,) if outputs > 1 else ())))
        case "samples":
            count = draw(st.integers(1, samples))
            result |= {"samples": list(range(1, count + 1)), "out": {whole: draw(figure_trees(*listed, count, units))}}
        case "matrix":
            orientation = draw(st.sampled_from(["in_out", "out_in"]))
            shape = (into, units) if orientation == "in_out" else (units, into)
            memory = [slot for slot in SLOTS.get(kind_of(training["optimizer"]), []) if slot != "count"]
            quantity = draw(st.sampled_from(["weight", "gradient", *memory]))
            result |= {"orientation": orientation, quantity: {whole: draw(figure_trees(*listed, *shape))}}
            if names.bias_forms[layer] != "none":
                width = 1 if names.bias_forms[layer] == "shared" else units
                result["bias"] = {whole: draw(figure_trees(*listed, width))}
        case _:
            weight = draw(st.sampled_from(list(names.weights)))
            text = draw(st.sampled_from([f"2 * weight.{weight}", f"learning_rate*gradient.{weight}" + " + 0" * 40]))
            result |= {"values": {text: draw(figure_trees(*listed))}}
    return result


@st.composite
def experiments(draw: st.DrawFn) -> dict[str, Any]:
    """A valid experiment as plain data, from anywhere in the vocabulary."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=4))
    loss = draw(st.sampled_from(sorted(LOSSES)))
    activations = tuple(ACTIVATIONS)
    probable = loss in ("binary_cross_entropy", "cross_entropy")
    last = ("sigmoid", "softmax") if probable else activations
    declared = [draw(layers(units, activations)) for units in sizes[1:-1]]
    declared.append(draw(layers(sizes[-1], last)))
    architecture: dict[str, Any] = {"inputs": sizes[0], "layers": declared}
    if draw(st.booleans()):
        naming = draw(namings(sizes, [kind_of(layer["bias"]) for layer in declared]))
        architecture |= {"naming": naming} if naming else {}
    names = Architecture.model_validate(architecture).names
    initial = draw(weights(names))
    dataset, samples, held_out = draw(datasets(sizes[0], sizes[-1], probable))
    drawn = isinstance(initial, dict) and "seed" in initial
    after_weights = initial.get("generator", "numpy") if drawn else ""
    training = draw(trainings(names, loss, samples, held_out, after_weights))
    decimal = not any(kind_of(layer["activation"]).startswith("gelu") for layer in declared)
    quantities = st.lists(st.sampled_from(["net", "error", "weight", "velocity"]), max_size=3, unique=True)
    # A strategy gives the same dictionary again: a test may change what it is given, not what the next one is given.
    return deepcopy(
        {
            "name": draw(TEXTS),
            **some(draw, title=LONG_TEXTS, source=LONG_TEXTS),
            "architecture": architecture,
            "initial_weights": initial,
            "dataset": dataset,
            "training": training,
            **some(
                draw,
                arithmetic=st.one_of(st.just("exact"), arithmetics(names, decimal)),
                trace=with_optional({}, {"quantities": quantities, "steps": st.sampled_from(["all", "epochs"])}),
                tracking=with_optional(
                    {}, {"quantities": quantities, "points": st.integers(2, 9), "series": st.integers(1, 9)}
                ),
                horizon=mappings(reason=LONG_TEXTS, step=st.integers(0, 9)),
                expect=st.lists(expectations(names, training, samples, held_out), max_size=3),
            ),
        }
    )
