"""Verdicts, on figures that were worked out by hand from the founding document."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest

import bprunner
from bprunner import Run
from bprunner.errors import InputError
from bprunner.grading import Grade, Grades, grade
from bprunner.spec.experiment import Tracing
from bprunner.spec.nodes import plain
from bprunner.spec.reading import read_declaration
from bprunner.spec.source import Source
from bprunner.spec.yaml_loader import load
from tests.conftest import ROOT
from tests.training.declarations import doc, xor


@cache
def run_of(file: str, *changes: str) -> Run:
    return bprunner.run(ROOT / "configs" / file, changes)


def graded(text: str, run: Run | None = None) -> Grades:
    run = run or run_of("doc_exact.yaml", "training.epochs=2")
    return grade(run.experiment, run.samples, run.trace, plain(load(Source("answers", text))))  # type: ignore[arg-type]


def states(grades: Grades) -> list[str]:
    return [each.state for each in grades]


def kinds(each: Grade) -> list[str]:
    return [mistake.kind for mistake in each.mistakes]


def sources(each: Grade) -> list[tuple[str, str]]:
    return [(str(source.where), source.state) for source in each.sources]


FOUNDING = """
- {step: 0, out: {h1: 0.8, h2: 1.8}, prediction: 0.582, error: 0.087, delta: {o1: -0.418}}
- {step: 0, update: {w1: 0.008, w2: 0.013, w3: 0.009, w4: 0.014, w5: 0.016, w6: 0.037}}
- {step: 1, weight: {w1: 0.11, w2: 0.21, w3: 0.31, w4: 0.41, w5: 0.23, w6: 0.27}}
- {step: 1, out: {h1: 0.85, h2: 1.85}, prediction: 0.695}
"""


def test_the_founding_document_is_right() -> None:
    """It cuts its updates off; the one of w6 it might have rounded as well."""
    grades = graded(FOUNDING, run_of("doc.yaml"))
    assert set(states(grades)) == {"right", "right_to_digits"}
    assert graded("- {step: 0, update: {w6: 0.038}}", run_of("doc.yaml")).are_right
    assert states(graded("- {step: 0, rounding: truncated, update: {w6: 0.038}}", run_of("doc.yaml"))) == ["wrong"]
    assert kinds(graded("- {step: 0, rounding: truncated, update: {w6: 0.038}}", run_of("doc.yaml"))[0]) == [
        "rounded_half_up"
    ]


def test_a_wrong_delta_is_followed_to_the_prediction_after_the_update() -> None:
    """Δ = 1 − 0.582 = 0.418. Then w5 = 0.21 − 0.05·0.418·0.8 = 0.19328, w6 = 0.23 − 0.05·0.418·1.8 = 0.19238,
    w1 = 0.1 − 0.05·0.418·0.21·2 = 0.091222, w2 = 0.2 − 0.05·0.418·0.21·3 = 0.186833, w3 = 0.290386, w4 = 0.385579, each
    rounded to two decimals as the document does; h1 = 2·0.09 + 3·0.19, h2 = 2·0.29 + 3·0.39; 0.75·0.19 + 1.75·0.19."""
    grades = graded(
        """
