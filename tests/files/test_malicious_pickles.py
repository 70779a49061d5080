"""No malicious pickle gets in, and none does anything. The ways work: Python's own unpickler shows it."""

import contextlib
import copyreg
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from inknet.mlp import ModelFileError
from inknet.mlp.storage.model_file import load_model
from tests.files.malicious import BOMBS, HEAD, NUMBERS, PREPARED, WAYS, WRAPPED, Call, dangerous, hidden
from tests.mlp.helpers import one_sentence


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.pkl"


def _refusal(path: Path, program: bytes) -> str:
    path.write_bytes(program)
    with pytest.raises(ModelFileError) as caught:
        load_model(path)
    return one_sentence(caught.value)


def test_the_scanners_lists_are_complete() -> None:
    assert len(dangerous()) > 170
    assert {("os", "system"), ("builtins", "eval"), ("functools", "partial"), ("pty", "system")} <= dangerous()


def test_the_carrier_file_alone_loads(path: Path) -> None:
    path.write_bytes(hidden(b"N"))
    assert load_model(path)["network"]["metadata"] == {"before": "x", "here": None, "after": 1.5}


@pytest.mark.parametrize("way", WAYS)
def test_exploits_that_work_in_pickle_are_refused(way: str, path: Path) -> None:
    canary = path.parent / "canary"
    body = WAYS[way](Call("os", "mkdir", str(canary)))
    for program in (HEAD + body + b".", hidden(body)):
        assert "plain data" in (reason := _refusal(path, program)) or "invalid instruction" in reason
        assert not canary.exists()
        pickle.loads(program)  # noqa: S301 - it makes a folder
        canary.rmdir()


@pytest.mark.parametrize("way", PREPARED)
def test_exploits_that_need_preparation_are_refused(way: str, path: Path) -> None:
    canary = path.parent / "canary"

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, name: str) -> object:
            assert name == "os.mkdir"
            return Path.mkdir

    body = PREPARED[way](Call("os", "mkdir", str(canary)))
    with contextlib.ExitStack() as stack:
        for number, name in zip(NUMBERS, ("mkdir", "makedirs"), strict=True):
            copyreg.add_extension("os", name, number)
            stack.callback(copyreg.remove_extension, "os", name, number)
        for program in (HEAD + body + b".", hidden(body)):
            assert "plain data" in _refusal(path, program)
            assert not canary.exists()
            path.write_bytes(program)
            with path.open("rb") as file:
                Unpickler(file).load()
            canary.rmdir()


@pytest.mark.parametrize("name", [*WRAPPED, *BOMBS])
@pytest.mark.slow
def test_wrapped_files_and_bombs_are_refused(name: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    _refusal(path, (WRAPPED | BOMBS)[name])
    assert [item.name for item in path.parent.iterdir()] == [path.name]


MEASURE = """
import re, sys, time
from pathlib import Path
from inknet.mlp import ModelFileError
from inknet.mlp.storage.model_file import load_model
from tests.files.malicious import BOMBS, WRAPPED, programs
path = Path(sys.argv[1])
watching, events = False, []
def watch(event, arguments):
    if watching and (event, arguments[:2]) != ("open", (str(path), "r")):
        events.append((event, arguments))
sys.addaudithook(watch)
refused, slowest = 0, 0.0
for name, data in [*WRAPPED.items(), *BOMBS.items(), *programs(), ("10 GB", None)]:
    if data is None:
        path.open("wb").truncate(10 << 30)
    else:
        path.write_bytes(data)
    watching, start = True, time.process_time()
    try:
        load_model(path)
        raise SystemExit(name + " was loaded")
    except ModelFileError:
        refused += 1
    watching, slowest = False, max(slowest, time.process_time() - start)
if events:
    raise SystemExit(f"{len(events)} events, the first: {events[0]}")
# Not by getrusage, which counts the process that this was forked from, too.
kilobytes = int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
print(refused, kilobytes >> 10, slowest)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the most memory that a process has had")
@pytest.mark.slow
def test_refusals_have_no_side_effects_and_take_little_memory_and_time(path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=False, timeout=300
    )
    assert result.returncode == 0, result.stderr
    refused, megabytes, seconds = result.stdout.split()
    assert int(refused) > 170 * 2 * len({**WAYS, **PREPARED})
    # Of the whole process, with numpy, pytest and the scanners in it.
    assert int(megabytes) < 200
    assert float(seconds) < 5  # of the processor, for the slowest; about 0.5 on a quiet machine
