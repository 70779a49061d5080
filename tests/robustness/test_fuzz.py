"""Fuzzing of the readers of untrusted bytes, briefly; `python -m tests.robustness.fuzz` does 200,000 inputs each."""

import importlib.util
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.robustness.fuzz import TARGETS, check

pytestmark = pytest.mark.slow

#: Edits of a seed: the position as a fraction of its length, bytes to delete, bytes to insert.
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
def test_a_mutated_seed_is_read_or_refused(
    name: str, number: int, changes: list[tuple[float, int, bytes]], end: int, folder: Path
) -> None:
    seeds = _seeds(name, folder)
    data = bytearray(seeds[number % len(seeds)])
    for place, fewer, more in changes:
        start = int(place * len(data))
        data[start : start + fewer] = more
    check(TARGETS[name], bytes(data[: len(data) * end // 50]), folder / "input")


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
@pytest.mark.parametrize("name", TARGETS)
def test_atheris_finds_no_crash_in_500_inputs(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.robustness.fuzz", name, "500"]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    result = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0, result.stderr
    assert re.match(r"500 inputs in .*\n500 repeated: \d+ MB", result.stdout)
    assert list(tmp_path.iterdir()) == []
