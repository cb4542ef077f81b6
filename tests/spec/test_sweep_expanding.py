"""The law of expanding: a cell that is copied is what validating and hashing the whole of it gives."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bprunner.spec import cell_checking, expanding, leaves, skeletons, validating
from bprunner.spec.choices import Frozen
from bprunner.spec.effective import declaration_data
from bprunner.spec.leaves import INDEPENDENT, leaf_at
from bprunner.spec.reading import Declaration, read_declaration
from bprunner.spec.sweep_reading import read_sweep, sweep_of_overrides
from tests.conftest import ROOT
from tests.spec.sweeps import BASELINE, DRAWN, assert_whole, column, labels, problems, sweep

GALLERY = sorted(path for path in (ROOT / "configs").rglob("*.yaml") if path.parent.name != "data_needed")


def number_paths(data: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], float]]:
    """Every number of a declaration, with its path as YAML writes it."""
    if isinstance(data, dict):
        for key, item in data.items():
            yield from number_paths(item, (*path, str(key)))
    elif isinstance(data, list):
        for place, item in enumerate(data):
            yield from number_paths(item, (*path, str(place)))
    elif isinstance(data, int | float) and not isinstance(data, bool):
        yield path, data


def near(number: float) -> list[float]:
    """Numbers that are valid wherever this one is: smaller ones of the same sign; seeds that are larger."""
    if isinstance(number, int):
        return [number, number + 1, number + 5]
    return [number, number * 0.5, number * 0.9375] if number else [0.0, 0.25, 0.5]


# The law


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_cells_of_every_example_are_what_validating_each_gives(path: Path) -> None:
    """Three numbers at a time, of all that can be changed alone."""
    declaration = read_declaration(path)
    data = {key: value for key, value in declaration_data(declaration.experiment).items() if key != "expect"}
    found = [(at, each) for at, each in number_paths(data) if leaf_at(declaration.experiment, at) is not None]
    assert found
    for start in range(0, min(len(found), 12), 3):
        grid = {".".join(at): near(each) for at, each in found[start : start + 3]}
        declared = read_sweep({"name": "law", "baseline": str(path), "sweep": {"grid": grid}}, allow_outside=True)
        cells = list(declared.cells())
        assert len(cells) == 1 + 3 ** len(grid)
        assert_whole(declared, cells[:: max(1, len(cells) // 6)])
        assert len({cell.hash for cell in cells[1:]}) == len(cells) - 1


BLOCKS = st.fixed_dictionaries(
    {},
    optional={
        "training.learning_rate": st.lists(st.floats(1e-6, 10), min_size=1, max_size=4, unique=True),
        "initial_weights.w5": st.lists(st.floats(-3, 3) | st.integers(-3, 3), min_size=1, max_size=3, unique=True),
        "architecture.layers.0.activation": st.just(
            ["tanh", {"leaky_relu": {"slope": 0.2}}, {"elu": {"alpha": 1}}, "relu"]
        ),
        "training.optimizer": st.just({"plain": "gradient_descent", "heavy": {"momentum": {"momentum": 0.9}}}),
        "initial_weights": st.just(
            {
                "document": "baseline",
                "zeros": "zeros",
                "small": {"normal": {"scale": 0.01}, "seed": 0},
                "even": {"uniform": {"low": -1, "high": 1}, "seed": 3, "w1": 0.5},
            }
        ),
        "training.epochs": st.just([1, 3]),
        "dataset": st.just({"one": "baseline", "two": {"inputs": [[1, 1], [0, 2]], "targets": [[1], [0]]}}),
    },
).filter(bool)


@given(BLOCKS, st.integers(1, 3), st.booleans(), st.booleans())
def test_cells_of_random_grids_are_what_validating_each_gives(
    grid: dict[str, Any], repeats: int, drawn: bool, first: bool
) -> None:
    import yaml

    baseline = yaml.safe_load(DRAWN if drawn else BASELINE)
    repeat: dict[str, Any] = {"repeat": {"count": repeats, "first_seed": 4}} if drawn else {}
    plan = {**repeat, "grid": grid} if first else {"grid": grid, **repeat}
    declared = read_sweep({"name": "law", "baseline": baseline, "sweep": plan})
    cells = list(declared.cells())
    assert len(cells) == declared.count()
    assert_whole(declared, cells[:: max(1, len(cells) // 12)])


def models(model: type[BaseModel] = Frozen) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        yield each
        yield from models(each)


def test_what_can_be_changed_alone_is_there() -> None:
    known = {model.__name__: set(model.model_fields) for model in models()}
    for name, fields in INDEPENDENT.items():
        assert fields <= known[name], name


def test_names_of_models_are_theirs_alone() -> None:
    """INDEPENDENT goes by name."""
    names = [model.__name__ for model in models() if model.__module__.startswith("bprunner.spec")]
    assert sorted(name for name in names if name in INDEPENDENT) == sorted(INDEPENDENT)


def test_numbers_that_depend_on_each_other_are_validated_together(tmp_path: Path) -> None:
    """`low` must be less than `high`: each is valid with the baseline's other one, and one of the cells is not."""
    low, high = "initial_weights.uniform.low", "initial_weights.uniform.high"
    text = f"sweep: {{grid: {{{low}: [-1, 0.5], {high}: [0.25, 1]}}}}"
    (problem,) = problems(tmp_path, text, baseline=DRAWN)
    assert "`low` must be less than `high`, found 0.5 and 0.25" in problem.message
    assert f"`{low}` is 0.5 and `{high}` is 0.25" in problem.message


