# ruff: noqa: E501
"""Reading sweeps: what is wrong is told where it stands, all at once; and what the command line changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from bprunner.errors import InputError
from bprunner.spec.kinds import is_sweep, may_vary
from bprunner.spec.reading import read_declaration
from bprunner.spec.sweep_reading import SweepDeclaration, read_sweep, sweep_of_overrides
from bprunner.spec.sweep_schema import sweep_schema, sweep_schema_text
from bprunner.spec.yaml_loader import load_value
from tests.conftest import ROOT
from tests.spec.faulty import FOREIGN
from tests.spec.sweeps import BASELINE, DRAWN, assert_whole, column, problems, sweep

MARK = "‹"
RATES = "sweep: {grid: {training.learning_rate: [0.1, 0.2]}}"

# What is wrong


@pytest.mark.parametrize(
    ("text", "path", "words", "hint"),
    [
        # The sweep's own keys
        ("sweep: ‹{}", "sweep", "must say what varies", "grid"),
        ("‹sweeps: {}\nsweep: {grid: {training.learning_rate: [1]}}", "sweeps", "unknown key", "`sweep`"),
        ("sweep: {gird: {}, grid: {training.learning_rate: [1]}}".replace("gird", "‹gird"), "sweep.gird", "unknown key", "`grid`"),
        ("sweep: {grid: {training.learning_rate: ‹0.1}}", "sweep.grid.training.learning_rate", "must be a list of values", "[0.01, 0.1]"),
        ("sweep: {grid: {training.learning_rate: ‹'0.1, 0.2'}}", "sweep.grid.training.learning_rate", "must be a list", ""),
        ("sweep: {grid: {training.learning_rate: ‹[]}}", "sweep.grid.training.learning_rate", "must not be empty", ""),
        ("sweep: {grid: {training.learning_rate: {linear: ‹{from: 1, to: 1, count: 2}}}}",
         "sweep.grid.training.learning_rate.linear", "both ends are the same number", ""),
        ("sweep: {grid: {training.learning_rate: {geometric: {from: 1, to: 2, count: ‹1}}}}",
         "sweep.grid.training.learning_rate.geometric.count", "at least 2", ""),
        ("sweep: {zip: ‹{training.learning_rate: [1, 2], training.epochs: [1]}}", "sweep.zip", "has 2, `training.epochs` has 1", "grid"),
        ("sweep: {sample: ‹{of: {training.learning_rate: {uniform: {from: 0.1, to: 1}}}}}", "sweep.sample", "exactly one of", ""),
        ("sweep: {sample: {random: {count: 3, seed: 0}, of: {training.learning_rate: {uniform: ‹{from: 1, to: 0.1}}}}}",
         "sweep.sample.of.training.learning_rate.uniform", "less than `to`", ""),
        ("sweep: {search: {tpe: {trials: 3, seed: 0}, of: {training.learning_rate: ‹{normal: {mean: 1, scale: 1}}}}}",
         "sweep.search.of.training.learning_rate", "no ends", "uniform"),
        ("sweep: {grid: {training.learning_rate: [0.1]}, exclude: [‹training.lerning_rate > 0.1]}",
         "sweep.exclude[0]", "is no path that varies", "`training.learning_rate`"),
        ("sweep: {grid: {training.learning_rate: [0.1]}, exclude: ['training.learning_rate > ‹zeros']}",
         "sweep.exclude[0]", "no path that varies and no number", ""),
        ("sweep: {grid: {training.learning_rate: [0.1]}, exclude: ‹[training.learning_rate > 0]}", "sweep.exclude", "every cell", ""),
        ("sweep: {‹repeat: 3}", "sweep.repeat", "no cell draws anything", "seed"),
        (f"limits: {{disk: ‹ten}}\n{RATES}", "limits.disk", "a number with its unit", "10 GB"),
        (f"trace: {{every: ‹0}}\n{RATES}", "trace.every", "at least 1", ""),
        # Paths
        ("sweep: {grid: {‹training.lerning_rate: [0.1, 0.2]}}", "training.lerning_rate", "unknown key", "`learning_rate`"),
        ("sweep: {grid: {‹initial_weights.w9: [0.1, 0.2]}}", "initial_weights.w9", "no weight or bias is called `w9`", ""),
        ("sweep: {grid: {‹architecture.layers.2.units: [1, 2]}}", "architecture.layers.2.units", "no position", "0 to 1"),
        ("sweep: {grid: {‹training..epochs: [1]}}", "training..epochs", "single dots", ""),
        ("sweep: {grid: {‹name: [a, b]}}", "sweep.grid.name", "changes nothing of what is computed", ""),
        ("sweep: {grid: {training.epochs: [1]}, zip: {‹training.epochs: [2]}}", "sweep.zip.training.epochs", "varies in `grid` already", ""),
        # Values
        ("sweep: {grid: {training.learning_rate: [0.1, ‹-1]}}", "training.learning_rate", "greater than 0", ""),
        ("sweep: {grid: {training.learning_rate: {low: 0.1, none: ‹0}}}", "training.learning_rate", "greater than 0", ""),
        ("sweep: {grid: {training.learning_rate: ‹{linear: {from: 0, to: 1, count: 11}}}}", "training.learning_rate", "greater than 0, found the number 0", ""),
        ("sweep: {grid: {training.learning_rate: [0.1, ‹'0.2']}}", "training.learning_rate", "must be a number", "quotes"),
        ("sweep: {grid: {training.learning_rate: [0.1, ‹.nan]}}", "training.learning_rate", "finite", ""),
        ("sweep: {grid: {training.learning_rate: [0.1, ‹1e-1]}}", "training.learning_rate", "`1e-1` stands here twice", ""),
        ("sweep: {grid: {architecture.layers.0.activation: [tanh, ‹rellu]}}", "architecture.layers[0].activation", "unknown name", "`relu`"),
        ("sweep: {grid: {initial_weights: {zeros: zeros, small: {normal: {scale: ‹-1}, seed: 0}}}}",
         "initial_weights.normal.scale", "at least 0", ""),
        ("sweep: {grid: {initial_weights: {small: {‹normal: {scale: 1}}}}}", "initial_weights.normal", "needs a `seed`", ""),
        ("sweep: {grid: {training.epochs: [1, ‹1.5]}}", "training.epochs", "whole number", ""),
        # A value that does not fit what the baseline has
        ("sweep: {grid: {architecture.layers.0.units: [2, ‹3]}}", "architecture.layers.0.units", "3 of 9 weights are left out", ""),
        # Values that do not fit each other
        ("sweep: {grid: {initial_weights: {zeros: zeros, small: {normal: {scale: 1}, seed: 3}}, initial_weights.seed: [‹1]}}",
         "initial_weights.seed", "`initial_weights` is zeros and `initial_weights.seed` is 1", ""),
        ("sweep: {grid: {training.loss: [half_squared_error, binary_cross_entropy], architecture.layers.1.activation: [sigmoid, ‹tanh]}}",
         "architecture.layers.1.activation", "`training.loss` is binary_cross_entropy and `architecture.layers.1.activation` is tanh", ""),
        # What holds for all
        (f"set: {{training.epochs: ‹-1}}\n{RATES}", "training.epochs", "at least 0", ""),
        (f"set: {{training: {{‹epoch: 3}}}}\n{RATES}", "training.epoch", "unknown key", "`epochs`"),
        # What is drawn
        ("sweep: {sample: {random: {count: 50, seed: 0}, of: {training.learning_rate: ‹{uniform: {from: -1, to: 1}}}}}",
         "training.learning_rate", "greater than 0", ""),
        ("sweep: {search: {tpe: {trials: 9, seed: 0}, of: {training.learning_rate: ‹{uniform: {from: -1, to: 1}}}}}",
         "training.learning_rate", "greater than 0", ""),
        ("sweep: {search: {tpe: {trials: 9, seed: 0}, of: {training.loss: {choice: [squared_error, ‹squared]}}}}",
         "training.loss", "unknown name", ""),
        # A label may be any word.
        ("sweep: {search: {tpe: {trials: 9, seed: 0}, of: {training.loss: {choice: {values: ‹[squared_error]}}}}}",
         "training.loss", "must be one of the names", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_where_it_stands(tmp_path: Path, text: str, path: str, words: str, hint: str) -> None:
    before, mark, after = text.partition(MARK)
    assert mark
    told = drawn_problems(tmp_path, before + after)
    shown = "\n".join(map(str, told))
    assert len(told) == 1, shown
    (problem,) = told
    assert problem.place is not None
    line, column = before.count("\n") + 3, len(before) - before.rfind("\n")
    assert (Path(problem.place.source).name, problem.place.line, problem.place.column) == (
        "sweep.yaml",
        line,
        column,
    ), shown
    assert problem.path == path
    assert words in problem.message, shown
    assert hint in problem.hint, shown
    assert not FOREIGN.search(f"{problem.message} {problem.hint}"), shown


def drawn_problems(folder: Path, text: str) -> Any:
    """With a sampler, as the floor above has one."""
    from bprunner.sweeps.declaring import read_sweep as read

    (folder / "base.yaml").write_text(BASELINE, encoding="utf-8")
    (folder / "sweep.yaml").write_text(f"name: study\nbaseline: base.yaml\n{text}", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read(folder / "sweep.yaml")
    return caught.value.problems


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = (
        "sweep:\n  grid:\n    training.learning_rate: [-1, 0.1, abc]\n    training.lerning_rate: [1, 2, 3]\n"
        "    architecture.layers.0.activation: [tahn]\n"
    )
    told = [
        (problem.place.line, problem.message.split(",")[0]) for problem in problems(tmp_path, text) if problem.place
    ]
    assert told == [
        (5, "must be greater than 0"), (5, "must be a number"), (6, "unknown key `lerning_rate`"), (7, "unknown name `tahn`")
    ]  # fmt: skip


def test_a_value_that_is_refused_hides_no_other_problem(tmp_path: Path) -> None:
    """With `.nan` the weights are none, so that nothing can be said of their names: it is no way out for `w9`."""
    told = problems(tmp_path, "sweep:\n  grid:\n    initial_weights.w9: [0.1]\n    initial_weights.w5: [.nan, 1]\n")
    assert [(problem.place and problem.place.line, problem.path) for problem in told] == [
        (5, "initial_weights.w9"), (6, "initial_weights.w5")
    ]  # fmt: skip


def test_many_wrong_values_are_told_in_little_time_and_few_words(tmp_path: Path) -> None:
    text = "sweep: {grid: {training.lerning_rate: {linear: {from: 1, to: 2, count: 100000}}}}"
    assert len(problems(tmp_path, text)) == 1
    values = ", ".join(str(-each) for each in range(1, 2000))
    assert 1 < len(problems(tmp_path, f"sweep: {{grid: {{training.learning_rate: [{values}]}}}}")) <= 100


@pytest.mark.parametrize(
    ("baseline", "words"),
    [
        ("other.yaml", "cannot read the baseline `other.yaml`: there is no such file"),
        ("sweep.yaml", "declares a sweep"),
    ],
)
def test_a_baseline_that_is_none_is_told(tmp_path: Path, baseline: str, words: str) -> None:
    (problem,) = problems(tmp_path, RATES, f"baseline={baseline}")
    assert words in problem.message


def test_what_is_wrong_in_the_baseline_is_told_there(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, RATES, baseline=BASELINE.replace("epochs: 1", "epochs: -1"))
    assert problem.place is not None
    assert (Path(problem.place.source).name, problem.place.line) == ("base.yaml", 15)


# What holds for every run


def test_parts_are_merged_and_paths_replaced(tmp_path: Path) -> None:
    declared = sweep(
        tmp_path,
        "set: {training: {updates: 3, optimizer: {momentum: {momentum: 0.5}}}, initial_weights.w5: 1}\n" + RATES,
    )
    for cell in declared.cells():
        assert (cell.experiment.training.updates, cell.experiment.training.epochs) == (3, None)
        assert cell.experiment.training.optimizer.kind == "momentum"
        assert cell.experiment.initial_weights.named["w5"] == 1
        assert cell.experiment.initial_weights.named["w1"] == 0.1
    assert_whole(declared)


def test_a_sweep_from_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_text(BASELINE)
    plan = {"grid": {"training.learning_rate": [0.1, 0.2]}}
    experiment = read_declaration("base.yaml").experiment
    hashes = [
        [cell.hash for cell in read_sweep({"name": "s", "baseline": baseline, "sweep": plan}).cells()]
        for baseline in ("base.yaml", yaml.safe_load(BASELINE), experiment)
    ]
    assert hashes[0] == hashes[1] == hashes[2]


def test_a_sweep_is_told_from_an_experiment() -> None:
    def told(text: str) -> bool:
        return is_sweep(load_value(text, "test"))

    assert told("{baseline: a.yaml, sweep: {}}")
    assert told("{sweep: {}}")
    assert told("{baseline: a.yaml}")
    assert not told("{name: a, architecture: {}}")
    assert not told("{extends: a.yaml}")
    assert not told("[1, 2]")


# The command line


def test_overrides_of_a_sweep(tmp_path: Path) -> None:
    text = "sweep: {grid: {training.learning_rate: [0.1, 0.2], training.epochs: [1, 2]}}"
    assert column(sweep(tmp_path, text, "sweep.grid.training.epochs=[5]"), "training.epochs") == [5.0, 5.0]
    assert column(sweep(tmp_path, text, "training.learning_rate={linear: {from: 1, to: 2, count: 2}}"), "training.learning_rate") == [
        1.0, 1.0, 2.0, 2.0
    ]  # fmt: skip
    declared = sweep(tmp_path, text, "arithmetic=exact", "set.initial_weights.w1=3", "limits.runs=7", "name=other")
    assert (declared.sweep.limits.runs, declared.sweep.name) == (7, "other")
    assert all(cell.experiment.initial_weights.named["w1"] == 3 for cell in declared.cells())
    assert all(cell.experiment.arithmetic.weight is None for cell in declared.cells())
    assert declared.overrides == ("arithmetic=exact", "set.initial_weights.w1=3", "limits.runs=7", "name=other")


def test_a_list_for_a_sweep_varies_where_the_path_takes_none(tmp_path: Path) -> None:
    declared = sweep(tmp_path, RATES, "initial_weights.w5=[1, 2]", "training.frozen=[w1, w2]")
    assert column(declared, "initial_weights.w5") == [1.0, 2.0, 1.0, 2.0]
    assert all(cell.experiment.training.frozen == ("w1", "w2") for cell in declared.cells())
    assert column(sweep(tmp_path, RATES, "training.learning_rate=[3]"), "training.learning_rate") == [3.0]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("training.epochs=3", "training.epochs=4"),
        ("set.training.epochs=3", "training.epochs=4"),
        ("training.epochs=3", "training.updates=4"),
        ("training.epochs=3", "training={epochs: 4}"),
        ("training.optimizer.momentum.momentum=0.5", "training={optimizer: adam}"),
        ("initial_weights.w1=5", "initial_weights=zeros"),
        ("training.frozen=[w1]", "training.frozen=[w2]"),
        ("sweep.repeat=2", "sweep.repeat=3"),
        ("limits.runs=2", "limits={runs: 3}"),
        ("sweep.grid.training.learning_rate=[1]", "training.learning_rate=[2]"),
        ("training.learning_rate=[1]", "training.learning_rate={linear: {from: 1, to: 2, count: 2}}"),
    ],
)
def test_arguments_of_a_sweep_that_contradict_each_other_are_told(tmp_path: Path, first: str, second: str) -> None:
    text = f"set: {{training.optimizer: {{momentum: {{momentum: 0.9}}}}}}\n{RATES}"
    (problem,) = problems(tmp_path, text, first, second, baseline=DRAWN)
    # A list is laid when the baseline is known, and so after the others.
    assert problem.message in (
        f"`{first}` and `{second}` contradict each other",
        f"`{second}` and `{first}` contradict each other",
    )
    assert problem.hint == "leave one of them out"
    assert problem.place is not None
    assert problem.place.source in (f"argument {first}", f"argument {second}")


@pytest.mark.parametrize(
    "overrides",
    [
        ["training={epochs: 3}", "training.learning_rate=1"],
        ["training.epochs=3", "training.epochs={linear: {from: 1, to: 2, count: 2}}"],
        ["training.epochs=3", "training.epochs=3"],
        ["limits={runs: 3}", "limits.rows=4"],
        ["training.updates=4"],
    ],
)
def test_arguments_that_add_to_each_other_or_to_the_file_do_not(tmp_path: Path, overrides: list[str]) -> None:
    assert sweep(tmp_path, f"set: {{training.epochs: 7}}\n{RATES}", *overrides).count() > 1


def test_an_argument_wins_over_all_that_the_file_sets(tmp_path: Path) -> None:
    declared = sweep(tmp_path, f"set: {{training.epochs: 3, training: {{epochs: 4}}}}\n{RATES}", "training.epochs=5")
    assert [cell.experiment.training.epochs for cell in declared.cells()] == [5, 5, 5]


@pytest.mark.parametrize(
    "second", ["training.learning_rate=[1]", "training.learning_rate={linear: {from: 1, to: 2, count: 2}}"]
)
def test_what_varies_twice_is_told(tmp_path: Path, second: str) -> None:
    with pytest.raises(InputError, match="contradict each other"):
        of_overrides(tmp_path, "training.learning_rate=[0.1, 0.2]", second)


def of_overrides(folder: Path, *overrides: str, baseline: str = BASELINE) -> SweepDeclaration | None:
    (folder / "base.yaml").write_text(baseline, encoding="utf-8")
    return sweep_of_overrides(folder / "base.yaml", overrides)


@pytest.mark.parametrize(
    ("override", "path", "values"),
    [
        ("training.learning_rate={geometric: {from: 0.001, to: 1, count: 4}}", "training.learning_rate", [0.001, 0.01, 0.1, 1.0]),
        ("training.learning_rate=[0.1, 0.2]", "training.learning_rate", [0.1, 0.2]),
        ("architecture.layers.0.activation=[tanh, relu]", "architecture.layers.0.activation", ["tanh", "relu"]),
        ("training.epochs={linear: {from: 1, to: 3, count: 3}}", "training.epochs", [1.0, 2.0, 3.0]),
        ("initial_weights=[zeros, {constant: {value: 1}}]", "initial_weights", ["zeros", "{constant: {value: 1}}"]),
    ],
)  # fmt: skip
def test_values_that_vary_make_a_sweep(tmp_path: Path, override: str, path: str, values: list[object]) -> None:
    declared = of_overrides(tmp_path, override, "training.optimizer=adam")
    assert declared is not None
    assert declared.path is None
    assert declared.sweep.name == "doc"
    assert column(declared, path) == values
    assert {cell.experiment.training.optimizer.kind for cell in declared.cells()} == {"adam"}
    assert_whole(declared)


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["training.learning_rate=0.1"],
        ["training.frozen=[w1, w2]"],
        ["training.frozen=[w1, w9]"],
        ["dataset.inputs=[[1, 2]]"],
        ["dataset.inputs=[[1, 2, 3]]"],
        ["dataset.inputs=[1, 2]"],
        ["training.metrics=[accuracy]"],
        ["expect=[]"],
        ["trace.quantities=[weight]"],
        ["architecture.layers=[{units: 1, activation: tanh, bias: none}]"],
        ["training.learning_rate=0.1, 0.2"],
        ["architecture.layers.0.activation={linear: {}}"],
        ["no equals sign"],
    ],
)
def test_values_that_a_path_takes_make_none(tmp_path: Path, overrides: list[str]) -> None:
    assert of_overrides(tmp_path, *overrides) is None


def test_what_is_wrong_with_an_argument_is_told_there(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        of_overrides(tmp_path, "training.learning_rate=[0.1, -1]")
    (problem,) = caught.value.problems
    assert problem.place is not None
    assert (problem.place.source, problem.place.column) == ("argument training.learning_rate=[0.1, -1]", 30)
    assert "greater than 0" in problem.message


# Samples and searches, as far as they are declared


def test_a_sample_needs_a_sampler(tmp_path: Path) -> None:
    text = "sweep: {sample: {random: {count: 3, seed: 0}, of: {training.learning_rate: {uniform: {from: 0.1, to: 1}}}}}"
    with pytest.raises(ValueError, match="sampler"):
        sweep(tmp_path, text)
    declared = sweep(tmp_path, text, sampler=lambda sample: [(0.5,)] * sample.drawing.count)
    assert column(declared, "training.learning_rate") == [0.5, 0.5, 0.5]


SEARCH = (
    "sweep:\n  grid: {initial_weights: {document: baseline, small: {normal: {scale: 0.1}, seed: 0}}}\n"
    "  search:\n    tpe: {trials: 9, seed: 0, population: 3}\n    of:\n"
    "      training.learning_rate: {log_uniform: {from: 0.001, to: 1}}\n"
    "      training.optimizer: {choice: {plain: gradient_descent, heavy: {momentum: {momentum: 0.9}}}}\n  repeat: 2\n"
)


def test_what_a_search_proposes_becomes_cells(tmp_path: Path) -> None:
    declared = sweep(tmp_path, SEARCH)
    assert [cell.number for cell in declared.cells()] == [0]
    proposals: list[dict[str, object]] = [
        {"training.learning_rate": 0.5, "training.optimizer": 1}, {"training.learning_rate": 0.25, "training.optimizer": 0}
    ]  # fmt: skip
    found = list(declared.proposed(proposals, 7))
    # The document's weights are not drawn, and so not repeated.
    assert [position for position, _ in found] == [0, 0, 0, 1, 1, 1]
    cells = [cell for _, cell in found]
    assert [cell.number for cell in cells] == [7, 8, 9, 10, 11, 12]
    assert [cell.values["training.optimizer"] for cell in cells] == ["heavy"] * 3 + ["plain"] * 3
    assert [cell.experiment.training.learning_rate for cell in cells] == [0.5] * 3 + [0.25] * 3
    assert_whole(declared, cells)


def test_a_proposal_that_is_no_experiment_is_refused(tmp_path: Path) -> None:
    declared = sweep(tmp_path, SEARCH)
    with pytest.raises(InputError, match="greater than 0"):
        list(declared.proposed([{"training.learning_rate": -1, "training.optimizer": 0}], 1))
    with pytest.raises(ValueError, match="no search"):
        list(sweep(tmp_path, RATES).proposed([], 1))


# The schema


def valid(data: object) -> bool:
    return not list(jsonschema.Draft202012Validator(sweep_schema()).iter_errors(data))


@pytest.mark.parametrize(
    "plan",
    [
        "{grid: {training.learning_rate: [0.1], training.epochs: {linear: {from: 1, to: 2, count: 2}}}}",
        "{grid: {initial_weights: {zeros: zeros, small: {normal: {scale: 0.1}, seed: 0}}}}",
        "{zip: {training.learning_rate: {geometric: {from: 1, to: 2, count: 2}}, training.epochs: [1, 2]}, repeat: 3}",
        "{repeat: {count: 3, first_seed: 4, seeds: [initial_weights.seed]}, exclude: [repeat > 5]}",
        "{sample: {sobol: {count: 4, seed: 0}, of: {training.learning_rate: {log_uniform: {from: 0.1, to: 1}}}}}",
        "{search: {tpe: {trials: 4, seed: 0}, of: {training.loss: {choice: [squared_error, half_squared_error]}}}}",
    ],
)
def test_the_schema_has_what_is_read(tmp_path: Path, plan: str) -> None:
    whole = {
        "name": "s",
        "baseline": "base.yaml",
        "sweep": yaml.safe_load(plan),
        "limits": {"disk": "10 GB", "time": "2 h"},
    }
    assert valid(whole)
    (tmp_path / "base.yaml").write_text(DRAWN)
    (tmp_path / "sweep.yaml").write_text(yaml.safe_dump(whole))
    declared = read_sweep(tmp_path / "sweep.yaml", sampler=lambda sample: [(0.5,)] * sample.drawing.count)
    assert (declared.sweep.limits.disk, declared.sweep.limits.time) == (10**10, 7200)


@pytest.mark.parametrize(
    "plan",
    [
        "{gird: {training.learning_rate: [0.1]}}",
        "{grid: {training.learning_rate: 0.1}}",
        "{grid: {training.learning_rate: []}}",
        "{sample: {sobol: {count: 4}, of: {training.learning_rate: {uniform: {from: 0.1, to: 1}}}}}",
        "{sample: {of: {training.learning_rate: {uniform: {from: 0.1, to: 1}}}}}",
        "{repeat: 0}",
    ],
)
def test_the_schema_refuses_what_is_refused(tmp_path: Path, plan: str) -> None:
    assert not valid({"name": "s", "baseline": "base.yaml", "sweep": yaml.safe_load(plan)})
    assert problems(tmp_path, f"sweep: {plan}")


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(sweep_schema())
    assert sweep_schema_text().endswith("}\n")


def test_reading_a_sweep_imports_nothing_heavy() -> None:
    code = (
        "import sys; from bprunner.spec.sweep_reading import sweep_of_overrides as read;"
        "sum(1 for _ in read('configs/doc.yaml', ['training.learning_rate=[0.1, 0.2]']).cells());"
        "sys.exit(any(heavy in sys.modules for heavy in ('numpy', 'scipy', 'optuna', 'mlflow')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60, cwd=ROOT).returncode == 0


@pytest.mark.parametrize("value", ["[0.1, 0.2]", "{linear: {from: 0.1, to: 1, count: 3}}", "\n- 0.1\n- 0.2"])
def test_an_argument_that_varies_something_is_never_taken_for_one_that_does_not(tmp_path: Path, value: str) -> None:
    (tmp_path / "base.yaml").write_text(BASELINE, encoding="utf-8")
    override = f"training.learning_rate={value}"
    assert sweep_of_overrides(tmp_path / "base.yaml", [override]) is not None
    assert may_vary(override)
    assert not may_vary("training.learning_rate=0.1")
