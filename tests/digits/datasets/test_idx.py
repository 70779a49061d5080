"""IDX files: round trips, and an error with a reason for every kind of broken file."""

import gzip
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from inknet.digits import IdxError, read_idx, write_idx

#: Two rows of three bytes, written by hand: two zeros, type 8 (unsigned byte), rank 2, 2, 3, and the elements.
BY_HAND = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6])


def refusal(path: Path) -> str:
    with pytest.raises(IdxError) as caught:
        read_idx(path)
    text = str(caught.value)
    assert text.startswith(str(path))
    assert "\n" not in text
    assert len(text) < 400
    return text.removeprefix(str(path))


def test_a_file_written_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "small"
    path.write_bytes(BY_HAND)
    assert read_idx(path).tolist() == [[1, 2, 3], [4, 5, 6]]
    write_idx(tmp_path / "again", np.array([[1, 2, 3], [4, 5, 6]], dtype=np.uint8))
    assert (tmp_path / "again").read_bytes() == BY_HAND


@pytest.mark.parametrize(
    ("code", "element", "value"),
    [
        (0x08, b"\xff", 255),
        (0x09, b"\xff", -1),
        (0x0B, b"\x01\x02", 258),
        (0x0C, b"\xff\xff\xff\xfe", -2),
        (0x0D, struct.pack(">f", 1.5), 1.5),
        (0x0E, struct.pack(">d", -0.25), -0.25),
    ],
)
def test_every_element_type_by_hand(tmp_path: Path, code: int, element: bytes, value: float) -> None:
    path = tmp_path / "one"
    path.write_bytes(bytes([0, 0, code, 1, 0, 0, 0, 1]) + element)
    array = read_idx(path)
    assert array.tolist() == [value]
    assert array.dtype.isnative


ARRAYS = st.sampled_from(["u1", "i1", "i2", "i4", "f4", "f8"]).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4))
)


@pytest.mark.slow
@settings(deadline=None, max_examples=100)
@given(array=ARRAYS, compress=st.booleans())
def test_round_trip(array: NDArray[Any], compress: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("idx") / ("file.gz" if compress else "file")
    write_idx(path, array)
    again = read_idx(path)
    assert again.dtype == array.dtype
    assert again.shape == array.shape
    assert again.tobytes() == array.tobytes()
    assert (path.read_bytes()[:2] == b"\x1f\x8b") == compress


def test_doubly_gzipped(tmp_path: Path) -> None:
    """As servers send, and browsers keep, what was gzipped already."""
    path = tmp_path / "twice.gz"
    path.write_bytes(gzip.compress(gzip.compress(BY_HAND)))
    assert read_idx(path).tolist() == [[1, 2, 3], [4, 5, 6]]
    for damaged in (gzip.compress(gzip.compress(BY_HAND)[:-9]), gzip.compress(gzip.compress(BY_HAND))[:-9]):
        path.write_bytes(damaged)
        assert "gzip compression is broken" in refusal(path)
    path.write_bytes(gzip.compress(gzip.compress(gzip.compress(BY_HAND))))
    assert "must start with 00 00, got 1f 8b" in refusal(path)


@pytest.mark.parametrize("name", ["file", "file.idx", "file.zip", "gz", "file.gz.bak"])
def test_only_the_suffix_gz_compresses(name: str, tmp_path: Path) -> None:
    write_idx(tmp_path / name, np.zeros(3, dtype=np.uint8))
    assert len((tmp_path / name).read_bytes()) == 4 + 4 + 3


def test_the_same_array_gives_the_same_bytes(tmp_path: Path) -> None:
    array = np.arange(100, dtype=np.int16)
    write_idx(tmp_path / "a.gz", array)
    write_idx(tmp_path / "b.gz", array)
    data = (tmp_path / "a.gz").read_bytes()
    assert data == (tmp_path / "b.gz").read_bytes()
    assert data[4:8] == bytes(4), "gzip's header says when it was compressed: never"


@pytest.mark.parametrize("length", range(len(BY_HAND)))
@pytest.mark.parametrize("compress", [False, True])
def test_cut_off_at_every_byte(tmp_path: Path, length: int, compress: bool) -> None:
    path = tmp_path / "cut"
    data = BY_HAND[:length]
    path.write_bytes(gzip.compress(data) if compress else data)
    refusal(path)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PNG!" + BY_HAND, "must start with 00 00, got 50 4e 47 21"),
        (b"", "must start with 00 00, got nothing"),
        (bytes([0, 0, 7, 1, 0, 0, 0, 0]), "unknown element type 0x07"),
        (bytes([0, 0, 8, 2]) + bytes(5), "its header ends after 9 of 12 bytes"),
        (BY_HAND + b"!", "more follows after its 6 bytes"),
        (bytes([0, 0, 8, 255]) + b"\0\0\0\1" * 255 + b"x", "rank must be at most 64, got 255"),
        (bytes([0, 0, 14, 4]) + b"\xff" * 16, "claims the shape (4294967295, "),
        (bytes([0, 0, 8, 64]) + b"\xff" * 256, "4294967295, ...), which is more"),
        (bytes([0, 0, 8, 3]) + b"\0" * 4 + b"\xff" * 8, "claims the shape (0, 4294967295, 4294967295)"),
        (bytes([0, 0, 8, 1, 0xF0, 0, 0, 0]) + b"short", "ends after 5 of"),
        (gzip.compress(BY_HAND, mtime=0)[:-9], "gzip compression is broken"),
        (gzip.compress(BY_HAND, mtime=0)[:-8] + b"\0" * 8, "gzip compression is broken"),
        (gzip.compress(BY_HAND, mtime=0)[:10] + b"\xff" * 20, "gzip compression is broken"),
        (gzip.compress(BY_HAND, mtime=0) + b"garbage", "gzip compression is broken"),
    ],
)
def test_errors_name_the_file_and_the_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "broken"
    path.write_bytes(data)
    assert reason in refusal(path)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere") == ": cannot be read: No such file or directory"
    assert "Is a directory" in refusal(tmp_path)


