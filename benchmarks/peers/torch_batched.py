"""PyTorch with all runs in one batch: bmm and baddbmm over a leading axis of runs.

`prepared` writes the backward pass by hand, into memory that is there: no graph is kept. `prepared_with_autograd`
leaves it to autograd, as most would: the sum of all errors has each run's gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch

from benchmarks.problems import Kept, Problem


class _Memory(NamedTuple):
    errors: Any
    W: list[Any]
    b: list[Any]


def prepared(problem: Problem) -> Callable[[], _Memory]:
    """The backward pass by hand."""
    memory = _memory(problem)
    without_graph: Callable[[Problem, _Memory], _Memory] = torch.no_grad()(_by_hand)
    return lambda: without_graph(problem, memory)


def prepared_with_autograd(problem: Problem) -> Callable[[], _Memory]:
    """The backward pass by autograd."""
    memory = _memory(problem)
    return lambda: _by_autograd(problem, memory)


def kept(result: _Memory) -> Kept:
    """As NumPy arrays."""
    return Kept(result.errors.numpy(), [W.numpy() for W in result.W], [b.numpy()[:, :, 0] for b in result.b])


def _memory(p: Problem) -> _Memory:
    return _Memory(
        torch.empty(p.steps, p.runs, dtype=torch.float64),
        [torch.empty(p.steps, *W.shape, dtype=torch.float64) for W in p.W],
        [torch.empty(p.steps, *b.shape, dtype=torch.float64) for b in p.b],
    )


def _shared(values: Any, runs: int) -> Any:
    """Samples of all runs, without a copy for each."""
    return torch.from_numpy(values).unsqueeze(0).expand(runs, *values.shape)


def _errors(p: Problem, a: Any, target: Any, classes: Any) -> Any:
    """(runs,)."""
    if p.loss == "cross_entropy":
        return -torch.log_softmax(a, 2).gather(2, classes).mean((1, 2))
    return 0.5 * (a - target).square().sum((1, 2))


def _by_hand(p: Problem, memory: _Memory) -> _Memory:
    x, target = _shared(p.inputs, p.runs), _shared(p.targets, p.runs)
    classes = torch.from_numpy(p.classes).reshape(1, -1, 1).expand(p.runs, -1, 1)
    W, b = [torch.tensor(each) for each in p.W], [torch.tensor(each) for each in p.b]
    minus_rate = torch.tensor(-p.rates).reshape(-1, 1, 1)
    last = len(W) - 1
    for step in range(p.steps):
        for layer, matrix in enumerate(W):
            memory.W[layer][step].copy_(matrix)
        for layer, biases in enumerate(b):
            memory.b[layer][step].copy_(biases)
        outs = [x]
        for layer, matrix in enumerate(W):
            net = torch.baddbmm(b[layer], outs[-1], matrix) if b else torch.bmm(outs[-1], matrix)
            outs.append(net.tanh_() if p.activations[layer] == "tanh" else net)
        if p.loss == "cross_entropy":
            logs = torch.log_softmax(outs[-1], 2)
            torch.mean(logs.gather(2, classes).squeeze(2), 1, out=memory.errors[step])
            memory.errors[step].neg_()
            delta = logs.exp_().sub_(target).div_(len(p.inputs))
        else:
            delta = outs[-1] - target
            torch.mul(delta.square().sum((1, 2)), 0.5, out=memory.errors[step])
            if p.activations[last] == "tanh":
                delta.mul_(1.0 - outs[-1].square())
        for layer in range(last, -1, -1):
            back = torch.bmm(delta, W[layer].mT) if layer else None
            W[layer].addcmul_(minus_rate, torch.bmm(outs[layer].mT, delta))
            if b:
                b[layer].addcmul_(minus_rate, delta.sum(1, keepdim=True))
            if back is not None:
                delta = back.mul_(1.0 - outs[layer].square()) if p.activations[layer - 1] == "tanh" else back
    return memory


def _by_autograd(p: Problem, memory: _Memory) -> _Memory:
    x, target = _shared(p.inputs, p.runs), _shared(p.targets, p.runs)
    classes = torch.from_numpy(p.classes).reshape(1, -1, 1).expand(p.runs, -1, 1)
    W = [torch.tensor(each, requires_grad=True) for each in p.W]
    b = [torch.tensor(each, requires_grad=True) for each in p.b]
    minus_rate = torch.tensor(-p.rates).reshape(-1, 1, 1)
    parameters, places = [*W, *b], [*memory.W, *memory.b]
    for step in range(p.steps):
        a = x
        for layer, matrix in enumerate(W):
            a = torch.baddbmm(b[layer], a, matrix) if b else torch.bmm(a, matrix)
            if p.activations[layer] == "tanh":
                a = torch.tanh(a)
        errors = _errors(p, a, target, classes)
        gradients = torch.autograd.grad(errors.sum(), parameters)
        with torch.no_grad():
            memory.errors[step].copy_(errors)
            for place, each, gradient in zip(places, parameters, gradients, strict=True):
                place[step].copy_(each)
                each.addcmul_(minus_rate, gradient)
    return memory