- {step: 0, delta: {o1: 0.418}}
- {step: 1, weight: {w1: 0.09, w2: 0.19, w3: 0.29, w4: 0.39, w5: 0.19, w6: 0.19}}
- {step: 1, out: {h1: 0.75, h2: 1.75}, prediction: 0.475}
""",
        run_of("doc.yaml"),
    )
    assert states(grades) == ["wrong", *["follows"] * 9]
    by_name = {each.name: each for each in grades}
    assert kinds(by_name["delta.o1"]) == ["target_minus_prediction"]
    assert sources(by_name["weight.w5"]) == [("delta.o1 at step 0", "wrong")]
    assert ("weight.w5 at step 1", "follows") in sources(by_name["prediction.o1"])
    assert "delta.o1 at step 0" not in [name for name, _ in sources(by_name["prediction.o1"])]


def test_what_was_not_written_down_between_is_computed() -> None:
    """From Δ alone to the prediction after the update, through six weights and two neurons."""
    grades = graded("- {step: 0, delta: {o1: 0.418}}\n- {step: 1, prediction: 0.475}", run_of("doc.yaml"))
    assert states(grades) == ["wrong", "follows"]
    assert sources(grades[1]) == [("delta.o1 at step 0", "wrong")]


def test_digits_that_were_rounded_and_gone_on_with() -> None:
    """Δ is −0.418, or −0.42 on paper: 0.05·Δ·1.8 is 0.03762, or 0.0378, or anything between, and nothing else."""

    def of_update(number: str) -> Grade:
        return list(graded(f"- {{step: 0, delta: {{o1: -0.42}}, update: {{w6: {number}}}}}"))[1]

    assert [of_update(number).state for number in ("0.0375", "0.0376", "0.0377", "0.0378", "0.0379")] == [
        "wrong",
        "right_to_digits",
        "follows",
        "follows",
        "wrong",
    ]
    assert of_update("0.0378").is_carried
    assert sources(of_update("0.0378")) == [("delta.o1 at step 0", "right_to_digits")]


def test_a_figure_that_is_right_entirely_stands_for_itself_alone() -> None:
    """0.8·0.21 + 1.8·0.23 = 0.582: who has 0.8 has nothing that could have been rounded."""
    grades = graded("- {step: 0, out: {h1: 0.8, h2: 1.80}, prediction: 0.59}")
    assert states(grades) == ["right", "right", "wrong"]
    assert kinds(grades[2]) == ["last_digit"]


def test_a_wrong_figure_stands_for_all_that_is_written_so() -> None:
    """Δ = −0.5 is anything from −0.55 to −0.45: 0.05·Δ·1.8 from 0.0405 to 0.0495."""
    for number, state in (("0.0404", "wrong"), ("0.0405", "follows"), ("0.0462", "follows"), ("0.0496", "wrong")):
        assert graded(f"- {{step: 0, delta: {{o1: -0.5}}, update: {{w6: {number}}}}}")[1].state == state, number


def test_a_range_that_would_cover_everything_covers_nothing() -> None:
    """Δ = 0 is right to its digits, and may be −0.418; but from 0 on, nothing would be wrong."""
    grades = graded("- {step: 0, delta: {o1: 0}, update: {w6: 0.0200}}")
    assert states(grades) == ["right_to_digits", "wrong"]


def test_a_range_counts_up_to_half_of_its_number() -> None:
    """h1 = 2 is 1.5 to 2.5. With Δ = −1.0, from −1.05 to −0.95, Δ·h1 is −2 ± (0.5 + 0.1). With Δ = −1, from −1.5 to
    −0.5, it is −2 ± (0.5 + 1), and counts for nothing."""

    def of_gradient(delta: str, number: str) -> str:
        return list(graded(f"- {{step: 0, delta: {{o1: {delta}}}, out: {{h1: 2}}, gradient: {{w5: {number}}}}}"))[
            2
        ].state

    assert of_gradient("-1.0", "-2.59") == "follows"
    assert of_gradient("-1.0", "-2.62") == "wrong"
    assert of_gradient("-1", "-2.59") == "wrong"
    assert of_gradient("-1", "-2") == "follows"


def test_a_sign_is_never_taken_for_rounding() -> None:
    grades = graded("- {step: 0, delta: {o1: -1}, update: {w6: -0.09}}")
    assert states(grades) == ["wrong", "wrong"]
    assert kinds(grades[1]) == ["wrong_sign"]
    assert grades[1].mistakes[0].base == "own"


def test_who_has_a_figure_right_is_not_told_of_a_mistake_before_it() -> None:
    """−0.0376 is the update of target − prediction; with the right Δ beside it, it is a wrong sign."""
    assert "target_minus_prediction" in kinds(graded("- {step: 0, update: {w6: -0.0376}}")[0])
    assert kinds(graded("- {step: 0, delta: {o1: -0.418}, update: {w6: -0.0376}}")[1]) == ["wrong_sign"]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ("{step: 0, gradient: {w5: 0.01672}}", ["other_quantity"]),
        ("{step: 0, update: {w5: -0.3344}}", ["other_quantity"]),
        ("{step: 1, weight: {w5: 0.0167}}", ["other_quantity"]),
        ("{step: 1, weight: {w5: 0.21}}", ["earlier_step"]),
        ("{step: 1, prediction: 0.582}", ["earlier_step"]),
        ("{step: 0, out: {h1: 1.8, h2: 0.8}}", ["swapped"]),
        ("{step: 0, out: {h1: 2, h2: 1}}", []),
        ("{step: 0, out: {h1: 1.80}}", ["figure_of_another"]),
        ("{step: 0, out: {h1: 1.8}}", []),
        ("{step: 0, error: 0.088}", ["last_digit"]),
        ("{step: 0, error: 0.0873}", ["rounded_truncated"]),
        ("{step: 0, prediction: 0}", []),
        ("{step: 0, prediction: -0.6}", ["wrong_sign"]),
        ("{step: 0, prediction: 0.4}", []),
        ("{step: 0, values: {out.h1 * weight.w5: -0.168}}", ["wrong_sign"]),
    ],
)
def test_mistakes_of_single_figures(answers: str, told: list[str]) -> None:
    grades = graded(f"- {answers}")
    assert grades[0].state == "wrong"
    assert kinds(grades[0]) == told


def test_the_number_before_it_is_rounded_is_told_where_the_author_rounds() -> None:
    found = graded("- {step: 1, weight: {w5: 0.2267}}", run_of("doc.yaml"))[0]
    assert [(each.kind, dict(each.about)) for each in found.mistakes] == [("not_rounded", {"decimals": "2"})]


def test_expressions_follow_from_their_parts() -> None:
    grades = graded("- {step: 0, values: {out.h1 * weight.w5: 0.189, out.h2 * weight.w6: 0.414}, out: {h1: 0.9}}")
    assert [(each.name, each.state) for each in grades] == [
        ("out.h1", "wrong"),
        ("out.h1 * weight.w5", "follows"),
        ("out.h2 * weight.w6", "right"),
    ]
    assert grades[1].own == pytest.approx(0.189)


def test_it_does_not_matter_in_which_order_figures_are_written() -> None:
    lines = [line for line in FOUNDING.replace("-0.418", "0.418").splitlines() if line]
    whole = {str(each): each.sources for each in graded("\n".join(lines), run_of("doc.yaml"))}
    assert {str(each): each.sources for each in graded("\n".join(lines[::-1]), run_of("doc.yaml"))} == {
        name: whole[name] for name in whole
    }


def test_of_several_samples_each_has_its_own_figures_and_all_come_into_a_gradient() -> None:
    """Who has the prediction of one sample wrong has another gradient, by all four samples."""
    run = bprunner.run(xor())
    right = {sample: float(run.trace["delta.o1"][0][sample]) for sample in range(4)}
    outs = [float(run.trace["out.h1"][0][sample]) for sample in range(4)]
    wrong = {**right, 2: -right[2]}
    gradient = sum(wrong[sample] * outs[sample] for sample in range(4))
    name = next(name for name, place in run.experiment.architecture.names.weights.items() if place == (1, 0, 0))
    entries: list[dict[str, Any]] = [
        {"step": 0, "sample": sample + 1, "delta": {"o1": value}} for sample, value in wrong.items()
    ]
    entries.append({"step": 0, "gradient": {name: round(gradient, 7)}})
    grades = grade(run.experiment, run.samples, run.trace, entries)
    assert states(grades) == ["right", "right", "wrong", "right", "follows"]
    assert sources(grades[4]) == [("delta.o1 at step 0, sample 3", "wrong")]


def test_figures_of_an_epoch_and_of_samples_that_an_update_does_not_have() -> None:
    run = bprunner.run(xor(batches={"online": {"order": [1, 2, 3, 4]}}, epochs=2))
    error, prediction = float(run.trace["training.error"][4]), float(run.trace["prediction.o1"][1])
    text = f"- {{epoch: 1, error: {error!r}}}\n- {{step: 1, prediction: {prediction!r}}}\n"
    text += f"- {{step: 4, error: {float(run.trace['error'][4])!r}}}\n"
    assert states(graded(text, run)) == ["right", "right", "right"]
    assert states(graded("- {epoch: 1, error: 0.999}", run)) == ["wrong"]
    assert states(graded("- {step: 0, sample: 3, prediction: 0.123456, out: {h1: 0.9}}", run)) == ["wrong", "wrong"]
    with pytest.raises(InputError, match="no number to hold against: sample 3 is not among those of step 0's update"):
        graded("- {step: 0, sample: 3, delta: {o1: 0.1}}", run)


def test_a_run_that_ended_before_a_step_or_recorded_less_has_no_number() -> None:
    run = bprunner.run({**doc(), "trace": {"quantities": ["error"]}})
    with pytest.raises(InputError) as caught:
        graded("- {step: 0, out: {h1: 0.8}, error: 0.087}", run)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].path == "answers[0].out.h1"


def test_two_answers_to_one_question_are_refused_unless_they_are_alike() -> None:
    assert states(graded("- {step: 0, error: 0.087}\n- {step: 0, error: 0.087}")) == ["right_to_digits"] * 2
    with pytest.raises(InputError, match=r"error at step 0 is answered twice: 0\.087 before, and 0\.09 here"):
        graded("- {step: 0, error: 0.087}\n- {step: 0, error: 0.09}")


def test_an_expression_has_one_answer_too() -> None:
    with pytest.raises(InputError, match="is answered twice"):
        graded("- {step: 0, values: {out.h1 * 2: 1.6}}\n- {step: 0, values: {out.h1 * 2: 1.7}}")


@pytest.mark.parametrize(("step", "state"), [(3, "follows"), (20, "follows"), (25, "wrong")])
def test_a_wrong_figure_is_followed_over_twenty_updates(step: int, state: str) -> None:
    """One weight, w ← w − 0.1·(w·1 − 1); a first update of 0.3 instead of 0.1 stays in every later weight."""
    run = bprunner.run(
        {
            **doc(learning_rate=0.1, epochs=30),
            "architecture": {"inputs": 1, "layers": [{"units": 1, "activation": "linear", "bias": "none"}]},
            "initial_weights": {"w1": 0},
            "dataset": {"inputs": [[1]], "targets": [[1]]},
        }
    )
    w = 0.3
    for _ in range(step - 1):
        w -= 0.1 * (w - 1)
    grades = graded(f"- {{step: 0, update: {{w1: 0.3000000}}}}\n- {{step: {step}, weight: {{w1: {w:.7f}}}}}", run)
    assert states(grades) == ["wrong", state]


def test_an_error_that_is_reported_has_a_half_of_its_own() -> None:
    """½·0.418² = 0.087362, reported as 0.418² = 0.174724: who halves that one has it from the loss."""
    run = bprunner.run(doc(reported_error="squared_error"))
    grades = graded("- {step: 0, error: 0.087, reported_error: 0.0874}", run)
    assert [(each.name, kinds(each)) for each in grades if each.state == "wrong"] == [
        ("reported_error", ["extra_half", "other_quantity"])
    ]
    assert kinds(graded("- {step: 0, error: 0.17}", run)[0]) == ["missing_half", "other_quantity"]


def test_what_cannot_be_explained_is_held_against_the_run_alone() -> None:
    """A step without a derivative: no formulas, and nothing follows."""
    data = xor(epochs=1, loss="half_squared_error")
    data["architecture"]["layers"][0]["activation"] = "step"
    del data["architecture"]["layers"][0]["bias"]
    data["architecture"]["layers"][0]["frozen"] = True
    data["architecture"]["layers"][0]["bias"] = "none"
    run = bprunner.run(data)
    value = float(run.trace["prediction.o1"][0][1])
    grades = graded(f"- {{step: 0, sample: 2, out: {{h1: 0.3}}, prediction: {value!r}}}", run)
    assert states(grades) == ["wrong", "right"]
    assert not grades.recomputed


def test_a_large_network_is_held_against_the_run_alone() -> None:
    data = xor(epochs=1)
    data["architecture"]["layers"][0]["units"] = 17
    grades = graded("- {step: 0, error: 0.9}\n- {step: 0, sample: 1, out: {h1: 0.9}}", bprunner.run(data))
    assert states(grades) == ["wrong"] * 2
    assert not grades.recomputed


def test_a_declared_erratum_is_wrong_here_as_well() -> None:
    run = run_of("gallery/hmkcode.yaml")
    entries: list[dict[str, Any]] = [
        {"step": each.step, "values": {each.name: float(each.printed.number)}} for each in run.figures.of("erratum")
    ]
    assert entries
    assert states(grade(run.experiment, run.samples, run.trace, entries)) == ["wrong"] * len(entries)


def test_numbers_of_any_size_are_graded() -> None:
    run, dice = run_of("gallery/mazur.yaml", "training.epochs=1"), random.Random(5)
    names = ["net.h1", "out.h1", "prediction.o1", "error", "delta.h1", "delta.o1", "gradient.w1", "update.w5"]
    for _ in range(15):
        entries = []
        for name in names:
            number = dice.choice([0, -0.0, 5e-324, -1e-300, 1e300, -1e308, 1e17, 3, 1e-9, dice.uniform(-9, 9)])
            quantity, _, part = name.partition(".")
            entries.append({"step": 0, quantity: {part: number} if part else number})
        grades = grade(run.experiment, run.samples, run.trace, [*entries, {"step": 1, "weight": {"w1": 0.15, "w5": 7}}])
        assert len(grades) == len(names) + 2


def test_momentum_is_followed_over_several_updates() -> None:
    """v is −0.1 where it should be something else: the update follows from it, and the next velocity."""
    experiment = read_declaration(
        {**doc(optimizer={"momentum": {"momentum": 0.9, "form": "classical"}}, epochs=3)}
    ).experiment.model_copy(update={"trace": Tracing()})
    run = bprunner.run(experiment)
    gradient = float(run.trace["gradient.w5"][1])
    velocity = 0.9 * -0.1 - 0.05 * gradient
    text = f"""
- {{step: 1, velocity: {{w5: -0.1000000}}, update: {{w5: {velocity:.7f}}}}}
- {{step: 2, velocity: {{w5: {velocity:.7f}}}}}
"""
    assert [(each.step, each.name, each.state) for each in graded(text, run)] == [
        (1, "update.w5", "follows"),
        (1, "velocity.w5", "wrong"),
        (2, "velocity.w5", "follows"),
    ]
