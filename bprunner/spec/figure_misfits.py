"""Whether expected figures fit the network and its training: their names, steps, samples and lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from bprunner.spec.addressing import Addressed, addressed
from bprunner.spec.arithmetic import MEMORY, PER_SAMPLE
from bprunner.spec.expectations import MEASURES, Expectation
from bprunner.spec.expressions import parse
from bprunner.spec.misfit import Misfit, Path
from bprunner.spec.naming import Names, counted, shortened
from bprunner.spec.problems import cut, did_you_mean, nearest
from bprunner.spec.training import Training
from bprunner.spec.training_misfits import SLOTS
from bprunner.spec.weights_misfits import MOST_COMPARED

_OF_PARAMETERS = ("gradient", "update", *MEMORY)
"""The quantities that weights and biases both have, under their names."""

HELD_OUT = tuple(f"held_out.{measure}" for measure in MEASURES)


def figure_misfits(
    path: Path, expectation: Expectation, names: Names, training: Training | None, held_out: bool | None
) -> Iterator[Misfit]:
    """What can be known without the samples. held_out: whether there are any; None where that is not known."""
    yield from _addresses(path, expectation, training)
    known = known_names(names)
    # A name that is wrong is told once, not for each of a list's figures.
    faulty = set()
    there = False
    for place, name, tree in expectation.declared():
        there = True
        misfit = _name_misfit((*path, *place), place, name, names, known, tree)
        misfit = misfit or _undeclared((*path, *place), place, name, training, held_out)
        if misfit is not None:
            faulty.add(place)
            yield misfit
    for each in addressed(expectation, names):
        if isinstance(each, Misfit) and each.path[: _width(each.path)] not in faulty:
            yield each._replace(path=(*path, *each.path))
        elif isinstance(each, Addressed):
            yield from _right(path, each)
    yield from _needless(path, expectation, names)
    if not there:
        yield Misfit(path, "no figure is expected here", "for example `error: 0.087`, or `out: {h1: 0.8}`")


def _needless(path: Path, expectation: Expectation, names: Names) -> Iterator[Misfit]:
    """What is said of samples and of matrices, where a figure is of neither."""
    if expectation.samples is not None and expectation.sample is None:
        known = known_names(names)
        for place, name, _ in expectation.declared():
            used = _names_in(place, name, known)
            if used and not any(is_per_sample(each) for each in used):
                message = f"`{cut(name)}` is one number of all samples, and `samples` asks for one of each"
                yield Misfit((*path, *place), message, "give it an expectation of its own", at_key=True)
    if expectation.orientation is not None and not any(_may_be_matrix(tree) for _, _, tree in expectation.declared()):
        message = "`orientation` says how matrices of figures are written, and there are none here"
        yield Misfit((*path, "orientation"), message, at_key=True)


def _may_be_matrix(tree: Any) -> bool:
    return isinstance(tree, tuple) and any(isinstance(each, tuple) for each in tree)


def _width(path: Path) -> int:
    """How many parts of a figure's path are its name."""
    return len([part for part in path if isinstance(part, str)])


def _right(path: Path, each: Addressed) -> Iterator[Misfit]:
    """An erratum and what is right belong together."""
    if each.figure.right is not None and each.figure.erratum is None:
        yield Misfit((*path, *each.path, "right"), "`right` goes with `erratum`, which says what is wrong in print")
    if each.figure.erratum is not None and each.figure.right is None:
        yield Misfit((*path, *each.path, "erratum"), "an erratum needs `right`: the right number")
    if each.figure.tolerance is not None and each.figure.relative_tolerance is not None:
        message = "`tolerance` and `relative_tolerance` stand here together; one of them says what agrees"
        yield Misfit((*path, *each.path, "relative_tolerance"), message, at_key=True)


# Steps and epochs


def _addresses(path: Path, expectation: Expectation, training: Training | None) -> Iterator[Misfit]:
    given = [key for key in ("step", "steps", "epoch", "epochs") if getattr(expectation, key) is not None]
    if not given:
        hint = "`step: 0` is before any update, `step: 1` after the first; or `epoch`"
        yield Misfit(path, "`step` is missing, or `steps` for lists of figures", hint)
    if len(given) > 1:
        message = f"`{given[0]}` and `{given[1]}` stand here together; one of them says it"
        yield Misfit((*path, given[1]), message, at_key=True)
    for key in ("steps", "epochs", "samples"):
        listed = getattr(expectation, key) or ()
        for position, number in enumerate(listed):
            if number in listed[:position]:
                yield Misfit((*path, key, position), f"{key.removesuffix('s')} {number:,} is listed already")
    if expectation.sample is not None and expectation.samples is not None:
        message = "`sample` and `samples` stand here together; one of them says it"
        yield Misfit((*path, "samples"), message, at_key=True)
    if expectation.tolerance is not None and expectation.relative_tolerance is not None:
        message = "`tolerance` and `relative_tolerance` stand here together; one of them says what agrees"
        yield Misfit((*path, "relative_tolerance"), message, at_key=True)
    yield from _counting(path, expectation, given)
    if training is None or len(given) != 1:
        return
    unit = given[0].removesuffix("s")
    length = training.epochs if unit == "epoch" else training.updates
    if unit == "step" and training.full_batch and length is None:
        length = training.epochs
    if unit == "epoch" and training.full_batch and length is None:
        length = training.updates
    if length is not None:
        key = "training.epochs" if training.epochs is not None else "training.updates"
        yield from beyond(path, expectation, unit, length, f"`{key}` is {length:,}")


