"""An example of every key and of every choice, and the small experiment in which each of them stands.

The reference shows the examples; tests/test_docs.py puts each of them in its place and reads the whole.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from bprunner.spec import nodes
from bprunner.spec.source import Source
from bprunner.spec.yaml_loader import load

KEYS: Mapping[str, str] = {
    "Experiment.name": "name: doc",
    "Experiment.title": "title: Backpropagation Step by Step",
    "Experiment.source": "source: lecture 3, page 12",
    "Experiment.architecture": "architecture: {inputs: 2, layers: [{units: 1, activation: linear, bias: trained}]}",
    "Experiment.initial_weights": "initial_weights: {uniform: {low: -1, high: 1}, biases: zeros, seed: 7}",
    "Experiment.dataset": "dataset: {inputs: [[2, 3]], targets: [[1]]}",
    "Experiment.training": (
        "training: {loss: squared_error, optimizer: gradient_descent, learning_rate: 0.1, epochs: 5}"
    ),
    "Experiment.arithmetic": "arithmetic: {weight: {decimals: 2}}",
    "Experiment.trace": "trace: {steps: epochs}",
    "Experiment.tracking": "tracking: {points: 500}",
    "Experiment.horizon": "horizon: {step: 10, reason: the run is chaotic}",
    "Experiment.expect": "expect: [{step: 0, error: 0.087}]",
    "Architecture.inputs": "inputs: 2",
    "Architecture.layers": "layers: [{units: 1, activation: tanh, bias: trained}]",
    "Architecture.naming": "naming: {inputs: [x1, x2]}",
    "Layer.units": "units: 2",
    "Layer.activation": "activation: sigmoid",
    "Layer.bias": "bias: trained",
    "Layer.net": "net: squared_distance",
    "Layer.frozen": "frozen: true",
    "Naming.inputs": "inputs: [x1, x2]",
    "Naming.neurons": "neurons: [[n3, n4], [n5]]",
    "Naming.weights": "weights: sender",
    "Naming.biases": "biases: {theta5: o1}",
    "InitialWeights.named": "w1: 0.1",
    "InitialWeights.matrices": "matrices: [[[0.1, 0.3], [0.2, 0.4]], [[0.21], [0.23]]]",
    "InitialWeights.layers": "layers: [{normal: {scale: 0.1}}, zeros]",
    "InitialWeights.orientation": "orientation: in_out",
    "InitialWeights.rule": "uniform: {low: -1, high: 1}",
    "InitialWeights.biases": "biases: [[0.1, 0.2], zeros]",
    "InitialWeights.seed": "seed: 7",
    "InitialWeights.generator": "generator: python",
    "InitialWeights.draw": "draw: {matrices: in_out}",
    "Draw.matrices": "matrices: in_out",
    "Draw.biases": "biases: by_layer",
    "Dataset.inputs": "inputs: [[0, 0], [0, 1]]",
    "Dataset.targets": "targets: [[0], [1]]",
    "Dataset.csv": "csv: {file: prices.csv, inputs: [length, width], targets: [price]}",
    "Dataset.parquet": "parquet: {file: prices.parquet, inputs: [length, width], targets: [price]}",
    "Dataset.npy": "npy: {inputs: x.npy, targets: y.npy}",
    "Dataset.npz": "npz: {file: d.npz, inputs: X, targets: y}",
    "Dataset.bundled": "bundled: iris",
    "Dataset.moons": "moons: {samples: 100, noise: 0.1, seed: 0}",
    "Dataset.circles": "circles: {samples: 100, noise: 0.1, seed: 0}",
    "Dataset.blobs": "blobs: {samples: 90, centers: 2, seed: 0}",
    "Dataset.gate": "gate: xor",
    "Dataset.rows": "rows: {first: 1, last: 100}",
    "Dataset.columns": "columns: [1, 3]",
    "Dataset.samples_in": "samples_in: columns",
    "Dataset.held_out": "held_out: {inputs: [[1, 1]], targets: [[0]]}",
    "Dataset.encode": "encode: {targets: bipolar}",
    "Dataset.split": "split: {held_out: 0.2, seed: 0}",
    "Dataset.scale": "scale: {inputs: standardise}",
    "CsvFile.file": "file: prices.csv",
    "CsvFile.inputs": "inputs: [length, width]",
    "CsvFile.targets": "targets: [price]",
    "CsvFile.header": "header: false",
    "CsvFile.separator": 'separator: ";"',
    "RowRange.first": "first: 51",
    "RowRange.last": "last: 100",
    "ParquetFile.file": "file: prices.parquet",
    "ParquetFile.inputs": "inputs: [length, width]",
    "ParquetFile.targets": "targets: [price]",
    "NpyFiles.inputs": "inputs: x.npy",
    "NpyFiles.targets": "targets: y.npy",
    "NpzFile.file": "file: d.npz",
    "NpzFile.inputs": "inputs: X",
    "NpzFile.targets": "targets: y",
    "Moons.samples": "samples: 100",
    "Moons.noise": "noise: 0.1",
    "Moons.seed": "seed: 0",
    "Circles.samples": "samples: 100",
    "Circles.noise": "noise: 0.1",
    "Circles.factor": "factor: 0.5",
    "Circles.seed": "seed: 0",
    "Blobs.samples": "samples: 90",
    "Blobs.centers": "centers: 3",
    "Blobs.features": "features: 2",
    "Blobs.spread": "spread: 0.5",
    "Blobs.seed": "seed: 0",
    "HeldOut.inputs": "inputs: [[1, 1]]",
    "HeldOut.targets": "targets: [[0]]",
    "HeldOut.csv": "csv: {file: prices.csv, inputs: [length, width], targets: [price]}",
    "HeldOut.parquet": "parquet: {file: prices.parquet, inputs: [length, width], targets: [price]}",
    "HeldOut.npy": "npy: {inputs: x.npy, targets: y.npy}",
    "HeldOut.npz": "npz: {file: d.npz, inputs: X, targets: y}",
    "HeldOut.rows": "rows: {first: 2}",
    "HeldOut.columns": "columns: [2, 1]",
    "Encoding.inputs": "inputs: bipolar",
    "Encoding.targets": "targets: one_hot",
    "Encoding.classes": "classes: 3",
    "Encoding.labels": "labels: [2, 0, 1]",
    "Split.held_out": "held_out: 0.25",
    "Split.seed": "seed: 0",
    "Scaling.inputs": "inputs: standardise",
    "Scaling.targets": "targets: {divide: {by: 100}}",
    "Training.loss": "loss: half_squared_error",
    "Training.penalty": "penalty: {l2: {strength: 0.05, factor: lambda}}",
    "Training.reported_error": "reported_error: squared_error",
    "Training.metrics": "metrics: [accuracy]",
    "Training.optimizer": "optimizer: gradient_descent",
    "Training.optimizer_state": "optimizer_state: {velocity: 0.5}",
    "Training.learning_rate": "learning_rate: 0.05",
    "Training.rate_factors": "rate_factors: {h: 0.5, biases: 2, w3: 1.5}",
    "Training.schedule": "schedule: {exponential: {factor: 0.95}}",
    "Training.warm_up": "warm_up: {over: 5}",
    "Training.update_order": "update_order: sequential",
    "Training.batches": "batches: online",
    "Training.epochs": "epochs: 20",
    "Training.updates": "updates: 60000",
    "Training.stop": "stop: {threshold: {at_most: 0.001}}",
    "Training.frozen": "frozen: [w1, b2]",
    "Penalty.l1": "l1: {strength: 0.01, factor: lambda}",
    "Penalty.l2": "l2: {strength: 0.05, factor: lambda/2m}",
    "PenaltyTerm.strength": "strength: 0.05",
    "PenaltyTerm.factor": "factor: lambda/2m",
    "PenaltyTerm.biases": "biases: true",
    "OptimizerState.velocity": "velocity: 0.5",
    "OptimizerState.mean": "mean: 0.1",
    "OptimizerState.squares": "squares: 0.01",
    "OptimizerState.count": "count: 5",
    "WarmUp.over": "over: 5",
    "WarmUp.start": "start: 0.1",
    "WarmUp.per": "per: update",
    "Arithmetic.numbers": "numbers: decimal",
    "Arithmetic.net": "net: {decimals: 3}",
    "Arithmetic.out": "out: {h1: {decimals: 2}, h2: {decimals: 3}}",
    "Arithmetic.prediction": "prediction: {decimals: 2}",
    "Arithmetic.error": "error: {decimals: 4}",
    "Arithmetic.delta": "delta: {decimals: 3}",
    "Arithmetic.gradient": "gradient: {decimals: 5}",
    "Arithmetic.update": "update: {decimals: 3, rounding: truncated, carried: false}",
    "Arithmetic.weight": "weight: {decimals: 2}",
    "Arithmetic.bias": "bias: {decimals: 2}",
    "Rounding.decimals": "decimals: 2",
    "Rounding.rounding": "rounding: truncated",
    "Rounding.carried": "carried: false",
    "Tracing.quantities": "quantities: [error, weight]",
    "Tracing.steps": "steps: epochs",
    "Tracking.quantities": "quantities: [error, weight, gradient]",
    "Tracking.points": "points: 500",
    "Tracking.series": "series: 50",
    "Horizon.step": "step: 10",
    "Horizon.epoch": "epoch: 3",
    "Horizon.reason": "reason: the run is chaotic",
    "Expectation.step": "step: 0",
    "Expectation.steps": "steps: [0, 1]",
    "Expectation.epoch": "epoch: last",
    "Expectation.epochs": "epochs: [1, 2]",
    "Expectation.counted": "counted: before",
    "Expectation.sample": "sample: 1",
    "Expectation.samples": "samples: [1, 2]",
    "Expectation.orientation": "orientation: in_out",
    "Expectation.rounding": "rounding: truncated",
    "Expectation.tolerance": "tolerance: 0.001",
    "Expectation.relative_tolerance": "relative_tolerance: 1e-12",
    "Expectation.net": "net: {h1: 0.8}",
    "Expectation.out": "out: {h: [0.8, 1.8]}",
    "Expectation.prediction": "prediction: 0.582",
    "Expectation.error": "error: 0.087",
    "Expectation.reported_error": "reported_error: 0.174",
    "Expectation.accuracy": "accuracy: 0.75",
    "Expectation.held_out": "held_out: {error: 0.091}",
    "Expectation.delta": "delta: {o1: -0.418}",
    "Expectation.gradient": "gradient: {w5: -0.334}",
    "Expectation.update": "update: {w5: 0.017}",
    "Expectation.weight": "weight: {w5: 0.20}",
    "Expectation.bias": "bias: {b1: 0.35}",
    "Expectation.velocity": "velocity: {w5: -0.334}",
    "Expectation.mean": "mean: {w5: -0.033}",
    "Expectation.squares": "squares: {w5: 0.0001}",
    "Expectation.values": "values: {out.h1 * weight.w5: 0.168}",
    "Figure.printed": "printed: 0.85",
    "Figure.rounding": "rounding: truncated",
    "Figure.tolerance": "tolerance: 0.001",
    "Figure.relative_tolerance": "relative_tolerance: 1e-12",
    "Figure.erratum": "erratum: repeats the result of the first pass",
    "Figure.right": "right: 0.93",
    "HeldOutFigures.error": "error: 0.091",
    "HeldOutFigures.reported_error": "reported_error: 0.182",
    "HeldOutFigures.accuracy": "accuracy: 0.9",
}
"""By model and key: the key with a value."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "Linear": ("activation: linear",),
    "Sigmoid": ("activation: sigmoid", "activation: {sigmoid: {slope: 2}}"),
    "Tanh": ("activation: tanh", "activation: {tanh: {slope: 0.6666666666666666, height: 1.7159}}"),
    "Relu": ("activation: relu",),
    "LeakyRelu": ("activation: {leaky_relu: {slope: 0.1}}",),
    "Elu": ("activation: {elu: {alpha: 0.5}}",),
    "Softplus": ("activation: softplus",),
    "Gelu": ("activation: gelu",),
    "GeluTanh": ("activation: gelu_tanh",),
    "Softmax": ("activation: softmax",),
    "Step": ("activation: {step: {derivative: 1}}", "activation: {step: {low: -1, at_zero: low, derivative: 1}}"),
    "Gaussian": ("activation: {gaussian: {width: 0.5}}",),
    "NoBias": ("bias: none",),
    "TrainedBias": ("bias: trained",),
    "FrozenBias": ("bias: frozen",),
    "SharedBias": ("bias: {shared: {trained: false}}",),
    "Threshold": ("bias: {threshold: {trained: false}}",),
    "Zeros": ("initial_weights: {zeros: {}, biases: zeros}",),
    "Constant": ("initial_weights: {constant: {value: 0.5}, biases: zeros}",),
    "Uniform": ("initial_weights: {uniform: {low: -0.5, high: 0.5}, biases: zeros, seed: 7}",),
    "Normal": ("initial_weights: {normal: {mean: 0, scale: 0.1}, biases: zeros, seed: 7}",),
    "TruncatedNormal": ("initial_weights: {truncated_normal: {mean: 0, scale: 0.1}, biases: zeros, seed: 7}",),
    "GlorotUniform": ("initial_weights: {glorot_uniform: {}, biases: zeros, seed: 7}",),
    "GlorotNormal": ("initial_weights: {glorot_normal: {}, biases: zeros, seed: 7}",),
    "HeUniform": ("initial_weights: {he_uniform: {}, biases: zeros, seed: 7}",),
    "HeNormal": ("initial_weights: {he_normal: {}, biases: zeros, seed: 7}",),
    "LecunUniform": ("initial_weights: {lecun_uniform: {}, biases: zeros, seed: 7}",),
    "LecunNormal": ("initial_weights: {lecun_normal: {}, biases: zeros, seed: 7}",),
    "Orthogonal": ("initial_weights: {orthogonal: {gain: 1.4}, biases: zeros, seed: 7}",),
    "Drawn": ("initial_weights: {drawn: {formula: 2 * r - 1}, biases: zeros, seed: 7}",),
    "Standardise": ("inputs: standardise", "inputs: {standardise: {divisor: samples_minus_1}}"),
    "MinMax": ("inputs: min_max",),
    "Divide": ("inputs: {divide: {by: 255}}",),
    "HalfSquaredError": ("loss: half_squared_error", "loss: {half_squared_error: {outputs: sum, samples: mean}}"),
    "SquaredError": ("loss: {squared_error: {outputs: mean, samples: sum}}",),
    "MeanSquaredError": ("loss: mean_squared_error",),
    "AbsoluteError": ("loss: {absolute_error: {outputs: sum, samples: mean}}",),
    "MeanAbsoluteError": ("loss: mean_absolute_error",),
    "Hinge": ("loss: {hinge: {margin: 0.2, outputs: sum, samples: mean}}",),
    "Huber": ("loss: {huber: {threshold: 0.5, outputs: sum, samples: mean}}",),
    "BinaryCrossEntropy": ("loss: {binary_cross_entropy: {outputs: sum, samples: mean}}",),
    "CrossEntropy": ("loss: {cross_entropy: {samples: mean}}",),
    "LinearError": ("loss: {linear_error: {outputs: sum, samples: sum}}",),
    "Accuracy": ("metrics: [accuracy]", "metrics: [{accuracy: {threshold: 0}}]"),
    "GradientDescent": ("optimizer: gradient_descent",),
    "Momentum": (
        "optimizer: {momentum: {momentum: 0.9, form: averaged}}",
        "optimizer: {momentum: {momentum: 0.9, form: last_gradient}}",
    ),
    "Nesterov": ("optimizer: {nesterov: {momentum: 0.9, form: accumulated}}",),
    "Adagrad": ("optimizer: {adagrad: {epsilon: 1e-7}}",),
    "Rmsprop": ("optimizer: {rmsprop: {decay: 0.99, epsilon: 1e-8, epsilon_place: inside}}",),
    "Adam": (
        "optimizer: {adam: {beta1: 0.9, beta2: 0.99, epsilon: 1e-7, epsilon_place: uncorrected}}",
        "optimizer: {adam: {bias_correction: false}}",
        "optimizer: {adam: {counts: after}}",
    ),
    "Adamw": (
        "optimizer: {adamw: {weight_decay: 0.05, beta1: 0.9, beta2: 0.99}}",
        "optimizer: {adamw: {epsilon: 1e-7, epsilon_place: inside, bias_correction: true, counts: before}}",
    ),
    "ConstantRate": ("schedule: constant",),
    "StepRate": ("schedule: {step: {every: 10, factor: 0.5, per: epoch}}",),
    "ExponentialRate": ("schedule: {exponential: {factor: 0.95, per: update}}",),
    "InverseTimeRate": ("schedule: {inverse_time: {decay: 0.1, per: epoch}}",),
    "CosineRate": ("schedule: {cosine: {over: 20, to: 0.001, per: epoch}}",),
    "FullBatch": ("batches: full",),
    "Online": ("batches: {online: {order: [2, 1]}}",),
    "Minibatches": (
        "batches: {minibatches: {size: 2, last: dropped}}",
        "batches: {minibatches: {size: 2, seed: 3, generator: python}}",
    ),
    "Sampled": ("batches: {sampled: {size: 2, updates: 10, seed: 3, generator: numpy_legacy}}",),
    "StopAtThreshold": (
        "stop: {threshold: {at_most: 0.001, counted: before}}",
        "stop: {threshold: {below: 0.001}}",
        "stop: {threshold: {quantity: accuracy, at_least: 1}}",
        "stop: {threshold: {quantity: largest_update, at_most: 0}}",
    ),
    "StopOnPlateau": ("stop: {plateau: {quantity: held_out.error, patience: 5, by: 0.001, counted: after}}",),
    "Double": ("numbers: double",),
    "DecimalNumbers": ("numbers: {decimal: {digits: 28}}",),
}
"""By the name of a choice's model: how it is chosen. Together they show all of its own numbers."""

