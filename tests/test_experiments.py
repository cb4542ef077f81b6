"""The studies of experiments/: their sweeps validate, and their pages are what the code gives, on any processor."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from bprunner.cli.showing import purpose_of
from bprunner.documents.inline import inline_markdown
from bprunner.figures.compact import compact_svg
from bprunner.figures.svg import svg_bytes
from bprunner.nn import generators
from bprunner.nn.arrays import Array
from bprunner.runs.study_readme import PICTURES_FOLDER, README, readme, shown_pictures, write_readme
from bprunner.spec import nodes
from bprunner.spec.source import read_source
from bprunner.spec.sweep_schema import sweep_schema
from bprunner.spec.yaml_loader import load
from bprunner.sweeps.declaring import read_sweep
from bprunner.sweeps.study import Study
from bprunner.training import starting
from docs import studies
from docs.reading import ROOT
from tests.laws.test_portability import INEXACT

SWEEPS = {path.parent.name: path for path in studies.sweeps()}
MOST_BYTES = 350_000
SECONDS_FREE = re.compile(r"\b20\d\d-\d\d|/tmp|/home|/work|\d+\.\d+\.\d+")


@pytest.fixture(scope="module")
def trained() -> Iterator[dict[str, Study]]:
    """Every study, trained once, by this process alone."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(studies.trained(path, 1)) for name, path in SWEEPS.items()}


def committed(name: str) -> str:
    return (SWEEPS[name].parent / README).read_text(encoding="utf-8")


def texts_of(svg: bytes) -> list[str]:
    """What is written in a picture, its title first."""
    parts = [each for each in ET.fromstring(svg).iter() if each.tag.rpartition("}")[2] in ("title", "text")]
    return ["".join(each.itertext()) for each in parts]


# The declarations


def test_there_are_the_studies_that_are_promised() -> None:
    promised = {"learning_rate", "initialisation", "learning_rate_by_initialisation", "optimizers"}
    assert promised <= set(SWEEPS)
    assert {path.name for path in studies.EXPERIMENTS.iterdir() if path.is_dir()} == set(SWEEPS)


@pytest.mark.parametrize("name", SWEEPS)
def test_a_sweep_validates_against_the_published_schema(name: str) -> None:
    data = json.loads(json.dumps(nodes.plain(load(read_source(SWEEPS[name])))))
    validator = jsonschema.Draft202012Validator(sweep_schema())
    validator.validate(data)
    data["sweep"]["gird"] = data["sweep"].pop("grid")
    assert not validator.is_valid(data)


@pytest.mark.parametrize("name", SWEEPS)
def test_a_sweep_says_what_it_shows(name: str) -> None:
    declared = read_sweep(SWEEPS[name])
    assert declared.sweep.name == name
    assert declared.sweep.title
    assert purpose_of(SWEEPS[name]).endswith((".", "?"))
    baseline = (SWEEPS[name].parent / declared.sweep.baseline).resolve()
    assert baseline.is_relative_to(ROOT / "configs")
    # Somebody who runs it does not have to wait, nor to say yes.
    assert declared.count() < 5_000


# The pages


@pytest.mark.parametrize("name", SWEEPS)
def test_a_page_is_what_the_code_gives(name: str, trained: dict[str, Study]) -> None:
    """`make experiments` writes it."""
    study, path = trained[name], SWEEPS[name]
    pictures = shown_pictures(study)
    assert committed(name) == readme(study, pictures, studies.command_of(path), path.parent)
    linked = re.findall(rf"\]\({PICTURES_FOLDER}/([\w.]+)\.svg\)", committed(name))
    assert linked == [picture.name for picture in pictures]
    assert sorted(each.name for each in (path.parent / PICTURES_FOLDER).iterdir()) == sorted(f"{x}.svg" for x in linked)


@pytest.mark.parametrize("name", SWEEPS)
def test_its_pictures_have_the_same_texts(name: str, trained: dict[str, Study]) -> None:
    """Their coordinates may differ: an error of 1e-32 is chance, and so are the last bits of what is drawn."""
    for picture in shown_pictures(trained[name]):
        content = (SWEEPS[name].parent / PICTURES_FOLDER / f"{picture.name}.svg").read_bytes()
        assert texts_of(content) == texts_of(compact_svg(svg_bytes(picture.figure()))), picture.name
        assert b"<dc:date>" not in content


