"""The law of the models: what a run's model predicts, read from its files, is what the trace has, to the last bit.

A row has the prediction that it has in the run whether it comes alone, among others, or in another order.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import bprunner
from bprunner.data.samples import Samples
from bprunner.nn.arrays import Array
from bprunner.runs.model import Model, model_files, model_of, read_model
from bprunner.spec.arithmetic import DecimalNumbers
from bprunner.spec.experiment import Experiment
from bprunner.training.execution import Execution, execute
from bprunner.training.population import populate
from bprunner.training.trace import Trace
from bprunner.training.trained import trained_network
from tests.conftest import ROOT
from tests.laws.networks import PopulationCase, populations

FULL = os.environ.get("HYPOTHESIS_PROFILE") == "full"
GALLERY = sorted((ROOT / "configs" / "gallery").glob("*.yaml"))
# Rounded by hand, no weights in the trace, decimals, sums by BLAS, several samples, several outputs.
FEW = ("doc", "brownlee", "negnevitsky_and", "cs231n_twolayer_training", "aifh_nesterov", "rashid")

AGAIN = ("brownlee", "trask_2layer", "xor_tds")


def last(experiment: Experiment, samples: Samples, trace: Trace) -> tuple[NDArray[np.int64], Array]:
    """Which samples the last step has, and what it predicts for them, (rows, outputs)."""
    outputs = experiment.architecture.names.outputs
    predicted = np.stack([np.atleast_1d(trace[f"prediction.{name}"][-1]) for name in outputs], axis=1)
    if experiment.training.full_batch:
        return np.arange(len(samples)), predicted
    numbers = np.atleast_1d(trace["sample"][-1])
    there = ~np.isnan(numbers)
    return numbers[there].astype(np.int64) - 1, predicted[there]


def bits(values: Array) -> list[bytes]:
    return [row.tobytes() for row in np.ascontiguousarray(values)]


def again(model: Model, folder: Path) -> Model:
    """What its files say."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in model_files(model).items():
        (folder / name).write_bytes(content)
    return read_model(folder)


def of_case(case: PopulationCase, folder: Path) -> Iterator[tuple[Model, Samples, Execution, Experiment]]:
    """The case's runs that have a model, and these as they are read from their files."""
    for place, experiment in enumerate(case.experiments):
        execution = execute(populate([experiment], case.samples), {})
        if execution.status == "finished":
            network = trained_network(experiment, case.samples, execution.trace)
            names = [f"i{number}" for number in range(network.architecture.inputs)]
            model = Model(network, tuple(names), tuple(experiment.architecture.names.outputs))
            yield again(model, folder / str(place)), case.samples, execution, experiment


def holds(model: Model, inputs: Array, predicted: Array, seed: int) -> None:
    """Together as the last step had them, one by one, and some of them among others, in any order."""
    predict = model.network.predict
    assert bits(predict(inputs)) == bits(predicted)
    assert bits(model.predict(inputs.tolist()).to_numpy()) == bits(predicted)
    allowed: dict[bytes, set[bytes]] = {}
    for row, prediction in zip(bits(inputs), bits(predicted), strict=True):
        # The same sample at two places of a batch may have two predictions, where BLAS adds in two orders.
        allowed.setdefault(row, set()).add(prediction)
    generator = np.random.default_rng(seed)
    strangers = generator.normal(size=(3, inputs.shape[1]))
    alone = [bits(predict(stranger[np.newaxis]))[0] for stranger in strangers]
    rows = generator.integers(len(inputs), size=min(9, len(inputs)))
    mixed = bits(predict(np.concatenate([strangers[:2], inputs[rows], strangers[2:]])))
    assert [*mixed[:2], mixed[-1]] == alone
    for row, prediction in zip(rows, mixed[2:-1], strict=True):
        single = bits(predict(inputs[row : row + 1]))[0]
        assert {single, prediction} <= allowed[bits(inputs[row : row + 1])[0]]


@given(case=populations(most_runs=3), seed=st.integers(0, 1000))
def test_a_model_predicts_what_the_trace_has(
    case: PopulationCase, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for model, samples, execution, experiment in of_case(case, tmp_path_factory.mktemp("model")):
        rows, predicted = last(experiment, samples, execution.trace)
        holds(model, samples.inputs[rows], predicted, seed)


@settings(max_examples=200 if FULL else 12)
@given(
    case=populations(st.integers(1, 4), st.integers(1, 4), most_runs=1, decimal=True),
    digits=st.sampled_from([5, 15, 28, 60]),
    seed=st.integers(0, 1000),
)
def test_a_model_of_decimals_predicts_what_the_trace_has(
    case: PopulationCase, digits: int, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    long = replace(case, experiments=tuple(with_digits(experiment, digits) for experiment in case.experiments))
    for model, samples, execution, experiment in of_case(long, tmp_path_factory.mktemp("model")):
        rows, predicted = last(experiment, samples, execution.trace)
        holds(model, samples.inputs[rows], predicted, seed)


def with_digits(experiment: Experiment, digits: int) -> Experiment:
    """With decimals of so many digits: of more than 17, doubles do not hold them."""
    numbers = DecimalNumbers(kind="decimal", digits=digits)
    return experiment.model_copy(update={"arithmetic": experiment.arithmetic.model_copy(update={"numbers": numbers})})


@pytest.mark.parametrize(
    "path",
    [path for path in [ROOT / "configs" / "doc.yaml", *GALLERY] if FULL or path.stem in FEW],
    ids=lambda p: p.stem,
)
def test_a_model_of_the_gallery_predicts_what_the_trace_has(path: Path, tmp_path: Path) -> None:
    # Some trace no predictions; where weights are not traced, the network is trained again.
    quantities = ["prediction"] if path.stem in AGAIN else ["prediction", "weight", "bias"]
    run = bprunner.run(path, {"trace.quantities": quantities, "trace.steps": "epochs"})
    model = model_of(run)
    if run.status == "diverged":
        assert model is None
        return
    assert model is not None
    rows, predicted = last(run.experiment, run.samples, run.trace)
    holds(again(model, tmp_path), run.samples.inputs[rows], predicted, 0)
