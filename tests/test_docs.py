"""The documents tell the truth: YAML validates and runs, commands parse, quoted answers are the real ones."""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer.main

import bprunner
from bprunner.cli.codes import ExitCode
from bprunner.cli.main import app
from bprunner.data.loading import load_samples
from bprunner.errors import InputError
from bprunner.nn.generators import GENERATORS, LARGEST_SEED
from bprunner.runs import study_recording
from bprunner.runs.studies import LARGEST_TRACE
from bprunner.spec import nodes, sweep
from bprunner.spec.arithmetic import MEMORY, QUANTITIES
from bprunner.spec.choices import Frozen, choices_of
from bprunner.spec.consistency import LARGEST_NETWORK, LARGEST_STEP
from bprunner.spec.dataset import BUNDLED
from bprunner.spec.dataset_misfits import LARGEST_TABLE
from bprunner.spec.effective import content_hash, effective_yaml
from bprunner.spec.expectations import MEASURES
from bprunner.spec.figure_misfits import known_names
from bprunner.spec.reading import read_declaration
from bprunner.spec.source import Source
from bprunner.spec.sweep import Sweep
from bprunner.spec.sweep_reading import SweepDeclaration
from bprunner.spec.training_misfits import LARGEST_DECIMAL_STEP
from bprunner.spec.yaml_loader import load
from bprunner.sweeps import fates, sampling, summing
from bprunner.sweeps.declaring import read_sweep
from docs import examples, gallery, generate, models, reading, screenshots, sweep_examples, worked
from docs.reading import DOCUMENTS, ROOT
from docs.tables import NAMES

TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in (*DOCUMENTS, ROOT / "CHANGELOG.md")}
REFERENCE, SWEEPS = "docs/yaml.md", "docs/sweeps.md"
CARRIED = "0.23, w6: 0.27"  # the document's own figures, which its rounded weights give


def data_of(content: str) -> Any:
    return nodes.plain(load(Source("block", content)))


def yaml_blocks() -> list[reading.Block]:
    """Experiments and parts of them."""
    return [
        block
        for name, text in TEXTS.items()
        for block in reading.blocks(text)
        if block.language == "yaml" and not is_of_sweep(name, block) and "answers" not in data_of(block.content)
    ]


def sweep_blocks() -> list[reading.Block]:
    """Sweeps and parts of them."""
    return [
        block
        for name, text in TEXTS.items()
        for block in reading.blocks(text)
        if block.language == "yaml" and is_of_sweep(name, block)
    ]


def is_of_sweep(name: str, block: reading.Block) -> bool:
    return name == SWEEPS or "sweep" in data_of(block.content)


def first_line(block: reading.Block) -> str:
    return block.content.partition("\n")[0]


def is_whole(block: reading.Block) -> bool:
    """Whether a block is an experiment by itself. Others are parts of one, or extend one."""
    return "architecture" in data_of(block.content) and "name" in data_of(block.content)


def all_commands() -> list[str]:
    return list(dict.fromkeys(command for text in TEXTS.values() for command in reading.commands(text)))


def write_data(folder: Path) -> None:
    """The data files that the documents speak of."""
    (folder / "prices.csv").write_text("length,width,price\n1,2,3\n", encoding="utf-8")
    (folder / "plants.csv").write_text("length,width,flowers\n5,2,yes\n4,1,no\n", encoding="utf-8")
    (folder / "numbered.csv").write_text("1,2,3\n", encoding="utf-8")
    (folder / "semicolons.csv").write_text("length;width;price\n1;2;3\n", encoding="utf-8")
    (folder / "seeds.txt").write_text("1 2 3\n4  5 6\n", encoding="utf-8")
    columns = {"length": [1.0, 2.0], "width": [2.0, 3.0], "price": [3.0, 4.0]}
    pq.write_table(pa.table(columns), folder / "prices.parquet")
    inputs, targets = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0], [0.0]])
    np.save(folder / "x.npy", inputs)
    np.save(folder / "y.npy", targets)
    np.savez(folder / "d.npz", X=inputs, y=targets)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the reader has it, with every file that the documents speak of. Tests may write more into it."""
    folder = tmp_path_factory.mktemp("documents")
    for name in reading.FOLDERS:
        shutil.copytree(ROOT / name, folder / name)
    write_data(folder / "configs")
    for block in [block for text in TEXTS.values() for block in reading.blocks(text)]:
        if block.file is not None:
            # Beside the configurations too: what extends a file is looked for in its own folder.
            for home in (folder, folder / "configs"):
                (home / block.file).write_text(block.content, encoding="utf-8")
    return folder


# YAML


@pytest.mark.parametrize("block", [block for block in yaml_blocks() if is_whole(block)], ids=first_line)
def test_whole_experiments_run(block: reading.Block) -> None:
    """Their figures agree, but for the one that the README says is wrong."""
    run = bprunner.run(data_of(block.content))
    assert run.status == "finished"
    wrong = [verdict.address for verdict in run.figures.of("disagrees")]
    assert wrong == (["weight.w6 at step 1"] if run.name == "mine" else [])


@pytest.mark.parametrize("block", [block for block in yaml_blocks() if not is_whole(block)], ids=first_line)
def test_parts_hold_in_their_place(block: reading.Block, folder: Path) -> None:
    """Where a part has figures, they are true: of the exact network, of the document's, or of the one that is named."""
    content = block.content
    base = block.over or ("doc.yaml" if CARRIED in content else "doc_exact.yaml")
    head = "" if "extends:" in content else f"extends: {base}\n"
    unexpected = "" if "expect:" in content else "expect: []\n"
    path = folder / "configs" / "part.yaml"
    path.write_text(head + unexpected + content, encoding="utf-8")
    run = bprunner.run(path)
    assert run.figures.agree, [str(verdict) for verdict in run.figures.of("disagrees")]
    # What has no figures may be too much for the document's learning rate.
    assert run.status == "finished" or "expect:" not in content


