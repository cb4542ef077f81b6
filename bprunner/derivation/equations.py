"""Equations: the forward pass, the error, and the gradients of a whole layer as matrices."""

from __future__ import annotations

import sympy

from bprunner.derivation.chain import Chain
from bprunner.derivation.network import Network
from bprunner.derivation.updating import Equation


def forward_equations(network: Network) -> tuple[Equation, ...]:
    """net = Σ sender · weight + bias and out = f(net) of every neuron, layer after layer."""
    n, found = network, []
    for layer in range(len(n.layers)):
        for unit, net in enumerate(n.nets(layer)):
            found.append(Equation(net, n.net_formula(layer, unit), "net input"))
        if not n.symbols.is_merged(layer):
            for unit, out in enumerate(n.outs(layer)):
                found.append(Equation(out, n.out_formula(layer, unit), n.layers[layer].activation.kind))
    return tuple(found)


def error_equation(network: Network) -> Equation:
    """The error of an update, penalties included."""
    return Equation(network.symbols.error(), network.error(), network.experiment.training.loss.kind)


def gradient_matrix(network: Network, layer: int) -> sympy.Matrix:
    """The closed forms of a layer's gradients, rows being senders and columns receivers."""
    chain, names = Chain(network), network.names.weight_names
    by_place = {(place.sender, place.receiver): name for place, name in names.items() if place.layer == layer}
    rows, columns = network.names.sizes[layer], network.names.sizes[layer + 1]
    return sympy.ImmutableDenseMatrix(
        [[chain.gradient(by_place[row, column]).closed for column in range(columns)] for row in range(rows)]
    )