def _counting(path: Path, expectation: Expectation, given: list[str]) -> Iterator[Misfit]:
    if expectation.counted is None:
        return
    if given and not given[0].startswith("epoch"):
        message = f"`counted` goes with `epoch`, and `{given[0]}` stands here"
        yield Misfit((*path, "counted"), message, "the figures of a step are counted before its update")
        return
    if expectation.counted == "after":
        return
    for place, name, _ in expectation.declared():
        if name not in MEASURES:
            measures = ", ".join(f"`{measure}`" for measure in MEASURES)
            message = f"`counted: before` goes with {measures}; `{cut(name)}` has one value at the end of an epoch"
            yield Misfit((*path, *place), message, "give it an expectation of its own", at_key=True)
    if 0 in expectation.addresses[1]:
        yield Misfit((*path, given[0] if given else "epoch"), "nothing is counted before epoch 0; the first epoch is 1")


def beyond(
    path: Path, expectation: Expectation, unit: str, length: int, says: str, follows: bool = False
) -> Iterator[Misfit]:
    """Steps or epochs after the last one, and updates that no longer follow. follows: whether some do even so."""
    key, when, _ = expectation.addresses
    if key.removesuffix("s") != unit:
        return
    numbers = [each for each in when if isinstance(each, int)]
    late = [number for number in numbers if number > length]
    if late:
        yield Misfit((*path, key), f"{unit} {late[0]:,} is beyond the last one: {says}")
    if follows:
        return
    if length in numbers or "last" in when:
        for place, name, _ in expectation.declared():
            if any(each.startswith("update.") for each in _used(place, name)):
                which = f"{unit} {length:,}" if length in numbers else f"`{unit}: last`"
                message = f"{which} is the last one, and no update follows it"
                yield Misfit((*path, *place), message, at_key=True)


# Samples


def sample_misfits(
    path: Path, expectation: Expectation, names: Names, samples: int, training: Training
) -> Iterator[Misfit]:
    """Whether the samples that are meant are there, and named where there are several."""
    has = f"the dataset has {counted(samples, 'sample')}"
    if expectation.sample is not None and expectation.sample > samples:
        yield Misfit((*path, "sample"), f"there is no sample {expectation.sample:,}: {has}")
    wanted: tuple[int, ...] = expectation.samples or ()
    late = [sample for sample in wanted if sample > samples]
    if late:
        yield Misfit((*path, "samples"), f"there is no sample {late[0]:,}: {has}")
    if not training.full_batch:
        yield from _end(path, expectation, training, samples)
    by_step = expectation.addresses[0].startswith("step")
    one_a_step = training.batches.kind == "online" and by_step
    if samples == 1 or one_a_step or expectation.sample is not None or expectation.samples is not None:
        return
    known = known_names(names)
    for place, name, _ in expectation.declared():
        if any(is_per_sample(each) for each in _names_in(place, name, known)):
            message = f"the dataset has {samples:,} samples: whose figure is this?"
            yield Misfit((*path, *place), message, "add `sample:`, counted from 1", at_key=True)


def _end(path: Path, expectation: Expectation, training: Training, samples: int) -> Iterator[Misfit]:
    """What is beyond the end of training in batches; what is counted as `training` counts is told already."""
    an_epoch = training.updates_per_epoch(samples)
    has = f"an epoch has {counted(an_epoch, 'update')}"
    if training.updates is None:
        says = f"`training.epochs` is {training.epochs or 0:,}, and {has}"
        yield from beyond(path, expectation, "step", training.most_updates(samples), says)
    else:
        epochs, rest = divmod(training.updates, an_epoch)
        says = f"`training.updates` is {training.updates:,}, and {has}"
        yield from beyond(path, expectation, "epoch", epochs, says, follows=rest > 0)


def is_per_sample(name: str) -> bool:
    """Whether each sample has a value of its own under this name."""
    return name.split(".", 1)[0] in PER_SAMPLE | {"input", "target"}


# Names


def _names_in(place: Path, name: str, known: Mapping[str, None]) -> tuple[str, ...]:
    """The quantities that a figure is one of; none where the name is wrong."""
    if place[0] != "values":
        return (name,)
    return tuple(each for each in _used(place, name) if each in known)