def test_a_wrong_figure_in_a_part_is_noticed(folder: Path) -> None:
    path = folder / "configs" / "part.yaml"
    path.write_text("extends: doc_exact.yaml\nexpect:\n  - {step: 0, prediction: 0.583}\n", encoding="utf-8")
    assert not bprunner.run(path).figures.agree


def test_the_ways_of_writing_weights_are_the_same(folder: Path) -> None:
    """By name, and as matrices in both orientations."""
    written = [data_of(block.content) for block in yaml_blocks() if list(data_of(block.content)) == ["initial_weights"]]
    same = [data for data in written if {"w1", "matrices"} & set(data["initial_weights"])]
    starts = []
    for data in same:
        run = bprunner.run(folder / "configs" / "doc_exact.yaml", {**data, "expect": []})
        starts.append(run.trace["weight"][0].tolist())
    assert starts == [[0.1, 0.2, 0.3, 0.4, 0.21, 0.23]] * 3


def test_both_ways_of_writing_samples_are_the_same(folder: Path) -> None:
    blocks = [data_of(block.content) for block in yaml_blocks() if list(data_of(block.content)) == ["dataset"]]
    written = [data for data in blocks if "inputs" in data["dataset"] and len(data["dataset"]) in (2, 3)]
    same = [data for data in written if set(data["dataset"]) <= {"inputs", "targets", "samples_in"}]
    read = [bprunner.run(folder / "configs" / "doc_exact.yaml", {**data, "expect": []}).samples for data in same]
    assert len(read) == 2
    assert read[0].inputs.tolist() == read[1].inputs.tolist() == [[2, 3], [0, 1]]
    assert read[0].targets.tolist() == read[1].targets.tolist() == [[1], [0]]


