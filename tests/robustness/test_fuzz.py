"""The readers of foreign bytes, some hundred broken inputs each; `tests/robustness/fuzz.py` gives them 200,000."""

import importlib.util
import mmap
import re
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inknet.mlp import InputError
from tests.robustness import fuzz
from tests.robustness.fuzz import TARGETS, Target, check, give_again
from tests.robustness.fuzz_service import FuzzError

#: Where a seed is changed, by what share of its length; how many bytes go, and which come.
CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8), st.binary(max_size=8)), max_size=4)
END = st.integers(0, 100)


@cache
def _seeds(name: str, folder: Path) -> list[bytes]:
    return list(TARGETS[name].seeds(folder / "seed"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("name", TARGETS)
def test_a_seed_is_read(name: str, folder: Path) -> None:
    for seed in _seeds(name, folder):
        assert check(TARGETS[name], seed, folder / "input") == "read"
        assert check(TARGETS[name], seed[: len(seed) // 2], folder / "input") == "refused"


@pytest.mark.parametrize("name", TARGETS)
@settings(deadline=None, max_examples=300)
@given(number=st.integers(0, 100), changes=CHANGES, end=END)
def test_a_changed_seed_is_read_or_refused(
    name: str, number: int, changes: list[tuple[float, int, bytes]], end: int, folder: Path
) -> None:
    seeds = _seeds(name, folder)
    data = bytearray(seeds[number % len(seeds)])
    for place, fewer, more in changes:
        start = int(place * len(data))
        data[start : start + fewer] = more
    check(TARGETS[name], bytes(data[: len(data) * end // 50]), folder / "input")


def _target(answer: Exception | float) -> Target:
    """Return a target that raises this, or keeps the processor busy for so many seconds."""

    def read(data: bytes, path: Path) -> None:  # noqa: ARG001 - as every target
        if isinstance(answer, Exception):
            raise answer
        until = time.process_time() + answer
        while time.process_time() < until:
            pass

    return Target(read, lambda _path: [])


def test_what_is_no_answer_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (ValueError("x"), MemoryError(), RecursionError()):
        with pytest.raises(type(error)):
            check(_target(error), b"", tmp_path)
    for text in ("", "two\nlines", "x" * 501):
        with pytest.raises(FuzzError, match="one line"):
            check(_target(InputError(text)), b"", tmp_path)
    assert check(_target(InputError("x")), b"", tmp_path) == "refused"
    assert check(_target(0.02), b"", tmp_path) == "read"
    monkeypatch.setattr(fuzz, "SECONDS", 0.01)
    with pytest.raises(FuzzError, match="it took"):
        check(_target(0.02), b"", tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how much memory a process has")
def test_memory_that_grows_is_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever other tests have left in this process is no matter here.
    before = fuzz.resident()
    monkeypatch.setattr(fuzz, "resident", lambda resident=fuzz.resident: resident() - before + 50)
    given = tmp_path / "given"
    given.write_bytes(b"\1\0\0\0x" * 100)
    kept: list[mmap.mmap] = []
    for share in (0, 2**20):

        def read(data: bytes, path: Path, share: int = share) -> None:  # noqa: ARG001 - as every target
            # From the system: what other tests have freed could serve for memory of this process's own.
            kept.append(mmap.mmap(-1, 1 + share))
            kept[-1].write(b"x" * share)

        monkeypatch.setitem(TARGETS, "test", Target(read, lambda _path: []))
        assert give_again("test", given) == (share > 0)
        assert ("Memory grows" in capsys.readouterr().out) == (share > 0)
    assert len(kept) == 200


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
@pytest.mark.parametrize("name", TARGETS)
def test_two_thousand_inputs_by_atheris(name: str, tmp_path: Path) -> None:
    command = [sys.executable, str(Path(fuzz.__file__)), name, "2000"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    assert re.match(r"2,000 inputs in .*\n2,000 once more: \d+ MB", result.stdout)
    assert list(tmp_path.iterdir()) == []
