"""The pictures of a worked document, filled with the numbers of its step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from bprunner.derivation.updating import is_fixed
from bprunner.documents.equations import Scribe
from bprunner.documents.networks import drawing_words, network_of, path_of, weights_shown
from bprunner.documents.numbers import at_digits
from bprunner.documents.telling import Telling
from bprunner.figures.error_curve import ErrorCurve, draw_error_curve
from bprunner.figures.network import draw_network
from bprunner.figures.step_curve import StepCurve, draw_step_curve
from bprunner.nn.network import error_of, forward
from bprunner.training.population import populate

_POINTS = 81
_MOST_STRONG = 20


def illustrate(t: Telling) -> None:
    """Draws every picture that the document has a place for."""
    weights, values = _weights(t, t.scribe), _values(t, t.scribe)
    targets = _targets(t)
    inputs = {name: values[name] for name in t.names.inputs}
    _draw(t, "network")
    _draw(t, "weights", weights=weights)
    _draw(t, "sample", values=inputs, targets=targets)
    _draw(t, "forward", weights=weights, values=values, notes=_nets(t, t.scribe), direction="forward")
    box = () if len(t.numbers.samples) > 1 else _error_box(t)
    _draw(t, "error", weights=weights, values=values, targets=targets, error=box, direction="forward")
    for number, name in enumerate(t.chosen):
        title = t.words["picture_path"].format(name=name)
        _draw(t, f"path-{number + 1}", title=title, path=path_of(t.experiment, name), direction="backward")
        _curve(t, name, f"curve-{number + 1}")
    if t.again_scribe is not None:
        new = _weights(t, t.again_scribe)
        changed = [name for name in t.parameters if not is_fixed(t.experiment, name)]
        if len(changed) > _MOST_STRONG:
            changed = []  # where all is bold, nothing stands out
        notes = _deltas(t)
        if t.blanks is None:
            _draw(t, "updated", weights=new, values=values, notes=notes, direction="backward", strong=changed)
            again, nets = _values(t, t.again_scribe), _nets(t, t.again_scribe)
            _draw(t, "again", weights=new, values=again, notes=nets, direction="forward", strong=changed)
    if t.blanks is None:
        _steps(t)


def _draw(t: Telling, file: str, title: str = "", **parts: Any) -> None:
    words = t.language.words("pictures")
    network = network_of(t.experiment, words, title=title or t.words[f"picture_{file}"], **parts)
    said = drawing_words(words)
    if t.pictures:
        said = replace(said, colours="")  # the first one has said it
    drawing = draw_network(network, weights_shown(network), name=f"bp-{file}", words=said)
    t.pictures[f"{file}.svg"] = drawing


def _error_box(t: Telling) -> tuple[str, ...]:
    """The error's formula, where it has a short one, and the error."""
    symbol, kind = t.network.symbols.error(), t.experiment.training.loss.kind
    printed = at_digits(t.scribe.value(symbol), t.printing.short)
    sign = "=" if printed.is_exact or t.blanks is not None else "≈"
    line = t.words["error_line"].format(sign=sign, value=t.scribe.text(symbol))
    penalty = t.experiment.training.penalty
    is_short = len(t.names.outputs) == 1 and penalty.l1 is None and penalty.l2 is None
    formula = t.words.get(f"error_box_{kind}", "") if is_short else ""
    return (formula, line) if formula else (line,)


def _weights(t: Telling, scribe: Scribe) -> Mapping[str, str]:
    return {name: scribe.text(t.network.symbols.parameter(name)) for name in t.parameters}


def _values(t: Telling, scribe: Scribe) -> Mapping[str, str]:
    n = t.network
    found = {name: scribe.text(n.symbols.sender(0, unit)) for unit, name in enumerate(t.names.inputs)}
    for layer, neurons in enumerate(t.names.layers):
        found |= {name: scribe.text(n.outs(layer)[unit]) for unit, name in enumerate(neurons)}
    return found


def _nets(t: Telling, scribe: Scribe) -> Mapping[str, tuple[str, ...]]:
    """Net inputs below the neurons whose output is another number."""
    n = t.network
    return {
        name: (t.words["net_line"].format(value=scribe.text(n.nets(layer)[unit])),)
        for layer, neurons in enumerate(t.names.layers)
        if not n.symbols.is_merged(layer)
        for unit, name in enumerate(neurons)
    }