def _name_misfit(
    here: Path, place: Path, name: str, names: Names, known: Mapping[str, None], tree: Any
) -> Misfit | None:
    if place[0] == "values":
        try:
            used = parse(name).names
        except ValueError as error:
            return Misfit(here, f"`{cut(name)}` {error}", _arithmetic_hint(name), at_key=True)
    else:
        used = (name if name != "prediction" else f"prediction.{names.outputs[0]}",)
        quantity, _, part = name.partition(".")
        if part in names.layer_names and quantity in ("net", "out", "delta", *_OF_PARAMETERS, "weight", "bias"):
            return None  # a whole layer, or something that is called like one: addressing tells what does not fit
        if name == "prediction" and len(names.outputs) > 1 and not isinstance(tree, tuple):
            hint = f"a list of them, or by name: {{{names.outputs[0]}: …}}, with {shortened(names.outputs)}"
            return Misfit(here, f"there are {len(names.outputs)} outputs", hint)
    unknown = [each for each in used if each not in known]
    if not unknown:
        return None
    if place[0] in ("bias", "weight") and not any(each.startswith(f"{place[0]}.") for each in known):
        return Misfit(here, "the network has no biases", at_key=True)
    return Misfit(here, f"there is no `{cut(unknown[0])}`", _hint_for(unknown[0], known), at_key=True)


def _undeclared(here: Path, place: Path, name: str, training: Training | None, held_out: bool | None) -> Misfit | None:
    """Figures of what nobody counts."""
    for each in _used(place, name):
        measure = each.removeprefix("held_out.")
        if each in HELD_OUT and held_out is False:
            message = f"`{each}` is expected, and `dataset` has no held-out part"
            return Misfit(here, message, "add `split: {held_out: 0.2, seed: 0}` to the dataset", at_key=True)
        if training is None:
            continue
        quantity = each.partition(".")[0]
        if quantity in MEMORY and quantity not in SLOTS[training.optimizer.kind]:
            remembers = shortened([f"`{slot}`" for slot in SLOTS[training.optimizer.kind] if slot != "count"])
            message = f"`{training.optimizer.kind}` has no `{quantity}`; it remembers {remembers or 'nothing'}"
            return Misfit(here, message, at_key=True)
        if measure == "reported_error" and training.reported_error is None:
            message = f"`{each}` is expected, and `training` declares no `reported_error`"
            return Misfit(here, message, "for example `reported_error: squared_error`", at_key=True)
        if measure == "accuracy" and not any(metric.kind == "accuracy" for metric in training.metrics):
            message = f"`{each}` is expected, and `training.metrics` has no `accuracy`"
            return Misfit(here, message, "add `metrics: [accuracy]`", at_key=True)
    return None


def _used(place: Path, name: str) -> tuple[str, ...]:
    """The names that a figure is one of; none where an expression cannot be read."""
    if place[0] != "values":
        return (name,)
    try:
        return parse(name).names
    except ValueError:
        return ()


def _arithmetic_hint(text: str) -> str:
    """The way out where a sign of mathematics is none of arithmetic's in a text file."""
    signs = {"×": "*", "·": "*", "⋅": "*", "−": "-", "÷": "/", "^": "**"}
    return next((f"write {sign} for {found}" for found, sign in signs.items() if found in text), "")


def _hint_for(name: str, known: Mapping[str, None]) -> str:
    quantity, _, part = name.partition(".")
    same = [each for each in known if each.startswith(f"{quantity}.")]
    if not same:
        of_it = sorted((each for each in known if not part and each.endswith(f".{name}")), key=_meant_first)
        if of_it:
            return f"possible here: {shortened([f'`{each}`' for each in of_it], 8)}"
        quantities = dict.fromkeys(each.partition(".")[0] for each in known)
        near = nearest(quantity, quantities)
        return f"did you mean `{near}.{part}`?" if near and part else did_you_mean(name, quantities)
    if len(same) <= 8:
        return f"possible here: {shortened([f'`{each}`' for each in same], 8)}"
    near = nearest(name, same) if len(same) <= MOST_COMPARED else ""
    return f"did you mean `{near}`?" if near else f"there are `{same[0]}` to `{same[-1]}`"


def _meant_first(name: str) -> bool:
    """Who writes `w1 * i1` means the weight and the input, and not what became of them."""
    return name.partition(".")[0] not in ("weight", "bias", "input", "out", "prediction")


@cache
def known_names(names: Names) -> dict[str, None]:
    """Every name that an expression may use."""
    parts = [
        *(f"{quantity}.{neuron}" for quantity in ("net", "out", "delta") for neuron in names.neurons),
        *(f"prediction.{output}" for output in names.outputs),
        *(f"{quantity}.{name}" for quantity in _OF_PARAMETERS for name in (*names.weights, *names.biases)),
        *(f"weight.{name}" for name in names.weights),
        *(f"bias.{name}" for name in names.biases),
        *(f"input.{name}" for name in names.inputs),
        *(f"target.{name}" for name in names.outputs),
        *MEASURES,
        *HELD_OUT,
        "learning_rate",
        "step",
        "epoch",
    ]
    return dict.fromkeys(parts)