@pytest.mark.parametrize("block", sweep_blocks(), ids=first_line)
def test_sweeps_run(block: reading.Block, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them: they are small. A part stands over the exact network, or over the one that is named."""
    monkeypatch.chdir(tmp_path)
    path, content = folder / "part.yaml", block.content
    if "baseline" not in data_of(content):
        content = f"name: part\nbaseline: configs/{block.over or 'doc_exact.yaml'}\n{content}"
    path.write_text(content, encoding="utf-8")
    study = bprunner.sweep(path, workers=1)
    assert study.is_complete
    assert study.failures == {}
    assert len(study) > 1


# Commands


def exit_code_of_parsing(command: Any, arguments: list[str]) -> int:
    """0 where the arguments are taken, `--help` included. Raises Typer's usage error where they are not."""
    try:
        command.make_context(arguments[0], arguments[1:])
    except typer.Exit as ended:
        return int(ended.exit_code)
    return 0


@pytest.mark.parametrize("command", all_commands())
def test_commands_parse(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Typer takes every command, every option exists, and so does every file that is named."""
    monkeypatch.chdir(folder)
    name, *arguments = shlex.split(command)
    assert name == "bprun"
    arguments = arguments[: arguments.index(">")] if ">" in arguments else arguments
    group: Any = typer.main.get_command(app)
    if arguments[0] not in group.commands:
        arguments = ["run", *arguments]
    assert exit_code_of_parsing(group.commands[arguments[0]], arguments) == 0
    for before, argument in pairwise(["", *arguments]):
        # What is `--from` is the reader's own.
        if before != "--from" and "=" not in argument and argument.endswith((".yaml", ".csv")):
            assert list(folder.glob(argument))


@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if "```console" in text])
def test_answers_are_the_real_ones(name: str, tmp_path: Path) -> None:
    """`make docs` writes them anew."""
    shown = [
        exchange
        for block in reading.blocks(TEXTS[name])
        if block.language == "console"
        for exchange in reading.exchanges(block.content)
    ]
    for exchange, given in zip(shown, reading.replay(TEXTS[name], tmp_path), strict=True):
        assert reading.steady(exchange.answer) == reading.fresh(exchange.answer, given), exchange.command


GIVEN = "one\ntwo\nthree\nfour\nfive\n"


@pytest.mark.parametrize(
    ("shown", "written"),
    [
        ("one\n…\nfour\nfive", None),
        ("…\nthree\n…", None),
        ("one\n…\nthree\n…\nfive", None),
        ("one\n…\nfour\nfife", "one\n…\nfour\nfive"),
        ("won\n…\nfive", "one\n…\nfive"),
        ("…\nthirty\n…", "…\nthree\n…"),
        ("one\n…\nfour\n…\nthree\n…", "one\n…\nfour\n…\nfive\n…"),
    ],
)
def test_answers_with_gaps_are_the_real_ones_too(shown: str, written: str | None) -> None:
    """What stands between the gaps is whole, in order, and at both ends of the answer."""
    assert reading.same(shown, GIVEN) == (written is None)
    assert reading.fresh(shown, GIVEN) == (shown if written is None else written)


@pytest.mark.parametrize("name", [name for name, text in TEXTS.items() if "```pycon" in text])
def test_python_session(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a document's first block to its last, as one."""
    monkeypatch.chdir(folder)
    session = "\n".join(block.content for block in reading.blocks(TEXTS[name]) if block.language == "pycon")
    examples = doctest.DocTestParser().get_doctest(session, {}, name, name, 0)
    assert examples.examples
    assert doctest.DocTestRunner().run(examples).failed == 0


def test_exit_codes_are_all_told() -> None:
    table = re.search(r"\| code \| means \|\n(.*?)\n\n", TEXTS["README.md"], re.DOTALL)
    assert table is not None
    told = [int(code) for row in table[1].splitlines()[1:] for code in row.split("|")[1].split(",")]
    assert told == [int(code) for code in ExitCode]


def test_every_command_has_its_place_in_the_readme() -> None:
    group: Any = typer.main.get_command(app)
    for name in group.commands:
        assert f"`bprun {name}" in TEXTS["README.md"], name


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    told = {
        target
        for text in TEXTS.values()
        for targets in re.findall(r"(?:^|`)make ([\w -]+?)(?:`|$)", text, re.MULTILINE)
        for target in targets.split()
    }
    assert {"run", "test", "bench", "docs"} <= told
    for target in told:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_floor_has_its_place_in_the_picture() -> None:
    tree = re.search(r"```\nbprunner/\n(.*?)```", TEXTS["CONTRIBUTING.md"], re.DOTALL)
    assert tree is not None
    told = re.findall(r"^  (\w+)(?:/|\.py) ", tree[1], re.MULTILINE)
    package = ROOT / "bprunner"
    there = {path.stem for path in package.iterdir() if not path.name.startswith("_") and path.name != "py.typed"}
    assert set(told) == there


# The reference


@pytest.mark.parametrize("name", [REFERENCE, SWEEPS])
def test_the_reference_is_fresh(name: str) -> None:
    """`make docs` writes it anew."""
    assert generate.with_tables(TEXTS[name]) == TEXTS[name]


def test_the_reference_has_every_key_and_every_choice() -> None:
    """Every model that an experiment leads to has its table, or is a choice in one."""
    tables = generate.marked(TEXTS[REFERENCE])
    assert len(tables) == len(set(tables))
    assert {name for kind, name in tables if kind == "keys"} == set(models.keyed())
    assert {name for kind, name in tables if kind == "choices"} == set(models.UNIONS)
    listed = [choice for union in models.UNIONS.values() for choice in choices_of(union)]
    assert set(listed) == set(models.choices().values())


def test_the_reference_of_sweeps_has_every_key_and_every_choice() -> None:
    tables = generate.marked(TEXTS[SWEEPS])
    assert len(tables) == len(set(tables))
    assert {name for kind, name in tables if kind == "keys"} == set(models.keyed(Sweep))
    assert {name for kind, name in tables if kind == "choices"} == set(models.SWEEP_UNIONS)
    assert ("columns", "all") in tables
    listed = [choice for union in models.SWEEP_UNIONS.values() for choice in choices_of(union)]
    assert set(listed) == set(models.choices(Sweep).values())


def test_the_reference_misses_no_model_that_the_schema_has() -> None:
    """Found in another way: by pydantic itself."""
    definitions = set(bprunner.Experiment.model_json_schema()["$defs"]) - {"FigureTree"}
    assert definitions <= set(models.reachable())


def test_the_reference_of_sweeps_misses_no_model_of_its_module() -> None:
    """Found in another way: by what the module defines."""
    defined = {
        name
        for name, each in vars(sweep).items()
        if isinstance(each, type) and issubclass(each, Frozen) and each.__module__ == sweep.__name__
    }
    assert {name for name in defined if not name.startswith("_")} == set(models.reachable(Sweep))


def test_a_model_that_is_not_told_is_noticed() -> None:
    class More(Frozen):
        key: int

    class Larger(bprunner.Experiment):
        more: dict[str, tuple[Annotated[More, "told"] | None, ...]]

    assert [model.__name__ for model in models.models_in(Larger.model_fields["more"].annotation)] == ["More"]


def test_every_key_and_every_choice_has_an_example() -> None:
    keys = {f"{name}.{key}" for name, model in models.keyed().items() for key in model.model_fields}
    assert set(examples.KEYS) == keys
    assert set(examples.CHOICES) == set(models.choices())
    keys = {f"{name}.{key}" for name, model in models.keyed(Sweep).items() for key in model.model_fields}
    assert set(sweep_examples.KEYS) == keys
    assert set(sweep_examples.CHOICES) == set(models.choices(Sweep))


@pytest.mark.parametrize("name", models.choices(Sweep))
def test_examples_of_a_sweeps_choice_show_all_of_its_own_numbers(name: str) -> None:
    choice = models.choices(Sweep)[name]
    for text in sweep_examples.CHOICES[name]:
        ((_, value),) = data_of(text).items()
        assert list(value) == [choice.name()]
        if choice.name() != "choice":
            assert set(value[choice.name()]) == {models.written(choice, key) for key in models.own_keys(choice)}


@pytest.mark.parametrize("address", sweep_examples.KEYS)
def test_examples_of_a_sweeps_keys_stand_in_their_place(
    address: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The small sweep with the example in it is read, every cell of it, and the example is in what comes of it."""
    monkeypatch.chdir(folder / "configs")
    model, key = address.split(".")
    assert list(data_of(sweep_examples.KEYS[address])) == [key]
    found: Any = read_sweep(sweep_examples.of_key(address)).sweep
    for part in sweep_examples.PLACES[model]:
        found = getattr(found, part)
    assert type(found).__name__ == model
    assert key in found.model_fields_set


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in sweep_examples.CHOICES.items() for text in texts]
)
def test_examples_of_a_sweeps_choices_stand_in_their_place(
    name: str, text: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / "configs")
    union = models.union_of(models.choices(Sweep)[name])
    declared = read_sweep(sweep_examples.of_choice(union, text))
    (path,) = data_of(text)
    assert declared.paths == (path,)
    assert len({cell.hash for cell in declared.cells()}) >= 2


@pytest.mark.parametrize("name", models.choices())
def test_examples_of_a_choice_show_all_of_its_own_numbers(name: str) -> None:
    choice = models.choices()[name]
    shown: set[str] = set()
    for text in examples.CHOICES[name]:
        ((_, value),) = data_of(text).items()
        value = value[0] if isinstance(value, list) else value
        if isinstance(value, dict):
            assert choice.name() in value
            shown |= set(value[choice.name()] or {})
        else:
            assert value == choice.name()
    assert shown == set(models.own_keys(choice))


@pytest.mark.parametrize("address", examples.KEYS)
def test_examples_of_keys_stand_in_their_place(address: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small experiment with the example in it is read, its data too, and the example is in what comes of it."""
    monkeypatch.chdir(folder / "configs")
    model, key = address.split(".")
    data = data_of(examples.KEYS[address])
    if address in NAMES:
        assert len(data) == 1
    else:
        assert list(data) == [key]
    declaration = read_declaration(examples.of_key(address))
    load_samples(declaration)
    found: Any = declaration.experiment
    for part in examples.PLACES[model]:
        found = found[part] if isinstance(part, int) else getattr(found, part)
    assert type(found).__name__ == model
    assert key in found.model_fields_set


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in examples.CHOICES.items() for text in texts])
def test_examples_of_choices_stand_in_their_place(name: str, text: str) -> None:
    choice = models.choices()[name]
    declaration = read_declaration(examples.of_choice(name, models.union_of(choice), text))
    load_samples(declaration)
    found = effective_yaml(declaration).replace("arithmetic: exact", "numbers: double")
    assert re.search(rf"\b{choice.name()}\b", found)


@pytest.mark.parametrize(
    ("address", "text"), [("Training.loss", "loss: squared_eror"), ("Expectation.net", "net: {h9: 0.8}")]
)
def test_an_example_that_is_none_is_noticed(address: str, text: str) -> None:
    model = address.partition(".")[0]
    with pytest.raises(InputError):
        read_declaration(examples.placed(text, examples.PLACES[model], examples.ROOM.get(model, "")))


def test_a_stale_table_is_noticed() -> None:
    text = TEXTS[REFERENCE].replace("| how many neurons |", "| how many units |")
    assert generate.with_tables(text) == TEXTS[REFERENCE] != text


@pytest.mark.parametrize(
    ("name", "inside"),
    [(REFERENCE, {"what-a-yaml-file-may-say", "of-the-held-out-part"}), (SWEEPS, {"what-a-sweep-may-say"})],
)
def test_the_contents_lead_to_every_section(name: str, inside: set[str]) -> None:
    """Apart from the title, and what belongs to the section above it."""
    text = TEXTS[name]
    contents = set(re.findall(r"\]\(#([\w-]+)\)", text.partition("\n## ")[0]))
    assert headings(text) - contents == inside
    assert contents <= headings(text)


def test_every_name_of_an_expression_is_told() -> None:
    """What an expression may use, by quantity."""
    told = TEXTS[REFERENCE].partition("### Expressions")[2].partition("### ")[0]
    names = bprunner.Experiment.model_validate(data_of(examples.SMALL)).architecture.names
    for name in known_names(names):
        quantity = name if name.startswith("held_out") else name.partition(".")[0]
        assert re.search(rf"`{quantity}[.`]", told), name


def test_every_quantity_of_the_trace_is_told() -> None:
    told = TEXTS[REFERENCE].partition("**Quantities**")[2].partition("\n## ")[0]
    for quantity in (*QUANTITIES, *MEMORY, *MEASURES):
        assert re.search(rf"`{quantity}[.`]", told), quantity


def test_generators_are_all_told() -> None:
    told = TEXTS[REFERENCE].partition("### Generators")[2].partition("### ")[0]
    assert re.findall(r"^\| `(\w+)`", told, re.MULTILINE) == list(GENERATORS)


# The gallery


def of_the_page() -> dict[str, gallery.Outcome]:
    return gallery.told(TEXTS["docs/gallery.md"])


@pytest.fixture(scope="module")
def outcomes() -> dict[str, gallery.Outcome]:
    """Of short runs. What the page says of long ones is compared below with what they declare; that their figures
    agree is the law of the figures (tests/laws/test_figures.py), which runs them all."""
    return {
        name: of_the_page().get(name, gallery.Outcome()) if gallery.is_long(each) else gallery.outcome(each)
        for name, each in gallery.examples().items()
    }


def test_the_gallery_is_fresh(outcomes: dict[str, gallery.Outcome]) -> None:
    """`make docs` writes it anew."""
    assert gallery.page(outcomes) == TEXTS["docs/gallery.md"]


@pytest.mark.parametrize("name", gallery.examples())
def test_the_gallery_counts_every_figure(name: str) -> None:
    told, figures = of_the_page()[name], gallery.figures(gallery.examples()[name].experiment)
    assert told.all == len(figures)
    assert told.errata == len([each for each in figures if each.figure.erratum is not None])
    assert told.disagree == 0


def test_a_stale_gallery_is_noticed(outcomes: dict[str, gallery.Outcome]) -> None:
    name = next(iter(outcomes))
    changed = {**outcomes, name: replace(outcomes[name], agree=outcomes[name].agree + 1)}
    assert gallery.page(changed) != gallery.page(outcomes)
    assert gallery.told(gallery.page(changed)) == changed


def test_outcomes_are_read_as_they_are_told() -> None:
    for outcome in (gallery.Outcome(1234, 1, 3, 2), gallery.Outcome(7), gallery.Outcome(0, 4)):
        assert gallery.Outcome.read(str(outcome)) == outcome


def test_examples_whose_data_are_needed_are_listed() -> None:
    for path in gallery.DATA_NEEDED.glob("*.yaml"):
        assert f"(../configs/gallery/data_needed/{path.name})" in TEXTS["docs/gallery.md"]


# What the reference claims in its prose


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("dataset: {csv: {file: ../outside.csv, inputs: [a, b], targets: [c]}}", "lies outside the folder"),
        ("name: a\nname: b", "name"),
        ("training: {<<: {epochs: 1}}", "merge"),
        ("nonsense: 1", "unknown key"),
        ("training: {learning_rate: .inf}", "finite"),
    ],
)
def test_what_is_refused_is_refused(change: str, what: str, folder: Path) -> None:
    path = folder / "configs" / "part.yaml"
    name = "" if change.startswith("name") else "name: part\n"
    path.write_text(f"extends: doc.yaml\n{name}{change}\n", encoding="utf-8")
    with pytest.raises(InputError, match=what):
        bprunner.run(path)


