"""`bprun check`: whether files are valid, and whether the gradients of their networks are right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.text import Text

from bprunner.cli.arguments import files_and_changes
from bprunner.cli.codes import ExitCode
from bprunner.cli.terminal import out, tell_problems
from bprunner.data.loading import load_samples
from bprunner.data.samples import Samples
from bprunner.errors import InputError, Problem
from bprunner.nn.gradcheck import GradientCheck, check_gradients
from bprunner.nn.network import error_of, forward
from bprunner.spec.addressing import Addressed, addressed
from bprunner.spec.arithmetic import Arithmetic
from bprunner.spec.effective import content_hash
from bprunner.spec.experiment import Experiment
from bprunner.spec.naming import Names, counted
from bprunner.spec.reading import Declaration, read_declaration
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.sweeps.declaring import declared_sweep
from bprunner.training.population import Population, populate

LARGEST_DIFFERENCE = 1e-6
LARGEST_ERROR = 1e100
"""Far above it a numeric gradient overflows."""


def check_files(arguments: Sequence[str], gradients: bool, allow_outside: bool) -> int:
    """Checks every file, with the changes among the arguments, and says of each how it stands."""
    worst = ExitCode.WELL
    files, changes = files_and_changes(arguments)
    if not files:
        tell_problems(
            InputError(Problem("no file to check was named", hint="for example bprun check configs/doc.yaml"))
        )
        return ExitCode.INPUT
    for file in files:
        try:
            sweep = declared_sweep(file, changes, allow_outside)
            if sweep is not None:
                out().print(Text(f"{file}: valid ({_sweep_line(sweep)})"), soft_wrap=True)
                continue
            declaration = read_declaration(file, changes, allow_outside)
            samples = load_samples(declaration)
        except InputError as error:
            tell_problems(error)
            worst = ExitCode.INPUT
            continue
        name = declaration.experiment.name
        sized = f"{counted(len(samples), 'sample')}, {counted(_figures(declaration.experiment), 'expected figure')}"
        out().print(Text(f"{file}: valid ({name}, {sized}, {content_hash(declaration)[:12]})"), soft_wrap=True)
        if gradients and not _gradients_hold(declaration, samples, file) and worst == ExitCode.WELL:
            worst = ExitCode.FAILED
    return worst


def _sweep_line(sweep: SweepDeclaration) -> str:
    varies = ", ".join(sweep.paths)
    return f"{sweep.sweep.name}, {counted(sweep.count(), 'run')}, varies {varies}, {sweep.hash[:12]}"


def _figures(experiment: Experiment) -> int:
    """How many figures are expected, each of a list counted."""
    names = experiment.architecture.names
    return sum(isinstance(each, Addressed) for entry in experiment.expect for each in addressed(entry, names))


def _gradients_hold(declaration: Declaration, samples: Samples, file: str) -> bool:
    """Of the network itself, in doubles: rounding has no gradient, and decimals are not nudged."""
    in_decimals = declaration.experiment.arithmetic.numbers.kind == "decimal"
    population = populate([declaration.experiment.model_copy(update={"arithmetic": Arithmetic()})], samples)
    with np.errstate(all="ignore"):
        error = _error(population)
        if not abs(error) <= LARGEST_ERROR:
            text = f"{file}: gradients cannot be compared: at the initial weights the error is {error:.3g}"
            out().print(Text(f"{text}, too large for numeric ones", style="bold red"), soft_wrap=True)
            return False
        found = check_gradients(
            population.layers,
            population.weights,
            population.part.inputs,
            population.part.targets,
            population.objective,
            population.penalties,
        )
    holds = found.largest <= LARGEST_DIFFERENCE
    verdict = "agree" if holds else "DISAGREE"
    text = (
        f"{file}: gradients {verdict}: largest relative difference {found.largest:.1e}"
        if found.compared
        else f"{file}: no gradients to compare"
    )
    where = _where(found, declaration.experiment.architecture.names)
    kinks = f", {found.at_kinks} at kinks not compared" if found.at_kinks else ""
    kinks += f", {found.declared} with a declared derivative not compared" if found.declared else ""
    doubles = " in doubles" if in_decimals else ""
    counts = f"({found.compared} compared{doubles}{kinks})"
    out().print(Text(f"{text}{where} {counts}", style="" if holds else "bold red"), soft_wrap=True)
    return holds


def _error(population: Population) -> float:
    p = population
    passed = forward(p.layers, p.weights, p.part.inputs)
    return float(error_of(p.objective, passed, p.part.targets, p.weights, p.penalties)[0, 0, 0])


def _where(found: GradientCheck, names: Names) -> str:
    """The weight or bias with the largest difference."""
    if found.worst is None:
        return ""
    layer, kind, (first, second) = found.worst
    if kind == "W":
        return next(
            f" at {name}"
            for name, place in names.weights.items()
            if (place.layer, place.sender, place.receiver) == (layer, first, second)
        )
    return next(
        f" at {name}" for name, place in names.biases.items() if (place.layer, place.receiver) == (layer, second)
    )
