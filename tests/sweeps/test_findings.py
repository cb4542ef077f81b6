"""Findings: the numbers in sentences are found again, from runs trained in plain NumPy or from the table itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.sweeps import workers
from bprunner.sweeps.blocks import train_block
from bprunner.sweeps.executing import execute_sweep
from bprunner.sweeps.facts import Facts
from bprunner.sweeps.findings import Finding, findings
from bprunner.sweeps.folder import StudyFolder
from bprunner.sweeps.study import Study
from bprunner.sweeps.wording import AxisWords, few, listed, run_words, share
from tests.sweeps.test_study import DOC, RATE, declared, execute_until

STEPS = 12
RATES = (0.001, 0.01, 0.05, 0.1, 0.12, 0.14, 0.2, 0.3, 0.4, 0.5, 0.6, 1.0)
STARTS: Mapping[str, Any] = {
    "document": "baseline",
    "zeros": "zeros",
    "small": {"normal": {"scale": 0.1}, "seed": 0},
    "glorot": {"glorot_uniform": {}, "seed": 0},
    "large": {"normal": {"scale": 2}, "seed": 0},
}


def study(folder: Path, plan: dict[str, Any], **more: Any) -> Study:
    declaration = declared(plan, **more)
    execute_sweep(declaration, StudyFolder(folder), 1)
    return Study(declaration, StudyFolder(folder))


def by_topic(done: Study) -> dict[str, str]:
    """The sentences of each topic, joined."""
    found: dict[str, str] = {}
    for finding in findings(done):
        found[finding.topic] = f"{found[finding.topic]} {finding.text}" if finding.topic in found else finding.text
    return found


# The document's run in plain NumPy: two linear layers, one sample


def errors_by_hand(rate: float, steps: int = STEPS) -> list[float]:
    """½ (1 − prediction)² at every step."""
    x, W, v = np.array([2.0, 3.0]), np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([0.21, 0.23])
    errors = []
    with np.errstate(all="ignore"):
        for _ in range(steps + 1):
            h = W @ x
            delta = v @ h - 1.0
            errors.append(float(0.5 * delta**2))
            W, v = W - rate * delta * np.outer(v, x), v - rate * delta * h
    return errors


def largest_curvature() -> float:
    """λmax of the error over the six weights, by differences of the error."""

    def error(weights: np.ndarray[Any, Any]) -> float:
        h = weights[:4].reshape(2, 2) @ np.array([2.0, 3.0])
        return float(0.5 * (weights[4:] @ h - 1.0) ** 2)

    at, step, hessian = np.array([0.1, 0.2, 0.3, 0.4, 0.21, 0.23]), 1e-4, np.empty((6, 6))
    for i, one in enumerate(np.eye(6) * step):
        for j, other in enumerate(np.eye(6) * step):
            ends = error(at + one + other) - error(at + one - other) - error(at - one + other) + error(at - one - other)
            hessian[i, j] = ends / (4 * step**2)
    return float(np.linalg.eigvalsh(hessian)[-1])


@pytest.fixture(scope="module")
def along_rates(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study(tmp_path_factory.mktemp("rates"), {"grid": {RATE: list(RATES)}})


def fates_of(done: Study) -> list[str]:
    return [str(fate) for fate in done.table["fate"]]


def test_the_sentences_along_a_learning_rate(along_rates: Study) -> None:
    """Fates are the table's; errors, steps and the limit are trained and differentiated here."""
    told = by_topic(along_rates)
    own = errors_by_hand(0.05)
    by_rate = {rate: errors_by_hand(rate) for rate in RATES}
    fates = dict(zip(RATES, fates_of(along_rates)[1:], strict=True))
    count = {fate: list(fates.values()).count(fate) for fate in set(fates.values())}
    assert f"{own[0]:.3g} {own[-1]:.2e}" == "0.0874 2.19e-06"
    head = "The baseline (learning rate 0.05) goes from error 0.0874 to 2.19e-6 in 12 steps"
    assert told["baseline"] == f"{head}: {fates_of(along_rates)[0]}."
    assert told["fates"] == (
        f"Of the 12 other runs, {count['converged']} converged, {count['still falling']} are still falling, "
        f"{count['oscillating']} oscillate and {count['diverged']} diverged."
    )
    noise = np.finfo(float).eps * own[0]
    rounded = [rate for rate in RATES if by_rate[rate][-1] <= noise]
    assert rounded == [0.12, 0.14]
    assert told["best"] == (
        f"Best: learning rate 0.12; learning rate 0.14 end at no more than rounding (below {noise:.2g}), where the "
        "baseline's error is 2.19e-6."
    )
    reach = {rate: next((k for k, error in enumerate(by_rate[rate]) if error <= own[-1] + noise), 99) for rate in RATES}
    soonest = [rate for rate in RATES if reach[rate] == min(reach.values())]
    assert told["speed"] == (
        f"The baseline's final error is reached soonest with learning rate {' and '.join(map(str, soonest))}: at step "
        f"{min(reach.values())}; the baseline takes {STEPS}."
    )
    assert told["range"].startswith("By learning rate: still falling up to ")
    limit = 2 / largest_curvature()
    assert f"{limit:.3g}" == "0.48"
    rough = next(rate for rate in RATES if fates[rate] in ("oscillating", "diverged"))
    beyond = max(rate for rate in RATES if rate > limit and fates[rate] != "diverged")
    assert told["stability"].startswith("At the initial weights the largest stable learning rate, 2/λmax, is 0.48. ")
    assert f"already at {rough} ({rough / limit:.3g} times it)" in told["stability"]
    assert f"Beyond it, {beyond} ({beyond / limit:.3g} times it) still" in told["stability"]
    apart = sorted(abs(errors[1] / own[1] - 1) for rate, errors in by_rate.items() if rate != 0.05)
    assert told["departure"] == (
        "11 of 12 runs first depart from the baseline's error at step 1, the median one by "
        f"{apart[5]:.2g} times the baseline's error there."
    )


