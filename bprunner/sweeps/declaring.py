"""Declaring: a sweep read with what draws its samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bprunner.spec.sweep import Sample
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.spec.sweep_reading import read_sweep as _read_sweep


def read_sweep(
    declared: Path | str | Mapping[str, Any], overrides: Sequence[str] = (), allow_outside: bool = False
) -> SweepDeclaration:
    """`spec.sweep_reading.read_sweep`, samples included. Raises InputError with every problem found."""
    return _read_sweep(declared, overrides, allow_outside, _drawn)


def _drawn(sample: Sample) -> Sequence[Sequence[int | float]]:
    # SciPy's distributions take a second to import, and most sweeps draw nothing.
    from bprunner.sweeps.sampling import draw

    return draw(sample)
