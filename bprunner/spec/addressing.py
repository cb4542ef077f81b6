"""An address says of what a printed number is a figure: which quantity, at which step or epoch, of which sample.

Figures stand in lists over steps, over samples, over a layer's neurons, or in matrices; here each of them gets
its address, and lists that do not fit what they are lists over are told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bprunner.spec.arithmetic import MEMORY
from bprunner.spec.expectations import Expectation, Figure
from bprunner.spec.misfit import Misfit, Path
from bprunner.spec.naming import BiasPlace, Names, WeightPlace, counted

NameTree = Any
"""The names of what a figure, a vector or a matrix of figures stands for: a name, or a list of name trees."""


@dataclass(frozen=True)
class Address:
    """`name` is a quantity with its part (`out.h1`), or an expression. Either `step` or `epoch` is there; `counted`
    goes with an epoch, `sample` (from 1) where one is named."""

    name: str
    step: int | str | None = None
    epoch: int | str | None = None
    counted: str = "after"
    sample: int | None = None

    def __str__(self) -> str:
        """`prediction.o1 at step 1, sample 2`."""
        if self.epoch is not None:
            which = "the last epoch" if self.epoch == "last" else f"epoch {self.epoch}"
            when = f"during {which}" if self.counted == "before" else f"after {which}"
            text = f"{self.name} {when}"
        else:
            text = f"{self.name} at {'the last step' if self.step == 'last' else f'step {self.step}'}"
        return text if self.sample is None else f"{text}, sample {self.sample}"


@dataclass(frozen=True)
class Addressed:
    """One figure with its address, and its path in its expectation."""

    path: Path
    address: Address
    figure: Figure


@dataclass(frozen=True)
class _Level:
    """What one level of lists is over: the key that says so, and what each item adds to the address."""

    key: str
    items: tuple[Mapping[str, Any], ...]
    word: str


def addressed(expectation: Expectation, names: Names) -> Iterator[Addressed | Misfit]:
    """Every figure of an expectation with its address, and whatever list does not fit."""
    key, when, listed = expectation.addresses
    field = key.removesuffix("s")
    counted = expectation.counted or "after"
    base = Address("", counted=counted, sample=expectation.sample)
    levels: list[_Level] = []
    if listed:
        levels.append(_Level(key, tuple({field: each} for each in when), field))
    else:
        base = _at(base, {field: when[0]})
    if expectation.samples is not None and expectation.sample is None:
        levels.append(_Level("samples", tuple({"sample": each} for each in expectation.samples), "sample"))
    for path, name, tree in expectation.declared():
        yield from _leaves(tree, path, levels, replace(base, name=name), expectation, names)


def _at(address: Address, more: Mapping[str, Any]) -> Address:
    return replace(address, **more)


def _leaves(
    tree: Any, path: Path, levels: Sequence[_Level], address: Address, expectation: Expectation, names: Names
) -> Iterator[Addressed | Misfit]:
    if levels:
        level, items = levels[0], levels[0].items
        of = counted(len(items), level.word)
        if not isinstance(tree, tuple):
            wanted = counted(len(items), "figure")
            yield Misfit(path, f"needs a list of {wanted}, one for each of `{level.key}`")
        elif len(tree) != len(items):
            yield Misfit(path, f"{counted(len(tree), 'figure')}, but `{level.key}` has {of}")
        else:
            for number, (part, more) in enumerate(zip(tree, items, strict=True)):
                yield from _leaves(part, (*path, number), levels[1:], _at(address, more), expectation, names)
        return
    quantity, _, part = address.name.partition(".")
    if path[0] == "values" or not _is_layer(quantity, part, names, tree):
        yield from _single(tree, path, address, expectation)
        return
    fault = _layer_fault(path, quantity, part, names, _depth(tree), expectation.orientation)
    if fault is not None:
        yield fault
        return
    yield from _named(tree, path, names_of(quantity, part, names, _depth(tree), expectation.orientation), address)


def _layer_fault(
    path: Path, quantity: str, part: str, names: Names, depth: int, orientation: str | None
) -> Misfit | None:
    """What is no vector of biases and no matrix of weights, where a layer has them."""
    if quantity not in ("weight", "bias", "gradient", "update", *MEMORY):
        return None
    if quantity == "bias" or (depth < 2 and quantity != "weight"):
        if names.biased[names.layer_names.index(part)]:
            return None
        hint = "" if quantity == "bias" else "of its weights, a matrix is expected: a list of rows"
        return Misfit(path, f"layer `{part}` has no biases", hint, at_key=quantity == "bias")
    if depth < 2:
        return Misfit(path, f"of the weights of layer `{part}`, a matrix is expected: a list of rows")
    if orientation is None:
        hint = "in_out: a row for each sending neuron; out_in: a row for each receiving one"
        return Misfit(path, "a matrix of figures needs an `orientation` in its expectation", hint)
    return None


def _is_layer(quantity: str, part: str, names: Names, tree: Any) -> bool:
    """Whether a whole layer is meant: by its name, or by `prediction` alone where there are several outputs."""
    if quantity == "prediction" and not part:
        return len(names.outputs) > 1
    if part not in names.layer_names:
        return False
    if quantity in ("net", "out", "delta"):
        taken = part in names.neurons
    else:
        taken = (quantity != "bias" and part in names.weights) or (quantity != "weight" and part in names.biases)
    return isinstance(tree, tuple) or not taken


def _depth(tree: Any) -> int:
    return 1 + _depth(tree[0]) if isinstance(tree, tuple) else 0


def names_of(quantity: str, part: str, names: Names, depth: int, orientation: str | None) -> NameTree:
    """The names of a layer's vector or matrix of a quantity; `depth` is that of the figures."""
    layer = names.layer_names.index(part) if part else len(names.layers) - 1
    if quantity in ("net", "out", "delta", "prediction"):
        return [f"{quantity}.{neuron}" for neuron in names.layers[layer]]
    if quantity == "bias" or depth < 2:
        places = [BiasPlace(layer, unit) for unit in range(len(names.layers[layer]))]
        return [f"{quantity}.{names.bias_names[place]}" for place in places if place in names.bias_names]
    senders, receivers = range(names.sizes[layer]), range(names.sizes[layer + 1])
    if orientation == "out_in":
        return [[_weight(quantity, names, layer, i, j) for i in senders] for j in receivers]
    return [[_weight(quantity, names, layer, i, j) for j in receivers] for i in senders]


