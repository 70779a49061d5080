"""One training at a time in a folder, whatever became of the one before."""

import errno
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from inknet.files.folder_lock import FolderLock
from inknet.mlp import EpochReport, InputError, Network, RunFolder, Trainer, TrainingError
from tests.mlp.helpers import one_sentence, two_blobs

HOLD = """
import sys
from pathlib import Path
from inknet.files.folder_lock import FolderLock
with FolderLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def _held_by_another(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Hold the lock on a folder in another process."""
    command = [sys.executable, "-c", HOLD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def _refusal(folder: Path) -> str:
    with pytest.raises(InputError) as caught, FolderLock(folder):
        pass
    return one_sentence(caught.value)


def test_a_released_lock_leaves_no_file_and_can_be_taken_again(tmp_path: Path) -> None:
    for _ in range(3):
        with FolderLock(tmp_path):
            assert [path.name for path in tmp_path.iterdir()] == [FolderLock.NAME]
        assert list(tmp_path.iterdir()) == []


def test_a_second_lock_is_refused_and_keeps_the_first(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    with lock:
        for second in (lock, FolderLock(tmp_path)):
            with pytest.raises(InputError, match="another training"), second:
                pass
        assert not lock.is_lost()
        assert str(tmp_path) in _refusal(tmp_path)
    with FolderLock(tmp_path):
        pass


def test_the_lock_excludes_other_processes(tmp_path: Path) -> None:
    with _held_by_another(tmp_path) as other:
        assert "another training" in _refusal(tmp_path)
        other.communicate("")
    with FolderLock(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_killed_holder_releases_the_lock(tmp_path: Path) -> None:
    with _held_by_another(tmp_path) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert [path.name for path in tmp_path.iterdir()] == [FolderLock.NAME]
    with FolderLock(tmp_path):
        assert "another training" in _refusal(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_locking_a_file_that_is_removed_meanwhile_is_retried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, opened = FolderLock(tmp_path), []
    real = Path.open

    def let_go(path: Path, *arguments: Any) -> Any:  # noqa: ANN401 - passed on as they are
        file = real(path, *arguments)
        opened.append(file)
        if len(opened) == 1:
            first.__exit__(None, None, None)
        return file

    first.__enter__()
    monkeypatch.setattr(Path, "open", let_go)
    with FolderLock(tmp_path) as second:
        assert len(opened) == 2
        assert not second.is_lost()
        assert "another training" in _refusal(tmp_path)


def test_missing_folders_and_file_systems_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "is not writable" in _refusal(tmp_path / "nowhere")

    def refuse(handle: int) -> None:  # noqa: ARG001 - as the real one
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("inknet.files.folder_lock._lock", refuse)
    assert "No locks available" in _refusal(tmp_path)


def test_a_lost_lock_does_not_release_its_successor(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    with FolderLock(folder) as lock:
        shutil.rmtree(folder)
        assert lock.is_lost()
        folder.mkdir()
        assert lock.is_lost()
        with FolderLock(folder) as other:
            lock.__exit__(None, None, None)
            assert not other.is_lost()


# In run folders


def test_two_runs_cannot_start_in_one_folder(tmp_path: Path) -> None:
    with _held_by_another(tmp_path), pytest.raises(InputError, match="another training"):
        RunFolder.create(tmp_path, {"seed": 2})
    RunFolder.create(tmp_path, {"seed": 1})
    with pytest.raises(InputError, match="not empty"):
        RunFolder.create(tmp_path, {"seed": 2})
    assert RunFolder.open(tmp_path).settings == {"seed": 1}


def test_a_locked_folder_can_be_read(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, {})
    inputs, labels = two_blobs()
    with run.lock():
        Network([2, 2]).train(inputs, labels, epochs=2, on_epoch=run.save_epoch)
        other = RunFolder.open(tmp_path)
        assert len(other.load_history()) == 2
        assert other.load_last() is not None
        with pytest.raises(InputError, match="another training"), other.lock():
            pass


def test_only_temporary_files_of_a_killed_training_are_removed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    half = f".{'0a' * 8}.tmp"
    # Killed before its settings were there: nothing was begun, and it can be.
    (folder / half).write_bytes(b"{")
    (folder / FolderLock.NAME).touch()
    run = RunFolder.create(folder, {})
    mine = {".notes.tmp", "letter.tmp", f"{'0a' * 8}.tmp", "settings.json"}
    for name in mine:
        (folder / name).touch()
    with run.lock():
        assert {path.name for path in folder.iterdir()} == mine | {FolderLock.NAME}
    assert {path.name for path in folder.iterdir()} == mine


@pytest.mark.parametrize("what", ["the folder", "the lock"])
def test_a_training_does_not_write_into_a_replaced_folder(what: str, tmp_path: Path) -> None:
    path = tmp_path / "run"
    run = RunFolder.create(path, {"seed": 1})
    inputs, labels = two_blobs()

    def take_away(report: EpochReport, trainer: Trainer) -> None:
        if report.epoch == 2:
            if what == "the folder":
                shutil.rmtree(path)
                RunFolder.create(path, {"seed": 2})
            else:
                (path / FolderLock.NAME).unlink()
        run.save_epoch(report, trainer)

    with pytest.raises(TrainingError, match="was removed") as caught, run.lock():
        Network([2, 2]).train(inputs, labels, epochs=3, on_epoch=take_away)
    assert "epoch 2" in one_sentence(caught.value)
    names = {item.name for item in path.iterdir()}
    assert ("epoch-001.pkl" in names) == (what == "the lock")
    assert "epoch-002.pkl" not in names
