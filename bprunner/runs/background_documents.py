"""The document of a recorded run, written by another process while this one goes on.

It is made from the run's folder: effective.yaml, trace.parquet and the dataset's copies. As with pictures, whatever
goes wrong with it is never raised.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bprunner.figures import BackgroundDrawing
from bprunner.runs.run import TRACE_FILE, Run
from bprunner.spec.experiment import Experiment

FOLDER = "document"
_MOST_PARAMETERS, _MOST_VALUES = 120, 4_000


def is_quickly_explained(experiment: Experiment, samples: int) -> bool:
    """Whether a document costs less than a second: up to 120 weights and biases, and up to 4,000 outputs of neurons in
    one update. Whether there is a gradient to explain is another question."""
    names = experiment.architecture.names
    batches = experiment.training.batches
    of_update = samples if experiment.training.full_batch else min(samples, getattr(batches, "size", 1))
    small = len(names.weights) + len(names.biases) <= _MOST_PARAMETERS
    return small and sum(names.sizes) * of_update <= _MOST_VALUES


def document_in_background(run: Run, folder: Path) -> BackgroundDrawing:
    """Starts writing document/NAME.html and document/NAME.md with its pictures into the run's folder."""
    from bprunner.runs.explaining import origin_of

    # -P: a file `random.py` in the user's folder is not our business. -W: nor are warnings of other packages.
    command = [sys.executable, "-P", "-W", "ignore", "-m", "bprunner.runs.background_documents", str(folder.absolute())]
    # With `=`, a text may begin with a dash; and an argument cannot hold a NUL.
    texts = {"origin": origin_of(run.declaration), "ending": run.ending()}
    command += [f"--{name}={text}".replace("\0", " ") for name, text in texts.items()]
    return BackgroundDrawing(command, folder / FOLDER)


def write_document(folder: Path, origin: str, ending: str) -> None:
    """Writes the document of a run's folder. Raises InputError for what cannot be explained."""
    from bprunner.checking.verdicts import check
    from bprunner.data.loading import load_samples
    from bprunner.documents.explaining import explain
    from bprunner.documents.subject import Subject
    from bprunner.spec.reading import read_declaration
    from bprunner.training.trace import Trace

    declaration = read_declaration(folder / "effective.yaml", allow_outside=True)
    samples, trace = load_samples(declaration), Trace.load(folder / TRACE_FILE)
    experiment = declaration.experiment
    figures = check(experiment, trace, samples)
    explain(Subject(experiment, samples, trace, figures, ending, origin)).write(folder / FOLDER)


def main() -> None:
    """What the other process does."""
    from bprunner.errors import BprunnerError

    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--origin", default="")
    parser.add_argument("--ending", default="")
    wanted = parser.parse_args()
    try:
        write_document(wanted.folder, wanted.origin, wanted.ending)
    except BprunnerError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
