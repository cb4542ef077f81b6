"""What no single key can know: whether the parts of an experiment fit each other.

Each check looks at the parts that are valid by themselves and says, with its path, what does not fit: both
sides are named. So a faulty learning rate does not hide a matrix of the wrong shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, TypeGuard

from bprunner.spec.choices import Choice
from bprunner.spec.experiment import (
    DRAWN,
    PER_SAMPLE,
    Architecture,
    CsvDataset,
    Expectation,
    Experiment,
    Figure,
    InitialWeights,
    InlineDataset,
)
from bprunner.spec.expressions import parse
from bprunner.spec.naming import Names, counted, shortened
from bprunner.spec.problems import cut, did_you_mean, nearest

Path = tuple[str | int, ...]


class Misfit(NamedTuple):
    """Something that does not fit: where, what, and the way out."""

    path: Path
    message: str
    hint: str = ""
    # Whether it is the key that is wrong, and not what it holds.
    at_key: bool = False


def misfits(parts: Mapping[str, Any]) -> Iterator[Misfit]:
    """All misfits among the valid top-level parts of an experiment, by their keys.

    Of the expected figures, an entry that is not valid by itself is None.
    """
    architecture: Architecture | None = parts.get("architecture")
    if architecture is None:
        return
    too_large = list(_size(architecture))
    if too_large:
        # Nothing below is looked at: only naming so many weights would take all memory.
        yield from too_large
        return
    if "initial_weights" in parts:
        yield from _initial_weights(parts["initial_weights"], architecture)
    if "dataset" in parts:
        yield from _dataset(parts["dataset"], architecture)
    training, dataset = parts.get("training"), parts.get("dataset")
    epochs = training.epochs if training is not None else None
    samples = None
    if isinstance(dataset, InlineDataset):
        samples = len(dataset.inputs)
        yield from _too_many(architecture, samples, ("dataset", "inputs"))
    for number, expectation in enumerate(parts.get("expect", ())):
        if expectation is not None:
            yield from _expectation(("expect", number), expectation, architecture.names, epochs)
            if samples is not None:
                yield from _sample(("expect", number), expectation, architecture.names, samples)


def sample_misfits(experiment: Experiment, samples: int) -> Iterator[Misfit]:
    """What can be known of a dataset in a file only when it has been read: whether it has these samples."""
    architecture = experiment.architecture
    yield from _too_many(architecture, samples, ("dataset", "csv", "file"))
    for number, expectation in enumerate(experiment.expect):
        yield from _sample(("expect", number), expectation, architecture.names, samples)


# Size

LARGEST_NETWORK = 200_000
"""The most weights and biases: the trace names each of them and keeps it at every step."""

LARGEST_STEP = 4_000_000
"""The most numbers that one step may record."""


def _size(architecture: Architecture) -> Iterator[Misfit]:
    """Whether the network is small enough to be recorded whole. Counts before anything is named or made."""
    sizes = (architecture.inputs, *(layer.units for layer in architecture.layers))
    weights = sum(fan_in * fan_out for fan_in, fan_out in pairwise(sizes))
    biases = sum(layer.units for layer in architecture.layers if layer.bias != "none")
    if weights + biases > LARGEST_NETWORK:
        shape = shortened([f"{size:,}" for size in sizes], 8).replace(", ", " → ")
        yield Misfit(
            ("architecture",),
            f"{shape} has {weights + biases:,} weights and biases; at most {LARGEST_NETWORK:,} are possible",
            "each of them is recorded at every step",
        )


def most_samples(architecture: Architecture) -> int:
    """How many samples the network may have, each neuron having a net input, an output and a delta for each."""
    return LARGEST_STEP // (3 * sum(layer.units for layer in architecture.layers))


def _too_many(architecture: Architecture, samples: int, path: Path) -> Iterator[Misfit]:
    most = most_samples(architecture)
    if samples > most:
        yield Misfit(
            path,
            f"{samples:,} samples are too many for this network; at most {most:,} are possible",
            "what every neuron makes of each of them is recorded at every step",
        )


# Initial weights


def _initial_weights(weights: InitialWeights, architecture: Architecture) -> Iterator[Misfit]:
    names, path = architecture.names, ("initial_weights",)
    known = [*names.weights, *names.biases]
    own = ("seed", "matrices", "orientation", "biases")
    for name in weights.named:
        if name not in names.weights and name not in names.biases:
            near = nearest(name, own) or (nearest(name, known) if len(known) <= MOST_COMPARED else "")
            hint = f"did you mean `{near}`? " if near and near[0] == name[0].lower() else ""
            there = f"the network has {_span(names)}"
            yield Misfit((*path, name), f"no weight or bias is called `{cut(name)}`", hint + there, at_key=True)
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


MOST_COMPARED = 500
"""Of more names, none is looked for that may have been meant: comparing takes time."""


def _span(names: Names) -> str:
    weights = f"w1 to w{len(names.weights)}" if len(names.weights) > 1 else "w1"
    biases = f"b1 to b{len(names.biases)}" if len(names.biases) > 1 else "b1"
    return f"{weights} and {biases}" if names.biases else f"{weights}, and no biases"


def _rule(path: Path, rule: Choice) -> Iterator[Misfit]:
    if rule.kind == "uniform" and not rule.low < rule.high:  # type: ignore[attr-defined]
        yield Misfit(path, f"`low` must be less than `high`, found {rule.low:g} and {rule.high:g}")  # type: ignore[attr-defined]


def _left_out(path: Path, weights: InitialWeights, wanted: Sequence[str], names: Names, what: str) -> Iterator[Misfit]:
    missing = [name for name in wanted if name not in weights.named]
    if missing:
        first = names.describe(missing[0])
        of = counted(len(wanted), what, "biases" if what == "bias" else "weights")
        yield Misfit(
            path,
            f"{len(missing):,} of {of} {'is' if len(missing) == 1 else 'are'} left out: "
            f"{shortened(missing)} ({missing[0]} is {first})",
            "write every one, or give a rule for the rest: zeros, constant, uniform or normal"
            if what == "weight"
            else "write every one, or give `biases`, for example `biases: zeros`",
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
        found = counted(len(matrices), "matrix", "matrices")
        yield Misfit(path, f"{found}, but `architecture.layers` has {counted(len(sizes) - 1, 'layer')}")
        return
    for layer, (matrix, fan_in, fan_out) in enumerate(zip(matrices, sizes, sizes[1:], strict=False)):
        rows, columns = (fan_in, fan_out) if weights.orientation == "in_out" else (fan_out, fan_in)
        size = f"layer {layer + 1} has {counted(fan_in, 'input')} and {counted(fan_out, 'unit')}"
        here = f"{size}, so `{weights.orientation}` wants {rows} × {columns}"
        if len(matrix) == columns and all(len(row) == rows for row in matrix) and rows != columns:
            other = "out_in" if weights.orientation == "in_out" else "in_out"
            found = f"{columns} × {rows} numbers"
            yield Misfit((*path, layer), f"{found}; {here}", f"this is how `orientation: {other}` writes it")
            continue
        if len(matrix) != rows:
            yield Misfit((*path, layer), f"{counted(len(matrix), 'row')}; {here}")
        for number, row in enumerate(matrix):
            if len(row) != columns:
                yield Misfit((*path, layer, number), f"{counted(len(row), 'number')}; {here}")


def _bias_lists(weights: InitialWeights, architecture: Architecture) -> Iterator[Misfit]:
    names, path = architecture.names, ("initial_weights", "biases")
    sizes = [layer.units for layer in architecture.layers if layer.bias != "none"]
    if weights.biases is not None and not sizes:
        yield Misfit(path, "there are biases here, but every layer of `architecture.layers` has `bias: none`")
    elif isinstance(weights.biases, tuple):
        if len(weights.biases) != len(sizes):
            yield Misfit(
                path,
                f"{counted(len(weights.biases), 'list')} of biases, but of `architecture.layers` "
                f"{counted(len(sizes), 'layer has', 'layers have')} them",
            )
            return
        for number, (row, size) in enumerate(zip(weights.biases, sizes, strict=True)):
            if len(row) != size:
                yield Misfit(
                    (*path, number), f"{counted(len(row), 'bias', 'biases')}, but the layer has {counted(size, 'unit')}"
                )
    elif isinstance(weights.biases, Choice):
        yield from _rule(path, weights.biases)
    elif sizes:
        yield from _left_out(("initial_weights",), weights, tuple(names.biases), names, "bias")


def _draws(rule: object) -> TypeGuard[Choice]:
    return isinstance(rule, Choice) and rule.kind in DRAWN


def _seed(weights: InitialWeights) -> Iterator[Misfit]:
    rules = {"": weights.rule, "biases": weights.biases}
    drawn = {key or rule.kind: rule.kind for key, rule in rules.items() if _draws(rule)}
    if drawn and weights.seed is None:
        key, kind = next(iter(drawn.items()))
        message = f"`{kind}` draws random numbers and needs a `seed`"
        yield Misfit(("initial_weights", key), message, "for example `seed: 0`", at_key=True)
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
                found = counted(len(columns), "column")
                yield Misfit(("dataset", "csv", side), f"{found}, but {says} {wanted}")
        return
    for side, wanted, says in sides:
        for number, row in enumerate(getattr(dataset, side)):
            if len(row) != wanted:
                yield Misfit(("dataset", side, number), f"{counted(len(row), 'number')}, but {says} {wanted}")
    if len(dataset.inputs) != len(dataset.targets):
        yield Misfit(
            ("dataset", "targets"),
            f"{counted(len(dataset.targets), 'row')}, but `inputs` has {counted(len(dataset.inputs), 'sample')}",
        )


# Expected figures


def _expectation(path: Path, expectation: Expectation, names: Names, epochs: int | None) -> Iterator[Misfit]:
    yield from _steps(path, expectation, epochs)
    figures_there = False
    known = known_names(names)
    for place, name, figures in expectation.declared():
        figures_there = True
        here = (*path, *place)
        _, misfit = _names_used(here, place, name, names, known)
        if misfit is not None:
            yield misfit
        yield from _listed(here, figures, expectation)
        if place[0] == "update" and epochs is not None and epochs in expectation.numbers():
            yield Misfit(here, f"step {epochs:,} is the last one, and no update follows it", at_key=True)
    if not figures_there:
        yield Misfit(path, "no figure is expected here", "for example `error: 0.087`, or `out: {h1: 0.8}`")


def _sample(path: Path, expectation: Expectation, names: Names, samples: int) -> Iterator[Misfit]:
    """Whether the sample that is meant is there, and named where there are several."""
    if expectation.sample is not None and expectation.sample > samples:
        has = f"the dataset has {counted(samples, 'sample')}"
        yield Misfit((*path, "sample"), f"there is no sample {expectation.sample:,}: {has}")
    if samples == 1 or expectation.sample is not None:
        return
    known = known_names(names)
    for place, name, _ in expectation.declared():
        used, _ = _names_used((*path, *place), place, name, names, known)
        if any(is_per_sample(each) for each in used):
            message = f"the dataset has {samples:,} samples: whose figure is this?"
            yield Misfit((*path, *place), message, "add `sample:`, counted from 1", at_key=True)


def is_per_sample(name: str) -> bool:
    """Whether each sample has a value of its own under this name."""
    return name.split(".", 1)[0] in PER_SAMPLE | {"input", "target"}


def _steps(path: Path, expectation: Expectation, epochs: int | None) -> Iterator[Misfit]:
    if expectation.step is None and expectation.steps is None:
        hint = "`step: 0` is before any update, `step: 1` after the first"
        yield Misfit(path, "`step` is missing, or `steps` for lists of figures", hint)
    if expectation.step is not None and expectation.steps is not None:
        yield Misfit((*path, "steps"), "`step` and `steps` stand here together; one of them says it", at_key=True)
    key = "step" if expectation.steps is None else "steps"
    beyond = [step for step in expectation.numbers() if epochs is not None and step > epochs]
    if beyond:
        yield Misfit((*path, key), f"step {beyond[0]:,} is beyond the last one: `training.epochs` is {epochs:,}")


def _names_used(
    here: Path, place: Sequence[str], name: str, names: Names, known: Mapping[str, None]
) -> tuple[tuple[str, ...], Misfit | None]:
    """The quantities that a figure is one of, or what is wrong with their names."""
    if place[0] == "values":
        try:
            used = parse(name).names
        except ValueError as error:
            return (), Misfit(here, f"`{cut(name)}` {error}", _arithmetic_hint(name), at_key=True)
    else:
        used = (name if "." in name or name == "error" else f"{name}.{names.outputs[0]}",)
        if name == "prediction" and len(names.outputs) > 1:
            hint = f"name them: {{{names.outputs[0]}: …}}, with {shortened(names.outputs)}"
            return (), Misfit(here, f"there are {len(names.outputs)} outputs", hint)
    unknown = [each for each in used if each not in known]
    if not unknown:
        return used, None
    if place[0] in ("bias", "weight") and not any(each.startswith(f"{place[0]}.") for each in known):
        return (), Misfit(here, "the network has no biases", at_key=True)
    return (), Misfit(here, f"there is no `{cut(unknown[0])}`", _hint_for(unknown[0], known), at_key=True)


def _arithmetic_hint(text: str) -> str:
    """The way out where a sign of mathematics is none of arithmetic's in a text file."""
    signs = {"×": "*", "·": "*", "⋅": "*", "−": "-", "÷": "/", "^": "**"}
    return next((f"write {sign} for {found}" for found, sign in signs.items() if found in text), "")