def _deltas(t: Telling) -> Mapping[str, tuple[str, ...]]:
    return {
        name: (t.words["delta_line"].format(value=t.scribe.text(t.network.symbols.delta(layer, unit))),)
        for layer, neurons in enumerate(t.names.layers)
        for unit, name in enumerate(neurons)
    }


def _targets(t: Telling) -> Mapping[str, str]:
    return {name: t.scribe.text(t.network.symbols.target(unit)) for unit, name in enumerate(t.names.outputs)}


# The error over one weight


def _curve(t: Telling, name: str, file: str) -> None:
    """Nothing where there is no step, or no curve that could be drawn."""
    s, scribe = t.network.symbols, t.scribe
    if t.again_scribe is None or t.blanks is not None or is_fixed(t.experiment, name) or t.has_step:
        return
    w, new = scribe.value(s.parameter(name)), scribe.value(s.parameter(name, new=True))
    slope = scribe.value(s.gradient(name))
    if new == w:
        return
    reach = 3.0 * max(abs(new - w), 1e-6 * (abs(w) + 1.0))
    weights = np.linspace(w - reach, w + reach, _POINTS)
    errors = errors_over(t, name, np.append(weights, [w, new]))
    *_, error, after = errors.tolist()
    try:
        curve = ErrorCurve(
            title=t.words["picture_curve" if t.is_plain else "picture_curve_other"].format(name=name),
            weight=name,
            points=tuple(zip(weights.tolist(), errors[:-2].tolist(), strict=True)),
            current=(w, error),
            new=(new, after),
            slope=slope,
            current_text=t.words["curve_now"].format(value=scribe.text(s.parameter(name))),
            new_text=t.words["curve_new"].format(value=scribe.text(s.parameter(name, new=True))),
            slope_text=t.words["curve_slope"].format(gradient=scribe.text(s.gradient(name))),
            step_text=t.words["curve_step"].format(update=scribe.text(s.update(name))),
            error_label=t.words["error_axis"],
        )
    except ValueError:
        return
    t.pictures[f"{file}.svg"] = draw_error_curve(curve, f"bp-{file}")


def errors_over(t: Telling, name: str, values: Any) -> Any:
    """The error of the step's samples where one weight or bias has other values, (values,)."""
    doubles = t.experiment.model_copy(update={"arithmetic": type(t.experiment.arithmetic)()})
    p = populate([doubles], t.subject.samples)
    at = list(t.numbers.samples)
    inputs, targets = t.subject.samples.inputs[at][np.newaxis], t.subject.samples.targets[at][np.newaxis]
    weights = p.weights.like([np.zeros(part.shape) for part in p.weights.flat()])
    names = t.names
    for each, place in names.weights.items():
        weights.W[place.layer][0, place.sender, place.receiver] = t.scribe.value(t.network.symbols.parameter(each))
    for each, bias in names.biases.items():
        vector = weights.b[bias.layer]
        assert vector is not None  # only layers with biases have names for them
        vector[0, 0, bias.receiver] = t.scribe.value(t.network.symbols.parameter(each))
    errors = []
    with np.errstate(all="ignore"):
        for value in values:
            if name in names.weights:
                place = names.weights[name]
                weights.W[place.layer][0, place.sender, place.receiver] = value
            else:
                vector = weights.b[names.biases[name].layer]
                assert vector is not None
                vector[0, 0, names.biases[name].receiver] = value
            passed = forward(p.layers, weights, inputs)
            errors.append(float(error_of(p.objective, passed, targets, weights, p.penalties)[0, 0, 0]))
    return np.array(errors)


def _steps(t: Telling) -> None:
    trace = t.subject.trace
    errors = trace["training.error"] if "training.error" in trace else trace["error"]
    keep = ~np.isnan(errors)
    if keep.sum() < 2 or not math.isfinite(errors[keep][0]):
        return
    curve = StepCurve(
        t.words["picture_steps" if t.experiment.training.full_batch else "picture_epochs"],
        trace.steps[keep],
        errors[keep],
        t.words["error_axis"],
        t.words["step_axis"],
    )
    t.pictures["steps.svg"] = draw_step_curve(curve, "bp-steps")
