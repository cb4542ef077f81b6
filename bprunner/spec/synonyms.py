"""Synonyms: what authors and other programs call a thing, and what it is called here.

A name that means something else elsewhere, or something that is not here, is never answered with the name that only
looks like it: that would give other numbers without a word.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

SYNONYMS: Mapping[str, tuple[str, str]] = {
    # Activations
    "logistic": ("sigmoid", "`sigmoid`"),
    "logsig": ("sigmoid", "`sigmoid`"),
    "sigmoidal": ("sigmoid", "`sigmoid`"),
    "hyperbolic_tangent": ("tanh", "`tanh`"),
    "bipolar_sigmoid": ("tanh", "`tanh: {slope: 0.5}`"),
    "tansig": ("tanh", "`tanh`"),
    "lecun_tanh": ("tanh", "`tanh: {slope: 0.6666666666666666, height: 1.7159}`"),
    "identity": ("linear", "`linear`"),
    "purelin": ("linear", "`linear`"),
    "none": ("linear", "`linear`"),
    "poslin": ("relu", "`relu`"),
    "rectifier": ("relu", "`relu`"),
    "lrelu": ("leaky_relu", "`leaky_relu`"),
    "prelu": ("leaky_relu", "`leaky_relu`, whose slope is not trained"),
    "hardlim": ("step", "`step`"),
    "heaviside": ("step", "`step`"),
    "binary_step": ("step", "`step`"),
    "unit_step": ("step", "`step`"),
    "step_function": ("step", "`step`"),
    "threshold": ("step", "`step`"),
    "sign": ("step", "`step: {low: -1}`"),
    "sgn": ("step", "`step: {low: -1}`"),
    "signum": ("step", "`step: {low: -1}`"),
    "bipolar_step": ("step", "`step: {low: -1}`"),
    "hardlims": ("step", "`step: {low: -1}`"),
    "rbf": ("gaussian", "`gaussian: {width: …}`, in a layer with `net: squared_distance`"),
    "radbas": ("gaussian", "`gaussian: {width: …}`, in a layer with `net: squared_distance`"),
    # Losses
    "mse": ("mean_squared_error", "`mean_squared_error`; with ½, `half_squared_error: {outputs: mean, samples: mean}`"),
    "sse": ("squared_error", "`squared_error`; with ½, `half_squared_error`"),
    "squared_loss": ("squared_error", "`squared_error`; with ½, `half_squared_error`"),
    "sum_of_squares": ("squared_error", "`squared_error`; with ½, `half_squared_error`"),
    "sum_squared_error": ("squared_error", "`squared_error`; with ½, `half_squared_error`"),
    "least_squares": ("squared_error", "`squared_error`; with ½, `half_squared_error`"),
    "l2_loss": ("squared_error", "`squared_error`; with ½, `half_squared_error`"),
    "quadratic": ("half_squared_error", "`half_squared_error`"),
    "quadratic_cost": ("half_squared_error", "`half_squared_error`"),
    "half_sse": ("half_squared_error", "`half_squared_error`"),
    "half_mse": ("half_squared_error", "`half_squared_error: {outputs: mean, samples: mean}`"),
    "mae": ("mean_absolute_error", "`mean_absolute_error`"),
    "l1_loss": ("mean_absolute_error", "`mean_absolute_error`"),
    "bce": ("binary_cross_entropy", "`binary_cross_entropy`"),
    "log_loss": ("binary_cross_entropy", "`binary_cross_entropy`; with several classes, `cross_entropy`"),
    "logistic_loss": ("binary_cross_entropy", "`binary_cross_entropy`"),
    "bce_with_logits": ("binary_cross_entropy", "`binary_cross_entropy`, behind a `sigmoid`"),
    "ce": ("cross_entropy", "`cross_entropy`"),
    "xent": ("cross_entropy", "`cross_entropy`"),
    "softmax_cross_entropy": ("cross_entropy", "`cross_entropy`, behind a `softmax`"),
    "sparse_categorical_crossentropy": ("cross_entropy", "`cross_entropy`, with `encode: {targets: one_hot}`"),
    "nll_loss": ("cross_entropy", "`cross_entropy`"),
    "cce": ("cross_entropy", "`cross_entropy`"),
    "nll": ("cross_entropy", "`cross_entropy`"),
    "categorical_cross_entropy": ("cross_entropy", "`cross_entropy`"),
    "categorical_crossentropy": ("cross_entropy", "`cross_entropy`"),
    "binary_crossentropy": ("binary_cross_entropy", "`binary_cross_entropy`"),
    "perceptron": ("hinge", "`hinge: {margin: 0}`"),
    "perceptron_loss": ("hinge", "`hinge: {margin: 0}`"),
    "smooth_l1": ("huber", "`huber`"),
    "smooth_l1_loss": ("huber", "`huber`"),
    # Optimizers
    "sgd": ("gradient_descent", "`gradient_descent`"),
    "gd": ("gradient_descent", "`gradient_descent`"),
    "backprop": ("gradient_descent", "`gradient_descent`"),
    "backpropagation": ("gradient_descent", "`gradient_descent`"),
    "lms": ("gradient_descent", "`gradient_descent`"),
    "delta_rule": ("gradient_descent", "`gradient_descent`"),
    "widrow_hoff": ("gradient_descent", "`gradient_descent`"),
    "traingd": ("gradient_descent", "`gradient_descent`"),
    "sgdm": ("momentum", "`momentum: {momentum: …}`"),
    "heavy_ball": ("momentum", "`momentum: {momentum: …}`"),
    "polyak": ("momentum", "`momentum: {momentum: …}`"),
    "traingdm": ("momentum", "`momentum: {momentum: …, form: averaged}`"),
    "nag": ("nesterov", "`nesterov`"),
    # Their numbers, and those of activations
    "beta": ("momentum", "`momentum`"),
    "rho": ("decay", "`decay`"),
    "negative_slope": ("slope", "`slope`"),
    # Initial weights, batches and stopping
    "xavier_uniform": ("glorot_uniform", "`glorot_uniform`"),
    "xavier_normal": ("glorot_normal", "`glorot_normal`"),
    "kaiming_uniform": ("he_uniform", "`he_uniform`"),
    "kaiming_normal": ("he_normal", "`he_normal`"),
    "batch": ("full", "`full`"),
    "stochastic": ("online", "`online`"),
    "minibatch": ("minibatches", "`minibatches: {size: …}`"),
    # Keys
    "lr": ("learning_rate", "`learning_rate`"),
    "eta": ("learning_rate", "`learning_rate`"),
    "alpha": ("learning_rate", "`learning_rate`"),
    "step_size": ("learning_rate", "`learning_rate`"),
    "momentum": ("learning_rate", "`optimizer: {momentum: {momentum: …}}`"),
    "weight_decay": ("learning_rate", "`penalty: {l2: …}`, or `optimizer: {adamw: …}`"),
    "l1": ("learning_rate", "`penalty: {l1: …}`"),
    "l2": ("learning_rate", "`penalty: {l2: …}`"),
    "lambda": ("learning_rate", "`penalty: {l2: …}`"),
    "regularizer": ("learning_rate", "`penalty: {l2: …}`"),
    "regularisation": ("learning_rate", "`penalty: {l2: …}`"),
    "regularization": ("learning_rate", "`penalty: {l2: …}`"),
    "batch_size": ("learning_rate", "`batches: {minibatches: {size: …}}`"),
    "mini_batch_size": ("learning_rate", "`batches: {minibatches: {size: …}}`"),
    "shuffle": ("learning_rate", "`batches: {minibatches: {size: …, seed: …}}`"),
    "lr_decay": ("learning_rate", "`schedule`"),
    "max_iter": ("learning_rate", "`epochs`, or `updates`"),
    "steps": ("learning_rate", "`updates`"),
    "iterations": ("learning_rate", "`updates`"),
    "early_stopping": ("learning_rate", "`stop: {plateau: …}`"),
    "patience": ("learning_rate", "`stop: {plateau: {patience: …}}`"),
    "tolerance": ("learning_rate", "`stop: {threshold: …}`, or `stop: {plateau: …}`"),
    "tol": ("learning_rate", "`stop: {threshold: …}`, or `stop: {plateau: …}`"),
    "cost": ("learning_rate", "`loss`"),
    "cost_function": ("learning_rate", "`loss`"),
    "loss_function": ("learning_rate", "`loss`"),
    "error_function": ("learning_rate", "`loss`"),
    "criterion": ("learning_rate", "`loss`"),
    "objective": ("learning_rate", "`loss`"),
    "solver": ("learning_rate", "`optimizer`"),
    "algorithm": ("learning_rate", "`optimizer`"),
}
"""By the word, in small letters: a name that is possible wherever this is the answer, and the answer."""

_NOT_HERE = """
adabound adadelta adamax amsgrad arctan atan batch_normalization bfgs crelu dropout focal gradient_clipping hard_sigmoid
hard_swish hard_tanh irprop kl_divergence lbfgs levenberg_marquardt log_sigmoid log_softmax maxout
mean_absolute_percentage_error mean_squared_logarithmic_error mish nadam radam relu6 rmse rprop satlin selu silu softmin
softsign squared_hinge squared_relu swish
"""
NOT_HERE: Collection[str] = frozenset(_NOT_HERE.split())
"""What others have and bprunner does not. Some of it looks like something else that is here."""


def _letters(word: str) -> str:
    """A word as it counts: `Log-Softmax` and `LogSoftmax` are `log_softmax`."""
    return re.sub(r"[\W_]", "", word.lower())


_BY_LETTERS = {_letters(word): answer for word, answer in SYNONYMS.items()}
_NOT_HERE_BY_LETTERS = {_letters(word) for word in NOT_HERE}


def synonym(word: str, known: Collection[str]) -> str | None:
    """What to say to a word that is no name here: what it is called, or nothing where it is not here at all. None where
    the word is in neither table."""
    key = _letters(word)
    if key in _NOT_HERE_BY_LETTERS:
        return ""
    possible, answer = _BY_LETTERS.get(key, ("", ""))
    return f"here it is called {answer}" if possible in known else None