def test_an_invalid_path() -> None:
    assert "null byte" in refusal(Path("with\0inside"))


@pytest.mark.slow
def test_a_gzip_bomb_is_not_expanded_beyond_its_header(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    header = bytes([0, 0, 8, 1]) + struct.pack(">I", 1000)
    path.write_bytes(gzip.compress(header + bytes(200_000_000)))
    tracemalloc.start()
    try:
        assert "more follows after its 1,000 bytes" in refusal(path)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_memory_grows_with_the_file_not_with_its_header(tmp_path: Path) -> None:
    path = tmp_path / "boast"
    path.write_bytes(bytes([0, 0, 8, 1]) + struct.pack(">I", 4_000_000_000) + b"short")
    tracemalloc.start()
    try:
        assert "ends after 5 of 4,000,000,000 bytes" in refusal(path)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(data=st.binary(max_size=60).map(lambda rest: bytes([0, 0, 8]) + rest) | st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes(data)
    try:
        array = read_idx(path)
    except IdxError:
        return
    write_idx(path, array)
    assert path.read_bytes() == data


@pytest.mark.parametrize("rank", [0, 1, 9, 64])
def test_ranks(tmp_path: Path, rank: int) -> None:
    write_idx(tmp_path / "deep", np.full((1,) * rank, 7, dtype=np.int32))
    assert (tmp_path / "deep").read_bytes()[3] == rank
    assert read_idx(tmp_path / "deep").shape == (1,) * rank


def test_any_memory_layout_gives_the_same_file(tmp_path: Path) -> None:
    array = np.asfortranarray(np.arange(6, dtype="<i2").reshape(2, 3))
    write_idx(tmp_path / "little", array)
    write_idx(tmp_path / "big", array.astype(">i2"))
    assert (tmp_path / "little").read_bytes() == (tmp_path / "big").read_bytes()
    assert read_idx(tmp_path / "big").tolist() == [[0, 1, 2], [3, 4, 5]]


def test_unsupported_types_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IdxError, match="cannot hold complex128"):
        write_idx(tmp_path / "complex", np.zeros(2, dtype=complex))
    assert list(tmp_path.iterdir()) == []
