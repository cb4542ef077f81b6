"""What is drawn: from the seed alone, inside its ends, and as evenly as the method says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from bprunner.spec.sweep import Sample
from bprunner.sweeps.declaring import read_sweep
from bprunner.sweeps.sampling import draw, value_at
from tests.spec.sweeps import BASELINE, assert_whole, column

OF: dict[str, Any] = {
    "a": {"uniform": {"from": -2.0, "to": 3.0}},
    "b": {"log_uniform": {"from": 1e-3, "to": 10.0}},
    "c": {"normal": {"mean": 1.0, "scale": 0.5}},
    "d": {"integers": {"from": 2, "to": 5}},
    "e": {"choice": ["tanh", "relu", "elu"]},
}
METHODS = ("random", "sobol", "latin_hypercube")


def sample(method: str, count: int, seed: int = 0, of: dict[str, Any] | None = None) -> Sample:
    return Sample.model_validate({method: {"count": count, "seed": seed}, "of": of or OF})


@pytest.mark.parametrize("method", METHODS)
def test_the_same_is_drawn_again_and_other_seeds_draw_other_values(method: str) -> None:
    assert draw(sample(method, 16)) == draw(sample(method, 16))
    assert draw(sample(method, 16)) != draw(sample(method, 16, seed=1))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("count", [1, 2, 100, 1000])
def test_values_are_what_was_asked_for(method: str, count: int) -> None:
    rows = draw(sample(method, count))
    assert len(rows) == count
    for a, b, _, d, e in rows:
        assert -2 <= a <= 3
        assert 1e-3 <= b <= 10
        assert isinstance(d, int)
        assert d in (2, 3, 4, 5)
        assert isinstance(e, int)
        assert e in (0, 1, 2)


@pytest.mark.parametrize("method", METHODS)
def test_values_have_their_distributions(method: str) -> None:
    a, b, c, d, e = (np.array(column, dtype=float) for column in zip(*draw(sample(method, 4096)), strict=True))
    assert stats.kstest(a, stats.uniform(-2, 5).cdf).pvalue > 0.001
    assert stats.kstest(np.log(b), stats.uniform(np.log(1e-3), np.log(1e4)).cdf).pvalue > 0.001
    assert stats.kstest(c, stats.norm(1, 0.5).cdf).pvalue > 0.001
    assert np.bincount(d.astype(int), minlength=6)[2:] == pytest.approx([1024] * 4, abs=120)
    assert np.bincount(e.astype(int)) == pytest.approx([1365.3] * 3, abs=120)


def test_a_latin_hypercube_has_one_value_in_every_part() -> None:
    values = [row[0] for row in draw(sample("latin_hypercube", 50))]
    assert sorted(int((value + 2) / 5 * 50) for value in values) == list(range(50))


def test_a_sobol_sequence_fills_every_quarter_alike() -> None:
    of = {"a": {"uniform": {"from": 0.0, "to": 2.0}}, "b": {"uniform": {"from": 0.0, "to": 2.0}}}
    rows = draw(sample("sobol", 64, of=of))
    quarters = [2 * int(a) + int(b) for a, b in rows]
    assert [quarters.count(each) for each in range(4)] == [16] * 4
    # A count that is no power of 2 is the beginning of one that is.
    assert draw(sample("sobol", 37, of=of)) == rows[:37]


def test_ends_are_never_left() -> None:
    for declared, low, high in [
        ({"uniform": {"from": 0.1, "to": 0.3}}, 0.1, 0.3),
        ({"log_uniform": {"from": 0.1, "to": 0.3}}, 0.1, 0.3),
        ({"uniform": {"from": -1.7e308, "to": 1.7e308}}, -1.7e308, 1.7e308),
    ]:
        distribution = sample("random", 1, of={"a": declared}).of["a"]
        assert value_at(distribution, 0.0) == low
        assert low <= value_at(distribution, 1 - 2**-53) <= high
    normal = sample("random", 1, of={"a": {"normal": {"mean": 0.0, "scale": 1.0}}}).of["a"]
    assert np.isfinite([value_at(normal, 0.0), value_at(normal, 1 - 2**-53)]).all()


def test_drawn_cells_are_what_validating_each_gives(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASELINE)
    (tmp_path / "sweep.yaml").write_text(
        "name: s\nbaseline: base.yaml\nsweep:\n  sample:\n    latin_hypercube: {count: 20, seed: 1}\n    of:\n"
        "      training.learning_rate: {log_uniform: {from: 1e-3, to: 1}}\n"
        "      architecture.layers.0.activation: {choice: [tanh, relu]}\n"
        "      initial_weights.w5: {normal: {mean: 0, scale: 1}}\n"
        "      training.epochs: {integers: {from: 1, to: 3}}\n"
    )
    declared = read_sweep(tmp_path / "sweep.yaml")
    assert declared.count() == 21
    assert_whole(declared)
    assert {"tanh", "relu"} == set(column(declared, "architecture.layers.0.activation"))
    # Few digits, so that they can be read and are the same on every computer.
    assert all(float(f"{rate:.12g}") == rate for rate in column(declared, "training.learning_rate"))
