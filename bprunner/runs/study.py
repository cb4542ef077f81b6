"""A study as a program and a notebook have it: what is known of its runs, compared, told, and drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bprunner.errors import InputError, Problem
from bprunner.sweeps.comparing import chosen
from bprunner.sweeps.findings import findings
from bprunner.sweeps.naming import short_names
from bprunner.sweeps.study import Study as SweepStudy

if TYPE_CHECKING:
    from bprunner.figures.study_data import Column, Seen
    from bprunner.figures.study_picture import Picture
    from bprunner.runs.plot import Plot
    from bprunner.runs.reporting import Report

_SHOWN: Final = 5
"""In a notebook the baseline has so many of the best runs beside it."""
_OVER: Final = ("final_error_over_", "final_error_by_")
_METHODS: Final = {
    "error_over_steps": "plot_errors",
    _OVER[0]: "plot_final_error",
    _OVER[1]: "plot_final_error",
    "final_error_map": "plot_final_error_map",
    "fates": "plot_fates",
    "weight_path": "plot_weight_path",
}
"""What draws a picture, by how the picture's name begins."""
_PARAMETERS: Final = ("weight.", "bias.")


class Study(SweepStudy):
    """A sweep and its runs that are done, each beside the baseline.

    `table` is a pandas.DataFrame with a row for each run, `compare` the rows of it that somebody wants; `steps.frame()`
    has what happened in the runs, step by step; `findings` says what came of it all. What begins with `plot` gives a
    picture, which shows itself in a notebook and can be saved.

    Everything here raises StorageError where a file of the study cannot be read.
    """

    @classmethod
    def of(cls, study: SweepStudy) -> Study:
        """The same study, with what was read of it already."""
        shown = cls(study.declaration, study.folder)
        shown.__dict__.update(study.__dict__)
        return shown

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy in another process is read from the study's folder."""
        return _read, (self.path.absolute(),)

    @property
    def findings(self) -> list[str]:
        """What the study came to, in sentences, in an order to be read in."""
        return list(self._findings)

    @cached_property
    def _findings(self) -> tuple[str, ...]:
        return tuple(map(str, findings(self)))

    def compare(
        self,
        where: str = "",
        sort: str | Sequence[str] = "final_error",
        descending: bool = False,
        top: int | None = None,
    ) -> Any:
        """What `bprun compare` shows: a pandas.DataFrame with the rows of `table` in another order, the baseline first.

        where: a condition that the others fulfil, such as `learning_rate < 0.1 and fate == converged`; sort: a column,
        or several; top: so many of the others at most. Paths have their short names, too, where no other has the same.
        Rows keep their labels: `table.loc[rows.index]` are the same. Raises InputError for a condition that cannot be
        read, and for what is no column.
        """
        import pandas as pd

        frame = self.table
        with _named_as_an_argument():
            rows = chosen(frame, short_names(self.declaration.paths), where, sort, descending)
        others = rows[rows["run"] != 0]
        shown = others if top is None else others.head(max(0, top))
        return pd.concat([frame[frame["run"] == 0], shown])

    # Pictures

    def plots(self) -> list[Plot]:
        """Every picture that fits what varies, in an order to be looked at."""
        return [_plot(picture) for picture in self._pictures]

    def plot_errors(self) -> Plot:
        """The error over the steps: a line for each run, the baseline's in front.

        Of more than 200 runs an even choice is drawn. Raises InputError where there is no such picture.
        """
        return self._plot_of("error_over_steps", "the error over the steps")

    def plot_final_error(self, path: str | None = None) -> Plot:
        """The final error over one of the things that vary: a curve over numbers, every run a point by labels.

        path: such as training.learning_rate, or its short name; by default what most depends on. Raises InputError
        where nothing varies at this path, and where there is no such picture.
        """
        if path is None:
            return self._plot_of(_OVER, "the final error over one thing")
        column = self._varied(path)
        found = _final_error(self._seen, column)
        if not found:
            raise self._missing(f"the final error over {column.path}")
        return _plot(found[0])

    def plot_final_error_map(self) -> Plot:
        """The final error over two things that vary, as colours: of the runs of one cell the median.

        Raises InputError where fewer than two vary, or their values make no grid.
        """
        return self._plot_of("final_error_map", "the final error over two things")

    def plot_fates(self) -> Plot:
        """How the runs ended, over what varies. Raises InputError where there is no such picture."""
        return self._plot_of("fates", "the fates")

    def plot_weight_path(self, first: str | None = None, second: str | None = None) -> Plot:
        """The paths of two weights or biases, such as w5 and w6, over the contours of the error: the baseline's path,
        that of the best run, and one for each other way in which runs ended.

        By default it is the two that move most in the baseline. Raises InputError for one without the other, for a name
        that no weight has, and where there is no such picture.
        """
        from bprunner.figures.study_path import weight_path

        what = "the paths of two weights"
        if first is None and second is None:
            return self._plot_of("weight_path", what)
        if first is None or second is None or first == second:
            raise InputError(Problem("a path is one of two weights", hint='such as plot_weight_path("w5", "w6")'))
        found = weight_path(self._seen, (self._parameter(first), self._parameter(second)))
        if not found:
            raise self._missing(what)
        return _plot(found[0])

    @cached_property
    def _seen(self) -> Seen:
        from bprunner.figures.study_data import seen

        return seen(self)

    @cached_property
    def _pictures(self) -> tuple[Picture, ...]:
        from bprunner.figures.studies import pictures_of

        return tuple(pictures_of(self)) if len(self) else ()

    def _plot_of(self, beginning: str | tuple[str, ...], what: str) -> Plot:
        """The first picture whose name begins so."""
        for picture in self._pictures:
            if picture.name.startswith(beginning):
                return _plot(picture)
        raise self._missing(what)

    def _missing(self, what: str) -> InputError:
        """That there is no such picture, and which ones there are."""
        there = (method for picture in self._pictures for method in [_method(picture)] if method)
        names = ", ".join(f"{method}()" for method in dict.fromkeys(there))
        hint = f"there are: {names}" if names else "no run is done that could be drawn"
        return InputError(Problem(f"the study {self.name} has no picture of {what}", hint=hint))

    def _varied(self, named: str) -> Column:
        """What varies at a path. Raises InputError where nothing does."""
        columns = self._seen.columns if len(self) else ()
        found = [column for column in columns if named in (column.path, column.name)]
        if not found:
            there = ", ".join(column.path for column in columns) or "nothing"
            raise InputError(Problem(f"nothing varies at `{named}`", hint=f"what varies: {there}"))
        return found[0]

    def _parameter(self, named: str) -> str:
        """The series of a weight or bias: weight.w5 for w5. Raises InputError where there is none."""
        known = [name for name in self.steps.names if name.startswith(_PARAMETERS)]
        found = [name for name in known if named in (name, name.partition(".")[2])]
        if not found:
            there = ", ".join(name.partition(".")[2] for name in known) or "none that is kept"
            raise InputError(Problem(f"no weight or bias is called `{named}`", hint=f"there are: {there}"))
        return found[0]

    # Wholes

    def report(self) -> Report:
        """The study's page: one HTML file with everything in it, which `.write("report.html")` saves."""
        from bprunner.runs.reporting import report

        return report(self)

    def _repr_html_(self) -> str:
        """For notebooks: the findings, how many runs came to which fate, and the best of them beside the baseline."""
        from bprunner.runs.study_html import study_html

        return study_html(self, self.findings, _SHOWN)


