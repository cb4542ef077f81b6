"""Writes the parts of the documents that can be derived: `python -m docs.generate`.

In yaml.md, what stands between `<!-- keys: Model -->` or `<!-- choices: Union -->` and `<!-- end -->` comes from the
models. In every document, what follows `$ bprun …` in a console block is what the program answers.
tests/test_docs.py proves that all of it is fresh.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from bprunner.spec import experiment as models
from bprunner.spec.choices import Choice, choices_of
from docs.reading import DOCUMENTS, ROOT, answered, replay

YAML_REFERENCE = ROOT / "docs" / "yaml.md"

MODELS: tuple[type[BaseModel], ...] = (
    models.Experiment,
    models.Architecture,
    models.Layer,
    models.InitialWeights,
    models.InlineDataset,
    models.CsvFile,
    models.Training,
    models.Arithmetic,
    models.Rounding,
    models.Expectation,
    models.Figure,
    models.Tracking,
)
UNIONS: Mapping[str, Any] = {
    "ActivationChoice": models.ActivationChoice,
    "InitializerChoice": models.InitializerChoice,
    "LossChoice": models.LossChoice,
    "OptimizerChoice": models.OptimizerChoice,
}

# What the models' types do not say in words: values that have a section of their own, and units.
FIGURES = "[figures](#figures) by name"
VALUES = {
    "Experiment.name": "text, not empty, at most 200 characters",
    "Experiment.architecture": "[architecture](#architecture)",
    "Experiment.initial_weights": "[initial weights](#initial-weights)",
    "Experiment.dataset": "[dataset](#dataset)",
    "Experiment.training": "[training](#training)",
    "Experiment.arithmetic": "`exact`, or [roundings](#arithmetic) by quantity",
    "Experiment.tracking": "[tracking](#tracking)",
    "Experiment.expect": "a list of [expectations](#expected-figures)",
    "Architecture.layers": "a list of [layers](#layers), at least one",
    "Layer.activation": "an [activation](#activations)",
    "InitialWeights.named": "a number for each name",
    "InitialWeights.matrices": "a list of matrices, one for each layer",
    "InitialWeights.rule": "a [rule](#rules)",
    "InitialWeights.biases": "a list of lists, or a [rule](#rules)",
    "InitialWeights.seed": "whole number, at least 0, less than 2⁶³",
    "Training.loss": "a [loss](#losses)",
    "Training.optimizer": "an [optimizer](#optimizers)",
    "Training.epochs": "whole number of passes, at least 0, at most 1,000,000,000",
    **{f"Arithmetic.{quantity}": "a [rounding](#a-rounding)" for quantity in models.QUANTITIES},
    **{f"Expectation.{key}": FIGURES for key in ("net", "out", "delta", "gradient", "update", "weight", "bias")},
    "Expectation.prediction": "a [figure](#figures), or figures by output",
    "Expectation.error": "a [figure](#figures)",
    "Expectation.values": "[figures](#figures) by [expression](#expressions)",
    "Figure.tolerance": "number, at least 0",
}
DEFAULTS = {
    "Experiment.arithmetic": "`exact`",
    "Experiment.tracking": "as below",
    "Arithmetic.prediction": "as `out`",
    "Arithmetic.bias": "as `weight`",
}
NAMES = {"InitialWeights.named": "`w1`, `w2`, …, `b1`, …", "InitialWeights.rule": "`uniform`, `normal`, …"}
MEANINGS = {
    "Experiment.architecture": "the network",
    "Experiment.initial_weights": "where training starts",
    "Experiment.dataset": "what is learned from",
    "Experiment.training": "how the weights are changed",
}

EXAMPLES: Mapping[str, str] = {
    "Experiment.name": "name: doc",
    "Experiment.title": "title: Backpropagation Step by Step",
    "Experiment.source": "source: lecture 3, page 12",
    "Experiment.architecture": "architecture: {inputs: 1, layers: [{units: 1, activation: linear, bias: none}]}",
    "Experiment.initial_weights": "initial_weights: {w1: 0.1, w2: 0.2}",
    "Experiment.dataset": "dataset: {inputs: [[2, 3]], targets: [[1]]}",
    "Experiment.training": (
        "training: {loss: squared_error, optimizer: gradient_descent, learning_rate: 0.1, epochs: 5}"
    ),
    "Experiment.arithmetic": "arithmetic: exact",
    "Experiment.tracking": "tracking: {points: 500}",
    "Experiment.expect": "expect: [{step: 0, prediction: 0.582}]",
    "Architecture.inputs": "inputs: 2",
    "Architecture.layers": "layers: [{units: 1, activation: tanh, bias: trained}]",
    "Layer.units": "units: 2",
    "Layer.activation": "activation: {leaky_relu: {slope: 0.1}}",
    "Layer.bias": "bias: trained",
    "InitialWeights.named": "w1: 0.1",
    "InitialWeights.matrices": "matrices: [[[0.1, 0.3], [0.2, 0.4]]]",
    "InitialWeights.orientation": "orientation: in_out",
    "InitialWeights.rule": "uniform: {low: -1, high: 1}",
    "InitialWeights.biases": "biases: [[0.1, 0.2], [0]]",
    "InitialWeights.seed": "seed: 7",
    "InlineDataset.inputs": "inputs: [[0, 0], [0, 1]]",
    "InlineDataset.targets": "targets: [[0], [1]]",
    "CsvFile.file": "file: data/prices.csv",
    "CsvFile.inputs": "inputs: [length, width]",
    "CsvFile.targets": "targets: [price]",
    "Training.loss": "loss: half_squared_error",
    "Training.optimizer": "optimizer: gradient_descent",
    "Training.learning_rate": "learning_rate: 0.05",
    "Training.epochs": "epochs: 20",
    "Arithmetic.net": "net: {decimals: 3}",
    "Arithmetic.out": "out: {decimals: 3}",
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
    "Expectation.step": "step: 0",
    "Expectation.steps": "steps: [0, 1, 2]",
    "Expectation.sample": "sample: 1",
    "Expectation.rounding": "rounding: truncated",
    "Expectation.net": "net: {h1: 0.8}",
    "Expectation.out": "out: {h1: 0.8, h2: 1.8}",
    "Expectation.prediction": "prediction: 0.582",
    "Expectation.error": "error: 0.087",
    "Expectation.delta": "delta: {o1: -0.418}",
    "Expectation.gradient": "gradient: {w5: -0.334}",
    "Expectation.update": "update: {w5: 0.017}",
    "Expectation.weight": "weight: {w5: 0.20}",
    "Expectation.bias": "bias: {b1: 0.35}",
    "Expectation.values": "values: {out.h1 * weight.w5: 0.168}",
    "Figure.printed": "printed: 0.85",
    "Figure.rounding": "rounding: truncated",
    "Figure.tolerance": "tolerance: 0.001",
    "Figure.erratum": "erratum: repeats the result of the first pass",
    "Figure.right": "right: 0.93",
    "Tracking.quantities": "quantities: [error, weight, gradient]",
    "Tracking.points": "points: 500",
    "Tracking.series": "series: 50",
}


def key_table(model: type[BaseModel]) -> str:
    """One model's keys: meaning, values, default, example."""
    rows = ["| key | meaning | values | default | example |", "|---|---|---|---|---|"]
    properties = model.model_json_schema()["properties"]
    for key, field in model.model_fields.items():
        address = f"{model.__name__}.{key}"
        cells = [
            NAMES.get(address, f"`{key}`"),
            field.description or MEANINGS[address],
            VALUES.get(address) or values_text(properties[key]),
            DEFAULTS.get(address) or ("required" if field.is_required() else default_text(field.get_default())),
            f"`{EXAMPLES[address]}`",
        ]
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(rows)


