"""What no single key of a dataset can know: whether its samples fit each other, what is made of them, and the network.

All of it is said before a file is read or a point is drawn. What only a file's content shows, its reader says in
the same words (`bprunner/data`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bprunner.spec.architecture import Architecture
from bprunner.spec.dataset import (
    BUNDLED,
    LARGEST_SIDE,
    CsvFile,
    Dataset,
    Encoding,
    Sources,
    Split,
    held_out_count,
    shape_of,
)
from bprunner.spec.labels import no_label
from bprunner.spec.misfit import Misfit, Path
from bprunner.spec.naming import counted, shortened

LARGEST_TABLE = 100_000_000
"""The most numbers that the inputs, or the targets, of a dataset may have."""


def dataset_misfits(dataset: Dataset, architecture: Architecture, most_samples: int) -> Iterator[Misfit]:
    """All misfits of a valid dataset and a valid architecture. most_samples: what the network may have."""
    yield from _settings(dataset)
    yield from _source(dataset, dataset, ("dataset",), architecture, most_samples)
    if dataset.held_out is not None:
        yield from _source(dataset, dataset.held_out, ("dataset", "held_out"), architecture, most_samples)
    yield from _classes(dataset, architecture)
    yield from _labels(dataset, architecture)
    samples = shape_of(dataset, dataset.samples_in).samples
    if dataset.split is not None and samples is not None:
        yield from split_misfits(dataset.split, samples)


# Settings that go with others


def _settings(dataset: Dataset) -> Iterator[Misfit]:
    kinds = [source.source_kind for source in (dataset, dataset.held_out) if source is not None]
    if dataset.samples_in == "columns" and not {"inline", "npy", "npz"} & set(kinds):
        message = f"`samples_in: columns` is for samples written here, npy and npz; in `{kinds[0]}` they are rows"
        yield Misfit(("dataset", "samples_in"), message)
    for key in ("encode", "scale"):
        settings = getattr(dataset, key)
        labelled = getattr(settings, "labels", None) is not None
        if settings is not None and settings.inputs is None and settings.targets is None and not labelled:
            yield Misfit(("dataset", key), f"`{key}` says neither `inputs` nor `targets`")
    encode = dataset.encode
    if encode is not None and encode.classes is not None and encode.targets != "one_hot":
        yield Misfit(("dataset", "encode", "classes"), "`classes` goes with `targets: one_hot`", at_key=True)


def split_misfits(split: Split, samples: int) -> Iterator[Misfit]:
    """Whether any sample stays for training."""
    count = held_out_count(split, samples)
    if count >= samples:
        held = "every one" if isinstance(split.held_out, float) else f"{count:,}"
        message = f"the dataset has {counted(samples, 'sample')}, and {held} would be held out: none stays"
        yield Misfit(("dataset", "split", "held_out"), message)


def size_misfits(samples: int, columns: int, most_samples: int, path: Path) -> Iterator[Misfit]:
    """Whether there are more samples than a network may have, or more numbers than a dataset may."""
    if samples > most_samples:
        yield Misfit(
            path,
            f"{samples:,} samples are too many for this network; at most {most_samples:,} are possible",
            "what every neuron makes of each of them is recorded at every step",
        )
    elif samples * columns > LARGEST_TABLE:
        found = f"{samples:,} samples of {columns:,} numbers"
        yield Misfit(path, f"{found} are too many; at most {LARGEST_TABLE:,} numbers are possible")


# The sizes of a source


def _source(
    dataset: Dataset, declared: Sources, path: Path, architecture: Architecture, most_samples: int
) -> Iterator[Misfit]:
    kind = declared.source_kind
    if kind == "inline":
        yield from _parts(declared, kind, path)
        yield from _inline(dataset, declared, path, architecture, most_samples)
        return
    parts = list(_parts(declared, kind, path))
    yield from parts
    if parts:
        return
    shape = shape_of(declared)
    inputs, targets = _places(kind)
    if declared.columns is not None:
        inputs = ("columns",)
    if shape.inputs is not None and shape.inputs != architecture.inputs:
        found = _columns(declared, kind, shape.inputs, "input")
        yield Misfit((*path, *inputs), f"{found}, but {says('inputs', architecture)}")
    if shape.targets is not None:
        found = _columns(declared, kind, shape.targets, "target")
        yield from _target_columns(dataset, shape.targets, found, (*path, *targets), architecture)
    if shape.samples is not None:
        place = (*path, kind, "samples") if kind in ("moons", "circles", "blobs") else (*path, kind)
        yield from size_misfits(shape.samples, shape.inputs or 1, most_samples, place)
    if isinstance(declared, Dataset) and declared.blobs is not None and declared.blobs.centers > declared.blobs.samples:
        message = f"{declared.blobs.centers:,} clouds need as many points, but `samples` is {declared.blobs.samples:,}"
        yield Misfit((*path, "blobs", "centers"), message)


_OF_ROWS = ("csv", "parquet", "npy", "npz", "bundled")
_OF_COLUMNS = ("npy", "npz", "bundled")
_LEFT_OUT: Mapping[str, str] = {"inline": "leave out what is not meant", "gate": "write the samples that are meant"}


def _parts(declared: Sources, kind: str, path: Path) -> Iterator[Misfit]:
    """Whether a source can have the rows and columns that are asked for, and names columns as it should."""
    source = "samples written here" if kind == "inline" else f"`{_called(declared, kind)}`"
    rows, columns = declared.rows, declared.columns
    known = BUNDLED[declared.bundled] if isinstance(declared, Dataset) and declared.bundled is not None else None
    if rows is not None and kind not in _OF_ROWS:
        message = f"`rows` is for {' and '.join([', '.join(_OF_ROWS[:-1]), _OF_ROWS[-1]])}, not for {source}"
        yield Misfit((*path, "rows"), message, _LEFT_OUT.get(kind, "`samples` says how many there are"), at_key=True)
    elif rows is not None:
        last = rows.last
        if last is not None and last < rows.first:
            yield Misfit((*path, "rows"), f"`last` is {last:,}, before `first`, which is {rows.first:,}")
        elif known is not None and known.samples is not None:
            asked = ("last", last) if last is not None else ("first", rows.first)
            if (asked[1] or 0) > known.samples:
                message = f"there is no sample {asked[1]:,}: {source} has {counted(known.samples, 'sample')}"
                yield Misfit((*path, "rows", asked[0]), message)
    if columns is not None and kind not in _OF_COLUMNS:
        message = f"`columns` is for {', '.join(_OF_COLUMNS[:-1])} and {_OF_COLUMNS[-1]}, not for {source}"
        way = f"`{kind}.inputs` says which they are" if kind in ("csv", "parquet") else ""
        yield Misfit((*path, "columns"), message, way, at_key=True)
    elif columns is not None and known is not None:
        for position, number in enumerate(columns):
            if number > (known.inputs or 0):
                message = f"there is no column {number:,}: {source} has {counted(known.inputs or 0, 'column')}"
                yield Misfit((*path, "columns", position), message)
    if declared.csv is not None:
        yield from _csv_columns(declared.csv, (*path, "csv"))


def _csv_columns(csv: CsvFile, path: Path) -> Iterator[Misfit]:
    """Columns have names where there is a header line, and numbers where there is none."""
    for side in ("inputs", "targets"):
        for position, column in enumerate(getattr(csv, side)):
            if csv.header and isinstance(column, int):
                message = "columns have names where there is a header line, found a number"
                hint = f'with `header: false` they are numbered; a name that is a number is quoted: "{column}"'
                yield Misfit((*path, side, position), message, hint)
            if not csv.header and isinstance(column, str):
                message = "with `header: false` columns have no names: they are numbered from 1"
                yield Misfit((*path, side, position), message)


def _places(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where the widths of inputs and targets are said, from the source on."""
    if kind in ("csv", "parquet", "npy", "npz"):
        return (kind, "inputs"), (kind, "targets")
    return ((kind, "features") if kind == "blobs" else (kind,)), (kind,)


