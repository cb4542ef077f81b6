"""The player: a run step by step and stage by stage, as a fragment of HTML that carries its numbers and its script.

The picture is drawn once, with room for the widest text that each of its places will have; the script (player.js) only
changes texts, marks what a stage computes, and moves the mark on the error's curve. All words and all numbers come from
the fragment itself. Several fragments in one page do not disturb one another.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from bprunner.documents.language import Language
from bprunner.documents.networks import drawing_words, network_of, weights_shown
from bprunner.documents.numbers import DIGITS, number
from bprunner.documents.player_curve import StepCurve, step_curve
from bprunner.documents.player_data import (
    FIRST_STEPS,
    NeuronData,
    Number,
    ParameterData,
    is_playable,
    player_data,
)
from bprunner.documents.subject import Subject
from bprunner.figures.network import draw_network
from bprunner.figures.network_data import Network, Neuron
from bprunner.figures.network_layout import LONG_EDGE, layout_of
from bprunner.figures.text import one_line, shortened
from bprunner.figures.vector import isolated, text_width
from bprunner.spec.experiment import Experiment

Words = Mapping[str, str]

_SAID_BY_SCRIPT = ("step_of", "of_sample", "play", "pause", "items_more", "between_items", "error_box")
_KINDS_SAID_BY_SCRIPT = ("said_", "item_", "told_")
_DRAWN_BY_SCRIPT = ("net_note", "out_note", "delta_note", "weight_label", "gradient_label", "update_label")
_SCALE = 0.66  # the smallest that a picture becomes before it scrolls
_TIGHT = 0.88  # of a label's widest text: its width is an upper bound


def player_html(subject: Subject, language: Language, digits: int = DIGITS, name: str | None = None) -> str:
    """A fragment of HTML, a <section>, for a page that may have other content; "" where the trace has not all weights.

    `name` begins the ids; by default it is made of the content. Whoever shows a run twice in one page names them.
    """
    if not is_playable(subject):
        return ""
    words, pictures = language.words("player"), language.words("pictures")
    return _Player(subject, words, pictures, digits, name).html(language.code)


@dataclass(frozen=True)
class _Drawn:
    """What of the network is drawn: neurons and parameters by name, with the layer (0: inputs) that they belong to.
    `biases`: the bias of each drawn neuron that has one."""

    neurons: Mapping[str, int]
    parameters: Mapping[str, int]
    biases: Mapping[str, str]


class _Player:
    def __init__(self, subject: Subject, words: Words, pictures: Words, digits: int, name: str | None) -> None:
        self.subject, self.words, self.pictures, self.digits = subject, words, pictures, digits
        self.experiment = subject.experiment
        self.title = one_line(self.experiment.title or self.experiment.name)
        bare = network_of(self.experiment, pictures, title=self.title, targets={})
        self.drawn = _drawn(self.experiment, bare)
        self.data = player_data(subject, self.drawn.neurons, self.drawn.parameters)
        self.name = name or self._own_name()
        room = self._room(has_out_notes=False)
        self.has_out_notes = not _is_inside(room)
        room = self._room(has_out_notes=True) if self.has_out_notes else room
        self.labels = weights_shown(room)
        drawing_name = f"{self.name}-network"
        self.picture = draw_network(room, self.labels, drawing_name, drawing_words(pictures), described=bare)
        self.curve = self._curve()

    def _own_name(self) -> str:
        content = json.dumps([self.title, self.data.steps, [each.value for each in self.data.parameters]])
        return f"bp-player-{sha256(content.encode(errors='replace')).hexdigest()[:12]}"

    def number(self, value: Number) -> str:
        return "" if value is None else number(float(value), self.digits)

    # The picture

    def _room(self, has_out_notes: bool) -> Network:
        """The network with the widest texts in their places. has_out_notes: what neurons give out stands below them,
        since it does not fit into all of their circles."""
        data = self.data
        in_circles = [each for each in data.neurons if each.layer == 0 or not has_out_notes]
        return network_of(
            self.experiment,
            self.pictures,
            title=self.title,
            weights={each.name: self._widest_label(each) for each in data.parameters},
            values={each.name: self._widest(each.fixed, each.out) for each in in_circles},
            notes={each.name: tuple(self._notes(each, has_out_notes)) for each in data.neurons if each.layer > 0},
            targets={each.name: self._widest(each.fixed, each.out) for each in data.targets},
            error=(self.words["error_box"].format(value=self._widest(data.error)),),
        )

    def _notes(self, neuron: NeuronData, has_out_notes: bool) -> Iterator[str]:
        out = neuron.out if has_out_notes else None
        for values, key in ((neuron.net, "net_note"), (out, "out_note"), (neuron.delta, "delta_note")):
            if values is not None:
                yield self.words[key].format(value=self._widest(values))

    def _widest(self, *series: Any) -> str:
        """The widest text of numbers, in lists or lists of lists."""
        texts = {self.number(value) for value in _flat(series)}
        return max(sorted(texts), key=lambda text: text_width(text, 1.0), default="")

    def _widest_label(self, parameter: ParameterData) -> str:
        """What stands for the value of a weight or bias so that all its labels have room."""
        name = _label_name(parameter.name)
        texts = [self.words["weight_label"].format(name=name, value=self._widest(parameter.value, parameter.after))]
        if parameter.gradient is not None:
            texts.append(self.words["gradient_label"].format(name=name, value=self._widest(parameter.gradient)))
        if parameter.update is not None:
            widest = self._widest([each if each is None else abs(float(each)) for each in parameter.update])
            texts.append(self.words["update_label"].format(name=name, sign="+", value=widest))
        needed, value = _TIGHT * max(text_width(text, 1.0) for text in texts), self._widest(parameter.value)
        while text_width(self.words["weight_label"].format(name=name, value=value), 1.0) < needed:
            value += "0"
        return value

    def _curve(self) -> StepCurve | None:
        trace = self.subject.trace
        return step_curve(trace.steps, trace["error"], self.data.rows, self.words, f"{self.name}-curve")

    # The numbers

    def json(self) -> str:
        """All that the script knows, as JSON that can stand inside a script's element."""
        text = json.dumps(self._content(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        escapes = {each: f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}
        return "".join(escapes.get(character, character) for character in text)

    def _content(self) -> dict[str, Any]:
        data, words = self.data, self.words
        said = [key for key in words if key.startswith(_KINDS_SAID_BY_SCRIPT)]
        return {
            "digits": self.digits,
            "steps": data.steps,
            "last": int(self.subject.trace.steps[-1]),
            "samples": data.samples,
            "batches": data.batches,
            "out_note": self.has_out_notes,
            "error": data.error,
            "curve": None if self.curve is None else self.curve.places,
            "follows": [int(each) for each in data.has_following],
            "labels": self.labels,
            "stages": [{"kind": kind, "layer": layer} for kind, layer, _ in self.stages()],
            "layers": self._layer_names(),
            "neurons": [self._neuron(each) for each in data.neurons],
            "targets": [
                {**_without_none(name=one_line(each.name), fixed=each.fixed, out=each.out), "drawn": drawn}
                for each, drawn in zip(data.targets, self._target_names(), strict=True)
            ],
            "parameters": [self._parameter(each) for each in data.parameters],
            "words": {key: words[key] for key in (*_SAID_BY_SCRIPT, *_DRAWN_BY_SCRIPT, *said)},
        }

    def _neuron(self, each: NeuronData) -> dict[str, Any]:
        bias = self.drawn.biases.get(each.name)
        return _without_none(
            name=one_line(each.name),
            said=isolated(one_line(each.name)),
            layer=each.layer,
            fixed=each.fixed,
            net=each.net,
            out=each.out,
            delta=each.delta,
            bias=None if bias is None else list(self.drawn.parameters).index(bias),
        )

    def _parameter(self, each: ParameterData) -> dict[str, Any]:
        names = self.experiment.architecture.names
        place = names.weights.get(each.name) if each.name in names.weights else None
        ends = None
        if place is not None:
            senders = names.inputs if place.layer == 0 else names.layers[place.layer - 1]
            ends = [one_line(senders[place.sender]), one_line(names.layers[place.layer][place.receiver])]
        return _without_none(
            said=isolated(one_line(each.name)),
            label=_label_name(each.name),
            ends=ends,
            layer=each.layer,
            value=each.value,
            gradient=each.gradient,
            update=each.update,
            after=each.after,
        )

    def _target_names(self) -> list[str]:
        """What the squares of the drawn outputs are called in the picture."""
        network = network_of(self.experiment, self.pictures, title="", targets={})
        outputs, targets = network.layers[-2].neurons, network.layers[-1].neurons
        called = {output.name: target.name for output, target in zip(outputs, targets, strict=True)}
        return [one_line(called[each.name]) for each in self.data.targets]

    def _layer_names(self) -> list[str]:
        network = network_of(self.experiment, self.pictures, title="")
        return [one_line(layer.heading) for layer in network.layers]

    # The stages

    def stages(self) -> list[tuple[str, int | None, str]]:
        """Kind, layer and what it is called, in the order in which a step computes them: where it updates layer after
        layer, a layer's new weights come before the δ of the one before it."""
        data, last = self.data, len(self.experiment.architecture.layers)
        hidden_neurons = [each for each in data.neurons if each.layer > 0]
        found: list[tuple[str, int | None]] = [("all", None), ("inputs", 0)]
        if any(each.net is not None or each.out is not None for each in hidden_neurons):
            found += [("forward", layer) for layer in range(1, last + 1)]
        found.append(("error", None))
        is_sequential = self.experiment.training.update_order == "sequential"
        for layer in range(last, 0, -1):
            found += [("delta", layer)] * any(each.delta is not None for each in hidden_neurons)
            found += [("gradient", layer)] * any(each.gradient is not None for each in data.parameters)
            found += self._updates(layer) if is_sequential else []
        found += [] if is_sequential else self._updates(None)
        layers = self._layer_names()
        return [
            (
                kind,
                layer,
                self.words[f"stage_{kind}{'_all' if layer is None and kind in ('update', 'new') else ''}"].format(
                    layer="" if layer is None else layers[layer]
                ),
            )
            for kind, layer in found
        ]

    def _updates(self, layer: int | None) -> list[tuple[str, int | None]]:
        has_updates = any(value is not None for each in self.data.parameters for value in each.update or ())
        return [("update", layer)] * has_updates + [("new", layer)] * any(self.data.has_following)

    # The page

    def html(self, code: str) -> str:
        words = {key: escape(text) for key, text in self.words.items()}
        title = escape(f"{self.words['heading']}: {self.title}" if self.title else self.words["heading"])
        room = f"--bp-room:{round(self.picture.width * _SCALE)}px;--bp-full:{round(self.picture.width)}px"
        curve = f'<div class="bp-curve">{self.curve.svg}</div>' if self.curve else ""
        notes = "".join(f"<p>{escape(note)}</p>" for note in self._notes_below())
        return (
            f'<section class="bp-player bp-drawing" id="{escape(self.name)}" lang="{escape(code)}"'
            f' aria-label="{title}">\n'
            f"<style>{_file('player.css')}</style>\n"
            f"<noscript><p>{words['no_script']}</p></noscript>\n"
            f'<div class="bp-body" hidden>\n<div class="bp-head">{self._controls(words)}\n'
            '<p class="bp-said" role="status" aria-live="polite"></p></div>\n'
            f'<div class="bp-picture" tabindex="0" role="group" aria-label="{words["picture"]}" style="{room}">'
            f"{self.picture.svg}</div>\n{curve}\n"
            f'<div class="bp-notes"><p>{words["keys"]}</p>{notes}</div>\n</div>\n'
            f'<script type="application/json">{self.json()}</script>\n'
            f"<script>{_file('player.js')}</script>\n</section>\n"
        )

    def _controls(self, words: Words) -> str:
        def button(what: str, key: str, face: str) -> str:
            return (
                f'<button type="button" data-do="{what}" aria-label="{words[key]}" title="{words[key]}">{face}</button>'
            )

        options = "".join(
            f'<option value="{at}">{escape(text)}</option>' for at, (_, _, text) in enumerate(self.stages())
        )
        steps, samples = len(self.data.steps), ""
        most = (
            max((len(each) for each in self.data.batches), default=1) if self.data.batches else len(self.data.samples)
        )
        if most > 1:
            choices = "".join(f'<option value="{at}"></option>' for at in range(most))
            samples = f'<label>{words["sample"]} <select data-is="sample">{choices}</select></label>'
        alone = " hidden" if steps == 1 else ""
        return (
            f'<div class="bp-row"{alone}>'
            f'<label class="bp-slide">{words["step"]} <input type="range" data-is="step" min="0" max="{steps - 1}" '
            f'value="0" step="1" aria-label="{words["step"]}"></label><output data-is="place"></output></div>\n'
            f'<div class="bp-row"><span class="bp-group"{alone}>'
            f"{button('first', 'first', '«')}{button('previous', 'previous', '‹')}"
            f"{button('next', 'next', '›')}{button('last', 'last', '»')}</span>"
            f'<button type="button" data-do="play">{words["play"]}</button>'
            '<span class="bp-group">'
            f"{button('stage-back', 'previous_stage', '‹')}"
            f'<label>{words["stage"]} <select data-is="stage">{options}</select></label>'
            f"{button('stage-on', 'next_stage', '›')}</span>{samples}</div>"
        )

    def _notes_below(self) -> Iterator[str]:
        """What is not shown, a sentence each."""
        data, words = self.data, self.words
        yield from self.picture.notes
        if len(data.steps) < data.count:
            yield words["thinned"].format(shown=len(data.steps), count=f"{data.count:,}", first=FIRST_STEPS)
        if data.left_out_samples:
            total = f"{len(self.subject.samples):,}"
            yield words["samples_left_out"].format(shown=len(data.samples), count=total)
        if data.is_replayed:
            yield words["replayed"]
        if data.missing:
            names = ", ".join(words[f"missing_{quantity}"] for quantity in data.missing)
            yield words["missing"].format(names=names)


def _drawn(experiment: Experiment, bare: Network) -> _Drawn:
    layout = layout_of(bare, "none")
    layer_of = {neuron.name: at for at, layer in enumerate(bare.layers) for neuron in layer.neurons}
    shown: list[Neuron] = [slot.neuron for column in layout.columns for slot in column.slots if slot.neuron]
    neurons = {each.name: layer_of[each.name] for each in shown if layer_of[each.name] < len(bare.layers) - 1}
    parameters = {each.edge.name: layer_of[each.edge.receiver] for each in layout.edges}
    biases = {each.name: each.bias.name for each in shown if each.bias}
    parameters |= {bias: neurons[neuron] for neuron, bias in biases.items()}
    order = [*experiment.architecture.names.weights, *experiment.architecture.names.biases]
    return _Drawn(neurons, {name: parameters[name] for name in order if name in parameters}, biases)


def _is_inside(network: Network) -> bool:
    """Whether the value of every neuron but inputs and targets has room in its circle."""
    columns = [column for column in layout_of(network, "none").columns if column.layer and column.layer.role != "input"]
    slots = [slot for column in columns if column.layer and column.layer.role != "target" for slot in column.slots]
    return not any(kind == "value" for slot in slots for kind, _ in slot.below)


def _label_name(name: str) -> str:
    """As the picture has it on its edges."""
    return isolated(shortened(one_line(name), LONG_EDGE))


def _flat(values: Any) -> Iterator[Number]:
    for each in values:
        if isinstance(each, list):
            yield from _flat(each)
        elif each is not None:
            yield each


def _without_none(**content: Any) -> dict[str, Any]:
    return {key: value for key, value in content.items() if value is not None}


@cache
def _file(name: str) -> str:
    """A file that stands beside this one, without its indentation and comments."""
    lines = files("bprunner.documents").joinpath(name).read_text(encoding="utf-8").split("\n")
    return "\n".join(line for each in lines if (line := each.strip()) and not line.startswith("//"))
