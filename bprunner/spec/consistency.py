"""What no single key can know: whether the parts of an experiment fit each other.

Each check looks at the parts that are valid by themselves and says, with its path, what does not fit: both
sides are named. So a faulty learning rate does not hide a matrix of the wrong shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bprunner.spec.choices import Choice
from bprunner.spec.experiment import (
    DRAWN,
    PER_SAMPLE,
    Architecture,
    CsvDataset,
    Expectation,
    Figure,
    InitialWeights,
    InlineDataset,
)
from bprunner.spec.expressions import parse
from bprunner.spec.naming import Names, shortened
from bprunner.spec.problems import did_you_mean

Path = tuple[str | int, ...]


class Misfit(NamedTuple):
    """Something that does not fit: where, what, and the way out."""

    path: Path
    message: str
    hint: str = ""


def misfits(parts: Mapping[str, Any]) -> Iterator[Misfit]:
    """All misfits among the valid top-level parts of an experiment, by their keys."""
    architecture: Architecture | None = parts.get("architecture")
    if architecture is None:
        return
    if "initial_weights" in parts:
        yield from _initial_weights(parts["initial_weights"], architecture)
    if "dataset" in parts:
        yield from _dataset(parts["dataset"], architecture)
    training, dataset = parts.get("training"), parts.get("dataset")
    samples = len(dataset.inputs) if isinstance(dataset, InlineDataset) else None
    for number, expectation in enumerate(parts.get("expect", ())):
        epochs = training.epochs if training is not None else None
        yield from _expectation(("expect", number), expectation, architecture.names, epochs, samples)


# Initial weights


def _initial_weights(weights: InitialWeights, architecture: Architecture) -> Iterator[Misfit]:
    names, path = architecture.names, ("initial_weights",)
    known = [*names.weights, *names.biases]
    for name in weights.named:
        if name not in names.weights and name not in names.biases:
            there = f"the network has {_span(names)}"
            yield Misfit(
                (*path, name), f"no weight or bias is called `{name}`", f"{did_you_mean(name, known)} {there}".strip()
            )
    if weights.matrices is not None:
        yield from _matrices(weights, architecture)
    elif weights.orientation is not None:
        yield Misfit((*path, "orientation"), "`orientation` says how `matrices` are written, and there are none")
    if weights.matrices is not None and weights.rule is not None:
        yield Misfit((*path, weights.rule.kind), f"`matrices` and the rule `{weights.rule.kind}` both set every weight")
    if isinstance(weights.rule, Choice):
        yield from _rule((*path, weights.rule.kind), weights.rule)
    if weights.matrices is None and weights.rule is None:
        yield from _left_out(path, weights, tuple(names.weights), names, "weight")
    yield from _bias_lists(weights, architecture)
    yield from _seed(weights)


def _span(names: Names) -> str:
    weights = f"w1 to w{len(names.weights)}"
    return f"{weights} and b1 to b{len(names.biases)}" if names.biases else f"{weights}, and no biases"


def _rule(path: Path, rule: Choice) -> Iterator[Misfit]:
    if rule.kind == "uniform" and not rule.low < rule.high:  # type: ignore[attr-defined]
        yield Misfit(path, f"`low` must be less than `high`, found {rule.low:g} and {rule.high:g}")  # type: ignore[attr-defined]


def _left_out(path: Path, weights: InitialWeights, wanted: Sequence[str], names: Names, what: str) -> Iterator[Misfit]:
    missing = [name for name in wanted if name not in weights.named]
    if missing:
        first = names.describe(missing[0])
        plural = f"{what}es" if what == "bias" else f"{what}s"
        yield Misfit(
            path,
            f"{len(missing)} of {len(wanted)} {plural} {'is' if len(missing) == 1 else 'are'} left out: "
            f"{shortened(missing)} ({missing[0]} is {first})",
            "write every one, or give a rule for the rest: zeros, constant, uniform or normal",
        )


def _matrices(weights: InitialWeights, architecture: Architecture) -> Iterator[Misfit]:
    path: Path = ("initial_weights", "matrices")
    matrices = weights.matrices or ()
    if weights.orientation is None:
        yield Misfit(
            path,
            "`matrices` needs an `orientation`",
            "in_out: a row for each sending neuron; out_in: a row for each receiving one",
        )
        return
    sizes = architecture.names.sizes
    if len(matrices) != len(sizes) - 1:
        yield Misfit(path, f"{len(matrices)} matrices, but `architecture.layers` has {len(sizes) - 1} layers")
        return
    for layer, (matrix, fan_in, fan_out) in enumerate(zip(matrices, sizes, sizes[1:], strict=False)):
        rows, columns = (fan_in, fan_out) if weights.orientation == "in_out" else (fan_out, fan_in)
        size = f"layer {layer + 1} has {fan_in} inputs and {fan_out} units"
        here = f"{size}, so {weights.orientation} wants {rows} × {columns}"
        if len(matrix) != rows:
            yield Misfit((*path, layer), f"{len(matrix)} rows; {here}")
        for number, row in enumerate(matrix):
            if len(row) != columns:
                yield Misfit((*path, layer, number), f"{len(row)} numbers; {here}")


def _bias_lists(weights: InitialWeights, architecture: Architecture) -> Iterator[Misfit]:
    names, path = architecture.names, ("initial_weights", "biases")
    sizes = [layer.units for layer in architecture.layers if layer.bias != "none"]
    if weights.biases is not None and not sizes:
        yield Misfit(path, "there are biases here, but every layer of `architecture.layers` has `bias: none`")
    elif isinstance(weights.biases, tuple):
        if len(weights.biases) != len(sizes):
            yield Misfit(
                path, f"{len(weights.biases)} lists, but {len(sizes)} layers of `architecture.layers` have biases"
            )
            return
        for number, (row, size) in enumerate(zip(weights.biases, sizes, strict=True)):
            if len(row) != size:
                yield Misfit((*path, number), f"{len(row)} biases, but the layer has {size} units")
    elif isinstance(weights.biases, Choice):
        yield from _rule(path, weights.biases)
    elif sizes:
        yield from _left_out(("initial_weights",), weights, tuple(names.biases), names, "bias")


def _seed(weights: InitialWeights) -> Iterator[Misfit]:
    drawn = [rule.kind for rule in (weights.rule, weights.biases) if isinstance(rule, Choice) and rule.kind in DRAWN]
    if drawn and weights.seed is None:
        yield Misfit(
            ("initial_weights",), f"`{drawn[0]}` draws random numbers and needs a `seed`", "for example `seed: 0`"
        )
    if weights.seed is not None and not drawn:
        yield Misfit(("initial_weights", "seed"), "nothing is drawn, so `seed` has no meaning here")


# Dataset


def _dataset(dataset: InlineDataset | CsvDataset, architecture: Architecture) -> Iterator[Misfit]:
    units = architecture.layers[-1].units
    sides = (
        ("inputs", architecture.inputs, "`architecture.inputs` is"),
        ("targets", units, "the last layer's `units` is"),
    )
    if isinstance(dataset, CsvDataset):
        for side, wanted, says in sides:
            columns = getattr(dataset.csv, side)
            if len(columns) != wanted:
                yield Misfit(("dataset", "csv", side), f"{len(columns)} columns, but {says} {wanted}")
        return
    for side, wanted, says in sides:
        for number, row in enumerate(getattr(dataset, side)):
            if len(row) != wanted:
                yield Misfit(("dataset", side, number), f"{len(row)} numbers, but {says} {wanted}")
    if len(dataset.inputs) != len(dataset.targets):
        yield Misfit(
            ("dataset", "targets"), f"{len(dataset.targets)} targets for {len(dataset.inputs)} samples in `inputs`"
        )


# Expected figures


def _expectation(
    path: Path, expectation: Expectation, names: Names, epochs: int | None, samples: int | None
) -> Iterator[Misfit]:
    yield from _steps(path, expectation, epochs)
    if samples is not None and expectation.sample is not None and expectation.sample > samples:
        yield Misfit((*path, "sample"), f"sample {expectation.sample}, but the dataset has {samples}")
    if expectation.bias and not names.biases:
        yield Misfit((*path, "bias"), "the network has no biases")
    wants_sample = samples is not None and samples > 1 and expectation.sample is None
    for place, name, figures in expectation.declared():
        here = (*path, *place)
        used, misfit = _names_used(here, place, name, names)
        if misfit is not None:
            yield misfit
        elif wants_sample and any(is_per_sample(each) for each in used):
            yield Misfit(here, f"the dataset has {samples} samples: whose figure is this?", "add `sample:`, from 1")
        yield from _listed(here, figures, expectation)


def is_per_sample(name: str) -> bool:
    """Whether each sample has a value of its own under this name."""
    return name.split(".", 1)[0] in PER_SAMPLE | {"input", "target"}


def _steps(path: Path, expectation: Expectation, epochs: int | None) -> Iterator[Misfit]:
    if (expectation.step is None) == (expectation.steps is None):
        yield Misfit(
            path, "needs either `step` or `steps`", "`step: 0` is before any update, `step: 1` after the first"
        )
    key = "step" if expectation.steps is None else "steps"
    beyond = [step for step in expectation.numbers() if epochs is not None and step > epochs]
    if beyond:
        yield Misfit((*path, key), f"step {beyond[0]} is beyond the last one: `training.epochs` is {epochs}")


def _names_used(here: Path, place: Sequence[str], name: str, names: Names) -> tuple[tuple[str, ...], Misfit | None]:
    if place[0] == "values":
        try:
            used = parse(name).names
        except ValueError as error:
            return (), Misfit(here, f"`{name}` {error}")
    else:
        used = (name if "." in name or name == "error" else f"{name}.{names.outputs[0]}",)
        if name == "prediction" and len(names.outputs) > 1:
            return (), Misfit(here, f"there are {len(names.outputs)} outputs", f"name them: {shortened(names.outputs)}")
    known = known_names(names)
    unknown = [each for each in used if each not in known]
    if not unknown:
        return used, None
    return (), Misfit(here, f"there is no `{unknown[0]}`", _hint_for(unknown[0], known))


def _hint_for(name: str, known: Mapping[str, None]) -> str:
    quantity, _, part = name.partition(".")
    same = [each for each in known if each.startswith(f"{quantity}.")]
    if not same:
        return did_you_mean(name, known)
    return (
        did_you_mean(f"{quantity}.{part}", same)
        if len(same) > 8
        else f"there is {shortened([f'`{each}`' for each in same], 8)}"
    )


def known_names(names: Names) -> dict[str, None]:
    """Every name that an expression may use."""
    parts = [
        *(f"{quantity}.{neuron}" for quantity in ("net", "out", "delta") for neuron in names.neurons),
        *(f"prediction.{output}" for output in names.outputs),
        *(f"{quantity}.{name}" for quantity in ("gradient", "update") for name in (*names.weights, *names.biases)),
        *(f"weight.{name}" for name in names.weights),
        *(f"bias.{name}" for name in names.biases),
        *(f"input.{name}" for name in names.inputs),
        *(f"target.{name}" for name in names.outputs),
        "error",
        "learning_rate",
    ]
    return dict.fromkeys(parts)


def _listed(here: Path, figures: Figure | tuple[Figure, ...], expectation: Expectation) -> Iterator[Misfit]:
    if isinstance(figures, tuple):
        if expectation.steps is None:
            yield Misfit(here, "a list of figures goes with `steps`, one figure for each")
        elif len(figures) != len(expectation.steps):
            yield Misfit(here, f"{len(figures)} figures for {len(expectation.steps)} steps")
    elif expectation.steps is not None:
        yield Misfit(here, f"needs a list of {len(expectation.steps)} figures, one for each of `steps`")
    for number, figure in enumerate(figures if isinstance(figures, tuple) else (figures,)):
        place = (*here, number) if isinstance(figures, tuple) else here
        if figure.right is not None and figure.erratum is None:
            yield Misfit((*place, "right"), "`right` goes with `erratum`, which says what is wrong in print")
        if figure.erratum is not None and figure.right is None:
            yield Misfit((*place, "erratum"), "an erratum needs `right`: the right number")
