"""Synonyms: what authors and other programs call a thing, and what it is called here.

A name that means something else elsewhere, or something that is not here, is never answered with the name that only
looks like it: that would give other numbers without a word.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

SYNONYMS: Mapping[str, tuple[str, str]] = {
    # Activations
    "logistic": ("sigmoid", "`sigmoid`"),
    "logsig": ("sigmoid", "`sigmoid`"),
    "sigmoidal": ("sigmoid", "`sigmoid`"),
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
    "threshold": ("step", "`step`"),
    "sign": ("step", "`step: {low: -1}`"),
    "sgn": ("step", "`step: {low: -1}`"),
    "hardlims": ("step", "`step: {low: -1}`"),
    "rbf": ("gaussian", "`gaussian: {width: …}`, in a layer with `net: squared_distance`"),
    "radbas": ("gaussian", "`gaussian: {width: …}`, in a layer with `net: squared_distance`"),
    # Losses
    "mse": ("mean_squared_error", "`mean_squared_error`; with ½, `half_squared_error: {outputs: mean, samples: mean}`"),
    "sse": ("squared_error", "`squared_error`; with ½, `half_squared_error`"),
    "l2_loss": ("squared_error", "`squared_error`; with ½, `half_squared_error`"),
    "quadratic": ("half_squared_error", "`half_squared_error`"),
    "mae": ("mean_absolute_error", "`mean_absolute_error`"),
    "l1_loss": ("mean_absolute_error", "`mean_absolute_error`"),
    "bce": ("binary_cross_entropy", "`binary_cross_entropy`"),
    "log_loss": ("binary_cross_entropy", "`binary_cross_entropy`; with several classes, `cross_entropy`"),
    "cce": ("cross_entropy", "`cross_entropy`"),
    "nll": ("cross_entropy", "`cross_entropy`"),
    "categorical_cross_entropy": ("cross_entropy", "`cross_entropy`"),
    "categorical_crossentropy": ("cross_entropy", "`cross_entropy`"),
    "binary_crossentropy": ("binary_cross_entropy", "`binary_cross_entropy`"),
    "perceptron": ("hinge", "`hinge: {margin: 0}`"),
    "smooth_l1": ("huber", "`huber`"),
    # Optimizers
    "sgd": ("gradient_descent", "`gradient_descent`"),
    "gd": ("gradient_descent", "`gradient_descent`"),
    "backprop": ("gradient_descent", "`gradient_descent`"),
    "backpropagation": ("gradient_descent", "`gradient_descent`"),
    "lms": ("gradient_descent", "`gradient_descent`"),
    "delta_rule": ("gradient_descent", "`gradient_descent`"),
    "nag": ("nesterov", "`nesterov`"),
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
    "regularization": ("learning_rate", "`penalty: {l2: …}`"),
    "batch_size": ("learning_rate", "`batches: {minibatches: {size: …}}`"),
    "iterations": ("learning_rate", "`updates`"),
    "early_stopping": ("learning_rate", "`stop: {plateau: …}`"),
    "cost": ("learning_rate", "`loss`"),
}
"""By the word, in small letters: a name that is possible wherever this is the answer, and the answer."""

_NOT_HERE = """
adadelta adamax batch_normalization bfgs dropout focal hard_sigmoid kl_divergence lbfgs levenberg_marquardt maxout mish
nadam rprop satlin selu silu softsign swish
"""
NOT_HERE: Collection[str] = frozenset(_NOT_HERE.split())
"""What others have and bprunner does not. Some of it looks like something else that is here."""


def synonym(word: str, known: Collection[str]) -> str | None:
    """What to say to a word that is no name here: what it is called, or nothing where it is not here at all. None where
    the word is in neither table."""
    key = word.strip().lower().replace("-", "_").replace(" ", "_")
    if key in NOT_HERE:
        return ""
    possible, answer = SYNONYMS.get(key, ("", ""))
    return f"here it is called {answer}" if possible in known else None
