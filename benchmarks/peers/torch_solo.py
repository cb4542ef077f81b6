"""PyTorch one run at a time, as its tutorials have it: modules, autograd, and torch.optim.SGD."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.problems import Kept, Problem


def prepared(problem: Problem) -> Callable[[], Kept]:
    """Trains all runs, one after the other."""
    return lambda: _trained(problem)


def kept(result: Kept) -> Kept:
    """As it is."""
    return result


def _trained(p: Problem) -> Kept:
    x, target = torch.from_numpy(p.inputs), torch.from_numpy(p.targets)
    wanted = torch.from_numpy(p.classes) if p.loss == "cross_entropy" else target
    errors = np.empty((p.steps, p.runs))
    W_kept = [np.empty((p.steps, *W.shape)) for W in p.W]
    b_kept = [np.empty((p.steps, len(b), b.shape[2])) for b in p.b]
    for run in range(p.runs):
        network, layers = _network(p, run)
        optimizer = torch.optim.SGD(network.parameters(), lr=float(p.rates[run]))
        error_of = nn.CrossEntropyLoss() if p.loss == "cross_entropy" else _half_squared_error
        for step in range(p.steps):
            for number, layer in enumerate(layers):
                W_kept[number][step, run] = layer.weight.detach().numpy().T
                if p.b:
                    b_kept[number][step, run] = layer.bias.detach().numpy()
            error = error_of(network(x), wanted)
            errors[step, run] = error.item()
            optimizer.zero_grad()
            error.backward()
            optimizer.step()
    return Kept(errors, W_kept, b_kept)


def _half_squared_error(out: Any, target: Any) -> Any:
    return 0.5 * ((out - target) ** 2).sum()


def _network(p: Problem, run: int) -> tuple[Any, list[Any]]:
    """The modules, and those among them that have weights."""
    modules: list[Any] = []
    layers: list[Any] = []
    for number, W in enumerate(p.W):
        layer = nn.Linear(W.shape[1], W.shape[2], bias=bool(p.b), dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(W[run].T))
            if p.b:
                layer.bias.copy_(torch.from_numpy(p.b[number][run, 0]))
        layers.append(layer)
        modules.append(layer)
        if p.activations[number] == "tanh":
            modules.append(nn.Tanh())
    return nn.Sequential(*modules), layers