def four(**training: Any) -> dict[str, Any]:
    """The reference's example of four samples, without its figures."""
    block = next(block for block in yaml_blocks() if block.file == "four.yaml")
    data = {**data_of(block.content), "expect": []}
    return {**data, "training": {**data["training"], **training}}


def test_errors_are_those_that_are_told() -> None:
    """Which there are, at which steps, and where penalties belong."""
    told = TEXTS[REFERENCE].partition("**Which error?**")[2].partition("In [figures]")[0]
    rows = re.findall(r"^\| `([\w.]+)` .* \| (included|left out) \| (.+) \|$", told, re.MULTILINE)
    data = four(penalty={"l2": {"strength": 1, "factor": "lambda"}}, learning_rate=0.5, epochs=2)
    held_out = {"held_out": {"inputs": [[1]], "targets": [[1]]}}
    run = bprunner.run({**data, "dataset": {**data["dataset"], **held_out}})
    assert [name for name, _, _ in rows] == [name for name in run.trace.names if name.endswith("error")]
    for name, _, when in rows:
        there = [int(step) for step in run.trace.steps[~np.isnan(run.trace[name])]]
        ends = [0, 4, 8] if when.endswith("step 0") else [4, 8]
        assert there == (list(range(9)) if when == "all" else ends), name
    weights = run.trace["weight.w1"]
    parts = {
        "error": (weights[4], [4]),
        "training.error": (weights[4], [1, 2, 3, 4]),
        "held_out.error": (weights[4], [1]),
    }
    for name, penalty, _ in rows:
        assert penalty == "included"
        if name != "running.error":
            w, inputs = parts[name]
            assert run.trace[name][4] == pytest.approx(w * sum(inputs) + w**2)
    running = sum(w * x + w**2 for w, x in zip(weights[:4], [4, 3, 1, 2], strict=True))
    assert run.trace["running.error"][4] == pytest.approx(running)


