"""The `bprun` command: what can be asked, and how it is asked.

This module imports nothing but Typer; each command, and completion, imports its own work, so that `bprun --help` is
quick.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bprunner._version import __version__
from bprunner.cli import completing
from bprunner.cli.codes import ExitCode


class _FilesFirst(TyperGroup):
    """Lets `bprun doc.yaml` stand for `bprun run doc.yaml`: what is no command is a file to run."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        own = {"--help", "-h", "--version", "--install-completion", "--show-completion"}
        if args and args[0] not in self.commands and args[0] not in own:
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """The commands, and the files that `run` would complete."""
        files = self.commands["run"].params[0].shell_complete(ctx, incomplete)
        return [*super().shell_complete(ctx, incomplete), *files]


app = typer.Typer(
    name="bprun",
    cls=_FilesFirst,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Runs worked examples of backpropagation, declared in YAML, and checks the figures that they print.\n\n"
        "[bold]bprun FILE … \\[KEY=VALUE …][/bold] runs what a file declares; "
        "[bold]bprun run --help[/bold] has its options.\n\n"
        "Example: [bold]bprun configs/doc.yaml training.learning_rate=0.1[/bold]"
    ),
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bprun {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE…", help="The files of experiments and sweeps.", autocompletion=completing.files_and_changes
    ),
]
File = Annotated[
    str, typer.Argument(metavar="FILE", help="The file of an experiment or a sweep.", autocompletion=completing.files)
]
Changes = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY=VALUE]…",
        help="What differs from the file, such as training.learning_rate=0.1.",
        autocompletion=completing.changes,
    ),
]
Anywhere = Annotated[
    bool, typer.Option("--data-anywhere", help="Allow a dataset's file outside the folder of the configuration.")
]


@app.command()
def run(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE… [KEY=VALUE]…",
            help="The files of experiments and sweeps, and what differs from them, such as training.learning_rate=0.1.",
            autocompletion=completing.files_and_changes,
        ),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of tables.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only what went wrong.")] = False,
    mlflow: Annotated[bool, typer.Option("--mlflow/--no-mlflow", help="Record the run in MLflow.")] = True,
    data_anywhere: Anywhere = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what a sweep would take.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Run a sweep also above its limits.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Train all of a sweep again.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="How many processes train a sweep; one a core unless given.")
    ] = None,
) -> None:
    """Run what files declare: train, check the printed figures, record. The word `run` may be left out.

    A sweep trains many experiments and compares each with its baseline. Run again, it goes on where it was stopped.

    Exits with 0 when all is well, 1 when a run or its record failed, 2 when the input is wrong, 3 when expected
    figures disagree, 130 or 143 when interrupted.

    Example: [bold]bprun configs/doc.yaml training.learning_rate=0.1[/bold]

    A sweep: [bold]bprun configs/doc.yaml training.learning_rate='{geometric: {from: 0.001, to: 1, count: 61}}'[/bold]
    """
    from bprunner.cli.running import run_files
    from bprunner.cli.wishes import Wishes

    wishes = Wishes(json, quiet, mlflow, data_anywhere, dry_run=dry_run, yes=yes, fresh=fresh, workers=workers)
    raise typer.Exit(run_files(arguments, wishes))


@app.command()
def check(
    files: Files,
    gradients: Annotated[
        bool, typer.Option("--gradients", help="Compare analytic with numeric gradients at the initial weights.")
    ] = False,
    data_anywhere: Anywhere = False,
) -> None:
    """Validate files, their datasets included, without running them.

    Example: [bold]bprun check configs/doc.yaml --gradients[/bold]
    """
    from bprunner.cli.checking import check_files

    raise typer.Exit(check_files(files, gradients, data_anywhere))


@app.command()
def new(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="The file to write, such as mine, or configs/mine.yaml.",
            autocompletion=completing.folders,
        ),
    ],
    data: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Data to learn from: a .csv, .parquet or .npz, or the .npy of the inputs.",
            autocompletion=completing.data_files,
        ),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="A column that is a target, given for each; the last one unless given. Of .npy the other file, of "
            ".npz an array.",
            autocompletion=completing.data_columns,
        ),
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="COLUMN",
            help="A column that is an input, given for each; all others unless given. Of .npz an array.",
            autocompletion=completing.data_columns,
        ),
    ] = None,
    sweep: Annotated[
        str | None,
        typer.Option(
            metavar="BASELINE",
            help="An experiment's file: write a study of its learning rate.",
            autocompletion=completing.files,
        ),
    ] = None,
    data_anywhere: Anywhere = False,
) -> None:
    """Write a first file that runs at once, with comments that explain each part: an example, or a file for your data.

    Nothing is overwritten. For editors, the schema is written as well, into the folder `schema`, unless it is there.

    Example: [bold]bprun new mine[/bold]

    For data: [bold]bprun new irises --from irises.csv --target species[/bold]

    A study: [bold]bprun new rates --sweep configs/doc.yaml[/bold]
    """
    from bprunner.cli.creating import NewFile, create

    wanted = NewFile(name, data, tuple(target or ()), tuple(inputs or ()), sweep, data_anywhere)
    raise typer.Exit(create(wanted))


