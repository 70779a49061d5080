"""`inknet train` when the disk is full, the folder goes, the clock is wrong, or somebody else trains there already.

Each ends in one clear line; what was saved before is whole, and the run goes on to the same bits once it can.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inknet.mlp import Network, RunFolder
from tests.robustness.kill_training import Training, count_saved_epochs, differences

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Training:
    """Return a training of a second, long enough for something to happen meanwhile; `whole` is a run of it."""
    training = Training(tmp_path_factory.mktemp("troubles"), rows=600, epochs=30)
    training.write_digits()
    training.finish(training.folder / "whole")
    return training


@pytest.fixture
def whole(training: Training) -> Path:
    return training.folder / "whole"


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every training compute as `Training.finish` does: the same bits need the same number of threads."""
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")


Command = list[str]
INKNET = [sys.executable, "-m", "inknet"]


def _refusal(command: Command) -> str:
    """Run what must fail, and return the one line that says why."""
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return _complaint(result.returncode, result.stderr)


def _complaint(status: int, errors: str) -> str:
    assert status == 2, errors
    *progress, line = errors.splitlines()
    assert line.startswith("inknet: ")
    assert all(other.startswith(("epoch ", "Network(")) for other in progress), errors
    return line


@contextmanager
def _begun(command: Command) -> Iterator["subprocess.Popen[str]"]:
    """Run a training, and go on when its first epoch is done."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while not (line := process.stderr.readline()).startswith("epoch"):
            assert line, "it ended before its first epoch"
        yield process


# The disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of one megabyte."""
    path = tmp_path / "disk"
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(path)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("only root can mount a small disk")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


def _remount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


def test_a_disk_that_gets_full(disk: Path, training: Training, whole: Path) -> None:
    run = disk / "run"
    for begun in (False, True):
        assert (run / "settings.json").exists() == begun
        line = _refusal([*INKNET, *training.options(run)])
        assert "No space left on device" in line
        assert f"--resume {run}" in line
        done = count_saved_epochs(run)
        assert done is not None
        assert 1 <= done < 10
        assert f"cannot save epoch {done + 1}: {run}" in line
        assert not list(run.glob(".*"))
    _remount(disk, "size=10m")
    training.finish(run)
    assert differences(run, whole) == []


def test_a_disk_that_is_full_from_the_beginning(disk: Path, training: Training, whole: Path) -> None:
    (disk / "filler").write_bytes(bytes(1 << 20))
    run = disk / "run"
    line = _refusal([*INKNET, *training.options(run)])
    assert line == f"inknet: {run / 'settings.json'}: No space left on device"
    assert not list(run.iterdir())
    (disk / "filler").unlink()
    _remount(disk, "size=10m")
    training.finish(run)
    assert differences(run, whole) == []


def test_a_disk_that_can_only_be_read(disk: Path, training: Training, whole: Path) -> None:
    _remount(disk, "size=10m")
    run = disk / "run"
    with _begun([*INKNET, *training.options(run)]) as process:
        process.kill()
    _remount(disk, "ro")
    assert "Read-only file system" in _refusal([*INKNET, *training.options(run)])
    assert "Read-only file system" in _refusal([*INKNET, *training.options(disk / "other")])
    assert count_saved_epochs(run)
    _remount(disk, "rw")
    training.finish(run)
    assert differences(run, whole) == []


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write to any folder")
def test_a_folder_that_can_only_be_read(training: Training, whole: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with _begun([*INKNET, *training.options(run)]) as process:
        process.kill()
    run.chmod(0o555)
    assert "Permission denied" in _refusal([*INKNET, *training.options(run)])
    assert count_saved_epochs(run)
    run.chmod(0o755)
    training.finish(run)
    assert differences(run, whole) == []


LIMITED = """
import resource
from inknet.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
main()
"""


def test_a_disk_that_takes_no_file_of_that_size(training: Training, whole: Path, tmp_path: Path) -> None:
    # For those who can mount nothing: the epoch's network still fits, the state of its training no longer does.
    run = tmp_path / "run"
    for _ in range(2):
        line = _refusal([sys.executable, "-c", LIMITED, *training.options(run)])
        assert f"cannot save epoch 1: {run / 'last.pkl'}: File too large; " in line
        assert count_saved_epochs(run) == 0
        assert {path.name for path in run.iterdir()} == {"settings.json", "history.jsonl", "epoch-001.pkl", "best.pkl"}
    training.finish(run)
    assert differences(run, whole) == []


# The folder


def test_a_folder_that_is_moved_while_it_trains(training: Training, whole: Path, tmp_path: Path) -> None:
    run, moved = tmp_path / "run", tmp_path / "moved"
    with _begun([*INKNET, *training.options(run)]) as process:
        run.rename(moved)
        _, errors = process.communicate(timeout=60)
    line = _complaint(process.returncode, errors)
    assert f"the run folder {run} or its lock was removed" in line
    assert not run.exists()
    assert count_saved_epochs(moved)
    training.finish(moved)
    assert differences(moved, whole) == []


def test_a_folder_that_is_removed_while_it_trains_and_another_ones_in_its_place(
    training: Training, whole: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    with _begun([*INKNET, *training.options(run)]) as process:
        process.send_signal(signal.SIGSTOP)
        shutil.rmtree(run)
        training.finish(run)
        process.send_signal(signal.SIGCONT)
        _, errors = process.communicate(timeout=60)
    assert "was removed" in _complaint(process.returncode, errors)
    assert differences(run, whole) == []


# Two at a time


def test_a_second_training_in_the_same_folder_is_refused_and_readers_are_not(
    training: Training, whole: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    begin = [*INKNET, *training.options(run)]
    with _begun(begin) as process:
        process.send_signal(signal.SIGSTOP)
        for command in (begin, [*INKNET, "train", "--resume", str(run)]):
            assert f"another training is using {run}" in _refusal(command)
        assert len(RunFolder.open(run).load_history())
        assert Network.load(run / "best.pkl").sizes == (784, 20, 10)
        command = [*INKNET, "evaluate", str(run / "best.pkl"), "--json"]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert differences(run, whole) == []
    # When nobody uses it any more, it is refused for what it holds.
    assert "not empty" in _refusal(begin)


def test_of_two_that_begin_at_once_one_is_refused(training: Training, whole: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [*INKNET, *training.options(run)]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in both]
    (refused,) = [errors for errors, status in ends if status]
    assert "using" in (line := _complaint(2, refused)) or "not empty" in line
    assert differences(run, whole) == []


# The clock

GOES_BACK = """
import itertools, time
clock = itertools.count(2_000_000_000, -3600)
time.time = lambda: float(next(clock))
time.time_ns = lambda: next(clock) * 10**9
from inknet.cli import main
main()
"""


def test_a_clock_that_goes_back(training: Training, whole: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    command = [sys.executable, "-c", GOES_BACK]
    with _begun([*command, *training.options(run)]) as process:
        process.kill()
    assert count_saved_epochs(run)
    for number, path in enumerate(sorted(run.iterdir())):
        os.utime(path, (number * 10**8, 4 * 10**9 - number * 10**8))
    result = subprocess.run([*command, *training.options(run)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert differences(run, whole) == []