def test_a_running_error_of_means_is_the_mean_over_samples() -> None:
    run = bprunner.run(four(loss={"linear_error": {"samples": "mean"}}, batches={"minibatches": {"size": 3}}))
    weights = run.trace["weight.w1"]
    assert run.trace["running.error"][2] == pytest.approx((3 * weights[0] * 2 + weights[1] * 4) / 4)


def test_a_trace_of_epochs_is_as_told() -> None:
    data = {**four(epochs=None, updates=6, metrics=["accuracy"]), "trace": {"quantities": ["net"], "steps": "epochs"}}
    run = bprunner.run(data)
    assert run.trace.steps.tolist() == [0, 4, 6]
    assert {"error", "accuracy", "sample", "training.error"} <= set(run.trace.names)
    assert not run.trace.parts("weight")


def test_what_is_frozen_is_not_rounded_nor_are_initial_weights() -> None:
    data = {
        **four(batches="full", epochs=1),
        "arithmetic": {"weight": {"decimals": 1}},
        "initial_weights": {"w1": 0.123},
    }
    assert bprunner.run(data).trace["weight.w1"].tolist() == [0.123, -0.9]
    data["training"] = {**data["training"], "frozen": ["w1"]}
    assert bprunner.run(data).trace["weight.w1"].tolist() == [0.123, 0.123]


