"""An activation turns a neuron's net input into its output: out = f(net).

Each is one record: the function, and the pullback that carries ∂error/∂out back to ∂error/∂net. A pullback
is given the output too, because most derivatives are shorter in it. To add an activation, add one record
here and its name in the spec.

All but the two gelus work on arrays of decimals as well (nn/decimals.py). Every formula gives a run the same bits
in any population: exp, expm1, log1p, tanh and erfc do so wherever an element stands in an array, which is tested.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from bprunner.nn.arrays import Array
from bprunner.nn.contraction import TERM_BY_TERM, total
from bprunner.nn.decimals import in_kind_of, positive_part

Parameters = Mapping[str, Any]
"""An activation's own parameters by name: numbers as (runs, 1, 1), names and booleans as they are."""

Formula = Callable[[Array, Parameters], Array]
Derivative = Callable[[Array, Array, Parameters], Array]


@dataclass(frozen=True)
class Activation:
    """f(net, parameters) gives out; pullback(g, net, out, parameters) gives ∂error/∂net from g = ∂error/∂out.

    All arrays are (runs, batch, units). `kinks` are the net inputs where f has no derivative, and where the
    pullback therefore follows a convention. `declared`: the pullback follows a derivative that the experiment
    declares, which is not f's own, and no numeric derivative agrees with it.
    """

    f: Formula
    pullback: Callable[[Array, Array, Array, Parameters], Array]
    kinks: tuple[float, ...] = ()
    declared: bool = False


def _elementwise(f: Formula, df: Derivative, kinks: tuple[float, ...] = (), declared: bool = False) -> Activation:
    """An activation that acts on each unit alone: df(net, out, parameters) is its derivative there, an array of its
    own."""

    def pullback(g: Array, net: Array, out: Array, parameters: Parameters) -> Array:
        slope = df(net, out, parameters)
        result: Array = np.multiply(g, slope, out=slope if slope.dtype == g.dtype and slope.shape == g.shape else None)
        return result

    return Activation(f, pullback, kinks, declared)


def _linear() -> Activation:
    return Activation(f=lambda net, _: net, pullback=lambda g, _net, _out, _parameters: g)


def _logistic(x: Array) -> Array:
    """1 / (1 + e^-x). Where e^-x overflows the quotient is 0, which is right to the last bit but one."""
    return 1.0 / (1.0 + np.exp(-x))


def _sloped(net: Array, parameters: Parameters) -> Array:
    """The net input times the slope, where there is one."""
    result: Array = parameters["slope"] * net if "slope" in parameters else net
    return result


def _sigmoid(net: Array, parameters: Parameters) -> Array:
    return _logistic(_sloped(net, parameters))


def _sigmoid_slope(_net: Array, out: Array, parameters: Parameters) -> Array:
    """slope · out (1 − out)."""
    result = 1.0 - out
    result *= out
    return _sloped(result, parameters)


def _tanh(net: Array, parameters: Parameters) -> Array:
    """height · tanh(slope · net), each where it is given."""
    result: Array = np.tanh(_sloped(net, parameters))
    return parameters["height"] * result if "height" in parameters else result


def _tanh_slope(_net: Array, out: Array, parameters: Parameters) -> Array:
    """slope (height − out² / height)."""
    if "height" in parameters:
        return _sloped(parameters["height"] - out * out / parameters["height"], parameters)
    result = out * out
    np.subtract(1.0, result, out=result)
    return _sloped(result, parameters)


def _relu(net: Array, _: Parameters) -> Array:
    return positive_part(net)


def _leaky_relu(net: Array, parameters: Parameters) -> Array:
    result: Array = np.where(net > 0.0, net, parameters["slope"] * net)
    return result


def _elu(net: Array, parameters: Parameters) -> Array:
    """alpha (e^net − 1) on the negative side. −|net| is net there, and overflows nowhere."""
    result: Array = np.where(net > 0.0, net, parameters["alpha"] * np.expm1(-np.abs(net)))
    return result


def _elu_slope(net: Array, _out: Array, parameters: Parameters) -> Array:
    """alpha e^net on the negative side: out + alpha would lose the digits of a small one."""
    result: Array = np.where(net > 0.0, 1.0, parameters["alpha"] * np.exp(-np.abs(net)))
    return result


def softplus(net: Array) -> Array:
    """ln(1 + e^net) = max(net, 0) + ln(1 + e^-|net|), which overflows on neither side and keeps small values."""
    result: Array = positive_part(net) + np.log1p(np.exp(-np.abs(net)))
    return result


# Below and above, Φ is 0 and 1 to the last bit, and infinities would meet zeros.
_FAR = 40.0


def _gelu(net: Array, _: Parameters) -> Array:
    """net Φ(net), Φ the normal distribution: ½ erfc(−net/√2), which keeps its digits where ½ (1 + erf) has none."""
    x = np.maximum(net, -_FAR)
    return x * _normal_distribution(x)