def _columns(declared: Sources, kind: str, number: int, word: str) -> str:
    if kind in ("csv", "parquet") or (declared.columns is not None and word == "input"):
        return counted(number, "column")
    return f"`{_called(declared, kind)}` has {counted(number, word)}"


def _called(declared: Sources, kind: str) -> str:
    """`iris`, `xor`, `moons`: what a source is called in a sentence."""
    value = getattr(declared, kind, None)
    return value if isinstance(value, str) else kind


def says(side: str, architecture: Architecture) -> str:
    """How wide the network has it."""
    if side == "inputs":
        return f"`architecture.inputs` is {architecture.inputs}"
    return f"the last layer's `units` is {architecture.layers[-1].units}"


def _target_columns(
    dataset: Dataset, columns: int, found: str, path: Path, architecture: Architecture
) -> Iterator[Misfit]:
    """Whether the columns of targets are as many as the network's outputs, or the one that is encoded."""
    units = architecture.layers[-1].units
    if dataset.encode is not None and dataset.encode.of_one_column:
        if columns != 1:
            yield Misfit(path, f"{found}, but {one_column(dataset.encode)}")
    elif columns != units:
        way = "`encode: {targets: one_hot}` makes a column for each class of class numbers" if columns == 1 else ""
        yield Misfit(path, f"{found}, but {says('targets', architecture)}", way)