def test_the_stretches_of_a_learning_rate_cover_it(along_rates: Study) -> None:
    fates = dict(zip(RATES, fates_of(along_rates)[1:], strict=True))
    text = next(each.text for each in findings(along_rates) if each.topic == "range")
    parts = text.removeprefix("By learning rate: ").rstrip(".").split(", ")
    ends = []
    for part in parts:
        fate = next(fate for fate in set(fates.values()) if part.startswith(fate))
        numbers = [float(number) for number in re.findall(r"\d[\d.]*", part)]
        low = RATES[0] if " up to " in part else numbers[0]
        high = RATES[-1] if part.endswith(" on") else numbers[-1]
        assert {fates[rate] for rate in RATES if low <= rate <= high} == {fate}, part
        ends += [low, high]
    assert ends == sorted(ends)
    assert ends[0] == RATES[0]
    assert ends[-1] == RATES[-1]
    assert (
        sum(sum(low <= rate <= high for rate in RATES) for low, high in zip(ends[::2], ends[1::2], strict=True)) == 12
    )


@pytest.fixture(scope="module")
def by_start(tmp_path_factory: pytest.TempPathFactory) -> Study:
    plan = {"grid": {"initial_weights": dict(STARTS)}, "repeat": 9}
    return study(tmp_path_factory.mktemp("starts"), plan, set={"training.epochs": 20})


def counted_errors(done: Study) -> Any:
    """The table without the baseline, its errors as they are compared: recomputed here from their words."""
    rows = done.table.iloc[1:].copy()
    noise = np.finfo(float).eps * 0.5 * 0.418**2
    rows["error"] = np.where(rows["fate"] == "diverged", np.inf, rows["final_error"])
    rows["error"] = np.where(rows["error"] <= noise, 0.0, rows["error"])
    return rows


def middle(errors: Any) -> float:
    """The median; infinities are values."""
    ordered = sorted(errors)
    half = len(ordered) // 2
    if len(ordered) % 2 or ordered[half - 1] == ordered[half]:
        return float(ordered[half])
    return float((ordered[half - 1] + ordered[half]) / 2)


