""".npy and .npz: what NumPy writes is read to the bit; what lies, hides a program or swells is refused."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bprunner.data.loading import load_samples
from bprunner.errors import InputError
from tests.data.declaring import declared, load, refused, told

NPY = "npy: {inputs: x.npy, targets: y.npy}"
NPZ = "npz: {file: d.npz, inputs: X, targets: y}"
COLUMNS = "\nsamples_in: columns"
X = np.array([[1.5, -2.0], [0.25, 5e-324], [-0.0, 1e308]])
Y = np.array([[1.0], [2.0], [3.0]])


def save(folder: Path, x: Any = X, y: Any = Y) -> None:
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)
    np.savez(folder / "d.npz", X=x, y=y)


def header(shape: str, descr: str = "'<f8'", fortran: str = "False", version: int = 1) -> bytes:
    """The beginning of a .npy file, written without NumPy."""
    text = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}}}".encode() + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(text)) + text


@contextmanager
def little_memory(most: int = 4 * 2**20) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


# What is read


@pytest.mark.parametrize("dataset", [NPY, NPZ])
def test_doubles_are_read_to_the_bit(tmp_path: Path, dataset: str) -> None:
    save(tmp_path)
    samples = load(tmp_path, dataset)
    assert samples.inputs.tobytes() == X.tobytes()
    assert samples.targets.tobytes() == Y.tobytes()
    assert (samples.input_names, samples.target_names) == (("i1", "i2"), ("o1",))
    assert samples.origin == ("x.npy, y.npy" if dataset == NPY else "d.npz")


@pytest.mark.parametrize("dataset", [NPY, NPZ])
@pytest.mark.parametrize("kind", ["<f4", ">f4", ">f8", "<f2", "i1", "u1", "<i2", ">i4", "<i8", ">i8", "<u8", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_every_kind_of_number_in_every_order(tmp_path: Path, dataset: str, kind: str, order: Any) -> None:
    values = [[1, 0], [1, 1], [0, 1]]
    save(tmp_path, np.array(values, dtype=kind, order=order), np.array([[0], [1], [1]], dtype=kind, order=order))
    samples = load(tmp_path, dataset)
    assert samples.inputs.tolist() == values
    assert samples.targets.tolist() == [[0], [1], [1]]
    assert samples.inputs.dtype == np.float64
    assert samples.inputs.dtype.isnative
    assert samples.inputs.flags.c_contiguous


def test_single_precision_keeps_its_value(tmp_path: Path) -> None:
    save(tmp_path, np.full((3, 2), 0.1, dtype=np.float32), Y)
    assert load(tmp_path, NPY).inputs[0, 0] == 0.100000001490116119384765625


@pytest.mark.parametrize("dataset", [NPY, NPZ])
def test_a_list_is_one_column_and_columns_may_be_samples(tmp_path: Path, dataset: str) -> None:
    save(tmp_path, X, Y[:, 0])
    assert load(tmp_path, dataset).targets.tolist() == Y.tolist()
    save(tmp_path, X.T, Y[:, 0])
    samples = load(tmp_path, dataset + COLUMNS)
    assert (samples.inputs.tolist(), samples.targets.tolist()) == (X.tolist(), Y.tolist())
    save(tmp_path, X.T, Y.T)
    assert load(tmp_path, dataset + COLUMNS).targets.tolist() == Y.tolist()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_version_of_the_header(tmp_path: Path, version: int) -> None:
    save(tmp_path)
    (tmp_path / "x.npy").write_bytes(header("(3, 2)", version=version) + X.tobytes())
    assert load(tmp_path, NPY).inputs.tobytes() == X.tobytes()


def test_packed_archives_with_other_arrays_beside(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "d.npz", y=Y, X=X, objects=np.array([None, {}], dtype=object))
    assert load(tmp_path, NPZ).inputs.tobytes() == X.tobytes()


def test_the_largest_integers_that_doubles_hold(tmp_path: Path) -> None:
    save(tmp_path, np.array([[2**53, -(2**53)]] * 3), Y)
    assert load(tmp_path, NPY).inputs[0].tolist() == [2.0**53, -(2.0**53)]


# What is refused


def of_inputs(content: bytes, folder: Path) -> list[tuple[str, str]]:
    save(folder)
    (folder / "x.npy").write_bytes(content)
    return told(refused(folder, NPY))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no .npy array"),
        (b"\x93NUMPY", "a version of .npy that is not read"),
        (b"\x93NUMPY\x01", "ends inside its header"),
        (b"\x93NUMPY\x09\x00\x00\x00", "a version of .npy that is not read"),
        (header("(3, 2)")[:-5], "ends inside its header"),
        (b"1,2\n3,4\n", "is no .npy array"),
        (header("(3, 2)") + X.tobytes()[:-1], "6 numbers of 8 bytes, and 47 bytes follow"),
        (header("(3, 2)") + X.tobytes() + b"\0", "6 numbers of 8 bytes, and 49 bytes follow"),
        (header("(3, 2)"), "6 numbers of 8 bytes, and 0 bytes follow"),
        (header("(-3, 2)") + X.tobytes(), "a shape that no array has"),
        (header("(-3, -2)") + X.tobytes(), "a shape that no array has"),
        (header("(True, 2)") + X.tobytes(), "a shape that no array has"),
        (header("(3.0, 2)") + X.tobytes(), "a shape that no array has"),
        (header(f"(3, 0x{'f' * 9000})") + X.tobytes(), "a shape that no array has"),
        (header("[3, 2]") + X.tobytes(), "its header is none of an array"),
        (header("(3, 2)", fortran="1") + X.tobytes(), "its header is none of an array"),
        (header("(3, 2), 'x': 1") + X.tobytes(), "its header is none of an array"),
        (header("(3, 2) + (") + X.tobytes(), "its header cannot be read"),
        (header("__import__('os').getpid()") + X.tobytes(), "its header cannot be read"),
        (header("(" * 5000) + X.tobytes(), "its header cannot be read"),
        (header("-" * 9000 + "1") + X.tobytes(), "its header cannot be read"),
        (header("+".join(["1"] * 4500)) + X.tobytes(), "its header cannot be read"),
        (header("(3, 2)" + " " * 10_000) + X.tobytes(), "bytes long; at most 10,000 are read"),
        (header("(3, 2)", descr="'|O'") + X.tobytes(), "Python objects, which would have to be unpickled"),
        (header("(3, 2)", descr="'<U2'") + X.tobytes(), "is of the type '<U2'"),
        (header("(3, 2)", descr="'<c16'") + X.tobytes() * 2, "is of the type '<c16'"),
        (header("(3, 2)", descr="'<f16'") + X.tobytes() * 2, "is of the type '<f16'"),
        (header("(3, 2)", descr="'<M8[s]'") + X.tobytes(), "is of the type '<M8[s]'"),
        (header("(3, 2)", descr="[('a', '<f8')]") + X.tobytes(), "is of the type [('a', '<f8')]"),
        (header("()") + X.tobytes()[:8], "has 0 axes; one or two are read"),
        (header("(1, 3, 2)") + X.tobytes(), "has 3 axes; one or two are read"),
        (header("(0, 2)"), "has no samples"),
    ],
)
def test_a_faulty_file(tmp_path: Path, content: bytes, words: str) -> None:
    ((path, message),) = of_inputs(content, tmp_path)
    assert path == ""
    assert words in message


def test_the_file_is_named_and_its_other_half_is_told_too(tmp_path: Path) -> None:
    save(tmp_path, X, Y)
    (tmp_path / "x.npy").write_bytes(b"x")
    (tmp_path / "y.npy").write_bytes(b"y")
    places = [problem.place for problem in refused(tmp_path, NPY)]
    assert [Path(place.source).name for place in places if place is not None] == ["x.npy", "y.npy"]


def test_an_archive_that_is_declared_as_one_array(tmp_path: Path) -> None:
    save(tmp_path)
    (tmp_path / "x.npy").write_bytes((tmp_path / "d.npz").read_bytes())
    (problem,) = refused(tmp_path, NPY)
    assert problem.hint == "an archive of arrays is declared as `npz`"


@pytest.mark.parametrize("dataset", [NPY, NPZ])
@pytest.mark.parametrize(
    ("x", "index", "found"),
    [
        (np.where(X == 0.25, np.nan, X), "[1, 0]", "must be a finite number, found nan"),
        (np.where(X == 1e308, -np.inf, X), "[2, 1]", "must be a finite number, found -inf"),
        (np.array([[0, 2**53 + 1], [1, 1], [1, 1]]), "[0, 1]", "must be an integer of at most 2⁵³"),
        (np.array([[0, 0], [-(2**63), 1], [1, 1]]), "[1, 0]", "found -9223372036854775808"),
        (np.array([[0, 2**64 - 1], [1, 1], [1, 1]], dtype=">u8"), "[0, 1]", "found 18446744073709551615"),
    ],
)
def test_numbers_that_no_double_holds(tmp_path: Path, dataset: str, x: Any, index: str, found: str) -> None:
    save(tmp_path, x)
    ((_, message),) = told(refused(tmp_path, dataset))
    assert message.startswith(f"the number at {index} {'' if dataset == NPY else 'of array `X` '}must")
    assert found in message


def test_the_place_of_a_number_is_that_in_the_file(tmp_path: Path) -> None:
    save(tmp_path, np.where(X == 0.25, np.nan, X).T, Y.T)
    assert told(refused(tmp_path, NPY + COLUMNS))[0][1].startswith("the number at [0, 1] must")
    save(tmp_path, X.T, np.array([0.0, 1.0, 0.5]))
    encode = NPY + COLUMNS + "\nencode: {targets: bipolar}"
    assert told(refused(tmp_path, encode))[0][1].startswith("the number at [2] must be 0 or 1")
    save(tmp_path, X.T, np.array([[0.0, 1.0, 0.5]]))
    assert told(refused(tmp_path, encode))[0][1].startswith("the number at [0, 2] must be 0 or 1")


def test_not_more_is_told_than_can_be_read(tmp_path: Path) -> None:
    save(tmp_path, np.full((15, 2), np.nan), np.ones(15))
    messages = [message for _, message in told(refused(tmp_path, NPY))]
    assert (len(messages), messages[-1]) == (21, "more is wrong; 20 problems are enough")
    save(tmp_path, np.full((10, 2), np.nan), np.ones(10))
    assert len(refused(tmp_path, NPY)) == 20


@pytest.mark.parametrize(
    ("x", "y", "dataset", "path", "words", "hint"),
    [
        (X[:, :1], Y, NPY, "npy.inputs", "x.npy has 1 column, but `architecture.inputs` is 2", ""),
        (X.T, Y, NPY, "npy.inputs", "x.npy has 3 columns, but `architecture.inputs` is 2", "`samples_in: columns`"),
        (X, Y, NPY + COLUMNS, "npy.inputs", "x.npy has 3 rows, but", "`samples_in: rows`"),
        (X.T, X.T, NPZ + COLUMNS, "npz.targets", "array `y` has 2 rows, but the last layer's `units` is 1", ""),
        (X, Y[:2], NPZ, "npz.targets", "array `y` has 2 samples, but `inputs` has 3", ""),
        (X, X, NPZ + "\nencode: {targets: one_hot}", "npz.targets", "has 2 columns, but `encode.targets: one_hot`", ""),
    ],
)
def test_arrays_that_do_not_fit(tmp_path: Path, x: Any, y: Any, dataset: str, path: str, words: str, hint: str) -> None:
    save(tmp_path, x, y)
    problem = next(each for each in refused(tmp_path, dataset) if each.path == f"dataset.{path}")
    assert words in problem.message
    assert hint in problem.hint
    assert bool(hint) == bool(problem.hint)
    assert problem.place is not None
    assert problem.place.line is not None


@pytest.mark.parametrize("dataset", [NPY, NPZ])
def test_class_numbers_are_one_column_of_several_outputs(tmp_path: Path, dataset: str) -> None:
    save(tmp_path, X, np.array([2, 0, 1]))
    samples = load(tmp_path, dataset + "\nencode: {targets: one_hot}", units=3)
    assert samples.targets.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    class Program:
        def __reduce__(self) -> Any:
            return (tmp_path.joinpath("ran").touch, ())

    objects = np.array([[Program(), 1]] * 3, dtype=object)
    save(tmp_path, objects, Y)
    for dataset in (NPY, NPZ):
        assert "would have to be unpickled" in told(refused(tmp_path, dataset))[0][1]
    assert not (tmp_path / "ran").exists()
    # It would have run: the file is as bad as it is meant to be.
    np.load(tmp_path / "x.npy", allow_pickle=True)
    assert (tmp_path / "ran").exists()


# Lies about size


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (f"({10**12}, 2)", "1,000,000,000,000 samples are too many"),
        ("(400000, 2)", "its header says 800,000 numbers of 8 bytes, and 16 bytes follow"),
        (f"(2, {10**12})", "has 1,000,000,000,000 columns"),
        (f"({2**62}, {2**62})", "columns, but `architecture.inputs` is 2"),
        (f"({2**63 - 1},)", "has 1 column, but"),
    ],
)
def test_a_header_that_lies_is_refused_in_little_memory(tmp_path: Path, shape: str, words: str) -> None:
    save(tmp_path)
    content = header(shape) + bytes(16)
    (tmp_path / "x.npy").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        archive.writestr("X.npy", content)
        archive.writestr("y.npy", (tmp_path / "y.npy").read_bytes())
    for dataset in (NPY, NPZ):
        declaration = declared(tmp_path, dataset)
        with little_memory(), pytest.raises(InputError) as caught:
            load_samples(declaration)
        assert words in caught.value.problems[0].message


def archive_of(folder: Path, content: bytes, stated: int | None = None, method: int = zipfile.ZIP_DEFLATED) -> None:
    """d.npz with X.npy of this content; with `stated`, the archive says that it unpacks to so many bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr("X.npy", content)
        archive.writestr("y.npy", header("(3,)") + Y.tobytes())
    data = bytearray(packed.getvalue())
    if stated is not None:
        entry = data.index(b"PK\x01\x02")
        assert data[entry + 46 : entry + 51] == b"X.npy"
        data[entry + 24 : entry + 28] = struct.pack("<I", stated)
    (folder / "d.npz").write_bytes(data)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        # A header of 40 million bytes, all of them zero.
        (b"\x93NUMPY\x02\x00" + struct.pack("<I", 40_000_000) + bytes(40_000_000), "at most 10,000 are read"),
        (header("(3, 2)") + bytes(40_000_000), "its header says 6 numbers of 8 bytes, and 40,000,000 bytes follow"),
        (header("(2500000, 2)") + bytes(40_000_000), "2,500,000 samples are too many for this network"),
    ],
)
def test_what_swells_is_refused_in_little_memory(tmp_path: Path, content: bytes, words: str) -> None:
    archive_of(tmp_path, content)
    assert (tmp_path / "d.npz").stat().st_size < 100_000
    declaration = declared(tmp_path, NPZ)
    with little_memory(), pytest.raises(InputError) as caught:
        load_samples(declaration)
    assert words in caught.value.problems[0].message