# Where they stand

_LAYER = ("architecture", "layers", 0)
_FIRST = ("expect", 0)
PLACES: Mapping[str, tuple[str | int, ...]] = {
    "Experiment": (),
    "Architecture": ("architecture",),
    "Layer": _LAYER,
    "Naming": ("architecture", "naming"),
    "InitialWeights": ("initial_weights",),
    "Draw": ("initial_weights", "draw"),
    "Dataset": ("dataset",),
    "CsvFile": ("dataset", "csv"),
    "ParquetFile": ("dataset", "parquet"),
    "NpyFiles": ("dataset", "npy"),
    "NpzFile": ("dataset", "npz"),
    "Moons": ("dataset", "moons"),
    "Circles": ("dataset", "circles"),
    "Blobs": ("dataset", "blobs"),
    "HeldOut": ("dataset", "held_out"),
    "Encoding": ("dataset", "encode"),
    "RowRange": ("dataset", "rows"),
    "Split": ("dataset", "split"),
    "Scaling": ("dataset", "scale"),
    "Training": ("training",),
    "Penalty": ("training", "penalty"),
    "PenaltyTerm": ("training", "penalty", "l2"),
    "OptimizerState": ("training", "optimizer_state"),
    "WarmUp": ("training", "warm_up"),
    "Arithmetic": ("arithmetic",),
    "Rounding": ("arithmetic", "weight"),
    "Tracing": ("trace",),
    "Tracking": ("tracking",),
    "Horizon": ("horizon",),
    "Expectation": _FIRST,
    "Figure": (*_FIRST, "error"),
    "HeldOutFigures": (*_FIRST, "held_out"),
    "ActivationChoice": _LAYER,
    "BiasChoice": _LAYER,
    "InitializerChoice": (),
    "ScaleChoice": ("dataset", "scale"),
    "LossChoice": ("training",),
    "MetricChoice": ("training",),
    "OptimizerChoice": ("training",),
    "ScheduleChoice": ("training",),
    "BatchChoice": ("training",),
    "StopChoice": ("training",),
    "NumbersChoice": ("arithmetic",),
}
"""By the name of a model or of a place for choices: where the example stands in the file."""

