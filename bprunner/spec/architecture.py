"""The architecture: how many inputs, and layer after layer of neurons, the last layer being the output."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from bprunner.spec.choices import Choice, Frozen, OneOf
from bprunner.spec.fields import Number, as_tuple
from bprunner.spec.naming import BiasForm, Names

LARGEST_LAYER = 100_000


# Activations


class Linear(Choice):
    """out = net."""

    kind: Literal["linear"]


class Sigmoid(Choice):
    """out = 1 / (1 + e^(−slope · net))."""

    kind: Literal["sigmoid"]
    slope: Number | None = Field(None, gt=0, description="the factor on the net input; 1 unless given")


class Tanh(Choice):
    """out = height · tanh(slope · net). With slope 0.5 it is the bipolar sigmoid, 2 / (1 + e^-net) − 1."""

    kind: Literal["tanh"]
    slope: Number | None = Field(None, gt=0, description="the factor on the net input; 1 unless given")
    height: Number | None = Field(None, gt=0, description="where it ends on either side; 1 unless given")


class Relu(Choice):
    """out = max(net, 0); its derivative at 0 is 0."""

    kind: Literal["relu"]


class LeakyRelu(Choice):
    """out = net where net > 0, slope · net elsewhere; its derivative at 0 is the slope."""

    kind: Literal["leaky_relu"]
    slope: Number = Field(0.01, description="the factor on negative net inputs")


class Elu(Choice):
    """out = net where net > 0, alpha · (e^net − 1) elsewhere; its derivative at 0 is alpha."""

    kind: Literal["elu"]
    alpha: Number = Field(1.0, description="how far below 0 it goes")


class Softplus(Choice):
    """out = ln(1 + e^net)."""

    kind: Literal["softplus"]


class Gelu(Choice):
    """out = net · Φ(net), Φ being the Gaussian distribution function: ½ (1 + erf(net / √2))."""

    kind: Literal["gelu"]


class GeluTanh(Choice):
    """out = ½ net (1 + tanh(√(2/π) (net + 0.044715 net³))), the approximation of gelu that many libraries use."""

    kind: Literal["gelu_tanh"]


class Softmax(Choice):
    """out = e^net / Σ e^net, the sum over the neurons of the layer."""

    kind: Literal["softmax"]


class Step(Choice):
    """out = 1 where net ≥ 0, else low. It has no useful derivative: to be trained, one has to be declared."""

    kind: Literal["step"]
    low: Number = Field(0.0, lt=1, description="the output below 0; −1 makes it the sign of the net input")
    at_zero: Literal["high", "low"] = Field("high", description="the output where net is 0")
    derivative: Number | None = Field(
        None, description="what its derivative is taken for; 1 gives the perceptron's learning rule"
    )


class Gaussian(Choice):
    """out = e^(−net / (2 width²)), net being a squared distance: the neurons of a radial basis function network."""

    kind: Literal["gaussian"]
    width: Number = Field(gt=0, description="the distance at which out has fallen to e^-½")


ActivationChoice = Annotated[
    Linear | Sigmoid | Tanh | Relu | LeakyRelu | Elu | Softplus | Gelu | GeluTanh | Softmax | Step | Gaussian,
    OneOf(),
]


# Biases


class NoBias(Choice):
    """No bias."""

    kind: Literal["none"]


class TrainedBias(Choice):
    """One bias for each neuron, added to its net input and trained."""

    kind: Literal["trained"]


class FrozenBias(Choice):
    """One bias for each neuron, added to its net input and never changed."""

    kind: Literal["frozen"]


class SharedBias(Choice):
    """One bias for the whole layer, added to every neuron's net input."""

    kind: Literal["shared"]
    trained: bool = Field(description="true: trained on the gradient summed over the layer; false: never changed")


class Threshold(Choice):
    """One threshold for each neuron, subtracted from its net input: a weight on a constant input of −1."""

    kind: Literal["threshold"]
    trained: bool = Field(True, description="false: never changed")


BiasChoice = Annotated[NoBias | TrainedBias | FrozenBias | SharedBias | Threshold, OneOf()]


# Layers and names