def test_an_archive_that_lies_about_what_it_holds(tmp_path: Path) -> None:
    whole = header("(3, 2)") + X.tobytes()
    archive_of(tmp_path, whole)
    assert load(tmp_path, NPZ).inputs.tobytes() == X.tobytes()
    # It says that as much comes as the header says, but less comes; then, that less comes than there is.
    archive_of(tmp_path, header("(3, 2)") + X.tobytes()[:-8], len(whole))
    assert told(refused(tmp_path, NPZ))[0][1] == "array `X` is broken: it ends after 40 of 48 bytes"
    archive_of(tmp_path, whole + bytes(8), len(whole))
    assert "is no .npz archive that can be read" in told(refused(tmp_path, NPZ))[0][1]


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    archive_of(tmp_path, header("(3, 2)") + X.tobytes(), method=zipfile.ZIP_STORED)
    content = (tmp_path / "d.npz").read_bytes()
    (tmp_path / "d.npz").write_bytes(content.replace(X.tobytes(), (X + 1).tobytes()))
    (problem,) = refused(tmp_path, NPZ)
    assert "is no .npz archive that can be read" in problem.message
    assert "CRC" in problem.hint


@pytest.mark.parametrize(
    ("names", "words", "hint"),
    [
        (["x.npy", "y.npy"], "d.npz has no array `X`", "did you mean `x`?"),
        (["alpha.npy", "y.npy"], "d.npz has no array `X`", "possible here: `alpha`, `y`"),
        (["X.npy", "X", "y.npy"], "has two arrays called `X`", ""),
    ],
)
def test_names_that_are_not_there(tmp_path: Path, names: list[str], words: str, hint: str) -> None:
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        for name in names:
            archive.writestr(name, header("(3,)") + Y.tobytes())
    problem = refused(tmp_path, NPZ)[0]
    assert problem.message == words
    assert problem.hint == hint


