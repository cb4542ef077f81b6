"""A dataset is where samples come from, and what is made of them before a network sees them.

The samples come from exactly one source: written here, a file, a set that scikit-learn brings, points that are
drawn, or a logical gate. Then they are encoded, split and scaled, in this order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    ModelWrapValidatorHandler,
    Tag,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import InitErrorDetails, PydanticCustomError

from bprunner.spec.choices import Choice, Frozen, OneOf
from bprunner.spec.fields import Line, Matrix, Number, Seed, as_tuple
from bprunner.spec.labels import Labels

KeyPath = tuple[str, ...]

# Files

Column = Annotated[str, Field(min_length=1)]
Columns = Annotated[tuple[Column, ...], Field(min_length=1), BeforeValidator(as_tuple)]


def _column_form(value: object) -> str:
    return "(number)" if isinstance(value, int) and not isinstance(value, bool) else "(name)"


ColumnNumber = Annotated[int, Field(ge=1)]
CsvColumn = Annotated[
    Annotated[Column, Tag("(name)")] | Annotated[ColumnNumber, Tag("(number)")], Discriminator(_column_form)
]
CsvColumns = Annotated[tuple[CsvColumn, ...], Field(min_length=1), BeforeValidator(as_tuple)]


class CsvFile(Frozen):
    """A file of text, one sample a line, numbers or labels in the columns that are used."""

    file: Line = Field(description="its path, from the folder of the file that names it")
    inputs: CsvColumns = Field(description="the columns that are inputs, in order")
    targets: CsvColumns = Field(description="the columns that are targets, in order")
    header: bool = Field(
        True, description="whether its first line names the columns; where it does not, they are numbered from 1"
    )
    separator: Literal[",", ";", "|", "tab", "spaces"] = Field(
        ",", description="what stands between two fields; spaces: any number of blanks and tabs"
    )


class ParquetFile(Frozen):
    """A Parquet file: one sample a row, and integers, floating-point numbers, booleans or labels in its columns."""

    file: Line = Field(description="its path, from the folder of the file that names it")
    inputs: Columns = Field(description="the columns that are inputs, in order")
    targets: Columns = Field(description="the columns that are targets, in order")


class NpyFiles(Frozen):
    """Two NumPy files with one array each: one row a sample, or a list of numbers that is one column."""

    inputs: Line = Field(description="the path of the inputs, from the folder of the file that names it")
    targets: Line = Field(description="the path of the targets, from the folder of the file that names it")


class NpzFile(Frozen):
    """A NumPy archive with both arrays: one row a sample, or a list of numbers that is one column."""

    file: Line = Field(description="its path, from the folder of the file that names it")
    inputs: Column = Field(description="the name of the array of inputs")
    targets: Column = Field(description="the name of the array of targets")


_FILE_KEYS: Mapping[str, tuple[str, ...]] = {
    "csv": ("file",),
    "parquet": ("file",),
    "npy": ("inputs", "targets"),
    "npz": ("file",),
}
FILE_PATHS = frozenset(
    (*before, kind, key) for kind, keys in _FILE_KEYS.items() for key in keys for before in ((), ("held_out",))
)
"""Where a dataset names a file, the keys below it."""


# Sets that are known by name, and points that are drawn

BundledName = Literal["iris", "wine", "breast_cancer", "digits", "diabetes"]
GateName = Literal["and", "or", "nand", "nor", "xor", "xnor"]
LARGEST_SIDE = 100_000
# scikit-learn's generators take seeds of 32 bits.
DrawnSeed = Annotated[int, Field(ge=0, lt=2**32)]


class Moons(Frozen):
    """Two half circles that reach into each other, with the numbers of scikit-learn's make_moons."""

    samples: int = Field(ge=2, description="how many points, both half circles together")
    noise: Number = Field(0.0, ge=0, description="the standard deviation of what is added to each coordinate")
    seed: DrawnSeed = Field(description="the seed of the noise and of the order, less than 2³²")


class Circles(Frozen):
    """A circle of radius 1 with a smaller one inside, with the numbers of scikit-learn's make_circles."""

    samples: int = Field(ge=2, description="how many points, both circles together")
    noise: Number = Field(0.0, ge=0, description="the standard deviation of what is added to each coordinate")
    factor: Number = Field(0.8, ge=0, lt=1, description="the radius of the inner circle; the outer one's is 1")
    seed: DrawnSeed = Field(description="the seed of the noise and of the order, less than 2³²")


