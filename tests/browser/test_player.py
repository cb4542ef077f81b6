"""The player in a browser: its numbers are the trace's, every stage is reached, and nothing leaves the page."""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys

from bprunner.documents.numbers import number
from bprunner.documents.player import player_html
from bprunner.documents.player_data import player_data
from bprunner.documents.subject import Subject
from bprunner.nn.arrays import Array
from tests.browser.chromium import Chromium
from tests.conftest import ROOT
from tests.documents.players import ENDING, ENGLISH, HOSTILE, content, fragment, hostile, subject

pytestmark = pytest.mark.xdist_group("browser")

_SHOWN = """
const root = document.querySelectorAll(".bp-player")[arguments[0]];
const all = (what, where) => [...where.querySelectorAll(what)];
const text = (element) => element ? element.textContent : null;
const neurons = {};
for (const group of all("[data-neuron]", root)) {
  neurons[group.dataset.neuron] = {
    value: text(group.querySelector("[data-text=value]")),
    notes: all("[data-text=note]", group).map(text), bias: text(group.querySelector("[data-text=bias]")),
    active: group.classList.contains("bp-active"),
  };
}
return {
  neurons, said: text(root.querySelector(".bp-said")), error: text(root.querySelector("[data-text=error]")),
  place: text(root.querySelector("output")), stage: Number(root.querySelector("[data-is=stage]").value),
  row: Number(root.querySelector("[data-is=step]").value),
  edges: Object.fromEntries(all("text[data-edge]", root).map((each) => [each.dataset.edge, text(each)])),
  marked: all(".bp-now", root).map(text),
  valuetext: root.querySelector("[data-is=step]").getAttribute("aria-valuetext"),
  mark: root.querySelector("[data-mark] circle")?.getAttribute("transform").match(/[\\d.]+/g).map(Number),
};
"""


@dataclass(frozen=True)
class Shown:
    """What stands in a player."""

    neurons: dict[str, dict[str, Any]]
    edges: dict[str, str]
    said: str
    error: str
    place: str
    stage: int
    row: int
    marked: list[str]
    valuetext: str
    mark: list[float] | None


def shown(chromium: Chromium, player: int = 0) -> Shown:
    return Shown(**chromium.run(_SHOWN, player))


def press(chromium: Chromium, *keys: str, player: int = 0) -> Shown:
    """Keys within a player."""
    pictures = chromium.driver.find_elements("css selector", ".bp-picture")
    pictures[player].send_keys(*keys)
    return shown(chromium, player)


def click(chromium: Chromium, what: str) -> Shown:
    chromium.find(f'[data-do="{what}"]').click()
    return shown(chromium)


def choose(chromium: Chromium, control: str, value: int) -> Shown:
    """A choice or the slider, as a person's hand changes it."""
    chromium.run(
        "const it = document.querySelector(`[data-is=${arguments[0]}]`); it.value = arguments[1];"
        "it.dispatchEvent(new Event(it.tagName === 'SELECT' ? 'change' : 'input', {bubbles: true}));",
        control,
        value,
    )
    return shown(chromium)


def of_sample(values: Array, row: int, sample: int) -> float:
    return float(values[row] if values.ndim == 1 else values[row, sample])


def assert_values(played: Subject, view: Shown, row: int, sample: int = 0) -> None:
    """Every text of the picture is a number of the trace, at this row of it."""
    trace, names = played.trace, played.experiment.architecture.names
    for name, place in names.weights.items():
        if name in view.edges:
            assert view.edges[name] == f"{name} = {number(trace[f'weight.{name}'][row])}", (name, place)
    for at, name in enumerate(names.inputs):
        if name in view.neurons:
            assert view.neurons[name]["value"] == number(played.samples.inputs[sample, at])
    for layer, units in enumerate(names.layers):
        for unit, name in enumerate(units):
            if name not in view.neurons:
                continue
            own = view.neurons[name]
            written = [*own["notes"], f"out {own['value']}" if own["value"] is not None else ""]
            for quantity, word in (("net", "net"), ("out", "out"), ("delta", "δ")):
                assert f"{word} {number(of_sample(trace[f'{quantity}.{name}'], row, sample))}" in written, (
                    name,
                    written,
                )
            bias = names.bias_names.get((layer, 0 if names.bias_forms[layer] == "shared" else unit))  # type: ignore[call-overload]
            assert own["bias"] == (None if bias is None else f"{bias} = {number(trace[f'bias.{bias}'][row])}")
    for at, name in enumerate(names.outputs):
        assert view.neurons[f"target of {name}"]["value"] == number(played.samples.targets[sample, at])
    assert view.error == f"error = {number(trace['error'][row])}"