def values_text(schema: Mapping[str, Any]) -> str:
    """What may stand there, in words, from a key's JSON Schema."""
    if "anyOf" in schema:
        return " or ".join(values_text(option) for option in schema["anyOf"] if option != {"type": "null"})
    if "enum" in schema:
        return " or ".join(f"`{name}`" for name in schema["enum"])
    match schema["type"]:
        case "boolean":
            return "`true` or `false`"
        case "array":
            return f"a list of {_plural(schema['items'])}"
        case "string":
            return f"text, at most {schema['maxLength']:,} characters" if "maxLength" in schema else "text"
        case kind:
            return ", ".join([{"integer": "whole number", "number": "number"}[kind], *_ranges(schema)])


def _plural(items: Mapping[str, Any]) -> str:
    if "enum" in items:
        return f"names: {', '.join(f'`{name}`' for name in items['enum'])}"
    if items["type"] == "array":
        return "lists of numbers"
    return {"integer": "whole numbers", "number": "numbers", "string": "names"}[items["type"]] + "".join(
        f", each {limit}" for limit in _ranges(items)
    )


def _ranges(schema: Mapping[str, Any]) -> Iterator[str]:
    words = {"minimum": "at least", "exclusiveMinimum": "greater than", "maximum": "at most"}
    for key, text in words.items():
        if key in schema:
            yield f"{text} {schema[key]:,}"


def default_text(value: object) -> str:
    """A default as YAML; none where a key may simply be left out."""
    if value is None or value in ({}, ()):
        return "–"
    if isinstance(value, tuple):
        return f"`[{', '.join(value)}]`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def choice_table(union: Any) -> str:
    """The choices of one place, with their formulas and their own numbers."""
    rows = ["| name | meaning | its own numbers |", "|---|---|---|"]
    for choice in choices_of(union):
        meaning = " ".join((choice.__doc__ or "").split()).replace("|", "\\|")
        rows.append(f"| `{choice.name()}` | {meaning} | {_numbers(choice)} |")
    return "\n".join(rows)


def _numbers(choice: type[Choice]) -> str:
    properties = choice.model_json_schema()["properties"]
    texts = []
    for key, field in choice.model_fields.items():
        if key != "kind":
            default = "required" if field.is_required() else f"default {field.get_default():g}"
            ranges = "".join(f", {limit}" for limit in _ranges(properties[key]))
            texts.append(f"`{key}`: {field.description}{ranges} ({default})")
    return "; ".join(texts) or "–"


_MARKED = re.compile(r"(<!-- (keys|choices): (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def with_tables(text: str) -> str:
    """A document with every marked table as it should be."""

    def filled(found: re.Match[str]) -> str:
        if found[2] == "keys":
            content = key_table(next(model for model in MODELS if model.__name__ == found[3]))
        else:
            content = choice_table(UNIONS[found[3]])
        return f"{found[1]}\n{content}\n\n{found[4]}"

    return _MARKED.sub(filled, text)


def main() -> int:
    for path in DOCUMENTS:
        text = with_tables(path.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as folder:
            path.write_text(answered(text, replay(text, Path(folder))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
