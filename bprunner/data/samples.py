"""Samples are what a dataset comes to: one row of inputs and one of targets for each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bprunner.nn.arrays import Array


@dataclass(frozen=True)
class Samples:
    """inputs is (samples, inputs), targets (samples, outputs), float64 and finite.

    The column names are those of the source, or the network's for samples that have none. held_out are the
    samples that are never trained on, where there are any; they are encoded and scaled like the others.
    """

    inputs: Array
    targets: Array
    input_names: tuple[str, ...]
    target_names: tuple[str, ...]
    origin: str
    held_out: Samples | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    @cached_property
    def digest(self) -> str:
        """A digest of every number, 16 hexadecimal characters; the names and the origin do not count."""
        content = hashlib.sha256()
        for samples in (self, self.held_out):
            for part in (samples.inputs, samples.targets) if samples is not None else ():
                content.update(repr(part.shape).encode())
                content.update(np.ascontiguousarray(part).tobytes())
        return content.hexdigest()[:16]