@pytest.mark.parametrize(
    ("change", "kept", "gone"),
    [
        ("training: {optimizer: adam}", "adam", "velocity: 0.5"),
        ("training: {updates: 3}", "updates: 3", "epochs:"),
        ("training: {optimizer: {momentum: {form: averaged}}}", "velocity: 0.5", "classical"),
        ("initial_weights: {zeros: {}}", "zeros", "w1"),
        ("dataset: {csv: {file: prices.csv, inputs: [length], targets: [price]}}", "csv", "inputs: [[1]]"),
        ("training: {stop: {threshold: {below: 1}}}", "below: 1", "at_most"),
        ("training: {stop: {plateau: {patience: 1}}}", "plateau", "at_most"),
        ("arithmetic: {weight: {w1: {decimals: 2}}}", "w1: {decimals: 2", "decimals: 1"),
    ],
)
def test_what_is_replaced_is_as_told(change: str, kept: str, gone: str, folder: Path) -> None:
    base = (folder / "configs" / "given.yaml").read_text(encoding="utf-8").partition("expect:")[0]
    more = "arithmetic: {weight: {decimals: 1}}\n"
    state = "  optimizer_state: {velocity: 0.5}\n  stop: {threshold: {at_most: -100}}\n"
    (folder / "configs" / "more.yaml").write_text(base + state + more, encoding="utf-8")
    path = folder / "configs" / "part.yaml"
    path.write_text(f"extends: more.yaml\n{change}\n", encoding="utf-8")
    found = effective_yaml(read_declaration(path)).replace("quantities: [error, prediction", "")
    assert kept in found
    assert gone not in found


def test_bundled_sets_are_as_told() -> None:
    told = TEXTS[REFERENCE].partition("### Bundled sets")[2].partition("### ")[0]
    for name, shape in BUNDLED.items():
        classes = f"{shape.classes}" if shape.classes else "and a measure"
        assert re.search(rf"`{name}` \({shape.samples:,}(?: samples)?, {shape.inputs}(?: inputs)?, {classes}", told), (
            name
        )


def test_limits_are_as_told() -> None:
    seeds = {"2⁶³ − 1": 2**63 - 1, "2³² − 1": 2**32 - 1}
    for name, seed in re.findall(r"^\| `(\w+)` \|.*\| up to (.+) \|$", TEXTS[REFERENCE], re.MULTILINE):
        assert LARGEST_SEED[name] == seeds[seed]
    assert f"at most {LARGEST_NETWORK:,} weights and biases" in TEXTS[REFERENCE]
    assert f"3 · samples · neurons is at most {LARGEST_STEP:,}" in TEXTS[REFERENCE]
    assert f"at most {LARGEST_TABLE:,} numbers" in TEXTS[REFERENCE]
    assert f"at most {LARGEST_DECIMAL_STEP:,} of them" in TEXTS[REFERENCE]


def test_numbers_and_words_are_those_of_yaml_1_2() -> None:
    assert data_of("[1e-3, yes, no]") == [0.001, "yes", "no"]


def test_the_hash_is_as_told(folder: Path) -> None:
    def hashed(text: str) -> str:
        path = folder / "configs" / "another-name.yaml"
        path.write_text(text, encoding="utf-8")
        return content_hash(read_declaration(path))

    text = (ROOT / "configs" / "doc.yaml").read_text(encoding="utf-8")
    same = hashed(text)
    assert hashed("# a comment\n" + text.replace("learning_rate: 0.05", "learning_rate: 5.0e-2")) == same
    assert hashed(text.replace("prediction: 0.582", "prediction: 0.5820")) != same
    assert hashed(text.replace("name: doc", "name: other")) != same