def test_the_sentences_by_initial_weights(by_start: Study) -> None:
    told = by_topic(by_start)
    rows = counted_errors(by_start)
    medians = {name: middle(part["error"]) for name, part in rows.groupby("initial_weights", sort=False)}
    best, worst = min(medians, key=lambda name: medians[name]), max(medians, key=lambda name: medians[name])
    assert worst == "large"
    of = {name: part["fate"].astype(str) for name, part in rows.groupby("initial_weights", sort=False)}
    assert f"{best} is best with {few(medians[best])}" in told["groups"]
    assert f"and large worst with {share(int((of['large'] == 'diverged').sum()), 9)} diverged" in told["groups"]
    # ½ · 1²: a network of zeros predicts 0
    assert "Initial weights zeros never learns: the error stays 0.5." in told["groups"]
    always = [name for name, fates in of.items() if (fates == "converged").all()]
    never = [name for name, fates in of.items() if not (fates == "converged").any()]
    assert f"Every run converges with {listed(always)}; no run converges with {listed(never)}." in told["groups"]
    for name, fates in of.items():
        counts = [f"{int((fates == fate).sum())}" for fate in ("converged", "still falling", "diverged")]
        mixed = fates.nunique() > 1
        assert (f"{name} ({counts[0]} of 9 converged" in told["groups"]) is (mixed and name not in never), name
    reach = {
        name: middle(np.where(part["reaches_baseline_at"].isna(), np.inf, part["reaches_baseline_at"].astype(float)))
        for name, part in rows.groupby("initial_weights", sort=False)
    }
    order = sorted((name for name in reach if reach[name] < np.inf), key=lambda name: reach[name])
    assert told["speed"].startswith(
        f"Steps of the median run to the baseline's final error: {listed([f'{reach[n]:g} with {n}' for n in order])}; "
        "the baseline takes 20."
    )
    assert f"not get there with {listed([name for name in reach if name not in order])}." in told["speed"]
    above, diverged = rows["rate_over_stable"] > 1, rows["fate"] == "diverged"
    assert told["stability"].startswith(f"{int((above & diverged).sum())} of {int(above.sum())} runs with")
    assert told["stability"].endswith(
        f"{share(int((~above & diverged).sum()), int((~above).sum()))} runs not above it."
    )


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Study:
    plan = {"grid": {"initial_weights": dict(STARTS), RATE: list(RATES)}, "repeat": 3}
    return study(tmp_path_factory.mktemp("pairs"), plan)


def test_the_sentences_of_a_pair(pairs: Study) -> None:
    told = by_topic(pairs)
    rows = counted_errors(pairs)
    rows["reach"] = rows["reaches_baseline_at"].astype("Float64").fillna(np.inf).astype(float)
    cells = {
        (name, rate): (middle(part["error"]), middle(part["reach"]), part)
        for (name, rate), part in rows.groupby(["initial_weights", RATE], sort=False)
    }
    best = {}
    for name in STARTS:
        best[name] = min(RATES, key=lambda rate: cells[name, rate][:2])
    assert "with zeros there is no best" in told["interaction"]
    for name, rate in best.items():
        assert (f"{few(rate)} with {name}" in told["interaction"]) is (name != "zeros"), name
    top = min(cells, key=lambda key: cells[key][:2])
    assert f"The best combination is initial weights {top[0]}, learning rate {few(top[1])}: " in told["best"]
    assert f"by step {few(cells[top][1])}" in told["best"]
    serves = {rate: sum((cells[n, rate][2]["fate"] == "converged").mean() > 0.5 for n in STARTS) for rate in RATES}
    most = max(serves.values())
    at = [rate for rate in RATES if serves[rate] == most]
    assert f"{few(at[0])}" in told["interaction"].split("Learning rate ")[1]
    assert f"with {most} of 5 initial weights" in told["interaction"]
    wrong = {
        name: int(cells[name, rate][2]["fate"].isin(["stalled", "oscillating", "diverged"]).sum())
        for name, rate in best.items()
        if name != "zeros"
    }
    told_wrong = [f"{share(number, len(cells[n, best[n]][2]))} with {n}" for n, number in wrong.items() if number]
    assert told_wrong
    head = "Even at the best learning rate of each, runs stalled, oscillate or diverged"
    assert told["groups"] == f"{head}: {listed(told_wrong)}."
    for name in STARTS:
        quickest = min(cells[name, rate][1] for rate in RATES)
        rate = next(rate for rate in RATES if cells[name, rate][1] == quickest)
        there = f"{quickest:g} with {name} at {few(rate)}" in told["speed"]
        assert there is bool(np.isfinite(quickest)), name
    assert "No learning rate gets there with zeros and large." in told["speed"]