def one_column(encode: Encoding) -> str:
    """Why there is one column of targets."""
    if encode.labels is not None:
        return "`encode.labels` are those of one column"
    return "`encode.targets: one_hot` makes columns of one column of class numbers"


# Samples that are written here


def _inline(
    dataset: Dataset, declared: Sources, path: Path, architecture: Architecture, most_samples: int
) -> Iterator[Misfit]:
    assert declared.inputs is not None  # it is what makes a source `inline`
    assert declared.targets is not None
    inputs, targets = (_size(dataset, each) for each in (declared.inputs, declared.targets))
    if dataset.samples_in == "columns":
        yield from _written_in_columns(dataset, declared, path, architecture)
    else:
        yield from _written_in_rows(dataset, declared, path, architecture)
    if inputs != targets:
        has = f"`inputs` has {counted(inputs, 'sample')}"
        # In columns, each row is told by itself.
        if dataset.samples_in == "rows":
            yield Misfit((*path, "targets"), f"{counted(targets, 'row')}, but {has}")
    yield from size_misfits(inputs, 1, most_samples, (*path, "inputs"))
    yield from _unencodable(dataset, declared, path)


def _size(dataset: Dataset, matrix: tuple[tuple[float, ...], ...]) -> int:
    return len(matrix) if dataset.samples_in == "rows" else len(matrix[0])


def _written_in_rows(dataset: Dataset, declared: Sources, path: Path, architecture: Architecture) -> Iterator[Misfit]:
    for number, row in enumerate(declared.inputs or ()):
        if len(row) != architecture.inputs:
            found = counted(len(row), "number")
            yield Misfit((*path, "inputs", number), f"{found}, but {says('inputs', architecture)}")
    for number, row in enumerate(declared.targets or ()):
        found = counted(len(row), "number")
        yield from _target_columns(dataset, len(row), found, (*path, "targets", number), architecture)


def _written_in_columns(
    dataset: Dataset, declared: Sources, path: Path, architecture: Architecture
) -> Iterator[Misfit]:
    inputs, targets = declared.inputs or (), declared.targets or ()
    if len(inputs) != architecture.inputs:
        found = counted(len(inputs), "row")
        hint = "with `samples_in: columns`, each row is one input of all samples"
        yield Misfit((*path, "inputs"), f"{found}, but {says('inputs', architecture)}", hint)
    found = counted(len(targets), "row")
    yield from _target_columns(dataset, len(targets), found, (*path, "targets"), architecture)
    samples = len(inputs[0])
    for side, matrix in (("inputs", inputs), ("targets", targets)):
        for number, row in enumerate(matrix):
            if len(row) != samples:
                message = f"{counted(len(row), 'number')}, but the first row of `inputs` has {samples:,}"
                yield Misfit((*path, side, number), message, "with `samples_in: columns`, each column is a sample")


def _unencodable(dataset: Dataset, declared: Sources, path: Path) -> Iterator[Misfit]:
    """The numbers that cannot be encoded; what is one column too many is told elsewhere."""
    for side, kind in _encoded(dataset.encode):
        for number, row in enumerate(getattr(declared, side)):
            for position, value in enumerate(row):
                message = _refusal(dataset.encode, side, kind, value)
                if message:
                    yield Misfit((*path, side, number, position), message)


