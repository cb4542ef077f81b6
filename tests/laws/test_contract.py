"""The law of the contract: one name for one thing on every floor, and nobody imports upward."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import bprunner
from bprunner.data.scaling import SCALES
from bprunner.nn.activations import ACTIVATIONS
from bprunner.nn.biases import BIASES
from bprunner.nn.decimals import DECIMAL_ACTIVATIONS
from bprunner.nn.generators import GENERATORS
from bprunner.nn.initializers import INITIALIZERS
from bprunner.nn.losses import LOSSES
from bprunner.nn.metrics import METRICS
from bprunner.nn.nets import NETS
from bprunner.nn.network import Stages
from bprunner.nn.optimizers import OPTIMIZERS
from bprunner.nn.penalties import FACTORS, PENALTIES
from bprunner.nn.rounding import ROUNDINGS
from bprunner.nn.schedules import SCHEDULES
from bprunner.spec import architecture, arithmetic, dataset, expectations, initial_weights, training
from bprunner.spec.choices import choices_of
from bprunner.spec.experiment import RecordedQuantity
from bprunner.spec.training_misfits import NO_DECIMALS, SLOTS
from tests.conftest import ROOT

PACKAGE = ROOT / "bprunner"

# Names


@pytest.mark.parametrize(
    ("union", "table"),
    [
        (architecture.ActivationChoice, ACTIVATIONS),
        (architecture.BiasChoice, BIASES),
        (initial_weights.InitializerChoice, INITIALIZERS),
        (dataset.ScaleChoice, SCALES),
        (training.LossChoice, LOSSES),
        (training.MetricChoice, METRICS),
        (training.OptimizerChoice, OPTIMIZERS),
        (training.ScheduleChoice, SCHEDULES),
    ],
)
def test_the_choices_of_the_spec_are_the_keys_of_the_table(union: Any, table: Collection[str]) -> None:
    names = [choice.name() for choice in choices_of(union)]
    assert len(set(names)) == len(names)
    assert set(names) == set(table)


def test_the_ways_of_rounding_have_one_name() -> None:
    assert set(get_args(arithmetic.Way)) == set(ROUNDINGS)


def test_generators_nets_and_penalties_have_one_name() -> None:
    assert set(get_args(initial_weights.GeneratorName)) == set(GENERATORS)
    assert set(get_args(architecture.Layer.model_fields["net"].annotation)) == set(NETS)
    assert set(training.Penalty.model_fields) == set(PENALTIES)
    assert set(get_args(training.PenaltyTerm.model_fields["factor"].annotation)) == set(FACTORS)


def test_what_an_optimizer_remembers_has_one_name() -> None:
    assert set(SLOTS) == set(OPTIMIZERS)
    for kind, optimizer in OPTIMIZERS.items():
        assert {*SLOTS[kind]} - {"count"} == set(optimizer.slots), kind
    remembered = {slot for slots in SLOTS.values() for slot in slots}
    assert remembered == set(training.OptimizerState.model_fields)


def test_reductions_are_declared_where_they_are_free() -> None:
    for choice in choices_of(training.LossChoice):
        declared = {"outputs", "samples"} & set(choice.model_fields)
        wanted = {"free": {"outputs", "samples"}, "samples": {"samples"}, "mean": set()}
        assert declared == wanted[LOSSES[choice.name()].reductions], choice.name()


def test_what_has_no_decimals_is_refused_in_decimals() -> None:
    assert set(ACTIVATIONS) - set(NO_DECIMALS) == DECIMAL_ACTIVATIONS


def test_every_metric_can_be_expected_and_watched() -> None:
    assert {"error", "reported_error", *METRICS} == set(expectations.MEASURES)
    watched = {*expectations.MEASURES, *(f"held_out.{measure}" for measure in expectations.MEASURES)}
    assert set(get_args(training.Watched)) == watched
    assert set(get_args(training.WatchedOrUpdate)) == {*watched, "largest_update"}


def test_every_quantity_that_can_be_rounded_is_a_stage_and_a_key() -> None:
    quantities = set(arithmetic.QUANTITIES)
    assert quantities == set(Stages.__dataclass_fields__) == set(arithmetic.Arithmetic.model_fields) - {"numbers"}
    assert quantities <= set(expectations.Expectation.model_fields)
    assert set(get_args(RecordedQuantity)) == quantities | set(arithmetic.MEMORY)
    assert set(arithmetic.MEMORY) == {slot for optimizer in OPTIMIZERS.values() for slot in optimizer.slots}


# Imports

FLOORS = (
    "errors", "collector", "spec", "nn", "data", "training", "checking", "derivation", "grading", "starters", "sweeps",
    "tracking", "figures", "documents", "reports", "runs", "cli",
)  # fmt: skip
"""From the ground up. `_version` is a number that every floor may read."""

ONLY = {
    "nn": {"nn"},
    "starters": {"starters", "data", "nn", "spec", "errors"},
    "tracking": {"tracking", "errors", "collector"},
    "figures": {"figures", "errors"},
}
"""Floors that know less than they might."""


def imported(source: str, module: str, is_package: bool) -> Iterator[str]:
    """Every module that a file imports, wherever in it: `from a import b` counts as a and as a.b."""
    package = module if is_package else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = home_of(node, package)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def home_of(node: ast.ImportFrom, package: str) -> str:
    """The module that names are imported from, seen from a package."""
    parts = package.split(".")
    above = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
    return ".".join(part for part in (above, node.module) if part)


def floor_of(module: str) -> str:
    """The floor of a module of bprunner: the first name below the package."""
    return [*module.split("."), ""][1]


def faults(source: str, module: str, is_package: bool = False) -> list[str]:
    """The imports that an arrow does not allow."""
    own = floor_of(module)
    found = []
    for name in imported(source, module, is_package):
        top, floor = name.split(".")[0], floor_of(name)
        if own == "spec" and top == "numpy":
            found.append(f"{module} imports {name}: the spec never imports NumPy")
        if top != "bprunner" or floor in ("", "_version", "__version__"):
            continue
        if floor not in FLOORS:
            found.append(f"{module} imports {name}, which is on no floor")
        elif FLOORS.index(floor) > FLOORS.index(own):
            found.append(f"{module} imports {name}, which is above it")
        elif floor not in ONLY.get(own, FLOORS):
            found.append(f"{module} imports {name}, which {own} does without")
        elif floor == "cli" and own != "cli":
            found.append(f"{module} imports {name}: nobody imports the command line")
    return found


def modules() -> list[tuple[str, Path]]:
    """Every module on a floor. The package's own __init__ stands outside: it names what is public."""
    result = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name not in ("bprunner", "bprunner._version", "bprunner.__main__"):
            result.append((name, path))
    return result