# What the reference of sweeps claims in its prose


def of_section(heading: str) -> str:
    """A section of the reference of sweeps."""
    level = heading.partition(" ")[0]
    return TEXTS[SWEEPS].partition(f"\n{heading}\n")[2].partition(f"\n{level} ")[0]


def read_part(folder: Path, text: str, base: str = "doc_exact.yaml") -> SweepDeclaration:
    path = folder / "part.yaml"
    path.write_text(f"name: part\nbaseline: configs/{base}\n{text}\n", encoding="utf-8")
    return read_sweep(path)


def test_fates_are_told_in_their_order_with_their_numbers() -> None:
    told = of_section("### Fates")
    assert re.findall(r"^\d\. .*?\*([\w ]+)\*", told, re.MULTILINE)[:3] == ["diverged", "converged", "oscillating"]
    assert set(re.findall(r"\*([\w ]+)\*", told)) == set(fates.FATES)
    assert (fates.SMALL, fates.SWING, fates.EVEN, fates.LEVEL) == (1e-6, 0.1, 0.5, 0.01)
    assert (fates.ARRIVED, fates.RETURNED, fates.WINDOW) == (0.1, 0.25, 24)
    numbers = ["at most 1e-6 of", "more than 0.1 of", "at least half", "a quarter", "at most 0.1 of", "last 24 errors"]
    for number in numbers:
        assert number in " ".join(told.split()), number
    assert told.count("more than 0.01 of itself") == 2
    assert f"more than {summing.DEPARTED:g} of" in of_section("### Columns").replace("1e-9", "1e-09")