def _hint_for(name: str, known: Mapping[str, None]) -> str:
    quantity, _, part = name.partition(".")
    same = [each for each in known if each.startswith(f"{quantity}.")]
    if not same:
        of_it = [each for each in known if not part and each.endswith(f".{name}")]
        if of_it:
            return f"possible here: {shortened([f'`{each}`' for each in of_it], 8)}"
        quantities = dict.fromkeys(each.partition(".")[0] for each in known)
        near = nearest(quantity, quantities)
        return f"did you mean `{near}.{part}`?" if near and part else did_you_mean(name, quantities)
    if len(same) <= 8:
        return f"possible here: {shortened([f'`{each}`' for each in same], 8)}"
    near = nearest(name, same) if len(same) <= MOST_COMPARED else ""
    return f"did you mean `{near}`?" if near else f"there are `{same[0]}` to `{same[-1]}`"


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
            steps = counted(len(expectation.steps), "step")
            yield Misfit(here, f"{counted(len(figures), 'figure')}, but `steps` has {steps}")
    elif expectation.steps is not None and expectation.step is None:
        wanted = counted(len(expectation.steps), "figure")
        yield Misfit(here, f"needs a list of {wanted}, one for each of `steps`")
    for number, figure in enumerate(figures if isinstance(figures, tuple) else (figures,)):
        place = (*here, number) if isinstance(figures, tuple) else here
        if figure.right is not None and figure.erratum is None:
            yield Misfit((*place, "right"), "`right` goes with `erratum`, which says what is wrong in print")
        if figure.erratum is not None and figure.right is None:
            yield Misfit((*place, "erratum"), "an erratum needs `right`: the right number")
