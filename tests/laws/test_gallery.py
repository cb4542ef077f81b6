"""The law of the gallery: every file is what its readers take it for, and its gradients are true."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from bprunner.cli.checking import LARGEST_DIFFERENCE
from bprunner.cli.showing import purpose_of
from bprunner.data.loading import load_samples
from bprunner.nn.gradcheck import check_gradients
from bprunner.spec.reading import read_declaration
from bprunner.training.population import populate
from tests.conftest import ROOT

FOLDER = ROOT / "configs" / "gallery"
FILES = sorted(FOLDER.glob("*.yaml"))
every_file = pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])


def test_the_gallery_is_there() -> None:
    assert len(FILES) > 40


@every_file
def test_a_file_is_called_like_its_experiment_and_says_what_it_shows(path: Path) -> None:
    experiment = read_declaration(path).experiment
    assert experiment.name == path.stem
    assert experiment.title
    assert experiment.source
    assert experiment.expect
    assert len(purpose_of(path)) > 20
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=../../schema/")


@every_file
def test_analytic_gradients_are_numeric_ones(path: Path) -> None:
    """In doubles also where the file computes in decimals; a derivative that is declared has nothing to be held to."""
    declaration = read_declaration(path, ["arithmetic=exact"])
    p = populate([declaration.experiment], load_samples(declaration))
    with np.errstate(all="ignore"):
        found = check_gradients(p.layers, p.weights, p.part.inputs, p.part.targets, p.objective, p.penalties)
    assert found.largest <= LARGEST_DIFFERENCE, found
    assert found.compared + found.declared + found.at_kinks == sum(part[0].size for part in p.weights.flat())
    assert found.compared > 0 or found.declared > 0


def test_what_needs_data_that_cannot_be_given_along_says_so() -> None:
    """The files are valid; only their data are missing, and the message says where they were looked for."""
    from bprunner.errors import InputError

    for path in sorted((FOLDER / "data_needed").glob("*.yaml")):
        with pytest.raises(InputError) as caught:
            load_samples(read_declaration(path))
        messages = [problem.message for problem in caught.value.problems]
        assert all(re.fullmatch(r"the dataset cannot be read: there is no such file", each) for each in messages)
        assert all("looked for" in problem.hint for problem in caught.value.problems)
