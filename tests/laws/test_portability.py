"""The law of portability: every figure of the gallery agrees on any processor.

exp, tanh, log and their like are right to the last bit or to the last but one: it depends on the processor (with
AVX-512 or without) and on the library. Here each of their results goes up by one bit, or down, or stays, at random.
Square roots, products and the short sums of the gallery are the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from bprunner.checking.verdicts import check
from bprunner.data.loading import load_samples
from bprunner.nn import activations
from bprunner.runs.run import Run, execute_run
from bprunner.spec.effective import declaration_data
from bprunner.spec.experiment import Experiment
from bprunner.spec.reading import read_declaration
from bprunner.training.population import populate
from tests.conftest import ROOT

GALLERY = ROOT / "configs" / "gallery"
FILES = sorted(path.name for path in GALLERY.glob("*.yaml"))
SEEDS = (1, 2)

INEXACT = ("exp", "expm1", "log", "log1p", "tanh", "power", "cos")
"""NumPy's functions in bprunner whose last bit no standard fixes; beside them there is SciPy's erfc."""

LONGEST = 1000
"""The most updates of an example that every run of the tests looks at. The profile `full` looks at all."""


class Noise:
    """One unit in the last place, up or down or none, in whatever a function gives."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self.calls = 0

    def __call__(self, exact: Callable[..., Any]) -> Callable[..., Any]:
        def shaken(*arguments: Any) -> Any:
            result = exact(*arguments)
            if getattr(result, "dtype", None) != np.float64:
                return result  # decimal numbers are the same everywhere
            self.calls += 1
            towards = self._random.choice([-np.inf, 0.0, np.inf], np.shape(result))
            return np.where(towards == 0.0, result, np.nextafter(result, towards))

        return shaken


def noisy_run(path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Run, Noise]:
    """A run as another processor might do it. The samples are those of this one."""
    declaration = read_declaration(path)
    samples = load_samples(declaration)
    noise = Noise(seed)
    erfc = noise(activations._erfc())
    with monkeypatch.context() as patch:
        patch.setattr(activations, "_erfc", lambda: erfc)
        for name in INEXACT:
            patch.setattr(np, name, noise(getattr(np, name)))
        return execute_run(declaration, samples), noise


def skip_if_long(path: Path) -> None:
    declaration = read_declaration(path)
    most = populate([declaration.experiment], load_samples(declaration)).most_updates
    if most > LONGEST and settings.get_current_profile_name() != "full":
        pytest.skip(f"up to {most:,} updates: the profile `full` does them")


def without_tolerances(data: Any) -> Any:
    """The same declaration with every figure held to its digits."""
    if isinstance(data, dict):
        return {key: without_tolerances(value) for key, value in data.items() if key != "relative_tolerance"}
    return [without_tolerances(each) for each in data] if isinstance(data, list | tuple) else data


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("file", FILES)
def test_every_figure_agrees_whatever_the_last_bits(file: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    skip_if_long(GALLERY / file)
    run, _ = noisy_run(GALLERY / file, seed, monkeypatch)
    assert [f"{verdict}: {verdict.value!r}" for verdict in run.figures.of("disagrees")] == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("file", ["tsai_lr_0.1.yaml", "tsai_lr_0.5_warm.yaml", "tsai_lr_2.0_warm.yaml"])
def test_without_its_tolerances_a_file_disagrees(file: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = noisy_run(GALLERY / file, seed, monkeypatch)
    strict = Experiment.model_validate(without_tolerances(declaration_data(run.experiment)))
    assert not check(strict, run.trace, run.samples).agree


def test_the_noise_reaches_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is gone afterwards."""
    path = GALLERY / "tsai_lr_0.1.yaml"
    before = execute_run(read_declaration(path)).trace["weight"]
    run, noise = noisy_run(path, 1, monkeypatch)
    assert noise.calls >= 2 * run.updates  # two layers
    assert 0.0 < np.max(np.abs(run.trace["weight"] - before)) < 1e-13
    assert np.array_equal(execute_run(read_declaration(path)).trace["weight"], before)


def test_the_noise_is_one_unit_in_the_last_place() -> None:
    x = np.linspace(-5.0, 5.0, 1000)
    units = (Noise(1)(np.exp)(x) - np.exp(x)) / np.spacing(np.exp(x))
    assert set(np.round(units, 1)) == {-1.0, 0.0, 1.0}
    assert Noise(1)(lambda: "no double")() == "no double"
