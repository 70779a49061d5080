"""Run folders: the files of one training, from which it can be resumed.

::

    settings.json    the options of the training
    history.jsonl    a line per epoch
    epoch-001.pkl …  the network after each epoch
    best.pkl         the network of the best epoch
    last.pkl         the network after the last epoch, with the state of the training

and optional logs for other tools, made from the history: metrics.csv, events.out.tfevents.…

One training at a time writes to the folder, under a lock (`RunFolder.lock`); reading needs no lock.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from inknet.errors import InputError, ModelFileError, TrainingError
from inknet.files.atomic_write import leftovers, write_atomically
from inknet.files.folder_lock import FolderLock
from inknet.files.json_text import parse_json
from inknet.mlp.perceptron import MultilayerPerceptron
from inknet.mlp.storage.model_file import load_model, save_model
from inknet.mlp.training.history import EpochReport, History
from inknet.mlp.training.trainer import Trainer

__all__ = ["RunFolder"]


class RunFolder:
    """The folder of one training, and its options as plain values. Each file is written atomically."""

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self.path = path
        self.settings = settings
        self._lock = FolderLock(path)

    @classmethod
    def create(cls, path: str | Path, settings: Mapping[str, Any]) -> Self:
        """Create a new run folder.

        Raises
        ------
        InputError
            If the folder is not empty, or another training is using it.
        """
        path = Path(path)
        text = json.dumps(dict(settings), indent=2, ensure_ascii=False)
        folder = cls(path, parse_json(text))
        if path.exists() and not path.is_dir():
            raise _not_empty(path)
        path.mkdir(parents=True, exist_ok=True)
        # Of two trainings that start in one folder, the second must find the settings of the first.
        with folder._lock:
            if not set(path.iterdir()) <= {path / FolderLock.NAME, *leftovers(path)}:
                raise _not_empty(path)
            write_atomically(path / "settings.json", (text + "\n").encode())
        return folder

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open an existing run folder.

        Raises
        ------
        InputError
            If it is not a run folder.
        """
        path = Path(path)
        try:
            settings = parse_json((path / "settings.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise InputError(
                f"{path} is not a run folder: it has no settings.json; start a training there with --run {path}"
            ) from None
        except (OSError, ValueError) as error:
            raise InputError(f"cannot read the settings of the run in {path}: {error}") from None
        if not isinstance(settings, dict):
            raise InputError(f"the settings of the run in {path} must be a JSON object")
        return cls(path, settings)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Lock out other trainings for the ``with`` block, and remove temporary files of a killed one.

        Raises
        ------
        InputError
            If another training is using the folder, or it is not writable.
        """
        with self._lock:
            for path in leftovers(self.path):
                path.unlink()
            yield

    def save_epoch(self, report: EpochReport, trainer: Trainer) -> None:
        """Save an epoch, as the `on_epoch` of `Network.train`.

        Raises
        ------
        TrainingError
            If it cannot be saved; earlier epochs stay complete.
        """
        with self._saving(f"epoch {report.epoch}"):
            save_model(self.path / f"epoch-{report.epoch:03}.pkl", trainer.network)
            if trainer.history.best is report:
                save_model(self.path / "best.pkl", trainer.network)
            lines = "".join(json.dumps(epoch.as_dict()) + "\n" for epoch in trainer.history)
            write_atomically(self.path / "history.jsonl", lines.encode())
            # Written last: every epoch in its history has been saved.
            save_model(self.path / "last.pkl", trainer.network, trainer.state.as_dict())

    def save_best(self, network: MultilayerPerceptron) -> None:
        """Replace the best epoch's network, for instance with new metadata.

        Raises
        ------
        TrainingError
            If it cannot be saved; the file is then unchanged.
        """
        with self._saving("the best network"):
            save_model(self.path / "best.pkl", network)

    @contextmanager
    def _saving(self, name: str) -> Iterator[None]:
        """Turn failures to write into a `TrainingError` that says what to do."""
        lost = TrainingError(f"cannot save {name}: the run folder {self.path} or its lock was removed")
        # A new folder in its place must not get this training's files.
        if self._lock.is_lost():
            raise lost
        try:
            yield
        except OSError as error:
            if self._lock.is_lost():
                raise lost from None
            raise TrainingError(
                f"cannot save {name}: {error.filename}: {error.strerror}; fix that and continue with"
                f" --resume {self.path}"
            ) from None

    def load_history(self) -> History:
        """Return the finished epochs.

        Raises
        ------
        InputError
            If the file cannot be read, or is damaged.
        """
        path = self.path / "history.jsonl"
        try:
            lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
            return History([EpochReport.from_dict(parse_json(line)) for line in lines])
        except (OSError, TypeError, ValueError) as error:
            raise InputError(f"{path} is not the history of a training: {error}") from None

    def load_last(self) -> dict[str, Any] | None:
        """Return the last epoch's model file, with "network" and "training", or None if no epoch was finished.

        Raises
        ------
        ModelFileError
            If the file is invalid.
        """
        path = self.path / "last.pkl"
        if not path.exists():
            return None
        model = load_model(path)
        if not isinstance(model["training"], dict):
            raise ModelFileError(f"{path} must hold the state of the training; it holds a network only")
        if not isinstance(model["training"].get("history"), list):
            raise ModelFileError(f"{path} must hold the history of the training; start it again in another run folder")
        return model


def _not_empty(path: Path) -> InputError:
    return InputError(f"{path} is not empty; choose another run folder, or continue its training with --resume {path}")