def _refusal(encode: Encoding | None, side: str, kind: str, value: float) -> str:
    if encode is None or side == "inputs" or encode.labels is None:
        return unencodable(kind, value, encode.classes if encode is not None else None)
    # That labels are texts is told of the labels.
    return unlabelled(encode.numbers, value) if encode.numbers else ""


def _encoded(encode: Encoding | None) -> Iterator[tuple[str, str]]:
    """The sides that are encoded, and how."""
    for side in ("inputs", "targets"):
        kind = getattr(encode, side, None)
        if kind is not None:
            yield side, kind


def unencodable(kind: str, value: float, classes: int | None) -> str:
    """Why a number cannot be encoded so; nothing where it can."""
    if kind == "bipolar":
        return "" if value in (0, 1) else f"must be 0 or 1 to become bipolar, found {_shown(value)}"
    if not (value >= 0 and float(value).is_integer()):
        return f"must be a class number (0, 1, 2, …) to become one-hot, found {_shown(value)}"
    if classes is not None and value >= classes:
        return f"must be one of the {classes:,} classes 0 to {classes - 1}, found {_shown(value)}"
    if value >= LARGEST_SIDE:
        return f"must be a class number less than {LARGEST_SIDE:,}, found {_shown(value)}"
    return ""


def unlabelled(labels: tuple[int, ...], value: float) -> str:
    """Why a number is no label; nothing where it is one."""
    return "" if value in labels else no_label(labels, _shown(value))


