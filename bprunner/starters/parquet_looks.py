"""A look at a Parquet file: columns of numbers, of texts, and others, which cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bprunner.data.tables import of_file, opened
from bprunner.spec.problems import cut
from bprunner.starters.columns import Column, Look

_MOST_SAMPLES = 10_000_000


def look_at_parquet(path: Path) -> Look:
    """What is in it. Raises InputError for what is no Parquet file with at least one sample."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with opened(path), path.open("rb") as content:
        try:
            with pq.ParquetFile(content) as file:
                samples = int(file.metadata.num_rows)
                if not 0 < samples <= _MOST_SAMPLES:
                    raise of_file(path, "has no samples" if samples < 1 else f"has more than {_MOST_SAMPLES:,} samples")
                fields = list(file.schema_arrow)
                columns = [Column(field.name) for field in fields]
                for batch in file.iter_batches(use_threads=False):
                    for column, field, values in zip(columns, fields, batch.columns, strict=True):
                        _add(column, field.type, values)
        except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError) as error:
            raise of_file(path, "is no Parquet file that can be read", cut(str(error), 150)) from error
    names = [column.name for column in columns]
    repeated = frozenset(name for name in names if names.count(name) > 1)
    unnamed = tuple(number for number, name in enumerate(names, start=1) if name == "")
    return Look(path, "parquet", samples, tuple(each for each in columns if each.name), {}, unnamed, repeated)


def _add(column: Column, kind: Any, values: Any) -> None:
    """Adds a batch of a column's cells."""
    import pyarrow as pa

    types = pa.types
    inner = kind.value_type if types.is_dictionary(kind) else kind
    is_text = types.is_string(inner) or types.is_large_string(inner)
    if not is_text and not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
        column.fault = column.fault or f"it is of the type {cut(str(kind), 40)}"
        column.has_empty = True
        return
    for row, value in enumerate(values.to_pylist(), start=column.count + 1):
        if value is None:
            column.add_text("", f"row {row:,}")
        elif is_text:
            column.add_text(value, f"row {row:,}")
            column.remember(value)
        elif value != value or value in (float("inf"), float("-inf")):
            column.add_text(str(value), f"row {row:,}")
            column.has_empty = True
        else:
            column.add_number(float(value))