def _read(folder: Path) -> Study:
    from bprunner.runs.study_files import read_study

    return Study.of(read_study(folder))


def _plot(picture: Picture) -> Plot:
    from bprunner.runs.plot import Plot

    return Plot(picture.name, picture.caption, picture.figure)


def _method(picture: Picture) -> str:
    """What draws a picture; empty where only `plots` does."""
    return next((method for start, method in _METHODS.items() if picture.name.startswith(start)), "")


def _final_error(view: Seen, column: Column) -> list[Picture]:
    """The picture of the final error over a column, if there is one."""
    from bprunner.figures.study_distributions import distributions
    from bprunner.figures.study_numbers import final_error_over
    from bprunner.figures.study_picture import stem

    if column.kind == "number":
        return final_error_over(view, column)
    # What comes first is what is told apart by labels.
    others = [each for each in view.columns if each is not column]
    drawn = distributions(replace(view, columns=(column, *others)))
    return [
        each for each in drawn if each.name in (f"final_error_by_{stem(column.name)}", f"final_error_by_{column.kind}")
    ]


@contextmanager
def _named_as_an_argument() -> Iterator[None]:
    """An InputError names the argument of a program, and not the option of a command."""
    try:
        yield
    except InputError as error:
        problems = [replace(each, place=each.place and replace(each.place, source="where")) for each in error.problems]
        raise InputError(problems) from None
