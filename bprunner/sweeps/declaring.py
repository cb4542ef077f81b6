"""Declaring: a sweep read with what draws its samples. Nothing of sweeps is imported for what declares none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bprunner.spec.kinds import is_sweep, may_vary
from bprunner.spec.source import read_source
from bprunner.spec.yaml_loader import load

if TYPE_CHECKING:
    from bprunner.spec.sweep import Sample
    from bprunner.spec.sweep_reading import SweepDeclaration


def read_sweep(
    declared: Path | str | Mapping[str, Any], overrides: Sequence[str] = (), allow_outside: bool = False
) -> SweepDeclaration:
    """`spec.sweep_reading.read_sweep`, samples included. Raises InputError with every problem found."""
    from bprunner.spec import sweep_reading

    return sweep_reading.read_sweep(declared, overrides, allow_outside, _drawn)


def declared_sweep(file: str, overrides: Sequence[str], allow_outside: bool = False) -> SweepDeclaration | None:
    """The sweep that a file and changes declare; None where they declare an experiment. Raises InputError."""
    if is_sweep(load(read_source(Path(file)))):
        return read_sweep(file, overrides, allow_outside)
    if not any(map(may_vary, overrides)):
        return None
    from bprunner.spec.sweep_reading import sweep_of_overrides

    return sweep_of_overrides(file, overrides, allow_outside)


def _drawn(sample: Sample) -> Sequence[Sequence[int | float]]:
    # SciPy's distributions take a second to import, and most sweeps draw nothing.
    from bprunner.sweeps.sampling import draw

    return draw(sample)