class Layer(Frozen):
    """One layer of neurons, each connected with every neuron before it."""

    units: int = Field(ge=1, le=LARGEST_LAYER, description="how many neurons")
    activation: ActivationChoice = Field(description="what turns a neuron's net input into its output")
    bias: BiasChoice = Field(description="what is added to a neuron's weighted sum, and whether it is trained")
    net: Literal["weighted_sum", "squared_distance"] = Field(
        "weighted_sum",
        description="what a neuron makes of its senders a: Σ a·w, or Σ (a − w)², as gaussian neurons have it",
    )
    frozen: bool = Field(False, description="true: the layer's weights and biases are never changed")

    @property
    def bias_trained(self) -> bool:
        """Whether the layer has biases that training changes."""
        return not self.frozen and (self.bias.kind == "trained" or getattr(self.bias, "trained", False) is True)


_NAME = re.compile(r"\w+(\.\w+)*")


def _name(text: str) -> str:
    """What an expression can name: Python decides what a letter is, there as here."""
    if not _NAME.fullmatch(text):
        rule = "a name has letters, digits and _, and single dots between them"
        raise PydanticCustomError("name", "is no name", {"found": text, "hint": rule})
    return text


# Editors read the schema with another idea of letters: here only what is certainly none.
_NAME_SCHEMA: JsonSchemaValue = {"type": "string", "maxLength": 40, "pattern": r"^[^\s.]+(\.[^\s.]+)*$"}
Name = Annotated[str, Field(max_length=40), AfterValidator(_name), WithJsonSchema(_NAME_SCHEMA)]
_MAP_SCHEMA: JsonSchemaValue = {
    "type": "object",
    "propertyNames": _NAME_SCHEMA,
    "additionalProperties": {"type": "string"},
}
NameList = Annotated[tuple[Name, ...], Field(min_length=1), BeforeValidator(as_tuple)]


def _numbering_form(value: object) -> str:
    return "(rule)" if isinstance(value, str) else "(map)"


class Naming(Frozen):
    """What the author calls neurons, weights and biases, where that is not i1, h1, o1, w1, b1."""

    inputs: NameList | None = Field(None, description="the inputs' names, in order")
    neurons: Annotated[tuple[NameList, ...], Field(min_length=1), BeforeValidator(as_tuple)] | None = Field(
        None, description="the neurons' names, one list for each layer"
    )
    weights: Annotated[
        Annotated[Literal["receiver", "sender"], Tag("(rule)")]
        | Annotated[
            dict[Name, str], Field(min_length=1), WithJsonSchema({**_MAP_SCHEMA, "minProperties": 1}), Tag("(map)")
        ],
        Discriminator(_numbering_form),
    ] = Field(
        "receiver",
        description="numbered by receiver first, or by sender first; or a map from names to connections",
    )
    biases: Annotated[dict[Name, str], WithJsonSchema(_MAP_SCHEMA)] = Field(
        {}, description="a map from names to the neurons (of a shared bias: the layer)"
    )


class Architecture(Frozen):
    """The network: how many inputs, and its layers, the last one being the output."""

    inputs: int = Field(ge=1, le=LARGEST_LAYER, description="how many input neurons")
    layers: Annotated[tuple[Layer, ...], Field(min_length=1), BeforeValidator(as_tuple)] = Field(
        description="hidden layers in order, then the output layer"
    )
    naming: Naming = Field(Naming(), description="what the author calls neurons, weights and biases")

    @cached_property
    def names(self) -> Names:
        """What everything is called. What is declared and does not fit is left out: consistency tells of it."""
        declared = self.naming
        connections = declared.weights if isinstance(declared.weights, dict) else {}
        return Names(
            sizes=(self.inputs, *(layer.units for layer in self.layers)),
            bias_forms=tuple(_bias_form(layer) for layer in self.layers),
            numbering="sender" if declared.weights == "sender" else "receiver",
            given_inputs=declared.inputs,
            given_neurons=declared.neurons,
            given_weights=tuple(connections.items()),
            given_biases=tuple(declared.biases.items()),
        )


def _bias_form(layer: Layer) -> BiasForm:
    return "none" if layer.bias.kind == "none" else "shared" if layer.bias.kind == "shared" else "unit"
