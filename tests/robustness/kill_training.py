"""Kill trainings with SIGKILL at random moments, resume them, and compare them with one that was never killed.

Usage: python -m tests.robustness.kill_training [KILLS [SEED]]

Half of them learn with Adam, half by gradient descent in small batches, whose updates are deferred. The moments, in
turn: by the clock, anywhere between the start and the end of the command; in an epoch; in the middle of writing a file;
between the write and the rename; after a rename. After each kill every file that has its name must be whole, and
`inknet train --resume` must end with the bits of the run that was never killed.
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
#: What an epoch writes at least: its own file, the history, and the last state. The best comes on top.
FILES_AN_EPOCH = 3
#: A moment by the clock may come too late, and does so a few times in a row.
TRIES = 50
DYING = Path(__file__).with_name("dying.py")


@dataclass(frozen=True)
class Training:
    """A small training, run as a person runs it.

    Attributes
    ----------
    folder : Path
        Where its digits and its runs go.
    rows, epochs, batch_size : int
        How long it takes.
    deferred : bool
        Whether it is plain gradient descent with a first layer large enough for deferred updates; otherwise it is Adam,
        whose state is saved as well.
    """

    folder: Path
    rows: int = 8000
    epochs: int = 10
    batch_size: int = 2
    deferred: bool = False

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return self.epochs * -(-(self.rows - 100) // self.batch_size)

    def write_digits(self) -> None:
        """Write what it learns from."""
        images, labels = load_mnist("test")
        write_idx(self.folder / "images", np.rint(images[: self.rows] * 255).astype(np.uint8).reshape(-1, 28, 28))
        write_idx(self.folder / "labels", labels[: self.rows].astype(np.uint8))

    def options(self, run: Path) -> list[str]:
        """Return the options that begin a run, or go on with it if it has begun."""
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
        """Run it to its end."""
        result = subprocess.run(
            [sys.executable, "-m", "inknet", *self.options(run)], **_quiet(), stderr=subprocess.PIPE, check=False
        )
        if result.returncode:
            raise SystemExit(f"{run} did not go on: {result.stderr.decode()}")

    def kill(self, run: Path, kind: str, chance: random.Random, seconds: float) -> bool:
        """Begin it, and kill it at a random moment; return whether it came to that before its end.

        Parameters
        ----------
        run : Path
            The run folder.
        kind : str
            One of `KINDS`.
        chance : Random
            Chooses the moment.
        seconds : float
            How long the whole takes, for the moments by the clock.
        """
        if kind == CLOCK:
            command = [sys.executable, "-m", "inknet"]
        else:
            most = self.steps if kind == "epoch" else self.epochs * FILES_AN_EPOCH
            command = [sys.executable, str(DYING), kind, str(chance.randint(1, most))]
        with subprocess.Popen([*command, *self.options(run)], **_quiet(), stderr=subprocess.DEVNULL) as process:
            if kind == CLOCK:
                time.sleep(chance.uniform(0, seconds))
                process.kill()
        return process.returncode == -signal.SIGKILL


def _quiet() -> dict[str, Any]:
    """Return how to run a command so that it prints nothing, and on one thread, which is enough for it."""
    return {"stdout": subprocess.DEVNULL, "env": os.environ | {"OPENBLAS_NUM_THREADS": "1"}}


def differences(run: Path, whole: Path) -> list[str]:
    """Return in what a run differs from another one; nothing but the seconds it took may."""
    names, others = ({path.name for path in folder.iterdir()} for folder in (run, whole))
    found = [f"{name} is in one of them only" for name in sorted(names ^ others)]
    for name in sorted(names & others):
        one, other = (_content(folder / name) for folder in (run, whole))
        if one != other:
            found.append(f"{name} is not the same")
    return found


def _content(path: Path) -> object:
    """Return what is in a run's file and must be the same in its twin."""
    if path.name == "history.jsonl":
        return _plain([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])
    if path.name == "last.pkl":
        return _plain(load_model(path))
    return path.read_bytes()


def _plain(value: object) -> object:
    """Return plain values with arrays as their bytes, and without the seconds."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if name != "seconds"}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value


def epochs_whole(run: Path) -> int | None:
    """Read all that a killed training has left, and return how many epochs that is; None if it had not begun."""
    if not (run / "settings.json").exists():
        return None
    for path in run.glob("*.pkl"):
        load_model(path)
    folder = RunFolder.open(run)
    last = folder.load_last()
    done = 0 if last is None else len(last["training"]["history"])
    if not done <= len(folder.load_history()) <= done + 1:
        raise SystemExit(f"the history of {run} is not that of its last epoch")
    return done


def kill_and_resume(training: Training, whole: Path, kinds: Sequence[str], seconds: float, seed: int) -> Counter[str]:
    """Kill trainings and go on with them; return how many of each kind, and how many had saved nothing yet."""
    chance = random.Random(seed)
    counts: Counter[str] = Counter()
    for number, kind in enumerate(kinds):
        for attempt in range(TRIES):
            run = training.folder / f"run-{number}-{attempt}"
            if training.kill(run, kind, chance, seconds):
                break
        else:
            raise SystemExit(f"{kind}: in {TRIES} trainings this moment did not come once")
        done = epochs_whole(run)
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
                f"{'Gradient descent, deferred' if deferred else 'Adam'}: a whole run takes {seconds:.1f} s.",
                flush=True,
            )
            kinds = list(itertools.islice(itertools.cycle(KINDS), share))
            counts += kill_and_resume(training, whole, kinds, seconds, seed + deferred)
    print(f"{kills} kills, each resumed to the same bits: " + ", ".join(f"{kind} {counts[kind]}" for kind in KINDS))
    print(f"{counts['no epoch saved']} with no epoch saved yet, {counts['nothing saved']} before the run had begun")


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    main(*arguments, *(50, 0)[len(arguments) :])