class Blobs(Frozen):
    """Gaussian clouds around centres that are drawn from [−10, 10), with the numbers of scikit-learn's make_blobs."""

    samples: int = Field(ge=1, description="how many points, all clouds together")
    centers: int = Field(ge=1, le=LARGEST_SIDE, description="how many clouds, each one a class")
    features: int = Field(2, ge=1, le=LARGEST_SIDE, description="how many coordinates a point has")
    spread: Number = Field(1.0, ge=0, description="the standard deviation of a cloud in each coordinate")
    seed: DrawnSeed = Field(description="the seed of the centres, the points and the order, less than 2³²")


# What is made of the samples


class Encoding(Frozen):
    """How numbers and texts that stand for something are written for a network."""

    inputs: Literal["bipolar"] | None = Field(None, description="bipolar: 0 becomes −1, and 1 stays 1")
    targets: Literal["one_hot", "bipolar", "binary"] | None = Field(
        None,
        description="one_hot: a column of class numbers 0, 1, 2, … (or labels) becomes a column for each class, with 1 "
        "in the sample's own and 0 in the others; bipolar: 0 (or the first of two labels) becomes −1, and 1 (or the "
        "second) 1; binary: the first of two labels becomes 0, and the second 1",
    )
    classes: int | None = Field(
        None, ge=2, le=LARGEST_SIDE, description="with one_hot: how many classes, where the data do not show all"
    )
    labels: Labels | None = Field(
        None,
        description="what the one column of targets holds instead of class numbers, in the order of the outputs: "
        "texts (of csv and parquet) or whole numbers",
    )

    @property
    def texts(self) -> tuple[str, ...]:
        """The labels that are texts: all of them or none."""
        return tuple(label for label in self.labels or () if isinstance(label, str))

    @property
    def numbers(self) -> tuple[int, ...]:
        """The labels that are numbers: all of them or none."""
        return tuple(label for label in self.labels or () if isinstance(label, int))

    @property
    def of_one_column(self) -> bool:
        """Whether it is one column of targets that is encoded, of class numbers or labels."""
        return self.targets == "one_hot" or self.labels is not None


class Standardise(Choice):
    """(x − mean) / standard deviation, both of the training samples alone; a column that is constant becomes 0."""

    kind: Literal["standardise"]
    divisor: Literal["samples", "samples_minus_1"] = Field(
        "samples", description="what the sum of squares is divided by, under the root of the standard deviation"
    )


class MinMax(Choice):
    """(x − minimum) / (maximum − minimum), both of the training samples alone; a column that is constant becomes 0."""

    kind: Literal["min_max"]


class Divide(Choice):
    """x / by: the same number for every column, whatever the samples show."""

    kind: Literal["divide"]
    by: Number = Field(gt=0, description="the number, such as 255 for pixels")


ScaleChoice = Annotated[Standardise | MinMax | Divide, OneOf()]


class Scaling(Frozen):
    """How the columns are scaled, each by itself."""

    inputs: ScaleChoice | None = Field(None, description="how the inputs are scaled")
    targets: ScaleChoice | None = Field(None, description="how the targets are scaled")


def _part(value: object) -> object:
    """A share of the samples or a number of them; 0 and 1 are no shares, and 1 is a number."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and (value >= 1 if isinstance(value, int) else 0 < value < 1):  # type: ignore[operator]
        return value
    hint = "for example 0.2 for a fifth of them, or 30 for thirty samples"
    message = "must be a share between 0 and 1, or a whole number of samples"
    raise PydanticCustomError("part", message, {"hint": hint})


Part = Annotated[
    int | float,
    BeforeValidator(_part),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, {"type": "integer", "minimum": 1}]}
    ),
]


class RowRange(Frozen):
    """Some samples of a source that follow each other, counted from 1."""

    first: int = Field(1, ge=1, description="the first of them")
    last: int | None = Field(None, ge=1, description="the last of them; that of the source, unless given")


class Split(Frozen):
    """Samples are held out by lot; in both parts the order stays."""

    held_out: Part = Field(
        description="how many samples are held out: a share between 0 and 1, rounded half up to whole samples and at "
        "least one, or a whole number of samples; at least one stays for training"
    )
    seed: Seed = Field(
        description="the seed of the lot: held out are the first ones of a permutation by NumPy's PCG64 generator"
    )


# Sources


def _either(*names: str) -> ConfigDict:
    """The JSON Schema's way to say that samples come from exactly one source."""
    one: list[Any] = [{"required": ["inputs", "targets"]}, *({"required": [name]} for name in names)]
    both: JsonDict = {"inputs": ["targets"], "targets": ["inputs"]}
    return ConfigDict(json_schema_extra={"oneOf": one, "dependentRequired": both})


