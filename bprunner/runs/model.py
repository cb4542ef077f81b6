"""A run's model: its trained network as files that predict without the run, its trace or its YAML.

It takes what the network takes: the columns of the run's samples as they were loaded, encoded and scaled where the
dataset says so, as the run's dataset in MLflow and its trace have them. It gives `prediction.o1`, …, to the last bit
what the trace has at its last step, and a row's prediction never depends on the rows beside it.

network.json has the names, the architecture and the arithmetic, network.npz the weights and biases by layer, decimals
as text. MLflow finds `_load_pyfunc` here by the name of this module.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from bprunner._version import __version__
from bprunner.errors import InputError, Problem, StorageError
from bprunner.nn.arrays import Array
from bprunner.nn.decimals import Number
from bprunner.nn.network import Weights
from bprunner.runs.markdown import plain_markdown
from bprunner.runs.run import Run
from bprunner.spec.consistency import misfits
from bprunner.spec.describing import network_line
from bprunner.spec.effective import in_notation
from bprunner.spec.experiment import Experiment
from bprunner.training.trained import DIGEST_BYTES, TrainedNetwork, trained_network, untrained, zeros

if TYPE_CHECKING:
    import pandas as pd

    from bprunner.tracking.records import ModelRecord

NETWORK_FILE, NUMBERS_FILE = "network.json", "network.npz"
MODEL_NAME = "model"
EXAMPLE_ROWS = 5
_FORMAT = 1


@dataclass(frozen=True)
class Model:
    """A trained network, and what its columns are called."""

    network: TrainedNetwork
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> pd.DataFrame:  # noqa: ARG002
        """A frame with a row of predictions for each row. Of a frame, columns count by their names, and others are left
        aside; rows of numbers, as an array or as lists, have them in their order.

        Raises InputError for a column that is missing, and for what is no finite number.
        """
        import pandas as pd

        if isinstance(model_input, pd.DataFrame):
            return self._predicted(self._columns_of(model_input), model_input.index)
        return self._predicted(model_input, None)

    def get_raw_model(self) -> Model:
        """This model, out of the wrapper that `mlflow.pyfunc.load_model` gives."""
        return self

    def _columns_of(self, frame: pd.DataFrame) -> Any:
        missing = [name for name in self.inputs if name not in frame.columns]
        if missing:
            hint = f"the model takes {_listed(self.inputs)}"
            raise InputError(Problem(f"no column is called {_listed(missing)}", hint=hint))
        return frame[list(self.inputs)]

    def _predicted(self, values: Any, index: Any) -> pd.DataFrame:
        import pandas as pd

        predicted = self.network.predict(self._numbers(values))
        return pd.DataFrame(predicted, columns=list(self.outputs), index=index)

    def _numbers(self, values: Any) -> Array:
        """(rows, inputs) of finite doubles."""
        try:
            numbers = np.array(values, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError(Problem("the inputs are not all numbers, in rows of one length")) from None
        if numbers.ndim != 2 or numbers.shape[1] != len(self.inputs):
            found = " × ".join(str(size) for size in numbers.shape) or "one number"
            message = f"the inputs are rows of {len(self.inputs)}, one for each sample, found {found}"
            raise InputError(Problem(message, hint=f"the model takes {_listed(self.inputs)}"))
        wrong = np.argwhere(~np.isfinite(numbers))
        if len(wrong):
            row, column = wrong[0].tolist()
            message = f"row {row + 1:,}, {self.inputs[column]}: {numbers[row, column]} is no finite number"
            raise InputError(Problem(message))
        return numbers


def _listed(names: Sequence[str]) -> str:
    return _few([f"`{name}`" for name in names])


# From a run


def model_of(run: Run) -> Model | None:
    """The model of a run, with the weights after its last step; None where it diverged: it would predict nothing."""
    if run.status == "diverged":
        return None
    names = run.experiment.architecture.names
    columns = run.samples.input_names
    # A column that two inputs are read from would be asked for twice.
    inputs = columns if len(set(columns)) == len(columns) else names.inputs
    outputs = tuple(f"prediction.{name}" for name in names.outputs)
    network = trained_network(run.experiment, run.samples, run.trace, run.execution.last_weights)
    return Model(network, tuple(inputs), outputs)


def model_record(run: Run) -> ModelRecord | None:
    """The model of a run in the terms of the tracking floor."""
    from bprunner.tracking.records import ModelRecord

    model = model_of(run)
    if model is None:
        return None
    return ModelRecord(
        name=MODEL_NAME,
        loader=__name__,
        files=model_files(model),
        inputs=model.inputs,
        outputs=model.outputs,
        example=run.samples.inputs[:EXAMPLE_ROWS],
        requirements={"bprunner": __version__, "numpy": np.__version__},
        metadata={"configuration_hash": run.hash, **_told(run)},
        step=run.updates,
        description=_description(run, model),
    )


def _description(run: Run, model: Model) -> str:
    told = _told(run)
    outputs = f", {told['outputs']}" if "outputs" in told else ""
    lines = [
        f"**{plain_markdown(run.experiment.title or run.name)}**",
        plain_markdown(f"{network_line(run.experiment)} · {run.ending()}"),
        plain_markdown(f"Takes {_few(model.inputs)}: {told['inputs']}."),
        plain_markdown(
            f"Gives {_few(model.outputs)}{outputs}: to the last bit what the run predicted at its last step."
        ),
    ]
    return "\n\n".join(lines)


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (", …" if len(names) > 20 else "")


def _told(run: Run) -> dict[str, str]:
    """What the model takes and gives, in words."""
    encoding, scaling = run.experiment.dataset.encode, run.experiment.dataset.scale
    ways = [
        "encoded" if encoding is not None and encoding.inputs is not None else "",
        f"scaled ({scaling.inputs.kind})" if scaling is not None and scaling.inputs is not None else "",
    ]
    done = " and ".join(way for way in ways if way)
    told = {"inputs": f"{done}, as the run's dataset has them" if done else "as the dataset declares them"}
    if scaling is not None and scaling.targets is not None:
        told["outputs"] = f"scaled ({scaling.targets.kind}), as the targets of the run's dataset are"
    return told


# Files


def model_files(model: Model) -> dict[str, bytes]:
    """A model's files, by name."""
    network = model.network
    told = {
        "format": _FORMAT,
        "bprunner": __version__,
        "inputs": list(model.inputs),
        "outputs": list(model.outputs),
        "architecture": in_notation(network.architecture),
        "arithmetic": in_notation(network.arithmetic),
    }
    text = json.dumps(told, ensure_ascii=False, allow_nan=False, indent=1)
    content = io.BytesIO()
    np.savez(content, **_arrays(network))
    return {NETWORK_FILE: text.encode(), NUMBERS_FILE: content.getvalue()}