RUNS: list[tuple[str, tuple[str, ...]]] = [
    ("doc.yaml", ()),
    ("gallery/mazur.yaml", ("training.epochs=30",)),
    ("gallery/han_kamber.yaml", ()),
    ("gallery/cs231n_twolayer.yaml", ()),
    ("gallery/trask_3layer.yaml", ("training.epochs=3", "trace.quantities=[weight,net,out,delta,gradient,update]")),
]


@pytest.mark.parametrize(("file", "overrides"), RUNS, ids=[file for file, _ in RUNS])
def test_the_values_at_a_step_are_the_trace_s(chromium: Chromium, file: str, overrides: tuple[str, ...]) -> None:
    played = subject(file, *overrides)
    chromium.show(fragment(file, *overrides))
    steps = played.trace.steps.tolist()
    last = len(steps) - 1
    for row in sorted({0, min(1, last), last // 2, last}):
        view = choose(chromium, "step", row) if last else shown(chromium)
        assert view.place == view.valuetext == f"{steps[row]} of {steps[-1]}"
        assert_values(played, view, row)
    assert chromium.complaints() == []
    assert chromium.requests_outside() == []


def test_a_thinned_run_shows_the_steps_that_it_says(chromium: Chromium) -> None:
    played = subject("gallery/mazur.yaml", "training.epochs=3000")
    html = fragment("gallery/mazur.yaml", "training.epochs=3000")
    chromium.show(html)
    steps = content(html)["steps"]
    for row in (9, 57, len(steps) - 1):
        view = choose(chromium, "step", row)
        assert view.place == f"{steps[row]:,} of 3,000"
        assert_values(played, view, steps[row])
    # What an update leads to is the next step's, though that one is not shown.
    choose(chromium, "step", 57)
    view = press(chromium, *"n" * 10)
    assert view.edges["w5"] == f"w5 = {number(played.trace['weight.w5'][steps[57] + 1])}"


def test_each_sample_has_its_values(chromium: Chromium) -> None:
    file, overrides = RUNS[-1]
    played = subject(file, *overrides)
    chromium.show(fragment(file, *overrides))
    for sample in range(len(played.samples)):
        assert_values(played, choose(chromium, "sample", sample), 0, sample)
    view = choose(chromium, "stage", 1)
    assert view.said.startswith("Sample 4. ")


def test_a_step_of_one_sample_shows_that_sample(chromium: Chromium) -> None:
    played = subject("gallery/adaline_or.yaml", "training.epochs=1")
    chromium.show(fragment("gallery/adaline_or.yaml", "training.epochs=1"))
    for row in range(len(played.trace)):
        view = choose(chromium, "step", row)
        sample = int(played.trace["sample"][row]) - 1
        names = played.experiment.architecture.names
        assert [view.neurons[name]["value"] for name in names.inputs] == [
            number(value) for value in played.samples.inputs[sample]
        ]


def test_numbers_that_are_not_recorded_are_computed_again(chromium: Chromium) -> None:
    full = subject("gallery/trask_3layer.yaml", *RUNS[-1][1])
    chromium.show(fragment("gallery/trask_3layer.yaml", "training.epochs=3"))
    view = choose(chromium, "step", 2)
    assert view.neurons["h3"]["notes"] == [
        f"net {number(of_sample(full.trace['net.h3'], 2, 0))}",
        f"out {number(of_sample(full.trace['out.h3'], 2, 0))}",
    ]


FORWARD = ["Inputs: i1 = 2; i2 = 3.", "Hidden layer: h1: net 0.8, out 0.8; h2: net 1.8, out 1.8."]
SAID = [
    "Step 0. The error is 0.087362.",
    *FORWARD,
    "Output layer: o1: net 0.582, prediction 0.582.",
    "The error is 0.087362. o1 predicts 0.582, its target is 1.",
    "Output layer, δ = ∂error/∂net: o1: δ −0.418.",
    "Output layer, gradients ∂error/∂weight: w5: −0.3344; w6: −0.7524.",
    "Hidden layer, δ = ∂error/∂net: h1: δ −0.08778; h2: δ −0.09614.",
    "Hidden layer, gradients ∂error/∂weight: w1: −0.17556; w2: −0.26334; w3: −0.19228; w4: −0.28842.",
    "What is added: w1: +0.008778; w2: +0.013167; w3: +0.009614; w4: +0.014421; w5: +0.01672; w6: +0.03762.",
    "New: w1: 0.1 → 0.11; w2: 0.2 → 0.21; w3: 0.3 → 0.31; w4: 0.4 → 0.41; w5: 0.21 → 0.23; w6: 0.23 → 0.27.",
]
MARKED = [
    set(),
    {"2", "3"},
    {"net 0.8", "0.8", "net 1.8", "1.8"},
    {"net 0.582", "0.582"},
    {"0.582", "1", "error = 0.087362"},
    {"δ −0.418"},
    {"∂w5 = −0.3344", "∂w6 = −0.7524"},
    {"δ −0.08778", "δ −0.09614"},
    {"∂w1 = −0.17556", "∂w2 = −0.26334", "∂w3 = −0.19228", "∂w4 = −0.28842"},
    {"w1 + 0.008778", "w2 + 0.013167", "w3 + 0.009614", "w4 + 0.014421", "w5 + 0.01672", "w6 + 0.03762"},
    {"w1 = 0.11", "w2 = 0.21", "w3 = 0.31", "w4 = 0.41", "w5 = 0.23", "w6 = 0.27"},
]


@pytest.mark.parametrize("way", ["keys", "buttons", "choice"])
def test_every_stage_is_reached(chromium: Chromium, way: str) -> None:
    chromium.show(fragment("doc.yaml"))
    view = shown(chromium)
    for stage, (said, marked) in enumerate(zip(SAID, MARKED, strict=True)):
        if stage and way == "keys":
            view = press(chromium, "n" if stage % 2 else Keys.ARROW_DOWN)
        elif stage:
            view = click(chromium, "stage-on") if way == "buttons" else choose(chromium, "stage", stage)
        assert (view.stage, view.row) == (stage, 0)
        assert view.said == said
        assert set(view.marked) == marked
    if way == "choice":
        return
    for stage in (9, 8, 7):
        back = Keys.ARROW_UP if stage % 2 else "p"
        view = click(chromium, "stage-back") if way == "buttons" else press(chromium, back)
        assert view.said == SAID[stage]
    assert chromium.complaints() == []


def test_what_a_stage_has_not_computed_does_not_stand_there(chromium: Chromium) -> None:
    chromium.show(fragment("doc.yaml"))
    view = press(chromium, "n", "n")
    assert view.neurons["h1"] == {"value": "0.8", "notes": ["net 0.8", ""], "bias": None, "active": True}
    assert view.neurons["o1"] == {"value": "", "notes": ["", ""], "bias": None, "active": False}
    assert view.neurons["target of o1"]["value"] == view.error == ""


def test_after_the_last_stage_comes_the_next_step(chromium: Chromium) -> None:
    chromium.show(fragment("doc.yaml"))
    view = press(chromium, *"n" * len(SAID))
    assert (view.row, view.stage, view.said) == (1, 1, FORWARD[0])
    # The last step has no update: its last stage is the last gradient.
    view = press(chromium, *"n" * 20)
    assert (view.row, view.stage) == (1, 8)
    choose(chromium, "step", 0)
    assert press(chromium, "n", "n").stage == 10
    assert press(chromium, Keys.ARROW_RIGHT).stage == 8


def test_steps_by_keys_buttons_slider_and_curve(chromium: Chromium) -> None:
    html = fragment("gallery/mazur.yaml", "training.epochs=30")
    chromium.show(html)
    places = content(html)["curve"]
    for view, row in (
        (press(chromium, Keys.ARROW_RIGHT), 1),
        (press(chromium, Keys.END), 30),
        (press(chromium, Keys.ARROW_RIGHT), 30),
        (press(chromium, Keys.ARROW_LEFT), 29),
        (press(chromium, Keys.HOME), 0),
        (press(chromium, Keys.ARROW_LEFT), 0),
        (click(chromium, "next"), 1),
        (click(chromium, "last"), 30),
        (click(chromium, "previous"), 29),
        (click(chromium, "first"), 0),
        (choose(chromium, "step", 17), 17),
    ):
        assert view.row == row
        assert view.place == f"{row} of 30"
        assert view.mark == places[row]
    x, y = chromium.run(
        "const svg = document.querySelector('.bp-curve svg'), box = svg.getBoundingClientRect();"
        "svg.scrollIntoView(); const on = svg.getBoundingClientRect();"
        "return [on.left + arguments[0] / svg.viewBox.baseVal.width * on.width, on.top + on.height / 2];",
        places[12][0],
    )
    for kind in ("mousePressed", "mouseReleased"):
        chromium.tell("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
    assert shown(chromium).row == 12


def test_the_slider_s_own_keys_and_a_choice_s_own(chromium: Chromium) -> None:
    chromium.show(fragment("gallery/mazur.yaml", "training.epochs=30"))
    chromium.find('[data-is="step"]').send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert shown(chromium).row == 2
    chromium.find('[data-is="step"]').send_keys(Keys.ARROW_DOWN)
    assert (shown(chromium).row, shown(chromium).stage) == (2, 1)
    chromium.find('[data-is="stage"]').send_keys(Keys.ARROW_RIGHT)
    assert shown(chromium).row == 2  # a choice has the arrows for itself
    before = shown(chromium)
    press(chromium, Keys.CONTROL, Keys.ARROW_RIGHT)
    assert shown(chromium) == before


_TICKS = (
    "window.ticks = []; window.setInterval = (f) => window.ticks.push(f);"
    "window.clearInterval = (at) => { if (at) window.ticks[at - 1] = () => {}; };"
)


def test_it_plays_to_the_end_and_stops(chromium: Chromium) -> None:
    added = chromium.tell("Page.addScriptToEvaluateOnNewDocument", source=_TICKS)
    try:
        chromium.show(fragment("gallery/mazur.yaml", "training.epochs=30"))
        live = "return document.querySelector('.bp-said').getAttribute('aria-live')"
        tick = "for (let k = 0; k < arguments[0]; k++) window.ticks.forEach((each) => each());"
        assert chromium.run(live) == "polite"
        assert press(chromium, " ").row == 0
        assert chromium.run(live) == "off"
        chromium.run(tick, 4)
        assert shown(chromium).row == 4
        assert click(chromium, "play").row == 4
        chromium.run(tick, 3)
        assert shown(chromium).row == 4  # it has been stopped
        click(chromium, "play")
        chromium.run(tick, 40)
        assert shown(chromium).row == 30
        assert chromium.find('[data-do="play"]').text == "Play"
        assert chromium.run(live) == "polite"
        # Where a stage is shown, it plays the stages.
        press(chromium, Keys.HOME, "n", " ")
        chromium.run(tick, 3)
        assert (shown(chromium).row, shown(chromium).stage) == (0, 4)
        chromium.run(tick, 9)
        assert (shown(chromium).row, shown(chromium).stage) == (1, 3)
        press(chromium, Keys.END)
        assert chromium.find('[data-do="play"]').text == "Play"
    finally:
        chromium.tell("Page.removeScriptToEvaluateOnNewDocument", identifier=added["identifier"])


def test_names_are_texts_and_run_nothing(chromium: Chromium) -> None:
    chromium.show(player_html(hostile(), ENGLISH))
    view = press(chromium, *"nnnnnn")
    assert view.edges[f"w{ENDING}"] == "−0.3344"
    assert {f"w{HOSTILE}", "&lt;"} < set(view.edges)
    assert set(view.neurons) >= {HOSTILE, ENDING, "<!--<script>"}
    assert view.marked
    press(chromium, *"nnnn", Keys.ARROW_RIGHT)
    assert f"{HOSTILE} = 2" in press(chromium, Keys.HOME, *"pppppppppp", "n").said
    assert chromium.run("return window.hacked === undefined")
    assert chromium.run("return document.querySelectorAll('img, script').length") == 2
    assert chromium.complaints() == []
    assert chromium.requests_outside() == []


def test_a_fault_on_the_console_and_a_request_are_noticed(chromium: Chromium) -> None:
    chromium.show(
        '<img src="http://127.0.0.1:9/x.png"><script>setTimeout(() => { throw new Error("planted") })</script>'
    )
    chromium.run("return new Promise((done) => setTimeout(done, 0))")
    assert any("planted" in each for each in chromium.complaints())
    assert chromium.requests_outside() == ["http://127.0.0.1:9/x.png"]


@pytest.mark.parametrize("file", ["doc.yaml", "gallery/cs231n_twolayer.yaml"])
def test_a_telephone_shows_it_without_scrolling_the_page(chromium: Chromium, file: str) -> None:
    chromium.narrow()
    chromium.show(fragment(file))
    overflow = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert chromium.run("return document.documentElement.clientWidth") == 360
    for _ in range(6):
        press(chromium, "n")
        assert chromium.run(overflow) == 0
    sizes = chromium.run(
        "return [...document.querySelectorAll('.bp-player button, .bp-player select, .bp-player input')]"
        ".map((each) => each.getBoundingClientRect()).filter((box) => box.width).map((box) => [box.width, box.height])"
    )
    assert len(sizes) >= 5
    assert all(width >= 40 and height >= 40 for width, height in sizes)


def test_what_is_computed_comes_into_view(chromium: Chromium) -> None:
    chromium.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    try:
        chromium.narrow()
        chromium.show(fragment("doc.yaml"))
        place = "return document.querySelector('.bp-picture').scrollLeft"
        assert chromium.run(place) == 0
        press(chromium, *"nnnnn")
        assert chromium.run(place) > 100  # without motion it is there at once
        press(chromium, *"pppp")
        assert chromium.run(place) == 0
    finally:
        chromium.tell("Emulation.setEmulatedMedia", features=[])


def test_two_players_in_a_page_do_not_meet(chromium: Chromium) -> None:
    chromium.show(fragment("doc.yaml") + fragment("doc.yaml", name="again") + fragment("gallery/han_kamber.yaml"))
    first = shown(chromium, 0)
    press(chromium, Keys.ARROW_RIGHT, "n", "n", player=1)
    assert shown(chromium, 0) == first
    assert (shown(chromium, 1).row, shown(chromium, 1).stage) == (1, 2)
    assert shown(chromium, 2).stage == 0
    ids = chromium.run("return [...document.querySelectorAll('[id]')].map((each) => each.id)")
    assert len(ids) == len(set(ids))
    assert chromium.complaints() == []


def test_without_scripts_it_says_what_is_missing(chromium: Chromium) -> None:
    chromium.tell("Emulation.setScriptExecutionDisabled", value=True)
    chromium.show(fragment("doc.yaml"))
    assert chromium.find(".bp-player").text == ENGLISH.words("player")["no_script"]


def test_what_helps_those_who_do_not_see_it(chromium: Chromium) -> None:
    chromium.show(fragment("doc.yaml"))
    assert chromium.find('[data-is="step"]').accessible_name == "Step"
    assert chromium.find('[data-is="stage"]').accessible_name.startswith("Stage")
    assert [each.accessible_name for each in chromium.driver.find_elements("css selector", ".bp-player button")] == [
        "First step", "Previous step", "Next step", "Last step", "Play", "Previous stage", "Next stage",
    ]  # fmt: skip
    assert chromium.find(".bp-said").get_attribute("role") == "status"
    # The picture's description has the names, and no number that could be another step's.
    described = chromium.run("return document.querySelector('.bp-picture desc').textContent")
    assert "w5 from h1 to o1" in described
    assert not re.search(r"\d\.\d", described)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_ground(chromium: Chromium, scheme: str) -> None:
    chromium.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    try:
        chromium.show(fragment("doc.yaml"))
        colours = chromium.run(
            "const of = (what, key) => getComputedStyle(document.querySelector(what))[key];"
            "return [[of('.bp-said', 'color'), of('.bp-player', 'backgroundColor')],"
            "[of('.bp-player button', 'color'), of('.bp-player button', 'backgroundColor')],"
            "[of('.bp-player select', 'color'), of('.bp-player select', 'backgroundColor')],"
            "[of('.bp-notes', 'color'), of('.bp-player', 'backgroundColor')],"
            "[of('[data-text=heading]', 'fill'), of('.bp-picture .bp-fill-paper', 'fill')]]"
        )
    finally:
        chromium.tell("Emulation.setEmulatedMedia", features=[])
    for text, ground in colours:
        assert contrast(text, ground) >= 4.5, (text, ground)
        assert (luminance(ground) < 0.2) == (scheme == "dark")


def luminance(colour: str) -> float:
    """As the Web's rules for contrast define it."""
    parts = [int(each) / 255 for each in re.findall(r"\d+", colour)[:3]]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def doubles(random_: random.Random) -> Sequence[float]:
    """Of every size, many of them half-way between two that have fewer digits."""
    any_ = [struct.unpack("d", random_.randbytes(8))[0] for _ in range(1500)]
    usual = [random_.uniform(-1, 1) * 10 ** random_.randint(-9, 9) for _ in range(1500)]
    halves = [float(f"{random_.randint(-999999, 999999)}5e{random_.randint(-12, 4)}") for _ in range(1500)]
    nines = [
        float(f"{'9' * random_.randint(1, 12)}{random_.choice('456')}e{random_.randint(-14, 3)}") for _ in range(500)
    ]
    edges = [0.0, -0.0, 1.0, 1e-4, 9.9999995e-5, 9999999.5, 1e7, 1e21, 5e-324, 1.7976931348623157e308, np.nan, np.inf]
    return [*any_, *usual, *halves, *nines, *edges, *(-each for each in edges)]


def test_the_script_prints_numbers_as_the_documents_do(chromium: Chromium) -> None:
    script = (ROOT / "bprunner" / "documents" / "player.js").read_text(encoding="utf-8")
    found = re.search(r"^  const number = .*?^  };$", script, re.DOTALL | re.MULTILINE)
    assert found is not None
    values = doubles(random.Random(7))
    for digits in (1, 3, 6, 15, 17):
        told = chromium.run(
            f"const data = {{digits: {digits}}}; {found[0]} return arguments[0].map(number);",
            [
                each if np.isfinite(each) else str(each).replace("inf", "Infinity").replace("nan", "NaN")
                for each in values
            ],
        )
        wrong = [
            (value, number(value, digits), text)
            for value, text in zip(values, told, strict=True)
            if number(value, digits) != text
        ]
        assert wrong[:5] == []


def test_doubles_reach_the_page_as_they_are(chromium: Chromium) -> None:
    chromium.show(fragment("gallery/mazur.yaml", "training.epochs=30"))
    played = subject("gallery/mazur.yaml", "training.epochs=30")
    read = chromium.run(
        "return JSON.parse(document.querySelector('script[type=\"application/json\"]').textContent).parameters[0].value"
    )
    names = {"w1": 1}
    assert read == player_data(played, {}, names).parameters[0].value == played.trace["weight.w1"].tolist()
