"""A generator gives random numbers, in an order that its seed decides and that its author's script would give.

Each is named for what a script calls: NumPy's modern generator, the one behind `np.random.seed`, or Python's
`random`. To add a generator, add one record here and its name in the spec.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bprunner.nn.arrays import Array

Indices = NDArray[np.int64]


class Randomness(Protocol):
    """What everything that is drawn is drawn from. Each call goes on where the last one stopped."""

    def uniform(self, shape: tuple[int, ...]) -> Array:
        """Evenly in [0, 1), row by row."""

    def normal(self, shape: tuple[int, ...]) -> Array:
        """Gaussian, with mean 0 and standard deviation 1, row by row."""

    def permutation(self, n: int) -> Indices:
        """The numbers 0 to n − 1 in a random order."""

    def choose(self, n: int, size: int) -> Indices:
        """So many of the numbers 0 to n − 1, each drawn from all of them."""


class _NumPy:
    """As `np.random.Generator(np.random.PCG64(seed))`, which `default_rng(seed)` is."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.Generator(np.random.PCG64(seed))

    def uniform(self, shape: tuple[int, ...]) -> Array:
        return self._generator.random(shape)

    def normal(self, shape: tuple[int, ...]) -> Array:
        return self._generator.standard_normal(shape)

    def permutation(self, n: int) -> Indices:
        return self._generator.permutation(n)

    def choose(self, n: int, size: int) -> Indices:
        return self._generator.choice(n, size)


class _Legacy:
    """As `np.random.random`, `randn`, `permutation` and `choice` after `np.random.seed(seed)`: MT19937."""

    def __init__(self, seed: int) -> None:
        self._state = np.random.RandomState(seed)

    def uniform(self, shape: tuple[int, ...]) -> Array:
        return self._state.random_sample(shape)

    def normal(self, shape: tuple[int, ...]) -> Array:
        return self._state.standard_normal(shape)

    def permutation(self, n: int) -> Indices:
        return self._indices(self._state.permutation(n))

    def choose(self, n: int, size: int) -> Indices:
        return self._indices(self._state.choice(n, size))

    @staticmethod
    def _indices(drawn: Any) -> Indices:
        """Whole numbers are as wide as the platform's C long here."""
        return np.asarray(drawn, dtype=np.int64)


class _Python:
    """As `random()`, `gauss(0, 1)`, `shuffle(list(range(n)))` and `randrange(n)` after `random.seed(seed)`."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def uniform(self, shape: tuple[int, ...]) -> Array:
        return self._filled(shape, self._random.random)

    def normal(self, shape: tuple[int, ...]) -> Array:
        return self._filled(shape, lambda: self._random.gauss(0.0, 1.0))

    def permutation(self, n: int) -> Indices:
        order = list(range(n))
        self._random.shuffle(order)
        return np.array(order, dtype=np.int64)

    def choose(self, n: int, size: int) -> Indices:
        return np.array([self._random.randrange(n) for _ in range(size)], dtype=np.int64)

    @staticmethod
    def _filled(shape: tuple[int, ...], draw: Callable[[], float]) -> Array:
        numbers = [draw() for _ in range(int(np.prod(shape)))]
        return np.array(numbers, dtype=np.float64).reshape(shape)


@dataclass(frozen=True)
class Generator:
    """seeded(seed) starts one; seeds go from 0 to `largest_seed`."""

    seeded: Callable[[int], Randomness]
    largest_seed: int

    def __call__(self, seed: int) -> Randomness:
        """A new one. ValueError for a seed that it does not take."""
        if not 0 <= seed <= self.largest_seed:
            raise ValueError(f"no seed: {seed} (0 to {self.largest_seed})")
        return self.seeded(seed)


_LARGEST = 2**63 - 1  # what every file format and every database holds

GENERATORS: Mapping[str, Generator] = {
    "numpy": Generator(_NumPy, _LARGEST),
    "numpy_legacy": Generator(_Legacy, 2**32 - 1),
    "python": Generator(_Python, _LARGEST),
}

LARGEST_SEED: Mapping[str, int] = {name: generator.largest_seed for name, generator in GENERATORS.items()}
"""The largest seed that each generator takes, by its name."""