def _gelu_slope(net: Array, _out: Array, _: Parameters) -> Array:
    """Φ(net) + net φ(net), φ(net) = e^(−net²/2) / √(2π)."""
    x = np.clip(net, -_FAR, _FAR)
    return _normal_distribution(x) + x * np.exp(-0.5 * x * x) * (1.0 / math.sqrt(2.0 * math.pi))


def _normal_distribution(x: Array) -> Array:
    result: Array = 0.5 * _erfc()(x * -math.sqrt(0.5))
    return result


@cache
def _erfc() -> Callable[[Array], Array]:
    """SciPy's, imported by the first network that needs it: NumPy has none."""
    from scipy.special import erfc

    f: Callable[[Array], Array] = erfc
    return f


_SQRT_2_BY_PI = math.sqrt(2.0 / math.pi)
_CUBIC = 0.044715


def _gelu_tanh(net: Array, _: Parameters) -> Array:
    """½ net (1 + tanh u), u = √(2/π) (net + 0.044715 net³), as Hendrycks and Gimpel approximate gelu.

    ½ (1 + tanh u) is the logistic function of 2u, which keeps its digits where tanh u is near −1.
    """
    x = np.maximum(net, -_FAR)
    return x * _gelu_tanh_share(np.minimum(x, _FAR))


def _gelu_tanh_share(x: Array) -> Array:
    return _logistic((2.0 * _SQRT_2_BY_PI) * (x + _CUBIC * (x * x * x)))


def _gelu_tanh_slope(net: Array, _out: Array, _: Parameters) -> Array:
    """s + net s (1 − s) 2u′, s = ½ (1 + tanh u) and u′ = √(2/π) (1 + 3 · 0.044715 net²)."""
    x = np.clip(net, -_FAR, _FAR)
    s = _gelu_tanh_share(x)
    result: Array = s + x * s * (1.0 - s) * ((2.0 * _SQRT_2_BY_PI) * (1.0 + (3.0 * _CUBIC) * (x * x)))
    return result


def _softmax(net: Array, _: Parameters) -> Array:
    """e^net_j / Σ e^net over the units of each sample; taking the largest from all changes nothing but overflow."""
    result: Array = np.exp(net - largest(net))
    result /= total(result, axis=2)
    return result


def largest(net: Array) -> Array:
    """The largest of a layer's units, (runs, batch, 1)."""
    units = net.shape[2]
    if units > TERM_BY_TERM:
        every: Array = np.max(net, axis=2, keepdims=True)
        return every
    # NumPy is slow along a short axis.
    result = net[:, :, :1]
    for unit in range(1, units):
        result = np.maximum(result, net[:, :, unit : unit + 1])
    return result


def _softmax_pullback(g: Array, _net: Array, out: Array, _: Parameters) -> Array:
    """out_j (g_j − Σ g out): every output depends on every net input."""
    return out * (g - total(g * out, axis=2))


def _step(net: Array, parameters: Parameters) -> Array:
    """1 where net > 0, `low` where net < 0, either of them at 0; nan stays nan."""
    low = parameters.get("low", 0.0)
    high = net > 0.0 if parameters.get("at_zero") == "low" else net >= 0.0
    return in_kind_of(net, np.where(high, 1.0, np.where(net <= 0.0, low, net)))


def _gaussian(net: Array, parameters: Parameters) -> Array:
    """e^(−net / (2 width²)): net is a squared distance, so this is a Gaussian of the distance."""
    result: Array = np.exp(net / _minus_twice_square(parameters))
    return result


def _minus_twice_square(parameters: Parameters) -> Array:
    width: Array = parameters["width"]
    return -2.0 * (width * width)


ACTIVATIONS: Mapping[str, Activation] = {
    "linear": _linear(),
    "sigmoid": _elementwise(_sigmoid, _sigmoid_slope),
    "tanh": _elementwise(_tanh, _tanh_slope),
    # At a kink the negative side counts: relu'(0) = 0, leaky_relu'(0) = slope, elu'(0) = alpha.
    "relu": _elementwise(_relu, lambda net, _out, _: (net > 0.0).astype(np.float64), kinks=(0.0,)),
    "leaky_relu": _elementwise(
        _leaky_relu, lambda net, _out, parameters: np.where(net > 0.0, 1.0, parameters["slope"]), kinks=(0.0,)
    ),
    "elu": _elementwise(_elu, _elu_slope, kinks=(0.0,)),
    "softplus": _elementwise(lambda net, _: softplus(net), lambda net, _out, _: _logistic(net)),
    "gelu": _elementwise(_gelu, _gelu_slope),
    "gelu_tanh": _elementwise(_gelu_tanh, _gelu_tanh_slope),
    "softmax": Activation(_softmax, _softmax_pullback),
    "step": Activation(
        _step, lambda g, _net, _out, parameters: g * parameters["derivative"], kinks=(0.0,), declared=True
    ),
    "gaussian": _elementwise(_gaussian, lambda _net, out, parameters: out / _minus_twice_square(parameters)),
}
