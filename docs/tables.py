"""The tables of the reference, from the models: what a key means, what may stand there, its default, an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from bprunner.spec.choices import Choice, Frozen, choices_of
from bprunner.spec.sweep import Sweep
from bprunner.spec.synonyms import SYNONYMS
from bprunner.sweeps.comparing import COLUMNS
from docs import examples, sweep_examples
from docs.models import SWEEP_UNIONS, UNIONS, keyed, own_keys, written

# What the models' types do not say in words: values that have a section of their own, and units.
_FIGURES = "[figures](#figures) by name or layer"
_ROUNDING = "a [rounding](#a-rounding), or roundings by name"
_FILE = "the path of a file"
_NUMBERS = "a number, or a number for each name"
_SEED = "whole number, at least 0, less than 2⁶³"
_SEED_32 = "whole number, at least 0, less than 2³²"
_TIMES = "whole number, at least 0, or `last`"
_STORED = "`error`, `prediction`, `weight`, `bias`, `net`, `out`, `delta`, `gradient`, `update`"
VALUES: Mapping[str, str] = {
    "Experiment.name": "text, not empty, at most 200 characters",
    "Experiment.architecture": "[architecture](#architecture)",
    "Experiment.initial_weights": "[initial weights](#initial-weights)",
    "Experiment.dataset": "[dataset](#dataset)",
    "Experiment.training": "[training](#training)",
    "Experiment.arithmetic": "`exact`, or [arithmetic](#arithmetic)",
    "Experiment.trace": "[trace](#trace)",
    "Experiment.tracking": "[tracking](#tracking)",
    "Experiment.horizon": "a [horizon](#horizon)",
    "Experiment.expect": "a list of [expectations](#expected-figures)",
    "Architecture.layers": "a list of [layers](#layers), at least one",
    "Architecture.naming": "[naming](#naming)",
    "Layer.activation": "an [activation](#activations)",
    "Layer.bias": "a [kind of bias](#biases)",
    "Naming.inputs": "a list of names: letters, digits and `_`, at most 40 characters",
    "Naming.neurons": "a list of lists of names, one for each layer",
    "Naming.weights": "`receiver`, `sender`, or a connection such as `x1 -> n3` for each name",
    "Naming.biases": "a neuron for each name; of a shared bias, the layer",
    "InitialWeights.named": "a number for each name",
    "InitialWeights.matrices": "a list of matrices, one for each layer",
    "InitialWeights.layers": "a list, for each layer a [rule](#rules) or a matrix",
    "InitialWeights.rule": "a [rule](#rules)",
    "InitialWeights.biases": "a [rule](#rules), or a list with a list or a rule for each layer that has biases",
    "InitialWeights.seed": f"{_SEED} (with `numpy_legacy`, 2³²)",
    "InitialWeights.draw": "the [order](#the-order-of-drawing)",
    "Dataset.csv": "a [CSV file](#csv)",
    "Dataset.parquet": "a [Parquet file](#parquet)",
    "Dataset.npy": "two [NumPy files](#numpy-files)",
    "Dataset.npz": "a [NumPy archive](#numpy-files)",
    "Dataset.moons": "[moons](#generated-points)",
    "Dataset.circles": "[circles](#generated-points)",
    "Dataset.blobs": "[blobs](#generated-points)",
    "Dataset.held_out": "[a source](#held-out-samples)",
    "Dataset.encode": "[encoding](#encoding)",
    "Dataset.split": "[a split](#held-out-samples)",
    "Dataset.scale": "[scaling](#scaling)",
    "Dataset.rows": "[a range](#a-part-of-a-source)",
    "HeldOut.rows": "[a range](#a-part-of-a-source)",
    "Scaling.inputs": "[a scale](#scaling)",
    "Scaling.targets": "[a scale](#scaling)",
    "CsvFile.file": _FILE,
    "CsvFile.inputs": "a list of names, or of whole numbers from 1",
    "CsvFile.targets": "a list of names, or of whole numbers from 1",
    "ParquetFile.file": _FILE,
    "NpyFiles.inputs": _FILE,
    "NpyFiles.targets": _FILE,
    "NpzFile.file": _FILE,
    "NpzFile.inputs": "a name",
    "NpzFile.targets": "a name",
    "HeldOut.csv": "a [CSV file](#csv)",
    "HeldOut.parquet": "a [Parquet file](#parquet)",
    "HeldOut.npy": "two [NumPy files](#numpy-files)",
    "HeldOut.npz": "a [NumPy archive](#numpy-files)",
    "Moons.seed": _SEED_32,
    "Circles.seed": _SEED_32,
    "Blobs.seed": _SEED_32,
    "Split.held_out": "number, greater than 0, less than 1; or whole number, at least 1",
    "Split.seed": _SEED,
    "Training.loss": "a [loss](#losses)",
    "Training.penalty": "[penalties](#penalties)",
    "Training.reported_error": "a [loss](#losses)",
    "Training.metrics": "a list of [metrics](#metrics)",
    "Training.optimizer": "an [optimizer](#optimizers)",
    "Training.optimizer_state": "[what it remembers](#the-optimizers-state)",
    "Training.rate_factors": "[numbers](#single-learning-rates), greater than 0, by name",
    "Training.schedule": "a [schedule](#schedules)",
    "Training.warm_up": "a [warm-up](#warm-up)",
    "Training.batches": "a [kind of batches](#batches)",
    "Training.epochs": "whole number of passes, at least 0, at most 1,000,000,000",
    "Training.updates": "whole number of updates, at least 0, at most 1,000,000,000",
    "Training.stop": "a [stop](#stopping)",
    "Training.frozen": "a list of names of weights and biases",
    "Penalty.l1": "[strength and factor](#penalties)",
    "Penalty.l2": "[strength and factor](#penalties)",
    "OptimizerState.velocity": _NUMBERS,
    "OptimizerState.mean": _NUMBERS,
    "OptimizerState.squares": _NUMBERS,
    "Arithmetic.numbers": "[numbers](#numbers)",
    **dict.fromkeys(
        [f"Arithmetic.{key}" for key in ("net", "out", "prediction", "delta", "gradient", "update", "weight", "bias")],
        _ROUNDING,
    ),
    "Arithmetic.error": "a [rounding](#a-rounding)",
    "Expectation.step": _TIMES,
    "Expectation.epoch": _TIMES,
    **dict.fromkeys(
        [
            f"Expectation.{key}"
            for key in ("net", "out", "delta", "gradient", "update", "weight", "bias", "velocity", "mean", "squares")
        ],
        _FIGURES,
    ),
    "Expectation.prediction": "a [figure](#figures), or figures by output",
    "Expectation.error": "a [figure](#figures)",
    "Expectation.reported_error": "a [figure](#figures)",
    "Expectation.accuracy": "a [figure](#figures)",
    "Expectation.held_out": "[figures](#of-the-held-out-part) of that part",
    "Expectation.values": "[figures](#figures) by [expression](#expressions)",
    "HeldOutFigures.error": "a [figure](#figures)",
    "HeldOutFigures.reported_error": "a [figure](#figures)",
    "HeldOutFigures.accuracy": "a [figure](#figures)",
    "Online.order": "a list of whole numbers, each at least 1",
    "Minibatches.seed": f"{_SEED}, or `after_weights`",
    "Sampled.seed": f"{_SEED}, or `after_weights`",
    "Drawn.formula": "an [expression](#expressions) over `r` and `g`; it may have `fan_in` and `fan_out`",
    "Sweep.name": "text, not empty, at most 200 characters",
    "Sweep.baseline": "the path of a file",
    "Sweep.set": "[values](#what-holds-for-every-run) by path",
    "Sweep.sweep": "[what varies](#what-varies)",
    "Sweep.trace": "[what is kept](#trace)",
    "Sweep.limits": "[limits](#limits)",
    "Plan.grid": "[values](#values) by path",
    "Plan.zip": "[values](#values) by path, of each path as many",
    "Plan.sample": "a [sample](#sample)",
    "Plan.search": "a [search](#search)",
    "Plan.repeat": "whole number, at least 1, or [how](#repeat)",
    "Plan.exclude": "a list of [conditions](#exclude)",
    **dict.fromkeys(["Sample.random", "Sample.sobol", "Sample.latin_hypercube"], "[count and seed](#sample)"),
    **dict.fromkeys(["Search.tpe", "Search.cma_es"], "[trials, seed and population](#search)"),
    "Sample.of": "a [distribution](#distributions) for each path",
    "Search.of": "a [distribution](#distributions) for each path",
    "Repeat.seeds": "a list of paths",
    **dict.fromkeys(["Drawing.seed", "Trials.seed", "Repeat.first_seed"], _SEED),
    "Limits.time": "a number with `s`, `min`, `h` or `d`; or whole seconds",
    "Limits.disk": "a number with `B`, `kB`, `MB`, `GB` or `TB`; or whole bytes",
    "ChoiceDistribution.values": "a list of values, or a mapping of labels to values",
    **dict.fromkeys(
        ["IntegersDistribution.from_", "IntegersDistribution.to"], "whole number, at least −2⁵³, at most 2⁵³"
    ),
}
DEFAULTS: Mapping[str, str] = {
    "Experiment.arithmetic": "`exact`",
    "Experiment.trace": "everything",
    "Experiment.tracking": "as below",
    "Layer.net": "`weighted_sum`",
    "InitialWeights.draw": "as below",
    "Naming.biases": "`b1`, `b2`, …",
    "Arithmetic.prediction": "as `out`",
    "Arithmetic.bias": "as `weight`",
    "Tracing.quantities": "all of them",
    "Sweep.trace": "as below",
    "Sweep.limits": "as below",
    "Limits.time": "`1 h`",
    "Limits.disk": "`10 GB`",
}
NAMES = {
    "InitialWeights.named": "`w1`, `w2`, …, `b1`, …",
    "InitialWeights.rule": "`uniform`, `normal`, …",
    # `choice: [tanh, relu]` has its values behind its name.
    "ChoiceDistribution.values": "the values",
}


_KEYS = {**examples.KEYS, **sweep_examples.KEYS}


def key_table(model: type[BaseModel]) -> str:
    """One model's keys: meaning, values, default, example."""
    rows = ["| key | meaning | values | default | example |", "|---|---|---|---|---|"]
    properties = model.model_json_schema()
    own = properties.get("properties") or properties["$defs"][model.__name__]["properties"]
    for key, field in model.model_fields.items():
        address = f"{model.__name__}.{key}"
        cells = [
            NAMES.get(address, f"`{key}`"),
            field.description or "",
            VALUES.get(address) or values_text(own[key]),
            DEFAULTS.get(address) or default_of(field),
            f"`{_KEYS[address]}`",
        ]
        rows.append(_row(cells))
    return "\n".join(rows)