def _arrays(network: TrainedNetwork) -> dict[str, Any]:
    """Weights as `W1`, `W2`, … (fan_in, fan_out), biases as `b1`, … (fan_out or 1), by layer."""
    arrays: dict[str, Any] = {}
    for number, (W, b) in enumerate(zip(network.weights.W, network.weights.b, strict=True), 1):
        for letter, part in (("W", W), ("b", b)):
            if part is not None:
                arrays[f"{letter}{number}"] = _as_kept(part[0] if letter == "W" else part[0, 0])
    return arrays if network.places is None else {**arrays, "places": network.places}


def _as_kept(values: Any) -> Any:
    if not values.dtype.hasobject:
        return np.ascontiguousarray(values)
    return np.array([str(number) for number in values.flat]).reshape(values.shape)


def read_model(folder: Path) -> Model:
    """A model from its files. Raises StorageError, with one sentence, where they are not those of a model."""
    try:
        told = json.loads((folder / NETWORK_FILE).read_text(encoding="utf-8"))
        if told["format"] != _FORMAT:
            raise StorageError(f"{folder} has a model of format {told['format']}, which this bprunner cannot read.")
        content = io.BytesIO((folder / NUMBERS_FILE).read_bytes())
        with np.load(content, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept.files}
        return _model(told, arrays)
    except OSError as error:
        raise StorageError(f"{folder} has no model that can be read: {error.strerror or error}.") from None
    except _FAULTS as error:
        raise StorageError(f"{folder} has no model that bprunner wrote: {_first_line(error)}.") from None


_FAULTS = (ValueError, KeyError, TypeError, IndexError, EOFError, ArithmeticError, zipfile.BadZipFile)


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def _model(told: Mapping[str, Any], arrays: Mapping[str, Any]) -> Model:
    experiment = untrained(told["architecture"], told["arithmetic"])
    architecture, arithmetic = experiment.architecture, experiment.arithmetic
    for misfit in misfits({"architecture": architecture, "arithmetic": arithmetic}):
        raise ValueError(misfit.message)
    network = TrainedNetwork(architecture, arithmetic, _weights(experiment, arrays), _places(arrays))
    inputs, outputs = tuple(map(str, told["inputs"])), tuple(map(str, told["outputs"]))
    if (len(inputs), len(outputs)) != (architecture.inputs, architecture.layers[-1].units):
        raise ValueError("its columns are not those of its network")
    # Whatever does not fit is noticed now, and not by whoever predicts.
    network.predict(np.zeros((1, architecture.inputs)))
    return Model(network, inputs, outputs)


def _weights(experiment: Experiment, arrays: Mapping[str, Any]) -> Weights:
    like, digits = zeros(experiment.architecture), getattr(experiment.arithmetic.numbers, "digits", 0)

    def found(name: str, shape: tuple[int, ...]) -> Any:
        values = arrays[name]
        if values.size != np.prod(shape) or values.dtype.kind != ("U" if digits else "f"):
            raise ValueError(f"{name} does not fit the network")
        return _as_computed(values, digits).reshape(shape)

    return Weights(
        [found(f"W{number}", W.shape) for number, W in enumerate(like.W, 1)],
        [None if b is None else found(f"b{number}", b.shape) for number, b in enumerate(like.b, 1)],
    )


def _as_computed(values: Any, digits: int) -> Any:
    """Doubles as they are, texts as decimals of so many digits."""
    if not digits:
        return values.astype(np.float64)
    made = np.empty(values.shape, dtype=object)
    for place, text in np.ndenumerate(values):
        made[place] = Number(Decimal(str(text)), digits)
    return made


def _places(arrays: Mapping[str, Any]) -> Any:
    places = arrays.get("places")
    if places is not None and (places.dtype != np.uint8 or places.shape[1:] != (DIGEST_BYTES,)):
        raise ValueError("its places are no digests")
    return places


def _load_pyfunc(data_path: str) -> Model:
    """What `mlflow.pyfunc.load_model` calls."""
    return read_model(Path(data_path))