LEGACY = "{new: {glorot_uniform: {}, seed: 0}, old: {glorot_uniform: {}, seed: 0, generator: numpy_legacy}}"


@pytest.mark.parametrize(
    "text",
    [
        f"sweep: {{grid: {{initial_weights: {LEGACY}, initial_weights.seed: [1, {2**32}]}}}}",
        f"sweep: {{grid: {{initial_weights: {LEGACY}}}, repeat: {{count: 3, first_seed: {2**32 - 2}}}}}",
    ],
)
def test_the_largest_seeds_are_validated_too(tmp_path: Path, text: str) -> None:
    """The old generator takes 32 bits: of its cells the last are faulty, and of those of the new one none is."""
    (problem,) = problems(tmp_path, text, baseline=DRAWN)
    assert "a seed is at most 4,294,967,295, found 4,294,967,296" in problem.message


def test_a_wrong_copy_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The law's own test: numbers that go to each other's places."""
    declared = sweep(tmp_path, "sweep: {grid: {initial_weights.w1: [1, 2], initial_weights.w2: [3, 4]}}")
    assert_whole(declared)
    right = leaves.with_numbers
    monkeypatch.setattr(skeletons, "with_numbers", lambda value, trie, numbers: right(value, trie, numbers[::-1]))
    with pytest.raises(AssertionError):
        assert_whole(declared)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("training.learning_rate", True),
        ("initial_weights.w5", True),
        ("initial_weights.w9", False),
        ("initial_weights.uniform.low", False),
        ("training.epochs", False),
        ("training.optimizer.momentum", False),
        ("training.optimizer.kind", False),
        ("architecture.layers.0.units", False),
        ("dataset.inputs.0.0", False),
        ("training", False),
        ("training.learning_rate.x", False),
        ("nothing", False),
        ("initial_weights.named.w5", False),
    ],
)
def test_which_numbers_can_be_changed_alone(path: str, found: bool) -> None:
    import yaml

    experiment = read_declaration(yaml.safe_load(BASELINE)).experiment
    assert (leaf_at(experiment, path.split(".")) is not None) is found


# The order and the values of cells


def test_the_last_axis_is_the_fastest_in_the_order_of_the_file(tmp_path: Path) -> None:
    declared = sweep(
        tmp_path,
        "sweep:\n  repeat: 2\n  zip: {initial_weights.w1: [1, 2], initial_weights.w2: [3, 4]}\n"
        "  grid: {training.learning_rate: [0.1, 0.2], training.epochs: [1, 2]}\n",
        baseline=DRAWN,
    )
    assert declared.paths == (
        "repeat", "initial_weights.w1", "initial_weights.w2", "training.learning_rate", "training.epochs"
    )  # fmt: skip
    cells = list(declared.cells())
    assert len(cells) == declared.count() == 1 + 2 * 2 * 2 * 2
    first = {"repeat": "0", "initial_weights.w1": "1", "initial_weights.w2": "3"}
    assert labels(cells)[1:4] == [
        {**first, "training.learning_rate": rate, "training.epochs": epochs}
        for rate, epochs in [("0.1", "1"), ("0.1", "2"), ("0.2", "1")]
    ]
    assert column(declared, "repeat") == [0.0] * 8 + [1.0] * 8
    assert_whole(declared)


def test_the_baseline_is_run_0_with_what_it_has_where_others_vary(tmp_path: Path) -> None:
    declared = sweep(
        tmp_path,
        "set: {training.epochs: 7, arithmetic: exact}\n"
        "sweep:\n  grid:\n    training.learning_rate: [0.1]\n    training.epochs: [2]\n"
        "    initial_weights: {document: baseline, zeros: zeros}\n",
    )
    baseline, *others = declared.cells()
    assert baseline.number == 0
    assert baseline.values == {"training.learning_rate": 0.05, "training.epochs": 7.0, "initial_weights": "document"}
    assert baseline.experiment.training.epochs == 7
    assert baseline.experiment.arithmetic.weight is None
    assert [cell.experiment.arithmetic.weight for cell in others] == [None, None]
    assert [cell.experiment.training.epochs for cell in others] == [2, 2]
    assert others[0].experiment.initial_weights.named["w5"] == 0.21
    assert others[1].experiment.initial_weights.named == {}


def test_what_the_baseline_has_by_default_is_shown(tmp_path: Path) -> None:
    plan = "sweep: {zip: {training.optimizer.adam.beta1: [0.5], training.batches: [online]}}"
    first, _ = sweep(tmp_path, f"set: {{training.optimizer: adam}}\n{plan}").cells()
    assert first.values == {"training.optimizer.adam.beta1": 0.9, "training.batches": "full"}
    text = "sweep: {grid: {training.optimizer: {heavy: {momentum: {momentum: 0.9}}, plain: {gradient_descent: {}}}}}"
    first, *_ = sweep(tmp_path, text).cells()
    assert first.values == {"training.optimizer": "plain"}


def test_figures_are_the_documents_alone(tmp_path: Path) -> None:
    for cell in sweep(tmp_path, "sweep: {grid: {training.learning_rate: [0.1]}}").cells():
        assert cell.experiment.expect == ()
        assert cell.experiment.horizon is None


def test_what_lies_inside_of_another_value_is_set_after_it(tmp_path: Path) -> None:
    declared = sweep(
        tmp_path,
        "sweep: {grid: {initial_weights.w5: [0.5, 0.6], initial_weights: {zeros: zeros, one: {constant: {value: 1}}}}}",
    )
    cells = list(declared.cells())[1:]
    assert [cell.experiment.initial_weights.named for cell in cells] == [{"w5": w} for w in (0.5, 0.5, 0.6, 0.6)]
    assert_whole(declared)


def test_a_choice_by_name_can_be_gone_into(tmp_path: Path) -> None:
    baseline = BASELINE.replace("optimizer: gradient_descent", "optimizer: adam")
    declared = sweep(tmp_path, "sweep: {grid: {training.optimizer.adam.beta1: [0.5, 0.75]}}", baseline=baseline)
    rates = [cell.experiment.training.optimizer.beta1 for cell in declared.cells()]  # type: ignore[union-attr]
    assert rates == [0.9, 0.5, 0.75]
    assert_whole(declared)


def test_units_of_a_layer_may_vary_with_the_weights_that_fit(tmp_path: Path) -> None:
    declared = sweep(
        tmp_path,
        "sweep: {zip: {architecture.layers.0.units: {linear: {from: 2, to: 4, count: 3}}, "
        "initial_weights: {document: baseline, zeros: zeros, drawn: {glorot_uniform: {}, seed: 1}}}}",
    )
    assert [cell.experiment.architecture.layers[0].units for cell in declared.cells()] == [2, 2, 3, 4]
    assert_whole(declared)


# Repeating


def test_every_cell_has_its_seeds_and_one_that_draws_nothing_runs_once(tmp_path: Path) -> None:
    declared = sweep(
        tmp_path,
        "sweep:\n  grid: {initial_weights: {document: baseline, small: {normal: {scale: 0.1}, seed: 50}}}\n"
        "  repeat: {count: 3, first_seed: 10}\n",
    )
    cells = list(declared.cells())
    assert [cell.experiment.initial_weights.seed for cell in cells] == [None, None, 10, 11, 12]
    assert [cell.values.get("repeat") for cell in cells] == [None, None, 10.0, 11.0, 12.0]
    assert_whole(declared)


SHUFFLED = DRAWN.replace("epochs: 1\n", "epochs: 1\n  batches: {minibatches: {size: 1, seed: 9}}\n")


def test_all_seeds_are_repeated_unless_some_are_named(tmp_path: Path) -> None:
    def seeds(text: str) -> list[tuple[Any, Any]]:
        declared = sweep(tmp_path, text, baseline=SHUFFLED)
        assert_whole(declared)
        batches: list[Any] = [cell.experiment.training.batches for cell in declared.cells()]
        weights = [cell.experiment.initial_weights.seed for cell in declared.cells()]
        return list(zip(weights, (each.seed for each in batches), strict=True))

    assert seeds("sweep: {repeat: 2}") == [(7, 9), (0, 0), (1, 1)]
    assert seeds("sweep: {repeat: {count: 2, seeds: [initial_weights.seed]}}") == [(7, 9), (0, 9), (1, 9)]
    # A seed that varies by itself is not repeated.
    text = "sweep: {grid: {initial_weights.seed: [3]}, repeat: 2}"
    assert seeds(text) == [(7, 9), (3, 0), (3, 1)]


# Leaving out


def test_cells_for_which_a_condition_holds_are_left_out(tmp_path: Path) -> None:
    declared = sweep(
        tmp_path,
        "sweep:\n  grid:\n    training.learning_rate: [0.1, 0.2, 0.3]\n"
        "    initial_weights: {zeros: zeros, document: baseline}\n"
        "  exclude: ['training.learning_rate > 0.1 and initial_weights == zeros']\n",
    )
    assert [tuple(cell.labels.values()) for cell in declared.cells()][1:] == [
        ("0.1", "zeros"), ("0.1", "document"), ("0.2", "document"), ("0.3", "document")
    ]  # fmt: skip
    assert_whole(declared)


def test_what_is_left_out_need_not_be_valid(tmp_path: Path) -> None:
    grid = "architecture.layers.0.units: [2, 3], initial_weights: {document: baseline, zeros: zeros}"
    text = f"sweep: {{grid: {{{grid}}}, exclude: ['architecture.layers.0.units == 3 and initial_weights == document']}}"
    declared = sweep(tmp_path, text)
    assert declared.count() == 4
    assert_whole(declared)
    bounds = "initial_weights.uniform.low: [-1, 0.5], initial_weights.uniform.high: [0.25, 1]"
    condition = "initial_weights.uniform.low > 0 and initial_weights.uniform.high < 1"
    declared = sweep(tmp_path, f"sweep: {{grid: {{{bounds}}}, exclude: ['{condition}']}}", baseline=DRAWN)
    assert declared.count() == 4
    assert_whole(declared)


# Cost


def two_axes(each: int) -> Any:
    return sweep_of_overrides(
        ROOT / "configs" / "doc_exact.yaml",
        [
            f"training.learning_rate={{geometric: {{from: 0.001, to: 1, count: {each}}}}}",
            f"initial_weights.w5={{linear: {{from: -1, to: 1, count: {each}}}}}",
        ],
    )


def test_of_ten_thousand_cells_a_few_are_validated_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Validating takes a hundred times as long as copying."""
    whole: list[object] = []
    validate = validating.validate

    def counted(root: Any) -> Any:
        whole.append(root)
        return validate(root)

    for module in (expanding, cell_checking):
        monkeypatch.setattr(module, "validate", counted)
    assert sum(1 for _ in two_axes(100).cells()) == 10_001
    assert 0 < len(whole) < 20