def choice_table(union: Any, shown: Mapping[str, tuple[str, ...]]) -> str:
    """The choices of one place, with their formulas and examples; then a table of their own numbers."""
    rows = ["| name | meaning | example |", "|---|---|---|"]
    for choice in choices_of(union):
        meaning = " ".join((choice.__doc__ or "").split())
        example = "<br>".join(f"`{text}`" for text in shown[choice.__name__])
        rows.append(_row([f"`{choice.name()}`", meaning, example]))
    own = _own_numbers(choices_of(union))
    return "\n".join(rows) if not own else "\n".join([*rows, "", *own])


def _own_numbers(choices: tuple[type[Choice], ...]) -> list[str]:
    """A row for each number of their own; what several have alike has one row."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for choice in choices:
        properties = choice.model_json_schema()["properties"]
        for key in own_keys(choice):
            field = choice.model_fields[key]
            address, name = f"{choice.__name__}.{key}", written(choice, key)
            values = VALUES.get(address) or values_text(properties[name])
            cells = (NAMES.get(address, f"`{name}`"), field.description or "", values, default_of(field))
            alike.setdefault(cells, []).append(f"`{choice.name()}`")
    if not alike:
        return []
    rows = ["| its own numbers | of | meaning | values | default |", "|---|---|---|---|---|"]
    return rows + [_row([key, ", ".join(names), *rest]) for (key, *rest), names in alike.items()]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


# Values and defaults, in words


def values_text(schema: Mapping[str, Any]) -> str:
    """What may stand there, in words, from a key's JSON Schema."""
    if "anyOf" in schema:
        return " or ".join(values_text(option) for option in schema["anyOf"] if option != {"type": "null"})
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        *first, last = [f"`{name}`" for name in schema["enum"]]
        return f"{', '.join(first)} or {last}" if first else last
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
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "greater than",
        "maximum": "at most",
        "exclusiveMaximum": "less than",
    }
    for key, text in words.items():
        if key in schema:
            yield f"{text} {schema[key]:,}"


