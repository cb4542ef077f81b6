"""The documents tell the truth: YAML validates and runs, commands parse, quoted answers are the real ones."""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer.main
from pydantic import TypeAdapter

import bprunner
from bprunner.cli.codes import ExitCode
from bprunner.cli.main import app
from bprunner.errors import InputError
from bprunner.spec import nodes
from bprunner.spec.consistency import LARGEST_NETWORK
from bprunner.spec.effective import content_hash
from bprunner.spec.reading import read_declaration
from bprunner.spec.source import Source
from bprunner.spec.yaml_loader import load
from docs import generate, reading, screenshots
from docs.reading import DOCUMENTS, ROOT

TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in (*DOCUMENTS, ROOT / "CHANGELOG.md")}
CARRIED = "0.23, w6: 0.27"  # the document's own figures, which its rounded weights give


def data_of(content: str) -> Any:
    return nodes.plain(load(Source("block", content)))


def yaml_blocks() -> list[str]:
    return [block.content for text in TEXTS.values() for block in reading.blocks(text) if block.language == "yaml"]


def is_whole(content: str) -> bool:
    return "architecture" in data_of(content)


def all_commands() -> list[str]:
    return list(dict.fromkeys(command for text in TEXTS.values() for command in reading.commands(text)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as the reader has it, with every file that the documents speak of."""
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    (tmp_path / "configs" / "prices.csv").write_text("length,width,price\n1,2,3\n", encoding="utf-8")
    for text in TEXTS.values():
        for block in reading.blocks(text):
            if block.file is not None:
                (tmp_path / block.file).write_text(block.content, encoding="utf-8")
    return tmp_path


# YAML


@pytest.mark.parametrize("content", [content for content in yaml_blocks() if is_whole(content)])
def test_whole_experiments_run(content: str) -> None:
    """Their figures agree, but for the one that the README says is wrong."""
    run = bprunner.run(data_of(content))
    assert run.status == "finished"
    wrong = [verdict.address for verdict in run.figures.of("disagrees")]
    assert wrong == (["weight.w6 at step 1"] if run.name == "mine" else [])


@pytest.mark.parametrize("content", [content for content in yaml_blocks() if not is_whole(content)])
def test_parts_hold_in_the_documents_experiment(content: str, folder: Path) -> None:
    """Where a part has figures, they are true: of the exact network, of the document's, or of the gallery's."""
    base = "gallery/hmkcode" if "erratum" in content else "doc" if CARRIED in content else "doc_exact"
    head = "" if "extends:" in content else f"extends: {base}.yaml\n"
    unexpected = "" if "expect:" in content else "expect: []\n"
    path = folder / "configs" / "part.yaml"
    path.write_text(head + unexpected + content, encoding="utf-8")
    if "prices.csv" in content:
        assert read_declaration(path).data_file == folder / "configs" / "prices.csv"
        return
    run = bprunner.run(path)
    assert run.status == "finished"
    assert run.figures.agree, [str(verdict) for verdict in run.figures.of("disagrees")]


def test_both_orientations_are_the_same_weights() -> None:
    texts = [content for content in yaml_blocks() if "orientation:" in content and not is_whole(content)]
    starts = []
    for content in texts:
        run = bprunner.run(ROOT / "configs" / "doc_exact.yaml", {**data_of(content), "expect": []})
        starts.append(run.trace["weight"][0].tolist())
    assert starts == [[0.1, 0.2, 0.3, 0.4, 0.21, 0.23]] * 2


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
    name, *arguments = shlex.split(command.partition(" > ")[0])
    assert name == "bprun"
    group: Any = typer.main.get_command(app)
    if arguments[0] not in group.commands:
        arguments = ["run", *arguments]
    assert exit_code_of_parsing(group.commands[arguments[0]], arguments) == 0
    for argument in arguments:
        if "=" not in argument and argument.endswith((".yaml", ".csv")):
            assert (folder / argument).is_file()


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
        expected = reading.without_place(given) if exchange.is_cut else reading.steady(given)
        assert reading.steady(exchange.answer) == expected, exchange.command


def test_python_session(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    sessions = [block.content for block in reading.blocks(TEXTS["README.md"]) if block.language == "pycon"]
    assert sessions
    for session in sessions:
        examples = doctest.DocTestParser().get_doctest(session, {}, "README.md", "README.md", 0)
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


# The reference


def test_the_reference_is_fresh() -> None:
    """`make docs` writes it anew."""
    text = TEXTS["docs/yaml.md"]
    assert text == generate.with_tables(text)


def test_the_reference_has_every_key_and_every_choice() -> None:
    text = TEXTS["docs/yaml.md"]
    for model in generate.MODELS:
        assert f"<!-- keys: {model.__name__} -->" in text
    for union in generate.UNIONS:
        assert f"<!-- choices: {union} -->" in text
    definitions = bprunner.Experiment.model_json_schema()["$defs"]
    told = {model.__name__ for model in generate.MODELS}
    assert set(definitions) - told <= {"CsvDataset"}  # which has the one key `csv`


@pytest.mark.parametrize("address", generate.EXAMPLES)
def test_examples_of_keys_are_valid(address: str) -> None:
    name, key = address.split(".")
    model = next(model for model in generate.MODELS if model.__name__ == name)
    data = data_of(generate.EXAMPLES[address])
    if name == "InitialWeights" and key in ("named", "rule"):
        validated = bprunner.Experiment.model_fields["initial_weights"]
        value, field = data | ({"seed": 1} if key == "rule" else {}), validated
    else:
        assert list(data) == [key]
        value, field = data[key], model.model_fields[key]
    annotation: Any = field.annotation
    for extra in field.metadata:
        annotation = Annotated[annotation, extra]
    TypeAdapter(annotation).validate_python(value, strict=True)


def test_a_stale_table_is_noticed() -> None:
    text = TEXTS["docs/yaml.md"].replace("how many neurons", "how many units")
    assert generate.with_tables(text) == TEXTS["docs/yaml.md"] != text


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


def test_limits_are_as_told() -> None:
    assert f"at most {LARGEST_NETWORK:,} weights and biases" in TEXTS["docs/yaml.md"]


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
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