def test_a_best_number_at_the_end_of_what_was_tried_is_called_so(tmp_path: Path) -> None:
    grid = {"initial_weights": {"document": "baseline", "large": {"constant": {"value": 1}}}, RATE: [0.001, 0.01, 0.1]}
    done = study(tmp_path, {"grid": grid})
    errors = counted_errors(done).pivot(index=RATE, columns="initial_weights", values="error")
    assert errors.idxmin().to_dict() == {"document": 0.1, "large": 0.01}
    head = "The best learning rate depends on the initial weights: 0.1 with document and 0.01 with large"
    assert f"{head}; with document that is an end of what was tried." in by_topic(done)["interaction"]


# Whatever varies

PLANS: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "all diverge": ({"grid": {RATE: [2.0, 3.0]}}, {}),
    "one run": ({"grid": {RATE: [0.1]}}, {}),
    "the baseline's own": ({"grid": {RATE: [0.05]}}, {}),
    "a diverging baseline": ({"grid": {RATE: [0.01, 0.1]}}, {RATE: 3}),
    "no limit": ({"grid": {RATE: [0.01, 0.1, 1.0]}}, {"training.optimizer": "adam"}),
    "seeds": ({"repeat": 5}, {"initial_weights": STARTS["large"]}),
    "one seed": ({"repeat": 1}, {"initial_weights": STARTS["large"]}),
    "rates and seeds": ({"grid": {RATE: [0.01, 0.1, 1.0]}, "repeat": 4}, {"initial_weights": STARTS["large"]}),
    "two numbers": ({"grid": {"initial_weights.w1": [-1, 0, 1], RATE: [0.01, 0.1]}}, {}),
    "two labels": (
        {"grid": {"training.loss": ["half_squared_error", "absolute_error"], "initial_weights": STARTS}},
        {},
    ),
    "three": ({"grid": {"initial_weights.w1": [0, 1], "initial_weights.w5": [0, 1], RATE: [0.01, 0.1]}}, {}),
    "zipped": ({"zip": {"initial_weights.w1": [0, 1, 2], RATE: [0.01, 0.1, 0.2]}}, {}),
    "minibatches": (
        {"grid": {RATE: [0.01, 0.1]}},
        {"dataset": {"gate": "xor"}, "training.batches": "online"},
    ),
    "drawn": (
        {"sample": {"random": {"count": 40, "seed": 0}, "of": {RATE: {"log_uniform": {"from": 1e-3, "to": 1}}}}},
        {},
    ),
    "a search": (
        {
            "search": {
                "tpe": {"trials": 24, "seed": 0, "population": 8},
                "of": {
                    RATE: {"log_uniform": {"from": 1e-3, "to": 1}},
                    "initial_weights.w5": {"uniform": {"from": -1, "to": 1}},
                },
            }
        },
        {},
    ),
}


def planned(name: str, folder: Path) -> Study:
    plan, start = PLANS[name]
    return study(folder, plan, set={"training.epochs": STEPS, **start})


@pytest.mark.parametrize("name", PLANS)
def test_every_study_has_plain_sentences(name: str, tmp_path: Path) -> None:
    done = planned(name, tmp_path)
    found = findings(done)
    assert [each.topic for each in found][:3] == ["baseline", "fates", "best"]
    for finding in found:
        assert isinstance(finding, Finding)
        assert str(finding) == finding.text
        assert finding.text.isprintable()
        assert re.fullmatch(r"\S.*[^.]\.", finding.text), finding.text
        assert not re.search(r"\bnan\b|\binf\b|None(?! of)|  |,,|\bNA\b", finding.text), finding.text
    assert findings(Study(done.declaration, done.folder)) == found
    fates = done.table["fate"].iloc[1:].astype(str).tolist()
    assert len(fates) == len(done) - 1
    verbs = {"still falling": "still falling", "oscillating": "oscillate"}
    for fate in set(fates):
        assert verbs.get(fate, fate) in found[1].text
        assert len(set(fates)) == 1 or f" {fates.count(fate)} " in found[1].text