def _weight(quantity: str, names: Names, layer: int, sender: int, receiver: int) -> str:
    return f"{quantity}.{names.weight_names[WeightPlace(layer, sender, receiver)]}"


def _named(tree: Any, path: Path, named: NameTree, address: Address) -> Iterator[Addressed | Misfit]:
    """Figures laid over names of the same shape."""
    if isinstance(named, str):
        if isinstance(tree, tuple):
            yield Misfit(path, f"a list of {counted(len(tree), 'figure')}, where one figure stands for `{named}`")
        else:
            yield Addressed(path, replace(address, name=named), tree)
    elif not isinstance(tree, tuple):
        first = _first(named)
        yield Misfit(path, f"needs a list of {counted(len(named), 'figure')}, from `{first}` on")
    elif len(tree) != len(named):
        what = "row" if isinstance(named[0], list) else "figure"
        there = f"there {'is' if len(named) == 1 else 'are'} {len(named):,} from `{_first(named)}` on"
        yield Misfit(path, f"{counted(len(tree), what)}, but {there}")
    else:
        for number, (part, name) in enumerate(zip(tree, named, strict=True)):
            yield from _named(part, (*path, number), name, address)


def _first(named: NameTree) -> str:
    if isinstance(named, str):
        return named
    return _first(named[0]) if named else "nothing"


def _single(tree: Any, path: Path, address: Address, expectation: Expectation) -> Iterator[Addressed | Misfit]:
    if isinstance(tree, tuple):
        listed = expectation.steps or expectation.epochs or expectation.samples
        message = "a list of figures goes with `steps`, one figure for each"
        if listed:
            message = f"a list of {counted(len(tree), 'figure')}, where there is one of `{address.name}`"
        yield Misfit(path, message, "or with `epochs`, `samples`, or the name of a whole layer")
        return
    yield Addressed(path, address, tree)