def default_of(field: Any) -> str:
    """A field's default as YAML; none where a key may simply be left out."""
    return "required" if field.is_required() else default_text(field.get_default())


def default_text(value: object) -> str:
    if value is None or value in ({}, ()):
        return "–"
    if isinstance(value, Choice):
        return f"`{value.name()}`"
    if isinstance(value, Frozen):
        return "–"
    if isinstance(value, tuple):
        return f"`[{', '.join(value)}]`"
    if isinstance(value, float):
        return f"`{value:g}`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def table(kind: str, name: str) -> str:
    """The table that is marked `<!-- kind: name -->`."""
    match kind:
        case "synonyms":
            return synonym_table()
        case "columns":
            return column_table()
        case "keys":
            return key_table({**keyed(), **keyed(Sweep)}[name])
        case _ if name in SWEEP_UNIONS:
            return choice_table(SWEEP_UNIONS[name], sweep_examples.CHOICES)
        case _:
            return choice_table(UNIONS[name], examples.CHOICES)


def column_table() -> str:
    """What a study's table has of every run."""
    rows = [f"| `{name}` | {meaning} |" for name, meaning in COLUMNS.items()]
    return "\n".join(["| column | meaning |", "|---|---|", *rows])


def synonym_table() -> str:
    """What others say, by what is said here."""
    words: dict[str, list[str]] = {}
    for word, (_, answer) in SYNONYMS.items():
        words.setdefault(answer, []).append(f"`{word}`")
    rows = [f"| {', '.join(elsewhere)} | {answer} |" for answer, elsewhere in words.items()]
    return "\n".join(["| elsewhere | here |", "|---|---|", *rows])
