"""Whether initial weights fit the network: names, shapes, rules and seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

from bprunner.spec.architecture import Architecture
from bprunner.spec.choices import Choice
from bprunner.spec.initial_weights import InitialWeights
from bprunner.spec.misfit import Misfit, Path
from bprunner.spec.naming import Names, counted, shortened
from bprunner.spec.problems import cut, nearest

MOST_COMPARED = 500
"""Of more names, none is looked for that may have been meant: comparing takes time."""

LARGEST_LEGACY_SEED = 2**32 - 1


def weights_misfits(weights: InitialWeights, architecture: Architecture) -> Iterator[Misfit]:
    """What does not fit the network, or each other."""
    names, path = architecture.names, ("initial_weights",)
    for name in weights.named:
        yield from unknown_parameter((*path, name), name, names, ("seed", "matrices", "orientation", "biases"))
    yield from _ways(weights)
    if weights.matrices is not None:
        yield from _matrices(weights, architecture)
    if weights.layers is not None:
        yield from _layers(weights, architecture)
    elif weights.orientation is not None and weights.matrices is None:
        yield Misfit((*path, "orientation"), "`orientation` says how `matrices` are written, and there are none")
    for place, rule in weights.rules().items():
        yield from _rule((*path, *place), rule)
    if weights.matrices is None and weights.rule is None and weights.layers is None:
        yield from _left_out(path, weights, tuple(names.weights), names, "weight")
    yield from _bias_lists(weights, architecture)
    yield from _seed(weights)


def unknown_parameter(path: Path, name: str, names: Names, own: Sequence[str] = ()) -> Iterator[Misfit]:
    """A name that no weight and no bias has, with the one that may have been meant."""
    if name in names.weights or name in names.biases:
        return
    known = [*names.weights, *names.biases]
    near = nearest(name, own) or (nearest(name, known) if len(known) <= MOST_COMPARED else "")
    hint = f"did you mean `{near}`? " if near and near[0].lower() == name[0].lower() else ""
    yield Misfit(
        path, f"no weight or bias is called `{cut(name)}`", f"{hint}the network has {span(names)}", at_key=True
    )


def span(names: Names) -> str:
    """`w1 to w6 and b1 to b3`."""
    weights, biases = list(names.weights), list(names.biases)
    if names.given_weights or names.given_biases:
        return shortened([*weights, *biases]) + ("" if biases else ", and no biases")
    text = f"{weights[0]} to {weights[-1]}" if len(weights) > 1 else weights[0]
    if not biases:
        return f"{text}, and no biases"
    return f"{text} and {biases[0]} to {biases[-1]}" if len(biases) > 1 else f"{text} and {biases[0]}"


def _ways(weights: InitialWeights) -> Iterator[Misfit]:
    """Two ways of setting every weight."""
    rule = None if weights.rule is None else weights.rule.kind
    ways = [key for key in ("matrices", "layers", rule) if key == rule or getattr(weights, str(key)) is not None]
    ways = [key for key in ways if key is not None]
    if len(ways) > 1:
        one, other = ways[:2]
        other_text = f"the rule `{other}`" if other == rule else f"`{other}`"
        yield Misfit(("initial_weights", str(other)), f"`{one}` and {other_text} both set every weight")


def _rule(path: Path, rule: Choice) -> Iterator[Misfit]:
    low, high = getattr(rule, "low", 0.0), getattr(rule, "high", 1.0)
    if not low < high:
        yield Misfit(path, f"`low` must be less than `high`, found {low:g} and {high:g}")
    elif not isfinite(high - low):
        yield Misfit(path, f"`high` − `low` is more than a double holds, found {low:g} and {high:g}")


def _left_out(path: Path, weights: InitialWeights, wanted: Sequence[str], names: Names, what: str) -> Iterator[Misfit]:
    missing = [name for name in wanted if name not in weights.named]
    if missing:
        first = names.describe(missing[0])
        of = counted(len(wanted), what, "biases" if what == "bias" else "weights")
        yield Misfit(
            path,
            f"{len(missing):,} of {of} {'is' if len(missing) == 1 else 'are'} left out: "
            f"{shortened(missing)} ({missing[0]} is {first})",
            "write every one, or give a rule for the rest, such as zeros, constant, uniform or normal"
            if what == "weight"
            else "write every one, or give `biases`, for example `biases: zeros`",
        )


def _needs_orientation(path: Path, key: str) -> Misfit:
    hint = "in_out: a row for each sending neuron; out_in: a row for each receiving one"
    return Misfit(path, f"`{key}` needs an `orientation`", hint)


def _matrices(weights: InitialWeights, architecture: Architecture) -> Iterator[Misfit]:
    path: Path = ("initial_weights", "matrices")
    matrices = weights.matrices or ()
    if weights.orientation is None:
        yield _needs_orientation(path, "matrices")
        return
    layers = len(architecture.layers)
    if len(matrices) != layers:
        found = counted(len(matrices), "matrix", "matrices")
        yield Misfit(path, f"{found}, but `architecture.layers` has {counted(layers, 'layer')}")
        return
    for layer, matrix in enumerate(matrices):
        yield from _matrix((*path, layer), matrix, weights.orientation, architecture.names.sizes, layer)


def _layers(weights: InitialWeights, architecture: Architecture) -> Iterator[Misfit]:
    path: Path = ("initial_weights", "layers")
    entries = weights.layers or ()
    written = [(layer, entry) for layer, entry in enumerate(entries) if isinstance(entry, tuple)]
    if written and weights.orientation is None:
        yield _needs_orientation((*path, written[0][0]), "layers")
    if not written and weights.orientation is not None and weights.matrices is None:
        message = "`orientation` says how matrices are written, and `layers` has none"
        yield Misfit(("initial_weights", "orientation"), message)
    if len(entries) != len(architecture.layers):
        layers = counted(len(architecture.layers), "layer")
        yield Misfit(path, f"{counted(len(entries), 'entry', 'entries')}, but `architecture.layers` has {layers}")
        return
    if weights.orientation is not None:
        for layer, matrix in written:
            yield from _matrix((*path, layer), matrix, weights.orientation, architecture.names.sizes, layer)


def _matrix(
    path: Path, matrix: Sequence[Sequence[float]], orientation: str, sizes: Sequence[int], layer: int
) -> Iterator[Misfit]:
    fan_in, fan_out = sizes[layer], sizes[layer + 1]
    rows, columns = (fan_in, fan_out) if orientation == "in_out" else (fan_out, fan_in)
    size = f"layer {layer + 1} has {counted(fan_in, 'input')} and {counted(fan_out, 'unit')}"
    here = f"{size}, so `{orientation}` wants {rows} × {columns}"
    if len(matrix) == columns and all(len(row) == rows for row in matrix) and rows != columns:
        other = "out_in" if orientation == "in_out" else "in_out"
        yield Misfit(path, f"{columns} × {rows} numbers; {here}", f"this is how `orientation: {other}` writes it")
        return
    if len(matrix) != rows:
        yield Misfit(path, f"{counted(len(matrix), 'row')}; {here}")
    for number, row in enumerate(matrix):
        if len(row) != columns:
            yield Misfit((*path, number), f"{counted(len(row), 'number')}; {here}")


def _bias_lists(weights: InitialWeights, architecture: Architecture) -> Iterator[Misfit]:
    names, path = architecture.names, ("initial_weights", "biases")
    sizes = [
        1 if form == "shared" else size
        for size, form in zip(names.sizes[1:], names.bias_forms, strict=True)
        if form != "none"
    ]
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
            if isinstance(row, tuple) and len(row) != size:
                found = counted(len(row), "bias", "biases")
                has = f"the layer has {counted(size, 'unit')}" if size > 1 else "the layer has one"
                yield Misfit((*path, number), f"{found}, but {has}")
    elif weights.biases is None and sizes:
        yield from _left_out(("initial_weights",), weights, tuple(names.biases), names, "bias")


def _seed(weights: InitialWeights) -> Iterator[Misfit]:
    drawn, path = weights.drawn(), ("initial_weights",)
    if drawn and weights.seed is None:
        place, rule = next(iter(drawn.items()))
        message = f"`{rule.kind}` draws random numbers and needs a `seed`"
        yield Misfit((*path, *place), message, "for example `seed: 0`", at_key=True)
    if weights.seed is not None and not drawn:
        yield Misfit((*path, "seed"), "nothing is drawn, so `seed` has no meaning here")
    if weights.seed is not None:
        yield from legacy_seed((*path, "seed"), weights.seed, weights.generator)
    if not drawn:
        for key in ("generator", "draw"):
            if (
                key in weights.model_fields_set
                and getattr(weights, key) != type(weights).model_fields[key].get_default()
            ):
                yield Misfit((*path, key), f"nothing is drawn, so `{key}` has no meaning here")
    elif weights.draw.biases in ("by_unit", "unit_first") and weights.draw.matrices == "in_out":
        when = weights.draw.biases
        side = "after" if when == "by_unit" else "before"
        message = (
            f"`biases: {when}` draws each bias {side} its own neuron's weights, and `matrices: in_out` sender by sender"
        )
        yield Misfit((*path, "draw"), message, f"with `biases: {when}` goes `matrices: out_in`")
    elif weights.draw.biases in ("by_unit", "unit_first") and any(rule.kind == "orthogonal" for rule in drawn.values()):
        message = f"`biases: {weights.draw.biases}` draws neuron by neuron, and `orthogonal` a whole matrix"
        yield Misfit((*path, "draw"), message, "orthogonal goes with the other orders of drawing biases")


def legacy_seed(path: Path, seed: int, generator: str) -> Iterator[Misfit]:
    """NumPy's legacy generator takes 32 bits."""
    if generator == "numpy_legacy" and seed > LARGEST_LEGACY_SEED:
        yield Misfit(path, f"with `generator: numpy_legacy` a seed is at most {LARGEST_LEGACY_SEED:,}, found {seed:,}")