def test_limits_of_sweeps_are_as_told() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| `([^`]+)` \| `\w+: [^`]+` \|$", of_section("## Limits"), re.MULTILINE)
    assert sweep.Limits.model_validate(data_of("\n".join(f"{key}: {text}" for key, text in rows))) == sweep.Limits()
    assert {key for key, _ in rows} == set(sweep.Limits.model_fields)
    assert f"at most {study_recording.MOST_ROWS:,}" in of_section("## What MLflow gets")
    assert f"at most {LARGEST_TRACE // 2**20} MiB" in of_section("## What MLflow gets")
    assert f"have {sampling.DIGITS} digits" in of_section("### Sample")


def test_options_of_sweeps_are_all_told() -> None:
    group: Any = typer.main.get_command(app)
    for command, heading in (("run", "## On the command line"), ("compare", "## Comparing")):
        told = set(re.findall(r"`(--[\w-]+)", TEXTS[SWEEPS].partition(f"\n{heading}\n")[2].partition("\n## ")[0]))
        options = {name for parameter in group.commands[command].params for name in parameter.opts if "--" in name}
        more = {"--no-mlflow"} if command == "run" else set()
        assert options - {"--data-anywhere", "--mlflow", "--help"} <= told <= options | more


def test_files_and_metrics_of_a_study_are_as_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that is kept is told, and everything that is told is kept: of a study that is recorded."""
    monkeypatch.chdir(tmp_path)
    declared = read_part(folder, "sweep: {grid: {training.learning_rate: [0.01, 1]}}")
    study = bprunner.sweep(declared.path or "", record=True, workers=1)
    told = set(re.findall(r"`([\w.-]+)`", re.sub(r"\|[^|]*\|$", "", of_section("## What is kept"), flags=re.MULTILINE)))
    kept = {path.name for path in study.path.iterdir()}
    assert kept <= told
    files = {name for name in told if re.search(r"\.(json|yaml|parquet|csv|md)$", name)} | {"written", "lock"}
    assert files - kept == {"failures.json"}
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as store:
        metrics = {key for (key,) in store.execute("select distinct key from metrics")}
        tags = {key for (key,) in store.execute("select distinct key from tags where key like 'bprunner.%'")}
    told = set(re.findall(r"`([\w./]+)`", of_section("## What MLflow gets")))
    assert {key for key in metrics if key.startswith(("summary/", "varied/"))} == {
        key for key in told if key.startswith(("summary/", "varied/"))
    }
    assert {"error", "weight/w1"} <= metrics & told
    assert {key for key in told if key.startswith("bprunner.")} <= tags


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("sweep: {grid: {architecture.layers.0.units: {linear: {from: 1, to: 4, count: 3}}}}", "whole number"),
        ("sweep: {grid: {name: [a, b]}}", "changes nothing"),
        ("sweep: {grid: {training.epochs: [1, 2]}, zip: {training.epochs: [1, 2]}}", "varies in"),
        ("sweep: {zip: {training.epochs: [1, 2], initial_weights.w5: [1, 2, 3]}}", "as many"),
        ("sweep: {sample: {of: {training.learning_rate: {uniform: {from: 0, to: 1}}}}}", "exactly one of"),
        (
            "sweep: {search: {tpe: {trials: 2, seed: 0}, of: {initial_weights.w5: {normal: {mean: 0, scale: 1}}}}}",
            "ends",
        ),
        ("sweep: {search: {cma_es: {trials: 2, seed: 0}, of: {training.epochs: {choice: [1, 2]}}}}", "only numbers"),
        ("sweep: {repeat: 3}", "draws"),
        ("sweep: {}", "must say what varies"),
    ],
)
def test_what_a_sweep_may_not_say_is_refused(text: str, what: str, folder: Path) -> None:
    with pytest.raises(InputError, match=what):
        read_part(folder, text)


def test_cells_are_as_many_as_told(folder: Path) -> None:
    """And in the order that is told: the last part varies fastest."""
    counts = {
        "### Grid": 1 + 3 * 2,
        "### Zip": 1 + 3,
        "### Sample": 1 + 64,
        "### Repeat": 1 + 1 + 20 + 20,
        "### Exclude": 1 + 3,
    }
    for heading, count in counts.items():
        block = next(block for block in reading.blocks(of_section(heading)) if block.language == "yaml")
        assert read_part(folder, block.content).count() == count, heading
    declared = read_part(folder, "sweep: {zip: {training.epochs: [1, 2]}, grid: {initial_weights.w5: [0, 1]}}")
    values = [tuple(cell.values.values()) for cell in declared.cells()][1:]
    assert values == [(1, 0), (1, 1), (2, 0), (2, 1)]


def test_numbers_between_ends_are_as_told(folder: Path) -> None:
    declared = read_part(folder, "sweep: {grid: {training.learning_rate: {geometric: {from: 0.001, to: 1, count: 4}}}}")
    assert [cell.experiment.training.learning_rate for cell in declared.cells()][1:] == [0.001, 0.01, 0.1, 1]


@pytest.mark.parametrize(
    ("change", "has_limit"),
    [
        ("training.learning_rate: 0.05", True),
        ("training.optimizer: adam", False),
        ("training.batches: online", False),
        ("training.update_order: sequential", False),
        ("training.rate_factors: {w5: 2}", False),
        ("architecture.layers.0.activation: {step: {derivative: 1}}", False),
    ],
)
def test_there_is_a_largest_stable_rate_where_it_is_told(
    change: str, has_limit: bool, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = f"set: {{{change}}}\nsweep: {{grid: {{initial_weights.w5: [0.1, 0.2]}}}}"
    study = bprunner.sweep(read_part(folder, text).path or "", workers=1)
    assert study.table["stable_rate"].notna().all() == has_limit
    assert study.table["stable_rate"].notna().any() == has_limit


def test_the_same_sweep_finds_what_is_trained(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under any limits; whatever else it declares, it has a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def trained(text: str) -> tuple[Path, int]:
        path = read_part(folder, text).path or Path()
        study = bprunner.sweep(path, workers=1)
        return study.path, len(study.folder.blocks())

    first = trained("sweep: {grid: {training.learning_rate: [0.1, 0.2]}}")
    assert trained("sweep: {grid: {training.learning_rate: [0.1, 0.2]}}\nlimits: {runs: 99}") == first
    others = [
        trained(f"sweep: {{grid: {{training.learning_rate: [0.1]}}}}\n{more}")
        for more in ("", "trace: {every: 2}", "set: {training.epochs: 3}")
    ]
    assert len({first, *others}) == 4


# Pictures and links


@pytest.mark.parametrize(("name", "command"), screenshots.PICTURES.items())
def test_pictures_show_the_real_program(name: str, command: str, tmp_path: Path) -> None:
    """`make screenshots` draws them anew."""
    svg = (screenshots.IMAGES / name).read_text(encoding="utf-8")
    given = screenshots.picture(command, screenshots.terminal_text(command, tmp_path))
    run = re.compile(r"run[0-9a-f]{8}")
    shown, real = ([run.sub("run", line) for line in screenshots.text_in(each)] for each in (svg, given))
    assert shown == real
    assert set(re.findall(r'https?://[^"\s]+', svg)) <= {"http://www.w3.org/2000/svg", "https://www.textualize.io"}


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name: str) -> None:
    """Files exist, and so do the headings that are linked to."""
    for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS[name]):
        if link.startswith("https://"):
            continue
        target, _, heading = link.partition("#")
        path = (ROOT / name).parent / target if target else ROOT / name
        assert path.exists(), link
        if heading:
            assert heading in headings(path.read_text(encoding="utf-8")), link


def headings(text: str) -> set[str]:
    """The anchors that a page's headings get."""
    titles = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


# The worked documents


@pytest.mark.parametrize("example", worked.EXAMPLES, ids=[Path(example).stem for example in worked.EXAMPLES])
def test_the_worked_documents_are_fresh(example: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    folder = worked.folder_of(example)
    there = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert there == worked.document_of(example)


def test_every_worked_document_is_linked() -> None:
    told = (ROOT / "README.md").read_text(encoding="utf-8")
    for example in worked.EXAMPLES:
        name = Path(example).stem
        assert f"docs/examples/{name}/{name}.md" in told
        assert f"examples/{name}/{name}.md" in (ROOT / "docs" / "explain.md").read_text(encoding="utf-8")
    assert {folder.name for folder in worked.FOLDER.iterdir()} == {Path(example).stem for example in worked.EXAMPLES}
