import os
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from inknet.files.atomic_write import leftovers, write_atomically


def test_write_and_overwrite(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"one")
    write_atomically(str(path), b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208 - the names are what counts


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failed_write_leaves_only_the_old_file(
    call: str, error: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")

    def fail(*args: Any) -> None:  # noqa: ANN401, ARG001 - whatever it is called with
        assert path.read_bytes() == b"old"
        assert len(list(tmp_path.iterdir())) == 2
        raise error

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(type(error)):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


FULL = """
import resource, sys
from inknet.files.atomic_write import write_atomically
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_atomically(sys.argv[1], b"x" * 100_000)
except OSError as error:
    print(error.strerror)
"""


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    out = subprocess.run([sys.executable, "-c", FULL, path], check=True, capture_output=True, text=True).stdout
    assert out == "File too large\n"
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "none" / "file", b"x")


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "file", b"x")
    assert [item.name for item in tmp_path.iterdir()] == ["file"]


def test_the_longest_possible_name(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    write_atomically(path, b"x")
    assert path.read_bytes() == b"x"


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_permissions_follow_the_umask(mask: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        write_atomically(tmp_path / "file", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~mask


def test_concurrent_readers_see_complete_files(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"0" * 100_000)
    done = threading.Event()
    broken: list[bytes] = []

    def read() -> None:
        while not done.is_set():
            data = path.read_bytes()
            if len(data) != 100_000 or len(set(data)) != 1:
                broken.append(data)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(50):
        write_atomically(path, str(number % 10).encode() * 100_000)
    done.set()
    reader.join()
    assert broken == []


def test_errors_name_the_target_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:  # noqa: ARG001 - as the real one
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for path in (tmp_path / "file", tmp_path / "none" / "file"):
        with pytest.raises(OSError, match=r"'.*/file'$") as caught:
            write_atomically(path, b"x")
        assert caught.value.filename == str(path)


def test_leftovers_of_a_killed_program_are_found(tmp_path: Path) -> None:
    code = "from inknet.files.atomic_write import write_atomically\n"
    code += "import os, sys; os.fsync = os.close = lambda _: os._exit(9)\n"
    code += "write_atomically(sys.argv[1], b'x')"
    assert subprocess.run([sys.executable, "-c", code, tmp_path / "file"], check=False).returncode == 9
    write_atomically(tmp_path / "other", b"x")
    (left,) = leftovers(tmp_path)
    assert {left, tmp_path / "other"} == set(tmp_path.iterdir())