def test_every_module_is_on_a_floor() -> None:
    assert {floor_of(name) for name, _ in modules()} == set(FLOORS)


@pytest.mark.parametrize(("name", "path"), modules(), ids=[name for name, _ in modules()])
def test_nobody_imports_upward(name: str, path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8"), name, path.name == "__init__.py") == []


@pytest.mark.parametrize(
    ("module", "source", "fault"),
    [
        ("bprunner.spec.reading", "import bprunner.training.loop", "above"),
        ("bprunner.spec.reading", "def late():\n    from bprunner.data import loading", "above"),
        ("bprunner.spec.reading", "from bprunner import nn", "above"),
        ("bprunner.spec.reading", "from ..runs.run import Run", "above"),
        ("bprunner.spec.reading", "if TYPE_CHECKING:\n    from numpy.typing import NDArray", "never imports NumPy"),
        ("bprunner.spec.reading", "import numpy as np", "never imports NumPy"),
        ("bprunner.nn.network", "from bprunner.spec.naming import Names", "does without"),
        ("bprunner.nn.network", "from bprunner.errors import InputError", "does without"),
        ("bprunner.starters.guessing", "from bprunner.training.trace import Trace", "does without"),
        ("bprunner.tracking.store", "from bprunner.training.trace import Trace", "does without"),
        ("bprunner.figures.training", "from bprunner.training.trace import Trace", "does without"),
        ("bprunner.runs.run", "from bprunner.cli.main import main", "above"),
        ("bprunner.errors", "from bprunner.spec.printed import Printed", "above"),
        ("bprunner.checking.verdicts", "from bprunner.plots import draw", "on no floor"),
        ("bprunner.training.loop", "class Late:\n    def run(self):\n        import bprunner.runs", "above"),
    ],
)
def test_a_forbidden_import_is_caught(module: str, source: str, fault: str) -> None:
    found = faults(source, module)
    assert found
    assert all(fault in each for each in found)


def test_allowed_imports_are_not_caught() -> None:
    source = (
        "import numpy\nfrom bprunner import errors, __version__\nfrom .loop import train\nfrom ..nn import losses\n"
    )
    assert faults(source, "bprunner.training.execution") == []
    assert faults("from .loop import train", "bprunner.training", is_package=True) == []


def private_uses(source: str, module: str, is_package: bool = False) -> list[str]:
    """The underscore names of other modules that a file uses: imported, or by way of the module that has them."""
    package = module if is_package else module.rpartition(".")[0]
    tree = ast.parse(source)
    found: list[str] = []
    known: dict[str, str] = {}  # by its name here, what was imported
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            home = home_of(node, package)
            known.update({alias.asname or alias.name: f"{home}.{alias.name}" for alias in node.names})
            found += [f"{home}.{alias.name}" for alias in node.names if is_private(alias.name)]
        elif isinstance(node, ast.Import):
            known.update({alias.asname: alias.name for alias in node.names if alias.asname})
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            home = ast.unparse(node.value)
            home = known.get(home, home)
            if is_module(home):
                found.append(f"{home}.{node.attr}")
    # The number of the version is a module that every floor may read.
    own = [name for name in found if name.startswith("bprunner.") and "bprunner._version" not in name]
    return [f"{module} uses {name}" for name in own]


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def is_module(name: str) -> bool:
    """Whether a dotted name is a module of bprunner, and not a class in one."""
    first, *rest = name.split(".")
    path = PACKAGE.joinpath(*rest)
    return first == "bprunner" and (path.is_dir() or path.with_suffix(".py").exists())


@pytest.mark.parametrize(("name", "path"), modules(), ids=[name for name, _ in modules()])
def test_what_a_module_keeps_to_itself_nobody_else_uses(name: str, path: Path) -> None:
    assert private_uses(path.read_text(encoding="utf-8"), name, path.name == "__init__.py") == []


@pytest.mark.parametrize(
    "source",
    [
        "from bprunner.spec.reading import _laid",
        "from bprunner.spec.reading import Declaration, _laid as laid",
        "def late():\n    from .reading import _laid",
        "from bprunner.spec import reading\nreading._laid(root, override)",
        "from bprunner.spec import reading as it\nf = it._laid",
        "import bprunner.spec.reading\nbprunner.spec.reading._laid(1)",
        "import bprunner.spec.reading as it\nit._laid(1)",
        "from . import reading\nreading._laid(1)",
    ],
)
def test_the_use_of_what_another_module_keeps_to_itself_is_caught(source: str) -> None:
    assert private_uses(source, "bprunner.spec.sweep_reading")


@pytest.mark.parametrize(
    "source",
    [
        "from __future__ import annotations\nfrom bprunner._version import __version__",
        "from bprunner.spec.reading import Declaration\nDeclaration._own(1)\nself._laid",
        "from concurrent.futures import _base\nimport os\nos._exit(1)",
    ],
)
def test_what_is_ones_own_or_somebody_elses_is_not_caught(source: str) -> None:
    assert private_uses(source, "bprunner.spec.sweep_reading") == []


@pytest.mark.parametrize("heavy", ["numpy", "mlflow", "pyarrow", "matplotlib", "pandas"])
def test_reading_a_declaration_imports_nothing_heavy(heavy: str) -> None:
    """The same arrow in the running program: through whatever the spec imports."""
    code = f"import sys, bprunner, bprunner.spec.reading, bprunner.spec.effective; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


# What is public


def test_every_public_name_is_there_and_nothing_else_is() -> None:
    assert sorted(bprunner.__all__) == list(bprunner.__all__)
    assert dir(bprunner) == list(bprunner.__all__)
    for name in bprunner.__all__:
        assert getattr(bprunner, name) is not None
    assert set(bprunner._HOMES) <= set(bprunner.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        bprunner.nothing  # noqa: B018


def test_public_names_come_from_where_type_checkers_look() -> None:
    """The imports for type checkers and the ones at run time name the same modules."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname or alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == bprunner._HOMES
    for name, home in bprunner._HOMES.items():
        assert getattr(bprunner, name) is getattr(importlib.import_module(home), name)