SMALL = """
name: small
architecture:
  inputs: 2
  layers:
    - {units: 2, activation: sigmoid, bias: trained}
    - {units: 1, activation: sigmoid, bias: trained}
initial_weights: {uniform: {low: -1, high: 1}, biases: zeros, seed: 1}
dataset: {inputs: [[2, 3], [0, 1]], targets: [[1], [0]]}
training: {loss: half_squared_error, optimizer: gradient_descent, learning_rate: 0.05, epochs: 20}
"""
"""The experiment in which the examples stand."""

_IRIS = """
architecture: {inputs: 4, layers: [{units: 3, activation: softmax, bias: trained}]}
dataset: {bundled: iris, encode: {targets: one_hot}}
"""
_TWO_OF_IRIS = "dataset: {bundled: iris, columns: [1, 3]}"
_NUMBERED = "dataset: {csv: {file: numbered.csv, inputs: [1, 2], targets: [3]}}"
_SEMICOLONS = "dataset: {csv: {file: semicolons.csv, inputs: [length, width], targets: [price]}}"
_HELD_NPY = "dataset: {gate: xor, held_out: {npy: {inputs: x.npy, targets: y.npy}}}"
_CSV = "dataset: {csv: {file: prices.csv, inputs: [length, width], targets: [price]}}"
_PARQUET = "dataset: {parquet: {file: prices.parquet, inputs: [length, width], targets: [price]}}"
_NPY = "dataset: {npy: {inputs: x.npy, targets: y.npy}}"
_NPZ = "dataset: {npz: {file: d.npz, inputs: X, targets: y}}"
_SPLIT = "dataset: {gate: xor, split: {held_out: 1, seed: 1}}"
_ONE = "expect: [{step: 0, error: 0.1}]"
_MEASURED = "training: {reported_error: squared_error, metrics: [accuracy]}"
_MOMENTUM = "training: {optimizer: {momentum: {momentum: 0.9}}}"
_ADAM = "training: {optimizer: adam}"
_ERRATUM = "expect: [{step: 0, error: {printed: 0.85, erratum: it is wrong, right: 0.93}}]"

