"""The largest stable learning rate of gradient descent: 2/λmax of the error's Hessian at the initial weights.

Along a direction in which the error bends with λ, an update multiplies the distance from the minimum by 1 − ηλ. Up to
η = 2/λ the distance shrinks; beyond, it grows. λmax is the largest eigenvalue over the weights and biases that are
trained. It says what holds near the initial weights; further on the error bends otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bprunner.nn.arrays import Array, Flags, Indices
from bprunner.nn.curvature import Curvature, has_curvature
from bprunner.nn.network import Weights
from bprunner.sweeps.landscape import Landscape, landscape
from bprunner.training.population import Population

DENSE_MOST = 256
"""The most trained numbers whose Hessian is written out; of more, Lanczos' method finds the largest eigenvalue."""

BLOCK_BYTES = 16 * 2**20
_TOLERANCE = 1e-10
_EPSILON = float(np.finfo(np.float64).eps)


def largest_stable_rate(population: Population) -> Array:
    """2/λmax of each run, (runs,), in the units of the learning rate. Bit for bit what the run has alone.

    The error is the one that is descended, over all training samples, penalties included, in exact arithmetic:
    rounding has no derivative. inf where nothing bends upward (λmax ≤ 0); nan where there is no such limit (another
    optimizer than gradient descent, rates of single weights, batches, layer after layer, a declared derivative), and
    where the error or its derivatives are no finite numbers. Where the terms of a curvature cancel out but for
    rounding, the limit is a number beyond any use, of the order of 1e16, in place of inf.
    """
    rates = np.full(population.runs, np.nan)
    if not is_plain(population):
        return rates
    place = landscape(population)
    with np.errstate(all="ignore"):
        firsts, same = _distinct(place, population.runs)
        found = np.empty(len(firsts))
        for start, block in _blocks(place, firsts):
            found[start : start + len(block)] = _largest(place.only(block), population.fixed)
        return np.where(np.isnan(found), np.nan, np.where(found > 0.0, 2.0 / found, np.inf))[same]


def is_plain(population: Population) -> bool:
    """Whether a population descends its error's gradient, all samples and all layers at once, with one rate."""
    training = population.training
    return (
        training.optimizer.kind == "gradient_descent"
        and not training.rate_factors
        and training.full_batch
        and training.update_order == "simultaneous"
        and has_curvature(population.layers)
    )


def _distinct(place: Landscape, runs: int) -> tuple[Indices, Indices]:
    """The first run of every kind, and of each run which of these it is like: a learning rate bends nothing."""
    rows = [array.reshape(len(array), -1) for array in place.numbers() if len(array) == runs]
    seen: dict[bytes, int] = {}
    firsts: list[int] = []
    same = np.empty(runs, dtype=np.int64)
    for run in range(runs):
        key = b"".join(row[run].tobytes() for row in rows)
        if key not in seen:
            seen[key] = len(firsts)
            firsts.append(run)
        same[run] = seen[key]
    return np.array(firsts), same


def _blocks(place: Landscape, runs: Indices) -> Iterator[tuple[int, Indices]]:
    """Some runs at a time, so that what they need at once has its bound."""
    samples = place.inputs.shape[1]
    units = sum(W.shape[1] + W.shape[2] for W in place.weights.W)
    trained = sum(part[0].size for part in place.weights.flat())
    each = 8 * (samples * units + min(trained, DENSE_MOST) ** 2)
    size = max(1, BLOCK_BYTES // each)
    for start in range(0, len(runs), size):
        yield start, runs[start : start + size]


def _largest(place: Landscape, fixed: tuple[Array | None, ...]) -> Array:
    """λmax of each run; nan where it is no finite number."""
    trained = _trained(place.weights, fixed)
    runs = len(place.weights.W[0])
    if not len(trained):
        return np.zeros(runs)
    if len(trained) <= DENSE_MOST:
        return largest_eigenvalues(hessians(place.curvature(), place.weights, trained))
    return np.array([_by_lanczos(place.only(np.array([run])), trained) for run in range(runs)])


def _trained(weights: Weights, fixed: tuple[Array | None, ...]) -> Indices:
    """The places of what is trained, among all weights and biases, one after the other in the order of flat()."""
    masks = zip(weights.flat(), fixed, strict=True)
    each = [
        np.ones(part[0].size, dtype=bool) if mask is None else np.logical_not(mask).reshape(-1) for part, mask in masks
    ]
    return np.flatnonzero(np.concatenate(each))


def _direction(weights: Weights, values: Array) -> Weights:
    """(n,) numbers, one for each weight and bias, as weights of one run."""
    parts, start = [], 0
    for part in weights.flat():
        size = part[0].size
        parts.append(values[start : start + size].reshape(1, *part.shape[1:]))
        start += size
    return weights.like(parts)


def _product(curvature: Curvature, weights: Weights, trained: Indices, values: Array) -> Array:
    """The Hessian over what is trained, times (trained,) numbers: (runs, trained)."""
    whole = np.zeros(sum(part[0].size for part in weights.flat()))
    whole[trained] = values
    runs = len(weights.W[0])
    parts = curvature.along(_direction(weights, whole)).flat()
    flat = [np.broadcast_to(part, (runs, *part.shape[1:])).reshape(runs, -1) for part in parts]
    result: Array = np.concatenate(flat, axis=1)[:, trained]
    return result


def hessians(curvature: Curvature, weights: Weights, trained: Indices) -> Array:
    """Every run's Hessian over what is trained, (runs, trained, trained), one column after the other.

    weights: those of the curvature. trained: places among all weights and biases, in the order of weights.flat().
    """
    result = np.empty((len(weights.W[0]), len(trained), len(trained)))
    for column in range(len(trained)):
        unit = np.zeros(len(trained))
        unit[column] = 1.0
        result[:, :, column] = _product(curvature, weights, trained, unit)
    return result


def largest_eigenvalues(matrices: Array) -> Array:
    """Of symmetric matrices (n, k, k) the largest eigenvalue, (n,); nan where one has numbers that are not finite.

    0 where it is lost in the rounding of the others.
    """
    symmetric = 0.5 * (matrices + matrices.mT)
    finite: Flags = np.all(np.isfinite(symmetric), axis=(1, 2))
    every = np.linalg.eigvalsh(np.where(finite[:, np.newaxis, np.newaxis], symmetric, 0.0))
    size = np.max(np.abs(every), axis=1)
    largest = every[:, -1]
    noise = matrices.shape[1] * _EPSILON * size
    result: Array = np.where(finite, np.where(np.abs(largest) <= noise, 0.0, largest), np.nan)
    return result


def _by_lanczos(place: Landscape, trained: Indices) -> float:
    """λmax of one run with many numbers, by products alone."""
    from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

    curvature, count = place.curvature(), len(trained)

    def product(values: Array) -> Array:
        moved: Array = _product(curvature, place.weights, trained, np.asarray(values).reshape(-1))[0]
        return moved

    # Any direction that favours none does: a run's result may not depend on anything but the run.
    first = np.random.default_rng(0).normal(size=count)
    image = product(first)
    if not np.isfinite(image).all():
        return float("nan")
    if not image.any():
        return 0.0
    operator = LinearOperator((count, count), matvec=product, dtype=np.float64)
    try:
        (largest,) = eigsh(operator, k=1, which="LA", v0=first, tol=_TOLERANCE, return_eigenvectors=False)
    except ArpackError:
        return float("nan")
    noise = count * _EPSILON * float(np.linalg.norm(image) / np.linalg.norm(first))
    return 0.0 if abs(largest) <= noise else float(largest)