def test_cells_are_made_one_by_one() -> None:
    declared = two_axes(150)
    tracemalloc.start()
    try:
        assert sum(1 for _ in declared.cells()) == 22_501
        assert tracemalloc.get_traced_memory()[1] < 2 * 2**20
    finally:
        tracemalloc.stop()


def test_data_are_shared_by_all_cells(tmp_path: Path) -> None:
    declared = sweep(tmp_path, "sweep: {grid: {architecture.layers.0.activation: [tanh, relu]}}")
    first, *others = declared.cells()
    assert all(cell.experiment.dataset is first.experiment.dataset for cell in others)


def test_a_dataset_may_vary_with_its_files(tmp_path: Path) -> None:
    for name, target in (("a", 1), ("b", 2)):
        (tmp_path / f"{name}.csv").write_text(f"x,y,t\n2,3,{target}\n")
    values = ", ".join(f"{name}: {{csv: {{file: {name}.csv, inputs: [x, y], targets: [t]}}}}" for name in "ab")
    declared = sweep(tmp_path, f"sweep: {{grid: {{dataset: {{{values}}}, training.learning_rate: [0.1, 0.2]}}}}")
    cells = list(declared.cells())
    assert len({cell.hash for cell in cells}) == 5
    assert_whole(declared)
    declarations: list[Declaration] = [declared.declaration_of(cell) for cell in cells]
    assert [sorted(path.name for path in each.data_files.values()) for each in declarations] == [
        [], ["a.csv"], ["a.csv"], ["b.csv"], ["b.csv"]
    ]  # fmt: skip


def test_every_seed_of_the_models_is_known_to_repeating() -> None:
    """A new model with a seed has to be thought of in `seeds_of`."""
    own = (model for model in models() if model.__module__.startswith("bprunner.spec"))
    with_seed = {model.__name__ for model in own if "seed" in model.model_fields}
    sweeps_own = {"Drawing", "Trials"}
    assert with_seed - sweeps_own == {
        "InitialWeights", "Minibatches", "Sampled", "Split", "Moons", "Circles", "Blobs"
    }  # fmt: skip
