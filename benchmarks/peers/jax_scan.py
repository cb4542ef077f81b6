"""JAX: the gradient by jax.value_and_grad, steps by lax.scan, runs by vmap, and all of it compiled as one.

`prepared` has all runs in one vmap. `prepared_in_blocks` has lax.map go over blocks of them, so that a block's arrays
stay in the cache.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.problems import Kept, Problem

jax.config.update("jax_enable_x64", True)


class Prepared(NamedTuple):
    """The compiled training, and how long compiling took."""

    train: Callable[[], Any]
    compile_seconds: float


def prepared(problem: Problem) -> Prepared:
    """Compiles. The function trains all runs at once, and waits for the end."""
    # The runs behind the steps, as scan lays them down: in front of them they would have to be transposed.
    return _compiled(problem, jax.vmap(_training(problem), out_axes=1))


def prepared_in_blocks(problem: Problem, block: int) -> Prepared:
    """The same, so many runs at a time. What it returns has the runs in front; `kept_of_blocks` knows."""
    train = _training(problem)
    return _compiled(problem, lambda *runs: jax.lax.map(lambda run: train(*run), runs, batch_size=block))


def _training(p: Problem) -> Callable[[Any, Any], Any]:
    """One run: from its weights and its rate to the errors and the weights of all steps."""
    x, target, classes = jnp.asarray(p.inputs), jnp.asarray(p.targets), jnp.asarray(p.classes)

    def error(parameters: Any) -> Any:
        W, b = parameters
        a = x
        for layer, matrix in enumerate(W):
            a = a @ matrix + b[layer] if b else a @ matrix
            if p.activations[layer] == "tanh":
                a = jnp.tanh(a)
        if p.loss == "cross_entropy":
            return -jnp.take_along_axis(jax.nn.log_softmax(a), classes[:, None], axis=1).mean()
        return 0.5 * ((a - target) ** 2).sum()

    def train(parameters: Any, rate: Any) -> Any:
        def step(parameters: Any, _: Any) -> Any:
            value, gradient = jax.value_and_grad(error)(parameters)
            following = jax.tree.map(lambda each, g: each - rate * g, parameters, gradient)
            return following, (value, parameters)

        return jax.lax.scan(step, parameters, length=p.steps)[1]

    return train


def _compiled(p: Problem, every: Callable[[Any, Any], Any]) -> Prepared:
    """Each training gives the memory of its result to the next, which then need not ask the system for pages."""
    parameters = [jnp.asarray(W) for W in p.W], [jnp.asarray(b[:, 0]) for b in p.b]
    rates = jnp.asarray(p.rates)
    shapes = jax.eval_shape(every, parameters, rates)
    into = jax.jit(lambda _memory, *runs: every(*runs), donate_argnums=0, keep_unused=True)
    begun = time.perf_counter()
    compiled = into.lower(shapes, parameters, rates).compile()
    seconds = time.perf_counter() - begun
    memory = jax.tree.map(lambda shape: jnp.zeros(shape.shape, shape.dtype), shapes)

    def train() -> Any:
        nonlocal memory
        memory = jax.block_until_ready(compiled(memory, parameters, rates))
        return memory

    return Prepared(train, seconds)


def kept_of_blocks(result: Any) -> Kept:
    """As NumPy arrays, the steps in front."""
    errors, W, b = kept(result)
    return Kept(errors.T, [each.swapaxes(0, 1) for each in W], [each.swapaxes(0, 1) for each in b])


def kept(result: Any) -> Kept:
    """As NumPy arrays."""
    errors, (W, b) = result
    return Kept(np.asarray(errors), [np.asarray(each) for each in W], [np.asarray(each) for each in b])