def test_of_many_rates_that_are_equally_soon_the_ends_are_named(tmp_path: Path) -> None:
    rates = [0.118 + 0.001 * n for n in range(8)]
    reach = [
        next(k for k, error in enumerate(errors_by_hand(rate)) if error <= errors_by_hand(0.05)[-1]) for rate in rates
    ]
    soonest = [rate for rate, step in zip(rates, reach, strict=True) if step == min(reach)]
    assert 3 < len(soonest) < len(rates)
    told = by_topic(study(tmp_path, {"grid": {RATE: [0.01, *rates]}}))["speed"]
    assert f"with learning rate from {few(soonest[0])} to {few(soonest[-1])}: at step {min(reach)};" in told


def test_a_study_in_which_all_diverge(tmp_path: Path) -> None:
    done = planned("all diverge", tmp_path)
    told = by_topic(done)
    best = done.table["best_error"].iloc[1:].min()
    assert told["fates"] == "Both other runs diverged."
    assert told["best"].startswith(f"Every run diverged. The smallest error on the way is {best:.3g} at step 0, of ")
    assert told["stability"].endswith("Beyond it every run diverges; the smallest such rate tried is 2.")


def test_who_diverges_at_once_is_not_said_to_stay(tmp_path: Path) -> None:
    plan = {"grid": {"initial_weights": {"document": "baseline", "zeros": "zeros"}}}
    told = by_topic(study(tmp_path, plan, set={RATE: 3, "training.epochs": STEPS}))["groups"]
    assert "zeros never learns" in told
    assert "document never learns" not in told


def test_a_baseline_that_diverged_is_not_compared_with(tmp_path: Path) -> None:
    done = planned("a diverging baseline", tmp_path)
    told = by_topic(done)
    step = int(done.table["diverged_at"].iloc[0])
    assert told["baseline"] == f"The baseline (learning rate 3) diverged at step {step}; its first error is 0.0874."
    assert "speed" not in told
    assert "baseline" not in told["best"]


def test_a_single_run_that_is_the_baseline_departs_nowhere(tmp_path: Path) -> None:
    told = by_topic(planned("the baseline's own", tmp_path))
    assert told["departure"] == "No run departs from the baseline: all have its error, step by step."
    assert told["best"] == "Best: learning rate 0.05 with final error 2.19e-6, the baseline's own."


def test_without_a_limit_nothing_is_said_of_it(tmp_path: Path) -> None:
    assert "stability" not in by_topic(planned("no limit", tmp_path))


def test_a_search_says_when_it_found_its_best(tmp_path: Path) -> None:
    done = planned("a search", tmp_path)
    errors = counted_errors(done)["error"].to_numpy()
    place = int(np.argmin(errors))
    assert f"with run {place + 1} of 24" in by_topic(done)["search"]


def test_the_best_of_what_was_drawn_lies_where_it_says(tmp_path: Path) -> None:
    done = study(tmp_path, PLANS["drawn"][0], set={"training.epochs": 3})
    rows = counted_errors(done)
    most = np.sort(rows["error"])[3]
    assert most < np.sort(rows["error"])[4]
    own = rows[rows["error"] <= most][RATE]
    every = f"(of {few(rows[RATE].min())} to {few(rows[RATE].max())})"
    assert (
        f"The best {len(own)} runs have learning rate from {few(own.min())} to {few(own.max())} {every}."
        in (by_topic(done)["best"])
    )


def test_what_depends_most_on_what(tmp_path: Path) -> None:
    told = by_topic(planned("three", tmp_path))
    assert told["interaction"].startswith("Whether a run converges depends most on ")