def _shown(value: float) -> str:
    return repr(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


# Classes

_MEASURED: Mapping[str, str] = {
    "diabetes": "a measure of how the illness goes on",
}


def _classes(dataset: Dataset, architecture: Architecture) -> Iterator[Misfit]:
    """Whether what is encoded can be, and comes to as many columns as the network has outputs."""
    encode, kind = dataset.encode, dataset.source_kind
    if encode is None:
        return
    called = _called(dataset, kind)
    if encode.inputs == "bipolar" and kind in ("bundled", "moons", "circles", "blobs"):
        message = f"`bipolar` is for inputs that are 0 or 1, and those of `{called}` are other numbers"
        yield Misfit(("dataset", "encode", "inputs"), message)
    if encode.targets is not None and called in _MEASURED:
        message = f"`{encode.targets}` is for class numbers, and the targets of `{called}` are {_MEASURED[called]}"
        yield Misfit(("dataset", "encode", "targets"), message)
        return
    if encode.labels is not None:
        return
    known = _known_classes(dataset)
    if encode.targets == "bipolar" and known is not None and known > 2 and kind != "inline":
        message = f"`bipolar` is for targets that are 0 or 1, but `{called}` has {known} classes"
        yield Misfit(("dataset", "encode", "targets"), message, "`one_hot` makes a column for each class")
    if encode.targets == "one_hot":
        yield from _one_hot(encode, known, called, architecture)


def _one_hot(encode: Encoding, known: int | None, called: str, architecture: Architecture) -> Iterator[Misfit]:
    units = architecture.layers[-1].units
    if encode.classes is not None and encode.classes != units:
        message = f"{counted(encode.classes, 'class', 'classes')}, but {says('targets', architecture)}"
        yield Misfit(("dataset", "encode", "classes"), message)
    if known is None:
        return
    if encode.classes is not None and encode.classes < known and called != "inline":
        yield Misfit(("dataset", "encode", "classes"), f"{encode.classes} classes, but `{called}` has {known}")
    if encode.classes is None and known != units:
        yield class_misfit(known, architecture)


def class_misfit(classes: int, architecture: Architecture) -> Misfit:
    """The classes that the data show are not as many as the network has outputs."""
    units = architecture.layers[-1].units
    shows = f"the data show {counted(classes, 'class', 'classes')}"
    shows += f" (0 to {classes - 1:,})" if classes > 1 else " (0)"
    way = f"`classes: {units}` says that there are more than the data show" if classes < units and units > 1 else ""
    return Misfit(("dataset", "encode", "targets"), f"{shows}, but {says('targets', architecture)}", way)


def _known_classes(dataset: Dataset) -> int | None:
    """How many classes there are, those of held-out samples included, where all of it is known beforehand."""
    sources = [source for source in (dataset, dataset.held_out) if source is not None]
    known = [_classes_of(source, dataset.samples_in) for source in sources]
    numbers = [number for number in known if number is not None]
    return max(numbers) if len(numbers) == len(known) else None


def _classes_of(source: Sources, samples_in: str) -> int | None:
    """Of samples written here one more than the largest class number; None where one is no class number."""
    shape = shape_of(source, samples_in)
    if source.targets is None:
        return shape.classes
    values = [value for row in source.targets for value in row]
    if shape.targets != 1 or any(unencodable("one_hot", value, None) for value in values):
        return None
    return 1 + int(max(values))


# Labels

_OF_TWO: Mapping[str, str] = {"bipolar": "−1", "binary": "0"}
"""What becomes of the first of two labels; the second becomes 1."""


def _labels(dataset: Dataset, architecture: Architecture) -> Iterator[Misfit]:
    """Whether labels go with the other settings, the network's outputs, and the targets that there are."""
    encode = dataset.encode
    if encode is None:
        return
    if encode.labels is None:
        if encode.targets == "binary":
            message, way = "`binary` is for labels, and `labels` is missing", "with `labels: [no, yes]`, yes becomes 1"
            yield Misfit(("dataset", "encode", "targets"), message, way)
        return
    if encode.classes is not None:
        message = "`classes` and `labels` both say how many classes there are"
        yield Misfit(("dataset", "encode", "classes"), message, at_key=True)
    if encode.targets is None:
        message = "`labels` goes with `targets: one_hot`, `targets: bipolar` or `targets: binary`"
        yield Misfit(("dataset", "encode", "labels"), message, at_key=True)
        return
    yield from _number_of_labels(encode, len(encode.labels), architecture)
    for source, words in ((dataset, ""), (dataset.held_out, "held-out ")):
        if source is not None:
            yield from _labels_of(encode, source, words)


def _number_of_labels(encode: Encoding, labels: int, architecture: Architecture) -> Iterator[Misfit]:
    units = architecture.layers[-1].units
    first = _OF_TWO.get(str(encode.targets))
    if first is None:
        if labels != units:
            message = f"{labels:,} labels, but {says('targets', architecture)}"
            yield Misfit(("dataset", "encode", "labels"), message)
        return
    if labels != 2:
        message = f"{labels:,} labels, but `{encode.targets}` takes two: the first becomes {first}, the second 1"
        yield Misfit(("dataset", "encode", "labels"), message, "`one_hot` makes a column for each label")
    if units != 1:
        message = f"`{encode.targets}` makes one column of labels, but {says('targets', architecture)}"
        yield Misfit(("dataset", "encode", "targets"), message, "`one_hot` makes a column for each label")


def _labels_of(encode: Encoding, source: Sources, words: str) -> Iterator[Misfit]:
    """Whether a source can have these labels. words: what comes before `targets`."""
    kind, shape = source.source_kind, shape_of(source)
    called = _called(source, kind)
    there = f"the {words}targets " + ("written here" if kind == "inline" else f"of `{called}`")
    if encode.texts and kind not in ("csv", "parquet"):
        message = f"{there} are numbers, and the labels texts"
        way = f"they are {_range(shape.classes)}" if shape.classes else "texts are read from csv and parquet"
        yield Misfit(("dataset", "encode", "labels"), message, way)
    elif encode.numbers and shape.classes:
        lacking = [str(number) for number in range(shape.classes) if number not in encode.numbers]
        if lacking:
            message = f"{there} are {_range(shape.classes)}, but `labels` does not list {shortened(lacking)}"
            yield Misfit(("dataset", "encode", "labels"), message)
    if kind == "csv":
        for position, label in enumerate(encode.texts):
            if label != label.strip():
                message = "begins or ends with a blank, and fields of a CSV file are read without"
                yield Misfit(("dataset", "encode", "labels", position), message)


def _range(classes: int) -> str:
    return f"0 to {classes - 1:,}" if classes > 1 else "0"
