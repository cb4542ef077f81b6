"""What a player carries: the run's own numbers, to the last bit, as many as its bytes allow."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from bprunner.documents.player import player_html
from bprunner.documents.player_data import BUDGET, FIRST_STEPS, MOST_SAMPLES, MOST_STEPS
from bprunner.documents.subject import Subject
from tests.documents.players import ENGLISH, content, fragment, hostile, subject, with_trace

STAGES = ["all", "inputs", "forward 1", "forward 2", "error", "delta 2", "gradient 2", "delta 1", "gradient 1"]


def stages(file: str, *overrides: str) -> list[str]:
    return [_stage(each) for each in content(fragment(file, *overrides))["stages"]]


def _stage(stage: dict[str, Any]) -> str:
    return stage["kind"] if stage["layer"] in (None, 0) else f"{stage['kind']} {stage['layer']}"


def by_name(records: list[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    return {each[key]: each for each in records}


def test_every_number_is_the_trace_s_to_the_last_bit() -> None:
    played = subject("doc.yaml")
    found = content(fragment("doc.yaml"))
    assert found["steps"] == [0, 1]
    assert found["error"] == played.trace["error"].tolist()
    for each in found["neurons"]:
        name = each["name"]
        if each["layer"] == 0:
            assert each["fixed"] == played.samples.inputs[:, int(name[1]) - 1].tolist()
            continue
        for quantity in ("net", "out", "delta"):
            assert each[quantity] == played.trace[f"{quantity}.{name}"][:, np.newaxis].tolist()
    for each in found["parameters"]:
        name = each["label"]
        assert each["value"] == played.trace[f"weight.{name}"].tolist()
        assert each["gradient"] == played.trace[f"gradient.{name}"].tolist()
        # After the last step there is no update.
        assert each["update"] == [played.trace[f"update.{name}"][0], None]


def test_the_stages_are_those_of_a_step() -> None:
    assert stages("doc.yaml") == [*STAGES, "update", "new"]


def test_weights_that_are_updated_one_layer_after_another_are_shown_so() -> None:
    assert stages("gallery/rgu.yaml") == [
        *STAGES[:7], "update 2", "new 2", "delta 1", "gradient 1", "update 1", "new 1",
    ]  # fmt: skip


def test_a_single_step_has_no_update() -> None:
    found = fragment("gallery/rashid.yaml")
    assert not {"update", "new"} & {stage["kind"] for stage in content(found)["stages"]}
    assert content(found)["curve"] is None
    assert "bp-curve" not in re.sub("<style>.*?</style>", "", found, flags=re.DOTALL)


def test_a_long_run_is_thinned_and_says_so() -> None:
    played = subject("gallery/mazur.yaml", "training.epochs=3000")
    html = fragment("gallery/mazur.yaml", "training.epochs=3000")
    found = content(html)
    steps = found["steps"]
    assert steps[:FIRST_STEPS] == list(range(FIRST_STEPS))
    assert steps[-1] == 3000
    assert 100 < len(steps) <= MOST_STEPS
    apart = np.diff(steps[FIRST_STEPS:])
    assert apart.max() - apart.min() <= 1
    assert f"{len(steps)} of the 3,001 recorded steps are shown" in html
    assert len(html.encode()) < BUDGET + 60_000
    w5 = by_name(found["parameters"], "label")["w5"]
    for row, step in enumerate(steps):
        assert w5["value"][row] == played.trace["weight.w5"][step]
        # What an update leads to is there even where the next step is not.
        if step + 1 in steps or step == 3000:
            assert w5["after"][row] is None
        else:
            assert w5["after"][row] == played.trace["weight.w5"][step + 1]
    assert found["follows"] == [1] * (len(steps) - 1) + [0]


def test_many_numbers_a_step_leave_fewer_steps() -> None:
    html = fragment("gallery/cs231n_twolayer_training.yaml")
    assert content(html)["steps"][-1] == 100
    assert len(content(html)["steps"]) < 101
    assert len(html.encode()) < BUDGET + 100_000


def test_of_a_large_network_only_what_is_drawn_has_numbers() -> None:
    html = fragment("gallery/cs231n_twolayer.yaml")
    found = content(html)
    assert [each["name"] for each in found["neurons"] if each["layer"] == 1] == ["h1", "h2", "h3", "h4", "h10"]
    assert len(found["parameters"]) == 4 * 5 + 5 * 3 + 5 + 3
    assert "5 of 10 neurons are drawn" in html
    # Every record has its place in the picture.
    for each in found["parameters"]:
        if "ends" in each:
            assert f'data-edge="{each["label"]}" data-sender="{each["ends"][0]}"' in html


def test_what_the_trace_lacks_is_computed_again_or_missing_and_it_says_so() -> None:
    full = content(fragment("gallery/cs231n_twolayer.yaml"))
    html = fragment("gallery/cs231n_twolayer.yaml", "trace.quantities=[weight,bias]")
    found = content(html)
    assert [_stage(each) for each in found["stages"]] == ["all", "inputs", "forward 1", "forward 2", "error"]
    for kept, again in zip(full["neurons"], found["neurons"], strict=True):
        assert {key: kept.get(key) for key in ("net", "out")} == {key: again.get(key) for key in ("net", "out")}
        assert "delta" not in again
    assert "computed from them again" in html
    assert "Not recorded, and so not shown: δ, gradients, updates." in html
    assert "computed from them again" not in fragment("gallery/cs231n_twolayer.yaml")


def test_without_weights_there_is_no_player() -> None:
    assert fragment("gallery/xor_tds.yaml", "training.epochs=2") == ""
    assert fragment("gallery/mazur.yaml", "training.epochs=2", "trace.quantities=[weight,net]") == ""


def test_a_step_shows_the_samples_that_it_has() -> None:
    played = subject("gallery/adaline_or.yaml", "training.epochs=2")
    found = content(fragment("gallery/adaline_or.yaml", "training.epochs=2"))
    assert found["batches"] == played.trace["sample"].reshape(len(played.trace), -1).astype(int).tolist()
    for row, (sample,) in enumerate(found["batches"]):
        assert found["neurons"][0]["out"][row] == [played.samples.inputs[sample - 1, 0]]
        assert found["targets"][0]["out"][row] == [played.samples.targets[sample - 1, 0]]


def test_many_samples_are_cut_and_it_says_so() -> None:
    rows = [[each / 10, 1.0] for each in range(20)]
    overrides = (f"dataset.inputs={rows}", f"dataset.targets={[[1]] * 20}")
    html = fragment("doc.yaml", *overrides)
    assert content(html)["samples"] == list(range(1, MOST_SAMPLES + 1))
    assert "The first 8 of 20 samples are shown." in html


def test_numbers_that_are_not_finite_are_texts() -> None:
    played = subject("doc.yaml")
    columns = {name: played.trace[name].copy() for name in played.trace}
    columns["weight.w1"][1], columns["error"][1], columns["net.h1"][1] = -np.inf, np.nan, np.inf
    found = content(player_html(with_trace(played, columns), ENGLISH))
    assert by_name(found["parameters"], "label")["w1"]["value"] == [0.1, "-Infinity"]
    assert found["error"][1] == "NaN"
    assert by_name(found["neurons"], "name")["h1"]["net"] == [[0.8], ["Infinity"]]
    assert found["curve"] is None  # one point is no curve


def test_the_curve_ends_where_the_error_does_and_the_mark_with_it() -> None:
    played = subject("doc.yaml")
    columns = {name: np.resize(played.trace[name], 5) for name in played.trace}
    columns["error"] = np.array([1.0, 100.0, 10000.0, np.inf, 5.0])
    places = content(player_html(with_trace(played, columns), ENGLISH))["curve"]
    assert places[3:] == [None, None]
    heights = [y for _, y in places[:3]]
    # Logarithmic: two decades more each time, two equal steps.
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2])
    assert heights[1] < heights[0]


def test_nothing_in_a_name_is_markup() -> None:
    html = player_html(hostile(), ENGLISH)
    assert html.count("<script") == html.count("</script>") == 2
    assert "<img" not in html
    assert "\u2028" not in html
    assert len(content(html)["neurons"]) == 5


def test_the_fragment_needs_nothing_from_elsewhere() -> None:
    html = fragment("doc.yaml")
    # An SVG's name of its own language is no address that anybody opens.
    assert "//" not in html.replace("http://www.w3.org/2000/svg", "")
    assert re.search(r"\bon\w+=|\beval\b|\bimport\b|\bfetch\b|innerHTML|@import|url\(", html) is None


def test_the_same_run_gives_the_same_fragment_and_another_run_other_ids() -> None:
    html = fragment("doc.yaml")
    assert html == player_html(subject("doc.yaml"), ENGLISH)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    others = re.findall(r'\bid="([^"]+)"', fragment("gallery/hmkcode.yaml"))
    assert not set(ids) & set(others)
    assert all(each.startswith("again") for each in re.findall(r'\bid="([^"]+)"', fragment("doc.yaml", name="again")))


def test_digits_are_the_caller_s() -> None:
    played: Subject = subject("doc.yaml")
    assert content(player_html(played, ENGLISH, digits=3))["digits"] == 3