class Sources(Frozen):
    """Where samples can come from that a file's author has: exactly one of these is given."""

    model_config = _either("csv", "parquet", "npy", "npz")

    inputs: Matrix | None = Field(None, description="one row of inputs for each sample")
    targets: Matrix | None = Field(None, description="one row of targets for each sample")
    csv: CsvFile | None = Field(None, description="a CSV file")
    parquet: ParquetFile | None = Field(None, description="a Parquet file")
    npy: NpyFiles | None = Field(None, description="two NumPy files, one for the inputs and one for the targets")
    npz: NpzFile | None = Field(None, description="a NumPy archive that holds both arrays")
    rows: RowRange | None = Field(
        None, description="of csv, parquet, npy, npz and bundled: which samples there are, and no others"
    )
    columns: Annotated[tuple[ColumnNumber, ...], Field(min_length=1), BeforeValidator(as_tuple)] | None = Field(
        None, description="of npy, npz and bundled: which columns are inputs, counted from 1, in order"
    )

    @property
    def source_kind(self) -> str:
        """The name of the one source: its key, or `inline` for samples that are written here."""
        return "inline" if self.inputs is not None else next(name for name in _named(type(self)) if getattr(self, name))

    @property
    def files(self) -> dict[KeyPath, str]:
        """The files that are named, by their keys here: {("csv", "file"): "data.csv"}."""
        kind = self.source_kind
        return {(kind, key): getattr(getattr(self, kind), key) for key in _FILE_KEYS.get(kind, ())}

    @model_validator(mode="wrap")
    @classmethod
    def _one_source(cls, value: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        """Tells what is wrong with the sources together with what is wrong inside of them."""
        faults = list(_source_faults(value, cls)) if isinstance(value, Mapping) else []
        try:
            result = handler(value)
        except ValidationError as error:
            faults += [_again(detail) for detail in error.errors(include_url=False)]
        if faults:
            raise ValidationError.from_exception_data(cls.__name__, faults)
        return result


class HeldOut(Sources):
    """Samples that are never trained on, from a source of their own."""


class Dataset(Sources):
    """Where samples come from, and what is made of them."""

    model_config = _either("csv", "parquet", "npy", "npz", "bundled", "moons", "circles", "blobs", "gate")

    bundled: BundledName | None = Field(
        None, description="a set that scikit-learn brings, its targets being class numbers (of diabetes, a measure)"
    )
    moons: Moons | None = Field(None, description="points on two half circles; the targets are class numbers")
    circles: Circles | None = Field(None, description="points on two circles; the targets are class numbers")
    blobs: Blobs | None = Field(None, description="points in clouds; the targets are class numbers")
    gate: GateName | None = Field(None, description="a logical gate: the samples 00, 01, 10 and 11, in this order")
    samples_in: Literal["rows", "columns"] = Field(
        "rows",
        description="of inputs and targets written here, of npy and of npz: whether a sample is a row or a column",
    )
    held_out: HeldOut | None = Field(
        None, description="samples that are never trained on, from inputs and targets, csv, parquet, npy or npz"
    )
    encode: Encoding | None = Field(
        None, description="first of all: how class numbers, labels and truth values are written"
    )
    split: Split | None = Field(None, description="then: how many samples are held out, never trained on")
    scale: Scaling | None = Field(None, description="at last: how the columns are scaled")

    @property
    def files(self) -> dict[KeyPath, str]:
        """Those of the held-out samples, too: {("held_out", "csv", "file"): "test.csv"}."""
        own = super().files
        if self.held_out is None:
            return own
        return {**own, **{("held_out", *keys): name for keys, name in self.held_out.files.items()}}


SOURCES = frozenset(
    ["inputs", "targets", "csv", "parquet", "npy", "npz", "bundled", "moons", "circles", "blobs", "gate"]
)
"""The keys that say where samples come from."""


def _named(model: type[Sources]) -> list[str]:
    """The sources that have one key."""
    return [name for name in model.model_fields if name in SOURCES and name not in ("inputs", "targets")]


def _source_faults(value: Mapping[Any, Any], model: type[Sources]) -> Iterator[InitErrorDetails]:
    """What is wrong with the sources: several of them, none, half of one; the same with what is held out."""
    given = [key for key in value if key in model.model_fields and value[key] is not None]
    here = [key for key in given if key in ("inputs", "targets")]
    groups = [*here[:1], *(key for key in given if key in _named(model))]
    first, *others = sorted(groups, key=given.index) or [""]
    for other in others:
        yield _conflict(first, other, "where the samples are")
    if here and not others:
        yield from (_missing(key) for key in ("inputs", "targets") if value.get(key) is None)
    if "split" in given and "held_out" in given:
        first, second = sorted(("split", "held_out"), key=given.index)
        yield _conflict(first, second, "what is held out")
    # What is unknown may be a source that is misspelt, and is told by itself.
    if not groups and all(key in model.model_fields for key in value):
        hint = f"`inputs` and `targets`, or one of {', '.join(f'`{name}`' for name in _named(model))}"
        message = "must say where the samples are"
        yield InitErrorDetails(type=PydanticCustomError("no_source", message, {"hint": hint}), input=value)


def _conflict(first: str, second: str, about: str) -> InitErrorDetails:
    message = f"`{first}` and `{second}` both say {about}"
    return InitErrorDetails(type=PydanticCustomError("two_datasets", message), loc=(second,), input=None)


def _missing(key: str) -> InitErrorDetails:
    return InitErrorDetails(type="missing", loc=(key,), input=None)


def _again(detail: Any) -> InitErrorDetails:
    """An error that was told, to be told together with others."""
    kind = PydanticCustomError(detail["type"], detail["msg"], detail.get("ctx"))
    return InitErrorDetails(type=kind, loc=detail["loc"], input=detail["input"])


# What is known of a source before anything is read or drawn


class Shape(NamedTuple):
    """How many samples, columns and classes a source has; None where only reading tells, or where there are none."""

    samples: int | None
    inputs: int | None
    targets: int | None
    classes: int | None


BUNDLED: Mapping[str, Shape] = {
    "iris": Shape(150, 4, 1, 3),
    "wine": Shape(178, 13, 1, 3),
    "breast_cancer": Shape(569, 30, 1, 2),
    "digits": Shape(1797, 64, 1, 10),
    "diabetes": Shape(442, 10, 1, None),
}


def shape_of(declared: Sources, samples_in: str = "rows") -> Shape:
    """What is known of a source beforehand. Of samples written here, the first row counts for all."""
    if declared.inputs is not None and declared.targets is not None:
        inputs, targets = (_size(matrix, samples_in) for matrix in (declared.inputs, declared.targets))
        return Shape(inputs[0], inputs[1], targets[1], None)
    columns = declared.csv or declared.parquet
    if columns is not None:
        return Shape(None, len(columns.inputs), len(columns.targets), None)
    if not isinstance(declared, Dataset):
        return Shape(None, _chosen(declared), None, None)
    if declared.bundled is not None:
        return _part_of(BUNDLED[declared.bundled], declared)
    if declared.blobs is not None:
        return Shape(declared.blobs.samples, declared.blobs.features, 1, declared.blobs.centers)
    drawn = declared.moons or declared.circles
    if drawn is not None:
        return Shape(drawn.samples, 2, 1, 2)
    if declared.gate is not None:
        return Shape(4, 2, 1, 2)
    return Shape(None, _chosen(declared), None, None)


def _chosen(declared: Sources) -> int | None:
    """How many columns are asked for by their numbers."""
    return None if declared.columns is None else len(declared.columns)


def _part_of(whole: Shape, declared: Sources) -> Shape:
    """A shape with the rows and columns that are asked for. Which classes some rows show, only reading tells."""
    if declared.columns is not None:
        whole = whole._replace(inputs=_chosen(declared))
    if declared.rows is not None and whole.samples is not None:
        rows = range(whole.samples)[declared.rows.first - 1 : declared.rows.last]
        whole = whole._replace(samples=len(rows), classes=None)
    return whole


def _size(matrix: tuple[tuple[float, ...], ...], samples_in: str) -> tuple[int, int]:
    """(samples, columns) of a matrix as it was written."""
    rows, columns = len(matrix), len(matrix[0])
    return (rows, columns) if samples_in == "rows" else (columns, rows)


def held_out_count(split: Split, samples: int) -> int:
    """How many of the samples are held out; as many as there are, or more, where none would stay."""
    if isinstance(split.held_out, int):
        return split.held_out
    return max(1, int(split.held_out * samples + 0.5))


def training_samples(dataset: Dataset) -> int | None:
    """How many samples are trained on, where that is known before anything is read."""
    samples = shape_of(dataset, dataset.samples_in).samples
    if samples is None or dataset.split is None:
        return samples
    return max(samples - held_out_count(dataset.split, samples), 1)