ROOM: Mapping[str, str] = {
    "InitialWeights.matrices": "initial_weights: {biases: zeros, orientation: in_out}",
    "InitialWeights.orientation": (
        "initial_weights: {biases: zeros, matrices: [[[0.1, 0.3], [0.2, 0.4]], [[0.21], [0.23]]]}"
    ),
    "InitialWeights.layers": "initial_weights: {biases: zeros, seed: 1}",
    "Dataset.rows": _TWO_OF_IRIS,
    "Dataset.columns": _TWO_OF_IRIS,
    "RowRange": _TWO_OF_IRIS,
    "HeldOut.rows": _HELD_NPY,
    "HeldOut.columns": _HELD_NPY,
    "CsvFile.header": _NUMBERED,
    "CsvFile.separator": _SEMICOLONS,
    "CsvFile": _CSV,
    "ParquetFile": _PARQUET,
    "NpyFiles": _NPY,
    "NpzFile": _NPZ,
    "Moons": "dataset: {moons: {samples: 50, seed: 0}}",
    "Circles": "dataset: {circles: {samples: 50, seed: 0}}",
    "Blobs": "dataset: {blobs: {samples: 50, centers: 2, seed: 0}}",
    "Dataset.csv": "dataset: {}",
    "Dataset.parquet": "dataset: {}",
    "Dataset.npy": "dataset: {}",
    "Dataset.npz": "dataset: {}",
    "Dataset.bundled": (
        "architecture: {inputs: 4, layers: [{units: 1, activation: linear, bias: trained}]}\ndataset: {}"
    ),
    "Dataset.moons": "dataset: {}",
    "Dataset.circles": "dataset: {}",
    "Dataset.blobs": "dataset: {}",
    "Dataset.gate": "dataset: {}",
    "Dataset.samples_in": "dataset: {inputs: [[0, 1, 1], [1, 1, 0]], targets: [[1, 0, 1]]}",
    "Dataset.encode": "dataset: {gate: xor}",
    "Dataset.split": "dataset: {gate: xor}",
    "HeldOut.inputs": "dataset: {gate: xor, held_out: {targets: [[0]]}}",
    "HeldOut.targets": "dataset: {gate: xor, held_out: {inputs: [[1, 1]]}}",
    "HeldOut": "dataset: {gate: xor, held_out: {}}",
    "Encoding.inputs": "dataset: {gate: xor, encode: {}}",
    "Encoding": _IRIS,
    "Split": "dataset: {gate: xor, split: {held_out: 1, seed: 1}}",
    "Training.updates": "training: {epochs: null}",
    "Training.optimizer_state": _MOMENTUM,
    "PenaltyTerm": "training: {penalty: {l2: {strength: 1, factor: lambda}}}",
    "OptimizerState.velocity": _MOMENTUM,
    "OptimizerState": _ADAM,
    "WarmUp": "training: {warm_up: {over: 5}}",
    "Rounding": "arithmetic: {weight: {decimals: 2}}",
    "Horizon.step": "horizon: {reason: the run is chaotic}",
    "Horizon.epoch": "horizon: {reason: the run is chaotic}",
    "Horizon.reason": "horizon: {step: 10, reason: none}",
    "Expectation.step": "expect: [{error: 0.1}]",
    "Expectation.steps": "expect: [{error: [0.1, 0.1]}]",
    "Expectation.epoch": "expect: [{error: 0.1}]",
    "Expectation.epochs": "expect: [{error: [0.1, 0.1]}]",
    "Expectation.counted": "expect: [{epoch: 1, error: 0.1}]",
    "Expectation.sample": "expect: [{step: 0, prediction: 0.5}]",
    "Expectation.samples": "expect: [{step: 0, prediction: [0.5, 0.6]}]",
    "Expectation.orientation": "expect: [{step: 0, weight: {h: [[0.1, 0.3], [0.2, 0.4]]}}]",
    "Expectation.velocity": f"{_MOMENTUM}\nexpect: [{{step: 1}}]",
    "Expectation.mean": f"{_ADAM}\nexpect: [{{step: 1}}]",
    "Expectation.squares": f"{_ADAM}\nexpect: [{{step: 1}}]",
    "Expectation.reported_error": f"{_MEASURED}\n{_ONE}",
    "Expectation.accuracy": f"{_MEASURED}\n{_ONE}",
    "Expectation.held_out": f"{_SPLIT}\nexpect: [{{epoch: 1}}]",
    "Expectation.rounding": _ONE,
    "Expectation.tolerance": _ONE,
    "Expectation.relative_tolerance": _ONE,
    "Expectation": "expect: [{step: 0, sample: 1}]",
    "Figure.printed": "expect: [{step: 0, error: {tolerance: 1}}]",
    "Figure.erratum": _ERRATUM,
    "Figure.right": _ERRATUM,
    "Figure": "expect: [{step: 0, error: {printed: 0.85}}]",
    "HeldOutFigures": f"{_SPLIT}\n{_MEASURED}\nexpect: [{{epoch: 1, held_out: {{}}}}]",
    "Softmax": _IRIS,
    "Gaussian": (
        "architecture: {inputs: 2, layers: [{units: 2, activation: linear, bias: none, net: squared_distance}, "
        "{units: 1, activation: linear, bias: trained}]}"
    ),
    "CrossEntropy": _IRIS,
    "Online": _SPLIT,
    "StopAtThreshold": _MEASURED,
    "StopOnPlateau": _SPLIT,
}
"""By address, else by model: what the file needs besides. Of the parts, training is laid over that of the small
experiment; the others take its place."""


def data_of(text: str) -> Any:
    """What a piece of YAML says, figures with their digits."""
    return nodes.plain(load(Source("example", text)))


def placed(text: str, place: tuple[str | int, ...], room: str = "") -> dict[str, Any]:
    """The small experiment with an example in its place."""
    experiment: dict[str, Any] = copy.deepcopy(data_of(SMALL))
    needed = data_of(room) if room else {}
    for part, value in needed.items():
        experiment[part] = {**experiment["training"], **value} if part == "training" else value
    home: Any = experiment
    for key in place:
        home = home.setdefault(key, {}) if isinstance(home, dict) else home[key]
    home |= data_of(text)
    return {key: value for key, value in experiment.items() if value is not None}


def of_key(address: str) -> dict[str, Any]:
    """An experiment with the example of a model's key."""
    model = address.partition(".")[0]
    return placed(KEYS[address], PLACES[model], ROOM.get(address, ROOM.get(model, "")))


def of_choice(choice: str, union: str, text: str) -> dict[str, Any]:
    """An experiment with one example of a choice."""
    room = ROOM.get(
        choice, "training: {optimizer_state: {count: 1}, optimizer: adam}" if "counts: after" in text else ""
    )
    return placed(text, PLACES[union], room)
