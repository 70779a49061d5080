"""Run folders: everything a training leaves behind, and can be resumed from.

::

    settings.json    what was asked for
    history.jsonl    a line an epoch
    epoch-001.pkl …  the network after each epoch
    best.pkl         the network of the best epoch
    last.pkl         the network after the last epoch, with all that a resumed training needs

and, where they were asked for, logs for other tools, made from the history: metrics.csv, events.out.tfevents.…

One training at a time writes there, and locks the folder (`RunFolder.lock`); anybody may read.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from inknet.errors import InputError, ModelFileError, TrainingError
from inknet.files.atomic_write import leftovers, write_atomically
from inknet.files.folder_lock import FolderLock
from inknet.mlp.network import Network
from inknet.mlp.storage.model_file import load_model, save_model
from inknet.mlp.training.history import EpochReport, History
from inknet.mlp.training.trainer import Trainer

__all__ = ["RunFolder"]


class RunFolder:
    """One training's folder. Every file in it is written whole or not at all.

    Parameters
    ----------
    path : Path
        The folder.
    settings : dict
        What was asked for, as plain values.
    """

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self.path = path
        self.settings = settings
        self._lock = FolderLock(path)

    @classmethod
    def create(cls, path: str | Path, settings: Mapping[str, Any]) -> Self:
        """Make a new run folder.

        Raises
        ------
        InputError
            If the folder holds something already, or another training is using it.
        """
        path = Path(path)
        text = json.dumps(dict(settings), indent=2, ensure_ascii=False)
        folder = cls(path, json.loads(text))
        if path.exists() and not path.is_dir():
            raise _not_empty(path)
        path.mkdir(parents=True, exist_ok=True)
        # Of two that begin in one folder, the second must find the first one's settings.
        with folder._lock:
            if not set(path.iterdir()) <= {path / FolderLock.NAME, *leftovers(path)}:
                raise _not_empty(path)
            write_atomically(path / "settings.json", (text + "\n").encode())
        return folder

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open the folder of a training that was begun before.

        Raises
        ------
        InputError
            If it is no run folder.
        """
        path = Path(path)
        try:
            settings = json.loads((path / "settings.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise InputError(
                f"{path} is no run folder: it has no settings.json; begin a training there with --run {path}"
            ) from None
        except (OSError, ValueError) as error:
            raise InputError(f"the settings of the run in {path} cannot be read: {error}") from None
        if not isinstance(settings, dict):
            raise InputError(f"the settings of the run in {path} are no JSON object")
        return cls(path, settings)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other trainings out while the ``with`` block lasts, and remove what a killed one left half written.

        Raises
        ------
        InputError
            If another training is using the folder, or it cannot be written to.
        """
        with self._lock:
            for path in leftovers(self.path):
                path.unlink()
            yield

    def save_epoch(self, report: EpochReport, trainer: Trainer) -> None:
        """Save an epoch; pass it to `Network.train` as `on_epoch`.

        Raises
        ------
        TrainingError
            If it cannot be saved; the epochs before it are whole.
        """
        with self._saving(f"epoch {report.epoch}"):
            save_model(self.path / f"epoch-{report.epoch:03}.pkl", trainer.network)
            if trainer.history.best is report:
                save_model(self.path / "best.pkl", trainer.network)
            lines = "".join(json.dumps(epoch.as_dict()) + "\n" for epoch in trainer.history)
            write_atomically(self.path / "history.jsonl", lines.encode())
            # The last of the files to be written: what it says has been saved, has been.
            save_model(self.path / "last.pkl", trainer.network, trainer.state())

    def save_best(self, network: Network) -> None:
        """Save the best epoch's network once more, with what it has learned since.

        Raises
        ------
        TrainingError
            If it cannot be saved; the file is then as it was.
        """
        with self._saving("the best network"):
            save_model(self.path / "best.pkl", network)

    @contextmanager
    def _saving(self, what: str) -> Iterator[None]:
        """Say in one sentence why something cannot be saved, and what to do."""
        gone = TrainingError(f"{what} cannot be saved: the run folder {self.path} was taken away, or its lock was")
        # Another folder may have come into its place, and must not get this one's files.
        if self._lock.is_lost():
            raise gone
        try:
            yield
        except OSError as error:
            if self._lock.is_lost():
                raise gone from None
            raise TrainingError(
                f"{what} cannot be saved: {error.filename}: {error.strerror}; what was saved before is whole:"
                f" mend that, then go on with --resume {self.path}"
            ) from None

    def load_history(self) -> History:
        """Return the epochs that were finished.

        Raises
        ------
        InputError
            If the file cannot be read, or is damaged.
        """
        path = self.path / "history.jsonl"
        try:
            lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
            return History([EpochReport.from_dict(json.loads(line)) for line in lines])
        except (OSError, TypeError, ValueError) as error:
            raise InputError(f"{path} is no history of a training: {error}") from None

    def load_last(self) -> tuple[Network, dict[str, Any]] | None:
        """Return the last epoch's network and the state of its training, or None if no epoch was finished.

        Raises
        ------
        ModelFileError
            If the file cannot be used.
        """
        path = self.path / "last.pkl"
        if not path.exists():
            return None
        model = load_model(path)
        if not isinstance(model["training"], dict):
            raise ModelFileError(f"{path} holds a network, but not the state of its training")
        return Network.from_dict(model["network"]), model["training"]


def _not_empty(path: Path) -> InputError:
    return InputError(f"{path} is not empty; choose another run folder, or go on with it: --resume {path}")