def test_a_study_that_goes_on_says_what_is_left(tmp_path: Path) -> None:
    declaration = declared({"grid": {RATE: list(RATES)}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bprunner.sweeps.executing.block_size", lambda _: 1)
        execute_until(declaration, StudyFolder(tmp_path), 3)
    part = Study(declaration, StudyFolder(tmp_path))
    left = 1 + len(RATES) - len(part)
    assert findings(part)[0] == Finding("unfinished", f"The study is not finished: {left} runs of 13 to go.")
    assert findings(part)[1].topic == "baseline"


def test_a_study_of_which_nothing_is_done_says_so(tmp_path: Path) -> None:
    told = findings(Study(declared({"grid": {RATE: list(RATES)}}), StudyFolder(tmp_path)))
    assert [each.topic for each in told] == ["unfinished", "unfinished"]
    assert told[0].text == "The study is not finished: 13 runs of 13 to go."


def test_runs_that_failed_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = train_block

    def failing(task: Any, *rest: Any) -> Any:
        if any(experiment.training.learning_rate == 0.4 for experiment in task.experiments):
            raise ZeroDivisionError("by\nnothing")
        return whole(task, *rest)

    monkeypatch.setattr(workers, "train_block", failing)
    done = study(tmp_path, {"grid": {RATE: list(RATES)}})
    assert len(done) == 12
    first = findings(done)[0]
    assert first.topic == "unfinished"
    assert re.fullmatch(r"1 run failed, number 9 first: .*by nothing.*", first.text), first.text
    assert len(findings(done)) > 3
    more = Study(declared({"grid": {RATE: [*RATES, 0.7, 0.8]}}), done.folder)
    assert [each.text for each in findings(more)[:2]] == [
        first.text,
        "The study is not finished: 2 runs of 15 to go.",
    ]


def test_thousands_of_runs_have_few_sentences(tmp_path: Path) -> None:
    grid = {
        "initial_weights.w5": {"linear": {"from": -2, "to": 2, "count": 60}},
        RATE: {"geometric": {"from": 0.001, "to": 1, "count": 60}},
    }
    done = study(tmp_path, {"grid": grid})
    found = findings(done)
    assert len(found) < 12
    assert all(len(each.text) < 500 for each in found)


def test_errors_at_rounding_are_one(along_rates: Study) -> None:
    """Which of them is the smaller is chance."""
    facts = Facts(along_rates)
    final = along_rates.summary.final[1:]
    zero = facts.errors == 0.0
    assert (final[zero] <= facts.noise).all()
    assert 0 < facts.noise < 1e-16
    assert final[zero].max() > 0.0
    assert (facts.errors[~zero] > facts.noise).all()
    assert np.isinf(facts.errors[np.array(fates_of(along_rates)[1:]) == "diverged"]).all()


# Words


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.12589254, "0.126"),
        (0.0, "0"),
        (1250.4, "1,250"),
        (12345.0, "12,300"),
        (8.2277e-10, "8.23e-10"),
        (1e-5, "1e-5"),
        (0.0001, "0.0001"),
        (0.000099999, "0.0001"),
        (999999.9, "1e6"),
        (-0.5, "-0.5"),
        (1.0, "1"),
        (float("inf"), "infinite"),
        (float("nan"), "unknown"),
    ],
)
def test_numbers_have_few_digits(number: float, text: str) -> None:
    assert few(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300), st.integers(1, 9))
def test_few_digits_are_near_the_number(number: float, digits: int) -> None:
    shown = float(few(number, digits).replace(",", ""))
    assert abs(shown - number) <= 0.5000001 * 10.0 ** (1 - digits) * abs(number) + 1e-307


@given(st.sets(st.integers(1, 10**6), min_size=2, max_size=30))
def test_values_of_an_axis_are_told_apart(numbers: set[int]) -> None:
    words = AxisWords("a.b", "b", [number / 1000 for number in numbers])
    assert len({words.text(number / 1000) for number in numbers}) == len(numbers)


def test_labels_are_plain_and_short() -> None:
    words = AxisWords("training.optimizer", "optimizer", [])
    assert words.text("a\x1b[31m\nb") == "a [31m b"
    assert len(words.text("x" * 100)) == 40
    assert words.text(None) == words.text(float("nan")) == "–"
    assert words.text(True) == "true"
    assert AxisWords("repeat", "repeat", [], is_seed=True).named(123456789.0) == "seed 123456789"


def test_runs_are_called_by_what_they_have() -> None:
    axes = [AxisWords(RATE, "learning_rate", [0.1]), AxisWords("repeat", "repeat", [], is_seed=True)]
    assert run_words(axes, {RATE: 0.1, "repeat": float("nan")}) == "learning rate 0.1"
    assert run_words(axes, {RATE: 0.1, "repeat": 3.0}) == "learning rate 0.1, seed 3"


def test_lists_and_shares() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcdefg")) == "a, b, c, d, e and 2 more"
    assert [share(2, 2), share(9, 9), share(0, 9), share(1, 1), share(3, 9)] == [
        "both",
        "all 9",
        "none of 9",
        "1 of 1",
        "3 of 9",
    ]
    assert DOC.endswith("doc_exact.yaml")