@app.command()
def show(file: File, changes: Changes = None, data_anywhere: Anywhere = False) -> None:
    """Print the effective configuration, defaults included, as YAML that validates and has the same hash.

    Example: [bold]bprun show configs/doc_exact.yaml training.epochs=3[/bold]
    """
    from bprunner.cli.showing import show_file

    raise typer.Exit(show_file(file, changes or [], data_anywhere))


@app.command()
def explain(
    file: File,
    changes: Changes = None,
    step: Annotated[int, typer.Option(min=0, help="Which step is worked out.")] = 0,
    weights: Annotated[
        str,
        typer.Option(
            help="Which weights and biases are derived, such as w1,w6; one of each layer unless given.",
            autocompletion=completing.parameters,
        ),
    ] = "",
    sample: Annotated[
        int | None, typer.Option(min=1, help="Which sample is worked out in full; the update's first unless given.")
    ] = None,
    digits: Annotated[
        int | None,
        typer.Option(min=1, max=17, help="Significant digits of every number; the document's own unless given."),
    ] = None,
    blank: Annotated[
        bool, typer.Option("--blank", help="Leave gaps for students, and write the answers beside it.")
    ] = False,
    format: Annotated[
        list[str] | None,
        typer.Option(
            help="markdown, html, latex, notebook or all; markdown and html unless given.",
            autocompletion=completing.formats,
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="The folder to write to; explained/NAME unless given.")
    ] = None,
    language: Annotated[
        str, typer.Option(help="The language of the text.", autocompletion=completing.languages)
    ] = "en",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only what went wrong.")] = False,
    data_anywhere: Anywhere = False,
) -> None:
    """Write the worked document of a run: the network, the derivation, every number of one step, and what came after.

    Example: [bold]bprun explain configs/doc.yaml --format html,latex[/bold]

    An exercise: [bold]bprun explain configs/doc.yaml --blank[/bold]
    """
    from bprunner.cli.explaining import explain_file
    from bprunner.documents.telling import Wishes

    chosen = tuple(name.strip() for name in weights.split(",") if name.strip())
    raise typer.Exit(
        explain_file(
            file,
            changes or [],
            Wishes(step, chosen, sample, digits, blank, language),
            formats=format or ["markdown", "html"],
            folder=output,
            allow_outside=data_anywhere,
            quiet=quiet,
        )
    )


Study = Annotated[
    str,
    typer.Argument(
        metavar="STUDY", help="A study: its sweep's file, its name, or its folder.", autocompletion=completing.studies
    ),
]


@app.command()
def compare(
    study: Study,
    changes: Changes = None,
    top: Annotated[int | None, typer.Option(min=0, help="How many runs to show; 20 unless given.")] = None,
    sort: Annotated[
        str, typer.Option(help="The column to sort by.", autocompletion=completing.columns)
    ] = "final_error",
    descending: Annotated[bool, typer.Option("--descending", help="The largest first.")] = False,
    where: Annotated[
        str, typer.Option(help="Only runs for which this holds, such as 'learning_rate < 0.1 and fate == converged'.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the table as CSV.")] = False,
    data_anywhere: Anywhere = False,
) -> None:
    """Show the runs of a study beside its baseline: what varies, what came of it, and how each ended.

    Example: [bold]bprun compare experiments/learning_rate/sweep.yaml --top 5 --where 'fate == converged'[/bold]
    """
    from bprunner.cli.comparing import compare_study

    raise typer.Exit(
        compare_study(
            study,
            changes or [],
            top=top,
            sort=sort,
            descending=descending,
            where=where,
            as_json=json,
            as_csv=csv,
            allow_outside=data_anywhere,
        )
    )


@app.command()
def report(
    study: Study,
    changes: Changes = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", help="The file to write; report.html in the study's folder.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only what went wrong.")] = False,
    data_anywhere: Anywhere = False,
) -> None:
    """Write a study as one HTML page: findings, charts to explore, the table of its runs, and how to run it again.

    The page is one file, which can be sent to somebody; it loads nothing. A sweep that ends writes it by itself.

    Example: [bold]bprun report experiments/learning_rate/sweep.yaml -o rates.html[/bold]
    """
    from bprunner.cli.reporting import report_study

    raise typer.Exit(report_study(study, changes or [], output=output, allow_outside=data_anywhere, quiet=quiet))


