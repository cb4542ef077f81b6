# ruff: noqa: E501
"""Bad input for every key of the vocabulary, and every misfit of two keys: where it is told, how, and the way out.

In each text the mark ‹ stands before what is wrong; it is taken out before the text is read.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bprunner.spec.reading import read_declaration
from tests.spec.examples import problems_of_file
from tests.spec.faulty import MARK, Fault, assert_told, file_of

# Sections


def training(lines: str, path: str, words: str, hint: str = "", **sections: str) -> Fault:
    return Fault(file_of(lines, **sections), f"training.{path}".removesuffix("."), words, hint)


def layer(text: str, path: str, words: str, hint: str = "") -> Fault:
    """One layer of one neuron, which is the output."""
    text = file_of(architecture=f"{{inputs: 2, layers: [{text}]}}", initial_weights="{zeros: {}, biases: zeros}")
    if "bias: none" in text:
        text = text.replace(", biases: zeros", "")
    return Fault(text, f"architecture.layers[0]{path}", words, hint)


def naming(text: str, path: str, words: str, hint: str = "") -> Fault:
    network = "{inputs: 2, layers: [{units: 2, activation: tanh, bias: {shared: {trained: true}}}, {units: 1, activation: tanh, bias: trained}]"
    return Fault(file_of(architecture=f"{network}, naming: {text}}}"), f"architecture.naming{path}", words, hint)


def weights(text: str, path: str, words: str, hint: str = "", **sections: str) -> Fault:
    return Fault(file_of(initial_weights=text, **sections), f"initial_weights{path}", words, hint)


def data(text: str, path: str, words: str, hint: str = "") -> Fault:
    return Fault(file_of(dataset=text), f"dataset{path}", words, hint)


def arithmetic(text: str, path: str, words: str, hint: str = "", **sections: str) -> Fault:
    return Fault(file_of(arithmetic=text, **sections), f"arithmetic{path}", words, hint)


def expect(text: str, path: str, words: str, hint: str = "", lines: str = "", **sections: str) -> Fault:
    return Fault(file_of(lines, **sections, expect=f"[{text}]"), f"expect[0]{path}", words, hint)


def horizon(text: str, path: str, words: str, hint: str = "") -> Fault:
    return Fault(file_of(horizon=text), f"horizon{path}", words, hint)


def trace(text: str, path: str, words: str, hint: str = "") -> Fault:
    return Fault(file_of(trace=text), f"trace{path}", words, hint)


DRAWN = "{normal: {scale: 1}, seed: 1"
TANH = "{inputs: 2, layers: [{units: 1, activation: tanh, bias: none}]}"
TWO_OUTPUTS = {
    "architecture": "{inputs: 2, layers: [{units: 2, activation: linear, bias: none}]}",
    "initial_weights": "zeros",
    "dataset": "{inputs: [[1, 2]], targets: [[1, 2]]}",
}
SHARED = "{inputs: 2, layers: [{units: 2, activation: tanh, bias: {shared: {trained: true}}}, {units: 1, activation: tanh, bias: none}]}"

FAULTS = {
    # Activations
    "a gaussian without a width": layer("{units: 1, activation: {gaussian: ‹{}}, net: squared_distance, bias: none}", ".activation.gaussian.width", "`width` is missing", "the distance at which"),
    "a gaussian by its name": layer("{units: 1, activation: ‹gaussian, net: squared_distance, bias: none}", ".activation.width", "`width` is missing", "the distance at which"),
    "a gaussian of no width": layer("{units: 1, activation: {gaussian: {width: ‹0}}, net: squared_distance, bias: none}", ".activation.gaussian.width", "must be greater than 0"),
    "a gaussian of a sum": layer("{units: 1, activation: ‹{gaussian: {width: 1}}, bias: none}", ".activation", "`gaussian` is a function of a squared distance, and `net` is `weighted_sum`", "add `net: squared_distance`"),
    "a step with a word": layer("{units: 1, activation: {step: {derivative: ‹one}}, bias: none}", ".activation.step.derivative", "must be a number, found the text 'one'"),
    "a misspelt derivative": layer("{units: 1, activation: {step: {‹derivativ: 1, derivative: 1}}, bias: none}", ".activation.step.derivativ", "unknown key `derivativ`", "did you mean `derivative`?"),
    "a step to be trained": layer("{units: 1, activation: ‹step, bias: none}", ".activation", "`step` has no derivative that `training` could descend", "{step: {derivative: 1}} gives the perceptron's"),
    "an alpha of text": layer("{units: 1, activation: {elu: {alpha: ‹a}}, bias: none}", ".activation.elu.alpha", "must be a number"),
    "a softplus with a number": layer("{units: 1, activation: {softplus: {‹beta: 1}}, bias: none}", ".activation.softplus.beta", "unknown key `beta`"),
    "a misspelt gelu": layer("{units: 1, activation: ‹gelu_tan, bias: none}", ".activation", "unknown name `gelu_tan`", "did you mean `gelu_tanh`?"),
    "a low that is high": layer("{units: 1, activation: {step: {low: ‹1, derivative: 1}}, bias: none}", ".activation.step.low", "must be less than 1"),
    "neither high nor low": layer("{units: 1, activation: {step: {at_zero: ‹0, derivative: 1}}, bias: none}", ".activation.step.at_zero", "must be `high` or `low`"),
    "a flat sigmoid": layer("{units: 1, activation: {sigmoid: {slope: ‹0}}, bias: none}", ".activation.sigmoid.slope", "must be greater than 0"),
    "a sigmoid of some height": layer("{units: 1, activation: {sigmoid: {‹height: 2}}, bias: none}", ".activation.sigmoid.height", "unknown key `height`"),
    "a tanh upside down": layer("{units: 1, activation: {tanh: {height: ‹-1}}, bias: none}", ".activation.tanh.height", "must be greater than 0"),
    "softmax of one": layer("{units: 1, activation: ‹softmax, bias: none}", ".activation", "`softmax` of a single neuron is always 1: `units` is 1", "sigmoid is for one neuron"),
    # Layers
    "an unknown net": layer("{units: 1, activation: linear, bias: none, net: ‹squared_distanc}", ".net", "must be `weighted_sum` or `squared_distance`", "did you mean `squared_distance`?"),
    "a frozen layer of no": layer("{units: 1, activation: linear, bias: none, frozen: ‹no}", ".frozen", "must be true or false, found the text 'no'"),
    "a misspelt frozen": layer("{units: 1, activation: linear, bias: none, ‹frozn: true}", ".frozn", "unknown key `frozn`", "did you mean `frozen`?"),
    "a shared bias by its name": layer("{units: 1, activation: linear, bias: ‹shared}", ".bias.trained", "`trained` is missing", "trained on the gradient summed over the layer"),
    "a shared bias of nothing": layer("{units: 1, activation: linear, bias: {shared: ‹{}}}", ".bias.shared.trained", "`trained` is missing", "trained on the gradient"),
    "a threshold of 1": layer("{units: 1, activation: linear, bias: {threshold: {trained: ‹1}}}", ".bias.threshold.trained", "must be true or false, found the number 1"),
    "a misspelt bias": layer("{units: 1, activation: linear, bias: ‹treshold}", ".bias", "unknown name `treshold`", "did you mean `threshold`?"),
    "a trained bias with a number": layer("{units: 1, activation: linear, bias: {trained: {‹value: 1}}}", ".bias.trained.value", "unknown key `value`"),
    # Names
    "an unknown naming": naming("{‹weight: receiver}", ".weight", "unknown key `weight`", "did you mean `weights`?"),
    "names as a list": naming("‹[x, y]", "", "must be a mapping of names to values, found a list of 2"),
    "an unknown numbering": naming("{weights: ‹recever}", ".weights", "must be `receiver` or `sender`, found the text 'recever'", "did you mean `receiver`?"),
    "a numbering by number": naming("{weights: ‹5}", ".weights", "must be a mapping of names to values, found the number 5"),
    "a map of nothing": naming("{weights: ‹{}}", ".weights", "must not be empty"),
    "a name with a space": naming("{weights: {‹w 1: i1 -> h1}}", ".weights.w 1", "`w 1` is no name", "letters, digits and _, and single dots"),
    "a name that ends with a dot": naming("{inputs: [x, ‹y.]}", ".inputs[1]", "`y.` is no name", "letters, digits and _"),
    "a name of two dots": naming("{neurons: [[a, ‹b..c], [d]]}", ".neurons[0][1]", "`b..c` is no name"),
    "a name of nothing": naming("{inputs: [x, ‹'']}", ".inputs[1]", "`` is no name"),
    "a name with an arrow": naming("{inputs: [x, ‹y->z]}", ".inputs[1]", "`y->z` is no name"),
    "a name with a slash": naming("{biases: {‹a/b: o1}}", ".biases.a/b", "`a/b` is no name"),
    "a name with a joined accent": naming('{inputs: [x, ‹"e\\u0301"]}', ".inputs[1]", "is no name"),
    "a name with something unseen": naming('{inputs: [x, ‹"e\\u200d"]}', ".inputs[1]", "is no name"),
    "a name with a line end": naming('{inputs: [x, ‹"y\\n"]}', ".inputs[1]", "is no name"),
    "a name that is a number": naming("{inputs: [x, ‹1]}", ".inputs[1]", "must be text, found the number 1", ),
    "a name that is a truth value": naming("{inputs: [x, ‹true]}", ".inputs[1]", "must be text, found the truth value true"),
    "a long name": naming("{inputs: [x, ‹" + "y" * 41 + "]}", ".inputs[1]", "must have at most 40 characters"),
    "a long name in a map": naming("{weights: {‹" + "y" * 41 + ": i1 -> h1}}", ".weights." + "y" * 41, "` must have at most 40 characters"),
    "a name too few": naming("{inputs: ‹[x]}", ".inputs", "1 name, but `architecture.inputs` is 2"),
    "a layer of names too few": naming("{neurons: ‹[[a, b]]}", ".neurons", "1 list of names, but `architecture.layers` has 2 layers"),
    "a neuron too many": naming("{neurons: [[a, b], ‹[c, d]]}", ".neurons[1]", "2 names, but the layer has 1 unit"),
    "neurons in one list": naming("{neurons: [‹a, [c]]}", ".neurons[0]", "must be a list, found the text 'a'"),
    "a repeated neuron": naming("‹{inputs: [x, x]}", "", "two things are called `x`", "name all, or choose other names"),
    "a neuron called like an input": naming("‹{neurons: [[i1, b], [c]]}", "", "two things are called `i1`"),
    "a weight that keeps its number": naming("‹{weights: {w2: i1 -> h1}}", "", "two things are called `w2`", "what is not named keeps its number"),
    "a bias called like a weight": naming("‹{biases: {w1: o1}}", "", "two things are called `w1`"),
    "a weight called like a bias": naming("‹{weights: {b1: i1 -> h1}}", "", "two things are called `b1`"),
    "a connection without an arrow": naming("{weights: {a: ‹i1 - h1}}", ".weights.a", "`i1 - h1` is no connection of neighbouring layers", "a connection is written i1 -> h1"),
    "a connection backwards": naming("{weights: {a: ‹h1 -> i1}}", ".weights.a", "`h1 -> i1` is no connection"),
    "a connection over a layer": naming("{weights: {a: ‹i1 -> o1}}", ".weights.a", "`i1 -> o1` is no connection"),
    "a connection of three": naming("{weights: {a: ‹i1 -> h1 -> o1}}", ".weights.a", "is no connection"),
    "a connection by old names": naming("{inputs: [x, y], weights: {a: ‹i1 -> h1}}", ".weights.a", "`i1 -> h1` is no connection", "a connection is written x -> h1"),
    "a connection that is a number": naming("{weights: {a: ‹5}}", ".weights.a", "must be text, found the number 5"),
    "two names of a weight": naming("{weights: {a: i1 -> h1, b: ‹i1→h1}}", ".weights.b", "`i1→h1` is called `a` already"),
    "two names of a bias": naming("{biases: {a: o1, b: ‹o1}}", ".biases.b", "`o1` is called `a` already"),
    "a bias of nothing": naming("{biases: {a: ‹h9}}", ".biases.a", "`h9` is no neuron that has a bias", "neurons with biases of their own: h, o1"),
    "a bias of a neuron that shares one": naming("{biases: {a: ‹h1}}", ".biases.a", "`h1` is no neuron that has a bias", "h, o1"),
    "a bias of an input": naming("{biases: {a: ‹i1}}", ".biases.a", "`i1` is no neuron that has a bias"),
    "a bias of a neuron or a layer": naming("{neurons: [[a, b], [h]], biases: {t: ‹h}}", ".biases.t", "`h` is a neuron with a bias, and a layer that shares one: which is meant?", "call the neuron otherwise"),
    "a weight called seed": naming("{weights: {‹seed: i1 -> h1}}", ".weights.seed", "`seed` has a meaning of its own in `initial_weights`", "choose another name"),
    "a weight called like a rule": naming("{weights: {‹zeros: i1 -> h1}}", ".weights.zeros", "`zeros` has a meaning of its own in `initial_weights`"),
    "a bias called like a list of them": naming("{biases: {‹biases: o1}}", ".biases.biases", "`biases` has a meaning of its own"),
    "a bias called like a rule": naming("{biases: {‹drawn: o1}}", ".biases.drawn", "`drawn` has a meaning of its own"),
    # Rules of initial weights
    "a gain of text": weights("{orthogonal: {gain: ‹a}, seed: 1, biases: zeros}", ".orthogonal.gain", "must be a number"),
    "a negative scale": weights("{truncated_normal: {scale: ‹-1}, seed: 1, biases: zeros}", ".truncated_normal.scale", "must be at least 0"),
    "no scale": weights("{truncated_normal: ‹{}, seed: 1, biases: zeros}", ".truncated_normal.scale", "`scale` is missing", "before anything is cut off"),
    "a number for glorot": weights("{glorot_uniform: {‹gain: 1}, seed: 1, biases: zeros}", ".glorot_uniform.gain", "unknown key `gain`"),
    "a misspelt he": weights("‹he_norml", "", "unknown name `he_norml`", "did you mean `he_normal`?"),
    "lecun without a seed": weights("{‹lecun_normal: {}, biases: zeros}", ".lecun_normal", "`lecun_normal` draws random numbers and needs a `seed`", "`seed: 0`"),
    "no formula": weights("{drawn: ‹{}, seed: 1, biases: zeros}", ".drawn.formula", "`formula` is missing", "such as 2 * r - 1"),
    "a formula without its name": weights("{drawn: ‹2 * r, seed: 1, biases: zeros}", ".drawn", "must be a mapping of its numbers"),
    "a formula over x": weights("{drawn: {formula: ‹2 * x}, seed: 1, biases: zeros}", ".drawn.formula", "must be a formula over r (even in [0, 1)) or g (Gaussian)", "for example 2 * r - 1"),
    "a formula of numbers": weights("{drawn: {formula: ‹1 + 1}, seed: 1, biases: zeros}", ".drawn.formula", "must be a formula over r"),
    "a formula of fans": weights("{drawn: {formula: ‹1 / sqrt(fan_in)}, seed: 1, biases: zeros}", ".drawn.formula", "must be a formula over r", "g / sqrt(fan_in)"),
    "half a formula": weights("{drawn: {formula: ‹2 *}, seed: 1, biases: zeros}", ".drawn.formula", "the formula is no arithmetic that can be read"),
    "a formula that calls": weights("{drawn: {formula: ‹tan(r)}, seed: 1, biases: zeros}", ".drawn.formula", "the formula calls `tan`, and there is no such function; there are abs, cos"),
    "a formula that divides by nothing": weights("{drawn: {formula: ‹r / 0}, seed: 1, biases: zeros}", ".drawn.formula", "the formula has no finite value where r is 0.618"),
    "a formula too large": weights("{drawn: {formula: ‹r * 10.0 ** 308 * 100}, seed: 1, biases: zeros}", ".drawn.formula", "no finite value"),
    "a formula that is a number": weights("{drawn: {formula: ‹5}, seed: 1, biases: zeros}", ".drawn.formula", "must be text, found the number 5"),
    "no formula at all": weights("{drawn: {formula: ‹''}, seed: 1, biases: zeros}", ".drawn.formula", "the formula is empty"),
    # Where and how they are drawn
    "an unknown generator": weights(DRAWN + ", generator: ‹numpi, biases: zeros}", ".generator", "must be one of `numpy`, `numpy_legacy`, `python`", "did you mean `numpy`?"),
    "a legacy seed": weights("{normal: {scale: 1}, seed: ‹4294967296, generator: numpy_legacy, biases: zeros}", ".seed", "with `generator: numpy_legacy` a seed is at most 4,294,967,295, found 4,294,967,296"),
    "a seed of nothing": weights("{zeros: {}, seed: ‹1, biases: zeros}", ".seed", "nothing is drawn, so `seed` has no meaning here"),
    "a generator of nothing": weights("{zeros: {}, generator: ‹python, biases: zeros}", ".generator", "nothing is drawn, so `generator` has no meaning here"),
    "an order of nothing": weights("{zeros: {}, draw: ‹{biases: by_layer}, biases: zeros}", ".draw", "nothing is drawn, so `draw` has no meaning here"),
    "a draw by its name": weights(DRAWN + ", draw: ‹last, biases: zeros}", ".draw", "must be a mapping of names to values, found the text 'last'"),
    "a misspelt draw": weights(DRAWN + ", draw: {‹biase: last}, biases: zeros}", ".draw.biase", "unknown key `biase`", "did you mean `biases`?"),
    "an unknown order of a matrix": weights(DRAWN + ", draw: {matrices: ‹rows}, biases: zeros}", ".draw.matrices", "must be `out_in` or `in_out`"),
    "an unknown place of biases": weights(DRAWN + ", draw: {biases: ‹sorted}, biases: zeros}", ".draw.biases", "must be one of `last`, `by_layer`, `by_unit`"),
    "biases before units and weights by sender": weights(DRAWN + ", draw: ‹{biases: unit_first, matrices: in_out}, biases: zeros}", ".draw", "`biases: unit_first` draws each bias before its own neuron's weights, and `matrices: in_out` sender by sender", "goes `matrices: out_in`"),
    "biases by unit and weights by sender": weights(DRAWN + ", draw: ‹{biases: by_unit, matrices: in_out}, biases: zeros}", ".draw", "`biases: by_unit` draws each bias after its own neuron's weights, and `matrices: in_out` sender by sender", "goes `matrices: out_in`"),
    # Layers that start in different ways
    "an unknown rule of a layer": weights("{layers: [zeros, ‹zero], biases: zeros}", ".layers[1]", "unknown name `zero`", "did you mean `zeros`?"),
    "a number for a layer": weights("{layers: [zeros, ‹5], biases: zeros}", ".layers[1]", "must be one of the names, or one with its numbers, found the number 5", "names: zeros, constant"),
    "layers by a rule": weights("{layers: ‹zeros, biases: zeros}", ".layers", "must be a list, found the text 'zeros'"),
    "layers too few": weights("{layers: ‹[zeros], biases: zeros}", ".layers", "1 entry, but `architecture.layers` has 2 layers"),
    "a matrix without an orientation": weights("{layers: [zeros, ‹[[1], [2]]], biases: zeros}", ".layers[1]", "`layers` needs an `orientation`", "in_out: a row for each sending neuron"),
    "an orientation of rules": weights("{layers: [zeros, zeros], orientation: ‹in_out, biases: zeros}", ".orientation", "`orientation` says how matrices are written, and `layers` has none"),
    "an orientation of no matrices": weights("{zeros: {}, orientation: ‹in_out, biases: zeros}", ".orientation", "`orientation` says how `matrices` are written, and there are none"),
    "a layer's matrix on its side": weights("{layers: [zeros, ‹[[1, 2]]], orientation: in_out, biases: zeros}", ".layers[1]", "1 × 2 numbers; layer 2 has 2 inputs and 1 unit, so `in_out` wants 2 × 1", "this is how `orientation: out_in` writes it"),
    "a row too few": weights("{layers: [‹[[1, 2]], zeros], orientation: in_out, biases: zeros}", ".layers[0]", "1 row; layer 1 has 2 inputs and 2 units"),
    "a layer's range upside down": weights("{layers: [zeros, ‹{uniform: {low: 1, high: 0}}], seed: 1, biases: zeros}", ".layers[1]", "`low` must be less than `high`, found 1 and 0"),
    "a layer's seed": weights("{layers: [zeros, ‹{uniform: {low: 0, high: 1}}], biases: zeros}", ".layers[1]", "`uniform` draws random numbers and needs a `seed`", "`seed: 0`"),
    "layers and a rule": weights("{layers: [zeros, zeros], zeros: ‹{}, biases: zeros}", ".zeros", "`layers` and the rule `zeros` both set every weight"),
    "matrices and layers": weights("{matrices: [[[1, 2], [3, 4]], [[1], [2]]], orientation: in_out, layers: ‹[zeros, zeros], biases: zeros}", ".layers", "`matrices` and `layers` both set every weight"),
    "matrices and a rule": weights("{matrices: [[[1, 2], [3, 4]], [[1], [2]]], orientation: in_out, zeros: ‹{}, biases: zeros}", ".zeros", "`matrices` and the rule `zeros` both set every weight"),
    "an unknown orientation": weights("{zeros: {}, orientation: ‹inout, biases: zeros}", ".orientation", "must be `in_out` or `out_in`", "did you mean `in_out`?"),
    # Biases
    "lists of biases too few": weights("{zeros: {}, biases: ‹[[1, 2]]}", ".biases", "1 list of biases, but of `architecture.layers` 2 layers have them"),
    "biases too many": weights("{zeros: {}, biases: [‹[1, 2, 3], [1]]}", ".biases[0]", "3 biases, but the layer has 2 units"),
    "an unknown rule of biases": weights("{zeros: {}, biases: [zeros, ‹one]}", ".biases[1]", "unknown name `one`"),
    "a bias of text": weights("{zeros: {}, biases: [zeros, [‹a]]}", ".biases[1][0]", "must be a number"),
    "a number for biases": weights("{zeros: {}, biases: [zeros, ‹1]}", ".biases[1]", "must be one of the names, or one with its numbers"),
    "biases that are drawn": weights("{zeros: {}, ‹biases: {normal: {scale: 1}}}", ".biases", "`normal` draws random numbers and needs a `seed`"),
    "some biases left out": weights("‹{zeros: {}, b1: 1}", "", "2 of 3 biases are left out: b2, b3 (b2 is the bias of h2)", "`biases: zeros`"),
    "a shared bias left out": weights("‹{zeros: {}}", "", "1 of 1 bias is left out: b1 (b1 is the bias of layer h)", architecture=SHARED),
    "a shared bias of two": weights("{zeros: {}, biases: [‹[1, 2]]}", ".biases[0]", "2 biases, but the layer has one", architecture=SHARED),
    "a weight by its old name": weights("{zeros: {}, ‹w1: 1}", ".w1", "no weight or bias is called `w1`", "the network has a, w2, and no biases", architecture="{inputs: 2, layers: [{units: 1, activation: tanh, bias: none}], naming: {weights: {a: i1 -> o1}}}"),
    "a word beside weights": weights("{zeros: {}, ‹theta: a, biases: zeros}", ".theta", "unknown key `theta`", "a weight or bias of this name needs a number; possible here: `matrices`, `layers`"),
    # The dataset
    "two sources": data("{gate: xor, ‹bundled: iris}", ".bundled", "`gate` and `bundled` both say where the samples are"),
    "a misspelt source": data("{‹gat: xor}", ".gat", "unknown key `gat`", "did you mean `gate`?"),
    "a gate that is none": data("{gate: ‹implies}", ".gate", "must be one of `and`, `or`"),
    "a share of more than all": data("{gate: xor, split: {held_out: ‹1.5, seed: 0}}", ".split.held_out", "must be a share between 0 and 1, or a whole number of samples", "0.2 for a fifth"),
    "nothing stays": data("{gate: xor, split: {held_out: ‹4, seed: 0}}", ".split.held_out", "the dataset has 4 samples, and 4 would be held out: none stays"),
    # Losses and penalties
    "a reduction of cross entropy": training("loss: {cross_entropy: {‹outputs: mean}}", "loss.cross_entropy.outputs", "unknown key `outputs`", "possible here: `samples`"),
    "an unknown reduction": training("loss: {squared_error: {samples: ‹average}}", "loss.squared_error.samples", "must be `sum` or `mean`"),
    "a reduction of a mean": training("loss: {mean_squared_error: {‹samples: mean}}", "loss.mean_squared_error.samples", "unknown key `samples`"),
    "a threshold of nothing": training("loss: {huber: {threshold: ‹0}}", "loss.huber.threshold", "must be greater than 0"),
    "a loss of logarithms": training("loss: ‹cross_entropy", "loss", "`cross_entropy` takes the logarithm of predictions, and the last layer's `activation` is `tanh`", "with `cross_entropy` goes `softmax`", architecture=TANH, initial_weights="zeros"),
    "an error of logarithms": training("reported_error: ‹binary_cross_entropy", "reported_error", "`binary_cross_entropy` takes the logarithm", "goes `sigmoid`", architecture=TANH, initial_weights="zeros"),
    "a target of no logarithm": training("loss: binary_cross_entropy", "x", "must be from 0 to 1, found 2: the targets of `training.loss`, `binary_cross_entropy`, are from 0 to 1", dataset="{inputs: [[1, 2], [3, 4]], targets: [[0.5], [‹2]]}")._replace(path="dataset.targets[1][0]"),
    "a negative target of a logarithm": training("reported_error: binary_cross_entropy", "x", "must be from 0 to 1, found -1: the targets of `training.reported_error`", dataset="{gate: xor, held_out: {inputs: [[1, 2]], targets: [[‹-1]]}}")._replace(path="dataset.held_out.targets[0][0]"),
    "bipolar targets of a logarithm": training("loss: binary_cross_entropy", "x", "`bipolar` makes targets of −1, and the targets of `training.loss`, `binary_cross_entropy`, are from 0 to 1", "leave them 0 and 1", dataset="{gate: xor, encode: {targets: ‹bipolar}}")._replace(path="dataset.encode.targets"),
    "standardised targets of a logarithm": training("loss: cross_entropy", "x", "`standardise` makes targets less than 0, and the targets of `training.loss`, `cross_entropy`, are from 0 to 1", "`min_max` gives", dataset="{gate: xor, scale: {targets: ‹standardise}}")._replace(path="dataset.scale.targets"),
    "divided targets of a logarithm": training("loss: cross_entropy", "x", "sample 2, column 1 must be from 0 to 1, found 2: the targets of `training.loss`", dataset="{inputs: [[1, 2], [3, 4]], targets: [[1], [4]], scale: {targets: ‹{divide: {by: 2}}}}")._replace(path="dataset.scale.targets"),
    "held-out targets of a logarithm": training("loss: cross_entropy", "x", "held-out sample 1, column 1 must be from 0 to 1, found 1.5", dataset="{inputs: [[1, 2], [3, 4]], targets: [[1], [3]], scale: {targets: ‹min_max}, held_out: {inputs: [[1, 2]], targets: [[4]]}}")._replace(path="dataset.scale.targets"),
    "a neuron like a layer": naming("{neurons: [[‹h, n2], [y]]}", ".neurons[0][0]", "a layer is called `h`, too", "choose another name"),
    "a neuron like another layer": naming("{neurons: [[n1, n2], [‹h]]}", ".neurons[1][0]", "a layer is called `h`, too"),
    "a neuron like a weight": naming("{neurons: [[‹w1, n2], [y]]}", ".neurons[0][0]", "a weight is called `w1`, too"),
    "a neuron like a bias": naming("{neurons: [[n1, n2], [‹b2]]}", ".neurons[1][0]", "a bias is called `b2`, too"),
    "an input like a weight": naming("{inputs: [x, ‹w6]}", ".inputs[1]", "a weight is called `w6`, too"),
    "an input like a layer": naming("{inputs: [‹o, x]}", ".inputs[0]", "a layer is called `o`, too"),
    "an input like an error": naming("{inputs: [‹error, x]}", ".inputs[0]", "`error` has a meaning of its own in figures or roundings"),
    "an input like a step": naming("{inputs: [x, ‹step]}", ".inputs[1]", "`step` has a meaning of its own"),
    "an output like a figure": naming("{neurons: [[n1, n2], [‹printed]]}", ".neurons[1][0]", "`printed` has a meaning of its own"),
    "a weight like a layer": naming("{weights: {‹h: i1 -> h1}}", ".weights.h", "a layer is called `h`, too"),
    "a weight like a neuron": naming("{weights: {‹h2: i1 -> h1}}", ".weights.h2", "a neuron is called `h2`, too"),
    "a weight like an input": naming("{inputs: [x, y], weights: {‹x: x -> h1}}", ".weights.x", "a neuron is called `x`, too"),
    "a bias like a neuron": naming("{biases: {‹o1: o1}}", ".biases.o1", "a neuron is called `o1`, too"),
    "a weight like a rounding": naming("{weights: {‹decimals: i1 -> h1}}", ".weights.decimals", "`decimals` has a meaning of its own"),
    "an unknown error": training("reported_error: ‹mse", "reported_error", "unknown name `mse`", "`mean_squared_error`"),
    "an unknown penalty": training("penalty: {‹l3: {strength: 1, factor: lambda}}", "penalty.l3", "unknown key `l3`", "possible here: `l1`, `l2`"),
    "a penalty by number": training("penalty: {l2: ‹0.1}", "penalty.l2", "must be a mapping of names to values"),
    "a negative penalty": training("penalty: {l2: {strength: ‹-1, factor: lambda}}", "penalty.l2.strength", "must be at least 0"),
    "a margin on the wrong side": training("loss: {hinge: {margin: ‹-1}}", "loss.hinge.margin", "must be at least 0"),
    "biases penalised by a number": training("penalty: {l2: {strength: 1, factor: lambda, biases: ‹1}}", "penalty.l2.biases", "must be true or false"),
    "penalised biases that are not there": training("penalty: {l2: {strength: 1, factor: lambda, biases: ‹true}}", "penalty.l2.biases", "the biases are penalised by `l2`, and no layer of `architecture` has a `bias`", architecture=TANH, initial_weights="zeros"),
    "no factor": training("penalty: {l1: ‹{strength: 1}}", "penalty.l1.factor", "`factor` is missing", "what stands before the sum"),
    "an unknown factor": training("penalty: {l2: {strength: 1, factor: ‹lambda/3}}", "penalty.l2.factor", "must be one of `lambda`, `lambda/2`, `lambda/m`, `lambda/2m`"),
    "a metric without a list": training("metrics: ‹accuracy", "metrics", "must be a list, found the text 'accuracy'"),
    "an unknown metric": training("metrics: [‹acuracy]", "metrics[0]", "unknown name `acuracy`", "did you mean `accuracy`?"),
    "a misspelt threshold": training("metrics: [{accuracy: {‹treshold: 1}}]", "metrics[0].accuracy.treshold", "unknown key `treshold`", "did you mean `threshold`?"),
    "a metric twice": training("metrics: [accuracy, ‹{accuracy: {threshold: 0}}]", "metrics[1]", "`accuracy` is counted already"),
    # Optimizers
    "a momentum of all": training("optimizer: {momentum: {momentum: ‹1}}", "optimizer.momentum.momentum", "must be less than 1, found the number 1"),
    "no momentum": training("optimizer: {momentum: ‹{}}", "optimizer.momentum.momentum", "`momentum` is missing", "how much of the velocity stays"),
    "momentum by its name": training("optimizer: ‹momentum", "optimizer.momentum", "`momentum` is missing", "how much of the velocity stays"),
    "momentum by its number": training("optimizer: {momentum: ‹0.9}", "optimizer.momentum", "must be a mapping of its numbers"),
    "an unknown form": training("optimizer: {momentum: {momentum: 0.9, form: ‹clasical}}", "optimizer.momentum.form", "must be one of `classical`, `averaged`, `accumulated`", "did you mean `classical`?"),
    "a form that nesterov has not": training("optimizer: {nesterov: {momentum: 0.9, form: ‹averaged}}", "optimizer.nesterov.form", "must be `classical` or `accumulated`"),
    "a negative epsilon": training("optimizer: {adagrad: {epsilon: ‹-1}}", "optimizer.adagrad.epsilon", "must be at least 0"),
    "a decay of all": training("optimizer: {rmsprop: {decay: ‹1}}", "optimizer.rmsprop.decay", "must be less than 1"),
    "a place that rmsprop has not": training("optimizer: {rmsprop: {epsilon_place: ‹uncorrected}}", "optimizer.rmsprop.epsilon_place", "must be `outside` or `inside`"),
    "an unknown place": training("optimizer: {adam: {epsilon_place: ‹within}}", "optimizer.adam.epsilon_place", "must be one of `outside`, `inside`, `uncorrected`"),
    "a misspelt beta": training("optimizer: {adam: {‹beta_1: 0.9}}", "optimizer.adam.beta_1", "unknown key `beta_1`", "did you mean `beta1`?"),
    "a correction of 1": training("optimizer: {adam: {bias_correction: ‹1}}", "optimizer.adam.bias_correction", "must be true or false"),
    "an unknown count": training("optimizer: {adam: {counts: ‹later}}", "optimizer.adam.counts", "must be `before` or `after`"),
    "a correction with nothing counted": training("optimizer: ‹{adam: {counts: after}}", "optimizer", "`counts: after` makes the first correction with t = 0, which divides by zero", "`optimizer_state: {count: 1}`"),
    "a decay of adam": training("optimizer: {adam: {‹weight_decay: 0.1}}", "optimizer.adam.weight_decay", "unknown key `weight_decay`"),
    "a negative decay": training("optimizer: {adamw: {weight_decay: ‹-1}}", "optimizer.adamw.weight_decay", "must be at least 0"),
    "an unknown optimizer": training("optimizer: ‹sgd", "optimizer", "unknown name `sgd`", "`gradient_descent`"),
    # What an optimizer remembers
    "a velocity of nothing": training("optimizer_state: {‹velocity: 1}", "optimizer_state.velocity", "`gradient_descent` has no `velocity`; it remembers nothing"),
    "a velocity of adam": training("optimizer: adam\noptimizer_state: {‹velocity: 1}", "optimizer_state.velocity", "`adam` has no `velocity`; it remembers `mean`, `squares`, `count`"),
    "a count of momentum": training("optimizer: {momentum: {momentum: 0.9}}\noptimizer_state: {‹count: 1}", "optimizer_state.count", "`momentum` has no `count`; it remembers `velocity`"),
    "a velocity as a list": training("optimizer: {momentum: {momentum: 0.9}}\noptimizer_state: {velocity: ‹[1]}", "optimizer_state.velocity", "must be a number, found a list"),
    "half a velocity": training("optimizer: {momentum: {momentum: 0.9}}\noptimizer_state: {velocity: ‹{w1: 1, w2: 2, w3: 3, w4: 4, w5: 5, w6: 6}}", "optimizer_state.velocity", "`velocity` of b1, b2, b3 is left out", "write every one, or one number for all"),
    "a velocity too many": training("optimizer: {momentum: {momentum: 0.9}}\noptimizer_state: {velocity: {w1: 1, w2: 2, w3: 3, w4: 4, w5: 5, w6: 6, b1: 1, b2: 2, b3: 3, ‹w7: 7}}", "optimizer_state.velocity.w7", "no weight or bias is called `w7`", "w1 to w6 and b1 to b3"),
    "a velocity of text": training("optimizer: {momentum: {momentum: 0.9}}\noptimizer_state: {velocity: {w1: ‹a}}", "optimizer_state.velocity.w1", "must be a number"),
    "a count of a half": training("optimizer: adam\noptimizer_state: {count: ‹1.5}", "optimizer_state.count", "must be a whole number"),
    "a count of less than none": training("optimizer: adam\noptimizer_state: {count: ‹-1}", "optimizer_state.count", "must be at least 0"),
    "negative squares": training("optimizer: adam\noptimizer_state: {squares: ‹-5}", "optimizer_state.squares", "must be at least 0"),
    "negative squares by name": training("optimizer: rmsprop\noptimizer_state: {squares: {w1: ‹-5}}", "optimizer_state.squares.w1", "must be at least 0"),
    "a count of no correction": training("optimizer: {adam: {bias_correction: false}}\noptimizer_state: {‹count: 3}", "optimizer_state.count", "`count` is of corrections, and `bias_correction` is false"),
    "a counting of no correction": training("optimizer: {adam: {bias_correction: false, counts: ‹after}}", "optimizer.adam.counts", "`counts: after` is of corrections, and `bias_correction` is false"),
    "an epsilon of no correction": training("optimizer: {adamw: {bias_correction: false, epsilon_place: ‹uncorrected}}", "optimizer.adamw.epsilon_place", "`epsilon_place: uncorrected` is of corrections, and `bias_correction` is false", "the same as `outside`"),
    "a misspelt state": training("optimizer: adam\noptimizer_state: {‹square: 1}", "optimizer_state.square", "unknown key `square`", "did you mean `squares`?"),
    # The learning rate
    "an unknown schedule": training("schedule: ‹linear", "schedule", "unknown name `linear`"),
    "a schedule of no steps": training("schedule: {step: {every: ‹0, factor: 0.5}}", "schedule.step.every", "must be at least 1"),
    "a schedule without a factor": training("schedule: {step: ‹{every: 3}}", "schedule.step.factor", "`factor` is missing", "what the rate is multiplied by"),
    "a factor of nothing": training("schedule: {exponential: {factor: ‹0}}", "schedule.exponential.factor", "must be greater than 0"),
    "an unknown tick": training("schedule: {exponential: {factor: 0.5, per: ‹step}}", "schedule.exponential.per", "must be `epoch` or `update`"),
    "a negative decay of the rate": training("schedule: {inverse_time: {decay: ‹-1}}", "schedule.inverse_time.decay", "must be at least 0"),
    "a cosine over half": training("schedule: {cosine: {over: ‹0.5}}", "schedule.cosine.over", "must be a whole number"),
    "a cosine to less than nothing": training("schedule: {cosine: {over: 3, to: ‹-1}}", "schedule.cosine.to", "must be at least 0"),
    "a warm-up by number": training("warm_up: ‹5", "warm_up", "must be a mapping of names to values"),
    "a warm-up over nothing": training("warm_up: {over: ‹0}", "warm_up.over", "must be at least 1"),
    "a warm-up without a length": training("warm_up: ‹{start: 0.1}", "warm_up.over", "`over` is missing", "how many t it takes"),
    "a warm-up from more than all": training("warm_up: {over: 3, start: ‹1.5}", "warm_up.start", "must be at most 1"),
    "a misspelt warm-up": training("warm_up: {over: 3, ‹from: 0.5}", "warm_up.from", "unknown key `from`"),
    # Batches
    "an unknown way": training("batches: ‹stochastic", "batches", "unknown name `stochastic`"),
    "minibatches by their name": training("batches: ‹minibatches", "batches.size", "`size` is missing", "how many samples an update has"),
    "minibatches of none": training("batches: {minibatches: {size: ‹0}}", "batches.minibatches.size", "must be at least 1"),
    "minibatches too large": training("batches: {minibatches: {size: ‹5}}", "batches.minibatches.size", "a minibatch of 5, but the dataset has 4 samples to train with", "`batches: full` takes them all"),
    "minibatches larger than what is left": training("batches: {minibatches: {size: ‹4}}", "batches.minibatches.size", "a minibatch of 4, but the dataset has 3 samples", dataset="{gate: xor, split: {held_out: 1, seed: 0}}"),
    "a seed of words": training("batches: {minibatches: {size: 2, seed: ‹later}}", "batches.minibatches.seed", "must be `after_weights`, found the text 'later'"),
    "half a seed": training("batches: {minibatches: {size: 2, seed: ‹1.5}}", "batches.minibatches.seed", "must be a whole number, found the number 1.5"),
    "a negative seed": training("batches: {minibatches: {size: 2, seed: ‹-1}}", "batches.minibatches.seed", "must be at least 0"),
    "a legacy seed of batches": training("batches: {minibatches: {size: 2, generator: numpy_legacy, seed: ‹9999999999}}", "batches.minibatches.seed", "with `generator: numpy_legacy` a seed is at most 4,294,967,295"),
    "a generator that shuffles nothing": training("batches: {minibatches: {size: 2, generator: ‹python}}", "batches.minibatches.generator", "nothing is shuffled without a `seed`, so `generator` has no meaning here"),
    "an unknown rest": training("batches: {minibatches: {size: 2, last: ‹drop}}", "batches.minibatches.last", "must be `kept` or `dropped`", "did you mean `dropped`?"),
    "a size of all": training("batches: {full: {‹size: 3}}", "batches.full.size", "unknown key `size`"),
    "an order of no list": training("batches: {online: {order: ‹3}}", "batches.online.order", "must be a list"),
    "an order of no samples": training("batches: {online: {order: ‹[]}}", "batches.online.order", "must not be empty"),
    "an order from 0": training("batches: {online: {order: [‹0, 1]}}", "batches.online.order[0]", "must be at least 1"),
    "an order beyond the samples": training("batches: {online: {order: [1, ‹5]}}", "batches.online.order[1]", "there is no sample 5: the dataset has 4 samples to train with"),
    "a lot without a seed": training("batches: {sampled: ‹{size: 2}}", "batches.sampled.seed", "`seed` is missing", "as for minibatches"),
    "a lot of no updates": training("batches: {sampled: {size: 2, seed: 1, updates: ‹0}}\nepochs: 3", "batches.sampled.updates", "must be at least 1"),
    "after weights that are not drawn": training("batches: {sampled: {size: 2, seed: ‹after_weights}}", "batches.sampled.seed", "`after_weights` goes on with the generator of `initial_weights`, which draws nothing", "`seed: 0`"),
    "after weights of another generator": training("batches: {minibatches: {size: 2, seed: ‹after_weights, generator: python}}", "batches.minibatches.seed", "`after_weights` goes on with the generator of `initial_weights`, `numpy`, and `generator` here is `python`", initial_weights=DRAWN + ", biases: zeros}"),
    "a sequence of minibatches": training("update_order: ‹sequential\nbatches: {minibatches: {size: 2}}", "update_order", "`update_order: sequential` goes with `full` or `online` batches, and `batches` is `minibatches`"),
    "a sequence of lots": training("update_order: ‹sequential\nbatches: {sampled: {size: 2, seed: 1}}", "update_order", "and `batches` is `sampled`"),
    "an unknown order of updates": training("update_order: ‹sequental", "update_order", "must be `simultaneous` or `sequential`", "did you mean `sequential`?"),
    # How long
    "epochs and updates": training("epochs: 3\n‹updates: 5", "updates", "`epochs` and `updates` stand here together; one of them says how long training takes"),
    "a broken number of updates": training("updates: ‹1.5", "updates", "must be a whole number"),
    "an unknown stop": training("stop: ‹never", "stop", "unknown name `never`"),
    "a stop at nothing": training("stop: {threshold: ‹{}}", "stop.threshold", "one of `at_most`, `below` and `at_least` says where to stop, found none"),
    "a stop by its name": training("stop: ‹threshold", "stop.threshold", "says where to stop, found none"),
    "a stop at two": training("stop: {threshold: ‹{below: 1, at_most: 1}}", "stop.threshold", "found `at_most` and `below`"),
    "a stop at an unknown quantity": training("stop: {threshold: {quantity: ‹eror, below: 1}}", "stop.threshold.quantity", "must be one of `error`, `reported_error`, `accuracy`", "did you mean `error`?"),
    "a stop at an error that is not there": training("stop: {plateau: {quantity: ‹reported_error, patience: 2}}", "stop.plateau.quantity", "`reported_error` is looked at, and `training` declares none"),
    "a stop at a metric that is not there": training("stop: {threshold: {quantity: ‹accuracy, at_least: 1}}", "stop.threshold.quantity", "`accuracy` is looked at, and `metrics` has none", "add `metrics: [accuracy]`"),
    "a stop at what is not held out": training("stop: {threshold: {quantity: ‹held_out.error, below: 1}}", "stop.threshold.quantity", "`held_out.error` is looked at, and `dataset` has no held-out part", "add `split: {held_out: 0.2, seed: 0}`"),
    "held out before": training("stop: {threshold: {quantity: held_out.error, below: 1, counted: ‹before}}", "stop.threshold.counted", "a held-out part has no updates that it could be counted before", dataset="{gate: xor, split: {held_out: 1, seed: 0}}"),
    "the largest update before": training("stop: {threshold: {quantity: largest_update, below: 1, counted: ‹before}}", "stop.threshold.counted", "`largest_update` is of the updates of an epoch"),
    "the largest update at least": training("stop: {threshold: {quantity: largest_update, ‹at_least: 1}}", "stop.threshold.at_least", "`largest_update` falls as training settles"),
    "a plateau of updates": training("stop: {plateau: {quantity: ‹largest_update, patience: 3}}", "stop.plateau.quantity", "must be one of `error`"),
    "a stop after no epochs": training("stop: {plateau: {patience: ‹0}}", "stop.plateau.patience", "must be at least 1"),
    "no patience": training("stop: {plateau: ‹{}}", "stop.plateau.patience", "`patience` is missing", "how many epochs without improvement"),
    "better by less than nothing": training("stop: {plateau: {patience: 2, by: ‹-1}}", "stop.plateau.by", "must be at least 0"),
    "an unknown counting": training("stop: {threshold: {below: 1, counted: ‹during}}", "stop.threshold.counted", "must be `before` or `after`"),
    "frozen by name": training("frozen: ‹w1", "frozen", "must be a list, found the text 'w1'"),
    "frozen nothing": training("frozen: ‹[]", "frozen", "must not be empty"),
    "frozen what is not there": training("frozen: [w1, ‹w9]", "frozen[1]", "no weight or bias is called `w9`", "w1 to w6 and b1 to b3"),
    "frozen in capitals": training("frozen: [‹B1]", "frozen[0]", "no weight or bias is called `B1`", "did you mean `b1`?"),
    "a rate of what is not there": training("rate_factors: {b1: 2, ‹w9: 2}", "rate_factors.w9", "no weight, bias or layer is called `w9`", "the network has w1 to w6 and b1 to b3, the layers h, o, and `biases` for all of them"),
    "a rate of nothing": training("rate_factors: ‹{}", "rate_factors", "must not be empty"),
    "a rate that stands still": training("rate_factors: {w1: ‹0}", "rate_factors.w1", "must be greater than 0"),
    "a rate of biases that are not there": training("rate_factors: {‹biases: 2}", "rate_factors.biases", "a learning rate of all `biases`, and no layer of `architecture` has a `bias`", architecture=TANH, initial_weights="zeros"),
    "a rate of what is frozen": training("rate_factors: {‹w1: 2}\nfrozen: [w1]", "rate_factors.w1", "`w1` is never changed (`training.frozen` has it)"),
    "a rate of a frozen layer": training("rate_factors: {‹h: 2}", "rate_factors.h", "`h` is never changed (its layer, h, is `frozen`)", architecture="{inputs: 2, layers: [{units: 2, activation: tanh, bias: none, frozen: true}, {units: 1, activation: tanh, bias: none}]}", initial_weights="zeros"),
    "a rate of a frozen bias": training("rate_factors: {‹b1: 2}", "rate_factors.b1", "`b1` is never changed (`bias` is `frozen`)", architecture="{inputs: 2, layers: [{units: 1, activation: tanh, bias: frozen}]}", initial_weights="{zeros: {}, biases: zeros}"),
    # Arithmetic
    "unknown numbers": arithmetic("{numbers: ‹decimals}", ".numbers", "unknown name `decimals`", "did you mean `decimal`?"),
    "too few digits": arithmetic("{numbers: {decimal: {digits: ‹4}}}", ".numbers.decimal.digits", "must be at least 5"),
    "digits of doubles": arithmetic("{numbers: {double: {‹digits: 9}}}", ".numbers.double.digits", "unknown key `digits`"),
    "a rounding of nothing": arithmetic("{out: ‹{}}", ".out", "must not be empty"),
    "a rounding by number": arithmetic("{out: {h1: ‹2}}", ".out.h1", "must be a mapping of names to values, found the number 2"),
    "a rounding of both kinds": arithmetic("{out: {decimals: 2, ‹h1: {decimals: 2}}}", ".out.h1", "unknown key `h1`", "`decimals`"),
    "a rounding without decimals": arithmetic("{weight: ‹{rounding: truncated}}", ".weight.decimals", "`decimals` is missing", "how many decimals stay"),
    "a misspelt rounding": arithmetic("{out: {h1: {decimals: 2, ‹roundig: truncated}}}", ".out.h1.roundig", "unknown key `roundig`", "did you mean `rounding`?"),
    "a rounding of no neuron": arithmetic("{out: {h1: {decimals: 2}, ‹h3: {decimals: 1}}}", ".out.h3", "there is no `out.h3`", "`h1`, `h2`, `o1`"),
    "a rounding of a hidden prediction": arithmetic("{prediction: {‹h1: {decimals: 1}}}", ".prediction.h1", "there is no `prediction.h1`", "possible here: `o1`"),
    "a rounding of no weight": arithmetic("{weight: {‹b1: {decimals: 1}}}", ".weight.b1", "there is no `weight.b1`"),
    "a rounding of no bias": arithmetic("{bias: {‹w1: {decimals: 1}}}", ".bias.w1", "there is no `bias.w1`"),
    "a rounding of no gradient": arithmetic("{gradient: {‹o1: {decimals: 1}}}", ".gradient.o1", "there is no `gradient.o1`"),
    "gelu in decimals": Fault(file_of(architecture="{inputs: 2, layers: [{units: 1, activation: ‹gelu, bias: none}]}", initial_weights="zeros", arithmetic="{numbers: decimal}"), "architecture.layers[0].activation", "`gelu` cannot be computed with `arithmetic.numbers: decimal`"),
    "too many decimals": arithmetic("{numbers: ‹decimal}", ".numbers", "a step has 60,000 numbers, too many for decimals; at most 20,000", "`numbers: double`", architecture="{inputs: 2, layers: [{units: 10000, activation: linear, bias: none}]}", initial_weights="zeros", dataset="{inputs: [[1, 2], [1, 2], [1, 2], [1, 2]], targets: [" + ", ".join(["[" + ", ".join(["1"] * 10000) + "]"] * 4) + "]}"),
    # The trace and the horizon
    "an unknown quantity": trace("{quantities: [‹eror]}", ".quantities[0]", "must be one of `error`, `prediction`", "did you mean `error`?"),
    "quantities by a word": trace("{quantities: ‹all}", ".quantities", "must be a list"),
    "unknown steps": trace("{steps: ‹epoch}", ".steps", "must be `all` or `epochs`", "did you mean `epochs`?"),
    "a misspelt trace": trace("{‹step: all}", ".step", "unknown key `step`", "did you mean `steps`?"),
    "a horizon of nothing": horizon("‹{reason: x}", "", "a horizon is a `step` or an `epoch`", "{step: 1000, reason: …}"),
    "a horizon of two": horizon("‹{step: 1, epoch: 2, reason: x}", "", "a horizon is a `step` or an `epoch`"),
    "a horizon without a reason": horizon("‹{step: 1}", ".reason", "`reason` is missing", "why figures beyond it"),
    "a horizon by number": horizon("‹1000", "", "must be a mapping of names to values"),
    "a horizon before the start": horizon("{epoch: ‹-1, reason: x}", ".epoch", "must be at least 0"),
    # Names in expressions
    "a weight's name alone": expect("{step: 0, sample: 1, values: {‹w1 * 2: 1}}", ".values.w1 * 2", "there is no `w1`", "possible here: `weight.w1`, `gradient.w1`"),
    "a neuron's name alone": expect("{step: 0, sample: 1, values: {‹h1 + 1: 1}}", ".values.h1 + 1", "there is no `h1`", "possible here: `out.h1`, `net.h1`"),
    "a function that is not there": expect("{step: 0, sample: 1, values: {‹log(error): 1}}", ".values.log(error)", "`log(error)` calls `log`, and there is no such function; there are abs, cos, exp, ln, sin, sqrt"),
    # When figures were printed
    "an unknown step": expect("{step: ‹first, error: 1}", ".step", "must be `last`, found the text 'first'"),
    "steps to the last": expect("{steps: [0, ‹last], error: [1, 2]}", ".steps[1]", "must be a whole number"),
    "an epoch too far": expect("{epoch: ‹4, error: 1}", ".epoch", "epoch 4 is beyond the last one: `training.epochs` is 3"),
    "an epoch of the list too far": expect("{epochs: ‹[1, 5], error: [1, 2]}", ".epochs", "epoch 5 is beyond the last one"),
    "a step of batches too far": expect("{step: ‹13, error: 1}", ".step", "step 13 is beyond the last one: `training.epochs` is 3, and an epoch has 4 updates", lines="batches: online"),
    "a step beyond the updates": expect("{step: ‹7, error: 1}", ".step", "step 7 is beyond the last one: `training.updates` is 6", lines="batches: online\nupdates: 6"),
    "an epoch beyond the updates": expect("{epoch: ‹2, error: 1}", ".epoch", "epoch 2 is beyond the last one: `training.updates` is 6, and an epoch has 4 updates", lines="batches: online\nupdates: 6"),
    "an epoch that is an update": expect("{epoch: ‹7, error: 1}", ".epoch", "epoch 7 is beyond the last one: `training.updates` is 6", lines="updates: 6"),
    "an update after the last epoch": expect("{epoch: 3, update: {‹w1: 1}}", ".update.w1", "epoch 3 is the last one, and no update follows it"),
    "an update after all": expect("{step: last, update: {‹w1: 1}}", ".update.w1", "`step: last` is the last one, and no update follows it"),
    "an update in an expression after all": expect("{step: last, values: {‹update.w1 * 2: 1}}", ".values.update.w1 * 2", "no update follows it"),
    "an update after the last batch": expect("{step: 12, update: {‹w1: 1}}", ".update.w1", "step 12 is the last one", lines="batches: online"),
    "an update after the last whole epoch": expect("{epoch: 2, update: {‹w1: 1}}", ".update.w1", "epoch 2 is the last one, and no update follows it", lines="batches: online\nupdates: 8"),
    "a step and an epoch": expect("{step: 1, ‹epoch: 1, error: 1}", ".epoch", "`step` and `epoch` stand here together; one of them says it"),
    "an epoch and epochs": expect("{epoch: 1, ‹epochs: [1], error: [1]}", ".epochs", "`epoch` and `epochs` stand here together"),
    "a step counted before": expect("{step: 1, counted: ‹before, error: 1}", ".counted", "`counted` goes with `epoch`, and `step` stands here", "counted before its update"),
    "an unknown counted": expect("{epoch: 1, counted: ‹befor, error: 1}", ".counted", "must be `before` or `after`", "did you mean `before`?"),
    "a weight counted before": expect("{epoch: 1, counted: before, weight: {‹w1: 1}}", ".weight.w1", "`counted: before` goes with `error`, `reported_error`, `accuracy`; `weight.w1` has one value", "an expectation of its own"),
    "an epoch before the first": expect("{epoch: ‹0, counted: before, error: 1}", ".epoch", "nothing is counted before epoch 0; the first epoch is 1"),
    # Whose figures
    "a sample and samples": expect("{step: 0, sample: 1, ‹samples: [1], error: 1}", ".samples", "`sample` and `samples` stand here together"),
    "no sample 5": expect("{step: 0, samples: ‹[1, 5], out: {h1: [1, 2]}}", ".samples", "there is no sample 5: the dataset has 4 samples"),
    "a sample that is held out": expect("{step: 0, sample: ‹4, out: {h1: 1}}", ".sample", "there is no sample 4: the dataset has 3 samples", dataset="{gate: xor, split: {held_out: 1, seed: 0}}"),
    "sample 0": expect("{step: 0, samples: [‹0, 1], out: {h1: [1, 2]}}", ".samples[0]", "must be at least 1"),
    "an error of each sample": expect("{step: 0, samples: [1, 2], ‹error: [1, 2]}", ".error", "`error` is one number of all samples, and `samples` asks for one of each", "an expectation of its own"),
    "a weight of each sample": expect("{step: 0, samples: [1, 2], weight: {‹w1: [1, 2]}}", ".weight.w1", "`weight.w1` is one number of all samples"),
    "whose input": expect("{step: 0, values: {‹input.i1 * 2: 1}}", ".values.input.i1 * 2", "the dataset has 4 samples: whose figure is this?", "add `sample:`"),
    "whose prediction": expect("{epoch: 1, ‹prediction: 1}", ".prediction", "whose figure is this?", lines="batches: online"),
    # How they were printed
    "two tolerances": expect("{step: 0, error: 1, tolerance: 1, ‹relative_tolerance: 0.1}", ".relative_tolerance", "`tolerance` and `relative_tolerance` stand here together; one of them says what agrees"),
    "two tolerances of a figure": expect("{step: 0, error: {printed: 1, tolerance: 1, ‹relative_tolerance: 0.1}}", ".error.relative_tolerance", "one of them says what agrees"),
    "a share of all": expect("{step: 0, error: 1, relative_tolerance: ‹1}", ".relative_tolerance", "must be less than 1"),
    "a misspelt figure": expect("{step: 0, error: {printed: 1, ‹tolerence: 1}}", ".error.tolerence", "unknown key `tolerence`", "did you mean `tolerance`?"),
    "a misspelt figure in a list": expect("{steps: [0], error: [{printed: 1, ‹tolerence: 1}]}", ".error[0].tolerence", "unknown key `tolerence`", "did you mean `tolerance`?"),
    "a figure of nothing": expect("{step: 0, error: ‹{}}", ".error.printed", "`printed` is missing", "the number as printed, with its digits"),
    "an erratum in a list": expect("{steps: [0, 1], error: [1, {printed: 1, erratum: ‹slip}]}", ".error[1].erratum", "an erratum needs `right`"),
    "a right number in a matrix": expect("{step: 0, orientation: in_out, weight: {o: [[1], [{printed: 1, right: ‹2}]]}}", ".weight.o[1][0].right", "`right` goes with `erratum`"),
    # Lists that do not fit
    "samples too few": expect("{step: 0, samples: [1, 2], out: {h1: ‹[1]}}", ".out.h1", "1 figure, but `samples` has 2 samples"),
    "one figure of two samples": expect("{step: 0, samples: [1, 2], out: {h1: ‹1}}", ".out.h1", "needs a list of 2 figures, one for each of `samples`"),
    "epochs too few": expect("{epochs: [1, 2], error: ‹[1]}", ".error", "1 figure, but `epochs` has 2 epochs"),
    "one list for two": expect("{steps: [0, 1], samples: [1, 2], out: {h1: [[1, 2], ‹[1]]}}", ".out.h1[1]", "1 figure, but `samples` has 2 samples"),
    "a list that is a number": expect("{steps: [0, 1], samples: [1, 2], out: {h1: [[1, 2], ‹1]}}", ".out.h1[1]", "needs a list of 2 figures, one for each of `samples`"),
    "a layer too long": expect("{step: 0, sample: 1, out: {h: ‹[1, 2, 3]}}", ".out.h", "3 figures, but there are 2 from `out.h1` on"),
    "a layer that is a number": expect("{step: 0, sample: 1, out: {h: ‹1}}", ".out.h", "needs a list of 2 figures, from `out.h1` on"),
    "a layer in a layer": expect("{step: 0, sample: 1, net: {h: [1, ‹[2]]}}", ".net.h[1]", "a list of 1 figure, where one figure stands for `net.h2`"),
    "a layer of a step too long": expect("{steps: [0, 1], sample: 1, delta: {h: [[1, 2], ‹[1, 2, 3]]}}", ".delta.h[1]", "3 figures, but there are 2 from `delta.h1` on"),
    "a neuron as a list": expect("{step: 0, sample: 1, out: {h1: ‹[1, 2]}}", ".out.h1", "a list of figures goes with `steps`, one figure for each", "`epochs`, `samples`, or the name of a whole layer"),
    "a neuron as a list of a step": expect("{steps: [0, 1], sample: 1, out: {h1: [1, ‹[1, 2]]}}", ".out.h1[1]", "a list of 2 figures, where there is one of `out.h1`"),
    "an expression as a list": expect("{step: 0, values: {weight.w1: ‹[1, 2]}}", ".values.weight.w1", "a list of figures goes with `steps`"),
    "weights of a layer as a list": expect("{step: 0, weight: {h: ‹[1, 2]}}", ".weight.h", "of the weights of layer `h`, a matrix is expected: a list of rows"),
    "weights of a layer as a number": expect("{step: 0, weight: {h: ‹1}}", ".weight.h", "of the weights of layer `h`, a matrix is expected"),
    "a matrix without orientation": expect("{step: 0, weight: {h: ‹[[1, 2], [3, 4]]}}", ".weight.h", "a matrix of figures needs an `orientation` in its expectation", "in_out: a row for each sending"),
    "a gradient without orientation": expect("{step: 0, gradient: {h: ‹[[1, 2], [3, 4]]}}", ".gradient.h", "a matrix of figures needs an `orientation`"),
    "an orientation of one figure": expect("{step: 0, ‹orientation: in_out, error: 1}", ".orientation", "`orientation` says how matrices of figures are written, and there are none here"),
    "a short row of figures": expect("{step: 0, orientation: in_out, weight: {h: [[1, 2], ‹[3]]}}", ".weight.h[1]", "1 figure, but there are 2 from `weight.w2` on"),
    "a row of figures too few": expect("{step: 0, orientation: in_out, weight: {o: ‹[[1, 2]]}}", ".weight.o", "1 row, but there are 2 from `weight.w5` on"),
    "a matrix in a matrix": expect("{step: 0, orientation: out_in, weight: {o: [[1, ‹[2]]]}}", ".weight.o[0][1]", "a list of 1 figure, where one figure stands for `weight.w6`"),
    "biases of a layer too many": expect("{step: 0, gradient: {h: ‹[1, 2, 3]}}", ".gradient.h", "3 figures, but there are 2 from `gradient.b1` on"),
    "a bias of a layer": expect("{step: 0, bias: {h: ‹1}}", ".bias.h", "needs a list of 2 figures, from `bias.b1` on"),
    "biases that a layer has not": expect("{step: 0, bias: {‹o: [1, 2]}}", ".bias.o", "layer `o` has no biases", **TWO_OUTPUTS),
    "gradients of biases that a layer has not": expect("{step: 0, gradient: {o: ‹[1, 2]}}", ".gradient.o", "layer `o` has no biases", "of its weights, a matrix is expected", **TWO_OUTPUTS),
    "a gradient of a layer without biases": expect("{step: 0, gradient: {o: ‹1}}", ".gradient.o", "layer `o` has no biases", **TWO_OUTPUTS),
    "gradients over steps that a layer has not": expect("{steps: [0], gradient: {o: [‹[1, 2]]}}", ".gradient.o[0]", "layer `o` has no biases", **TWO_OUTPUTS),
    "a prediction of two": expect("{step: 0, prediction: ‹1}", ".prediction", "there are 2 outputs", "{o1: …}, with o1, o2", **TWO_OUTPUTS),
    "a prediction of three": expect("{step: 0, prediction: ‹[1, 2, 3]}", ".prediction", "3 figures, but there are 2 from `prediction.o1` on", **TWO_OUTPUTS),
    "a prediction of a hidden neuron": expect("{step: 0, sample: 1, prediction: {‹h1: 1}}", ".prediction.h1", "there is no `prediction.h1`", "`prediction.o1`"),
    "an empty list": expect("{step: 0, error: ‹[]}", ".error", "must not be empty"),
    "a step twice": expect("{steps: [0, 1, ‹1], error: [1, 2, 3]}", ".steps[2]", "step 1 is listed already"),
    "an epoch twice": expect("{epochs: [2, ‹2], error: [1, 2]}", ".epochs[1]", "epoch 2 is listed already"),
    "a sample twice": expect("{step: 0, samples: [3, ‹3], prediction: [1, 2]}", ".samples[1]", "sample 3 is listed already"),
    "frozen twice": training("frozen: [w1, b1, ‹w1]", "frozen[2]", "`w1` is listed already"),
    "a range without end": weights("{uniform: ‹{low: -1.7e308, high: 1.7e308}, biases: zeros, seed: 1}", ".uniform", "`high` − `low` is more than a double holds"),
    # What nobody counts
    "an error that is not reported": expect("{step: 0, ‹reported_error: 1}", ".reported_error", "`reported_error` is expected, and `training` declares no `reported_error`", "for example `reported_error: squared_error`"),
    "a metric that is not counted": expect("{step: 0, ‹accuracy: 1}", ".accuracy", "`accuracy` is expected, and `training.metrics` has no `accuracy`", "add `metrics: [accuracy]`"),
    "what is not held out": expect("{step: 0, held_out: {‹error: 1}}", ".held_out.error", "`held_out.error` is expected, and `dataset` has no held-out part", "add `split: {held_out: 0.2, seed: 0}`"),
    "what is not held out, in an expression": expect("{step: 0, values: {‹held_out.error * 2: 1}}", ".values.held_out.error * 2", "`held_out.error` is expected, and `dataset` has no held-out part"),
    "a held-out metric that is not counted": expect("{step: 0, held_out: {‹accuracy: 1}}", ".held_out.accuracy", "`held_out.accuracy`", "add `metrics: [accuracy]`", dataset="{gate: xor, split: {held_out: 1, seed: 0}}"),
    "a memory that gradient descent has not": expect("{step: 0, velocity: {‹w1: 1}}", ".velocity.w1", "`gradient_descent` has no `velocity`; it remembers nothing"),
    "a memory that adam has not": expect("{step: 0, velocity: {‹w1: 1}}", ".velocity.w1", "`adam` has no `velocity`; it remembers `mean`, `squares`", lines="optimizer: adam"),
    "a memory that adam has not, in an expression": expect("{step: 0, values: {‹velocity.w1 * 2: 1}}", ".values.velocity.w1 * 2", "`adam` has no `velocity`", lines="optimizer: adam"),
    "a memory of no weight": expect("{step: 0, mean: {‹w9: 1}}", ".mean.w9", "there is no `mean.w9`", "did you mean `mean.", lines="optimizer: adam"),
    "a memory without orientation": expect("{step: 0, squares: {h: ‹[[1, 2], [3, 4]]}}", ".squares.h", "a matrix of figures needs an `orientation`", lines="optimizer: adam"),
    "a memory of biases too many": expect("{step: 0, mean: {o: ‹[1, 2]}}", ".mean.o", "2 figures, but there is 1 from `mean.b3` on", lines="optimizer: adam"),
    "an unknown measure": expect("{step: 0, error: 1, held_out: {‹eror: 1}}", ".held_out.eror", "unknown key `eror`", "did you mean `error`?"),
    "a held-out number": expect("{step: 0, error: 1, held_out: ‹1}", ".held_out", "must be a mapping of names to values"),
    "nothing held out": expect("‹{step: 0, held_out: {}}", "", "no figure is expected here"),
    "a quantity of a bias": expect("{step: 0, weight: {‹b1: 1}}", ".weight.b1", "there is no `weight.b1`"),
    "a quantity of an input": expect("{step: 0, sample: 1, delta: {‹i1: 1}}", ".delta.i1", "there is no `delta.i1`", "`delta.h1`, `delta.h2`, `delta.o1`"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_once_and_where_it_is(fault: Fault, tmp_path: Path) -> None:
    assert_told(fault, tmp_path)


def test_the_valid_file_is_valid(tmp_path: Path) -> None:
    (tmp_path / "doc.yaml").write_text(file_of())
    assert problems_of_file(tmp_path / "doc.yaml") == ()


def test_no_length_is_told(tmp_path: Path) -> None:
    (tmp_path / "doc.yaml").write_text(file_of().replace("  epochs: 3\n", ""))
    (problem,) = problems_of_file(tmp_path / "doc.yaml")
    assert (problem.path, problem.message) == ("training", "`epochs` is missing")
    assert problem.hint == "how many passes over the dataset; or `updates`"


def test_an_update_may_follow_the_last_whole_epoch(tmp_path: Path) -> None:
    """Of six updates of four an epoch, the fifth follows the first epoch."""
    expected = "[{epoch: 1, update: {w1: 1}}, {epoch: last, update: {w1: 1}}]"
    (tmp_path / "doc.yaml").write_text(file_of("batches: online\nupdates: 6", expect=expected))
    assert problems_of_file(tmp_path / "doc.yaml") == ()


# Several at once


def test_faults_of_every_section_are_told_together(tmp_path: Path) -> None:
    text = file_of(
        "optimizer: {adam: {beta1: ‹2}}\nschedule: {step: ‹{every: 3}}\n‹momentum: 0.9\nstop: {threshold: ‹{}}",
        architecture="{inputs: 2, layers: [{units: 2, activation: ‹sigmod, bias: none}, {units: 1, activation: tanh, bias: none}]}",
        initial_weights="{matrices: [[[1, 2], [3, 4]], ‹[[1, 2]]], orientation: in_out}",
        dataset="{gate: ‹implies}",
        arithmetic="{out: {‹h9: {decimals: 2}}, weight: {decimals: ‹16}}",
        trace="{steps: ‹some}",
        horizon="‹{reason: x}",
        expect="[{step: 0, out: {‹h9: 1}}, {epoch: 0, sample: 1, weight: {h: ‹[1, 2]}}, {step: 1, error: ‹x}]",
    )
    places = [text[:found].replace(MARK, "") for found in range(len(text)) if text[found] == MARK]
    (tmp_path / "doc.yaml").write_text(text.replace(MARK, ""))
    problems = problems_of_file(tmp_path / "doc.yaml")
    found = {(each.place.line, each.place.column) for each in problems if each.place is not None}
    wanted = {(before.count("\n") + 1, len(before) - before.rfind("\n")) for before in places}
    # A section that is faulty by itself cannot be held against the others.
    hidden = {(line, column) for line, column in wanted - found if (tmp_path / "doc.yaml").read_text().split("\n")[line - 1].startswith(("  stop", "arithmetic"))}  # fmt: skip
    assert found == wanted - hidden
    assert len(hidden) == 2
    lines = [each.place.line for each in problems if each.place is not None and each.place.line is not None]
    assert lines == sorted(lines)


def test_every_unknown_key_of_initial_weights_is_told(tmp_path: Path) -> None:
    (tmp_path / "doc.yaml").write_text(file_of(initial_weights="{zero: {}, biasses: zeros, theta: [1]}"))
    problems = problems_of_file(tmp_path / "doc.yaml")
    assert [(problem.path, problem.hint.partition(";")[0]) for problem in problems] == [
        ("initial_weights.zero", "did you mean `zeros`?"),
        ("initial_weights.biasses", "did you mean `biases`?"),
        ("initial_weights.theta", "a weight or bias of this name needs a number"),
    ]


def test_a_misspelt_activation_makes_no_second_fault(tmp_path: Path) -> None:
    """What it will be is not known: a loss that goes with some activations only may go with it."""
    text = file_of("loss: binary_cross_entropy").replace("sigmoid, bias: trained}\n", "sigmiod, bias: trained}\n")
    (tmp_path / "doc.yaml").write_text(text)
    assert [problem.message for problem in problems_of_file(tmp_path / "doc.yaml")] == ["unknown name `sigmiod`"] * 2


def test_a_misspelt_activation_hides_no_other_layer(tmp_path: Path) -> None:
    text = file_of().replace("sigmoid", "sigmiod", 1).replace("activation: sigmoid", "activation: softmax")
    (tmp_path / "doc.yaml").write_text(text)
    messages = [problem.message for problem in problems_of_file(tmp_path / "doc.yaml")]
    assert messages == ["unknown name `sigmiod`", "`softmax` of a single neuron is always 1: `units` is 1"]


# What looks hostile, and is well


@pytest.mark.parametrize(
    "name", ["θ", "a.b", "名", "_", "'1'", "2x", "'0x1F'", "step", "epoch", "learning_rate", "error", "rule", "named", "h", "'yes'", "'null'", "'e5'", "'1e5'", "W1", "'١'"]
)  # fmt: skip
def test_a_weight_may_be_called(name: str, tmp_path: Path) -> None:
    """By this name its start, its figures and its gradient are meant, and nothing else."""
    text = file_of(
        f"frozen: [{name}]",
        architecture=f"{{inputs: 2, layers: [{{units: 1, activation: linear, bias: none}}], naming: {{weights: {{{name}: i1 -> o1}}}}}}",
        initial_weights=f"{{{name}: 0.5, w2: 0.25}}",
        arithmetic=f"{{weight: {{{name}: {{decimals: 2}}}}}}",
        expect=f"[{{step: 0, weight: {{{name}: 0.5}}, values: {{2 * weight.{name.strip(chr(39))}: 1.0}}}}]",
    )
    (tmp_path / "doc.yaml").write_text(text, encoding="utf-8")
    experiment = read_declaration(tmp_path / "doc.yaml").experiment
    bare = name.strip("'")
    assert experiment.initial_weights.named == {bare: 0.5, "w2": 0.25}
    assert experiment.initial_weights.seed is None
    assert list(experiment.architecture.names.weights) == [bare, "w2"]
    rounding = experiment.arithmetic.of("weight", bare)
    assert rounding is not None
    assert rounding.decimals == 2
