"""Kill trainings with SIGKILL at random moments, resume them, and compare them with one that ran undisturbed.

Usage: python -m tests.robustness.kill_training [KILLS [SEED]]

Half of the trainings use Adam, half plain gradient descent in small batches, whose updates are deferred. The moments
alternate: any time between the start and the end of the command; during an epoch; while a file is being written;
before a rename; after a rename. After each kill every file must be complete, and `inknet train --resume` must end with
the same bits as the undisturbed run.
"""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inknet.digits import load_mnist, write_idx
from inknet.mlp import RunFolder
from inknet.mlp.storage.model_file import load_model

CLOCK = "clock"
KINDS = (CLOCK, "epoch", "write", "rename", "renamed")
#: Files written per epoch, at least: the checkpoint, the history and the last state.
FILES_PER_EPOCH = 3
#: A moment by the clock may come too late, even several times in a row.
TRIES = 50
KILLED_AT = Path(__file__).with_name("killed_at.py")


@dataclass(frozen=True)
class Training:
    """A small training, run from the command line.

    Attributes
    ----------
    folder : Path
        Holds the training data and the run folders.
    rows, epochs, batch_size : int
    deferred : bool
        Plain gradient descent with a first layer large enough for deferred updates; otherwise Adam, whose state has to
        be saved as well.
    """

    folder: Path
    rows: int = 8000
    epochs: int = 10
    batch_size: int = 2
    deferred: bool = False

    @property
    def steps(self) -> int:
        """The number of steps in the whole training."""
        return self.epochs * -(-(self.rows - 100) // self.batch_size)

    def write_digits(self) -> None:
        """Write the training data."""
        images, labels = load_mnist("test")
        write_idx(self.folder / "images", np.rint(images[: self.rows] * 255).astype(np.uint8).reshape(-1, 28, 28))
        write_idx(self.folder / "labels", labels[: self.rows].astype(np.uint8))

    def options(self, run: Path) -> list[str]:
        """Return the options that start a run, or resume it if it was started."""
        if (run / "settings.json").exists():
            return ["train", "--resume", str(run)]
        numbers = {"--epochs": self.epochs, "--batch-size": self.batch_size, "--held-out": 100}
        names: dict[str, object] = {"--schedule": "cosine", "--early-stopping": "none"}
        if self.deferred:
            names |= {"--optimizer": "gradient-descent", "--learning-rate": 0.01, "--hidden": 48}
        else:
            names |= {"--optimizer": "adam", "--learning-rate": 0.001, "--hidden": 20}
        files = {"--images": self.folder / "images", "--labels": self.folder / "labels", "--run": run}
        return ["train", *(str(part) for pair in (numbers | names | files).items() for part in pair)]

    def finish(self, run: Path) -> None:
        """Start or resume a run and finish it."""
        result = subprocess.run(
            [sys.executable, "-m", "inknet", *self.options(run)], **_quiet(), stderr=subprocess.PIPE, check=False
        )
        if result.returncode:
            raise SystemExit(f"{run} failed: {result.stderr.decode()}")

    def kill(self, run: Path, kind: str, rng: random.Random, seconds: float) -> bool:
        """Start a run and kill it at a random moment; return whether it was killed before it ended.

        Parameters
        ----------
        run : Path
            The run folder.
        kind : str
            One of `KINDS`.
        rng : Random
            Chooses the moment.
        seconds : float
            Duration of a whole run, for the moments by the clock.
        """
        if kind == CLOCK:
            command = [sys.executable, "-m", "inknet"]
        else:
            most = self.steps if kind == "epoch" else self.epochs * FILES_PER_EPOCH
            command = [sys.executable, str(KILLED_AT), kind, str(rng.randint(1, most))]
        with subprocess.Popen([*command, *self.options(run)], **_quiet(), stderr=subprocess.DEVNULL) as process:
            if kind == CLOCK:
                time.sleep(rng.uniform(0, seconds))
                process.kill()
        return process.returncode == -signal.SIGKILL


def _quiet() -> dict[str, Any]:
    """Return the options of `subprocess` for a silent command with one BLAS thread."""
    return {"stdout": subprocess.DEVNULL, "env": os.environ | {"OPENBLAS_NUM_THREADS": "1"}}


def differences(run: Path, whole: Path) -> list[str]:
    """Return how two run folders differ, except in the seconds they took."""
    names, others = ({path.name for path in folder.iterdir()} for folder in (run, whole))
    found = [f"{name} is in only one of them" for name in sorted(names ^ others)]
    for name in sorted(names & others):
        one, other = (_content(folder / name) for folder in (run, whole))
        if one != other:
            found.append(f"{name} differs")
    return found


def _content(path: Path) -> object:
    """Return the part of a file's content that must be equal in both runs."""
    if path.name == "history.jsonl":
        return _plain([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])
    if path.name == "last.pkl":
        return _plain(load_model(path))
    return path.read_bytes()


def _plain(value: object) -> object:
    """Return comparable values: arrays as bytes, without the seconds."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if name != "seconds"}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value


def count_saved_epochs(run: Path) -> int | None:
    """Read every file a killed training left and return the number of epochs saved; None if it had not started."""
    if not (run / "settings.json").exists():
        return None
    for path in run.glob("*.pkl"):
        load_model(path)
    folder = RunFolder.open(run)
    last = folder.load_last()
    done = 0 if last is None else len(last["training"]["history"])
    if not done <= len(folder.load_history()) <= done + 1:
        raise SystemExit(f"{run}: the history does not match the last epoch")
    return done


def kill_and_resume(training: Training, whole: Path, kinds: Sequence[str], seconds: float, seed: int) -> Counter[str]:
    """Kill and resume one training per kind; return the counts per kind and of those with nothing saved."""
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    for number, kind in enumerate(kinds):
        for attempt in range(TRIES):
            run = training.folder / f"run-{number}-{attempt}"
            if training.kill(run, kind, rng, seconds):
                break
        else:
            raise SystemExit(f"{kind}: {TRIES} trainings all ended before this moment")
        done = count_saved_epochs(run)
        counts[kind] += 1
        counts["nothing saved"] += done is None
        counts["no epoch saved"] += done == 0
        training.finish(run)
        if found := differences(run, whole):
            raise SystemExit(f"{run}, killed ({kind}) with {done} epochs done, differs: {'; '.join(found)}")
        print(f"{number + 1}: {kind}, {'nothing' if done is None else f'{done} epochs'} saved: same bits", flush=True)
    return counts


def main(kills: int, seed: int) -> None:
    counts: Counter[str] = Counter()
    for deferred, share in ((False, kills - kills // 2), (True, kills // 2)):
        with tempfile.TemporaryDirectory() as name:
            training = Training(Path(name), deferred=deferred)
            training.write_digits()
            whole = training.folder / "whole"
            started = time.perf_counter()
            training.finish(whole)
            seconds = time.perf_counter() - started
            print(
                f"{'Gradient descent, deferred' if deferred else 'Adam'}: a whole run takes {seconds:.1f} s", flush=True
            )
            kinds = list(itertools.islice(itertools.cycle(KINDS), share))
            counts += kill_and_resume(training, whole, kinds, seconds, seed + deferred)
    print(f"{kills} kills, each resumed to the same bits: " + ", ".join(f"{kind} {counts[kind]}" for kind in KINDS))
    print(
        f"{counts['no epoch saved']} before the first epoch was saved, {counts['nothing saved']} before the run started"
    )


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    main(*arguments, *(50, 0)[len(arguments) :])
