"""The parts that come first: the network, its weights, the dataset and the sample."""

from __future__ import annotations

from typing import Any

from bprunner.data.samples import Samples
from bprunner.derivation.latex import number_latex
from bprunner.derivation.numbers import LARGEST_WRITTEN
from bprunner.derivation.symbols import Expr, latex_name
from bprunner.derivation.updating import fixed_names
from bprunner.documents.equations import Side, aligned
from bprunner.documents.inline import inline_markdown
from bprunner.documents.numbers import number
from bprunner.documents.telling import Parts, Telling, inline_math, kept_rows, matrix_name, table

_MOST_NAMES, _MOST_LISTED = 8, 30
_MOST_ROWS, _MOST_COLUMNS = 12, 12


def opening(t: Telling) -> Parts:
    """Everything before the forward pass."""
    return {**_overview(t), **_circumstances(t), **_weights(t), **_dataset(t), **_sample(t)}


def _circumstances(t: Telling) -> Parts:
    """What is so in this training and not in every one, so that no sentence says what is not true."""
    training, fixed = t.experiment.training, fixed_names(t.experiment)
    slopes = {
        float(layer.activation.derivative or 0.0)
        for layer in t.experiment.architecture.layers
        if layer.activation.kind == "step"
    }
    kinds = {layer.bias.kind for layer in t.experiment.architecture.layers} - {"none"}
    return {
        "digits": t.printing.digits,
        "slope_of_step": inline_math(", ".join(number_latex(slope) for slope in sorted(slopes))) if slopes else "",
        "thresholds": kinds == {"threshold"},
        "fixed": _listed(fixed),
        "fixed_count": len(fixed),
        "has_trained_biases": any(name not in fixed for name in t.names.biases),
        "penalties": [
            {"kind": kind, "biases": term.biases}
            for kind in ("l1", "l2")
            if (term := getattr(training.penalty, kind)) is not None
        ],
        "loss": training.loss.kind,
        "is_full_batch": training.full_batch,
        "is_mean": any(n == 1 / t.network.samples() for n in t.network.divisors()),
        "roundings": roundings(t),
    }


def roundings(t: Telling) -> str:
    """What the author rounds, in words."""
    said = []
    for quantity, name, rounding in t.experiment.arithmetic.declared():
        if getattr(t.experiment.arithmetic, quantity) is None and (quantity != "bias" or not t.names.biases):
            continue  # it is rounded as another quantity is
        template = t.words[f"{'carried' if rounding.carried else 'printed'}_{rounding.rounding}"]
        what = t.words[f"quantity_{quantity}"] + (f" {inline_markdown(name)}" if name else "")
        unit = t.words["decimal" if rounding.decimals == 1 else "decimals"]
        said.append(template.format(quantity=what, decimals=f"{rounding.decimals} {unit}"))
    return " ".join(said)


def _overview(t: Telling) -> Parts:
    e = t.experiment
    title = e.title or e.name
    origin = inline_markdown(t.subject.origin)
    return {
        "title": inline_markdown(title),
        "source": inline_markdown(e.source or ""),
        "blanks": t.blanks is not None,
        "step": t.numbers.step,
        "layers": [_layer(t, number) for number in range(-1, len(t.names.layers))],
        "is_written_out": t.is_written_out,
        "largest": LARGEST_WRITTEN,
        "has_biases": bool(t.names.biases),
        "has_activations": any(layer.activation.kind != "linear" for layer in e.architecture.layers),
        "origin": origin,
        "name": inline_markdown(e.name),
    }


def _layer(t: Telling, layer: int) -> dict[str, Any]:
    """One layer, or with −1 the inputs."""
    names = t.names.inputs if layer < 0 else t.names.layers[layer]
    told: dict[str, Any] = {
        "role": "input" if layer < 0 else "output" if layer == len(t.names.layers) - 1 else "hidden",
        "count": len(names),
        "names": _listed(names),
        "function": "",
        "bias": "none",
        "is_prediction": layer == len(t.names.layers) - 1,
    }
    if layer < 0:
        return told
    declared = t.experiment.architecture.layers[layer]
    told["bias"] = declared.bias.kind if declared.bias.kind in ("none", "shared", "threshold") else "unit"
    if declared.activation.kind != "linear":
        n = t.network
        left, right = n.outs(layer)[0], n.out_formula(layer, 0)
        formula = f"{t.scribe.write.symbols(left)} = {t.scribe.write.symbols(right)}"
        said = t.language.words("pictures")[declared.activation.kind]
        told["function"] = f"{said}, {inline_math(formula)}"
    return told