@pytest.mark.parametrize("name", SWEEPS)
def test_its_numbers_are_those_of_the_study(name: str, trained: dict[str, Study]) -> None:
    """Some that stand in every page, found again without the page's code."""
    frame = trained[name].table
    fates = frame["fate"].iloc[1:].astype(str).value_counts()
    line = next(line for line in committed(name).splitlines() if line.startswith(("- Of the ", "- All ")))
    for fate, number in fates.items():
        verb = {"oscillating": "oscillate"}.get(str(fate), str(fate))
        assert re.search(rf"\b{number:,} (are )?{verb}\b", line), fate
    assert f"the {len(frame) - 1:,} other runs" in line


@pytest.mark.parametrize("name", SWEEPS)
def test_a_page_is_small_and_has_nothing_of_the_machine(name: str) -> None:
    folder = SWEEPS[name].parent
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= MOST_BYTES
    assert not SECONDS_FREE.findall(committed(name))
    for target in re.findall(r"\]\(([^)]+)\)", committed(name)):
        assert (folder / target).is_file(), target


def test_the_list_of_studies_is_fresh() -> None:
    text = studies.INDEX.read_text(encoding="utf-8")
    assert text == studies.index()
    for name, path in SWEEPS.items():
        title = read_sweep(path).sweep.title
        assert f"[{inline_markdown(str(title))}]({name}/README.md)" in text


def test_a_page_that_is_not_fresh_is_seen(tmp_path: Path) -> None:
    """The comparison above can fail: another seed is another page."""
    name = "initialisation"
    text = SWEEPS[name].read_text(encoding="utf-8").replace("repeat: ", "repeat: 1 # ")
    changed = tmp_path / "sweep.yaml"
    changed.write_text(text.replace("../../", f"{ROOT}/"), encoding="utf-8")
    with studies.trained(changed, 1) as study:
        assert readme(study).count("\n") != committed(name).count("\n") or readme(study) != committed(name)
        path = write_readme(study, tmp_path)
    assert path.is_file()


# Portability


class OtherBits:
    """Another processor: each result of a function goes up by its last bit, or down, or stays; always in the same way
    for the same number, since a run is the same run in every population there, too."""

    def __init__(self, seed: int) -> None:
        self._seed, self.moved = seed, 0

    def __call__(self, exact: Callable[..., Any]) -> Callable[..., Any]:
        def shaken(*arguments: Any, **more: Any) -> Any:
            result = exact(*arguments, **more)
            if getattr(result, "dtype", None) != np.float64:
                return result
            values = np.ascontiguousarray(result)
            mixed = (values.view(np.uint64) + np.uint64(self._seed)) * np.uint64(0x9E3779B97F4A7C15)
            way = (mixed >> np.uint64(40)) % np.uint64(3)
            towards = np.where(way == 0, -np.inf, np.where(way == 1, np.inf, values))
            self.moved += int(np.count_nonzero(towards != values))
            return np.nextafter(values, towards).reshape(np.shape(result))

        return shaken


@contextmanager
def another_processor(seed: int) -> Iterator[OtherBits]:
    """exp and its like, eigenvalues, and what is drawn from a Gaussian have other last bits."""
    noise = OtherBits(seed)

    class Drawing(generators._NumPy):
        def normal(self, shape: tuple[int, ...]) -> Array:
            drawn: Array = noise(super().normal)(shape)
            return drawn

    other = {**generators.GENERATORS, "numpy": generators.Generator(Drawing, generators._LARGEST)}
    with pytest.MonkeyPatch.context() as patch, np.errstate(over="ignore"):
        for function in INEXACT:
            patch.setattr(np, function, noise(getattr(np, function)))
        patch.setattr(np.linalg, "eigvalsh", noise(np.linalg.eigvalsh))
        patch.setattr(starting, "GENERATORS", other)
        yield noise


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", SWEEPS)
def test_a_page_is_the_same_on_another_processor(name: str, seed: int, trained: dict[str, Study]) -> None:
    """Every word and number of it; though errors below it are not."""
    path = SWEEPS[name]
    with another_processor(seed) as noise, studies.trained(path, 1) as study:
        errors = study.summary.final
        page = readme(study, shown_pictures(study), studies.command_of(path), path.parent)
    assert noise.moved > 0
    # A network of products alone has the same bits everywhere, where nothing is drawn.
    assert np.array_equal(errors, trained[name].summary.final, equal_nan=True) is (name == "learning_rate")
    assert page == committed(name)