def test_other_ways_to_pack_are_refused(tmp_path: Path) -> None:
    archive_of(tmp_path, header("(3, 2)") + X.tobytes(), method=zipfile.ZIP_LZMA)
    assert "packed in a way that NumPy does not pack" in told(refused(tmp_path, NPZ))[0][1]


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"x" * 1000])
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "d.npz").write_bytes(content)
    assert told(refused(tmp_path, NPZ))


# Anything


def _written() -> dict[str, bytes]:
    npy, npz = io.BytesIO(), io.BytesIO()
    np.save(npy, X)
    np.savez_compressed(npz, X=X, y=Y)
    return {"npy": npy.getvalue(), "npz": npz.getvalue()}


WRITTEN = _written()


@pytest.mark.parametrize("kind", ["npy", "npz"])
@given(data=st.data())
def test_any_change_is_samples_or_an_input_error(
    kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(WRITTEN[kind])
    for position, byte in data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)))):
        content[position] = byte
    folder = tmp_path_factory.getbasetemp()
    np.save(folder / "y.npy", Y)
    (folder / ("x.npy" if kind == "npy" else "d.npz")).write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        samples = load(folder, NPY if kind == "npy" else NPZ)
    except InputError as error:
        assert error.problems  # noqa: PT017
        return
    assert samples.inputs.shape == (3, 2)
    assert np.isfinite(samples.inputs).all()


def test_every_missing_file_is_told(tmp_path: Path) -> None:
    source = "npy: {inputs: x.npy, targets: y.npy}\nheld_out: {npy: {inputs: x.npy, targets: ../z.npy}}"
    problems = refused(tmp_path, source)
    missing = "the dataset cannot be read: there is no such file"
    assert told(problems) == [
        ("dataset.npy.inputs", missing),
        ("dataset.npy.targets", missing),
        ("dataset.held_out.npy.inputs", missing),
        ("dataset.held_out.npy.targets", "`../z.npy` lies outside the folder of the configuration"),
    ]
    assert [problem.place and problem.place.line for problem in problems] == [8, 8, 9, 9]
    assert problems[1].hint == f"looked for {tmp_path / 'y.npy'}"
    (tmp_path / "x.npy").mkdir()
    np.save(tmp_path / "y.npy", np.ones(2))
    folder = "the dataset cannot be read: it is a folder"
    assert [message for _, message in told(refused(tmp_path, source))][:2] == [folder, folder]