def _listed(names: tuple[str, ...]) -> str:
    shown = [inline_math(latex_name(name)) for name in names]
    if len(shown) > _MOST_NAMES:
        shown = [*shown[:2], "…", shown[-1]]
    return ", ".join(shown)


def _weights(t: Telling) -> Parts:
    symbols = [t.network.symbols.parameter(name) for name in t.parameters]
    listed = ""
    if len(symbols) <= _MOST_LISTED:
        listed = ", ".join(inline_math(aligned([[t.scribe.symbolic(s), t.scribe.result(s)]])) for s in symbols)
    return {"weight_list": listed, "weight_matrices": aligned(weight_matrices(t)), "matrices": bool(t.names.weights)}


def weight_matrices(t: Telling) -> list[list[Side]]:
    """Every layer's matrix of weights and vector of biases: its name, its symbols and its numbers."""
    found = []
    for layer in range(len(t.names.layers)):
        rows = t.weight_rows(layer)
        found.append([matrix_name("W", layer), t.matrices.symbols(rows), t.matrices.numbers(rows)])
        biases = bias_row(t, layer)
        if biases is not None:
            found.append([matrix_name("b", layer), t.matrices.symbols([biases]), t.matrices.numbers([biases])])
    return found


def bias_row(t: Telling, layer: int) -> list[Expr] | None:
    """A layer's biases, one for each receiver, a shared one as often as it is used; None where it has none."""
    if t.names.bias_forms[layer] == "none":
        return None
    return [t.network.bias(layer, unit) for unit in range(t.names.sizes[layer + 1])]


def _dataset(t: Telling) -> Parts:
    samples = t.subject.samples
    rows = kept_rows(len(samples), _MOST_ROWS)
    return {
        "samples": len(samples),
        "inputs": len(t.names.inputs),
        "outputs": len(t.names.outputs),
        "shown_samples": sum(row is not None for row in rows),
        "data_table": _data_table(t, samples, rows),
        "step_samples": len(t.numbers.samples),
    }


def _data_table(t: Telling, samples: Samples, rows: list[int | None]) -> str:
    targets = [t.words["target_column"].format(name=name) for name in t.names.outputs]
    if len(targets) == 1:
        targets = [t.words["only_target_column"]]
    head = [t.words["sample_column"], *t.names.inputs, *targets]
    cells = [
        ["…"] * len(head)
        if row is None
        else [
            f"{row + 1}",
            *(number(value, t.printing.short) for value in (*samples.inputs[row], *samples.targets[row])),
        ]
        for row in rows
    ]
    keep = kept_columns(len(head))
    return table(chosen_columns(head, keep), [chosen_columns(row, keep) for row in cells])


def kept_columns(count: int) -> list[int | None]:
    """Which columns of a table are shown: all, or the first ones and the last ones."""
    if count <= _MOST_COLUMNS:
        return list(range(count))
    return [*range(_MOST_COLUMNS // 2), None, *range(count - _MOST_COLUMNS // 2 + 1, count)]


def chosen_columns(row: list[str], keep: list[int | None]) -> list[str]:
    return ["…" if column is None else row[column] for column in keep]


def _sample(t: Telling) -> Parts:
    place = t.numbers.samples[t.place]
    samples = t.subject.samples
    inputs, targets = (
        [number(value, t.printing.short) for value in part[place]] for part in (samples.inputs, samples.targets)
    )
    text = t.words["sample_text"].format(inputs=_shortened(inputs), targets=_shortened(targets))
    return {
        "sample": place + 1,
        "sample_text": inline_markdown(text),
        "target_text": _enumerated(targets, t.words["and"]),
    }


def _enumerated(texts: list[str], word: str) -> str:
    """1; 0 and 1; 0, 1 and 0."""
    if len(texts) > _MOST_NAMES:
        return ", ".join([*texts[:3], "…", texts[-1]])
    return f" {word} ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))


def _shortened(texts: list[str]) -> str:
    return ", ".join(texts if len(texts) <= _MOST_NAMES else [*texts[:3], "…", texts[-1]])