@app.command()
def resume(
    study: Annotated[
        str | None,
        typer.Argument(
            metavar="[STUDY]",
            help="A study; unless given, the last one that was interrupted.",
            autocompletion=completing.studies,
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only what went wrong.")] = False,
    mlflow: Annotated[bool, typer.Option("--mlflow/--no-mlflow", help="Record the study in MLflow.")] = True,
    workers: Annotated[int | None, typer.Option(min=1, max=1024, help="How many processes train.")] = None,
) -> None:
    """Go on with a study that was interrupted: what is done of it is not trained again.

    Example: [bold]bprun resume learning-rate[/bold]
    """
    from bprunner.cli.comparing import resume_study
    from bprunner.cli.wishes import Wishes

    wishes = Wishes(quiet=quiet, mlflow=mlflow, allow_outside=True, yes=True, workers=workers)
    raise typer.Exit(resume_study(study, [], wishes))


@app.command()
def grade(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE ANSWERS… [KEY=VALUE]…",
            help="The file of an experiment, files of answers or folders of them, and changes to the experiment.",
            autocompletion=completing.files_and_changes,
        ),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object; of several students, a list.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print a table as CSV, with a row for each student.")] = False,
    data_anywhere: Anywhere = False,
) -> None:
    """Hold a student's figures against the run: right, right given an earlier wrong one, or wrong, and how.

    Exits with 0 when every figure that was answered is right, 3 when some are not, 2 when the input is wrong.

    Example: [bold]bprun grade configs/doc.yaml answers.yaml[/bold]
    """
    from bprunner.cli.grading import grade_answers

    raise typer.Exit(grade_answers(arguments, as_json=json, as_csv=csv, allow_outside=data_anywhere))


@app.command()
def sync(
    studies: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[STUDY]…",
            help="Names or folders of studies; all unless given.",
            autocompletion=completing.study_names,
        ),
    ] = None,
) -> None:
    """Deliver to MLflow what waits on the disk, because the store was gone, locked or slow.

    Example: [bold]bprun sync[/bold]
    """
    from bprunner.cli.comparing import sync_studies

    raise typer.Exit(sync_studies(studies or []))


@app.command()
def schema(
    sweeps: Annotated[bool, typer.Option("--sweeps", help="The schema of sweeps instead.")] = False,
) -> None:
    """Print the JSON Schema of experiment files, or of sweeps, for editors.

    Example: [bold]bprun schema > schema/experiment.schema.json[/bold]
    """
    from bprunner.cli.showing import show_schema

    raise typer.Exit(show_schema(sweeps))


@app.command("list")
def list_experiments(
    folder: Annotated[
        str | None,
        typer.Argument(metavar="[FOLDER]", help="Where to look; configs, experiments and studies unless given."),
    ] = None,
) -> None:
    """List the experiments and sweeps there are, each with its purpose, and the studies that were run here.

    Example: [bold]bprun list configs/gallery[/bold]
    """
    from bprunner.cli.showing import list_folder

    raise typer.Exit(list_folder(folder))


@app.command()
def ui(
    study: Annotated[
        str | None,
        typer.Argument(
            metavar="[STUDY]",
            help="A study or an experiment by name, file or folder, or a run's id; the last one unless given.",
            autocompletion=completing.studies,
        ),
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port; a free one unless given.")] = None,
    browser: Annotated[
        bool | None,
        typer.Option("--browser/--no-browser", help="Open the link in a browser; on a desktop's terminal unless said."),
    ] = None,
) -> None:
    """Start MLflow's pages and show the dashboard of a study or a run, the last one unless another is named.

    The pages are seen on this machine only, and end with Ctrl-C; docs/dashboards.md says how others can see them.

    Example: [bold]bprun ui learning-rate[/bold]
    """
    from bprunner.cli.viewing import show_pages

    raise typer.Exit(show_pages(study, port, browser))


def _spare_the_collector() -> None:
    """Libraries make a million objects that live until the end. Python's garbage collector would walk through
    them again and again, and once more at exit: a third of a run's time."""
    gc.set_threshold(100_000, 50, 100)
    atexit.register(gc.freeze)


def main() -> None:
    """The entry point. Errors that were foreseen are told in a few lines, never as a traceback."""
    from bprunner.cli.plain import accept_any_encoding
    from bprunner.errors import BprunnerError

    if {"--show-completion", "--install-completion"} & {*sys.argv}:
        completing.use_own_scripts()
    _spare_the_collector()
    accept_any_encoding(sys.stdout, sys.stderr)
    try:
        try:
            app(prog_name="bprun")
        finally:
            # What was printed reaches its reader, or its failure is told here and not at Python's exit.
            if sys.stdout is not None:
                sys.stdout.flush()
    except BprunnerError as error:
        _end(f"bprun: {error}")
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # Whoever read the output has gone, as `head` does.
        _end("")
    except OSError as error:
        _end(f"bprun: {_told(error)}")


def _told(error: OSError) -> str:
    if error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, FileNotFoundError):
        return "the working folder is no longer there"
    return f"the output cannot be written: {error.strerror}"


def _end(message: str) -> None:
    """Ends with a sentence. What standard output still holds goes nowhere: writing it failed, or would."""
    if message:
        typer.echo(message, err=True)
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(ExitCode.FAILED)
